"""Sorts the calls of a drafted scenario: which one lists the events, which shows one of them, which is none of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from xsim.model import DraftedCall
from xsim.report.draft_requests import Asked, Known, read_requests
from xsim.report.draft_texts import text_bounds
from xsim.report.draft_values import (
    Listed,
    beside,
    id_path,
    ids_in,
    is_next,
    leaves,
    list_in,
    time_path,
    time_shape,
    words_of,
)
from xsim.world import JsonValue

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})


@dataclass(frozen=True, slots=True)
class Call:
    """One method and path with all its requests, read. `role` is "list", "ids", "detail", "fixed" or "login"."""

    method: str
    path: str
    kind: str
    answer: JsonValue
    asked: Asked
    role: str
    listed: Listed | None = None
    ids_at: str = ""
    record_at: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the scenario will say. `record` is the example event; empty where no answer showed one."""

    calls: tuple[Call, ...] = ()
    record: Mapping[str, JsonValue] = field(default_factory=dict)
    id_field: str = ""
    time_field: str = ""
    is_sampled: bool = False
    main: Call | None = None
    """The call that lists the events."""
    others: tuple[tuple[Call, Plan], ...] = ()
    """Further calls that list events of their own, each with what holds of these."""


def plan_calls(
    calls: Sequence[DraftedCall],
    *,
    mirror_ids: frozenset[str],
    limits: frozenset[str],
    logins: frozenset[tuple[str, str]] = frozenset(),
) -> Plan:
    """Sort the calls. `mirror_ids` are identities that incidents had, `limits` values of max_fetch and its like.

    `logins` are method and path of calls by which the script logs in.
    """
    groups: dict[tuple[str, str], list[DraftedCall]] = {}
    for call in calls:
        if call.request.method.upper() in METHODS:
            groups.setdefault((call.request.method.upper(), call.path), []).append(call)
    read = [_read(key, group, _known(calls, limits)) for key, group in groups.items()]
    read = [replace(call, role="login", listed=None) if (call.method, call.path) in logins else call for call in read]
    main = max((call for call in read if call.role == "list"), key=_weight, default=None)
    ids_call = next((call for call in read if call.ids_at or call.role == "ids"), None)
    sorted_calls = tuple(_settled(call, main, ids_call) for call in read)
    shown = [call for call in sorted_calls if call.role == "detail"]
    record = _record(main, shown)
    records = list(main.listed.records) if main is not None and main.listed is not None else [record]
    return Plan(
        calls=sorted_calls,
        record=record,
        id_field=id_path(records, mirror_ids) if record else "",
        time_field=time_path(record, list(_asked_later(sorted_calls))) or _time_in_text(main),
        is_sampled=any(call.kind == "sample" for call in [*([main] if main else []), *shown]),
        main=main,
        others=tuple((call, _plan_of(call)) for call in sorted_calls if _lists_others(call, main)),
    )


def _lists_others(call: Call, main: Call | None) -> bool:
    asks = call.asked.bounds or call.asked.embedded
    is_other = main is not None and main.listed is not None and call is not main
    return is_other and call.role == "list" and bool(asks) and not call.asked.ids and call.listed is not None


def _plan_of(call: Call) -> Plan:
    assert call.listed is not None, "it lists events"
    record = dict(call.listed.records[0])
    return Plan(
        record=record,
        id_field=id_path(list(call.listed.records)),
        time_field=time_path(record, list(_asked_later([call]))) or _time_in_text(call),
        is_sampled=call.kind == "sample",
        main=call,
    )


def _known(calls: Sequence[DraftedCall], limits: frozenset[str]) -> Known:
    answers = [call.answer for call in calls if call.kind != "login"]
    names = (id_path(listed.records) for listed in map(list_in, answers) if listed is not None)
    return Known(
        ids=frozenset(text for answer in answers for text in _ids(answer) if len(text) > 2),
        id_words=frozenset(words_of(name.rsplit(".", 1)[-1]) for name in names if name),
        tokens=frozenset(str(value) for answer in answers for path, value in beside(answer) if is_next(path) and value),
        limits=limits,
    )


