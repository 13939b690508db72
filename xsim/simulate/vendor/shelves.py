"""The events in one order, kept sorted while time goes on, so that a list is a slice and a bound a bisection."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import Any, NamedTuple

from xsim.simulate.vendor.columns import TEXT_RANK, Column, Component
from xsim.simulate.vendor.store import ALWAYS, History, Step, Store, Version, steps_in

MOVED_ONE_BY_ONE = 64
"""Further than so many steps, sorting all anew is cheaper."""


class Top:
    """Above every value, for bisecting behind all entries that begin alike."""

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True


class Downwards:
    """A text in descending order."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Downwards) and self.text == other.text

    def __lt__(self, other: Downwards) -> bool:
        return other.text < self.text

    __hash__ = None  # type: ignore[assignment]


TOP: Any = Top()

Entry = tuple[Any, ...]
"""What it is sorted by, then the event's place in the scenario (negative: backwards), then the version."""


class Sorting(NamedTuple):
    """An order: columns, the main one first, and whether each descends. Ties go by the place in the scenario."""

    columns: tuple[tuple[Column, bool], ...]
    ties_descend: bool = False

    def entry(self, version: Version) -> Entry:
        parts = [_directed(column.component(version), descends) for column, descends in self.columns]
        return (*parts, -version.sequence if self.ties_descend else version.sequence, version)

    def position(self, version: Version) -> list[Any]:
        """Where the version stands, as JSON that a token can hold."""
        return [*(list(column.component(version)) for column, _ in self.columns), version.sequence]

    def behind(self, position: list[Any]) -> Entry:
        """What a bisection finds just behind a position. Raises ValueError where it is none of this order."""
        *components, sequence = position
        fits = len(components) == len(self.columns) and all(map(_is_component, components))
        if not fits or not isinstance(sequence, int):
            raise ValueError("a position of another order")
        pairs = zip(components, self.columns, strict=True)
        parts = [_directed(tuple(component), descends) for component, (_, descends) in pairs]
        return (*parts, -sequence if self.ties_descend else sequence, TOP)

    def behind_component(self, component: Component) -> Entry:
        """What a bisection finds just behind all entries with that value in the main column."""
        return (_directed(component, self.columns[0][1]), TOP)


class Interval(NamedTuple):
    """A stretch of one column's values; None: open towards that end. `over`: beyond the value itself."""

    low: Any = None
    over_low: bool = False
    high: Any = None
    includes_high: bool = False

    def holds(self, value: Any) -> bool:
        if self.low is not None and (value < self.low or (self.over_low and value == self.low)):
            return False
        return self.high is None or value < self.high or (self.includes_high and value == self.high)


class Shelf:
    """One order of the store's events. It follows the moment it is asked about, forwards or back."""

    def __init__(self, store: Store, sorting: Sorting, streams: tuple[str, ...]) -> None:
        self.sorting = sorting
        self._store = store
        self._steps = store.steps(streams)
        self._streams = streams
        self._done = 0
        self._moment = ALWAYS - 1
        self._entries: list[Entry] = []

    def at(self, now: int) -> list[Entry]:
        """All that is shown, in order. The list is the shelf's own: it must not be kept or changed."""
        self._moment = self._store.moment(now)
        target = self._steps_until(self._moment)
        if abs(target - self._done) > MOVED_ONE_BY_ONE:
            self._fill(target)
        while self._done < target:
            step = self._steps[self._done]
            self._exchange(step.before, step.after)
            self._done += 1
        while self._done > target:
            self._done -= 1
            step = self._steps[self._done]
            self._exchange(step.after, step.before)
        return self._entries

    def follow(self, old: History, new: History) -> None:
        """Something was written to one event: it has another history from here on."""
        if self._streams and not any(v is not None and v.event.stream in self._streams for _, v in old):
            return
        same = 0
        while same < min(len(old), len(new)) and old[same][0] == new[same][0] and old[same][1] is new[same][1]:
            same += 1
        for step in reversed(steps_in(old)[same:]):
            self._take_out(step)
        for step in steps_in(new)[same:]:
            self._put_in(step)

    def stretch(self, entries: list[Entry], interval: Interval) -> tuple[int, int]:
        """First and last-but-one index of the entries whose main column lies in the interval."""
        column, descends = self.sorting.columns[0]
        low = _edge(column.rank, interval.low, behind=interval.over_low)
        high = _edge(column.rank + (interval.high is None), interval.high, behind=interval.includes_high)
        if not descends:
            return bisect_left(entries, low), bisect_left(entries, high)
        low = _turned(column.rank - (interval.low is None), interval.low, behind=not interval.over_low)
        high = _turned(column.rank, interval.high, behind=not interval.includes_high)
        return bisect_left(entries, high), bisect_left(entries, low)

    def _steps_until(self, moment: int) -> int:
        steps, done = self._steps, self._done
        # A vendor is nearly always asked about the next few events.
        if (done == 0 or steps[done - 1].moment <= moment) and (done == len(steps) or steps[done].moment > moment):
            return done
        return _bisect_steps(steps, moment)

    def _take_out(self, step: Step) -> None:
        index = bisect_left(self._steps, step.moment, key=_moment_of)
        while self._steps[index].before is not step.before or self._steps[index].after is not step.after:
            index += 1
        del self._steps[index]
        if index < self._done:
            self._exchange(step.after, step.before)
            self._done -= 1

    def _put_in(self, step: Step) -> None:
        self._steps.insert(bisect_right(self._steps, step.moment, key=_moment_of), step)
        if step.moment <= self._moment:
            self._exchange(step.before, step.after)
            self._done += 1

    def _fill(self, target: int) -> None:
        shown: dict[int, Version] = {}
        for step in self._steps[:target]:
            if step.before is not None:
                del shown[step.before.sequence]
            if step.after is not None:
                shown[step.after.sequence] = step.after
        self._entries = sorted(self.sorting.entry(version) for version in shown.values())
        self._done = target

    def _exchange(self, old: Version | None, new: Version | None) -> None:
        if old is not None:
            del self._entries[bisect_left(self._entries, self.sorting.entry(old)[:-1])]
        if new is not None:
            insort(self._entries, self.sorting.entry(new))


def _bisect_steps(steps: list[Step], moment: int) -> int:
    return bisect_left(steps, (moment, TOP))


def _moment_of(step: Step) -> int:
    return step.moment


def _is_component(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    rank, inner = value
    return isinstance(rank, int) and isinstance(inner, str if rank == TEXT_RANK else (int, float))


def _directed(component: Component, descends: bool) -> Component:
    if not descends:
        return component
    rank, value = component
    return (-rank, Downwards(value) if isinstance(value, str) else -value)


def _edge(rank: int, value: Any, *, behind: bool) -> Entry:
    if value is None:
        return ((rank,),)
    return ((rank, value), TOP) if behind else ((rank, value),)


def _turned(rank: int, value: Any, *, behind: bool) -> Entry:
    if value is None:
        return ((-rank,),)
    component = (-rank, Downwards(value) if isinstance(value, str) else -value)
    return (component, TOP) if behind else (component,)
