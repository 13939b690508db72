"""The report as a person reads it after `xsim run`: what happened, what is wrong and where, the verdict last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from rich.console import RenderableType
from rich.text import Text

from xsim.findings import Finding, Report, RuleResult
from xsim.model import Cycle, Outcome, Severity
from xsim.report.cells import duration, moment, plural, safe, spans
from xsim.report.cycle_table import cycle_parts
from xsim.report.entries import unmet
from xsim.report.page import SEVERITY_STYLES, VERDICT_STYLES, Page
from xsim.report.rows import FailureGroup, Failures, Overview, survey
from xsim.report.terminal import indented, labelled, unwrapped
from xsim.report.timeline import ASCII, BOX, picture
from xsim.report.timeline_scenes import Scene, Scenes
from xsim.secrets import masker

T = TypeVar("T")

_GRAVITY = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}

_FINDINGS = 10
_FINDINGS_WITH_EVIDENCE = 3
"""The evidence of those behind them reads like theirs, unless they have another cause; all of it is in the JSON."""
_EVENTS = 5
_HOST_CALLS = 3
_NOT_EXERCISED = 12
_ACCEPTED = 12
_DIFFERENCES = 20


def page_parts(report: Report, width: int, *, is_ascii: bool = False) -> Iterator[RenderableType]:
    """The page from top to bottom, for so many columns; `is_ascii`: its drawings are made of ASCII alone."""
    page = Page(width, masker(report.journal.scenario.parameters.secrets), is_ascii)
    scenes = Scenes(report)
    overview = survey(report, scenes.add)
    yield from _opening(page, report, overview)
    yield from cycle_parts(page, overview)
    yield Text(_summary(report, overview))
    yield from _findings(page, report, scenes.chosen())
    yield from _accepted(page, report)
    yield from _failures(page, report, overview.failures)
    yield from _expectation(page, report)
    yield from _limits(page, report)
    yield from _unsupported(page, overview.failures.unsupported)
    yield from _closing(page, report)


def _opening(page: Page, report: Report, overview: Overview) -> Iterator[RenderableType]:
    integration, scenario = report.journal.integration, report.journal.scenario
    cycles = plural(scenario.cycles, "cycle")
    if overview.cycles != scenario.cycles:
        cycles = f"{overview.cycles:,} of {cycles}"
    facts = [
        f"{cycles} every {duration(scenario.interval)} from {moment(scenario.starts)}",
        f"seed {scenario.seed}",
        f"CommonServerPython: {page.clean(integration.common_server) or 'none'}",
    ]
    yield Text.assemble((page.clean(integration.name), "bold"), ": ", ", ".join(facts))
    if scenario.parameters.stand_ins:
        names = ", ".join(page.clean(name, 60) for name in scenario.parameters.stand_ins)
        yield Text(f"made up: {names} (give them with --param)", style="yellow")
    for note in integration.notes:
        yield Text(f"note: {page.clean(note)}", style="dim")
    if not report.journal.complete:
        yield Text("the journal was cut off before its end: what follows is about the cycles it holds", style="yellow")


def _summary(report: Report, overview: Overview) -> str:
    if not overview.cycles:
        return "No cycle was run."
    outcomes = [
        f"{overview.outcomes[outcome]:,} {outcome.value}"
        for outcome in Outcome
        if outcome is not Outcome.OK and overview.outcomes[outcome]
    ]
    told = f" ({', '.join(outcomes)})" if outcomes else ""
    return f"{plural(report.delivered, 'incident')} delivered in {plural(overview.cycles, 'cycle')}{told}."


# --- findings and failures ----------------------------------------------------------------------------------


def _findings(page: Page, report: Report, scenes: Mapping[int, Scene]) -> Iterator[RenderableType]:
    for result in sorted(_breached(report), key=lambda result: _GRAVITY[_severity_of(result)]):
        yield Text()
        yield _heading(page, result)
        told = _told(result)
        for finding, shows_evidence in told:
            yield from _finding(page, finding, result, shows_evidence=shows_evidence, scene=scenes.get(id(finding)))
        left_out = len(result.findings) - len(told)
        if left_out > 0:
            yield indented(Text(f"and {left_out:,} more (--format json has all)"), 2)
        if result.rule.fix:
            yield indented(Text.assemble(("fix: ", "bold"), page.clean(" ".join(result.rule.fix.split()), 1000)), 2)


def _breached(report: Report) -> Iterator[RuleResult]:
    """The rules with findings that nobody accepted, and those alone."""
    for result in report.results:
        left = tuple(finding for finding in result.findings if not finding.accepted)
        if left:
            yield replace(result, findings=left)


def _accepted(page: Page, report: Report) -> Iterator[RenderableType]:
    """A line a finding that somebody accepted: its evidence is for those who have not."""
    accepted = [finding for finding in report.findings if finding.accepted]
    if not accepted and not report.idle_baseline:
        return
    yield Text()
    yield Text("Accepted findings", style="bold")

    def told(finding: Finding) -> str:
        place = f" (line {finding.place.line})" if finding.place and finding.is_allowed else ""
        return f"{finding.code} {page.clean(finding.message)}{place}: {page.clean(finding.accepted)}"

    yield from _first(_ACCEPTED, accepted, told)
    yield from _first(
        _ACCEPTED,
        report.idle_baseline,
        lambda text: f"in the baseline, and not found by this run: {page.clean(text)}",
        of_what=" of the baseline",
    )


def _told(result: RuleResult) -> list[tuple[Finding, bool]]:
    """The findings that the page tells, and whether with evidence: the first ones, and the first of each cause."""
    causes: set[str] = set()
    told = []
    for index, finding in enumerate(result.findings):
        is_new = finding.cause not in causes
        causes.add(finding.cause)
        if index < _FINDINGS or is_new:
            told.append((finding, is_new or index < _FINDINGS_WITH_EVIDENCE))
    return told


def _severity_of(result: RuleResult) -> Severity:
    """The worst of its findings."""
    return min((finding.severity or result.rule.severity for finding in result.findings), key=_GRAVITY.__getitem__)


def _heading(page: Page, result: RuleResult) -> Text:
    rule, severity = result.rule, _severity_of(result)
    count = f", {plural(len(result.findings), 'finding')}" if len(result.findings) > 1 else ""
    return Text.assemble(
        (f"{rule.code} {rule.name} ({severity.value}{count})", f"bold {SEVERITY_STYLES[severity]}"),
        " ",
        page.clean(" ".join(rule.summary.split())),
    )


def _finding(
    page: Page, finding: Finding, result: RuleResult, *, shows_evidence: bool, scene: Scene | None
) -> Iterator[RenderableType]:
    severity = finding.severity or result.rule.severity
    mark = f" ({severity.value})" if severity is not _severity_of(result) else ""
    yield indented(Text(page.clean(finding.message) + mark, style=SEVERITY_STYLES[severity]), 2)
    whereabouts = "; ".join(_whereabouts(page, finding))
    if whereabouts:
        yield indented(Text(whereabouts), 4)
    if scene is not None and (lines := picture(page, scene, result.rule.code, signs=ASCII if page.is_ascii else BOX)):
        yield from (Text(), *lines, Text())
    if finding.evidence and shows_evidence:
        pairs = [(Text(page.clean(label, 60)), Text(page.clean(value))) for label, value in finding.evidence]
        yield indented(labelled(pairs), 4)


def _whereabouts(page: Page, finding: Finding) -> Iterator[str]:
    if finding.place:
        function = f" in {page.clean(finding.place.function, 80)}" if finding.place.function else ""
        yield f"{page.clean(finding.place.path, 200)}:{finding.place.line}{function}"
    if finding.cycles:
        noun = "cycle" if len(set(finding.cycles)) == 1 else "cycles"
        yield f"{noun} {safe(spans(finding.cycles), 120)}"
    if finding.events:
        noun = "event" if len(finding.events) == 1 else "events"
        more = f" and {len(finding.events) - _EVENTS:,} more" if len(finding.events) > _EVENTS else ""
        yield f"{noun} {', '.join(page.clean(event, 80) for event in finding.events[:_EVENTS])}{more}"
    if finding.cause:
        yield f"cause: {page.clean(finding.cause, 60)}"


def _failures(page: Page, report: Report, failures: Failures) -> Iterator[RenderableType]:
    groups = [
        group
        for group in failures.groups.values()
        if group.cycle.outcome is not Outcome.UNSUPPORTED and not _is_told(group, report)
    ]
    if not groups and not failures.left_out:
        return
    yield Text()
    yield Text("Cycles that did not end well", style="bold")
    for group in groups:
        yield from _failure(page, group)
    if failures.left_out:
        yield indented(Text(f"and {plural(failures.left_out, 'cycle')} that ended in other ways (--format json)"), 2)


def _is_told(group: FailureGroup, report: Report) -> bool:
    """Whether the evidence of a finding on the page shows the failure's frames already."""
    frames = set(group.cycle.failure.frames) if group.cycle.failure else set()
    return bool(frames) and any(
        group.cycle.number in finding.cycles and frames <= {value for _, value in finding.evidence}
        for result in _breached(report)
        for finding, shows_evidence in _told(result)
        if shows_evidence
    )


