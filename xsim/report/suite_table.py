"""A suite for a person: a table while it runs, and the same with what was found at its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from xsim.findings import SuiteResult
from xsim.model import Verdict
from xsim.report.cells import plural, safe
from xsim.report.page import VERDICT_STYLES
from xsim.report.suites import NOT_RUN, named, suite_counts, suite_verdict, unsettled
from xsim.report.terminal import indented

_DIFFERENCES = 10
_LAST = 8
"""Rows of the table while it runs: the ones that came last."""


def print_suite(results: Sequence[SuiteResult], *, console: Console | None = None) -> None:
    """The page on the console, by default standard output."""
    from xsim.report.terminal import draw_on

    draw_on(console, lambda width: suite_parts(results))


def suite_parts(results: Sequence[SuiteResult]) -> Iterator[RenderableType]:
    """The page at the end: a row a scenario, what could not be run, and the counts."""
    yield _table(results)
    for those in unsettled(results):
        yield Text()
        yield Text.assemble((named(those), "bold"), f": {safe(those[0].reason, 600)}")
    for result in results:
        if result.differences:
            yield Text()
            yield Text.assemble((safe(result.scenario, 200), "bold"), ": not as the scenario expects")
            yield from (indented(Text(safe(line, 600)), 2) for line in result.differences[:_DIFFERENCES])
            if len(result.differences) > _DIFFERENCES:
                yield indented(Text(f"and {len(result.differences) - _DIFFERENCES:,} more"), 2)
    yield Text()
    is_right = all(result.verdict is Verdict.PASSED for result in results)
    yield Text(suite_verdict(results), "bold green" if is_right else "bold red")


def _table(results: Sequence[SuiteResult]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("scenario", "integration", "cycles", "incidents", "verdict", "findings"):
        table.add_column(heading, justify="right" if heading in ("cycles", "incidents") else "left", overflow="fold")
    for result in results:
        verdict = result.verdict
        table.add_row(
            Text(safe(result.scenario, 120)),
            Text(safe(result.name, 60)),
            f"{result.cycles:,}" if verdict else "",
            f"{result.delivered:,}" if verdict else "",
            Text(verdict.value, VERDICT_STYLES[verdict]) if verdict else Text(NOT_RUN, "bold red"),
            Text(_findings(result)),
        )
    return table


def _findings(result: SuiteResult) -> str:
    errors, warnings, notes = result.counts
    counts = [(errors, "error"), (warnings, "warning"), (notes, "note")]
    told = ", ".join(plural(number, word) for number, word in counts if number)
    return f"{told}: {', '.join(result.codes)}" if result.codes else told


class SuiteProgress:
    """The table on a terminal while the suite runs; nothing of it in a pipe."""

    def __init__(self, total: int, *, enabled: bool) -> None:
        self._total = total
        self._done: list[SuiteResult] = []
        self._is_enabled = enabled
        self._live: Any = None

    def __enter__(self) -> SuiteProgress:
        if self._is_enabled and sys.stderr.isatty():
            from rich.live import Live

            self._live = Live(self._page(), console=Console(file=sys.stderr), transient=True, auto_refresh=False)
            self._live.start()
        return self

    def add(self, result: SuiteResult) -> None:
        """One more is done."""
        self._done.append(result)
        if self._live is not None:
            self._live.update(self._page(), refresh=True)

    def tell(self, what: str) -> None:
        """A line that stays, above the table; in a pipe as well."""
        line = f"xsim: {safe(what, 400)}\n"
        if self._live is not None:
            self._live.console.print(Text(line), end="")
        else:
            sys.stderr.write(line)

    def _page(self) -> Table:
        table = _table(self._done[-_LAST:])
        told = f": {suite_counts(self._done)}" if self._done else ""
        table.caption = f"{len(self._done):,} of {self._total:,} done{told}"
        table.caption_justify = "left"
        return table

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
