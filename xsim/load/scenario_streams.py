"""Reads [[streams]]: events made from a template, a rhythm and a seed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from xsim.load.scenario_changes import PlannedChange, read_changes, read_path, read_paths, refuse_bad_path
from xsim.load.scenario_events import Naming
from xsim.load.scenario_keys import (
    CHANCE,
    DURATION,
    NUMBER,
    PATHS,
    TABLE,
    TABLES,
    TEXT,
    TIME,
    TRUTH,
    WHOLE,
    WORD,
    Key,
    keyed,
)
from xsim.load.scenario_paths import MISSING, flattened, value_at
from xsim.load.scenario_table import Table, described
from xsim.load.scenario_times import OTHER_KEYS as TIME_KEYS
from xsim.load.scenario_times import TimeField, read_time_field
from xsim.load.scenario_values import LONGEST, duration_of
from xsim.world import JsonValue

MOST_EVENTS = 2_000_000
"""Of all streams and [[events]] together."""

LAG_KEYS = (
    keyed(
        Key("min", DURATION, "Any lag from this ...", needed=True),
        Key("max", DURATION, "... to this, each as likely.", needed=True),
    ),
    keyed(
        Key("values", "list of durations", "One of these ...", needed=True),
        Key("weights", "list of numbers", "... as often as its weight says.", otherwise="all alike"),
    ),
    keyed(
        Key("usual", DURATION, "The lag of most events.", needed=True),
        Key("long", DURATION, "The lag of the few.", needed=True),
        Key("chance", CHANCE, "How many those are.", 0.05),
    ),
)
"""Three shapes, each known by its first key."""
CHOICE_KEYS = keyed(
    Key("values", "list of any values", "What is drawn from.", needed=True),
    Key("weights", "list of numbers", "How often each is drawn.", otherwise="all alike"),
)
KEYS = keyed(
    Key("name", TEXT, "What reports and endpoints call it; its chance hangs on it.", needed=True),
    Key("from", TIME, "When it begins.", otherwise="the start"),
    Key("until", TIME, "It ends before this.", otherwise="the start of the last cycle, or none with `count`"),
    Key("count", WHOLE, "It ends after so many events.", least=1, most=MOST_EVENTS),
    Key("every", DURATION, "From one event to the next.", otherwise="the fetch interval", least="1ms"),
    Key("jitter", DURATION, "Each is moved by up to this, earlier or later.", "0s"),
    Key(
        "rate", NUMBER, "Instead of `every`: so many events a minute, with gaps drawn as they come in life.",
        least=0.000_001, most=60_000,
    ),
    Key("burst", WHOLE, "So many events at one timestamp ...", 1, least=1, most=MOST_EVENTS),
    Key(
        "burst_every", "whole number or duration",
        "... at each so-manieth moment, or so often, beside the others or (without `every`) alone.", 1, least=1,
        most=MOST_EVENTS,
    ),
    Key(
        "lag", "duration or table",
        'From when an event occurs to when the API lists it: `"5s"`; `{min = "1s", max = "30s"}`; '
        '`{values = ["1s", "5m"], weights = [9, 1]}`; `{usual = "2s", long = "10m", chance = 0.05}` ([below](#lag)).',
        "0s",
    ),
    Key(
        "id", TEXT,
        "The event's id, put at the first path of `[identity] event` unless the template has it. `{n}` counts, "
        "`{n:05}` with leading zeros, `{time}` is the event's time as written.",
        "{n}",
    ),
    Key("first", WHOLE, "The first `{n}`: 95 lets ids cross a power of ten.", 1),
    Key("id_type", WORD, "A text, or a number in the record.", "text", words=("text", "int")),
    Key(
        "time", "path or table", "How the event's time is written ([below](#times)).",
        otherwise="`[identity] time`, ISO with milliseconds",
    ),
    Key("other_times", TABLES, "More times; what they do not say is as in `time`."),
    Key("record", TABLE, "The template. Its texts may hold `{n}`, `{id}` and `{time}`.", {}),
    Key("numbers", PATHS, "Fields of the template whose text, such as `{n}`, is a number in the record."),
    Key(
        "choices", "table of paths", "Values to draw from: a list, or `{values = [...], weights = [...]}`.",
    ),
    Key("null", "table of paths", "The chance that a field is null."),
    Key("missing", "table of paths", "The chance that a field is left out."),
    Key("changes", TABLES, "As for events; `{time}` is the change's own time."),
    Key("wanted", TRUTH, "For all its events.", otherwise="found out by probes"),
)  # fmt: skip
DEFAULT_KEYS = {name: key for name, key in KEYS.items() if name != "name"}
"""Of [stream_defaults]."""
_REPLACED = {"every": ("rate",), "rate": ("every", "jitter")}
"""Defaults that a stream's own key stands against."""
_LEAST = timedelta(milliseconds=1)
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Lag:
    """Spans from when an event occurs to when the API lists it: weighted values, or any from `least` to `most`."""

    values: tuple[timedelta, ...] = (timedelta(0),)
    weights: tuple[float, ...] = ()
    most: timedelta | None = None
    """With it, `values` holds the least alone."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The values that a field is drawn from."""

    values: tuple[JsonValue, ...]
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """How to make a stream's events. `rate` is events a minute; a `burst_every` that is a number counts moments."""

    name: str
    begins: datetime
    ends: datetime | None
    count: int | None
    every: timedelta | None
    rate: float | None
    jitter: timedelta
    burst: int
    burst_every: int | timedelta
    lag: Lag
    id_text: str
    first: int
    has_number_ids: bool
    id_path: str
    time: TimeField
    other_times: tuple[TimeField, ...]
    record: Mapping[str, JsonValue]
    choices: Mapping[str, Choice]
    null: Mapping[str, float]
    missing: Mapping[str, float]
    changes: tuple[PlannedChange, ...]
    wanted: bool | None
    numbers: tuple[str, ...] = ()
    """Dotted paths of the template whose texts become numbers."""
    is_open: bool = False
    """It ends with the schedule alone: a run that goes on has more of it, behind the same events."""


