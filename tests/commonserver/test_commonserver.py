"""xsim's own CommonServerPython: what integrations get where no content checkout is at hand."""

# ruff: noqa: N802, N815 - the platform's and http.server's spelling.

import contextlib
import json
import os
import re
import sys
import threading
import types
import warnings
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from freezegun import freeze_time

TEXT = Path(__file__).parents[2] / "xsim" / "commonserver" / "CommonServerPython.py"
CODE = compile(TEXT.read_text(encoding="utf-8"), str(TEXT), "exec")
NOW = "2024-03-01T12:00:00.250000"


class FakeDemisto(types.ModuleType):
    """As much of the host as the module asks for; it keeps what it is handed."""

    def __init__(self):
        super().__init__("demistomock")
        self.callingContext = {"params": {"url": None, "limit": 5}, "context": {}}
        self.is_debug = False
        self.handed = []
        self.logged = []
        self.last_run = {}
        self.context = {"context": {}, "version": 0}
        self.health = []
        self.running = "fetch-incidents"
        self.version = {"version": "6.10.0", "buildNumber": "200", "platform": "xsoar"}

    def params(self):
        return self.callingContext["params"]

    def command(self):
        return self.running

    def demistoVersion(self):
        return self.version

    def results(self, results):
        self.handed.append(results)

    def info(self, *args):
        self.logged.append(args[0])

    debug = error = log = info

    def getLicenseID(self):
        return "licence"

    def uniqueFile(self):
        return "unique"

    def investigation(self):
        return {"id": "1"}

    def getLastRun(self):
        return self.last_run

    def setLastRun(self, value):
        self.last_run = value

    def getIntegrationContextVersioned(self, refresh=False):
        return json.loads(json.dumps(self.context))

    def setIntegrationContextVersioned(self, context, version=-1, sync=False):
        if version not in (-1, self.context["version"]):
            raise ValueError("stale version")
        self.context = {"context": context, "version": self.context["version"] + 1}

    def updateModuleHealth(self, data, is_error=False):
        self.health.append(data)

    def searchIndicators(self, page=0, size=100, **kwargs):
        found = list(range(page * size, min(5, (page + 1) * size)))
        return {"total": 5, "iocs": found}


def load(demisto):
    module = types.ModuleType("CommonServerPython")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "demistomock", demisto)
        exec(CODE, module.__dict__)
    return module


@pytest.fixture
def demisto():
    return FakeDemisto()


