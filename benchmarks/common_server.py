"""xsim's CommonServerPython against the original: importing it, and the cycles of a small integration with each.

    python benchmarks/common_server.py CONTENT --runs 11

CONTENT is a content checkout: the folder that holds Packs/. The original of 2022 needs Python 3.11 or older, or
setuptools. Each run is a whole process; a cycle's cost is a slope, a long run less a short one.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from measure import HERE, Times, median, print_promise, print_ratio, print_table, processes, python, scratch

FETCH = HERE.parent / "fixtures/cases/ok-lookback-ids"
OURS = HERE.parent / "xsim/commonserver"
ORIGINAL = "Packs/Base/Scripts/CommonServerPython"
SHORT, LONG = 20, 320
MOST_TO_IMPORT = 60
"""Milliseconds that importing ours may cost beyond requests and dateparser."""
HOST = """
import sys, types
demisto = sys.modules["demistomock"] = types.ModuleType("demistomock")
demisto.callingContext = {"context": {}, "params": {}}
demisto.params = lambda: {}
demisto.command = lambda: "fetch-incidents"
demisto.is_debug = False
demisto.demistoVersion = lambda: {"version": "6.13.0", "buildNumber": "1", "platform": "xsoar"}
for name in ("debug", "info", "error", "log", "results"):
    setattr(demisto, name, lambda *_: None)
import dateparser, requests
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", type=Path, help="a content checkout: the folder that holds Packs/")
    parser.add_argument("--runs", type=int, default=11)
    options = parser.parse_args()
    folders = {"ours": OURS, "the original": options.content.resolve() / ORIGINAL}
    with scratch() as folder:
        importing(folders, options.runs)
        cycles(folders, folder, options.runs)


def importing(folders: dict[str, Path], runs: int) -> None:
    """Processes that import requests and dateparser, and one of the two after them."""
    floor = "floor: import requests, dateparser"
    commands = {floor: python("-c", HOST)}
    for name, folder in folders.items():
        commands[f"and {name}"] = python(
            "-c", f"{HOST}\nsys.path.insert(0, {str(folder)!r})\nimport CommonServerPython"
        )
    times = processes(commands, runs=runs)
    print_table("Importing", times, base=floor)
    print()
    cost = times["and ours"].less(times[floor])
    more = f"; by CPU time {median(cost.cpu) * 1e3:.3g}"
    print_promise("importing ours", median(cost.wall) * 1e3, most=MOST_TO_IMPORT, unit=" ms", more=more)


def cycles(folders: dict[str, Path], folder: Path, runs: int) -> None:
    """`xsim run` of one small integration with each, as a whole process and by the cycle."""
    # Outside the repository, so that nothing but --common-server says which one is used.
    fetch = Path(shutil.copytree(FETCH, folder / "fetch"))
    commands = {
        (name, count): python(
            *("-m", "xsim", "run", fetch / "integration.py", "--cycles", count, "--fresh"),
            *("--common-server", where, "--state", folder / f"{name}-{count}".replace(" ", "-")),
        )
        for count in (1, SHORT, LONG)
        for name, where in folders.items()
    }
    named = {f"{name}, {count} cycles": command for (name, count), command in commands.items()}
    times = processes(named, runs=runs, good_exits=(0, 1, 3))
    print_table("xsim run, whole processes", times, base="the original, 1 cycles")
    by_cycle: dict[str, Times] = {}
    for name in folders:
        slope = times[f"{name}, {LONG} cycles"].less(times[f"{name}, {SHORT} cycles"])
        by_cycle[name] = slope.scaled(1 / (LONG - SHORT))
    print_table("A cycle", by_cycle, base="the original", unit="us")
    print()
    print_ratio("a cycle with ours, of one with the original", by_cycle["ours"], by_cycle["the original"], most=1)
    whole = [times[f"{name}, {LONG} cycles"] for name in ("ours", "the original")]
    print_ratio(f"{LONG} cycles with ours, of those with the original", *whole, most=1)


if __name__ == "__main__":
    main()
