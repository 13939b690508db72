"""The process that a script runs in, seen from outside: how it is started and ended, and what it died of."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from marshal import dumps, loads
from pathlib import Path
from types import CodeType
from typing import Any

from xsim.errors import XsimError
from xsim.simulate import worker
from xsim.simulate.channel import Channel, widen
from xsim.simulate.worker import EXIT_INTERRUPTED, EXIT_MEMORY, EXIT_XSIM_GONE, Opening

# In a tuple, because freezing the clock replaces every function of time that a module holds under a name.
_now, _nap = (time.monotonic,), (time.sleep,)
_LAST_WORDS = 0.3
"""Seconds that a process which hangs gets to say where."""
_FRAME = re.compile(r'  File "(.*)", line (\d+) in (.*)')
_FATAL = ("Fatal Python error:", "Current thread ", "Stack (most recent call first):")
_CODE = "import sys; sys.path[:] = {path!r}; from xsim.simulate.worker import main; main()"


@dataclass(frozen=True)
class Death:
    """What a process died of, in words, and what it left behind."""

    kind: str
    """As of a Failure: "died" or "memory"."""
    what: str
    places: tuple[tuple[str, int, str], ...] = ()
    """File, line and function of the frames that it was in, outermost first, where it could still tell."""
    output: tuple[str, ...] = ()
    """Lines that it wrote past sys.stdout."""


class Child:
    """One process for a script. Its folder goes with it."""

    def __init__(self, opening: Opening, way: str) -> None:
        """`way` is "fork" or "spawn"."""
        self._folder = Path(tempfile.mkdtemp(prefix="xsim-"))
        self._opening = replace(opening, work=self._folder / "work", output=self._folder / "output")
        self._opening.work.mkdir()
        self._output = os.open(self._opening.output, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._status: int | None = None
        self._popen: subprocess.Popen[bytes] | None = None
        key = os.urandom(8)
        life, self._life = os.pipe()
        try:
            if way == "fork":
                self._fork(key, life)
            else:
                self._spawn(key, life)
        finally:
            os.close(life)

    def death(self) -> Death | None:
        """What it died of; None where it is alive."""
        status = self._poll()
        return None if status is None else self._death_of(status)

    def end(self, *, hangs: bool = False, closed: bool = False) -> Death:
        """Kill it and all that it started in its group.

        `hangs`: it may say where before. `closed`: it closed the channel; mostly because it is about to be dead anyway.
        """
        if hangs and self._poll() is None and hasattr(os, "setsid"):
            os.kill(self.pid, signal.SIGABRT)
        if hangs or closed:
            self._wait(_LAST_WORDS)
        is_mute = closed and self._poll() is None
        self._kill_group()
        self._wait(None)
        if is_mute:
            self._status = EXIT_XSIM_GONE
        assert self._status is not None, "a killed process ends"
        death = self._death_of(self._status)
        self.channel.close()
        for descriptor in (self._life, self._output):
            with suppress(OSError):
                os.close(descriptor)
        shutil.rmtree(self._folder, ignore_errors=True)
        return death

    # --- starting ---

    def _fork(self, key: bytes, life: int) -> None:
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            with suppress(Exception):
                stream.flush()  # type: ignore[union-attr]
        theirs, ours = _pipes()
        with warnings.catch_warnings():
            # That this process has one thread is for the caller to know.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if not self.pid:
            try:
                worker.settle({*theirs, life, self._output}, self._output, life)
                worker.serve(Channel(*theirs, key), self._opening, self._output)
            finally:
                os._exit(1)
        for descriptor in theirs:
            os.close(descriptor)
        widen(ours[0])
        self.channel = Channel(*ours, key)

    def _spawn(self, key: bytes, life: int) -> None:
        # A hash seed as the command line's, so that sets have one order in every run.
        environment = dict(os.environ)
        if environment.get("PYTHONHASHSEED", "random") == "random":
            environment |= {"PYTHONHASHSEED": "0", "XSIM_OWN_HASH_SEED": "1"}
        command = [sys.executable, "-c", _CODE.format(path=sys.path), key.hex()]
        more: dict[str, Any] = {}
        if hasattr(os, "setsid"):
            command.append(str(life))
            more["pass_fds"] = (life,)
        self._popen = process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._output, env=environment, **more
        )
        assert process.stdin is not None, "it is a pipe"
        assert process.stdout is not None, "it is a pipe"
        self.pid = process.pid
        incoming, outgoing = os.dup(process.stdout.fileno()), os.dup(process.stdin.fileno())
        process.stdin.close()
        process.stdout.close()
        widen(incoming)
        self.channel = Channel(incoming, outgoing, key)
        with suppress(Exception):  # It may be dead already; the first message that does not come tells.
            self.channel.send(_pickled(self._opening))

    # --- ending ---

    def _poll(self) -> int | None:
        """The exit code, negative for a signal; None: it runs."""
        if self._status is None:
            if self._popen is not None:
                self._status = self._popen.poll()
            else:
                self._status = _exit_code(self.pid)
        return self._status

    def _wait(self, seconds: float | None) -> None:
        """Until it is dead, or so many seconds have passed."""
        until = None if seconds is None else _now[0]() + seconds
        pause = 0.0002
        while self._poll() is None and (until is None or _now[0]() < until):
            _nap[0](pause)
            pause = min(2 * pause, 0.02)

    def _kill_group(self) -> None:
        # The group first, while its number cannot have gone to another one.
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.pid, signal.SIGKILL)
        if self._poll() is None:
            with suppress(OSError):
                if self._popen is not None:
                    self._popen.kill()
                else:
                    os.kill(self.pid, signal.SIGKILL)

    def _death_of(self, status: int) -> Death:
        kind, what = "died", _WORDS.get(status) or f"the script ended its process with exit code {status}"
        if status == EXIT_MEMORY:
            kind = "memory"
        if status < 0:
            with suppress(ValueError):
                what = f"the process of the script died of {signal.Signals(-status).name}"
        if status == -getattr(signal, "SIGKILL", 9):
            what += ": killed from outside, as systems do when memory runs out"
        places, output = _last_words(self._opening.output)
        return Death(kind, what, places, output)


_WORDS = {
    EXIT_MEMORY: "the process of the script ran out of memory",
    EXIT_INTERRUPTED: "the script raised KeyboardInterrupt, which ends the process that commands run in",
    EXIT_XSIM_GONE: "the script closed a descriptor that is not its own, the way back to the platform",
}


def way_to_start(opening: Opening) -> str:
    """How a process for this can be started: "fork", "spawn", or "" where neither goes."""
    # macOS has fork as well, and system libraries that do not survive it.
    if sys.platform.startswith("linux") and threading.active_count() == 1:
        return "fork"
    try:
        _pickled(opening)
    except Exception:
        return ""
    return "spawn"


def _pipes() -> tuple[tuple[int, int], tuple[int, int]]:
    """Descriptors to read from and write to, of the one side and of the other."""
    down_out, down_in = os.pipe()
    up_out, up_in = os.pipe()
    return (down_out, up_in), (up_out, down_in)


def _exit_code(pid: int) -> int | None:
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:  # Somebody else in this process waits for all children, and got the answer.
        return 1
    return os.waitstatus_to_exitcode(status) if ended else None


def _last_words(path: Path) -> tuple[tuple[tuple[str, int, str], ...], tuple[str, ...]]:
    """The frames that a crash wrote, outermost first, and the lines before it."""
    with suppress(OSError):
        with open(path, "rb") as file:
            lines = file.read(worker.OUTPUT_KEPT).decode("utf-8", "replace").splitlines()
        end = next((place for place, line in enumerate(lines) if line.startswith(_FATAL)), len(lines))
        found = [_FRAME.fullmatch(line) for line in lines[end:]]
        places = [(each[1], int(each[2]), each[3]) for each in found if each]
        return tuple(reversed(places)), tuple(lines[:end])
    return (), ()


class _Pickler(pickle.Pickler):
    """Takes compiled code along, for a process of the same Python."""

    def reducer_override(self, value: Any) -> Any:
        return (loads, (dumps(value),)) if isinstance(value, CodeType) else NotImplemented


def _pickled(opening: Opening) -> bytes:
    import io

    into = io.BytesIO()
    _Pickler(into, protocol=5).dump(opening)
    return into.getvalue()


class WorkerFailedError(Exception):
    """A fault of xsim's own in the process of the script; its traceback is in the message."""


def as_exception(kind: str, message: str, hint: str) -> Exception:
    """What a process told of an error: the user's to mend, or ours."""
    import xsim.errors

    known: Callable[..., Any] | None = getattr(xsim.errors, kind, None) if kind else None
    if isinstance(known, type) and issubclass(known, XsimError):
        return known(message, hint=hint or None)
    return WorkerFailedError(f"{message}\n\nin the process of the script:\n{hint}")
