"""How many incidents an instance may hand over in one fetch, as its parameters say."""

from __future__ import annotations

import re

from xsim.model import Scenario

# Spelled without underscores, hyphens and capitals.
LIMITS = (
    "maxfetch fetchlimit limit incidentsperfetch maxincidentsperfetch incidentsmaxfetch maxincidents "
    "maxincidentstofetch incidentsfetchlimit incidentslimit incidentlimit fetchsize maxfetchincidents "
    "maxalerts alertsmaxfetch maxevents eventsmaxfetch numberofincidents"
).split()


def limit_of(scenario: Scenario) -> tuple[str, int]:
    """The parameter that limits a fetch, and its value; 0 where there is none."""
    by_name: dict[str, tuple[str, int]] = {}
    for name, value in scenario.parameters.values.items():
        number = positive(value)
        if number:
            by_name.setdefault(re.sub(r"[^a-z]", "", name.lower()), (name, number))
    return next((by_name[name] for name in LIMITS if name in by_name), ("", 0))


def positive(value: object) -> int:
    """A positive integer, also as text; else 0."""
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
