"""Each HTTP library reaches the vendor, with its own retries, redirects, cookies and decoding at work."""

import asyncio
import gc
import gzip
import http.client
import io
import json
import logging
import ssl
import urllib.error
import urllib.request
import warnings
import weakref
from types import ModuleType, SimpleNamespace

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from vendor_world import JSON, a_world, answering, echo, in_turn

from xsim.errors import CallUnsupported
from xsim.model import Response
from xsim.simulate.clients import COMPILED_CLIENTS, patch_for

URL = "https://vendor.example/api/v1/alerts"


@pytest.fixture(autouse=True)
def _the_long_way():
    """Through urllib3 and http.client in every case, as those take it who listen to urllib3's log."""
    log = logging.getLogger("urllib3.connectionpool")
    log.setLevel(logging.DEBUG)
    yield
    log.setLevel(logging.NOTSET)


def a_session(**retry):
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=urllib3.Retry(**retry)))
    return session


def connections_of(session):
    """How many connections the session has made over TLS."""
    pools = session.adapters["https://"].poolmanager.pools
    return sum(pools[key].num_connections for key in pools.keys())  # noqa: SIM118 - no dictionary


# --- requests and urllib3 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("verify", [True, False])
def test_requests_reaches_the_vendor_over_tls_without_a_certificate(verify):
    with a_world(answering(b'{"alerts": []}')) as world, warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = requests.get(URL, params={"since": "2024-01-01T00:00:00Z", "q": "ä b"}, verify=verify)
    assert answer.json() == {"alerts": []}
    assert answer.reason == "OK"
    assert dict(answer.headers) == {
        "Content-Type": "application/json",
        "Date": "Mon, 01 Jan 2024 00:00:00 GMT",
        "Content-Length": "14",
    }
    [request] = world.requests
    assert request.url == f"{URL}?since=2024-01-01T00%3A00%3A00Z&q=%C3%A4+b"
    assert ("Host", "vendor.example") in request.headers


def test_no_certificate_is_loaded_to_reach_the_vendor(monkeypatch):
    def no_context(*_):
        raise AssertionError("a TLS context costs a fifth of a millisecond, its certificates 15")

    with a_world(answering()):
        monkeypatch.setattr(ssl.SSLContext, "__new__", no_context)
        requests.get(URL, verify=True)
        requests.get(URL, verify=False)
        requests.get(URL, verify=requests.certs.where())


def test_urllib3_retries_until_the_third_answer():
    unwell = Response(503, (("Retry-After", "0"),))
    with a_world(in_turn(unwell, unwell, Response(200, JSON, b"3"))) as world:
        assert a_session(total=5, status_forcelist=[503], backoff_factor=0).get(URL).json() == 3
    assert [each.status for each in world.exchanges] == [503, 503, 200]


def test_retries_come_to_an_end():
    with a_world(answering(status=503)) as world, pytest.raises(requests.exceptions.RetryError):
        a_session(total=2, status_forcelist=[503], backoff_factor=0).get(URL)
    assert len(world.requests) == 3


def test_redirects_are_followed_to_other_hosts():
    def vendor(request, now):
        if request.url.startswith("https://old"):
            return Response(302, (("Location", "http://new.example:8080/b?x=1"),))
        return Response(200, JSON, b"[1]")

    with a_world(vendor) as world:
        assert requests.get("https://old.example/a").json() == [1]
        assert requests.get("https://old.example/a", allow_redirects=False).status_code == 302
    assert world.urls == ["https://old.example/a", "http://new.example:8080/b?x=1", "https://old.example/a"]


def test_cookies_are_kept_and_sent_back():
    cookies = (("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/; Secure"))
    with a_world(answering(headers=cookies)) as world, requests.Session() as session:
        answer = session.get(URL)
        session.get(URL)
    assert answer.cookies.get_dict() == {"a": "1", "b": "2"}
    assert answer.raw.headers.getlist("Set-Cookie") == ["a=1; Path=/", "b=2; Path=/; Secure"]
    assert dict(world.requests[1].headers)["Cookie"] == "a=1; b=2"


