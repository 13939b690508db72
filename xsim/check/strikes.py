"""What went wrong between script and vendor: requests that failed, and which of them the scenario's faults struck."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from xsim.check.excerpt import shorten
from xsim.check.over_quota import OverQuota
from xsim.check.spans import spelled
from xsim.model import Cycle, Exchange, Outcome, Scenario
from xsim.world import Endpoint, JsonValue, Login, identities_at

UNREADABLE = frozenset({"status", "cut", "malformed", "wrong_type"})
"""Kinds of faults whose answer is none of the vendor's, whatever its status says."""
OF_ONE_RECORD = re.compile(r"(?!.*(?:last|after|since|from|start|min|next|prev)).*(?:^|_|-|[a-z])ids?", re.IGNORECASE)
"""Parameters that name one record; others say where a list goes on."""


class Struck(NamedTuple):
    """A cycle in which a fault of the scenario struck."""

    number: int
    faults: tuple[str, ...]
    """Their names, in the order in which they struck; of a kill that has none, "kill"."""
    told: str
    """The first one in words: its name, what it struck, and where in the script that was."""
    has_ended_well: bool
    is_to_blame: bool = True
    """Whether what struck can have made the fetch fail: a slow answer that came, or a 429 that was repeated, cannot."""


class Strikes:
    """The cycles in which faults struck, the names of all faults that did, and the fetches that went over a quota."""

    def __init__(self, scenario: Scenario) -> None:
        self.kinds = kinds_of(scenario)
        self.by_cycle: dict[int, Struck] = {}
        self.names: set[str] = set()
        self.over_quota = OverQuota(scenario.quotas)
        self._kill_names = [fault.name for fault in scenario.faults if fault.kind == "kill"]

    def take(self, cycle: Cycle) -> None:
        self.over_quota.take(cycle, failed_for_good(cycle.exchanges, self.kinds))
        struck = [each for each in cycle.exchanges if each.fault]
        names = list(dict.fromkeys(each.fault for each in struck))
        told = struck_told(struck[0], self.kinds) if struck else ""
        if is_killed(cycle):
            name = self._kill_of(cycle)
            names.append(name)
            told = told or f"'{name}': {shorten(cycle.failure.message if cycle.failure else '')}"
        if names:
            self.names.update(names)
            has_ended_well, is_to_blame = cycle.outcome is Outcome.OK, self._is_to_blame(cycle)
            self.by_cycle[cycle.number] = Struck(cycle.number, tuple(names), told, has_ended_well, is_to_blame)

    def _is_to_blame(self, cycle: Cycle) -> bool:
        if is_killed(cycle) or cycle.outcome is Outcome.TIMED_OUT:
            return True
        if any(each.login in ("expired", "missing") for each in cycle.exchanges):
            return True  # Behind a logout, or because a slow answer outlived the token.
        failed = [each for each in failed_for_good(cycle.exchanges, self.kinds) if each.fault]
        # A slow answer that came is the vendor's own, also where it says no.
        return any(each.status is None or self.kinds.get(each.fault) in UNREADABLE for each in failed)

    def _kill_of(self, cycle: Cycle) -> str:
        """The name of the fault that killed it: the one that its failure names, or the first one there is."""
        name = cycle.failure.hint if cycle.failure is not None else ""
        return name if name in self._kill_names else next(iter(self._kill_names), "kill")

    def has_failed_by_plan(self, number: int) -> bool:
        """Whether a fault struck the cycle and it did not end well: that is no finding."""
        struck = self.by_cycle.get(number)
        return struck is not None and not struck.has_ended_well and struck.is_to_blame

    def is_struck(self, number: int) -> bool:
        return number in self.by_cycle


def has_trouble(cycle: Cycle) -> bool:
    """Whether any exchange is more than a request and the vendor's good answer."""
    for each in cycle.exchanges:
        if each.fault or each.login or each.retry_after or each.status is None or each.status >= 400:
            return True
    return False


def is_killed(cycle: Cycle) -> bool:
    return cycle.failure is not None and cycle.failure.kind == "killed"


def kinds_of(scenario: Scenario) -> dict[str, str]:
    """Each fault's kind by its name."""
    return {fault.name: fault.kind for fault in scenario.faults}


def has_failed(exchange: Exchange, kinds: Mapping[str, str]) -> bool:
    """Whether the script got no answer, an error, or one that cannot be read."""
    if exchange.status is None or exchange.status >= 400:
        return True
    return bool(exchange.fault) and kinds.get(exchange.fault) in UNREADABLE


def as_seen(cycle: Cycle, kinds: Mapping[str, str]) -> Cycle:
    """The cycle without what stood in answers that never came or could not be read; what was asked for stays."""
    if not any(each.fault and each.listing is not None and has_failed(each, kinds) for each in cycle.exchanges):
        return cycle
    return replace(
        cycle, exchanges=tuple(unread(each) if has_failed(each, kinds) else each for each in cycle.exchanges)
    )


def unread(exchange: Exchange) -> Exchange:
    listing = exchange.listing
    if not exchange.fault or listing is None:
        return exchange
    return replace(exchange, listing=replace(listing, listed=(), matched=0))


