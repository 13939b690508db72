"""The museum: faults that real integrations had are found with rule and cause; each twin and each right shape passes.

`XSIM_SEEDS=50` gives every twin and every shape all 50 seeds; without it each gets one, another than its neighbour.
`python tests/test_museum.py` writes the tables of fixtures/museum/README.md anew.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from xsim import api
from xsim.check import RULES
from xsim.findings import Finding, Report
from xsim.load import load_scenario
from xsim.model import Severity, Verdict

ROOT = Path(__file__).parent.parent
MUSEUM = ROOT / "fixtures" / "museum"
README = MUSEUM / "README.md"
EXAMPLES = ROOT / "xsim" / "examples"

OFTEN = """
    inclusive-boundary time-format-crash empty-result-crash first-window cursor-set-to-now
    cursor-field-not-filter-field poison-record precision-lost filter-not-sent first-run-crash optional-field-crash
    sort-order-with-limit late-arrival limit-not-respected no-paging same-timestamp-group bounded-window-stuck
    coarse-window cursor-from-unordered-list cursor-not-advanced exclusive-boundary id-memory-replaced
    incidents-called-repeatedly mutable-filter-field name-missing parameter-name-mismatch timezone-offset unit-mismatch
""".split()
"""The mechanisms that were mended twice or more in public."""
SHAPES_MEASURED = """
    HelloWorld SentinelOne-V2 FireEyeHelix TrendMicroVisionOne ProofpointTAP_v2 IllusiveNetworks ServiceNowv2 Zimperium
    CortexXDRIR CarbonBlackEnterpriseEDR MicrosoftCloudAppSecurity RecordedFuture OpsGenieV3 Darktrace GuruculGRA
    NTT_Cyber_Threat_Sensor Edgescan IvantiHeat TrustwaveFusion HackerOne NutanixHypervisor Gamma SumoLogicCloudSIEM
    LogRhythmRestV2 knowbe4Phisher
