"""The script's own lines that the page quotes, where the file is still the one that was run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xsim.findings import Report
from xsim.integration import Integration
from xsim.report.html.cuts import cut
from xsim.secrets import Mask

_AROUND = 2
"""Lines quoted before and behind that of a finding."""
_LONGEST = 200
_MOST = 400
_LARGEST_FILE = 5 * 2**20
_SCRIPTS = (".py", ".yml", ".yaml")


def script_lines(report: Report, called: Iterable[int], mask: Mask) -> dict[int, str]:
    """Number and text of the lines that findings point at, of those around them, and of the ones in `called`.

    Empty where the file cannot be read any more, or is another one than the run's.
    """
    integration = report.journal.integration
    around = {
        line + step
        for finding in report.findings
        if finding.place and finding.place.path == integration.path.as_posix()
        for line in (finding.place.line,)
        for step in range(-_AROUND, _AROUND + 1)
    }
    wanted = sorted({*around, *called})
    text = _text(integration) if wanted else ""
    lines = text.split("\n") if text else []
    found = [number for number in wanted if 0 < number <= len(lines)][:_MOST]
    return {number: cut(lines[number - 1].expandtabs(4).rstrip(), mask, _LONGEST) for number in found}


def _text(integration: Integration) -> str:
    """The text that line numbers count in, "" where it is not the one that was run: its lines would tell lies."""
    path = Path(integration.path)
    try:
        if path.suffix not in _SCRIPTS or not path.is_file():  # A pipe would hold up the page.
            return ""
        with path.open("rb") as file:
            text = file.read(_LARGEST_FILE).decode("utf-8-sig")
    except (OSError, ValueError):
        return ""
    script = text if path.suffix == ".py" else _script_in(text)
    return script if hashlib.sha256(script.encode("utf-8", "replace")).hexdigest() == integration.digest else ""


def _script_in(yml: str) -> str:
    """The script that a unified yml holds, with the yml's own line numbers where it stands in a literal block."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = loader(yml).get_single_node()
    except (yaml.YAMLError, ValueError, RecursionError):
        return ""
    for outer in ("script", "integrationScript"):
        node = _child(_child(root, outer), "script")
        if node is not None and node.id == "scalar":
            return "\n" * (node.start_mark.line + 1) + node.value if node.style == "|" else str(node.value)
    return ""


def _child(node: Any, key: str) -> Any:
    if node is None or node.id != "mapping":
        return None
    return next((value for name, value in node.value if name.id == "scalar" and name.value == key), None)
