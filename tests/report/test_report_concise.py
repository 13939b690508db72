"""A line a finding, and nothing else."""

from __future__ import annotations

from golden_files import assert_golden
from report_builders import a_failing_report, a_hostile_report, a_report, a_result, a_rule

from xsim.findings import Finding, Place
from xsim.report import render


def test_a_failed_run_in_concise_lines():
    assert_golden("failed.concise.txt", render(a_failing_report(), "concise"))


def test_a_run_without_findings_says_nothing():
    assert render(a_report([], a_result()), "concise") == ""


def test_what_is_accepted_is_left_out():
    report = a_report([], a_result(a_rule(), Finding("x", place=Place("a.py", 3), accepted="known")))
    assert render(report, "concise") == ""


def test_hostile_text_keeps_to_its_line_and_commands_nothing():
    lines = render(a_hostile_report(), "concise").splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert "##[" not in "".join(lines)


def test_a_path_that_looks_like_a_command_of_a_build_server_is_none():
    report = a_report([], a_result(a_rule(), Finding("x", place=Place(" ::error::a.py", 3))))
    assert render(report, "concise") == "./ ::error::a.py:3: FC201 x"
