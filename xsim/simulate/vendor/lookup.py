"""Finds records by a text that they have, among very many, without keeping the texts."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator


class Lookup:
    """The numbers of records by a text of each. It takes some 12 bytes a record, and reads a text once more to be sure.

    Several may have one text: they are found in order of their numbers.
    """

    __slots__ = ("_filled", "_firsts", "_following", "_lasts", "_most", "_text_of")

    def __init__(self, count: int, text_of: Callable[[int], str | bytes]) -> None:
        size = 1 << count.bit_length()
        self._most = size - 1
        self._text_of = text_of
        self._filled = 0
        """The records below this number are entered."""
        # Chains of numbers, each with one added: 0 is none. There is one for each end of a hash.
        self._firsts = array("I", bytes(4 * size))
        self._lasts = array("I", bytes(4 * size))
        self._following = array("I", bytes(4 * count))

    def find(self, text: str | bytes, *, below: int) -> Iterator[int]:
        """Those that have this text, of the records below a number."""
        while self._filled < below:
            self._enter(self._filled)
            self._filled += 1
        place = self._firsts[hash(text) & self._most]
        while 0 < place <= below:
            if self._text_of(place - 1) == text:
                yield place - 1
            place = self._following[place - 1]

    def _enter(self, number: int) -> None:
        chain = hash(self._text_of(number)) & self._most
        last = self._lasts[chain]
        if last:
            self._following[last - 1] = number + 1
        else:
            self._firsts[chain] = number + 1
        self._lasts[chain] = number + 1
