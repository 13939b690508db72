"""The HTML report of long runs: how large it is, how long it takes to write, and how long a browser takes to draw it.

    python benchmarks/html_report.py --runs 3

1,000 cycles with 2 events each, and 1,000 cycles with 20 events each; one event in a hundred is listed late, so that
the fetch loses some and the page has findings. Drawing is measured from opening the file to the drawn picture, where
chromium, its driver and selenium are installed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measure import HERE, print_promise, scratch
from vendor_day import SCENARIO, SCRIPT

from xsim.api import Options, check_journal, run
from xsim.report import render

sys.path.insert(0, str(HERE.parent / "tests"))

from browser import a_browser, show, why_no_browser

LATE = '{usual = "1s", long = "5m", chance = 0.01}'
WORLDS = (("1,000 cycles, 2,000 events", "30s", 500), ("1,000 cycles, 20,000 events", "3s", 3_000))
"""Name, an event each so often, and the kilobytes that its page may have."""
SECONDS_TO_WRITE, SECONDS_TO_DRAW = 2, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with scratch() as folder:
        for number, (name, every, kilobytes) in enumerate(WORLDS):
            page = folder / f"{number}.html"
            seconds = write(folder / str(number), every, page, options.runs)
            print(f"\n## {name}\n")
            print_promise("size", page.stat().st_size / 1_000, most=kilobytes, unit=" kB")
            print_promise("judged already, written in", statistics.median(seconds), most=SECONDS_TO_WRITE, unit=" s")
            draw(page, options.runs)


def write(folder: Path, every: str, page: Path, runs: int) -> list[float]:
    """Run the world once, then write its page so often; seconds of each writing."""
    folder.mkdir()
    (folder / "day.py").write_text(SCRIPT, encoding="utf-8")
    text = SCENARIO.replace("cycles = 1440", "cycles = 1000").replace('every = "12s"', f'every = "{every}"')
    (folder / "xsim.toml").write_text(text.replace("LAG", LATE), encoding="utf-8")
    run(folder / "xsim.toml", options=Options(state=folder / "state"))
    [journal] = (folder / "state").glob("*/journal.jsonl")
    report = check_journal(journal, Options())
    seconds = []
    for _ in range(runs):
        begun = time.perf_counter()
        page.write_text(render(report, "html"), encoding="utf-8")
        seconds.append(time.perf_counter() - begun)
    return seconds


def draw(page: Path, runs: int) -> None:
    missing = why_no_browser()
    if missing:
        print(f"not drawn: {missing}")
        return
    with a_browser() as driver:
        seconds = [_seconds_to_draw(driver, page) for _ in range(runs)]
    print_promise("opened and drawn in", statistics.median(seconds), most=SECONDS_TO_DRAW, unit=" s")


def _seconds_to_draw(driver: Any, page: Path) -> float:
    """From the start of the navigation to the end of the page's script, and the frame behind it."""
    show(driver, page)
    milliseconds: Sequence[float] = driver.execute_async_script(
        "const done = arguments[0];"
        "requestAnimationFrame(() => requestAnimationFrame(() => done(["
        "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd])))"
    )
    return milliseconds[0] / 1_000


if __name__ == "__main__":
    main()
