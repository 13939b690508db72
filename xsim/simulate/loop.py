"""The schedule: a fetch a minute, each from the last run that the one before left behind (server-semantics 1.3, 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from xsim.integration import Integration
from xsim.model import Cycle, Exchange, Failure, Outcome, Probe, Scenario, Vendor
from xsim.simulate.clock import Clock
from xsim.simulate.faults import CycleFaults, Faults
from xsim.simulate.history import History
from xsim.simulate.host import Host
from xsim.simulate.network import Network
from xsim.simulate.probes import HANGS_IN_A_ROW, PlatformLike, VendorWorld, is_hang, probes, until_they_hang
from xsim.simulate.process import HangDetected, Process
from xsim.simulate.recording import Command, Recording, Stored, script_line
from xsim.simulate.reruns import Rerun, Reused
from xsim.simulate.script import Ending, Script
from xsim.world import JsonValue


@dataclass(frozen=True)
class Position:
    """Where a schedule goes on: the next cycle, and what server, vendor and faults remember before it."""

    number: int
    moment: datetime
    stored: Stored
    vendor_state: JsonValue = None
    struck: tuple[int, ...] = ()
    """How often each fault has struck; empty: none has."""

    @classmethod
    def first(cls, scenario: Scenario) -> Position:
        stored = Stored.of(scenario.last_run, scenario.context)
        struck = tuple(scenario.struck.get(fault.name, 0) for fault in scenario.faults) if scenario.struck else ()
        return cls(scenario.first_cycle, scenario.starts, stored, scenario.vendor_state, struck).due(scenario)

    def due(self, scenario: Scenario) -> Position:
        """Behind the cycles that the platform leaves out."""
        position = self
        while position.number in scenario.skipped:
            moment = scenario.next_start(position.number, position.moment, position.moment)
            position = replace(position, number=position.number + 1, moment=moment)
        return position

    def behind(self, cycle: Cycle, scenario: Scenario, stored: Stored, struck: tuple[int, ...]) -> Position:
        moment = scenario.next_start(cycle.number, cycle.started, cycle.ended)
        return Position(cycle.number + 1, moment, stored, cycle.vendor_state, struck).due(scenario)

    def is_end(self, scenario: Scenario) -> bool:
        return self.number >= scenario.first_cycle + scenario.cycles


def simulate(
    integration: Integration,
    scenario: Scenario,
    *,
    vendor: Vendor | None = None,
    way: str = "here",
    cold: bool = False,
) -> Iterator[Cycle | Probe]:
    """Run the schedule and yield each cycle as it ends, then the probes. Process state is undone when closed.

    `vendor` answers in place of the scenario's own. `way`, as `choose_way` gives it: the script's process. `cold`: a
    new process for each cycle.
    """
    if way == "here":
        return _simulate_here(integration, scenario, vendor)
    from xsim.simulate.supervisor import supervise

    return supervise(integration, scenario, vendor, way=way, cold=cold)


def _simulate_here(integration: Integration, scenario: Scenario, vendor: Vendor | None) -> Iterator[Cycle | Probe]:
    world = own_vendor(scenario) if vendor is None else None
    with Platform(integration, scenario, vendor or world) as platform:
        cycles = ((cycle, position.stored) for cycle, position in schedule(platform, scenario))
        yield from happenings(scenario, cycles, platform, world)


def happenings(
    scenario: Scenario,
    cycles: Iterator[tuple[Cycle, Stored]],
    platform: PlatformLike,
    world: VendorWorld | None,
    rerun: Rerun | None = None,
) -> Iterator[Cycle | Probe]:
    """The cycles of the schedule, each with what the server keeps behind it, then the probes.

    `rerun`: a way to new processes, where one process runs cycle after cycle.
    """
    history, reused = History(scenario), Reused(scenario)
    hangs = 0
    for cycle, stored in cycles:
        yield cycle
        delivered = history.add(cycle, stored)
        if rerun is not None:
            reused.add(cycle, stored, delivered)
        hangs = hangs + 1 if is_hang(cycle) else 0
        if cycle.outcome is Outcome.UNSUPPORTED or hangs == HANGS_IN_A_ROW:
            return
    yield from until_they_hang(_all_probes(platform, history, world, reused, rerun))


def _all_probes(
    platform: PlatformLike, history: History, world: VendorWorld | None, reused: Reused, rerun: Rerun | None
) -> Iterator[Probe]:
    yield from probes(platform, history, world)
    if rerun is not None:
        yield from reused.reruns(rerun)


def run_command(
    integration: Integration,
    scenario: Scenario,
    command: str,
    *,
    vendor: Vendor | None = None,
    supervised: bool | None = False,
) -> Cycle:
    """One command as a person gives it, outside the schedule: "fetch-incidents" for `!instance-fetch`, "test-module".

    It starts from the scenario's last run and context; what it sets is in the cycle and nowhere else. `supervised` as
    of `choose_way`.
    """
    if supervised is not False:
        from xsim.simulate.supervisor import choose_way, supervise_command

        way = choose_way(integration, scenario, vendor, supervised=supervised)
        if way != "here":
            return supervise_command(integration, scenario, command, vendor, way=way)
    with Platform(integration, scenario, vendor or own_vendor(scenario)) as platform:
        return run_once(platform, scenario, command)


def run_once(platform: PlatformLike, scenario: Scenario, command: str) -> Cycle:
    # Only a fetch has a last run (server-semantics 1.4).
    last_run = scenario.last_run if command == "fetch-incidents" else {}
    stored = Stored.of(last_run, scenario.context)
    return platform.run(command, scenario.first_cycle, scenario.starts, stored=stored)[0]


def own_vendor(scenario: Scenario) -> VendorWorld | None:
    """The vendor that the scenario describes, if it describes one."""
    if not scenario.has_vendor:
        return None
    from xsim.simulate.vendor import SimulatedVendor

    return SimulatedVendor(scenario)


def schedule(
    platform: Platform, scenario: Scenario, position: Position | None = None
) -> Iterator[tuple[Cycle, Position]]:
    """Each cycle from a position on, and where the schedule goes on behind it."""
    position = position or Position.first(scenario)
    faults = Faults(scenario.faults, scenario.seed, position.struck) if scenario.faults else None
    while not position.is_end(scenario):
        number, moment = position.number, position.moment
        striking = faults.in_cycle(number, moment) if faults is not None else None
        cycle, stored = platform.run("fetch-incidents", number, moment, stored=position.stored, faults=striking)
        position = position.behind(cycle, scenario, stored, faults.struck if faults is not None else ())
        yield cycle, position


class Platform:
    """The server's side of a run: it owns clock, network, process and host, and runs one command after the other."""

    def __init__(
        self, integration: Integration, scenario: Scenario, vendor: Vendor | None, *, folder: Path | None = None
    ) -> None:
        """`folder`: where commands work, in place of a temporary one."""
        self._integration = integration
        self._scenario = scenario
        self._vendor = vendor
        self._memory = VendorMemory(vendor, scenario.vendor_state)
        self._host = Host()
        self._clock = Clock(scenario.starts)
        seed = scenario.settings.script_seed
        self._process = Process(scenario.seed if seed is None else seed, folder)
        # Beside them other objects have other addresses: what hangs on those shows as chance, too.
        self._ballast = None if seed is None else [bytes(size) for size in range(0, 512, 3) for _ in range(20)]
        self._script = self._new_script()
        self._line = script_line(self._script.path)
        self._recording = Recording()
        self._exchanges: list[Exchange] = []
        self._network = Network(
            vendor,
            self._clock,
            latency=scenario.settings.latency,
            on_exchange=lambda exchange: self._exchanges.append(exchange),
            on_unsupported=self._note_unsupported,
            line_of_caller=self._line,
            on_correction=self._correct,
            keep_answers=scenario.settings.keep_answers,
        )
        self._undo = ExitStack()
        self.hung_at: int | None = None
        """Where the last command was stopped for its real time; not told in a cycle, as it hangs on the machine."""

    def __enter__(self) -> Platform:
        with ExitStack() as undo:
            for begin, end in (
                (self._process.open, self._process.close),
                (self._clock.start, self._clock.stop),
                (self._network.open, self._network.close),
                (self._open_script, self._close_script),
            ):
                undo.callback(end)
                begin()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def run(
        self,
        command: str,
        number: int,
        started: datetime,
        *,
        stored: Stored,
        vendor: Vendor | None = None,
        faults: CycleFaults | None = None,
    ) -> tuple[Cycle, Stored]:
        """Run one command from what is stored, and say what the platform makes of it.

        `vendor`: this one answers. `faults`: what may go wrong on the way.
        """
        settings = self._scenario.settings
        if settings.renews_common_server:
            self._close_script()
            self._script = self._new_script()
            self._open_script()
        self._clock.begin_command(started, started + settings.command_timeout)
        self._recording = recording = Recording(stored.last_run, stored.context, stored.context)
        self._exchanges = []
        self._host.begin(self._command(command), recording, self._now, self._line)
        self._network.vendor = vendor or self._vendor
        self._network.faults = faults
        recording.kill = faults.kill if faults is not None else None
        self._network.attend()
        ending = Ending()
        try:
            with self._process.command(number, recording.write_log, settings.hang_limit):
                ending = self._script.run()
                self._clock.end_command()
        except HangDetected:  # The alarm rang on the way out of the script.
            self._script.forget()
            self._clock.end_command()
        self.hung_at = _line_in(ending.raised, self._script.path) if self._process.hung else None
        self._network.settle()
        outcome, failure = self._outcome(command, ending, self._clock.now)
        counts = outcome is Outcome.OK
        after = Stored(
            recording.last_run if counts else stored.last_run,
            recording.context if counts else recording.context_synced,
        )
        remembered = self._memory.snapshot() if vendor is None else None
        return self._cycle(number, started, (stored, after), outcome, failure, remembered), after

    def _new_script(self) -> Script:
        unsupported, mend = self._note_unsupported, self._process.mend
        return Script(self._integration, self._host, on_unsupported=unsupported, mend=mend)

    def _open_script(self) -> None:
        self._script.open()

    def _close_script(self) -> None:
        self._script.close()

    def _cycle(
        self,
        number: int,
        started: datetime,
        stored: tuple[Stored, Stored],
        outcome: Outcome,
        failure: Failure | None,
        vendor_state: JsonValue,
    ) -> Cycle:
        """What was recorded, as a record. `stored` is what the server kept before and behind it."""
        before, after = stored
        recording, several_calls = self._recording, self._scenario.settings.several_incidents_calls
        return Cycle(
            number=number,
            started=started,
            ended=recording.died or self._clock.now,
            outcome=outcome,
            failure=failure,
            last_run_before=before.parsed_last_run,
            last_run_after=after.parsed_last_run,
            context_before=before.parsed_context,
            context_after=after.parsed_context,
            incidents=tuple(each.text for each in recording.counted(several_calls)),
            refusals=recording.refusals(several_calls),
            files=self._process.files,
            exchanges=tuple(self._exchanges),
            host_calls=tuple(recording.host_calls),
            results=tuple(recording.results),
            log=recording.whole_log(),
            vendor_state=vendor_state,
        )

    def _correct(self, before: Exchange, after: Exchange) -> None:
        """What was recorded when a request was sent turned out otherwise."""
        for place in reversed(range(len(self._exchanges))):
            if self._exchanges[place] is before:
                self._exchanges[place] = after
                return

    def _note_unsupported(self, what: str, hint: str) -> None:
        self._recording.note_unsupported(what, hint)

    def _now(self) -> datetime:
        return self._clock.now

    def _command(self, name: str) -> Command:
        return Command(
            name=name,
            params=self._scenario.parameters.values,
            instance=self._scenario.instance,
            brand=self._integration.name,
            timeout=self._scenario.settings.command_timeout,
            keeps_context=name != "test-module",
        )

    def _outcome(self, command: str, ending: Ending, ended: datetime) -> tuple[Outcome, Failure | None]:
        """What counts is what was recorded: a script can swallow every signal on its way through it."""
        recording, settings = self._recording, self._scenario.settings
        if self._network.failed is not None:
            raise self._network.failed.__cause__ or self._network.failed
        if recording.unsupported is not None:
            what, hint = recording.unsupported
            return Outcome.UNSUPPORTED, Failure("unsupported", what, hint=hint)
        if recording.kill is not None and recording.died:
            return Outcome.FAILED, recording.kill.failure
        if self._process.hung:
            limit = settings.hang_limit.total_seconds()
            return Outcome.TIMED_OUT, Failure("hang", f"the command did not end within {limit:g} s of real time")
        if ended >= self._scenario_deadline():
            limit = settings.command_timeout.total_seconds()
            return Outcome.TIMED_OUT, Failure("time limit", f"the command ran longer than its limit of {limit:g} s")
        if ending.failure is not None and ending.failure.kind == "ModuleNotFoundError":
            # What this environment lacks is no fault of the script.
            return Outcome.UNSUPPORTED, _missing_module(ending)
        if ending.failure is not None:
            return Outcome.FAILED, ending.failure
        if recording.kill is not None:
            recording.kill.at_end(ended)
            return Outcome.FAILED, recording.kill.failure
        if command == "fetch-incidents":
            return self._fetch_outcome()
        return Outcome.OK, None

    def _fetch_outcome(self) -> tuple[Outcome, Failure | None]:
        recording, settings = self._recording, self._scenario.settings
        refusals = recording.refusals(settings.several_incidents_calls)
        if refusals and (settings.on_malformed == "refuse" or refusals[0].index is None):
            return Outcome.REFUSED, Failure("refused", refusals[0].message)
        if not recording.handovers and settings.without_incidents_call == "fail":
            return Outcome.FAILED, Failure("no incidents", "the fetch ended without a call of demisto.incidents()")
        return Outcome.OK, None

    def _scenario_deadline(self) -> datetime:
        assert self._clock.deadline is not None, "a command runs under a deadline"
        return self._clock.deadline


