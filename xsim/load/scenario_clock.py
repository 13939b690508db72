"""Reads [clock] and [platform]: when the fetches start, and what the platform makes of doubtful ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from xsim.errors import InvalidScenario
from xsim.load.scenario_table import Table
from xsim.load.scenario_values import LATEST, moment_of, size_of
from xsim.model import LEAST_MEMORY, Settings

CLOCK_KEYS = (
    "start", "interval", "cycles", "pauses", "skip", "drain", "drain_interval", "latency", "command_timeout",
)  # fmt: skip
PLATFORM_KEYS = ("on_malformed", "without_incidents_call", "several_incidents_calls", "hang_limit", "memory")
DEFAULT_START = datetime(2024, 5, 14, 9, 30, 0, 381472, tzinfo=timezone.utc)
"""One fixed moment, with a fraction of a second: whole seconds hide faults."""
MOST_CYCLES = 1_000_000

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What whoever loads the file wants instead of its own clock and seed; None: what the file says."""

    starts: datetime | None = None
    interval: timedelta | None = None
    cycles: int | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """[clock] as it holds."""

    starts: datetime
    interval: timedelta
    cycles: int
    pauses: tuple[tuple[int, timedelta], ...]
    skipped: tuple[int, ...]
    drain: int
    drain_interval: timedelta | None
    stated: tuple[str, ...]

    @property
    def ends(self) -> datetime:
        """The start of the last cycle. Raises OverflowError where no calendar holds it."""
        inside = [span - self.interval for cycle, span in self.pauses if cycle < self.cycles]
        return self.starts + self.interval * (self.cycles - 1) + sum(inside, timedelta(0))


def read_start(clock: Table) -> datetime | None:
    """Read before the rest: other times count from it."""
    if "start" not in clock:
        return None
    found = moment_of(clock.values["start"])
    if found is None:
        clock.expect("start", "a time such as 2024-03-04T10:00:00Z, from 1971 to 2200")
    return found


def read_schedule(clock: Table, instead: Overrides) -> Schedule:
    """The rest of [clock]."""
    clock.refuse_unknown(CLOCK_KEYS)
    cycles = clock.whole("cycles", 10, 1, MOST_CYCLES)
    schedule = Schedule(
        starts=clock.source.starts,
        interval=instead.interval or clock.duration("interval", timedelta(minutes=1), least=_SECOND),
        cycles=instead.cycles or cycles,
        pauses=_pauses(clock),
        skipped=_skipped(clock),
        drain=clock.whole("drain", 60, 0, MOST_CYCLES),
        drain_interval=clock.duration_or_none("drain_interval", least=_SECOND),
        stated=_stated(clock, instead),
    )
    try:
        is_short = schedule.ends < LATEST
    except OverflowError:
        is_short = False
    if not is_short:
        clock.refuse("cycles", f"the last of {schedule.cycles:,} cycles would come after the year 2200")
    return schedule


def read_settings(platform: Table, clock: Table) -> Settings:
    """[platform], and the two times of [clock] that are settings."""
    platform.refuse_unknown(PLATFORM_KEYS)
    usual = Settings()
    return Settings(
        on_malformed=platform.choice("on_malformed", usual.on_malformed, ("refuse", "accept")),
        without_incidents_call=platform.choice(
            "without_incidents_call", usual.without_incidents_call, ("empty", "fail")
        ),
        several_incidents_calls=platform.choice(
            "several_incidents_calls", usual.several_incidents_calls, ("add", "first", "last")
        ),
        command_timeout=clock.duration("command_timeout", usual.command_timeout, least=_SECOND),
        hang_limit=platform.duration("hang_limit", usual.hang_limit, least=_SECOND),
        latency=clock.duration("latency", usual.latency),
        memory=_memory(platform, usual.memory),
    )


def refuse_bad_overrides(instead: Overrides) -> None:
    """They come from a program or a command line, so no line of the file can be blamed."""
    if instead.cycles is not None and not 1 <= instead.cycles <= MOST_CYCLES:
        raise InvalidScenario(f"{instead.cycles} cycles: expected 1 to {MOST_CYCLES:,}")
    if instead.interval is not None and instead.interval < _SECOND:
        raise InvalidScenario(f"an interval of {instead.interval.total_seconds():g}s: expected one second or more")
    if instead.starts is not None and moment_of(instead.starts) is None:
        raise InvalidScenario(f"a start at {instead.starts.isoformat()}: expected a time from 1971 to 2200")


def _memory(platform: Table, usual: int) -> int:
    if "memory" not in platform:
        return usual
    found = size_of(platform.values["memory"])
    if found is None:
        platform.expect("memory", 'a number with a unit, such as "512MiB" or "2GiB"')
    if found < LEAST_MEMORY:
        platform.expect("memory", f"{LEAST_MEMORY // 1024**2}MiB or more")
    return found


def _pauses(clock: Table) -> tuple[tuple[int, timedelta], ...]:
    pauses: dict[int, timedelta] = {}
    for pause in clock.tables("pauses"):
        pause.refuse_unknown(("after", "for"))
        for key in ("after", "for"):
            pause.need(key, ', as in {after = 5, for = "2h"}')
        cycle = pause.whole("after", 1, 1, MOST_CYCLES)
        if cycle in pauses:
            pause.expect("after", "a cycle without another pause")
        pauses[cycle] = pause.duration("for", _SECOND, least=_SECOND)
    return tuple(sorted(pauses.items()))


def _skipped(clock: Table) -> tuple[int, ...]:
    values = clock.values.get("skip", [])
    if not isinstance(values, list) or not all(
        isinstance(each, int) and not isinstance(each, bool) and 1 <= each <= MOST_CYCLES for each in values
    ):
        clock.expect("skip", "a list of cycle numbers, such as [3, 4]")
    return tuple(sorted(set(values)))


def _stated(clock: Table, instead: Overrides) -> tuple[str, ...]:
    given = {
        "starts": "start" in clock or instead.starts,
        "interval": "interval" in clock or instead.interval,
        "cycles": "cycles" in clock or instead.cycles,
    }
    return tuple(name for name, is_given in given.items() if is_given)
