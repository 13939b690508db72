"""One record whose call fails, cycle after cycle, while all others wait behind it."""

from __future__ import annotations

from dataclasses import dataclass, field

from xsim.check.excerpt import shorten
from xsim.check.strikes import (
    failed_for_good,
    fits,
    has_failed,
    is_killed,
    kinds_of,
    records_asked,
)
from xsim.check.truth import Truth
from xsim.model import Cycle, Exchange, Outcome, Scenario
from xsim.world import Fault

FEWEST_CYCLES = 3
OF_THE_CALLER = (401, 403, 429)
"""Statuses that say nothing of the record that was asked for."""


@dataclass(slots=True)
class Held:
    """Cycles in a row that failed for the call of one record."""

    record: str
    call: Exchange
    """The first failed call."""
    is_last: bool = True
    """Whether each fetch ended with it; one that went on took the error for a record, or failed for another reason."""
    is_its_own: bool = False
    """Whether the failure is that record's: another record's call went well, or would."""
    cycles: list[int] = field(default_factory=list)


class HeldUp:
    """The span of such cycles that the run ended with."""

    def __init__(self, scenario: Scenario, truth: Truth | None) -> None:
        self._scenario = scenario
        self._truth = truth
        self._kinds = kinds_of(scenario)
        self._open: Held | None = None

    def take(self, cycle: Cycle) -> None:
        found = self._held(cycle) if self._truth is not None and cycle.outcome is not Outcome.OK else None
        if found is None or self._open is None or found.record != self._open.record:
            self._open = found
        if found is not None and self._open is not None:
            self._open.is_its_own = self._open.is_its_own or found.is_its_own
            self._open.is_last = self._open.is_last and found.is_last
            self._open.cycles.append(cycle.number)

    def _held(self, cycle: Cycle) -> Held | None:
        """The one record that the cycle failed for; None where something else failed, or more than one."""
        if is_killed(cycle) or not cycle.exchanges:
            return None
        is_last = has_failed(cycle.exchanges[-1], self._kinds)
        assert self._truth is not None
        failed = failed_for_good(cycle.exchanges, self._kinds)
        asked = {tuple(records_asked(self._scenario, each, self._truth.fates)) for each in failed}
        names = asked.pop() if len(asked) == 1 else ()
        if len(names) != 1 or any(is_of_the_caller(each) for each in failed):
            return None
        if not (is_last or failed[0].fault):
            return None
        return Held(names[0], failed[0], is_last, self._is_its_own(cycle, failed[0], names[0]))

    def _is_its_own(self, cycle: Cycle, call: Exchange, record: str) -> bool:
        assert self._truth is not None
        fault = next((each for each in self._scenario.faults if each.name == call.fault), None)
        if fault is not None and not strikes_others(fault, call, record):
            return True
        if fault is not None and fault.chance < 1:
            return False
        others = (each for each in cycle.exchanges if not has_failed(each, self._kinds))
        is_answered = any(set(records_asked(self._scenario, each, self._truth.fates)) - {record} for each in others)
        return is_answered or fault is None

    @property
    def at_the_end(self) -> Held | None:
        """The cycles that the run ended with, where they are enough, and others wait behind the record."""
        held = self._open
        if held is None or not held.is_its_own or len(held.cycles) < FEWEST_CYCLES:
            return None
        return held if (held.is_last or self._goes_well_without()) and self.waiting(held) else None

    def _goes_well_without(self) -> bool:
        """Whether the extra cycles, which go without faults, end well: then nothing but the fault makes them fail."""
        drains = self._truth.drains if self._truth is not None else ()
        return any(each.outcome is Outcome.OK for each in drains)

    def waiting(self, held: Held) -> list[str]:
        """Wanted events that could be seen all along, or came to wait meanwhile, and were not delivered."""
        assert self._truth is not None
        return [
            shorten(fate.id, 60)
            for fate in self._truth.fates.values()
            if fate.id != held.record
            and fate.is_outstanding
            and fate.first_visible < held.cycles[-1]
            and fate.is_wanted
        ]

    @property
    def explained(self) -> set[int]:
        """Cycles that need no finding of their own for having failed."""
        held = self.at_the_end
        return set(held.cycles) if held is not None else set()


def is_of_the_caller(exchange: Exchange) -> bool:
    """Whether the answer is about who asks, or how often, and no fault made it so."""
    return not exchange.fault and (bool(exchange.login) or exchange.status in OF_THE_CALLER)


def strikes_others(fault: Fault, call: Exchange, record: str) -> bool:
    """Whether the fault strikes calls for other records just as well, so that no script can bring one of them."""
    if fault.chance < 1:
        return True
    if fault.requests:
        return False
    path = call.url.split("?")[0].partition("://")[2].partition("/")[2]
    other = f"/{path}".replace(record, f"{record}0")
    return not fault.path or (other != f"/{path}" and fits(fault.path, other)) or record not in path
