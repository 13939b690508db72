"""Many integrations: each scenario below some paths, run in parallel, each in a process that xsim can lose.

One `concurrent.futures` executor does the work: processes on this machine, or a Dask cluster. The work is the same: a
`Task` goes out, a `SuiteResult` comes back, and the results stand in the order of the tasks whoever was done first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from xsim.api import Options, refuse_nonsense
from xsim.errors import XsimError
from xsim.findings import SuiteResult
from xsim.model import Severity

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv"})
SECONDS_FOR_CLUSTER = 10
SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


@dataclass(frozen=True)
class Task:
    """One scenario to run."""

    scenario: Path
    integration: Path
    """The file or folder that it is for; the scenario itself where it names its integration."""
    options: Options = field(default_factory=Options)
    formats: tuple[str, ...] = ()
    """The formats to render its report in."""
    folder: str = ""
    """The working folder from which paths are seen."""
    below_top: str = ""
    """The working folder as seen from the top of the repository, where it is another one."""


def tasks_under(
    paths: Sequence[Path],
    options: Options | None = None,
    formats: Sequence[str] = (),
    *,
    below_top: str = "",
) -> tuple[Task, ...]:
    """A task for each scenario file at or below the paths, in order of path. XsimError where there is none."""
    from xsim.load import integration_for

    scenarios: dict[Path, Path] = {}
    for path in paths:
        found = list(_scenarios_in(path))
        if not found:
            raise _no_scenario(path)
        scenarios.update((each.absolute(), each) for each in found)
    folder = os.getcwd()
    return tuple(
        Task(each, integration_for(each), options or Options(), tuple(formats), folder, below_top)
        for _, each in sorted(scenarios.items())
    )


def _no_scenario(path: Path) -> XsimError:
    name = path.as_posix()
    if path.is_dir():
        hint = "a scenario is called xsim.toml or <anything>.xsim.toml; `xsim init` drafts one"
        return XsimError(f"{name}: no scenario here", hint=hint)
    if path.suffix in (".py", ".yml", ".yaml"):
        hint = f"`xsim init {name}` drafts one; `xsim run {name}` runs it without"
        return XsimError(f"{name}: an integration with no scenario beside it", hint=hint)
    return XsimError(f"{name}: neither a scenario (.toml) nor an integration (.py, .yml)")


def _scenarios_in(path: Path) -> Iterator[Path]:
    if path.is_file() and path.suffix == ".toml":
        yield path
        return
    if path.is_file():
        from xsim.load import find_scenario

        found = find_scenario(path)
        yield from [found] if found else []
        return
    if not path.exists():
        raise XsimError(f"{path.as_posix()}: no such file or folder")
    for folder, names, files in os.walk(path):
        names[:] = sorted(name for name in names if not name.startswith(".") and name not in SKIPPED_FOLDERS)
        yield from (Path(folder) / name for name in sorted(files) if name == "xsim.toml" or name.endswith(".xsim.toml"))


def refuse_bad_options(options: Options) -> None:
    """XsimError for what is wrong whatever is run: told once, rather than by each of the runs."""
    from xsim import check
    from xsim.load import read_baseline

    refuse_nonsense(options)
    check.refuse_unknown_rules((*options.select, *options.ignore))
    if options.baseline is not None:
        read_baseline(options.baseline)


def shard_of(tasks: Sequence[Task], text: str) -> tuple[Task, ...]:
    """The i-th of n parts, "2/3": every n-th task, so that the parts take about as long."""
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text.strip())
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise XsimError(f"--shard {text}: expected a part of a whole, such as 1/3")
    return tuple(tasks[int(found[1]) - 1 :: int(found[2])])


def run_suite(
    tasks: Sequence[Task],
    *,
    processes: int | None = None,
    engine: str = "processes",
    on_result: Callable[[SuiteResult], None] = lambda result: None,
) -> list[SuiteResult]:
    """The results in the tasks' order; `on_result` gets each as it comes.

    `engine` is "processes", or "dask=ADDRESS": the address of a Dask scheduler. Raises XsimError where that does not
    answer. A task whose process dies is run once more, alone; it then has a result that says so.
    """
    results: dict[int, SuiteResult] = {}

    def take(number: int, result: SuiteResult) -> None:
        if number not in results:
            results[number] = result
            on_result(result)

    name, _, address = engine.partition("=")
    if name == "dask":
        with _cluster(address) as executor:
            _run_all(executor, _run_in_child, tasks, range(len(tasks)), take)
    elif name == "processes" and not address:
        _run_here(tasks, min(processes or os.cpu_count() or 1, max(len(tasks), 1)), take)
    else:
        raise XsimError(f"--engine {engine}: expected 'processes' or 'dask=ADDRESS'")
    return [results[number] for number in range(len(tasks))]


def _run_here(tasks: Sequence[Task], processes: int, take: Callable[[int, SuiteResult], None]) -> None:
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin_child) as executor:
        lost = _run_all(executor, run_task, tasks, range(len(tasks)), take)
    # With one process all that waited are gone, and nobody can tell whose fault it was.
    for number in lost:
        take(number, _run_in_child(tasks[number]))


def _run_all(
    executor: Executor,
    work: Callable[[Task], SuiteResult],
    tasks: Sequence[Task],
    numbers: Sequence[int],
    take: Callable[[int, SuiteResult], None],
) -> list[int]:
    """Submit all and take each result; gives the numbers of those that were lost with their process."""
    lost = []
    futures: dict[Future[SuiteResult], int] = {}
    for number in numbers:
        try:
            futures[executor.submit(work, tasks[number])] = number
        except BrokenProcessPool:
            lost.append(number)
    for future in as_completed(futures):
        try:
            take(futures[future], future.result())
        except BrokenProcessPool:
            lost.append(futures[future])
    return sorted(lost)


def _run_in_child(task: Task) -> SuiteResult:
    """One task in a process of its own. On a cluster too: its workers run several tasks in threads of one process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin_child) as child:
        try:
            return child.submit(run_task, task).result()
        except BrokenProcessPool:
            return SuiteResult(_shown(task), reason="the process ended in the middle of the run")


