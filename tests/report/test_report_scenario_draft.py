"""The draft of a scenario, from calls written out by hand: whatever was recorded, its text loads."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlencode

import pytest
from integrations import START

from xsim.integration import Integration, Parameters
from xsim.load import load_scenario
from xsim.model import Cycle, DraftedCall, Failure, Outcome, Request
from xsim.report import draft
from xsim.simulate.vendor import SimulatedVendor

ALERT = {"id": "A-101", "created": "2024-03-04T09:59:40Z"}


def a_call(url="/alerts?since=2024-05-14T08:30:00Z", answer=None, **more):
    body = more.pop("body", None)
    sent = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body else b""
    headers = tuple(more.pop("headers", {}).items())
    request = Request(more.pop("method", "GET"), f"https://vendor.example{url}", headers, sent)
    shown = {"path": url.partition("?")[0], "kind": "sample", "cycle": 1} | more
    return DraftedCall(request=request, answer={"alerts": [ALERT]} if answer is None else answer, **shown)


def drafted(*calls, params=None, failure=None, incidents=(), **names):
    parameters = Parameters(params or {}, secrets=names.pop("secrets", ()))
    outcome = Outcome.FAILED if failure else Outcome.OK
    last = Cycle(2, START, START, outcome, failure=failure, incidents=incidents)
    return draft(Integration("a", Path("script.py"), ""), parameters, calls, last, **names)


def scenario_of(folder, *calls, **more):
    """What the draft means to whoever loads it."""
    made = drafted(*calls, **more)
    (folder / "script.py").write_text("")
    (folder / "xsim.toml").write_text(made.scenario, encoding="utf-8")
    return load_scenario(folder / "xsim.toml").scenario


def test_a_simple_draft_is_short_and_says_what_to_type_next():
    text = drafted(a_call(), params={"url": "https://vendor.example"}).scenario
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 25
    assert "drafted = " not in text
    assert text.endswith("# Next:\n#   xsim scenario show xsim.toml\n#   xsim run script.py\n")


@pytest.mark.parametrize(
    ("time", "written"),
    [
        ("2024-03-04T09:59:40Z", "2024-05-14T09:29:30Z"),
        ("2024-03-04T09:59:40.12Z", "2024-05-14T09:29:30.381Z"),
        ("2024-03-04T09:59:40.123456Z", "2024-05-14T09:29:30.381472Z"),
        ("2024-03-04T09:59:40", "2024-05-14T09:29:30"),
        ("2024-03-04T11:59:40+02:00", "2024-05-14T11:29:30+02:00"),
        ("2024-03-04T09:59:40.000-0530", "2024-05-14T03:59:30.381-0530"),
        ("2024-03-04T09:59:40.000Z", "2024-05-14T09:29:30.000Z"),
        ("2024-03-04T11:59:40.000+02:00", "2024-05-14T11:29:30.000+02:00"),
        ("2024-03-04 09:59:40", "2024-05-14 09:29:30"),
        ("2024-03-04 09:59:40 UTC", "2024-05-14 09:29:30 UTC"),
        ("03/04/2024 09:59:40", "05/14/2024 09:29:30"),
        ("Mon, 04 Mar 2024 09:59:40 GMT", "Tue, 14 May 2024 09:29:30 GMT"),
        (1709546380, 1715678970),
        (1709546380123, 1715678970381),
        (1709546380123456, 1715678970381472),
        ("1709546380123", "1715678970381"),
    ],
)
def test_the_events_have_their_time_in_the_sample_s_layout(tmp_path, time, written):
    scenario = scenario_of(tmp_path, a_call(answer=[{"id": "A-1", "created": time}]))
    assert scenario.events[0].record["created"] == written
    assert (
        abs((scenario.events[0].occurred - datetime(2024, 5, 14, 9, 29, 30, tzinfo=timezone.utc)).total_seconds()) < 1
    )


@pytest.mark.parametrize(
    ("sampled", "ids"),
    [
        ("A-101", ["A-101", "A-102", "A-103"]),
        ("INC0007", ["INC0007", "INC0008", "INC0009"]),
        (41, [41, 42, 43]),
        ("ldt:ab", ["ldt:ab-1", "ldt:ab-2", "ldt:ab-3"]),
        ("0b1c2d3e-1111-4222-8333-444455556666", [f"0b1c2d3e-1111-4222-8333-00000000000{n}" for n in (1, 2, 3)]),
        ("5f1e9d2c3b4a596877665544", [f"5f1e9d2c3b4a596877{n:06}" for n in (1, 2, 3)]),
        ('a"b{c}\\d', ['a"b-c-\\d-1', 'a"b-c-\\d-2', 'a"b-c-\\d-3']),
    ],
)
def test_ids_go_on_from_the_sample_s(tmp_path, sampled, ids):
    scenario = scenario_of(tmp_path, a_call(answer=[{"id": sampled, "created": ALERT["created"]}]))
    assert [event.record["id"] for event in scenario.events] == ids


def test_the_record_keeps_the_sample_s_other_fields(tmp_path):
    record = {
        **ALERT,
        "updated": "2024-03-04T10:04:40Z",
        "owner": None,
        "who": {"mail": "a@b.example", "last login": None, "tags": ["x", None, {"deep": [1, 2.5, True]}]},
        "link": "https://vendor.example/alerts/A-101",
        "dotted.key": 'quoted "text"\nwith lines\x7f and \u20ac',
        "": "no name",
    }
    made = scenario_of(tmp_path, a_call(answer=[record])).events[0].record
    assert made["updated"] == "2024-05-14T09:34:30Z"
    assert made["owner"] is None
    assert made["who"] == {"mail": "a@b.example", "last login": None, "tags": ["x", {"deep": [1, 2.5, True]}]}
    assert made["link"] == "https://vendor.example/alerts/A-101"
    assert made["dotted.key"] == record["dotted.key"]


def test_a_large_record_is_written_as_tables(tmp_path):
    details = {f"field {number}": "text " * 10 for number in range(12)}
    made = drafted(a_call(answer=[{**ALERT, "details": details}]))
    assert "[streams.record.details]" in made.scenario
    assert scenario_of(tmp_path, a_call(answer=[{**ALERT, "details": details}])).events[0].record["details"] == details


@pytest.mark.parametrize(
    ("name", "op"),
    [
        ("since", ">="), ("created_gt", ">"), ("after", ">"), ("createdAtGte", ">="), ("filter[created_at_gteq]", ">="),
        ("end", "<="), ("to", "<="), ("before", "<"), ("created_lt", "<"), ("date_until", "<="), ("starttime", ">="),
    ],
)  # fmt: skip
def test_the_name_of_a_time_says_which_side_it_bounds(tmp_path, name, op):
    endpoint = scenario_of(tmp_path, a_call(f"/alerts?{name}=2024-05-14T08:30:00Z")).endpoints[0]
    assert [(each.name, each.compare, each.field) for each in endpoint.filters] == [(name, op, "created")]


@pytest.mark.parametrize(
    ("until", "behind"),
    [
        ("2024-05-13", timedelta(hours=11)),
        ("2024-05-14", timedelta(seconds=30)),
        ("2024-05-14T06:30:00Z", timedelta(hours=5)),
        ("2024-05-14T09:30:00Z", timedelta(seconds=30)),
    ],
)
def test_the_events_lie_within_what_the_fetch_asks_for(tmp_path, until, behind):
    scenario = scenario_of(tmp_path, a_call(f"/alerts?from=2024-05-07T00:00:00Z&until={until}"))
    assert timedelta(0) <= scenario.starts - scenario.events[0].occurred - behind <= timedelta(seconds=1)


def test_bounds_in_a_json_body_are_named_by_their_path(tmp_path):
    body = {"criteria": {"created": {"from": "2024-05-14T08:30:00Z", "to": 1715679000381}}, "rows": 50, "start": 0}
    endpoint = scenario_of(tmp_path, a_call("/alerts", method="POST", body=body)).endpoints[0]
    assert [(each.name, each.place, each.compare) for each in endpoint.filters] == [
        ("criteria.created.from", "json", ">="),
        ("criteria.created.to", "json", "<="),
    ]
    assert (endpoint.limit.name, endpoint.limit.place) == ("rows", "json")
    assert (endpoint.paging.kind, endpoint.paging.name) == ("offset", "start")


def test_an_operator_beside_the_value_counts(tmp_path):
    body = {"filters": [{"field": "created", "operator": "gt", "value": 1715675400381}]}
    endpoint = scenario_of(tmp_path, a_call("/alerts", method="POST", body=body)).endpoints[0]
    assert [(each.name, each.compare) for each in endpoint.filters] == [("filters.0.value", ">")]


def test_order_limit_and_page_are_recognised(tmp_path):
    url = "/alerts?since=2024-05-14T08:30:00Z&per_page=20&page=0&sort=created&order=asc&verbose=true"
    made = drafted(a_call(url)).scenario
    endpoint = scenario_of(tmp_path, a_call(url)).endpoints[0]
    assert (endpoint.limit.name, endpoint.paging.kind, endpoint.paging.first) == ("per_page", "page", 0)
    assert (endpoint.order.name, endpoint.order.direction_name) == ("sort", "order")
    assert "# Sent as well, and ignored here: verbose" in made


def test_a_number_equal_to_max_fetch_is_the_limit(tmp_path):
    call = a_call("/alerts?since=2024-05-14T08:30:00Z&n=37")
    assert scenario_of(tmp_path, call, params={"max_fetch": "37"}).endpoints[0].limit.name == "n"
    assert scenario_of(tmp_path, call, params={"max_fetch": "38"}).endpoints[0].limit.name == ""


def test_a_long_number_under_another_name_is_no_time(tmp_path):
    endpoint = scenario_of(tmp_path, a_call("/alerts?tenant=1234567890")).endpoints[0]
    assert endpoint.filters == ()


def test_what_stands_beside_the_list_stays_there(tmp_path):
    answer = {"meta": {"total": 1, "has_more": False, "status": "ok"}, "data": {"alerts": [ALERT]}}
    endpoint = scenario_of(tmp_path, a_call(answer=answer)).endpoints[0]
    assert (endpoint.list_at, endpoint.total_at, endpoint.more_at) == ("data.alerts", "meta.total", "meta.has_more")
    assert endpoint.extra == {"meta.status": "ok"}


def test_records_below_a_key_of_their_own_are_unwrapped(tmp_path):
    scenario = scenario_of(tmp_path, a_call(answer={"rows": [{"alert": {**ALERT, "a": 1}}]}))
    assert scenario.endpoints[0].wrap == "alert"
    assert scenario.events[0].record["a"] == 1


def test_ids_first_and_one_call_for_each_event(tmp_path):
    calls = [
        a_call("/ids?since=2024-05-14T08:30:00Z", {"ids": ["A-101"]}),
        a_call("/alerts/A-101", {"data": {"id": "A-101", "created": ALERT["created"], "a": 1}}, path="/alerts/{id}"),
    ]
    scenario = scenario_of(tmp_path, *calls)
    assert [(each.kind, each.pick, each.record_at) for each in scenario.endpoints] == [
        ("list", "id", ""),
        ("detail", "", "data"),
    ]
    answer = SimulatedVendor(scenario)(Request("GET", "https://vendor.example/alerts/A-101"), START)
    assert json.loads(answer.body)["data"]["a"] == 1


def test_a_call_by_an_event_s_id_shows_it_whatever_lists_are_in_it(tmp_path):
    shown = {"hosts": [{"name": "a"}], "title": "b"}
    calls = [a_call(), a_call("/alerts/A-101/all", shown, path="/alerts/{id}/all")]
    scenario = scenario_of(tmp_path, *calls)
    assert [each.kind for each in scenario.endpoints] == ["list", "detail"]
    assert scenario.events[0].record["hosts"] == [{"name": "a"}]


def test_two_lists_hold_events_of_their_own(tmp_path):
    case = {"number": "C-7", "opened": 1709546380, "state": "open", "owner": "ann"}
    calls = [a_call(), a_call("/cases?from=1715675400", {"cases": [case]})]
    scenario = scenario_of(tmp_path, *calls)
    alerts, cases = scenario.endpoints
    assert (alerts.streams, cases.streams) == (("alerts",), ("cases",))
    assert [each.field for each in (*alerts.filters, *cases.filters)] == ["created", "opened"]
    vendor, later = SimulatedVendor(scenario), START.replace(hour=12)
    answers = [json.loads(vendor(call.request, later).body) for call in calls]
    assert [each["id"] for each in answers[0]["alerts"]] == ["A-101", "A-102", "A-103"]
    assert [each["number"] for each in answers[1]["cases"]] == ["C-7", "C-8", "C-9"]
    assert {event.id for event in scenario.events} == {"A-101", "A-102", "A-103", "C-7", "C-8", "C-9"}


def test_the_time_that_a_later_request_asks_from_is_the_event_s(tmp_path):
    answer = [{"id": "A-1", "created": "2024-03-04T09:00:00Z", "indexed": "2024-03-04T09:59:40Z"}]
    calls = [a_call(answer=answer), a_call("/alerts?since=2024-03-04T09:59:40Z", answer, cycle=2)]
    assert scenario_of(tmp_path, *calls).time_field == "indexed"


def test_the_mirror_id_of_an_incident_tells_the_identity(tmp_path):
    incidents = (json.dumps([{"name": "a", "dbotMirrorId": "N-7"}]),)
    answer = [{"id": "A-1", "notice": "N-7", "created": ALERT["created"]}]
    assert scenario_of(tmp_path, a_call(answer=answer), incidents=incidents).identity == ("notice",)


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("created gt 2024-05-14T09:29:00Z", [">"]),
        ("created>='2024-05-14 09:29:00'", [">="]),
        ("status=new AND created:>1715678940000", [">"]),
        ("created=ge=2024-05-14T09:29:00Z;severity=in=(1,2)", [">="]),
        ("created:[2024-05-14T09:29:00Z TO *]", [">="]),
        ("created:[2024-05-14T09:29:00Z TO 2024-05-14T11:00:00Z]", [">=", "<="]),
        ("[2024-05-14T09:29:00Z,2024-05-14T11:00:00Z)", [">=", "<="]),
        ("select * from alerts where created >= '2024-05-14 09:29' order by created", [">="]),
        ('{"created": {"after": "2024-05-14T09:29:00Z"}} in text', [">"]),
        ("created before 2024-05-14T11:00:00Z", ["<"]),
        ("alerts newer than 2024-05-14T09:29:00Z please", [">="]),
    ],
)
@pytest.mark.parametrize("place", ["query", "json", "body"])
def test_times_in_a_query_language_are_found_by_patterns(tmp_path, text, bounds, place):
    url = "/alerts?" + urlencode({"q": text}) if place == "query" else "/alerts"
    body = {"json": {"q": text}, "body": text, "query": None}[place]
    if place == "body" and text.startswith(("created>=", "created=", "status=")):
        body = f"q {text}"  # The whole body would read as a form.
    call = a_call(url, {"value": [ALERT]}, method="POST", body=body)
    scenario = scenario_of(tmp_path, call)
    [endpoint] = scenario.endpoints
    assert [(each.field, each.place, each.compare) for each in endpoint.filters] == [
        ("created", place, bound) for bound in bounds
    ]
    vendor, later = SimulatedVendor(scenario), START.replace(hour=12)
    assert len(json.loads(vendor(call.request, later).body)["value"]) == 3
    shifted = replace(call.request, url=call.request.url.replace("2024-", "2025-").replace("1715", "1815"))
    shifted = replace(shifted, body=call.request.body.replace(b"2024-", b"2025-").replace(b"1715", b"1815"))
    assert len(json.loads(vendor(shifted, later).body)["value"]) == (3 if bounds == ["<"] else 0)


def test_limit_and_offset_in_a_query_language_are_found_too(tmp_path):
    text = "select * from alerts where created >= '2024-05-14 09:29:00' LIMIT 2 OFFSET 1"
    call = a_call("/q", {"value": [ALERT]}, method="POST", body={"sql": text})
    scenario = scenario_of(tmp_path, call)
    answer = json.loads(SimulatedVendor(scenario)(call.request, START.replace(hour=12)).body)
    assert [record["id"] for record in answer["value"]] == ["A-102", "A-103"]


def test_a_query_for_ids_is_answered_with_ids(tmp_path):
    url = "/queries?filter=created:>'2024-05-14T09:29:00Z'"
    calls = [a_call(url, {"resources": ["A-101"]}), a_call("/entities?ids=A-101", {"resources": [ALERT]})]
    scenario = scenario_of(tmp_path, *calls)
    vendor = SimulatedVendor(scenario)
    later = START.replace(hour=10)
    ids = json.loads(vendor(Request("GET", f"https://vendor.example{url}"), later).body)
    assert ids == {"resources": ["A-101", "A-102", "A-103"]}
    shown = json.loads(vendor(Request("GET", "https://vendor.example/entities?ids=A-102"), later).body)
    assert [record["id"] for record in shown["resources"]] == ["A-102"]


def test_answers_that_list_no_event_are_fixed(tmp_path):
    calls = [
        a_call("/v1.0/token", {"access_token": "x", "it's": None}, kind="login", method="POST"),
        a_call("/users/7/groups", [{"name": "admins"}], path="/users/{id}/groups", kind="guess"),
        a_call("/version", {"api.version": {"major": 3}}, kind="guess"),
        a_call("/ping", {}, kind="guess"),
        a_call(),
    ]
    vendor = SimulatedVendor(scenario_of(tmp_path, *calls))
    asked = [("POST", "/v1.0/token"), ("GET", "/users/9/groups"), ("GET", "/version"), ("GET", "/ping")]
    answers = [vendor(Request(method, f"https://vendor.example{path}"), START) for method, path in asked]
    assert [json.loads(each.body) for each in answers] == [call.answer for call in calls[:4]]
    assert {dict(each.headers)["Content-Type"] for each in answers} == {"application/json"}
    assert vendor(Request("GET", "https://vendor.example/v1x0/token"), START) is None


TOKEN = "c0ffee" * 10
KEYS = {"url": "https://vendor.example", "key": "key-of-the-instance", "c": {"identifier": "me", "password": "my-word"}}


def logging_in(url="/token", answer=None, **more):
    shown = {"kind": "login", "method": "POST", "body": {"user": "me", "pass": "my-word"}} | more
    return a_call(url, {"access_token": TOKEN} if answer is None else answer, **shown)


@pytest.mark.parametrize(
    ("login", "shown", "found"),
    [
        (logging_in(), {"Authorization": f"Bearer {TOKEN}"}, ("json", ("user", "pass"), "access_token", "header")),
        (logging_in(body="grant_type=c&id=me&scope=x"), {"X-T": TOKEN},
         ("form", ("grant_type", "id"), "access_token", "header")),
        (logging_in(answer={"data": {"sid": TOKEN}}), {"Cookie": f"SID={TOKEN}"},
         ("json", ("user", "pass"), "data.sid", "cookie")),
        (logging_in(answer=TOKEN), {"X-T": TOKEN}, ("json", ("user", "pass"), "", "header")),
        (logging_in(answer={}), {"X-T": f"{TOKEN}-header-X-Sid"}, ("json", ("user", "pass"), "X-Sid", "header")),
        (logging_in(answer={}), {"Cookie": f"S={TOKEN}-cookie-S"}, ("json", ("user", "pass"), "S", "cookie")),
        (logging_in(body=None, headers={"Authorization": "Basic bWU6bXktd29yZA=="}), {"X-T": TOKEN},
         ("basic", (), "access_token", "header")),
        (logging_in(body=None, headers={"X-Key": "key-of-the-instance"}), {"X-T": TOKEN},
         ("header", ("X-Key",), "access_token", "header")),
        (logging_in("/token?key=key-of-the-instance", body=None, method="GET"), {"X-T": TOKEN},
         ("query", ("key",), "access_token", "header")),
    ],
)  # fmt: skip
def test_a_login_is_drafted_from_what_it_carries_and_where_its_token_comes_back(tmp_path, login, shown, found):
    scenario = scenario_of(tmp_path, login, a_call(headers=shown), params=KEYS)
    [drafted_login] = scenario.logins
    assert (drafted_login.place, drafted_login.needs, drafted_login.token_at, drafted_login.sent_in) == found
    assert [each.path for each in scenario.endpoints] == ["/alerts"]
    vendor = SimulatedVendor(scenario)
    ask = a_call(headers=shown).request
    assert vendor(ask, START).status == 401
    given = vendor(login.request, START)
    text = given.body.decode() + str(given.headers)
    token = json.loads(given.body).get("access_token", "") if text.startswith("{") else ""
    if token:
        [(name, value)] = shown.items()
        asked = replace(ask, headers=((name, value.replace(TOKEN, token)),))
        assert vendor(asked, START).status == 200


def test_a_token_that_is_shown_under_a_made_up_name_is_a_fixed_answer(tmp_path):
    login = logging_in(answer={"name": f"{TOKEN}01", "value": TOKEN})
    scenario = scenario_of(tmp_path, login, a_call(headers={f"{TOKEN}01": TOKEN}), params=KEYS)
    assert scenario.logins == ()
    assert [each.kind for each in scenario.endpoints] == ["fixed", "list"]


def test_a_number_that_the_script_begins_with_is_no_token(tmp_path):
    assert scenario_of(tmp_path, a_call("/alerts?_cursor=0")).endpoints[0].paging is None


def test_how_long_a_token_is_good_stands_where_the_answer_says_it(tmp_path):
    answer = {"access_token": TOKEN, "expires_in": 3600, "scope": "read", "refresh_token": f"{TOKEN}1"}
    login = logging_in(answer=answer)
    [made] = scenario_of(tmp_path, login, a_call(headers={"Authorization": f"Bearer {TOKEN}"}), params=KEYS).logins
    assert (made.life.total_seconds(), made.life_at) == (3600, "expires_in")
    assert made.extra == {"scope": "read"}


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (a_call(headers={"Authorization": "Token key-of-the-instance"}), ("key", "header", "Authorization", "Token ")),
        (a_call(headers={"X-Key": "key-of-the-instance"}), ("key", "header", "X-Key", "")),
        (a_call("/alerts?k=key-of-the-instance"), ("key", "query", "k", "")),
        (a_call(headers={"Authorization": "Basic bWU6bXktd29yZA=="}), ("basic", "header", "Authorization", "")),
    ],
)
def test_a_key_that_every_call_shows_is_a_login(tmp_path, call, found):
    scenario = scenario_of(tmp_path, call, params=KEYS, secrets=("key-of-the-instance",))
    [made] = scenario.logins
    assert (made.kind, made.sent_in, made.sent_as) == found[:3]
    assert made.kind == "basic" or made.prefix == found[3]
    assert scenario_of(tmp_path, call, a_call("/open"), params=KEYS).logins == ()


def test_without_a_sample_what_is_guessed_is_marked():
    text = drafted(a_call(kind="guess")).scenario
    assert "\ndrafted = true\n" in text
    assert 'event = "id"  # TODO' in text
    assert 'time = "created"  # TODO' in text
    assert "--sample answer.json" in text
    assert "TODO" not in drafted(a_call("/alerts?created_gte=2024-05-14T08:30:00Z")).scenario.partition("[identity]")[2]


@pytest.mark.parametrize("answer", [{}, {"status": "ok"}, [], {"alerts": []}, {"alerts": [{}]}, [{"a": {"b": {}}}]])
def test_an_answer_that_shows_no_event_still_gives_a_scenario(tmp_path, answer):
    scenario = scenario_of(tmp_path, a_call(answer=answer, kind="guess"))
    assert len(scenario.events) == 3
    assert scenario.endpoints[0].path == "/alerts"


def test_a_fetch_without_any_call_still_gives_a_scenario(tmp_path):
    assert scenario_of(tmp_path).endpoints == ()


def test_a_draft_whose_answers_are_all_sampled_is_none_and_one_that_stops_or_guesses_is(tmp_path):
    guessed = a_call("/alerts/A-1", answer={"id": "A-1"}, kind="guess")
    login = a_call("/login", answer={"token": "abc"}, kind="login", method="POST")
    assert not scenario_of(tmp_path, login, a_call()).drafted
    assert scenario_of(tmp_path, a_call(), guessed).drafted
    assert "drafted = true" in drafted(a_call(), failure=Failure("KeyError", "'key'")).scenario


def test_an_early_end_is_told_in_one_comment():
    failure = Failure("KeyError", "no\nsuch \x1b[1m key", line=12)
    text = drafted(a_call(kind="guess"), failure=failure).scenario
    assert "# TODO: against made-up answers the fetch ends early (line 12): no such [1m key" in text


def test_secrets_that_nobody_made_up_are_replaced():
    made = drafted(params={"key": "real-secret", "c": {"identifier": "me", "password": "real-pw", "credentials": {}}},
                   secrets=("real-secret", "real-pw")).scenario  # fmt: skip
    assert "real" not in made
    assert 'c = {identifier = "me", password = "' in made


def test_parameters_without_a_value_are_only_named():
    text = drafted(params={"url": "https://vendor.example", "query": None, "insecure": False, "isFetch": True}).scenario
    assert '[params]\nurl = "https://vendor.example"\n# Not set: query\n' in text
    assert "isFetch" not in text


def test_the_harder_vendor_of_the_comment_takes_the_place_of_the_easy_one(tmp_path):
    text = drafted(a_call()).scenario
    head, _, rest = text.partition('every = "2m"\ncount = 3\n')
    _, _, harder = rest.partition("in place of `every` and `count`:\n")
    (tmp_path / "script.py").write_text("")
    (tmp_path / "xsim.toml").write_text(head + harder.replace("# ", "", 5), encoding="utf-8")
    scenario = load_scenario(tmp_path / "xsim.toml").scenario
    lags = {round((event.visible - event.occurred).total_seconds()) for event in scenario.events}
    assert (len(scenario.events), {lag // 10 * 10 for lag in lags}) == (300, {0, 180})
    assert len({event.occurred for event in scenario.events}) < 300
