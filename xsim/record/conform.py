"""Holds what was read from a file against the types of its record: a journal of others may hold anything."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

Record = TypeVar("Record")
Fits = Callable[[Any], bool]
# The clock may be simulated when the hints are looked up; held in a tuple, the real type stays real.
_REAL_DATETIME = (datetime,)


def conform(record: Record) -> Record:
    """The record, where each field holds what its type says. Raises TypeError with the field's name."""
    for name, value_of, fits in _fields_of(type(record)):  # type: ignore[arg-type]
        if not fits(value_of(record)):
            raise TypeError(f"{type(record).__name__.lower()}.{name} is a {type(value_of(record)).__name__}")
    return record


@cache
def _fields_of(kind: type) -> tuple[tuple[str, Callable[[Any], Any], Fits], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((name, attrgetter(name), _fits(hint)) for name, hint in hints.items() if hint is not Any)


def _fits(hint: Any) -> Fits:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return lambda value: True
    if origin in (typing.Union, types.UnionType):
        one_of = [_fits(each) for each in inner if each is not type(None)]
        return lambda value: value is None or any(fits(value) for fits in one_of)
    if origin is tuple:
        return _fits_tuple(inner)
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
