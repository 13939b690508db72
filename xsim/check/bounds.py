"""Which events a request asked for: the bounds that the vendor told, compared the way that its filters compare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from xsim.events import EPOCH
from xsim.model import Scenario
from xsim.world import Endpoint, Event, Filter, JsonValue, Listing, values_at

MICROSECOND = timedelta(microseconds=1)
UNITS = {
    "us": MICROSECOND,
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
UNIT_WORDS = {"us": "microseconds", "ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LOWER = (">", ">=")
UPPER = ("<", "<=")
ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt _](\d\d):?(\d\d):?(\d\d)(?:[.,](\d{1,9}))?\s?(Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
)
MAGNITUDES = ((10**9, None), (10**11, 1_000_000.0), (10**14, 1_000.0), (10**17, 1.0), (10**19, 0.001))
"""Numbers below the first are microseconds once multiplied by the second; smaller ones are no moment."""


class Bound(NamedTuple):
    """One filter that was sent: what of a record it compares, how, and with what."""

    field: str
    compare: str
    text: str
    filter: Filter
    time_field: str

    @property
    def is_lower(self) -> bool:
        return self.compare in LOWER

    @property
    def moment(self) -> datetime | None:
        """The bound as a time; also of a number that counts since 1970."""
        if self.filter.kind == "text":
            return None
        return moment_of(self.text if self.filter.kind == "time" else number_of(self.text))

    def of(self, event: Event) -> datetime | float | None:
        """What the filter compares of the event; None where that is not known here."""
        if self.filter.kind == "time" and self.field == self.time_field:
            return event.occurred
        found = values_at(event.record, self.field)
        if len(found) != 1 or self.filter.kind == "text" or event.changes:
            return None
        return moment_of(found[0]) if self.filter.kind == "time" else number_of(found[0])

    def sign(self, event: Event) -> int | None:
        """-1, 0 or 1: the event lies below, on or above the bound, at the filter's precision; None: not known."""
        value = self.of(event)
        if isinstance(value, datetime):
            moment = self.moment
            if moment is None:
                return None
            cut_value = cut(value, self.filter.precision, self.filter.zone)
            return (cut_value > moment) - (cut_value < moment)
        number = number_of(self.text)
        return None if value is None or number is None else (value > number) - (value < number)

    def keeps(self, event: Event) -> bool | None:
        """Whether the filter lets the event through; None where that is not known here."""
        if self.compare in ("in", "contains") or (self.filter.kind == "text" and self.compare in ("=", "!=")):
            return None if event.changes else self.keeps_value(event)
        sign = self.sign(event)
        if sign is None or self.compare not in (*LOWER, *UPPER, "=", "!="):
            return None
        return {">": sign > 0, ">=": sign >= 0, "<": sign < 0, "<=": sign <= 0, "=": sign == 0, "!=": sign != 0}[
            self.compare
        ]

    def keeps_value(self, event: Event) -> bool | None:
        """For a filter by words: whether one of the asked values is the record's, or stands in it.

        Several values are told joined by commas, so that a comma may also be part of one: then both must say the same.
        """
        held = values_at(event.record, self.field)
        parts = [part.strip() for part in self.text.split(",")]
        readings = [parts] if self.compare == "in" or len(parts) == 1 else [parts, [self.text]]
        answers = {any(self.is_met(asked, value) for asked in reading for value in held) for reading in readings}
        found = answers.pop() if len(answers) == 1 else None
        return not found if self.compare == "!=" and found is not None else found

    def is_met(self, asked: str, value: JsonValue) -> bool:
        if self.compare == "contains":
            return (
                asked in texts_of(value) if isinstance(value, list) else any(asked in each for each in texts_of(value))
            )
        if self.filter.kind == "text":
            return asked in texts_of(value)
        if self.filter.kind == "number":
            return number_of(value) is not None and number_of(value) == number_of(asked)
        moment = moment_of(value)
        return moment is not None and cut(moment, self.filter.precision, self.filter.zone) == moment_of(asked)

    def is_exact(self, event: Event) -> bool:
        """Whether the event lies on the bound without anything cut off."""
        value = self.of(event)
        return value is not None and (value == self.moment or value == number_of(self.text))

    @property
    def shown(self) -> str:
        return f"{self.field} {self.compare} {self.text}"


