"""Records on their way from a script's process to xsim's: as plain tuples, written by `marshal`.

Pickle would look classes up by name in a process whose modules a script may have replaced, and takes three times as
long. What comes back is made of the types that JSON knows, and of nothing that runs.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from xsim.events import EPOCH, MICROSECOND, microseconds
from xsim.model import Cycle, Exchange, Failure, HostCall, LogLine, Outcome, Refusal
from xsim.simulate.recording import Stored
from xsim.world import JsonValue, Listing

# Taken now, as a script may replace them where they come from.
_write, _read = marshal.dumps, marshal.loads
_OUTCOMES = {each.value: each for each in Outcome}
_PARSED = json.JSONDecoder()
_TEXTS = json.JSONEncoder()

Plain = tuple[Any, ...]


class Ended(NamedTuple):
    """How a command ended, as its process tells. State stands in it where it is another than before the command."""

    cycle: Plain
    stored: tuple[str, str] | None
    vendor_state: tuple[JsonValue] | None
    struck: tuple[int, ...]
    world_state: tuple[JsonValue] | None = None
    """What the vendor of a probe remembers behind it."""
    is_spent: bool = False
    """Whether the process is not to be used again."""


def written(message: Plain) -> bytes:
    """The bytes of a message of plain values."""
    try:
        return _write(message)
    except ValueError:
        # A text or number of a class of its own; or lists within lists, deeper than marshal goes.
        return _write(_plainly(message))


def read(data: bytes) -> Any:
    return _read(data)


def packed_cycle(cycle: Cycle) -> Plain:
    """The cycle without the state before and behind it."""
    failure = cycle.failure
    return (
        cycle.number,
        microseconds(cycle.started),
        microseconds(cycle.ended),
        cycle.outcome.value,
        failure and _packed(failure),
        cycle.incidents,
        _all_packed(cycle.refusals),
        cycle.files,
        _all_packed(cycle.exchanges),
        _all_packed(cycle.host_calls),
        _TEXTS.encode(cycle.results) if cycle.results else "",
        _all_packed(cycle.log),
    )


def unpacked_cycle(held: Plain, before: Stored, after: Stored, vendor_state: JsonValue) -> Cycle:
    number, started, ended, outcome, failure, incidents, refusals, files, exchanges, calls, results, log = held
    return Cycle(
        number=number,
        started=moment(started),
        ended=moment(ended),
        outcome=_OUTCOMES[outcome],
        failure=failure and _unpacked(Failure, failure),
        last_run_before=before.parsed_last_run,
        last_run_after=after.parsed_last_run,
        context_before=before.parsed_context,
        context_after=after.parsed_context,
        incidents=incidents,
        refusals=tuple(_unpacked(Refusal, each) for each in refusals),
        files=files,
        exchanges=tuple([_unpacked(Exchange, each) for each in exchanges]),
        host_calls=tuple([_unpacked(HostCall, each) for each in calls]),
        results=tuple(_PARSED.decode(results)) if results else (),
        log=tuple(_unpacked(LogLine, each) for each in log),
        vendor_state=vendor_state,
    )


@lru_cache(maxsize=64)
def moment(count: int) -> datetime:
    """Kept for a while, as most calls of a command are made at its start."""
    return EPOCH + timedelta(0, 0, count)


Conversion = tuple[Callable[[Any], Any], Callable[[Any], Any]]

_CONVERSIONS: Mapping[str, Conversion] = {
    "datetime": (microseconds, moment),
    "timedelta": (lambda span: span // MICROSECOND, lambda count: timedelta(microseconds=count)),
    "Listing | None": (lambda each: each and _packed(each), lambda held: held and _unpacked(Listing, held)),
}
"""By the type of a field, as its record declares it; fields of other types hold what marshal knows."""


class _Shape(NamedTuple):
    """The fields of a record: how all are read at once, and those that need conversion."""

    values: Callable[[Any], Plain]
    converted: tuple[tuple[int, Conversion], ...]


def _shape(record: type) -> _Shape:
    each = fields(record)
    found = ((place, _CONVERSIONS.get(str(one.type))) for place, one in enumerate(each))
    return _Shape(attrgetter(*(one.name for one in each)), tuple((place, how) for place, how in found if how))


_SHAPES = {record: _shape(record) for record in (Exchange, Failure, HostCall, Listing, LogLine, Refusal)}


def _all_packed(records: tuple[Any, ...]) -> Plain:
    return tuple(map(_packed, records)) if records else ()


def _packed(record: Any) -> Plain:
    values, converted = _SHAPES[type(record)]
    if not converted:
        return values(record)
    held = list(values(record))
    for place, (there, _) in converted:
        held[place] = there(held[place])
    return tuple(held)


def _unpacked(record: Callable[..., Any], held: Plain) -> Any:
    converted = _SHAPES[record].converted  # type: ignore[index]
    if not converted:
        return record(*held)
    values = list(held)
    for place, (_, back) in converted:
        values[place] = back(values[place])
    return record(*values)


def _plainly(value: Any) -> Any:
    """Of exactly the types that marshal writes."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Mapping):
        return {_plainly(key): _plainly(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(map(_plainly, value)) if isinstance(value, tuple) else list(map(_plainly, value))
    return value
