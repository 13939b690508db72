"""What a request asks for, and which records that keeps."""

from datetime import timedelta

import pytest
from vendor_builders import a_change, a_vendor, an_event, answer, asked, at, ids, problem

from xsim.load import load_scenario
from xsim.simulate.vendor import SimulatedVendor
from xsim.world import Filter, Limit, Order, Paging

ASCENDING = Order(("created",))


def since(**named):
    return Filter(**{"name": "since", "field": "created", **named})


def listed(events, target, *filters, **named):
    return ids(a_vendor(events, filters=filters, order=ASCENDING), target, **named)


MINUTES = [an_event("A", "12:00"), an_event("B", "12:01"), an_event("C", "12:02")]


@pytest.mark.parametrize(
    ("compare", "expected"),
    [(">=", "BC"), (">", "C"), ("<=", "AB"), ("<", "A"), ("=", "B"), ("!=", "AC"), ("in", "B")],
)
def test_a_bound_is_inclusive_or_not_as_the_vendor_compares(compare, expected):
    assert listed(MINUTES, "/alerts?since=2024-05-14T12:01:00Z", since(compare=compare)) == list(expected)


def test_a_parameter_that_is_not_sent_keeps_all():
    assert listed(MINUTES, "/alerts", since()) == ["A", "B", "C"]


def test_a_parameter_that_the_api_does_not_know_is_ignored():
    assert listed(MINUTES, "/alerts?created_after=2024-05-14T12:01:00Z", since()) == ["A", "B", "C"]


def test_two_bounds_on_one_field_keep_what_lies_between():
    until = Filter("until", "created", compare="<")
    target = "/alerts?since=2024-05-14T12:01:00Z&until=2024-05-14T12:02:00Z"
    assert listed(MINUTES, target, since(), until) == ["B"]


def test_bounds_the_wrong_way_round_keep_nothing():
    until = Filter("until", "created", compare="<")
    target = "/alerts?since=2024-05-14T12:02:00Z&until=2024-05-14T12:01:00Z"
    assert listed(MINUTES, target, since(), until) == []


def test_an_offset_in_the_bound_counts():
    assert listed(MINUTES, "/alerts?since=2024-05-14T14:01:00%2B02:00", since()) == ["B", "C"]


def test_an_epoch_bound_compares_with_an_iso_field_and_the_other_way_round():
    numbered = [an_event("A", "12:00", ms=1715688000000), an_event("B", "12:01", ms=1715688060000)]
    assert listed(MINUTES, "/alerts?since=1715688060", since()) == ["B", "C"]
    assert listed(numbered, "/alerts?since=2024-05-14T12:00:30Z", since(field="ms")) == ["B"]


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("us", "C"), ("ms", "C"), ("s", "BC"), ("m", "ABC"), ("h", "ABC"), ("d", "ABC")],
)
def test_times_are_compared_at_the_vendors_precision(precision, expected):
    events = [an_event("A", "12:00:01"), an_event("B", "12:00:02.100"), an_event("C", "12:00:02.900")]
    target = "/alerts?since=2024-05-14T12:00:02.500Z"
    assert listed(events, target, since(precision=precision)) == list(expected)


def test_a_strict_bound_by_seconds_leaves_out_the_whole_second():
    events = [an_event("A", "12:00:02.100"), an_event("B", "12:00:02.900"), an_event("C", "12:00:03")]
    assert listed(events, "/alerts?since=2024-05-14T12:00:02Z", since(precision="s", compare=">")) == ["C"]


def test_a_bound_without_an_offset_has_the_zone_of_the_filter():
    filter = since(zone=timedelta(hours=2))
    assert listed(MINUTES, "/alerts?since=2024-05-14T14:01:00", filter) == ["B", "C"]
    assert listed(MINUTES, "/alerts?since=2024-05-14T12:01:00Z", filter) == ["B", "C"]


def test_a_record_without_an_offset_means_what_its_event_says():
    local = an_event("A", "12:00", written="2024-05-14T14:00:00")
    utc = an_event("B", "12:00", written="2024-05-14T12:00:00")
    assert listed([local, utc], "/alerts?since=2024-05-14T12:00:00Z", since()) == ["A", "B"]
    assert listed([local, utc], "/alerts?since=2024-05-14T12:00:01Z", since()) == []


