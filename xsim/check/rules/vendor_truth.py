"""FC2, as far as only the vendor's own events tell: what never arrived, and what should not have."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.check.cut_answers import can_be_asked_for_more
from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, excerpt, listed, moment, shorten, subject
from xsim.check.fates import Fate
from xsim.check.first_fetch import first_fetch_window
from xsim.check.loss import Loss, Told
from xsim.check.losses import losses
from xsim.check.lost_to_faults import taking
from xsim.check.missed import cause_of
from xsim.check.remedies import BEHIND_OTHERS, PAGED_ON, instead_of_missing
from xsim.check.rule import rule
from xsim.check.scenes import Scene
from xsim.check.shown import asked_and_got, evidence_of
from xsim.check.starved import starved
from xsim.check.strikes import endpoint_asked, failure_told, has_failed, kinds_of
from xsim.check.waiting import behind_a_dead_token
from xsim.findings import Finding
from xsim.model import Severity

KILLED_WITH_IT = (
    "a fetch was killed after it had handed the event over; whether the server keeps what it got then is documented "
    "nowhere, and here it keeps nothing"
)
SPILT = (
    "the vendor moved on although its answer never came to be read; no script that asks this call can have the events "
    "again, only one that asks by time or id"
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
    # What came behind a token that is never renewed waits, as the rule about that tells.
    waiting = {fate.event.id for fate in behind_a_dead_token(evidence)}
    missed = [fate for fate in (*truth.missed(), *truth.taken_off()) if fate.event.id not in waiting]
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


def missing(evidence: Evidence, loss: Loss) -> Finding:
    told = cause_of(loss)
    event = loss.fate.event.id
    where = f": lost at cycle {loss.lost_at}" if loss.lost_at else ""
    if told[0] == "stale-last-run":
        where = ": shut out by the last run that the run began with"
    is_spilt = told[0] == "acknowledged-before-delivery" and was_never_read(loss)
    open_text = KILLED_WITH_IT if event in evidence.kills.handed else SPILT if is_spilt else ""
    return Finding(
        f"{subject(event)} was never delivered{where}",
        cycles=(loss.lost_at or (loss.visible.number if loss.visible else loss.fate.first_visible),),
        events=(event,),
        cause=told[0],
        place=evidence.place(line_of(loss)),
        evidence=(*evidence_of(loss, told), *((("open", open_text),) if open_text else ())),
        # What the server makes of a killed fetch's incidents is written nowhere, so that this is no proof of a loss.
        severity=Severity.NOTE if open_text else None,
    )


def was_never_read(loss: Loss) -> bool:
    """Whether a server that keeps the place gave the event out in an answer that no script got, or was killed with."""
    scene, scenario = loss.losing, loss.scenario
    call = taking(loss, scene) if scene is not None else None
    endpoint = endpoint_asked(scenario, call) if call is not None else None
    if scene is None or call is None or endpoint is None or endpoint.kind != "list":
        return False
    return bool(scene.killed) or (bool(call.fault) and has_failed(call, kinds_of(scenario)))


def line_of(loss: Loss) -> int | None:
    """The last run that lost it; where the fetch stored none, the request that took it off, or the last one."""
    scene = loss.losing or loss.visible
    if scene is None or scene.line:
        return scene.line if scene is not None else None
    call = taking(loss, scene)
    return call.line if call is not None else next((each.line for each in reversed(scene.exchanges)), None)


def starving_one(evidence: Evidence, fate: Fate, last: Scene, told: Told) -> Finding:
    event, scenario = fate.event, evidence.journal.scenario
    instead = instead_of_missing(told[0], scenario.identity, scenario.time_field)
    if told[0] == "page-cut-at-limit" and holds_others(evidence, last):
        instead = (("instead", BEHIND_OTHERS),)
    if told[0] == "same-timestamp-at-limit" and not can_be_asked_for_more(scenario, last, event):
        instead = (("instead", PAGED_ON),)
    return Finding(
        f"{subject(event.id)} was never delivered: each fetch gets the same page, "
        f"{'and leaves it out' if told[0] == 'cut-by-script' else 'cut before it'}",
        cycles=(fate.first_visible,),
        events=(event.id,),
        cause=told[0],
        place=evidence.place(last.line),
        evidence=(
            ("why", told[1]),
            *instead,
            ("occurred", moment(event.occurred)),
            ("first listed by the vendor", f"{moment(event.visible)}, in time for cycle {fate.first_visible}"),
            *asked_and_got(scenario, last),
            (f"last run after cycle {last.number}", excerpt(last.last_run_after)),
            (
                "probe",
                f"with this event alone at the vendor, a fetch from the state after cycle {last.number} delivers it",
            ),
        ),
    )


def holds_others(evidence: Evidence, scene: Scene) -> bool:
    """Whether the page that comes again and again holds events that the fetch never hands over."""
    fates = evidence.truth.fates if evidence.truth is not None else {}
    names = (name for shown in scene.shown for name in shown.listing.listed if name in fates)
    return any(fates[name].is_outstanding for name in names)


@rule("FC204", Severity.NOTE, since="0.1")
def phantom_incident(evidence: Evidence) -> Iterator[Finding]:
    """An incident is none of the vendor's events, while others are.

    Why: Either the fetch makes incidents of what is no event, such as a message object, or the incident's id stands
    somewhere else than in the others, and it cannot be told whether the event was missed.
    Fix: Make incidents of events alone. Where all of them are events, name the paths of their ids in the scenario's
    [identity].
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
        yield Finding(
            f"{subject(fate.event.id)} was delivered in cycle {fate.delivered}, and the scenario says that it is not "
            "wanted",
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
        f"{subject(record)} holds up the fetch since cycle {held.cycles[0]}: its call fails each time, and "
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
