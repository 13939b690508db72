"""What a script sees of simulated time: it agrees with itself, passes when the script waits, and leaves no trace.

A test that would hang is stopped by a real alarm after some seconds.
"""

import asyncio
import concurrent.futures
import contextlib
import copy
import email.utils
import functools
import http.server
import json
import logging
import multiprocessing.pool
import os
import pickle
import queue
import sched
import selectors
import signal
import socket
import socketserver
import sqlite3
import subprocess
import sys
import threading
import time
import types
import uuid
from datetime import date, datetime, timedelta, timezone
from time import sleep as sleep_bound_early
from time import time as time_bound_early

import dateparser
import freezegun
import pytest
import requests
import urllib3
import yaml

from xsim.simulate.clock import Clock, TimeLimitReached

STARTS = datetime(2024, 1, 1, 12, 0, 0, 123457, tzinfo=timezone.utc)
SECONDS = 1704110400.123457
# A list, as the clock rebinds names in modules.
REAL = [time.monotonic, datetime, date]


def with_default(read=time.time):
    return read()


def with_named_default(*, read=time.time):
    return read()


@pytest.fixture(autouse=True)
def _no_hang():
    def give_up(*_):
        raise AssertionError("hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 5)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def clock():
    clock = Clock(STARTS)
    clock.start()
    yield clock
    clock.stop()


@pytest.fixture
def quick(clock):
    """The test takes no real time to speak of."""
    begun = clock.real_monotonic()
    yield
    assert clock.real_monotonic() - begun < 0.5


def names_of(text, **names):
    """The namespace of a script: exec'ed, and in no module."""
    exec(text, names)
    return names


@contextlib.contextmanager
def a_silent_server():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        yield listener.getsockname()[1]


@contextlib.contextmanager
def a_web_server(delay=0.0):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            threading.Event().wait(delay)
            self.send_response(200)
            self.send_header("Content-Length", "1")
            self.end_headers()
            self.wfile.write(b"x")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        yield server.server_port
        server.shutdown()
        serving.join()


def test_every_clock_tells_the_simulated_time(clock):
    assert time.time() == time.monotonic() == time.perf_counter() == SECONDS
    assert time.time_ns() == time.monotonic_ns() == time.perf_counter_ns() == 1704110400123457000
    assert datetime.now(timezone.utc) == STARTS == clock.now
    for read in (datetime.now, datetime.utcnow, datetime.today):
        clock.move_to(STARTS - timedelta(seconds=1))
        clock.move_to(STARTS)
        assert read() == STARTS.replace(tzinfo=None)
    assert time.time() == SECONDS
    assert date.today() == REAL[2](2024, 1, 1)
    assert time.gmtime() == time.localtime() == time.gmtime(SECONDS)
    assert (time.localtime().tm_zone, time.localtime().tm_isdst) == ("UTC", 0)
    assert time.ctime() == time.asctime() == "Mon Jan  1 12:00:00 2024"
    assert time.strftime("%Y-%m-%dT%H:%M:%S %Z") == "2024-01-01T12:00:00 UTC"
    assert time.mktime(time.localtime()) == int(SECONDS)


def test_clocks_read_by_number_agree_and_processor_time_goes_on(clock):
    assert time.clock_gettime(time.CLOCK_REALTIME) == time.clock_gettime(time.CLOCK_MONOTONIC) == SECONDS
    assert time.clock_gettime_ns(time.CLOCK_REALTIME) == time.time_ns()
    assert time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) < 1e6


def test_a_moment_given_is_converted_not_replaced(clock):
    assert time.gmtime(0).tm_year == time.localtime(0).tm_year == 1970
    assert time.ctime(0) == time.asctime(time.gmtime(0)) == "Thu Jan  1 00:00:00 1970"
    assert time.strftime("%Y", time.gmtime(0)) == "1970"


