"""The table of cycles in the text report: what each fetch brought, cost, and left in the last run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from xsim.model import Outcome
from xsim.report.cells import plural, span
from xsim.report.difference import describe
from xsim.report.page import NARROW, OUTCOME_STYLES, ROOMY, Page
from xsim.report.rows import Gap, Overview, Row
from xsim.report.terminal import table_of

_CYCLE, _TIME, _OUTCOME, _INCIDENTS, _DUPLICATES, _CALLS, _RULES = range(7)
"""The columns in their order, but for the last run."""


def cycle_parts(page: Page, overview: Overview) -> Iterator[RenderableType]:
    """The table with an empty line before and after it; below a certain width two tables."""
    yield Text()
    if not overview.rows:
        return
    if page.width < NARROW:
        # Beside the counts there is no room for it: it gets lines of its own.
        yield _table(page, overview, shows_last_run=False)
        yield Text()
        yield _last_run_table(page, overview)
    else:
        yield _table(page, overview, shows_last_run=True)
    yield Text()


def _table(page: Page, overview: Overview, *, shows_last_run: bool) -> Table:
    is_roomy = page.width >= ROOMY
    incidents, duplicates = ("incidents", "duplicates") if is_roomy else ("inci-\ndents", "dupli-\ncates")
    headers = [
        ("cycle", False),
        ("time", False),
        ("outcome", False),
        (incidents, True),
        (duplicates, True),
        ("calls", True),
        ("rules", False),
    ]
    cells = [
        _count_cells(row, is_roomy=is_roomy, counts_duplicates=overview.counts_duplicates) for row in overview.rows
    ]
    shown = _with_room(page, headers, cells)
    table = table_of(
        *(headers[column] for column in shown), *[("last run", False)] * shows_last_run, gap=2 if is_roomy else 1
    )
    for each in table.columns[: len(shown)]:
        each.no_wrap = True
    day: date | None = None
    for row, line in zip(overview.rows, cells, strict=True):
        if isinstance(row, Row) and row.started.date() != day:
            day = row.started.date()
            table.add_row(Text(day.isoformat()), style="dim")
        table.add_row(*(line[column] for column in shown), *[_last_run_cell(page, row)] * shows_last_run)
    return table


def _with_room(page: Page, headers: Sequence[tuple[str, bool]], cells: Sequence[Sequence[Text]]) -> list[int]:
    """The columns that are shown, by number.

    Without rules where there are none, and where the page is too narrow for all of them, without those that are told
    elsewhere as well.
    """
    widths = [
        max(*map(len, header.split("\n")), *(line[column].cell_len for line in cells))
        for column, (header, _) in enumerate(headers)
    ]
    widths[_CYCLE] = max(widths[_CYCLE], len("2024-05-14"))  # The day stands there, on a line of its own.
    shown = [column for column in range(len(headers)) if column != _RULES or any(line[column].plain for line in cells)]
    for column in (_CALLS, _DUPLICATES, _TIME):
        if sum(widths[each] + 1 for each in shown) <= page.width + 1:
            break
        shown.remove(column)
    return shown


def _last_run_table(page: Page, overview: Overview) -> Table:
    table = table_of(("cycle", False), ("last run", False))
    table.columns[0].no_wrap = True
    for row in overview.rows:
        table.add_row(Text(_numbers(row, is_roomy=False)), _last_run_cell(page, row))
    return table


def _count_cells(row: Row | Gap, *, is_roomy: bool, counts_duplicates: bool) -> list[Text]:
    numbers = Text(_numbers(row, is_roomy=is_roomy))
    if isinstance(row, Gap):
        return [numbers, Text("...", style="dim"), *[Text()] * (_RULES - _TIME)]
    more = f" +{len(row.codes) - 2}" if len(row.codes) > 2 else ""
    duplicates = f"{row.duplicates}{'+' * row.has_more_duplicates}"
    return [
        numbers,
        Text(row.started.strftime("%H:%M:%S")),
        Text(row.outcome.value, style=OUTCOME_STYLES[row.outcome]),
        Text(f"{row.delivered}" if row.delivered == row.handed_over else f"{row.delivered} of {row.handed_over}"),
        Text(duplicates if counts_duplicates else "-", style="" if duplicates == "0" else "red"),
        Text(str(row.calls)),
        Text(" ".join(row.codes[:2]) + more),
    ]


def _last_run_cell(page: Page, row: Row | Gap) -> Text:
    if isinstance(row, Gap):
        return Text(f"{plural(row.last - row.first + 1, 'cycle')} not shown (--format json has all)", style="dim")
    differences = row.differences
    if differences:
        return Text(describe(differences, page.mask))
    if row.outcome is not Outcome.OK and row.was_set:
        return Text("not stored", style="yellow")
    # Cycles in one row can each have moved it, and the last one back to where it was.
    return Text("changed, then as before" if row.kinds else "unchanged", style="dim")


def _numbers(row: Row | Gap, *, is_roomy: bool) -> str:
    count = row.last - row.first + 1
    numbers = span(row.first, row.last)
    if count == 1 or isinstance(row, Gap):
        return numbers
    return f"{numbers} ({plural(count, 'cycle')})" if is_roomy else f"{numbers} ({count})"
