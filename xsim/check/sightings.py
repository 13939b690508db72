"""Folds what is seen again and again into one record: a fault in fifty incidents is one finding, not fifty."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

MOST_EXAMPLES = 3
MOST_EVENTS = 20
MOST_KINDS = 200
"""Kinds of one fault that are kept apart: hostile input must not fill the memory."""


@dataclass(slots=True)
class Sighting:
    """One kind of fault with all its occurrences: how many, in which cycles, and the first ones in full."""

    first: Any = None
    """Whatever the rule needs of the first occurrence."""
    line: int | None = None
    count: int = 0
    cycles: list[int] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    examples: list[tuple[str, str]] = field(default_factory=list)


class Sightings:
    """The faults seen so far, by kind and by what tells kinds of the same fault apart."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[Hashable, Sighting]] = {}

    def of(self, fault: str) -> list[tuple[Any, Sighting]]:
        """(key, sighting) of a fault, in the order of their first occurrence."""
        return list(self._seen.get(fault, {}).items())

    def add(
        self,
        fault: str,
        cycle: int,
        *,
        key: Hashable = "",
        line: int | None = None,
        event: str | None = None,
        example: tuple[str, str] | None = None,
        first: Any = None,
    ) -> Sighting:
        """Count one occurrence. Past MOST_KINDS kinds, new ones are counted on the last."""
        kinds = self._seen.setdefault(fault, {})
        if key not in kinds and len(kinds) >= MOST_KINDS:
            key = next(reversed(kinds))
        seen = kinds.setdefault(key, Sighting(first=first, line=line))
        seen.count += 1
        if not seen.cycles or seen.cycles[-1] != cycle:
            seen.cycles.append(cycle)
        if example is not None and len(seen.examples) < MOST_EXAMPLES:
            seen.examples.append(example)
        if event is not None and len(seen.events) < MOST_EVENTS and event not in seen.events:
            seen.events.append(event)
        return seen
