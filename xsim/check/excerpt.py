"""Short, printable text for evidence. What a script handed over may be huge or odd; what a finding shows is neither."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

LONGEST = 200
"""Characters of a value that a finding shows at most."""


def excerpt(value: Any) -> str:
    """The value as JSON text, cut at LONGEST characters."""
    return shorten(json_text(value, ensure_ascii=False))


def json_text(value: Any, **options: Any) -> str:
    """The value as JSON text; what is nested too deep to be written is named by its type."""
    try:
        return json.dumps(value, **options)
    except (TypeError, ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def shorten(text: str, longest: int = LONGEST) -> str:
    """The text on one line, cut at `longest` characters, with nothing in it that a terminal or UTF-8 chokes on."""
    cut = text[:longest]
    if not cut.isprintable():
        cut = "".join(letter if letter.isprintable() else escaped(letter) for letter in cut)[:longest]
    return cut if len(text) <= longest and len(cut) < longest else f"{cut[: longest - 3]}..."


def escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def masked(text: str) -> str:
    """The text without what changes from cycle to cycle: long hexadecimal runs and numbers."""
    return re.sub(r"\d+", "#", re.sub(r"\b[0-9a-f]{8,}(?:-[0-9a-f]{4,})*\b", "#", text[:1000], flags=re.IGNORECASE))


def moment(time: datetime) -> str:
    """An aware UTC time as 2024-05-14T09:30:00.381472Z."""
    return time.isoformat().replace("+00:00", "Z")


def counted(number: int, noun: str, plural: str = "") -> str:
    """1 incident, 2 incidents."""
    return f"1 {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def type_name(value: Any) -> str:
    """The JSON type of a value, with its article."""
    if isinstance(value, bool):
        return "a boolean"
    if value is None:
        return "null"
    names = {str: "a text", int: "a number", float: "a number", dict: "an object", list: "a list"}
    return names.get(type(value), f"a {type(value).__name__}")


MOST_NAMED = 10
"""Cycles that a sentence names."""


def subject(event: str) -> str:
    """An event's id at the beginning of a sentence, where one that is but a number would read as a count."""
    return f"event {shorten(event)}" if event.isdecimal() else shorten(event)


def in_cycles(numbers: Sequence[int]) -> str:
    """cycle 2; cycles 2, 3; or the first of many and how many more."""
    named = ", ".join(str(number) for number in numbers[:MOST_NAMED])
    more = f" and {len(numbers) - MOST_NAMED:,} more" if len(numbers) > MOST_NAMED else ""
    return f"cycle {named}" if len(numbers) == 1 else f"cycles {named}{more}"


def listed(names: Iterable[str], most: int = MOST_NAMED) -> str:
    """The names as one text, and how many more there are."""
    told = list(names)
    more = f" and {len(told) - most:,} more" if len(told) > most else ""
    return ", ".join(told[:most]) + more
