"""What of a drafted scenario a finding rests on: where that is a guess, the finding is no proof and does not count."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from xsim.check.bounds import LOWER
from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, excerpt, shorten
from xsim.findings import Finding
from xsim.model import Outcome, Scenario, Severity
from xsim.world import Endpoint, JsonValue

MOST_RECORDS = 50
"""Made-up records that are searched for a value: those of one template are alike."""
READING = ("GET", "HEAD")
LEAST_TEXT = 4
"""Shorter texts stand in others by chance."""
REGARDLESS = re.compile(r"(?<![\w.])name '\w+' is not defined")
"""Complaints that no answer and no parameter explains."""
ABSENT = ("null", '""')
OWN_TYPES = ("rawJSON is {", "rawJSON is [", "the incident is ")
"""Wrong types that the script makes itself, whatever the vendor answers."""
OF_THE_RECORD: Mapping[str, str] = {
    "precision-cut": "how fine the times of the made-up records are",
    "zone-offset": "which zone the times of the made-up records are in",
    "unit-mismatch": "in which unit the vendor counts its times",
    "ids-compared-as-text": "what the ids of the made-up records look like",
    "ids-not-heeded": "which field of the made-up records is the id",
    "other-field": "by which time the vendor filters",
    "no-lower-bound": "that a request whose bound the draft does not know asks for everything",
    "changed": "which fields of the made-up records stay as they are",
    "": "how the vendor takes the script's requests, as no cause is known",
}
"""Causes of missed and repeated events that hang on what the answers hold, and the guess."""
PARAMETERS = "the values of the parameters"
AT_THE_BOUND = {"inclusive-boundary": "included in", "exclusive-boundary": "left out of"}

Asks = Callable[[Evidence, Finding], str]


def resting_on_guesses(finding: Finding, evidence: Evidence) -> Finding:
    """The finding; where it rests on a guess of a drafted scenario, a note that names the guess."""
    if not evidence.journal.scenario.drafted:
        return finding
    guess = ASKED[finding.code](evidence, finding) if finding.code in ASKED else ""
    if guess:
        row = ("rests on a guess", f"{guess}: {draft_of(evidence)} is a draft")
        message = f"{finding.message} (rests on a guess)"
        return replace(finding, message=message, severity=Severity.NOTE, doubt=guess, evidence=(*finding.evidence, row))
    if finding.cause in AT_THE_BOUND:
        taken = f"{draft_of(evidence)} is a draft, and takes the bound itself as {AT_THE_BOUND[finding.cause]} the list"
        return replace(finding, evidence=(*finding.evidence, ("to be looked at", taken)))
    return finding


def told_of_guesses(evidence: Evidence, doubted: Sequence[Finding]) -> str:
    """Why a run is undecided in which only these findings speak against the script, which rest on guesses; else ""."""
    if not doubted or evidence.unsupported:
        return ""
    draft = draft_of(evidence)
    less = "`--param NAME=VALUE`" if doubted[0].doubt == PARAMETERS else "`xsim init --sample answer.json`"
    way_out = f"; {less} leaves less to guess, or mend {draft} and take out `drafted`"
    if evidence.delivered:
        rests = "rests" if len(doubted) == 1 else "rest"
        first = doubted[0]
        return (
            f"{counted(len(doubted), 'finding')} {rests} on guesses of the draft {draft}, "
            f"{first.code} for one on {first.doubt}{way_out}"
        )
    return f"nothing was delivered: {_raised(evidence, doubted[0])}, and {draft} guesses {doubted[0].doubt}{way_out}"


def draft_of(evidence: Evidence) -> str:
    """The scenario's file, by its name."""
    path = evidence.journal.scenario.path
    return path.name if path else "the scenario"


def _raised(evidence: Evidence, finding: Finding) -> str:
    """ "cycle 1 raised KeyError: 'alerts' at script.py:40"."""
    ended = dict(finding.evidence).get("ended", "")
    place = f" at {finding.place.path.rpartition('/')[2]}:{finding.place.line}" if finding.place else ""
    number = finding.cycles[0] if finding.cycles else next(iter(evidence.cycles))
    is_raised = number in evidence.cycles and evidence.cycles[number].outcome is Outcome.FAILED
    return f"cycle {number} {'raised' if is_raised else 'ended with'} {shorten(ended or finding.message, 120)}{place}"


# --- by rule ------------------------------------------------------------------------------------------------


def _of_failing(evidence: Evidence, finding: Finding) -> str:
    """A fetch that fails before anything was delivered may fail for what was made up; so may a refused request."""
    rows = dict(finding.evidence)
    if REGARDLESS.search(rows.get("ended", "")):
        return ""
    if "the vendor answered" in rows and not evidence.journal.scenario.faults:
        return "which requests the vendor refuses"
    if evidence.delivered or evidence.journal.scenario.delivered:
        return ""
    asked = any(evidence.cycles[number].exchanges for number in finding.cycles if number in evidence.cycles)
    return "what the vendor answers" if asked else PARAMETERS


