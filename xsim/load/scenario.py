"""Reads a scenario file: TOML, checked key by key, into what we choose about the world. No Python file is imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from xsim.errors import InvalidScenario
from xsim.load.files import shown
from xsim.load.meanings import is_secret
from xsim.load.scenario_changes import read_path, read_paths
from xsim.load.scenario_clock import (
    CLOCK_KEYS,
    DEFAULT_START,
    PLATFORM_KEYS,
    Overrides,
    Schedule,
    read_schedule,
    read_settings,
    read_start,
    refuse_bad_overrides,
)
from xsim.load.scenario_endpoints import KEYS as ENDPOINT_KEYS
from xsim.load.scenario_endpoints import read_endpoint, refuse_same_endpoints, refuse_unknown_streams
from xsim.load.scenario_events import KEYS as EVENT_KEYS
from xsim.load.scenario_events import Naming, read_event, refuse_same_ids
from xsim.load.scenario_streams import KEYS as STREAM_KEYS
from xsim.load.scenario_streams import MOST_EVENTS, expected_count, read_stream, stream_tables
from xsim.load.scenario_table import Source, Table
from xsim.load.scenario_text import parse_scenario, read_scenario_text, similar_file
from xsim.load.scenario_values import plain
from xsim.load.scenario_vendor import read_hatch
from xsim.load.streams import make_events
from xsim.model import CheckSettings, JsonValue, Scenario, ScenarioFile, Severity
from xsim.world import Endpoint, Event

KEYS = (
    "integration", "name", "seed", "vendor", "clock", "params", "last_run", "last_run_json", "context", "identity",
    "platform", "events", "streams", "stream_defaults", "endpoints", "check", "expect",
)  # fmt: skip
CHECK_KEYS = ("select", "ignore", "severity", "fail_on", "strict", "requests_per_cycle")
IDENTITY_KEYS = ("event", "incident", "part", "time")
VERDICTS = ("passed", "failed", "undecided")


def load_scenario(
    path: Path,
    *,
    starts: datetime | None = None,
    interval: timedelta | None = None,
    cycles: int | None = None,
    seed: int | None = None,
) -> ScenarioFile:
    """The scenario in the file. The keywords stand in the place of its own clock and seed, also where it makes events.

    Raises InvalidScenario, which names file, line and key, for whatever is wrong in it.
    """
    instead = Overrides(starts, interval, cycles, seed)
    refuse_bad_overrides(instead)
    text = read_scenario_text(path)
    try:
        return _checked(path, text, parse_scenario(path, text), instead)
    except RecursionError as error:
        raise InvalidScenario(f"{shown(path)}: nested too deeply") from error


def _checked(path: Path, text: str, values: dict[str, Any], instead: Overrides) -> ScenarioFile:
    source = Source(path, text, instead.starts or DEFAULT_START, _homes())
    top = Table(source, (), values)
    top.refuse_unknown(KEYS)
    own_start = read_start(top.table("clock"))
    if own_start and not instead.starts:
        top = Table(replace(source, starts=own_start), (), values)
    schedule = read_schedule(top.table("clock"), instead)
    own_seed = top.whole("seed", 1)
    params = top.object("params")
    return ScenarioFile(
        path=path,
        scenario=_scenario(top, schedule, own_seed if instead.seed is None else instead.seed),
        integration=_integration(top),
        params=params,
        secrets=tuple(sorted(_secrets(params))),
        check=_read_check(top.table("check")),
        expect=_read_expect(top),
        stated=schedule.stated + (("seed",) if "seed" in top or instead.seed is not None else ()),
    )


def _homes() -> dict[str, str]:
    """Where each key belongs, in words."""
    tables = {
        "below [clock]": CLOCK_KEYS,
        "below [identity]": IDENTITY_KEYS,
        "below [platform]": PLATFORM_KEYS,
        "below [[events]]": EVENT_KEYS,
        "below [[streams]]": STREAM_KEYS,
        "below [[endpoints]]": ENDPOINT_KEYS,
        "below [check]": CHECK_KEYS,
    }
    homes = dict.fromkeys(KEYS, "above the first table, as a line after [table] is part of it")
    for home, keys in tables.items():
        for key in keys:
            homes[key] = f"{homes[key]} or {home}" if key in homes else home
    return homes


def _scenario(top: Table, schedule: Schedule, seed: int) -> Scenario:
    identity = top.table("identity")
    naming = _read_naming(top, identity)
    events = _read_events(top, naming, schedule, seed)
    endpoints = _read_endpoints(top, naming)
    return Scenario(
        starts=schedule.starts,
        interval=schedule.interval,
        cycles=schedule.cycles,
        seed=seed,
        name=top.text("name") or _name_of(top.source.path),
        identity=_incident_paths(identity, naming, has_events=bool(events)),
        last_run=_read_last_run(top),
        context=top.object("context"),
        settings=read_settings(top.table("platform"), top.table("clock")),
        path=top.source.path,
        events=events,
        endpoints=endpoints,
        hatch=read_hatch(top),
        time_field=naming.time,
        part=read_paths(identity, "part"),
        pauses=schedule.pauses,
        skipped=schedule.skipped,
        drain=schedule.drain,
        drain_interval=schedule.drain_interval,
    )


def _name_of(path: Path) -> str:
    """A scenario without a name is called by its file, or by its folder where the file is but `xsim.toml`."""
    stem = path.name.removesuffix(".toml").removesuffix(".xsim")
    return stem if stem != "xsim" else path.absolute().parent.name


# --- single tables ------------------------------------------------------------------------------------------


def _integration(top: Table) -> Path | None:
    """The file or folder, seen from the working folder."""
    if "integration" not in top:
        return None
    name = top.filled_text("integration")
    path = top.source.path.parent / name
    try:
        is_there = path.exists()
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        top.refuse("integration", f"{name}: no such file or folder", _similar_safely(path))
    return path


def _similar_safely(path: Path) -> str | None:
    try:
        return similar_file(path)
    except (OSError, ValueError):
        return None


def _read_naming(top: Table, identity: Table) -> Naming:
    """Which fields name an event and hold its time: as stated, else what the endpoints or the streams say."""
    identity.refuse_unknown(IDENTITY_KEYS)
    paths = read_paths(identity, "event")
    if "event" in identity and not paths:
        identity.expect("event", "one dotted path or more")
    stated = bool(paths)
    if not paths:
        paths = (_first_text(top, "endpoints", "id_field") or "id",)
    time = read_path(identity, "time") or _first_text(top, "endpoints", "time_field") or _stream_time(top)
    return Naming(paths, time, is_stated=stated)


def _first_text(top: Table, array: str, key: str) -> str:
    return next((read_path(table, key) for table in top.tables(array) if key in table), "")


def _stream_time(top: Table) -> str:
    for table in stream_tables(top):
        time = table.values.get("time")
        if isinstance(time, str):
            return read_path(table, "time")
        if isinstance(time, dict) and "field" in time:
            return read_path(table.table("time"), "field")
    return ""


def _incident_paths(identity: Table, naming: Naming, *, has_events: bool) -> tuple[str, ...]:
    """Where the incidents' rawJSON holds the identity. Without events a mere default would hide what is detected."""
    paths = read_paths(identity, "incident")
    if "incident" in identity and not paths:
        identity.expect("incident", "one dotted path or more")
    return paths or (naming.paths if naming.is_stated or has_events else ())


