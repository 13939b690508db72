"""Reads texts in a query language: which of their times and numbers bound the records, found again by which pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from xsim.report.draft_values import TimeShape, time_shape, words_of

TIME = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?|(?<!\d)1\d{9}(?:\d{3})?(?!\d)", re.ASCII
)
OPERATORS = {
    ">=": ">=", ">": ">", "<=": "<=", "<": "<", "=ge=": ">=", "=gt=": ">", "=le=": "<=", "=lt=": "<", "ge": ">=",
    "gte": ">=", "gt": ">", "le": "<=", "lte": "<=", "lt": "<", "after": ">", "before": "<", "since": ">=",
    "from": ">=", "until": "<=", "to": "<=", "=>": ">=",
}  # fmt: skip
"""How languages write a comparison, and how a filter does."""
_SIGN = r"=(?:ge|gt|le|lt)=|:?\s?[<>]=?|=>|:|=|\b(?:gte?|ge|lte?|le|after|before|since|from|until|to|is)\b"
BEFORE = re.compile(rf"(?P<name>[A-Za-z_@$][\w.@$-]*)[\"'`\]]?\s*(?P<sign>{_SIGN})\s*[\"'({{\[\\]*$", re.IGNORECASE)
"""What stands before a bound: the name of a field, a comparison, quotes."""
BETWEEN = re.compile(r"[\"']?\s*(,|;|/|\.\.|to|and|-)\s*[\"']?", re.IGNORECASE)
"""Between the two bounds of a range."""
LIMIT = re.compile(r"\b(limit|top|head|first|take|rows|size|max_?results|page_?size)(\W{1,4})(\d{1,6})\b", re.I)
OFFSET = re.compile(r"\b(offset|skip|start_?at|start)(\W{1,4})(\d{1,6})\b", re.I)
UPPER_NAME = re.compile("(.*_)?(end|to|until|till|before|lt|lte|max|stop|latest)(_.*)?")
LONGEST_BEFORE = 12


@dataclass(frozen=True, slots=True)
class TextBound:
    """A time within a text. `name` is the field that the text names before it, "" where it names none."""

    pattern: str
    op: str
    shape: TimeShape
    name: str = ""
    is_told: bool = False
    """The text itself says which comparison it is."""


def text_bounds(text: str) -> list[TextBound]:
    """The times in the text, each with a pattern that finds it again whatever the time."""
    found: list[TextBound] = []
    ended = 0
    for match in TIME.finditer(text):
        shape = time_shape(match[0])
        if shape is None:
            continue
        between = text[ended : match.start()]
        if found and BETWEEN.fullmatch(between):
            begun = found[-1].pattern.partition("(?P<bound>")[0]
            pattern = f"{begun}.+?{_literal(between)}{_bound(match[0])}"
            found.append(TextBound(pattern, "<=", shape, found[-1].name))
        else:
            found.append(_first_bound(text, match, shape))
        ended = match.end()
    return [bound for bound in found if _finds(bound.pattern, text)]


def numbers_in(text: str) -> Iterator[tuple[str, str]]:
    """What asks for a "limit" and an "offset" in the text, each with a pattern that finds its number."""
    for kind, names in (("limit", LIMIT), ("offset", OFFSET)):
        if match := names.search(text):
            yield kind, rf"\b{_literal(match[1] + match[2])}(?P<bound>\d+)"


def _first_bound(text: str, match: re.Match[str], shape: TimeShape) -> TextBound:
    told = BEFORE.search(text[: match.start()])
    if told is None:
        before = text[max(0, match.start() - LONGEST_BEFORE) : match.start()]
        return TextBound(_literal(before) + _bound(match[0]), ">=", shape)
    name, sign = told["name"], told["sign"].lower().replace(" ", "").removeprefix(":")
    word = words_of(name).rpartition("_")[2]
    op = OPERATORS.get(sign, OPERATORS.get(word, "<=" if UPPER_NAME.fullmatch(words_of(name)) else ">="))
    is_told = sign in OPERATORS or word in OPERATORS
    return TextBound(_literal(told[0]) + _bound(match[0]), op, shape, name, is_told=is_told)


def _bound(text: str) -> str:
    """The group for a time: it ends with what no time has."""
    return r"(?P<bound>[\w:.+-]+ [\w:.+-]+)" if " " in text else r"(?P<bound>[\w:.+-]+)"


def _literal(text: str) -> str:
    return re.escape(text).replace("\\ ", " ")


def _finds(pattern: str, text: str) -> bool:
    found = re.search(pattern, text)
    return found is not None and time_shape(found["bound"]) is not None