def stream_tables(top: Table) -> list[Table]:
    """The [[streams]], each with what [stream_defaults] gives all of them. A stream's own key replaces it whole."""
    defaults = top.table("stream_defaults").held_to(DEFAULT_KEYS)
    return [
        table.with_defaults(defaults, [key for own in table.values for key in _REPLACED.get(own, ())])
        for table in top.tables("streams")
    ]


def read_stream(table: Table, naming: Naming, *, interval: timedelta, schedule_ends: datetime) -> Stream:
    """One [[streams]] table. Without an end of its own it goes on to the start of the last cycle."""
    table = table.held_to(KEYS)
    table.need("name", ": each stream draws its chance from the seed and its name")
    time = _read_time(table, naming)
    count = table.whole_or_none("count")
    every, rate = _rhythm(table, interval)
    stream = Stream(
        name=table.filled_text("name"),
        begins=table.moment("from") or table.source.starts,
        ends=table.moment("until") if "until" in table else None if count else schedule_ends,
        count=count,
        every=every,
        rate=rate,
        jitter=table.duration("jitter"),
        burst=table.whole("burst"),
        burst_every=_burst_every(table),
        lag=_read_lag(table),
        id_text=table.filled_text("id"),
        first=table.whole("first"),
        has_number_ids=table.choice("id_type") == "int",
        id_path=naming.paths[0],
        time=time,
        other_times=tuple(read_time_field(each, _without_field(time), with_offset=True) for each in _others(table)),
        record=table.object("record"),
        choices=_choices(table),
        null=_chances(table, "null", naming),
        missing=_chances(table, "missing", naming),
        changes=read_changes(table, of_stream=True),
        wanted=table.truth_or_none("wanted"),
        numbers=_read_numbers(table),
        is_open="until" not in table and not count,
    )
    _refuse_contradictions(table, stream)
    return stream


