"""docs/ci.md is true: its commands run, its settings are read, and its YAML names what there is."""

import json
import re
import shlex
import shutil
import subprocess
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
LOADED = [yaml.safe_load(block) for block in blocks("yaml")]
WORKFLOWS = [each for each in LOADED if "jobs" in each]
[PRE_COMMIT] = [each for each in LOADED if "repos" in each]
[GITLAB] = [each["xsim"] for each in LOADED if "xsim" in each]
[AZURE] = [each for each in LOADED if "pool" in each]
[JENKINS] = blocks("groovy")
PARTS_OF_OTHERS = {
    "$CI_NODE_INDEX/$CI_NODE_TOTAL": "1/1",
    "$(System.JobPositionInPhase)/$(System.TotalJobsInPhase)": "1/1",
}
"""What their variables say in a job that is all there is."""


@pytest.fixture
def xsim(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, copy_of_repository(tmp_path.resolve()))


def run_here(xsim, command):
    """A command of xsim in this process, short and on one of its own: starting more costs more than these runs do."""
    for variable, said in PARTS_OF_OTHERS.items():
        command = command.replace(variable, said)
    return xsim(*shlex.split(command)[1:], "--processes", "1", "--cycles", "4")


def run_in_shell(xsim, script):
    done = subprocess.run(["bash", "-ec", script], cwd=xsim.folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), script


def results_of(xsim, name):
    [run] = json.loads((xsim.folder / name).read_text(encoding="utf-8"))["runs"]
    assert all(run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    return sorted(run["results"], key=str)


needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="what the page does with jq needs it")


def test_its_commands_run_one_after_the_other(xsim):
    for command in COMMANDS:
        if not command.startswith("xsim "):
            assert command.startswith("jq ")
            continue
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


@needs_jq
def test_what_gitlab_runs_gives_it_tests_and_code_quality(tmp_path, monkeypatch, capsys):
    faulty = CommandLine(monkeypatch, capsys, copy_of_repository(tmp_path.resolve(), is_faulty=True))
    [command], [mapping] = GITLAB["script"], GITLAB["after_script"]
    assert run_here(faulty, command).code == 1
    run_in_shell(faulty, mapping)
    reports = GITLAB["artifacts"]["reports"]
    assert "<failure" in (faulty.folder / reports["junit"]).read_text(encoding="utf-8")
    issues = json.loads((faulty.folder / reports["codequality"]).read_text(encoding="utf-8"))
    fingerprints = [each["fingerprint"] for each in issues]
    assert len(fingerprints) == len(set(fingerprints)), "GitLab takes two of one fingerprint for the same"
    found = {each["partialFingerprints"]["xsim/v1"] for each in results_of(faulty, "xsim.sarif")}
    assert set(fingerprints) == found
    assert {(each["check_name"], each["severity"]) for each in issues} >= {("FC202", "critical"), ("FC105", "info")}
    place = next(each["location"] for each in issues if each["check_name"] == "FC202")
    assert place["path"] == f"{LIFT_MONITOR}/LiftMonitor.py"
    assert place["lines"]["begin"] > 1


def test_what_azure_and_jenkins_run_writes_the_files_that_they_read(xsim):
    scripts = [step["script"] for step in AZURE["steps"] if "script" in step] + re.findall(r"sh '(.*)'", JENKINS)
    ours = [script for script in scripts if script.startswith("xsim ")]
    assert len(ours) == 2
    [published] = [step["inputs"]["testResultsFiles"] for step in AZURE["steps"] if "task" in step]
    for script, read in zip(ours, ([published], re.findall(r"'(xsim\.\w+)'", JENKINS)), strict=True):
        assert run_here(xsim, script).code == 0
        for name in read:
            (xsim.folder / name).unlink()


@needs_jq
def test_the_parts_of_a_suite_are_merged_for_code_scanning(xsim):
    assert run_here(xsim, "xsim suite Packs --output sarif:xsim.sarif").code == 0
    for number in range(3):
        assert run_here(xsim, f"xsim suite Packs --shard {number + 1}/3 --output sarif:xsim-{number}.sarif").code == 0
    [merging] = [step["run"] for step in steps() if "run" in step]
    run_in_shell(xsim, merging)
    assert results_of(xsim, "merged.sarif") == results_of(xsim, "xsim.sarif")
    [naming] = [command for command in COMMANDS if command.startswith("jq ")]
    run_in_shell(xsim, naming)
    assert results_of(xsim, "lifts.sarif") == results_of(xsim, "xsim.sarif")
    [run] = json.loads((xsim.folder / "lifts.sarif").read_text(encoding="utf-8"))["runs"]
    assert run["automationDetails"] == {"id": "xsim/lifts/"}


def steps():
    return [step for workflow in WORKFLOWS for job in workflow["jobs"].values() for step in job["steps"]]


def test_its_workflows_name_inputs_and_outputs_that_the_action_has():
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    ours = [step for step in steps() if "/xsim@" in step.get("uses", "")]
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
