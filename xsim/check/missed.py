"""Why an event was missed, told from what the losing cycle asked, got and stored. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from xsim.check.bounds import UNIT_WORDS, Bound, cut, lower_bounds, moment_of, number_of, reached
from xsim.check.cut_answers import behind_a_count, cut_off, cut_to_the_limit, is_left_out_elsewhere
from xsim.check.endings import HANDING_OVER
from xsim.check.excerpt import excerpt, moment, shorten
from xsim.check.last_runs import is_lost
from xsim.check.loss import Loss, Told
from xsim.check.lost_to_faults import acknowledged, batch_dropped, held_back, moved_on_failure, outrun
from xsim.check.scenes import Scene, leaves
from xsim.check.spans import SECOND, is_zone, spelled
from xsim.check.strikes import answer_of
from xsim.events import EPOCH
from xsim.model import Outcome

SLACK = 2 * SECOND
"""So far a stored time may lie from the clock that it was read off, and a request from the stored time."""


def cause_of(loss: Loss) -> Told:
    """The most specific cause that the evidence proves; ("", "") where it proves none."""
    tellers = TELLERS_OF_A_CYCLE if loss.losing is not None else TELLERS_OF_A_RUN
    if loss.is_held_back:
        tellers = TELLERS_OF_THE_VENDOR
    if loss.stuck:
        return "window-stuck", loss.stuck
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
    if reached(loss.scenario, (shown.listing for shown in loss.losing.shown)) == asked:
        return (
            "cursor-ahead-of-data",
            f"cycle {loss.losing.number} at {moment(loss.losing.started)} stored the end of the window that it had "
            f"asked for, {moment(asked)}, which lies in the future, and cycle {behind.number} asked from there on",
        )
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
    return max(listed or [fate.occurred for fate in fates.values() if 0 < fate.delivered <= number], default=None)


def on_the_boundary(loss: Loss) -> Told | None:
    """The bound is the event's own time, and it excludes what lies on it."""
    bound, behind = loss.barrier, loss.following
    if bound is None or behind is None or bound.compare != ">" or bound.sign(loss.fate.event) != 0:
        return None
    if loss.losing is not None and loss.losing.lists(loss.fate.event.id):
        return None  # The script had it in hand.
    newest = newest_known(loss)
    if not loss.was_there and newest is not None and bound.filter.kind == "time":
        precision, zone = bound.filter.precision, bound.filter.zone
        if cut(newest, precision, zone) > cut(loss.fate.event.occurred, precision, zone):
            return None  # A bound a unit earlier would not have helped: it came behind a newer one.
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
    return ahead_of_the_data(loss, text) or between_windows(loss) or ("late-arrival", text)


def ahead_of_the_data(loss: Loss, text: str) -> Told | None:
    """The stored time, which is asked for next, lies behind the event, and behind every event that was listed."""
    assert loss.losing is not None
    bound, newest, fates = loss.barrier, newest_known(loss), loss.truth.fates
    asked = bound.moment if bound is not None else None
    if asked is None or newest is None or newest >= loss.fate.event.occurred or asked <= newest:
        return None
    stored = next((leaf for leaf in leaves(loss.losing.last_run_after) if is_near(moment_of(leaf[1]), asked)), None)
    if stored is None:
        return None
    value = f"{stored[0] or 'the last run'} = {excerpt(stored[1])}"
    shown = [each for one in loss.losing.shown for each in one.listing.listed if each in fates]
    for name in shown:
        for path, held in leaves(dict(fates[name].event.record)):
            if moment_of(held) == moment_of(stored[1]) and moment_of(held) != fates[name].event.occurred:
                return (
                    "other-field",
                    f"{text}: it stored {value}, which is {path} of {shorten(name, 60)}, while the vendor filters by "
                    f"{bound.field if bound is not None else ''}, whose newest was {moment(newest)}",
                )
    return "cursor-ahead-of-data", f"{text}: it stored {value}, and the newest event was of {moment(newest)}"


def is_near(stored: datetime | None, asked: datetime) -> bool:
    return stored is not None and abs(stored - asked) < SECOND


def clock_stored(loss: Loss) -> str:
    """The value in the last run that is the losing cycle's clock, no listed event's time, and is asked for next."""
    assert loss.losing is not None
    bound = loss.barrier
    asked = bound.moment if bound is not None else None
    for path, value in leaves(loss.losing.last_run_after):
        stored = moment_of(value)
        if stored is None or stored < EPOCH or not is_clock(loss, stored):
            continue
        if asked is None or abs(cut(asked, "s") - cut(stored, "s")) <= SLACK:
            return f"{path or 'the last run'} = {excerpt(value)}"
    return ""


