"""FC7: what the integration says of itself, in its yml and in comments to xsim. Notes, as no event is lost by it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from xsim.check.acceptance import idle_allowances
from xsim.check.evidence import Evidence
from xsim.check.first_fetch import NAMES as FIRST_FETCH
from xsim.check.limits import LIMITS, positive
from xsim.check.rule import rule
from xsim.findings import Finding, Place
from xsim.integration import Integration, Parameter
from xsim.model import Severity, Verdict

HIGHEST_LIMIT = 200
"""Incidents a fetch, the vendor's recommendation (server-semantics 3)."""


@rule("FC701", Severity.NOTE, since="0.1")
def idle_allowance(evidence: Evidence) -> Iterator[Finding]:
    """A comment in the script accepts findings that are not there.

    Why: What was accepted once and is mended since would be accepted again the day that it comes back.
    Fix: Delete the comment; where it is meant for another line, move it to the line that the finding names,
    and where it is misspelt, write it as `# xsim: allow FC201 -- why`.
    """
    from xsim.check.rules import RULES  # The list of all rules imports this module.

    integration = evidence.journal.integration
    # A rule that could not judge says nothing of the comment.
    judged = [(result.rule, result.findings) for result in evidence.judged if result.verdict is not Verdict.UNDECIDED]
    for allowance, why in idle_allowances(integration, judged, RULES.values()):
        yield Finding(
            f"the allowance in line {allowance.line} {why}",
            place=evidence.place(allowance.line),
            evidence=(("accepts", ", ".join(allowance.rules) or "nothing"), ("reason", allowance.reason or "none")),
        )


@rule("FC702", Severity.NOTE, since="0.1")
def fetch_parameter_missing(evidence: Evidence) -> Iterator[Finding]:
    """The yml declares no fetch limit, or no first-fetch time.

    Why: Without them nobody can keep a first fetch from bringing years of events, or a fetch from bringing thousands;
    the validation of the content repository asks for both.
    Fix: Declare `max_fetch` (type 0, a default of at most 200) and `first_fetch` (type 0, a default such as "3 days")
    in the yml's configuration, and read them in the fetch.
    """
    declared = evidence.journal.integration.parameters
    if declared is None:
        return
    wanted = (("max_fetch", LIMITS), ("first_fetch", FIRST_FETCH))
    lacking = [name for name, spellings in wanted if not any(plain(each.name) in spellings for each in declared)]
    if lacking:
        yield Finding(
            f"the yml declares no {' and no '.join(lacking)}",
            evidence=(("declared", ", ".join(each.name for each in declared) or "no parameter"),),
            place=declaration(evidence.journal.integration, ""),
        )


@rule("FC703", Severity.NOTE, since="0.1")
def fetch_limit_too_high(evidence: Evidence) -> Iterator[Finding]:
    """The fetch limit's default is above what the platform recommends.

    Why: More than 200 incidents in one fetch make the server slow to take them, and playbooks start all at once.
    Fix: Give the parameter a default of at most 200; what the limit leaves over comes with the next fetch.
    """
    for each in evidence.journal.integration.parameters or ():
        number = positive(each.default)
        if plain(each.name) in LIMITS and number > HIGHEST_LIMIT:
            yield Finding(
                f"the default of {each.name} is {number:,}, and at most {HIGHEST_LIMIT} is recommended",
                evidence=((each.name, str(each.default)),),
                place=declaration(evidence.journal.integration, each.name),
            )


@rule("FC704", Severity.NOTE, since="0.1")
def parameter_not_declared(evidence: Evidence) -> Iterator[Finding]:
    """The script reads a fetch limit or a first-fetch time that the yml does not declare.

    Why: What the yml does not declare is never set: the fetch runs on its built-in value whatever the user enters.
    Fix: Use one name in both places.
    """
    integration = evidence.journal.integration
    if integration.parameters is None:
        return
    names = [each.name for each in integration.parameters]
    lines = dict(zip(integration.read_parameters, integration.read_lines, strict=False))
    for spellings, what in ((LIMITS, "fetch limit"), (FIRST_FETCH, "first-fetch time")):
        unknown = [name for name in integration.read_parameters if plain(name) in spellings and name not in names]
        for name in unknown:
            near = declared_instead(integration.parameters, spellings)
            yield Finding(
                f"the script reads the {what} `{name}`, and the yml does not declare it",
                evidence=(("read", name), ("declared", ", ".join(near) or f"no {what}")),
                cause="other-name" if near else "",
                place=evidence.place(lines.get(name)),
            )


def declaration(integration: Integration, name: str) -> Place | None:
    """Where the yml declares the parameter; of "": where its configuration begins."""
    return Place(integration.yml, integration.yml_lines.get(name, 1)) if integration.yml else None


def declared_instead(declared: Sequence[Parameter], spellings: Sequence[str] | frozenset[str]) -> list[str]:
    return [each.name for each in declared if plain(each.name) in spellings]


def plain(name: str) -> str:
    """Without underscores, hyphens, digits and capitals."""
    return re.sub(r"[^a-z]", "", name.lower())
