"""Reads the endpoints that always answer the same: a login, a health check, a constant object."""

from __future__ import annotations

from xsim.load.scenario_calls import read_headers, read_long_text
from xsim.load.scenario_changes import path_values
from xsim.load.scenario_table import Table
from xsim.world import Endpoint


def read_fixed(table: Table, path: str, method: str, host: str) -> Endpoint:
    """An endpoint of kind "fixed". Without `extra` and `text` its answer has no body."""
    if "extra" in table and "text" in table:
        table.refuse("text", "expected either 'extra' (an object) or 'text', not both")
    text = read_long_text(table)
    return Endpoint(
        path=path,
        method=method,
        host=host,
        kind="fixed",
        extra=path_values(table, "extra"),
        status=table.whole("status"),
        answer_headers=tuple(read_headers(table.table("answer_headers"))),
        text=None if "extra" in table else text or "",
    )
