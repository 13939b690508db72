"""The schedule and what counts after each fetch (server-semantics 1.3, 2.3, 3; design: Commit)."""

import json
from datetime import timedelta

import pytest
from integrations import START, cycles_of, logged, probes_of

from xsim.model import Outcome, Response

COUNTS = """
    last_run = demisto.getLastRun()
    count = last_run.get('count', 0) + 1
    demisto.incidents([{'name': str(count)}])
    demisto.setLastRun({'count': count})
"""


def test_a_fetch_runs_each_minute_from_the_last_run_before(tmp_path):
    cycles = cycles_of(tmp_path, COUNTS)
    assert [cycle.started - START for cycle in cycles] == [timedelta(minutes=n) for n in range(3)]
    assert [cycle.last_run_before for cycle in cycles] == [{}, {"count": 1}, {"count": 2}]
    assert cycles[-1].last_run_after == {"count": 3}
    assert {cycle.outcome for cycle in cycles} == {Outcome.OK}


def test_the_interval_can_be_another(tmp_path):
    cycles = cycles_of(tmp_path, COUNTS, interval=timedelta(hours=6))
    assert cycles[2].started - START == timedelta(hours=12)


def test_an_overrun_skips_the_ticks_that_it_covers(tmp_path):
    cycles = cycles_of(tmp_path, "import time\ntime.sleep(150)\ndemisto.incidents([])")
    assert [cycle.started - START for cycle in cycles] == [timedelta(minutes=3 * n) for n in range(3)]


def test_a_fetch_that_ends_on_the_tick_does_not_skip_it(tmp_path):
    cycles = cycles_of(tmp_path, "import time\ntime.sleep(60)\ndemisto.incidents([])")
    assert [cycle.started - START for cycle in cycles] == [timedelta(minutes=n) for n in range(3)]


def test_a_fetch_that_raises_stores_no_last_run_and_delivers_nothing(tmp_path):
    # server-semantics 1.3: "fetch-incidents raises: the set is not applied".
    cycles = cycles_of(
        tmp_path,
        """
        demisto.incidents([{'name': 'a'}])
        demisto.setLastRun({'time': 1})
        raise ValueError('too late')
        """,
    )
    assert [cycle.outcome for cycle in cycles] == [Outcome.FAILED] * 3
    assert [cycle.last_run_after for cycle in cycles] == [{}] * 3
    assert cycles[0].failure.kind == "ValueError"
    assert cycles[0].failure.message == "too late"
    assert cycles[0].failure.frames[-1].endswith("raise ValueError('too late')")


def test_after_a_failure_the_next_tick_tries_again_without_back_off(tmp_path):
    # server-semantics 3: "retried at the next tick, same last run, no back-off".
    cycles = cycles_of(tmp_path, "raise Exception('x')", cycles=4)
    assert [cycle.started - START for cycle in cycles] == [timedelta(minutes=n) for n in range(4)]


def test_return_error_in_a_fetch_raises(tmp_path):
    # server-semantics 1.3: in fetch-incidents return_error raises Exception(message).
    [cycle] = cycles_of(
        tmp_path,
        """
        def main():
            try:
                {}['missing']
            except Exception as error:
                return_error(f'Failed: {error}')
        main()
        """,
        cycles=1,
    )
    assert cycle.outcome is Outcome.FAILED
    assert cycle.failure.message == "Failed: 'missing'"
    assert cycle.failure.kind == "KeyError"
    assert "{}['missing']" in cycle.failure.frames[-1]


@pytest.mark.parametrize("code", [0, 1, "'text'"])
def test_leaving_with_sys_exit_is_no_failure(tmp_path, code):
    # server-semantics 0: SystemExit of any code is swallowed; 1.3: the last run is kept.
    [cycle] = cycles_of(
        tmp_path, f"import sys\ndemisto.incidents([])\ndemisto.setLastRun({{'a': 1}})\nsys.exit({code})", cycles=1
    )
    assert cycle.outcome is Outcome.OK
    assert cycle.last_run_after == {"a": 1}


def test_without_set_last_run_the_old_value_stays(tmp_path):
    cycles = cycles_of(tmp_path, "demisto.incidents([])", last_run={"kept": True})
    assert cycles[-1].last_run_after == {"kept": True}


def test_a_second_set_replaces_the_first_whole(tmp_path):
    # server-semantics 1.3: "last one wins, whole object is replaced".
    [cycle] = cycles_of(
        tmp_path, "demisto.incidents([])\ndemisto.setLastRun({'a': 1})\ndemisto.setLastRun({'b': 2})", cycles=1
    )
    assert cycle.last_run_after == {"b": 2}


