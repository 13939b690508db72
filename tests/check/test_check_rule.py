"""What makes a function a rule, and which rules a run is judged by."""

import pytest
from builders import a_journal

from xsim.check import RULES, check
from xsim.check.rule import rule
from xsim.errors import XsimError
from xsim.model import Severity


def codes(**choice):
    return [result.rule.code for result in check(a_journal(), **choice).results]


def test_the_docstring_is_the_documentation():
    @rule("FC199", Severity.NOTE, since="0.1")
    def odd_habit(evidence):
        """A habit
        that is odd.

        Why: It puzzles
        the reader.
        Fix: Drop it.
        """
        yield from ()

    assert (odd_habit.name, odd_habit.summary) == ("odd-habit", "A habit that is odd.")
    assert (odd_habit.why, odd_habit.fix) == ("It puzzles the reader.", "Drop it.")


@pytest.mark.parametrize(
    "text", [None, "Only a summary.", "Summary.\n\nWhy: so.", "Summary.\n\nFix: so.", "Why: a\nFix: b"]
)
def test_a_rule_that_lacks_a_part_of_its_documentation_is_refused(text):
    def odd_habit(evidence):
        yield from ()

    odd_habit.__doc__ = text
    with pytest.raises(TypeError, match="FC199 odd_habit"):
        rule("FC199", Severity.NOTE, since="0.1")(odd_habit)


def test_every_code_says_its_family_and_names_are_unique():
    families = {
        "1": ["last_run"],
        "2": ["delivery", "vendor_truth"],
        "3": ["timing"],
        "4": ["traffic"],
        "5": ["incident"],
        "6": ["execution", "new_process"],
        "7": ["configuration"],
    }
    for code, found in RULES.items():
        assert found.check.__module__.removeprefix("xsim.check.rules.") in families[code[2]]
    assert len({found.name for found in RULES.values()}) == len(RULES)
    assert list(RULES) == sorted(RULES)


@pytest.mark.parametrize("name", ["FC202", "fc202", "duplicate-event", "duplicate_event"])
def test_a_rule_is_selected_by_code_or_name(name):
    assert codes(select=[name]) == ["FC202"]


def test_the_beginning_of_a_code_selects_a_family():
    assert codes(select=["FC6"]) == [code for code in RULES if code.startswith("FC6")]


def test_ignored_rules_are_taken_from_the_selected_ones():
    assert codes(select=["FC10", "FC601"], ignore=["FC103", "last-run-lost"]) == [
        code for code in RULES if code.startswith("FC1") and code not in ("FC103", "FC102")
    ] + ["FC601"]


def test_without_a_selection_all_rules_judge():
    assert codes() == list(RULES)


@pytest.mark.parametrize(
    ("name", "near"), [("FC2022", "FC202"), ("duplicate-evnt", "duplicate-event"), ("last_run_gorws", "last-run-grows")]
)
def test_an_unknown_rule_is_a_complaint_that_names_the_nearest(name, near):
    with pytest.raises(XsimError, match=name) as complaint:
        codes(select=[name])
    assert near in complaint.value.hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [("FC2*", "'FC2'"), ("fc5x", "'FC5'"), ("FC2xx", "'FC2'"), ("ALL", "'FC'"), ("*", "'FC'")],
)
def test_a_family_or_all_rules_meant_by_a_sign_that_is_none_are_told_how_to_name_them(name, hint):
    with pytest.raises(XsimError) as complaint:
        codes(select=[name])
    assert complaint.value.hint.startswith(hint)


@pytest.mark.parametrize("name", ["", "F", "qqqqqqqq"])
def test_a_name_near_to_nothing_points_to_the_list_of_rules(name):
    with pytest.raises(XsimError) as complaint:
        codes(ignore=[name])
    assert complaint.value.hint == "see `xsim rules`"


def test_a_choice_that_leaves_no_rule_is_a_complaint():
    with pytest.raises(XsimError, match="no rule is left"):
        codes(select=["FC202"], ignore=["FC2"])
