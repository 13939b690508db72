"""Reads [[faults]]: what goes wrong by plan, and when it strikes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from xsim.load.scenario_calls import (
    HOST,
    METHODS,
    Call,
    can_meet,
    read_headers,
    read_host,
    read_long_text,
    read_url_path,
)
from xsim.load.scenario_clock import MOST_CYCLES
from xsim.load.scenario_elsewhere import FAULT_KEYS, FAULT_KINDS, hint_for
from xsim.load.scenario_keys import CHANCE, DURATION, TABLE, TEXT, TIME, WHOLE, WORD, Key, keyed
from xsim.load.scenario_table import Table, described, nearest
from xsim.world import TIME_HERE, Fault, Login

KINDS = {
    "status": "An answer of another `status`, with `headers` and `text`.",
    "timeout": "No answer comes: the script waits as long as its own time-out, or the command's.",
    "refused": "No connection.",
    "reset": "The connection breaks before the answer.",
    "cut": "The body ends before its announced length.",
    "malformed": "A body of the announced kind that cannot be read: `text`, else the real answer, broken off.",
    "wrong_type": "A page of HTML where JSON is expected: `text`, else a page to sign in.",
    "slow": "The answer comes `delay` later: it may overrun the interval, the script's time-out or the command's.",
    "logout": "All tokens that logins have given so far are no longer good; the request itself goes on.",
    "kill": "The process is killed, at a moment of the cycle.",
}
MOMENTS = ("before", "between", "after")
_STRIKING_REQUESTS = tuple(kind for kind in KINDS if kind != "kill")
"""What a kill strikes is a cycle."""
KEYS = keyed(
    Key("name", TEXT, "What reports call it; its chance hangs on it.", otherwise='`"status 1"`, `"status 2"`, ...'),
    Key("kind", WORD, "As above.", needed=True, words=KINDS),
    Key("cycles", "list of whole numbers and texts", '`[3, "5-8"]`: in cycle 3, and in 5 to 8.', otherwise="all"),
    Key("from", TIME, "From then on. For a kill the cycle's start counts.", otherwise="the first cycle"),
    Key("until", TIME, "Before then.", otherwise="the end"),
    Key("chance", CHANCE, "How likely it strikes each time, drawn from the seed and its name.", 1),
    Key("times", WHOLE, "At most so often, in a run and in those that go on from it.", otherwise="no limit", least=1),
    Key(
        "requests", "list of whole numbers and texts",
        'Which of a cycle\'s requests that fit `method`, `host` and `path`, counted from 1: `[1, "3-6"]`.',
        otherwise="each; of a logout the first", of=_STRIKING_REQUESTS,
    ),
    Key("method", WORD, "As of an endpoint.", otherwise="any", words=METHODS, of=_STRIKING_REQUESTS),
    replace(HOST, of=_STRIKING_REQUESTS),
    Key("path", TEXT, "Parts in braces take anything.", otherwise="any", of=_STRIKING_REQUESTS),
    Key("status", WHOLE, "Of the answer.", 500, least=200, most=599, of=("status",)),
    Key(
        "headers", TABLE,
        "Names and texts, as `answer_headers`. `{date+30s}` in a text is the HTTP date 30 seconds after the answer, "
        "`{epoch+30s}` the same in seconds since 1970.",
        of=("status",),
    ),
    Key(
        "text", TEXT, "The body.", otherwise="says that it is a fault", of=("status", "malformed", "wrong_type"),
    ),
    Key("delay", DURATION, "How much later than usual.", needed=True, least="1ms", of=("slow",)),
    Key(
        "at", WORD, "Before the first of incidents() and setLastRun(), between the two, or after both.", needed=True,
        words=MOMENTS, of=("kill",),
    ),
)  # fmt: skip
MOST_REQUESTS = 1_000_000
LONGEST_LIST = 10_000
"""Requests that one fault names."""

_SPAN = re.compile(r"(\d{1,7})(?:\s*-\s*(\d{1,7}))?", re.ASCII)
_MEANT_AS_TIME = re.compile(r"\{(?:date|epoch)\b[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Reach:
    """The schedule that faults have to strike in. Without a time where somebody else may move that end."""

    last_cycle: int
    skipped: Collection[int] = ()
    begins: datetime | None = None
    ends: datetime | None = None


def read_faults(top: Table, reach: Reach) -> tuple[Fault, ...]:
    """All faults, in the file's order."""
    faults: list[Fault] = []
    for table in top.tables("faults"):
        fault = _read_fault(table, faults)
        _refuse_never(table, fault, reach)
        faults.append(fault)
    return tuple(faults)


