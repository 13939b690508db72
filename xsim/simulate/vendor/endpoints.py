"""The calls of the API: a list of what the filters keep, in order and in pages; one record; a fixed answer."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from xsim.model import Response
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import Columns, Fields, as_number, as_text
from xsim.simulate.vendor.envelope import JSON_HEADERS, LEFT_OUT, Envelope
from xsim.simulate.vendor.filters import Bound, Parameter, read_bounds
from xsim.simulate.vendor.formats import Format
from xsim.simulate.vendor.ids import AskedIds
from xsim.simulate.vendor.jobs import Jobs, Search
from xsim.simulate.vendor.matching import Entries, Slice, Stretch, kept_by, matching
from xsim.simulate.vendor.orders import Arrangement, Orders
from xsim.simulate.vendor.paging import TOKEN_KINDS, Token, link, read_size, read_skip, read_token, written
from xsim.simulate.vendor.paths import steps_of, value_at
from xsim.simulate.vendor.rack import Catalog, Rack, id_text
from xsim.simulate.vendor.shelves import Sorting
from xsim.simulate.vendor.texts import number_or_token
from xsim.simulate.vendor.versions import Version, bodies_of, ids_of, json_bytes
from xsim.world import JSON_FORMATS, Endpoint, JsonValue, Listing, Paging

TEXT_HEADERS = (("Content-Type", "text/plain; charset=utf-8"),)
LAST = {"null": None, "missing": LEFT_OUT, "empty": ""}
"""What the last page sends in the place of what leads on."""


class ListCall:
    """An endpoint that lists records: those that filters keep, those with certain ids, or what a search found."""

    def __init__(self, endpoint: Endpoint, columns: Columns, catalog: Catalog, jobs: Jobs) -> None:
        fields = Fields(endpoint, columns)
        self._endpoint = endpoint
        self._parameters = [Parameter(each, fields) for each in endpoint.filters]
        self._orders = Orders(endpoint, fields, catalog.paths)
        self._id_column = fields.column(endpoint.id_field) if endpoint.id_field else None
        self._ids = AskedIds(endpoint, columns) if endpoint.kind == "objects" else None
        self._jobs = jobs if endpoint.job_name else None
        self._envelope = Envelope(endpoint, place=endpoint.list_at)
        self._format = None if endpoint.format in JSON_FORMATS else Format(endpoint)
        self._shown = shown_of(endpoint)
        self._last = [(place, steps_of(path)) for place, path in endpoint.last_at.items()]
        self._place = endpoint.host + endpoint.name

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """The answer at the request's moment. Raises BadRequestError."""
        endpoint, paging = self._endpoint, self._endpoint.paging
        token = read_token(paging, asked) if paging and paging.kind in TOKEN_KINDS else Token(None, {})
        # What a token keeps of its first request counts where a later one does not send it again.
        kept = dict(token.kept)
        search = self._jobs.done(endpoint, asked) if self._jobs is not None else None
        bounds = read_bounds(self._parameters, asked, kept)
        order = self._orders.asked_for(asked, kept)
        size = read_size(endpoint.limit, asked)
        if search is not None:
            bounds, order = [*search.bounds, *bounds], self._order_of(search, order)
        within, is_kept = order.sorting, paging is not None and paging.kind == "kept"
        if is_kept:
            # A server that keeps the place hands out as things arrive: by any other order, what is listed late would
            # come before the place and be shown to nobody. The order asked for is that within an answer.
            order = self._orders.arrival
        entries, begin, end = self._matching(asked, rack, order.sorting, bounds, search)
        first = min(max(begin, self._start(asked, rack, order.sorting, token, entries, begin, size)), end)
        part = Slice(entries, begin, first, min(first + size, end), end)
        versions = part.versions
        if versions and paging is not None and is_kept:
            rack.memory.keep(self._place, _consumer(paging, asked), order.sorting.position(versions[-1]))
            versions.sort(key=within.entry)
        leads_on = self._leads_on(asked, order.sorting, Token(token.position, kept), part, versions, size)
        if self._format is None:
            body = self._envelope.holding(self._bodies(versions), self._fields(part, versions, leads_on))
        else:
            body = self._format.holding([self._one(version) for version in versions])
        return Response(200, self._headers(leads_on), body, self._listing(part, versions, bounds, order, size))

    def _order_of(self, search: Search, order: Arrangement) -> Arrangement:
        """The order of a search's results: as they are asked for here, else as the search was told."""
        declared = self._endpoint.order
        is_own = declared.by or order is not self._orders.own
        return order if is_own else search.arrangement or order

    def _matching(
        self, asked: Asked, rack: Rack, sorting: Sorting, bounds: list[Bound], search: Search | None
    ) -> Stretch:
        if self._ids is not None:
            versions = self._ids.found(asked, rack, self._ids.all(asked))
            return kept_by(bounds, sorting, versions)
        streams = self._endpoint.streams
        if search is None:
            shelf = rack.shelf(sorting, streams)
            return matching(shelf.at(asked.now), bounds)
        return search.results(rack, sorting, streams, bounds)

    def _start(
        self, asked: Asked, rack: Rack, sorting: Sorting, token: Token, entries: Entries, begin: int, size: int
    ) -> int:
        paging = self._endpoint.paging
        if paging is None:
            return begin
        if paging.kind in TOKEN_KINDS:
            return _behind_token(paging, token, entries)
        if paging.kind == "last_id":
            return self._behind_last_id(paging, asked, rack, sorting, entries)
        if paging.kind == "kept":
            return self._behind_kept(paging, asked, rack, entries)
        return begin + read_skip(paging, asked, size)

    def _behind_last_id(self, paging: Paging, asked: Asked, rack: Rack, sorting: Sorting, entries: Entries) -> int:
        value = number_or_token(paging, asked)
        if value is None or value == "":
            return 0
        last = rack.find_in_all(self._id_column, as_text(value), self._endpoint.streams, asked.now)
        if last is not None:
            return entries.behind(sorting.position(last))
        column = sorting.columns[0][0]
        if column is not self._id_column:
            raise BadRequestError(paging.name, value, "no record has this id", status=paging.stale_status)
        # In an order by id the place behind an id is known also where its record is gone.
        number = as_number(value) if column.kind != "text" and rack.catalog.has_numbers(column) else None
        return entries.behind_component(column.component_of(value if number is None else number))

    def _behind_kept(self, paging: Paging, asked: Asked, rack: Rack, entries: Entries) -> int:
        position = rack.memory.kept.get(self._place, {}).get(_consumer(paging, asked))
        if position is None:
            return 0
        try:
            return entries.behind(position)
        except (TypeError, ValueError):
            return 0  # A stored state of an older version: a place in another order says nothing of this one.

    def _leads_on(
        self, asked: Asked, sorting: Sorting, token: Token, part: Slice, versions: list[Version], size: int
    ) -> JsonValue:
        """What the next request has to send: page number, offset, token, link or id; None: this was the last page."""
        paging = self._endpoint.paging
        if paging is None:
            return None
        if paging.kind == "last_id":
            return self._last_id(paging, asked, part, versions)
        if paging.kind not in TOKEN_KINDS:
            return self._next_number(paging, part, size) if part.goes_on else None
        if not (part.goes_on or (paging.tail_token if versions else paging.token_when_empty)):
            return None
        position = sorting.position(versions[-1]) if versions else token.position
        text = written(Token(position, token.kept, asked.now if paging.life is not None else 0))
        return text if paging.kind == "token" else link(paging, asked, text)

    def _last_id(self, paging: Paging, asked: Asked, part: Slice, versions: list[Version]) -> JsonValue:
        """The last record's id; where there is none, the one that was asked for."""
        if not (part.goes_on or (paging.tail_token if versions else paging.token_when_empty)):
            return None
        return id_text(self._id_column, versions[-1]) if versions else number_or_token(paging, asked)

    def _next_number(self, paging: Paging, part: Slice, size: int) -> JsonValue:
        if paging.kind == "offset":
            return part.stop - part.begin
        if paging.kind == "page":
            return paging.first + (part.stop - part.begin) // size if size else None
        return None

    def _fields(self, part: Slice, versions: list[Version], leads_on: JsonValue) -> dict[str, JsonValue]:
        endpoint = self._endpoint
        fields: dict[str, JsonValue] = {}
        if endpoint.total_at:
            fields[endpoint.total_at] = part.end - part.begin
        if endpoint.more_at:
            fields[endpoint.more_at] = part.goes_on
        if endpoint.count_at:
            fields[endpoint.count_at] = len(versions)
        for place, steps in self._last:
            fields[place] = value_at(versions[-1].record, steps) if versions else None
        if endpoint.paging is not None and endpoint.paging.next_at and endpoint.paging.kind != "link_header":
            fields[endpoint.paging.next_at] = LAST[endpoint.paging.last] if leads_on is None else leads_on
        return fields

    def _headers(self, leads_on: JsonValue) -> tuple[tuple[str, str], ...]:
        paging = self._endpoint.paging
        usual = JSON_HEADERS if self._format is None else self._format.headers
        if paging is None or paging.kind != "link_header" or leads_on is None:
            return usual
        return (*usual, ("Link", f'<{leads_on}>; rel="next"'))

    def _bodies(self, versions: list[Version]) -> list[bytes]:
        if self._shown is None:
            return bodies_of(versions)
        return [json_bytes(self._shown(version.record)) for version in versions]

    def _one(self, version: Version) -> JsonValue:
        return version.record if self._shown is None else self._shown(version.record)

    def _listing(
        self, part: Slice, versions: list[Version], bounds: list[Bound], order: Arrangement, size: int
    ) -> Listing:
        return Listing(
            endpoint=self._endpoint.name,
            listed=ids_of(versions),
            matched=part.end - part.begin,
            bounds=tuple(bound.shown for bound in bounds),
            order=order.shown,
            limit=size,
            offset=part.first - part.begin,
        )


