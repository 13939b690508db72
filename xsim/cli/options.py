"""Options that several commands share, and how their texts are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

import click

from xsim.cli.completion import complete_format, complete_output, complete_rule

Function = TypeVar("Function", bound=Callable[..., Any])

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A number with a unit: 90s, 1m, 2h, 1d."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhd])", str(value).strip())
        if found is None:
            self.fail(
                f"'{value}' is no duration: a number with a unit is expected, such as 90s, 1m, 2h or 1d", param, ctx
            )
        return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


class Moment(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A time in ISO 8601; without an offset it is UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", str(value).strip()))
            if not 1971 <= moment.year <= 2200:
                raise ValueError
        except ValueError:
            self.fail(f"'{value}' is no time: ISO 8601 is expected, such as 2024-05-14T09:30:00Z", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


class Memory(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A number of bytes with a unit: 512MB, 2GB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*([mg])i?b?", str(value).strip().lower())
        if found is None:
            self.fail(f"'{value}' is no size: a number with a unit is expected, such as 512MB or 2GB", param, ctx)
        return int(float(found[1]) * {"m": 1024**2, "g": 1024**3}[found[2]])


def limit_options(function: Function) -> Function:
    """How long and how much a command may take."""
    for option in reversed(
        (
            click.option(
                "--hang-limit",
                type=Duration(),
                help="Real time after which a command counts as hanging; default the scenario's, else 10s.",
            ),
            click.option(
                "--memory",
                type=Memory(),
                help="Memory that the script may take, such as 512MB; default the scenario's, else 2GB.",
            ),
        )
    ):
        function = option(function)
    return function


def command_process_options(function: Function) -> Function:
    """How long and how much a command may take, and where it runs."""
    return limit_options(_in_process_option(function))


def run_process_options(function: Function) -> Function:
    """The same for a run of many cycles."""
    return limit_options(_cold_option(_in_process_option(function)))


_cold_option = click.option(
    "--cold", is_flag=True, help="Each cycle in a new process, so that nothing is left of the one before."
)
_in_process_option = click.option(
    "--in-process",
    "supervised",
    flag_value=False,
    type=bool,
    default=None,
    help="Run the script in xsim's own process, as for a debugger.",
)


integration_name_option = click.option(
    "--integration-name",
    default="",
    metavar="NAME",
    help="Which one, where INTEGRATION is a content repository or a pack.",
)


def instance_options(function: Function) -> Function:
    """Everything about which integration runs, with which parameters."""
    for option in reversed(
        (
            click.argument("integration", type=click.Path(path_type=Path)),
            integration_name_option,
            click.option(
                "--param", "param_texts", multiple=True, metavar="NAME=VALUE", help="An instance parameter; repeatable."
            ),
            click.option(
                "--params",
                "params_file",
                type=click.Path(path_type=Path),
                help="A JSON, YAML or TOML file of parameters.",
            ),
            click.option(
                "--strict-params", is_flag=True, help="Refuse to make up required parameters that have no value."
            ),
            click.option(
                "--common-server",
                type=click.Path(path_type=Path),
                help="The CommonServerPython to use: a file or a folder.",
            ),
            click.option(
                "--marketplace",
                default="",
                help="Which yml keys with a marketplace suffix hold; default the project's, else xsoar.",
            ),
            click.option(
                "--instance",
                default="instance_1",
                show_default=True,
                help="The instance's name; each has its own state.",
            ),
            click.option(
                "--state",
                type=click.Path(path_type=Path, file_okay=False),
                help="Folder for state; default .xsim beside the script.",
            ),
            click.option("--start", "starts", type=Moment(), help="Simulated time of the first fetch, ISO 8601."),
            click.option("--seed", type=int, help="Where all chance comes from; default the scenario's, else 1."),
            click.option(
                "--scenario", type=click.Path(path_type=Path), help="The scenario; default the one beside it."
            ),
            click.option("--no-scenario", "without_scenario", is_flag=True, help="Leave the scenario beside it alone."),
        )
    ):
        function = option(function)
    return function


def rule_options(function: Function) -> Function:
    """Which rules judge, what fails the run, and where the report goes."""
    return judgement_options(output_options(function))


def judgement_options(function: Function) -> Function:
    """Which rules judge, and what fails the run."""
    for option in reversed(
        (
            click.option(
                "--select",
                multiple=True,
                metavar="RULE",
                shell_complete=complete_rule,
                help="Judge by this rule only (FC202, duplicate-event, FC5); repeatable.",
            ),
            click.option(
                "--ignore",
                multiple=True,
                metavar="RULE",
                shell_complete=complete_rule,
                help="Leave this rule out; repeatable.",
            ),
            click.option(
                "--fail-on",
                type=click.Choice(["error", "warning", "note"]),
                help="The least severity that fails the run; default the scenario's, else warning.",
            ),
            click.option("--strict", is_flag=True, default=None, help="Undecided if something was not exercised."),
            click.option(
                "--baseline",
                type=click.Path(path_type=Path),
                help="Findings that are accepted (`xsim baseline write`); default the project's.",
            ),
            click.option("--no-baseline", "without_baseline", is_flag=True, help="Accept nothing by a baseline."),
            click.option(
                "--no-expect",
                "without_expectation",
                is_flag=True,
                help="Judge the run by itself, whatever the scenario's [expect] says.",
            ),
        )
    ):
        function = option(function)
    return function


def output_options(function: Function) -> Function:
    """In which formats the report goes where."""
    return _outputs(function, "text, concise, json, json-lines, junit, sarif, github or html.")


def suite_output_options(function: Function) -> Function:
    """The same for the report of many runs, of which there is no picture."""
    return _outputs(function, "text, concise, json, json-lines, junit, sarif or github.")


def _outputs(function: Function, formats: str) -> Function:
    for option in reversed(
        (
            click.option(
                "--format",
                "format_",
                default="text",
                show_default=True,
                metavar="FORMAT",
                shell_complete=complete_format,
                help=formats,
            ),
            click.option(
                "--output",
                "outputs",
                multiple=True,
                metavar="FORMAT:PATH",
                shell_complete=complete_output,
                help="Also write this format to a file; repeatable.",
            ),
        )
    ):
        function = option(function)
    return function


def as_options(**given: Any) -> Any:
    """The `Options` record from what click parsed."""
    from xsim.api import Options
    from xsim.model import Severity

    if given.get("fail_on"):
        given["fail_on"] = Severity(given["fail_on"])
    return Options(**given)
