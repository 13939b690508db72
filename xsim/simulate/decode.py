"""What the server makes of the text that demisto.incidents() hands over: Go's strict decoding (semantics 2.2, 2.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from xsim.model import Refusal
from xsim.world import JsonValue

Complaint = tuple[str, str]
"""Field path and the server's kind of message."""

_STRINGS = """name rawJSON details type owner category phase reason account parent playbookId sourceBrand sourceInstance
closeReason closeNotes closingUserId investigationId id rawName rawType rawPhase rawCategory rawCloseReason
dbotMirrorId dbotMirrorDirection dbotMirrorInstance""".split()
_TIMES = "occurred created closed modified activated dueDate reminder lastOpen notifyTime".split()
_NUMBERS = "severity status sla".split()
_INTEGERS = "openDuration autime droppedCount linkedCount version ShardID".split()
_BOOLEANS = "isPlayground hasRole createInvestigation".split()
_STRING_LISTS = "linkedIncidents roles previousRoles canvases dbotMirrorTags".split()

KINDS: dict[str, str] = {
    **dict.fromkeys(_STRINGS, "string"),
    **dict.fromkeys(_TIMES, "time"),
    **dict.fromkeys(_NUMBERS, "float64"),
    **dict.fromkeys(_INTEGERS, "int64"),
    **dict.fromkeys(_BOOLEANS, "bool"),
    **dict.fromkeys(_STRING_LISTS, "[]string"),
    "severity": "Severity",
    "labels": "labels",
    "attachment": "attachment",
    "CustomFields": "map[string]interface {}",
}
# Go matches object keys without regard to case where no exact one is there.
_KINDS_BY_LOWER_CASE = {key.lower(): kind for key, kind in KINDS.items()}

_LABEL = {"type": "string", "value": "string"}
_ATTACHMENT = {"path": "string", "name": "string", "type": "string", "description": "string", "showMediaFile": "bool"}
_PLAIN_TYPES = {"string": str, "Severity": (int, float), "float64": (int, float), "int64": int, "bool": bool}

_LAYOUT = "2006-01-02T15:04:05Z07:00"
_RFC3339 = re.compile(
    r"(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)",
    re.ASCII,
)
_STEPS = (  # What Go still expects once the text no longer fits, in the order it reads.
    (re.compile(r"\d{4}", re.ASCII), "2006"),
    (re.compile("-"), "-"),
    (re.compile(r"\d\d", re.ASCII), "01"),
    (re.compile("-"), "-"),
    (re.compile(r"\d\d", re.ASCII), "02"),
    (re.compile("T"), "T"),
    (re.compile(r"\d\d?", re.ASCII), "15"),
    (re.compile(":"), ":"),
    (re.compile(r"\d\d", re.ASCII), "04"),
    (re.compile(":"), ":"),
    (re.compile(r"\d\d(?:[.,]\d+)?", re.ASCII), "05"),
    (re.compile(r"Z|[+-]\d\d:\d\d", re.ASCII), "Z07:00"),
)


def decode_batch(text: str, value: JsonValue, *, is_strict: bool = False) -> tuple[int, tuple[Refusal, ...]]:
    """The number of incidents in one call, and all that the server cannot decode in it.

    `text` is what was handed over, `value` the object it was written from; `is_strict` says that the text is known
    to hold neither NaN nor Infinity. The server stops at the first complaint;
    xsim gives them all, so that one run shows everything there is to mend.
    """
    if value is None:  # `null` decodes to an empty list (server-semantics 2.3).
        return 0, ()
    if _is_plainly_right(value) and (is_strict or ("NaN" not in text and "Infinity" not in text)):
        return len(value), ()
    return _decode_text(text)


def decode_text_entry(text: str) -> tuple[Refusal, ...]:
    """Why a text entry in a fetch is no list of incidents (server-semantics 2.3, `results('ok')`); () if it is one."""
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        first = text.lstrip()[:1]
        what = (
            f"invalid character '{first}' looking for beginning of value" if first else "unexpected end of JSON input"
        )
        return (Refusal(None, "", what),)
    return _decode_text(text)[1]


def _decode_text(text: str) -> tuple[int, tuple[Refusal, ...]]:
    try:
        batch = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        return 0, (Refusal(None, "", "exceeded max depth"),)
    except ValueError as error:
        return 0, (Refusal(None, "", str(error)),)
    if not isinstance(batch, list):
        found = _json_type(batch)
        return 0, (Refusal(None, "", f"json: cannot unmarshal {found} into Go value of type []Incident"),)
    refusals: list[Refusal] = []
    for index, incident in enumerate(batch):
        refusals += (Refusal(index, path, message) for path, message in _incident_complaints(incident))
    return len(batch), tuple(refusals)


