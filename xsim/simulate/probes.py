"""Probes: single fetches on copies of the state, behind the schedule, that prove what became of an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from xsim.model import Cycle, Outcome, Probe, Scenario, Vendor
from xsim.simulate.history import History, delivered_by, first_tick_behind
from xsim.simulate.recording import Stored
from xsim.world import Event, JsonValue

AGEING_CYCLES = 20
"""Growth of the last run is judged from so many cycles on (design: rules that must not cry wolf)."""
EVENTS_PROBED = 100
"""So many outstanding events are looked into one by one; a run that misses more is told by these and a count."""
TICKS_TRIED = 3
"""So many ticks are tried before an event counts as not wanted."""
QUIET_DRAINS = 3
"""A drain ends after so many cycles in a row that bring nothing."""
HANGS_IN_A_ROW = 2
"""So many hanging cycles end the run, and so many hanging probes are the last: each costs its limit of real time."""
WITNESSES_LOOKED_AT = 1_000
"""Among so many of the newest events one is looked for that was delivered."""
LOWER, UPPER = (">", ">="), ("<", "<=")


class VendorWorld(Protocol):
    """What probes need of the simulated vendor: worlds with less in them. `state` is what it remembers."""

    state: JsonValue

    def __call__(self, request: Any, now: datetime) -> Any: ...
    def alone(self, event_id: str, *, state: JsonValue = None) -> VendorWorld: ...
    def without_events(self) -> VendorWorld: ...
    def without_news(self, since: datetime) -> VendorWorld: ...


class PlatformLike(Protocol):
    """Runs one command from a given state against a given vendor."""

    def run(
        self,
        command: str,
        number: int,
        started: datetime,
        *,
        stored: Stored,
        vendor: Vendor | None = None,
    ) -> tuple[Cycle, Stored]: ...


def probes(platform: PlatformLike, history: History, vendor: VendorWorld | None) -> Iterator[Probe]:
    """What the run calls for in the process that it has, in order: fresh, wanted, drain, state, ageing."""
    if vendor is not None and _began_from_state(history):
        yield _fresh(platform, history, vendor)
    if vendor is not None and history.last is not None and history.scenario.events:
        yield from _probe_events(platform, history, vendor)
    if _has_grown(history):
        yield _ageing(platform, history, vendor)


def until_they_hang(probes: Iterator[Probe]) -> Iterator[Probe]:
    """These probes, up to the second of two in a row that hang."""
    hangs = 0
    for probe in probes:
        yield probe
        hangs = hangs + 1 if is_hang(probe) else 0
        if hangs == HANGS_IN_A_ROW:
            return


def is_hang(fetch: Cycle | Probe) -> bool:
    return fetch.failure is not None and fetch.failure.kind == "hang"


def _began_from_state(history: History) -> bool:
    scenario = history.scenario
    return bool(scenario.last_run) and scenario.first_cycle == 1 and history.last is not None


def _fresh(platform: PlatformLike, history: History, vendor: VendorWorld) -> Probe:
    """Cycle 1 as it would be for a new instance: what the last run that the scenario gives makes of it shows beside."""
    scenario = history.scenario
    # A copy, so that the vendor remembers nothing of this fetch; what comes while it runs is there, too.
    world = vendor.without_news(scenario.starts + scenario.settings.command_timeout)
    world.state = scenario.vendor_state
    stored = Stored.of({}, scenario.context)
    cycle, _ = platform.run("fetch-incidents", 1, scenario.starts, stored=stored, vendor=world)
    return _probe("fresh", 0, "", scenario.starts, cycle)


def _probe_events(platform: PlatformLike, history: History, vendor: VendorWorld) -> Iterator[Probe]:
    wanted: dict[str, tuple[Event, datetime]] = {}
    is_controlled = False
    unwanted: Event | None = None
    for event in islice(_outstanding(history), EVENTS_PROBED):
        for probe in _wanted(platform, history, vendor, event):
            yield probe
            if probe.outcome is not Outcome.OK and not is_controlled:
                # An event is to blame only where a fetch without it ends well.
                is_controlled = True
                yield _control(platform, history, vendor, probe.at)
        if _brings(probe, event, history.scenario):
            wanted[event.id] = (event, probe.at)
        elif event.wanted:
            wanted[event.id] = (event, history.first_tick_behind(event.occurred))
        elif probe.outcome is Outcome.OK:
            unwanted = unwanted or event
    if unwanted is not None:
        yield from _witness(platform, history, vendor, unwanted)
    if not wanted:
        return
    drained: set[str] = set()
    for probe in _drain(platform, history, vendor, {name: event for name, (event, _) in wanted.items()}):
        yield probe
        if probe.outcome is Outcome.OK:
            drained |= delivered_by(probe.incidents, history.scenario)
    for event, earliest in wanted.values():
        if event.id not in drained:
            yield from _where_lost(platform, history, vendor, event, earliest=earliest)


def _outstanding(history: History) -> Iterator[Event]:
    """Events that could be seen and were not delivered, in the scenario's order, which is that of `visible`."""
    last, events = history.started[-1], history.scenario.events
    for number in history.delivered.missing():
        event = events[number]
        if event.visible > last:
            return
        if event.wanted is not False:
            yield event


