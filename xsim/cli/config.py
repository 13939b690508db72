"""`xsim config`: the settings in force, and where each comes from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click

from xsim.cli.options import Duration, as_options, instance_options, judgement_options, limit_options


@click.command("config")
@instance_options
@click.option("--cycles", type=int, help="As of `xsim run`.")
@click.option("--interval", type=Duration(), help="As of `xsim run`.")
@limit_options
@judgement_options
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How."
)
def command(
    integration: Any,
    cycles: int | None,
    interval: timedelta | None,
    starts: datetime | None,
    format_: str,
    **given: Any,
) -> None:
    """Show the settings that a run of INTEGRATION is under, and where each comes from.

    The command line goes before the scenario, the scenario before [tool.xsim] of the pyproject.toml around it.

    \b
    xsim config integration.py
    xsim config Packs/Vendor/Integrations/Vendor --fail-on error --format json
    """
    from xsim.in_force import settings_in_force
    from xsim.report import settings_json, settings_text

    options = as_options(cycles=cycles, interval=interval, starts=starts, **given)
    rows = [(each.name, each.value, each.origin) for each in settings_in_force(integration, options)]
    click.echo(settings_json(rows) if format_ == "json" else settings_text(rows))
