"""The draft of a scenario, from calls written out by hand: whatever was recorded, its text loads."""

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest
from integrations import START

from xsim.integration import Integration, Parameters
from xsim.load import load_scenario
from xsim.model import Cycle, DraftedCall, Failure, Outcome, Request, Response
from xsim.report import draft
from xsim.simulate.vendor import SimulatedVendor

ALERT = {"id": "A-101", "created": "2024-03-04T09:59:40Z"}


def a_call(url="/alerts?since=2024-05-14T08:30:00Z", answer=None, **more):
    body = more.pop("body", None)
    request = Request(
        more.pop("method", "GET"), f"https://vendor.example{url}", (), json.dumps(body).encode() if body else b""
    )
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
    if made.vendor:
        (folder / "xsim_vendor.py").write_text(made.vendor, encoding="utf-8")
    return load_scenario(folder / "xsim.toml").scenario


def test_a_simple_draft_is_short_and_says_what_to_type_next():
    text = drafted(a_call(), params={"url": "https://vendor.example"}).scenario
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 25
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


def test_the_time_that_a_later_request_asks_from_is_the_event_s(tmp_path):
    answer = [{"id": "A-1", "created": "2024-03-04T09:00:00Z", "indexed": "2024-03-04T09:59:40Z"}]
    calls = [a_call(answer=answer), a_call("/alerts?since=2024-03-04T09:59:40Z", answer, cycle=2)]
    assert scenario_of(tmp_path, *calls).time_field == "indexed"


def test_the_mirror_id_of_an_incident_tells_the_identity(tmp_path):
    incidents = (json.dumps([{"name": "a", "dbotMirrorId": "N-7"}]),)
    answer = [{"id": "A-1", "notice": "N-7", "created": ALERT["created"]}]
    assert scenario_of(tmp_path, a_call(answer=answer), incidents=incidents).identity == ("notice",)


def test_a_query_language_is_answered_by_the_vendor_file(tmp_path):
    url = "/alerts?%24filter=created+gt+2024-05-14T09%3A29%3A00Z&%24top=1"
    scenario = scenario_of(tmp_path, a_call(url, {"value": [ALERT], "@count": 1}))
    assert scenario.endpoints == ()
    vendor = SimulatedVendor(scenario)
    later = START.replace(hour=10)
    answer = json.loads(vendor(Request("GET", f"https://vendor.example{url}"), later).body)
    assert [record["id"] for record in answer["value"]] == ["A-101"]
    whole = json.loads(vendor(Request("GET", f"https://vendor.example{url}0"), later).body)
    assert [record["id"] for record in whole["value"]] == ["A-101", "A-102", "A-103"]
    nothing = json.loads(vendor(Request("GET", f"https://vendor.example{url.replace('2024', '2025')}"), later).body)
    assert nothing["value"] == []


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


def test_a_login_and_a_fixed_answer_go_to_the_vendor_file(tmp_path):
    calls = [
        a_call("/v1.0/token", {"access_token": "x", "it's": None}, kind="login", method="POST"),
        a_call("/users/7/groups", [{"name": "admins"}], path="/users/{id}/groups", kind="guess"),
        a_call(),
    ]
    vendor = SimulatedVendor(scenario_of(tmp_path, *calls))
    token: Response = vendor(Request("POST", "https://vendor.example/v1.0/token"), START)
    assert json.loads(token.body) == {"access_token": "x", "it's": None}
    groups = vendor(Request("GET", "https://vendor.example/users/9/groups"), START)
    assert json.loads(groups.body) == [{"name": "admins"}]
    assert vendor(Request("GET", "https://vendor.example/v1x0/token"), START) is None


def test_without_a_sample_what_is_guessed_is_marked():
    text = drafted(a_call(kind="guess")).scenario
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
