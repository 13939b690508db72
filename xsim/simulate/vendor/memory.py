"""What changes at a vendor while it answers: held in one place, so that a world can be copied, kept and set again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from xsim.errors import InvalidState
from xsim.world import JsonValue

Write = list[Any]
"""Of one event: the moment in microseconds, and dotted paths with their new values, or None where it was deleted."""
SHAPES = {"calls": int, "state": object, "writes": dict, "kept": dict, "recent": list, "logout": int}


class Memory:
    """The changeable state of one vendor. Its inner lists are replaced, never changed: a snapshot shares them."""

    __slots__ = ("calls", "function", "kept", "logout", "recent", "writes")

    def __init__(self) -> None:
        self.calls = 0
        """Of the vendor function: a copy draws the same chance again."""
        self.function = b"{}"
        """What it remembers, as JSON."""
        self.writes: dict[str, list[Write]] = {}
        """By event id, in order of time."""
        self.kept: dict[str, dict[str, list[Any]]] = {}
        """By endpoint and consumer: the position behind which its next answer begins."""
        self.recent: list[int] = []
        """Pairs in one list, in order of time: the moment of a taken call in microseconds, and as bits for which of the
        quotas it counts. Those that no quota counts any more are left out."""
        self.logout = 0
        """The last moment, in microseconds, at which all tokens ceased to be good; 0: there was none."""

    def snapshot(self) -> JsonValue:
        """All of it as JSON; empty parts are left out, and where nothing was touched it is None."""
        parts: dict[str, JsonValue] = {}
        if self.calls:
            parts["calls"], parts["state"] = self.calls, json.loads(self.function)
        if self.writes:
            parts["writes"] = dict(self.writes)
        if self.kept:
            parts["kept"] = {endpoint: dict(consumers) for endpoint, consumers in self.kept.items()}
        if self.recent:
            parts["recent"] = list(self.recent)
        if self.logout:
            parts["logout"] = self.logout
        return parts or None

    def copy(self) -> Memory:
        """One that goes its own way from here on."""
        other = Memory()
        other.calls, other.function, other.logout = self.calls, self.function, self.logout
        other.writes, other.recent = dict(self.writes), list(self.recent)
        other.kept = {endpoint: dict(consumers) for endpoint, consumers in self.kept.items()}
        return other

    def keep(self, endpoint: str, consumer: str, position: list[Any]) -> None:
        """Note how far a consumer came in a list."""
        self.kept.setdefault(endpoint, {})[consumer] = position


def memory_of(state: JsonValue) -> Memory:
    """The memory that a snapshot was taken of. Raises InvalidState where it is no snapshot."""
    memory = Memory()
    if not state:
        return memory
    if not isinstance(state, Mapping) or not _fits(state):
        raise InvalidState(
            f"the vendor's stored state is none: {str(state)[:80]}", hint="start over with --fresh, without it"
        )
    memory.calls = state.get("calls", 0)
    memory.function = json.dumps(state.get("state", {})).encode()
    memory.writes = dict(state.get("writes", {}))
    memory.kept = {endpoint: dict(consumers) for endpoint, consumers in state.get("kept", {}).items()}
    memory.recent = list(state.get("recent", ()))
    memory.logout = state.get("logout", 0)
    return memory


def of_events(state: JsonValue) -> Memory:
    """Of a snapshot what is known of events: writes and kept positions, without the function's, calls and quotas."""
    memory = Memory()
    whole = memory_of(state)
    memory.writes, memory.kept = whole.writes, whole.kept
    return memory


def _fits(state: Mapping[str, JsonValue]) -> bool:
    return (
        all(name in SHAPES and isinstance(part, SHAPES[name]) for name, part in state.items())
        and all(_are_writes(each) for each in state.get("writes", {}).values())
        and all(isinstance(each, Mapping) for each in state.get("kept", {}).values())
        and all(isinstance(each, int) for each in state.get("recent", ()))
    )


def _are_writes(value: JsonValue) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, list)
        and len(each) == 2
        and isinstance(each[0], int)
        and (each[1] is None or isinstance(each[1], Mapping))
        for each in value
    )
