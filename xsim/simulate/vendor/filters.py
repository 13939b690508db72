"""Parameters that keep some records: what a request asks for, read as the vendor reads it, and compared its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from xsim.events import MICROSECOND
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import Column, Fields, as_number, as_text
from xsim.simulate.vendor.components import ABSENT, TEXT_RANK, Component
from xsim.simulate.vendor.moments import ISO_LAYOUTS, UNITS, cut, iso_text, read_bound_time, read_span
from xsim.simulate.vendor.shelves import Interval
from xsim.simulate.vendor.texts import found_in
from xsim.simulate.vendor.versions import Version
from xsim.world import Filter, JsonValue

ONE_SIDED = (">=", ">", "<=", "<")

Holds = Callable[[Component], bool]


class Bound(NamedTuple):
    """A filter that was sent."""

    column: Column
    interval: Interval | None
    """What it keeps, where that is one stretch of the column."""
    holds: Holds
    """Whether it keeps a record that has this in the column."""
    shown: tuple[str, str, str]
    """Field, comparison and bound, for the evidence."""

    def keeps(self, version: Version) -> bool:
        return self.holds(self.column.component(version))


class Cell(NamedTuple):
    """The values that count as equal to a bound: a second, a day, or the value alone."""

    start: Any
    end: Any
    is_one_value: bool


class Parameter:
    """A filter with what it needs to read and compare."""

    def __init__(self, declared: Filter, fields: Fields) -> None:
        self.declared = declared
        by_words = declared.kind == "text" or declared.compare == "contains"
        self.is_text = by_words and declared.compare in ("=", "!=", "in", "contains")
        kind = "text" if by_words else declared.kind
        if self.is_text:
            kind = "plain"  # A list of words is more than its text.
        shared = fields.column(declared.field)
        self.column = shared if shared.kind == kind else fields.columns.get(declared.field, kind)
        self._unit = UNITS[declared.precision]
        self._zone = declared.zone // MICROSECOND
        is_body = declared.place == "body"
        self.key = f"body {declared.field} {declared.compare}" if is_body else f"{declared.place} {declared.name}"
        """By which a token or a search holds what was sent for it."""

    def bound(self, sent: Sequence[JsonValue], now: int, *, is_new: bool = True) -> Bound | None:
        """What the sent values ask for; None where they ask for nothing. Raises BadRequestError.

        Not `is_new`: they were asked for, and taken, by an earlier request.
        """
        declared = self.declared
        values = self._asked_for(sent)
        if not values:
            if declared.required:
                is_other = bool(sent) and bool(declared.pattern)
                problem = f"nothing in it matches {declared.pattern}" if is_other else "the parameter is required"
                raise BadRequestError(declared.name, sent[-1] if is_other else None, problem)
            return None
        if self.is_text:
            shown = (declared.field, declared.compare, ",".join(as_text(value) for value in values))
            return Bound(self.column, None, self._by_words(values), shown)
        cells = [cell for value in values if (cell := self._cell_or_none(value, now)) is not None]
        if not cells:
            return None
        if is_new:
            self._refuse_too_wide(cells, now)
        intervals = [_interval(declared.compare, cell) for cell in cells]
        shown = (declared.field, declared.compare, ",".join(self._shown(cell) for cell in cells))
        if declared.compare in ("=", "!=", "in") and len(intervals) > 1:
            return Bound(self.column, None, self._by_any(intervals), shown)
        if declared.compare == "!=":
            return Bound(self.column, None, self._by_any(intervals), shown)
        interval = intervals[0]
        for other in intervals[1:]:
            interval = both(interval, other)
        return Bound(self.column, interval, self._by_interval(interval), shown)

    def finds_nothing(self, sent: Sequence[JsonValue]) -> bool:
        """Whether its pattern stands in none of what was sent."""
        return bool(self.declared.pattern) and not any(self._found_in(sent))

    def _refuse_too_wide(self, cells: list[Cell], now: int) -> None:
        declared = self.declared
        if declared.widest is None or declared.kind != "time":
            return
        earliest = min(cell.start for cell in cells)
        if cut(now, self._unit, self._zone) - earliest > declared.widest // MICROSECOND:
            problem = f"farther back than the service goes, which is {declared.widest}"
            raise BadRequestError(declared.name or declared.field, iso_text(earliest), problem)

    def _asked_for(self, sent: Sequence[JsonValue]) -> Sequence[JsonValue]:
        values = list(self._found_in(sent)) if self.declared.pattern else sent
        if self.declared.compare == "in":
            values = [one for value in values for one in _separated(value)]
        return [value for value in values if value != ""] if self.is_text else values

    def _found_in(self, sent: Sequence[JsonValue]) -> Iterator[str]:
        """The bounds that the pattern finds in what was sent: the first of each text, or every one that may be equal.

        Raises BadRequestError where there is too much to look through.
        """
        declared = self.declared
        for text in (as_text(value) for value in sent if not isinstance(value, (dict, list))):
            found = found_in(text, declared.pattern, declared.place, declared.name)
            yield from islice(found, 1 if declared.compare in ONE_SIDED else None)

    def _cell_or_none(self, value: JsonValue, now: int) -> Cell | None:
        """None: it cannot be read, and the vendor does not mind. Raises BadRequestError where it does."""
        try:
            return self._cell(value, now)
        except BadRequestError:
            if self.declared.unreadable == "ignore":
                return None
            raise

    def _cell(self, value: JsonValue, now: int) -> Cell:
        declared = self.declared
        if declared.kind == "text":
            return Cell(as_text(value), as_text(value), True)
        if declared.kind == "number":
            number = as_number(value)
            if number is None:
                raise BadRequestError(declared.name, value, "no number")
            return Cell(number, number, True)
        moment = self._moment(value, now)
        start = cut(moment, self._unit, self._zone)
        return Cell(start, start + self._unit, False)

    def _moment(self, value: JsonValue, now: int) -> int:
        declared = self.declared
        if declared.relative:
            span = read_span(value, declared.relative)
            if span is None:
                raise BadRequestError(
                    declared.name, value, f"no span of time; expected 15 ({declared.relative}) or PT15M"
                )
            return now - span
        is_time = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        moment = read_bound_time(value, declared.layout, self._zone) if is_time else None
        if moment is None:
            raise BadRequestError(declared.name, value, f"no time{_expected(declared.layout)}")
        return moment

    def _shown(self, cell: Cell) -> str:
        return iso_text(cell.start) if self.declared.kind == "time" else as_text(cell.start)

    def _by_words(self, values: Sequence[JsonValue]) -> Holds:
        wanted = [as_text(value) for value in values]
        compare = self.declared.compare

        def contains(component: Component) -> bool:
            value = component[1]
            if isinstance(value, list):
                return any(text in wanted for text in _texts(value))
            return component is not ABSENT and any(text in as_text(value) for text in wanted)

        def equals(component: Component) -> bool:
            rank, value = component
            if rank == TEXT_RANK:
                return value in wanted
            return component is not ABSENT and any(text in wanted for text in _texts(value))

        if compare == "contains":
            return contains
        return equals if compare != "!=" else lambda component: not equals(component)

    def _by_interval(self, interval: Interval) -> Holds:
        rank_wanted = self.column.rank

        def holds(component: Component) -> bool:
            rank, value = component
            return rank == rank_wanted and interval.holds(value)

        return holds

    def _by_any(self, intervals: list[Interval]) -> Holds:
        each = [self._by_interval(interval) for interval in intervals]
        if self.declared.compare == "!=":
            return lambda component: not any(holds(component) for holds in each)
        return lambda component: any(holds(component) for holds in each)


def both(one: Interval, other: Interval) -> Interval:
    """What lies in both."""
    low, over = one.low, one.over_low
    if low is None or (other.low is not None and (other.low, other.over_low) > (low, over)):
        low, over = other.low, other.over_low
    high, includes = one.high, one.includes_high
    if high is None or (other.high is not None and (other.high, other.includes_high) < (high, includes)):
        high, includes = other.high, other.includes_high
    return Interval(low, over, high, includes)


def _interval(compare: str, cell: Cell) -> Interval:
    if compare == ">=":
        return Interval(low=cell.start)
    if compare == ">":
        return Interval(low=cell.end, over_low=cell.is_one_value)
    if compare == "<":
        return Interval(high=cell.start)
    if compare == "<=":
        return Interval(high=cell.end, includes_high=cell.is_one_value)
    return Interval(low=cell.start, high=cell.end, includes_high=cell.is_one_value)


def _separated(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, str):
        return [value]
    return [part.strip() for part in value.split(",") if part.strip()]


def _texts(value: JsonValue) -> list[str]:
    if isinstance(value, list):
        return [as_text(each) for each in value if each is not None]
    if isinstance(value, bool):
        # `requests` writes True as "True", and APIs take both.
        return [str(value), str(value).lower()]
    return [as_text(value)]


def _expected(layout: str) -> str:
    units = {"epoch-s": "seconds", "epoch-ms": "milliseconds", "epoch-us": "microseconds"}
    if layout in units:
        return f"; expected {units[layout]} since 1970"
    if layout and layout not in ISO_LAYOUTS:
        return f"; expected one written as {layout}"
    return "; expected ISO 8601" + ("" if layout else " or a number since 1970")


def read_bounds(parameters: Sequence[Parameter], asked: Asked, kept: dict[str, list[JsonValue]]) -> list[Bound]:
    """Every filter that the request sends, or that its token keeps for it. Raises BadRequestError.

    `kept` is what the token holds; what the request sends is added to it, so that the next token holds it too.
    """
    bounds = []
    for parameter in parameters:
        declared, key = parameter.declared, parameter.key
        sent = asked.values(declared.place, declared.name)
        if declared.place == "body" and key in kept and parameter.finds_nothing(sent):
            sent = []  # A body that only goes on asks for nothing.
        values = sent or kept.get(key, [])
        is_new = values != kept.get(key)
        if values:
            kept[key] = values
        bound = parameter.bound(values, asked.now, is_new=is_new)
        if bound is not None:
            bounds.append(bound)
    return bounds
