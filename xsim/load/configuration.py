"""Makes the instance's parameters: yml defaults, then the scenario's, a file's and the command line's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from xsim.errors import InvalidParameter
from xsim.integration import Integration, Parameter, Parameters
from xsim.load.meanings import is_secret, meaning_of, value_for
from xsim.load.parameter_file import read_parameter_file, resolve_reference
from xsim.load.shapes import (
    BOOLEAN,
    CREDENTIALS,
    DURATION,
    ENCRYPTED,
    INCIDENT_TYPE,
    MULTIPLE,
    NO_VALUE,
    NUMBER,
    SECRET,
    SINGLE,
    credentials,
    flat_credentials,
    secrets_of,
    shaped,
    shaped_default,
)
from xsim.load.yml import is_true
from xsim.world import JsonValue

PLATFORM = (
    Parameter("isFetch", BOOLEAN, default="true"),
    Parameter("incidentType", INCIDENT_TYPE),
    Parameter("incidentFetchInterval", DURATION, default="1"),
)
"""Owned by the server, which hands them to the script whatever the yml says (server-semantics 4.3)."""
MARKETPLACE_PARTS = {"xsoar_saas": "xsoar", "xsoar_on_prem": "xsoar"}


@dataclass(frozen=True, slots=True)
class _Layer:
    """Values from one source; `where` names it in complaints."""

    where: str
    values: Mapping[str, JsonValue]
    folder: Path


def load_parameters(
    integration: Integration,
    *,
    scenario_params: Mapping[str, JsonValue] = {},
    params_file: Path | None = None,
    overrides: Sequence[str] = (),
    strict: bool = False,
    folder: Path | None = None,
) -> Parameters:
    """The parameters of the instance, each in the server's shape.

    `overrides` are texts "key=value"; `folder` is the scenario's, below which its `file:` values lie (default: the
    working folder). A required parameter without a value gets a stand-in, or with `strict` raises InvalidParameter.
    """
    known = _known(integration)
    given: dict[str, JsonValue] = {}
    for layer in _layers(scenario_params, params_file, overrides, folder or Path()):
        _put(layer, integration, known, given)
    values = {name: _value(parameter, integration, given) for name, parameter in known.items()}
    values |= {name: value for name, value in given.items() if name not in values}
    missing = [known[name] for name in known if known[name].required and _is_unset(known[name], values[name])]
    if missing and strict:
        raise InvalidParameter(
            f"parameters without a value: {', '.join(parameter.name for parameter in missing)}",
            hint="give them by --param name=value, in a file for --params, or in the scenario's [params]",
        )
    made_up = missing + _ways_in(known, values)
    values |= {parameter.name: _stand_in(parameter, values[parameter.name]) for parameter in made_up}
    if integration.parameters is None:
        values = {name: value for name, value in values.items() if value is not None or name in _PLATFORM_NAMES}
    return Parameters(values, tuple(parameter.name for parameter in made_up), _secrets(known, values))


def _ways_in(known: Mapping[str, Parameter], values: Mapping[str, JsonValue]) -> list[Parameter]:
    """Optional parameters that an instance cannot do without all the same: the secrets, and the address.

    A yml that takes several kinds of login requires none of them. Where one is required or has a value, it will do.
    """
    found: list[Parameter] = []
    for belongs in (_is_secret, _is_address):
        kin = [parameter for parameter in known.values() if belongs(parameter) and not parameter.hidden]
        if not any(parameter.required or not _is_unset(parameter, values.get(parameter.name)) for parameter in kin):
            found += kin
    return found


def _is_secret(parameter: Parameter) -> bool:
    return parameter.kind in SECRET or parameter.kind == CREDENTIALS


def _is_address(parameter: Parameter) -> bool:
    return parameter.kind == 0 and meaning_of(parameter.name) == "url"


def declared_parameters(yml: Mapping[str, Any], marketplace: str) -> tuple[Parameter, ...]:
    """The yml's `configuration`, in its order."""
    entries = yml.get("configuration")
    return tuple(
        _declared(entry, marketplace)
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(entry.get("name"), str)
    )


def _declared(entry: Mapping[str, Any], marketplace: str) -> Parameter:
    kind = str(entry.get("type") or 0)
    options = entry.get("options")
    return Parameter(
        name=entry["name"],
        kind=int(kind) if re.fullmatch(r"[0-9]{1,3}", kind) else 0,
        required=is_true(entry.get("required")),
        default=entry.get("defaultvalue"),
        display=str(entry.get("display") or ""),
        options=tuple(str(option) for option in options) if isinstance(options, list) else (),
        hidden=_is_hidden(entry.get("hidden"), marketplace),
    )


def _is_hidden(hidden: Any, marketplace: str) -> bool:
    """`hidden` is a truth, or a list of marketplaces, where xsoar stands for both its kinds (newer-content 5.2)."""
    if isinstance(hidden, list):
        return marketplace in hidden or MARKETPLACE_PARTS.get(marketplace) in hidden
    return is_true(hidden)


