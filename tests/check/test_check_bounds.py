"""Which events a request's filters kept, also where they compare words or several values."""

import pytest
from builders import a_journal, a_listing, an_endpoint, an_event

from xsim.check.bounds import has_matched
from xsim.world import Change, Filter


def matches(record, *bound, kind="text", event=None, **named):
    """Whether an event with this record is kept by a filter on one of its fields."""
    field, compare, _ = bound
    endpoint = an_endpoint(filters=(Filter("asked", field, compare=compare, kind=kind, **named),))
    scenario = a_journal([], identity=("id",), time_field="created", endpoints=(endpoint,)).scenario
    return has_matched(scenario, a_listing(bounds=[bound]), event or an_event(record=record))


@pytest.mark.parametrize(
    ("record", "bound", "kind"),
    [
        ({"severity": "Low"}, ("severity", "in", "High,Low"), "text"),
        ({"severity": 3}, ("severity", "in", "1,3"), "number"),
        ({"severity": 3}, ("severity", "in", "1,3"), "text"),
        ({"on": "2024-05-14T09:00:00Z"}, ("on", "in", "2024-05-14T08:00:00Z,2024-05-14T09:00:00Z"), "time"),
        ({"open": True}, ("open", "=", "True"), "text"),
        ({"tags": ["a", "b"]}, ("tags", "=", "b"), "text"),
        ({"title": "Bad login"}, ("title", "contains", "login"), "text"),
        ({"tags": ["a", "b"]}, ("tags", "contains", "a"), "text"),
        ({"severity": "Low"}, ("severity", "!=", "High"), "text"),
        ({}, ("severity", "!=", "High"), "text"),
        ({"severity": 3}, ("severity", "=", "3"), "number"),
    ],
)
def test_a_filter_by_words_keeps_the_event(record, bound, kind):
    assert matches(record, *bound, kind=kind)


@pytest.mark.parametrize(
    ("record", "bound", "kind"),
    [
        ({"severity": "Lower"}, ("severity", "in", "High,Low"), "text"),
        ({"severity": 13}, ("severity", "in", "1,3"), "number"),
        ({"on": "2024-05-14T09:00:01Z"}, ("on", "in", "2024-05-14T09:00:00Z"), "time"),
        ({"title": "Bad login"}, ("title", "=", "login"), "text"),
        ({"tags": ["abc"]}, ("tags", "contains", "b"), "text"),
        ({"severity": "High"}, ("severity", "!=", "High"), "text"),
        ({}, ("severity", "=", "High"), "text"),
    ],
)
def test_a_filter_by_words_leaves_the_event_out(record, bound, kind):
    assert not matches(record, *bound, kind=kind)


def test_a_comma_in_a_value_may_part_two_so_that_both_must_keep_the_event():
    assert matches({"title": "a,b"}, "title", "contains", "a,b")
    assert not matches({"title": "a,b"}, "title", "=", "a,b")
    assert not matches({"title": "a"}, "title", "=", "a,b")


def test_a_field_that_changes_later_is_not_known():
    later = an_event(record={"state": "open"}, changes=(Change(an_event().occurred, set={"state": "closed"}),))
    assert not matches({}, "state", "in", "open", event=later)
