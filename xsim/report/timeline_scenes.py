"""What the timeline shows: the cycles around a finding, each with the window that it asked for, kept in one walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from xsim.events import Events, packed
from xsim.findings import Finding, Report
from xsim.model import Cycle, Exchange, Outcome, Scenario, Severity
from xsim.report.names import namer
from xsim.report.rows import count_delivered, count_incidents
from xsim.report.timeline_times import stored_time, time_of
from xsim.world import Endpoint, Event, JsonValue, Listing, calls_by_name, values_at

PICTURES = 4
_CANDIDATES = 8
"""Findings whose cycles are kept: some turn out to have nothing to draw."""
_ROWS = 8
_WINDOWS = 2
"""Different windows of one cycle that are drawn."""
_TELLING, _TURNING, _NEAR, _FILLING = 3, 2, 1, 0
_MOST_TELLING = 5
_MOST_FILLING = 6
_PRECISIONS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Window:
    """The times that one request asked for, and where the event stood to it."""

    at: datetime
    """When it was sent."""
    lower: datetime | None = None
    upper: datetime | None = None
    lower_is_in: bool = True
    upper_is_in: bool = False
    position: datetime | None = None
    """The event's time by the field that the request filtered."""
    covers: bool | None = None
    """Whether that lies in the window; None where it cannot be told."""
    is_shown: bool = False
    """The vendor lists the event by then."""
    is_listed: bool = False
    """The answer held it."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One cycle, as the picture shows it."""

    number: int
    started: datetime
    ended: datetime
    outcome: Outcome
    windows: tuple[Window, ...]
    delivered: tuple[int, ...]
    """Of each incident of the event that it delivered: for the how-manieth time, from 1."""
    was_delivered: bool
    """By an earlier cycle."""
    incidents: int
    stored: datetime | None
    """The time that it left in the last run, where that can be told."""
    faults: tuple[str, ...]
    weight: int


@dataclass(slots=True)
class Subject:
    """A finding that gets a picture, and what the walk has kept for it."""

    finding: Finding
    event: Event
    needle: str
    """What the text of an incident of the event is sure to hold; "" where nothing is."""
    deliveries: int = 0
    telling: int = 0
    filling: int = 0
    wants_next: bool = False
    may_be_known: bool = False
    """The script may have got it by now: an answer held it, or one that does not say what it held."""
    lanes: dict[int, Lane] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scene:
    """What one picture is drawn from."""

    finding: Finding
    event: Event
    lanes: tuple[Lane, ...]
    """In order; numbers may be left out between them."""
    events: Events
    """All of the vendor's."""


