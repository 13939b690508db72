"""FC6, what the process keeps: a fetch hangs on nothing but what the platform stores."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.check.evidence import Evidence
from xsim.check.excerpt import excerpt, in_cycles, listed, shorten
from xsim.check.reruns import Leak, leaks
from xsim.check.rule import rule
from xsim.findings import Finding, Place
from xsim.model import Severity

MOST_EVENTS = 100
"""That a finding names."""


@rule("FC608", Severity.WARNING, since="0.1")
def state_kept_in_process(evidence: Evidence) -> Iterator[Finding]:
    """A fetch gives another result in a new process than in one that has run fetches before.

    Why: The server runs fetch after fetch in one container, and starts a new one at any time: after an upgrade, a
    restart, or a second fetch beside the first. What a script left in a module, a class or a function of a library is
    gone then, so that events come again, are left out, or the fetch fails, on a day when nobody changed anything.
    Fix: Keep what a fetch needs of the one before in the last run or in the integration context, and change nothing in
    modules, classes and functions that other commands load too. A cache that changes no result may stay.
    """
    found = list(leaks(evidence))
    if not found:
        return
    first = found[0]
    yield Finding(
        f"in a new process the fetch of {in_cycles([each.cycle.number for each in found])} {said(first)}",
        cycles=tuple(each.cycle.number for each in found),
        events=(*first.more, *first.fewer)[:MOST_EVENTS],
        cause=first.cause,
        severity=Severity.NOTE if first.cause == "other-context" else None,
        place=place_of(evidence, first),
        evidence=(
            ("cycle", evidence.started(first.cycle.number)),
            ("last run before, in both", excerpt(first.cycle.last_run_before)),
            *((("in a new process alone", listed(map(shorten, first.more))),) if first.more else ()),
            *((("in the run alone", listed(map(shorten, first.fewer))),) if first.fewer else ()),
            *compared(first),
            ("in a second new process, with other chance", "the same as in the first"),
            ("once more behind the fetches before it", "not what the new processes came to"),
            *lines_that_last(evidence),
        ),
    )


def said(leak: Leak) -> str:
    """What a new process does; numbers stand so that the sentence is the same for the same leak in another run."""
    if leak.failure is not None:
        return f"fails: {shorten(leak.failure.kind)}: {shorten(leak.failure.message)}"
    if leak.more and leak.fewer:
        return "hands over other events"
    if leak.more or leak.fewer:
        return f"hands over {'more' if leak.more else 'fewer'} events ({len(leak.more or leak.fewer):,})"
    what = {"other-incidents": "hands over other incidents", "other-last-run": "stores another last run"}
    return what.get(leak.cause, "stores another integration context")


def compared(leak: Leak) -> Iterator[tuple[str, str]]:
    """What stands against what."""
    cycle, cold = leak.cycle, leak.cold
    if cold is None or leak.failure is not None:
        return
    pairs = {
        "other-last-run": ("last run behind it", cycle.last_run_after, cold.last_run_after),
        "other-context": ("context behind it", cycle.context_after, cold.context_after),
    }
    what, here, there = pairs.get(leak.cause, ("incidents", list(cycle.incidents), list(cold.incidents)))
    yield f"{what}, in the run", excerpt(here)
    yield f"{what}, in a new process", excerpt(there)


def lines_that_last(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Where the script's text may leave something behind."""
    lines = [line for line in evidence.journal.integration.lasting if line]
    if lines:
        yield "changes what outlives a fetch", f"line {listed(map(str, lines))}"


def place_of(evidence: Evidence, leak: Leak) -> Place | None:
    """The line that fails there, else the first that may leave something behind, else the one that hands over."""
    if leak.failure is not None:
        return evidence.place(leak.failure.line, leak.failure.function)
    lasting = next((line for line in evidence.journal.integration.lasting if line), None)
    name = "setLastRun" if leak.cause == "other-last-run" else "incidents"
    handing = next((call.line for call in leak.cycle.host_calls if call.name == name), None)
    return evidence.place(lasting or handing)