def refuse_idle_faults(
    faults: Collection[Fault], tables: list[Table], calls: Collection[Call], logins: Collection[Login]
) -> None:
    """A fault that fits no call would never strike; without calls there is nothing to go by."""
    for fault, table in zip(faults, tables, strict=True):
        if fault.kind == "logout" and not any(login.kind == "token" for login in logins):
            table.refuse("kind", "there is no token to be lost", 'write a [[logins]] of kind = "token"')
        if calls and not any(_fits(fault, call) for call in calls):
            _refuse_unfit(table, fault, calls)


def _read_fault(table: Table, before: Collection[Fault]) -> Fault:
    table = table.held_to(KEYS, FAULT_KEYS)
    kind = _read_kind(table)
    since, until = table.moment("from"), table.moment("until")
    fault = Fault(
        name=_read_name(table, kind, before),
        kind=kind,
        cycles=_read_cycles(table),
        since=since,
        until=until,
        requests=_read_requests(table),
        chance=table.number("chance"),
        times=table.whole("times"),
        method=table.choice("method"),
        host=read_host(table),
        path=read_url_path(table),
        status=table.whole("status"),
        headers=_read_fault_headers(table.table("headers")),
        text=read_long_text(table),
        delay=table.duration("delay"),
        moment=table.choice("at"),
    )
    for key, owner in (("delay", "slow"), ("at", "kill")):
        if kind == owner:
            table.need(key, f': kind = "{kind}" needs {_NEEDED[key]}')
    return fault


_NEEDED = {
    "delay": 'how much later the answer comes, such as delay = "90s"',
    "at": 'its moment: "before" incidents() and setLastRun(), "between" them, or "after" both',
}


def _read_kind(table: Table) -> str:
    """The kind, with every key of another one refused."""
    table.need("kind", f": one of {', '.join(KINDS)}")
    kind = table.values["kind"]
    if re.fullmatch(r"[2-5]\d\d", str(kind)):
        table.expect("kind", f"one of {', '.join(KINDS)}", f'write kind = "status", status = {kind}')
    if hint := hint_for(kind, FAULT_KINDS):
        table.expect("kind", f"one of {', '.join(KINDS)}", hint)
    kind = table.choice("kind")
    for key in table.values:
        if KEYS[key].of and kind not in KEYS[key].of:
            table.refuse(key, f'means nothing for kind = "{kind}"', _other_kinds(key))
    return kind


def _other_kinds(key: str) -> str:
    if key == "at":
        return '`from`, `until` and `cycles` say when; `at` is for kind = "kill"'
    if KEYS[key].of == _STRIKING_REQUESTS:
        return 'it strikes a cycle, at = "before", "between" or "after" its incidents() and setLastRun()'
    return "write kind = " + " or ".join(f'"{kind}"' for kind in KEYS[key].of)


def _read_name(table: Table, kind: str, before: Collection[Fault]) -> str:
    """Its own, else the kind and how many of that kind there are so far: another kind's fault moves no chance."""
    number = 1 + sum(fault.kind == kind for fault in before)
    name = table.filled_text("name", f"{kind} {number}")
    for place, fault in enumerate(before, 1):
        if fault.name == name:
            key = "name" if "name" in table else None
            table.refuse(key, f"[[faults]] {place} is called '{name}' too", "its chance hangs on its name")
    return name


def _read_cycles(table: Table) -> tuple[tuple[int, int], ...]:
    """Numbers, and texts of a first and a last one: [3, "5-8"]."""
    return _read_spans(table, "cycles", MOST_CYCLES, 'cycle numbers from 1 and spans, such as [3, "5-8"]')


def _read_requests(table: Table) -> tuple[int, ...]:
    """The same, each number by itself."""
    expected = 'whole numbers from 1 and spans, such as [1, "3-6"]'
    spans = _read_spans(table, "requests", MOST_REQUESTS, expected, "without `requests` each request is struck")
    if sum(last - first + 1 for first, last in spans) > LONGEST_LIST:
        table.refuse("requests", f"names more than {LONGEST_LIST:,} requests", "without `requests` each one is struck")
    return tuple(sorted({number for first, last in spans for number in range(first, last + 1)}))


