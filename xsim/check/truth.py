"""What became of each of the vendor's events: when it could be seen, and whether it was delivered or lost."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from xsim.check.bounds import reached
from xsim.check.excerpt import json_text
from xsim.check.fates import Drained, Fate, Fates, Look
from xsim.check.identity import names_by_any
from xsim.check.incidents import batches_of, with_right_case
from xsim.check.last_runs import is_hollow
from xsim.check.positions import Positions
from xsim.check.scenes import holds
from xsim.events import MICROSECOND, Events, microseconds
from xsim.model import Cycle, Outcome, Probe, Scenario
from xsim.world import Event

QUIET_DRAINS = 3
"""Extra cycles in a row that bring nothing: the backlog is worked off (design: wanted, missed, lost at)."""
MOST_PHANTOMS = 20


class Truth:
    """The fates of all events, gathered from cycles and probes. Of the cycles only numbers are kept."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.fates = Fates(scenario.events)
        self.matched = 0
        """Incidents that are an event of the scenario."""
        self.phantoms: list[tuple[int, str]] = []
        """Cycle and name of incidents that are none; the first ones."""
        self.phantom_count = 0
        self.drains: list[Drained] = []
        self._witnessed: dict[str, bool] = {}
        """A delivered event that was asked for as those were that never came, and whether it came."""
        self.positions = Positions(scenario)
        self.has_full_answer = False
        self.has_cut_answer = False
        self.numbers: list[int] = []
        self._ended: dict[int, datetime] = {}
        self._last: Cycle | None = None
        self._has_begun = not is_hollow(scenario.last_run) or not is_hollow(scenario.context)
        self._before_first: set[int] = set()
        """Cycles before any fetch ended well or stored something: the first-fetch window is that of a later one."""
        self.order: Sequence[int] = by_visible(self.fates.events)
        """The numbers of the events, in the order in which the API lists them first."""
        self._widest_of: dict[str, int | None] = {}
        self._interval = scenario.interval // MICROSECOND
        self._seen = 0
        self._full = 0
        for key in scenario.delivered:
            number = self._number_of(key.rsplit(" [", 1)[0] if scenario.part else key)
            if number is not None:
                self.fates.earlier[number] = True

    # --- cycles ---

    def take(self, cycle: Cycle, *, is_struck: bool = False) -> None:
        """Note which events this cycle could see, and which the vendor listed; `is_struck`: a fault stood between."""
        self.numbers.append(cycle.number)
        self._ended[cycle.number] = cycle.ended
        self._last = cycle
        is_clear = cycle.outcome is Outcome.OK and not is_struck
        self._begin(cycle, is_clear=is_clear)
        self._see(cycle, is_clear=is_clear)
        self.positions.take(cycle)
        fates = self.fates
        for exchange in cycle.exchanges:
            listing = exchange.listing
            if listing is None:
                continue
            for event in listing.listed:
                number = self._number_of(event)
                if number is not None:
                    fates.first_listed[number] = fates.first_listed[number] or cycle.number
                    fates.last_sent[number] = cycle.number
            if listing.limit is not None and listing.order:
                self.has_full_answer = self.has_full_answer or listing.matched == listing.limit
                self.has_cut_answer = self.has_cut_answer or listing.matched > listing.limit

    def new_in(self, number: int, names: Iterable[str]) -> list[str]:
        """Of these events, each once, the ones that no cycle before this one had delivered."""
        known = [self.fates[name] for name in dict.fromkeys(names) if name in self.fates]
        return [fate.event.id for fate in known if not (fate.is_earlier or 0 < fate.delivered < number)]

    def note_sent(self, cycle: Cycle) -> None:
        """Note what the vendor put into answers that may never have arrived; `take` sees only what did."""
        for exchange in cycle.exchanges:
            for event in exchange.listing.listed if exchange.listing is not None else ():
                number = self._number_of(event)
                if number is not None:
                    self.fates.last_sent[number] = cycle.number

    def _begin(self, cycle: Cycle, *, is_clear: bool) -> None:
        if not self._has_begun:
            is_empty = is_hollow(cycle.last_run_after) and is_hollow(cycle.context_after)
            self._has_begun = is_clear or not is_empty
            if not self._has_begun:
                self._before_first.add(cycle.number)

    def _see(self, cycle: Cycle, *, is_clear: bool) -> None:
        fates, events, order, started = self.fates, self.fates.events, self.order, microseconds(cycle.started)
        while self._seen < len(order) and events.visible[order[self._seen]] <= started:
            fates.first_visible[order[self._seen]] = cycle.number
            self._seen += 1
        while self._full < len(order) and events.visible[order[self._full]] + self._interval <= started:
            number = order[self._full]
            ends = self._ends(number)
            # Once it has changed, a fetch of the event as it was first listed proves nothing any more.
            if ends is None or (started < ends and is_clear):
                fates.full_cycle[number] = cycle.number
            self._full += 1

    def _ends(self, number: int) -> int | None:
        """When the event is for the first time no longer what it was when it was first listed; None: never."""
        events = self.fates.events
        changed = (microseconds(change.at) for change in events.changes(number))
        ends = next((at for at in sorted(changed) if at > events.visible[number]), None)
        stream = events.stream(number)
        if stream not in self._widest_of:
            self._widest_of[stream] = self._widest(stream)
        if (widest := self._widest_of[stream]) is not None:
            # The vendor gives nothing farther back than that: for a fetch it is as if the event were gone.
            gone = events.occurred[number] + widest
            ends = gone if ends is None else min(ends, gone)
        return ends

    def _widest(self, stream: str) -> int | None:
        """How far back the vendor can be asked for such events, in microseconds.

        None: for ever, or by a list without a bound.
        """
        lists = [each for each in self.scenario.endpoints if each.kind in ("list", "job")]
        spans = [
            max((own.widest for own in each.filters if own.required and own.widest is not None), default=None)
            for each in lists
            if not each.streams or stream in each.streams
        ]
        known = [span for span in spans if span is not None]
        is_known = bool(known) and len(known) == len(spans) and self.scenario.hatch is None
        return max(known) // MICROSECOND if is_known else None

    def deliver(self, names: Sequence[str], number: int) -> None:
        """Enter a delivered incident by its names."""
        delivered = self.fates.delivered
        found = [event for name in names if (event := self._number_of(name)) is not None]
        self.matched += bool(found)
        for event in found:
            delivered[event] = delivered[event] or number
        if names and not found:
            self.phantom_count += 1
            if len(self.phantoms) < MOST_PHANTOMS:
                self.phantoms.append((number, names[0]))

    # --- probes ---

    def take_probes(self, probes: Iterable[Probe]) -> None:
        for probe in probes:
            if probe.kind == "control" and probe.outcome is not Outcome.OK:
                self.fates.are_free = True
            if probe.kind not in ("wanted", "witness", "state", "remembering", "drain"):
                continue
            names = set(names_handed(probe.incidents, self.scenario))
            if probe.kind == "witness":
                if probe.outcome is Outcome.OK:
                    self._witnessed[probe.event] = probe.event in names or self._witnessed.get(probe.event, False)
                continue
            if probe.kind == "drain":
                self._drain(probe, names)
                continue
            number = self._number_of(probe.event)
            if number is None:
                continue
            is_telling = probe.requests != 0 and not names - {probe.event}
            hands_over = any(text.strip() not in ("[]", "null", "") for text in probe.incidents)
            look = Look(probe.at, probe.outcome, probe.event in names, probe.failure, is_telling, hands_over)
            if probe.kind == "wanted":
                self.fates.wanted_looks[number] = look
            elif probe.kind == "remembering":
                self.fates.remembering_looks[number] = look
            else:
                self.fates.states.setdefault(number, {})[probe.from_cycle] = look

    def _drain(self, probe: Probe, names: set[str]) -> None:
        brought, fates = 0, self.fates
        if probe.outcome is Outcome.OK:
            for name in names:
                number = self._number_of(name)
                if number is not None and not (fates.delivered[number] or fates.drained[number]):
                    fates.drained[number] = True
                    brought += 1
        self.drains.append(
            Drained(probe.outcome, brought, json_text(probe.last_run_after), probe.requests != 0, probe.at)
        )

    # --- verdicts ---

    @property
    def matches_nothing(self) -> bool:
        """Whether incidents were delivered, and none is an event of the scenario."""
        return not self.matched and bool(self.phantom_count)

    @property
    def is_drained_dry(self) -> bool:
        """Whether the extra cycles asked, ended well and brought nothing any more."""
        last = self.drains[-QUIET_DRAINS:]
        is_quiet = all(each.outcome is Outcome.OK and each.has_asked and not each.brought for each in last)
        return len(last) == QUIET_DRAINS and is_quiet

    def missed(self) -> Iterator[Fate]:
        """Events that were wanted, visible for a full cycle, never delivered, and are shut out by the last state."""
        for fate in self._outstanding():
            if fate.full_cycle and self._is_gone(fate) and self.lost_at(fate) not in self._before_first:
                yield fate

    def before_the_first_fetch(self) -> Iterator[Fate]:
        """Events that a first fetch in time would have delivered; the first that ended well begins its window later."""
        for fate in self._outstanding() if self._before_first else ():
            if self._is_gone(fate) and self.lost_at(fate) in self._before_first:
                yield fate

    def _is_gone(self, fate: Fate) -> bool:
        return self._is_undelivered(fate) and self.is_shut_out(fate)

    def blocked(self) -> Iterator[Fate]:
        """Wanted events that never came although no state shuts them out: something stands before them."""
        for fate in self._outstanding():
            if self._is_undelivered(fate) and not fate.is_poison and fate.states and not self.is_shut_out(fate):
                yield fate

    def taken_off(self) -> Iterator[Fate]:
        """Events that a vendor function holds back by what it remembers, since a fetch that did not deliver them.

        The last run shuts none of them out. But with what the vendor remembers a fetch does not deliver the event,
        alone at the vendor or among all others in the extra cycles; without it the same fetch does.
        """
        for fate in self.blocked() if self.is_drained_dry else ():
            look = fate.remembering_look
            is_held_back = look is not None and look.shuts_out
            if is_held_back and fate.full_cycle and fate.last_sent and not self._is_kept(fate.event.id):
                yield fate

    def is_deleted(self, fate: Fate) -> bool:
        """Whether the vendor holds the event no more: a fetch of it as it was first listed says nothing of the end."""
        last = self._last
        if last is None:
            return False
        state = last.vendor_state if isinstance(last.vendor_state, dict) else {}
        is_written_off = any(write[1] is None for write in (state.get("writes") or {}).get(fate.event.id, ()))
        return is_written_off or any(change.deleted and change.at <= last.ended for change in fate.event.changes)

    def unexamined(self) -> int:
        """Events that were not delivered and that nobody looked into."""
        fates = self.fates
        return sum(
            number not in fates.wanted_looks and fates.events.wanted(number) is not False
            for number in fates.outstanding()
        )

    def undecided_or_wanted(self) -> Iterator[Fate]:
        """Events that could be seen and never came, but for those of which it is known that they should not."""
        return (
            fate for fate in self._outstanding() if fate.is_wanted or (fate.wanted is None and not fate.wanted_look)
        )

    def unwanted(self) -> Iterator[Fate]:
        """Events that never came, and that no fetch which sees them alone delivers: filtered out, by all we know."""
        for fate in self._outstanding():
            look = fate.wanted_look
            is_left = not fate.is_drained and fate.wanted is None
            if is_left and look is not None and look.outcome is Outcome.OK and not look.hands_over:
                yield fate

    @property
    def vain_witness(self) -> str:
        """A delivered event that does not come alone either, so that others prove nothing by not coming; or ""."""
        return next((event for event, comes in self._witnessed.items() if not comes), "")

    def _outstanding(self) -> Iterator[Fate]:
        return (Fate(self.fates, number) for number in self.fates.outstanding())

    def _number_of(self, event: str) -> int | None:
        return self.fates.events.number_of(event)

    def _is_undelivered(self, fate: Fate) -> bool:
        return fate.is_outstanding and not fate.is_drained and fate.is_wanted

    def is_shut_out(self, fate: Fate) -> bool:
        """Whether a fetch from the last stored state ends well and does not deliver the event."""
        last = fate.states.get(self.numbers[-1]) if self.numbers else None
        if last is None or not last.shuts_out or self._is_caught_up_with(fate):
            return False
        if self.is_drained_dry:
            return True
        # What a script fetched and keeps for a later cycle comes without the vendor, once its turn has come.
        return not self.positions.are_kept and not self._is_kept(fate.event.id)

    def _is_caught_up_with(self, fate: Fate) -> bool:
        """Whether the fetch asks for one window after the other, and had not come as far as the event at the end."""
        assert self._last is not None
        listings = [each.listing for each in self._last.exchanges if each.listing is not None]
        end = reached(self.scenario, listings)
        moves = {each.last_run for each in self.drains[-2:]}
        return end is not None and end <= fate.event.occurred and len(moves) > 1

    def _is_kept(self, event: str) -> bool:
        last = self._last
        return last is not None and (holds(last.last_run_after, event) or holds(last.context_after, event))

    def lost_at(self, fate: Fate) -> int | None:
        """The first cycle whose stored state does not deliver the event while the one before does; None: unknown."""
        asked = sorted(fate.states.items())
        for (below, before), (number, after) in pairwise(asked):
            if before.shows and self._shuts_out(number, after, fate) and self._follows(below, number):
                return number if self._could_lose(number, fate.event) else None
        number, first = asked[0]
        begins_empty = self.scenario.last_run in ({}, None, "") and not self.scenario.context
        look = fate.wanted_look
        is_first = number == self.numbers[0] and begins_empty
        is_lost = is_first and look is not None and look.shows and self._shuts_out(number, first, fate)
        return number if is_lost and self._could_lose(number, fate.event) else None

    def _shuts_out(self, number: int, look: Look, fate: Fate) -> bool:
        """Whether the state stored after this cycle is what keeps the event away.

        A fetch that begins behind a count of records says nothing of a vendor with one event; nor does one at a time at
        which even a fetch from an empty last run did not deliver it yet, as that may end its window before the event.
        """
        wanted = fate.wanted_look
        is_early = wanted is not None and wanted.shows and look.at < wanted.at
        return look.shuts_out and not is_early and not self.positions.may_begin_behind(number)

    def _could_lose(self, number: int, event: Event) -> bool:
        """A vendor function may count positions, so that what it shows of an event yet to come proves nothing."""
        return self.scenario.hatch is None or self._ended[number] >= event.occurred

    def is_to_come(self, event: Event, number: int | None) -> bool:
        """Whether the event occurs behind the end of this cycle."""
        return number is not None and number in self._ended and self._ended[number] < event.occurred

    def _follows(self, below: int, number: int) -> bool:
        """Whether no cycle ran between these two."""
        return self.numbers[self.numbers.index(number) - 1] == below if number in self.numbers else False


def by_visible(events: Events) -> Sequence[int]:
    """The numbers of the events, in the order in which they are first listed."""
    every = range(len(events))
    return every if events.is_by_visible else array("I", sorted(every, key=events.visible.__getitem__))


def names_handed(incidents: Iterable[str], scenario: Scenario) -> Iterator[str]:
    """The events that these batches of incidents hold."""
    for batch in batches_of(incidents):
        for incident in batch:
            raw = with_right_case(incident).get("rawJSON") if isinstance(incident, dict) else None
            try:
                if isinstance(raw, str):
                    yield from names_by_any(json.loads(raw), scenario.identity, scenario.other_identities)
            except (ValueError, RecursionError):
                continue  # Told by the rules about incidents.
