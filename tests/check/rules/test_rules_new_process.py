"""A fetch that comes to something else in a new process: what proves it, and what else may differ."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import (
    a_cycle,
    a_failure,
    a_journal,
    a_listing,
    an_endpoint,
    an_event,
    an_exchange,
    an_incident,
    started,
)

from xsim.check import check
from xsim.model import Outcome, Probe, Severity
from xsim.world import Hatch

LATER = timedelta(milliseconds=200)


def findings(cycle, probes, **scenario):
    return check(a_journal([a_cycle(1), cycle], probes=probes, **scenario), select=["FC608"]).findings


def rerun(kind, cycle, *, names=None, incidents=None, ended=None, **changed):
    """A cycle that was run once more: as the cycle, but for what is said."""
    if names is not None:
        incidents = [an_incident(name) for name in names]
    return Probe(
        **{
            "kind": kind,
            "from_cycle": cycle.number,
            "at": cycle.started,
            "outcome": cycle.outcome,
            "last_run_after": cycle.last_run_after,
            "incidents": cycle.incidents if incidents is None else (json.dumps(incidents),),
            "context_after": cycle.context_after,
            "ended": ended or cycle.ended,
            "exchanges": cycle.exchanges,
            **changed,
        }
    )


def reruns(cycle, cold, *, second=None, reused=None):
    """Two new processes that come to `cold`, and one that ran fetches before and comes to what the run came to."""
    return [
        rerun("cold", cycle, **cold),
        rerun("cold", cycle, **(cold if second is None else second)),
        rerun("reused", cycle, **(reused or {})),
    ]


ONE = a_cycle(2, incidents=[an_incident("A-2")], after={"n": 2})


def test_events_that_come_again_in_a_new_process_are_found():
    [finding] = findings(ONE, reruns(ONE, {"names": ["A-1", "A-2"]}))
    assert finding.message == "in a new process the fetch of cycle 2 hands over more events (1)"
    assert (finding.cause, finding.events, finding.severity) == ("more-incidents", ("A-1",), Severity.WARNING)
    assert ("in a new process alone", "A-1") in finding.evidence


def test_events_that_are_left_out_in_a_new_process_are_found():
    [finding] = findings(ONE, reruns(ONE, {"names": []}))
    assert finding.message == "in a new process the fetch of cycle 2 hands over fewer events (1)"
    assert finding.cause == "fewer-incidents"


def test_of_several_cycles_the_first_one_is_told():
    other = a_cycle(3, incidents=[an_incident("A-3")], after={"n": 3})
    probes = reruns(other, {"names": []}) + reruns(ONE, {"names": []})
    [finding] = check(a_journal([a_cycle(1), ONE, other], probes=probes), select=["FC608"]).findings
    assert finding.message == "in a new process the fetch of cycles 2, 3 hands over fewer events (1)"


def test_what_two_new_processes_do_not_agree_on_is_chance():
    assert not findings(ONE, reruns(ONE, {"names": ["A-1", "A-2"]}, second={"names": ["A-2"]}))


def test_what_a_process_that_ran_fetches_does_not_repeat_is_no_proof():
    cold = {"names": ["A-1", "A-2"]}
    assert not findings(ONE, reruns(ONE, cold, reused=cold))


def test_a_cycle_that_was_run_once_more_and_was_the_same_is_no_finding():
    assert not findings(ONE, [rerun("cold", ONE)])
    assert not findings(ONE, [rerun("cold", ONE, names=[])])


def test_the_order_of_incidents_and_of_lists_makes_no_difference():
    cycle = a_cycle(2, incidents=[an_incident("A-1"), an_incident("A-2")], after={"ids": ["A-1", "A-2"]})
    assert not findings(cycle, reruns(cycle, {"names": ["A-2", "A-1"], "last_run_after": {"ids": ["A-2", "A-1"]}}))


def test_an_incident_of_another_content_is_found_and_one_with_another_address_is_not():
    cycle = a_cycle(2, incidents=[an_incident("A-2", details="1 at 0x7f0000001234")])
    same = {"incidents": [an_incident("A-2", details="1 at 0x7f0000004321")]}
    assert not findings(cycle, reruns(cycle, same))
    other = {"incidents": [an_incident("A-2", details="0 at 0x7f0000001234")]}
    [finding] = findings(cycle, reruns(cycle, other))
    assert (finding.cause, finding.message.split(" 2 ")[1]) == ("other-incidents", "hands over other incidents")


def test_another_last_run_is_found_and_another_context_is_noted():
    [finding] = findings(ONE, reruns(ONE, {"last_run_after": {"n": 7}}))
    assert (finding.cause, finding.severity) == ("other-last-run", Severity.WARNING)
    assert ("last run behind it, in a new process", '{"n": 7}') in finding.evidence
    [finding] = findings(ONE, reruns(ONE, {"context_after": {"n": 7}}))
    assert (finding.cause, finding.severity) == ("other-context", Severity.NOTE)


def test_a_fetch_that_fails_in_a_new_process_is_found():
    cold = {"outcome": Outcome.FAILED, "failure": a_failure("AttributeError", "no token"), "names": []}
    [finding] = findings(ONE, reruns(ONE, cold))
    assert finding.message == "in a new process the fetch of cycle 2 fails: AttributeError: no token"
    assert finding.place.line == 7


@pytest.mark.parametrize("kind", ["hang", "memory", "died"])
def test_a_fetch_that_the_machine_ends_proves_nothing(kind):
    outcome = Outcome.TIMED_OUT if kind == "hang" else Outcome.FAILED
    assert not findings(ONE, reruns(ONE, {"outcome": outcome, "failure": a_failure(kind), "names": []}))


# --- what the vendor and the clock make of it -----------------------------------------------------------------

EVENTS = (an_event("A-1"), an_event("A-2"), an_event("A-3", "09:31:00", "09:31:00.500"))
WORLD = {"events": EVENTS, "endpoints": (an_endpoint(),), "identity": ("id",), "time_field": "created"}
LOGIN = an_exchange(number=2, url="https://vendor.example/login", method="POST")


def asked(*listed, late=timedelta(0), digest="d"):
    exchange = an_exchange(number=2, listing=a_listing(*listed), digest=digest)
    return replace(exchange, at=exchange.at + late)


def test_a_vendor_that_answers_otherwise_remembers_what_xsim_cannot_put_back():
    cycle = a_cycle(2, incidents=[an_incident("A-2")], exchanges=[asked("A-2")])
    assert not findings(cycle, reruns(cycle, {"names": ["A-1"], "exchanges": (asked("A-1", digest="e"),)}))


def test_a_new_login_moves_the_clock_and_what_is_stored_of_it():
    cycle = a_cycle(2, incidents=[an_incident("A-2")], exchanges=[asked("A-2")], after={"time": 1})
    later = {"exchanges": (LOGIN, asked("A-2", late=LATER)), "last_run_after": {"time": 2}}
    assert not findings(cycle, reruns(cycle, {"ended": cycle.ended + LATER, **later}), **WORLD)


@pytest.mark.parametrize(
    ("name", "here", "there", "is_found"),
    [
        ("A-1", ["A-1", "A-2"], ["A-1", "A-2"], True),  # Both were shown it: one has seen it before.
        ("A-1", ["A-2"], ["A-1", "A-2"], False),  # The window moved with the clock.
        ("A-3", ["A-2", "A-3"], ["A-2", "A-3"], False),  # It came while the fetch ran.
    ],
)
def test_an_event_that_differs_behind_a_new_login_differs_for_another_reason_than_time(name, here, there, is_found):
    cycle = a_cycle(2, incidents=[an_incident("A-2")], exchanges=[asked(*here)])
    cold = {"names": ["A-2", name], "exchanges": (LOGIN, asked(*there, late=LATER)), "ended": cycle.ended + LATER}
    assert bool(findings(cycle, reruns(cycle, cold), **WORLD)) is is_found


def test_an_event_out_of_a_stock_is_found_where_no_function_may_have_shown_it():
    cycle = a_cycle(2, incidents=[an_incident("A-1")], exchanges=[asked()])
    cold = {"names": [], "exchanges": (LOGIN, asked(late=LATER)), "ended": cycle.ended + LATER}
    assert findings(cycle, reruns(cycle, cold), **WORLD)
    assert not findings(cycle, reruns(cycle, cold), **WORLD, hatch=Hatch("/vendor.py", "answer"))


def test_a_fetch_that_fails_behind_a_request_of_its_own_proves_nothing():
    cycle = a_cycle(2, incidents=[an_incident("A-2")], exchanges=[asked("A-2")])
    refused = replace(LOGIN, status=429)
    cold = {"outcome": Outcome.FAILED, "failure": a_failure(), "names": [], "exchanges": (refused,)}
    assert not findings(cycle, reruns(cycle, cold), **WORLD)
    on_course = {**cold, "exchanges": cycle.exchanges, "ended": started(2)}
    assert findings(cycle, reruns(cycle, on_course), **WORLD)
