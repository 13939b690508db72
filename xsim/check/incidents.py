"""What is wrong with one incident, as the script handed it over (server-semantics 2.2 and 2.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Hashable, Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from xsim.check.excerpt import excerpt, type_name
from xsim.model import Refusal

LONGEST_NAME = 600
SEVERITIES = frozenset({0, 0.5, 1, 2, 3, 4})
TIMES = frozenset(("occurred created closed modified activated dueDate reminder lastOpen notifyTime").split())
FIELDS = TIMES | frozenset(
    """name rawJSON details type owner category phase reason account parent playbookId sourceBrand sourceInstance
    closeReason closeNotes closingUserId investigationId id rawName rawType rawPhase rawCategory rawCloseReason
    severity status sla labels attachment CustomFields linkedIncidents roles previousRoles canvases openDuration
    autime droppedCount linkedCount version ShardID isPlayground hasRole createInvestigation dbotMirrorId
    dbotMirrorDirection dbotMirrorInstance dbotMirrorTags dbotMirrorLastSync""".split()
)
BY_LOWER_CASE = {field.lower(): field for field in FIELDS}

MISSPELT = {
    "occured": "occurred",
    "ocurred": "occurred",
    "occurrred": "occurred",
    "serverity": "severity",
    "severtiy": "severity",
    "raw_json": "rawJSON",
    "rawjason": "rawJSON",
    "custom_fields": "CustomFields",
    "customfield": "CustomFields",
    "attachments": "attachment",
    "lables": "labels",
    "detials": "details",
    "dbot_mirror_id": "dbotMirrorId",
}
# Short names are near many innocent words; a near match is trusted for these alone.
TRUSTED = ("occurred", "severity", "rawjson", "customfields", "attachment", "dbotmirrorid", "dbotmirrordirection")

NOTHING: frozenset[str] = frozenset()


class Fault(NamedTuple):
    """One fault of one incident."""

    name: str
    key: Hashable
    """What tells kinds of the same fault apart."""
    found: str
    """What stands there, for the reader."""
    said: str = ""
    """The server's words, where it refuses the incident."""


def refuse_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is no JSON", name, 0)


STRICT = json.JSONDecoder(parse_constant=refuse_constant)


def batches_of(texts: Iterable[str]) -> Iterator[list[Any]]:
    """The list of each incidents call; what is no list is no batch."""
    for text in texts:
        try:
            batch = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(batch, list):
            yield batch


def read_raw(text: str) -> tuple[Any, str]:
    """rawJSON parsed, and why that is not possible: empty where it is."""
    try:
        # The scanner alone takes half the time of loads(), and a run may bring millions of incidents.
        value, end = STRICT.scan_once(text, 0)  # type: ignore[attr-defined]
        if end == len(text):
            return value, ""
    except (StopIteration, ValueError, RecursionError):
        pass
    return read_raw_carefully(text)


def read_raw_carefully(text: str) -> tuple[Any, str]:
    try:
        return STRICT.decode(text), ""
    except json.JSONDecodeError as error:
        return None, error.msg
    except (ValueError, RecursionError):
        # JSON all the same: a number or a nesting that Python alone refuses.
        return None, ""


def with_right_case(incident: dict[Any, Any]) -> dict[Any, Any]:
    """The incident as Go reads it: keys match whatever their case."""
    if FIELDS.issuperset(incident):
        return incident
    return {**{right_case(key): value for key, value in incident.items()}, **incident}


def right_case(key: Any) -> Any:
    return BY_LOWER_CASE.get(key.lower(), key) if isinstance(key, str) else key


def faults_of(
    handed: dict[Any, Any], incident: dict[Any, Any], raw_problem: str, files: Collection[str]
) -> list[Fault]:
    """The faults of one incident, as handed over and `with_right_case`.

    `raw_problem` says why rawJSON cannot be parsed, `files` are in the working folder.
    """
    faults = [] if incident is handed else key_faults(handed, incident)
    # A misspelt key is one fault, not also a missing field.
    meant = (
        {nearest_field(str(fault.key))[0] for fault in faults if fault.name == "misspelt_key"} if faults else NOTHING
    )
    name = incident.get("name")
    if type(name) is not str or not name or name.isspace() or len(name) > LONGEST_NAME:
        faults += name_faults(incident)
    raw = incident.get("rawJSON")
    if raw_problem:
        faults.append(Fault("raw_json_unreadable", "", f"{excerpt(raw)} ({raw_problem})"))
    elif (raw is None or raw == "") and "rawJSON" not in meant:
        faults.append(Fault("raw_json_missing", "", how_missing(incident, "rawJSON")))
    if incident.get("occurred") is None and "occurred" not in meant:
        faults.append(Fault("occurred_missing", "", how_missing(incident, "occurred")))
    severity = incident.get("severity")
    if severity is not None and type(severity) in (int, float) and severity not in SEVERITIES:
        faults.append(Fault("unknown_severity", "", f"severity is {excerpt(severity)}"))
    if "attachment" in incident:
        faults += attachment_faults(incident["attachment"], files)
    return faults