def _known(integration: Integration) -> dict[str, Parameter]:
    """The instance's parameters: the declared ones, else those that the script reads; the platform's last."""
    source = integration.guessed_parameters if integration.parameters is None else integration.parameters
    known = {parameter.name: parameter for parameter in source if parameter.kind not in NO_VALUE}
    if integration.parameters is None:
        return known | {parameter.name: parameter for parameter in PLATFORM}
    return known | {parameter.name: parameter for parameter in PLATFORM if parameter.name not in known}


_PLATFORM_NAMES = frozenset(parameter.name for parameter in PLATFORM)


def _layers(
    scenario: Mapping[str, JsonValue], file: Path | None, overrides: Sequence[str], folder: Path
) -> Iterator[_Layer]:
    yield _Layer("scenario [params]", scenario, folder)
    if file is not None:
        yield _Layer(str(file), read_parameter_file(file), file.parent)
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            # The text itself may be a secret, so it is not repeated.
            raise InvalidParameter("--param: expected key=value", hint="such as --param max_fetch=50")
        yield _Layer("--param", {name.strip(): value}, Path())


def _put(layer: _Layer, integration: Integration, known: dict[str, Parameter], given: dict[str, JsonValue]) -> None:
    """Lay the layer's values over those given so far."""
    for name, raw in layer.values.items():
        value = resolve_reference(raw, f"{layer.where}: {name}", layer.folder)
        whole, dot, part = name.partition(".")
        if dot and name not in known and _takes_parts(whole, integration, known):
            before = given.get(whole)
            flat = flat_credentials(before, f"{layer.where}: {whole}") if before is not None else {}
            given[whole] = _checked(known, whole, flat | {part.rpartition(".")[2]: value}, layer.where)
        elif name in known:
            given[name] = _checked(known, name, value, layer.where)
        elif integration.parameters is None:
            given[name] = value
        else:
            raise _undeclared(name, integration, known, layer.where)


def _takes_parts(name: str, integration: Integration, known: dict[str, Parameter]) -> bool:
    if integration.parameters is None and name not in known:
        known[name] = Parameter(name, CREDENTIALS)
    return name in known and known[name].kind == CREDENTIALS


def _checked(known: Mapping[str, Parameter], name: str, value: JsonValue, where: str) -> JsonValue:
    return shaped(known[name], value, where=where)


def _undeclared(name: str, integration: Integration, known: Mapping[str, Parameter], where: str) -> InvalidParameter:
    near = get_close_matches(name, known, n=1)
    if not near:
        near = [other for other in known if other.lower() == name.lower()]
    names = ", ".join(list(known)[:12])
    return InvalidParameter(
        f"{where}: {integration.name} declares no parameter '{name}'",
        hint=f"did you mean '{near[0]}'?" if near else f"it declares {names}{', ...' if len(known) > 12 else ''}",
    )


def _value(parameter: Parameter, integration: Integration, given: Mapping[str, JsonValue]) -> JsonValue:
    if parameter.name in given:
        return given[parameter.name]
    if parameter.name == "isFetch":
        return True  # The instance is one that fetches, whatever the yml's default.
    if integration.parameters is None and parameter.default is None:
        return None  # Absent, so that the script's own default holds.
    return shaped_default(parameter)


def _is_unset(parameter: Parameter, value: JsonValue) -> bool:
    if parameter.kind == CREDENTIALS and isinstance(value, Mapping):
        return not value.get("password") and not (value.get("credentials") or {}).get("sshkey")
    return value is None or value == "" or value == []


def _stand_in(parameter: Parameter, value: JsonValue) -> JsonValue:
    """A value of the parameter's type, made from its name: the same each time, and no one's real one."""
    name, display = parameter.name, parameter.display
    meaning = next((found for found in map(meaning_of, (name, display)) if found not in ("", "boolean")), "")
    if parameter.kind == CREDENTIALS:
        user = value_for(meaning_of(display) if meaning_of(display) in ("email", "uuid") else "user", name)
        identifier = value.get("identifier") if isinstance(value, Mapping) else None
        return credentials({"identifier": identifier or user, "password": value_for("secret", name)}, name)
    if parameter.kind == BOOLEAN:
        return False
    if parameter.kind in SECRET:
        return value_for(meaning if meaning in ("uuid", "json") else "secret", name)
    if parameter.kind in (SINGLE, MULTIPLE) and parameter.options:
        first = next((option for option in parameter.options if option), "")
        return [first] if parameter.kind == MULTIPLE else first
    if parameter.kind == MULTIPLE:
        return [str(value_for(meaning, name))]
    if parameter.kind == DURATION:
        return "1"
    if parameter.kind == NUMBER and meaning not in ("timeout", "days", "port"):
        meaning = "number"
    if meaning == "host" and any(mark in display.lower() for mark in ("url", "http")):
        meaning = "url"
    return value_for(meaning, name)


def _secrets(known: Mapping[str, Parameter], values: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """The texts of all secret values; of an undeclared parameter the name alone can tell."""
    found: list[str] = []
    for name, value in values.items():
        parameter = known.get(name)
        if parameter is None or (parameter.kind == 0 and is_secret(name)):
            kind = CREDENTIALS if isinstance(value, Mapping) else ENCRYPTED if is_secret(name) else 0
            parameter = Parameter(name, kind)
        found += secrets_of(parameter, value)
    return tuple(dict.fromkeys(found))