def shown_of(endpoint: Endpoint) -> Callable[[JsonValue], JsonValue] | None:
    """What an answer shows of a record, where that is not all of it."""
    if endpoint.format == "rows":
        columns = [steps_of(path) for path in endpoint.columns]
        return lambda record: [value_at(record, steps) for steps in columns]
    picked = steps_of(endpoint.pick)
    return (lambda record: value_at(record, picked)) if picked else None


class DetailCall:
    """An endpoint that shows one record."""

    def __init__(self, endpoint: Endpoint, columns: Columns) -> None:
        self._endpoint = endpoint
        self._ids = AskedIds(endpoint, columns)
        self._envelope = Envelope(endpoint, place=endpoint.record_at)
        self._shown = shown_of(endpoint)
        self._format = None if endpoint.format in JSON_FORMATS else Format(endpoint)

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """The record as it is now, or that there is none. Raises BadRequestError where the request names none."""
        wanted = self._ids.one(asked)
        version = self._ids.find(asked, rack, wanted)
        bounds = ((self._ids.field, "=", wanted),)
        if version is None:
            status = self._endpoint.unknown_status
            body = json_bytes({"error": phrase_of(status), "message": f"no record has the id {wanted}"})
            return Response(status, JSON_HEADERS, body, Listing(self._endpoint.name, bounds=bounds))
        listing = Listing(self._endpoint.name, listed=(version.id,), matched=1, bounds=bounds)
        if self._format is not None:
            return Response(200, self._format.headers, self._format.around_one(version.record), listing)
        body = version.body if self._shown is None else json_bytes(self._shown(version.record))
        return Response(200, JSON_HEADERS, self._envelope.around_one(body), listing)


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
    """Status 400 as a rule, saying what is wrong: a script's mistake must be visible."""
    message = f"{error.parameter}: {error.problem}"
    shown = {"error": phrase_of(error.status), "message": message, "parameter": error.parameter, "value": error.value}
    return Response(error.status, JSON_HEADERS, json_bytes(shown))


def phrase_of(status: int) -> str:
    """The status in words."""
    return HTTPStatus(status).phrase.lower() if status in set(HTTPStatus) else "refused"


def _consumer(paging: Paging, asked: Asked) -> str:
    value = asked.one(paging.place, paging.name)
    return "" if value is None else as_text(value)


def _behind_token(paging: Paging, token: Token, entries: Entries) -> int:
    if token.position is None:
        return 0
    try:
        return entries.behind(token.position)
    except (TypeError, ValueError):
        raise BadRequestError(paging.name, written(token), "the token belongs to another order") from None
