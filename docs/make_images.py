"""Makes the pictures in docs/img: the HTML report of three faults, and the terminal, as xsim shows them now.

    python docs/make_images.py

It needs chromium, its driver and selenium, as the browser tests do. The runs are those of the fixtures and of a rule's
example, so the pictures change only when xsim's output does.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "img"
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from browser import a_browser, picture_of, show, why_no_browser  # noqa: E402

from xsim import api  # noqa: E402
from xsim.findings import Report  # noqa: E402
from xsim.report import print_text, render  # noqa: E402

DUPLICATE = ROOT / "fixtures" / "cases" / "dup-inclusive-since"
MISSED = ROOT / "fixtures" / "cases" / "miss-now-cursor"
LATE = ROOT / "xsim" / "examples" / "FC301"
PAGES = (
    ("report-missed.png", MISSED, "integration.py", {"width": 1280, "height": 860}),
    ("report-duplicate.png", DUPLICATE, "integration.py", {"width": 1280, "height": 860}),
    ("report-late-dark.png", LATE, "bad.py", {"width": 1280, "height": 860, "scheme": "dark"}),
    ("report-narrow.png", MISSED, "integration.py", {"width": 400, "height": 1400}),
)
"""Picture, folder and script of its run, and how the page is looked at."""
TERMINAL_WIDTH = 100
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #12171d; color: #e8edf2 }}
pre {{ margin: 0; padding: 18px 22px; font: 14px/1.35 "DejaVu Sans Mono", monospace; display: inline-block }}
</style><pre>{code}</pre>"""


def main() -> None:
    missing = why_no_browser()
    if missing:
        sys.exit(f"no pictures can be made: {missing}")
    IMAGES.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="xsim-images-") as scratch, a_browser() as driver:
        for name, folder, script, how in PAGES:
            with a_run(Path(scratch), folder, script) as report:
                page = Path(scratch) / "page.html"
                page.write_text(render(report, "html"), encoding="utf-8")
            show(driver, page, **how)
            (IMAGES / name).write_bytes(picture_of(driver))
        with a_run(Path(scratch), MISSED, "integration.py") as report:
            page = Path(scratch) / "terminal.html"
            page.write_text(terminal_page(report), encoding="utf-8")
        show(driver, page, width=1_000, height=1_600)
        (IMAGES / "terminal.png").write_bytes(picture_of(driver, selector="pre"))
    print("\n".join(f"docs/img/{path.name}: {path.stat().st_size / 1_000:.0f} kB" for path in sorted(IMAGES.iterdir())))


@contextmanager
def a_run(scratch: Path, folder: Path, script: str) -> Iterator[Report]:
    """The report of a fresh run on a copy, within its folder, so that its paths are short and always the same."""
    home = scratch / folder.name
    if not home.exists():
        shutil.copytree(folder, home, ignore=shutil.ignore_patterns(".xsim"))
    before = Path.cwd()
    os.chdir(home)
    try:
        yield api.run(script, command=f"xsim run {script}", options=api.Options(fresh=True))
    finally:
        os.chdir(before)


def terminal_page(report: Report) -> str:
    """What a terminal of this width shows, as a page."""
    from rich.console import Console
    from rich.terminal_theme import TerminalTheme

    colours = "303943 ff8a8f 6fd092 ecb552 6cb3f7 cb9cf5 63cfd6 e8edf2".split()
    theme = TerminalTheme((18, 23, 29), (232, 237, 242), [tuple(bytes.fromhex(each)) for each in colours])
    console = Console(
        record=True, force_terminal=True, color_system="truecolor", width=TERMINAL_WIDTH, file=io.StringIO(),
        highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    console.print("$ xsim run integration.py")
    print_text(report, console=console)
    return TERMINAL.format(code=console.export_html(theme=theme, inline_styles=True, code_format="{code}"))


if __name__ == "__main__":
    main()
