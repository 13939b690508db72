"""A small vendor, spelled out: a call names only what matters to its test."""

import json
from datetime import datetime, timedelta, timezone

from xsim.model import Request, Scenario
from xsim.simulate.vendor import SimulatedVendor
from xsim.world import Change, Endpoint, Event, Limit

STARTS = datetime(2024, 5, 14, 9, 30, 0, 381472, tzinfo=timezone.utc)
LATER = STARTS + timedelta(days=1)


def at(text):
    """ "12:30", "12:30:05" or "12:30:05.25" on the day of the tests, as a moment."""
    clock, _, fraction = text.partition(".")
    hour, minute, second = (*map(int, clock.split(":")), 0, 0)[:3]
    return datetime(2024, 5, 14, hour, minute, second, int((fraction or "0").ljust(6, "0")), tzinfo=timezone.utc)


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


def an_event(id="A-1", created="12:00", *, written=None, visible=None, changes=(), stream="", **fields):
    """One event; fields go into its record, beside id and created. `...` leaves a field out.

    `written` is how the record spells its time.
    """
    record = {"id": id, "created": iso(at(created)) if written is None else written, **fields}
    return Event(
        id=str(id),
        occurred=at(created),
        visible=at(visible or created),
        record={key: value for key, value in record.items() if value is not ...},
        changes=tuple(changes),
        stream=stream,
    )


def a_change(when, *, deleted=False, **fields):
    return Change(at(when), {path.replace("__", "."): value for path, value in fields.items()}, deleted)


def an_endpoint(path="/alerts", **named):
    return Endpoint(path, **{"time_field": "created", "id_field": "id", "limit": Limit("limit"), **named})


def a_vendor(events=(), *endpoints, hatch=None, seed=1, time_field="created", **named):
    """A vendor with these events. Without endpoints it has one, GET /alerts, with the further arguments."""
    scenario = Scenario(
        starts=STARTS,
        seed=seed,
        events=tuple(sorted(events, key=lambda event: event.visible)),
        endpoints=endpoints or (() if hatch else (an_endpoint(**named),)),
        hatch=hatch,
        time_field=time_field,
    )
    return SimulatedVendor(scenario)


def a_request(target="/alerts", *, method="GET", headers=(), json_body=None, form=None, host="https://vendor.example"):
    body = b""
    if json_body is not None:
        body = json.dumps(json_body).encode()
    elif form is not None:
        body = form.encode()
    return Request(method, host + target, tuple(headers), body)


def asked(vendor, target="/alerts", *, now=LATER, **named):
    """The vendor's whole response."""
    return vendor(a_request(target, **named), now)


def answer(vendor, target="/alerts", **named):
    """The answer's JSON; it must be a success."""
    response = asked(vendor, target, **named)
    assert response is not None, "no endpoint answered"
    assert response.status == 200, response.body
    return json.loads(response.body)


def ids(vendor, target="/alerts", **named):
    """Ids of the listed events, as the answer's evidence gives them."""
    response = asked(vendor, target, **named)
    assert response is not None, "no endpoint answered"
    assert response.status == 200, response.body
    return list(response.listing.listed)


def problem(vendor, target="/alerts", **named):
    """What a refused request is told."""
    response = asked(vendor, target, **named)
    assert response.status == 400, response.body
    return json.loads(response.body)
