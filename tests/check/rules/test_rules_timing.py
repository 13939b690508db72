"""FC3: an event is delivered when it can be."""

import pytest
from builders import a_cycle, a_failure, a_journal, an_endpoint, an_event, an_incident

from xsim.check import check
from xsim.model import Severity
from xsim.world import Change


def findings(delivered, events, *, cycles=12, limit=None, **named):
    """`delivered`: cycle to the events that it delivers."""
    made = [
        a_cycle(number, incidents=[an_incident(event) for event in delivered.get(number, ())], **named.get(number, {}))
        for number in range(1, cycles + 1)
    ]
    params = {"max_fetch": limit} if limit else {}
    journal = a_journal(made, events=tuple(events), identity=("id",), endpoints=(an_endpoint(),), params=params)
    return check(journal, select=["FC301"]).findings


def test_an_event_that_comes_more_than_three_cycles_after_it_could_is_late():
    [finding] = findings({5: ["A-1"]}, [an_event()])
    assert finding.message == "A-1 was delivered in cycle 5, 4 cycles after it could have been"
    assert (finding.severity, finding.cycles, finding.events) == (Severity.WARNING, (5,), ("A-1",))


@pytest.mark.parametrize(
    ("case", "delivered", "event"),
    [
        ("three cycles", {4: ["A-1"]}, an_event()),
        ("counted from when it was listed", {8: ["A-1"]}, an_event(visible="09:34:00")),
        ("never", {}, an_event()),
        (
            "it changed in the meantime",
            {8: ["A-1"]},
            an_event(changes=(Change(an_event(occurred="09:36:30").occurred, set={"status": "open"}),)),
        ),
    ],
)
def test_an_event_that_comes_in_time_is_not_late(case, delivered, event):
    assert findings(delivered, [event]) == (), case


def test_an_event_that_waits_for_older_ones_within_the_limit_is_not_late():
    events = [an_event(f"A-{number}", f"09:29:{number:02}") for number in range(6)]
    backlog = {number + 1: [f"A-{number}"] for number in range(6)}
    assert findings(backlog, events, limit=1) == ()
    slow = {2 * number + 1: [f"A-{number}"] for number in range(6)}
    assert findings(slow, events, limit=1) == (), "each was due two cycles before it came"
    lazy = {**backlog, 6: [], 12: ["A-5"]}
    [finding] = findings(lazy, events, limit=1)
    assert finding.message == "A-5 was delivered in cycle 12, 6 cycles after it could have been"


def test_full_fetches_of_newer_events_are_no_delay():
    events = [an_event("A-1", "09:20:00"), *(an_event(f"B-{number}", "09:25:00") for number in range(5))]
    newest_first = {**{number + 1: [f"B-{number}"] for number in range(5)}, 6: ["A-1"]}
    assert findings(newest_first, events, limit=1) == ()


def test_a_failure_in_between_tells_the_delay_itself():
    assert findings({8: ["A-1"]}, [an_event()], **{"3": {}}) != ()
    made = [a_cycle(n, failure=a_failure() if n == 3 else None) for n in range(1, 8)]
    made.append(a_cycle(8, incidents=[an_incident()]))
    journal = a_journal(made, events=(an_event(),), identity=("id",), endpoints=(an_endpoint(),))
    assert check(journal, select=["FC301"]).findings == ()


def test_without_events_nothing_is_late():
    assert findings({8: ["A-1"]}, []) == ()


def test_fifty_late_events_are_told_one_by_one():
    events = [an_event(f"A-{number}") for number in range(60)]
    found = findings({9: [event.id for event in events]}, events)
    assert len(found) == 51
    assert found[-1].message == "10 more events came late"
