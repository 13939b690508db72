"""FC2: every event is delivered once, and no more of them than the instance allows."""

from dataclasses import replace

import pytest
from builders import a_cycle, a_failure, a_host_call, a_journal, a_refusal, an_incident, cycles_with_last_runs

from xsim.check import check, delivered_identities
from xsim.integration import Parameter
from xsim.model import Outcome, Severity


def findings(code, cycles, **journal):
    return check(a_journal(cycles, **journal), select=[code]).findings


def fetching(*batches, **cycle):
    """One cycle for each batch of event ids."""
    return [
        a_cycle(n, incidents=[an_incident(event) for event in batch], **cycle)
        for n, batch in enumerate(batches, start=1)
    ]


# --- FC202


def test_an_event_delivered_in_two_cycles_is_a_duplicate():
    [finding] = findings("FC202", fetching(["A-1", "A-2"], ["A-2", "A-3"]))
    assert finding.message == "A-2 was delivered again in cycle 2 (first in cycle 1)"
    assert (finding.events, finding.cycles, finding.severity) == (("A-2",), (2,), Severity.ERROR)
    assert ("first delivered", "cycle 1 at 2024-05-14T09:30:00.381472Z") in finding.evidence
    assert ("again", "cycle 2 at 2024-05-14T09:31:00.381472Z") in finding.evidence


def test_an_id_that_is_but_a_number_does_not_read_as_a_count():
    [finding] = findings("FC202", fetching(["7"], ["7"]))
    assert finding.message == "event 7 was delivered again in cycle 2 (first in cycle 1)"


def test_an_event_is_one_finding_however_often_it_comes():
    [finding] = findings("FC202", fetching(*[["A-1"]] * 20))
    assert finding.message == (
        "A-1 was delivered again in cycles 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 9 more (first in cycle 1)"
    )
    assert finding.cycles == tuple(range(2, 21))


def test_events_that_come_once_are_right():
    assert findings("FC202", fetching(["A-1"], ["A-2"], [], ["A-3"])) == ()


def test_an_event_of_a_cycle_that_failed_or_was_refused_was_not_delivered():
    undelivered = [
        a_cycle(1, incidents=[an_incident("A-1")], failure=a_failure()),
        a_cycle(2, incidents=[an_incident("A-1")], refusals=[a_refusal()]),
        a_cycle(3, incidents=[an_incident("A-1")], outcome=Outcome.TIMED_OUT, failure=a_failure("time limit", "300 s")),
    ]
    assert findings("FC202", [*undelivered, a_cycle(4, incidents=[an_incident("A-1")])]) == ()


def test_an_incident_that_alone_was_refused_was_not_delivered():
    both = [an_incident("A-1", rawJSON={"id": "A-1"}), an_incident("A-2")]
    accepted = a_cycle(1, incidents=both, refusals=[a_refusal(0)], outcome=Outcome.OK)
    [finding] = findings("FC202", [accepted, a_cycle(2, incidents=[an_incident("A-1"), an_incident("A-2")])])
    assert finding.events == ("A-2",)


def test_the_place_in_the_batch_counts_on_over_several_calls():
    calls = [[an_incident("A-1")], "null", [an_incident("A-2"), an_incident("A-3")]]
    first = a_cycle(1, calls=calls, refusals=[a_refusal(2)], outcome=Outcome.OK)
    again = a_cycle(2, incidents=[an_incident(event) for event in ("A-1", "A-2", "A-3")])
    assert [finding.events for finding in findings("FC202", [first, again])] == [("A-1",), ("A-2",)]


def test_a_redelivery_with_another_raw_json_is_a_warning():
    batches = [[an_incident("A-1", dbotMirrorId="A-1", raw={"state": state})] for state in ("new", "open")]
    other = a_cycle(3, incidents=[an_incident("A-2", dbotMirrorId="A-2")])
    cycles = [a_cycle(n, incidents=batch) for n, batch in enumerate(batches, start=1)]
    [finding] = findings("FC202", [*cycles, other])
    assert (finding.severity, finding.cause) == (Severity.WARNING, "changed")
    assert "with another rawJSON" in finding.message


