"""FC1: the last run is stored whole, and stays what the script needs."""

import pytest
from builders import (
    a_cycle,
    a_failure,
    a_host_call,
    a_journal,
    an_ageing_probe,
    an_incident,
    cycles_with_last_runs,
)

from xsim.check import check
from xsim.model import Outcome, Severity, Verdict

NO_JSON = "TypeError: Object of type datetime is not JSON serializable"


def findings(code, journal):
    return check(journal, select=[code]).findings


def found_in_last_runs(code, *last_runs):
    return findings(code, a_journal(cycles_with_last_runs(*last_runs)))


def a_refused_set(arguments="{'last_fetch': datetime.datetime(2024, 1, 1, 0, 0)}", error=NO_JSON):
    return a_host_call("setLastRun", arguments, error=error, line=31)


# --- FC101


def test_a_last_run_that_is_no_json_is_found_with_its_key_and_type():
    failure = a_failure("TypeError", "Error in fetch: Object of type datetime is not JSON serializable")
    cycles = [a_cycle(n, failure=failure, host_calls=[a_refused_set()]) for n in (1, 2)]
    report = check(a_journal(cycles), select=["FC101", "FC601"])
    [finding] = report.findings
    assert finding.message == 'the last run cannot be stored: "last_fetch" is a datetime, which is no JSON'
    assert (finding.code, finding.cycles, finding.place.line, finding.cause) == ("FC101", (1, 2), 31, "")


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("{'ids': {1, 2}, 'at': 'x'}", "set"),
        ("{'ids': set()}", "set"),
        ("{'ids': b'abc'}", "bytes"),
        ("{'ids': [Decimal('1.5')]}", "Decimal"),
        ("{'at': 'a datetime', 'ids': [datetime.datetime(2024, 1, 1)]}", "datetime"),
    ],
)
def test_the_key_is_read_from_what_set_last_run_got(arguments, kind):
    call = a_refused_set(arguments, f"TypeError: Object of type {kind} is not JSON serializable")
    [finding] = findings("FC101", a_journal([a_cycle(1, host_calls=[call])]))
    assert finding.message == f'the last run cannot be stored: "ids" is a {kind}, which is no JSON'


def test_a_key_that_cannot_be_read_is_not_guessed():
    [finding] = findings("FC101", a_journal([a_cycle(1, host_calls=[a_refused_set("<Thing>")])]))
    assert "something in it is a datetime" in finding.message


def test_a_script_that_swallows_the_error_is_found_all_the_same():
    [finding] = findings("FC101", a_journal([a_cycle(1, incidents=[an_incident()], host_calls=[a_refused_set()])]))
    assert finding.cause == "swallowed"
    assert ("then", "the script went on, and the old last run stayed") in finding.evidence


def test_a_script_that_sets_another_value_instead_keeps_that():
    calls = [a_refused_set(), a_host_call("setLastRun", {"last_fetch": "x"})]
    [finding] = findings("FC101", a_journal([a_cycle(1, host_calls=calls)]))
    assert ("then", "the script went on") in finding.evidence


def test_a_cycle_that_failed_for_another_reason_has_a_finding_of_its_own():
    calls = [a_refused_set(), a_host_call("setLastRun", {"last_fetch": "x"})]
    report = check(a_journal([a_cycle(1, failure=a_failure(), host_calls=calls)]), select=["FC101", "FC601"])
    assert [finding.code for finding in report.findings] == ["FC101", "FC601"]


def test_another_error_of_another_call_is_no_matter_of_the_last_run():
    calls = [a_host_call("setIntegrationContext", "{}", error=NO_JSON), a_host_call("setLastRun", {"at": "x"})]
    assert findings("FC101", a_journal([a_cycle(1, host_calls=calls)])) == ()


# --- FC102


@pytest.mark.parametrize("empty", [{}, None, [], "", {"at": None}, {"at": "", "more": {"ids": []}}])
def test_a_last_run_that_becomes_empty_is_lost(empty):
    cycles = cycles_with_last_runs({"at": "09:30"}, {"at": "09:31"})
    lost = a_cycle(2, before={"at": "09:31"}, after=empty)
    if empty is None:
        lost = cycles_with_last_runs({}, {"at": "09:31"}, None)[1]
    [finding] = findings("FC102", a_journal([*cycles, lost]))
    assert finding.message == "the last run became empty in cycle 2"
    assert finding.severity is Severity.WARNING
    assert ("last run before", '{"at": "09:31"}') in finding.evidence


