"""What `xsim test-module` shows: whether the Test button would be green, and why not."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from xsim.integration import Integration
from xsim.model import Cycle, Outcome
from xsim.report.fetched import call_parts, log_parts, trouble_parts
from xsim.report.page import Page
from xsim.report.terminal import indented
from xsim.secrets import masker

_ANSWERS = 5


def is_test_passed(cycle: Cycle) -> bool:
    """Whether the command ended without error and answered exactly "ok"."""
    return cycle.outcome is Outcome.OK and answers_of(cycle) == ["ok"]


def answers_of(cycle: Cycle) -> list[str]:
    """The text of each war room entry, contents that are no text as JSON."""
    contents = (entry.get("Contents") if isinstance(entry, dict) else entry for entry in cycle.results)
    return [value if isinstance(value, str) else json.dumps(value) for value in contents]


def test_parts(
    cycle: Cycle, integration: Integration, width: int, secrets: tuple[str, ...]
) -> Iterator[RenderableType]:
    """The parts of the page from top to bottom, for so many columns."""
    page = Page(width, masker(secrets))
    is_passed = is_test_passed(cycle)
    word, style = ("passed", "bold green") if is_passed else ("failed", "bold red")
    if cycle.outcome is Outcome.UNSUPPORTED:
        word, style = "undecided", "bold yellow"
    yield Text.assemble((page.clean(integration.name), "bold"), ": test-module ", (word, style))
    if not is_passed and cycle.outcome is Outcome.OK:
        yield from _answers(page, answers_of(cycle))
    yield from call_parts(page, cycle)
    yield from trouble_parts(page, cycle)
    if not is_passed:
        yield from log_parts(page, cycle)


def _answers(page: Page, answers: list[str]) -> Iterator[RenderableType]:
    yield Text()
    if not answers:
        yield Text('It answered nothing; the server expects exactly "ok".', style="red")
        return
    yield Text('It answered this; the server expects exactly "ok":', style="red")
    for answer in answers[:_ANSWERS]:
        yield indented(Text(page.clean(answer)), 2)
    if len(answers) > _ANSWERS:
        yield indented(Text(f"and {len(answers) - _ANSWERS:,} more"), 2)