def is_clock(loss: Loss, stored: datetime) -> bool:
    """Whether a time is a moment of the losing cycle, and not that of an event which it listed.

    Beside the cycle's own span, where the script adds or takes off a second, no event may lie near it either.
    """
    losing, fates = loss.losing, loss.truth.fates
    assert losing is not None
    begun = cut(losing.started, "s")
    if not begun - SLACK <= stored <= losing.ended + SLACK:
        return False
    reach = timedelta(0) if begun <= stored <= losing.ended else SLACK
    listed = (fates[each].event.occurred for one in losing.shown for each in one.listing.listed if each in fates)
    return all(abs(cut(time, "s") - cut(stored, "s")) > reach for time in listed)


def error_swallowed(loss: Loss) -> Told | None:
    """The vendor answered with errors alone, and the fetch ended well and stored a time that is past the event's."""
    scene, event = loss.losing or loss.visible, loss.fate.event
    if scene is None or event.visible > scene.started or scene.outcome is not Outcome.OK or loss.fate.first_listed:
        return None
    if not scene.failed or not all(each.is_failed for each in scene.shown):
        return None
    before = dict(leaves(scene.last_run_before))
    for path, value in leaves(scene.last_run_after):
        stored = moment_of(value)
        if stored is not None and stored >= event.occurred and before.get(path) != value:
            return (
                "error-swallowed",
                f"cycle {scene.number} got {answer_of(scene.failed[0].status)} and no events, ended well all the same, "
                f"and stored {path or 'the last run'} = {excerpt(value)}, which is past the event's "
                f"{moment(event.occurred)}",
            )
    return None


def between_windows(loss: Loss) -> Told | None:
    """The losing cycle asked before the event was listed, and the next one from later on, whenever it was listed."""
    assert loss.losing is not None
    bound, behind, event = loss.barrier, loss.following, loss.fate.event
    asked = bound.moment if bound is not None else None
    if asked is None or behind is None or not max(loss.losing.ended, event.occurred) < asked <= behind.ended:
        return None
    if event.occurred <= loss.losing.ended and (loss.was_there or asked <= event.visible):
        return None
    return (
        "window-gap",
        f"cycle {loss.losing.number} asked at {moment(loss.losing.started)}, and cycle {behind.number} only from "
        f"{moment(asked)} on: {moment(event.occurred)} lies between",
    )


def dropped_at_the_stored_time(loss: Loss) -> Told | None:
    """The event came after a fetch had stored its very time; the next ones list it, and the script leaves it out."""
    assert loss.losing is not None
    scene, event = loss.listing, loss.fate.event
    is_later = scene is not None and scene.number > loss.losing.number and not loss.was_there and loss.barrier is None
    if scene is None or not (is_later or loss.shut_out_since):
        return None
    if scene.outcome is not Outcome.OK or is_left_out_elsewhere(loss, scene):
        return None
    for path, value in leaves(scene.last_run_before):
        stored = moment_of(value)
        if stored in (event.occurred, cut(event.occurred, "s")):
            same = "is the one that" if stored == event.occurred else "lies in the second that"
            return (
                "listed-but-dropped",
                f"the answer of cycle {scene.number} lists the event, whose time {moment(event.occurred)} {same} the "
                f"last run holds ({path or 'the last run'} = {excerpt(value)}), and the fetch did not hand it over",
            )
    return None


def dropped(loss: Loss) -> Told | None:
    """An answer listed the event, and the fetch did not hand it over."""
    scene, event = loss.listing, loss.fate.event
    if loss.losing is not None and loss.losing.lists(event.id):
        scene = loss.losing
    if scene is None or scene.outcome is not Outcome.OK or (loss.lost_at or 0) > scene.number:
        return None
    if is_left_out_elsewhere(loss, scene):
        return None
    if told := not_counted(loss, scene) or replaced(loss, scene) or cut_to_the_limit(loss, scene):
        return told
    stored = text_order(loss, scene)
    if stored:
        return (
            "ids-compared-as-text",
            f"the answer of cycle {scene.number} lists {event.id}, and the last run held {stored}: as a number the new "
            "id is the larger one, as text the smaller one",
        )
    return batch_dropped(loss, scene) or (
        "listed-but-dropped",
        f"the answer of cycle {scene.number} lists the event, and the fetch did not hand it over",
    )


