"""The report as JSON for programs, as report.schema.json describes it; and one fetch as the war room shows it.

No wall clock, one order of keys, nothing but ASCII: the same report is the same text everywhere. Within a format
number fields are only added.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from xsim.findings import EXIT_CODES, Report
from xsim.integration import Integration
from xsim.model import Cycle, Exchange, Failure, Scenario
from xsim.report.cells import moment
from xsim.report.entries import Entry, entries, unmet
from xsim.report.rows import count_delivered, count_incidents, duplicates_of
from xsim.secrets import MASKED, Mask, masker

FORMAT = 1

_DEEPEST = 100


def report_json(report: Report) -> str:
    """The report as one JSON object, indented, but one line a cycle."""
    mask = masker(report.journal.scenario.parameters.secrets)
    opening = opening_fields(report, mask)
    findings = list(findings_fields(report, mask))
    closing = {"rules": _rules(report, mask), "findings": findings, **closing_fields(report, mask)}
    # Put together once: of a long run each copy is some 50 MB.
    parts = ["{\n", _fields(opening), ',\n  "cycles": [']
    begins = "\n    "
    for cycle in _cycles(report, mask):
        parts += (begins, _line(cycle))
        begins = ",\n    "
    parts += ("]" if begins == "\n    " else "\n  ]", ",\n", _fields(closing), "\n}")
    return "".join(parts)


def fetch_json(cycle: Cycle, secrets: tuple[str, ...]) -> str:
    """The list of incidents that the script handed over, indented, whether or not the fetch ended well.

    What is no JSON array stands in the list as it was handed over, so that it can be looked at.
    """
    incidents: list[Any] = []
    for text in cycle.incidents:
        value = parsed(text)
        incidents.extend(value if isinstance(value, list) else [value])
    return written(plain(incidents, masker(secrets)), indent=4)


def parsed(text: str) -> Any:
    """The value that a JSON text stands for, or the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def plain(value: Any, mask: Mask, depth: int = 0) -> Any:
    """A foreign value as strict JSON can hold it, without secrets: NaN becomes "NaN", what has no form its text."""
    if isinstance(value, str):
        return mask(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return MASKED if mask(str(value)) == MASKED else value
    if isinstance(value, float):
        return value if math.isfinite(value) else json.dumps(value)
    if depth == _DEEPEST:
        return f"nested deeper than {_DEEPEST} levels"
    if isinstance(value, dict):
        return {mask(str(key)): plain(inner, mask, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, mask, depth + 1) for inner in value]
    return mask(str(value))


# --- the parts of the report --------------------------------------------------------------------------------


def opening_fields(report: Report, mask: Mask) -> dict[str, Any]:
    """The verdict, and what was run."""
    journal = report.journal
    return {
        "format": FORMAT,
        "xsim": journal.xsim_version,
        "verdict": report.verdict.value,
        "reason": mask(report.reason),
        "exit_code": EXIT_CODES[report.verdict],
        "complete": journal.complete,
        "delivered": report.delivered,
        "identity": mask(report.identity),
        "integration": _integration(journal.integration, mask),
        "scenario": _scenario(journal.scenario, mask),
    }


def _integration(integration: Integration, mask: Mask) -> dict[str, Any]:
    return {
        "name": mask(integration.name),
        "path": mask(integration.path.as_posix()),
        "digest": integration.digest,
        "common_server": mask(integration.common_server),
        "notes": [mask(note) for note in integration.notes],
    }


def _scenario(scenario: Scenario, mask: Mask) -> dict[str, Any]:
    return {
        "name": mask(scenario.name),
        "starts": moment(scenario.starts),
        "interval": _seconds(scenario.interval),
        "cycles": scenario.cycles,
        "first_cycle": scenario.first_cycle,
        "seed": scenario.seed,
        "instance": mask(scenario.instance),
        "parameters": plain(dict(scenario.parameters.values), mask),
        "stand_ins": [mask(name) for name in scenario.parameters.stand_ins],
        "identity": [mask(path) for path in scenario.identity],
    }


def _cycles(report: Report, mask: Mask) -> Iterator[dict[str, Any]]:
    several_calls = report.journal.scenario.settings.several_incidents_calls
    duplicates = duplicates_of(report)
    for cycle in report.journal.cycles:
        handed_over = count_incidents(cycle, several_calls)
        yield {
            "number": cycle.number,
            "started": moment(cycle.started),
            "ended": moment(cycle.ended),
            "outcome": cycle.outcome.value,
            "failure": _failure(cycle.failure, mask),
            "last_run_after": plain(cycle.last_run_after, mask),
            "incidents": handed_over,
            "delivered": count_delivered(cycle, handed_over),
            "duplicates": None if duplicates is None else duplicates.of(cycle.number),
            "calls": [_call(exchange, mask) for exchange in cycle.exchanges],
            "refusals": [
                {"index": refusal.index, "field": mask(refusal.field), "message": mask(refusal.message)}
                for refusal in cycle.refusals
            ],
            "log_lines": len(cycle.log),
        }


def _failure(failure: Failure | None, mask: Mask) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {
        "kind": mask(failure.kind),
        "message": mask(failure.message),
        "frames": [mask(frame) for frame in failure.frames],
        "line": failure.line,
        "function": _masked(failure.function, mask),
        "hint": mask(failure.hint),
    }


def _call(exchange: Exchange, mask: Mask) -> dict[str, Any]:
    return {
        "at": moment(exchange.at),
        "method": mask(exchange.method),
        "url": mask(exchange.url),
        "status": exchange.status,
        "size": exchange.size,
        "line": exchange.line,
    }


def _rules(report: Report, mask: Mask) -> list[dict[str, Any]]:
    return [
        {
            "code": result.rule.code,
            "name": result.rule.name,
            "severity": result.rule.severity.value,
            "summary": result.rule.summary,
            "fix": result.rule.fix,
            "verdict": result.verdict.value,
            "reason": mask(result.reason),
            "findings": len(result.findings),
        }
        for result in report.results
    ]


def findings_fields(report: Report, mask: Mask) -> Iterator[dict[str, Any]]:
    """Each finding, in rule order."""
    return (_finding(entry, mask) for entry in entries(report))


def _finding(entry: Entry, mask: Mask) -> dict[str, Any]:
    finding, place = entry.finding, entry.finding.place
    return {
        "rule": entry.rule.code,
        "name": entry.rule.name,
        "severity": entry.severity.value,
        "cause": mask(finding.cause),
        "message": mask(finding.message),
        "cycles": list(finding.cycles),
        "events": [mask(event) for event in finding.events],
        "place": place and {"path": mask(place.path), "line": place.line, "function": _masked(place.function, mask)},
        "evidence": [{"label": mask(label), "value": mask(value)} for label, value in finding.evidence],
        "fingerprint": finding.fingerprint,
        "accepted": mask(finding.accepted),
        "expected": finding.is_expected,
        "fails": entry.fails,
    }


def closing_fields(report: Report, mask: Mask) -> dict[str, Any]:
    """What the verdict takes for granted, and how to come to it again."""
    return {
        "assumes": [mask(text) for text in report.assumes],
        "not_exercised": [mask(text) for text in report.not_exercised],
        "expected": _expected(report, mask),
        "idle_baseline": [mask(text) for text in report.idle_baseline],
        "command": mask(report.journal.command),
    }


def _expected(report: Report, mask: Mask) -> dict[str, Any] | None:
    if report.expected is None:
        return None
    return {
        "verdict": report.expected.verdict.value,
        "reason": mask(report.expected.reason),
        "differences": [mask(line) for line in report.expected.differences],
        "unmet": [
            {"message": mask(each.text), "path": mask(each.place.path), "line": each.place.line}
            for each in unmet(report)
        ],
    }


# --- writing ------------------------------------------------------------------------------------------------


def _fields(fields: dict[str, Any]) -> str:
    """The fields of an object as indented text, without the braces around them."""
    return written(fields, indent=2)[2:-2]


def _line(value: dict[str, Any]) -> str:
    return written(value, indent=None)


def written(value: Any, *, indent: int | None) -> str:
    """Strict JSON in ASCII, on one line where `indent` is None."""
    text = json.dumps(value, indent=indent, allow_nan=False)
    # JSON lets DEL stand as it is, the one control that no escape of `dumps` covers. Of "##[" anywhere in a line a
    # build server makes a command to itself.
    return text.replace("\x7f", "\\u007f").replace("##[", "#\\u0023[")


def _masked(text: str | None, mask: Mask) -> str | None:
    return None if text is None else mask(text)


def _seconds(length: timedelta) -> int | float:
    seconds = length.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds
