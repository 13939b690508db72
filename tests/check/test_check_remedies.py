"""Each cause is spelled alike, and says what to write instead."""

import ast
import re
from pathlib import Path

import pytest

from xsim.check import missed as stage
from xsim.check.remedies import ENDED, MISSED, REPEATED

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
    known = {cause for module in TOLD_IN for cause in told_in(CHECK / module)} | IN_RULES
    assert (MISSED.keys() | REPEATED.keys() | ENDED.keys()) <= known


@pytest.mark.parametrize("path", sorted(CHECK.rglob("*.py")), ids=lambda path: path.name)
def test_causes_are_spelled_with_hyphens(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "cause":
            values = [each.value for each in ast.walk(node.value) if isinstance(each, ast.Constant)]
            texts = [value for value in values if isinstance(value, str)]
            assert all(re.fullmatch(r"[A-Za-z-]*", text) for text in texts), texts
