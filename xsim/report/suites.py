"""One report of a whole suite: the formats of single reports put together, and a table for a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring

from xsim.findings import SuiteResult
from xsim.model import Verdict
from xsim.report.cells import markdown, plural, safe
from xsim.report.github import MOST_OF_A_LEVEL, annotation
from xsim.report.json_format import written
from xsim.report.junit import document

NOT_RUN = "could not be run"
_LONGEST_REASON = 300


def combined(results: Sequence[SuiteResult], format: str) -> str:
    """The suite in a format of single reports, which each result holds rendered."""
    return _COMBINED[format](results)


def suite_verdict(results: Sequence[SuiteResult]) -> str:
    """How many passed, failed and so on, in a line."""
    verdicts = [result.verdict for result in results]
    told = [(verdicts.count(each), each.value) for each in Verdict] + [(verdicts.count(None), NOT_RUN)]
    counts = ", ".join(f"{count:,} {word}" for count, word in told if count)
    return f"{plural(len(results), 'scenario')}: {counts or 'nothing to run'}"


def _text(results: Sequence[SuiteResult]) -> str:
    from xsim.report.suite_table import suite_parts
    from xsim.report.terminal import draw_plain

    return draw_plain(lambda width: suite_parts(results))


def _lines(format: str, of_missing: Callable[[SuiteResult], str]) -> Callable[[Sequence[SuiteResult]], str]:
    def joined(results: Sequence[SuiteResult]) -> str:
        texts = [result.rendered.get(format, "") if result.verdict else of_missing(result) for result in results]
        return "\n".join(text for text in texts if text)

    return joined


def _missing_concise(result: SuiteResult) -> str:
    return f"{safe(result.scenario, 400)}:1: {NOT_RUN}: {_reason(result)}"


def _missing_line(result: SuiteResult) -> str:
    return written({"type": "error", "scenario": result.scenario, "message": result.reason}, indent=None)


def _missing_annotation(result: SuiteResult) -> str:
    return annotation("error", safe(result.scenario, 400), 1, "xsim", _reason(result))


def _json(results: Sequence[SuiteResult]) -> str:
    return written({"xsim_suite": 1, "summary": suite_verdict(results), "results": [*map(_entry, results)]}, indent=2)


def _entry(result: SuiteResult) -> Mapping[str, Any]:
    errors, warnings, notes = result.counts
    return {
        "scenario": result.scenario,
        "integration": result.name,
        "verdict": result.verdict.value if result.verdict else None,
        "reason": result.reason,
        "cycles": result.cycles,
        "delivered": result.delivered,
        "differences": list(result.differences),
        "findings": {"errors": errors, "warnings": warnings, "notes": notes},
        "report": json.loads(result.rendered["json"]) if "json" in result.rendered else None,
    }


def _junit(results: Sequence[SuiteResult]) -> str:
    root = Element("testsuites", {"name": "xsim"})
    for result in results:
        if result.verdict is None:
            root.append(_missing_suite(result))
        else:
            root.extend(fromstring(result.rendered["junit"]))
    return document(root)


def _missing_suite(result: SuiteResult) -> Element:
    name = safe(result.scenario, 400)
    suite = Element("testsuite", {"name": name, "tests": "1", "failures": "1", "errors": "0", "skipped": "0"})
    case = SubElement(suite, "testcase", {"classname": "xsim", "name": NOT_RUN})
    SubElement(case, "failure", {"type": "error", "message": _reason(result)}).text = _reason(result)
    return suite


def _sarif(results: Sequence[SuiteResult]) -> str:
    """One run for all, as code scanning takes no more than twenty; what could not be run has none."""
    logs = [json.loads(result.rendered["sarif"]) for result in results if result.verdict]
    runs = [run for log in logs for run in log["runs"]]
    if not runs:
        return written({"version": "2.1.0", "runs": []}, indent=2)
    rules = {rule["id"]: rule for run in runs for rule in run["tool"]["driver"]["rules"]}
    order = {code: number for number, code in enumerate(sorted(rules))}
    whole = {
        **runs[0],
        "automationDetails": {"id": "xsim/suite/"},
        "invocations": [each for run in runs for each in run["invocations"]],
        "results": [{**each, "ruleIndex": order[each["ruleId"]]} for run in runs for each in run["results"]],
        "properties": {"summary": suite_verdict(results)},
    }
    driver = {**runs[0]["tool"]["driver"], "rules": [rules[code] for code in order]}
    return written({**logs[0], "runs": [{**whole, "tool": {"driver": driver}}]}, indent=2)


def _github(results: Sequence[SuiteResult]) -> str:
    """The annotations of all; GitHub shows ten of a level, so that what goes beyond is counted."""
    texts = [result.rendered.get("github", "") if result.verdict else _missing_annotation(result) for result in results]
    kept: list[str] = []
    counts: dict[str, int] = {}
    for line in (line for text in texts for line in text.splitlines()):
        level = line.partition(" ")[0] if line.startswith("::") else ""
        counts[level] = counts.get(level, 0) + 1
        if not level or counts[level] < MOST_OF_A_LEVEL:
            kept.append(line)
    more = [
        f"{level} title=xsim::{count - MOST_OF_A_LEVEL + 1:,} more: all are in the job summary and the log"
        for level, count in counts.items()
        if level and count >= MOST_OF_A_LEVEL
    ]
    return "\n".join([*kept, *more])


def _reason(result: SuiteResult) -> str:
    return safe(" ".join(result.reason.split()), _LONGEST_REASON)


_COMBINED: Mapping[str, Callable[[Sequence[SuiteResult]], str]] = {
    "text": _text,
    "concise": _lines("concise", _missing_concise),
    "json-lines": _lines("json-lines", _missing_line),
    "github": _github,
    "json": _json,
    "junit": _junit,
    "sarif": _sarif,
}


def suite_summary(results: Sequence[SuiteResult]) -> Iterator[str]:
    """The suite as Markdown, for the page of a job."""
    yield f"### xsim: {suite_verdict(results)}"
    rows = ["| scenario | verdict | errors | warnings | findings |", "|---|---|---|---|---|"]
    for result in results:
        verdict = result.verdict.value if result.verdict else NOT_RUN
        scenario = safe(result.scenario, 200).replace("|", "\\|").replace("`", "'")
        rows.append(
            f"| `{scenario}` | {verdict} | {result.counts[0]} | {result.counts[1]} | {', '.join(result.codes)} |"
        )
    yield "\n".join(rows)
    for result in results:
        if result.verdict in (None, Verdict.UNDECIDED):
            yield f"**{markdown(safe(result.scenario, 200))}**: {markdown(_reason(result))}"
        if result.differences:
            lines = [f"- {markdown(safe(line, _LONGEST_REASON))}" for line in result.differences]
            yield "\n".join([f"**{markdown(safe(result.scenario, 200))}**: not as the scenario expects\n", *lines])
