"""FC2: every event is delivered once, and no more of them than the instance allows."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.check.bounds import lower_bounds
from xsim.check.deliveries import Repeated, Uncounted, part_name
from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, in_cycles, moment, shorten, subject
from xsim.check.limits import limit_of
from xsim.check.loss import Told
from xsim.check.remedies import LOST_WHILE_DELIVERING, instead_of_repeating
from xsim.check.repeated import cause_of_repetition, cause_within_one_fetch
from xsim.check.repetition import Repetition
from xsim.check.rule import rule
from xsim.check.went_wrong import stands_at_the_newest
from xsim.findings import Finding
from xsim.model import Severity

MOST_BETWEEN = 100
"""Cycles between two deliveries that a cause is looked for in."""


@rule("FC202", Severity.ERROR, since="0.1")
def duplicate_event(evidence: Evidence) -> Iterator[Finding]:
    """An event that was delivered already is delivered again in a later cycle.

    Why: The server does not drop duplicates: the analyst gets a second incident for the same event, and with an
    inclusive time filter one more every minute.
    Fix: Ask the vendor for what is newer than the last event, or remember the ids of the events at the newest time and
    leave them out. Keep the full precision of the time.
    """
    deliveries = evidence.deliveries
    older = evidence.older_layout
    first_cycle = older.cycle.number if older is not None and older.cause == "state-ignored" else 0
    for repeated in deliveries.again.values():
        if not repeated.first_cycle and set(repeated.cycles) == {first_cycle}:
            continue  # Told by the rule about a last run of an older layout.
        # An id that events share makes one of them look like another one, changed.
        if not (repeated.is_changed and deliveries.is_doubtful):
            yield again(evidence, repeated)
    rest = deliveries.again_uncounted
    is_told = first_cycle and rest.last_cycle == first_cycle
    if not is_told and (rest.unchanged or not deliveries.is_doubtful):
        yield from uncounted(evidence, rest, "was delivered again", "were delivered again")


def again(evidence: Evidence, repeated: Repeated) -> Finding:
    cycles = tuple(dict.fromkeys(repeated.cycles))
    event = shorten(repeated.event)
    is_changed = repeated.is_changed and may_have_changed(evidence, repeated)
    cause, why = ("changed", what_changed(evidence, repeated)) if is_changed else cause_of(evidence, repeated)
    changed = ", with another rawJSON" if repeated.is_changed else ""
    before = f"first in cycle {repeated.first_cycle}" if repeated.first_cycle else "delivered before this run"
    when = f"{in_cycles(cycles)}{changed} ({before})"
    return Finding(
        f"{named(repeated)} was delivered again in {when}",
        cycles=tuple(repeated.cycles),
        events=(event,),
        cause=cause,
        place=evidence.place(evidence.cycles[cycles[0]].line),
        evidence=(
            *((("why", why),) if why else ()),
            *remedy_of(evidence, repeated, cause),
            ("event", event),
            ("told apart by", evidence.deliveries.identity.label),
            ("first delivered", evidence.started(repeated.first_cycle) if repeated.first_cycle else "before this run"),
            ("again", ", ".join(evidence.started(number) for number in cycles[:3])),
            ("repetitions", f"{repeated.count:,}"),
            ("last run before the first repetition", repeated.last_run_before),
        ),
        severity=Severity.WARNING if is_changed else None,
    )


def remedy_of(evidence: Evidence, repeated: Repeated, cause: str) -> tuple[tuple[str, str], ...]:
    """What to write instead; where the last run was lost, that hangs on whether the fetch delivered anything."""
    lost = emptied_between(evidence, repeated) if cause == "cursor-lost" else None
    if lost in evidence.cycles and evidence.cycles[lost].delivered:
        return (("instead", LOST_WHILE_DELIVERING),)
    return instead(evidence, cause)


def instead(evidence: Evidence, cause: str) -> tuple[tuple[str, str], ...]:
    return instead_of_repeating(cause, evidence.deliveries.identity.paths, evidence.journal.scenario.time_field)


def emptied_between(evidence: Evidence, repeated: Repeated) -> int | None:
    """The cycle that emptied the last run between the two deliveries."""
    lost = sorted(evidence.last_runs.lost_in)
    return next((number for number in lost if repeated.first_cycle <= number < repeated.cycles[0]), None)


def what_changed(evidence: Evidence, repeated: Repeated) -> str:
    """What the vendor changed between the two deliveries, and by which fields the fetch asked; "": not known."""
    truth, number = evidence.truth, repeated.cycles[0]
    fate = truth.fates.get(repeated.event) if truth else None
    if truth is None or fate is None:
        return ""
    scenes = evidence.scenes({repeated.first_cycle, number})
    again, first = scenes[number], scenes.get(repeated.first_cycle)
    since = first.started if first is not None else fate.event.visible
    changes = [each for each in fate.event.changes if each.set and since <= each.at <= again.ended]
    if not changes:
        return ""
    fields = ", ".join(dict.fromkeys(path for each in changes for path in each.set))
    shown = (each.listing for each in again.lists(repeated.event))
    asked = ", ".join(dict.fromkeys(each.field for each in lower_bounds(truth.scenario, shown)))
    by = f", and cycle {number} asked by {asked}" if asked else ""
    return f"the vendor changed it at {moment(changes[-1].at)} ({shorten(fields, 80)}){by}"


def named(repeated: Repeated) -> str:
    """The event, and which of its incidents where it gives several."""
    return subject(part_name(repeated.event, repeated.part))


def may_have_changed(evidence: Evidence, repeated: Repeated) -> bool:
    """Whether the vendor's record may be another one by now. Of its own events the simulated vendor knows."""
    fate = evidence.truth.fates.get(repeated.event) if evidence.truth else None
    return fate is None or not evidence.journal.scenario.has_vendor or bool(fate.event.changes)


