"""Recognises in recorded answers and requests what a scenario wants named: the list, the event's id, its time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from xsim.world import JsonValue

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:(Z)|( UTC)|(\s?)([+-])(\d\d)(:?)(\d\d))?", re.ASCII
)
NUMBER = re.compile(r"(\d{10}|\d{13}|\d{16})(?:\.(\d{1,6})\d*)?", re.ASCII)
EPOCH_UNITS = {10: ("epoch-s", 10**6), 13: ("epoch-ms", 10**3), 16: ("epoch-us", 1)}
OTHER_LAYOUTS = (
    "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p", "%d %b %Y %H:%M:%S", "%b %d, %Y %H:%M:%S", "%b %d %Y %H:%M:%S", "%Y%m%dT%H%M%SZ",
    "%a, %d %b %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S +0000", "%Y-%m-%dT%H:%MZ",
    "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y%m%d%H%M%S", "%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y",
)  # fmt: skip
EARLIEST, LATEST = datetime(2001, 1, 1, tzinfo=timezone.utc), datetime(2040, 1, 1, tzinfo=timezone.utc)
TIME_NAMES = (
    "created?|creation|inserted|raised|reported|published|opened|occurr?ed|occurrence|detected|detection|generated|"
    "triggered|received|logged|found|start|first|began|begin|stored",
    "time|timestamp|ts|date|datetime|when|at|seen",
    "updated?|modified|modification|last|changed|closed|end|resolved",
)
"""Words of a field's name, the likelier ones for the event's own time first."""
ID_NAMES = ("id", "_id", "uuid", "guid", "uid", "identifier", "key", "number", "name")
NOT_THE_LIST = re.compile("errors?|warnings?|meta|links?|messages?|paging")
NEXT = re.compile("(.*_)?(next|cursor|continuation|scroll|marker)(_.*)?|(page|skip)_token")
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class TimeShape:
    """How a value writes a time. `zone` is the offset in it; `is_text` tells an epoch number written as text."""

    moment: datetime
    layout: str
    digits: int = 0
    zone: timedelta = timedelta(0)
    is_text: bool = True


@dataclass(frozen=True, slots=True)
class Listed:
    """The list in an answer: where it stands, and its records, taken out of the key that each may lie below."""

    path: str
    records: tuple[JsonValue, ...]
    wrap: str = ""


def time_shape(value: JsonValue, name: str = "") -> TimeShape | None:
    """How the value writes a time; None where it is none. A number needs a name that may be a time's."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    text = (repr(value) if isinstance(value, float) else str(value)).strip()
    if found := NUMBER.fullmatch(text):
        likely = found[0].startswith(("1", "2")) and (not name or _time_rank(name) < len(TIME_NAMES))
        return _within(_epoch(found, is_text=isinstance(value, str))) if likely else None
    if not isinstance(value, str):
        return None
    found_iso = ISO.fullmatch(text)
    return _within(_iso(found_iso) if found_iso else _other(text))


def list_in(answer: JsonValue) -> Listed | None:
    """The list of objects nearest to the top, of several there the one with the fullest records."""
    level: list[tuple[str, JsonValue]] = [("", answer)]
    for _ in range(DEEPEST):
        lists = [(path, value) for path, value in level if _is_records(value)]
        if lists:
            path, records = max(lists, key=lambda each: len(each[1][0]))
            return _unwrapped(path, records)
        level = [
            (dotted(path, key), inner)
            for path, value in level
            if isinstance(value, Mapping)
            for key, inner in value.items()
            if not NOT_THE_LIST.fullmatch(key.lower()) or _is_records(inner)
        ]
    return None


def ids_in(answer: JsonValue) -> tuple[str, tuple[JsonValue, ...]] | None:
    """The list of bare ids in an answer that has no objects, and where it stands."""
    level: list[tuple[str, JsonValue]] = [("", answer)]
    for _ in range(DEEPEST):
        for path, value in level:
            if isinstance(value, list) and value and all(isinstance(each, (str, int)) for each in value):
                return path, tuple(value)
        level = [
            (dotted(path, key), inner)
            for path, value in level
            if isinstance(value, Mapping)
            for key, inner in value.items()
            if not NOT_THE_LIST.fullmatch(key.lower())
        ]
    return None


def beside(answer: JsonValue) -> list[tuple[str, JsonValue]]:
    """Path and value of what stands in an answer beside its lists."""
    return [(path, value) for path, value in leaves(answer) if not isinstance(value, (list, dict))]


def is_next(path: str) -> bool:
    """Whether the name says how to go on: a token, a cursor, a link."""
    return NEXT.fullmatch(words_of(path.rsplit(".", 1)[-1])) is not None


def id_path(records: Sequence[JsonValue], known: frozenset[str] = frozenset()) -> str:
    """The field that tells the records apart, by name and values; "" where none may. `known` are ids elsewhere."""
    best: tuple[tuple[int, int, int], str] | None = None
    for path, value in leaves(records[0] if records else {}):
        rank = _id_rank(path)
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            continue
        if str(value) in known:
            rank = -1
        values = [dict(leaves(each)).get(path) for each in records]
        is_unique = len({str(each) for each in values}) == len(records) and None not in values
        if rank > len(ID_NAMES) + 1 or not is_unique:
            continue
        order = (rank, path.count("."), len(path))
        best = min(best, (order, path)) if best else (order, path)
    return best[1] if best else ""


