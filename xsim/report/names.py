"""Finds which of the vendor's events an incident is, as the report's label of its identity says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from xsim.findings import Report
from xsim.model import Cycle
from xsim.world import identities_at, identities_at_any

_LABEL = re.compile(r"(.+) in rawJSON(?: \(detected\))?")
_KNOWN_KEYS = {"rawjson": "rawJSON", "dbotmirrorid": "dbotMirrorId", "name": "name", "occurred": "occurred"}


@dataclass(frozen=True, slots=True)
class Handed:
    """One incident that a cycle handed over."""

    position: int
    """Its place among all that the cycle handed over."""
    name: str
    events: tuple[str, ...]
    """The identities that it holds; none where nothing tells."""
    key: str
    """The same text for the same event in any cycle, as far as that can be told."""
    occurred: str = ""


def namer(report: Report) -> Callable[[Cycle], Iterator[Handed]]:
    """A function from a cycle to its incidents, in the order in which it handed them over."""
    scenario = report.journal.scenario
    identities = _identities(report)

    def read(cycle: Cycle) -> Iterator[Handed]:
        for position, incident in enumerate(_incidents(cycle)):
            known = _with_known_keys(incident)
            raw, text = _raw(known.get("rawJSON"))
            events = identities(known, raw)
            part = ", ".join(_safely(raw, scenario.part)) if scenario.part else ""
            key = "/".join(events) or text or json.dumps(incident, sort_keys=True)
            key = f"{key} [{part}]" if part else key
            yield Handed(position, str(known.get("name") or ""), events, key, str(known.get("occurred") or ""))

    return read


def _identities(report: Report) -> Callable[[dict[str, Any], Any], tuple[str, ...]]:
    """By the scenario's paths, else by what the report says that its events were told apart by."""
    scenario = report.journal.scenario
    if scenario.identity:
        return lambda known, raw: _safely(raw, scenario.identity, scenario.other_identities)
    if report.identity == "dbotMirrorId":
        return lambda known, raw: (str(known["dbotMirrorId"]),) if known.get("dbotMirrorId") else ()
    label = _LABEL.fullmatch(report.identity)
    paths = tuple(label[1].split(" + ")) if label else ()
    return lambda known, raw: _safely(raw, paths)


def _safely(raw: Any, paths: tuple[str, ...], others: tuple[tuple[str, ...], ...] = ()) -> tuple[str, ...]:
    try:
        found = identities_at_any(raw, paths, others) if others else identities_at(raw, paths)
    except RecursionError:
        return ()
    return tuple(name for name in found if name)


def _incidents(cycle: Cycle) -> Iterator[Any]:
    for text in cycle.incidents:
        if text == "[]":
            continue
        try:
            batch = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(batch, list):
            yield from batch


def _with_known_keys(incident: Any) -> dict[str, Any]:
    """The incident as the server reads it: keys match whatever their case (server-semantics 2.2)."""
    if not isinstance(incident, dict):
        return {}
    if "rawJSON" in incident and "name" in incident:
        return incident
    return {**{_KNOWN_KEYS.get(str(key).lower(), str(key)): value for key, value in incident.items()}, **incident}


def _raw(value: Any) -> tuple[Any, str]:
    """rawJSON as a value, and as text."""
    if not isinstance(value, str):
        return value, json.dumps(value, sort_keys=True) if value else ""
    try:
        return json.loads(value), value
    except (ValueError, RecursionError):
        return None, value
