"""What a vendor holds back by what it remembers, and what a fetch that stands still can never bring, is missed."""

from textwrap import dedent

import pytest

import xsim
from xsim.model import Severity

SCRIPT = """
import json
from datetime import datetime, timedelta

import demistomock as demisto
import requests
from CommonServerPython import *

URL = 'https://vendor.example'


def to_incident(alert):
    return {'name': 'Alert', 'occurred': alert['created'], 'rawJSON': json.dumps(alert)}


def main():
    last_run, now = demisto.getLastRun(), datetime.utcnow()
"""
WORLD = """
vendor = "vendor.py:answer"

[clock]
cycles = 12

[identity]
event = "id"
time = "created"

[[streams]]
name = "alerts"
from = "-4m"
every = "40s"
id = "A-{n}"
"""
LIST = """
[[endpoints]]
path = "/alerts"
time_field = "created"
filters = [{param = "since", field = "created", op = ">="}, {param = "until", field = "created", op = "<"}]
order = ["created", "id"]
limit = {param = "limit", default = 50, max = 100}
"""
KEEPER = """
def answer(request, world):
    done = world.state.setdefault("done", [])
    if request.path == "/ack":
        done += request.json["ids"]
        return {"ok": True}
    return [event.record for event in world.events() if event.id not in done]
"""
QUEUE = """
def answer(request, world):
    begin = world.state.get("begin", 0)
    found = [event.record for event in world.events()][begin:]
    world.state["begin"] = begin + len(found)
    return found
"""
ACKNOWLEDGES = """
    alerts = requests.get(URL + '/alerts').json()
    if alerts:
        requests.post(URL + '/ack', json={'ids': [each['id'] for each in alerts]})
    demisto.incidents([to_incident(each) for each in alerts])
"""
ACKNOWLEDGES_NEXT_TIME = """
    if last_run.get('ids'):
        requests.post(URL + '/ack', json={'ids': last_run['ids']})
    alerts = requests.get(URL + '/alerts').json()
    demisto.setLastRun({'ids': [each['id'] for each in alerts]})
    demisto.incidents([to_incident(each) for each in alerts])
"""
RESET = """
[[faults]]
name = "reset"
kind = "reset"
path = "/ack"
method = "POST"
cycles = [5]
"""
KILL = """
[[faults]]
name = "kill"
kind = "kill"
at = "between"
cycles = [5]
"""


def report_of(folder, body, world=WORLD, vendor=KEEPER, **options):
    (folder / "integration.py").write_text(f"{SCRIPT}{body}\n\nmain()\n", encoding="utf-8")
    (folder / "xsim.toml").write_text(dedent(world), encoding="utf-8")
    if vendor:
        (folder / "vendor.py").write_text(vendor, encoding="utf-8")
    return xsim.run(folder / "integration.py", state=folder, **options)


def missed(report):
    return [(each.message, each.cause) for each in report.findings if each.code == "FC201"]


def loud(report):
    return [each.message for each in report.findings if each.severity is not Severity.NOTE]


# --- a vendor function's memory


@pytest.mark.parametrize("fault", [RESET, KILL])
def test_what_was_acknowledged_in_a_fetch_that_failed_is_missed(tmp_path, fault):
    report = report_of(tmp_path, ACKNOWLEDGES, WORLD + fault)
    assert {cause for _, cause in missed(report)} == {"acknowledged-before-delivery"}
    [finding, *_] = [each for each in report.findings if each.code == "FC201"]
    assert finding.cycles == (5,)
    evidence = dict(finding.evidence)
    assert "took the event off at the vendor by POST https://vendor.example/ack on line" in evidence["why"]
    assert evidence["probe"].endswith("does not with what the vendor remembers; nor do the extra cycles")
    assert not any("still waited" in each for each in report.not_exercised)


def test_a_kill_behind_an_acknowledgement_does_not_say_that_the_incidents_come_again(tmp_path):
    report = report_of(tmp_path, ACKNOWLEDGES, WORLD + KILL)
    [note] = [each for each in report.findings if each.code == "FC606"]
    assert "lost unless the server keeps what it got" in note.message


def test_a_queue_that_counts_on_loses_what_a_killed_fetch_had_read(tmp_path):
    body = "    alerts = requests.get(URL + '/alerts').json()\n    demisto.incidents([to_incident(x) for x in alerts])"
    report = report_of(tmp_path, body, WORLD + KILL.replace("between", "before"), QUEUE)
    assert {cause for _, cause in missed(report)} == {"acknowledged-before-delivery"}


@pytest.mark.parametrize("fault", ["", RESET, KILL])
def test_what_is_acknowledged_by_the_next_fetch_is_not_missed(tmp_path, fault):
    # A killed fetch brings the same again, and without a note of it that is right.
    report = report_of(tmp_path, ACKNOWLEDGES_NEXT_TIME, WORLD + fault)
    assert (loud(report), bool(report.delivered)) == ([], True)


