"""Reads [clock] and [platform]: when the fetches start, and what the platform makes of doubtful ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from xsim.errors import InvalidScenario
from xsim.load.scenario_keys import DURATION, TABLES, TIME, WHOLE, WORD, Key, keyed
from xsim.load.scenario_table import Table
from xsim.load.scenario_values import LATEST, moment_of, size_of
from xsim.model import LEAST_MEMORY, Settings

DEFAULT_START = datetime(2024, 5, 14, 9, 30, 0, 381472, tzinfo=timezone.utc)
"""One fixed moment, with a fraction of a second: whole seconds hide faults."""
MOST_CYCLES = 1_000_000
_USUAL = Settings()

CLOCK_KEYS = keyed(
    Key(
        "start", TIME, "When cycle 1 starts. The default has a fraction: whole seconds hide faults.",
        otherwise=DEFAULT_START.isoformat().replace("+00:00", "Z"),
    ),
    Key(
        "interval", DURATION, "From one cycle to the next.", "1m", otherwise="`incidentFetchInterval`, else {}",
        least="1s",
    ),
    Key("cycles", WHOLE, "How many.", 10, least=1, most=MOST_CYCLES),
    Key(
        "pauses", TABLES,
        "Behind cycle `after` the next one comes only `for` later, as after an outage: `[{after = 5, for = \"2h\"}]`.",
    ),
    Key(
        "skip", "list of whole numbers",
        "Cycles that the platform leaves out: their number is used up, nothing runs.",
    ),
    Key(
        "drain", WHOLE, "At most so many extra cycles while a wanted event is outstanding; 0: none.", 60,
        most=MOST_CYCLES,
    ),
    Key("drain_interval", DURATION, "Time between those.", otherwise="the interval", least="1s"),
    Key("latency", DURATION, "Simulated time that the vendor takes to answer.", "200ms"),
    Key("command_timeout", DURATION, "The command's time limit, in simulated time.", "5m", least="1s"),
)  # fmt: skip
PAUSE_KEYS = keyed(
    Key("after", WHOLE, "The cycle behind which it comes.", needed=True, least=1, most=MOST_CYCLES),
    Key(
        "for", DURATION, "From that cycle's start to the next one's, instead of the interval.", needed=True, least="1s"
    ),
)
PLATFORM_KEYS = keyed(
    Key(
        "on_malformed", WORD,
        "One incident that cannot be decoded refuses the whole batch, or the rest is accepted.", _USUAL.on_malformed,
        words=("refuse", "accept"),
    ),
    Key(
        "without_incidents_call", WORD,
        "A fetch that never calls demisto.incidents() counts as an empty list, or fails.",
        _USUAL.without_incidents_call, words=("empty", "fail"),
    ),
    Key(
        "several_incidents_calls", WORD, "They are added up, or one of them counts.", _USUAL.several_incidents_calls,
        words=("add", "first", "last"),
    ),
    Key("hang_limit", DURATION, "Real time after which a cycle counts as hanging.", "10s", least="1s"),
    Key(
        "memory", "size",
        "What the script may take beyond what xsim itself takes, in MiB or GiB (`\"512MiB\"`); "
        f"{LEAST_MEMORY // 1024**2} MiB at least. Held to on Linux.",
        "2GiB",
    ),
)  # fmt: skip
LIMITS = {name: PLATFORM_KEYS[name] for name in ("hang_limit", "memory")}
"""Those among them that a project may state too."""

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What whoever loads the file wants instead of its own clock and seed; None: what the file says."""

    starts: datetime | None = None
    interval: timedelta | None = None
    cycles: int | None = None
    seed: int | None = None
    goes_on: bool = False
    """The run goes on from a stored one, `begins` behind it, where that is known: the first cycle and its time."""
    begins: tuple[int, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """[clock] as it holds. A run that goes on has `cycles` of them from `first` on, which comes at `begins`."""

    starts: datetime
    interval: timedelta
    cycles: int
    pauses: tuple[tuple[int, timedelta], ...]
    skipped: tuple[int, ...]
    drain: int
    drain_interval: timedelta | None
    stated: tuple[str, ...]
    first: int = 1
    begins: datetime | None = None

    @property
    def last(self) -> int:
        """Number of the last cycle."""
        return self.first + self.cycles - 1

    @property
    def ends(self) -> datetime:
        """The start of the last cycle. Raises OverflowError where no calendar holds it."""
        inside = [span - self.interval for cycle, span in self.pauses if self.first <= cycle < self.last]
        return (self.begins or self.starts) + self.interval * (self.cycles - 1) + sum(inside, timedelta(0))


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
    clock = clock.held_to(CLOCK_KEYS)
    cycles = clock.whole("cycles")
    first, begins = instead.begins or (1, None)
    schedule = Schedule(
        starts=clock.source.starts,
        interval=instead.interval or clock.duration("interval"),
        cycles=instead.cycles or cycles,
        pauses=_pauses(clock),
        skipped=_skipped(clock),
        drain=clock.whole("drain"),
        drain_interval=clock.duration_or_none("drain_interval"),
        stated=_stated(clock, instead),
        first=first,
        begins=begins,
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
    platform, clock = platform.held_to(PLATFORM_KEYS), clock.held_to(CLOCK_KEYS)
    return Settings(
        on_malformed=platform.choice("on_malformed"),
        without_incidents_call=platform.choice("without_incidents_call"),
        several_incidents_calls=platform.choice("several_incidents_calls"),
        command_timeout=clock.duration("command_timeout"),
        hang_limit=read_hang_limit(platform) or _USUAL.hang_limit,
        latency=clock.duration("latency"),
        memory=read_memory(platform) or _USUAL.memory,
    )


def refuse_bad_overrides(instead: Overrides) -> None:
    """They come from a program or a command line, so no line of the file can be blamed."""
    if instead.cycles is not None and not 1 <= instead.cycles <= MOST_CYCLES:
        raise InvalidScenario(f"{instead.cycles} cycles: expected 1 to {MOST_CYCLES:,}")
    if instead.interval is not None and instead.interval < _SECOND:
        raise InvalidScenario(f"an interval of {instead.interval.total_seconds():g}s: expected one second or more")
    if instead.starts is not None and moment_of(instead.starts) is None:
        raise InvalidScenario(f"a start at {instead.starts.isoformat()}: expected a time from 1971 to 2200")


def read_hang_limit(table: Table) -> timedelta | None:
    """The key `hang_limit` of a scenario's or a project's table."""
    return table.duration_or_none("hang_limit")


def read_memory(table: Table) -> int | None:
    """The key `memory`, in bytes."""
    if "memory" not in table:
        return None
    found = size_of(table.values["memory"])
    if found is None:
        table.expect("memory", 'a number with a unit, such as "512MiB" or "2GiB"')
    if found < LEAST_MEMORY:
        table.expect("memory", f"{LEAST_MEMORY // 1024**2}MiB or more")
    return found


def _pauses(clock: Table) -> tuple[tuple[int, timedelta], ...]:
    pauses: dict[int, timedelta] = {}
    for each in clock.tables("pauses"):
        pause = each.held_to(PAUSE_KEYS)
        for key in PAUSE_KEYS:
            pause.need(key, ', as in {after = 5, for = "2h"}')
        cycle = pause.whole("after")
        if cycle in pauses:
            pause.expect("after", "a cycle without another pause")
        pauses[cycle] = pause.duration("for")
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
