"""`xsim config`, `xsim baseline`, and what a project's settings do to a run."""

import json
from datetime import timedelta

import pytest

from xsim import api
from xsim.model import Settings

SCRIPT = """\
import json
import demistomock as demisto
from CommonServerPython import *
COMMAND = 'fetch-incidents'
demisto.incidents([{'name': 'n', 'occurred': '2024-05-14T09:00:00Z', 'rawJSON': json.dumps({'id': 1})}])
"""


@pytest.fixture
def project(xsim):
    xsim.has("integration.py", SCRIPT)
    xsim.has("pyproject.toml", "[tool.xsim]\nfail_on = 'error'\nignore = ['FC401']\nseverity = {FC602 = 'warning'}\n")
    return xsim


def rows(seen):
    return {each["name"]: (each["value"], each["origin"]) for each in json.loads(seen.out)}


def test_each_setting_says_where_it_comes_from(project):
    project.has(
        "xsim.toml", "seed = 7\n[clock]\ncycles = 3\n[check]\nignore = ['FC301']\nseverity = {FC602 = 'note'}\n"
    )
    found = rows(project("config", "integration.py", "--strict", "--format", "json"))
    assert found["cycles"] == ("3", "xsim.toml: [clock] cycles")
    assert found["seed"] == ("7", "xsim.toml: seed")
    assert found["fail_on"] == ("error", "pyproject.toml: [tool.xsim]")
    assert found["ignore"] == ("FC401, FC301", "xsim.toml: [check]; pyproject.toml: [tool.xsim]")
    assert found["severity of FC602"] == ("note", "xsim.toml: [check]")
    assert found["strict"] == ("true", "--strict")
    assert found["interval"] == ("1m", "default")


def test_limits_come_from_the_command_line_the_scenario_or_the_project(project):
    project.has("pyproject.toml", "[tool.xsim]\nhang_limit = '20s'\nmemory = '1GiB'\n")
    project.has("xsim.toml", "[clock]\ncycles = 3\n[platform]\nhang_limit = '5s'\n")
    seen = rows(project("config", "integration.py", "--format", "json"))
    assert seen["hang_limit"] == ("5s", "xsim.toml: [platform]")
    assert seen["memory"] == ("1024MiB", "pyproject.toml: [tool.xsim]")
    seen = rows(project("config", "integration.py", "--hang-limit", "1m", "--memory", "300MB", "--format", "json"))
    assert (seen["hang_limit"], seen["memory"]) == (("1m", "--hang-limit"), ("300MiB", "--memory"))
    seen = rows(project("config", "integration.py", "--no-scenario", "--format", "json"))
    assert seen["hang_limit"] == ("20s", "pyproject.toml: [tool.xsim]")


def test_the_limits_in_force_are_those_of_the_run(project):
    project.has("pyproject.toml", "[tool.xsim]\nhang_limit = '20s'\nmemory = '1GiB'\n")
    project.has("xsim.toml", "[clock]\ncycles = 1\n[platform]\nhang_limit = '5s'\n")
    for options, expected in (
        ({}, (5, 1024)),
        ({"hang_limit": timedelta(seconds=7)}, (7, 1024)),
        ({"without_scenario": True}, (20, 1024)),
        ({"without_scenario": True, "memory": 300 * 1024**2}, (20, 300)),
        ({"settings": Settings()}, (10, 2048)),
    ):
        settings = api.load(project.folder / "integration.py", api.Options(**options))[1].settings
        assert (settings.hang_limit.total_seconds(), settings.memory / 1024**2) == expected


def test_times_are_written_as_scenarios_and_options_take_them(project):
    found = rows(project("config", "integration.py", "--interval", "90s", "--format", "json"))
    assert found["interval"] == ("1m30s", "--interval")
    assert found["start"] == ("2024-05-14T09:30:00.381472Z", "default")
    assert found["hang_limit"] == ("10s", "default")


def test_the_command_line_goes_before_all(project):
    found = rows(project("config", "integration.py", "--fail-on", "note", "--cycles", "4", "--format", "json"))
    assert found["fail_on"] == ("note", "--fail-on")
    assert found["cycles"] == ("4", "--cycles")


