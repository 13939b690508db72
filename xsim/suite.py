"""Many integrations: each scenario below some paths, run in parallel, each in a process that xsim can lose.

One `concurrent.futures` executor does the work: processes on this machine, or a Dask cluster. The work is the same: a
`Task` goes out, a `SuiteResult` comes back, and the results stand in the order of the tasks whoever was done first.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, as_completed
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from importlib import import_module
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xsim
from xsim.api import Options, refuse_nonsense
from xsim.errors import XsimError
from xsim.findings import SuiteResult
from xsim.model import Severity

SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "venv"})
SECONDS_FOR_CLUSTER = 10
SECONDS_TO_END = 5
"""That a process gets to put away what it made, once it is told to end."""
EXIT_TERMINATED = 143
INTERRUPTED = "the suite was interrupted before this scenario was done"
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
    state: str = ""
    """Where its state may lie meanwhile, of one who removes it whatever becomes of the process; "": anywhere."""
    version: str = xsim.__version__
    """Of the xsim that asks for it: another one on a cluster might judge otherwise."""


class SuiteInterruptedError(KeyboardInterrupt):
    """Somebody ended the suite before its time. `results` has one of each task: what was not `done` says so."""

    def __init__(self, results: list[SuiteResult], *, done: int) -> None:
        super().__init__(INTERRUPTED)
        self.results = results
        self.done = done


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
    """The i-th of n parts, "2/3", as large as the others give or take one.

    Which part a scenario is in hangs on its path below the folder that all share: of the others hardly any changes its
    part when one is added, and on every machine it is the same.
    """
    found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text.strip())
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise XsimError(f"--shard {text}: expected a part of a whole, such as 1/3")
    paths = [task.scenario.absolute().as_posix() for task in tasks]
    top = len(os.path.commonpath(paths)) if paths else 0
    parts = _parts_of([path[top:] for path in paths], int(found[2]))
    return tuple(task for task, path in zip(tasks, paths, strict=True) if parts[path[top:]] == int(found[1]) - 1)


def _parts_of(names: Sequence[str], parts: int) -> Mapping[str, int]:
    """Of each name the part that its digest says, or the next one that has room."""
    numbers = {name: int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") for name in names}
    room, larger = divmod(len(names), parts)
    sizes = [0] * parts
    found: dict[str, int] = {}
    for name in sorted(names, key=numbers.__getitem__):
        part = numbers[name] % parts
        while sizes[part] >= room + (larger > 0):
            part = (part + 1) % parts
        larger -= sizes[part] == room
        sizes[part] += 1
        found[name] = part
    return found


def run_suite(
    tasks: Sequence[Task],
    *,
    processes: int | None = None,
    engine: str = "processes",
    on_result: Callable[[SuiteResult], None] = lambda result: None,
    on_wait: Callable[[str], None] = lambda why: None,
) -> list[SuiteResult]:
    """The results in the tasks' order; `on_result` gets each as it comes, `on_wait` why none comes.

    `engine` is "processes", or "dask=ADDRESS": the address of a Dask scheduler. Raises XsimError where that does not
    answer. A task whose process dies is run once more, alone; it then has a result that says so. On a KeyboardInterrupt
    the processes are ended, and SuiteInterruptedError has the results that there are.
    """
    results: dict[int, SuiteResult] = {}

    def take(number: int, result: SuiteResult) -> None:
        if number not in results:
            results[number] = result
            on_result(result)

    name, _, address = engine.partition("=")
    if name not in ("dask", "processes") or (name == "processes" and address):
        raise XsimError(f"--engine {engine}: expected 'processes' or 'dask=ADDRESS'")
    try:
        if name == "dask":
            _run_on_cluster(address, tasks, take, on_wait)
        else:
            _run_here(tasks, min(processes or os.cpu_count() or 1, max(len(tasks), 1)), take)
    except KeyboardInterrupt as error:
        waiting = [SuiteResult(_shown(task), reason=INTERRUPTED) for task in tasks]
        told = [results.get(number, instead) for number, instead in enumerate(waiting)]
        raise SuiteInterruptedError(told, done=len(results)) from error
    return [results[number] for number in range(len(tasks))]


def _run_here(tasks: Sequence[Task], processes: int, take: Callable[[int, SuiteResult], None]) -> None:
    futures: dict[Future[SuiteResult], int] = {}
    try:
        with (
            TemporaryDirectory(prefix="xsim-suite-", ignore_cleanup_errors=True) as state,
            _pool(processes) as executor,
        ):
            lost = _run_all(executor, [replace(task, state=state) for task in tasks], futures, take)
    except KeyboardInterrupt:
        for future, number in futures.items():  # What was on its way here counts as well.
            if future.done() and not future.cancelled() and future.exception() is None:
                take(number, future.result())
        raise
    # With one process all that waited are gone, and nobody can tell whose fault it was.
    for number in lost:
        take(number, _run_in_child(tasks[number]))


def _run_all(
    executor: ProcessPoolExecutor,
    tasks: Sequence[Task],
    futures: dict[Future[SuiteResult], int],
    take: Callable[[int, SuiteResult], None],
) -> list[int]:
    """Submit all into `futures` and take each result; gives the numbers of those that were lost with their process."""
    lost = []
    for number, task in enumerate(tasks):
        try:
            futures[executor.submit(_run_as_child, task)] = number
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
    with _pool(1) as child:
        try:
            return child.submit(_run_as_child, task).result()
        except BrokenProcessPool:
            return SuiteResult(_shown(task), reason="the process ended in the middle of the run")


def journal_of(path: str | Path, options: Options) -> Path:
    """Run the integration in a process of its own, and give the journal that it wrote. Raises XsimError."""
    with _pool(1) as child:
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


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, made by spawn. Where the work is broken off they are ended, rather than waited for."""
    executor = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin_child)
    try:
        yield executor
    except BaseException:
        _end(executor)
        raise
    finally:
        executor.shutdown()


