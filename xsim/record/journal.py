"""The journal: a header, one line a cycle, probes, an end line. A line that is flushed is committed."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from xsim.errors import InvalidState
from xsim.model import Cycle, Integration, Journal, Probe, Scenario
from xsim.record.lines import (
    cycle_from_line,
    cycle_to_line,
    header_to_line,
    integration_from_line,
    probe_from_line,
    probe_to_line,
    scenario_from_line,
)
from xsim.record.mask import masker

FORMAT = 1


def record(
    integration: Integration,
    scenario: Scenario,
    happenings: Iterable[Cycle | Probe],
    *,
    into: Path,
    version: str,
    command: str = "",
    after: Callable[[Cycle], None] = lambda cycle: None,
) -> Journal:
    """Write what happens, as it happens, into the file `into`, and give the journal back to be read.

    `after` is called once a cycle's line is flushed. However the simulation ends, what was written stays whole.
    """
    mask = masker(scenario.parameters.secrets)
    header = header_to_line(integration, scenario)
    start = {"xsim": FORMAT, "version": version, "python": platform.python_version(), "command": command, **header}
    _replace_journal(into, mask(_text(start)) + "\n")
    with open(into, "a", encoding="utf-8", newline="\n") as file:
        last: Cycle | None = None
        count = 0
        for happening in happenings:
            if isinstance(happening, Cycle):
                _append(file, mask(_text(cycle_to_line(happening, last, scenario))))
                last = happening
                count += 1
                after(happening)
            else:
                _append(file, mask(_text(probe_to_line(happening))))
        _append(file, _text({"end": {"cycles": count}}))
        os.fsync(file.fileno())
    return read_journal(into)


def read_journal(path: Path) -> Journal:
    """A stored journal; its cycles are read as a stream each time they are walked.

    Raises InvalidState with file and line where it is missing, damaged, foreign or from a newer xsim. A last line
    that was cut off by a kill does not count: the cycle that it was about is not committed.
    """
    header, integration, scenario = _read_header(path)
    stored = _Stored(path)
    complete = False
    for kind in stored.kinds():
        complete = kind == "end"
    return Journal(
        integration=integration,
        scenario=scenario,
        cycles=_Cycles(stored, scenario),
        probes=_Probes(stored),
        complete=complete,
        command=header.get("command", ""),
        path=path,
        xsim_version=header.get("version", ""),
    )


@dataclass(frozen=True)
class _Stored:
    path: Path

    def lines(self) -> Iterator[tuple[int, str]]:
        """Number and text of each whole line behind the header."""
        with open(self.path, encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if number > 1 and line.endswith("\n"):
                    yield number, line

    def kinds(self) -> Iterator[str]:
        """What each line is, by its first key; nothing is decoded."""
        for number, line in self.lines():
            kind = line[2 : line.find('"', 2)]
            if kind not in ("cycle", "probe", "end") or not line.rstrip().endswith("}"):
                raise _damaged(self.path, number, "a line that is no cycle, probe or end")
            yield kind

    def decoded(self, kind: str) -> Iterator[Any]:
        start = f'{{"{kind}"'
        for number, line in self.lines():
            if line.startswith(start):
                try:
                    yield json.loads(line)[kind]
                except (ValueError, RecursionError, KeyError) as error:
                    raise _damaged(self.path, number, str(error)) from error


@dataclass(frozen=True)
class _Cycles:
    stored: _Stored
    scenario: Scenario

    def __iter__(self) -> Iterator[Cycle]:
        last: Cycle | None = None
        for number, fields in enumerate(self.stored.decoded("cycle"), start=1):
            try:
                last = cycle_from_line(fields, last, self.scenario)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise _damaged(self.stored.path, number + 1, f"a cycle that cannot be read ({error})") from error
            yield last


@dataclass(frozen=True)
class _Probes:
    stored: _Stored

    def __iter__(self) -> Iterator[Probe]:
        return map(probe_from_line, self.stored.decoded("probe"))


def refuse_foreign(path: Path) -> None:
    """Raise InvalidState where the file is no journal of xsim. What it holds need not be readable by this xsim."""
    _read_first_line(path)


def _read_header(path: Path) -> tuple[dict[str, Any], Integration, Scenario]:
    header = _read_first_line(path)
    if header["xsim"] > FORMAT:
        raise InvalidState(
            f"{path}:1: journal format {header['xsim']} of xsim {header.get('version')}; this one reads up to {FORMAT}",
            hint="install the newer xsim",
        )
    try:
        return header, integration_from_line(header["integration"]), scenario_from_line(header["scenario"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, 1, f"a header that cannot be read ({error!r})") from error


def _read_first_line(path: Path) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            line = file.readline()
        header = json.loads(line)
    except FileNotFoundError as error:
        raise InvalidState(f"{path}: no such journal", hint="`xsim run INTEGRATION` writes one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidState(f"{path}: cannot be read as a journal ({error})") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, 1, f"no journal header ({error})") from error
    if not isinstance(header, dict) or not isinstance(header.get("xsim"), int):
        raise InvalidState(
            f"{path}:1: not a journal of xsim", hint="give the journal.jsonl of a state folder in .xsim/"
        )
    return header


def _damaged(path: Path, line: int, found: str) -> InvalidState:
    return InvalidState(
        f"{path}:{line}: the journal is damaged: {found}", hint="it is left as it is; move it away to start anew"
    )


def _replace_journal(path: Path, header: str) -> None:
    """The old journal is there whole until the new one, with its header, takes its place."""
    aside = path.with_name(path.name + ".new")
    with open(aside, "w", encoding="utf-8", newline="\n") as file:
        file.write(header)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)


def _append(file: IO[str], line: str) -> None:
    file.write(line + "\n")
    file.flush()


_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _text(fields: dict[str, Any]) -> str:
    return _ENCODER.encode(fields)