def _read_spans(
    table: Table, key: str, most: int, expected: str, if_empty: str | None = None
) -> tuple[tuple[int, int], ...]:
    """Each number and span of a list, in order; one of them alone is a list of one."""
    value = table.values.get(key, [])
    listed = value if isinstance(value, list) else [value]
    found = set()
    for each in listed:
        span = _span(each, most)
        if span is None:
            table.refuse(key, f"found {described(each)}, expected {expected}")
        found.add(span)
    if key in table and not found:
        table.expect(key, expected, if_empty)
    return tuple(sorted(found))


def _span(value: Any, most: int) -> tuple[int, int] | None:
    numbers: tuple[int, int] | None = None
    if isinstance(value, int) and not isinstance(value, bool):
        numbers = (value, value)
    elif isinstance(value, str) and (match := _SPAN.fullmatch(value.strip())):
        numbers = (int(match[1]), int(match[2] or match[1]))
    return numbers if numbers and 1 <= numbers[0] <= numbers[1] <= most else None


def _read_fault_headers(table: Table) -> tuple[tuple[str, str], ...]:
    """Names and texts; a time that one names has to be one that the vendor can tell."""
    headers = tuple(read_headers(table))
    for name, text in headers:
        for time in _MEANT_AS_TIME.findall(text):
            if not TIME_HERE.fullmatch(time):
                table.refuse(name, f"found {described(time)}, expected a time such as {{date+30s}} or {{epoch+2m}}")
    return headers


# --- faults that never strike -------------------------------------------------------------------------------


def _refuse_never(table: Table, fault: Fault, reach: Reach) -> None:
    """A fault that cannot strike would let a run pass for the wrong reason."""
    if fault.since and fault.until and fault.until <= fault.since:
        table.expect("until", "a time after 'from'")
    if not fault.chance:
        table.expect("chance", "a number above 0, as it would never strike")
    for first, last in fault.cycles:
        if first > reach.last_cycle:
            shown = str(first) if first == last else f"{first}-{last}"
            table.refuse("cycles", f"{shown} comes behind the last cycle, {reach.last_cycle}", _MORE_CYCLES)
    within = [(first, min(last, reach.last_cycle)) for first, last in fault.cycles]
    if within and all(cycle in reach.skipped for first, last in within for cycle in _few(first, last, reach)):
        table.refuse("cycles", "[clock] skip leaves all of them out, so that it would never strike")
    if fault.until and reach.begins and fault.until <= reach.begins:
        table.expect("until", f"a time after the start, {reach.begins.isoformat()}")
    if fault.since and reach.ends and fault.since >= reach.ends:
        table.expect("from", f"a time before the schedule ends, {reach.ends.isoformat()}", _MORE_CYCLES)


_MORE_CYCLES = "it would never strike; [clock] cycles says how many there are"


def _few(first: int, last: int, reach: Reach) -> range:
    """The span, cut where it is longer than what can be left out of it."""
    return range(first, min(last, first + len(reach.skipped)) + 1)


def _fits(fault: Fault, call: Call) -> bool:
    return (
        fault.method in ("", call.method)
        and _is_host(fault.host, call.host)
        and (not fault.path or can_meet(fault.path, call.path))
    )


def _is_host(fault: str, call: str) -> bool:
    """A host without a port fits any."""
    if not fault or not call or fault == call:
        return True
    return fault.partition(":")[0] == call.partition(":")[0] and not (":" in fault and ":" in call)


def _refuse_unfit(table: Table, fault: Fault, calls: Collection[Call]) -> None:
    """Name the first key that no call fits."""
    known: Mapping[str, Collection[str]] = {
        "path": sorted({call.path for call in calls}),
        "method": sorted({call.method for call in calls}),
        "host": sorted({call.host for call in calls} - {""}),
    }
    alone = {"path": Fault("", "", path=fault.path), "method": Fault("", "", method=fault.method)}
    alone["host"] = Fault("", "", host=fault.host)
    for key, part in alone.items():
        if key in table and not any(_fits(part, call) for call in calls):
            near = nearest(str(table.values[key]), known[key])
            hint = near or f"known here: {', '.join(known[key])}"
            table.refuse(
                key, f"no endpoint or login is of {described(table.values[key])}, so it would never strike", hint
            )
    table.refuse(None, "no endpoint or login has this method, host and path together")
