"""Faults say what goes wrong and when; one that would never strike is refused."""

import re
from datetime import datetime, timedelta, timezone

import pytest
from scenario_files import loaded, refusal

from xsim.load.scenario_elsewhere import FAULT_KEYS, FAULT_KINDS
from xsim.load.scenario_faults import KEYS, KINDS
from xsim.world import Fault

WORLD = """
[identity]
time = "created"

[[endpoints]]
path = "/alerts"

[[endpoints]]
path = "/alerts/{id}"
kind = "detail"
method = "POST"
host = "api.example:8443"
"""
LOGIN = '\n[[logins]]\npath = "/login"\n'
FAULT = "[[faults]]\n"


def faults(folder, lines, before="", after=WORLD):
    return loaded(folder, before + FAULT + lines + "\n" + after).scenario.faults


def at(text):
    return datetime.fromisoformat(f"2024-05-14T{text}+00:00").astimezone(timezone.utc)


def test_a_kind_is_all_that_most_faults_need(tmp_path):
    [fault] = faults(tmp_path, 'kind = "status"')
    assert fault == Fault("status 1", "status")


def test_every_key_of_a_fault_is_taken_over(tmp_path):
    [fault] = faults(
        tmp_path,
        """name = "busy"
kind = "status"
cycles = [9, "2-4", "7", 9]
from = "+1m"
until = 2024-05-14T09:36:00Z
requests = [3, 1, 3]
chance = 0.5
times = 2
method = "POST"
host = "API.example"
path = "/alerts/{any}"
status = 429
headers = {Retry-After = 30, X = ["a", "b"]}
text = "slow down"
""",
        '[clock]\nstart = 2024-05-14T09:30:00Z\ninterval = "1m"\n',
    )
    assert fault == Fault(
        "busy", "status", ((2, 4), (7, 7), (9, 9)), at("09:31:00"), at("09:36:00"), (1, 3), 0.5, 2, "POST",
        "api.example", "/alerts/{any}", 429, (("Retry-After", "30"), ("X", "a"), ("X", "b")), "slow down",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ('kind = "timeout"\nrequests = 2\ncycles = 3', Fault("timeout 1", "timeout", ((3, 3),), requests=(2,))),
        ('kind = "refused"', Fault("refused 1", "refused")),
        ('kind = "reset"\npath = "/alerts"', Fault("reset 1", "reset", path="/alerts")),
        ('kind = "cut"', Fault("cut 1", "cut")),
        ('kind = "malformed"\ntext = "{"', Fault("malformed 1", "malformed", text="{")),
        ('kind = "wrong_type"\ntext = ""', Fault("wrong_type 1", "wrong_type", text="")),
        ('kind = "slow"\ndelay = "6m"', Fault("slow 1", "slow", delay=timedelta(minutes=6))),
        ('kind = "kill"\nat = "between"\ncycles = "4-5"', Fault("kill 1", "kill", ((4, 5),), moment="between")),
    ],
)
def test_each_kind_has_its_own_keys(tmp_path, lines, meant):
    assert faults(tmp_path, lines) == (meant,)


def test_a_logout_needs_a_token_to_lose(tmp_path):
    assert faults(tmp_path, 'kind = "logout"\npath = "/login"', after=WORLD + LOGIN)[0].kind == "logout"
    said = refusal(tmp_path, FAULT + 'kind = "logout"' + WORLD + '[[logins]]\nkind = "basic"')
    assert said.startswith('2: [[faults]] 1, kind: there is no token to be lost | write a [[logins]] of kind = "token"')


def test_faults_are_called_by_kind_and_number_of_that_kind(tmp_path):
    lines = 'kind = "cut"\n[[faults]]\nkind = "reset"\n[[faults]]\nkind = "cut"'
    assert [fault.name for fault in faults(tmp_path, lines)] == ["cut 1", "reset 1", "cut 2"]


def test_times_of_a_fault_count_from_the_start_that_holds(tmp_path):
    text = FAULT + 'kind = "cut"\nfrom = "+1m"\nuntil = "+2m"'
    [fault] = loaded(tmp_path, text, starts=at("10:00:00")).scenario.faults
    assert (fault.since, fault.until) == (at("10:01:00"), at("10:02:00"))


