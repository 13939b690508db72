"""The vendor's events over time: which versions of them the API can show at a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from xsim.events import microseconds, packed
from xsim.simulate.vendor.versions import Originals, Version, changed
from xsim.world import Change, Event

ALWAYS = -(10**20)
"""A moment before every other one."""


class Step(NamedTuple):
    """A moment at which the API begins to show something else of one event. None: nothing of it."""

    moment: int
    sequence: int
    before: Version | None
    after: Version | None


History = tuple[tuple[int, "Version | None"], ...]
"""Of one event: from when on which version is shown."""


class Store:
    """The events of one vendor. It never changes; what is shown depends on the moment asked for.

    Most events never change either: of these, the plain ones, there is nothing to keep but that the vendor holds them.
    """

    def __init__(
        self,
        originals: Originals,
        histories: Mapping[int, History],
        *,
        is_whole: bool = False,
        horizon: int | None = None,
        rewritten: Mapping[int, History] | None = None,
        stays: bool = False,
    ) -> None:
        self.originals = originals
        self._histories = histories
        self.is_whole = is_whole
        """All events without a history of their own are there, each as it is from its first listing on."""
        self._horizon = horizon
        """The vendor stands still from then on: no new events, no changes."""
        self._rewritten: Mapping[int, History] = rewritten or {}
        """Histories that count instead, since something was written to these events."""
        self._stays = stays
        """The scenario's changes do not happen."""

    def moment(self, now: int) -> int:
        """The moment whose events are shown at `now`."""
        return now if self._horizon is None else min(now, self._horizon)

    def is_plain(self, sequence: int) -> bool:
        """Whether the event is there and never changes."""
        return self.is_whole and sequence not in self._histories and sequence not in self._rewritten

    @property
    def is_all_plain(self) -> bool:
        return self.is_whole and not self._histories and not self._rewritten

    def history(self, sequence: int) -> History:
        """Of one event; empty where there is none."""
        found = self._rewritten.get(sequence) or self._histories.get(sequence)
        if found is not None:
            return found
        if not self.is_plain(sequence):
            return ()
        return ((self.originals.events.visible[sequence], self.originals.version(sequence)),)

    def at(self, sequence: int, now: int) -> Version | None:
        """What is shown of one event."""
        moment = self.moment(now)
        if self.is_plain(sequence):
            return self.originals.version(sequence) if self.originals.events.visible[sequence] <= moment else None
        history = self.history(sequence)
        index = bisect_right(history, moment, key=_moment_of)
        return history[index - 1][1] if index else None

    def versions(self) -> Iterator[Version]:
        """All that there ever are, in the scenario's order."""
        held = range(len(self.originals.events)) if self.is_whole else sorted(self._changing())
        for sequence in held:
            if self.is_plain(sequence):
                yield self.originals.glimpse(sequence)
            else:
                yield from (version for _, version in self.history(sequence) if version is not None)

    def written(self) -> Iterable[int]:
        """The events to which something was written."""
        return self._rewritten

    def lone(self) -> Iterable[int]:
        """The events, where the store holds none but those with a history of their own."""
        return self._histories

    def changing(self) -> Iterator[tuple[int, History]]:
        """The events that are not plain, each with its history."""
        return ((sequence, self.history(sequence)) for sequence in self._changing())

    def steps(self, streams: tuple[str, ...] = ()) -> list[Step]:
        """What becomes of the events that are not plain, in order of time; of these streams, or of all."""
        steps: list[Step] = []
        for sequence, history in self.changing():
            if not streams or self.originals.events.stream(sequence) in streams:
                steps += steps_in(sequence, history)
        steps.sort(key=lambda step: step.moment)
        return steps

    def alone(self, sequence: int) -> Store:
        """Only that event, as it is first shown, from always and for ever."""
        history = self._histories.get(sequence) or self.history(sequence)
        shown = [version for _, version in history if version is not None]
        return Store(self.originals, {sequence: ((ALWAYS, shown[0]),)} if shown else {}, stays=True)

    def without_events(self) -> Store:
        """Nothing has happened."""
        return Store(self.originals, {})

    def until(self, since: int) -> Store:
        """The same with nothing written to it, standing still from `since` on."""
        return self._like(horizon=self.moment(since), rewritten={})

    def writing(self, histories: Mapping[int, History]) -> Store:
        """The same with other histories of some events."""
        return self._like(horizon=self._horizon, rewritten={**self._rewritten, **histories})

    def rewritten(self, history: History, write: Change, later: Sequence[Change] = ()) -> History:
        """An event's history with a write in it; `later` are writes that were made at later moments.

        From its moment on the write stands over what was there. What the scenario changes after that stands over it.
        """
        moment = self.moment(microseconds(write.at))
        index = bisect_right(history, moment, key=_moment_of)
        version = history[index - 1][1] if index else None
        if version is None:
            return history  # Nothing to write to: not yet listed, or gone.
        planned = () if self._stays else self.originals.events.changes(version.sequence)
        others = [(self.moment(microseconds(each.at)), each) for each in later]
        others += [(at, each) for each in planned if (at := microseconds(each.at)) > moment]
        others.sort(key=_moment_of)
        tail = _versions(version, moment, [(moment, write), *others])
        return tuple({**dict(history[:index]), **tail}.items())

    def _like(self, *, horizon: int | None, rewritten: Mapping[int, History]) -> Store:
        return Store(
            self.originals,
            self._histories,
            is_whole=self.is_whole,
            horizon=horizon,
            rewritten=rewritten,
            stays=self._stays,
        )

    def _changing(self) -> Iterable[int]:
        return {**self._histories, **self._rewritten} if self._rewritten else self._histories


def steps_in(sequence: int, history: History) -> list[Step]:
    """The moments of one event's history as steps."""
    steps = []
    before = None
    for moment, after in history:
        steps.append(Step(moment, sequence, before, after))
        before = after
    return steps


def store_of(events: Iterable[Event], time_field: str) -> Store:
    """All events of a scenario; the time field tells how their records write times."""
    held = packed(events)
    originals = Originals(held, time_field)
    changing = (number for number in range(len(held)) if held.changes(number))
    return Store(originals, {number: _history(originals, number) for number in changing}, is_whole=True)


def _history(originals: Originals, number: int) -> History:
    visible = originals.events.visible[number]
    version = Version(originals, number)
    changes = [(microseconds(change.at), change) for change in originals.events.changes(number)]
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


def _moment_of(entry: tuple[int, Any]) -> int:
    return entry[0]
