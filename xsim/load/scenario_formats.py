"""Reads how a list is written where it is no JSON: XML, a record a line, or CSV."""

from __future__ import annotations

import re

from xsim.load.scenario_changes import read_paths
from xsim.load.scenario_table import Table
from xsim.world import Endpoint

RECORDS = "{records}"
"""What a list's text holds in the records' place."""
JSON_KEYS = ("list_at", "record_at", "total_at", "more_at", "extra")
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


def refuse_bad_format(table: Table, endpoint: Endpoint) -> None:
    """Keys that another format has, and what this one lacks."""
    form = endpoint.format
    for key, own in (("columns", "csv"), ("item", "xml")):
        if key in table and form != own:
            table.refuse(key, f'means nothing for format = "{form}"', f'write format = "{own}"')
    if form == "json":
        if endpoint.text is not None and endpoint.kind != "update":
            hint = 'write kind = "fixed", or format = "xml" for what stands around its records'
            table.refuse("text", f'means nothing for kind = "{endpoint.kind}"', hint)
        return
    if form == "csv" and not endpoint.columns:
        table.refuse(None, "'columns' is missing: the dotted paths of the answer's columns")
    if endpoint.text is not None and endpoint.text.count(RECORDS) != 1:
        number = "twice or more" if RECORDS in endpoint.text else "nowhere"
        table.refuse("text", f"holds {RECORDS} {number}, expected it once, in the records' place")
    for key in JSON_KEYS:
        if key in table:
            hint = f"what stands around the records is `text`, with {RECORDS} in their place"
            table.refuse(key, f'means nothing for format = "{form}"', hint)
    for key in ("wrap", "pick") if form == "csv" else ():
        if key in table:
            table.refuse(key, 'means nothing for format = "csv"', "`columns` say what stands in it")
    if endpoint.empty not in ("list", "body"):
        table.expect("empty", f'"list" or "body" for format = "{form}"')
    if endpoint.paging and endpoint.paging.next_at:
        table.refuse(
            "paging",
            f'next_at: an answer of format = "{form}" has no place for it',
            "page, offset, last_id, link_header and kept go without it",
        )
