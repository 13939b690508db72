"""The calls of the API: a list of what the filters keep, in order and in pages; one record; a fixed answer."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from xsim.model import JsonValue, Response
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import NUMBER_RANK, Columns, Fields, as_number, as_text
from xsim.simulate.vendor.envelope import LEFT_OUT, Envelope
from xsim.simulate.vendor.filters import Bound, Parameter, both, read_bounds
from xsim.simulate.vendor.orders import Arrangement, Orders
from xsim.simulate.vendor.paging import TOKEN_KINDS, Token, link, read_size, read_skip, read_token, written
from xsim.simulate.vendor.paths import steps_of, value_at
from xsim.simulate.vendor.rack import Catalog, Rack, id_text
from xsim.simulate.vendor.shelves import Entry, Interval, Shelf, Sorting
from xsim.simulate.vendor.store import Version, json_bytes
from xsim.world import Endpoint, Listing, Paging

JSON_HEADERS = (("Content-Type", "application/json"),)
TEXT_HEADERS = (("Content-Type", "text/plain; charset=utf-8"),)
LAST = {"null": None, "missing": LEFT_OUT, "empty": ""}
"""What the last page sends in the place of what leads on."""


class Slice(NamedTuple):
    """What of the matching records one answer holds."""

    entries: list[Entry]
    begin: int
    """Index of the first matching entry."""
    first: int
    """Index of the first one listed."""
    stop: int
    """Index behind the last one listed."""
    end: int
    """Index behind the last matching one."""

    @property
    def versions(self) -> list[Version]:
        return [entry[-1] for entry in self.entries[self.first : self.stop]]

    @property
    def goes_on(self) -> bool:
        return self.stop < self.end


class ListCall:
    """An endpoint that lists records."""

    def __init__(self, endpoint: Endpoint, columns: Columns, catalog: Catalog) -> None:
        fields = Fields(endpoint, columns)
        self._endpoint = endpoint
        self._parameters = [Parameter(each, fields) for each in endpoint.filters]
        self._orders = Orders(endpoint, fields, catalog.paths)
        self._id_column = fields.column(endpoint.id_field) if endpoint.id_field else None
        self._envelope = Envelope(endpoint, place=endpoint.list_at)
        self._picked = steps_of(endpoint.pick)
        self._name = f"{endpoint.method.upper()} {endpoint.path}"

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """The answer at the request's moment. Raises BadRequestError."""
        endpoint, paging = self._endpoint, self._endpoint.paging
        token = read_token(paging, asked) if paging and paging.kind in TOKEN_KINDS else Token(None, {})
        # What a token keeps of its first request counts where a later one does not send it again.
        kept = dict(token.kept)
        bounds = read_bounds(self._parameters, asked, kept)
        order = self._orders.asked_for(asked, kept)
        size = read_size(endpoint.limit, asked)
        shelf = rack.shelf(order.sorting, endpoint.streams)
        entries, begin, end = _matching(shelf, shelf.at(asked.now), bounds)
        first = min(max(begin, self._start(asked, rack, order.sorting, token, entries, begin, size)), end)
        part = Slice(entries, begin, first, min(first + size, end), end)
        versions = part.versions
        leads_on = self._leads_on(asked, order.sorting, Token(token.position, kept), part, versions, size)
        body = self._envelope.holding(self._bodies(versions), self._fields(part, leads_on))
        return Response(200, self._headers(leads_on), body, self._listing(part, versions, bounds, order, size))

    def _start(
        self, asked: Asked, rack: Rack, sorting: Sorting, token: Token, entries: list[Entry], begin: int, size: int
    ) -> int:
        paging = self._endpoint.paging
        if paging is None:
            return begin
        if paging.kind in TOKEN_KINDS:
            return _behind_token(paging, sorting, token, entries)
        if paging.kind == "last_id":
            return self._behind_last_id(paging, asked, rack, sorting, entries)
        return begin + read_skip(paging, asked, size)

    def _behind_last_id(self, paging: Paging, asked: Asked, rack: Rack, sorting: Sorting, entries: list[Entry]) -> int:
        value = asked.one(paging.place, paging.name)
        if value is None or value == "":
            return 0
        last = rack.find_in_all(self._id_column, as_text(value), self._endpoint.streams, asked.now)
        if last is not None:
            return bisect_left(entries, sorting.behind(sorting.position(last)))
        column = sorting.columns[0][0]
        if column is not self._id_column:
            raise BadRequestError(paging.name, value, "no record has this id")
        # In an order by id the place behind an id is known also where its record is gone.
        ranks = {column.component(version)[0] for version in rack.catalog.store.versions()}
        number = as_number(value) if column.kind != "text" and NUMBER_RANK in ranks else None
        component = column.component_of(value if number is None else number)
        return bisect_left(entries, sorting.behind_component(component))

    def _leads_on(
        self, asked: Asked, sorting: Sorting, token: Token, part: Slice, versions: list[Version], size: int
    ) -> JsonValue:
        """What the next request has to send: page number, offset, token, link or id; None: this was the last page."""
        paging = self._endpoint.paging
        if paging is None:
            return None
        if paging.kind not in TOKEN_KINDS:
            return self._next_number(paging, part, versions, size) if part.goes_on else None
        if not (part.goes_on or (paging.tail_token if versions else paging.token_when_empty)):
            return None
        position = sorting.position(versions[-1]) if versions else token.position
        text = written(Token(position, token.kept))
        return text if paging.kind == "token" else link(paging, asked, text)

    def _next_number(self, paging: Paging, part: Slice, versions: list[Version], size: int) -> JsonValue:
        if paging.kind == "offset":
            return part.stop - part.begin
        if paging.kind == "page":
            return paging.first + (part.stop - part.begin) // size if size else None
        return id_text(self._id_column, versions[-1]) if versions else None

    def _fields(self, part: Slice, leads_on: JsonValue) -> dict[str, JsonValue]:
        endpoint = self._endpoint
        fields: dict[str, JsonValue] = {}
        if endpoint.total_at:
            fields[endpoint.total_at] = part.end - part.begin
        if endpoint.more_at:
            fields[endpoint.more_at] = part.goes_on
        if endpoint.paging is not None and endpoint.paging.next_at and endpoint.paging.kind != "link_header":
            fields[endpoint.paging.next_at] = LAST[endpoint.paging.last] if leads_on is None else leads_on
        return fields

    def _headers(self, leads_on: JsonValue) -> tuple[tuple[str, str], ...]:
        paging = self._endpoint.paging
        if paging is None or paging.kind != "link_header" or leads_on is None:
            return JSON_HEADERS
        return (*JSON_HEADERS, ("Link", f'<{leads_on}>; rel="next"'))

    def _bodies(self, versions: list[Version]) -> list[bytes]:
        if not self._picked:
            return [version.body for version in versions]
        return [json_bytes(value_at(version.record, self._picked)) for version in versions]

    def _listing(
        self, part: Slice, versions: list[Version], bounds: list[Bound], order: Arrangement, size: int
    ) -> Listing:
        return Listing(
            endpoint=self._name,
            listed=tuple(version.event.id for version in versions),
            matched=part.end - part.begin,
            bounds=tuple(bound.shown for bound in bounds),
            order=order.shown,
            limit=size,
            offset=part.first - part.begin,
        )


