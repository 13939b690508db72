"""[expect] as read from a file: typed, with its author's own keys left alone and slips refused."""

import pytest
from scenario_files import loaded, refusal

from xsim.model import Expectation, ExpectedFinding, Verdict

RULE = 'rule = "FC202"'


def expected(folder, text):
    return loaded(folder, f"[expect]\n{text}\n").scenario.expect


def test_all_that_it_may_say_is_read(tmp_path):
    text = (
        'verdict = "failed"\ndelivered = 8\nmust = [{rule = "FC202", event = "A-1", cycle = 2, cause = "changed"}]\n'
        'may = [{finding = "malformed", field = "severity"}]'
    )
    assert expected(tmp_path, text) == Expectation(
        Verdict.FAILED,
        8,
        (ExpectedFinding("FC202", event="A-1", cycle=2, cause="changed", line=4),),
        (ExpectedFinding(kind="malformed", field="severity", line=5),),
        verdict_line=2,
        delivered_line=3,
    )


def test_what_is_not_said_is_not_expected(tmp_path):
    assert expected(tmp_path, "delivered = 0") == Expectation(delivered=0, delivered_line=2)
    assert loaded(tmp_path, "").scenario.expect is None


def test_keys_of_its_author_s_own_are_left_alone_and_expect_nothing_by_themselves(tmp_path):
    file = loaded(tmp_path, '[expect]\nowner = "ann"\nissue = 12\n')
    assert (file.scenario.expect, file.expect) == (None, {"owner": "ann", "issue": 12})
    assert expected(tmp_path, f'must = [{{{RULE}, lost_at_cycle = 3, what = "why"}}]').must == (
        ExpectedFinding("FC202", line=2),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('verdct = "failed"', "did you mean 'verdict'?"),
        (f"must = [{{{RULE}, cylce = 2}}]", "did you mean 'cycle'?"),
        ('must = [{event = "A-1"}]', "expected a 'rule' (code or name) or a 'finding', and not both"),
        (f'must = [{{{RULE}, finding = "missed"}}]', "and not both"),
        ('verdict = "fine"', "expected one of"),
        ('must = [{finding = "dupes"}]', "expected one of"),
        ("delivered = -1", "[expect] delivered: found -1"),
        (f"may = [{{{RULE}, cycle = 0}}]", "cycle: found 0"),
        ('may = [{rule = " "}]', "a text that is not empty"),
        ("must = 3", "a list of tables"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, text, told):
    said = refusal(tmp_path, f"[expect]\n{text}\n")
    assert told in said
    assert said.startswith(("1:", "2:"))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('[[expect.must]]\nrule = "FC1"\n[[expect.must]]\nrule = "FC2"\n', [1, 3]),
        ('expect = {must = [{rule = "FC1"},\n  {rule = "FC2"}]}\n', [1, 2]),
        ('name = "[expect]"\n[clock]\ncycles = 1\n[ expect ]\nmust = [\n{rule = "FC1"},\n\n{rule = "FC2"}]\n', [6, 8]),
        ('[expect]\nmay = []\n[[endpoints]]\npath = "/a"\norder = [\n"id"]\n[[expect.must]]\nrule = "FC1"\n', [7]),
    ],
)
def test_each_knows_its_line_however_it_is_written(tmp_path, text, lines):
    assert [each.line for each in loaded(tmp_path, text).scenario.expect.must] == lines
