"""SARIF 2.1.0, for code scanning: the rules with their help, and each finding at the script's line.

It keeps to what GitHub's code scanning asks for beyond the standard: `ruleIndex`, one location with a region, relative
addresses with forward slashes, partial fingerprints, and an id by which the runs of several integrations stay apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from xsim.findings import EXIT_CODES, Place, Report, Rule
from xsim.model import Severity, Verdict
from xsim.report.entries import Clean, Entry, Unmet, cleaner, entries, one_line, seen_from_top, unmet
from xsim.report.json_format import written
from xsim.report.rule_page import family_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_LONGEST_DESCRIPTION = 1_024
"""Characters that code scanning takes."""


def report_sarif(report: Report, *, folder: str = "", rule_pages: str | None = None) -> str:
    """The report as a SARIF log with one run.

    `folder` is the working folder as seen from the top of the repository, where it is another one. `rule_pages` is the
    address of docs/rules, with a slash at its end; None: below the address that the installed package states for its
    documentation. Without one rules have no `helpUri`, as that must be absolute.
    """
    clean = cleaner(report)
    pages = documented_at() if rule_pages is None else rule_pages
    rules = [result.rule for result in report.results]
    index = {rule.code: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "xsim",
                **_version(report.journal.xsim_version),
                "rules": [_descriptor(rule, pages) for rule in rules],
            }
        },
        "automationDetails": {"id": _category(report, clean)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
        "invocations": [_invocation(report, folder, clean)],
        "results": [_result(entry, index[entry.rule.code], folder, clean) for entry in entries(report)],
        "properties": {"verdict": report.verdict.value, "reason": clean(report.reason), "delivered": report.delivered},
    }
    return written({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _version(version: str) -> dict[str, str]:
    """As the journal has it; code scanning goes by a semantic one."""
    is_semantic = re.fullmatch(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?", version)
    return {"version": version, **({"semanticVersion": version} if is_semantic else {})}


def documented_at() -> str:
    """Where the installed package says that docs/rules lies; "" where it says nothing."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        stated = metadata("xsim").get_all("Project-URL") or []
    except PackageNotFoundError:  # Run from its source, it is no installed package.
        return ""
    addresses = dict(each.split(", ", 1) for each in stated if ", " in each)
    base = addresses.get("Documentation", "")
    return f"{base.rstrip('/')}/rules/" if base else ""


def _descriptor(rule: Rule, pages: str) -> dict[str, Any]:
    summary, why, fix = one_line(rule.summary), one_line(rule.why), one_line(rule.fix)
    told = [f"Why: {why}"] * bool(why) + [f"Fix: {fix}"] * bool(fix) + [f"More: xsim explain {rule.code}"]
    marked = [f"**{part.partition(':')[0]}:**{part.partition(':')[2]}" for part in told[:-1]]
    descriptor: dict[str, Any] = {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": summary[:_LONGEST_DESCRIPTION]},
        "fullDescription": {"text": f"{summary} {why}".strip()[:_LONGEST_DESCRIPTION]},
        "help": {
            "text": "\n\n".join([summary, *told]),
            "markdown": "\n\n".join(
                [f"# {rule.code} {rule.name}", summary, *marked, f"**More:** `xsim explain {rule.code}`"]
            ),
        },
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {
            "tags": ["fetch-incidents", family_of(rule).replace(" ", "-")],
            "precision": "very-high",
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }
    if pages:
        descriptor["helpUri"] = f"{pages}{rule.code}.md"
    return descriptor


def _category(report: Report, clean: Clean) -> str:
    """Uploads of one category replace each other, so that each integration, scenario and instance has its own."""
    scenario = report.journal.scenario
    parts = (report.journal.integration.name, scenario.name or "scenario", scenario.instance)
    return "/".join(["xsim", *(re.sub(r"[^\w.-]+", "-", clean(part)).strip("-") or "-" for part in parts), ""])


def _invocation(report: Report, folder: str, clean: Clean) -> dict[str, Any]:
    invocation: dict[str, Any] = {
        "executionSuccessful": report.verdict is not Verdict.UNDECIDED,
        "exitCode": EXIT_CODES[report.verdict],
        "exitCodeDescription": report.verdict.value,
    }
    if report.journal.command:
        invocation["commandLine"] = clean(report.journal.command)
    notifications = [_notification(each, folder, clean) for each in unmet(report)]
    if report.verdict is Verdict.UNDECIDED:
        text = clean(report.reason) or "the run can not be judged"
        notifications.insert(0, {"level": "warning", "message": {"text": text}})
    if notifications:
        invocation["toolExecutionNotifications"] = notifications
    return invocation


def _notification(each: Unmet, folder: str, clean: Clean) -> dict[str, Any]:
    place = {"physicalLocation": _physical(each.place, folder, clean)}
    return {"level": "error", "message": {"text": _without_links(clean(each.text))}, "locations": [place]}


def _result(entry: Entry, index: int, folder: str, clean: Clean) -> dict[str, Any]:
    finding = entry.finding
    result: dict[str, Any] = {
        "ruleId": entry.rule.code,
        "ruleIndex": index,
        "level": entry.severity.value,
        "message": {"text": _without_links(clean(finding.message))},
        "locations": [_location(entry, folder, clean)],
        "properties": {
            "cycles": list(finding.cycles),
            "events": [clean(event) for event in finding.events],
            "cause": clean(finding.cause),
            "evidence": [f"{clean(label)}: {clean(value)}" for label, value in finding.evidence],
        },
    }
    if finding.fingerprint:
        result["partialFingerprints"] = {"xsim/v1": finding.fingerprint}
    if finding.accepted:
        result["suppressions"] = [_suppression(entry, clean)]
    return result


def _suppression(entry: Entry, clean: Clean) -> Mapping[str, str]:
    kind = "inSource" if entry.finding.is_allowed else "external"
    return {"kind": kind, "status": "accepted", "justification": clean(entry.finding.accepted)}


def _location(entry: Entry, folder: str, clean: Clean) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _physical(entry.place, folder, clean)}
    if entry.place.function:
        location["logicalLocations"] = [{"name": clean(entry.place.function), "kind": "function"}]
    return location


def _physical(place: Place, folder: str, clean: Clean) -> dict[str, Any]:
    artifact = _artifact(seen_from_top(clean(place.path), folder))
    return {"artifactLocation": artifact, "region": {"startLine": max(1, place.line)}}


def _artifact(path: str) -> dict[str, str]:
    """The script's address: relative to the top of the repository, or a file's own where it lies elsewhere."""
    if path.startswith("/"):
        return {"uri": f"file://{quote(path)}"}
    if re.match(r"[A-Za-z]:/", path):
        return {"uri": f"file:///{path[0]}:{quote(path[2:])}"}
    return {"uri": quote(path), "uriBaseId": _ROOT}


def _without_links(text: str) -> str:
    """A message may hold links, `[text](address)`: foreign text must not make any."""
    return text.replace("](", "] (")