def _failure(page: Page, group: FailureGroup) -> Iterator[RenderableType]:
    cycle, failure = group.cycle, group.cycle.failure
    assert failure is not None, "only cycles with a failure are gathered"
    outcome = cycle.outcome.value
    ending = page.clean(failure.message) if failure.kind == outcome else page.ending(failure.kind, failure.message)
    yield indented(Text.assemble(f"{safe(spans(group.numbers), 60)} {outcome}: ", (ending, "red")), 2)
    for frame in failure.frames:
        yield indented(Text(page.clean(frame)), 4)
    calls = [
        f"{call.name}({page.clean(call.arguments, 60)})" + (f" in line {call.line}" if call.line else "")
        for call in cycle.host_calls[-_HOST_CALLS:]
    ]
    if calls:
        yield indented(Text(f"last host calls: {'; '.join(calls)}", style="dim"), 4)
    if failure.hint:
        yield indented(Text(page.clean(failure.hint)), 4)


def _expectation(page: Page, report: Report) -> Iterator[RenderableType]:
    """What differs from what the scenario expects, a line each."""
    if report.expected is None or not report.expected.differences:
        return
    differences = (*(each.located for each in unmet(report)), *report.expected.unexpected)
    yield Text()
    yield Text("Not as the scenario expects", style="bold")
    yield from _first(_DIFFERENCES, differences, page.clean, style="red")


