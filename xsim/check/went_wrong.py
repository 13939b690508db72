"""Why an event came again, where what was asked for is not what the last run was to hold. Nothing is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from xsim.check.bounds import LOWER, UNITS, Bound, cut, endpoint_of, first_lower, moment_of, number_of
from xsim.check.endings import HANDING_OVER
from xsim.check.excerpt import excerpt, moment, shorten, subject
from xsim.check.fates import Fate
from xsim.check.last_runs import moved_backwards
from xsim.check.loss import Told
from xsim.check.queries import queries_of
from xsim.check.repetition import Repetition
from xsim.check.scenes import Scene, Shown, leaves, standing_alone
from xsim.check.spans import SECOND
from xsim.check.truth import Truth
from xsim.events import EPOCH
from xsim.model import HostCall
from xsim.world import Endpoint

SCALES = ((1_000, "milliseconds", "seconds"), (1_000_000, "microseconds", "seconds"))
"""How many times too small a bound is, the vendor's unit, and the script's."""
PLACED = frozenset({"token", "next_link", "link_header", "last_id", "kept"})
"""Kinds of paging that tell where a list begins without a bound."""
LEFT_OUT = {"m": "seconds", "h": "minutes", "d": "time of day"}


def unit_mismatch(repetition: Repetition) -> Told | None:
    """The bound lies in January 1970: the right number, in a unit that the vendor does not count in."""
    bound = repetition.bound
    asked = bound.moment if bound is not None else None
    if bound is None or asked is None or asked.year != 1970:
        return None
    known = [("the newest delivered event", repetition.newest)]
    known += [(path or "the last run", moment_of(value)) for path, value in leaves(repetition.again.last_run_before)]
    for factor, vendor_s, script_s in SCALES:
        meant = EPOCH + (asked - EPOCH) * factor
        for name, time in known:
            if time is not None and time.year > 1970 and cut(time, "s") == cut(meant, "s"):
                return (
                    "unit-mismatch",
                    f"cycle {repetition.again.number} asked for {bound.shown}: {name}, {moment(time)}, as a number of "
                    f"{script_s}, where the vendor counts {vendor_s}",
                )
    return None


def no_lower_bound(repetition: Repetition) -> Told | None:
    """The call has a bound by the event's time, the last run moved, and the request did not send it."""
    shown, scenario = repetition.shown, repetition.truth.scenario
    endpoint = endpoint_of(scenario, shown.listing) if shown is not None else None
    if shown is None or endpoint is None or endpoint.kind != "list" or repetition.is_unmoved:
        return None
    names = [
        each.name for each in endpoint.filters if each.compare in LOWER and is_by_time(repetition, endpoint, each.field)
    ]
    is_sent = any(compare in LOWER for _, compare, _ in shown.listing.bounds)
    if not names or is_sent or is_placed(endpoint, shown):
        return None
    call = next((each for each in repetition.again.exchanges if (each.at, each.line) == (shown.at, shown.line)), None)
    sent = shorten(f"{call.method} {call.url} {call.request_body}".rstrip(), 160) if call is not None else ""
    return (
        "no-lower-bound",
        f"cycle {repetition.again.number} sent {sent}, in which there is no {names[0]}, so that nothing already "
        "delivered is left out",
    )


def is_placed(endpoint: Endpoint, shown: Shown) -> bool:
    """Whether the request told a place to go on from, or the server keeps one, so that it needs no bound."""
    kind = endpoint.paging.kind if endpoint.paging is not None else ""
    return kind == "kept" or (kind in PLACED and shown.listing.offset > 0)


def is_by_time(repetition: Repetition, endpoint: Endpoint, field: str) -> bool:
    return field in (endpoint.time_field, repetition.truth.scenario.time_field)


