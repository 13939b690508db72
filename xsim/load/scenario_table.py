"""One table of a scenario file with its place in it, so that every complaint names file, line and key."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from xsim.errors import InvalidScenario
from xsim.load.files import shown
from xsim.load.scenario_keys import Key, Keys
from xsim.load.scenario_lines import Place, line_of
from xsim.load.scenario_values import duration_of, moment_of, plain, signed_duration_of
from xsim.world import JsonValue

MOST_WHOLE = 2**53
_LONGEST_VALUE = 60
_FREE = Key("", "any value")
"""A key of which nothing is stated."""


@dataclass(frozen=True, slots=True)
class Source:
    """The file as it was read. `starts` is what times that are offsets count from."""

    path: Path
    text: str
    starts: datetime
    homes: Mapping[str, str]
    """Where each key belongs, for those that stand somewhere else: TOML gives every key to the table above it."""

    def refuse(self, place: Place, message: str, hint: str | None = None) -> NoReturn:
        """Complain about what stands at the place."""
        where = name_of(place)
        raise InvalidScenario(
            f"{shown(self.path)}:{line_of(self.text, place)}: {where}{': ' if where else ''}{message}", hint=hint
        )


@dataclass(frozen=True, slots=True)
class Table:
    """A table, or an inline table. A method named after a kind gives the key's value, or the default without it.

    Defaults, words and bounds are those of `keys`, where the caller states no other.
    """

    source: Source
    place: Place
    values: Mapping[str, Any]
    origins: Mapping[str, Place] = field(default_factory=dict)
    """Where the keys stand that another table gives to this one."""
    keys: Keys = field(default_factory=dict)
    """What may stand in it, where that is settled."""

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def refuse(self, key: str | None, message: str, hint: str | None = None) -> NoReturn:
        """Complain about one of the table's keys, or about the table."""
        self.source.refuse(self.place if key is None else self.place_of(key), message, hint)

    def place_of(self, key: str) -> Place:
        return self.origins.get(key, (*self.place, key))

    def with_defaults(self, defaults: Table, without: Collection[str] = ()) -> Table:
        """The same with each key of the other table that this one does not have, but for those in `without`."""
        taken = {key: value for key, value in defaults.values.items() if key not in self.values and key not in without}
        return replace(self, values={**taken, **self.values}, origins={key: defaults.place_of(key) for key in taken})

    def expect(self, key: str, expected: str, hint: str | None = None) -> NoReturn:
        """Complain that the key's value is not what was expected."""
        self.refuse(key, f"found {described(self.values[key])}, expected {expected}", hint)

    def held_to(self, keys: Keys, elsewhere: Mapping[str, str] | None = None) -> Table:
        """The same table, in which these keys may stand and no other.

        `elsewhere`: hints for keys that another tool may have, or another table where they mean something else.
        """
        self.refuse_unknown(keys, elsewhere)
        return replace(self, keys=keys)

    def refuse_unknown(self, known: Collection[str], elsewhere: Mapping[str, str] | None = None) -> None:
        """Complain about the first key that means nothing here, with the nearest one that does."""
        for key in self.values:
            if key not in known:
                noun = "table or key" if not self.place else "key"
                home = f"it belongs {self.source.homes[key]}" if key in self.source.homes else None
                own = (elsewhere or {}).get(key)
                hint = own or home or nearest(key, known) or f"known here: {', '.join(known)}"
                self.refuse(key, f"unknown {noun}", hint)

    def need(self, key: str, why: str = "") -> None:
        if key not in self.values:
            self.refuse(None, f"'{key}' is missing{why}")

    def text(self, key: str, default: str | None = None) -> str:
        value = self.values.get(key, self._usual(key, default, ""))
        if not isinstance(value, str):
            self.expect(key, "a text")
        return value

    def filled_text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty where it is given."""
        value = self.text(key, default)
        if key in self.values and not value.strip():
            self.expect(key, "a text that is not empty")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text alone is a list of one."""
        value = self.values.get(key, [])
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            self.expect(key, "a text or a list of texts, none of them empty")
        return tuple(value)

    def truth(self, key: str) -> bool:
        value = self.values.get(key, self._usual(key, None, False))
        if not isinstance(value, bool):
            self.expect(key, "true or false")
        return value

    def truth_or_none(self, key: str) -> bool | None:
        return self.truth(key) if key in self.values else None

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number within the key's bounds."""
        found = self.whole_or_none(key)
        return int(self._usual(key, default, 0)) if found is None else found

    def whole_or_none(self, key: str) -> int | None:
        if key not in self.values:
            return None
        known, value = self.keys.get(key, _FREE), self.values[key]
        least, most = int(known.least or 0), int(known.most or MOST_WHOLE)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.expect(key, f"a whole number from {least} to {most}")
        return value

    def number(self, key: str) -> float:
        """Any number within the key's bounds."""
        known, value = self.keys.get(key, _FREE), self.values.get(key, self._usual(key, None, 0.0))
        least, most = float(known.least or 0), 1.0 if known.most is None else known.most
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            self.expect(key, f"a number from {least:g} to {most:g}")
        return float(value)

    def choice(self, key: str, default: str | None = None) -> str:
        """One of the key's words; its default need not be one."""
        value, allowed = self.values.get(key, self._usual(key, default, "")), self.keys[key].words
        if not isinstance(value, str) or (key in self.values and value not in allowed):
            near = nearest(value, allowed) if isinstance(value, str) else None
            self.expect(key, f"one of {', '.join(allowed)}", near)
        return value

    def duration(self, key: str) -> timedelta:
        found = self.duration_or_none(key)
        return duration_of(self._usual(key, None, "")) or timedelta(0) if found is None else found

    def duration_or_none(self, key: str) -> timedelta | None:
        if key not in self.values:
            return None
        found = duration_of(self.values[key])
        if found is None:
            self.expect(key, 'a number with a unit, such as "90s", "1m", "2h", "1d" or "200ms"', self._unit_hint(key))
        least = duration_of(self.keys.get(key, _FREE).least) or timedelta(0)
        if found < least:
            self.expect(key, f"at least {least.total_seconds():g}s")
        return found

    def offset(self, key: str) -> timedelta:
        """A duration that may have a sign in front; without it none."""
        if key not in self.values:
            return timedelta(0)
        value = self.values[key]
        found = signed_duration_of(value)
        found = duration_of(value) if found is None else found
        if found is None:
            self.expect(key, 'a number with a unit, such as "30s" or "-10m"', self._unit_hint(key))
        return found

    def moment(self, key: str) -> datetime | None:
        """A time, or an offset from the start of the schedule; None where it is not given."""
        if key not in self.values:
            return None
        value = self.values[key]
        offset = signed_duration_of(value)
        found = moment_of(value) if offset is None else moment_of(self.source.starts + offset)
        if found is None:
            self.expect(
                key,
                'a time such as 2024-03-04T10:00:00Z, or an offset from the start such as "-10m" or "+30s"',
                self._unit_hint(key),
            )
        return found

    def table(self, key: str) -> Table:
        """The table below the key; an empty one where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.expect(key, "a table")
        return Table(self.source, self.place_of(key), value)

    def tables(self, key: str) -> list[Table]:
        """The tables of a list, each with its place."""
        value = self.values.get(key, [])
        if isinstance(value, dict):
            self.refuse(key, "found one table, expected a list of tables", f"write [[{key}]] or {key} = [{{...}}]")
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.expect(key, "a list of tables")
        return [Table(self.source, (*self.place_of(key), number), item) for number, item in enumerate(value)]

    def json(self, key: str, default: JsonValue = None) -> JsonValue:
        """Any value that JSON can hold; TOML's times become text."""
        if key not in self.values:
            return default
        try:
            return plain(self.values[key])
        except ValueError as error:
            self.refuse(key, f"found {error}, expected what JSON can hold")

    def object(self, key: str) -> dict[str, JsonValue]:
        """A table as JSON has it."""
        inner = self.table(key)
        return {name: inner.json(name) for name in inner.values}

    def _usual(self, key: str, default: JsonValue, fallback: JsonValue) -> JsonValue:
        """What holds without the key: as the caller says, as the key's data says, or what its kind has for nothing."""
        if default is None:
            default = self.keys.get(key, _FREE).default
        return fallback if default is None else default

    def _unit_hint(self, key: str) -> str | None:
        value = self.values[key]
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9:
            return f'did you mean "{value}s"?'
        return None


