"""The few cycles that causes are read from, in more detail: what was asked, what the vendor showed, what was stored."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from xsim.check.last_runs import last_line
from xsim.check.strikes import as_seen, failed_for_good, has_failed, is_killed, kinds_of
from xsim.model import Cycle, Exchange, HostCall, Journal, Outcome
from xsim.world import Listing

DEEPEST = 12
MOST_COMPLAINTS = 3
TROUBLE = re.compile(r"error|exception|traceback|fail|could not|cannot", re.IGNORECASE)
"""Words of a log line by which a script tells of an error that it caught."""


class Shown(NamedTuple):
    """An answer of the vendor with what it held."""

    at: datetime
    line: int | None
    listing: Listing
    status: int | None = 200
    size: int = 0
    answer: str = ""
    """The beginning of an answer that says what went wrong."""
    is_failed: bool = False
    """Whether the script got no answer, an error, or one that it could not read."""


class Scene(NamedTuple):
    """One cycle, as far as causes go."""

    number: int
    started: datetime
    ended: datetime
    outcome: Outcome
    last_run_before: Any
    last_run_after: Any
    context_before: Any
    context_after: Any
    shown: tuple[Shown, ...]
    line: int | None
    """Of the last setLastRun call."""
    complaints: tuple[Exchange, ...] = ()
    """The first requests that failed and show no events."""
    exchanges: tuple[Exchange, ...] = ()
    failed: tuple[Exchange, ...] = ()
    """Requests that failed and did not succeed later in the fetch."""
    vendor_state: Any = None
    """What the vendor remembered behind it."""
    killed: str = ""
    """How it was killed, if it was."""
    complained: str = ""
    """The first line of its log that tells of an error."""
    calls: tuple[HostCall, ...] = ()

    def lists(self, event: str) -> list[Shown]:
        return [each for each in self.shown if event in each.listing.listed]

    def remembers(self, event: str) -> bool:
        """Whether the fetch began with this id in its last run or context, kept to know the event again."""
        return has_in_memory(self.last_run_before, event) or has_in_memory(self.context_before, event)

    @property
    def has_moved(self) -> bool:
        """Whether it left another last run or context behind than it began with."""
        return bool(self.last_run_before != self.last_run_after or self.context_before != self.context_after)

    def keeps(self, event: str) -> bool:
        """Whether it left the id there, for whatever use."""
        return holds(self.last_run_after, event) or holds(self.context_after, event)

    def memorizes(self, event: str) -> bool:
        """Whether it left the id there to know the event again."""
        return has_in_memory(self.last_run_after, event) or has_in_memory(self.context_after, event)


def scenes_of(journal: Journal, numbers: set[int]) -> Iterator[Scene]:
    """These cycles of the journal, which is walked once more for them."""
    last = max(numbers, default=0)
    kinds = kinds_of(journal.scenario)
    for cycle in journal.cycles:
        if cycle.number in numbers:
            yield scene_of(as_seen(cycle, kinds), kinds)
        if cycle.number >= last:
            return


def scene_of(cycle: Cycle, kinds: Mapping[str, str]) -> Scene:
    """`kinds`: of the scenario's faults, by name."""
    return Scene(
        number=cycle.number,
        started=cycle.started,
        ended=cycle.ended,
        outcome=cycle.outcome,
        last_run_before=cycle.last_run_before,
        last_run_after=cycle.last_run_after,
        context_before=cycle.context_before,
        context_after=cycle.context_after,
        shown=tuple(
            Shown(each.at, each.line, each.listing, each.status, each.size, each.answer, has_failed(each, kinds))
            for each in cycle.exchanges
            if each.listing is not None
        ),
        line=last_line(cycle, "setLastRun"),
        complaints=tuple(complaints_of(cycle, kinds))[:MOST_COMPLAINTS],
        exchanges=cycle.exchanges,
        failed=tuple(failed_for_good(cycle.exchanges, kinds)),
        vendor_state=cycle.vendor_state,
        killed=cycle.failure.message if cycle.failure is not None and is_killed(cycle) else "",
        calls=cycle.host_calls,
        complained=next((line.text for line in cycle.log if line.level == "error" or TROUBLE.search(line.text)), ""),
    )


def complaints_of(cycle: Cycle, kinds: Mapping[str, str]) -> Iterator[Exchange]:
    return (each for each in cycle.exchanges if each.listing is None and has_failed(each, kinds))


def holds(state: Any, event: str, depth: int = 0) -> bool:
    """Whether an id stands anywhere in a last run or context: as a value, as a number, or as a key."""
    if depth > DEEPEST:
        return False
    if isinstance(state, dict):
        return event in state or any(holds(inner, event, depth + 1) for inner in state.values())
    if isinstance(state, list):
        return any(holds(inner, event, depth + 1) for inner in state)
    return state is not None and not isinstance(state, bool) and str(state) == event


def has_in_memory(state: Any, event: str, depth: int = 0) -> bool:
    """Whether an id is kept to know its event again.

    A number that stands alone may as well be a count of records, or the place from which the list goes on.
    """
    if depth > DEEPEST:
        return False
    if isinstance(state, dict):
        return event in state or any(has_in_memory(inner, event, depth + 1) for inner in state.values())
    if isinstance(state, list):
        return holds(state, event, depth)
    return isinstance(state, str) and state == event and not event.isdecimal()


def standing_alone(state: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(path, value) of what stands in no list."""
    if isinstance(state, dict):
        for key, inner in state.items() if depth <= DEEPEST else ():
            yield from standing_alone(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif state is not None and not isinstance(state, (bool, list)):
        yield path, state


def leaves(state: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(path, value) of what is neither object nor list."""
    if depth > DEEPEST:
        return
    if isinstance(state, dict):
        for key, inner in state.items():
            yield from leaves(inner, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(state, list):
        for inner in state:
            yield from leaves(inner, path, depth + 1)
    elif state is not None and not isinstance(state, bool):
        yield path, state