def overwritten(repetition: Repetition) -> Told | None:
    """A second setLastRun() replaced the first, which held the time that would have left the event out."""
    bound, again = repetition.bound, repetition.again
    asked = bound.moment if bound is not None else None
    earlier = [scene for scene in repetition.between if scene.number < again.number]
    # What the second call stored may well be what the fetch began with.
    storing = next((each for each in reversed(earlier) if any(dropped_keys(each))), None)
    if asked is None or storing is None or any(each.has_moved for each in earlier if each.number > storing.number):
        return None
    for call, key, value in dropped_keys(storing):
        held = moment_of(value)
        is_past = held is not None and held > asked and cut(held, "s") >= cut(repetition.fate.event.occurred, "s")
        if is_past and (not isinstance(again.last_run_before, dict) or key not in again.last_run_before):
            return (
                "last-run-overwritten",
                f"cycle {storing.number} stored {key} = {excerpt(value)} on line {call.line}, and a second "
                f"setLastRun() without it replaced that; cycle {again.number} asked from {moment(asked)} on",
            )
    return None


def dropped_keys(scene: Scene) -> Iterator[tuple[HostCall, str, object]]:
    """What the earlier setLastRun() calls of a cycle set and the last one did not."""
    calls = [call for call in scene.calls if call.name == "setLastRun" and not call.error]
    values = [(call, value_set(call)) for call in calls]
    last = values[-1][1] if values else None
    for call, value in values[:-1]:
        if isinstance(value, dict) and isinstance(last, dict):
            yield from ((call, key, held) for key, held in value.items() if key not in last)


def value_set(call: HostCall) -> object:
    """The value of a recorded call; None where the recorded text is cut."""
    try:
        value = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return None
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def behind_the_data(repetition: Repetition) -> Told | None:
    """What was stored is the time of the last (or first) event of the list, and the list held a newer one."""
    bound, fates = repetition.bound, repetition.truth.fates
    storing = storing_cycle(repetition)
    if bound is None or storing is None or bound.filter.kind != "time":
        return None
    stored = times_in(storing.last_run_after)
    for shown in reversed(storing.shown):
        listed = [fates[name] for name in shown.listing.listed if name in fates]
        known = [fate for fate in listed if 0 < fate.delivered <= storing.number]
        if len(known) < 2:
            continue
        newest = max(known, key=lambda fate: fate.event.occurred)
        if bound.sign(newest.event) == 0 or any(is_time_of(each, newest.event.occurred) for each in stored):
            continue
        for place, fate in (("last", known[-1]), ("first", known[0])):
            is_newer = cut(newest.event.occurred, "s") > cut(fate.event.occurred, "s")
            # What was asked for may be the stored time cut, or a look-back that ends there by accident.
            is_stored = not stored or any(is_time_of(each, fate.event.occurred) for each in stored)
            if is_newer and is_stored and (is_on(bound, fate) or (stored and lies_behind(repetition, bound, fate))):
                order = ", ".join(shown.listing.order) or "the vendor's own"
                return (
                    "cursor-behind-data",
                    f"cycle {storing.number} stored the time of {fate.event.id}, the {place} of a list whose order is "
                    f"{order}; the newest in it is {newest.event.id} of {moment(newest.event.occurred)}",
                )
    return None


def is_on(bound: Bound, fate: Fate) -> bool:
    asked = bound.moment
    return bound.sign(fate.event) == 0 or (asked is not None and is_time_of(asked, fate.event.occurred))


def lies_behind(repetition: Repetition, bound: Bound, fate: Fate) -> bool:
    """Whether the repeated event is newer than the one whose time was stored, and the bound no newer than that."""
    asked, stored = bound.moment, fate.event.occurred
    return asked is not None and asked <= stored < cut(repetition.fate.event.occurred, "s")


def is_time_of(stored: datetime, occurred: datetime) -> bool:
    """Whether a stored moment is an event's time: whole, in milliseconds or seconds, or a unit on."""
    if any(cut(occurred, unit) == stored for unit in ("us", "ms", "s")):
        return True
    # Many add a unit, so that the event itself does not come again.
    return stored - occurred in (UNITS["us"], UNITS["ms"], UNITS["s"])


def times_in(state: object) -> list[datetime]:
    return [time for _, value in leaves(state) if (time := moment_of(value)) is not None]


