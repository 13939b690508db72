"""What the disk refuses is told with its place, and what was written before is whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from integrations import an_integration

from xsim import api
from xsim.errors import InvalidState
from xsim.record import State, read_journal

COUNTS = (
    "n = demisto.getLastRun().get('n', 0) + 1\ndemisto.incidents([])\ndemisto.setLastRun({'n': n, 'text': 'x' * 200})"
)
PATH = os.pathsep.join([str(Path(api.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.argv[:2] = ['xsim']
from xsim.__main__ import main
main()
"""


def xsim_with_disk(size, *arguments):
    """The command where no file may grow beyond `size`: what a full disk is to whoever writes."""
    command = [sys.executable, "-c", LIMITED, str(size), *map(str, arguments)]
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": PATH}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_disk_that_is_full_is_told_and_the_run_goes_on_when_there_is_room(tmp_path):
    an_integration(tmp_path, COUNTS)
    full = xsim_with_disk(12_000, "run", tmp_path / "integration.py", "--cycles", 60)
    assert full.returncode == 2
    assert len(full.stderr.splitlines()) == 2
    assert "journal.jsonl: the journal cannot be written (File too large)" in full.stderr
    state = State(tmp_path / ".xsim" / "integration_instance_1")
    journal = read_journal(state.journal_path)
    kept = list(journal.cycles)
    assert not journal.complete
    assert 5 < len(kept) < 60
    with state:
        assert state.last_run == kept[-1].last_run_after
    report = api.run(tmp_path / "integration.py", cycles=1)
    (cycle,) = report.journal.cycles
    assert (cycle.number, cycle.last_run_before) == (len(kept) + 1, kept[-1].last_run_after)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_disk_without_room_for_the_first_line_leaves_the_old_journal(tmp_path):
    an_integration(tmp_path, COUNTS)
    report = api.run(tmp_path / "integration.py", cycles=2)
    before = Path(report.journal.path).read_bytes()
    full = xsim_with_disk(300, "run", tmp_path / "integration.py", "--cycles", 3)
    assert (full.returncode, "the journal cannot be written" in full.stderr) == (2, True)
    assert Path(report.journal.path).read_bytes() == before


@pytest.mark.parametrize("folder", ["/proc/xsim", "a-file/state"])
def test_a_folder_that_cannot_be_written_is_told_with_a_way_out(tmp_path, folder):
    (tmp_path / "a-file").write_text("x")
    an_integration(tmp_path, COUNTS)
    with pytest.raises(InvalidState, match="the state folder cannot be written") as told:
        api.run(tmp_path / "integration.py", state=tmp_path / folder)
    assert told.value.hint == "give a folder of your own with --state DIR"


def test_a_second_run_on_one_state_is_refused_by_the_name_of_the_first(tmp_path):
    pytest.importorskip("fcntl")
    an_integration(tmp_path, COUNTS)
    with State(tmp_path / ".xsim" / "integration_instance_1"):
        with pytest.raises(InvalidState, match=rf"in use by another xsim \(process {os.getpid()}\)") as told:
            api.run(tmp_path / "integration.py")
        assert "--instance NAME or --state DIR" in told.value.hint
    api.run(tmp_path / "integration.py")


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing is forked")
def test_a_killed_run_holds_its_state_no_longer_though_its_script_hangs(tmp_path):
    begun = tmp_path / "begun"
    an_integration(tmp_path, f"open({str(begun)!r}, 'w').close()\nimport itertools\nsum(itertools.repeat(0))")
    command = [sys.executable, "-c", f"import xsim; xsim.run({str(tmp_path / 'integration.py')!r}, cycles=1)"]
    until = time.monotonic() + 20
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": PATH}) as running:
        while not begun.exists():
            assert time.monotonic() < until
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    with State(tmp_path / ".xsim" / "integration_instance_1") as state:
        assert state.last_run == {}
