"""Spans of time: how they are written in a sentence, and which of them are the distance between two zones."""

from __future__ import annotations

from datetime import timedelta

QUARTER = timedelta(minutes=15)
FARTHEST_ZONE = timedelta(hours=14)
SECOND = timedelta(seconds=1)


def is_zone(distance: timedelta) -> bool:
    """Whether it is a whole number of quarters of an hour, as offsets of zones are, but for a cut fraction."""
    quarters = round(distance / QUARTER)
    return quarters != 0 and abs(quarters) * QUARTER <= FARTHEST_ZONE and abs(distance - quarters * QUARTER) < SECOND


def spelled(span: timedelta) -> str:
    """1 h 30 m, 45 s, 0.25 s."""
    seconds = abs(span).total_seconds()
    parts = [
        f"{int(amount)} {unit}"
        for amount, unit in (
            (seconds // 86_400, "d"),
            (seconds % 86_400 // 3_600, "h"),
            (seconds % 3_600 // 60, "m"),
        )
        if amount
    ]
    rest = round(seconds % 60, 6)
    return " ".join([*parts, f"{rest:g} s"] if rest or not parts else parts)
