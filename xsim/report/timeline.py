"""Draws the cycles around a finding with box characters: what the vendor had, and what each fetch asked for.

    2024-05-14    ╷10:00    ╷10:01    ╷10:02
    occurred             ◆                        10:00:40 A-1
    listed                          ◆             10:01:50 A-1
    cycle 1       [━━━━━━○━━>                      in the window, not listed yet
    cycle 2              ×   [━━━━━━━━>            listed, outside the window

Signs tell by their shape, never by their colour alone. Foreign text stands behind the drawing only, so that whatever
its characters' widths are, the columns stay in line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from xsim.events import microseconds
from xsim.model import Outcome
from xsim.report.page import Page
from xsim.report.timeline_scenes import Lane, Scene, Window
from xsim.report.timeline_times import clock_text, ticks
from xsim.world import Event

INDENT = 4
_WIDEST = 160
_NARROWEST = 24
"""Columns of a drawing that can still be read; where less is left, there is none."""
_ROOM_FOR_BOUNDS = 42
"""Columns that the drawing keeps where the windows' ends are written out beside it."""
_ROOM_FOR_REMARKS = ((110, 32), (90, 26), (70, 18), (0, 14))
"""From so many columns on, how many of them are for what stands behind the drawing."""
_FARTHEST = 8
"""A window that lies elsewhere is brought into the picture where that makes it so many times as wide at most."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters of a picture, each one column wide."""

    event: str = "◆"
    other: str = "·"
    changed: str = "~"
    waiting: str = "○"
    outside: str = "×"
    left_out: str = "□"
    unused: str = "■"
    delivered: str = "●"
    stored: str = "▲"
    bar: str = "━"
    earlier: str = "«"
    later: str = "»"
    fetch: str = "│"
    guide: str = "┊"
    tick: str = "╷"
    gap: str = "⋮"
    pointer: str = "◀"


BOX = Signs()
ASCII = Signs("*", ".", "~", "o", "x", "?", "#", "@", "^", "=", "<", "}", "|", ":", "|", ":", "<-")
_STYLES = {
    "event": "bold", "other": "dim", "waiting": "yellow", "outside": "bold red", "left_out": "bold red", "bar": "cyan",
    "unused": "yellow", "delivered": "bold green", "again": "bold red", "guide": "dim", "tick": "dim", "fetch": "cyan",
    "stored": "magenta",
}  # fmt: skip
_MEANINGS = {
    "changed": "changed",
    "waiting": "in the window, not listed yet",
    "outside": "listed, outside the window",
    "left_out": "in the window, not in the answer",
    "unused": "in the answer, no incident of it",
    "delivered": "delivered",
    "again": "delivered again",
    "stored": "stored in the last run",
    "fetch": "time of the fetch",
    "earlier": "from earlier on",
    "later": "later than this",
}
"""Of each kind of sign, in the order of the legend."""


def picture(page: Page, scene: Scene, code: str, *, signs: Signs = BOX) -> list[Text]:
    """The drawing's lines, none wider than the page; [] where there is no room for it."""
    rows = [(lane, window) for lane in scene.lanes for window in lane.windows or (None,)]
    layout = _layout(page, scene, rows)
    if layout is None:
        return []
    chart = _Chart(layout, signs, set())
    lines = [_axis(chart), *_vendor(page, chart, scene)]
    last = 0
    for lane, window in rows:
        if last and lane.number > last + 1:
            lines.append(_gap(chart, scene, lane.number - last - 1))
        label = f"cycle {lane.number}" if lane.number != last else ""
        lines.append(_row(page, chart, scene, (lane, window), (label, code)))
        last = lane.number
    return [*lines, *_legend(page, chart, scene)]


# --- where things stand ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the page's columns are shared out, and which times the drawing spans."""

    left: datetime
    right: datetime
    labels: int
    columns: int
    counts: int
    bounds: int
    notes: int

    def column(self, when: datetime) -> int:
        """The column of a moment; below 0 or from `columns` on where it lies outside."""
        place = (when - self.left) / (self.right - self.left) * (self.columns - 1)
        return round(min(max(place, -1), self.columns))


