"""What a judgement is made of: rules, their findings, and the report of a journal. All are frozen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from xsim.model import Journal, Severity, Verdict

EXIT_CODES = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.UNDECIDED: 3}
"""What a run with that verdict leaves with."""
BASELINE_FORMAT = 1
"""Of the file of accepted findings."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the script, or of the yml where the finding is about that."""

    path: str
    line: int
    function: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule, with all that is needed to believe it without running again."""

    message: str
    cycles: tuple[int, ...] = ()
    """The cycles of the breach, the first one first; one named twice stands twice."""
    events: tuple[str, ...] = ()
    cause: str = ""
    """A short machine-readable word for why, such as "changed"; empty where it is not known."""
    place: Place | None = None
    evidence: tuple[tuple[str, str], ...] = ()
    """Label and value, in the order a reader wants them."""
    severity: Severity | None = None
    """None: the rule's own."""
    code: str = ""
    """The rule's code and name, filled in by `check`."""
    rule: str = ""
    fingerprint: str = ""
    accepted: str = ""
    """Why it does not count: the reason of an allowance in the script, or "in the baseline"."""
    is_allowed: bool = False
    """Accepted by a comment in the script, rather than by a baseline."""
    is_expected: bool = False
    """Accepted as the scenario expects it."""
    doubt: str = ""
    """The guess of a drafted scenario on which it rests: it is no proof then, and does not count."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise that an integration keeps. `check` is a generator from what was recorded to findings."""

    code: str
    name: str
    severity: Severity
    since: str
    summary: str
    why: str
    fix: str
    check: Callable[[Any], Iterator[Finding]]
    needs: Callable[[Any], bool] | None = None
    needs_text: str = ""
    """What a run would have to contain for the rule to judge."""


@dataclass(frozen=True, slots=True)
class Cause:
    """A word that findings give for why."""

    word: str
    rules: tuple[Rule, ...]
    """Those whose findings give it."""
    means: str = ""
    """What it says, where no remedy tells."""
    remedies: tuple[str, ...] = ()
    """What to write instead."""


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule says of one journal."""

    rule: Rule
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why it is UNDECIDED."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What became of a scenario's expectation."""

    verdict: Verdict
    """What the run came to by itself."""
    reason: str = ""
    missing: tuple[str, ...] = ()
    """What is not as expected, but for findings: a line each."""
    unexpected: tuple[str, ...] = ()
    """Findings that fail a run and that nobody expects, a line each."""
    lines: tuple[int, ...] = ()
    """Where each of `missing` stands in the scenario's file; 0: not known."""

    @property
    def differences(self) -> tuple[str, ...]:
        return (*self.missing, *self.unexpected)


@dataclass(frozen=True, slots=True)
class Report:
    """The judgement of a journal."""

    journal: Journal
    results: tuple[RuleResult, ...]
    verdict: Verdict
    reason: str = ""
    """The verdict in a sentence."""
    identity: str = ""
    """How events were told apart: "dbotMirrorId", "id in rawJSON (detected)", ..."""
    delivered: int = 0
    """Incidents delivered by OK cycles, repetitions included."""
    not_exercised: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    """What the verdict takes for granted of the vendor, a sentence each."""
    expected: Expected | None = None
    """None: the scenario expects nothing, and the run was judged by itself."""
    idle_baseline: tuple[str, ...] = ()
    """What the baseline accepts and this run did not find, described as it is in the baseline."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in rule order."""
        return tuple(finding for result in self.results for finding in result.findings)


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What became of one scenario among many."""

    scenario: str
    """The scenario's path."""
    name: str = ""
    """The integration's name; "" where it could not be loaded."""
    verdict: Verdict | None = None
    """None: it could not be run."""
    reason: str = ""
    """The verdict in a sentence, or what was in the way."""
    cycles: int = 0
    delivered: int = 0
    counts: tuple[int, int, int] = (0, 0, 0)
    """Findings that nobody accepted: errors, warnings, notes."""
    codes: tuple[str, ...] = ()
    """Of the errors and warnings among them, each once."""
    rendered: Mapping[str, str] = field(default_factory=dict)
    """Format and text."""
    is_bug: bool = False
    """It could not be run for a bug of xsim's own."""
    differences: tuple[str, ...] = ()
    """From what the scenario expects, a line each."""
