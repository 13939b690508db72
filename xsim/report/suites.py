"""One report of a whole suite: the formats of single reports put together, and a table for a person."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring

from xsim.findings import SuiteResult
from xsim.model import Verdict
from xsim.report.cells import markdown, plural, safe
from xsim.report.concise import line_of
from xsim.report.entries import seen_from_top
from xsim.report.github import MOST_OF_A_LEVEL, annotation
from xsim.report.json_format import written
from xsim.report.junit import document, slug_of

NOT_RUN = "could not be run"
_LONGEST_REASON = 300
_LEFT_OUT = re.compile(r"::\w+ title=xsim::([\d,]+) more of level ")


def combined(results: Sequence[SuiteResult], format: str, *, folder: str = "", part: str = "") -> str:
    """The suite in a format of single reports, which each result holds rendered.

    `folder` as of `render`; `part`: which of several, as "1/4".
    """
    if format == "github":
        return _github(results, folder)
    return _sarif(results, part) if format == "sarif" else _COMBINED[format](results)


def suite_verdict(results: Sequence[SuiteResult]) -> str:
    """How many passed, failed and so on, in a line."""
    return f"{plural(len(results), 'scenario')}: {suite_counts(results) or 'nothing to run'}"


def unsettled(results: Sequence[SuiteResult]) -> Sequence[Sequence[SuiteResult]]:
    """Those without a verdict and those that are undecided, together where the reason is the same.

    What is in the way of one may be in the way of all.
    """
    found: dict[str, list[SuiteResult]] = {}
    for result in results:
        if result.verdict in (None, Verdict.UNDECIDED):
            found.setdefault(result.reason, []).append(result)
    return tuple(found.values())


def named(results: Sequence[SuiteResult]) -> str:
    """The first of them, and how many there are beside it."""
    more = f" and {len(results) - 1:,} more" if results[1:] else ""
    return f"{safe(results[0].scenario, 200)}{more}"


def suite_counts(results: Sequence[SuiteResult]) -> str:
    """How many of each verdict, as far as there are any: "3 passed, 1 failed"."""
    verdicts = [result.verdict for result in results]
    told = [(verdicts.count(each), each.value) for each in Verdict] + [(verdicts.count(None), NOT_RUN)]
    return ", ".join(f"{count:,} {word}" for count, word in told if count)


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
    return line_of(result.scenario, 1, f"{NOT_RUN}: {_reason(result)}", lambda text: safe(text, 400))


def _missing_line(result: SuiteResult) -> str:
    return written({"type": "error", "scenario": result.scenario, "message": result.reason}, indent=None)


def _annotated(result: SuiteResult, folder: str) -> str:
    """Its annotations; of one that has no verdict, why that is."""
    if result.verdict is not None:
        return result.rendered.get("github", "")
    path = seen_from_top(safe(result.scenario, 400), folder)
    return annotation("error", path, 1, f"xsim: {NOT_RUN}", _reason(result))


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
    taken: set[str] = set()
    for result in results:
        suites = list(fromstring(result.rendered["junit"])) if result.verdict else [_missing_suite(result)]
        for suite in suites:
            _tell_apart(suite, result, taken)
        root.extend(suites)
    return document(root)


def _tell_apart(suite: Element, result: SuiteResult, taken: set[str]) -> None:
    """Readers take cases of one class and name for one: of integrations called alike the path of the scenario tells."""
    cases = suite.findall("testcase")
    if taken.intersection(case.get("classname", "") for case in cases):
        name = slug_of(safe(result.scenario, 400))
        for case in cases:
            case.set("classname", f"{case.get('classname')}.{name}")
        suite.set("name", f"{suite.get('name')}: {safe(result.scenario, 400)}")
    taken.update(case.get("classname", "") for case in cases)


def _missing_suite(result: SuiteResult) -> Element:
    name = safe(result.scenario, 400)
    counts = {"tests": "1", "failures": "1", "errors": "0", "skipped": "0", "time": "0"}
    suite = Element("testsuite", {"name": name, **counts, "file": name})
    case = SubElement(suite, "testcase", {"classname": f"xsim.{slug_of(name)}", "name": NOT_RUN, "time": "0"})
    failure = SubElement(case, "failure", {"type": "error", "message": _reason(result)})
    failure.text = f"{_reason(result)}\nat: {name}:1"
    return suite


def _sarif(results: Sequence[SuiteResult], part: str) -> str:
    """One run for all, as code scanning takes no more than twenty; what could not be run has none."""
    logs = [json.loads(result.rendered["sarif"]) for result in results if result.verdict]
    runs = [run for log in logs for run in log["runs"]]
    if not runs:
        return written({"version": "2.1.0", "runs": []}, indent=2)
    rules = {rule["id"]: rule for run in runs for rule in run["tool"]["driver"]["rules"]}
    order = {code: number for number, code in enumerate(sorted(rules))}
    whole = {
        **runs[0],
        # Code scanning keeps one upload of an id: of the parts of a suite each has its own.
        "automationDetails": {"id": f"xsim/suite/{part.replace('/', '-of-')}/" if part else "xsim/suite/"},
        "invocations": [each for run in runs for each in run["invocations"]],
        "results": [{**each, "ruleIndex": order[each["ruleId"]]} for run in runs for each in run["results"]],
        "properties": {"summary": suite_verdict(results)},
    }
    driver = {**runs[0]["tool"]["driver"], "rules": [rules[code] for code in order]}
    return written({**logs[0], "runs": [{**whole, "tool": {"driver": driver}}]}, indent=2)


def _github(results: Sequence[SuiteResult], folder: str) -> str:
    """The annotations of all, of each level ten, and a line a scenario with its verdict."""
    commands, told = [], []
    for result in results:
        lines = _annotated(result, folder).splitlines()
        commands += [line for line in lines if line.startswith("::")]
        name = f"./{result.scenario}" if result.scenario.startswith(":") else result.scenario
        told += [f"{safe(name, 400)}: {line}" for line in lines if not line.startswith("::")]
    levels = dict.fromkeys(line.partition(" ")[0] for line in commands)
    return "\n".join([*(line for level in levels for line in _ten_of(level, commands)), *told])


def _ten_of(level: str, commands: Sequence[str]) -> Iterator[str]:
    """GitHub shows ten annotations of a level, so that the tenth counts what goes beyond."""
    annotations = [line for line in commands if line.startswith(f"{level} file=")]
    # A run of many findings annotates but the first of them, and says how many more there are.
    left_out = filter(None, (_LEFT_OUT.match(line) for line in commands if line.startswith(f"{level} title=")))
    count = len(annotations) + sum(int(each[1].replace(",", "")) for each in left_out)
    if count <= MOST_OF_A_LEVEL:
        yield from annotations
        return
    yield from annotations[: MOST_OF_A_LEVEL - 1]
    more = count - len(annotations[: MOST_OF_A_LEVEL - 1])
    yield f"{level} title=xsim::{more:,} more: all are in the job summary and the log"


def _reason(result: SuiteResult) -> str:
    return safe(" ".join(result.reason.split()), _LONGEST_REASON)


_COMBINED: Mapping[str, Callable[[Sequence[SuiteResult]], str]] = {
    "text": _text,
    "concise": _lines("concise", _missing_concise),
    "json-lines": _lines("json-lines", _missing_line),
    "json": _json,
    "junit": _junit,
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
    for those in unsettled(results):
        yield f"**{markdown(named(those))}**: {markdown(_reason(those[0]))}"
    for result in results:
        if result.differences:
            lines = [f"- {markdown(safe(line, _LONGEST_REASON))}" for line in result.differences]
            yield "\n".join([f"**{markdown(safe(result.scenario, 200))}**: not as the scenario expects\n", *lines])
