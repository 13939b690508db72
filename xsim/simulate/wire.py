"""HTTP/1.1 as bytes: requests out of what a client sends, answers into what it reads."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

Headers = tuple[tuple[str, str], ...]

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HEAD_LIMIT = 1 << 20
"""Bytes. Servers stop at 8 to 64 KB; what is still no head after this many never becomes one."""
REASONS = {status.value: status.phrase for status in HTTPStatus}
is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
BODILESS = frozenset({204, 304})
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MalformedRequestError(ValueError):
    """What the client sent is no HTTP/1.1 request."""


class RawRequest(NamedTuple):
    """A whole request. `target` is as sent: a path, or a full URL where the client talks to a proxy."""

    method: str
    target: str
    headers: Headers
    body: bytes
    closes: bool
    """The client wants the connection closed after the answer."""


class Head(NamedTuple):
    """The request line and headers, with what they say about the body: `length` is None where it comes in chunks."""

    method: str
    target: str
    headers: Headers
    length: int | None
    closes: bool
    expects: bool


class RequestReader:
    """Cuts the bytes of one connection into requests, however they are split up on the way."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: Head | None = None
        self._chunks: list[bytes] = []

    def feed(self, data: bytes | bytearray | memoryview) -> list[RawRequest]:
        """The requests that these bytes complete, mostly none or one. Raises MalformedRequestError."""
        self._buffer += data
        complete = []
        while (request := self._next()) is not None:
            complete.append(request)
        return complete

    def awaits_go_ahead(self) -> bool:
        """Whether the client holds its body back until it is told to go on. True once a request."""
        if self._head is None or not self._head.expects:
            return False
        self._head = self._head._replace(expects=False)
        return True

    def _next(self) -> RawRequest | None:
        if self._head is None:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > HEAD_LIMIT:
                    raise MalformedRequestError("no end of the headers")
                return None
            self._head = parse_head(self._buffer[:end].decode("latin-1"))
            del self._buffer[: end + 4]
        head = self._head
        body = self._take_chunks() if head.length is None else self._take(head.length)
        if body is None:
            return None
        self._head = None
        return RawRequest(head.method, head.target, head.headers, body, head.closes)

    def _take(self, size: int) -> bytes | None:
        if size == 0:
            return b""
        if len(self._buffer) < size:
            return None
        body = bytes(self._buffer[:size])
        del self._buffer[:size]
        return body

    def _take_chunks(self) -> bytes | None:
        """The body once its last chunk is there; chunks already complete are put aside, so that none is read twice."""
        while (end := self._buffer.find(b"\r\n")) >= 0:
            size = parse_size(self._buffer[:end], base=16)
            if size == 0:
                return self._take_last_chunk(end)
            start = end + 2
            if len(self._buffer) < start + size + 2:
                return None
            self._chunks.append(bytes(self._buffer[start : start + size]))
            del self._buffer[: start + size + 2]
        return None

    def _take_last_chunk(self, end: int) -> bytes | None:
        # Trailer lines may follow the chunk of size 0; an empty line ends them. No vendor reads them.
        closing = self._buffer.find(b"\r\n\r\n", end)
        if closing < 0:
            return None
        del self._buffer[: closing + 4]
        body, self._chunks = b"".join(self._chunks), []
        return body


def parse_head(text: str) -> Head:
    """A request's head, without the empty line that ends it. Raises MalformedRequestError."""
    first, *lines = text.split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise MalformedRequestError(first[:80])
    headers = parse_headers(lines)
    length: int | None = 0
    closes = parts[2] == "HTTP/1.0"
    expects = False
    for name, value in headers:
        lowered = name.lower()
        if lowered == "content-length" and length is not None:
            length = parse_size(value.encode(), base=10)
        elif lowered == "transfer-encoding" and "chunked" in value.lower():
            length = None
        elif lowered == "connection":
            closes = value.lower() == "close" or (closes and value.lower() != "keep-alive")
        elif lowered == "expect":
            expects = value.lower() == "100-continue"
    return Head(parts[0], parts[1], headers, length, closes, expects)


def parse_headers(lines: Iterable[str]) -> Headers:
    """Names and values in their order; a line that begins with a blank goes on with the value before it."""
    headers: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and headers:
            name, value = headers.pop()
            headers.append((name, f"{value} {line.strip()}"))
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise MalformedRequestError(line[:80])
        headers.append((name, value.strip(" \t")))
    return tuple(headers)


def parse_size(text: bytes | bytearray, *, base: int) -> int:
    """A length as the sender writes it; what follows a semicolon is an extension that nobody reads."""
    try:
        size = int(bytes(text.partition(b";")[0]), base)
    except ValueError:
        size = -1
    if size < 0:
        raise MalformedRequestError(f"length {bytes(text[:20])!r}")
    return size


class Answer(io.BytesIO):
    """A whole answer, to be read like a file. What a parser would find in its head is kept beside the bytes."""

    status: int = 100
    headers: Headers = ()
    body_start: int = 0


def write_answer(status: int, headers: Headers, body: bytes | None) -> Answer:
    """The answer as bytes; None is no body at all."""
    first = f"HTTP/1.1 {status} {REASONS.get(status, '')}\r\n".encode()
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    try:
        head = lines.encode("latin-1")
    except UnicodeEncodeError:
        headers = tuple((name, in_latin_1(value)) for name, value in headers)
        return write_answer(status, headers, body)
    if body is None:
        body = b""
    elif "transfer-encoding:" in lines.lower():
        body = in_one_chunk(body)
    answer = Answer(b"".join((first, head, b"\r\n", body)))
    answer.status = status
    answer.headers = headers
    answer.body_start = len(first) + len(head) + 2
    return answer


def in_latin_1(value: str) -> str:
    """The value, or its UTF-8 bytes as a client that knows only Latin 1 sees them."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8").decode("latin-1")
    return value


def framed(method: str, status: int, headers: Headers, body: bytes, *, now: datetime) -> tuple[Headers, bytes | None]:
    """What goes over the wire: the vendor's answer with what a web server adds to it. None is no body at all.

    A length that the vendor gave stays, right or wrong: a wrong one is a cut-off answer. So does a date.
    Raises TypeError and ValueError for what cannot be written.
    """
    if not 100 <= status <= 999:
        raise ValueError(f"no status is {status}")
    if not isinstance(headers, tuple | list):
        raise TypeError(f"headers are pairs of name and value, not a {type(headers).__name__}")
    names = []
    for name, value in headers:
        if "\n" in value or "\r" in value or not is_token(name):
            raise ValueError(f"the header {name!r} cannot be written: {value!r}")
        names.append(name.lower())
    if "date" not in names:
        headers = (*headers, ("Date", http_date(now)))
    if status in BODILESS:
        return headers, None
    if "content-length" not in names and "transfer-encoding" not in names:
        headers = (*headers, ("Content-Length", str(len(body))))
    return headers, None if method == "HEAD" else body


def in_one_chunk(body: bytes) -> bytes:
    """The body as a chunked one."""
    start = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return start + b"0\r\n\r\n"


def http_date(moment: datetime) -> str:
    """As in `Mon, 01 Jan 2024 00:00:00 GMT`, in English whatever the locale. `moment` is in UTC."""
    day, month = DAYS[moment.weekday()], MONTHS[moment.month - 1]
    clock = f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}"
    return f"{day}, {moment.day:02} {month} {moment.year:04} {clock} GMT"
