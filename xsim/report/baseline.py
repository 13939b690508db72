"""Writes a baseline: the fingerprints of findings that are accepted, each with a word on what it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xsim.findings import BASELINE_FORMAT, Finding, Report
from xsim.model import Severity
from xsim.report.entries import Entry, entries

Accepted = Mapping[str, Mapping[str, str]]
"""Of each integration: fingerprint and description of what is accepted."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The file's text, and what the runs changed in it."""

    text: str
    counts: Mapping[str, int]
    """Of each integration that was run: how many of its findings are accepted now."""
    dropped: tuple[str, ...] = ()
    """What was accepted before and is no more, as no run found it."""


def new_baseline(before: Accepted, found: Iterable[tuple[str, Mapping[str, str]]], *, keeps: bool = False) -> Baseline:
    """The baseline after runs that found this; of integrations that were not run all stays.

    `found` has the integration's name and what one run of it found; of several runs all counts. `keeps`: so does what
    was accepted before.
    """
    now: dict[str, dict[str, str]] = {}
    for name, held in found:
        now.setdefault(name, dict(before.get(name, {})) if keeps else {}).update(held)
    dropped = tuple(
        f"{name}: {described}"
        for name in sorted(now)
        for fingerprint, described in before.get(name, {}).items()
        if fingerprint not in now[name]
    )
    merged = {**before, **now}
    ordered = {name: dict(sorted(merged[name].items())) for name in sorted(merged)}
    text = json.dumps({"xsim_baseline": BASELINE_FORMAT, "integrations": ordered}, indent=2, ensure_ascii=False)
    return Baseline(text, {name: len(held) for name, held in sorted(now.items())}, dropped)


def loud_findings(report: Report) -> tuple[str, Mapping[str, str]]:
    """The integration's name, and those of its findings that a baseline may accept.

    Notes stay out, unless they fail the run; so does what a comment in the script accepts.
    """
    found = [entry.finding for entry in entries(report) if is_loud(entry)]
    return report.journal.integration.name, {finding.fingerprint: described(finding) for finding in found}


def loud_findings_in(report_json: str) -> tuple[str, Mapping[str, str]]:
    """The same of a report in JSON, as a suite has it, that no baseline was held against."""
    report = json.loads(report_json)
    loud = [
        each
        for each in report["findings"]
        if each["fails"] or (each["severity"] != Severity.NOTE.value and (each["expected"] or not each["accepted"]))
    ]
    return report["integration"]["name"], {each["fingerprint"]: _described_in(each) for each in loud}


def is_loud(entry: Entry) -> bool:
    return (entry.fails or entry.severity is not Severity.NOTE) and not entry.finding.is_allowed


def described(finding: Finding) -> str:
    """ "FC201 missed-event: late-arrival in fetch_incidents": for the reader of the file alone."""
    function = finding.place.function if finding.place else None
    return _description(finding.code, finding.rule, finding.cause, function)


def _described_in(finding: Mapping[str, Any]) -> str:
    function = finding["place"]["function"] if finding["place"] else None
    return _description(finding["rule"], finding["name"], finding["cause"], function)


def _description(code: str, rule: str, cause: str, function: str | None) -> str:
    return f"{code} {rule}{f': {cause}' if cause else ''}{f' in {function}' if function else ''}"