def _is_plainly_right(value: JsonValue) -> bool:
    """A quick look at the usual fields, without a round trip through text; False means only: look closer."""
    if type(value) is not list:
        return False
    for incident in value:
        if type(incident) is not dict:
            return False
        for key, item in incident.items():
            kind = KINDS.get(key)
            if kind == "string":
                if type(item) is not str:
                    return False
            elif kind == "time":
                if type(item) is not str or not _is_time(item):
                    return False
            elif kind == "Severity":
                if type(item) is not int:
                    return False
            elif kind is not None or type(key) is not str or key.lower() in _KINDS_BY_LOWER_CASE:
                return False
    return True


def _incident_complaints(incident: JsonValue) -> list[Complaint]:
    if incident is None:
        return []
    if not isinstance(incident, dict):
        return [("", f"json: cannot unmarshal {_json_type(incident)} into Go value of type Incident")]
    complaints: list[Complaint] = []
    for key, value in incident.items():
        kind = KINDS.get(key) or _KINDS_BY_LOWER_CASE.get(key.lower())
        if kind is not None and value is not None:  # null leaves the zero value (server-semantics 2.3).
            complaints += _field_complaints(key, kind, value)
    return complaints


def _field_complaints(key: str, kind: str, value: JsonValue) -> list[Complaint]:
    if kind == "time":
        message = _time_complaint(value)
        return [(key, message)] if message else []
    if kind == "labels":
        return _list_complaints(key, value, lambda path, item: _struct_complaints(path, item, _LABEL, "Label"))
    if kind == "attachment":
        return _list_complaints(
            key, value, lambda path, item: _struct_complaints(path, item, _ATTACHMENT, "Attachment")
        )
    if kind == "[]string":
        return _list_complaints(
            key, value, lambda path, item: _plain_complaints(path, item, "string", f"Incident.{key}")
        )
    if kind.startswith("map"):
        fits = isinstance(value, dict)
        return [] if fits else [(key, _cannot_unmarshal(value, f"Incident.{key}", kind))]
    return _plain_complaints(key, value, kind, f"Incident.{key}")


def _list_complaints(key: str, value: JsonValue, each: Callable[[str, JsonValue], list[Complaint]]) -> list[Complaint]:
    if not isinstance(value, list):
        return [
            (
                key,
                _cannot_unmarshal(
                    value, f"Incident.{key}", "[]string" if key not in ("labels", "attachment") else "[]struct"
                ),
            )
        ]
    return [complaint for place, item in enumerate(value) for complaint in each(f"{key}[{place}]", item)]


def _struct_complaints(path: str, value: JsonValue, kinds: dict[str, str], struct: str) -> list[Complaint]:
    if value is None:
        return []
    if not isinstance(value, dict):
        return [(path, f"json: cannot unmarshal {_json_type(value)} into Go value of type {struct}")]
    by_lower_case = {key.lower(): kind for key, kind in kinds.items()}
    return [
        complaint
        for key, item in value.items()
        if (kind := by_lower_case.get(key.lower()))
        for complaint in _plain_complaints(f"{path}.{key}", item, kind, f"{struct}.{key}")
    ]


def _plain_complaints(path: str, value: JsonValue, kind: str, go_field: str) -> list[Complaint]:
    if value is None:
        return []
    fits = isinstance(value, _PLAIN_TYPES[kind])  # type: ignore[arg-type]
    if isinstance(value, bool) and kind != "bool":
        fits = False
    return [] if fits else [(path, _cannot_unmarshal(value, go_field, kind))]


def _cannot_unmarshal(value: JsonValue, go_field: str, kind: str) -> str:
    return f"json: cannot unmarshal {_json_type(value)} into Go struct field {go_field} of type {kind}"


def _time_complaint(value: JsonValue) -> str | None:
    """None for an RFC 3339 text; else the message of Go's time parser (server-semantics 2.3)."""
    if isinstance(value, str):
        return None if _is_time(value) else _time_message(value)
    text = json.dumps(value)
    return f'parsing time "{text[:60]}" as "\\"{_LAYOUT}\\"": cannot parse "{text[:60]}" as "\\""'


def _is_time(text: str) -> bool:
    found = _RFC3339.fullmatch(text)
    if found is None:
        return False
    if found[3] < "29":
        return True
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return (
        day <= (29 if leap else 28 if month == 2 else 30)
        if month == 2
        else day <= (30 if month in (4, 6, 9, 11) else 31)
    )


def _time_message(text: str) -> str:
    rest = text
    for pattern, expected in _STEPS:
        found = pattern.match(rest)
        if found is None:
            return f'parsing time "{text[:60]}" as "{_LAYOUT}": cannot parse "{rest[:60]}" as "{expected}"'
        rest = rest[found.end() :]
    if rest:
        return f'parsing time "{text[:60]}": extra text: "{rest[:60]}"'
    return f'parsing time "{text[:60]}": out of range'


def _json_type(value: JsonValue) -> str:
    """Go's word for a JSON type."""
    if isinstance(value, bool):
        return "bool"
    return {dict: "object", list: "array", str: "string", type(None): "null"}.get(type(value), "number")


def _refuse_constant(text: str) -> Any:
    # Python writes NaN and Infinity bare; Go refuses them (server-semantics 1.2).
    raise ValueError(f"invalid character '{text.lstrip('-')[0]}' looking for beginning of value")
