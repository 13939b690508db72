"""Modules that are not installed are named all at once, with what would bring them."""

import ast

import pytest
from load_builders import SCRIPT, YML, a_checkout, a_package

from xsim.errors import InvalidIntegration
from xsim.load import load_integration, refuse_missing_modules
from xsim.load.distributions import DISTRIBUTIONS, distribution_of
from xsim.load.installed import Imports, imports_of, not_installed


@pytest.fixture(autouse=True)
def _private_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DEMISTO_SDK_CONTENT_PATH", raising=False)
    monkeypatch.chdir(tmp_path)


def refusal(path, **options):
    integration = load_integration(path, **options)
    with pytest.raises(InvalidIntegration) as caught:
        refuse_missing_modules(integration)
    assert "\n" not in caught.value.message
    return caught.value


def test_all_modules_that_are_not_installed_are_named_at_once(tmp_path):
    script = "import no_such_jwt, json\nfrom no_such_http.client import Http\nimport requests\n" + SCRIPT
    error = refusal(a_package(tmp_path, script=script))
    assert error.message == "DoorWatch.py: imports modules that are not installed: no_such_jwt, no_such_http"
    assert error.hint == ("pip install no-such-jwt no-such-http (its docker image is demisto/python3:3.10.13.84405)")


def test_a_lone_script_has_no_docker_image_to_name(tmp_path):
    error = refusal(a_package(tmp_path, script="import no_such_jwt\n" + SCRIPT, yml=None) / "DoorWatch.py")
    assert error.message == "DoorWatch.py: imports a module that is not installed: no_such_jwt"
    assert error.hint == "pip install no-such-jwt"


def test_where_everything_is_installed_nothing_is_said(tmp_path):
    integration = load_integration(a_package(tmp_path, script="import json, requests, yaml\n" + SCRIPT))
    refuse_missing_modules(integration)
    assert integration.missing_modules == ()
    assert integration.notes == ()


def test_what_api_modules_and_the_shared_scripts_import_counts_too(tmp_path):
    root = a_checkout(tmp_path / "content", script="from DoorApiModule import *\n" + SCRIPT)
    (root / "Packs/ApiModules/Scripts/LockApiModule/LockApiModule.py").write_text("import no_such_lock\n")
    base = root / "Packs/Base/Scripts/CommonServerPython/CommonServerPython.py"
    base.write_text("try:\n    import no_such_option\nexcept ImportError:\n    pass\nimport no_such_base\n")
    assert load_integration(root).missing_modules == ("no_such_lock", "no_such_base")


def test_modules_that_come_with_the_integration_are_not_looked_for(tmp_path):
    script = (
        "import demistomock, CommonServerPython, CommonServerUserPython\nfrom DoorApiModule import *\n"
        "from DemistoClassApiModule import *\nfrom distutils.util import strtobool\n"
    )
    root = a_checkout(tmp_path / "content", script=script + SCRIPT)
    assert load_integration(root).missing_modules == ()


def test_a_module_beside_the_script_is_told_apart(tmp_path):
    folder = a_package(tmp_path, script="import door_tools\nimport no_such_jwt\n" + SCRIPT)
    (folder / "door_tools.py").write_text("", encoding="utf-8")
    error = refusal(folder / "DoorWatch.py")
    assert error.message.endswith("not installed: door_tools, no_such_jwt")
    assert "pip install no-such-jwt" in error.hint
    assert "without the door_tools.py beside it" in error.hint


def test_what_is_imported_in_a_function_is_a_note(tmp_path):
    script = SCRIPT + "\ndef rare():\n    import no_such_jwt\n    from no_such_http import Http\n"
    integration = load_integration(a_package(tmp_path, script=script))
    refuse_missing_modules(integration)
    [note] = integration.notes
    assert note == (
        "It may come to import no_such_jwt, no_such_http, not installed here; a fetch that does ends undecided: "
        "pip install no-such-jwt no-such-http."
    )


@pytest.mark.parametrize(
    ("text", "always", "perhaps"),
    [
        ("import a, b.c", ("a", "b.c"), ()),
        ("from a.b import c, d\nfrom e import *\nfrom . import f", ("a.b.c", "a.b.d", "e"), ()),
        ("try:\n    import a\nexcept ImportError:\n    import b", (), ("b",)),
        ("try:\n    import a\nexcept (ValueError, ModuleNotFoundError):\n    a = None", (), ()),
        ("try:\n    import a\nexcept Exception:\n    pass\nelse:\n    import b", (), ("b",)),
        ("try:\n    import a\nexcept:\n    pass", (), ()),
        ("try:\n    import a\nexcept KeyError:\n    pass\nfinally:\n    import b", ("a", "b"), ()),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n    import a", ("contextlib",), ()),
        ("with open('x'):\n    import a", ("a",), ()),
        ("if x:\n    import a\nelse:\n    import b", (), ("a", "b")),
        ("if TYPE_CHECKING:\n    import a", (), ()),
        ("for x in y:\n    import a", (), ("a",)),
        ("match x:\n    case 1:\n        import a", (), ("a",)),
        ("class A:\n    import a\n    def f(self):\n        import b", ("a",), ("b",)),
        ("def f():\n    try:\n        import a\n    except ImportError:\n        import b", (), ("b",)),
        ("def f():\n    if x:\n        with y:\n            import a", (), ("a",)),
    ],
)
def test_an_import_is_certain_unless_it_is_tried_for_or_left_to_a_condition(text, always, perhaps):
    assert imports_of(ast.parse(text)) == Imports(always, perhaps)


def test_below_a_shared_prefix_the_part_that_is_missing_is_named(tmp_path, monkeypatch):
    (tmp_path / "shared_names" / "here").mkdir(parents=True)
    (tmp_path / "shared_names" / "here" / "__init__.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    names = ["shared_names.here.anything", "shared_names.gone.more", "shared_names.gone", "requests.no_such_part"]
    assert not_installed(names, ()) == ("shared_names.gone",)


def test_where_nothing_of_a_shared_prefix_is_there_each_part_is_named():
    names = ["azure.no_such_part.Client", "azure.no_such_part.inner", "azure.no_such_other"]
    assert not_installed(names, ()) == ("azure.no_such_part", "azure.no_such_part.inner", "azure.no_such_other")


def test_what_no_package_brings_is_not_asked_for():
    assert not_installed(["urllib2", "winreg", "msvcrt", "json.no_such_part", "StringIO"], ()) == ()


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("jwt", "PyJWT"),
        ("dateutil.parser", "python-dateutil"),
        ("googleapiclient.discovery.build", "google-api-python-client"),
        ("google.oauth2.service_account", "google-auth"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google.cloud.container_v1", "google-cloud-container"),
        ("azure.kusto.data", "azure-kusto-data"),
        ("azure.identity.DefaultCredential", "azure-identity"),
        ("oauth2client.client", "oauth2client"),
        ("requests_oauthlib", "requests-oauthlib"),
    ],
)
def test_a_module_is_brought_by_the_package_of_its_own_name_or_a_known_one(module, distribution):
    assert distribution_of(module) == distribution


def test_the_table_holds_only_names_that_differ():
    assert [name for name, told in DISTRIBUTIONS.items() if told.replace("-", "_") == name] == []


def test_the_image_of_the_yml_is_named_as_it_stands(tmp_path):
    yml = YML.replace("demisto/python3:3.10.13.84405", "demisto/google-api:1.0.0.1234")
    error = refusal(a_package(tmp_path, script="import no_such_jwt\n" + SCRIPT, yml=yml))
    assert error.hint == "pip install no-such-jwt (its docker image is demisto/google-api:1.0.0.1234)"
