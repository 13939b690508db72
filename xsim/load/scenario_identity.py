"""Reads [identity]: which fields of a record name an event and hold its time, for all lists or for some of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from xsim.load.scenario_changes import read_path, read_paths
from xsim.load.scenario_events import Naming
from xsim.load.scenario_keys import PATH, PATHS, TABLES, TEXTS, Key, keyed
from xsim.load.scenario_streams import stream_tables
from xsim.load.scenario_table import Table, nearest

KEYS = keyed(
    Key(
        "event", PATHS, "What in a record names the event. The texts of several are joined by `/`.", "id",
        otherwise="the endpoint's `id_field`, else {}",
    ),
    Key("incident", PATHS, "Where an incident's rawJSON holds the same.", otherwise="as `event`"),
    Key("part", PATHS, "What tells several incidents of one event apart."),
    Key(
        "time", PATH, "Where a record holds the event's own time.",
        otherwise="the endpoint's `time_field`, else the stream's `time`",
    ),
    Key("others", TABLES, "Lists whose records other fields name."),
)  # fmt: skip
OTHER_KEYS = keyed(
    Key(
        "streams", TEXTS,
        "Of which `stream` the events are: [[streams]] of that `name`, [[events]] with that `stream`.", needed=True,
    ),
    Key("event", PATHS, "What in their records names the event.", needed=True),
    Key("incident", PATHS, "Where an incident's rawJSON holds the same.", otherwise="as `event`"),
    Key("time", PATH, "Where their records hold the event's own time.", otherwise="`[identity] time`"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """How events are named: by `usual`, but those of a stream in `others` by that."""

    usual: Naming
    others: Mapping[str, Naming] = field(default_factory=dict)

    def of(self, stream: str) -> Naming:
        return self.others.get(stream, self.usual)

    def of_all(self, streams: Iterable[str]) -> Naming:
        """The naming that the streams have in common; the usual one where they have none."""
        found = {id(each): each for each in map(self.of, streams)}
        return next(iter(found.values())) if len(found) == 1 else self.usual


def read_names(top: Table) -> Names:
    """Which fields name an event and hold its time: as stated, else what the endpoints or the streams say."""
    identity = top.table("identity").held_to(KEYS)
    streams = _others(top, identity)
    usual = _usual(top, identity, apart=list(streams))
    others = {}
    for table in {id(each): each for each in streams.values()}.values():
        naming = _other(table, usual)
        others.update({name: naming for name, owner in streams.items() if owner is table})
    return Names(usual, others)


def incident_paths(identity: Table, names: Names, *, has_events: bool) -> tuple[str, ...]:
    """Where the incidents' rawJSON holds the identity. Without events a mere default would hide what is detected."""
    paths = _filled_paths(identity, "incident")
    return paths or (names.usual.paths if names.usual.is_stated or has_events else ())


def other_incident_paths(identity: Table, usual: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The same of the lists whose records other fields name, each once."""
    found = [_filled_paths(each, "incident") or _filled_paths(each, "event") for each in identity.tables("others")]
    return tuple(paths for paths in dict.fromkeys(found) if paths != usual)


def _usual(top: Table, identity: Table, apart: list[str]) -> Naming:
    """`apart`: streams that have a naming of their own, so that their endpoints say nothing of the usual one."""
    paths = _filled_paths(identity, "event")
    stated = bool(paths)
    endpoints = [each for each in top.tables("endpoints") if not _is_only_of(each.values.get("streams"), apart)]
    if not paths:
        paths = (_first_path(endpoints, "id_field") or str(KEYS["event"].default),)
    time = read_path(identity, "time") or _first_path(endpoints, "time_field") or _stream_time(top, apart)
    return Naming(paths, time, is_stated=stated)


def _others(top: Table, identity: Table) -> dict[str, Table]:
    """The table of each stream that `others` names."""
    known = {each.text("name") for each in top.tables("streams")} | {
        each.text("stream") for each in top.tables("events")
    }
    owners: dict[str, Table] = {}
    for each in identity.tables("others"):
        table = each.held_to(OTHER_KEYS)
        for key in ("streams", "event"):
            table.need(key, ', as in {streams = ["cases"], event = "number", time = "opened"}')
        streams = table.texts("streams")
        if not streams:
            table.expect("streams", "names of streams")
        for name in streams:
            if name not in known:
                hint = nearest(name, known - {""}) or "it is the `name` of [[streams]] or the `stream` of [[events]]"
                table.refuse("streams", f"no stream or event is of '{name}'", hint)
            if name in owners:
                table.refuse("streams", f"'{name}' is named twice, expected each stream in one of the tables")
            owners[name] = table
    return owners


def _other(table: Table, usual: Naming) -> Naming:
    number = table.place[-1]
    assert isinstance(number, int), "an array's table"
    paths = _filled_paths(table, "event")
    return Naming(paths, read_path(table, "time", usual.time), where=f"[identity] others {number + 1},")


def _filled_paths(table: Table, key: str) -> tuple[str, ...]:
    paths = read_paths(table, key)
    if key in table and not paths:
        table.expect(key, "one dotted path or more")
    return paths


def _is_only_of(streams: object, apart: list[str]) -> bool:
    named = [streams] if isinstance(streams, str) else streams
    return isinstance(named, list) and bool(named) and all(each in apart for each in named)


def _first_path(tables: list[Table], key: str) -> str:
    return next((read_path(table, key) for table in tables if key in table), "")


def _stream_time(top: Table, apart: list[str]) -> str:
    for table in stream_tables(top):
        time = table.values.get("time")
        if table.values.get("name") in apart:
            continue
        if isinstance(time, str):
            return read_path(table, "time")
        if isinstance(time, dict) and "field" in time:
            return read_path(table.table("time"), "field")
    return ""
