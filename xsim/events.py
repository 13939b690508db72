"""The vendor's events, as many as a scenario has, in little memory: each is built anew where it is asked for.

So are the identities that earlier runs delivered, of which there may be as many.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Any, overload

from xsim.texts import Few, Index, Names, Texts
from xsim.world import Change, Event

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
_WANTED = (None, False, True)
# ASCII, so that half of a surrogate pair has room.
_ENCODER = json.JSONEncoder(separators=(",", ":"))


class Events(Sequence[Event]):
    """A sequence of events that never changes. An event is known by its number, its place in the sequence.

    A million of them take some 60 MB beside the texts of their records. What is asked of all of them is asked of the
    columns (`ids`, `occurred`, `visible`); `events[number]` builds one event from its JSON, in some microseconds.
    """

    __slots__ = ("_changes", "_double", "_ids", "_index", "_records", "_streams", "_wanted", "occurred", "visible")

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.occurred = array("q")
        """Of each event, in microseconds since 1970."""
        self.visible = array("q")
        """The same of the moment when the API first lists it."""
        self._ids = Texts()
        self._records = Texts()
        self._changes: dict[int, tuple[Change, ...]] = {}
        self._wanted = bytearray()
        self._streams = Few()
        self._index: Index | None = None
        self._double: tuple[int, int] | None = None
        for event in events:
            self._add(event)

    def __len__(self) -> int:
        return len(self.visible)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Event, ...]: ...
    def __getitem__(self, index: int | slice) -> Event | tuple[Event, ...]:
        if isinstance(index, slice):
            return tuple(map(self._event, range(*index.indices(len(self)))))
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError("no event has that number")
        return self._event(number)

    def __iter__(self) -> Iterator[Event]:
        return map(self._event, range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Events({len(self)})"

    def __reduce__(self) -> tuple[Any, ...]:
        columns = (self.occurred, self.visible, self._ids, self._records, self._changes, self._wanted, self._streams)
        return _restored, columns

    @property
    def ids(self) -> Sequence[str]:
        """Of each event."""
        return self._ids

    def record_text(self, number: int) -> str:
        """The record as compact JSON."""
        return self._records[number]

    def record_size(self, number: int) -> int:
        """Bytes of that text."""
        return self._records.sizes[number]

    @property
    def size(self) -> int:
        """Bytes of all records' texts."""
        return sum(self._records.sizes)

    def stream(self, number: int) -> str:
        return self._streams[number]

    def wanted(self, number: int) -> bool | None:
        return _WANTED[self._wanted[number]]

    def changes(self, number: int) -> tuple[Change, ...]:
        """In order of time."""
        return self._changes.get(number, ())

    def number_of(self, event_id: str) -> int | None:
        """The number of the event with that id, the first of several; None where there is none."""
        return (self._index or self._fill_index()).number_of(event_id)

    @property
    def double(self) -> tuple[int, int] | None:
        """The numbers of two events with one id, the first that come so; None where each has an id of its own."""
        if self._index is None:
            self._fill_index()
        return self._double

    def in_order(self, numbers: Iterable[int]) -> Events:
        """These events, in this order. Their texts are not copied."""
        chosen = numbers if isinstance(numbers, Sequence) else array("I", numbers)
        found = Events()
        found._ids, found._records = self._ids.in_order(chosen), self._records.in_order(chosen)
        found.occurred.extend(map(self.occurred.__getitem__, chosen))
        found.visible.extend(map(self.visible.__getitem__, chosen))
        found._wanted.extend(map(self._wanted.__getitem__, chosen))
        for place, number in enumerate(chosen):
            found._streams.append(self._streams[number])
            if number in self._changes:
                found._changes[place] = self._changes[number]
        return found

    def by_visible(self) -> Events:
        """All events in the order in which the API lists them first; those of one moment stay in their order."""
        if self.is_by_visible:
            return self
        return self.in_order(array("I", sorted(range(len(self)), key=self.visible.__getitem__)))

    @property
    def is_by_visible(self) -> bool:
        """Whether they stand in the order in which the API lists them first."""
        return all(earlier <= later for earlier, later in pairwise(self.visible))

    def _add(self, event: Event) -> None:
        if event.changes:
            self._changes[len(self)] = event.changes
        self._ids.append(event.id)
        self._records.append(_ENCODER.encode(event.record))
        self._wanted.append(0 if event.wanted is None else 1 + event.wanted)
        self._streams.append(event.stream)
        self.occurred.append(microseconds(event.occurred))
        self.visible.append(microseconds(event.visible))

    def _event(self, number: int) -> Event:
        return Event(
            id=self._ids[number],
            occurred=EPOCH + MICROSECOND * self.occurred[number],
            visible=EPOCH + MICROSECOND * self.visible[number],
            record=json.loads(self._records[number]),
            changes=self._changes.get(number, ()),
            wanted=_WANTED[self._wanted[number]],
            stream=self._streams[number],
        )

    def _fill_index(self) -> Index:
        self._index = index = Index(self._ids)
        for number, event_id in enumerate(self._ids):
            first = index.enter(event_id, number)
            if first != number and self._double is None:
                self._double = first, number
        return index


class Delivered(Mapping[str, tuple[int, str]]):
    """Identities that were delivered: the last cycle, and the digest of the rawJSON as 16 hexadecimal digits.

    Of cycle 0, and with an empty digest, are those of which no more is known than that.
    """

    __slots__ = ("_cycles", "_marks", "_names", "_others")

    def __init__(self, held: Iterable[tuple[str, tuple[int, str]]] = ()) -> None:
        self._names = Names()
        self._cycles = array("I")
        self._marks = array("Q")
        self._others: dict[str, tuple[int, str]] = {}
        """Those whose digest is none of ours, or whose cycle has no room."""
        for name, (cycle, digest) in held:
            self._keep(name, cycle, digest)

    def note(self, name: str, cycle: int, mark: int) -> tuple[int, int] | None:
        """A delivery, its digest as a number; cycle and digest of the one before, None where it is the first."""
        known = len(self._cycles)
        number = self._names.add(name)
        if number == known:
            self._cycles.append(cycle)
            self._marks.append(mark)
            return None
        before = self._cycles[number], self._marks[number]
        self._cycles[number], self._marks[number] = cycle, mark
        return before

    def __len__(self) -> int:
        return len(self._names) + len(self._others)

    def __iter__(self) -> Iterator[str]:
        yield from self._names
        yield from self._others

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self._names.number_of(name) is not None or name in self._others)

    def __getitem__(self, name: str) -> tuple[int, str]:
        number = self._names.number_of(name)
        return self._others[name] if number is None else self._value(number)

    def _value(self, number: int) -> tuple[int, str]:
        return self._cycles[number], f"{self._marks[number]:016x}"

    def _keep(self, name: str, cycle: int, digest: str) -> None:
        is_ours = len(digest) == 16 and not set(digest) - set("0123456789abcdef") and 0 <= cycle < 2**32
        if is_ours:
            self._others.pop(name, None)
            self.note(name, cycle, int(digest, 16))
        elif self._names.number_of(name) is None:
            self._others[name] = cycle, digest


def packed(events: Iterable[Event]) -> Events:
    """The same events in little memory."""
    return events if isinstance(events, Events) else Events(events)


def microseconds(moment: datetime) -> int:
    """Since 1970."""
    span = moment - EPOCH
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds


def _restored(*columns: Any) -> Events:
    events = Events()
    (
        events.occurred, events.visible, events._ids, events._records, events._changes, events._wanted,
        events._streams,
    ) = columns  # fmt: skip
    return events
