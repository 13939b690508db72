"""Reads what becomes of an event later: `changes` of [[events]] and [[streams]]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xsim.load.scenario_keys import CHANCE, DURATION, PATHS, TIME, TRUTH, Key, Keys, keyed
from xsim.load.scenario_table import Table, described
from xsim.world import JsonValue, steps_of

EVENT_KEYS = keyed(
    Key("at", TIME, "When."),
    Key("after", DURATION, "The same, from when the event became visible."),
    Key("set", "table of paths", "New values."),
    Key("null", PATHS, "Fields that become null."),
    Key("delete", TRUTH, "The event is gone from then on.", False),
)
KEYS = {**EVENT_KEYS, **keyed(Key("chance", CHANCE, "In a stream: how many of its events change.", 1))}


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One change: at a moment, or so long after the event became visible. `set` may hold {n}, {id} and {time}."""

    at: datetime | None
    after: timedelta
    set: Mapping[str, JsonValue]
    deleted: bool
    chance: float = 1.0

    def moment(self, visible: datetime) -> datetime:
        return self.at or visible + self.after


def read_changes(table: Table, *, of_stream: bool) -> tuple[PlannedChange, ...]:
    """The changes in the table, in the file's order."""
    known = KEYS if of_stream else EVENT_KEYS
    return tuple(_read_change(change, known) for change in table.tables("changes"))


def _read_change(table: Table, known: Keys) -> PlannedChange:
    table = table.held_to(known)
    if ("at" in table) == ("after" in table):
        table.refuse(
            None,
            "expected either 'at' (a time) or 'after' (a span from when the event became visible)",
            'such as {after = "2m", set = {status = "closed"}}',
        )
    deleted = table.truth("delete")
    values = path_values(table, "set") | dict.fromkeys(read_paths(table, "null"))
    if deleted == bool(values):
        table.refuse(None, "expected either 'set' (or 'null') or 'delete = true'")
    return PlannedChange(
        at=table.moment("at"),
        after=table.duration("after"),
        set=values,
        deleted=deleted,
        chance=table.number("chance") if "chance" in known else 1.0,
    )


def path_values(table: Table, key: str) -> dict[str, JsonValue]:
    """A table of dotted paths and their values. A table as value is the new value, as a whole."""
    values = table.object(key)
    for path in values:
        refuse_bad_path(table, key, path)
    return values


def read_paths(table: Table, key: str) -> tuple[str, ...]:
    """Dotted paths: a text, or a list of texts."""
    paths = table.texts(key)
    for path in paths:
        refuse_bad_path(table, key, path)
    return paths


def read_path(table: Table, key: str, default: str | None = None) -> str:
    """One dotted path; the default where it is not given."""
    path = table.filled_text(key, default)
    if key in table:
        refuse_bad_path(table, key, path)
    return path


def refuse_bad_path(table: Table, key: str, path: Any) -> None:
    if not isinstance(path, str) or not path or not all(steps_of(path)):
        table.refuse(key, f'found {described(path)}, expected a dotted path such as "attributes.created"')
