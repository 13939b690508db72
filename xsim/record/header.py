"""How a journal begins: a line that says what ran in which world and, behind it, lines with what is too much for one.

Those are the vendor's events and the identities that earlier runs delivered, where there are very many.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from xsim.errors import InvalidState
from xsim.events import Delivered, Events, packed
from xsim.integration import Integration
from xsim.model import Scenario
from xsim.record.codec import encode
from xsim.record.lines import (
    UNREADABLE,
    Fields,
    delivered_from_line,
    event_from_line,
    header_to_line,
    integration_from_line,
    scenario_from_line,
)

FORMAT = 2
"""The newest that is read. A journal whose header is one line is of format 1, and an older xsim reads it too."""
LONGEST_LINE = 2**28
"""Characters. A cycle is held in memory whole; one of others must not take all that there is."""
MOST_IN_LINE = 10_000
"""Events, and identities, that are written into the header's own line."""
LONGEST_IN_LINE = 2**26
"""Bytes of the records of such events."""
ROWS_A_LINE = 1_000
LONGEST_BEHIND = 2**33
"""Characters of all lines that belong to a header."""


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a stored journal, read."""

    integration: Integration
    scenario: Scenario
    command: str
    version: str
    lines: int
    """How many lines of the file it takes."""
    ends: int
    """Where the first line behind it begins, as the file's `tell` says it."""


def header_lines(integration: Integration, scenario: Scenario, told: Fields) -> Iterator[Fields]:
    """The fields of each line of a header. `told` is what else it says: xsim's version, the command."""
    events = packed(scenario.events)
    spans = list(_spans(events)) if _are_many(events) else []
    delivered = scenario.delivered
    parts = -(-len(delivered) // ROWS_A_LINE) if len(delivered) > MOST_IN_LINE else 0
    own = {}
    if spans:
        own["events"], scenario = [len(events), len(spans)], replace(scenario, events=())
    if parts:
        own["delivered"], scenario = [len(delivered), parts], replace(scenario, delivered={})
    more = {"behind": own} if own else {}
    yield {"xsim": FORMAT if own else 1, **told, **more, **header_to_line(integration, scenario)}
    for first, last in spans:
        yield {"events": encode(events[first:last])}
    left = iter(delivered.items())
    for _ in range(parts):
        yield {"delivered": [[name, *what] for name, what in islice(left, ROWS_A_LINE)]}


def _are_many(events: Events) -> bool:
    return len(events) > MOST_IN_LINE or events.size > LONGEST_IN_LINE


def _spans(events: Events) -> Iterator[tuple[int, int]]:
    """Which events go into a line together: long ones are few, so that no line becomes too long to be read."""
    first = size = 0
    for number in range(len(events)):
        size += events.record_size(number)
        if number + 1 - first == ROWS_A_LINE or size > LONGEST_IN_LINE:
            yield first, number + 1
            first, size = number + 1, 0
    if first < len(events):
        yield first, len(events)


def read_header(path: Path, *, held: Scenario | None = None) -> Header:
    """Raises InvalidState with file and line where it is missing, damaged, foreign or from a newer xsim.

    `held`: the scenario that was written there as it is; what stands behind the header's own line is taken from it.
    """
    with _opened(path) as file:
        first = _first_line(path, file)
        if first["xsim"] > FORMAT:
            raise InvalidState(
                f"{path}:1: journal format {first['xsim']} of xsim {first.get('version')}; "
                f"this one reads up to {FORMAT}",
                hint="install the newer xsim",
            )
        try:
            integration = integration_from_line(first["integration"])
            scenario = scenario_from_line(first["scenario"])
            stated = [_Stated(kind, *numbers) for kind, numbers in first.get("behind", {}).items()]
            told = str(first.get("command", "")), str(first.get("version", ""))
        except UNREADABLE as error:
            raise damaged(path, 1, f"a header that cannot be read ({error!r})") from error
        behind = _Behind(path, file)
        more: dict[str, Any] = {}
        for each in stated:
            if held is None:
                more[each.kind] = _GATHERED[each.kind](behind.rows(each))
            else:
                behind.skip(each)
                more[each.kind] = getattr(held, each.kind)
        return Header(integration, replace(scenario, **more), *told, behind.number, file.tell())


def read_first_line(path: Path) -> Fields:
    """The header's own line. What it says need not be readable by this xsim; raises InvalidState as `read_header`."""
    with _opened(path) as file:
        return _first_line(path, file)


def damaged(path: Path, line: int, found: str) -> InvalidState:
    return InvalidState(
        f"{path}:{line}: the journal is damaged: {found[:300]}", hint="it is left as it is; move it away to start anew"
    )


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            yield file
    except FileNotFoundError as error:
        raise InvalidState(f"{path}: no such journal", hint="`xsim run INTEGRATION` writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidState(f"{path}: cannot be read as a journal ({error})") from error


def _first_line(path: Path, file: TextIO) -> Fields:
    try:
        header = json.loads(file.readline(LONGEST_LINE))
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise damaged(path, 1, f"no journal header ({error})") from error
    if not isinstance(header, dict) or not isinstance(header.get("xsim"), int):
        raise InvalidState(
            f"{path}:1: not a journal of xsim", hint="give the journal.jsonl of a state folder in .xsim/"
        )
    return header


class _Stated:
    """What the header's own line says of the lines behind it. Raises ValueError for what none of ours says."""

    def __init__(self, kind: str, number: int, lines: int) -> None:
        if kind not in _READ or type(number) is not int or type(lines) is not int:
            raise ValueError(f"{kind} behind it")
        self.kind, self.number, self.lines = kind, number, lines


_READ: dict[str, Callable[[Any], Any]] = {"events": event_from_line, "delivered": delivered_from_line}
_GATHERED: dict[str, Callable[[Iterator[Any]], Any]] = {"events": Events, "delivered": Delivered}


class _Behind:
    """The lines behind the header's own one, each read once."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self._path = path
        self._file = file
        self._left = LONGEST_BEHIND
        self.number = 1
        """Of the last line that was read."""

    def rows(self, stated: _Stated) -> Iterator[Any]:
        """The events or identities, one after the other, as many as stated."""
        count, read = 0, _READ[stated.kind]
        for line in self._lines(stated):
            try:
                for row in json.loads(line)[stated.kind]:
                    yield read(row)
                    count += 1
            except UNREADABLE as error:
                raise damaged(self._path, self.number, f"{stated.kind} that cannot be read ({error!r})") from error
        if count != stated.number:
            found = f"{count:,} {stated.kind} up to here, where the header says {stated.number:,}"
            raise damaged(self._path, self.number, found)

    def skip(self, stated: _Stated) -> None:
        for _ in self._lines(stated):
            pass

    def _lines(self, stated: _Stated) -> Iterator[str]:
        for _ in range(stated.lines):
            line = self._file.readline(LONGEST_LINE)
            self.number += 1
            self._left -= len(line)
            if self._left < 0 or not line.startswith(f'{{"{stated.kind}"') or not line.endswith("\n"):
                raise damaged(self._path, self.number, f"a line without the {stated.kind} that the header tells of")
            yield line
