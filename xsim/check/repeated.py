"""Why an event was delivered again, told from what the repeating cycle asked and began with. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from xsim.check.bounds import Bound, bounds_of, cut, endpoint_of, moment_of, offset_of
from xsim.check.by_the_clock import asked_with, relative
from xsim.check.excerpt import excerpt, moment, shorten
from xsim.check.fates import Fate
from xsim.check.loss import Told
from xsim.check.positions import POSITIONAL
from xsim.check.repetition import Repetition
from xsim.check.scenes import Scene, Shown, has_in_memory, leaves
from xsim.check.spans import is_zone, spelled
from xsim.check.strikes import failure_told, has_failed, kinds_of
from xsim.check.truth import Truth
from xsim.check.went_wrong import (
    asked_below_the_number,
    asked_from_behind,
    behind_the_data,
    is_stored_time,
    no_lower_bound,
    one_dict_for_all,
    overwritten,
    stands_at_the_newest,
    stored_cut,
    unit_mismatch,
    went_back,
)
from xsim.model import Exchange
from xsim.world import values_at

COARSER = ("ms", "s", "m", "h", "d")
LOST = {
    "ms": "microseconds",
    "s": "fraction of a second",
    "m": "seconds",
    "h": "minutes",
    "d": "time of day",
}
CUT_SAFELY = ("ms", "s")
"""A bound that is an event's time cut to these is no accident; a full minute may be one."""


def cause_of_repetition(repetition: Repetition) -> Told:
    """The most specific cause that the evidence proves; ("", "") where it proves none."""
    return next((told for told in (teller(repetition) for teller in TELLERS) if told is not None), ("", ""))


def moved_under_the_count(repetition: Repetition) -> Told | None:
    """A page that leaves out a count of records, in a list that has grown at its head since."""
    shown, event = repetition.shown, repetition.fate.event.id
    if shown is None or not shown.listing.offset or not is_positional(repetition.truth, shown):
        return None
    first = repetition.first.lists(event) if repetition.first is not None else []
    if not first:
        return None
    before = first[0].listing.offset + first[0].listing.listed.index(event)
    now = shown.listing.offset + shown.listing.listed.index(event)
    if now <= before:
        return None
    return (
        "sliding-offset",
        f"cycle {repetition.again.number} left out the first {shown.listing.offset} events by count; the event had "
        f"moved from place {before + 1} of the list to place {now + 1}",
    )


def failure_between(truth: Truth, scene: Scene, shown: list[Shown]) -> str:
    """The request that failed between two answers to the same question, in words; empty where none did."""
    kinds = kinds_of(truth.scenario)
    asked = {(each.at, each.line): (each.method, each.url, each.request_body) for each in scene.exchanges}
    first, second = (asked.get((each.at, each.line)) for each in shown[:2])
    if first is None or first != second:
        return ""
    failed = [each for each in scene.exchanges if has_failed(each, kinds)]
    return next((failure_told(each) for each in failed if shown[0].at <= each.at <= shown[1].at), "")


def broken_off(truth: Truth, scene: Scene, shown: list[Shown]) -> Told:
    """An answer that broke off was handed over as far as it came, and once more when it came whole."""
    kinds = kinds_of(truth.scenario)
    whole = next(
        (each for each in scene.exchanges if shown and (each.at, each.line) == (shown[0].at, shown[0].line)), None
    )
    for each in scene.exchanges if whole is not None else ():
        is_same = whole is not None and (each.method, each.url) == (whole.method, whole.url)
        if is_same and each.fault and each.status is not None and has_failed(each, kinds):
            return "retried-batch", f"what came of an answer that broke off was handed over too: {failure_told(each)}"
    return "", ""


def is_positional(truth: Truth, shown: Shown) -> bool:
    endpoint = endpoint_of(truth.scenario, shown.listing)
    return endpoint is not None and endpoint.paging is not None and endpoint.paging.kind in POSITIONAL


def forgot_the_id(repetition: Repetition) -> Told | None:
    """The id was kept after the first delivery, and dropped before the second."""
    event = repetition.fate.event.id
    if repetition.again.remembers(event):
        return None
    keeper = next(
        (scene for scene in repetition.between if scene.number < repetition.again.number and scene.memorizes(event)),
        None,
    )
    if keeper is None:
        return None
    earlier = [scene for scene in repetition.between if scene.number < repetition.again.number]
    kept = [scene.number for scene in earlier if scene.memorizes(event)]
    return (
        "ids-forgotten",
        f"the last run held the id after cycle {kept[-1]} and no longer when cycle {repetition.again.number} began, "
        "which asked for the event's time once more",
    )