def test_the_order_of_set_and_incidents_makes_no_difference(tmp_path):
    for text in (
        "demisto.setLastRun({'a': 1})\ndemisto.incidents([])",
        "demisto.incidents([])\ndemisto.setLastRun({'a': 1})",
    ):
        [cycle] = cycles_of(tmp_path, text, cycles=1)
        assert cycle.last_run_after == {"a": 1}


def test_one_incident_that_cannot_be_decoded_refuses_the_whole_batch(tmp_path):
    # server-semantics 2.3: "all lost, last run not saved, same batch again next minute".
    cycles = cycles_of(
        tmp_path, "demisto.setLastRun({'a': 1})\ndemisto.incidents([{'name': 'good'}, {'name': 'bad', 'rawJSON': {}}])"
    )
    assert [cycle.outcome for cycle in cycles] == [Outcome.REFUSED] * 3
    assert cycles[-1].last_run_after == {}
    assert [refusal.index for refusal in cycles[0].refusals] == [1]


def test_a_setting_lets_the_rest_of_a_malformed_batch_in(tmp_path):
    [cycle] = cycles_of(
        tmp_path,
        "demisto.setLastRun({'a': 1})\ndemisto.incidents([{'name': 'good'}, {'name': 'bad', 'rawJSON': {}}])",
        cycles=1,
        settings={"on_malformed": "accept"},
    )
    assert cycle.outcome is Outcome.OK
    assert cycle.last_run_after == {"a": 1}
    assert len(cycle.refusals) == 1


def test_no_incidents_call_counts_as_an_empty_list(tmp_path):
    [cycle] = cycles_of(tmp_path, "demisto.setLastRun({'a': 1})", cycles=1)
    assert cycle.outcome is Outcome.OK
    assert cycle.incidents == ()
    assert cycle.last_run_after == {"a": 1}


def test_a_setting_makes_a_missing_incidents_call_a_failure(tmp_path):
    [cycle] = cycles_of(tmp_path, "demisto.setLastRun({'a': 1})", cycles=1, settings={"without_incidents_call": "fail"})
    assert cycle.outcome is Outcome.FAILED
    assert cycle.last_run_after == {}


@pytest.mark.parametrize(
    ("setting", "names"), [("add", ["a", "b"]), ("first", ["a"]), ("last", ["b"])], ids=["add", "first", "last"]
)
def test_several_incidents_calls_are_added_up_unless_set_otherwise(tmp_path, setting, names):
    [cycle] = cycles_of(
        tmp_path,
        "demisto.incidents([{'name': 'a'}])\ndemisto.incidents([{'name': 'b'}])",
        cycles=1,
        settings={"several_incidents_calls": setting},
    )
    assert [json.loads(text)[0]["name"] for text in cycle.incidents] == names


def test_places_in_a_batch_count_on_over_several_calls(tmp_path):
    [cycle] = cycles_of(
        tmp_path, "demisto.incidents([{'name': 'a'}, {'name': 'b'}])\ndemisto.incidents([{'name': 3}])", cycles=1
    )
    assert [refusal.index for refusal in cycle.refusals] == [2]


def test_of_calls_that_do_not_count_nothing_is_refused(tmp_path):
    [cycle] = cycles_of(
        tmp_path,
        "demisto.incidents([{'name': 3}])\ndemisto.incidents([{'name': 'a'}, {'name': 4}])",
        cycles=1,
        settings={"several_incidents_calls": "last"},
    )
    assert [refusal.index for refusal in cycle.refusals] == [1]


def test_a_text_entry_in_a_fetch_is_no_list_of_incidents(tmp_path):
    # server-semantics 2.3: results('ok') is decoded as JSON.
    [cycle] = cycles_of(tmp_path, "demisto.results('ok')", cycles=1)
    assert cycle.outcome is Outcome.REFUSED
    assert cycle.failure.message == "invalid character 'o' looking for beginning of value"


def test_over_the_time_limit_nothing_counts(tmp_path):
    [cycle] = cycles_of(
        tmp_path,
        "import time\ndemisto.incidents([{'name': 'a'}])\ndemisto.setLastRun({'a': 1})\ntime.sleep(400)",
        cycles=1,
    )
    assert cycle.outcome is Outcome.TIMED_OUT
    assert cycle.failure.kind == "time limit"
    assert cycle.ended - cycle.started == timedelta(minutes=5)
    assert cycle.last_run_after == {}


def test_a_script_cannot_swallow_its_time_limit(tmp_path):
    [cycle] = cycles_of(
        tmp_path,
        """
        import time
        try:
            time.sleep(400)
        except:
            pass
        demisto.incidents([])
        """,
        cycles=1,
    )
    assert cycle.outcome is Outcome.TIMED_OUT


def test_two_hangs_in_a_row_end_the_run(tmp_path):
    cycles = cycles_of(tmp_path, "while True:\n    pass", cycles=5, settings={"hang_limit": timedelta(seconds=0.05)})
    assert [cycle.failure.kind for cycle in cycles] == ["hang", "hang"]


