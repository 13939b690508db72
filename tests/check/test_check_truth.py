"""What became of each event, kept in columns: it reads as if each event had a record of its own."""

import json
import tracemalloc
from datetime import timedelta

import pytest
from builders import a_cycle, a_listing, a_probe, an_endpoint, an_event, an_incident, at
from integrations import a_scenario

from xsim import texts as texts_module
from xsim.check.evidence import Evidence
from xsim.check.fates import Fates
from xsim.check.lateness import due_cycles
from xsim.check.truth import Truth
from xsim.check.untried import has_late_arrival
from xsim.events import Events
from xsim.model import Journal
from xsim.world import Change, Filter


def a_truth(*events, cycles=(), probes=(), **scenario):
    """The truth behind these cycles; incidents are entered by their ids."""
    truth = Truth(a_scenario(events=events, identity=("id",), **scenario))
    for cycle in cycles:
        truth.take(cycle)
        for text in cycle.incidents:
            for incident in json.loads(text):
                truth.deliver([json.loads(incident["rawJSON"])["id"]], cycle.number)
    truth.take_probes(probes)
    return truth


def column(truth, name):
    return {event: getattr(fate, name) for event, fate in truth.fates.items()}


def test_an_event_is_first_visible_in_the_first_cycle_that_starts_behind_it_whatever_its_place():
    late, early, never = an_event("late", visible="09:31:30"), an_event("early"), an_event("never", visible="11:00:00")
    truth = a_truth(late, early, never, cycles=[a_cycle(1), a_cycle(2), a_cycle(3), a_cycle(4)])
    assert column(truth, "first_visible") == {"late": 3, "early": 1, "never": 0}
    assert column(truth, "full_cycle") == {"late": 4, "early": 1, "never": 0}


def test_a_fetch_of_an_event_that_has_changed_since_proves_nothing():
    early, late, before = (Change(at(moment), {"a": 1}) for moment in ("09:30:10", "09:50:00", "09:00:00"))
    changed = an_event("changed", "09:30:00", changes=(early, late))
    later = an_event("later", "09:30:00", changes=(before, late))
    truth = a_truth(changed, later, cycles=[a_cycle(1), a_cycle(2), a_cycle(3)])
    assert column(truth, "full_cycle") == {"changed": 0, "later": 2}


def test_an_event_that_lies_farther_back_than_the_vendor_can_be_asked_is_as_if_it_were_gone():
    bound = Filter("since", "created", required=True, widest=timedelta(seconds=90))
    endpoint = an_endpoint(filters=(bound,))
    old = an_event("old", "09:28:00", "09:30:00")
    cycles = [a_cycle(1), a_cycle(2)]
    assert a_truth(old, cycles=cycles, endpoints=(endpoint,)).fates["old"].full_cycle == 0
    assert a_truth(old, cycles=cycles, endpoints=(an_endpoint(streams=("other",)),)).fates["old"].full_cycle == 2
    unbounded = (endpoint, an_endpoint(path="/all"))
    assert a_truth(old, cycles=cycles, endpoints=unbounded).fates["old"].full_cycle == 2


def test_listings_and_deliveries_are_kept_of_each_event():
    events = [an_event("A"), an_event("B"), an_event("C")]
    cycles = [
        a_cycle(1, listings=[a_listing("A", "B", "stranger")], incidents=[an_incident("A"), an_incident("stranger")]),
        a_cycle(2, listings=[a_listing("A", "C")], incidents=[an_incident("A"), an_incident("C")]),
    ]
    truth = a_truth(*events, cycles=cycles)
    assert column(truth, "first_listed") == {"A": 1, "B": 1, "C": 2}
    assert column(truth, "last_sent") == {"A": 2, "B": 1, "C": 2}
    assert column(truth, "delivered") == {"A": 1, "B": 0, "C": 2}
    assert (truth.matched, truth.phantoms, truth.phantom_count) == (3, [(1, "stranger")], 1)
    assert [event for event, fate in truth.fates.items() if fate.is_outstanding] == ["B"]
    assert truth.new_in(2, ["A", "C", "C", "stranger"]) == ["C"]
    assert [truth.fates.events.ids[number] for number in truth.fates.delivered_before(2)] == ["A"]


def test_what_earlier_runs_delivered_is_not_outstanding():
    given = {"A": (0, ""), "B [x]": (1, "0" * 16)}
    truth = a_truth(an_event("A"), an_event("B"), cycles=[a_cycle(1)], delivered=given)
    assert column(truth, "is_earlier") == {"A": True, "B": False}
    truth = a_truth(an_event("A"), an_event("B"), cycles=[a_cycle(1)], delivered=given, part=("piece",))
    assert column(truth, "is_earlier") == {"A": True, "B": True}
    assert truth.unexamined() == 0