def test_one_unchanged_redelivery_among_changed_ones_is_an_error():
    states = ["new", "open", "open"]
    cycles = [a_cycle(n, incidents=[an_incident("A-1", raw={"s": s})]) for n, s in enumerate(states, start=1)]
    [finding] = findings("FC202", cycles, identity=("id",))
    assert (finding.severity, finding.cycles) == (Severity.ERROR, (2, 3))


def test_an_identity_that_holds_the_update_field_makes_a_change_a_new_event():
    cycles = [a_cycle(n, incidents=[an_incident("A-1", raw={"updated": n})]) for n in (1, 2)]
    assert findings("FC202", cycles, identity=("id", "updated")) == ()


def test_what_an_earlier_run_delivered_counts():
    known = delivered_identities(a_journal(fetching(["A-1"])))
    [finding] = findings("FC202", [a_cycle(7, incidents=[an_incident("A-1")])], delivered=known)
    assert finding.message == "A-1 was delivered again in cycle 7 (first in cycle 1)"
    [changed] = findings("FC202", [a_cycle(7, incidents=[an_incident("A-1", raw={"s": 1})])], delivered=known)
    assert changed.cause == "changed"


@pytest.mark.parametrize(
    ("last_runs", "cause"),
    [
        ([{"at": "a"}, {"at": "b"}, {}, {"at": "b"}], "cursor-lost"),
        ([{"at": "a"}, {"at": "a"}, {"at": "a"}, {"at": "a"}], "cursor-stood-still"),
        ([{"at": "a"}, {"at": "b"}, {"at": "c"}, {"at": "d"}], ""),
    ],
)
def test_the_cause_of_a_duplicate_is_told_where_the_last_run_shows_it(last_runs, cause):
    first, between, again = cycles_with_last_runs(*last_runs)
    texts = a_cycle(incidents=[an_incident("A-1")]).incidents
    [finding] = findings("FC202", [replace(first, incidents=texts), between, replace(again, incidents=texts)])
    assert finding.cause == cause


def test_a_last_run_that_could_not_be_stored_is_the_cause():
    refused = a_host_call("setLastRun", "{'at': {1}}", error="TypeError: Object of type set is not JSON serializable")
    first, again = fetching(["A-1"], ["A-1"], host_calls=[refused, a_host_call("incidents", "1")])
    [finding] = findings("FC202", [first, again])
    assert finding.cause == "last-run-not-stored"


def test_thousands_of_duplicates_are_a_hundred_findings_and_one_that_counts_the_rest():
    many = [f"A-{n}" for n in range(1_000)]
    found = findings("FC202", fetching(many, many, many))
    assert len(found) == 101
    assert found[-1].message == "900 more events were delivered again"
    assert ("repetitions", "1,800") in found[-1].evidence
    assert (found[-1].cycles, found[-1].severity) == ((2, 3), Severity.ERROR)
    assert found[-1].events == tuple(many[100:])


def test_the_rest_has_one_fingerprint_whatever_the_events_are_called():
    numbered = [findings("FC202", fetching(many, many)) for many in ([*range(150)], [*range(1_000, 1_150)])]
    assert numbered[0][-1].message == "50 more events were delivered again"
    assert numbered[0][-1].fingerprint == numbered[1][-1].fingerprint


def test_a_hundred_duplicates_are_a_hundred_findings():
    many = [f"A-{n}" for n in range(100)]
    assert len(findings("FC202", fetching(many, many))) == 100


# --- FC203


def test_an_event_twice_in_one_fetch_is_found():
    [finding] = findings("FC203", fetching(["A-1", "A-2", "A-1"]))
    assert finding.message == "A-1 stands twice among the incidents of cycle 1"
    assert ("places in the batch", "1 and 3") in finding.evidence
    assert finding.severity is Severity.ERROR


