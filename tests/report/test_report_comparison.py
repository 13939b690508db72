"""What became of the findings from one run to the next."""

from __future__ import annotations

from report_builders import HOSTILE, a_report, a_result, a_rule

from xsim.findings import Finding, Place
from xsim.model import Severity
from xsim.report import changed_findings, changes_line, told_findings


def found(*findings, **fields):
    return told_findings(a_report([], a_result(a_rule(), *findings), **fields))


def a_finding(fingerprint, **fields):
    return Finding(f"{fingerprint} was never delivered", fingerprint=fingerprint, **fields)


def test_what_is_gone_and_what_is_new_is_told_by_fingerprint():
    before, after = (
        found(a_finding("a"), a_finding("b")),
        found(a_finding("b", place=Place("acme.py", 7)), a_finding("c")),
    )
    assert list(changed_findings(before, after)) == [
        ("gone", "FC201 (error) acme.py:1 a was never delivered"),
        ("new", "FC201 (error) acme.py:1 c was never delivered"),
    ]
    assert changes_line(before, after) == "1 finding gone, 1 new, 1 still there"


def test_several_of_one_fingerprint_are_counted():
    before, after = found(a_finding("a"), a_finding("a"), a_finding("b")), found(a_finding("a"), *[a_finding("b")] * 3)
    assert list(changed_findings(before, after)) == [
        ("fewer", "FC201 (error) acme.py:1 a was never delivered: 1 finding, 2 before"),
        ("more", "FC201 (error) acme.py:1 b was never delivered: 3 findings, 1 before"),
    ]
    assert next(changed_findings({}, before)) == ("new", "FC201 (error) acme.py:1 a was never delivered, and 1 more")


def test_the_gravest_come_first():
    findings = (
        a_finding("a", severity=Severity.NOTE),
        a_finding("b", severity=Severity.ERROR),
        a_finding("c", cause="x"),
    )
    lines = [line for _, line in changed_findings({}, found(*findings))]
    assert [line.split()[0:2] for line in lines] == [["FC201", "(error)"], ["FC201", "(error)"], ["FC201", "(note)"]]
    assert lines[1].endswith("c was never delivered (x)")


def test_runs_that_found_the_same_say_so():
    assert changes_line(found(a_finding("a")), found(a_finding("a"))) == "the same 1 finding"
    assert changes_line({}, {}) == "no findings, as before"


def test_an_accepted_finding_is_none():
    assert found(a_finding("a", accepted="known")) == {}


def test_a_finding_without_a_fingerprint_is_told_apart_by_its_words():
    assert len(found(Finding("x"), Finding("x"), Finding("y"))) == 2


def test_foreign_text_is_harmless_and_secrets_are_hidden():
    told = found(Finding(f"{HOSTILE} s3cr3t-token", cause=HOSTILE, fingerprint="f"), secrets=("s3cr3t-token",))
    assert told["f"].line.isprintable()
    assert "s3cr3t-token" not in told["f"].line
