"""What the verdict assumes of the vendor, what was not tried, and how bounds compare."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import a_cycle, a_journal, a_listing, a_probe, an_endpoint, an_event, an_incident, at

from xsim.check import check
from xsim.check.bounds import bounds_of, cut, moment_of
from xsim.check.missed import spelled
from xsim.world import Filter, Limit, Order, Paging


def report(cycles=(), events=(), probes=(), **scenario):
    given = {"identity": ("id",), "time_field": "created", "endpoints": (an_endpoint(),), **scenario}
    return check(a_journal(cycles or [a_cycle(1)], events=tuple(events), probes=probes, **given))


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        (
            an_endpoint(limit=Limit("limit", default=50, maximum=100)),
            "since (by created) is inclusive and compares microseconds; oldest first; "
            "50 records an answer (at most 100)",
        ),
        (
            an_endpoint(
                filters=(
                    Filter("after", "updated", compare=">", precision="s"),
                    Filter("kind", "type", compare="in", kind="text"),
                ),
                order=Order(),
                limit=Limit(default=20),
                paging=Paging("token", "cursor"),
            ),
            "after (by updated) is exclusive and compares seconds; kind keeps type in its value; newest first; "
            "20 records an answer; goes on by token",
        ),
        (
            an_endpoint(
                filters=(Filter("hours", "created", relative="h"),),
                order=Order(("id",), name="sort"),
                limit=Limit(default=2_000_000, maximum=2_000_000),
            ),
            "hours (by created) (in hours back from now) is inclusive and compares microseconds; by id, unless sort "
            "asks otherwise; all records in one answer",
        ),
        (
            an_endpoint(filters=(), paging=Paging("next_link", tail_token=True), order=Order()),
            "no filter; in order of arrival; 50 records an answer; goes on by link",
        ),
    ],
)
def test_a_list_call_is_told_in_words(endpoint, words):
    assert report(endpoints=(endpoint,)).assumes == (f"GET /alerts: {words}",)


@pytest.mark.parametrize(
    ("visible", "words"),
    [
        (["09:29:05", "09:31:10"], "events are listed 5 s to 2 m 10 s after they occur"),
        (["09:29:00"], "events are listed as they occur"),
        (["09:30:30"], "events are listed 1 m 30 s after they occur"),
    ],
)
def test_the_indexing_lag_is_told(visible, words):
    events = [an_event(f"A-{number}", visible=each) for number, each in enumerate(visible)]
    assert report(events=events).assumes[-1] == words


def test_without_a_vendor_nothing_is_assumed():
    assert report(endpoints=()).assumes == ()


def test_what_the_events_never_tried_is_told():
    untried = report([a_cycle(1)], [an_event(), an_event("A-2", "09:50:00")]).not_exercised
    assert "1 event of the scenario became visible in no cycle" in untried
    assert "no event that is listed after a newer one" in untried
    assert "no answer exactly as long as its limit" in untried
    assert "no answer cut at its limit" in untried
    assert "1 event that never came and that nobody looked into" in untried


def test_what_was_tried_is_not_told():
    events = [an_event("A-1", "09:29:00"), an_event("A-2", "09:28:00", "09:30:30")]
    full, cut_short = a_listing("A-1", limit=1), a_listing("A-1", limit=1, matched=2)
    cycles = [
        a_cycle(1, incidents=[an_incident("A-1")], listings=[full]),
        a_cycle(2, incidents=[an_incident("A-2")], listings=[cut_short]),
    ]
    untried = report(cycles, events).not_exercised
    assert not [each for each in untried if "answer" in each or "listed" in each or "visible" in each]


def test_a_backlog_that_the_run_did_not_work_off_is_told():
    probes = [a_probe("wanted", delivers=True), a_probe(from_cycle=1, delivers=True)]
    untried = report([a_cycle(1)], [an_event()], probes).not_exercised
    assert "1 wanted event still waited when the run ended" in untried


# --- bounds


def bound(compare=">=", text="2024-05-14T09:29:00Z", **named):
    endpoint = an_endpoint(filters=(Filter("since", "created", compare=compare, **named),))
    scenario = replace(a_journal().scenario, endpoints=(endpoint,), time_field="created")
    [made] = bounds_of(scenario, a_listing(bounds=[("created", compare, text)]))
    return made


@pytest.mark.parametrize(
    ("compare", "precision", "occurred", "keeps"),
    [
        (">=", "us", "09:29:00", True),
        (">=", "us", "09:28:59.999999", False),
        (">", "us", "09:29:00", False),
        (">", "s", "09:29:00.9", False),
        (">", "m", "09:29:59", False),
        (">", "m", "09:30:00", True),
        ("<", "s", "09:29:00.9", False),
        ("<=", "s", "09:29:00.9", True),
    ],
)
def test_a_bound_compares_as_the_vendor_does(compare, precision, occurred, keeps):
    assert bound(compare, precision=precision).keeps(an_event(occurred=occurred)) is keeps


def test_a_number_is_compared_as_one_and_read_as_a_time():
    by_number = bound(">", "1715678940000", kind="number")
    assert by_number.keeps(an_event(record={"created": 1715678940001}))
    assert by_number.moment == at("09:29:00")
    assert by_number.keeps(an_event()) is None, "a text is no number"


def test_days_begin_at_midnight_of_the_zone():
    assert cut(at("23:30:00"), "d", timedelta(hours=2)).isoformat() == "2024-05-14T22:00:00+00:00"


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2024-05-14T09:29:00Z", "09:29:00"),
        ("2024-05-14 11:29:00.250+0200", "09:29:00.250000"),
        ("2024-05-14T09:29:00.1234567Z", "09:29:00.123456"),
        (1715678940, "09:29:00"),
        ("1715678940250", "09:29:00.250000"),
        (1715678940250123, "09:29:00.250123"),
        ("17", None),
        ("soon", None),
        (True, None),
        ("2024-13-14T09:29:00Z", None),
    ],
)
def test_times_of_many_layouts_are_read(value, moment):
    assert moment_of(value) == (at(moment) if moment else None)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (5400, "1 h 30 m"), (0.25, "0.25 s"), (90061, "1 d 1 h 1 m 1 s"), (-60, "1 m")]
)
def test_spans_are_spelled(seconds, text):
    assert spelled(timedelta(seconds=seconds)) == text
