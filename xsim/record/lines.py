"""How each record looks as a line of the journal, and back. Fields that hold their default are left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from xsim.events import Events
from xsim.integration import Integration
from xsim.model import Cycle, Exchange, Failure, HostCall, LogLine, Outcome, Probe, Refusal, Scenario
from xsim.record.codec import decode, encode
from xsim.record.conform import conform
from xsim.world import Change, Event, Listing

Fields = dict[str, Any]
FIRST_YEAR, LAST_YEAR = 1900, 3000
LONGEST_SPAN = timedelta(days=36_600)
_NO_TIME = timedelta(0)
LARGEST_NUMBER = 2**31 - 1
"""Of a cycle."""
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)
"""What reading a line raises where it is not one that xsim wrote."""


_NOT_KEPT_OF_INTEGRATION = frozenset({"code", "modules", "path"})
_SECRETS = frozenset({"secrets"})


def header_to_line(integration: Integration, scenario: Scenario) -> Fields:
    """Which integration ran in which world."""
    parameters = encode(scenario.parameters, without=_SECRETS)
    return {
        "integration": {
            **encode(integration, without=_NOT_KEPT_OF_INTEGRATION),
            "path": str(integration.path),
        },
        "scenario": {**encode(scenario), "parameters": {"values": {}, **parameters}},
    }


def integration_from_line(fields: Fields) -> Integration:
    """Raises one of UNREADABLE, as all that read a line do."""
    return conform(decode(Integration, fields))


def scenario_from_line(fields: Fields) -> Scenario:
    held = dict(fields)
    events = Events(map(event_from_line, _items(held.pop("events", []))))
    scenario = replace(conform(decode(Scenario, held)), events=events)
    _refuse_far_future(scenario.starts)
    spans = (scenario.interval, scenario.drain_interval or scenario.interval, *(span for _, span in scenario.pauses))
    if not all(timedelta(0) < span < LONGEST_SPAN for span in spans):
        raise ValueError("an interval that is none")
    return scenario


def event_from_line(fields: Fields) -> Event:
    event = Event(
        id=fields["id"],
        occurred=datetime.fromisoformat(fields["occurred"]),
        visible=datetime.fromisoformat(fields["visible"]),
        record=fields["record"],
        changes=tuple(decode(Change, each) for each in _items(fields.get("changes", []))),
        wanted=fields.get("wanted"),
        stream=fields.get("stream", ""),
    )
    _refuse_far_future(event.occurred, event.visible)
    return conform(event)


def delivered_from_line(row: list[Any]) -> tuple[str, tuple[int, str]]:
    name, cycle, digest = row
    if type(name) is not str or type(cycle) is not int or type(digest) is not str:
        raise TypeError("a delivered identity is a text, a number and a text")
    return name, (cycle, digest)


def cycle_to_line(cycle: Cycle, before: Cycle | None, scenario: Scenario) -> Fields:
    """State is written where it changed; what it was before is what the line before left behind."""
    context_before = scenario.context if before is None else before.context_after
    vendor_state_before = scenario.vendor_state if before is None else before.vendor_state
    latency = scenario.settings.latency
    fields: Fields = {
        "number": cycle.number,
        "started": _time(cycle.started),
        "ended": _time(cycle.ended),
        "outcome": cycle.outcome.value,
        "last_run": cycle.last_run_after,
        "incidents": cycle.incidents,
        "calls": [[_time(each.at), each.name, each.arguments, each.line, each.error] for each in cycle.host_calls],
    }
    optional: Fields = {
        "context": [cycle.context_after] if cycle.context_after != context_before else None,
        "failure": failure_to_line(cycle.failure),
        "refusals": [[each.index, each.field, each.message] for each in cycle.refusals],
        "files": cycle.files,
        "exchanges": [_exchange(each, latency) for each in cycle.exchanges],
        "results": cycle.results,
        "log": [[each.level, each.text] for each in cycle.log],
        "vendor_state": [cycle.vendor_state] if cycle.vendor_state != vendor_state_before else None,
    }
    fields.update((key, value) for key, value in optional.items() if value)
    return {"cycle": fields}


def cycle_from_line(fields: Fields, before: Cycle | None, scenario: Scenario) -> Cycle:
    context_before = scenario.context if before is None else before.context_after
    vendor_state_before = scenario.vendor_state if before is None else before.vendor_state
    latency = scenario.settings.latency
    cycle = Cycle(
        number=fields["number"],
        started=_moment(fields["started"]),
        ended=_moment(fields["ended"]),
        outcome=Outcome(fields["outcome"]),
        failure=failure_from_line(fields.get("failure")),
        last_run_before=scenario.last_run if before is None else before.last_run_after,
        last_run_after=fields["last_run"],
        context_before=context_before,
        context_after=fields["context"][0] if "context" in fields else context_before,
        incidents=_items(fields["incidents"]),
        refusals=tuple(Refusal(*each) for each in fields.get("refusals", ())),
        files=_items(fields.get("files", [])),
        exchanges=tuple(_exchange_from_line(each, latency) for each in fields.get("exchanges", ())),
        host_calls=tuple(HostCall(_moment(at), *rest) for at, *rest in fields["calls"]),
        results=_items(fields.get("results", [])),
        log=tuple(LogLine(*each) for each in fields.get("log", ())),
        vendor_state=fields["vendor_state"][0] if "vendor_state" in fields else vendor_state_before,
    )
    _refuse_far_times(cycle.started, cycle.ended)
    if not 0 <= conform(cycle).number <= LARGEST_NUMBER:
        raise ValueError(f"number {cycle.number}")
    return cycle


def probe_to_line(probe: Probe) -> Fields:
    fields: Fields = {
        "kind": probe.kind,
        "from_cycle": probe.from_cycle,
        "at": _time(probe.at),
        "outcome": probe.outcome.value,
        "last_run": probe.last_run_after,
        "failure": failure_to_line(probe.failure),
        "event": probe.event,
        "incidents": probe.incidents,
        "requests": probe.requests,
    }
    if probe.ended is not None:
        exchanges = [_exchange(each, _NO_TIME) for each in probe.exchanges]
        fields["rerun"] = [_time(probe.ended), probe.context_after, exchanges]
    return {"probe": fields}


def probe_from_line(fields: Fields) -> Probe:
    ended, context, exchanges = fields.get("rerun", (None, None, ()))
    probe = Probe(
        kind=fields["kind"],
        from_cycle=fields["from_cycle"],
        at=_moment(fields["at"]),
        outcome=Outcome(fields["outcome"]),
        last_run_after=fields["last_run"],
        failure=failure_from_line(fields["failure"]),
        event=fields["event"],
        incidents=_items(fields["incidents"]),
        requests=fields.get("requests"),
        context_after=context,
        ended=None if ended is None else _moment(ended),
        exchanges=tuple(_exchange_from_line(each, _NO_TIME) for each in exchanges),
    )
    _refuse_far_times(probe.at, *(() if probe.ended is None else (probe.ended,)))
    return conform(probe)


def failure_to_line(failure: Failure | None) -> list[Any] | None:
    if failure is None:
        return None
    return [failure.kind, failure.message, list(failure.frames), failure.line, failure.function, failure.hint]


def failure_from_line(fields: list[Any] | None) -> Failure | None:
    if fields is None:
        return None
    kind, message, frames, line, function, hint = fields
    return Failure(kind, message, _items(frames), line, function, hint)


def _exchange(each: Exchange, latency: timedelta) -> list[Any]:
    """What it usually is, is left out at the end: no listing, no complaint, nothing special, the usual latency."""
    kept = [_time(each.at), each.method, each.url, each.request_body, each.status, each.size, each.digest, each.line]
    special = [each.login, each.fault, each.retry_after]
    waited = [] if each.waited == _usual_wait(each.status, latency) else [each.waited.total_seconds()]
    if each.listing is None and not each.answer and not each.body and not any(special) and not waited:
        return kept
    kept += [None if each.listing is None else encode(each.listing), each.answer]
    if each.body:
        return [*kept, *special, each.waited.total_seconds(), each.body]
    return [*kept, *special, *waited] if waited or any(special) else kept


def _exchange_from_line(kept: list[Any], latency: timedelta) -> Exchange:
    at, method, url, request_body, status, size, digest, line, *more = kept
    unsaid: tuple[Any, ...] = (None, "", "", "", "")
    listing, answer, login, fault, retry_after, *waited = (*more, *unsaid[len(more) :])
    shown = None if listing is None else decode(Listing, listing)
    span = timedelta(seconds=waited[0]) if waited else _usual_wait(status, latency)
    body = waited[1] if len(waited) > 1 else ""
    known = (_moment(at), method, url, request_body, status, size, digest, line, shown, answer)
    return Exchange(*known, login, fault, retry_after, span, body)


def _usual_wait(status: int | None, latency: timedelta) -> timedelta:
    return timedelta(0) if status is None else latency


def _refuse_far_future(*moments: datetime) -> None:
    if any(each.tzinfo is None or each.year > LAST_YEAR for each in moments):
        raise ValueError("a time without an offset, or beyond all simulated time")


def _refuse_far_times(*moments: datetime) -> None:
    """What reckons with a time must not come to the end of all years."""
    if not all(FIRST_YEAR <= each.year <= LAST_YEAR for each in moments):
        raise ValueError(f"a time outside the years {FIRST_YEAR} to {LAST_YEAR}")


def _items(value: Any) -> tuple[Any, ...]:
    """What a list holds: a text is no list of its letters."""
    if not isinstance(value, list):
        raise TypeError(f"a list is expected, found {type(value).__name__}")
    return tuple(value)


def _time(moment: datetime) -> str:
    return moment.isoformat()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is timezone.utc else moment.astimezone(timezone.utc)
