"""`xsim run --watch`: what makes it run again, what it says of that, and that a hundred runs leave nothing behind."""

from __future__ import annotations

import gc
import http.client
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime

import pytest
from command_line import FIXTURES

from xsim.api import Options
from xsim.cli import watch
from xsim.cli.watched_files import changed, watched_by

CASE = FIXTURES / "cases" / "miss-now-cursor"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
VENDOR = """
def answer(request, world):
    return {"logins": []}
"""


class Keyboard:
    """What a person does while the watch waits: an edit at each look at the files, in the end Ctrl-C."""

    def __init__(self, *edits):
        self._edits = list(edits)
        self.looks = 0

    def sleep(self, seconds):
        assert seconds <= 0.3
        if seconds != watch.BETWEEN_LOOKS:
            return
        self.looks += 1
        if not self._edits:
            raise KeyboardInterrupt
        edit = self._edits.pop(0)
        if edit is not None:
            edit()


@pytest.fixture
def case(xsim):
    """A fetch that misses an event, in the test's own folder."""
    for name in ("integration.py", "integration.yml", "xsim.toml"):
        shutil.copy(CASE / name, xsim.folder / name)
    return xsim


@pytest.fixture
def watched(case, monkeypatch):
    """Runs `xsim run integration.py --watch` while somebody edits."""

    def run(*edits, arguments=("integration.py",)):
        keyboard = Keyboard(*edits)
        monkeypatch.setattr(watch, "_REAL", (keyboard.sleep, time.monotonic, time.strftime))
        return case("run", *arguments, "--watch")

    return run


def writes(path, text):
    """An edit. Its time is moved on, as two of them may fall into one tick of the file system's clock."""

    def edit():
        before = path.stat().st_mtime_ns if path.exists() else 0
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(before + 10**9, max(before, path.stat().st_mtime_ns) + 10**9))

    return edit


def mends(case):
    return writes(case.folder / "integration.py", (CASE / "mended.py").read_text(encoding="utf-8"))


def breaks(case):
    return writes(case.folder / "integration.py", (CASE / "integration.py").read_text(encoding="utf-8"))


def heads(seen):
    return re.findall(r"^run (\d+) at \d\d:\d\d:\d\d, took [\d.]+ s(?:, (.*) changed)?: (.*)$", seen.out, re.MULTILINE)


# --- running again --------------------------------------------------------------------------------------------


def test_it_runs_once_and_ends_with_the_verdict_of_that_run(watched):
    seen = watched()
    assert (seen.code, heads(seen)) == (1, [("1", "", "FAILED")])
    assert "FC201 missed-event" in seen.out
    assert "Watching integration.py, xsim.toml and 1 more file; Ctrl-C ends." in seen.out
    assert "Since the run before" not in seen.out


def test_a_finding_is_gone_when_the_script_is_mended_and_new_when_it_comes_back(case, watched):
    seen = watched(mends(case), breaks(case))
    assert seen.code == 1
    assert heads(seen) == [
        ("1", "", "FAILED"),
        ("2", "integration.py", "PASSED (was FAILED)"),
        ("3", "integration.py", "FAILED (was PASSED)"),
    ]
    _, second, third = seen.out.split("Since the run before: ")
    assert second.startswith("1 finding gone, 1 new, 1 still there.\n  - gone: FC201 (error) integration.py:43 L-2")
    assert "  + new: FC105 (note) integration.py:54 " in second
    assert "  + new: FC201 (error) integration.py:43 L-2 was never delivered" in third


def test_a_change_that_changes_nothing_says_so_though_the_lines_have_moved(case, watched):
    text = (case.folder / "integration.py").read_text(encoding="utf-8")
    seen = watched(writes(case.folder / "integration.py", f"# one line more\n{text}"))
    assert "Since the run before: the same 2 findings.\nWatching" in seen.out


def test_more_findings_of_one_kind_are_counted(case, watched):
    text = (case.folder / "xsim.toml").read_text(encoding="utf-8")
    event = 'visible = 2024-03-04T10:02:20Z\nrecord = {id = "L-9", user = "u", created = "2024-03-04T10:00:30Z"}'
    more = f"{text}\n[[events]]\n{event}\n"
    seen = watched(writes(case.folder / "xsim.toml", more), writes(case.folder / "xsim.toml", text))
    assert re.search(r"> more: FC201 .*: 2 findings, 1 before", seen.out)
    assert re.search(r"< fewer: FC201 .*: 1 finding, 2 before", seen.out)


