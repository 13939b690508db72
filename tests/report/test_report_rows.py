"""Cycles become a table of a bounded size, whatever the length of the run."""

from __future__ import annotations

from report_builders import START, Walks, a_cycle, a_failure, a_report, a_result, a_rule, advancing

from xsim.findings import Finding
from xsim.model import Exchange, Outcome, Refusal, Severity, Verdict
from xsim.report.rows import ROWS, Gap, Row, count_delivered, count_incidents, duplicates_of, survey


def spans_of(report):
    return [(row.first, row.last) for row in survey(report).rows]


def with_incidents(number, count):
    return a_cycle(number, incidents=("[" + ", ".join(["{}"] * count) + "]",))


def test_equal_neighbours_fold_into_one_row():
    cycles = [with_incidents(1, 2), *(a_cycle(number) for number in range(2, 8)), with_incidents(8, 1)]
    assert spans_of(a_report(cycles)) == [(1, 1), (2, 7), (8, 8)]


def test_a_folded_row_tells_the_change_over_all_its_cycles():
    [first, rest] = survey(a_report([advancing(number) for number in range(1, 6)])).rows
    assert (rest.first, rest.last) == (2, 5)
    assert rest.before == first.after
    assert rest.after == {"last_fetch": "2024-05-15T00:01:00Z"}


def test_a_cycle_with_a_finding_stands_apart_from_its_neighbours():
    report = a_report([a_cycle(number) for number in range(1, 6)], a_result(a_rule(), Finding("x", cycles=(3,))))
    assert spans_of(report) == [(1, 2), (3, 3), (4, 5)]
    assert [row.codes for row in survey(report).rows] == [(), ("FC201",), ()]


def test_a_note_does_not_tear_rows_apart():
    note = a_rule(severity=Severity.NOTE)
    report = a_report([a_cycle(number) for number in range(1, 6)], a_result(note, Finding("x", cycles=(3,))))
    assert spans_of(report) == [(1, 5)]


def test_a_long_uneven_run_shows_first_last_and_the_cycles_with_findings():
    cycles = [with_incidents(number, number % 2) for number in range(1, 1001)]
    report = a_report(cycles, a_result(a_rule(), Finding("x", cycles=(500, 700))))
    rows = survey(report).rows
    assert len(rows) < ROWS
    shown = [(row.first, row.last) for row in rows if isinstance(row, Row)]
    assert {(1, 1), (500, 500), (700, 700), (1000, 1000)} <= set(shown)
    assert rows[-2] == Gap(701, 999)


def test_more_findings_than_rows_leave_out_the_later_ones():
    cycles = [with_incidents(number, number % 2) for number in range(1, 1001)]
    report = a_report(cycles, a_result(a_rule(), Finding("x", cycles=tuple(range(1, 1001)))))
    rows = survey(report).rows
    assert len(rows) <= ROWS
    assert (rows[0].first, rows[-1].last) == (1, 1000)


def test_forty_uneven_cycles_are_all_shown_and_of_one_more_only_some():
    def uneven(count):
        return a_report([with_incidents(number, number % 2) for number in range(1, count + 1)])

    assert spans_of(uneven(ROWS)) == [(number, number) for number in range(1, ROWS + 1)]
    assert len(spans_of(uneven(ROWS + 1))) == 16


def test_rows_and_gaps_cover_every_cycle_once():
    cycles = [with_incidents(number, number * number % 7) for number in range(1, 500)]
    rows = survey(a_report(cycles, a_result(a_rule(), Finding("x", cycles=(90, 95, 400))))).rows
    assert [number for row in rows for number in range(row.first, row.last + 1)] == list(range(1, 500))


def test_the_last_row_of_a_long_run_is_counted_too():
    cycles = [with_incidents(number, number % 3) for number in range(1, 300)]
    last = survey(a_report([*cycles, with_incidents(300, 5)])).rows[-1]
    assert (last.handed_over, last.delivered) == (5, 5)


def test_the_cycles_are_walked_once_and_need_not_be_a_list():
    walks = Walks(lambda: (a_cycle(number) for number in range(1, 2001)))
    overview = survey(a_report(walks))
    assert (walks.walks, overview.cycles) == (1, 2000)


def test_a_report_without_cycles_has_no_rows():
    assert survey(a_report([])).rows == []


def test_failures_gather_by_what_went_wrong():
    messages = ["[429] in 12 ms", "[429] in 7 ms", "reset by peer"]
    failures = [*(a_failure(message=each) for each in messages), a_failure(line=40, message="other")]
    cycles = [a_cycle(number, outcome=Outcome.FAILED, failure=failures[number - 1]) for number in (1, 2, 3, 4)]
    groups = list(survey(a_report(cycles)).failures.groups.values())
    assert [group.numbers for group in groups] == [[1, 2], [3], [4]]


def test_one_message_for_two_faults_is_two_ways_to_fail():
    struck = [(Exchange(START, "GET", "https://vendor.example", fault=name),) for name in ("outage", "reset")]
    cycles = [
        a_cycle(number, outcome=Outcome.FAILED, failure=a_failure(), exchanges=struck[number - 1]) for number in (1, 2)
    ]
    assert [group.numbers for group in survey(a_report(cycles)).failures.groups.values()] == [[1], [2]]


def test_incidents_of_a_cycle_are_counted_over_its_calls_as_the_scenario_says():
    cycle = a_cycle(incidents=("[{}, {}]", "[{}]"))
    assert [count_incidents(cycle, setting) for setting in ("add", "first", "last")] == [3, 2, 1]
    assert count_incidents(a_cycle(incidents=("null", "no JSON", '{"a": 1}')), "add") == 0


def test_only_what_the_platform_takes_counts_as_delivered():
    refused = (Refusal(0, "severity", "x"), Refusal(0, "name", "x"))
    assert count_delivered(a_cycle(refusals=refused), 3) == 2
    assert count_delivered(a_cycle(refusals=(Refusal(None, "", "x"),)), 3) == 0
    assert count_delivered(a_cycle(outcome=Outcome.FAILED), 3) == 0


def test_duplicates_count_in_the_cycles_of_the_repetitions():
    findings = (Finding("a", cycles=(3, 4), events=("a",)), Finding("b", cycles=(3, 3), events=("b",)))
    duplicates = duplicates_of(a_report([], a_result(a_rule("FC202", "duplicate-event"), *findings)))
    assert [duplicates.of(number) for number in (2, 3, 4)] == [0, 3, 1]
    assert not duplicates.has_more(3)


def test_duplicates_that_no_finding_lists_make_the_count_a_least_one():
    findings = (Finding("a", cycles=(3,), events=("a",)), Finding("500 more", cycles=(3, 9)))
    report = a_report([], a_result(a_rule("FC202", "duplicate-event"), *findings))
    duplicates = duplicates_of(report)
    assert [(duplicates.of(number), duplicates.has_more(number)) for number in (2, 3, 5, 10)] == [
        (0, False),
        (1, True),
        (0, True),
        (0, False),
    ]


def test_duplicates_are_unknown_where_no_rule_looked_for_them():
    assert duplicates_of(a_report([], a_result(a_rule()))) is None
    undecided = a_result(a_rule("FC202", "duplicate-event"), verdict=Verdict.UNDECIDED)
    assert duplicates_of(a_report([], undecided)) is None
