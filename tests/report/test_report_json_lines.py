"""JSON lines: the same lines while a run goes on and behind it, each as the schema says."""

from __future__ import annotations

import json

import pytest
from golden_files import assert_golden
from report_builders import (
    HOSTILE,
    Walks,
    a_call,
    a_cycle,
    a_failing_report,
    a_failure,
    a_hostile_report,
    a_report,
    a_result,
    a_rule,
    advancing,
)
from test_report_json_format import SCHEMA, strict

from xsim.findings import Finding
from xsim.model import Outcome, Refusal
from xsim.report import closing_lines, cycle_lines, render


def lines_of(report):
    return [json.loads(line) for line in render(report, "json-lines").splitlines()]


def test_a_failed_run_in_json_lines():
    assert_golden("failed.jsonl", render(a_failing_report(), "json-lines"))


@pytest.mark.parametrize("report", [a_failing_report(), a_hostile_report(), a_report([])], ids=["a", "b", "c"])
def test_each_line_keeps_to_the_schema(report):
    jsonschema = pytest.importorskip("jsonschema")
    schema = {"$ref": "#/$defs/json_line", "$defs": strict(SCHEMA)["$defs"]}
    validator = jsonschema.Draft202012Validator(schema)
    for line in lines_of(report):
        validator.validate(line)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"type": "cycle", "number": 1})


def test_cycles_come_first_then_findings_and_the_verdict_last():
    kinds = [line["type"] for line in lines_of(a_failing_report())]
    assert kinds == ["cycle"] * 10 + ["finding"] * 4 + ["verdict"]


def test_what_is_written_while_the_run_goes_on_is_what_a_stored_journal_gives():
    report = a_failing_report()
    line_of = cycle_lines(report.journal.scenario)
    followed = [line_of(cycle) for cycle in report.journal.cycles] + list(closing_lines(report))
    assert followed == render(report, "json-lines").splitlines()


def test_a_cycle_tells_how_it_ended_and_its_counts():
    cycle = a_cycle(
        3,
        outcome=Outcome.REFUSED,
        failure=a_failure(kind="refused", message="x", line=None),
        incidents=('[{"name": "a"}, {"name": "b"}]',),
        exchanges=(a_call(), a_call()),
        refusals=(Refusal(0, "severity", "x"),),
        last_run=({}, {"a": "é"}),
    )
    [line, _] = lines_of(a_report([cycle]))
    assert line == {
        "type": "cycle", "number": 3, "started": "2024-05-14T23:59:00.250Z", "ended": "2024-05-14T23:59:00.450Z",
        "outcome": "refused", "failure": {"kind": "refused", "message": "x", "line": None},
        "incidents": 2, "delivered": 0, "calls": 2, "refusals": 1, "log_lines": 0,
        "last_run_size": len('{"a": "\\u00e9"}'),
    }  # fmt: skip


def test_the_size_of_a_last_run_tells_nothing_of_a_secret_in_it():
    def size(secret):
        [line, _] = lines_of(a_report([a_cycle(last_run=({}, {"token": secret}))], secrets=(secret,)))
        return line["last_run_size"]

    assert size("short-secret") == size("a much longer secret than that")


def test_a_finding_has_the_fields_that_it_has_in_the_json_report():
    report = a_failing_report()
    found = [line for line in lines_of(report) if line["type"] == "finding"]
    assert [{**each, "type": "finding"} for each in json.loads(render(report, "json"))["findings"]] == found


def test_hostile_text_stays_within_its_line_and_is_kept():
    text = render(a_hostile_report(), "json-lines")
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
    [_, finding, *_] = lines_of(a_hostile_report())
    assert finding["message"] == HOSTILE


def test_the_journal_is_walked_once():
    walks = Walks(lambda: (advancing(number) for number in range(1, 51)))
    render(a_report(walks, a_result(a_rule(), Finding("x")), count=50), "json-lines")
    assert walks.walks == 1
