"""In which order a list comes."""

import pytest
from vendor_builders import a_change, a_vendor, an_endpoint, an_event, asked, at, ids, problem

from xsim.world import Filter, Order, Paging

SHUFFLED = [an_event("B", "12:01"), an_event("C", "12:02", visible="12:03"), an_event("A", "12:00", visible="12:05")]


def listed(events, order, target="/alerts", **named):
    return ids(a_vendor(events, order=order), target, **named)


def test_the_newest_comes_first_where_nothing_else_is_said():
    vendor = a_vendor(SHUFFLED)
    assert ids(vendor) == ["C", "B", "A"]
    assert asked(vendor).listing.order == ("-created",)


def test_of_the_same_moment_the_last_one_comes_first_where_nothing_else_is_said():
    events = [an_event("A", "12:00"), an_event("B", "12:00"), an_event("C", "12:01")]
    assert ids(a_vendor(events)) == ["C", "B", "A"]


def test_a_stated_order_leaves_ties_in_the_order_of_the_scenario():
    events = [an_event("A", "12:00"), an_event("B", "12:00"), an_event("C", "12:01")]
    assert listed(events, Order(("created",))) == ["A", "B", "C"]
    assert listed(events, Order(("-created",))) == ["C", "A", "B"]


def test_several_fields_each_have_their_direction():
    events = [an_event("A", level="high"), an_event("B", level="low"), an_event("C", level="high")]
    assert listed(events, Order(("-level", "-id"))) == ["B", "C", "A"]
    assert listed(events, Order(("level", "-id"))) == ["C", "A", "B"]


def test_times_are_sorted_as_moments_not_as_text():
    events = [
        an_event("A", "12:00", seen="2024-05-14T12:00:00.5Z"),
        an_event("B", "12:01", seen="2024-05-14T12:00:00Z"),
        an_event("C", "12:02", seen="2024-05-14T13:00:00+02:00"),
    ]
    assert listed(events, Order(("seen",))) == ["C", "B", "A"]


def test_numbers_are_sorted_as_numbers_and_texts_as_text():
    numbers = [an_event(100, "12:00"), an_event(99, "12:01")]
    texts = [an_event("99", "12:00"), an_event("100", "12:01")]
    assert listed(numbers, Order(("id",))) == ["99", "100"]
    assert listed(texts, Order(("id",))) == ["100", "99"]


def test_ids_stated_to_be_text_are_sorted_as_text_even_where_they_are_numbers():
    events = [an_event(99, "12:00"), an_event(100, "12:01")]
    vendor = a_vendor(events, order=Order(("id",)), filters=(Filter("after", "id", compare=">", kind="text"),))
    assert ids(vendor) == ["100", "99"]


def test_records_without_the_field_stand_at_the_low_end():
    events = [an_event("A", n=2), an_event("B", n=None), an_event("C", n=1), an_event("D")]
    assert listed(events, Order(("n",))) == ["B", "D", "C", "A"]
    assert listed(events, Order(("-n",))) == ["A", "C", "B", "D"]


def test_values_of_several_types_do_not_break_the_order():
    events = [
        an_event("A", n="x"),
        an_event("B", n=1),
        an_event("C", n=True),
        an_event("D", n=[1]),
        an_event("E", n={}),
    ]
    assert sorted(listed(events, Order(("n",)))) == ["A", "B", "C", "D", "E"]


def test_without_a_time_field_the_newest_is_the_last_that_occurred():
    events = [an_event("A", "12:01"), an_event("B", "12:02"), an_event("C", "12:00")]
    assert ids(a_vendor(events, time_field="")) == ["B", "A", "C"]


ASKED = [
    ("created", "ABC"),
    ("+created", "ABC"),
    ("-created", "CBA"),
    ("created asc", "ABC"),
    ("created%20DESC", "CBA"),
    ("created:desc", "CBA"),
    ("created,desc", "CBA"),
    ("createdAt,asc", "ABC"),
    ("alerts.created", "ABC"),
    ("asc", "ABC"),
    ("newest", "CBA"),
    ("level,-created", "BCA"),
    ("level,-created,desc", "BCA"),
]


