"""The events in one order, kept sorted while time goes on, so that a list is a slice and a bound a bisection."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from typing import Any, NamedTuple

from xsim.simulate.vendor.columns import Column
from xsim.simulate.vendor.components import TEXT_RANK, Component
from xsim.simulate.vendor.store import ALWAYS, History, Step, Store, steps_in
from xsim.simulate.vendor.versions import Version

MOVED_ONE_BY_ONE = 64
"""So many, and one in so many of those there are, are moved one by one. Beyond that, sorting all anew is cheaper."""


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


Entry = tuple[Any, ...]
"""What it is sorted by, then the event's place in the scenario (negative: backwards)."""


class Sorting(NamedTuple):
    """An order: columns, the main one first, and whether each descends. Ties go by the place in the scenario."""

    columns: tuple[tuple[Column, bool], ...]
    ties_descend: bool = False

    def entry(self, version: Version) -> Entry:
        parts = [directed(column.component(version), descends=descends) for column, descends in self.columns]
        return (*parts, -version.sequence if self.ties_descend else version.sequence)

    def position(self, version: Version) -> list[Any]:
        """Where the version stands, as JSON that a token can hold."""
        return [*(list(column.component(version)) for column, _ in self.columns), version.sequence]

    def entry_at(self, position: list[Any]) -> Entry:
        """The entry of a version that stands there. Raises ValueError where the position is none of this order."""
        components, sequence = self.read(position)
        parts = (directed(each, descends=down) for each, (_, down) in zip(components, self.columns, strict=True))
        return (*parts, -sequence if self.ties_descend else sequence)

    def read(self, position: list[Any]) -> tuple[list[Component], int]:
        """A position's components and place. Raises ValueError where it is none of this order."""
        *components, sequence = position
        fits = len(components) == len(self.columns) and all(map(_is_component, components))
        if not fits or not isinstance(sequence, int):
            raise ValueError("a position of another order")
        return [tuple(component) for component in components], sequence


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
    """One order of the store's events. It follows the moment it is asked about, forwards or back.

    It holds the events' numbers alone. They stand so that the main column ascends: where it descends in the order,
    they stand backwards, as what is new then comes last, where there is least to move. An index counts from the
    order's beginning.
    """

    def __init__(self, store: Store, sorting: Sorting, streams: tuple[str, ...]) -> None:
        self.sorting = sorting
        self._store = store
        self._originals = store.originals
        self._streams = streams
        (self._column, self._is_backwards), *others = sorting.columns
        self._main = self._column.of(self._originals)
        self._others = [
            (column, column.of(self._originals), descends != self._is_backwards) for column, descends in others
        ]
        self._sign = -1 if sorting.ties_descend != self._is_backwards else 1
        self._numbers = array("I")
        self._arrived = 0
        """How many of all events have been listed, plain or not."""
        self._moved: set[int] = set()
        """Those that were plain and are so no more."""
        self._steps = store.steps(streams)
        """Of the others than the plain ones."""
        self._done = 0
        self._shown: dict[int, Version] = {}
        """Of these, what is shown."""
        self.moment = ALWAYS - 1
        """What it shows is as of then."""

    def at(self, now: int) -> Shelf:
        """The shelf itself, with all on it that is shown then. It stays so until it is asked about another moment."""
        self.moment = self._store.moment(now)
        arrived = self._originals.arrived(self.moment) if self._store.is_whole else 0
        done = self._steps_until(self.moment)
        moves = abs(arrived - self._arrived) + abs(done - self._done)
        if moves > MOVED_ONE_BY_ONE and moves > len(self._numbers) // MOVED_ONE_BY_ONE:
            self._fill(arrived, done)
            return self
        while self._done > done:
            self._done -= 1
            step = self._steps[self._done]
            self._exchange(step.sequence, step.after, step.before)
        if arrived != self._arrived:
            self._go_to(arrived)
        while self._done < done:
            step = self._steps[self._done]
            self._exchange(step.sequence, step.before, step.after)
            self._done += 1
        return self

    def follow(self, sequence: int, old: History, new: History) -> None:
        """Something was written to one event: it has another history from here on."""
        if self._streams and self._originals.events.stream(sequence) not in self._streams:
            return
        if self._is_plain(sequence):
            self._look_after(sequence)
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        for step in reversed(steps_in(sequence, old)[same:]):
            self._take_out(step)
        for step in steps_in(sequence, new)[same:]:
            self._put_in(step)

    def __len__(self) -> int:
        return len(self._numbers)

    def versions(self, first: int, stop: int) -> list[Version]:
        """What is shown between two indexes."""
        numbers = self.numbers(first, stop)
        if not self._shown:
            return self._originals.versions(numbers)
        shown, version = self._shown.get, self._originals.version
        return [shown(number) or version(number) for number in numbers]

    def numbers(self, first: int, stop: int) -> array[int]:
        """The events between two indexes."""
        if not self._is_backwards:
            return self._numbers[first:stop]
        count = len(self._numbers)
        found = self._numbers[max(0, count - stop) : count - first]
        found.reverse()
        return found

    def reader(self, column: Column) -> Callable[[int], Component]:
        """How each event that is on the shelf compares in that column, by its number."""
        components = column.of(self._originals).__getitem__
        if not self._shown:
            return components
        shown = self._shown

        def read(number: int) -> Component:
            version = shown.get(number)
            return components(number) if version is None else column.component(version)

        return read

    def stretch(self, interval: Interval) -> tuple[int, int]:
        """First and last-but-one index of what lies in the interval of the main column."""
        rank, low, high = self._column.rank, interval.low, interval.high
        first = self._edge((rank,) if low is None else (rank, low), behind=interval.over_low)
        stop = self._edge((rank + 1,) if high is None else (rank, high), behind=interval.includes_high)
        count = len(self._numbers)
        return (count - stop, count - first) if self._is_backwards else (first, stop)

    def behind(self, position: list[Any]) -> int:
        """Index just behind a position. Raises ValueError where it is none of this order."""
        (main, *others), sequence = self.sorting.read(position)
        parts = (directed(each, descends=other[2]) for each, other in zip(others, self._others, strict=True))
        tie = (*parts, self._sign * sequence)
        first, stop = self._edge(main, behind=False), self._edge(main, behind=True)
        if self._is_backwards:
            return len(self._numbers) - bisect_left(self._numbers, tie, first, stop, key=self._tie)
        return bisect_right(self._numbers, tie, first, stop, key=self._tie)

    def behind_component(self, component: Component) -> int:
        """Index just behind all that has this value in the main column."""
        if self._is_backwards:
            return len(self._numbers) - self._edge(component, behind=False)
        return self._edge(component, behind=True)

    def changing(self) -> Iterable[Version]:
        """What is shown of events that are not plain."""
        return self._shown.values()

    def holds_plain(self, number: int) -> bool:
        """Whether the shelf shows that event, and it never changes."""
        events = self._originals.events
        is_here = not self._streams or events.stream(number) in self._streams
        return is_here and self._is_plain(number) and events.visible[number] <= self.moment

    def _is_plain(self, number: int) -> bool:
        return self._store.is_plain(number) and number not in self._moved

    def _plain_ones(self, first: int, stop: int) -> Iterator[int]:
        """Those on this shelf, of all from one place to another in order of arrival."""
        numbers = self._originals.order[first:stop]
        if not self._streams and self._store.is_all_plain and not self._moved:
            return iter(numbers)
        stream, streams = self._originals.events.stream, self._streams
        return (n for n in numbers if self._is_plain(n) and (not streams or stream(n) in streams))

    def _go_to(self, arrived: int) -> None:
        """Plain events come, or go where an earlier moment is asked about."""
        for number in self._plain_ones(*sorted((arrived, self._arrived))):
            if arrived > self._arrived:
                self._originals.version(number)  # It is about to be listed: what is read of it now, is read once.
                self._insert(number)
            else:
                self._remove(number)
        self._arrived = arrived

    def _exchange(self, sequence: int, old: Version | None, new: Version | None) -> None:
        if old is not None:
            self._remove(sequence)
            del self._shown[sequence]
        if new is not None:
            self._shown[sequence] = new
            self._insert(sequence)

    def _insert(self, number: int) -> None:
        self._numbers.insert(self._place(number), number)

    def _remove(self, number: int) -> None:
        place = self._place(number)
        assert self._numbers[place] == number, "what goes was there"
        del self._numbers[place]

    def _place(self, number: int) -> int:
        """Where it stands, or belongs."""
        numbers, component = self._numbers, self._component(number)
        if not numbers or self._component(numbers[-1]) < component:
            return len(numbers)  # Most of what is new comes last.
        first, stop = self._edge(component, behind=False), self._edge(component, behind=True)
        return bisect_left(numbers, self._tie(number), first, stop, key=self._tie) if first < stop else first

    def _edge(self, component: Component, *, behind: bool) -> int:
        """Where in the main column the component's like begin, or end."""
        bisect = bisect_right if behind else bisect_left
        if self._main.rank is None or self._shown:
            return bisect(self._numbers, component, key=self._component)
        if self._main.rank != component[0] or len(component) < 2:
            return 0 if component[0] <= self._main.rank else len(self._numbers)
        return bisect(self._numbers, component[1], key=self._main.integers.__getitem__)

    def _component(self, number: int) -> Component:
        version = self._shown.get(number) if self._shown else None
        return self._main[number] if version is None else self._column.component(version)

    def _tie(self, number: int) -> Entry:
        """What tells apart those that are alike in the main column."""
        place = self._sign * number
        if not self._others:
            return (place,)
        version = self._shown.get(number)
        parts = (
            directed(components[number] if version is None else column.component(version), descends=descends)
            for column, components, descends in self._others
        )
        return (*parts, place)

    def _fill(self, arrived: int, done: int) -> None:
        """Sort all anew."""
        self._shown = {}
        for step in self._steps[:done]:
            self._shown.pop(step.sequence, None)
            if step.after is not None:
                self._shown[step.sequence] = step.after
        held = array("I", self._plain_ones(0, arrived))
        for number in held:
            self._main.read(number)
        held.extend(self._shown)
        is_simple = self._main.rank is not None and not self._shown
        self._numbers = self._sorted(held, self._main.integers.__getitem__ if is_simple else self._component)
        if self._others:
            self._sort_ties()
        self._arrived, self._done = arrived, done

    def _sorted(self, numbers: array[int], key: Callable[[int], Any]) -> array[int]:
        """By the main column, then by the place in the scenario."""

        def place(number: int) -> tuple[Any, int]:
            return key(number), self._sign * number

        # Most come in order. Only the others are sorted, as a list of all takes twenty times the room.
        in_order, others, last = array("I"), [], None
        for number in numbers:
            here = place(number)
            if last is None or last < here:
                in_order.append(number)
                last = here
            else:
                others.append(number)
        return array("I", merge(in_order, sorted(others, key=place), key=place)) if others else in_order

    def _sort_ties(self) -> None:
        """By the other columns, those that are alike in the main one."""
        numbers, first = self._numbers, 0
        while first < len(numbers):
            stop = first + 1
            component = self._component(numbers[first])
            while stop < len(numbers) and self._component(numbers[stop]) == component:
                stop += 1
            if stop - first > 1:
                numbers[first:stop] = array("I", sorted(numbers[first:stop], key=self._tie))
            first = stop

    def _look_after(self, sequence: int) -> None:
        """A plain event is plain no more: what becomes of it is among the steps from here on."""
        history = self._store.history(sequence)
        assert len(history) == 1, "a plain event is listed, and that is all"
        ((moment, version),) = history
        self._moved.add(sequence)
        self._steps.insert(bisect_right(self._steps, moment, key=_moment_of), Step(moment, sequence, None, version))
        if moment <= self.moment and version is not None:
            self._shown[sequence] = version
            self._done += 1

    def _steps_until(self, moment: int) -> int:
        steps, done = self._steps, self._done
        # A vendor is nearly always asked about the next few events.
        if (done == 0 or steps[done - 1].moment <= moment) and (done == len(steps) or steps[done].moment > moment):
            return done
        return bisect_right(steps, moment, key=_moment_of)

    def _take_out(self, step: Step) -> None:
        index = bisect_left(self._steps, step.moment, key=_moment_of)
        while self._steps[index].sequence != step.sequence:
            index += 1
        del self._steps[index]
        if index < self._done:
            self._exchange(step.sequence, step.after, step.before)
            self._done -= 1

    def _put_in(self, step: Step) -> None:
        self._steps.insert(bisect_right(self._steps, step.moment, key=_moment_of), step)
        if step.moment <= self.moment:
            self._exchange(step.sequence, step.before, step.after)
            self._done += 1


def directed(component: Component, *, descends: bool) -> Component:
    """A component that compares the other way round where the order descends."""
    if not descends:
        return component
    rank, value = component
    return (-rank, Downwards(value) if isinstance(value, str) else -value)


def _moment_of(step: Step) -> int:
    return step.moment


def _is_component(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    rank, inner = value
    return isinstance(rank, int) and isinstance(inner, str if rank == TEXT_RANK else (int, float))
