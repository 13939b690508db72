"""Rows of docs/fidelity.md that no other test holds. An expected failure is a row that is still open."""

import json
import sys
from datetime import datetime, timedelta
from types import ModuleType

import pytest
from integrations import START, a_scenario, an_integration, cycles_of, logged

from xsim import api
from xsim.load import load_integration, load_parameters
from xsim.model import Outcome
from xsim.record import State, state_folder
from xsim.simulate import run_command
from xsim.simulate.decode import decode_batch

COUNTS = """
    last_run = demisto.getLastRun()
    count = last_run.get('count', 0) + 1
    demisto.incidents([{'name': 'a', 'rawJSON': json.dumps({'id': count})}])
    demisto.setLastRun({'count': count})
    demisto.setIntegrationContext({'seen': count})
"""


def logs(tmp_path, fetch, **scenario):
    [cycle] = cycles_of(tmp_path, fetch, cycles=1, **scenario)
    assert cycle.outcome is Outcome.OK, cycle.failure
    return logged(cycle)


def pressed(tmp_path, text, **scenario):
    """The cycle of a test-module command with that text."""
    return run_command(an_integration(tmp_path, text), a_scenario(**scenario), "test-module")


def parameters_of(tmp_path, configuration, *overrides):
    """The values that an integration gets whose yml declares `configuration`, a list of JSON objects."""
    script = "import demistomock as demisto\ndemisto.incidents([])  # fetch-incidents\n"
    (tmp_path / "Door.py").write_text(script, encoding="utf-8")
    yml = {"name": "Door", "configuration": configuration, "script": {"type": "python", "isfetch": True}}
    (tmp_path / "Door.yml").write_text(json.dumps(yml), encoding="utf-8")
    return load_parameters(load_integration(tmp_path / "Door.py"), overrides=overrides).values


def run(tmp_path, **options):
    return api.run(tmp_path / "integration.py", **{"cycles": 2, **options})


def stored(tmp_path, instance="instance_1"):
    """Last run and integration context on disk."""
    folder = state_folder(load_integration(tmp_path / "integration.py"), instance)
    with State(folder) as state:
        return state.last_run, state.context


# --- 0: the wire ---


def test_an_exception_that_is_no_exception_fails_the_command_and_not_the_run(tmp_path):
    cycles = cycles_of(tmp_path, "raise GeneratorExit('out')", cycles=2)
    assert [cycle.outcome for cycle in cycles] == [Outcome.FAILED] * 2
    assert cycles[0].failure.kind == "GeneratorExit"


# --- 1: last run and its siblings ---


def test_a_decimal_in_the_last_run_raises_at_the_set(tmp_path):
    [cycle] = cycles_of(tmp_path, "from decimal import Decimal\ndemisto.setLastRun({'a': Decimal(1)})", cycles=1)
    assert cycle.failure.kind == "TypeError"
    assert cycle.last_run_after == {}


def test_the_order_of_keys_and_the_digits_of_numbers_are_kept(tmp_path):
    text = "demisto.setLastRun({'b': 2 ** 60 + 1, 'a': 1650000000.0})\ndemisto.info(json.dumps(demisto.getLastRun()))"
    assert logs(tmp_path, text) == ['{"b": 1152921504606846977, "a": 1650000000.0}']


def test_the_calling_context_holds_the_last_run_as_text(tmp_path):
    text = "context = demisto.callingContext['context']\ndemisto.info(type(context['LastRun']).__name__)"
    assert logs(tmp_path, text) == ["str"]


def test_a_mock_s_last_run_is_nowhere_to_be_found(tmp_path):
    [cycle] = cycles_of(tmp_path, "import demistomock\ndemisto.info(demistomock.getLastRun())", cycles=1)
    assert logged(cycle) == ["{}"]


def test_return_error_in_test_module_is_an_error_entry_and_an_exit(tmp_path):
    cycle = pressed(tmp_path, "return_error('no such host')\ndemisto.info('not reached')")
    assert cycle.outcome is Outcome.OK
    assert [(entry["Type"], entry["Contents"]) for entry in cycle.results] == [(4, "no such host")]
    assert "not reached" not in logged(cycle)