def _read_last_run(top: Table) -> JsonValue:
    if "last_run_json" not in top:
        return top.json("last_run", {})
    if "last_run" in top:
        top.refuse("last_run_json", "expected either 'last_run' or 'last_run_json', not both")
    try:
        return plain(json.loads(top.text("last_run_json")))
    except (ValueError, RecursionError) as error:
        top.refuse("last_run_json", f"not valid JSON: {error}")


def _read_check(check: Table) -> CheckSettings:
    check.refuse_unknown(CHECK_KEYS)
    levels = tuple(level.value for level in Severity)
    severities = check.table("severity")
    return CheckSettings(
        select=check.texts("select"),
        ignore=check.texts("ignore"),
        severity={rule: Severity(severities.choice(rule, "", levels)) for rule in severities.values},
        fail_on=Severity(check.choice("fail_on", "", levels)) if "fail_on" in check else None,
        strict=check.truth_or_none("strict"),
        requests_per_cycle=check.whole("requests_per_cycle", 1, 1) if "requests_per_cycle" in check else None,
    )


def _read_expect(top: Table) -> Mapping[str, JsonValue]:
    """A free table, but for the keys whose shape is agreed: verdict, delivered, must and may."""
    expect = top.table("expect")
    expect.choice("verdict", "", VERDICTS)
    expect.whole("delivered", 0)
    for key in ("must", "may"):
        for finding in expect.tables(key):
            if "rule" not in finding and "finding" not in finding:
                finding.refuse(None, "expected a 'rule' (code or name) or a 'finding'")
            for name in ("rule", "finding", "event", "cause", "field", "what"):
                finding.text(name)
            finding.whole("cycle", 1, 1)
    return top.object("expect")


