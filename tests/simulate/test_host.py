"""`demisto`, call by call (server-semantics 1, 2.1, 4.3, 5, 6)."""

import json

import pytest
from integrations import a_scenario, an_integration, cycles_of, logged

from xsim.model import Outcome
from xsim.simulate import run_command


def logs(tmp_path, fetch, **scenario):
    [cycle] = cycles_of(tmp_path, fetch, cycles=1, **scenario)
    assert cycle.outcome is Outcome.OK, cycle.failure
    return logged(cycle)


def failure(tmp_path, fetch, **scenario):
    [cycle] = cycles_of(tmp_path, fetch, cycles=1, **scenario)
    assert cycle.outcome is Outcome.FAILED
    return cycle.failure


# --- last run (1.1 to 1.4) ---


def test_the_first_last_run_is_an_empty_dict(tmp_path):
    assert logs(tmp_path, "demisto.info(demisto.getLastRun())") == ["{}"]


def test_each_get_gives_a_new_copy(tmp_path):
    assert logs(tmp_path, "demisto.getLastRun()['a'] = 1\ndemisto.info(demisto.getLastRun())") == ["{}"]


def test_a_get_after_a_set_gives_the_new_value(tmp_path):
    assert logs(tmp_path, "demisto.setLastRun({'a': (1, 2)})\ndemisto.info(demisto.getLastRun())") == ["{'a': [1, 2]}"]


def test_keys_become_text_on_the_way_through_json(tmp_path):
    assert logs(tmp_path, "demisto.setLastRun({1: 1, None: 2, 1.5: 3})\ndemisto.info(demisto.getLastRun())") == [
        "{'1': 1, 'null': 2, '1.5': 3}"
    ]


@pytest.mark.parametrize("value", ["[1, {'a': None}]", "'text'", "3", "None", "{'deep': {'er': [True, 1.5]}}"])
def test_any_json_value_can_be_a_last_run(tmp_path, value):
    [cycle] = cycles_of(tmp_path, f"demisto.incidents([])\ndemisto.setLastRun({value})", cycles=1)
    assert cycle.last_run_after == eval(value)


@pytest.mark.parametrize(
    ("value", "kind"), [("datetime.utcnow()", "datetime"), ("{1, 2}", "set"), ("b'x'", "bytes")], ids=str
)
def test_what_json_cannot_hold_raises_at_the_set(tmp_path, value, kind):
    [cycle] = cycles_of(tmp_path, f"demisto.setLastRun({{'last_fetch': {value}}})", cycles=1)
    assert cycle.failure.kind == "TypeError"
    assert cycle.failure.message == f"Object of type {kind} is not JSON serializable"
    [call] = [call for call in cycle.host_calls if call.name == "setLastRun"]
    assert call.error == f"TypeError: Object of type {kind} is not JSON serializable"
    assert call.line == 4


def test_set_last_run_takes_the_mock_s_and_the_server_s_keyword(tmp_path):
    for keyword in ("obj", "value"):
        [cycle] = cycles_of(tmp_path, f"demisto.setLastRun({keyword}={{'a': 1}})", cycles=1)
        assert cycle.last_run_after == {"a": 1}


# --- incidents (2.1, 2.3) ---


def test_incidents_gives_nothing_back(tmp_path):
    assert logs(tmp_path, "demisto.info(demisto.incidents([]))") == ["None"]


@pytest.mark.parametrize("call", ["demisto.incidents()", "demisto.incidents(None)", "demisto.incidents([])"])
def test_no_incidents_is_a_success(tmp_path, call):
    [cycle] = cycles_of(tmp_path, call, cycles=1)
    assert cycle.outcome is Outcome.OK


def test_incidents_that_json_cannot_hold_raise_in_the_script(tmp_path):
    [cycle] = cycles_of(tmp_path, "demisto.incidents([{'name': 'a', 'occurred': datetime.utcnow()}])", cycles=1)
    assert cycle.failure.kind == "TypeError"
    assert cycle.incidents == ()
    assert cycle.host_calls[-1].error.startswith("TypeError")


