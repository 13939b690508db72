"""Times and spans, however they are written."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xsim.events import microseconds
from xsim.simulate.vendor.moments import UNITS, cut, has_no_zone, iso_text, read_bound_time, read_record_time, read_span

NOON = microseconds(datetime(2024, 5, 14, 12, 0, tzinfo=timezone.utc))
MOMENTS = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(timezone.utc))


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-14T12:00:00Z",
        "2024-05-14T12:00:00z",
        "2024-05-14t12:00:00+00:00",
        "2024-05-14T14:00:00+02:00",
        "2024-05-14T06:30:00-0530",
        "2024-05-14T14:00:00+02",
        "2024-05-14 12:00:00",
        "2024-05-14 12:00:00 UTC",
        "2024-05-14T12:00",
        "2024-05-14T12:00Z",
        "20240514T120000Z",
        "2024-05-14T12:00:00.0Z",
        "2024-05-14T12:00:00.0000000Z",
        "2024-05-14T12:00:00.000000000+00:00",
        "1715688000",
        "1715688000000",
        "1715688000000000",
        "1715688000000000000",
        "1715688000.0",
        1715688000,
        1715688000000,
        1715688000.0,
    ],
)
def test_one_moment_is_read_from_every_layout_that_apis_take(text):
    assert read_bound_time(text) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "14/05/2024 12:00:00",
        "Tue, 14 May 2024 12:00:00 GMT",
        "May 14, 2024 12:00:00 PM",
        "05/14/2024 12:00:00 PM",
        "Tue May 14 12:00:00 2024",
        "/Date(1715688000000)/",
        "2024/05/14 12:00:00",
    ],
)
def test_a_record_may_write_its_time_in_stranger_ways(text):
    layout = "%d/%m/%Y %H:%M:%S" if text.startswith("14/") else ""
    assert read_record_time(text, layout) == NOON


@pytest.mark.parametrize("digits", range(1, 10))
def test_a_fraction_of_any_length_is_cut_to_microseconds(digits):
    fraction = "123456789"[:digits]
    expected = NOON + int(fraction[:6].ljust(6, "0"))
    assert read_bound_time(f"2024-05-14T12:00:00.{fraction}Z") == expected
    assert read_bound_time(f"2024-05-14T12:00:00,{fraction}") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "3 days",
        "2024-05-14T12:00:00 00:00",
        "2024-13-14",
        "2024-05-14T25:00:00Z",
        "None",
        "nan",
        "1e5",
        "9" * 25,
    ],
)
def test_what_is_no_time_is_none(text):
    assert read_bound_time(text) is None


@pytest.mark.parametrize("value", [None, True, [], {}, "soon", float("nan"), float("inf")])
def test_a_record_without_a_time_has_none(value):
    assert read_record_time(value) is None


def test_a_time_without_an_offset_has_the_one_that_is_given():
    two_hours = 2 * UNITS["h"]
    assert read_bound_time("2024-05-14T14:00:00", "", two_hours) == NOON
    assert read_bound_time("2024-05-14T12:00:00Z", "", two_hours) == NOON
    assert read_bound_time("14.05.2024 14:00", "%d.%m.%Y %H:%M", two_hours) == NOON


def test_a_layout_takes_nothing_else():
    layout = "[%Y-%m-%d %H:%M:%S,)"
    assert read_bound_time("[2024-05-14 12:00:00,)", layout) == NOON
    assert read_bound_time("2024-05-14T12:00:00Z", layout) is None
    assert read_bound_time(1715688000, layout) is None
    assert read_bound_time("1715688000", "iso") is None


def test_a_vendor_that_counts_milliseconds_takes_seconds_for_a_time_in_1970():
    assert read_bound_time("1715688000", "epoch-ms") == microseconds(
        datetime(1970, 1, 20, 20, 34, 48, tzinfo=timezone.utc)
    )
    assert read_bound_time("2024-05-14T12:00:00Z", "epoch-ms") is None
    assert read_bound_time("1715688000.25", "epoch-s") == NOON + 250_000
    assert read_bound_time(1715688000000001, "epoch-us") == NOON + 1


def test_more_than_six_digits_fit_a_layout_with_a_fraction():
    assert read_bound_time("2024-05-14 12:00:00.1234567", "%Y-%m-%d %H:%M:%S.%f") == NOON + 123_456


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("15", "m", timedelta(minutes=15)),
        (15, "s", timedelta(seconds=15)),
        ("1.5", "h", timedelta(minutes=90)),
        ("15m", "h", timedelta(minutes=15)),
        ("-15m", "h", timedelta(minutes=15)),
        ("now-2h", "s", timedelta(hours=2)),
        ("15 minutes", "s", timedelta(minutes=15)),
        ("2 days", "s", timedelta(days=2)),
        ("PT15M", "s", timedelta(minutes=15)),
        ("P1DT2H", "s", timedelta(hours=26)),
        ("PT0.5S", "d", timedelta(milliseconds=500)),
    ],
)
def test_a_look_back_is_a_number_or_says_its_unit(value, unit, expected):
    assert read_span(value, unit) == expected // timedelta(microseconds=1)


@pytest.mark.parametrize("value", ["", "-15", "P", "PT", "15 parsecs", "soon", None, True, []])
def test_what_is_no_look_back_is_none(value):
    assert read_span(value, "m") is None


def test_only_a_full_time_without_an_offset_has_no_zone():
    assert has_no_zone("2024-05-14T12:00:00")
    assert not has_no_zone("2024-05-14T12:00:00Z")
    assert not has_no_zone("2024-05-14")
    assert not has_no_zone(1715688000)


def test_a_day_begins_at_midnight_of_its_zone():
    assert iso_text(cut(NOON, UNITS["d"])) == "2024-05-14T00:00:00Z"
    assert iso_text(cut(NOON, UNITS["d"], 2 * UNITS["h"])) == "2024-05-13T22:00:00Z"


@given(MOMENTS)
def test_every_moment_is_read_back_from_its_text(moment):
    assert read_bound_time(moment.isoformat()) == microseconds(moment)
    assert read_bound_time(iso_text(microseconds(moment))) == microseconds(moment)


@given(MOMENTS, st.sampled_from(sorted(UNITS)))
def test_what_is_cut_stays_in_its_cell(moment, precision):
    whole = microseconds(moment)
    start = cut(whole, UNITS[precision])
    assert start <= whole < start + UNITS[precision]
    assert cut(start, UNITS[precision]) == start


def test_a_number_of_milliseconds_beyond_all_measure_is_no_time():
    assert read_record_time(f"/Date({'9' * 5_000})/") is None
