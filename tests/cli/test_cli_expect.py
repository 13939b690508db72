"""A scenario that says what it expects: `xsim run`, `check` and the formats, as a person and as a program see them."""

import json

import pytest

SCRIPT = """\
import json
import demistomock as demisto
from CommonServerPython import *
COMMAND = 'fetch-incidents'
demisto.incidents([{'name': 'n', 'occurred': '2024-05-14T09:00:00Z', 'rawJSON': json.dumps({'id': 'E-1'})}])
"""
CLOCK = "[clock]\ncycles = 3\n"
EXPECTED = 'verdict = "failed"\ndelivered = 3\nmust = [{rule = "duplicate", event = "E-1", cycle = 2}]\n'


@pytest.fixture
def faulty(xsim):
    """A fetch with a known fault, under a scenario with this [expect]."""

    def has(expect=EXPECTED):
        xsim.has("integration.py", SCRIPT)
        xsim.has("xsim.toml", f"{CLOCK}[expect]\n{expect}")
        return xsim

    return has


def flat(seen):
    return " ".join(seen.out.split())


def test_a_known_fault_that_is_still_there_passes(faulty):
    seen = faulty()("run", "integration.py")
    assert (seen.code, seen.err) == (0, "")
    assert "PASSED: as the scenario expects, failed: 1 error in 3 cycles" in flat(seen)
    assert "FC202 E-1 was delivered again in cycles 2, 3 (first in cycle 1): expected by the scenario" in flat(seen)


def test_each_difference_is_a_line_and_fails_the_run(faulty):
    seen = faulty('delivered = 4\nmust = [{rule = "FC201", event = "E-9", cycle = 3}]\n')("run", "integration.py")
    assert seen.code == 1
    assert seen.out.split("Not as the scenario expects\n")[1].split("\n\n")[0].splitlines() == [
        "  xsim.toml:4: expected 4 incidents, delivered 3",
        "  xsim.toml:5: expected FC201 missed-event of E-9 at cycle 3, not found",
        "  found FC202 duplicate-event cursor-stood-still of E-1 at cycle 2, not expected",
    ]
    assert "FAILED: 3 differences from what the scenario expects: expected 4 incidents, delivered 3" in flat(seen)


def test_a_run_may_be_judged_by_itself(faulty):
    seen = faulty()("run", "integration.py", "--no-expect")
    assert (seen.code, "FAILED: 1 error in 3 cycles" in flat(seen)) == (1, True)


def test_the_stored_journal_is_held_to_it_as_well(faulty):
    xsim = faulty()
    xsim("run", "integration.py", "--state", "state")
    assert xsim("check", "state/integration_instance_1").code == 0
    assert xsim("check", "state/integration_instance_1", "--no-expect").code == 1


def test_an_expected_rule_that_there_is_none_of_is_refused_before_the_run(faulty):
    seen = faulty('must = [{rule = "FC909"}]\n')("run", "integration.py")
    assert (seen.code, "xsim.toml:4: [expect]: no rule is called 'FC909'" in seen.err) == (2, True)


def test_programs_get_the_expectation_beside_what_the_run_came_to_by_itself(faulty):
    report = json.loads(faulty()("run", "integration.py", "--format", "json").out)
    assert (report["verdict"], report["exit_code"]) == ("passed", 0)
    assert report["expected"] == {"verdict": "failed", "reason": "1 error in 3 cycles", "differences": [], "unmet": []}
    [finding] = [each for each in report["findings"] if each["rule"] == "FC202"]
    assert (finding["expected"], finding["fails"], finding["accepted"]) == (True, False, "expected by the scenario")


@pytest.mark.parametrize(
    ("format_", "told"),
    [
        ("text", "  xsim.toml:5: expected FC301 late-event, not found"),
        ("concise", "xsim.toml:5: expected FC301 late-event, not found"),
        ("github", "::error file=xsim.toml,line=5,title=not as expected::expected FC301 late-event, not found"),
        ("junit", 'message="expected FC301 late-event, not found">xsim.toml:5: expected FC301'),
        ("sarif", '"text": "expected FC301 late-event, not found"'),
        (
            "json-lines",
            '"unmet": [{"message": "expected FC301 late-event, not found", "path": "xsim.toml", "line": 5}]',
        ),
        ("html", "<li>expected FC301 late-event, not found</li>"),
    ],
)
def test_every_format_tells_what_is_not_there(faulty, format_, told):
    xsim = faulty('verdict = "failed"\nmust = [{rule = "FC301"}]\nmay = [{finding = "duplicate"}]\n')
    seen = xsim("run", "integration.py", "--format", format_)
    assert (seen.code, told in seen.out) == (1, True), seen.out


def test_where_all_is_expected_no_format_complains(faulty):
    xsim = faulty()
    assert xsim("run", "integration.py", "--format", "concise").out == ""
    assert "::error" not in xsim("run", "integration.py", "--format", "github").out
    assert "<failure" not in xsim("run", "integration.py", "--format", "junit").out
    assert "comes to what its scenario expects" in xsim("run", "integration.py", "--format", "html").out


def test_what_is_expected_is_among_the_settings_in_force(faulty):
    xsim = faulty()
    assert "verdict failed, delivered 3, must 1  xsim.toml: [expect]" in xsim("config", "integration.py").out
    assert "--no-expect" in xsim("config", "integration.py", "--no-expect").out
