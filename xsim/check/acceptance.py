"""Findings that somebody accepted: at their place in the script, with a reason, or in a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from xsim.check.rule import is_named
from xsim.findings import Finding, Rule, RuleResult
from xsim.integration import Allowance, Integration
from xsim.model import Journal, Verdict

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
        idle = [name for name in allowance.rules if _accepts_nothing(allowance, name, integration, judged)]
        if not allowance.is_read:
            yield allowance, "is not written as `# xsim: allow FC201 -- why`, and so accepts nothing"
        elif not allowance.rules:
            yield allowance, "names no rule"
        elif not allowance.reason:
            # Before unknown names: without the two hyphens the words of a reason stand among them.
            yield allowance, "gives no reason, as in `# xsim: allow FC201 -- why`, and so accepts nothing"
        elif unknown:
            yield allowance, f"names {', '.join(unknown)}, and no rule is called so"
        elif idle:
            names = ", ".join(idle)
            what = "nothing" if len(idle) == len(allowance.rules) else f"nothing of {names}"
            yield allowance, f"accepts {what}: {names} {'has' if len(idle) == 1 else 'have'} no finding in its lines"


def _accepts_nothing(
    allowance: Allowance, name: str, integration: Integration, judged: Sequence[tuple[Rule, Sequence[Finding]]]
) -> bool:
    """Whether the rule that one of its names means was asked and found nothing that the allowance covers."""
    asked = [(rule, found) for rule, found in judged if is_named(rule, name)]
    alone = replace(allowance, rules=(name,))
    return bool(asked) and not any(accepts(alone, each, rule, integration) for rule, found in asked for each in found)


def idle_in_baseline(journal: Journal, results: Sequence[RuleResult]) -> tuple[str, ...]:
    """What the baseline accepts and this run did not find, though it judged by the rule; nothing of a run cut short."""
    if not journal.complete:
        return ()
    found = {finding.fingerprint for result in results for finding in result.findings}
    judged = {result.rule.code for result in results if result.verdict is not Verdict.UNDECIDED}
    return tuple(
        described
        for fingerprint, described in journal.scenario.check.accepted.items()
        if fingerprint not in found and described.partition(" ")[0] in judged
    )
