"""One line a finding, `path:line: CODE message`, as compilers write them: for editors, grep and hooks."""

from __future__ import annotations

from xsim.findings import Report
from xsim.report.entries import Clean, cleaner, open_entries, unmet


def report_concise(report: Report) -> str:
    """A line a finding that nobody accepted, in rule order, then one for each that the scenario expects in vain.

    No text where there is neither.
    """
    clean = cleaner(report)
    lines = [
        *(line_of(each.place.path, each.place.line, f"{each.rule.code} {clean(each.finding.message)}", clean)
          for each in open_entries(report)),
        *(line_of(each.place.path, each.place.line, clean(each.text), clean) for each in unmet(report)),
    ]  # fmt: skip
    return "\n".join(lines)


def line_of(path: str, line: int, message: str, clean: Clean) -> str:
    path = clean(path)
    # A build server takes a line that begins with two colons, and "##[" anywhere, for a command to itself.
    if path.lstrip().startswith("::"):
        path = f"./{path}"
    return f"{path}:{line}: {message}".replace("##[", "##\\[")
