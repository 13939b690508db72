"""Each word that a finding gives for why is known, with the rules that say it and what to write instead."""

import ast
import importlib
import sys
from pathlib import Path

import pytest

from xsim import check as stage
from xsim.check import cause_named, causes
from xsim.check.remedies import MISSED, REPEATED
from xsim.errors import XsimError

CHECK = Path(stage.__file__).parent
MUSEUM = Path(__file__).parents[2] / "fixtures" / "museum"


def codes(word):
    return [rule.code for rule in cause_named(word).rules]


def pieces():
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    for path in sorted(MUSEUM.glob("index-*.toml")):
        for piece in tomllib.loads(path.read_text(encoding="utf-8")).get("pieces", []):
            if piece["cause"]:
                yield piece["rule"], piece["cause"]


def test_the_museum_s_causes_are_of_the_rules_that_find_its_pieces():
    found = set(pieces())
    assert found
    assert {(rule, cause) for rule, cause in found if rule not in codes(cause)} == set()


def test_every_word_that_a_rule_gives_as_it_stands_is_known():
    given = set()
    for path in CHECK.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "cause" and not isinstance(node.value, ast.JoinedStr):
                parts = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
                given |= {each.value for each in parts if isinstance(each, ast.Constant) and each.value}
    assert given
    assert given <= set(causes())


def test_a_cause_says_what_to_write_instead_or_what_it_means():
    for word in causes():
        found = cause_named(word)
        assert found.rules, word
        assert found.remedies or found.means, word
    assert cause_named("late-arrival").remedies == (MISSED["late-arrival"],)
    assert cause_named("precision-cut").remedies == (MISSED["precision-cut"], REPEATED["precision-cut"])


@pytest.mark.parametrize(
    ("given", "word", "rules"),
    [
        ("Late_Arrival", "late-arrival", ["FC201"]),
        ("rawJSON-type", "rawJSON-type", ["FC502"]),
        ("occurred-meant", "occurred-meant", ["FC506", "FC507"]),
        ("behind-incidents-last-run", "behind-incidents-last-run", ["FC606"]),
        ("several-pages", "several-pages", ["FC203"]),
    ],
)
def test_a_word_may_be_spelled_as_it_comes(given, word, rules):
    assert (cause_named(given).word, codes(given)) == (word, rules)


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("late-arival", "did you mean 'late-arrival'?"),
        ("boundary-second", "with a word of it: exclusive-boundary, inclusive-boundary"),
        ("FC2O1", "did you mean 'FC201'?"),
        ("zzz", "`xsim rules` lists the rules"),
    ],
)
def test_a_word_that_is_none_is_refused_with_those_nearest_to_it(given, hint):
    with pytest.raises(XsimError, match=f"no rule and no cause is called '{given}'") as caught:
        cause_named(given)
    assert caught.value.hint.startswith(hint)


def test_every_cause_says_what_it_means():
    assert [word for word in causes() if not cause_named(word).means] == []