def cause_of(evidence: Evidence, repeated: Repeated) -> Told:
    """Why it came again, where the journal tells: a word and a sentence."""
    first, repetition = repeated.first_cycle, repeated.cycles[0]
    if lost := emptied_between(evidence, repeated):
        return "cursor-lost", f"cycle {lost} emptied the last run, and what was delivered already came anew"
    unsaved = (number for _, seen in evidence.sightings.of("last_run_not_json") for number in seen.cycles)
    if any(first <= number < repetition for number in unsaved):
        return "last-run-not-stored", "the last run could not be written as JSON, so it stayed what it was"
    known = evidence.cycles.get(first)
    is_unmoved = known is not None and known.last_run_version == evidence.cycles[repetition].last_run_version
    fate = evidence.truth.fates.get(repeated.event) if evidence.truth else None
    if evidence.truth and fate:
        numbers = [number for number in evidence.cycles if first <= number <= repetition][-MOST_BETWEEN:]
        scenes = evidence.scenes({first, *numbers})
        between = tuple(scenes[number] for number in numbers)
        told = Repetition(evidence.truth, fate, scenes.get(first), scenes[repetition], between, is_unmoved)
        if (cause := cause_of_repetition(told))[0]:
            return cause
        is_unmoved = is_unmoved and not stands_at_the_newest(told)
    if is_unmoved:
        return "cursor-stood-still", f"the last run is the one that cycle {first} began with"
    return "", ""


@rule("FC203", Severity.ERROR, since="0.1")
def duplicate_in_one_fetch(evidence: Evidence) -> Iterator[Finding]:
    """An event stands twice among the incidents of one fetch.

    Why: The server makes an incident of each: the analyst gets the event twice at once.
    Fix: Drop what an earlier page or query of the same fetch brought already, by the event's id.
    """
    # Without any id, two events of one second may well look the same: that is worth a note, not a verdict.
    is_certain = evidence.deliveries.identity.kind != "hash"
    for repeated in evidence.deliveries.twice.values():
        yield twice(evidence, repeated, is_certain=is_certain)
    yield from uncounted(
        evidence,
        evidence.deliveries.twice_uncounted,
        "stood twice in one fetch",
        "stood twice in one fetch",
        is_certain=is_certain,
    )


