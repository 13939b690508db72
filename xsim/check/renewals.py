"""Tokens that ran out: refused requests, cycle after cycle, and whether the script ever asked for a new token."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from xsim.check.excerpt import moment
from xsim.check.strikes import UNREADABLE, failure_told, has_failed, is_login_call, kinds_of
from xsim.model import Cycle, Exchange, Scenario

FEWEST_CYCLES = 2
"""A fetch may fail once for an expired token, if the next one asks for a new one."""


@dataclass(slots=True)
class Unrenewed:
    """Cycles in a row in which requests were refused for a token that had expired, and no new one was asked for."""

    refused: str
    """The first refusal: request, answer and line."""
    refused_at: str
    line: int | None
    granted_in: int
    """The last cycle that got a token; 0: an earlier run did."""
    cycles: list[int] = field(default_factory=list)


class Renewals:
    """The spans of a run in which tokens had expired."""

    def __init__(self, scenario: Scenario) -> None:
        self.spans: list[Unrenewed] = []
        """Of two cycles or more."""
        self.brief: set[int] = set()
        """Cycles with a refusal whose next request for a token came in time, or which the run ended with."""
        self._scenario = scenario
        self._kinds = kinds_of(scenario)
        self._open: Unrenewed | None = None
        self._granted_in = 0

    def take(self, cycle: Cycle) -> None:
        if not cycle.exchanges or not (self._open or any(each.login for each in cycle.exchanges)):
            return
        places = [place for place, each in enumerate(cycle.exchanges) if self._is_refusal(each)]
        behind = cycle.exchanges[places[0] if places and self._open is None else 0 :]
        is_tried = any(is_login_call(self._scenario, each) for each in behind)
        if is_tried or (not places and not self._all_failed(cycle)):
            self.close()
        elif places:
            self._add(cycle, cycle.exchanges[places[0]])
        if any(each.login == "granted" for each in cycle.exchanges):
            self._granted_in = cycle.number

    def _is_refusal(self, exchange: Exchange) -> bool:
        """Whether the script was told that its token had expired; a fault may have kept the answer from it."""
        is_told = not exchange.fault or self._kinds.get(exchange.fault) not in UNREADABLE
        return exchange.login == "expired" and exchange.status is not None and is_told

    @property
    def is_open(self) -> bool:
        """Whether the last requests were refused, and none for a token has come since."""
        return self._open is not None

    def close(self) -> None:
        """End the span that is open; also behind the last cycle."""
        if self._open is not None and len(self._open.cycles) >= FEWEST_CYCLES:
            self.spans.append(self._open)
        elif self._open is not None:
            self.brief.update(self._open.cycles)
        self._open = None

    def _add(self, cycle: Cycle, refused: Exchange) -> None:
        if self._open is None:
            told = failure_told(refused)
            self._open = Unrenewed(told, moment(refused.at), refused.line, self._granted_in)
        self._open.cycles.append(cycle.number)

    def _all_failed(self, cycle: Cycle) -> bool:
        """A cycle in which nobody answered shows nothing of the token."""
        return all(has_failed(each, self._kinds) for each in cycle.exchanges)

    def dead_since(self, numbers: Iterable[int]) -> int:
        """The first cycle of the span that the run ended with; 0: it ended with none."""
        last = self.spans[-1].cycles if self.spans else [0]
        return last[0] if last[-1] == max(numbers, default=-1) else 0

    @property
    def explained(self) -> set[int]:
        """Cycles that need no finding of their own for having failed."""
        return {number for span in self.spans for number in span.cycles}
