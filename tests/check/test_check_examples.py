"""Every rule's examples: the bad one breaks it, the good one breaks nothing."""

import importlib.resources
from pathlib import Path

import pytest

import xsim
from xsim.check import RULES

EXAMPLES = Path(str(importlib.resources.files("xsim"))) / "examples"
CYCLES = {"FC103": 20}
LONGEST = 40
FROM_THE_VENDOR = ("FC109", "FC201", "FC204", "FC206", "FC207", "FC208", "FC606", "FC607", "FC608")
APART = ("FC608",)
"""What shows in new processes alone."""
NOTED_ALL_THE_SAME = {"FC606": "behind-incidents"}
"""A kill is told of whatever the script did before it: the good example has the cause that loses nothing."""


def run(code, name, tmp_path):
    """An example with a scenario beside it runs through that one; the others hold what the vendor says themselves."""
    path = EXAMPLES / code / f"{name}.py"
    cycles = None if (path.parent / "xsim.toml").exists() else CYCLES.get(code, 8)
    return xsim.run(path, cycles=cycles, fresh=True, state=tmp_path, supervised=True if code in APART else None)


@pytest.mark.parametrize("code", [pytest.param(code, marks=[pytest.mark.slow] * (code in APART)) for code in RULES])
def test_the_bad_example_breaks_the_rule(code, tmp_path):
    found = [finding for finding in run(code, "bad", tmp_path).findings if finding.code == code]
    assert found
    assert NOTED_ALL_THE_SAME.get(code) not in {finding.cause for finding in found if finding.cause}


@pytest.mark.parametrize("code", RULES)
def test_the_good_example_breaks_no_rule_and_delivers(code, tmp_path):
    report = run(code, "good", tmp_path)
    allowed = NOTED_ALL_THE_SAME.get(code)
    assert [finding.message for finding in report.findings if not allowed or finding.cause != allowed] == []
    assert report.delivered


def test_a_rule_that_needs_the_vendor_s_truth_has_a_scenario():
    needing = [code for code in RULES if code[2] in "34" or code in FROM_THE_VENDOR]
    assert [code for code in needing if not is_short_and_says_what_it_shows(EXAMPLES / code / "xsim.toml")] == []


def test_an_example_is_short_and_opens_with_what_it_shows():
    paths = [EXAMPLES / code / name for code in RULES for name in ("bad.py", "good.py")]
    assert [path for path in paths if not is_short_and_says_what_it_shows(path)] == []


def is_short_and_says_what_it_shows(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return len(lines) <= LONGEST and lines[0].startswith("# ") and lines[0].endswith(".")


def test_no_example_is_without_its_rule():
    assert {path.name for path in EXAMPLES.iterdir() if path.name.startswith("FC")} == set(RULES)
