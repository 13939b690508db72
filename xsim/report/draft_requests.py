"""Reads recorded requests of one call: which parameter is a time, a limit, a page, an order, an id; which is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlsplit

from xsim.model import DraftedCall, Request
from xsim.report.draft_texts import TIME
from xsim.report.draft_values import TimeShape, dotted, time_shape, words_of
from xsim.world import JsonValue

UPPER = re.compile("(.*_)?(end|ends|ended|to|until|till|before|lt|lte|le|upper|max|stop|latest|maximum)(_.*)?")
LOWER = re.compile(
    "(.*_)?(since|start|from|after|gt|gte|ge|begin|lower|min|minimum|newer|newer_than|later_than|earliest)(_.*)?"
)
STRICT = re.compile("(.*_)?(gt|after|newer|newer_than|later_than|lt|before)(_.*)?")
INCLUSIVE = re.compile("(.*_)?(gte|ge|lte|le|gteq|lteq|to|until)(_.*)?")
LIMIT = re.compile("(.*_)?(limit|size|count|top|per_page|page_?size|rows|take|num|number|maximum)|max_.*|limit_.*|l")
PAGE = re.compile("(.*_)?(page|page_number|page_no|page_num|page_index)")
OFFSET = re.compile("(.*_)?(offset|skip|start|from|start_index|o)")
TOKEN = re.compile("(.*_)?(cursor|scroll_id|continuation|next|next_token|page_token|marker)")
ORDER = re.compile("(.*_)?(sort|order|order_?by|sort_?by|ordering|sort_field)")
DIRECTION = re.compile(
    "(.*_)?(direction|dir|sort_order|order_direction|sort_dir|sort_direction|sort_type|asc|ascending)"
)
DIRECTIONS = frozenset({"asc", "desc", "ascending", "descending"})
OPERATORS = ("operator", "op", "condition", "comparison", "comparator", "type")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter with what was sent in it, cycle by cycle. `names` are words that may say what it does."""

    place: str
    name: str
    values: tuple[JsonValue, ...]
    names: str = ""

    @property
    def value(self) -> JsonValue:
        return self.values[0]


@dataclass(frozen=True, slots=True)
class Bound:
    """A parameter that keeps the records on one side of a time."""

    parameter: Parameter
    op: str
    shape: TimeShape


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a call, each where it belongs."""

    bounds: tuple[Bound, ...] = ()
    embedded: tuple[Parameter, ...] = ()
    """Texts with a time somewhere within: a query language."""
    limit: Parameter | None = None
    page: Parameter | None = None
    offset: Parameter | None = None
    token: Parameter | None = None
    order: Parameter | None = None
    direction: Parameter | None = None
    token_is_kept: bool = False
    """A later cycle begins with the token of the one before."""
    ids: tuple[Parameter, ...] = ()
    others: tuple[Parameter, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Known:
    """What the answers and the instance's parameters tell about values of requests."""

    ids: frozenset[str] = frozenset()
    id_words: frozenset[str] = frozenset()
    """Names of id fields, as words."""
    tokens: frozenset[str] = frozenset()
    """Texts with which an answer says how to go on."""
    limits: frozenset[str] = frozenset()
    """Values of max_fetch and its like."""


def read_requests(calls: Sequence[DraftedCall], known: Known) -> Asked:
    """What the requests of one call ask for."""
    asked = Asked()
    for parameter in _parameters(calls):
        asked = _placed(asked, parameter, known)
    if asked.limit is None:
        # No name told, but a number that is the instance's own limit will be one.
        found = [each for each in asked.others if str(each.value) in known.limits and "query" not in each.name]
        others = tuple(each for each in asked.others if each not in found[:1])
        asked = replace(asked, limit=found[0] if found else None, others=others)
    return replace(asked, bounds=_both_sides(asked.bounds), token_is_kept=_is_kept(asked.token, calls))


def _is_kept(token: Parameter | None, calls: Sequence[DraftedCall]) -> bool:
    firsts = {call.cycle: call for call in reversed(calls) if call.cycle > 1}
    names = {name for call in firsts.values() for _, name, _, _ in sent_parameters(call)}
    return token is not None and token.name in names


