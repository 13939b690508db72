"""Walks the cycles once and keeps what a person can read: at most some dozens of rows, equal neighbours in one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from xsim.findings import Report
from xsim.model import Cycle, Journal, Outcome, Severity, Verdict
from xsim.report.difference import Change, changes
from xsim.world import JsonValue

ROWS = 40
"""Rows that the table has at most, those that stand for what is left out among them."""
MOVING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8,}|\d+", re.IGNORECASE)
"""What may differ between messages of one failure: numbers, times, addresses."""
_ROWS_OF_LONG_RUNS = 16
"""Where not all fit, rows that nothing is wrong with are added up to this height only."""


@dataclass(frozen=True, slots=True)
class Row:
    """One cycle, or several in a row that came out alike."""

    first: int
    last: int
    started: datetime
    outcome: Outcome
    failure: str
    handed_over: int | None
    """Incidents in each cycle; None: not counted."""
    delivered: int
    duplicates: int
    has_more_duplicates: bool
    calls: int
    codes: tuple[str, ...]
    """Rules with an error or a warning that names the cycle."""
    was_set: bool
    """The script called setLastRun."""
    before: JsonValue
    after: JsonValue
    kinds: tuple[tuple[str, bool, bool], ...]
    """What changed in the last run, without the values."""

    @property
    def likeness(self) -> tuple[object, ...]:
        """What neighbours must share to stand in one row: all but times and last-run values."""
        counts = (self.handed_over, self.delivered, self.duplicates, self.has_more_duplicates, self.calls)
        return self.outcome, self.failure, counts, self.codes, self.was_set, self.kinds

    @property
    def differences(self) -> tuple[Change, ...]:
        """What changed in the last run from before the first cycle to after the last one."""
        return changes(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Gap:
    """Cycles of the journal that the table leaves out."""

    first: int
    last: int


@dataclass(slots=True)
class FailureGroup:
    """Cycles that ended badly in one way, shown by the first of them."""

    cycle: Cycle
    numbers: list[int]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Repeated deliveries by cycle, as far as findings list them."""

    counts: Mapping[int, int]
    uncounted: tuple[tuple[int, int], ...] = ()
    """First and last cycle of repetitions that no finding lists."""

    def of(self, number: int) -> int:
        """Repetitions in the cycle, or the least number of them."""
        return self.counts.get(number, 0)

    def has_more(self, number: int) -> bool:
        """Whether there may be more of them in the cycle than are counted."""
        return any(first <= number <= last for first, last in self.uncounted)


class Rows:
    """Takes cycles one after the other and chooses which of them are shown."""

    def __init__(self, marks: Mapping[int, tuple[str, ...]], duplicates: Duplicates, several_calls: str) -> None:
        self._marks = marks
        self._duplicates = duplicates
        self._several_calls = several_calls
        self._first: Row | None = None
        self._open: Row | None = None
        self._newest: Cycle | None = None
        self._telling: list[Row] = []
        self._plain: list[Row] = []
        self._closed = 0

    def add(self, cycle: Cycle) -> None:
        """Folds the cycle into the open row, or closes that and opens another one."""
        self._newest = cycle
        row = self._row_of(cycle)
        if self._open and row.handed_over is not None and self._open.likeness == row.likeness:
            self._open = replace(self._open, last=row.last, after=row.after)
            return
        if self._open:
            self._keep(self._open)
        self._open = row

    def chosen(self) -> list[Row | Gap]:
        """At most ROWS rows in order: the first, the last, those with findings or failures, then others that fit."""
        if self._open is None or self._newest is None:
            return []
        if self._open.handed_over is None:
            handed_over, delivered = self._counts(self._newest)
            self._open = replace(self._open, handed_over=handed_over, delivered=delivered)
        shown = {row.first: row for row in (self._first, self._open) if row}
        room_for_plain = ROWS if self._closed < ROWS else _ROWS_OF_LONG_RUNS
        for room, rows in ((ROWS, self._telling), (room_for_plain, self._plain)):
            for row in rows:
                if _height([*shown.values(), row]) <= room:
                    shown[row.first] = row
        return _with_gaps([shown[number] for number in sorted(shown)])

    def _keep(self, row: Row) -> None:
        self._closed += 1
        if self._first is None:
            self._first = row
            return
        kept = self._telling if _is_telling(row) else self._plain
        if len(kept) < ROWS:
            kept.append(row)

    def _row_of(self, cycle: Cycle) -> Row:
        codes = self._marks.get(cycle.number, ())
        kept = self._telling if codes or cycle.outcome is not Outcome.OK else self._plain
        # Counting means reading the incidents' JSON again: not for what cannot be shown any more.
        is_counted = len(kept) < ROWS or all(text == "[]" for text in cycle.incidents)
        handed_over, delivered = self._counts(cycle) if is_counted else (None, 0)
        return Row(
            first=cycle.number,
            last=cycle.number,
            started=cycle.started,
            outcome=cycle.outcome,
            failure=f"{cycle.failure.kind} {cycle.failure.line}" if cycle.failure else "",
            handed_over=handed_over,
            delivered=delivered,
            duplicates=self._duplicates.of(cycle.number),
            has_more_duplicates=self._duplicates.has_more(cycle.number),
            calls=len(cycle.exchanges),
            codes=codes,
            was_set=any(call.name == "setLastRun" for call in cycle.host_calls),
            before=cycle.last_run_before,
            after=cycle.last_run_after,
            kinds=tuple(change.kind for change in changes(cycle.last_run_before, cycle.last_run_after)),
        )

    def _counts(self, cycle: Cycle) -> tuple[int, int]:
        handed_over = count_incidents(cycle, self._several_calls)
        return handed_over, count_delivered(cycle, handed_over)


