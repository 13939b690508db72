"""The simulated vendor's world as records: the events with their truth, and how the product's API shows them.

Times are aware UTC datetimes. Dotted paths step into objects ("attributes.created"); a literal dot is written `\\.`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

JsonValue = Any
"""What JSON can hold: dict, list, str, int, float, bool or None."""
RECORDS_HERE = "{records}"
"""Stands in an endpoint's `text` where the records stand."""
ESCAPED_HERE = "{escaped}"
"""The same, where they are XML inside XML."""
TOKEN_HERE = "{token}"
"""Stands in a login's `text` for the token; a field of its `extra` that is this text is a refresh token."""
JSON_FORMATS = ("json", "rows")
"""Of an endpoint's formats those whose answer is JSON."""
TIME_HERE = re.compile(r"\{(date|epoch)\+(\d{1,6})([smhd])\}", re.ASCII)
"""In a fault's header: a time so much later than the answer, as the date that HTTP writes, or in seconds since 1970."""

_MOST_DIGITS = 9
"""Of a place in a list: Python refuses to read very long numbers."""


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
    """"query", "path" (a part in braces), "header", "json", "form", "cookie" or "body" (all of it, as text)."""
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
    widest: timedelta | None = None
    """A time bound farther back from now than this is answered with status 400: the service's own limit."""


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
    pattern: str = ""
    """As of a Filter: finds the number, as its group `bound`, inside a longer text; no match: not sent."""


@dataclass(frozen=True, slots=True)
class Paging:
    """How the answer goes on. `next_at` is where the answer holds the token, link or next offset (dotted)."""

    kind: str
    """"page", "offset", "token", "next_link", "link_header", "last_id", or "kept": the server keeps for each consumer
    how far it came, and every answer goes on from there."""
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
    life: timedelta | None = None
    """So long after it was given a token or link is good; None: for ever."""
    stale_status: int = 400
    """The answer to one that is too old, or that names what is gone."""
    pattern: str = ""
    """As of a Limit: finds the page number, offset, token or id inside a longer text."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a request has to say, for one of several calls at one address to be meant."""

    name: str
    """The parameter; dotted for place "json"."""
    place: str = "query"
    """As of a Filter."""
    pattern: str = ""
    """Regular expression that is found in what was sent; "": that anything was."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of the API."""

    path: str
    """With parts in braces: "/api/v1/alerts/{id}"."""
    method: str = "GET"
    host: str = ""
    """"" answers on any host."""
    kind: str = "list"
    """"list"; "detail": one record, by the part `{id}` or the parameter `id_name`; "objects": the records of the ids in
    `id_name`; "fixed": always one answer; "job": takes a list's filters and gives the id of a search that runs;
    "job_status": says how far that search is; "update": sets fields of the records named by `{id}` or `id_name`."""
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
    """A fixed answer that is no JSON, or no object; None: `extra` is the answer. Of a list in another format than JSON:
    what stands around the records, `{records}` in their place."""
    format: str = "json"
    """How records are written: "json", "rows" (JSON, a record a list of its columns' values), "xml", "ndjson" (a record
    a line) or "csv"."""
    item: str = "item"
    """The element that an XML record is."""
    columns: tuple[str, ...] = ()
    """Dotted paths of the columns of "csv" and "rows"."""
    unknown_status: int = 404
    """The answer where a detail call or an update names no record that there is."""
    job_at: str = ""
    """Of a job: where its answer holds the search's id."""
    job_name: str = ""
    """Of a job_status, and of a list that gives a job's results: the parameter, or part in braces, with the id."""
    job_place: str = "path"
    job_takes: timedelta = timedelta(0)
    """So long a search runs; its results are what was there when it began."""
    job_state_at: str = ""
    """Where a job_status answer holds the state."""
    job_states: tuple[str, str] = ("RUNNING", "DONE")
    """Its words while the search runs and after that. A list asked before that is answered with `unknown_status`."""
    set: Mapping[str, JsonValue] = field(default_factory=dict)
    """Of an update: dotted paths and new values. "{path}" is what the request's JSON body holds at that path."""
    deletes: bool = False
    """Of an update: the records are gone."""
    count_at: str = ""
    """Where the answer holds the number of records in it."""
    last_at: Mapping[str, str] = field(default_factory=dict)
    """Dotted paths of the answer, and of its last record: what stands there in that is told there; null of none."""
    when: tuple[Condition, ...] = ()
    """A request has to fulfil each; of several endpoints at one address one without comes last."""

    @property
    def name(self) -> str:
        """What a Listing calls it: "GET /api/v1/alerts"."""
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True, slots=True)
class Login:
    """How the API knows its caller: what a request has to carry, and the call that gives it."""

    name: str = ""
    kind: str = "token"
    """"token": given by a login call; "basic"; "key": any text, as no key of ours is real; "signed": the headers in
    `needs` have to come, and are not checked."""
    path: str = ""
    """The login call; parts in braces take anything."""
    method: str = "POST"
    host: str = ""
    place: str = "json"
    """Where the login call carries its credentials: "form", "json", "query", "header", "basic" or "body" (text)."""
    needs: tuple[str, ...] = ()
    """Names that have to come there, not empty; of kind "signed": names of headers."""
    answer: str = "json"
    """Where the answer holds the token: "json", "text" (all of the body), "header" or "cookie"."""
    token_at: str = "access_token"
    """Dotted path, header or cookie."""
    life: timedelta | None = None
    """So long a token is good; None: for ever."""
    life_at: str = ""
    """Dotted path where the answer says how many seconds that is."""
    extra: Mapping[str, JsonValue] = field(default_factory=dict)
    """Fixed fields of the login's answer."""
    sent_in: str = "header"
    """Where a request shows the token or key: "header", "cookie", "query", "json", "form", "path", or "body": anywhere
    in its text."""
    sent_as: str = "Authorization"
    prefix: str = ""
    """What stands before it: "Bearer "."""
    paths: tuple[str, ...] = ()
    """Beginnings of the paths that ask for it; empty: all but login calls."""
    status: int = 401
    """The answer to a request that shows none, or one that is no longer good."""
    body: JsonValue = None
    """Its body; None: an object that says what is wrong."""
    text: str | None = None
    """Of answer "text": all of the body, with `{token}` where the token stands; None: it is the token alone."""


