"""What a scenario expects of its run: met, it passes whatever it found; each difference fails it and is a line."""

from dataclasses import replace

import pytest
from builders import a_cycle, a_failure, a_journal, a_scenario, an_incident

from xsim import check as check_stage
from xsim.check import check
from xsim.check.expectations import KINDS
from xsim.errors import XsimError
from xsim.model import Expectation, ExpectedFinding, Outcome, Severity, Verdict

TWICE = [a_cycle(number, incidents=[an_incident("A-1"), an_incident("A-2")]) for number in (1, 2)]
CLEAN = [a_cycle(1, incidents=[an_incident("A-1"), an_incident("A-2")]), a_cycle(2)]
NOTED = [a_cycle(1, incidents=[an_incident("A-1", occurred=None)])]
UNSUPPORTED = a_cycle(3, outcome=Outcome.UNSUPPORTED, failure=a_failure("unsupported", "no endpoint answers"))
BOTH = tuple(ExpectedFinding("FC202", event=event) for event in ("A-1", "A-2"))


def judged(cycles, *, journal=None, expect=None, **named):
    """The report of the cycles under an expectation, whose fields may be given one by one."""
    options = {key: named.pop(key) for key in ("select", "ignore", "fail_on", "strict", "expects") if key in named}
    scenario = a_scenario(expect=expect or Expectation(**named))
    return check(replace(a_journal(cycles), scenario=scenario), **options)


def told(report):
    return report.verdict, report.expected.differences


def test_a_run_whose_findings_are_all_expected_passes_and_says_what_it_came_to():
    report = judged(TWICE, verdict=Verdict.FAILED, delivered=4, must=BOTH)
    assert told(report) == (Verdict.PASSED, ())
    assert report.reason == "as the scenario expects, failed: 2 errors in 2 cycles"
    assert (report.expected.verdict, report.expected.reason) == (Verdict.FAILED, "2 errors in 2 cycles")


def test_expected_findings_are_kept_as_accepted_and_their_rule_passes():
    report = judged(TWICE, must=BOTH)
    assert [(each.accepted, each.is_expected) for each in report.findings] == [("expected by the scenario", True)] * 2
    [result] = [each for each in report.results if each.findings]
    assert result.verdict is Verdict.PASSED


def test_a_finding_that_nobody_expects_fails_the_run():
    report = judged(TWICE, verdict=Verdict.FAILED, must=BOTH[:1])
    line = "found FC202 duplicate-event cursor-stood-still of A-2 at cycle 2, not expected"
    assert told(report) == (Verdict.FAILED, (line,))
    assert report.reason.startswith("1 difference from what the scenario expects: found FC202")
    assert [each.is_expected for each in report.findings] == [True, False]


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        (ExpectedFinding("FC201", event="A-9", cycle=3), "FC201 missed-event of A-9 at cycle 3"),
        (ExpectedFinding("FC201", cause="stuck"), "FC201 missed-event with the cause stuck"),
        (ExpectedFinding(kind="malformed", field="name"), "a finding 'malformed' in name"),
        (ExpectedFinding("FC202", event="A-1", cycle=7), "FC202 duplicate-event of A-1 at cycle 7"),
        (ExpectedFinding("FC5"), "FC5"),
    ],
)
def test_an_expected_finding_that_is_not_there_fails_the_run(wanted, line):
    assert told(judged(TWICE, must=(*BOTH, wanted))) == (Verdict.FAILED, (f"expected {line}, not found",))


def test_an_expected_cause_that_no_finding_has_is_told_with_the_nearest():
    _, [line] = told(judged(TWICE, must=(*BOTH, ExpectedFinding("FC201", cause="late-arival"))))
    assert line.endswith("not found (no finding has that cause; did you mean 'late-arrival'?)")


def test_what_may_be_there_may_be_missing():
    assert told(judged(CLEAN, may=BOTH)) == (Verdict.PASSED, ())
    assert told(judged(TWICE, may=BOTH)) == (Verdict.PASSED, ())


@pytest.mark.parametrize(
    "wanted",
    [
        ExpectedFinding("fc202"),
        ExpectedFinding("FC2"),
        ExpectedFinding("duplicate_event", cycle=2),
        ExpectedFinding("duplicate"),
        ExpectedFinding(kind="duplicate"),
    ],
)
def test_a_rule_is_named_by_code_name_the_beginning_of_either_or_in_plain_words(wanted):
    assert told(judged(TWICE, must=(wanted,))) == (Verdict.PASSED, ())


def test_a_finding_is_expected_where_each_event_that_it_names_is():
    nameless = [a_cycle(1, incidents=[an_incident("A-1", name=""), an_incident("A-2", name="")])]
    [finding] = check(a_journal(nameless), select=["FC501"]).findings
    assert finding.events == ("A-1", "A-2")
    one, both = ExpectedFinding("FC501", event="A-1"), (ExpectedFinding("FC501", event=e) for e in ("A-1", "A-2"))
    assert judged(nameless, must=(one,)).verdict is Verdict.FAILED
    assert judged(nameless, must=tuple(both)).verdict is Verdict.PASSED
    assert judged(nameless, must=(ExpectedFinding("FC501"),)).verdict is Verdict.PASSED


def test_a_field_is_a_word_of_the_message_or_the_evidence_and_no_part_of_one():
    nameless = [a_cycle(1, incidents=[an_incident("A-1", name="")])]
    assert judged(nameless, must=(ExpectedFinding(kind="malformed", field="name"),)).verdict is Verdict.PASSED
    assert judged(nameless, must=(ExpectedFinding(kind="malformed", field="nam"),)).verdict is Verdict.FAILED


