"""The process that a script runs in, seen from inside: it runs what xsim asks for and tells how it ended.

It has no terminal, no file of xsim's open, and a group of its own. When xsim dies, it dies.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xsim.errors import XsimError
from xsim.integration import Integration
from xsim.model import Cycle, Failure, LogLine, Outcome, Scenario, Vendor
from xsim.simulate.channel import Channel, ChannelClosedError
from xsim.simulate.loop import Platform, Position, own_vendor, schedule
from xsim.simulate.parcel import Ended, moment, packed_cycle, read, written
from xsim.simulate.recording import Stored
from xsim.world import JsonValue

EXIT_MEMORY = 97
EXIT_INTERRUPTED = 98
EXIT_XSIM_GONE = 99
"""How the process ends where no message can say it."""
OUTPUT_KEPT = 1_000_000
"""Bytes of what a command wrote past sys.stdout, and of what a crash wrote, that are looked at."""
_exit, _seek, _read, _truncate, _dup2 = os._exit, os.lseek, os.read, os.ftruncate, os.dup2
_MARKS = (0, 1, 2)


@dataclass(frozen=True)
class Opening:
    """What the process is to run, and where."""

    integration: Integration
    scenario: Scenario
    vendor: Vendor | None
    vendor_state: JsonValue
    work: Path
    """The folder that commands work in."""
    output: Path
    """The file that takes what goes to the standard descriptors."""
    samples: tuple[tuple[str, JsonValue], ...] | None = None
    """Answers of the real API, for a rehearsal by which a scenario is drafted. None: it runs what it is asked for."""


def serve(channel: Channel, opening: Opening, output: int) -> None:
    """Answer what is asked until xsim is gone. Never returns."""
    try:
        _serve(channel, opening, output)
    except MemoryError:
        _exit(EXIT_MEMORY)
    except KeyboardInterrupt:  # Raised by the script: this process has no terminal.
        _exit(EXIT_INTERRUPTED)
    except ChannelClosedError:
        _exit(EXIT_XSIM_GONE)
    except BaseException as error:
        try:
            channel.send(written(("error", *_told(error))))
        except BaseException:
            _exit(EXIT_XSIM_GONE)
    finally:
        _exit(1)


def _serve(channel: Channel, opening: Opening, output: int) -> None:
    # Where this vendor stands is the supervisor's to say: another process may have brought it there.
    scenario = replace(opening.scenario, vendor_state=opening.vendor_state)
    vendor = opening.vendor or own_vendor(scenario)
    _limit_memory(scenario.settings.memory)
    if opening.samples is not None:
        from xsim.simulate.rehearsal import serve_rehearsal

        serve_rehearsal(channel, opening)
        return
    with Platform(opening.integration, scenario, vendor, folder=opening.work) as platform:
        served = _Served(channel, platform, opening.scenario, vendor, output)
        channel.send(written(("ready",)))
        while True:
            what, *asked = read(channel.receive())
            served.answers[what](*asked)


class _Served:
    """The platform in this process, and what of its state xsim has been told."""

    def __init__(self, channel: Channel, platform: Platform, scenario: Scenario, vendor: Any, output: int) -> None:
        self.answers: dict[str, Callable[..., None]] = {"schedule": self.schedule, "run": self.run}
        self._channel = channel
        self._platform = platform
        self._scenario = scenario
        self._vendor = vendor
        self._output = output
        self._told_state: Any = self
        self._world: tuple[int, Any] = (0, None)

    def schedule(self, number: int, started: int, stored: tuple[str, str], struck: tuple[int, ...], most: int) -> None:
        """At most so many cycles of the schedule; after each the next begins unasked."""
        before = Stored(*stored)
        # The vendor has its state already.
        position = Position(number, moment(started), before, None, struck)
        for cycle, following in schedule(self._platform, self._scenario, position):
            is_spent = self._send(cycle, before, following.stored, following.struck)
            before, most = following.stored, most - 1
            if is_spent or not most or cycle.outcome is Outcome.UNSUPPORTED:
                return

    def run(self, command: str, number: int, started: int, stored: tuple[str, str], world: Any) -> None:
        """One command from what is stored; `world`: number, recipe and state of the vendor that answers it."""
        before, vendor = Stored(*stored), self._made(world)
        cycle, after = self._platform.run(command, number, moment(started), stored=before, vendor=vendor)
        self._send(cycle, before, after, (), vendor)

    def _made(self, world: Any) -> Any:
        if world is None:
            return None
        number, (maker, *arguments), state = world
        if self._world[0] != number:
            if maker == "without_news":
                arguments = [moment(*arguments)]
            self._world = (number, getattr(self._vendor, maker)(*arguments))
        vendor = self._world[1]
        if state is not None:
            vendor.state = state[0]
        return vendor

    def _send(self, cycle: Cycle, before: Stored, after: Stored, struck: tuple[int, ...], world: Any = None) -> bool:
        """Tell how a command ended. Gives whether this process is to be left for a new one."""
        cycle = self._with_output(cycle)
        is_spent = cycle.failure is not None and cycle.failure.kind in ("hang", "memory")
        state = cycle.vendor_state
        is_news = world is None and state is not self._told_state
        if is_news:
            self._told_state = state
        ended = Ended(
            packed_cycle(cycle),
            None if after == before else (after.last_run, after.context),
            (state,) if is_news else None,
            struck,
            None if world is None else (world.state,),
            is_spent,
        )
        self._channel.send(written(("ended", *ended)))
        # A script may have closed them.
        _dup2(self._output, 1)
        _dup2(self._output, 2)
        return is_spent

    def _with_output(self, cycle: Cycle) -> Cycle:
        """The cycle with what went past sys.stdout, and with the memory limit told as such."""
        if cycle.failure is not None and cycle.failure.kind == "MemoryError":
            cycle = replace(cycle, failure=out_of_memory(self._scenario, cycle.failure))
        if not _seek(self._output, 0, os.SEEK_END):
            return cycle
        _seek(self._output, 0, os.SEEK_SET)
        text = _read(self._output, OUTPUT_KEPT).decode("utf-8", "replace")
        _truncate(self._output, 0)
        return replace(cycle, log=(*cycle.log, *(LogLine("stdout", line[:2_000]) for line in text.splitlines()[:500])))


def out_of_memory(scenario: Scenario, failure: Failure | None = None) -> Failure:
    """What a cycle says that asked for more memory than there is; `failure` says where."""
    limit = scenario.settings.memory
    message = f"the command needed more memory than its limit of {limit / 1024**2:,.0f} MiB"
    return replace(failure or Failure("", ""), kind="memory", message=message)


def _limit_memory(most: int) -> None:
    """Beyond what the process has already. macOS knows the limit and does not hold to it, Windows has none."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        # What is written to, in pages. All address space would count a thread's stack and arena that nobody uses.
        has = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (has + most, hard))


