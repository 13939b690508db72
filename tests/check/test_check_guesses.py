"""What a draft guesses of the vendor convicts no script: such a finding is a note that names the guess."""

from dataclasses import replace
from pathlib import Path

import pytest
from builders import (
    a_cycle,
    a_failure,
    a_journal,
    a_listing,
    a_refusal,
    an_endpoint,
    an_event,
    an_exchange,
    an_incident,
)

from xsim.check import check
from xsim.model import Severity, Verdict
from xsim.world import Filter, Paging

EVENT = an_event("A-1", record={"created": "2024-05-14 09:29:00", "level": "Low", "note": 7})
GUESSED = {"events": (EVENT,), "endpoints": (an_endpoint(),), "path": Path("xsim.toml"), "identity": ("id",)}


def judged(*cycles, drafted=True, fail_on=None, **scenario):
    journal = a_journal(cycles)
    own = replace(journal.scenario, drafted=drafted, **{**GUESSED, **scenario})
    return check(replace(journal, scenario=own), fail_on=fail_on)


def of(report, code):
    return [finding for finding in report.findings if finding.code == code]


def failing(number=1, message="'alerts'", kind="KeyError", **named):
    return a_cycle(number, failure=a_failure(kind, message, line=40), incidents=None, **named)


def test_a_fetch_that_raises_before_anything_is_delivered_leaves_a_drafted_run_undecided():
    report = judged(failing(1), failing(2))
    assert report.verdict is Verdict.UNDECIDED
    assert report.reason == (
        "nothing was delivered: cycle 1 raised KeyError: 'alerts' at integration.py:40, and xsim.toml guesses what "
        "the vendor answers; `xsim init --sample answer.json` leaves less to guess, or mend xsim.toml and take out "
        "`drafted`"
    )
    [finding] = of(report, "FC601")
    assert (finding.severity, finding.doubt) == (Severity.NOTE, "what the vendor answers")
    assert dict(finding.evidence)["rests on a guess"] == "what the vendor answers: xsim.toml is a draft"
    assert dict(finding.evidence)["ended"] == "KeyError: 'alerts'"


def test_the_same_run_is_failed_where_somebody_stands_for_the_answers():
    report = judged(failing(1), drafted=False)
    assert report.verdict is Verdict.FAILED
    assert [(each.severity, each.doubt) for each in of(report, "FC601")] == [(Severity.ERROR, "")]


def test_not_even_notes_that_are_to_fail_make_a_proof_of_a_guess():
    assert judged(failing(1), fail_on=Severity.NOTE).verdict is Verdict.UNDECIDED


def test_without_a_request_it_is_the_parameters_that_are_made_up():
    report = judged(failing(1, exchanges=0))
    assert [each.doubt for each in of(report, "FC601")] == ["the values of the parameters"]
    assert "; `--param NAME=VALUE` leaves less to guess" in report.reason


@pytest.mark.parametrize(
    "report",
    [
        judged(failing(1, "name 'alert' is not defined", "NameError")),
        judged(a_cycle(1, incidents=[an_incident("A-1")]), failing(2)),
        judged(failing(1), delivered={"A-0": (1, "")}),
    ],
    ids=["no answer explains it", "the answers sufficed before", "they did in an earlier run"],
)
def test_a_fetch_that_fails_whatever_the_vendor_answers_is_a_finding(report):
    assert [finding.severity for finding in of(report, "FC601")] == [Severity.ERROR]
    assert report.verdict is Verdict.FAILED


def test_a_request_that_the_draft_refuses_is_no_proof_even_later():
    refused = an_exchange(number=2, status=400, answer="criteria: no time")
    report = judged(a_cycle(1, incidents=[an_incident("A-1")]), failing(2, exchanges=[refused]))
    assert [finding.doubt for finding in of(report, "FC601")] == ["which requests the vendor refuses"]
    assert report.reason.startswith(
        "1 finding rests on guesses of the draft xsim.toml, FC601 for one on which requests"
    )


@pytest.mark.parametrize(
    ("code", "field", "value", "doubt"),
    [
        ("FC501", "name", None, "which fields the vendor's records have, a name among them"),
        ("FC502", "severity", "Low", "what the field level of the vendor's answers holds"),
        ("FC502", "name", 7, "what the field note of the vendor's answers holds"),
        ("FC503", "occurred", "2024-05-14 09:29:00", "what the field created of the vendor's answers holds"),
        ("FC502", "severity", "Middling", ""),
        ("FC503", "occurred", "2024-05-14T09:29:00", ""),
        ("FC502", "rawJSON", {"id": "A-1"}, ""),
        ("FC504", "rawJSON", None, ""),
        ("FC505", "rawJSON", "{'id': 'A-1'}", ""),
    ],
)
def test_a_value_of_the_made_up_record_is_no_proof_and_one_of_the_script_s_own_is(code, field, value, doubt):
    is_refused = code in ("FC502", "FC503")
    message = "parsing time" if code == "FC503" else "json: cannot unmarshal"
    refusals = [a_refusal(0, field, message)] if is_refused else []
    [finding] = of(judged(a_cycle(1, incidents=[an_incident("A-1", **{field: value})], refusals=refusals)), code)
    assert finding.doubt == doubt


def test_a_note_that_rests_on_a_guess_leaves_nothing_open():
    report = judged(a_cycle(1, incidents=[an_incident("A-1", severity=7)]), events=(EVENT,))
    assert [finding.doubt for finding in of(report, "FC511")] == ["what the field note of the vendor's answers holds"]
    assert report.verdict is Verdict.PASSED


def repeated(**scenario):
    listing = a_listing("A-1")
    twice = [a_cycle(number, incidents=[an_incident("A-1")], listings=[listing]) for number in (1, 2)]
    return judged(*twice, **scenario)


def test_a_repetition_rests_on_a_guess_where_the_draft_knows_no_bound():
    unbounded = an_endpoint(filters=())
    report = repeated(endpoints=(unbounded,))
    [finding] = of(report, "FC202")
    assert finding.doubt == f"that no parameter of GET {unbounded.path} says from when on"
    assert report.verdict is Verdict.UNDECIDED


def test_ids_that_are_compared_as_text_are_no_bound():
    by_text = an_endpoint(filters=(Filter("after", "id", compare=">", kind="text"),))
    assert of(repeated(endpoints=(by_text,)), "FC202")[0].doubt.startswith("that no parameter of GET")


def test_a_call_that_may_tell_the_vendor_what_was_fetched_makes_a_repetition_doubtful():
    told = an_endpoint(kind="fixed", method="POST", path="/alerts/update", filters=())
    [finding] = of(repeated(endpoints=(an_endpoint(), told)), "FC202")
    assert finding.doubt == "that POST /alerts/update changes nothing at the vendor"


def test_pages_and_limits_that_the_draft_does_not_know_are_guesses():
    twice = a_cycle(1, incidents=[an_incident("A-1")] * 2, listings=[a_listing("A-1")] * 2)
    [finding] = of(judged(twice), "FC203")
    assert (finding.cause, finding.doubt) == ("several-pages", "that no parameter asks for a further page")
    paged = an_endpoint(paging=Paging("page", "page"))
    assert [each.doubt for each in of(judged(twice, endpoints=(paged,)), "FC203")] == [""]
