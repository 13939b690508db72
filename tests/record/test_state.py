"""The state folder: editable, caught up from the journal, never overwritten by mistake (design: State)."""

import json
import os
from dataclasses import replace
from datetime import timedelta

import pytest
from integrations import a_scenario, an_integration

from xsim.errors import InvalidState
from xsim.model import Outcome
from xsim.record import State, next_tick, record, state_folder
from xsim.simulate import simulate

COUNTS = """
    count = demisto.getLastRun().get('count', 0) + 1
    demisto.setIntegrationContext({'token': count})
    demisto.incidents([])
    demisto.setLastRun({'count': count})
"""


def run(folder, *, cycles=3, follow=True, **scenario):
    """A run in the state folder; `follow=False`: killed before the files are brought up to date."""
    integration = an_integration(folder, COUNTS)
    state = State(state_folder(integration, "instance_1"))
    with state:
        chosen = replace(a_scenario(cycles=cycles, **scenario), last_run=state.last_run, context=state.context)
        state.begin(chosen)
        after = state.follow if follow else lambda cycle: None
        record(integration, chosen, simulate(integration, chosen), into=state.journal_path, version="0", after=after)
        state.catch_up_now()
    return state


def test_the_folder_is_named_after_integration_and_instance(tmp_path):
    integration = replace(an_integration(tmp_path, COUNTS), name="My Vendor: Alerts (v2)")
    assert state_folder(integration, "instance_1") == tmp_path / ".xsim" / "my_vendor_alerts_v2_instance_1"
    assert state_folder(integration, "prod", root=tmp_path / "x") == tmp_path / "x" / "my_vendor_alerts_v2_prod"


def test_the_last_run_file_is_the_bare_value(tmp_path):
    state = run(tmp_path)
    assert json.loads((state.folder / "last_run.json").read_text()) == {"count": 3}
    assert json.loads((state.folder / "integration_context.json").read_text()) == {"token": 3}


def test_git_ignores_the_state(tmp_path):
    run(tmp_path)
    assert (tmp_path / ".xsim" / ".gitignore").read_text() == "*\n"


def test_the_next_run_goes_on_from_it(tmp_path):
    run(tmp_path)
    assert run(tmp_path).last_run == {"count": 6}


def test_after_a_kill_the_next_command_catches_up_from_the_journal(tmp_path):
    state = run(tmp_path, follow=False)
    assert json.loads((state.folder / "last_run.json").read_text()) == {}
    with State(state.folder) as opened:
        assert opened.last_run == {"count": 3}
        assert opened.context == {"token": 3}


def test_an_edit_by_hand_wins_over_the_journal(tmp_path):
    state = run(tmp_path, follow=False)
    (state.folder / "last_run.json").write_text('{"count": 40}')
    with State(state.folder) as opened:
        assert opened.last_run == {"count": 40}
        assert opened.context == {"token": 3}


def test_an_edit_by_hand_after_a_whole_run_is_taken(tmp_path):
    state = run(tmp_path)
    (state.folder / "last_run.json").write_text('{"count": 40}')
    assert run(tmp_path).last_run == {"count": 43}


def test_set_and_reset_change_the_last_run_and_nothing_else(tmp_path):
    # server-semantics 1.5: a reset clears the last run only, not the integration context.
    state = run(tmp_path)
    with State(state.folder) as opened:
        opened.set_last_run({})
    with State(state.folder) as opened:
        assert opened.last_run == {}
        assert opened.context == {"token": 3}


def test_a_context_stored_by_a_command_is_not_taken_back_from_the_journal(tmp_path):
    state = run(tmp_path)
    with State(state.folder) as opened:
        opened.set_context({"token": "from xsim fetch"})
    with State(state.folder) as opened:
        assert opened.context == {"token": "from xsim fetch"}


@pytest.mark.parametrize("name", ["last_run.json", "integration_context.json", "state.json"])
def test_a_damaged_file_is_told_with_its_place_and_left_alone(tmp_path, name):
    state = run(tmp_path)
    path = state.folder / name
    path.write_text('{"count": 4')
    with pytest.raises(InvalidState, match=rf"{name}:1:\d+: not valid JSON") as caught:
        run(tmp_path)
    assert "left as it is" in caught.value.hint
    assert path.read_text() == '{"count": 4'


def test_a_foreign_journal_is_told_and_left_alone(tmp_path):
    state = run(tmp_path)
    state.journal_path.write_text("somebody else's file\n")
    with pytest.raises(InvalidState, match="journal"):
        run(tmp_path)
    assert state.journal_path.read_text() == "somebody else's file\n"


def test_a_state_of_a_newer_xsim_is_told(tmp_path):
    state = run(tmp_path)
    (state.folder / "state.json").write_text('{"xsim": 2}')
    with pytest.raises(InvalidState, match="newer xsim"):
        run(tmp_path)


TOKEN = """
    count = demisto.getIntegrationContext().get('count', 0) + 1
    demisto.setIntegrationContext({'count': count, 'token': demisto.params()['apikey']})
    demisto.incidents([])
    demisto.setLastRun({'count': count})
"""


@pytest.mark.parametrize("cycles_followed", [0, 3])
def test_a_secret_in_the_state_outlives_a_kill_though_the_journal_hides_it(tmp_path, cycles_followed):
    secret = "a-secret-of-some-length"
    integration = an_integration(tmp_path, TOKEN)
    scenario = a_scenario(cycles=3, params={"apikey": secret}, secrets=[secret])
    with State(state_folder(integration, "instance_1")) as state:
        state.begin(scenario)
        after = state.follow if cycles_followed else lambda cycle: None
        record(
            integration, scenario, simulate(integration, scenario), into=state.journal_path, version="0", after=after
        )
    assert secret not in state.journal_path.read_text()
    with State(state.folder) as opened:
        assert opened.context == ({"count": 3, "token": secret} if cycles_followed else {})
        assert opened.last_run == {"count": 3}


def test_a_second_xsim_on_one_state_is_told_who_holds_it(tmp_path):
    pytest.importorskip("fcntl")
    state = run(tmp_path)
    with State(state.folder), pytest.raises(InvalidState, match=f"in use by another xsim .process {os.getpid()}."):
        State(state.folder).open()
    with State(state.folder):
        pass


def test_the_next_run_begins_at_the_tick_behind_the_last_cycle(tmp_path):
    state = run(tmp_path)
    number, moment = next_tick(state.journal())
    scenario = state.journal().scenario
    assert number == 4
    assert moment == scenario.starts + 3 * scenario.interval


def test_the_next_run_waits_out_a_pause_behind_the_last_cycle(tmp_path):
    scenario = run(tmp_path, cycles=3, pauses=((3, timedelta(hours=2)),)).journal().scenario
    number, moment = next_tick(State(tmp_path / ".xsim" / "integration_instance_1").journal())
    assert (number, moment) == (4, scenario.starts + timedelta(minutes=2) + timedelta(hours=2))


def test_a_cycle_that_could_not_be_simulated_is_tried_again(tmp_path):
    integration = an_integration(tmp_path, "import requests\nrequests.get('https://vendor.example')")
    scenario = a_scenario(cycles=5)
    journal = record(integration, scenario, simulate(integration, scenario), into=tmp_path / "j.jsonl", version="0")
    assert [cycle.outcome for cycle in journal.cycles] == [Outcome.UNSUPPORTED]
    assert next_tick(journal) == (1, scenario.starts)
