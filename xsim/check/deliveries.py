"""Keeps which events were delivered, and finds the ones that were delivered again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xsim.check.excerpt import excerpt
from xsim.check.identity import Identity, mark_of
from xsim.events import Delivered
from xsim.model import Cycle

MOST_REPEATED = 100
"""Events that get a finding of their own; the others are counted."""
MOST_NAMES = 10_000
"""Of those that are counted, so many are named."""
MOST_CYCLES = 1_000
"""Cycles that are kept of one event's repetitions."""


@dataclass(slots=True)
class Repeated:
    """An event that was delivered more than once."""

    event: str
    first_cycle: int
    is_changed: bool = True
    """Whether rawJSON was another one every time."""
    count: int = 0
    cycles: list[int] = field(default_factory=list)
    last_run_before: str = ""
    """The last run that the first repetition started from."""
    positions: tuple[int, int] = (0, 0)
    """Within one fetch: the places of the first two in the batch."""
    part: str = ""
    """Which of the event's incidents it is, where one event gives several."""


@dataclass(slots=True)
class Uncounted:
    """The repeated events past MOST_REPEATED: their names, and how often they came as a whole."""

    names: dict[str, None] = field(default_factory=dict)
    """The first ones, without the part; at most MOST_NAMES."""
    events: set[int] = field(default_factory=set)
    unchanged: int = 0
    repetitions: int = 0
    first_cycle: int = 0
    last_cycle: int = 0


class Deliveries:
    """The index of delivered events: name to cycle and digest of the rawJSON. No incident is kept."""

    def __init__(self, identity: Identity, earlier: Mapping[str, tuple[int, str]]) -> None:
        self.identity = identity
        self.again: dict[str, Repeated] = {}
        self.twice: dict[tuple[str, int], Repeated] = {}
        self.again_uncounted = Uncounted()
        self.twice_uncounted = Uncounted()
        self.conflicts = 0
        """Times that one name stood for two rawJSONs within one fetch."""
        self._index = Delivered()
        self._earlier = earlier
        self._positions: dict[str, int] = {}
        self._cycle = 0
        self._part = ""

    def add(self, event: str, text: str | None, cycle: Cycle, position: int, *, part: str = "") -> None:
        """Enter one delivered incident: its event, rawJSON, place in the batch, and which part of the event it is."""
        name = part_name(event, part)
        self._part = part
        number = cycle.number
        if number != self._cycle:
            self._cycle = number
            self._positions.clear()
        mark = mark_of(text or "")
        key = f"{name} {mark:x}" if self.identity.kind == "guessed" else name
        before = self._index.note(key, number, mark)
        if before is not None:
            self._repeat(name, before[0], before[1] != mark, cycle, position)
        elif earlier := self._earlier_of(key, event):
            earlier_cycle, earlier_digest = earlier
            # Of what a scenario says was delivered before, nothing but the identity is known.
            is_changed = bool(earlier_digest) and earlier_digest != f"{mark:016x}"
            self._repeat(name, earlier_cycle, is_changed, cycle, position)
        self._positions.setdefault(name, position)

    def _earlier_of(self, key: str, event: str) -> tuple[int, str] | None:
        """Cycle and digest of an earlier run's delivery; an event that is merely stated has no digest and no part."""
        if not self._earlier or key in self._earlier:
            return self._earlier.get(key)
        stated = self._earlier.get(event)
        return stated if stated is not None and not stated[1] else None

    @property
    def is_doubtful(self) -> bool:
        """Whether the detected id turned out to be no event's own: within one fetch it stood for different ones."""
        return self.conflicts > 0

    def delivered(self) -> Iterator[tuple[str, tuple[int, str]]]:
        """(name, (last cycle, digest of the rawJSON)) of each event."""
        yield from self._index.items()

    def _repeat(self, name: str, earlier_cycle: int, is_changed: bool, cycle: Cycle, position: int) -> None:
        if earlier_cycle != cycle.number:
            self._count_again(name, earlier_cycle, is_changed, cycle)
        elif name in self._positions:
            self._count_twice(name, is_changed, cycle.number, position)

    def _count_again(self, name: str, first_cycle: int, is_changed: bool, cycle: Cycle) -> None:
        seen = self.again.get(name)
        if seen is None:
            if len(self.again) >= MOST_REPEATED:
                count_on(self.again_uncounted, name, self._event(name), is_changed, cycle.number)
                return
            before = excerpt(cycle.last_run_before)
            seen = Repeated(self._event(name), first_cycle, last_run_before=before, part=self._part)
            self.again[name] = seen
        count_in(seen, is_changed, cycle.number)

    def _count_twice(self, name: str, is_changed: bool, number: int, position: int) -> None:
        if is_changed and self.identity.kind == "detected":
            self.conflicts += 1
            return
        seen = self.twice.get((name, number))
        if seen is None:
            if len(self.twice) >= MOST_REPEATED:
                count_on(self.twice_uncounted, name, self._event(name), is_changed, number)
                return
            positions = (self._positions[name], position)
            seen = Repeated(self._event(name), number, positions=positions, part=self._part)
            self.twice[name, number] = seen
        count_in(seen, is_changed, number)

    def _event(self, name: str) -> str:
        return name.removesuffix(f" [{self._part}]") if self._part else name


def part_name(event: str, part: str) -> str:
    """What tells one incident of an event from its others."""
    return f"{event} [{part}]" if part else event


def count_in(seen: Repeated, is_changed: bool, number: int) -> None:
    seen.count += 1
    seen.is_changed = seen.is_changed and is_changed
    if len(seen.cycles) < MOST_CYCLES:
        seen.cycles.append(number)


def count_on(uncounted: Uncounted, name: str, event: str, is_changed: bool, number: int) -> None:
    uncounted.events.add(hash(name))
    if len(uncounted.names) < MOST_NAMES:
        uncounted.names[event] = None
    uncounted.repetitions += 1
    uncounted.unchanged += not is_changed
    uncounted.first_cycle = uncounted.first_cycle or number
    uncounted.last_cycle = number
