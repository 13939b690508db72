"""The run as columns of numbers, small enough for tens of thousands of events: events, windows, incidents, cycles.

Times are milliseconds from the scenario's start. The page's script, world.js, reads what is written here.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from operator import sub
from typing import Any

from xsim.events import packed
from xsim.findings import Report
from xsim.model import Cycle, Exchange, Outcome
from xsim.report.cells import moment
from xsim.report.html.cuts import cut, most_of
from xsim.report.json_format import plain
from xsim.report.names import Handed, namer
from xsim.report.rows import count_delivered, count_incidents
from xsim.secrets import Mask
from xsim.world import Change, Listing, calls_by_name

MOST_WINDOWS = 12
"""Different windows kept of one cycle."""
MOST_CHANGES = 2_000
MOST_RECORDS = 300
"""Records that the page holds: of the events that findings name first."""
MOST_NAMED = 500
"""Events that findings name, of which the page says which answers held them."""
_RECORD = 600
_TEXT = 300
_ID = 80
_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
_LISTING_KINDS = ("list", "job")
_HOLDS_ITS_PLACE = ("kept", "last_id")
OUTCOMES = {
    Outcome.OK: "o", Outcome.FAILED: "f", Outcome.REFUSED: "r", Outcome.TIMED_OUT: "t", Outcome.UNSUPPORTED: "u",
}  # fmt: skip


class Texts:
    """Texts that come again and again, each kept once and named by its place."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}

    def place(self, text: Any) -> int:
        return self._places.setdefault(text, len(self._places))

    def all(self) -> list[Any]:
        return list(self._places)