def _end(executor: ProcessPoolExecutor) -> None:
    """Begin nothing more, tell its processes to end, and kill those that do not."""
    children = list((executor._processes or {}).values())
    manager: Any = executor._executor_manager_thread  # A thread, whatever its stub says.
    executor.shutdown(wait=False, cancel_futures=True)
    for child in children:
        child.terminate()
    for child in children:
        if not wait([child.sentinel], SECONDS_TO_END):
            child.kill()
    if manager is not None:  # Python would wake it at its own end, by a pipe that it may just be closing.
        manager.join(SECONDS_TO_END)


def _begin_child() -> None:
    """Ctrl-C is for the parent, which ends its children; a parent that is killed takes them along. Linux can."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    with suppress(ImportError, OSError, AttributeError):
        import fcntl

        assert parent is not None, "this is a child"
        # The other end of this pipe is the parent's alone, so that it closes when the parent is no more.
        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(parent.sentinel, fcntl.F_SETSIG, signal.SIGTERM)
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | os.O_ASYNC)
        if wait([parent.sentinel], 0):  # It was gone before it could be watched.
            os._exit(EXIT_TERMINATED)


def _run_as_child(task: Task) -> SuiteResult:
    """A task of a pool's process. Where that is told to end, it leaves nothing of the task behind."""
    with treating_kill_as_interrupt():
        try:
            return run_task(task)
        except KeyboardInterrupt:
            if task.state:
                with suppress(OSError):  # Whose it is may have been killed; the last one out finds it empty.
                    os.rmdir(task.state)
            # The pool would take this for the task's result, and go on to the next one.
            os._exit(EXIT_TERMINATED)


@contextmanager
def treating_kill_as_interrupt() -> Iterator[None]:
    """Within, a polite kill does what Ctrl-C does, so that what has to be put away or reported is."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(*_: object) -> None:
    # The pool tells those that are left once more when it has lost one.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _run_on_cluster(
    address: str, tasks: Sequence[Task], take: Callable[[int, SuiteResult], None], on_wait: Callable[[str], None]
) -> None:
    """Submit all and take each result. A cluster may get its workers later, so that it is waited for without end."""
    with _cluster(address) as client:
        executor = client.get_executor(pure=False)
        futures = {executor.submit(_run_in_child, task): number for number, task in enumerate(tasks)}
        waiting = set(futures)
        has_told = False
        while waiting:
            done, waiting = wait_for(waiting, timeout=SECONDS_FOR_CLUSTER, return_when=FIRST_COMPLETED)
            for future in done:
                take(futures[future], _told_by_cluster(tasks[futures[future]], future))
            if done:
                has_told = False
            elif not has_told and _has_no_worker(client):
                on_wait(f"the cluster at {address} has no worker; waiting for one")
                has_told = True


def _told_by_cluster(task: Task, future: Future[SuiteResult]) -> SuiteResult:
    """The result; where the cluster has none, one that says why."""
    try:
        return future.result()
    except CancelledError:
        return SuiteResult(_shown(task), reason="the cluster's scheduler is gone")
    except Exception as error:
        told = " ".join(str(error).split())
        return SuiteResult(_shown(task), reason=f"the cluster could not run it ({type(error).__name__}: {told})")


def _has_no_worker(client: Any) -> bool:
    with suppress(Exception):  # Whether the scheduler is gone the futures tell.
        return not client.nthreads()
    return False


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """A client of the Dask scheduler there. Raises XsimError where none answers."""
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
        yield client


# --- in the worker ------------------------------------------------------------------------------------------


def run_task(task: Task) -> SuiteResult:
    """Run one scenario in this process, in a state folder of its own that goes with it."""
    from xsim import api

    if task.folder and os.path.isdir(task.folder):
        os.chdir(task.folder)
    try:
        _refuse_other_version(task)
        with TemporaryDirectory(prefix="xsim-suite-", dir=task.state or None) as state:
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


def _refuse_other_version(task: Task) -> None:
    if task.version != xsim.__version__:
        message = f"the cluster's worker has xsim {xsim.__version__}, and {task.version} asks"
        raise XsimError(message, hint="install the same on both")


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