def test_a_time_that_nobody_can_read_is_when_the_event_occurred():
    events = [an_event("A", "12:00", written="noon"), an_event("B", "12:01", written="one past")]
    assert listed(events, "/alerts?since=2024-05-14T12:00:30Z", since()) == ["B"]


def test_a_record_without_the_field_is_kept_by_no_bound():
    events = [an_event("A", updated=None), an_event("B", updated="2024-05-14T13:00:00Z"), an_event("C")]
    assert listed(events, "/alerts?since=2024-05-14T12:00:00Z", since(field="updated")) == ["B"]
    assert listed(events, "/alerts?since=2025-05-14T12:00:00Z", since(field="updated", compare="<")) == ["B"]


def test_a_look_back_is_counted_from_now():
    filter = since(relative="m")
    assert listed(MINUTES, "/alerts?since=2", filter, now=at("12:03")) == ["B", "C"]
    assert listed(MINUTES, "/alerts?since=PT2M", filter, now=at("12:03:30")) == ["C"]


def test_a_bound_in_the_vendors_own_layout_may_hold_other_text():
    filter = since(layout="created:>%Y-%m-%dT%H:%M:%S")
    assert listed(MINUTES, "/alerts?since=created:>2024-05-14T12:01:00", filter) == ["B", "C"]


@pytest.mark.parametrize("value", ["yesterday", "2024-05-14T12:00:00+00:00", ""])
def test_a_bound_that_cannot_be_read_is_refused_by_name(value):
    # The plus sign of the second one was not escaped, so that a space arrives.
    told = problem(a_vendor(MINUTES, filters=(since(),)), f"/alerts?since={value}")
    assert told["parameter"] == "since"
    assert told["value"] == value.replace("+", " ")
    assert told["message"].startswith("since: no time; expected ISO 8601")


def test_numbers_compare_as_numbers():
    events = [an_event(9, "12:00"), an_event(99, "12:01"), an_event(100, "12:02")]
    above = Filter("min_id", "id", compare=">", kind="number")
    assert listed(events, "/alerts?min_id=99", above) == ["100"]
    assert listed(events, "/alerts?min_id=9.5", above) == ["99", "100"]
    assert problem(a_vendor(events, filters=(above,)), "/alerts?min_id=A-9")["message"] == "min_id: no number"


def test_ids_compared_as_text_put_100_before_99():
    events = [an_event("9", "12:00"), an_event("99", "12:01"), an_event("100", "12:02")]
    assert listed(events, "/alerts?min_id=9", Filter("min_id", "id", compare=">", kind="text")) == ["99"]


def test_text_is_compared_with_its_case():
    events = [an_event("A", state="New"), an_event("B", state="new"), an_event("C", state=None)]
    state = Filter("state", "state", compare="=", kind="text")
    assert listed(events, "/alerts?state=new", state) == ["B"]
    assert listed(events, "/alerts?state=", state) == ["A", "B", "C"]
    assert listed(events, "/alerts?state=new", Filter("state", "state", compare="!=", kind="text")) == ["A", "C"]


def test_a_truth_is_found_in_either_spelling():
    events = [an_event("A", open=True), an_event("B", open=False)]
    is_open = Filter("open", "open", compare="=", kind="text")
    assert listed(events, "/alerts?open=True", is_open) == ["A"]
    assert listed(events, "/alerts?open=false", is_open) == ["B"]


@pytest.mark.parametrize("query", ["state=new&state=open", "state=new,open", "state=new,%20open"])
def test_one_of_several_values_is_enough(query):
    events = [an_event("A", state="new"), an_event("B", state="closed"), an_event("C", state="open")]
    assert listed(events, f"/alerts?{query}", Filter("state", "state", compare="in", kind="text")) == ["A", "C"]


def test_repeated_keys_are_alternatives_of_an_equal_filter():
    events = [an_event("A", state="new"), an_event("B", state="closed"), an_event("C", state="open")]
    filter = Filter("state", "state", compare="=", kind="text")
    assert listed(events, "/alerts?state=new&state=open", filter) == ["A", "C"]


