"""Places to go on from: kept by the server, or given out and good for a while."""

from datetime import timedelta

import pytest
from vendor_builders import LATER, a_change, a_request, a_vendor, an_endpoint, an_event, answer, asked, at, ids

from xsim.world import Filter, Limit, Order, Paging

FIVE = [an_event(letter, f"12:0{number}") for number, letter in enumerate("ABCDE")]
KEPT = Paging("kept", "consumer")


def feed(events=FIVE, *, paging=KEPT, **named):
    return a_vendor(events, paging=paging, list_at="items", more_at="more", **named)


def test_every_answer_goes_on_behind_the_last_one():
    vendor = feed()
    assert ids(vendor, "/alerts?limit=2") == ["A", "B"]
    assert answer(vendor, "/alerts?limit=2")["more"] is True
    assert ids(vendor, "/alerts?limit=2") == ["E"]
    assert ids(vendor, "/alerts?limit=2") == []


def test_what_comes_later_is_in_a_later_answer():
    vendor = feed([*FIVE, an_event("F", "12:02", visible="12:30")])
    assert ids(vendor, now=at("12:10")) == list("ABCDE")
    assert ids(vendor, now=at("12:20")) == []
    assert ids(vendor, now=at("12:30")) == ["F"]


def test_what_is_listed_late_is_handed_out_late_whatever_the_order_within_an_answer():
    late = an_event("L", "12:02", visible="12:30")
    vendor = feed([*FIVE, late, an_event("F", "12:20")], order=Order(("-created",)))
    assert ids(vendor, "/alerts?limit=3", now=at("12:10")) == list("CBA")
    assert ids(vendor, now=at("12:25")) == list("FED")
    assert ids(vendor, now=at("12:30")) == ["L"]


def test_each_consumer_has_a_place_of_its_own():
    vendor = feed()
    assert ids(vendor, "/alerts?limit=3&consumer=x") == ["A", "B", "C"]
    assert ids(vendor, "/alerts?limit=1&consumer=y") == ["A"]
    assert ids(vendor, "/alerts?limit=1") == ["A"]
    assert ids(vendor, "/alerts?consumer=x") == ["D", "E"]


def test_two_feeds_do_not_share_a_place():
    vendor = a_vendor(FIVE, an_endpoint("/a", paging=KEPT), an_endpoint("/b", paging=KEPT))
    assert (ids(vendor, "/a?limit=2"), ids(vendor, "/b?limit=1")) == (["A", "B"], ["A"])
    hosts = a_vendor(FIVE, *(an_endpoint("/a", host=host, paging=KEPT) for host in ("x.example", "y.example")))
    assert ids(hosts, "/a?limit=2", host="https://x.example") == ["A", "B"]
    assert ids(hosts, "/a?limit=1", host="https://y.example") == ["A"]


def test_an_empty_answer_and_a_limit_of_nothing_move_no_place():
    vendor = feed()
    assert ids(vendor, "/alerts?limit=0") == []
    assert ids(vendor, now=at("11:00")) == []
    assert vendor.state is None
    assert ids(vendor, now=at("12:00")) == ["A"]


def test_a_refused_request_moves_no_place():
    vendor = feed(filters=(Filter("since", "created"),))
    assert asked(vendor, "/alerts?since=then").status == 400
    assert ids(vendor)[0] == "A"


def test_a_place_holds_where_its_record_is_gone():
    vendor = feed([FIVE[0], an_event("B", "12:01", changes=[a_change("12:30", deleted=True)]), *FIVE[2:]])
    assert ids(vendor, "/alerts?limit=2", now=at("12:10")) == ["A", "B"]
    assert ids(vendor, now=at("12:40")) == ["C", "D", "E"]


def test_another_order_is_one_within_the_answer_and_the_place_holds():
    vendor = feed(order=Order(("created",), name="sort"))
    ids(vendor, "/alerts?limit=3")
    assert ids(vendor, "/alerts?sort=-id,created&limit=2") == ["E", "D"]
    assert ids(vendor, "/alerts?sort=created") == []


