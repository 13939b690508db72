"""A script can do what it likes: that cycle has a stated outcome, the others go on as the platform's would, the journal
is whole, and xsim's own process does not notice (docs/reliability.md)."""

import builtins
import datetime as datetime_module
import decimal
import json
import locale
import os
import random
import signal
import sys
import threading
import time
import warnings
from datetime import timedelta
from pathlib import Path

import dateparser  # noqa: F401 - loaded here, so that no cycle needs its hang limit to load it
import pytest
import requests

from xsim import api
from xsim.model import Outcome, Response, Settings

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes here are forked"),
    pytest.mark.supervised,
    pytest.mark.slow,
]

OK, FAILED, TIMED_OUT = Outcome.OK, Outcome.FAILED, Outcome.TIMED_OUT
SCRIPT = """
import time as clock
import demistomock as demisto
from CommonServerPython import *
COMMAND = 'fetch-incidents'
SECOND = int(clock.time()) // 60 * 60 == 1715679060
THIRD = int(clock.time()) // 60 * 60 == 1715679120
n = demisto.getLastRun().get('n', 0) + 1
demisto.setIntegrationContext({{'n': n}})
demisto.setLastRun({{'n': n}})
demisto.incidents([{{'name': str(n), 'occurred': '2024-05-14T09:29:00Z', 'rawJSON': '{{"id": %d}}' % n}}])
def bad():
{bad}
def look():
{look}
if SECOND:
    bad()
if THIRD:
    demisto.info(f'seen {{look()}}')
"""


@pytest.fixture
def run(tmp_path):
    """Runs three fetches, the second of which does harm; gives the cycles that the journal holds."""

    def run(bad, look="pass", *, hang_limit=0.3, vendor=None, **options):
        path = tmp_path / "integration.py"
        indented = ["\n".join("    " + line for line in each.strip().splitlines()) for each in (bad, look)]
        path.write_text(SCRIPT.format(bad=indented[0], look=indented[1]), encoding="utf-8")
        limit = timedelta(seconds=hang_limit)
        chosen = {"cycles": 3, "fresh": True, "supervised": True, "hang_limit": limit, **options}
        report = api.run(path, vendor=vendor, **chosen)
        assert report.journal.complete
        return list(report.journal.cycles)

    return run


def seen(cycle):
    return [line.text.removeprefix("seen ") for line in cycle.log if line.text.startswith("seen ")]


HANGS = {
    "a loop": "while True: pass",
    "a regular expression that backtracks": "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
    "a lock taken twice": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "a sleep in C": "import ctypes; ctypes.CDLL(None).usleep(90_000_000)",
}
HANGS_FOR_GOOD = {
    "a loop in C": "import itertools; sum(itertools.repeat(0))",
    "a loop that swallows every signal": """
while True:
    try:
        while True: [].count(1)
    except BaseException: pass
""",
    "a lock taken twice, the alarm ignored": """
import signal, threading
signal.signal(signal.SIGALRM, signal.SIG_IGN)
lock = threading.Lock()
lock.acquire()
lock.acquire()
""",
    "a sleep in C, all signals blocked": """
import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {signal.SIGKILL})
ctypes.CDLL(None).usleep(90_000_000)
""",
    "a stopped process": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
}


@pytest.mark.parametrize("bad", HANGS.values(), ids=HANGS)
def test_a_fetch_that_hangs_is_ended_and_the_next_goes_on(run, bad):
    first, second, third = run(bad)
    assert [each.outcome for each in (first, second, third)] == [OK, TIMED_OUT, OK]
    assert (second.failure.kind, second.failure.message) == (
        "hang",
        "the command did not end within 0.3 s of real time",
    )
    assert second.last_run_after == first.last_run_after == {"n": 1}
    assert third.last_run_after == third.context_after == {"n": 2}


@pytest.mark.parametrize("bad", HANGS_FOR_GOOD.values(), ids=HANGS_FOR_GOOD)
def test_a_fetch_that_no_signal_reaches_is_killed_and_the_next_goes_on(run, bad):
    first, second, third = run(bad)
    assert [each.outcome for each in (first, second, third)] == [OK, TIMED_OUT, OK]
    assert second.failure.kind == "hang"
    assert (second.last_run_after, second.context_after) == ({"n": 1}, {"n": 1})
    assert third.last_run_after == {"n": 2}


