"""One line a finding, `path:line: CODE message`, as compilers write them: for editors, grep and hooks."""

from __future__ import annotations

from xsim.findings import Report
from xsim.report.entries import Clean, Entry, cleaner, open_entries


def report_concise(report: Report) -> str:
    """A line a finding that nobody accepted, in rule order; no text where there is none."""
    clean = cleaner(report)
    return "\n".join(_line(entry, clean) for entry in open_entries(report))


def _line(entry: Entry, clean: Clean) -> str:
    path = clean(entry.place.path)
    # A build server takes a line that begins with two colons, and "##[" anywhere, for a command to itself.
    if path.lstrip().startswith("::"):
        path = f"./{path}"
    line = f"{path}:{entry.place.line}: {entry.rule.code} {clean(entry.finding.message)}"
    return line.replace("##[", "##\\[")
