"""An integration is found in a pack or a content repository, whatever layout that has, by any of its names."""

import shutil

import pytest
from load_builders import SCRIPT, YML, a_checkout, a_package, a_unified_yml, a_yml

from xsim.errors import InvalidIntegration
from xsim.load import find_integration, load_integration


@pytest.fixture(autouse=True)
def _private_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DEMISTO_SDK_CONTENT_PATH", raising=False)
    monkeypatch.chdir(tmp_path)


def refusal(path, name=""):
    with pytest.raises(InvalidIntegration) as caught:
        find_integration(path, name)
    assert "\n" not in caught.value.message
    return caught.value


GATE_YML = YML.replace("Door Watch", "Gate Watch")


def two_packs(root, *, second="GateWatch", yml=GATE_YML):
    a_checkout(root)
    folder = a_package(root / "Packs" / "Gates" / "Integrations" / second, name=second, yml=yml)
    (folder / "CommonServerPython.py").unlink()
    return root


def test_a_pack_with_one_integration_is_that_integration(tmp_path):
    root = a_checkout(tmp_path / "content")
    for path in (root / "Packs" / "Doors", root / "Packs" / "Doors" / "Integrations", root / "Packs", root):
        assert load_integration(path).path.name == "DoorWatch.py", path


def test_the_folder_that_one_is_in_counts_as_well(tmp_path, monkeypatch):
    root = a_checkout(tmp_path / "content")
    for folder in (root, root / "Packs", root / "Packs" / "Doors", root / "Packs" / "Doors" / "Integrations"):
        monkeypatch.chdir(folder)
        assert find_integration(tmp_path.__class__(".")).name == "DoorWatch"


def test_a_pack_with_several_integrations_is_refused_with_their_names(tmp_path):
    root = a_checkout(tmp_path / "content", integrations=("DoorWatch", "GateWatch"))
    error = refusal(root / "Packs" / "Doors")
    assert error.message == "content/Packs/Doors: a pack with 2 integrations: DoorWatch, GateWatch"
    assert error.hint == (
        "choose one: --integration-name DoorWatch, or its folder content/Packs/Doors/Integrations/DoorWatch"
    )


def test_a_repository_with_several_integrations_is_refused_with_their_names(tmp_path):
    root = two_packs(tmp_path / "content")
    assert refusal(root).message == "content: a content repository with 2 integrations: DoorWatch, GateWatch"
    assert refusal(root / "Packs").message == "content/Packs: a folder of packs with 2 integrations: " + (
        "DoorWatch, GateWatch"
    )


def test_of_many_integrations_the_first_few_are_named(tmp_path):
    for number in range(12):
        (tmp_path / "content" / "Packs" / f"P{number:02}" / "Integrations" / f"I{number:02}").mkdir(parents=True)
    assert refusal(tmp_path / "content").message.endswith(
        "with 12 integrations: I00, I01, I02, I03, I04, I05, I06, I07 and 4 more"
    )


@pytest.mark.parametrize(
    "name", ["GateWatch", "gatewatch", "gate-watch", "Gate Watch", "gate watch", "Gates at the wall (Beta)"]
)
def test_an_integration_is_found_by_its_folder_its_name_or_what_it_is_called_on_the_screen(tmp_path, name):
    yml = YML.replace("name: Door Watch", "name: Gate Watch").replace(
        "display: Door Watch", "display: 'Gates at the wall (Beta)'"
    )
    root = two_packs(tmp_path / "content", yml=yml)
    for path in (root, root / "Packs", root / "Packs" / "Gates"):
        assert find_integration(path, name).name == "GateWatch"
    assert load_integration(root, name=name).path.name == "GateWatch.py"


def test_a_name_that_is_not_there_is_told_with_the_nearest(tmp_path):
    root = two_packs(tmp_path / "content")
    error = refusal(root, "Gate Wach")
    assert error.message == "content: no integration called 'Gate Wach'"
    assert error.hint == "did you mean 'GateWatch' or 'Gate Watch'?"
    error = refusal(root, "Zebra")
    assert error.message == "content: no integration called 'Zebra' among DoorWatch, GateWatch"


def test_a_name_that_two_packs_use_needs_the_folder(tmp_path):
    root = two_packs(tmp_path / "content", second="DoorWatch")
    error = refusal(root, "DoorWatch")
    assert error.message == (
        "content: several integrations called 'DoorWatch': "
        "content/Packs/Doors/Integrations/DoorWatch, content/Packs/Gates/Integrations/DoorWatch"
    )


def test_a_name_for_what_is_one_integration_already_is_refused(tmp_path):
    folder = a_package(tmp_path / "DoorWatch")
    for path in (folder, folder / "DoorWatch.py"):
        assert "leave --integration-name out" in refusal(path, "DoorWatch").hint


def test_a_pack_without_integrations_is_said_to_be_one(tmp_path):
    pack = tmp_path / "Packs" / "Doors"
    pack.mkdir(parents=True)
    (pack / "pack_metadata.json").write_text("{}", encoding="utf-8")
    assert refusal(pack).message == "Packs/Doors: a pack without integrations"
    assert refusal(tmp_path / "Packs").message == "Packs: a folder of packs without integrations"


