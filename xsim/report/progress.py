"""The live table on a terminal while a long run goes on; nothing at all in a pipe.

    cycles                                  incidents   not ok     simulated time   cycles/s    left
    432/1,440    ━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌       1,204        3   2024-05-14 16:41        812      1s

It is drawn by hand: a table of rich's costs a hundred times as much, and what is drawn twenty times a second must
cost the run nothing. Cycles are handed out while the simulated clock stands still, so the real one is taken when this
module is loaded.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import IO, NamedTuple

from xsim.model import Cycle, Outcome
from xsim.report.cells import duration
from xsim.report.rows import count_delivered, count_incidents

# In a tuple, because freezing the clock replaces every function of time that a module holds under a name.
_REAL_CLOCK = (time.monotonic,)
_QUIET = 0.5
"""Seconds of real time in which nothing is shown: a run that is over by then stays calm."""
_BETWEEN_UPDATES = 0.05
_SPEED_OVER = 1.0
"""The speed is that of the last seconds, at least so many."""
_NARROWEST_BAR, _WIDEST_BAR = 6, 24
_NOTHING = ("[]",)
"""What a quiet cycle hands over."""
_HIDE_CURSOR, _SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
_CLEAR_LINE, _LINE_UP = "\r\x1b[2K", "\x1b[1A"
_RED, _CYAN, _DIM, _BOLD, _PLAIN = "\x1b[31m", "\x1b[36m", "\x1b[2m", "\x1b[1m", "\x1b[0m"


class _Cell(NamedTuple):
    """A column of the table; the first one is set to the left, the others to the right."""

    heading: str
    text: str
    width: int
    style: str = ""


class Progress:
    """Shows how far the simulation is: `with Progress(enabled=...) as progress: progress.advance(cycle)`.

    `total` is the number of cycles; `expect` says it later, where it stands in a scenario. `several_calls` is the
    scenario's `several_incidents_calls`.

    `enabled` says whether it is wanted; where standard error is no terminal that can move its cursor nothing is shown
    either way. `now` gives real seconds.
    """

    def __init__(self, total: int | None = None, *, enabled: bool, now: Callable[[], float] | None = None) -> None:
        self._total = total
        self._several_calls = "add"
        self._now = now or _REAL_CLOCK[0]
        self._is_enabled = enabled
        self._terminal: IO[str] | None = None
        self._due = float("inf")
        self._done = self._incidents = self._bad = 0
        self._speeds: list[tuple[float, int]] = []
        """Moments and the cycles done by then, of the last seconds."""
        self._is_drawn = False

    def __enter__(self) -> Progress:
        # The stream as it is now: while a cycle runs sys.stderr is the cycle's own.
        stream = sys.stderr
        if self._is_enabled and stream is not None and stream.isatty() and _can_redraw():
            self._terminal = stream
            begins = self._now()
            self._due = begins + _QUIET
            self._speeds.append((begins, 0))
        return self

    def expect(self, total: int, *, several_calls: str = "add") -> None:
        """So many cycles are to come."""
        self._total = total
        self._several_calls = several_calls

    def advance(self, cycle: Cycle) -> None:
        """Counts the cycle; draws only once in a while, as drawing takes as long as a cycle may."""
        if self._terminal is None:
            return
        self._done += 1
        if cycle.outcome is not Outcome.OK:
            self._bad += 1
        elif cycle.incidents != _NOTHING:
            self._incidents += count_delivered(cycle, count_incidents(cycle, self._several_calls))
        now = self._now()
        if now >= self._due:
            self._draw(self._terminal, cycle, now)
            self._due = self._now() + _BETWEEN_UPDATES

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._terminal is not None and self._is_drawn:
            self._terminal.write(f"{_CLEAR_LINE}{_LINE_UP}{_CLEAR_LINE}{_SHOW_CURSOR}")
            self._terminal.flush()
        self._terminal = None

    def _draw(self, terminal: IO[str], cycle: Cycle, now: float) -> None:
        room = _columns_of(terminal) - 1
        cells = self._cells(cycle, now)
        # A narrow terminal does without the columns to the right; what is left over is the bar's.
        while len(cells) > 1 and sum(cell.width for cell in cells) > room:
            cells.pop()
        columns = min(_WIDEST_BAR, room - sum(cell.width for cell in cells) - 2)
        if self._total and columns >= _NARROWEST_BAR:
            cells.insert(1, _Cell("", _bar(self._done / self._total, columns, terminal), columns + 2, _CYAN))
        if not self._is_drawn:
            self._is_drawn = True
            header = "".join(_set(cell, cell.heading, place) for place, cell in enumerate(cells))
            # Somebody may have left a line without an end.
            terminal.write(f"{_HIDE_CURSOR}{_CLEAR_LINE}{_styled(header[:room], _DIM)}\n")
        line = "".join(_styled(_set(cell, cell.text, place), cell.style) for place, cell in enumerate(cells))
        terminal.write(f"{_CLEAR_LINE}{line}")
        terminal.flush()

    def _cells(self, cycle: Cycle, now: float) -> list[_Cell]:
        speed = self._speed(now)
        done, left = f"{self._done:,}", ""
        if self._total:
            done, left = f"{done}/{self._total:,}", _left_text(self._total - self._done, speed)
        return [
            _Cell("cycles", done, max(9, 2 * len(f"{self._total or 0:,}") + 1), _BOLD),
            _Cell("incidents", f"{self._incidents:,}", 12),
            _Cell("not ok", f"{self._bad:,}", 9, _RED if self._bad else ""),
            _Cell("simulated time", f"{cycle.started:%Y-%m-%d %H:%M}", 19),
            _Cell("cycles/s", _speed_text(speed), 11),
            _Cell("left", left, 8, _DIM),
        ]

    def _speed(self, now: float) -> float:
        self._speeds.append((now, self._done))
        while len(self._speeds) > 2 and now - self._speeds[1][0] >= _SPEED_OVER:
            del self._speeds[0]
        since, done = self._speeds[0]
        return (self._done - done) / (now - since) if now > since else 0.0


def _set(cell: _Cell, text: str, place: int) -> str:
    return f"{text:>{cell.width}}" if place else f"{text:{cell.width}}"


def _bar(share: float, columns: int, terminal: IO[str]) -> str:
    encoding = (getattr(terminal, "encoding", None) or "utf-8").lower()
    full, empty = ("━", "╌") if encoding.startswith("utf") and not _is_plain() else ("#", "-")
    filled = min(columns, int(share * columns))
    return full * filled + empty * (columns - filled)


def _speed_text(speed: float) -> str:
    return f"{speed:,.0f}" if speed >= 10 else f"{speed:.1f}"


def _left_text(cycles: int, speed: float) -> str:
    """Real time that so many cycles will take."""
    seconds = round(cycles / speed) if speed else 360_000
    return duration(timedelta(seconds=seconds)) if seconds < 360_000 else ""


def _styled(text: str, style: str) -> str:
    return f"{style}{text}{_PLAIN}" if style and not _is_plain() else text


def _is_plain() -> bool:
    return bool(os.environ.get("NO_COLOR"))


def _can_redraw() -> bool:
    """Whether the terminal knows the sequences that move its cursor. Old consoles of Windows print them as text."""
    if os.name == "nt":
        return any(name in os.environ for name in ("WT_SESSION", "ANSICON", "TERM_PROGRAM"))
    return os.environ.get("TERM", "").lower() not in ("", "dumb", "unknown")


def _columns_of(terminal: IO[str]) -> int:
    try:
        return os.get_terminal_size(terminal.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        text = os.environ.get("COLUMNS", "")
        return int(text) if text.isdigit() and int(text) else 80
