"""The last stage: a report, or one fetch, as text for a person or as JSON for a program."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from xsim.errors import XsimError
from xsim.findings import Report
from xsim.model import Cycle, Integration, ScenarioFile
from xsim.report.progress import Progress
from xsim.report.rule_page import rule_text, rules_json, rules_text

if TYPE_CHECKING:
    from rich.console import Console

    from xsim.report.scenario_draft import Draft, draft

__all__ = [
    "Draft",
    "Progress",
    "draft",
    "passed_test_module",
    "print_fetch",
    "print_scenario",
    "print_test_module",
    "print_text",
    "refuse_unknown_format",
    "render",
    "render_fetch",
    "rule_text",
    "rules_json",
    "rules_text",
    "scenario_line",
]

_FORMATS = ("text", "json")


def __getattr__(name: str) -> Any:
    # Only `xsim init` drafts, and the modules for it are many.
    if name in ("Draft", "draft"):
        from xsim.report import scenario_draft

        return getattr(scenario_draft, name)
    raise AttributeError(f"module 'xsim.report' has no attribute '{name}'")


def render(report: Report, format: str) -> str:
    """The whole report, without a last line end: "text" (plain, 100 columns wide) or "json" (report.schema.json)."""
    refuse_unknown_format(format)
    if format == "json":
        from xsim.report.json_format import report_json

        return report_json(report)
    # Rich is imported with them, and takes longer to load than a short run takes.
    from xsim.report.terminal import draw_plain
    from xsim.report.text import page_parts

    return draw_plain(lambda width: page_parts(report, width))


def print_text(report: Report, *, console: Console | None = None) -> None:
    """The report on the console, by default standard output: coloured on a terminal, plain in a pipe."""
    from xsim.report.terminal import draw_on
    from xsim.report.text import page_parts

    draw_on(console, lambda width: page_parts(report, width))


def render_fetch(cycle: Cycle, integration: Integration, format: str, *, secrets: tuple[str, ...] = ()) -> str:
    """One fetch: "json" is the list of incidents as the war room shows it, "text" what `print_fetch` prints.

    `secrets` are texts to mask.
    """
    refuse_unknown_format(format)
    if format == "json":
        from xsim.report.json_format import fetch_json

        return fetch_json(cycle, secrets)
    from xsim.report.fetched import fetch_parts
    from xsim.report.terminal import draw_plain

    return draw_plain(lambda width: fetch_parts(cycle, integration, width, secrets))


def print_fetch(
    cycle: Cycle, integration: Integration, *, console: Console | None = None, secrets: tuple[str, ...] = ()
) -> None:
    """One fetch as tables: the incidents, what would be stored as last run, the calls, the log where it failed."""
    from xsim.report.fetched import fetch_parts
    from xsim.report.terminal import draw_on

    draw_on(console, lambda width: fetch_parts(cycle, integration, width, secrets))


def print_test_module(
    cycle: Cycle, integration: Integration, *, console: Console | None = None, secrets: tuple[str, ...] = ()
) -> None:
    """What the Test button would say, and why."""
    from xsim.report.terminal import draw_on
    from xsim.report.tested import test_parts

    draw_on(console, lambda width: test_parts(cycle, integration, width, secrets))


def passed_test_module(cycle: Cycle) -> bool:
    """Whether the Test button would be green: the command ended without error and answered exactly "ok"."""
    from xsim.report.tested import is_test_passed

    return is_test_passed(cycle)


def print_scenario(file: ScenarioFile, *, console: Console | None = None) -> None:
    """What a scenario file means: schedule, parameters, events on a time line, endpoints in words."""
    from xsim.report.scenario_page import scenario_parts
    from xsim.report.terminal import draw_on

    draw_on(console, lambda width: scenario_parts(file))


def scenario_line(file: ScenarioFile) -> str:
    """What a right scenario file holds, in one line."""
    from xsim.report.scenario_page import scenario_line as line

    return line(file)


def refuse_unknown_format(format: str) -> None:
    """XsimError, naming the nearest, where `render` knows no such format."""
    if format in _FORMATS:
        return
    near = get_close_matches(format, _FORMATS, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(_FORMATS)}"
    raise XsimError(f"unknown format '{format}'", hint=hint)
