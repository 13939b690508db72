"""What a scenario means is shown in words, and nothing in the file can style the terminal or show a secret."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from xsim.model import CheckSettings, Scenario, ScenarioFile, Settings, Severity
from xsim.report import scenario_line
from xsim.report.scenario_page import scenario_parts
from xsim.report.scenario_words import endpoint_words
from xsim.report.terminal import draw_plain
from xsim.world import Change, Endpoint, Event, Filter, Hatch, Limit, Order, Paging

START = datetime(2024, 5, 14, 9, 30, tzinfo=timezone.utc)
SECOND = timedelta(seconds=1)


def an_event(name="A-1", *, after=0, lag=5, **fields):
    occurred = START + after * SECOND
    return Event(name, occurred, occurred + lag * SECOND, {"id": name}, **fields)


def a_file(*events, file=None, **fields):
    scenario = Scenario(START, name="desk", identity=("id",), time_field="created", events=events, **fields)
    return ScenarioFile(Path("xsim.toml"), scenario, **(file or {}))


def page(file):
    return draw_plain(lambda width: scenario_parts(file))


def row(text, name):
    [found] = [line for line in text.splitlines() if f" {name} " in f"{line} "]
    return found.split()


def test_the_head_tells_the_schedule():
    shown = page(
        a_file(
            pauses=((5, timedelta(hours=2)),),
            skipped=(3, 4),
            drain=0,
            part=("row",),
            settings=Settings(on_malformed="accept", latency=SECOND),
        )
    )
    assert shown.startswith("desk: 10 cycles from 2024-05-14T09:30:00Z, one each 1m, seed 1\n")
    for words in (
        "2h behind cycle 5",
        "cycles 3-4",
        "drain     none",
        "told apart by row",
        "on_malformed accept, latency 1s",
    ):
        assert words in shown


def test_an_event_is_shown_with_its_lag_and_the_first_cycle_that_sees_it():
    events = [
        an_event("A-1", after=-60),
        an_event("A-2", after=55),
        an_event("A-3", after=56),
        an_event("A-4", after=9999),
    ]
    shown = page(a_file(*events))
    assert row(shown, "A-1") == ["2024-05-14T09:29:00Z", "+5s", "1", "A-1"]
    assert [row(shown, name)[2] for name in ("A-2", "A-3", "A-4")] == ["2", "3", "after"]


def test_pauses_and_cycles_left_out_move_the_cycle_that_sees_an_event():
    shown = page(a_file(an_event(after=90), pauses=((1, timedelta(hours=1)),), skipped=(2,)))
    assert row(shown, "A-1")[2] == "3"


def test_what_becomes_of_an_event_is_told():
    changes = (
        Change(START + 65 * SECOND, {"status": "closed", "owner": None}),
        Change(START + 125 * SECOND, deleted=True),
    )
    shown = page(a_file(an_event(changes=changes, wanted=False, stream="s")))
    assert "not wanted; +1m status = closed, owner = null; +2m deleted" in " ".join(shown.split())


def test_many_events_are_folded():
    events = [an_event(f"A-{number}", after=number, stream="s") for number in range(100)]
    shown = page(a_file(*events))
    assert "100 events: 100 s" in shown
    assert "… 60 more …" in shown
    assert len([line for line in shown.splitlines() if "A-" in line]) == 40
    assert row(shown, "A-29")
    assert row(shown, "A-90")
    assert "A-30" not in shown


def test_secrets_are_hidden_wherever_they_stand():
    file = a_file(
        an_event(changes=(Change(START, {"note": "pw-123"}),)),
        last_run={"token": "pw-123"},
        file={"params": {"credentials": {"identifier": "u", "password": "pw-123"}}, "secrets": ("pw-123",)},
    )
    shown = page(file)
    assert "pw-123" not in shown
    assert shown.count("***") == 3


def test_hostile_text_cannot_style_the_terminal():
    evil = "a\x1b[31m\u202e\n[bold]b"
    file = a_file(
        an_event(evil, stream=evil),
        context={evil: evil},
        endpoints=(Endpoint(f"/{evil}", list_at=evil, time_field=evil),),
        file={"params": {evil: evil}, "expect": {"x": evil}},
    )
    shown = page(replace(file, scenario=replace(file.scenario, name=evil)))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold]b" in shown
    assert "\x1b" not in scenario_line(replace(file, path=Path(evil)))


def test_the_judgement_is_shown_where_it_is_not_the_usual_one():
    check = CheckSettings(("FC2",), ("FC201",), {"FC202": Severity.NOTE}, Severity.ERROR, True)
    shown = page(a_file(file={"check": check, "expect": {"verdict": "failed"}}))
    for words in ("select    FC2", "ignore    FC201", "FC202 note", "fail on   error", '{"verdict": "failed"}'):
        assert words in shown
    assert "Judgement" not in page(a_file())


def test_a_function_answers_what_the_endpoints_do_not():
    hatch = Hatch("/x/vendor.py", "answer", "vendor.py:answer")
    assert "vendor.py:answer answers all calls" in page(a_file(hatch=hatch))
    both = page(a_file(hatch=hatch, endpoints=(Endpoint("/a", time_field="t"),)))
    assert "vendor.py:answer answers what no endpoint takes" in both


def test_one_line_says_what_a_right_file_holds():
    file = a_file(an_event(), endpoints=(Endpoint("/a"), Endpoint("/b")))
    assert scenario_line(file) == "xsim.toml: right; 1 event, 2 endpoints, 10 cycles"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (
            Endpoint(
                "/a",
                list_at="alerts",
                filters=(Filter("created_from", "created"),),
                order=Order(("created", "id")),
                limit=Limit("size", default=50, maximum=100),
            ),
            "created_from keeps created >= bound (inclusive, to the microsecond); created, id ascending; "
            "limit 50, at most 100 ('size' sets it); list at 'alerts'",
        ),
        (
            Endpoint(
                "/a",
                time_field="t",
                filters=(
                    Filter("n", "n", "json", "<", "number", required=True),
                    Filter("h", "t", precision="s", relative="h", layout="ms", zone=timedelta(hours=-5)),
                    Filter("s", "s", compare="in", kind="text"),
                ),
                limit=Limit(default=2_000_000, maximum=2_000_000),
                paging=Paging("token", "c", next_at="next", tail_token=True),
                empty="null",
                streams=("s",),
            ),
            "n in the json keeps n < bound (exclusive, as number), without it the answer is 400; "
            "h keeps t >= bound (inclusive, to the second, hours back from now, written as epoch milliseconds, "
            "without an offset at -05:00); s keeps s in bound (as text); newest t first; no limit; "
            "'c' goes on from a token at 'next', the last page has one too; the answer is the list; "
            "null for the list where nothing matches; only events of s",
        ),
        (
            Endpoint(
                "/a", list_at="d", order=Order(("-t", "id"), "sort", direction_name="dir"), wrap="w", total_at="n"
            ),
            "t descending, id ascending unless 'sort' and 'dir' ask otherwise; limit 50; list at 'd'; "
            "each record below 'w'; number of all at 'n'",
        ),
        (
            Endpoint(
                "/a",
                list_at="d",
                order=Order(("t",)),
                filters=(
                    Filter("q", "t", compare="<", pattern="to (?P<bound>.+)", unreadable="ignore"),
                    Filter("n", "n", kind="number", unreadable="ignore"),
                ),
                paging=Paging("offset", "o", next_at="next", last="missing"),
            ),
            "q keeps t < what to (?P<bound>.+) finds (exclusive, to the microsecond, ignored where unreadable); "
            "n keeps n >= bound (inclusive, as number, ignored where unreadable); t ascending; limit 50; "
            "'o' skips records at 'next', left out on the last page; list at 'd'",
        ),
        (
            Endpoint(
                "/login", kind="fixed", extra={"token": "t", "user.id": 1}, answer_headers=(("A", "1"), ("A", "2"))
            ),
            "always the same answer; an object of token, user.id; with A",
        ),
        (Endpoint("/health", kind="fixed", text="down", status=503), "always status 503; a text of 4 characters"),
        (Endpoint("/ping", kind="fixed", text=""), "always the same answer; no body"),
        (
            Endpoint("/a/{id}", kind="detail", id_field="uid", record_at="alert"),
            "one record, whose uid is {id} in the path; record at 'alert'",
        ),
    ],
)
def test_an_endpoint_is_told_in_words(endpoint, words):
    assert endpoint_words(endpoint) == words
