"""One connection to the vendor: it takes what a client sends, and holds what the client will read."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NoReturn, Protocol

from xsim.model import Request
from xsim.simulate.wire import CONTINUE, Answer, Headers, MalformedRequestError, RawRequest, RequestReader, write_answer

DEFAULT_PORTS = {"http": 80, "https": 443}
PROXY_HEADERS = frozenset({"proxy-authorization", "proxy-connection"})


class ReplyLike(Protocol):
    """The vendor's answer. `body` is None where none goes over the wire."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def body(self) -> bytes | None: ...
    @property
    def due(self) -> datetime: ...
    @property
    def breaks(self) -> str: ...
    @property
    def is_late(self) -> bool: ...


class NetworkLike(Protocol):
    """What a connection needs of the network."""

    def answer(self, request: Request) -> Any: ...
    def refuses(self, request: Request) -> bool: ...
    def handing(self, reply: Any) -> AbstractContextManager[None]: ...
    def wait(self, reply: Any, timeout: float | None = None) -> None: ...
    def left(self, reply: Any) -> float: ...
    def arrived(self, reply: Any) -> None: ...
    def give_up(self, reply: Any) -> None: ...
    def refuse(self, message: str, hint: str) -> NoReturn: ...
    def descriptor(self, *, readable: bool) -> int: ...


def connection_refused() -> OSError:
    """What the operating system says where nobody listens."""
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def connection_reset() -> OSError:
    """What the operating system says where the other side is suddenly gone."""
    return ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))


LONGEST_PORT = 5
"""Digits."""


class Line:
    """A connection to one host, in bytes. `port` None is the scheme's own."""

    def __init__(self, network: NetworkLike, scheme: str, host: str, port: int | None) -> None:
        self.network = network
        self._reader = RequestReader()
        self.lead_to(scheme, host, port or DEFAULT_PORTS[scheme])

    def lead_to(self, scheme: str, host: str, port: int) -> None:
        """From now on requests are for this host."""
        self.scheme, self.host, self.port = scheme, host, port
        written = f"[{host}]" if ":" in host and not host.startswith("[") else host
        self.origin = f"{scheme}://{written.lower()}"
        if port != DEFAULT_PORTS[scheme]:
            self.origin += f":{port}"

    def send(self, data: Any) -> list[tuple[Answer, ReplyLike | None]]:
        """What comes back for these bytes, and the reply that it has to be waited for; None is at once.

        Where the reply breaks before its head, the answer is empty.
        """
        try:
            requests = self._reader.feed(data)
        except MalformedRequestError as error:
            self.network.refuse(
                f"sends {self.origin} something other than HTTP/1.1 ({error})", "xsim simulates HTTP/1.1 only"
            )
        answers: list[tuple[Answer, ReplyLike | None]] = [self._answer(request) for request in requests]
        if self._reader.awaits_go_ahead():
            answers.append((Answer(CONTINUE), None))
        return answers

    def _answer(self, raw: RawRequest) -> tuple[Answer, ReplyLike | None]:
        if raw.method == "CONNECT":
            # By hand, through a proxy. TLS may follow, which then names the scheme.
            host, _, port = raw.target.rpartition(":")
            if not (port.isdecimal() and len(port) <= LONGEST_PORT):
                self.network.refuse(f"asks {self.origin} for a tunnel to no port", "`CONNECT host:443` is one")
            self.lead_to(self.scheme, host, int(port))
            return write_answer(200, (), None), None
        url, headers = raw.target, raw.headers
        if url.startswith("/") or "://" not in url:
            url = self.origin + url
        else:
            headers = tuple(header for header in headers if header[0].lower() not in PROXY_HEADERS)
        reply: ReplyLike = self.network.answer(Request(raw.method, url, headers, raw.body))
        if reply.breaks and reply.breaks != "cut":
            return Answer(), reply
        closing = (("Connection", "close"),) if raw.closes else ()
        return write_answer(reply.status, (*reply.headers, *closing), reply.body), reply