def changes_by(case, edit, *, outputs=()):
    """The names of the files that make the run go again when somebody makes this edit."""
    options = Options(params_file=case.folder / "params.json")
    files = watched_by(case.folder / "integration.py", options, outputs)
    before = files.stamps()
    edit()
    return [path.name for path in changed(before, files.stamps())]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("integration.py", "# other\n"),
        ("integration.yml", "name: other\n"),
        ("xsim.toml", "[clock]\n"),
        ("pyproject.toml", "[tool.xsim]\n"),
        ("../pyproject.toml", "[tool.xsim]\n"),
        ("CommonServerUserPython.py", "ANSWER = 42\n"),
        ("vendor/vendor.py", f"{VENDOR}\n"),
        ("params.json", '{"first_fetch": "2 hours"}'),
    ],
)
def test_whatever_the_run_reads_makes_it_run_again(case, name, text):
    case.has("vendor/vendor.py", VENDOR)
    case.has("params.json", '{"first_fetch": "1 hour"}')
    scenario = (case.folder / "xsim.toml").read_text(encoding="utf-8")
    case.has("xsim.toml", scenario.replace("\n[clock]", '\nvendor = "vendor/vendor.py:answer"\n\n[clock]', 1))
    path = case.folder / name
    try:
        assert changes_by(case, writes(path, text)) == [path.name]
    finally:
        if name.startswith(".."):  # Other tests look for a project around their own folders.
            path.unlink()


def test_a_module_of_the_checkout_around_it_makes_it_run_again(xsim):
    packs = xsim.folder / "Packs"
    script = "from CommonServerPython import *\nfrom OktaApiModule import *\ndemisto.command() == 'fetch-incidents'\n"
    path = xsim.has("Packs/Vendor/Integrations/Vendor/Vendor.py", script)
    module = xsim.has("Packs/ApiModules/Scripts/OktaApiModule/OktaApiModule.py", "A = 1\n")
    common = xsim.has("Packs/Base/Scripts/CommonServerPython/CommonServerPython.py", "B = 1\n")
    files = watched_by(path, Options(), ())
    assert {module, common, path} <= set(files.stamps())
    assert packs.parent / "pyproject.toml" in files.files


@pytest.mark.parametrize(
    "name", ["notes.txt", "integration_test.py", "conftest.py", ".xsim/more.json", "deeper/other.py"]
)
def test_what_no_run_reads_does_not(case, name):
    path = case.has(name, "before")
    assert changes_by(case, writes(path, "behind")) == []


def test_what_was_read_before_stays_watched_while_the_scenario_is_half_written(case):
    case.has("vendor/vendor.py", VENDOR)
    scenario = (case.folder / "xsim.toml").read_text(encoding="utf-8")
    case.has("xsim.toml", scenario.replace("\n[clock]", '\nvendor = "vendor/vendor.py:answer"\n\n[clock]', 1))
    known = watched_by(case.folder / "integration.py", Options(), ())
    case.has("xsim.toml", "[clock\n")
    now = watched_by(case.folder / "integration.py", Options(), (), known=known)
    assert case.folder / "vendor" / "vendor.py" in now.stamps()


def test_each_run_writes_its_files_and_is_not_set_off_by_them(case, watched):
    seen = watched(None, mends(case), None, arguments=("integration.py", "--output", "json:report.toml"))
    assert (seen.code, len(heads(seen))) == (0, 2)
    assert json.loads((case.folder / "report.toml").read_text(encoding="utf-8"))["verdict"] == "passed"


def test_an_edit_while_the_run_goes_on_is_not_overlooked(case, monkeypatch, watched):
    from xsim import api

    run, edits = api.run, [mends(case)]

    def slowly(*given, **more):
        report = run(*given, **more)
        while edits:
            edits.pop()()
        return report

    monkeypatch.setattr(api, "run", slowly)
    assert [verdict for _, _, verdict in heads(watched(None))] == ["FAILED", "PASSED (was FAILED)"]


