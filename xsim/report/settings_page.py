"""What `xsim config` prints: each setting with its value and where that comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from xsim.report.cells import duration, moment, safe

Row = tuple[str, str | datetime | timedelta, str]
"""Name, value, origin."""


def settings_text(rows: Sequence[Row]) -> str:
    """A line a setting, in columns."""
    cells = [tuple(safe(each, 200) for each in (name, _text(value), origin)) for name, value, origin in rows]
    widths = [max(len(row[column]) for row in cells) for column in (0, 1)]
    return "\n".join(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {origin}" for name, value, origin in cells)


def settings_json(rows: Sequence[Row]) -> str:
    """An object a setting."""
    fields = [{"name": name, "value": _text(value), "origin": origin} for name, value, origin in rows]
    return json.dumps(fields, indent=2)


def _text(value: str | datetime | timedelta) -> str:
    """Times and spans as they are written everywhere, and as options and scenarios take them."""
    if isinstance(value, datetime):
        return moment(value)
    return duration(value) if isinstance(value, timedelta) else value
