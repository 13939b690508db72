"""Whatever is wrong in a scenario file is told in one line: never a traceback."""

import random
from datetime import datetime, timezone
from pathlib import Path

import pytest

from xsim.errors import InvalidScenario
from xsim.load import load_scenario
from xsim.load.scenario_lines import line_of

NUMBER_OF_FILES = 200
CASES = Path(__file__).parent.parent.parent / "fixtures" / "cases"

RICH = """\
name = "desk"
seed = 7
last_run = ["2024-05-14T09:00:00Z", 3]

[clock]
start = 2024-05-14T09:30:00.381472Z
interval = "1m"
cycles = 12
pauses = [{after = 5, for = "2h"}, {after = 7, for = "1d"}]
skip = [3, 4]
drain = 20
drain_interval = "5m"
latency = "200ms"
command_timeout = "5m"

[params]
url = "https://vendor.example"
credentials = {identifier = "user", password = "file:secret.txt"}

[identity]
event = ["id", "tenant"]
incident = ["alert.id", "alert.tenant"]
part = "part"
time = "created"

[platform]
on_malformed = "accept"

[[events]]
record = '{"id": "A-1", "tenant": "t", "created": 1715678000123, "owner": null}'
lag = "5s"
wanted = true
changes = [
  {after = "2m", set = {status = "closed", "owner.name" = "Zoë"}},
  {at = 2024-05-14T09:50:00Z, delete = true},
]

[[events]]
visible = "+30s"
null = ["owner"]

[events.record]
id = 95
tenant = "t"
created = "2024-05-14T11:20:00.1234567+02:00"

[stream_defaults]
burst = 2
lag = {values = ["1s", "5m"], weights = [9, 1]}
choices = {state = ["new", "old"]}

[[streams]]
name = "alerts"
count = 20
from = "-10m"
every = "20s"
jitter = "5s"
burst = 3
burst_every = 4
lag = {usual = "2s", long = "10m", chance = 0.2}
id = "B-{n:03}"
first = 95
time = {field = "created", layout = "iso-offset", digits = 7, zone = "+02:00"}
other_times = [{field = "updated", offset = "5s", layout = "%d.%m.%Y %H:%M:%S", zone = "-05:30"}]
record = {tenant = "ü", title = "{id} at {time}", owner = {name = "x"}}
choices = {severity = ["low", "high"], kind = {values = [1, 2], weights = [9, 1]}}
null = {"owner.name" = 0.1}
missing = {owner = 0.1}
changes = [{after = "1m", set = {updated = "{time}"}, chance = 0.5}]

[[streams]]
name = "audit"
rate = 6
until = "+10m"
id_type = "text"
lag = {min = "1s", max = "9s"}
time = {layout = "epoch-ms"}
record = {tenant = "u"}

[[endpoints]]
path = "/api/{version}/alerts"
method = "POST"
host = "vendor.example"
list_at = "data.items"
filters = [
  {param = "from", in = "json", field = "created", op = ">=", as = "time", precision = "s", zone = "+01:00"},
  {param = "severity", in = "header", op = "in"},
  {param = "version", in = "path", as = "text", op = "!="},
  {param = "q", field = "created", op = "<", pattern = 'to (?P<bound>\\S+)', unreadable = "ignore", as = "time"},
]
order = {by = ["created", "-id"], param = "sort", direction_param = "dir"}
limit = {param = "limit", in = "json", default = 20, max = 100}
paging = {kind = "token", param = "cursor", next_at = "next", tail_token = true, last = "missing"}
total_at = "total"
extra = {ok = true}
empty = "null"
streams = ["alerts"]

[[endpoints]]
path = "/api/alerts/{id}"
kind = "detail"
id_field = "id"
record_at = "alert"

[[endpoints]]
path = "/login"
kind = "fixed"
extra = {"session.token" = "t", roles = ["a"]}
status = 201
answer_headers = {X-Id = 7, Set-Cookie = ["a=1", "b=2"]}

[[endpoints]]
path = "/health"
kind = "fixed"
text = "up"

[check]
ignore = ["FC401"]
severity = {FC202 = "note"}
fail_on = "error"

[expect]
verdict = "failed"
must = [{rule = "FC202", event = "A-1/t", cycle = 3}]
"""

