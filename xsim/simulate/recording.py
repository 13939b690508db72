"""What one command is told by the platform, and what is recorded of it while it runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn

from xsim.errors import SimulationSignal
from xsim.model import Failure, HostCall, LogLine, Refusal
from xsim.world import JsonValue

LOG_KEPT = 500
"""Lines of a cycle's log that the journal keeps; the last of them say how many were left out."""
LINE_KEPT = 2_000


_PARSED = json.JSONDecoder()
"""One of our own: a script may put another into the json module."""


@lru_cache(maxsize=8)
def _parsed(text: str) -> JsonValue:
    """What a stored text holds. Records are read only, so that neighbours may share the value."""
    return _PARSED.decode(text)


@dataclass(frozen=True)
class Stored:
    """What the server keeps from one command to the next, as the JSON text that it keeps (server-semantics 1.1)."""

    last_run: str = "{}"
    context: str = "{}"

    @classmethod
    def of(cls, last_run: JsonValue, context: JsonValue) -> Stored:
        return cls(json.dumps(last_run), json.dumps(context))

    @property
    def parsed_last_run(self) -> JsonValue:
        return _parsed(self.last_run)

    @property
    def parsed_context(self) -> JsonValue:
        return _parsed(self.context)


@dataclass(frozen=True)
class Handover:
    """One call of demisto.incidents(): its text, how many incidents the server reads in it, and what it cannot."""

    text: str
    count: int
    refusals: tuple[Refusal, ...] = ()


class ProcessKilled(SimulationSignal):
    """The process is gone: nothing that the script does from here on has any effect."""


@dataclass
class Kill:
    """The moment of a command at which its process dies. Told by the host, raised inside the script."""

    fault: str
    """The fault's name."""
    moment: str
    """"before" the first of incidents() and setLastRun(), "between" the two, or "after" both."""
    on_strike: Callable[[], None] = lambda: None
    at: datetime | None = None
    """When it struck."""
    where: str = ""
    line: int | None = None
    done: str = ""
    """Which of the two calls took effect last; of those that die between the two, the only one."""

    def before_call(self, name: str, now: datetime, line: int | None) -> None:
        """Raises ProcessKilled where the call is not to take effect any more."""
        self.refuse_the_dead()
        if self.moment == "before":
            self._strike(f"before {name}()", now, line)
        if self.moment == "between" and self.done not in ("", name):
            self._strike(f"between {self.done}() and {name}()", now, line)

    def after_call(self, name: str) -> None:
        """The call took effect."""
        self.done = name

    def refuse_the_dead(self) -> None:
        """Raises ProcessKilled again: a bare `except:` may have swallowed it."""
        if self.at is not None:
            raise ProcessKilled(self.where)

    def at_end(self, now: datetime) -> None:
        """The script came to its end alive."""
        is_half = self.moment == "between" and self.done
        self._note(f"behind {self.done}(), at the end of the script" if is_half else "at the end of the script", now)

    @property
    def failure(self) -> Failure:
        """What the cycle says of it."""
        message = f"the process was killed {self.where} (fault '{self.fault}')"
        return Failure("killed", message, line=self.line, hint=self.fault)

    def _strike(self, where: str, now: datetime, line: int | None) -> NoReturn:
        self._note(where, now, line)
        raise ProcessKilled(where)

    def _note(self, where: str, now: datetime, line: int | None = None) -> None:
        self.where, self.at, self.line = where, now, line
        self.on_strike()


