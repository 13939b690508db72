"""`xsim fetch`: one fetch, the stand-in for `!instance-fetch`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from xsim.cli.options import as_options, command_process_options, instance_options


@click.command("fetch")
@instance_options
@command_process_options
@click.option(
    "--last-run",
    "last_run_file",
    type=click.Path(path_type=Path),
    help="Look from this last run (a JSON file) instead of an empty one.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table, or the war room's JSON.",
)
def command(integration: Any, last_run_file: Path | None, format_: str, **given: Any) -> None:
    """Fetch once from INTEGRATION with an empty last run, and show the incidents.

    The last run is neither read nor stored, as on the server; the integration context is both.

    \b
    xsim fetch integration.py
    xsim fetch integration.py --last-run .xsim/integration_instance_1/last_run.json --format json
    """
    from xsim import api
    from xsim.model import Outcome
    from xsim.report import print_fetch, render_fetch

    last_run = _read_last_run(last_run_file) if last_run_file else {}
    done = api.fetch(integration, last_run, options=as_options(**given))
    if format_ == "json" and done.cycle.outcome is Outcome.OK:
        click.echo(render_fetch(done.cycle, done.integration, "json", secrets=done.secrets))
    else:
        print_fetch(done.cycle, done.integration, secrets=done.secrets)
    sys.exit({Outcome.OK: 0, Outcome.UNSUPPORTED: 3}.get(done.cycle.outcome, 1))


def _read_last_run(path: Path) -> Any:
    from xsim.errors import InvalidState

    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InvalidState(f"{path}:{error.lineno}:{error.colno}: not valid JSON ({error.msg})") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidState(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