def twice(evidence: Evidence, repeated: Repeated, *, is_certain: bool) -> Finding:
    event, number = shorten(repeated.event), repeated.first_cycle
    first, second = repeated.positions
    severity = None if is_certain else Severity.NOTE
    times = "twice" if repeated.count == 1 else f"{repeated.count + 1:,} times"
    changed = ", each with a rawJSON of its own" if repeated.is_changed else ""
    cause, why = "changed" if repeated.is_changed else "" if is_certain else "identical", ""
    if evidence.truth and not cause:
        scene = evidence.scenes({number})[number]
        cause, why = cause_within_one_fetch(evidence.truth, scene, repeated.event, repeated.count + 1)
    return Finding(
        f"{named(repeated)} stands {times} among the incidents of cycle {number}{changed}",
        cycles=(number,),
        events=(event,),
        cause=cause,
        place=evidence.place(evidence.cycles[number].line),
        evidence=(
            *((("why", why),) if why else ()),
            *(instead(evidence, cause) if cause != "changed" else ()),
            ("event", event),
            ("told apart by", evidence.deliveries.identity.label),
            ("places in the batch", f"{first + 1} and {second + 1}"),
        ),
        severity=Severity.WARNING if repeated.is_changed else severity,
    )


def uncounted(
    evidence: Evidence, rest: Uncounted, one: str, many: str, *, is_certain: bool = True
) -> Iterator[Finding]:
    """One finding for the events past the bound, so that thousands do not bury the report."""
    if not rest.events:
        return
    number = len(rest.events)
    severity = Severity.NOTE if not is_certain else None if rest.unchanged else Severity.WARNING
    yield Finding(
        f"{counted(number, 'more event')} {one if number == 1 else many}",
        cycles=(rest.first_cycle, rest.last_cycle)[: 1 + (rest.first_cycle != rest.last_cycle)],
        events=tuple(shorten(event) for event in rest.names),
        cause="" if rest.unchanged else "changed",
        place=evidence.place(evidence.cycles[rest.first_cycle].line),
        evidence=(
            ("events", f"{number:,}"),
            ("repetitions", f"{rest.repetitions:,}"),
            ("cycles", f"{rest.first_cycle} to {rest.last_cycle}"),
        ),
        severity=severity,
    )


@rule("FC205", Severity.WARNING, since="0.1")
def fetch_limit_exceeded(evidence: Evidence) -> Iterator[Finding]:
    """A fetch delivers more incidents than the instance's limit allows.

    Why: The limit protects server and analyst from a flood. A fetch that goes past it floods them at its first start,
    or after a pause.
    Fix: Pass the limit to the vendor, stop paging when it is reached, and let the last run point at the last event that
    was delivered, so that the next fetch goes on from there.
    """
    name, limit = limit_of(evidence.journal.scenario, evidence.journal.integration.parameters or ())
    if not limit:
        return
    over = [facts for facts in evidence.ok_cycles if facts.delivered > limit]
    # Some limits count per query: past one for each exchange it is beyond doubt.
    beyond = [facts for facts in over if facts.delivered > limit * max(1, facts.exchanges)]
    rest = [facts for facts in over if facts not in beyond]
    for found, severity in ((beyond, Severity.WARNING), (rest, Severity.NOTE)):
        if found:
            most = max(found, key=lambda facts: facts.delivered)
            yield Finding(
                f"{most.delivered:,} incidents in cycle {most.number}, and {name} is {limit:,}",
                cycles=tuple(facts.number for facts in found),
                cause="" if severity is Severity.WARNING else "limit-per-request",
                place=evidence.place(most.line),
                evidence=(
                    (name, str(limit)),
                    ("most in one fetch", f"{most.delivered:,} in {evidence.started(most.number)}"),
                    ("requests in that fetch", str(most.exchanges)),
                    ("fetches over the limit", str(len(found))),
                ),
                severity=severity,
            )
