"""Which endpoint answers a request: by method, host and path, the most literal one first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from xsim.model import Response
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import written_out
from xsim.simulate.vendor.rack import Rack
from xsim.simulate.vendor.texts import LONGEST_SEARCHED
from xsim.world import Condition, Endpoint

BRACES = re.compile(r"\{([^{}]*)\}")

Answerer = Callable[[Asked, Rack], Response]
"""What answers one endpoint's requests, out of the events of a rack."""


class Route(NamedTuple):
    """An endpoint's address, ready to be compared."""

    method: str
    host: str
    segments: tuple[str | re.Pattern[str], ...]
    names: tuple[tuple[str, ...], ...]
    """Of each segment: the names in its braces."""
    when: tuple[Condition, ...]
    answerer: Answerer


class Routes:
    """All addresses of an API."""

    def __init__(self, endpoints: Sequence[tuple[Endpoint, Answerer]]) -> None:
        routes = [_route(endpoint, answerer) for endpoint, answerer in endpoints]
        # Sorting is stable: of two that are equally literal the one that the scenario names first counts.
        self._routes = sorted(routes, key=_looseness)

    def __len__(self) -> int:
        return len(self._routes)

    def find(self, asked: Asked) -> Answerer | None:
        """The endpoint that answers, with the request's parts filled in; None: none does."""
        segments = asked.segments
        for route in self._routes:
            if route.method != asked.method or len(route.segments) != len(segments):
                continue
            if route.host and route.host != (asked.host if ":" in route.host else asked.host_name):
                continue
            parts = _parts(route, segments)
            if parts is None:
                continue
            asked.parts = parts
            if all(_is_met(each, asked) for each in route.when):
                return route.answerer
        return None


def _route(endpoint: Endpoint, answerer: Answerer) -> Route:
    segments = [part for part in endpoint.path.split("/") if part]
    return Route(
        endpoint.method.upper(),
        endpoint.host.lower(),
        tuple(_pattern(segment) if BRACES.search(segment) else segment for segment in segments),
        tuple(tuple(BRACES.findall(segment)) for segment in segments),
        endpoint.when,
        answerer,
    )


def _pattern(segment: str) -> re.Pattern[str]:
    literals = BRACES.split(segment)[::2]
    return re.compile("(.+?)".join(re.escape(text) for text in literals), re.DOTALL)


def _looseness(route: Route) -> tuple[object, ...]:
    # A part that is all braces is looser than one with some text, and that is looser than text alone.
    each = tuple(0 if isinstance(part, str) else 2 if part.pattern == "(.+?)" else 1 for part in route.segments)
    return (each, not route.host, not route.when)


def _is_met(condition: Condition, asked: Asked) -> bool:
    """Whether the request says what it has to. A body that cannot be read says nothing."""
    try:
        values = asked.values(condition.place, condition.name)
    except BadRequestError:
        return False
    if not condition.pattern:
        return bool(values)
    search = re.compile(condition.pattern).search
    return any(search(written_out(value)[:LONGEST_SEARCHED]) for value in values)


def _parts(route: Route, segments: tuple[str, ...]) -> dict[str, str] | None:
    parts: dict[str, str] = {}
    for expected, names, found in zip(route.segments, route.names, segments, strict=True):
        if isinstance(expected, str):
            if expected != found:
                return None
            continue
        match = expected.fullmatch(found)
        if match is None:
            return None
        parts.update(zip(names, match.groups(), strict=True))
    return parts