@pytest.mark.parametrize(("value", "expected"), ASKED)
def test_a_request_may_ask_for_an_order(value, expected):
    events = [an_event("A", "12:00", level=2), an_event("B", "12:01", level=1), an_event("C", "12:02", level=1.5)]
    if "createdAt" in value:
        events = [an_event(e.id, createdAt=e.record["created"]) for e in events]
    assert listed(events, Order(name="sort"), f"/alerts?sort={value}") == list(expected)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("dir", "asc", "ABC"), ("dir", "DESC", "CBA"), ("sortDescending", "false", "ABC"), ("ascending", "false", "CBA")],
)
def test_a_parameter_of_its_own_may_hold_the_direction(name, value, expected):
    order = Order(name="sort", direction_name=name)
    assert listed(SHUFFLED, order, f"/alerts?sort=created&{name}={value}") == list(expected)
    assert listed(SHUFFLED, order, f"/alerts?{name}={value}") == list(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ({"field": "created", "keyword": "asc"}, "ABC"),
        ([{"field": "created", "order": "DESC"}], "CBA"),
        ({"created": 1}, "ABC"),
        ([{"level": "asc"}, {"created": {"order": "desc"}}], "CAB"),
        (["level", "created"], "ACB"),
    ],
)
def test_an_order_in_a_json_body_may_be_an_object(sort, expected):
    events = [an_event("A", "12:00", level=1), an_event("B", "12:01", level=2), an_event("C", "12:02", level=1)]
    vendor = a_vendor(events, method="POST", order=Order(name="request.sort", place="json"))
    assert ids(vendor, method="POST", json_body={"request": {"sort": sort}}) == list(expected)


def test_a_direction_alone_turns_the_vendors_own_order_round():
    events = [an_event("A", "12:01"), an_event("B", "12:02"), an_event("C", "12:00")]
    vendor = a_vendor(events, time_field="", order=Order(direction_name="dir"))
    no_field = a_vendor(events, an_endpoint(time_field="", order=Order(direction_name="dir")))
    for each in (vendor, no_field):
        assert ids(each, "/alerts?dir=asc") == ["C", "A", "B"]
        assert ids(each, "/alerts?dir=desc") == ["B", "A", "C"]


def test_a_vendor_without_events_takes_every_order():
    vendor = a_vendor([], order=Order(name="sort"))
    assert ids(vendor, "/alerts?sort=-created") == []
    assert ids(vendor, "/alerts?sort=severity") == []


def test_an_order_by_a_field_that_no_record_has_is_refused_with_the_nearest_one():
    vendor = a_vendor(SHUFFLED, order=Order(name="sort"))
    told = problem(vendor, "/alerts?sort=craeted")
    assert told["message"] == "sort: the records have no field craeted to sort by; did you mean created?"
    assert problem(a_vendor(SHUFFLED, order=Order(direction_name="dir")), "/alerts?dir=sideways")["parameter"] == "dir"


def test_an_order_that_the_api_does_not_know_is_ignored():
    assert listed(SHUFFLED, Order(), "/alerts?sort=created") == ["C", "B", "A"]


def test_the_evidence_names_the_order_that_was_asked_for():
    vendor = a_vendor(SHUFFLED, order=Order(name="sort"))
    assert asked(vendor, "/alerts?sort=created,-id").listing.order == ("created", "-id")


def test_a_feed_with_a_token_to_go_on_from_comes_in_the_order_of_arrival():
    vendor = a_vendor(SHUFFLED, list_at="items", paging=Paging("token", "after", next_at="next", tail_token=True))
    assert ids(vendor) == ["B", "C", "A"]
    assert asked(vendor).listing.order == ("visible",)


def test_more_orders_than_are_kept_are_all_right():
    names = [f"f{number}" for number in range(20)]
    fields = dict.fromkeys(names, 1)
    events = [an_event("A", "12:00", **fields), an_event("B", "12:01", **fields)]
    vendor = a_vendor(events, order=Order(name="sort"))
    assert all(ids(vendor, f"/alerts?sort={name}") == ["A", "B"] for name in [*names, *names])


@pytest.mark.parametrize("order", [Order(("created",)), Order(("-created",)), Order(), Order(("-id",)), Order(("id",))])
def test_a_bound_keeps_the_same_records_in_every_order(order):
    events = [an_event(f"{number:03}", f"12:{number % 7:02}", n=number) for number in range(40)]
    events.append(an_event("999", "12:59", written=...))
    since = Filter("since", "created", compare=">")
    until = Filter("until", "created", compare="<=")
    vendor = a_vendor(events, order=order, filters=(since, until))
    target = "/alerts?since=2024-05-14T12:02:00Z&until=2024-05-14T12:05:00Z&limit=100"
    expected = {event.id for event in events if "12:02" < event.record.get("created", "")[11:16] <= "12:05"}
    assert set(ids(vendor, target)) == expected
    assert asked(vendor, target).listing.matched == len(expected)


def test_the_order_holds_while_events_come_change_and_go():

    events = [
        an_event(f"{n:03}", f"12:{n % 50:02}", score=n % 5, changes=[a_change(f"13:{n % 60:02}", score=n % 3)])
        for n in range(120)
    ]
    events.append(an_event("gone", "12:10", score=0, changes=[a_change("12:40", deleted=True)]))
    vendor = a_vendor(events, order=Order(("-score", "id")))
    for when in ("12:05", "12:20", "12:45", "13:30", "13:59", "12:30", "12:05", "14:00", "12:10"):
        fresh = a_vendor(events, order=Order(("-score", "id")))
        assert ids(vendor, "/alerts?limit=500", now=at(when)) == ids(fresh, "/alerts?limit=500", now=at(when))
