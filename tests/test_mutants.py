"""Mutants of right scripts: what one of them loses or repeats is told, and one that does neither has no finding.

What a mutant did is counted here from the journal alone, beside what the right script did in the same world.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from mutants import Mutant, mutants

from xsim import api
from xsim.findings import Report
from xsim.model import Outcome, Severity, Verdict
from xsim.world import values_at

MUSEUM = Path(__file__).parent.parent / "fixtures" / "museum"
PIECES = (
    "exclusive-boundary",
    "id-memory-lost",
    "late-arrival",
    "limit-not-respected",
    "same-timestamp-group",
    "unit-mismatch",
)
SLACK = 2
"""What the right script delivered in the last cycles may come to a mutant only behind them."""
REPEATED = {"FC202", "FC203"}
BESIDE = {"FC103", "FC205"}
"""What does no event any harm and is right to be told: a last run that grows for ever, a limit that is gone past."""


@dataclass(frozen=True)
class Deeds:
    """What a script did in a run, from the journal."""

    delivered: Counter[str]
    """How often each event came in cycles that ended well."""
    first: dict[str, int]
    """The cycle in which it came first."""
    drained: frozenset[str]
    """Events that came in the extra cycles behind the schedule."""
    cycles: int
    failed: int


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_what_a_slip_does_is_told_and_what_does_nothing_is_not(piece, tmp_path):
    right = MUSEUM / piece / "mended.py"
    expected = deeds_of(run(ast.unparse(ast.parse(right.read_text(encoding="utf-8"))), piece, tmp_path))
    found = list(mutants(right.read_text(encoding="utf-8")))
    assert len(found) >= 8
    told = [complaint(mutant, run(mutant.text, piece, tmp_path), expected) for mutant in found]
    assert [each for each in told if each] == []


def run(text: str, piece: str, folder: Path) -> Report:
    script = folder / "integration.py"
    script.write_text(text, encoding="utf-8")
    return api.run(script, scenario=MUSEUM / piece / "xsim.toml", state=folder, supervised=False)


def deeds_of(report: Report) -> Deeds:
    delivered: Counter[str] = Counter()
    first: dict[str, int] = {}
    paths, cycles, failed = report.journal.scenario.identity, 0, 0
    for cycle in report.journal.cycles:
        cycles += 1
        failed += cycle.outcome is not Outcome.OK
        for event in events_in(cycle.incidents, paths) if cycle.outcome is Outcome.OK else ():
            delivered[event] += 1
            first.setdefault(event, cycle.number)
    drains = [probe for probe in report.journal.probes if probe.kind == "drain" and probe.outcome is Outcome.OK]
    drained = frozenset(event for probe in drains for event in events_in(probe.incidents, paths))
    return Deeds(delivered, first, drained, cycles, failed)


def events_in(texts: tuple[str, ...], paths: tuple[str, ...]) -> list[str]:
    records = [json.loads(incident["rawJSON"]) for text in texts for incident in json.loads(text) or []]
    return ["/".join(str(values_at(record, path)[0]) for path in paths) for record in records]


def complaint(mutant: Mutant, report: Report, expected: Deeds) -> str:
    """What is wrong with the judgement of a mutant; empty where nothing is."""
    did = deeds_of(report)
    lost = [
        event
        for event, cycle in expected.first.items()
        if cycle <= expected.cycles - SLACK and event not in did.delivered and event not in did.drained
    ]
    repeated = [event for event, times in did.delivered.items() if times > 1]
    loud = {each.code for each in report.findings if each.severity is not Severity.NOTE}
    where = f"{mutant.slip} in line {mutant.line}: {report.reason} {sorted(loud)}"
    if repeated and not loud & REPEATED:
        return f"untold: {repeated[0]} came more than once; {where}"
    if lost and report.verdict is Verdict.PASSED:
        return f"untold: {lost[0]} never came; {where}"
    if not (lost or repeated or did.failed) and loud - BESIDE:
        return f"a false alarm; {where}"
    return ""
