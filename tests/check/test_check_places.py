"""Each finding stands at a line of the script: that of the call, the request or the failure that it is about."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import (
    a_cycle,
    a_failure,
    a_host_call,
    a_journal,
    a_probe,
    an_endpoint,
    an_event,
    an_exchange,
    an_incident,
)

import xsim
from xsim.check import check
from xsim.model import CheckSettings, Outcome
from xsim.world import Paging

NAMED = {"identity": ("id",), "time_field": "created", "endpoints": (an_endpoint(),)}


def lines(code, *cycles, **scenario):
    return [each.place and each.place.line for each in check(a_journal(cycles, **scenario), select=[code]).findings]


def test_a_request_storm_stands_where_most_of_its_requests_were_sent():
    calls = [an_exchange(line=line) for line in (30, 14, 14, None)]
    assert lines("FC401", a_cycle(1, exchanges=calls), check=CheckSettings(requests_per_cycle=2)) == [14]
    assert lines("FC401", a_cycle(1, exchanges=3), check=CheckSettings(requests_per_cycle=2)) == [None]


def test_an_incident_that_is_no_event_stands_where_it_was_handed_over():
    cycles = [a_cycle(1, incidents=[an_incident("A-1"), an_incident("summary")])]
    assert lines("FC204", *cycles, events=(an_event(),), **NAMED) == [20]


def test_a_call_that_is_missing_is_missing_behind_the_last_run_that_was_set_or_the_last_step():
    stored = a_cycle(1, incidents=None, host_calls=[a_host_call("getLastRun", line=8), a_host_call(line=18)])
    asking = an_exchange(number=2, line=14)
    asked = a_cycle(1, incidents=None, host_calls=[a_host_call("getLastRun", line=8)], exchanges=[asking])
    silent = a_cycle(1, incidents=None, host_calls=(), exchanges=0)
    assert [lines("FC602", each) for each in (stored, asked, silent)] == [[18], [14], [None]]


def test_a_fetch_that_was_stopped_stands_where_it_was_last_seen():
    over = a_failure("time limit", "the command ran longer than its limit of 300 s", frames=(), line=None)
    calls = [a_host_call("getLastRun", line=8)]
    cycle = a_cycle(1, outcome=Outcome.TIMED_OUT, failure=over, host_calls=calls, exchanges=[an_exchange(line=14)])
    cycle = replace(cycle, exchanges=(replace(cycle.exchanges[0], at=cycle.ended),))
    [finding] = check(a_journal([cycle]), select=["FC604"]).findings
    seen = dict(finding.evidence)["last seen"]
    assert (finding.place.line, seen.partition(" at ")[0]) == (14, "GET https://vendor.example/alerts in line 14")
    known = replace(cycle, failure=replace(over, line=16))
    [finding] = check(a_journal([known]), select=["FC604"]).findings
    assert (finding.place.line, "last seen" in dict(finding.evidence)) == (16, False)


def test_what_is_only_counted_stands_where_the_first_of_it_was_lost_or_handed_over():
    events = [an_event(f"A-{number}") for number in range(52)]
    looks = [
        each
        for event in events
        for each in (a_probe("wanted", event.id, delivers=True), a_probe("state", event.id, from_cycle=2))
    ]
    cycles = [
        a_cycle(number, before={"at": number - 1}, after={"at": number}, host_calls=[a_host_call(line=18)])
        for number in (1, 2)
    ]
    found = check(a_journal(cycles, events=tuple(events), probes=looks, **NAMED), select=["FC201"]).findings
    assert (found[-1].message, found[-1].place.line) == ("2 more events were never delivered", 18)
    unwanted = tuple(replace(event, wanted=False) for event in events)
    handed = a_cycle(1, incidents=[an_incident(event.id) for event in events])
    found = check(a_journal([handed], events=unwanted, **NAMED), select=["FC206"]).findings
    assert (found[-1].message, found[-1].place.line) == ("2 more unwanted events were delivered", 20)


def test_an_event_that_a_failed_fetch_took_off_stands_at_the_request_that_did_it():
    kept = an_endpoint(paging=Paging("kept"))
    failed = a_cycle(2, failure=a_failure(), incidents=None, exchanges=[an_exchange(number=2, line=14)])
    cycles = [a_cycle(1), replace(failed, vendor_state={"kept": {"a": [1]}}), a_cycle(3)]
    looks = [a_probe("wanted", delivers=True), a_probe(from_cycle=3)]
    looks += [a_probe(from_cycle=1, delivers=True), a_probe(from_cycle=2)]
    scenario = {**NAMED, "endpoints": (kept,)}
    [finding] = check(a_journal(cycles, events=(an_event(),), probes=looks, **scenario), select=["FC201"]).findings
    assert (finding.cause, finding.place.line) == ("acknowledged-before-delivery", 14)


def test_a_parameter_that_the_yml_lacks_stands_where_the_script_reads_it_first(tmp_path):
    example = Path(xsim.__file__).parent / "examples" / "FC704" / "bad.py"
    report = xsim.run(example, cycles=2, fresh=True, state=tmp_path)
    [place] = [each.place for each in report.findings if each.code == "FC704"]
    assert "demisto.params().get('max_fetch')" in example.read_text().splitlines()[place.line - 1]


@pytest.mark.parametrize(("code", "line"), [("FC702", "configuration:"), ("FC703", "name: max_fetch")])
def test_what_the_yml_lacks_or_says_stands_in_the_yml(tmp_path, code, line):
    example = Path(xsim.__file__).parent / "examples" / code / "bad.py"
    report = xsim.run(example, cycles=2, fresh=True, state=tmp_path)
    [place] = [each.place for each in report.findings if each.code == code]
    assert Path(place.path).name == "bad.yml"
    lines = example.with_suffix(".yml").read_text().splitlines()
    assert line in " ".join(lines[place.line - 1 : place.line + 2])
