"""A scenario file says what we choose about the world; what it gets wrong is named with its line."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from scenario_files import EVENT, loaded, refusal

from xsim.errors import InvalidScenario
from xsim.load import find_scenario, load_scenario
from xsim.model import Severity

CASES = Path(__file__).parent.parent.parent / "fixtures" / "cases"
UTC = timezone.utc


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-05-14T{text}+00:00")


def test_an_empty_file_is_the_default_world(tmp_path):
    file = loaded(tmp_path, "")
    scenario = file.scenario
    assert (scenario.cycles, scenario.interval, scenario.seed) == (10, timedelta(minutes=1), 1)
    assert scenario.starts.microsecond, "whole seconds hide faults"
    assert (scenario.last_run, scenario.context, scenario.events, scenario.has_vendor) == ({}, {}, (), False)
    assert (file.stated, scenario.name, scenario.identity) == ((), tmp_path.name, ())


def test_the_clock_is_taken_over(tmp_path):
    file = loaded(
        tmp_path,
        '[clock]\nstart = 2024-05-14T09:00:00+02:00\ninterval = "1h30m"\ncycles = 4\nskip = [3, 2, 3]\n'
        'pauses = [{after = 3, for = "2d"}, {after = 1, for = "2h"}]\ndrain = 0\ndrain_interval = "5m"\n'
        'latency = "1500ms"\ncommand_timeout = "3m"\n',
    )
    scenario = file.scenario
    assert scenario.starts == at("07:00:00")
    assert scenario.pauses == ((1, timedelta(hours=2)), (3, timedelta(days=2)))
    assert (scenario.skipped, scenario.drain, scenario.drain_interval) == ((2, 3), 0, timedelta(minutes=5))
    assert scenario.settings.latency == timedelta(milliseconds=1500)
    assert scenario.settings.command_timeout == timedelta(minutes=3)
    assert file.stated == ("starts", "interval", "cycles")


def test_what_the_caller_wants_stands_in_the_place_of_the_clock(tmp_path):
    text = '[clock]\nstart = 2024-01-01\n[identity]\ntime = "t"\n[[events]]\nrecord = {id = 1}\noccurred = "-10m"\n'
    file = loaded(tmp_path, text, starts=at("10:00:00"), cycles=3, seed=9, interval=timedelta(hours=1))
    assert file.scenario.events[0].occurred == at("09:50:00")
    assert (file.scenario.cycles, file.scenario.seed, file.scenario.interval) == (3, 9, timedelta(hours=1))
    assert file.stated == ("starts", "interval", "cycles", "seed")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('last_run = "2024-05-14T09:00:00Z"', "2024-05-14T09:00:00Z"),
        ("last_run = [1, {a = 2.5}]", [1, {"a": 2.5}]),
        ("last_run = {time = 2024-05-14T09:00:00Z}", {"time": "2024-05-14T09:00:00Z"}),
        ("last_run_json = 'null'", None),
        ("[last_run]\nids = []", {"ids": []}),
    ],
)
def test_a_run_starts_from_any_last_run(tmp_path, line, value):
    assert loaded(tmp_path, line).scenario.last_run == value


def test_context_platform_and_check_are_taken_over(tmp_path):
    file = loaded(
        tmp_path,
        '[context]\na = {b = 1}\n[platform]\non_malformed = "accept"\nwithout_incidents_call = "fail"\n'
        'several_incidents_calls = "last"\n[check]\nselect = "FC2"\nignore = ["FC201", "late-event"]\n'
        'severity = {FC202 = "note"}\nfail_on = "error"\nstrict = true\n'
        '[expect]\nverdict = "failed"\nmust = [{rule = "FC202", event = "A-1", cycle = 2}]\nowner = "me"\n',
    )
    assert file.scenario.context == {"a": {"b": 1}}
    settings = file.scenario.settings
    assert (settings.on_malformed, settings.without_incidents_call, settings.several_incidents_calls) == (
        "accept",
        "fail",
        "last",
    )
    assert file.check.select == ("FC2",)
    assert file.check.ignore == ("FC201", "late-event")
    assert (file.check.severity, file.check.fail_on, file.check.strict) == (
        {"FC202": Severity.NOTE},
        Severity.ERROR,
        True,
    )
    assert file.expect["must"] == [{"rule": "FC202", "event": "A-1", "cycle": 2}]


def test_references_in_parameters_are_not_looked_up_and_secrets_are_known(tmp_path):
    text = '[params]\nurl = "x"\napi_key = "k-123"\ntoken = "env:NOWHERE"\n'
    text += 'credentials = {identifier = "u", password = "pw"}'
    file = loaded(tmp_path, text)
    assert file.params["token"] == "env:NOWHERE"
    assert file.secrets == ("k-123", "pw")


def test_the_integration_is_seen_from_the_file(tmp_path):
    (tmp_path / "fetch.py").write_text("")
    assert loaded(tmp_path, 'integration = "fetch.py"').integration == tmp_path / "fetch.py"


# --- events -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        '"2024-05-14T09:29:00.5Z"',
        '"2024-05-14 11:29:00,500+0200"',
        '"2024-05-14T09:29:00.5000000"',
        "2024-05-14T09:29:00.5Z",
        "1715678940500",
        "1715678940.5",
        '"1715678940500000"',
        "1715678940500000000",
    ],
)
def test_the_time_of_an_event_is_read_in_any_layout(tmp_path, written):
    text = f'[identity]\ntime = "created"\n[[events]]\nrecord = {{id = "A", created = {written}}}'
    assert loaded(tmp_path, text).scenario.events[0].occurred == at("09:29:00.500000")


def test_a_mails_date_is_a_time(tmp_path):
    text = '[identity]\ntime = "d"\n[[events]]\nrecord = {id = "A", d = "Tue, 14 May 2024 11:29:00 +0200"}'
    assert loaded(tmp_path, text).scenario.events[0].occurred == at("09:29:00")


def test_an_event_is_listed_at_once_late_or_at_a_given_time(tmp_path):
    record = 'record = {id = "%s", created = "2024-05-14T09:29:00Z"}\n'
    text = f'[identity]\ntime = "created"\n[[events]]\n{record % "a"}[[events]]\n{record % "b"}lag = "5s"\n'
    text += f'[[events]]\n{record % "c"}visible = "+1m"\n[clock]\nstart = 2024-05-14T09:30:00Z'
    visible = {event.id: event.visible for event in loaded(tmp_path, text).scenario.events}
    assert visible == {"a": at("09:29:00"), "b": at("09:29:05"), "c": at("09:31:00")}


def test_events_stand_in_the_order_in_which_they_are_listed(tmp_path):
    text = '[identity]\ntime = "t"\n' + "".join(
        f'[[events]]\nrecord = {{id = "{name}"}}\noccurred = {when}\n'
        for name, when in (
            ("late", "2024-05-14T09:02:00Z"),
            ("a", "2024-05-14T09:01:00Z"),
            ("b", "2024-05-14T09:01:00Z"),
        )
    )
    assert [event.id for event in loaded(tmp_path, text).scenario.events] == ["a", "b", "late"]


def test_changes_are_in_order_of_time_and_count_from_when_the_event_is_listed(tmp_path):
    text = (
        EVENT + 'lag = "1m"\nchanges = [{after = "2h", delete = true}, {after = "5m", set = {"a.b" = 1}, null = "c"}]'
    )
    [event] = loaded(tmp_path, text).scenario.events
    first, second = event.changes
    assert (first.at, first.set, first.deleted) == (at("09:35:00"), {"a.b": 1, "c": None}, False)
    assert (second.at, second.deleted) == (at("11:30:00"), True)


def test_a_record_can_hold_null(tmp_path):
    text = EVENT + 'null = ["owner", "a.b"]\n[[events]]\nrecord = \'{"id": 7, "created": "2024-05-14", "owner": null}\''
    records = {event.id: event.record for event in loaded(tmp_path, text).scenario.events}
    assert records["A-1"]["owner"] is None
    assert records["A-1"]["a"] == {"b": None}
    assert records["7"] == {"id": 7, "created": "2024-05-14", "owner": None}


def test_an_identity_of_several_parts_is_joined(tmp_path):
    text = (
        '[identity]\nevent = ["meta.id", "a\\\\.b"]\ntime = "t"\n[[events]]\nrecord = {meta = {id = 9}, "a.b" = "ü"}\n'
    )
    scenario = loaded(tmp_path, text + 'occurred = "-1m"').scenario
    assert [event.id for event in scenario.events] == ["9/ü"]
    assert scenario.identity == ("meta.id", "a\\.b")


def test_the_incidents_may_hold_the_identity_elsewhere(tmp_path):
    text = EVENT.replace("event =", 'incident = "alert.id"\npart = "rows.*.n"\nevent =')
    scenario = loaded(tmp_path, text).scenario
    assert (scenario.identity, scenario.part, scenario.time_field) == (("alert.id",), ("rows.*.n",), "created")


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir() if path.is_dir()))
def test_the_cases_are_right(case):
    file = load_scenario(CASES / case / "xsim.toml")
    assert file.scenario.events
    assert file.integration == CASES / case / "integration.py"
    assert (CASES / case / "expected.toml").is_file()


# --- complaints ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cycles = 3", "1: cycles: unknown table or key | it belongs below [clock]"),
        ("[clok]", "1: clok: unknown table or key | did you mean 'clock'?"),
        ("\n[clock]\ninterwal = 3", "3: [clock] interwal: unknown key | did you mean 'interval'?"),
        (
            "[clock]\ninterval = 60",
            "2: [clock] interval: found 60, expected a number with a unit, such as "
            '"90s", "1m", "2h", "1d" or "200ms" | did you mean "60s"?',
        ),
        ("[clock]\ncycles = 0", "2: [clock] cycles: found 0, expected a whole number from 1 to 1000000"),
        ("clock = 3", "1: clock: found 3, expected a table"),
        (
            '[clock]\nstart = "yesterday"',
            '2: [clock] start: found "yesterday", expected a time such as 2024-03-04T10:00:00Z, from 1971 to 2200',
        ),
        (
            '[clock]\ncycles = 1000000\ninterval = "1d"',
            "2: [clock] cycles: the last of 1,000,000 cycles would come after",
        ),
        ("[clock]\npauses = [{after = 1}]", "2: [clock] pauses 1: 'for' is missing"),
        ("[clock]\nseed = 3", "2: [clock] seed: unknown key | it belongs above the first table"),
        (
            '[platform]\non_malformed = "refse"',
            '2: [platform] on_malformed: found "refse", expected one of refuse, accept',
        ),
        (
            '[check]\nseverity = {FC202 = "high"}',
            '2: [check] severity, FC202: found "high", expected one of error, warning',
        ),
        ("[expect]\nmust = [{event = 3}]", "2: [expect] must 1: expected a 'rule' (code or name) or a 'finding'"),
        ("[params]\na = 1\nb = nan", "3: [params] b: found nan, which JSON cannot hold"),
        ("last_run = 1\nlast_run_json = '1'", "2: last_run_json: expected either 'last_run' or 'last_run_json'"),
        ("a = 1\nb = = 2", "2:5: not valid TOML: Invalid value | texts need quotation marks"),
        ("[a]\n[a]", "2:3: not valid TOML: Cannot declare ('a',) twice"),
        ("\na = [1,", "2:8: not valid TOML: Invalid value"),
    ],
)
def test_a_complaint_names_line_key_and_what_was_expected(tmp_path, text, said):
    assert refusal(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (('time = "created"', 'time = "creatd"'), "5: [[events]] 1, record: no field 'creatd', which [identity] time"),
        (('time = "created"\n', ""), "3: [[events]] 1: no time: it has no 'occurred'"),
        (('id = "A-1"', "uid = 3"), "5: [[events]] 1, record: nothing at 'id', which [identity] event names"),
        (('"2024-05-14T09:29:00Z"', '"soon"'), '5: [[events]] 1, record: created is "soon", which cannot be read'),
        (("record", "recrod"), "5: [[events]] 1, recrod: unknown key | did you mean 'record'?"),
        (
            ("\nrecord", '\nlag = "5s"\nvisible = 2024-05-14\nrecord'),
            "5: [[events]] 1, lag: expected either 'visible' or",
        ),
        (("\nrecord", "\nwanted = 1\nrecord"), "5: [[events]] 1, wanted: found 1, expected true or false"),
        (("\nrecord", "\nchanges = [{set = {a = 1}}]\nrecord"), "5: [[events]] 1, changes 1: expected either 'at'"),
        (("\nrecord", '\nchanges = [{after = "1s"}]\nrecord'), "5: [[events]] 1, changes 1: expected either 'set'"),
        (("[[events]]", "[events]"), "4: events: found one table, expected a list of tables | write [[events]]"),
        (("record =", "record = '[1]' #"), "5: [[events]] 1, record: found JSON of a list of 1, expected an object"),
        (("record =", "record = '{' #"), "5: [[events]] 1, record: found a text that is not valid JSON"),
    ],
)
def test_a_complaint_about_an_event_names_its_line(tmp_path, changed, said):
    assert refusal(tmp_path, EVENT.replace(*changed, 1)).startswith(said)


def test_a_second_event_with_the_same_id_is_refused_and_changes_are_offered(tmp_path):
    said = refusal(tmp_path, EVENT + EVENT.partition("[[")[1] + EVENT.partition("[[")[2])
    assert said.startswith('6: [[events]] 2: a second event with the id "A-1" (the first one is of [[events]] 1)')
    assert "`changes`" in said


def test_a_missing_file_is_named_with_the_nearest_one(tmp_path):
    (tmp_path / "xsim.toml").write_text("")
    with pytest.raises(InvalidScenario, match="no such file") as caught:
        load_scenario(tmp_path / "xsim.tml")
    assert "xsim.toml" in caught.value.hint


@pytest.mark.parametrize("content", [b"\xff", b"a = '\xc3'"])
def test_a_file_that_is_no_text_is_refused(tmp_path, content):
    (tmp_path / "xsim.toml").write_bytes(content)
    with pytest.raises(InvalidScenario, match=r"xsim\.toml:1: not UTF-8"):
        load_scenario(tmp_path / "xsim.toml")


def test_a_folder_is_no_scenario(tmp_path):
    with pytest.raises(InvalidScenario, match="not a regular file"):
        load_scenario(tmp_path)


# --- beside the script --------------------------------------------------------------------------------------


def files(folder: Path, **contents: str) -> None:
    for name, text in contents.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_a_scenario_is_found_beside_the_script_and_in_the_package_folder(tmp_path):
    files(tmp_path, fetch__py="", xsim__toml="")
    assert find_scenario(tmp_path / "fetch.py") == tmp_path / "xsim.toml"
    assert find_scenario(tmp_path) == tmp_path / "xsim.toml"


def test_the_scripts_own_scenario_comes_before_others(tmp_path):
    files(tmp_path, a__py="", b__py="", a__xsim__toml="", slow__xsim__toml="")
    assert find_scenario(tmp_path / "a.py") == tmp_path / "a.xsim.toml"


def test_a_scenario_for_another_script_does_not_count(tmp_path):
    files(tmp_path, a__py="", b__py="", xsim__toml='integration = "a.py"')
    assert find_scenario(tmp_path / "a.py") == tmp_path / "xsim.toml"
    assert find_scenario(tmp_path / "b.py") is None


def test_several_scenarios_are_named(tmp_path):
    files(tmp_path, a__py="", one__xsim__toml="", two__xsim__toml="")
    with pytest.raises(InvalidScenario, match=r"several scenarios for a\.py: one\.xsim\.toml, two\.xsim\.toml"):
        find_scenario(tmp_path / "a.py")


def test_no_scenario_is_no_error(tmp_path):
    assert find_scenario(tmp_path / "nowhere" / "a.py") is None


def test_a_stored_credentials_keys_are_secrets_too(tmp_path):
    file = loaded(
        tmp_path, '[params]\ncredentials = {identifier = "u", credentials = {sshkey = "S-1", sshkeyPass = "S-2"}}'
    )
    assert file.secrets == ("S-1", "S-2")
