"""The journal: a header, one line a cycle, probes, an end line. A line that is flushed is committed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from xsim.errors import InvalidState
from xsim.integration import Integration
from xsim.model import Cycle, Journal, Probe, Scenario
from xsim.record.codec import written
from xsim.record.conform import conform
from xsim.record.header import LONGEST_LINE, Header, damaged, header_lines, read_first_line, read_header
from xsim.record.lines import UNREADABLE, Fields, cycle_from_line, cycle_to_line, probe_from_line, probe_to_line
from xsim.record.mask import LineWriter

READ_AT_ONCE = 2**18
"""Bytes: a cycle of some hundred incidents."""


class Follower(Protocol):
    """Somebody who reads a journal while it is being written: the same that its file says, only earlier."""

    def begin(self, journal: Journal) -> None:
        """Its header is written."""

    def take(self, cycle: Cycle) -> None:
        """A cycle is committed."""


def record(
    integration: Integration,
    scenario: Scenario,
    happenings: Iterable[Cycle | Probe],
    *,
    into: Path,
    version: str,
    command: str = "",
    after: Callable[[Cycle], None] = lambda cycle: None,
    follower: Follower | None = None,
) -> Journal:
    """Write what happens, as it happens, into the file `into`, and give the journal back to be read.

    `after` is called once a cycle's line is flushed, with the cycle as it was. However the simulation ends, what was
    written stays whole.
    """
    write = LineWriter(scenario.parameters.secrets)
    told = {"version": version, "python": platform.python_version(), "command": command}
    is_plain = _begin(into, write, header_lines(integration, scenario, told))
    header = read_header(into, held=scenario if is_plain else None)
    with _Lines(into) as lines:
        last: Cycle | None = None
        count = 0
        retelling = None
        if follower is not None:
            retelling = _Retelling(scenario, header.scenario)
            follower.begin(_journal_of(_Stored(into, header), is_complete=False, cycles=()))
        for happening in happenings:
            if isinstance(happening, Cycle):
                line = write(cycle_to_line(happening, last, scenario))
                lines.append(line)
                last = happening
                count += 1
                after(happening)
                if follower is not None and retelling is not None:
                    follower.take(retelling.cycle(happening, line, is_plain=write.was_plain))
            else:
                lines.append(write(probe_to_line(happening)))
        lines.append(written({"end": {"cycles": count}}))
        lines.sync()
    stored = _Stored(into, header)
    # Every line of it was just written, the last one too.
    return _journal_of(stored, is_complete=True, cycles=_Cycles(stored, header.scenario))


class _Retelling:
    """The cycles as the journal says them. Mostly that is what they are; what is masked there is read back."""

    def __init__(self, given: Scenario, told: Scenario) -> None:
        self._scenario = told
        self._last: Cycle | None = None
        self._vendor_state: Any = None
        """The last one that was looked at."""
        states = ((each.last_run, each.context, each.vendor_state) for each in (given, told))
        self._is_plain = len({repr(each) for each in states}) == 1

    def cycle(self, cycle: Cycle, line: str, *, is_plain: bool) -> Cycle:
        # A state that is masked once is masked in the cycle behind it, too, which begins with it.
        self._is_plain = self._is_plain and is_plain and self._conforms(cycle)
        told = cycle if self._is_plain else cycle_from_line(json.loads(line)["cycle"], self._last, self._scenario)
        self._last = told
        return told

    def _conforms(self, cycle: Cycle) -> bool:
        """Whether its values are of the types that are read back: a vendor may give others that are written alike."""
        state = cycle.vendor_state
        if state is not self._vendor_state and json.loads(written({"state": state})) != {"state": state}:
            return False
        self._vendor_state = state
        try:
            return conform(cycle) is cycle
        except TypeError:
            return False


def read_journal(path: Path) -> Journal:
    """A stored journal; its cycles are read as a stream each time they are walked.

    Raises InvalidState with file and line where it is missing, damaged, foreign or from a newer xsim. A last line
    that was cut off by a kill does not count: the cycle that it was about is not committed.
    """
    header = read_header(path)
    stored = _Stored(path, header)
    is_complete = False
    for kind in stored.kinds():
        is_complete = kind == "end"
    return _journal_of(stored, is_complete=is_complete, cycles=_Cycles(stored, header.scenario))


def _journal_of(stored: _Stored, *, is_complete: bool, cycles: Iterable[Cycle]) -> Journal:
    header = stored.header
    return Journal(
        integration=header.integration,
        scenario=header.scenario,
        cycles=cycles,
        probes=_Probes(stored),
        complete=is_complete,
        command=header.command,
        path=stored.path,
        xsim_version=header.version,
    )


@dataclass(frozen=True)
class _Stored:
    path: Path
    header: Header

    def lines(self) -> Iterator[tuple[int, str]]:
        """Number and text of each whole line behind the header."""
        number = self.header.lines
        # In bytes: a text file would decode a long line in many small pieces.
        with open(self.path, "rb", buffering=READ_AT_ONCE) as file:
            file.seek(self.header.ends)
            while line := file.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise damaged(self.path, number, f"a line of more than {LONGEST_LINE:,} bytes")
                if line.endswith(b"\n"):
                    try:
                        yield number, line.decode()
                    except UnicodeDecodeError as error:
                        raise damaged(self.path, number, f"no UTF-8 text ({error.reason})") from error

    def kinds(self) -> Iterator[str]:
        """What each line is, by its first key; nothing is decoded."""
        for number, line in self.lines():
            kind = line[2 : line.find('"', 2)]
            if kind not in ("cycle", "probe", "end") or not line.rstrip().endswith("}"):
                raise damaged(self.path, number, "a line that is no cycle, probe or end")
            yield kind

    def decoded(self, kind: str) -> Iterator[tuple[int, Any]]:
        """Number and content of each line of that kind."""
        start = f'{{"{kind}"'
        for number, line in self.lines():
            if line.startswith(start):
                try:
                    yield number, json.loads(line)[kind]
                except UNREADABLE as error:
                    raise damaged(self.path, number, str(error)) from error


@dataclass(frozen=True)
class _Cycles:
    stored: _Stored
    scenario: Scenario

    def __iter__(self) -> Iterator[Cycle]:
        last: Cycle | None = None
        for number, fields in self.stored.decoded("cycle"):
            try:
                cycle = cycle_from_line(fields, last, self.scenario)
            except UNREADABLE as error:
                raise damaged(self.stored.path, number, f"a cycle that cannot be read ({error!r})") from error
            if last is not None and cycle.number <= last.number:
                raise damaged(self.stored.path, number, f"cycle {cycle.number} behind cycle {last.number}")
            last = cycle
            yield cycle


@dataclass(frozen=True)
class _Probes:
    stored: _Stored

    def __iter__(self) -> Iterator[Probe]:
        for number, fields in self.stored.decoded("probe"):
            try:
                probe = probe_from_line(fields)
            except UNREADABLE as error:
                raise damaged(self.stored.path, number, f"a probe that cannot be read ({error!r})") from error
            yield probe


def refuse_foreign(path: Path) -> None:
    """Raise InvalidState where the file is no journal of xsim. What it holds need not be readable by this xsim."""
    read_first_line(path)


def _begin(path: Path, write: Callable[[Fields], str], header: Iterator[Fields]) -> bool:
    """Begin the journal anew; whether the lines behind the header's own say what they were given, nothing masked."""
    is_plain = True

    def lines() -> Iterator[str]:
        nonlocal is_plain
        yield write(next(header))
        for fields in header:
            line = write(fields)
            is_plain = is_plain and line == written(fields)
            yield line

    _replace_journal(path, lines())
    return is_plain


def _replace_journal(path: Path, header: Iterable[str]) -> None:
    """The old journal is there whole until the new one, with all lines of its header, takes its place."""
    aside = path.with_name(path.name + ".new")
    try:
        with open(aside, "w", encoding="utf-8", newline="\n") as file:
            for line in header:
                file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        raise _unwritable(path, error) from error


class _Lines:
    """A file that whole lines are added to. Nothing is held back, so that a disk that is full is told at its line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> _Lines:
        try:
            self._file = open(self._path, "ab", buffering=0)
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, line: str) -> None:
        """Raises InvalidState where it cannot be written whole; what there is of it counts as cut off."""
        left = memoryview((line + "\n").encode())
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def sync(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise _unwritable(self._path, error) from error


def _unwritable(path: Path, error: OSError) -> InvalidState:
    return InvalidState(
        f"{path}: the journal cannot be written ({error.strerror}); what is in it up to here is kept",
        hint="make room, or give another folder with --state DIR",
    )
