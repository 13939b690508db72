"""One of the vendor's events, and what became of it: when it could be seen, who delivered it, what probes showed."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, ValuesView
from datetime import datetime
from typing import NamedTuple

from xsim.events import EPOCH, MICROSECOND, Events, packed
from xsim.model import Failure, Outcome
from xsim.world import Event


class Look(NamedTuple):
    """What a fetch on a copy of the state showed of one event."""

    at: datetime
    outcome: Outcome
    delivers: bool
    failure: Failure | None
    is_telling: bool = True
    """Whether it asked the vendor, and handed over nothing that an earlier fetch had kept back."""
    hands_over: bool = False
    """Whether it handed over any incident, that of the event or one that names nothing."""

    @property
    def shows(self) -> bool:
        """Whether it shows that the event can come from here."""
        return self.outcome is Outcome.OK and self.delivers

    @property
    def shuts_out(self) -> bool:
        """Whether it shows that the event cannot come from here."""
        return self.outcome is Outcome.OK and not self.delivers and self.is_telling


class Drained(NamedTuple):
    """An extra cycle behind the schedule."""

    outcome: Outcome
    brought: int
    """Events that were not delivered before."""
    last_run: str
    has_asked: bool
    at: datetime


class Fate:
    """One event, and what became of it: a view, as there may be a million. Cycles are numbers; 0 stands for none."""

    __slots__ = ("_event", "_fates", "number")

    def __init__(self, fates: Fates, number: int) -> None:
        self.number = number
        """Of the event."""
        self._fates = fates
        self._event: Event | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fate) and (self.number, self._fates) == (other.number, other._fates)

    def __hash__(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return f"Fate({self.id!r})"

    @property
    def event(self) -> Event:
        if self._event is None:
            self._event = self._fates.events[self.number]
        return self._event

    @property
    def id(self) -> str:
        """Of the event, which need not be built for it."""
        return self._fates.events.ids[self.number]

    @property
    def occurred(self) -> datetime:
        """As `id`."""
        return EPOCH + MICROSECOND * self._fates.events.occurred[self.number]

    @property
    def first_visible(self) -> int:
        return self._fates.first_visible[self.number]

    @property
    def full_cycle(self) -> int:
        return self._fates.full_cycle[self.number]

    @property
    def first_listed(self) -> int:
        return self._fates.first_listed[self.number]

    @property
    def last_sent(self) -> int:
        return self._fates.last_sent[self.number]

    @property
    def delivered(self) -> int:
        return self._fates.delivered[self.number]

    @property
    def is_earlier(self) -> bool:
        return bool(self._fates.earlier[self.number])

    @property
    def is_drained(self) -> bool:
        return bool(self._fates.drained[self.number])

    @property
    def is_free(self) -> bool:
        """A fetch of no event at all fails as well, so that this one is not to blame."""
        return self._fates.are_free

    @property
    def wanted_look(self) -> Look | None:
        return self._fates.wanted_looks.get(self.number)

    @property
    def states(self) -> Mapping[int, Look]:
        """From the state stored after a cycle, the vendor holding this event alone."""
        return self._fates.states.get(self.number, {})

    @property
    def remembering_look(self) -> Look | None:
        """As the last of these, at a vendor whose function has all that it remembers."""
        return self._fates.remembering_looks.get(self.number)

    @property
    def wanted(self) -> bool | None:
        """What the scenario states of it; None: nothing."""
        return self._fates.events.wanted(self.number)

    @property
    def has_changes(self) -> bool:
        """Whether the event becomes another one later."""
        return bool(self._fates.events.changes(self.number))

    @property
    def is_wanted(self) -> bool:
        """Whether a right fetch delivers it: stated, or shown by a delivery."""
        if self.wanted is not None:
            return self.wanted
        look = self.wanted_look
        return bool(self.delivered) or (look is not None and look.shows)

    @property
    def is_outstanding(self) -> bool:
        return bool(self.first_visible) and not (self.delivered or self.is_earlier)

    @property
    def is_poison(self) -> bool:
        """Whether a fetch of this event alone does not end well, where one of none does."""
        look = self.wanted_look
        return self.is_outstanding and not self.is_free and look is not None and look.outcome is not Outcome.OK


class Fates(Mapping[str, Fate]):
    """The fates of all events by their ids, held in columns that have a place for each event's number."""

    __hash__ = object.__hash__

    def __init__(self, events: Iterable[Event]) -> None:
        self.events = without_doubles(packed(events))
        number = len(self.events)
        self.first_visible = cycle_numbers(number)
        self.full_cycle = cycle_numbers(number)
        """The first cycle that began a whole interval after the event became visible, as it was first listed."""
        self.first_listed = cycle_numbers(number)
        self.last_sent = cycle_numbers(number)
        """The last cycle in which an answer of the vendor held it, whether or not the answer arrived."""
        self.delivered = cycle_numbers(number)
        """The first OK cycle that delivered it."""
        self.earlier = bytearray(number)
        """Delivered by a run that this one goes on from."""
        self.drained = bytearray(number)
        self.are_free = False
        self.wanted_looks: dict[int, Look] = {}
        self.states: dict[int, dict[int, Look]] = {}
        self.remembering_looks: dict[int, Look] = {}

    def __eq__(self, other: object) -> bool:
        return self is other

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[str]:
        return iter(self.events.ids)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.events.number_of(name) is not None

    def __getitem__(self, name: str) -> Fate:
        number = self.events.number_of(name)
        if number is None:
            raise KeyError(name)
        return Fate(self, number)

    def values(self) -> ValuesView[Fate]:
        return _All(self)

    def outstanding(self) -> Iterator[int]:
        """Numbers of the events that could be seen and that no run delivered."""
        columns = zip(self.first_visible, self.delivered, self.earlier, strict=True)
        return (number for number, (seen, came, was) in enumerate(columns) if seen and not (came or was))

    def waited_for(self) -> Iterator[int]:
        """Numbers of the events that could be seen, that no earlier run delivered, and that a right fetch delivers."""
        columns = zip(self.first_visible, self.earlier, strict=True)
        return (
            number for number, (seen, was) in enumerate(columns) if seen and not was and Fate(self, number).is_wanted
        )

    def delivered_before(self, cycle: int) -> Iterator[int]:
        """Numbers of the events that this run had delivered by then."""
        return (number for number, came in enumerate(self.delivered) if 0 < came < cycle)


class _All(ValuesView[Fate]):
    _mapping: Fates

    def __iter__(self) -> Iterator[Fate]:
        return (Fate(self._mapping, number) for number in range(len(self._mapping)))


def cycle_numbers(number: int) -> array[int]:
    """So many zeros."""
    return array("I", bytes(4)) * number


def without_doubles(events: Events) -> Events:
    """Of events with one id, which masked ids may be, the last one in the first one's place."""
    if events.double is None:
        return events
    return events.in_order(list({name: number for number, name in enumerate(events.ids)}.values()))
