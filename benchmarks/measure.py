"""What the benchmarks share: rows taken in turn, in one run, wall and CPU time; a table of medians and ratios."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
WAYS = HERE / "ways"
SECONDS_AT_MOST = 900
# In a tuple, where a library that freezes the clock does not look for them.
_REAL = (time.perf_counter, time.process_time)


@dataclass
class Times:
    """Seconds of each run of one row."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """User and system time of the process and those that it waited for."""
    memory: list[int] = field(default_factory=list)
    """Largest resident size in bytes; of whole processes only."""

    def scaled(self, factor: float) -> Times:
        return Times([each * factor for each in self.wall], [each * factor for each in self.cpu], list(self.memory))

    def less(self, floor: Times) -> Times:
        """What is left of each run without the floor's run of the same round."""
        return Times(
            [mine - theirs for mine, theirs in zip(self.wall, floor.wall, strict=True)],
            [mine - theirs for mine, theirs in zip(self.cpu, floor.cpu, strict=True)],
        )


def processes(
    commands: Mapping[str, Sequence[str]],
    *,
    runs: int,
    warm: int = 1,
    environment: Mapping[str, str] | None = None,
    good_exits: Sequence[int] = (0,),
) -> dict[str, Times]:
    """Whole processes, one of each row in turn, so that whatever else the machine does hits all rows alike."""
    times = {name: Times() for name in commands}
    for number in range(runs + warm):
        for name, command in commands.items():
            wall, cpu, memory = _process(command, environment, good_exits)
            if number >= warm:
                times[name].wall.append(wall)
                times[name].cpu.append(cpu)
                times[name].memory.append(memory)
        _tell_progress(number + 1, runs + warm)
    return times


def rounds(cases: Mapping[str, Callable[[], object]], *, runs: int, warm: int = 1) -> dict[str, Times]:
    """Functions called in this process, one of each row in turn."""
    times = {name: Times() for name in cases}
    wall_now, cpu_now = _REAL
    for number in range(runs + warm):
        for name, call in cases.items():
            gc.collect()
            wall, cpu = wall_now(), cpu_now()
            call()
            cpu, wall = cpu_now() - cpu, wall_now() - wall
            if number >= warm:
                times[name].wall.append(wall)
                times[name].cpu.append(cpu)
        _tell_progress(number + 1, runs + warm)
    return times


def print_table(title: str, times: Mapping[str, Times], *, base: str, unit: str = "ms") -> None:
    """Medians with the quickest and slowest run, and each row's ratio to the base."""
    factor = {"s": 1, "ms": 1e3, "us": 1e6}[unit]
    width = max(map(len, times))
    heads = f"{'wall ' + unit:>10}  {'quickest..slowest':>21}  {'CPU ' + unit:>10}  ratio (CPU)"
    print(f"\n## {title}\n\n{'':{width}}  {heads}")
    for name, row in times.items():
        spread = f"{min(row.wall) * factor:.2f}..{max(row.wall) * factor:.2f}"
        ratios = f"{ratio(row, times[base]):.2f} ({cpu_ratio(row, times[base]):.2f})"
        cells = f"{median(row.wall) * factor:10.2f}  {spread:>21}  {median(row.cpu) * factor:10.2f}"
        print(f"{name:{width}}  {cells}  {ratios}")


def ratio(mine: Times, theirs: Times) -> float:
    """The median of the rounds' ratios: rows of one round were taken under the same load."""
    return median([one / other for one, other in zip(mine.wall, theirs.wall, strict=True)])


def cpu_ratio(mine: Times, theirs: Times) -> float:
    """The same of CPU time: what counts where other programs keep the machine busy."""
    return median([one / other for one, other in zip(mine.cpu, theirs.cpu, strict=True)])


def print_ratio(
    what: str, mine: Times, theirs: Times, *, most: float | None = None, least: float | None = None
) -> None:
    """A ratio against its target, by wall and by CPU time."""
    print_promise(
        what, ratio(mine, theirs), most=most, least=least, more=f"; by CPU time {cpu_ratio(mine, theirs):.3g}"
    )


def print_promise(
    what: str, value: float, *, most: float | None = None, least: float | None = None, unit: str = "", more: str = ""
) -> None:
    """A figure against its target, and whether it holds."""
    target = f"at most {most:g}" if most is not None else f"at least {least:g}"
    holds = value <= most if most is not None else value >= (least or 0)
    # A difference below nothing is the noise of two rows, and no proof.
    told = "NOISE: run it again on a quiet machine" if value <= 0 else "holds" if holds else "MISSED"
    print(f"{what}: {value:.3g}{unit} (target {target}{unit}{more}) {told}")


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the run, where byte code is cached too, so that each row starts as an installed program does."""
    with tempfile.TemporaryDirectory(prefix="xsim-benchmark-") as name:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.update(PYTHONPYCACHEPREFIX=str(Path(name) / "pyc"), PYTHONHASHSEED="0")
        yield Path(name)


def python(*arguments: object) -> list[str]:
    return [sys.executable, "-W", "ignore", *map(str, arguments)]


def _process(
    command: Sequence[str], environment: Mapping[str, str] | None, good_exits: Sequence[int]
) -> tuple[float, float, int]:
    with tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=errors, env={**os.environ, **(environment or {})}
        )
        # wait4 tells the CPU time of this one process, which subprocess does not.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in good_exits:
            errors.seek(0)
            sys.exit(f"failed with {process.returncode}: {' '.join(command)}\n{errors.read().decode()[-3000:]}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _tell_progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rround {done} of {of}   " if done < of else "\r                    \r")
