"""What one vendor has on show: its events, in every order that was asked for, and found by id."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from xsim.model import JsonValue
from xsim.simulate.vendor.columns import Column, as_text
from xsim.simulate.vendor.memory import Memory, Write
from xsim.simulate.vendor.moments import EPOCH, MICROSECOND, microseconds
from xsim.simulate.vendor.paths import value_at
from xsim.simulate.vendor.shelves import Shelf, Sorting
from xsim.simulate.vendor.store import History, Store, Version, changed
from xsim.world import Change

MOST_SHELVES = 16
"""A script that asks for ever new orders does not fill the memory: the oldest is forgotten."""


class Catalog:
    """All versions of all events of a scenario, whatever the moment: shared by a vendor and the ones made of it."""

    def __init__(self, store: Store, written: Iterable[str] = ()) -> None:
        """`written` are paths that requests can give to records."""
        self.store = store
        self._written = tuple(written)
        self._sequences: dict[Column | None, dict[str, list[int]]] = {}
        self._paths: list[str] | None = None

    def sequences(self, column: Column | None, text: str) -> list[int]:
        """Which events ever have that id in that column; without a column: are named so."""
        if column not in self._sequences:
            known = self._sequences[column] = {}
            for version in self.store.versions():
                places = known.setdefault(id_text(column, version), [])
                if version.sequence not in places:
                    places.append(version.sequence)
        return self._sequences[column].get(text, [])

    def paths(self) -> list[str]:
        """Every field that a record has or can be given, in order of appearance."""
        if self._paths is None:
            found = (path for version in self.store.versions() for path in _paths_in(version.record, ""))
            self._paths = list(dict.fromkeys([*found, *self._written]))
        return self._paths


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
            writes = self.memory.writes.get(version.event.id, [])
            place = bisect_right(writes, moment, key=_moment_of)
            later = [_change(write) for write in writes[place:]]
            histories[sequence] = self.store.rewritten(self.store.history(sequence), change, later)
            write = [moment, None if change.deleted else dict(change.set)]
            self.memory.writes[version.event.id] = [*writes[:place], write, *writes[place:]]
        self._take_over(histories)

    def _write_again(self) -> None:
        histories = {}
        for event_id in self.memory.writes:
            for sequence in self.catalog.sequences(None, event_id):
                # What a vendor does not hold, it can show nothing of.
                if self.store.history(sequence):
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
                shelf.follow(self.store.history(sequence), history)
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

    def find(self, column: Column | None, text: str, streams: tuple[str, ...], now: int) -> Version | None:
        """What is shown now of the event with that id."""
        for sequence in self.catalog.sequences(column, text):
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
        others = (self._elsewhere(sequence, now) for sequence in self.catalog.sequences(column, text))
        return next((version for version in others if version and _is(version, column, text, streams)), None)

    def _elsewhere(self, sequence: int, now: int) -> Version | None:
        """An event as the whole world has it, with what is known here to be written to it."""
        whole = self.catalog.store
        version = whole.at(sequence, now)
        if version is None or version.event.id not in self.memory.writes:
            return version
        return whole.writing({sequence: self._written(whole, sequence, version.event.id)}).at(sequence, now)


def _change(write: Write) -> Change:
    moment, values = write
    return Change(EPOCH + moment * MICROSECOND, values or {}, deleted=values is None)


def _moment_of(write: Write) -> int:
    moment: int = write[0]
    return moment


def _is(version: Version, column: Column | None, text: str, streams: tuple[str, ...]) -> bool:
    return id_text(column, version) == text and (not streams or version.event.stream in streams)


def id_text(column: Column | None, version: Version) -> str:
    """The version's id as a URL writes it."""
    if column is None:
        return version.event.id
    value = value_at(version.record, column.steps)
    return "" if value is None else as_text(value)


def _paths_in(value: JsonValue, before: str) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        path = before + str(key).replace(".", "\\.")
        yield path
        yield from _paths_in(inner, path + ".")
