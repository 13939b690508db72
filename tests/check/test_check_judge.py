"""The verdict on a whole run, and what its report says beside the findings."""

from dataclasses import replace

import pytest
from builders import (
    a_cycle,
    a_failure,
    a_journal,
    a_listing,
    an_endpoint,
    an_event,
    an_incident,
    cycles_with_last_runs,
)

from xsim.check import check, delivered_identities
from xsim.model import Outcome, Severity, Verdict

CLEAN = [a_cycle(1, incidents=[an_incident("A-1"), an_incident("A-2")]), a_cycle(2)]


def with_a_warning():
    return a_journal([a_cycle(1, incidents=[an_incident("A-1", rawJSON=..., dbotMirrorId="A-1")])])


def with_a_note():
    return a_journal([a_cycle(1, incidents=[an_incident("A-1", occurred=None)])])


def test_a_run_that_delivers_and_breaks_no_rule_passes():
    report = check(a_journal(CLEAN))
    assert (report.verdict, report.reason) == (Verdict.PASSED, "2 incidents in 2 cycles, no finding")
    assert (report.delivered, report.identity) == (2, "id in rawJSON (detected)")


def test_an_error_fails_the_run_and_the_reason_counts():
    twice = [a_cycle(number, incidents=[an_incident("A-1"), an_incident("A-2")]) for number in (1, 2)]
    report = check(a_journal(twice))
    assert (report.verdict, report.reason) == (Verdict.FAILED, "2 errors in 2 cycles")


def test_a_warning_fails_the_run_unless_only_errors_are_to():
    assert check(with_a_warning()).verdict is Verdict.FAILED
    assert check(with_a_warning(), fail_on=Severity.ERROR).verdict is Verdict.PASSED


def test_a_note_fails_the_run_only_where_notes_are_to():
    report = check(with_a_note())
    assert (report.verdict, report.reason) == (Verdict.PASSED, "1 incident in 1 cycle, 1 note")
    assert check(with_a_note(), fail_on=Severity.NOTE).verdict is Verdict.FAILED


def test_a_rule_fails_only_by_findings_that_count():
    [by_default] = check(with_a_note(), select=["FC508"]).results
    [to_the_letter] = check(with_a_note(), select=["FC508"], fail_on=Severity.NOTE).results
    assert (by_default.verdict, to_the_letter.verdict) == (Verdict.PASSED, Verdict.FAILED)
    assert len(by_default.findings) == 1


def test_a_run_that_delivers_nothing_is_undecided():
    report = check(a_journal([a_cycle(1), a_cycle(2)]))
    assert report.verdict is Verdict.UNDECIDED
    assert report.reason.startswith("nothing was delivered in 2 cycles")
    assert report.identity == ""


def test_a_run_that_delivers_nothing_of_what_the_answers_list_says_so():
    events = [an_event(name, wanted=None) for name in ("A-1", "A-2", "A-3")]
    shown = a_cycle(1, listings=[a_listing("A-2", "A-1")])
    report = check(a_journal([shown, a_cycle(2)], events=events, endpoints=(an_endpoint(),)))
    assert report.reason == (
        "nothing was delivered in 2 cycles, although the vendor's answers listed 2 events, A-1 first in cycle 1: "
        "look at what the script leaves out, and give the vendor events that it does not"
    )


def test_a_run_of_which_no_cycle_ended_well_is_undecided_where_failures_are_ignored():
    report = check(a_journal([a_cycle(1, failure=a_failure())]), ignore=["FC601"])
    assert (report.verdict, report.reason) == (Verdict.UNDECIDED, "no fetch ended well in 1 cycle")


def test_a_run_without_a_cycle_is_undecided():
    assert check(a_journal()).verdict is Verdict.UNDECIDED


def test_an_unsupported_cycle_leaves_the_run_undecided_and_says_what_to_do():
    gap = a_failure("unsupported", "GET vendor.example/alerts: no endpoint answers", hint="add an endpoint")
    report = check(a_journal([*CLEAN, a_cycle(3, outcome=Outcome.UNSUPPORTED, failure=gap)]))
    assert report.verdict is Verdict.UNDECIDED
    assert report.reason == (
        "cycle 3 needs what is not simulated: GET vendor.example/alerts: no endpoint answers; add an endpoint"
    )


def test_no_rule_judges_an_unsupported_cycle():
    gap = a_failure("unsupported", "no endpoint answers")
    twice = [an_incident("A-1", name=""), an_incident("A-1", name="")]
    report = check(a_journal([a_cycle(1, incidents=twice, outcome=Outcome.UNSUPPORTED, failure=gap)]))
    assert report.findings == ()


def test_an_error_outweighs_an_unsupported_cycle():
    gap = a_cycle(3, outcome=Outcome.UNSUPPORTED, failure=a_failure("unsupported", "no endpoint answers"))
    failing = [a_cycle(1, incidents=[an_incident("A-1")]), a_cycle(2, incidents=[an_incident("A-1")])]
    assert check(a_journal([*failing, gap])).verdict is Verdict.FAILED


