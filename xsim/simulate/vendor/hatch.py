"""The vendor as a Python function, for what no declared endpoint can say.

The scenario names it, `vendor = "vendor.py:answer"`, and it answers every request that no endpoint takes:

    def answer(request, world):
        if request.path != "/api/search":
            return None                                     # nobody answers: the run ends undecided
        since = request.json["since"]
        found = [e.record for e in world.events() if e.occurred.isoformat() > since]
        world.state["searches"] = world.state.get("searches", 0) + 1
        if world.state["searches"] % 10 == 0:
            return 429, {"Retry-After": "5"}, {"error": "slow down"}
        return {"total": len(found), "items": found[:100]}

`request` has method, scheme, host, path, query, headers, body (bytes), json, form and now (an aware datetime in UTC).
`path` has no percent signs, and a slash at the end where one was sent: "/api/search" and "/api/search/" are two paths.
`query`, `headers` and `form` are mappings from name to text; `.all(name)` gives every text of a repeated name, and
`.pairs` all as they came. `world` has `events()`, oldest first as the API came to list them and each with id, occurred,
visible, changed, stream and record; `state`, anything that JSON can hold, at first {}; `random`, seeded; and `now`.
`world.update(event_id, set={"owner.name": "ann"})` sets fields of a record, by dotted paths; `world.delete(event_id)`
takes it away: for this call and all later requests, of declared endpoints too. Both say whether there was one.
It returns a JSON value, or (status, headers, body) with a JSON value, text or bytes for body. Records are copies.

What it remembers belongs into `world.state`, which xsim keeps, copies and puts back. A module's own variables it cannot
put back, and the real clock it must not ask: `request.now` is the time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.util import decode_source
from itertools import chain
from pathlib import Path
from random import Random
from types import ModuleType, TracebackType
from typing import Any, Protocol

from xsim.errors import InvalidScenario, XsimError
from xsim.model import Response
from xsim.simulate.vendor.asked import Asked, BadRequestError, Values
from xsim.simulate.vendor.endpoints import refused
from xsim.simulate.vendor.envelope import JSON_HEADERS
from xsim.simulate.vendor.paths import put, steps_of
from xsim.simulate.vendor.rack import Rack
from xsim.simulate.vendor.shelves import Sorting
from xsim.simulate.vendor.versions import Version, changed, json_bytes, sorted_json
from xsim.world import Change, Hatch, JsonValue, Listing

EXPECTED = "expected a JSON value, or (status, headers, body)"
WORDS = {False: ("vendor function", "(request, world)"), True: ("WSGI application", "(environ, start_response)")}
"""By whether it is a WSGI application: what it is called, and what it takes."""

Function = Callable[["HatchRequest", "World"], Any]


class AnyFunction(Protocol):
    """What answers in Python's own words: a function, or a WSGI application."""

    shown: str
    leaves_unanswered: str
    """How it says that nobody answers, in words that go on behind its name."""

    def answer(
        self, asked: Asked, rack: Rack, arrival: Sorting, state: JsonValue, random: Random
    ) -> tuple[Any, bytes]: ...


class HatchRequest:
    """The request as the vendor function sees it."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.method: str = asked.method
        self.scheme: str = asked.scheme
        self.host: str = asked.host
        ends_with_slash = bool(asked.segments) and asked.path.endswith("/")
        self.path: str = "/" + "/".join(asked.segments) + ("/" if ends_with_slash else "")
        """Without percent signs and doubled slashes; a slash at the end stays."""
        self.body: bytes = asked.request.body
        self.url: str = asked.request.url
        self.now: datetime = asked.time

    @property
    def query(self) -> Values:
        return self._asked.query

    @property
    def headers(self) -> Values:
        return self._asked.headers

    @property
    def form(self) -> Values:
        return self._asked.form

    @property
    def json(self) -> JsonValue:
        """The body as JSON; None where it is empty. One that is no JSON is answered with status 400."""
        return self._asked.json


class HatchEvent:
    """An event as the vendor function sees it, as it is at the request's moment."""

    __slots__ = ("_record", "_version")

    def __init__(self, version: Version) -> None:
        self._version = version
        self._record: dict[str, JsonValue] | None = None

    @property
    def id(self) -> str:
        return self._version.id

    @property
    def occurred(self) -> datetime:
        return self._version.occurred

    @property
    def visible(self) -> datetime:
        return self._version.visible

    @property
    def changed(self) -> datetime | None:
        """When it was last changed; None where it never was."""
        return self._version.changed

    @property
    def stream(self) -> str:
        return self._version.stream

    @property
    def record(self) -> dict[str, JsonValue]:
        """A copy for this call, so that changing it changes no later answer."""
        if self._record is None:
            self._record = json.loads(self._version.body)
        return self._record

    @property
    def handed_out(self) -> dict[str, JsonValue] | None:
        return self._record

    @property
    def version(self) -> Version:
        return self._version

    def become(self, version: Version, change: Change) -> None:
        """Show another version; a record that was handed out follows."""
        self._version = version
        if self._record is not None:
            for path, value in change.set.items():
                put(self._record, steps_of(path), json.loads(json_bytes(value)))