def stands_at_the_newest(repetition: Repetition) -> bool:
    """Whether the last run held the time or the id of the newest delivered event: it is not what stood still."""
    newest, before, fates = repetition.newest, repetition.again.last_run_before, repetition.truth.fates
    if newest is None:
        return False
    if any(is_time_of(each, newest) for each in times_in(before)):
        return True
    held = {str(value) for _, value in standing_alone(before)}
    delivered = (fates.events[each] for each in fates.delivered_before(repetition.again.number)) if held else ()
    return any(event.occurred == newest and event.id in held for event in delivered)


def asked_from_behind(repetition: Repetition) -> Told | None:
    """The bound is the time that was stored, and that is of an event older than this one, which had come already."""
    bound, event, fates = repetition.bound, repetition.fate.event, repetition.truth.fates
    asked = bound.moment if bound is not None else None
    if bound is None or asked is None or bound.sign(event) != 1 or bound.field != bound.time_field:
        return None
    path = next((path for path, value in leaves(repetition.again.last_run_before) if moment_of(value) == asked), None)
    if path is None or stands_at_the_newest(repetition):
        return None
    earlier = (fates.events[each] for each in fates.delivered_before(repetition.again.number))
    older = next((each.id for each in earlier if is_time_of(asked, each.occurred)), None)
    if older is None or older == event.id:
        return None
    return (
        "cursor-behind-data",
        f"cycle {repetition.again.number} asked from the stored {path or 'last run'} on, {moment(asked)}, the time of "
        f"{subject(older)}, though {event.id} of {moment(event.occurred)} had been delivered",
    )


def asked_below_the_number(repetition: Repetition) -> Told | None:
    """The last run held the number of an event that came as late as this one or later, and less was asked for."""
    bound, event, fates = repetition.bound, repetition.fate.event, repetition.truth.fates
    own, asked = (bound.of(event), number_of(bound.text)) if bound is not None else (None, None)
    if bound is None or bound.filter.kind != "number" or isinstance(own, datetime) or own is None or asked is None:
        return None
    held = [(path, value, number_of(value)) for path, value in standing_alone(repetition.again.last_run_before)]
    if repetition.again.remembers(event.id) or any(number == asked for _, _, number in held):
        return None
    earlier = {bound.of(fates.events[each]) for each in fates.delivered_before(repetition.again.number)}
    for path, value, number in held:
        if number is not None and number in earlier and asked <= own <= number:
            return (
                "window-reaches-back",
                f"cycle {repetition.again.number} asked for {shorten(bound.shown)}, though {path or 'last run'} was "
                f"{excerpt(value)}, the {bound.field} of an event that was delivered",
            )
    return None


def storing_cycle(repetition: Repetition) -> Scene | None:
    """The last cycle before the repetition that left another last run behind than it began with."""
    earlier = [scene for scene in repetition.between if scene.number < repetition.again.number]
    return next((scene for scene in reversed(earlier) if scene.last_run_before != scene.last_run_after), None)


def went_back(repetition: Repetition) -> Told | None:
    """A cycle stored an earlier time than it began with, and the repeating one asked from there."""
    bound, storing = repetition.bound, storing_cycle(repetition)
    asked = bound.moment if bound is not None else None
    if asked is None or storing is None:
        return None
    for path, old, new in moved_backwards(storing.last_run_before, storing.last_run_after):
        was, time = moment_or_epoch(old), moment_or_epoch(new)
        if time is not None and was is not None and abs(time - asked) < SECOND and time < was:
            return (
                "cursor-went-back",
                f"cycle {storing.number} began with {path or 'the last run'} = {excerpt(old)} and stored "
                f"{excerpt(new)}, from which cycle {repetition.again.number} asked",
            )
    return None


