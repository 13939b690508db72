"""Where text goes: a terminal with colours, or plain lines of a fixed width for pipes and files."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable
from typing import IO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Draw = Callable[[int], Iterable[RenderableType]]
"""From the width of the page to its parts, from top to bottom."""

PLAIN_WIDTH = 100
_WIDEST_PROSE = 120
_UNSKILLED = ("dumb", "unknown")
"""What TERM says of terminals that print characters and do nothing else."""


def draw_plain(draw: Draw) -> str:
    """The page without colour, 100 columns wide, the same on every machine; no line end after the last line."""
    console = Console(
        file=io.StringIO(), width=PLAIN_WIDTH, height=100, force_terminal=False, force_jupyter=False, color_system=None,
        legacy_windows=False, highlight=False, markup=False, emoji=False,
    )  # fmt: skip
    with console.capture() as captured:
        _print(console, draw)
    return "\n".join(line.rstrip() for line in captured.get().split("\n")).rstrip("\n")


def draw_on(console: Console | None, draw: Draw) -> None:
    """Prints the page: on the console given, else on standard output, plain where that is no terminal."""
    if console is None:
        console = Console(highlight=False, markup=False, emoji=False)
        if not console.is_terminal:
            _write(sys.stdout, draw_plain(draw) + "\n")
            return
    if console.encoding.startswith("utf"):
        _print(console, draw)
        return
    with console.capture() as captured:
        _print(console, draw)
    _write(console.file, captured.get())


def has_ascii_only(console: Console | None) -> bool:
    """Whether drawings for the console, by default standard output, are to be made of ASCII alone.

    So they are where its encoding has nothing else, on a terminal without any skills, and on one where NO_COLOR asks
    for plain output. A pipe is no terminal: what goes through it is the same whatever the environment.
    """
    file = console.file if console is not None else sys.stdout
    encoding = console.encoding if console is not None else getattr(file, "encoding", None) or "utf-8"
    if not encoding.lower().startswith("utf"):
        return True
    is_terminal = console.is_terminal if console is not None else file.isatty()
    return is_terminal and (bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM", "").lower() in _UNSKILLED)


def indented(part: RenderableType, by: int) -> Padding:
    """The part with `by` columns before each of its lines."""
    return Padding(part, (0, 0, 0, by), expand=False)


def table_of(*headers: tuple[str, bool], gap: int = 2) -> Table:
    """An empty table without rules between its cells; each header comes with whether its column holds numbers.

    `gap` is the number of columns between two cells.
    """
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    for header, holds_numbers in headers:
        table.add_column(Text(header), justify="right" if holds_numbers else "left", overflow="fold", vertical="top")
    return table


def labelled(pairs: Iterable[tuple[Text, Text]]) -> Table:
    """Labels and values in two columns."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", max_width=36, overflow="fold")
    grid.add_column(overflow="fold")
    for label, value in pairs:
        grid.add_row(label, value)
    return grid


def unwrapped(text: str, style: str = "") -> Text:
    """A line that the terminal may wrap but we do not, so that it can be copied."""
    return Text(text, style=style, no_wrap=True, overflow="ignore")


def _print(console: Console, draw: Draw) -> None:
    for part in draw(console.width):
        if isinstance(part, Text) and part.no_wrap:
            console.print(part, soft_wrap=True)
        else:
            # Lines of prose past some 120 columns are hard to follow; tables may use all there is.
            console.print(part, width=console.width if isinstance(part, Table) else min(console.width, _WIDEST_PROSE))


def _write(file: IO[str], text: str) -> None:
    """Writes what the file's encoding cannot hold as escapes: a report must not end in an encoding error."""
    encoding = getattr(file, "encoding", None) or "utf-8"
    file.write(text.encode(encoding, "backslashreplace").decode(encoding))