def journal_of(path: str | Path, options: Options) -> Path:
    """Run the integration in a process of its own, and give the journal that it wrote. Raises XsimError."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin_child) as child:
        try:
            journal, message, hint = child.submit(_write_journal, path, options).result()
        except BrokenProcessPool as error:
            raise XsimError(f"{path}: the process ended in the middle of the run") from error
    if message:
        raise XsimError(message, hint=hint)
    return Path(journal)


def _write_journal(path: str | Path, options: Options) -> tuple[str, str, str | None]:
    """The journal's path, or message and hint of what the caller can mend."""
    from xsim import api

    try:
        return str(api.run(path, options=options).journal.path), "", None
    except XsimError as error:
        return "", error.message, error.hint


def _begin_child() -> None:
    """Ctrl-C is for the parent, which ends its children."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        cluster_client: Any = import_module("distributed").Client
    except ImportError as error:
        raise XsimError(
            "--engine dask: the package distributed is not installed", hint="pip install xsim[dask]"
        ) from error
    if not address:
        raise XsimError("--engine dask: expected the scheduler's address, such as dask=tcp://127.0.0.1:8786")
    try:
        client = cluster_client(address, timeout=SECONDS_FOR_CLUSTER)
    except (OSError, ValueError, TypeError) as error:
        raise XsimError(f"--engine dask={address}: no scheduler answers there") from error
    with client:
        yield client.get_executor(pure=False)


# --- in the worker ------------------------------------------------------------------------------------------


def run_task(task: Task) -> SuiteResult:
    """Run one scenario in this process, in a state folder of its own that goes with it."""
    from xsim import api

    if task.folder and os.path.isdir(task.folder):
        os.chdir(task.folder)
    try:
        with TemporaryDirectory(prefix="xsim-suite-") as state:
            options = replace(task.options, state=Path(state))
            if task.integration != task.scenario:
                options = replace(options, scenario=task.scenario)
            report = api.run(task.integration, command=_command(task), options=options)
            return _result(task, report)
    except XsimError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return SuiteResult(_shown(task), reason=f"{error.message}{hint}")
    except Exception as error:
        # The others keep their results. The message may hold a secret, so that it is not told here.
        reason = f"a bug in xsim ({type(error).__name__}), not in your integration; to see it: {_command(task)}"
        return SuiteResult(_shown(task), reason=reason, is_bug=True)


def _result(task: Task, report: Any) -> SuiteResult:
    from xsim.report import render

    counting = [finding for finding in report.findings if not finding.accepted]
    return SuiteResult(
        scenario=_shown(task),
        name=report.journal.integration.name,
        verdict=report.verdict,
        reason=report.reason,
        cycles=report.journal.scenario.cycles,
        delivered=report.delivered,
        counts=tuple(sum(each.severity is level for each in counting) for level in SEVERITIES),  # type: ignore[arg-type]
        codes=tuple(dict.fromkeys(each.code for each in counting if each.severity is not Severity.NOTE)),
        differences=report.expected.differences if report.expected else (),
        rendered={name: render(report, name, folder=task.below_top) for name in task.formats},
    )


def _command(task: Task) -> str:
    """The command that repeats the run by itself."""
    import shlex

    if task.integration == task.scenario:
        return shlex.join(["xsim", "run", task.scenario.as_posix()])
    return shlex.join(["xsim", "run", task.integration.as_posix(), "--scenario", task.scenario.as_posix()])


def _shown(task: Task) -> str:
    return task.scenario.as_posix()
