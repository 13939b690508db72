"""What makes a function a rule, and which rules a run is judged by."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from xsim.errors import XsimError
from xsim.findings import Finding, Rule
from xsim.model import Severity

CODE = re.compile(r"FC[1-7]\d\d")
FAMILY = re.compile(r"FC[1-7]")
EVERY = frozenset({"ALL", "*", "FC*", "FCX", "FCXXX"})
PARTS = re.compile(r"\A(?P<summary>.+?)\n\s*\nWhy:\s*(?P<why>.+?)\nFix:\s*(?P<fix>.+)\Z", re.DOTALL)


def rule(
    code: str,
    severity: Severity,
    *,
    since: str,
    needs: Callable[[Any], bool] | None = None,
    needs_text: str = "",
) -> Callable[[Callable[[Any], Iterator[Finding]]], Rule]:
    """Make a rule of a generator from evidence to findings. Its docstring is its documentation."""
    assert CODE.fullmatch(code), f"{code} is no rule code"
    assert (needs is None) == (not needs_text), f"{code}: needs and needs_text go together"

    def decorate(check: Callable[[Any], Iterator[Finding]]) -> Rule:
        summary, why, fix = documentation(code, check)
        name = check.__name__.replace("_", "-")
        return Rule(code, name, severity, since, summary, why, fix, check, needs, needs_text)

    return decorate


def documentation(code: str, check: Callable[[Any], Iterator[Finding]]) -> tuple[str, str, str]:
    """Summary, why and fix. A rule that lacks one is refused: the reader of a finding would be left alone."""
    found = PARTS.match(inspect.getdoc(check) or "")
    if not found:
        raise TypeError(f"{code} {check.__name__}: a rule's docstring is a summary, a blank line, `Why:` and `Fix:`")
    summary, why, fix = (" ".join(part.split()) for part in found.group("summary", "why", "fix"))
    return summary, why, fix


def chosen(
    rules: Mapping[str, Rule], *, select: Collection[str] = (), ignore: Collection[str] = ()
) -> tuple[Rule, ...]:
    """The rules that `select` names (all where it is empty) without those that `ignore` names, in code order.

    A rule is named by its code, its name, or the beginning of its code: FC5 is the family of incidents.
    """
    selected = set(rules) if not select else codes_named(rules, select)
    left = selected - codes_named(rules, ignore)
    if not left:
        raise XsimError("no rule is left to judge by", hint="select more rules, or ignore fewer")
    return tuple(found for code, found in sorted(rules.items()) if code in left)


def rule_named(rules: Mapping[str, Rule], name: str) -> Rule:
    """The one rule of this code or name; XsimError with the nearest where there is none."""
    found = [rule for rule in rules.values() if is_named(rule, name)]
    if len(found) != 1:
        raise unknown_rule(rules, name)
    return found[0]


def refuse_unknown(rules: Mapping[str, Rule], names: Collection[str], where: str = "") -> None:
    """XsimError for the first name that no rule has, with the nearest one."""
    for name in names:
        if not any(is_named(rule, name) for rule in rules.values()):
            error = unknown_rule(rules, name)
            raise XsimError(f"{where}{error.message}", hint=error.hint)


def codes_named(rules: Mapping[str, Rule], names: Collection[str]) -> set[str]:
    codes: set[str] = set()
    for name in names:
        found = [code for code in rules if is_named(rules[code], name)]
        if not found:
            raise unknown_rule(rules, name)
        codes.update(found)
    return codes


def is_meant(code: str, name: str, given: str) -> bool:
    """Whether a rule's code or name begins with what a person gives."""
    begun = given.strip()
    return code.startswith(begun.upper()) or name.startswith(begun.lower().replace("_", "-"))


def is_named(candidate: Rule, name: str) -> bool:
    wanted = name.strip()
    beginning = wanted.upper()
    return candidate.name == wanted.lower().replace("_", "-") or (
        beginning.startswith("FC") and candidate.code.startswith(beginning)
    )


def unknown_rule(rules: Mapping[str, Rule], name: str) -> XsimError:
    choices = {**{code: code for code in rules}, **{found.name: found.name for found in rules.values()}}
    near = get_close_matches(name.strip().upper(), rules, n=1, cutoff=0.75) or get_close_matches(
        name.strip().lower().replace("_", "-"), choices, n=1
    )
    return XsimError(f"no rule is called '{name}'", hint=f"did you mean '{near[0]}'?" if near else way_to_name(name))


def way_to_name(name: str) -> str:
    """For a name that is near to none: how a family, or all rules, are named."""
    family = FAMILY.match(name.strip().upper())
    if family:
        return f"'{family[0]}' stands for all rules of that family; see `xsim rules`"
    if name.strip().upper() in EVERY:
        return "'FC' stands for all rules; see `xsim rules`"
    return "see `xsim rules`"
