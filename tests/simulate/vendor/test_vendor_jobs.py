"""Searches that run for a while: started, polled, fetched."""

from datetime import timedelta

import pytest
from vendor_builders import a_change, a_request, a_vendor, an_endpoint, an_event, answer, asked, at, ids

from xsim.world import Endpoint, Filter, Order, Paging

FIVE = [
    an_event(letter, f"12:0{number}", team="red" if number % 2 else "blue") for number, letter in enumerate("ABCDE")
]
SINCE = Filter("query.since", "created", "json")
UNTIL = Filter("query.until", "created", "json", "<")
START = "12:30"
DONE = "12:31"


def searching(events=FIVE, *, job=None, results=None, status=None):
    job = {"filters": (SINCE, UNTIL), "job_at": "job.id", "job_takes": timedelta(seconds=20), **(job or {})}
    status = {"job_name": "job", "job_state_at": "state", "total_at": "found", **(status or {})}
    results = {"job_name": "job", "list_at": "rows", "order": Order(("created",)), **(results or {})}
    return a_vendor(
        events,
        an_endpoint("/search", method="POST", kind="job", extra={"job.kind": "search"}, **job),
        Endpoint("/search/{job}", kind="job_status", **status),
        an_endpoint("/search/{job}/results", **results),
    )


def start(vendor, now=START, **query):
    return answer(vendor, "/search", method="POST", json_body={"query": query}, now=at(now))["job"]["id"]


def test_a_search_is_started_polled_and_fetched():
    vendor = searching()
    told = answer(
        vendor, "/search", method="POST", json_body={"query": {"since": "2024-05-14T12:02:00Z"}}, now=at(START)
    )
    assert told["job"]["kind"] == "search"
    job = told["job"]["id"]
    assert answer(vendor, f"/search/{job}", now=at("12:30:19")) == {"state": "RUNNING"}
    assert answer(vendor, f"/search/{job}", now=at("12:30:20")) == {"state": "DONE", "found": 3}
    response = asked(vendor, f"/search/{job}/results", now=at(DONE))
    assert response.listing.listed == ("C", "D", "E")
    assert response.listing.bounds == (("created", ">=", "2024-05-14T12:02:00Z"),)
    assert vendor.state is None


def test_a_job_has_its_own_words_and_status():
    vendor = searching(job={"status": 201, "job_at": ""}, status={"job_states": ("WAIT", "OVER"), "extra": {"a": 1}})
    response = asked(vendor, "/search", method="POST", json_body={}, now=at(START))
    job = response.body.decode().strip('"')
    assert response.status == 201
    assert answer(vendor, f"/search/{job}", now=at(START)) == {"a": 1, "state": "WAIT"}
    assert answer(vendor, f"/search/{job}", now=at(DONE))["state"] == "OVER"


def test_results_are_what_was_there_when_the_search_began():
    late = an_event("L", "12:03", visible="12:30:01")
    gone = an_event("G", "12:04", changes=[a_change("12:30:10", deleted=True)])
    vendor = searching([*FIVE, late, gone])
    job = start(vendor)
    assert ids(vendor, f"/search/{job}/results", now=at(DONE)) == ["A", "B", "C", "D", "E", "G"]
    assert "L" in ids(vendor, f"/search/{start(vendor, DONE)}/results", now=at("12:40"))


def test_two_searches_do_not_disturb_each_other_nor_the_lists():
    vendor = searching()
    first = start(vendor, "12:01", since="2024-05-14T12:01:00Z")
    second = start(vendor, "12:30", until="2024-05-14T12:01:00Z")
    assert ids(vendor, f"/search/{second}/results", now=at(DONE)) == ["A"]
    assert ids(vendor, f"/search/{first}/results", now=at(DONE)) == ["B"]
    assert ids(vendor, f"/search/{second}/results", now=at(DONE)) == ["A"]


@pytest.mark.parametrize(
    "job", ["rubbish", "W10", "WzksMCx7fV0", "Wy0xLDAse31d", "WzAsIngiLHt9XQ", "WzAsMSx7ImEiOjF9XQ", "7"]
)
def test_an_unknown_search_is_answered_so(job):
    vendor = searching(status={"unknown_status": 410})
    found = [asked(vendor, f"/search/{job}", now=at(DONE)), asked(vendor, f"/search/{job}/results", now=at(DONE))]
    assert [response.status for response in found] == [410, 404]
    assert b"no search has this id" in found[0].body
    assert b'"error":"gone"' in found[0].body


