"""A network with a clock of its own, for the tests of its parts."""

import threading
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest

from xsim.model import Response
from xsim.simulate.network import Network

STARTS = datetime(2024, 1, 1, 0, 0, 0, 120_000, tzinfo=timezone.utc)
LATENCY = timedelta(milliseconds=200)
JSON = (("Content-Type", "application/json"),)


class FakeClock:
    """Simulated time that only `sleep` moves; past `limit` it raises as the real one does."""

    def __init__(self):
        self.now = STARTS
        self.limit = None
        self._lock = threading.Lock()

    def sleep(self, seconds):
        with self._lock:
            self.now += timedelta(seconds=seconds)
        if self.limit is not None and self.now > self.limit:
            raise LimitPassedError

    @property
    def passed(self):
        """Seconds since the start."""
        return (self.now - STARTS).total_seconds()


class LimitPassedError(BaseException):
    """The command's time limit."""


class World:
    """What the network saw: `requests` that reached the vendor, `exchanges`, and `unsupported` calls."""

    def __init__(self, vendor):
        self.clock = FakeClock()
        self.requests, self.exchanges, self.unsupported = [], [], []
        self._vendor = vendor
        self.network = Network(
            self._ask if vendor is not None else None,
            self.clock,
            latency=LATENCY,
            on_exchange=self.exchanges.append,
            on_unsupported=lambda message, hint: self.unsupported.append((message, hint)),
            line_of_caller=lambda: 7,
        )

    def _ask(self, request, now):
        self.requests.append(request)
        return self._vendor(request, now)

    @property
    def urls(self):
        return [request.url for request in self.requests]


@contextmanager
def a_world(vendor):
    """A process closed off, whose HTTP the vendor answers."""
    world = World(vendor)
    world.network.open()
    try:
        yield world
    finally:
        world.network.close()


def answering(body=b"{}", status=200, headers=JSON):
    """A vendor with one answer to everything."""
    return lambda request, now: Response(status, headers, body)


def in_turn(*responses):
    """A vendor with one answer after the other."""
    left = list(responses)
    return lambda request, now: left.pop(0)


def echo(request, now):
    """A vendor that sends back what it got."""
    return Response(200, (("Content-Type", "application/octet-stream"),), request.body)


def as_a_script_does(call):
    """Calls it the way scripts do, which catch every Exception: what comes out has passed through that."""
    try:
        call()
    except Exception as error:
        pytest.fail(f"swallowed {error!r}")
