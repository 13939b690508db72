"""What rules look things up in: one walk over the journal, which keeps names, counts and digests, never an incident."""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from xsim.check.deliveries import Deliveries
from xsim.check.endings import Endings
from xsim.check.excerpt import moment
from xsim.check.handovers import Handovers
from xsim.check.held_up import HeldUp
from xsim.check.kills import Kills
from xsim.check.last_runs import LastRuns, set_repeatedly
from xsim.check.older_layout import OlderLayout, older_layout
from xsim.check.overruns import Overruns
from xsim.check.pagings import Pagings
from xsim.check.renewals import Renewals
from xsim.check.retries import note_hasty
from xsim.check.scenes import Scene, scenes_of
from xsim.check.sightings import Sightings
from xsim.check.strikes import Strikes, as_seen, has_trouble
from xsim.check.truth import Truth
from xsim.findings import Place, RuleResult
from xsim.model import Cycle, Failure, Journal, Outcome, Probe

JUDGED = (Outcome.OK, Outcome.REFUSED)


class CycleFacts(NamedTuple):
    """What is kept of a cycle."""

    number: int
    started: str
    outcome: Outcome
    delivered: int
    exchanges: int
    last_run_version: int
    """Equal where two cycles started from the same last run."""
    line: int | None
    """Of the last incidents call."""
    struck: int = 0
    """Exchanges that faults of the scenario struck."""
    is_shown: bool = False
    """Whether an answer that arrived tells which events it held."""


class Evidence:
    """A journal, walked once. Rules read it and change nothing."""

    def __init__(self, journal: Journal, *, is_whole: bool = True) -> None:
        """`is_whole` False: the journal is being written; its cycles are handed to `take`, and `end` follows."""
        self.journal = journal
        self.cycles: dict[int, CycleFacts] = {}
        self._scenes: dict[int, Scene] = {}
        self.unsupported: dict[int, Failure | None] = {}
        self.sightings = Sightings()
        self.last_runs = LastRuns(self.sightings)
        self.truth = Truth(journal.scenario) if journal.scenario.events else None
        """What the vendor knows; None where the scenario has no events."""
        self.handovers = Handovers(journal.scenario, self.sightings, self.truth)
        self.strikes = Strikes(journal.scenario)
        self.endings = Endings(self.sightings, self.strikes)
        self.pagings = Pagings()
        self.overruns = Overruns(journal.scenario)
        self.renewals = Renewals(journal.scenario)
        self.kills = Kills(journal.scenario, self.truth)
        self.held_up = HeldUp(journal.scenario, self.truth)
        self.judged: list[RuleResult] = []
        """What the rules before this one say."""
        self.ageing: Probe | None = None
        self.older_layout: OlderLayout | None = None
        if is_whole:
            for cycle in journal.cycles:
                self.take(cycle)
            self.end(journal)

    def end(self, journal: Journal) -> None:
        """All cycles were taken; the probes stand behind them."""
        self.journal = journal
        self.handovers.decide()
        self.renewals.close()
        self.ageing = ageing_probe(journal)
        if self.truth is not None:
            self.truth.take_probes(journal.probes)
        self.older_layout = older_layout(journal, self.strikes, self.deliveries.identity, self.truth)

    def take(self, cycle: Cycle) -> None:
        """The next cycle of the journal."""
        is_troubled = cycle.failure is not None or has_trouble(cycle)
        if is_troubled:
            self.strikes.take(cycle)
            if self.truth is not None:
                self.truth.note_sent(cycle)
            cycle = as_seen(cycle, self.strikes.kinds)
        version = self.last_runs.version
        delivered = 0
        if cycle.outcome is Outcome.UNSUPPORTED:
            self.unsupported[cycle.number] = cycle.failure
        else:
            if self.truth is not None:
                self.truth.take(cycle, is_struck=self.strikes.is_struck(cycle.number))
            if cycle.outcome is Outcome.OK:
                # A last run that is nested a thousand deep can be neither compared nor written.
                with suppress(RecursionError):
                    self.last_runs.take(cycle)
                set_repeatedly(cycle, self.sightings)
            if cycle.outcome in JUDGED:
                delivered = self.handovers.take(cycle)
            self._take_ending(cycle, is_troubled=is_troubled)
        struck = sum(1 for each in cycle.exchanges if each.fault) if self.strikes.is_struck(cycle.number) else 0
        line = next((call.line for call in cycle.host_calls if call.name == "incidents"), None)
        self.cycles[cycle.number] = CycleFacts(
            number=cycle.number,
            started=moment(cycle.started),
            outcome=cycle.outcome,
            delivered=delivered,
            exchanges=len(cycle.exchanges),
            last_run_version=version,
            line=line,
            struck=struck,
            is_shown=any(each.listing is not None for each in cycle.exchanges),
        )

    def _take_ending(self, cycle: Cycle, *, is_troubled: bool) -> None:
        """How the cycle ended, and what its requests tell of that; most cycles have nothing to tell."""
        self.endings.take(cycle)
        if not self.strikes.has_failed_by_plan(cycle.number):
            self.pagings.take(cycle)
        self.overruns.take(cycle)
        self.held_up.take(cycle)
        if is_troubled or self.renewals.is_open:
            self.renewals.take(cycle)
        if is_troubled:
            self.kills.take(cycle)
            note_hasty(cycle, self.sightings)

    def scenes(self, numbers: set[int]) -> dict[int, Scene]:
        """These cycles in more detail. The journal is walked again for those that were not asked for yet."""
        new = {number for number in numbers if number in self.cycles} - self._scenes.keys()
        if new:
            self._scenes.update((scene.number, scene) for scene in scenes_of(self.journal, new))
        return self._scenes

    @property
    def deliveries(self) -> Deliveries:
        return self.handovers.deliveries

    @property
    def delivered(self) -> int:
        """Incidents delivered by OK cycles, repetitions included."""
        return sum(facts.delivered for facts in self.cycles.values())

    @property
    def ok_cycles(self) -> list[CycleFacts]:
        return [facts for facts in self.cycles.values() if facts.outcome is Outcome.OK]

    def started(self, number: int) -> str:
        """When a cycle started, as text; of an earlier run's cycle that is not known."""
        return f"cycle {number} at {self.cycles[number].started}" if number in self.cycles else f"cycle {number}"

    def place(self, line: int | None, function: str | None = None) -> Place | None:
        if not line:
            return None
        integration = self.journal.integration
        around = [name for name, first, last in integration.functions if first <= line <= last]
        return Place(str(integration.path), line, around[-1] if around else function)


def ageing_probe(journal: Journal) -> Probe | None:
    """The last fetch with the clock far ahead that ended OK."""
    usable = [probe for probe in journal.probes if probe.kind == "ageing" and probe.outcome is Outcome.OK]
    return max(usable, key=lambda probe: probe.from_cycle, default=None)