def test_numbers_and_times_may_be_several_too():
    events = [an_event(1, "12:00"), an_event(2, "12:01"), an_event(3, "12:02")]
    assert listed(events, "/alerts?id=1,3", Filter("id", "id", compare="in", kind="number")) == ["1", "3"]
    target = "/alerts?since=2024-05-14T12:00:00Z,2024-05-14T12:02:00Z"
    assert listed(events, target, since(compare="in")) == ["1", "3"]


def test_contains_looks_inside_a_text_or_for_an_entry_of_a_list():
    events = [an_event("A", tags=["red", "blue"], title="A red one"), an_event("B", tags=["redder"], title="")]
    assert listed(events, "/alerts?q=red", Filter("q", "title", compare="contains", kind="text")) == ["A"]
    assert listed(events, "/alerts?tag=red", Filter("tag", "tags", compare="contains", kind="text")) == ["A"]
    assert listed(events, "/alerts?tag=red", Filter("tag", "tags", compare="=", kind="text")) == ["A"]


def test_a_required_parameter_is_asked_for():
    told = problem(a_vendor(MINUTES, filters=(since(required=True),)))
    assert told["message"] == "since: the parameter is required"


def test_filters_come_from_the_path_a_header_a_json_body_and_a_form():
    events = [an_event("A", "12:00", team="red"), an_event("B", "12:01", team="blue")]
    team = {"field": "team", "compare": "=", "kind": "text"}
    path = a_vendor(events, path="/teams/{team}/alerts", filters=(Filter("team", place="path", **team),))
    header = a_vendor(events, filters=(Filter("X-Team", place="header", **team),))
    body = a_vendor(events, method="POST", filters=(Filter("query.team", place="json", **team),))
    form = a_vendor(events, filters=(Filter("team", place="form", **team),))
    assert ids(path, "/teams/blue/alerts") == ["B"]
    assert ids(header, headers=[("x-team", "blue")]) == ["B"]
    assert ids(body, method="POST", json_body={"query": {"team": "blue"}}) == ["B"]
    assert ids(form, form="team=blue&limit=5") == ["B"]


def test_a_json_bound_may_be_a_number_a_list_or_null():
    events = [an_event("A", "12:00", n=1), an_event("B", "12:01", n=2)]
    vendor = a_vendor(
        events,
        method="POST",
        order=ASCENDING,
        filters=(since(place="json"), Filter("ns", "n", place="json", compare="in", kind="number")),
    )
    assert ids(vendor, method="POST", json_body={"since": 1715688030000}) == ["B"]
    assert ids(vendor, method="POST", json_body={"ns": [1, 2]}) == ["A", "B"]
    assert ids(vendor, method="POST", json_body={"since": None, "ns": []}) == ["A", "B"]
    assert problem(vendor, method="POST", json_body={"since": True})["parameter"] == "since"


def test_a_filter_stands_in_a_list_of_filters():
    filter = Filter("request.filters.created.gte", "created", place="json")
    vendor = a_vendor(MINUTES, method="POST", order=ASCENDING, filters=(filter,))
    body = {"request": {"filters": [{"field": "created", "operator": "gte", "value": 1715688060000}]}}
    other = {"request": {"filters": [{"field": "created", "operator": "lte", "value": 1715688060000}]}}
    assert ids(vendor, method="POST", json_body=body) == ["B", "C"]
    assert ids(vendor, method="POST", json_body=other) == ["A", "B", "C"]


def test_a_body_that_is_no_json_is_refused():
    vendor = a_vendor(MINUTES, method="POST", filters=(since(place="json"),))
    assert problem(vendor, method="POST", form="since=1")["parameter"] == "body"


def test_a_field_in_the_depths_of_a_record_is_reached():
    events = [an_event("A", attributes={"created.at": "2024-05-14T12:00:00Z"})]
    vendor = a_vendor(events, filters=(since(field="attributes.created\\.at"),))
    assert ids(vendor, "/alerts?since=2024-05-14T12:00:00Z") == ["A"]
    assert ids(vendor, "/alerts?since=2024-05-14T12:00:01Z") == []


