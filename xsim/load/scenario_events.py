"""Reads [[events]]: the events written out one by one, with what becomes of each."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from xsim.events import Events
from xsim.load.scenario_changes import PlannedChange, read_changes, read_paths
from xsim.load.scenario_keys import DURATION, PATHS, TABLES, TEXT, TIME, TRUTH, Key, keyed
from xsim.load.scenario_paths import MISSING, identity_of, put_at, value_at
from xsim.load.scenario_table import Table, described, name_of, nearest
from xsim.load.scenario_values import DEEPEST, plain, recorded_moment
from xsim.world import Change, Event, JsonValue

KEYS = keyed(
    Key(
        "record", "table, or text of JSON",
        "The fields as the API shows them. A time of TOML's own becomes ISO text; write a text where the layout "
        "matters.",
        needed=True,
    ),
    Key(
        "occurred", TIME, "When it happened. ISO 8601, epoch numbers (s, ms, us, ns) and a mail's date are read.",
        otherwise="read from the record at `[identity] time`",
    ),
    Key("visible", TIME, "When the API first lists it.", otherwise="`occurred`"),
    Key("lag", DURATION, "The same as a span behind `occurred`.", "0s"),
    Key("wanted", TRUTH, "Whether a right fetch delivers it.", otherwise="found out by a probe"),
    Key("changes", TABLES, "What becomes of it."),
    Key("null", PATHS, "Fields that are null."),
    Key("stream", TEXT, "The name by which an endpoint's `streams` choose it."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Naming:
    """[identity]: dotted paths of the event's id and of its time in the record."""

    paths: tuple[str, ...]
    time: str
    is_stated: bool = True
    """False where the id's path is a default."""
    where: str = "[identity]"
    """The table that says so, for complaints."""


def read_event(table: Table, naming: Naming) -> Event:
    """One [[events]] table as an event."""
    table = table.held_to(KEYS)
    table.need("record", ": the fields of the event as the API shows them")
    record = _read_record(table)
    for path in read_paths(table, "null"):
        put_at(record, path, None)
    occurred = _occurred(table, record, naming)
    visible = _visible(table, occurred)
    return Event(
        id=_identity(table, record, naming),
        occurred=occurred,
        visible=visible,
        record=record,
        changes=changes_of(read_changes(table, of_stream=False), visible),
        wanted=table.truth_or_none("wanted"),
        stream=table.filled_text("stream"),
    )


def changes_of(planned: Sequence[PlannedChange], visible: datetime) -> tuple[Change, ...]:
    """The changes in order of time."""
    changes = [Change(change.moment(visible), change.set, change.deleted) for change in planned]
    return tuple(sorted(changes, key=lambda change: change.at))


def refuse_same_ids(events: Events, tables: Sequence[Table], ends: Sequence[int]) -> None:
    """Two events with one id cannot be told apart. Each table is that of the events up to its end."""
    if events.double is None:
        return
    first, number = events.double
    table, whose = tables[bisect_right(ends, number)], name_of(tables[bisect_right(ends, first)].place)
    table.refuse(
        None,
        f"a second event with the id {described(events.ids[number])} (the first one is of {whose})",
        _other_id(table, events.stream(number) != events.stream(first)),
    )


def _other_id(table: Table, is_of_another_list: bool) -> str:
    """What to do about one id for two events."""
    if not is_of_another_list:
        return "write a later version of an event as one of its `changes`; else set [identity] event"
    if table.place[0] == "streams":
        return 'ids differ between lists too: let the stream\'s begin elsewhere (first = 1001), or write id = "B-{n}"'
    return "ids differ between lists too: give the event another one"


def _read_record(table: Table) -> dict[str, JsonValue]:
    """A table, or a text of JSON, which can hold null."""
    value = table.values["record"]
    if isinstance(value, str):
        return _parsed(table, value)
    if not isinstance(value, dict) or not value:
        table.expect("record", 'a table of fields, such as {id = "A-1"}, or its JSON in a text')
    return table.object("record")


def _parsed(table: Table, text: str) -> dict[str, JsonValue]:
    def refuse_constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is no JSON")

    try:
        value: Any = plain(json.loads(text, parse_constant=refuse_constant))
    except RecursionError:
        table.refuse("record", f"found JSON nested more than {DEEPEST} deep")
    except ValueError as error:
        table.refuse("record", f"found a text that is not valid JSON: {error}")
    if not isinstance(value, dict) or not value:
        table.refuse("record", f"found JSON of {described(value)}, expected an object of fields")
    return value


def _occurred(table: Table, record: Mapping[str, JsonValue], naming: Naming) -> datetime:
    stated = table.moment("occurred")
    if stated is not None:
        return stated
    if not naming.time:
        table.refuse(
            None,
            "no time: it has no 'occurred', and nothing says which field holds the event's time",
            'name the field: [identity] time = "created"',
        )
    value = value_at(record, naming.time)
    if value is MISSING:
        table.refuse(
            "record",
            f"no field '{naming.time}', which {naming.where} time names as the event's time",
            nearest(naming.time, list(record)) or "give the event 'occurred = ...'",
        )
    found = recorded_moment(value)
    if found is None:
        table.refuse(
            "record",
            f"{naming.time} is {'null' if value is None else described(value)}, which cannot be read as a time",
            "ISO 8601 and epoch numbers can be; give the event 'occurred = ...' for any other layout",
        )
    return found


def _visible(table: Table, occurred: datetime) -> datetime:
    if "visible" in table and "lag" in table:
        table.refuse("lag", "expected either 'visible' or 'lag', not both")
    return table.moment("visible") or occurred + table.duration("lag")


def _identity(table: Table, record: Mapping[str, JsonValue], naming: Naming) -> str:
    try:
        return identity_of(record, naming.paths)
    except KeyError as error:
        path = str(error.args[0])
        source = f"which {naming.where} event names as" if naming.is_stated else "taken as"
        table.refuse(
            "record",
            f"nothing at '{path}', {source} the event's id",
            nearest(path, list(record)) or "name the fields that tell events apart: [identity] event = [...]",
        )
