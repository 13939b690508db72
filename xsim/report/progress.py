"""The live line on a terminal while the cycles run; nothing at all in a pipe.

Cycles are handed out while the simulated clock stands still, so the real one is taken when this module is loaded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from xsim.model import Cycle, Outcome

# In a tuple, because freezing the clock replaces every function of time that a module holds under a name.
_REAL_CLOCK = (time.monotonic,)
_BETWEEN_UPDATES = 0.05
"""Seconds of real time between two updates of the line."""


class Progress:
    """Shows how far the simulation is: `with Progress(enabled=...) as progress: progress.advance(cycle)`.

    `total` is the number of cycles; `expect` says it later, where it stands in a scenario.

    `enabled` says whether it is wanted; where standard error is no terminal nothing is shown either way. `now` gives
    real seconds.
    """

    def __init__(self, total: int | None = None, *, enabled: bool, now: Callable[[], float] | None = None) -> None:
        self._total = total
        self._done = 0
        self._bad = 0
        self._now = now or _REAL_CLOCK[0]
        self._due = float("inf")
        self._bar: Any = None
        self._task: Any = None
        self._is_enabled = enabled

    def __enter__(self) -> Progress:
        if self._is_enabled and sys.stderr is not None and sys.stderr.isatty():
            self._bar = _bar(self._now)
            self._task = self._bar.add_task("", total=self._total, bad="", at="")
            self._bar.start()
            self._due = self._now()
        return self

    def expect(self, total: int) -> None:
        """So many cycles are to come."""
        self._total = total
        if self._bar is not None:
            self._bar.update(self._task, total=total)

    def advance(self, cycle: Cycle) -> None:
        """Counts the cycle; draws only once in a while, as drawing takes far longer than a cycle may."""
        if self._bar is None:
            return
        self._done += 1
        if cycle.outcome is not Outcome.OK:
            self._bad += 1
        now = self._now()
        if now >= self._due:
            self._draw(cycle)
            self._due = self._now() + _BETWEEN_UPDATES

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _draw(self, cycle: Cycle) -> None:
        bad = f"{self._bad:,} not ok" if self._bad else ""
        at = f"{cycle.started:%Y-%m-%d %H:%M}"
        self._bar.update(self._task, completed=self._done, bad=bad, at=at, refresh=True)


def _bar(now: Callable[[], float]) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as RichProgress

    # The stream as it is now: while a cycle runs sys.stderr is the cycle's own. No thread redraws the line, and the
    # script's output is not redirected through it. The line is gone when the report comes.
    return RichProgress(
        TextColumn("cycle"), MofNCompleteColumn(), BarColumn(bar_width=30),
        TextColumn("{task.fields[at]}"), TextColumn("{task.fields[bad]}", style="red"),
        console=Console(file=sys.stderr), get_time=now, auto_refresh=False, transient=True,
        redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
