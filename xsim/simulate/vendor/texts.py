"""Looks for what a request asks inside a longer text: a query language, a dictionary as text, a SOAP body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from xsim.model import JsonValue
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.world import Limit, Paging

LONGEST_SEARCHED = 10_000
"""Characters of a text in which a pattern looks for bounds: a slow pattern must not hold up a run."""


def found_in(text: str, pattern: str, place: str, name: str) -> Iterator[str]:
    """Each text that the pattern's group `bound` finds. Raises BadRequestError where there is too much to look through.

    In the body it is looked for once more with the escapes of XML undone, as XML inside XML is escaped once more.
    """
    if len(text) > LONGEST_SEARCHED:
        problem = f"longer than {LONGEST_SEARCHED:,} characters, too long to look for bounds in"
        raise BadRequestError(name, text[:80], problem)
    search = re.compile(pattern)
    if place == "body" and search.search(text) is None:
        text = unescape(text)
    is_markup = place == "body" and text.lstrip().startswith("<")
    found = (match["bound"] for match in search.finditer(text) if match["bound"])
    return (unescape(bound) if is_markup else bound for bound in found)


def number_or_token(declared: Limit | Paging, asked: Asked) -> JsonValue:
    """What a request sends for its limit, or to go on; None where it sends nothing. Raises BadRequestError."""
    value = asked.one(declared.place, declared.name)
    if value is None or not declared.pattern:
        return value
    return next(found_in(str(value), declared.pattern, declared.place, declared.name), None)
