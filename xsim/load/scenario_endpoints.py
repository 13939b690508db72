"""Reads [[endpoints]]: how the product's API shows the events."""

from __future__ import annotations

import re
from collections.abc import Collection

from xsim.load.scenario_changes import path_values, read_path, refuse_bad_path
from xsim.load.scenario_events import Naming
from xsim.load.scenario_filters import PLACES, read_filter
from xsim.load.scenario_fixed import read_fixed, refuse_fixed_keys
from xsim.load.scenario_table import Table, nearest
from xsim.world import Endpoint, Limit, Order, Paging

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
PAGINGS = ("page", "offset", "token", "next_link", "link_header", "last_id")
KEYS = (
    "path", "method", "host", "kind", "streams", "list_at", "time_field", "id_field", "id_param", "id_in", "record_at",
    "filters", "order", "limit", "paging", "total_at", "more_at", "extra", "empty", "wrap", "pick",
    "text", "status", "answer_headers",
)  # fmt: skip
ORDER_KEYS = ("by", "param", "in", "direction_param")
LIMIT_KEYS = ("param", "in", "default", "max")
PAGING_KEYS = ("kind", "param", "in", "first", "next_at", "token_when_empty", "tail_token", "last")
NO_LIMIT = 2_000_000

_PART = re.compile(r"\{([^{}/]*)\}")


def read_endpoint(table: Table, naming: Naming) -> Endpoint:
    """One [[endpoints]] table."""
    table.refuse_unknown(KEYS)
    path = _url_path(table)
    kind = table.choice("kind", "list", ("list", "detail", "fixed"))
    if kind == "fixed":
        return read_fixed(table, path, table.choice("method", "GET", METHODS), _host(table))
    refuse_fixed_keys(table, kind)
    time_field = read_path(table, "time_field", naming.time)
    filters = tuple(read_filter(each, path, _PART.findall(path)) for each in table.tables("filters"))
    order = _read_order(table)
    if kind == "list" and not (time_field or order.by):
        guess = next((each.field for each in filters if each.kind == "time"), "created")
        table.refuse(
            None,
            "nothing says which field holds the time that the list is ordered by",
            f'name it: [identity] time = "{guess}", or order = [...] here',
        )
    endpoint = Endpoint(
        path=path,
        method=table.choice("method", "GET", METHODS),
        host=_host(table),
        kind=kind,
        streams=table.texts("streams"),
        list_at=read_path(table, "list_at"),
        time_field=time_field,
        id_field=read_path(table, "id_field", naming.paths[0] if len(naming.paths) == 1 else ""),
        id_name=table.filled_text("id_param"),
        id_place=table.choice("id_in", "query", PLACES),
        record_at=read_path(table, "record_at"),
        filters=filters,
        order=order,
        limit=_read_limit(table),
        paging=_read_paging(table),
        total_at=read_path(table, "total_at"),
        more_at=read_path(table, "more_at"),
        extra=path_values(table, "extra"),
        empty=table.choice("empty", "list", ("list", "missing", "null", "object", "body")),
        wrap=table.filled_text("wrap"),
        pick=read_path(table, "pick"),
    )
    _refuse_contradictions(table, endpoint)
    return endpoint


def refuse_same_endpoints(endpoints: list[Endpoint], tables: list[Table]) -> None:
    """Of two endpoints for one call the second would never answer."""
    seen: dict[tuple[str, str, str], int] = {}
    for number, endpoint in enumerate(endpoints):
        call = (endpoint.method, endpoint.host, _PART.sub("{}", endpoint.path))
        first = seen.setdefault(call, number)
        if first != number:
            tables[number].refuse(
                None, f"{endpoint.method} {endpoint.path} is answered by [[endpoints]] {first + 1} already"
            )


def refuse_unknown_streams(endpoints: list[Endpoint], tables: list[Table], known: Collection[str]) -> None:
    for endpoint, table in zip(endpoints, tables, strict=True):
        for name in endpoint.streams:
            if name not in known:
                hint = nearest(name, known) or f"streams here: {', '.join(sorted(known)) or 'none'}"
                table.refuse("streams", f"no stream or event is of '{name}'", hint)


