"""What faults left in a journal, and what the vendor remembered, is read back as it was."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from builders import a_cycle, a_scenario, an_exchange, an_integration

from xsim.model import Outcome
from xsim.record import State, read_journal, record
from xsim.world import Fault, Listing

LATENCY = timedelta(milliseconds=200)


def stored(folder: Path, *cycles, **scenario):
    """The journal's path with these cycles in it."""
    path = folder / "journal.jsonl"
    record(an_integration(), a_scenario(**scenario), cycles, into=path, version="0")
    return path


@pytest.mark.parametrize(
    ("exchange", "columns"),
    [
        (an_exchange(waited=LATENCY), 8),
        (an_exchange(waited=LATENCY, listing=Listing("GET /alerts", ("A-1",))), 10),
        (an_exchange(waited=LATENCY, status=500, answer="oh"), 10),
        (an_exchange(waited=LATENCY, login="granted"), 13),
        (an_exchange(waited=LATENCY, status=429, retry_after="30", fault="limit", answer="oh"), 13),
        (an_exchange(waited=timedelta(0), status=None, size=0), 8),
        (an_exchange(waited=timedelta(seconds=9.000001), status=None, fault="silence", answer="no answer came"), 14),
        (an_exchange(waited=timedelta(seconds=30), fault="slow"), 14),
    ],
    ids=["plain", "listing", "error", "login", "limit", "nobody", "silence", "slow"],
)
def test_an_exchange_is_read_back_and_says_no_more_than_it_has_to(tmp_path, exchange, columns):
    cycle = a_cycle(exchanges=[exchange])
    path = stored(tmp_path, cycle)
    assert list(read_journal(path).cycles) == [cycle]
    line = json.loads(path.read_text().splitlines()[1])
    assert len(line["cycle"]["exchanges"][0]) == columns


def test_the_usual_wait_is_the_scenarios_latency(tmp_path):
    settings = replace(a_scenario().settings, latency=timedelta(seconds=2))
    cycle = a_cycle(exchanges=[an_exchange(waited=timedelta(seconds=2)), an_exchange(waited=LATENCY)])
    assert list(read_journal(stored(tmp_path, cycle, settings=settings)).cycles) == [cycle]


def test_what_the_vendor_remembers_is_written_where_it_changed(tmp_path):
    states = [None, {"read": ["A"]}, {"read": ["A"]}, None]
    cycles = [replace(a_cycle(n), vendor_state=state) for n, state in enumerate(states, start=1)]
    path = stored(tmp_path, *cycles)
    assert [cycle.vendor_state for cycle in read_journal(path).cycles] == states
    lines = [json.loads(line)["cycle"] for line in path.read_text().splitlines()[1:-1]]
    assert ["vendor_state" in line for line in lines] == [False, True, False, True]


def test_a_run_that_goes_on_begins_from_what_the_vendor_remembered(tmp_path):
    cycles = [replace(a_cycle(n), vendor_state={"n": n}) for n in (1, 2)]
    unsupported = replace(a_cycle(3, outcome=Outcome.UNSUPPORTED), vendor_state={"n": 3})
    stored(tmp_path, *cycles, unsupported)
    with State(tmp_path) as state:
        assert state.vendor_state == {"n": 2}, "the third is tried again"


def test_without_a_cycle_it_is_what_the_run_began_from(tmp_path):
    with State(tmp_path) as state:
        assert state.vendor_state is None
    stored(tmp_path, vendor_state={"n": 7})
    with State(tmp_path) as state:
        assert state.vendor_state == {"n": 7}


def test_faults_are_read_back_with_their_scenario(tmp_path):
    scenario = a_scenario(
        faults=(Fault("slow", "slow", cycles=((2, 3),), delay=timedelta(seconds=5), requests=(1, 2)),),
        other_identities=(("uuid",), ("tenant", "id")),
        vendor_state={"kept": [1]},
    )
    path = tmp_path / "journal.jsonl"
    record(an_integration(), scenario, (), into=path, version="0")
    read = read_journal(path).scenario
    assert (read.faults, read.other_identities, read.vendor_state) == (
        scenario.faults,
        scenario.other_identities,
        scenario.vendor_state,
    )
