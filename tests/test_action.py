"""The GitHub Action: its steps are run here as action.yml says, with the environment that it gives them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from content_repository import LIFT_MONITOR, SCENARIOS, copy_of_repository, files_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(Path(__file__).parent / "cli"))

from command_line import CommandLine  # noqa: E402

pytest_plugins = ["pytester"]

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "run" in step}
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class Runner:
    """What a step leaves behind: exit code, output, the step's outputs and the job's summary."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tools = folder / "tools"
        self.tools.mkdir()
        # Not a link: Python would no longer find its environment.
        self.has_tool("python", f'exec "{sys.executable}" "$@"')

    def has_tool(self, name: str, script: str) -> None:
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def run(self, name: str, *, on_github: bool = True, **inputs: str) -> subprocess.CompletedProcess:
        """Runs the step of this name; an input's dashes are written as underscores."""
        step = STEPS[name]
        given = {each.replace("_", "-"): value for each, value in inputs.items()}
        assert given.keys() <= ACTION["inputs"].keys()
        values = {f"inputs.{each}": str(given.get(each, said["default"])) for each, said in ACTION["inputs"].items()}
        values["github.action_path"] = str(ROOT)
        asked = {each: EXPRESSION.sub(lambda found: values[found[1]], text) for each, text in step["env"].items()}
        plain = {each: value for each, value in os.environ.items() if not each.startswith("GITHUB_")}
        environment = {
            **plain,
            "PATH": os.pathsep.join([str(self.tools), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            **asked,
        }
        if on_github:
            github = {"ACTIONS": "true", "WORKSPACE": str(self.folder), "STEP_SUMMARY": str(self.folder / "summary")}
            environment |= {f"GITHUB_{each}": value for each, value in github.items()}
        return subprocess.run(
            ["bash", "-c", step["run"]], cwd=self.folder, env=environment, capture_output=True, text=True
        )

    @property
    def outputs(self) -> dict[str, str]:
        path = self.folder / "output"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path):
    return Runner(tmp_path.resolve())


@pytest.fixture
def recorded(runner):
    """A Python that does nothing but write down its arguments, a line each, with a line of dashes behind."""
    log = runner.folder / "asked"
    runner.has_tool("python", f'printf "%s\\n" "$@" "---" >>"{log}"')
    return lambda: [part.splitlines() for part in log.read_text(encoding="utf-8").split("---\n")[:-1]]


def test_no_input_stands_in_the_text_of_a_step():
    # What stands there is run by the shell; in the environment it is a value.
    assert not any("${{" in step["run"] for step in STEPS.values())


def test_every_input_reaches_a_step_and_every_output_comes_from_one():
    used = set(EXPRESSION.findall(json.dumps(ACTION["runs"])))
    assert {f"inputs.{name}" for name in ACTION["inputs"]} <= {each.split(" ")[0] for each in used}
    script = (ROOT / "ci" / "action.sh").read_text(encoding="utf-8")
    for name, said in ACTION["outputs"].items():
        assert said["value"] == f"${{{{ steps.run.outputs.{name} }}}}"
        assert f"give {name} " in script
    asked = {each for step in STEPS.values() for each in step["env"]}
    assert asked == set(re.findall(r"\$\{?(INPUT_\w+|ACTION_PATH)", script)) | {"ACTION_PATH"}


def test_by_default_everything_below_the_working_folder_is_run(runner, recorded):
    assert runner.run("Run xsim").returncode == 0
    assert recorded() == [["-m", "xsim", "suite", "--", "."]]
    assert runner.outputs == {"verdict": "passed", "exit-code": "0"}


def test_inputs_become_arguments_one_each_whatever_is_in_them(runner, recorded):
    evil = "$(touch hacked); `touch hacked` && 'x"
    seen = runner.run(
        "Run xsim",
        paths=f"  Packs/Two Words \n\n{evil}\n--version\r\n",
        shard="1/2",
        fail_on="note",
        baseline="accepted findings.json",
        junit="reports/a b.xml",
        sarif="xsim.sarif",
        args=f"--cycles 20\n--seed=3 4\n--select {evil}\n--strict",
    )
    assert seen.returncode == 0, seen
    [asked] = recorded()
    assert asked == [
        *("-m", "xsim", "suite", "--shard=1/2", "--fail-on=note", "--baseline=accepted findings.json"),
        *("--output", "junit:reports/a b.xml", "--output", "sarif:xsim.sarif"),
        *("--cycles", "20", "--seed=3 4", "--select", evil, "--strict"),
        *("--", "Packs/Two Words", evil, "--version"),
    ]
    assert not list(runner.folder.rglob("hacked"))


@pytest.mark.parametrize(
    ("code", "verdict"), [(0, "passed"), (1, "failed"), (3, "undecided"), (2, "error"), (70, "error")]
)
def test_the_step_ends_as_the_suite_does_and_says_its_verdict(runner, code, verdict):
    runner.has_tool("python", f"exit {code}")
    assert runner.run("Run xsim").returncode == code
    assert runner.outputs == {"verdict": verdict, "exit-code": str(code)}


@pytest.mark.parametrize("name", ["junit", "sarif"])
def test_a_path_of_several_lines_cannot_become_an_output(runner, recorded, name):
    seen = runner.run("Run xsim", **{name: "a.xml\nverdict=passed"})
    assert seen.returncode == 2
    assert seen.stdout == f"::error title=xsim::input {name}: one line is expected\n"
    assert runner.outputs == {}


def test_the_version_that_uses_names_is_installed(runner, recorded):
    assert runner.run("Install xsim").returncode == 0
    assert recorded() == [["-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(ROOT)]]


def test_another_version_and_the_integrations_requirements_are_installed(runner, recorded):
    assert runner.run("Install xsim", version="0.1.0", requirements="needs these.txt").returncode == 0
    assert [asked[5:] for asked in recorded()] == [["xsim==0.1.0"], ["--requirement", "needs these.txt"]]


@pytest.mark.parametrize("version", ["--index-url=https://vendor.example", "0.1 other", "x", "1;2"])
def test_a_version_that_is_none_is_refused(runner, recorded, version):
    seen = runner.run("Install xsim", version=version)
    assert seen.returncode == 2
    assert "input version: expected a version such as 0.1.0" in seen.stdout


# --- four ways, one verdict ---------------------------------------------------------------------------------


@pytest.fixture
def ways(runner, pytester, monkeypatch, capsys):
    """Each way of running a repository: from its folder to scenario and verdict."""

    def suite(repository: Path) -> dict[str, str]:
        xsim = CommandLine(monkeypatch, capsys, repository)
        return of_json(xsim("suite", ".", "--processes", "1", "--format", "json").out)

    def hook(repository: Path) -> dict[str, str]:
        xsim = CommandLine(monkeypatch, capsys, repository)
        [said] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
        changed = [name for name in files_of(repository) if re.search(said["files"], name)]
        return of_json(xsim(*said["entry"].split()[1:], "--processes", "1", "--format", "json", *changed).out)

    def action(repository: Path) -> dict[str, str]:
        args = "--processes 1\n--format json"
        seen = runner.run("Run xsim", on_github=False, working_directory=str(repository), args=args)
        assert runner.outputs["exit-code"] == str(seen.returncode)
        return of_json(seen.stdout)

    def plugin(repository: Path) -> dict[str, str]:
        monkeypatch.chdir(repository)
        seen = pytester.inline_run(
            "-p", "no:cacheprovider", "--rootdir", str(repository), "--ignore-glob=*_test.py", str(repository)
        )
        passed, skipped, failed = seen.listoutcomes()
        assert not skipped
        said = [(report, "passed") for report in passed] + [(report, "failed") for report in failed]
        return {report.nodeid.split("::")[0]: verdict for report, verdict in said}

    return {"suite": suite, "hook": hook, "action": action, "plugin": plugin}


def of_json(text: str) -> dict[str, str]:
    return {result["scenario"]: result["verdict"] for result in json.loads(text)["results"]}


def test_suite_plugin_hook_and_action_say_the_same_of_the_sample_and_of_a_faulty_copy(ways, tmp_path):
    both = tmp_path.resolve() / "both"
    copy_of_repository(both)
    copy_of_repository(both, is_faulty=True)
    expected = dict.fromkeys([f"{copy}/{name}" for copy in ("faulty", "sample") for name in SCENARIOS], "passed")
    expected[f"faulty/{LIFT_MONITOR}/xsim.toml"] = "failed"
    assert {name: way(both) for name, way in ways.items()} == dict.fromkeys(ways, expected)


def test_on_github_the_lines_are_annotated_and_reports_lie_where_the_outputs_say(runner):
    repository = copy_of_repository(runner.folder, is_faulty=True)
    seen = runner.run(
        "Run xsim",
        working_directory=repository.name,
        paths=LIFT_MONITOR,
        junit="reports/xsim.xml",
        sarif="xsim.sarif",
        args="--processes 1",
    )
    assert seen.returncode == 1, seen
    assert runner.outputs == {
        "verdict": "failed",
        "exit-code": "1",
        "junit": f"{repository}/reports/xsim.xml",
        "sarif": f"{repository}/xsim.sarif",
    }
    # From the top of the checked-out repository, which is where GitHub looks for the file.
    assert f"::error file=faulty/{LIFT_MONITOR}/LiftMonitor.py,line=" in seen.stdout
    assert "1 failed" in (runner.folder / "summary").read_text(encoding="utf-8")
    assert "<testsuite" in Path(runner.outputs["junit"]).read_text(encoding="utf-8")
    [found] = json.loads(Path(runner.outputs["sarif"]).read_text(encoding="utf-8"))["runs"]
    assert any(result["ruleId"] == "FC202" for result in found["results"])
