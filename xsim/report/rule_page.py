"""What `xsim rules` and `xsim explain` print: the rules as their own docstrings tell them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from xsim.findings import Rule


def rules_text(rules: Iterable[Rule]) -> str:
    """A line a rule: code, severity, name, summary."""
    return "\n".join(f"{rule.code}  {rule.severity.value:<7}  {rule.name:<28}  {rule.summary}" for rule in rules)


def rules_json(rules: Iterable[Rule]) -> str:
    """The same as a JSON list, with why and fix."""
    fields = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity.value,
            "since": rule.since,
            "summary": rule.summary,
            "why": rule.why,
            "fix": rule.fix,
        }
        for rule in rules
    ]
    return json.dumps(fields, indent=2)


def rule_text(rule: Rule, bad: str, good: str) -> str:
    """One rule at length, with the example that breaks it and the mended one."""
    parts = [
        f"{rule.code} {rule.name} ({rule.severity.value}, since {rule.since})",
        rule.summary,
        f"Why: {rule.why}",
        f"Fix: {rule.fix}",
    ]
    parts += [f"Breaks it:\n\n{_indented(bad)}"] if bad else []
    parts += [f"Keeps it:\n\n{_indented(good)}"] if good else []
    return "\n\n".join(parts)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())
