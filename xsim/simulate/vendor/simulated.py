"""The product's API as the scenario says it is: a function from request and time to answer, with a truth behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from xsim.events import microseconds
from xsim.model import Request, Response, Scenario
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import Columns
from xsim.simulate.vendor.endpoints import DetailCall, FixedCall, ListCall, refused
from xsim.simulate.vendor.gate import Gate
from xsim.simulate.vendor.hatch import AnyFunction, VendorFunction
from xsim.simulate.vendor.jobs import JobCall, Jobs, JobStatusCall
from xsim.simulate.vendor.memory import Memory, memory_of, of_events
from xsim.simulate.vendor.rack import Catalog, Rack
from xsim.simulate.vendor.routes import Answerer, Routes
from xsim.simulate.vendor.shelves import Sorting
from xsim.simulate.vendor.store import Store, store_of
from xsim.simulate.vendor.updates import UpdateCall
from xsim.world import Endpoint, Hatch, JsonValue


@dataclass(frozen=True, slots=True)
class Api:
    """What does not change while a vendor answers; shared by it and the ones made of it."""

    seed: int
    catalog: Catalog
    gate: Gate | None
    """None: everyone may ask, and as often as they like."""
    routes: Routes
    function: AnyFunction | None
    arrival: Sorting
    """The order in which events came to be listed."""


class SimulatedVendor:
    """The product's API, as the scenario says: a function from request and time to response, with a truth behind it.

    It may be asked about any moment, forwards or back. Only its state makes one answer depend on the ones before: what
    the vendor function remembers, what was written to events, how far consumers came, quotas, and a logout.
    """

    def __init__(self, scenario: Scenario) -> None:
        """Runs the scenario's vendor file, where it has one. Raises InvalidScenario."""
        api = _api(scenario)
        self._become(api, api.catalog.store, memory_of(scenario.vendor_state))

    def __call__(self, request: Request, now: datetime) -> Response | None:
        """The answer as of now; None: no endpoint and no vendor function answers it.

        Raises InvalidScenario where the vendor function fails.
        """
        api = self._api
        try:
            asked = Asked(request, now)
            answerer = api.routes.find(asked)  # First, as a key may be one of the path's parts.
            if api.gate is not None and (stopped := api.gate.stopped(asked, self._memory)) is not None:
                return stopped
            return self._by_function(asked) if answerer is None else answerer(asked, self._rack)
        except BadRequestError as error:
            return refused(error)

    def refusal(self, request: Request) -> str:
        """Who left a request unanswered, in words; "" where there was nobody but the endpoints to ask."""
        function = self._api.function
        if function is None:
            return ""
        others = "no endpoint takes it, and " if self._api.routes else ""
        return f"{others}{function.shown} {function.leaves_unanswered}"

    def log_out(self, moment: datetime) -> None:
        """All tokens given until then are no longer good."""
        self._memory.logout = microseconds(moment)

    def alone(self, event_id: str, state: JsonValue = None) -> SimulatedVendor:
        """One that holds only that event, visible at all times as it is first listed.

        Of `state` it has what was written to events and how far consumers came; the rest of its own is empty. Raises
        KeyError where there is no such event.
        """
        catalog = self._api.catalog
        number = catalog.named(event_id)
        if number is None:
            raise KeyError(event_id)
        return _made(self._api, catalog.store.alone(number), of_events(state))

    def without_events(self, state: JsonValue = None) -> SimulatedVendor:
        """One at which nothing has happened. Of `state` it has how far consumers came; the rest of its own is empty."""
        return _made(self._api, self._api.catalog.store.without_events(), of_events(state))

    def without_news(self, since: datetime) -> SimulatedVendor:
        """One that stands still from then on, no new events, no changes but writes, with a copy of the state."""
        return _made(self._api, self._rack.store.until(microseconds(since)), self._memory.copy())

    @property
    def state(self) -> JsonValue:
        """All that changes while it answers, as JSON to keep and to set again; None where nothing has.

        Its inner shape is the vendor's own, and must not be changed: what is large is shared with the next one.
        """
        return self._memory.snapshot()

    @state.setter
    def state(self, value: JsonValue) -> None:
        self._become(self._api, self._store, memory_of(value))

    def _become(self, api: Api, store: Store, memory: Memory) -> None:
        self._api = api
        self._store = store
        """With nothing written to it."""
        self._memory = memory
        self._rack = Rack(store, api.catalog, memory)

    def _by_function(self, asked: Asked) -> Response | None:
        api, memory = self._api, self._memory
        if api.function is None:
            return None
        # The count of calls is part of the state: a copy draws the same numbers again.
        random = Random(f"{api.seed}/vendor/{memory.calls}")
        kept = json.loads(memory.function)
        response, memory.function = api.function.answer(asked, self._rack, api.arrival, kept, random)
        memory.calls += 1
        assert response is None or isinstance(response, Response), "the function's answer was checked"
        return response


def _made(api: Api, store: Store, memory: Memory) -> SimulatedVendor:
    vendor = SimulatedVendor.__new__(SimulatedVendor)
    vendor._become(api, store, memory)
    return vendor


def _api(scenario: Scenario) -> Api:
    columns = Columns(scenario.time_field)
    written = (path for endpoint in scenario.endpoints for path in endpoint.set)
    catalog = Catalog(store_of(scenario.events, scenario.time_field), written)
    return Api(
        seed=scenario.seed,
        catalog=catalog,
        gate=Gate(scenario) if scenario.quotas or scenario.logins else None,
        routes=Routes(_calls(scenario.endpoints, columns, catalog)),
        function=_function(scenario.hatch) if scenario.hatch is not None else None,
        arrival=Sorting(((columns.visible, False),)),
    )


def _function(hatch: Hatch) -> AnyFunction:
    if not hatch.is_wsgi:
        return VendorFunction(hatch)
    from xsim.simulate.vendor.wsgi import WsgiApplication

    return WsgiApplication(hatch)


def _calls(endpoints: Sequence[Endpoint], columns: Columns, catalog: Catalog) -> list[tuple[Endpoint, Answerer]]:
    searches: dict[int, JobCall] = {}
    for number, endpoint in enumerate(endpoints):
        if endpoint.kind == "job":
            searches[number] = JobCall(endpoint, len(searches), columns, catalog)
    jobs = Jobs(list(searches.values()))
    makers: dict[str, Callable[[Endpoint], Answerer]] = {
        "list": lambda each: ListCall(each, columns, catalog, jobs),
        "objects": lambda each: ListCall(each, columns, catalog, jobs),
        "detail": lambda each: DetailCall(each, columns),
        "fixed": FixedCall,
        "job_status": lambda each: JobStatusCall(each, columns, jobs),
        "update": lambda each: UpdateCall(each, columns),
    }
    return [(each, searches.get(number) or makers[each.kind](each)) for number, each in enumerate(endpoints)]
