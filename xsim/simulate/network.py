"""The only way out of the simulated process: HTTP is answered by the vendor function, everything else is refused."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NamedTuple, NoReturn, Protocol, runtime_checkable

from xsim.errors import CallUnsupported, SimulationSignal
from xsim.model import Exchange, Request, Response, Vendor
from xsim.simulate.clients import patch_for
from xsim.simulate.guard import lift, refuse_remote_sockets
from xsim.simulate.wire import Headers, framed

READ_KEPT = 2_048
"""Characters of an answer that an Exchange keeps for a reader, where that is asked for."""
ANSWER_KEPT = 300
"""Bytes that are kept of an answer that complains."""
BODY_KEPT = 2000
"""Characters of a request's body that an Exchange keeps."""
ABSENT = object()
NEVER = timedelta(days=3_650)
"""Until an answer comes that will not: no client and no platform waits as long."""
NO_ANSWER = {"timeout": "no answer came", "refused": "connection refused", "reset": "connection reset"}
"""What an Exchange says of one that ended without an answer."""
TOO_LATE = "no answer came in time"


class ClockLike(Protocol):
    """Simulated time."""

    @property
    def now(self) -> datetime:
        """An aware datetime in UTC."""

    def sleep(self, seconds: float) -> None:
        """Moves the clock. May raise a BaseException where the command's time limit passes."""


@runtime_checkable
class Explaining(Protocol):
    """A vendor that can tell why it left a call unanswered. Not every one can: any function is a vendor."""

    def refusal(self, request: Request) -> str:
        """Who was asked in vain, in words; "" where there is nothing to tell."""


class FaultsLike(Protocol):
    """What goes wrong on the way: asked in place of the vendor."""

    def answer(self, request: Request, now: datetime, vendor: Vendor | None) -> Response | None: ...
    def would_refuse(self, request: Request, now: datetime) -> bool: ...


class VendorFailed(SimulationSignal):
    """The vendor function raised, or returned something that is no Response: a bug in it. The cause is kept."""


class Reply(NamedTuple):
    """An answer on its way back. `body` is None where none goes over the wire; `due` is when it arrives."""

    status: int
    headers: Headers
    body: bytes | None
    due: datetime
    breaks: str = ""
    """As of the Response: "timeout", "refused", "reset" or "cut"."""
    is_late: bool = False
    """It comes later than answers usually do, or never."""
    exchange: Exchange | None = None
    """What was recorded of it when the request was sent."""