def endpoint_of(scenario: Scenario, listing: Listing) -> Endpoint | None:
    """The declared call that gave this answer; None: a vendor function did."""
    names = (each for each in scenario.endpoints if f"{each.method.upper()} {each.path}" == listing.endpoint)
    return next(names, None)


def bounds_of(scenario: Scenario, listing: Listing) -> list[Bound]:
    """The bounds of one request whose filters are known."""
    endpoint = endpoint_of(scenario, listing)
    filters = endpoint.filters if endpoint else ()
    found = []
    for field, compare, text in listing.bounds:
        own = next((each for each in filters if (each.field, each.compare) == (field, compare)), None)
        if own is not None:
            found.append(Bound(field, compare, text, own, scenario.time_field))
    return found


def has_matched(scenario: Scenario, listing: Listing, event: Event, vendor_state: JsonValue = None) -> bool:
    """Whether the event was surely among the records that the filters of this request kept.

    `vendor_state`: what the vendor remembered behind the cycle. A record that was written to by then is not known.
    """
    endpoint = endpoint_of(scenario, listing)
    if isinstance(vendor_state, dict) and event.id in (vendor_state.get("writes") or ()):
        return False
    if endpoint is None or endpoint.kind != "list" or (endpoint.streams and event.stream not in endpoint.streams):
        return False
    bounds = bounds_of(scenario, listing)
    return len(bounds) == len(listing.bounds) and all(bound.keeps(event) for bound in bounds)


def cut(moment: datetime, precision: str, zone: timedelta = timedelta(0)) -> datetime:
    """The start of the second, minute, day, ... that the moment falls into; days begin at midnight of the zone."""
    since = moment - EPOCH + zone
    return EPOCH + since // UNITS[precision] * UNITS[precision] - zone


def moment_of(value: JsonValue) -> datetime | None:
    """A time as text or as a number since 1970; one without a zone is UTC. None where it is no time."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and (match := ISO.fullmatch(value.strip())):
        day, hour, minute, second, fraction, offset = match.groups(default="")
        try:
            moment = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second}+00:00")
        except ValueError:
            return None
        return moment + timedelta(microseconds=int(fraction[:6].ljust(6, "0"))) - offset_of(offset)
    number = number_of(value)
    if number is None or number < MAGNITUDES[0][0]:
        return None
    scale = next((scale for below, scale in MAGNITUDES if number < below), None)
    if scale is None:
        return None
    whole = int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else None
    # A whole number keeps all its digits: as a float, 1709546345123456 would not.
    micros = whole * int(scale) if whole is not None and scale >= 1 else int(number * scale)
    return EPOCH + timedelta(microseconds=micros)


def offset_of(text: str) -> timedelta:
    if not text or text[0] not in "+-":
        return timedelta(0)
    digits = text[1:].replace(":", "")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return -size if text[0] == "-" else size


def number_of(value: JsonValue) -> float | None:
    """A number, also as text; whole ones stay whole, so that long ids compare digit by digit."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?\d{1,25}(?:\.\d{1,25})?", value.strip()):
            return None
        return int(value) if value.strip().lstrip("+-").isdigit() else float(value)
    return value


def texts_of(value: JsonValue) -> list[str]:
    """The words that a filter compares; a boolean is written in two ways, and APIs take both."""
    if isinstance(value, list):
        return [text for each in value for text in texts_of(each)[-1:]]
    if isinstance(value, bool):
        return [str(value), str(value).lower()]
    return [] if value is None else [value if isinstance(value, str) else str(value)]


def first_lower(scenario: Scenario, listings: Iterable[Listing]) -> Bound | None:
    """The first lower bound of a cycle's requests."""
    return next(lower_bounds(scenario, listings), None)


def reached(scenario: Scenario, listings: Iterable[Listing]) -> datetime | None:
    """The latest moment that any of these lists reached to, by the event's time; None where one had no end."""
    ends: list[datetime] = []
    for listing in listings:
        own = [each for each in bounds_of(scenario, listing) if each.compare in UPPER]
        moments = [each.moment for each in own if each.field == each.time_field]
        end = min((each for each in moments if each is not None), default=None)
        if end is None:
            return None
        ends.append(end)
    return max(ends, default=None)


def lower_bounds(scenario: Scenario, listings: Iterable[Listing]) -> Iterator[Bound]:
    for listing in listings:
        yield from (bound for bound in bounds_of(scenario, listing) if bound.is_lower)