def _placed(asked: Asked, parameter: Parameter, known: Known) -> Asked:
    words = words_of(re.sub(r"\.\d+(\.|$)", ".", parameter.name))
    last = words_of(parameter.name.split(".")[-1])
    has_side = any(each.fullmatch(text) for each in (LOWER, UPPER) for text in (words, last, parameter.names))
    shape = time_shape(parameter.value, "" if has_side else words)
    if shape is not None and (parameter.place != "path" or parameter.name == "time"):
        return replace(asked, bounds=(*asked.bounds, Bound(parameter, _op(parameter, words), shape)))
    if any(str(value) in known.tokens for value in parameter.values):
        return replace(asked, token=parameter)
    if any(str(value) in known.ids for value in parameter.values) or _bounds_ids(parameter, words, known):
        return replace(asked, ids=(*asked.ids, parameter))
    number = next((int(value) for value in parameter.values if re.fullmatch(r"\d{1,7}", str(value))), None)
    if number is not None and asked.limit is None and (LIMIT.fullmatch(words) or LIMIT.fullmatch(last)):
        return replace(asked, limit=parameter)
    if number is not None and asked.page is None and PAGE.fullmatch(last):
        return replace(asked, page=parameter)
    if number is not None and asked.offset is None and OFFSET.fullmatch(last):
        return replace(asked, offset=parameter)
    if not isinstance(parameter.value, str):
        return replace(asked, others=(*asked.others, parameter))
    if asked.direction is None and (DIRECTION.fullmatch(last) or parameter.value.lower() in DIRECTIONS):
        return replace(asked, direction=parameter)
    if asked.order is None and ORDER.fullmatch(last) and parameter.value:
        return replace(asked, order=parameter)
    # A number that no answer gave is where the script begins of itself, and no token of the API's.
    if asked.token is None and number is None and TOKEN.fullmatch(last) and parameter.value:
        return replace(asked, token=parameter)
    if TIME.search(parameter.value) and not TIME.fullmatch(parameter.value):
        return replace(asked, embedded=(*asked.embedded, parameter))
    return replace(asked, others=(*asked.others, parameter))


def _bounds_ids(parameter: Parameter, words: str, known: Known) -> bool:
    """min_alert_id, where the records have an alert_id."""
    has_side = LOWER.fullmatch(words) or UPPER.fullmatch(words)
    return (
        bool(has_side)
        and parameter.value not in ("", None)
        and any(words.endswith(f"_{each}") for each in known.id_words)
    )


def _op(parameter: Parameter, words: str) -> str:
    """By the parameter's own words, then by what stands beside it: {"field": ..., "operator": "gt", "value": ...}."""
    own = words_of(parameter.name.split(".")[-1])
    for text in (parameter.names, own, words):
        if UPPER.fullmatch(text) and not LOWER.fullmatch(text):
            return "<=" if INCLUSIVE.fullmatch(text) or not STRICT.fullmatch(text) else "<"
        if LOWER.fullmatch(text):
            return ">" if STRICT.fullmatch(text) and not INCLUSIVE.fullmatch(text) else ">="
    return ">="


def _both_sides(bounds: tuple[Bound, ...]) -> tuple[Bound, ...]:
    """Of two times in one list the second is the upper bound."""
    seen: set[str] = set()
    mended = []
    for bound in bounds:
        stem, dot, last = bound.parameter.name.rpartition(".")
        if dot and last.isdigit():
            bound = replace(bound, op="<=") if stem in seen else bound
            seen.add(stem)
        mended.append(bound)
    return tuple(mended)


# --- the requests' parts ------------------------------------------------------------------------------------


def _parameters(calls: Sequence[DraftedCall]) -> Iterator[Parameter]:
    """Each parameter once, in order of appearance, with its values in all the requests that sent it."""
    values: dict[tuple[str, str], list[JsonValue]] = {}
    names: dict[tuple[str, str], str] = {}
    for call in calls:
        for place, name, value, beside in sent_parameters(call):
            values.setdefault((place, name), []).append(value)
            names.setdefault((place, name), beside)
    for (place, name), found in values.items():
        yield Parameter(place, name, tuple(found), names[place, name])


def sent_parameters(call: DraftedCall) -> Iterator[tuple[str, str, JsonValue, str]]:
    """Place, name, value and the operator beside it, but for headers; place "body" is a text that is no form."""
    url = urlsplit(call.request.url)
    for drafted, real in zip(call.path.split("/"), url.path.split("/"), strict=False):
        if drafted.startswith("{"):
            yield "path", drafted.strip("{}"), real, ""
    for name, text in parse_qsl(url.query, keep_blank_values=True):
        yield "query", name, text, ""
    body = _body(call.request)
    if isinstance(body, str) and not _is_form(call.request, body):
        yield "body", "", body, ""
    elif isinstance(body, str):
        for name, text in parse_qsl(body, keep_blank_values=True):
            yield "form", name, text, ""
    else:
        for name, value, beside in _json_leaves(body):
            yield "json", name, value, beside


def _is_form(request: Request, body: str) -> bool:
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    return "form-urlencoded" in kind or re.match(r"[\w.$\[\]%-]+=", body) is not None


def _body(request: Request) -> JsonValue:
    text = request.body.decode("utf-8", "replace").strip()
    try:
        value = json.loads(text) if text else None
    except ValueError:
        return text
    return value if isinstance(value, (dict, list)) else None


def _json_leaves(value: JsonValue, path: str = "", beside: str = "") -> Iterator[tuple[str, JsonValue, str]]:
    if isinstance(value, Mapping):
        operator = next((str(value[key]) for key in OPERATORS if isinstance(value.get(key), str)), "")
        for key, inner in value.items():
            if key:
                yield from _json_leaves(inner, dotted(path, key), words_of(operator) or beside)
    elif isinstance(value, list):
        for number, inner in enumerate(value[:10]):
            if path:
                yield from _json_leaves(inner, f"{path}.{number}", beside)
    elif path:
        yield path, value, beside
