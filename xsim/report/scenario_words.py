"""Says in words how an endpoint of a scenario answers: what it keeps, orders, limits and how it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta

from xsim.report.cells import duration, plural
from xsim.world import Condition, Endpoint, Filter, Limit, Order, Paging

_UNITS = {
    "us": "microsecond", "ms": "millisecond", "s": "second", "m": "minute", "h": "hour", "d": "day"
}  # fmt: skip
_LAYOUTS = {
    "iso": "ISO 8601 alone",
    "epoch-s": "epoch seconds",
    "epoch-ms": "epoch milliseconds",
    "epoch-us": "epoch microseconds",
}
_BOUNDED = {">=": "inclusive", "<=": "inclusive", ">": "exclusive", "<": "exclusive"}
_NO_LIMIT = 1_000_000
_OF_JSON = ("json", "rows")
_EMPTY = {
    "missing": "without the list where nothing matches",
    "null": "null for the list where nothing matches",
    "object": "{} where nothing matches",
    "body": "an empty body where nothing matches",
}


def endpoint_title(endpoint: Endpoint) -> str:
    """ "GET vendor.example/api/v1/alerts"."""
    return f"{endpoint.method} {endpoint.host}{endpoint.path}"


def endpoint_words(endpoint: Endpoint) -> str:
    """One sentence of clauses, not made safe yet."""
    clauses = {
        "detail": _detail_clauses,
        "objects": _objects_clauses,
        "fixed": _fixed_clauses,
        "job": _job_clauses,
        "job_status": _status_clauses,
        "update": _update_clauses,
    }
    return "; ".join([*map(_condition_words, endpoint.when), *clauses.get(endpoint.kind, _list_clauses)(endpoint)])


def _condition_words(condition: Condition) -> str:
    asked = "the body" if condition.place == "body" else f"{condition.name}{_where(condition.place)}"
    return f"where {asked} has {condition.pattern}" if condition.pattern else f"where {asked} is sent"


def _list_clauses(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.job_name:
        yield f"what the search of {_job_asked(endpoint)} found, until it is done status {endpoint.unknown_status}"
    yield from (_filter_words(each) for each in endpoint.filters)
    yield _order_words(endpoint)
    yield _limit_words(endpoint)
    if endpoint.paging:
        yield _paging_words(endpoint)
    if endpoint.format in _OF_JSON:
        yield f"list at '{endpoint.list_at}'" if endpoint.list_at else "the answer is the list"
    if endpoint.format != "json":
        yield _format_words(endpoint)
    yield from _answer_clauses(endpoint)


def _objects_clauses(endpoint: Endpoint) -> Iterator[str]:
    yield f"the records whose {endpoint.id_field} is in {_id_asked(endpoint)}"
    yield from _list_clauses(endpoint)


def _detail_clauses(endpoint: Endpoint) -> Iterator[str]:
    yield f"one record, whose {endpoint.id_field} is {_id_asked(endpoint)}"
    yield from (_filter_words(each) for each in endpoint.filters)
    if endpoint.format in _OF_JSON:
        yield f"record at '{endpoint.record_at}'" if endpoint.record_at else "the answer is the record"
    if endpoint.format != "json":
        yield _format_words(endpoint)
    yield from _unknown_words(endpoint, "without one")
    yield from _answer_clauses(endpoint)


def _job_clauses(endpoint: Endpoint) -> Iterator[str]:
    takes = f", which takes {duration(endpoint.job_takes)}" if endpoint.job_takes else ", which is done at once"
    yield f"begins a search{takes}"
    yield from (_filter_words(each) for each in endpoint.filters)
    if endpoint.order.by or endpoint.order.name:
        yield _order_words(endpoint)
    yield f"its id at '{endpoint.job_at}'"
    yield from _answer_clauses(endpoint)


def _status_clauses(endpoint: Endpoint) -> Iterator[str]:
    running, done = endpoint.job_states
    yield f"how far the search of {_job_asked(endpoint)} is, at '{endpoint.job_state_at}': {running}, then {done}"
    yield from _unknown_words(endpoint, "of an unknown one")
    yield from _answer_clauses(endpoint)


def _update_clauses(endpoint: Endpoint) -> Iterator[str]:
    whose = f"the records whose {endpoint.id_field} is {_id_asked(endpoint)}"
    if endpoint.deletes:
        yield f"deletes {whose}"
    else:
        values = ", ".join(f"{path} = {_new_value(value)}" for path, value in endpoint.set.items())
        yield f"of {whose} sets {values}"
    if endpoint.record_at:
        yield f"record at '{endpoint.record_at}'"
    if endpoint.text is not None:
        yield f"answered with a text of {plural(len(endpoint.text), 'character')}"
    yield from _unknown_words(endpoint, "without one")
    yield from _answer_clauses(endpoint)


def _id_asked(endpoint: Endpoint) -> str:
    return f"'{endpoint.id_name}'{_where(endpoint.id_place)}" if endpoint.id_name else "{id} in the path"


def _job_asked(endpoint: Endpoint) -> str:
    return f"'{endpoint.job_name}'{_where(endpoint.job_place)}"


def _unknown_words(endpoint: Endpoint, when: str) -> Iterator[str]:
    if endpoint.unknown_status != 404:
        yield f"status {endpoint.unknown_status} {when}"


def _new_value(value: object) -> str:
    """What the request holds at a path, or the value as JSON."""
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return f"the request's {value[1:-1]}"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _format_words(endpoint: Endpoint) -> str:
    around = f" within a text of {plural(len(endpoint.text), 'character')}" if endpoint.text is not None else ""
    words = {
        "xml": f"as XML, a <{endpoint.item}> each",
        "ndjson": "as JSON, a line each",
        "csv": f"as CSV of {', '.join(endpoint.columns)}",
        "rows": f"as rows of {', '.join(endpoint.columns)}",
    }
    return words.get(endpoint.format, endpoint.format) + around


def _fixed_clauses(endpoint: Endpoint) -> Iterator[str]:
    yield "always the same answer" if endpoint.status == 200 else f"always status {endpoint.status}"
    if endpoint.text is None:
        yield f"an object of {', '.join(endpoint.extra) or 'nothing'}"
    else:
        yield f"a text of {plural(len(endpoint.text), 'character')}" if endpoint.text else "no body"
    if endpoint.answer_headers:
        yield f"with {', '.join(dict.fromkeys(name for name, _ in endpoint.answer_headers))}"


def _answer_clauses(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.wrap:
        yield f"each record below '{endpoint.wrap}'"
    if endpoint.pick:
        yield f"of each record {endpoint.pick} alone"
    if endpoint.total_at:
        yield f"number of all at '{endpoint.total_at}'"
    if endpoint.more_at:
        yield f"whether there are more at '{endpoint.more_at}'"
    if endpoint.count_at:
        yield f"number of its records at '{endpoint.count_at}'"
    for place, path in endpoint.last_at.items():
        yield f"{path} of its last record at '{place}'"
    if endpoint.extra:
        yield f"besides {', '.join(endpoint.extra)}"
    if endpoint.status != 200:
        yield f"status {endpoint.status}"
    if endpoint.empty in _EMPTY:
        yield _EMPTY[endpoint.empty]
    if endpoint.streams:
        yield f"only events of {', '.join(endpoint.streams)}"


def _filter_words(each: Filter) -> str:
    needed = ", without it the answer is 400" if each.required else ""
    bound = f"what {each.pattern} finds" if each.pattern else "bound"
    asked = "the body" if each.place == "body" else f"{each.name}{_where(each.place)}"
    return f"{asked} keeps {each.field} {each.compare} {bound} ({_reading(each)}){needed}"


def _reading(each: Filter) -> str:
    """How the two sides are compared: "inclusive, to the microsecond"."""
    parts = [_BOUNDED[each.compare]] if each.compare in _BOUNDED else []
    if each.kind != "time":
        return ", ".join([*parts, f"as {each.kind}", *_leniency(each)])
    parts.append(f"to the {_UNITS.get(each.precision, each.precision)}")
    if each.relative:
        parts.append(f"{_UNITS.get(each.relative, each.relative)}s back from now")
    if each.layout:
        parts.append(f"written as {_LAYOUTS.get(each.layout, each.layout)}")
    if each.zone:
        parts.append(f"without an offset at {offset_text(each.zone)}")
    return ", ".join([*parts, *_leniency(each)])


def _leniency(each: Filter) -> list[str]:
    widest = [f"at most {duration(each.widest)} back"] if each.widest else []
    return widest + (["ignored where unreadable"] if each.unreadable == "ignore" else [])


def _order_words(endpoint: Endpoint) -> str:
    order = endpoint.order
    if order.by:
        directions = {path.startswith("-") for path in order.by}
        names = [path.removeprefix("-") for path in order.by]
        if len(directions) == 1:
            words = f"{', '.join(names)} {_direction(order.by[0])}"
        else:
            words = ", ".join(f"{name} {_direction(path)}" for name, path in zip(names, order.by, strict=True))
    else:
        words = f"newest {endpoint.time_field} first"
    return words + _asked_order(order)


def _asked_order(order: Order) -> str:
    names = [f"'{name}'" for name in (order.name, order.direction_name) if name]
    return f" unless {' and '.join(names)}{_where(order.place)} ask otherwise" if names else ""


def _direction(path: str) -> str:
    return "descending" if path.startswith("-") else "ascending"


def _limit_words(endpoint: Endpoint) -> str:
    limit = endpoint.limit
    if not limit.name:
        return f"limit {limit.default:,}" if limit.default < _NO_LIMIT else "no limit"
    most = f", at most {limit.maximum:,}" if limit.maximum < _NO_LIMIT else ""
    return f"limit {limit.default:,}{most} ({_sent_as(limit)} sets it)"


def _sent_as(declared: Limit | Paging) -> str:
    """Where a request says it: "'size' in the json"."""
    place = "the body" if declared.place == "body" else f"'{declared.name}'{_where(declared.place)}"
    return f"what {declared.pattern} finds in {place}" if declared.pattern else place


def _paging_words(endpoint: Endpoint) -> str:
    paging = endpoint.paging
    assert paging is not None
    name = _sent_as(paging)
    words: Mapping[str, str] = {
        "page": f"pages by {name}, the first is {paging.first}",
        "offset": f"{name} skips records",
        "token": f"{name} goes on from a token",
        "next_link": "goes on by a link",
        "link_header": "goes on by a Link header",
        "last_id": f"{name} goes on behind an id",
        "kept": f"the server keeps how far {name if paging.name else 'the caller'} came",
    }
    where = f" at '{paging.next_at}'" if paging.next_at else ""
    tail = ", the last page has one too" if paging.tail_token else ""
    empty = ", an empty page too" if paging.token_when_empty else ""
    last = {"missing": ", left out on the last page", "empty": ', "" on the last page'}.get(paging.last, "")
    life = f", good for {duration(paging.life)}" if paging.life else ""
    stale = f", {paging.stale_status} where stale" if paging.stale_status != 400 else ""
    return words.get(paging.kind, paging.kind) + where + tail + empty + last + life + stale


def _where(place: str) -> str:
    return "" if place == "query" else f" in the {place}"


def offset_text(zone: timedelta) -> str:
    """ "+02:00"."""
    minutes = abs(zone) // timedelta(minutes=1)
    return f"{'-' if zone < timedelta(0) else '+'}{minutes // 60:02}:{minutes % 60:02}"


def lag_text(lag: timedelta) -> str:
    """ "+5s", "-2m"; "at once" for none."""
    if abs(lag) < timedelta(milliseconds=1):
        return "at once"
    return ("-" if lag < timedelta(0) else "+") + duration(abs(lag))
