"""Makes a stream's events. All chance comes from the seed and the stream's name: streams do not disturb each other."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from heapq import merge
from typing import Any

from xsim.load.scenario_events import changes_of
from xsim.load.scenario_paths import MISSING, identity_of, put_at, remove_at, value_at
from xsim.load.scenario_streams import MOST_EVENTS, Choice, Lag, Stream
from xsim.load.scenario_values import LATEST
from xsim.model import JsonValue
from xsim.world import Change, Event

_PLACEHOLDER = re.compile(r"\{(?:(id|time)|n(?::(0?\d{1,2}))?)\}")
_MICROSECOND = timedelta(microseconds=1)


def make_events(stream: Stream, seed: int, paths: tuple[str, ...]) -> Iterator[Event]:
    """The stream's events in order of time, at most MOST_EVENTS. `paths` are the identity's.

    Raises KeyError with the path that holds nothing in a record, ValueError where time runs out.
    """
    chance = random.Random(f"{seed}:{stream.name}")
    for number, moment in enumerate(sorted(_times(stream, chance)), start=stream.first):
        if not moment < LATEST:
            raise ValueError("it goes on past the year 2200")
        yield _make_event(stream, number, moment, chance, paths)


def _times(stream: Stream, chance: random.Random) -> Iterator[datetime]:
    """When each event occurs; those of a burst share one moment."""
    left = MOST_EVENTS if stream.count is None else stream.count
    for moment, size in merge(_rhythm(stream, chance), _timed_bursts(stream)):
        for _ in range(min(size, left)):
            yield moment
        left -= min(size, left)
        if not left:
            return


def _rhythm(stream: Stream, chance: random.Random) -> Iterator[tuple[datetime, int]]:
    """Moments and how many events each has. It ends with the stream, or is left off when the count is reached."""
    if stream.every is None and stream.rate is None:
        return
    at = stream.begins
    for number in range(1, MOST_EVENTS + 1):
        if stream.rate:
            at += timedelta(seconds=chance.expovariate(stream.rate / 60))
        if not at < (stream.ends or LATEST):
            return
        is_burst = isinstance(stream.burst_every, int) and number % stream.burst_every == 0
        moment = at
        if stream.jitter:
            moment += _MICROSECOND * chance.randint(-(stream.jitter // _MICROSECOND), stream.jitter // _MICROSECOND)
        yield moment, stream.burst if is_burst else 1
        if stream.every:
            at += stream.every


def _timed_bursts(stream: Stream) -> Iterator[tuple[datetime, int]]:
    if not isinstance(stream.burst_every, timedelta):
        return
    at = stream.begins
    for _ in range(MOST_EVENTS):
        at += stream.burst_every
        if not at < (stream.ends or LATEST):
            return
        yield at, stream.burst


def _make_event(stream: Stream, number: int, moment: datetime, chance: random.Random, paths: tuple[str, ...]) -> Event:
    time = stream.time.write(moment, chance)
    names = {"n": number, "time": time, "id": ""}
    names["id"] = _filled_text(stream.id_text, names)
    record = _filled(stream.record, names)
    _put_if_missing(record, stream.id_path, int(names["id"]) if stream.has_number_ids else names["id"])
    _put_if_missing(record, stream.time.field, time)
    for other in stream.other_times:
        put_at(record, other.field, other.write(moment + other.offset, chance))
    for path, choice in stream.choices.items():
        put_at(record, path, _chosen(choice, chance))
    _leave_out(stream, record, chance)
    visible = moment + _drawn(stream.lag, chance)
    return Event(
        id=identity_of(record, paths),
        occurred=stream.time.seen(moment),
        visible=visible,
        record=record,
        changes=_changes(stream, visible, names, chance),
        wanted=stream.wanted,
        stream=stream.name,
    )


def _leave_out(stream: Stream, record: dict[str, JsonValue], chance: random.Random) -> None:
    for path, likely in stream.null.items():
        if chance.random() < likely:
            put_at(record, path, None)
    for path, likely in stream.missing.items():
        if chance.random() < likely:
            remove_at(record, path)


def _changes(stream: Stream, visible: datetime, names: dict[str, Any], chance: random.Random) -> tuple[Change, ...]:
    """Those changes that befall this event; {time} in them is the change's own."""
    if not stream.changes:
        return ()
    drawn = [plan for plan in stream.changes if plan.chance >= 1 or chance.random() < plan.chance]
    changes = []
    for change in changes_of(drawn, visible):
        now = names | {"time": stream.time.write(change.at, chance)} if change.set else names
        changes.append(Change(change.at, _filled(change.set, now), change.deleted))
    return tuple(changes)


def _drawn(lag: Lag, chance: random.Random) -> timedelta:
    if lag.most is not None:
        return lag.values[0] + _MICROSECOND * chance.randint(0, (lag.most - lag.values[0]) // _MICROSECOND)
    if len(lag.values) == 1:
        return lag.values[0]
    return chance.choices(lag.values, lag.weights or None)[0]


def _chosen(choice: Choice, chance: random.Random) -> JsonValue:
    return _filled(chance.choices(choice.values, choice.weights or None)[0], {})


def _put_if_missing(record: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    """The template may hold the field already, with a placeholder in its text."""
    if value_at(record, path) is MISSING:
        put_at(record, path, value)


def _filled(value: Any, names: Mapping[str, Any]) -> Any:
    """A copy with the placeholders in its texts filled in."""
    if isinstance(value, str):
        return _filled_text(value, names) if names and "{" in value else value
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_filled(item, names) for item in value]
    return value


def _filled_text(text: str, names: Mapping[str, Any]) -> str:
    def fill(found: re.Match[str]) -> str:
        return str(names[found[1]]) if found[1] else format(names["n"], found[2] or "")

    return _PLACEHOLDER.sub(fill, text)
