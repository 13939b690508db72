"""Compares a cycle with what the same cycle came to in a new process, and finds what only a leftover can have made.

Nothing but what lies in the process differs between the two: stored state, time, chance and vendor are the same. What
differs for another reason is told by what each of them sent and got, and by a second new process with other chance.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from xsim.check.evidence import Evidence
from xsim.check.identity import Identity
from xsim.check.incidents import read_raw, with_right_case
from xsim.model import Cycle, Exchange, Failure, Journal, Outcome, Probe

ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
BY_CHANCE = ("hang", "memory", "died", "killed")
"""Failures that real time, the machine or the scenario makes."""

Course = tuple[tuple[datetime, str, str], ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """What a cycle came to in its process and not in a new one."""

    cycle: Cycle
    cause: str
    more: tuple[str, ...] = ()
    """Incidents, by name, that the new process hands over besides."""
    fewer: tuple[str, ...] = ()
    """Those that it does not hand over."""
    failure: Failure | None = None
    """Why the fetch fails there."""
    cold: Probe | None = None


class Run(NamedTuple):
    """One run of the cycle, ready to be compared."""

    outcome: Outcome
    failure: Failure | None
    course: Course
    """When it sent what, and when it ended."""
    names: frozenset[str]
    incidents: Counter[str]
    last_run: str
    context: str
    listed: frozenset[str]


def leaks(evidence: Evidence) -> Iterator[Leak]:
    """Those of the cycles that were run once more, in order."""
    reruns = reruns_of(evidence.journal)
    if not reruns:
        return
    for cycle in evidence.journal.cycles:
        if cycle.number in reruns:
            cold, other, reused = reruns[cycle.number]
            leak = leak_of(evidence, cycle, cold, other, reused)
            if leak is not None:
                yield leak


def reruns_of(journal: Journal) -> dict[int, tuple[Probe, Probe, Probe]]:
    """Of each cycle that came out otherwise: two runs in new processes, and one in a process that ran others before."""
    found: dict[int, list[Probe]] = {}
    for probe in journal.probes:
        if probe.kind in ("cold", "reused") and probe.ended is not None:
            found.setdefault(probe.from_cycle, []).append(probe)
    return {
        number: (probes[0], probes[1], probes[2])
        for number, probes in found.items()
        if [probe.kind for probe in probes] == ["cold", "cold", "reused"]
    }


def leak_of(evidence: Evidence, cycle: Cycle, cold: Probe, other: Probe, reused: Probe) -> Leak | None:
    """What of the difference is proven. None: nothing is."""
    if cycle.outcome is not Outcome.OK or reused.outcome is not Outcome.OK:
        return None
    if not (answered_alike(cycle, cold) and answered_alike(reused, cold)):
        return None
    identity = evidence.deliveries.identity
    try:
        warm, new, again, replayed = (run_of(each, identity) for each in (cycle, cold, other, reused))
    except RecursionError:
        return None
    if new.outcome is not Outcome.OK:
        return failed(cycle, cold, warm, new, again)
    if again.outcome is not Outcome.OK:
        return None
    is_alike = warm.course == new.course == again.course == replayed.course
    sure = warm.names ^ new.names if new.names == again.names else frozenset[str]()
    # Only what a process that ran fetches before does once more hangs on those.
    sure = frozenset(name for name in sure if (name in replayed.names) == (name in warm.names))
    if not is_alike:
        sure = frozenset(name for name in sure if is_sure_at_another_time(evidence, name, cycle, (warm, new, replayed)))
    if sure:
        more, fewer = tuple(sorted(sure & new.names)), tuple(sorted(sure & warm.names))
        return Leak(cycle, "more-incidents" if more else "fewer-incidents", more, fewer, cold=cold)
    cause = other_difference(warm, new, again, replayed) if is_alike else ""
    return Leak(cycle, cause, cold=cold) if cause else None


def failed(cycle: Cycle, cold: Probe, warm: Run, new: Run, again: Run) -> Leak | None:
    """The fetch fails in a new process, twice in the same way, and sent nothing before that it did not send here."""
    failure = new.failure
    if new.outcome not in (Outcome.FAILED, Outcome.REFUSED) or failure is None or failure.kind in BY_CHANCE:
        return None
    is_same = again.outcome is new.outcome and again.failure is not None and again.failure.kind == failure.kind
    sent = new.course[:-1]
    is_on_course = warm.course[: len(sent)] == sent
    return Leak(cycle, "fails-anew", failure=failure, cold=cold) if is_same and is_on_course else None


def other_difference(warm: Run, new: Run, again: Run, replayed: Run) -> str:
    """What else differs although each of them sent the same at the same times; "" where nothing does."""
    for cause, one, cold, second, reused in (
        ("other-incidents", warm.incidents, new.incidents, again.incidents, replayed.incidents),
        ("other-last-run", warm.last_run, new.last_run, again.last_run, replayed.last_run),
        ("other-context", warm.context, new.context, again.context, replayed.context),
    ):
        if cold == second and cold not in (one, reused):
            return cause
    return ""


def is_sure_at_another_time(evidence: Evidence, name: str, cycle: Cycle, runs: tuple[Run, ...]) -> bool:
    """Whether an event's delivery differs for another reason than the time, where a request more moved the clock.

    It was there before the cycle began, and what was asked for held it in all of these runs, or in none of them.
    """
    fate = evidence.truth.fates.get(name) if evidence.truth is not None else None
    if fate is None or fate.event.visible > cycle.started:
        return False
    times_listed = sum(name in run.listed for run in runs)
    is_from_stock = times_listed == 0 and evidence.journal.scenario.hatch is None
    return times_listed == len(runs) or is_from_stock


def answered_alike(cycle: Cycle | Probe, cold: Probe) -> bool:
    """Whether the vendor gave the same answers to the same requests, as long as both sent the same.

    A vendor function may keep what xsim cannot put back.
    """
    for one, other in zip(cycle.exchanges, cold.exchanges, strict=False):
        if asked(one) != asked(other):
            return True
        if (one.status, one.digest, one.fault) != (other.status, other.digest, other.fault):
            return False
    return True


def asked(exchange: Exchange) -> tuple[Any, ...]:
    return exchange.at, exchange.method, exchange.url, exchange.request_body


def run_of(fetch: Cycle | Probe, identity: Identity) -> Run:
    assert fetch.ended is not None, "it was recorded whole"
    names: set[str] = set()
    incidents: Counter[str] = Counter()
    for incident in incidents_of(fetch.incidents):
        incidents[plain(incident)] += 1
        names.update(names_of(incident, identity))
    sent = sorted((each.at, each.method, urlsplit(each.url).path) for each in fetch.exchanges)
    return Run(
        outcome=fetch.outcome,
        failure=fetch.failure,
        course=(*sent, (fetch.ended, "", "")),
        names=frozenset(names),
        incidents=incidents,
        last_run=plain(fetch.last_run_after),
        context=plain(fetch.context_after),
        listed=frozenset(name for each in fetch.exchanges if each.listing for name in each.listing.listed),
    )


def incidents_of(texts: Iterable[str]) -> Iterator[Any]:
    """A batch nested too deep is not passed over: RecursionError, and nothing is compared."""
    for text in texts:
        try:
            batch = json.loads(text)
        except ValueError:
            continue
        yield from batch if isinstance(batch, list) else ()


def names_of(incident: Any, identity: Identity) -> tuple[str, ...]:
    if not isinstance(incident, dict):
        return ()
    right = with_right_case(incident)
    text, mirror = right.get("rawJSON"), right.get("dbotMirrorId")
    raw = read_raw(text)[0] if isinstance(text, str) and text else None
    return identity.names(mirror if isinstance(mirror, str) else None, raw, text if isinstance(text, str) else None)


def plain(value: Any) -> str:
    """The value as text, without order or object addresses: sets and threads give their items in any order."""
    return ADDRESS.sub("0x", json.dumps(without_order(value)))


def without_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return sorted((without_order(each) for each in value), key=json.dumps)
    return value
