"""The short way for requests is the long way, only shorter."""

import gzip
import logging

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from vendor_world import JSON, a_world, answering, in_turn

from xsim.model import Response

URL = "https://vendor.example/api/v1/alerts"


@pytest.fixture
def ways():
    """Runs a function of a world both ways: what it returned, what the vendor got and how long it took."""

    def both(use, vendor):
        results = []
        for level in (logging.WARNING, logging.DEBUG):
            # Who listens to urllib3's log gets the long way.
            logging.getLogger("urllib3.connectionpool").setLevel(level)
            with a_world(vendor()) as world:
                results.append((use(), world.requests, world.exchanges, world.clock.passed))
        return results

    yield both
    logging.getLogger("urllib3.connectionpool").setLevel(logging.NOTSET)


@pytest.fixture
def long_ways(monkeypatch):
    """The connections that urllib3 makes."""
    made = []
    real = urllib3.connection.HTTPConnection.__init__

    def noting(connection, *args, **kwargs):
        made.append(connection)
        real(connection, *args, **kwargs)

    monkeypatch.setattr(urllib3.connection.HTTPConnection, "__init__", noting)
    return made


def look(answer):
    """All of an answer that a script can see."""
    raw = answer.raw
    return {
        "status": (answer.status_code, answer.reason, answer.ok, answer.url, answer.encoding),
        "headers": list(answer.headers.items()),
        "body": answer.content,
        "cookies": answer.cookies.get_dict(),
        "history": [each.url for each in answer.history],
        "raw": (raw.status, raw.reason, raw.version, list(raw.headers.items()), raw.closed),
        "message": raw._original_response.msg.items(),
        "request": (answer.request.method, answer.request.url, dict(answer.request.headers)),
    }


@pytest.mark.parametrize(
    "call",
    [
        lambda: requests.get(URL),
        lambda: requests.get(URL, params={"filter[a]": "x y", "since": "2024-01-01T00:00:00Z", "ü": "%2f"}),
        lambda: requests.get(URL, params="filter[a]=1|2"),
        lambda: requests.get(URL + "/%2f/a b/../c;d#part"),
        lambda: requests.get("https://vendor.example"),
        lambda: requests.get("https://vendor.example?x=1"),
        lambda: requests.get("http://vendor.example:8443//twice"),
        lambda: requests.get("https://VENDOR.example:443/a"),
        lambda: requests.get("http://vendor.example:4430/a"),
        lambda: requests.get("https://[::1]/a"),
        lambda: requests.get("https://user:word@vendor.example/a"),
        lambda: requests.get(URL, auth=("user", "word"), timeout=(3, 10)),
        lambda: requests.get(URL, headers={"User-Agent": None, "Accept-Encoding": None}),
        lambda: requests.get(URL, headers={"Host": "other.example", "X": "padded "}),
        lambda: requests.get(URL, headers={"X": "Zoë", "Y": b"bytes"}),
        lambda: requests.get(URL, headers={"Connection": "close"}),
        lambda: requests.get(URL, headers={"Content-Length": "0"}),
        lambda: requests.head(URL),
        lambda: requests.options(URL, verify=False),
        lambda: requests.post(URL),
        lambda: requests.post(URL, json={"a": "ü"}),
        lambda: requests.post(URL, data={"a": "ü b"}),
        lambda: requests.post(URL, data="ü"),
        lambda: requests.post(URL, data=iter([b"a", b"b"])),
        lambda: requests.put(URL, data=b"\x00" * 100_000, headers={"Expect": "100-continue"}),
        lambda: requests.delete(URL, json=[]),
        lambda: requests.get(URL, stream=True),
        lambda: requests.get(URL, proxies={"https": "http://proxy.example"}),
        lambda: requests.Session().get(URL, cookies={"a": "1"}, allow_redirects=False),
    ],
)
def test_the_vendor_and_the_script_see_the_same(ways, call):
    short, long = ways(lambda: look(call()), lambda: answering(b'{"a": 1}'))
    assert short == long


