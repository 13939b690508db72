"""What the build makes of a script before the server gets it: the imports that it takes out (server-semantics 5)."""

from __future__ import annotations

import re

_COMMON = r"CommonServer(?:User)?Python"
_TAKEN_OUT = re.compile(
    rf"^(?:import demistomock as demisto|from {_COMMON} import \*|from __future__ import print_function)"
    r"(?=[ \t]*(?:#[^\n]*)?$)",
    re.MULTILINE,
)
_LEFT_IN = re.compile(rf"^[ \t]*(?:from|import)[ \t]+(?:demistomock|{_COMMON})\b[^\n]*", re.MULTILINE)


def as_built(text: str) -> str:
    """The script as the server runs it: its names are there already. Each line keeps its number."""
    return _TAKEN_OUT.sub("pass", text)


def imports_left_in(text: str) -> list[tuple[int, str]]:
    """Line and text of imports that the build does not know: they stay, and fail on the server."""
    built = as_built(text)
    return [(built.count("\n", 0, found.start()) + 1, found[0].strip()) for found in _LEFT_IN.finditer(built)]
