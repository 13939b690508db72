"""The simulated vendor's world as records: the events with their truth, and how the product's API shows them.

Times are aware UTC datetimes. Dotted paths step into objects ("attributes.created"); a literal dot is written `\\.`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

JsonValue = Any


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an event later: fields set anew at a moment, or the event gone."""

    at: datetime
    set: Mapping[str, JsonValue] = field(default_factory=dict)
    """Dotted paths and their new values."""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at the vendor: the truth that verdicts rest on."""

    id: str
    """Its identity: the texts at the identity's event paths, joined by "/"."""
    occurred: datetime
    """What the record says of its time."""
    visible: datetime
    """When the API first lists it; later than `occurred` where indexing lags."""
    record: Mapping[str, JsonValue]
    changes: tuple[Change, ...] = ()
    """In order of time."""
    wanted: bool | None = None
    """Whether a right fetch delivers it; None: found out by a probe."""
    stream: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter of a request that keeps some records. Not sent, it keeps all."""

    name: str
    """The parameter; dotted for place "json"."""
    field: str
    """Dotted path in the record."""
    place: str = "query"
    """"query", "path" (a part in braces), "header", "json" or "form"."""
    compare: str = ">="
    """"=", "!=", ">", ">=", "<", "<=", "in" (repeated or comma-separated values) or "contains"."""
    kind: str = "time"
    """How both sides are read: "time", "number" or "text"."""
    precision: str = "us"
    """Times are cut to this before they are compared: "us", "ms", "s", "m", "h" or "d"."""
    layout: str = ""
    """strptime layout of the bound where it is not ISO 8601 or an epoch number."""
    zone: timedelta = timedelta(0)
    """The offset that a bound without one is taken to have."""
    relative: str = ""
    """The bound is a span back from now, in this unit: "s", "m", "h" or "d"."""
    required: bool = False
    """Not sent, the answer is status 400."""
    pattern: str = ""
    """Regular expression that finds the bound, as its group `bound`, inside a longer text; no match: not sent."""
    unreadable: str = "refuse"
    """A bound that cannot be read is answered with status 400 ("refuse"), or counts as not sent ("ignore")."""


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: `by` unless the request asks for something else."""

    by: tuple[str, ...] = ()
    """Dotted paths, the main one first; "-" in front: descending. Empty: newest first, by the time field."""
    name: str = ""
    """Parameter that asks for an order; "" where the API has none."""
    place: str = "query"
    direction_name: str = ""
    """Parameter that holds only the direction ("asc", "desc"), where it is one of its own."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many records one answer holds."""

    name: str = ""
    """Parameter that asks for a number; "" where the API has none."""
    place: str = "query"
    default: int = 50
    maximum: int = 1_000


@dataclass(frozen=True, slots=True)
class Paging:
    """How the answer goes on. `next_at` is where the answer holds the token, link or next offset (dotted)."""

    kind: str
    """"page", "offset", "token", "next_link", "link_header" or "last_id"."""
    name: str = ""
    """The parameter: page number, offset, token, or the last id seen."""
    place: str = "query"
    first: int = 1
    """Number of the first page."""
    next_at: str = ""
    token_when_empty: bool = False
    """An answer with no records still holds a token to go on from."""
    tail_token: bool = False
    """The last page holds a token too, with which a later request gets what has come since."""
    last: str = "null"
    """What stands at `next_at` where nothing goes on: "null", "missing" (the key is left out) or "empty" ("")."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the API."""

    path: str
    """With parts in braces: "/api/v1/alerts/{id}"."""
    method: str = "GET"
    host: str = ""
    """"" answers on any host."""
    kind: str = "list"
    """"list"; "detail": one record, by the part `{id}` or the parameter `id_name`; "fixed": always one answer."""
    streams: tuple[str, ...] = ()
    """Only events of these streams; empty: all."""
    list_at: str = ""
    """Dotted path of the list in the answer; "": the answer is the list."""
    time_field: str = ""
    """The field that order and the newest-first default go by."""
    id_field: str = ""
    """Dotted path of the id that a detail call, a last id and a stable order go by."""
    id_name: str = ""
    id_place: str = "query"
    record_at: str = ""
    """For a detail call: dotted path of the record in the answer; "": the answer is the record."""
    filters: tuple[Filter, ...] = ()
    order: Order = field(default_factory=Order)
    limit: Limit = field(default_factory=Limit)
    paging: Paging | None = None
    total_at: str = ""
    """Where the answer holds the number of matching records."""
    more_at: str = ""
    """Where the answer says whether there are more."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)
    """Fixed fields of the answer; of a fixed one all of it, unless it is a `text`."""
    empty: str = "list"
    """What is sent where nothing matches: "list", "missing" (no key), "null", "object" ({}) or "body" (nothing)."""
    wrap: str = ""
    """Each record in the list stands below this key: {"alert": {...}}."""
    pick: str = ""
    """The list holds only what stands at this dotted path of each record: ids first, objects by a second call."""
    status: int = 200
    """Of a fixed answer."""
    answer_headers: tuple[tuple[str, str], ...] = ()
    """Of a fixed answer."""
    text: str | None = None
    """A fixed answer that is no JSON, or no object; None: `extra` is the answer."""


@dataclass(frozen=True, slots=True)
class Hatch:
    """A Python function that answers what the declared endpoints do not: `answer(request, world)`."""

    path: str
    """The file, absolute."""
    function: str
    shown: str = ""
    """As the scenario wrote it, "vendor.py:answer"."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What one answer showed, told by the vendor: evidence for why an event was missed or came twice."""

    endpoint: str
    """"GET /api/v1/alerts", or the hatch's name."""
    listed: tuple[str, ...] = ()
    """Ids of the events in the answer, in its order."""
    matched: int = 0
    """How many events the filters kept; more than were listed where limit or paging cut the answer."""
    bounds: tuple[tuple[str, str, str], ...] = ()
    """Field, comparison and bound of each filter that was sent; times as ISO 8601 UTC."""
    order: tuple[str, ...] = ()
    limit: int | None = None
    offset: int = 0
    """How many matching records the paging skipped."""


def values_at(record: JsonValue, path: str) -> list[JsonValue]:
    """All values at a dotted path: [] where a step is missing; several where it steps through a list ("items.*.id")."""
    found = [record]
    for step in steps_of(path):
        if step == "*":
            found = [item for each in found if isinstance(each, list) for item in each]
        else:
            found = [each[step] for each in found if isinstance(each, Mapping) and step in each]
    return found


@lru_cache(maxsize=1_000)
def steps_of(path: str) -> tuple[str, ...]:
    """The steps of a dotted path; a literal dot is written with a backslash before it."""
    return tuple(step.replace("\0", ".") for step in path.replace("\\.", "\0").split(".")) if path else ()


def identities_at(record: JsonValue, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The identities that a record names at `paths`: one, several where a path steps through a list, or none.

    With several paths their texts are joined by "/". A number and its text are one identity.
    """
    texts = [[_text(value) for value in values_at(record, path) if value is not None] for path in paths]
    if not texts or not all(texts):
        return ()
    count = max(map(len, texts))
    columns = [each * count if len(each) == 1 else each for each in texts]
    return tuple("/".join(row) for row in zip(*columns, strict=False))


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)
