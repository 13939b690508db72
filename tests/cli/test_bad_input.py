"""Bad input: one line with the place and one with the way out, exit 2, no traceback, and nothing lost."""

import os

import pytest

FETCHES = "import demistomock as demisto\nif demisto.command() == 'fetch-incidents':\n    demisto.incidents([])\n"
YML = """
name: A
commonfields: {id: A, version: -1}
configuration: []
script: {type: python, subtype: python3, script: '-'}
"""


def refused(seen, *expected):
    """The complaint: told on standard error, in one line and perhaps a hint."""
    assert seen.code == 2, seen
    assert seen.out == ""
    lines = seen.err.splitlines()
    assert lines[0].startswith("Error: ")
    assert len(lines) <= 2, seen.err
    assert "Traceback" not in seen.err
    for text in expected:
        assert text in seen.err
    return seen.err


def test_a_missing_file(xsim):
    refused(xsim("run", "no/such/integration.py"), "no/such/integration.py: no such file or folder")


def test_a_folder_with_two_scripts(xsim):
    xsim.has("pack/one.py", FETCHES)
    xsim.has("pack/two.py", FETCHES)
    refused(xsim("run", "pack"), "pack", "one.py", "two.py")


def test_a_yml_without_a_script(xsim):
    xsim.has("a.yml", "name: A\ncommonfields: {id: A, version: -1}\nconfiguration: []\n")
    refused(xsim("run", "a.yml"), "a.yml", "script")


def test_a_yml_that_is_no_yaml(xsim):
    xsim.has("a.yml", "name: [unclosed\nscript: {}\n")
    refused(xsim("run", "a.yml"), "a.yml:", "not valid")


def test_a_syntax_error_in_the_script(xsim):
    xsim.has("a.py", FETCHES + "def broken(:\n    pass\n")
    refused(xsim("run", "a.py"), "a.py:4")


def test_a_script_that_never_mentions_fetch_incidents(xsim):
    xsim.has("a.py", "print('hello')\n")
    refused(xsim("run", "a.py"), "a.py", "fetch-incidents")


@pytest.mark.parametrize(
    ("subtype", "word"), [("python2", "Python 2"), ("javascript", "JavaScript"), ("powershell", "PowerShell")]
)
def test_scripts_that_are_not_python_3(xsim, subtype, word):
    kind = "python" if subtype == "python2" else subtype
    script = (
        f"script: {{type: {kind}, subtype: {subtype if kind == 'python' else ''}, isfetch: true, script: 'x = 1'}}\n"
    )
    xsim.has("a.yml", "name: A\ncommonfields: {id: A, version: -1}\nconfiguration: []\n" + script)
    refused(xsim("run", "a.yml"), "a.yml", word)


def test_an_unknown_parameter_with_the_nearest_name(xsim, badge_reader):
    refused(xsim("run", badge_reader, "--param", "frist_fetch=1 day"), "frist_fetch", "first_fetch")


def test_a_parameter_without_a_value(xsim, badge_reader):
    refused(xsim("run", badge_reader, "--param", "first_fetch"), "--param: expected key=value")


@pytest.mark.parametrize("text", ["{", "[1, 2]", '"text"'])
def test_a_params_file_that_is_not_valid(xsim, badge_reader, text):
    xsim.has("params.json", text)
    refused(xsim("run", badge_reader, "--params", "params.json"), "params.json")


def test_a_params_file_that_is_missing(xsim, badge_reader):
    refused(xsim("run", badge_reader, "--params", "params.json"), "params.json: no such file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_state_folder(xsim, badge_reader):
    xsim.folder.chmod(0o555)
    try:
        refused(xsim("run", badge_reader), "cannot be written", "--state")
    finally:
        xsim.folder.chmod(0o755)


def test_a_state_folder_that_cannot_be_made(xsim, badge_reader):
    xsim.has("in_the_way", "a file")
    refused(xsim("run", badge_reader, "--state", "in_the_way/state"), "cannot be written", "--state")


@pytest.mark.parametrize("cycles", ["0", "-5"])
def test_no_cycles(xsim, badge_reader, cycles):
    refused(xsim("run", badge_reader, "--cycles", cycles), f"--cycles {cycles}", "1 or more")


@pytest.mark.parametrize("interval", ["5", "one minute", "-1m", "0s"])
def test_an_interval_without_a_unit_or_sense(xsim, badge_reader, interval):
    refused(xsim("run", badge_reader, "--interval", interval), "--interval")


def test_a_start_that_is_no_time(xsim, badge_reader):
    refused(xsim("run", badge_reader, "--start", "yesterday"), "'yesterday'", "ISO 8601")


@pytest.mark.parametrize("text", ["", "garbage\n", '{"a": 1}\n', '{"xsim": 1}\n', '{"xsim": 99}\n'])
def test_a_damaged_or_foreign_journal(xsim, text):
    path = xsim.has("journal.jsonl", text)
    refused(xsim("check", "journal.jsonl"), "journal.jsonl:1")
    assert path.read_text() == text


def test_a_journal_damaged_in_the_middle_is_not_overwritten_by_a_run(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 3)
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([lines[0], "garbage\n", *lines[2:]]))
    damaged = journal.read_text()
    refused(xsim("check", journal), "journal.jsonl:2", "damaged")
    refused(xsim("run", badge_reader), "journal.jsonl:2", "damaged")
    assert journal.read_text() == damaged


