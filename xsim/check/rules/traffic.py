"""FC4: a fetch asks the vendor for what it needs, and for no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, in_cycles
from xsim.check.over_quota import OFTEN, Refused, quota_told, spans_of
from xsim.check.remedies import instead_of_failing
from xsim.check.rule import rule
from xsim.check.spans import spelled
from xsim.check.strikes import failure_told
from xsim.check.waiting import waiting_behind
from xsim.findings import Finding
from xsim.model import Exchange, Outcome, Severity


@rule("FC401", Severity.WARNING, since="0.1")
def request_storm(evidence: Evidence) -> Iterator[Finding]:
    """A fetch sends more requests than the vendor allows, where the scenario states how many that are.

    Why: The vendor answers with status 429, or locks the account; other users of the same key are cut off as well.
    Fix: Ask for larger pages, fetch details for new events alone, and reuse a token until it expires; where that is
    still too much for one fetch, store how far it came and let the next one go on.
    """
    allowed = evidence.journal.scenario.check.requests_per_cycle
    if allowed is not None:
        yield from over_the_limit(evidence, allowed)
    yield from over_a_quota(evidence)


def over_the_limit(evidence: Evidence, allowed: int) -> Iterator[Finding]:
    # A request that a fault of the scenario struck is not one that the script can do without.
    over = [facts for facts in evidence.cycles.values() if facts.exchanges - facts.struck > allowed]
    if over:
        most = max(over, key=lambda facts: facts.exchanges)
        yield Finding(
            f"{most.exchanges:,} requests in cycle {most.number}, and the vendor allows {allowed:,} in one fetch",
            cycles=tuple(facts.number for facts in over),
            place=evidence.place(busiest_line(evidence.scenes({most.number})[most.number].exchanges)),
            evidence=(
                ("requests_per_cycle", f"{allowed:,}"),
                ("most in one fetch", f"{most.exchanges:,} in {evidence.started(most.number)}"),
                ("fetches over it", f"{len(over):,}"),
            ),
        )


def busiest_line(exchanges: Sequence[Exchange]) -> int | None:
    """The line that sent the most of them; of equals the first."""
    counts = Counter(each.line for each in exchanges if each.line)
    return max(counts, key=counts.__getitem__, default=None)


def over_a_quota(evidence: Evidence) -> Iterator[Finding]:
    """Fetches that the vendor cut off for a quota of the scenario; those that never recovered are told as failures."""
    over, numbers = evidence.strikes.over_quota, judged(evidence)
    stuck = {each.number for each in over.stuck(numbers)}
    failed = [each for each in over.failed() if each.number in numbers and each.number not in stuck]
    if failed:
        times = spans_of(failed, numbers)
        is_habit = times >= OFTEN or 2 * len(failed) >= len(numbers)
        what = f"the fetch failed for it in {in_cycles([each.number for each in failed])}"
        yield refused_for(evidence, failed, what, Severity.WARNING if is_habit else Severity.NOTE)
        return
    refused = [each for number, each in over.refused.items() if number in numbers and number not in stuck]
    if len(refused) >= OFTEN and 2 * len(refused) >= len(numbers):
        what = f"it refused calls of {counted(len(refused), 'fetch', 'fetches')} out of {len(numbers):,}"
        yield refused_for(evidence, refused, what, Severity.NOTE)


def judged(evidence: Evidence) -> list[int]:
    """Cycles that ended by what the script did."""
    plan = evidence.strikes.has_failed_by_plan
    return [n for n, each in evidence.cycles.items() if each.outcome is not Outcome.UNSUPPORTED and not plan(n)]


def refused_for(evidence: Evidence, refused: list[Refused], what: str, severity: Severity) -> Finding:
    first = refused[0]
    return Finding(
        f"the vendor takes {quota_told(first.quota)}, and {what}",
        cycles=tuple(each.number for each in refused),
        cause="over-quota",
        place=evidence.place(first.call.line),
        evidence=(
            *instead_of_failing("over-quota"),
            ("first refused", f"{failure_told(first.call)} in {evidence.started(first.number)}"),
            ("requests in that fetch", f"{evidence.cycles[first.number].exchanges:,}"),
            ("fetches that it refused a call", f"{len(evidence.strikes.over_quota.refused):,}"),
            *waiting_behind(evidence, [each.number for each in refused]),
        ),
        severity=severity,
    )


@rule("FC402", Severity.ERROR, since="0.1")
def unbounded_paging(evidence: Evidence) -> Iterator[Finding]:
    """A fetch asks for page after page and finds no end.

    Why: The fetch runs into its time limit, is killed, and the next one does the same again; the vendor sees thousands
    of requests.
    Fix: Stop where a page is empty, where it holds no token, or where its token is the one before; and never ask for
    more pages than the fetch limit needs.
    """
    for cause, (cycles, paging) in evidence.pagings.found.items():
        what = (
            f"the same request {paging.length:,} times in a row, each with the same answer"
            if cause == "same-page"
            else f"{paging.length:,} pages behind the last record"
        )
        yield Finding(
            f"the fetch asked for {what}, in {in_cycles(cycles)}",
            cycles=tuple(cycles),
            cause=cause,
            place=evidence.place(paging.line),
            evidence=(
                ("request", paging.request),
                ("requests in that fetch", f"{paging.exchanges:,}"),
                ("the fetch ended", paging.ended),
                *waiting_behind(evidence, cycles),
                *((("over and over", counted(len(cycles), "fetch", "fetches")),) if len(cycles) > 1 else ()),
            ),
        )


@rule("FC403", Severity.WARNING, since="0.1")
def retry_after_ignored(evidence: Evidence) -> Iterator[Finding]:
    """A fetch repeats a request before the time that the vendor's Retry-After named.

    Why: A vendor that is asked again too soon refuses again, and many count each refused request: the wait grows, or
    the account is locked, and with it every other user of the same key.
    Fix: Let the retry honour the header, as urllib3's `Retry` and `BaseClient._http_request(retries=...)` do, or let
    the fetch end there and go on in the next cycle.
    """
    for _, seen in evidence.sightings.of("retry_after_ignored"):
        hasty = seen.first
        yield Finding(
            f"{hasty.request} was repeated {hasty.after} later, before its Retry-After was over, in "
            f"{in_cycles(seen.cycles)}",
            cycles=tuple(seen.cycles),
            place=evidence.place(seen.line),
            evidence=(
                ("answered", hasty.asked),
                ("to be repeated from", hasty.due),
                ("repeated", hasty.again),
                *((("so often", f"{seen.count:,} times"),) if seen.count > 1 else ()),
            ),
        )


@rule("FC404", Severity.NOTE, since="0.1")
def unbounded_wait(evidence: Evidence) -> Iterator[Finding]:
    """A request without a time-out of its own waits until the command is stopped.

    Why: The server stops the fetch as a whole: what it had by then does not count, and the error names no cause.
    Fix: Give each request a time-out well below the command's limit: `requests.get(url, timeout=60)`, or
    `BaseClient(timeout=60)`.
    """
    waits = evidence.overruns.endless
    if waits:
        cycles = [each.number for each in waits]
        yield Finding(
            f"a request waited {spelled(waits[0].waited)} for its answer, until the command was stopped, in "
            f"{in_cycles(cycles)}",
            cycles=tuple(cycles),
            place=evidence.place(waits[0].line),
            evidence=(
                ("request", waits[0].request),
                ("the command's limit", spelled(evidence.journal.scenario.settings.command_timeout)),
            ),
        )
