"""xsim's own work on a cycle and an incident, less the same fetch in a bare loop; a simulated day; memory.

    python benchmarks/own_work.py --runs 5
    python benchmarks/own_work.py --runs 3 --long        with the run of 100,000 cycles, which takes a minute

Each figure is a slope: a long run less a short one, so that starting does not count. Each run is a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from measure import WAYS, Times, median, print_promise, print_table, python, scratch

CYCLES = {0: (500, 4500), 50: (50, 850), 200: (20, 220)}
"""Incidents a cycle, and the cycles of the short and the long run: about a second of work between them."""
EVENT_BYTES = 346
STAGES = ("simulate", "record", "check")
DAY = 1440
MANY = 100_000


class Once(NamedTuple):
    """What one process took: seconds, and its largest resident size in bytes before and after."""

    wall: float
    cpu: float
    before: int
    after: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--long", action="store_true", help="also measure memory at 100,000 cycles")
    options = parser.parse_args()
    with scratch() as folder:
        own_work(folder, options.runs)
        stages(folder, options.runs)
        simulated_day(folder, options.runs)
        memory(folder, is_long=options.long)


def own_work(folder: Path, runs: int) -> None:
    """Per cycle with 0, 50 and 200 incidents: with xsim, in a bare loop, and the difference."""
    cases = {(way, count): per_cycle(folder, way, count) for count in CYCLES for way in ("bare", "run")}
    taken = interleaved(cases, runs)
    for count in CYCLES:
        rows = {way: taken[way, count] for way in ("bare", "run")}
        print_table(f"A cycle of the trivial fetch with {count} incidents", rows, base="bare", unit="us")
    own = {count: taken["run", count].less(taken["bare", count]) for count in CYCLES}
    print()
    print_own("own work, empty cycle", own[0], most=100)
    for count in (50, 200):
        print_own(f"own work an incident, at {count} a cycle", own[count].less(own[0]).scaled(1 / count), most=15)


def stages(folder: Path, runs: int) -> None:
    """Where the work is: the schedule alone, with the journal, and the rules alone."""
    for count in (0, 50):
        cases = {way: per_cycle(folder, way, count) for way in STAGES}
        title = f"A cycle with {count} incidents by stage (record holds simulate)"
        print_table(title, interleaved(cases, runs), base="simulate", unit="us")


def simulated_day(folder: Path, runs: int) -> None:
    cases = {way: lambda way=way: once(folder, way, "light_fetch.py", DAY, 5) for way in ("bare", "run")}
    taken = interleaved(cases, runs)
    print_table(f"A simulated day: {DAY} cycles, one request and 5 events each", taken, base="bare", unit="s")
    print()
    print_own("a simulated day", taken["run"], most=2, unit=" s", factor=1)


def memory(folder: Path, *, is_long: bool) -> None:
    few, many = (once(folder, "run", "trivial_fetch.py", cycles, 50) for cycles in (200, 4200))
    megabytes = few.after / 2**20, many.after / 2**20
    print(f"\n## Memory\n\nat {200 * 50:,} incidents {megabytes[0]:.0f} MB, at {4200 * 50:,} {megabytes[1]:.0f} MB")
    print_promise("an incident", (many.after - few.after) / (4000 * 50), most=200, unit=" B")
    if is_long:
        long = once(folder, "run", "trivial_fetch.py", MANY, 1)
        print(
            f"{MANY:,} cycles of one incident: {long.after / 2**20:.0f} MB,"
            f" {(long.after - few.after) / MANY:.0f} B a cycle, {long.wall:.0f} s ({long.cpu:.0f} s of CPU)"
        )


def print_own(what: str, times: Times, *, most: float, unit: str = " us", factor: float = 1e6) -> None:
    more = f"; by CPU time {median(times.cpu) * factor:.3g}{unit}"
    print_promise(what, median(times.wall) * factor, most=most, unit=unit, more=more)


def interleaved(cases: dict, runs: int) -> dict:
    """One process of each case in turn, after one round that does not count."""
    taken = {name: Times() for name in cases}
    for number in range(runs + 1):
        for name, case in cases.items():
            result = case()
            if number:
                taken[name].wall.append(result.wall)
                taken[name].cpu.append(result.cpu)
    return taken


def per_cycle(folder: Path, way: str, count: int) -> Callable[[], Once]:
    """A function that measures a cycle as a long run less a short one."""

    def measure() -> Once:
        short, long = (once(folder, way, "trivial_fetch.py", cycles, count) for cycles in CYCLES[count])
        span = CYCLES[count][1] - CYCLES[count][0]
        return Once((long.wall - short.wall) / span, (long.cpu - short.cpu) / span, short.after, long.after)

    return measure


def once(folder: Path, way: str, fetch: str, cycles: int, count: int) -> Once:
    # Copied, as xsim keeps state beside the script where it is told nothing else, and reads what lies there.
    script = folder / fetch
    script.write_bytes((WAYS / fetch).read_bytes())
    command = python(WAYS / "own_work_once.py", way, script, cycles, count, folder / "state" / way)
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"failed with {done.returncode}: {' '.join(command)}\n{done.stderr[-3000:]}")
    return Once(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
