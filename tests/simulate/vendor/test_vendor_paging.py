"""How much one answer holds, and how it goes on."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_builders import a_change, a_vendor, an_event, answer, asked, at, ids, problem

from xsim.world import Filter, Limit, Order, Paging

ASCENDING = Order(("created",))
FIVE = [an_event(letter, f"12:0{number}") for number, letter in enumerate("ABCDE")]


def paged(kind="page", name="page", *, events=FIVE, order=ASCENDING, **named):
    paging = {
        key: named.pop(key) for key in ("first", "token_when_empty", "tail_token", "place", "last") if key in named
    }
    next_at = "" if kind == "link_header" else "next"
    return a_vendor(
        events,
        order=order,
        list_at="items",
        more_at="more",
        total_at="total",
        paging=Paging(kind, name, next_at=next_at, **paging),
        **named,
    )


def test_without_a_limit_the_vendors_own_counts():
    vendor = a_vendor(FIVE, order=ASCENDING, limit=Limit("limit", default=2, maximum=3))
    assert ids(vendor) == ["A", "B"]


def test_a_limit_above_the_maximum_is_cut_to_it():
    vendor = a_vendor(FIVE, order=ASCENDING, limit=Limit("limit", default=2, maximum=3))
    assert ids(vendor, "/alerts?limit=1000") == ["A", "B", "C"]
    assert asked(vendor, "/alerts?limit=1000").listing.limit == 3


def test_the_newest_are_kept_where_the_newest_come_first():
    assert ids(a_vendor(FIVE), "/alerts?limit=2") == ["E", "D"]


@pytest.mark.parametrize("value", ["-1", "many", "1.5", ""])
def test_a_limit_that_is_no_number_of_records_is_refused(value):
    assert problem(a_vendor(FIVE), f"/alerts?limit={value}")["parameter"] == "limit"


def test_a_limit_of_nothing_lists_nothing_and_says_that_there_is_more():
    vendor = paged()
    assert answer(vendor, "/alerts?limit=0") == {"items": [], "total": 5, "more": True, "next": None}


def test_a_limit_may_stand_in_a_header_or_a_body():
    header = a_vendor(FIVE, limit=Limit("count", "header"))
    body = a_vendor(FIVE, method="POST", limit=Limit("page.size", "json"))
    assert ids(header, headers=[("Count", "1")]) == ["E"]
    assert ids(body, method="POST", json_body={"page": {"size": 2}}) == ["E", "D"]


def test_the_evidence_says_how_many_matched_and_how_many_were_skipped():
    vendor = a_vendor(FIVE, order=ASCENDING, filters=(Filter("since", "created"),), paging=Paging("offset", "offset"))
    listing = asked(vendor, "/alerts?since=2024-05-14T12:01:00Z&offset=1&limit=2").listing
    assert (listing.listed, listing.matched, listing.offset, listing.limit) == (("C", "D"), 4, 1, 2)


def test_pages_have_numbers():
    vendor = paged()
    assert ids(vendor, "/alerts?limit=2") == ["A", "B"]
    assert ids(vendor, "/alerts?limit=2&page=1") == ["A", "B"]
    assert ids(vendor, "/alerts?limit=2&page=3") == ["E"]
    assert ids(vendor, "/alerts?limit=2&page=4") == []
    assert [answer(vendor, f"/alerts?limit=2&page={page}")["next"] for page in (1, 2, 3)] == [2, 3, None]


def test_pages_may_be_counted_from_nought():
    vendor = paged(first=0)
    assert ids(vendor, "/alerts?limit=2&page=0") == ["A", "B"]
    assert ids(vendor, "/alerts?limit=2&page=1") == ["C", "D"]


def test_an_offset_counts_records():
    vendor = paged("offset", "skip")
    assert ids(vendor, "/alerts?limit=2&skip=3") == ["D", "E"]
    assert answer(vendor, "/alerts?limit=2&skip=1")["next"] == 3
    assert answer(vendor, "/alerts?limit=2&skip=3")["next"] is None


def test_an_offset_shifts_when_a_newer_event_comes_in_front():
    vendor = paged("offset", "skip", order=Order())
    assert ids(vendor, "/alerts?limit=2", now=at("12:03")) == ["D", "C"]
    assert ids(vendor, "/alerts?limit=2&skip=2", now=at("12:04")) == ["C", "B"]


@pytest.mark.parametrize(("kind", "value"), [("page", "0"), ("page", "x"), ("offset", "-1"), ("offset", "1.5")])
def test_a_position_that_makes_no_sense_is_refused(kind, value):
    assert problem(paged(kind, "position"), f"/alerts?position={value}")["parameter"] == "position"


def test_a_token_goes_on_behind_the_last_record_with_the_filters_it_began_with():
    vendor = paged(
        "token", "cursor", filters=(Filter("since", "created"), Filter("kind", "kind", compare="=", kind="text"))
    )
    first = answer(vendor, "/alerts?limit=2&since=2024-05-14T12:01:00Z")
    assert [each["id"] for each in first["items"]] == ["B", "C"]
    second = answer(vendor, f"/alerts?limit=9&cursor={first['next']}")
    assert [each["id"] for each in second["items"]] == ["D", "E"]
    assert second["next"] is None
    assert asked(vendor, f"/alerts?cursor={first['next']}").listing.bounds == (
        ("created", ">=", "2024-05-14T12:01:00Z"),
    )


def test_a_token_keeps_the_order_that_was_asked_for():
    vendor = paged("token", "cursor", order=Order(name="sort"))
    token = answer(vendor, "/alerts?limit=2&sort=created")["next"]
    assert ids(vendor, f"/alerts?limit=2&cursor={token}") == ["C", "D"]


def test_a_token_is_not_moved_by_events_that_come_in_front():
    vendor = paged("token", "cursor", order=Order())
    token = answer(vendor, "/alerts?limit=2", now=at("12:03"))["next"]
    assert ids(vendor, f"/alerts?limit=2&cursor={token}", now=at("12:04")) == ["B", "A"]


def test_a_token_holds_where_its_record_is_gone():
    events = [*FIVE[:1], an_event("B", "12:01", changes=[a_change("13:00", deleted=True)]), *FIVE[2:]]
    vendor = paged("token", "cursor", events=events)
    token = answer(vendor, "/alerts?limit=2", now=at("12:30"))["next"]
    assert ids(vendor, f"/alerts?limit=2&cursor={token}", now=at("13:30")) == ["C", "D"]


@pytest.mark.parametrize("token", ["rubbish", "e30", "W10", "bnVsbA", "W1sxXSx7fV0", "W1tbMSwieCJdLCJ5Il0se31d", "%00"])
def test_a_token_of_somebody_elses_is_refused(token):
    assert problem(paged("token", "cursor"), f"/alerts?cursor={token}")["parameter"] == "cursor"


def test_the_last_page_has_no_token():
    assert answer(paged("token", "cursor"), "/alerts?limit=5")["next"] is None


def test_a_feed_goes_on_from_the_token_of_its_last_page():
    vendor = paged("token", "cursor", tail_token=True)
    token = answer(vendor, now=at("12:02"))["next"]
    assert ids(vendor, f"/alerts?cursor={token}", now=at("12:04")) == ["D", "E"]
    assert answer(vendor, f"/alerts?cursor={token}", now=at("12:02"))["next"] is None


def test_an_answer_without_records_may_hold_a_token_too():
    vendor = paged("token", "cursor", tail_token=True, token_when_empty=True)
    empty = answer(vendor, now=at("11:00"))["next"]
    assert ids(vendor, f"/alerts?cursor={empty}", now=at("12:01")) == ["A", "B"]
    token = answer(vendor, now=at("12:01"))["next"]
    again = answer(vendor, f"/alerts?cursor={token}", now=at("12:01"))["next"]
    assert ids(vendor, f"/alerts?cursor={again}", now=at("12:02")) == ["C"]


def test_a_token_may_travel_in_a_body():
    vendor = paged("token", "page.token", method="POST", place="json", limit=Limit("page.size", "json"))
    token = answer(vendor, method="POST", json_body={"page": {"size": 3}})["next"]
    assert ids(vendor, method="POST", json_body={"page": {"token": token}}) == ["D", "E"]


def test_a_next_link_is_the_same_url_with_a_position():
    vendor = paged("next_link", "", filters=(Filter("since", "created"),))
    target = "/alerts?limit=2&since=2024-05-14T12:01:00%2B00:00&cursor="
    link = answer(vendor, target, host="http://eu.vendor.example:8080")["next"]
    parts = urlsplit(link)
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "eu.vendor.example:8080", "/alerts")
    assert parse_qs(parts.query)["since"] == ["2024-05-14T12:01:00+00:00"]
    assert ids(vendor, link, host="") == ["D", "E"]
    assert answer(vendor, link, host="")["next"] is None


def test_a_link_header_names_the_next_page():
    vendor = paged("link_header", "after")
    response = asked(vendor, "/alerts?limit=2")
    link = re.fullmatch(r'<(https://vendor\.example/alerts\?[^>]+)>; rel="next"', dict(response.headers)["Link"])
    assert ids(vendor, link[1], host="") == ["C", "D"]
    assert "Link" not in dict(asked(vendor, "/alerts?limit=5").headers)
    assert "next" not in json.loads(response.body)


def test_a_last_id_is_followed_by_the_records_behind_it():
    vendor = paged("last_id", "after")
    assert ids(vendor, "/alerts?after=C") == ["D", "E"]
    assert ids(vendor, "/alerts?after=E") == []
    assert ids(vendor, "/alerts?after=") == list("ABCDE")
    assert answer(vendor, "/alerts?limit=2")["next"] == "B"


def test_an_answer_may_name_its_last_id_on_the_last_page_and_an_empty_one_the_id_it_was_asked_for():
    vendor = paged("last_id", "after", tail_token=True, token_when_empty=True)
    assert answer(vendor)["next"] == "E"
    assert answer(vendor, "/alerts?after=E")["next"] == "E"
    assert answer(paged("last_id", "after", tail_token=True), "/alerts?after=E")["next"] is None
    assert answer(paged("last_id", "after"))["next"] is None


def test_a_last_id_that_is_gone_is_refused():
    events = [an_event("A", "12:00"), an_event("B", "12:01", changes=[a_change("13:00", deleted=True)])]
    vendor = paged("last_id", "after", events=events)
    assert ids(vendor, "/alerts?after=B", now=at("12:30")) == []
    assert problem(vendor, "/alerts?after=B", now=at("13:00"))["message"] == "after: no record has this id"
    assert problem(vendor, "/alerts?after=Z")["value"] == "Z"


def test_a_last_id_that_is_gone_is_no_matter_in_an_order_by_id():
    events = [
        an_event(7, "12:02"),
        an_event(9, "12:01", changes=[a_change("13:00", deleted=True)]),
        an_event(10, "12:00"),
    ]
    vendor = paged("last_id", "after", events=events, order=Order(("id",)))
    assert ids(vendor, "/alerts?after=9", now=at("13:00")) == ["10"]
    assert ids(vendor, "/alerts?after=8") == ["10"]
    descending = paged("last_id", "after", events=events, order=Order(("-id",)))
    assert ids(descending, "/alerts?after=9", now=at("13:00")) == ["7"]


def next_target(kind, target, response):
    """The URL of the next page, as a client makes it; None at the end."""
    told = json.loads(response.body)
    if kind == "link_header":
        link = re.search(r"<([^>]+)>", dict(response.headers).get("Link", ""))
        return link[1].removeprefix("https://vendor.example") if link else None
    if not told.get("next"):
        return None
    if kind == "next_link":
        return told["next"].removeprefix("https://vendor.example")
    return re.sub(r"&position=[^&]*", "", target) + f"&position={told['next']}"


KINDS = ["page", "offset", "token", "next_link", "link_header", "last_id"]
ORDERS = [ASCENDING, Order(), Order(("-level",)), Order(("level", "-created")), Order(("-id",))]
EVENTS = st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["low", "high", None])), max_size=25)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(drawn=EVENTS, limit=st.integers(1, 9), order=st.sampled_from(ORDERS), filtered=st.booleans(), red=st.booleans())
def test_all_pages_together_hold_each_matching_record_once(kind, drawn, limit, order, filtered, red):
    events = [
        an_event(f"E{number:02}", f"12:0{minute}", level=level, team="red" if number % 3 else "blue")
        for number, (minute, level) in enumerate(drawn)
    ]
    filters = (Filter("since", "created", compare=">"), Filter("team", "team", compare="=", kind="text"))
    vendor = paged(kind, "position", events=events, order=order, filters=filters)
    target = f"/alerts?limit={limit}"
    target += "&since=2024-05-14T12:02:00Z" if filtered else ""
    target += "&team=red" if red else ""
    expected = [
        event.id
        for event in events
        if (not filtered or event.record["created"] > "2024-05-14T12:02:00Z")
        and (not red or event.record["team"] == "red")
    ]
    collected, pages = [], 0
    while target is not None:
        response = asked(vendor, target)
        assert response.status == 200, response.body
        assert response.listing.offset == len(collected) or not response.listing.listed
        assert response.listing.matched == len(expected)
        collected += response.listing.listed
        assert [each["id"] for each in json.loads(response.body)["items"]] == list(response.listing.listed)
        target = next_target(kind, target, response)
        pages += 1
        assert pages <= len(events) + 1, "the pages do not end"
    assert sorted(collected) == sorted(expected)
    assert pages == max(1, -(-len(expected) // limit))


KINDS_WITH_NEXT = ["page", "offset", "token", "next_link", "last_id"]


@pytest.mark.parametrize("kind", KINDS_WITH_NEXT)
def test_the_last_page_may_send_null_an_empty_text_or_leave_the_key_out(kind):
    body = {last: answer(paged(kind, "at", last=last), "/alerts?limit=9") for last in ("null", "missing", "empty")}
    assert body["null"]["next"] is None
    assert body["empty"]["next"] == ""
    assert list(body["missing"]) == ["total", "more", "items"]


@pytest.mark.parametrize("kind", KINDS_WITH_NEXT)
@pytest.mark.parametrize("last", ["missing", "empty"])
def test_pages_before_the_last_one_lead_on_all_the_same(kind, last):
    assert answer(paged(kind, "at", last=last), "/alerts?limit=2")["next"]


def test_the_object_around_a_key_that_is_left_out_stays():
    paging = Paging("offset", "offset", next_at="paging.next", last="missing")
    with_extra = a_vendor(FIVE, list_at="data", paging=paging, extra={"paging.size": 5})
    assert answer(with_extra)["paging"] == {"size": 5}
    assert answer(a_vendor([], list_at="data", paging=paging)) == {"paging": {}, "data": []}
    assert answer(a_vendor([], list_at="data", paging=paging, empty="missing")) == {"paging": {}}


# --- inside a longer text ------------------------------------------------------------------------------------


def test_limit_and_offset_may_stand_inside_a_query():
    vendor = a_vendor(
        FIVE,
        order=ASCENDING,
        limit=Limit("q", default=4, pattern=r"LIMIT (?P<bound>\S+)"),
        paging=Paging("offset", "q", pattern=r"OFFSET (?P<bound>\S+)"),
    )
    assert ids(vendor, "/alerts?q=SELECT *") == ["A", "B", "C", "D"]
    assert ids(vendor, "/alerts?q=SELECT * LIMIT 2") == ["A", "B"]
    assert ids(vendor, "/alerts?q=SELECT * LIMIT 2 OFFSET 3") == ["D", "E"]
    assert problem(vendor, "/alerts?q=LIMIT two")["parameter"] == "q"
    assert problem(vendor, "/alerts?q=" + "x" * 10_001)["parameter"] == "q"


def test_a_page_may_stand_in_a_body_whose_xml_is_escaped():
    vendor = a_vendor(
        FIVE,
        method="POST",
        order=ASCENDING,
        limit=Limit("body", "body", pattern="<size>(?P<bound>[^<]+)</size>"),
        paging=Paging("page", "body", "body", pattern="<page>(?P<bound>[^<]+)</page>"),
    )
    body = "<call>&lt;size&gt;2&lt;/size&gt;&lt;page&gt;2&lt;/page&gt;</call>"
    assert ids(vendor, method="POST", form=body) == ["C", "D"]
    assert ids(vendor, method="POST") == ["A", "B", "C", "D", "E"]


def test_a_token_or_an_id_may_stand_inside_a_text():
    pattern = r"'after': '(?P<bound>[^']+)'"
    two = Limit(default=2, maximum=2)
    behind = a_vendor(FIVE, order=ASCENDING, limit=two, paging=Paging("last_id", "input", pattern=pattern))
    assert ids(behind, "/alerts?input={'after': 'B'}") == ["C", "D"]
    paging = Paging("token", "input", next_at="next", pattern=pattern)
    tokens = a_vendor(FIVE, order=ASCENDING, limit=two, list_at="items", paging=paging)
    following = answer(tokens, "/alerts?input={'after': ''}")["next"]
    assert ids(tokens, f"/alerts?input={{'after': '{following}'}}") == ["C", "D"]