def test_a_last_run_lost_again_and_again_is_one_finding():
    [finding] = found_in_last_runs("FC102", {}, {"at": "a"}, {}, {"at": "b"}, {}, {"at": "c"})
    assert finding.message == "the last run became empty in cycle 2, and 1 more time"
    assert finding.cycles == (2, 4)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"at": "a", "ids": ["x"]}, {"at": "a", "ids": []}),
        ({"at": "a"}, {"at": None, "page": 0}),
        ({"ids": ["x"]}, {"ids": []}),
        ({"found": {"x": 1}}, {"found": {}}),
        (["x"], []),
        ({}, {}),
        ({"at": None}, {}),
        ({"seen": False}, {"seen": False, "at": ""}),
    ],
)
def test_a_last_run_of_which_something_is_left_or_pruned_is_not_lost(before, after):
    assert found_in_last_runs("FC102", before, after) == ()


def test_a_memory_of_ids_that_vanishes_with_its_key_is_lost():
    assert len(found_in_last_runs("FC102", {"ids": ["x"]}, {})) == 1


def test_a_failed_cycle_loses_nothing():
    cycle = a_cycle(1, before={"at": "a"}, after={}, failure=a_failure())
    assert findings("FC102", a_journal([cycle])) == ()


# --- FC103


def growing(number=20, key="ids", step=3):
    """Last runs that remember `step` more ids after each cycle."""
    return [{"at": "09:30", key: [f"id-{n:04d}" for n in range(step * cycle)]} for cycle in range(number + 1)]


def judged_growth(last_runs, probe_last_run, **probe):
    aged = [] if probe_last_run is ... else [an_ageing_probe(probe_last_run, from_cycle=len(last_runs) - 1, **probe)]
    journal = a_journal(cycles_with_last_runs(*last_runs, incidents=[]), probes=aged)
    [result] = check(journal, select=["FC103"]).results
    return result


def test_a_last_run_that_grows_and_that_age_does_not_shrink_is_found():
    last_runs = growing()
    result = judged_growth(last_runs, last_runs[-1])
    [finding] = result.findings
    assert finding.message == 'the last run grows and never shrinks: "ids" by 3 entries a cycle'
    assert ('"ids" after cycle 20', "60 entries") in finding.evidence
    assert result.verdict is Verdict.FAILED


def test_what_grows_is_named_by_its_whole_path():
    last_runs = [{"alerts": {"at": "09:30", **each}} for each in growing()]
    [finding] = judged_growth(last_runs, last_runs[-1]).findings
    assert finding.message == 'the last run grows and never shrinks: "alerts.ids" by 3 entries a cycle'
    assert ('"alerts.ids" after cycle 20', "60 entries") in finding.evidence


def test_a_list_whose_first_entry_grows_is_told_by_that_entry():
    last_runs = [{"states": [each, 1]} for each in growing()]
    [finding] = judged_growth(last_runs, last_runs[-1]).findings
    assert finding.message.endswith('"states.0.ids" by 3 entries a cycle')


def test_a_last_run_that_age_shrinks_is_right():
    result = judged_growth(growing(), {"at": "2024-05-15T09:30:00Z", "ids": []})
    assert (result.findings, result.verdict) == ((), Verdict.PASSED)


def test_nineteen_cycles_are_too_few_to_judge_growth():
    last_runs = growing(19)
    result = judged_growth(last_runs, last_runs[-1])
    assert (result.findings, result.verdict) == ((), Verdict.UNDECIDED)
    assert result.reason.startswith("needs 20 cycles")


@pytest.mark.parametrize("probe", [{"probe_last_run": ...}, {"probe_last_run": None, "outcome": Outcome.FAILED}])
def test_growth_without_a_usable_ageing_probe_is_undecided(probe):
    result = judged_growth(growing(), **probe)
    assert (result.findings, result.verdict) == ((), Verdict.UNDECIDED)


def test_a_last_run_that_stays_needs_no_probe():
    assert judged_growth([{"at": f"09:{n:02d}"} for n in range(21)], ...).verdict is Verdict.PASSED


def test_a_last_run_that_levels_off_is_right():
    last_runs = growing(15) + growing(15)[-1:] * 15
    assert judged_growth(last_runs, last_runs[-1]).findings == ()


def test_a_last_run_that_drops_ids_now_and_then_is_right():
    last_runs = growing(25)
    last_runs[14] = {"at": "09:30", "ids": []}
    assert judged_growth(last_runs, last_runs[-1]).findings == ()


