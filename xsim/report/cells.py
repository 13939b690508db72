"""Makes foreign text safe to show, and writes times, spans and cycle numbers as a person reads them.

What an integration, a vendor or a file handed over may hold terminal escapes, bidirectional controls, lone
surrogates or megabytes. Nothing of it may reach a terminal but through here. Knows nothing of rich.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from itertools import islice

ELLIPSIS = "…"

_MARKUP = re.compile(r"([\\`*_\[\]<>|~&#$@])")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


def safe(text: str, limit: int = 500) -> str:
    """One line that cannot style, clear, reorder or break a terminal, of at most `limit` characters.

    Controls, format characters (the bidirectional ones among them), line separators and lone surrogates are shown as
    the escapes that Python would write; what is too long ends with an ellipsis, and no escape is cut in two.
    """
    if len(text) <= limit and text.isprintable():
        return text
    shown: list[str] = []
    room = limit
    for character in islice(text, limit + 1):
        piece = _visible(character)
        if len(piece) > room:
            return _cut(shown, limit)
        shown.append(piece)
        room -= len(piece)
    return "".join(shown)


def safe_lines(text: str, *, limit: int = 500, most: int = 20) -> list[str]:
    """The text's own lines, each made safe; behind `most` lines one that says how many are left out."""
    lines = re.split(r"\r\n|\n|\r", text[: limit * most * 4].rstrip("\r\n"))
    shown = [safe(line, limit) for line in lines[:most]]
    left_out = len(lines) - most
    return [*shown, f"{ELLIPSIS} and {left_out} more lines"] if left_out > 0 else shown


def markdown(text: str) -> str:
    """Text that Markdown shows as it stands; an address in it becomes no link."""
    return _MARKUP.sub(r"\\\1", text).replace("://", ":\\//")


def spans(numbers: Iterable[int]) -> str:
    """Cycle numbers as "2-4, 7"; one that stands twice is written once."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(span(first, last) for first, last in runs)


def span(first: int, last: int) -> str:
    """One run of numbers: "7" or "2-4"."""
    return str(first) if first == last else f"{first}-{last}"


def moment(when: datetime) -> str:
    """ISO 8601 in UTC with a Z, the fraction only where there is one."""
    precision = "seconds" if not when.microsecond else "microseconds" if when.microsecond % 1000 else "milliseconds"
    return when.astimezone(timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z")


def duration(length: timedelta) -> str:
    """A span with its units, "1m" or "1h30m"."""
    rest = length // timedelta(milliseconds=1)
    parts: list[str] = []
    for unit, size in _UNITS:
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return "".join(parts) or "0s"


def plural(number: int, noun: str) -> str:
    """ "1 cycle", "7 cycles", "1,440 cycles"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size_text(size: int) -> str:
    """A number of bytes or characters: "812 B", "24.1 kB"."""
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1_000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _visible(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    point = ord(character)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _cut(shown: list[str], limit: int) -> str:
    while shown and len("".join(shown)) >= limit:
        shown.pop()
    return "".join(shown) + ELLIPSIS
