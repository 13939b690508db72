"""Reads the vendor's world: its events, its endpoints, how it knows its callers, and what goes wrong there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from xsim.events import Events
from xsim.load.scenario_calls import Call, calls_of
from xsim.load.scenario_clock import CLOCK_KEYS, MOST_CYCLES, Overrides, Schedule
from xsim.load.scenario_endpoints import (
    read_endpoint,
    refuse_missing_jobs,
    refuse_same_endpoints,
    refuse_unknown_streams,
)
from xsim.load.scenario_events import read_event, refuse_same_ids
from xsim.load.scenario_faults import Reach, read_faults, refuse_idle_faults
from xsim.load.scenario_identity import Names
from xsim.load.scenario_logins import (
    read_logins,
    read_quotas,
    refuse_idle_logins,
    refuse_idle_quotas,
)
from xsim.load.scenario_streams import MOST_EVENTS, Stream, expected_count, read_stream, stream_tables
from xsim.load.scenario_table import Table, nearest
from xsim.load.scenario_vendor import read_hatch
from xsim.load.streams import make_events
from xsim.world import Endpoint, Event, Fault, Hatch, Login, Quota


@dataclass(frozen=True, slots=True)
class World:
    """The vendor as the scenario wants it."""

    events: Events
    endpoints: tuple[Endpoint, ...]
    hatch: Hatch | None
    logins: tuple[Login, ...]
    quotas: tuple[Quota, ...]
    faults: tuple[Fault, ...]


def read_world(top: Table, names: Names, schedule: Schedule, seed: int, instead: Overrides) -> World:
    """All of it, with what does not go together refused."""
    world = World(
        events=_read_events(top, names, schedule, seed),
        endpoints=_read_endpoints(top, names),
        hatch=read_hatch(top),
        logins=read_logins(top),
        quotas=read_quotas(top),
        faults=read_faults(top, _reach(top, schedule, instead)),
    )
    _refuse_idle(top, world)
    return world


def read_delivered(top: Table, events: Events, instead: Overrides) -> dict[str, tuple[int, str]]:
    """Ids that an older version had delivered before the start: of no cycle, and with a text that nobody knows."""
    values = top.values.get("delivered", [])
    is_right = isinstance(values, list) and all(
        isinstance(each, (str, int)) and not isinstance(each, bool) and str(each).strip() for each in values
    )
    if not is_right:
        top.expect("delivered", 'a list of ids, such as ["A-1", "A-2"]')
    ids = [str(each) for each in values]
    # Another clock or seed makes other events.
    for each in ids if events and instead == Overrides() else ():
        if events.number_of(each) is None:
            top.refuse("delivered", f"no event has the id '{each}'", nearest(each, events.ids))
    return dict.fromkeys(ids, (0, ""))


def _reach(top: Table, schedule: Schedule, instead: Overrides) -> Reach:
    """Fewer cycles than the file has are no reason to refuse its faults; its times hold where nobody moves them."""
    clock = top.table("clock").held_to(CLOCK_KEYS)
    is_fixed = not instead.starts and not instead.interval and not instead.goes_on and "interval" in clock
    return Reach(
        last_cycle=MOST_CYCLES if instead.goes_on else max(schedule.cycles, clock.whole("cycles")),
        skipped=set(schedule.skipped),
        begins=None if instead.starts else schedule.starts,
        ends=schedule.ends + schedule.interval if is_fixed and not instead.cycles else None,
    )


def _refuse_idle(top: Table, world: World) -> None:
    """What would never have an effect. With a function there may be any call."""
    calls = calls_of(world.endpoints, world.logins)
    logins, faults, quotas = (top.tables(key) for key in ("logins", "faults", "quotas"))
    known: Collection[Call] = () if world.hatch else calls
    refuse_idle_faults(world.faults, faults, known, world.logins)
    refuse_idle_quotas(world.quotas, quotas, known)
    if not world.hatch and world.endpoints:
        refuse_idle_logins(world.logins, logins, calls, world.endpoints)


def _read_events(top: Table, names: Names, schedule: Schedule, seed: int) -> Events:
    """All events in order of `visible`, then of the file."""
    tables = top.tables("events")
    stated = [read_event(table, names.of(table.text("stream"))) for table in tables]
    streams = [
        (
            table,
            read_stream(table, names.of(table.text("name")), interval=schedule.interval, schedule_ends=schedule.ends),
        )
        for table in stream_tables(top)
    ]
    _refuse_same_names(streams)
    number = float(len(stated))
    for table, stream in streams:
        number += expected_count(stream)
        if number > MOST_EVENTS:
            table.refuse(None, f"some {number:,.0f} events up to here, expected at most {MOST_EVENTS:,}")
    ends = list(range(1, len(stated) + 1))
    events = Events(chain(stated, _made(streams, names, seed, ends)))
    refuse_same_ids(events, [*tables, *(table for table, _ in streams)], ends)
    return events.by_visible()


def _made(streams: Sequence[tuple[Table, Stream]], names: Names, seed: int, ends: list[int]) -> Iterator[Event]:
    """The streams' events. Behind each stream, `ends` gets the number of events up to there."""
    for table, stream in streams:
        naming = names.of(stream.name)
        number = ends[-1] if ends else 0
        try:
            for event in make_events(stream, seed, naming.paths):
                yield event
                number += 1
        except KeyError as error:
            table.refuse(None, f"its events have nothing at '{error.args[0]}', which {naming.where} event names")
        except ValueError as error:
            table.refuse(None, str(error))
        ends.append(number)


def _refuse_same_names(streams: list[tuple[Table, Any]]) -> None:
    seen: dict[str, int] = {}
    for number, (table, stream) in enumerate(streams):
        first = seen.setdefault(stream.name, number)
        if first != number:
            table.refuse(
                "name", f"[[streams]] {first + 1} is called '{stream.name}' too", "its chance hangs on its name"
            )


def _read_endpoints(top: Table, names: Names) -> tuple[Endpoint, ...]:
    tables = top.tables("endpoints")
    endpoints = [read_endpoint(table, names) for table in tables]
    known = {table.text("stream") for table in top.tables("events")} | {
        table.text("name") for table in top.tables("streams")
    }
    refuse_same_endpoints(endpoints, tables)
    refuse_unknown_streams(endpoints, tables, known - {""})
    refuse_missing_jobs(endpoints, tables)
    return tuple(endpoints)
