"""Annotations of a pull request, and the page of a job."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from golden_files import assert_golden
from report_builders import a_failing_report, a_hostile_report, a_report, a_result, a_rule

from xsim.findings import Expected, Finding, Place, SuiteResult
from xsim.model import Severity, Verdict
from xsim.report import combined, render, render_annotations, render_summary

COMMAND = re.compile(r"::(error|warning|notice) (?:file=([^,:]+),line=(\d+),)?title=([^,:]+)::(.*)")


def annotated(*findings, rule=None, **settings):
    report = a_report([], a_result(rule or a_rule(fix=""), *findings))
    return render_annotations(report, **settings).splitlines()


def some(number, severity=Severity.ERROR):
    return [Finding(f"event {index}", severity=severity, place=Place("a.py", index + 1)) for index in range(number)]


def test_a_failed_run_as_annotations():
    assert_golden("failed.github.txt", render(a_failing_report(), "github"))


def test_a_failed_run_as_a_job_summary():
    assert_golden("failed.summary.md", render_summary(a_failing_report()))


def test_the_levels_are_those_of_github():
    lines = annotated(*(Finding("x", severity=level, place=Place("a.py", 3)) for level in reversed(Severity)))
    assert lines == [
        f"::{command} file=a.py,line=3,title=FC201 missed-event::x" for command in ("error", "warning", "notice")
    ]


def test_what_separates_a_command_s_parts_is_escaped():
    rule = a_rule(fix="Ask again,\n100%: sure.")
    [line] = annotated(Finding("50%: a, b", place=Place("a,b:c%.py", 3)), rule=rule)
    assert line == (
        "::error file=a%2Cb%3Ac%25.py,line=3,title=FC201 missed-event::50%25: a, b%0AFix: Ask again, 100%25: sure."
    )


@pytest.mark.parametrize("number", [0, 10])
def test_up_to_ten_of_a_level_are_annotated(number):
    assert len(annotated(*some(number))) == number


def test_of_more_than_ten_the_tenth_counts_the_rest():
    lines = annotated(*some(12), *some(3, Severity.NOTE))
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 10 + ["::notice"] * 3
    assert lines[9] == "::error title=xsim::3 more of level error: all are in the job summary and the log"


def test_of_a_suite_ten_of_a_level_are_annotated_and_all_are_counted():
    def result(name, number):
        report = a_report([], a_result(a_rule(fix=""), *some(number)), verdict=Verdict.FAILED, reason="bad")
        return SuiteResult(f"{name}/xsim.toml", name, Verdict.FAILED, rendered={"github": render(report, "github")})

    lines = combined([result("a", 3), result("b", 25), SuiteResult("c.toml", reason="gone")], "github").splitlines()
    assert [line.partition(" ")[0] for line in lines[:10]] == ["::error"] * 10
    assert lines[9] == "::error title=xsim::20 more: all are in the job summary and the log"
    assert lines[10:] == ["a/xsim.toml: FAILED: bad", "b/xsim.toml: FAILED: bad"]


def test_what_is_accepted_is_not_annotated():
    assert annotated(Finding("x", accepted="known")) == []


def test_the_file_is_seen_from_the_top_of_the_repository():
    [line] = annotated(Finding("x", place=Place("a.py", 3)), folder="Packs/Acme")
    assert "file=Packs/Acme/a.py,line=3" in line
    [line] = annotated(Finding("x", place=Place("/elsewhere/a.py", 3)), folder="Packs/Acme")
    assert "file=/elsewhere/a.py,line=3" in line


@pytest.mark.parametrize(
    ("path", "folder", "seen"),
    [
        ("../Packs/a.py", "sub", "Packs/a.py"),
        ("./a.py", "", "a.py"),
        ("{top}/Packs/a.py", "sub", "Packs/a.py"),
        ("../../a.py", "sub", "{above}/a.py"),
        ("{above}/a.py", "sub", "{above}/a.py"),
        ("../a.py", "", "{top}/a.py"),
        ("a.py", "../elsewhere", "{top}/sub/a.py"),
    ],
)
def test_a_file_beside_the_working_folder_is_seen_from_the_top_too(tmp_path, monkeypatch, path, folder, seen):
    (tmp_path / "top" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "top" / "sub")
    names = {"top": (tmp_path / "top").as_posix(), "above": tmp_path.as_posix()}
    [line] = annotated(Finding("x", place=Place(path.format(**names), 3)), folder=folder)
    assert f"file={seen.format(**names)},line=3," in line


def test_what_is_expected_in_vain_is_told_at_its_line_and_counts_among_the_ten():
    told = Expected(Verdict.PASSED, missing=("expected FC301, not found", "expected 3 incidents"), lines=(12, 4))
    report = a_report([], a_result(a_rule(fix=""), *some(9)), scenario={"path": Path("x/xsim.toml")})
    lines = render_annotations(replace(report, expected=told), folder="Packs").splitlines()
    assert lines[:2] == [
        "::error file=Packs/x/xsim.toml,line=12,title=not as expected::expected FC301, not found",
        "::error file=Packs/x/xsim.toml,line=4,title=not as expected::expected 3 incidents",
    ]
    assert len(lines) == 10
    assert lines[9] == "::error title=xsim::2 more of level error: all are in the job summary and the log"


def test_hostile_text_stays_within_its_command():
    lines = render(a_hostile_report(), "github").splitlines()
    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)
    assert all(COMMAND.fullmatch(line) for line in lines[:3])
    assert lines[3].startswith("UNDECIDED: ")


@pytest.mark.parametrize(("scenario", "path"), [({"path": Path("x/xsim.toml")}, "Packs/x/xsim.toml"), ({}, "{script}")])
def test_a_run_that_is_undecided_is_an_error_at_its_scenario(scenario, path):
    report = a_report([], a_result(), verdict=Verdict.UNDECIDED, reason="nothing: was delivered", scenario=scenario)
    [line] = render_annotations(report, folder="Packs").splitlines()
    script = f"Packs/{report.journal.integration.path.as_posix()}"
    place = path.format(script=script)
    assert line == f"::error file={place},line=1,title=xsim%3A undecided::nothing: was delivered"


def test_an_annotation_says_what_helps_against_the_cause_rather_than_in_general():
    [line] = annotated(
        Finding("x", place=Place("a.py", 3), evidence=(("instead", "do 100%"),)), rule=a_rule(fix="Ask.")
    )
    assert line.endswith("::x%0AInstead: do 100%25")


def test_the_verdict_is_told_where_there_is_nothing_to_annotate():
    assert render(a_report([], a_result(), reason="2 incidents"), "github") == "PASSED: 2 incidents"
    assert render(a_report([], a_result(), reason="x ##[error] y"), "github") == "PASSED: x ##\\[error] y"


def test_hostile_text_is_no_markup_on_the_page():
    page = render_summary(a_hostile_report())
    assert all(character.isprintable() or character == "\n" for character in page)
    prose = page.partition("```")[0]
    for mark in ("<script>", "](", "**bold**", "`code`", "://"):
        assert not re.search(rf"(?<!\\){re.escape(mark)}", prose), mark
    rows = [line for line in prose.splitlines() if line.startswith("| error")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [5]


def test_a_command_with_backticks_stays_in_its_block():
    page = render_summary(a_report([], command="xsim run '```' x.py"))
    assert page.endswith("````sh\nxsim run '```' x.py\n````")


def test_a_long_list_is_cut_on_the_page():
    page = render_summary(a_report([], a_result(a_rule(), *some(250)), verdict=Verdict.FAILED))
    assert page.count("\n| error |") == 100
    assert "and 150 more findings" in page