class VendorMemory:
    """What the vendor remembers from cycle to cycle. Any function is a vendor, and most remember nothing."""

    def __init__(self, vendor: Any, start: JsonValue) -> None:
        """Gives the vendor back what it remembered when an earlier run ended, if that is known."""
        self._vendor = vendor
        # The simulated vendor hands out what it will not change; another may go on writing in it.
        self._is_ours = hasattr(vendor, "without_news")
        self._has_state = hasattr(vendor, "state")
        if start and self._has_state:
            vendor.state = start
        self._kept: JsonValue = None

    def snapshot(self) -> JsonValue:
        """What it remembers now, as JSON to keep; None: nothing."""
        if not self._has_state:
            return None
        state = self._vendor.state or None
        if state is not None and not self._is_ours:
            try:
                state = json.loads(json.dumps(state))
            except (TypeError, ValueError, RecursionError):
                return None  # Something else of that name.
        if state != self._kept:
            self._kept = state
        return self._kept


def _line_in(error: BaseException | None, path: str) -> int | None:
    """The script's line that was running when the error was raised."""
    line, step = None, error.__traceback__ if error is not None else None
    while step is not None:
        line = step.tb_lineno if step.tb_frame.f_code.co_filename == path else line
        step = step.tb_next
    return line


def _missing_module(ending: Ending) -> Failure:
    assert ending.failure is not None, "there is a failure to tell"
    name = getattr(ending.raised, "name", None) or ending.failure.message.rpartition(" ")[2].strip("'")
    package = str(name).partition(".")[0]
    return replace(
        ending.failure,
        kind="unsupported",
        message=f"the module {name} is not installed here",
        hint=f"pip install {package} (or the package that brings it) into the environment that runs xsim",
    )
