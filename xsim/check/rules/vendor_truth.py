"""FC2, as far as only the vendor's own events tell: what never arrived, and what should not have."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise

from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, excerpt, listed, moment, shorten
from xsim.check.fates import Fate
from xsim.check.first_fetch import first_fetch_window
from xsim.check.loss import Loss, Told
from xsim.check.lost_to_faults import has_moved_on, taking
from xsim.check.missed import cause_of
from xsim.check.passed_by import passed_at
from xsim.check.remedies import instead_of_missing
from xsim.check.rule import rule
from xsim.check.scenes import Scene
from xsim.check.shown import asked_and_got, evidence_of
from xsim.check.starved import starved, stuck_window
from xsim.check.strikes import failure_told
from xsim.findings import Finding
from xsim.model import Outcome, Severity

KILLED_WITH_IT = (
    "a fetch was killed after it had handed the event over; whether the server keeps what it got then is documented "
    "nowhere, and here it keeps nothing"
)
MOST_TOLD = 50
"""Events that get a finding of their own; the others are counted."""


def knows_events(evidence: Evidence) -> bool:
    """Whether the vendor's events are known, and the incidents can be told to be some of them."""
    return evidence.truth is not None and evidence.journal.scenario.has_vendor and not evidence.truth.matches_nothing


@rule(
    "FC201",
    Severity.ERROR,
    since="0.1",
    needs=knows_events,
    needs_text="a scenario with endpoints and events that incidents can be matched with",
)
def missed_event(evidence: Evidence) -> Iterator[Finding]:
    """An event that the vendor showed never becomes an incident.

    Why: The analyst never learns of it, and no log says so: the fetch ended well each time.
    Fix: Ask again over the vendor's indexing lag and drop ids that were delivered already; set the last run by the
    newest event that was delivered, never by the clock; where the limit cut the answer, ask oldest first.
    """
    truth = evidence.truth
    assert truth is not None, "the rule needs the events"
    missed = [*truth.missed(), *truth.taken_off()]
    yield from (missing(evidence, loss) for loss in losses(evidence, missed[:MOST_TOLD]))
    starving = list(starved(evidence))
    yield from (starving_one(evidence, *each) for each in starving[:MOST_TOLD])
    rest = missed[MOST_TOLD:] + [fate for fate, _, _ in starving[MOST_TOLD:]]
    if rest:
        number = len(rest)
        yield Finding(
            f"{counted(number, 'more event')} {'was' if number == 1 else 'were'} never delivered",
            cycles=(rest[0].first_visible,),
            events=tuple(fate.event.id for fate in rest),
            place=evidence.place(evidence.last_runs.line),
        )
    left = truth.unexamined()
    if (missed or starving) and left:
        yield Finding(
            f"{counted(left, 'more event')} {'was' if left == 1 else 'were'} never delivered; not looked into",
            place=evidence.place(evidence.last_runs.line),
            severity=Severity.NOTE,
        )


def losses(evidence: Evidence, missed: list[Fate]) -> Iterator[Loss]:
    """The missed events with the cycles that tell of them."""
    truth = evidence.truth
    assert truth is not None
    held_back = {fate.event.id for fate in truth.taken_off()}
    stuck = stuck_window(evidence) if missed else None
    behind = {fate.event.id for fate in missed if stuck is not None and stuck.reached <= fate.event.occurred}
    probed = {fate.event.id: truth.lost_at(fate) for fate in missed}
    probed |= {fate.event.id: fate.last_sent for fate in missed if fate.event.id in held_back}
    if stuck is not None:
        # A state with a window far from the event does not deliver it either, and need not be what lost it.
        probed |= dict.fromkeys(behind, stuck.since or None)
    given = given_out(evidence, [fate for fate in missed if probed[fate.event.id] is None])
    probed |= given
    unknown = [fate.event for fate in missed if probed[fate.event.id] is None and fate.event.id not in behind]
    passed = passed_at(evidence.journal, unknown)
    lost = [(fate, probed[fate.event.id] or passed.get(fate.event.id)) for fate in missed]
    following = dict(pairwise(truth.numbers))
    preceding = {number: before for before, number in following.items()}
    # What is told by requests is told by the next one, also where fetches without any lie between.
    following |= next_asking(evidence, passed.values())
    wanted = {truth.numbers[0]} | {fate.first_listed for fate in missed} | {fate.first_visible for fate in missed}
    wanted |= {number for _, number in lost if number} | {
        near.get(number or 0, 0) for _, number in lost for near in (following, preceding)
    }
    scenes = evidence.scenes(wanted)
    for fate, number in lost:
        yield Loss(
            truth=truth,
            fate=fate,
            lost_at=number,
            losing=scenes.get(number or 0),
            following=scenes.get(following.get(number or 0, 0)),
            preceding=scenes.get(preceding.get(number or 0, 0)),
            listing=scenes.get(fate.first_listed),
            visible=scenes.get(fate.first_visible),
            is_told_by_requests=fate.event.id in passed,
            is_held_back=fate.event.id in held_back,
            is_given_out=fate.event.id in given,
            stuck=stuck.why if stuck is not None and fate.event.id in behind else "",
            beginning=scenes.get(truth.numbers[0]),
        )