def nearest(word: str, known: Collection[str]) -> str | None:
    """The hint with the valid name that is most like the word."""
    alike = [name for name in known if folded(name) == folded(word)]
    near = alike or get_close_matches(word[:100], known, n=1)
    return f"did you mean '{near[0]}'?" if near else None


def folded(word: str) -> str:
    """The word without capitals, blanks, hyphens and underlines: what one mistakes first."""
    return re.sub(r"[-_\s]+", "", word).casefold()


def name_of(place: Place) -> str:
    """A place as a person says it: "[[events]] 4, record" or "[clock] interval"."""
    if place[:2] == ("tool", "xsim"):
        place = ("tool.xsim", *place[2:])
    place = tuple(step if isinstance(step, int) else _short(step) for step in place)
    if len(place) == 1:
        return str(place[0])
    if len(place) > 1 and isinstance(place[1], int):
        first, rest = f"[[{place[0]}]] {place[1] + 1}", place[2:]
    elif place:
        first, rest = f"[{place[0]}]", place[1:]
    else:
        return ""
    pieces: list[str] = []
    for step in rest:
        if isinstance(step, int) and pieces:
            pieces[-1] += f" {step + 1}"
        else:
            pieces.append(str(step))
    separator = ", " if isinstance(place[1], int) else " "
    return separator.join([first, ", ".join(pieces)]) if pieces else first


def described(value: Any) -> str:
    """A value as a complaint shows it: short, and as the file writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, str):
        return f'"{_short(value)}"'
    if isinstance(value, int) and value.bit_length() > 128:
        return "a huge number"
    text = value.isoformat() if hasattr(value, "isoformat") else repr(value)
    return _short(text)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