def test_the_clock_goes_forwards_and_back(clock):
    clock.move_to(STARTS + timedelta(days=400))
    assert (datetime.now(timezone.utc) - STARTS).days == 400
    clock.move_to(STARTS - timedelta(days=1))
    assert time.time() == SECONDS - 86400


def test_no_two_reads_of_the_time_are_the_same_and_none_is_earlier(clock):
    reads = [datetime.now(), datetime.utcnow(), datetime.now()]
    assert reads == [STARTS.replace(tzinfo=None) + number * timedelta(microseconds=1) for number in range(3)]
    assert clock.now == STARTS
    assert datetime.fromtimestamp(time.time(), timezone.utc) == STARTS + timedelta(microseconds=2)
    time.sleep(1e-6)
    assert datetime.now() > reads[-1]
    clock.begin_command(STARTS, STARTS + timedelta(minutes=5))
    assert datetime.now(timezone.utc) == STARTS


def test_a_moment_in_another_zone_is_the_same_moment(clock):
    clock.move_to(datetime(2024, 1, 1, 21, tzinfo=timezone(timedelta(hours=9))))
    assert clock.now.isoformat() == "2024-01-01T12:00:00+00:00"
    assert datetime.now().hour == 12


def test_a_clock_refuses_a_start_without_a_zone():
    with pytest.raises(ValueError, match="zone"):
        Clock(datetime(2024, 1, 1))


def test_now_is_a_plain_datetime_in_utc(clock):
    assert type(clock.now) is REAL[1]
    assert clock.now.tzinfo is timezone.utc


@pytest.mark.parametrize("name", ["builtins", "github_client", "gitlab", "queue_helper", "threading_tools", "selenium"])
def test_a_module_of_any_name_sees_simulated_time(clock, name):
    script = names_of("import time, datetime\nt, n = time.time(), datetime.datetime.now()", __name__=name)
    assert (script["t"], script["n"].timestamp()) == (SECONDS, SECONDS)


def test_threads_and_pools_see_simulated_time(clock):
    seen = []
    thread = threading.Thread(target=lambda: seen.append((time.time(), datetime.now().timestamp())))
    thread.start()
    thread.join()
    threading.Thread(target=time.sleep, args=(0,)).start()
    with concurrent.futures.ThreadPoolExecutor(1) as pool, multiprocessing.pool.ThreadPool(1) as other:
        seen += [pool.submit(lambda: (time.time(), time.monotonic())).result(), (other.apply(time.time), SECONDS)]
    assert seen == [(SECONDS, SECONDS)] * 3


def test_libraries_stamp_with_simulated_time(clock):
    assert email.utils.formatdate(usegmt=True) == "Mon, 01 Jan 2024 12:00:00 GMT"
    assert logging.LogRecord("a", 1, "", 1, "", (), None).created == pytest.approx(SECONDS)
    assert (uuid.uuid1().time - 0x01B21DD213814000) / 1e7 == pytest.approx(SECONDS)
    assert uuid.uuid1() != uuid.uuid1()


def test_names_bound_before_the_start_are_simulated(clock):
    assert time_bound_early() == with_default() == with_named_default() == SECONDS
    sleep_bound_early(3)
    assert clock.now == STARTS + timedelta(seconds=3)


