"""Holds what was read from a file against the types of its record: a journal of others may hold anything."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from xsim.events import Events

Record = TypeVar("Record")
Fits = Callable[[Any], bool]
KNOWN = 200
"""Sets of types that are remembered of a record."""
# The clock may be simulated when the hints are looked up; held in a tuple, the real type stays real.
_REAL_DATETIME = (datetime,)


def conform(record: Record) -> Record:
    """The record, where each field holds what its type says. Raises TypeError with the field's name."""
    kind = _kind_of(type(record))  # type: ignore[arg-type]
    values = kind.values_of(record)
    types_held = tuple(map(type, values))
    is_known = types_held in kind.known
    for place, name, fits in kind.deep if is_known else kind.fields:
        if not fits(values[place]):
            raise TypeError(f"{type(record).__name__.lower()}.{name} is a {types_held[place].__name__}")
    if not is_known and len(kind.known) < KNOWN:
        kind.known.add(types_held)
    return record


class _Kind(NamedTuple):
    """The fields of a record that can hold something else than their type says."""

    values_of: Callable[[Any], tuple[Any, ...]]
    fields: tuple[tuple[int, str, Fits], ...]
    """Place, name and question of each."""
    deep: tuple[tuple[int, str, Fits], ...]
    """Those where the type of what they hold does not tell: it has parts."""
    known: set[tuple[type, ...]]
    """Types that were held together, and were right."""


@cache
def _kind_of(kind: type) -> _Kind:
    hints = {name: hint for name, hint in typing.get_type_hints(kind).items() if hint is not Any}
    fields = tuple((place, name, _fits(hint)) for place, (name, hint) in enumerate(hints.items()))
    deep = tuple(each for each, hint in zip(fields, hints.values(), strict=True) if _has_parts(hint))
    read = attrgetter(*hints)
    return _Kind(read if len(hints) > 1 else lambda record: (read(record),), fields, deep, set())


def _has_parts(hint: Any) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(map(_has_parts, typing.get_args(hint)))
    return typing.get_origin(hint) is not None or is_dataclass(hint)


def _fits(hint: Any) -> Fits:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return lambda value: True
    if origin in (typing.Union, types.UnionType):
        one_of = [_fits(each) for each in inner if each is not type(None)]
        return lambda value: value is None or any(fits(value) for fits in one_of)
    if origin is tuple:
        return _fits_tuple(inner)
    if origin is Sequence:
        fits_all = _fits_tuple((*inner, ...))
        return lambda value: isinstance(value, Events) or fits_all(value)
    if origin in (Mapping, dict):
        fits_each = _fits(inner[1])
        return lambda value: (
            type(value) is dict and all(type(key) is str and fits_each(each) for key, each in value.items())
        )
    if is_dataclass(hint):
        return lambda value: type(value) is hint and conform(value) is value
    if hint is float:
        return lambda value: type(value) in (int, float)
    if hint in (str, int, bool):
        return lambda value: type(value) is hint
    kind = _REAL_DATETIME[0] if issubclass(hint, _REAL_DATETIME) else hint
    return lambda value: isinstance(value, kind)


def _fits_tuple(inner: tuple[Any, ...]) -> Fits:
    if inner[1:] == (...,):
        fits_each = _fits(inner[0])
        return lambda value: type(value) is tuple and all(map(fits_each, value))
    fits = [_fits(each) for each in inner]
    return lambda value: (
        type(value) is tuple
        and len(value) == len(fits)
        and all(one(each) for one, each in zip(fits, value, strict=True))
    )
