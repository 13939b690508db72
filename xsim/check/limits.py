"""How many incidents an instance may hand over in one fetch, as its parameters say."""

from __future__ import annotations

import re
from collections.abc import Iterable

from xsim.integration import Parameter
from xsim.model import Scenario

# Spelled without underscores, hyphens and capitals.
LIMITS = (
    "maxfetch fetchlimit limit incidentsperfetch maxincidentsperfetch incidentsmaxfetch maxincidents "
    "maxincidentstofetch incidentsfetchlimit incidentslimit incidentlimit fetchsize maxfetchincidents "
    "maxalerts alertsmaxfetch maxevents eventsmaxfetch numberofincidents"
).split()


# What the yml displays of a limit that counts something else than incidents.
OF_OTHERS = re.compile(r"\b(?:requests?|calls|pages|queries|interval|seconds|minutes|hours|days)\b", re.IGNORECASE)
OF_INCIDENTS = re.compile(
    r"incident|alert|event|record|result|issue|case|ticket|message|detection|offen[cs]e", re.IGNORECASE
)


def limit_of(scenario: Scenario, declared: Iterable[Parameter] = ()) -> tuple[str, int]:
    """The parameter that limits a fetch, and its value; 0 where there is none. `declared`: as the yml has them."""
    others = {each.name for each in declared if counts_others(each.display)}
    by_name: dict[str, tuple[str, int]] = {}
    for name, value in scenario.parameters.values.items():
        number = positive(value)
        if number and name not in others:
            by_name.setdefault(re.sub(r"[^a-z]", "", name.lower()), (name, number))
    return next((by_name[name] for name in LIMITS if name in by_name), ("", 0))


def counts_others(display: str) -> bool:
    """Whether the yml shows the parameter as a number of something else than incidents."""
    return bool(OF_OTHERS.search(display)) and not OF_INCIDENTS.search(display)


def positive(value: object) -> int:
    """A positive integer, also as text; else 0."""
    text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else 0