class Run:
    """Takes the journal's cycles one after the other."""

    def __init__(self, report: Report, mask: Mask) -> None:
        self._report = report
        self._mask = mask
        scenario = report.journal.scenario
        self._scenario = scenario
        self._events = packed(scenario.events)
        self._number_of = self._events.number_of
        self._incidents_of = namer(report)
        self._accused = Accused(report)
        self._texts = Texts()
        self._asks = Texts()
        self._strangers = Texts()
        self._seen: set[str] = set(scenario.delivered)
        named = dict.fromkeys(event for finding in report.findings for event in finding.events)
        known = {event: number for event in named if (number := self._number_of(event)) is not None}
        self._named = {event: known[event] for event in most_of(known, MOST_NAMED)}
        """The vendor's events that findings name, each with its place."""
        self._kinds = calls_by_name(scenario.endpoints)
        self.numbers: list[int] = []
        self.started: list[datetime] = []
        self.calls: list[int] = []
        self.sizes: list[int] = []
        """Characters of the last run that each cycle left, as JSON."""
        self.delivered_in: dict[int, int] = {}
        """Of each event that was delivered: the first cycle, by place."""
        self._took: list[int] = []
        self._outcomes: list[str] = []
        self.made: list[int] = []
        self._kept: list[int] = []
        self._got: list[list[int]] = []
        self._again: dict[int, list[int]] = {}
        self._dropped: dict[int, list[int]] = {}
        self._windows: list[list[list[int | None]]] = []
        self._listed: dict[int, list[int]] = {}
        self._failures: dict[int, list[int]] = {}
        self._faults: dict[int, list[int]] = {}

    @property
    def count(self) -> int:
        return len(self.numbers)

    def take(self, cycle: Cycle) -> None:
        """Note what the picture shows of the cycle."""
        place = len(self.numbers)
        self.numbers.append(cycle.number)
        self.started.append(cycle.started)
        self.calls.append(len(cycle.exchanges))
        self.sizes.append(_size(cycle.last_run_after))
        self._took.append((cycle.ended - cycle.started) // _MILLISECOND)
        self._outcomes.append(OUTCOMES[cycle.outcome])
        handed_over = count_incidents(cycle, self._scenario.settings.several_incidents_calls)
        self.made.append(handed_over)
        self._kept.append(count_delivered(cycle, handed_over))
        self._take_incidents(cycle, place)
        self._take_windows(cycle, place)
        self._take_trouble(cycle, place)

    # --- cycles ---

    def _take_incidents(self, cycle: Cycle, place: int) -> None:
        got: list[int] = []
        refused = {refusal.index for refusal in cycle.refusals}
        is_kept = cycle.outcome is Outcome.OK and None not in refused
        for incident in self._incidents_of(cycle):
            is_delivered = is_kept and incident.position not in refused
            is_again = is_delivered and incident.key in self._seen
            for event in incident.events or ("",):
                if not is_delivered and is_kept:
                    self._dropped.setdefault(place, []).append(len(got))
                if is_again and self._accused.accuses(event, cycle.number):
                    self._again.setdefault(place, []).append(len(got))
                got.append(self._entry(event, incident, place, is_delivered=is_delivered))
            if is_delivered:
                self._seen.add(incident.key)
        self._got.append(got)

    def _entry(self, event: str, incident: Handed, place: int, *, is_delivered: bool) -> int:
        """The event's place, or one below zero for an incident that is none of the vendor's events."""
        found = self._number_of(event)
        if found is None:
            return -1 - self._strangers.place(cut(event or incident.name or "(no name)", self._mask, _ID))
        if is_delivered:
            self.delivered_in.setdefault(found, place)
        return found

    def _take_windows(self, cycle: Cycle, place: int) -> None:
        windows: dict[tuple[int | None, ...], None] = {}
        listed: dict[int, None] = {}
        for exchange in cycle.exchanges:
            listing = exchange.listing
            if listing is None:
                continue
            listed.update((self._named[each], None) for each in listing.listed if each in self._named)
            if len(windows) < MOST_WINDOWS and self._asks_for_events(listing):
                windows.update(dict.fromkeys(self._windows_of(exchange, listing, is_first=not windows)))
        self._windows.append([list(window) for window in windows])
        if listed:
            self._listed[place] = list(listed)

    def _asks_for_events(self, listing: Listing) -> bool:
        endpoint = self._kinds.get(listing.endpoint)
        return endpoint is None or endpoint.kind in _LISTING_KINDS

    def _windows_of(self, exchange: Exchange, listing: Listing, *, is_first: bool) -> Iterator[tuple[int | None, ...]]:
        """What the request asked for, a window for each field of time: ask, from, to, and when it was sent."""
        bounds: dict[str, list[datetime | None]] = {}
        for field, compare, bound in listing.bounds:
            when = _time(bound)
            if when is None or compare not in (">", ">=", "<", "<="):
                continue
            span = bounds.setdefault(field, [None, None])
            span[compare[0] == "<"] = when
        at = self.since(exchange.at)
        for field, (lower, upper) in bounds.items():
            ask = self._asks.place((listing.endpoint, field, field == self._scenario.time_field))
            yield ask, self._at(lower), self._at(upper), at
        if not bounds and is_first and not listing.offset:
            endpoint = self._kinds.get(listing.endpoint)
            goes_on = endpoint is not None and endpoint.paging and endpoint.paging.kind in _HOLDS_ITS_PLACE
            yield self._asks.place((listing.endpoint, "", not goes_on and not listing.bounds)), None, None, at

    def _take_trouble(self, cycle: Cycle, place: int) -> None:
        failure = cycle.failure
        if failure is not None:
            text = cut(f"{failure.kind}: {failure.message}", self._mask, _TEXT)
            self._failures[place] = [self._texts.place(text), int(failure.kind == "killed")]
        struck = dict.fromkeys(exchange.fault for exchange in cycle.exchanges if exchange.fault)
        if struck:
            self._faults[place] = [self._texts.place(cut(name, self._mask, _TEXT)) for name in struck]

    # --- what comes out ---

    def delays(self) -> Counter[int]:
        """Of the events that were delivered: cycles from the first one that could have seen it to the one that did."""
        return Counter(
            max(0, place - bisect_left(self.started, self._events[event].visible))
            for event, place in self.delivered_in.items()
        )

    def fields(self) -> dict[str, Any]:
        """The run, as world.js reads it."""
        scenario, events = self._scenario, self._events
        base = (scenario.starts - _EPOCH) // _MILLISECOND
        return {
            "base": base,
            "interval": scenario.interval // _MILLISECOND,
            "starts": moment(scenario.starts),
            "texts": self._texts.all(),
            "asks": [[self._mask(endpoint), self._mask(field), own] for endpoint, field, own in self._asks.all()],
            "strangers": self._strangers.all(),
            "events": {
                "id": [cut(event, self._mask, _ID) for event in events.ids],
                "at": [occurred // 1_000 - base for occurred in events.occurred],
                "lag": [span // 1_000 for span in map(sub, events.visible, events.occurred)],
                "changes": most_of(self._changes(), MOST_CHANGES),
                "records": self._records(),
            },
            "run": {
                "number": self.numbers,
                "at": [self.since(started) for started in self.started],
                "took": self._took,
                "outcome": "".join(self._outcomes),
                "calls": self.calls,
                "size": self.sizes,
                "made": self.made,
                "kept": self._kept,
                "got": self._got,
                "windows": self._windows,
                "again": self._again,
                "dropped": self._dropped,
                "listed": self._listed,
                "failures": self._failures,
                "faults": self._faults,
            },
            "named": self._places_of_named(),
        }

    def since(self, when: datetime) -> int:
        """Milliseconds since the page's own zero, rounded down: the scenario's start, cut to a millisecond."""
        return (when - _EPOCH) // _MILLISECOND - (self._scenario.starts - _EPOCH) // _MILLISECOND

    def _at(self, when: datetime | None) -> int | None:
        return None if when is None else self.since(when)

    def _changes(self) -> Iterator[list[Any]]:
        for place in range(len(self._events)):
            for change in self._events.changes(place):
                yield [place, self.since(change.at), self._change_text(change)]

    def _change_text(self, change: Change) -> str:
        if change.deleted:
            return "deleted"
        return cut(json.dumps(plain(dict(change.set), self._mask)), self._mask, _TEXT)

    def _records(self) -> dict[int, str]:
        chosen = most_of(dict.fromkeys([*self._named.values(), *range(len(self._events))]), MOST_RECORDS)
        return {
            place: cut(json.dumps(plain(dict(self._events[place].record), self._mask)), self._mask, _RECORD)
            for place in chosen
        }

    def _places_of_named(self) -> list[list[int]]:
        """Of each finding, in their order: the places of the events that it names."""
        findings = self._report.findings
        places = ([self._number_of(each) for each in one.events] for one in findings)
        return [most_of((place for place in each if place is not None), MOST_NAMED) for each in places]


class Accused:
    """Which repeated deliveries the findings speak of: the picture accuses nobody of more than the rules do."""

    def __init__(self, report: Report) -> None:
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._nameless: list[tuple[int, int]] = []
        for result in report.results:
            if "duplicate" not in result.rule.name:
                continue
            for finding in result.findings:
                if not finding.cycles:
                    continue
                span = min(finding.cycles), max(finding.cycles)
                for event in finding.events:
                    self._spans.setdefault(event, []).append(span)
                # A hash is no event's own name.
                if not finding.events or finding.events[0].startswith("hash "):
                    self._nameless.append(span)

    def accuses(self, event: str, number: int) -> bool:
        """Whether a finding says that the cycle delivered the event once more."""
        return any(first <= number <= last for first, last in (*self._spans.get(event, ()), *self._nameless))


_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def _time(text: str) -> datetime | None:
    if not _TIME.match(text):
        return None
    try:
        when = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=timezone.utc)


def _size(last_run: Any) -> int:
    try:
        return len(json.dumps(last_run))
    except (TypeError, ValueError, RecursionError):
        return 0
