"""Times and spans of any layout, read as whole microseconds since 1970 in UTC."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from xsim.events import MICROSECOND, microseconds
from xsim.world import JsonValue

EPOCH_WITHOUT_ZONE = datetime(1970, 1, 1)
UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
"""Microseconds of each precision."""
EPOCH_LAYOUTS = {"epoch-s": 1_000_000, "epoch-ms": 1_000, "epoch-us": 1}
"""Layouts that say which unit a number counts: a vendor that counts milliseconds takes seconds for a time in 1970."""
ISO_LAYOUTS = frozenset({"iso", "iso-offset", "iso-naive"})
MAGNITUDES = ((10**11, Decimal(1_000_000)), (10**14, Decimal(1_000)), (10**17, Decimal(1)), (10**20, Decimal("0.001")))
"""Numbers below the first are microseconds once multiplied by the second: seconds, milliseconds, and so on."""
ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[Tt _](\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?"
)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")
DOT_NET = re.compile(r"/Date\((-?\d{1,20})(?:[+-]\d{4})?\)/")
LONG_FRACTION = re.compile(r"(\.\d{6})\d+")
USUAL_LAYOUTS = (
    "%Y/%m/%d %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%d %b %Y %H:%M:%S",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y %H:%M:%S",
    "%b %d %Y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S %z %Y",
)
SPAN = re.compile(r"(?:now)?-?(\d+(?:\.\d+)?)\s*([a-z]+)")
SPAN_WORDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
}
ISO_SPAN = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def iso_text(moment: int) -> str:
    """ISO 8601 in UTC, with a fraction only where there is one."""
    try:
        text = (EPOCH_WITHOUT_ZONE + moment * MICROSECOND).isoformat()
    except OverflowError:
        return str(moment)
    return text + "Z"


def cut(moment: int, unit: int, zone: int = 0) -> int:
    """The start of the second, hour, day, ... that the moment falls into; days begin at midnight of the zone."""
    return (moment + zone) // unit * unit - zone


@lru_cache(maxsize=4096)
def read_bound_time(value: str | int | float, layout: str = "", zone: int = 0) -> int | None:
    """A time as a vendor reads it out of a request; None where it cannot. With a layout, it takes that one only.

    The layout is one of strptime, or "iso", "epoch-s", "epoch-ms", "epoch-us". `zone` is the offset of a time that has
    none, in microseconds.
    """
    if layout in EPOCH_LAYOUTS:
        return _scaled(value, EPOCH_LAYOUTS[layout])
    if layout in ISO_LAYOUTS:
        return _read_iso(value, zone) if isinstance(value, str) else None
    if layout:
        return _read_layout(value, layout, zone) if isinstance(value, str) else None
    return _read_number(value) if not isinstance(value, str) or NUMBER.fullmatch(value) else _read_iso(value, zone)


def read_record_time(value: JsonValue, layout: str = "", zone: int = 0) -> int | None:
    """A time in a record: the layout where it has it, else whatever it looks like. None where it is no time."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if layout and (moment := read_bound_time(value, layout, zone)) is not None:
        return moment
    if (moment := read_bound_time(value, "", zone)) is not None or not isinstance(value, str):
        return moment
    return _read_unusual(value, zone)


def has_no_zone(value: JsonValue) -> bool:
    """Whether it is an ISO 8601 time down to the second that does not say its offset."""
    match = ISO.fullmatch(value.strip()) if isinstance(value, str) else None
    return match is not None and match[6] is not None and match[8] is None


def read_iso(text: str) -> int | None:
    """A full ISO 8601 time of day; None for a bare date or anything else."""
    match = ISO.fullmatch(text)
    return _read_iso(text, 0) if match is not None and match[4] is not None else None


def read_span(value: JsonValue, unit: str) -> int | None:
    """Microseconds of a look-back: 15 or "15" in the unit, "15m", "-15m", "15 minutes" or "PT15M"; None if it is none.

    A bare negative number is none: it would look ahead, which no script wants.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = str(value).strip()
    if NUMBER.fullmatch(text):
        return None if text.startswith("-") else _scaled(text, UNITS[unit])
    if match := SPAN.fullmatch(text.lower()):
        word = SPAN_WORDS.get(match[2])
        return None if word is None else _scaled(match[1], UNITS[word])
    match = ISO_SPAN.fullmatch(text.upper())
    if match is None or not any(match.groups()):
        return None
    parts = zip(match.groups(default="0"), ("d", "h", "m", "s"), strict=True)
    return sum(int(Decimal(number) * UNITS[part]) for number, part in parts)


def _read_iso(text: str, zone: int) -> int | None:
    match = ISO.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups(default="")
    try:
        moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    whole = (moment - EPOCH_WITHOUT_ZONE) // MICROSECOND + int(fraction[:6].ljust(6, "0"))
    return whole - (_offset(offset) if offset else zone)


def _offset(text: str) -> int:
    if text[0] not in "+-":
        return 0
    digits = text[1:].replace(":", "")
    size = int(digits[:2]) * UNITS["h"] + int(digits[2:] or 0) * UNITS["m"]
    return -size if text[0] == "-" else size


def _read_number(value: str | int | float) -> int | None:
    number = _decimal(value)
    for below, scale in MAGNITUDES:
        if number is not None and abs(number) < below:
            return int(number * scale)
    return None


def _scaled(value: str | int | float, scale: int) -> int | None:
    number = _decimal(value)
    return int(number * scale) if number is not None and abs(number) < 10**20 else None


def _decimal(value: str | int | float) -> Decimal | None:
    # By its text: 1709546345.123456 as a float is not that many microseconds.
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _read_layout(text: str, layout: str, zone: int) -> int | None:
    try:
        moment = datetime.strptime(LONG_FRACTION.sub(r"\1", text), layout)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return microseconds(moment)
    return (moment - EPOCH_WITHOUT_ZONE) // MICROSECOND - zone


def _read_unusual(text: str, zone: int) -> int | None:
    if match := DOT_NET.fullmatch(text):
        return int(match[1]) * UNITS["ms"]
    from email.utils import parsedate_to_datetime

    try:
        mailed = parsedate_to_datetime(text)
        return microseconds(mailed if mailed.tzinfo is not None else mailed.replace(tzinfo=timezone.utc))
    except (TypeError, ValueError, IndexError):
        pass
    readings = (_read_layout(text, layout, zone) for layout in USUAL_LAYOUTS)
    return next((moment for moment in readings if moment is not None), None)
