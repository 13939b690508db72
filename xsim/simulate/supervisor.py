"""Runs a simulation's commands in a process of their own and outlives whatever a script does there.

A process runs cycle after cycle, as a container of the server's does. Where a script hangs it, kills it or fills its
memory, that cycle has an outcome, nothing of it counts, and a new process goes on from the state before it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from xsim.errors import XsimError
from xsim.events import microseconds
from xsim.integration import Integration
from xsim.model import Cycle, DraftedCall, Failure, LogLine, Outcome, Probe, Request, Scenario, Vendor
from xsim.simulate.channel import ChannelClosedError
from xsim.simulate.child import Child, Death, as_exception, way_to_start
from xsim.simulate.loop import Position, happenings, run_once
from xsim.simulate.parcel import Ended, read, unpacked_cycle, written
from xsim.simulate.recording import Stored
from xsim.simulate.reruns import is_worth_rerunning
from xsim.simulate.script import FRAMES_KEPT, frame_text, source_lines
from xsim.simulate.worker import Opening, out_of_memory
from xsim.world import JsonValue

GRACE = timedelta(seconds=1)
"""Behind the limit of real time, which rings inside the process, until it is ended from outside."""
GLANCE = 0.25
"""Seconds between looks at whether a silent process still lives."""
PRELOADED = ("freezegun", "requests", "dateparser")
"""What every process loads. xsim loads it itself once it needs a second one: the others have it from their birth."""
_NOWHERE = Path()


def supervise(
    integration: Integration, scenario: Scenario, vendor: Vendor | None, *, way: str, cold: bool
) -> Iterator[Cycle | Probe]:
    """As `simulate` in this process, in one that the script can harm without harm to xsim or to the other cycles.

    `cold`: each cycle in a new process. What `vendor` changes outside its state is not seen in this process.
    """
    with Supervisor(integration, scenario, vendor, way=way, cold=cold) as supervisor:
        rerun = supervisor.rerun if not cold and is_worth_rerunning(integration, scenario) else None
        yield from happenings(scenario, supervisor.schedule(), supervisor, supervisor.world, rerun)


def supervise_command(
    integration: Integration, scenario: Scenario, command: str, vendor: Vendor | None, *, way: str
) -> Cycle:
    """One command in a process of its own."""
    with Supervisor(integration, scenario, vendor, way=way) as supervisor:
        return run_once(supervisor, scenario, command)


def supervise_rehearsal(
    integration: Integration, scenario: Scenario, samples: Sequence[tuple[str, JsonValue]], *, way: str
) -> tuple[tuple[DraftedCall, ...], Cycle]:
    """As `rehearse`. Where the process is lost the calls are those that were seen before, and the cycle says why."""
    with Supervisor(integration, scenario, None, way=way, samples=tuple(samples)) as supervisor:
        return supervisor.rehearse()


def choose_way(
    integration: Integration,
    scenario: Scenario,
    vendor: Vendor | None = None,
    *,
    supervised: bool | None = None,
    cold: bool = False,
) -> str:
    """How the script gets its process: "fork", "spawn", or "here" where it runs in this one.

    `supervised` None: not where somebody watches the script run, as a debugger or a measurement of coverage does, and
    not where a function of the caller's answers it, since what that changes would not be seen here. Raises XsimError
    where a process of its own is asked for and there is no way to one.
    """
    if supervised is False and cold:
        raise XsimError("each cycle in a new process, and the script in xsim's own: expected one of the two")
    if supervised is False or (supervised is None and not cold and (vendor is not None or _is_watched())):
        return "here"
    way = way_to_start(_opening(integration, scenario, vendor, None))
    if way or (supervised is None and not cold):
        return way or "here"
    raise XsimError(
        "the script cannot have a process of its own: the vendor function cannot be taken there",
        hint="define it at the top of a module, or ask neither for `supervised` nor for `cold`",
    )


def _is_watched() -> bool:
    monitoring = getattr(sys, "monitoring", None)
    tools = (monitoring.get_tool(each) for each in range(6)) if monitoring is not None else ()
    return sys.gettrace() is not None or sys.getprofile() is not None or any(tools)


class Supervisor:
    """The platform, in a process that may be lost at any time."""

    def __init__(
        self,
        integration: Integration,
        scenario: Scenario,
        vendor: Vendor | None,
        *,
        way: str,
        cold: bool = False,
        samples: tuple[tuple[str, JsonValue], ...] | None = None,
    ) -> None:
        self.world: Any = None if vendor is not None or not scenario.has_vendor else RemoteWorld(self)
        self._integration = integration
        self._scenario = scenario
        self._vendor = vendor
        self._cold = cold
        self._samples = samples
        self._way = way
        self._vendor_state = scenario.vendor_state
        self._child: Child | None = None
        self._is_fresh = False
        self._births = 0
        self._output: tuple[str, ...] = ()
        """What the last process that died had written past sys.stdout."""
        self.worlds = count(1)
        limit = scenario.settings.hang_limit
        self._patience = (limit + min(GRACE, limit)).total_seconds()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def schedule(self) -> Iterator[tuple[Cycle, Stored]]:
        """Each cycle, and what the server keeps behind it."""
        position = Position.first(self._scenario)
        while not position.is_end(self._scenario):
            for cycle, following in self._stretch(position):
                position = following
                yield cycle, position.stored

    def run(
        self, command: str, number: int, started: datetime, *, stored: Stored, vendor: Any = None
    ) -> tuple[Cycle, Stored]:
        """One command from what is stored. `vendor`: one made of `world` answers."""
        while True:
            self._begin()
            world = None if vendor is None else vendor.parcel(self._births)
            self._ask("run", command, number, microseconds(started), (stored.last_run, stored.context), world)
            ended = self._next()
            if ended is None:
                continue
            if isinstance(ended, Failure):
                return self._lost(number, started, stored, ended), stored
            after = self._after(ended, stored)
            if vendor is not None and ended.world_state is not None:
                vendor.remember(ended.world_state[0])
            state = None if vendor is not None else self._vendor_state
            return unpacked_cycle(ended.cycle, stored, after, state), after

    def rehearse(self) -> tuple[tuple[DraftedCall, ...], Cycle]:
        """The calls of a script's first fetches while a scenario is drafted, and the cycle that they ended with."""
        from xsim.simulate.rehearsal import Patience, rehearsed, seen_calls

        calls: tuple[DraftedCall, ...] = ()
        patience = Patience(self._patience)
        self._begin()
        while True:
            message = self._message(patience.left())
            if isinstance(message, Failure):
                stored = Stored.of(self._scenario.last_run, self._scenario.context)
                return calls, self._lost(self._scenario.first_cycle, self._scenario.starts, stored, message)
            what, *told = message
            if what == "fetch":
                patience.begin()
            elif what == "seen":
                calls = seen_calls(*told)
            elif what == "rehearsed":
                return rehearsed(*told)
            else:
                self._end()
                raise as_exception(*told)

    def rerun(self, scenario: Scenario) -> Iterator[Cycle]:
        """The schedule of another scenario, in a process in which nothing ran before; the one that ran ends with it."""
        self._end()
        with Supervisor(self._integration, scenario, self._vendor, way=self._way) as other:
            other._births = self._births
            for cycle, _ in other.schedule():
                yield cycle

    # --- inside ---

    def _stretch(self, position: Position) -> Iterator[tuple[Cycle, Position]]:
        """Cycles from a position on, as many as one process runs."""
        self._begin()
        scenario, stored = self._scenario, position.stored
        left = 1 if self._cold else scenario.first_cycle + scenario.cycles - position.number
        begins = (position.number, microseconds(position.moment), (stored.last_run, stored.context), position.struck)
        self._ask("schedule", *begins, left)
        while not position.is_end(scenario):
            ended = self._next(in_a_row=left > 1)
            if ended is None:
                return
            stored = position.stored
            if isinstance(ended, Failure):
                cycle = self._lost(position.number, position.moment, stored, ended)
                position = position.behind(cycle, scenario, stored, position.struck)
            else:
                after = self._after(ended, stored)
                cycle = unpacked_cycle(ended.cycle, stored, after, self._vendor_state)
                position = position.behind(cycle, scenario, after, ended.struck)
            yield cycle, position
            if self._child is None:
                return

    def _after(self, ended: Ended, before: Stored) -> Stored:
        if ended.vendor_state is not None:
            self._vendor_state = ended.vendor_state[0]
        if ended.is_spent or self._cold:
            self._end()
        return before if ended.stored is None else Stored(*ended.stored)

    def _begin(self) -> None:
        """Have a process that is ready."""
        if self._child is not None:
            return
        if self._births:
            _preload()
        opening = _opening(self._integration, self._scenario, self._vendor, self._vendor_state, self._samples)
        self._births += 1
        self._is_fresh = True
        self._child = Child(opening, self._way)
        message = self._message(None)
        if isinstance(message, Failure):
            raise as_exception("XsimError", f"the script's process could not start: {message.message}", "")
        what, *told = message
        if what == "error":
            self._end()
            raise as_exception(*told)

    def _ask(self, *message: Any) -> None:
        assert self._child is not None, "there is a process to ask"
        with suppress(ChannelClosedError):  # Dead since its last word; the answer that does not come tells.
            self._child.channel.send(written(message))

    def _next(self, *, in_a_row: bool = False) -> Ended | Failure | None:
        """How the command ended, or why it never will. None: ask again, of a new process."""
        message = self._message(self._patience, in_a_row=in_a_row)
        if isinstance(message, Failure):
            return message
        what, *told = message
        if what == "ended":
            self._is_fresh = False
            return Ended(*told)
        was_fresh = self._is_fresh
        self._end()
        # What an earlier command did to its process may be at fault: a new one tells.
        if was_fresh or told[0]:
            raise as_exception(*told)
        return None

    def _message(self, patience: float | None, *, in_a_row: bool = False) -> Any:
        """What the process says next, or why it says nothing more. It is dead then."""
        assert self._child is not None, "there is a process to listen to"
        left = patience
        while True:
            glance = GLANCE if left is None else min(GLANCE, left)
            try:
                data = self._child.channel.receive_within(glance, in_a_row=in_a_row)
                if data is not None:
                    return read(data)
                died = self._child.death()
                data = self._child.channel.receive_within(0) if died else None
                if data is not None:
                    return read(data)
            except (ChannelClosedError, ValueError, EOFError, TypeError):
                return self._buried(self._end(closed=True))
            if died:
                return self._buried(self._end() or died)
            left = left if left is None else left - glance
            if left is not None and left <= 0:
                return self._buried(self._end(hangs=True), hangs=True)

    def _end(self, *, hangs: bool = False, closed: bool = False) -> Death | None:
        child, self._child = self._child, None
        if child is None:
            return None
        return child.end(hangs=hangs, closed=closed)

    def _buried(self, death: Death | None, *, hangs: bool = False) -> Failure:
        assert death is not None, "somebody died"
        path = str(self._integration.code.co_filename) if self._integration.code else ""
        own = [(line, function) for file, line, function in death.places if file == path][-FRAMES_KEPT:]
        lines = source_lines(self._integration)
        frames = tuple(frame_text(lines, *place) for place in own)
        line, function = own[-1] if own else (None, None)
        kind, what = death.kind, death.what
        if hangs:
            limit = self._scenario.settings.hang_limit.total_seconds()
            kind, what = "hang", f"the command did not end within {limit:g} s of real time, nor when it was told to"
        elif kind == "memory":
            what = out_of_memory(self._scenario).message
        self._output = death.output
        return Failure(kind, what, frames, line, function)

    def _lost(self, number: int, started: datetime, stored: Stored, failure: Failure) -> Cycle:
        """The cycle whose process is gone. What it did went with it, and nothing of it counts."""
        return Cycle(
            number=number,
            started=started,
            ended=started,
            outcome=Outcome.TIMED_OUT if failure.kind == "hang" else Outcome.FAILED,
            failure=failure,
            last_run_before=stored.parsed_last_run,
            last_run_after=stored.parsed_last_run,
            context_before=stored.parsed_context,
            context_after=stored.parsed_context,
            log=tuple(LogLine("stdout", line[:2_000]) for line in self._output[:500]),
            vendor_state=self._vendor_state,
        )


