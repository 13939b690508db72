"""Where a request can carry a bound: cookies, whole bodies, bodies of a GET; and bounds that go back too far."""

from datetime import timedelta
from xml.sax.saxutils import escape

import pytest
from vendor_builders import a_request, a_vendor, an_endpoint, an_event, answer, asked, at, ids, iso, problem

from xsim.world import Filter, Limit, Order, Paging

FIVE = [an_event(letter, f"12:0{number}", team="R&D" if number % 2 else "it") for number, letter in enumerate("ABCDE")]
ASCENDING = Order(("created",))


def a_filtering(*filters, **named):
    return a_vendor(FIVE, an_endpoint(order=ASCENDING, filters=filters, **named))


def with_body(vendor, text, *, target="/alerts"):
    response = asked(vendor, target, method="POST", form=text)
    assert response.status == 200, response.body
    return list(response.listing.listed)


def test_a_bound_may_stand_in_a_cookie():
    vendor = a_filtering(Filter("since", "created", "cookie"))
    headers = [("Cookie", 'a=1; since="2024-05-14T12:03:00Z"'), ("cookie", "b=2")]
    assert ids(vendor, headers=headers) == ["D", "E"]
    assert ids(vendor, headers=[("Cookie", "other=1; =x; ;")]) == list("ABCDE")
    assert ids(vendor, headers=[("A", "1"), ("cookie", "since=2024-05-14T12:04:00Z;")]) == ["E"]


SOAP = Filter("", "created", "body", pattern="<(?:\\w+:)?from>(?P<bound>[^<]+)</")
ENVELOPE = '<?xml version="1.0"?><s:Envelope xmlns:s="urn:s"><s:Body>{}</s:Body></s:Envelope>'


def test_a_pattern_reads_soap():
    vendor = a_filtering(SOAP, method="POST")
    query = "<q:find><q:from>2024-05-14T12:03:00Z</q:from></q:find>"
    assert with_body(vendor, ENVELOPE.format(query)) == ["D", "E"]
    assert with_body(vendor, ENVELOPE.format("")) == list("ABCDE")
    assert with_body(vendor, "") == list("ABCDE")


def test_a_pattern_reads_xml_that_is_escaped_inside_xml():
    vendor = a_filtering(SOAP, method="POST")
    inner = escape("<find><from>2024-05-14T12:03:00Z</from></find>")
    assert with_body(vendor, ENVELOPE.format(f"<request>{inner}</request>")) == ["D", "E"]
    assert with_body(vendor, ENVELOPE.format(f"<request>{escape(inner)}</request>")) == list("ABCDE")


def test_a_bound_in_xml_is_what_its_entities_say():
    team = Filter("", "team", "body", compare="=", kind="text", pattern="<team>(?P<bound>[^<]+)</team>")
    vendor = a_filtering(team, method="POST")
    assert with_body(vendor, "<team>R&amp;D</team>") == ["B", "D"]
    assert with_body(vendor, ENVELOPE.format(escape("<team>R&amp;D</team>"))) == ["B", "D"]
    assert with_body(vendor, "team: <team>R&D</team>") == ["B", "D"]


def test_a_whole_body_may_be_the_bound():
    vendor = a_filtering(Filter("", "created", "body"), method="POST")
    assert with_body(vendor, "2024-05-14T12:04:00Z") == ["E"]


def test_a_bound_in_a_body_may_be_required():
    vendor = a_filtering(
        Filter("body", "created", "body", required=True, pattern="<from>(?P<bound>[^<]+)"), method="POST"
    )
    assert "nothing in it matches" in problem(vendor, method="POST", form="<other/>")["message"]
    assert "required" in problem(vendor, method="POST")["message"]


