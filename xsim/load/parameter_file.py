"""Reads a file of parameters, and the values that only refer to an environment variable or a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from xsim.errors import InvalidParameter
from xsim.load.files import read_text, shown
from xsim.load.scenario_text import parse_toml
from xsim.load.yml import compose, plain
from xsim.world import JsonValue

FORMATS = (".json", ".toml", ".yml", ".yaml")


def read_parameter_file(path: Path) -> Mapping[str, JsonValue]:
    """An object of names to values, from JSON, TOML or YAML by the file's suffix."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS and path.exists():
        raise InvalidParameter(f"{shown(path)}: unknown kind of file", hint=f"name it {', '.join(FORMATS)}")
    text = read_text(path, error=InvalidParameter)
    if suffix == ".json":
        values = _json(text, path)
    elif suffix == ".toml":
        values = _toml(text, path)
    else:
        root = compose(text, path, error=InvalidParameter)
        values = plain(root, typed=True) if root is not None else {}
    if not isinstance(values, dict):
        raise InvalidParameter(
            f"{shown(path)}: expected an object of names to values", hint='such as {"max_fetch": "50"}'
        )
    return values


def resolve_reference(value: JsonValue, place: str, folder: Path) -> JsonValue:
    """The value, where it is `env:NAME` or `file:PATH` what that holds; `file:` paths lie below the folder."""
    if isinstance(value, Mapping):
        return {key: resolve_reference(item, f"{place}.{key}", folder) for key, item in value.items()}
    if isinstance(value, str) and value.startswith("env:"):
        name = value[len("env:") :]
        if name not in os.environ:
            raise InvalidParameter(f"{place}: environment variable {name} is not set", hint=f"export {name}=...")
        return _whole(os.environ[name])
    if isinstance(value, str) and value.startswith("file:"):
        return _file_value(value[len("file:") :], place, folder)
    return _whole(value) if isinstance(value, str) else value


def _whole(text: str) -> str:
    """The text as the server, which keeps UTF-8, can hold it: half a character becomes the mark of a lost one."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _file_value(name: str, place: str, folder: Path) -> str:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InvalidParameter(
            f"{place}: file:{name} lies outside {shown(folder.resolve())}", hint="keep it in that folder"
        )
    return read_text(path, error=InvalidParameter).removesuffix("\n").removesuffix("\r")


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{shown(path)}:{error.lineno}:{error.colno}"
        raise InvalidParameter(f"{place}: not valid JSON: {error.msg}") from error
    except ValueError as error:  # A number of thousands of digits.
        raise InvalidParameter(f"{shown(path)}: not valid JSON: {error}") from error
    except RecursionError as error:
        raise InvalidParameter(f"{shown(path)}: nested too deeply") from error


def _toml(text: str, path: Path) -> Any:
    try:
        return _without_dates(parse_toml(text))
    except ValueError as error:
        raise InvalidParameter(f"{shown(path)}: not valid TOML: {error}") from error


def _without_dates(value: Any) -> Any:
    """TOML has dates, the server's parameters only their texts."""
    if isinstance(value, dict):
        return {key: _without_dates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dates(item) for item in value]
    return value.isoformat() if isinstance(value, (datetime, date, time)) else value
