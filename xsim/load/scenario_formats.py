"""Reads how a list is written where it is no JSON: XML, a record a line, or CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping

from xsim.load.scenario_changes import path_values, read_paths, refuse_bad_path
from xsim.load.scenario_table import Table
from xsim.world import ESCAPED_HERE, JSON_FORMATS, RECORDS_HERE, Endpoint

KEYS_BESIDE_LIST = ("total_at", "more_at", "count_at", "last_at", "extra")
"""Keys of what stands beside the list, in an object around both."""
JSON_KEYS = ("list_at", "record_at", *KEYS_BESIDE_LIST)
"""Keys that say where something stands in an answer of JSON."""

_is_element = re.compile(r"[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?", re.ASCII).fullmatch


def read_item(table: Table) -> str:
    """The element that an XML record is."""
    item = table.filled_text("item")
    if not _is_element(item):
        table.expect("item", "the name of an XML element", 'such as "alert"')
    return item


def read_columns(table: Table) -> tuple[str, ...]:
    columns = read_paths(table, "columns")
    if len(set(columns)) < len(columns):
        table.refuse("columns", "found a column twice, expected each once")
    return columns


def read_last(table: Table) -> Mapping[str, str]:
    """Paths in the answer, and in its last record."""
    values = path_values(table, "last_at")
    for path in values.values():
        refuse_bad_path(table, "last_at", path)
    return values


def refuse_bad_format(table: Table, endpoint: Endpoint) -> None:
    """Keys that another format has, and what this one lacks."""
    form = endpoint.format
    for key, owners in (("columns", ("csv", "rows")), ("item", ("xml",))):
        if key in table and form not in owners:
            hint = " or ".join(f'"{own}"' for own in owners)
            table.refuse(key, f'means nothing for format = "{form}"', f"write format = {hint}")
    if form in ("csv", "rows") and not endpoint.columns:
        table.refuse(None, "'columns' is missing: the dotted paths of the answer's columns")
    for key in ("wrap", "pick") if form == "csv" else ("pick",) if form == "rows" else ():
        if key in table:
            table.refuse(key, f'means nothing for format = "{form}"', "`columns` say what stands in it")
    if form in JSON_FORMATS:
        if endpoint.text is not None and endpoint.kind != "update":
            hint = 'write kind = "fixed", or format = "xml" for what stands around its records'
            table.refuse("text", f'means nothing for kind = "{endpoint.kind}"', hint)
        return
    _refuse_bad_text(table, endpoint)
    for key in JSON_KEYS:
        if key in table:
            hint = f"what stands around the records is `text`, with {RECORDS_HERE} in their place"
            table.refuse(key, f'means nothing for format = "{form}"', hint)
    if endpoint.empty not in ("list", "body"):
        table.expect("empty", f'"list" or "body" for format = "{form}"')
    if endpoint.paging and endpoint.paging.next_at:
        table.refuse(
            "paging",
            f'next_at: an answer of format = "{form}" has no place for it',
            "page, offset, last_id, link_header and kept go without it",
        )


def _refuse_bad_text(table: Table, endpoint: Endpoint) -> None:
    if endpoint.text is None:
        return
    if endpoint.format != "xml" and ESCAPED_HERE in endpoint.text:
        table.refuse("text", f'{ESCAPED_HERE} means nothing for format = "{endpoint.format}"', f"write {RECORDS_HERE}")
    places = endpoint.text.count(RECORDS_HERE) + endpoint.text.count(ESCAPED_HERE)
    if places != 1:
        number = "twice or more" if places else "nowhere"
        table.refuse("text", f"holds {RECORDS_HERE} {number}, expected it once, in the records' place")