def lost_with_the_batch(loss: Loss) -> Told | None:
    """The losing cycle was given the event with others, and one of those failed."""
    scene = loss.losing
    if scene is None or scene.outcome is not Outcome.OK or not scene.lists(loss.fate.event.id):
        return None
    return None if is_left_out_elsewhere(loss, scene) or text_order(loss, scene) else batch_dropped(loss, scene)


def not_counted(loss: Loss, scene: Scene) -> Told | None:
    """The script called demisto.incidents() several times, and the calls that do not count had room for the event."""
    setting = loss.scenario.settings.several_incidents_calls
    calls = [call for call in scene.calls if call.name in HANDING_OVER and not call.error and call.arguments.isdigit()]
    carrying = [call for call in calls if int(call.arguments)]
    if setting == "add" or len(carrying) < 2:
        return None
    counted = calls[-1] if setting == "last" else calls[0]
    listed = loss.truth.new_in(scene.number, (name for shown in scene.shown for name in shown.listing.listed))
    if sum(int(call.arguments) for call in carrying) != len(listed):
        return None  # It left some of them out, perhaps this one.
    return (
        "call-not-counted",
        f"cycle {scene.number} handed over all {len(listed)} events that were new in {len(carrying)} calls of "
        f"demisto.incidents(), of which the {setting} one counts, with {counted.arguments}",
    )


def replaced(loss: Loss, scene: Scene) -> Told | None:
    """One dict stood for all incidents of the fetch, so that another event was handed over in its place."""
    if not loss.stands_for_it:
        return None
    return (
        "one-dict-for-all",
        f"the answer of cycle {scene.number} lists the event, and the fetch handed over "
        f"{shorten(loss.stands_for_it, 60)} in its place: one dict stands in the list again and again",
    )


def text_order(loss: Loss, scene: Scene) -> str:
    """The id in the last run that is smaller than the event's as a number, and larger as text.

    It has to be the newest id that was delivered, and to part what this cycle dropped from what it handed over.
    """
    fates = loss.truth.fates
    earlier = [fate.id for fate in fates.values() if fate.is_earlier or 0 < fate.delivered < scene.number]
    newest = max((number for each in earlier if (number := number_of(each)) is not None), default=None)
    held = next((str(value) for _, value in leaves(scene.last_run_before) if number_of(value) == newest), None)
    if held is None or newest is None or held not in fates:
        return ""
    shown = {name: fates[name] for one in scene.shown for name in one.listing.listed if name in fates}
    new = [fate for fate in shown.values() if not fate.is_earlier and not 0 < fate.delivered < scene.number]
    dropped = [fate.event.id for fate in new if not fate.delivered and fate.is_wanted]
    given = [fate.event.id for fate in new if fate.delivered == scene.number]
    is_told = all((number_of(each) or 0) > newest and each < held for each in dropped) and all(
        each > held for each in given
    )
    return shorten(held) if is_told and loss.fate.event.id in dropped else ""


def began_behind(loss: Loss) -> Told | None:
    """The last run that the scenario gives lies behind the event, and the first cycle asked from there."""
    scene, event = loss.beginning, loss.fate.event
    if scene is None or not loss.scenario.last_run or scene.last_run_before != loss.scenario.last_run:
        return None
    for bound in lower_bounds(loss.scenario, (each.listing for each in scene.shown)):
        if bound.keeps(event) is not False:
            continue
        for path, value in leaves(scene.last_run_before):
            same = is_same(value, bound)
            if same:
                return (
                    "stale-last-run",
                    f"cycle {scene.number} asked for {bound.shown}, which leaves the event out and is what the run "
                    f"began with ({path or 'the last run'} = {excerpt(value)})",
                )
    return None


def is_same(value: object, bound: Bound) -> bool:
    """Whether a stored value is what a bound was made of."""
    if bound.filter.kind == "time":
        return is_near(moment_of(value), bound.moment) if bound.moment is not None else False
    return number_of(value) is not None and number_of(value) == number_of(bound.text)


TELLERS_OF_A_CYCLE: tuple[Callable[[Loss], Told | None], ...] = (
    last_run_emptied,
    acknowledged,
    outrun,
    ahead_of_the_clock,
    error_swallowed,
    moved_on_failure,
    lost_with_the_batch,
    cut_off,
    on_the_boundary,
    dropped_at_the_stored_time,
    came_late,
    between_windows,
    dropped,
)
TELLERS_OF_THE_VENDOR: tuple[Callable[[Loss], Told | None], ...] = (held_back,)
TELLERS_OF_A_RUN: tuple[Callable[[Loss], Told | None], ...] = (error_swallowed, began_behind, dropped, behind_a_count)
