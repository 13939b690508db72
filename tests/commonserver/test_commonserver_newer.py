"""Names that came after 2022, and the switch that gives the look-back helpers of that year."""

# ruff: noqa: N802 - the platform's spelling.

import pytest
from freezegun import freeze_time
from test_commonserver import NOW, FakeDemisto, load


@pytest.fixture
def demisto():
    return FakeDemisto()


@pytest.fixture
def csp(demisto):
    return load(demisto)


@pytest.fixture
def csp_of_2022(demisto, monkeypatch):
    monkeypatch.setenv("XSIM_LOOK_BACK", "2022")
    return load(demisto)


# --- The switch --------------------------------------------------------------------------------------------------

WINDOW = ("2024-03-01T11:00:00", "2024-03-01T12:00:00")
FULL_PAGE = [{"id": "1", "created": "2024-03-01T11:30:00"}, {"id": "2", "created": "2024-03-01T11:20:00"}]


def test_with_the_switch_a_full_page_keeps_the_start_and_raises_the_limit(csp_of_2022):
    updated = csp_of_2022.update_last_run_object({}, FULL_PAGE, 2, *WINDOW, 10, "created", "id")
    assert (updated["time"], updated["limit"]) == (WINDOW[0], 4)
    assert set(updated["found_incident_ids"]) == {"1", "2"}


def test_without_the_switch_a_full_page_moves_on(csp):
    updated = csp.update_last_run_object({}, FULL_PAGE, 2, *WINDOW, 10, "created", "id")
    assert (updated["time"], updated["limit"]) == ("2024-03-01T11:30:00", 4)


def test_with_the_switch_ids_go_after_exactly_twice_the_look_back(csp_of_2022):
    assert csp_of_2022.remove_old_incidents_ids({"a": 80, "b": 81}, 200, 1) == {"b": 81}
    assert csp_of_2022.remove_old_incidents_ids({"a": 200}, 200, 0) == {}
    assert "found_incident_ids" not in csp_of_2022.update_last_run_object({}, [], 2, *WINDOW, 0, "created", "id")


@freeze_time(NOW)
def test_with_the_switch_times_have_no_zone(demisto, monkeypatch):
    monkeypatch.setenv("XSIM_LOOK_BACK", "2022")
    csp = load(demisto)
    assert csp.get_fetch_run_time_range({"time": "2024-03-01T11:55:00"}, "3 days", 60)[0] == "2024-03-01T11:00:00"
    with pytest.raises(TypeError, match="naive and offset-aware"):
        csp.get_fetch_run_time_range({"time": "2024-03-01T11:55:00Z"}, "3 days", 60)


def test_the_position_alone_is_returned_with_the_switch(csp, csp_of_2022):
    asked = ({}, FULL_PAGE, 5, 10, *WINDOW, "created")
    assert csp_of_2022.create_updated_last_run_object(*asked) == {"time": "2024-03-01T11:30:00", "limit": 5}


def test_another_value_of_the_switch_is_refused(demisto, monkeypatch):
    monkeypatch.setenv("XSIM_LOOK_BACK", "newest")
    load(demisto)
    monkeypatch.setenv("XSIM_LOOK_BACK", "2023")
    with pytest.raises(ValueError, match="XSIM_LOOK_BACK is '2023'; it can be 2022, newest or unset"):
        load(demisto)


# --- A limit of time ---------------------------------------------------------------------------------------------


class Clock:
    """A clock that moves when a request is answered."""

    def __init__(self, csp, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(csp.time, "monotonic", lambda: self.now)

    def request(self):
        self.now += 1


def fetch(clock, pages):
    for page in range(10):
        clock.request()
        pages.append(page)


@pytest.fixture
def clock(csp, monkeypatch):
    return Clock(csp, monkeypatch)


def test_a_block_is_left_without_an_error_when_its_time_is_up(csp, clock):
    pages, is_finished = [], False
    with csp.ExecutionTimeout(3.5):
        fetch(clock, pages)
        is_finished = True
    assert (pages, is_finished) == ([0, 1, 2], False)


def test_a_block_that_has_time_enough_ends_as_ever(csp, clock):
    pages = []
    with csp.ExecutionTimeout(100):
        fetch(clock, pages)
    assert len(pages) == 10
    with pytest.raises(KeyError), csp.ExecutionTimeout(200):
        raise KeyError("other errors pass")


def test_time_that_is_up_at_the_end_of_a_block_changes_nothing(csp, clock):
    with csp.ExecutionTimeout(1):
        clock.now = 5.0
    assert clock.now == 5.0


def test_the_outer_of_two_limits_leaves_both_blocks(csp, clock):
    reached = []
    with csp.ExecutionTimeout(2):
        with csp.ExecutionTimeout(60):
            fetch(clock, [])
        reached.append("behind the inner block")
    with csp.ExecutionTimeout(60):
        with csp.ExecutionTimeout(2):
            fetch(clock, [])
        reached.append("behind the shorter block")
    assert reached == ["behind the shorter block"]


# --- Polling from a script, the Unified Connector ----------------------------------------------------------------


def polled(demisto, answers):
    """A host whose command answers in turn."""
    asked = []

    def executeCommand(command, args):
        asked.append((command, args))
        return answers[min(len(asked), len(answers)) - 1]

    demisto.executeCommand = executeCommand
    return asked


GOES_ON = [{"Type": 1, "PollingCommand": "query", "NextRun": "30", "PollingArgs": {"id": 7}, "Timeout": "100"}]
DONE = [{"Type": 1, "Contents": [1], "HumanReadable": "read", "EntryContext": {"Q": [{"id": 7}]}}]


def test_a_polling_command_is_run_to_its_end(demisto, csp, monkeypatch):
    slept = []
    monkeypatch.setattr(csp.time, "sleep", slept.append)
    asked = polled(demisto, [GOES_ON, GOES_ON, DONE])
    [result] = csp.execute_polling_command("query", {"q": "x"}, using_brand="B")
    assert (result.outputs, result.readable_output, result.raw_response) == ({"Q": [{"id": 7}]}, "read", [1])
    assert asked[0] == ("query", {"q": "x", "using-brand": "B"})
    assert asked[1:] == [("query", {"id": 7, "using-brand": "B"})] * 2
    assert slept == [30.0, 30.0]


def test_a_polling_command_that_fails_or_never_ends_raises(demisto, csp, monkeypatch):
    monkeypatch.setattr(csp.time, "sleep", lambda seconds: None)
    polled(demisto, [GOES_ON])
    with pytest.raises(csp.DemistoException, match="not done after 90 seconds"):
        csp.execute_polling_command("query", {})
    polled(demisto, [[{"Type": 4, "Contents": "refused"}]])
    with pytest.raises(csp.DemistoException, match="refused"):
        csp.execute_polling_command("query")


def test_there_is_no_unified_connector(csp):
    assert csp.should_use_ucp_auth() is False
    assert csp.interpolate_ucp_params() is False
    with pytest.raises(csp.DemistoException, match="should_use_ucp_auth"):
        csp.get_ucp_credentials("method")
