"""What the vendor holds as time goes on, and the vendors made of it for probes."""

import pytest
from vendor_builders import a_change, a_request, a_vendor, an_endpoint, an_event, answer, asked, at, ids

from xsim.world import Filter, Hatch, Order, Paging

ASCENDING = Order(("created",))


def test_an_event_is_listed_from_when_it_becomes_visible():
    vendor = a_vendor([an_event("A", "12:00", visible="12:05")])
    assert ids(vendor, now=at("12:04:59.999999")) == []
    assert ids(vendor, now=at("12:05")) == ["A"]


def test_the_vendor_answers_for_any_moment_forwards_or_back():
    vendor = a_vendor([an_event("A", "12:00"), an_event("B", "12:10")], order=ASCENDING)
    assert [ids(vendor, now=at(when)) for when in ("12:15", "12:05", "11:00", "12:10")] == [
        ["A", "B"],
        ["A"],
        [],
        ["A", "B"],
    ]


def test_a_change_shows_from_its_moment_on():
    event = an_event("A", state="new", owner=None, changes=[a_change("12:30", state="closed", owner__name="Ann")])
    vendor = a_vendor([event])
    assert answer(vendor, now=at("12:29"))[0] == {**event.record}
    assert answer(vendor, now=at("12:30"))[0] == {**event.record, "state": "closed", "owner": {"name": "Ann"}}


def test_a_change_sets_one_of_a_list():
    change = a_change("12:05", history__1__what="closed", tags__0="x", notes__7="no place")
    steps = [{"what": "seen"}, {"what": "opened", "by": "ann"}]
    vendor = a_vendor([an_event("A", history=steps, tags=["a"], notes=["n"], changes=[change])])
    [record] = answer(vendor, now=at("12:06"))
    assert record["history"] == [{"what": "seen"}, {"what": "closed", "by": "ann"}]
    assert (record["tags"], record["notes"]) == (["x"], {"7": "no place"})


def test_changes_add_up():
    event = an_event("A", n=1, m=1, changes=[a_change("12:10", n=2), a_change("12:20", m=2)])
    vendor = a_vendor([event])
    assert [answer(vendor, now=at(when))[0]["n"] for when in ("12:05", "12:15", "12:25")] == [1, 2, 2]
    assert [answer(vendor, now=at(when))[0]["m"] for when in ("12:05", "12:15", "12:25")] == [1, 1, 2]


def test_a_deleted_event_is_gone_for_good():
    event = an_event("A", changes=[a_change("12:30", deleted=True), a_change("12:40", n=1)])
    vendor = a_vendor([event])
    assert [ids(vendor, now=at(when)) for when in ("12:29", "12:30", "12:45")] == [["A"], [], []]


def test_what_changes_before_it_is_visible_is_listed_changed():
    event = an_event("A", "12:00", visible="12:30", n=1, changes=[a_change("12:10", n=2)])
    vendor = a_vendor([event])
    assert ids(vendor, now=at("12:20")) == []
    assert answer(vendor, now=at("12:30"))[0]["n"] == 2


def test_an_event_deleted_before_it_is_visible_is_never_listed():
    event = an_event("A", "12:00", visible="12:30", changes=[a_change("12:10", deleted=True)])
    vendor = a_vendor([event])
    assert ids(vendor, now=at("12:30")) == []
    assert ids(vendor.alone("A"), now=at("12:30")) == []


def test_a_change_moves_an_event_in_an_order_by_the_changed_field():
    events = [an_event("A", n=1, changes=[a_change("12:30", n=3)]), an_event("B", n=2)]
    vendor = a_vendor(events, order=Order(("n",)))
    assert ids(vendor, now=at("12:29")) == ["A", "B"]
    assert ids(vendor, now=at("12:30")) == ["B", "A"]


def test_an_endpoint_may_show_some_streams_only():
    events = [an_event("A", stream="alerts"), an_event("C", stream="cases")]
    vendor = a_vendor(events, an_endpoint("/cases", streams=("cases",)), an_endpoint("/all"))
    assert ids(vendor, "/cases") == ["C"]
    assert sorted(ids(vendor, "/all")) == ["A", "C"]