def next_asking(evidence: Evidence, numbers: Iterable[int]) -> dict[int, int]:
    """Each of these cycles and the first one behind it that sent requests."""
    asking = [facts.number for facts in evidence.cycles.values() if facts.exchanges]
    places = {number: bisect_right(asking, number) for number in numbers}
    return {number: asking[place] for number, place in places.items() if place < len(asking)}


def given_out(evidence: Evidence, missed: list[Fate]) -> dict[str, int]:
    """Event and the failed cycle to which a server that keeps the place gave it, and in which that place moved on."""
    endpoints, truth = evidence.journal.scenario.endpoints, evidence.truth
    assert truth is not None
    if not any(each.paging is not None and each.paging.kind == "kept" for each in endpoints):
        return {}
    before = {number: earlier for earlier, number in pairwise(truth.numbers)}
    sent = {fate.last_sent for fate in missed if fate.last_sent}
    scenes = evidence.scenes(sent | {before[number] for number in sent if number in before})
    states = {number: scene.vendor_state for number, scene in scenes.items()}
    return {
        fate.event.id: fate.last_sent
        for fate in missed
        if fate.last_sent in sent
        and scenes[fate.last_sent].outcome is not Outcome.OK
        and has_moved_on(states.get(before.get(fate.last_sent, 0)), states[fate.last_sent])
    }


def missing(evidence: Evidence, loss: Loss) -> Finding:
    told = cause_of(loss)
    event = loss.fate.event.id
    where = f": lost at cycle {loss.lost_at}" if loss.lost_at else ""
    if told[0] == "stale-last-run":
        where = ": shut out by the last run that the run began with"
    is_open = event in evidence.kills.handed
    return Finding(
        f"{shorten(event)} was never delivered{where}",
        cycles=(loss.lost_at or loss.fate.first_visible,),
        events=(event,),
        cause=told[0],
        place=evidence.place(line_of(loss)),
        evidence=(*evidence_of(loss, told), *((("open", KILLED_WITH_IT),) if is_open else ())),
        # What the server makes of a killed fetch's incidents is written nowhere, so that this is no proof of a loss.
        severity=Severity.NOTE if is_open else None,
    )


def line_of(loss: Loss) -> int | None:
    """The last run that lost it; where the fetch stored none, the request that took it off, or the last one."""
    scene = loss.losing or loss.visible
    if scene is None or scene.line:
        return scene.line if scene is not None else None
    call = taking(loss, scene)
    return call.line if call is not None else next((each.line for each in reversed(scene.exchanges)), None)


def starving_one(evidence: Evidence, fate: Fate, last: Scene, told: Told) -> Finding:
    event = fate.event
    return Finding(
        f"{shorten(event.id)} was never delivered: each fetch gets the same page, "
        f"{'and leaves it out' if told[0] == 'cut-by-script' else 'cut before it'}",
        cycles=(fate.first_visible,),
        events=(event.id,),
        cause=told[0],
        place=evidence.place(last.line),
        evidence=(
            ("why", told[1]),
            *instead_of_missing(told[0]),
            ("occurred", moment(event.occurred)),
            ("first listed by the vendor", f"{moment(event.visible)}, in time for cycle {fate.first_visible}"),
            *asked_and_got(evidence.journal.scenario, last),
            (f"last run after cycle {last.number}", excerpt(last.last_run_after)),
            (
                "probe",
                f"with this event alone at the vendor, a fetch from the state after cycle {last.number} delivers it",
            ),
        ),
    )


