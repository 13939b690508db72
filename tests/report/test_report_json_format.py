"""The JSON report keeps to its schema, whatever it has to hold."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from golden_files import assert_golden
from report_builders import (
    Walks,
    a_call,
    a_cycle,
    a_failing_report,
    a_failure,
    a_report,
    a_result,
    a_rule,
    an_integration,
)

import xsim.report
from xsim.findings import Expected, Finding, Place, SuiteResult
from xsim.integration import Parameters
from xsim.model import Outcome, Refusal, Verdict
from xsim.report import combined, render

SCHEMA = json.loads((Path(xsim.report.__file__).parent / "report.schema.json").read_text(encoding="utf-8"))
HOSTILE = "\x1b[2J\u202e\x00\x7f\ud83d\n"


def refuse_constant(name):
    raise AssertionError(f"{name} is no JSON")


def written(report):
    return json.loads(render(report, "json"), parse_constant=refuse_constant)


def strict(schema):
    """The schema with every undeclared field refused: what we write must be declared."""
    schema = copy.deepcopy(schema)
    for part in [schema, *schema["$defs"].values()]:
        if "properties" in part:
            part["additionalProperties"] = False
    return schema


def a_refused_report():
    cycle = a_cycle(
        1,
        outcome=Outcome.REFUSED,
        failure=a_failure(kind="refused", line=None, function=None),
        refusals=(Refusal(0, "severity", "x"), Refusal(None, "", "y")),
        exchanges=(a_call(status=None, line=None),),
        incidents=("no JSON",),
    )
    return a_report([cycle], a_result(a_rule(), Finding("x", place=Place("a.py", 3))), verdict=Verdict.UNDECIDED)


def an_unmet_report():
    expected = Expected(Verdict.PASSED, missing=("expected FC301, not found",), unexpected=("found x",), lines=(3,))
    return a_report([], expected=expected, idle_baseline=("FC202 duplicate-event",), scenario={"path": Path("x.toml")})


@pytest.mark.parametrize(
    "report",
    [a_failing_report(), a_refused_report(), a_report([]), an_unmet_report()],
    ids=["failed", "refused", "empty", "unmet"],
)
def test_what_is_written_keeps_to_the_schema(report):
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(written(report), strict(SCHEMA), jsonschema.Draft202012Validator)


def test_the_schema_is_one_and_refuses_what_is_wrong():
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    document = written(a_failing_report())
    for wrong in ({"format": 2}, {"verdict": "maybe"}, {"cycles": [{}]}, {"exit_code": 2}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**document, **wrong}, SCHEMA, jsonschema.Draft202012Validator)


def test_a_suite_keeps_to_the_schema_and_so_do_its_reports():
    jsonschema = pytest.importorskip("jsonschema")
    schema = strict(SCHEMA)
    validator = jsonschema.Draft202012Validator(schema).evolve(schema=schema["$defs"]["suite"])
    report = render(an_unmet_report(), "json")
    ran = SuiteResult("a/xsim.toml", "A", Verdict.FAILED, "1 error", 3, 2, (1, 0, 0), rendered={"json": report})
    lost = SuiteResult("b/xsim.toml", reason="no such file")
    validator.validate(json.loads(combined([ran, lost], "json")))
    with pytest.raises(jsonschema.ValidationError):  # An empty object is no report.
        validator.validate(json.loads(combined([replace(ran, rendered={"json": "{}"}), lost], "json")))


def test_a_failed_run_in_json():
    assert_golden("failed.json", render(a_failing_report(), "json"))


def test_the_same_report_is_the_same_json_twice():
    assert render(a_failing_report(), "json") == render(a_failing_report(), "json")


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.PASSED, 0), (Verdict.FAILED, 1), (Verdict.UNDECIDED, 3)])
def test_the_exit_code_follows_from_the_verdict(verdict, code):
    assert written(a_report([], verdict=verdict))["exit_code"] == code


def test_numbers_that_json_lacks_are_written_as_text():
    values = {"nan": float("nan"), "up": float("inf"), "down": [float("-inf")], "number": 1.5}
    [cycle] = written(a_report([a_cycle(last_run=({}, values))]))["cycles"]
    assert cycle["last_run_after"] == {"nan": "NaN", "up": "Infinity", "down": ["-Infinity"], "number": 1.5}


def test_hostile_text_is_escaped_and_kept():
    report = a_report([a_cycle(last_run=({}, {HOSTILE: HOSTILE}))], a_result(a_rule(), Finding(HOSTILE)))
    text = render(report, "json")
    assert text.isascii()
    assert all(character.isprintable() or character == "\n" for character in text)
    document = json.loads(text)
    assert document["findings"][0]["message"] == HOSTILE
    assert document["cycles"][0]["last_run_after"] == {HOSTILE: HOSTILE}


def test_a_last_run_nested_without_end_is_cut():
    value = []
    for _ in range(500):
        value = [value]
    [cycle] = written(a_report([a_cycle(last_run=({}, value))]))["cycles"]
    assert "nested deeper than 100 levels" in json.dumps(cycle["last_run_after"])


def test_secrets_are_masked_in_every_text_but_not_in_our_own_words():
    secret = "passed"
    finding = Finding(secret, cycles=(1,), events=(secret,), place=Place(secret, 1, None), evidence=((secret, secret),))
    cycle = a_cycle(
        1,
        outcome=Outcome.FAILED,
        failure=a_failure(message=secret, frames=(secret,), function=secret, hint=secret),
        last_run=({}, {secret: [f"x{secret}"]}),
        exchanges=(a_call(url=f"https://vendor.example/?key={secret}"),),
        refusals=(Refusal(0, secret, secret),),
    )
    report = a_report(
        [cycle], a_result(a_rule(), finding),
        parameters=Parameters({"a": secret, "b": {"password": secret}, "c": 5}, stand_ins=(secret,), secrets=(secret,)),
        integration=an_integration(name=secret, notes=(secret,), common_server=secret, path=Path(secret)),
        command=secret, reason=secret, identity=secret, not_exercised=(secret,),
    )  # fmt: skip
    text = render(report, "json")
    assert text.count("passed") == 1
    assert json.loads(text)["verdict"] == "passed"
    assert json.loads(text)["scenario"]["parameters"] == {"a": "***", "b": {"password": "***"}, "c": 5}


def test_a_secret_number_is_masked_where_it_is_a_value_and_does_not_break_times():
    cycle = a_cycle(last_run=({}, {"pin": 2024, "other": 20241}))
    [written_cycle] = written(a_report([cycle], secrets=("2024",)))["cycles"]
    assert written_cycle["last_run_after"] == {"pin": "***", "other": 20241}
    assert written_cycle["started"].startswith("2024-")


def test_duplicates_are_null_where_no_rule_looked_for_them():
    assert written(a_report([a_cycle()]))["cycles"][0]["duplicates"] is None
    report = a_report([a_cycle()], a_result(a_rule("FC202", "duplicate-event")))
    assert written(report)["cycles"][0]["duplicates"] == 0


def test_an_interval_is_a_number_of_seconds():
    def interval(length):
        return written(a_report([], scenario={"interval": length}))["scenario"]["interval"]

    assert interval(timedelta(minutes=1)) == 60
    assert interval(timedelta(milliseconds=1500)) == 1.5


def test_every_cycle_is_in_it_a_line_each_and_the_journal_is_walked_once():
    walks = Walks(lambda: (a_cycle(number) for number in range(1, 301)))
    text = render(a_report(walks, count=300), "json")
    assert [cycle["number"] for cycle in json.loads(text)["cycles"]] == list(range(1, 301))
    assert sum(line.startswith('    {"number": ') for line in text.splitlines()) == 300
    assert walks.walks == 1