def test_without_files_all_is_default(xsim):
    xsim.has("integration.py", SCRIPT)
    seen = xsim("config", "integration.py")
    assert seen.code == 0
    assert "fail_on" in seen.out
    assert "pyproject" not in seen.out


def test_settings_are_no_report_and_come_as_text_or_json(project):
    seen = project("config", "integration.py", "--format", "junit")
    assert (seen.code, "'text', 'json'" in seen.err) == (2, True)
    assert "--output" not in project("config", "--help").out


def test_the_project_s_word_holds_in_a_run(project):
    seen = project("run", "integration.py", "--fresh", "--cycles", "3")
    assert seen.code == 1
    project.has("pyproject.toml", "[tool.xsim]\nselect = ['FC5']\n")
    assert project("run", "integration.py", "--fresh", "--cycles", "3").code == 0


@pytest.mark.parametrize(
    ("where", "arguments", "told"),
    [
        ("", ["--select", "FC20"], None),
        ("", ["--select", "FC299"], "no rule is called 'FC299'"),
        ("", ["--ignore", "duplicate-evnt"], "did you mean 'duplicate-event'?"),
        ("[tool.xsim]\nselect = ['FC299']\n", [], "pyproject.toml:2: [tool.xsim] select: no rule is called 'FC299'"),
        ("[tool.xsim.severity]\nFC1 = 'note'\nFCC = 'note'\n", [], "pyproject.toml:3: [tool.xsim] severity, FCC: no"),
        ("[tool.xsim]\nseverity = {duplicate-evnt = 'note'}\n", [], "did you mean 'duplicate-event'?"),
    ],
)
def test_an_unknown_rule_is_refused_before_the_run(xsim, where, arguments, told):
    xsim.has("integration.py", SCRIPT)
    if where:
        xsim.has("pyproject.toml", where)
    seen = xsim("run", "integration.py", "--fresh", "--cycles", "2", *arguments)
    if told is None:
        assert seen.code == 1
    else:
        assert seen.code == 2
        assert told in seen.err
        assert not (xsim.folder / ".xsim").exists()
        assert xsim("config", "integration.py", *arguments) == seen


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--ignore", "FC299", "no rule is called 'FC299'"),
        ("--cycles", "0", "--cycles 0: expected 1 or more"),
        ("--baseline", "gone.json", "gone.json: no such file"),
    ],
)
def test_a_bad_option_is_refused_once_for_a_whole_suite(xsim, option, value, told):
    xsim.has("integration.py", SCRIPT)
    xsim.has("xsim.toml", "[clock]\ncycles = 2\n")
    seen = xsim("suite", ".", option, value)
    assert (seen.code, seen.out) == (2, "")
    assert told in seen.err


def test_a_baseline_is_written_shown_and_heeded(project):
    written = project("baseline", "write", "integration.py", "--cycles", "3")
    told, way_on = written.out.splitlines()
    assert (written.code, told) == (0, "xsim-baseline.json: 1 finding of integration accepted")
    assert "--baseline" in way_on
    assert "FC202 duplicate-event" in project("baseline", "show", "xsim-baseline.json").out
    assert project("run", "integration.py", "--fresh", "--cycles", "3").code == 1
    seen = project("run", "integration.py", "--fresh", "--cycles", "3", "--baseline", "xsim-baseline.json")
    assert seen.code == 0
    assert "Accepted findings" in seen.out
    project.has("pyproject.toml", "[tool.xsim]\nbaseline = 'xsim-baseline.json'\n")
    assert project("run", "integration.py", "--fresh", "--cycles", "3").code == 0
    assert project("run", "integration.py", "--fresh", "--cycles", "3", "--no-baseline").code == 1
    assert len(project("baseline", "write", "integration.py", "--cycles", "3").out.splitlines()) == 1


def test_a_baseline_comes_to_the_same_whatever_was_run_before(project):
    project("baseline", "write", "integration.py", "--cycles", "3")
    first = (project.folder / "xsim-baseline.json").read_text()
    project("run", "integration.py", "--cycles", "2")
    state = (project.folder / ".xsim" / "integration_instance_1" / "journal.jsonl").read_bytes()
    assert len(project("baseline", "write", "integration.py", "--cycles", "3").out.splitlines()) == 2
    assert (project.folder / "xsim-baseline.json").read_text() == first
    assert (project.folder / ".xsim" / "integration_instance_1" / "journal.jsonl").read_bytes() == state


