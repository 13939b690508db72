"""How many records one answer holds, where it begins, and what leads on to the next one."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from xsim.events import MICROSECOND
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import as_number
from xsim.simulate.vendor.texts import from_opaque, number_or_token, opaque
from xsim.world import JsonValue, Limit, Paging

TOKEN_KINDS = frozenset({"token", "next_link", "link_header"})
LINK_PARAMETER = "cursor"
"""Name of a link's parameter where the scenario gives none."""


class Token(NamedTuple):
    """Where a list goes on: behind a position in its order, with the filters and order that it began with.

    It names the record it stands behind, not a count, so that it holds also where the vendor's events are others.
    """

    position: list[Any] | None
    """None: at the start."""
    kept: dict[str, list[JsonValue]]
    given: int = 0
    """When, in microseconds, where its life is limited."""


def read_size(limit: Limit, asked: Asked) -> int:
    """How many records the answer may hold. Raises BadRequestError where the request asks for no such number."""
    value = number_or_token(limit, asked)
    if value is None:
        return limit.default
    return min(_whole(limit.name, value, least=0), limit.maximum)


def read_skip(paging: Paging, asked: Asked, size: int) -> int:
    """How many records "page" or "offset" leave out. Raises BadRequestError."""
    value = number_or_token(paging, asked)
    if value is None:
        return 0
    if paging.kind == "offset":
        return _whole(paging.name, value, least=0)
    return (_whole(paging.name, value, least=paging.first) - paging.first) * size


def read_token(paging: Paging, asked: Asked) -> Token:
    """The token that the request sends; the start where it sends none. Raises BadRequestError."""
    name = paging.name or LINK_PARAMETER
    value = number_or_token(paging, asked) if paging.kind == "token" else asked.one("query", name)
    if value is None or value == "":
        return Token(None, {})
    try:
        position, kept, *rest = from_opaque(str(value))
        token = Token(position, kept, *rest)
        if not isinstance(kept, dict) or not (position is None or isinstance(position, list)):
            raise ValueError
        is_stale = paging.life is not None and asked.now - token.given > paging.life // MICROSECOND
    except (ValueError, TypeError):
        raise BadRequestError(name, value, "no token of this API") from None
    if is_stale:
        problem = f"older than {paging.life}, and no longer good"
        raise BadRequestError(name, value, problem, status=paging.stale_status)
    return token


def written(token: Token) -> str:
    """The token as an opaque text that needs no escaping in a URL."""
    return opaque([token.position, token.kept, *([token.given] if token.given else [])])


def link(paging: Paging, asked: Asked, token: str) -> str:
    """The request's own URL, going on from the token."""
    name = paging.name or LINK_PARAMETER
    pairs = parse_qsl(urlsplit(asked.request.url).query, keep_blank_values=True)
    query = urlencode([*(pair for pair in pairs if pair[0] != name), (name, token)], errors="replace")
    return f"{asked.address}?{query}"


def _whole(name: str, value: JsonValue, *, least: int) -> int:
    number = as_number(value)
    if number is None or number != number // 1:
        raise BadRequestError(name, value, "no whole number")
    if number < least:
        raise BadRequestError(name, value, f"below {least}")
    return int(number)
