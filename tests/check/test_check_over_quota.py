"""Calls over the scenario's quotas: no failing fetch where a later one makes up for it, a matter of traffic else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import a_cycle, a_failure, a_journal, an_endpoint, an_event, an_exchange, an_incident

from xsim.check import check
from xsim.check.over_quota import OverQuota, quota_told
from xsim.model import Outcome, Severity
from xsim.world import Fault, Quota

QUOTA = Quota(10, timedelta(minutes=1), path="/alerts")
SAID = '{"error": "too many requests", "message": "more than 10 calls in 60 seconds"}'


def refused(number, line=21, **named):
    return an_exchange(number=number, **{"status": 429, "answer": SAID, "line": line, **named})


def over(number, *, failure="429 Client Error", calls=None, outcome=Outcome.FAILED, **named):
    """A cycle that the quota cut off, and that failed for it."""
    failed = a_failure("HTTPError", failure) if outcome is Outcome.FAILED else None
    return a_cycle(
        number, failure=failed, outcome=outcome, exchanges=calls or [refused(number)], incidents=None, **named
    )


def well(number):
    return a_cycle(number, exchanges=[an_exchange(number=number)])


def told(*cycles, quotas=(QUOTA,), **scenario):
    """Code, severity, cause and cycles of what is said of it."""
    report = check(a_journal(list(cycles), endpoints=(an_endpoint(),), quotas=quotas, **scenario))
    return [
        (each.code, each.severity, each.cause, each.cycles)
        for each in report.findings
        if each.code in ("FC401", "FC601", "FC604")
    ]


def test_a_fetch_that_fails_for_a_quota_and_recovers_is_no_failing_fetch():
    assert told(well(1), over(2), well(3), well(4)) == [("FC401", Severity.NOTE, "over-quota", (2,))]


def test_where_it_comes_back_three_times_it_is_a_warning():
    cycles = [over(number) if number in (3, 6, 9) else well(number) for number in range(1, 11)]
    assert told(*cycles) == [("FC401", Severity.WARNING, "over-quota", (3, 6, 9))]
    assert told(*cycles[:8], well(9), well(10))[0][1] is Severity.NOTE


def test_failing_for_it_in_half_of_the_cycles_is_a_warning():
    assert told(well(1), over(2), over(3), well(4))[0][1] is Severity.WARNING
    assert told(well(1), over(2), over(3), well(4), well(5))[0][1] is Severity.NOTE


def test_a_fetch_that_never_recovers_although_the_quota_had_time_is_stuck():
    assert told(well(1), over(2), over(3), over(4)) == [("FC601", Severity.ERROR, "over-quota", (2, 3, 4))]
    # What the failures are told apart by, such as the page that was asked for last, changes nothing of that.
    other = [replace(over(n), failure=a_failure("HTTPError", "429 for page two")) for n in (3, 4)]
    assert {each[2] for each in told(well(1), over(2), *other)} == {"over-quota"}


def test_within_the_quota_s_own_span_a_run_that_ends_proves_nothing():
    assert told(well(1), well(2), well(3), over(4), over(5)) == [("FC401", Severity.NOTE, "over-quota", (4, 5))]
    wide = Quota(10, timedelta(minutes=5))
    said = refused(1).answer.replace("60", "300")
    cycles = [well(1), *(over(n, calls=[refused(n, answer=said)]) for n in range(2, 7))]
    assert told(*cycles, quotas=(wide,))[0][0] == "FC401"
    assert (
        told(
            *cycles, over(7, calls=[refused(7, answer=said)]), over(8, calls=[refused(8, answer=said)]), quotas=(wide,)
        )[0][0]
        == "FC601"
    )


def test_what_fails_otherwise_is_a_failing_fetch_as_ever():
    other = a_cycle(2, failure=a_failure(), exchanges=[an_exchange(number=2)], incidents=None)
    assert [each[0] for each in told(well(1), other, over(3), well(4))] == ["FC401", "FC601"]


@pytest.mark.parametrize(
    "named",
    [
        {"answer": "slow down"},
        {"status": 503},
        {"fault": "storm"},
        {"url": "https://vendor.example/other"},
    ],
)
def test_a_429_that_no_quota_gave_is_told_as_before(named):
    faults = (Fault("storm", "status", cycles=((9, 9),)),)
    found = told(well(1), over(2, calls=[refused(2, **named)]), well(3), faults=faults)
    assert [each[0] for each in found] == ([] if "fault" in named else ["FC601"])


def test_a_refused_call_that_succeeds_when_it_is_repeated_did_not_make_the_fetch_fail():
    calls = [refused(2), an_exchange(number=2)]
    assert [each[0] for each in told(well(1), over(2, calls=calls), well(3))] == ["FC601"]


def test_a_fetch_that_copes_with_refusals_is_told_only_where_it_is_the_rule():
    coping = [over(number, outcome=Outcome.OK) for number in (1, 2, 3)]
    assert told(*coping, well(4), well(5)) == [("FC401", Severity.NOTE, "over-quota", (1, 2, 3))]
    assert told(*coping, *(well(number) for number in range(4, 8))) == []


def test_the_finding_stands_at_the_refused_call_and_names_what_waits():
    events = [an_event("A-1")]
    [finding] = [
        each
        for each in check(
            a_journal([well(1), over(2)], endpoints=(an_endpoint(),), quotas=(QUOTA,), events=tuple(events))
        ).findings
        if each.code == "FC401"
    ]
    assert (finding.place.line, dict(finding.evidence)["requests in that fetch"]) == (21, "1")
    assert "the vendor takes 10 calls in 1 m of /alerts" in finding.message


def test_a_delivery_beside_it_changes_nothing():
    delivering = a_cycle(1, incidents=[an_incident("A-1")], exchanges=[refused(1), an_exchange(number=1)])
    assert told(delivering, well(2)) == []


@pytest.mark.parametrize(
    ("path", "url", "is_one"), [("", "/x", True), ("/a/{id}", "/a/7/b", True), ("/a/b", "/a", False)]
)
def test_a_quota_counts_for_paths_that_begin_as_its_own(path, url, is_one):
    quota = Quota(10, timedelta(minutes=1), path=path)
    call = refused(1, url=f"https://vendor.example{url}")
    assert (OverQuota((quota,)).quota_of(call) is quota) is is_one


def test_a_quota_in_words():
    assert quota_told(Quota(1, timedelta(seconds=90))) == "1 call in 1 m 30 s"
