"""Every call is answered or refused, recorded either way, and nothing of the network stays behind."""

import contextlib
import hashlib
import http.client
import socket
import ssl
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import urllib3
from vendor_world import LATENCY, STARTS, LimitPassedError, World, a_world, answering, as_a_script_does, echo, in_turn

from xsim.errors import CallUnsupported
from xsim.model import Exchange, Response
from xsim.simulate.network import VendorFailed

URL = "https://vendor.example/api/v1/alerts"


def test_a_round_trip_is_recorded_as_it_was():
    with a_world(answering(b"[1]")) as world:
        requests.post(f"{URL}?limit=5", data="é".encode())
    digest = hashlib.blake2b(b"[1]", digest_size=16).hexdigest()
    assert world.exchanges == [Exchange(STARTS, "POST", f"{URL}?limit=5", "é", 200, 3, digest, 7, waited=LATENCY)]


def test_a_request_is_answered_as_of_the_time_it_is_sent():
    asked = []
    with a_world(lambda request, now: asked.append(now) or Response()) as world:
        requests.get(URL)
        requests.get(URL)
    assert asked == [STARTS, STARTS + LATENCY]
    assert world.clock.passed == 0.4


def test_an_answer_later_than_the_clients_timeout_is_a_timeout():
    with a_world(answering()) as world:
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.get(URL, timeout=0.05)
        assert world.clock.passed == 0.05
        assert requests.get(URL, timeout=5).status_code == 200


def test_the_time_limit_passes_through_whatever_a_script_catches():
    with a_world(answering()) as world:
        world.clock.limit = STARTS
        with pytest.raises(LimitPassedError):
            as_a_script_does(lambda: requests.get(URL))
    assert len(world.exchanges) == 1


@pytest.mark.parametrize("vendor", [None, lambda request, now: None], ids=["no vendor", "no endpoint"])
def test_a_call_that_nobody_answers_is_recorded_before_it_is_raised(vendor):
    with a_world(vendor) as world:
        with pytest.raises(CallUnsupported):
            as_a_script_does(lambda: requests.get(f"{URL}?token=abc"))
    [(message, hint)] = world.unsupported
    assert message == f"GET {URL}: no vendor answers this call"
    assert ("xsim init" if vendor is None else "add an endpoint for GET /api/v1/alerts") in hint
    assert [(each.url, each.status, each.line) for each in world.exchanges] == [(f"{URL}?token=abc", None, 7)]


class Reticent:
    """A vendor that answers nothing and says why."""

    def __call__(self, request, now):
        return None

    def refusal(self, request):
        return f"nobody is at {request.url}"


def test_a_vendor_may_say_why_it_leaves_a_call_unanswered():
    with a_world(answering()) as world:
        world.network.vendor = Reticent()
        with pytest.raises(CallUnsupported):
            requests.get(URL)
    [(message, hint)] = world.unsupported
    assert message == f"GET {URL}: no vendor answers this call: nobody is at {URL}"
    assert hint == "add an endpoint for GET /api/v1/alerts to the scenario, or let the vendor function answer it"


def test_an_unanswered_call_is_known_though_a_script_catches_everything():
    with a_world(None) as world:
        with contextlib.suppress(BaseException):  # as `except:` does, which careless scripts write
            urllib.request.urlopen(URL)
    assert len(world.unsupported) == 1


def vendor_with_a_bug(request, now):
    raise KeyError("alerts")


@pytest.mark.parametrize(
    ("vendor", "cause"),
    [
        (vendor_with_a_bug, KeyError),
        (lambda request, now: {"alerts": []}, TypeError),
        (lambda request, now: Response(body="text"), TypeError),
        (lambda request, now: Response(headers=(("X", "a\r\nb"),)), ValueError),
        (lambda request, now: Response(status=None), TypeError),
    ],
    ids=["raises", "no Response", "text for a body", "a broken header", "no status"],
)
def test_a_faulty_vendor_is_no_fault_of_the_script(vendor, cause):
    with a_world(vendor) as world:
        with pytest.raises(VendorFailed) as raised:
            as_a_script_does(lambda: requests.get(URL))
    assert isinstance(raised.value.__cause__, cause)
    assert f"GET {URL}: the vendor " in str(raised.value)
    assert world.network.failed is raised.value
    assert [each.status for each in world.exchanges] == [None]


def test_a_long_request_body_is_kept_in_part():
    with a_world(answering()) as world:
        requests.post(URL, data=("ü" * 5000).encode())
        requests.post(URL, data=b"\xff\xfe binary")
    assert world.exchanges[0].request_body == "ü" * 2000
    assert world.exchanges[1].request_body == "\ufffd\ufffd binary"
    assert len(world.requests[0].body) == 10_000


def test_the_vendor_may_be_exchanged_while_a_session_lives():
    with a_world(answering(b"1")) as world, requests.Session() as session:
        assert session.get(URL).json() == 1
        world.network.vendor = answering(b"2")
        assert session.get(URL).json() == 2


def test_threads_are_answered_one_at_a_time():
    inside, most = [], []

    def vendor(request, now):
        inside.append(request.url)
        most.append(len(inside))
        threading.Event().wait(0.001)
        inside.remove(request.url)
        return Response(200, (), request.url[-2:].encode())

    with a_world(vendor) as world, ThreadPoolExecutor(8) as pool:
        bodies = list(pool.map(lambda n: requests.get(f"{URL}/{n}").text, range(10, 40)))
    assert bodies == [str(n) for n in range(10, 40)]
    assert len(world.exchanges) == 30
    assert set(most) == {1}