TROUBLED = """\
delivered = ["C-1", 7]
wsgi = "app.py:application"

[clock]
interval = "1m"
cycles = 20
skip = [4]

[identity]
event = "id"
time = "created"
others = [
  {streams = ["cases", "tasks"], event = ["number", "tenant"], incident = "case.number", time = "opened"},
]

[[events]]
stream = "cases"
record = {number = "C", tenant = 1, opened = 1715678000123}

[[events]]
record = {id = "C-1", created = 1715678000}

[[events]]
record = {id = 7, created = 1715678001}

[[streams]]
name = "tasks"
count = 3
record = {tenant = "u"}

[[faults]]
kind = "status"
status = 429
headers = {Retry-After = "30", X-Id = ["a", "b"]}
text = "slow down"
cycles = [3, "5-8"]
requests = [2, 3]
path = "/cases/{any}"

[[faults]]
name = "outage"
kind = "refused"
from = "+3m"
until = "+6m"
host = "vendor.example"

[[faults]]
kind = "slow"
delay = "6m"
chance = 0.1
times = 2
method = "GET"

[[faults]]
kind = "kill"
at = "between"
cycles = "9-10"

[[faults]]
kind = "logout"
cycles = 7

[[faults]]
kind = "malformed"
text = "{"
chance = 0.5

[[logins]]
name = "session"
path = "/{tenant}/login"
method = "POST"
host = "vendor.example"
in = "form"
needs = ["user", "password"]
token_at = "data.token"
life = "30m"
life_at = "data.seconds"
extra = {"data.type" = "bearer"}
sent_in = "header"
sent_as = "X-Token"
prefix = "T "
paths = ["/cases", "/search"]
status = 403
body = {error = "who?"}

[[logins]]
kind = "signed"
needs = ["x-signature"]
paths = "/acknowledge"

[[logins]]
path = "/ui"
answer = "cookie"
token_at = "sid"
paths = "/export"

[[quotas]]
calls = 60
per = "1m"
status = 503
says_when = false
path = "/search"

[[endpoints]]
path = "/search"
kind = "job"
filters = [
  {in = "body", field = "created", pattern = 'from (?P<bound>\\S+)', widest = "7d"},
  {param = "since", in = "cookie", field = "created"},
]
job_at = "search.id"
job_takes = "90s"
extra = {"search.ok" = true}

[[endpoints]]
path = "/search/{job}"
kind = "job_status"
job_state_at = "state"
job_states = ["busy", "ready"]
unknown_status = 410

[[endpoints]]
path = "/search/{sid}/results"
job_param = "sid"
job_in = "path"
list_at = "rows"
paging = {kind = "token", param = "cursor", next_at = "next", life = "10m", stale_status = 410}
unknown_status = 409

[[endpoints]]
path = "/cases/bulk"
method = "POST"
kind = "objects"
streams = ["cases", "tasks"]
id_field = "number"
id_param = "ids"
id_in = "json"
list_at = "resources"
order = "-number"

[[endpoints]]
path = "/cases/{id}"
kind = "update"
set = {"state.name" = "closed", note = "{comment}"}

[[endpoints]]
path = "/acknowledge"
kind = "update"
id_param = "ids"
id_in = "json"
deletes = true
unknown_status = 200

[[endpoints]]
path = "/export"
format = "csv"
columns = ["id", "created"]
paging = {kind = "kept", param = "consumer"}

[[endpoints]]
path = "/soap"
method = "POST"
format = "xml"
item = "ns:alert"
text = "<a>{records}</a>"
empty = "body"
"""

ODD_VALUES = (
    '""', '"-"', "[]", "{}", "-1", "0", "1e400", "nan", "-inf", "true", "99999999999999999999999", "0x" + "f" * 5000,
    '"9" ', '"90"', '"1 fortnight"', '"\\u0000"', '"a..b"', '"."', '"{n}"', '"{"', '"%"', '"%Q"', "0001-01-01",
    "9999-12-31T23:59:59Z", "07:32:00", '"9999-12-31T23:59:59-14:00"', "[[[]]]", '[{a = 1}]', '{"" = 0}',
    '{values = []}', '{min = 3}', '"999999999d"', '"+999999999d"', "'''\n'''", '"../../.."', '"../x.py:f"', "[1, 2]",
    '["a", 1]', '"' + "x" * 3000 + '"', "1" + "0" * 4400, "a" + ".b" * 200 + " = 1", '"\\ud800"', "é", '"é"',
)  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    """The text with one to three things wrong with it, or at least other than before."""
    for _ in range(chance.randint(1, 3)):
        text = chance.choice(MUTATIONS)(text, chance)
    return text