def expected_count(stream: Stream) -> float:
    """How many events the stream will have, about: told before any is made."""
    if stream.ends is None:
        return stream.count or 0
    span = max(stream.ends - stream.begins, timedelta(0))
    counts_moments = isinstance(stream.burst_every, int)
    each = 1.0
    if isinstance(stream.burst_every, int):
        each += (stream.burst - 1) / stream.burst_every
    number = 0.0
    if stream.every:
        number += span / stream.every * each
    elif stream.rate:
        number += span / timedelta(minutes=1) * stream.rate * each
    if not counts_moments:
        assert isinstance(stream.burst_every, timedelta)
        number += span / stream.burst_every * stream.burst
    return min(number, stream.count or number)


# --- the parts of a stream ----------------------------------------------------------------------------------


def _read_numbers(table: Table) -> tuple[str, ...]:
    template, paths = table.object("record"), read_paths(table, "numbers")
    for path in paths:
        value = value_at(template, path)
        if not (isinstance(value, str) and _makes_numbers(value)):
            found = "nothing" if value is MISSING else described(value)
            table.refuse("numbers", f"found {found} at {path} of the record, expected a text of digits and {{n}}")
    return paths


def _read_time(table: Table, naming: Naming) -> TimeField:
    """A table, or the field's path alone."""
    default = TimeField(field=naming.time)
    if isinstance(table.values.get("time"), str):
        return TimeField(field=read_path(table, "time"))
    found = read_time_field(table.table("time"), default)
    if not found.field:
        table.refuse(
            "time" if "time" in table else None,
            "nothing says which field holds the event's time",
            'write time = {field = "created"} here, or [identity] time = "created"',
        )
    return found


def _without_field(time: TimeField) -> TimeField:
    return TimeField("", time.layout, time.digits, time.zone, time.unit)


def _others(table: Table) -> list[Table]:
    others = table.tables("other_times")
    for other in others:
        other.need("field", f"; known here: {', '.join(TIME_KEYS)}")
    return others


def _rhythm(table: Table, interval: timedelta) -> tuple[timedelta | None, float | None]:
    """Either a fixed span or a rate; by default one event a fetch interval, and none beside timed bursts."""
    if "every" in table and "rate" in table:
        table.refuse("rate", "expected either 'every' or 'rate', not both")
    if "rate" in table:
        return None, table.number("rate")
    every = table.duration_or_none("every")
    if every is None and not isinstance(table.values.get("burst_every"), str):
        every = interval
    return every, None


def _burst_every(table: Table) -> int | timedelta:
    """Each so-manieth moment, or so often beside the others."""
    if isinstance(table.values.get("burst_every"), str):
        span = table.duration("burst_every")
        if span < _LEAST:
            table.expect("burst_every", "at least 0.001s")
        return span
    return table.whole("burst_every")


def _read_lag(table: Table) -> Lag:
    value = table.values.get("lag", "0s")
    if isinstance(value, str):
        return Lag((table.duration("lag"),))
    lag = table.table("lag")
    shape = next((each for each in LAG_KEYS if next(iter(each)) in lag), None)
    if shape is None:
        table.expect(
            "lag",
            "a duration, {min, max}, {values, weights} or {usual, long, chance}",
            'such as lag = {usual = "2s", long = "10m", chance = 0.05}',
        )
    lag = lag.held_to(shape)
    if "min" in lag:
        return _even_lag(lag)
    if "usual" in lag:
        lag.need("long", ": the lag of the few")
        chance = lag.number("chance")
        values = (lag.duration("usual"), lag.duration("long"))
        return Lag(values, (1 - chance, chance))
    return Lag(_durations(lag, "values"), _weights(lag, "weights", len(lag.values["values"])))


def _even_lag(lag: Table) -> Lag:
    lag.need("max")
    least, most = lag.duration("min"), lag.duration("max")
    if most < least:
        lag.expect("max", f"at least min, {lag.values['min']}")
    return Lag((least,), most=most)


def _durations(table: Table, key: str) -> tuple[timedelta, ...]:
    values = table.values[key]
    found = [duration_of(value) for value in values] if isinstance(values, list) else []
    durations = tuple(each for each in found if each is not None)
    if not durations or len(durations) < len(found):
        table.expect(key, 'a list of durations, such as ["1s", "5m"]')
    return durations


