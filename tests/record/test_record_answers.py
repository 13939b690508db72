"""Answers that a reader of the report wants to see are kept where that is asked for, without secrets."""

from pathlib import Path

import xsim
from xsim import api
from xsim.report import render

SCRIPT = """\
import json
import requests
import demistomock as demisto
from CommonServerPython import *
COMMAND = 'fetch-incidents'
key = demisto.params()['apikey']
alerts = requests.get('https://vendor.example/alerts', params={'key': key}).json()
demisto.incidents([{'name': 'n', 'occurred': '2024-05-14T09:00:00Z', 'rawJSON': json.dumps(each)} for each in alerts])
"""
SECRET = "fk-0123456789-not-a-real-key"
SCENARIO = f"""
[params]
apikey = "{SECRET}"
[[endpoints]]
path = "/alerts"
[[events]]
occurred = "2024-05-14T09:00:00Z"
record = {{id = "A-1", echo = "{SECRET}", text = "{"x" * 3_000}"}}
[identity]
time = "created"
"""


def exchanges(folder: Path, **options):
    (folder / "integration.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "xsim.toml").write_text(SCENARIO, encoding="utf-8")
    report = xsim.run(folder / "integration.py", cycles=1, state=folder / "state", **options)
    text = report.journal.path.read_text(encoding="utf-8")
    assert SECRET not in text
    return [exchange for cycle in report.journal.cycles for exchange in cycle.exchanges]


def test_an_answer_is_kept_up_to_two_thousand_characters_where_it_is_asked_for(tmp_path):
    (exchange,) = exchanges(tmp_path, keep_answers=True)
    assert exchange.body.startswith('[{"id":"A-1","echo":"')
    assert 1_900 < len(exchange.body) <= 2_048


def test_without_being_asked_no_answer_is_kept(tmp_path):
    (exchange,) = exchanges(tmp_path)
    assert exchange.body == ""


def test_the_html_report_shows_what_was_kept(tmp_path):
    exchanges(tmp_path, keep_answers=True)
    report = api.check_journal(next(tmp_path.glob("state/*/journal.jsonl")), api.Options())
    assert "xxxxxxxxxxxxxxxx" in render(report, "html")