def test_a_killed_fetch_says_at_which_line_it_hung(run):
    _, second, _ = run(HANGS_FOR_GOOD["a loop in C"])
    assert "nor when it was told to" in second.failure.message
    assert second.incidents == ()
    assert second.failure.function == "bad"
    assert second.failure.frames[-1] == (
        f"line {second.failure.line}, in bad: import itertools; sum(itertools.repeat(0))"
    )


def test_two_hangs_in_a_row_end_the_run(run):
    cycles = run("pass", "while True: pass", cycles=9, hang_limit=0.2)
    assert [each.outcome for each in cycles] == [OK, OK, TIMED_OUT, OK, OK, OK, OK, OK, OK]
    script = "while True: pass"
    cycles = run(f"globals().update(THIRD=True)\n{script}", script, cycles=9, hang_limit=0.2)
    assert [each.outcome for each in cycles] == [OK, TIMED_OUT, TIMED_OUT]


def test_paging_without_an_end_meets_the_time_limit(run):
    settings = Settings(latency=timedelta(seconds=10))
    bad = "import requests\nwhile True: requests.get('https://vendor.example/next', verify=False)"
    _, second, third = run(bad, settings=settings, vendor=lambda request, now: Response(200, (), b"[]"), hang_limit=9)
    assert (second.outcome, second.failure.kind) == (TIMED_OUT, "time limit")
    assert 30 <= len(second.exchanges) <= 31
    # The five minutes cost the ticks that they cover.
    assert (third.outcome, third.started - second.started) == (OK, timedelta(minutes=5))


DEATHS = {
    "os._exit": ("import os; os._exit(3)", "the script ended its process with exit code 3"),
    "os.abort": ("import os; os.abort()", "the process of the script died of SIGABRT"),
    "a segmentation fault": ("import ctypes; ctypes.string_at(0)", "the process of the script died of SIGSEGV"),
    "a signal to itself": ("import os; os.kill(os.getpid(), 15)", "the process of the script died of SIGTERM"),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", "the script raised KeyboardInterrupt"),
    "all descriptors closed": (
        "import os; os.closerange(3, 4096)",
        "the script closed a descriptor that is not its own",
    ),
    "rubbish in all descriptors": (
        "import os\nfor each in range(3, 64):\n    try: os.write(each, b'x' * 100)\n    except OSError: pass",
        "the script closed a descriptor that is not its own",
    ),
}


@pytest.mark.parametrize(("bad", "message"), DEATHS.values(), ids=DEATHS)
def test_a_fetch_whose_process_dies_counts_for_nothing_and_the_next_goes_on(run, bad, message):
    first, second, third = run(bad)
    assert [each.outcome for each in (first, second, third)] == [OK, FAILED, OK]
    assert second.failure.kind == "died"
    assert second.failure.message.startswith(message)
    assert (second.last_run_after, second.context_after, second.incidents) == ({"n": 1}, {"n": 1}, ())
    assert third.last_run_after == third.context_after == {"n": 2}


@pytest.mark.parametrize("name", ["os.abort", "a segmentation fault"])
def test_a_crash_says_at_which_line_it_was(run, name):
    _, second, _ = run(DEATHS[name][0])
    assert (second.failure.function, second.failure.frames[-1].partition(": ")[2]) == ("bad", DEATHS[name][0])


def test_a_fetch_that_eats_memory_meets_its_limit(run):
    bad = "held = []\nwhile True: held.append(bytearray(1 << 22))"
    first, second, third = run(bad, memory=200 << 20, hang_limit=5)
    assert [each.outcome for each in (first, second, third)] == [OK, FAILED, OK]
    assert second.failure.kind == "memory"
    assert second.failure.message == "the command needed more memory than its limit of 200 MiB"
    assert third.last_run_after == {"n": 2}


def test_endless_recursion_is_an_exception_like_others(run):
    cycles = run("def again(): again()\nagain()")
    assert [(each.outcome, each.failure and each.failure.kind) for each in cycles] == [
        (OK, None),
        (FAILED, "RecursionError"),
        (OK, None),
    ]


def test_recursion_beyond_every_limit_is_a_death_where_python_does_not_stop_it(run):
    bad = "import sys\nsys.setrecursionlimit(10**9)\ndef again(x): return sorted([x], key=again)\nagain(1)"
    _, second, third = run(bad, "import sys; return sys.getrecursionlimit()", hang_limit=5)
    assert (second.outcome, third.outcome) == (FAILED, OK)
    assert second.failure.kind in ("died", "RecursionError")
    assert seen(third) == [str(sys.getrecursionlimit())]


