"""What the live table costs a run: counting a cycle, and drawing, of which there are at most twenty a second.

    python benchmarks/live_table.py

Promised: under one percent of a cycle. What a cycle takes is own_work.py's to say: about 120 us of xsim's own without
incidents, and 765 us with 50 of them.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from datetime import datetime, timezone

from xsim.model import Cycle, HostCall, Outcome
from xsim.report import Progress

CYCLES = 1_000_000
START = datetime(2024, 5, 14, 9, 30, tzinfo=timezone.utc)
QUIET = Cycle(1, START, START, Outcome.OK, incidents=("[]",))
BUSY = replace(QUIET, incidents=("[...]",), host_calls=(HostCall(START, "incidents", "50", 9),))


class Terminal:
    """Takes what is drawn, as a terminal does."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._file = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
        self.draws = 0

    def write(self, text: str) -> int:
        self.draws += 1
        return self._file.write(text)

    def flush(self) -> None:
        self._file.flush()

    def isatty(self) -> bool:
        return True


def main() -> None:
    os.environ.update(TERM="xterm-256color", COLUMNS="120")
    for name, cycle, usual in (("quiet", QUIET, 120e-6), ("with incidents", BUSY, 765e-6)):
        terminal, errors = Terminal(), sys.stderr
        sys.stderr = terminal  # type: ignore[assignment]
        with Progress(CYCLES, enabled=True) as progress:
            sys.stderr = errors
            begun = time.perf_counter()
            for _ in range(CYCLES):
                progress.advance(cycle)
            took = (time.perf_counter() - begun) / CYCLES
        print(f"a cycle {name}: {took * 1e6:.2f} us, {took / usual:.2%} of it; written to {terminal.draws} times")


if __name__ == "__main__":
    main()
