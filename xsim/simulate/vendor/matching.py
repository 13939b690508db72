"""The records that a request's filters keep, and which of them one answer holds."""

from __future__ import annotations

from typing import NamedTuple

from xsim.simulate.vendor.filters import Bound, both
from xsim.simulate.vendor.shelves import Entry, Interval, Shelf
from xsim.simulate.vendor.store import Version

Stretch = tuple[list[Entry], int, int]
"""Entries in order, and where among them those that match begin and end."""


class Slice(NamedTuple):
    """What of the matching records one answer holds."""

    entries: list[Entry]
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
        return [entry[-1] for entry in self.entries[self.first : self.stop]]

    @property
    def goes_on(self) -> bool:
        return self.stop < self.end


def matching(shelf: Shelf, entries: list[Entry], bounds: list[Bound]) -> Stretch:
    """The entries of a shelf that all bounds keep."""
    main = shelf.sorting.columns[0][0]
    stretch: Interval | None = None
    others = []
    for bound in bounds:
        if bound.interval is None or bound.column is not main:
            others.append(bound.keeps)
        else:
            stretch = bound.interval if stretch is None else both(stretch, bound.interval)
    begin, end = (0, len(entries)) if stretch is None else shelf.stretch(entries, stretch)
    if not others:
        return entries, begin, max(begin, end)
    kept = [entry for entry in entries[begin:end] if all(keeps(entry[-1]) for keeps in others)]
    return kept, 0, len(kept)


def kept_by(bounds: list[Bound], entries: list[Entry]) -> Stretch:
    """The same for entries that are on no shelf."""
    kept = [entry for entry in entries if all(bound.keeps(entry[-1]) for bound in bounds)]
    return kept, 0, len(kept)