def test_results_that_are_asked_for_too_early_are_refused():
    vendor = searching(results={"unknown_status": 409})
    response = asked(vendor, f"/search/{start(vendor)}/results", now=at("12:30:05"))
    assert response.status == 409
    assert b"the search still runs, until 2024-05-14T12:30:20Z" in response.body


def test_how_long_a_search_takes_may_be_said_where_its_results_are():
    vendor = searching(results={"job_takes": timedelta(minutes=5)})
    job = start(vendor)
    statuses = [asked(vendor, f"/search/{job}/results", now=at(when)).status for when in ("12:31", "12:35")]
    assert statuses == [404, 200]


def test_results_come_in_pages():
    vendor = searching(results={"paging": Paging("token", "next", next_at="next"), "total_at": "total"})
    job = start(vendor, since="2024-05-14T12:01:00Z")
    first = answer(vendor, f"/search/{job}/results?limit=2", now=at(DONE))
    second = answer(vendor, f"/search/{job}/results?limit=9&next={first['next']}", now=at(DONE))
    assert [each["id"] for each in first["rows"] + second["rows"]] == ["B", "C", "D", "E"]
    assert (first["total"], second["next"]) == (4, None)


def test_results_take_filters_of_their_own():
    vendor = searching(results={"filters": (Filter("team", "team", compare="=", kind="text"),)})
    job = start(vendor, since="2024-05-14T12:02:00Z")
    assert ids(vendor, f"/search/{job}/results?team=red", now=at(DONE)) == ["D"]


def test_a_span_back_counts_from_the_start_of_the_search():
    vendor = searching(job={"filters": (Filter("last", "created", "json", relative="m"),)})
    body = {"last": 2}
    job = answer(vendor, "/search", method="POST", json_body=body, now=at("12:04"))["job"]["id"]
    assert ids(vendor, f"/search/{job}/results", now=at("14:00")) == ["C", "D", "E"]


def test_results_come_in_the_order_that_the_search_was_told():
    vendor = searching(job={"order": Order(name="sort", place="json")}, results={"order": Order()})
    told = answer(vendor, "/search", method="POST", json_body={"sort": "team,-created"}, now=at(START))
    assert ids(vendor, f"/search/{told['job']['id']}/results", now=at(DONE)) == ["E", "C", "A", "D", "B"]
    own = searching(results={"order": Order(("-created",))}, job={"order": Order(("created",))})
    assert ids(own, f"/search/{start(own)}/results", now=at(DONE))[0] == "E"


def test_a_search_that_asks_for_nonsense_is_refused_when_it_starts():
    vendor = searching()
    response = vendor(a_request("/search", method="POST", json_body={"query": {"since": "then"}}), at(START))
    assert (response.status, response.listing) == (400, None)


def test_a_search_is_known_in_other_copies_of_the_world():
    vendor = searching()
    job = start(vendor, since="2024-05-14T12:02:00Z")
    assert ids(vendor.alone("D"), f"/search/{job}/results", now=at(DONE)) == ["D"]
    assert ids(vendor.alone("A"), f"/search/{job}/results", now=at(DONE)) == []
    assert ids(vendor.without_events(), f"/search/{job}/results", now=at(DONE)) == []
    assert ids(vendor.without_news(at("12:03")), f"/search/{job}/results", now=at(DONE)) == ["C", "D"]


def test_each_job_has_its_own_filters():
    vendor = a_vendor(
        FIVE,
        an_endpoint("/red", kind="job", filters=(Filter("team", "team", compare="=", kind="text"),), job_at="id"),
        an_endpoint("/late", kind="job", filters=(Filter("since", "created"),), job_at="id", streams=()),
        an_endpoint("/results", job_name="job", job_place="query"),
    )
    jobs = [
        answer(vendor, "/red?team=red", now=at(START))["id"],
        answer(vendor, "/late?since=2024-05-14T12:03:00Z")["id"],
    ]
    assert ids(vendor, f"/results?job={jobs[0]}") == ["D", "B"]
    assert ids(vendor, f"/results?job={jobs[1]}") == ["E", "D"]


def test_a_search_looks_through_its_own_streams():
    events = [an_event("A", stream="cases"), an_event("B", stream="alerts")]
    vendor = a_vendor(
        events,
        an_endpoint("/search", kind="job", job_at="id", streams=("cases",)),
        an_endpoint("/results", job_name="job", job_place="query"),
    )
    assert ids(vendor, f"/results?job={answer(vendor, '/search')['id']}") == ["A"]