def test_a_compressed_answer_is_decoded():
    packed = gzip.compress(b'{"a": 1}')
    with a_world(answering(packed, headers=(*JSON, ("Content-Encoding", "gzip")))) as world:
        assert requests.get(URL).json() == {"a": 1}
    assert world.exchanges[0].size == len(packed)


def test_an_answer_is_streamed():
    text = "\n".join(f"line {n}" for n in range(5000))
    with a_world(answering(text.encode())), requests.get(URL, stream=True) as answer:
        assert list(answer.iter_lines(chunk_size=100, decode_unicode=True)) == text.split("\n")
    with a_world(answering(text.encode())), requests.get(URL, stream=True) as answer:
        assert b"".join(answer.iter_content(7)) == text.encode()


def test_an_answer_in_chunks_is_put_together():
    chunked = (("Transfer-Encoding", "chunked"),)
    with a_world(in_turn(Response(200, chunked, b"abc"), Response(200, chunked, b""))):
        assert requests.get(URL).content == b"abc"
        assert requests.get(URL).content == b""


@pytest.mark.skipif(urllib3.__version__ < "2", reason="urllib3 1 takes what it gets")
@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_is_cut_off_is_an_error(stream):
    with a_world(answering(b"abc", headers=(("Content-Length", "10"),))):
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            b"".join(requests.get(URL, stream=stream).iter_content(100))


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304), ("DELETE", 204)])
def test_answers_without_a_body_leave_the_connection_usable(method, status):
    with (
        a_world(in_turn(Response(status, (), b"never sent"), Response(200, (), b"next"))),
        requests.Session() as session,
    ):
        first = session.request(method, URL)
        assert (first.status_code, first.content) == (status, b"")
        assert session.get(URL).content == b"next"
    assert first.headers.get("Content-Length") == ("10" if method == "HEAD" else None)


def test_a_session_keeps_its_connection():
    with a_world(answering()) as world, requests.Session() as session:
        for _ in range(3):
            session.get(URL)
        assert connections_of(session) == 1
    assert len(world.requests) == 3


@pytest.mark.parametrize("asked", [True, False])
def test_either_side_can_end_the_connection(asked):
    close = {"Connection": "close"}
    with a_world(answering(headers=() if asked else tuple(close.items()))) as world:
        connection = http.client.HTTPConnection("vendor.example")
        for _ in range(2):
            connection.request("GET", "/", headers=close if asked else {})
            answer = connection.getresponse()
            assert answer.read() == b"{}"
            assert answer.getheader("Connection") == "close"
            assert connection.sock is None
    assert len(world.requests) == 2


@pytest.mark.parametrize(
    "body",
    [b"", b"plain", bytes(range(256)), b"x" * 3_000_000, iter([b"one", b"two"]), io.BytesIO(b"file" * 9000)],
    ids=["empty", "plain", "binary", "big", "iterable", "file"],
)
def test_a_body_arrives_whole_however_it_is_sent(body):
    whole = b"onetwo" if not hasattr(body, "__len__") and not hasattr(body, "read") else None
    whole = whole or (body.getvalue() if hasattr(body, "read") else body)
    with a_world(echo) as world:
        assert requests.post(URL, data=body).content == whole
    assert world.requests[0].body == whole


def test_a_file_is_uploaded():
    with a_world(answering()) as world:
        requests.post(URL, files={"file": ("a.bin", io.BytesIO(b"\x00\x01"))}, data={"name": "ü"})
    [request] = world.requests
    assert b"\x00\x01" in request.body
    assert "ü".encode() in request.body
    assert dict(request.headers)["Content-Type"].startswith("multipart/form-data; boundary=")


