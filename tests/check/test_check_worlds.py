"""Small fetches against a simulated vendor: what a wrong one loses or repeats, and that a right one is left alone."""

from textwrap import dedent, indent

import pytest

import xsim
from xsim.model import Severity

SCRIPT = """
import json
from datetime import datetime, timedelta

import demistomock as demisto
import requests
from CommonServerPython import *

ISO = '%Y-%m-%dT%H:%M:%SZ'
EARLY = '2024-05-14T08:30:00Z'


def ask(**params):
    return requests.get('https://vendor.example/alerts', params=params).json()


def give(last_run, alerts):
    demisto.setLastRun(last_run)
    demisto.incidents([
        {{'name': 'Alert', 'occurred': alert['created'], 'rawJSON': json.dumps(alert)}} for alert in alerts
    ])


def main():
    last_run = demisto.getLastRun()
    now = datetime.utcnow()
{body}


main()
"""
WORLD = """
[clock]
cycles = {cycles}
{clock}
[params]
max_fetch = "{limit}"

[identity]
event = "id"
time = "created"

[[endpoints]]
path = "/alerts"
{endpoint}
"""
SINCE = """
filters = [{param = "since", field = "created", op = ">="}]
order = ["created", "id"]
limit = {param = "limit", default = 50, max = 100}
"""
OFFSET = """
limit = {param = "limit", default = 50, max = 100}
paging = {kind = "offset", param = "offset"}
"""
STREAM = """
[[streams]]
name = "alerts"
from = 2024-05-14T09:20:00Z
every = "17s"
count = 60
id = "A-{n}"
time = "created"
record = {title = "x"}
"""
NEWEST = "    give({'since': new[-1]['created'] if new else since}, new)\n"


def run(tmp_path, body, events=STREAM, *, endpoint=SINCE, cycles=8, limit=100, clock=""):
    (tmp_path / "fetch.py").write_text(SCRIPT.format(body=indent(dedent(body), "    ")), encoding="utf-8")
    world = WORLD.format(cycles=cycles, clock=clock, limit=limit, endpoint=endpoint)
    (tmp_path / "xsim.toml").write_text(world + events, encoding="utf-8")
    report = xsim.run(tmp_path / "fetch.py", fresh=True)
    assert report.delivered
    return [finding for finding in report.findings if finding.severity is not Severity.NOTE]


def event(name, created, **more):
    rest = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f'\n[[events]]\nrecord = {{id = "{name}", created = "2024-05-14T{created}Z"}}\n{rest}'


BUFFER = """
    since, kept = last_run.get('since', EARLY), last_run.get('kept', [])
    if not kept:
        kept = [alert for alert in ask(since=since, limit=100) if alert['created'] > since]
        since = kept[-1]['created'] if kept else since
    give({'since': since, 'kept': kept[1:]}, kept[:1])
"""
HOURLY = """
    since = last_run.get('since', EARLY)
    if now.strftime(ISO) < last_run.get('next', ''):
        demisto.incidents([])
        return
    new = [alert for alert in ask(since=since, limit=100) if alert['created'] > since]
    later = (now + timedelta(hours=1)).strftime(ISO)
    give({'since': new[-1]['created'] if new else since, 'next': later}, new)
"""
TIES = """
    since, ids = last_run.get('since', EARLY), last_run.get('ids', [])
    new = [alert for alert in ask(since=since, limit=5 + len(ids)) if alert['id'] not in ids][:5]
    for alert in new:
        if alert['created'] != since:
            since, ids = alert['created'], []
        ids = ids + [alert['id']]
    give({'since': since, 'ids': ids}, new)
"""
BY_OFFSET = """
    offset = last_run.get('offset', 0)
    page = ask(offset=offset, limit=5)
    give({'offset': offset + len(page)}, page)
"""


@pytest.mark.parametrize(
    ("case", "body", "world"),
    [
        ("keeps what it fetched and delivers one a cycle", BUFFER, {"limit": 1}),
        ("asks but once an hour", HOURLY, {}),
        ("works off a backlog", TIES, {"limit": 5}),
        ("counts in a list that grows at its end", BY_OFFSET, {"limit": 5, "endpoint": 'order = ["created"]' + OFFSET}),
    ],
)
def test_a_right_fetch_is_left_alone(tmp_path, case, body, world):
    assert run(tmp_path, body, **world) == [], case


