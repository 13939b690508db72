"""What the fetches behind the schedule are given: each a vendor of its own, and the window's turn where it moves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import a_cycle, a_journal, an_incident
from integrations import START, a_scenario, an_integration, probes_of

from xsim.check import check
from xsim.model import Cycle, Failure, Journal, Outcome, Probe, Verdict
from xsim.simulate import simulate
from xsim.simulate.probes import until_they_hang
from xsim.world import Endpoint, Event, Filter, Hatch, Order

MARKS = """
    import requests
    alerts = requests.get('https://vendor.example/alerts', params={'read': 'no'}).json()
    for alert in alerts:
        requests.post('https://vendor.example/alerts/' + alert['id'])
    demisto.incidents([])
"""
LISTS = Endpoint(
    "/alerts",
    time_field="created",
    id_field="id",
    filters=(Filter("read", "read", compare="=", kind="text"),),
    order=Order(("created",)),
)
ACKNOWLEDGES = Endpoint("/alerts/{id}", method="POST", kind="update", id_field="id", set={"read": "yes"})
NAMED = {"identity": ("id",), "time_field": "created", "drain": 4}


def an_event(minutes):
    occurred = START.replace(microsecond=0) + timedelta(minutes=minutes)
    created = occurred.isoformat().replace("+00:00", "Z")
    return Event("A-1", occurred, occurred, {"id": "A-1", "created": created, "read": "no"})


def test_what_one_fetch_marks_as_read_is_shown_to_the_next_one_all_the_same(tmp_path):
    probes = probes_of(tmp_path, MARKS, events=(an_event(-1),), endpoints=(LISTS, ACKNOWLEDGES), **NAMED)
    # One request to list, and one to mark what was listed.
    assert [probe.requests for probe in probes if probe.kind == "wanted"] == [2, 2, 2]


def windows(*, back, wide):
    """A window that moves with the clock and ends in the past."""
    return f"""
    import requests
    from datetime import datetime, timedelta
    begin = datetime.utcnow() - timedelta(hours={back})
    end = begin + timedelta(hours={wide})
    params = {{'since': begin.isoformat() + 'Z', 'until': end.isoformat() + 'Z'}}
    alerts = requests.get('https://vendor.example/alerts', params=params).json()
    demisto.incidents([{{'name': 'A', 'rawJSON': '{{"id": "A-1"}}'}} for alert in alerts])
    """


BETWEEN = Endpoint(
    "/alerts",
    time_field="created",
    id_field="id",
    filters=(Filter("since", "created"), Filter("until", "created", compare="<")),
)


def test_a_window_that_ended_before_the_event_is_tried_when_its_turn_has_come(tmp_path):
    probes = probes_of(tmp_path, windows(back=3, wide=1), events=(an_event(-5),), endpoints=(BETWEEN,), **NAMED)
    wanted = [probe for probe in probes if probe.kind == "wanted"]
    # Two and a half hours behind the event it lies in the middle of the window.
    assert [probe.at - START for probe in wanted][-1] == timedelta(minutes=145)
    assert [("A-1" in str(probe.incidents)) for probe in wanted] == [False, False, False, True]


def test_a_window_without_an_end_has_no_turn(tmp_path):
    since = Endpoint("/alerts", time_field="created", id_field="id", filters=(Filter("since", "created"),))
    fetch = windows(back=0, wide=0).replace("timedelta(hours=0)", "timedelta(minutes=-1)", 1)
    probes = probes_of(tmp_path, fetch, events=(an_event(-5),), endpoints=(since,), **NAMED)
    assert [probe.kind for probe in probes] == ["wanted"] * 3


ASKS = """
    import requests
    alerts = requests.get('https://vendor.example/alerts').json()
    if demisto.getIntegrationContext().get('is_late'):
        demisto.incidents([{'name': 'A', 'rawJSON': '{"id": "A-1"}'} for alert in alerts])
    demisto.setIntegrationContext({'is_late': True})
