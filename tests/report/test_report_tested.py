"""The Test button: green for exactly "ok", and told why not."""

from __future__ import annotations

import io

import pytest
from golden_files import assert_golden
from report_builders import a_call, a_cycle, a_failure, an_integration
from rich.console import Console

from xsim.model import LogLine, Outcome
from xsim.report import passed_test_module, print_test_module


def an_answer(*contents, **fields):
    return a_cycle(results=tuple({"Type": 1, "Contents": text} for text in contents), **fields)


def printed(cycle, **options):
    file = io.StringIO()
    print_test_module(cycle, an_integration(), console=Console(file=file, width=80), **options)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


@pytest.mark.parametrize(
    ("cycle", "is_passed"),
    [
        (an_answer("ok"), True),
        (an_answer("OK"), False),
        (an_answer("ok", "ok"), False),
        (an_answer(), False),
        (an_answer({"a": 1}), False),
        (an_answer("ok", outcome=Outcome.FAILED), False),
    ],
)
def test_only_exactly_ok_passes(cycle, is_passed):
    assert passed_test_module(cycle) is is_passed
    assert ("test-module passed" in printed(cycle)) is is_passed


def test_another_answer_is_shown_with_calls_and_log():
    cycle = an_answer("Authorization Error\x1b[2J", log=(LogLine("error", "401"),), exchanges=(a_call(status=401),))
    assert_golden("test-module.txt", printed(cycle))


def test_a_failure_is_shown_with_its_frames():
    text = printed(a_cycle(outcome=Outcome.FAILED, failure=a_failure()))
    assert "KeyError: 'owner'\n  line 31, in main: fetch(client)" in text
    assert "It answered" not in text


def test_no_answer_says_so():
    assert "It answered nothing" in printed(an_answer())


def test_what_is_not_simulated_is_undecided():
    assert "test-module undecided" in printed(a_cycle(outcome=Outcome.UNSUPPORTED, failure=a_failure()))


def test_secrets_in_the_answer_are_masked():
    assert "hunter2" not in printed(an_answer("bad key hunter2"), secrets=("hunter2",))
