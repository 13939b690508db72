"""Which endpoint answers, and what its answer looks like."""

import json

import pytest
from vendor_builders import LATER, a_change, a_request, a_vendor, an_endpoint, an_event, answer, asked, at, ids, problem

from xsim.world import Condition, Endpoint, Filter, Order, Paging

TWO = [an_event("A", "12:00"), an_event("B", "12:01")]
A, B = ({**event.record} for event in TWO)


def vendor_of(*, events=TWO, **named):
    return a_vendor(events, order=Order(("created",)), **named)


def test_a_list_may_be_the_whole_answer():
    assert answer(vendor_of()) == [A, B]


def test_a_list_stands_at_its_place_among_the_fixed_fields():
    vendor = vendor_of(
        list_at="data.items", extra={"status": "ok", "data.kind": "alerts"}, total_at="meta.total", more_at="more"
    )
    expected = {"status": "ok", "data": {"kind": "alerts", "items": [A]}, "meta": {"total": 2}, "more": True}
    assert answer(vendor, "/alerts?limit=1") == expected


def test_an_answer_tells_the_number_of_its_records_and_what_its_last_one_says():
    vendor = vendor_of(list_at="items", count_at="meta.count", last_at={"meta.newest": "created", "to.id": "id"})
    assert answer(vendor, "/alerts?limit=1") == {
        "items": [A], "meta": {"count": 1, "newest": A["created"]}, "to": {"id": "A"},
    }  # fmt: skip
    assert answer(vendor)["to"] == {"id": "B"}
    empty = vendor_of(events=[], list_at="items", count_at="meta.count", last_at={"meta.newest": "created"})
    assert answer(empty) == {"items": [], "meta": {"count": 0, "newest": None}}


def test_a_literal_dot_in_a_place_is_no_step():
    assert answer(vendor_of(list_at="odata\\.value")) == {"odata.value": [A, B]}


def test_each_record_may_be_wrapped():
    assert answer(vendor_of(list_at="items", wrap="alert")) == {"items": [{"alert": A}, {"alert": B}]}


def test_a_list_may_hold_ids_alone_and_a_second_call_the_objects_in_another_order():
    vendor = a_vendor(
        TWO,
        an_endpoint("/ids", order=Order(("created",)), pick="id", list_at="resources"),
        an_endpoint(
            "/objects",
            method="POST",
            list_at="resources",
            order=Order(("-id",)),
            filters=(Filter("ids", "id", place="json", compare="in", kind="text", required=True),),
        ),
    )
    found = answer(vendor, "/ids")["resources"]
    assert found == ["A", "B"]
    assert answer(vendor, "/objects", method="POST", json_body={"ids": found})["resources"] == [B, A]
    assert ids(vendor, "/ids") == ["A", "B"]


EMPTY = [
    ("list", {"ok": 1, "data": {"items": []}}),
    ("missing", {"ok": 1}),
    ("null", {"ok": 1, "data": {"items": None}}),
    ("object", {"ok": 1, "data": {"items": {}}}),
]


@pytest.mark.parametrize(("empty", "expected"), EMPTY)
def test_what_is_sent_where_nothing_matches_is_the_vendors_choice(empty, expected):
    vendor = vendor_of(events=[], list_at="data.items", extra={"ok": 1}, empty=empty)
    assert answer(vendor) == expected


@pytest.mark.parametrize(("empty", "body"), [("list", b"[]"), ("null", b"null"), ("object", b"{}"), ("body", b"")])
def test_a_bare_list_may_be_empty_in_its_own_way(empty, body):
    assert asked(vendor_of(events=[], empty=empty)).body == body


def test_an_empty_answer_may_have_no_body_in_spite_of_its_fields():
    assert asked(vendor_of(events=[], list_at="items", total_at="total", empty="body")).body == b""


def test_the_body_is_compact_json_in_utf_8():
    response = asked(a_vendor([an_event("Ä", written="2024-05-14T12:00:00Z", name="東京 – \ud83d")]))
    assert dict(response.headers)["Content-Type"] == "application/json"
    assert b": " not in response.body
    assert json.loads(response.body)[0]["name"] == "東京 – \ud83d"
    plain = asked(a_vendor([an_event("Ä", name="東京")]))
    assert "東京".encode() in plain.body


