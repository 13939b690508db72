"""`xsim last-run`: shows, sets and resets what getLastRun() will give."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from xsim.cli.options import integration_name_option
from xsim.errors import InvalidState

Function = TypeVar("Function", bound=Callable[..., Any])


def _where(function: Function) -> Function:
    for option in reversed(
        (
            click.argument("integration", type=click.Path(path_type=Path)),
            integration_name_option,
            click.option("--instance", default="instance_1", show_default=True, help="The instance's name."),
            click.option(
                "--state",
                type=click.Path(path_type=Path, file_okay=False),
                help="Folder for state; default .xsim beside the script.",
            ),
        )
    ):
        function = option(function)
    return function


@click.group("last-run")
def command() -> None:
    """Show, set or reset the last run that the next fetch starts from.

    \b
    xsim last-run show integration.py
    xsim last-run set integration.py '{"last_fetch": "2024-05-14T09:00:00Z"}'
    xsim last-run set integration.py @last_run.json
    xsim last-run reset integration.py
    """


@command.command()
@_where
def show(**where: Any) -> None:
    """Print the stored last run of INTEGRATION as JSON; {} where nothing is stored.

    A secret that the script put into it stands there as ***; last_run.json in the state folder holds it.

    \b
    xsim last-run show integration.py
    xsim last-run show Packs/Vendor --integration-name Vendor --instance instance_2
    """
    with _state(**where) as opened:
        click.echo(json.dumps(opened.last_run_shown, indent=2))


@command.command("set")
@_where
@click.argument("value")
def set_(value: str, **where: Any) -> None:
    """Store VALUE (JSON, or @FILE) as the last run of INTEGRATION.

    \b
    xsim last-run set integration.py '{"last_fetch": "2024-05-14T09:00:00Z"}'
    xsim last-run set integration.py @last_run.json
    """
    parsed = _parsed(value)
    with _state(**where) as opened:
        opened.set_last_run(parsed)


@command.command()
@_where
def reset(**where: Any) -> None:
    """Empty the last run of INTEGRATION, as the server's link does: the integration context stays.

    \b
    xsim last-run reset integration.py
    """
    # Of the state the last run alone (server-semantics 1.5).
    with _state(**where) as opened:
        opened.set_last_run({})


def _state(integration: Path, integration_name: str, instance: str, state: Path | None) -> Any:
    from xsim import api
    from xsim.load import load_integration
    from xsim.record import State, state_folder

    if integration.suffix == ".toml" or integration.is_dir():
        # A scenario says which script is meant, as for a run.
        integration = api.find(integration, api.Options(integration_name=integration_name)).integration
        integration_name = ""
    return State(state_folder(load_integration(integration, name=integration_name), instance, root=state))


def _parsed(value: str) -> Any:
    text = value
    try:
        if value.startswith("@"):
            text = Path(value[1:]).read_text(encoding="utf-8")
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidState(
            f"last run: not valid JSON at line {error.lineno}, column {error.colno} ({error.msg})"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidState(f"{value[1:]}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    except (ValueError, RecursionError) as error:  # A number of thousands of digits, or nested thousands deep.
        raise InvalidState(f"last run: not valid JSON ({error})") from error