@dataclass(frozen=True, slots=True)
class _Chart:
    layout: _Layout
    signs: Signs
    used: set[str]
    """Kinds of signs that the legend has to explain."""

    def blank(self) -> list[tuple[str, str]]:
        return [(" ", "")] * self.layout.columns

    def put(self, cells: list[tuple[str, str]], column: int, kind: str, character: str = "") -> None:
        """Sets a sign, where its column is within the drawing."""
        if 0 <= column < len(cells):
            cells[column] = (character or getattr(self.signs, kind), _STYLES.get(kind, ""))
            self.used.add(kind)


def _layout(page: Page, scene: Scene, rows: list[tuple[Lane, Window | None]]) -> _Layout | None:
    left, right = _span(scene)
    width = min(page.width, _WIDEST) - INDENT
    labels = max(len("2024-05-14"), len(f"cycle {scene.lanes[-1].number}")) + 1
    counts = max(len(f"+{lane.incidents}") for lane in scene.lanes) + 1
    notes = next(room for least, room in _ROOM_FOR_REMARKS if width >= least)
    bounds = max((len(_bounds_text(window, left)) for _, window in rows if window), default=0) + 2
    columns = width - labels - counts - notes - 1
    if columns - bounds < _ROOM_FOR_BOUNDS:
        bounds = 0
    columns -= bounds
    return _Layout(left, right, labels, columns, counts, bounds, notes) if columns >= _NARROWEST else None


def _span(scene: Scene) -> tuple[datetime, datetime]:
    """The times of the event and of the cycles, and those of windows that would lie outside, with some air."""
    event = scene.event
    moments = [event.occurred, *(lane.started for lane in scene.lanes), *(lane.ended for lane in scene.lanes)]
    left, right = min(moments), max(moments)
    right = max(right, left + timedelta(milliseconds=100))
    base = right - left
    if right < event.visible <= right + base:
        right = event.visible
    windows = [window for lane in scene.lanes for window in lane.windows]
    positions = [window.position for window in windows if window.position is not None]
    beyond = [window.lower for window in windows if window.lower is not None and window.lower > right]
    before = [window.upper for window in windows if window.upper is not None and window.upper < left]
    for moment in (*positions, *beyond, *before):
        if max(right, moment) - min(left, moment) <= base * _FARTHEST:
            left, right = min(left, moment), max(right, moment)
    air = (right - left) / 24
    return left - air * 2, right + air


def _bounds_text(window: Window, day: datetime) -> str:
    """ "[10:00:00 .. 10:01:00)"; with one end "from 10:00:00", "before 10:01:00"."""
    lower = clock_text(window.lower, day) if window.lower else ""
    upper = clock_text(window.upper, day) if window.upper else ""
    if lower and upper:
        return f"{'[' if window.lower_is_in else '('}{lower} .. {upper}{']' if window.upper_is_in else ')'}"
    if lower:
        return f"{'from' if window.lower_is_in else 'after'} {lower}"
    return f"{'up to' if window.upper_is_in else 'before'} {upper}"


# --- lines ----------------------------------------------------------------------------------------------------


def _axis(chart: _Chart) -> Text:
    layout = chart.layout
    cells = chart.blank()
    for when, label in ticks(layout.left, layout.right, layout.columns):
        column = layout.column(when)
        if column + len(label) < layout.columns + layout.counts:
            cells.extend([(" ", "")] * (column + len(label) + 1 - len(cells)))
            for place, character in enumerate(f"{chart.signs.tick}{label}", column):
                cells[place] = (character, "dim")
    return _line(chart, f"{layout.left:%Y-%m-%d}", cells, ())