def failed_for_good(exchanges: Iterable[Exchange], kinds: Mapping[str, str]) -> list[Exchange]:
    """Requests that failed and did not succeed later in the fetch when they were sent once more."""
    left: dict[tuple[str, str, str], Exchange] = {}
    for each in exchanges:
        key = (each.method, each.url, each.request_body)
        if has_failed(each, kinds):
            left.setdefault(key, each)
        else:
            left.pop(key, None)
    return list(left.values())


def failure_told(exchange: Exchange) -> str:
    """One failed request: the fault's name, the request, its answer and the line that sent it."""
    fault = f"'{exchange.fault}' struck " if exchange.fault else ""
    where = f", line {exchange.line}" if exchange.line else ""
    return shorten(f"{fault}{exchange.method} {exchange.url} ({answer_of(exchange.status)}{where})")


def struck_told(exchange: Exchange, kinds: Mapping[str, str]) -> str:
    """A request that a fault struck; of one that the script got all the same, how long it waited for the answer."""
    if has_failed(exchange, kinds):
        return failure_told(exchange)
    where = f", line {exchange.line}" if exchange.line else ""
    said = f"status {exchange.status} after {spelled(exchange.waited)}{where}"
    return shorten(f"'{exchange.fault}' struck {exchange.method} {exchange.url} ({said})")


def answer_of(status: int | None) -> str:
    """A failed answer in a word or two; one with a good status could not be read."""
    if status is None:
        return "no answer"
    return f"status {status}" if status >= 400 else "an answer that cannot be read"


# --- which call of the API it was ----------------------------------------------------------------------------


def endpoint_asked(scenario: Scenario, exchange: Exchange) -> Endpoint | None:
    """The declared call that takes this request; None: there is none."""
    parts = urlsplit(exchange.url)
    return next(
        (
            each
            for each in scenario.endpoints
            if each.method.upper() == exchange.method.upper()
            and is_host(each.host, parts.netloc)
            and fits(each.path, parts.path)
        ),
        None,
    )


def is_login_call(scenario: Scenario, exchange: Exchange) -> bool:
    """Whether it asks for a token: granted, or sent to a declared login call."""
    if exchange.login == "granted":
        return True
    # Where an endpoint has that address too, what shows an expired token asked for data.
    is_for_data = exchange.login == "expired" and endpoint_asked(scenario, exchange) is not None
    return not is_for_data and any(is_call_of(each, exchange) for each in scenario.logins)


def is_call_of(login: Login, exchange: Exchange) -> bool:
    parts = urlsplit(exchange.url)
    is_method = login.method.upper() == exchange.method.upper()
    return bool(login.path) and is_method and is_host(login.host, parts.netloc) and fits(login.path, parts.path)


def is_host(wanted: str, netloc: str) -> bool:
    return not wanted or netloc.lower() == wanted.lower() or netloc.lower().partition(":")[0] == wanted.lower()


def fits(template: str, path: str) -> bool:
    """Whether a path is that of an endpoint; parts in braces take anything."""
    return re.fullmatch(pattern_of(template), path.rstrip("/") or "/") is not None


@lru_cache(maxsize=500)
def pattern_of(template: str) -> str:
    pieces = re.split(r"\{[^{}]*\}", template.rstrip("/") or "/")
    return "[^/]+".join(re.escape(piece) for piece in pieces)


def records_asked(scenario: Scenario, exchange: Exchange, known: Container[str]) -> Iterator[str]:
    """Events that a request asks for, or changes, by their id: those of a call for single records, not of a list.

    `known`: the ids of all events.
    """
    endpoint = endpoint_asked(scenario, exchange)
    parts = urlsplit(exchange.url)
    if endpoint is not None and endpoint.kind not in ("detail", "objects", "update"):
        return
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    named = [each for each in reversed(segments) if each in known]
    query = parse_qsl(parts.query)
    if endpoint is not None and endpoint.id_name:
        named += [value for name, text in query if name == endpoint.id_name for value in text.split(",")]
        named += texts_at(exchange.request_body, endpoint)
    elif endpoint is None:
        named += [value for name, value in query if OF_ONE_RECORD.fullmatch(name)]
    yield from dict.fromkeys(each for each in named if each in known)


def texts_at(body: str, endpoint: Endpoint) -> list[str]:
    """The ids in a JSON or form body; none where the recorded text is cut."""
    if endpoint.id_place == "form":
        return [value for name, text in parse_qsl(body) if name == endpoint.id_name for value in text.split(",")]
    try:
        value: JsonValue = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return []
    found = identities_at(value, (endpoint.id_name,)) or identities_at(value, (f"{endpoint.id_name}.*",))
    return [text for each in found for text in (items_of(each) or [each])]


def items_of(text: str) -> list[str]:
    """The items of a list that stands as JSON text."""
    if not text.startswith("["):
        return []
    try:
        value = json.loads(text)
    except ValueError:
        return []
    return [each if isinstance(each, str) else json.dumps(each) for each in value] if isinstance(value, list) else []
