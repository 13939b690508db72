"""No false alarm: the right scripts among the cases, and the mended twins, in worlds that seeds draw.

Each script gets one of the seeds 1 to 50, another than its neighbour; `XSIM_SEEDS=50` gives each of them all.
"""

import os
from pathlib import Path

import pytest
from seeded_worlds import CASES, STARTS_ONLY, WORLDS, seeded_world

from xsim import api
from xsim.findings import Report
from xsim.model import Severity, Verdict

ALL_SEEDS = 50
SEEDS_EACH = min(int(os.environ.get("XSIM_SEEDS", "1")), ALL_SEEDS)
NAMES = sorted((*WORLDS, *STARTS_ONLY))
RUNS = [
    (name, (number * SEEDS_EACH + offset) % ALL_SEEDS + 1)
    for number, name in enumerate(NAMES)
    for offset in range(SEEDS_EACH)
]
FOUND_BY = {
    "dup-inclusive-since": "FC202",
    "dup-seconds-cursor": "FC202",
    "lastrun-datetime": "FC101",
    "lastrun-none-when-empty": "FC102",
    "miss-newest-first": "FC201",
    "miss-now-cursor": "FC201",
    "miss-tie-at-limit": "FC201",
    "rawjson-dict": "FC502",
    "tz-offset-cut": "FC201",
    "wedge-null-owner": "FC601",
}
"""The faulty scripts with a vendor, and the rule that finds the fault."""


def test_each_case_has_a_seeded_world():
    assert sorted(path.parent.name for path in CASES.glob("*/expected.toml")) == NAMES
    assert set(FOUND_BY) == {name for name in WORLDS if not name.startswith("ok-")}


@pytest.mark.parametrize(("name", "seed"), RUNS, ids=lambda value: str(value))
def test_a_right_script_has_no_finding_whatever_the_seed(name, seed, tmp_path):
    report = run_seed(name, seed, tmp_path)
    loud = [finding for finding in report.findings if finding.severity is not Severity.NOTE]
    expected = Verdict.PASSED if report.delivered else Verdict.UNDECIDED
    assert (loud, report.verdict) == ([], expected), f"{report.reason}\n{by_hand(name, seed)}"


@pytest.mark.slow
@pytest.mark.parametrize("name", FOUND_BY)
def test_a_faulty_script_shows_its_fault_in_a_seeded_world(name, tmp_path):
    report = run_seed(name, 1, tmp_path, script="integration.py")
    codes = {finding.code for finding in report.findings}
    assert FOUND_BY[name] in codes, f"{report.reason}\n{by_hand(name, 1, script='integration.py')}"


def run_seed(name: str, seed: int, folder: Path, script: str = "") -> Report:
    scenario = folder / "world.xsim.toml"
    scenario.write_text(seeded_world(name, seed), encoding="utf-8")
    return api.run(CASES / name / (script or right_script(name)), scenario=scenario, state=folder)


def right_script(name: str) -> str:
    return "integration.py" if name.startswith("ok-") else "mended.py"


def by_hand(name: str, seed: int, script: str = "") -> str:
    """The commands that repeat the run."""
    path = f"fixtures/cases/{name}/{script or right_script(name)}"
    return (
        f"python tests/seeded_worlds.py {name} {seed} > world.xsim.toml && xsim run {path} --scenario world.xsim.toml"
    )
