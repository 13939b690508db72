"""Why an event was missed, told from what the losing cycle asked, got and stored. Nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from xsim.check.bounds import EPOCH, UNIT_WORDS, cut, moment_of, number_of
from xsim.check.cut_answers import behind_a_count, cut_off, is_left_out_elsewhere
from xsim.check.excerpt import excerpt, moment, shorten
from xsim.check.last_runs import is_lost
from xsim.check.loss import Loss, Told
from xsim.check.lost_to_faults import acknowledged, batch_dropped, moved_on_failure, outrun
from xsim.check.scenes import Scene, leaves
from xsim.check.spans import SECOND, is_zone, spelled
from xsim.check.strikes import answer_of
from xsim.model import Outcome

SLACK = 2 * SECOND
"""So far a stored time may lie from the clock that it was read off, and a request from the stored time."""


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


def dropped_at_the_stored_time(loss: Loss) -> Told | None:
    """The event came after a fetch had stored its very time; the next ones list it, and the script leaves it out."""
    assert loss.losing is not None
    scene, event = loss.listing, loss.fate.event
    if loss.was_there or loss.barrier is not None or scene is None or scene.number <= loss.losing.number:
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
TELLERS_OF_A_RUN: tuple[Callable[[Loss], Told | None], ...] = (error_swallowed, dropped, behind_a_count)
