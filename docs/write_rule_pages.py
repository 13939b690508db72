"""Writes docs/rules/ anew from the rules' docstrings and examples: `python docs/write_rule_pages.py`.

tests/test_rule_pages.py holds that the pages are up to date.
"""

from __future__ import annotations

from pathlib import Path

from xsim.check import RULES
from xsim.cli.rule_example import files_of, ran
from xsim.report import rule_markdown, rules_markdown

FOLDER = Path(__file__).parent / "rules"
INDEX = "README.md"


def page(code: str) -> str:
    """The page of one rule. Its bad example is run for it."""
    with ran(code) as report:
        return rule_markdown(RULES[code], files_of(code), report)


def names() -> list[str]:
    """Every page's name, the index among them."""
    return [INDEX, *(f"{code}.md" for code in RULES)]


def text_of(name: str) -> str:
    """What stands on a page."""
    return rules_markdown(RULES.values()) if name == INDEX else page(name.removesuffix(".md"))


def write() -> None:
    """All pages; those of rules that are no more go."""
    FOLDER.mkdir(exist_ok=True)
    for name in names():
        (FOLDER / name).write_bytes(text_of(name).encode("utf-8"))
    for path in FOLDER.glob("*.md"):
        if path.name not in names():
            path.unlink()


if __name__ == "__main__":
    write()
