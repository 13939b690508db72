"""Values inside texts: bounds in a query language or a SOAP body, and what a token or a search's id holds."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from html import unescape

from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.world import JsonValue, Limit, Paging

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


def opaque(value: JsonValue) -> str:
    """A value as a text that needs no escaping in a URL, and that nobody reads."""
    text = json.dumps(value, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_opaque(text: str) -> JsonValue:
    """The value of such a text. Raises ValueError where it is none."""
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def number_or_token(declared: Limit | Paging, asked: Asked) -> JsonValue:
    """What a request sends for its limit, or to go on; None where it sends nothing. Raises BadRequestError."""
    value = asked.one(declared.place, declared.name)
    if value is None or not declared.pattern:
        return value
    return next(found_in(str(value), declared.pattern, declared.place, declared.name), None)
