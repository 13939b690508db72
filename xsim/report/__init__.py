"""The last stage: a report, or one fetch, as text for a person or in a format for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

from xsim.errors import XsimError
from xsim.findings import Report
from xsim.integration import Integration
from xsim.model import Cycle, Scenario, ScenarioFile
from xsim.report.progress import Progress
from xsim.report.rule_page import cause_text, rule_markdown, rule_text, rules_json, rules_markdown, rules_text

if TYPE_CHECKING:
    from rich.console import Console

    from xsim.report.baseline import loud_findings, loud_findings_in, new_baseline
    from xsim.report.comparison import changed_findings, changes_line, told_findings
    from xsim.report.scenario_draft import Draft, draft
    from xsim.report.settings_page import settings_json, settings_text
    from xsim.report.suite_table import SuiteProgress, print_suite
    from xsim.report.suites import combined, suite_summary

__all__ = [
    "FORMATS",
    "Draft",
    "Progress",
    "SuiteProgress",
    "cause_text",
    "changed_findings",
    "changes_line",
    "closing_lines",
    "combined",
    "cycle_lines",
    "draft",
    "loud_findings",
    "loud_findings_in",
    "new_baseline",
    "passed_test_module",
    "print_fetch",
    "print_scenario",
    "print_suite",
    "print_test_module",
    "print_text",
    "refuse_unknown_format",
    "render",
    "render_annotations",
    "render_fetch",
    "render_summary",
    "rule_markdown",
    "rule_text",
    "rules_json",
    "rules_markdown",
    "rules_text",
    "scenario_line",
    "settings_json",
    "settings_text",
    "suite_summary",
    "told_findings",
]

_PROGRAM_FORMATS = {
    "concise": ("xsim.report.concise", "report_concise"),
    "json": ("xsim.report.json_format", "report_json"),
    "json-lines": ("xsim.report.json_lines", "report_json_lines"),
    "junit": ("xsim.report.junit", "report_junit"),
    "sarif": ("xsim.report.sarif", "report_sarif"),
    "github": ("xsim.report.github", "report_github"),
    "html": ("xsim.report.html", "report_html"),
}
"""Each with the module and function that write it: a module is loaded where its format is asked for."""
FORMATS = ("text", *_PROGRAM_FORMATS)
_SEEN_FROM_THE_TOP = ("sarif", "github")
_OF_A_FETCH = ("text", "json")


_LATE = {
    "Draft": "scenario_draft",
    "draft": "scenario_draft",
    "loud_findings": "baseline",
    "loud_findings_in": "baseline",
    "new_baseline": "baseline",
    "changed_findings": "comparison",
    "changes_line": "comparison",
    "told_findings": "comparison",
    "settings_json": "settings_page",
    "settings_text": "settings_page",
    "SuiteProgress": "suite_table",
    "print_suite": "suite_table",
    "combined": "suites",
    "suite_summary": "suites",
}
"""What one command alone needs, and the module that has it: loaded where it is asked for."""


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(f"xsim.report.{_LATE[name]}"), name)
    raise AttributeError(f"module 'xsim.report' has no attribute '{name}'")


def render(report: Report, format: str, *, folder: str = "") -> str:
    """The whole report in one of FORMATS, without a last line end; "" where a format has nothing to say.

    "text" is plain and 100 columns wide; report.schema.json describes "json" and "json-lines".
    `folder` is the working folder as seen from the top of the repository, where it is another one: "sarif" and
    "github" name the script from there.
    """
    from xsim.report.entries import seen_from_here

    refuse_unknown_format(format)
    report = seen_from_here(report)
    if format == "text":
        # Rich is imported with them, and takes longer to load than a short run takes.
        from xsim.report.terminal import draw_plain
        from xsim.report.text import page_parts

        return draw_plain(lambda width: page_parts(report, width))
    module, function = _PROGRAM_FORMATS[format]
    written = getattr(import_module(module), function)
    text: str = written(report, folder=folder) if format in _SEEN_FROM_THE_TOP else written(report)
    return text


def render_summary(report: Report) -> str:
    """The report as Markdown, for the page of a GitHub job."""
    from xsim.report.entries import seen_from_here
    from xsim.report.github import summary

    return summary(seen_from_here(report))


def render_annotations(report: Report, *, folder: str = "") -> str:
    """The findings as GitHub's workflow commands, a line each; "" where there is none. `folder` as of `render`."""
    from xsim.report.entries import seen_from_here
    from xsim.report.github import annotation_lines

    return "\n".join(annotation_lines(seen_from_here(report), folder=folder))


def cycle_lines(scenario: Scenario) -> Callable[[Cycle], str]:
    """A function from a cycle to its line of "json-lines", to be written while the run goes on."""
    from xsim.report.json_lines import cycle_lines as lines

    return lines(scenario)


def closing_lines(report: Report) -> Iterator[str]:
    """The lines of "json-lines" behind those of the cycles."""
    from xsim.report.entries import seen_from_here
    from xsim.report.json_lines import closing_lines as lines

    return lines(seen_from_here(report))


def print_text(report: Report, *, console: Console | None = None) -> None:
    """The report on the console, by default standard output: coloured on a terminal, plain in a pipe."""
    from xsim.report.entries import seen_from_here
    from xsim.report.terminal import draw_on, has_ascii_only
    from xsim.report.text import page_parts

    report = seen_from_here(report)
    is_ascii = has_ascii_only(console)
    draw_on(console, lambda width: page_parts(report, width, is_ascii=is_ascii))


def render_fetch(cycle: Cycle, integration: Integration, format: str, *, secrets: tuple[str, ...] = ()) -> str:
    """One fetch: "json" is the list of incidents as the war room shows it, "text" what `print_fetch` prints.

    `secrets` are texts to mask.
    """
    refuse_unknown_format(format, known=_OF_A_FETCH)
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


def refuse_unknown_format(format: str, *, known: tuple[str, ...] = FORMATS) -> None:
    """XsimError, naming the nearest, where it is none of the formats that are known."""
    if format in known:
        return
    near = get_close_matches(format.lower(), known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(known)}"
    raise XsimError(f"unknown format '{format}'", hint=hint)