def moment_or_epoch(value: object) -> datetime | None:
    """A time, also the very beginning of 1970 as a number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0:
        return EPOCH
    return moment_of(value)


def stored_cut(repetition: Repetition) -> Told | None:
    """The bound is the stored time without its seconds or more, in this cycle and in one that asked for another."""
    bound, event = repetition.bound, repetition.fate.event
    if bound is None or bound.sign(event) != 1 or bound.filter.kind != "time":
        return None
    for unit, lost in LEFT_OUT.items():
        mine = stored_as(repetition, repetition.again, unit)
        if mine is None or cut(mine[1], "s") < cut(event.occurred, "s"):
            continue
        others = [stored_as(repetition, scene, unit) for scene in repetition.between[1:]]
        bounds = {cut(each[1], unit) for each in others if each is not None}
        if len(bounds) > 1 or repeats_elsewhere(repetition, unit):
            return (
                "precision-cut",
                f"cycle {repetition.again.number} asked for {bound.shown}: the stored {mine[0]} = {mine[2]} without "
                f"its {lost}",
            )
    return None


def stored_as(repetition: Repetition, scene: Scene, unit: str) -> tuple[str, datetime, str] | None:
    """Path, time and text of the stored time whose cut is the lower bound that the cycle asked for."""
    bound = first_lower(repetition.truth.scenario, (shown.listing for shown in scene.shown))
    asked = bound.moment if bound is not None else None
    for path, value in leaves(scene.last_run_before) if asked is not None else ():
        time = moment_of(value)
        if time is not None and cut(time, unit) == asked and cut(time, "s") != asked:
            return path or "the last run", time, excerpt(value)
    return None


def repeats_elsewhere(repetition: Repetition, unit: str) -> bool:
    """Whether the cycle that brought the event first asked for a stored time that was cut alike, but another one."""
    first, again = repetition.first, stored_as(repetition, repetition.again, unit)
    earlier = stored_as(repetition, first, unit) if first is not None else None
    return earlier is not None and again is not None and cut(earlier[1], unit) != cut(again[1], unit)


def is_stored_time(scene: Scene, asked: datetime) -> bool:
    """Whether the bound is a stored time, whole or cut to a unit: no clock has made it."""
    times = [time for _, value in leaves(scene.last_run_before) if (time := moment_of(value)) is not None]
    return any(cut(time, unit) == asked for time in times for unit in ("us", "ms", "s", "m", "h", "d"))


def one_dict_for_all(truth: Truth, scene: Scene, event: str, times: int) -> Told | None:
    """All incidents of a fetch are this event, and as many others, listed before it, were to be among them."""
    handed = [call for call in scene.calls if call.name in HANDING_OVER and not call.error]
    if times < 2 or len(handed) != 1 or handed[0].arguments != str(times):
        return None
    lists = [[name for shown in query for name in shown.listing.listed] for query in queries_of(truth.scenario, scene)]
    every = [name for names in lists for name in names]
    wanted = [name for name in truth.new_in(scene.number, every) if truth.fates[name].is_wanted]
    are_missing = len(wanted) >= times
    if every.count(event) >= times and not are_missing:
        return None  # Each incident may be of an answer that lists it, and the others be filtered out.
    # What is listed behind it may be left out at the limit; or, where nothing was missed, it is handed over twice.
    orders = [*(list(shown.listing.listed) for shown in scene.lists(event)), *lists, every]
    parts = [names[: names.index(event) + 1] if are_missing else names for names in orders if event in names]
    is_last = any(names[-1] == event and are_for_all(truth, scene, names, times) for names in parts)
    # Three of one event are no slip of the pen, in whatever order the script has brought them.
    if not is_last and not (are_missing and times > 2):
        return None
    return (
        "one-dict-for-all",
        f"cycle {scene.number} got {max(times, len(wanted))} new events and handed over {times} incidents, each of "
        "them this one: one dict stands in the list again and again",
    )


def are_for_all(truth: Truth, scene: Scene, names: list[str], times: int) -> bool:
    """Whether so many incidents may be one for each of these events that is new, of which the last is one.

    Of those that an earlier fetch was shown and did not deliver, any number may be left out: their ids may be kept.
    """
    fates = [truth.fates[name] for name in truth.new_in(scene.number, names)]
    is_proof = not truth.vain_witness
    new = [each for each in fates if each.is_wanted or (each.wanted is None and not (each.wanted_look and is_proof))]
    fresh = [fate for fate in new if fate.first_listed == scene.number]
    is_new = bool(new) and new[-1].id == names[-1]
    return is_new and (times == len(new) or 2 <= len(fresh) <= times < len(new))
