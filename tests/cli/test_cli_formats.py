"""--format and --output as CI uses them: one place in every format, lines while the run goes on, GitHub's steps."""

import json
import os
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import FIXTURES

from xsim.cli.judgement import split_output
from xsim.cli.run import command
from xsim.errors import XsimError
from xsim.report import FORMATS

LINES = {
    "concise": r"^(\S+?):(\d+): (FC202) ",
    "junit": r"(?s)name=\"(?=FC202 ).*?>(\S+?):(\d+): error: ()",
    "github": r"^::error file=(\S+?),line=(\d+),title=(FC202) ",
    "text": r"(?s)FC202 .*?\n +(\S+?):(\d+)[; ]()",
}


@pytest.fixture
def car_park(xsim):
    """The unified yml with its scenario, in the test's own folder."""
    for name in ("car_park.yml", "xsim.toml"):
        shutil.copy(FIXTURES / "unified" / name, xsim.folder / name)
    return "car_park.yml"


def every_format():
    """Options that write the report in every format, to report.FORMAT each."""
    return [argument for each in FORMATS for argument in ("--output", f"{each}:report.{each}")]


def place_of(output, format_):
    """Where a format says that the repeated event is."""
    if format_ in LINES:
        path, line, _ = re.search(LINES[format_], output, re.MULTILINE).groups()
        return path, int(line)
    if format_ == "sarif":
        results = json.loads(output)["runs"][0]["results"]
        place = next(each for each in results if each["ruleId"] == "FC202")["locations"][0]["physicalLocation"]
        return place["artifactLocation"]["uri"], place["region"]["startLine"]
    if format_ == "html":
        output = re.search(r'<script type="application/json" id="data">(.*?)</script>', output)[1]
    lines = output.splitlines() if format_ == "json-lines" else []
    findings = [json.loads(line) for line in lines] if lines else json.loads(output)["findings"]
    place = next(each for each in findings if each.get("rule") == "FC202")["place"]
    return place["path"], place["line"]


@pytest.mark.parametrize("name", ["badge_reader.py", "car_park.yml"])
def test_a_finding_has_one_place_in_every_format(xsim, badge_reader, car_park, name):
    shutil.move(xsim.folder / "xsim.toml", xsim.folder / "car_park.xsim.toml")
    given = ("--scenario", "car_park.xsim.toml") if name.endswith(".yml") else ("--no-scenario",)
    xsim("run", name, "--cycles", 3, *given, *every_format())
    places = {each: place_of((xsim.folder / f"report.{each}").read_text(encoding="utf-8"), each) for each in FORMATS}
    [(path, line)] = set(places.values())
    assert path == name
    assert "demisto.incidents(" in (xsim.folder / name).read_text().splitlines()[line - 1]


def test_a_journal_judged_from_another_folder_still_names_the_script(xsim, car_park, monkeypatch):
    (xsim.folder / "below").mkdir()
    monkeypatch.chdir(xsim.folder / "below")
    xsim.folder = xsim.folder / "below"
    xsim("run", xsim.folder.parent / car_park)
    [journal] = xsim.folder.parent.glob(".xsim/*/journal.jsonl")
    assert str(xsim.folder.parent / car_park) in xsim("check", journal, "--format", "concise").out
    xsim.folder = xsim.folder.parent
    monkeypatch.chdir(xsim.folder)
    assert xsim("check", journal, "--format", "concise").out.startswith("car_park.yml:")


# --- JSON lines ---------------------------------------------------------------------------------------------


def test_a_cycle_s_line_is_there_before_the_next_cycle_begins(xsim):
    xsim.has(
        "a.py",
        "import demistomock as demisto\nX = 'fetch-incidents'\n"
        f"seen = open({str(xsim.folder / 'lines.jsonl')!r}).read().splitlines()\n"
        "demisto.setLastRun({'seen': len(seen)})\ndemisto.incidents([])\n",
    )
    xsim("run", "a.py", "--cycles", 4, "--in-process", "--output", "json-lines:lines.jsonl")
    assert json.loads(xsim("last-run", "show", "a.py").out) == {"seen": 3}


def test_json_lines_of_a_run_are_those_of_its_journal(xsim, car_park):
    run = xsim("run", car_park, "--format", "json-lines", "--output", "json-lines:lines.jsonl")
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    check = xsim("check", journal.relative_to(xsim.folder), "--format", "json-lines")
    assert run == check
    assert (xsim.folder / "lines.jsonl").read_text() == run.out
    assert [json.loads(line)["type"] for line in run.out.splitlines()] == ["cycle"] * 4 + ["finding"] * 2 + ["verdict"]


