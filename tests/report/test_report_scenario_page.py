"""What a scenario means is shown in words, and nothing in the file can style the terminal or show a secret."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from xsim.model import CheckSettings, Scenario, ScenarioFile, Settings, Severity
from xsim.report import scenario_line
from xsim.report.scenario_fault_words import fault_words, login_words, quota_words
from xsim.report.scenario_page import scenario_parts
from xsim.report.scenario_words import endpoint_words
from xsim.report.terminal import draw_plain
from xsim.world import Change, Condition, Endpoint, Event, Fault, Filter, Hatch, Limit, Login, Order, Paging, Quota

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
            drafted=True,
        )
    )
    assert shown.startswith("desk: 10 cycles from 2024-05-14T09:30:00Z, one each 1m, seed 1\n")
    for words in (
        "2h behind cycle 5",
        "cycles 3-4",
        "drain     none",
        "told apart by row",
        "on_malformed accept, latency 1s",
        "drafted   its guesses are as `xsim init` made them: what rests on one is no proof",
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
                    Filter("h", "t", precision="s", relative="h", layout="epoch-ms", zone=timedelta(hours=-5)),
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
                "/sql",
                time_field="t",
                order=Order(("t",)),
                limit=Limit("q", "json", 50, 100, r"LIMIT (?P<bound>\d+)"),
                paging=Paging("offset", "body", "body", pattern=r"OFFSET (?P<bound>\d+)"),
            ),
            r"t ascending; limit 50, at most 100 (what LIMIT (?P<bound>\d+) finds in 'q' in the json sets it); "
            r"what OFFSET (?P<bound>\d+) finds in the body skips records; the answer is the list",
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
        (
            Endpoint("/a/{id}", kind="detail", id_field="uid", format="xml", item="alert", unknown_status=410),
            "one record, whose uid is {id} in the path; as XML, a <alert> each; status 410 without one",
        ),
        (
            Endpoint("/a", kind="objects", id_field="uid", id_name="ids", id_place="json", list_at="d", time_field="t"),
            "the records whose uid is in 'ids' in the json; newest t first; limit 50; list at 'd'",
        ),
        (
            Endpoint(
                "/jobs",
                kind="job",
                filters=(Filter("from", "t", "json"),),
                order=Order(("t",)),
                job_at="sid",
                job_takes=timedelta(seconds=90),
                extra={"ok": True},
                status=202,
            ),
            "begins a search, which takes 1m30s; from in the json keeps t >= bound (inclusive, to the microsecond); "
            "t ascending; its id at 'sid'; besides ok; status 202",
        ),
        (
            Endpoint(
                "/jobs/{job}",
                kind="job_status",
                job_name="job",
                job_state_at="state",
                job_states=("busy", "ready"),
                unknown_status=410,
                total_at="n",
            ),
            "how far the search of 'job' in the path is, at 'state': busy, then ready; status 410 of an unknown one; "
            "number of all at 'n'",
        ),
        (
            Endpoint("/r", job_name="sid", job_place="query", list_at="rows", time_field="t", unknown_status=409),
            "what the search of 'sid' found, until it is done status 409; newest t first; limit 50; list at 'rows'",
        ),
        (
            Endpoint("/a/{id}", kind="update", id_field="id", set={"state": "closed", "n": 1, "note": "{comment}"}),
            "of the records whose id is {id} in the path sets state = closed, n = 1, note = the request's comment",
        ),
        (
            Endpoint("/a", kind="update", id_field="id", id_name="ids", deletes=True, text="", status=204),
            "deletes the records whose id is 'ids'; answered with a text of 0 characters; status 204",
        ),
        (
            Endpoint("/a", time_field="t", format="csv", columns=("id", "t"), paging=Paging("kept", "consumer")),
            "newest t first; limit 50; the server keeps how far 'consumer' came; as CSV of id, t",
        ),
        (
            Endpoint(
                "/a",
                time_field="t",
                format="rows",
                columns=("id", "t"),
                list_at="rows",
                count_at="n",
                last_at={"meta.newest": "t"},
                when=(Condition("q", "json", "FROM a"), Condition("key"), Condition("body", "body", "<a>")),
            ),
            "where q in the json has FROM a; where key is sent; where the body has <a>; newest t first; limit 50; "
            "list at 'rows'; as rows of id, t; number of its records at 'n'; "
            "t of its last record at 'meta.newest'",
        ),
        (
            Endpoint(
                "/a",
                time_field="t",
                format="ndjson",
                text="[{records}]",
                paging=Paging("link_header", life=timedelta(minutes=5), stale_status=410),
                filters=(Filter("body", "t", "body", pattern="since (?P<bound>.+)", widest=timedelta(days=7)),),
            ),
            "the body keeps t >= what since (?P<bound>.+) finds (inclusive, to the microsecond, at most 7d back); "
            "newest t first; limit 50; goes on by a Link header, good for 5m, 410 where stale; "
            "as JSON, a line each within a text of 11 characters",
        ),
    ],
)
def test_an_endpoint_is_told_in_words(endpoint, words):
    assert endpoint_words(endpoint) == words


@pytest.mark.parametrize(
    ("login", "words"),
    [
        (
            Login(
                path="/token", host="login.example", place="form", needs=("id", "secret"), life=timedelta(hours=1),
                life_at="expires_in", prefix="Bearer ",
            ),
            "POST login.example/token with id, secret in the form; gives a token at 'access_token', good for 1h "
            "(seconds at 'expires_in'); shown in the header's Authorization behind 'Bearer '; asked for by every call; "
            "else 401",
        ),
        (
            Login(path="/in", place="basic", answer="cookie", token_at="sid", sent_in="cookie", sent_as="sid",
                  paths=("/a", "/b"), status=403),
            "POST /in with HTTP Basic; gives a token in the cookie sid, good for ever; shown in the cookie's sid; "
            "asked for by /a, /b; else 403",
        ),
        (
            Login(path="/in", answer="text", token_at="", sent_in="path", sent_as="session"),
            "POST /in; gives a token as all of its answer, good for ever; shown in the path's {session}; "
            "asked for by every call; else 401",
        ),
        (
            Login(kind="basic", needs=("username",)),
            "user name and password (Basic) with username; asked for by every call; else 401",
        ),
        (
            Login(kind="key", sent_in="query", sent_as="apikey"),
            "any key in the query's apikey; asked for by every call; else 401",
        ),
        (
            Login(kind="signed", needs=("x-date", "x-sign")),
            "the headers x-date, x-sign, unchecked; asked for by every call; else 401",
        ),
    ],
)  # fmt: skip
def test_a_login_is_told_in_words(login, words):
    assert login_words(login) == words


def test_a_quota_is_told_in_words():
    assert quota_words(Quota(1)) == "at most 1 call in 1m, then 429 with Retry-After"
    rare = Quota(1_500, timedelta(hours=1), 503, says_when=False, path="/api/")
    assert quota_words(rare) == "at most 1,500 calls in 1h of /api/, then 503"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            Fault("f", "status", ((3, 3),), requests=(1,), status=429, headers=(("Retry-After", "30"),), text="slow"),
            "status 429 with Retry-After: 30, a text of 4 characters; request 1; cycle 3",
        ),
        (
            Fault("f", "timeout", ((2, 4), (7, 7)), requests=(1, 2), method="GET", host="a.example", path="/alerts"),
            "no answer comes; requests 1-2 of GET a.example/alerts; cycles 2-4, 7",
        ),
        (Fault("f", "cut", method="POST"), "the body is cut short; each request of POST any address; every cycle"),
        (
            Fault("f", "refused", since=START, until=START + 60 * SECOND),
            "no connection; from 2024-05-14T09:30:00Z until 2024-05-14T09:31:00Z",
        ),
        (
            Fault("f", "slow", ((1, 2),), until=START, delay=timedelta(minutes=6), chance=0.25, times=3),
            "the answer comes 6m later; cycles 1-2 until 2024-05-14T09:30:00Z; with a chance of 0.25, at most 3 times",
        ),
        (Fault("f", "reset", times=1), "the connection breaks before the answer; every cycle; at most 1 time"),
        (Fault("f", "malformed", text="{"), "a body that cannot be read, a text of 1 character; every cycle"),
        (Fault("f", "wrong_type", path="/a"), "a page of HTML; each request of /a; every cycle"),
        (
            Fault("f", "logout", ((4, 4),)),
            "all tokens given so far are lost; the first request; cycle 4",
        ),
        (
            Fault("f", "kill", ((9, 9),), moment="between"),
            "the process is killed between incidents() and setLastRun(); cycle 9",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_told_in_words(fault, words):
    assert fault_words(fault) == words


def test_whom_the_vendor_knows_and_what_goes_wrong_have_a_part_of_their_own():
    troubled = a_file(
        endpoints=(Endpoint("/a", time_field="t"),),
        logins=(Login("session", path="/in"),),
        quotas=(Quota(60),),
        faults=tuple(Fault(f"cut {number}", "cut") for number in range(1, 43)),
    )
    shown = page(troubled)
    for words in (
        "Logins\n  session: POST /in; gives",
        "Quotas\n  at most 60 calls in 1m",
        "Faults\n  cut 1: the body is cut short; every cycle\n",
        "  cut 40: the body is cut short; every cycle\n  and 2 more",
    ):
        assert words in shown
    assert scenario_line(troubled).endswith("1 endpoint, 1 login, 1 quota, 42 faults, 10 cycles")
    plain = page(a_file())
    assert not any(title in plain for title in ("Logins", "Quotas", "Faults"))


def test_what_was_delivered_before_the_start_is_told():
    shown = page(a_file(delivered={f"A-{number}": (0, "") for number in range(42)}))
    words = " ".join(shown.split())
    assert "delivered before the start: A-0, A-1," in words
    assert "A-39, and 2 more" in words


def test_other_lists_identities_are_told():
    assert "id, else number and tenant in rawJSON" in page(a_file(other_identities=(("number", "tenant"),)))


def test_an_application_answers_what_the_endpoints_do_not():
    file = a_file(hatch=Hatch("/x/app.py", "app", "app.py:app", is_wsgi=True))
    assert "app.py:app, a WSGI application, answers all calls" in page(file)
    assert "application app.py:app" in scenario_line(file)


def test_hostile_names_of_faults_and_logins_cannot_style_the_terminal():
    evil = "a\x1b[31m\u202e\n[bold]b"
    shown = page(
        a_file(
            faults=(Fault(evil, "status", path=f"/{evil}", headers=((evil, evil),)),),
            logins=(Login(evil, path=f"/{evil}", needs=(evil,), token_at=evil, sent_as=evil),),
            quotas=(Quota(1, path=evil),),
            delivered={evil: (0, "")},
            other_identities=((evil,),),
        )
    )
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[bold]b" in shown
