"""Calls that the scenario's [[quotas]] refused: which fetches failed for one, and whether later ones made up for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from xsim.check.spans import spelled
from xsim.model import Cycle, Exchange, Outcome
from xsim.world import Quota

OFTEN = 3
"""Failing for a quota so many times, with a fetch in between that ended well, is no accident any more."""


class Refused(NamedTuple):
    """A fetch to which the vendor refused a call for a quota."""

    number: int
    started: datetime
    quota: Quota
    call: Exchange
    """The first refused one."""
    has_failed: bool
    """Whether the fetch failed, and had not got the refused answer by a repeat."""


class OverQuota:
    """The fetches that went over a quota."""

    def __init__(self, quotas: Sequence[Quota]) -> None:
        self.refused: dict[int, Refused] = {}
        self._quotas = quotas

    def take(self, cycle: Cycle, left: Collection[Exchange]) -> None:
        """Note a cycle. `left`: its failed requests that did not succeed when they were sent once more."""
        refused = [(each, quota) for each in cycle.exchanges if (quota := self.quota_of(each)) is not None]
        if refused:
            call, quota = refused[0]
            has_failed = cycle.outcome is Outcome.FAILED and any(each in left for each, _ in refused)
            self.refused[cycle.number] = Refused(cycle.number, cycle.started, quota, call, has_failed)

    def quota_of(self, exchange: Exchange) -> Quota | None:
        """The quota that this call was refused for, known by what the vendor says then; None: it was not."""
        if exchange.fault or exchange.status is None or exchange.status < 400:
            return None
        for each in self._quotas:
            said = f"more than {each.calls} calls in {each.per.total_seconds():g} seconds"
            if exchange.status == each.status and said in exchange.answer and is_below(each.path, exchange):
                return each
        return None

    def failed(self) -> list[Refused]:
        return [each for each in self.refused.values() if each.has_failed]

    def stuck(self, numbers: Iterable[int]) -> list[Refused]:
        """Of all cycles, the ones that the run ended with, where each failed for a quota that had time to be free.

        A span that is no longer than the quota's own may end with the next fetch.
        """
        last: list[Refused] = []
        for number in numbers:
            found = self.refused.get(number)
            last = [*last, found] if found is not None and found.has_failed else []
        return last if last and last[-1].started - last[0].started > last[0].quota.per else []


def is_below(beginning: str, exchange: Exchange) -> bool:
    """Whether its path begins so, parts in braces taking anything; "": any does."""
    pieces = re.split(r"\{[^{}]*\}", f"/{beginning.lstrip('/')}")
    path = f"{urlsplit(exchange.url).path.rstrip('/')}/"
    return re.match("[^/]+".join(re.escape(piece) for piece in pieces), path) is not None


def quota_told(quota: Quota) -> str:
    """30 calls in 60 s of /api/."""
    where = f" of {quota.path}" if quota.path else ""
    return f"{quota.calls:,} call{'s' if quota.calls != 1 else ''} in {spelled(quota.per)}{where}"


def spans_of(failed: list[Refused], numbers: Iterable[int]) -> int:
    """How many times in a row fetches failed so."""
    own, spans, was_in = {each.number for each in failed}, 0, False
    for number in numbers:
        is_in = number in own
        spans += is_in and not was_in
        was_in = is_in
    return spans