""".split()
"""The public integrations whose calls are the models of the API shapes; a shape's name begins with its model's."""
LONGEST = 40
"""Lines of a script."""
EXAMPLE_CYCLES = 8
"""Of an example that makes its events itself and has no scenario."""
ALL_SEEDS = 50
SEEDS_EACH = min(int(os.environ.get("XSIM_SEEDS", "1")), ALL_SEEDS)
LEAST_EVENTS, LEAST_CYCLES = 30, 15


@dataclass(frozen=True)
class Piece:
    """A faulty integration with its twin, and what is said of it."""

    mechanism: str
    rule: str
    cause: str
    shape: str
    story: str
    folder: Path
    also: tuple[str, ...] = ()

    @property
    def scripts(self) -> tuple[Path, Path]:
        """The faulty one and its twin."""
        names = ("bad.py", "good.py") if EXAMPLES in self.folder.parents else ("integration.py", "mended.py")
        return self.folder / names[0], self.folder / names[1]


@dataclass(frozen=True)
class Shape:
    """A right integration of an API shape."""

    shape: str
    folder: Path


def read_index(path: Path) -> tuple[list[Piece], list[Shape]]:
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    index: dict[str, list[dict[str, Any]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(index) <= {"pieces", "shapes"}, path
    pieces = []
    for entry in index.get("pieces", []):
        entry = {"folder": f"fixtures/museum/{entry['mechanism']}", **entry, "also": tuple(entry.get("also", ()))}
        pieces.append(Piece(**{**entry, "folder": ROOT / entry["folder"]}))
    return pieces, [Shape(each["shape"], ROOT / each["folder"]) for each in index.get("shapes", [])]


INDEXES = [read_index(path) for path in sorted(MUSEUM.glob("index-*.toml"))]
PIECES = sorted((piece for pieces, _ in INDEXES for piece in pieces), key=lambda piece: (piece.mechanism, piece.folder))
SHAPES = sorted((shape for _, shapes in INDEXES for shape in shapes), key=lambda shape: shape.folder)
RIGHT = [
    *(piece.scripts[1] for piece in PIECES if (piece.folder / "xsim.toml").is_file()),
    *(shape.folder / "integration.py" for shape in SHAPES),
]
"""The scripts that pass in each world that a seed draws."""
SEEDED = [
    pytest.param(
        path,
        (number * SEEDS_EACH + offset) % ALL_SEEDS + 1,
        marks=[pytest.mark.slow] if path.name == "integration.py" else [],  # the shapes
    )
    for number, path in enumerate(RIGHT)
    for offset in range(SEEDS_EACH)
]


def name_of(value: object) -> str:
    if isinstance(value, (Piece, Shape)):
        return value.folder.name
    return f"{value.parent.name}/{value.name}" if isinstance(value, Path) else str(value)


# --- what is found -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", PIECES, ids=name_of)
def test_a_fault_is_found_with_its_rule_and_cause_and_nothing_else_is(piece, tmp_path):
    report = run(piece.scripts[0], tmp_path)
    assert (piece.rule, piece.cause) in {(each.code, each.cause) for each in report.findings}, told(report)
    assert {each.code for each in loud(report)} - {piece.rule} == set(piece.also), told(report)


@pytest.mark.parametrize("piece", [piece for piece in PIECES if piece.scripts[1] not in RIGHT], ids=name_of)
def test_a_twin_without_a_vendor_passes(piece, tmp_path):
    assert_passes(run(piece.scripts[1], tmp_path))


@pytest.mark.parametrize(("path", "seed"), SEEDED, ids=name_of)
def test_a_right_script_passes_whatever_the_seed(path, seed, tmp_path):
    assert_passes(run(path, tmp_path, seed=seed))


def assert_passes(report: Report) -> None:
    assert (loud(report), report.verdict) == ([], Verdict.PASSED), told(report)
    assert report.delivered


def run(path: Path, state: Path, seed: int | None = None) -> Report:
    scenario = path.parent / "xsim.toml"
    if not scenario.is_file():
        return api.run(path, cycles=EXAMPLE_CYCLES, fresh=True, state=state)
    return api.run(path, scenario=scenario, seed=seed, state=state)


def loud(report: Report) -> list[Finding]:
    """Findings above a note."""
    return [finding for finding in report.findings if finding.severity is not Severity.NOTE]


def told(report: Report) -> str:
    """The judgement, a finding of each rule and cause, and how to see all of it by hand."""
    path, seed = report.journal.integration.path, report.journal.scenario.seed
    command = f"xsim run {path} --scenario {path.parent / 'xsim.toml'} --seed {seed}"
    lines = {
        (each.code, each.cause): f"{each.code} {each.severity.value} {each.message} | {each.cause}"
        for each in report.findings
    }
    return "\n".join((f"{command}: {report.reason}", *lines.values()))


# --- what the museum holds -----------------------------------------------------------------------------------


def test_each_mechanism_that_was_mended_twice_or_more_has_a_piece():
    assert sorted(set(OFTEN) - {piece.mechanism for piece in PIECES}) == []


def test_each_api_shape_that_was_measured_has_a_scenario():
    shown = {each.shape.partition(":")[0] for each in (*PIECES, *SHAPES)}
    assert sorted(set(SHAPES_MEASURED) - shown) == []


def test_each_folder_is_in_an_index_and_each_entry_has_its_folder():
    there = {path.parent for path in MUSEUM.rglob("integration.py")}
    named = {piece.folder for piece in PIECES if EXAMPLES not in piece.folder.parents}
    assert there == named | {shape.folder for shape in SHAPES}
    assert len(PIECES) == len({piece.folder for piece in PIECES})
    assert len(SHAPES) == len({shape.folder for shape in SHAPES})


def test_each_entry_names_rules_that_there_are_and_tells_a_story_of_two_sentences():
    named = {code for piece in PIECES for code in (piece.rule, *piece.also)}
    assert sorted(named - set(RULES)) == []
    assert [piece.story for piece in PIECES if len(re.findall(r"[.](?: |$)", piece.story)) != 2] == []


def test_each_script_is_short_and_opens_with_what_it_shows():
    scripts = {*RIGHT, *(path for piece in PIECES for path in piece.scripts)}
    lines = {name_of(path): path.read_text(encoding="utf-8").splitlines() for path in sorted(scripts)}
    assert [name for name, text in lines.items() if len(text) > LONGEST] == []
    assert [name for name, text in lines.items() if not text[0].startswith("# ") or not text[0].endswith(".")] == []


def test_each_twin_differs_from_its_fault_in_less_than_half():
    for piece in PIECES:
        bad, mended = (set(path.read_text(encoding="utf-8").splitlines()[1:]) for path in piece.scripts)
        assert len(bad ^ mended) > 0, piece.mechanism
        assert len(bad & mended) > len(bad) / 2, piece.mechanism


def test_each_world_is_drawn_from_the_seed_and_is_large_enough():
    for path in (path for path in RIGHT if EXAMPLES not in path.parents):
        one, other = (load_scenario(path.parent / "xsim.toml", seed=seed).scenario for seed in (1, 2))
        assert one.events != other.events, name_of(path)
        assert len(one.events) >= LEAST_EVENTS, name_of(path)
        assert one.cycles >= LEAST_CYCLES, name_of(path)


# --- the page ------------------------------------------------------------------------------------------------


def test_the_page_shows_what_the_indexes_say():
    assert README.read_text(encoding="utf-8") == page(), "python tests/test_museum.py writes the tables anew"


def page() -> str:
    """The README with its two tables as the indexes say; the text around them stays."""
    text = README.read_text(encoding="utf-8")
    for heading, rows in (("mechanism", map(row_of_piece, PIECES)), ("shape", map(row_of_shape, SHAPES))):
        text = re.sub(
            rf"(?m)(^\| {heading} \|.*\n\| -.*\n)(?:\|.*\n)*", lambda head, rows=rows: head[1] + "".join(rows), text
        )
    return text


def row_of_piece(piece: Piece) -> str:
    place = os.path.relpath(piece.folder, MUSEUM).replace(os.sep, "/")
    return f"| [{piece.mechanism}]({place}) | {piece.rule} | {piece.cause} | {piece.shape} | {piece.story} |\n"


def row_of_shape(shape: Shape) -> str:
    place = os.path.relpath(shape.folder, MUSEUM).replace(os.sep, "/")
    return f"| {shape.shape} | [{shape.folder.name}]({place}) |\n"


if __name__ == "__main__":
    README.write_text(page(), encoding="utf-8")
