"""Holds a report against what its scenario says that the run comes to: which findings are expected, and what differs.

A run that comes to what is expected passes, though it found something: that is how known faults are kept as tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from re import escape, search

from xsim.check.causes import cause_named
from xsim.check.excerpt import counted, listed, shorten
from xsim.check.rule import is_meant
from xsim.errors import XsimError
from xsim.findings import Expected, Finding, Report, Rule, RuleResult
from xsim.model import Expectation, ExpectedFinding, Verdict

BY_SCENARIO = "expected by the scenario"
KINDS: Mapping[str, tuple[str, ...]] = {
    "duplicate": ("FC202", "FC203"),
    "missed": ("FC201",),
    "malformed": ("FC501", "FC502", "FC503", "FC504", "FC505", "FC506", "FC510"),
    "last-run": ("FC1",),
    "fetch-error": ("FC208", "FC601", "FC604", "FC605"),
}
"""Findings in plain words, and the rules that find them: codes, or the beginning of codes."""
Fails = Callable[[Finding], bool]


def with_expectation(
    report: Report,
    expectation: Expectation,
    fails: Fails,
    *,
    unexercised: Sequence[str] = (),
    is_cut_short: bool = False,
    is_narrowed: bool = False,
) -> Report:
    """The report as the scenario's expectation leaves it: expected findings accepted, differences told, the verdict.

    `fails`: whether a finding counts towards a failed run. `unexercised`: what a strict reader wants exercised.
    `is_cut_short`: the run ended at what is not simulated, or in the middle; what was not found may have been behind.
    `is_narrowed`: rules were left out that the scenario wants judged, so that its verdict is not asked.
    """
    entries = (*expectation.must, *expectation.may)
    takes_all = not entries and expectation.verdict is Verdict.FAILED
    results = tuple(_accepting(result, fails, () if takes_all else entries, takes_all) for result in report.results)
    unexpected = [each for result in results for each in result.findings if not each.accepted and fails(each)]
    asks_verdict = not is_narrowed and not _is_open(report, expectation)
    missing = (*_other_totals(report, expectation, asks_verdict=asks_verdict), *_not_found(report, expectation))
    told = Expected(
        report.verdict,
        report.reason,
        missing=tuple(text for text, _ in missing),
        unexpected=tuple(map(_not_expected, unexpected)),
        lines=tuple(line for _, line in missing),
    )
    if expectation.verdict is Verdict.UNDECIDED:
        is_cut_short, unexercised = False, ()
    if told.differences and (unexpected or not is_cut_short):
        verdict = Verdict.FAILED
    else:
        is_undecided = is_cut_short or unexercised or _is_open(report, expectation)
        verdict = Verdict.UNDECIDED if is_undecided else Verdict.PASSED
    reason = _reason(verdict, told, unexercised)
    return replace(report, results=results, verdict=verdict, reason=reason, expected=told)


def _is_open(report: Report, expectation: Expectation) -> bool:
    """Whether the run could not tell, and nobody expects that."""
    return report.verdict is Verdict.UNDECIDED and expectation.verdict is not Verdict.UNDECIDED


def covers(expected: tuple[ExpectedFinding, ...], finding: Finding) -> bool:
    """Whether each event that the finding names is named by an entry that fits, or an entry that fits names none."""
    fitting = [each for each in expected if _fits(each, finding)]
    events = {each.event for each in fitting}
    return bool(fitting) and ("" in events or events >= set(finding.events))


def _fits(expected: ExpectedFinding, finding: Finding) -> bool:
    return (
        _is_of(expected, finding.code, finding.rule)
        and expected.event in ("", *finding.events)
        and expected.cycle in (0, *finding.cycles)
        and expected.cause in ("", finding.cause)
        and (not expected.field or _names(finding, expected.field))
    )


def _is_of(expected: ExpectedFinding, code: str, name: str) -> bool:
    if expected.kind:
        return code.startswith(KINDS.get(expected.kind, ()))  # A journal of others may say anything.
    return is_meant(code, name, expected.rule)


def _names(finding: Finding, field: str) -> bool:
    """Whether message or evidence names the field, rather than a word that holds it."""
    texts = (finding.message, *(text for pair in finding.evidence for text in pair))
    return any(search(rf"(?<![\w]){escape(field)}(?![\w])", text) for text in texts)


def _accepting(result: RuleResult, fails: Fails, expected: tuple[ExpectedFinding, ...], takes_all: bool) -> RuleResult:
    """The rule's result with the expected ones among its findings accepted."""
    if result.verdict is Verdict.UNDECIDED or not result.findings:
        return result
    findings = tuple(
        replace(each, accepted=BY_SCENARIO, is_expected=True)
        if not each.accepted and (takes_all or covers(expected, each))
        else each
        for each in result.findings
    )
    is_failed = any(fails(each) for each in findings if not each.accepted)
    return replace(result, findings=findings, verdict=Verdict.FAILED if is_failed else Verdict.PASSED)


