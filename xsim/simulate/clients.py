"""Where each HTTP library is led to the vendor: below its own retries, redirects, cookies and pools.

A patch is a function from a freshly loaded module and the network. None imports what it patches, so that a run
pays for the libraries that its script uses and for no others.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary, WeakSet

from xsim.model import Request
from xsim.simulate.adapter import patch_requests
from xsim.simulate.guard import patch_socket
from xsim.simulate.line import (
    Line,
    NetworkLike,
    ReplyLike,
    VendorSocket,
    VendorTransport,
    connection_refused,
    connection_reset,
)
from xsim.simulate.wire import BODILESS, REASONS, Answer

LARGE_BUNDLE = 100_000
"""Bytes. Above it a file of certificates holds all public authorities and takes 10 ms and more to load."""

COMPILED_CLIENTS = {
    "MySQLdb": ("connect",),
    "confluent_kafka": ("Consumer", "Producer"),
    "curl_cffi.curl": ("Curl",),
    "cx_Oracle": ("connect",),
    "grpc": ("insecure_channel", "secure_channel"),
    "grpc.aio": ("insecure_channel", "secure_channel"),
    "ibm_db": ("connect",),
    "ldap": ("initialize",),
    "netsnmp": ("Session",),
    "oracledb": ("connect",),
    "psycopg": ("connect",),
    "psycopg2": ("connect",),
    "pycares": ("Channel",),
    "pycurl": ("Curl",),
    "pymssql": ("connect",),
    "pyodbc": ("connect",),
    "uvloop": ("Loop",),
}
"""Clients that reach the network past Python, and what a script calls to use them."""


class Patching(NetworkLike, Protocol):
    """The network, as patches see it."""

    @property
    def latency_seconds(self) -> float: ...
    def replace(self, owner: Any, name: str, new: Any) -> None: ...
    def when_closed(self, undo: Callable[[], None]) -> None: ...


Patch = Callable[[Any, Patching], None]


def patch_for(name: str) -> Patch | None:
    """The patch for a module of this name."""
    patch = PATCHES.get(name)
    if patch is not None:
        return patch
    if name.endswith("urllib3.connection"):
        # Also the copies inside of other packages, as pip and the Snowflake connector have them.
        return patch_urllib3
    return refuse_compiled if name in COMPILED_CLIENTS else None


# --- http.client, urllib3, and with them requests, urllib.request, botocore ... ------------------------------


def patch_http_client(module: Any, network: Patching) -> None:
    lead(network, http=module.HTTPConnection, https=getattr(module, "HTTPSConnection", None))
    original = module.HTTPResponse.begin

    def begin(response: Any) -> None:
        if not read_head(response, module.HTTPMessage):
            original(response)

    network.replace(module.HTTPResponse, "begin", begin)


def patch_httplib2(module: Any, network: Patching) -> None:
    """Its connections are http.client's, but look their host up and connect by themselves."""
    lead(network, http=module.HTTPConnectionWithTimeout, https=module.HTTPSConnectionWithTimeout)


def lead(network: Patching, *, http: type, https: type | None) -> None:
    """Connections of these classes end at the vendor. `https` is None where Python has no TLS."""
    connections: WeakSet[Any] = WeakSet()

    def connect_to(scheme: str) -> Callable[[Any], None]:
        def connect(connection: Any) -> None:
            connections.add(connection)
            connection.sock = dial(network, scheme, connection)

        return connect

    network.replace(http, "connect", connect_to("http"))
    if https is not None:
        network.replace(https, "connect", connect_to("https"))
    network.when_closed(partial(hang_up, connections))


def patch_urllib3(module: Any, network: Patching) -> None:
    connections: WeakSet[Any] = WeakSet()

    def connect_to(scheme: str) -> Callable[[Any], None]:
        def connect(connection: Any) -> None:
            connections.add(connection)
            connection.sock = dial(network, scheme, connection, refusal=partial(refused_by, connection))
            # What a real handshake would have set. No certificate was refused, so there is nothing to warn of.
            connection.is_verified = True
            if getattr(connection, "proxy", None):
                connection._has_connected_to_proxy = True
                connection.proxy_is_verified = True

        return connect

    def refused_by(connection: Any, error: OSError) -> BaseException:
        refusal = module.NewConnectionError(connection, f"Failed to establish a new connection: {error}")
        refusal.__cause__ = error
        return refusal  # type: ignore[no-any-return]

    network.replace(module.HTTPConnection, "connect", connect_to("http"))
    network.replace(module.HTTPSConnection, "connect", connect_to("https"))
    network.when_closed(partial(hang_up, connections))