def test_a_secret_is_in_no_format_of_a_run_that_goes_on(xsim):
    xsim.has(
        "a.py",
        "import demistomock as demisto\nX = 'fetch-incidents'\nkey = demisto.params()['apikey']\n"
        "demisto.setLastRun({'key': key})\nraise ValueError(key)\n",
    )
    secret = "do-not-show-this-one"
    seen = xsim("run", "a.py", "--param", f"apikey={secret}", "--format", "json-lines", *every_format())
    assert (seen.code, secret in seen.out + seen.err) == (1, False)
    for format_ in FORMATS:
        assert secret not in (xsim.folder / f"report.{format_}").read_text(encoding="utf-8"), format_


def test_a_run_that_is_refused_leaves_no_lines_behind(xsim, badge_reader):
    seen = xsim("run", badge_reader, "--param", "frist_fetch=1", "--output", "json-lines:lines.jsonl")
    assert seen.code == 2
    assert not (xsim.folder / "lines.jsonl").exists()


# --- standard output and files ------------------------------------------------------------------------------


def test_a_clean_run_has_no_concise_line_and_an_undecided_one_says_why(xsim):
    xsim.has("a.py", "import demistomock as demisto\nX = 'fetch-incidents'\ndemisto.incidents([])\n")
    seen = xsim("run", "a.py", "--format", "concise", "--output", "concise:out")
    assert (seen.code, seen.out) == (3, "")
    assert seen.err.startswith("xsim: undecided: nothing was delivered")
    assert (xsim.folder / "out").read_bytes() == b""


def test_files_hold_what_standard_output_would_and_end_their_last_line(xsim, car_park):
    xsim("run", car_park, *every_format())
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    for format_ in FORMATS:
        out = xsim("check", journal, "--format", format_).out
        assert (xsim.folder / f"report.{format_}").read_bytes() == out.encode("utf-8"), format_
        assert out.endswith("\n"), format_


def test_the_help_names_every_format():
    [option] = (each for each in command.params if each.name == "format_")
    assert option.help == f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}."


@pytest.mark.parametrize(
    ("output", "parts"),
    [
        ("json:C:\\reports\\r.json", ("json", Path("C:\\reports\\r.json"))),
        ("json:a:b", ("json", Path("a:b"))),
        ("json:-/r", ("json", Path("-/r"))),
    ],
)
def test_a_colon_in_the_path_belongs_to_the_path(output, parts):
    assert split_output(output) == parts


@pytest.mark.parametrize("output", ["C:\\reports\\r.json", "C:/r.json", "r.json", "json:", ":r.json", "json:-"])
def test_an_output_without_format_or_path_is_refused(output):
    with pytest.raises(XsimError, match=re.escape(output)):
        split_output(output)


def refused(seen, *expected):
    assert (seen.code, seen.out) == (2, "")
    assert len(seen.err.splitlines()) <= 2
    for text in expected:
        assert text in seen.err


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        (("json:r", "sarif:./x/../r"), "json:r goes to the same path"),
        (("json:link", "sarif:target"), "goes to the same path"),
        (("json:folder",), "is a folder"),
        (("json:no/such/r",), "the folder no/such does not exist"),
        (("json:target/r",), "does not exist"),
        ((f"json:{'n' * 300}",), "cannot be written"),
        (("json:badge_reader.py",), "the file to be judged"),
        (("junit:other.yml",), "other.yml is there, and no report is called so"),
        (("json:-",), "--format json"),
        (("sarf:r",), "did you mean 'sarif'"),
    ],
)
def test_a_path_that_cannot_hold_the_report_is_refused_before_the_run(xsim, badge_reader, outputs, expected):
    (xsim.folder / "x").mkdir()
    (xsim.folder / "folder").mkdir()
    xsim.has("target", "")
    xsim.has("other.yml", "name: Other\n")
    (xsim.folder / "link").symlink_to("target")
    refused(xsim("run", badge_reader, *(each for output in outputs for each in ("--output", output))), expected)
    assert not (xsim.folder / ".xsim").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_refused_before_the_run(xsim, badge_reader):
    (xsim.folder / "locked").mkdir(mode=0o555)
    refused(xsim("run", badge_reader, "--output", "json:locked/r"), "no permission")