@pytest.fixture
def csp(demisto, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        # Set first, so that what the module removes is put back after the test.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return load(demisto)


@contextlib.contextmanager
def a_vendor(answers):
    """A server on this machine that answers each path with (status, body) and keeps what it was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
            status, body = answers[self.path.partition("?")[0]]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        server.server_close()


# --- Loading -----------------------------------------------------------------------------------------------------


def test_unset_parameters_take_their_defaults_after_loading(demisto, csp):
    assert demisto.params().get("url", "https://default") == "https://default"
    assert demisto.params()["url"] is None
    assert demisto.params().get("limit") == 5


def test_an_environment_variable_leaves_the_parameters_alone(demisto, monkeypatch):
    monkeypatch.setenv("COMMON_SERVER_NO_AUTO_PARAMS_REMOVE_NULLS", "1")
    load(demisto)
    assert demisto.params().get("url", "default") is None


def test_the_star_import_brings_along_what_integrations_use_unasked(csp):
    handed_over = "json datetime timedelta timezone requests dateparser traceback re os sys time base64 ET demisto"
    typing_names = "Any Dict List Optional Union Set"
    assert not set(f"{handed_over} {typing_names}".split()) - vars(csp).keys()


def test_executing_the_text_many_times_leaves_the_process_as_it_was(demisto):
    load(demisto)
    before = (warnings.showwarning, len(warnings.filters), dict(os.environ), list(__import__("logging").root.handlers))
    for _ in range(20):
        load(demisto)
    after = (warnings.showwarning, len(warnings.filters), dict(os.environ), list(__import__("logging").root.handlers))
    assert after == before


def test_debug_mode_keeps_one_log_handler_however_often_it_is_loaded(demisto):
    import logging

    demisto.is_debug = True
    modules = [load(demisto) for _ in range(3)]
    handlers = [each for each in logging.root.handlers if type(each).__name__ == "DemistoHandler"]
    for handler in handlers:
        logging.root.removeHandler(handler)
    logging.root.setLevel(logging.WARNING)
    assert modules
    assert len(handlers) == 1


# --- Errors and results ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", ["fetch-incidents", "fetch-credentials", "fetch-indicators", "long-running-execution"]
)
def test_return_error_raises_in_a_fetch(demisto, csp, command):
    demisto.running = command
    with pytest.raises(Exception, match=r"^it broke$") as caught:
        csp.return_error("it broke")
    assert type(caught.value) is Exception
    assert demisto.handed == []


def test_return_error_hands_over_an_error_entry_and_exits_elsewhere(demisto, csp):
    demisto.running = "fetch-events"
    with pytest.raises(SystemExit) as caught:
        csp.return_error("it broke", outputs={"a": 1})
    assert caught.value.code == 0
    assert demisto.handed == [{"Type": 4, "ContentsFormat": "text", "Contents": "it broke", "EntryContext": {"a": 1}}]


def test_return_error_stops_the_update_of_mirrored_incidents(demisto, csp):
    demisto.running = "get-modified-remote-data"
    with pytest.raises(SystemExit):
        csp.return_error("it broke")
    assert demisto.handed[0]["Contents"] == "skip update. error: it broke"


def test_return_error_masks_secrets_and_cuts_the_middle_of_a_long_message(demisto, csp):
    csp.add_sensitive_log_strs("s3cret")
    with pytest.raises(Exception, match="XX_REPLACED"):
        csp.return_error("token s3cret was refused")
    with pytest.raises(Exception, match="left out") as caught:
        csp.return_error("x" * 200_000)
    assert len(str(caught.value)) < 51_000


def test_demisto_exception_tells_its_message_and_keeps_the_answer(csp):
    error = csp.DemistoException("refused", exception=ValueError("x"), res="answer")
    assert str(error) == "refused"
    assert (error.message, error.res, str(error.exception)) == ("refused", "answer", "x")


def test_command_results_become_an_entry(csp):
    entry = csp.CommandResults(outputs_prefix="A.B", outputs_key_field="id", outputs=[{"id": 1}]).to_context()
    assert entry == {
        "Type": 1,
        "ContentsFormat": "json",
        "Contents": [{"id": 1}],
        "HumanReadable": "### Results\n|id|\n|---|\n| 1 |\n",
        "EntryContext": {"A.B(val.id && val.id == obj.id)": [{"id": 1}]},
        "IndicatorTimeline": [],
        "IgnoreAutoExtract": False,
        "Note": False,
        "Relationships": [],
    }


def test_command_results_carry_an_indicator_with_its_verdict(csp):
    score = csp.Common.DBotScore("1.1.1.1", csp.DBotScoreType.IP, "Vendor", 3, "evil")
    entry = csp.CommandResults(indicator=csp.Common.IP("1.1.1.1", score, geo_country="X")).to_context()
    [address, verdict] = entry["EntryContext"].values()
    assert address == [
        {
            "Address": "1.1.1.1",
            "Geo": {"Country": "X"},
            "Malicious": {"Vendor": "Vendor", "Description": "evil"},
        }
    ]
    assert verdict == [{"Indicator": "1.1.1.1", "Type": "ip", "Vendor": "Vendor", "Score": 3}]


def test_indicator_classes_refuse_arguments_that_they_do_not_have(csp):
    with pytest.raises(TypeError, match="unknown or repeated"):
        csp.Common.URL("https://a", None, colour="red")
    with pytest.raises(TypeError, match="lacks the arguments"):
        csp.Common.URL("https://a")


def test_return_results_hands_over_texts_and_dicts_of_a_list_together(demisto, csp):
    csp.return_results(["a", csp.CommandResults(readable_output="x"), {"Type": 1}])
    assert demisto.handed[0]["HumanReadable"] == "x"
    assert demisto.handed[1] == ["a", {"Type": 1}]


def test_a_scheduled_command_needs_a_server_that_knows_it(demisto, csp):
    entry = csp.CommandResults(scheduled_command=csp.ScheduledCommand("poll", 5, {"a": 1}, 60)).to_context()
    assert (entry["PollingCommand"], entry["NextRun"], entry["Timeout"]) == ("poll", "10", "60")
    demisto.version = {"version": "6.1.0"}
    older = load(demisto)
    with pytest.raises(older.DemistoException):
        older.ScheduledCommand("poll", 30)


def test_a_polling_function_is_called_again_until_it_is_done(csp):
    @csp.polling_function("poll", interval=20)
    def poll(args, client):
        return csp.PollResult("done", continue_to_poll=not args.get("ready"), args_for_next_run={"ready": True})

    entry = poll({"polling": "true"}, "client").to_context()
    assert (entry["PollingCommand"], entry["NextRun"]) == ("poll", "20")
    assert poll({"polling": "true", "ready": True}, "client") == "done"
    assert poll({"polling": "false"}, "client") == "done"


def test_file_result_writes_the_file_of_the_investigation(csp, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    entry = csp.fileResult("a.txt", "té")
    assert entry == {"Contents": "", "ContentsFormat": "text", "Type": 3, "File": "a.txt", "FileID": "unique"}
    assert (tmp_path / "1_unique").read_bytes() == "té".encode()


def test_mirroring_answers_take_the_shape_that_the_server_reads(demisto, csp):
    csp.return_results(csp.GetRemoteDataResponse({"id": "1"}, [{"Type": 1}]))
    csp.return_results(csp.GetModifiedRemoteDataResponse(["1"]))
    csp.return_results(csp.GetMappingFieldsResponse([csp.SchemeTypeMapping("Alert", {"field": "what"})]))
    assert demisto.handed == [
        [{"id": "1"}, {"Type": 1}],
        {"Contents": ["1"], "Type": 1, "ContentsFormat": "json"},
        {"Alert": {"field": "what"}},
    ]


# --- Arguments ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, []),
        ("", []),
        ("a, b,c", ["a", "b", "c"]),
        ('["a", 1]', ["a", 1]),
        ("[1,2", ["[1", "2"]),
        (["x"], ["x"]),
        (5, [5]),
    ],
)
def test_arg_to_list(csp, given, expected):
    assert csp.argToList(given) == expected


def test_arg_to_list_takes_a_separator_and_a_transformation(csp):
    assert csp.argToList("1|2", "|", int) == [1, 2]


@pytest.mark.parametrize(("given", "expected"), [(True, True), ("Yes", True), ("FALSE", False), ("no", False)])
def test_arg_to_boolean(csp, given, expected):
    assert csp.argToBoolean(given) is expected


@pytest.mark.parametrize("given", ["maybe", "", None, 1, "y"])
def test_arg_to_boolean_refuses_what_is_neither(csp, given):
    with pytest.raises(ValueError, match="Argument"):
        csp.argToBoolean(given)


@pytest.mark.parametrize(("given", "expected"), [("5", 5), ("5.7", 5), (5, 5), (None, None), ("", None), ("1e3", 1000)])
def test_arg_to_number(csp, given, expected):
    assert csp.arg_to_number(given) == expected


@pytest.mark.parametrize(
    ("given", "name", "told"),
    [("x", "limit", 'Invalid number: "limit"="x"'), ("x", None, '"x" is not a valid number'), (5.5, None, "5.5")],
)
def test_arg_to_number_names_what_is_wrong(csp, given, name, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        csp.arg_to_number(given, name)
    with pytest.raises(ValueError, match='Missing "limit"'):
        csp.arg_to_number(None, "limit", required=True)


def test_assign_params_leaves_out_empty_values_only(csp):
    assert csp.assign_params(a=1, b=None, c="", d=[], e={}, f=0, g=False) == {"a": 1, "f": 0, "g": False}
    assert csp.assign_params(keys_to_ignore=["a"], values_to_ignore=[None], a=1, b=None, c="") == {"c": ""}


def test_remove_empty_elements_keeps_texts_and_zeros(csp):
    given = {"a": None, "b": "", "c": [None, {}], "d": {"x": []}, "e": 0}
    assert csp.remove_empty_elements(given) == {"b": "", "e": 0}


def test_dict_safe_get_walks_keys_and_indices(csp):
    nested = {"a": [{"b": 1}]}
    assert csp.dict_safe_get(nested, ["a", 0, "b"]) == 1
    assert csp.dict_safe_get(nested, ["a", 3], "default") == "default"
    with pytest.raises(TypeError):
        csp.dict_safe_get(nested, ["a"], return_type=dict)


def test_batch_yields_the_rest_last(csp):
    assert list(csp.batch([1, 2, 3], 2)) == [[1, 2], [3]]


# --- Time --------------------------------------------------------------------------------------------------------


@freeze_time(NOW)
@pytest.mark.parametrize(
    "text",
    ["3 days", "1 hour", "12 hours", "7 days ago", "10 minutes", "2 weeks", "30 seconds", "0 days", "1 months"]
    + ["2020-11-10T21:43:43", "2020-11-10T21:43:43.123", "2020-11-10T21:43:43.123456"],
)
def test_the_short_way_gives_what_dateparser_gives(demisto, text):
    csp = load(demisto)
    assert csp.arg_to_datetime(text) == csp.dateparser.parse(text, settings={"TIMEZONE": "UTC"})
    assert csp.arg_to_datetime(text).tzinfo is None


def test_arg_to_datetime_reads_epochs_as_aware_utc(csp):
    moment = datetime(2020, 2, 17, 23, 34, 23, tzinfo=timezone.utc)
    for given in (1581982463, "1581982463", 1581982463000, "1581982463000"):
        assert csp.arg_to_datetime(given) == moment


def test_arg_to_datetime_keeps_a_zone_that_the_text_names(csp):
    assert csp.arg_to_datetime("2020-11-10T21:43:43Z").utcoffset() == timedelta(0)


@freeze_time(NOW)
def test_parse_date_range_counts_back_from_now(demisto):
    csp = load(demisto)
    now = datetime.fromisoformat(NOW)
    assert csp.parse_date_range("3 days") == (now - timedelta(days=3), now)
    assert csp.parse_date_range("2 months")[0] == now - timedelta(days=60)
    assert csp.parse_date_range("1 hour", timezone=2) == (now + timedelta(hours=1), now + timedelta(hours=2))
    assert csp.parse_date_range("1 hour", "%H:%M") == ("11:00", "12:00")


@pytest.mark.parametrize("span", ["3", "x days", "3 fortnights", "3 days ago"])
def test_parse_date_range_ends_the_fetch_for_what_is_no_span(csp, span):
    with pytest.raises(Exception, match="date_range"):
        csp.parse_date_range(span)


def test_parse_date_string_drops_the_offset_and_cuts_long_fractions(csp):
    assert csp.parse_date_string("2019-09-17T06:16:39.4040+05:00") == datetime(2019, 9, 17, 6, 16, 39, 404000)
    assert csp.parse_date_string("2019-09-17T06:16:39.123456789Z") == datetime(2019, 9, 17, 6, 16, 39, 123456)
    with pytest.raises(ValueError, match="does not match"):
        csp.parse_date_string("17/09/2019")


def test_timestamps_and_texts(csp):
    assert csp.timestamp_to_datestring(1541494441222) == "2018-11-06T08:54:01.000Z"
    assert csp.timestamp_to_datestring("1541494441222", "%Y-%m-%dT%H:%M:%S", is_utc=True) == "2018-11-06T08:54:01"
    moment = datetime(2018, 11, 6, 8, 56, 41, 500000)
    assert csp.date_to_timestamp(moment) == csp.date_to_timestamp("2018-11-06T08:56:41")
    assert csp.date_to_timestamp(moment) % 1000 == 0
    assert csp.FormatIso8601(moment) == "2018-11-06T08:56:41"
    assert csp.epochToTimestamp(1541494441222) == "2018-11-06 08:54:01"


# --- Look-back ---------------------------------------------------------------------------------------------------


@freeze_time(NOW)
def test_the_window_starts_at_the_last_run_and_is_only_ever_widened(demisto):
    csp = load(demisto)
    stored = {"time": "2024-03-01T11:55:00"}
    assert csp.get_fetch_run_time_range(stored, "3 days") == ("2024-03-01T11:55:00", "2024-03-01T12:00:00")
    assert csp.get_fetch_run_time_range(stored, "3 days", look_back=60)[0] == "2024-03-01T11:00:00"
    assert csp.get_fetch_run_time_range(stored, "3 days", look_back=2)[0] == "2024-03-01T11:55:00"
    assert csp.get_fetch_run_time_range({}, "3 days", timezone=2) == ("2024-02-27T14:00:00", "2024-03-01T14:00:00")
    with pytest.raises(TypeError):
        csp.get_fetch_run_time_range({}, "", look_back=5)


def test_known_ids_are_dropped_before_the_limit_is_applied(csp):
    incidents = [{"id": "1"}, {"id": "2"}, {"id": "3"}]
    kept = csp.filter_incidents_by_duplicates_and_limit(incidents, {"found_incident_ids": {"1": 0}}, 1, "id")
    assert kept == [{"id": "2"}]


@freeze_time(NOW)
def test_the_last_run_moves_to_the_newest_incident_and_remembers_ids(demisto):
    csp = load(demisto)
    incidents = [{"id": "2", "created": "2024-03-01T11:58:00"}, {"id": "3", "created": "2024-03-01T11:57:00"}]
    now = int(csp.time.time())
    last_run = {"found_incident_ids": {"1": now - 60, "0": now - 7200}, "other": 1}
    window = ("2024-03-01T11:00:00", "2024-03-01T12:00:00")
    updated = csp.update_last_run_object(last_run, incidents, 10, *window, 10, "created", "id")
    assert updated == {
        "time": "2024-03-01T11:58:00",
        "limit": 14,
        "found_incident_ids": {"1": now - 60, "2": now, "3": now},
        "other": 1,
    }


def test_without_incidents_the_last_run_moves_to_the_end_of_the_window(csp):
    updated = csp.update_last_run_object({}, [], 10, "start", "end", 0, "created", "id")
    assert updated == {"time": "end", "limit": 10, "found_incident_ids": {}}


def test_ids_are_kept_while_the_time_does_not_move(csp):
    old = {"found_incident_ids": {"0": 1}}
    incidents = [{"id": "1", "created": "2024-03-01T11:00:00"}]
    window = ("2024-03-01T11:00:00", "2024-03-01T12:00:00")
    assert set(csp.update_last_run_object(old, incidents, 10, *window, 1, "created", "id")["found_incident_ids"]) == {
        "0",
        "1",
    }


def test_with_an_offset_the_time_stays(csp):
    incidents = [{"id": "1", "created": "2024-03-01T11:30:00"}]
    window = ("2024-03-01T11:00:00", "2024-03-01T12:00:00")
    stored = {"time": window[0]}
    updated = csp.update_last_run_object(stored, incidents, 1, *window, 0, "created", "id", new_offset=1)
    assert (updated["time"], updated["offset"]) == (window[0], 1)
    assert csp.calculate_new_offset(0, 10, 25) == 10
    assert csp.calculate_new_offset(20, 5, 25) == 0
    assert csp.calculate_new_offset(20, 0, 25) == 0


def test_ids_are_forgotten_after_twice_the_look_back(csp):
    assert csp.remove_old_incidents_ids({"a": 80, "b": 79, "c": 200}, 200, 1) == {"a": 80, "c": 200}
    assert csp.remove_old_incidents_ids({"a": 199, "b": 200}, 200, 0) == {"b": 200}


# --- Server, context ---------------------------------------------------------------------------------------------


def test_versions_are_compared_number_by_number(csp):
    assert csp.is_demisto_version_ge("6.2.0")
    assert csp.is_demisto_version_ge("6.10")
    assert not csp.is_demisto_version_ge("6.11.0")
    assert csp.is_demisto_version_ge("6.10.0", "200")
    assert not csp.is_demisto_version_ge("6.10.0", "201")


@pytest.mark.parametrize(
    ("platform", "version", "true"),
    [
        ("xsoar", "6.10.0", {"is_xsoar", "is_xsoar_on_prem"}),
        ("xsoar", "8.4.0", {"is_xsoar", "is_xsoar_on_prem", "is_xsoar_saas", "is_xsiam_or_xsoar_saas"}),
        ("xsoar_hosted", "6.10.0", {"is_xsoar", "is_xsoar_hosted"}),
        ("x2", "2.0.0", {"is_xsiam", "is_xsiam_or_xsoar_saas"}),
        (None, "6.0.0", {"is_xsoar", "is_xsoar_on_prem"}),
    ],
)
def test_platform_helpers(demisto, platform, version, true):
    demisto.version = {"version": version, **({"platform": platform} if platform else {})}
    csp = load(demisto)
    names = ["is_xsoar", "is_xsoar_on_prem", "is_xsoar_hosted", "is_xsoar_saas", "is_xsiam", "is_xsiam_or_xsoar_saas"]
    assert {name for name in names if getattr(csp, name)()} == true


def test_the_integration_context_is_merged_from_its_newest_version(demisto, csp):
    csp.set_integration_context({"seen": '[{"id": 1, "v": 1}]', "other": '"x"'})
    csp.set_to_integration_context_with_retries({"seen": [{"id": 1, "v": 2}, {"id": 2}]}, {"seen": "id"})
    assert csp.get_integration_context() == {"seen": '[{"id": 1, "v": 2}, {"id": 2}]', "other": '"x"'}
    assert csp.get_integration_context_with_version()[1] == 2
    with pytest.raises(ValueError, match="stale"):
        csp.set_integration_context({}, version=0)


def test_a_feed_moves_its_state_from_the_context_to_the_last_run(demisto, csp):
    csp.set_integration_context({"cursor": "5"})
    assert csp.get_feed_last_run() == {"cursor": "5"}
    assert demisto.last_run == {"cursor": "5"}
    assert csp.get_integration_context() == {}


def test_events_are_counted_and_not_sent(demisto, csp):
    csp.send_events_to_xsiam([{"a": 1}, {"b": 2}], "vendor", "product")
    csp.send_events_to_xsiam([], "vendor", "product")
    assert demisto.health == [{"eventsPulled": 2}, {"eventsPulled": 0}]


def test_the_searcher_iterates_over_the_pages(csp):
    assert [page["iocs"] for page in csp.IndicatorsSearcher(size=2)] == [[0, 1], [2, 3], [4]]
    assert [page["iocs"] for page in csp.IndicatorsSearcher(size=2, limit=2)] == [[0, 1]]


# --- Text and tables ---------------------------------------------------------------------------------------------


def test_names_change_their_case(csp):
    assert csp.pascalToSpace("EventIDCount2") == "Event ID Count 2"
    assert csp.string_to_table_header("hello_world") == "Hello World"
    assert csp.string_to_context_key("hello_world") == "HelloWorld"
    assert csp.underscoreToCamelCase("hello_world", upper_camel=False) == "helloWorld"
    assert csp.camel_case_to_underscore("getHTTPCode") == "get_http_code"
    assert csp.camelize([{"a_b": 1}], "_") == [{"AB": 1}]


@pytest.mark.parametrize(
    ("url", "suffix", "joined"),
    [("https://a", "b", "https://a/b"), ("https://a/", "/b/", "https://a/b/"), ("https://a", "", "https://a/")],
)
def test_urljoin_puts_one_slash_between(csp, url, suffix, joined):
    assert csp.urljoin(url, suffix) == joined


def test_create_context_nests_dotted_keys(csp):
    assert csp.createContext({"a.b": 1, "c": None}, removeNull=True) == {"a": {"b": 1}}


def test_a_table_in_markdown(csp):
    rows = [{"b": "x|y\nz", "a": [1, 2]}, {"a": True}]
    assert csp.tableToMarkdown("T", rows) == "### T\n|a|b|\n|---|---|\n| 1,<br>2 | x\\|y<br>z |\n| true |  |\n"
    assert csp.tableToMarkdown("T", []) == "### T\n**No entries.**\n"
    assert csp.tableToMarkdown("T", [{"a": None, "b": 1}], removeNull=True) == "### T\n|b|\n|---|\n| 1 |\n"
    with pytest.raises(Exception, match="header"):
        csp.tableToMarkdown("T", ["x"])


def test_xml_to_json(csp):
    assert json.loads(csp.xml2json('<n:a xmlns:n="u"><n:b y="2">z</n:b><n:b/></n:a>')) == {
        "a": {"b": [{"@y": "2", "#text": "z"}, None]}
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.1.1.1", "IP"),
        ("1.1.1.1/24", "CIDR"),
        ("2001:db8::1", "IPv6"),
        ("https://a.com/x", "URL"),
        ("a.com", "Domain"),
        ("*.a.com", "DomainGlob"),
        ("a@b.com", "Email"),
        ("CVE-2020-1234", "CVE"),
        ("a" * 32, "File"),
        ("hello", None),
    ],
)
def test_indicators_are_told_by_their_looks(csp, text, expected):
    assert csp.auto_detect_indicator_type(text) == expected


# --- HTTP --------------------------------------------------------------------------------------------------------


def test_a_client_sends_and_decodes(csp):
    with a_vendor({"/json": (200, b'{"a": 1}'), "/text": (200, b"<a/>")}) as (url, asked):
        client = csp.BaseClient(url, headers={"X-Own": "1"}, auth=("u", "p"))
        assert client._http_request("GET", "/json", params={"q": 1, "none": None}) == {"a": 1}
        assert client._http_request("POST", "json", json_data={"b": 2}, resp_type="content") == b'{"a": 1}'
        assert client._http_request("GET", "text", resp_type="text", headers={"X-Other": "2"}) == "<a/>"
        assert client._http_request("GET", full_url=url + "text", resp_type="response").status_code == 200
    assert [(method, path) for method, path, _, _ in asked[:2]] == [("GET", "/json?q=1"), ("POST", "/json")]
    assert asked[0][2]["X-Own"] == "1"
    assert asked[0][2]["Authorization"].startswith("Basic ")
    assert json.loads(asked[1][3]) == {"b": 2}
    assert "X-Own" not in asked[2][2]


def test_a_refused_request_raises_with_status_reason_and_body(csp):
    with a_vendor({"/j": (401, b'{"why": "no"}'), "/t": (500, b"oops")}) as (url, _):
        client = csp.BaseClient(url)
        with pytest.raises(csp.DemistoException) as caught:
            client._http_request("GET", "j")
        assert str(caught.value) == 'Error in API call [401] - Unauthorized\n{"why": "no"}'
        assert caught.value.res.status_code == 401
        with pytest.raises(csp.DemistoException, match="Internal Server Error\noops"):
            client._http_request("GET", "t")
        assert client._http_request("GET", "j", ok_codes=(401,)) == {"why": "no"}
        seen = []
        client._http_request("GET", "j", error_handler=lambda response: seen.append(response.status_code))
        assert seen == [401]


def test_an_answer_that_is_no_json_raises(csp):
    with a_vendor({"/t": (200, b"<a/>"), "/e": (204, b"")}) as (url, _):
        client = csp.BaseClient(url)
        with pytest.raises(csp.DemistoException, match="Failed to parse json object from response: b'<a/>'"):
            client._http_request("GET", "t")
        assert client._http_request("GET", "e", return_empty_response=True).status_code == 204


def test_failures_to_get_an_answer_become_demisto_exceptions(csp):
    errors = csp.requests.exceptions
    told = {
        errors.ConnectTimeout(): "Connection Timeout Error",
        errors.SSLError(): "SSL Certificate Verification Failed",
        errors.ProxyError(): "Proxy Error",
        errors.ConnectionError(): "Connection Error",
        errors.RetryError(): "Max Retries Error",
    }
    client = csp.BaseClient("https://vendor.example")
    for error, head in told.items():
        assert str(client._translated(error)).startswith(head)
    read_timeout = errors.ReadTimeout()
    assert client._translated(read_timeout) is read_timeout


def test_retries_are_mounted_for_https(csp):
    client = csp.BaseClient("https://vendor.example")
    client._implement_retry(2, [429], backoff_factor=1)
    retry = client._session.adapters["https://"].max_retries
    assert (retry.total, retry.status_forcelist, retry.backoff_factor) == (2, [429], 1)
    assert retry.allowed_methods == {"GET", "POST", "PUT", "PATCH", "DELETE"}
    assert client._session.adapters["http://"].max_retries.total == 0


def test_metrics_count_the_calls_that_ask_for_it(demisto, csp):
    with a_vendor({"/j": (200, b"{}"), "/q": (429, b"")}) as (url, _):
        client = csp.BaseClient(url)
        client._http_request("GET", "j", with_metrics=True)
        with pytest.raises(csp.DemistoException):
            client._http_request("GET", "q", with_metrics=True)
        entry = client.execution_metrics.metrics.to_context()
    assert entry["Type"] == 19
    assert entry["APIExecutionMetrics"] == [
        {"Type": "Successful", "APICallsCount": 1},
        {"Type": "QuotaError", "APICallsCount": 1},
    ]


def test_handle_proxy_takes_the_environment_or_removes_it(demisto, csp, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "proxy.example:80")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/bundle")
    demisto.params().update(proxy=True, insecure=True)
    assert csp.handle_proxy() == {"http": "http://proxy.example:80", "https": ""}
    assert "REQUESTS_CA_BUNDLE" not in os.environ
    demisto.params().update(proxy=False)
    assert csp.handle_proxy() == {}
    assert "HTTP_PROXY" not in os.environ


def test_the_environment_sets_the_timeout(csp, monkeypatch):
    assert csp.BaseClient("https://a").timeout == 60
    monkeypatch.setenv("REQUESTS_TIMEOUT", "5")
    assert csp.BaseClient("https://a").timeout == 5


def test_support_multithreading_locks_the_talk_with_the_server_once(demisto, csp):
    demisto._Demisto__do = lambda cmd: cmd
    csp.support_multithreading()
    locked = demisto._Demisto__do
    csp.support_multithreading()
    assert demisto._Demisto__do is locked
    assert locked("x") == "x"


def test_retry_calls_again_and_raises_the_last_error(csp, monkeypatch):
    monkeypatch.setattr(csp.time, "sleep", lambda seconds: None)
    calls = []

    @csp.retry(times=2, exceptions=ValueError)
    def fail():
        calls.append(1)
        raise ValueError("again")

    with pytest.raises(ValueError, match="again"):
        fail()
    assert len(calls) == 2
