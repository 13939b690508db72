"""Several lists with identities of their own, what an older version had delivered, and a WSGI application as vendor."""

from datetime import datetime, timezone

import pytest
from scenario_files import EVENT, loaded, refusal
from test_load_scenario_malformed import TROUBLED

from xsim.load import load_scenario
from xsim.model import Scenario
from xsim.record.codec import decode, encode
from xsim.world import Hatch

LISTS = """
[identity]
event = "id"
time = "created"
others = [{streams = ["cases", "tasks"], event = ["number", "tenant"], time = "opened"}]

[[events]]
record = {id = 7, created = "2024-05-14T09:20:00Z"}

[[events]]
stream = "cases"
record = {number = "C-1", tenant = "t", opened = "2024-05-14T09:21:00Z"}

[[streams]]
name = "tasks"
count = 2
record = {tenant = "u"}

[[endpoints]]
path = "/alerts"

[[endpoints]]
path = "/cases"
streams = ["cases"]
"""


def test_the_records_of_a_list_can_be_named_by_fields_of_their_own(tmp_path):
    scenario = loaded(tmp_path, LISTS).scenario
    assert [event.id for event in scenario.events] == ["7", "C-1/t", "1/u", "2/u"]
    assert scenario.events[1].occurred == datetime(2024, 5, 14, 9, 21, tzinfo=timezone.utc)
    assert scenario.events[2].record == {"tenant": "u", "number": "1", "opened": "2024-05-14T09:30:00.381Z"}
    assert (scenario.identity, scenario.time_field) == (("id",), "created")
    assert scenario.other_identities == (("number", "tenant"),)


def test_an_endpoint_of_such_a_list_goes_by_its_fields(tmp_path):
    text = LISTS.replace('event = ["number", "tenant"]', 'event = "number"')
    usual, other = loaded(tmp_path, text).scenario.endpoints
    assert (usual.id_field, usual.time_field) == ("id", "created")
    assert (other.id_field, other.time_field) == ("number", "opened")
    assert loaded(tmp_path, LISTS).scenario.endpoints[1].id_field == ""


def test_the_incidents_of_such_a_list_may_hold_the_identity_elsewhere(tmp_path):
    text = LISTS.replace('event = ["number", "tenant"]', 'event = "number", incident = "case.number"')
    assert loaded(tmp_path, text).scenario.other_identities == (("case.number",),)


def test_an_identity_that_is_the_usual_one_is_not_kept_twice(tmp_path):
    text = LISTS.replace('event = ["number", "tenant"]', 'event = "number", incident = "id"')
    assert loaded(tmp_path, text).scenario.other_identities == ()


def test_what_only_another_list_says_is_not_taken_for_the_usual_identity(tmp_path):
    text = """
[identity]
others = [{streams = ["cases"], event = "number", time = "opened"}]
[[streams]]
name = "cases"
count = 1
first = 1001
[[streams]]
name = "alerts"
time = "seen"
count = 1
[[endpoints]]
path = "/cases"
streams = "cases"
id_field = "number"
time_field = "opened"
"""
    scenario = loaded(tmp_path, text).scenario
    assert (scenario.identity, scenario.time_field) == (("id",), "seen")
    assert {event.stream: set(event.record) for event in scenario.events} == {
        "alerts": {"id", "seen"},
        "cases": {"number", "opened"},
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (('event = ["number", "tenant"], ', ""), "5: [identity] others 1: 'event' is missing, as in {streams"),
        (('streams = ["cases", "tasks"], ', ""), "5: [identity] others 1: 'streams' is missing, as in {streams"),
        (('["cases", "tasks"]', "[]"), "5: [identity] others 1, streams: found an empty list, expected names"),
        (('"tasks"]', '"taks"]'), "5: [identity] others 1, streams: no stream or event is of 'taks' | did you mean 't"),
        (('["cases", "tasks"]', '["cases", "cases"]'), "5: [identity] others 1, streams: 'cases' is named twice"),
        (('time = "opened"', "part = 3"), "5: [identity] others 1, part: unknown key"),
        (('event = ["number", "tenant"]', "event = []"), "5: [identity] others 1, event: found an empty list"),
        (('event = ["number", "tenant"]', 'event = "a..b"'), '5: [identity] others 1, event: found "a..b"'),
        (("others = [", "others = 3 # ["), "5: [identity] others: found 3, expected a list of tables"),
        (('number = "C-1", ', ""), "12: [[events]] 2, record: nothing at 'number', which [identity] others 1, event"),
        (('opened = "2024-05-14T09:21:00Z"', "x = 1"), "12: [[events]] 2, record: no field 'opened', which [identity] "
         "others 1, time names"),
        (('record = {tenant = "u"}', ""), "14: [[streams]] 1: its events have nothing at 'tenant', which [identity] "
         "others 1, event names"),
        (('record = {tenant = "u"}', "missing = {number = 0.5}"), "17: [[streams]] 1, missing, number: the event's id "
         "([identity] others 1, event) must stay"),
    ],
)  # fmt: skip
def test_a_complaint_about_another_identity_names_its_line(tmp_path, changed, said):
    assert refusal(tmp_path, LISTS.replace(*changed)).startswith(said)


