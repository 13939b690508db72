"""Why an event was missed, told from what the losing cycle asked, got and stored. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from xsim.check.bounds import (
    EPOCH,
    UNIT_WORDS,
    Bound,
    cut,
    endpoint_of,
    first_lower,
    has_matched,
    moment_of,
    number_of,
)
from xsim.check.excerpt import excerpt, moment, shorten
from xsim.check.last_runs import is_lost
from xsim.check.scenes import Scene, Shown, leaves
from xsim.check.truth import POSITIONAL, Fate, Truth
from xsim.model import Outcome, Scenario
from xsim.world import Listing

QUARTER = timedelta(minutes=15)
FARTHEST_ZONE = timedelta(hours=14)
SECOND = timedelta(seconds=1)

Told = tuple[str, str]
"""A cause's word, and the sentence that says what the evidence shows."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One missed event with the cycles that tell of it."""

    truth: Truth
    fate: Fate
    lost_at: int | None
    losing: Scene | None
    """The cycle whose stored state is the first to shut the event out."""
    following: Scene | None
    """The cycle behind that one."""
    listing: Scene | None
    """The first cycle in which an answer listed the event."""
    visible: Scene | None
    """The first cycle in which the event could be seen."""

    @property
    def scenario(self) -> Scenario:
        return self.truth.scenario

    @property
    def barrier(self) -> Bound | None:
        """The lower bound of the request behind the losing cycle, where it shuts the event out."""
        if self.following is None:
            return None
        bound = first_lower(self.scenario, (each.listing for each in self.following.shown))
        return bound if bound is not None and bound.keeps(self.fate.event) is False else None

    @property
    def was_there(self) -> bool:
        """Whether the event could be seen when the losing cycle asked."""
        return self.losing is not None and self.fate.event.visible <= self.losing.started


def cause_of(loss: Loss) -> Told:
    """The most specific cause that the evidence proves; ("", "") where it proves none."""
    tellers = TELLERS_OF_A_CYCLE if loss.losing is not None else TELLERS_OF_A_RUN
    return next((told for told in (teller(loss) for teller in tellers) if told is not None), ("", ""))


# --- where the losing cycle is known -------------------------------------------------------------------------


def last_run_emptied(loss: Loss) -> Told | None:
    assert loss.losing is not None
    if not is_lost(loss.losing.last_run_before, loss.losing.last_run_after):
        return None
    return (
        "cursor-lost",
        f"cycle {loss.losing.number} emptied the last run, and the next fetch began anew behind the event",
    )


def ahead_of_the_clock(loss: Loss) -> Told | None:
    """What is asked for next lies in the future: a zone, where the distance says so."""
    assert loss.losing is not None
    bound, behind = loss.barrier, loss.following
    asked = bound.moment if bound is not None else None
    if asked is None or behind is None or asked <= behind.ended:
        return None
    newest = newest_known(loss)
    from_data = asked - newest if newest is not None else None
    text = f"cycle {behind.number} at {moment(behind.started)} asked from {moment(asked)} on"
    if from_data is not None and is_zone(from_data):
        assert newest is not None
        return "zone-offset", f"{text}, {spelled(from_data)} ahead of the newest event's {moment(newest)}"
    if is_zone(asked - loss.losing.started):
        return (
            "zone-offset",
            f"{text}, {spelled(asked - loss.losing.started)} ahead of the clock of cycle {loss.losing.number}",
        )
    return "cursor-ahead-of-data", f"{text}, which lies in the future"


def newest_known(loss: Loss) -> datetime | None:
    """The time of the newest event that was listed or delivered up to the losing cycle."""
    assert loss.losing is not None
    fates = loss.truth.fates
    listed = [
        fates[each].event.occurred for shown in loss.losing.shown for each in shown.listing.listed if each in fates
    ]
    number = loss.losing.number
    return max(listed or [fate.event.occurred for fate in fates.values() if 0 < fate.delivered <= number], default=None)


