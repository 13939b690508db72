"""Values of a made-up answer that note how the script uses them, so that the next answer fits it better.

Nobody has told what the vendor's answers look like, but the script knows: it reads `body["alerts"]`, goes through it,
and takes `alert["created"]` apart as a time. What it asks for and does not find is made up on the spot, after its name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, KeysView
from typing import Any

from xsim.simulate.sketch import ABSENT, Path, Sketch
from xsim.world import JsonValue

OBJECT_METHODS = frozenset({"get", "items", "keys", "values", "setdefault", "update", "pop"})
LIST_METHODS = frozenset({"append", "extend", "sort", "reverse", "insert"})
TEXT_METHODS = frozenset({"lower", "upper", "split", "strip", "replace", "startswith", "endswith", "encode", "title"})


def watched(sketch: Sketch, value: JsonValue, path: Path = ()) -> Any:
    """A copy of the value that looks like it to the script and tells the sketch what is done with it."""
    if isinstance(value, dict):
        return WatchedObject(sketch, path, value)
    if isinstance(value, list):
        return WatchedList(sketch, path, value)
    if isinstance(value, str):
        return WatchedText(sketch, path, value)
    if isinstance(value, int) and not isinstance(value, bool):
        return WatchedNumber(sketch, path, value)
    return value


class WatchedObject(dict):  # type: ignore[type-arg]
    """An object: asked for a key that it lacks, it makes a value up."""

    def __init__(self, sketch: Sketch, path: Path, values: dict[str, JsonValue]) -> None:
        super().__init__((key, watched(sketch, value, (*path, key))) for key, value in values.items())
        self._sketch = sketch
        self._path = path

    def get(self, key: Any, default: Any = None) -> Any:
        found = self._find(key, default, is_needed=False)
        return default if found is ABSENT else found

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            self._sketch.demand(self._path, "list")  # A number or a slice: it takes it for a list.
            raise KeyError(key)
        found = self._find(key, None, is_needed=True)
        if found is ABSENT:
            raise KeyError(key)
        return found

    def __contains__(self, key: Any) -> bool:
        return isinstance(key, str) and self._find(key, None, is_needed=False) is not ABSENT

    def keys(self) -> Any:
        return WatchedKeys(self)

    def pop(self, key: Any, *default: Any) -> Any:
        self._find(key, default[0] if default else None, is_needed=not default)
        return super().pop(key, *default)

    def __iter__(self) -> Iterator[Any]:
        self._sketch.iterated(self._path)
        return super().__iter__()

    def __getattr__(self, name: str) -> Any:
        if name in LIST_METHODS | TEXT_METHODS:
            self._sketch.demand(self._path, "list" if name in LIST_METHODS else "text")
        raise AttributeError(f"'dict' object has no attribute '{name}'")

    def __reduce__(self) -> Any:
        return dict, (dict(self.items()),)

    def _find(self, key: Any, default: Any, *, is_needed: bool) -> Any:
        if not isinstance(key, str):
            return ABSENT
        path = (*self._path, key)
        if not super().__contains__(key):
            made = self._sketch.invent(path, default, is_needed=is_needed)
            if made is ABSENT:
                return ABSENT
            super().__setitem__(key, watched(self._sketch, made, path))
        self._sketch.note_read(path)
        return super().__getitem__(key)


class WatchedKeys(KeysView):  # type: ignore[type-arg]
    """The keys of an object: asked whether one is among them, it is made up; gone through, they are as they are."""

    def __iter__(self) -> Iterator[Any]:
        return dict.__iter__(self._mapping)  # type: ignore[attr-defined]


class WatchedList(list):  # type: ignore[type-arg]
    """A list; all its items are one to the sketch."""

    def __init__(self, sketch: Sketch, path: Path, values: list[JsonValue]) -> None:
        super().__init__(watched(sketch, value, (*path, "*")) for value in values)
        self._sketch = sketch
        self._path = path

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            self._sketch.demand(self._path, "object")
        return super().__getitem__(key)

    def __contains__(self, item: Any) -> bool:
        if isinstance(item, str) and self and all(isinstance(each, dict) for each in self):
            self._sketch.demand(self._path, "object")  # It looks for a key.
        return super().__contains__(item)

    def __getattr__(self, name: str) -> Any:
        if name in OBJECT_METHODS | TEXT_METHODS:
            self._sketch.demand(self._path, "object" if name in OBJECT_METHODS else "text")
        raise AttributeError(f"'list' object has no attribute '{name}'")

    def __reduce__(self) -> Any:
        return list, (list(self),)


class WatchedText(str):
    """A text; reckoned with, it becomes a number, and with keys asked of it an object."""

    _sketch: Sketch
    _path: Path

    def __new__(cls, sketch: Sketch, path: Path, value: str) -> WatchedText:
        text = super().__new__(cls, value)
        text._sketch = sketch
        text._path = path
        return text

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        is_plain = isinstance(other, (str, int)) and not isinstance(other, (WatchedText, WatchedNumber, bool))
        if is_plain and other and _asked_by_script(self._sketch):
            self._sketch.compared(self._path, other)
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __getitem__(self, key: Any) -> str:
        if isinstance(key, str):
            self._sketch.demand(self._path, "object")
        found = super().__getitem__(key)
        # The first five of them, perhaps: it may take it for a list, as its next step shows.
        return WatchedText(self._sketch, self._path, found) if isinstance(key, slice) else found

    def __setitem__(self, key: Any, value: Any) -> None:
        self._sketch.demand(self._path, "object" if isinstance(key, str) else "list")
        raise TypeError("'str' object does not support item assignment")

    def __iter__(self) -> Iterator[str]:
        if _asked_by_script(self._sketch):
            self._sketch.demand(self._path, "list")
        return super().__iter__()

    def __getattr__(self, name: str) -> Any:
        if name in OBJECT_METHODS | LIST_METHODS:
            self._sketch.demand(self._path, "object" if name in OBJECT_METHODS else "list")
        raise AttributeError(f"'str' object has no attribute '{name}'")

    def __reduce__(self) -> Any:
        return str, (str.__str__(self),)

    def __int__(self) -> int:
        return int(self._number())

    __index__ = __int__

    def __float__(self) -> float:
        return float(self._number())

    def parsed(self) -> None:
        """It reads it as JSON."""
        self._sketch.demand(self._path, "json")

    def _number(self) -> int | float:
        if _is_number(str.__str__(self)):
            return float(str.__str__(self))
        return self._sketch.demand_number(self._path)


class WatchedNumber(int):
    """A whole number; compared with another one, it notes what would turn the answer round."""

    _sketch: Sketch
    _path: Path

    def __new__(cls, sketch: Sketch, path: Path, value: int) -> WatchedNumber:
        number = super().__new__(cls, value)
        number._sketch = sketch
        number._path = path
        return number

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> Any:
        return self._compared("__eq__", other, (0, 0))

    def __ne__(self, other: object) -> Any:
        return self._compared("__ne__", other, (0, 0))

    def __lt__(self, other: int) -> Any:
        return self._compared("__lt__", other, (-1, 0))

    def __le__(self, other: int) -> Any:
        return self._compared("__le__", other, (0, 1))

    def __gt__(self, other: int) -> Any:
        return self._compared("__gt__", other, (1, 0))

    def __ge__(self, other: int) -> Any:
        return self._compared("__ge__", other, (0, -1))

    def __reduce__(self) -> Any:
        return int, (int(self),)

    def _compared(self, name: str, other: Any, apart: tuple[int, int]) -> Any:
        """`apart`: how far from the other number it would have to be, where the answer is no now, and yes."""
        found = getattr(int, name)(self, other)
        if type(other) is int and _asked_by_script(self._sketch, through=1):
            self._sketch.compared(self._path, other + apart[bool(found)])
        return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _asked_by_script(sketch: Sketch, *, through: int = 0) -> bool:
    """Whether the script's own text does it, and not a library on its way: those look at texts letter by letter.

    `through`: how many functions of ours stand between the one that the script calls and this one's caller.
    """
    return sys._getframe(2 + through).f_code.co_filename == sketch.script


def _reckoning(name: str) -> Callable[..., Any]:
    """The operator for a text that the script takes for a number."""

    def operate(self: WatchedText, other: Any) -> Any:
        if isinstance(other, (int, float)) and not isinstance(other, bool) and name != "__mul__":
            number = self._sketch.demand_number(self._path)
            return getattr(float(number), name)(other)
        own = getattr(str, name, None)
        return own(self, other) if own is not None else NotImplemented

    return operate


for _name in ("__add__", "__sub__", "__truediv__", "__floordiv__", "__lt__", "__le__", "__gt__", "__ge__"):
    setattr(WatchedText, _name, _reckoning(_name))

for _class, _plain_name in (
    (WatchedObject, "dict"),
    (WatchedList, "list"),
    (WatchedText, "str"),
    (WatchedNumber, "int"),
):
    _class.__name__ = _plain_name  # The script's complaints should name what it thinks it has.