def test_a_failed_verdict_alone_expects_any_finding():
    assert told(judged(TWICE, verdict=Verdict.FAILED)) == (Verdict.PASSED, ())


def test_a_passed_verdict_expects_no_finding_that_fails_the_run():
    report = judged(TWICE, verdict=Verdict.PASSED)
    assert report.verdict is Verdict.FAILED
    assert report.expected.missing == ("expected the verdict passed, came to failed: 2 errors in 2 cycles",)
    assert len(report.expected.unexpected) == 2


def test_a_fault_that_is_mended_is_a_difference():
    verdict, lines = told(judged(CLEAN, verdict=Verdict.FAILED))
    assert verdict is Verdict.FAILED
    assert lines == ("expected the verdict failed, came to passed: 2 incidents in 2 cycles, no finding",)


def test_another_number_of_incidents_is_a_difference_and_leaves_findings_to_be_judged_as_ever():
    assert told(judged(CLEAN, delivered=3)) == (Verdict.FAILED, ("expected 3 incidents, delivered 2",))
    verdict, lines = told(judged(TWICE, delivered=4))
    assert (verdict, len(lines)) == (Verdict.FAILED, 2)


def test_notes_need_not_be_expected_and_may_be():
    assert told(judged(NOTED, verdict=Verdict.PASSED)) == (Verdict.PASSED, ())
    assert told(judged(NOTED, must=(ExpectedFinding("FC508"),))) == (Verdict.PASSED, ())
    assert judged(NOTED, delivered=1, fail_on=Severity.NOTE).verdict is Verdict.FAILED


def test_a_finding_in_the_baseline_counts_as_found_and_as_expected():
    plain = check(a_journal(TWICE))
    settings = replace(a_scenario().check, accepted={each.fingerprint: each.code for each in plain.findings})
    expectation = Expectation(verdict=Verdict.PASSED, must=BOTH)
    journal = replace(a_journal(TWICE), scenario=a_scenario(check=settings, expect=expectation))
    assert told(check(journal)) == (Verdict.PASSED, ())


def test_of_rules_that_are_left_out_nothing_is_asked_and_the_verdict_neither():
    assert told(judged(TWICE, verdict=Verdict.FAILED, must=BOTH, select=["FC5"])) == (Verdict.PASSED, ())
    assert told(judged(TWICE, verdict=Verdict.FAILED, must=BOTH, ignore=["FC202"])) == (Verdict.PASSED, ())


def test_a_run_that_cannot_tell_stays_undecided():
    for named in ({"verdict": Verdict.FAILED}, {"may": BOTH}, {"verdict": Verdict.PASSED}):
        report = judged([a_cycle(1), a_cycle(2)], **named)
        assert told(report) == (Verdict.UNDECIDED, ())
        assert report.reason.startswith("nothing was delivered")


def test_what_it_shows_all_the_same_is_a_difference():
    assert told(judged([a_cycle(1)], delivered=2)) == (Verdict.FAILED, ("expected 2 incidents, delivered 0",))
    assert judged([a_cycle(1)], must=BOTH[:1]).verdict is Verdict.FAILED


def test_an_undecided_run_may_be_what_is_expected():
    report = judged([*CLEAN, UNSUPPORTED], verdict=Verdict.UNDECIDED)
    assert told(report) == (Verdict.PASSED, ())
    assert report.reason.startswith("as the scenario expects, undecided: cycle 3 needs what is not simulated")
    assert judged(CLEAN, verdict=Verdict.UNDECIDED).verdict is Verdict.FAILED


def test_what_is_not_simulated_is_never_a_fault_of_the_script():
    late = ExpectedFinding("FC202", event="A-9")
    missing = ("expected FC202 duplicate-event of A-9, not found",)
    assert told(judged([*CLEAN, UNSUPPORTED], must=(late,))) == (Verdict.UNDECIDED, missing)
    assert told(judged([*TWICE, UNSUPPORTED], verdict=Verdict.FAILED, must=BOTH)) == (Verdict.UNDECIDED, ())
    assert judged([*TWICE, UNSUPPORTED], must=BOTH[:1]).verdict is Verdict.FAILED


def test_of_a_run_that_was_cut_off_a_missing_finding_shows_nothing():
    journal = replace(a_journal(CLEAN), scenario=a_scenario(expect=Expectation(must=BOTH)), complete=False)
    assert check(journal).verdict is Verdict.UNDECIDED


def test_a_journal_of_others_may_expect_what_there_is_no_word_for():
    assert judged(CLEAN, must=(ExpectedFinding(kind="nonsense"), ExpectedFinding("FC999"))).verdict is Verdict.PASSED


def test_a_strict_reader_wants_all_exercised_though_the_run_is_as_expected():
    report = judged(TWICE, verdict=Verdict.FAILED, must=BOTH, strict=True)
    assert report.verdict is Verdict.UNDECIDED
    assert report.reason.startswith("not exercised: ")


def test_a_run_may_be_judged_by_itself():
    report = judged(TWICE, must=BOTH, expects=False)
    assert (report.verdict, report.expected, report.reason) == (Verdict.FAILED, None, "2 errors in 2 cycles")
    assert check(a_journal(TWICE)).expected is None


def test_the_plain_words_stand_for_rules_that_there_are():
    from xsim.load.scenario_expect import KINDS as WORDS

    assert set(KINDS) == set(WORDS)
    check_stage.refuse_unmeant([code for codes in KINDS.values() for code in codes])
    with pytest.raises(XsimError, match="no rule is called 'FC9'"):
        check_stage.refuse_unmeant(["FC9"])
