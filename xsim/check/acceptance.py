"""Findings that somebody accepted: at their place in the script, with a reason, or in a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from xsim.check.rule import is_named
from xsim.findings import Finding, Rule
from xsim.integration import Allowance, Integration
from xsim.model import Journal

IN_BASELINE = "in the baseline"


def with_acceptance(finding: Finding, rule: Rule, journal: Journal) -> Finding:
    """The finding, told accepted where an allowance covers its place or the baseline has its fingerprint."""
    for allowance in journal.integration.allowances:
        if accepts(allowance, finding, rule, journal.integration):
            return replace(finding, accepted=allowance.reason, is_allowed=True)
    if finding.fingerprint in journal.scenario.check.accepted:
        return replace(finding, accepted=IN_BASELINE)
    return finding


def accepts(allowance: Allowance, finding: Finding, rule: Rule, integration: Integration) -> bool:
    """Whether it names the rule, gives a reason and covers the finding's line in the script."""
    if not allowance.reason or finding.place is None or finding.place.path != str(integration.path):
        return False
    is_there = allowance.first <= finding.place.line <= allowance.last
    return is_there and any(is_named(rule, name) for name in allowance.rules)


def open_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Those that nobody accepted."""
    return [finding for finding in findings if not finding.accepted]


def idle_allowances(
    integration: Integration, judged: Sequence[tuple[Rule, Sequence[Finding]]], known: Iterable[Rule]
) -> Iterator[tuple[Allowance, str]]:
    """Allowances that accept nothing, each with the reason why. One for a rule that was not asked is left alone."""
    rules = list(known)
    for allowance in integration.allowances:
        unknown = [name for name in allowance.rules if not any(is_named(rule, name) for rule in rules)]
        asked = [(rule, found) for rule, found in judged if any(is_named(rule, name) for name in allowance.rules)]
        if not allowance.rules:
            yield allowance, "names no rule"
        elif unknown:
            yield allowance, f"names {', '.join(unknown)}, and no rule is called so"
        elif not allowance.reason:
            yield allowance, "gives no reason, as in `# xsim: allow FC201 -- why`, and so accepts nothing"
        elif asked and not any(accepts(allowance, each, rule, integration) for rule, found in asked for each in found):
            yield allowance, f"accepts nothing: {', '.join(allowance.rules)} has no finding in its lines"
