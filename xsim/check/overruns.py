"""Where the time of a fetch went: those that took longer than the interval, and those that waited to their limit."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from xsim.check.excerpt import counted
from xsim.check.spans import spelled
from xsim.check.strikes import failure_told, kinds_of
from xsim.model import Cycle, Exchange, Outcome, Scenario

ENDLESS = frozenset({"timeout", "slow"})
"""Kinds of faults that keep a request waiting."""
NO_TIME = timedelta(0)


class Overrun(NamedTuple):
    """A fetch that ended well, and the ticks that were left out for it."""

    number: int
    took: timedelta
    left_out: int
    spent: str


class Waited(NamedTuple):
    """A request that waited for its answer until the command was stopped."""

    number: int
    request: str
    line: int | None
    waited: timedelta


class Overruns:
    """The overruns of a run, and the requests that waited without an end."""

    def __init__(self, scenario: Scenario) -> None:
        self.found: list[Overrun] = []
        self.endless: list[Waited] = []
        self._scenario = scenario
        self._kinds = kinds_of(scenario)

    def take(self, cycle: Cycle) -> None:
        took = cycle.ended - cycle.started
        if cycle.outcome is Outcome.OK and took > self._scenario.interval:
            self._overrun(cycle, took)
        elif cycle.outcome is Outcome.TIMED_OUT and cycle.exchanges:
            self._endless(cycle)

    def _overrun(self, cycle: Cycle, took: timedelta) -> None:
        scenario = self._scenario
        planned = scenario.next_start(cycle.number, cycle.started, cycle.started)
        left_out = (scenario.next_start(cycle.number, cycle.started, cycle.ended) - planned) // scenario.interval
        if left_out > 0:
            self.found.append(Overrun(cycle.number, took, left_out, self._spent(cycle, took)))

    def _spent(self, cycle: Cycle, took: timedelta) -> str:
        """Requests, waiting for slow answers, and the rest, in which the script slept."""
        usual = self._scenario.settings.latency
        known = [each.waited or usual for each in cycle.exchanges]
        waiting = sum((max(NO_TIME, each - usual) for each in known), NO_TIME)
        requests = sum((min(each, usual) for each in known), NO_TIME)
        sleeping = max(NO_TIME, took - waiting - requests)
        parts = [
            (requests, f"{spelled(requests)} in {counted(len(known), 'request')}"),
            (waiting, f"{spelled(waiting)} waiting for answers that came late or not at all"),
            (sleeping, f"{spelled(sleeping)} sleeping"),
        ]
        return ", ".join(text for span, text in parts if span)

    def _endless(self, cycle: Cycle) -> None:
        """The last request, where it alone waited for most of the time; one that gave up before has a limit of its own.

        Whoever waits for half of the command's limit has none that helps.
        """
        last, limit = cycle.exchanges[-1], self._scenario.settings.command_timeout
        earlier = [each for each in cycle.exchanges[:-1] if self._is_kept_waiting(each) and each.status is None]
        is_to_the_end = last.at + last.waited >= cycle.ended - self._scenario.settings.latency
        if self._is_kept_waiting(last) and not earlier and is_to_the_end and 2 * last.waited >= limit:
            self.endless.append(Waited(cycle.number, failure_told(last), last.line, last.waited))

    def _is_kept_waiting(self, exchange: Exchange) -> bool:
        return bool(exchange.fault) and self._kinds.get(exchange.fault) in ENDLESS