def _told(error: BaseException) -> tuple[str, str, str]:
    """Class, message and hint of what the user can mend; of a fault of xsim's no class, and the traceback."""
    if isinstance(error, XsimError):
        return type(error).__name__, error.message, error.hint or ""
    return "", f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))


# --- becoming the process -----------------------------------------------------------------------------------


def settle(kept: set[int], output: int, life: int | None) -> None:
    """Become a process of a script's own: no terminal, no files of xsim's, no handlers of xsim's."""
    if hasattr(os, "setsid"):
        with suppress(OSError):
            os.setsid()
        # In the place of each file of xsim's stands nothing, so that no object of its takes a number of ours with it.
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in _open_descriptors() - kept - {nothing, output}:
            with suppress(OSError):
                os.dup2(nothing, descriptor, inheritable=descriptor in _MARKS)
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals():
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    faulthandler.enable(file=output, all_threads=False)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if life is not None:
        _die_with(life)


def _open_descriptors() -> set[int]:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return {int(name) for name in os.listdir(folder)}
    return set(range(256))


def _die_with(life: int) -> None:
    """Be killed when the pipe's other end, which xsim holds and never writes to, is closed. Linux can.

    Elsewhere the process ends when it next tells of a command, or finds nothing to read.
    """
    with suppress(ImportError, OSError, AttributeError):
        import fcntl

        fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(life, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)


def main() -> None:
    """The process where it is not forked: what it is to run comes as the first message, from xsim itself."""
    import pickle

    os.environ.pop("PYTHONHASHSEED", None) if os.environ.pop("XSIM_OWN_HASH_SEED", "") else None
    incoming, outgoing = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (incoming, outgoing):
            msvcrt.setmode(descriptor, os.O_BINARY)
    key = bytes.fromhex(sys.argv[1])
    life = int(sys.argv[2]) if sys.argv[2:] else None
    channel = Channel(incoming, outgoing, key)
    opening: Opening = pickle.loads(channel.receive())
    output = os.open(opening.output, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    settle({incoming, outgoing, *([life] if life is not None else [])}, output, life)
    serve(channel, opening, output)