def test_headers_keep_their_characters():
    with a_world(answering(headers=(("X-Owner", "Zoë"), ("X-Far", "日本")))) as world:
        answer = requests.get(URL, headers={"X-Sent": "Zoë"})
    assert answer.headers["X-Owner"] == "Zoë"
    assert answer.headers["X-Far"].encode("latin-1").decode() == "日本"
    assert dict(world.requests[0].headers)["X-Sent"] == "Zoë"


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("http://vendor.example/", "http://vendor.example/"),
        ("http://vendor.example:80/", "http://vendor.example/"),
        ("https://vendor.example:443/", "https://vendor.example/"),
        ("https://vendor.example:8443/a", "https://vendor.example:8443/a"),
        ("https://VENDOR.example", "https://vendor.example/"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("http://[::1]/a", "http://[::1]/a"),
        ("http://localhost:5000/a", "http://localhost:5000/a"),
        ("http://10.0.0.5/a;b?c=d&e", "http://10.0.0.5/a;b?c=d&e"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://user:secret@vendor.example/a#part", "https://vendor.example/a"),
    ],
)
def test_the_vendor_sees_the_url_that_was_asked(url, seen):
    with a_world(answering()) as world:
        requests.get(url)
    assert world.urls == [seen]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proxy", ["http://proxy.example:3128", "https://user:word@proxy.example"])
@pytest.mark.parametrize("place", ["environment", "session"])
def test_a_proxy_leads_to_the_vendor(monkeypatch, scheme, proxy, place):
    session = requests.Session()
    if place == "session":
        session.proxies = {scheme: proxy}
    else:
        monkeypatch.setenv(f"{scheme}_proxy", proxy)
    url = f"{scheme}://vendor.example/a?b=1"
    with a_world(answering(b"1")) as world, warnings.catch_warnings():
        warnings.simplefilter("error")
        assert session.get(url, verify=False).json() == 1
        assert session.get(url, verify=False).json() == 1
    assert world.urls == [url, url]
    assert not any(name.lower().startswith("proxy-") for name, _ in world.requests[0].headers)


def test_urllib3_alone_reaches_the_vendor():
    with a_world(echo) as world:
        pool = urllib3.PoolManager(cert_reqs="CERT_NONE")
        assert pool.request("POST", URL, body="ü".encode(), headers={"A": "b"}).data == "ü".encode()
        assert pool.request("POST", URL, fields={"a": "1"}, encode_multipart=False).data == b"a=1"
    assert world.urls == [URL, URL]


def test_urllib3_with_a_context_of_its_own_reaches_the_vendor():
    context = ssl.create_default_context()
    with a_world(answering(b"1")):
        assert urllib3.PoolManager(ssl_context=context).request("GET", URL).data == b"1"


# --- the standard library ------------------------------------------------------------------------------------


