"""What stands at a dotted path: a field inside a record, a place inside an answer."""

from __future__ import annotations

from xsim.world import JsonValue, index_of, steps_of
from xsim.world import put_at as put

Steps = tuple[str, ...]

__all__ = ["Steps", "need_object", "put", "steps_of", "value_at"]


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
            place = index_of(step, whole)
            whole = None if place is None else whole[place]
    return whole


def need_object(whole: dict[str, JsonValue], steps: Steps) -> None:
    """An object stands there; it is made where there is none, like those on the way."""
    if steps and not isinstance(value_at(whole, steps), dict):
        put(whole, steps, {})
