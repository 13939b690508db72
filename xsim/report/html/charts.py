"""Small charts as SVG text: how long events waited, how large the last run is, how many requests a cycle sends; and
the whole run as a strip.

They hold no foreign text, and no script draws them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from xsim.report.html.run import Run

_WIDTH, _HEIGHT = 340, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 12, 28
_MOST_POINTS = 250
_MOST_BARS = 24
_STRIP_BARS = 250


def charts(run: Run) -> str:
    """The three figures; "" where no cycle was run."""
    if not run.count:
        return ""
    return delay_chart(run.delays()) + size_chart(run.numbers, run.sizes) + calls_chart(run.numbers, run.calls)


def percentile(counts: Counter[int], share: float) -> int:
    """The smallest value that at least this share of all does not exceed."""
    total, seen = sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= share * total:
            return value
    return 0


def delay_chart(counts: Counter[int]) -> str:
    """Cycles that passed between the first one that could have seen an event and the one that delivered it."""
    title = "How long events waited"
    if not counts:
        return _figure(title, "No event of the vendor was delivered.", "")
    half, most, last = percentile(counts, 0.5), percentile(counts, 0.95), max(counts)
    if not last:
        delivered = f"{sum(counts.values()):,}"
        return _figure(
            title, f"Events that came with the first fetch that could see them: all {delivered} delivered.", ""
        )
    step = -(-(last + 1) // _MOST_BARS)
    bars: Counter[int] = Counter()
    for value, count in counts.items():
        bars[value // step] += count
    tallest, number = max(bars.values()), last // step + 1
    wide = (_WIDTH - _LEFT - _RIGHT) / number
    drawn = [
        f'<rect class="bar" x="{_LEFT + place * wide + 1:.1f}" y="{_y(count, tallest):.1f}" '
        f'width="{max(1.0, wide - 2):.1f}" height="{_y(0, tallest) - _y(count, tallest):.1f}">'
        f"<title>{_span(place * step, step)} cycles: {count:,} events</title></rect>"
        for place, count in sorted(bars.items())
    ]
    marks = [
        f'<path class="mark" d="M{_LEFT + (value / step + 0.5) * wide:.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>'
        f'<text class="mark-text" x="{_LEFT + (value / step + 0.5) * wide + 3:.1f}" y="{_TOP + 8}">p95</text>'
        for value in ((most,) if most != half else ())
    ]
    summary = (
        f"Cycles from when an event could be seen to when it was delivered: half of them {half} or fewer (p50), "
        f"95 % {most} or fewer (p95), the slowest {last} (max)."
    )
    return _figure(title, summary, "".join(drawn + marks) + _frame("0", f"{last} cycles", f"{tallest:,}"))


def size_chart(numbers: Sequence[int], sizes: Sequence[int]) -> str:
    """Characters of the last run behind each cycle."""
    summary = (
        f"Characters of JSON behind each cycle: {sizes[0]:,} at first, {sizes[-1]:,} at last, {max(sizes):,} at most."
    )
    return _line_chart("Size of the last run", summary, numbers, sizes)


def calls_chart(numbers: Sequence[int], calls: Sequence[int]) -> str:
    """Requests of each cycle."""
    summary = f"Requests to the vendor in each cycle: {sum(calls):,} in all, {max(calls):,} at most."
    return _line_chart("Requests in a cycle", summary, numbers, calls)


def _line_chart(title: str, summary: str, numbers: Sequence[int], values: Sequence[int]) -> str:
    points = thinned(values)
    tallest = max(1, *values)
    last = max(1, len(values) - 1)
    path = " ".join(
        f"{_LEFT + (place / last) * (_WIDTH - _LEFT - _RIGHT):.1f},{_y(value, tallest):.1f}" for place, value in points
    )
    dots = "".join(
        f'<circle class="dot" cx="{_LEFT + (place / last) * (_WIDTH - _LEFT - _RIGHT):.1f}" '
        f'cy="{_y(value, tallest):.1f}" r="3"><title>cycle {numbers[place]}: {value:,}</title></circle>'
        for place, value in points
        if len(values) <= 60
    )
    line = f'<polyline class="line" points="{path}"/>'
    return _figure(title, summary, line + dots + _frame(f"cycle {numbers[0]}", f"cycle {numbers[-1]}", f"{tallest:,}"))


def strip(made: Sequence[int], named: Sequence[bool]) -> str:
    """The whole run, 1,000 wide and 30 high: incidents that came, and a mark at the cycles that findings name.

    The page's script moves the rectangle `view` over the part that the picture shows.
    """
    step = -(-len(made) // _STRIP_BARS) or 1
    wide, tallest = 1_000 * step / (len(made) or 1), max(1, *made, 1)
    drawn = []
    for start in range(0, len(made), step):
        most, x = max(made[start : start + step]), start / step * wide
        if most:
            tall = most / tallest * 20
            drawn.append(
                f'<rect class="made" x="{x:.1f}" y="{30 - tall:.1f}" width="{wide * 0.8:.1f}" height="{tall:.1f}"/>'
            )
        if any(named[start : start + step]):
            drawn.append(f'<path class="found" d="M{x:.1f} 0h6l-3 8z"/>')
    view = '<rect class="view" id="view" y="0" height="30"/>'
    return f'<svg viewBox="0 0 1000 30" preserveAspectRatio="none">{"".join(drawn)}{view}</svg>'


def thinned(values: Sequence[int]) -> list[tuple[int, int]]:
    """Place and value of so many points as a small chart can show: of neighbours the largest, as peaks are the news."""
    step = -(-len(values) // _MOST_POINTS)
    starts = range(0, len(values), step)
    return [max(enumerate(values[start : start + step], start), key=lambda point: point[1]) for start in starts]


def _y(value: float, tallest: float) -> float:
    return _HEIGHT - _BOTTOM - value / tallest * (_HEIGHT - _TOP - _BOTTOM)


def _span(first: int, step: int) -> str:
    return str(first) if step == 1 else f"{first} to {first + step - 1}"


def _frame(left: str, right: str, top: str) -> str:
    base = _HEIGHT - _BOTTOM
    return (
        f'<path class="axis" d="M{_LEFT} {_TOP}V{base}H{_WIDTH - _RIGHT}"/>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 10}">{left}</text>'
        f'<text class="end" x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 10}">{right}</text>'
        f'<text class="end" x="{_LEFT - 5}" y="{_TOP + 8}">{top}</text>'
        f'<text class="end" x="{_LEFT - 5}" y="{base}">0</text>'
    )


def _figure(title: str, summary: str, drawn: str) -> str:
    picture = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">{drawn}</svg>' if drawn else ""
    return f"<figure><h3>{title}</h3>{picture}<figcaption>{summary}</figcaption></figure>\n"
