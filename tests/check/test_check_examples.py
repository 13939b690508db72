"""Every rule's examples: the bad one breaks it, the good one breaks nothing."""

import importlib.resources
from pathlib import Path

import pytest

import xsim
from xsim.check import RULES

EXAMPLES = Path(str(importlib.resources.files("xsim"))) / "examples"
CYCLES = {"FC103": 20}
LONGEST = 40


def run(code, name, tmp_path):
    path = EXAMPLES / code / f"{name}.py"
    return xsim.run(path, cycles=CYCLES.get(code, 8), fresh=True, state=tmp_path)


@pytest.mark.parametrize("code", RULES)
def test_the_bad_example_breaks_the_rule(code, tmp_path):
    assert code in {finding.code for finding in run(code, "bad", tmp_path).findings}


@pytest.mark.parametrize("code", RULES)
def test_the_good_example_breaks_no_rule_and_delivers(code, tmp_path):
    report = run(code, "good", tmp_path)
    assert [finding.message for finding in report.findings] == []
    assert report.delivered


@pytest.mark.parametrize("code", RULES)
@pytest.mark.parametrize("name", ["bad", "good"])
def test_an_example_is_short_and_opens_with_what_it_shows(code, name):
    lines = (EXAMPLES / code / f"{name}.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST
    assert lines[0].startswith("# ")
    assert lines[0].endswith(".")


def test_no_example_is_without_its_rule():
    assert {path.name for path in EXAMPLES.iterdir() if path.name.startswith("FC")} == set(RULES)