class World:
    """What the vendor function may know and keep."""

    def __init__(self, asked: Asked, rack: Rack, arrival: Sorting, state: JsonValue, random: Random) -> None:
        self._rack = rack
        # What is written counts only once the function has ended, so that the shelf stays as it is until then.
        self._listed = rack.shelf(arrival, ()).at(asked.now)
        self._events: list[HatchEvent] | None = None
        self._deleted: list[HatchEvent] = []
        self._updated: dict[int, HatchEvent] = {}
        self._writes: list[tuple[int, Change]] = []
        """What was written to events, by their place in the scenario."""
        self._changing: dict[bytes, Version] | None = None
        self.state = state
        self.random = random
        self.now = asked.time

    def events(self) -> list[HatchEvent]:
        """All that the API lists by now, in the order in which it came to."""
        if self._events is None:
            self._events = list(map(HatchEvent, self._listed.versions(0, len(self._listed))))
        return list(self._events)

    def update(self, event_id: str, set: Mapping[str, JsonValue]) -> bool:
        """Set fields of an event's record, by dotted paths, from now on. False: there is no such event."""
        event = self._event(event_id)
        if event is None:
            return False
        change = Change(self.now, json.loads(json_bytes(dict(set))))
        event.become(changed(event.version, change), change)
        self._updated[event.version.sequence] = event
        self._writes.append((event.version.sequence, change))
        return True

    def delete(self, event_id: str) -> bool:
        """Take an event away, from now on. False: there is no such event."""
        event = self._event(event_id)
        if event is None or self._events is None:
            return False
        self._events.remove(event)
        self._deleted.append(event)
        self._updated.pop(event.version.sequence, None)
        self._writes.append((event.version.sequence, Change(self.now, deleted=True)))
        return True

    def commit(self, shown: str) -> bytes:
        """Let what was written count, and give what is left in `state`, as JSON text.

        Raises InvalidScenario where the state is no JSON; then nothing counts.
        """
        try:
            kept = json_bytes(self.state)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidScenario(
                f"{shown}: world.state is no JSON ({error})", hint="keep texts, numbers, lists and dicts in it"
            ) from error
        for sequence, change in self._writes:
            self._rack.write({sequence: change})
        return kept

    def saying(self, body: bytes) -> str | None:
        """The event whose record reads so, with its keys sorted: as the function left it, else as it found it.

        Of several the one that was listed last.
        """
        found = self._found_saying(body)
        touched = {sequence for sequence, _ in self._writes}
        left = [version for version in found if version.sequence not in touched]
        left += [event.version for event in self._updated.values() if event.version.sorted_body == body]
        chosen = max(left or found, key=lambda version: version.arrival, default=None)
        return None if chosen is None else chosen.id

    def _found_saying(self, body: bytes) -> list[Version]:
        if self._changing is None:
            in_order = sorted(self._listed.changing(), key=lambda version: version.arrival)
            self._changing = {version.sorted_body: version for version in in_order}
        plain = self._rack.plain_saying(body, self._listed)
        return [*plain, self._changing[body]] if body in self._changing else plain

    def _event(self, event_id: str) -> HatchEvent | None:
        return next((event for event in self.events() if event.id == event_id), None)

    @property
    def handed_out(self) -> dict[int, str]:
        """Which event each record is of that the function took, by the object's identity."""
        known = chain(self._events or (), self._deleted)
        return {id(event.handed_out): event.id for event in known if event.handed_out is not None}


