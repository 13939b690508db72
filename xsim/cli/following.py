"""Writes JSON lines while a run goes on, for those who watch it: to standard output, to files, or both."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from types import TracebackType
from typing import IO, TYPE_CHECKING

from xsim.cli.judgement import split_output
from xsim.errors import XsimError

if TYPE_CHECKING:
    from collections.abc import Callable

    from xsim.model import Cycle, Scenario


class Following:
    """`with Following(format_, outputs) as following: ...`; does nothing where no format asks for JSON lines.

    Files are made when the run begins, so that one which is refused leaves none behind.
    """

    def __init__(self, format_: str, outputs: tuple[str, ...]) -> None:
        self.begun = [output for output in outputs if split_output(output)[0] == "json-lines"]
        """The outputs that get the cycles' lines here; "" is standard output."""
        if format_ == "json-lines":
            self.begun.append("")
        self._line_of: Callable[[Cycle], str] | None = None
        self._files: list[IO[str]] = []
        self._open = ExitStack()

    def __enter__(self) -> Following:
        return self

    def begin(self, scenario: Scenario) -> None:
        """The run begins in this world."""
        if not self.begun:
            return
        from xsim.report import cycle_lines

        self._line_of = cycle_lines(scenario)
        for output in self.begun:
            # Standard output as it is now: while a cycle runs it is the cycle's own.
            self._files.append(self._opened(output) if output else sys.stdout)

    def add(self, cycle: Cycle) -> None:
        """A cycle has ended; its line is there for readers at once."""
        if self._line_of is None:
            return
        line = self._line_of(cycle)
        for file in self._files:
            file.write(line + "\n")
            file.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def _opened(self, output: str) -> IO[str]:
        path = split_output(output)[1]
        try:
            return self._open.enter_context(open(path, "w", encoding="utf-8", newline="\n"))
        except OSError as error:
            raise XsimError(f"{path}: cannot be written ({error.strerror})") from error