# --- what the run cannot say, and the verdict ---------------------------------------------------------------


def _limits(page: Page, report: Report) -> Iterator[RenderableType]:
    if report.assumes:
        yield Text()
        yield Text("What the verdict assumes of the vendor", style="bold")
        yield from _first(_NOT_EXERCISED, report.assumes, lambda text: page.clean(text, 1000))
    if report.not_exercised:
        yield Text()
        yield Text("Not exercised by this run", style="bold")
        yield from _first(_NOT_EXERCISED, report.not_exercised, page.clean)


def _first(
    most: int, found: Sequence[T], tell: Callable[[T], str], *, style: str = "dim", of_what: str = ""
) -> Iterator[RenderableType]:
    """A line each of the first of them, and how many more there are."""
    for each in found[:most]:
        yield indented(Text(tell(each), style), 2)
    if len(found) > most:
        yield indented(Text(f"and {len(found) - most:,} more{of_what} (--format json has all)", "dim"), 2)


def _unsupported(page: Page, cycle: Cycle | None) -> Iterator[RenderableType]:
    """What xsim could not simulate ends the run undecided, so it must not be overlooked."""
    if cycle is None or cycle.failure is None:
        return
    yield Text()
    yield Text(f"NOT SIMULATED (cycle {cycle.number})", style="bold yellow")
    yield indented(Text(page.clean(cycle.failure.message), style="bold"), 2)
    for frame in cycle.failure.frames:
        yield indented(Text(page.clean(frame), style="dim"), 4)
    if cycle.failure.hint:
        yield indented(Text(page.clean(cycle.failure.hint, 1000), style="bold yellow"), 2)


def _closing(page: Page, report: Report) -> Iterator[RenderableType]:
    yield Text()
    if report.identity:
        yield Text(f"Events told apart by: {page.clean(report.identity)}")
    verdict = report.verdict.value.upper()
    reason = f": {page.clean(report.reason)}" if report.reason else ""
    yield Text.assemble((verdict, VERDICT_STYLES[report.verdict]), (reason, "bold"))
    if report.journal.command:
        yield unwrapped(f"Repeat with: {page.clean(report.journal.command, 4000)}")
