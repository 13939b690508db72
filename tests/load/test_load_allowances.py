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


def test_a_comment_at_a_match_covers_its_head_and_one_in_a_case_the_statement_below():
    found = one("match x:  # xsim: allow FC301 -- why\n    case 1:\n        send(1)\n")
    assert (found.first, found.last) == (1, 1)
    found = one("match x:\n    case 1:\n        # xsim: allow FC301 -- why\n        y = 1\n    case _:\n        y = 2")
    assert (found.first, found.last) == (4, 4)


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


@pytest.mark.parametrize("dash", ["--", "—", "–"])
def test_a_comment_may_stand_behind_another_and_its_dashes_may_be_one(dash):
    found = one(f"x = 1  # noqa: E501  # xsim: allow FC201 {dash} why\n")
    assert (found.rules, found.reason) == (("FC201",), "why")


def test_a_comment_on_a_line_of_its_own_within_a_call_covers_the_call():
    found = one("send(\n    # xsim: allow FC202 -- why\n    1,\n)\ny = 1\n")
    assert (found.first, found.last) == (1, 4)


def test_a_comment_below_a_decorator_covers_the_function_and_one_below_its_head_the_next_statement():
    found = one("@timed\n# xsim: allow FC202 -- why\ndef fetch():\n    return 1\n")
    assert (found.first, found.last) == (1, 4)
    found = one("def fetch():\n    # xsim: allow FC202 -- why\n    send(\n        1)\n    return 1\n")
    assert (found.first, found.last) == (3, 4)


@pytest.mark.parametrize(
    "comment",
    ["# xsim: ignore FC201 -- why", "# xsim: alow FC201 -- why", "# xsim: allow FC201 # why", "# xsim: FC201"],
)
def test_what_was_meant_to_be_such_a_comment_is_kept_to_be_told(comment):
    found = one(f"x = 1  {comment}\n")
    assert (found.is_read, found.rules) == (False, ())
    assert one("x = 1  # xsim: allow FC201 -- why\n").is_read


@pytest.mark.parametrize("text", ["x = '# xsim: allow FC201 -- why'\n", "x = 1  # allow FC201\n", "# xsim: run it\n"])
def test_what_is_no_such_comment_is_left_alone(text):
    assert allowances(text) == ()


def test_a_comment_at_the_end_covers_its_own_line():
    found = one("x = 1\n# xsim: allow FC201 -- why\n")
    assert (found.first, found.last) == (2, 2)
