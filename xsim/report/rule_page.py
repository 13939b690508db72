"""What `xsim rules` and `xsim explain` print, and a rule's page: the rules as their own docstrings tell them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from xsim.findings import Cause, Report, Rule
from xsim.report.rule_story import story_markdown, story_text

FAMILIES = {
    "1": "last run",
    "2": "delivery",
    "3": "timing",
    "4": "traffic",
    "5": "incident",
    "6": "execution",
    "7": "configuration",
}
"""By the first digit of a code."""
_LANGUAGES = {".py": "python", ".yml": "yaml", ".toml": "toml"}
_BAD = ("bad.py", "bad.yml", "xsim.toml")
_GOOD = ("good.py", "good.yml")


def rules_text(rules: Iterable[Rule]) -> str:
    """A line a rule: code, severity, name, summary."""
    return "\n".join(f"{rule.code}  {rule.severity.value:<7}  {rule.name:<28}  {rule.summary}" for rule in rules)


def rules_json(rules: Iterable[Rule]) -> str:
    """The same as a JSON list, with why and fix."""
    fields = [
        {
            "code": rule.code,
            "name": rule.name,
            "family": family_of(rule),
            "severity": rule.severity.value,
            "since": rule.since,
            "summary": rule.summary,
            "why": rule.why,
            "fix": rule.fix,
            "needs": rule.needs_text,
        }
        for rule in rules
    ]
    return json.dumps(fields, indent=2)


def family_of(rule: Rule) -> str:
    """What the rule is about: "last run", "delivery", ..."""
    return FAMILIES[rule.code[2]]


def rule_text(rule: Rule, files: Mapping[str, str], report: Report | None, *, width: int = 160) -> str:
    """One rule at length: its example's files by name, and what happens when the bad one runs.

    `width` is that of the table of cycles; code and sentences are as wide as they are.
    """
    parts = [
        f"{rule.code} {rule.name} ({rule.severity.value}, since {rule.since})",
        rule.summary,
        f"Why: {rule.why}",
        f"Fix: {rule.fix}",
    ]
    parts += [f"Looks only where there is: {rule.needs_text}"] if rule.needs_text else []
    parts += [f"Breaks it: {name}\n\n{_indented(files[name])}" for name in _BAD if name in files]
    parts += [f"What happens when it runs:\n\n{_indented(story_text(report, rule, width - 4))}"] if report else []
    parts += [f"Keeps it: {name}\n\n{_indented(files[name])}" for name in _GOOD if name in files]
    return "\n\n".join(parts)


def cause_text(cause: Cause) -> str:
    """A cause that findings give: what it means, what to write instead, and the rules whose findings give it."""
    parts = [f"{cause.word}: a cause that findings of {_listed([rule.code for rule in cause.rules])} give"]
    parts += [f"Means: {cause.means}"] if cause.means else []
    # Of several, each is for the rule in its place: what helps against a miss makes no end of repetitions.
    are_of_rules = len(cause.remedies) == len(cause.rules) > 1
    whose = [f" ({rule.code})" for rule in cause.rules] if are_of_rules else [""] * len(cause.remedies)
    parts += [f"Instead{rule}: {remedy}" for rule, remedy in zip(whose, cause.remedies, strict=True)]
    for rule in cause.rules:
        told = [f"{rule.code} {rule.name} ({rule.severity.value})", f"  {rule.summary}", f"  Why: {rule.why}"]
        told += [] if cause.remedies else [f"  Fix: {rule.fix}"]
        parts.append("\n".join([*told, f"  More: xsim explain {rule.code}"]))
    return "\n\n".join(parts)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def rule_markdown(rule: Rule, files: Mapping[str, str], report: Report | None) -> str:
    """The rule's page, as `rule_text` in Markdown, with a line end."""
    parts = [
        f"# {rule.code} {rule.name}",
        rule.summary,
        f"Family: {family_of(rule)}. Severity: {rule.severity.value}. Since {rule.since}.",
        f"**Why:** {rule.why}",
        f"**Fix:** {rule.fix}",
    ]
    parts += [f"**Looks only where there is:** {rule.needs_text}."] if rule.needs_text else []
    parts += ["## An integration that breaks it", *(_block(name, files[name]) for name in _BAD if name in files)]
    parts += ["## What happens when it runs", story_markdown(report, rule)] if report else []
    parts += ["## The same, mended", *(_block(name, files[name]) for name in _GOOD if name in files)]
    parts += [
        "## Where it is meant to be so",
        f"A comment at the line accepts the finding: `# xsim: allow {rule.code} -- why it does no harm here`.",
    ]
    return "\n\n".join(parts) + "\n"


def rules_markdown(rules: Iterable[Rule]) -> str:
    """The index of the rules' pages, a table a family, with a line end."""
    parts = [
        "# Rules",
        "What a run is judged by. `xsim explain CODE` prints the same page. An error loses or corrupts data, a warning "
        "will under load or time, a note never fails a run.",
    ]
    listed = list(rules)
    for family in dict.fromkeys(map(family_of, listed)):
        rows = [
            f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity.value} | {rule.summary} |"
            for rule in listed
            if family_of(rule) == family
        ]
        head = ["| code | name | severity | what it finds |", "|---|---|---|---|"]
        parts.append("\n".join([f"## {family.capitalize()}", "", *head, *rows]))
    return "\n\n".join(parts) + "\n"


def _block(name: str, text: str) -> str:
    return f"`{name}`\n\n```{_LANGUAGES[name[name.rindex('.') :]]}\n{text.rstrip()}\n```"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().splitlines())
