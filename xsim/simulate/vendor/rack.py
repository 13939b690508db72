"""What one vendor has on show: its events, in every order that was asked for, and found by id."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.model import JsonValue
from xsim.simulate.vendor.columns import Column, as_text
from xsim.simulate.vendor.paths import value_at
from xsim.simulate.vendor.shelves import Shelf, Sorting
from xsim.simulate.vendor.store import Store, Version

MOST_SHELVES = 16
"""A script that asks for ever new orders does not fill the memory: the oldest is forgotten."""


class Catalog:
    """All versions of all events of a scenario, whatever the moment: shared by a vendor and the ones made of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
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
        """Every field that a record has, in order of appearance."""
        if self._paths is None:
            found = (path for version in self.store.versions() for path in _paths_in(version.record, ""))
            self._paths = list(dict.fromkeys(found))
        return self._paths


class Rack:
    """One vendor's store and its shelves."""

    def __init__(self, store: Store, catalog: Catalog) -> None:
        self.store = store
        self.catalog = catalog
        self._shelves: dict[tuple[Sorting, tuple[str, ...]], Shelf] = {}

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
        return self._found(self.store, column, text, streams, now)

    def find_in_all(self, column: Column | None, text: str, streams: tuple[str, ...], now: int) -> Version | None:
        """The same, where this vendor holds only a part of the scenario's events: a position may name another one."""
        return self.find(column, text, streams, now) or self._found(self.catalog.store, column, text, streams, now)

    def _found(
        self, store: Store, column: Column | None, text: str, streams: tuple[str, ...], now: int
    ) -> Version | None:
        for sequence in self.catalog.sequences(column, text):
            version = store.at(sequence, now)
            if version is None or id_text(column, version) != text:
                continue
            if not streams or version.event.stream in streams:
                return version
        return None


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
