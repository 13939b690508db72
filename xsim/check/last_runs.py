"""Watches the last run from cycle to cycle: its size, what becomes of its values, what JSON makes of them."""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Iterator
from typing import Any

from xsim.check.excerpt import excerpt, type_name
from xsim.check.sightings import Sightings
from xsim.model import Cycle, HostCall, Outcome

MOST_DEPTH = 8
MOST_KEYS = 64
"""An object with more keys is a memory of ids, not a set of named values."""
LARGEST_EXACT = 2**53
"""Above it a 64-bit float, which is what the server makes of every number, cannot hold each integer."""

TIME = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(Z|[+-]\d\d:?\d\d|)")
LONG_NUMBER = re.compile(r"\d{16}")


class LastRuns:
    """What the last run did in the cycles that ended OK."""

    def __init__(self, sightings: Sightings) -> None:
        self.sightings = sightings
        self.sizes = array("q")
        """Characters of the last run's JSON text after each OK cycle."""
        self.version = 0
        """Counts the changes: two cycles that start at the same version start from the same last run."""
        self.first_kept: Any = None
        self.last_kept: Any = None
        self.lost_in: set[int] = set()
        self.line: int | None = None
        """Of the last setLastRun call that changed something."""

    def take(self, cycle: Cycle) -> None:
        before, after = cycle.last_run_before, cycle.last_run_after
        if self.sizes and before == after and self.last_kept == after:
            self.sizes.append(self.sizes[-1])
            return
        text = json.dumps(after)
        self.sizes.append(len(text))
        self.last_kept = after
        line = self.line = last_line(cycle, "setLastRun")
        if len(self.sizes) == 1:
            self.first_kept = after
        if before != after:
            self.version += 1
            self._compare(cycle, line)
        self._judge_values(cycle, text, line)

    def _compare(self, cycle: Cycle, line: int | None) -> None:
        before, after = cycle.last_run_before, cycle.last_run_after
        if is_lost(before, after):
            self.lost_in.add(cycle.number)
            first = (excerpt(before), excerpt(after))
            self.sightings.add("last_run_lost", cycle.number, line=line, first=first)
        for path, old, new in moved_backwards(before, after):
            values = (cycle.number, excerpt(old), excerpt(new))
            self.sightings.add("last_run_moved_backwards", cycle.number, key=path, line=line, first=values)

    def _judge_values(self, cycle: Cycle, text: str, line: int | None) -> None:
        number, after = cycle.number, cycle.last_run_after
        if not isinstance(after, dict):
            if after not in (None, ""):
                self.sightings.add("last_run_value_not_text", number, line=line, key="", first=type_name(after))
        else:
            for key, value in after.items():
                if not isinstance(value, str):
                    self.sightings.add("last_run_value_not_text", number, line=line, key=key, first=type_name(value))
        if LONG_NUMBER.search(text):
            for path, found in numbers_in(after):
                if isinstance(found, int) and abs(found) > LARGEST_EXACT:
                    self.sightings.add("number_beyond_double", number, key=path, line=line, first=excerpt(found))
        if "NaN" in text or "Infinity" in text:
            for path, found in numbers_in(after):
                if isinstance(found, float) and not math.isfinite(found):
                    self.sightings.add("last_run_not_finite", number, key=path, line=line, first=excerpt(found))


def calls_of(cycle: Cycle, *names: str) -> list[HostCall]:
    return [call for call in cycle.host_calls if call.name in names]


def last_line(cycle: Cycle, *names: str) -> int | None:
    """The script's line of the last such call."""
    return next((call.line for call in reversed(cycle.host_calls) if call.name in names), None)


def set_repeatedly(cycle: Cycle, sightings: Sightings) -> None:
    """Note several setLastRun calls of one cycle whose values differ: the last one replaces the others whole."""
    calls = [call for call in calls_of(cycle, "setLastRun") if not call.error]
    if cycle.outcome is not Outcome.OK or len(calls) < 2 or len({call.arguments for call in calls}) == 1:
        return
    last = keys_set(calls[-1])
    dropped = sorted({key for call in calls[:-1] for key in keys_set(call)} - last) if last else []
    first = (len(calls), calls[0].arguments, calls[-1].arguments)
    sightings.add("last_run_set_repeatedly", cycle.number, key=tuple(dropped), line=calls[-1].line, first=first)


def keys_set(call: HostCall) -> set[str]:
    """The keys of the value that was set; none where the recorded text is cut."""
    try:
        value = json.loads(call.arguments)
    except (ValueError, RecursionError):
        return set()
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return set(value) if isinstance(value, dict) else set()


def is_hollow(value: Any) -> bool:
    """Whether nothing is in it: null, an empty text or container, or containers of only such."""
    if isinstance(value, dict):
        return all(is_hollow(inner) for inner in value.values())
    if isinstance(value, list):
        return all(is_hollow(inner) for inner in value)
    return value is None or value == ""


def is_lost(before: Any, after: Any) -> bool:
    """Whether all that the last run held is gone.

    A memory of ids that is pruned to an empty list or object under the same key is no loss: nothing is due any more.
    """
    if is_hollow(before) or not is_hollow(after):
        return False
    if isinstance(before, dict) and isinstance(after, dict):
        held = [key for key, value in before.items() if not is_hollow(value)]
        return not all(is_pruned(before[key], after.get(key)) for key in held)
    return not is_pruned(before, after) or isinstance(before, dict)


def is_pruned(before: Any, after: Any) -> bool:
    return (isinstance(before, list) and after == []) or (isinstance(before, dict) and after == {})


def moved_backwards(before: Any, after: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any, Any]]:
    """(path, old, new) of each time that is earlier than before under the same name."""
    if isinstance(before, dict) and isinstance(after, dict):
        if depth < MOST_DEPTH and len(after) <= MOST_KEYS:
            for key, value in after.items():
                if key in before:
                    yield from moved_backwards(before[key], value, f"{path}.{key}" if path else key, depth + 1)
    elif is_earlier(after, before):
        yield path, before, after


def is_earlier(new: Any, old: Any) -> bool:
    """Whether both are moments, written the same way, and the new one is the earlier."""
    if isinstance(new, str) and isinstance(old, str):
        if is_number(new) and is_number(old):
            return len(new) == len(old) and is_epoch(int(old[:20])) and new < old
        newer, older = TIME.fullmatch(new[:40]), TIME.fullmatch(old[:40])
        return bool(newer and older and newer[2] == older[2] and newer[1][10] == older[1][10] and newer[1] < older[1])
    return is_epoch(new) and is_epoch(old) and new < old


def is_epoch(value: Any) -> bool:
    """A moment as seconds to nanoseconds since 1970; counters and pages are far below it."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 1e9 <= value < 1e19


def numbers_in(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, int | float]]:
    """(path, number) of every number; those of one list share a path."""
    if isinstance(value, dict) and depth < MOST_DEPTH:
        for key, inner in value.items():
            yield from numbers_in(inner, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list) and depth < MOST_DEPTH:
        for inner in value:
            yield from numbers_in(inner, f"{path}[]", depth + 1)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield path, value


def entries(value: Any) -> int | None:
    return len(value) if isinstance(value, (dict, list)) else None


def is_number(text: str) -> bool:
    """Whether int() reads it: superscript digits are digits, and no number."""
    return text.isascii() and text.isdigit()
