"""The vendor as a WSGI application, for those who have one, or would rather write one with a framework.

The scenario names the application object, and it answers every request that no endpoint takes:

    app = Flask(__name__)

    @app.get("/api/alerts")
    def alerts():
        world = request.environ["xsim.world"]
        return jsonify([event.record for event in world.events()])

It is called as PEP 3333 says, in this process and without a socket. `environ["xsim.world"]` is the world that a vendor
function gets: events(), state, random, now, update() and delete(). What the application remembers belongs into
`world.state`; its own variables and databases cannot be put back when a world is copied.

Every answer of the application is one, also status 404. To say that nobody answers, so that the run ends undecided as
with a function that returns None, it sets the header `X-Xsim-Unanswered`, to any value.

What it raises is a mistake of the scenario and ends the run. Frameworks like to make a status 500 of it: Flask is told
not to, and of the others an answer from 500 on counts as raised where a traceback was written to `wsgi.errors`.
"""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, cast
from urllib.parse import unquote_to_bytes, urlsplit

from xsim.errors import InvalidScenario, XsimError
from xsim.model import Response
from xsim.simulate.vendor.asked import Asked
from xsim.simulate.vendor.hatch import World, json_or_none, line_in, load_callable, objects_in, shown_events
from xsim.simulate.vendor.rack import Rack
from xsim.simulate.vendor.shelves import Sorting
from xsim.simulate.vendor.versions import sorted_json
from xsim.world import Hatch, JsonValue, Listing

UNANSWERED = "X-Xsim-Unanswered"
PORTS = {"http": "80", "https": "443"}
LARGEST_BODY = 1 << 28
"""Bytes. What goes on behind them is a stream without an end, which no fetch waits for."""
TRACEBACK = "Traceback (most recent call last):"
HINT = "it is called as PEP 3333 says: application(environ, start_response), and gives an iterable of bytes"
read_status = re.compile(r"([2-5]\d\d)(?: .*)?").fullmatch

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | None


class ProtocolError(Exception):
    """The application did what PEP 3333 does not allow; what, in words that go on behind its name."""


class WsgiApplication:
    """The application, loaded once and shared by a vendor and the ones made of it."""

    leaves_unanswered = f"set {UNANSWERED}"

    def __init__(self, hatch: Hatch) -> None:
        self._path = hatch.path
        self._file = Path(hatch.path).name
        self.shown = hatch.shown or f"{self._file}:{hatch.function}"
        self._application = cast(Application, load_callable(hatch, self.shown))
        self._refuse_other_callables(hatch.function)
        _let_through(self._application)

    def answer(
        self, asked: Asked, rack: Rack, arrival: Sorting, state: JsonValue, random: Random
    ) -> tuple[Response | None, bytes]:
        """Its Response, None where it says that nobody answers, and the state it left as JSON text.

        Raises InvalidScenario.
        """
        world = World(asked, rack, arrival, state, random)
        errors = io.StringIO()
        answer = Answer()
        try:
            answer.run(self._application, environ_of(asked, world, errors))
        except ProtocolError as error:
            raise InvalidScenario(f"{self.shown}: the WSGI application {error}", hint=HINT) from error
        except (Exception, SystemExit) as error:
            raise self._failed(f"{type(error).__name__}: {error}", line_in(self._path, error.__traceback__)) from error
        self._refuse_hidden_failure(answer, errors.getvalue())
        is_unanswered = any(name.lower() == UNANSWERED.lower() for name, _ in answer.headers)
        response = None if is_unanswered else self._response(answer, world)
        return response, world.commit(self.shown)

    def _response(self, answer: Answer, world: World) -> Response:
        value = json_or_none(answer.body)
        listed = tuple(shown_events(value, _known_by_text(value, world), world))
        listing = Listing(self.shown, listed=listed, matched=len(listed))
        return Response(answer.status, answer.headers, answer.body, listing)

    def _refuse_hidden_failure(self, answer: Answer, errors: str) -> None:
        """A traceback beside a status 500 is the application's own mistake, not an outage that somebody staged."""
        if answer.status < 500 or TRACEBACK not in errors:
            return
        told = errors.rpartition(TRACEBACK)[2]
        last = next((line for line in told.splitlines() if line and not line.startswith(" ")), "an exception")
        lines = re.findall(re.escape(f'File "{self._path}", line ') + r"(\d+)", told)
        raise self._failed(last, int(lines[-1]) if lines else None)

    def _failed(self, what: str, line: int | None) -> XsimError:
        where = f" (line {line})" if line else ""
        return InvalidScenario(f"{self.shown}: the WSGI application failed: {what}{where}")

    def _refuse_other_callables(self, name: str) -> None:
        try:
            signature = inspect.signature(self._application)
        except (TypeError, ValueError):
            return  # Nothing is known of it; calling it will show.
        if _takes(signature, 2):
            return
        if _takes(signature, 0):
            hint = f"to have what a factory makes, write `app = {name}()` in {self._file}, and name `app`"
        elif _takes(signature, 3):
            hint = "an ASGI application has to be wrapped into a WSGI one"
        else:
            hint = HINT
        raise InvalidScenario(
            f"{self.shown}: {name}{signature} is no WSGI application, expected {name}(environ, start_response)",
            hint=hint,
        )


