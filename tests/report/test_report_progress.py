"""The live line: on a terminal only, by the real clock, drawn once in a while."""

from __future__ import annotations

import io
import sys
import time

import freezegun
import pytest
from report_builders import a_cycle

from xsim.model import Outcome
from xsim.report import Progress
from xsim.report.progress import _REAL_CLOCK


class Terminal(io.StringIO):
    def isatty(self):
        return True


def a_terminal(monkeypatch):
    """Standard error as a terminal; set within the test, as pytest puts its own in place before it."""
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
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


def test_a_terminal_shows_how_far_the_run_is(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(3, enabled=True, now=Ticking(1.0)) as progress:
        progress.advance(a_cycle(1))
        progress.advance(a_cycle(2, outcome=Outcome.FAILED))
    assert "1/3" in terminal.getvalue()
    assert "2/3" in terminal.getvalue()
    assert "2024-05-14 23:58" in terminal.getvalue()
    assert "1 not ok" in terminal.getvalue()


def test_the_line_is_gone_when_the_run_is_over(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(3, enabled=True, now=Ticking(1.0)) as progress:
        progress.advance(a_cycle(1))
    assert terminal.getvalue().rstrip().endswith("\x1b[2K")
    assert "\x1b[?25h" in terminal.getvalue(), "the cursor is shown again"


def test_a_pipe_gets_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with Progress(3, enabled=True) as progress:
        progress.advance(a_cycle(1))
    assert sys.stderr.getvalue() == ""


def test_a_terminal_that_is_not_to_be_written_to_gets_nothing(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(3, enabled=False) as progress:
        progress.advance(a_cycle(1))
    assert terminal.getvalue() == ""


def test_it_draws_once_in_a_while_only(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with Progress(1000, enabled=True, now=Ticking(0.0001)) as progress:
        before = terminal.getvalue().count("/1000")
        for number in range(1, 401):
            progress.advance(a_cycle(number))
        drawn = terminal.getvalue().count("/1000") - before
    assert 1 <= drawn <= 3


def test_it_goes_by_the_real_clock_while_the_simulated_one_stands(monkeypatch):
    terminal = a_terminal(monkeypatch)
    with freezegun.freeze_time("2024-05-14"):
        with Progress(3, enabled=True) as progress:
            assert progress._now is _REAL_CLOCK[0]
            assert time.monotonic() == time.monotonic()
            assert progress._now() < progress._now() or progress._now() < progress._now()
            progress.advance(a_cycle(1))
    assert "1/3" in terminal.getvalue()


def test_an_exception_in_the_run_leaves_the_terminal_in_order(monkeypatch):
    terminal = a_terminal(monkeypatch)

    def interrupted_run():
        with Progress(3, enabled=True) as progress:
            progress.advance(a_cycle(1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_run()
    assert "\x1b[?25h" in terminal.getvalue()