def test_the_evidence_holds_each_bound_as_it_was_understood():
    filters = (since(compare=">", precision="s"), Filter("state", "state", compare="in", kind="text"))
    vendor = a_vendor(MINUTES, filters=filters)
    listing = asked(vendor, "/alerts?since=1715688060.9&state=new,open").listing
    assert listing.bounds == (("created", ">", "2024-05-14T12:01:00Z"), ("state", "in", "new,open"))
    assert listing.endpoint == "GET /alerts"


def test_a_filter_on_a_changed_field_sees_the_change():
    event = an_event(
        "A", "12:00", updated="2024-05-14T12:00:00Z", changes=[a_change("13:00", updated="2024-05-14T13:00:00Z")]
    )
    vendor = a_vendor([event], filters=(since(field="updated"),))
    target = "/alerts?since=2024-05-14T12:30:00Z"
    assert ids(vendor, target, now=at("12:59")) == []
    assert ids(vendor, target, now=at("13:00")) == ["A"]
    assert answer(vendor, target, now=at("13:00"))[0]["updated"] == "2024-05-14T13:00:00Z"


AFTER = Filter("query", "created", compare=">", precision="s", pattern=r"createdAt>(?P<bound>\d+)")
UP_TO = Filter("query", "created", compare="<=", precision="s", pattern=r"createdAt<=(?P<bound>\d+)")


def test_two_bounds_are_found_in_one_query_text():
    target = "/alerts?query=createdAt%3E1715688000+AND+createdAt%3C%3D1715688060"
    assert listed(MINUTES, target, AFTER, UP_TO) == ["B"]
    bounds = asked(a_vendor(MINUTES, filters=(AFTER, UP_TO)), target).listing.bounds
    assert bounds == (("created", ">", "2024-05-14T12:00:00Z"), ("created", "<=", "2024-05-14T12:01:00Z"))


def test_a_span_between_two_times_is_two_filters():
    low = Filter("during", "created", pattern="^(?P<bound>[^/]+)/")
    high = Filter("during", "created", compare="<", pattern="/(?P<bound>[^/]+)$")
    assert listed(MINUTES, "/alerts?during=2024-05-14T12:01:00Z/2024-05-14T12:02:00Z", low, high) == ["B"]
    assert listed(MINUTES, "/alerts?during=2024-05-14T12:01:00Z/", low, high) == ["B", "C"]


def test_where_the_pattern_finds_nothing_the_filter_counts_as_not_sent():
    assert listed(MINUTES, "/alerts?query=createdAt%3C%3D1715688060", AFTER, UP_TO) == ["A", "B"]
    assert listed(MINUTES, "/alerts?query=status:open", AFTER, UP_TO) == ["A", "B", "C"]
    optional = Filter("query", "created", pattern=r"createdAt>(?P<bound>\d*)|all")
    assert listed(MINUTES, "/alerts?query=createdAt%3E", optional) == ["A", "B", "C"]
    assert listed(MINUTES, "/alerts?query=all", optional) == ["A", "B", "C"]


def test_a_required_bound_must_be_in_the_text():
    needed = Filter("query", "created", pattern="since (?P<bound>.+)", required=True)
    told = problem(a_vendor(MINUTES, filters=(needed,)), "/alerts?query=all")
    assert (told["message"], told["value"]) == ("query: nothing in it matches since (?P<bound>.+)", "all")
    assert problem(a_vendor(MINUTES, filters=(needed,)))["message"] == "query: the parameter is required"


def test_what_a_pattern_finds_is_read_as_the_filter_says():
    first = Filter("q", "created", layout="%d.%m.%Y %H:%M", pattern="since (?P<bound>.+)")
    assert listed(MINUTES, "/alerts?q=since+14.05.2024+12:01", first) == ["B", "C"]
    told = problem(a_vendor(MINUTES, filters=(first,)), "/alerts?q=since+noon")
    assert told["message"] == "q: no time; expected one written as %d.%m.%Y %H:%M"
    back = Filter("q", "created", relative="m", pattern=r"last (?P<bound>\d+)")
    assert ids(a_vendor(MINUTES, filters=(back,)), "/alerts?q=last+1+minutes", now=at("12:02")) == ["C", "B"]


