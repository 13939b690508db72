"""Why an event was missed, where an answer was cut before it, or a page was begun behind it."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from xsim.check.bounds import endpoint_of, has_matched
from xsim.check.excerpt import shorten
from xsim.check.fates import Fate
from xsim.check.limits import limit_of
from xsim.check.loss import Loss, Told
from xsim.check.positions import POSITIONAL
from xsim.check.queries import Query, function_answers_without, is_cut, leaving_out
from xsim.check.scenes import Scene, Shown
from xsim.check.spans import SECOND
from xsim.model import Scenario
from xsim.world import Event, Listing


def cut_off(loss: Loss) -> Told | None:
    """An answer of the losing cycle was cut, and the event lay behind the cut, whatever other calls listed."""
    assert loss.losing is not None
    if not loss.was_there:
        return None
    left_out = list(leaving_out(loss.scenario, loss.losing, loss.fate.event))
    if not left_out:
        return tie_in_a_function_s_answer(loss)
    query = next((each for each in left_out if is_cut(each[-1].listing)), None)
    if query is None:
        return None if loss.losing.lists(loss.fate.event.id) else slid(loss, left_out[-1], loss.losing.number)
    return cut_at(loss, query, loss.losing.number)


def cut_at(loss: Loss, query: Query, number: int) -> Told:
    last, event, fates = query[-1].listing, loss.fate.event, loss.truth.fates
    endpoint = endpoint_of(loss.scenario, last)
    got = f"cycle {number} got {len(last.listed)} of {last.matched} events (limit {last.limit})"
    end = fates[last.listed[-1]].event if last.listed and last.listed[-1] in fates else None
    if end is not None and last.order and last.order[0].startswith("-") and event.occurred < end.occurred:
        return "newest-first-with-limit", f"{got}, the newest first, and stored a time that is past the older ones"
    barrier = loss.barrier
    asked = barrier.moment if barrier is not None else None
    # Where the next request begins far behind the tie, it is not the tie that shuts the event out.
    is_past = asked is not None and asked - event.occurred > SECOND
    if end is not None and end.occurred == event.occurred and not is_past:
        return (
            "same-timestamp-at-limit",
            f"{got}; the last of them, {end.id}, has the event's very time, and the rest of it is cut off",
        )
    if endpoint is not None and endpoint.paging is not None and len(query) == 1:
        return "first-page-only", f"{got} and asked for no further page"
    return "page-cut-at-limit", f"{got}; the event was among those that were cut off"


def can_be_asked_for_more(scenario: Scenario, scene: Scene, event: Event) -> bool:
    """Whether the answer that was cut before the event would hold more, had the request named a larger number."""
    left_out = leaving_out(scenario, scene, event)
    last = next((query[-1] for query in left_out if is_cut(query[-1].listing)), None)
    endpoint = endpoint_of(scenario, last.listing) if last is not None else None
    if last is None or endpoint is None:
        return True  # Of a vendor function it is not known.
    limit, got = endpoint.limit, last.listing.limit
    if not limit.name or got is None or got >= limit.maximum:
        return False
    # A vendor that has no pages leaves but the number, also where the script named none.
    calls = (each for each in scene.exchanges if (each.at, each.line) == (last.at, last.line))
    name = limit.pattern or rf"(?<![\w$]){re.escape(limit.name.rpartition('.')[2])}(?!\w)"
    sent = any(re.search(name, f"{unquote_plus(each.url)} {each.request_body}") for each in calls)
    return endpoint.paging is None or sent or limit.place == "header"


def tie_in_a_function_s_answer(loss: Loss) -> Told | None:
    """A vendor function tells no limit; but a list, oldest first, that ends among events of one time was cut there."""
    assert loss.losing is not None
    event, fates = loss.fate.event, loss.truth.fates
    for query in function_answers_without(loss.scenario, loss.losing, event):
        times = [fates[each].event.occurred for shown in query for each in shown.listing.listed if each in fates]
        if len(times) > 1 and times[-1] == event.occurred and times == sorted(times):
            end = query[-1].listing.listed[-1]
            return (
                "same-timestamp-at-limit",
                f"cycle {loss.losing.number} got {len(times)} events, oldest first; the last of them, {end}, has the "
                "event's very time, and the event is not among them",
            )
    return None


def slid(loss: Loss, shown: list[Shown], number: int) -> Told | None:
    """Every page was asked for, and yet one record was on none: the list moved under the count."""
    last = shown[-1].listing
    endpoint = endpoint_of(loss.scenario, last)
    if endpoint is None or endpoint.paging is None or endpoint.paging.kind not in POSITIONAL or not last.offset:
        return None
    if is_past_the_end(last):
        return (
            "sliding-offset",
            f"cycle {number} left out all {last.matched} events that match, by a count that is at the end of this list "
            "or past it",
        )
    return (
        "sliding-offset",
        f"cycle {number} left out the first {last.offset} of {last.matched} events by count; "
        "the event is among those that were left out",
    )


def is_past_the_end(listing: Listing) -> bool:
    """Whether a count of records left out all that there were."""
    return bool(listing.offset) and not listing.listed and listing.offset >= listing.matched


def behind_a_count(loss: Loss) -> Told | None:
    """Where no cycle is known to have lost it: positions that a vendor with one event cannot know."""
    scene = loss.visible
    if scene is None:
        return None
    shown = [
        each for each in scene.shown if has_matched(loss.scenario, each.listing, loss.fate.event, scene.vendor_state)
    ]
    if not shown or scene.lists(loss.fate.event.id):
        return None
    first, last = shown[0].listing, shown[-1].listing
    begins = loss.truth.fates.get(first.listed[0]) if first.listed else None
    is_before = begins is not None and first.order and is_listed_before(loss, first, begins)
    return slid(loss, shown, scene.number) if is_before or not is_cut(last) else None


def is_listed_before(loss: Loss, listing: Listing, other: Fate) -> bool:
    """Whether the event stands before that one in a list by time."""
    field, own, its = listing.order[0], loss.fate.event.occurred, other.event.occurred
    if field.lstrip("-") != loss.scenario.time_field:
        return False
    return own > its if field.startswith("-") else own < its


def cut_to_the_limit(loss: Loss, scene: Scene) -> Told | None:
    """The fetch handed over as many of the new events that an answer lists as its limit allows, and not the rest."""
    name, limit = limit_of(loss.scenario)
    fates = loss.truth.fates
    for shown in scene.lists(loss.fate.event.id) if limit else ():
        new = loss.truth.new_in(scene.number, shown.listing.listed)
        given = [each for each in new if fates[each].delivered == scene.number]
        if len(given) == limit < len(new) and given == new[:limit]:
            # A last run that points at the last one handed over loses nothing but what has its very time.
            is_tie = fates[given[-1]].occurred == loss.fate.occurred
            tie = f"; the last of them, {shorten(given[-1], 60)}, has the event's very time" if is_tie else ""
            return (
                "same-timestamp-at-limit" if is_tie else "cut-by-script",
                f"cycle {scene.number} handed over the first {limit} of the {len(new)} new events that its answer "
                f"lists ({name} is {limit}){tie}",
            )
    return None


def is_left_out_elsewhere(loss: Loss, scene: Scene) -> bool:
    """Whether a list call of the cycle, other than the one that listed the event, did not hold it.

    The call that lists it may then be one that looks at events for another reason, such as mirroring.
    """
    event = loss.fate.event
    if any(leaving_out(loss.scenario, scene, event)):
        return True
    return any(function_answers_without(loss.scenario, scene, event))
