"""`xsim baseline`: the findings that a project has accepted."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from xsim.cli.options import as_options, instance_options
from xsim.errors import EXIT_BAD_INPUT

if TYPE_CHECKING:
    from xsim.api import Options
    from xsim.load import Project

BASELINE = "xsim-baseline.json"
Found = tuple[str, Mapping[str, str]]
"""An integration's name, and fingerprints with descriptions of what a run of it found."""


class Target(NamedTuple):
    """A baseline, and whether the runs that it is for read it unasked."""

    path: Path
    is_read: bool


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
@click.option("--all", "takes_all", is_flag=True, help="Every scenario below the folder INTEGRATION, as `xsim suite`.")
@click.option("--add", "keeps", is_flag=True, help="Keep what the file accepts of these integrations already.")
def write(integration: Any, baseline: Path | None, *, takes_all: bool, keeps: bool, **given: Any) -> None:
    """Run INTEGRATION and write its findings to the baseline. What the file says of other integrations stays.

    An integration with several scenarios needs --all, or --add for all but the first of them.

    \b
    xsim baseline write integration.py
    xsim baseline write Packs --all --to xsim-baseline.json
    xsim run integration.py --baseline xsim-baseline.json
    """
    options = as_options(baseline=baseline, without_baseline=True, **given)
    found, lacking = _of_all(integration, options) if takes_all else (_of_one(integration, options), [])
    for target, of_target in found.items():
        _write(target, of_target, keeps=keeps)
    for line in lacking:
        click.echo(f"Error: {line}", err=True)
    if lacking:
        sys.exit(EXIT_BAD_INPUT)


def _of_one(integration: Path, options: Options) -> Mapping[Target, list[Found]]:
    from xsim import api
    from xsim.report import loud_findings

    found = api.find(integration, options)
    target = _target(found.project, options, beside=found.integration)
    api.accepted_in(target.path)  # What is wrong with the file is told before the run.
    # What an earlier run left must not decide what is accepted, nor is it changed.
    with TemporaryDirectory() as folder:
        report = api.run(integration, options=replace(options, state=options.state or Path(folder)))
    return {target: [loud_findings(report)]}


def _of_all(folder: Path, options: Options) -> tuple[Mapping[Target, list[Found]], list[str]]:
    """Of each baseline what its integrations' runs found, and a line for each that could not be run."""
    from xsim import api
    from xsim.load import find_project
    from xsim.report import loud_findings_in
    from xsim.suite import refuse_bad_options, run_suite, tasks_under

    without = replace(options, baseline=None)  # It need not be there yet.
    refuse_bad_options(without)
    tasks = tasks_under([folder], without, ["json"])
    targets = [_target(find_project(task.scenario), options, beside=folder) for task in tasks]
    for target in dict.fromkeys(targets):
        api.accepted_in(target.path)
    found: dict[Target, list[Found]] = {}
    lacking = []
    for target, result in zip(targets, run_suite(tasks), strict=True):
        if result.verdict is None:
            lacking.append(f"{result.scenario}: could not be run: {result.reason}")
        else:
            found.setdefault(target, []).append(loud_findings_in(result.rendered["json"]))
    return found, lacking


def _target(project: Project | None, options: Options, *, beside: Path) -> Target:
    """The file that the options name, else the project's, else one in the folder that `beside` is or lies in."""
    stated = project.baseline if project else None
    folder = project.path.parent if project else beside if beside.is_dir() else beside.parent
    path = options.baseline or stated or folder / BASELINE
    return Target(path, is_read=stated == path)


def _write(target: Target, found: list[Found], *, keeps: bool) -> None:
    from xsim import api
    from xsim.cli.judgement import write_file
    from xsim.report import new_baseline

    path = target.path
    done = new_baseline(api.accepted_in(path), found, keeps=keeps)
    write_file(path, done.text)
    for name, count in done.counts.items():
        click.echo(f"{path.as_posix()}: {count} {'finding' if count == 1 else 'findings'} of {name} accepted")
    for line in done.dropped:
        click.echo(f"accepted no longer, as it was not found: {line}")
    if not target.is_read:
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
