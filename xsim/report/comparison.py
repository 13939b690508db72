"""What became of the findings from one run to the next: which are gone, which new, which more or fewer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from xsim.findings import Report
from xsim.report.cells import plural
from xsim.report.entries import GRAVITY, cleaner, open_entries, seen_from_here


@dataclass(frozen=True, slots=True)
class Told:
    """All findings of one fingerprint."""

    line: str
    """The first of them, safe to show."""
    count: int
    gravity: int


def told_findings(report: Report) -> dict[str, Told]:
    """The findings that nobody accepted, by fingerprint, in rule order. Nothing of the report is held on to."""
    report = seen_from_here(report)
    clean = cleaner(report)
    told: dict[str, Told] = {}
    for entry in open_entries(report):
        key = entry.finding.fingerprint or f"{entry.rule.code} {entry.finding.cause} {entry.finding.message}"
        known = told.get(key)
        if known is None:
            cause = f" ({clean(entry.finding.cause)})" if entry.finding.cause else ""
            place = f"{clean(entry.place.path)}:{entry.place.line}"
            line = f"{entry.rule.code} ({entry.severity.value}) {place} {clean(entry.finding.message)}{cause}"
            told[key] = Told(line, 1, GRAVITY[entry.severity])
        else:
            told[key] = Told(known.line, known.count + 1, known.gravity)
    return told


def changed_findings(before: Mapping[str, Told], after: Mapping[str, Told]) -> Iterator[tuple[str, str]]:
    """What changed, as kind and line: "gone", "new", "fewer" and "more", the gravest of a kind first.

    Findings are told apart by their fingerprints, which do not move with the script's lines.
    """
    gone = [key for key in before if key not in after]
    new = [key for key in after if key not in before]
    others = [key for key in after if key in before and after[key].count != before[key].count]
    for kind, keys, told in (("gone", gone, before), ("new", new, after)):
        for key in sorted(keys, key=lambda key: -told[key].gravity):
            more = f", and {told[key].count - 1:,} more" if told[key].count > 1 else ""
            yield kind, f"{told[key].line}{more}"
    for key in others:
        kind = "fewer" if after[key].count < before[key].count else "more"
        yield kind, f"{after[key].line}: {plural(after[key].count, 'finding')}, {before[key].count:,} before"


def changes_line(before: Mapping[str, Told], after: Mapping[str, Told]) -> str:
    """How many there are of each kind, in one line."""
    gone = sum(told.count for key, told in before.items() if key not in after)
    new = sum(told.count for key, told in after.items() if key not in before)
    kept = sum(told.count for key, told in after.items() if key in before)
    if not before and not after:
        return "no findings, as before"
    parts = [f"{plural(gone, 'finding')} gone"] * bool(gone) + [f"{new:,} new"] * bool(new)
    return ", ".join([*parts, f"{kept:,} still there" if parts else f"the same {plural(kept, 'finding')}"])
