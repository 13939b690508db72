"""The records that a request's filters keep, and which of them one answer holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import compress
from typing import Any, NamedTuple, Protocol

from xsim.simulate.vendor.components import Component
from xsim.simulate.vendor.filters import Bound, both
from xsim.simulate.vendor.shelves import Interval, Shelf, Sorting, directed
from xsim.simulate.vendor.versions import Version


class Entries(Protocol):
    """Records in an order."""

    def versions(self, first: int, stop: int) -> list[Version]:
        """Those between two indexes."""

    def behind(self, position: list[Any]) -> int:
        """Index just behind a position. Raises ValueError where it is none of this order."""

    def behind_component(self, component: Component) -> int:
        """Index just behind all that has this value in the main column."""


Stretch = tuple[Entries, int, int]
"""Entries in order, and where among them those that match begin and end."""


class Slice(NamedTuple):
    """What of the matching records one answer holds."""

    entries: Entries
    begin: int
    """Index of the first matching entry."""
    first: int
    """Index of the first one listed."""
    stop: int
    """Index behind the last one listed."""
    end: int
    """Index behind the last matching one."""

    @property
    def versions(self) -> list[Version]:
        return self.entries.versions(self.first, self.stop)

    @property
    def goes_on(self) -> bool:
        return self.stop < self.end


class Picked:
    """Some records of a shelf, by their indexes there."""

    def __init__(self, shelf: Shelf, indexes: Sequence[int]) -> None:
        self._shelf = shelf
        self._indexes = indexes

    def versions(self, first: int, stop: int) -> list[Version]:
        return [version for index in self._indexes[first:stop] for version in self._shelf.versions(index, index + 1)]

    def behind(self, position: list[Any]) -> int:
        return bisect_left(self._indexes, self._shelf.behind(position))

    def behind_component(self, component: Component) -> int:
        return bisect_left(self._indexes, self._shelf.behind_component(component))


class Loose:
    """Records that are on no shelf."""

    def __init__(self, sorting: Sorting, versions: Sequence[Version]) -> None:
        self._sorting = sorting
        self._versions = sorted(versions, key=sorting.entry)

    def versions(self, first: int, stop: int) -> list[Version]:
        return self._versions[first:stop]

    def behind(self, position: list[Any]) -> int:
        return bisect_right(self._versions, self._sorting.entry_at(position), key=self._sorting.entry)

    def behind_component(self, component: Component) -> int:
        descends = self._sorting.columns[0][1]
        edge = directed(component, descends=descends)
        return bisect_right(self._versions, edge, key=lambda version: self._sorting.entry(version)[0])


def matching(shelf: Shelf, bounds: list[Bound]) -> Stretch:
    """What all bounds keep of the records that the shelf shows."""
    main = shelf.sorting.columns[0][0]
    stretch: Interval | None = None
    others = []
    for bound in bounds:
        if bound.interval is None or bound.column is not main:
            others.append(bound)
        else:
            stretch = bound.interval if stretch is None else both(stretch, bound.interval)
    begin, end = (0, len(shelf)) if stretch is None else shelf.stretch(stretch)
    if not others:
        return shelf, begin, max(begin, end)
    indexes = _kept(shelf, others, begin, end)
    return Picked(shelf, indexes), 0, len(indexes)


def kept_by(bounds: list[Bound], sorting: Sorting, versions: Sequence[Version]) -> Stretch:
    """The same for records that are on no shelf."""
    kept = [version for version in versions if all(bound.keeps(version) for bound in bounds)]
    return Loose(sorting, kept), 0, len(kept)


def _kept(shelf: Shelf, bounds: list[Bound], begin: int, end: int) -> list[int]:
    """Indexes of those that all bounds keep, of a stretch of the shelf."""
    numbers: Sequence[int] = shelf.numbers(begin, end)
    indexes: Sequence[int] = range(begin, end)
    for bound in bounds:
        kept = list(map(bound.holds, map(shelf.reader(bound.column), numbers)))
        indexes, numbers = list(compress(indexes, kept)), list(compress(numbers, kept))
    return list(indexes)
