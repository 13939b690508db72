"""The cases in fixtures/: each shows the fault that it was written for, at its cycle, and nothing else above a note."""

from pathlib import Path

import pytest

import xsim
from xsim.model import Severity, Verdict

CASES = Path(__file__).parent.parent.parent / "fixtures" / "cases"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())
KINDS = {
    "missed": ("FC201",),
    "duplicate": ("FC202", "FC203"),
    "last-run": ("FC101", "FC102", "FC103"),
    "malformed": ("FC502", "FC503"),
    "fetch-error": ("FC601",),
}
CAUSES = {
    "dup-inclusive-since": "inclusive-boundary",
    "dup-seconds-cursor": "precision-cut",
    "miss-newest-first": "newest-first-with-limit",
    "miss-now-cursor": "clock-as-cursor",
    "miss-tie-at-limit": "same-timestamp-at-limit",
    "tz-offset-cut": "zone-offset",
    "wedge-null-owner": "poison-record",
}


def expected(name):
    tomllib = pytest.importorskip("tomllib")
    return tomllib.loads((CASES / name / "expected.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def report_of(tmp_path_factory):
    """The report of a case, each run once."""
    reports = {}

    def of(name):
        if name not in reports:
            path = CASES / name / "integration.py"
            reports[name] = xsim.run(path, state=tmp_path_factory.mktemp(name), fresh=True)
        return reports[name]

    return of


def agrees(finding, wanted):
    cycle = wanted.get("cycle") or wanted.get("lost_at_cycle")
    is_event = "event" not in wanted or wanted["event"] in finding.events
    return finding.code in KINDS[wanted["finding"]] and is_event and cycle in finding.cycles


@pytest.mark.parametrize("name", NAMES)
def test_every_finding_that_must_be_there_is_there_at_its_cycle(report_of, name):
    found = report_of(name).findings
    for wanted in expected(name)["must"]:
        assert any(agrees(finding, wanted) for finding in found), wanted


@pytest.mark.parametrize("name", NAMES)
def test_nothing_above_a_note_is_told_that_is_not_expected(report_of, name):
    allowed = [*expected(name)["must"], *expected(name)["may"]]
    for finding in report_of(name).findings:
        assert finding.severity is Severity.NOTE or any(agrees(finding, each) for each in allowed), finding.message


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_is_the_expected_one(report_of, name):
    verdicts = {"clean": Verdict.PASSED, "finding": Verdict.FAILED}
    assert report_of(name).verdict is verdicts[expected(name)["verdict"]]


@pytest.mark.parametrize(("name", "cause"), CAUSES.items())
def test_the_cause_is_told(report_of, name, cause):
    assert {finding.cause for finding in report_of(name).findings if finding.severity is Severity.ERROR} == {cause}
