"""A kill leaves the state before the run or behind one of its cycles; whoever comes next goes on from there."""

import os
import subprocess
import sys
import time

import pytest
from integrations import an_integration

from xsim import api
from xsim.errors import InvalidState
from xsim.record import State
from xsim.record import state as state_module

COUNTS = """
n = demisto.getLastRun().get('n', 0) + 1
demisto.setIntegrationContext({'n': n})
demisto.incidents([])
demisto.setLastRun({'n': n})
"""


class Killed(BaseException):
    """In place of SIGKILL: nothing that xsim does on its way out may matter."""


def killed_at_file(monkeypatch, number):
    """The process ends when it is about to move the file of that number into its place, counted from now."""
    moved = []
    move = os.replace

    def replace(*paths):
        moved.append(paths)
        if len(moved) == number:
            raise Killed
        move(*paths)

    monkeypatch.setattr(os, "replace", replace)


@pytest.mark.parametrize("number", range(1, 6))
def test_a_kill_while_a_run_starts_over_leaves_the_run_before_it_whole(tmp_path, monkeypatch, number):
    an_integration(tmp_path, COUNTS)
    api.run(tmp_path / "integration.py", cycles=3)
    with monkeypatch.context() as patched:
        killed_at_file(patched, number)
        with pytest.raises(Killed):
            api.run(tmp_path / "integration.py", cycles=2, fresh=True)
    with State(tmp_path / ".xsim" / "integration_instance_1") as state:
        assert (state.last_run, state.context) == ({"n": 3}, {"n": 3})
    (cycle,) = api.run(tmp_path / "integration.py", cycles=1).journal.cycles
    assert (cycle.number, cycle.last_run_after) == (4, {"n": 4})


def test_a_kill_behind_the_new_journal_leaves_the_run_that_started_over(tmp_path, monkeypatch):
    an_integration(tmp_path, COUNTS)
    api.run(tmp_path / "integration.py", cycles=3)
    with monkeypatch.context() as patched:
        killed_at_file(patched, 6)
        with pytest.raises(Killed):
            api.run(tmp_path / "integration.py", cycles=2, fresh=True)
    with State(tmp_path / ".xsim" / "integration_instance_1") as state:
        assert (state.last_run, state.context) == ({"n": 2}, {"n": 2})


def a_number_of_nobody():
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    return ended.pid


def held_for(folder, process):
    """The lock as a process leaves it behind whose script's process has not followed it yet."""
    fcntl = pytest.importorskip("fcntl")
    folder.mkdir()
    held = open(folder / "lock", "w")  # noqa: SIM115
    held.write(str(process))
    held.flush()
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def test_the_state_of_an_xsim_that_was_just_killed_is_waited_for(tmp_path, monkeypatch):
    held = held_for(tmp_path / "state", a_number_of_nobody())
    monkeypatch.setattr(state_module, "_REAL", (time.monotonic, lambda seconds: held.close()))
    with State(tmp_path / "state") as state:
        assert held.closed
        assert state.last_run == {}


def test_what_a_killed_xsim_left_and_never_ends_is_not_waited_for_long(tmp_path, monkeypatch):
    process = a_number_of_nobody()
    held = held_for(tmp_path / "state", process)
    now = [0.0]
    monkeypatch.setattr(state_module, "_REAL", (lambda: now[0], lambda seconds: now.append(now.pop() + 1)))
    with pytest.raises(InvalidState, match=rf"in use by another xsim \(process {process}\)"):
        State(tmp_path / "state").open()
    assert now == [state_module.SECONDS_TO_LET_GO]
    held.close()
