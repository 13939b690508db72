"""Events that were delivered, but late: the cycles in which each could have come, without those that were full."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from xsim.check.evidence import CycleFacts, Evidence
from xsim.check.fates import Fate
from xsim.check.truth import Truth
from xsim.model import Outcome

MOST_CYCLES = 3
"""So many cycles may pass before an event counts as late."""


class Late(NamedTuple):
    """An event that waited longer than it had to."""

    fate: Fate
    due: int
    """The first cycle in which it was visible and fewer older events waited than a fetch may deliver."""
    waited: int
    """Cycles that ended OK, had room for it and did not bring it."""


def late_events(evidence: Evidence, limit: int) -> Iterator[Late]:
    """In the order of the scenario. `limit`: incidents that a fetch delivers at most; 0: there is none."""
    truth = evidence.truth
    if truth is None:
        return
    facts = [each for each in evidence.cycles.values() if each.outcome is not Outcome.UNSUPPORTED]
    place = {each.number: index for index, each in enumerate(facts)}
    late = [fate for fate in truth.fates.values() if may_be_late(fate, place)]
    if not limit and (truth.has_cut_answer or evidence.journal.scenario.hatch is not None):
        return  # How many a cycle had room for is not known: a backlog may come as fast as the script means it to.
    due = due_cycles(truth, facts, limit) if late and limit else {}
    for fate in late:
        first = due.get(fate.event.id, 0) if limit else fate.first_visible
        if not first:
            continue
        passed = facts[place[first] : place[fate.delivered]]
        if any(each.outcome is not Outcome.OK for each in passed):
            continue  # Told by the failure or the refusal.
        # A fetch that does not ask in each cycle does so on purpose.
        asking = [each for each in passed if each.exchanges and not evidence.strikes.is_struck(each.number)]
        roomy = [each for each in asking if not limit or each.delivered < limit]
        if len(roomy) > MOST_CYCLES:
            yield Late(fate, first, len(roomy))


def may_be_late(fate: Fate, place: dict[int, int]) -> bool:
    """An event that changed in the meantime may have become due by the change alone."""
    if not fate.delivered or not fate.first_visible or fate.is_earlier or fate.event.changes:
        return False
    return place[fate.delivered] - place[fate.first_visible] > MOST_CYCLES


def due_cycles(truth: Truth, facts: list[CycleFacts], limit: int) -> dict[str, int]:
    """For each event the first cycle that could have delivered it, oldest first, within the limit."""
    arriving = sorted(
        (fate for fate in truth.fates.values() if is_waited_for(fate)), key=lambda fate: fate.first_visible
    )
    order = {fate.event.id: (fate.event.occurred, fate.event.id) for fate in arriving}
    waiting: list[tuple[datetime, str]] = []
    due: dict[str, int] = {}
    leaving: dict[int, list[str]] = {}
    for fate in arriving:
        leaving.setdefault(fate.delivered, []).append(fate.event.id)
    seen = 0
    for each in facts:
        while seen < len(arriving) and arriving[seen].first_visible <= each.number:
            insort(waiting, order[arriving[seen].event.id])
            seen += 1
        for _, name in waiting[:limit]:
            due.setdefault(name, each.number)
        for name in leaving.get(each.number, ()):
            index = bisect_left(waiting, order[name])
            if index < len(waiting) and waiting[index] == order[name]:
                del waiting[index]
    return due


def is_waited_for(fate: Fate) -> bool:
    return bool(fate.first_visible) and not fate.is_earlier and fate.event.wanted is not False and fate.is_wanted
