"""The sixteen cases, in both directions: each fault is found at its cycle and event, and nothing else is."""

import importlib
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from seeded_worlds import CASES

from xsim import api
from xsim.check import check
from xsim.findings import Finding, Report
from xsim.model import Expectation, ExpectedFinding, Severity, Verdict

NAMES = sorted(path.name for path in CASES.iterdir() if (path / "expected.toml").is_file())
FAULTY = [name for name in NAMES if not name.startswith("ok-")]

CODES = {
    "duplicate": {"FC202", "FC203"},
    "missed": {"FC201"},
    "malformed": {"FC501", "FC502", "FC503", "FC504", "FC505"},
    "last-run": {"FC101", "FC102", "FC103"},
    "fetch-error": {"FC601"},
}
"""What the cases call a finding, and the rules that find it."""
CAUSES = {
    "dup-inclusive-since": "inclusive-boundary",
    "dup-seconds-cursor": "precision-cut",
    "miss-newest-first": "newest-first-with-limit",
    "miss-now-cursor": "clock-as-cursor",
    "miss-tie-at-limit": "same-timestamp-at-limit",
    "tz-offset-cut": "zone-offset",
    "wedge-null-owner": "poison-record",
}
"""The cause that every error of the case gives."""
LAST_RUN_CODES = {"lastrun-not-json": "FC101", "lastrun-lost-on-empty": "FC102", "state-growth": "FC103"}

ALL_OF_THEM = """
import sys
from pathlib import Path
from xsim import api
for name in sys.argv[3:]:
    api.run(Path(sys.argv[1]) / name / "integration.py", state=Path(sys.argv[2]) / name)
"""


@dataclass(frozen=True)
class Ran:
    """A case with what its expected.toml says, and the report of a run."""

    name: str
    expected: dict[str, Any]
    report: Report

    @property
    def loud(self) -> list[Finding]:
        """Findings above a note."""
        return [finding for finding in self.report.findings if finding.severity is not Severity.NOTE]


