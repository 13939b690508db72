"""What `xsim fetch` shows of one fetch: the incidents, the last run it would store, its calls, its log if it failed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from xsim.integration import Integration
from xsim.model import Cycle, Exchange, Outcome, Refusal
from xsim.report.cells import moment, plural, safe_lines, size_text
from xsim.report.json_format import parsed, plain
from xsim.report.page import NARROW, OUTCOME_STYLES, Page
from xsim.report.terminal import indented, table_of
from xsim.secrets import masker

_INCIDENTS = 50
_CALLS = 20
_LOG_LINES = 20
_REFUSALS = 10
_IDENTIFIERS = ("id", "_id", "uuid", "guid", "alertid", "eventid")


def fetch_parts(
    cycle: Cycle, integration: Integration, width: int, secrets: tuple[str, ...]
) -> Iterator[RenderableType]:
    """The parts of the page from top to bottom, for so many columns."""
    page = Page(width, masker(secrets))
    incidents = [incident for text in cycle.incidents for incident in _incidents(text)]
    yield _headline(page, cycle, integration, len(incidents))
    if incidents:
        yield Text()
        yield _incident_table(page, incidents[:_INCIDENTS])
        if len(incidents) > _INCIDENTS:
            yield Text(f"and {len(incidents) - _INCIDENTS:,} more (--format json has all)")
    yield from _last_run(page, cycle)
    yield from call_parts(page, cycle)
    yield from trouble_parts(page, cycle)
    if cycle.outcome is not Outcome.OK:
        yield from log_parts(page, cycle)


def _headline(page: Page, cycle: Cycle, integration: Integration, count: int) -> Text:
    ending = "" if cycle.outcome is Outcome.OK else ", none of them delivered" if count else ""
    return Text.assemble(
        (page.clean(integration.name), "bold"),
        f": one fetch at {moment(cycle.started)}: ",
        (cycle.outcome.value, f"bold {OUTCOME_STYLES[cycle.outcome]}".strip()),
        f", {plural(count, 'incident')}{ending}",
    )


# --- incidents ----------------------------------------------------------------------------------------------


def _incidents(text: str) -> list[Any]:
    value = parsed(text)
    return value if isinstance(value, list) else [value]


def _incident_table(page: Page, incidents: list[Any]) -> Table:
    is_narrow = page.width < NARROW
    headers = ("#", "name", "occurred", "sev" if is_narrow else "severity", "type", "id", "rawJSON")
    table = table_of(
        *((header, column in (0, 3, 6)) for column, header in enumerate(headers)), gap=1 if is_narrow else 2
    )
    table.columns[0].no_wrap = table.columns[6].no_wrap = True
    for number, incident in enumerate(incidents, start=1):
        table.add_row(Text(str(number)), *_incident_cells(page, incident))
    return table


def _incident_cells(page: Page, incident: Any) -> list[Text]:
    if not isinstance(incident, dict):
        return [Text(f"no object but {page.clean(_short(incident), 80)}", style="red"), *[Text()] * 5]
    shown = [_cell(page, incident, key) for key in ("name", "occurred", "severity", "type")]
    return [*shown, _identifier(page, incident), _raw_size(incident)]


def _cell(page: Page, incident: dict[str, Any], key: str) -> Text:
    if key not in incident:
        return Text("-", style="dim")
    value = incident[key]
    return Text(page.clean(value if isinstance(value, str) else _short(value), 120))


def _identifier(page: Page, incident: dict[str, Any]) -> Text:
    """The incident's dbotMirrorId, else what looks like an id in its rawJSON."""
    if incident.get("dbotMirrorId"):
        return _cell(page, incident, "dbotMirrorId")
    raw = incident.get("rawJSON")
    fields = parsed(raw) if isinstance(raw, str) else raw
    if isinstance(fields, dict):
        names = {str(name).lower(): name for name in reversed(fields)}
        for candidate in _IDENTIFIERS:
            if isinstance(fields.get(names.get(candidate)), (str, int)):
                return Text.assemble(_cell(page, fields, names[candidate]), (f" ({names[candidate]})", "dim"))
    return Text("-", style="dim")


