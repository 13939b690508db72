"""What the vendor's events never put to the test: a reader of a clean verdict should know."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator

from xsim.check.excerpt import counted, listed, shorten
from xsim.check.strikes import Strikes
from xsim.check.truth import Truth
from xsim.model import Journal, Scenario


def cut_short(journal: Journal) -> Iterator[str]:
    """The single fetches behind the schedule end with the second in a row that hangs; what they would show is open."""
    last = deque(journal.probes, maxlen=2)
    if len(last) == 2 and all(each.failure is not None and each.failure.kind == "hang" for each in last):
        yield (
            "what more single fetches behind the schedule would have shown of events and last run, as two in a row hung"
        )


def never_struck(scenario: Scenario, strikes: Strikes) -> Iterator[str]:
    """The declared faults that the run never met; a token that is good to the end is nothing to miss."""
    for fault in scenario.faults:
        has_struck_before = 0 < fault.times <= scenario.struck.get(fault.name, 0)
        if fault.name not in strikes.names and not has_struck_before:
            yield f"fault '{shorten(fault.name, 60)}' never struck"


def kept_from(truth: Truth, strikes: Strikes) -> Iterator[str]:
    """Where faults of the scenario ended most cycles, and so kept most of the events away: what came says little."""
    ended = sum(1 for number in truth.numbers if strikes.has_failed_by_plan(number))
    if 2 * ended <= len(truth.numbers):
        return
    came = sum(1 for cycle in truth.fates.delivered if cycle)
    due = came + sum(1 for _ in truth.undecided_or_wanted())
    if 2 * came < due:
        yield (
            f"most of the events: faults of the scenario ended {ended:,} of {len(truth.numbers):,} cycles, and "
            f"{came:,} of {due:,} wanted events came"
        )


def untried(truth: Truth, scenario: Scenario, *, told: Collection[str], ended_well: bool) -> Iterator[str]:
    """Phrases as in "no quiet cycle". `told`: events that a finding calls missed; `ended_well`: the last cycle did."""
    unseen = truth.fates.first_visible.count(0)
    if unseen:
        yield f"{counted(unseen, 'event')} of the scenario became visible in no cycle"
    if scenario.has_vendor and not has_late_arrival(truth):
        yield "no event that is listed after a newer one"
    if any(endpoint.kind == "list" for endpoint in scenario.endpoints):
        if not truth.has_full_answer:
            yield "no answer exactly as long as its limit"
        if not truth.has_cut_answer:
            yield "no answer cut at its limit"
    waiting = sum(1 for fate in truth.blocked() if fate.event.id not in told and not truth.is_deleted(fate))
    if waiting and ended_well:
        yield f"{counted(waiting, 'wanted event')} still waited when the run ended"
    left = truth.unexamined()
    if left and scenario.has_vendor:
        yield f"{counted(left, 'event')} that never came and that nobody looked into"


def what_lacked(truth: Truth | None) -> str:
    """Behind "nothing was delivered": what a run needs in which something is."""
    listed_in = truth.fates.first_listed if truth is not None else ()
    places = [number for number, cycle in enumerate(listed_in) if cycle]
    if truth is None or not places:
        return ": give the vendor events that lie in the first-fetch window, or simulate more cycles"
    first = min(places, key=lambda number: listed_in[number])
    return (
        f", although the vendor's answers listed {counted(len(places), 'event')}, "
        f"{shorten(truth.fates.events.ids[first], 60)} first in cycle {listed_in[first]}: look at what the script "
        "leaves out, and give the vendor events that it does not"
    )


def unproved(truth: Truth) -> str:
    """Why it cannot be told that the events which never came are not wanted; "": nothing speaks against it."""
    witness, names = truth.vain_witness, [shorten(fate.event.id, 60) for fate in truth.unwanted()]
    if not witness or not names:
        return ""
    return (
        f"whether {counted(len(names), 'event')} that never came should have come cannot be told: where "
        f"{shorten(witness, 60)}, which was delivered, is the only event at the vendor, it does not come either; "
        f"state `wanted = true` or `wanted = false` for {listed(names, 3)}"
    )


def has_late_arrival(truth: Truth) -> bool:
    """Whether an event became visible in a later cycle than one that occurred after it."""
    first_visible, occurred = truth.fates.first_visible, truth.fates.events.occurred
    newest, pending, cycle = None, None, 0
    for number in truth.order:
        if not first_visible[number]:
            continue
        if first_visible[number] != cycle:
            newest, cycle = pending, first_visible[number]
        if newest is not None and occurred[number] < newest:
            return True
        pending = occurred[number] if pending is None else max(pending, occurred[number])
    return False
