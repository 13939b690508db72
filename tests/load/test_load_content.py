"""CommonServerPython and the ApiModules are found where a content author has them."""

import importlib.util
import os
import sys

import pytest
from load_builders import SCRIPT, a_checkout, a_package

from xsim.errors import InvalidIntegration
from xsim.load import load_integration
from xsim.load.compiled import compile_kept


@pytest.fixture(autouse=True)
def _private_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DEMISTO_SDK_CONTENT_PATH", raising=False)
    monkeypatch.chdir(tmp_path)


def names_in(integration, module="CommonServerPython"):
    """What the module holds once it is executed."""
    [code] = [each.code for each in integration.modules if each.name == module]
    names = {}
    exec(code, names)
    return names


def a_common_server(folder, greeting):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "CommonServerPython.py").write_text(f"GREETING = '{greeting}'\n", encoding="utf-8")
    return folder


def test_the_given_common_server_comes_first(tmp_path):
    given = a_common_server(tmp_path / "given", "given")
    for path in (given, given / "CommonServerPython.py"):
        integration = load_integration(a_package(tmp_path / "x"), common_server=path)
        assert names_in(integration)["GREETING"] == "given"
        assert integration.common_server == "given/CommonServerPython.py"


def test_a_content_checkout_can_be_given_as_common_server(tmp_path):
    root = a_checkout(tmp_path / "content")
    integration = load_integration(a_package(tmp_path / "x"), common_server=root)
    assert names_in(integration)["GREETING"] == "checkout"


@pytest.mark.parametrize(
    ("name", "found"), [("nowhere", "no such file or folder"), ("empty", "no CommonServerPython.py")]
)
def test_a_given_common_server_that_is_not_there_is_refused(tmp_path, name, found):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidIntegration, match=found):
        load_integration(a_package(tmp_path / "x"), common_server=tmp_path / name)


def test_one_beside_the_integration_comes_before_the_checkouts(tmp_path):
    root = a_checkout(tmp_path / "content")
    folder = root / "Packs" / "Doors" / "Integrations" / "DoorWatch"
    assert load_integration(folder).common_server == (
        "content checkout: Packs/Base/Scripts/CommonServerPython/CommonServerPython.py"
    )
    a_common_server(folder, "beside")
    integration = load_integration(folder)
    assert integration.common_server == "beside the integration"
    assert names_in(integration)["GREETING"] == "beside"