class Failures:
    """Gathers the cycles that did not end well by what went wrong; of many ways the first ones are kept."""

    MOST = 8

    def __init__(self) -> None:
        self.groups: dict[tuple[object, ...], FailureGroup] = {}
        self.unsupported: Cycle | None = None
        self.left_out = 0

    def add(self, cycle: Cycle) -> None:
        """Takes note of the cycle where it failed."""
        failure = cycle.failure
        if failure is None:
            return
        if cycle.outcome is Outcome.UNSUPPORTED and self.unsupported is None:
            self.unsupported = cycle
        # Wrapped into one type on one line, a 429, a reset and a time-out are still three ways to fail.
        struck = tuple(dict.fromkeys(each.fault for each in cycle.exchanges if each.fault))
        message = MOVING.sub("#", failure.message)
        key = (cycle.outcome, failure.kind, failure.line, failure.frames, message, struck)
        if key in self.groups:
            self.groups[key].numbers.append(cycle.number)
        elif len(self.groups) < self.MOST:
            self.groups[key] = FailureGroup(cycle, [cycle.number])
        else:
            self.left_out += 1


@dataclass(frozen=True, slots=True)
class Overview:
    """What the text report shows of the cycles."""

    rows: list[Row | Gap]
    failures: Failures
    outcomes: Counter[Outcome]
    counts_duplicates: bool
    """False where no rule looked for them."""

    @property
    def cycles(self) -> int:
        """How many cycles the journal has."""
        return sum(self.outcomes.values())


def survey(report: Report, also: Callable[[Cycle], None] = lambda cycle: None) -> Overview:
    """One walk along the journal, which may be long: of the cycles only those that are shown are kept.

    `also` is given each cycle on the same walk.
    """
    duplicates = duplicates_of(report)
    rows = Rows(_marks(report), duplicates or Duplicates({}), _several_calls(report.journal))
    failures = Failures()
    outcomes: Counter[Outcome] = Counter()
    for cycle in report.journal.cycles:
        rows.add(cycle)
        failures.add(cycle)
        outcomes[cycle.outcome] += 1
        also(cycle)
    return Overview(rows.chosen(), failures, outcomes, duplicates is not None)


def duplicates_of(report: Report) -> Duplicates | None:
    """How many redelivered events each cycle has, from the findings; None where no rule judged that.

    A finding names the cycle of each repetition. One without events stands for many that have none of their own.
    """
    results = [result for result in report.results if "duplicate" in result.rule.name]
    if not any(result.verdict is not Verdict.UNDECIDED for result in results):
        return None
    counts: Counter[int] = Counter()
    uncounted = []
    for finding in (finding for result in results for finding in result.findings):
        if finding.events:
            counts.update(finding.cycles)
        elif finding.cycles:
            uncounted.append((min(finding.cycles), max(finding.cycles)))
    return Duplicates(counts, tuple(uncounted))


def count_incidents(cycle: Cycle, several_calls: str) -> int:
    """Incidents that the cycle handed over, those of a failed cycle too."""
    texts = cycle.incidents
    if len(texts) > 1 and several_calls != "add":
        texts = texts[:1] if several_calls == "first" else texts[-1:]
    calls = [call.arguments for call in cycle.host_calls if call.name == "incidents" and call.error is None]
    if len(texts) == len(calls) == len(cycle.incidents) and all(map(str.isdigit, calls)):
        return sum(map(int, calls))  # The host has counted; reading the texts again is dear.
    return sum(map(_count, texts))


def count_delivered(cycle: Cycle, handed_over: int) -> int:
    """Incidents that the server would keep of them."""
    if cycle.outcome is not Outcome.OK:
        return 0
    refused = {refusal.index for refusal in cycle.refusals}
    return 0 if None in refused else handed_over - len(refused)


def _several_calls(journal: Journal) -> str:
    return journal.scenario.settings.several_incidents_calls


def _count(text: str) -> int:
    if text == "[]":
        return 0
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return 0
    return len(value) if isinstance(value, list) else 0


def _marks(report: Report) -> dict[int, tuple[str, ...]]:
    """The codes of the rules with an error or warning in each cycle, in rule order."""
    marks: dict[int, dict[str, None]] = {}
    for result in report.results:
        for finding in result.findings:
            if (finding.severity or result.rule.severity) is Severity.NOTE:
                continue
            for number in finding.cycles:
                marks.setdefault(number, {})[result.rule.code] = None
    return {number: tuple(codes) for number, codes in marks.items()}


def _is_telling(row: Row) -> bool:
    return bool(row.codes) or row.outcome is not Outcome.OK


def _height(rows: list[Row]) -> int:
    return len(_with_gaps(sorted(rows, key=lambda row: row.first)))


def _with_gaps(rows: list[Row]) -> list[Row | Gap]:
    shown: list[Row | Gap] = []
    for row in rows:
        previous = shown[-1] if shown else None
        if previous and row.first > previous.last + 1:
            shown.append(Gap(previous.last + 1, row.first - 1))
        shown.append(row)
    return shown
