"""Reads how a list of an endpoint is sorted and cut: its `order`, its `limit`, and how an answer goes on."""

from __future__ import annotations

from datetime import timedelta

from xsim.load.scenario_calls import PLACES
from xsim.load.scenario_changes import read_path, refuse_bad_path
from xsim.load.scenario_filters import FILTER_PLACES, read_pattern
from xsim.load.scenario_table import Table
from xsim.world import Limit, Order, Paging

PAGINGS = ("page", "offset", "token", "next_link", "link_header", "last_id", "kept")
ORDER_KEYS = ("by", "param", "in", "direction_param")
LIMIT_KEYS = ("param", "in", "default", "max", "pattern")
PAGING_KEYS = (
    "kind", "param", "in", "first", "next_at", "token_when_empty", "tail_token", "last", "life", "stale_status",
    "pattern",
)  # fmt: skip
NO_LIMIT = 2_000_000

_KEPT_KEYS = ("kind", "param", "in")
_AGEING = ("token", "next_link", "link_header")
_STALE = (*_AGEING, "last_id")
_SENT = ("page", "offset", "token", "last_id")


def read_order(table: Table) -> Order:
    """A list of paths, or a table that also names the parameters."""
    if not isinstance(table.values.get("order", {}), dict):
        return Order(by=_paths_with_signs(table, "order"))
    order = table.table("order")
    order.refuse_unknown(ORDER_KEYS)
    return Order(
        by=_paths_with_signs(order, "by"),
        name=order.filled_text("param"),
        place=order.choice("in", "query", PLACES),
        direction_name=order.filled_text("direction_param"),
    )


def read_limit(table: Table) -> Limit:
    """A number, false for none, or a table."""
    value = table.values.get("limit", {})
    if value is False:
        return Limit(default=NO_LIMIT, maximum=NO_LIMIT)
    if isinstance(value, int):
        size = table.whole("limit", 50, 1, NO_LIMIT)
        return Limit(default=size, maximum=size)
    if not isinstance(value, dict):
        table.expect("limit", 'a number, false, or a table such as {param = "limit", default = 50, max = 100}')
    limit = table.table("limit")
    limit.refuse_unknown(LIMIT_KEYS)
    default = limit.whole("default", min(50, limit.whole("max", 50, 1, NO_LIMIT)), 1, NO_LIMIT)
    maximum = limit.whole("max", max(1_000, default), 1, NO_LIMIT)
    if default > maximum:
        limit.expect("default", f"at most max, {maximum}")
    name, place, pattern = _read_sent(limit)
    return Limit(name, place, default, maximum, pattern)


def read_paging(table: Table) -> Paging | None:
    """How an answer goes on; None where it does not."""
    if "paging" not in table:
        return None
    paging = table.table("paging")
    paging.refuse_unknown(PAGING_KEYS)
    paging.need("kind", f": one of {', '.join(PAGINGS)}")
    name, place, pattern = _read_sent(paging)
    found = Paging(
        kind=paging.choice("kind", "", PAGINGS),
        name=name,
        place=place,
        first=paging.whole("first", 1, 0, 1),
        next_at=read_path(paging, "next_at"),
        token_when_empty=paging.truth("token_when_empty"),
        tail_token=paging.truth("tail_token"),
        last=paging.choice("last", "null", ("null", "missing", "empty")),
        life=paging.duration_or_none("life", least=timedelta(seconds=1)),
        stale_status=paging.whole("stale_status", 400, 400, 599),
        pattern=pattern,
    )
    _refuse_contradictions(paging, found)
    return found


def _read_sent(table: Table) -> tuple[str, str, str]:
    """The parameter's name and place, and the pattern that finds the value in it where it is a longer text."""
    place, pattern = table.choice("in", "query", FILTER_PLACES), read_pattern(table)
    name = table.filled_text("param", "body" if place == "body" else "")
    if place == "body" and not pattern:
        table.expect(
            "in", "a 'pattern' beside it: the body is a text to look for it in", r"such as 'LIMIT (?P<bound>\d+)'"
        )
    if pattern and not name:
        table.refuse("pattern", "'param' is missing: the parameter in which it is looked for", 'or write in = "body"')
    return name, place, pattern


def _refuse_contradictions(paging: Table, found: Paging) -> None:
    for key in paging.values if found.kind == "kept" else ():
        if key not in _KEPT_KEYS:
            paging.refuse(key, 'means nothing for kind = "kept": the server itself remembers how far a consumer came')
    for key, kinds in (("life", _AGEING), ("stale_status", _STALE), ("pattern", _SENT)):
        if key in paging and found.kind not in kinds:
            paging.refuse(key, f'means nothing for kind = "{found.kind}"', f"known for {', '.join(kinds)}")
    if "last" in paging and (not found.next_at or found.kind == "link_header"):
        paging.refuse("last", "means nothing without 'next_at': it is what stands there on the last page")
    if not found.name and found.kind in ("page", "offset", "token", "last_id"):
        paging.refuse(None, f"'param' is missing: the parameter that holds the {found.kind.replace('_', ' ')}")
    if not found.next_at and found.kind in ("token", "next_link"):
        paging.refuse(None, f"'next_at' is missing: where the answer holds the {found.kind.replace('_', ' ')}")


def _paths_with_signs(table: Table, key: str) -> tuple[str, ...]:
    paths = table.texts(key)
    for path in paths:
        if path == "-":
            table.expect(key, 'a dotted path behind "-"')
        refuse_bad_path(table, key, path.removeprefix("-"))
    return paths
