"""`xsim suite`: every scenario below some paths, in parallel, with one combined report."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xsim.cli.completion import complete_engine
from xsim.cli.options import as_options, judgement_options, run_process_options, suite_output_options
from xsim.errors import EXIT_BAD_INPUT, EXIT_BUG, EXIT_INTERRUPTED, XsimError
from xsim.findings import EXIT_CODES
from xsim.model import Verdict

if TYPE_CHECKING:
    from xsim.findings import SuiteResult
    from xsim.suite import Task


@click.command("suite")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--processes", type=click.IntRange(1, 1_000), help="How many at once; default the processors.")
@click.option("--shard", metavar="I/N", help="Only the I-th of N parts, for several machines.")
@click.option(
    "--engine",
    default="processes",
    show_default=True,
    metavar="ENGINE",
    shell_complete=complete_engine,
    help="processes, or dask=ADDRESS for the workers of a Dask scheduler (pip install xsim[dask]).",
)
@click.option("--cycles", type=int, help="How many fetches each runs; default the scenario's.")
@click.option("--seed", type=int, help="Where all chance comes from; default the scenario's.")
@click.option(
    "--common-server", type=click.Path(path_type=Path), help="The CommonServerPython to use: a file or a folder."
)
@click.option(
    "--marketplace",
    default="",
    help="Which yml keys with a marketplace suffix hold; default the project's, else xsoar.",
)
@run_process_options
@judgement_options
@suite_output_options
def command(
    paths: tuple[Path, ...],
    processes: int | None,
    shard: str | None,
    engine: str,
    format_: str,
    outputs: tuple[str, ...],
    **given: Any,
) -> None:
    """Run every integration below PATHS that has a scenario, in parallel processes, with one combined report.

    A path is a folder to look through, an integration with a scenario beside it, or a scenario file. State is kept
    nowhere: each run starts from its scenario. The exit code is 1 where one failed, 2 where one could not be run, 3
    where one is undecided, 130 where it was interrupted (what was done by then is reported), else 0.

    \b
    xsim suite Packs
    xsim suite Packs --shard 1/4 --output junit:xsim.xml --output sarif:xsim.sarif
    xsim suite Packs --engine dask=tcp://127.0.0.1:8786
    """
    from xsim.cli.github import folder_in_workspace, is_github
    from xsim.cli.judgement import refuse_bad_outputs, split_output
    from xsim.suite import refuse_bad_options, shard_of, tasks_under

    refuse_bad_outputs(format_, outputs)
    formats = dict.fromkeys([format_, *(split_output(output)[0] for output in outputs)])
    if "html" in formats:
        hint = "`xsim run PATH --output html:report.html`"
        raise XsimError("html is a picture of one run, not of a suite", hint=hint)
    if is_github():
        formats["github"] = None
    wanted = [each for each in formats if each != "text"]
    options = as_options(**given)
    refuse_bad_options(options)
    tasks = tasks_under(paths, options, wanted, below_top=folder_in_workspace())
    if shard:
        tasks = shard_of(tasks, shard)
    show = partial(_show, format_=format_, outputs=outputs, part=shard or "")
    sys.exit(_run(tasks, processes, engine, show))


def _run(
    tasks: Sequence[Task], processes: int | None, engine: str, show: Callable[[Sequence[SuiteResult]], int]
) -> int:
    """Run them and show what came of it, also where it was interrupted; the exit code."""
    from xsim.report import SuiteProgress
    from xsim.suite import SuiteInterruptedError, run_suite, treating_kill_as_interrupt

    interrupted = None
    with treating_kill_as_interrupt(), SuiteProgress(len(tasks), enabled=sys.stderr.isatty()) as shown:
        try:
            results = run_suite(tasks, processes=processes, engine=engine, on_result=shown.add, on_wait=shown.tell)
        except SuiteInterruptedError as error:
            results, interrupted = error.results, error
    code = show(results)
    if interrupted is None:
        return code
    done = f"{interrupted.done:,} of {len(results):,} scenarios {'was' if interrupted.done == 1 else 'were'} done"
    click.echo(f"xsim: interrupted; {done}", err=True)
    return EXIT_INTERRUPTED


def _show(results: Sequence[SuiteResult], *, format_: str, outputs: tuple[str, ...], part: str) -> int:
    from xsim.cli.github import add_to_summary, folder_in_workspace, is_github, quoted
    from xsim.cli.judgement import split_output, write_file
    from xsim.report import combined, print_suite, suite_summary

    folder = folder_in_workspace()
    for output in outputs:
        name, path = split_output(output)
        write_file(path, combined(results, name, folder=folder, part=part))
    if format_ == "text":
        if is_github():
            click.echo(quoted(combined(results, "text")))
            click.echo(combined(results, "github", folder=folder))
        else:
            print_suite(results)
    elif text := combined(results, format_, folder=folder, part=part):
        click.echo(text)
    if format_ == "concise":
        # A line a finding, so that only standard error is left to say why something is undecided.
        for result in results:
            if result.verdict is Verdict.UNDECIDED:
                click.echo(f"xsim: {result.scenario}: undecided: {' '.join(result.reason.split())}", err=True)
    add_to_summary("\n\n".join(suite_summary(results)))
    return exit_code(results)


def exit_code(results: Sequence[SuiteResult]) -> int:
    """The worst of them: a bug of ours, findings, what could not be run, what is undecided."""
    if any(result.is_bug for result in results):
        return EXIT_BUG
    codes = {EXIT_BAD_INPUT if result.verdict is None else EXIT_CODES[result.verdict] for result in results}
    return next((code for code in (1, EXIT_BAD_INPUT, 3) if code in codes), 0)
