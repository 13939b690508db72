"""What one vendor has on show: its events, in every order that was asked for, and found by id."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import merge
from itertools import chain

from xsim.events import EPOCH, MICROSECOND, microseconds
from xsim.simulate.vendor.columns import Column, as_text
from xsim.simulate.vendor.components import NUMBER_RANK
from xsim.simulate.vendor.lookup import Lookup
from xsim.simulate.vendor.memory import Memory, Write
from xsim.simulate.vendor.paths import value_at
from xsim.simulate.vendor.shelves import Shelf, Sorting
from xsim.simulate.vendor.store import History, Store
from xsim.simulate.vendor.versions import Version, changed
from xsim.world import Change, JsonValue

MOST_SHELVES = 16
"""A script that asks for ever new orders does not fill the memory: the oldest is forgotten."""


class Catalog:
    """All that the events of a scenario ever are, whatever the moment: shared by a vendor and the ones made of it."""

    def __init__(self, store: Store, written: Iterable[str] = ()) -> None:
        """`written` are paths that requests can give to records."""
        self.store = store
        self._written = tuple(written)
        self._originals = store.originals
        self._ids: dict[Column, Lookup] = {}
        self._later_ids: dict[Column, dict[str, list[int]]] = {}
        self._numeric: dict[Column, bool] = {}
        self._paths: list[str] | None = None
        self._records: Lookup | None = None

    def sequences(self, column: Column | None, text: str, moment: int) -> Iterable[int]:
        """Which events that are listed by then may have that id in that column; without a column: are named so.

        In the scenario's order. It is their first id, or one that the scenario gives them later.
        """
        if column is None:
            number = self.named(text)
            return () if number is None else (number,)
        below = self._originals.known_by(moment)
        if text == "":
            return range(below)  # An id that is not there: most have one, or none has.
        if column not in self._ids:
            self._ids[column] = self._lookup(lambda version: id_text(column, version))
            self._later_ids[column] = self._changed_ids(column)
        first = self._ids[column].find(text, below=below)
        later = self._later_ids[column].get(text)
        return merge(first, later) if later else first

    def named(self, event_id: str) -> int | None:
        """Which event is named so."""
        return self._originals.events.number_of(event_id)

    def saying(self, body: bytes, moment: int) -> Iterator[int]:
        """Which events that are listed by then have this as their first record, written with its keys sorted."""
        if self._records is None:
            self._records = self._lookup(lambda version: version.sorted_body)
        return self._records.find(body, below=self._originals.known_by(moment))

    def has_numbers(self, column: Column) -> bool:
        """Whether any record ever has a number there."""
        if column not in self._numeric:
            ranks = (column.component(version)[0] for version in self.store.versions())
            self._numeric[column] = NUMBER_RANK in ranks
        return self._numeric[column]

    def paths(self) -> list[str]:
        """Every field that a record has or can be given, in order of appearance."""
        if self._paths is None:
            found = (path for version in self.store.versions() for path in _paths_in(version.record, ""))
            self._paths = list(dict.fromkeys(chain(found, self._written)))
        return self._paths

    def _lookup(self, text_of: Callable[[Version], str | bytes]) -> Lookup:
        originals = self._originals
        return Lookup(len(originals.events), lambda number: text_of(originals.glimpse(number)))

    def _changed_ids(self, column: Column) -> dict[str, list[int]]:
        """Which events are given which id later than at first."""
        found: dict[str, dict[int, None]] = {}
        for sequence, history in self.store.changing():
            for version in (each for _, each in history if each is not None and each.change is not None):
                found.setdefault(id_text(column, version), {})[sequence] = None
        return {text: sorted(sequences) for text, sequences in found.items()}


class Rack:
    """One vendor's store and its shelves, and what it remembers."""

    def __init__(self, store: Store, catalog: Catalog, memory: Memory) -> None:
        """`store` has nothing written to it yet: what the memory holds is written here."""
        self.store = store
        self.catalog = catalog
        self.memory = memory
        self._shelves: dict[tuple[Sorting, tuple[str, ...]], Shelf] = {}
        if memory.writes:
            self._write_again()

    def write(self, changes: Mapping[int, Change]) -> None:
        """Change events from a moment on, by their place in the scenario. What changes nothing is not noted."""
        histories = {}
        for sequence, change in changes.items():
            moment = microseconds(change.at)
            version = self.store.at(sequence, moment)
            if version is None or (not change.deleted and changed(version, change).body == version.body):
                continue
            writes = self.memory.writes.get(version.id, [])
            place = bisect_right(writes, moment, key=_moment_of)
            later = [_change(write) for write in writes[place:]]
            histories[sequence] = self.store.rewritten(self.store.history(sequence), change, later)
            write = [moment, None if change.deleted else dict(change.set)]
            self.memory.writes[version.id] = [*writes[:place], write, *writes[place:]]
        self._take_over(histories)

    def _write_again(self) -> None:
        histories = {}
        for event_id in self.memory.writes:
            sequence = self.catalog.named(event_id)
            # What a vendor does not hold, it can show nothing of.
            if sequence is not None and self.store.history(sequence):
                histories[sequence] = self._written(self.store, sequence, event_id)
        self.store = self.store.writing(histories)

    def _written(self, store: Store, sequence: int, event_id: str) -> History:
        history = store.history(sequence)
        for write in self.memory.writes.get(event_id, ()):
            history = store.rewritten(history, _change(write))
        return history

    def _take_over(self, histories: Mapping[int, History]) -> None:
        for sequence, history in histories.items():
            for shelf in self._shelves.values():
                shelf.follow(sequence, self.store.history(sequence), history)
        if histories:
            self.store = self.store.writing(histories)

    def shelf(self, sorting: Sorting, streams: tuple[str, ...]) -> Shelf:
        """The events of these streams in that order."""
        key = (sorting, streams)
        found = self._shelves.get(key)
        if found is None:
            if len(self._shelves) == MOST_SHELVES:
                del self._shelves[next(iter(self._shelves))]
            found = self._shelves[key] = Shelf(self.store, sorting, streams)
        return found

    def plain_saying(self, body: bytes, shelf: Shelf) -> list[Version]:
        """The events on a shelf that never change and whose record reads so, with its keys sorted."""
        if not self.store.is_whole:
            return []
        sequences = self.catalog.saying(body, shelf.moment)
        return [self.store.originals.version(each) for each in sequences if shelf.holds_plain(each)]

    def find(self, column: Column | None, text: str, streams: tuple[str, ...], now: int) -> Version | None:
        """What is shown now of the event with that id."""
        held = self.store.lone()
        if self.store.is_whole:
            held = self.catalog.sequences(column, text, self.store.moment(now))
        for sequence in held:
            version = self.store.at(sequence, now)
            if version is not None and _is(version, column, text, streams):
                return version
        # A write may have given a record another id.
        written = self.store.written() if column is not None else ()
        shown = (self.store.at(sequence, now) for sequence in written)
        return next((version for version in shown if version and _is(version, column, text, streams)), None)

    def find_in_all(self, column: Column | None, text: str, streams: tuple[str, ...], now: int) -> Version | None:
        """The same, where this vendor holds only a part of the scenario's events: a position may name another one."""
        found = self.find(column, text, streams, now)
        if found is not None:
            return found
        others = (self._elsewhere(sequence, now) for sequence in self.catalog.sequences(column, text, now))
        return next((version for version in others if version and _is(version, column, text, streams)), None)

    def _elsewhere(self, sequence: int, now: int) -> Version | None:
        """An event as the whole world has it, with what is known here to be written to it."""
        whole = self.catalog.store
        version = whole.at(sequence, now)
        if version is None or version.id not in self.memory.writes:
            return version
        return whole.writing({sequence: self._written(whole, sequence, version.id)}).at(sequence, now)


def _change(write: Write) -> Change:
    moment, values = write
    return Change(EPOCH + moment * MICROSECOND, values or {}, deleted=values is None)


def _moment_of(write: Write) -> int:
    moment: int = write[0]
    return moment


def _is(version: Version, column: Column | None, text: str, streams: tuple[str, ...]) -> bool:
    return id_text(column, version) == text and (not streams or version.stream in streams)


def id_text(column: Column | None, version: Version) -> str:
    """The version's id as a URL writes it."""
    if column is None:
        return version.id
    value = value_at(version.record, column.steps)
    return "" if value is None else as_text(value)


def _paths_in(value: JsonValue, before: str) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        path = before + str(key).replace(".", "\\.")
        yield path
        yield from _paths_in(inner, path + ".")
