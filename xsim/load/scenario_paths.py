"""Dotted paths into records: "attributes.created"; a literal dot in a key is written with a backslash in front."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xsim.model import JsonValue

MISSING: Any = object()
"""What stands at a path that leads nowhere; null is a value."""


def steps_of(path: str) -> tuple[str, ...]:
    """The keys on the way. Raises ValueError where one of them is empty."""
    steps = tuple(step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", path))
    if not all(steps):
        raise ValueError(f"'{path}' is no dotted path")
    return steps


def path_of(steps: Sequence[str]) -> str:
    """The path with these keys."""
    return ".".join(step.replace(".", "\\.") for step in steps)


def value_at(record: JsonValue, path: str) -> JsonValue:
    """What stands at the path, or MISSING. A key that itself holds dots is found too; a number steps into a list."""
    if isinstance(record, dict) and path in record:
        return record[path]
    value = record
    for step in steps_of(path):
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and len(step) < 10 and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def put_at(record: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    """Set the value, making objects on the way; what is no object there is replaced by one."""
    *outer, last = steps_of(path)
    for step in outer:
        inner = record.get(step)
        if not isinstance(inner, dict):
            inner = record[step] = {}
        record = inner
    record[last] = value


def remove_at(record: dict[str, JsonValue], path: str) -> None:
    """Take the key out, if it is there."""
    *outer, last = steps_of(path)
    for step in outer:
        inner = record.get(step)
        if not isinstance(inner, dict):
            return
        record = inner
    record.pop(last, None)


def flattened(values: Mapping[str, Any], is_leaf: Any, outer: str = "") -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Path, TOML keys and value of each leaf: "owner.email" = 1 and [owner] email = 1 are one path."""
    for key, value in values.items():
        path = f"{outer}.{key}" if outer else key
        if isinstance(value, dict) and not is_leaf(value):
            for inner_path, keys, leaf in flattened(value, is_leaf, path):
                yield inner_path, (key, *keys), leaf
        else:
            yield path, (key,), value


def identity_of(record: Mapping[str, JsonValue], paths: Sequence[str]) -> str:
    """The event's id: the texts at the paths joined by "/". Raises KeyError with the path that holds nothing."""
    return "/".join(_identity_part(record, path) for path in paths)


def _identity_part(record: Mapping[str, JsonValue], path: str) -> str:
    value = value_at(record, path)
    if value is MISSING or value is None or value == "":
        raise KeyError(path)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
