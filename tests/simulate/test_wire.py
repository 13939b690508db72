"""Requests are read and answers written as HTTP/1.1 has them, however the bytes are split."""

import http.client
import io
from datetime import datetime, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xsim.simulate.wire import MalformedRequestError, RequestReader, framed, http_date, write_answer

NOW = datetime(2024, 2, 29, 9, 5, 7, 999_999, tzinfo=timezone.utc)
PLAIN = b"GET /a?b=1 HTTP/1.1\r\nHost: v\r\nX: 1\r\nx:  2 \r\n\r\n"
WITH_BODY = b"POST /b HTTP/1.1\r\nContent-Length: 6\r\nConnection: close\r\n\r\nab\r\n\r\n"
CHUNKED = (
    b"PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;ext=1\r\nab\r\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
)
STREAM = PLAIN + WITH_BODY + CHUNKED + PLAIN


def read(*pieces: bytes):
    reader = RequestReader()
    return [request for piece in pieces for request in reader.feed(piece)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_requests_are_the_same_however_the_bytes_are_split(places):
    cuts = [0, *sorted(places), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(cuts)]
    assert [(each.method, each.target, each.body, each.closes) for each in read(*pieces)] == [
        ("GET", "/a?b=1", b"", False),
        ("POST", "/b", b"ab\r\n\r\n", True),
        ("PUT", "/c", b"ab\r0123456789", False),
        ("GET", "/a?b=1", b"", False),
    ]


@given(st.binary(max_size=2000), st.integers(1, 100))
def test_a_chunked_body_is_what_was_sent(body, size):
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for part in (body[at : at + size] for at in range(0, len(body), size))
    )
    [request] = read(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", chunks, b"0\r\n\r\n")
    assert request.body == body


def test_headers_keep_order_repetition_and_case():
    [request] = read(PLAIN)
    assert request.headers == (("Host", "v"), ("X", "1"), ("x", "2"))


def test_a_folded_header_is_one():
    [request] = read(b"GET / HTTP/1.1\r\nX: a\r\n\t b\r\n\r\n")
    assert request.headers == (("X", "a b"),)


def test_an_old_client_closes_unless_it_says_otherwise():
    assert [each.closes for each in read(b"GET / HTTP/1.0\r\n\r\n")] == [True]
    assert [each.closes for each in read(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")] == [False]


def test_a_client_waits_for_the_go_ahead_once():
    reader = RequestReader()
    assert reader.feed(b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n") == []
    assert (reader.awaits_go_ahead(), reader.awaits_go_ahead()) == (True, False)
    assert len(reader.feed(b"x")) == 1
    assert reader.awaits_go_ahead() is False


@pytest.mark.parametrize(
    "sent",
    [
        b"HELO\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"x" * 2_000_000,
    ],
    ids=["other protocol", "version", "header", "length", "negative", "chunk", "endless"],
)
def test_what_is_no_request_is_refused(sent):
    with pytest.raises(MalformedRequestError):
        read(sent)


def test_an_answer_gets_a_date_and_a_length():
    headers, body = framed("GET", 200, (("A", "b"),), b"xyz", now=NOW)
    assert headers == (("A", "b"), ("Date", "Thu, 29 Feb 2024 09:05:07 GMT"), ("Content-Length", "3"))
    assert body == b"xyz"


def test_a_date_and_a_length_of_the_vendors_own_stay():
    given_headers = (("DATE", "today"), ("content-length", "99"))
    assert framed("GET", 200, given_headers, b"xyz", now=NOW) == (given_headers, b"xyz")


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_some_answers_have_no_body(method, status):
    assert framed(method, status, (), b"xyz", now=NOW)[1] is None


@pytest.mark.parametrize(
    ("status", "headers", "complaint"),
    [
        (99, (), ValueError),
        ("200", (), TypeError),
        (200, {"ab": "c"}, TypeError),
        (200, (("A", "b\nC: d"),), ValueError),
        (200, (("A\r", "b"),), ValueError),
        (200, (("", "b"),), ValueError),
        (200, (("A", 1),), TypeError),
    ],
)
def test_what_cannot_be_written_is_an_error(status, headers, complaint):
    with pytest.raises(complaint):
        framed("GET", status, headers, b"", now=NOW)


@pytest.mark.parametrize("day", range(1, 29))
def test_dates_are_written_as_the_standard_library_does(day):
    from email.utils import format_datetime

    moment = datetime(2025, 1 + day % 12, day, 23, 0, 5, tzinfo=timezone.utc)
    assert http_date(moment) == format_datetime(moment, usegmt=True)


@pytest.mark.parametrize("body", [b"", b"abc"])
@pytest.mark.parametrize("headers", [(("Content-Length", "3"), ("X", "Zoë")), (("Transfer-Encoding", "chunked"),)])
def test_http_client_reads_the_answer_back(headers, body):
    if body == b"" and headers[0][0] == "Content-Length":
        headers = (("Content-Length", "0"),)
    answer = write_answer(418, headers, body)

    class Socket:
        def makefile(self, mode):
            return io.BytesIO(answer.getvalue())

    response = http.client.HTTPResponse(Socket())
    response.begin()
    assert (response.status, response.reason) == (418, "I'm a Teapot")
    assert tuple(response.getheaders()) == headers
    assert response.read() == body
