"""The product's API as the scenario says it is: a function from request and time to answer, with a truth behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random

from xsim.model import JsonValue, Request, Response, Scenario
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import Columns
from xsim.simulate.vendor.endpoints import DetailCall, FixedCall, ListCall, refused
from xsim.simulate.vendor.hatch import VendorFunction
from xsim.simulate.vendor.moments import microseconds
from xsim.simulate.vendor.rack import Catalog, Rack
from xsim.simulate.vendor.routes import Answerer, Routes
from xsim.simulate.vendor.shelves import Sorting
from xsim.simulate.vendor.store import Store, store_of
from xsim.world import Endpoint

NO_STATE = b'{"calls":0,"state":{}}'


@dataclass(frozen=True, slots=True)
class Api:
    """What does not change while a vendor answers; shared by it and the ones made of it."""

    seed: int
    catalog: Catalog
    routes: Routes
    function: VendorFunction | None
    arrival: Sorting
    """The order in which events came to be listed."""
    names: Mapping[str, int]
    """Of each event: its place in the scenario."""


class SimulatedVendor:
    """The product's API, as the scenario says: a function from request and time to response, with a truth behind it.

    It may be asked about any moment, forwards or back. Only the vendor function's state makes one answer depend on the
    ones before.
    """

    def __init__(self, scenario: Scenario) -> None:
        """Runs the scenario's vendor file, where it has one. Raises InvalidScenario."""
        api = _api(scenario)
        self._become(api, api.catalog.store, NO_STATE)

    def __call__(self, request: Request, now: datetime) -> Response | None:
        """The answer as of now; None: no endpoint and no vendor function answers it.

        Raises InvalidScenario where the vendor function fails.
        """
        asked = Asked(request, now)
        answerer = self._api.routes.find(asked)
        if answerer is None:
            return self._by_function(asked)
        try:
            return answerer(asked, self._rack)
        except BadRequestError as error:
            return refused(error)

    def refusal(self, request: Request) -> str:
        """Who left a request unanswered, in words; "" where there was nobody but the endpoints to ask."""
        function = self._api.function
        if function is None:
            return ""
        others = "no endpoint takes it, and " if self._api.routes else ""
        return f"{others}{function.shown} returned None for it"

    def alone(self, event_id: str) -> SimulatedVendor:
        """One that holds only that event, visible at all times as it is first listed, its state empty.

        Raises KeyError where there is no such event.
        """
        api = self._api
        return _made(api, api.catalog.store.alone(api.names[event_id]), NO_STATE)

    def without_events(self) -> SimulatedVendor:
        """One at which nothing has happened, its state empty."""
        return _made(self._api, Store({}), NO_STATE)

    def without_news(self, since: datetime) -> SimulatedVendor:
        """One that stands still from then on, no new events and no changes, with a copy of the state."""
        return _made(self._api, self._rack.store.until(microseconds(since)), self._state)

    @property
    def state(self) -> JsonValue:
        """What the vendor function remembers, as JSON to keep and to set again. Its inner shape is the vendor's own."""
        return json.loads(self._state)

    @state.setter
    def state(self, value: JsonValue) -> None:
        self._state = json.dumps(value).encode() if value else NO_STATE

    def _become(self, api: Api, store: Store, state: bytes) -> None:
        self._api = api
        self._rack = Rack(store, api.catalog)
        self._state = state

    def _by_function(self, asked: Asked) -> Response | None:
        api = self._api
        if api.function is None:
            return None
        kept = json.loads(self._state)
        # The count of calls is part of the state: a copy draws the same numbers again.
        random = Random(f"{api.seed}/vendor/{kept['calls']}")
        response, state = api.function.answer(asked, self._rack, api.arrival, kept["state"], random)
        self._state = b'{"calls":%d,"state":%b}' % (kept["calls"] + 1, state)
        assert response is None or isinstance(response, Response), "the function's answer was checked"
        return response


def _made(api: Api, store: Store, state: bytes) -> SimulatedVendor:
    vendor = SimulatedVendor.__new__(SimulatedVendor)
    vendor._become(api, store, state)
    return vendor


def _api(scenario: Scenario) -> Api:
    columns = Columns(scenario.time_field)
    catalog = Catalog(store_of(scenario.events, scenario.time_field))
    calls = [(each, _answerer(each, columns, catalog)) for each in scenario.endpoints]
    return Api(
        seed=scenario.seed,
        catalog=catalog,
        routes=Routes(calls),
        function=VendorFunction(scenario.hatch) if scenario.hatch is not None else None,
        arrival=Sorting(((columns.visible, False),)),
        names={event.id: sequence for sequence, event in enumerate(scenario.events)},
    )


def _answerer(endpoint: Endpoint, columns: Columns, catalog: Catalog) -> Answerer:
    if endpoint.kind == "fixed":
        return FixedCall(endpoint)
    return DetailCall(endpoint, columns) if endpoint.kind == "detail" else ListCall(endpoint, columns, catalog)