def test_alone_holds_one_event_as_first_listed_whatever_the_time():
    events = [an_event("A", "12:00", visible="12:05", n=1, changes=[a_change("12:30", n=2)]), an_event("B", "12:00")]
    vendor = a_vendor(events).alone("A")
    assert ids(vendor, now=at("01:00")) == ["A"]
    assert answer(vendor, now=at("12:40"))[0]["n"] == 1


def test_alone_leaves_the_vendor_itself_as_it_is():
    vendor = a_vendor([an_event("A", "12:00"), an_event("B", "12:10")], order=ASCENDING)
    alone = vendor.alone("B")
    assert ids(vendor, now=at("12:05")) == ["A"]
    assert ids(alone, now=at("12:05")) == ["B"]
    assert ids(vendor, now=at("12:10")) == ["A", "B"]


def test_there_is_no_event_of_an_unknown_name_to_be_alone():
    with pytest.raises(KeyError):
        a_vendor([an_event("A")]).alone("B")


def test_alone_filters_as_the_vendor_does():
    vendor = a_vendor([an_event("A", "12:00")], filters=(Filter("since", "created"),)).alone("A")
    assert ids(vendor, "/alerts?since=2024-05-14T12:00:00Z") == ["A"]
    assert ids(vendor, "/alerts?since=2024-05-14T12:00:01Z") == []


def test_without_news_stands_still():
    events = [
        an_event("A", "12:00", n=1, changes=[a_change("12:20", n=2), a_change("12:40", n=3)]),
        an_event("B", "12:05", changes=[a_change("12:50", deleted=True)]),
        an_event("C", "12:45"),
    ]
    vendor = a_vendor(events, order=ASCENDING).without_news(at("12:30"))
    assert ids(vendor, now=at("13:00")) == ["A", "B"]
    assert answer(vendor, now=at("13:00"))[0]["n"] == 2
    assert ids(vendor, now=at("12:02")) == ["A"]


def test_standing_still_does_not_stop_the_vendors_clock():
    vendor = a_vendor([an_event("A", "12:00")], filters=(Filter("last", "created", relative="m"),))
    still = vendor.without_news(at("12:10"))
    assert ids(still, "/alerts?last=15", now=at("12:14")) == ["A"]
    assert ids(still, "/alerts?last=15", now=at("12:16")) == []


TAIL = Paging("token", "after", next_at="next", tail_token=True, token_when_empty=True)


@pytest.mark.parametrize("order", [Order(("created", "id")), Order()])
def test_a_stored_token_is_answerable_where_only_one_event_is_left(order):
    events = [an_event("A", "12:00"), an_event("B", "12:01"), an_event("C", "12:02"), an_event("D", "12:03")]
    vendor = a_vendor(events, list_at="items", paging=TAIL, order=order)
    token = answer(vendor, "/alerts?limit=2")["next"]
    assert ids(vendor.alone("A"), f"/alerts?after={token}") == []
    assert ids(vendor.alone("B"), f"/alerts?after={token}") == []
    assert ids(vendor.alone("C"), f"/alerts?after={token}") == ["C"]


def test_a_stored_last_id_is_answerable_where_only_another_event_is_left():
    events = [an_event("A", "12:00"), an_event("B", "12:01"), an_event("C", "12:02")]
    vendor = a_vendor(events, paging=Paging("last_id", "after"), order=ASCENDING)
    assert ids(vendor.alone("C"), "/alerts?after=B") == ["C"]
    assert ids(vendor.alone("A"), "/alerts?after=B") == []


def test_two_vendors_of_one_scenario_answer_alike(tmp_path):
    file = tmp_path / "vendor.py"
    file.write_text("def answer(request, world):\n    return world.random.random()\n", encoding="utf-8")
    hatch = Hatch(str(file), "answer")
    events = [an_event(f"A-{n}", f"12:{n:02}") for n in range(9)]
    first, second = (a_vendor(events, an_endpoint("/alerts"), hatch=hatch) for _ in range(2))
    requests = [a_request("/alerts?limit=3"), a_request("/else"), a_request("/else")]
    assert [first(each, at("12:05")) for each in requests] == [second(each, at("12:05")) for each in requests]
    assert asked(first, "/else").body != asked(first, "/else").body
