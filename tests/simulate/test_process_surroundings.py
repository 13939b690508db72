"""An alarm that somebody else has set, as pytest-timeout does, still rings when a run is over."""

import signal

import pytest
from integrations import cycles_of

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