def test_a_token_keeps_what_a_body_asked_for():
    until = Filter("", "created", "body", "<=", pattern="<until>(?P<bound>[^<]+)")
    since = Filter("", "created", "body", pattern="<from>(?P<bound>[^<]+)")
    vendor = a_filtering(
        since, until, method="POST", paging=Paging("token", "next", next_at="next"), list_at="items", limit=Limit("n")
    )
    first = "<from>2024-05-14T12:01:00Z</from><until>2024-05-14T12:03:00Z</until>"
    told = answer(vendor, "/alerts?n=1", method="POST", form=first)
    assert [each["id"] for each in told["items"]] == ["B"]
    assert with_body(vendor, "<more/>", target=f"/alerts?next={told['next']}") == ["C", "D"]


def test_a_form_or_json_in_the_body_of_a_get_is_read():
    form = a_filtering(Filter("since", "created", "form"), limit=Limit("n", "form"))
    assert ids(form, form="since=2024-05-14T12%3A01%3A00Z&n=2") == ["B", "C"]
    body = a_filtering(Filter("q.since", "created", "json"), limit=Limit("n", "json"))
    assert ids(body, json_body={"q": {"since": "2024-05-14T12:01:00Z"}, "n": 2}) == ["B", "C"]
    assert ids(body) == list("ABCDE")


WIDEST = Filter("since", "created", widest=timedelta(days=7))


def back(**span):
    return f"/alerts?since={iso(at('13:00') - timedelta(**span))}"


def test_a_bound_that_goes_back_too_far_is_refused_with_the_limit():
    vendor = a_filtering(WIDEST)
    assert ids(vendor, back(days=7), now=at("13:00")) == list("ABCDE")
    told = problem(vendor, back(days=7, seconds=1), now=at("13:00"))
    assert told["message"] == "since: farther back than the service goes, which is 7 days, 0:00:00"
    assert told["value"] == "2024-05-07T12:59:59Z"


def test_without_a_bound_no_window_is_too_wide():
    assert ids(a_filtering(WIDEST), now=at("13:00")) == list("ABCDE")


def test_the_limit_holds_also_where_what_is_unreadable_is_ignored():
    vendor = a_filtering(Filter("since", "created", widest=timedelta(hours=1), unreadable="ignore"))
    assert ids(vendor, "/alerts?since=then", now=at("13:00")) == list("ABCDE")
    assert asked(vendor, back(hours=2), now=at("13:00")).status == 400


def test_days_that_are_compared_as_days_are_counted_as_days():
    vendor = a_filtering(Filter("since", "created", precision="d", widest=timedelta(days=7)))
    assert asked(vendor, "/alerts?since=2024-05-07", now=at("13:00")).status == 200
    assert asked(vendor, "/alerts?since=2024-05-06", now=at("13:00")).status == 400


@pytest.mark.parametrize(("span", "status"), [("60", 200), ("61", 400)])
def test_a_span_back_has_the_limit_too(span, status):
    vendor = a_filtering(Filter("last", "created", relative="m", widest=timedelta(hours=1)))
    assert asked(vendor, f"/alerts?last={span}").status == status


def test_pages_go_on_when_their_first_request_was_inside_the_limit():
    for kind in ("token", "next_link"):
        vendor = a_filtering(WIDEST, paging=Paging(kind, "next", next_at="next"), list_at="items")
        leads_on = answer(vendor, back(days=7) + "&limit=2", now=at("13:00"))["next"]
        if kind == "token":
            leads_on = f"https://vendor.example{back(days=7)}&next={leads_on}"
        assert ids(vendor, leads_on, host="", now=at("13:05"))[0] == "C"


def test_a_search_may_not_go_back_too_far_either():
    vendor = a_vendor(
        FIVE,
        an_endpoint("/search", kind="job", filters=(WIDEST,), job_at="id"),
        an_endpoint("/results", job_name="job", job_place="query"),
    )
    assert vendor(a_request(back(days=8).replace("/alerts", "/search")), at("13:00")).status == 400
    job = answer(vendor, back(days=7).replace("/alerts", "/search"), now=at("13:00"))["id"]
    assert len(ids(vendor, f"/results?job={job}", now=at("15:00"))) == 5
