"""Reads a scenario file: TOML, checked key by key, into what we choose about the world. No Python file is imported."""

from __future__ import annotations

import json
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
    LIMITS,
    PLATFORM_KEYS,
    Overrides,
    Schedule,
    read_schedule,
    read_settings,
    read_start,
    refuse_bad_overrides,
)
from xsim.load.scenario_endpoint_keys import KEYS as ENDPOINT_KEYS
from xsim.load.scenario_events import KEYS as EVENT_KEYS
from xsim.load.scenario_expect import read_expect
from xsim.load.scenario_faults import KEYS as FAULT_KEYS
from xsim.load.scenario_identity import KEYS as IDENTITY_KEYS
from xsim.load.scenario_identity import incident_paths, other_incident_paths, read_names
from xsim.load.scenario_keys import TABLE, TABLES, TEXT, TRUTH, WHOLE, Key, keyed
from xsim.load.scenario_logins import LOGIN_KEYS, QUOTA_KEYS
from xsim.load.scenario_streams import KEYS as STREAM_KEYS
from xsim.load.scenario_table import Source, Table
from xsim.load.scenario_text import parse_scenario, read_scenario_text, similar_file
from xsim.load.scenario_values import plain
from xsim.load.scenario_world import read_delivered, read_world
from xsim.load.shapes import SECRET_PARTS
from xsim.model import CheckSettings, Scenario, ScenarioFile
from xsim.world import JsonValue

KEYS = keyed(
    Key(
        "integration", TEXT,
        "The script, package folder or yml that it is for, seen from the file. Needed where a folder has several.",
    ),
    Key("name", TEXT, "What reports call it.", otherwise="the file's or folder's name"),
    Key(
        "drafted", TRUTH,
        "Its guesses are as `xsim init` made them: a finding that rests on one is a note, and the run undecided.",
        False,
    ),
    Key("seed", WHOLE, "Where all chance comes from.", 1),
    Key(
        "vendor", TEXT,
        'A Python function that answers what no endpoint does: `"vendor.py:answer"` ([below](#vendor)).',
    ),
    Key("wsgi", TEXT, 'Instead of it a WSGI application: `"app.py:application"` ([below](#wsgi)).'),
    Key(
        "last_run", "any value or table",
        "What getLastRun() gives in the first cycle: an older layout, a list, a text.", {},
    ),
    Key("last_run_json", TEXT, 'The same as JSON, for what TOML cannot write: `"null"`.'),
    Key("context", TABLE, "The integration context at the start.", {}),
    Key(
        "delivered", "list of ids",
        "Events that an older version had delivered before the start: to deliver one again is a duplicate.",
    ),
    Key("clock", TABLE, "When the fetches run ([below](#clock))."),
    Key("params", TABLE, "The instance's parameters ([below](#params))."),
    Key("identity", TABLE, "How an event is known ([below](#identity))."),
    Key("platform", TABLE, "Behaviour of the server that no source settles ([below](#platform))."),
    Key("events", TABLES, "Events written out ([below](#events))."),
    Key("streams", TABLES, "Events made from a template ([below](#streams))."),
    Key("stream_defaults", TABLE, "What streams have in common ([below](#stream_defaults))."),
    Key("endpoints", TABLES, "How the vendor's API shows them ([below](#endpoints))."),
    Key("logins", TABLES, "How the API knows its caller ([below](#logins))."),
    Key("quotas", TABLES, "How many calls it takes ([below](#quotas))."),
    Key("faults", TABLES, "What goes wrong ([below](#faults))."),
    Key("check", TABLE, "How the run is judged ([below](#check))."),
    Key("expect", TABLE, "What it should come to ([below](#expect))."),
)  # fmt: skip


def load_scenario(
    path: Path,
    *,
    starts: datetime | None = None,
    interval: timedelta | None = None,
    cycles: int | None = None,
    seed: int | None = None,
    goes_on: bool = False,
    begins: tuple[int, datetime] | None = None,
) -> ScenarioFile:
    """The scenario in the file. The keywords stand in the place of its own clock and seed, also where it makes events.

    Raises InvalidScenario, which names file, line and key, for whatever is wrong in it.
    """
    instead = Overrides(starts, interval, cycles, seed, goes_on, begins)
    refuse_bad_overrides(instead)
    text = read_scenario_text(path)
    try:
        return _checked(path, text, parse_scenario(path, text), instead)
    except RecursionError as error:
        raise InvalidScenario(f"{shown(path)}: nested too deeply") from error


def _checked(path: Path, text: str, values: dict[str, Any], instead: Overrides) -> ScenarioFile:
    source = Source(path, text, instead.starts or DEFAULT_START, _homes())
    top = Table(source, (), values)
    top = top.held_to(KEYS)
    own_start = read_start(top.table("clock"))
    if own_start and not instead.starts:
        top = replace(top, source=replace(source, starts=own_start))
    schedule = read_schedule(top.table("clock"), instead)
    own_seed = top.whole("seed")
    params = top.object("params")
    return ScenarioFile(
        path=path,
        scenario=_scenario(top, schedule, own_seed if instead.seed is None else instead.seed, instead),
        integration=_integration(top),
        params=params,
        secrets=tuple(sorted(_secrets(params))),
        check=_read_check(top),
        expect=top.object("expect"),
        stated=(
            *schedule.stated,
            *(["seed"] if "seed" in top or instead.seed is not None else []),
            *(key for key in LIMITS if key in top.table("platform")),
        ),
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
        expect=read_expect(top.table("expect")) if "expect" in top else None,
        drafted=top.truth("drafted"),
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
    return read_check(top.table("check").held_to(CHECK_KEYS))


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