@pytest.mark.parametrize("proxy", ["", "http://proxy.example:3128"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_urllib_request_reaches_the_vendor(monkeypatch, scheme, proxy):
    monkeypatch.setenv(f"{scheme}_proxy", proxy)
    monkeypatch.setattr(urllib.request, "_opener", None)
    with a_world(echo) as world:
        with urllib.request.urlopen(f"{scheme}://vendor.example/a?b=1", data=b"sent") as answer:
            assert (answer.status, answer.read()) == (200, b"sent")
    assert world.urls == [f"{scheme}://vendor.example/a?b=1"]


def test_urllib_request_raises_for_an_error_status():
    with a_world(answering(b"no", status=404)), pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(URL)
    assert (raised.value.code, raised.value.reason, raised.value.read()) == (404, "Not Found", b"no")


def test_http_client_sends_several_requests_on_one_connection():
    with a_world(echo) as world:
        connection = http.client.HTTPSConnection("vendor.example", 8443, timeout=5)
        for body in (b"one", b"two"):
            connection.request("PUT", "/x", body)
            answer = connection.getresponse()
            assert answer.read() == body
            assert answer.getheader("Content-Length") == "3"
        connection.close()
    assert world.urls == ["https://vendor.example:8443/x"] * 2


def test_http_client_reads_an_answer_in_pieces():
    with a_world(answering(b"0123456789")):
        connection = http.client.HTTPConnection("vendor.example")
        connection.request("GET", "/")
        answer = connection.getresponse()
        into = bytearray(3)
        assert (answer.read(2), answer.readinto(into), bytes(into), answer.read()) == (b"01", 3, b"234", b"56789")
        assert answer.isclosed()


def test_a_client_that_waits_for_the_go_ahead_gets_it():
    with a_world(echo) as world:
        connection = http.client.HTTPConnection("vendor.example")
        connection.putrequest("POST", "/upload")
        connection.putheader("Content-Length", "4")
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        with connection.sock.makefile("rb", 0) as file:
            assert (file.readline(), file.readline()) == (b"HTTP/1.1 100 Continue\r\n", b"\r\n")
        assert world.requests == []
        connection.send(b"body")
        assert connection.getresponse().read() == b"body"


def test_a_client_that_does_not_wait_for_the_go_ahead_is_answered_too():
    with a_world(echo):
        assert requests.post(URL, data=b"body", headers={"Expect": "100-continue"}).content == b"body"


def test_a_request_that_is_never_whole_times_out():
    with a_world(answering()) as world:
        connection = http.client.HTTPConnection("vendor.example")
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"too short")
        with pytest.raises(TimeoutError):
            connection.getresponse()
    assert world.requests == []


def test_a_connection_that_adds_tls_by_itself_reaches_the_vendor():
    class OwnConnection(http.client.HTTPConnection):
        default_port = 443

        def connect(self):
            super().connect()
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)

    with a_world(answering(b"1")) as world:
        connection = OwnConnection("vendor.example")
        connection.request("GET", "/a")
        assert connection.getresponse().read() == b"1"
        assert connection.sock.getpeercert() == {}
    assert world.urls == ["https://vendor.example/a"]


def test_a_tunnel_dug_by_hand_leads_to_the_vendor():
    with a_world(answering(b"1")) as world:
        connection = http.client.HTTPConnection("proxy.example", 3128)
        connection.set_tunnel("vendor.example", 8080)
        connection.request("GET", "/a")
        assert connection.getresponse().read() == b"1"
    assert world.urls == ["http://vendor.example:8080/a"]


def test_what_is_no_http_is_not_supported():
    with a_world(answering()) as world:
        connection = http.client.HTTPConnection("vendor.example")
        connection.connect()
        with pytest.raises(CallUnsupported):
            connection.sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    assert world.unsupported[0][0].startswith("sends http://vendor.example something other than HTTP/1.1")


# --- ssl -----------------------------------------------------------------------------------------------------


def test_certificates_are_loaded_when_somebody_looks_at_them():
    real = ssl.create_default_context().cert_store_stats()
    with a_world(answering()):
        context = ssl.create_default_context()
        assert context.cert_store_stats() == real
        kept = ssl.create_default_context()
    assert kept.cert_store_stats() == real


def test_a_large_bundle_is_put_off_and_a_missing_one_is_not():
    bundle = requests.certs.where()
    with a_world(answering()):
        context = ssl.create_default_context(cafile=bundle)
        with pytest.raises(FileNotFoundError):
            context.load_verify_locations(cafile=bundle + ".missing")
        with pytest.raises(TypeError):
            context.load_verify_locations()
    assert context.cert_store_stats()["x509_ca"] > 50


def test_what_is_put_off_keeps_no_context_alive():
    with a_world(answering()):
        held = [ssl.create_default_context(cafile=requests.certs.where()) for _ in range(3)]
        seen = [weakref.ref(each) for each in held]
        held.clear()
        gc.collect()
        assert [each() for each in seen] == [None] * 3


# --- httplib2 -----------------------------------------------------------------------------------------------


