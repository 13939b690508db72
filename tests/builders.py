"""Records written out by hand: a call names only what matters to its test."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from xsim.integration import Integration, Parameters
from xsim.model import Cycle, Exchange, Failure, HostCall, Journal, LogLine, Outcome, Probe, Refusal, Scenario
from xsim.world import Endpoint, Event, Filter, Listing, Order

STARTS = datetime(2024, 5, 14, 9, 30, 0, 381472, tzinfo=timezone.utc)


def started(number: int) -> datetime:
    """When the cycle of that number starts: one a minute."""
    return STARTS + timedelta(minutes=number - 1)


def an_incident(event: str | None = "A-1", **fields: Any) -> dict[str, Any]:
    """A right incident of one event. A field of None stands as null; `...` leaves the field out.

    `raw` is more of the event, beside its id; `event=None` gives an event without an id.
    """
    raw = {**({} if event is None else {"id": event}), **fields.pop("raw", {})}
    incident = {
        "name": f"Alert {event}",
        "occurred": "2024-05-14T09:29:00Z",
        "rawJSON": json.dumps(raw),
        **fields,
    }
    return {key: value for key, value in incident.items() if value is not ...}


def a_host_call(
    name: str = "setLastRun",
    arguments: Any = "",
    *,
    line: int | None = 12,
    error: str | None = None,
    number: int = 1,
) -> HostCall:
    """One call on `demisto`; arguments that are no text are written as JSON."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return HostCall(at=started(number), name=name, arguments=text, line=line, error=error)


def an_exchange(
    *,
    number: int = 1,
    url: str = "https://vendor.example/alerts",
    listing: Listing | None = None,
    **named: Any,
) -> Exchange:
    return Exchange(**{"at": started(number), "method": "GET", "url": url, "status": 200, "listing": listing, **named})


def at(clock: str) -> datetime:
    """A moment of the day on which the cycles run: "09:29:30", in UTC."""
    whole, _, fraction = clock.partition(".")
    return datetime.fromisoformat(f"2024-05-14T{whole}.{fraction:0<6}+00:00")


def an_event(name: str = "A-1", occurred: str = "09:29:00", visible: str = "", **named: Any) -> Event:
    """An event of that time of day; visible at once where nothing else is said. `record` is more of it."""
    record = {"id": name, "created": f"2024-05-14T{occurred}Z", **named.pop("record", {})}
    return Event(name, at(occurred), at(visible or occurred), record, **named)


def an_endpoint(**named: Any) -> Endpoint:
    """A list by creation time, oldest first, filtered by an inclusive `since`."""
    usual = {
        "path": "/alerts",
        "time_field": "created",
        "id_field": "id",
        "filters": (Filter("since", "created"),),
        "order": Order(("created",)),
    }
    return Endpoint(**{**usual, **named})


def a_listing(*listed: str, since: str = "", compare: str = ">=", **named: Any) -> Listing:
    """What an answer of that endpoint showed; all that matched where `matched` does not say otherwise."""
    bounds = ((("created", compare, f"2024-05-14T{since}Z"),) if since else ()) + tuple(named.pop("bounds", ()))
    usual = {"matched": len(listed), "order": ("created",), "limit": 50}
    return Listing("GET /alerts", listed, bounds=bounds, **{**usual, **named})


def a_probe(
    kind: str = "state",
    event: str = "A-1",
    *,
    from_cycle: int = 0,
    delivers: Sequence[str] | bool = False,
    failure: Failure | None = None,
    **named: Any,
) -> Probe:
    """A fetch on a copy of the state. `delivers`: the events it handed over, or whether it was the one in question."""
    names = ([event] if delivers else []) if isinstance(delivers, bool) else delivers
    usual = {
        "at": started(from_cycle + 1),
        "outcome": Outcome.FAILED if failure else Outcome.OK,
        "failure": failure,
        "event": "" if kind == "drain" else event,
        "incidents": (json.dumps([an_incident(name) for name in names]),),
    }
    return Probe(**{"kind": kind, "from_cycle": from_cycle, **usual, **named})