@dataclass(frozen=True, slots=True)
class Quota:
    """How many calls the vendor takes."""

    calls: int
    per: timedelta = timedelta(minutes=1)
    """In each span of this length, counted back from now."""
    status: int = 429
    says_when: bool = True
    """The answer has a Retry-After header."""
    path: str = ""
    """Only calls of paths that begin so; "": all."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong by plan. Of several that fit a request the first in the scenario strikes."""

    name: str
    """Its chance is drawn from (seed, name)."""
    kind: str
    """"status"; "timeout": no answer comes; "refused": no connection; "reset": it breaks before the answer; "cut": the
    body ends before its announced length; "malformed": a body of the announced kind that cannot be read; "wrong_type":
    a page of HTML where JSON is expected; "slow"; "logout": all tokens given so far are no longer good; "kill"."""
    cycles: tuple[tuple[int, int], ...] = ()
    """First and last cycle of each span; empty: all."""
    since: datetime | None = None
    until: datetime | None = None
    """Simulated time within which it strikes."""
    requests: tuple[int, ...] = ()
    """Which of a cycle's requests that fit method, host and path, counted from 1; empty: each."""
    chance: float = 1.0
    times: int = 0
    """At most so often, in a run and in those that go on from it; 0: no limit."""
    method: str = ""
    host: str = ""
    path: str = ""
    """As of an endpoint, parts in braces take anything; "": any."""
    status: int = 500
    headers: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    """The answer's body; None: an object that says what is wrong."""
    delay: timedelta = timedelta(0)
    """Of kind "slow": how much later than usual the answer comes."""
    moment: str = ""
    """Of kind "kill": "before" the first of incidents() and setLastRun(), "between" the two, or "after" both."""


@dataclass(frozen=True, slots=True)
class Hatch:
    """A Python function that answers what the declared endpoints do not: `answer(request, world)`."""

    path: str
    """The file, absolute."""
    function: str
    shown: str = ""
    """As the scenario wrote it, "vendor.py:answer"."""
    is_wsgi: bool = False
    """The function is a WSGI application: `application(environ, start_response)`."""


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


def calls_by_name(endpoints: Iterable[Endpoint]) -> dict[str, Endpoint]:
    """The calls that list records, by the name that a Listing has for them; of several at one address the first."""
    found: dict[str, Endpoint] = {}
    for each in endpoints:
        if each.kind != "fixed":
            found.setdefault(each.name, each)
    return found


def values_at(record: JsonValue, path: str) -> list[JsonValue]:
    """All values at a dotted path: [] where a step is missing; several where it steps through a list ("items.*.id").

    A number steps to one of a list ("items.0.id").
    """
    return _values_by(record, steps_of(path))


def put_at(record: dict[str, JsonValue], steps: tuple[str, ...], value: JsonValue) -> None:
    """Set the value there. A number steps to one of a list that is there; elsewhere objects are made on the way.

    What is no object makes room for one.
    """
    holder: Any = record
    for step, following in pairwise(steps):
        key = _key_to_set(holder, step)
        inner = holder.get(key) if isinstance(holder, dict) else holder[key]
        if not isinstance(inner, dict) and not (isinstance(inner, list) and _key_in(inner, following) is not None):
            holder[key] = inner = {}
        holder = inner
    holder[_key_to_set(holder, steps[-1])] = value


def remove_at(record: dict[str, JsonValue], path: str) -> None:
    """Take the key out, wherever the path finds it. Of a list nothing is taken: what follows would move up."""
    *outer, last = steps_of(path)
    for holder in _values_by(record, outer):
        if isinstance(holder, dict):
            holder.pop(last, None)


def index_of(step: str, items: Sequence[object]) -> int | None:
    """The place in a list that a step names, from 0; None where it names none that is there."""
    is_number = step.isascii() and step.isdigit() and len(step) <= _MOST_DIGITS
    return int(step) if is_number and int(step) < len(items) else None


def _values_by(record: JsonValue, steps: Iterable[str]) -> list[JsonValue]:
    found = [record]
    for step in steps:
        if step == "*":
            found = [item for each in found if isinstance(each, list) for item in each]
        else:
            found = [each[key] for each in found if (key := _key_in(each, step)) is not None]
    return found


def _key_in(value: JsonValue, step: str) -> Any:
    """By what the step leads into the value; None where it leads nowhere."""
    if isinstance(value, Mapping):
        return step if step in value else None
    return index_of(step, value) if isinstance(value, list) else None


def _key_to_set(holder: Any, step: str) -> Any:
    return step if isinstance(holder, dict) else _key_in(holder, step)


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


def identities_at_any(record: JsonValue, main: tuple[str, ...], others: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The identities of a record that may be of one list or another: by the first of these that it has."""
    for paths in (main, *others):
        found = identities_at(record, paths)
        if found:
            return found
    return ()


def _text(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)