def test_a_counter_with_more_digits_is_no_growth():
    last_runs = [{"offset": 10 ** (n // 3)} for n in range(41)]
    assert judged_growth(last_runs, last_runs[-1]).findings == ()


def test_a_text_that_grows_is_told_in_characters():
    last_runs = [{"seen": "x" * 10 * n} for n in range(21)]
    [finding] = judged_growth(last_runs, last_runs[-1]).findings
    assert finding.message.endswith('"seen" by 10 characters a cycle')


# --- FC104


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2024-05-14T09:30:00Z", "2024-05-14T09:29:59Z"),
        ("2024-05-14T09:30:00.500Z", "2024-05-14T09:30:00Z"),
        ("2024-05-14 09:30", "2024-05-13 09:30"),
        (1715679000, 1715678999),
        ("1715679000000", "1715678999999"),
        (1715679000.5, 1715679000.25),
    ],
)
def test_a_time_that_goes_back_is_noted(old, new):
    [finding] = found_in_last_runs("FC104", {"at": {"last": old}}, {"at": {"last": new}})
    assert finding.message == '"at.last" went back in cycle 1'
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2024-05-14T09:30:00Z", "2024-05-14T09:30:00Z"),
        ("2024-05-14T09:30:00Z", "2024-05-14T09:30:00.100Z"),
        ("2024-05-14T09:30:00+02:00", "2024-05-14T08:00:00Z"),
        ("2024-05-14T09:30:00Z", "2024-05-14 09:29"),
        ("token-9", "token-1"),
        (100, 0),
        ("1715679000", "99"),
        (1715679000, "2024-05-14T09:30:00Z"),
        (True, False),
    ],
)
def test_what_stays_goes_on_or_is_no_time_is_not_noted(old, new):
    assert found_in_last_runs("FC104", {"at": old, "n": 1}, {"at": new, "n": 2}) == ()


def test_the_times_of_remembered_ids_are_no_cursor():
    many = {f"id-{n}": 1715679000 + n for n in range(100)}
    fewer = {key: value - 1 for key, value in many.items()}
    assert found_in_last_runs("FC104", {"ids": many}, {"ids": fewer}) == ()


# --- FC105, FC106, FC107


def test_values_that_are_no_text_are_one_note_for_the_run():
    [finding] = found_in_last_runs("FC105", {}, {"at": "a", "n": 1}, {"at": "b", "n": 2, "ids": [], "none": None})
    assert finding.message == 'no text in the last run: "n" is a number, "ids" is a list, "none" is null'
    assert (finding.cycles, finding.severity) == ((1, 2), Severity.NOTE)


def test_a_last_run_of_texts_is_not_noted():
    assert found_in_last_runs("FC105", {}, {"at": "a", "n": "1"}, {}) == ()


def test_a_last_run_that_is_a_list_is_noted():
    [finding] = found_in_last_runs("FC105", {}, ["a"])
    assert finding.message == "no text in the last run: the last run is a list"


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, 1715679000123456789])
def test_an_integer_above_what_a_float_holds_is_noted(number):
    [finding] = found_in_last_runs("FC106", {}, {"at": [{"ns": number}]})
    assert '"at[].ns"' in finding.message
    assert finding.evidence == (('"at[].ns"', str(number)),)


@pytest.mark.parametrize("number", [2**53, 1715679000123, 1e300, "9007199254740993"])
def test_a_number_that_a_float_holds_is_not_noted(number):
    assert found_in_last_runs("FC106", {}, {"at": number}) == ()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_know_is_noted(number):
    [finding] = found_in_last_runs("FC107", {}, {"best": number, "worst": 1})
    assert '"best" in the last run is NaN or infinite' in finding.message


def test_the_word_nan_is_no_number():
    assert found_in_last_runs("FC107", {}, {"best": "NaN", "worst": "Infinity", "n": 1.5}) == ()


# --- FC108


def with_sets(*values):
    return a_journal(
        [a_cycle(1, host_calls=[a_host_call("setLastRun", value, line=n) for n, value in enumerate(values)])]
    )


def test_a_second_value_that_drops_a_key_is_noted():
    [finding] = findings("FC108", with_sets({"at": "a"}, {"ids": ["x"]}))
    assert finding.message == '2 calls of setLastRun with different values in cycle 1; the last one drops "at"'
    assert finding.cause == "keys-dropped"


def test_a_second_value_that_differs_is_noted():
    [finding] = findings("FC108", with_sets({"at": "a"}, {"at": "b"}))
    assert finding.cause == ""


def test_the_same_value_twice_or_one_value_is_not_noted():
    assert findings("FC108", with_sets({"at": "a"}, {"at": "a"})) == ()
    assert findings("FC108", with_sets({"at": "a"})) == ()


def test_a_value_that_was_refused_does_not_count():
    calls = [a_refused_set(), a_host_call("setLastRun", {"last_fetch": "x"})]
    assert findings("FC108", a_journal([a_cycle(1, host_calls=calls)])) == ()