def how_missing(incident: dict[Any, Any], field: str) -> str:
    return f"{field} is {excerpt(incident[field])}" if field in incident else f"it has no {field}"


def name_faults(incident: dict[Any, Any]) -> list[Fault]:
    name = incident.get("name")
    if name is None or (isinstance(name, str) and not name.strip()):
        return [Fault("name_missing", "", how_missing(incident, "name"))]
    if isinstance(name, str):
        return [Fault("name_too_long", "", f"{len(name):,} characters: {excerpt(name)}")]
    return []  # Another type: the server refuses it, and the refusal is the finding.


def key_faults(handed: dict[Any, Any], incident: dict[Any, Any]) -> list[Fault]:
    faults: list[Fault] = []
    for key in handed:
        right, is_case = nearest_field(key) if key not in FIELDS else ("", False)
        if right and (is_case or right not in incident):
            fault = "wrongly_cased_key" if is_case else "misspelt_key"
            faults.append(Fault(fault, key, f"{excerpt(key)} for {excerpt(right)}"))
    return faults


@lru_cache(maxsize=4096)
def nearest_field(key: str) -> tuple[str, bool]:
    """The known field that the key means, or an empty text, and whether only its case is wrong."""
    lower = key.lower()
    if lower in BY_LOWER_CASE:
        return BY_LOWER_CASE[lower], True
    if lower in MISSPELT:
        return MISSPELT[lower], False
    near = get_close_matches(lower, TRUSTED, n=1, cutoff=0.9) if 5 <= len(lower) <= 24 else []
    return (BY_LOWER_CASE[near[0]], False) if near else ("", False)


def attachment_faults(attachments: Any, files: Collection[str]) -> list[Fault]:
    faults: list[Fault] = []
    for attachment in attachments if isinstance(attachments, list) else ():
        path = attachment.get("path") if isinstance(attachment, dict) else None
        if isinstance(path, str) and path and not is_there(path, files):
            faults.append(Fault("attachment_missing", "", f"no file {excerpt(path)} in the working folder"))
    return faults


def is_there(path: str, files: Collection[str]) -> bool:
    """Whether a file answers to the path: by its name, or by the FileID that fileResult() puts behind the
    investigation's id (server-semantics 5)."""
    name = path.rpartition("/")[2]
    return any(file in (path, name) or file.endswith(f"_{name}") for file in files)


# --- refusals -----------------------------------------------------------------------------------------------

ZONE = re.compile(r"(Z|[+-]\d\d:\d\d)\Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(.)(\d\d:\d\d:\d\d)([.,]\d+)?(.*)\Z", re.DOTALL)


def field_of(refusal: Refusal) -> str:
    """The field without the numbers of list entries: labels[3].value is labels.value."""
    return re.sub(r"\[\d+\]|\.\d+(?=\.|\Z)", "", refusal.field)


def is_time(refusal: Refusal) -> bool:
    return field_of(refusal).partition(".")[0] in TIMES or "parsing time" in refusal.message


def refused_value(incident: Any, field: str) -> Any:
    """The value that was refused: of a list, the field of the first entry where it is no text."""
    value = with_right_case(incident) if isinstance(incident, dict) else incident
    for step in re.sub(r"\[(\d+)\]", r".\1", field).split(".") if field else ():
        if isinstance(value, list) and not step.isdigit():
            held = [entry.get(step) if isinstance(entry, dict) else entry for entry in value]
            value = next((entry for entry in held if not isinstance(entry, str)), None)
        elif isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(step)
    return value


def wrong_with_time(value: Any) -> str:
    """Why the server cannot read the value as a time (server-semantics 2.3)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "a number" if not 1e8 < value < 1e19 else "a number of seconds or milliseconds since 1970"
    if not isinstance(value, str):
        return type_name(value)
    if not value.strip():
        return "an empty text"
    if value.strip().isdigit():
        return "a number written as text"
    if DATE.match(value):
        return "a date without a time"
    parts = DATE_TIME.match(value)
    if not parts:
        return "not written as year-month-dayThour:minute:second"
    return wrong_part(*parts.groups())


def wrong_part(date: str, between: str, time: str, fraction: str | None, zone: str) -> str:
    if between != "T":
        return f"parted by {excerpt(between)} where a T belongs"
    if fraction and fraction.startswith(","):
        return "written with a comma in its fraction"
    if not zone:
        return "without a zone"
    if re.fullmatch(r"[+-]\d{4}", zone):
        return "written with a zone that lacks its colon"
    if not ZONE.fullmatch(zone):
        return "written with a zone that is neither Z nor +hh:mm"
    try:
        datetime.fromisoformat(f"{date}T{time}")
    except ValueError:
        return "a moment that does not exist"
    return "not RFC 3339"
