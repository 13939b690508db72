"""Which fetches begin behind records that they had counted: a vendor that holds one event cannot answer those."""

from __future__ import annotations

from xsim.check.excerpt import json_text
from xsim.model import Cycle, Scenario

POSITIONAL = frozenset({"page", "offset"})


class Positions:
    """Of each cycle, whether its first request of a list that is paged by count left out records."""

    def __init__(self, scenario: Scenario) -> None:
        self.are_kept = False
        """Whether any cycle began behind records that an earlier one had counted."""
        self._paged = {
            f"{each.method.upper()} {each.path}"
            for each in scenario.endpoints
            if each.paging is not None and each.paging.kind in POSITIONAL
        }
        self._from_the_start: set[int] = set()
        self._following: dict[int, int] = {}
        self._last = 0
        self._is_last_unmoved = False

    def take(self, cycle: Cycle) -> None:
        if not self._paged:
            return
        first: dict[str, int] = {}
        for exchange in cycle.exchanges:
            if exchange.listing is not None and exchange.listing.endpoint in self._paged:
                first.setdefault(exchange.listing.endpoint, exchange.listing.offset)
        if any(first.values()):
            self.are_kept = True
        elif first:
            self._from_the_start.add(cycle.number)
        self._following[self._last] = cycle.number
        self._last = cycle.number
        states = (cycle.last_run_before, cycle.context_before), (cycle.last_run_after, cycle.context_after)
        self._is_last_unmoved = json_text(states[0]) == json_text(states[1])

    def may_begin_behind(self, number: int) -> bool:
        """Whether a fetch from the state stored after this cycle may leave out records by count.

        The next cycle began with that state, so that its first request is known; behind the last one there is none,
        but a cycle that stored what it began with tells as much.
        """
        if not self.are_kept:
            return False
        following = self._following.get(number)
        if following is None:
            return not (self._is_last_unmoved and number in self._from_the_start)
        return following not in self._from_the_start
