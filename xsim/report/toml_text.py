"""Writes JSON-like values as TOML text, on one line each."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from xsim.world import JsonValue

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(value: JsonValue) -> str:
    """The value; what TOML cannot hold (null, numbers without end) is left out of tables and lists."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(toml_pairs(value)) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_text(item) for item in value if _is_writable(item)) + "]"
    return _quoted(str(value))


def toml_pairs(table: Mapping[str, JsonValue]) -> list[str]:
    """`key = value` of each of its keys."""
    return [f"{toml_key(key)} = {toml_text(value)}" for key, value in table.items() if _is_writable(value)]


def toml_key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL; half a surrogate pair cannot be written as UTF-8 at all.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(whole, ensure_ascii=False).replace("\x7f", "\\u007f")


def _is_writable(value: JsonValue) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))
