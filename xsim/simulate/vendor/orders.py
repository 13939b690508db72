"""How a list is sorted: the vendor's own way, or the way that the request asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import Column, Fields
from xsim.simulate.vendor.shelves import Sorting
from xsim.world import Endpoint, JsonValue

DIRECTIONS = {
    **dict.fromkeys(("asc", "ascending", "ascend", "up", "oldest", "1", "+"), False),
    **dict.fromkeys(("desc", "descending", "descend", "down", "newest", "-1", "-"), True),
}
FIELD_KEYS = ("field", "by", "name", "key", "attribute", "property")
DIRECTION_KEYS = ("order", "direction", "keyword", "dir", "sort")
SEPARATORS = re.compile(r"[\s:,|]+")

Term = tuple[str, bool]
"""Dotted path, and whether it descends."""


class Arrangement(NamedTuple):
    """An order with the words for it."""

    sorting: Sorting
    shown: tuple[str, ...]


class Orders:
    """The orders of one endpoint. `paths` gives the fields that its records have."""

    def __init__(self, endpoint: Endpoint, fields: Fields, paths: Callable[[], list[str]]) -> None:
        self._declared = endpoint.order
        self._fields = fields
        self._paths = paths
        self._known: dict[tuple[Term, ...], Arrangement] = {}
        self._declared_paths = _declared_paths(endpoint)
        self._spelled: dict[str, str] | None = None
        self._own_columns: dict[str, Column] = {}
        self.arrival = Arrangement(Sorting(((fields.columns.visible, False),)), ("visible",))
        self.own = self._own(endpoint)
        self._own_terms = tuple(_signed(each) for each in self.own.shown)
        # The own order may go by a time of the event that no path in the record leads to.
        columns = (column for column, _ in self.own.sorting.columns)
        self._own_columns = {path: column for (path, _), column in zip(self._own_terms, columns, strict=True)}

    def asked_for(self, asked: Asked, kept: dict[str, list[JsonValue]]) -> Arrangement:
        """The order of this request. Raises BadRequestError where it names no field of the records.

        `kept` is what the token holds of the request that it began with; what is sent here is added to it.
        """
        declared = self._declared
        if not declared.name and not declared.direction_name:
            return self.own
        sent = _or_kept(asked, declared.place, declared.name, "order", kept)
        direction = _or_kept(asked, declared.place, declared.direction_name, "direction", kept)
        return self._chosen(sent, direction)

    def kept(self, kept: Mapping[str, list[JsonValue]]) -> Arrangement:
        """The order of a request of which this is kept. Raises BadRequestError as it did then."""
        return self._chosen(kept.get("order", []), kept.get("direction", []))

    def _chosen(self, sent: list[JsonValue], direction: list[JsonValue]) -> Arrangement:
        if not sent and not direction:
            return self.own
        return self._arranged(self._terms(sent, direction))

    def _own(self, endpoint: Endpoint) -> Arrangement:
        if self._declared.by:
            return self._arranged(tuple(_signed(each) for each in self._declared.by))
        paging = endpoint.paging
        if paging is not None and (paging.tail_token or paging.kind == "kept"):
            # A place to go on from is of no use where what is new comes before it.
            return self.arrival
        field = endpoint.time_field
        column = self._fields.column(field) if field else self._fields.columns.occurred
        return Arrangement(Sorting(((column, True),), ties_descend=True), ("-" + (field or "occurred"),))

    def _arranged(self, terms: tuple[Term, ...]) -> Arrangement:
        if terms not in self._known:
            columns = tuple(
                (self._own_columns.get(path) or self._fields.column(path), descends) for path, descends in terms
            )
            shown = tuple(("-" if descends else "") + path for path, descends in terms)
            self._known[terms] = Arrangement(Sorting(columns), shown)
        return self._known[terms]

    def _terms(self, sent: list[JsonValue], direction: list[JsonValue]) -> tuple[Term, ...]:
        terms = tuple(term for value in sent for term in self._read(value))
        if terms and not direction:
            return terms
        descends = self._read_direction(direction[-1]) if direction else False
        (path, _), *others = terms or self._own_terms
        return ((path, descends), *others)

    def _read_direction(self, value: JsonValue) -> bool:
        name, text = self._declared.direction_name, str(value).lower()
        if text in ("true", "false"):
            # As in sortDescending=false, ascending=true.
            return (text == "true") != ("asc" in name.lower())
        if text not in DIRECTIONS:
            raise BadRequestError(name, value, "no direction; expected asc or desc")
        return DIRECTIONS[text]

    def _read(self, value: JsonValue) -> list[Term]:
        """Of "created", "-created", "created desc", "created,asc", "asc", "-a,b", {"field": "a", "order": "ASC"}."""
        if isinstance(value, Mapping):
            return [term for text in _spelled_out(value) for term in self._read(text)]
        if not isinstance(value, str):
            raise BadRequestError(self._declared.name, value, "no order")
        terms: list[Term] = []
        for word in SEPARATORS.split(value.strip()):
            if word.lower() in DIRECTIONS:
                (path, _), *earlier = [terms[-1], *terms[:-1]] if terms else [self._own_terms[0]]
                terms = [*earlier, (path, DIRECTIONS[word.lower()])]
            elif word:
                terms.append((self._path(word.lstrip("+-"), value), word.startswith("-")))
        return terms

    def _path(self, word: str, value: JsonValue) -> str:
        """The field that the word names: the path itself, its end, or either in another spelling."""
        if word in self._declared_paths:
            return word  # As most often: what other fields there are need not be looked up.
        if self._spelled is None:
            self._spelled = _spellings([*self._declared_paths, *self._paths()])
        last = _plain(word.rsplit(".", 1)[-1])
        for spelling in (word, _plain(word), last):
            if spelling in self._spelled:
                return self._spelled[spelling]
        if not self._paths():
            return word  # With no records there is nothing to sort.
        near = get_close_matches(word, [*self._declared_paths, *self._paths()], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BadRequestError(self._declared.name, value, f"the records have no field {word} to sort by{hint}")


def _declared_paths(endpoint: Endpoint) -> list[str]:
    by = [_signed(each)[0] for each in endpoint.order.by]
    fields = [endpoint.time_field, endpoint.id_field, *by, *(each.field for each in endpoint.filters)]
    return [path for path in dict.fromkeys(fields) if path]


def _spellings(paths: list[str]) -> dict[str, str]:
    """The path that each word means: first the paths themselves, then they in plain letters, then their ends."""
    meant: dict[str, str] = {}
    for spelled in ((path, path) for path in paths):
        meant.setdefault(*spelled)
    for spelled in ((_plain(path), path) for path in paths):
        meant.setdefault(*spelled)
    for spelled in ((_plain(path.rsplit(".", 1)[-1]), path) for path in paths):
        meant.setdefault(*spelled)
    return meant


def _spelled_out(value: Mapping[str, JsonValue]) -> list[str]:
    """Of {"field": "a", "order": "ASC"}, {"a": "asc"}, {"a": -1} or {"a": {"order": "asc"}}."""
    field = next((value[key] for key in FIELD_KEYS if key in value), None)
    if field is not None:
        return [f"{field} {next((value[key] for key in DIRECTION_KEYS if key in value), 'asc')}"]
    directions = (
        (name, each.get("order", "asc") if isinstance(each, Mapping) else each) for name, each in value.items()
    )
    return [f"{name} {direction}" for name, direction in directions]


def _signed(text: str) -> Term:
    return text.lstrip("+-"), text.startswith("-")


def _plain(word: str) -> str:
    return re.sub(r"[\W_]", "", word).lower()


def _or_kept(asked: Asked, place: str, name: str, key: str, kept: dict[str, list[JsonValue]]) -> list[JsonValue]:
    sent = [value for value in asked.values(place, name) if value != ""] if name else []
    if sent:
        kept[key] = sent
    return sent or kept.get(key, [])
