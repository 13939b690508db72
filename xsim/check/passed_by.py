"""The cycle that lost an event, told from the requests alone: from the next one on, each asks from behind the event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_plus

from xsim.check.bounds import Bound, bounds_of, endpoint_of, moment_of
from xsim.check.scenes import leaves
from xsim.events import EPOCH
from xsim.model import Cycle, Journal, Outcome, Scenario
from xsim.world import Endpoint, Event

Asked = tuple[Endpoint | None, list[Bound]]
"""A list call and the lower bounds that it sent."""


@dataclass(slots=True)
class Passing:
    """What the cycles so far asked for, seen from one event."""

    event: Event
    admitted: int = 0
    """The last cycle whose requests reached back to the event; 0: none, or one that stored nothing."""
    is_closed: bool = False
    """Whether every request since then began behind it."""


def passed_at(journal: Journal, events: Sequence[Event]) -> dict[str, int]:
    """Event to the cycle that moved on past it, where the requests prove one. Walks the journal once."""
    passings = [Passing(event) for event in events]
    for cycle in journal.cycles if passings else ():
        asked = list(asked_in(journal.scenario, cycle))
        for each in passings:
            enter(each, cycle, asked)
    return {each.event.id: each.admitted for each in passings if each.admitted and each.is_closed}


def asked_in(scenario: Scenario, cycle: Cycle) -> Iterator[Asked]:
    for exchange in cycle.exchanges:
        listing = exchange.listing
        endpoint = endpoint_of(scenario, listing) if listing is not None else None
        if listing is not None and (endpoint is None or endpoint.kind == "list"):
            yield endpoint, [bound for bound in bounds_of(scenario, listing) if bound.is_lower]


def enter(passing: Passing, cycle: Cycle, asked: list[Asked]) -> None:
    reaches = [reach for endpoint, bounds in asked if (reach := reach_of(passing.event, endpoint, bounds)) != "no"]
    if not reaches and (passing.is_closed or not stores_anything(cycle)):
        return
    if reaches and all(reach == "behind" for reach in reaches):
        passing.is_closed = True
        return
    # A cycle that did not ask, and stored something, may have moved on just as well as the one before it.
    is_known = all(reach != "unknown" for reach in reaches) and bool(reaches) and cycle.outcome is Outcome.OK
    passing.admitted, passing.is_closed = cycle.number if is_known else 0, False


def stores_anything(cycle: Cycle) -> bool:
    """Whether it left a value behind that it did not begin with; one that hands over what waits only takes some off."""
    before = set(leaves([cycle.last_run_before, cycle.context_before]))
    return not before.issuperset(leaves([cycle.last_run_after, cycle.context_after]))


def reach_of(event: Event, endpoint: Endpoint | None, bounds: list[Bound]) -> str:
    """Whether a request's range "holds" the event or begins "behind" it; "no": it never lists such events."""
    if endpoint is None:
        return "unknown"
    if endpoint.streams and event.stream not in endpoint.streams:
        return "no"
    kept = [bound.keeps(event) for bound in bounds]
    return "behind" if False in kept else "unknown" if None in kept else "holds"


@dataclass(slots=True)
class Crossing:
    """What the cycles so far stored, seen from one event."""

    event: Event
    number: int = 0
    """The cycle that stored a time behind the event; 0: none, or an earlier one was stored later."""


def stored_past(journal: Journal, events: Sequence[Event]) -> dict[str, int]:
    """Event to the cycle that stored a time past the event's, where the next fetch asks for that very time.

    For a vendor function, whose requests tell no bounds. The last run has to hold a time and no other cursor behind
    that cycle, and never goes back before the event. Walks the journal once.
    """
    crossings = [Crossing(event) for event in events]
    begun: list[Crossing] = []
    """Those whose cycle is to be shown by the next request."""
    for cycle in journal.cycles if crossings else ():
        if begun and cycle.exchanges:
            is_asked = asks_for_stored(cycle)
            for each in begun:
                each.number = each.number if is_asked else 0
            begun = []
        before, after = time_in(cycle.last_run_before), time_in(cycle.last_run_after)
        is_alone = not list(leaves(cycle.context_after)) and len(list(leaves(cycle.last_run_after))) == 1
        for each in crossings:
            occurred = each.event.occurred
            if after is None or after <= occurred:
                each.number = 0
            elif before is not None and before <= occurred <= cycle.ended and is_alone:
                each.number = cycle.number
                begun.append(each)
    unseen = {each.event.id for each in begun}
    return {each.event.id: each.number for each in crossings if each.number and each.event.id not in unseen}


def time_in(state: object) -> datetime | None:
    """The one time that a last run holds; None where it holds none, or several."""
    times = [time for _, value in leaves(state) if (time := moment_of(value)) is not None and time > EPOCH]
    return times[0] if len(times) == 1 else None


def asks_for_stored(cycle: Cycle) -> bool:
    """Whether its first request holds what the last run holds, as it stands there."""
    first = cycle.exchanges[0]
    text = unquote_plus(first.url) + first.request_body
    return any(moment_of(value) is not None and str(value) in text for _, value in leaves(cycle.last_run_before))