class _Names:
    """Which events a cycle's incidents are; the cycle that was asked for last is read once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._read: Any = None
        self._number = 0
        self._found: list[tuple[int, tuple[str, ...]]] = []

    def of(self, cycle: Cycle) -> list[tuple[int, tuple[str, ...]]]:
        """The place of each incident among those that the cycle handed over, and the identities that it holds."""
        if self._read is None:
            self._read = namer(self._report)
        if self._number != cycle.number:
            self._number = cycle.number
            self._found = [(incident.position, incident.events) for incident in self._read(cycle)]
        return self._found


class Scenes:
    """Takes the journal's cycles one after the other, and keeps those near the findings that get a picture."""

    def __init__(self, report: Report) -> None:
        self._scenario = report.journal.scenario
        self._subjects = list(_subjects(report))
        self._names = _Names(report)
        self._endpoints = calls_by_name(self._scenario.endpoints)
        self._previous: Cycle | None = None

    def add(self, cycle: Cycle) -> None:
        """Takes note of the cycle where a picture needs it."""
        for subject in self._subjects:
            self._look(subject, cycle)
        if self._subjects:
            self._previous = cycle

    def chosen(self) -> dict[int, Scene]:
        """The scenes by the identity of their finding (`id`), at most PICTURES of them."""
        scenes: dict[int, Scene] = {}
        for subject in self._subjects:
            lanes = _rows(subject.lanes)
            if len(scenes) < PICTURES and any(lane.windows or lane.stored for lane in lanes):
                scenes[id(subject.finding)] = Scene(
                    subject.finding, subject.event, lanes, packed(self._scenario.events)
                )
        return scenes

    def _look(self, subject: Subject, cycle: Cycle) -> None:
        before = subject.deliveries
        delivered = self._deliveries(subject, cycle)
        weight = self._weight(subject, cycle, is_delivered=bool(delivered))
        if weight >= _TURNING:
            previous = self._previous
            if previous is not None and previous.number not in subject.lanes:
                self._keep(subject, previous, _NEAR, (), before)
            self._keep(subject, cycle, weight, delivered, before)
            subject.wants_next = True
        elif subject.wants_next:
            self._keep(subject, cycle, _NEAR, delivered, before)
            subject.wants_next = False
        elif subject.lanes and subject.filling < _MOST_FILLING:
            subject.filling += 1
            self._keep(subject, cycle, _FILLING, delivered, before)

    def _weight(self, subject: Subject, cycle: Cycle, *, is_delivered: bool) -> int:
        """How much the picture needs the cycle."""
        if (is_delivered or cycle.number in subject.finding.cycles) and subject.telling < _MOST_TELLING:
            subject.telling += 1
            return _TELLING
        last = self._previous.started if self._previous is not None else None
        for turn in (subject.event.occurred, subject.event.visible):
            if cycle.started >= turn and (last is None or last < turn):
                return _TURNING
        return _FILLING

    def _deliveries(self, subject: Subject, cycle: Cycle) -> tuple[int, ...]:
        """For each incident of the event that the cycle delivered, for the how-manieth time that was."""
        subject.may_be_known = subject.may_be_known or any(_may_hold(each, subject.event) for each in cycle.exchanges)
        # Reading the incidents' JSON again is dear: not where none can be of the event, nor where no more are shown.
        is_over = subject.telling >= _MOST_TELLING and not subject.wants_next
        if is_over or not subject.may_be_known or cycle.outcome is not Outcome.OK:
            return ()
        if not any(subject.needle in text for text in cycle.incidents):
            return ()
        refused = {refusal.index for refusal in cycle.refusals}
        if None in refused:
            return ()
        found = sum(subject.event.id in events for place, events in self._names.of(cycle) if place not in refused)
        subject.deliveries += found
        return tuple(range(subject.deliveries - found + 1, subject.deliveries + 1))

    def _keep(self, subject: Subject, cycle: Cycle, weight: int, delivered: tuple[int, ...], before: int) -> None:
        is_kept = cycle.outcome is Outcome.OK
        handed_over = count_incidents(cycle, self._scenario.settings.several_incidents_calls)
        subject.lanes[cycle.number] = Lane(
            number=cycle.number,
            started=cycle.started,
            ended=cycle.ended,
            outcome=cycle.outcome,
            windows=tuple(self._windows(subject.event, cycle)),
            delivered=delivered,
            was_delivered=before > 0,
            incidents=count_delivered(cycle, handed_over),
            stored=stored_time(cycle.last_run_after) if is_kept else None,
            faults=tuple(dict.fromkeys(exchange.fault for exchange in cycle.exchanges if exchange.fault)),
            weight=weight,
        )

    # --- windows ---

    def _windows(self, event: Event, cycle: Cycle) -> list[Window]:
        """The different windows of the cycle's requests that could list the event, the first ones."""
        found: dict[tuple[object, ...], Window] = {}
        for exchange in cycle.exchanges:
            listing = exchange.listing
            endpoint = self._endpoints.get(listing.endpoint) if listing is not None else None
            if listing is None or not _lists(endpoint, event):
                continue
            for window in _windows_of(exchange, listing, endpoint, event, self._scenario):
                ends = window.lower, window.upper, window.lower_is_in, window.upper_is_in, window.position
                if ends not in found or window.is_listed:
                    found[ends] = window
        windows = sorted(found.values(), key=lambda window: not (window.is_listed or window.covers))
        kept = windows[:_WINDOWS]
        return [window for window in found.values() if window in kept]


def _subjects(report: Report) -> Iterator[Subject]:
    """The first finding of each rule and cause that names one of the vendor's events, the gravest first."""
    scenario = report.journal.scenario
    events = packed(scenario.events)
    told: dict[tuple[str, str], tuple[int, Subject]] = {}
    for result in report.results:
        for finding in result.findings:
            severity = finding.severity or result.rule.severity
            key = result.rule.code, finding.cause
            if finding.accepted or severity is Severity.NOTE or key in told:
                continue
            event = next((found for name in finding.events[:5] if (found := _event_of(name, events))), None)
            if event is not None:
                delivered = int(event.id in scenario.delivered)
                subject = Subject(finding, event, _needle(event.id), delivered)
                told[key] = (severity is not Severity.ERROR, subject)
    ordered = sorted(told.values(), key=lambda each: each[0])
    yield from (subject for _, subject in ordered[:_CANDIDATES])