@rule("FC204", Severity.NOTE, since="0.1")
def phantom_incident(evidence: Evidence) -> Iterator[Finding]:
    """An incident is none of the vendor's events, while others are.

    Why: Either the fetch makes incidents of what is no event, such as a message object, or the incident's id stands
    somewhere else than in the others, and it cannot be told whether the event was missed.
    Fix: Make incidents of events alone; where they are, name the paths of the ids below [identity].
    """
    truth = evidence.truth
    if truth is None or not truth.matched or not truth.phantom_count:
        return
    numbers = tuple(dict.fromkeys(number for number, _ in truth.phantoms))
    names = [shorten(name, 60) for _, name in truth.phantoms]
    yield Finding(
        f"{counted(truth.phantom_count, 'incident matches', 'incidents match')} no event of the scenario: "
        f"{listed(names, 3)}",
        cycles=numbers,
        events=tuple(names),
        place=evidence.place(evidence.cycles[numbers[0]].line),
        evidence=(
            ("told apart by", evidence.deliveries.identity.label),
            *((f"cycle {n}", name) for n, name in truth.phantoms[:3]),
        ),
    )


@rule("FC206", Severity.WARNING, since="0.1")
def unwanted_delivered(evidence: Evidence) -> Iterator[Finding]:
    """An event that the scenario states is not wanted was delivered.

    Why: The instance's filters are there to keep such events out; the analyst gets what nobody asked for.
    Fix: Pass the instance's filters to the vendor, or apply them to each event before it becomes an incident.
    """
    fates = evidence.truth.fates.values() if evidence.truth else ()
    unwanted = [fate for fate in fates if fate.delivered and fate.wanted is False]
    for fate in unwanted[:MOST_TOLD]:
        event = shorten(fate.event.id)
        yield Finding(
            f"{event} was delivered in cycle {fate.delivered}, and the scenario says that it is not wanted",
            cycles=(fate.delivered,),
            events=(fate.event.id,),
            place=evidence.place(evidence.cycles[fate.delivered].line),
            evidence=(
                ("stated", "wanted = false"),
                ("occurred", moment(fate.event.occurred)),
                ("delivered", evidence.started(fate.delivered)),
            ),
        )
    rest = unwanted[MOST_TOLD:]
    if rest:
        yield Finding(
            f"{counted(len(rest), 'more unwanted event was', 'more unwanted events were')} delivered",
            cycles=(rest[0].delivered,),
            events=tuple(fate.event.id for fate in rest),
            place=evidence.place(evidence.cycles[rest[0].delivered].line),
        )


@rule("FC207", Severity.WARNING, since="0.1")
def outside_first_fetch_window(evidence: Evidence) -> Iterator[Finding]:
    """The first fetch delivers events that are older than its window.

    Why: Whoever sets a first fetch of 3 days gets years of old events at the first start, and with them hours of work.
    Fix: Compute the window's start from the parameter and ask the vendor from there on, in the field that it filters by
    and in UTC.
    """
    window = first_fetch_window(evidence)
    if window is None:
        return
    name, text, number, opens, outside = window
    if outside:
        names = [shorten(fate.event.id, 60) for fate in outside]
        oldest = min(fate.event.occurred for fate in outside)
        yield Finding(
            f"the first fetch in cycle {number} delivered {counted(len(outside), 'event')} from before its window: "
            f"{listed(names, 3)}",
            cycles=(number,),
            events=tuple(fate.event.id for fate in outside[:MOST_TOLD]),
            place=evidence.place(evidence.cycles[number].line),
            evidence=(
                (name, text),
                ("first fetch", evidence.started(number)),
                ("the window begins", moment(opens)),
                ("the oldest one occurred", moment(oldest)),
            ),
        )


@rule("FC208", Severity.ERROR, since="0.1")
def batch_held_up(evidence: Evidence) -> Iterator[Finding]:
    """Every fetch fails for the same record, and all others wait behind it.

    Why: As long as that one record cannot be had, no event reaches an analyst, whatever happens at the vendor.
    Fix: Catch what the call for one record raises, hand over the others, and keep its id in the last run to ask for it
    again in the next fetch.
    """
    held = evidence.held_up.at_the_end
    if held is None:
        return
    record, waiting = shorten(held.record, 60), evidence.held_up.waiting(held)
    yield Finding(
        f"{record} holds up the fetch since cycle {held.cycles[0]}: its call fails each time, and "
        f"{counted(len(waiting), 'wanted event waits', 'wanted events wait')} behind it",
        cycles=tuple(held.cycles),
        events=(record, *waiting[:MOST_TOLD]),
        place=evidence.place(held.call.line),
        evidence=(
            ("the call", failure_told(held.call)),
            ("waiting behind it", listed(waiting)),
            ("fetches that failed for it", f"{len(held.cycles):,}"),
        ),
    )