def _vendor(page: Page, chart: _Chart, scene: Scene) -> Iterator[Text]:
    """The vendor's events: when they occurred and, where that differs, when they were first listed."""
    event, layout = scene.event, chart.layout
    name = page.clean(event.id, 40)
    others, left, right = scene.events, microseconds(layout.left), microseconds(layout.right)
    times = enumerate(zip(others.occurred, others.visible, strict=True))
    seen = [number for number, (occurred, visible) in times if occurred <= right and visible >= left]
    in_view = [others[number] for number in seen if others.ids[number] != event.id]
    is_at_once = all(layout.column(each.occurred) == layout.column(each.visible) for each in (event, *in_view))
    lanes = [("events", _occurred)] if is_at_once else [("occurred", _occurred), ("listed", _visible)]
    for label, time in lanes:
        cells = chart.blank()
        if label != "occurred":
            for change in event.changes:
                chart.put(cells, layout.column(change.at), "changed")
        else:
            chart.put(cells, layout.column(event.occurred), "guide")
        for each in in_view:
            chart.put(cells, layout.column(time(each)), "other")
        chart.put(cells, layout.column(time(event)), "event")
        told = clock_text(time(event), layout.left)
        # The legend names it; here the name stands whole or not at all.
        is_named = cell_len(told) + 1 + cell_len(name) <= layout.notes
        yield _line(chart, label, cells, [(f"{told} {name}" if is_named else told, "bold")])


def _occurred(event: Event) -> datetime:
    return event.occurred


def _visible(event: Event) -> datetime:
    return event.visible


def _row(page: Page, chart: _Chart, scene: Scene, row: tuple[Lane, Window | None], words: tuple[str, str]) -> Text:
    """A cycle: its window, what became of the event, how many incidents it brought, and remarks."""
    lane, window = row
    label, code = words
    layout = chart.layout
    cells = chart.blank()
    position = window.position if window is not None and window.position is not None else scene.event.occurred
    chart.put(cells, layout.column(position), "guide")
    fetched = layout.column(window.at if window is not None else lane.started)
    if window is not None:
        _draw_window(chart, cells, window)
    if window is None or (window.upper is not None and abs(layout.column(window.upper) - fetched) > 1):
        chart.put(cells, fetched, "fetch")
    if lane.stored is not None:
        chart.put(cells, layout.column(lane.stored), "stored")
    kind, character = _sign(lane, window, is_first=bool(label))
    if kind:
        chart.put(cells, layout.column(position), kind, character)
    count = f"+{lane.incidents}" if label and lane.incidents else ""
    bounds = _bounds_text(window, layout.left) if window is not None and layout.bounds else ""
    remarks = _remarks(page, chart, lane, code if lane.number in scene.finding.cycles else "") if label else []
    return _line(
        chart,
        label,
        cells,
        remarks,
        before=f"{count:>{layout.counts}}{'  ' + bounds if bounds else '':{layout.bounds}} ",
    )


def _draw_window(chart: _Chart, cells: list[tuple[str, str]], window: Window) -> None:
    layout = chart.layout
    last = layout.columns - 1
    upper = window.upper or (max(window.at, window.lower) if window.lower else window.at)
    is_ahead = window.upper is None and window.lower is not None and window.lower > window.at
    begins = layout.column(window.lower) if window.lower is not None else -1
    ends = layout.columns if is_ahead else layout.column(upper)
    if is_ahead:
        chart.put(cells, layout.column(window.at), "fetch")
    if ends == begins and 0 < ends <= last:
        begins -= 1
    for column in range(max(begins, 0), min(ends, last) + 1):
        chart.put(cells, column, "bar")
    if begins < 0:
        chart.put(cells, 0, "earlier")
    else:
        chart.put(cells, begins, "bar", "[" if window.lower_is_in else "(")
    if begins > last or ends > last:
        chart.put(cells, last, "later")
    if 0 <= ends <= last:
        chart.put(cells, ends, "bar", ">" if window.upper is None else "]" if window.upper_is_in else ")")


