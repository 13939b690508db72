"""Records as JSON and back, by their field types. Fields that hold their default are left out."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from xsim.events import Events
from xsim.world import Event

Record = TypeVar("Record")
# The clock may be simulated while a journal is read, and hints looked up then name the simulated type.
_REAL_DATETIME = (datetime,)


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def written(fields: Mapping[str, Any]) -> str:
    """The fields as one line of JSON."""
    return _ENCODER.encode(fields)


def encode(value: Any, *, without: frozenset[str] = frozenset()) -> Any:
    """What JSON holds of a record: times as ISO 8601, spans as seconds; fields named in `without` are dropped."""
    if isinstance(value, Event):
        return _event(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {
            each.name: encode(held)
            for each in fields(value)
            if each.name not in without and (held := getattr(value, each.name)) != _default(each)
        }
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (tuple, Events)):
        return [encode(each) for each in value]
    if isinstance(value, Mapping):
        return {key: encode(each) for key, each in value.items()}
    return value


def _event(event: Event) -> dict[str, Any]:
    """As of any record, but there may be a million of them."""
    held: dict[str, Any] = {
        "id": event.id,
        "occurred": event.occurred.isoformat(),
        "visible": event.visible.isoformat(),
        "record": event.record,
    }
    if event.changes:
        held["changes"] = encode(event.changes)
    if event.wanted is not None:
        held["wanted"] = event.wanted
    if event.stream:
        held["stream"] = event.stream
    return held


def decode(kind: type[Record], held: Mapping[str, Any]) -> Record:
    """The record that `encode` wrote; fields of another xsim are passed over. Raises TypeError or ValueError."""
    hints = _hints(typing.cast(Any, kind))
    if not isinstance(held, Mapping):
        raise TypeError(f"an object is expected for {kind.__name__}")
    return kind(**{name: _decoded(hints[name], value) for name, value in held.items() if name in hints})


def _decoded(hint: Any, value: Any) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if value is None or hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _decoded(next(each for each in inner if each is not type(None)), value)
    if origin in (tuple, Sequence):
        if not isinstance(value, list):
            raise TypeError(f"a list is expected, found {type(value).__name__}")
        kinds = [inner[0]] * len(value) if origin is Sequence or inner[1:] == (...,) else inner
        return tuple(_decoded(each, item) for each, item in zip(kinds, value, strict=True))
    if origin in (Mapping, dict):
        return {key: _decoded(inner[1], item) for key, item in value.items()}
    if isinstance(hint, type) and issubclass(hint, _REAL_DATETIME):
        return _REAL_DATETIME[0].fromisoformat(value)
    if hint is timedelta:
        return timedelta(seconds=value)
    if is_dataclass(hint):
        return decode(typing.cast(Any, hint), value)
    if isinstance(hint, type) and issubclass(hint, (Enum, Path)):
        return hint(value)
    return value


@lru_cache(maxsize=100)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _default(each: Field[Any]) -> Any:
    if each.default is not MISSING:
        return each.default
    return each.default_factory() if each.default_factory is not MISSING else MISSING
