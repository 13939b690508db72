"""The pre-commit hook: which scenarios a changed file concerns, and what .pre-commit-hooks.yaml runs."""

import re
import shlex
import sys
from pathlib import Path

import pytest
import yaml
from content_repository import GREENHOUSE, LIFT_MONITOR, PARCEL_LOCKER, SCENARIOS, copy_of_repository, files_of

from xsim.cli.hook import scenarios_for

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent / "cli"))

from command_line import CommandLine  # noqa: E402

[HOOK] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
SCRIPT = """\
import json
import demistomock as demisto
from CommonServerPython import *
demisto.command() == 'fetch-incidents'
demisto.setLastRun({})
demisto.incidents([{'name': 'n', 'occurred': '2024-05-14T09:00:00Z', 'rawJSON': json.dumps({'id': 1})}])
"""


def concerned(*files: str) -> list[str]:
    return [path.as_posix() for path in scenarios_for([Path(file) for file in files])]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    copy = copy_of_repository(tmp_path)
    monkeypatch.chdir(copy)
    return copy


@pytest.mark.parametrize("name", ["LiftMonitor.py", "LiftMonitor.yml", "xsim.toml"])
def test_a_file_of_an_integration_concerns_its_scenario(repository, name):
    assert concerned(f"{LIFT_MONITOR}/{name}") == [f"{LIFT_MONITOR}/xsim.toml"]


def test_a_module_concerns_the_integrations_that_import_it(repository):
    assert concerned("Packs/ApiModules/Scripts/KioskApiModule/KioskApiModule.py") == [f"{PARCEL_LOCKER}/xsim.toml"]
    user_python = "Packs/HouseRules/Scripts/CommonServerUserPython/CommonServerUserPython.py"
    assert f"{GREENHOUSE}/xsim.toml" in concerned(user_python)


@pytest.mark.parametrize(
    "file", ["README.md", "Packs/LiftMonitor/pack_metadata.json", f"{LIFT_MONITOR}/LiftMonitor_test.py"]
)
def test_a_file_that_no_fetch_reads_concerns_none(repository, file):
    assert concerned(file) == []


def test_an_integration_without_a_scenario_is_passed_over(repository):
    (repository / GREENHOUSE / "xsim.toml").unlink()
    assert concerned(f"{GREENHOUSE}/GreenhouseClimate.py") == []


def test_each_scenario_is_named_once_in_order_of_path(repository):
    assert concerned(*reversed(files_of(repository))) == SCENARIOS


def test_of_two_integrations_in_one_folder_a_script_concerns_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        Path(f"{name}.py").write_text(SCRIPT)
        Path(f"{name}.xsim.toml").write_text("[clock]\ncycles = 2\n")
    Path("shared.py").write_text("")
    assert concerned("a.py") == ["a.xsim.toml"]
    assert concerned("b.xsim.toml") == ["b.xsim.toml"]
    assert concerned("shared.py") == ["a.xsim.toml", "b.xsim.toml"]


def test_a_scenario_may_name_an_integration_elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("scenarios").mkdir()
    Path("scripts").mkdir()
    Path("scripts/one.py").write_text(SCRIPT)
    Path("scenarios/one.xsim.toml").write_text('integration = "../scripts/one.py"\n[clock]\ncycles = 2\n')
    assert concerned("scripts/one.py") == ["scenarios/one.xsim.toml"]


def test_a_scenario_that_cannot_be_read_concerns_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("one.py").write_text(SCRIPT)
    Path("xsim.toml").write_text('integration = "nowhere.py"\n')
    assert concerned("one.py") == ["xsim.toml"], "the run tells what is wrong with it"


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def xsim(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path.resolve())


def of_the_yaml(*more: str) -> list[str]:
    program, *arguments = shlex.split(HOOK["entry"])
    assert program == "xsim"
    return [*arguments, *more]


def test_the_hook_is_given_scripts_ymls_and_scenarios():
    given = re.compile(HOOK["files"])
    taken = ["Packs/A/Integrations/A/A.py", "A.yml", "integration-A.yaml", "xsim.toml", "a/xsim.toml", "a/b.xsim.toml"]
    assert all(given.search(name) for name in taken)
    assert not any(given.search(name) for name in ("pyproject.toml", "README.md", "notxsim.toml", "a.pyc", "A.json"))
    assert HOOK["require_serial"] is True


def test_it_says_nothing_where_there_is_nothing_to_run(xsim):
    xsim.has("tool.py", "print('hello')\n")
    assert xsim(*of_the_yaml("tool.py")) == xsim(*of_the_yaml())
    assert (xsim("hook", "tool.py").code, xsim("hook", "tool.py").out) == (0, "")


def test_a_faulty_integration_fails_the_commit_with_a_line_a_finding(xsim):
    xsim.has("one.py", SCRIPT)
    xsim.has("xsim.toml", "[clock]\ncycles = 3\n")
    seen = xsim(*of_the_yaml("--processes", "1", "one.py"))
    assert seen.code == 1
    assert re.search(r"^one\.py:6: FC202 ", seen.out, re.MULTILINE)
    assert "1 scenario: 1 failed" in seen.out


def test_a_file_that_is_not_there_is_refused(xsim):
    seen = xsim("hook", "one.py")
    assert (seen.code, seen.err.splitlines()[0]) == (2, "Error: one.py: no such file")


def test_it_is_no_command_for_a_person(xsim):
    assert "hook" not in xsim("--help").out