def test_a_shorter_run_does_not_refuse_the_faults_of_the_whole_schedule(tmp_path):
    text = '[clock]\ninterval = "1m"\n' + FAULT + 'kind = "cut"\ncycles = [10]\n[[faults]]\nkind = "cut"\nfrom = "+9m"'
    assert len(loaded(tmp_path, text, cycles=2).scenario.faults) == 2
    assert len(loaded(tmp_path, text.replace("[10]", "[15]"), cycles=20).scenario.faults) == 2


def test_a_time_that_another_start_moves_behind_the_schedule_is_no_mistake(tmp_path):
    text = FAULT + 'kind = "cut"\nuntil = 2024-05-14T09:35:00Z'
    assert loaded(tmp_path, text, starts=at("11:00:00")).scenario.faults
    assert refusal(tmp_path, text.replace("09:35", "09:25")).startswith("3: [[faults]] 1, until: found 2024-05-14")


def test_the_end_of_the_schedule_is_known_only_where_the_interval_is(tmp_path):
    text = FAULT + 'kind = "cut"\nfrom = "+30m"\n[clock]\ncycles = 10\n'
    assert loaded(tmp_path, text).scenario.faults
    said = refusal(tmp_path, text + 'interval = "1m"')
    assert said.startswith('3: [[faults]] 1, from: found "+30m", expected a time before the schedule ends')


@pytest.mark.parametrize("path", ["/alerts/{x}", "/alerts/7", "/{a}/{b}", "/alerts/", "/login"])
def test_a_fault_fits_what_endpoints_and_logins_answer(tmp_path, path):
    assert faults(tmp_path, f'kind = "cut"\npath = "{path}"', after=WORLD + LOGIN)


