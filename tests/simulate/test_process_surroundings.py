"""What surrounds a run: an alarm that somebody else has set, and variables that name files of this machine."""

import os
import signal

import pytest
from integrations import cycles_of, logged

from xsim.simulate import process

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no alarms here")


def test_an_alarm_from_before_the_run_is_set_again(tmp_path):
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(True))
    signal.setitimer(signal.ITIMER_REAL, 60, 5)
    try:
        cycles_of(tmp_path, "demisto.incidents([])", cycles=1)
        rest, every = signal.getitimer(signal.ITIMER_REAL)
        assert 30 < rest <= 60
        assert every == 5
        signal.raise_signal(signal.SIGALRM)
        assert rung == [True]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_bundle_of_certificates_that_is_gone_fails_no_call(tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    fetch = "import os\ndemisto.debug(os.environ.get('REQUESTS_CA_BUNDLE', 'none'))\ndemisto.incidents([])"
    (cycle,) = cycles_of(tmp_path, fetch, cycles=1)
    assert [line.text for line in cycle.log] == ["none"]
    assert os.environ["REQUESTS_CA_BUNDLE"].endswith("gone.pem")


WAITS = "import os, threading\nthreading.Event().wait(0.03)\ndemisto.incidents([])\n"


def test_a_file_is_seen_and_taken_away_however_long_its_folder_was_empty(tmp_path):
    number = "n = demisto.getLastRun().get('n', 0) + 1\ndemisto.setLastRun({'n': n})\n"
    fetch = WAITS + number + "demisto.debug(os.listdir('.'))\nif n in (6, 8):\n    open('kept', 'w').close()"
    cycles = cycles_of(tmp_path, fetch, cycles=9)
    assert [cycle.files for cycle in cycles] == [()] * 5 + [("kept",), (), ("kept",), ()]
    assert [logged(cycle) for cycle in cycles] == [["[]"]] * 9


def test_a_folder_that_has_not_changed_is_not_listed_again_and_again(tmp_path, monkeypatch):
    listed = []
    real = process._listdir
    monkeypatch.setattr(process, "_listdir", lambda folder: listed.append(folder) or real(folder))
    monkeypatch.setattr(process, "SETTLED", 0.01)
    cycles_of(tmp_path, WAITS, cycles=8)
    assert 2 <= len(listed) <= 4


def test_a_folder_of_a_system_that_tells_whole_seconds_is_listed_for_long(tmp_path, monkeypatch):
    a_process = process.Process(1)
    monkeypatch.setattr(process, "_listdir", lambda folder: [])
    now = [0.0]
    monkeypatch.setattr(process, "_real_clock", (lambda: now[0],))
    a_process._folder = str(tmp_path)

    def is_listed(changed):
        found = []
        monkeypatch.setattr(process, "_listdir", lambda folder: found.append(folder) or [])
        assert a_process._is_known_empty(changed)
        return bool(found)

    seconds, finer = 5 * 10**9, 5 * 10**9 + 123_456_789
    assert is_listed(seconds)
    now[0] = 2.9
    assert is_listed(seconds)
    now[0] = 3.1
    # Seen empty behind the second of the change: from here on a change has another time.
    assert is_listed(seconds)
    assert not is_listed(seconds)
    assert is_listed(finer)
    now[0] = 3.2
    assert is_listed(finer)
    assert not is_listed(finer)
    assert is_listed(seconds)
