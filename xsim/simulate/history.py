"""What probes need of the cycles that ran, kept small: a run may have a hundred thousand of them."""

from __future__ import annotations

import json
import marshal
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from xsim.events import packed
from xsim.model import Cycle, Outcome, Scenario
from xsim.simulate.parcel import read, written
from xsim.simulate.recording import Stored
from xsim.world import JsonValue, identities_at_any

KEPT_PLAIN = 16 * 1024**2
"""Bytes of states that are kept as they are; beyond that the older ones are compressed."""
IN_A_BLOCK = 64
"""States that are compressed together: neighbours are mostly alike."""
# Taken now, as a script in this process may replace them where they come from.
_compress, _decompress = zlib.compress, zlib.decompress
_dump, _load = marshal.dumps, marshal.loads


class History:
    """The states that the cycles left behind, and which events were delivered."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.started: list[datetime] = []
        self.numbers = array("q")
        self.delivered = Delivered(scenario)
        """By this run and those that it goes on from."""
        self.last: Cycle | None = None
        self._last_runs = Shelf()
        self._contexts = Shelf()
        self._vendor_states = Shelf()
        self._vendor_state: tuple[JsonValue, bytes] = (None, written((None,)))

    def __len__(self) -> int:
        return len(self.started)

    def add(self, cycle: Cycle, stored: Stored) -> set[str]:
        """Note a cycle, and what the server keeps behind it. Gives the events that it delivered."""
        self.started.append(cycle.started)
        self.numbers.append(cycle.number)
        self._last_runs.append(_bytes(stored.last_run))
        self._contexts.append(_bytes(stored.context))
        if cycle.vendor_state is not self._vendor_state[0]:
            self._vendor_state = (cycle.vendor_state, written((cycle.vendor_state,)))
        self._vendor_states.append(self._vendor_state[1])
        self.last = cycle
        if not self.scenario.events or cycle.outcome is not Outcome.OK:
            return set()
        brought = delivered_by(cycle.incidents, self.scenario)
        self.delivered.add(brought)
        return brought

    def state(self, index: int) -> Stored:
        """What was stored behind the cycle at this place; -1 is the last one."""
        return Stored(_text(self._last_runs[index]), _text(self._contexts[index]))

    def vendor_state(self, index: int) -> JsonValue:
        """What the vendor remembered behind it; None: nothing."""
        (state,) = read(self._vendor_states[index])
        return state

    def last_run_size(self, index: int) -> int:
        return len(self._last_runs[index])

    def next_tick(self, index: int) -> datetime:
        """When the fetch behind the cycle at this place begins."""
        following = index + 1
        return self.started[following] if following < len(self) else self.started[-1] + self.scenario.interval

    def first_tick_behind(self, moment: datetime) -> datetime:
        return first_tick_behind(self.scenario, moment)


class Delivered:
    """Names of what was delivered: of the scenario's events a byte for each, of all others the names themselves."""

    def __init__(self, scenario: Scenario) -> None:
        self._number_of = packed(scenario.events).number_of
        self._is_delivered = bytearray(len(scenario.events))
        self._others: set[str] = set()
        if scenario.events:
            self.add(scenario.delivered)

    def add(self, names: Iterable[str]) -> None:
        for name in names:
            number = self._number_of(name)
            if number is None:
                self._others.add(name)
            else:
                self._is_delivered[number] = 1

    def __contains__(self, name: str) -> bool:
        number = self._number_of(name)
        return name in self._others if number is None else bool(self._is_delivered[number])

    def missing(self) -> Iterator[int]:
        """Places in the scenario of the events that were not delivered, in order."""
        number = self._is_delivered.find(0)
        while number >= 0:
            yield number
            number = self._is_delivered.find(0, number + 1)


class Shelf:
    """Texts in the order in which they came. One that equals its neighbour is kept once, old ones are compressed."""

    def __init__(self) -> None:
        self._places = array("q")
        """Of each text: the number of the one that is kept for it."""
        self._plain: list[bytes] = []
        self._size = 0
        self._blocks: list[bytes] = []
        self._firsts = array("q")
        """Number of the first text in each block."""
        self._first_plain = 0

    def __len__(self) -> int:
        return len(self._places)

    def append(self, text: bytes) -> None:
        if not self._plain or self._plain[-1] != text:
            if self._size + len(text) > KEPT_PLAIN:
                self._press()
            self._plain.append(text)
            self._size += len(text)
        self._places.append(self._first_plain + len(self._plain) - 1)

    def __getitem__(self, index: int) -> bytes:
        place = self._places[index]
        if place >= self._first_plain:
            return self._plain[place - self._first_plain]
        block = bisect_right(self._firsts, place) - 1
        found: bytes = _load(_decompress(self._blocks[block]))[place - self._firsts[block]]
        return found

    def _press(self) -> None:
        """Compress all but the last one, which the next may equal."""
        old, self._plain = self._plain[:-1], self._plain[-1:]
        for start in range(0, len(old), IN_A_BLOCK):
            self._blocks.append(_compress(_dump(old[start : start + IN_A_BLOCK]), 1))
            self._firsts.append(self._first_plain + start)
        self._first_plain += len(old)
        self._size = sum(map(len, self._plain))


def first_tick_behind(scenario: Scenario, moment: datetime) -> datetime:
    """The first tick of the schedule at or behind a moment; never before the first cycle."""
    starts, interval = scenario.starts, scenario.interval
    return starts + max(0, -((starts - moment) // interval)) * interval


def delivered_by(incidents: Sequence[str], scenario: Scenario) -> set[str]:
    """Identities that the rawJSON of these batches names."""
    found: set[str] = set()
    for text in incidents:
        for incident in json.loads(text) or ():
            try:
                record = json.loads(incident["rawJSON"])
            except (KeyError, TypeError, ValueError, RecursionError):
                continue  # Told by the rules about incidents.
            found.update(identities_at_any(record, scenario.identity, scenario.other_identities))
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
