"""Very many texts in little memory: one behind the other, each known by its number, and found again by what it says."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

MOST_AT_HAND = 2**16
"""Texts that a dictionary finds: it is the quicker way, and takes tenfold."""


class Texts(Sequence[str]):
    """A sequence of texts that texts can be added to. None of them ever changes."""

    __slots__ = ("_bytes", "_sizes", "_starts")

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._bytes = bytearray()
        self._starts = array("Q")
        self._sizes = array("I")
        for text in texts:
            self.append(text)

    def append(self, text: str) -> None:
        held = text.encode("utf-8", "surrogatepass")
        self._starts.append(len(self._bytes))
        self._sizes.append(len(held))
        self._bytes += held

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(map(self.__getitem__, range(*index.indices(len(self)))))
        start = self._starts[index]
        return self._bytes[start : start + self._sizes[index]].decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

    @property
    def sizes(self) -> Sequence[int]:
        """Bytes of each."""
        return self._sizes

    def __reduce__(self) -> tuple[Any, ...]:
        if sum(self._sizes) < len(self._bytes):
            return Texts(self).__reduce__()  # It is a part of another: only its own texts travel.
        return _restored, (bytes(self._bytes), self._starts, self._sizes)

    def in_order(self, numbers: Iterable[int]) -> Texts:
        """These texts, in this order. They are not copied: what is added to one of the two, both hold."""
        found = Texts()
        found._bytes = self._bytes
        for number in numbers:
            found._starts.append(self._starts[number])
            found._sizes.append(self._sizes[number])
        return found


class Index:
    """Finds the number of a text among others. Of equal texts it knows the one that was entered first."""

    __slots__ = ("_at_hand", "_count", "_slots", "_texts")

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._at_hand: dict[str, int] | None = {}
        self._slots = array("I")
        """Where a text's hash points to is its number plus one, or behind it; 0 ends the search."""
        self._count = 0

    def number_of(self, text: str) -> int | None:
        if self._at_hand is not None:
            return self._at_hand.get(text)
        held = self._slots[self._slot_of(text)]
        return held - 1 if held else None

    def enter(self, text: str, number: int) -> int:
        """Enter the text of that number; the number that it, or an equal one, is known by."""
        if self._at_hand is not None:
            known = self._at_hand.setdefault(text, number)
            if len(self._at_hand) > MOST_AT_HAND:
                self._put_away(self._at_hand)
            return known
        slot = self._slot_of(text)
        if self._slots[slot]:
            return self._slots[slot] - 1
        self._slots[slot] = number + 1
        self._count += 1
        if 2 * self._count > len(self._slots):
            self._resize(self._slots)
        return number

    def _slot_of(self, text: str) -> int:
        """The slot that holds the text, or the one where it belongs."""
        slots, texts = self._slots, self._texts
        most = len(slots) - 1
        slot = hash(text) & most
        while (held := slots[slot]) and texts[held - 1] != text:
            slot = slot + 1 & most
        return slot

    def _put_away(self, at_hand: dict[str, int]) -> None:
        """Too many for a dictionary."""
        self._at_hand = None
        self._count = len(at_hand)
        self._resize(array("I", (number + 1 for number in at_hand.values())))

    def _resize(self, held: array[int]) -> None:
        slots = array("I", bytes(4 * 2 ** (2 * self._count).bit_length()))
        most = len(slots) - 1
        for number in held:
            if number:
                slot = hash(self._texts[number - 1]) & most
                while slots[slot]:
                    slot = slot + 1 & most
                slots[slot] = number
        self._slots = slots


class Names:
    """Texts that are all different, each with its number, in the order in which they were added."""

    __slots__ = ("_index", "_texts")

    def __init__(self, texts: Texts | None = None) -> None:
        self._texts = Texts() if texts is None else texts
        self._index = Index(self._texts)
        for number, text in enumerate(self._texts):
            self._index.enter(text, number)

    def __reduce__(self) -> tuple[Any, ...]:
        return Names, (self._texts,)  # Another process may have other hashes.

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __getitem__(self, number: int) -> str:
        return self._texts[number]

    def number_of(self, text: str) -> int | None:
        return self._index.number_of(text)

    def add(self, text: str) -> int:
        """Its number, a new one where it was not there."""
        known = self._index.number_of(text)
        if known is not None:
            return known
        self._texts.append(text)
        return self._index.enter(text, len(self._texts) - 1)


class Few:
    """A column of texts of which there are few different ones."""

    __slots__ = ("_known", "_names", "_numbers")

    def __init__(self) -> None:
        self._names: list[str] = []
        self._known: dict[str, int] = {}
        self._numbers = array("I")

    def append(self, text: str) -> None:
        number = self._known.setdefault(text, len(self._names))
        if number == len(self._names):
            self._names.append(text)
        self._numbers.append(number)

    def __getitem__(self, number: int) -> str:
        return self._names[self._numbers[number]]


def _restored(held: bytes, starts: array[int], sizes: array[int]) -> Texts:
    texts = Texts()
    texts._bytes, texts._starts, texts._sizes = bytearray(held), starts, sizes
    return texts