def test_httplib2_reaches_the_vendor():
    httplib2 = pytest.importorskip("httplib2")
    with a_world(echo) as world:
        client = httplib2.Http()
        head, body = client.request(URL, "POST", body=b'{"a": 1}', headers={"A": "b"})
        assert (head.status, json.loads(body)) == (200, {"a": 1})
        client.request("http://vendor.example/plain", "POST", body=b"x")
    assert world.urls == [URL, "http://vendor.example/plain"]
    assert ("a", "b") in {(name.lower(), value) for name, value in world.requests[0].headers}


def test_connections_of_httplib2_look_no_address_up():
    class HTTPConnectionWithTimeout(http.client.HTTPConnection):
        def connect(self):
            raise AssertionError("as httplib2 does, by its own sockets")

    class HTTPSConnectionWithTimeout(http.client.HTTPSConnection):
        connect = HTTPConnectionWithTimeout.connect

    module = ModuleType("httplib2")
    module.HTTPConnectionWithTimeout = HTTPConnectionWithTimeout
    module.HTTPSConnectionWithTimeout = HTTPSConnectionWithTimeout
    with a_world(answering(b"1")) as world:
        patch_for("httplib2")(module, world.network)
        for connection in (HTTPConnectionWithTimeout("vendor.example"), HTTPSConnectionWithTimeout("vendor.example")):
            connection.request("GET", "/a")
            assert connection.getresponse().read() == b"1"
    assert world.urls == ["http://vendor.example/a", "https://vendor.example/a"]


# --- httpx and aiohttp ---------------------------------------------------------------------------------------


def test_httpx_reaches_the_vendor():
    httpx = pytest.importorskip("httpx")
    with a_world(echo) as world, httpx.Client(follow_redirects=True) as client:
        answer = client.post(URL, params={"a": "b"}, json={"x": "ü"}, headers={"A": "b"})
        assert answer.json() == {"x": "ü"}
        assert (answer.status_code, answer.reason_phrase, answer.http_version) == (200, "OK", "HTTP/1.1")
        assert client.post(URL, content=iter([b"one", b"two"])).content == b"onetwo"
        with client.stream("POST", URL, content=b"x" * 9) as stream:
            assert b"".join(stream.iter_bytes(2)) == b"x" * 9
    assert world.urls == [f"{URL}?a=b", URL, URL]
    assert world.clock.passed == 0.6


def test_httpx_follows_redirects_keeps_cookies_and_decodes():
    httpx = pytest.importorskip("httpx")
    moved = Response(301, (("Location", "/b"), ("Set-Cookie", "a=1; Path=/")))
    packed = Response(200, (*JSON, ("Content-Encoding", "gzip")), gzip.compress(b"[1]"))
    with a_world(in_turn(moved, packed)) as world:
        with httpx.Client(follow_redirects=True, proxy="http://proxy.example:3128") as client:
            assert client.get(URL).json() == [1]
    assert world.urls[1] == "https://vendor.example/b"
    assert dict(world.requests[1].headers)["Cookie"] == "a=1"


def test_httpx_meets_time_outs_and_cut_off_answers():
    httpx = pytest.importorskip("httpx")
    with a_world(answering(b"abc", headers=(("Content-Length", "10"),))):
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(URL, timeout=0.1)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(URL)


def test_httpx_asks_from_many_tasks_at_once():
    httpx = pytest.importorskip("httpx")

    async def fetch():
        async with httpx.AsyncClient() as client:
            return await asyncio.gather(*(client.post(URL, content=b"%d" % n) for n in range(10)))

    with a_world(echo) as world:
        assert [answer.text for answer in asyncio.run(fetch())] == [str(n) for n in range(10)]
    assert world.clock.passed == 0.2


def test_an_unsupported_call_of_httpx_is_raised():
    httpx = pytest.importorskip("httpx")
    with a_world(None) as world, pytest.raises(CallUnsupported):
        httpx.get(URL)
    assert len(world.unsupported) == 1


