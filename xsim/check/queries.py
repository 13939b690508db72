"""A cycle's list calls, its pages put together: what one question to the vendor brought, and what it left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from xsim.check.bounds import LOWER, UPPER, endpoint_of, has_matched
from xsim.check.scenes import Scene, Shown
from xsim.model import Scenario
from xsim.world import Event, Listing

Query = list[Shown]
"""The answers of one question, in the order in which they came."""


def queries_of(scenario: Scenario, scene: Scene) -> list[Query]:
    """The list calls of a cycle; calls for one record are left out.

    Answers of a declared endpoint belong together where filters and order are the same; where a range begins may
    differ, as some fetches page by time. Of a vendor function neither is known: there, pages of one list share no
    event, and an answer that shares one begins another list.
    """
    declared: dict[tuple[object, ...], Query] = {}
    of_functions: list[Query] = []
    for shown in scene.shown:
        listing = shown.listing
        endpoint = endpoint_of(scenario, listing)
        if endpoint is not None:
            if endpoint.kind == "list":
                declared.setdefault((listing.endpoint, kinds_of(listing), listing.order), []).append(shown)
        elif len(listing.listed) > 1:
            if of_functions and not ids_of(of_functions[-1]) & set(listing.listed):
                of_functions[-1].append(shown)
            else:
                of_functions.append([shown])
    return [*declared.values(), *of_functions]


def kinds_of(listing: Listing) -> tuple[tuple[str, ...], ...]:
    """What was filtered by; of ranges, without where they begin and end."""
    return tuple(each[:2] if each[1] in (*LOWER, *UPPER) else each for each in listing.bounds)


def ids_of(query: Query) -> set[str]:
    return {event for shown in query for event in shown.listing.listed}


def leaving_out(scenario: Scenario, scene: Scene, event: Event) -> Iterator[Query]:
    """Of the list calls that do not list the event, the answers that it surely matched."""
    for query in queries_of(scenario, scene):
        matching = [
            shown for shown in query if has_matched(scenario, shown.listing, as_of(event, shown.at), scene.vendor_state)
        ]
        if matching and event.id not in ids_of(query):
            yield matching


def as_of(event: Event, moment: datetime) -> Event:
    """The event without changes that are yet to come: as it was first listed, where none has come by then."""
    return event if any(change.at <= moment for change in event.changes) else replace(event, changes=())


def function_answers_without(scenario: Scenario, scene: Scene, event: Event) -> Iterator[Query]:
    """The lists of a vendor function that do not hold the event."""
    for query in queries_of(scenario, scene):
        if event.id not in ids_of(query) and endpoint_of(scenario, query[0].listing) is None:
            yield query


def is_cut(listing: Listing) -> bool:
    """Whether more events matched than this page and those before it held."""
    return listing.matched > listing.offset + len(listing.listed)
