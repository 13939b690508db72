"""Reads what names a call of the API, and what an answer of it is made of: path, method, host, headers, text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from xsim.load.scenario_keys import TEXT, Key
from xsim.load.scenario_table import Table, nearest
from xsim.world import Endpoint, Login

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
PLACES = ("query", "path", "header", "json", "form", "cookie")
"""Where a request carries a parameter."""
LONGEST_TEXT = 1_000_000
HOST = Key("host", TEXT, "The host it is asked of.", otherwise="any")

PART = re.compile(r"\{([^{}/]*)\}")
"""A part of a path in braces."""

is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII).fullmatch
"""Whether a text can be the name of a header or a cookie."""
_is_value = re.compile(r"[\t\x20-\x7e\xa0-\xff]*").fullmatch


class Call(NamedTuple):
    """What a request is answered by: an endpoint, or a login."""

    method: str
    host: str
    path: str


def calls_of(endpoints: Iterable[Endpoint], logins: Iterable[Login]) -> list[Call]:
    """All calls that the scenario declares; a login that is no call of its own has no path."""
    answering = [Call(each.method, each.host, each.path) for each in endpoints]
    return answering + [Call(each.method, each.host, each.path) for each in logins if each.path]


def read_url_path(table: Table) -> str:
    """The path of a call, parts in braces take anything; "" where it is not given."""
    if "path" not in table:
        return ""
    path = table.text("path")
    _refuse_no_path(table, "path", path)
    names = PART.findall(path)
    if re.search(r"[{}]", PART.sub("", path)) or "" in names or len(set(names)) < len(names):
        table.expect("path", "parts in braces with a name each, such as /alerts/{id}")
    return path


def read_beginnings(table: Table, key: str) -> tuple[str, ...]:
    """Beginnings of paths, a text or a list of texts; parts in braces take anything."""
    paths = table.texts(key)
    for path in paths:
        _refuse_no_path(table, key, path)
        if re.search(r"[{}]", PART.sub("", path)):
            table.expect(key, "beginnings of paths, parts in braces with a name", 'such as "/api/" or "/{tenant}/"')
    return paths


def refuse_idle_beginnings(table: Table, key: str, paths: Iterable[str], calls: Collection[Call]) -> None:
    """A beginning that no call has would be without effect; a misspelt one is the likely reason."""
    known = {call.path for call in calls}
    for path in paths:
        if known and not any(_begins_alike(path, each) for each in known):
            hint = nearest(path, known) or f"paths here: {', '.join(sorted(known))}"
            table.refuse(key, f"no call's path begins with '{path}'", hint)


def read_host(table: Table) -> str:
    host = table.filled_text("host")
    if not re.fullmatch(r"[^\s/?#@]*", host):
        table.expect("host", "a host name", 'such as "vendor.example"')
    return host.lower()


def read_headers(table: Table) -> Iterator[tuple[str, str]]:
    """Names and texts; a list of texts is a header that is sent as often."""
    for name, value in table.values.items():
        if not is_token(name):
            table.refuse(name, "no name that a header can have")
        for each in value if isinstance(value, list) else [value]:
            is_number = isinstance(each, int) and not isinstance(each, bool)
            if not is_number and not (isinstance(each, str) and _is_value(each)):
                table.expect(name, "a text of one line that a header can hold, or a list of them")
            yield name, str(each)


def read_long_text(table: Table) -> str | None:
    """An answer's `text`; None where it is not given."""
    text = table.text("text")
    if len(text) > LONGEST_TEXT:
        table.expect("text", f"at most {LONGEST_TEXT:,} characters")
    return text if "text" in table else None


def can_meet(one: str, other: str) -> bool:
    """Whether a path can fit both patterns."""
    ours, theirs = ([step for step in path.split("/") if step] for path in (one, other))
    return len(ours) == len(theirs) and all(
        left == right or "{" in left + right for left, right in zip(ours, theirs, strict=True)
    )


def _refuse_no_path(table: Table, key: str, path: str) -> None:
    if "://" in path:
        table.expect(key, "the path alone", 'write host = "..." beside it')
    if "?" in path or "#" in path:
        table.expect(key, "a path without '?' or '#'", "parameters are `filters`, `limit` and `paging`")
    if not path.startswith("/") or re.search(r"\s", path):
        table.expect(key, "a path that starts with '/' and holds no space")


def _begins_alike(beginning: str, path: str) -> bool:
    """Whether a path of the pattern can begin so; behind the first brace of either anything can."""
    ours, theirs = beginning.partition("{"), path.partition("{")
    is_longer = theirs[0].startswith(ours[0])
    return is_longer or (bool(theirs[1]) and ours[0].startswith(theirs[0]))