def test_every_match_is_an_alternative_and_the_first_one_a_limit():
    events = [an_event("1", "12:00", level=1), an_event("2", "12:01", level=2), an_event("3", "12:02", level=3)]
    level = {"field": "level", "pattern": r"level:(?P<bound>\d)"}
    assert listed(events, "/alerts?q=level:1+OR+level:3", Filter("q", compare="=", kind="text", **level)) == ["1", "3"]
    assert listed(events, "/alerts?q=level:1+OR+level:3", Filter("q", compare="in", kind="number", **level)) == [
        "1",
        "3",
    ]
    assert listed(events, "/alerts?q=level:2+OR+level:3", Filter("q", kind="number", **level)) == ["2", "3"]


def test_a_pattern_looks_into_json_texts_and_passes_objects_over():
    vendor = a_vendor(MINUTES, method="POST", filters=(Filter("q", "created", place="json", pattern=AFTER.pattern),))
    assert ids(vendor, method="POST", json_body={"q": "createdAt>1715688060"}) == ["C", "B"]
    assert ids(vendor, method="POST", json_body={"q": {"createdAt>1": 2}}) == ["C", "B", "A"]


def test_a_token_keeps_the_whole_text_that_patterns_look_into():
    paging = Paging("token", "cursor", next_at="next")
    vendor = a_vendor(
        MINUTES, order=ASCENDING, filters=(AFTER, UP_TO), paging=paging, list_at="items", limit=Limit(default=1)
    )
    first = answer(vendor, "/alerts?query=createdAt%3E1715687999+AND+createdAt%3C%3D1715688060")
    assert ids(vendor, f"/alerts?cursor={first['next']}") == ["B"]
    assert answer(vendor, f"/alerts?cursor={first['next']}")["next"] is None


def test_no_pattern_looks_through_a_text_without_end():
    vendor = a_vendor(MINUTES, filters=(AFTER,))
    assert asked(vendor, f"/alerts?query={'x' * 10_000}").status == 200
    told = problem(vendor, f"/alerts?query={'x' * 10_001}")
    assert told["message"].startswith("query: longer than 10,000 characters")
    assert len(told["value"]) == 80


@pytest.mark.parametrize("kind", ["time", "number"])
def test_a_vendor_may_ignore_a_bound_that_it_cannot_read(kind):
    lenient = Filter("since", "created", kind=kind, unreadable="ignore", required=True)
    response = asked(a_vendor(MINUTES, filters=(lenient,)), "/alerts?since=2024-05-14T12:01:00.")
    assert (response.listing.listed, response.listing.bounds) == (("C", "B", "A"), ())


def test_the_readable_ones_of_several_bounds_still_count():
    lenient = since(compare="in", unreadable="ignore")
    assert listed(MINUTES, "/alerts?since=noon,2024-05-14T12:01:00Z", lenient) == ["B"]
    assert listed(MINUTES, "/alerts?since=noon,2024-05-14T12:01:00Z", since(unreadable="ignore")) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("layout", "bound"),
    [
        ("epoch-s", "1715688060"),
        ("epoch-ms", "1715688060000"),
        ("epoch-us", "1715688060000000"),
        ("iso", "2024-05-14T12:01:00Z"),
        ("iso-offset", "2024-05-14T14:01:00%2B02:00"),
        ("%25Y", "2024"),
    ],
)
def test_each_layout_that_a_scenario_may_name_is_one_that_the_vendor_reads(tmp_path, layout, bound):
    text = f"""
[identity]
event = "id"
time = "created"
[[endpoints]]
path = "/alerts"
order = "created"
filters = [{{param = "since", field = "created", layout = "{layout.replace("%25", "%")}"}}]
"""
    for number in range(3):
        text += f'[[events]]\nrecord = {{id = "{number}", created = "2024-05-14T12:0{number}:00Z"}}\n'
    (tmp_path / "xsim.toml").write_text(text, encoding="utf-8")
    vendor = SimulatedVendor(load_scenario(tmp_path / "xsim.toml").scenario)
    assert ids(vendor, f"/alerts?since={bound}") == (["0", "1", "2"] if "%" in layout else ["1", "2"])
    assert problem(vendor, "/alerts?since=14.05.2024")["parameter"] == "since"
