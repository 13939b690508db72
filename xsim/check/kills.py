"""Fetches that were killed half-way: what the script had done by then, and what that means if the server keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from xsim.check.bounds import moment_of
from xsim.check.endings import HANDING_OVER
from xsim.check.incidents import batches_of
from xsim.check.scenes import holds, leaves
from xsim.check.strikes import is_killed
from xsim.check.truth import Truth, names_handed
from xsim.model import Cycle, HostCall, Scenario
from xsim.world import JsonValue

STORING = "setLastRun"


@dataclass(slots=True)
class Killed:
    """Killed fetches that had come equally far: the first one in full."""

    order: tuple[str, ...]
    """Which of incidents() and setLastRun() had taken effect, in that order."""
    listed: list[str]
    """Events that the vendor had listed for the first one."""
    number_handed: int
    """Incidents that the first one had handed over."""
    calls: tuple[str, ...]
    line: int | None
    """Of the last of these calls."""
    handed: frozenset[str] = frozenset()
    """Events among the incidents of the first one."""
    stored: JsonValue = None
    """The last run that the first one stored; None: none, or the recorded text is cut."""
    before: JsonValue = None
    cycles: list[int] = field(default_factory=list)


class Kills:
    """The killed fetches of a run, by how far they had come."""

    def __init__(self, scenario: Scenario, truth: Truth | None) -> None:
        self.found: dict[tuple[str, ...], Killed] = {}
        self.handed: set[str] = set()
        """Events among the incidents that killed fetches had handed over: the server may have kept them, or not."""
        self._scenario = scenario
        self._truth = truth

    def take(self, cycle: Cycle) -> None:
        if not is_killed(cycle):
            return
        done = [call for call in cycle.host_calls if call.name in (*HANDING_OVER, STORING) and not call.error]
        order = tuple(dict.fromkeys(STORING if call.name == STORING else "incidents" for call in done))
        number = handed_over(cycle)
        handed = frozenset(names_handed(cycle.incidents, self._scenario))
        self.handed |= handed
        if not number and not any(call.name == STORING and is_news(call, cycle) for call in done):
            return  # Nothing that a server could keep.
        if order not in self.found:
            shown = [name for each in cycle.exchanges if each.listing is not None for name in each.listing.listed]
            calls = tuple(call_told(call) for call in done)
            self.found[order] = Killed(
                order,
                list(dict.fromkeys(shown)),
                number,
                calls,
                done[-1].line,
                handed=handed,
                stored=stored_by(done),
                before=cycle.last_run_before,
            )
        self.found[order].cycles.append(cycle.number)

    def lost(self, killed: Killed) -> list[str]:
        """Of these events the ones that this very fetch lost: the vendor lists them to none any more."""
        truth, number = self._truth, killed.cycles[0]
        if truth is None:
            return []
        gone = {fate.event.id for fate in truth.missed() if truth.lost_at(fate) == number}
        gone |= {fate.event.id for fate in truth.taken_off() if fate.last_sent == number}
        return [name for name in self.events(killed) if name in gone]

    def passed(self, killed: Killed) -> list[str] | None:
        """Of these events the ones that the stored last run lies behind, by its newest time, and does not hold.

        None: it holds no time that it did not hold before.
        """
        held = {value for _, value in leaves(killed.before) if moment_of(value) is not None}
        times = [moment_of(value) for _, value in leaves(killed.stored) if value not in held]
        newest = max((time for time in times if time is not None), default=None)
        if newest is None or self._truth is None:
            return None
        fates, truth, number = self._truth.fates, self._truth, killed.cycles[0]
        lost_before = {fate.event.id for fate in truth.missed() if (truth.lost_at(fate) or number) < number}
        return [
            name
            for name in self.events(killed)
            if fates[name].event.occurred <= newest and not holds(killed.stored, name) and name not in lost_before
        ]

    def events(self, killed: Killed) -> list[str]:
        """Events that the first of the fetches was shown, and that no cycle before it had delivered."""
        fates, number = self._truth.fates if self._truth is not None else {}, killed.cycles[0]
        known = [fates[name] for name in killed.listed if name in fates]
        return [each.event.id for each in known if not (each.is_earlier or 0 < each.delivered < number)]


def stored_by(calls: list[HostCall]) -> JsonValue:
    """The value of the last setLastRun() call."""
    try:
        value = next((json.loads(call.arguments) for call in reversed(calls) if call.name == STORING), None)
    except (ValueError, RecursionError):
        return None
    return value


def is_news(call: HostCall, cycle: Cycle) -> bool:
    """Whether it stored another last run than the one that the fetch began with."""
    try:
        value = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return True
    return bool(value != cycle.last_run_before)


def handed_over(cycle: Cycle) -> int:
    """How many incidents the killed fetch had handed over."""
    return sum(map(len, batches_of(cycle.incidents)))


def call_told(call: HostCall) -> str:
    return f"{call.name}(){f' on line {call.line}' if call.line else ''}"
