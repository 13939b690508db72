"""One fetch, as `xsim fetch` shows it."""

from __future__ import annotations

import io
import json
import re
import unicodedata

import pytest
from golden_files import assert_golden
from report_builders import START, a_call, a_cycle, a_failure, an_integration
from rich.console import Console

from xsim.errors import XsimError
from xsim.model import HostCall, LogLine, Outcome, Refusal
from xsim.report import print_fetch, render_fetch

HOSTILE = "a\x1b[2J[bold]b[/bold]\u202e\x00\n\ud83d" + "z" * 100_000
INCIDENTS = [
    {
        "name": "Phishing mail to 12 recipients, reported by finance",
        "occurred": "2024-05-14T09:29:00Z",
        "severity": 3,
        "type": "Phishing",
        "dbotMirrorId": "a-1",
        "rawJSON": '{"id": 1}',
    },
    {"name": "Login from two countries", "occurred": "2024-05-14T09:29:30Z", "rawJSON": json.dumps({"alertId": 77})},
    {"rawJSON": {"id": 1}},
    "no object",
]


def a_fetch(incidents=INCIDENTS, **fields):
    last_run = ({}, {"last_fetch": "2024-05-14T09:29:30Z", "ids": ["a-1", "77"]})
    return a_cycle(1, **{"incidents": (json.dumps(incidents),), "last_run": last_run, **fields})


def a_failed_fetch():
    return a_fetch(
        outcome=Outcome.FAILED,
        failure=a_failure(hint="run it with --debug"),
        refusals=(Refusal(1, "severity", "cannot unmarshal string into float64"), Refusal(None, "", "no array")),
        log=(LogLine("debug", "connecting"), LogLine("error", "Traceback:\n  line 3\n")),
        exchanges=(a_call(status=401), a_call(status=None, size=0, line=None)),
    )


def shown(cycle, **options):
    return render_fetch(cycle, an_integration(), "text", **options)


def test_a_fetch_as_a_table():
    assert_golden("fetch.txt", shown(a_fetch()))


def test_a_failed_fetch_shows_its_failure_and_the_end_of_its_log():
    assert_golden("fetch-failed.txt", shown(a_failed_fetch()))


def test_a_narrow_terminal_shows_it_too():
    file = io.StringIO()
    print_fetch(a_fetch(), an_integration(), console=Console(file=file, width=60))
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    assert max(map(len, lines)) <= 60
    assert_golden("fetch-60.txt", "\n".join(lines))


def test_print_fetch_into_a_pipe_is_the_rendered_text(capsys):
    print_fetch(a_fetch(), an_integration())
    assert capsys.readouterr().out == shown(a_fetch()) + "\n"


def test_json_is_the_list_of_incidents():
    text = render_fetch(a_fetch(), an_integration(), "json")
    assert json.loads(text) == INCIDENTS
    assert text.startswith('[\n    {\n        "name": ')


def test_several_calls_are_one_list_and_none_is_an_empty_one():
    fetch = a_cycle(incidents=('[{"name": "a"}]', '[{"name": "b"}]'))
    assert json.loads(render_fetch(fetch, an_integration(), "json")) == [{"name": "a"}, {"name": "b"}]
    assert render_fetch(a_cycle(incidents=()), an_integration(), "json") == "[]"


def test_what_is_no_list_is_shown_as_it_was_handed_over():
    fetch = a_cycle(incidents=('{"name": "a"}', "no JSON", "[NaN]"))
    assert json.loads(render_fetch(fetch, an_integration(), "json")) == [{"name": "a"}, "no JSON", "NaN"]


def test_a_fetch_that_does_not_set_its_last_run_says_so():
    fetch = a_fetch([], last_run=({}, {}), host_calls=(HostCall(START, "getLastRun"),))
    assert "none, it did not call setLastRun" in shown(fetch)


def test_a_fetch_that_sets_an_empty_last_run_shows_it():
    assert "(a fetch by hand stores none):\n  {}\n" in shown(a_fetch([], last_run=({}, {})))


def test_the_id_is_the_mirror_id_or_one_found_in_raw_json():
    text = shown(a_fetch())
    assert re.search(r"^1 .* a-1 ", text, re.MULTILINE)
    assert re.search(r"^2 .* 77 \(alertId\) ", text, re.MULTILINE)


def test_many_incidents_and_calls_are_counted():
    text = shown(a_fetch([{"name": "x", "rawJSON": "{}"}] * 60, exchanges=(a_call(),) * 30))
    assert "and 10 more (--format json has all)" in text
    assert "30 calls to the vendor" in text


def test_hostile_incidents_never_reach_a_terminal():
    incidents = [
        dict.fromkeys(("name", "occurred", "severity", "type", "dbotMirrorId", "rawJSON"), HOSTILE),
        HOSTILE,
        {"rawJSON": json.dumps({"id": HOSTILE}), "name": [HOSTILE], "severity": {HOSTILE: 1}},
    ]
    fetch = a_fetch(
        incidents,
        outcome=Outcome.FAILED,
        failure=a_failure(kind=HOSTILE, message=HOSTILE, frames=(HOSTILE,), hint=HOSTILE),
        refusals=(Refusal(0, HOSTILE, HOSTILE),),
        log=(LogLine(HOSTILE, HOSTILE),),
        exchanges=(a_call(method=HOSTILE, url=HOSTILE),),
    )
    for is_terminal in (True, False):
        file = io.StringIO()
        console = Console(file=file, width=100, force_terminal=is_terminal, color_system="truecolor")
        print_fetch(fetch, an_integration(name=HOSTILE), console=console)
        text = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())
        assert {character for character in text if unicodedata.category(character) in {"Cc", "Cf", "Cs"}} == {"\n"}
        assert len(text) < 50_000


def test_a_hostile_last_run_is_harmless():
    text = shown(a_fetch([], last_run=({}, {HOSTILE[:50]: HOSTILE})))
    assert {character for character in text if unicodedata.category(character) in {"Cc", "Cf", "Cs"}} == {"\n"}


def test_secrets_are_masked_in_both_formats():
    fetch = a_fetch([{"name": "with hunter2", "rawJSON": "{}"}], exchanges=(a_call(url="https://v/?key=hunter2"),))
    assert "hunter2" not in shown(fetch, secrets=("hunter2",))
    assert "hunter2" not in render_fetch(fetch, an_integration(), "json", secrets=("hunter2",))


def test_an_unknown_format_is_refused():
    with pytest.raises(XsimError, match="unknown format 'xml'"):
        render_fetch(a_fetch(), an_integration(), "xml")