def test_the_place_of_the_state_shuts_a_lone_event_out():
    vendor = feed()
    ids(vendor, "/alerts?limit=3")
    state = vendor.state
    assert ids(vendor.alone("B")) == ["B"]
    assert ids(vendor.alone("B", state=state)) == []
    assert ids(vendor.alone("D", state=state)) == ["D"]
    again = vendor.alone("D", state=state)
    assert (ids(again), ids(again), ids(vendor.alone("D", state=state))) == (["D"], [], ["D"])


# --- how long a token is good -------------------------------------------------------------------------------

ASCENDING = Order(("created",))


def paged(kind="token", *, life=timedelta(minutes=10), **named):
    named.setdefault("stale_status", 410)
    paging = Paging(kind, "cursor", next_at="" if kind == "link_header" else "next", life=life, **named)
    return a_vendor(FIVE, order=ASCENDING, list_at="items", paging=paging)


def test_a_token_is_good_for_its_life_and_no_longer():
    vendor = paged()
    token = answer(vendor, "/alerts?limit=2", now=at("12:30"))["next"]
    target = f"/alerts?cursor={token}&limit=2"
    assert ids(vendor, target, now=at("12:40")) == ["C", "D"]
    response = asked(vendor, target, now=at("12:40:00.000001"))
    assert response.status == 410
    assert b"cursor: older than 0:10:00, and no longer good" in response.body
    assert response.listing is None


def test_each_page_gives_a_token_with_a_life_of_its_own():
    vendor = paged()
    first = answer(vendor, "/alerts?limit=2", now=at("12:30"))["next"]
    second = answer(vendor, f"/alerts?cursor={first}&limit=2", now=at("12:39"))["next"]
    assert ids(vendor, f"/alerts?cursor={second}&limit=2", now=at("12:48")) == ["E"]


def test_links_grow_old_as_well():
    vendor = paged("next_link", stale_status=400)
    link = answer(vendor, "/alerts?limit=2", now=at("12:30"))["next"]
    statuses = [asked(vendor, link, host="", now=at(when)).status for when in ("12:31", "12:41")]
    assert statuses == [200, 400]
    header = dict(asked(paged("link_header"), "/alerts?limit=2", now=at("12:30")).headers)["Link"]
    assert asked(paged("link_header"), header[1 : header.index(">")], host="", now=at("12:41")).status == 410


@pytest.mark.parametrize("token", ["W1tbMiwxXSwxXSx7fSwiYSJd", "W251bGwse30sMSwyXQ"])
def test_a_token_with_a_life_that_makes_no_sense_is_none(token):
    assert asked(paged(), f"/alerts?cursor={token}").status == 400


def test_a_token_without_an_age_is_no_longer_good_where_they_grow_old():
    token = answer(paged(life=None), "/alerts?limit=2")["next"]
    assert asked(paged(), f"/alerts?cursor={token}").status == 410


def test_a_last_id_that_is_gone_has_the_status_of_what_is_stale():
    events = [FIVE[0], an_event("B", "12:01", changes=[a_change("12:30", deleted=True)])]
    vendor = a_vendor(events, order=ASCENDING, paging=Paging("last_id", "after", stale_status=404))
    assert [asked(vendor, "/alerts?after=B", now=at(when)).status for when in ("12:20", "12:40")] == [200, 404]


def test_a_last_id_may_be_deleted_by_the_script_itself():
    vendor = a_vendor(
        FIVE,
        an_endpoint(order=ASCENDING, paging=Paging("last_id", "after", stale_status=410)),
        an_endpoint("/alerts/{id}", method="DELETE", kind="update", deletes=True),
    )
    assert ids(vendor, "/alerts?after=B") == ["C", "D", "E"]
    asked(vendor, "/alerts/B", method="DELETE")
    assert asked(vendor, "/alerts?after=B").status == 410
    assert ids(vendor, "/alerts?after=A") == ["C", "D", "E"]


def test_a_server_side_place_survives_a_limit_of_the_vendors_own():
    vendor = feed(limit=Limit("limit", default=2, maximum=2))
    seen = [vendor(a_request("/alerts?limit=100"), LATER).listing.listed for _ in range(4)]
    assert seen == [("A", "B"), ("C", "D"), ("E",), ()]
