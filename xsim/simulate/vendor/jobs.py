"""Searches that run for a while: a call starts one, another says how far it is, a list gives what it found.

The id of a search holds all that there is to know of it: who started it, what was asked for, and when. So nothing has
to be remembered, and an id from an earlier run, or from another copy of the world, is good everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

from xsim.events import MICROSECOND
from xsim.model import Response
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import Columns, Fields
from xsim.simulate.vendor.envelope import JSON_HEADERS, Envelope
from xsim.simulate.vendor.filters import Bound, Parameter, read_bounds
from xsim.simulate.vendor.matching import Stretch, matching
from xsim.simulate.vendor.moments import iso_text
from xsim.simulate.vendor.orders import Arrangement, Orders
from xsim.simulate.vendor.rack import Catalog, Rack
from xsim.simulate.vendor.shelves import Sorting
from xsim.simulate.vendor.texts import from_opaque, opaque
from xsim.simulate.vendor.versions import json_bytes
from xsim.world import Endpoint, JsonValue


class Search(NamedTuple):
    """A search that was started."""

    job: JobCall
    asked_for: dict[str, list[JsonValue]]
    began: int
    ends: int
    """In microseconds."""

    @property
    def bounds(self) -> list[Bound]:
        """What it looks for; a span back counts from its start."""
        return self.job.bounds_of(self.asked_for, self.began)

    @property
    def arrangement(self) -> Arrangement | None:
        """The order that its results come in, where the job says one."""
        return self.job.arrangement_of(self.asked_for)

    def results(self, rack: Rack, sorting: Sorting, streams: tuple[str, ...], bounds: list[Bound]) -> Stretch:
        """What was there when it began, in that order; of `streams`, else of those that the search is about."""
        shelf = rack.shelf(sorting, streams or self.job.endpoint.streams)
        return matching(shelf.at(self.began), bounds)


class JobCall:
    """An endpoint that starts a search."""

    def __init__(self, endpoint: Endpoint, number: int, columns: Columns, catalog: Catalog) -> None:
        fields = Fields(endpoint, columns)
        self.endpoint = endpoint
        self._number = number
        self._parameters = [Parameter(each, fields) for each in endpoint.filters]
        self._orders = Orders(endpoint, fields, catalog.paths)
        self._envelope = Envelope(endpoint, place=endpoint.job_at)

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """The search's id. Raises BadRequestError where its results could not be asked for so."""
        asked_for: dict[str, list[JsonValue]] = {}
        read_bounds(self._parameters, asked, asked_for)
        self._orders.asked_for(asked, asked_for)
        search_id = opaque([self._number, asked.now, asked_for])
        return Response(self.endpoint.status, JSON_HEADERS, self._envelope.around_one(json_bytes(search_id)))

    def search(self, began: int, asked_for: dict[str, list[JsonValue]]) -> Search:
        """The search that it started then."""
        return Search(self, asked_for, began, began + self.endpoint.job_takes // MICROSECOND)

    def bounds_of(self, asked_for: dict[str, list[JsonValue]], began: int) -> list[Bound]:
        found = (
            parameter.bound(asked_for.get(parameter.key, []), began, is_new=False) for parameter in self._parameters
        )
        return [bound for bound in found if bound is not None]

    def arrangement_of(self, asked_for: dict[str, list[JsonValue]]) -> Arrangement | None:
        order = self.endpoint.order
        if not (order.by or order.name or order.direction_name):
            return None
        return self._orders.kept(asked_for)


class Jobs:
    """All calls that start searches, and how the others find out which search a request means."""

    def __init__(self, calls: list[JobCall]) -> None:
        self.calls = calls

    def asked_for(self, endpoint: Endpoint, asked: Asked) -> Search:
        """The search whose id the request sends. Raises BadRequestError where there is none of it."""
        sent = asked.one(endpoint.job_place, endpoint.job_name)
        search = self._read(sent)
        if search is None:
            status = endpoint.unknown_status
            raise BadRequestError(endpoint.job_name, sent, "no search has this id", status=status)
        own = endpoint.job_takes // MICROSECOND
        return search._replace(ends=max(search.ends, search.began + own))

    def done(self, endpoint: Endpoint, asked: Asked) -> Search:
        """The same, where it has ended by now. Raises BadRequestError where it still runs."""
        search = self.asked_for(endpoint, asked)
        if asked.now < search.ends:
            sent, status = asked.one(endpoint.job_place, endpoint.job_name), endpoint.unknown_status
            problem = f"the search still runs, until {iso_text(search.ends)}"
            raise BadRequestError(endpoint.job_name, sent, problem, status=status)
        return search

    def _read(self, sent: JsonValue) -> Search | None:
        try:
            number, began, asked_for = from_opaque(str(sent))
            job = self.calls[number] if number >= 0 else None
        except (ValueError, TypeError, IndexError):
            return None
        if job is None or not isinstance(began, int) or not isinstance(asked_for, dict):
            return None
        return job.search(began, asked_for) if all(isinstance(each, list) for each in asked_for.values()) else None


class JobStatusCall:
    """An endpoint that says how far a search is."""

    def __init__(self, endpoint: Endpoint, columns: Columns, jobs: Jobs) -> None:
        self._endpoint = endpoint
        self._jobs = jobs
        self._arrival = Sorting(((columns.visible, False),))
        self._envelope = Envelope(endpoint, place=endpoint.job_state_at)

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """The state's word, and once it is done how much it found. Raises BadRequestError where there is none."""
        endpoint = self._endpoint
        search = self._jobs.asked_for(endpoint, asked)
        running, done = endpoint.job_states
        if asked.now < search.ends:
            return Response(200, JSON_HEADERS, self._envelope.around_one(json_bytes(running)))
        fields: dict[str, JsonValue] = {}
        if endpoint.total_at:
            _, begin, end = search.results(rack, self._arrival, endpoint.streams, search.bounds)
            fields[endpoint.total_at] = end - begin
        return Response(200, JSON_HEADERS, self._envelope.around_one(json_bytes(done), fields))