def test_packs_may_lie_at_the_top_of_a_repository(tmp_path):
    root = two_packs(tmp_path / "content")
    shutil.move(root / "Packs", tmp_path / "mine")
    assert find_integration(tmp_path / "mine", "Gate Watch").name == "GateWatch"


def test_a_folder_with_a_script_is_a_package_whatever_lies_below(tmp_path):
    folder = a_package(tmp_path / "DoorWatch")
    (folder / "more" / "Integrations" / "Other").mkdir(parents=True)
    assert find_integration(folder) == folder


@pytest.mark.parametrize("file", ["integration-DoorWatch.yml", "beta_integration-DoorWatch.yml", "DoorWatch.yml"])
def test_a_unified_yml_stands_for_a_package_folder(tmp_path, file):
    folder = tmp_path / "content" / "Packs" / "Doors" / "Integrations"
    folder.mkdir(parents=True)
    (folder / file).write_text(a_unified_yml(), encoding="utf-8")
    (folder / "Other").mkdir()
    assert find_integration(tmp_path / "content", "DoorWatch") == folder / file
    assert find_integration(tmp_path / "content", "Door Watch") == folder / file


def test_a_beta_or_hidden_integration_is_one_like_others(tmp_path):
    yml = YML.replace("name: Door Watch", "name: Door Watch\nbeta: true\nhidden: true\nhidden:xsoar: true").replace(
        "display: Door Watch", "display: Door Watch (Beta)"
    )
    integration = load_integration(a_package(tmp_path / "DoorWatch", yml=yml))
    assert integration.name == "Door Watch"
    assert integration.notes == ()


EXPORTED = """\
### pack version: 1.2.3
register_module_line('Door Watch', 'start', __line__())
CONSTANT_PACK_VERSION = '1.2.3'
demisto.debug('pack id = Doors, pack version = 1.2.3')

### GENERATED CODE ###: from DoorApiModule import *  # noqa: E402
# This code was inserted in place of an API module.
register_module_line('DoorApiModule', 'start', __line__(), wrapper=-3)
def doors():
    return []
register_module_line('DoorApiModule', 'end', __line__(), wrapper=1)
### END GENERATED CODE ###


if demisto.command() == 'fetch-incidents':
    demisto.incidents(doors())
register_module_line('Door Watch', 'end', __line__())
"""


def test_what_a_server_exported_runs_with_its_inserted_modules(tmp_path):
    from integrations import a_scenario

    from xsim.model import Outcome
    from xsim.simulate import simulate

    (tmp_path / "integration-Door_Watch.yml").write_text(a_unified_yml(EXPORTED), encoding="utf-8")
    (tmp_path / "CommonServerPython.py").write_text("", encoding="utf-8")
    integration = load_integration(tmp_path / "integration-Door_Watch.yml")
    assert [module.name for module in integration.modules if module.name.endswith("ApiModule")] == [
        "DemistoClassApiModule"
    ], "what was inserted is not looked for"
    [cycle] = simulate(integration, a_scenario(cycles=1))
    assert (cycle.outcome, cycle.incidents) == (Outcome.OK, ("[]",))


@pytest.mark.parametrize("style", ["|", "|-", "|2-", '"'])
def test_an_exported_script_may_be_written_in_any_yaml_style(tmp_path, style):
    quoted = '"' + SCRIPT.replace("\n", "\\n") + '"'
    text = a_unified_yml().replace("script: |-\n", f"script: {style}\n") if style != '"' else YML.replace("'-'", quoted)
    (tmp_path / "integration-x.yml").write_text(text, encoding="utf-8")
    code = load_integration(tmp_path / "integration-x.yml").code
    [main] = [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    assert "incidents" in main.co_names


def test_a_repository_of_ones_own_needs_no_base_pack(tmp_path, monkeypatch):
    shutil.rmtree(a_checkout(tmp_path / "mine") / "Packs" / "Base")
    own = load_integration(tmp_path / "mine", name="DoorWatch")
    assert own.common_server == "xsim's own"
    assert any("no Base pack" in note for note in own.notes)
    monkeypatch.setenv("DEMISTO_SDK_CONTENT_PATH", str(a_checkout(tmp_path / "content")))
    integration = load_integration(tmp_path / "mine", name="DoorWatch")
    assert integration.common_server.startswith("DEMISTO_SDK_CONTENT_PATH: Packs/Base")


def test_api_modules_and_the_users_additions_may_lie_in_any_pack_of_ones_own(tmp_path):
    root = a_checkout(tmp_path / "mine", script="from HouseApiModule import *\n" + SCRIPT)
    for name in ("HouseApiModule", "CommonServerUserPython"):
        folder = root / "Packs" / "House" / "Scripts" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.py").write_text("HOUSE = 1\n", encoding="utf-8")
    paths = {module.name: module.path for module in load_integration(root).modules}
    assert paths["HouseApiModule"] == "Packs/House/Scripts/HouseApiModule/HouseApiModule.py"
    assert paths["CommonServerUserPython"] == "Packs/House/Scripts/CommonServerUserPython/CommonServerUserPython.py"


def test_a_yml_with_another_marketplace_in_its_keys_is_found_by_its_plain_name(tmp_path):
    root = two_packs(tmp_path / "content", yml=a_yml().replace("name: Door Watch", "name: Gate\nname:xpanse: Wall", 1))
    assert find_integration(root, "Gate").name == "GateWatch"