# --- updates that a probe makes


def test_a_probe_does_not_hide_the_event_from_the_next_one(tmp_path):
    # The first fetch only notes that it ran, and marks what it saw as read all the same.
    world = WORLD.replace('vendor = "vendor.py:answer"\n', "") + (
        '[[endpoints]]\npath = "/alerts"\nfilters = [{param = "read", field = "read", op = "="}]\n'
        '[[endpoints]]\nkind = "update"\nmethod = "POST"\npath = "/alerts/{id}"\nset = {read = "yes"}\n'
    )
    world = world.replace('id = "A-{n}"\n', 'id = "A-{n}"\nrecord = {read = "no"}\n')
    body = """
    alerts = requests.get(URL + '/alerts', params={'read': 'no'}).json()
    for alert in alerts:
        requests.post(f"{URL}/alerts/{alert['id']}")
    if now.minute % 2:
        alerts = []
    demisto.incidents([to_incident(each) for each in alerts])
"""
    assert missed(report_of(tmp_path, body, world, vendor=""))


# --- a window that stands still

WINDOWS = WORLD.replace('vendor = "vendor.py:answer"\n', "") + LIST
ISO = "'%Y-%m-%dT%H:%M:%SZ'"
WINDOW = f"""
    start = last_run.get('start') or (now - timedelta(hours=3)).strftime({ISO})
    end = datetime.strptime(start, {ISO}) + timedelta(hours=1)
    until = min(end, now).strftime({ISO})
    alerts = requests.get(URL + '/alerts', params={{'since': start, 'until': until}}).json()
    alerts = [each for each in alerts if each['id'] not in last_run.get('ids', [])]
    NEXT
    demisto.setLastRun({{'start': start, 'ids': (last_run.get('ids', []) + [each['id'] for each in alerts])[-99:]}})
    demisto.incidents([to_incident(each) for each in alerts])
"""
BY_EVENTS = WINDOW.replace("NEXT", "start = alerts[-1]['created'][:19] + 'Z' if alerts else start")
BY_WINDOWS = WINDOW.replace("NEXT", "start = until")


def gaps(cycles, *begins):
    streams = "".join(
        f'[[streams]]\nname = "s{place}"\nfrom = "{begin}"\ncount = 3\nevery = "50s"\nfirst = {place}00\n'
        for place, begin in enumerate(begins, start=1)
    )
    head, _, behind = WINDOWS.partition("[[streams]]")
    endpoint = "[[endpoints]]" + behind.partition("[[endpoints]]")[2]
    return head.replace("cycles = 12", f'cycles = {cycles}\ninterval = "5m"') + streams + endpoint


def test_a_window_behind_a_wide_first_fetch_that_stands_still_loses_what_lies_behind_it(tmp_path):
    report = report_of(tmp_path, BY_EVENTS, gaps(40, "-170m", "-10m", "+100m"), vendor="")
    assert {cause for _, cause in missed(report)} == {"window-stuck"}
    assert len(missed(report)) == 6
    [first, *_] = missed(report)
    assert first[0].endswith("lost at cycle 1")


def test_a_window_that_still_moves_has_lost_nothing(tmp_path):
    assert loud(report_of(tmp_path, BY_WINDOWS, gaps(40, "-170m", "-10m", "+100m"), vendor="")) == []
    # The run ends before the windows have come to the events, and the extra cycles bring nothing for hours.
    behind = report_of(tmp_path, BY_WINDOWS.replace("hours=3", "hours=90"), gaps(12, "-89h", "-4h"), vendor="")
    assert loud(behind) == []


def test_the_extra_cycles_go_on_while_a_window_comes_nearer(tmp_path):
    body = BY_WINDOWS.replace("hours=3", "hours=40")
    report = report_of(tmp_path, body, gaps(12, "-39h", "-10h"), vendor="")
    assert (loud(report), report.delivered) == ([], 3)
    assert not any("still waited" in each for each in report.not_exercised)


# --- the same page again and again


def test_new_events_behind_it_do_not_hide_that_a_page_is_read_for_ever(tmp_path):
    world = WINDOWS.replace("every", 'record = {kind = "b"}\nevery').replace('"-4m"', '"-30m"')
    world += '\n[[streams]]\nname = "wanted"\nevery = "1m"\nfirst = 500\nrecord = {kind = "a"}\n'
    body = """
    start = last_run.get('start', '2024-05-14T08:30:00Z')
    alerts = requests.get(URL + '/alerts', params={'since': start, 'limit': 5}).json()
    alerts = [each for each in alerts if each['kind'] == 'a']
    demisto.setLastRun({'start': alerts[-1]['created'] if alerts else start})
    demisto.incidents([to_incident(each) for each in alerts])
"""
    assert {cause for _, cause in missed(report_of(tmp_path, body, world, vendor=""))} == {"page-cut-at-limit"}


