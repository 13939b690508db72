"""Finds fetches that page without an end: the same request again and again, or pages far behind the last record."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from xsim.check.excerpt import shorten
from xsim.model import Cycle, Exchange

MANY_REQUESTS = 1_000
MOST_EQUAL = 3
"""The same request with the same answer so often in a row is no retry and no accident."""
MOST_EMPTY = 20


class Paging(NamedTuple):
    """What a fetch did without an end."""

    length: int
    request: str
    exchanges: int
    ended: str
    line: int | None


class Pagings:
    """Of each kind the cycles in which it happened, and the first one in full."""

    def __init__(self) -> None:
        self.found: dict[str, tuple[list[int], Paging]] = {}
        self.explained: set[int] = set()
        """The cycles that did little else, so that their ending needs no finding of its own."""

    def take(self, cycle: Cycle) -> None:
        """Look into a cycle that was stopped, or that sent very many requests."""
        failure = cycle.failure.kind if cycle.failure else ""
        if failure not in ("hang", "time limit") and len(cycle.exchanges) <= MANY_REQUESTS:
            return
        ended = (
            cycle.failure.message
            if cycle.failure and failure in ("hang", "time limit")
            else f"after {cycle.ended - cycle.started}"
        )
        repeated = longest(cycle.exchanges, same_page)
        empty = longest(cycle.exchanges, empty_page)
        if len(repeated) > MOST_EQUAL:
            self._note("same-page", cycle, repeated, ended)
        elif len(empty) > MOST_EMPTY:
            self._note("beyond-the-end", cycle, empty, ended)

    def _note(self, cause: str, cycle: Cycle, run: list[Exchange], ended: str) -> None:
        first = run[0]
        body = f" {first.request_body}" if first.request_body else ""
        paging = Paging(
            len(run), shorten(f"{first.method} {first.url}{body}"), len(cycle.exchanges), shorten(ended), first.line
        )
        self.found.setdefault(cause, ([], paging))[0].append(cycle.number)
        if 2 * len(run) >= len(cycle.exchanges):
            self.explained.add(cycle.number)


def longest(exchanges: Iterable[Exchange], key: object) -> list[Exchange]:
    """The longest run of exchanges in a row with one key; those whose key is None are in none."""
    assert callable(key)
    runs = [list(run) for value, run in groupby(exchanges, key=key) if value is not None]
    return max(runs, key=len, default=[])


def same_page(exchange: Exchange) -> tuple[str, ...] | None:
    """Alike where the same was asked for and answered. A detail call may well be a wait for something to be ready."""
    is_list = exchange.listing is not None and bool(exchange.listing.order)
    if exchange.status != 200 or exchange.fault or not is_list:
        return None
    return exchange.method, exchange.url, exchange.request_body, exchange.digest


def empty_page(exchange: Exchange) -> str | None:
    """The endpoint, where a list of it held nothing."""
    listing = exchange.listing
    is_empty = listing is not None and bool(listing.order) and not listing.listed and not exchange.fault
    return listing.endpoint if listing is not None and exchange.status == 200 and is_empty else None
