"""Events as the API shows them from one change to the next, each built where it is asked for."""

from __future__ import annotations

import json
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from xsim.events import EPOCH, MICROSECOND, Events
from xsim.simulate.vendor.components import Component, Components
from xsim.simulate.vendor.moments import UNITS, has_no_zone, read_record_time
from xsim.simulate.vendor.paths import put, steps_of, value_at
from xsim.world import Change, JsonValue

LARGEST_OFFSET = 14 * UNITS["h"]
MOST_AT_HAND = 4096
"""So many events, and as many again that were asked for before them, are kept as they were built."""
MOST_COLUMNS = 64
"""A script that asks for ever new orders does not fill the memory: the oldest column is forgotten."""


class Originals:
    """All events of a scenario with nothing changed, known by their number: their place in the scenario.

    They are shared by a vendor and the ones made of it.
    """

    def __init__(self, events: Events, time_field: str = "") -> None:
        """`time_field` tells how records write times."""
        self.events = events
        self._time_field = steps_of(time_field)
        self._arrivals: tuple[Sequence[int], array[int]] | None = None
        self._columns: dict[Any, Components] = {}
        self._latest: dict[int, Version] = {}
        self._earlier: dict[int, Version] = {}

    def version(self, number: int) -> Version:
        """That event. It is kept for a while: a script asks again and again for the last hour's."""
        found = self._latest.get(number)
        if found is None:
            found = self._latest[number] = self.glimpse(number)
            if len(self._latest) > MOST_AT_HAND:
                self._earlier, self._latest = self._latest, {}
        return found

    def versions(self, numbers: Iterable[int]) -> list[Version]:
        """Each of those events."""
        latest, version = self._latest.get, self.version
        return [latest(number) or version(number) for number in numbers]

    def glimpse(self, number: int) -> Version:
        """The same for one look: what is asked of all events pushes out nothing that is asked for again."""
        return self._latest.get(number) or self._earlier.get(number) or Version(self, number)

    def zone(self, original: Version) -> int:
        """What `occurred` says of the offset of times without one, in microseconds: whole quarters of an hour, or 0."""
        written = value_at(original.record, self._time_field) if self._time_field else None
        if not has_no_zone(written):
            return 0
        ahead = (read_record_time(written) or 0) - self.events.occurred[original.sequence]
        quarter = 15 * UNITS["m"]
        zone = (ahead + quarter // 2) // quarter * quarter
        return zone if abs(zone) <= LARGEST_OFFSET and abs(ahead - zone) < UNITS["s"] else 0

    def column(self, key: Any) -> Components | None:
        """How the events compare in the column with that key, as far as it is known."""
        return self._columns.get(key)

    def keep_column(self, key: Any, components: Components) -> Components:
        if len(self._columns) == MOST_COLUMNS:
            del self._columns[next(iter(self._columns))]
        self._columns[key] = components
        return components

    @property
    def order(self) -> Sequence[int]:
        """Their numbers in the order in which the API lists them first."""
        return self._arrived()[0]

    def arrived(self, moment: int) -> int:
        """How many the API has listed by then, were there no changes."""
        return bisect_right(self._arrived()[1], moment)

    def known_by(self, moment: int) -> int:
        """A number below which all are that the API has listed by then."""
        return self.arrived(moment) if isinstance(self.order, range) else len(self.events)

    def _arrived(self) -> tuple[Sequence[int], array[int]]:
        if self._arrivals is None:
            visible = self.events.visible
            if self.events.is_by_visible:
                self._arrivals = range(len(visible)), visible
            else:
                order = array("I", sorted(range(len(visible)), key=visible.__getitem__))
                self._arrivals = order, array("q", map(visible.__getitem__, order))
        return self._arrivals


class Version:
    """An event as the API shows it from one change to the next. What was found out about it is kept."""

    __slots__ = (
        "_before", "_body", "_id", "_occurred", "_record", "_sorted_body",
        "change", "components", "sequence", "source",
    )  # fmt: skip

    def __init__(
        self, source: Originals, sequence: int, *, before: Version | None = None, change: Change | None = None
    ) -> None:
        """Without `before` and `change`, what was made of what, it is the original."""
        self.source = source
        self.sequence = sequence
        """Its place in the scenario: what breaks ties."""
        self._before = before
        self.change = change
        self.components: dict[Any, Component] | None = None if change is None else {}
        """How it compares, by column; None: of an original the column itself knows."""
        self._id: str | None = None
        self._occurred: datetime | None = None
        self._record: Mapping[str, JsonValue] | None = None
        self._body: bytes | None = None
        self._sorted_body: bytes | None = None

    @property
    def id(self) -> str:
        if self._id is None:
            self._id = self.source.events.ids[self.sequence]
        return self._id

    @property
    def stream(self) -> str:
        return self.source.events.stream(self.sequence)

    @property
    def occurred(self) -> datetime:
        if self._occurred is None:
            self._occurred = EPOCH + MICROSECOND * self.source.events.occurred[self.sequence]
        return self._occurred

    @property
    def visible(self) -> datetime:
        """When the API first lists the event."""
        return EPOCH + MICROSECOND * self.source.events.visible[self.sequence]

    @property
    def changed(self) -> datetime | None:
        """When it became so; None: it has been so from the start."""
        return None if self.change is None else self.change.at

    @property
    def arrival(self) -> tuple[int, int]:
        """What it goes by among others in the order in which the API lists them first."""
        return self.source.events.visible[self.sequence], self.sequence

    @property
    def record(self) -> Mapping[str, JsonValue]:
        """As the API shows it; not to be changed."""
        if self._record is None:
            if self._before is None or self.change is None:
                self._record = json.loads(self.source.events.record_text(self.sequence))
            else:
                self._record = _changed(self._before, self.change)
        return self._record

    @property
    def body(self) -> bytes:
        """The record as compact JSON in UTF-8."""
        if self._body is None:
            text = self.source.events.record_text(self.sequence) if self.change is None else None
            # It is written the same way already, in ASCII: only what is no ASCII is escaped there.
            self._body = json_bytes(self.record) if text is None or "\\u" in text else text.encode()
        return self._body

    @property
    def sorted_body(self) -> bytes:
        """The record as JSON with its keys sorted, by which equal records are found."""
        if self._sorted_body is None:
            self._sorted_body = sorted_json(self.record)
        return self._sorted_body

    @property
    def zone(self) -> int:
        """Offset, in microseconds, of the times in the record that do not say theirs."""
        return self.source.zone(self) if self._before is None else self._before.zone


def ids_of(versions: Iterable[Version]) -> tuple[str, ...]:
    """The ids of all of these."""
    return tuple([version._id or version.id for version in versions])


def bodies_of(versions: Iterable[Version]) -> list[bytes]:
    """The bodies of all of these."""
    return [version._body or version.body for version in versions]


def changed(version: Version, change: Change) -> Version:
    """The version behind a change of fields."""
    return Version(version.source, version.sequence, before=version, change=change)


def json_bytes(value: JsonValue) -> bytes:
    """Compact JSON in UTF-8. Raises TypeError or ValueError where the value is none."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: UTF-8 has no room for it, an escape has
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def sorted_json(value: JsonValue) -> bytes:
    """The same for equal values; what JSON cannot hold is written somehow."""
    return json.dumps(value, sort_keys=True, default=repr).encode()


def _changed(version: Version, change: Change) -> dict[str, JsonValue]:
    record: dict[str, JsonValue] = json.loads(version.body)
    for path, value in change.set.items():
        put(record, steps_of(path), json.loads(json_bytes(value)))
    return record