def _of_paging(evidence: Evidence, finding: Finding) -> str:
    return "how the vendor says that there is no further page"


def _of_listing(evidence: Evidence, finding: Finding) -> str:
    """An event is listed again or left out; what the draft does not understand of a request it passes over."""
    if found := next(_without_bound(evidence.journal.scenario, finding), None):
        return f"that no parameter of {found.method} {found.path} says from when on"
    if finding.cause == "several-pages" and not all(each.paging for each in _lists(evidence.journal.scenario)):
        return "that no parameter asks for a further page"
    if finding.cause == "cursor-stood-still" and any(
        each.extra for each in _shown_by(evidence.journal.scenario, finding)
    ):
        return "what stands beside the list in the vendor's answers, always the same here"
    if finding.code == "FC202" and (told := _told_to(evidence.journal.scenario)):
        return f"that {told.method} {told.path} changes nothing at the vendor"
    if finding.code in ("FC201", "FC202"):
        return OF_THE_RECORD.get(finding.cause, "")
    return ""


def _of_limit(evidence: Evidence, finding: Finding) -> str:
    found = next((each for each in _lists(evidence.journal.scenario) if not each.limit.name), None)
    return f"that no parameter of {found.method} {found.path} says how many" if found else ""


def _of_name(evidence: Evidence, finding: Finding) -> str:
    """The record may be the incident, or the name a field of it that the script found empty."""
    return "which fields the vendor's records have, a name among them"


def _of_value(evidence: Evidence, finding: Finding) -> str:
    """A value that stands in the made-up answers as it is, or that none of them has."""
    shown = [value for label, value in finding.evidence if re.fullmatch(r"cycle \d+, incident \d+", label)]
    if not shown or shown[0].startswith(OWN_TYPES):
        return ""
    # Of a rawJSON that is no JSON the value stands alone, with the complaint behind it.
    value = shown[0].rpartition(" (")[0] if finding.code == "FC505" else shown[0].partition(" is ")[2]
    if value in ABSENT:
        return "which fields the vendor's records have"
    leaves = (leaf for answer in _made_up(evidence.journal.scenario) for leaf in _leaves(answer))
    path = next((path for path, leaf in leaves if _stands_in(leaf, value)), "")
    return f"what the field {path} of the vendor's answers holds" if path else ""


def _stands_in(leaf: JsonValue, value: str) -> bool:
    """Whether the shown value is the leaf's, or holds its text."""
    text = excerpt(leaf)
    return text == value or (isinstance(leaf, str) and len(leaf) >= LEAST_TEXT and text[1:-1] in value)


ASKED: Mapping[str, Asks] = {
    **dict.fromkeys(("FC208", "FC601", "FC604"), _of_failing),
    "FC402": _of_paging,
    **dict.fromkeys(("FC201", "FC202", "FC203", "FC207", "FC301"), _of_listing),
    "FC205": _of_limit,
    "FC501": _of_name,
    **dict.fromkeys(("FC502", "FC503", "FC505", "FC511", "FC512"), _of_value),
}
"""Rules whose findings may rest on a guess, and what tells which. The others judge what the script does by itself."""


def _lists(scenario: Scenario) -> list[Endpoint]:
    return [each for each in scenario.endpoints if each.kind == "list"]


def _shown_by(scenario: Scenario, finding: Finding) -> Iterator[Endpoint]:
    """The calls that list the finding's events."""
    named = frozenset(finding.events)
    streams = {event.stream for event in scenario.events if event.id in named}
    for each in _lists(scenario):
        if not streams or not each.streams or streams & set(each.streams):
            yield each


def _without_bound(scenario: Scenario, finding: Finding) -> Iterator[Endpoint]:
    """Those among them of which the draft knows no lower bound by time or number."""
    for each in _shown_by(scenario, finding):
        if not any(one.compare in LOWER and one.kind != "text" for one in each.filters):
            yield each


def _told_to(scenario: Scenario) -> Endpoint | None:
    """A call that may tell the vendor what was fetched: its answer is always the same here."""
    return next((each for each in scenario.endpoints if each.kind == "fixed" and each.method not in READING), None)


def _made_up(scenario: Scenario) -> Iterator[JsonValue]:
    """The records, and the fixed answers."""
    yield from (each.record for each in islice(scenario.events, MOST_RECORDS))
    for each in scenario.endpoints:
        yield each.extra
        if each.kind == "fixed" and each.text is not None:
            with suppress(ValueError, RecursionError):
                yield json.loads(each.text)


def _leaves(value: JsonValue, path: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Dotted path and value of whatever holds no further one."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    else:
        yield path, value
