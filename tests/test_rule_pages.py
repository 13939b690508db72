"""docs/rules/ says what the rules say: each page is what docs/write_rule_pages.py writes. XSIM_GOLDEN=1 writes them."""

import os
import re
import runpy
from pathlib import Path

import pytest

from xsim.check import RULES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "rules"
WRITER = runpy.run_path(str(ROOT / "docs" / "write_rule_pages.py"))
NAMES = WRITER["names"]()


@pytest.fixture(scope="session", autouse=True)
def _rewritten():
    if os.environ.get("XSIM_GOLDEN") == "1":
        WRITER["write"]()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_up_to_date(name):
    path = PAGES / name
    assert path.is_file(), f"{name} is missing: python docs/write_rule_pages.py"
    text = path.read_bytes().decode("utf-8")
    assert text == WRITER["text_of"](name), f"{name} is out of date: python docs/write_rule_pages.py"


def test_there_is_a_page_for_each_rule_and_no_other():
    assert sorted(path.name for path in PAGES.iterdir()) == sorted(NAMES)


def test_the_index_leads_to_every_page_by_family():
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \[(\w+)\]\((\w+)\.md\)", index, re.MULTILINE) == [(code, code) for code in RULES]
    assert re.findall(r"^## (.*)$", index, re.MULTILINE)[:2] == ["Last run", "Delivery"]


@pytest.mark.parametrize("code", RULES)
def test_a_page_tells_cycle_by_cycle_what_the_rule_finds(code):
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    table, _, found = text.split("## What happens when it runs")[1].split("## The same, mended")[0].partition("\n\n- ")
    marks = [line.split(" | ")[-1].strip(" |`") for line in table.splitlines() if line.startswith("| `")]
    assert found.startswith(code)
    # What is found in the text or in the yml, before anything runs, belongs to no cycle.
    assert (code in marks) == (" at cycle " in found.split(":")[0])


def test_a_page_names_no_folder_of_a_machine():
    texts = "".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.md"))
    assert not re.search(r"/tmp/|/home/|/root/|\b[A-Z]:\\", texts)
