"""The report as one HTML page that needs nothing else: a picture of the run, its findings, and the evidence of each.

The page holds its style, its script and the run as JSON, and asks the network for nothing. Its content-security policy
lets that one script and that one style run, by their digests. Foreign text gets in escaped, or as JSON that the script
shows as text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from xsim.findings import Report
from xsim.model import Severity, Verdict
from xsim.report.cells import duration, moment, plural, safe
from xsim.report.entries import GRAVITY, entries, one_line
from xsim.report.html.charts import charts, strip
from xsim.report.html.cuts import most_of
from xsim.report.html.details import Details
from xsim.report.html.run import Run
from xsim.report.html.script_lines import script_lines
from xsim.report.json_format import findings_fields
from xsim.secrets import Mask, masker

SCRIPTS = ("world.js", "picture.js", "panel.js", "page.js")
"""In this order they are one script: each builds on those before it."""

_LONGEST = 500
_VERDICTS = {
    Verdict.PASSED: "Nothing is wrong with what this run could show.",
    Verdict.FAILED: "The fetch does something wrong in this run.",
    Verdict.UNDECIDED: "This run cannot tell whether the fetch is right.",
}


def report_html(report: Report) -> str:
    """The page. The journal's cycles are walked once."""
    mask = masker(report.journal.scenario.parameters.secrets)
    findings = list(findings_fields(report, mask))
    details = Details(report, mask)
    run = Run(report, mask)
    for cycle in report.journal.cycles:
        run.take(cycle)
        details.take(cycle)
    kept = details.kept()
    data = {
        **run.fields(),
        "findings": findings,
        "rules": _rules(report),
        "cycles": kept,
        "near": details.near,
        "lines": script_lines(report, details.lines(kept), mask),
    }
    style, script = _style(), _script()
    parts = {
        "policy": policy(style, script),
        "style": style,
        "script": script,
        "data": data_text(data),
        "charts": charts(run),
        "strip": strip(run.made, _named(report, run)),
        **_texts(report, run, mask),
    }
    # One pass, so that what is put in is not searched for places itself.
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _asset("page.html")).rstrip("\n")


def policy(style: str, script: str) -> str:
    """The page's content-security policy: this style, this script, and nothing from anywhere."""
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def data_text(data: Any) -> str:
    """JSON that cannot end the element that it stands in, and that is ASCII throughout."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&\x7f":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return files("xsim.report.html").joinpath(name).read_text(encoding="utf-8")


def _style() -> str:
    return "\n" + _asset("report.css")


def _script() -> str:
    return '\n"use strict";\n(() => {\n' + "\n".join(map(_asset, SCRIPTS)) + "})();\n"


def _rules(report: Report) -> dict[str, dict[str, str]]:
    """What the page says of each rule that has findings, in rule order."""
    return {
        result.rule.code: {
            "name": result.rule.name,
            "severity": result.rule.severity.value,
            "summary": one_line(result.rule.summary),
            "why": one_line(result.rule.why),
            "fix": one_line(result.rule.fix),
        }
        for result in report.results
        if result.findings
    }


def _named(report: Report, run: Run) -> list[bool]:
    """Of each cycle: whether a finding that counts names it."""
    named = {
        number
        for entry in entries(report)
        if entry.severity is not Severity.NOTE and not entry.finding.accepted
        for number in entry.finding.cycles
    }
    return [number in named for number in run.numbers]


# --- the texts that stand in the page itself ----------------------------------------------------------------


def _texts(report: Report, run: Run, mask: Mask) -> dict[str, str]:
    def shown(text: str, limit: int = _LONGEST) -> str:
        return escape(safe(mask(text), limit))

    journal = report.journal
    differences = report.expected.differences if report.expected else ()
    return {
        "name": shown(journal.integration.name, 120),
        "verdict": report.verdict.value,
        "verdict_word": report.verdict.value.upper(),
        "verdict_means": _means(report),
        "reason": shown(report.reason),
        "facts": "".join(f"<li>{fact}</li>" for fact in _facts(report, run, shown)),
        "told": _told(report, shown),
        "assumes": _list("Not as the scenario expects", map(shown, differences))
        + _list("What the verdict assumes of the vendor", map(shown, report.assumes)),
        "not_exercised": _list("Not exercised by this run", map(shown, report.not_exercised)),
        "command": shown(journal.command, 4_000) or "(not recorded)",
        "version": shown(journal.xsim_version, 40),
    }


def _means(report: Report) -> str:
    if report.expected is None or report.verdict is Verdict.UNDECIDED:
        return _VERDICTS[report.verdict]
    comes = "does not come" if report.expected.differences else "comes"
    return f"This run {comes} to what its scenario expects."


def _facts(report: Report, run: Run, shown: Any) -> Iterator[str]:
    journal = report.journal
    scenario = journal.scenario
    cycles = plural(run.count, "fetch").replace("fetchs", "fetches")
    yield f"{cycles} (cycles), one every {_spoken(scenario.interval)} of simulated time from {moment(scenario.starts)}"
    yield f"{plural(len(scenario.events), 'event')} at the vendor, {plural(report.delivered, 'incident')} delivered"
    yield f"Script: <code>{shown(journal.integration.path.as_posix(), 200)}</code>, seed {scenario.seed}"
    if report.identity:
        yield f"Events are told apart by: {shown(report.identity)}"
    if not journal.complete:
        yield "The journal was cut off before its end: this is about the cycles that it holds"
    for note in journal.integration.notes:
        yield shown(note)


def _told(report: Report, shown: Any) -> str:
    """The findings in a line each, for whoever lets no script run."""
    ordered = sorted(entries(report), key=lambda entry: (bool(entry.finding.accepted), -GRAVITY[entry.severity]))
    lines = [
        f"<li>{escape(entry.rule.code)} {escape(entry.rule.name)} ({_level(entry.severity)}"
        f"{', accepted' if entry.finding.accepted else ''}): {shown(entry.finding.message)}</li>"
        for entry in most_of(ordered, 50)
    ]
    more = len(ordered) - len(lines)
    return "<ul>" + "".join(lines) + (f"<li>and {more:,} more</li>" if more else "") + "</ul>" if lines else ""


def _level(severity: Severity) -> str:
    return severity.value


def _list(title: str, texts: Iterator[str]) -> str:
    items = "".join(f"<li>{text}</li>" for text in texts)
    return f"<details><summary>{title}</summary><ul>{items}</ul></details>" if items else ""


def _spoken(length: timedelta) -> str:
    return {timedelta(minutes=1): "minute", timedelta(hours=1): "hour"}.get(length, duration(length))
