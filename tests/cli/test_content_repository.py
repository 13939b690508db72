"""The commands on content repositories: the sample one, and what an environment lacks."""

import json
import shutil

import pytest
from command_line import FIXTURES

FETCHES = "import demistomock as demisto\nif demisto.command() == 'fetch-incidents':\n    demisto.incidents([])\n"


@pytest.fixture
def repository(xsim):
    """The sample repository, in the test's own folder."""
    shutil.copytree(FIXTURES / "content-repo", xsim.folder / "content", ignore=shutil.ignore_patterns(".xsim"))
    return "content"


@pytest.mark.parametrize(
    ("name", "delivered"), [("LiftMonitor", 38), ("Parcel Locker", 70), ("Greenhouse Climate (Beta)", 38)]
)
def test_each_integration_of_a_repository_runs_by_its_name_with_the_scenario_beside_it(
    xsim, repository, name, delivered
):
    seen = xsim("run", repository, "--integration-name", name)
    assert seen.code == 0, seen
    assert f"PASSED: {delivered} incidents" in seen.out
    [journal] = xsim.folder.glob("content/Packs/*/Integrations/*/.xsim/*/journal.jsonl")
    assert journal.is_file(), "the state lies beside the script, as ever"


def test_a_pack_with_one_integration_needs_no_name(xsim, repository):
    assert "PASSED" in xsim("run", "content/Packs/ParcelLocker").out


def test_a_repository_with_several_asks_for_a_name(xsim, repository):
    seen = xsim("run", repository)
    assert seen.code == 2
    assert "3 integrations: GreenhouseClimate, LiftMonitor, ParcelLocker" in seen.err
    assert "--integration-name GreenhouseClimate" in seen.err
    seen = xsim("fetch", repository, "--integration-name", "LiftMonitr")
    assert (seen.code, "did you mean 'LiftMonitor'" in seen.err) == (2, True)


def test_the_other_commands_take_a_name_too(xsim, repository):
    by_name = (repository, "--integration-name", "LiftMonitor")
    assert len(json.loads(xsim("fetch", *by_name, "--format", "json").out)) == 19
    assert xsim("test-module", *by_name).code == 0
    assert xsim("last-run", "set", *by_name, '{"since": "2024-03-04T10:00:00Z"}').code == 0
    assert json.loads(xsim("last-run", "show", *by_name).out) == {"since": "2024-03-04T10:00:00Z"}


def test_instances_of_one_integration_keep_their_state_apart(xsim, repository):
    by_name = (repository, "--integration-name", "GreenhouseClimate")
    xsim("run", *by_name, "--instance", "north", "--cycles", 1)
    xsim("run", *by_name, "--instance", "south", "--cycles", 3)
    shown = [json.loads(xsim("last-run", "show", *by_name, "--instance", name).out) for name in ("north", "south", "x")]
    assert shown == [{"last_number": 20}, {"last_number": 24}, {}]


def test_modules_that_are_not_installed_are_refused_before_the_first_cycle(xsim):
    xsim.has("a.py", "import no_such_jwt\nfrom no_such_http import Http\n" + FETCHES)
    for command in ("run", "fetch", "test-module"):
        seen = xsim(command, "a.py")
        assert (seen.code, seen.out) == (2, "")
        assert seen.err == (
            "Error: a.py: imports modules that are not installed: no_such_jwt, no_such_http\n"
            "  pip install no-such-jwt no-such-http\n"
        )
    assert not list(xsim.folder.glob(".xsim/*/journal.jsonl"))


def test_what_runs_nothing_does_not_need_them(xsim):
    xsim.has("a.py", "import no_such_jwt\n" + FETCHES)
    xsim.has("xsim.toml", "")
    assert xsim("last-run", "show", "a.py").out == "{}\n"
    assert xsim("scenario", "check", "a.py").code == 0


def test_a_name_that_xsims_common_server_lacks_leaves_the_run_undecided(xsim):
    xsim.has("a.py", "from CommonServerPython import *\n" + FETCHES + "send_everything_twice(and_again_later)\n")
    seen = xsim("run", "a.py")
    assert seen.code == 3
    assert "not in xsim's CommonServerPython: send_everything_twice, and_again_later" in " ".join(seen.out.split())
    xsim.has("real/CommonServerPython.py", "def send_everything_twice(x): ...\nand_again_later = 1\n")
    assert "not in xsim's" not in xsim("run", "a.py", "--common-server", "real").out


def test_the_sample_repository_has_no_base_pack():
    assert not (FIXTURES / "content-repo" / "Packs" / "Base").exists()
