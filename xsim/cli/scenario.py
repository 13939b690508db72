"""`xsim scenario`: checks and shows scenario files, without running anything."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from xsim.errors import InvalidScenario, XsimError
from xsim.model import ScenarioFile


@click.group("scenario")
def command() -> None:
    """Check scenario files, and show what they mean, without running anything.

    \b
    xsim scenario check xsim.toml
    xsim scenario show integration.py
    """


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check each of FILES (a scenario, or an integration with one beside it), key by key.

    \b
    xsim scenario check xsim.toml
    xsim scenario check Packs/*/Integrations/*/xsim.toml
    """
    from xsim.cli.complain import complain
    from xsim.report import scenario_line

    is_wrong = False
    for file in files:
        try:
            click.echo(scenario_line(_loaded(file)))
        except XsimError as error:
            complain(error)
            is_wrong = True
    sys.exit(2 if is_wrong else 0)


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def show(file: Path) -> None:
    """Show what FILE means: the schedule, the events on a time line, the endpoints in words.

    \b
    xsim scenario show xsim.toml
    xsim scenario show Packs/Vendor/Integrations/Vendor
    """
    from xsim.report import print_scenario

    print_scenario(_loaded(file))


def _loaded(file: Path) -> ScenarioFile:
    from xsim.load import find_scenario, load_scenario

    if file.suffix == ".toml" or not file.exists():
        return load_scenario(file)
    found = find_scenario(file)
    if found is None:
        raise InvalidScenario(f"{file}: no scenario beside it", hint="expected xsim.toml or *.xsim.toml in its folder")
    return load_scenario(found)