def is_zone(distance: timedelta) -> bool:
    """Whether it is a whole number of quarters of an hour, as offsets of zones are, but for a cut fraction."""
    quarters = round(distance / QUARTER)
    return quarters != 0 and abs(quarters) * QUARTER <= FARTHEST_ZONE and abs(distance - quarters * QUARTER) < SECOND


def spelled(span: timedelta) -> str:
    """1 h 30 m, 45 s, 0.25 s."""
    seconds = abs(span).total_seconds()
    parts = [
        f"{int(amount)} {unit}"
        for amount, unit in (
            (seconds // 86_400, "d"),
            (seconds % 86_400 // 3_600, "h"),
            (seconds % 3_600 // 60, "m"),
        )
        if amount
    ]
    rest = round(seconds % 60, 6)
    return " ".join([*parts, f"{rest:g} s"] if rest or not parts else parts)


def cut_off(loss: Loss) -> Told | None:
    """The answer of the losing cycle was cut, and the event lay behind the cut."""
    assert loss.losing is not None
    shown = [each for each in loss.losing.shown if has_matched(loss.scenario, each.listing, loss.fate.event)]
    if not loss.was_there or not shown or loss.losing.lists(loss.fate.event.id):
        return None
    last = shown[-1].listing
    left = last.matched - last.offset - len(last.listed)
    endpoint = endpoint_of(loss.scenario, last)
    is_paged = endpoint is not None and endpoint.paging is not None
    if left <= 0:
        return slid(loss, shown, loss.losing.number)
    number, event, fates = loss.losing.number, loss.fate.event, loss.truth.fates
    got = f"cycle {number} got {len(last.listed)} of {last.matched} events (limit {last.limit})"
    end = fates[last.listed[-1]].event if last.listed and last.listed[-1] in fates else None
    if end is not None and last.order and last.order[0].startswith("-") and event.occurred < end.occurred:
        return "newest-first-with-limit", f"{got}, the newest first, and stored a time that is past the older ones"
    if end is not None and end.occurred == event.occurred:
        return (
            "same-timestamp-at-limit",
            f"{got}; the last of them, {end.id}, has the event's very time, and the rest of it is cut off",
        )
    if is_paged and len({each.listing.offset for each in shown}) == 1 and len(shown) == 1:
        return "first-page-only", f"{got} and asked for no further page"
    return "page-cut-at-limit", f"{got}; the event was among those that were cut off"


def slid(loss: Loss, shown: list[Shown], number: int) -> Told | None:
    """Every page was asked for, and yet one record was on none: the list moved under the count."""
    endpoint = endpoint_of(loss.scenario, shown[-1].listing)
    last = shown[-1].listing
    if endpoint is None or endpoint.paging is None or endpoint.paging.kind not in POSITIONAL or not last.offset:
        return None
    return (
        "sliding-offset",
        f"cycle {number} left out the first {last.offset} of {last.matched} events by count; "
        "the event is among those that were left out",
    )


def on_the_boundary(loss: Loss) -> Told | None:
    """The bound is the event's own time, and it excludes what lies on it."""
    bound, behind = loss.barrier, loss.following
    if bound is None or behind is None or bound.compare != ">" or bound.sign(loss.fate.event) != 0:
        return None
    if bound.is_exact(loss.fate.event):
        return (
            "exclusive-boundary",
            f"cycle {behind.number} asked for {bound.shown}, and the event's time is that very one: it is left out",
        )
    unit = UNIT_WORDS[bound.filter.precision]
    return (
        "precision-cut",
        f"cycle {behind.number} asked for {bound.shown}, and the vendor compares no finer than {unit}",
    )


def came_late(loss: Loss) -> Told | None:
    """The event was not listed yet when the losing cycle moved on past its time."""
    assert loss.losing is not None
    event, losing = loss.fate.event, loss.losing
    if loss.was_there or event.occurred > losing.ended:
        return None
    text = (
        f"the event occurred at {moment(event.occurred)} and was first listed at {moment(event.visible)}; "
        f"cycle {losing.number} at {moment(losing.started)} had moved past its time"
    )
    stored = clock_stored(loss)
    if stored:
        return "clock-as-cursor", f"{text}: it stored {stored}, the clock's time and no event's"
    return "late-arrival", text


def clock_stored(loss: Loss) -> str:
    """The value in the last run that is the losing cycle's clock, no listed event's time, and is asked for next."""
    assert loss.losing is not None
    losing, bound = loss.losing, loss.barrier
    asked = bound.moment if bound is not None else None
    fates = loss.truth.fates
    listed = {
        cut(fates[each].event.occurred, "s") for one in losing.shown for each in one.listing.listed if each in fates
    }
    for path, value in leaves(losing.last_run_after):
        stored = moment_of(value)
        if stored is None or stored < EPOCH or cut(stored, "s") in listed:
            continue
        is_clock = cut(losing.started, "s") <= stored <= losing.ended
        if is_clock and (asked is None or cut(asked, "s") == cut(stored, "s")):
            return f"{path or 'the last run'} = {excerpt(value)}"
    return ""


def between_windows(loss: Loss) -> Told | None:
    """The losing cycle asked before the event occurred, and the next one from later on."""
    assert loss.losing is not None
    bound, behind, event = loss.barrier, loss.following, loss.fate.event
    asked = bound.moment if bound is not None else None
    if asked is None or behind is None or not loss.losing.ended < event.occurred < asked <= behind.ended:
        return None
    return (
        "window-gap",
        f"cycle {loss.losing.number} asked at {moment(loss.losing.started)}, and cycle {behind.number} only from "
        f"{moment(asked)} on: {moment(event.occurred)} lies between",
    )


def dropped(loss: Loss) -> Told | None:
    """An answer listed the event, and the fetch did not hand it over."""
    scene, event = loss.listing, loss.fate.event
    if loss.losing is not None and loss.losing.lists(event.id):
        scene = loss.losing
    if scene is None or scene.outcome is not Outcome.OK or (loss.lost_at or 0) > scene.number:
        return None
    stored = text_order(loss, scene)
    if stored:
        return (
            "ids-compared-as-text",
            f"the answer of cycle {scene.number} lists {event.id}, and the last run held {stored}: as a number the new "
            "id is the larger one, as text the smaller one",
        )
    return (
        "listed-but-dropped",
        f"the answer of cycle {scene.number} lists the event, and the fetch did not hand it over",
    )


def text_order(loss: Loss, scene: Scene) -> str:
    """An id in the last run that is smaller than the event's as a number, and larger as text."""
    own = number_of(loss.fate.event.id)
    if own is None:
        return ""
    for _, value in leaves(scene.last_run_before):
        held = number_of(value)
        is_id = str(value) in loss.truth.fates
        if held is not None and is_id and held < own and str(value) > loss.fate.event.id:
            return shorten(str(value))
    return ""


# --- where it is not: positions that a vendor with one event cannot know --------------------------------------


def behind_a_count(loss: Loss) -> Told | None:
    scene = loss.visible
    if scene is None:
        return None
    shown = [each for each in scene.shown if has_matched(loss.scenario, each.listing, loss.fate.event)]
    if not shown or scene.lists(loss.fate.event.id):
        return None
    first, last = shown[0].listing, shown[-1].listing
    begins = loss.truth.fates.get(first.listed[0]) if first.listed else None
    is_before = begins is not None and first.order and is_listed_before(loss, first, begins)
    is_whole = last.matched <= last.offset + len(last.listed)
    return slid(loss, shown, scene.number) if is_before or is_whole else None


def is_listed_before(loss: Loss, listing: Listing, other: Fate) -> bool:
    """Whether the event stands before that one in a list by time."""
    field, own, its = listing.order[0], loss.fate.event.occurred, other.event.occurred
    if field.lstrip("-") != loss.scenario.time_field:
        return False
    return own > its if field.startswith("-") else own < its


TELLERS_OF_A_CYCLE: tuple[Callable[[Loss], Told | None], ...] = (
    last_run_emptied,
    ahead_of_the_clock,
    cut_off,
    on_the_boundary,
    came_late,
    between_windows,
    dropped,
)
TELLERS_OF_A_RUN: tuple[Callable[[Loss], Told | None], ...] = (dropped, behind_a_count)
