"""A process that is killed half-way: what took effect by then, and what the server keeps (server-semantics 1.3)."""

import json
from datetime import timedelta

import pytest
from integrations import START, cycles_of

from xsim.model import Outcome, Response
from xsim.world import Fault

FETCH = """
    import requests
    count = demisto.getLastRun().get('count', 0) + 1
    requests.get('https://vendor.example/alerts')
    demisto.setIntegrationContextVersioned({'synced': count}, sync=True)
    demisto.setIntegrationContext({'not synced': count})
    demisto.incidents([{'name': str(count)}])
    demisto.setLastRun({'count': count})
    demisto.info('alive')
"""
OTHER_ORDER = """
    count = demisto.getLastRun().get('count', 0) + 1
    demisto.setLastRun({'count': count})
    demisto.incidents([{'name': str(count)}])
    demisto.info('alive')
"""


def killed(folder, moment, fetch=FETCH, vendor=lambda request, now: Response(200, (), b"{}"), **fields):
    """The cycles of a run whose second fetch is killed."""
    scenario = fields.pop("scenario", {})
    fault = Fault("power cut", "kill", moment=moment, **{"cycles": ((2, 2),), **fields})
    return cycles_of(folder, fetch, vendor=vendor, faults=(fault,), **scenario)


def called(cycle):
    return [each.name for each in cycle.host_calls if each.name in ("incidents", "setLastRun")]


@pytest.mark.parametrize(
    ("moment", "fetch", "message", "calls", "handed"),
    [
        ("before", FETCH, "before incidents()", [], []),
        ("between", FETCH, "between incidents() and setLastRun()", ["incidents"], ["2"]),
        ("after", FETCH, "at the end of the script", ["incidents", "setLastRun"], ["2"]),
        ("before", OTHER_ORDER, "before setLastRun()", [], []),
        ("between", OTHER_ORDER, "between setLastRun() and incidents()", ["setLastRun"], []),
        ("after", OTHER_ORDER, "at the end of the script", ["setLastRun", "incidents"], ["2"]),
    ],
)
def test_nothing_counts_whatever_took_effect_by_then(tmp_path, moment, fetch, message, calls, handed):
    cycles = killed(tmp_path, moment, fetch)
    assert [cycle.outcome for cycle in cycles] == [Outcome.OK, Outcome.FAILED, Outcome.OK]
    dead = cycles[1]
    assert dead.failure.kind == "killed"
    assert dead.failure.message == f"the process was killed {message} (fault 'power cut')"
    assert dead.failure.hint == "power cut"
    assert called(dead) == calls
    assert [json.loads(text)[0]["name"] for text in dead.incidents] == handed
    assert dead.last_run_after == {"count": 1}
    assert cycles[2].last_run_after == {"count": 2}, "the next fetch does it again"


def test_the_line_at_which_it_died_is_told(tmp_path):
    lines = (line.strip() for line in FETCH.splitlines())
    offset = 3  # The header and the line with the command's name.
    numbers = {text.partition("(")[0]: number + offset for number, text in enumerate(lines, start=1)}
    assert killed(tmp_path, "before")[1].failure.line == numbers["demisto.incidents"]
    assert killed(tmp_path, "between")[1].failure.line == numbers["demisto.setLastRun"]
    assert killed(tmp_path, "after")[1].failure.line is None


def test_context_that_was_written_at_once_stays(tmp_path):
    dead = killed(tmp_path, "after")[1]
    assert dead.context_before == {"not synced": 1}
    assert dead.context_after == {"synced": 2}


def test_what_never_comes_is_awaited_to_the_end_of_the_script(tmp_path):
    quiet, half = "demisto.info('alive')", "demisto.incidents([])\ndemisto.info('alive')"
    assert killed(tmp_path, "before", quiet)[1].failure.message.startswith("the process was killed at the end of the")
    dead = killed(tmp_path, "between", half)[1]
    assert dead.failure.message.startswith("the process was killed behind incidents(), at the end of the script")
    assert [line.text for line in dead.log] == ["alive"]


def test_between_the_two_is_between_calls_of_different_kinds(tmp_path):
    fetch = "demisto.incidents([{'name': 'a'}])\ndemisto.incidents([{'name': 'b'}])\ndemisto.setLastRun({'a': 1})"
    dead = killed(tmp_path, "between", fetch)[1]
    assert called(dead) == ["incidents", "incidents"]
    assert len(dead.incidents) == 2


