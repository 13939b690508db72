"""How each record looks as a line of the journal, and back. Fields that hold their default are left out."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from xsim.model import (
    Cycle,
    Exchange,
    Failure,
    HostCall,
    Integration,
    LogLine,
    Outcome,
    Parameter,
    Parameters,
    Probe,
    Refusal,
    Scenario,
    Settings,
)

Fields = dict[str, Any]


def header_to_line(integration: Integration, scenario: Scenario, folder: Path) -> Fields:
    return {
        "integration": {
            "name": integration.name,
            "path": os.path.relpath(integration.path, folder).replace(os.sep, "/"),
            "shown": str(integration.path),
            "digest": integration.digest,
            "common_server": integration.common_server,
            "docker_image": integration.docker_image,
            "notes": list(integration.notes),
            "parameters": None
            if integration.parameters is None
            else [[each.name, each.kind, each.required] for each in integration.parameters],
        },
        "scenario": {
            "name": scenario.name,
            "seed": scenario.seed,
            "starts": _time(scenario.starts),
            "interval": scenario.interval.total_seconds(),
            "cycles": scenario.cycles,
            "first_cycle": scenario.first_cycle,
            "instance": scenario.instance,
            "identity": list(scenario.identity),
            "params": dict(scenario.parameters.values),
            "stand_ins": list(scenario.parameters.stand_ins),
            "last_run": scenario.last_run,
            "context": scenario.context,
            "settings": {
                "on_malformed": scenario.settings.on_malformed,
                "without_incidents_call": scenario.settings.without_incidents_call,
                "several_incidents_calls": scenario.settings.several_incidents_calls,
                "command_timeout": scenario.settings.command_timeout.total_seconds(),
                "hang_limit": scenario.settings.hang_limit.total_seconds(),
                "latency": scenario.settings.latency.total_seconds(),
            },
            "delivered": {key: list(value) for key, value in scenario.delivered.items()},
        },
    }


def integration_from_line(fields: Fields) -> Integration:
    parameters = fields["parameters"]
    return Integration(
        name=fields["name"],
        path=Path(fields["shown"]),
        digest=fields["digest"],
        common_server=fields["common_server"],
        docker_image=fields["docker_image"],
        notes=tuple(fields["notes"]),
        parameters=None if parameters is None else tuple(Parameter(*each) for each in parameters),
    )


def scenario_from_line(fields: Fields) -> Scenario:
    settings = fields["settings"]
    return Scenario(
        name=fields["name"],
        seed=fields["seed"],
        starts=_moment(fields["starts"]),
        interval=timedelta(seconds=fields["interval"]),
        cycles=fields["cycles"],
        first_cycle=fields["first_cycle"],
        instance=fields["instance"],
        identity=tuple(fields["identity"]),
        parameters=Parameters(values=fields["params"], stand_ins=tuple(fields["stand_ins"])),
        last_run=fields["last_run"],
        context=fields["context"],
        settings=Settings(
            on_malformed=settings["on_malformed"],
            without_incidents_call=settings["without_incidents_call"],
            several_incidents_calls=settings["several_incidents_calls"],
            command_timeout=timedelta(seconds=settings["command_timeout"]),
            hang_limit=timedelta(seconds=settings["hang_limit"]),
            latency=timedelta(seconds=settings["latency"]),
        ),
        delivered={key: tuple(value) for key, value in fields["delivered"].items()},
    )


def cycle_to_line(cycle: Cycle, before: Cycle | None, scenario: Scenario) -> Fields:
    """State is written where it changed; what it was before is what the line before left behind."""
    context_before = scenario.context if before is None else before.context_after
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
        "exchanges": [_exchange(each) for each in cycle.exchanges],
        "results": cycle.results,
        "log": [[each.level, each.text] for each in cycle.log],
    }
    fields.update((key, value) for key, value in optional.items() if value)
    return {"cycle": fields}


def cycle_from_line(fields: Fields, before: Cycle | None, scenario: Scenario) -> Cycle:
    context_before = scenario.context if before is None else before.context_after
    return Cycle(
        number=fields["number"],
        started=_moment(fields["started"]),
        ended=_moment(fields["ended"]),
        outcome=Outcome(fields["outcome"]),
        failure=failure_from_line(fields.get("failure")),
        last_run_before=scenario.last_run if before is None else before.last_run_after,
        last_run_after=fields["last_run"],
        context_before=context_before,
        context_after=fields["context"][0] if "context" in fields else context_before,
        incidents=tuple(fields["incidents"]),
        refusals=tuple(Refusal(*each) for each in fields.get("refusals", ())),
        files=tuple(fields.get("files", ())),
        exchanges=tuple(Exchange(_moment(at), *rest) for at, *rest in fields.get("exchanges", ())),
        host_calls=tuple(HostCall(_moment(at), *rest) for at, *rest in fields["calls"]),
        results=tuple(fields.get("results", ())),
        log=tuple(LogLine(*each) for each in fields.get("log", ())),
    )


def probe_to_line(probe: Probe) -> Fields:
    return {
        "probe": {
            "kind": probe.kind,
            "from_cycle": probe.from_cycle,
            "at": _time(probe.at),
            "outcome": probe.outcome.value,
            "last_run": probe.last_run_after,
            "failure": failure_to_line(probe.failure),
        }
    }


def probe_from_line(fields: Fields) -> Probe:
    return Probe(
        kind=fields["kind"],
        from_cycle=fields["from_cycle"],
        at=_moment(fields["at"]),
        outcome=Outcome(fields["outcome"]),
        last_run_after=fields["last_run"],
        failure=failure_from_line(fields["failure"]),
    )


def failure_to_line(failure: Failure | None) -> list[Any] | None:
    if failure is None:
        return None
    return [failure.kind, failure.message, list(failure.frames), failure.line, failure.function, failure.hint]


def failure_from_line(fields: list[Any] | None) -> Failure | None:
    if fields is None:
        return None
    kind, message, frames, line, function, hint = fields
    return Failure(kind, message, tuple(frames), line, function, hint)


def _exchange(each: Exchange) -> list[Any]:
    return [_time(each.at), each.method, each.url, each.request_body, each.status, each.size, each.digest, each.line]


def _time(moment: datetime) -> str:
    return moment.isoformat()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is timezone.utc else moment.astimezone(timezone.utc)
