"""What `xsim config` prints: each setting with its value and where that comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence

from xsim.report.cells import safe

Row = tuple[str, str, str]
"""Name, value, origin."""


def settings_text(rows: Sequence[Row]) -> str:
    """A line a setting, in columns."""
    cells = [tuple(safe(each, 200) for each in row) for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in (0, 1)]
    return "\n".join(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {origin}" for name, value, origin in cells)


def settings_json(rows: Sequence[Row]) -> str:
    """An object a setting."""
    return json.dumps([{"name": name, "value": value, "origin": origin} for name, value, origin in rows], indent=2)
