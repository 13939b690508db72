"""A run that goes on with a scenario: the events of a longer schedule, and faults that have struck before."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import STARTS as START
from builders import a_cycle, a_journal, an_exchange

from xsim import api
from xsim.load import load_scenario
from xsim.model import Failure, Outcome
from xsim.record import read_journal, strikes_before
from xsim.world import Fault

FETCH = """
import json
import demistomock as demisto
import requests
from CommonServerPython import *
last = demisto.getLastRun().get('since', '2024-05-14T09:25:00Z')
try:
    events = requests.get('https://vendor.example/events', params={'since': last}).json()['items']
except ValueError:
    events = []
demisto.incidents([{'name': e['id'], 'occurred': e['at'], 'rawJSON': json.dumps(e)} for e in events])  # fetch-incidents
demisto.setLastRun({'since': max([last, *(e['at'] for e in events)])})
"""
WORLD = """
[clock]
interval = "1m"
[identity]
event = "id"
time = "at"
[[endpoints]]
path = "/events"
list_at = "items"
filters = [{param = "since", field = "at", op = ">"}]
order = ["at"]
"""
STREAMS = {
    "even": 'every = "20s"',
    "jitter": 'every = "20s"\njitter = "90s"\nchoices = {severity = ["low", "high"]}',
    "lag": 'every = "20s"\njitter = "5s"\nlag = {usual = "1s", long = "3m", chance = 0.3}',
    "rate": 'rate = 2.5\nlag = {min = "0s", max = "2m"}\nnull = {owner = 0.4}',
    "bursts by number": 'every = "30s"\njitter = "40s"\nburst = 4\nburst_every = 3',
    "bursts by time": 'rate = 1.0\nburst = 3\nburst_every = "150s"\nchoices = {owner = ["ann", "bob"]}',
    "changes": (
        'every = "20s"\njitter = "30s"\nchanges = [{after = "2m", set = {owner = "ann"}, chance = 0.5}]\n'
        'missing = {title = 0.3}\nrecord = {title = "T {n}"}'
    ),
}


def scenario(folder, stream, **more):
    path = folder / "xsim.toml"
    path.write_text(f'{WORLD}[[streams]]\nname = "s"\nid = "E-{{n}}"\n{stream}\n', encoding="utf-8")
    return load_scenario(path, **more).scenario


@pytest.mark.parametrize("stream", STREAMS.values(), ids=list(STREAMS))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_longer_schedule_has_the_same_events_and_more(tmp_path, stream, seed):
    short = {event.id: event for event in scenario(tmp_path, stream, cycles=7, seed=seed).events}
    long = {event.id: event for event in scenario(tmp_path, stream, cycles=19, seed=seed).events}
    assert {name: long.get(name) for name in short} == short
    last_cycle = START + timedelta(minutes=6)
    assert all(event.visible >= last_cycle for name, event in long.items() if name not in short)
    assert len(long) > len(short) > 5


def test_a_run_that_goes_on_has_the_events_up_to_its_own_end(tmp_path):
    whole = list(scenario(tmp_path, STREAMS["lag"], cycles=19).events)
    first = scenario(tmp_path, STREAMS["lag"], cycles=7)
    begins = (8, first.starts + 7 * first.interval)
    gone_on = scenario(tmp_path, STREAMS["lag"], cycles=12, goes_on=True, begins=begins)
    assert list(gone_on.events) == whole


def test_a_pause_behind_a_cycle_that_ran_before_is_over(tmp_path):
    text = 'count = 3\n[[faults]]\nkind = "status"\ncycles = 30'
    pauses = WORLD.replace("[clock]", '[clock]\npauses = [{after = 3, for = "1h"}]\ncycles = 5')
    (tmp_path / "p.toml").write_text(f'{pauses}[[streams]]\nname = "s"\nid = "E-{{n}}"\nevery = "1m"\n', "utf-8")
    first = load_scenario(tmp_path / "p.toml").scenario
    begins = (6, first.starts + 4 * first.interval + 60 * first.interval)
    gone_on = load_scenario(tmp_path / "p.toml", goes_on=True, begins=begins).scenario
    assert max(event.occurred for event in gone_on.events) < begins[1] + 4 * first.interval
    # A fault of a later cycle than one run has is none that never strikes.
    assert scenario(tmp_path, text, cycles=5, goes_on=True).faults


def test_ten_cycles_and_ten_more_are_twenty(tmp_path):
    (tmp_path / "fetch.py").write_text(FETCH, encoding="utf-8")
    stream = STREAMS["lag"]
    faults = '[[faults]]\nkind = "status"\nstatus = 503\ncycles = "4-20"\nchance = 0.5\ntimes = 4\ntext = "no"'
    scenario(tmp_path, f"{stream}\n{faults}")

    def cycles(state, *runs):
        found = []
        for count, goes_on in runs:
            report = api.run(tmp_path / "fetch.py", cycles=count, goes_on=goes_on, state=tmp_path / state)
            found += report.journal.cycles
        return found

    whole, parts = cycles("a", (20, False)), cycles("b", (8, False), (7, True), (5, True))
    assert parts == whole
    assert [len(each.strikes) for each in whole].count(1) == 4
    # Each of the three runs has its strikes: what was counted in the first is known in the third.
    assert [sum(len(each.strikes) for each in part) for part in (parts[:8], parts[8:15])] != [0, 0]
    stored = read_journal(next((tmp_path / "b").iterdir()) / "journal.jsonl")
    assert stored.scenario.struck == {"status 1": sum(len(each.strikes) for each in parts[:15])}


# --- faults ---------------------------------------------------------------------------------------------------


def journal(*strikes, faults, **scenario):
    cycles = [a_cycle(number, exchanges=[an_exchange(fault=name)]) for number, name in enumerate(strikes, 1)]
    return a_journal(cycles, faults=faults, **scenario)


STATUS, OTHER, OUTAGE = Fault("status 1", "status"), Fault("status 2", "status", status=429), Fault("outage", "timeout")


def test_strikes_of_all_runs_are_counted_and_kills_are_strikes():
    assert strikes_before(journal("outage", "outage", faults=(OUTAGE,), struck={"outage": 3}), (OUTAGE,)) == {
        "outage": 5
    }
    killed = a_cycle(1, failure=Failure("killed", "", hint="outage"), exchanges=())
    assert strikes_before(a_journal([killed], faults=(OUTAGE,)), (OUTAGE,)) == {"outage": 1}


def test_a_cycle_that_is_tried_again_does_not_count():
    tried = a_cycle(1, outcome=Outcome.UNSUPPORTED, exchanges=[an_exchange(fault="outage")])
    assert strikes_before(a_journal([tried], faults=(OUTAGE,)), (OUTAGE,)) == {}


def test_a_fault_is_known_by_its_name_or_else_by_its_content():
    before = journal("status 1", "status 2", "status 2", "outage", faults=(STATUS, OTHER, OUTAGE))
    # The first one is gone, so that the second is called as it was; more `times` are the same fault.
    assert strikes_before(before, (replace(OTHER, name="status 1", times=9),)) == {"status 1": 2}
    assert strikes_before(before, (replace(STATUS, status=502),)) == {}
    assert strikes_before(before, (replace(OUTAGE, path="/alerts"),)) == {"outage": 1}
    assert strikes_before(before, (replace(STATUS, name="outage 2"),)) == {}


def test_two_faults_that_are_alike_keep_their_own_counts():
    twin = replace(STATUS, name="status 2")
    before = journal("status 2", faults=(STATUS, twin))
    assert strikes_before(before, (STATUS, twin)) == {"status 2": 1}