def test_the_same_question_has_the_same_answer_to_the_byte():
    vendor = vendor_of(list_at="items", paging=Paging("token", "t", next_at="next"))
    first, second = (asked(vendor, "/alerts?limit=1") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("target", ["/alerts", "/alerts/", "//alerts", "/alerts?x=1", "/%61lerts"])
def test_a_path_is_known_in_its_spellings(target):
    assert ids(vendor_of(), target) == ["A", "B"]


@pytest.mark.parametrize(
    ("target", "method"),
    [
        ("/alert", "GET"),
        ("/alerts/A", "GET"),
        ("/Alerts", "GET"),
        ("/", "GET"),
        ("/alerts", "POST"),
        ("/alerts", "HEAD"),
        ("/alerts", "OPTIONS"),
    ],
)
def test_a_call_that_no_endpoint_takes_is_answered_by_nobody(target, method):
    assert asked(vendor_of(), target, method=method) is None


def test_methods_are_compared_without_their_case():
    assert asked(vendor_of(), method="get").status == 200


def test_any_host_answers_unless_one_is_named():
    vendor = a_vendor(
        TWO, an_endpoint("/alerts"), an_endpoint("/alerts", host="EU.vendor.example", extra={"eu": 1}, list_at="items")
    )
    assert "items" in answer(vendor, host="https://eu.vendor.example")
    assert "items" in answer(vendor, host="http://user:word@eu.VENDOR.example:8443")
    assert answer(vendor, host="https://us.vendor.example") == [B, A]
    alone = a_vendor(TWO, an_endpoint("/alerts", host="eu.vendor.example"))
    assert asked(alone, host="https://us.vendor.example") is None


def test_a_host_may_be_named_with_its_port():
    vendor = a_vendor(TWO, an_endpoint("/alerts", host="vendor.example:8443"))
    assert asked(vendor, host="https://vendor.example") is None
    assert asked(vendor, host="https://vendor.example:8443").status == 200


def one_address(*calls, **named):
    """A vendor with calls at /query: a name and what a request has to say for each."""
    return a_vendor(
        TWO,
        *(an_endpoint("/query", kind="fixed", extra={"call": call}, when=when, **named) for call, when in calls),
    )


def called(vendor, target="/query", **request):
    return json.loads(asked(vendor, target, **request).body)["call"]


def test_of_several_calls_at_one_address_the_first_answers_of_which_all_holds():
    two = (Condition("q", pattern="FROM alerts"), Condition("key"))
    vendor = one_address(("rest", ()), ("both", two), ("alerts", two[:1]), ("also alerts", (Condition("q"),)))
    assert called(vendor, "/query?q=SELECT+FROM+alerts&key=1") == "both"
    assert called(vendor, "/query?q=SELECT+FROM+alerts") == "alerts"
    assert called(vendor, "/query?q=SELECT") == "also alerts"
    assert called(vendor) == "rest"


def test_a_call_may_be_known_by_its_body_whatever_that_is():
    by_name = (Condition("method", "json", "^alert[.]get$"),)
    by_values = (Condition("params", "json", "recent"),)
    vendor = one_address(
        ("get", by_name), ("recent", by_values), ("soap", (Condition("body", "body", "<Search"),)), ("rest", ()),
        method="POST",
    )  # fmt: skip
    post = {"method": "POST"}
    assert called(vendor, json_body={"method": "alert.get"}, **post) == "get"
    assert called(vendor, json_body={"params": {"recent": True}}, **post) == "recent"
    assert called(vendor, form="<Envelope><Search/></Envelope>", **post) == "soap"
    assert called(vendor, form="{", **post) == "rest"


def test_a_request_that_says_nothing_of_what_it_has_to_is_answered_by_nobody():
    assert one_address(("alerts", (Condition("q"),)))(a_request("/query"), at("12:30")) is None


def test_literal_parts_go_before_braces():
    vendor = a_vendor(
        TWO,
        an_endpoint("/alerts/{id}", kind="detail"),
        an_endpoint("/alerts/{id}.json", kind="detail", record_at="json"),
        an_endpoint("/alerts/recent"),
    )
    assert answer(vendor, "/alerts/recent") == [B, A]
    assert answer(vendor, "/alerts/A") == A
    assert answer(vendor, "/alerts/A.json") == {"json": A}


@pytest.mark.parametrize("target", ["/alerts/A%2FB%20C", "/alerts/A%2fB%20C/"])
def test_a_part_of_the_path_is_decoded(target):
    vendor = a_vendor([an_event("A/B C")], path="/alerts/{id}", kind="detail")
    assert ids(vendor, target) == ["A/B C"]


def test_a_detail_call_shows_one_record_as_it_is_now():
    events = [an_event(7, "12:00", n=1, changes=[a_change("12:30", n=2), a_change("12:40", deleted=True)])]
    vendor = a_vendor(events, path="/alerts/{id}", kind="detail", record_at="data.alert", extra={"ok": True})
    assert answer(vendor, "/alerts/7", now=at("12:00"))["data"]["alert"]["n"] == 1
    assert answer(vendor, "/alerts/7", now=at("12:30")) == {"ok": True, "data": {"alert": {**events[0].record, "n": 2}}}
    assert [asked(vendor, "/alerts/7", now=at(when)).status for when in ("11:59", "12:40")] == [404, 404]
    listing = asked(vendor, "/alerts/7", now=at("12:30")).listing
    assert (listing.listed, listing.matched, listing.bounds) == (("7",), 1, (("id", "=", "7"),))


def test_an_unknown_id_is_not_found():
    vendor = a_vendor(TWO, path="/alerts/{id}", kind="detail")
    response = asked(vendor, "/alerts/Z")
    assert response.status == 404
    assert json.loads(response.body)["message"] == "no record has the id Z"
    assert response.listing.listed == ()


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("query", {"target": "/alert?alert_id=B"}),
        ("json", {"json_body": {"alert_id": "B"}}),
        ("form", {"form": "alert_id=B"}),
        ("header", {"headers": [("Alert_Id", "B")]}),
    ],
)
def test_a_detail_call_may_name_the_id_in_a_parameter(place, sent):
    vendor = a_vendor(TWO, path="/alert", method="POST", kind="detail", id_name="alert_id", id_place=place)
    assert ids(vendor, **{"target": "/alert", "method": "POST", **sent}) == ["B"]
    assert problem(vendor, "/alert", method="POST")["message"] == "alert_id: the parameter is required"