def with_aiohttp(vendor, use):
    """What the coroutine function `use(session)` returns in a world with this vendor, and the world."""
    aiohttp = pytest.importorskip("aiohttp")

    async def run():
        async with aiohttp.ClientSession() as session:
            return await use(session)

    with a_world(vendor) as world:
        return asyncio.run(run()), world


def test_aiohttp_reaches_the_vendor():
    async def use(session):
        async with session.get(URL, params={"a": "b"}, headers={"A": "b"}) as answer:
            answer.raise_for_status()
            return answer.status, await answer.json(), await answer.text(), await answer.read(), dict(answer.headers)

    (status, parsed, text, raw, headers), world = with_aiohttp(answering(b"[1]"), use)
    assert (status, parsed, text, raw) == (200, [1], "[1]", b"[1]")
    assert headers["Date"] == "Mon, 01 Jan 2024 00:00:00 GMT"
    assert world.urls == [f"{URL}?a=b"]
    assert world.clock.passed == 0.2


def test_aiohttp_sends_bodies_of_every_kind():
    async def parts():
        yield b"one"
        yield b"two"

    async def use(session):
        sent = []
        for options in (
            {"json": {"a": 1}},
            {"data": b"x" * 200_000},
            {"data": parts()},
            {"data": b"e", "expect100": True},
        ):
            async with session.post(URL, **options) as answer:
                sent.append(await answer.read())
        return sent

    sent, _ = with_aiohttp(echo, use)
    assert json.loads(sent[0]) == {"a": 1}
    assert sent[1:] == [b"x" * 200_000, b"onetwo", b"e"]


def test_aiohttp_raises_follows_keeps_cookies_and_decodes():
    async def use(session):
        async with session.get(URL) as answer:
            first = await answer.json()
        async with session.get("http://vendor.example/d", proxy="http://proxy.example:3128") as answer:
            with pytest.raises(Exception, match="404"):
                answer.raise_for_status()
        return first

    moved = Response(302, (("Location", "https://vendor.example/c"), ("Set-Cookie", "a=1; Path=/")))
    packed = Response(200, (*JSON, ("Content-Encoding", "gzip")), gzip.compress(b"[1]"))
    first, world = with_aiohttp(in_turn(moved, packed, Response(404, JSON, b"{}")), use)
    assert first == [1]
    assert world.urls == [URL, "https://vendor.example/c", "http://vendor.example/d"]
    assert "a=1" in dict(world.requests[1].headers)["Cookie"]


def test_aiohttp_asks_from_many_tasks_at_once():
    async def use(session):
        async def post(number):
            async with session.post(URL, data=str(number).encode()) as answer:
                return await answer.text()

        return await asyncio.gather(*map(post, range(10)))

    texts, world = with_aiohttp(echo, use)
    assert texts == [str(n) for n in range(10)]
    assert world.clock.passed == 0.2


def test_an_unsupported_call_of_aiohttp_is_raised():
    async def use(session):
        try:
            await session.post(URL, data=b"x")
        except Exception as error:
            pytest.fail(f"swallowed {error!r}")

    with pytest.raises(CallUnsupported):
        with_aiohttp(None, use)


# --- clients that are not simulated --------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(COMPILED_CLIENTS))
def test_a_client_that_goes_past_python_is_refused_by_name_when_it_is_used(name):
    module = ModuleType(name)
    for use in COMPILED_CLIENTS[name]:
        setattr(module, use, SimpleNamespace)
    with a_world(answering()) as world:
        patch_for(name)(module, world.network)
        for use in COMPILED_CLIENTS[name]:
            with pytest.raises(CallUnsupported, match=f"{name}.{use}"):
                getattr(module, use)("host")
    assert len(world.unsupported) == len(COMPILED_CLIENTS[name])
    assert all(getattr(module, use) is SimpleNamespace for use in COMPILED_CLIENTS[name])
