"""Dotted paths into the records that a scenario writes: reading, setting and leaving out what stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from xsim import world
from xsim.world import JsonValue, identities_at, steps_of, values_at

MISSING: Any = object()
"""What stands at a path that leads nowhere; null is a value."""


def value_at(record: JsonValue, path: str) -> JsonValue:
    """What stands at the path, the first of it where the path steps through a list, or MISSING."""
    return next(iter(values_at(record, path)), MISSING)


def put_at(record: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    """Set the value, making objects on the way; a number steps to one of a list that is there."""
    world.put_at(record, steps_of(path), value)


def flattened(
    values: Mapping[str, Any], is_leaf: Callable[[dict[str, Any]], bool], outer: str = ""
) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Path, TOML keys and value of each leaf: "owner.email" = 1 and [owner] email = 1 are one path."""
    for key, value in values.items():
        path = f"{outer}.{key}" if outer else key
        if isinstance(value, dict) and not is_leaf(value):
            for inner_path, keys, leaf in flattened(value, is_leaf, path):
                yield inner_path, (key, *keys), leaf
        else:
            yield path, (key,), value


def identity_of(record: Mapping[str, JsonValue], paths: tuple[str, ...]) -> str:
    """The event's id: the texts at the paths joined by "/". Raises KeyError with the path that holds no one value."""
    for path in paths:
        values = values_at(record, path)
        if len(values) != 1 or values[0] is None or values[0] == "":
            raise KeyError(path)
    return identities_at(record, paths)[0]
