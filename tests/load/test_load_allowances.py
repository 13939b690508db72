"""Comments that accept a finding at its place."""

import ast

import pytest

from xsim.load.allowances import read_allowances


def allowances(text):
    return read_allowances(text, ast.parse(text))


def one(text):
    (found,) = allowances(text)
    return found


def test_a_comment_behind_a_statement_covers_all_of_its_lines():
    found = one("x = 1\nsend(\n    x,\n)  # xsim: allow FC201 -- the vendor lists nothing late\ny = 2\n")
    assert (found.line, found.first, found.last) == (4, 2, 4)
    assert found.rules == ("FC201",)
    assert found.reason == "the vendor lists nothing late"


def test_a_comment_on_a_line_of_its_own_covers_the_statement_below():
    found = one("x = 1\n# xsim: allow FC202 -- told by the vendor\n\nsend(x)\nsend(2)\n")
    assert (found.first, found.last) == (4, 4)


def test_a_comment_within_a_statement_covers_the_statement():
    found = one("send(\n    1,  # xsim: allow FC202 -- why\n    2,\n)\n")
    assert (found.first, found.last) == (1, 4)


def test_a_comment_on_a_function_s_head_covers_the_function():
    found = one(
        "def fetch(a,\n          b):  # xsim: allow FC301 -- slow on purpose\n    x = 1\n    return x\n\ny = 1\n"
    )
    assert (found.first, found.last) == (1, 4)


def test_a_comment_on_the_head_of_a_condition_covers_the_head_alone():
    found = one("if x:  # xsim: allow FC301 -- why\n    y = 1\n    z = 1\n")
    assert (found.first, found.last) == (1, 1)


def test_the_innermost_statement_is_meant():
    found = one("def fetch():\n    if x:\n        send(1)  # xsim: allow FC301 -- why\n    return 1\n")
    assert (found.first, found.last) == (3, 3)


def test_several_rules_by_code_or_name():
    assert one("x = 1  # xsim: allow FC201, duplicate-event FC5 -- known\n").rules == (
        "FC201",
        "duplicate-event",
        "FC5",
    )


@pytest.mark.parametrize("comment", ["# xsim: allow FC201", "# xsim:allow FC201 --", "#xsim: allow FC201 -- "])
def test_without_a_reason_there_is_none(comment):
    assert one(f"x = 1  {comment}\n").reason == ""


def test_a_reason_may_hold_dashes_and_marks():
    assert one("x = 1  # xsim: allow FC201 -- a -- b # c\n").reason == "a -- b # c"


@pytest.mark.parametrize("text", ["x = '# xsim: allow FC201 -- why'\n", "x = 1  # allow FC201\n", "# xsim: run it\n"])
def test_what_is_no_such_comment_is_left_alone(text):
    assert allowances(text) == ()


def test_a_comment_at_the_end_covers_its_own_line():
    found = one("x = 1\n# xsim: allow FC201 -- why\n")
    assert (found.first, found.last) == (2, 2)
