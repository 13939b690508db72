"""The live table: on a terminal only, by the real clock, after half a second, drawn once in a while."""

from __future__ import annotations

import io
import os
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import freezegun
import pytest
from report_builders import a_cycle

from xsim.model import HostCall, Outcome
from xsim.report import Progress
from xsim.report.progress import _REAL_CLOCK

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
NOTHING_LEFT = "\r\x1b[2K\x1b[1A\r\x1b[2K\x1b[?25h"


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def a_terminal(monkeypatch, columns=100):
    """Standard error as a terminal; set within the test, as pytest puts its own in place before it."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stderr", Terminal())
    return sys.stderr


class Ticking:
    """A clock that moves by a fixed step each time it is asked."""

    def __init__(self, step):
        self.step = step
        self.now = 0.0

    def __call__(self):
        self.now += self.step
        return self.now


def with_incidents(number, count, **fields):
    calls = (HostCall(a_cycle().started, "incidents", str(count), 9),)
    return a_cycle(number, incidents=("[{}]",), host_calls=calls, **fields)


def lines(terminal):
    """All lines that were drawn, one after the other, without what styles them."""
    text = terminal if isinstance(terminal, str) else terminal.getvalue()
    return [line for line in (ESCAPES.sub("", part).rstrip() for part in re.split(r"[\r\n]", text)) if line]


def test_a_terminal_shows_how_far_the_run_is(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(1440, enabled=True, now=Ticking(1.0)) as progress:
        progress.advance(with_incidents(1, 3))
        progress.advance(with_incidents(2, 7, outcome=Outcome.FAILED))
        progress.advance(with_incidents(3, 4))
    header, *_, last = lines(terminal)
    assert header.split() == ["cycles", "incidents", "not", "ok", "simulated", "time", "cycles/s", "left"]
    done, bar, incidents, bad, date, clock, speed, left = last.split()
    assert (done, incidents, bad, date, clock) == ("3/1,440", "7", "1", "2024-05-14", "23:59")
    assert (len(bar), speed, left) == (24, "0.5", "47m54s")


def test_headings_stand_above_their_columns(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(1440, enabled=True, now=Ticking(1.0)) as progress:
        for number in range(1, 4):
            progress.advance(with_incidents(number, 1000))
    header, *_, last = lines(terminal)
    for heading, value in (("incidents", "3,000"), ("simulated time", "23:59"), ("cycles/s", "0.5")):
        assert header.index(heading) + len(heading) == last.index(value) + len(value)


def test_the_bar_grows(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(4, enabled=True, now=Ticking(1.0)) as progress:
        for number in range(1, 5):
            progress.advance(a_cycle(number))
    bars = [re.search(r"[━╌]+", line)[0] for line in lines(terminal)[1:]]
    assert [bar.count("━") for bar in bars] == [6, 12, 18, 24]


def test_a_run_whose_length_is_told_later_counts_towards_it(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(enabled=True, now=Ticking(1.0)) as progress:
        progress.expect(3, several_calls="first")
        progress.advance(a_cycle(1))
    assert lines(terminal)[-1].startswith("1/3 ")


def test_a_run_that_is_over_soon_stays_calm(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(400, enabled=True, now=Ticking(0.001)) as progress:
        for number in range(1, 401):
            progress.advance(a_cycle(number))
    assert terminal.getvalue() == ""


def test_the_table_is_gone_when_the_run_is_over(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(3, enabled=True, now=Ticking(1.0)) as progress:
        progress.advance(a_cycle(1))
        assert "\x1b[?25l" in terminal.getvalue(), "the cursor does not blink in it"
    assert terminal.getvalue().endswith(NOTHING_LEFT)


def test_a_pipe_gets_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with Progress(3, enabled=True, now=Ticking(1.0)) as progress:
        progress.advance(a_cycle(1))
    assert sys.stderr.getvalue() == ""


def test_a_terminal_that_is_not_to_be_written_to_gets_nothing(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(3, enabled=False, now=Ticking(1.0)) as progress:
        progress.advance(a_cycle(1))
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("name", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_move_its_cursor_gets_nothing(monkeypatch, name):
    terminal = a_terminal(monkeypatch)
    monkeypatch.setenv("TERM", name)
    with Progress(3, enabled=True, now=Ticking(1.0)) as progress:
        progress.advance(a_cycle(1))
    assert terminal.getvalue() == ""


def test_without_colour_the_bar_is_ascii_and_nothing_is_styled(monkeypatch):
    terminal = a_terminal(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    with Progress(2, enabled=True, now=Ticking(1.0)) as progress:
        progress.advance(a_cycle(1))
    assert "############------------" in terminal.getvalue()
    assert not re.search(r"\x1b\[[0-9;]*m", terminal.getvalue())


@pytest.mark.parametrize("columns", [10, 20, 40, 60, 72, 80, 100, 200])
def test_no_line_wraps_however_narrow_the_terminal_is(monkeypatch, columns):
    terminal = a_terminal(monkeypatch, columns)
    with Progress(1440, enabled=True, now=Ticking(1.0)) as progress:
        for number in range(1, 5):
            progress.advance(with_incidents(number, 1000))
    assert all(len(line) < columns for line in lines(terminal))
    assert "4/1,440" in lines(terminal)[-1]


def test_it_draws_twenty_times_a_second_at_most(monkeypatch):
    terminal = a_terminal(monkeypatch)
    clock = Ticking(0.0001)
    with Progress(100_000, enabled=True, now=clock) as progress:
        while clock.now < 1.5:
            progress.advance(a_cycle(1))
        assert 15 <= terminal.getvalue().count("/100,000") <= 20


def test_it_goes_by_the_real_clock_while_the_simulated_one_stands(monkeypatch):
    a_terminal(monkeypatch)
    with freezegun.freeze_time("2024-05-14"):
        with Progress(3, enabled=True) as progress:
            assert progress._now is _REAL_CLOCK[0]
            assert time.monotonic() == time.monotonic()
            assert progress._now() < progress._now() or progress._now() < progress._now()


def test_an_exception_in_the_run_leaves_the_terminal_in_order(monkeypatch):
    terminal = a_terminal(monkeypatch)

    def interrupted_run():
        with Progress(3, enabled=True, now=Ticking(1.0)) as progress:
            progress.advance(a_cycle(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_run()
    assert terminal.getvalue().endswith(NOTHING_LEFT)


RUN = """
import sys
sys.path.insert(0, sys.argv[1])
from report_builders import a_cycle
from xsim.report import Progress

moments = iter([0.0, *(0.6 + each / 10 for each in range(20))])
with Progress(8, enabled=True, now=lambda: next(moments)) as progress:
    for number in range(1, 9):
        progress.advance(a_cycle(number))
print("the report")
"""


@pytest.mark.skipif(os.name != "posix", reason="no pseudo-terminal here")
@pytest.mark.slow
def test_on_a_real_terminal_the_report_follows_an_empty_line():
    import pty

    ours, theirs = pty.openpty()
    here = Path(__file__).parent
    environment = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(here.parent)}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(here)], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    text = ""
    while select.select([ours], [], [], 20)[0]:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break  # Linux says so where the other end is closed.
        if not part:
            break
        text += part.decode()
    os.close(ours)
    assert process.wait(20) == 0
    assert "8/8" in lines(text)[-2]
    assert text.endswith(f"{NOTHING_LEFT}the report\r\n")