@pytest.mark.parametrize(
    "response",
    [
        Response(204, (), b"dropped"),
        Response(304, (("ETag", "x"),)),
        Response(404, JSON, b"{}"),
        Response(599, (), b"odd"),
        Response(200, (("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/"), ("X", "Zoë"), ("Y", "日本"))),
        Response(200, (("Content-Encoding", "gzip"),), gzip.compress(b"packed")),
        Response(200, (("Transfer-Encoding", "chunked"),), b"chunked"),
        Response(200, (("Content-Length", "2"),), b"longer"),
        Response(200, (("Content-Type", "text/plain"), ("Date", "never"), ("Connection", "close")), b"text"),
        Response(503, (("Retry-After", "5"),)),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_answers_of_every_kind_look_the_same(ways, response, method):
    short, long = ways(lambda: look(requests.request(method, URL)), lambda: lambda request, now: response)
    assert short == long


def test_redirects_look_the_same(ways):
    def vendor():
        return in_turn(Response(302, (("Location", "/b"), ("Set-Cookie", "a=1; Path=/"))), Response(200, JSON, b"[1]"))

    short, long = ways(lambda: look(requests.get(URL)), vendor)
    assert short == long
    assert short[0]["history"] == [URL]


@pytest.mark.parametrize(
    ("call", "raised"),
    [
        (lambda: requests.get(URL, timeout=0.1), requests.exceptions.ReadTimeout),
        (lambda: requests.get(URL, timeout=(0.1, 9)), None),
        (lambda: requests.get(URL, timeout="soon"), ValueError),
        (lambda: requests.get(URL, verify="/no/such/bundle.pem"), OSError),
        (lambda: requests.get(URL, headers={"X": "日本"}), UnicodeEncodeError),
    ],
)
def test_what_fails_fails_the_same_way(ways, call, raised):
    def outcome():
        try:
            return call().status_code
        except Exception as error:
            return type(error), str(error).partition(" at 0x")[0]

    short, long = ways(outcome, answering)
    assert short == long
    assert short[0] == 200 if raised is None else issubclass(short[0][0], raised)


def test_plain_calls_take_the_short_way(long_ways):
    with a_world(answering()) as world:
        requests.get(URL, params={"since": "2024-01-01T00:00:00Z"}, headers={"Authorization": "Bearer x"}, timeout=10)
        requests.post("http://vendor.example:8080/a", json={"a": 1}, verify=False)
        requests.post(URL, data={"a": "1"}, verify=requests.certs.where())
    assert len(world.requests) == 3
    assert long_ways == []


class OwnSteps(HTTPAdapter):
    def add_headers(self, request, **kwargs):
        request.headers["X-Added"] = "1"


class OwnContext(HTTPAdapter):
    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs, ssl_version=None)


class OwnRetry(urllib3.Retry):
    pass


@pytest.mark.parametrize(
    ("adapter", "is_long"),
    [
        (HTTPAdapter(), False),
        (OwnContext(), False),
        (HTTPAdapter(max_retries=urllib3.Retry(0)), False),
        (OwnSteps(), True),
        (HTTPAdapter(max_retries=1), True),
        (HTTPAdapter(max_retries=urllib3.Retry(total=None, status=1)), True),
        (HTTPAdapter(max_retries=urllib3.Retry(0, status_forcelist=[500])), True),
        (HTTPAdapter(max_retries=OwnRetry(0)), True),
    ],
    ids=["plain", "TLS of its own", "no retries", "own headers", "retries", "retries by kind", "statuses", "own retry"],
)
def test_an_adapter_with_a_will_of_its_own_goes_the_long_way(long_ways, adapter, is_long):
    with a_world(answering()) as world, requests.Session() as session:
        session.mount("https://", adapter)
        session.get(URL)
    assert bool(long_ways) == is_long
    assert (("X-Added", "1") in world.requests[0].headers) == isinstance(adapter, OwnSteps)
