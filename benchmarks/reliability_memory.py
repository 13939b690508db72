"""How much memory a very long run takes: xsim, the script's process, and judging and reporting the journal afterwards.

    python benchmarks/reliability_memory.py                                         100,000 cycles of 10 incidents
    python benchmarks/reliability_memory.py --cycles 20000 --incidents 10           a fifth of it

Whole processes, at the lowest priority. What counts is the largest resident size that the system notes of each
process (VmHWM; Linux).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from measure import WAYS, print_promise, scratch
from startup import installed

MOST = 500
GLANCE = 0.2
"""Seconds between looks at the processes. Each look sees the largest size so far, so that only the last moments of a
process go unseen."""
GOOD_EXITS = (0, 1, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=100_000)
    parser.add_argument("--incidents", type=int, default=10, help="a cycle")
    parser.add_argument("--events", action="store_true", help="from the simulated vendor, which holds each event")
    options = parser.parse_args()
    with scratch() as folder:
        os.nice(19)
        script = prepared(folder, options)
        run = [*installed(), "run", str(script), "--fresh", "--cycles", str(options.cycles), "--format", "concise"]
        more = [] if options.events else ["--param", f"count={options.incidents}"]
        measured("xsim run", [*run, *more], GOOD_EXITS)
        (journal,) = script.parent.glob(".xsim/*/journal.jsonl")
        size = journal.stat().st_size / 2**20
        print(f"{options.cycles:,} cycles of {options.incidents} incidents, {size:,.0f} MB of journal")
        measured("xsim check", [*installed(), "check", str(journal), "--format", "concise"], GOOD_EXITS)
        for name in ("concise", "text", "json"):
            measured(f"xsim report --format {name}", [*installed(), "report", str(journal), "--format", name], (0,))


def prepared(folder: Path, options: argparse.Namespace) -> Path:
    script = folder / "long" / "long.py"
    script.parent.mkdir()
    if not options.events:
        shutil.copy(WAYS / "trivial_fetch.py", script)
        return script
    from vendor_day import SCENARIO, SCRIPT

    script.write_text(SCRIPT, encoding="utf-8")
    every = f'every = "{60 / options.incidents:g}s"'
    scenario = SCENARIO.replace("LAG", '"0s"').replace('every = "12s"', every).replace("day.py", script.name)
    (script.parent / "xsim.toml").write_text(scenario, encoding="utf-8")
    return script


def measured(what: str, command: Sequence[str], good_exits: Sequence[int]) -> None:
    """Run it and say the largest size of any of its processes, and that of each that it started."""
    started = time.perf_counter()
    with open(os.devnull, "w") as nothing:
        process = subprocess.Popen(command, stdout=nothing)
    largest: dict[int, int] = {}
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        for pid in (process.pid, *children_of(process.pid)):
            largest[pid] = max(largest.get(pid, 0), peak_of(pid))
        time.sleep(GLANCE)
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    if process.returncode not in good_exits:
        sys.exit(f"failed with {process.returncode}: {' '.join(command)}")
    own = largest.pop(process.pid, 0)
    # What the system noted at the end covers those that it waited for, so that it is xsim's alone without any.
    own = own if largest else ended[2].ru_maxrss * 1024
    print_promise(what, own / 2**20, most=MOST, unit=" MB", more=f"; {time.perf_counter() - started:.0f} s")
    for size in largest.values():
        print_promise("  the script's process", size / 2**20, most=MOST, unit=" MB")
    sys.stdout.flush()


def children_of(pid: int) -> Iterator[int]:
    with suppress(OSError):
        yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def peak_of(pid: int) -> int:
    """The largest resident size so far, in bytes; 0 where the process is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    main()