def test_a_script_that_swallows_return_error_has_not_failed(tmp_path):
    text = """
        try:
            return_error('bad')
        except Exception:
            demisto.setLastRun({'went': 'on'})
    """
    [cycle] = cycles_of(tmp_path, text, cycles=1)
    assert cycle.outcome is Outcome.OK
    assert cycle.last_run_after == {"went": "on"}


def test_test_module_has_no_last_run_whatever_is_stored(tmp_path):
    assert logged(pressed(tmp_path, "demisto.info(demisto.getLastRun())", last_run={"a": 1})) == ["{}"]


def test_the_test_button_stores_nothing(tmp_path):
    an_integration(tmp_path, COUNTS)
    api.press_test(tmp_path / "integration.py", options=api.Options())
    assert stored(tmp_path) == ({}, {})


def test_other_parameters_do_not_reset_the_last_run(tmp_path):
    an_integration(tmp_path, COUNTS)
    run(tmp_path, param_texts=["max_fetch=1"])
    run(tmp_path, param_texts=["max_fetch=2"])
    assert stored(tmp_path) == ({"count": 4}, {"seen": 4})


def test_after_a_reset_the_next_fetch_is_a_first_one_and_delivers_again(tmp_path):
    integration = an_integration(tmp_path, COUNTS)
    assert not _duplicates(run(tmp_path))
    with State(state_folder(integration, "instance_1")) as state:
        state.set_last_run({})
    report = run(tmp_path, cycles=1)
    assert [cycle.last_run_before for cycle in report.journal.cycles] == [{}]
    assert _duplicates(report)
    assert stored(tmp_path)[0] == {"count": 1}


def _duplicates(report):
    return [finding for finding in report.findings if finding.rule == "duplicate-event"]


def test_the_stores_of_mirroring_and_assets_are_others(tmp_path):
    text = """
        demisto.setLastRun({'fetch': 1})
        demisto.setLastMirrorRun({'mirror': 1})
        demisto.setAssetsLastRun({'assets': 1})
        demisto.info(demisto.getLastRun(), demisto.getLastMirrorRun(), demisto.getAssetsLastRun())
    """
    assert logs(tmp_path, text) == ["{'fetch': 1} {'mirror': 1} {'assets': 1}"]


def test_a_context_replaces_the_one_before_whole(tmp_path):
    [cycle] = cycles_of(tmp_path, "demisto.setIntegrationContext({'b': 2})", cycles=1, context={"a": 1})
    assert cycle.context_after == {"b": 2}


def test_a_next_trigger_is_a_value_like_any_other(tmp_path):
    cycles = cycles_of(tmp_path, "demisto.incidents([])\ndemisto.setLastRun({'nextTrigger': '30'})", cycles=2)
    assert cycles[1].last_run_before == {"nextTrigger": "30"}
    assert cycles[1].started - START == timedelta(minutes=1)


# --- 2: incidents ---


