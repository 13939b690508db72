"""GitHub Actions: workflow commands that annotate the script's lines in a pull request, and a Markdown job summary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from xsim.findings import Report
from xsim.model import Severity, Verdict
from xsim.report.cells import markdown, plural
from xsim.report.entries import (
    GRAVITY,
    Clean,
    Entry,
    Unmet,
    cleaner,
    one_line,
    open_entries,
    scenario_s_path,
    seen_from_top,
    unmet,
)

MOST_OF_A_LEVEL = 10
"""Annotations of one level that GitHub shows of a step."""
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_ROWS = 100
_NOT_EXERCISED = 30


def report_github(report: Report, *, folder: str = "") -> str:
    """The annotations, and the verdict as a plain line of the log behind them."""
    clean = cleaner(report)
    # Of "##[" anywhere the runner makes a command as well.
    verdict = f"{report.verdict.value.upper()}: {clean(report.reason)}".replace("##[", "##\\[")
    return "\n".join([*annotation_lines(report, folder=folder), verdict])


def annotation_lines(report: Report, *, folder: str = "") -> Iterator[str]:
    """A workflow command a finding, errors first; of more than ten of a level the tenth counts the rest.

    What the scenario expects in vain is an error, and so is a run that is undecided, as it fails the step; they come
    before them all. `folder` is the working folder as seen
    from the top of the repository, where it is another one.
    """
    clean = cleaner(report)
    found = open_entries(report)
    in_vain = [*_of_undecided(report, folder, clean), *(_of_unmet(each, folder, clean) for each in unmet(report))]
    for severity in sorted(_COMMANDS, key=GRAVITY.__getitem__, reverse=True):
        lines = in_vain if severity is Severity.ERROR else []
        lines = [*lines, *(_annotation(entry, folder, clean) for entry in found if entry.severity is severity)]
        told = lines if len(lines) <= MOST_OF_A_LEVEL else lines[: MOST_OF_A_LEVEL - 1]
        yield from told
        left_out = len(lines) - len(told)
        if left_out:
            more = f"{left_out:,} more of level {severity.value}: all are in the job summary and the log"
            yield f"::{_COMMANDS[severity]} title=xsim::{more}"


def summary(report: Report) -> str:
    """The report as Markdown, for the page of a job."""
    clean = cleaner(report)
    name = markdown(clean(report.journal.integration.name))
    parts = [f"### xsim: {name}: {report.verdict.value.upper()}", markdown(clean(report.reason))]
    found = open_entries(report)
    if missing := unmet(report):
        parts.append("\n".join(_in_vain(missing, clean)))
    if found:
        parts.append("\n".join(_table(found, clean)))
    fixes = {entry.rule.code: entry.rule for entry in found if entry.rule.fix}
    if fixes:
        parts.append("\n".join(f"- **{rule.code}** {one_line(rule.fix)}" for rule in fixes.values()))
    if report.not_exercised:
        parts.append("\n".join(_not_exercised(report, clean)))
    if report.journal.command:
        parts.append(_code_block(clean(report.journal.command)))
    return "\n\n".join(parts)


def _annotation(entry: Entry, folder: str, clean: Clean) -> str:
    path = seen_from_top(clean(entry.place.path), folder)
    title = f"{entry.rule.code} {entry.rule.name}"
    fix = f"\nFix: {one_line(entry.rule.fix)}" if entry.rule.fix else ""
    # What helps against the cause at hand says more than what holds for all findings of the rule.
    instead = dict(entry.finding.evidence).get("instead")
    message = clean(entry.finding.message) + (f"\nInstead: {clean(instead)}" if instead else fix)
    return annotation(_COMMANDS[entry.severity], path, max(1, entry.place.line), title, message)


def _of_undecided(report: Report, folder: str, clean: Clean) -> Iterator[str]:
    if report.verdict is Verdict.UNDECIDED:
        path = seen_from_top(clean(scenario_s_path(report)), folder)
        yield annotation("error", path, 1, f"xsim: {report.verdict.value}", clean(report.reason))


def _of_unmet(each: Unmet, folder: str, clean: Clean) -> str:
    path = seen_from_top(clean(each.place.path), folder)
    return annotation("error", path, each.place.line, "not as expected", clean(each.text))


def annotation(command: str, path: str, line: int, title: str, message: str) -> str:
    """A workflow command that annotates a line: `command` is error, warning or notice. The texts are cleaned."""
    return f"::{command} file={_property(path)},line={line},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _table(found: list[Entry], clean: Clean) -> Iterator[str]:
    yield "| level | rule | place | finding |"
    yield "| --- | --- | --- | --- |"
    for entry in found[:_ROWS]:
        place = markdown(f"{clean(entry.place.path)}:{entry.place.line}")
        rule = f"{entry.rule.code} {entry.rule.name}"
        yield f"| {entry.severity.value} | {rule} | {place} | {markdown(clean(entry.finding.message))} |"
    if len(found) > _ROWS:
        yield f"| | | | and {plural(len(found) - _ROWS, 'more finding')} |"


def _in_vain(missing: Sequence[Unmet], clean: Clean) -> Iterator[str]:
    yield "Not as the scenario expects:\n"
    for each in missing[:_ROWS]:
        yield f"- {markdown(f'{clean(each.place.path)}:{each.place.line}: {clean(each.text)}')}"
    if len(missing) > _ROWS:
        yield f"- and {len(missing) - _ROWS:,} more"


def _not_exercised(report: Report, clean: Clean) -> Iterator[str]:
    yield "Not exercised by this run:\n"
    yield from (f"- {markdown(clean(text))}" for text in report.not_exercised[:_NOT_EXERCISED])
    if len(report.not_exercised) > _NOT_EXERCISED:
        yield f"- and {len(report.not_exercised) - _NOT_EXERCISED} more"


def _code_block(text: str) -> str:
    """The text between fences that are longer than any row of backticks in it."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"Repeat it with\n\n{fence}sh\n{text}\n{fence}"