# --- the parts of an endpoint -------------------------------------------------------------------------------


def _url_path(table: Table) -> str:
    table.need("path", ', such as "/api/v1/alerts"')
    path = table.text("path")
    if "://" in path:
        table.expect("path", "the path alone", 'write host = "..." beside it')
    if "?" in path or "#" in path:
        table.expect("path", "a path without '?' or '#'", "parameters are `filters`, `limit` and `paging`")
    if not path.startswith("/") or re.search(r"\s", path):
        table.expect("path", "a path that starts with '/' and holds no space")
    names = _PART.findall(path)
    if re.search(r"[{}]", _PART.sub("", path)) or "" in names or len(set(names)) < len(names):
        table.expect("path", "parts in braces with a name each, such as /alerts/{id}")
    return path


def _host(table: Table) -> str:
    host = table.filled_text("host")
    if not re.fullmatch(r"[^\s/?#@]*", host):
        table.expect("host", "a host name", 'such as "vendor.example"')
    return host.lower()


def _read_order(table: Table) -> Order:
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


def _paths_with_signs(table: Table, key: str) -> tuple[str, ...]:
    paths = table.texts(key)
    for path in paths:
        if path == "-":
            table.expect(key, 'a dotted path behind "-"')
        refuse_bad_path(table, key, path.removeprefix("-"))
    return paths


def _read_limit(table: Table) -> Limit:
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
    return Limit(limit.filled_text("param"), limit.choice("in", "query", PLACES), default, maximum)


def _read_paging(table: Table) -> Paging | None:
    if "paging" not in table:
        return None
    paging = table.table("paging")
    paging.refuse_unknown(PAGING_KEYS)
    paging.need("kind", f": one of {', '.join(PAGINGS)}")
    found = Paging(
        kind=paging.choice("kind", "", PAGINGS),
        name=paging.filled_text("param"),
        place=paging.choice("in", "query", PLACES),
        first=paging.whole("first", 1, 0, 1),
        next_at=read_path(paging, "next_at"),
        token_when_empty=paging.truth("token_when_empty"),
        tail_token=paging.truth("tail_token"),
        last=paging.choice("last", "null", ("null", "missing", "empty")),
    )
    if "last" in paging and (not found.next_at or found.kind == "link_header"):
        paging.refuse("last", "means nothing without 'next_at': it is what stands there on the last page")
    if not found.name and found.kind in ("page", "offset", "token", "last_id"):
        paging.refuse(None, f"'param' is missing: the parameter that holds the {found.kind.replace('_', ' ')}")
    if not found.next_at and found.kind in ("token", "next_link"):
        paging.refuse(None, f"'next_at' is missing: where the answer holds the {found.kind.replace('_', ' ')}")
    return found


def _refuse_contradictions(table: Table, endpoint: Endpoint) -> None:
    if endpoint.kind == "detail" and not endpoint.id_name and "id" not in _PART.findall(endpoint.path):
        table.refuse(None, "a detail call needs {id} in its path, or 'id_param'")
    if endpoint.kind == "detail" and not endpoint.id_field:
        table.refuse(None, "a detail call needs 'id_field': the field of the record that the id is looked up in")
    if endpoint.paging and endpoint.paging.kind == "last_id" and not endpoint.id_field:
        table.refuse("paging", "paging by last_id needs 'id_field'")
    answer_is_list = not endpoint.list_at and endpoint.kind == "list"
    inside = {"total_at": endpoint.total_at, "more_at": endpoint.more_at, "extra": endpoint.extra}
    for key, value in inside.items():
        if value and answer_is_list:
            table.refuse(key, "the answer is a bare list, which has no place for it", 'write list_at = "items"')
    if answer_is_list and endpoint.paging and endpoint.paging.next_at:
        table.refuse("paging", "next_at: the answer is a bare list, which has no place for it", "write list_at")