def _sign(lane: Lane, window: Window | None, *, is_first: bool) -> tuple[str, str]:
    """What became of the event in this cycle: the kind of sign, and the character where it has none of its own."""
    is_here = is_first if not any(each.is_listed for each in lane.windows) else window is not None and window.is_listed
    if lane.delivered:
        times = max(lane.delivered)
        if not is_here:
            return "", ""
        return ("delivered", "") if times == 1 else ("again", str(times) if times < 10 else "+")
    if window is None or lane.was_delivered:
        return ("unused", "") if window is not None and window.is_listed and not lane.was_delivered else ("", "")
    if window.is_listed:
        return "unused", ""
    if window.covers is None or window.position is None:
        return "", ""
    if not window.covers and any(each.covers for each in lane.windows):
        return "", ""  # Another request of the cycle asked for it.
    if not window.is_shown:
        # What has not happened yet is not waited for, though a window without an end would have it.
        return ("waiting" if window.covers and window.position <= window.at else "", "")
    return ("left_out", "") if window.covers else ("outside", "")


def _remarks(page: Page, chart: _Chart, lane: Lane, code: str) -> list[tuple[str, str]]:
    remarks = []
    if code:
        remarks.append((f"{chart.signs.pointer} {code}", "bold red"))
    if lane.outcome is not Outcome.OK:
        remarks.append((lane.outcome.value, "red"))
    if lane.delivered:
        remarks.append(("again", "red") if max(lane.delivered) > 1 else ("delivered", "green"))
    remarks.extend((f"fault: {page.clean(name, 40)}", "yellow") for name in lane.faults[:2])
    return remarks


def _gap(chart: _Chart, scene: Scene, count: int) -> Text:
    cells = chart.blank()
    chart.put(cells, chart.layout.column(scene.event.occurred), "guide")
    return _line(chart, chart.signs.gap, cells, [(f"{count:,} more", "dim")], before=" " * (chart.layout.counts + 1))


def _line(
    chart: _Chart,
    label: str,
    cells: Iterable[tuple[str, str]],
    remarks: Iterable[tuple[str, str]],
    *,
    before: str | None = None,
) -> Text:
    """Label, drawing and what stands behind it, never wider than the page."""
    layout = chart.layout
    text = Text(" " * INDENT, no_wrap=True, overflow="ignore")
    text.append(f"{label:{layout.labels}}", "dim")
    for character, style in cells:
        text.append(character, style or None)
    text.append(" " * (layout.counts + layout.bounds + 1) if before is None else before)
    room = layout.notes
    for place, (remark, style) in enumerate(remarks):
        told = f"{' ' if place else ''}{remark}"
        if cell_len(told) > room:
            told = f"{set_cell_size(told, room - 3)}..." if room > 6 else ""
        text.append(told, style)
        room -= cell_len(told)
    text.rstrip()
    return text


def _legend(page: Page, chart: _Chart, scene: Scene) -> Iterator[Text]:
    """What the signs in the drawing mean, on as many lines as that takes."""
    signs, used = chart.signs, chart.used
    entries = [(signs.event, page.clean(scene.event.id, 40))]
    if "other" in used:
        entries.append((signs.other, "other events"))
    if "bar" in used:
        entries.append((f"[{signs.bar}{signs.bar})", "window asked for"))
    if any(window.upper is None for lane in scene.lanes for window in lane.windows):
        entries.append((">", "up to the fetch"))
    if any(lane.incidents for lane in scene.lanes):
        entries.append(("+1", "incidents delivered"))
    for kind, meaning in _MEANINGS.items():
        if kind in used:
            entries.append(("2" if kind == "again" else getattr(signs, kind), meaning))
    room = min(page.width, _WIDEST) - INDENT
    line = ""
    for sign, meaning in entries:
        entry = f"{sign} {meaning}"
        if line and cell_len(line) + 3 + cell_len(entry) > room:
            yield Text(" " * INDENT + line, style="dim", no_wrap=True, overflow="ignore")
            line = ""
        line = f"{line}   {entry}" if line else set_cell_size(entry, min(cell_len(entry), room))
    yield Text(" " * INDENT + line, style="dim", no_wrap=True, overflow="ignore")