class VendorSocket:
    """Stands where a client's connection has its socket. The operating system knows nothing of it."""

    family = socket.AF_INET
    type = socket.SOCK_STREAM
    proto = 0

    def __init__(
        self, line: Line, timeout: Any, *, refusal: Callable[[OSError], BaseException] = lambda error: error
    ) -> None:
        """`refusal`: what the client makes of an error when it connects."""
        self._line = line
        self._inbox: io.BytesIO = Answer()
        self._reply: ReplyLike | None = None
        self._refusal = refusal
        self._trouble: BaseException | None = None
        self.settimeout(timeout)

    def sendall(self, data: Any, flags: int = 0) -> None:
        for answer, reply in self._line.send(data):
            if reply is not None and reply.breaks == "refused":
                # Only now is it known which request it is; to the client it has just connected for it.
                self._line.network.wait(reply)
                raise self._refusal(connection_refused())
            unread = b"" if self._inbox.closed else self._inbox.read()
            self._inbox = Answer(unread + answer.getvalue()) if unread else answer
            self._reply = reply

    def send(self, data: Any, flags: int = 0) -> int:
        self.sendall(data)
        return memoryview(data).nbytes

    def makefile(self, mode: str = "r", buffering: int | None = None, **_: Any) -> Any:
        """What is there to be read, as a file. An answer that will not come is told where it is first read."""
        if not self.has_answer():
            return io.BufferedReader(Incoming(self))
        try:
            self._await_answer()
        except BaseException as signal:
            # `HTTPResponse` opens the file before it is ready to fail.
            self._trouble = signal
            return io.BufferedReader(Incoming(self))
        return self._inbox

    def recv(self, size: int, flags: int = 0) -> bytes:
        self._await_answer()
        return self._inbox.read(size)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        view = memoryview(buffer).cast("B")
        data = self.recv(nbytes or len(view))
        view[: len(data)] = data
        return len(data)

    def has_answer(self) -> bool:
        """Whether there is something to read."""
        inbox = self._inbox
        return not inbox.closed and inbox.tell() < inbox.getbuffer().nbytes

    def secure(self) -> None:
        """TLS begins on a connection that was made without it. No certificate is looked at."""
        self._line.lead_to("https", self._line.host, self._line.port)

    def _await_answer(self) -> None:
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        reply, self._reply = self._reply, None
        if reply is not None:
            self._line.network.wait(reply, self._timeout)
            if reply.breaks == "reset":
                raise connection_reset()
        elif not self.has_answer():
            # A request that is not whole: a server would go on waiting for the rest.
            raise TimeoutError("timed out")

    def settimeout(self, value: Any) -> None:
        # http.client marks "the default" with an object of its own.
        self._timeout = float(value) if isinstance(value, int | float) else socket.getdefaulttimeout()

    def gettimeout(self) -> float | None:
        return self._timeout

    def setblocking(self, flag: bool) -> None:
        self._timeout = None if flag else 0.0

    def fileno(self) -> int:
        """A real descriptor, for `select` and `poll`: readable exactly if there is something to read."""
        return self._line.network.descriptor(readable=self.has_answer())

    def getpeername(self) -> tuple[str, int]:
        return (self._line.host, self._line.port)

    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", 49152)

    def getpeercert(self, binary_form: bool = False) -> Any:
        return b"" if binary_form else {}

    def version(self) -> str:
        return "TLSv1.3"

    def cipher(self) -> tuple[str, str, int]:
        return ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)

    def selected_alpn_protocol(self) -> str | None:
        return None

    def pending(self) -> int:
        return 0

    def getsockopt(self, *_: Any) -> int:
        return 0

    def setsockopt(self, *_: Any) -> None:
        return None

    def shutdown(self, how: int) -> None:
        return None

    def unwrap(self) -> VendorSocket:
        return self

    def close(self) -> None:
        """Files made of it can still be read, as those of a real socket."""

    def __enter__(self) -> VendorSocket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Incoming(io.RawIOBase):
    """A file on a connection that has nothing to read yet."""

    def __init__(self, sock: VendorSocket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._sock.recv_into(buffer)


class VendorTransport(asyncio.Transport):
    """Stands where an asyncio protocol has its transport.

    Whatever goes wrong is handed to the protocol, whose reader raises it: the event loop would only log it.
    """

    def __init__(
        self,
        line: Line,
        protocol: Any,
        loop: asyncio.AbstractEventLoop,
        *,
        refusal: Callable[[OSError], BaseException] = lambda error: error,
    ) -> None:
        """`refusal`: what the client makes of an error when it connects."""
        super().__init__({"peername": (line.host, line.port)})
        self._refusal = refusal
        self._outstanding: ReplyLike | None = None
        self._line = line
        self._protocol = protocol
        self._loop = loop
        self._closing = False

    def write(self, data: Any) -> None:
        try:
            for answer, reply in self._line.send(data):
                if reply is None or not reply.is_late:
                    # Later, so that others may send before the clock moves on.
                    self._loop.call_soon(self._deliver, answer, reply)
                    continue
                # Left to the loop, whose timers are the client's time-outs.
                self._outstanding = reply
                if reply.breaks != "timeout":
                    self._loop.call_later(self._line.network.left(reply), self._deliver, answer, reply)
        except BaseException as signal:
            self._protocol.set_exception(signal)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def _deliver(self, answer: Answer, reply: ReplyLike | None) -> None:
        if self._closing:
            return
        self._outstanding = None
        breaks = "" if reply is None else reply.breaks
        try:
            if reply is not None:
                self._line.network.wait(reply)
            if breaks == "refused":
                self._protocol.set_exception(self._refusal(connection_refused()))
            elif breaks == "reset":
                self._hang_up(connection_reset())
            else:
                self._protocol.data_received(answer.getvalue())
                if breaks == "cut":
                    self._hang_up(None)
        except BaseException as signal:
            self._protocol.set_exception(signal)

    def _hang_up(self, error: OSError | None) -> None:
        """The vendor ends the connection."""
        if not self._closing:
            self._closing = True
            self._protocol.connection_lost(error)

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            if self._outstanding is not None:
                self._line.network.give_up(self._outstanding)
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def get_protocol(self) -> Any:
        return self._protocol

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        return None

    def resume_reading(self) -> None:
        return None
