"""How values compare: by rank and value, so that everything compares with everything; and very many of these."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from xsim.texts import Texts

Component = tuple[Any, ...]
"""Rank and value: absent before numbers and times before text."""

ABSENT: Component = (0, 0)
NUMBER_RANK = 1
TIME_RANK = 2
TEXT_RANK = 3
UNRANKED = 4
"""Of a value that is only looked at, and never compared."""

# What kind of component a record has. Whole numbers and times, by far the most frequent, have their rank for it.
WHOLE = (TIME_RANK, NUMBER_RANK)
UNREAD, SHARED, TEXT, FLOAT, NOTHING = 0, 3, 4, 5, 6
SMALLEST, LARGEST = -(2**63), 2**63 - 1
MOST_KNOWN = 4096
"""So many different texts and other values of a column are kept once each; of more, each record has its own."""


class Components:
    """How each of many records compares, by the record's number: read when it is first asked for, then kept.

    It takes 9 bytes a record; where the texts of a column are too many different ones, 12 more and their length.
    """

    __slots__ = ("_floats", "_kinds", "_known", "_read", "_seen", "_shared", "_texts", "integers", "rank")

    def __init__(self, count: int, read: Callable[[int], Component]) -> None:
        self._read = read
        self._kinds = bytearray(count)
        self.integers = array("q", bytes(8 * count))
        """The value itself, or its place among those of its kind."""
        self.rank: int | None = None
        """That of all that were read so far, where `integers` holds the value of each; None: it does not."""
        self._seen = 0
        """Which kinds were met, as bits."""
        self._texts = Texts()
        self._floats = array("d")
        self._shared: list[Component] = []
        self._known: dict[str | Component, int] = {}

    def __getitem__(self, number: int) -> Component:
        kind = self._kinds[number]
        if kind in WHOLE:
            return (kind, self.integers[number])
        if kind == SHARED:
            return self._shared[self.integers[number]]
        return self._kept(number, kind) if kind else self._keep(number, self._read(number))

    def read(self, number: int) -> None:
        """Have it read, where it was not."""
        if not self._kinds[number]:
            self._keep(number, self._read(number))

    def _kept(self, number: int, kind: int) -> Component:
        place = self.integers[number]
        if kind == TEXT:
            return (TEXT_RANK, self._texts[place])
        return (NUMBER_RANK, self._floats[place]) if kind == FLOAT else ABSENT

    def _keep(self, number: int, component: Component) -> Component:
        kind, place = self._place(*component)
        self.integers[number] = place
        self._kinds[number] = kind
        if not self._seen >> kind & 1:
            self._seen |= 1 << kind
            self.rank = kind if self._seen == 1 << kind and kind in WHOLE else None
        return component

    def _place(self, rank: int, value: Any) -> tuple[int, int]:
        """Of which kind it is, and what stands for it."""
        # Of these types exactly: true counts as 1, but is not written so.
        if type(value) is int and SMALLEST <= value <= LARGEST:
            if rank in WHOLE:
                return rank, value
            if rank == ABSENT[0]:
                return NOTHING, 0
        if rank == NUMBER_RANK and type(value) is float:
            self._floats.append(value)
            return FLOAT, len(self._floats) - 1
        # By how it is written: 1, 1.0 and true are equal, and not the same.
        key = value if rank == TEXT_RANK else (rank, repr(value))
        place = self._known.get(key)
        if place is not None:
            return SHARED, place
        if rank == TEXT_RANK and len(self._known) >= MOST_KNOWN:
            self._texts.append(value)
            return TEXT, len(self._texts) - 1
        if len(self._known) < MOST_KNOWN:
            self._known[key] = len(self._shared)
        self._shared.append((rank, value))
        return SHARED, len(self._shared) - 1


def times_of(moments: array[int]) -> Components:
    """Of records whose times are known already."""
    found = Components(0, lambda number: (TIME_RANK, moments[number]))
    found._kinds = bytearray((TIME_RANK,)) * len(moments)
    found.integers, found.rank, found._seen = moments, TIME_RANK, 1 << TIME_RANK
    return found