@pytest.fixture(params=NAMES, scope="module")
def ran(request, tmp_path_factory):
    name = request.param
    # As deep a folder as the other process has: a journal says where the script lies, seen from itself.
    state = tmp_path_factory.mktemp("here") / name
    return Ran(name, expected_of(name), api.run(CASES / name / "integration.py", state=state, supervised=False))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Where the journals of another process lie, which hashes its texts in another way."""
    folder = tmp_path_factory.mktemp("elsewhere")
    hash_seed = "11" if os.environ.get("PYTHONHASHSEED") != "11" else "12"
    path = os.pathsep.join((str(Path(api.__file__).parent.parent), os.environ.get("PYTHONPATH", "")))
    subprocess.run(
        [sys.executable, "-c", ALL_OF_THEM, str(CASES), str(folder), *NAMES],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        check=True,
        timeout=120,
    )
    return folder


def test_there_are_sixteen_cases_and_each_fault_has_a_mended_twin():
    assert len(NAMES) == 16
    assert [path.parent.name for path in sorted(CASES.glob("*/mended.py"))] == FAULTY
    assert len(FAULTY) == 12


def test_each_fault_is_found_at_its_cycle_and_event(ran):
    missing = [wanted for wanted in ran.expected["must"] if not any(shows(found, wanted, ran) for found in ran.loud)]
    assert not missing, told(ran)
    assert ran.report.verdict is (Verdict.FAILED if ran.expected["verdict"] == "finding" else Verdict.PASSED), told(ran)


def test_the_cause_is_told(ran):
    causes = {finding.cause for finding in ran.report.findings if finding.severity is Severity.ERROR}
    assert ran.name not in CAUSES or causes == {CAUSES[ran.name]}


def test_nothing_above_a_note_is_said_that_is_not_so(ran):
    right = [*ran.expected["must"], *ran.expected["may"]]
    wrong = [found.message for found in ran.loud if not is_covered(found, right, ran)]
    assert not wrong, told(ran)


def test_a_scenario_that_expects_what_the_case_says_passes_and_a_stricter_one_fails(ran):
    expectation = expectation_of(ran)
    met, stricter = held_to(expectation, ran), held_to(Expectation(verdict=Verdict.PASSED), ran)
    assert (met.verdict, met.expected.differences) == (Verdict.PASSED, ()), told(ran)
    assert stricter.verdict is (Verdict.FAILED if expectation.must else Verdict.PASSED)
    nobody = ExpectedFinding("FC202", event="nobody")
    loud = [found for found in ran.report.findings if found.severity is not Severity.NOTE]
    other = held_to(Expectation(must=(nobody,)), ran).expected
    assert (len(other.missing), len(other.unexpected)) == (1, len(loud)), told(ran)


def test_the_stored_journal_gives_the_same_verdict_and_findings(ran, tmp_path):
    copy = tmp_path / "journal.jsonl"
    copy.write_bytes(journal_of(ran.report))
    again = api.check_journal(copy, api.Options())
    assert (again.verdict, again.reason, again.delivered) == (
        ran.report.verdict, ran.report.reason, ran.report.delivered
    )  # fmt: skip
    assert again.findings == ran.report.findings


@pytest.mark.slow
def test_a_second_run_in_another_process_writes_the_same_journal(ran, elsewhere):
    [journal] = (elsewhere / ran.name).glob("*/journal.jsonl")
    assert journal.read_bytes() == journal_of(ran.report)


@pytest.mark.parametrize("name", FAULTY)
def test_a_mended_twin_delivers_every_event_and_has_no_finding(name, tmp_path):
    report = api.run(CASES / name / "mended.py", scenario=CASES / name / "xsim.toml", state=tmp_path)
    twin = Ran(name, expected_of(name), report)
    assert (report.verdict, twin.loud) == (Verdict.PASSED, []), told(twin)
    assert report.delivered == len(report.journal.scenario.events)


# --- what a finding says, and what the case wants ------------------------------------------------------------


def expectation_of(ran: Ran) -> Expectation:
    """What expected.toml says, as an [expect]."""
    verdict = Verdict.FAILED if ran.expected["verdict"] == "finding" else Verdict.PASSED
    is_growth = ran.expected.get("fault") == "state-growth"  # Told of the whole run; at which cycle is free.

    def entry(wanted: dict[str, Any]) -> ExpectedFinding:
        # A missed event is told at the cycle that lost it or at the one that could have had it.
        cycle = 0 if is_growth else wanted.get("cycle", 0)
        return ExpectedFinding(
            kind=wanted["finding"], event=wanted.get("event", ""), cycle=cycle, field=wanted.get("field", "")
        )

    return Expectation(verdict, None, *(tuple(map(entry, ran.expected[key])) for key in ("must", "may")))


def held_to(expectation: Expectation, ran: Ran) -> Report:
    journal = ran.report.journal
    return check(replace(journal, scenario=replace(journal.scenario, expect=expectation)))


def shows(found: Finding, wanted: dict[str, Any], ran: Ran) -> bool:
    """Whether the finding is the wanted one."""
    kind = wanted["finding"]
    if found.code not in CODES[kind]:
        return False
    if kind == "missed":
        return wanted["event"] in found.events and has_cycle_of(found, wanted)
    if kind == "malformed":
        is_named = wanted["event"] in found.events and wanted["cycle"] in found.cycles
        return is_named and names(found, wanted["field"])
    if kind == "last-run":
        # Growth is told of the whole run; at which cycle is free.
        is_placed = wanted["cycle"] in found.cycles or found.code == "FC103"
        return is_placed and found.code == LAST_RUN_CODES.get(ran.expected["fault"], found.code)
    return wanted["cycle"] in found.cycles and wanted.get("event") in (None, *found.events)


def is_covered(found: Finding, right: list[dict[str, Any]], ran: Ran) -> bool:
    """Whether all that the finding claims is among what the case calls right."""
    kinds = [kind for kind, codes in CODES.items() if found.code in codes]
    same = [wanted for wanted in right if wanted["finding"] in kinds]
    if not same:
        return False
    if kinds == ["duplicate"]:
        claims = {(event, cycle) for event in found.events for cycle in found.cycles}
        return bool(claims) and claims <= {(wanted["event"], wanted["cycle"]) for wanted in same}
    if kinds == ["missed"]:
        by_event = {wanted["event"]: wanted for wanted in same}
        return bool(found.events) and all(
            event in by_event and has_cycle_of(found, by_event[event]) for event in found.events
        )
    if kinds == ["malformed"]:
        # The batch is refused and comes again each cycle, so only where it begins can be wrong.
        of_field = [wanted for wanted in same if names(found, wanted["field"])]
        events = {wanted["event"] for wanted in of_field}
        return set(found.events) == events and found.cycles[0] == min(wanted["cycle"] for wanted in of_field)
    return found.code == "FC103" or set(found.cycles) <= {wanted["cycle"] for wanted in same}


def has_cycle_of(found: Finding, wanted: dict[str, Any]) -> bool:
    """A missed event's cycle is the one that lost it, or the one that could have had it first."""
    return bool(found.cycles) and set(found.cycles) <= {wanted["lost_at_cycle"], wanted["visible_from_cycle"]}


def names(found: Finding, field: str) -> bool:
    return field in found.message or any(field in text for pair in found.evidence for text in pair)


def expected_of(name: str) -> dict[str, Any]:
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return tomllib.loads((CASES / name / "expected.toml").read_text(encoding="utf-8"))


def journal_of(report: Report) -> bytes:
    assert report.journal.path is not None
    return report.journal.path.read_bytes()


def told(ran: Ran) -> str:
    """The whole judgement, and how to see it by hand."""
    lines = [f"{f.code} {f.severity.value} {f.message} | {f.events} {f.cycles} {f.cause}" for f in ran.report.findings]
    return "\n".join((f"xsim run {CASES.name}/{ran.name}: {ran.report.reason}", *lines))
