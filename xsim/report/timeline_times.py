"""Reads times out of JSON values, and chooses how the timeline's axis writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone

from xsim.world import JsonValue

_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?")
_NUMBER = re.compile(r"\d{9,19}(?:\.\d{1,6})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_UNITS = (1, 1_000, 1_000_000, 1_000_000_000)
_EARLIEST, _LATEST = 31_536_000, 7_289_654_400
"""Of seconds since 1970: the years 1971 to 2200, as in a scenario."""
_DEEPEST = 4
_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600),
        *(43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 31_536_000),
    )
)
_MINUTE = timedelta(minutes=1)


def time_of(value: JsonValue, *, is_utc: bool = False) -> datetime | None:
    """The moment that a text or number says, in UTC; None where it is none.

    Epoch numbers may count seconds down to nanoseconds. Without an offset a text is taken for UTC only where
    `is_utc` says so.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _of_epoch(float(value))
    if not isinstance(value, str) or len(value) > 40:
        return None
    text = value.strip()
    if _NUMBER.fullmatch(text):
        return _of_epoch(float(text))
    found = _ISO.fullmatch(text)
    if found is None or not (found[4] or is_utc):
        return None
    fraction = f".{found[3][:6]:<06}" if found[3] else ""
    zone = "+00:00" if found[4] in (None, "Z") else found[4]
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    clock = found[2] if found[2].count(":") == 2 else f"{found[2]}:00"
    try:
        return datetime.fromisoformat(f"{found[1]}T{clock}{fraction}{zone}").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None


def stored_time(last_run: JsonValue) -> datetime | None:
    """The one time that a last run holds; None where it holds none, or several and who knows which counts.

    What a last run remembers of events is in lists, or in tables with a key an event: not looked into.
    """
    found = {when for value in _leaves(last_run, _DEEPEST) if (when := time_of(value, is_utc=True)) is not None}
    return found.pop() if len(found) == 1 else None


def clock_text(when: datetime, day: datetime) -> str:
    """ "09:31:00", with the fraction where there is one, with the date where it is another day than `day`'s."""
    date = "" if when.date() == day.date() else f"{when:%m-%d} "
    fraction = f".{when.microsecond:06}".rstrip("0") if when.microsecond else ""
    return f"{date}{when:%H:%M:%S}{fraction}"


def ticks(left: datetime, right: datetime, columns: int) -> list[tuple[datetime, str]]:
    """Round moments between the two with their labels, as close as labels on so many columns can stand."""
    span = right - left
    for step in _STEPS:
        label = _label_of(step, spans_days=left.date() != right.date())
        width = len(label(left)) + 2
        if math.ceil(span / step) * width <= columns:
            return [(when, label(when)) for when in _rounds(left, right, step)]
    return []


def _label_of(step: timedelta, *, spans_days: bool) -> Callable[[datetime], str]:
    if step >= timedelta(days=1):
        return lambda when: f"{when:%Y-%m-%d}"
    if step >= _MINUTE:
        layout = "%m-%d %H:%M" if spans_days and step >= timedelta(hours=1) else "%H:%M"
        return lambda when: when.strftime(layout)
    if step >= timedelta(seconds=1):
        return lambda when: f"{when:%H:%M:%S}"
    return lambda when: f"{when:%H:%M:%S}.{when.microsecond // 1000:03}"


def _rounds(left: datetime, right: datetime, step: timedelta) -> Iterator[datetime]:
    when = _EPOCH + math.ceil((left - _EPOCH) / step) * step
    while when <= right:
        if when >= left:
            yield when
        when += step


def _of_epoch(number: float) -> datetime | None:
    for unit in _UNITS:
        if _EARLIEST <= number / unit <= _LATEST:
            return _EPOCH + timedelta(microseconds=round(number / unit * 1_000_000))
    return None


def _leaves(value: JsonValue, depth: int) -> Iterator[JsonValue]:
    if isinstance(value, Mapping):
        for each in value.values() if depth and len(value) <= 20 else ():
            yield from _leaves(each, depth - 1)
    elif not isinstance(value, list):
        yield value
