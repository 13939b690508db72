"""Findings that a comment in the script or a baseline accepts."""

import json
from pathlib import Path

import pytest

import xsim
from xsim.model import Verdict

SCRIPT = """\
import json
import demistomock as demisto
from CommonServerPython import *


def fetch(command):
    {above}
    demisto.incidents([{{'name': 'n', 'occurred': '2024-05-14T09:00:00Z', 'rawJSON': json.dumps({{'id': 1}})}}]){behind}


if demisto.command() == 'fetch-incidents':
    fetch('fetch-incidents')
"""


def run(folder: Path, *, above: str = "pass", behind: str = "", name: str = "integration.py", **options):
    path = folder / name
    path.write_text(SCRIPT.format(above=above, behind=behind), encoding="utf-8")
    return xsim.run(path, cycles=3, fresh=True, state=folder / "state", **options)


def codes(report):
    return [(finding.code, finding.accepted) for finding in report.findings]


def test_without_a_word_the_duplicate_fails_the_run(tmp_path):
    report = run(tmp_path)
    assert report.verdict is Verdict.FAILED
    assert set(codes(report)) == {("FC202", "")}


def test_a_comment_behind_the_call_accepts_it(tmp_path):
    report = run(tmp_path, behind="  # xsim: allow FC202 -- one heartbeat")
    assert report.verdict is Verdict.PASSED
    assert set(codes(report)) == {("FC202", "one heartbeat")}
    assert report.reason.endswith("no finding; 1 finding was accepted")


def test_a_comment_above_the_call_accepts_it(tmp_path):
    report = run(tmp_path, above="# xsim: allow duplicate-event -- one heartbeat")
    assert report.verdict is Verdict.PASSED


def test_a_stored_journal_is_judged_with_the_comments_that_it_ran_with(tmp_path):
    run(tmp_path, behind="  # xsim: allow FC202 -- one heartbeat")
    from xsim import api

    journal = tmp_path / "state" / "integration_instance_1" / "journal.jsonl"
    assert api.check_journal(journal, api.Options()).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("# xsim: allow FC501 -- mended since", "accepts nothing: FC501 has no finding in its lines"),
        ("# xsim: allow FC501 FC502 -- mended since", "accepts nothing: FC501, FC502 have no finding in its lines"),
        ("# xsim: allow FC202", "gives no reason"),
        ("# xsim: allow FC202: one heartbeat", "gives no reason"),
        ("# xsim: ignore FC202 -- why", "is not written as `# xsim: allow FC201 -- why`, and so accepts nothing"),
        ("# xsim: allow FC999 -- why", "names FC999, and no rule is called so"),
        ("# xsim: allow -- why", "names no rule"),
    ],
)
def test_a_comment_that_accepts_nothing_is_told_as_a_note(tmp_path, comment, told):
    report = run(tmp_path, behind=f"  {comment}")
    (idle,) = [finding for finding in report.findings if finding.code == "FC701"]
    assert told in idle.message
    assert idle.place.line == 8
    assert report.verdict is Verdict.FAILED


def test_of_several_rules_the_one_that_finds_nothing_is_told(tmp_path):
    report = run(tmp_path, behind="  # xsim: allow FC202, FC501 -- one heartbeat")
    assert codes(report)[0] == ("FC202", "one heartbeat")
    [idle] = [finding.message for finding in report.findings if finding.code == "FC701"]
    assert idle.endswith("accepts nothing of FC501: FC501 has no finding in its lines")


def test_a_comment_elsewhere_accepts_nothing(tmp_path):
    report = run(tmp_path, above="x = 1  # xsim: allow FC202 -- why")
    assert report.verdict is Verdict.FAILED


def test_a_comment_for_a_rule_that_was_not_asked_is_left_alone(tmp_path):
    report = run(tmp_path, behind="  # xsim: allow FC202 -- one heartbeat", ignore=["FC2"])
    assert codes(report) == []


def test_a_comment_for_a_rule_that_could_not_judge_is_left_alone(tmp_path):
    report = run(tmp_path, behind="  # xsim: allow FC201, FC202 -- one heartbeat")  # Without events FC201 is undecided.
    assert set(codes(report)) == {("FC202", "one heartbeat")}


def baseline_of(report, path):
    from xsim.report import loud_findings, new_baseline

    path.write_text(new_baseline({}, [loud_findings(report)]).text, encoding="utf-8")
    return path


def test_a_baseline_accepts_what_it_was_written_from(tmp_path):
    baseline = baseline_of(run(tmp_path), tmp_path / "baseline.json")
    report = run(tmp_path, baseline=baseline)
    assert report.verdict is Verdict.PASSED
    assert set(codes(report)) == {("FC202", "in the baseline")}


def test_a_baseline_outlives_twenty_lines_more_and_another_name(tmp_path):
    baseline = baseline_of(run(tmp_path), tmp_path / "baseline.json")
    above = "\n".join(["found = []", *[f"    found.append({n})" for n in range(20)]])
    report = run(tmp_path, above=above, behind="; found = []", baseline=baseline)
    assert report.verdict is Verdict.PASSED
    (line,) = {finding.place.line for finding in report.findings}
    assert line == 28


def test_what_is_in_the_baseline_and_not_found_is_told_where_its_rule_judged(tmp_path):
    path = tmp_path / "baseline.json"
    held = {"1": "FC501 name-missing in fetch", "2": "FC201 missed-event", "3": "FC202 duplicate-event in fetch"}
    path.write_text(json.dumps({"xsim_baseline": 1, "integrations": {"integration": held}}))
    report = run(tmp_path, baseline=path)  # Without a vendor's events nothing can be missed.
    assert report.idle_baseline == ("FC501 name-missing in fetch", "FC202 duplicate-event in fetch")
    assert run(tmp_path, baseline=path, select=["FC202"]).idle_baseline == ("FC202 duplicate-event in fetch",)
    assert run(tmp_path, baseline=baseline_of(report, path)).idle_baseline == ()


def test_a_baseline_does_not_accept_another_fault(tmp_path):
    baseline = baseline_of(run(tmp_path, ignore=["FC2"]), tmp_path / "baseline.json")
    assert run(tmp_path, baseline=baseline).verdict is Verdict.FAILED


def test_a_baseline_of_another_integration_accepts_nothing(tmp_path):
    baseline = baseline_of(run(tmp_path), tmp_path / "baseline.json")
    assert run(tmp_path, name="other.py", baseline=baseline).verdict is Verdict.FAILED
