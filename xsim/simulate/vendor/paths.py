"""What stands at a dotted path: a field inside a record, a place inside an answer."""

from __future__ import annotations

from collections.abc import MutableMapping

from xsim.world import JsonValue, steps_of

Steps = tuple[str, ...]

__all__ = ["Steps", "object_at", "put", "steps_of", "value_at"]


def value_at(whole: JsonValue, steps: Steps) -> JsonValue:
    """What stands there; None where nothing does. A number steps into a list, "*" into each of its objects."""
    for index, step in enumerate(steps):
        if isinstance(whole, dict):
            whole = whole.get(step)
        elif not isinstance(whole, list):
            return None
        elif step == "*":
            return [value for each in whole if (value := value_at(each, steps[index + 1 :])) is not None]
        else:
            whole = whole[int(step)] if step.isdigit() and int(step) < len(whole) else None
    return whole


def put(whole: MutableMapping[str, JsonValue], steps: Steps, value: JsonValue) -> None:
    """Set the value there; objects on the way are made, and what is no object makes room for one."""
    object_at(whole, steps[:-1])[steps[-1]] = value


def object_at(whole: MutableMapping[str, JsonValue], steps: Steps) -> MutableMapping[str, JsonValue]:
    """The object there; it is made where there is none, like those on the way."""
    for step in steps:
        inner = whole.get(step)
        if not isinstance(inner, dict):
            whole[step] = inner = {}
        whole = inner
    return whole