def _weights(table: Table, key: str, number: int) -> tuple[float, ...]:
    if key not in table:
        return ()
    weights = table.values[key]
    is_right = isinstance(weights, list) and all(
        isinstance(each, (int, float)) and not isinstance(each, bool) and 0 <= each <= 10**9 for each in weights
    )
    if not is_right or len(weights) != number or not sum(weights):
        table.expect(key, f"a list of {number} numbers, one for each value, not all of them 0")
    return tuple(float(each) for each in weights)


def _choices(table: Table) -> dict[str, Choice]:
    """Dotted paths and the lists their values are drawn from."""
    found = {}
    for path, keys, value in flattened(table.table("choices").values, lambda inner: "values" in inner):
        place = Table(table.source, (*table.place_of("choices"), *keys[:-1]), {keys[-1]: value})
        refuse_bad_path(place, keys[-1], path)
        weights: tuple[float, ...] = ()
        if isinstance(value, dict):
            inner = place.table(keys[-1]).held_to(CHOICE_KEYS)
            values = inner.json("values")
            if isinstance(values, list):
                weights = _weights(inner, "weights", len(values))
        else:
            values = place.json(keys[-1])
        if not isinstance(values, list) or not values:
            place.expect(keys[-1], 'a list of values, such as ["low", "high"], or {values = [...], weights = [...]}')
        found[path] = Choice(tuple(values), weights)
    return found


def _chances(table: Table, key: str, naming: Naming) -> dict[str, float]:
    """Dotted paths and how likely each is; the event's id must stay."""
    found = {}
    for path, keys, _ in flattened(table.table(key).values, lambda inner: False):
        place = _holder(table, key, keys)
        refuse_bad_path(place, keys[-1], path)
        if any(own == path or own.startswith(f"{path}.") for own in naming.paths):
            place.refuse(keys[-1], f"the event's id ({naming.where} event) must stay in the record")
        found[path] = place.number(keys[-1])
    return found


def _holder(table: Table, key: str, keys: tuple[str, ...]) -> Table:
    """The innermost table on the way to a leaf."""
    holder = table.table(key)
    for step in keys[:-1]:
        holder = holder.table(step)
    return holder


def _refuse_contradictions(table: Table, stream: Stream) -> None:
    if stream.ends is not None and stream.ends < stream.begins and "until" in table:
        table.expect("until", "a time after 'from'")
    if stream.rate and "jitter" in table:
        table.refuse("jitter", "means nothing beside 'rate', whose gaps are drawn", "take 'every' with 'jitter'")
    if len(stream.id_text) > _LONGEST_ID or "{id}" in stream.id_text:
        table.expect("id", f"at most {_LONGEST_ID} characters, with {{n}} for the event's number", 'such as "A-{n}"')
    if stream.has_number_ids and not _makes_numbers(stream.id_text):
        table.expect("id", 'digits and {n} for id_type = "int"', 'such as id = "{n}"')
    for path, key, names in ((stream.id_path, "id", ("{id", "{n")), (stream.time.field, "time", ("{time",))):
        value = value_at(dict(stream.record), path)
        if value is not MISSING and not (isinstance(value, str) and any(name in value for name in names)):
            table.refuse(
                "record",
                f"{path} is {described(value)}, but the stream's '{key}' goes there",
                f"leave it out, or let its text hold {names[0]}}}",
            )
    _refuse_endless(table, stream)


def _makes_numbers(text: str) -> bool:
    return re.fullmatch(r"[0-9]*(\{n(:0?\d{1,2})?\}[0-9]*)+", text) is not None


def _refuse_endless(table: Table, stream: Stream) -> None:
    """A count is bounded, but a stream must also end within the times that exist."""
    if stream.ends is None and stream.count:
        step = stream.every or (stream.burst_every if isinstance(stream.burst_every, timedelta) else timedelta(0))
        if stream.rate:
            step = timedelta(minutes=1) / stream.rate
        if stream.count > LONGEST / max(step, timedelta(microseconds=1)):
            table.refuse("count", "so many events so far apart take more than a century")
    number = expected_count(stream)
    if number > MOST_EVENTS:
        table.refuse(
            "until" if "until" in table else None,
            f"some {number:,.0f} events, expected at most {MOST_EVENTS:,}",
            "end it earlier, or give it a 'count'",
        )