@pytest.mark.slow
def test_names_bound_before_the_start_outside_any_module_are_simulated():
    # In a process of its own: it is searched whole once, at its first start.
    text = """
import time
from datetime import datetime, timezone
from xsim.simulate.clock import Clock
script = {"__name__": "not_registered", "real": (time.time, datetime)}
exec("from datetime import datetime, date\\nfrom time import time, sleep", script)
clock = Clock(datetime(2024, 1, 1, 12, tzinfo=timezone.utc))
clock.start()
print(script["time"](), script["datetime"].now().timestamp(), script["date"].today().year)
clock.stop()
print((script["time"], script["datetime"]) == script["real"])
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout == "1704110400.0 1704110400.0 2024\nTrue\n"


def test_names_bound_in_a_script_are_simulated(clock):
    script = names_of("from datetime import datetime\nfrom time import time\na, b = datetime.now().timestamp(), time()")
    assert (script["a"], script["b"]) == (SECONDS, SECONDS)


def test_a_module_first_imported_while_frozen_is_put_right_and_simulated_again(monkeypatch):
    module = types.ModuleType("a_library")
    clock = Clock(STARTS)
    clock.start()
    monkeypatch.setitem(sys.modules, "a_library", module)
    exec("from datetime import datetime\nfrom time import time, sleep\nkept = [time, datetime]", module.__dict__)
    exec("def f(t=time): return t()", module.__dict__)
    clock.stop()
    assert (module.datetime, module.time, module.sleep) == (datetime, time.time, time.sleep)
    assert module.datetime is REAL[1]
    assert abs(module.f() - time.time()) < 5
    # What no scan finds is real in its answers at least.
    assert abs(module.kept[0]() - time.time()) < 5
    assert abs(module.kept[1].now() - datetime.now()) < timedelta(seconds=5)
    clock.start()
    try:
        assert module.time() == module.f() == module.kept[0]() == module.datetime.now().timestamp() == SECONDS
    finally:
        clock.stop()


@pytest.mark.usefixtures("quick")
def test_a_sleep_moves_the_clock_and_takes_no_real_time(clock):
    time.sleep(0.3)
    time.sleep(3600)
    assert time.time() == SECONDS + 3600.3
    assert clock.now == STARTS + timedelta(seconds=3600.3)


def test_sleep_refuses_what_the_real_one_refuses(clock):
    with pytest.raises(ValueError, match=r"^sleep length must be non-negative$"):
        time.sleep(-1)
    with pytest.raises(TypeError, match=r"^'str' object cannot be interpreted as an integer$"):
        time.sleep("1")
    with pytest.raises(ValueError, match="NaN"):
        time.sleep(float("nan"))
    with pytest.raises(OverflowError):
        time.sleep(float("inf"))
    time.sleep(0)
    time.sleep(True)
    assert clock.now == STARTS + timedelta(seconds=1)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "read", ["time.time()", "time.monotonic()", "time.perf_counter()", "datetime.utcnow().timestamp()"]
)
def test_a_loop_to_a_deadline_ends(clock, read):
    names_of(
        f"end = {read} + 1\nwhile {read} < end: time.sleep(.05)", time=time, datetime=datetime, __name__="builtins"
    )
    assert timedelta(seconds=1) <= clock.now - STARTS <= timedelta(seconds=1.051)


@pytest.mark.usefixtures("quick")
def test_sleeps_shorter_than_a_microsecond_still_pass_time(clock):
    end = time.time() + 0.001
    while time.time() < end:
        time.sleep(1e-9)


def _sleep_together(barrier):
    barrier.wait()
    time.sleep(10)


@pytest.mark.usefixtures("quick")
def test_sleeps_of_threads_that_overlap_take_the_time_of_one(clock):
    """A busy machine may wake a thread so late that its sleep no longer overlaps; ten times in a row it does not."""
    taken = []
    for _ in range(10):
        before = clock.now
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(_sleep_together, [threading.Barrier(4)] * 4))
        taken.append(clock.now - before)
        if taken[-1] == timedelta(seconds=10):
            return
    pytest.fail(f"four sleeps of 10 s at once took {taken}")


@pytest.mark.usefixtures("quick")
def test_a_scheduler_of_the_standard_library_runs_in_simulated_time(clock):
    for scheduler in (sched.scheduler(), sched.scheduler(time.time, time.sleep)):
        scheduler.enter(30, 1, lambda: None)
        scheduler.run()
    assert clock.now == STARTS + timedelta(seconds=60)


def test_a_sleep_past_the_deadline_ends_at_it(clock):
    clock.deadline = STARTS + timedelta(seconds=10)
    time.sleep(10)
    with pytest.raises(TimeLimitReached):
        time.sleep(0.001)
    assert clock.now == clock.deadline


def test_a_script_that_catches_every_exception_does_not_catch_the_deadline(clock):
    clock.deadline = STARTS + timedelta(seconds=10)
    with pytest.raises(TimeLimitReached):
        names_of("while True:\n  try: time.sleep(3)\n  except Exception: pass", time=time)
    assert clock.now == clock.deadline


def test_an_advance_honours_the_deadline_and_a_move_does_not(clock):
    clock.deadline = STARTS + timedelta(seconds=10)
    clock.advance(timedelta(seconds=4))
    assert clock.now == STARTS + timedelta(seconds=4)
    with pytest.raises(TimeLimitReached):
        clock.advance(timedelta(seconds=7))
    clock.move_to(STARTS + timedelta(seconds=60))
    assert clock.now == STARTS + timedelta(seconds=60)
    with pytest.raises(TimeLimitReached):
        time.sleep(1)
    assert clock.now == STARTS + timedelta(seconds=60)


def test_the_deadline_reaches_the_caller_of_a_pool(clock):
    clock.deadline = STARTS + timedelta(seconds=10)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, pytest.raises(TimeLimitReached):
        pool.submit(time.sleep, 11).result()


@pytest.mark.usefixtures("quick")
def test_an_asyncio_sleep_past_the_deadline_ends_at_it(clock):
    clock.deadline = STARTS + timedelta(seconds=10)
    with pytest.raises(TimeLimitReached):
        asyncio.run(asyncio.sleep(11))
    assert clock.now == clock.deadline


@pytest.mark.usefixtures("quick")
def test_waiting_for_what_never_comes_ends_at_the_deadline(clock):
    clock.deadline = STARTS + timedelta(seconds=10)

    async def wait_for_ever():
        await asyncio.Event().wait()

    with pytest.raises(TimeLimitReached):
        asyncio.run(wait_for_ever())
    assert clock.now == clock.deadline


def test_waits_on_threads_are_real_and_end(clock):
    begun = clock.real_monotonic()
    assert not threading.Event().wait(0.05)
    busy = threading.Thread(target=threading.Event().wait, args=(0.1,))
    busy.start()
    busy.join(0.02)
    assert busy.is_alive()
    condition = threading.Condition()
    with condition:
        assert not condition.wait_for(lambda: False, 0.05)
    with pytest.raises(queue.Empty):
        queue.Queue().get(timeout=0.05)
    busy.join()
    assert clock.real_monotonic() - begun > 0.15
    assert clock.now == STARTS


def test_time_outs_of_futures_are_raised(clock):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = pool.submit(threading.Event().wait, 0.3)
        with pytest.raises(concurrent.futures.TimeoutError):
            future.result(0.02)
        assert concurrent.futures.wait([future], 0.02).not_done == {future}
        with pytest.raises(concurrent.futures.TimeoutError):
            list(concurrent.futures.as_completed([future], 0.02))


def test_time_outs_of_processes_are_raised(clock):
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(["sleep", "2"], timeout=0.05)
    with subprocess.Popen(["sleep", "2"], stdout=-1, stderr=-1) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=0.05)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
        process.kill()
    assert clock.now == STARTS


def test_waits_on_sockets_are_real_and_end(clock):
    with a_silent_server() as port, selectors.DefaultSelector() as selector, socket.socket() as idle:
        selector.register(idle, selectors.EVENT_READ)
        selector.select(0.05)
        with pytest.raises(requests.exceptions.Timeout):
            requests.get(f"http://127.0.0.1:{port}", timeout=0.05)
        socketserver.TCPServer.timeout = None
        with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
            server.timeout = 0.05
            server.handle_request()


def test_a_local_server_answers_with_simulated_dates(clock):
    with a_web_server() as port:
        answer = requests.get(f"http://127.0.0.1:{port}", timeout=2)
    assert answer.headers["Date"] == "Mon, 01 Jan 2024 12:00:00 GMT"


@pytest.mark.usefixtures("quick")
def test_back_off_of_urllib3_moves_the_clock_and_takes_no_real_time(clock):
    with a_silent_server() as port:
        pass
    session = requests.Session()
    retries = urllib3.util.Retry(3, backoff_factor=0.2)
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
    with pytest.raises(requests.exceptions.ConnectionError):
        session.get(f"http://127.0.0.1:{port}")
    # urllib3 2 waits 0, 0.4 and 0.8 s.
    assert clock.now == STARTS + timedelta(seconds=1.2)


@pytest.mark.usefixtures("quick")
def test_an_asyncio_sleep_moves_the_clock_and_takes_no_real_time(clock):
    asyncio.run(asyncio.sleep(30))
    assert clock.now == STARTS + timedelta(seconds=30)


@pytest.mark.usefixtures("quick")
def test_asyncio_sleeps_that_overlap_take_the_time_of_the_longest(clock):
    woken = []

    async def nap(seconds):
        await asyncio.sleep(seconds)
        woken.append((seconds, time.time() - SECONDS))

    async def both():
        await asyncio.gather(nap(10), nap(10), nap(2.5))

    asyncio.run(both())
    assert woken == [(2.5, 2.5), (10, 10), (10, 10)]
    assert clock.now == STARTS + timedelta(seconds=10)


@pytest.mark.usefixtures("quick")
def test_a_thousand_asyncio_sleeps_add_up_exactly(clock):
    async def back_off():
        for _ in range(1000):
            await asyncio.sleep(0.1)

    asyncio.run(back_off())
    assert clock.now == STARTS + timedelta(seconds=100)


@pytest.mark.usefixtures("quick")
def test_an_asyncio_time_out_passes_in_simulated_time(clock):
    async def wait():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 5)

    asyncio.run(wait())
    assert clock.now == STARTS + timedelta(seconds=5)


def test_work_in_a_thread_is_done_before_an_asyncio_time_out(clock):
    async def work():
        loop = asyncio.get_running_loop()
        first = await asyncio.wait_for(asyncio.to_thread(threading.Event().wait, 0.1), 30)
        second = await asyncio.wait_for(loop.run_in_executor(None, threading.Event().wait, 0.1), 30)
        return first, second

    assert asyncio.run(work()) == (False, False)
    assert clock.now == STARTS


def test_a_sleep_in_a_thread_of_asyncio_moves_the_clock(clock):
    async def work():
        await asyncio.gather(asyncio.to_thread(time.sleep, 10), asyncio.to_thread(time.sleep, 10))

    asyncio.run(work())
    # Two threads that sleep at once cost the longer sleep; on a busy machine the one may end before the other begins.
    assert clock.now in (STARTS + timedelta(seconds=10), STARTS + timedelta(seconds=20))


def test_a_thread_that_outlasts_an_asyncio_time_out_does_not_hold_it(clock):
    release = threading.Event()

    async def work():
        try:
            await asyncio.wait_for(asyncio.to_thread(release.wait, 3), 0.2)
        except asyncio.TimeoutError:
            return "timed out"
        finally:
            release.set()

    assert asyncio.run(work()) == "timed out"
    assert clock.now == STARTS + timedelta(seconds=0.2)


def test_an_answer_from_a_socket_comes_before_an_asyncio_time_out(clock):
    async def fetch(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 300)
        writer.close()
        return answer

    with a_web_server(delay=0.01) as port:
        assert asyncio.run(fetch(port)).startswith(b"HTTP/1.0 200")
    assert clock.now == STARTS


def test_patience_lets_a_slow_answer_come_first(clock):
    clock.patience = 2

    async def fetch(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 300)
        writer.close()
        return answer

    with a_web_server(delay=0.2) as port:
        assert asyncio.run(fetch(port)).startswith(b"HTTP/1.0 200")


def test_a_silent_socket_runs_into_an_asyncio_time_out(clock):
    async def fetch(port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(reader.read(), 300)
        finally:
            writer.close()

    with a_silent_server() as port:
        asyncio.run(fetch(port))
    assert clock.now == STARTS + timedelta(seconds=300)


@pytest.mark.usefixtures("quick")
def test_anyio_sleeps_in_simulated_time(clock):
    anyio = pytest.importorskip("anyio")

    async def nap():
        with anyio.move_on_after(60) as scope:
            await anyio.sleep(90)
        return scope.cancel_called

    assert anyio.run(nap)
    assert clock.now == STARTS + timedelta(seconds=60)


def test_every_way_to_a_datetime_gives_a_plain_one(clock):
    now = datetime.now()
    ways = [
        now,
        datetime.now(timezone.utc),
        datetime.utcnow(),
        datetime.today(),
        datetime(2024, 1, 1, tzinfo=timezone.utc),
        datetime.fromtimestamp(0),
        datetime.fromtimestamp(0, timezone.utc),
        datetime.utcfromtimestamp(0),
        datetime.fromisoformat("2024-01-01T00:00:00+00:00"),
        datetime.strptime("2024", "%Y"),
        datetime.combine(date.today(), now.time()),
        datetime.fromordinal(1),
        datetime.fromisocalendar(2024, 1, 1),
        datetime.min,
        datetime.max,
        now + timedelta(1),
        now.replace(year=2020),
        now.astimezone(timezone.utc),
        copy.deepcopy(now),
        copy.copy(now),
        yaml.safe_load("2024-01-01 12:00:00"),
    ]
    assert {type(way) for way in ways} == {REAL[1]}
    assert datetime.fromtimestamp(0) == REAL[1](1970, 1, 1)
    assert copy.deepcopy(now) == now


def test_every_way_to_a_date_gives_a_plain_one(clock):
    ways = [
        date.today(),
        date(2024, 1, 1),
        date.fromtimestamp(0),
        date.fromisoformat("2024-01-01"),
        datetime.now().date(),
        date.min,
        date.max,
        date.today() + timedelta(1),
        copy.deepcopy(date.today()),
    ]
    assert {type(way) for way in ways} == {REAL[2]}


def test_types_compare_as_on_a_real_server(clock):
    now, made_before = datetime.now(), REAL[1](2024, 1, 1)
    assert isinstance(now, datetime)
    assert isinstance(made_before, datetime)
    assert isinstance(now, REAL[1])
    assert isinstance(now, date)
    assert not isinstance(date.today(), datetime)
    assert issubclass(datetime, date)
    assert not issubclass(date, datetime)
    assert type(now) == datetime  # noqa: E721 - scripts write it
    assert type(now) != date  # noqa: E721
    assert {datetime: "datetime", date: "date"}[type(now)] == "datetime"
    assert now.__class__.__name__ == datetime.__name__ == "datetime"
    assert (repr(datetime), repr(date)) == ("<class 'datetime.datetime'>", "<class 'datetime.date'>")
    assert repr(now) == "datetime.datetime(2024, 1, 1, 12, 0, 0, 123457)"


def test_a_function_chosen_by_type_is_found(clock):
    @functools.singledispatch
    def kind(value):
        return "other"

    @kind.register
    def _(value: datetime):
        return "datetime"

    assert (kind(datetime.now()), kind(date.today())) == ("datetime", "other")


def test_a_subclass_by_the_script_gives_instances_of_itself(clock):
    class Stamp(datetime):
        def text(self):
            return self.strftime("%Y")

    now = Stamp.now()
    ways = [
        now,
        Stamp.utcnow(),
        Stamp.today(),
        Stamp.now(timezone.utc),
        Stamp(2024, 1, 1),
        Stamp.fromisoformat("2024-01-01"),
        Stamp.strptime("2024", "%Y"),
        Stamp.fromtimestamp(0),
        now + timedelta(1),
        now.replace(year=2020),
    ]
    assert {type(way) for way in ways} == {Stamp}
    assert now.text() == "2024"
    assert now < datetime.now() < now + timedelta(milliseconds=1)
    assert isinstance(now, datetime)
    assert not isinstance(datetime.now(), Stamp)
    assert issubclass(Stamp, datetime)
    assert type(Stamp.today().date()) is REAL[2]


def test_messages_name_no_stand_in(clock):
    with pytest.raises(TypeError, match=r"^Object of type datetime is not JSON serializable$"):
        json.dumps(datetime.now())
    with pytest.raises(TypeError, match=r"^unsupported operand type\(s\) for -: 'datetime.datetime' and 'int'$"):
        datetime.now() - 5
    with pytest.raises(TypeError, match=r"^can't subtract offset-naive and offset-aware datetimes$"):
        datetime.now() - datetime.now(timezone.utc)
    with pytest.raises(TypeError, match=r"^tzinfo argument must be None or of a tzinfo subclass, not type 'str'$"):
        datetime.now("UTC")
    with pytest.raises(ValueError, match=r"^Invalid isoformat string: 'x'$"):
        datetime.fromisoformat("x")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_is_pickled_can_be_read_where_time_is_real(clock, protocol):
    values = [datetime.now(), datetime.now(timezone.utc), date.today(), datetime]
    written = pickle.dumps(values, protocol)
    assert b"xsim" not in written
    assert b"freezegun" not in written
    assert pickle.loads(written) == values
    read = "import pickle, sys; print([type(v).__module__ for v in pickle.loads(sys.stdin.buffer.read())])"
    if protocol == pickle.HIGHEST_PROTOCOL:
        answer = subprocess.run(
            [sys.executable, "-I", "-S", "-c", read], input=written, capture_output=True, check=True
        )
        assert answer.stdout.split() == [b"['datetime',", b"'datetime',", b"'datetime',", b"'builtins']"]


def test_yaml_and_sqlite_write_what_they_write_on_a_server(clock):
    assert yaml.safe_dump({"a": datetime.now(), "b": date.today()}) == "a: 2024-01-01 12:00:00.123457\nb: 2024-01-01\n"
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        assert database.execute("select ?", (datetime.now(),)).fetchone()[0].startswith("2024-01-01 12:00:00.1234")


def test_orjson_writes_simulated_times(clock):
    orjson = pytest.importorskip("orjson")
    assert orjson.dumps([datetime.now(), date.today()]) == b'["2024-01-01T12:00:00.123457","2024-01-01"]'


def test_msgspec_writes_simulated_times(clock):
    msgspec = pytest.importorskip("msgspec")
    assert msgspec.json.encode(datetime.now(timezone.utc)) == b'"2024-01-01T12:00:00.123457Z"'


def test_pydantic_takes_simulated_times():
    pydantic = pytest.importorskip("pydantic")
    before = pydantic.create_model("Before", a=(datetime, ...))
    clock = Clock(STARTS)
    clock.start()
    try:
        after = pydantic.create_model("After", a=(datetime, ...), b=(date, ...))
        assert before(a=datetime.now()).a == datetime.now()
        assert type(after(a="2024-01-01T00:00:00", b=date.today()).a) is REAL[1]
    finally:
        clock.stop()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("3 days", "29T12"), ("now", "01T12"), ("yesterday", "31T12"), ("in 2 hours", "01T14"), ("3 hours ago", "01T09")],
)
def test_dateparser_counts_from_simulated_time(clock, text, expected):
    for settings in ({}, {"TIMEZONE": "UTC"}):
        parsed = dateparser.parse(text, settings=settings)
        assert parsed.strftime("%dT%H") == expected
        assert type(parsed) is REAL[1]


def test_a_process_east_of_utc_is_in_utc_while_frozen(monkeypatch):
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    clock = Clock(STARTS)
    clock.start()
    assert datetime.now().hour == time.localtime().tm_hour == 12
    assert datetime(2024, 1, 1, 12).timestamp() == int(SECONDS)
    clock.stop()
    assert (os.environ["TZ"], time.timezone) == ("JST-9", -9 * 3600)
    monkeypatch.undo()
    time.tzset()


def test_a_script_that_sets_a_zone_gets_its_local_time(clock):
    os.environ["TZ"] = "JST-9"
    time.tzset()
    assert datetime.now().hour == time.localtime().tm_hour == 21
    assert datetime.utcnow().hour == 12


def patched_things():
    import datetime as module

    return {
        **{f"time.{name}": value for name, value in vars(time).items() if name not in ("tzname",)},
        "datetime": module.datetime,
        "date": module.date,
        "here": (datetime, date, time_bound_early, sleep_bound_early, with_default.__defaults__),
        "named": dict(with_named_default.__kwdefaults__),
        "dateparser": dateparser.date.datetime,
        "asyncio": {name: vars(asyncio.BaseEventLoop)[name] for name in ("_run_once", "run_in_executor", "time")},
        "uuid": {name: vars(uuid)[name] for name in ("_generate_time_safe", "_UuidCreate") if name in vars(uuid)},
        "TZ": os.environ.get("TZ"),
        "freezegun": (list(freezegun.config.settings.default_ignore_list), list(freezegun.api.freeze_factories)),
        "freezegun.api": {name: value for name, value in vars(freezegun.api).items() if not name.startswith("__")},
        "pickle": dict(__import__("copyreg").dispatch_table),
        "threads": (threading._time, queue.time, subprocess._time),
    }


def test_stop_leaves_nothing_patched_and_a_second_run_works():
    before = patched_things()
    for _ in range(2):
        clock = Clock(STARTS)
        clock.start()
        assert datetime.now(timezone.utc) == STARTS
        assert patched_things()["datetime"] is not before["datetime"]
        time.sleep(1)
        asyncio.run(asyncio.sleep(1))
        assert clock.now == STARTS + timedelta(seconds=2)
        clock.stop()
        clock.stop()
        after = patched_things()
        assert {name for name in before if after.get(name) != before[name]} == set()
        # A stand-in equals the real class, so here identity counts.
        assert all(
            after[name] is before[name] for name in ("datetime", "date", "dateparser", "time.sleep", "time.time")
        )
        assert after.keys() == before.keys()
        assert datetime is REAL[1]
        assert time.monotonic is REAL[0]
        assert clock.now == STARTS + timedelta(seconds=2)


def test_a_clock_can_start_again_where_it_stood():
    clock = Clock(STARTS)
    for seconds in (1, 2):
        clock.start()
        time.sleep(1)
        clock.stop()
        assert clock.now == STARTS + timedelta(seconds=seconds)


def test_stop_works_after_an_exception_and_before_a_start():
    clock = Clock(STARTS)
    clock.stop()

    def fail_while_frozen():
        try:
            clock.start()
            raise ZeroDivisionError
        finally:
            clock.stop()

    with pytest.raises(ZeroDivisionError):
        fail_while_frozen()
    assert datetime is REAL[1]


def test_a_process_has_one_clock_at_a_time(clock):
    with pytest.raises(RuntimeError, match="one clock at a time"):
        Clock(STARTS).start()
    assert time.time() == SECONDS


def test_a_start_within_freezegun_is_refused():
    with freezegun.freeze_time("2020-01-01"), pytest.raises(RuntimeError, match="frozen already"):
        Clock(STARTS).start()


def test_real_time_outs_can_be_told_while_frozen(clock):
    begun = clock.real_monotonic()
    threading.Event().wait(0.02)
    assert clock.real_monotonic() - begun >= 0.02
    assert type(clock.real_monotonic()) is float


def test_moving_the_clock_is_cheap(clock):
    begun = clock.real_monotonic()
    for _ in range(10_000):
        clock.move_to(STARTS)
    # 2 us each on a quiet machine.
    assert clock.real_monotonic() - begun < 0.5
