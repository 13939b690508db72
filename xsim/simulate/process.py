"""The process that a script runs in: environment, streams, working folder, chance; put back after every command."""

from __future__ import annotations

import logging
import math
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
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from xsim.errors import SimulationSignal
from xsim.simulate.interpreter import Interpreter, Surroundings

# In a tuple, because freezing the clock replaces every function of time that a module holds under a name.
_real_clock = (time.monotonic,)
# Taken now, as a script may replace them where they come from.
_chdir, _getpid, _listdir, _lstat, _seed_chance = os.chdir, os.getpid, os.listdir, os.lstat, random.seed
_handler = getattr(sys.modules.get("_signal"), "getsignal", signal.getsignal)
"""`signal.getsignal` without its look for a name, which takes longer than all else that an alarm needs."""
SETTLED, SETTLED_COARSELY = 0.05, 3.0
"""Seconds after which a change of a folder has another time than one before, by how finely its system tells times."""
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""This machine's certificates, which the script's calls never meet: a file that is gone must not fail them."""
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
        self.closed = False
        self.name = f"<{level}>"

    @property
    def buffer(self) -> _ByteStream:
        """Scripts that write bytes do it here."""
        return _ByteStream(self)

    def fileno(self) -> int:
        return 1 if self._level == "stdout" else 2

    def close(self) -> None:
        """For the rest of the command; the next one has a stream of its own."""
        self.flush()
        self.closed = True

    def write(self, text: str) -> int:
        if self.closed:
            raise ValueError("I/O operation on closed file.")
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

    def reconfigure(self, **_: Any) -> None:
        """Encodings and line ends make no difference to a log."""


class _ByteStream:
    """The bytes below a _LogStream."""

    def __init__(self, stream: _LogStream) -> None:
        self._stream = stream
        self.fileno, self.flush, self.close = stream.fileno, stream.flush, stream.close

    def write(self, data: bytes) -> int:
        self._stream.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


class Process:
    """What of this process a command may change, and how it is put back."""

    def __init__(self, seed: int, folder: Path | None = None) -> None:
        """`folder`: where commands work. With one the process is a script's own, and nobody needs it put back."""
        self._seed = seed
        self._own_folder = folder
        self._interpreter = Interpreter()
        self._is_armed = False
        self._is_mended = False
        self._seen_empty: tuple[int, float] | None = None
        self._known_empty: int | None = None
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
        self._pid = _getpid()
        self._folder = str(self._own_folder or tempfile.mkdtemp(prefix="xsim-"))
        self._folder_identity = self._identity()
        self._undo.callback(shutil.rmtree, self._folder, ignore_errors=True)
        if self._own_folder is None:
            surroundings = Surroundings()
            surroundings.note()
            self._undo.callback(surroundings.restore)
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
        for name in CA_VARIABLES:
            os.environ.pop(name, None)
        self._environment = dict(os.environ)
        self._environment_data = dict(os.environ._data)  # type: ignore[attr-defined]
        self._undo.enter_context(_alarm(self._bark))
        self._interpreter.note()

    def close(self) -> None:
        self._undo.close()

    def mend(self) -> None:
        """Put back what a script broke that xsim itself relies on."""
        self._interpreter.mend()
        self._is_mended = True

    @contextmanager
    def command(self, number: int, write_log: Callable[[str, str], None], hang_limit: timedelta) -> Iterator[None]:
        """One command: its own streams, environment, working folder and numbers; all put back behind it."""
        self.hung = False
        self._number, self._chance = number, None
        _seed_chance(self._seed * 1_000_003 + number)
        tempfile._name_sequence = map("{:08d}".format, range(1, 100_000_000))  # type: ignore[attr-defined]
        streams = sys.stdin, sys.stdout, sys.stderr
        out, err = _LogStream("stdout", write_log), _LogStream("stderr", write_log)
        sys.stdout, sys.stderr = out, err
        self._enter_folder()
        self._interpreter.note_imports()
        self._is_mended = False
        self._is_armed = True
        _set_alarm(hang_limit.total_seconds(), self._bark)
        try:
            yield
        finally:
            self._is_armed = False
            self._end_copies()
            if not self._is_mended:  # The alarm rang on the way out of the script.
                self.mend()
            _set_alarm(0, self._bark)
            out.flush()
            err.flush()
            sys.stdin, sys.stdout, sys.stderr = streams
            self._restore_environment()
            self._restore_warnings()
            self._restore_logging()
            self._clear_folder()
            if self._own_folder is None:
                _chdir(self._home)

    def _enter_folder(self) -> None:
        try:
            _chdir(self._folder)
        except OSError:
            # The command before took it away, or shut it.
            with suppress(OSError):
                os.chmod(self._folder, 0o700)
            os.makedirs(self._folder, exist_ok=True)
            _chdir(self._folder)
            self._folder_identity = self._identity()

    def _end_copies(self) -> None:
        """A script that forked is here twice. The copy must not go on with the run."""
        if _getpid() != self._pid:
            os._exit(0)

    def _clear_folder(self) -> None:
        """Note the files that are there; the next command finds its working folder empty."""
        self.files = ()
        # A script may have taken the folder away, or shut it. What cannot be seen or removed is left to the end.
        with suppress(OSError):
            found_as = _lstat(self._folder)
            if (found_as.st_dev, found_as.st_ino) != self._folder_identity:
                self._leave_folder()
                return
            if self._is_known_empty(found_as.st_ctime_ns):
                return
            with os.scandir(self._folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            self.files = tuple(entry.name for entry in found if entry.is_file())
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.unlink(entry.path)

    def _is_known_empty(self, changed: int) -> bool:
        """Whether it holds nothing. Listed only where it may have changed since it was seen empty.

        The time of its last change tells that: once it was seen empty so long behind that time that the next change
        must have a later one.
        """
        if self._known_empty == changed:
            return True
        now = _real_clock[0]()
        if _listdir(self._folder):
            self._seen_empty = None
            return False
        if self._seen_empty is None or self._seen_empty[0] != changed:
            # Windows tells of a folder's birth under that name.
            wait = math.inf if os.name == "nt" else SETTLED if changed % 1_000_000 else SETTLED_COARSELY
            self._seen_empty = (changed, now + wait)
        elif now >= self._seen_empty[1]:
            self._known_empty = changed
        return True

    def _identity(self) -> tuple[int, int]:
        """Which folder it is; of a link, the link's own."""
        found = _lstat(self._folder)
        return found.st_dev, found.st_ino

    def _leave_folder(self) -> None:
        """Another one, or a link to one, stands in its place: not ours to empty. The next command has a new one."""
        self._folder += "_"
        os.mkdir(self._folder)
        self._undo.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._folder_identity = self._identity()

    def _urandom(self, size: int) -> bytes:
        if self._chance is None:
            self._chance = random.Random(f"{self._seed}:{self._number}:bytes")
        return self._chance.randbytes(size)

    def _bark(self, _number: int, _frame: FrameType | None) -> None:
        self.hung = True
        if not self._is_armed:
            return
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


def _set_alarm(seconds: float, bark: Callable[[int, FrameType | None], None]) -> None:
    """Ring after `seconds` of real time and again each second, since a script may swallow the first; 0: never."""
    if not _has_alarm():
        return
    # A script may have put a handler of its own in the place.
    if seconds and _handler(signal.SIGALRM) != bark:
        signal.signal(signal.SIGALRM, bark)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0 if seconds else 0)


def _has_alarm() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
