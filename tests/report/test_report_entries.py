"""What the formats for programs share: which findings fail the run, and where each of them is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from report_builders import a_report, a_result, a_rule, an_integration

from xsim.findings import Finding, Place
from xsim.model import Severity, Verdict
from xsim.report.entries import entries, least_failing, open_entries, seen_from_here

ERROR, WARNING, NOTE = (Finding(level.value, severity=level) for level in Severity)


def a_judged(verdict, *findings):
    return a_result(a_rule(), *findings, verdict=verdict)


def failing(*results):
    return [entry.finding.message for entry in entries(a_report([], *results)) if entry.fails]


def test_a_warning_fails_a_run_and_a_note_does_not():
    assert failing(a_judged(Verdict.FAILED, ERROR, WARNING, NOTE)) == ["error", "warning"]


def test_where_only_errors_fail_a_warning_in_a_rule_that_passed_tells_so():
    results = a_judged(Verdict.FAILED, ERROR, WARNING), a_judged(Verdict.PASSED, WARNING)
    assert failing(*results) == ["error"]


def test_where_notes_fail_a_rule_that_failed_by_a_note_tells_so():
    assert failing(a_judged(Verdict.FAILED, NOTE), a_judged(Verdict.FAILED, WARNING)) == ["note", "warning"]


def test_an_undecided_rule_tells_nothing_of_what_fails():
    assert least_failing(a_report([], a_judged(Verdict.UNDECIDED))) is Severity.WARNING


def test_an_accepted_finding_fails_nothing_and_is_not_open():
    accepted = replace(ERROR, accepted="known")
    report = a_report([], a_judged(Verdict.PASSED, accepted, NOTE))
    assert [entry.fails for entry in entries(report)] == [False, False]
    assert [entry.finding.message for entry in open_entries(report)] == ["note"]


def test_a_finding_without_a_place_stands_at_the_script_s_first_line():
    report = a_report([], a_judged(Verdict.FAILED, ERROR), integration=an_integration(path=Path("pack/acme.py")))
    [entry] = entries(report)
    assert entry.place == Place("pack/acme.py", 1)


@pytest.mark.parametrize(
    ("path", "shown"),
    [("acme.py", "acme.py"), ("{here}/pack/acme.py", "pack/acme.py"), ("/elsewhere/acme.py", "/elsewhere/acme.py")],
)
def test_paths_below_the_working_folder_are_relative_to_it(tmp_path, monkeypatch, path, shown):
    monkeypatch.chdir(tmp_path)
    path = path.format(here=tmp_path)
    finding = replace(ERROR, place=Place(path, 7))
    report = seen_from_here(
        a_report([], a_judged(Verdict.FAILED, finding, NOTE), integration=an_integration(path=path))
    )
    assert [entry.place for entry in entries(report)] == [Place(shown, 7), Place(shown, 1)]