# --- what is left behind -------------------------------------------------------------------------------------

# Each runs in a script of its own, and none removes more than a single empty folder or a file: together, `chdir` and a
# recursive removal would take away what is not theirs.
LEFT = {
    "a thread": (
        "import threading; threading.Thread(target=threading.Event().wait, name='left').start()",
        "import threading; return 'left' in [each.name for each in threading.enumerate()]",
        "True",
    ),
    "a copy of the process": ("import os; os.fork()", "return n", "3"),
    "standard output closed": ("import sys; sys.stdout.close()", "sys.stdout.write('x'); return 'open'", "open"),
    "standard output replaced": ("import sys; sys.stdout = None", "import sys; return sys.stdout is None", "False"),
    "the descriptors of the streams closed": (
        "import os\nfor each in (0, 1, 2): os.close(each)",
        "import os; os.write(1, b'raw\\n'); return 'written'",
        "written",
    ),
    "a handler of a signal": (
        "import signal; signal.signal(signal.SIGTERM, lambda *_: None)",
        "import signal; return callable(signal.getsignal(signal.SIGTERM))",
        "True",
    ),
    "another working folder": (
        "import os; os.chdir('/')",
        "import os; return os.getcwd() == '/'",
        "False",
    ),
    "no working folder": (
        "import os; os.rmdir(os.getcwd())",
        "import os; return os.listdir('.')",
        "[]",
    ),
    "a working folder that is shut": ("import os; os.chmod('.', 0)", "open('a', 'w').close(); return 'open'", "open"),
    "a umask": ("import os; os.umask(0o777)", "import os; return os.umask(0) == 0o777", "True"),
    "a locale": (
        "import locale; locale.setlocale(locale.LC_ALL, 'C')",
        "import locale; return locale.setlocale(locale.LC_ALL)",
        "C",
    ),
    "the environment": (
        "import os; os.environ.clear(); os.environ['LEFT'] = 'x'",
        "import os; return 'LEFT' in os.environ, 'PATH' in os.environ",
        "(False, True)",
    ),
    "a decimal context": (
        "import decimal; decimal.getcontext().prec = 3",
        "import decimal; return decimal.getcontext().prec",
        "3",
    ),
    "the warnings' filters": (
        "import warnings; warnings.simplefilter('error')",
        "import warnings; return warnings.filters[0][0] == 'error'",
        "False",
    ),
    "limits and traces": (
        "import gc, sys; gc.disable(); sys.setrecursionlimit(300); sys.settrace(lambda *_: None)",
        "import gc, sys; return gc.isenabled(), sys.getrecursionlimit() > 300, sys.gettrace()",
        "(True, True, None)",
    ),
    "json": (
        "import json; json.load = None",
        "import json; return json.load",
        "None",
    ),
    # The clock finds it gone and cannot go on in that process: the next fetch has a new one.
    "the class datetime": (
        "import datetime as module; module.datetime = None",
        "import datetime as module; return module.datetime",
        "<class 'datetime.datetime'>",
    ),
    "requests": (
        "import requests; requests.get = lambda *_, **__: 'patched'",
        "import requests; return requests.get('https://vendor.example')",
        "patched",
    ),
    "built-in functions": (
        "import builtins; builtins.len = builtins.open = builtins.isinstance = builtins.sorted = None",
        "return len('ab')",
        "2",
    ),
    "built-in functions taken away": ("import builtins; vars(builtins).clear()", "return len('ab')", "2"),
    "an import hook": (
        "import sys\nclass Hook:\n    def find_spec(self, *_): return None\nsys.meta_path.insert(0, Hook())",
        "import sys, tabnanny; return [type(each).__name__ for each in sys.meta_path].count('Hook')",
        "1",
    ),
    "no import hooks": (
        "import sys; sys.meta_path.clear()",
        "import sys, tabnanny; return len(sys.meta_path) > 2",
        "True",
    ),
    "no modules": ("import sys; sys.modules.clear()", "import json, sys; return len(sys.modules) > 100", "True"),
    "a module less": ("import sys; del sys.modules['json']", "import json, sys; return 'json' in sys.modules", "True"),
}


