"""Runs single cycles once more in new processes: did anything beside the stored state make them what they were?

The server reuses a process for fetch after fetch, and starts a new one at any time (server-semantics 5). What a script
left in a module, a class or a function of a library is there in the one and gone in the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from xsim.integration import Integration
from xsim.model import Cycle, Outcome, Probe, Scenario
from xsim.simulate.recording import Stored
from xsim.world import JsonValue

MOST_RERUN = 3
"""Cycles of a run that are run once more."""
EVENTS_OF_A_SMALL_WORLD = 10_000
"""Beyond these one cycle has to do: each new process makes the whole vendor anew."""
CYCLES_OF_A_LONG_RUN = 1_000
"""Beyond these a new process costs next to nothing, so that a script is tried whose text tells of no leak."""
BEHIND = 30
"""So many cycles before a cycle are run once more with it, where it came out otherwise in a new process."""
ENDS_ITS_PROCESS = ("hang", "memory", "died")

Rerun = Callable[[Scenario], Iterator[Cycle]]
"""Runs a scenario's schedule in a process in which nothing ran before."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What there was when a cycle began."""

    number: int
    moment: datetime
    stored: Stored
    vendor_state: JsonValue
    struck: dict[str, int]

    def scenario(self, scenario: Scenario, cycles: int) -> Scenario:
        """One that begins with this cycle."""
        return replace(
            scenario,
            first_cycle=self.number,
            starts=self.moment,
            cycles=cycles,
            last_run=self.stored.parsed_last_run,
            context=self.stored.parsed_context,
            vendor_state=self.vendor_state,
            struck=self.struck,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A cycle that is worth running once more."""

    cycle: Cycle
    beginning: Beginning
    first: Beginning
    """Of the cycles before it in its process, at most BEHIND."""


def is_worth_rerunning(integration: Integration, scenario: Scenario) -> bool:
    """Whether the script may leave something behind as far as its text tells, or the run is long."""
    return bool(integration.lasting) or scenario.cycles > CYCLES_OF_A_LONG_RUN


class Reused:
    """The cycles that ran in a process behind others: of those that ended well, the few that would show a leak.

    That is the last one, the last one that delivered, and the last one that did not deliver just what it was shown: a
    memory of events that were seen before leaves some out, a stock of events adds some.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._stored = Stored.of(scenario.last_run, scenario.context)
        self._vendor_state = scenario.vendor_state
        self._struck = dict(scenario.struck)
        self._in_process: deque[Beginning] = deque(maxlen=BEHIND + 1)
        self._kept: dict[str, Kept] = {}

    def add(self, cycle: Cycle, stored: Stored, delivered: set[str]) -> None:
        """The next cycle, what the server keeps behind it, and the scenario's events that it delivered."""
        beginning = Beginning(cycle.number, cycle.started, self._stored, self._vendor_state, self._struck)
        self._in_process.append(beginning)
        if cycle.outcome is Outcome.OK and len(self._in_process) > 1:
            self._keep(Kept(cycle, beginning, self._in_process[0]), delivered)
        self._stored, self._vendor_state = stored, cycle.vendor_state
        if strikes := cycle.strikes:
            self._struck = dict(self._struck)
            for name in strikes:
                self._struck[name] = self._struck.get(name, 0) + 1
        if cycle.failure is not None and cycle.failure.kind in ENDS_ITS_PROCESS:
            self._in_process.clear()

    def reruns(self, rerun: Rerun) -> Iterator[Probe]:
        """Each of them in a new process; twice more where it comes out otherwise, to tell by what."""
        most = MOST_RERUN if len(self._scenario.events) <= EVENTS_OF_A_SMALL_WORLD else 1
        chosen = {kept.cycle.number: kept for kept in self._kept.values()}
        for kept in list(chosen.values())[:most]:
            for cold in rerun(kept.beginning.scenario(self._scenario, 1)):
                yield _probe("cold", cold)
                if not is_same(cold, kept.cycle):
                    yield from self._looked_into(rerun, kept)

    def _keep(self, kept: Kept, delivered: set[str]) -> None:
        # In the order in which they are run again.
        for name, is_one in (
            ("uneven", self._scenario.events and delivered != _shown(kept.cycle)),
            ("delivers", any(text.strip() not in ("[]", "null", "") for text in kept.cycle.incidents)),
            ("last", True),
        ):
            if is_one:
                self._kept[name] = kept

    def _looked_into(self, rerun: Rerun, kept: Kept) -> Iterator[Probe]:
        """Once more with other chance, and in a process that ran what came before it.

        There CommonServerPython is loaded anew in each cycle: only in xsim it keeps what a script changes in it.
        """
        settings = self._scenario.settings
        other = replace(self._scenario, settings=replace(settings, script_seed=self._scenario.seed + 1))
        for cold in rerun(kept.beginning.scenario(other, 1)):
            yield _probe("cold", cold)
        anew = replace(self._scenario, settings=replace(settings, renews_common_server=True))
        cycles = kept.cycle.number - kept.first.number + 1
        for cycle in rerun(kept.first.scenario(anew, cycles)):
            if (cycle.number, cycle.started) == (kept.cycle.number, kept.cycle.started):
                yield _probe("reused", cycle)


def is_same(one: Cycle, other: Cycle) -> bool:
    """Whether two runs of a cycle came to the same, to the letter."""
    return (one.outcome, one.incidents, one.last_run_after, one.context_after) == (
        other.outcome,
        other.incidents,
        other.last_run_after,
        other.context_after,
    )


def _shown(cycle: Cycle) -> set[str]:
    return {name for each in cycle.exchanges if each.listing is not None for name in each.listing.listed}


def _probe(kind: str, cycle: Cycle) -> Probe:
    return Probe(
        kind=kind,
        from_cycle=cycle.number,
        at=cycle.started,
        outcome=cycle.outcome,
        last_run_after=cycle.last_run_after,
        failure=cycle.failure,
        incidents=cycle.incidents,
        requests=len(cycle.exchanges),
        context_after=cycle.context_after,
        ended=cycle.ended,
        exchanges=cycle.exchanges,
    )
