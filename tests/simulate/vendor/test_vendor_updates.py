"""Records that the script changes: acknowledged, labelled as read, deleted."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_builders import (
    LATER,
    a_change,
    a_request,
    a_vendor,
    an_endpoint,
    an_event,
    answer,
    asked,
    at,
    ids,
    problem,
)

from xsim.world import Endpoint, Filter, Order, Paging

NEW = [an_event(letter, f"12:0{number}", status="new") for number, letter in enumerate("ABC")]
STATUS = Filter("status", "status", compare="=", kind="text")
OLDEST_FIRST = Order(("created",))


def acknowledging(events=NEW, *, listed=None, **named):
    named = {"path": "/ack/{id}", "method": "POST", "set": {"status": "done"}, **named}
    return a_vendor(
        events,
        an_endpoint("/alerts", **{"filters": (STATUS,), "order": OLDEST_FIRST, **(listed or {})}),
        an_endpoint("/alerts/{id}", kind="detail"),
        an_endpoint(kind="update", **named),
    )


def post(vendor, target, *, now=LATER, **named):
    return asked(vendor, target, method="POST", now=now, **named)


def test_an_update_takes_effect_for_all_later_requests():
    vendor = acknowledging(extra={"result": "ok"})
    assert ids(vendor, "/alerts?status=new", now=at("12:30")) == ["A", "B", "C"]
    response = post(vendor, "/ack/B", now=at("12:30"))
    assert (response.status, json.loads(response.body), response.listing) == (200, {"result": "ok"}, None)
    assert ids(vendor, "/alerts?status=new", now=at("12:30")) == ["A", "C"]
    assert ids(vendor, "/alerts?status=done", now=at("12:40")) == ["B"]
    assert answer(vendor, "/alerts/B", now=at("12:40"))["status"] == "done"


def test_the_past_stays_as_it_was():
    vendor = acknowledging()
    post(vendor, "/ack/B", now=at("12:30"))
    assert ids(vendor, "/alerts?status=new", now=at("12:29")) == ["A", "B", "C"]
    assert ids(vendor, "/alerts?status=new", now=at("12:31")) == ["A", "C"]


def test_an_unknown_record_is_told_so():
    vendor = acknowledging(unknown_status=410)
    assert post(vendor, "/ack/Z").status == 410
    assert b"no record has the id Z" in post(vendor, "/ack/Z").body
    assert post(acknowledging(), "/ack/C", now=at("12:01")).status == 404
    assert vendor.state is None


def test_the_record_may_be_the_answer():
    vendor = acknowledging(record_at="data", extra={"ok": True})
    response = post(vendor, "/ack/A")
    assert json.loads(response.body) == {"ok": True, "data": {**NEW[0].record, "status": "done"}}
    assert response.listing.listed == ("A",)


def test_an_answer_may_have_no_content():
    response = post(acknowledging(status=204), "/ack/A")
    assert (response.status, response.headers, response.body) == (204, (), b"")
    assert post(acknowledging(text="OK", status=202), "/ack/A").body == b"OK"


def test_values_may_come_from_the_body():
    vendor = acknowledging(set={"status": "{data.state}", "meta.note": "{note}", "by": "xsim {note}"})
    post(vendor, "/ack/A", json_body={"data": {"state": "closed"}, "note": {"text": "é"}})
    record = answer(vendor, "/alerts/A")
    assert (record["status"], record["meta"], record["by"]) == ("closed", {"note": {"text": "é"}}, "xsim {note}")


def test_what_the_body_leaves_out_stays_as_it_is_and_null_is_a_value():
    vendor = acknowledging(set={"status": "{status}"})
    assert post(vendor, "/ack/A", json_body={}).status == 200
    assert answer(vendor, "/alerts/A")["status"] == "new"
    post(vendor, "/ack/A", json_body={"status": None})
    assert answer(vendor, "/alerts/A")["status"] is None


def test_a_body_that_is_no_json_is_refused_and_changes_nothing():
    vendor = acknowledging(set={"status": "{status}"})
    assert problem(vendor, "/ack/A", method="POST", form="status=done")["parameter"] == "body"
    assert vendor.state is None


@pytest.mark.parametrize(
    ("place", "sent"),
    [
        ("json", {"json_body": {"ids": ["A", "C", "Z"]}}),
        ("form", {"form": "ids=A&ids=C"}),
        ("query", {"target": "/ack?ids=A,C,Z"}),
    ],
)
def test_one_update_may_name_many_records(place, sent):
    vendor = acknowledging(path="/ack", id_name="ids", id_place=place)
    target = sent.pop("target", "/ack")
    assert post(vendor, target, **sent).status == 200
    assert ids(vendor, "/alerts?status=new") == ["B"]


def test_many_records_may_be_the_answer():
    vendor = acknowledging(path="/ack", id_name="ids", record_at="rows")
    assert [each["status"] for each in json.loads(post(vendor, "/ack?ids=A,C").body)["rows"]] == ["done", "done"]


def test_of_many_ids_one_has_to_be_known():
    vendor = acknowledging(path="/ack", id_name="ids", id_place="json")
    assert post(vendor, "/ack", json_body={"ids": ["Y", "Z"]}).status == 404
    assert post(vendor, "/ack", json_body={"ids": []}).status == 200
    assert post(vendor, "/ack", json_body={}).status == 400


def test_what_is_deleted_is_gone():
    vendor = acknowledging(method="DELETE", deletes=True, record_at="was", listed={"total_at": "n", "list_at": "items"})
    assert json.loads(asked(vendor, "/ack/B", method="DELETE", now=at("12:30")).body)["was"]["id"] == "B"
    assert answer(vendor, now=at("12:30"))["n"] == 2
    assert asked(vendor, "/alerts/B", now=at("12:30")).status == 404
    assert asked(vendor, "/ack/B", method="DELETE", now=at("12:31")).status == 404
    assert ids(vendor, now=at("12:29")) == ["A", "B", "C"]


def test_what_the_scenario_changes_later_stands_over_a_write():
    changes = [a_change("12:20", n=1), a_change("12:40", status="reopened"), a_change("12:50", deleted=True)]
    vendor = acknowledging([an_event("A", status="new", n=0, changes=changes)])
    post(vendor, "/ack/A", now=at("12:30"))
    seen = [answer(vendor, "/alerts/A", now=at(when)) for when in ("12:10", "12:20", "12:30", "12:40")]
    assert [(each["status"], each["n"]) for each in seen] == [("new", 0), ("new", 1), ("done", 1), ("reopened", 1)]
    assert ids(vendor, "/alerts?status=reopened", now=at("12:45")) == ["A"]
    assert ids(vendor, now=at("12:50")) == []


def test_a_record_that_is_given_another_id_is_found_by_it():
    vendor = acknowledging(set={"id": "{id}"})
    post(vendor, "/ack/A", json_body={"id": "A2"})
    assert answer(vendor, "/alerts/A2")["created"] == NEW[0].record["created"]
    assert asked(vendor, "/alerts/A").status == 404


def test_a_write_moves_a_record_in_the_order_of_what_was_written():
    vendor = a_vendor(
        NEW,
        an_endpoint("/alerts", order=Order(("updated", "created"))),
        an_endpoint("/touch/{id}", kind="update", set={"updated": "{at}"}, method="POST"),
    )
    assert ids(vendor, now=at("12:30")) == ["A", "B", "C"]
    post(vendor, "/touch/A", json_body={"at": "2024-05-14T12:30:00Z"}, now=at("12:30"))
    assert ids(vendor, now=at("12:31")) == ["B", "C", "A"]


def test_a_list_may_be_sorted_by_a_field_that_only_updates_give():
    vendor = acknowledging(set={"seen.at": "{at}"}, listed={"order": Order(("created",), name="sort")})
    for event, moment in (("B", 1), ("A", 2)):
        post(vendor, f"/ack/{event}", json_body={"at": moment})
    assert ids(vendor, "/alerts?sort=-seen.at") == ["A", "B", "C"]


def test_acknowledging_twice_is_remembered_once():
    vendor = acknowledging()
    post(vendor, "/ack/A", now=at("12:30"))
    once = vendor.state
    post(vendor, "/ack/A", now=at("12:31"))
    assert vendor.state == once
    assert list(once) == ["writes"]


def test_a_write_to_an_earlier_moment_lies_under_the_later_ones():
    vendor = acknowledging(set={"status": "{s}", "note": "{n}"})
    post(vendor, "/ack/A", json_body={"s": "second"}, now=at("12:40"))
    post(vendor, "/ack/A", json_body={"s": "first", "n": 1}, now=at("12:30"))
    assert answer(vendor, "/alerts/A", now=at("12:35"))["status"] == "first"
    later = answer(vendor, "/alerts/A", now=at("12:45"))
    assert (later["status"], later["note"]) == ("second", 1)


def test_a_list_of_unread_records_shifts_under_an_offset_as_it_is_read():
    vendor = acknowledging(listed={"paging": Paging("offset", "skip")})
    assert ids(vendor, "/alerts?status=new&limit=1") == ["A"]
    post(vendor, "/ack/A")
    assert ids(vendor, "/alerts?status=new&limit=1&skip=1") == ["C"]


ACTIONS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 59), st.sampled_from(["ack", "delete", "look", "fork"])), max_size=25
)


@settings(max_examples=60, deadline=None)
@given(actions=ACTIONS)
def test_shelves_that_follow_show_what_fresh_ones_do(actions):
    events = [
        an_event(f"E{n}", f"12:{n * 7:02}", visible=f"12:{n * 9:02}", status="new", changes=changes)
        for n, changes in enumerate(
            [(), (a_change("12:20", status="old"),), (), (a_change("12:50", deleted=True),), (a_change("12:40", n=1),)]
        )
    ]
    vendor = a_vendor(
        events,
        an_endpoint("/alerts", filters=(STATUS,), order=Order(("status", "created"))),
        an_endpoint("/unsorted"),
        an_endpoint("/ack/{id}", kind="update", set={"status": "{s}"}),
        an_endpoint("/ack/{id}", kind="update", method="DELETE", deletes=True),
    )
    fresh = a_vendor()
    for number, (event, minute, action) in enumerate(actions):
        now = at(f"12:{minute:02}:{number:02}")
        if action == "ack":
            vendor(a_request(f"/ack/E{event}", json_body={"s": f"s{number}"}), now)
        elif action == "delete":
            vendor(a_request(f"/ack/E{event}", method="DELETE"), now)
        elif action == "fork":
            vendor.state = json.loads(json.dumps(vendor.state))
        fresh = vendor.without_news(LATER)
        for target in ("/alerts", "/alerts?status=new", "/unsorted"):
            for moment in (now, at("12:59"), at("12:15")):
                assert vendor(a_request(target), moment) == fresh(a_request(target), moment)


def test_each_of_many_acknowledgements_among_many_events_is_seen_by_the_next_list():
    events = [
        an_event(f"E{n:04}", f"{n // 600 + 1:02}:{n // 10 % 60:02}:{n % 10 * 6:02}", status="new") for n in range(2_000)
    ]
    vendor = acknowledging(events)
    for number in range(400):
        assert post(vendor, f"/ack/E{number:04}").status == 200
        if number % 20 == 0:
            assert ids(vendor, "/alerts?status=new&limit=1") == [f"E{number + 1:04}"]
    assert len(vendor.state["writes"]) == 400
    vendor.state = json.loads(json.dumps(vendor.state))
    assert asked(vendor, "/alerts?status=new").listing.matched == 1_600


def test_updates_are_only_for_their_streams():
    vendor = a_vendor(
        [an_event("A", stream="cases"), an_event("B", stream="alerts")],
        Endpoint("/ack/{id}", kind="update", set={"x": 1}, streams=("cases",)),
    )
    assert [asked(vendor, f"/ack/{each}").status for each in "AB"] == [200, 404]
