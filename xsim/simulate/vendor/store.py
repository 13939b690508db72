"""The vendor's events over time: which versions of them the API can show at a moment."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from xsim.model import JsonValue
from xsim.simulate.vendor.moments import UNITS, has_no_zone, microseconds, read_record_time
from xsim.simulate.vendor.paths import Steps, put, steps_of, value_at
from xsim.world import Change, Event

ALWAYS = -(10**20)
"""A moment before every other one."""
LARGEST_OFFSET = 14 * UNITS["h"]


class Version:
    """An event as the API shows it from one change to the next. What was found out about it is kept."""

    __slots__ = ("_body", "_sorted_body", "changed", "components", "event", "record", "sequence", "visible", "zone")

    def __init__(
        self, event: Event, sequence: int, record: Mapping[str, JsonValue], changed: datetime | None, zone: int
    ) -> None:
        self.event = event
        self.sequence = sequence
        """Its place in the scenario: what breaks ties."""
        self.record = record
        self.changed = changed
        self.zone = zone
        """Offset, in microseconds, of the times in the record that do not say theirs."""
        self.visible = microseconds(event.visible)
        self.components: dict[Any, tuple[Any, ...]] = {}
        """How it compares, by column."""
        self._body: bytes | None = None
        self._sorted_body: bytes | None = None

    @property
    def body(self) -> bytes:
        """The record as compact JSON in UTF-8."""
        if self._body is None:
            self._body = json_bytes(self.record)
        return self._body

    @property
    def sorted_body(self) -> bytes:
        """The record as JSON with its keys sorted, by which equal records are found."""
        if self._sorted_body is None:
            self._sorted_body = sorted_json(self.record)
        return self._sorted_body


class Step(NamedTuple):
    """A moment at which the API begins to show something else of one event. None: nothing of it."""

    moment: int
    before: Version | None
    after: Version | None


History = tuple[tuple[int, "Version | None"], ...]
"""Of one event: from when on which version is shown."""


class Store:
    """The events of one vendor. It never changes; what is shown depends on the moment asked for."""

    def __init__(
        self,
        histories: Mapping[int, History],
        *,
        horizon: int | None = None,
        rewritten: Mapping[int, History] | None = None,
        stays: bool = False,
    ) -> None:
        self._histories = histories
        self._horizon = horizon
        """The vendor stands still from then on: no new events, no changes."""
        self._rewritten: Mapping[int, History] = rewritten or {}
        """Histories that count instead, since something was written to these events."""
        self._stays = stays
        """The scenario's changes do not happen."""

    def moment(self, now: int) -> int:
        """The moment whose events are shown at `now`."""
        return now if self._horizon is None else min(now, self._horizon)

    def history(self, sequence: int) -> History:
        """Of one event; empty where there is none."""
        return self._rewritten.get(sequence) or self._histories.get(sequence, ())

    def at(self, sequence: int, now: int) -> Version | None:
        """What is shown of one event."""
        history = self.history(sequence)
        index = bisect_right(history, self.moment(now), key=_moment_of)
        return history[index - 1][1] if index else None

    def versions(self) -> Iterable[Version]:
        """All that there ever are, in the scenario's order."""
        return (version for history in self._all() for _, version in history if version is not None)

    def written(self) -> Iterable[int]:
        """The events to which something was written."""
        return self._rewritten

    def steps(self, streams: tuple[str, ...] = ()) -> list[Step]:
        """In order of time; of these streams, or of all."""
        steps = []
        for history in self._all():
            if streams and not any(v is not None and v.event.stream in streams for _, v in history):
                continue
            steps += steps_in(history)
        steps.sort(key=lambda step: step.moment)
        return steps

    def alone(self, sequence: int) -> Store:
        """Only that event, as it is first shown, from always and for ever."""
        shown = [version for _, version in self._histories[sequence] if version is not None]
        return Store({sequence: ((ALWAYS, shown[0]),)} if shown else {}, stays=True)

    def until(self, since: int) -> Store:
        """The same with nothing written to it, standing still from `since` on."""
        return Store(self._histories, horizon=self.moment(since), stays=self._stays)

    def writing(self, histories: Mapping[int, History]) -> Store:
        """The same with other histories of some events."""
        return Store(
            self._histories, horizon=self._horizon, rewritten={**self._rewritten, **histories}, stays=self._stays
        )

    def rewritten(self, history: History, write: Change, later: Sequence[Change] = ()) -> History:
        """An event's history with a write in it; `later` are writes that were made at later moments.

        From its moment on the write stands over what was there. What the scenario changes after that stands over it.
        """
        moment = self.moment(microseconds(write.at))
        index = bisect_right(history, moment, key=_moment_of)
        version = history[index - 1][1] if index else None
        if version is None:
            return history  # Nothing to write to: not yet listed, or gone.
        planned = () if self._stays else version.event.changes
        others = [(self.moment(microseconds(each.at)), each) for each in later]
        others += [(at, each) for each in planned if (at := microseconds(each.at)) > moment]
        others.sort(key=_moment_of)
        tail = _versions(version, moment, [(moment, write), *others])
        return tuple({**dict(history[:index]), **tail}.items())

    def _all(self) -> Iterable[History]:
        if not self._rewritten:
            return self._histories.values()
        return map(self.history, self._histories)


