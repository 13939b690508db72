"""What every format for programs tells of a finding: rule, level, place, and whether it fails the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, repeat
from pathlib import Path, PurePosixPath
from posixpath import normpath

from xsim.findings import Finding, Place, Report, Rule, RuleResult
from xsim.integration import Integration
from xsim.model import Severity, Verdict
from xsim.report.cells import safe
from xsim.secrets import masker

Clean = Callable[[str], str]
"""From foreign text to one line of it without secrets, harmless wherever it is shown."""

LONGEST = 1_000
"""Characters of one cleaned text."""
GRAVITY = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding as the formats for programs need it."""

    finding: Finding
    rule: Rule
    severity: Severity
    place: Place
    """The finding's own, else the first line of the script: a program cannot show a finding nowhere."""
    fails: bool
    """It counts towards the verdict "failed"."""


def entries(report: Report) -> Iterator[Entry]:
    """All findings in rule order, accepted ones among them."""
    least = least_failing(report)
    for result in report.results:
        for finding in result.findings:
            yield entry_of(finding, result, report.journal.integration, least)


def open_entries(report: Report) -> list[Entry]:
    """The findings that nobody accepted, in rule order."""
    return [entry for entry in entries(report) if not entry.finding.accepted]


def entry_of(finding: Finding, result: RuleResult, integration: Integration, least: Severity) -> Entry:
    severity = finding.severity or result.rule.severity
    place = finding.place or Place(integration.path.as_posix(), 1)
    fails = not (finding.accepted or finding.doubt) and GRAVITY[severity] >= GRAVITY[least]
    return Entry(finding, result.rule, severity, place, fails)


def least_failing(report: Report) -> Severity:
    """The least severity that failed a rule of this report: a warning, unless its results tell otherwise."""
    levels = (Severity.WARNING, Severity.ERROR, Severity.NOTE)
    return next((level for level in levels if all(_agrees(result, level) for result in report.results)), levels[0])


def cleaner(report: Report) -> Clean:
    """The way in which foreign text gets into this report's page."""
    mask = masker(report.journal.scenario.parameters.secrets)
    return lambda text: safe(mask(text), LONGEST)


def seen_from_here(report: Report) -> Report:
    """The report with the paths below the working folder relative to it, and forward slashes in all of them.

    A journal may be judged in another folder than the one that it was recorded in.
    """
    integration = replace(report.journal.integration, path=Path(shown(str(report.journal.integration.path))))
    results = tuple(
        replace(result, findings=tuple(map(_placed_from_here, result.findings))) if result.findings else result
        for result in report.results
    )
    return replace(report, journal=replace(report.journal, integration=integration), results=results)


def shown(path: str) -> str:
    """The path from the working folder where it is below it, else as given."""
    given = Path(path)
    if given.is_absolute():
        try:
            given = given.relative_to(Path.cwd())
        except (ValueError, OSError):  # Not below it, or there is no working folder any more.
            return given.as_posix()
    return given.as_posix()


def seen_from_top(path: str, folder: str) -> str:
    """The path from the top of the repository, of which the working folder is `folder`; absolute where it is not in it.

    `path` is as seen from the working folder.
    """
    if not _is_absolute(path):
        joined = normpath(f"{folder}/{path}" if folder else path)
        return joined if joined.partition("/")[0] != ".." else normpath((Path.cwd() / path).as_posix())
    parts, here = PurePosixPath(folder).parts, Path.cwd()
    if not parts or here.parts[-len(parts) :] != parts:
        return path
    top = here.parents[len(parts) - 1]
    return Path(path).relative_to(top).as_posix() if Path(path).is_relative_to(top) else path


def _is_absolute(path: str) -> bool:
    """Also in the spelling of another system: a journal may come from there."""
    return path.startswith("/") or re.match(r"[A-Za-z]:/", path) is not None


@dataclass(frozen=True, slots=True)
class Unmet:
    """Something that the scenario expects and the run does not show."""

    text: str
    place: Place
    """In the scenario's file, as seen from the working folder."""

    @property
    def located(self) -> str:
        """The text behind its place, as compilers write it. Neither is cleaned."""
        return f"{self.place.path}:{self.place.line}: {self.text}"


def unmet(report: Report) -> tuple[Unmet, ...]:
    """What the scenario expects in vain. Findings that nobody expects are entries."""
    if report.expected is None or not report.expected.missing:
        return ()
    path = scenario_s_path(report)
    lines = chain(report.expected.lines, repeat(0))
    return tuple(
        Unmet(text, Place(path, line or 1)) for text, line in zip(report.expected.missing, lines, strict=False)
    )


def scenario_s_path(report: Report) -> str:
    """The scenario's file as seen from the working folder, or the script's where there is none."""
    journal = report.journal
    return shown(str(journal.scenario.path)) if journal.scenario.path else journal.integration.path.as_posix()


def one_line(text: str) -> str:
    """A rule's own words, which stand in several lines, in one."""
    return " ".join(text.split())


def _agrees(result: RuleResult, level: Severity) -> bool:
    if result.verdict is Verdict.UNDECIDED:
        return True
    counting = [finding for finding in result.findings if not (finding.accepted or finding.doubt)]
    severities = [finding.severity or result.rule.severity for finding in counting]
    fails = any(GRAVITY[severity] >= GRAVITY[level] for severity in severities)
    return fails == (result.verdict is Verdict.FAILED)


def _placed_from_here(finding: Finding) -> Finding:
    if finding.place is None:
        return finding
    return replace(finding, place=replace(finding.place, path=shown(finding.place.path)))