def test_a_vendor_function_may_answer_any_path(tmp_path):
    (tmp_path / "vendor.py").write_text("def answer(request, world): ...")
    assert faults(tmp_path, 'kind = "cut"\npath = "/anything"', 'vendor = "vendor.py:answer"\n')


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("chance = 1", "1: [[faults]] 1: 'kind' is missing: one of status, timeout"),
        ('kind = "staus"', '2: [[faults]] 1, kind: found "staus", expected one of status, timeout'),
        ('kind = "429"', '2: [[faults]] 1, kind: found "429", expected one of status, timeout, refused, reset, cut, '
         'malformed, wrong_type, slow, logout, kill | write kind = "status", status = 429'),
        ("kind = 503", "2: [[faults]] 1, kind: found 503, expected one of status"),
        ("kind = 3", "2: [[faults]] 1, kind: found 3, expected one of status"),
        ('kind = ["status"]', "2: [[faults]] 1, kind: found a list of 1, expected one of status"),
        ('kind = "cut"\nbody = "x"', "3: [[faults]] 1, body: unknown key | did you mean 'text'?"),
        ('kind = "cut"\nendpoint = "/alerts"', "3: [[faults]] 1, endpoint: unknown key | did you mean 'path'?"),
        ('kind = "status"\nretry_after = 30', "3: [[faults]] 1, retry_after: unknown key | write headers = {"),
        ('kind = "cut"\nchances = 1', "3: [[faults]] 1, chances: unknown key | did you mean 'chance'?"),
        ('kind = "cut"\ninterval = "1m"', "3: [[faults]] 1, interval: unknown key | it belongs below [clock]"),
        ('kind = "cut"\ncalls = 3', "3: [[faults]] 1, calls: unknown key | it belongs below [[quotas]]"),
        ('kind = "cut"\nstatus = 500', '3: [[faults]] 1, status: means nothing for kind = "cut" | '
         'write kind = "status"'),
        ('kind = "timeout"\nheaders = {A = 1}', '3: [[faults]] 1, headers: means nothing for kind = "timeout"'),
        ('kind = "reset"\ntext = "x"', '3: [[faults]] 1, text: means nothing for kind = "reset" | write kind = '
         '"status" or "malformed" or "wrong_type"'),
        ('kind = "status"\ndelay = "3s"', '3: [[faults]] 1, delay: means nothing for kind = "status" | write kind = '
         '"slow"'),
        ('kind = "status"\nat = "between"', '3: [[faults]] 1, at: means nothing for kind = "status" | `from`, `until`'),
        ('kind = "slow"', "1: [[faults]] 1: 'delay' is missing: kind = \"slow\" needs how much later"),
        ('kind = "slow"\ndelay = 90', '3: [[faults]] 1, delay: found 90, expected a number with a unit'),
        ('kind = "slow"\ndelay = "0s"', '3: [[faults]] 1, delay: found "0s", expected at least 0.001s'),
        ('kind = "kill"', "1: [[faults]] 1: 'at' is missing: kind = \"kill\" needs its moment"),
        ('kind = "kill"\nat = "betwen"', '3: [[faults]] 1, at: found "betwen", expected one of before, between, after '
         "| did you mean 'between'?"),
        ('kind = "kill"\nat = 2024-05-14T09:31:00Z', "3: [[faults]] 1, at: found 2024-05-14T09:31:00+00:00, expected"),
        ('kind = "kill"\nat = "after"\nrequests = [1]', '4: [[faults]] 1, requests: means nothing for kind = "kill" | '
         "it strikes a cycle"),
        ('kind = "kill"\nat = "after"\nmethod = "GET"', "4: [[faults]] 1, method: means nothing"),
        ('kind = "kill"\nat = "after"\nhost = "a"', "4: [[faults]] 1, host: means nothing"),
        ('kind = "kill"\nat = "after"\npath = "/alerts"', "4: [[faults]] 1, path: means nothing"),
        ('kind = "cut"\ncycles = []', "3: [[faults]] 1, cycles: found an empty list, expected cycle numbers from 1"),
        ('kind = "cut"\ncycles = [0]', "3: [[faults]] 1, cycles: found 0, expected cycle numbers"),
        ('kind = "cut"\ncycles = [3, true]', "3: [[faults]] 1, cycles: found true, expected cycle numbers"),
        ('kind = "cut"\ncycles = [9, "8-5"]', '3: [[faults]] 1, cycles: found "8-5", expected cycle numbers'),
        ('kind = "cut"\ncycles = ["3-"]', '3: [[faults]] 1, cycles: found "3-", expected cycle numbers'),
        ('kind = "cut"\ncycles = [2, 11]', "3: [[faults]] 1, cycles: 11 comes behind the last cycle, 10 | it would"),
        ('kind = "cut"\ncycles = "11-12"', "3: [[faults]] 1, cycles: 11-12 comes behind the last cycle, 10"),
        ('kind = "cut"\ncycles = "8-20"\n[clock]\nskip = [8, 9, 10]', "3: [[faults]] 1, cycles: [clock] skip leaves"),
        ('kind = "cut"\nfrom = "+5m"\nuntil = "+5m"', '4: [[faults]] 1, until: found "+5m", expected a time after'),
        ('kind = "cut"\nuntil = "-1m"', '3: [[faults]] 1, until: found "-1m", expected a time after the start'),
        ('kind = "cut"\nfrom = "5m"', '3: [[faults]] 1, from: found "5m", expected a time such as'),
        ('kind = "cut"\nrequests = [0]', "3: [[faults]] 1, requests: found 0, expected whole numbers from 1"),
        ('kind = "cut"\nrequests = "3-1"', '3: [[faults]] 1, requests: found "3-1", expected whole numbers from 1 and '
         "spans"),
        ('kind = "cut"\nrequests = "2-10002"', "3: [[faults]] 1, requests: names more than 10,000 requests | without"),
        ('kind = "cut"\nrequests = []', "3: [[faults]] 1, requests: found an empty list, expected whole numbers from 1 "
         'and spans, such as [1, "3-6"] | without `requests` each request is struck'),
        ('kind = "cut"\nchance = 0', "3: [[faults]] 1, chance: found 0, expected a number above 0"),
        ('kind = "cut"\nchance = 20', "3: [[faults]] 1, chance: found 20, expected a number from 0 to 1"),
        ('kind = "cut"\ntimes = 0', "3: [[faults]] 1, times: found 0, expected a whole number from 1"),
        ('kind = "cut"\nmethod = "get"', '3: [[faults]] 1, method: found "get", expected one of GET, POST, PUT, PATCH, '
         "DELETE, HEAD | did you mean 'GET'?"),
        ('kind = "cut"\nmethod = "PUT"', '3: [[faults]] 1, method: no endpoint or login is of "PUT"'),
        ('kind = "cut"\nhost = "http://a"', '3: [[faults]] 1, host: found "http://a", expected a host name'),
        ('kind = "cut"\npath = "/alerst"', '3: [[faults]] 1, path: no endpoint or login is of "/alerst", so it would '
         "never strike | did you mean '/alerts'?"),
        ('kind = "cut"\npath = "alerts"', '3: [[faults]] 1, path: found "alerts", expected a path that starts'),
        ('kind = "cut"\npath = "/a{"', '3: [[faults]] 1, path: found "/a{", expected parts in braces'),
        ('kind = "cut"\npath = "/alerts/{id}"\nmethod = "GET"', "1: [[faults]] 1: no endpoint or login has"),
        ('kind = "cut"\npath = "/alerts/7"\nhost = "api.example:80"', "1: [[faults]] 1: no endpoint or login has this"),
        ('kind = "status"\nstatus = 99', "3: [[faults]] 1, status: found 99, expected a whole number from 200 to 599"),
        ('kind = "status"\nheaders = {"a b" = 1}', "3: [[faults]] 1, headers, a b: no name that a header can have"),
        ('kind = "status"\nheaders = {Retry-After = "{date+30}"}', "3: [[faults]] 1, headers, Retry-After: found "
         '"{date+30}", expected a time such as {date+30s} or {epoch+2m}'),
        ('kind = "status"\nheaders = {A = "x {epoch-1m}"}', '3: [[faults]] 1, headers, A: found "{epoch-1m}"'),
        ('kind = "status"\nheaders = 3', "3: [[faults]] 1, headers: found 3, expected a table"),
        ('kind = "status"\ntext = 3', "3: [[faults]] 1, text: found 3, expected a text"),
        ('kind = "cut"\nname = ""', '3: [[faults]] 1, name: found "", expected a text that is not empty'),
        ('kind = "cut"\nname = "a"\n[[faults]]\nname = "a"\nkind = "cut"', "5: [[faults]] 2, name: [[faults]] 1 is "
         "called 'a' too | its chance hangs on its name"),
        ('kind = "cut"\nname = "cut 2"\n[[faults]]\nkind = "cut"', "4: [[faults]] 2: [[faults]] 1 is called 'cut 2'"),
    ],
)  # fmt: skip
def test_a_complaint_about_a_fault_names_its_line(tmp_path, lines, said):
    assert refusal(tmp_path, FAULT + lines + "\n" + WORLD).startswith(said)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Outage", 'write kind = "refused"; `from` and `until` say how long it lasts'),
        ("rate-limit", 'write kind = "status", status = 429, headers = {Retry-After = 30}'),
        ("Bad Gateway", 'write kind = "status", status = 502'),
        ("unauthorized", 'write kind = "status", status = 401'),
        ("connection_reset", 'write kind = "reset"'),
        ("truncated", 'write kind = "cut"'),
        ("html", 'write kind = "wrong_type"'),
        ("crash", 'write kind = "kill", at = "between"'),
        ("skip", "cycles that the platform leaves out are `[clock] skip`"),
        ("Time-Out", "did you mean 'timeout'?"),
    ],
)
def test_what_a_kind_is_called_elsewhere_is_known(tmp_path, word, hint):
    assert refusal(tmp_path, f'{FAULT}kind = "{word}"').endswith(f"slow, logout, kill | {hint}")


def test_each_kind_that_another_word_stands_for_is_one():
    for hint in FAULT_KINDS.values():
        kind = re.search(r'kind = "(\w+)"', hint)
        assert kind is None or kind[1] in KINDS
    for hint in FAULT_KEYS.values():
        key = re.search(r"did you mean '(\w+)'", hint)
        assert key is None or key[1] in KEYS


def test_requests_are_numbers_and_spans(tmp_path):
    [fault] = faults(tmp_path, 'kind = "cut"\nrequests = [7, "2-4", 3, "1000000"]')
    assert fault.requests == (2, 3, 4, 7, 1_000_000)


def test_one_table_is_no_list_of_faults(tmp_path):
    said = refusal(tmp_path, '[faults]\nkind = "cut"')
    assert said.startswith("1: faults: found one table, expected a list of tables | write [[faults]]")