def a_failure(kind: str = "KeyError", message: str = "'owner'", **named: Any) -> Failure:
    return Failure(kind, message, **{"frames": ("line 7, in build: owner",), "line": 7, "function": "build", **named})


def a_refusal(index: int | None = 0, field: str = "rawJSON", message: str = "json: cannot unmarshal") -> Refusal:
    return Refusal(index, field, message)


def a_cycle(
    number: int = 1,
    *,
    incidents: Sequence[Any] | None = (),
    calls: Sequence[Any] | None = None,
    outcome: Outcome | None = None,
    failure: Failure | None = None,
    before: Any = None,
    after: Any = None,
    refusals: Iterable[Refusal] = (),
    files: Iterable[str] = (),
    exchanges: int | Iterable[Exchange] = 1,
    listings: Iterable[Listing] = (),
    host_calls: Iterable[HostCall] | None = None,
    results: Iterable[Any] = (),
    log: Iterable[LogLine] = (),
) -> Cycle:
    """One fetch. `incidents` is what one demisto.incidents() call got; None: there was no call.

    `calls` gives what several calls got, a text as it is. The outcome follows from failure and refusals.
    `before` and `after` are the last run; where `after` is not given it stays as it was. `listings` are what the
    vendor's answers showed, each of an exchange of its own.
    """
    got = calls if calls is not None else [] if incidents is None else [list(incidents)]
    texts = tuple(one if isinstance(one, str) else json.dumps(one) for one in got)
    refused = tuple(refusals)
    if outcome is None:
        outcome = Outcome.FAILED if failure else Outcome.REFUSED if refused else Outcome.OK
    made = (
        host_calls if host_calls is not None else [a_host_call("incidents", "1", line=20, number=number) for _ in got]
    )
    last_run = {} if before is None else before
    exchanged = [an_exchange(number=number, listing=listing) for listing in listings]
    if not exchanged:
        exchanged = [an_exchange(number=number)] * exchanges if isinstance(exchanges, int) else list(exchanges)
    return Cycle(
        number=number,
        started=started(number),
        ended=started(number) + timedelta(milliseconds=200),
        outcome=outcome,
        failure=failure,
        last_run_before=last_run,
        last_run_after=last_run if after is None else after,
        incidents=texts,
        refusals=refused,
        files=tuple(files),
        exchanges=tuple(exchanged),
        host_calls=tuple(made),
        results=tuple(results),
        log=tuple(log),
    )


def cycles_with_last_runs(*last_runs: Any, incidents: Sequence[Any] = ()) -> list[Cycle]:
    """One cycle for each last run after the first; the first is what cycle 1 starts from."""
    return [
        replace(a_cycle(number, incidents=incidents, before=before), last_run_after=after)
        for number, (before, after) in enumerate(itertools.pairwise(last_runs), start=1)
    ]


def an_ageing_probe(last_run_after: Any, *, from_cycle: int, outcome: Outcome = Outcome.OK) -> Probe:
    """A fetch a day ahead of a cycle, with no new events."""
    return Probe("ageing", from_cycle, started(from_cycle) + timedelta(days=1), outcome, last_run_after)


def an_integration(path: str = "integration.py") -> Integration:
    return Integration(name=Path(path).stem, path=Path(path), digest="0" * 16)


def a_scenario(*, params: dict[str, Any] | None = None, **named: Any) -> Scenario:
    return Scenario(starts=STARTS, parameters=Parameters(params or {}), **named)


def a_journal(
    cycles: Iterable[Cycle] = (),
    *,
    probes: Iterable[Probe] = (),
    params: dict[str, Any] | None = None,
    path: str = "integration.py",
    complete: bool = True,
    **scenario: Any,
) -> Journal:
    """A whole journal; further arguments are fields of the scenario, such as identity=("id",)."""
    return Journal(
        integration=an_integration(path),
        scenario=a_scenario(params=params, **scenario),
        cycles=tuple(cycles),
        probes=tuple(probes),
        complete=complete,
    )
