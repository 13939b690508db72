"""`xsim run --watch`: runs again when what it read has changed, and says what that changed in the findings."""

from __future__ import annotations

import io
import os
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xsim.cli.watched_files import Stamps, Watched, changed, watched_by
from xsim.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, XsimError

if TYPE_CHECKING:
    from xsim.api import Options
    from xsim.findings import Report
    from xsim.model import Verdict

# In a tuple, because freezing the clock replaces every function of time that a module holds under a name.
_REAL = (time.sleep, time.monotonic, time.strftime)
BETWEEN_LOOKS = 0.3
"""Seconds between two looks at the files."""
_SETTLING = 0.1
_MOST_SETTLING = 20
_MOST_CHANGES = 12
_CLEAR_SCREEN, _CLEAR_LINE = "\x1b[H\x1b[2J", "\r\x1b[2K"
_SIGNS = {"gone": ("-", "green"), "new": ("+", "red"), "fewer": ("<", "green"), "more": (">", "red")}
_COLOURS = {"passed": "green", "failed": "red", "undecided": "yellow"}


class Screen:
    """Where the watch writes: one line that changes, and now and then all of the screen at once.

    In a pipe, or where the terminal cannot clear its screen, lines follow each other.
    """

    def __init__(self, stream: Any = None) -> None:
        self._stream = stream if stream is not None else sys.stdout
        self.is_terminal = self._stream.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
        self.has_colours = self.is_terminal and not os.environ.get("NO_COLOR")

    def buffer(self) -> io.StringIO:
        """A stream that looks like this one to those who write a report, and holds what they write."""
        return _Buffer(is_terminal=self._stream.isatty(), encoding=getattr(self._stream, "encoding", None) or "utf-8")

    def draw(self, text: str) -> None:
        """The text in place of all that was there."""
        self._write(f"{_CLEAR_SCREEN}{text}" if self.is_terminal else text)

    def say(self, line: str, *, ends: bool = False) -> None:
        """One line in place of the last one; `ends`: the next one comes below it."""
        columns = shutil.get_terminal_size((100, 24)).columns
        shown = line if len(line) < columns or not self.is_terminal else f"{line[: columns - 4]}..."
        end = "\n" if ends or not self.is_terminal else ""
        self._write(f"{_CLEAR_LINE}{shown}{end}" if self.is_terminal else f"{shown}{end}")

    def styled(self, text: str, **styles: Any) -> str:
        """The text in colour where there is any."""
        return click.style(text, **styles) if self.has_colours else text

    def _write(self, text: str) -> None:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()


class _Buffer(io.StringIO):
    def __init__(self, *, is_terminal: bool, encoding: str) -> None:
        super().__init__()
        self._is_terminal = is_terminal
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return self._is_terminal


class Watch:
    """The runs of one `xsim run --watch`, with what the last of them found.

    `run` runs once and gives the report; `show` prints it and gives the exit code. Both may raise XsimError.
    """

    def __init__(
        self,
        path: Path,
        options: Options,
        outputs: tuple[Path, ...],
        *,
        run: Callable[[], Report],
        show: Callable[[Report], int],
        screen: Screen | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._path = path
        self._options = options
        self._outputs = outputs
        self._run = run
        self._show = show
        self._screen = screen or Screen()
        self._sleep = sleep or _REAL[0]
        self._watched = Watched()
        self._found: Any = None
        """What the last whole run found, by fingerprint; None before the first one."""
        self._verdict: Verdict | None = None
        self._runs = 0
        self.code = EXIT_INTERRUPTED
        """The exit code of the last run."""

    def go_on(self) -> int:
        """Run, wait for a change, and run again, until Ctrl-C; gives the last run's exit code."""
        try:
            because: list[Path] = []
            while True:
                self._look()
                seen = self._watched.stamps()
                self._once(because)
                self._look()
                because = self._wait({**self._watched.stamps(), **seen})
        except KeyboardInterrupt:
            self._screen.say("", ends=True)
        return self.code

    def _look(self) -> None:
        self._watched = watched_by(self._path, self._options, self._outputs, known=self._watched)

    def _once(self, because: list[Path]) -> None:
        names = ", ".join(path.name for path in because[:3]) + (", ..." if len(because) > 3 else "")
        if because:
            self._screen.say(_safe(f"{names} changed; running again"))
        begun = _REAL[1]()
        page = self._screen.buffer()
        try:
            with redirect_stdout(page):
                report = self._run()
            with redirect_stdout(page), redirect_stderr(page):
                self.code = self._show(report)
        except XsimError as error:
            if not self._path.exists() and not self._runs:
                raise
            # As a rule the file is half written, or somebody thinks: what stands on the screen is still worth reading.
            self.code = EXIT_BAD_INPUT
            hint = f" ({error.hint})" if error.hint else ""
            self._screen.say(_safe(f"{_REAL[2]('%H:%M:%S')} {error.message}{hint}"))
            return
        self._runs += 1
        self._draw(report, page.getvalue(), took=_REAL[1]() - begun, because=names)

    def _wait(self, seen: Stamps) -> list[Path]:
        """The files that have changed, once they lie still: editors write in several steps."""
        while True:
            self._sleep(BETWEEN_LOOKS)
            now = self._watched.stamps()
            if now == seen:
                continue
            for _ in range(_MOST_SETTLING):
                self._sleep(_SETTLING)
                before, now = now, self._watched.stamps()
                if now == before:
                    break
            if now != seen:
                return changed(seen, now)

    # --- the screen ---

    def _draw(self, report: Report, page: str, *, took: float, because: str) -> None:
        from xsim.report import told_findings

        screen = self._screen
        found = told_findings(report)
        verdict = report.verdict.value
        was = f" (was {self._verdict.value.upper()})" if self._verdict not in (None, report.verdict) else ""
        head = f"run {self._runs} at {_REAL[2]('%H:%M:%S')}, took {took:.1f} s" + (
            f", {because} changed" if because else ""
        )
        told = f"{screen.styled(verdict.upper(), bold=True, fg=_COLOURS[verdict])}{was}"
        lines = [f"{_safe(head)}: {told}", "", page.rstrip("\n"), ""]
        if self._found is not None:
            lines += [*self._changes(found), ""]
        self._found, self._verdict = found, report.verdict
        screen.draw("\n".join(lines))
        screen.say(_safe(f"Watching {self._names()}; Ctrl-C ends."))

    def _changes(self, found: Any) -> list[str]:
        """What changed since the run before; it stands below the report, where a long one ends on the screen."""
        from xsim.report import changed_findings, changes_line

        lines = [self._screen.styled(f"Since the run before: {changes_line(self._found, found)}.", bold=True)]
        changes = list(changed_findings(self._found, found))
        for kind, line in changes[:_MOST_CHANGES]:
            sign, colour = _SIGNS[kind]
            lines.append(self._screen.styled(f"  {sign} {kind}: {line}", fg=colour))
        if len(changes) > _MOST_CHANGES:
            lines.append(f"  and {len(changes) - _MOST_CHANGES:,} more")
        return lines

    def _names(self) -> str:
        """The files that are watched, those that the run is sure to read first, as far as a line holds them."""
        there = self._watched.stamps()
        paths = sorted(there, key=lambda path: (path not in self._watched.files, path))
        names = list(dict.fromkeys(path.name for path in paths))
        more = plural(len(names) - 2, "more file") if len(names) > 2 else ""
        return ", ".join(names[:2]) + (f" and {more}" if more else "")


def plural(number: int, noun: str) -> str:
    """ "1 file", "3 files"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _safe(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