def _brings(probe: Probe, event: Event, scenario: Scenario) -> bool:
    return probe.outcome is Outcome.OK and event.id in delivered_by(probe.incidents, scenario)


def _wanted(platform: PlatformLike, history: History, vendor: VendorWorld, event: Event) -> Iterator[Probe]:
    """Whether a right fetch delivers the event: a deliberate filter leaves it out in all these fetches, too.

    The first starts from an empty last run. Its window may end just before the event, and a vendor of the user's own
    may fail at that very tick, so the next two ticks are tried as well. A fetch that only notes the time on its first
    run delivers what comes after that.
    """
    scenario = history.scenario
    empty = Stored.of({}, scenario.context)
    first = history.first_tick_behind(event.occurred)
    moments = [first + more * scenario.interval for more in range(TICKS_TRIED)]
    for place, at in enumerate(moments):
        # Each asks a vendor of its own: what one fetch marks as read there, the next one would not be shown.
        cycle, _ = platform.run("fetch-incidents", 1, at, stored=empty, vendor=vendor.alone(event.id))
        probe = _probe("wanted", 0, event.id, at, cycle)
        yield probe
        if _brings(probe, event, scenario):
            return
        if place == TICKS_TRIED - 1 and (later := _window_s_turn(cycle, event, scenario)) is not None:
            moments.append(later)
    if event.occurred > scenario.starts and probe.outcome is Outcome.OK:
        before = max(scenario.starts, first - scenario.interval)
        priming, primed = platform.run("fetch-incidents", 1, before, stored=empty, vendor=vendor.without_events())
        if is_hang(priming):
            return
        cycle, _ = platform.run("fetch-incidents", 2, first, stored=primed, vendor=vendor.alone(event.id))
        yield _probe("wanted", 0, event.id, first, cycle)


def _witness(platform: PlatformLike, history: History, vendor: VendorWorld, unwanted: Event) -> Iterator[Probe]:
    """An event that was delivered, asked for as those were that seem not wanted.

    A script may hand over no event that is the only one, as `events[1:]` does: where not even this one comes, what did
    not come proves nothing. One of the same stream that never changes is the most like them.
    """
    newest = islice(reversed(history.scenario.events), WITNESSES_LOOKED_AT)
    delivered = [event for event in newest if event.id in history.delivered]
    alike = [event for event in delivered if event.stream == unwanted.stream] or delivered
    for event in sorted(alike, key=lambda each: bool(each.changes))[:1]:
        for probe in _wanted(platform, history, vendor, event):
            yield replace(probe, kind="witness")


def _window_s_turn(cycle: Cycle, event: Event, scenario: Scenario) -> datetime | None:
    """When a fetch that asks for a window long past, as behind a wide first fetch, would ask for the event's; or None.

    The window moves with the clock. It is tried when the event lies in its middle, or an interval before its end.
    """
    end = _upper_bound(cycle, scenario)
    if cycle.outcome is not Outcome.OK or end is None or end > event.occurred:
        return None
    begin = _bound(cycle, scenario, LOWER, min)
    room = (end - begin) / 2 if begin is not None and begin < end else scenario.interval
    return first_tick_behind(scenario, cycle.started + (event.occurred - end) + room)


def _upper_bound(cycle: Cycle, scenario: Scenario) -> datetime | None:
    """The latest moment that any of its lists reached to; None where one had no end."""
    return _bound(cycle, scenario, UPPER, max)


def _bound(
    cycle: Cycle, scenario: Scenario, compares: tuple[str, str], chosen: Callable[[list[datetime]], datetime]
) -> datetime | None:
    found: list[datetime] = []
    for exchange in cycle.exchanges:
        if exchange.listing is None:
            continue
        bounds = [
            text
            for field, compare, text in exchange.listing.bounds
            if field == scenario.time_field and compare in compares
        ]
        try:
            found.append(chosen([datetime.fromisoformat(text.replace("Z", "+00:00")) for text in bounds]))
        except (TypeError, ValueError):
            return None  # It has no such bound, or none that is a time.
    return chosen(found) if found else None


def _control(platform: PlatformLike, history: History, vendor: VendorWorld, at: datetime) -> Probe:
    stored = Stored.of({}, history.scenario.context)
    cycle, _ = platform.run("fetch-incidents", 1, at, stored=stored, vendor=vendor.without_events())
    return _probe("control", 0, "", at, cycle)


