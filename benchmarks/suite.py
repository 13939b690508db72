"""`xsim suite` over many copies of a case: two processes against one.

python benchmarks/suite.py --copies 100 --runs 3
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from measure import print_ratio, print_table, processes, python, scratch

CASE = Path(__file__).parent.parent / "fixtures" / "cases" / "ok-lookback-ids"
TARGET = 1.7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with scratch() as folder:
        for number in range(options.copies):
            copy = folder / f"copy{number:03}"
            shutil.copytree(CASE, copy, ignore=shutil.ignore_patterns(".xsim"))
        measure(folder, options.copies, options.runs)


def measure(folder: Path, copies: int, runs: int) -> None:
    """Whole suites, starting included."""
    commands = {"one": command(folder, 1), "two": command(folder, 2)}
    times = processes(commands, runs=runs, warm=0)
    print_table(f"xsim suite over {copies} copies of a case", times, base="two", unit="s")
    print()
    print_ratio("one process / two", times["one"], times["two"], least=TARGET)


def command(folder: Path, count: int) -> list[str]:
    return python("-m", "xsim", "suite", folder, "--processes", count)


if __name__ == "__main__":
    main()
