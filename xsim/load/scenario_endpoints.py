"""Reads [[endpoints]]: how the product's API shows the events."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from xsim.load.scenario_calls import PART, read_host, read_long_text, read_url_path
from xsim.load.scenario_changes import path_values, read_path
from xsim.load.scenario_endpoint_keys import KEYS, KIND_KEYS
from xsim.load.scenario_events import Naming
from xsim.load.scenario_filters import read_condition, read_filter
from xsim.load.scenario_fixed import read_fixed
from xsim.load.scenario_formats import KEYS_BESIDE_LIST, read_columns, read_item, read_last, refuse_bad_format
from xsim.load.scenario_identity import Names
from xsim.load.scenario_kinds import DEFAULT_METHODS, read_job_states, refuse_bad_kind, refuse_other_keys
from xsim.load.scenario_paging import read_limit, read_order, read_paging
from xsim.load.scenario_table import Table, nearest
from xsim.world import Endpoint, Filter, Order


def read_endpoint(table: Table, names: Names) -> Endpoint:
    """One [[endpoints]] table."""
    table = table.held_to(KEYS)
    table.need("path", ', such as "/api/v1/alerts"')
    path = read_url_path(table)
    kind = table.choice("kind")
    refuse_other_keys(table, kind)
    table = replace(table, keys={**KEYS, **KIND_KEYS[kind]})
    parts = PART.findall(path)
    when = tuple(read_condition(each, path, parts) for each in table.tables("when"))
    if kind == "fixed":
        return replace(read_fixed(table, path, table.choice("method"), read_host(table)), when=when)
    streams = table.texts("streams")
    naming = names.of_all(streams)
    filters = tuple(read_filter(each, path, parts) for each in table.tables("filters"))
    order, time_field = read_order(table), read_path(table, "time_field", naming.time)
    _need_order(table, kind, order, time_field, filters)
    endpoint = Endpoint(
        path=path,
        method=table.choice("method", DEFAULT_METHODS.get(kind)),
        host=read_host(table),
        kind=kind,
        streams=streams,
        list_at=read_path(table, "list_at"),
        time_field=time_field,
        id_field=read_path(table, "id_field", _id_field(naming)),
        id_name=table.filled_text("id_param"),
        id_place=table.choice("id_in"),
        record_at=read_path(table, "record_at"),
        filters=filters,
        order=order,
        limit=read_limit(table),
        paging=read_paging(table),
        total_at=read_path(table, "total_at"),
        more_at=read_path(table, "more_at"),
        extra=path_values(table, "extra"),
        empty=table.choice("empty"),
        wrap=table.filled_text("wrap"),
        pick=read_path(table, "pick"),
        status=table.whole("status"),
        unknown_status=table.whole("unknown_status"),
        set=path_values(table, "set"),
        deletes=table.truth("deletes"),
        when=when,
    )
    endpoint = _with_job(table, _with_format(table, endpoint), parts)
    refuse_bad_format(table, endpoint)
    _refuse_contradictions(table, endpoint)
    refuse_bad_kind(table, endpoint, naming)
    return endpoint


def _with_format(table: Table, endpoint: Endpoint) -> Endpoint:
    return replace(
        endpoint,
        text=read_long_text(table),
        format=table.choice("format"),
        item=read_item(table),
        columns=read_columns(table),
        count_at=read_path(table, "count_at"),
        last_at=read_last(table),
    )


def _with_job(table: Table, endpoint: Endpoint, parts: Collection[str]) -> Endpoint:
    """A status takes the part {job} for the search's id; elsewhere that may be any part."""
    name = table.filled_text("job_param", "job" if endpoint.kind == "job_status" and "job" in parts else "")
    return replace(
        endpoint,
        job_at=read_path(table, "job_at"),
        job_name=name,
        job_place=table.choice("job_in", "query" if name and name not in parts else "path"),
        job_takes=table.duration("job_takes"),
        job_state_at=read_path(table, "job_state_at"),
        job_states=read_job_states(table),
    )


def refuse_same_endpoints(endpoints: Iterable[Endpoint], tables: list[Table]) -> None:
    """Of two endpoints for one call the second would never answer."""
    seen: dict[tuple[object, ...], int] = {}
    for number, endpoint in enumerate(endpoints):
        call = (endpoint.method, endpoint.host, PART.sub("{}", endpoint.path), endpoint.when)
        first = seen.setdefault(call, number)
        if first != number:
            tables[number].refuse(
                None,
                f"{endpoint.method} {endpoint.path} is answered by [[endpoints]] {first + 1} already",
                'where requests say which of them is meant: when = [{param = "query", pattern = "alerts"}]',
            )


def refuse_unknown_streams(endpoints: Iterable[Endpoint], tables: list[Table], known: Collection[str]) -> None:
    """Each stream that an endpoint names is there."""
    for endpoint, table in zip(endpoints, tables, strict=True):
        for name in endpoint.streams:
            if name not in known:
                hint = nearest(name, known) or f"streams here: {', '.join(sorted(known)) or 'none'}"
                table.refuse("streams", f"no stream or event is of '{name}'", hint)


def refuse_missing_jobs(endpoints: Collection[Endpoint], tables: list[Table]) -> None:
    """What asks for a job by its id needs one that gives ids."""
    if any(endpoint.kind == "job" for endpoint in endpoints):
        return
    for endpoint, table in zip(endpoints, tables, strict=True):
        if endpoint.job_name:
            table.refuse(
                "job_param" if "job_param" in table else None,
                "no endpoint begins the search that it asks for",
                'write an [[endpoints]] of kind = "job" beside it',
            )


def _id_field(naming: Naming) -> str:
    return naming.paths[0] if len(naming.paths) == 1 else ""


def _need_order(table: Table, kind: str, order: Order, time_field: str, filters: Iterable[Filter]) -> None:
    if kind not in ("list", "objects") or time_field or order.by:
        return
    guess = next((each.field for each in filters if each.kind == "time"), "created")
    table.refuse(
        None,
        "nothing says which field holds the time that the list is ordered by",
        f'name it: [identity] time = "{guess}", or order = [...] here',
    )


def _refuse_contradictions(table: Table, endpoint: Endpoint) -> None:
    if endpoint.paging and endpoint.paging.kind == "last_id" and not endpoint.id_field:
        table.refuse("paging", "paging by last_id needs 'id_field'")
    answer_is_list = not endpoint.list_at and endpoint.kind in ("list", "objects")
    for key in KEYS_BESIDE_LIST:
        if getattr(endpoint, key) and answer_is_list:
            table.refuse(key, "the answer is a bare list, which has no place for it", 'write list_at = "items"')
    if answer_is_list and endpoint.paging and endpoint.paging.next_at:
        table.refuse("paging", "next_at: the answer is a bare list, which has no place for it", "write list_at")