def test_a_file_that_is_still_being_written_is_waited_for(case, monkeypatch):
    whole = (CASE / "mended.py").read_text(encoding="utf-8")
    parts = [writes(case.folder / "integration.py", whole[: len(whole) // 2]), mends(case)]

    def sleep(seconds):
        if not parts:
            if seconds == watch.BETWEEN_LOOKS:
                raise KeyboardInterrupt
            return
        parts.pop(0)()

    monkeypatch.setattr(watch, "_REAL", (sleep, time.monotonic, time.strftime))
    seen = case("run", "integration.py", "--watch")
    assert [verdict for _, _, verdict in heads(seen)] == ["FAILED", "PASSED (was FAILED)"]
    assert "invalid syntax" not in seen.out


# --- what cannot be run ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("integration.py", "def half(:\n", "integration.py:1: invalid syntax"),
        ("xsim.toml", "[clock]\ncycels = 3\n", "cycels"),
    ],
)
def test_a_half_written_file_is_told_in_one_line_and_the_watch_waits(case, watched, name, text, told):
    whole = (case.folder / name).read_text(encoding="utf-8")
    seen = watched(writes(case.folder / name, text), writes(case.folder / name, whole))
    [line] = [line for line in seen.out.splitlines() if re.match(r"\d\d:\d\d:\d\d ", line)]
    assert told in line
    assert [verdict for _, _, verdict in heads(seen)] == ["FAILED", "FAILED"]
    assert "the same 2 findings" in seen.out, "compared with the last run that was one"
    assert "Traceback" not in seen.out + seen.err
    assert seen.code == 1


def test_the_exit_code_of_a_run_that_could_not_begin_is_that_of_bad_input(case, watched):
    assert watched(writes(case.folder / "xsim.toml", "[clock\n")).code == 2


def test_a_path_that_is_not_there_is_refused_at_once(watched):
    seen = watched(arguments=("other.py",))
    assert seen.code == 2
    assert "other.py: no such file or folder" in seen.err


def test_a_scenario_that_is_wrong_from_the_start_is_waited_for(case, watched):
    whole = (case.folder / "xsim.toml").read_text(encoding="utf-8")
    case.has("xsim.toml", "[clock\n")
    assert len(heads(watched(writes(case.folder / "xsim.toml", whole)))) == 1


# --- where each run begins ------------------------------------------------------------------------------------


def touched(case):
    text = (case.folder / "badge_reader.py").read_text(encoding="utf-8")
    return writes(case.folder / "badge_reader.py", f"{text}\n")


def test_each_run_starts_over(xsim, badge_reader, watched):
    seen = watched(touched(xsim), arguments=(badge_reader, "--cycles", "4"))
    firsts = re.findall(r"every 1m from (\S+),", seen.out)
    assert len(firsts) == 2
    assert firsts[0] == firsts[1]
    assert "the same" in seen.out


def test_with_continue_each_run_goes_on_from_the_one_before(xsim, badge_reader, watched):
    seen = watched(touched(xsim), arguments=(badge_reader, "--cycles", "4", "--continue"))
    assert re.findall(r"every 1m from \S+T(09:3\d)", seen.out) == ["09:30", "09:34"]


def test_the_command_that_repeats_a_run_repeats_it_once(xsim, badge_reader, watched):
    seen = watched(arguments=(badge_reader, "--cycles", "4"))
    assert "Repeat with: xsim run badge_reader.py --cycles 4 --fresh\n" in seen.out


# --- this process ---------------------------------------------------------------------------------------------


def patched_things():
    """What a run replaces in this process, and must put back."""
    return {
        "clock": (time.time, time.sleep, time.monotonic, datetime, uuid.uuid4),
        "network": (socket.socket, socket.create_connection, socket.getaddrinfo, http.client.HTTPConnection.connect),
        "chance": (os.urandom, random._urandom, tempfile.tempdir),
        "environment": dict(os.environ),
        "import": (list(sys.path), list(sys.meta_path)),
        "streams": (sys.stdin, sys.stdout, sys.stderr, os.getcwd()),
        "alarm": (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)),
        "threads": threading.active_count(),
    }


@pytest.mark.slow
def test_after_many_runs_nothing_is_left_behind(case, watched):
    edits = [mends(case), breaks(case)] * 3
    states = []

    def measured(edit):
        def measure():
            gc.collect()
            files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
            states.append((patched_things(), len(gc.get_objects()), len(sys.modules), files))
            edit()

        return measure

    seen = watched(*map(measured, edits))
    assert len(heads(seen)) == 7
    things, objects, modules, files = zip(*states[2:], strict=True)
    assert all(each == things[0] for each in things)
    assert len(set(modules)) == len(set(files)) == 1
    # Two scripts take turns: runs of the same one are compared.
    assert objects[3] - objects[1] < 100
    assert "demistomock" not in sys.modules


# --- a real terminal ------------------------------------------------------------------------------------------


class Session:
    """`xsim run --watch` in a process of its own, on a pseudo-terminal."""

    def __init__(self, folder):
        import pty

        self._ours, theirs = pty.openpty()
        environment = {name: text for name, text in os.environ.items() if name not in ("NO_COLOR", "CI")}
        environment |= {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40", "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "xsim", "run", "integration.py", "--watch"],
            cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.text = ""

    def read_until(self, wanted, times=1):
        while self.text.count(wanted) < times:
            assert select.select([self._ours], [], [], 30)[0], self.text
            self.text += os.read(self._ours, 65536).decode("utf-8", "replace")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(30)
        os.close(self._ours)
        return code


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="no pseudo-terminal here")
def test_on_a_real_terminal_the_screen_is_cleared_once_a_run(case):
    session = Session(case.folder)
    try:
        session.read_until("Ctrl-C ends.")
        mends(case)()
        session.read_until("Ctrl-C ends.", times=2)
    finally:
        code = session.end()
    assert code == 0
    assert session.text.count(watch._CLEAR_SCREEN) == 2
    assert "integration.py changed; running again" in session.text
    _, first, second = session.text.split(watch._CLEAR_SCREEN)
    assert "\x1b[1m\x1b[31mFAILED\x1b[0m" in first or "\x1b[31m\x1b[1mFAILED\x1b[0m" in first
    assert "- gone: FC201" in ESCAPES.sub("", second)
