"""The missed events, each with the cycle that lost it and those around it, from which its story is told."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from xsim.check.bounds import lower_bounds
from xsim.check.evidence import Evidence
from xsim.check.fates import Fate
from xsim.check.loss import Loss
from xsim.check.lost_to_faults import has_moved_on
from xsim.check.passed_by import passed_at, stored_past
from xsim.check.queries import function_answers_without, leaving_out
from xsim.check.scenes import Scene
from xsim.check.starved import stuck_window
from xsim.check.went_wrong import one_dict_for_all
from xsim.model import Outcome
from xsim.world import Event


def losses(evidence: Evidence, missed: list[Fate]) -> Iterator[Loss]:
    """The missed events with the cycles that tell of them."""
    truth = evidence.truth
    if truth is None or not missed:
        return
    held_back = {fate.event.id for fate in truth.taken_off()}
    stuck = stuck_window(evidence)
    behind = {fate.event.id for fate in missed if stuck is not None and stuck.reached <= fate.event.occurred}
    probed = {fate.event.id: truth.lost_at(fate) for fate in missed}
    probed |= {fate.event.id: fate.last_sent for fate in missed if fate.event.id in held_back}
    if stuck is not None:
        # A state with a window far from the event does not deliver it either, and need not be what lost it.
        probed |= dict.fromkeys(behind, stuck.since or None)
    given = given_out(evidence, [fate for fate in missed if probed[fate.event.id] is None])
    probed |= given
    unknown = [fate.event for fate in missed if probed[fate.event.id] is None and fate.event.id not in behind]
    passed = passed_at(evidence.journal, unknown)
    dropped = dropped_at(evidence, [fate for fate in missed if fate.event.id not in behind], probed, passed)
    passed |= stored_past(evidence.journal, untold_by_function(evidence, missed, {*behind, *dropped, *passed}, probed))
    to_come = [fate for fate in missed if fate.event.id not in {*behind, *given, *held_back, *dropped}]
    later = passed_later(evidence, to_come, probed)
    probed, passed = probed | dict.fromkeys(later), passed | later
    lost = {event: dropped.get(event) or number or passed.get(event) for event, number in probed.items()}
    seen = {fate.event.id: seen_at(evidence, fate) for fate in missed}
    around = Around(evidence, lost.values(), passed.values(), {truth.numbers[0], *seen.values()})
    for fate in missed:
        event, number = fate.event.id, lost[fate.event.id]
        yield Loss(
            truth=truth,
            fate=fate,
            lost_at=number,
            losing=around.scene(number),
            following=around.following(number),
            preceding=around.preceding(number),
            listing=around.scene(fate.first_listed),
            visible=around.scene(seen[event]),
            is_told_by_requests=event in passed,
            is_held_back=event in held_back,
            is_given_out=event in given,
            shut_out_since=(probed[event] or 0) if event in dropped else None,
            stuck=stuck.why if stuck is not None and event in behind else "",
            stands_for_it=stands_for_all(evidence, around.scene(fate.first_listed)),
            beginning=around.scene(truth.numbers[0]),
        )


class Around:
    """The cycles that lost events, with their neighbours."""

    def __init__(self, evidence: Evidence, lost: Iterable[int | None], passed: Iterable[int], others: set[int]) -> None:
        assert evidence.truth is not None
        self._evidence = evidence
        self._following = dict(pairwise(evidence.truth.numbers))
        self._preceding = {number: before for before, number in self._following.items()}
        # What is told by requests is told by the next one, also where fetches without any lie between.
        self._following |= next_asking(evidence, passed)
        numbers = {number for number in lost if number}
        near = {of.get(number, 0) for number in numbers for of in (self._following, self._preceding)}
        evidence.scenes(numbers | near | others)

    def scene(self, number: int | None) -> Scene | None:
        return self._evidence.scenes({number}).get(number) if number else None

    def following(self, number: int | None) -> Scene | None:
        return self.scene(self._following.get(number or 0))

    def preceding(self, number: int | None) -> Scene | None:
        return self.scene(self._preceding.get(number or 0))


def dropped_at(
    evidence: Evidence, missed: list[Fate], probed: Mapping[str, int | None], passed: Mapping[str, int]
) -> dict[str, int]:
    """Event and the cycle whose answer listed it and that left it out, where that is another one than states tell.

    A state may keep an event away that is yet to come, and a count of records hides from the probes what was dropped
    before it. The event is lost in the cycle that had it in hand.
    """
    truth, found = evidence.truth, {}
    assert truth is not None
    listed = {fate.first_listed for fate in missed}
    scenes = evidence.scenes(listed | {number for number in probed.values() if number})
    for fate in missed:
        listing, by_state, by_request = (
            scenes.get(fate.first_listed),
            scenes.get(probed[fate.event.id] or 0),
            passed.get(fate.event.id),
        )
        if listing is None or listing.outcome is not Outcome.OK or evidence.strikes.is_struck(listing.number):
            continue
        is_early = by_state is not None and by_state.number < listing.number and by_state.started < fate.event.visible
        is_behind = by_state is None and by_request is not None and listing.number < by_request
        if (is_early and is_left_by_script(evidence, fate, listing)) or (is_behind and is_passed_over(fate, listing)):
            found[fate.event.id] = listing.number
    return found


def passed_later(evidence: Evidence, missed: Iterable[Fate], probed: Mapping[str, int | None]) -> dict[str, int]:
    """Event and the cycle that moved on past it, where by its state one is told behind which it was yet to occur.

    A state whose window ends before the event does not deliver it either, and need not be what lost it.
    """
    truth = evidence.truth
    assert truth is not None
    early = [fate.event for fate in missed if truth.is_to_come(fate.event, probed[fate.event.id])]
    passed = passed_at(evidence.journal, early)
    return {event: number for event, number in passed.items() if number > (probed[event] or 0)}


def untold_by_function(
    evidence: Evidence, missed: Iterable[Fate], told: set[str], probed: Mapping[str, int | None]
) -> list[Event]:
    """The events that a vendor function never listed, and of which neither a probe nor a bound tells what lost them.

    A state that holds a count of records hides what comes before it from a probe at a vendor with one event.
    """
    if evidence.journal.scenario.hatch is None:
        return []
    unknown = [fate for fate in missed if probed[fate.event.id] is None and fate.event.id not in told]
    return [fate.event for fate in unknown if not fate.first_listed]


def is_left_by_script(evidence: Evidence, fate: Fate, scene: Scene) -> bool:
    """Whether the fetch asked for the event, and for nothing that could have left it out, and got it unchanged."""
    scenario, event = evidence.journal.scenario, fate.event
    if scenario.hatch is not None:
        return False  # Which of a function's answers is the list, and which looks at events for another reason?
    if any(change.at <= scene.ended for change in event.changes):
        return False
    if any(leaving_out(scenario, scene, event)) or any(function_answers_without(scenario, scene, event)):
        return False
    return all(
        bound.keeps(event) is not False for bound in lower_bounds(scenario, (one.listing for one in scene.shown))
    )


def is_passed_over(fate: Fate, scene: Scene) -> bool:
    """Whether no later answer listed the event, and it is not kept for a later fetch."""
    return fate.last_sent == scene.number and not scene.keeps(fate.event.id)


def seen_at(evidence: Evidence, fate: Fate) -> int:
    """The first cycle that could see the event and ended well; where none did, the first that could see it."""
    cycles = (facts.number for facts in evidence.ok_cycles if facts.number >= fate.first_visible)
    return next(cycles, fate.first_visible)


def stands_for_all(evidence: Evidence, scene: Scene | None) -> str:
    """The event that a cycle handed over in the place of each other one, as they were one dict; "": none."""
    if scene is None or evidence.truth is None:
        return ""
    own = (each for each in evidence.deliveries.twice.values() if each.first_cycle == scene.number)
    told = (each.event for each in own if one_dict_for_all(evidence.truth, scene, each.event, each.count + 1))
    return next(told, "")


def next_asking(evidence: Evidence, numbers: Iterable[int]) -> dict[int, int]:
    """Each of these cycles and the first one behind it that sent requests."""
    asking = [facts.number for facts in evidence.cycles.values() if facts.exchanges]
    places = {number: bisect_right(asking, number) for number in numbers}
    return {number: asking[place] for number, place in places.items() if place < len(asking)}


def given_out(evidence: Evidence, missed: list[Fate]) -> dict[str, int]:
    """Event and the failed cycle to which a server that keeps the place gave it, and in which that place moved on."""
    endpoints, truth = evidence.journal.scenario.endpoints, evidence.truth
    assert truth is not None
    if not any(each.paging is not None and each.paging.kind == "kept" for each in endpoints):
        return {}
    before = {number: earlier for earlier, number in pairwise(truth.numbers)}
    sent = {fate.last_sent for fate in missed if fate.last_sent}
    scenes = evidence.scenes(sent | {before[number] for number in sent if number in before})
    states = {number: scene.vendor_state for number, scene in scenes.items()}
    return {
        fate.event.id: fate.last_sent
        for fate in missed
        if fate.last_sent in sent
        and scenes[fate.last_sent].outcome is not Outcome.OK
        and has_moved_on(states.get(before.get(fate.last_sent, 0)), states[fate.last_sent])
    }
