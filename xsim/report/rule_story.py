"""What happens when a rule's bad example runs, cycle by cycle: the table of `xsim explain` and of the rule's page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PureWindowsPath
from urllib.parse import unquote_plus, urlsplit

from xsim.findings import Finding, Report, Rule
from xsim.model import Cycle, Exchange, Outcome
from xsim.report.cells import markdown, plural, safe, span
from xsim.report.difference import changes, describe

HEADINGS = ("cycle", "time", "last run", "asked", "delivered", "finding")
NOTHING = "-"
_LONGEST = 90
"""Characters of a cell."""
_REQUESTS = 2
_NAMES = 3
_FINDINGS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One cycle, or several in a row that came out alike."""

    first: int
    last: int
    time: str
    last_run: str
    asked: str
    delivered: str
    finding: str

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of HEADINGS."""
        numbers = span(self.first, self.last)
        return numbers, self.time, self.last_run, self.asked, self.delivered, self.finding or NOTHING


def story(report: Report, rule: Rule) -> list[Line]:
    """A line a cycle; neighbours that differ in time alone are one."""
    marked = {number for finding in _of(report, rule) for number in finding.cycles}
    lines: list[Line] = []
    for cycle in report.journal.cycles:
        line = _line(cycle, rule.code if cycle.number in marked else "")
        if lines and lines[-1].cells[2:] == line.cells[2:]:
            lines[-1] = replace(lines[-1], last=line.last)
        else:
            lines.append(line)
    return lines


def story_text(report: Report, rule: Rule, width: int) -> str:
    """The table in columns, at most `width` wide, and below it what the rule found."""
    rows = [HEADINGS, *(line.cells for line in story(report, rule))]
    kept = [index for index in range(len(HEADINGS)) if index < 2 or any(row[index] != NOTHING for row in rows[1:])]
    shown = [[row[index] for index in kept] for row in rows]
    widths = _widths(shown, width)
    table = ["  ".join(_fit(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
    return "\n".join([*table, "", *found_lines(report, rule)])


def story_markdown(report: Report, rule: Rule) -> str:
    """The same as a Markdown table and a list."""
    rows = [f"| {' | '.join(map(_code, line.cells))} |" for line in story(report, rule)]
    head = [f"| {' | '.join(HEADINGS)} |", "|" + "---|" * len(HEADINGS)]
    return "\n".join([*head, *rows, "", *(f"- {markdown(line)}" for line in found_lines(report, rule))])


def found_lines(report: Report, rule: Rule) -> list[str]:
    """A line a finding of the rule: code, cycle, what was found and why, and the script's line."""
    findings = _of(report, rule)
    lines = [_found(rule, finding) for finding in findings[:_FINDINGS]]
    left_out = len(findings) - _FINDINGS
    return [*lines, f"{rule.code}, and {plural(left_out, 'more finding')} like these"] if left_out > 0 else lines


def _of(report: Report, rule: Rule) -> list[Finding]:
    return [each for result in report.results if result.rule.code == rule.code for each in result.findings]


def _found(rule: Rule, finding: Finding) -> str:
    at = f" at cycle {finding.cycles[0]}" if finding.cycles else ""
    why = next((value for label, value in finding.evidence if label == "why"), "")
    # A path of Windows is one with slashes of either kind.
    place = f" ({PureWindowsPath(finding.place.path).name}:{finding.place.line})" if finding.place else ""
    return safe(f"{rule.code}{at}: {finding.message}{f': {why}' if why else ''}{place}", 700)


# --- cells --------------------------------------------------------------------------------------------------


def _line(cycle: Cycle, code: str) -> Line:
    return Line(
        first=cycle.number,
        last=cycle.number,
        time=cycle.started.strftime("%H:%M:%S"),
        last_run=_last_run(cycle),
        asked=_asked(cycle.exchanges),
        delivered=_delivered(cycle),
        finding=code,
    )


def _last_run(cycle: Cycle) -> str:
    was_set = any(call.name == "setLastRun" for call in cycle.host_calls)
    if cycle.outcome is not Outcome.OK and was_set:
        return "not stored"
    return safe(describe(changes(cycle.last_run_before, cycle.last_run_after), str), _LONGEST)


def _asked(exchanges: Sequence[Exchange]) -> str:
    told = list(dict.fromkeys(map(_request, exchanges)))
    shown = "; ".join(told[:_REQUESTS])
    left_out = len(exchanges) - len(told[:_REQUESTS])
    return f"{shown}; {left_out} more" if left_out > 0 else shown or NOTHING


def _request(exchange: Exchange) -> str:
    parts = urlsplit(exchange.url)
    query = f"?{unquote_plus(parts.query)}" if parts.query else ""
    answer = f" -> {exchange.status}" if exchange.status is not None and exchange.status >= 400 else ""
    answer = " -> no answer" if exchange.status is None else answer
    return safe(f"{exchange.method} {parts.path}{query}", _LONGEST) + answer


def _delivered(cycle: Cycle) -> str:
    names = list(_names(cycle))
    told = ", ".join(names[:_NAMES]) + (f", {len(names) - _NAMES} more" if len(names) > _NAMES else "")
    if cycle.outcome is Outcome.OK:
        return told or NOTHING
    failure = cycle.failure
    ending = f"{failure.kind}: {failure.message}" if failure and failure.message else cycle.outcome.value
    return safe(f"nothing: {ending}", _LONGEST)


def _names(cycle: Cycle) -> Iterator[str]:
    """The incidents by name, as far as they can be read; those that the server refuses are left out."""
    refused = {refusal.index for refusal in cycle.refusals}
    number = 0
    for text in cycle.incidents:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for incident in value if isinstance(value, list) else []:
            if number not in refused:
                name = incident.get("name") if isinstance(incident, dict) else None
                yield safe(name, 40) if isinstance(name, str) and name else "(no name)"
            number += 1


# --- columns ------------------------------------------------------------------------------------------------


def _widths(rows: list[list[str]], width: int) -> list[int]:
    """As wide as the widest cell; where the page is too narrow the widest column gives way."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    while sum(widths) + 2 * (len(widths) - 1) > width:
        widths[widths.index(max(widths))] -= 1
    return widths


def _fit(cell: str, width: int) -> str:
    return safe(cell, width).ljust(width)


def _code(cell: str) -> str:
    if cell in (NOTHING, "unchanged"):
        return markdown(cell)
    quoted = cell.replace("|", "\\|").replace("`", "'")
    return f"`{quoted}`"
