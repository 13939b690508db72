"""Valid texts, and what becomes of them where a hostile or clumsy hand was at them. One number gives one text."""

from __future__ import annotations

import copy
import json
import re
import sys
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from random import Random

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]

PIECES = (
    "",
    " ",
    "\t",
    "\n",
    "\r",
    "\x00",
    "\x0b",
    "\x1b[2J",
    "\x85",
    "\u2028",
    "\u202e",
    "\ud800",
    "\udfff",
    "\ufeff",
    "\U0010ffff",
    '"',
    "'",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    "[[",
    "]]",
    "{{",
    "(",
    ")",
    ":",
    ",",
    "=",
    "#",
    "&",
    "*",
    "|",
    ">",
    "<",
    "%",
    "@",
    "!",
    "-",
    "- ",
    "? ",
    "&a [*a]",
    "<<: *a",
    "!!python/object/apply:os.system",
    "---",
    "...",
    "%YAML 9.9",
    "null",
    "true",
    "False",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0",
    "0x",
    "1_000",
    "9" * 30,
    "9" * 5_000,
    "-1",
    "0",
    "1.5",
    "2024-05-14T09:30:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31",
    "24:00",
    "1m",
    "99999999d",
    "0s",
    "[" * 300,
    '{"a":' * 200,
    "(" * 120,
    "x" * 3_000,
    "../../etc/passwd",
    "/dev/zero",
    "env:HOME",
    "file:/etc/passwd",
    "..",
    "https://[::1",
    "https://user:pw@h:99999/p?q#f",
    "%ff%00%zz",
    "(?P<bound>(a+)+$)",
    "(?P<bound",
    "[z-a]",
    "{id}",
    "{n:99999}",
    "# xsim: allow",
    "# xsim: allow FC201 -- why",
    "async def f(: pass",
    "lambda: (yield)",
    "\f",
    "if 1:",
    "0777",
    '"""',
    "'''",
)
"""What breaks readers."""
TOML_VALUES = (
    "0",
    "-1",
    "1",
    "3",
    "true",
    "1.5",
    "nan",
    "inf",
    "-inf",
    "9223372036854775807",
    '""',
    '"a"',
    '"1m"',
    '"id"',
    '"a.b.*"',
    '"99999999999d"',
    '"-5m"',
    '"(?P<bound>(a+)+$)"',
    '"("',
    '"{id}"',
    '"/a/{b}"',
    '"{n}"',
    '"{n:99999}"',
    "[]",
    "[1, 2]",
    '["id"]',
    "[[]]",
    "{}",
    "{a = 1}",
    '{after = 1, for = "1d"}',
    '[{after = 9999999, for = "9999d"}]',
    "2024-05-14T09:30:00Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "2024-05-14",
    "09:30:00",
    '"created"',
    '"GET"',
    '"\\u202e"',
    '"\\u0000"',
    '"../../../etc/passwd"',
    '"/dev/zero"',
    '"env:HOME"',
    '"*"',
    '"a\\\\.b"',
    '"query"',
    '"json"',
    '"page"',
    '"token"',
    '"kept"',
    '"detail"',
    '"job"',
    '"xml"',
    '"csv"',
    '"5-2"',
    '"3"',
    '"kill"',
    '"slow"',
    '"basic"',
)


def mutated(seed: int, texts: tuple[str, ...], *, most: int = 6) -> str:
    """One of the texts, changed at up to `most` places."""
    random = Random(seed)
    text = random.choice(texts)
    for _ in range(random.randint(min(most, 1), most)):
        text = random.choice(_CHANGES)(random, text, texts)[:200_000]
    return text


def a_scenario(seed: int) -> str:
    """A scenario of the museum or the documentation, some of its keys set to other values, added, doubled or gone."""
    random = Random(seed)
    world = copy.deepcopy(random.choice(_worlds()))
    for _ in range(random.randint(1, 4)):
        tables = [each for each in _within(world) if isinstance(each, dict)]
        table = random.choice(tables)
        kind = random.randrange(8)
        if kind < 4 and table:
            table[random.choice(sorted(table))] = _toml_value(random)
        elif kind == 4:
            table[random.choice(keys())] = _toml_value(random)
        elif kind == 5:
            other = random.choice([each for each in _within(random.choice(_worlds())) if isinstance(each, dict)])
            table.update(copy.deepcopy(other))
        elif kind == 6 and table:
            del table[random.choice(sorted(table))]
        else:
            lists = [each for each in _within(world) if isinstance(each, list) and each]
            if lists:
                items = random.choice(lists)
                items.append(random.choice([copy.deepcopy(random.choice(items)), _toml_value(random)]))
    text = "\n".join(f"{_toml(key)} = {_toml(value)}" for key, value in world.items())
    return mutated(random.randrange(2**32), (text,), most=1) if random.random() < 0.1 else text


