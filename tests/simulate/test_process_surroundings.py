"""What surrounds a run: an alarm that somebody else has set, and variables that name files of this machine."""

import os
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


def test_a_bundle_of_certificates_that_is_gone_fails_no_call(tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    fetch = "import os\ndemisto.debug(os.environ.get('REQUESTS_CA_BUNDLE', 'none'))\ndemisto.incidents([])"
    (cycle,) = cycles_of(tmp_path, fetch, cycles=1)
    assert [line.text for line in cycle.log] == ["none"]
    assert os.environ["REQUESTS_CA_BUNDLE"].endswith("gone.pem")
