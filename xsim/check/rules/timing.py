"""FC3: an event is delivered when it can be."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, moment, subject
from xsim.check.lateness import MOST_CYCLES, Late, late_events
from xsim.check.limits import limit_of
from xsim.check.rule import rule
from xsim.check.shown import asked
from xsim.check.spans import spelled
from xsim.findings import Finding
from xsim.model import Severity

MOST_TOLD = 50
"""Events that get a finding of their own; the others are counted."""
MOST_ASKED = 3


@rule("FC301", Severity.WARNING, since="0.1")
def late_event(evidence: Evidence) -> Iterator[Finding]:
    """An event is delivered many cycles after the vendor first listed it, with room for it in between.

    Why: An alert that arrives an hour late is often one that arrives too late, and nothing in the incident says so.
    Fix: Ask for all that is newer than the last delivered event in each fetch, oldest first, and page on until the
    limit is reached.
    """
    late = list(late_events(evidence, limit_of(evidence.journal.scenario)[1]))
    for each in late[:MOST_TOLD]:
        yield told(evidence, each)
    rest = late[MOST_TOLD:]
    if rest:
        yield Finding(
            f"{counted(len(rest), 'more event')} came late",
            cycles=(rest[0].fate.delivered,),
            events=tuple(each.fate.event.id for each in rest),
            place=evidence.place(evidence.cycles[rest[0].fate.delivered].line),
        )


def told(evidence: Evidence, late: Late) -> Finding:
    fate = late.fate
    numbers = [number for number in evidence.cycles if late.due <= number < fate.delivered][:MOST_ASKED]
    scenes = evidence.scenes(set(numbers))
    requests = [
        (f"cycle {number} asked", asked(shown.listing)) for number in numbers for shown in scenes[number].shown[:1]
    ]
    return Finding(
        f"{subject(fate.event.id)} was delivered in cycle {fate.delivered}, "
        f"{counted(late.waited, 'cycle')} after it could have been",
        cycles=(fate.delivered,),
        events=(fate.event.id,),
        place=evidence.place(evidence.cycles[fate.delivered].line),
        evidence=(
            ("occurred", moment(fate.event.occurred)),
            ("first listed by the vendor", f"{moment(fate.event.visible)}, in time for cycle {fate.first_visible}"),
            ("due", evidence.started(late.due)),
            *requests,
            ("delivered", evidence.started(fate.delivered)),
            ("cycles with room for it", f"{late.waited} (more than {MOST_CYCLES} are too many)"),
        ),
    )


@rule("FC302", Severity.NOTE, since="0.1")
def interval_overrun(evidence: Evidence) -> Iterator[Finding]:
    """A fetch takes longer than the interval, so that the ticks it covers are left out.

    Why: The next fetch begins later than the interval promises, and has all the more to do.
    Fix: Bring less in one fetch, ask for larger pages, fetch details for new events alone, and end the fetch instead
    of sleeping: the next one can go on where it stopped.
    """
    found = evidence.overruns.found
    if not found:
        return
    longest = max(found, key=lambda each: each.took)
    left_out = sum(each.left_out for each in found)
    were = "was" if left_out == 1 else "were"
    yield Finding(
        f"the fetch of cycle {longest.number} took {spelled(longest.took)}, and the interval is "
        f"{spelled(evidence.journal.scenario.interval)}: {counted(left_out, 'tick')} {were} left out in the run",
        cycles=tuple(each.number for each in found),
        place=evidence.place(evidence.cycles[longest.number].line),
        evidence=(
            ("longest", f"{spelled(longest.took)} in {evidence.started(longest.number)}"),
            ("where it went", longest.spent),
            ("ticks left out by it", str(longest.left_out)),
            ("fetches over the interval", str(len(found))),
        ),
    )
