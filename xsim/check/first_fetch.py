"""The first-fetch window: what the parameter says, and which delivered events lie before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from xsim.check.bounds import UNITS, bounds_of, endpoint_of
from xsim.check.evidence import Evidence
from xsim.check.fates import Fate
from xsim.check.last_runs import is_hollow
from xsim.check.scenes import Scene
from xsim.model import Outcome

NAMES = frozenset(
    "firstfetch fetchtime firstfetchtime firstfetchtimestamp firstrun firstruntime firstfetchperiod "
    "firstfetchinterval firstfetchtimeinterval".split()
)
"""Spelled without underscores, hyphens and capitals. Names that may mean something else are left out."""
LOOK_BACKS = frozenset({"lookback", "fetchlookback"})
SPAN = re.compile(r"(\d{1,6})\s*(minute|min|hour|hr|day|week)s?(?:\s+ago)?", re.IGNORECASE)
SPANS = {
    "minute": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "hr": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}


class Window(NamedTuple):
    """The first fetch's window, and the delivered events from before it."""

    name: str
    text: str
    number: int
    """The cycle of the first fetch."""
    opens: datetime
    outside: list[Fate]


def first_fetch_window(evidence: Evidence) -> Window | None:
    """None where parameter, first fetch or the vendor's filter leave a doubt."""
    truth, scenario = evidence.truth, evidence.journal.scenario
    stated = stated_window(scenario.parameters.values)
    if truth is None or stated is None or not is_hollow(scenario.last_run) or scenario.first_cycle != 1:
        return None
    number = next((facts.number for facts in evidence.cycles.values() if facts.outcome is Outcome.OK), 0)
    if not number:
        return None
    scene = evidence.scenes({number})[number]
    if not is_hollow(scene.last_run_before) or not is_hollow(scene.context_before):
        return None
    name, text, span = stated
    opens = scene.started - span
    tolerance = scenario.interval + look_back(scenario.parameters.values)
    delivered = (fate for fate in truth.fates.values() if fate.delivered == number)
    early = [fate for fate in delivered if fate.occurred < opens - tolerance]
    return Window(
        name, text, number, opens, [fate for fate in early if is_plain(evidence, scene, fate, opens - tolerance)]
    )


def stated_window(values: Mapping[str, Any]) -> tuple[str, str, timedelta] | None:
    """Name, text and span of the parameter; None where there is none, or several that differ."""
    found: dict[timedelta, tuple[str, str, timedelta]] = {}
    for name, value in values.items():
        match = SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
        if re.sub(r"[^a-z]", "", name.lower()) in NAMES:
            if match is None and value not in (None, ""):
                return None  # A date, a bare number: read in more than one way.
            if match is not None:
                span = int(match[1]) * SPANS[match[2].lower()]
                found.setdefault(span, (name, value.strip(), span))
    return next(iter(found.values())) if len(found) == 1 else None


def look_back(values: Mapping[str, Any]) -> timedelta:
    """What a look-back parameter may add to the window, in minutes (server-semantics 9)."""
    texts = [str(value) for name, value in values.items() if re.sub(r"[^a-z]", "", name.lower()) in LOOK_BACKS]
    return max((timedelta(minutes=int(text)) for text in texts if re.fullmatch(r"\d{1,6}", text)), default=timedelta(0))


def is_plain(evidence: Evidence, scene: Scene, fate: Fate, latest: datetime) -> bool:
    """Whether the vendor was asked by the event's own time, finely enough to leave the event out, or by none at all."""
    scenario = evidence.journal.scenario
    for shown in scene.lists(fate.event.id):
        endpoint = endpoint_of(scenario, shown.listing)
        bounds = [bound for bound in bounds_of(scenario, shown.listing) if bound.filter.kind != "text"]
        if endpoint is not None and any(bound.field != scenario.time_field for bound in bounds):
            return False  # Asked by another time, such as that of the last change, an old event may well be due.
        coarsest = max((UNITS[bound.filter.precision] for bound in bounds if bound.filter.kind == "time"), default=None)
        if coarsest is not None and fate.event.occurred >= latest - coarsest:
            return False
    return True
