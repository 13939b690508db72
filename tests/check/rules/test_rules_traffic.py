"""FC4: a fetch asks the vendor for what it needs, and for no more."""

import pytest
from builders import a_cycle, a_failure, a_journal, a_listing, a_probe, an_event, an_exchange

from xsim.check import check
from xsim.model import CheckSettings, Outcome, Severity

STOPPED = {
    "failure": a_failure("time limit", "the command ran longer than its limit of 300 s"),
    "outcome": Outcome.TIMED_OUT,
}


def findings(code, cycles, **scenario):
    return check(a_journal(cycles, **scenario), select=[code]).findings


def test_more_requests_than_the_scenario_states_are_a_storm():
    cycles = [a_cycle(1, exchanges=3), a_cycle(2, exchanges=7), a_cycle(3, exchanges=4)]
    [finding] = findings("FC401", cycles, check=CheckSettings(requests_per_cycle=3))
    assert finding.message == "7 requests in cycle 2, and the vendor allows 3 in one fetch"
    assert (finding.cycles, finding.severity) == ((2, 3), Severity.WARNING)
    assert findings("FC401", cycles, check=CheckSettings(requests_per_cycle=7)) == ()


def test_without_a_stated_rate_no_number_of_requests_is_a_storm():
    assert findings("FC401", [a_cycle(1, exchanges=2_000)]) == ()


def asked(*answers, **cycle):
    """A stopped cycle; each answer is the digest of a page and the events on it."""
    exchanges = [
        an_exchange(url=f"https://vendor.example/alerts?page={page}", digest=digest, listing=a_listing(*listed))
        for page, digest, listed in answers
    ]
    return a_cycle(1, exchanges=exchanges, **{**STOPPED, **cycle})


def test_the_same_page_again_and_again_is_unbounded():
    [finding] = findings("FC402", [asked(*[("1", "d", ["A-1"])] * 4)])
    assert (
        finding.message
        == "the fetch asked for the same request 4 times in a row, each with the same answer, in cycle 1"
    )
    assert (finding.cause, finding.severity) == ("same-page", Severity.ERROR)


def test_empty_pages_without_an_end_are_unbounded():
    pages = [(str(number), str(number), []) for number in range(21)]
    [finding] = findings("FC402", [asked(("0", "d", ["A-1"]), *pages)])
    assert finding.message == "the fetch asked for 21 pages behind the last record, in cycle 1"
    assert finding.cause == "beyond-the-end"


@pytest.mark.parametrize(
    ("case", "cycle"),
    [
        ("three times", asked(*[("1", "d", ["A-1"])] * 3)),
        ("another answer each time", asked(*[("1", str(number), ["A-1"]) for number in range(9)])),
        ("twenty empty pages", asked(*[(str(number), "d", []) for number in range(20)])),
        ("a fetch that ended well", asked(*[("1", "d", ["A-1"])] * 9, failure=None, outcome=Outcome.OK)),
        ("refused requests", a_cycle(1, exchanges=[an_exchange(status=429, listing=a_listing())] * 50, **STOPPED)),
        ("no list", a_cycle(1, exchanges=50, **STOPPED)),
    ],
)
def test_a_fetch_that_pages_to_an_end_is_right(case, cycle):
    assert findings("FC402", [cycle]) == (), case


def test_a_thousand_requests_are_looked_into_even_where_the_fetch_ended_well():
    page = asked(*[("1", "d", ["A-1"])] * 1_001, failure=None, outcome=Outcome.OK)
    assert findings("FC402", [page]) != ()


def test_a_fetch_that_pages_until_it_is_stopped_is_told_once():
    report = check(a_journal([asked(*[("1", "d", ["A-1"])] * 9)]), select=["FC402", "FC604"])
    assert [finding.code for finding in report.findings] == ["FC402"]


def test_a_fetch_that_did_more_than_page_before_it_was_stopped_is_told_by_both():
    others = [(str(page), str(page), ["A-1"]) for page in range(2, 9)]
    report = check(a_journal([asked(*others, *[("1", "d", ["A-1"])] * 4)]), select=["FC402", "FC604"])
    assert [finding.code for finding in report.findings] == ["FC402", "FC604"]


def test_of_equal_endings_only_those_without_endless_pages_are_told_as_slow():
    paged = asked(*[("1", "d", ["A-1"])] * 9)
    slow = [a_cycle(number, **STOPPED) for number in (2, 3)]
    report = check(a_journal([paged, *slow]), select=["FC402", "FC604"])
    assert [(finding.code, finding.cycles) for finding in report.findings] == [("FC402", (1,)), ("FC604", (2, 3))]


def test_what_waits_behind_a_fetch_that_pages_without_an_end_is_named_there():
    probes = [a_probe("wanted", "A-2", delivers=True), a_probe("state", "A-2", from_cycle=1, delivers=True)]
    paged = asked(*[("1", "d", ["A-1"])] * 9)
    journal = a_journal([paged], events=(an_event("A-2"),), probes=probes, identity=("id",))
    [finding] = check(journal, select=["FC402", "FC604"]).findings
    assert ("waiting behind it", "A-2") in finding.evidence
