"""Judges a journal by the rules, and says what the run as a whole means."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from hashlib import blake2b
from itertools import chain

from xsim.check.acceptance import idle_in_baseline, open_findings, with_acceptance
from xsim.check.assumptions import assumptions
from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, listed, shorten
from xsim.check.expectations import with_expectation
from xsim.check.gathering import Gathering
from xsim.check.guesses import resting_on_guesses, told_of_guesses
from xsim.check.rule import chosen, codes_named
from xsim.check.rules import RULES
from xsim.check.rules.vendor_truth import knows_events
from xsim.check.untried import cut_short, kept_from, never_struck, unproved, untried, what_lacked
from xsim.events import Delivered
from xsim.findings import Finding, Report, Rule, RuleResult
from xsim.model import Journal, Severity, Verdict

NO_EVENTS = "the vendor's events are not known, so that misses were not looked for (`xsim init` drafts a scenario)"
WEIGHT = {Severity.NOTE: 0, Severity.WARNING: 1, Severity.ERROR: 2}


def check(
    journal: Journal,
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    fail_on: Severity | None = None,
    strict: bool | None = None,
    expects: bool = True,
    gathering: Gathering | None = None,
) -> Report:
    """Judge a journal by the rules that `select` and `ignore` leave.

    `gathering` followed the journal while it was written, and spares the walk over it.
    `fail_on` is the least severity that fails the run. `strict`: what was not exercised leaves the run undecided.
    Where they are not given, what the scenario says holds, else a warning fails and nothing more is asked. `expects`:
    what the scenario expects of its run is held against it.
    """
    own = journal.scenario.check
    rules = chosen(RULES, select=select or own.select, ignore=(*ignore, *own.ignore))
    severities = {code: level for name, level in own.severity.items() for code in codes_named(RULES, [name])}
    rules = tuple(replace(rule, severity=severities.get(rule.code, rule.severity)) for rule in rules)
    fail_on = fail_on or own.fail_on or Severity.WARNING
    is_strict = bool(own.strict) if strict is None else strict
    evidence = Evidence(journal) if gathering is None else gathering.evidence(journal)
    for rule in rules:
        evidence.judged.append(result_of(rule, evidence, fail_on, is_set=rule.code in severities))
    results = tuple(evidence.judged)
    unexercised = tuple(not_exercised(evidence, results))
    verdict, reason = verdict_of(evidence, results, unexercised if is_strict else (), fail_on)
    report = Report(
        journal=journal,
        results=results,
        verdict=verdict,
        reason=reason,
        identity=identity_of(evidence),
        delivered=evidence.delivered,
        not_exercised=unexercised,
        assumes=(*assumptions(journal.scenario), *taken_as_unwanted(evidence), *left_behind(evidence)),
        idle_baseline=() if evidence.unsupported else idle_in_baseline(journal, results),
    )
    if journal.scenario.expect is None or not expects:
        return report
    return with_expectation(
        report,
        journal.scenario.expect,
        lambda finding: counts(finding, fail_on),
        unexercised=unexercised if is_strict else (),
        is_cut_short=bool(evidence.unsupported) or not evidence.cycles or not journal.complete,
        is_narrowed=len(rules) < len(chosen(RULES, select=own.select, ignore=own.ignore)),
    )


def taken_as_unwanted(evidence: Evidence) -> Iterable[str]:
    """What the verdict makes of events that no fetch delivers: a filter of the fetch, not a fault."""
    if evidence.truth is None:
        return
    names = [shorten(fate.event.id, 60) for fate in evidence.truth.unwanted()]
    if names and not evidence.truth.vain_witness:
        were = "was" if len(names) == 1 else "were"
        yield (
            f"{counted(len(names), 'event')} never came and {were} taken as not wanted, as no fetch that sees one of "
            f"them alone delivers it: {listed(names, 3)}; state `wanted = true` where that is wrong"
        )


def left_behind(evidence: Evidence) -> Iterable[str]:
    """Events that lay in the first-fetch window only as long as no fetch ended well."""
    if evidence.truth is None:
        return
    names = [shorten(fate.event.id, 60) for fate in evidence.truth.before_the_first_fetch()]
    if names:
        yield (
            f"{counted(len(names), 'event')} of the first-fetch window came to lie before it, as the first fetches did "
            f"not end well, and counted as not wanted: {listed(names, 3)}"
        )


def delivered_identities(journal: Journal) -> Delivered:
    """Identities delivered by this journal's run and those before it, as `Scenario.delivered` wants them."""
    return Delivered(chain(journal.scenario.delivered.items(), Evidence(journal).deliveries.delivered()))


def identity_of(evidence: Evidence) -> str:
    if not evidence.delivered:
        return ""
    doubt = "; some events of one fetch share it" if evidence.deliveries.is_doubtful else ""
    return f"{evidence.deliveries.identity.label}{doubt}"


def result_of(rule: Rule, evidence: Evidence, fail_on: Severity, *, is_set: bool = False) -> RuleResult:
    """`is_set`: the scenario states the rule's severity, so that each finding has that one."""
    if rule.needs is not None and not rule.needs(evidence):
        return RuleResult(rule, Verdict.UNDECIDED, reason=f"needs {rule.needs_text}")
    findings = tuple(
        with_acceptance(resting_on_guesses(each, evidence), rule, evidence.journal)
        for finding in rule.check(evidence)
        for each in (completed(replace(finding, severity=None) if is_set else finding, rule),)
    )
    fails = any(counts(finding, fail_on) for finding in open_findings(findings))
    return RuleResult(rule, Verdict.FAILED if fails else Verdict.PASSED, findings)


