"""JUnit XML: a test case a rule, as the readers of it expect."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest
from golden_files import assert_golden
from report_builders import HOSTILE, a_failing_report, a_hostile_report, a_report, a_result, a_rule, an_integration

from xsim.findings import Finding, Place
from xsim.model import Severity, Verdict
from xsim.report import render

SCHEMA = Path(__file__).parent / "junit.xsd"
UNDECIDED = a_result(a_rule("FC301", "late-event"), verdict=Verdict.UNDECIDED, reason="needs twenty cycles")


def suite_of(report):
    return ElementTree.fromstring(render(report, "junit")).find("testsuite")


def cases_of(report):
    return {case.get("name"): case for case in suite_of(report).iter("testcase")}


def test_a_failed_run_as_junit():
    assert_golden("failed.junit.xml", render(a_failing_report(), "junit"))


@pytest.mark.parametrize(
    "report",
    [a_failing_report(), a_hostile_report(), a_report([]), a_report([], UNDECIDED, verdict=Verdict.UNDECIDED)],
    ids=["failed", "hostile", "empty", "undecided"],
)
def test_it_keeps_to_the_schema(report):
    xmlschema = pytest.importorskip("xmlschema")
    xmlschema.XMLSchema(str(SCHEMA)).validate(render(report, "junit"))


@pytest.mark.skipif("XSIM_JUNIT_SCHEMA" not in os.environ, reason="names junit-10.xsd, which is not ours to ship")
@pytest.mark.parametrize("report", [a_failing_report(), a_hostile_report(), a_report([])], ids=["a", "b", "c"])
def test_it_keeps_to_the_schema_of_jenkins(report):
    xmlschema = pytest.importorskip("xmlschema")
    xmlschema.XMLSchema(os.environ["XSIM_JUNIT_SCHEMA"]).validate(render(report, "junit"))


def test_the_schema_refuses_what_readers_do_not_take():
    xmlschema = pytest.importorskip("xmlschema")
    schema = xmlschema.XMLSchema(str(SCHEMA))
    right = render(a_failing_report(), "junit")
    for old, new in (('tests="4"', 'tests="four"'), ("<failure ", "<broken "), ('name="FC', 'nmae="FC')):
        assert old in right
        assert not schema.is_valid(right.replace(old, new).replace("</failure>", f"</{new[1:-1]}>") if "<" in old else
                                   right.replace(old, new))  # fmt: skip


def test_each_rule_is_a_case_and_the_counts_are_theirs():
    suite = suite_of(a_failing_report())
    assert [case.get("name") for case in suite.iter("testcase")] == [
        "FC201 missed-event", "FC202 duplicate-event", "FC104 text-in-last-run", "the run can be judged",
    ]  # fmt: skip
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "2", "errors": "0", "skipped": "0",
    }  # fmt: skip


def test_several_findings_are_one_failure_that_tells_them_all():
    failure = cases_of(a_failing_report())["FC202 duplicate-event"].find("failure")
    assert failure.get("message") == "2 findings; the first: evt-1 was delivered again in cycle 5"
    assert failure.text.splitlines()[0] == "acme.py:1: error: evt-1 was delivered again in cycle 5"
    assert "evt-2 was delivered again" in failure.text


def test_a_note_is_output_and_no_failure():
    case = cases_of(a_failing_report())["FC104 text-in-last-run"]
    assert case.find("failure") is None
    assert "note: last_fetch holds a number" in case.find("system-out").text


def test_an_accepted_finding_is_output_with_its_reason():
    finding = Finding("x", place=Place("a.py", 3), accepted="the vendor mends it")
    case = cases_of(a_report([], a_result(a_rule(), finding, verdict=Verdict.PASSED)))["FC201 missed-event"]
    assert case.find("failure") is None
    assert "accepted: the vendor mends it" in case.find("system-out").text


def test_a_rule_that_could_not_judge_is_skipped_with_its_reason():
    case = cases_of(a_report([], UNDECIDED))["FC301 late-event"]
    assert case.find("skipped").get("message") == "needs twenty cycles"


def test_an_undecided_run_is_not_green():
    report = a_report([], a_result(), verdict=Verdict.UNDECIDED, reason="nothing was delivered")
    failure = cases_of(report)["the run can be judged"].find("failure")
    assert (failure.get("type"), failure.get("message")) == ("undecided", "nothing was delivered")
    assert suite_of(report).get("failures") == "1"
    assert cases_of(a_report([], a_result()))["the run can be judged"].find("failure") is None


def test_where_errors_alone_fail_a_run_a_warning_is_output():
    warning = Finding("slow", severity=Severity.WARNING)
    report = a_report([], a_result(a_rule(), warning, verdict=Verdict.PASSED))
    assert suite_of(report).get("failures") == "0"


def test_the_suite_is_named_after_integration_and_scenario_and_a_dot_makes_no_package():
    report = a_report([], integration=an_integration(name="Acme v2.1"), scenario={"name": "flood"})
    assert suite_of(report).get("name") == "Acme v2.1 (flood)"
    assert {case.get("classname") for case in suite_of(report).iter("testcase")} == {"xsim.Acme_v2_1.flood"}


def test_cases_of_two_scenarios_of_one_integration_are_not_taken_for_the_same():
    usual, harder = (a_report([], a_result(), scenario={"name": name}) for name in ("usual", "harder"))
    keys = [
        (case.get("classname"), case.get("name"))
        for each in (usual, harder)
        for case in suite_of(each).iter("testcase")
    ]
    assert len(set(keys)) == len(keys)


def test_the_first_finding_s_place_ends_the_failure_s_text_for_readers_that_annotate():
    found = [Finding("x", place=Place("Packs/a.py", line)) for line in (42, 7)]
    case = cases_of(a_report([], a_result(a_rule(), *found, verdict=Verdict.FAILED)))["FC201 missed-event"]
    assert case.find("failure").text.splitlines()[-1] == "at: Packs/a.py:42"


def test_hostile_text_is_well_formed_and_breaks_out_of_nothing():
    text = render(a_hostile_report(), "junit")
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "]]>" not in text
    [failure] = (
        case.find("failure") for case in suite_of(a_hostile_report()) if case.get("name") == "FC201 missed-event"
    )
    assert "</failure><script> &" in failure.text


def test_no_clock_is_in_it_and_times_add_up_to_nothing():
    elements = list(suite_of(a_hostile_report(HOSTILE)).iter())
    assert not {"timestamp", "hostname"} & {name for element in elements for name in element.attrib}
    assert {element.get("time") for element in elements if element.tag in ("testsuite", "testcase")} == {"0"}