def _where_lost(
    platform: PlatformLike, history: History, vendor: VendorWorld, event: Event, *, earliest: datetime
) -> Iterator[Probe]:
    """Narrow down behind which cycle the stored state first shut the event out, by halving.

    No state is asked before `earliest`, the tick at which a fetch from an empty last run delivers it.
    """

    def from_state(index: int) -> Probe:
        # A cursor or a token that the script kept is worth something only to a vendor that knows it.
        remembered = history.vendor_state(index)
        world = vendor.alone(event.id, state=remembered) if remembered else vendor.alone(event.id)
        at = max(history.next_tick(index), earliest)
        number, stored = history.numbers[index] + 1, history.state(index)
        cycle, _ = platform.run("fetch-incidents", number, at, stored=stored, vendor=world)
        return _probe("state", history.numbers[index], event.id, at, cycle)

    def delivers(probe: Probe) -> bool:
        return _brings(probe, event, history.scenario)

    final = from_state(len(history) - 1)
    yield final
    if delivers(final) and _remembers(history.vendor_state(-1)):
        yield _remembering(platform, history, vendor, event, at=final.at)
    if delivers(final) or final.outcome is not Outcome.OK:
        return  # No last run shuts it out: it is blocked, or it is what blocks, or the vendor holds it back.
    open_, shut = -1, len(history) - 1
    while shut - open_ > 1:
        middle = (open_ + shut) // 2
        probe = from_state(middle)
        yield probe
        if delivers(probe):
            open_ = middle
        else:
            shut = middle


def _remembers(vendor_state: JsonValue) -> bool:
    """Whether a vendor function remembers anything: that alone is kept from the fetches at an event of its own."""
    return isinstance(vendor_state, dict) and bool(vendor_state.get("state"))


def _remembering(platform: PlatformLike, history: History, vendor: VendorWorld, event: Event, *, at: datetime) -> Probe:
    """The last of these fetches once more, at a vendor whose function still has all that it remembers."""
    world = vendor.alone(event.id)
    world.state = history.vendor_state(-1)
    number, stored = history.numbers[-1] + 1, history.state(-1)
    cycle, _ = platform.run("fetch-incidents", number, at, stored=stored, vendor=world)
    return _probe("remembering", history.numbers[-1], event.id, at, cycle)


def _drain(platform: PlatformLike, history: History, vendor: VendorWorld, awaited: dict[str, Event]) -> Iterator[Probe]:
    """Extra cycles on a copy of the state, with nothing new at the vendor, until the backlog is worked off."""
    scenario = history.scenario
    interval = scenario.drain_interval or scenario.interval
    stored = history.state(-1)
    at = history.next_tick(len(history) - 1)
    world = vendor.without_news(history.started[-1])
    quiet = 0
    seen: set[str] = set()
    latest = max(event.occurred for event in awaited.values())
    for number in range(history.numbers[-1] + 1, history.numbers[-1] + 1 + scenario.drain):
        cycle, stored = platform.run("fetch-incidents", number, at, stored=stored, vendor=world)
        yield _probe("drain", number - 1, "", at, cycle)
        handed = delivered_by(cycle.incidents, scenario) if cycle.outcome is Outcome.OK else set()
        brought = {name for name in handed - seen if name not in history.delivered}
        seen |= brought
        # A fetch that asks only every hour says nothing in the minutes between; nor does one whose window has not come
        # as far as the events that are waited for, and moves on.
        is_telling = bool(cycle.exchanges) and not _catches_up(cycle, scenario, latest)
        quiet = 0 if brought or not is_telling else quiet + 1
        if quiet == QUIET_DRAINS or awaited.keys() <= seen or cycle.outcome is Outcome.UNSUPPORTED:
            return
        at = max(at + interval, cycle.ended)


def _catches_up(cycle: Cycle, scenario: Scenario, latest: datetime) -> bool:
    """Whether it asked for a window that ends before the latest event, and stored that it has moved on."""
    end = _upper_bound(cycle, scenario)
    return end is not None and end <= latest and cycle.last_run_before != cycle.last_run_after


def _has_grown(history: History) -> bool:
    return len(history) >= AGEING_CYCLES and history.last_run_size(-1) > history.last_run_size(-AGEING_CYCLES)


def _ageing(platform: PlatformLike, history: History, vendor: VendorWorld | None) -> Probe:
    """One fetch with the clock far ahead and no new events: what a last run has outgrown is dropped by then."""
    at = history.started[-1] + _far_ahead(history.scenario)
    world = None if vendor is None else vendor.without_news(history.started[-1])
    number = history.numbers[-1] + 1
    cycle, _ = platform.run("fetch-incidents", number, at, stored=history.state(-1), vendor=world)
    return _probe("ageing", history.numbers[-1], "", at, cycle)


def _far_ahead(scenario: Scenario) -> timedelta:
    """A day, or three look-backs where that is more. Look-back parameters are minutes (server-semantics 9)."""
    for name in ("look_back", "lookback", "fetch_look_back"):
        text = str(scenario.parameters.values.get(name) or "")
        if text.isascii() and text.isdigit() and len(text) < 20:
            return max(timedelta(days=1), 3 * timedelta(minutes=min(int(text), 10_000_000)))
    return timedelta(days=1)


def _probe(kind: str, from_cycle: int, event: str, at: datetime, cycle: Cycle) -> Probe:
    return Probe(
        kind=kind,
        from_cycle=from_cycle,
        at=at,
        outcome=cycle.outcome,
        last_run_after=cycle.last_run_after,
        failure=cycle.failure,
        event=event,
        incidents=cycle.incidents,
        requests=len(cycle.exchanges),
    )
