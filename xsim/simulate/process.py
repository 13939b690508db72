"""The process that a script runs in: environment, streams, working folder, chance; put back after every command."""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

from xsim.errors import SimulationSignal

# In a tuple, because freezing the clock replaces every function of time that a module holds under a name.
_real_clock = (time.monotonic,)
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


class HangDetected(SimulationSignal):
    """The command ran longer than its limit of real time."""


class _LogStream:
    """Standard output or error during a command: whole lines go to the cycle's log."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, level: str, write_log: Callable[[str, str], None]) -> None:
        self._level = level
        self._write_log = write_log
        self._rest = ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + str(text)).split("\n")
        for line in lines:
            self._write_log(self._level, line)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if self._rest:
            self._write_log(self._level, self._rest)
            self._rest = ""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


class Process:
    """What of this process a command may change, and how it is put back."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._undo = ExitStack()
        self._number = 0
        self._chance: random.Random | None = None
        self.hung = False
        """Whether the last command ran into its limit of real time."""
        self.files: tuple[str, ...] = ()
        """Names of the files that the last command left in its working folder."""

    def open(self) -> None:
        """Take the process over for a run: chance comes from the seed, the working folder is a temporary one."""
        self._home = os.getcwd()
        self._folder = tempfile.mkdtemp(prefix="xsim-")
        self._undo.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._replace(tempfile, "tempdir", self._folder)
        self._replace(tempfile, "_name_sequence", None)
        self._replace(os, "urandom", self._urandom)
        self._replace(random, "_urandom", self._urandom)
        self._undo.callback(random.setstate, random.getstate())
        self._warnings = (warnings.showwarning, list(warnings.filters))
        self._undo.callback(self._restore_warnings)
        self._logging = (logging.root.level, list(logging.root.handlers), logging.root.manager.disable)
        self._undo.callback(self._restore_logging)
        self._undo.callback(_write_environment, dict(os.environ))
        # Scripts delete the proxy variables unasked and fail where they are absent (known-faults.md).
        os.environ.update(dict.fromkeys(PROXY_VARIABLES, ""))
        self._environment = dict(os.environ)
        self._environment_data = dict(os.environ._data)  # type: ignore[attr-defined]
        self._undo.enter_context(_alarm(self._bark))

    def close(self) -> None:
        self._undo.close()

    @contextmanager
    def command(self, number: int, write_log: Callable[[str, str], None], hang_limit: timedelta) -> Iterator[None]:
        """One command: its own streams, environment, working folder and numbers; all put back behind it."""
        self.hung = False
        self._number, self._chance = number, None
        random.seed(self._seed * 1_000_003 + number)
        tempfile._name_sequence = map("{:08d}".format, range(1, 100_000_000))  # type: ignore[attr-defined]
        streams = sys.stdin, sys.stdout, sys.stderr
        out, err = _LogStream("stdout", write_log), _LogStream("stderr", write_log)
        sys.stdout, sys.stderr = out, err
        os.chdir(self._folder)
        _set_alarm(hang_limit.total_seconds())
        try:
            yield
        finally:
            _set_alarm(0)
            out.flush()
            err.flush()
            sys.stdin, sys.stdout, sys.stderr = streams
            self._restore_environment()
            self._restore_warnings()
            self._restore_logging()
            os.chdir(self._home)
            self._clear_folder()

    def _clear_folder(self) -> None:
        """Note the files that are there; the next command finds its working folder empty."""
        self.files = ()
        if not os.listdir(self._folder):
            return
        with os.scandir(self._folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        self.files = tuple(entry.name for entry in found if entry.is_file())
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)

    def _urandom(self, size: int) -> bytes:
        if self._chance is None:
            self._chance = random.Random(f"{self._seed}:{self._number}:bytes")
        return self._chance.randbytes(size)

    def _bark(self, _number: int, _frame: FrameType | None) -> None:
        self.hung = True
        raise HangDetected("the command did not end within its limit of real time")

    def _replace(self, owner: Any, name: str, value: Any) -> None:
        self._undo.callback(setattr, owner, name, getattr(owner, name))
        setattr(owner, name, value)

    def _restore_environment(self) -> None:
        # Compared undecoded, and only the differences written: each variable costs a system call.
        now, before = os.environ._data, self._environment_data  # type: ignore[attr-defined]
        if now != before:
            for name in [name for name in now if name not in before]:
                del os.environ[os.environ.decodekey(name)]
            for name, value in before.items():
                if now.get(name) != value:
                    decoded = os.environ.decodekey(name)
                    os.environ[decoded] = self._environment[decoded]

    def _restore_logging(self) -> None:
        # CommonServerPython's debug mode hangs a handler into the root logger and turns everything on.
        level, handlers, disable = self._logging
        root = logging.root
        if root.level != level:
            root.setLevel(level)
        if root.handlers != handlers:
            root.handlers[:] = handlers
        root.manager.disable = disable

    def _restore_warnings(self) -> None:
        # CommonServerPython chains itself onto showwarning at each import; left there, every copy of it stays alive.
        show, filters = self._warnings
        warnings.showwarning = show
        if warnings.filters != filters:
            warnings.filters[:] = filters  # type: ignore[index]


def _write_environment(variables: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


@contextmanager
def _alarm(bark: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have `bark` called when the alarm rings. Only the main thread of a POSIX system has one."""
    if not _has_alarm():
        yield
        return
    # A test suite may have set an alarm of its own, which must still ring when the run is over.
    rest, every = signal.getitimer(signal.ITIMER_REAL)
    begun = _real_clock[0]()
    before = signal.signal(signal.SIGALRM, bark)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
        if rest:
            signal.setitimer(signal.ITIMER_REAL, max(rest - (_real_clock[0]() - begun), 0.001), every)


def _set_alarm(seconds: float) -> None:
    """Ring after `seconds` of real time and again each second, since a script may swallow the first; 0: never."""
    if _has_alarm():
        signal.setitimer(signal.ITIMER_REAL, seconds, 1.0 if seconds else 0)


def _has_alarm() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
