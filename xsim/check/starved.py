"""Events that no state shuts out and that yet can never come: each fetch gets the same page, cut before them."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.check.bounds import has_matched
from xsim.check.evidence import Evidence
from xsim.check.excerpt import json_text
from xsim.check.fates import Fate
from xsim.check.loss import Told
from xsim.check.queries import is_cut
from xsim.check.scenes import Scene
from xsim.check.truth import QUIET_DRAINS, Truth
from xsim.model import Outcome, Scenario


def starved(evidence: Evidence) -> Iterator[tuple[Fate, Scene, Told]]:
    """Event, last cycle, and why. The last cycles and the extra ones behind them all began and ended in one state."""
    truth = evidence.truth
    if truth is None or not truth.is_drained_dry or len(truth.numbers) < QUIET_DRAINS:
        return
    waiting = [fate for fate in truth.blocked() if fate.full_cycle]
    if not waiting:
        return
    scenes = evidence.scenes(set(truth.numbers[-QUIET_DRAINS:]))
    last = [scenes[number] for number in truth.numbers[-QUIET_DRAINS:]]
    if not stands_still(last, truth):
        return
    for fate in waiting:
        told = cut_before(evidence.journal.scenario, truth, fate, last[-1])
        if told is not None:
            yield fate, last[-1], told


def stands_still(last: list[Scene], truth: Truth) -> bool:
    """Whether state, requests and answers are the same each time, so that what follows is the same for ever."""
    states = {json_text([scene.last_run_before, scene.context_before]) for scene in last}
    states |= {json_text([scene.last_run_after, scene.context_after]) for scene in last}
    drained = {each.last_run for each in truth.drains[-QUIET_DRAINS:]}
    answers = {tuple(shown.listing for shown in scene.shown) for scene in last}
    is_well = all(scene.outcome is Outcome.OK and scene.shown for scene in last)
    return is_well and len(states) == len(answers) == 1 and drained == {json_text(last[-1].last_run_after)}


def cut_before(scenario: Scenario, truth: Truth, fate: Fate, scene: Scene) -> Told | None:
    """Every answer that the event matched was cut before it."""
    listings = [shown.listing for shown in scene.shown if has_matched(scenario, shown.listing, fate.event)]
    if not listings or scene.lists(fate.event.id) or not all(is_cut(each) for each in listings):
        return None
    got = listings[-1]
    end = truth.fates.get(got.listed[-1]) if got.listed else None
    is_tie = end is not None and end.event.occurred == fate.event.occurred
    return (
        "same-timestamp-at-limit" if is_tie else "page-cut-at-limit",
        f"cycle {scene.number} and those before it got the same {len(got.listed)} of {got.matched} events "
        f"(limit {got.limit}) and stored the same last run, so that the next fetch gets them again",
    )