def test_a_call_that_nobody_answers_ends_the_run_whatever_the_script_makes_of_it(tmp_path):
    cycles = cycles_of(
        tmp_path,
        """
        import requests
        try:
            requests.get('https://vendor.example/api/alerts?since=1')
        except:
            pass
        demisto.incidents([])
        demisto.setLastRun({'a': 1})
        """,
    )
    [cycle] = cycles
    assert cycle.outcome is Outcome.UNSUPPORTED
    assert "GET https://vendor.example/api/alerts" in cycle.failure.message
    assert cycle.last_run_after == {}


def test_a_host_call_that_is_not_simulated_ends_the_run_naming_it(tmp_path):
    cycles = cycles_of(
        tmp_path,
        """
        try:
            demisto.internalHttpRequest('GET', '/settings')
        except Exception:
            pass
        """,
    )
    [cycle] = cycles
    assert cycle.outcome is Outcome.UNSUPPORTED
    assert "demisto.internalHttpRequest()" in cycle.failure.message


def test_a_vendor_function_answers_the_script(tmp_path):
    cycles = cycles_of(
        tmp_path,
        """
        import requests
        answer = requests.get('https://vendor.example/api').json()
        demisto.incidents([{'name': answer['name']}])
        """,
        vendor=lambda request, now: Response(200, (), b'{"name": "from the vendor"}'),
    )
    assert json.loads(cycles[0].incidents[0]) == [{"name": "from the vendor"}]
    [exchange] = cycles[0].exchanges
    assert (exchange.method, exchange.url, exchange.status) == ("GET", "https://vendor.example/api", 200)
    assert exchange.line == 6


def test_a_module_that_is_not_installed_is_no_fault_of_the_script(tmp_path):
    [cycle] = cycles_of(tmp_path, "import no_such_module_anywhere")
    assert cycle.outcome is Outcome.UNSUPPORTED
    assert "no_such_module_anywhere" in cycle.failure.message
    assert "pip install" in cycle.failure.hint


def test_a_run_can_go_on_from_a_later_cycle(tmp_path):
    cycles = cycles_of(tmp_path, COUNTS, first_cycle=7, last_run={"count": 6})
    assert [cycle.number for cycle in cycles] == [7, 8, 9]
    assert cycles[-1].last_run_after == {"count": 9}


GROWS = """
    last_run = demisto.getLastRun()
    ids = last_run.get('ids', []) + [len(last_run.get('ids', []))]
    demisto.incidents([])
    demisto.setLastRun({'ids': ids})
"""


def test_a_last_run_that_grew_is_probed_a_day_ahead(tmp_path):
    [probe] = probes_of(tmp_path, GROWS, cycles=21)
    assert probe.kind == "ageing"
    assert probe.from_cycle == 21
    assert probe.at - START == timedelta(minutes=20) + timedelta(days=1)
    assert len(probe.last_run_after["ids"]) == 22


def test_three_look_backs_are_the_age_where_that_is_more(tmp_path):
    [probe] = probes_of(tmp_path, GROWS, cycles=21, params={"look_back": "1000"})
    assert probe.at - START == timedelta(minutes=20) + timedelta(minutes=3000)


def test_a_look_back_beyond_all_measure_is_none(tmp_path):
    [probe] = probes_of(tmp_path, GROWS, cycles=21, params={"look_back": "9" * 5_000})
    assert probe.at - START == timedelta(minutes=20) + timedelta(days=1)


def test_a_short_run_or_a_steady_last_run_is_not_probed(tmp_path):
    assert probes_of(tmp_path, GROWS, cycles=19) == []
    assert probes_of(tmp_path, "demisto.incidents([])\ndemisto.setLastRun({'a': 1})", cycles=25) == []


def test_the_same_run_twice_is_the_same_to_the_letter(tmp_path):
    fetch = """
        import os, random, uuid, tempfile
        demisto.incidents([{'name': str(random.random()), 'details': str(uuid.uuid4()) + os.urandom(4).hex()}])
        demisto.info(tempfile.mkstemp()[1].rsplit('/', 1)[1])
    """
    first, second = cycles_of(tmp_path, fetch), cycles_of(tmp_path, fetch)
    assert first == second
    assert first[0].incidents != first[1].incidents
    assert cycles_of(tmp_path, fetch, seed=2)[0].incidents != first[0].incidents


def test_a_log_of_many_lines_is_cut_and_says_so(tmp_path):
    [cycle] = cycles_of(tmp_path, "for n in range(700):\n    demisto.info(n)\ndemisto.incidents([])", cycles=1)
    assert len(cycle.log) == 501
    assert logged(cycle)[-1] == "... and 200 lines more"