def test_fetch_results_is_another_name_for_incidents(tmp_path):
    [cycle] = cycles_of(tmp_path, "demisto.fetchResults([{'name': 'a'}])", cycles=1)
    assert json.loads(cycle.incidents[0]) == [{"name": "a"}]


def test_an_entry_that_holds_incidents_as_json_is_a_batch(tmp_path):
    text = "demisto.results({'Type': 1, 'Contents': json.dumps([{'name': 'a'}]), 'ContentsFormat': 'json'})"
    [cycle] = cycles_of(tmp_path, text, cycles=1)
    assert cycle.outcome is Outcome.OK
    assert json.loads(cycle.incidents[0]) == [{"name": "a"}]


# --- params (4.3) ---


def test_params_is_the_same_mutable_object_each_time_and_new_each_cycle(tmp_path):
    cycles = cycles_of(
        tmp_path,
        """
        demisto.info('added' in demisto.params(), demisto.params() is demisto.callingContext['params'])
        demisto.params()['added'] = 1
        demisto.params()['list'].append(1)
        demisto.info(demisto.params()['added'], demisto.params()['list'])
        """,
        params={"list": []},
    )
    assert [logged(cycle) for cycle in cycles] == [["False True", "1 [1]"]] * 3


def test_get_of_an_unset_parameter_gives_the_default_and_an_index_gives_none(tmp_path):
    # server-semantics 4.3: CommonServerPython's SmartGetDict; in every cycle, not the first alone.
    cycles = cycles_of(
        tmp_path,
        "demisto.info(demisto.params().get('max_fetch', 50), demisto.params()['max_fetch'])",
        params={"max_fetch": None},
    )
    assert [logged(cycle) for cycle in cycles] == [["50 None"]] * 3


def test_get_param_and_get_arg_walk_dots(tmp_path):
    text = "demisto.info(demisto.getParam('credentials.password'), demisto.getParam('a.b'), demisto.getArg('x', 3))"
    assert logs(tmp_path, text, params={"credentials": {"password": "p"}}) == ["p None 3"]


def test_command_and_args_of_a_fetch(tmp_path):
    assert logs(tmp_path, "demisto.info(demisto.command(), demisto.args(), demisto.isFetch())") == [
        "fetch-incidents {} True"
    ]


# --- integration context (1.6) ---


def test_the_integration_context_is_kept_through_json(tmp_path):
    cycles = cycles_of(
        tmp_path,
        """
        context = demisto.getIntegrationContext()
        demisto.info(context)
        context['n'] = (context.get('n') or [0])[0] + 1,
        demisto.setIntegrationContext(context)
        """,
    )
    assert [logged(cycle) for cycle in cycles] == [["{}"], ["{'n': [1]}"], ["{'n': [2]}"]]
    assert cycles[-1].context_after == {"n": [3]}


def test_the_versioned_context_refuses_a_stale_version(tmp_path):
    assert logs(
        tmp_path,
        """
        before = demisto.getIntegrationContextVersioned()
        demisto.setIntegrationContextVersioned({'a': 1}, before['version'])
        demisto.info(demisto.getIntegrationContextVersioned())
        try:
            demisto.setIntegrationContextVersioned(value={'a': 2}, version=before['version'], sync=True)
        except ValueError as error:
            demisto.info('version mismatch' in str(error))
        """,
    ) == ["{'context': {'a': 1}, 'version': 1}", "True"]


def test_after_a_failure_only_what_was_synced_is_kept(tmp_path):
    cycles = cycles_of(
        tmp_path,
        """
        demisto.setIntegrationContextVersioned({'synced': 1}, sync=True)
        demisto.setIntegrationContext({'synced': 1, 'unsynced': 2})
        raise Exception('x')
        """,
        cycles=1,
    )
    assert cycles[0].context_after == {"synced": 1}