def test_the_environment_names_a_checkout(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMISTO_SDK_CONTENT_PATH", str(a_checkout(tmp_path / "content")))
    folder = a_package(tmp_path / "x")
    (folder / "CommonServerPython.py").unlink()
    integration = load_integration(folder)
    assert integration.common_server.startswith("DEMISTO_SDK_CONTENT_PATH: Packs/Base")
    assert names_in(integration)["GREETING"] == "checkout"


def test_without_any_other_xsims_own_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("DEMISTO_SDK_CONTENT_PATH", str(tmp_path / "nowhere"))
    folder = a_package(tmp_path / "x")
    (folder / "CommonServerPython.py").unlink()
    integration = load_integration(folder)
    assert integration.common_server == "xsim's own"
    [common] = [module for module in integration.modules if module.name == "CommonServerPython"]
    assert common.path == "xsim/commonserver/CommonServerPython.py"
    assert any("DEMISTO_SDK_CONTENT_PATH" in note for note in integration.notes)


def test_the_users_own_additions_and_the_class_module_are_always_importable(tmp_path):
    names = [module.name for module in load_integration(a_package(tmp_path)).modules]
    assert names == ["CommonServerPython", "CommonServerUserPython", "DemistoClassApiModule"]
    (tmp_path / "CommonServerUserPython.py").write_text("MINE = 1\n", encoding="utf-8")
    assert names_in(load_integration(tmp_path), "CommonServerUserPython")["MINE"] == 1


def test_api_modules_come_with_those_that_they_import(tmp_path):
    script = "from DoorApiModule import *  # noqa: E402\n" + SCRIPT
    root = a_checkout(tmp_path / "content", script=script)
    integration = load_integration(root / "Packs" / "Doors")
    assert [module.name for module in integration.modules][2:4] == ["DoorApiModule", "LockApiModule"]
    assert [module.path for module in integration.modules][
        2
    ] == "Packs/ApiModules/Scripts/DoorApiModule/DoorApiModule.py"


@pytest.mark.parametrize("given", ["content", "content/Packs/Base/Scripts/CommonServerPython/CommonServerPython.py"])
def test_a_copied_integration_finds_api_modules_around_the_given_common_server(tmp_path, given):
    a_checkout(tmp_path / "content")
    folder = a_package(tmp_path / "copied", script="from DoorApiModule import *\n" + SCRIPT)
    integration = load_integration(folder, common_server=tmp_path / given)
    assert [module.path for module in integration.modules][2:4] == [
        f"Packs/ApiModules/Scripts/{name}/{name}.py" for name in ("DoorApiModule", "LockApiModule")
    ]


def test_the_checkout_around_the_integration_comes_before_the_given_one(tmp_path):
    a_checkout(tmp_path / "other")
    [lock] = (tmp_path / "other").rglob("LockApiModule.py")
    lock.write_text("LOCK = 9\n", encoding="utf-8")
    root = a_checkout(tmp_path / "content", script="import LockApiModule\n" + SCRIPT)
    integration = load_integration(root / "Packs" / "Doors", common_server=tmp_path / "other")
    assert names_in(integration, "LockApiModule")["LOCK"] == 1


def test_an_api_module_beside_the_script_comes_first(tmp_path):
    root = a_checkout(tmp_path / "content", script="import LockApiModule\n" + SCRIPT)
    folder = root / "Packs" / "Doors" / "Integrations" / "DoorWatch"
    (folder / "LockApiModule.py").write_text("LOCK = 2\n", encoding="utf-8")
    assert names_in(load_integration(folder), "LockApiModule")["LOCK"] == 2


def test_an_api_module_that_is_nowhere_is_named_with_the_way_out(tmp_path):
    with pytest.raises(InvalidIntegration, match="imports DoorApiModule, which is neither") as caught:
        load_integration(a_package(tmp_path, script="from DoorApiModule import *\n" + SCRIPT))
    assert "DEMISTO_SDK_CONTENT_PATH" in caught.value.hint
    assert "--common-server" in caught.value.hint


def test_an_api_module_that_is_only_tried_for_may_be_missing(tmp_path):
    script = "try:\n    from DoorApiModule import *\nexcept ImportError:\n    pass\n" + SCRIPT
    assert load_integration(a_package(tmp_path, script=script)).code is not None


def test_distutils_is_stood_in_for_where_this_python_has_none(tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(sys, "version_info", (3, 12, 0))
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "distutils" else find(name, *rest)
    )
    integration = load_integration(a_package(tmp_path, script="from distutils.util import strtobool\n" + SCRIPT))
    assert any(note.startswith("distutils") for note in integration.notes)
    strtobool = names_in(integration, "distutils.util")["strtobool"]
    assert (strtobool("Yes"), strtobool("off")) == (1, 0)
    with pytest.raises(ValueError, match="maybe"):
        strtobool("maybe")
    version = names_in(integration, "distutils.version")
    assert version["LooseVersion"]("6.10.0") > version["LooseVersion"]("6.2.0")
    assert version["LooseVersion"]("1.0.1") >= "1.0"
    assert version["StrictVersion"]("1.2a1") < version["StrictVersion"]("1.2")
    assert not any(note.startswith("distutils") for note in load_integration(a_package(tmp_path / "other")).notes)


def kept_files(tmp_path):
    return sorted((tmp_path / "cache" / "xsim").glob("*"))


def test_compiled_modules_are_kept_and_read_back(tmp_path):
    first = compile_kept("X = 1\n", "x.py")
    [kept] = kept_files(tmp_path)
    before = kept.stat().st_mtime_ns
    again = compile_kept("X = 1\n", "x.py")
    assert again == first
    assert kept_files(tmp_path) == [kept]
    assert kept.stat().st_mtime_ns == before


def test_another_text_or_name_is_kept_apart(tmp_path):
    compile_kept("X = 1\n", "x.py")
    assert compile_kept("X = 1\n", "y.py").co_filename == "y.py"
    compile_kept("X = 2\n", "x.py")
    assert len(kept_files(tmp_path)) == 3


@pytest.mark.parametrize("damage", [b"", b"\x00" * 10, b"\xff" * 4000])
def test_a_damaged_file_is_ignored_and_replaced(tmp_path, damage):
    compile_kept("X = 1\n", "x.py")
    [kept] = kept_files(tmp_path)
    whole = kept.read_bytes()
    kept.write_bytes(damage)
    names = {}
    exec(compile_kept("X = 1\n", "x.py"), names)
    assert names["X"] == 1
    assert kept.read_bytes() == whole


def test_a_cut_file_is_ignored(tmp_path):
    compile_kept("X = 1\n", "x.py")
    [kept] = kept_files(tmp_path)
    kept.write_bytes(kept.read_bytes()[:-3])
    assert compile_kept("X = 1\n", "x.py").co_filename == "x.py"


def test_a_cache_folder_that_cannot_be_written_does_not_matter(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert compile_kept("X = 1\n", "x.py").co_filename == "x.py"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert compile_kept("X = 1\n", "x.py").co_filename == "x.py"