# --- differences --------------------------------------------------------------------------------------------


def _other_totals(report: Report, expectation: Expectation, *, asks_verdict: bool) -> Iterator[tuple[str, int]]:
    """Each with the line of the scenario's file that it differs from."""
    verdict, delivered = expectation.verdict, expectation.delivered
    if verdict is not None and verdict is not report.verdict and asks_verdict:
        came_to = _told(report.verdict, report.reason)
        yield f"expected the verdict {verdict.value}, came to {came_to}", expectation.verdict_line
    if delivered is not None and delivered != report.delivered:
        text = f"expected {counted(delivered, 'incident')}, delivered {report.delivered:,}"
        yield text, expectation.delivered_line


def _not_found(report: Report, expectation: Expectation) -> Iterator[tuple[str, int]]:
    rules = [result.rule for result in report.results]
    for each in expectation.must:
        meant = [rule for rule in rules if _is_of(each, rule.code, rule.name)]
        # A rule that the command line leaves out finds nothing.
        if meant and not any(_fits(each, finding) for finding in report.findings):
            yield f"expected {_described(each, meant)}, not found{_slip(each.cause)}", each.line


def _slip(cause: str) -> str:
    """Where no rule gives that cause: the nearest one."""
    try:
        if cause:
            cause_named(cause)
    except XsimError as error:
        return f" (no finding has that cause; {error.hint})"
    return ""


def _described(expected: ExpectedFinding, meant: list[Rule]) -> str:
    named = f"{meant[0].code} {meant[0].name}" if len(meant) == 1 else expected.rule or f"a finding '{expected.kind}'"
    parts = [
        shorten(named, 80),
        f"of {shorten(expected.event, 80)}" if expected.event else "",
        f"in {shorten(expected.field, 80)}" if expected.field else "",
        f"at cycle {expected.cycle}" if expected.cycle else "",
        f"with the cause {shorten(expected.cause, 80)}" if expected.cause else "",
    ]
    return " ".join(part for part in parts if part)


def _not_expected(finding: Finding) -> str:
    cause = f" {finding.cause}" if finding.cause else ""
    events = f" of {listed([shorten(event, 80) for event in finding.events], 3)}" if finding.events else ""
    at = f" at cycle {finding.cycles[0]}" if finding.cycles else ""
    return f"found {finding.code} {finding.rule}{cause}{events}{at}, not expected"


def _reason(verdict: Verdict, told: Expected, unexercised: Sequence[str]) -> str:
    itself = _told(told.verdict, told.reason)
    if verdict is Verdict.PASSED:
        return f"as the scenario expects, {itself}"
    if verdict is Verdict.UNDECIDED:
        return f"not exercised: {'; '.join(unexercised)}" if unexercised else told.reason
    count = counted(len(told.differences), "difference")
    return f"{count} from what the scenario expects: {told.differences[0]}"


def _told(verdict: Verdict, reason: str) -> str:
    return f"{verdict.value}: {reason}" if reason else verdict.value