class DetailCall:
    """An endpoint that shows one record."""

    def __init__(self, endpoint: Endpoint, columns: Columns) -> None:
        self._endpoint = endpoint
        self._id_column = columns.get(endpoint.id_field, "text") if endpoint.id_field else None
        self._envelope = Envelope(endpoint, place=endpoint.record_at)
        self._name = f"{endpoint.method.upper()} {endpoint.path}"

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """The record as it is now, or status 404. Raises BadRequestError where the request names none."""
        wanted = self._wanted(asked)
        version = rack.find(self._id_column, wanted, self._endpoint.streams, asked.now)
        bounds = ((self._endpoint.id_field or "id", "=", wanted),)
        if version is None:
            body = json_bytes({"error": "not found", "message": f"no record has the id {wanted}"})
            return Response(404, JSON_HEADERS, body, Listing(self._name, bounds=bounds))
        listing = Listing(self._name, listed=(version.event.id,), matched=1, bounds=bounds)
        return Response(200, JSON_HEADERS, self._envelope.around_one(version.body), listing)

    def _wanted(self, asked: Asked) -> str:
        endpoint = self._endpoint
        if endpoint.id_name:
            value = asked.one(endpoint.id_place, endpoint.id_name)
            if value is None:
                raise BadRequestError(endpoint.id_name, None, "the parameter is required")
            return as_text(value)
        # The part is named {id}; where it has another name it is the last one.
        return asked.parts.get("id", next(reversed([*asked.parts.values()]), ""))


class FixedCall:
    """An endpoint that always answers the same: a login, a health check. It shows no event."""

    def __init__(self, endpoint: Endpoint) -> None:
        text = endpoint.text
        body = Envelope(endpoint, place="").without_place() if text is None else text.encode()
        usual = JSON_HEADERS if text is None else TEXT_HEADERS if text else ()
        own = endpoint.answer_headers
        has_type = any(name.lower() == "content-type" for name, _ in own)
        self._response = Response(endpoint.status, own if has_type else (*usual, *own), body)

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """The answer."""
        return self._response


def refused(error: BadRequestError) -> Response:
    """Status 400, saying what is wrong: a script's mistake must be visible."""
    message = f"{error.parameter}: {error.problem}"
    shown = {"error": "bad request", "message": message, "parameter": error.parameter, "value": error.value}
    return Response(400, JSON_HEADERS, json_bytes(shown))


def _matching(shelf: Shelf, entries: list[Entry], bounds: list[Bound]) -> tuple[list[Entry], int, int]:
    """The entries that all bounds keep: a list, and where in it they begin and end."""
    main = shelf.sorting.columns[0][0]
    stretch: Interval | None = None
    others = []
    for bound in bounds:
        if bound.interval is None or bound.column is not main:
            others.append(bound.keeps)
        else:
            stretch = bound.interval if stretch is None else both(stretch, bound.interval)
    begin, end = (0, len(entries)) if stretch is None else shelf.stretch(entries, stretch)
    if not others:
        return entries, begin, max(begin, end)
    kept = [entry for entry in entries[begin:end] if all(keeps(entry[-1]) for keeps in others)]
    return kept, 0, len(kept)


def _behind_token(paging: Paging, sorting: Sorting, token: Token, entries: list[Entry]) -> int:
    if token.position is None:
        return 0
    try:
        return bisect_left(entries, sorting.behind(token.position))
    except (TypeError, ValueError):
        raise BadRequestError(paging.name, written(token), "the token belongs to another order") from None
