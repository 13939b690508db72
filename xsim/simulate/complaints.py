"""What a script's complaint about a made-up answer says of the value that it wanted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from xsim.model import Failure
from xsim.simulate.sketch import Path, Sketch

COMPLAINTS: tuple[tuple[str, tuple[type, ...], str], ...] = (
    (r"offset-naive and offset-aware", (str,), "naive"),
    (r"'NoneType' object (has no attribute|is not)|NoneType", (str,), "time"),
    (r"year -?\d+ is out of range|timestamp out of range|value too large", (int,), "seconds"),
    (r"'int' object has no attribute '(get|items|keys)'", (int,), "object"),
    (r"'int' object is not (iterable|subscriptable)", (int,), "list"),
    (r"expected str instance, dict found", (dict,), "text"),
    (r"'(int|bool)' object has no attribute|expected str|must be str|not int|strptime\(\) argument 1", (int,), "text"),
    (r"object of type 'int' has no len", (int,), "list"),
    (r"'str' object does not support item assignment", (str,), "object"),
    (r"'dict' and 'list'|can only concatenate list \(not \"dict\"", (dict,), "list"),
    (r"can only concatenate list|'str' and 'list'", (str,), "list"),
    (r"string indices must be", (str, dict), "object"),
    (r"(unconverted data remains|must be real number|integer is required|cannot be interpreted as an integer)", (str,),
     "number"),
    (r"unhashable type|'dict' and 'str'|can only concatenate|expected string or bytes", (dict,), "text"),
)  # fmt: skip
"""What a message says, which type of value it is about, and what the script wants there."""


MOST_WORDS = 3
"""Of a table of the script that are tried."""


def trace(sketch: Sketch, failure: Failure, tables: Mapping[str, tuple[str, ...]]) -> bool:
    """A complaint that holds a made-up text is about the value it was made for. `tables` as of `tables_in`."""
    message = failure.message
    for text, path in sorted(sketch.texts.items(), key=lambda each: -len(each[0])):
        if text not in message or sketch.at(path) != text:
            continue
        before = sketch.news
        if failure.kind == "KeyError":
            sketch.demand_word(path, tuple(_words_of(failure, tables)))
        else:
            _correct(sketch, path, message)
        if sketch.news > before:
            return True
    return False


def tables_in(text: str) -> dict[str, tuple[str, ...]]:
    """The dicts with texts for keys that a script has under a name, and the first of these."""
    found: dict[str, tuple[str, ...]] = {}
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        for node in ast.walk(ast.parse(text)):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            value = getattr(node, "value", None)
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(value, ast.Dict):
                keys = [key.value for key in value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
                names = [each.id for each in targets if isinstance(each, ast.Name)] if keys else []
                found.update(dict.fromkeys(names, tuple(keys[:MOST_WORDS])))
    return found


def _words_of(failure: Failure, tables: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Words of the tables that the failing lines name."""
    named = re.findall(r"\w+", " ".join(failure.frames))
    for name in dict.fromkeys(named):
        yield from tables.get(name, ())


def _correct(sketch: Sketch, path: Path, message: str) -> None:
    layout = re.search(r"does not match format '([^']+)'", message) or re.search(r"unconverted data remains", message)
    if layout is not None and layout.groups():
        sketch.demand_layout(path, layout[1])
    elif re.search(r"for int\(\)|to float|convert string|ConversionSyntax|as an integer|valid number", message):
        sketch.demand(path, "number")
    elif re.search(r"isoformat|date|time|string format|\bpars(e|ing)\b", message, re.IGNORECASE):
        sketch.demand(path, "time")


def demanded(failure: Failure) -> tuple[tuple[type, ...], str] | None:
    """The type of the value that the complaint is about, and what the script wants there."""
    for pattern, types, demand in COMPLAINTS:
        if re.search(pattern, failure.message):
            return types, demand
    return None