def _event_of(name: str, events: Events) -> Event | None:
    """The event of this name, which a finding may have cut."""
    number = events.number_of(name)
    if number is not None or not name.endswith("..."):
        return None if number is None else events[number]
    found = [number for number, key in enumerate(events.ids) if key.startswith(name[:-3])]
    return events[found[0]] if len(found) == 1 else None


def _needle(event: str) -> str:
    """A part of the identity that stands in the incidents' JSON as it is, however often that was written as text."""
    part = max(event.split("/"), key=len)
    return part if part.isascii() and part.isprintable() and not set(part) & set("\"\\<>&'") else ""


def _rows(lanes: dict[int, Lane]) -> tuple[Lane, ...]:
    """The lanes that the picture needs most, in order; others fill holes only."""
    last = max((lane.number for lane in lanes.values() if lane.weight > _FILLING), default=0)
    useful = [lane for lane in lanes.values() if lane.number <= last]
    needed = sorted(useful, key=lambda lane: (-lane.weight, lane.number))[:_ROWS]
    return tuple(sorted(needed, key=lambda lane: lane.number))


def _may_hold(exchange: Exchange, event: Event) -> bool:
    if exchange.listing is not None:
        return event.id in exchange.listing.listed
    return exchange.status is not None and exchange.status < 400 and not exchange.login


def _lists(endpoint: Endpoint | None, event: Event) -> bool:
    if endpoint is None:
        return True  # A function answered: what it shows is in its listing.
    return endpoint.kind in ("list", "job") and (not endpoint.streams or event.stream in endpoint.streams)


def _windows_of(
    exchange: Exchange, listing: Listing, endpoint: Endpoint | None, event: Event, scenario: Scenario
) -> Iterator[Window]:
    """A window for each field of time that the request filtered by."""
    fields = dict.fromkeys(name for name, compare, bound in listing.bounds if _is_end(compare, bound))
    is_gone = any(change.deleted and change.at <= exchange.at for change in event.changes)
    is_shown = event.visible <= exchange.at and not is_gone
    is_listed = event.id in listing.listed
    for name in fields:
        position = _position(event, name, exchange.at, scenario)
        covers = None if position is None else True
        lower = upper = None
        lower_is_in, upper_is_in = True, False
        for bounded, compare, bound in listing.bounds:
            when = time_of(bound, is_utc=True)
            if bounded != name or when is None or not _is_end(compare, bound):
                continue
            if compare[0] == ">":
                lower, lower_is_in = when, compare == ">="
            else:
                upper, upper_is_in = when, compare == "<="
            if position is not None and not _keeps(position, compare, when, _precision(endpoint, name, compare)):
                covers = False
        yield Window(
            exchange.at,
            lower,
            upper,
            lower_is_in,
            upper_is_in,
            position,
            covers,
            is_shown=is_shown,
            is_listed=is_listed,
        )


def _is_end(compare: str, bound: str) -> bool:
    return compare in (">", ">=", "<", "<=") and "-" in bound and time_of(bound, is_utc=True) is not None


def _position(event: Event, name: str, at: datetime, scenario: Scenario) -> datetime | None:
    """The event's time by that field, as the vendor's record had it then."""
    for change in reversed(event.changes):
        if change.at <= at and name in change.set:
            return time_of(change.set[name])
    if name == scenario.time_field:
        return event.occurred
    values: list[JsonValue] = values_at(event.record, name)
    return time_of(values[0]) if len(values) == 1 else None


def _precision(endpoint: Endpoint | None, name: str, compare: str) -> timedelta | None:
    if endpoint is None:
        return None
    found = [each.precision for each in endpoint.filters if each.field == name and each.compare == compare]
    return _PRECISIONS.get(found[0]) if found else None


def _keeps(when: datetime, compare: str, bound: datetime, precision: timedelta | None) -> bool:
    """Whether a filter keeps an event of this time. Both are cut to what the vendor compares."""
    if precision is not None:
        when, bound = (each - (each - _EPOCH) % precision for each in (when, bound))
    if when == bound:
        return compare in (">=", "<=")
    return (when > bound) is (compare[0] == ">")
