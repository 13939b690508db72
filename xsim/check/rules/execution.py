"""FC6: a fetch ends, in time, and hands over its incidents once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xsim.check.endings import Failed
from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, in_cycles, listed, shorten
from xsim.check.rule import rule
from xsim.check.waiting import poisons_of, waiting_behind
from xsim.findings import Finding
from xsim.model import Outcome, Severity

MOST_FRAMES = 8


@rule("FC601", Severity.ERROR, since="0.1")
def failing_fetch(evidence: Evidence) -> Iterator[Finding]:
    """A fetch raises.

    Why: Neither incidents nor last run of a cycle that raises count. The next cycle asks for the same window again;
    where one record is the cause, the fetch is stuck until that record is gone, and all behind it waits.
    Fix: Let no single record stop the fetch: read optional fields with `.get`, log what cannot be made an incident, and
    go on with the others.
    """
    for failed in evidence.endings.failed.values():
        what = f"{shorten(failed.failure.kind)}: {shorten(failed.failure.message)}"
        yield ended(evidence, failed, f"the fetch failed in {in_cycles(failed.cycles)}: {what}")


def ended(evidence: Evidence, failed: Failed, what: str) -> Finding:
    failure = failed.failure
    is_stuck, fate = what_followed(evidence, failed.cycles)
    poisons = [shorten(each.event.id) for each in poisons_of(evidence, failed)]
    return Finding(
        f"{what}; {fate}",
        cycles=tuple(failed.cycles),
        events=tuple(poisons),
        cause="poison-record" if poisons else "stuck" if is_stuck else "",
        place=evidence.place(failure.line, failure.function),
        evidence=(
            *((("the fetch fails on", listed(poisons)),) if poisons else ()),
            *waiting_behind(evidence, failed.cycles),
            ("ended", f"{shorten(failure.kind)}: {shorten(failure.message)}"),
            *(("at", shorten(frame)) for frame in failure.frames[-MOST_FRAMES:]),
            *((("the vendor answered", failed.answered),) if failed.answered else ()),
            *(("host call before", call) for call in failed.last_calls),
            ("last run before", failed.last_run_before),
            *((("hint", shorten(failure.hint)),) if failure.hint else ()),
        ),
    )


def what_followed(evidence: Evidence, cycles: list[int]) -> tuple[bool, str]:
    """Whether the fetch is stuck, and what became of it in words."""
    judged = {n: facts for n, facts in evidence.cycles.items() if facts.outcome is not Outcome.UNSUPPORTED}
    later = [facts for number, facts in judged.items() if number > cycles[-1]]
    recovered = next((facts.number for facts in later if facts.outcome is Outcome.OK), None)
    if recovered is not None:
        return False, f"it recovered in cycle {recovered}"
    if later:
        return False, "it failed otherwise after that"
    since = [number for number in judged if number >= cycles[0]]
    if len(cycles) > 1 and since == cycles:
        return True, f"stuck since cycle {cycles[0]}, the last run unchanged"
    return False, "it did not recover before the run ended"


@rule("FC602", Severity.NOTE, since="0.1")
def incidents_not_called(evidence: Evidence) -> Iterator[Finding]:
    """A fetch ends without a call of demisto.incidents().

    Why: The documentation asks for the call with an empty list where nothing is new; older servers show an error for a
    fetch without it.
    Fix: Call `demisto.incidents(incidents)` in every fetch, with [] where there is nothing.
    """
    for _, seen in evidence.sightings.of("incidents_not_called"):
        yield Finding(
            f"{counted(len(seen.cycles), 'fetch', 'fetches')} ended without a call of demisto.incidents()",
            cycles=tuple(seen.cycles),
            evidence=(("first", evidence.started(seen.cycles[0])),),
        )


@rule("FC603", Severity.NOTE, since="0.1")
def incidents_called_repeatedly(evidence: Evidence) -> Iterator[Finding]:
    """A fetch hands over incidents in more than one call of demisto.incidents().

    Why: Users saw only one of the batches arrive. Which one the server keeps is written nowhere.
    Fix: Collect all incidents in one list and call `demisto.incidents(incidents)` once, at the end.
    """
    for _, seen in evidence.sightings.of("incidents_called_repeatedly"):
        yield Finding(
            f"{seen.first} calls of demisto.incidents() with incidents in {in_cycles(seen.cycles)}",
            cycles=tuple(seen.cycles),
            place=evidence.place(seen.line),
            evidence=(("first", evidence.started(seen.cycles[0])), ("calls in that fetch", str(seen.first))),
        )


@rule("FC604", Severity.ERROR, since="0.1")
def time_limit(evidence: Evidence) -> Iterator[Finding]:
    """A fetch takes longer than the command's time limit.

    Why: The server kills it: neither incidents nor last run count, and the next cycle begins the same work again.
    Fix: Bring less in one fetch, give requests a timeout, and do not sleep through a vendor's rate limit: store how far
    the fetch came and go on in the next cycle.
    """
    for failed in evidence.endings.timed_out.values():
        # A fetch that pages without an end is told by the rule about that.
        cycles = [number for number in failed.cycles if number not in evidence.pagings.explained]
        if cycles:
            left = replace(failed, cycles=cycles)
            yield ended(
                evidence, left, f"the fetch was stopped in {in_cycles(cycles)}: {shorten(failed.failure.message)}"
            )


@rule("FC605", Severity.ERROR, since="0.1")
def incidents_not_json(evidence: Evidence) -> Iterator[Finding]:
    """An incident holds a value that JSON cannot, so demisto.incidents() raises.

    Why: Nothing is handed over, and the next cycle meets the same event again.
    Fix: Hand over text, numbers, lists and dicts: `when.strftime('%Y-%m-%dT%H:%M:%SZ')` for a datetime, and
    `json.dumps(event, default=str)` for a raw event that holds one.
    """
    for _, seen in evidence.sightings.of("incidents_not_json"):
        call, has_failed, _ = seen.first
        yield Finding(
            f"the incidents of {in_cycles(seen.cycles)} cannot be written as JSON: {shorten(call.error)}",
            cycles=tuple(seen.cycles),
            cause="" if has_failed else "swallowed",
            place=evidence.place(seen.line),
            evidence=(
                ("raised", shorten(call.error)),
                ("then", "the cycle failed" if has_failed else "the script went on, and nothing was handed over"),
            ),
        )
