"""Each cause is spelled alike, and says what to write instead."""

import ast
import re
from pathlib import Path

import pytest

from xsim.check import missed as stage
from xsim.check.remedies import ENDED, MISSED, REPEATED, in_its_fields

CHECK = Path(stage.__file__).parent
TOLD_IN = {
    "missed.py": MISSED,
    "cut_answers.py": MISSED,
    "lost_to_faults.py": MISSED,
    "starved.py": MISSED,
    "repeated.py": REPEATED,
    "went_wrong.py": REPEATED,
    "rules/execution.py": ENDED,
    "stuck.py": ENDED,
    "rules/delivery.py": REPEATED,
}
IN_RULES = {"changed", "identical", "limit-per-request"}
"""What FC202, FC203 and FC205 say that is no mistake of the script."""
OF_ENDINGS = {"stuck", "poison-record", "token-expired"}
"""What FC601 says of how a fetch ended, without a sentence for why."""


def told_in(path):
    """The first halves of all (cause, sentence) in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            ways = [node.elts[0].body, node.elts[0].orelse] if isinstance(node.elts[0], ast.IfExp) else node.elts[:1]
            for each in ways:
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and "-" in each.value:
                    yield each.value


@pytest.mark.parametrize("module", TOLD_IN)
def test_every_cause_says_what_to_write_instead(module):
    causes = set(told_in(CHECK / module)) - IN_RULES
    assert causes
    assert causes <= TOLD_IN[module].keys()


def test_no_remedy_is_for_a_cause_that_nobody_tells():
    known = {cause for module in TOLD_IN for cause in told_in(CHECK / module)} | IN_RULES | OF_ENDINGS
    assert (MISSED.keys() | REPEATED.keys() | ENDED.keys()) <= known


def test_causes_are_spelled_with_hyphens():
    for path in sorted(CHECK.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "cause":
                values = [each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
                wrong = [each for each in values if isinstance(each, str) and not re.fullmatch(r"[A-Za-z-]*", each)]
                assert wrong == [], path.name


@pytest.mark.parametrize(
    ("identity", "time_field", "said"),
    [
        (("caseId",), "opened.at", "`str(event['caseId']) in ids` since event['opened']['at']"),
        (("data.key",), r"a\.b", "`str(event['data']['key']) in ids` since event['a.b']"),
        (("a", "b"), "", "`str(event['id']) in ids` since event['created']"),
        (("items.*.id",), "created", "`str(event['id']) in ids` since event['created']"),
        ((), "items.0.at", "`str(event['id']) in ids` since event['items'][0]['at']"),
    ],
)
def test_a_remedy_names_the_fields_that_the_events_have(identity, time_field, said):
    assert in_its_fields("`str(event['id']) in ids` since event['created']", identity, time_field) == said
