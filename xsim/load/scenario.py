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
from xsim.load.scenario_changes import read_paths
from xsim.load.scenario_check import CHECK_KEYS, read_check
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
from xsim.load.scenario_events import KEYS as EVENT_KEYS
from xsim.load.scenario_faults import KEYS as FAULT_KEYS
from xsim.load.scenario_identity import KEYS as IDENTITY_KEYS
from xsim.load.scenario_identity import incident_paths, other_incident_paths, read_names
from xsim.load.scenario_logins import LOGIN_KEYS, QUOTA_KEYS
from xsim.load.scenario_streams import KEYS as STREAM_KEYS
from xsim.load.scenario_table import Source, Table
from xsim.load.scenario_text import parse_scenario, read_scenario_text, similar_file
from xsim.load.scenario_values import plain
from xsim.load.scenario_world import read_delivered, read_world
from xsim.load.shapes import SECRET_PARTS
from xsim.model import CheckSettings, JsonValue, Scenario, ScenarioFile

KEYS = (
    "integration", "name", "seed", "vendor", "wsgi", "delivered", "clock", "params", "last_run", "last_run_json",
    "context", "identity", "platform", "events", "streams", "stream_defaults", "endpoints", "logins", "quotas",
    "faults", "check", "expect",
)  # fmt: skip
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
        scenario=_scenario(top, schedule, own_seed if instead.seed is None else instead.seed, instead),
        integration=_integration(top),
        params=params,
        secrets=tuple(sorted(_secrets(params))),
        check=_read_check(top),
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
        "below [[logins]]": LOGIN_KEYS,
        "below [[quotas]]": QUOTA_KEYS,
        "below [[faults]]": FAULT_KEYS,
        "below [check]": CHECK_KEYS,
    }
    homes = dict.fromkeys(KEYS, "above the first table, as a line after [table] is part of it")
    for home, keys in tables.items():
        for key in keys:
            homes[key] = f"{homes[key]} or {home}" if key in homes else home
    return homes


def _scenario(top: Table, schedule: Schedule, seed: int, instead: Overrides) -> Scenario:
    identity = top.table("identity")
    names = read_names(top)
    world = read_world(top, names, schedule, seed, instead)
    paths = incident_paths(identity, names, has_events=bool(world.events))
    return Scenario(
        starts=schedule.starts,
        interval=schedule.interval,
        cycles=schedule.cycles,
        seed=seed,
        name=top.text("name") or _name_of(top.source.path),
        identity=paths,
        last_run=_read_last_run(top),
        context=top.object("context"),
        settings=read_settings(top.table("platform"), top.table("clock")),
        path=top.source.path,
        delivered=read_delivered(top, world.events, instead),
        events=world.events,
        endpoints=world.endpoints,
        hatch=world.hatch,
        time_field=names.usual.time,
        part=read_paths(identity, "part"),
        pauses=schedule.pauses,
        skipped=schedule.skipped,
        drain=schedule.drain,
        drain_interval=schedule.drain_interval,
        faults=world.faults,
        logins=world.logins,
        quotas=world.quotas,
        other_identities=other_incident_paths(identity, paths),
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


def _read_last_run(top: Table) -> JsonValue:
    if "last_run_json" not in top:
        return top.json("last_run", {})
    if "last_run" in top:
        top.refuse("last_run_json", "expected either 'last_run' or 'last_run_json', not both")
    try:
        return plain(json.loads(top.text("last_run_json")))
    except (ValueError, RecursionError) as error:
        top.refuse("last_run_json", f"not valid JSON: {error}")


def _read_check(top: Table) -> CheckSettings:
    table = top.table("check")
    table.refuse_unknown(CHECK_KEYS)
    return read_check(table)


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
        hidden = {name: is_secret(name) or name in SECRET_PARTS for name in value}
        return {text for name, inner in value.items() for text in _secrets(inner, is_hidden=hidden[name])}
    if isinstance(value, list):
        return {text for inner in value for text in _secrets(inner, is_hidden=is_hidden)}
    is_reference = isinstance(value, str) and value.startswith(("env:", "file:"))
    is_empty = value is None or value == "" or isinstance(value, bool)
    return {str(value)} if is_hidden and not is_reference and not is_empty else set()