def test_requests_sent_at_the_same_time_are_answered_at_the_same_time():
    with a_world(answering()) as world:
        first, second = http.client.HTTPConnection("a.example"), http.client.HTTPConnection("b.example")
        first.request("GET", "/")
        second.request("GET", "/")
        first.getresponse(), second.getresponse()
    assert world.clock.passed == 0.2


def test_an_unsupported_call_in_a_thread_is_known():
    with a_world(None) as world, ThreadPoolExecutor(1) as pool:
        with pytest.raises(CallUnsupported):
            pool.submit(requests.get, URL).result()
    assert len(world.unsupported) == 1


def test_a_vendor_that_asks_itself_fails_and_does_not_hang():
    with a_world(lambda request, now: requests.get(URL)) as world:
        with pytest.raises(VendorFailed):
            requests.get(URL)
    assert world.network.failed is not None


PATCHED = [
    (http.client.HTTPConnection, "connect"),
    (http.client.HTTPSConnection, "connect"),
    (http.client.HTTPResponse, "begin"),
    (urllib3.connection.HTTPConnection, "connect"),
    (urllib3.connection.HTTPSConnection, "connect"),
    (ssl.SSLContext, "load_default_certs"),
    (ssl.SSLContext, "load_verify_locations"),
    (ssl.SSLContext, "wrap_socket"),
    (ssl.SSLContext, "wrap_bio"),
    (ssl.SSLContext, "get_ca_certs"),
    (ssl.SSLContext, "cert_store_stats"),
    (socket.socket, "connect"),
    (socket.socket, "connect_ex"),
    (socket.socket, "sendto"),
    (sys, "meta_path"),
]


def test_closing_undoes_every_patch():
    def state():
        return [vars(owner).get(name, "inherited") for owner, name in PATCHED], list(sys.meta_path)

    before = state()
    with a_world(answering()) as world:
        world.network.open()
        changed = [old is not new for old, new in zip(before[0], state()[0], strict=True)]
        assert all(changed[:-1])
    world.network.close()
    assert state() == before


def test_a_session_that_outlives_the_run_starts_afresh():
    pool = urllib3.PoolManager()
    with a_world(answering(b"1")):
        assert pool.request("GET", URL).data == b"1"
    with a_world(answering(b"2")) as world:
        assert pool.request("GET", URL).data == b"2"
        assert len(world.requests) == 1
    raw = http.client.HTTPConnection("vendor.example")
    with a_world(answering()):
        raw.request("GET", "/")
        raw.getresponse().read()
    assert raw.sock is None


def test_a_module_loaded_in_the_middle_of_a_cycle_is_patched(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] in ("urllib3", "requests")]:
        monkeypatch.delitem(sys.modules, name)
    with a_world(answering(b"1")) as world:
        import requests as fresh

        assert fresh is not requests
        assert fresh.get(URL).json() == 1
    assert len(world.requests) == 1


def test_a_module_put_back_without_an_import_is_patched_before_the_next_cycle(monkeypatch):
    kept = sys.modules["urllib3.connection"]
    monkeypatch.delitem(sys.modules, "urllib3.connection")
    with a_world(answering(b"1")) as world:
        monkeypatch.setitem(sys.modules, "urllib3.connection", kept)
        world.network.attend()
        assert requests.get(URL).json() == 1


def test_it_works_while_the_clock_stands_still():
    from xsim.simulate.clock import Clock

    world = World(in_turn(Response(503, (("Retry-After", "7"),)), Response(200, (), b"1")))
    clock = world.network._clock = Clock(STARTS)
    clock.start()
    world.network.open()
    try:
        with requests.Session() as session:
            retry = urllib3.Retry(total=2, status_forcelist=[503])
            session.mount("https://", requests.adapters.HTTPAdapter(max_retries=retry))
            assert session.get(URL).json() == 1
    finally:
        world.network.close()
        clock.stop()
    assert (clock.now - STARTS).total_seconds() == 7.4


def test_select_sees_whether_there_is_something_to_read():
    with a_world(echo):
        connection = http.client.HTTPConnection("vendor.example")
        connection.connect()
        assert not urllib3.util.wait_for_read(connection.sock, 0)
        connection.request("POST", "/", b"x")
        assert urllib3.util.wait_for_read(connection.sock, 0)
        connection.getresponse().read()
        assert not urllib3.util.wait_for_read(connection.sock, 0)
        assert urllib3.util.wait_for_write(connection.sock, 0)


def test_nothing_is_left_open():
    def pairs():
        return [each for pair in world.network._pairs for each in pair]

    with a_world(answering()) as world, urllib3.PoolManager() as pool:
        pool.request("GET", URL)
        pool.request("GET", URL)
        ends = pairs()
        assert ends
    assert all(isinstance(end, socket.socket) and end.fileno() == -1 for end in ends)


@pytest.mark.parametrize("port", ["none", "9" * 5_000])
def test_a_tunnel_to_no_port_is_refused(port):
    def fetch():
        connection = http.client.HTTPConnection("proxy.example")
        connection.request("CONNECT", f"vendor.example:{port}")

    with a_world(echo) as world, pytest.raises(CallUnsupported):
        as_a_script_does(fetch)
    [(message, _)] = world.unsupported
    assert "a tunnel to no port" in message
