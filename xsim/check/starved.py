"""Events that no fetch can ever bring: each asks the same, gets the same and stores the same, as far as it tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from xsim.check.bounds import UPPER, has_matched, reached
from xsim.check.by_the_clock import behind_the_page, goes_by_the_clock, kept_context
from xsim.check.evidence import Evidence
from xsim.check.excerpt import excerpt, json_text, moment
from xsim.check.fates import Fate
from xsim.check.loss import Told
from xsim.check.queries import is_cut
from xsim.check.scenes import Scene
from xsim.check.truth import QUIET_DRAINS, Truth
from xsim.model import Outcome, Scenario
from xsim.world import Listing


@dataclass(frozen=True, slots=True)
class Stuck:
    """A window with an end, which each fetch asks for anew and in which nothing lies."""

    reached: datetime
    """It ends here: what lies behind is never asked for."""
    since: int
    """The cycle that stored what no later one changed; 0: none did."""
    why: str


def stuck_window(evidence: Evidence) -> Stuck | None:
    """The window that the run ended with, where it stands still and ended before the last fetch began."""
    truth = evidence.truth
    scenes = last_scenes(evidence)
    if truth is None or not scenes or not stands_still(scenes, truth):
        return None
    if any(scene.last_run_before != scene.last_run_after for scene in scenes):
        return None  # It goes round: which cycle began that, the number of its last run does not tell.
    last = scenes[-1]
    end = reached(evidence.journal.scenario, (shown.listing for shown in last.shown))
    if end is None or end >= last.started:
        return None
    version = evidence.cycles[last.number].last_run_version
    begun = next(number for number, facts in evidence.cycles.items() if facts.last_run_version == version)
    since = max((number for number in truth.numbers if number < begun), default=0) if version else 0
    asked = ", ".join(f"{field} {compare} {text}" for field, compare, text in last.shown[-1].listing.bounds)
    stored = f"cycle {since} stored {excerpt(last.last_run_after)}, and each fetch" if since else "each fetch"
    return Stuck(
        end,
        since,
        f"{stored} since then asks for {asked}, gets nothing new and stores the same again: what lies behind "
        f"{moment(end)} is never asked for",
    )


def starved(evidence: Evidence) -> Iterator[tuple[Fate, Scene, Told]]:
    """Event, last cycle, and why: no state shuts these events out, and yet they cannot come any more."""
    truth = evidence.truth
    scenes = last_scenes(evidence)
    if truth is None or not scenes:
        return
    is_still = stands_still(scenes, truth, whatever_the_end=True)
    if not is_still and not goes_by_the_clock(truth, scenes):
        return
    last, taken_off = scenes[-1], {fate.event.id for fate in truth.taken_off()}
    for fate in truth.blocked():
        told = None
        if is_still:
            told = cut_before(evidence.journal.scenario, truth, fate, last) or cut_by_script(fate, last)
        told = told or behind_the_page(truth, fate, last)
        if told is not None and fate.full_cycle and fate.event.id not in taken_off:
            yield fate, last, told


def last_scenes(evidence: Evidence) -> list[Scene]:
    """The last cycles, where the extra ones behind them brought nothing any more; else none."""
    truth = evidence.truth
    if truth is None or not truth.is_drained_dry or len(truth.numbers) < QUIET_DRAINS:
        return []
    numbers = truth.numbers[-QUIET_DRAINS:]
    scenes = evidence.scenes(set(numbers))
    return [scenes[number] for number in numbers]


def stands_still(last: list[Scene], truth: Truth, *, whatever_the_end: bool = False) -> bool:
    """Whether answers are the same each time, and the state one that was there before: what follows is so for ever.

    The state may go round, as where the ids of one page take the place of those of the page before.
    `whatever_the_end`: each may have asked up to its own clock, as long as it began at the same place and got the same.
    """
    answers = {tuple(as_read(shown.listing, whatever_the_end) for shown in scene.shown) for scene in last}
    is_well = all(scene.outcome is Outcome.OK and scene.shown for scene in last)
    if not is_well or len(answers) != 1:
        return False
    begun = {json_text([scene.last_run_before, kept_context(last, scene.context_before)]) for scene in last}
    stored = json_text([last[-1].last_run_after, kept_context(last, last[-1].context_after)])
    drained = {each.last_run for each in truth.drains[-QUIET_DRAINS:]}
    return stored in begun and drained <= {json_text(scene.last_run_before) for scene in last}


def as_read(listing: Listing, whatever_the_end: bool) -> Listing:
    """What a fetch reads of an answer: how many match grows with each new event, and tells it nothing of its page."""
    kept = tuple(bound for bound in listing.bounds if not (whatever_the_end and bound[1] in UPPER))
    return replace(listing, matched=0, bounds=kept)


def cut_before(scenario: Scenario, truth: Truth, fate: Fate, scene: Scene) -> Told | None:
    """Every answer that the event matched was cut before it."""
    listings = [
        shown.listing for shown in scene.shown if has_matched(scenario, shown.listing, fate.event, scene.vendor_state)
    ]
    if not listings or scene.lists(fate.event.id) or not all(is_cut(each) for each in listings):
        return None
    got = listings[-1]
    end = truth.fates.get(got.listed[-1]) if got.listed else None
    is_tie = end is not None and end.event.occurred == fate.event.occurred
    is_older = end is not None and got.order and got.order[0][:1] == "-" and fate.event.occurred < end.event.occurred
    return (
        "same-timestamp-at-limit" if is_tie else "newest-first-with-limit" if is_older else "page-cut-at-limit",
        f"cycle {scene.number} and those before it got the same {len(got.listed)} of {got.matched} events "
        f"(limit {got.limit}) and {stored_alike(scene)}, so that the next fetch gets them again",
    )


def cut_by_script(fate: Fate, scene: Scene) -> Told | None:
    """The answer lists the event each time, among others, and the script never comes as far as this one."""
    shown = next((each for each in scene.lists(fate.event.id) if len(each.listing.listed) > 1), None)
    if shown is None:
        return None
    return (
        "cut-by-script",
        f"cycle {scene.number} and those before it got the same {len(shown.listing.listed)} events, this one among "
        f"them, left it out and {stored_alike(scene)}, so that the next fetch gets and leaves out the same",
    )


def stored_alike(scene: Scene) -> str:
    is_same = scene.last_run_before == scene.last_run_after
    return "stored the same last run" if is_same else "stored, in turn, last runs that were stored before"
