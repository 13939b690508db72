"""`xsim baseline`: the findings that a project has accepted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xsim.cli.options import as_options, instance_options


@click.group("baseline")
def command() -> None:
    """Accept the findings that there are now: later runs fail on new ones only.

    \b
    xsim baseline write integration.py
    xsim baseline show xsim-baseline.json
    """


@command.command("write")
@instance_options
@click.option(
    "--to",
    "baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file; default the project's, else xsim-baseline.json beside the integration.",
)
@click.option("--cycles", type=int, help="As of `xsim run`.")
def write(integration: Any, baseline: Path | None, **given: Any) -> None:
    """Run INTEGRATION and write its findings to the baseline. What the file says of other integrations stays.

    \b
    xsim baseline write integration.py
    xsim run integration.py --baseline xsim-baseline.json
    """
    from xsim import api
    from xsim.cli.judgement import write_file
    from xsim.report import baseline_text

    options = as_options(baseline=baseline, without_baseline=True, **given)
    path = api.baseline_of(integration, options)
    before = api.accepted_in(path)
    report = api.run(integration, options=options)
    text, count = baseline_text(before, [report])
    write_file(path, text)
    what = "finding" if count == 1 else "findings"
    click.echo(f"{path.as_posix()}: {count} {what} of {report.journal.integration.name} accepted")
    project = api.find(integration, options).project
    if project is None or project.baseline != path:
        click.echo("no run reads it unasked: give it to each with --baseline, or name it in [tool.xsim]")


@command.command("show")
@click.argument("baseline", type=click.Path(path_type=Path))
def show(baseline: Path) -> None:
    """List what the file BASELINE accepts.

    \b
    xsim baseline show xsim-baseline.json
    """
    from xsim import api
    from xsim.errors import XsimError

    if not baseline.exists():
        raise XsimError(f"{baseline.as_posix()}: no such file", hint="`xsim baseline write INTEGRATION` makes one")
    for name, found in api.accepted_in(baseline).items():
        click.echo(f"{name}: {len(found) or 'nothing'} accepted")
        for fingerprint, described in found.items():
            click.echo(f"  {fingerprint}  {described}")
