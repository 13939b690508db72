"""Where the script runs, and how long and how much it may take, as the command line says it."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.supervised, pytest.mark.slow]

FETCH = (
    "import demistomock as demisto\nX = 'fetch-incidents'\nn = demisto.getLastRun().get('n', 0) + 1\n{extra}\n"
    "demisto.setLastRun({{'n': n}})\n"
    'demisto.incidents([{{"name": "n", "occurred": "2024-05-14T09:00:00Z", "rawJSON": \'{{"id": %d}}\' % n}}])\n'
)


def journal(xsim):
    (path,) = xsim.folder.glob(".xsim/*/journal.jsonl")
    _, *lines = path.read_text().splitlines()
    return lines


def test_cycles_in_new_processes_and_in_xsim_s_own_give_one_journal(xsim):
    xsim.has("a.py", FETCH.format(extra="import random; demisto.debug(random.random())"))
    seen = [(xsim("run", "a.py", "--fresh", *how).code, journal(xsim)) for how in ((), ("--cold",), ("--in-process",))]
    assert seen[0][0] == 0
    assert seen[0] == seen[1] == seen[2]


def test_a_cold_run_shows_what_a_script_leaves_in_its_process(xsim):
    leaks = "import json; n = json.kept = getattr(json, 'kept', 0) + 1"
    xsim.has("a.py", FETCH.format(extra=leaks))
    warm = xsim("run", "a.py", "--fresh")
    assert (warm.code, "FC202" in warm.out, "FC608" in warm.out) == (1, False, True)
    cold = xsim("run", "a.py", "--fresh", "--cold")
    assert (cold.code, "FC202" in cold.out) == (1, True)


@pytest.mark.parametrize("command", ["run", "fetch", "test-module"])
def test_a_script_that_ends_its_process_ends_no_command(xsim, command):
    xsim.has("a.py", FETCH.format(extra="import os; os._exit(3)"))
    seen = xsim(command, "a.py")
    assert seen.code == 1
    assert "ended its process with exit code 3" in " ".join((seen.out + seen.err).split())


def test_the_limits_are_options(xsim):
    xsim.has("a.py", FETCH.format(extra="held = bytearray(100 << 20)" + "\nif n == 2:\n    while True: pass"))
    seen = xsim("run", "a.py", "--memory", "80MB", "--cycles", 2, "--format", "concise")
    assert "limit of 80 MiB" in seen.out
    seen = xsim("run", "a.py", "--fresh", "--memory", "1GB", "--hang-limit", "0.4s", "--cycles", 5)
    assert "within 0.4 s of real time" in " ".join(seen.out.split())
    assert len(journal(xsim)) == 4


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--memory", "much"), "'much' is no size: a number with a unit is expected, such as 512MB or 2GB"),
        (("--memory", "1MB"), "--memory 1MB: expected 64MB or more"),
        (("--hang-limit", "0s"), "--hang-limit 0s: expected more than nothing"),
        (("--cold", "--in-process"), "expected one of the two"),
    ],
)
def test_what_makes_no_sense_is_told(xsim, options, told):
    xsim.has("a.py", FETCH.format(extra=""))
    seen = xsim("run", "a.py", *options)
    assert (seen.code, told in " ".join(seen.err.split())) == (2, True)


def in_a_shell(folder, redirected):
    """Exit code and standard error of a run whose streams the shell redirects so."""
    command = f'"{sys.executable}" -m xsim run a.py --format json-lines {redirected}'
    done = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True, env=os.environ)
    return done.returncode, done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that has no room")
def test_an_output_without_room_is_one_line(xsim):
    xsim.has("a.py", FETCH.format(extra=""))
    told = "Error: the output: cannot be written (No space left on device)\n"
    assert in_a_shell(xsim.folder, "> /dev/full") == (2, told)


def test_what_a_script_prints_lands_in_no_file_where_the_output_is_closed(xsim):
    xsim.has("a.py", FETCH.format(extra="print('x' * 5000)"))
    assert in_a_shell(xsim.folder, ">&- <&-") == (0, "")
    assert len([json.loads(line) for line in journal(xsim)]) == 11  # With the line that closes it.