@pytest.mark.parametrize(
    ("fields", "right", "wrong"),
    [
        ("status sla severity", 1.5, "1"),
        ("created closed modified activated dueDate reminder lastOpen notifyTime", "2024-05-14T09:30:00Z", "today"),
        ("linkedIncidents roles previousRoles canvases dbotMirrorTags", ["a"], [1]),
        ("openDuration autime droppedCount linkedCount version ShardID", 1, 1.5),
        ("isPlayground hasRole createInvestigation", True, "true"),
        ("category phase reason account parent playbookId closeReason closeNotes rawName id", "a", 1),
        ("dbotMirrorDirection dbotMirrorInstance sourceBrand sourceInstance investigationId", "a", ["a"]),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else None,
)
def test_each_field_of_an_incident_takes_its_own_type(fields, right, wrong):
    for field in fields.split():
        for value, refused in ((right, []), (wrong, [field])):
            batch = [{field: value}]
            found = decode_batch(json.dumps(batch), batch)[1]
            assert [refusal.field.partition("[")[0] for refusal in found] == refused


def test_status_and_severity_have_their_numbers(tmp_path):
    text = """
        status, severity = IncidentStatus, IncidentSeverity
        demisto.info([status.PENDING, status.ACTIVE, status.DONE, status.ARCHIVE])
        demisto.info([severity.UNKNOWN, severity.INFO, severity.LOW, severity.MEDIUM, severity.HIGH, severity.CRITICAL])
    """
    assert logs(tmp_path, text) == ["[0, 1, 2, 3]", "[0, 0.5, 1, 2, 3, 4]"]


def test_a_batch_above_the_recommended_limit_is_taken_whole(tmp_path):
    [cycle] = cycles_of(tmp_path, "demisto.incidents([{'name': str(n)} for n in range(300)])", cycles=1)
    assert cycle.outcome is Outcome.OK
    assert len(json.loads(cycle.incidents[0])) == 300


def test_an_error_entry_in_a_fetch_hides_its_message(tmp_path):
    text = "demisto.results({'Type': 4, 'Contents': 'Failed', 'ContentsFormat': 'text'})\nsys.exit(0)"
    [cycle] = cycles_of(tmp_path, text, cycles=1)
    assert cycle.outcome is Outcome.REFUSED
    assert cycle.failure.message == "invalid character 'F' looking for beginning of value"


def test_an_empty_list_of_entries_is_no_incidents_call(tmp_path):
    [cycle] = cycles_of(tmp_path, "demisto.results([])", cycles=1)
    assert (cycle.outcome, cycle.incidents) == (Outcome.OK, ())


def test_the_order_of_incidents_and_set_last_run_is_recorded(tmp_path):
    calls = ["demisto.setLastRun({})", "demisto.incidents([])"]
    for order in (calls, calls[::-1]):
        [cycle] = cycles_of(tmp_path, "\n".join(order), cycles=1)
        assert [f"demisto.{call.name}" for call in cycle.host_calls] == [text.partition("(")[0] for text in order]


# --- 3: scheduling ---


def test_the_interval_is_a_minute_unless_the_instance_says_otherwise(tmp_path):
    parameters_of(tmp_path, [{"name": "incidentFetchInterval", "type": 19, "defaultvalue": "5"}])
    for options, minutes in (
        (api.Options(), 5),
        (api.Options(param_texts=["incidentFetchInterval=7"]), 7),
        (api.Options(interval=timedelta(minutes=9)), 9),
    ):
        assert api.load(tmp_path / "Door.py", options)[1].interval == timedelta(minutes=minutes)
    parameters_of(tmp_path, [])
    assert api.load(tmp_path / "Door.py", api.Options())[1].interval == timedelta(minutes=1)


def test_the_time_limit_is_a_setting_that_the_script_can_see(tmp_path):
    text = """
        import time
        context = demisto.callingContext['context']
        demisto.info(context['TimeoutDuration'], context['runDuration'])
        time.sleep(200)
    """
    [cycle] = cycles_of(tmp_path, text, cycles=1, settings={"command_timeout": timedelta(minutes=3)})
    assert logged(cycle) == ["180000000000 3"]
    assert cycle.outcome is Outcome.TIMED_OUT
    assert cycle.ended - cycle.started == timedelta(minutes=3)


def test_the_deadline_in_the_calling_context_is_the_moment_itself(tmp_path):
    [text] = logs(tmp_path, "demisto.info(demisto.callingContext['context']['Timeout'])")
    assert datetime.fromisoformat(text.replace("Z", "+00:00")) == START + timedelta(minutes=5)


# --- 4: parameters ---


@pytest.mark.parametrize("kind", [0, 1, 4, 12, 13, 14, 15, 17, 18, 19])
def test_all_but_checkbox_credentials_and_lists_arrive_as_text(tmp_path, kind):
    assert parameters_of(tmp_path, [{"name": "x", "type": kind, "defaultvalue": "7"}])["x"] == "7"
    assert parameters_of(tmp_path, [{"name": "x", "type": kind}], "x=8")["x"] == "8"


@pytest.mark.parametrize("kind", [20, 22, 23])
def test_parts_of_the_screen_are_no_parameters(tmp_path, kind):
    assert "x" not in parameters_of(tmp_path, [{"name": "x", "type": kind, "defaultvalue": "7"}])


@pytest.mark.parametrize(("default", "truth"), [("true", True), (True, True), ("", False), ("false", False)])
def test_the_default_of_a_checkbox_may_be_text_or_truth(tmp_path, default, truth):
    assert parameters_of(tmp_path, [{"name": "x", "type": 8, "defaultvalue": default}])["x"] is truth


def test_of_credentials_the_password_may_be_given_alone(tmp_path):
    declared = [{"name": "key", "type": 9, "hiddenusername": True}]
    value = parameters_of(tmp_path, declared, "key.password=s3cret")["key"]
    assert (value["identifier"], value["password"]) == ("", "s3cret")


def test_the_fields_of_the_instance_itself_are_no_parameters(tmp_path):
    declared = [{"name": name, "type": 8} for name in ("proxy", "insecure", "longRunning")]
    assert set(parameters_of(tmp_path, declared)) == {
        *("proxy", "insecure", "longRunning"),
        *("isFetch", "incidentType", "incidentFetchInterval"),
    }


def test_a_declared_text_is_none_and_a_list_is_empty_until_they_are_set(tmp_path):
    values = parameters_of(
        tmp_path,
        [{"name": "query", "type": 12}, {"name": "kinds", "type": 16}, {"name": "on", "type": 8}],
    )
    assert (values["query"], values["kinds"], values["on"]) == (None, [], False)


def test_an_environment_variable_leaves_unset_parameters_at_none(tmp_path, monkeypatch):
    monkeypatch.setenv("COMMON_SERVER_NO_AUTO_PARAMS_REMOVE_NULLS", "1")
    assert logs(tmp_path, "demisto.info(demisto.params().get('a', 5))", params={"a": None}) == ["None"]


def test_a_script_that_replaces_its_params_does_so_for_one_cycle(tmp_path):
    text = """
        demisto.info(type(demisto.params()).__name__)
        class Mine(dict):
            pass
        demisto.callingContext['params'] = Mine()
    """
    assert [logged(cycle) for cycle in cycles_of(tmp_path, text)] == [["SmartGetDict"]] * 3


def test_params_in_a_default_dict_do_not_end_the_run(tmp_path):
    text = """
        from collections import defaultdict
        demisto.callingContext['params'] = defaultdict(str, demisto.params())
    """
    assert [cycle.outcome for cycle in cycles_of(tmp_path, text)] == [Outcome.OK] * 3


def test_a_yml_may_declare_several_kinds_of_fetch(tmp_path):
    script = "import demistomock as demisto\ndemisto.incidents([])  # fetch-incidents, fetch-events\n"
    (tmp_path / "Door.py").write_text(script, encoding="utf-8")
    yml = {"name": "Door", "configuration": [], "script": {"isfetch": True, "isfetchevents": True}}
    (tmp_path / "Door.yml").write_text(json.dumps(yml), encoding="utf-8")
    assert load_integration(tmp_path / "Door.py").notes == ()


# --- 5: how the script is run ---


@pytest.mark.parametrize("name", ["__main__", "__mp_main__"])
def test_a_guard_for_another_name_keeps_main_from_running(tmp_path, name):
    assert logs(tmp_path, f"if __name__ == '{name}':\n    demisto.info('ran')") == []


def test_there_is_no_file_name_in_the_globals(tmp_path):
    assert logs(tmp_path, "demisto.info('__file__' in globals())") == ["False"]


def test_a_class_of_the_script_cannot_be_pickled(tmp_path):
    [cycle] = cycles_of(tmp_path, "import pickle\nclass Point: pass\npickle.dumps(Point())", cycles=1)
    assert cycle.failure.kind == "PicklingError"


def test_python_s_own_logging_does_not_reach_the_log_of_the_server(tmp_path):
    text = "import logging\nlogging.getLogger('client').warning('careful')\ndemisto.debug('on')"
    [cycle] = cycles_of(tmp_path, text, cycles=1)
    assert [line.text for line in cycle.log if line.level != "stderr"] == ["on"]


def test_print_takes_no_keywords(tmp_path):
    for keyword in ("end=''", "sep=','", "flush=True"):
        [cycle] = cycles_of(tmp_path, f"print('a', {keyword})", cycles=1)
        assert cycle.failure.kind == "TypeError"


def test_the_class_of_demisto_can_be_changed_for_one_cycle(tmp_path):
    text = """
        class Mine(type(demisto)):
            def incidents(self, incidents=None):
                super().incidents([{'name': 'mine'}])
        demisto.info(type(demisto) is Demisto)
        demisto.__class__ = Mine
        demisto.incidents([])
    """
    cycles = cycles_of(tmp_path, text, cycles=2)
    assert [logged(cycle) for cycle in cycles] == [["True"]] * 2
    assert [cycle.incidents for cycle in cycles] == [('[{"name": "mine"}]',)] * 2


def test_the_context_of_the_call_has_every_key_of_a_server_s(tmp_path):
    expected = """IntegrationBrand IntegrationInstance BrandContext ScriptName ScriptType Inv Incidents ParentEntry
        ExecutionContext ExecutedCommands CommandsExecuted DockerImage DockerWorkingDir IsDebug IsSampling
        IsRunningDocker IntegrationContext IntegrationContextChanged LastRun Timeout TimeoutDuration User Lists
        PlaybookInputs runDuration"""
    [text] = logs(tmp_path, "demisto.info(json.dumps(demisto.callingContext['context']))", instance="prod")
    context = json.loads(text)
    assert set(context) == set(expected.split())
    assert (context["IntegrationInstance"], context["IsSampling"], context["IsDebug"]) == ("prod", False, False)


def test_common_server_python_sees_that_an_integration_runs(tmp_path):
    text = "demisto.info(is_integration_command_execution(), is_xsoar(), is_using_engine())"
    assert logs(tmp_path, text) == ["True True False"]


def test_the_user_s_own_additions_are_there_without_an_import(tmp_path):
    (tmp_path / "CommonServerUserPython.py").write_text("def mine():\n    return 'mine'\n", encoding="utf-8")
    assert logs(tmp_path, "demisto.info(mine())") == ["mine"]


def test_the_user_s_own_additions_come_after_common_server_python(tmp_path):
    (tmp_path / "CommonServerUserPython.py").write_text("def argToList(*_):\n    return 'mine'\n", encoding="utf-8")
    assert logs(tmp_path, "demisto.info(argToList('a'))") == ["mine"]


def test_the_user_s_own_additions_can_use_common_server_python_unasked(tmp_path):
    text = "def both(text):\n    demisto.info(argToList(text))\n"
    (tmp_path / "CommonServerUserPython.py").write_text(text, encoding="utf-8")
    assert logs(tmp_path, "both('a,b')") == ["['a', 'b']"]


def test_an_api_module_stands_in_the_script_s_namespace(tmp_path):
    text = "def tell():\n    demisto.info(argToList('a,b'), LIMIT)\n"
    (tmp_path / "DoorApiModule.py").write_text(text, encoding="utf-8")
    assert logs(tmp_path, "from DoorApiModule import *\nLIMIT = 5\ntell()") == ["['a', 'b'] 5"]


def test_print_in_an_api_module_takes_no_keywords(tmp_path):
    text = "import sys\ndef tell():\n    print('a', file=sys.stderr)\n"
    (tmp_path / "DoorApiModule.py").write_text(text, encoding="utf-8")
    [cycle] = cycles_of(tmp_path, "from DoorApiModule import *\ntell()", cycles=1)
    assert cycle.failure is not None
    assert cycle.failure.kind == "TypeError"


@pytest.mark.xfail(strict=True, reason="CommonServerPython is a module of its own (docs/decisions/0001)")
def test_a_function_of_the_script_takes_the_place_of_one_that_common_server_python_calls(tmp_path):
    text = """
        def is_demisto_version_ge(*_):
            return False
        try:
            get_last_mirror_run()
        except DemistoException:
            demisto.info('too old')
    """
    assert logs(tmp_path, text) == ["too old"]


@pytest.mark.parametrize("line", ["import CommonServerPython as csp", "from CommonServerPython import argToList"])
def test_an_import_that_the_build_leaves_in_place_is_told(tmp_path, line):
    integration = an_integration(tmp_path, "demisto.incidents([])", header=f"import demistomock as demisto\n{line}\n")
    assert any("CommonServerPython" in note for note in integration.notes)


def test_the_newer_way_to_several_threads_is_there(tmp_path):
    assert logs(tmp_path, "demisto.enable_multithreading()\ndemisto.info('on')") == ["on"]


def test_validators_of_pydantic_can_be_defined_anew_each_cycle(tmp_path, monkeypatch):
    pydantic = ModuleType("pydantic.class_validators")
    pydantic._FUNCS = set()
    monkeypatch.setitem(sys.modules, "pydantic.class_validators", pydantic)
    text = """
        import sys
        names = sys.modules['pydantic.class_validators']._FUNCS
        demisto.info('builtins.check' in names)
        names.add('builtins.check')
    """
    assert [logged(cycle) for cycle in cycles_of(tmp_path, text)] == [["False"]] * 3


# --- 6: the functions of demisto ---


def test_results_makes_entries_of_texts_dicts_and_lists(tmp_path):
    cycle = pressed(
        tmp_path, "demisto.results({'a': 1})\ndemisto.results(['b', {'Contents': 'c', 'ContentsFormat': 'text'}, 3])"
    )
    assert [(entry["Type"], entry["ContentsFormat"], entry["Contents"]) for entry in cycle.results] == [
        (1, "json", '{"a": 1}'),
        (1, "text", "b"),
        (1, "text", "c"),
        (1, "text", "3"),
    ]


@pytest.mark.parametrize("call", ["execute('a', {})", "exception('a')"])
def test_further_functions_for_scripts_raise_in_an_integration(tmp_path, call):
    [cycle] = cycles_of(tmp_path, f"demisto.{call}", cycles=1)
    assert cycle.failure.message.startswith("Demisto object has no function ")


def test_credentials_are_written_as_json_at_the_call(tmp_path):
    assert logs(tmp_path, "demisto.credentials([{'user': 'a'}])\ndemisto.info('on')") == ["on"]
    [cycle] = cycles_of(tmp_path, "demisto.credentials([{'user': {1, 2}}])", cycles=1)
    assert cycle.failure.kind == "TypeError"


def test_indicators_take_the_second_argument_of_mock_and_server(tmp_path):
    text = """
        demisto.createIndicators([{'value': 'a'}], True)
        demisto.createIndicators([{'value': 'b'}], {'last': 'run'}, True)
        demisto.createIndicators(indicators=[{'value': 'c'}], noUpdate=True)
        demisto.createIndicators(indicators_batch=[{'value': 'd'}])
    """
    [cycle] = cycles_of(tmp_path, text, cycles=1)
    assert [json.loads(call.arguments)[0]["value"] for call in cycle.host_calls] == ["a", "b", "c", "d"]


def test_what_the_server_says_of_itself(tmp_path):
    text = """
        import uuid
        demisto.info(uuid.UUID(demisto.uniqueFile()).version, demisto.getIndexHash(), demisto.heartbeat('on'))
        demisto.info(sorted(demisto.demistoUrls()), demisto.getLicenseID() != '')
        demisto.info(demisto.alerts(), demisto.get_alerts(), demisto.alert(), demisto.incident())
        demisto.info(demisto.searchRelationships({'a': 1})['total'])
    """
    assert logs(tmp_path, text) == [
        "4  None",
        "['evidenceBoard', 'investigation', 'relatedIncidents', 'server', 'warRoom', 'workPlan'] True",
        "[] [] {} {}",
        "0",
    ]


def test_a_file_is_known_by_id_path_and_name(tmp_path):
    text = """
        file = fileResult('a.txt', 'data')
        demisto.info(sorted(demisto.getFilePath(file['FileID'])))
        try:
            demisto.getFilePath('unknown')
        except ValueError:
            demisto.info('not found')
    """
    assert logs(tmp_path, text) == ["['id', 'name', 'path']", "not found"]


# --- 8: health and metrics ---


def test_an_entry_of_metrics_is_no_list_of_incidents(tmp_path):
    text = """
        metrics = ExecutionMetrics()
        metrics.success += 1
        return_results(metrics.metrics)
        demisto.incidents([{'name': 'a'}])
    """
    [cycle] = cycles_of(tmp_path, text, cycles=1)
    assert (cycle.outcome, len(cycle.incidents)) == (Outcome.OK, 1)
    assert cycle.results[0]["Type"] == 19