class Network:
    """Answers every HTTP request of the process from the vendor function; nothing else leaves the machine.

    `vendor` may be exchanged between cycles. `failed` is set before VendorFailed is raised, for a script that
    swallows even that.
    """

    def __init__(
        self,
        vendor: Vendor | None,
        clock: ClockLike,
        *,
        latency: timedelta,
        on_exchange: Callable[[Exchange], None],
        on_unsupported: Callable[[str, str], None],
        line_of_caller: Callable[[], int | None],
        on_correction: Callable[[Exchange, Exchange], None] = lambda before, after: None,
        keep_answers: bool = False,
    ) -> None:
        self.vendor = vendor
        self.faults: FaultsLike | None = None
        self.failed: VendorFailed | None = None
        self._clock = clock
        self._latency = latency
        self._keep_answers = keep_answers
        self.latency_seconds = latency.total_seconds()
        self._on_exchange = on_exchange
        self._on_unsupported = on_unsupported
        self._on_correction = on_correction
        self._line_of_caller = line_of_caller
        self._late: list[Reply] = []
        self._handed: dict[int, Reply] = {}
        # Worker threads of a script ask at the same time; the vendor's state is not made for that. A vendor that
        # itself asks over HTTP must not wait for itself, hence a lock that the same thread may take again.
        self._lock = threading.RLock()
        self._is_open = False
        self._replaced: list[tuple[Any, str, Any]] = []
        self._undo: list[Callable[[], None]] = []
        self._patched: set[str] = set()
        self._modules_seen = 0
        self._pairs: tuple[tuple[socket.socket, socket.socket], ...] = ()
        self._finder = ImportWatch(self)

    def open(self) -> None:
        """Closes the process off. Libraries that are not loaded yet are patched when they are imported."""
        if self._is_open:
            return
        self._is_open = True
        refuse_remote_sockets(self.refuse)
        try:
            self.attend()
        except BaseException:
            self.close()
            raise

    def attend(self) -> None:
        """Patches what was loaded past the import system, as by a restored `sys.modules`. Called before each cycle."""
        if len(sys.modules) == self._modules_seen and sys.meta_path[0] is self._finder:
            return
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        sys.meta_path.insert(0, self._finder)
        for name in list(sys.modules):
            self.patch(name)
        self._modules_seen = len(sys.modules)

    def close(self) -> None:
        """Undoes every patch and hangs up on what is still connected. Can be called twice."""
        if not self._is_open:
            return
        self._is_open = False
        lift(self.refuse)
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        for owner, name, original in reversed(self._replaced):
            if original is ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
        for undo in reversed(self._undo):
            undo()
        for end in [end for pair in self._pairs for end in pair]:
            end.close()
        self._pairs = ()
        self._replaced.clear()
        self._undo.clear()
        self._patched.clear()
        self._modules_seen = 0

    def patch(self, name: str) -> None:
        """Patches a module that was just loaded, if it is a client that we know."""
        apply = patch_for(name)
        module = sys.modules.get(name)
        if apply is None or module is None or name in self._patched or not self._is_open:
            return
        self._patched.add(name)
        apply(module, self)

    def replace(self, owner: Any, name: str, new: Any) -> None:
        """Sets an attribute until `close`. One that was inherited is taken away again then."""
        self._replaced.append((owner, name, vars(owner).get(name, ABSENT)))
        setattr(owner, name, new)

    def when_closed(self, undo: Callable[[], None]) -> None:
        """Calls `undo` at `close`, after the attributes are back."""
        self._undo.append(undo)

    def answer(self, request: Request) -> Reply:
        """The vendor's answer as of now, recorded. The client must `wait` until it is due.

        Raises CallUnsupported and VendorFailed.
        """
        if self._handed and (handed := self._handed.pop(threading.get_ident(), None)) is not None:
            return handed
        with self._lock:
            now = self._clock.now
            try:
                if self.faults is not None:
                    response = self.faults.answer(request, now, self.vendor)
                else:
                    response = self.vendor(request, now) if self.vendor is not None else None
                if response is not None:
                    framing = self._framing(request, response, now)
            except Exception as error:
                self._record(request, now, None)
                kind = type(error).__name__
                self.failed = VendorFailed(f"{request.method} {request.url}: the vendor raised {kind}: {error}")
                raise self.failed from error
            exchange = self._record(request, now, response)
            if response is None:
                self._refuse_request(request)
            return self._reply(response, *framing, exchange)

    def refuses(self, request: Request) -> bool:
        """Whether no connection can be made for this request. Its body need not be known yet."""
        return self.faults is not None and self.faults.would_refuse(request, self._clock.now)

    @contextmanager
    def handing(self, reply: Reply) -> Iterator[None]:
        """The next request of this thread is one that was answered already, with this reply."""
        self._handed[threading.get_ident()] = reply
        try:
            yield
        finally:
            self._handed.pop(threading.get_ident(), None)

    def wait(self, reply: Reply, timeout: float | None = None) -> None:
        """Moves the clock to when it is due. Raises TimeoutError once `timeout` seconds have passed without an answer.

        Answers to requests that were sent at the same time arrive at the same time.
        """
        # Without the lock: threads that wait at the same time must all come to wait.
        left = self.left(reply)
        if timeout is not None and timeout < left:
            try:
                self._clock.sleep(timeout)
            finally:
                self.give_up(reply)
            raise TimeoutError("timed out")
        if not reply.is_late:
            if left > 0:
                self._clock.sleep(left)
            return
        try:
            self._clock.sleep(max(0.0, left))
        except BaseException:
            self.give_up(reply)
            raise
        self.arrived(reply)
        if reply.breaks == "timeout":
            raise TimeoutError("timed out")

    def left(self, reply: Reply) -> float:
        """Seconds until it is due."""
        return (reply.due - self._clock.now).total_seconds()

    def arrived(self, reply: Reply) -> None:
        """A late answer is there."""
        with self._lock:
            self._late = [each for each in self._late if each is not reply]

    def give_up(self, reply: Reply) -> None:
        """The client waits no longer: the script will not see this answer."""
        with self._lock:
            self.arrived(reply)
            before = reply.exchange
            if before is None:
                return
            after = replace(before, waited=self._clock.now - before.at)
            if before.fault:
                answer = TOO_LATE if before.status is not None else before.answer
                after = replace(after, status=None, size=0, digest="", answer=answer)
            self._on_correction(before, after)

    def settle(self) -> None:
        """The command is over: nobody waits for what is outstanding."""
        for reply in list(self._late):
            self.give_up(reply)

    def refuse(self, message: str, hint: str) -> NoReturn:
        """Ends the cycle as unsupported, recorded first: a bare `except:` or a thread may swallow what is raised."""
        with self._lock:
            self._on_unsupported(message, hint)
        raise CallUnsupported(message)

    def descriptor(self, *, readable: bool) -> int:
        """A descriptor for `select` and `poll` that stays readable, or never becomes it, as long as we are open."""
        with self._lock:
            if not self._pairs:
                self._pairs = (socket.socketpair(), socket.socketpair())
                self._pairs[1][1].send(b"!")
            return self._pairs[readable][0].fileno()

    def _framing(self, request: Request, response: Response, now: datetime) -> tuple[Headers, bytes | None]:
        if not isinstance(response, Response):
            raise TypeError(f"it returned {type(response).__name__}, no Response")
        if not isinstance(response.body, bytes):
            raise TypeError(f"the body of its answer is {type(response.body).__name__}, no bytes")
        return framed(request.method, response.status, response.headers, response.body, now=now)

    def _reply(self, response: Response, headers: Headers, body: bytes | None, exchange: Exchange) -> Reply:
        due = exchange.at + self._latency
        if not response.breaks and not response.delay:
            return Reply(response.status, headers, body, due, exchange=exchange)
        never = response.breaks == "timeout"
        is_late = never or bool(response.delay)
        due += NEVER if never else response.delay
        reply = Reply(response.status, headers, body, due, response.breaks, is_late, exchange)
        if is_late:
            self._late.append(reply)
        return reply

    def _record(self, request: Request, now: datetime, response: Response | None) -> Exchange:
        # Four bytes are the most that a character takes.
        body = request.body[: 4 * BODY_KEPT].decode("utf-8", "replace")[:BODY_KEPT] if request.body else ""
        line = self._line_of_caller()
        if response is None:
            exchange = Exchange(now, request.method, request.url, body, line=line)
        elif response.breaks in NO_ANSWER:
            exchange = Exchange(
                now,
                request.method,
                request.url,
                body,
                line=line,
                # What it would have shown: the vendor counts it as delivered.
                listing=response.listing,
                answer=NO_ANSWER[response.breaks],
                login=response.login,
                fault=response.fault,
                waited=self._latency,
            )
        else:
            exchange = Exchange(
                now,
                request.method,
                request.url,
                body,
                response.status,
                len(response.body),
                blake2b(response.body, digest_size=16).hexdigest(),
                line,
                response.listing,
                _complaint(response),
                response.login,
                response.fault,
                _retry_after(response.headers),
                self._latency + response.delay if response.delay else self._latency,
                response.body[: 4 * READ_KEPT].decode("utf-8", "replace")[:READ_KEPT] if self._keep_answers else "",
            )
        self._on_exchange(exchange)
        return exchange

    def _refuse_request(self, request: Request) -> NoReturn:
        place = request.url.partition("?")[0]
        if self.vendor is None:
            hint = "the scenario has no vendor: `xsim init` writes one to start from"
        else:
            hint = f"add an endpoint for {request.method} {'/' + place.split('/', 3)[-1]} to the scenario"
        why = self.vendor.refusal(request) if isinstance(self.vendor, Explaining) else ""
        if why:
            hint += ", or let the vendor function answer it"
        self.refuse(f"{request.method} {place}: no vendor answers this call{why and f': {why}'}", hint)


def _complaint(response: Response) -> str:
    """The beginning of an answer that says what went wrong, or on which something did."""
    if response.status < 400 and not response.fault:
        return ""
    return response.body[:ANSWER_KEPT].decode("utf-8", "replace")


def _retry_after(headers: Headers) -> str:
    for name, value in headers:
        if name.lower() == "retry-after":
            return value
    return ""


class ImportWatch(MetaPathFinder):
    """Patches a client's module as soon as it is loaded, also in the middle of a cycle."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if patch_for(fullname) is None:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                self._patch_once_loaded(spec.loader)
                return spec
        return None

    def _patch_once_loaded(self, loader: Any) -> None:
        # The loader itself is kept, not wrapped in one of ours, as packages look at it to find their data files.
        run_module = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run_module(module)
            self._network.patch(module.__name__)

        loader.exec_module = exec_module
