"""Fields of records as values that compare: as times, as numbers, as text, or as what they look like."""

from __future__ import annotations

from collections.abc import Callable

from xsim.simulate.vendor.components import (
    ABSENT,
    NUMBER_RANK,
    TEXT_RANK,
    TIME_RANK,
    UNRANKED,
    Component,
    Components,
    times_of,
)
from xsim.simulate.vendor.moments import read_iso, read_record_time
from xsim.simulate.vendor.paths import steps_of, value_at
from xsim.simulate.vendor.versions import Originals, Version, json_bytes
from xsim.world import Endpoint, JsonValue

RANKS = {"time": TIME_RANK, "number": NUMBER_RANK, "text": TEXT_RANK}


class Column:
    """One field of all records, read in one way. There is one object for each, so that it can be a key by identity.

    `kind` is "time", "number", "text", "any" (as it looks), "occurred" or "visible" (the event's own times), or "plain"
    (what stands there, to be looked at and not to be sorted by).
    `own_time`: the field is the event's own time, so that `occurred` says what it means where it cannot be read.
    """

    def __init__(self, path: str, kind: str, layout: str, *, own_time: bool = False) -> None:
        self.path = path
        self.kind = kind
        self.rank = RANKS.get(kind, TIME_RANK)
        self.steps = steps_of(path)
        self._layout = layout
        self._own_time = own_time
        self._read: Callable[[Version], Component] = {
            "time": self._time,
            "number": self._number,
            "text": self._text,
            "any": self._any,
            "plain": self._plain,
            "occurred": _occurred,
            "visible": _visible,
        }[kind]

    def component(self, version: Version) -> Component:
        """How the version compares."""
        own = version.components
        if own is None:
            return self.of(version.source)[version.sequence]
        known = own.get(self)
        if known is None:
            known = own[self] = self._read(version)
        return known

    def of(self, originals: Originals) -> Components:
        """How these events compare where nothing of them is changed, by their numbers."""
        return originals.column(self) or originals.keep_column(self, self._made(originals))

    def _made(self, originals: Originals) -> Components:
        if self.kind == "occurred":
            return times_of(originals.events.occurred)
        if self.kind == "visible":
            return times_of(originals.events.visible)
        return Components(len(originals.events), lambda number: self._read(originals.glimpse(number)))

    def component_of(self, value: JsonValue) -> Component:
        """How a value that a request names compares with the records'."""
        if self.kind == "text":
            return ABSENT if value is None else (TEXT_RANK, as_text(value))
        return _natural(value)

    def _time(self, version: Version) -> Component:
        value = value_at(version.record, self.steps)
        if value is None:
            return ABSENT
        moment = read_record_time(value, self._layout, version.zone)
        if moment is None:
            return _occurred(version) if self._own_time else ABSENT
        return (TIME_RANK, moment)

    def _number(self, version: Version) -> Component:
        number = as_number(value_at(version.record, self.steps))
        return ABSENT if number is None else (NUMBER_RANK, number)

    def _text(self, version: Version) -> Component:
        value = value_at(version.record, self.steps)
        return ABSENT if value is None else (TEXT_RANK, as_text(value))

    def _any(self, version: Version) -> Component:
        return _natural(value_at(version.record, self.steps))

    def _plain(self, version: Version) -> Component:
        value = value_at(version.record, self.steps)
        if isinstance(value, str):
            return (TEXT_RANK, value)
        return ABSENT if value is None else (UNRANKED, value)


class Columns:
    """Hands out the one object for each column."""

    def __init__(self, time_field: str) -> None:
        self._time_field = time_field
        self._known: dict[tuple[str, str, str], Column] = {}
        self.occurred = self.get("", "occurred")
        self.visible = self.get("", "visible")

    def get(self, path: str, kind: str, layout: str = "") -> Column:
        key = (path, kind, layout)
        if key not in self._known:
            self._known[key] = Column(path, kind, layout, own_time=bool(path) and path == self._time_field)
        return self._known[key]


class Fields:
    """How one endpoint reads the fields of records: each as its filters do, the time field as a time."""

    def __init__(self, endpoint: Endpoint, columns: Columns) -> None:
        self.columns = columns
        self._kinds: dict[str, tuple[str, str]] = {}
        for declared in endpoint.filters:
            kind = "text" if declared.compare == "contains" else declared.kind
            if self._kinds.get(declared.field, (kind, ""))[1] == "":
                self._kinds[declared.field] = (kind, declared.layout if kind == "time" else "")
        if endpoint.time_field:
            self._kinds.setdefault(endpoint.time_field, ("time", ""))

    def column(self, path: str) -> Column:
        """The column that filters and orders of this field share, so that a bound is a stretch of the order."""
        return self.columns.get(path, *self._kinds.get(path, ("any", "")))


def as_text(value: JsonValue) -> str:
    """As it stands in JSON, text without its quotes."""
    if isinstance(value, str):
        return value
    return "true" if value is True else "false" if value is False else str(value)


def written_out(value: JsonValue) -> str:
    """The same of a scalar; an object or a list as the JSON that it is."""
    return json_bytes(value).decode() if isinstance(value, (dict, list)) else as_text(value)


def as_number(value: JsonValue) -> int | float | None:
    """A number, or a text that is one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if value == value else None
    if not isinstance(value, str):
        return None
    try:
        return int(value)
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        return None
    return number if number == number else None


def _natural(value: JsonValue) -> Component:
    if isinstance(value, str):
        # Two layouts of one time do not compare as text: "." comes before "Z".
        moment = read_iso(value)
        return (TEXT_RANK, value) if moment is None else (TIME_RANK, moment)
    if isinstance(value, (int, float)):
        return (NUMBER_RANK, value) if value == value else ABSENT
    return ABSENT if value is None else (TEXT_RANK, as_text(value))


def _occurred(version: Version) -> Component:
    return (TIME_RANK, version.source.events.occurred[version.sequence])


def _visible(version: Version) -> Component:
    return (TIME_RANK, version.source.events.visible[version.sequence])
