"""Finds the line on which a table, a key or a value of a TOML file stands: the TOML reader tells none.

The text has been read as TOML before, so this scan only has to follow it, not to check it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

Place = tuple["str | int", ...]
"""Keys, and numbers from 0 into arrays: ("events", 3, "record")."""

_Token = tuple[str, str, int]
"""Kind ("newline", "text", "mark" or "bare"), the text, and its line."""

_HEADERS = re.compile(r"^(?=[ \t]*\[)", re.MULTILINE)
_TOKEN = re.compile(
    r"""
      (?P<newline>\n)
    | (?P<blank>[ \t\r]+ | \#[^\n]*)
    | (?P<text> \"{3}(?:[^"\\]|\\[\s\S]|"(?!""))*\"{3,5} | '{3}(?:[^']|'(?!''))*'{3,5}
        | "(?:[^"\\\n]|\\.)*" | '[^'\n]*')
    | (?P<mark>[\[\]{}=,.])
    | (?P<bare>[^\s\[\]{}=,."'\#]+ | .)
    """,
    re.VERBOSE,
)


def line_of(text: str, place: Place) -> int:
    """The line of the place, or of the nearest table or key around it; 1 where the text holds none of them."""
    lines = _Scan(text).lines
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return 1


def lines_of_table(text: str, table: Place) -> Mapping[Place, int]:
    """The line of each place in a table of the file's top, and of what is in its tables.

    Headers of other tables, and what is below them, are passed over: a file may hold megabytes of events.
    """
    [name] = table
    own = re.compile(rf"""[ \t]*\[\[?[ \t]*["']?{re.escape(str(name))}["']?[ \t]*[].]""")
    pieces = _HEADERS.split(text)
    if not any(map(own.match, pieces[1:])):
        pieces = pieces[:1]  # It stands above all headers, if it is in the file at all.
    kept = "".join(
        piece if number == 0 or own.match(piece) else "\n" * piece.count("\n") for number, piece in enumerate(pieces)
    )
    return _Scan(kept).lines


class _Scan:
    """One walk over the text; `lines` maps each place to its line."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Place, int] = {}
        self._last: dict[Place, int] = {}  # arrays of tables, and the number of their last table
        self._tokens = _tokens(text)
        self._at = 0
        table: Place = ()
        while self._at < len(self._tokens):
            kind, token, _ = self._tokens[self._at]
            if kind == "newline":
                self._at += 1
            elif (kind, token) == ("mark", "["):
                table = self._header()
            else:
                self._value(self._key(table))

    def _header(self) -> Place:
        """`[table]` or `[[array]]`: the place of what follows."""
        line = self._tokens[self._at][2]
        depth = 2 if self._is_mark(self._at + 1, "[") else 1
        self._at += depth
        keys = self._keys_up_to("]")
        self._at += depth - 1
        place = self._resolved(keys[:-1]) + tuple(keys[-1:])
        if depth == 2:
            number = self._last[place] = self._last.get(place, -1) + 1
            self.lines.setdefault(place, line)
            place += (number,)
        elif place in self._last:
            place += (self._last[place],)
        self.lines.setdefault(place, line)
        return place

    def _resolved(self, keys: Sequence[str]) -> Place:
        """A header's outer keys mean the last table of each array on the way."""
        place: Place = ()
        for key in keys:
            place += (key,)
            if place in self._last:
                place += (self._last[place],)
        return place

    def _key(self, table: Place) -> Place:
        """`a.b =`: each part of it is noted, as it makes a table."""
        line = self._tokens[self._at][2]
        place = table
        for key in self._keys_up_to("="):
            place += (key,)
            self.lines.setdefault(place, line)
        return place

    def _keys_up_to(self, end: str) -> list[str]:
        keys = []
        while self._at < len(self._tokens):
            kind, token, _ = self._tokens[self._at]
            self._at += 1
            if (kind, token) == ("mark", end):
                break
            if kind in ("text", "bare"):
                keys.append(_key_text(token))
        return keys

    def _value(self, place: Place) -> None:
        """Walks to behind a value; arrays and inline tables are walked into."""
        around: list[list[Place | int | None]] = []  # an array with the number of its element, or a table and None
        while self._at < len(self._tokens):
            kind, token, line = self._tokens[self._at]
            if kind == "newline" and not around:
                return
            self._at += 1
            if kind == "newline":
                continue
            if kind == "mark" and token in "[{":
                self.lines.setdefault(place, line)
                around.append([place, 0 if token == "[" else None])
                place = self._next_place(around)
            elif kind == "mark" and token == ",":
                place = self._next_place(around)
            elif kind == "mark" and token in "]}":
                around.pop()
                if not around:
                    return
            else:
                self.lines.setdefault(place, line)

    def _next_place(self, around: list[list[Place | int | None]]) -> Place:
        """Where the value stands that comes next in the innermost array or inline table."""
        if not around:
            return ()
        outer, number = around[-1]
        assert isinstance(outer, tuple)
        if number is None:
            while self._at < len(self._tokens) and self._tokens[self._at][0] == "newline":
                self._at += 1
            return outer if self._is_mark(self._at, "}") else self._key(outer)
        assert isinstance(number, int)
        around[-1][1] = number + 1
        return (*outer, number)

    def _is_mark(self, at: int, token: str) -> bool:
        return at < len(self._tokens) and self._tokens[at][:2] == ("mark", token)


def _tokens(text: str) -> list[_Token]:
    tokens = []
    line = 1
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "bare"
        if kind != "blank":
            tokens.append((kind, found.group(), line))
        line += found.group().count("\n")
    return tokens


def _key_text(token: str) -> str:
    if token.startswith('"'):
        try:
            return str(json.loads(token))
        except ValueError:  # TOML knows an escape more than JSON.
            return token[1:-1]
    return token[1:-1] if token.startswith("'") else token