def time_path(record: JsonValue, asked: Sequence[datetime] = ()) -> str:
    """The field with the event's own time: one that a later request asked from, else the likeliest name."""
    found = [(path, time_shape(value, path)) for path, value in leaves(record)]
    times = [(path, shape) for path, shape in found if shape is not None]
    for path, shape in times:
        if any(abs(shape.moment - moment) < timedelta(seconds=1) for moment in asked):
            return path
    times.sort(key=lambda each: (_time_rank(each[0]), each[0].count(".")))
    return times[0][0] if times else ""


def leaves(value: JsonValue, path: str = "", depth: int = 0) -> Iterator[tuple[str, JsonValue]]:
    """Dotted path and value of each field that is no object; lists are not stepped into."""
    if isinstance(value, Mapping) and depth < DEEPEST:
        for key, inner in value.items():
            if key:
                yield from leaves(inner, dotted(path, key), depth + 1)
    elif path:
        yield path, value


def dotted(path: str, key: str) -> str:
    step = str(key).replace(".", "\\.")
    return f"{path}.{step}" if path else step


def words_of(name: str) -> str:
    """`createdAt`, `created-at`, `filter[created_at]`: words with one underscore between them."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")


def _is_records(value: JsonValue) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) and each for each in value)


def _unwrapped(path: str, records: list[JsonValue]) -> Listed:
    keys = {tuple(record) for record in records}
    [only] = keys if len(keys) == 1 else [()]
    if len(only) == 1 and all(isinstance(record[only[0]], Mapping) and len(record[only[0]]) > 1 for record in records):
        return Listed(path, tuple(record[only[0]] for record in records), only[0])
    return Listed(path, tuple(records))


def _id_rank(path: str) -> int:
    last = words_of(path.rsplit(".", 1)[-1])
    if path.lower() in ID_NAMES[:6]:
        return ID_NAMES.index(path.lower())
    if last.endswith(("_id", "uuid", "guid")) or last in ID_NAMES[:6]:
        return 6
    return 7 + ID_NAMES.index(last) - 6 if last in ID_NAMES else 99


def _time_rank(path: str) -> int:
    words = words_of(path).split("_")
    ranks = [
        rank for rank, names in enumerate(TIME_NAMES) for word in words if re.search(f"^({names})|({names})$", word)
    ]
    # "last_seen" and "updated_at" are of the last kind, whatever else they say.
    return len(TIME_NAMES) if not ranks else max(ranks) if max(ranks) == 2 else min(ranks)


def _epoch(found: re.Match[str], *, is_text: bool) -> TimeShape:
    layout, scale = EPOCH_UNITS[len(found[1])]
    fraction = len(found[2] or "")
    digits = {"epoch-s": 0 if not fraction else 3 if fraction <= 3 else 6, "epoch-ms": 3, "epoch-us": 6}[layout]
    moment = EPOCH + timedelta(
        microseconds=int(found[1]) * scale + int((found[2] or "0").ljust(6, "0")) * scale // 10**6
    )
    return TimeShape(moment, layout, digits, is_text=is_text)


def _iso(found: re.Match[str]) -> TimeShape | None:
    date, between, clock, fraction, zulu, utc, gap, sign, hours, colon, minutes = found.groups()
    zone = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        local = datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    moment = local + timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0"))) - zone
    length = len(fraction or "")
    digits = 0 if not length else 3 if length <= 3 else 6 if length <= 6 else 7
    plain = between == "T" and utc is None and not gap and (not sign or colon)
    if plain and length == 3 and not int(fraction):
        # Always whole seconds, and the fraction for show: a script may well read ".000Z".
        return TimeShape(
            moment, f"%Y-%m-%dT%H:%M:%S.000{zulu or ''}" + (f"{sign}{hours}:{minutes}" if sign else ""), 0, zone
        )
    if plain:
        return TimeShape(moment, "iso" if zulu else "iso-offset" if sign else "iso-naive", digits, zone)
    layout = f"%Y-%m-%d{between}%H:%M:%S" + (".%f" if digits else "")
    ending = zulu or utc or (f"{gap}{sign}{hours}{colon}{minutes}" if sign else "")
    return TimeShape(moment, layout + ending, min(digits, 6), zone)


def _other(text: str) -> TimeShape | None:
    for layout in OTHER_LAYOUTS:
        try:
            moment = datetime.strptime(text, layout)
        except ValueError:
            continue
        if moment.strftime(layout).lower() == text.lower():
            return TimeShape(moment.replace(tzinfo=timezone.utc), layout)
    return None


def _within(shape: TimeShape | None) -> TimeShape | None:
    return shape if shape is not None and EARLIEST <= shape.moment < LATEST else None
