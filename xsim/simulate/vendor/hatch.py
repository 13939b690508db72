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
It returns a JSON value, or (status, headers, body) with a JSON value, text or bytes for body. Records are copies.

What it remembers belongs into `world.state`, which xsim keeps, copies and puts back. A module's own variables it cannot
put back, and the real clock it must not ask: `request.now` is the time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.util import decode_source
from pathlib import Path
from random import Random
from types import ModuleType, TracebackType
from typing import Any

from xsim.errors import InvalidScenario, XsimError
from xsim.model import JsonValue, Response
from xsim.simulate.vendor.asked import Asked, BadRequestError, Values
from xsim.simulate.vendor.endpoints import JSON_HEADERS, refused
from xsim.simulate.vendor.rack import Rack
from xsim.simulate.vendor.shelves import Sorting
from xsim.simulate.vendor.store import Version, json_bytes, sorted_json
from xsim.world import Hatch, Listing

EXPECTED = "expected a JSON value, or (status, headers, body)"

Function = Callable[["HatchRequest", "World"], Any]


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

    __slots__ = ("_record", "_version", "changed", "id", "occurred", "stream", "visible")

    def __init__(self, version: Version) -> None:
        self._version = version
        self._record: dict[str, JsonValue] | None = None
        self.id = version.event.id
        self.occurred = version.event.occurred
        self.visible = version.event.visible
        self.changed = version.changed
        """When it was last changed; None where it never was."""
        self.stream = version.event.stream

    @property
    def record(self) -> dict[str, JsonValue]:
        """A copy for this call, so that changing it changes no later answer."""
        if self._record is None:
            self._record = json.loads(self._version.body)
        return self._record

    @property
    def handed_out(self) -> dict[str, JsonValue] | None:
        return self._record


class World:
    """What the vendor function may know and keep."""

    def __init__(self, versions: Iterable[Version], state: JsonValue, random: Random, now: datetime) -> None:
        self._versions = versions
        self._events: list[HatchEvent] | None = None
        self.state = state
        self.random = random
        self.now = now

    def events(self) -> list[HatchEvent]:
        """All that the API lists by now, in the order in which it came to."""
        if self._events is None:
            self._events = [HatchEvent(version) for version in self._versions]
        return list(self._events)

    @property
    def handed_out(self) -> dict[int, str]:
        """Which event each record is of that the function took, by the object's identity."""
        taken = ((event.id, event.handed_out) for event in self._events or ())
        return {id(record): event_id for event_id, record in taken if record is not None}


class VendorFunction:
    """The function, loaded once and shared by a vendor and the ones made of it."""

    def __init__(self, hatch: Hatch) -> None:
        self._path = hatch.path
        self.shown = hatch.shown or f"{Path(hatch.path).name}:{hatch.function}"
        self._function = _loaded(hatch, self.shown)

    def answer(self, asked: Asked, rack: Rack, arrival: Sorting, state: JsonValue, random: Random) -> tuple[Any, bytes]:
        """Its Response, None where it gave None, and the state it left as JSON text. Raises InvalidScenario."""
        versions = [entry[-1] for entry in rack.shelf(arrival, ()).at(asked.now)]
        world = World(versions, state, random, asked.time)
        try:
            returned = self._function(HatchRequest(asked), world)
        except BadRequestError as error:
            return refused(error), self._state_text(world)
        except (Exception, SystemExit) as error:
            raise self._failed(error) from error
        response = None if returned is None else self._response(returned, world, versions)
        return response, self._state_text(world)

    def _response(self, returned: Any, world: World, versions: Sequence[Version]) -> Response:
        is_triple = isinstance(returned, tuple) and len(returned) == 3
        status, headers, body = returned if is_triple else (200, {}, returned)
        if isinstance(returned, tuple) and not is_triple:
            raise self._refused_answer(f"a tuple of {len(returned)}")
        if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
            raise self._refused_answer(f"the status {status!r}")
        sent = self._sent_headers(headers)
        if isinstance(body, str) and is_triple:
            written, value = body.encode(), _json_or_none(body)
        elif isinstance(body, bytes):
            written, value = body, _json_or_none(body)
        else:
            written, value = self._written(body), body
            sent = sent if any(name.lower() == "content-type" for name, _ in sent) else (*JSON_HEADERS, *sent)
        listed = tuple(_shown_events(value, world.handed_out, versions))
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

    def _state_text(self, world: World) -> bytes:
        try:
            return json_bytes(world.state)
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidScenario(
                f"{self.shown}: world.state is no JSON ({error})", hint="keep texts, numbers, lists and dicts in it"
            ) from error

    def _failed(self, error: BaseException) -> XsimError:
        place = _line_in(self._path, error.__traceback__)
        where = f" (line {place})" if place else ""
        return InvalidScenario(f"{self.shown}: the vendor function failed: {type(error).__name__}: {error}{where}")


def _loaded(hatch: Hatch, shown: str) -> Function:
    """Run the file as a module of its own. Nothing is written beside it, and its folder is on no path."""
    module = ModuleType(f"xsim vendor {Path(hatch.path).stem}")
    module.__file__ = hatch.path
    try:
        code = compile(decode_source(Path(hatch.path).read_bytes()), hatch.path, "exec", dont_inherit=True)
        # Dataclasses look for the module that they are made in.
        sys.modules[module.__name__] = module
        exec(code, module.__dict__)
    except OSError as error:
        raise InvalidScenario(f"{hatch.path}: the vendor function cannot be read: {error.strerror or error}") from error
    except SyntaxError as error:
        raise InvalidScenario(f"{shown}: line {error.lineno}: SyntaxError: {error.msg}") from error
    except (Exception, SystemExit) as error:
        place = _line_in(hatch.path, error.__traceback__) or 1
        raise InvalidScenario(f"{shown}: line {place}: {type(error).__name__}: {error}") from error
    finally:
        sys.modules.pop(module.__name__, None)
    function = getattr(module, hatch.function, None)
    if not callable(function):
        has = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        hint = f"it has {', '.join(has)}" if has else f"write `def {hatch.function}(request, world):` in it"
        raise InvalidScenario(f"{shown}: {Path(hatch.path).name} has no function {hatch.function}", hint=hint)
    return function  # type: ignore[no-any-return]


def _line_in(path: str, traceback: TracebackType | None) -> int | None:
    """The innermost line of that file."""
    line = None
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _is_many(value: Any) -> bool:
    return value is None or isinstance(value, (Mapping, list, tuple))


def _json_or_none(body: str | bytes) -> JsonValue:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _shown_events(value: JsonValue, handed_out: Mapping[int, str], versions: Sequence[Version]) -> Iterator[str]:
    """Ids of the events whose records stand in the answer, each once, in its order.

    A record is known as the object that `events()` handed out, or by being equal to one.
    """
    by_text: dict[bytes, str] | None = None
    seen = set()
    for each in _objects_in(value):
        found = handed_out.get(id(each))
        if found is None:
            if by_text is None:
                by_text = {version.sorted_body: version.event.id for version in versions}
            found = by_text.get(sorted_json(each))
        if found is not None and found not in seen:
            seen.add(found)
            yield found


def _objects_in(value: JsonValue) -> Iterator[dict[str, JsonValue]]:
    """Every object in the answer, in its order, the outer ones first."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _objects_in(each)
