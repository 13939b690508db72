"""Reads what becomes of an event later: `changes` of [[events]] and [[streams]]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xsim.load.scenario_table import Table, described
from xsim.model import JsonValue
from xsim.world import steps_of

KEYS = ("at", "after", "set", "null", "delete", "chance")


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
    known = KEYS if of_stream else KEYS[:-1]
    return tuple(_read_change(change, known) for change in table.tables("changes"))


def _read_change(table: Table, known: tuple[str, ...]) -> PlannedChange:
    table.refuse_unknown(known)
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
        after=table.duration("after", timedelta(0)),
        set=values,
        deleted=deleted,
        chance=table.number("chance", 1.0, 0.0, 1.0),
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


def read_path(table: Table, key: str, default: str = "") -> str:
    """One dotted path; the default where it is not given."""
    path = table.filled_text(key, default)
    if key in table:
        refuse_bad_path(table, key, path)
    return path


def refuse_bad_path(table: Table, key: str, path: Any) -> None:
    if not path or not all(steps_of(path)):
        table.refuse(key, f'found {described(path)}, expected a dotted path such as "attributes.created"')