def test_a_journal_that_is_not_ours_is_not_overwritten_even_by_a_fresh_run(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 3)
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    journal.write_text("notes of my own\n")
    refused(xsim("run", badge_reader, "--fresh"), "journal.jsonl:1")
    assert journal.read_text() == "notes of my own\n"


def test_a_fresh_run_does_not_mind_what_an_older_journal_holds(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 3)
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    journal.write_text('{"xsim": 1, "version": "0.0.1", "layout": "of an older xsim"}\n')
    refused(xsim("run", badge_reader), "journal.jsonl:1")
    assert xsim("run", badge_reader, "--cycles", 10, "--fresh").code == 1


@pytest.mark.parametrize("arguments", [(), ("--fresh",)])
def test_a_damaged_last_run_is_not_overwritten(xsim, badge_reader, arguments):
    xsim("run", badge_reader, "--cycles", 3)
    [last_run] = xsim.folder.glob(".xsim/*/last_run.json")
    last_run.write_text('{"last_fetch": ')
    refused(xsim("run", badge_reader, *arguments), "last_run.json:1:")
    refused(xsim("last-run", "show", badge_reader), "last_run.json:1:")
    assert last_run.read_text() == '{"last_fetch": '


def test_a_last_run_to_set_that_is_no_json(xsim, badge_reader):
    refused(xsim("last-run", "set", badge_reader, "{nope"), "not valid JSON", "line 1")


def test_a_last_run_file_that_is_no_json(xsim, badge_reader):
    xsim.has("last.json", "{nope")
    refused(xsim("fetch", badge_reader, "--last-run", "last.json"), "last.json:1:2")


def test_an_unknown_rule_with_the_nearest(xsim, badge_reader):
    refused(xsim("run", badge_reader, "--ignore", "FC2002"), "FC2002", "FC202")
    refused(xsim("run", badge_reader, "--select", "duplicate-evnet"), "duplicate-event")


def test_an_unknown_format_with_the_nearest(xsim, badge_reader):
    refused(xsim("run", badge_reader, "--format", "jsn"), "'json'")
    refused(xsim("run", badge_reader, "--output", "report.json"), "FORMAT:PATH")


def test_two_formats_to_one_path(xsim, badge_reader):
    refused(xsim("run", badge_reader, "--output", "json:r", "--output", "text:r"), "same path")


def test_an_output_folder_that_is_not_there(xsim, badge_reader):
    refused(xsim("run", badge_reader, "--output", "json:no/such/r.json"), "does not exist")


def test_a_required_parameter_is_refused_under_strict_params(xsim):
    xsim.has("a.py", FETCHES)
    xsim.has(
        "a.yml", YML.replace("configuration: []", "configuration: [{name: url, type: 0, required: true, display: u}]")
    )
    refused(xsim("run", "a.py", "--strict-params"), "url")


def test_an_unknown_command_with_the_nearest(xsim):
    refused(xsim("fetsh"), "fetsh", "'fetch'")


def test_a_bug_of_ours_gives_a_traceback_and_70(xsim, badge_reader, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr("xsim.api.load", broken)
    seen = xsim("run", badge_reader)
    assert seen.code == 70
    assert "Traceback" in seen.err
    assert "To repeat it: xsim run badge_reader.py" in seen.err


@pytest.mark.parametrize(
    "arguments",
    [("run",), ("check",), ("suite",), ("scenario", "check"), ("run", "badge_reader.py", "--params")],
    ids=" ".join,
)
def test_a_path_that_the_system_takes_for_none(xsim, badge_reader, arguments):
    seen = xsim(*arguments, "x" * 5_000)
    refused(seen, "the system refuses it (File name too long)", "another path")
    assert len(seen.err) < 500


@pytest.mark.parametrize("line", ["import {}", "from {} import y", "from {}ApiModule import *"])
def test_a_module_with_a_name_that_no_file_can_have(xsim, line):
    script = f"import demistomock as demisto\n{line.format('x' * 3_000)}\ndemisto.command() == 'fetch-incidents'\n"
    xsim.has("a.py", script)
    seen = xsim("run", "a.py")
    assert (seen.code, len(seen.err) < 1_000) == (2, True)
    assert "xxx…xxx" in seen.err


def test_in_a_step_of_github_a_complaint_is_an_annotation_as_well(xsim, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    seen = xsim("suite", "no%20where")
    assert (seen.code, seen.out) == (2, "")
    assert seen.err.splitlines()[-1] == "::error title=xsim::no%2520where: no such file or folder"
