"""Gives a parameter's value the shape in which the server hands it to the script (server-semantics 4)."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from difflib import get_close_matches

from xsim.errors import InvalidParameter
from xsim.integration import Parameter
from xsim.secrets import is_maskable
from xsim.world import JsonValue

NUMBER, ENCRYPTED, BOOLEAN, CREDENTIALS = 1, 4, 8, 9
ENCRYPTED_BLOCK, INCIDENT_TYPE, ENCRYPTED_LONG, SINGLE, MULTIPLE, DURATION = 11, 13, 14, 15, 16, 19
NO_VALUE = frozenset({20, 22, 23})
"""Titles, result links and the engine's placeholder: parts of the screen alone (newer-content 5.1)."""
SECRET = frozenset({ENCRYPTED, ENCRYPTED_BLOCK, ENCRYPTED_LONG})
TRUTHS = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0", ""), False)
MINUTES = {"": 1, "m": 1, "h": 60, "d": 1440}
STORED_CREDENTIAL: Mapping[str, JsonValue] = {
    "id": "",
    "name": "",
    "user": "",
    "password": "",
    "workgroup": "",
    "sshkey": "",
    "sshkeyEsc": "",
    "sshkeyPass": "",
    "vaultInstanceId": "",
    "locked": False,
    "modified": "0001-01-01T00:00:00Z",
    "sortValues": None,
    "version": 0,
}
"""What the server hands along as `credentials` in a credentials value (server-semantics 4.2)."""
CREDENTIAL_KEYS = ("identifier", "password", "passwordChanged", "credential", "credentials", *STORED_CREDENTIAL)
SECRET_PARTS = ("password", "sshkey", "sshkeyEsc", "sshkeyPass")


def shaped(parameter: Parameter, value: JsonValue, *, where: str) -> JsonValue:
    """The value as the server would hand it over; `where` names its source in a complaint."""
    if value is None:
        return unset(parameter)
    place = f"{where}: {parameter.name}"
    if parameter.kind == BOOLEAN:
        return _truth(value, place)
    if parameter.kind == CREDENTIALS:
        return credentials(value, place)
    if parameter.kind == MULTIPLE:
        return [_option(parameter, item, place) for item in _items(value, place)]
    if parameter.kind == DURATION:
        return _minutes(value, place)
    text = _text(value, place)
    return _option(parameter, text, place) if parameter.kind == SINGLE and text else text


def unset(parameter: Parameter) -> JsonValue:
    """What a declared parameter without a value arrives as: null, and for some types an empty value of the type.

    Published integrations take apart optional credentials and count the items of optional lists without a look at
    what they got, in every run, so these two never arrive as null.
    """
    if parameter.kind == CREDENTIALS:
        return credentials({}, parameter.name)
    return {BOOLEAN: False, MULTIPLE: []}.get(parameter.kind)


def shaped_default(parameter: Parameter) -> JsonValue:
    """The yml's default: the server keeps it as it stands, so an odd one is no error of the person at the keyboard."""
    value = parameter.default
    if not isinstance(value, str) or not value:
        return unset(parameter)
    if parameter.kind == BOOLEAN:
        return TRUTHS.get(value.strip().lower(), False)
    if parameter.kind == MULTIPLE:
        return _items(value, parameter.name)
    return credentials({"identifier": value}, parameter.name) if parameter.kind == CREDENTIALS else value


def credentials(value: JsonValue, place: str) -> dict[str, JsonValue]:
    """The nested object from "user:password", a plain dict with any of its keys, or the nested object itself."""
    given = flat_credentials(value, place)
    stored = {key: given.get(key, default) for key, default in STORED_CREDENTIAL.items()}
    outer = {key: given.get(key, "") for key in ("identifier", "password")}
    is_stored = bool(given.get("credential"))
    if not is_stored:  # Typed into the instance itself: the stored part keeps only a key.
        stored |= {"user": "", "password": ""}
    if stored["sshkey"] and not stored["sshkeyEsc"]:
        stored["sshkeyEsc"] = str(stored["sshkey"]).replace("\n", "\\n")
    return outer | {
        "passwordChanged": given.get("passwordChanged", False),
        "credential": given.get("credential", ""),
        "credentials": stored,
    }