def test_a_call_that_fails_took_no_effect(tmp_path):
    fetch = """
        try:
            demisto.incidents([{'name': {1}}])
        except TypeError:
            pass
        demisto.setLastRun({'a': 1})
        demisto.incidents([])
    """
    assert "between setLastRun() and incidents()" in killed(tmp_path, "between", fetch)[1].failure.message


def test_a_dead_process_does_nothing_more(tmp_path):
    asked = []
    fetch = """
        import requests, time
        try:
            demisto.incidents([{'name': 'a'}])
        except:
            pass
        for attempt in (
            lambda: requests.get('https://vendor.example/acknowledge'),
            lambda: demisto.incidents([{'name': 'b'}]),
            lambda: demisto.setLastRun({'b': 1}),
            lambda: demisto.setIntegrationContextVersioned({'b': 1}, sync=True),
            lambda: demisto.results('[]'),
        ):
            try:
                attempt()
            except BaseException:
                pass
        time.sleep(30)
        demisto.info('the script goes on')
    """

    def vendor(request, now):
        asked.append(now)
        return Response(200, (), b"{}")

    dead = killed(tmp_path, "before", fetch, vendor)[1]
    assert (dead.outcome, dead.failure.message) == (
        Outcome.FAILED,
        "the process was killed before incidents() (fault 'power cut')",
    )
    assert dead.ended == dead.started
    assert (dead.exchanges, dead.incidents, dead.host_calls, dead.results) == ((), (), (), ())
    assert dead.last_run_after == {"b": 1}, "of cycle 1, which lived"
    assert dead.context_after == {"b": 1}
    assert len(asked) == 2, "cycles 1 and 3"


def test_a_script_that_raises_by_itself_was_not_killed(tmp_path):
    for moment in ("before", "between", "after"):
        dead = killed(tmp_path, moment, "raise ValueError('own')")[1]
        assert (dead.failure.kind, dead.failure.message) == ("ValueError", "own")


def test_leaving_with_sys_exit_is_an_end_like_any_other(tmp_path):
    dead = killed(tmp_path, "after", "import sys\ndemisto.incidents([])\nsys.exit(0)")[1]
    assert dead.failure.kind == "killed"


def test_a_kill_strikes_as_often_as_it_may(tmp_path):
    cycles = killed(tmp_path, "before", cycles=(), times=2, scenario={"cycles": 4})
    assert [cycle.outcome is Outcome.FAILED for cycle in cycles] == [True, True, False, False]


def test_a_kill_that_did_not_come_to_strike_is_not_counted(tmp_path):
    fetch = """
        if demisto.integrationInstance() and not demisto.getIntegrationContext():
            demisto.setIntegrationContextVersioned({'tried': True}, sync=True)
            raise ValueError('own')
        demisto.incidents([])
    """
    cycles = killed(tmp_path, "after", fetch, cycles=(), times=1)
    assert [cycle.failure.kind if cycle.failure else "" for cycle in cycles] == ["ValueError", "killed", ""]


def test_a_kill_strikes_by_time_and_by_chance(tmp_path):
    since = START + timedelta(minutes=1)
    cycles = killed(tmp_path, "after", cycles=(), since=since, until=since + timedelta(seconds=1))
    assert [cycle.outcome is Outcome.FAILED for cycle in cycles] == [False, True, False]
    chances = [
        [cycle.outcome is Outcome.FAILED for cycle in killed(tmp_path, "after", cycles=(), chance=0.5, scenario=each)]
        for each in ({"cycles": 20}, {"cycles": 20}, {"cycles": 20, "seed": 2})
    ]
    assert chances[0] == chances[1] != chances[2]
    assert 3 < sum(chances[0]) < 17


def test_a_worker_thread_can_meet_the_end_too(tmp_path):
    fetch = """
        import threading
        worker = threading.Thread(target=lambda: demisto.incidents([{'name': 'a'}]))
        threading.excepthook = lambda *_: None
        worker.start()
        worker.join()
        demisto.info('the main thread does not know')
    """
    dead = killed(tmp_path, "before", fetch)[1]
    assert (dead.failure.kind, dead.incidents) == ("killed", ())


def test_what_the_vendor_did_by_then_is_done(tmp_path):
    class Counting:
        state = None

        def __call__(self, request, now):
            self.state = {"calls": (self.state or {"calls": 0})["calls"] + 1}
            return Response(200, (), b"{}")

    assert [cycle.vendor_state["calls"] for cycle in killed(tmp_path, "before", vendor=Counting())] == [1, 2, 3]
