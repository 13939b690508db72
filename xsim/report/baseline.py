"""Writes a baseline: the fingerprints of findings that are accepted, each with a word on what it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from xsim.findings import BASELINE_FORMAT, Finding, Report
from xsim.model import Severity


def baseline_text(before: Mapping[str, Mapping[str, str]], reports: Iterable[Report]) -> tuple[str, int]:
    """The file's text, and how many fingerprints the reports brought; of other integrations `before` is kept.

    Notes fail no run and stay out; so does what a comment in the script accepts.
    """
    integrations = {name: dict(held) for name, held in before.items()}
    count = 0
    for report in reports:
        found = {finding.fingerprint: described(finding) for finding in report.findings if is_loud(finding)}
        integrations[report.journal.integration.name] = found
        count += len(found)
    ordered = {name: dict(sorted(found.items())) for name, found in sorted(integrations.items())}
    return json.dumps({"xsim_baseline": BASELINE_FORMAT, "integrations": ordered}, indent=2, ensure_ascii=False), count


def is_loud(finding: Finding) -> bool:
    return finding.severity is not Severity.NOTE and not finding.is_allowed


def described(finding: Finding) -> str:
    """ "FC201 missed-event: late-arrival in fetch_incidents": for the reader of the file alone."""
    cause = f": {finding.cause}" if finding.cause else ""
    function = f" in {finding.place.function}" if finding.place and finding.place.function else ""
    return f"{finding.code} {finding.rule}{cause}{function}"
