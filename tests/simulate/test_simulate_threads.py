"""A thread that outlives its command: on the server it sleeps beside the later ones, and takes no time of theirs."""

import colorsys
import textwrap
import threading
import time
from datetime import timedelta

import pytest
from integrations import cycles_of, logged

from xsim.model import Outcome
from xsim.simulate import threads

# pytest tells of a thread that ends itself; Python does not.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
NOTHING = timedelta(0)


@pytest.fixture(autouse=True)
def forgets():
    """What scripts here hang on a module that stays loaded, as a library does in a container that is used again."""
    before = set(vars(colorsys))
    yield
    for name in set(vars(colorsys)) - before:
        delattr(colorsys, name)


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(threads, "GLANCE", 0.02)


def run(tmp_path, first, later, *, cycles=3, **scenario):
    """The cycles of a fetch that does `first` in its first cycle and `later` in those behind it."""
    parts = [textwrap.indent(textwrap.dedent(part).strip(), "    ") for part in (first, later)]
    head = (
        "import asyncio, colorsys as shared, threading, time\nif not hasattr(shared, 'seen'):\n    shared.seen = True\n"
    )
    done = cycles_of(tmp_path, f"{head}{parts[0]}\nelse:\n{parts[1]}\n", cycles=cycles, **scenario)
    assert [cycle.outcome for cycle in done] == [Outcome.OK] * cycles, [cycle.failure for cycle in done]
    return done


def spans(cycles):
    return [cycle.ended - cycle.started for cycle in cycles]


SLEEPS_ON = """
shared.naps, shared.may_begin = [], threading.Event()
def poll():
    shared.may_begin.wait()
    while True:
        time.sleep(25)
        shared.naps.append(time.time())
threading.Thread(target=poll, daemon=True).start()
"""


def test_a_thread_that_sleeps_takes_no_time_of_later_commands(tmp_path):
    cycles = run(tmp_path, SLEEPS_ON, "shared.may_begin.set(); [None for _ in range(300_000)]", cycles=4)
    assert spans(cycles) == [NOTHING] * 4


def test_it_wakes_once_simulated_time_has_come_so_far(tmp_path):
    first = "shared.may_begin, shared.woke = threading.Event(), threading.Event()\n" + textwrap.dedent(
        """
        def later():
            shared.may_begin.wait()
            time.sleep(100)
            shared.woke.set()
        threading.Thread(target=later, daemon=True).start()
        """
    )
    second = """
    shared.may_begin.set()
    began = int(time.time()) // 60 % 60
    while began == 33 and not shared.woke.is_set():
        pass
    demisto.info(began, shared.woke.is_set())
    """
    cycles = run(tmp_path, first, second, cycles=4)
    # It fell asleep at 9:31, or at 9:32 where it began late: at 9:33 it wakes, or later.
    assert [logged(cycle) for cycle in cycles[:3]] == [[], ["31 False"], ["32 False"]]


def test_a_loop_of_sleeps_left_behind_is_no_busy_loop(tmp_path):
    run(tmp_path, SLEEPS_ON, "shared.may_begin.set(); [None for _ in range(300_000)]", cycles=8)
    # A minute lies between two commands, in which it wakes once: when the next one begins.
    assert 1 <= len(colorsys.naps) <= 12


def test_it_ends_with_the_run(tmp_path):
    before = threading.active_count()
    run(tmp_path, SLEEPS_ON, "shared.may_begin.set(); threading.Event().wait(0.03)")
    ends = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < ends:
        threading.Event().wait(0.005)
    assert threading.active_count() == before


def test_a_sleep_in_a_pool_of_an_earlier_command_takes_the_time_of_who_gave_it_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(threads, "GLANCE", 600)
    first = "from concurrent.futures import ThreadPoolExecutor; shared.pool = ThreadPoolExecutor(1)\n"
    submit = "shared.pool.submit(time.sleep, 7).result()"
    cycles = run(tmp_path, first + submit, submit)
    colorsys.pool.shutdown()
    assert spans(cycles) == [timedelta(seconds=7)] * 3


def test_a_thread_of_such_a_pool_s_work_is_the_same_command_s(tmp_path, monkeypatch):
    monkeypatch.setattr(threads, "GLANCE", 600)
    first = """
    from concurrent.futures import ThreadPoolExecutor
    shared.pool = ThreadPoolExecutor(1)
    def nap():
        inner = threading.Thread(target=time.sleep, args=(7,))
        inner.start()
        inner.join()
    shared.pool.submit(nap).result()
    """
    later = "def nap():\n    inner = threading.Thread(target=time.sleep, args=(7,))\n    inner.start(); inner.join()\n"
    cycles = run(tmp_path, first, later + "shared.pool.submit(nap).result()")
    colorsys.pool.shutdown()
    assert spans(cycles) == [timedelta(seconds=7)] * 3


def test_a_thread_that_a_left_one_starts_is_left_as_well(tmp_path):
    first = """
    shared.may_begin = threading.Event()
    def sleep():
        time.sleep(50)
    def start():
        shared.may_begin.wait()
        threading.Thread(target=sleep, daemon=True).start()
    threading.Thread(target=start, daemon=True).start()
    """
    cycles = run(tmp_path, first, "shared.may_begin.set(); [None for _ in range(300_000)]", cycles=4)
    assert spans(cycles) == [NOTHING] * 4


def test_a_command_that_waits_for_a_left_thread_has_its_sleep_to_wait_for(tmp_path):
    first = """
    import queue
    shared.work, shared.done = queue.Queue(), queue.Queue()
    def serve():
        while True:
            span = shared.work.get()
            time.sleep(span)
            shared.done.put(span)
    threading.Thread(target=serve, daemon=True).start()
    """
    cycles = run(tmp_path, first, "shared.work.put(9); demisto.info(shared.done.get())")
    assert spans(cycles) == [NOTHING, timedelta(seconds=9), timedelta(seconds=9)]
    assert [logged(cycle) for cycle in cycles] == [[], ["9"], ["9"]]


def test_a_left_loop_of_asyncio_takes_no_time_and_still_answers(tmp_path):
    first = """
    shared.loop = asyncio.new_event_loop()
    async def tick():
        while True:
            await asyncio.sleep(45)
    async def answer():
        return 'heard'
    shared.answer = answer
    threading.Thread(target=shared.loop.run_forever, daemon=True).start()
    asyncio.run_coroutine_threadsafe(answer(), shared.loop).result()
    """
    later = """
    async def tick():
        while True:
            await asyncio.sleep(45)
    if not hasattr(shared, 'ticks'):
        shared.ticks = asyncio.run_coroutine_threadsafe(tick(), shared.loop)
    demisto.info(asyncio.run_coroutine_threadsafe(shared.answer(), shared.loop).result())
    """
    cycles = run(tmp_path, first, later, cycles=4)
    colorsys.loop.call_soon_threadsafe(colorsys.loop.stop)
    assert [logged(cycle) for cycle in cycles] == [[], ["heard"], ["heard"], ["heard"]]
    assert spans(cycles) == [NOTHING] * 4