def steps_in(history: History) -> list[Step]:
    """The moments of one event's history as steps."""
    steps = []
    before = None
    for moment, after in history:
        steps.append(Step(moment, before, after))
        before = after
    return steps


def store_of(events: Iterable[Event], time_field: str) -> Store:
    """All events of a scenario; the time field tells how their records write times."""
    steps = steps_of(time_field)
    return Store({sequence: _history(event, sequence, steps) for sequence, event in enumerate(events)})


def json_bytes(value: JsonValue) -> bytes:
    """Compact JSON in UTF-8. Raises TypeError or ValueError where the value is none."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: UTF-8 has no room for it, an escape has
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def sorted_json(value: JsonValue) -> bytes:
    """The same for equal values; what JSON cannot hold is written somehow."""
    return json.dumps(value, sort_keys=True, default=repr).encode()


def _history(event: Event, sequence: int, time_field: Steps) -> History:
    visible = microseconds(event.visible)
    version = Version(event, sequence, event.record, None, _zone(event, time_field))
    changes = [(microseconds(change.at), change) for change in event.changes]
    return tuple({visible: version, **_versions(version, visible, changes)}.items())


def _versions(version: Version, visible: int, changes: Iterable[tuple[int, Change]]) -> dict[int, Version | None]:
    """What is shown from when on, as one change after the other is made; the last one of each moment counts."""
    found: dict[int, Version | None] = {}
    for moment, change in changes:
        after = None if change.deleted else changed(version, change)
        # What changes before the API lists it is listed changed.
        found[max(visible, moment)] = after
        if after is None:
            break  # What is gone stays gone.
        version = after
    return found


def changed(version: Version, change: Change) -> Version:
    """The version behind a change of fields."""
    return Version(version.event, version.sequence, _changed(version, change), change.at, version.zone)


def _moment_of(entry: tuple[int, Any]) -> int:
    return entry[0]


def _changed(version: Version, change: Change) -> dict[str, JsonValue]:
    record: dict[str, JsonValue] = json.loads(version.body)
    for path, value in change.set.items():
        put(record, steps_of(path), json.loads(json_bytes(value)))
    return record


def _zone(event: Event, time_field: Steps) -> int:
    """What `occurred` says of the offset of times without one: a whole number of quarters, else UTC."""
    written = value_at(event.record, time_field) if time_field else None
    if not has_no_zone(written):
        return 0
    ahead = (read_record_time(written) or 0) - microseconds(event.occurred)
    quarter = 15 * UNITS["m"]
    zone = (ahead + quarter // 2) // quarter * quarter
    return zone if abs(zone) <= LARGEST_OFFSET and abs(ahead - zone) < UNITS["s"] else 0