@dataclass
class RemoteWorld:
    """The simulated vendor in the script's process, or one made of it: how it was made, and what it remembers."""

    supervisor: Supervisor
    made: tuple[str, tuple[Any, ...]] = ("", ())
    number: int = 0
    _known: tuple[JsonValue] | None = None
    _told_to: int = field(default=0)
    """Which process has it as it is; 0: none."""

    def __call__(self, request: Request, now: datetime) -> Any:
        raise AssertionError("it answers in the process of the script")

    def alone(self, event_id: str, state: JsonValue = None) -> RemoteWorld:
        return self._made("alone", event_id, state)

    def without_events(self, state: JsonValue = None) -> RemoteWorld:
        return self._made("without_events", state)

    def without_news(self, since: datetime) -> RemoteWorld:
        return self._made("without_news", microseconds(since))

    @property
    def state(self) -> JsonValue:
        """What it remembers, as far as it was told or asked."""
        return None if self._known is None else self._known[0]

    @state.setter
    def state(self, value: JsonValue) -> None:
        self._known, self._told_to = (value,), 0

    def remember(self, state: JsonValue) -> None:
        """It is in that state in the process that asked it last."""
        self._known = (state,)

    def parcel(self, birth: int) -> tuple[int, tuple[Any, ...], tuple[JsonValue] | None]:
        """For the process of that birth: number, recipe, and the state where that process does not have it."""
        state = None if self._told_to == birth else self._known
        self._told_to = birth
        maker, arguments = self.made
        return self.number, (maker, *arguments), state

    def _made(self, maker: str, *arguments: Any) -> RemoteWorld:
        return RemoteWorld(self.supervisor, (maker, arguments), next(self.supervisor.worlds))


def _opening(
    integration: Integration,
    scenario: Scenario,
    vendor: Vendor | None,
    vendor_state: JsonValue,
    samples: tuple[tuple[str, JsonValue], ...] | None = None,
) -> Opening:
    return Opening(integration, scenario, vendor, vendor_state, _NOWHERE, _NOWHERE, samples)


def _preload() -> list[ModuleType]:
    loaded = []
    for name in PRELOADED:
        with suppress(ImportError):
            loaded.append(__import__(name))
    return loaded
