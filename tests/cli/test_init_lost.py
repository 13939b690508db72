"""`xsim init` outlives the script: where that takes its process along, the draft is made of what it asked by then."""

import json
import os
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from xsim import api
from xsim.load import load_scenario
from xsim.simulate import rehearse

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes here are forked"),
    pytest.mark.supervised,
    pytest.mark.slow,
]
HEAD = "import os, threading\nimport requests\nimport demistomock as demisto\nfrom CommonServerPython import *\n"
ASKS = HEAD + "demisto.command() == 'fetch-incidents'\nrequests.get('https://vendor.example/api/alerts').json()\n"
NEVER = "while True:\n    try:\n        threading.Event().wait()\n    except BaseException: pass\n"
ENDS = {
    "an endless loop": ("while True: pass", "did not end within 1 s of real time"),
    "a loop that catches everything": (NEVER, "did not end within 1 s of real time, nor when it was told to"),
    "an exit": ("os._exit(3)", "the script ended its process with exit code 3"),
    "a crash": ("os.abort()", "died of SIGABRT"),
    "a killed process": ("os.kill(os.getpid(), 9)", "died of SIGKILL"),
}
if sys.platform.startswith("linux"):
    ENDS["too much memory"] = ("b'x' * 10**9", "needed more memory than its limit of 128 MiB")
LIMITS = ("--hang-limit", "1s", "--memory", "128MB")


@pytest.mark.parametrize(("bad", "told"), ENDS.values(), ids=ENDS)
def test_a_script_that_asked_before_is_drafted_from_what_it_asked(xsim, bad, told):
    xsim.has("integration.py", ASKS + bad)
    seen = xsim("init", "integration.py", *LIMITS)
    assert (seen.code, seen.err) == (0, "")
    assert told in seen.out
    drafted = (xsim.folder / "xsim.toml").read_text(encoding="utf-8")
    assert told in " ".join(drafted.replace("\n# ", " ").split())
    assert "/api/alerts" in drafted
    load_scenario(xsim.folder / "xsim.toml")


@pytest.mark.parametrize(("bad", "told"), ENDS.values(), ids=ENDS)
def test_one_that_asked_for_nothing_is_told_in_a_line_with_a_way_out(xsim, bad, told):
    xsim.has("integration.py", f"{HEAD}# fetch-incidents\n{bad}")
    seen = xsim("init", "integration.py", *LIMITS)
    first, hint = seen.err.splitlines()
    assert seen.code == 2
    assert first.startswith("Error: integration.py:")
    assert "the first fetch asked for nothing before its end: " in first
    assert told in first
    assert hint.startswith("  ")
    assert sorted(path.name for path in xsim.folder.iterdir() if not path.name.startswith(".")) == ["integration.py"]


@pytest.mark.parametrize("bad", ["os.abort()", "while True: pass"])
def test_the_line_is_named_where_it_is_known(xsim, bad):
    xsim.has("integration.py", f"{HEAD}# fetch-incidents\n{bad}")
    assert xsim("init", "integration.py", *LIMITS).err.startswith("Error: integration.py:6: ")


def test_a_fetch_that_calls_without_end_comes_to_an_end(xsim):
    call = "requests.get('https://vendor.example/more')"
    xsim.has("integration.py", f"{ASKS}while True:\n    try:\n        {call}\n    except BaseException: pass\n")
    seen = xsim("init", "integration.py", *LIMITS)
    assert (seen.code, "did not end within 1 s" in seen.out) == (0, True)


def test_the_draft_is_the_same_in_both_processes(xsim):
    script = ASKS.replace(".json()\n", ".json()['alerts'][0]['created'].upper()\n")
    xsim.has("integration.py", script)
    integration, scenario = api.load(xsim.folder / "integration.py", api.Options())
    scenario = replace(scenario, settings=replace(scenario.settings, hang_limit=timedelta(seconds=5)))
    samples = [("/api/alerts", {"alerts": [{"created": "2024-05-14T09:00:00Z"}]})]
    for given in ((), samples):
        here, there = (rehearse(integration, scenario, given, way=way) for way in ("here", "fork"))
        assert here[0] == there[0]
        assert (here[1].outcome, here[1].failure) == (there[1].outcome, there[1].failure)
    spawned = rehearse(integration, scenario, samples, way="spawn")
    assert spawned[0] == there[0]


def test_what_it_draws_away_from_xsim_is_put_back_and_no_folder_is_left(xsim, tmp_path_factory, monkeypatch):
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    xsim.has("integration.py", ASKS + "open('left', 'w').write('x')\nos._exit(0)")
    assert xsim("init", "integration.py", *LIMITS, "--output", "-").code == 0
    assert list(temporary.iterdir()) == []


def test_it_may_run_in_xsim_s_own_process(xsim):
    xsim.has("integration.py", ASKS + "print(os.getpid())\nraise ValueError(os.getpid())")
    seen = xsim("init", "integration.py", "--in-process")
    assert f"ends early (line 8): {os.getpid()}" in seen.out
    assert json.dumps(os.getpid()) not in xsim("init", "integration.py", "--force").out
