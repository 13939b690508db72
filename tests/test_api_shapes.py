"""docs/api-shapes.md names a scenario for each shape: the folders are there, and every shape of the museum is named."""

from __future__ import annotations

import re
from pathlib import Path

from test_museum import SHAPES_MEASURED

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "api-shapes.md"
TEXT = PAGE.read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if line.startswith("| ")]
LINK = re.compile(r"\[([\w-]+)\]\((\.\./[^)]+)\)")


def folders_in(text: str) -> dict[str, Path]:
    return {name: (PAGE.parent / place).resolve() for name, place in LINK.findall(text) if "README" not in place}


def test_each_folder_that_the_page_names_has_a_scenario():
    named = folders_in(TEXT)
    assert named
    assert [name for name, folder in named.items() if folder.name != name or not (folder / "xsim.toml").is_file()] == []


def test_each_shape_of_the_museum_is_named():
    shapes = {path.parent.name for path in (ROOT / "fixtures" / "museum" / "shapes").glob("*/integration.py")}
    assert sorted(shapes - set(folders_in(TEXT))) == []


def test_each_row_has_a_scenario_and_each_measured_product_a_row():
    heads = {"modelled on", "shape", "language", "in the last run or the context", "---"}
    rows = [row for row in ROWS if row[0] not in heads]
    assert [row[0] for row in rows if not folders_in(row[-1])] == []
    assert [row[0] for row in rows][: len(SHAPES_MEASURED)] == SHAPES_MEASURED
