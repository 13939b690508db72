"""Events that were delivered, but late: the cycles in which each could have come, without those that were full."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from xsim.check.evidence import CycleFacts, Evidence
from xsim.check.fates import Fate, cycle_numbers
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
    due: Sequence[int] = due_cycles(truth, facts, limit) if late and limit else truth.fates.first_visible
    for fate in late:
        first = due[fate.number]
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
    if not fate.delivered or not fate.first_visible or fate.is_earlier or fate.has_changes:
        return False
    return place[fate.delivered] - place[fate.first_visible] > MOST_CYCLES


def due_cycles(truth: Truth, facts: list[CycleFacts], limit: int) -> array[int]:
    """For each event the first cycle that could have delivered it, oldest first, within the limit; 0: none."""
    fates, events = truth.fates, truth.fates.events
    arriving = array("I", sorted(fates.waited_for(), key=fates.first_visible.__getitem__))
    delivered = (number for number in arriving if fates.delivered[number])
    leaving = array("I", sorted(delivered, key=fates.delivered.__getitem__))
    waiting: list[tuple[int, str, int]] = []
    due = cycle_numbers(len(fates))
    seen = left = 0
    for each in facts:
        while seen < len(arriving) and fates.first_visible[arriving[seen]] <= each.number:
            insort(waiting, (events.occurred[arriving[seen]], events.ids[arriving[seen]], arriving[seen]))
            seen += 1
        for _, _, number in waiting[:limit]:
            due[number] = due[number] or each.number
        while left < len(leaving) and fates.delivered[leaving[left]] <= each.number:
            gone = events.occurred[leaving[left]], events.ids[leaving[left]], leaving[left]
            index = bisect_left(waiting, gone)
            if index < len(waiting) and waiting[index] == gone:
                del waiting[index]
            left += 1
    return due
