"""JUnit XML for the test panels of build servers: a suite a run, a test case a rule.

There is no one schema. This keeps to what the common ones (Ant's, Surefire's, Jenkins' xUnit) all take: at most one
result a test case, as some readers look at the first alone, and no `error`, as they do not agree on its name. Each case
takes no time: readers add the times up, and how long a run takes is the machine's affair. A case has no `file` and no
`line`, which Jenkins' xUnit refuses: the first finding's place stands once more at the end of the failure's text, where
readers that annotate look for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from xsim.findings import Expected, Place, Report, RuleResult
from xsim.model import Verdict
from xsim.report.cells import plural, spans
from xsim.report.entries import Clean, Entry, cleaner, entry_of, least_failing, one_line, unmet

_FINDINGS = 50
"""Findings told of one rule."""
_DECIDED = "the run can be judged"
_EXPECTED = "the run comes to what the scenario expects"


def report_junit(report: Report) -> str:
    """The report as one XML document."""
    clean = cleaner(report)
    suite = Element("testsuite", {"name": _suite_name(report, clean)})
    _properties(suite, report, clean)
    cases = [_rule_case(suite, report, result, clean) for result in report.results]
    cases.append(_run_case(suite, report, clean))
    if report.expected is not None:
        cases.append(_expectation_case(suite, report, report.expected, clean))
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": 0,
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    for name, count in counts.items():
        suite.set(name, str(count))
    suite.set("time", "0")
    suite.set("file", clean(report.journal.integration.path.as_posix()))
    root = Element("testsuites", {"name": "xsim"})
    root.append(suite)
    return document(root)


def document(root: Element) -> str:
    """The text of an XML document, indented."""
    indent(root)
    # Of "##[" anywhere in a line a build server makes a command to itself.
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode").replace("##[", "#&#35;[")


def _suite_name(report: Report, clean: Clean) -> str:
    scenario = report.journal.scenario
    name = scenario.name or (scenario.path.name if scenario.path else "no scenario")
    return f"{clean(report.journal.integration.name)} ({clean(name)})"


def _properties(suite: Element, report: Report, clean: Clean) -> None:
    scenario = report.journal.scenario
    values = {
        "verdict": report.verdict.value,
        "cycles": str(scenario.cycles),
        "seed": str(scenario.seed),
        "delivered": str(report.delivered),
        "command": report.journal.command,
    }
    properties = SubElement(suite, "properties")
    for name, value in values.items():
        SubElement(properties, "property", {"name": name, "value": clean(value)})


def _rule_case(suite: Element, report: Report, result: RuleResult, clean: Clean) -> Element:
    case = _case(suite, report, f"{result.rule.code} {result.rule.name}", clean)
    if result.verdict is Verdict.UNDECIDED:
        SubElement(case, "skipped", {"message": clean(result.reason)})
        return case
    least = least_failing(report)
    told = [entry_of(finding, result, report.journal.integration, least) for finding in result.findings]
    failing = [entry for entry in told if entry.fails]
    if failing:
        _failure(case, failing, result, clean)
    others = [entry for entry in told if not entry.fails]
    if others:
        SubElement(case, "system-out").text = "\n".join(_texts(others, clean))
    return case


def _failure(case: Element, failing: list[Entry], result: RuleResult, clean: Clean) -> None:
    first = clean(failing[0].finding.message)
    message = first if len(failing) == 1 else f"{plural(len(failing), 'finding')}; the first: {first}"
    failure = SubElement(case, "failure", {"type": failing[0].severity.value, "message": message})
    fix = [f"fix: {one_line(result.rule.fix)}"] if result.rule.fix else []
    failure.text = "\n".join([*_texts(failing, clean), *fix, _at(failing[0].place, clean)])


def _run_case(suite: Element, report: Report, clean: Clean) -> Element:
    """A run that ends undecided must not look green: its rules found nothing because there was little to find."""
    case = _case(suite, report, _DECIDED, clean)
    reason = clean(report.reason)
    if report.verdict is Verdict.UNDECIDED:
        failure = SubElement(case, "failure", {"type": "undecided", "message": reason})
        failure.text = reason
    else:
        SubElement(case, "system-out").text = reason
    return case


def _expectation_case(suite: Element, report: Report, expected: Expected, clean: Clean) -> Element:
    case = _case(suite, report, _EXPECTED, clean)
    in_vain = unmet(report)
    told = (*(each.located for each in in_vain), *expected.unexpected)
    lines = [clean(line) for line in told[:_FINDINGS]]
    if not lines:
        SubElement(case, "system-out").text = f"by itself {expected.verdict.value}: {clean(expected.reason)}"
        return case
    count = len(expected.differences)
    first = clean(expected.differences[0])
    message = first if count == 1 else f"{plural(count, 'difference')}; the first: {first}"
    more = [f"and {count - len(lines):,} more"] if count > len(lines) else []
    at = [_at(in_vain[0].place, clean)] if in_vain else []
    SubElement(case, "failure", {"type": "expected", "message": message}).text = "\n".join([*lines, *more, *at])
    return case


def _case(suite: Element, report: Report, name: str, clean: Clean) -> Element:
    # Readers cut a class name at its last dot into package and class, and take cases of one class and name for one.
    scenario = report.journal.scenario
    parts = (report.journal.integration.name, scenario.name or "no scenario")
    classname = ".".join(["xsim", *(slug_of(clean(part)) for part in parts)])
    return SubElement(suite, "testcase", {"classname": classname, "name": name, "time": "0"})


def slug_of(text: str) -> str:
    """The text as a part of a class name."""
    return re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_") or "_"


def _at(place: Place, clean: Clean) -> str:
    return f"at: {clean(place.path)}:{max(1, place.line)}"


def _texts(told: list[Entry], clean: Clean) -> Iterator[str]:
    for entry in told[:_FINDINGS]:
        yield from _text(entry, clean)
    if len(told) > _FINDINGS:
        yield f"and {len(told) - _FINDINGS:,} more"


def _text(entry: Entry, clean: Clean) -> Iterator[str]:
    finding = entry.finding
    yield f"{clean(entry.place.path)}:{entry.place.line}: {entry.severity.value}: {clean(finding.message)}"
    if finding.accepted:
        yield f"  accepted: {clean(finding.accepted)}"
    if finding.cause:
        yield f"  cause: {clean(finding.cause)}"
    if finding.cycles:
        yield f"  cycles: {clean(spans(finding.cycles))}"
    yield from (f"  {clean(label)}: {clean(value)}" for label, value in finding.evidence)
