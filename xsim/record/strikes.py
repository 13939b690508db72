"""How often each fault of a scenario had struck when a run ended: its `times` are those of all runs together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from xsim.model import Journal, Outcome
from xsim.world import Fault


def strikes_before(journal: Journal, faults: Sequence[Fault]) -> dict[str, int]:
    """By name of each of these faults, what it has struck in the journal's run and in those that it went on from.

    A fault is known by the name that it was given; one without a name by its content, its `times` aside.
    """
    counts = Counter(journal.scenario.struck)
    for cycle in journal.cycles:
        if cycle.outcome is Outcome.UNSUPPORTED:
            break  # It is tried again, from what was there before it.
        counts.update(cycle.strikes)
    found: dict[str, int] = {}
    left = list(journal.scenario.faults)
    for fault in faults:
        # One of the same name first: two without a name may be alike.
        known = sorted((each for each in left if _is_same(each, fault)), key=lambda each: each.name != fault.name)
        if known:
            left.remove(known[0])
            if counts[known[0].name]:
                found[fault.name] = counts[known[0].name]
    return found


def _is_same(before: Fault, now: Fault) -> bool:
    if _has_own_name(before) or _has_own_name(now):
        return before.name == now.name
    return replace(before, name="", times=0) == replace(now, name="", times=0)


def _has_own_name(fault: Fault) -> bool:
    """Else it is called by its kind and a number, which changes with the faults before it."""
    kind, _, number = fault.name.rpartition(" ")
    return kind != fault.kind or not number.isdecimal()