def test_a_journal_is_not_written_over_by_its_own_report(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 2)
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    before = journal.read_bytes()
    refused(xsim("check", journal, "--output", f"json:{journal}"), "the file to be judged")
    assert journal.read_bytes() == before


# --- GitHub Actions -----------------------------------------------------------------------------------------


@pytest.fixture
def step(xsim, monkeypatch):
    """A step of GitHub Actions in the folder `step` of the checked-out repository."""
    for name, value in (
        ("ACTIONS", "true"),
        ("WORKSPACE", str(xsim.folder)),
        ("STEP_SUMMARY", str(xsim.folder / "summary.md")),
    ):
        monkeypatch.setenv(f"GITHUB_{name}", value)
    return xsim


def test_a_step_is_annotated_behind_the_text_and_never_instead_of_it(xsim, car_park, monkeypatch):
    plain = xsim("run", car_park).out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    lines = xsim("run", car_park).out.splitlines()
    assert "\n".join(lines[1:-3]) + "\n" == plain
    assert [line.split(",")[0] for line in lines[-2:]] == [
        "::error file=car_park.yml", "::notice file=car_park.yml",
    ]  # fmt: skip


def test_what_the_text_quotes_is_no_command_of_a_step(step):
    name = "::error file=x::from the vendor"
    step.has(
        "a.py",
        f"import demistomock as demisto\nX = 'fetch-incidents'\nraise ValueError({name!r})\n",
    )
    lines = step("run", "a.py").out.splitlines()
    [stop] = [number for number, line in enumerate(lines) if line.startswith("::stop-commands::")]
    word = lines[stop].removeprefix("::stop-commands::")
    [resume] = [number for number, line in enumerate(lines) if line == f"::{word}::"]
    assert stop == 0
    quoting = [number for number, line in enumerate(lines) if name in line]
    assert quoting
    assert all(stop < number < resume or lines[number].startswith("::error file=a.py,line=3,") for number in quoting)


def test_another_format_than_text_stays_as_it_is_in_a_step(xsim, car_park, monkeypatch):
    xsim("run", car_park, *every_format())
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for format_ in FORMATS[1:]:
        plain = (xsim.folder / f"report.{format_}").read_text(encoding="utf-8")
        assert xsim("check", journal, "--format", format_).out == plain, format_


def test_annotations_and_sarif_name_the_script_from_the_top_of_the_repository(step, car_park, monkeypatch):
    folder = step.folder / "Packs" / "CarPark"
    folder.mkdir(parents=True)
    for name in (car_park, "xsim.toml"):
        shutil.move(step.folder / name, folder / name)
    monkeypatch.chdir(folder)
    step.folder = folder
    assert "::error file=Packs/CarPark/car_park.yml,line=" in step("run", car_park).out
    assert place_of(step("run", car_park, "--format", "sarif").out, "sarif")[0] == "Packs/CarPark/car_park.yml"
    assert step("run", car_park, "--format", "concise").out.startswith("car_park.yml:")


def test_the_summary_of_a_job_is_added_to(step, car_park):
    summary = step.has("summary.md", "# Before\n\n")
    step("run", car_park)
    step("run", car_park, "--format", "junit")
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("# Before\n\n### xsim: Car Park: FAILED\n")
    assert text.count("### xsim: ") == 2


def test_a_summary_grows_no_larger_than_github_shows(step, car_park, monkeypatch):
    monkeypatch.setattr("xsim.cli.github.LARGEST_SUMMARY", 700)
    step("run", car_park)
    step("run", car_park)
    text = (step.folder / "summary.md").read_text(encoding="utf-8")
    assert len(text.encode()) <= 700
    assert text.endswith("\n\nThe rest has no room in a summary; it is in the log.\n\n")
    assert text.count("### xsim: ") == 1


def test_a_summary_that_cannot_be_written_fails_no_run(step, car_park, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step.folder / "no" / "such"))
    seen = step("run", car_park)
    assert seen.code == 1
    assert seen.err.startswith("xsim: GITHUB_STEP_SUMMARY: ")


def test_junit_of_a_run_is_one_suite_named_after_integration_and_scenario(xsim, car_park):
    [suite] = ElementTree.fromstring(xsim("run", car_park, "--format", "junit").out)
    assert suite.get("name") == "Car Park (three cars)"
    assert suite.get("file") == "car_park.yml"
