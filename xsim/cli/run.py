"""`xsim run`: the schedule, with a persisted last run, and the verdict."""

from __future__ import annotations

import shlex
import signal
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from xsim.cli.options import Duration, as_options, instance_options, rule_options, run_process_options

if TYPE_CHECKING:
    from pathlib import Path

    from xsim.api import Options
    from xsim.findings import Report
    from xsim.model import Cycle, Scenario


@click.command("run")
@instance_options
@click.option("--cycles", type=int, help="How many fetches to run; default the scenario's, else 10.")
@click.option(
    "--interval", type=Duration(), help="Time between fetches, such as 1m; default incidentFetchInterval, else 1m."
)
@click.option(
    "--id-field",
    "identity",
    multiple=True,
    metavar="PATH",
    help="Field of rawJSON that names an event (dotted); repeatable.",
)
@click.option(
    "--fresh", is_flag=True, help="Start over: empty last run and integration context, nothing delivered yet."
)
@click.option(
    "--continue", "goes_on", is_flag=True, help="With a scenario: go on from the stored last run all the same."
)
@click.option(
    "--watch", is_flag=True, help="Run again, from the start, whenever script, yml, scenario or vendor file change."
)
@click.option(
    "--keep-answers", is_flag=True, help="Keep the beginning of every answer in the journal, as --output html does."
)
@run_process_options
@rule_options
def command(
    integration: Any,
    format_: str,
    outputs: tuple[str, ...],
    cycles: int | None,
    interval: timedelta | None,
    starts: datetime | None,
    watch: bool,
    **given: Any,
) -> None:
    """Run INTEGRATION's fetch on its schedule and report what it duplicates, loses or malforms.

    INTEGRATION is a .py file, a package folder, a unified .yml, a scenario that names one, or a pack or content
    repository (with --integration-name where it holds several). With a scenario each run starts from the scenario's own
    last run; without one it goes on from the last run that the run before left in .xsim beside the script.

    \b
    xsim run integration.py --cycles 10
    xsim run integration.py --watch
    xsim run Packs/Vendor/Integrations/Vendor --param url=https://api.vendor.example --cycles 60
    xsim run integration.py --format concise --output sarif:xsim.sarif --output junit:xsim.xml
    """
    from xsim.cli.judgement import refuse_bad_outputs, repeat_command, show, split_output

    refuse_bad_outputs(format_, outputs, judged=integration)
    given["keep_answers"] = given["keep_answers"] or "html" in (format_, *(split_output(each)[0] for each in outputs))
    options = as_options(cycles=cycles, interval=interval, starts=starts, **given)
    # A polite kill is treated like Ctrl-C: what was simulated is stored.
    signal.signal(signal.SIGTERM, _interrupt)
    if watch:
        sys.exit(_watch(integration, options, format_, outputs))
    report, begun = _run(integration, options, format_, outputs, repeat_command())
    sys.exit(show(report, format_, outputs, begun=begun))


def _run(
    integration: Path, options: Options, format_: str, outputs: tuple[str, ...], command: str
) -> tuple[Report, list[str]]:
    """The report, and the outputs that hold the cycles' lines already."""
    from xsim import api
    from xsim.cli.following import Following
    from xsim.report import Progress

    with Progress(enabled=sys.stderr.isatty()) as progress, Following(format_, outputs) as following:

        def begin(scenario: Scenario) -> None:
            progress.expect(scenario.cycles, several_calls=scenario.settings.several_incidents_calls)
            following.begin(scenario)

        def advance(cycle: Cycle) -> None:
            progress.advance(cycle)
            following.add(cycle)

        report = api.run(integration, options=options, on_start=begin, on_cycle=advance, command=command)
    return report, following.begun


def _watch(integration: Path, options: Options, format_: str, outputs: tuple[str, ...]) -> int:
    """The exit code of the last of the runs, each of which starts over unless --continue says otherwise."""
    from xsim.cli.judgement import show, split_output
    from xsim.cli.watch import Watch

    options = replace(options, fresh=not options.goes_on)
    command = shlex.join(["xsim", *(each for each in sys.argv[1:] if each != "--watch")])
    if options.fresh and "--fresh" not in sys.argv:
        command += " --fresh"
    begun: list[str] = []

    def run() -> Report:
        report, begun[:] = _run(integration, options, format_, outputs, command)
        return report

    written = tuple(split_output(output)[1] for output in outputs)
    watch = Watch(
        integration, options, written, run=run, show=lambda report: show(report, format_, outputs, begun=begun)
    )
    return watch.go_on()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