def test_an_event_that_was_gone_before_a_fetch_could_see_it_is_not_missed(tmp_path):
    body = "since = last_run.get('since', EARLY)\nnew = [a for a in ask(since=since) if a['created'] > since]\n"
    gone = event("A-2", "09:31:40", lag='"4m"', changes='[{after = "5s", delete = true}]')
    assert run(tmp_path, body + dedent(NEWEST), event("A-1", "09:32:10") + gone) == []


MISSED = {
    "first-page-only": (
        """
        since = last_run.get('since', EARLY)
        new = [alert for alert in ask(since=since)['items'] if alert['created'] > since]
        give({'since': now.strftime(ISO)}, new)
        """,
        {
            "endpoint": 'filters = [{param = "since", field = "created", op = ">="}]\norder = ["created"]\n'
            'limit = {default = 3}\nlist_at = "items"\npaging = {kind = "token", param = "cursor", next_at = "next"}\n'
        },
    ),
    "cut-by-script": (
        """
        since = last_run.get('since', EARLY)
        new = [alert for alert in ask(since=since) if alert['created'] > since]
        give({'since': new[-1]['created'] if new else since}, new[:3])
        """,
        {"limit": 3},
    ),
    "listed-but-dropped": (
        """
        since = last_run.get('since', EARLY)
        new = [alert for alert in ask(since=since) if alert['created'] > since]
        give({'since': new[-1]['created'] if new else since}, new[:1] + new[2:])
        """,
        {},
    ),
    "window-gap": (
        "give({'at': now.strftime(ISO)}, ask(since=(now - timedelta(minutes=1)).strftime(ISO)))",
        {
            "clock": 'pauses = [{after = 3, for = "10m"}]\n',
            "events": event("A-0", "09:31:10") + event("A-1", "09:35:10"),
        },
    ),
    "same-timestamp-at-limit": (
        TIES.replace("limit=5 + len(ids)", "limit=2"),
        {"events": "".join(event(f"T-{number}", "09:20:00") for number in range(5)), "limit": 2},
    ),
    "sliding-offset": (
        BY_OFFSET,
        {
            "endpoint": 'order = ["created"]' + OFFSET,
            "events": event("A-1", "09:10:00") + event("A-2", "09:31:10", lag='"3m"') + event("A-3", "09:32:10"),
        },
    ),
    "late-arrival": (
        """
        since = last_run.get('since', EARLY)
        new = [alert for alert in ask(since=since) if alert['created'] > since]
        give({'since': new[-1]['created'] if new else since}, new)
        """,
        {"events": event("A-1", "09:31:40", lag='"90s"') + event("A-2", "09:31:50")},
    ),
}


@pytest.mark.parametrize("cause", MISSED)
def test_a_missed_event_is_told_with_its_cause(tmp_path, cause):
    body, world = MISSED[cause]
    found = [finding for finding in run(tmp_path, body, **world) if finding.code == "FC201"]
    assert found
    assert {finding.cause for finding in found} == {cause}


AGAIN = {
    "window-reaches-back": "give({'at': now.strftime(ISO)}, ask(since=(now - timedelta(minutes=5)).strftime(ISO)))",
    "ids-forgotten": """
        since, ids = last_run.get('since', EARLY), last_run.get('ids', [])
        new = [alert for alert in ask(since=since) if alert['id'] not in ids]
        give({'since': new[-1]['created'] if new else since, 'ids': [alert['id'] for alert in new]}, new)
    """,
    "cursor-stood-still": "give({'seen': last_run.get('seen', 0) + 1}, ask(since=EARLY))",
    "inclusive-boundary": "new = ask(since=last_run.get('since', EARLY))\n"
    + dedent(NEWEST).replace("since}", "EARLY}"),
}


@pytest.mark.parametrize("cause", AGAIN)
def test_a_repeated_event_is_told_with_its_cause(tmp_path, cause):
    [finding] = run(tmp_path, AGAIN[cause], event("A-1", "09:31:10"))
    assert (finding.code, finding.cause) == ("FC202", cause)
