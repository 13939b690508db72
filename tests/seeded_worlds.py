"""One template for seeded worlds: each case of fixtures/cases, its vendor and parameters, and events drawn by a seed.

`python tests/seeded_worlds.py CASE SEED` prints such a world as a scenario, to repeat a run by hand.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from math import ceil
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent.parent / "fixtures" / "cases"
CYCLES = 30
STARTS = datetime(2024, 3, 4, 10, tzinfo=timezone.utc)


@dataclass(frozen=True)
class World:
    """What differs from vendor to vendor; rates are events a minute, and a burst shares one timestamp."""

    flood_every: str = "31s"
    """Before the first fetch, at times of their own: more than one fetch may bring."""
    rush: int = 75
    """Within the run, a second apart: more than one fetch may bring."""
    burst: int = 3
    rate: float = 1.0
    lag: str = '"5s"'
    ids: str = "{n}"
    id_type: str = "text"
    extra: str = ""
    starts: str = "10:00:00"
    """With a fraction of a second, a fetch begins between two events of one second."""


# A script that keeps only a time, at a vendor with an exclusive bound, is right as long as no limit cuts between events
# of one timestamp: there the bursts stay small, and what goes past the limit has times of its own. The others get
# bursts above the limit. A lag that differs from event to event needs a script that looks back. And where times are
# whole seconds, a first fetch within a second needs one that asks for the last second again.
WITHIN_A_SECOND = "10:00:00.381472"
SMALL_LIMIT = World(flood_every="6m", rush=6, burst=5, rate=0.6)
WORLDS = {
    "dup-inclusive-since": World(burst=60, starts=WITHIN_A_SECOND),
    "dup-seconds-cursor": World(starts=WITHIN_A_SECOND),
    "lastrun-datetime": World(),
    "lastrun-none-when-empty": World(extra='choices = {level = ["low", "Medium", "High"]}'),
    "miss-newest-first": replace(SMALL_LIMIT, starts=WITHIN_A_SECOND),
    "miss-now-cursor": World(lag='{usual = "20s", long = "8m", chance = 0.2}', starts=WITHIN_A_SECOND),
    "miss-tie-at-limit": replace(SMALL_LIMIT, starts=WITHIN_A_SECOND),
    "ok-cursor-kept": SMALL_LIMIT,
    "ok-epoch-int": World(starts=WITHIN_A_SECOND),
    "ok-lookback-ids": World(
        flood_every="20s",
        burst=4,
        lag='{min = "5s", max = "3m"}',
        ids="{stream}{n:04}",
        id_type="int",
        starts=WITHIN_A_SECOND,
    ),
    "ok-ties-over-limit": replace(SMALL_LIMIT, starts=WITHIN_A_SECOND),
    "rawjson-dict": World(),
    "tz-offset-cut": World(),
    "wedge-null-owner": World(extra="null = {owner = 0.2}\nmissing = {title = 0.1}"),
}
"""The cases whose events come from a vendor."""

STARTS_ONLY = ("lastrun-ids-pile-up", "occurred-epoch-ms")
"""The cases whose scripts make their events themselves: a seed moves the first fetch instead."""

TEMPLATE = """\
seed = {seed}

{head}
# Long before the first fetch, so that all of it is listed by then.
[[streams]]
name = "flood"
from = "-50m"
until = "-8m"
every = "{flood_every}"
jitter = "4s"
{flood}

# Behind a quiet stretch.
[[streams]]
name = "rush"
from = "+3m"
every = "1s"
count = {rush_count}
{rush}

# Behind another one: now and then several events of one timestamp.
[[streams]]
name = "steady"
from = "+8m"
rate = {rate}
burst = {burst}
burst_every = 4
{steady}
"""


def seeded_world(case: str, seed: int) -> str:
    """The case's own parameters and endpoints, with streams in the place of its events, or with another start."""
    text = (CASES / case / "xsim.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(#.*|integration = .*)\n", "", text)
    text = re.sub(r"(?m)^cycles = \d+$", f"cycles = {CYCLES}", text)
    return _with_start(text, seed) if case in STARTS_ONLY else _with_streams(text, WORLDS[case], seed)


def _with_start(text: str, seed: int) -> str:
    """A first fetch up to 75 minutes before or after the case's own, within a second."""
    starts = STARTS + (seed - 25) * timedelta(seconds=181, microseconds=130_003)
    text = re.sub(r"(?m)^start = .*$", f"start = {starts.isoformat()}", text)
    # What the script makes begins a minute before the first fetch, at second 5, 25 or 45.
    first = ceil(starts.timestamp()) - 60
    begins = datetime.fromtimestamp(first + (5 - first) % 20, timezone.utc)
    return re.sub(r"(?m)^from = .*$", f"from = {begins.isoformat()}", text)


def _with_streams(text: str, world: World, seed: int) -> str:
    head = re.sub(r"(?m)^start = .*$", f"start = 2024-03-04T{world.starts}Z", text.partition("[[events]]")[0])
    streams = {
        name: _stream_lines(_first_event(text), world, name, number)
        for number, name in enumerate(("flood", "rush", "steady"), start=1)
    }
    return TEMPLATE.format(
        seed=seed,
        head=head.strip() + "\n",
        flood_every=world.flood_every,
        rush_count=world.rush,
        rate=world.rate,
        burst=world.burst,
        **streams,
    )


def _first_event(text: str) -> tuple[str, str, dict[str, Any]]:
    """Identity, time field and record of the case's first event: streams write theirs in the same way."""
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    values = tomllib.loads(text)
    return values["identity"]["event"], values["identity"]["time"], values["events"][0]["record"]


def _stream_lines(event: tuple[str, str, dict[str, Any]], world: World, name: str, number: int) -> str:
    identity, time, record = event
    ids = world.ids.replace("{stream}", str(number))
    lines = [
        f"lag = {world.lag}",
        f'id = "{ids if world.id_type == "int" else f"{name}-{ids}"}"',
        f'id_type = "{world.id_type}"',
        "first = 95",
        f"time = {_time(time, record[time])}",
        f"record = {_toml({key: value for key, value in record.items() if key not in (identity, time)})}",
        world.extra,
    ]
    return "\n".join(line for line in lines if line)


def _time(field: str, value: str | int) -> str:
    """How the vendor writes its times: layout, digits of the fraction, offset."""
    if isinstance(value, int):
        return f'{{field = "{field}", layout = "epoch-ms"}}'
    found = re.fullmatch(r"[\dT:-]{19}(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", value)
    assert found, value
    digits, zone = len(found[1] or ""), found[2]
    layout = 'layout = "iso"' if zone == "Z" else f'layout = "iso-offset", zone = "{zone}"'
    return f'{{field = "{field}", {layout}, digits = {digits}}}'


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + "}"
    return json.dumps(value)


if __name__ == "__main__":
    print(seeded_world(sys.argv[1], int(sys.argv[2])), end="")