class Answer:
    """What the application sends for one request."""

    def __init__(self) -> None:
        self.status = 0
        """0 until it has called start_response."""
        self.headers: tuple[tuple[str, str], ...] = ()
        self._chunks: list[bytes] = []
        self._size = 0
        self._problem: ProtocolError | None = None

    @property
    def body(self) -> bytes:
        return b"".join(self._chunks)

    def run(self, application: Application, environ: dict[str, Any]) -> None:
        """Call it and take its whole answer. Raises ProtocolError, and whatever it raises."""
        try:
            given = application(environ, self._start)
            if callable(given) and not isinstance(given, Iterable):
                raise self._refused("returned another application: it is a factory, and what it makes has to be named")
            if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
                raise self._refused(f"returned {_described(given)}, expected an iterable of bytes")
            try:
                for chunk in given:
                    self._write(chunk)
            finally:
                close = getattr(given, "close", None)
                if close is not None:
                    close()
        finally:
            # Raised inside the application, it may have made a status 500 of it.
            if self._problem is not None:
                raise self._problem
        if not self.status:
            raise ProtocolError("never called start_response")

    def _start(self, status: str, headers: Any, exc_info: ExcInfo = None) -> Callable[[bytes], None]:
        """PEP 3333's start_response."""
        try:
            if exc_info is not None and self._size:
                raise exc_info[1].with_traceback(exc_info[2])
        finally:
            exc_is_given, exc_info = exc_info is not None, None  # The PEP asks for this: the frames hold each other.
        if self.status and not exc_is_given:
            raise self._refused("called start_response twice without exc_info")
        match = read_status(status) if isinstance(status, str) else None
        if match is None:
            raise self._refused(f"gave the status {status!r}, expected one like '200 OK'")
        self.status, self.headers = int(match[1]), self._sent_headers(headers)
        return self._write

    def _sent_headers(self, headers: Any) -> tuple[tuple[str, str], ...]:
        if not isinstance(headers, (list, tuple)):
            raise self._refused(f"gave headers of type {type(headers).__name__}, expected a list of pairs")
        for pair in headers:
            if not isinstance(pair, (list, tuple)) or [type(each) for each in pair] != [str, str]:
                raise self._refused(f"gave the header {pair!r}, expected a pair of texts")
        return tuple((name, value) for name, value in headers)

    def _write(self, chunk: Any) -> None:
        if not isinstance(chunk, (bytes, bytearray, memoryview)):
            raise self._refused(f"sent {_described(chunk)}, expected bytes")
        if not chunk:
            return
        if not self.status:
            raise self._refused("sent its answer before it called start_response")
        self._size += len(chunk)
        if self._size > LARGEST_BODY:
            raise self._refused(f"sent more than {LARGEST_BODY >> 20} MB in one answer")
        self._chunks.append(bytes(chunk))

    def _refused(self, what: str) -> ProtocolError:
        self._problem = self._problem or ProtocolError(what)
        return self._problem


def environ_of(asked: Asked, world: World, errors: io.StringIO) -> dict[str, Any]:
    """The request as PEP 3333 hands it to an application; texts are bytes read as Latin 1."""
    request = asked.request
    url = urlsplit(request.url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(asked.path).decode("latin-1"),
        "QUERY_STRING": url.query.encode().decode("latin-1"),
        "SERVER_NAME": asked.host_name,
        "SERVER_PORT": str(url.port or PORTS.get(asked.scheme, "80")),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": asked.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": errors,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_HOST": asked.host,
        "xsim.world": world,
    }
    environ.update(_header_variables(asked))
    if request.body or "CONTENT_LENGTH" in environ:
        environ["CONTENT_LENGTH"] = str(len(request.body))  # One that came in chunks has none of its own.
    return environ


def _header_variables(asked: Asked) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name, value in asked.request.headers:
        variable = name.upper().replace("-", "_")
        if variable not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            variable = f"HTTP_{variable}"
        found.setdefault(variable, []).append(value)
    found.pop("HTTP_TRANSFER_ENCODING", None)  # The chunks are put together already.
    one_only = ("CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_HOST")
    joined = {name: ("; " if name == "HTTP_COOKIE" else ",").join(values) for name, values in found.items()}
    return {name: found[name][-1] if name in one_only else text for name, text in joined.items()}


def _known_by_text(value: JsonValue, world: World) -> Mapping[int, str]:
    """The answer's objects that read as a record does that was handed out, in the state in which it was left.

    An application writes JSON itself, so that its records are known only by what they say.
    """
    if not world.handed_out:
        return {}
    texts = {sorted_json(event.handed_out): event.id for event in world.events() if event.handed_out is not None}
    known = ((id(each), texts.get(sorted_json(each))) for each in objects_in(value))
    return {number: event_id for number, event_id in known if event_id is not None}


def _let_through(application: Any) -> None:
    """Flask makes a status 500 of what a view raises, unless told otherwise; here nobody would see it."""
    config = getattr(application, "config", None)
    if isinstance(config, dict) and config.get("PROPAGATE_EXCEPTIONS", ...) is None:
        config["PROPAGATE_EXCEPTIONS"] = True


def _takes(signature: inspect.Signature, count: int) -> bool:
    with suppress(TypeError):
        signature.bind(*[None] * count)
        return True
    return False


def _described(value: Any) -> str:
    return "None" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
