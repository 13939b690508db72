"""Small reports for the tests of the report stage: each call names only what matters to its test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from xsim.findings import Finding, Place, Report, Rule, RuleResult
from xsim.integration import Integration, Parameters
from xsim.model import Cycle, Exchange, Failure, HostCall, Journal, LogLine, Outcome, Scenario, Severity, Verdict

START = datetime(2024, 5, 14, 23, 57, 0, 250_000, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)


class Walks:
    """Cycles that are made anew at each walk, as those of a journal file are; counts the walks."""

    def __init__(self, make: Any) -> None:
        self._make = make
        self.walks = 0

    def __iter__(self) -> Iterator[Cycle]:
        self.walks += 1
        return iter(self._make())


def an_integration(**fields: Any) -> Integration:
    defaults = {"name": "Acme Alerts", "path": Path("acme.py"), "digest": "d1", "common_server": "xsim's own"}
    return Integration(**{**defaults, **fields})


def a_cycle(number: int = 1, **fields: Any) -> Cycle:
    started = fields.pop("started", START + (number - 1) * MINUTE)
    last_run = fields.pop("last_run", ({}, {}))
    defaults = {
        "started": started,
        "ended": started + timedelta(milliseconds=200),
        "outcome": Outcome.OK,
        "last_run_before": last_run[0],
        "last_run_after": last_run[1],
        "incidents": ("[]",),
        "exchanges": (a_call(started),),
        "host_calls": (HostCall(started, "getLastRun", "", 11), HostCall(started, "setLastRun", '{"a": 1}', 19)),
    }
    return Cycle(number=number, **{**defaults, **fields})


def a_call(at: datetime = START, **fields: Any) -> Exchange:
    defaults = {"method": "GET", "url": "https://vendor.example/alerts?since=1", "status": 200, "size": 2, "line": 14}
    return Exchange(at=at, **{**defaults, **fields})


def a_failure(**fields: Any) -> Failure:
    defaults = {
        "kind": "KeyError",
        "message": "'owner'",
        "frames": ("line 31, in main: fetch(client)", "line 22, in fetch: owner = alert['owner']"),
        "line": 22,
        "function": "fetch",
    }
    return Failure(**{**defaults, **fields})


def a_rule(code: str = "FC201", name: str = "missed-event", **fields: Any) -> Rule:
    defaults = {
        "severity": Severity.ERROR,
        "since": "0.1",
        "summary": "An event that the vendor showed never became an incident.",
        "why": "The analyst never learns of it.",
        "fix": "Query again over the vendor's indexing lag,\nand drop ids already seen.",
        "check": lambda journal: iter(()),
    }
    return Rule(code=code, name=name, **{**defaults, **fields})


def a_result(rule: Rule | None = None, *findings: Finding, **fields: Any) -> RuleResult:
    verdict = fields.pop("verdict", Verdict.FAILED if findings else Verdict.PASSED)
    return RuleResult(rule or a_rule(), verdict, findings, **fields)


def a_report(cycles: Iterable[Cycle] = (), *results: RuleResult, **fields: Any) -> Report:
    """`secrets`, `integration`, `scenario`, `command` and `complete` go to the journal, the rest to the report."""
    cycles = cycles if isinstance(cycles, Walks) else tuple(cycles)
    count = fields.pop("count", len(cycles) if isinstance(cycles, tuple) else 0)
    parameters = fields.pop("parameters", Parameters({}, secrets=fields.pop("secrets", ())))
    scenario = Scenario(starts=START, cycles=count, parameters=parameters, **fields.pop("scenario", {}))
    journal = Journal(
        integration=fields.pop("integration", an_integration()),
        scenario=scenario,
        cycles=cycles,
        command=fields.pop("command", "xsim run acme.py --cycles 10"),
        complete=fields.pop("complete", True),
        xsim_version="0.1.0",
    )
    return Report(journal, results, **{"verdict": Verdict.PASSED, **fields})


def advancing(number: int, **fields: Any) -> Cycle:
    """A quiet cycle that moves its last run by a minute."""
    times = [(START + index * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ") for index in (number - 2, number - 1)]
    before = {} if number == 1 else {"last_fetch": times[0]}
    return a_cycle(number, last_run=(before, {"last_fetch": times[1]}), **fields)


def a_failing_report() -> Report:
    """A bit of everything: duplicates, a missed event, failures, stand-ins, notes."""
    missed, doubled = a_rule(), a_rule("FC202", "duplicate-event", summary="An event became an incident twice.")
    note = a_rule("FC104", "text-in-last-run", severity=Severity.NOTE, summary="A last-run value is no string.", fix="")

    def two(number: int) -> Cycle:
        texts = '[{"name": "a", "rawJSON": "{}"}, {"name": "b", "rawJSON": "{}"}]'
        return advancing(number, incidents=(texts,), exchanges=(a_call(), a_call()))

    cycles = [
        two(1),
        *(advancing(number) for number in (2, 3, 4)),
        two(5),
        *(
            a_cycle(
                number,
                outcome=Outcome.FAILED,
                failure=a_failure(),
                incidents=('[{"name": "c"}]',) if number == 6 else (),
                last_run=({"last_fetch": "2024-05-15T00:01:00Z"}, {"last_fetch": "2024-05-15T00:01:00Z"}),
            )
            for number in (6, 7, 8)
        ),
        advancing(9),
        advancing(10, log=(LogLine("debug", "done"),)),
    ]
    return a_report(
        cycles,
        a_result(
            missed,
            Finding(
                "evt-7 was never delivered",
                cycles=(4,),
                events=("evt-7",),
                cause="late-indexing",
                place=Place("acme.py", 42, "fetch_incidents"),
                evidence=(
                    ("occurred", "2024-05-14T23:58:10Z"),
                    ("visible", "2024-05-15T00:00:30Z"),
                    ("last run after cycle 4", '{"last_fetch": "2024-05-15T00:00:00Z"}'),
                ),
                fingerprint="f1",
            ),
        ),
        a_result(
            doubled,
            *(
                Finding(f"evt-{number} was delivered again in cycle 5", cycles=(5,), events=(f"evt-{number}",))
                for number in (1, 2)
            ),
        ),
        a_result(note, Finding("last_fetch holds a number", cycles=(1, 2, 3, 5)), verdict=Verdict.PASSED),
        verdict=Verdict.FAILED,
        reason="3 errors in 2 rules",
        identity="id in rawJSON (detected)",
        delivered=4,
        not_exercised=("FC301 late-event: needs an event that is indexed late",),
        parameters=Parameters(
            {"url": "https://vendor.example", "token": "s3cr3t-token"},
            stand_ins=("url", "token"),
            secrets=("s3cr3t-token",),
        ),
        integration=an_integration(notes=("acme.yml declares 'max_fetch', which the script never reads.",)),
    )


HOSTILE = (
    "\x1b[2J\x1b]0;title\x07\u202eevil\u2066\x00\x9b\ud83d\x7f\ufffe\r\n::error file=x::y\n##[add-mask]z ]]> </failure>"
    "<script> & \"quotes\" 'too' %0A `code` [link](https://other.example) | cell | **bold** {0} \u2028 end"
)
"""Escapes, controls, bidi overrides, a lone surrogate, and the marks of every format that a report is written in."""


def a_hostile_report(text: str = HOSTILE, **fields: Any) -> Report:
    """A report in which every text that comes from integration, vendor or scenario is `text`."""
    finding = Finding(
        text,
        cycles=(1,),
        events=(text,) * 3,
        cause=text,
        place=Place(text, 3, text),
        evidence=((text, text),),
        fingerprint="f1",
    )
    accepted = replace(finding, accepted=text, severity=Severity.NOTE)
    note = replace(finding, severity=Severity.NOTE, place=None)
    failure = a_failure(kind=text, message=text, frames=(text,), function=text, hint=text)
    cycle = a_cycle(
        1,
        outcome=Outcome.FAILED,
        failure=failure,
        last_run=({}, {text: text}),
        exchanges=(a_call(url=text, method=text),),
        log=(LogLine("debug", text),),
    )
    undecided = a_result(a_rule("FC301", "late-event"), verdict=Verdict.UNDECIDED, reason=text)
    defaults: dict[str, Any] = {
        "verdict": Verdict.UNDECIDED,
        "reason": text,
        "identity": text,
        "not_exercised": (text,),
        "assumes": (text,),
        "command": text,
        "integration": an_integration(name=text, path=Path(text), common_server=text, notes=(text,)),
        "scenario": {"name": text, "instance": text},
    }
    return a_report([cycle], a_result(a_rule(), finding, accepted, note), undecided, **{**defaults, **fields})
