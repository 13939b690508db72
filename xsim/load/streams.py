"""Makes a stream's events. All chance comes from the seed and the stream's name: streams do not disturb each other."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from heapq import merge
from typing import Any

from xsim.events import MICROSECOND
from xsim.load.scenario_paths import MISSING, identity_of, put_at, value_at
from xsim.load.scenario_streams import MOST_EVENTS, Choice, Lag, Stream
from xsim.load.scenario_values import LATEST
from xsim.world import Change, Event, JsonValue, remove_at

_PLACEHOLDER = re.compile(r"\{(?:(id|time)|n(?::(0?\d{1,2}))?)\}")


def make_events(stream: Stream, seed: int, paths: tuple[str, ...]) -> Iterator[Event]:
    """The stream's events in order of time, at most MOST_EVENTS. `paths` are the identity's.

    Raises KeyError with the path that holds nothing in a record, ValueError where time runs out.
    """
    chance = random.Random(f"{seed}:{stream.name}")
    template = _Template(stream, paths)
    times = sorted(_times(stream, chance))
    if stream.is_open and (stream.rate or stream.jitter):
        # Of the same chance the events would hang on how many times were drawn before them.
        chance = random.Random(f"{seed}:{stream.name}:events")
    for number, moment in enumerate(times, start=stream.first):
        if not moment < LATEST:
            raise ValueError("it goes on past the year 2200")
        yield _make_event(template, number, moment, chance)


class _Template:
    """A stream with what its events have in common worked out once: there may be millions of them."""

    def __init__(self, stream: Stream, paths: tuple[str, ...]) -> None:
        self.stream = stream
        self.paths = paths
        self.fill = _filler(dict(stream.record))
        # The template may hold the two fields already, with a placeholder in their texts.
        self.puts_id = value_at(dict(stream.record), stream.id_path) is MISSING
        self.puts_time = value_at(dict(stream.record), stream.time.field) is MISSING
        self.choices = [(path, _chooser(choice)) for path, choice in stream.choices.items()]
        self.changes = [(plan, _filler(dict(plan.set))) for plan in stream.changes]
        touched = {stream.time.field, *(other.field for other in stream.other_times), *stream.choices}
        self.id_is_identity = self.puts_id and paths == (stream.id_path,) and not _overlaps(stream.id_path, touched)


def _times(stream: Stream, chance: random.Random) -> Iterator[datetime]:
    """When each event occurs; those of a burst share one moment.

    An open stream has what a longer one would have up to the same end: the next run may go on behind it.
    """
    left = MOST_EVENTS if stream.count is None else stream.count
    for moment, size in merge(_rhythm(stream, chance), _timed_bursts(stream)):
        if stream.is_open and stream.ends is not None and not moment < stream.ends:
            continue
        for _ in range(min(size, left)):
            yield moment
        left -= min(size, left)
        if not left:
            return


def _rhythm(stream: Stream, chance: random.Random) -> Iterator[tuple[datetime, int]]:
    """Moments and how many events each has. It ends with the stream, or is left off when the count is reached."""
    if stream.every is None and stream.rate is None:
        return
    at, ends = stream.begins, stream.ends or LATEST
    if stream.is_open:
        ends += stream.jitter  # What lies behind the end may be drawn before it.
    for number in range(1, MOST_EVENTS + 1):
        if stream.rate:
            at += timedelta(seconds=chance.expovariate(stream.rate / 60))
        if not at < ends:
            return
        is_burst = isinstance(stream.burst_every, int) and number % stream.burst_every == 0
        moment = at
        if stream.jitter:
            moment += MICROSECOND * chance.randint(-(stream.jitter // MICROSECOND), stream.jitter // MICROSECOND)
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


def _make_event(template: _Template, number: int, moment: datetime, chance: random.Random) -> Event:
    stream = template.stream
    time = stream.time.write(moment, chance)
    names = {"n": number, "time": time, "id": ""}
    name = names["id"] = _filled_text(stream.id_text, names)
    record = template.fill(names)
    for path in stream.numbers:
        put_at(record, path, int(value_at(record, path)))
    if template.puts_id:
        put_at(record, stream.id_path, int(name) if stream.has_number_ids else name)
    if template.puts_time:
        put_at(record, stream.time.field, time)
    for other in stream.other_times:
        put_at(record, other.field, other.write(moment + other.offset, chance))
    for path, choose in template.choices:
        put_at(record, path, choose(chance))
    _leave_out(stream, record, chance)
    visible = moment + _drawn(stream.lag, chance)
    own_id = str(int(name)) if stream.has_number_ids else name
    return Event(
        id=own_id if template.id_is_identity else identity_of(record, template.paths),
        occurred=stream.time.seen(moment),
        visible=visible,
        record=record,
        changes=_changes(template, visible, names, chance) if template.changes else (),
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


def _changes(
    template: _Template, visible: datetime, names: dict[str, Any], chance: random.Random
) -> tuple[Change, ...]:
    """Those changes that befall this event, in order of time; {time} in them is the change's own."""
    time = template.stream.time
    changes = []
    for plan, fill in template.changes:
        if plan.chance >= 1 or chance.random() < plan.chance:
            at = plan.moment(visible)
            values = fill(names | {"time": time.write(at, chance)}) if plan.set else {}
            changes.append(Change(at, values, plan.deleted))
    return tuple(sorted(changes, key=lambda change: change.at))


def _drawn(lag: Lag, chance: random.Random) -> timedelta:
    if lag.most is not None:
        return lag.values[0] + MICROSECOND * chance.randint(0, (lag.most - lag.values[0]) // MICROSECOND)
    if len(lag.values) == 1:
        return lag.values[0]
    return chance.choices(lag.values, lag.weights or None)[0]


def _chooser(choice: Choice) -> Callable[[random.Random], JsonValue]:
    """Draws one of the values, each time a copy of its own."""
    makers = [_filler(value, is_template=False) for value in choice.values]
    weights = choice.weights or None
    return lambda chance: chance.choices(makers, weights)[0]({})


def _overlaps(path: str, others: set[str]) -> bool:
    return any(path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.") for other in others)


# --- templates ----------------------------------------------------------------------------------------------


def _filler(value: Any, *, is_template: bool = True) -> Callable[[Mapping[str, Any]], Any]:
    """A function that copies the value, with the placeholders in a template's texts filled in."""
    if isinstance(value, dict):
        return _object_filler(value, is_template)
    if isinstance(value, list):
        fillers = [_filler(item, is_template=is_template) for item in value]
        return lambda names: [fill(names) for fill in fillers]
    if isinstance(value, str) and is_template and _PLACEHOLDER.search(value):
        return lambda names: _filled_text(value, names)
    return lambda names: value


def _object_filler(value: dict[str, Any], is_template: bool) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """What never changes is copied as one; the rest is filled in at its place."""
    changing = [
        (key, _filler(item, is_template=is_template))
        for key, item in value.items()
        if isinstance(item, (dict, list)) or (is_template and isinstance(item, str) and _PLACEHOLDER.search(item))
    ]

    def fill(names: Mapping[str, Any]) -> dict[str, Any]:
        copy = value.copy()
        for key, make in changing:
            copy[key] = make(names)
        return copy

    return fill


def _filled_text(text: str, names: Mapping[str, Any]) -> str:
    def fill(found: re.Match[str]) -> str:
        return str(names[found[1]]) if found[1] else format(names["n"], found[2] or "")

    return _PLACEHOLDER.sub(fill, text)