def test_an_event_three_times_in_one_fetch_is_one_finding():
    [finding] = findings("FC203", fetching(["A-1", "A-1", "A-1", "A-2"]))
    assert "stands 3 times" in finding.message


def test_an_event_in_two_calls_of_one_fetch_is_found():
    cycle = a_cycle(1, calls=[[an_incident("A-1")], [an_incident("A-1"), an_incident("A-2")]])
    assert len(findings("FC203", [cycle])) == 1


def test_the_same_event_in_two_fetches_is_not_twice_in_one():
    assert findings("FC203", fetching(["A-1", "A-2"], ["A-1", "A-2"])) == ()


def test_two_events_without_an_id_that_look_the_same_are_only_noted():
    same = [an_incident(None, raw={"text": "heartbeat lost"}) for _ in range(2)]
    [finding] = findings("FC203", [a_cycle(1, incidents=[*same, an_incident(None, raw={"text": "other"})])])
    assert (finding.severity, finding.cause) == (Severity.NOTE, "identical")


def test_an_event_that_changed_between_two_pages_is_a_warning():
    two = [an_incident("A-1", raw={"s": s}) for s in (1, 2)]
    [finding] = findings("FC203", [a_cycle(1, incidents=two)], identity=("id",))
    assert (finding.severity, finding.cause) == (Severity.WARNING, "changed")


# --- FC205


def delivering(number, *, exchanges=1):
    return [a_cycle(1, incidents=[an_incident(f"A-{n}") for n in range(number)], exchanges=exchanges)]


@pytest.mark.parametrize("name", ["max_fetch", "maxFetch", "fetch_limit", "limit", "incidents_per_fetch"])
@pytest.mark.parametrize("value", [5, "5", " 5 "])
def test_more_incidents_than_the_limit_are_found(name, value):
    [finding] = findings("FC205", delivering(6), params={name: value})
    assert finding.message == f"6 incidents in cycle 1, and {name} is 5"
    assert finding.severity is Severity.WARNING


def test_as_many_incidents_as_the_limit_are_right():
    assert findings("FC205", delivering(5), params={"max_fetch": "5"}) == ()


def test_a_limit_that_counts_for_each_request_is_only_noted():
    [finding] = findings("FC205", delivering(10, exchanges=2), params={"max_fetch": "5"})
    assert (finding.severity, finding.cause) == (Severity.NOTE, "limit-per-request")
    [beyond] = findings("FC205", delivering(11, exchanges=2), params={"max_fetch": "5"})
    assert beyond.severity is Severity.WARNING


def test_a_fetch_without_a_request_has_the_limit_all_the_same():
    [finding] = findings("FC205", delivering(6, exchanges=0), params={"max_fetch": "5"})
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("value", ["", "many", None, True, 0, "0", -1, 1.5, "1e3"])
def test_what_is_no_positive_integer_is_no_limit(value):
    assert findings("FC205", delivering(60), params={"max_fetch": value}) == ()


@pytest.mark.parametrize(
    ("display", "is_limit"),
    [
        ("Number of requests per collection", False),
        ("Max fetch interval", False),
        ("Requests for incidents per fetch", True),
        ("Fetch limit", True),
        ("", True),
    ],
)
def test_a_limit_that_the_yml_says_to_be_of_something_else_is_none_of_incidents(display, is_limit):
    journal = a_journal(delivering(6), params={"max_fetch": "5"})
    declared = (Parameter("max_fetch", 0, display=display),)
    found = check(replace(journal, integration=replace(journal.integration, parameters=declared)), select=["FC205"])
    assert bool(found.findings) is is_limit


def test_max_fetch_is_the_limit_before_others():
    [finding] = findings("FC205", delivering(6), params={"limit": 2, "max_fetch": 4})
    assert "max_fetch is 4" in finding.message


def test_what_was_not_delivered_does_not_count_against_the_limit():
    cycle = a_cycle(1, incidents=[an_incident(f"A-{n}") for n in range(6)], failure=a_failure())
    assert findings("FC205", [cycle], params={"max_fetch": "5"}) == ()
