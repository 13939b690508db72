"""How the cycles ended: equal failures folded into one, and the host calls that raised inside the script."""

from __future__ import annotations

from dataclasses import dataclass, field

from xsim.check.excerpt import excerpt, masked, shorten
from xsim.check.last_runs import calls_of, last_line
from xsim.check.sightings import Sightings
from xsim.check.strikes import Strikes, failed_for_good, failure_told
from xsim.model import Cycle, Failure, HostCall, Outcome

NOT_JSON = ("TypeError", "ValueError", "RecursionError", "OverflowError")
HANDING_OVER = ("incidents", "fetchResults")
"""The calls that hand over incidents; recorded with the number of incidents."""
MOST_CALLS = 5
"""Host calls before a failure that a finding shows."""
MOST_FAILURES = 200
"""Failures that are kept apart."""


@dataclass(slots=True)
class Failed:
    """Equal failures: the first one in full, and the cycles of all."""

    failure: Failure
    last_run_before: str
    last_calls: tuple[str, ...]
    answered: str = ""
    """The vendor's last complaint before it: request, status and the beginning of the answer."""
    behind: str = ""
    """The fault of the scenario that struck the failed cycle right before the first of these."""
    is_expired: bool = False
    """Whether a request was refused because its token had expired."""
    cycles: list[int] = field(default_factory=list)


class Endings:
    """The failures of a run, by outcome."""

    def __init__(self, sightings: Sightings, strikes: Strikes) -> None:
        self.sightings = sightings
        self.strikes = strikes
        self.failed: dict[tuple[str, ...], Failed] = {}
        self.timed_out: dict[tuple[str, ...], Failed] = {}
        self._behind = ""

    def take(self, cycle: Cycle) -> None:
        """Note how the cycle ended. One that a fault struck and that failed for it is kept out of the failures."""
        is_explained = self._take_refused_by_json(cycle)
        is_planned = self.strikes.has_failed_by_plan(cycle.number)
        if is_planned:
            self._behind = f"{self.strikes.by_cycle[cycle.number].told} in cycle {cycle.number}"
        elif cycle.outcome is Outcome.OK:
            self._behind = ""
        if is_planned:
            return
        if cycle.outcome is Outcome.FAILED and not is_explained:
            fold(self.failed, cycle, self._behind)
        elif cycle.outcome is Outcome.TIMED_OUT:
            fold(self.timed_out, cycle, self._behind)
        elif cycle.outcome is Outcome.OK and not cycle.incidents and not calls_of(cycle, *HANDING_OVER):
            failed = failed_for_good(cycle.exchanges, self.strikes.kinds) if cycle.exchanges else []
            example = (f"cycle {cycle.number}", failure_told(failed[0])) if failed else None
            self.sightings.add("incidents_not_called", cycle.number, line=last_known_line(cycle), example=example)
        carrying = [call for call in calls_of(cycle, *HANDING_OVER) if call.arguments not in ("", "0")]
        if cycle.outcome is Outcome.OK and len(carrying) > 1:
            line = carrying[-1].line
            self.sightings.add("incidents_called_repeatedly", cycle.number, line=line, first=len(carrying))

    def _take_refused_by_json(self, cycle: Cycle) -> bool:
        """Note calls whose argument could not be written as JSON; whether the cycle failed for that."""
        is_explained = False
        for place, call in enumerate(cycle.host_calls):
            if not call.error or not call.error.startswith(NOT_JSON):
                continue
            if call.name in HANDING_OVER:
                fault = "incidents_not_json"
            elif call.name == "setLastRun":
                fault = "last_run_not_json"
            else:
                continue
            caused = cycle.outcome is Outcome.FAILED and has_caused(call, cycle, place)
            repeated = any(other.name == call.name and not other.error for other in cycle.host_calls[place + 1 :])
            first = (call, caused, repeated)
            self.sightings.add(fault, cycle.number, key=masked(call.error), line=call.line, first=first)
            is_explained = is_explained or caused
        return is_explained


def last_known_line(cycle: Cycle) -> int | None:
    """Where the call is missing: behind the last run that was set, else behind the last call or request there was."""
    line = last_line(cycle, "setLastRun")
    steps = [(each.at, each.line) for each in cycle.exchanges] + [(each.at, each.line) for each in cycle.host_calls]
    return line or max(steps, key=lambda step: step[0], default=(cycle.started, None))[1]


def has_caused(call: HostCall, cycle: Cycle, place: int) -> bool:
    """Whether the cycle failed because of this call: its text is in the failure, or nothing was handed over after."""
    text = (call.error or "").partition(": ")[2]
    if cycle.failure and text and text in cycle.failure.message:
        return True
    later = cycle.host_calls[place + 1 :]
    return not any(other.name in (*HANDING_OVER, "setLastRun") and not other.error for other in later)


def fold(failures: dict[tuple[str, ...], Failed], cycle: Cycle, behind: str) -> None:
    failure = cycle.failure or Failure("failed", "the cycle did not end")
    is_expired = any(each.login == "expired" for each in cycle.exchanges)
    key: tuple[str, ...] = (failure.kind, masked(failure.message), str(failure.line), str(is_expired))
    if key not in failures and len(failures) >= MOST_FAILURES:
        key = next(reversed(failures))
    if key not in failures:
        calls = tuple(call_text(call) for call in cycle.host_calls[-MOST_CALLS:])
        failures[key] = Failed(failure, excerpt(cycle.last_run_before), calls, complaint_of(cycle), behind, is_expired)
    failures[key].cycles.append(cycle.number)


def complaint_of(cycle: Cycle) -> str:
    complaining = [each for each in cycle.exchanges if each.status is not None and each.status >= 400]
    if not complaining:
        return ""
    last = complaining[-1]
    return f"{last.method} {shorten(last.url)}: {last.status} {shorten(last.answer)}".rstrip()


def call_text(call: HostCall) -> str:
    where = f" (line {call.line})" if call.line else ""
    raised = f" raised {shorten(call.error)}" if call.error else ""
    return f"{call.name}({shorten(call.arguments, 120)}){where}{raised}"