def _read(key: tuple[str, str], group: Sequence[DraftedCall], known: Known) -> Call:
    first = group[0]
    asked = read_requests(group, known)
    listed = list_in(first.answer) if first.kind != "login" else None
    ids = ids_in(first.answer) if listed is None and first.kind != "login" else None
    role = "list" if listed is not None else "ids" if ids is not None else "fixed"
    if role == "fixed" and first.kind != "login" and (asked.bounds or asked.embedded or asked.limit):
        role = "list"  # Nothing shows its list yet, but it is asked as one.
    return Call(*key, first.kind, first.answer, asked, role, listed, ids[0] if ids else "")


def _weight(call: Call) -> tuple[int, ...]:
    """How likely it lists the events."""
    fields = dict(leaves(call.listed.records[0])) if call.listed else {}
    has_time = any(time_shape(value, path) for path, value in fields.items())
    asks = bool(call.asked.bounds or call.asked.embedded)
    return call.kind == "sample", call.listed is not None, asks + has_time, bool(call.asked.limit), len(fields)


def _shows_one(call: Call, main: Call | None, ids_call: Call | None) -> bool:
    """Whether the part {id} of its path is the id of an event that was listed before."""
    listing = main or ids_call
    asked = {str(value) for each in call.asked.ids if each.place == "path" for value in each.values}
    return isinstance(call.answer, Mapping) and listing is not None and bool(asked & set(_ids(listing.answer)))


def _settled(call: Call, main: Call | None, ids_call: Call | None) -> Call:
    """With the main call known: a further list without a time of its own is a fixed answer, one of ids shows events."""
    if call is main:
        return call
    asks = call.asked.bounds or call.asked.embedded
    if call.role in ("fixed", "list") and not asks and call.kind != "login" and _shows_one(call, main, ids_call):
        at = [key for key, value in call.answer.items() if isinstance(value, Mapping)]
        return replace(call, role="detail", record_at=at[0] if len(call.answer) == 1 and at else "")
    if call.role == "list" and not (asks or call.asked.ids or call.kind == "sample"):
        return replace(call, role="fixed")
    return call


def _record(main: Call | None, shown: Sequence[Call]) -> dict[str, JsonValue]:
    """The event as the list shows it, with what a detail call adds."""
    record: dict[str, JsonValue] = {}
    if main is not None and main.listed is not None:
        record = dict(main.listed.records[0])
    for call in shown:
        detail = call.answer.get(call.record_at, {}) if call.record_at else call.answer
        record = {**detail, **record}
    return record


def _time_in_text(main: Call | None) -> str:
    """The field that a query language names before a time."""
    texts = [str(each.value) for each in main.asked.embedded] if main is not None else []
    return next((bound.name for text in texts for bound in text_bounds(text)), "")


def _asked_later(calls: Sequence[Call]) -> Iterator[datetime]:
    """Times in requests behind the first: they come from the events."""
    for call in calls:
        for bound in call.asked.bounds:
            for value in bound.parameter.values[1:]:
                shape = time_shape(value)
                if shape is not None and bound.op.startswith(">"):
                    yield shape.moment
        for parameter in call.asked.embedded:
            for text in parameter.values[1:]:
                yield from (each.shape.moment for each in text_bounds(str(text)) if each.op.startswith(">"))


def _ids(answer: JsonValue) -> Iterator[str]:
    """Ids of the records in an answer, and the bare ones."""
    listed, bare = list_in(answer), ids_in(answer)
    if listed is not None and (path := id_path(listed.records)):
        yield from (str(value) for each in listed.records for field_, value in leaves(each) if field_ == path)
    elif bare is not None:
        yield from (str(value) for value in bare[1])
