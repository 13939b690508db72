"""How incidents are told apart: by the scenario's paths, by dbotMirrorId, by a detected id in rawJSON, or by a hash."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from xsim.check.excerpt import json_text
from xsim.world import identities_at, identities_at_any

LONGEST_ID = 120

# Fields that name the event itself, in order of preference.
OWN_IDS = ("id", "_id", "uuid", "guid")
EVENT_IDS = re.compile("event|alert|incident|detection|finding|offense")
# Ids of what an event is about: many events share one.
FOREIGN_IDS = re.compile(
    "user|account|org|organi[sz]ation|tenant|customer|rule|policy|agent|host|device|asset|group|site|type|category|"
    "source|owner|session|process|parent|project|cloud|subscription|client|vendor|product|actor|entity|sensor|scan|app"
)
# An object that wraps the event.
WRAPPERS = frozenset(
    "attributes data event alert incident item record detection _source properties object details node result".split()
)

Handed = tuple[int, "str | None", Any, "str | None"]
"""What identity is decided on: cycle, dbotMirrorId, rawJSON parsed, rawJSON as text."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How incidents get their names.

    kind is "given", "mirror", "detected", "guessed" (a field that names events, but perhaps not one event alone: only
    an equal rawJSON makes the same name the same event) or "hash".
    """

    kind: str
    label: str = ""
    paths: tuple[str, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    """Of kind "given": as `paths`, for incidents that do not have those."""

    def names(self, mirror: str | None, raw: Any, text: str | None) -> tuple[str, ...]:
        """The incident's name, or names where it holds several events; its rawJSON's hash where it has none.

        None at all where nothing tells it from others.
        """
        if self.kind == "mirror":
            if mirror:
                return (mirror,)
        elif self.kind == "given":
            if named := names_by_any(raw, self.paths, self.others):
                return named
        elif self.paths and (name := joined(raw, self.paths)):
            return (name,)
        return (f"hash {digest(text)}",) if text and text not in ("{}", "null", "[]") else ()


def choose_identity(
    given: Sequence[str], sample: Sequence[Handed], others: tuple[tuple[str, ...], ...] = ()
) -> Identity:
    """Decide by the first incidents that were handed over. `others`: given paths for those that lack the main ones."""
    if given:
        paths = " or ".join(" + ".join(each) for each in (given, *others))
        if sample and not any(names_by_any(raw, tuple(given), others) for _, _, raw, _ in sample):
            return Identity("hash", f"hash of rawJSON (no incident has {paths})")
        return Identity("given", f"{paths} in rawJSON", tuple(given), others)
    if sample and all(mirror for _, mirror, _, _ in sample) and tells_apart((h[1], h) for h in sample):
        return Identity("mirror", "dbotMirrorId")
    objects = [handed for handed in sample if isinstance(handed[2], dict)]
    for path, is_strong in candidates([handed[2] for handed in objects]):
        values = [(joined(handed[2], (path,)), handed) for handed in objects]
        if all(value for value, _ in values) and tells_apart(values, always=not is_strong):
            kind = "detected" if is_strong else "guessed"
            return Identity(kind, f"{path} in rawJSON (detected)", (path,))
    return Identity("hash", "hash of rawJSON")


def candidates(raws: Sequence[dict[str, Any]]) -> list[tuple[str, bool]]:
    """Paths that may hold the event's id, the likeliest first, and whether the path's name says so plainly."""
    if not raws:
        return []
    names = [name for name in raws[0] if all(name in raw for raw in raws)]
    own = [(name, True) for wanted in OWN_IDS for name in names if name.lower() == wanted]
    event = [(name, True) for name in names if is_own_id(name) and EVENT_IDS.search(name.lower())]
    nested = [
        (f"{name}.{inner}", True)
        for name in names
        if name.lower() in WRAPPERS and isinstance(raws[0][name], dict)
        for wanted in OWN_IDS
        for inner in raws[0][name]
        if inner.lower() == wanted
    ]
    other = [(name, False) for name in names if is_own_id(name)]
    return [*own, *event, *nested, *other]


def is_own_id(name: str) -> bool:
    is_id = name.lower().endswith(("_id", "-id", "uid", "guid")) or name.endswith(("Id", "ID"))
    return is_id and not FOREIGN_IDS.search(name.lower())


def tells_apart(named: Iterable[tuple[str | None, Handed]], *, always: bool = False) -> bool:
    """Whether the names tell different rawJSONs apart: not all the same, and none twice in one fetch.

    `always`: each rawJSON has a name of its own, as far as the sample goes.
    """
    texts: dict[str | None, set[str | None]] = {}
    in_cycle: dict[tuple[str | None, int], str | None] = {}
    for name, (cycle, _, _, text) in named:
        texts.setdefault(name, set()).add(text)
        if in_cycle.setdefault((name, cycle), text) != text:
            return False
    different = len(set().union(*texts.values())) if texts else 0
    return len(texts) == different if always else len(texts) > 1 or different <= 1


def names_by_any(raw: Any, paths: tuple[str, ...], others: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The names at the first of these identities that the incident has: the main one's paths, then the others'."""
    if not others:
        return names_at(raw, paths)
    try:
        named = tuple(name for name in identities_at_any(raw, paths, others) if name)
    except RecursionError:
        return ()
    return named or names_at(raw, paths)


def names_at(raw: Any, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The names at the paths that somebody gave, the same as those of the scenario's events."""
    if len(paths) == 1 and type(raw) is dict and type(value := raw.get(paths[0])) is str and value:
        return (value,)
    try:
        named = tuple(name for name in identities_at(raw, paths) if name)
    except RecursionError:
        return ()
    # Without events to match, a path may also be written the way that detected ones are: items.0.id.
    return named or tuple(name for name in (joined(raw, paths),) if name)


def joined(raw: Any, paths: Sequence[str]) -> str | None:
    """The values at the paths as one text, or None where one is missing."""
    if (
        len(paths) == 1
        and type(raw) is dict
        and type(value := raw.get(paths[0])) is str
        and 0 < len(value) <= LONGEST_ID
    ):
        return value
    parts = [as_name(at_path(raw, path)) for path in paths]
    return " | ".join(part for part in parts if part) if all(parts) else None


def at_path(value: Any, path: str) -> Any:
    """The value at a dotted path; a key that itself holds dots is found too, a number steps into a list."""
    if isinstance(value, dict) and path in value:
        return value[path]
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def as_name(value: Any) -> str | None:
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json_text(value, sort_keys=True)
    return text if len(text) <= LONGEST_ID else f"{text[:LONGEST_ID]}~{digest(text)}"


def digest(text: str) -> str:
    """16 hexadecimal digits; the same text, the same digest, in every run."""
    return f"{mark_of(text):016x}"


def mark_of(text: str) -> int:
    """The digest as a number, as it is kept of millions of incidents."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