@pytest.mark.parametrize(("bad", "look", "told"), LEFT.values(), ids=LEFT)
def test_what_a_fetch_leaves_behind_harms_neither_the_others_nor_xsim(run, bad, look, told):
    before, descriptors = state_of_this_process(), len(os.listdir("/dev/fd"))
    cycles = run(bad, look, hang_limit=5)
    assert (state_of_this_process(), len(os.listdir("/dev/fd"))) == (before, descriptors)
    assert [(each.outcome, each.failure) for each in cycles] == [(OK, None)] * 3
    assert [each.last_run_after for each in cycles] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert seen(cycles[2]) == [told]


@pytest.mark.parametrize("supervised", [True, False])
def test_a_link_in_the_place_of_the_working_folder_is_not_emptied(run, tmp_path, supervised):
    kept = tmp_path / "elsewhere"
    kept.mkdir()
    (kept / "precious").write_text("x")
    bad = f"import os\nfolder = os.getcwd()\nos.rmdir(folder)\nos.symlink({str(kept)!r}, folder)"
    cycles = run(bad, "import os; return os.listdir('.')", supervised=supervised, hang_limit=5)
    assert [each.outcome for each in cycles] == [OK] * 3
    assert seen(cycles[2]) == ["[]"]
    assert (kept / "precious").exists()


def test_the_same_numbers_are_drawn_whatever_was_drawn_before(run):
    look = "import random, uuid; return random.random(), uuid.uuid4()"
    (*_, quiet), (*_, noisy) = run("pass", look), run("import random; random.seed(5); random.random()", look)
    assert seen(quiet) == seen(noisy)


def test_a_json_module_that_a_script_broke_stays_broken_as_on_the_server(run):
    # The server's own `demisto` writes by the module json of the same process (server-semantics 1.2).
    first, second, third = run("import json; json.dumps = None")
    assert [each.outcome for each in (first, second, third)] == [OK, OK, FAILED]
    assert third.failure.kind == "TypeError"
    assert third.last_run_after == {"n": 2}


def test_child_processes_end_with_the_run(run):
    cycles = run("import subprocess; demisto.info('seen %d' % subprocess.Popen(['sleep', '60']).pid)")
    (pid,) = seen(cycles[1])
    assert [each.outcome for each in cycles] == [OK] * 3
    until = time.monotonic() + 2
    while is_running(pid):
        assert time.monotonic() < until
        time.sleep(0.005)


def is_running(pid):
    """A zombie that nobody asks for is no process any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_goes_past_the_streams_is_in_the_log(run):
    _, second, _ = run("import os; os.system('echo from a program'); os.write(2, b'raw\\n')")
    assert {line.text for line in second.log if line.level == "stdout"} == {"from a program", "raw"}


# --- xsim itself ---------------------------------------------------------------------------------------------


def state_of_this_process():
    umask = os.umask(0o022)
    os.umask(umask)
    return {
        "signals": {each: signal.getsignal(each) for each in signal.valid_signals()},
        "folder": os.getcwd(),
        "umask": umask,
        "locale": locale.setlocale(locale.LC_ALL),
        "environment": dict(os.environ),
        "decimal": repr(decimal.getcontext()),
        "random": random.getstate(),
        "warnings": list(warnings.filters),
        "streams": (sys.stdin, sys.stdout, sys.stderr, os.fstat(1).st_ino, os.fstat(2).st_ino),
        "patched": (json.dumps, json.loads, datetime_module.datetime, requests.get, time.time, dict(vars(builtins))),
        "imports": (list(sys.meta_path), list(sys.path)),
        "limits": (sys.getrecursionlimit(), sys.gettrace(), sys.getprofile()),
        "threads": threading.enumerate(),
    }


@pytest.mark.parametrize(
    "bad",
    [
        LEFT[name][0]
        for name in (
            "a handler of a signal",
            "a umask",
            "a locale",
            "a decimal context",
            "limits and traces",
            "no modules",
        )
    ],
)
def test_a_run_in_xsim_s_own_process_puts_back_what_belongs_to_it(run, bad):
    run("pass", supervised=False)
    before, modules = state_of_this_process(), set(sys.modules)
    run(bad, supervised=False, hang_limit=5)
    assert state_of_this_process() == before
    assert modules <= set(sys.modules)