def test_what_probes_show_is_kept_of_the_event_that_they_are_about():
    probes = [
        a_probe("wanted", "A", delivers=True),
        a_probe("state", "A", from_cycle=1, delivers=False),
        a_probe("remembering", "A", from_cycle=1),
        a_probe("wanted", "stranger", delivers=True),
        a_probe("drain", delivers=["B", "stranger"]),
    ]
    truth = a_truth(an_event("A"), an_event("B"), an_event("C"), cycles=[a_cycle(1)], probes=probes)
    fate = truth.fates["A"]
    assert (fate.wanted_look.shows, fate.is_wanted, list(fate.states)) == (True, True, [1])
    assert (fate.states[1].shuts_out, fate.remembering_look.shows) == (True, False)
    assert column(truth, "is_drained") == {"A": False, "B": True, "C": False}
    assert truth.fates["C"].wanted_look is None
    assert not truth.fates["C"].states
    assert truth.unexamined() == 2


def test_fates_are_the_same_when_they_are_of_one_event():
    fates = Fates([an_event("A"), an_event("B")])
    assert fates["A"] == fates["A"]
    assert fates["A"] != fates["B"]
    assert fates["A"] != Fates([an_event("A")])["A"]
    assert len({fates["A"], fates["A"], fates["B"]}) == 2
    assert fates.get("C") is None
    assert ("A" in fates, "C" in fates, 7 in fates, list(fates)) == (True, False, False, ["A", "B"])
    assert [fate.event for fate in fates.values()] == [an_event("A"), an_event("B")]


def test_of_events_with_one_id_which_masked_ids_may_be_the_last_one_counts():
    fates = Fates([an_event("***", record={"n": 1}), an_event("B"), an_event("***", record={"n": 2})])
    assert list(fates) == ["***", "B"]
    assert fates["***"].event.record["n"] == 2


def test_an_event_that_is_listed_after_a_newer_one_is_noticed_across_cycles_only():
    newer, older = an_event("newer", "09:29:50"), an_event("older", "09:29:40", "09:30:30")
    cycles = [a_cycle(1), a_cycle(2)]
    assert has_late_arrival(a_truth(older, newer, cycles=cycles))
    assert not has_late_arrival(a_truth(newer, an_event("older", "09:29:40", "09:29:55"), cycles=cycles))
    assert not has_late_arrival(a_truth(newer, older, cycles=cycles[:1]))


def test_within_a_limit_the_oldest_events_are_due_first():
    events = [an_event(f"A{second}", f"09:29:5{second}", wanted=True) for second in (3, 1, 2)]
    left = an_event("left", "09:29:50", wanted=False)
    cycles = [a_cycle(1, incidents=[an_incident("A1")]), a_cycle(2), a_cycle(3, incidents=[an_incident("A3")])]
    truth = a_truth(*events, left, cycles=cycles)
    evidence = Evidence(Journal(integration=None, scenario=truth.scenario, cycles=cycles))
    due = due_cycles(evidence.truth, list(evidence.cycles.values()), 1)
    assert dict(zip(truth.fates, due, strict=True)) == {"A3": 0, "A1": 1, "A2": 2, "left": 0}


@pytest.mark.parametrize("at_hand", [1, 1_000])
def test_very_many_events_are_judged_as_few_are(monkeypatch, at_hand):
    monkeypatch.setattr(texts_module, "MOST_AT_HAND", at_hand)
    events = Events(an_event(f"A-{number}", f"09:{number // 60:02}:{number % 60:02}") for number in range(200))
    names = [f"A-{number}" for number in range(0, 200, 3)]
    cycles = [a_cycle(1, listings=[a_listing(*names)], incidents=map(an_incident, names))]
    evidence = Evidence(Journal(integration=None, scenario=a_scenario(events=events, identity=("id",)), cycles=cycles))
    assert [event for event, fate in evidence.truth.fates.items() if fate.delivered] == names
    assert list(evidence.deliveries.delivered())[1][0] == "A-3"
    assert evidence.truth.fates.first_visible.count(1) == 200


def test_an_event_takes_little_memory_beside_its_record(monkeypatch):
    monkeypatch.setattr(texts_module, "MOST_AT_HAND", 100)
    number = 2_000
    events = Events(an_event(f"A-{each}") for each in range(number))
    scenario = a_scenario(events=events, identity=("id",))
    incidents = json.dumps([an_incident(f"A-{each}") for each in range(number)])
    cycle = a_cycle(1)
    tracemalloc.start()
    try:
        truth = Truth(scenario)
        truth.take(cycle)
        for each in json.loads(incidents):
            truth.deliver([json.loads(each["rawJSON"])["id"]], 1)
        each = tracemalloc.get_traced_memory()[0] / number
    finally:
        tracemalloc.stop()
    assert each < 60
