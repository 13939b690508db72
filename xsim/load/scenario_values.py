"""Reads single values: durations, times in every spelling that records use, offsets, and JSON from TOML."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from xsim.events import EPOCH
from xsim.world import JsonValue

EARLIEST = datetime(1971, 1, 1, tzinfo=timezone.utc)
LATEST = datetime(2201, 1, 1, tzinfo=timezone.utc)
LONGEST = timedelta(days=36_525)
DEEPEST = 60
"""Levels of nesting that a value may have."""
LONGEST_NUMBER = 1_024
"""Bits of a whole number; Python refuses to write much longer ones."""

_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)\s*")
_SIZE_UNITS = {"m": 1024**2, "g": 1024**3}
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([mg])(?:i?b)?", re.ASCII | re.IGNORECASE)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)
_EPOCH_TEXT = re.compile(r"\d{9,19}(?:\.\d{1,9})?", re.ASCII)


def duration_of(value: Any) -> timedelta | None:
    """ "90s", "1m", "1h30m", "200ms" as a span; None where it is none, or longer than a century."""
    if not isinstance(value, str) or not re.fullmatch(rf"(?:{_AMOUNT.pattern})+", value.strip(), re.ASCII):
        return None
    amounts = _AMOUNT.findall(value)
    milliseconds = sum(float(amount) * _UNITS[unit] for amount, unit in amounts)
    return timedelta(milliseconds=milliseconds) if milliseconds <= LONGEST / timedelta(milliseconds=1) else None


def size_of(value: Any) -> int | None:
    """ "512MiB", "2GB", "1.5g" as bytes, a kilobyte being 1,024 of them; None where it is no size."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(float(found[1]) * _SIZE_UNITS[found[2].lower()]) if found else None


def signed_duration_of(value: Any) -> timedelta | None:
    """A duration with a sign in front: "-10m", "+30s"."""
    if not isinstance(value, str) or value.strip()[:1] not in ("+", "-"):
        return None
    text = value.strip()
    length = duration_of(text[1:])
    return None if length is None else -length if text[0] == "-" else length


def moment_of(value: Any) -> datetime | None:
    """A TOML time, or ISO 8601 text, as UTC, which it is without an offset. None outside of 1971 to 2200."""
    if isinstance(value, datetime):
        return _within(value if value.tzinfo else value.replace(tzinfo=timezone.utc))
    if isinstance(value, date):
        return _within(datetime(value.year, value.month, value.day, tzinfo=timezone.utc))
    return _iso(value.strip()) if isinstance(value, str) else None


def recorded_moment(value: JsonValue) -> datetime | None:
    """The time that a record's field says, in any usual layout: ISO 8601, an epoch number or its text, or a mail's."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _epoch(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if _EPOCH_TEXT.fullmatch(text):
        return _epoch(float(text) if "." in text else int(text))
    return _iso(text) or _mail_date(text)


def offset_of(value: Any) -> timedelta | None:
    """ "+02:00", "-0530", "Z" or "UTC" as a span; None where it is no offset."""
    if not isinstance(value, str):
        return None
    if value in ("Z", "z", "UTC", "utc"):
        return timedelta(0)
    found = _OFFSET.fullmatch(value)
    if found is None or int(found[2]) > 14 or int(found[3] or 0) > 59:
        return None
    length = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return -length if found[1] == "-" else length


def plain(value: Any) -> JsonValue:
    """A TOML value as JSON has it: times become ISO 8601 text.

    Raises ValueError, saying what it is, for what JSON cannot hold.
    """
    return _plain(value, 0)


def _plain(value: Any, depth: int) -> JsonValue:
    if depth > DEEPEST:
        raise ValueError(f"nesting more than {DEEPEST} deep")
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value}, which JSON cannot hold")
    if isinstance(value, int) and value.bit_length() > LONGEST_NUMBER:
        raise ValueError(f"a whole number of more than {LONGEST_NUMBER} bits")
    if isinstance(value, (datetime, date, time)):
        return value.isoformat().replace("+00:00", "Z")
    return value


def _iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    offset = timedelta(0) if zone in (None, "GMT") else offset_of(zone)
    if offset is None:
        return None
    # What is finer than a microsecond is cut, as Python's own readers do.
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    parts = (int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), microsecond)
    try:
        return _within(datetime(*parts, tzinfo=timezone.utc) - offset)
    except (ValueError, OverflowError):
        return None


def _epoch(number: int | float) -> datetime | None:
    """Seconds, milliseconds, microseconds or nanoseconds, told apart by size: the years since 1973 do not overlap."""
    size = abs(number)
    if not size < 10**20:  # Also what is not a number.
        return None
    scale, divisor = next(
        (pair for bound, pair in ((1e11, (10**6, 1)), (1e14, (1_000, 1)), (1e17, (1, 1))) if size < bound), (1, 1_000)
    )
    microseconds = number * scale // divisor if isinstance(number, int) else round(number * scale / divisor)
    try:
        return _within(EPOCH + timedelta(microseconds=microseconds))
    except OverflowError:
        return None


def _mail_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return _within(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _within(moment: datetime) -> datetime | None:
    try:
        moment = moment.astimezone(timezone.utc)
    except OverflowError:
        return None
    return moment if EARLIEST <= moment < LATEST else None