def test_what_is_found_no_more_is_accepted_no_more_unless_it_is_to_stay(project):
    held = '{"xsim_baseline": 1, "integrations": {"integration": {"1": "FC501 name-missing"}}}'
    project.has("xsim-baseline.json", held)
    kept = project("baseline", "write", "integration.py", "--cycles", "3", "--add").out
    assert kept.startswith("xsim-baseline.json: 2 findings of integration accepted\n")
    run = ("run", "integration.py", "--cycles", "3", "--fresh", "--baseline", "xsim-baseline.json")
    assert "in the baseline, and not found by this run: FC501 name-missing" in project(*run).out
    told = project("baseline", "write", "integration.py", "--cycles", "3").out.splitlines()[1]
    assert told == "accepted no longer, as it was not found: integration: FC501 name-missing"
    assert "not found by this run" not in project(*run).out


def test_a_note_that_fails_the_run_is_accepted_as_well(project):
    project.has("integration.py", f"{SCRIPT}demisto.setLastRun({{'a': 1}})\n")
    write = ("baseline", "write", "integration.py", "--cycles", "1")
    assert "0 findings" in project(*write).out
    project.has("pyproject.toml", "[tool.xsim]\nfail_on = 'note'\nbaseline = 'xsim-baseline.json'\n")
    assert project("run", "integration.py", "--fresh", "--cycles", "1").code == 1
    assert "1 finding " in project(*write).out
    assert project("run", "integration.py", "--fresh", "--cycles", "1").code == 0


@pytest.mark.slow
def test_a_baseline_of_a_whole_folder_has_what_all_its_scenarios_find(project):
    for name in ("a", "b"):
        (project.folder / name).mkdir()
        project.has(f"{name}/{name}.py", SCRIPT)
        project.has(f"{name}/xsim.toml", "[clock]\ncycles = 3\n")
    project.has("a/harder.xsim.toml", "[clock]\ncycles = 4\n")
    project.has("b/pyproject.toml", "[tool.xsim]\nbaseline = 'own.json'\n")
    project.has("c.xsim.toml", "nonsense = 1\n")
    seen = project("baseline", "write", ".", "--all")
    assert (seen.code, seen.err.startswith("Error: c.xsim.toml: could not be run: ")) == (2, True)
    assert seen.out.splitlines()[0] == "xsim-baseline.json: 1 finding of a accepted"
    assert "b/own.json: 1 finding of b accepted" in seen.out
    (project.folder / "c.xsim.toml").unlink()
    assert project("suite", "a", "--baseline", "xsim-baseline.json").code == 0
    assert project("suite", "b").code == 0


def test_a_stored_journal_is_judged_by_another_baseline(project):
    project("baseline", "write", "integration.py", "--cycles", "3")
    project("run", "integration.py", "--fresh", "--cycles", "3")
    journal = ".xsim/integration_instance_1/journal.jsonl"
    assert project("check", journal).code == 1
    assert project("check", journal, "--baseline", "xsim-baseline.json").code == 0


def test_what_a_baseline_says_of_others_stays(project):
    project("baseline", "write", "integration.py", "--cycles", "3")
    project.has("other.py", SCRIPT)
    project("baseline", "write", "other.py", "--cycles", "3")
    shown = project("baseline", "show", "xsim-baseline.json").out
    assert "integration: 1 accepted" in shown
    assert "other: 1 accepted" in shown


@pytest.mark.parametrize(
    ("text", "told"),
    [(None, "baseline.json: no such file"), ("{}", "not a baseline of xsim's"), ("\x00", "not valid JSON")],
)
def test_a_bad_baseline_is_one_line(project, text, told):
    if text is not None:
        project.has("baseline.json", text)
    seen = project("run", "integration.py", "--fresh", "--baseline", "baseline.json")
    assert (seen.code, told in seen.err) == (2, True)
