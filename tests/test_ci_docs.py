"""docs/ci.md is true: its commands run, its settings are read, and its YAML names what there is."""

import re
import shlex
import sys
from pathlib import Path

import pytest
import yaml
from content_repository import LIFT_MONITOR, copy_of_repository

from xsim.report import FORMATS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
sys.path.insert(0, str(Path(__file__).parent / "cli"))

from command_line import CommandLine  # noqa: E402

pytest_plugins = ["pytester"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


COMMANDS = [line[2:] for block in blocks("console") for line in block.splitlines()]
SETTINGS, EXPECTATION, OF_PYTEST = blocks("toml")
WORKFLOWS = [yaml.safe_load(block) for block in blocks("yaml") if "jobs:" in block]
[PRE_COMMIT] = [yaml.safe_load(block) for block in blocks("yaml") if "repos:" in block]


@pytest.fixture
def xsim(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, copy_of_repository(tmp_path.resolve()))


def test_its_commands_run_one_after_the_other(xsim):
    for command in COMMANDS:
        arguments = shlex.split(command)[1:]
        # Starting processes costs more than these runs do.
        few = ["--processes", "1", "--cycles", "2"] if arguments[0] == "suite" else []
        seen = xsim(*arguments, *few)
        assert (seen.code, seen.err) == (0, ""), command
    written = {path.name for path in xsim.folder.iterdir() if path.is_file()}
    assert written >= {"xsim.xml", "xsim.sarif", "xsim-1.xml", "xsim-baseline.json"}


def test_its_settings_are_read(xsim):
    xsim.has("pyproject.toml", SETTINGS)
    xsim.has("xsim-baseline.json", '{"xsim_baseline": 1, "integrations": {}}')
    seen = xsim("config", "Packs/LiftMonitor")
    assert seen.code == 0, seen
    for key in re.findall(r"^(\w+) = ", SETTINGS, re.MULTILINE):
        assert re.search(rf"^{key.replace('_', '.')}\b.*pyproject\.toml", seen.out, re.MULTILINE), (key, seen.out)


def test_its_expectation_is_compared(xsim):
    path = xsim.folder / LIFT_MONITOR / "xsim.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{EXPECTATION}", encoding="utf-8")
    seen = xsim("run", LIFT_MONITOR, "--cycles", "2")
    assert seen.code == 1
    assert "expected FC202 duplicate-event of A-102 at cycle 2, not found" in " ".join(seen.out.split())
    assert xsim("run", LIFT_MONITOR, "--cycles", "2", "--no-expect").code == 0


def test_its_test_passes_and_scenario_files_may_be_left_alone(pytester, tmp_path, monkeypatch):
    repository = copy_of_repository(tmp_path)
    monkeypatch.chdir(repository)
    [test] = blocks("python")
    (repository / "test_fetch.py").write_text(test, encoding="utf-8")
    (repository / "pyproject.toml").write_text(OF_PYTEST, encoding="utf-8")
    # Loading hypothesis takes longer than the run.
    without = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
    places = ["--rootdir", str(repository), "--ignore-glob=*_test.py", "test_fetch.py", LIFT_MONITOR]
    passed, skipped, failed = pytester.inline_run(*without, *places).listoutcomes()
    assert [each.nodeid for each in passed] == ["test_fetch.py::test_nothing_is_lost_or_repeated"]
    assert not [*skipped, *failed]


def test_its_workflows_name_inputs_and_outputs_that_the_action_has():
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = [step for workflow in WORKFLOWS for job in workflow["jobs"].values() for step in job["steps"]]
    ours = [step for step in steps if "/xsim@" in step["uses"]]
    assert len(ours) == 2
    assert all(step["with"].keys() <= action["inputs"].keys() for step in ours)
    assert {name for step in ours for name in step["with"]} >= {"paths", "sarif", "junit", "shard", "baseline", "args"}
    assert set(re.findall(r"steps\.xsim\.outputs\.([\w-]+)", TEXT)) <= action["outputs"].keys()


def test_its_hook_is_there_and_takes_the_arguments(xsim):
    [repository] = PRE_COMMIT["repos"]
    [hook] = repository["hooks"]
    [offered] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["id"] == offered["id"]
    seen = xsim(*offered["entry"].split()[1:], *hook["args"], "README.md")
    assert (seen.code, seen.out, seen.err) == (0, "", "")


def test_every_format_is_named():
    assert all(f"`{name}`" in TEXT for name in FORMATS)