def _raw_size(incident: dict[str, Any]) -> Text:
    raw = incident.get("rawJSON")
    if raw is None:
        return Text("none", style="yellow")
    if not isinstance(raw, str):
        return Text(f"a {type(raw).__name__}", style="red")
    return Text(size_text(len(raw.encode("utf-8", "surrogatepass"))))


def _short(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return f"a {type(value).__name__}"


# --- last run, calls, trouble -------------------------------------------------------------------------------


def _last_run(page: Page, cycle: Cycle) -> Iterator[RenderableType]:
    was_set = any(call.name == "setLastRun" for call in cycle.host_calls)
    yield Text()
    if cycle.outcome is not Outcome.OK:
        told = "nothing, as the fetch did not end well" + (" (it did call setLastRun)" if was_set else "")
        yield Text.assemble(("Last run it would store: ", "bold"), (told, "yellow"))
    elif not was_set and cycle.last_run_after == cycle.last_run_before:
        yield Text.assemble(("Last run it would store: ", "bold"), ("none, it did not call setLastRun", "yellow"))
    else:
        yield Text("Last run it would store (a fetch by hand stores none):", style="bold")
        value = json.dumps(plain(cycle.last_run_after, page.mask), indent=2, ensure_ascii=False)
        for line in safe_lines(value, most=20):
            yield indented(Text(line), 2)


def call_parts(page: Page, cycle: Cycle) -> Iterator[RenderableType]:
    """The calls to the vendor, as a table."""
    exchanges = cycle.exchanges
    yield Text()
    if not exchanges:
        yield Text("No call to the vendor.", style="dim")
        return
    yield Text(f"{plural(len(exchanges), 'call')} to the vendor:", style="bold")
    table = table_of(
        ("time", False), ("method", False), ("status", True), ("size", True), ("line", True), ("url", False)
    )
    for exchange in exchanges[:_CALLS]:
        table.add_row(*_call_cells(page, exchange))
    yield indented(table, 2)
    if len(exchanges) > _CALLS:
        yield indented(Text(f"and {len(exchanges) - _CALLS:,} more"), 2)


def _call_cells(page: Page, exchange: Exchange) -> list[Text]:
    status = "none" if exchange.status is None else str(exchange.status)
    is_bad = exchange.status is None or exchange.status >= 400
    return [
        Text(exchange.at.strftime("%H:%M:%S")),
        Text(page.clean(exchange.method, 20)),
        Text(status, style="red" if is_bad else ""),
        Text(size_text(exchange.size)),
        Text("" if exchange.line is None else str(exchange.line)),
        Text(page.clean(exchange.url, 300)),
    ]


def trouble_parts(page: Page, cycle: Cycle) -> Iterator[RenderableType]:
    """What the server would refuse, and how the command failed; nothing where all went well."""
    yield from _refusals(page, cycle.refusals)
    failure = cycle.failure
    if failure:
        yield Text()
        yield Text(page.ending(failure.kind, failure.message), style="bold red")
        for frame in failure.frames:
            yield indented(Text(page.clean(frame)), 2)
        if failure.hint:
            yield Text(page.clean(failure.hint, 1000), style="bold yellow")


def _refusals(page: Page, refusals: tuple[Refusal, ...]) -> Iterator[RenderableType]:
    if not refusals:
        return
    yield Text()
    yield Text("What the server cannot decode:", style="bold")
    for refusal in refusals[:_REFUSALS]:
        where = "the batch" if refusal.index is None else f"incident #{refusal.index + 1}"
        field = f", {page.clean(refusal.field, 60)}" if refusal.field else ""
        yield indented(Text(f"{where}{field}: {page.clean(refusal.message)}", style="red"), 2)
    if len(refusals) > _REFUSALS:
        yield indented(Text(f"and {len(refusals) - _REFUSALS:,} more"), 2)


def log_parts(page: Page, cycle: Cycle) -> Iterator[RenderableType]:
    """The end of the command's log."""
    log = cycle.log
    if not log:
        return
    yield Text()
    yield Text(f"The last lines of its log ({len(log):,} in all):", style="bold")
    for line in log[-_LOG_LINES:]:
        for number, text in enumerate(safe_lines(page.mask(line.text), limit=300, most=10)):
            level = page.clean(line.level, 10) if number == 0 else ""
            yield indented(Text.assemble((f"{level:<7}", "dim"), text), 2)
