"""Requests that were sent again after they had failed: before the vendor's Retry-After was over, or all over again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from xsim.check.excerpt import masked, moment, shorten
from xsim.check.sightings import Sightings
from xsim.check.spans import SECOND, spelled
from xsim.model import Cycle, Exchange

SLACK = SECOND
"""HTTP dates are whole seconds, and waiting scripts round."""
LONGEST = timedelta(days=3650)


class Hasty(NamedTuple):
    """A request that came before the time that the vendor had named for it."""

    request: str
    asked: str
    """The request that was answered with Retry-After: time, answer and line."""
    again: str
    """The one that came too early: time and line."""
    after: str
    """How much later it came."""
    due: str


def note_hasty(cycle: Cycle, sightings: Sightings) -> None:
    """Note repeats within the cycle that came before the time that a Retry-After named."""
    if not any(each.retry_after for each in cycle.exchanges):
        return
    awaited: dict[tuple[str, str, str], tuple[Exchange, datetime]] = {}
    for each in cycle.exchanges:
        key = target_of(each)
        if key in awaited:
            earlier, due = awaited[key]
            if each.at + SLACK < due:
                name = (key[0], masked(key[2]))
                first = hasty(earlier, each, due)
                sightings.add("retry_after_ignored", cycle.number, key=name, line=each.line, first=first)
        due_at = due_of(each)
        if due_at is not None:
            awaited[key] = (each, due_at)


def hasty(earlier: Exchange, again: Exchange, due: datetime) -> Hasty:
    return Hasty(
        request=shorten(f"{earlier.method} {urlsplit(earlier.url).path}"),
        asked=f"{moment(earlier.at)}{on_line(earlier)}: status {earlier.status}, Retry-After: "
        f"{shorten(earlier.retry_after, 60)}",
        again=f"{moment(again.at)}{on_line(again)}",
        after=spelled(again.at - earlier.at),
        due=moment(due),
    )


def on_line(exchange: Exchange) -> str:
    return f" (line {exchange.line})" if exchange.line else ""


def target_of(exchange: Exchange) -> tuple[str, str, str]:
    """Method, host and path: whatever else changes, it is the call that was asked to wait."""
    parts = urlsplit(exchange.url)
    return exchange.method.upper(), parts.netloc.lower(), parts.path.rstrip("/")


def due_of(exchange: Exchange) -> datetime | None:
    """When the same call may be made again, counted from when it was made; None: at once."""
    if not exchange.retry_after or exchange.status is None or exchange.status < 400:
        return None
    text = exchange.retry_after.strip()
    try:
        span = timedelta(seconds=float(text))
    except (ValueError, OverflowError):
        return date_of(text)
    return exchange.at + span if timedelta(0) < span < LONGEST else None


def date_of(text: str) -> datetime | None:
    """An HTTP date; None where it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=timezone.utc)