def test_ids_differ_between_lists(tmp_path):
    text = LISTS.replace('event = ["number", "tenant"]', 'event = "number"').replace("id = 7", "id = 1")
    said = refusal(tmp_path, text)
    assert said.startswith('14: [[streams]] 1: a second event with the id "1" (the first one is of [[events]] 1) | ids')
    assert "first = 1001" in said
    assert 'id = "B-{n}"' in said
    written = LISTS.replace('event = ["number", "tenant"]', 'event = "number"').replace('"C-1"', "7")
    assert refusal(tmp_path, written).endswith("| ids differ between lists too: give the event another one")


# --- delivered ----------------------------------------------------------------------------------------------


def test_an_older_version_may_have_delivered_events_before_the_start(tmp_path):
    assert loaded(tmp_path, 'delivered = ["A-1"]\n' + EVENT).scenario.delivered == {"A-1": (0, "")}
    assert loaded(tmp_path, 'delivered = [7, "x", "x"]\n').scenario.delivered == {"7": (0, ""), "x": (0, "")}


def test_another_seed_may_make_other_events_than_those_delivered(tmp_path):
    text = 'delivered = ["A-2"]\n' + EVENT
    assert refusal(tmp_path, text) == "1: delivered: no event has the id 'A-2' | did you mean 'A-1'?"
    assert loaded(tmp_path, text, seed=2).scenario.delivered


@pytest.mark.parametrize("value", ['"A-1"', "[1.5]", "[true]", '[""]', "{}", "7", '[["A-1"]]'])
def test_what_is_no_list_of_ids_is_refused(tmp_path, value):
    said = refusal(tmp_path, f"delivered = {value}\n{EVENT}")
    assert said.startswith("1: delivered: found ")
    assert said.endswith('expected a list of ids, such as ["A-1", "A-2"]')


# --- wsgi = "app.py:application" ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "def application(environ, start_response): ...\nraise SystemExit('imported')",
        "class application:\n    def __init__(self, environ, start_response): ...",
        "application = make_app()",
        "application: Any = make_app()",
        "from shop import application",
        "from shop import app as application",
        "from shop import *",
        "try:\n    from shop import application\nexcept ImportError:\n    pass",
        "if fast:\n    pass\nelse:\n    application = make_app()",
        "app = application = make_app()",
        "def application(*anything): ...",
    ],
)
def test_any_name_that_can_be_called_is_an_application(tmp_path, source):
    (tmp_path / "app.py").write_text(source)
    hatch = loaded(tmp_path, 'wsgi = "app.py:application"').scenario.hatch
    assert hatch == Hatch(str(tmp_path / "app.py"), "application", "app.py:application", is_wsgi=True)


@pytest.mark.parametrize(
    ("written", "source", "said"),
    [
        ("app.py", "", 'found "app.py", expected a file and an application, such as "app.py:application"'),
        ("app:application", "", "app: no such file | did you mean 'app.py'?"),
        ("../app.py:application", "", "../app.py lies outside"),
        ("app.py:application", "", "app.py has no 'application' at its top level | it has no name at its top level"),
        ("app.py:application", "aplication = make()", "app.py has no 'application' at its top level | did you"),
        ("app.py:application", "application = None", "app.py has no 'application' at its top level | it has no name"),
        ("app.py:application", "application: Any", "app.py has no 'application' at its top level"),
        ("app.py:application", "def f():\n    application = 1", "app.py has no 'application' at its top level | it"),
        ("app.py:application", "def application(environ): ...", "application cannot be called with two arguments | def "
         "application(environ, start_response):"),
        ("app.py:application", "async def application(a, b): ...", "application is asynchronous, which a WSGI"),
        ("app.py:application", "x = (", "app.py:1: not valid Python"),
    ],
)  # fmt: skip
def test_what_is_no_application_is_refused(tmp_path, written, source, said):
    (tmp_path / "app.py").write_text(source)
    assert refusal(tmp_path, f'wsgi = "{written}"').startswith(f"1: wsgi: {said}")


def test_either_a_function_or_an_application_is_the_vendor(tmp_path):
    said = refusal(tmp_path, 'vendor = "a.py:answer"\nwsgi = "a.py:application"')
    assert said == "2: wsgi: expected either 'vendor' or 'wsgi', not both"


# --- journal ------------------------------------------------------------------------------------------------


def test_a_scenario_with_all_the_tables_survives_the_journal(tmp_path):
    (tmp_path / "app.py").write_text("application = make_app()")
    path = tmp_path / "xsim.toml"
    path.write_text(TROUBLED, encoding="utf-8")
    scenario = load_scenario(path).scenario
    assert decode(Scenario, encode(scenario)) == scenario
    for name in ("faults", "logins", "quotas", "delivered", "other_identities", "hatch"):
        assert getattr(scenario, name) != getattr(Scenario(scenario.starts), name), name
