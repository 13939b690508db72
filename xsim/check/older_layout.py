"""A run that starts from a last run which an older version, or another setting, left behind: does the fetch read it?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from xsim.check.identity import Identity
from xsim.check.incidents import batches_of, with_right_case
from xsim.check.last_runs import is_hollow
from xsim.check.strikes import Strikes
from xsim.check.truth import Truth
from xsim.model import Cycle, Journal, Outcome, Probe, Scenario


class OlderLayout(NamedTuple):
    """What the first cycle made of the last run that it was given."""

    cause: str
    """"crash" or "state-ignored"."""
    cycle: Cycle
    again: tuple[str, ...] = ()
    """Events that earlier runs had delivered, and that came again."""


def older_layout(journal: Journal, strikes: Strikes, identity: Identity, truth: Truth | None) -> OlderLayout | None:
    """None where the scenario starts from nothing, goes on from a run, or no fetch from nothing tells a difference."""
    scenario = journal.scenario
    if not starts_from_a_given_last_run(scenario):
        return None
    first = next(iter(journal.cycles), None)
    fresh = next((probe for probe in journal.probes if probe.kind == "fresh"), None)
    if first is None or fresh is None or fresh.outcome is not Outcome.OK:
        return None
    if first.outcome in (Outcome.FAILED, Outcome.TIMED_OUT):
        is_told = strikes.is_struck(first.number) or (truth is not None and is_poisoned(truth, first))
        return None if is_told else OlderLayout("crash", first)
    return ignored(first, fresh, scenario, identity) if first.outcome is Outcome.OK else None


def starts_from_a_given_last_run(scenario: Scenario) -> bool:
    return scenario.first_cycle == 1 and not is_hollow(scenario.last_run)


def is_poisoned(truth: Truth, first: Cycle) -> bool:
    """Whether an event alone makes a fetch from nothing fail in the same way: then the last run is not to blame."""
    failures = (fate.wanted_look.failure for fate in truth.fates.values() if fate.is_poison and fate.wanted_look)
    own = first.failure
    return any(
        each is not None and own is not None and (each.kind, each.line) == (own.kind, own.line) for each in failures
    )


def ignored(first: Cycle, fresh: Probe, scenario: Scenario, identity: Identity) -> OlderLayout | None:
    """The first cycle delivers what a fetch from nothing delivers, though that was delivered before."""
    names = dict.fromkeys(names_in(first.incidents, identity))
    again = tuple(name for name in names if name in scenario.delivered)
    if not again or names.keys() != set(names_in(fresh.incidents, identity)):
        return None
    return OlderLayout("state-ignored", first, again)


def names_in(batches: Iterable[str], identity: Identity) -> Iterator[str]:
    """The names of the incidents in these batches."""
    for batch in batches_of(batches):
        for incident in batch:
            if not isinstance(incident, dict):
                continue
            right = with_right_case(incident)
            raw, mirror = right.get("rawJSON"), right.get("dbotMirrorId")
            try:
                parsed = json.loads(raw) if isinstance(raw, str) else raw
            except (ValueError, RecursionError):
                continue  # Told by the rules about incidents.
            yield from identity.names(
                mirror if isinstance(mirror, str) else None, parsed, raw if isinstance(raw, str) else None
            )
