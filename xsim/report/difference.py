"""Says in a few words what changed in a last run: "last_fetch: 2024-05-14T09:29:00Z -> 09:30:00Z; ids: 3 -> 6"."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from xsim.report.cells import ELLIPSIS, plural, safe
from xsim.secrets import Mask

_ABSENT: Any = object()
_DEPTH = 3
_MOST = 4
_WIDTH = 40
_LARGE = 8
"""Items or keys above which a list or object is told as a collection: how many came and went, and a few of them."""
_NAMED = 2
"""Of those that came, or went, that are named."""
_NAME = 24
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Change:
    """One place in a last run that differs. `path` is dotted and empty for the value as a whole."""

    path: str
    before: Any
    after: Any

    @property
    def kind(self) -> tuple[str, bool, bool]:
        """What makes two changes alike enough to stand in one row."""
        return self.path, self.before is _ABSENT, self.after is _ABSENT


def changes(before: Any, after: Any) -> tuple[Change, ...]:
    """The places that differ, in the order of the newer value, removed keys last."""
    return tuple(_changes(before, after, path="", depth=0))


def describe(differences: tuple[Change, ...], mask: Mask) -> str:
    """The differences on one line of safe text; "unchanged" where there are none."""
    if not differences:
        return "unchanged"
    shown = [_describe(change, mask) for change in differences[:_MOST]]
    left_out = len(differences) - _MOST
    return "; ".join([*shown, f"and {left_out} more"] if left_out > 0 else shown)


def came_and_went(before: Collection[Any], after: Collection[Any]) -> tuple[list[Any], list[Any]]:
    """The items of a list, or keys of an object, that only the newer one has, and those that only the older one has."""
    old, new = {_identity(each) for each in before}, {_identity(each) for each in after}
    return [each for each in after if _identity(each) not in old], [
        each for each in before if _identity(each) not in new
    ]


def is_collection(before: Any, after: Any, path: str) -> bool:
    """Whether two objects, at this path, are no layout of names but hold something by its id: ids come and go."""
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return False
    if path and before.keys() - after.keys() and after.keys() - before.keys():
        return True
    is_large = max(len(before), len(after)) > _LARGE
    return is_large and (before.keys() != after.keys() or sum(before[key] != after[key] for key in after) > _MOST)


def _identity(item: Any) -> str:
    return item if isinstance(item, str) else "\0" + json.dumps(item, sort_keys=True, default=str)


def _changes(before: Any, after: Any, *, path: str, depth: int) -> Iterator[Change]:
    are_objects = isinstance(before, dict) and isinstance(after, dict)
    if not are_objects or depth == _DEPTH or (before and not after) or is_collection(before, after, path):
        # 1, 1.0 and True are equal to Python and three different values in JSON.
        if type(before) is not type(after) or before != after:
            yield Change(path, before, after)
        return
    for key in [*after, *(key for key in before if key not in after)]:
        inner = f"{path}.{key}" if path else str(key)
        yield from _changes(before.get(key, _ABSENT), after.get(key, _ABSENT), path=inner, depth=depth + 1)


def _describe(change: Change, mask: Mask) -> str:
    name = safe(mask(change.path), _WIDTH)
    text = _transition(change, mask)
    return f"{name}: {text}" if name else text


def _transition(change: Change, mask: Mask) -> str:
    before, after = change.before, change.after
    if before is _ABSENT:
        return f"(new) {_value(after, mask)}"
    if after is _ABSENT:
        return "(removed)"
    if before and not isinstance(before, (bool, int, float)) and after in ({}, [], None, ""):
        return f"emptied, now {json.dumps(after)}"
    if isinstance(before, list) and isinstance(after, list):
        return _list_transition(before, after, mask)
    if is_collection(before, after, change.path):
        return _counted(before, after, "key", mask) or _moved(before, after)
    return _scalar_transition(before, after, mask)


def _list_transition(before: list[Any], after: list[Any], mask: Mask) -> str:
    if max(len(before), len(after)) > _LARGE and (text := _counted(before, after, "item", mask)):
        return text
    if len(before) == len(after):
        return f"{len(after)} items, other ones" if len(after) > 1 else "1 item, another one"
    return f"{len(before)} -> {_items(len(after))}"


def _counted(before: Collection[Any], after: Collection[Any], noun: str, mask: Mask) -> str:
    """ "300 -> 302 items, 4 came (A-7, A-8, ...), 2 went (A-1, A-2)"; "" where none came or went."""
    came, gone = came_and_went(before, after)
    if not came and not gone:
        return ""
    number = plural(len(after), noun)
    told = [number if len(before) == len(after) else f"{len(before)} -> {number}"]
    told += [f"{len(each)} {verb}{_few(each, mask)}" for each, verb in ((came, "came"), (gone, "went")) if each]
    return ", ".join(told)


def _few(items: list[Any], mask: Mask) -> str:
    names = [each for each in items[:_NAMED] if isinstance(each, (str, int, float))]
    if not names:
        return ""
    shown = [safe(mask(str(each)), _NAME) for each in names]
    return f" ({', '.join([*shown, ELLIPSIS] if len(items) > len(names) else shown)})"


def _moved(before: dict[str, Any], after: dict[str, Any]) -> str:
    number = sum(before[key] != after[key] for key in after)
    return f"{plural(len(after), 'key')}, {number} with another value"


def _scalar_transition(before: Any, after: Any, mask: Mask) -> str:
    old, new = _value(before, mask), _value(after, mask)
    if old == new:
        return f"{old} -> {new} ({_why_alike(before, after)})"
    old_time, new_time = _TIME.fullmatch(old), _TIME.fullmatch(new)
    # The date once is enough where both have the same: the eye looks for what moved.
    if old_time and new_time and old_time[1] == new_time[1]:
        new = new_time[2]
    return f"{old} -> {new}"


def _why_alike(before: Any, after: Any) -> str:
    if type(before) is not type(after):
        return f"{type(before).__name__} -> {type(after).__name__}"
    return "differs further on"


def _value(value: Any, mask: Mask) -> str:
    if isinstance(value, list):
        return _items(len(value)) if value else "[]"
    if isinstance(value, dict):
        return f"{{{len(value)} key{'' if len(value) == 1 else 's'}}}" if value else "{}"
    if isinstance(value, str) and value:
        return safe(mask(value), _WIDTH)
    try:
        return safe(mask(json.dumps(value)), _WIDTH)
    except (TypeError, ValueError):  # Nothing that JSON holds; what is shown need only not break.
        return f"a {type(value).__name__}{ELLIPSIS}"


def _items(number: int) -> str:
    return "1 item" if number == 1 else f"{number} items"