def dial(
    network: NetworkLike,
    scheme: str,
    connection: Any,
    *,
    refusal: Callable[[OSError], BaseException] = lambda error: error,
) -> VendorSocket:
    """The socket of a connection: to the host itself, also where a proxy would have to be asked for a tunnel."""
    if connection._tunnel_host:
        host, port = connection._tunnel_host, connection._tunnel_port
    else:
        host, port = connection.host, connection.port
    return VendorSocket(Line(network, scheme, host, port), connection.timeout, refusal=refusal)


def hang_up(connections: WeakSet[Any]) -> None:
    """Closes what a session still keeps open, so that it connects anew when it is next used, then to the real host."""
    for connection in list(connections):
        connection.close()


def read_head(response: Any, message_type: Any) -> bool:
    """Fills in the head of an answer of ours, which is known. The parser of http.client takes ten times as long.

    False, with nothing read, where it is better left to the parser.
    """
    answer = response.fp
    if type(answer) is not Answer or answer.tell() != 0 or response.headers is not None or response.debuglevel:
        return False
    # Of a header that is repeated http.client sees the first.
    fields = {name.lower(): value for name, value in reversed(answer.headers)}
    length = fields.get("content-length", "0")
    if answer.status < 200 or "transfer-encoding" in fields or not (length.isdecimal() and len(length) < 20):
        return False
    message = message_type()
    for name, value in answer.headers:
        message.set_raw(name, value)
    message.set_payload("")
    has_no_body = answer.status in BODILESS or response._method == "HEAD"
    response.headers = response.msg = message
    response.version = 11
    response.code = response.status = answer.status
    response.reason = REASONS.get(answer.status, "")
    response.chunked, response.chunk_left = False, None
    response.length = 0 if has_no_body else int(length)
    response.will_close = "close" in fields.get("connection", "").lower()
    answer.seek(answer.body_start)
    return True


# --- ssl -----------------------------------------------------------------------------------------------------