def test_test_module_sees_neither_last_run_nor_context(tmp_path):
    integration = an_integration(
        tmp_path,
        """
        demisto.info(demisto.command(), demisto.getLastRun(), demisto.getIntegrationContext())
        demisto.setIntegrationContext({'a': 1})
        demisto.info(demisto.getIntegrationContext())
        demisto.results('ok')
        """,
    )
    cycle = run_command(integration, a_scenario(context={"token": "x"}), "test-module")
    assert logged(cycle) == ["test-module {} {}", "{}"]
    assert cycle.outcome is Outcome.OK
    assert cycle.results[0]["Contents"] == "ok"
    assert cycle.context_after == {"token": "x"}


# --- the rest of the table (6) ---


@pytest.mark.parametrize("name", ["executeCommand", "setContext", "getAllSupportedCommands", "getModules"])
def test_functions_for_scripts_raise_in_an_integration(tmp_path, name):
    arguments = "'a', {}" if name in ("executeCommand", "setContext") else ""
    assert failure(tmp_path, f"demisto.{name}({arguments})").message == f"Demisto object has no function `{name}`."


@pytest.mark.parametrize(
    "call",
    [
        "createIncidents([{}])", "createAlerts([])", "dt({}, 'a')", "mapObject({}, 'm', 't')", "_apiCall('a')",
        "internalHttpRequest('GET', '/')", "getAutoFocusApiKey()", "addEntry('1', 'e')", "mirrorInvestigation('1')",
        "directMessage('a')", "handleEntitlementForUser('1', 'g', 'e', 'c')", "_Demisto__do({'type': 'x'})",
    ],
)  # fmt: skip
def test_what_is_not_simulated_is_named(tmp_path, call):
    [cycle] = cycles_of(tmp_path, f"demisto.{call}", cycles=2)
    assert cycle.outcome is Outcome.UNSUPPORTED
    assert "is not simulated" in cycle.failure.message


def test_local_look_ups(tmp_path):
    text = """
        demisto.info(demisto.get({'a': {'b': 1}}, 'a.b'), demisto.get({}, 'a', 5), demisto.gets({'a': 1}, 'a'))
        demisto.info(demisto.integrationInstance(), demisto.investigation()['id'] != '', demisto.parentEntry())
        demisto.info(demisto.isTimeSensitive(), demisto.is_debug, demisto.getLicenseCustomField('a') == '')
        demisto.info(len(demisto.uniqueFile()), demisto.unifiedConnectorMetadata(), demisto.findUser(email='a'))
        demisto.info(demisto.searchIndicators(value='a')['total'], demisto.get_incidents(), demisto.context())
    """
    assert logs(tmp_path, text, instance="prod") == [
        "1 5 1", "prod True {}", "False False True", "36 {} {}", "0 [] {}",
    ]  # fmt: skip


def test_the_version_names_the_platform_at_load(tmp_path):
    assert logs(tmp_path, "demisto.info(sorted(demisto.demistoVersion()))") == [
        "['buildNumber', 'platform', 'version']"
    ]


def test_the_calling_context_has_the_keys_of_a_server_s(tmp_path):
    text = "demisto.info(sorted(demisto.callingContext), demisto.callingContext['context']['TimeoutDuration'])"
    assert logs(tmp_path, text) == ["['args', 'command', 'context', 'integration', 'native', 'params'] 300000000000"]


def test_files_and_health_and_indicators_are_taken(tmp_path):
    text = """
        result = fileResult('a.txt', 'data')
        demisto.info(open(demisto.getFilePath(result['FileID'])['path']).read())
        demisto.updateModuleHealth({'eventsPulled': 3})
        demisto.updateModuleHealth('bad', is_error=True)
        demisto.createIndicators([{'value': 'a', 'type': 'IP'}])
    """
    [cycle] = cycles_of(tmp_path, text, cycles=1)
    assert logged(cycle) == ["data"]
    assert [call.name for call in cycle.host_calls] == ["updateModuleHealth", "updateModuleHealth", "createIndicators"]
    assert len(cycle.files) == 1


def test_multithreading_can_wrap_the_private_channel(tmp_path):
    assert logs(tmp_path, "support_multithreading()\ndemisto.info('on')") == ["on"]


def test_calls_from_worker_threads_are_recorded(tmp_path):
    text = """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(demisto.info, range(3)))
    """
    assert sorted(logs(tmp_path, text)) == ["0", "1", "2"]