def wall_clock(repetition: Repetition) -> Told | None:
    """The stored time is the record's local one, taken for UTC: its digits, without its offset."""
    bound, truth = repetition.bound, repetition.truth
    asked = bound.moment if bound is not None else None
    if asked is None or not truth.scenario.time_field:
        return None
    for number in truth.fates.delivered_before(repetition.again.number):
        fate = Fate(truth.fates, number)
        if not is_zone(fate.occurred - asked):
            continue
        for text in values_at(fate.event.record, truth.scenario.time_field):
            offset = offset_of(text[-6:]) if isinstance(text, str) and text[-6:-5] in ("+", "-") else None
            if offset and cut(fate.event.occurred + offset, "s") == cut(asked, "s"):
                return (
                    "zone-offset",
                    f"cycle {repetition.again.number} asked from {moment(asked)} on: the digits of {fate.event.id}'s "
                    f"{text} without its zone, {spelled(fate.event.occurred - asked)} before its time",
                )
    return None


def on_the_boundary(repetition: Repetition) -> Told | None:
    """The bound is the event's own time, and it includes what lies on it."""
    bound, event = repetition.bound, repetition.fate.event
    if bound is None or bound.compare != ">=" or bound.sign(event) != 0 or repetition.again.remembers(event.id):
        return None
    if not is_of_data(repetition, bound):
        return None
    same = (
        "the event's own time"
        if bound.is_exact(event)
        else f"the event's time, as far as the vendor compares {bound.filter.field}"
    )
    return (
        "inclusive-boundary",
        f"cycle {repetition.again.number} asked for {bound.shown}, {same}, and the vendor includes it",
    )


def is_of_data(repetition: Repetition, bound: Bound) -> bool:
    """Whether the bound comes from the newest delivered event, not from a clock that happens to be there."""
    newest, precision = repetition.newest, bound.filter.precision
    if bound.filter.kind != "time" or newest is None:
        return newest is not None
    return bound.moment == cut(newest, precision, bound.filter.zone) or is_stored(repetition, bound)


def is_stored(repetition: Repetition, bound: Bound) -> bool:
    return any(moment_of(value) == bound.moment for _, value in leaves(repetition.again.last_run_before))


def lost_precision(repetition: Repetition) -> Told | None:
    """The bound is the event's time with its fraction, seconds or more cut off."""
    bound, before, event = repetition.bound, repetition.bound_before, repetition.fate.event
    if bound is None or bound.sign(event) != 1 or repetition.again.remembers(event.id):
        return None
    if repetition.is_unmoved or (before is not None and before[:3] == bound[:3]):
        return None  # What brought the event first was there before it, and was not cut from it.
    value, asked = bound.of(event), bound.moment
    if not isinstance(value, datetime) or asked is None:
        return None
    fates = repetition.truth.fates
    if any(bound.sign(fates.events[each]) == 0 for each in fates.delivered_before(repetition.again.number)):
        return None  # It is another event's own time.
    for unit in COARSER:
        if cut(value, unit) != asked:
            continue
        newest = repetition.newest
        is_newest = newest is not None and cut(newest, unit) == asked
        if is_newest and (unit in CUT_SAFELY or is_stored(repetition, bound)):
            told = f"cycle {repetition.again.number} asked for {bound.shown}: {moment(value)} without its {LOST[unit]}"
            # All digits leave out nothing that has the newest time itself, where the vendor includes it.
            if bound.compare == ">=" and value == newest:
                return "inclusive-boundary", f"{told}, and with it the vendor includes the event all the same"
            return "precision-cut", told
    return None


def retried_batch(repetition: Repetition) -> Told | None:
    """The fetch that brought it first handed it over, met a failing request behind it, and stored nothing new."""
    first, again, event = repetition.first, repetition.again, repetition.fate.event.id
    # A fetch that leaves the last run as it is even where nothing failed has another fault.
    if first is None or first.has_moved or again.remembers(event) or not (again.has_moved or again.failed):
        return None
    listed = first.lists(event)
    failed = [each for each in first.failed if listed and each.at >= listed[0].at]
    if not failed:
        return None
    return (
        "retried-batch",
        f"cycle {first.number} handed the event over although a request behind it failed, and left the last run as it "
        f"was, so that the next fetch began the same batch again: {failure_told(failed[0])}",
    )


def stood_still(repetition: Repetition) -> Told | None:
    """The same was asked for, or from the same last run, as when the event came first."""
    bound, before = repetition.bound, repetition.bound_before
    if repetition.again.remembers(repetition.fate.event.id) or stands_at_the_newest(repetition):
        return None
    if repetition.is_unmoved and repetition.first is not None:
        return (
            "cursor-stood-still",
            f"the last run is the one that cycle {repetition.first.number} began with: "
            f"{excerpt(repetition.again.last_run_before)}",
        )
    if bound is None or before is None or bound[:3] != before[:3] or repetition.first is None:
        return None
    return (
        "cursor-stood-still",
        f"cycle {repetition.again.number} asked for {shorten(bound.shown)}, as cycle {repetition.first.number} did "
        "that brought the event first",
    )