def patch_ssl(module: Any, network: Patching) -> None:
    """Puts off loading certificates until a context is really used, which it is for local sockets at most."""
    context_type = module.SSLContext
    put_off: WeakKeyDictionary[Any, list[Callable[[Any], None]]] = WeakKeyDictionary()
    """What is to be called with the context. It must not hold it, or no context would ever be let go."""
    load_locations, load_defaults = context_type.load_verify_locations, context_type.load_default_certs
    wrap = context_type.wrap_socket

    def load_verify_locations(context: Any, cafile: Any = None, capath: Any = None, cadata: Any = None) -> None:
        if cafile and not capath and not cadata and os.path.getsize(cafile) > LARGE_BUNDLE:
            put_off.setdefault(context, []).append(partial(load_locations, cafile=cafile))
        else:
            load_locations(context, cafile, capath, cadata)

    def load_default_certs(context: Any, purpose: Any = module.Purpose.SERVER_AUTH) -> None:
        put_off.setdefault(context, []).append(partial(load_defaults, purpose=purpose))

    def wrap_socket(context: Any, sock: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(sock, VendorSocket):
            sock.secure()
            return sock
        catch_up(context)
        return wrap(context, sock, *args, **kwargs)

    def catch_up(context: Any) -> None:
        for load in put_off.pop(context, ()):
            load(context)

    def catch_up_with_all() -> None:
        for context in list(put_off):
            catch_up(context)

    network.replace(context_type, "load_verify_locations", load_verify_locations)
    network.replace(context_type, "load_default_certs", load_default_certs)
    network.replace(context_type, "wrap_socket", wrap_socket)
    for name in ("wrap_bio", "get_ca_certs", "cert_store_stats"):
        network.replace(context_type, name, after(catch_up, getattr(context_type, name)))
    network.when_closed(catch_up_with_all)


def after(first: Callable[[Any], None], method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, with a call of `first` on the object before it."""

    def call(owner: Any, *args: Any, **kwargs: Any) -> Any:
        first(owner)
        return method(owner, *args, **kwargs)

    return call


# --- httpx ---------------------------------------------------------------------------------------------------


class Words(NamedTuple):
    """What httpx says where no answer comes: all that its threads and its tasks say differently."""

    late: str
    refused: str
    reset: str


IN_THREADS = Words("timed out", str(connection_refused()), str(connection_reset()))
IN_TASKS = Words("", "All connection attempts failed", "")


def patch_httpx(module: Any, network: Patching) -> None:
    def handle_request(_transport: Any, request: Any) -> Any:
        reply = network.answer(from_httpx(request, b"".join(request.stream)))
        return to_httpx(module, network, request, reply, IN_THREADS)

    async def handle_async_request(_transport: Any, request: Any) -> Any:
        body = b"".join([part async for part in request.stream])
        reply = network.answer(from_httpx(request, body))
        await let_others_send()
        if reply.is_late:
            try:
                await let_time_pass(network, reply, read_timeout(request))
            except TimeoutError as error:
                raise module.ReadTimeout(IN_TASKS.late, request=request) from error
        return to_httpx(module, network, request, reply, IN_TASKS)

    network.replace(module.HTTPTransport, "handle_request", handle_request)
    network.replace(module.AsyncHTTPTransport, "handle_async_request", handle_async_request)


def from_httpx(request: Any, body: bytes) -> Request:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    return Request(request.method, str(request.url.copy_with(fragment=None)), headers, body)


def to_httpx(module: Any, network: NetworkLike, request: Any, reply: ReplyLike, words: Words) -> Any:
    """The answer as httpx has it, once it is due."""
    try:
        network.wait(reply, None if reply.breaks == "refused" else read_timeout(request))
    except TimeoutError as error:
        raise module.ReadTimeout(words.late, request=request) from error
    if reply.breaks == "refused":
        raise module.ConnectError(words.refused, request=request)
    if reply.breaks == "reset":
        raise module.ReadError(words.reset, request=request)
    headers = [(name.encode("utf-8"), value.encode("utf-8")) for name, value in reply.headers]
    extensions = {"http_version": b"HTTP/1.1"}
    return module.Response(reply.status, headers=headers, stream=stream_of(module, reply), extensions=extensions)


def stream_of(module: Any, reply: ReplyLike) -> Any:
    """The body as httpx reads it; one that is shorter than announced breaks off where it is read to its end."""
    body = reply.body or b""
    lengths = [int(value) for name, value in reply.headers if name.lower() == "content-length" and value.isdigit()]
    if reply.body is None or not lengths or lengths[0] <= len(body):
        return module.ByteStream(body)
    counted = f"(received {len(body)} bytes, expected {lengths[0]})"
    told = f"peer closed connection without sending complete message body {counted}"

    class CutStream(module.SyncByteStream, module.AsyncByteStream):  # type: ignore[misc]
        def __iter__(self) -> Iterator[bytes]:
            yield body
            raise module.RemoteProtocolError(told)

        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield body
            raise module.RemoteProtocolError(told)

    return CutStream()


def read_timeout(request: Any) -> float | None:
    timeout: float | None = request.extensions.get("timeout", {}).get("read")
    return timeout


async def let_time_pass(network: NetworkLike, reply: ReplyLike, timeout: float | None) -> None:
    """Until a late answer is due; meanwhile other tasks run. Raises TimeoutError where the client waits no longer."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return  # Under trio the clock moves for all.
    left = network.left(reply)
    try:
        await asyncio.sleep(left if timeout is None else min(left, timeout))
        if timeout is not None and timeout < left:
            raise TimeoutError("timed out")
    except BaseException:
        network.give_up(reply)
        raise


async def let_others_send() -> None:
    """Lets tasks that ask at the same time ask before the clock moves on to the first answer."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return  # trio has a loop of its own: there requests follow one another.
    await asyncio.sleep(0)


# --- aiohttp -------------------------------------------------------------------------------------------------


def patch_aiohttp(module: Any, network: Patching) -> None:
    async def create_connection(connector: Any, request: Any, *_: Any) -> Any:
        asked = Request(request.method, str(request.url), tuple(request.headers.items()))
        if network.refuses(asked):
            # aiohttp would repeat the request by itself if it were told later, on the connection.
            network.wait(network.answer(asked))
            raise module.ClientConnectorError(request.connection_key, connection_refused())
        protocol = connector._factory()
        line = Line(network, request.url.scheme, request.url.host, request.url.port)
        refusal = partial(module.ClientConnectorError, request.connection_key)
        protocol.connection_made(VendorTransport(line, protocol, asyncio.get_running_loop(), refusal=refusal))
        return protocol

    network.replace(module.TCPConnector, "_create_connection", create_connection)


# --- clients that are not simulated --------------------------------------------------------------------------


def refuse_compiled(module: Any, network: Patching) -> None:
    for name in COMPILED_CLIENTS[module.__name__]:
        message = f"{module.__name__}.{name}: this client reaches the network past Python"
        hint = "xsim cannot simulate it; test the parts of the fetch that use another client"
        network.replace(module, name, refusing(name, network, message, hint))


def refusing(name: str, network: NetworkLike, message: str, hint: str) -> type:
    """Stands where a class or a function of the client stood: to call it, or a subclass of it, is refused."""
    return type(name, (), {"__init__": lambda *_, **__: network.refuse(message, hint)})


PATCHES: dict[str, Patch] = {
    "aiohttp.connector": patch_aiohttp,
    "http.client": patch_http_client,
    "httplib2": patch_httplib2,
    "httpx": patch_httpx,
    "requests.adapters": patch_requests,
    "socket": patch_socket,
    "ssl": patch_ssl,
}