def another_value(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    places = [number for number, line in enumerate(lines) if " = " in line]
    if places:
        number = chance.choice(places)
        lines[number] = lines[number].partition(" = ")[0] + " = " + chance.choice(ODD_VALUES)
    return "\n".join(lines)


def an_inner_value(text: str, chance: random.Random) -> str:
    """Within an inline table or a list."""
    pieces = text.split(", ")
    number = chance.randrange(len(pieces))
    pieces[number] = pieces[number].partition(" = ")[0] + " = " + chance.choice(ODD_VALUES)
    return ", ".join(pieces)


def without_a_line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    del lines[chance.randrange(len(lines))]
    return "\n".join(lines)


def with_a_line_twice(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return "\n".join(lines)


def with_a_misspelt_word(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice("xé_=[]{}\"'.#\n0\x00\u2028") + text[at + chance.randint(0, 2) :]


def cut_short(text: str, chance: random.Random) -> str:
    return text[: chance.randrange(len(text))]


MUTATIONS = (
    another_value,
    another_value,
    an_inner_value,
    without_a_line,
    with_a_line_twice,
    with_a_misspelt_word,
    cut_short,
)


def originals() -> list[str]:
    return [RICH, RICH, RICH, *(path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*/xsim.toml")))]


def test_200_malformed_files_never_give_a_traceback(tmp_path):
    messages = complaints(tmp_path, originals(), NUMBER_OF_FILES)
    assert all("xsim.toml" in message for message in messages)


def test_100_files_with_malformed_faults_logins_and_jobs_never_give_a_traceback(tmp_path):
    messages = complaints(tmp_path, [TROUBLED], 100)
    assert all("xsim.toml" in message for message in messages)
    tables = ("[[faults]]", "[[logins]]", "[[quotas]]", "[[endpoints]]", "[identity] others")
    assert all(any(table in message for message in messages) for table in tables)


def complaints(folder: Path, texts: list[str], enough: int) -> list[str]:
    """What is said of so many mutated files."""
    chance = random.Random("malformed scenarios")
    (folder / "integration.py").write_text("", encoding="utf-8")
    (folder / "app.py").write_text("def application(environ, start_response): ...", encoding="utf-8")
    path = folder / "xsim.toml"
    messages: list[str] = []
    number = 0
    while len(messages) < enough:
        number += 1
        assert number < 3 * enough, "most of the mutations should be wrong"
        path.write_text(mutated(chance.choice(texts), chance), encoding="utf-8", errors="surrogatepass")
        try:
            load_scenario(path)
        except InvalidScenario as error:
            messages.append(error.message)
    return messages


def test_the_troubled_file_itself_is_right(tmp_path):
    (tmp_path / "app.py").write_text("application = make()", encoding="utf-8")
    path = tmp_path / "xsim.toml"
    path.write_text(TROUBLED, encoding="utf-8")
    scenario = load_scenario(path).scenario
    assert (len(scenario.faults), len(scenario.logins), len(scenario.quotas)) == (6, 3, 1)
    assert {endpoint.kind for endpoint in scenario.endpoints} == {"list", "objects", "job", "job_status", "update"}


@pytest.mark.parametrize(
    ("place", "beginning"),
    [
        (("identity", "others", 0, "streams"), "  {streams ="),
        (("faults", 0, "headers", "X-Id"), "headers ="),
        (("faults", 3, "at"), 'at = "between"'),
        (("faults", 4), "[[faults]]"),
        (("logins", 0, "extra", "data.type"), "extra ="),
        (("logins", 2, "answer"), "answer ="),
        (("quotas", 0, "per"), "per ="),
        (("endpoints", 4, "set", "note"), "set ="),
        (("endpoints", 2, "paging", "life"), "paging ="),
    ],
)
def test_the_line_of_each_place_of_the_troubled_file_is_found(place, beginning):
    assert TROUBLED.split("\n")[line_of(TROUBLED, place) - 1].startswith(beginning)


def test_the_rich_file_itself_is_right(tmp_path):
    path = tmp_path / "xsim.toml"
    path.write_text(RICH, encoding="utf-8")
    scenario = load_scenario(path).scenario
    assert len(scenario.events) > 60
    assert scenario.starts == datetime(2024, 5, 14, 9, 30, 0, 381472, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("place", "beginning"),
    [
        (("name",), "name ="),
        (("clock",), "[clock]"),
        (("clock", "cycles"), "cycles ="),
        (("clock", "pauses", 1, "for"), "pauses ="),
        (("clock", "nowhere"), "[clock]"),
        (("events", 0), "[[events]]"),
        (("events", 0, "changes", 1), "  {at = "),
        (("events", 0, "changes", 1, "delete"), "  {at ="),
        (("events", 1, "null"), 'null = ["owner"]'),
        (("events", 1, "record"), "[events.record]"),
        (("events", 1, "record", "id"), "id = 95"),
        (("streams", 1, "rate"), "rate ="),
        (("streams", 0, "time", "digits"), "time = {field"),
        (("endpoints", 0, "filters", 2, "op"), '  {param = "version"'),
        (("endpoints", 1, "kind"), "kind ="),
        (("stream_defaults",), "[stream_defaults]"),
        (("stream_defaults", "lag", "weights"), "lag = {values"),
        (("endpoints", 2, "answer_headers", "X-Id"), "answer_headers ="),
    ],
)
def test_the_line_of_each_place_is_found(place, beginning):
    assert RICH.split("\n")[line_of(RICH, place) - 1].startswith(beginning)


def test_lines_are_found_behind_texts_that_look_like_toml():
    text = 'a = """\n[clock]\nb = \\"""\n"""\nc = [ # ]\n  "]",\n]\n[t."x.y"]\n\'z\' = 1\n'
    assert [line_of(text, place) for place in (("a",), ("c", 0), ("t", "x.y"), ("t", "x.y", "z"))] == [1, 6, 8, 9]