def flat_credentials(value: JsonValue, place: str) -> dict[str, JsonValue]:
    """The keys given, the stored credential's among them on the same level."""
    if isinstance(value, str):
        identifier, _, password = value.partition(":")
        return {"identifier": identifier, "password": password}
    if not isinstance(value, Mapping):
        raise InvalidParameter(
            f"{place}: expected credentials, found {_kind_of(value)}",
            hint='give {"identifier": ..., "password": ...}, or "user:password"',
        )
    nested = value.get("credentials")
    flat: dict[str, JsonValue] = dict(nested) if isinstance(nested, Mapping) else {}
    flat |= {key: item for key, item in value.items() if key != "credentials"}
    for key in flat:
        if key not in CREDENTIAL_KEYS:
            near = get_close_matches(key, CREDENTIAL_KEYS, n=1)
            raise InvalidParameter(
                f"{place}.{key}: credentials have no such part",
                hint=f"did you mean '{near[0]}'?" if near else "the parts are identifier and password",
            )
    return flat


def secrets_of(parameter: Parameter, value: JsonValue) -> tuple[str, ...]:
    """The texts in the value that must not be written."""
    texts: list[JsonValue] = []
    if parameter.kind in SECRET:
        texts = [value]
    elif parameter.kind == CREDENTIALS and isinstance(value, Mapping):
        stored = value.get("credentials") or {}
        texts = [value.get("password"), *(stored.get(key) for key in SECRET_PARTS)]
    return tuple(dict.fromkeys(text for text in texts if is_maskable(text)))


def _truth(value: JsonValue, place: str) -> bool:
    truth = TRUTHS.get(str(value).strip().lower()) if isinstance(value, (bool, str, int)) else None
    if truth is None:
        raise InvalidParameter(f"{place}: expected true or false, found {_kind_of(value)}", hint="it is a checkbox")
    return truth


def _minutes(value: JsonValue, place: str) -> str:
    match = re.fullmatch(r"(\d{1,15})\s*(|m|h|d)(?:in(?:ute)?s?|ours?|ays?)?", str(value).strip().lower())
    if match is None or isinstance(value, bool):
        raise InvalidParameter(
            f"{place}: expected a duration in minutes, found {_kind_of(value)}", hint="such as 5, 5m, 2h or 1d"
        )
    return str(int(match[1]) * MINUTES[match[2]])


def _items(value: JsonValue, place: str) -> list[str]:
    if isinstance(value, str):
        # Written as CSV in ymls and by old instances.
        return [item.strip() for item in next(csv.reader([value], skipinitialspace=True), []) if item.strip()]
    if isinstance(value, (list, tuple)):
        return [_text(item, place) for item in value]
    raise InvalidParameter(f"{place}: expected a list, found {_kind_of(value)}", hint="give a list, or a,b,c")


def _option(parameter: Parameter, text: str, place: str) -> str:
    if not parameter.options or text in parameter.options:
        return text
    near = get_close_matches(text, parameter.options, n=1) or [
        option for option in parameter.options if option.lower() == text.lower()
    ]
    raise InvalidParameter(
        f"{place}: '{text}' is none of its options",
        hint=f"did you mean '{near[0]}'?" if near else f"one of {', '.join(parameter.options[:12])}",
    )


def _text(value: JsonValue, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise InvalidParameter(
        f"{place}: expected a text, found {_kind_of(value)}", hint="the server keeps it as text: give it in quotes"
    )


def _kind_of(value: JsonValue) -> str:
    """What was found, without showing it: it may be a secret."""
    names = {
        bool: "a truth",
        int: "a number",
        float: "a number",
        str: "another text",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)
