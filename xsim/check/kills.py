"""Fetches that were killed half-way: what the script had done by then, and what that means if the server keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from xsim.check.endings import HANDING_OVER
from xsim.check.strikes import is_killed
from xsim.check.truth import Truth
from xsim.model import Cycle, HostCall

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
    cycles: list[int] = field(default_factory=list)


class Kills:
    """The killed fetches of a run, by how far they had come."""

    def __init__(self, truth: Truth | None) -> None:
        self.found: dict[tuple[str, ...], Killed] = {}
        self._truth = truth

    def take(self, cycle: Cycle) -> None:
        if not is_killed(cycle):
            return
        done = [call for call in cycle.host_calls if call.name in (*HANDING_OVER, STORING) and not call.error]
        order = tuple(dict.fromkeys(STORING if call.name == STORING else "incidents" for call in done))
        number = handed_over(cycle)
        if not number and not any(call.name == STORING and is_news(call, cycle) for call in done):
            return  # Nothing that a server could keep.
        if order not in self.found:
            shown = [name for each in cycle.exchanges if each.listing is not None for name in each.listing.listed]
            calls = tuple(call_told(call) for call in done)
            self.found[order] = Killed(order, list(dict.fromkeys(shown)), number, calls, done[-1].line)
        self.found[order].cycles.append(cycle.number)

    def events(self, killed: Killed) -> list[str]:
        """Events that the first of the fetches was shown, and that no cycle before it had delivered."""
        fates, number = self._truth.fates if self._truth is not None else {}, killed.cycles[0]
        known = [fates[name] for name in killed.listed if name in fates]
        return [each.event.id for each in known if not (each.is_earlier or 0 < each.delivered < number)]


def is_news(call: HostCall, cycle: Cycle) -> bool:
    """Whether it stored another last run than the one that the fetch began with."""
    try:
        value = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return True
    return bool(value != cycle.last_run_before)


def handed_over(cycle: Cycle) -> int:
    """How many incidents the killed fetch had handed over."""
    number = 0
    for text in cycle.incidents:
        try:
            batch = json.loads(text)
        except (ValueError, RecursionError):
            continue
        number += len(batch) if isinstance(batch, list) else 0
    return number


def call_told(call: HostCall) -> str:
    return f"{call.name}(){f' on line {call.line}' if call.line else ''}"