def _secrets(value: JsonValue, *, is_hidden: bool = False) -> set[str]:
    """Texts of parameters whose names say that they are secret; a reference to one is not one."""
    if isinstance(value, dict):
        return {text for name, inner in value.items() for text in _secrets(inner, is_hidden=is_secret(name))}
    if isinstance(value, list):
        return {text for inner in value for text in _secrets(inner, is_hidden=is_hidden)}
    is_reference = isinstance(value, str) and value.startswith(("env:", "file:"))
    is_empty = value is None or value == "" or isinstance(value, bool)
    return {str(value)} if is_hidden and not is_reference and not is_empty else set()


# --- events and endpoints -----------------------------------------------------------------------------------


def _read_events(top: Table, naming: Naming, schedule: Schedule, seed: int) -> tuple[Event, ...]:
    """All events in order of `visible`, then of the file."""
    tables = top.tables("events")
    events = [read_event(table, naming) for table in tables]
    streams = [
        (table, read_stream(table, naming, interval=schedule.interval, schedule_ends=schedule.ends))
        for table in stream_tables(top)
    ]
    _refuse_same_names(streams)
    number = float(len(events))
    for table, stream in streams:
        number += expected_count(stream)
        if number > MOST_EVENTS:
            table.refuse(None, f"some {number:,.0f} events up to here, expected at most {MOST_EVENTS:,}")
    for table, stream in streams:
        try:
            made = list(make_events(stream, seed, naming.paths))
        except KeyError as error:
            table.refuse(None, f"its events have nothing at '{error.args[0]}', which [identity] event names")
        except ValueError as error:
            table.refuse(None, str(error))
        events += made
        tables += [table] * len(made)
    refuse_same_ids(events, tables)
    return tuple(sorted(events, key=lambda event: event.visible))


def _refuse_same_names(streams: list[tuple[Table, Any]]) -> None:
    seen: dict[str, int] = {}
    for number, (table, stream) in enumerate(streams):
        first = seen.setdefault(stream.name, number)
        if first != number:
            table.refuse(
                "name", f"[[streams]] {first + 1} is called '{stream.name}' too", "its chance hangs on its name"
            )


def _read_endpoints(top: Table, naming: Naming) -> tuple[Endpoint, ...]:
    tables = top.tables("endpoints")
    endpoints = [read_endpoint(table, naming) for table in tables]
    refuse_same_endpoints(endpoints, tables)
    names = {table.text("stream") for table in top.tables("events")} | {
        table.text("name") for table in top.tables("streams")
    }
    refuse_unknown_streams(endpoints, tables, names - {""})
    return tuple(endpoints)
