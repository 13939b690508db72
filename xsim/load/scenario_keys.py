"""A key of a scenario's table as data: readers take defaults, words and bounds from it, docs/scenario.md its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from xsim.world import JsonValue

TEXT = "text"
TEXTS = "list of texts"
PATH = "path"
PATHS = "path, or list of them"
WHOLE = "whole number"
NUMBER = "number"
CHANCE = "chance"
TRUTH = "true, false"
DURATION = "duration"
TIME = "time"
TABLE = "table"
TABLES = "list of tables"
ANY = "any value"
WORD = "word"
"""One of the key's `words`."""


@dataclass(frozen=True, slots=True)
class Key:
    """What may stand at a key, and what it means: Markdown, a sentence or a few."""

    name: str
    kind: str
    """One of the above, or what a person would call it."""
    meaning: str = ""
    default: JsonValue = None
    """What holds without it, as the file would say it; None: nothing, or what `otherwise` says."""
    otherwise: str = ""
    """The default in words where it hangs on something else; `{}` is where `default` goes."""
    words: Collection[str] = ()
    least: float | str | None = None
    most: float | None = None
    """Bounds of a number; of a duration the least, as a text."""
    of: tuple[str, ...] = ()
    """The kinds of the table for which it means something; empty: all."""
    needed: bool = False


Keys = Mapping[str, Key]
"""The keys of a table by name, in the order of the page."""


def keyed(*keys: Key) -> dict[str, Key]:
    """The keys by name."""
    return {key.name: key for key in keys}
