"""What a finding about an event shows of its story: what was asked and got, what was stored, what probes showed."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.check.bounds import endpoint_of, has_matched
from xsim.check.cut_answers import can_be_asked_for_more, is_left_out_elsewhere, is_past_the_end
from xsim.check.excerpt import excerpt, moment, shorten
from xsim.check.loss import Loss, Told
from xsim.check.remedies import COUNTED_TOO_FAR, CUT_LAST, LATE_BY_ID, PAGED_ON, instead_of_missing
from xsim.check.scenes import Scene, Shown
from xsim.check.strikes import answer_of, kinds_of, struck_told
from xsim.model import Scenario
from xsim.world import Listing

MOST_SHOWN = 3
"""Requests of a cycle that a finding shows."""


def evidence_of(loss: Loss, told: Told) -> Iterator[tuple[str, str]]:
    """What a reader needs to believe it, in the order of the story, and what to write instead."""
    event, fate, scene = loss.fate.event, loss.fate, loss.losing or loss.visible
    if told[1]:
        yield "why", told[1]
    yield from remedy_of(loss, told[0])
    yield from struck_by(loss.scenario, scene)
    yield "occurred", moment(event.occurred)
    yield "first listed by the vendor", f"{moment(event.visible)}, in time for cycle {fate.first_visible}"
    if scene is not None:
        yield from asked_and_got(loss.scenario, scene)
        yield f"last run before cycle {scene.number}", excerpt(scene.last_run_before)
        yield f"last run after cycle {scene.number}", excerpt(scene.last_run_after)
    if loss.following is not None and loss.following.shown:
        yield f"cycle {loss.following.number} asked", asked(loss.following.shown[0].listing)
    yield "probe", probed(loss)


def remedy_of(loss: Loss, cause: str) -> tuple[tuple[str, str], ...]:
    """What to write instead, where it hangs on what the fetch goes on by."""
    if cause == "late-arrival" and is_by_id(loss):
        return (("instead", LATE_BY_ID),)
    scene = loss.losing or loss.visible
    if cause == "same-timestamp-at-limit" and scene is not None:
        if scene.lists(loss.fate.event.id) and not is_left_out_elsewhere(loss, scene):
            return (("instead", CUT_LAST),)
        if not can_be_asked_for_more(loss.scenario, scene, loss.fate.event):
            return (("instead", PAGED_ON),)
    if cause == "sliding-offset" and scene is not None:
        skipped = [each.listing for each in scene.shown if has_matched(loss.scenario, each.listing, loss.fate.event)]
        if skipped and all(map(is_past_the_end, skipped)):
            return (("instead", COUNTED_TOO_FAR),)
    return instead_of_missing(cause, loss.scenario.identity, loss.scenario.time_field)


def is_by_id(loss: Loss) -> bool:
    """Whether the fetch goes on by the newest id and not by a time."""
    barrier, shown = loss.barrier, loss.following.shown if loss.following is not None else ()
    if barrier is not None:
        return barrier.filter.kind == "number" and barrier.moment is None
    endpoint = endpoint_of(loss.scenario, shown[0].listing) if shown else None
    is_behind_id = endpoint is not None and endpoint.paging is not None and endpoint.paging.kind == "last_id"
    return is_behind_id and not shown[0].listing.bounds


def struck_by(scenario: Scenario, scene: Scene | None) -> Iterator[tuple[str, str]]:
    """The scenario's faults of the cycle: name, request, answer and the script's line."""
    struck = [each for each in scene.exchanges if each.fault] if scene is not None else []
    kinds = kinds_of(scenario)
    told = dict.fromkeys(struck_told(each, kinds) for each in struck)
    yield from (("fault", each) for each in list(told)[:MOST_SHOWN])
    if scene is not None and scene.killed:
        yield "fault", shorten(scene.killed)


def asked_and_got(scenario: Scenario, scene: Scene) -> Iterator[tuple[str, str]]:
    """The first requests of a cycle with their answers, and those that were answered with an error, as they came."""
    told = [(shown.at, asked(shown.listing), got(scenario, shown)) for shown in scene.shown[:MOST_SHOWN]]
    for each in scene.complaints:
        answer = shorten(f"{answer_of(each.status)}{': ' if each.answer else ''}{each.answer}")
        told.append((each.at, shorten(f"{each.method} {each.url}"), answer))
    for _, question, answer in sorted(told, key=lambda each: each[0]):
        yield f"cycle {scene.number} asked", question
        yield f"cycle {scene.number} got", answer


def asked(listing: Listing) -> str:
    bounds = ", ".join(f"{field} {compare} {text}" for field, compare, text in listing.bounds)
    return shorten(f"{listing.endpoint}: {bounds or 'no filter'}")


def got(scenario: Scenario, shown: Shown) -> str:
    listing = shown.listing
    if shown.is_failed:
        return shorten(f"{answer_of(shown.status)}{': ' if shown.answer else ''}{shown.answer}")
    if not listing.listed and shown.size and endpoint_of(scenario, listing) is None:
        # A vendor function's rows are events where they hold an event's id; it may well send others.
        return f"no event recognised in the answer ({shown.size:,} bytes)"
    cut_text = f" of {listing.matched:,} that match" if listing.matched > len(listing.listed) else ""
    names = ", ".join(listing.listed[:5]) + (", ..." if len(listing.listed) > 5 else "")
    order = f"; by {', '.join(listing.order)}" if listing.order and len(listing.listed) > 1 else ""
    limit = f"; limit {listing.limit:,}" if cut_text and listing.limit is not None else ""
    return shorten(f"{len(listing.listed):,}{cut_text}{': ' if names else ''}{names}{order}{limit}")


def probed(loss: Loss) -> str:
    """What single fetches from stored states, with this event alone at the vendor, showed."""
    number = loss.lost_at if loss.shut_out_since is None else loss.shut_out_since or None
    if loss.is_held_back:
        last = loss.truth.numbers[-1]
        return (
            f"from the state after cycle {last} a fetch of this event alone delivers it where the vendor remembers "
            "nothing, and does not with what the vendor remembers; nor do the extra cycles"
        )
    if number is None or loss.is_told_by_requests or loss.is_given_out or loss.stuck:
        return f"from the state after cycle {loss.truth.numbers[-1]} a fetch of this event alone does not deliver it"
    numbers = loss.truth.numbers
    place = numbers.index(number)
    before = f"the state after cycle {numbers[place - 1]}" if place else "an empty last run"
    return f"from {before} a fetch of this event alone delivers it, from that after cycle {number} it does not"
