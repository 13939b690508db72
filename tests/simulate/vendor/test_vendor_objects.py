"""Ids first and objects next, in another order than they were asked for."""

import pytest
from vendor_builders import LATER, a_change, a_request, a_vendor, an_endpoint, an_event, answer, asked, at, ids, problem

from xsim.world import Filter, Limit, Order, Paging

THREE = [an_event("A", "12:00"), an_event("B", "12:01"), an_event("C", "12:02")]


def objects(events=THREE, **named):
    named = {"kind": "objects", "id_name": "ids", **named}
    return a_vendor(events, an_endpoint("/objects", **named), an_endpoint())


def test_objects_come_newest_first_whatever_the_order_of_the_ids():
    vendor = objects(list_at="items", wrap="alert")
    response = asked(vendor, "/objects?ids=A&ids=C&ids=B")
    assert response.listing.listed == ("C", "B", "A")
    assert (response.listing.matched, response.listing.endpoint) == (3, "GET /objects")
    assert answer(vendor, "/objects?ids=A&ids=C")["items"][0]["alert"]["id"] == "C"


def test_objects_come_in_the_order_that_the_api_has_or_is_asked_for():
    assert ids(objects(order=Order(("created",))), "/objects?ids=C,A") == ["A", "C"]
    assert ids(objects(order=Order(name="sort")), "/objects?ids=C,B,A&sort=created") == ["A", "B", "C"]


def test_ids_may_be_repeated_or_separated_by_commas():
    assert ids(objects(), "/objects?ids=A,%20B") == ["B", "A"]
    vendor = objects(method="POST", id_place="form")
    assert ids(vendor, "/objects", method="POST", form="ids=A&ids=B,C") == ["C", "B", "A"]


def test_ids_may_stand_in_json_as_texts_or_numbers():
    numbered = [an_event(1, "12:00"), an_event(2, "12:01")]
    vendor = objects(numbered, method="POST", id_place="json", id_name="filter.ids")
    assert ids(vendor, "/objects", method="POST", json_body={"filter": {"ids": [1, "2"]}}) == ["2", "1"]
    inside = objects(method="POST", id_place="json", id_name="alerts.*.key")
    assert ids(inside, "/objects", method="POST", json_body={"alerts": [{"key": "A"}, {"key": "B"}]}) == ["B", "A"]
    bare = objects(method="POST", id_place="json", id_name="*")
    assert ids(bare, "/objects", method="POST", json_body=["C"]) == ["C"]


def test_ids_may_stand_in_the_path():
    vendor = a_vendor(THREE, an_endpoint("/objects/{ids}", kind="objects", id_name="ids", id_place="path"))
    assert ids(vendor, "/objects/A,B") == ["B", "A"]
    assert ids(a_vendor(THREE, an_endpoint("/objects/{id}", kind="objects")), "/objects/A,C") == ["C", "A"]


def test_an_id_that_holds_a_comma_is_one_id():
    vendor = objects([an_event("A,B", "12:00"), an_event("A", "12:01")])
    assert ids(vendor, "/objects?ids=A,B") == ["A,B"]


def test_unknown_ids_are_left_out_and_each_record_comes_once():
    vendor = objects(total_at="total", list_at="items")
    assert ids(vendor, "/objects?ids=A,X,A,B,") == ["B", "A"]
    assert answer(vendor, "/objects?ids=X") == {"total": 0, "items": []}


def test_what_is_not_yet_listed_or_gone_is_unknown():
    events = [
        an_event("A", "12:00", visible="12:30"),
        an_event("B", "12:01", changes=[a_change("12:20", deleted=True)]),
    ]
    vendor = objects(events)
    assert ids(vendor, "/objects?ids=A,B", now=at("12:10")) == ["B"]
    assert ids(vendor, "/objects?ids=A,B", now=at("12:40")) == ["A"]


def test_no_ids_at_all_are_refused_but_an_empty_list_is_answered():
    assert problem(objects(), "/objects")["message"] == "ids: the parameter is required"
    vendor = objects(method="POST", id_place="json", id_name="q.ids")
    assert problem(vendor, "/objects", method="POST", json_body={"q": {}})["parameter"] == "q.ids"
    assert ids(vendor, "/objects", method="POST", json_body={"q": {"ids": []}}) == []
    assert ids(objects(), "/objects?ids=") == []
    nested = objects(method="POST", id_place="json", id_name="alerts.*.key")
    assert ids(nested, "/objects", method="POST", json_body={"alerts": []}) == []


def test_the_limit_cuts_objects_too():
    vendor = objects(limit=Limit("limit", default=2), list_at="items", more_at="more")
    assert ids(vendor, "/objects?ids=A,B,C") == ["C", "B"]
    assert answer(vendor, "/objects?ids=A,B,C")["more"] is True
    assert ids(vendor, "/objects?ids=A,B,C&limit=1") == ["C"]


def test_objects_take_filters_and_pages():
    vendor = objects(filters=(Filter("since", "created"),), paging=Paging("offset", "skip"))
    assert ids(vendor, "/objects?ids=A,B,C&since=2024-05-14T12:01:00Z") == ["C", "B"]
    assert ids(vendor, "/objects?ids=A,B,C&skip=2") == ["A"]


def test_objects_are_known_by_a_field_of_their_own_and_by_stream():
    events = [an_event("A", meta={"key": 7}, stream="cases"), an_event("B", meta={"key": 8}, stream="alerts")]
    vendor = objects(events, id_field="meta.key", streams=("cases",))
    assert ids(vendor, "/objects?ids=7,8") == ["A"]


def test_ids_first_gives_what_the_second_call_takes():
    ids_first = an_endpoint("/ids", list_at="resources", pick="id", order=Order(("created",)))
    second = an_endpoint("/objects", method="POST", kind="objects", id_name="ids", id_place="json", list_at="resources")
    vendor = a_vendor(THREE, ids_first, second)
    found = answer(vendor, "/ids?limit=2")["resources"]
    assert found == ["A", "B"]
    given = answer(vendor, "/objects", method="POST", json_body={"ids": found})["resources"]
    assert [each["id"] for each in given] == ["B", "A"]


@pytest.mark.parametrize("count", [1, 200])
def test_one_event_left_alone_is_still_found_among_many_ids(count):
    events = [an_event(f"E{n}", f"12:{n % 60:02}") for n in range(count)]
    vendor = objects(events).alone("E0")
    target = "/objects?ids=" + ",".join(event.id for event in events)
    assert vendor(a_request(target), LATER).listing.listed == ("E0",)
