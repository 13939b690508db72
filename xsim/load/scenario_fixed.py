"""Reads the endpoints that always answer the same: a login, a health check, a constant object."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xsim.load.scenario_changes import path_values
from xsim.load.scenario_table import Table
from xsim.world import Endpoint

OWN_KEYS = ("text", "status", "answer_headers")
"""What only they have."""
FIXED_KEYS = ("path", "method", "host", "kind", "extra", *OWN_KEYS)
LONGEST_TEXT = 1_000_000

_is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII).fullmatch
_is_value = re.compile(r"[\t\x20-\x7e\xa0-\xff]*").fullmatch


def read_fixed(table: Table, path: str, method: str, host: str) -> Endpoint:
    """An endpoint of kind "fixed". Without `extra` and `text` its answer has no body."""
    for key in table.values:
        if key not in FIXED_KEYS:
            table.refuse(key, 'means nothing for kind = "fixed"', f"known there: {', '.join(FIXED_KEYS)}")
    if "extra" in table and "text" in table:
        table.refuse("text", "expected either 'extra' (an object) or 'text', not both")
    text = table.text("text")
    if len(text) > LONGEST_TEXT:
        table.expect("text", f"at most {LONGEST_TEXT:,} characters")
    return Endpoint(
        path=path,
        method=method,
        host=host,
        kind="fixed",
        extra=path_values(table, "extra"),
        status=table.whole("status", 200, 200, 599),
        answer_headers=tuple(_headers(table.table("answer_headers"))),
        text=None if "extra" in table else text,
    )


def refuse_fixed_keys(table: Table, kind: str) -> None:
    for key in OWN_KEYS:
        if key in table:
            table.refuse(key, f'means nothing for kind = "{kind}"', 'write kind = "fixed"')


def _headers(table: Table) -> Iterator[tuple[str, str]]:
    """Names and texts; a list of texts is a header that is sent as often."""
    for name, value in table.values.items():
        if not _is_token(name):
            table.refuse(name, "no name that a header can have")
        for each in value if isinstance(value, list) else [value]:
            is_number = isinstance(each, int) and not isinstance(each, bool)
            if not is_number and not (isinstance(each, str) and _is_value(each)):
                table.expect(name, "a text of one line that a header can hold, or a list of them")
            yield name, str(each)