def completed(finding: Finding, rule: Rule) -> Finding:
    return replace(
        finding,
        code=rule.code,
        rule=rule.name,
        severity=finding.severity or rule.severity,
        fingerprint=fingerprint(finding, rule),
    )


def fingerprint(finding: Finding, rule: Rule) -> str:
    """Equal for the same fault in another run: nothing in it comes from the seed, the clock or a line's number."""
    message = finding.message
    for event in finding.events:
        # What is but a number falls with the other numbers; it may be part of one.
        message = message if event.isdigit() else message.replace(event, "<event>")
    message = re.sub(r"\bcycles? \d+(?:, \d+)*(?: and [\d,]+ more)?", "cycle #", message)
    normal = re.sub(r"\d[\d,.:TZ-]*", "#", re.sub(r"'[^']*\d[^']*'|\"[^\"]*\d[^\"]*\"|[0-9a-f]{8,}", "#", message))
    function = finding.place.function if finding.place else None
    text = "\0".join((rule.code, finding.cause, function or "", normal))
    return blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


def counts(finding: Finding, fail_on: Severity) -> bool:
    assert finding.severity is not None, "completed fills it in"
    return not finding.doubt and WEIGHT[finding.severity] >= WEIGHT[fail_on]


def verdict_of(
    evidence: Evidence, results: Sequence[RuleResult], unexercised: Sequence[str], fail_on: Severity
) -> tuple[Verdict, str]:
    all_findings = [finding for result in results for finding in result.findings]
    findings = open_findings(all_findings)
    accepted = len(all_findings) - len(findings)
    besides = f"; {counted(accepted, 'finding was', 'findings were')} accepted" if accepted else ""
    if any(counts(finding, fail_on) for finding in findings):
        return Verdict.FAILED, f"{tally(findings)} in {counted(len(evidence.cycles), 'cycle')}{besides}"
    # Notes that rest on a guess are but notes.
    grave = {result.rule.code for result in results if WEIGHT[result.rule.severity] >= WEIGHT[fail_on]}
    guessed = told_of_guesses(evidence, [finding for finding in findings if finding.doubt and finding.code in grave])
    if undecided := guessed or why_undecided(evidence):
        return Verdict.UNDECIDED, f"{undecided}{besides}"
    cycles = counted(len(evidence.cycles), "cycle")
    if unexercised:
        return Verdict.UNDECIDED, f"not exercised in {cycles}: {'; '.join(unexercised)}"
    told = tally(findings) or "no finding"
    return Verdict.PASSED, f"{counted(evidence.delivered, 'incident')} in {cycles}, {told}{besides}"


def why_undecided(evidence: Evidence) -> str:
    if evidence.unsupported:
        number, failure = next(iter(evidence.unsupported.items()))
        what = shorten(failure.message) if failure else "something that xsim does not simulate"
        return f"cycle {number} needs what is not simulated: {what}" + (
            f"; {failure.hint}" if failure and failure.hint else ""
        )
    if not evidence.cycles:
        return "no cycle was simulated"
    if not evidence.ok_cycles:
        return f"no fetch ended well in {counted(len(evidence.cycles), 'cycle')}"
    if not evidence.delivered:
        return f"nothing was delivered in {counted(len(evidence.cycles), 'cycle')}{what_lacked(evidence.truth)}"
    if evidence.truth is not None and evidence.truth.matches_nothing:
        return "no incident matches an event of the scenario: set [identity]"
    return unproved(evidence.truth) if evidence.truth is not None else ""


def tally(findings: Iterable[Finding]) -> str:
    """2 errors, 1 warning, 3 notes: empty where there is none."""
    severities = [finding.severity for finding in findings]
    numbers = [
        (severities.count(severity), severity.value) for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    ]
    return ", ".join(counted(number, word) for number, word in numbers if number)


def not_exercised(evidence: Evidence, results: Sequence[RuleResult]) -> Iterable[str]:
    """What a reader of a clean verdict should know was never tried."""
    ok_cycles = evidence.ok_cycles
    if not any(facts.delivered == 0 for facts in ok_cycles):
        yield "no quiet cycle"
    if not evidence.handovers.has_several:
        yield "no cycle with more than one incident"
    elif not evidence.handovers.has_one_time:
        yield "no two incidents of one time in a fetch"
    has_world = evidence.truth is not None or evidence.journal.scenario.has_vendor
    if evidence.truth is None:
        yield NO_EVENTS
    else:
        ended_well = bool(ok_cycles) and ok_cycles[-1].number == next(reversed(evidence.cycles))
        missed = (each for each in results if each.rule.needs is knows_events)
        told = {event for each in missed for finding in each.findings for event in finding.events}
        yield from untried(evidence.truth, evidence.journal.scenario, told=told, ended_well=ended_well)
        yield from kept_from(evidence.truth, evidence.strikes)
    yield from never_struck(evidence.journal.scenario, evidence.strikes)
    yield from cut_short(evidence.journal)
    for result in results:
        if result.rule.needs is knows_events and not has_world:
            continue  # Without a vendor's events there is nothing to know; the rule's own result says so.
        if result.verdict is Verdict.UNDECIDED:
            only = (
                f"only {counted(len(ok_cycles), 'cycle')} ended OK: " if result.rule.needs is not knows_events else ""
            )
            yield f"{only}{result.rule.name} {result.reason}"
    if not evidence.journal.complete:
        yield "the simulation was cut off before its end"