def test_a_detail_call_shows_only_its_streams():
    vendor = a_vendor([an_event("A", stream="cases")], path="/alerts/{id}", kind="detail", streams=("alerts",))
    assert asked(vendor, "/alerts/A").status == 404


def test_a_record_found_by_a_field_that_changes_is_found_by_its_present_value():
    vendor = a_vendor(
        [an_event("A", key="old", changes=[a_change("12:30", key="new")])],
        path="/k/{id}",
        kind="detail",
        id_field="key",
    )
    assert [asked(vendor, "/k/old", now=at(when)).status for when in ("12:00", "12:30")] == [200, 404]
    assert [asked(vendor, "/k/new", now=at(when)).status for when in ("12:00", "12:30")] == [404, 200]


def test_a_refused_request_shows_no_events():
    vendor = vendor_of(filters=(Filter("since", "created"),))
    response = vendor(a_request("/alerts?since=then"), LATER)
    assert (response.status, response.listing) == (400, None)
    assert json.loads(response.body) == {
        "error": "bad request",
        "message": "since: no time; expected ISO 8601 or a number since 1970",
        "parameter": "since",
        "value": "then",
    }


def test_twenty_thousand_events_are_listed_as_one_by_one_would():
    events = [an_event(f"E{n:05}", f"{n // 1200 + 1:02}:{n // 20 % 60:02}:{n % 20 * 3:02}") for n in range(20_000)]
    vendor = vendor_of(events=events, filters=(Filter("since", "created", compare=">"),))
    since = events[12_345].record["created"]
    assert ids(vendor, f"/alerts?since={since}&limit=3") == [event.id for event in events[12_346:12_349]]
    assert asked(vendor, f"/alerts?since={since}").listing.matched == 20_000 - 12_346


def a_fixed_answer(**named):
    endpoint = Endpoint("/login", method="POST", kind="fixed", **named)
    return asked(a_vendor(TWO, endpoint, an_endpoint()), "/login", method="POST")


def test_a_fixed_answer_is_an_object_and_shows_no_event():
    response = a_fixed_answer(extra={"token": "t", "user.roles": ["a"]})
    assert json.loads(response.body) == {"token": "t", "user": {"roles": ["a"]}}
    assert (response.status, response.headers, response.listing) == (200, (("Content-Type", "application/json"),), None)
    assert a_fixed_answer().body == b"{}"


def test_a_fixed_answer_may_be_a_text_or_nothing():
    assert a_fixed_answer(text="schön").body == "schön".encode()
    assert a_fixed_answer(text="up").headers == (("Content-Type", "text/plain; charset=utf-8"),)
    assert (a_fixed_answer(text="").headers, a_fixed_answer(text="").body) == ((), b"")


def test_a_fixed_answer_has_its_own_status_and_headers():
    sent = (("content-type", "text/xml"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
    response = a_fixed_answer(status=201, text="<a/>", answer_headers=sent)
    assert (response.status, response.headers) == (201, sent)
    refused = a_fixed_answer(status=429, extra={"error": "slow"}, answer_headers=(("Retry-After", "5"),))
    assert refused.headers == (("Content-Type", "application/json"), ("Retry-After", "5"))


def test_a_fixed_answer_is_the_same_whatever_the_vendor_holds():
    vendor = a_vendor(TWO, Endpoint("/login", kind="fixed", extra={"token": "t"}))
    answers = [asked(each, "/login") for each in (vendor, vendor.without_events(), vendor.alone("A"))]
    assert answers[0] == answers[1] == answers[2]
    assert asked(vendor, "/login", method="POST") is None
