"""Keeps secrets, and addresses that differ from run to run, out of every line that is written.

Only what others had a hand in is masked: what script, vendor, parameters and scenario say. A secret such as "cycle" or
"2024" must not take away the journal's own keys and times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xsim.record.codec import written
from xsim.secrets import MASKED, Mask, end_masker, masked_value, masker

Fields = dict[str, Any]

CUT = 1_900
"""Characters. Texts of 2,000 and more were cut when they were recorded, perhaps within a secret."""
ANSWER_CUT = 75
"""Answers were cut at 300 bytes, which are at least so many characters."""
_ANSWER = ("exchanges", 9)
_TIME_COMPLAINT = 'parsing time "'

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")
_OWN_KEYS = {
    "cycle": frozenset({"number", "started", "ended", "outcome"}),
    "probe": frozenset({"kind", "from_cycle", "at", "outcome", "requests"}),
}
# Of lists with a fixed order, the places that hold what others wrote.
_FOREIGN_PLACES = {
    "calls": (2, 4),
    "exchanges": (2, 3, 8, 9, 12, 14),
    "refusals": (2,),
    "log": (1,),
    "failure": (1, 2, 5),
}
_FOREIGN_PARTS = frozenset({"last_run", "context", "vendor_state", "delivered", "record", "set", "extra", "default"})
_OWN_WORD = re.compile(r"[A-Za-z_]{1,12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
_OWN_TEXTS = frozenset({"digest", "common_server", "functions", "read_parameters"})


@dataclass(frozen=True, slots=True)
class _Masks:
    whole: Mask
    at_end: Mask
    """For a text that was cut: without the beginning of a secret at its end."""


class LineWriter:
    """Writes the fields of a header, cycle or probe as a line without the secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._hidden = tuple(secrets)
        self._masks = _Masks(masker(self._hidden), end_masker(self._hidden))
        self.was_plain = True
        """Whether the last line says what it was given, nothing masked."""

    def __call__(self, fields: Fields) -> str:
        plain = line = written(fields)
        # Two looks: most lines hold nothing to hide, and are written as they are.
        if self._hidden and (_ends_cut(fields) or self._masks.whole(line) != line):
            line = written(_masked_line(fields, self._masks))
        # Objects print their address, which no two runs share.
        if " at 0x" in line:
            line = _ADDRESS.sub(" at 0x", line)
        self.was_plain = line is plain or line == plain
        return line


def _masked_line(fields: Fields, masks: _Masks) -> Fields:
    for kind, own in _OWN_KEYS.items():
        if kind in fields:
            held = fields[kind].items()
            return {kind: {key: value if key in own else _part(key, value, masks) for key, value in held}}
    told: Fields = {
        part: _told(fields[part], masks.whole) for part in ("integration", "scenario", "events") if part in fields
    }
    if "delivered" in fields:
        told["delivered"] = masked_value(fields["delivered"], masks.whole)
    return fields | told | ({"command": masks.whole(fields["command"])} if "command" in fields else {})


def _part(key: str, value: Any, masks: _Masks) -> Any:
    if key not in _FOREIGN_PLACES or value is None:
        return masked_value(value, masks.whole)
    return _row(key, value, masks) if key == "failure" else [_row(key, each, masks) for each in value]


def _row(key: str, row: list[Any], masks: _Masks) -> list[Any]:
    if key in ("refusals", "failure"):
        row = [_without_rest(each, masks) for each in row]
    masked = list(row)
    for place in _FOREIGN_PLACES[key]:
        if place < len(row):
            value = masked_value(row[place], masks.whole)
            masked[place] = masks.at_end(value) if _is_cut(key, place, row[place]) else value
    return masked


def _without_rest(text: Any, masks: _Masks) -> Any:
    """A complaint about a time quotes its first 60 characters and again what is left behind some: parts of a secret."""
    if not isinstance(text, str) or not text.startswith(_TIME_COMPLAINT):
        return text
    quoted = text[len(_TIME_COMPLAINT) :][:60]
    is_clean = masks.whole(text) == text and masks.at_end(quoted) == quoted
    return text if is_clean else f'{_TIME_COMPLAINT}{MASKED}": cannot parse it'


def _told(value: Any, mask: Mask) -> Any:
    """What integration and scenario say: words of a scenario's language stay, or it could not be read back."""
    if isinstance(value, str):
        return value if _OWN_WORD.fullmatch(value) or _MOMENT.fullmatch(value) else mask(value)
    if isinstance(value, dict):
        return {key: _told_part(key, item, mask) for key, item in value.items()}
    return [_told(each, mask) for each in value] if isinstance(value, (list, tuple)) else value


def _told_part(key: str, value: Any, mask: Mask) -> Any:
    if key in _OWN_TEXTS:
        return value
    if key == "values" and isinstance(value, dict):
        return {name: masked_value(item, mask) for name, item in value.items()}
    return masked_value(value, mask) if key in _FOREIGN_PARTS else _told(value, mask)


def _ends_cut(fields: Fields) -> bool:
    """Whether a text of the cycle was cut off where a secret may have been."""
    cycle = fields.get("cycle", {})
    return any(
        place < len(row) and _is_cut(key, place, row[place])
        for key in ("calls", "exchanges", "log")
        for row in cycle.get(key, ())
        for place in _FOREIGN_PLACES[key]
    )


def _is_cut(key: str, place: int, text: Any) -> bool:
    return isinstance(text, str) and len(text) >= (ANSWER_CUT if (key, place) == _ANSWER else CUT)