"""
HOLDS_BACK = """
def answer(request, world):
    world.state["calls"] = world.state.get("calls", 0) + 1
    return [event.record for event in world.events()] if world.state["calls"] == 1 else []
"""
REMEMBERS_NOTHING = "def answer(request, world):\n    return []\n"


def kinds(folder, function):
    (folder / "vendor.py").write_text(function, encoding="utf-8")
    hatch = Hatch(str(folder / "vendor.py"), "answer", "vendor.py:answer")
    event = an_event(-1)
    wanted = Event(event.id, event.occurred, event.visible, event.record, wanted=True)
    return [each.kind for each in probes_of(folder, ASKS, events=(wanted,), hatch=hatch, **NAMED)]


def test_a_fetch_is_asked_once_more_with_all_that_a_vendor_function_remembers(tmp_path):
    assert kinds(tmp_path, HOLDS_BACK)[-2:] == ["state", "remembering"]
    assert "remembering" not in kinds(tmp_path, REMEMBERS_NOTHING)


def hanging(*, hangs):
    """Probes of which those at these places hang."""
    hang = Failure("hang", "the command did not end")
    for place in range(8):
        failure = hang if place in hangs else None
        outcome = Outcome.TIMED_OUT if failure else Outcome.OK
        yield Probe("wanted", 0, START, outcome, failure=failure)


def test_two_probes_in_a_row_that_hang_are_the_last_ones():
    assert len(list(until_they_hang(hanging(hangs=(1, 3, 4, 6))))) == 5
    assert len(list(until_they_hang(hanging(hangs=(1, 3, 5, 7))))) == 8


@pytest.mark.parametrize(("last", "is_told"), [((6, 7), True), ((5, 7), False), ((5, 6), False)])
def test_the_report_says_that_two_probes_in_a_row_hung(last, is_told):
    report = check(a_journal([a_cycle(incidents=[an_incident()])], probes=list(hanging(hangs=last))))
    assert any("two in a row hung" in each for each in report.not_exercised) is is_told


def world_of_four(tmp_path, kept):
    """A run in which four alerts are there from the beginning, and the fetch hands over those that `kept` leaves."""
    fetch = f"""
        import json, requests
        seen = demisto.getLastRun().get('ids', [])
        alerts = [each for each in requests.get('https://vendor.example/alerts').json() if each['id'] not in seen]
        demisto.incidents([{{'name': 'A', 'rawJSON': json.dumps(alert)}} for alert in {kept}])
        demisto.setLastRun({{'ids': seen + [each['id'] for each in alerts]}})
    """
    events = [replace(an_event(-5), id=f"A-{n}", record={"id": f"A-{n}", "level": n}) for n in (1, 2, 3, 4)]
    integration, scenario = an_integration(tmp_path, fetch), a_scenario(events=events, endpoints=(LISTS,), **NAMED)
    happenings = list(simulate(integration, scenario))
    cycles, probes = ([each for each in happenings if isinstance(each, kind)] for kind in (Cycle, Probe))
    return probes, check(Journal(integration, scenario, cycles=cycles, probes=probes))


def test_what_never_comes_is_undecided_where_what_came_does_not_come_alone_either(tmp_path):
    probes, report = world_of_four(tmp_path, "alerts[1:]")
    assert {probe.event for probe in probes if probe.kind == "witness"} == {"A-4"}
    assert report.verdict is Verdict.UNDECIDED
    assert report.reason == (
        "whether 1 event that never came should have come cannot be told: where A-4, which was delivered, is the only "
        "event at the vendor, it does not come either; state `wanted = true` or `wanted = false` for A-1"
    )
    assert not [each for each in report.assumes if "not wanted" in each]


def test_a_filter_costs_one_fetch_more_and_passes(tmp_path):
    probes, report = world_of_four(tmp_path, "[each for each in alerts if each['level'] > 2]")
    assert [probe.event for probe in probes if probe.kind == "witness"] == ["A-4"]
    assert report.verdict is Verdict.PASSED
    assert [each for each in report.assumes if "A-1, A-2; state" in each]
