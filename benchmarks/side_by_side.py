"""Whole processes, interleaved: HelloWorld's fetch through many cycles, with xsim and as authors do without it.

    python benchmarks/side_by_side.py CONTENT --cycles 1000 --alerts 50 --runs 5

CONTENT is a content checkout of 2022 or so, with Packs/HelloWorld, Packs/Base and Tests/demistomock. The environment
needs xsim, pytest and requests-mock.
"""

from __future__ import annotations

import argparse
import importlib.util
import shlex
import sys
from pathlib import Path

from measure import WAYS, print_ratio, print_table, processes, python, scratch

FLOOR = "floor: main() in a bare loop, nothing simulated"
XSIM = "xsim: journal, all rules, text report"
PYTEST = "pytest: requests_mock, freeze_time per cycle, main()"
PROCESSES = "a process per cycle"
PROCESSES_MEASURED = 5
STARTS = 1_715_679_000


def main() -> None:
    options = read_options()
    content = options.content.resolve()
    with scratch() as folder:
        measured = min(PROCESSES_MEASURED, options.cycles)
        commands = {
            FLOOR: python(WAYS / "bare_loop.py", content, options.cycles, options.alerts),
            XSIM: python(WAYS / "with_xsim.py", content, options.cycles, options.alerts, folder / "state"),
            PYTEST: python("-m", "pytest", "-q", "-p", "no:cacheprovider", WAYS / "pytest_loop.py"),
            PROCESSES: process_per_cycle(content, folder, measured, options.alerts),
        }
        environment = {"CONTENT": str(content), "CYCLES": str(options.cycles), "ALERTS": str(options.alerts)}
        times = processes(commands, runs=options.runs, environment=environment)
    times[PROCESSES] = times[PROCESSES].scaled(options.cycles / measured)
    print_table(
        f"{options.cycles} cycles of {options.alerts} alerts, whole processes, {options.runs} runs"
        f" ({measured} of the processes per cycle are measured and scaled)",
        times,
        base=FLOOR,
        unit="s",
    )
    print()
    print_ratio("xsim / floor", times[XSIM], times[FLOOR], most=1.35)
    print_ratio("pytest / xsim", times[PYTEST], times[XSIM], least=2.8)
    print_ratio("a process per cycle / xsim", times[PROCESSES], times[XSIM], least=150)
    memory = {name: max(times[name].memory) / 2**20 for name in (XSIM, FLOOR)}
    print(f"largest memory: xsim {memory[XSIM]:.0f} MB, floor {memory[FLOOR]:.0f} MB")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", type=Path, help="a content checkout: the folder that holds Packs/ and Tests/")
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--alerts", type=int, default=50, help="alerts a cycle")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    for module in ("pytest", "requests_mock"):
        if importlib.util.find_spec(module) is None:
            sys.exit(f"{module} is not installed here: pip install pytest requests-mock")
    if not (options.content / "Packs/HelloWorld").is_dir():
        sys.exit(f"{options.content}: no content checkout (it has no Packs/HelloWorld)")
    return options


def process_per_cycle(content: Path, folder: Path, cycles: int, alerts: int) -> list[str]:
    """The shell loop that an author would write."""
    stored = folder / "last_run.json"
    fetches = [
        shlex.join(python(WAYS / "one_cycle.py", content, stored, STARTS + 60 * number, alerts))
        for number in range(cycles)
    ]
    return ["sh", "-c", " && ".join([f"rm -f {shlex.quote(str(stored))}", *fetches])]


if __name__ == "__main__":
    main()
