"""Makes example events out of one recorded event: a [[streams]] table whose template is that record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from xsim.report.draft_values import TimeShape, dotted, leaves, time_shape
from xsim.report.toml_text import toml_key, toml_pairs, toml_text
from xsim.world import JsonValue

LONGEST_LINE = 110
LONGEST_TEXT = 400
LONGEST_LIST = 5
DEEPEST = 12
MADE_UP = re.compile(r"made-up (?:.*\.)?([^.]+)")
HOUR = timedelta(hours=1)
FARTHEST = timedelta(days=60)
LEAST_ID = 4
"""Shorter ids are not looked for in other texts: they stand there by chance."""
RHYTHM = ('every = "2m"', "count = 3")
HARDER = (
    "# Once the run passes, a harder vendor: more than a fetch takes, several at one moment, some listed late.",
    "# Put these in place of `every` and `count`:",
    '# every = "2s"',
    "# count = 300",
    "# burst = 3",
    "# burst_every = 5",
    '# lag = {usual = "2s", long = "3m", chance = 0.05}',
)


def stream_lines(
    name: str, record: Mapping[str, JsonValue], *, id_field: str, time_field: str, behind: timedelta = timedelta(0)
) -> Iterator[str]:
    """The table, line by line. Events occur shortly before the first fetch, and then between later ones.

    `behind`: how far before the fetch that ends what it asks for.
    """
    values = dict(leaves(record))
    identity, time = values.get(id_field), time_shape(values.get(time_field), time_field)
    others = dict(_other_times(values, time, {id_field, time_field}))
    template = _template(record, "", {id_field, time_field, *others}, _long_id(identity), 0)
    if time is not None and time.is_text and time.layout.startswith("epoch"):
        _put(template, time_field, "{time}")
    nulls = [path for path, value in values.items() if value is None and path not in (id_field, time_field)]
    yield "[[streams]]"
    yield f"name = {toml_text(name)}"
    yield (
        f'from = "-{-(-behind // HOUR) + 1}h"  # the fetch asks for nothing newer' if behind > HOUR else 'from = "-30s"'
    )
    yield from RHYTHM
    yield from HARDER
    yield from _id_lines(identity)
    yield f"time = {time_text(time_field, time)}"
    if others:
        yield "other_times = [" + ", ".join(others.values()) + "]"
    if nulls:
        yield "null = {" + ", ".join(f"{toml_text(path)} = 1.0" for path in nulls) + "}"
    if len(toml_text(template)) <= LONGEST_LINE:
        yield f"record = {toml_text(template)}"
    else:
        yield ""
        yield from _table_lines(template, "streams.record")


def _other_times(values: Mapping[str, JsonValue], main: TimeShape | None, taken: set[str]) -> Iterator[tuple[str, str]]:
    """Path and table of each further time, kept as far from the event's own as it was."""
    for path, value in values.items():
        shape = time_shape(value, path) if path not in taken else None
        if shape is None or main is None or (shape.is_text and shape.layout.startswith("epoch")):
            continue
        if abs(shape.moment - main.moment) < FARTHEST:
            yield path, _other_time(path, shape, main)


def time_text(field: str, time: TimeShape | None) -> str:
    """The stream's `time`, as an inline table."""
    return "{" + ", ".join([f"field = {toml_text(field)}", *_layout_pairs(time)]) + "}"


def _layout_pairs(time: TimeShape | None) -> list[str]:
    if time is None:
        return ['layout = "iso"']
    pairs = [f"layout = {toml_text(time.layout)}"]
    if time.layout.startswith(("iso", "epoch-s")) or "%f" in time.layout:
        pairs.append(f"digits = {time.digits}")
    if time.zone:
        sign = "-" if time.zone < timedelta(0) else "+"
        hours, minutes = divmod(abs(time.zone) // timedelta(minutes=1), 60)
        pairs.append(f'zone = "{sign}{hours:02}:{minutes:02}"')
    return pairs


def _other_time(path: str, shape: TimeShape, main: TimeShape) -> str:
    apart = round((shape.moment - main.moment).total_seconds())
    offset = [f'offset = "{"-" if apart < 0 else "+"}{abs(apart)}s"'] if apart else []
    return "{" + ", ".join([f"field = {toml_text(path)}", *_layout_pairs(shape), *offset]) + "}"


def _id_lines(identity: JsonValue) -> Iterator[str]:
    """`id` with {n} in the place of the part that counts, and `first` where it goes on from there."""
    if isinstance(identity, int) and not isinstance(identity, bool):
        yield 'id = "{n}"'
        yield 'id_type = "int"'
        if 0 <= identity < 2**53:
            yield f"first = {identity}"
        return
    text = re.sub(r"[{}\s]", "-", str(identity or "event-1"))[:150] or "event-1"
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        yield f"id = {toml_text(text[:24] + '{n:012}')}"
    elif re.fullmatch(r"[0-9a-fA-F]{16,}", text):
        yield f"id = {toml_text(text[:-6] + '{n:06}')}"
    elif digits := re.search(r"(\d{1,9})$", text):
        padded = digits[1].startswith("0") and len(digits[1]) > 1
        place = f"{{n:0{len(digits[1])}}}" if padded else "{n}"
        yield f"id = {toml_text(text[: digits.start()] + place)}"
        yield f"first = {int(digits[1])}"
    else:
        yield f"id = {toml_text(text + '-{n}')}"


def _long_id(identity: JsonValue) -> str:
    """The id as a text to look for in other texts; "" where it is too short for that."""
    text = str(identity) if isinstance(identity, (str, int)) and not isinstance(identity, bool) else ""
    return text if len(text) >= LEAST_ID else ""


def _template(value: JsonValue, path: str, left_out: set[str], identity: str, depth: int) -> JsonValue:
    if isinstance(value, Mapping):
        found = {}
        for key, inner in value.items():
            place = dotted(path, key)
            if not key or place in left_out or inner is None or depth > DEEPEST:
                continue
            made = _template(inner, place, left_out, identity, depth + 1)
            if made != {} or inner == {}:
                found[key] = made
        return found
    if isinstance(value, list):
        return [_template(item, f"{path}.*", left_out, identity, depth + 1) for item in value[:LONGEST_LIST]]
    if isinstance(value, str):
        return _example(value, identity)
    return value


def _example(text: str, identity: str) -> str:
    """The text with the event's id as a placeholder in it."""
    if made_up := MADE_UP.fullmatch(text):
        return f"{made_up[1]} of {{id}}"
    if identity and identity in text:
        text = text.replace(identity, "{id}")
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "..."


def _put(template: JsonValue, path: str, value: JsonValue) -> None:
    *outer, last = [step.replace("\0", ".") for step in path.replace("\\.", "\0").split(".")]
    for step in outer:
        template = template.setdefault(step, {})
    template[last] = value


def _table_lines(table: JsonValue, header: str) -> Iterator[str]:
    large = {
        key: value
        for key, value in table.items()
        if isinstance(value, Mapping) and len(toml_text(value)) > LONGEST_LINE
    }
    yield f"[{header}]"
    yield from toml_pairs({key: value for key, value in table.items() if key not in large})
    for key, value in large.items():
        yield ""
        yield from _table_lines(value, f"{header}.{toml_key(key)}")
