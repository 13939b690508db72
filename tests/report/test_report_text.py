"""The text report: whole pages compared with golden files, and what no page may do."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import unicodedata

import pytest
from golden_files import assert_golden
from report_builders import (
    a_call,
    a_cycle,
    a_failing_report,
    a_failure,
    a_report,
    a_result,
    a_rule,
    advancing,
    an_integration,
)
from rich.console import Console

from xsim.errors import XsimError
from xsim.findings import Finding, Place
from xsim.integration import Parameters
from xsim.model import HostCall, Outcome, Severity, Verdict
from xsim.report import print_text, render

HOSTILE = "a\x1b[2J\x1b[31m[bold red]b[/bold red][link=x]\u202e\x00\x07\x9b\n\r\t\ud83d\x7f:smile:" + "z" * 100_000
STYLING = re.compile(r"\x1b\[[0-9;]*m")


def printed(report, *, width=100, **console):
    file = io.StringIO()
    settings = {"highlight": True, "markup": True, "emoji": True, **console}
    print_text(report, console=Console(file=file, width=width, height=50, **settings))
    return file.getvalue()


def unstyled_lines(text):
    return [line.rstrip() for line in STYLING.sub("", text).splitlines()]


def an_unsupported_report():
    failure = a_failure(
        kind="unsupported",
        message="GET https://other.example/v2/token: no endpoint answers this call",
        frames=("line 9, in login: requests.get(TOKEN_URL)",),
        hint="add an endpoint for it: xsim init acme.py --from-run",
    )
    cycles = [advancing(1), a_cycle(2, outcome=Outcome.UNSUPPORTED, failure=failure, incidents=())]
    return a_report(
        cycles,
        a_result(a_rule(), verdict=Verdict.UNDECIDED, reason="nothing was delivered"),
        count=10,
        verdict=Verdict.UNDECIDED,
        reason="cycle 2 needs something that is not simulated",
        identity="dbotMirrorId",
        not_exercised=tuple(f"FC{number}: needs more than one page" for number in range(301, 316)),
    )


def a_long_report():
    cycles = [advancing(number, exchanges=(a_call(),) * (1 + number % 3 // 2)) for number in range(1, 1441)]
    findings = [
        Finding(f"evt-{number} was never delivered", cycles=(number, number + 1), events=(f"evt-{number}",))
        for number in range(100, 113)
    ]
    return a_report(cycles, a_result(a_rule(), *findings), verdict=Verdict.FAILED, reason="13 errors in 1 rule")


def a_hostile_report():
    finding = Finding(
        HOSTILE,
        cycles=(1,),
        events=(HOSTILE,) * 8,
        cause=HOSTILE,
        place=Place(HOSTILE, 3, HOSTILE),
        evidence=((HOSTILE, HOSTILE),),
        severity=Severity.WARNING,
    )
    failure = a_failure(kind=HOSTILE, message=HOSTILE, frames=(HOSTILE,), function=HOSTILE, hint=HOSTILE)
    at = a_cycle().started
    cycles = [
        a_cycle(1, last_run=({}, {HOSTILE: HOSTILE, "list": [HOSTILE]}), incidents=(HOSTILE,)),
        a_cycle(2, outcome=Outcome.FAILED, failure=failure, host_calls=(HostCall(at, "setLastRun", HOSTILE, 3),)),
        a_cycle(3, outcome=Outcome.UNSUPPORTED, failure=failure),
    ]
    return a_report(
        cycles,
        a_result(a_rule(), finding),
        integration=an_integration(name=HOSTILE, common_server=HOSTILE, notes=(HOSTILE,)),
        parameters=Parameters({HOSTILE: HOSTILE}, stand_ins=(HOSTILE,)),
        command=HOSTILE,
        reason=HOSTILE,
        identity=HOSTILE,
        not_exercised=(HOSTILE,),
        complete=False,
    )


def test_a_failed_run_as_a_pipe_gets_it():
    assert_golden("failed.txt", render(a_failing_report(), "text"))


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_failed_run_reads_well_at_other_widths(width):
    lines = unstyled_lines(printed(a_failing_report(), width=width))
    assert max(map(len, lines)) <= width
    assert_golden(f"failed-{width}.txt", "\n".join(lines))


def test_an_unsupported_call_stands_out():
    assert_golden("unsupported.txt", render(an_unsupported_report(), "text"))


def test_a_long_run_stays_readable():
    text = render(a_long_report(), "text")
    assert len(text.splitlines()) < 120
    assert_golden("long.txt", text)


def test_a_passed_run_is_short():
    report = a_report(
        [advancing(number) for number in range(1, 6)], a_result(), delivered=0, reason="no error, no warning"
    )
    assert_golden("passed.txt", render(report, "text"))


def test_a_run_without_cycles_says_so():
    assert "No cycle was run." in render(a_report([]), "text")


def test_the_same_report_is_the_same_text_twice():
    assert render(a_failing_report(), "text") == render(a_failing_report(), "text")


def test_a_pipe_gets_no_colour_and_no_spaces_at_line_ends():
    text = render(a_failing_report(), "text")
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_terminal_gets_colours_by_severity_and_verdict():
    text = printed(a_failing_report(), force_terminal=True, color_system="standard", no_color=False)
    assert "\x1b[1;31mFAILED\x1b[0m" in text
    assert "\x1b[31mevt-7 was never delivered" in text
    assert "\x1b[33mmade up: url, token" in text


def test_print_text_into_a_pipe_is_the_rendered_text(capsys):
    print_text(a_failing_report())
    assert capsys.readouterr().out == render(a_failing_report(), "text") + "\n"


@pytest.mark.parametrize(("width", "lacking"), [(52, ()), (46, ("calls",)), (40, ("calls", "dupli-"))])
def test_a_page_too_narrow_for_all_columns_cuts_no_cell(width, lacking):
    result = a_result(a_rule("FC202"), Finding("x", cycles=(2,)), verdict=Verdict.FAILED)
    page = printed(a_report([advancing(1), advancing(2)], result), width=width)
    assert re.search(r"^2 .* FC202$", "\n".join(unstyled_lines(page)), re.MULTILINE)
    assert [name for name in ("calls", "dupli-") if f" {name}" not in page] == list(lacking)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_hostile_text_never_reaches_a_terminal(width):
    text = STYLING.sub("", printed(a_hostile_report(), width=width, force_terminal=True, color_system="truecolor"))
    assert {unicodedata.category(character) for character in text} & {"Cc", "Cf", "Cs"} == {"Cc"}
    assert {character for character in text if unicodedata.category(character) == "Cc"} == {"\n"}


def test_hostile_text_never_reaches_a_pipe_and_cannot_flood_it():
    text = render(a_hostile_report(), "text")
    assert {unicodedata.category(character) for character in text} & {"Cc", "Cf", "Cs"} == {"Cc"}
    assert {character for character in text if unicodedata.category(character) == "Cc"} == {"\n"}
    assert len(text) < 20_000
    assert ":smile:" in text


def test_hostile_text_sets_no_style_of_its_own():
    text = printed(a_hostile_report(), force_terminal=True, color_system="truecolor")
    assert "\x1b]8" not in text, "no link"
    assert r"\x1b[31m[bold red]b[/bold red][link=x]" in STYLING.sub("", text).replace("\n", "")


def test_secrets_are_masked_wherever_they_turn_up():
    secret = "hunter2-0123456789"
    finding = Finding(
        f"m {secret}", cycles=(1,), events=(secret,), place=Place(secret, 1, secret), evidence=((secret, secret),)
    )
    failure = a_failure(message=f"401 for {secret}", frames=(secret,), hint=secret)
    cycles = [
        a_cycle(1, last_run=({}, {secret: "x" * 35 + secret})),
        a_cycle(2, outcome=Outcome.FAILED, failure=failure, host_calls=(HostCall(a_cycle().started, "x", secret, 1),)),
        a_cycle(3, outcome=Outcome.UNSUPPORTED, failure=failure),
    ]
    report = a_report(
        cycles, a_result(a_rule(), finding), secrets=(secret,), command=f"xsim run a.py --param token={secret}",
        reason=secret, identity=secret, not_exercised=(secret,),
        integration=an_integration(name=secret, notes=(secret,)),
    )  # fmt: skip
    text = render(report, "text")
    assert "hunter2" not in text
    assert "--param token=***" in text


def test_at_most_ten_findings_of_a_rule_are_shown():
    rule = a_rule()
    ten = render(a_report([], a_result(rule, *[Finding(f"event {n} is missing") for n in range(10)])), "text")
    eleven = render(a_report([], a_result(rule, *[Finding(f"event {n} is missing") for n in range(11)])), "text")
    assert ten.count("is missing") == eleven.count("is missing") == 10
    assert "more" not in ten
    assert "and 1 more (--format json has all)" in eleven


def test_errors_come_before_warnings_and_notes():
    results = [
        a_result(a_rule(f"FC10{n}", f"rule-{n}", severity=severity), Finding("x"))
        for n, severity in enumerate((Severity.NOTE, Severity.WARNING, Severity.ERROR))
    ]
    text = render(a_report([], *results), "text")
    assert text.index("FC102") < text.index("FC101") < text.index("FC100")


def test_a_finding_milder_than_the_others_says_so():
    mild, grave = Finding("redelivered", severity=Severity.WARNING), Finding("lost")
    text = render(a_report([], a_result(a_rule(), mild, grave)), "text")
    assert "redelivered (warning)\n" in text
    assert "lost\n" in text
    assert "redelivered\n" in render(a_report([], a_result(a_rule(), mild)), "text")


def test_evidence_is_shown_for_the_first_findings_of_a_rule():
    findings = [Finding(f"event {n}", evidence=(("proof", f"number {n}"),)) for n in range(5)]
    text = render(a_report([], a_result(a_rule(), *findings)), "text")
    assert [n for n in range(5) if f"number {n}" in text] == [0, 1, 2]


def test_evidence_is_shown_for_the_first_finding_of_each_cause_however_far_behind():
    causes = {4: "late-arrival", 5: "late-arrival", 14: "clock-as-cursor"}
    findings = [Finding(f"event {n}", cause=causes.get(n, ""), evidence=(("proof", f"number {n}"),)) for n in range(16)]
    text = printed(a_report([], a_result(a_rule(), *findings)))
    shown = [n for n in range(16) if f"number {n}\n" in text]
    assert shown == [0, 1, 2, 4, 14]
    assert "and 5 more (--format json has all)" in text


def test_a_failure_that_a_finding_shows_is_not_told_twice():
    failure = a_failure()
    cycles = [a_cycle(1, outcome=Outcome.FAILED, failure=failure)]
    evidence = tuple(("at", frame) for frame in failure.frames)
    told = a_report(cycles, a_result(a_rule(), Finding("the fetch failed", cycles=(1,), evidence=evidence)))
    untold = a_report(cycles, a_result(a_rule(), Finding("the fetch failed", cycles=(1,))))
    assert "Cycles that did not end well" not in render(told, "text")
    assert render(told, "text").count(failure.frames[0]) == 1
    assert "Cycles that did not end well" in render(untold, "text")
    assert render(untold, "text").count(failure.frames[0]) == 1


def test_the_command_is_one_line_that_can_be_copied():
    command = "xsim run acme.py " + " ".join(f"--param name{n}=value{n}" for n in range(12))
    assert f"\nRepeat with: {command}" in render(a_report([], command=command), "text")


def test_a_journal_that_was_cut_off_says_so():
    assert "cut off" in render(a_report([advancing(1)], complete=False), "text")
    assert "cut off" not in render(a_report([advancing(1)]), "text")


def test_a_stream_that_is_not_unicode_gets_escapes_and_no_error():
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    print_text(a_report([], a_result(a_rule(), Finding("日本"))), console=Console(file=file, width=80))
    file.flush()
    assert b"\\u65e5\\u672c" in raw.getvalue()


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(XsimError, match="unknown format 'jsn'") as caught:
        render(a_report([]), "jsn")
    assert caught.value.hint == "did you mean 'json'?"


def test_rich_is_not_loaded_for_json():
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; from report_builders import *; from xsim.report import render;"
        "render(a_failing_report(), 'json'); assert 'rich' not in sys.modules, 'rich was loaded'"
    )
    paths = [entry for entry in sys.path if entry]
    result = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