@dataclass
class Recording:
    """What one command did, while it runs. The host writes it, the loop turns it into a Cycle."""

    last_run: str = "{}"
    """JSON text, as the server stores it (server-semantics 1.1)."""
    context: str = "{}"
    context_synced: str = "{}"
    """The context as far as it is saved at once; the rest counts only if the command ends well."""
    context_version: int = 0
    handovers: list[Handover] = field(default_factory=list)
    results: list[JsonValue] = field(default_factory=list)
    host_calls: list[HostCall] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)
    text_entry_refusals: list[Refusal] = field(default_factory=list)
    """Why text entries are no incidents; they count where there is no incidents() call."""
    log_left_out: int = 0
    unsupported: tuple[str, str] | None = None
    """The first thing that xsim does not simulate, and the way out."""
    kill: Kill | None = None
    """Where the process dies, if it does."""

    @property
    def died(self) -> datetime | None:
        """When the process died; None: it did not."""
        return None if self.kill is None else self.kill.at

    def write_log(self, level: str, text: str) -> None:
        if len(self.log) >= LOG_KEPT:
            self.log_left_out += 1
        else:
            self.log.append(LogLine(level, text if len(text) <= LINE_KEPT else text[:LINE_KEPT] + "..."))

    def whole_log(self) -> tuple[LogLine, ...]:
        more = (LogLine("info", f"... and {self.log_left_out} lines more"),) if self.log_left_out else ()
        return (*self.log, *more)

    def counted(self, several_calls: str) -> list[Handover]:
        """The calls that count: all "add"ed up, or the "first" or "last" alone."""
        return {"first": self.handovers[:1], "last": self.handovers[-1:]}.get(several_calls, self.handovers)

    def refusals(self, several_calls: str) -> tuple[Refusal, ...]:
        """What the server cannot decode in the calls that count; places are counted on from call to call."""
        if not self.handovers:
            return tuple(self.text_entry_refusals)
        found: list[Refusal] = []
        offset = 0
        for handover in self.counted(several_calls):
            for each in handover.refusals:
                index = None if each.index is None else each.index + offset
                found.append(Refusal(index, each.field, each.message))
            offset += handover.count
        return tuple(found)

    def note_unsupported(self, what: str, hint: str) -> None:
        if self.unsupported is None:
            self.unsupported = (what, hint)


@dataclass(frozen=True)
class Command:
    """What the server tells the script about the command it runs."""

    name: str
    params: Mapping[str, JsonValue]
    instance: str
    brand: str
    timeout: timedelta
    keeps_context: bool = True
    """test-module can neither read nor write the integration context (server-semantics 1.4)."""


def calling_context(command: Command, params: Any, now: datetime) -> dict[str, Any]:
    """The keys that a dump of a real calling context shows (server-semantics 5)."""
    context = {
        "IntegrationBrand": command.brand,
        "IntegrationInstance": command.instance,
        "BrandContext": {},
        "ScriptName": "",
        "ScriptType": "",
        "Inv": {"id": "xsim", "name": "", "category": "", "status": 0},
        "Incidents": [],
        "ParentEntry": {},
        "ExecutionContext": {},
        "ExecutedCommands": [{"moduleBrand": command.brand, "name": command.name}],
        "CommandsExecuted": {"CurrLevel": 0, "MaxLevel": 0},
        "DockerImage": "",
        "DockerWorkingDir": "",
        "IsDebug": False,
        "IsSampling": False,
        "IsRunningDocker": True,
        "IntegrationContext": None,
        "IntegrationContextChanged": False,
        "LastRun": "{}",
        "Timeout": (now + command.timeout).isoformat(),
        "TimeoutDuration": int(command.timeout.total_seconds() * 1_000_000_000),
        "runDuration": int(command.timeout.total_seconds() // 60),
        "User": {},
        "Lists": None,
        "PlaybookInputs": None,
    }
    return {
        "params": params,
        "args": {},
        "command": command.name,
        "integration": True,
        "native": False,
        "context": context,
    }


def script_line(path: str) -> Callable[[], int | None]:
    """A function that tells the line of the script at `path` that is running in this thread, if any."""

    def line() -> int | None:
        frame = sys._getframe(2)
        for _ in range(200):
            if frame.f_code.co_filename == path:
                return frame.f_lineno
            if frame.f_back is None:
                break
            frame = frame.f_back
        return None

    return line