def test_a_page_that_the_script_itself_cuts_at_the_same_place_is_told(tmp_path):
    world = WINDOWS.replace('every = "40s"', "count = 25\nburst = 25")
    body = """
    start = last_run.get('start', '2024-05-14T08:30:00Z')
    alerts = requests.get(URL + '/alerts', params={'since': start}).json()[:10]
    new = [each for each in alerts if each['id'] not in last_run.get('ids', [])]
    demisto.setLastRun({'start': alerts[-1]['created'] if alerts else start, 'ids': [each['id'] for each in alerts]})
    demisto.incidents([to_incident(each) for each in new])
"""
    told = missed(report_of(tmp_path, body, world, vendor=""))
    assert ({cause for _, cause in told}, len(told)) == ({"cut-by-script"}, 15)


BY_CLOCK = f"""
    since = (now - timedelta(minutes=60)).strftime({ISO})
    alerts = requests.get(URL + '/alerts', params={{'since': since, 'until': now.strftime({ISO}), 'limit': 3}}).json()
    new = [each for each in alerts if each['id'] not in last_run.get('ids', [])]
    demisto.setLastRun({{'asked': now.strftime({ISO}), 'ids': [each['id'] for each in alerts]}})
    demisto.incidents([to_incident(each) for each in new])
"""


@pytest.mark.parametrize("vendor", ["", "def answer(request, world):\n    return LISTED\n"])
def test_what_is_older_than_a_page_of_the_newest_in_a_span_that_moves_with_the_clock_never_comes(tmp_path, vendor):
    world = WINDOWS.replace('every = "40s"', 'every = "40s"\ncount = 8').replace('["created', '["-created')
    if vendor:
        world = (
            world.replace("count = 8", "count = 9\nburst = 3")
            .partition("[[endpoints]]")[0]
            .replace("\n[clock]", '\nvendor = "vendor.py:answer"\n\n[clock]', 1)
        )
        listed = "sorted((e.record for e in world.events()), key=lambda r: r['created'], reverse=True)[:3]"
        vendor = vendor.replace("LISTED", listed)
    told = missed(report_of(tmp_path, BY_CLOCK, world, vendor=vendor))
    assert {cause for _, cause in told} == {"newest-first-with-limit"}
    # Oldest first the same script comes to each event in its turn, as the older ones leave the span.
    in_order = world.replace('["-created', '["created')
    assert vendor or not missed(report_of(tmp_path, BY_CLOCK, in_order, vendor=""))


# --- null among the incidents


def test_null_among_the_incidents_is_an_incident_without_anything(tmp_path):
    body = """
    alerts = requests.get(URL + '/alerts').json()
    demisto.incidents([None] + [to_incident(each) for each in alerts])
"""
    report = report_of(tmp_path, body, WINDOWS, vendor="")
    assert {"FC501", "FC504"} <= {each.code for each in report.findings}


ACKNOWLEDGING = """\
import json
import requests
import demistomock as demisto
from CommonServerPython import *
COMMAND = 'fetch-incidents'
alerts = requests.get('https://vendor.example/alerts', params={'status': 'new'}).json()
for alert in alerts:
    requests.post(f"https://vendor.example/alerts/{alert['id']}/ack").raise_for_status()
demisto.incidents([{'name': 'n', 'occurred': each['created'], 'rawJSON': json.dumps(each)} for each in alerts])
demisto.setLastRun({'count': len(alerts)})
"""
ACKNOWLEDGED = """
[clock]
cycles = 5
[identity]
event = "id"
time = "created"
[[events]]
record = {{id = "A-1", status = "new", created = "2024-05-14T09:30:30Z"}}
[[endpoints]]
path = "/alerts"
filters = [{{param = "status", op = "="}}]
[[endpoints]]
path = "/alerts/{{id}}/ack"
method = "POST"
kind = "update"
set = {{status = "done"}}
[[faults]]
kind = "kill"
at = "{moment}"
cycles = [2]
"""


@pytest.mark.parametrize(("moment", "severity"), [("before", Severity.ERROR), ("between", Severity.NOTE)])
def test_a_loss_is_a_note_where_it_hangs_on_what_the_server_keeps_of_a_killed_fetch(tmp_path, moment, severity):
    (tmp_path / "integration.py").write_text(ACKNOWLEDGING, encoding="utf-8")
    (tmp_path / "xsim.toml").write_text(ACKNOWLEDGED.format(moment=moment), encoding="utf-8")
    report = xsim.run(tmp_path / "integration.py", state=tmp_path / "state")
    (missed,) = [each for each in report.findings if each.code == "FC201"]
    assert (missed.cause, missed.severity) == ("acknowledged-before-delivery", severity)
    assert ("open" in dict(missed.evidence)) == (severity is Severity.NOTE)
