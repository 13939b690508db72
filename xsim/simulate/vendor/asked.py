"""A request as the API reads it: each part taken apart once, when something asks for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import takewhile
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from xsim.events import microseconds
from xsim.model import Request
from xsim.simulate.vendor.paths import steps_of, value_at
from xsim.world import JsonValue, index_of


class BadRequestError(Exception):
    """The request is one that the API refuses; what is wrong, for the script's author."""

    def __init__(self, parameter: str, value: JsonValue, problem: str, *, status: int = 400) -> None:
        super().__init__(problem)
        self.status = status
        self.parameter = parameter
        self.value = value
        self.problem = problem


class Values(Mapping[str, str]):
    """Names and texts. A name that came more than once gives its first text; `all` gives each."""

    def __init__(self, pairs: tuple[tuple[str, str], ...], *, any_case: bool = False) -> None:
        self.pairs = pairs
        self._any_case = any_case
        self._known: dict[str, list[str]] = {}
        for name, text in pairs:
            self._known.setdefault(name.lower() if any_case else name, []).append(text)

    def all(self, name: str) -> list[str]:
        """Every text of that name, in order; none where it did not come."""
        return self._known.get(name.lower() if self._any_case else name, [])

    def __getitem__(self, name: str) -> str:
        return self._known[name.lower() if self._any_case else name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class Asked:
    """One request, at one moment. Raises BadRequestError where its URL is none."""

    def __init__(self, request: Request, now: datetime) -> None:
        self.request = request
        self.time = now
        self.now = microseconds(now)
        self.method = request.method.upper()
        self._url = _split(request.url)
        self.scheme = self._url.scheme
        self.host = self._url.netloc.rpartition("@")[2].lower()
        """With the port where the URL names one."""
        self.path = self._url.path or "/"
        self.parts: Mapping[str, str] = {}
        """What stands in the path for the endpoint's braces."""

    @property
    def host_name(self) -> str:
        return self._url.hostname or ""

    @property
    def address(self) -> str:
        """Scheme, host and path, without the query."""
        return f"{self.scheme}://{self._url.netloc}{self.path}"

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's parts; a doubled or trailing slash makes none, as servers merge them."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    @cached_property
    def query(self) -> Values:
        return Values(tuple(parse_qsl(self._url.query, keep_blank_values=True)))

    @cached_property
    def headers(self) -> Values:
        return Values(self.request.headers, any_case=True)

    @cached_property
    def cookies(self) -> Values:
        """All cookies of all Cookie headers."""
        pairs = (each.partition("=") for header in self.headers.all("Cookie") for each in header.split(";"))
        return Values(tuple((name.strip(), text.strip().strip('"')) for name, _, text in pairs if name.strip()))

    @cached_property
    def text(self) -> str:
        """The body, whatever it is."""
        return self.request.body.decode("utf-8-sig", "replace")

    @cached_property
    def form(self) -> Values:
        """The body as a form; also that of a GET, whatever its content type."""
        return Values(tuple(parse_qsl(self.request.body.decode("utf-8", "replace"), keep_blank_values=True)))

    @cached_property
    def json(self) -> JsonValue:
        """The body as JSON; None where there is none. Raises BadRequestError where it is no JSON."""
        if not self.request.body.strip():
            return None
        try:
            return json.loads(self.request.body)
        except ValueError as error:
            raise BadRequestError(
                "body", self.request.body[:80].decode("utf-8", "replace"), f"no JSON: {error}"
            ) from None

    def values(self, place: str, name: str) -> list[JsonValue]:
        """What was sent under that name; nothing where it was not sent, or as null."""
        if place == "query":
            return list(self.query.all(name))
        if place == "json":
            return _in_json(self.json, steps_of(name))
        if place == "form":
            return list(self.form.all(name))
        if place == "header":
            return list(self.headers.all(name))
        if place == "cookie":
            return list(self.cookies.all(name))
        if place == "body":
            return [self.text] if self.text else []
        return [self.parts[name]] if name in self.parts else []

    def was_sent(self, place: str, name: str) -> bool:
        """Whether the name came at all, were it with an empty list."""
        if place != "json":
            return bool(self.values(place, name))
        steps = tuple(takewhile(lambda step: step != "*", steps_of(name)))
        return value_at(self.json, steps) is not None

    def one(self, place: str, name: str) -> JsonValue:
        """The last of them, as servers take it; None where there is none."""
        values = self.values(place, name) if name else []
        return values[-1] if values else None


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:  # A bracket without its other half.
        raise BadRequestError("url", url[:80], str(error)) from None


def _in_json(whole: JsonValue, steps: tuple[str, ...]) -> list[JsonValue]:
    """A step into a list picks by number, or its objects that say the step: filters.created.gte finds the value of

    {"filters": [{"field": "created", "operator": "gte", "value": 17}]}. "*" steps into each: alerts.*.id.
    """
    is_picked = False
    for index, step in enumerate(steps):
        if isinstance(whole, dict):
            whole, is_picked = whole.get(step), False
        elif isinstance(whole, list) and step == "*":
            return [value for each in whole for value in _in_json(each, steps[index + 1 :])]
        elif isinstance(whole, list) and step.isdigit():
            place = index_of(step, whole)
            whole, is_picked = (None if place is None else whole[place]), False
        elif isinstance(whole, list):
            whole, is_picked = [each for each in whole if isinstance(each, dict) and step in each.values()], True
        else:
            return []
    if is_picked:
        found = [each.get("value", each.get("values")) for each in whole]
        return [value for each in found for value in (each if isinstance(each, list) else [each]) if value is not None]
    return [value for value in (whole if isinstance(whole, list) else [whole]) if value is not None]
