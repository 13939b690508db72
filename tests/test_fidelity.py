"""docs/fidelity.md is true of the tests: each named test exists, each row is counted, no open row is held in secret."""

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "fidelity.md"
ROWS_OF_THEIR_OWN = "tests/simulate/test_fidelity_rows.py"
TABLES = ("Documented or seen in code", "Settled by no source", "Newer content")
"""Their headings, which are the labels of their counts at the head of the page too."""
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
HELD = re.compile(r"`tests/[\w/]+\.py::test_\w+`(, `tests/[\w/]+\.py::test_\w+`)*")
OPEN = re.compile(r"open: \S.{10,}")


class Row(NamedTuple):
    """A row of one of the page's tables."""

    table: str
    cells: tuple[str, ...]

    @property
    def status(self) -> str:
        return self.cells[-1]

    @property
    def is_open(self) -> bool:
        return self.status.startswith("open")

    @property
    def tests(self) -> list[tuple[str, str]]:
        return TEST.findall(self.status)


def read_rows() -> list[Row]:
    rows, table, before = [], "", ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            table = line.removeprefix("## ")
        if line.startswith("|") and before.startswith("|") and not line.startswith("|---"):
            rows.append(Row(table, tuple(cell.strip() for cell in line.strip("|").split(" | "))))
        before = line
    return rows


ROWS = read_rows()


@lru_cache
def functions_of(file: str) -> dict[str, bool]:
    """The test functions of a file, and whether each is expected to fail, and strictly so."""
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
    return {
        node.name: any("xfail(strict=True" in ast.unparse(mark) for mark in node.decorator_list)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_the_page_has_the_three_tables():
    assert list(dict.fromkeys(row.table for row in ROWS)) == list(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_the_counts_at_the_head_are_right(table):
    head = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    found = re.search(rf"^- {table}: (\d+) held, (\d+) open\.$", head, re.MULTILINE)
    rows = [row for row in ROWS if row.table == table]
    assert found is not None
    assert (int(found[1]), int(found[2])) == (
        sum(not row.is_open for row in rows),
        sum(row.is_open for row in rows),
    )


def test_every_row_has_a_test_or_says_why_it_is_open():
    odd = [row.cells for row in ROWS if not (OPEN if row.is_open else HELD).fullmatch(row.status)]
    assert odd == []


def test_the_rows_of_a_table_have_the_same_number_of_cells():
    for table in TABLES:
        assert len({len(row.cells) for row in ROWS if row.table == table}) == 1


def test_no_row_stands_there_twice():
    points = [(row.table, *row.cells[:-1]) for row in ROWS]
    assert [point for point in points if points.count(point) > 1] == []


def test_every_test_that_the_page_names_exists():
    missing = [f"{file}::{name}" for row in ROWS for file, name in row.tests if name not in functions_of(file)]
    assert missing == []


def test_a_held_row_rests_on_no_test_that_is_expected_to_fail():
    wrong = [row.cells for row in ROWS if not row.is_open and any(functions_of(file)[name] for file, name in row.tests)]
    assert wrong == []


def test_an_open_row_names_no_test_but_those_expected_to_fail():
    wrong = [row.cells for row in ROWS if row.is_open and not all(functions_of(file)[name] for file, name in row.tests)]
    assert wrong == []


def test_every_test_of_a_row_stands_on_the_page():
    named = {name for row in ROWS for file, name in row.tests if file == ROWS_OF_THEIR_OWN}
    assert functions_of(ROWS_OF_THEIR_OWN).keys() == named


def test_every_section_is_there():
    sections = {row.cells[0].split(".")[0] for row in ROWS if row.table == "Documented or seen in code"}
    assert sections == set("012345678")


def test_the_rows_are_in_the_order_of_their_sections():
    places = [row.cells[0] for row in ROWS if row.table == "Documented or seen in code"]
    assert places == sorted(places)
