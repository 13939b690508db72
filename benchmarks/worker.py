"""What the process of its own costs that a script runs in: a cycle and the start of a run, against `--in-process`.

    python benchmarks/worker.py --runs 7

Whole processes. A cycle's cost is a slope: a long run less a short one. A run of a single cycle is the start. Both runs
of a slope are short or both are long, as a long one runs some cycles once more in new processes when it is over.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from measure import WAYS, median, print_ratio, print_table, processes, scratch
from startup import installed
from vendor_day import SCENARIO, SCRIPT

APART, HERE = "in a process of its own", "in xsim's own process"
MOST_SHARE = 1.10
MOST_START = 0.040


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with scratch() as folder:
        trivial = folder / "trivial" / "trivial.py"
        trivial.parent.mkdir()
        shutil.copy(WAYS / "trivial_fetch.py", trivial)
        day = folder / "day" / "day.py"
        day.parent.mkdir()
        day.write_text(SCRIPT, encoding="utf-8")
        (day.parent / "xsim.toml").write_text(SCENARIO.replace("LAG", '"0s"'), encoding="utf-8")
        costs(folder, day, "the simulated vendor, two requests and 5 events", (80, 800), options.runs)
        costs(folder, trivial, "no request, 50 incidents", (50, 450), options.runs, "--param", "count=50")
        costs(folder, trivial, "no request, no incident", (100, 900), options.runs, "--param", "count=0")


def costs(folder: Path, script: Path, what: str, cycles: tuple[int, int], runs: int, *more: str) -> None:
    """The start and a cycle of this fetch, in both processes."""
    begin = [*installed(), "run", str(script), "--fresh", "--format", "concise", *more]
    commands = {
        f"{way}, {length}": [*begin, "--state", str(folder / "state"), "--cycles", str(length), *option]
        for length in (1, *cycles)
        for way, option in ((HERE, ["--in-process"]), (APART, []))
    }
    times = processes(commands, runs=runs, good_exits=(0, 1, 3))
    short = {way: times[f"{way}, 1"] for way in (HERE, APART)}
    slope = {way: times[f"{way}, {cycles[1]}"].less(times[f"{way}, {cycles[0]}"]) for way in (HERE, APART)}
    slope = {way: taken.scaled(1 / (cycles[1] - cycles[0])) for way, taken in slope.items()}
    print_table(f"A run of one cycle: {what}", short, base=HERE)
    print_table(f"Each cycle more: {what}", slope, base=HERE, unit="us")
    print()
    print_ratio("a cycle in a process of its own / in xsim's", slope[APART], slope[HERE], most=MOST_SHARE)
    added = short[APART].less(short[HERE])
    # Below nothing: a killed process does not take Python apart before it ends, which the one that runs all does.
    told = "holds" if median(added.cpu) <= MOST_START else "MISSED"
    print(
        f"start of that process: {median(added.cpu) * 1e3:.3g} ms of CPU time (at most {MOST_START * 1e3:g} ms) {told}"
    )


if __name__ == "__main__":
    main()