def test_what_was_not_exercised_is_told():
    told = check(a_journal([a_cycle(1, incidents=[an_incident()])])).not_exercised
    assert "no quiet cycle" in told
    assert "no cycle with more than one incident" in told
    assert any("last-run-grows needs 20 cycles" in sentence for sentence in told)


def test_what_was_exercised_is_not_told():
    last_runs = [{"at": "09:30"}] * 21
    lone = cycles_with_last_runs(*last_runs)
    full = replace(lone[0], incidents=a_cycle(incidents=[an_incident("A-1"), an_incident("A-2")]).incidents)
    [left] = check(a_journal([full, *lone[1:]])).not_exercised
    assert (
        left == "the vendor's events are not known, so that misses were not looked for (`xsim init` drafts a scenario)"
    )


def test_incidents_of_several_times_leave_the_tie_untried():
    cycles = [a_cycle(1, incidents=[an_incident("A-1"), an_incident("A-2", occurred="2024-05-14T09:28:00Z")])]
    assert "no two incidents of one time in a fetch" in check(a_journal(cycles)).not_exercised


def test_strict_leaves_a_run_undecided_that_did_not_exercise_all():
    report = check(a_journal(CLEAN), strict=True)
    assert report.verdict is Verdict.UNDECIDED
    assert "last-run-grows" in report.reason


def test_strict_does_not_hide_an_error():
    cycles = [a_cycle(number, incidents=[an_incident("A-1")]) for number in (1, 2)]
    assert check(a_journal(cycles), strict=True).verdict is Verdict.FAILED


def test_a_simulation_that_was_cut_off_is_told():
    assert "the simulation was cut off before its end" in check(a_journal(CLEAN, complete=False)).not_exercised


def test_a_finding_knows_its_rule_its_place_and_its_severity():
    [finding] = check(a_journal([a_cycle(n, incidents=[an_incident("A-1")]) for n in (1, 2)])).findings
    assert (finding.code, finding.rule, finding.severity) == ("FC202", "duplicate-event", Severity.ERROR)
    assert (finding.place.path, finding.place.line) == ("integration.py", 20)


def test_a_fingerprint_is_that_of_the_fault_and_not_of_the_run():
    def fingerprint(event, first, second, line=7):
        cycles = [a_cycle(first, incidents=[an_incident(event)]), a_cycle(second, incidents=[an_incident(event)])]
        failing = a_cycle(second + 1, failure=a_failure(message=f"id {event}{first}", line=line))
        report = check(a_journal([*cycles, failing]), select=["FC202", "FC601"])
        return [finding.fingerprint for finding in report.findings]

    assert fingerprint("17", 1, 2) == fingerprint("4711", 3, 5, line=99)


def test_another_function_gives_another_fingerprint():
    journals = [a_journal([a_cycle(1, failure=a_failure(function=name))]) for name in ("build", "main")]
    first, second = (check(journal).findings[0].fingerprint for journal in journals)
    assert first != second


def test_findings_come_in_the_order_of_their_codes():
    cycles = [a_cycle(n, incidents=[an_incident("A-1", name="", severity=9)]) for n in (1, 2)]
    codes = [finding.code for finding in check(a_journal(cycles)).findings]
    assert codes == ["FC202", "FC501", "FC511"]


def test_delivered_identities_are_what_the_next_run_starts_from():
    first = a_journal([a_cycle(1, incidents=[an_incident("A-1")]), a_cycle(2, incidents=[an_incident("A-2")])])
    known = delivered_identities(first)
    assert {name: cycle for name, (cycle, _) in known.items()} == {"A-1": 1, "A-2": 2}
    again = a_journal([a_cycle(3, incidents=[an_incident("A-2"), an_incident("A-3")])], delivered=known)
    [finding] = check(again).findings
    assert (finding.code, finding.events, finding.cycles) == ("FC202", ("A-2",), (3,))
    assert "first in cycle 2" in finding.message
    assert set(delivered_identities(again)) == {"A-1", "A-2", "A-3"}


def test_a_journal_is_judged_the_same_each_time():
    journal = a_journal([a_cycle(n, incidents=[an_incident(f"A-{n % 3}", name="")]) for n in range(1, 9)])
    assert check(journal) == check(journal)


@pytest.mark.parametrize("kept", ["A-1", "A-2"])
def test_cycles_may_be_a_stream_from_a_file(kept):
    class Stored:
        def __iter__(self):
            return iter([a_cycle(1, incidents=[an_incident("A-1")]), a_cycle(2, incidents=[an_incident(kept)])])

    journal = replace(a_journal(), cycles=Stored())
    assert len(check(journal).findings) == (kept == "A-1")
