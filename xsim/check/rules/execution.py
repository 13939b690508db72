"""FC6: a fetch ends, in time, and hands over its incidents once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from xsim.check.endings import Failed
from xsim.check.evidence import CycleFacts, Evidence
from xsim.check.excerpt import MOST_NAMED, counted, in_cycles, listed, moment, shorten
from xsim.check.kills import Killed
from xsim.check.loss import Told
from xsim.check.over_quota import quota_told
from xsim.check.remedies import instead_of_failing
from xsim.check.rule import rule
from xsim.check.scenes import Scene
from xsim.check.stuck import refused_request, unreadable_last_run
from xsim.check.waiting import poisons_of, waiting_behind
from xsim.findings import Finding
from xsim.model import Outcome, Severity

MOST_FRAMES = 8
MOST_LOOKED_INTO = 100
"""Failed cycles whose answers are read again for a cause."""


@rule("FC601", Severity.ERROR, since="0.1")
def failing_fetch(evidence: Evidence) -> Iterator[Finding]:
    """A fetch ends with an error: it raises, or calls return_error.

    Why: Neither incidents nor last run of a cycle that raises count. The next cycle asks for the same window again;
    where one record is the cause, the fetch is stuck until that record is gone, and all behind it waits.
    Fix: Let a fetch fail only for what the next one may find otherwise, such as an outage. What each fetch would meet
    again, as one record, an empty answer or an empty parameter, has to be read so that it does not raise.
    """
    told = evidence.renewals.explained | evidence.held_up.explained | made_up_for(evidence)
    for failed in evidence.endings.failed.values():
        left = [number for number in failed.cycles if number not in told]
        if not left or is_older_layout(evidence, failed):
            continue
        what = f"{shorten(failed.failure.kind)}: {shorten(failed.failure.message)}"
        finding = ended(evidence, replace(failed, cycles=left), f"the fetch failed in {in_cycles(left)}: {what}")
        # A token may run out in the middle of a fetch; that the next one gets a new one is all that can be asked.
        is_renewed = failed.is_expired and set(left) <= evidence.renewals.brief
        yield brief(finding) if is_renewed else finding


def brief(finding: Finding) -> Finding:
    """The failure of a fetch whose token ran out, and after which one got another."""
    told = (*instead_of_failing("token-expired"), *(each for each in finding.evidence if each[0] != "instead"))
    return replace(finding, severity=Severity.NOTE, cause="token-expired", evidence=told)


def made_up_for(evidence: Evidence) -> set[int]:
    """Cycles that failed for a quota of the scenario, which refuses by plan; what does not recover is told here."""
    over = evidence.strikes.over_quota
    stuck = {each.number for each in over.stuck(evidence.cycles)}
    return {each.number for each in over.failed()} - stuck


def is_older_layout(evidence: Evidence, failed: Failed) -> bool:
    """Whether these failures begin with the one that the rule about an older last run tells of."""
    older = evidence.older_layout
    return older is not None and older.cause == "crash" and failed.cycles[0] == older.cycle.number


def ended(evidence: Evidence, failed: Failed, what: str) -> Finding:
    failure = failed.failure
    is_stuck, fate = what_followed(evidence, failed.cycles)
    poisons = [shorten(each.event.id) for each in poisons_of(evidence, failed)]
    cause, why = cause_of_ending(evidence, failed, is_stuck=is_stuck)
    cause = "poison-record" if poisons else cause
    # What to do about a fetch that takes too long is told by its rule.
    is_overdue = evidence.cycles[failed.cycles[0]].outcome is Outcome.TIMED_OUT
    seen = (None, "") if failure.line else last_seen(evidence.scenes({failed.cycles[0]})[failed.cycles[0]])
    return Finding(
        f"{what}; {fate}",
        cycles=tuple(failed.cycles),
        events=tuple(poisons),
        cause=cause,
        place=evidence.place(failure.line or seen[0], failure.function),
        evidence=(
            *((("why", why),) if why and not poisons else ()),
            *(() if is_overdue else instead_of_failing(cause)),
            *((("the fetch fails on", listed(poisons)),) if poisons else ()),
            *waiting_behind(evidence, failed.cycles),
            *((("behind a fault", failed.behind),) if failed.behind else ()),
            ("ended", f"{shorten(failure.kind)}: {shorten(failure.message)}"),
            *(("at", shorten(frame)) for frame in failure.frames[-MOST_FRAMES:]),
            *((("last seen", seen[1]),) if seen[1] else ()),
            *((("the vendor answered", failed.answered),) if failed.answered else ()),
            *(("host call before", call) for call in failed.last_calls),
            ("last run before", failed.last_run_before),
            *((("hint", shorten(failure.hint)),) if failure.hint else ()),
        ),
    )


def last_seen(scene: Scene) -> tuple[int | None, str]:
    """Line and words of the last that the script did as far as it is known: where it was stopped, nobody told."""
    calls = [(each.at, each.line, f"{each.name}()") for each in scene.calls if each.line]
    requests = [(each.at, each.line, f"{each.method} {each.url}") for each in scene.exchanges if each.line]
    at, line, what = max([*calls, *requests], key=lambda each: each[0], default=(scene.started, None, ""))
    return line, shorten(f"{what} in line {line} at {moment(at)}") if what else ""


def cause_of_ending(evidence: Evidence, failed: Failed, *, is_stuck: bool) -> Told:
    """A word for why, where the cycles that failed and those that ended well differ in just that."""
    facts = [evidence.cycles[number] for number in failed.cycles]
    if any(each.outcome is Outcome.TIMED_OUT for each in facts):
        return "stuck" if is_stuck else "", ""
    over = evidence.strikes.over_quota
    stuck = over.stuck(evidence.cycles)
    if stuck and set(failed.cycles) <= {each.number for each in stuck}:
        return (
            "over-quota",
            f"the vendor takes {quota_told(stuck[0].quota)}, which each of these fetches went past, and a failed fetch "
            "begins anew",
        )
    if is_quiet(evidence, facts):
        return (
            "quiet-cycle",
            "each of these fetches got an answer without new events, and each that got some ended well",
        )
    if is_stuck and failed.cycles[0] == next(iter(evidence.cycles)) and not any(each.exchanges for each in facts):
        return "before-first-request", "no fetch came as far as a request, from the first one on"
    told = (refused_request(evidence, failed) or unreadable_last_run(evidence, failed)) if is_stuck else None
    return told or ("stuck" if is_stuck else "", "")


def is_quiet(evidence: Evidence, failed: list[CycleFacts]) -> bool:
    """Whether these fetches got no new event, and all others that were answered delivered some, one of them later."""
    truth, others = evidence.truth, [each for each in evidence.ok_cycles if each.is_shown]
    if (
        truth is None
        or not others
        or others[-1].number < failed[0].number
        or not all(each.delivered for each in others)
    ):
        return False
    scenes = evidence.scenes({each.number for each in failed[:MOST_LOOKED_INTO]})
    looked_into = [scenes[each.number] for each in failed[:MOST_LOOKED_INTO]]
    return all(
        scene.shown and not truth.new_in(scene.number, (name for one in scene.shown for name in one.listing.listed))
        for scene in looked_into
    )


def what_followed(evidence: Evidence, cycles: list[int]) -> tuple[bool, str]:
    """Whether the fetch is stuck, and what became of it in words."""
    judged = {
        number: facts
        for number, facts in evidence.cycles.items()
        if facts.outcome is not Outcome.UNSUPPORTED and not evidence.strikes.has_failed_by_plan(number)
    }
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
            place=evidence.place(seen.line),
            evidence=(
                ("first", evidence.started(seen.cycles[0])),
                *((f"a request of {label} failed", told) for label, told in seen.examples),
                *((("instead", "let the fetch fail where a request does"),) if seen.examples else ()),
            ),
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
        told = evidence.pagings.explained | evidence.held_up.explained
        cycles = [number for number in failed.cycles if number not in told]
        if cycles and not is_older_layout(evidence, failed):
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


@rule("FC606", Severity.NOTE, since="0.1")
def killed_midway(evidence: Evidence) -> Iterator[Finding]:
    """A fetch is killed after it handed over incidents or stored a last run.

    Why: What the server keeps of a killed fetch is written nowhere. If it keeps incidents without the last run, the
    next fetch brings them again; if it keeps the last run without the incidents, they are lost.
    Fix: Hand over the incidents first and store the last run right behind, at the very end, so that little lies between
    the two and what remains is a duplicate, never a loss.
    """
    for killed in evidence.kills.found.values():
        said = ", then ".join(f"{name}()" for name in killed.order)
        events, gone = evidence.kills.events(killed), evidence.kills.lost(killed)
        first = "of the first, " if len(killed.cycles) > 1 else ""
        followed = consequence(killed, events, evidence.kills.passed(killed), gone)
        yield Finding(
            f"the fetch was killed in {in_cycles(killed.cycles)} behind {said}: {first}{followed}",
            cycles=tuple(killed.cycles),
            events=tuple(events[:MOST_NAMED]),
            place=evidence.place(killed.line),
            cause="-".join(["behind", *("incidents" if name == "incidents" else "last-run" for name in killed.order)]),
            evidence=(
                ("done before the kill", ", ".join(killed.calls)),
                ("incidents handed over", f"{killed.number_handed:,}"),
                *((("listed and not yet delivered", listed(events)),) if events else ()),
                *((("never listed again", listed(gone)),) if gone else ()),
                ("in this run", "neither incidents nor last run of a killed fetch counted"),
                ("on a server", "what counts of a killed fetch is not documented"),
            ),
        )


def consequence(killed: Killed, events: list[str], passed: list[str] | None, gone: list[str]) -> str:
    """What follows if the server keeps what it got.

    `events`: all that was listed and not yet delivered; `passed`: of these the ones that the stored last run lies
    behind, where it tells; `gone`: those that no later fetch was shown.
    """
    handed = counted(killed.number_handed, "incident")
    if gone:
        lost = counted(len(gone), "event is", "events are")
        return f"{lost} lost unless the server keeps what it got, as no later fetch was shown them"
    if killed.order == ("incidents",):
        return f"if the server keeps what it got, {handed} will come again"
    left = [name for name in events if name not in killed.handed and (passed is None or name in passed)]
    lost = f"{'at most ' if passed is None else ''}{counted(len(left), 'event')}"
    if killed.number_handed:
        besides = f", and {lost} that it was given will be lost" if left and passed is not None else ""
        return f"if the server keeps one without the other, {handed} will come again or be lost{besides}"
    if not left:
        return "nothing is lost if the server keeps what it got"
    return f"if the server keeps what it got, {lost} will be lost"


@rule("FC607", Severity.ERROR, since="0.1")
def token_never_renewed(evidence: Evidence) -> Iterator[Finding]:
    """The vendor refuses an expired token fetch after fetch, and the script never asks for a new one.

    Why: The fetch is dead from the day on which its first token runs out, until somebody empties the integration
    context by hand; the events of that time wait, or are lost where the vendor keeps them for a while only.
    Fix: Store when the token runs out beside it and ask for a new one before that; and where a request is answered with
    401, drop the stored token, log in once, and send the request again.
    """
    for span in evidence.renewals.spans:
        granted = f"cycle {span.granted_in}" if span.granted_in else "before this run"
        yield Finding(
            f"an expired token was used in {in_cycles(span.cycles)}, and no new one was asked for",
            cycles=tuple(span.cycles),
            place=evidence.place(span.line),
            evidence=(
                ("first refused", f"{span.refused_at}: {span.refused}"),
                ("last token granted", granted),
                ("login calls since then", "none"),
                *waiting_behind(evidence, span.cycles),
            ),
        )