def reached_back(repetition: Repetition) -> Told | None:
    """The window moves with the clock and overlaps the one before, and nothing remembers what was in it."""
    bound, before, first = repetition.bound, repetition.bound_before, repetition.first
    if bound is None or before is None or first is None or repetition.again.remembers(repetition.fate.event.id):
        return None
    asked, earlier = bound.moment, before.moment
    if asked is None or earlier is None or asked == earlier or bound.filter.kind == "number":
        return None
    is_clock = bool(bound.filter.relative) or cut(asked, "s") - cut(earlier, "s") == cut(
        repetition.again.started, "s"
    ) - cut(first.started, "s")
    # What is asked for may go from whole minute to whole minute as the clocks do, and come from the last run.
    if not is_clock or first.memorizes(repetition.fate.event.id) or is_stored_time(repetition.again, asked):
        return None
    back = repetition.again.started - asked
    return (
        "window-reaches-back",
        f"cycle {repetition.again.number} asked from {moment(asked)} on, {spelled(back)} before its own clock, and the "
        "last run holds no id by which to leave out what came already",
    )


def same_span(repetition: Repetition) -> Told | None:
    """The request that brought it is the one that brought it first, but for the clock, also where no bound is known."""
    first, again, event = repetition.first, repetition.again, repetition.fate.event.id
    if first is None or again.remembers(event):
        return None
    one, other = call_with(first, event), call_with(again, event)
    if one is None or other is None or asked_with(one) == asked_with(other):
        return None
    if relative(asked_with(one), first.started) != relative(asked_with(other), again.started):
        return None
    return (
        "window-reaches-back",
        f"cycle {again.number} sent the request of cycle {first.number} once more, its times moved on with the clock, "
        "and the last run holds no id by which to leave out what came already",
    )


def call_with(scene: Scene, event: str) -> Exchange | None:
    return next((each for each in scene.exchanges if each.listing is not None and event in each.listing.listed), None)


def ids_not_heeded(repetition: Repetition) -> Told | None:
    """The last run or context held the id, beside the place that was asked for, and it came all the same."""
    event, bound, again = repetition.fate.event.id, repetition.bound, repetition.again
    if not again.remembers(event) or (bound is not None and bound.text == event):
        return None
    held = "last run" if has_in_memory(again.last_run_before, event) else "integration context"
    return (
        "ids-not-heeded",
        f"the {held} held the id when cycle {again.number} began, and the fetch handed the event over all the same",
    )


def behind_the_newest(repetition: Repetition) -> Told | None:
    """What is asked for begins before the newest delivered event, and nothing remembers what came since."""
    bound, newest, event = repetition.bound, repetition.newest, repetition.fate.event
    asked = bound.moment if bound is not None else None
    if bound is None or asked is None or newest is None or repetition.again.remembers(event.id):
        return None
    if bound.filter.kind == "number" or bound.field != bound.time_field or not bound.keeps(event) or asked >= newest:
        return None
    return (
        "window-reaches-back",
        f"cycle {repetition.again.number} asked from {moment(asked)} on, {spelled(newest - asked)} before the newest "
        "event that was delivered, and the last run holds no id by which to leave out what came already",
    )


TELLERS: tuple[Callable[[Repetition], Told | None], ...] = (
    moved_under_the_count,
    unit_mismatch,
    no_lower_bound,
    overwritten,
    behind_the_data,
    went_back,
    stored_cut,
    forgot_the_id,
    wall_clock,
    on_the_boundary,
    lost_precision,
    retried_batch,
    asked_below_the_number,
    stood_still,
    reached_back,
    same_span,
    ids_not_heeded,
    asked_from_behind,
    behind_the_newest,
)


def cause_within_one_fetch(truth: Truth, scene: Scene, event: str, times: int) -> Told:
    """Why an event stands so many times among the incidents of one fetch."""
    shown = [each for each in scene.lists(event) if each.listing.order]
    if told := one_dict_for_all(truth, scene, event, times):
        return told
    if len(shown) < 2:
        return broken_off(truth, scene, shown)
    if failure := failure_between(truth, scene, shown):
        return (
            "retried-batch",
            f"cycle {scene.number} asked again after a request had failed, and handed over what both answers listed: "
            f"{failure}",
        )
    one, other = shown[0].listing, shown[1].listing
    places = [each.offset + each.listed.index(event) for each in (one, other)]
    if one.endpoint == other.endpoint and is_positional(truth, shown[1]) and other.offset > one.offset:
        bounds = [each.shown for each in bounds_of(truth.scenario, other)]
        if places[1] > places[0] and bounds == [each.shown for each in bounds_of(truth.scenario, one)]:
            return (
                "sliding-offset",
                f"between two pages the event moved from place {places[0] + 1} of the list to place {places[1] + 1}",
            )
    return "several-pages", f"{len(shown)} answers of cycle {scene.number} list it: {one.endpoint}, {other.endpoint}"