class VendorFunction:
    """The function, loaded once and shared by a vendor and the ones made of it."""

    leaves_unanswered = "returned None for it"

    def __init__(self, hatch: Hatch) -> None:
        self._path = hatch.path
        self.shown = hatch.shown or f"{Path(hatch.path).name}:{hatch.function}"
        self._function: Function = load_callable(hatch, self.shown)

    def answer(self, asked: Asked, rack: Rack, arrival: Sorting, state: JsonValue, random: Random) -> tuple[Any, bytes]:
        """Its Response, None where it gave None, and the state it left as JSON text. Raises InvalidScenario."""
        world = World(asked, rack, arrival, state, random)
        try:
            returned = self._function(HatchRequest(asked), world)
            response = None if returned is None else self._response(returned, world)
        except BadRequestError as error:
            response = refused(error)
        except XsimError:
            raise
        except (Exception, SystemExit) as error:
            raise self._failed(error) from error
        return response, world.commit(self.shown)

    def _response(self, returned: Any, world: World) -> Response:
        is_triple = isinstance(returned, tuple) and len(returned) == 3
        status, headers, body = returned if is_triple else (200, {}, returned)
        if isinstance(returned, tuple) and not is_triple:
            raise self._refused_answer(f"a tuple of {len(returned)}")
        if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
            raise self._refused_answer(f"the status {status!r}")
        sent = self._sent_headers(headers)
        if isinstance(body, str) and is_triple:
            written, value = body.encode(), json_or_none(body)
        elif isinstance(body, bytes):
            written, value = body, json_or_none(body)
        else:
            written, value = self._written(body), body
            sent = sent if any(name.lower() == "content-type" for name, _ in sent) else (*JSON_HEADERS, *sent)
        listed = tuple(shown_events(value, world.handed_out, world))
        return Response(status, sent, written, Listing(self.shown, listed=listed, matched=len(listed)))

    def _sent_headers(self, headers: Any) -> tuple[tuple[str, str], ...]:
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers or ()) if _is_many(headers) else None
        if pairs is None or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
            raise self._refused_answer(f"headers of type {type(headers).__name__}")
        for name, value in pairs:
            if not isinstance(name, str) or isinstance(value, bool) or not isinstance(value, (str, int)):
                raise self._refused_answer(f"the header {name!r}: {value!r}")
        return tuple((name, str(value)) for name, value in pairs)

    def _written(self, body: JsonValue) -> bytes:
        try:
            return json_bytes(body)
        except (TypeError, ValueError, RecursionError) as error:
            what = type(body).__name__ if not isinstance(body, (dict, list, tuple)) else "a value"
            raise self._refused_answer(f"{what} that is no JSON ({error})") from error

    def _refused_answer(self, what: str) -> XsimError:
        return InvalidScenario(
            f"{self.shown} returned {what}, {EXPECTED}",
            hint="write times as text and sets as lists; None leaves the request unanswered",
        )

    def _failed(self, error: BaseException) -> XsimError:
        place = line_in(self._path, error.__traceback__)
        where = f" (line {place})" if place else ""
        return InvalidScenario(f"{self.shown}: the vendor function failed: {type(error).__name__}: {error}{where}")


def load_callable(hatch: Hatch, shown: str) -> Callable[..., Any]:
    """Run the file as a module of its own, and take from it what the scenario names. Raises InvalidScenario.

    Nothing is written beside it, and its folder is on no path.
    """
    what, arguments = WORDS[hatch.is_wsgi]
    module = ModuleType(f"xsim vendor {Path(hatch.path).stem}")
    module.__file__ = hatch.path
    try:
        code = compile(decode_source(Path(hatch.path).read_bytes()), hatch.path, "exec", dont_inherit=True)
        # Dataclasses look for the module that they are made in.
        sys.modules[module.__name__] = module
        exec(code, module.__dict__)
    except OSError as error:
        raise InvalidScenario(f"{hatch.path}: the {what} cannot be read: {error.strerror or error}") from error
    except SyntaxError as error:
        raise InvalidScenario(f"{shown}: line {error.lineno}: SyntaxError: {error.msg}") from error
    except (Exception, SystemExit) as error:
        place = line_in(hatch.path, error.__traceback__) or 1
        raise InvalidScenario(f"{shown}: line {place}: {type(error).__name__}: {error}") from error
    finally:
        sys.modules.pop(module.__name__, None)
    found = getattr(module, hatch.function, None)
    if not callable(found):
        has = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        hint = f"it has {', '.join(has)}" if has else f"write `def {hatch.function}{arguments}:` in it"
        named = f"{what.split()[-1]} {hatch.function}"
        raise InvalidScenario(f"{shown}: {Path(hatch.path).name} has no {named}", hint=hint)
    return found  # type: ignore[no-any-return]


def line_in(path: str, traceback: TracebackType | None) -> int | None:
    """The innermost line of that file."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _is_many(value: Any) -> bool:
    return value is None or isinstance(value, (Mapping, list, tuple))


def json_or_none(body: str | bytes) -> JsonValue:
    """What the text says as JSON; None where it is none."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def shown_events(value: JsonValue, handed_out: Mapping[int, str], world: World) -> Iterator[str]:
    """Ids of the events whose records stand in the answer, each once, in its order.

    A record is known as the object that `events()` handed out, or by being equal to one.
    """
    seen = set()
    for each in objects_in(value):
        found = handed_out.get(id(each))
        if found is None:
            found = world.saying(sorted_json(each))
        if found is not None and found not in seen:
            seen.add(found)
            yield found


def objects_in(value: JsonValue) -> Iterator[dict[str, JsonValue]]:
    """Every object in the answer, in its order, the outer ones first."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from objects_in(each)