def _within(value: object) -> list[object]:
    """The tables and lists in it, itself first."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(each for item in inner if isinstance(item, (dict, list)) for each in _within(item))]


def _toml_value(random: Random) -> object:
    value = random.choice(_values())
    return [value, value] if random.random() < 0.1 else value


@cache
def _worlds() -> tuple[dict[str, object], ...]:
    return tuple(tomllib.loads(text) for text in scenarios())


@cache
def _values() -> tuple[object, ...]:
    """Those of the list, and those that stand in scenarios: what is right in one place is odd in another."""
    seen = {repr(value): value for world in _worlds() for table in _within(world) for value in _items(table)}
    return (*(tomllib.loads(f"x = {text}")["x"] for text in TOML_VALUES), *(seen[key] for key in sorted(seen)))


def _items(table: object) -> list[object]:
    held = list(table.values()) if isinstance(table, dict) else list(table) if isinstance(table, list) else []
    return [each for each in held if not isinstance(each, (dict, list))]


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def a_value(random: Random, depth: int = 3) -> object:
    """A value such as JSON or a careless script's object holds."""
    kind = random.randrange(12 if depth else 9)
    if kind >= 9:
        items = [a_value(random, depth - 1) for _ in range(random.randrange(4))]
        return items if kind == 9 else {random.choice(_FIELDS): item for item in items}
    pieces = (
        None,
        True,
        random.choice((0, -1, 2**63, 10**40, 1.5, float("nan"), float("inf"), 1e308)),
        "",
        "1",
        "2024-05-14T09:29:00Z",
    )
    return random.choice((*pieces, random.choice(PIECES), random.choice(_FIELDS)))


def _delete(random: Random, text: str, _: tuple[str, ...]) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + text[start + random.randint(1, 40) :]


def _insert(random: Random, text: str, _: tuple[str, ...]) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + random.choice(PIECES) + text[start:]


def _replace_word(random: Random, text: str, _: tuple[str, ...]) -> str:
    words = list(re.finditer(r"[\w.+-]+|\"[^\"\n]*\"", text[:50_000]))
    if not words:
        return text
    word = random.choice(words)
    return text[: word.start()] + random.choice(PIECES) + text[word.end() :]


def _repeat(random: Random, text: str, _: tuple[str, ...]) -> str:
    start = random.randrange(len(text) + 1)
    part = text[start : start + random.randint(1, 200)]
    return text[:start] + part * random.randint(2, 20) + text[start:]


def _splice(random: Random, text: str, texts: tuple[str, ...]) -> str:
    other = random.choice(texts)
    return text[: random.randrange(len(text) + 1)] + other[random.randrange(len(other) + 1) :]


def _cut(random: Random, text: str, _: tuple[str, ...]) -> str:
    return text[: random.randrange(len(text) + 1)]


def _swap_lines(random: Random, text: str, _: tuple[str, ...]) -> str:
    lines = text.split("\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _other_character(random: Random, text: str, _: tuple[str, ...]) -> str:
    if not text:
        return text
    start = random.randrange(len(text))
    return text[:start] + chr(random.choice((random.randrange(128), random.randrange(0x110000)))) + text[start + 1 :]


_CHANGES = (_delete, _insert, _replace_word, _repeat, _splice, _cut, _swap_lines, _other_character)
_FIELDS = (
    "name occurred created rawJSON details severity labels type value attachment CustomFields id dbotMirrorId "
    "openDuration status roles NAME Occurred rawjson Severity isPlayground dbotMirrorTags linkedIncidents path sla"
).split()


@cache
def scenarios() -> tuple[str, ...]:
    files = sorted((ROOT / "fixtures").rglob("*xsim.toml"))
    examples = re.findall(
        r"^```toml\n(.*?)^```", (ROOT / "docs/scenario.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return (*(file.read_text("utf-8") for file in files), *examples)


@cache
def ymls() -> tuple[str, ...]:
    files = sorted((ROOT / "fixtures").rglob("*.yml"))
    return tuple(text for file in files if len(text := file.read_text("utf-8")) < 20_000)


@cache
def scripts() -> tuple[str, ...]:
    files = sorted((ROOT / "fixtures/museum").rglob("integration.py"))
    return tuple(file.read_text("utf-8") for file in files if file.stat().st_size < 8_000)


@cache
def keys() -> tuple[str, ...]:
    words = set(re.findall(r"^\| `([\w.]+)`", (ROOT / "docs/scenario.md").read_text("utf-8"), re.MULTILINE))
    return tuple(sorted(words))


def json_lines(random: Random, lines: list[str]) -> list[str]:
    """A journal whose lines were changed: as text, or value by value so that they stay JSON."""
    lines = list(lines)
    for _ in range(random.randint(1, 3)):
        index = random.randrange(len(lines))
        kind = random.randrange(8)
        if kind == 0:
            lines[index] = mutated(random.randrange(2**32), (lines[index],), most=2)
        elif kind == 1:
            del lines[index]
        elif kind == 2:
            lines.insert(index, lines[random.randrange(len(lines))])
        else:
            try:
                value = json.loads(lines[index])
            except ValueError:
                continue
            _change_value(random, value)
            lines[index] = json.dumps(value)
        if not lines:
            break
    return lines


def _change_value(random: Random, value: object) -> None:
    """Something at a random place in it is another value, gone, or new."""
    while True:
        if isinstance(value, dict) and value:
            key: object = random.choice(sorted(value))
        elif isinstance(value, list) and value:
            key = random.randrange(len(value))
        else:
            return
        inner = value[key]  # type: ignore[index]
        if isinstance(inner, (dict, list)) and inner and random.random() < 0.8:
            value = inner
            continue
        if random.random() < 0.2:
            del value[key]  # type: ignore[union-attr,arg-type]
        else:
            value[key] = a_value(random)  # type: ignore[index]
        return
