"""JSON lines for programs that follow a run: a line a cycle while it goes on, then the findings and the verdict.

`#/$defs/json_line` of report.schema.json describes them. A cycle's line holds what is known when the cycle ends, so it
is the same line whether it is written then or from a stored journal. Within a format number fields are only added.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from xsim.findings import Report
from xsim.model import Cycle, Scenario
from xsim.report.cells import moment
from xsim.report.json_format import closing_fields, findings_fields, opening_fields, plain, written
from xsim.report.rows import count_delivered, count_incidents
from xsim.secrets import Mask, masker
from xsim.world import JsonValue


def report_json_lines(report: Report) -> str:
    """The whole run: a line a cycle, a line a finding, and the verdict's."""
    line_of = cycle_lines(report.journal.scenario)
    return "\n".join([*map(line_of, report.journal.cycles), *closing_lines(report)])


def cycle_lines(scenario: Scenario) -> Callable[[Cycle], str]:
    """A function from a cycle to its line, without the secrets of this scenario."""
    mask = masker(scenario.parameters.secrets)
    several_calls = scenario.settings.several_incidents_calls
    return lambda cycle: _line({"type": "cycle", **_cycle(cycle, several_calls, mask)})


def closing_lines(report: Report) -> Iterator[str]:
    """What only the end of the run tells: its findings, then the verdict."""
    mask = masker(report.journal.scenario.parameters.secrets)
    for fields in findings_fields(report, mask):
        yield _line({"type": "finding", **fields})
    yield _line({"type": "verdict", **opening_fields(report, mask), **closing_fields(report, mask)})


def _cycle(cycle: Cycle, several_calls: str, mask: Mask) -> dict[str, Any]:
    handed_over = count_incidents(cycle, several_calls)
    failure = cycle.failure
    return {
        "number": cycle.number,
        "started": moment(cycle.started),
        "ended": moment(cycle.ended),
        "outcome": cycle.outcome.value,
        "failure": failure and {"kind": mask(failure.kind), "message": mask(failure.message), "line": failure.line},
        "incidents": handed_over,
        "delivered": count_delivered(cycle, handed_over),
        "calls": len(cycle.exchanges),
        "refusals": len(cycle.refusals),
        "log_lines": len(cycle.log),
        "last_run_size": _size(cycle.last_run_after, mask),
    }


def _size(last_run: JsonValue, mask: Mask) -> int:
    """Characters of its JSON text. A secret counts as what stands in its place, as in a stored journal."""
    return len(json.dumps(plain(last_run, mask)))


def _line(fields: dict[str, Any]) -> str:
    return written(fields, indent=None)
