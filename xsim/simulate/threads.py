"""Threads of a script that outlive the command they were started in, and where they sleep from then on.

On the server such a thread sleeps in real time beside the commands to come (server-semantics 0: the container is used
again). Here it sleeps until simulated time has come so far by itself, so that it takes no time of a command that does
not wait for it.
"""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any

# Taken now, as a script may replace them where they come from.
_ident, _new_lock, _frames = threading.get_ident, threading.Lock, sys._current_frames
_numbers = count(1)
"""Of commands, in all simulations of this process: a thread may outlive its simulation too."""
_STAMP = "_xsim_command"

GLANCE = 0.25
"""Real seconds between two looks of a thread that sleeps at whether the command waits for it after all."""
_WAITS = frozenset({"threading", "queue", "selectors", "concurrent.futures._base", "concurrent.futures.thread"})
"""Modules in whose functions a thread waits for another one."""


class Threads:
    """Whose each thread is. Those of no command that is known of, as xsim's own, are the running command's."""

    def __init__(self) -> None:
        self._parked: list[tuple[datetime, Any]] = []
        self.begin()

    def begin(self) -> None:
        """A command begins in the calling thread: all that were started before are left behind."""
        self._command = next(_numbers)
        self._commander: int | None = _ident()

    def end(self) -> None:
        """The command is over: so are those that it started."""
        self._command = next(_numbers)
        self._commander = None

    def owner(self) -> int:
        """The command that the calling thread works for."""
        return getattr(threading._active.get(_ident()), _STAMP, self._command)  # type: ignore[attr-defined]

    def is_left(self) -> bool:
        """Whether the calling thread belongs to an earlier command."""
        return self.owner() != self._command

    def park(self, until: datetime, now: Callable[[], datetime], is_disturbed: Callable[[], object]) -> bool:
        """Wait until simulated time has reached that moment, or something disturbs.

        Gives whether the command has been waiting all the while, for this thread as far as can be told: then it is for
        the caller to move the clock.
        """
        awake = _new_lock()
        awake.acquire()
        place = (until, awake)
        self._parked.append(place)
        seen: Any = None
        try:
            while now() < until and not is_disturbed() and not awake.acquire(timeout=GLANCE):
                last, seen = seen, (self._command, now()) if self._is_command_waiting() else None
                if seen is not None and seen == last and until == min(each for each, _ in list(self._parked)):
                    return True
            return False
        finally:
            self._parked.remove(place)

    def wake(self, now: datetime | None) -> None:
        """Wake those whose moment has come; None: all."""
        for place in list(self._parked):
            if now is None or place[0] <= now:
                with suppress(RuntimeError):  # It is awake.
                    place[1].release()

    def _is_command_waiting(self) -> bool:
        frame = None if self._commander is None else _frames().get(self._commander)
        return frame is not None and frame.f_globals.get("__name__") in _WAITS


def stamping(real_start: Callable[[Any], None], threads: Threads) -> Callable[[Any], None]:
    """`Thread.start`, for threads to know whose they are."""

    @functools.wraps(real_start)
    def start(self: Any) -> None:
        vars(self)[_STAMP] = threads.owner()
        real_start(self)

    return start


def lending(real_submit: Callable[..., Any], threads: Threads) -> Callable[..., Any]:
    """`Executor.submit`: a thread of a pool works for whoever gave it the work, however old it is."""

    @functools.wraps(real_submit)
    def submit(self: Any, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        return real_submit(self, _lent, threads.owner(), function, arguments, named)

    return submit


def _lent(owner: int, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    held = vars(threading.current_thread())
    before = held.get(_STAMP)
    held[_STAMP] = owner
    try:
        return function(*arguments, **named)
    finally:
        if before is None:  # It is older than the simulation.
            del held[_STAMP]
        else:
            held[_STAMP] = before
