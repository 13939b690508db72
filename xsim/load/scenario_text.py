"""Reads the text of a scenario file and its TOML; what is no text or no TOML is named by line and column."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

from xsim.errors import InvalidScenario
from xsim.load.files import shown
from xsim.load.scenario_lines import Place, line_of
from xsim.load.scenario_table import name_of, nearest

LARGEST_FILE = 20 * 2**20
MOST_PARTS = 100
"""Of a dotted key."""

_LONG_KEY = re.compile(
    r"""(?<![\w.-])(?:(?:[\w-]+|"[^"\n]{0,100}"|'[^'\n]{0,100}')[ \t]*\.[ \t]*){"""
    f"{MOST_PARTS}}}"
)
_PLACE = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")


def read_scenario_text(path: Path) -> str:
    """The file's text, without a byte order mark, with plain line ends."""
    try:
        if not path.exists():
            raise InvalidScenario(f"{shown(path)}: no such file", hint=similar_file(path))
        if not path.is_file():
            raise InvalidScenario(f"{shown(path)}: not a regular file", hint="name the scenario file in it")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise InvalidScenario(f"{shown(path)}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if len(content) > LARGEST_FILE:
        raise InvalidScenario(
            f"{shown(path)}: larger than {LARGEST_FILE // 2**20} MB", hint="let [[streams]] make the events"
        )
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidScenario(
            f"{shown(path)}:{line}: not UTF-8 text (byte 0x{content[error.start]:02x})", hint="save it as UTF-8"
        ) from error


def place_in_file(path: Path, place: Place) -> str:
    """File, line and place, as a complaint begins: "Packs/xsim.toml:12: [check] select"."""
    return f"{shown(path)}:{line_of(read_scenario_text(path), place)}: {name_of(place)}"


def parse_scenario(path: Path, text: str) -> dict[str, Any]:
    """The text as TOML. `path` is for complaints."""
    try:
        return parse_toml(text)
    except ValueError as error:
        _refuse_syntax(path, text, str(error), error)


def parse_toml(text: str) -> dict[str, Any]:
    """The text's values. Raises ValueError, also for what the reader would break at, or spend minutes on."""
    if _LONG_KEY.search(text) is not None:
        raise ValueError(f"A key of more than {MOST_PARTS} parts")
    tomllib = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("Nested too deeply") from error
    return values


def _refuse_syntax(path: Path, text: str, message: str, error: Exception) -> NoReturn:
    found = _PLACE.search(message)
    # The reader says "at end of document" where it does not count.
    ends = (text.count("\n") + 1, len(text) - text.rfind("\n")) if "end of document" in message else (1, 1)
    line, column = (int(found[1]), int(found[2])) if found else ends
    place = f"{shown(path)}:{line}:{column}"
    message = _PLACE.sub("", message).removesuffix(" (at end of document)")
    hint = 'texts need quotation marks, as in name = "alerts"' if message == "Invalid value" else None
    raise InvalidScenario(f"{place}: not valid TOML: {message}", hint=hint) from error


def similar_file(path: Path) -> str | None:
    """The hint with the file of the same folder that is called most like this one. May raise OSError."""
    folder = path.parent
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    return nearest(path.name, names)
