"""Whatever an integration, its vendor or a file of others holds: no traceback, no page that steers, bounded output."""

from __future__ import annotations

import json
import os
import sys
import textwrap
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import freezegun
import pytest

sys.path.insert(0, str(Path(__file__).parent / "cli"))

from builders import STARTS, a_cycle, a_journal, a_scenario, an_endpoint, an_event
from command_line import CommandLine

from xsim.model import Request
from xsim.record import codec, conform, read_journal, record
from xsim.simulate.vendor import SimulatedVendor
from xsim.world import Limit, Paging

pytestmark = pytest.mark.slow

FORMATS = ("text", "concise", "json", "json-lines", "junit", "sarif", "github", "html")
LARGEST_REPORT = 3_000_000
STEERING = "\x1b[2J\x1b]0;title\x07\x9b31m \u202eabc\u2066 \x00 \ud800 \u2028 [bold red]rich[/] :warning: %0A%25"
MARKUP = "]]> </script><script>alert(1)</script> <!-- --> &amp; | a | b | `code` **x** [a](javascript:x) <img src=x>"
LINES = "first\n::error file=a::injected\r\n::set-output name=a::b\n##[error] x\n::stop-commands::no\n"


@pytest.fixture
def xsim(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path.resolve())


# --- what a script hands over ---------------------------------------------------------------------------------

HEAD = """
import json, sys
import requests
import demistomock as demisto
from CommonServerPython import *

STEERING, MARKUP, LINES = json.loads({texts!r})
NASTY = STEERING + MARKUP + LINES


def incident(number, **fields):
    raw = json.dumps({{"id": number}})
    return {{"name": "a", "occurred": "2024-05-14T09:29:00Z", "rawJSON": raw, **fields}}


if demisto.command() == "fetch-incidents":
"""
SCRIPTS = {
    "names": """
        texts = [STEERING, MARKUP, LINES, NASTY] * 2
        demisto.incidents([incident(n, name=text, rawJSON=json.dumps({"id": text, text: text}), details=text)
                           for n, text in enumerate(texts)])""",
    "state": """
        demisto.setLastRun({NASTY: NASTY, "a": [NASTY]})
        set_integration_context({NASTY: NASTY})""",
    "refused": """
        labels = [{"type": 1, "value": NASTY}]
        demisto.incidents([incident(1, occurred=NASTY, severity=NASTY, labels=labels)])""",
    "raises": """
        class Odd(Exception):
            pass
        Odd.__name__ = NASTY
        raise Odd(NASTY * 20)""",
    "log": """
        for text in (STEERING, MARKUP, LINES, NASTY * 1000):
            demisto.info(text)
            demisto.error(text)
        return_error(NASTY)""",
    "results": """
        demisto.results(NASTY)
        demisto.results({"Contents": NASTY, "Type": NASTY})""",
    "requests": """
        for text in (STEERING, MARKUP, LINES):
            sent = text.encode("utf-8", "replace")
            requests.post("https://vendor.example/echo", data=sent, params={"q": sent})
        requests.get("https://vendor.example/fail/" + MARKUP)""",
    "ten megabytes": """
        demisto.setLastRun({"a": "x" * 1_000_000})
        demisto.incidents([incident(1, name="n" * 10_000_000)])
        demisto.info("l" * 1_000_000)
        raise ValueError("m" * 1_000_000)""",
    "megabytes kept": """
        demisto.setLastRun({"a": "x" * 2_000_000})
        demisto.incidents([incident(1, rawJSON=json.dumps({"id": "i" * 2_000_000}))])""",
    "deep text": """
        demisto.incidents([incident(1, rawJSON="[" * 100_000 + "]" * 100_000)])""",
    "deep values": """
        value = []
        for _ in range(900):
            value = [value]
        demisto.setLastRun({"a": value})
        demisto.incidents([incident(1, CustomFields={"a": value}, rawJSON=json.dumps({"id": value}))])""",
    "deeper values": """
        value = []
        for _ in range(100_000):
            value = [value]
        demisto.setLastRun({"a": value})""",
    "numbers": """
        long = incident(10**4000, rawJSON='{"id": ' + "9" * 5000 + "}")
        demisto.incidents([long, incident(2, severity=1e400), incident(3, sla=float("nan"))])
        demisto.setLastRun({"n": 10**4200, "f": float("nan"), "i": float("-inf")})""",
    "huge number": """
        demisto.setLastRun({"n": 10**5000})""",
    "many": """
        demisto.incidents([incident(n % 7, name="") for n in range(1_500)])""",
    "recursive": """
        loop = []
        loop.append(loop)
        demisto.incidents([incident(1, labels=loop)])""",
    "odd types": """
        demisto.incidents([None, 1, "a", [], {1: 2}, incident(1, name=b"x"), object])""",
    "text": """
        demisto.incidents("[" * 100_000)""",
}
WORLD = """
integration = "a.py"
vendor = "vendor.py:answer"
[clock]
cycles = 1
[identity]
event = "id"
"""
VENDOR = """
def answer(request, world):
    return (500 if request.path.startswith("/fail") else 200), {}, request.body or request.path.encode() * 50
"""


def placed(xsim, fetch):
    """The integration in its world."""
    texts = json.dumps([STEERING, MARKUP, LINES])
    script = textwrap.indent(textwrap.dedent(fetch), "    ")
    xsim.has("a.py", f"{HEAD.format(texts=texts)}{script}\n# fetch-incidents\n")
    xsim.has("vendor.py", VENDOR)
    xsim.has("xsim.toml", WORLD)


def written(xsim, fetch):
    """The report in every way it is written."""
    placed(xsim, fetch)
    outputs = [part for name in FORMATS for part in ("--output", f"{name}:{name}.out")]
    seen = xsim("run", "a.py", *outputs)
    assert seen.code in (0, 1, 3), seen
    assert "Traceback" not in seen.out + seen.err
    files = {name: (xsim.folder / f"{name}.out").read_bytes().decode("utf-8") for name in FORMATS}
    assert files["text"].strip() == seen.out.strip()
    return {**files, "stderr": seen.err}


class Page(HTMLParser):
    """Counts what could run."""

    def __init__(self):
        super().__init__()
        self.scripts = 0
        self.handlers = []

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.handlers += [name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "")]


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_format_is_whole_harmless_and_bounded(xsim, name):
    texts = written(xsim, SCRIPTS[name])
    for format_, text in texts.items():
        # JSON is data, and holds the last run and the incidents as they are.
        assert len(text) < (LARGEST_REPORT if "json" not in format_ else 50_000_000), (format_, len(text))
        odd = {each for each in text if not (each.isprintable() or each in "\n\t")}
        assert not odd, (format_, odd)
    json.loads(texts["json"])
    json.loads(texts["sarif"])
    for line in texts["json-lines"].splitlines():
        json.loads(line)
    ElementTree.fromstring(texts["junit"])
    page = Page()
    page.feed(texts["html"])
    assert page.scripts == 2
    assert page.handlers == []
    *annotations, verdict = texts["github"].splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in annotations)
    assert verdict.startswith(("FAILED", "PASSED", "UNDECIDED"))
    assert "\n::" not in texts["text"] + texts["concise"]


@pytest.mark.parametrize("name", ["names", "results", "raises", "megabytes kept"])
def test_what_runs_once_shows_harmless_and_bounded_text(xsim, name):
    placed(xsim, SCRIPTS[name])
    for command in (("fetch",), ("fetch", "--format", "json"), ("test-module",)):
        seen = xsim(command[0], "a.py", *command[1:])
        assert seen.code in (0, 1, 3), seen
        assert "Traceback" not in seen.out + seen.err
        assert all(each.isprintable() or each == "\n" for each in seen.out + seen.err)
        assert len(seen.out) < (LARGEST_REPORT if "json" not in command else 25_000_000)


def test_a_terminal_and_a_step_of_github_are_not_steered_either(xsim, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    summary = xsim.folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    texts = json.dumps([STEERING, MARKUP, LINES])
    xsim.has(
        "a.py",
        HEAD.format(texts=texts)
        + "    demisto.incidents([incident(1, name=NASTY, occurred=NASTY)])\n# fetch-incidents\n",
    )
    seen = xsim("run", "a.py")
    assert seen.code == 1
    commands = [line for line in seen.out.splitlines() if line.startswith("::")]
    assert commands[0].startswith("::stop-commands::")
    assert all(
        line.startswith(("::stop-commands::", "::error ", "::warning ", "::notice ", commands[0][15:]))
        for line in commands
    )
    written = summary.read_text("utf-8")
    assert "<script>" not in written
    assert "](javascript" not in written


# --- files of others ------------------------------------------------------------------------------------------

FETCHES = "import demistomock as demisto\nif demisto.command() == 'fetch-incidents':\n    demisto.incidents([])\n"
DEEP = "[" * 100_000 + "]" * 100_000
LONG = "9" * 5_000
RUNS = "!!python/object/apply:os.system ['touch pwned']"
FILES = {
    "params.json": [DEEP, f'{{"a": {DEEP}}}', f'{{"n": {LONG}}}', "\ud800", "[1]", '{"a": 1}\x00', "NaN", ""],
    "params.toml": [f"a = {DEEP}", f"n = {LONG}", "a = 1\na = 2", "[a" * 50_000, f"a{'.a' * 20_000} = 1"],
    "params.yml": [f"a: {DEEP}", "a: &a [*a]", f"a: {RUNS}", f"n: {LONG}", "- 1"],
    "a.yml": [f"a: {DEEP}", "a: &a [*a]", f"name: {RUNS}", "? " * 50_000, "\x00", "a: b: c"],
    "xsim.toml": [
        f"a = {DEEP}",
        f"n = {LONG}",
        "[[" * 50_000,
        "seed = 1.5",
        "\ud800",
        "integration = '../../../etc/passwd'",
        "vendor = '/etc/passwd:answer'",
        "[clock]\ncycles = 99999999999999999999",
        f"a{'.a' * 20_000} = 1",
    ],
    "pyproject.toml": [
        f"[tool.xsim]\na = {DEEP}",
        f"[tool.xsim]\nbaseline = '../../etc/passwd'\nn = {LONG}",
        "[tool.xsim]\n\x00",
        "[tool.xsim.check]\nselect = 7",
    ],
    "base.json": [DEEP, f'{{"xsim_baseline": {LONG}}}', '{"xsim_baseline": 1, "integrations": {"a": 1}}', "\x00", "{}"],
    "last.json": [DEEP, LONG, "\x00", "{"],
}
ARGUMENTS = {
    "params.json": ("--params", "params.json"),
    "params.toml": ("--params", "params.toml"),
    "params.yml": ("--params", "params.yml"),
    "base.json": ("--baseline", "base.json"),
}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(name, text, id=f"{name}-{number}")
        for name, texts in FILES.items()
        for number, text in enumerate(texts)
    ],
)
def test_a_hostile_file_is_refused_in_one_line_and_runs_nothing(xsim, name, text):
    xsim.has("a.py", FETCHES)
    (xsim.folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    command = (
        ("fetch", "a.py", "--last-run", name) if name == "last.json" else ("run", "a.py", *ARGUMENTS.get(name, ()))
    )
    seen = xsim(*command)
    assert "Traceback" not in seen.err, seen.err[-600:]
    assert seen.code in (2, 3), seen
    if seen.code == 2:
        lines = seen.err.splitlines()
        assert lines[0].startswith("Error: ")
        assert len(lines) <= 2
        assert len(seen.err) < 1_500
    assert not (xsim.folder / "pwned").exists()
    assert "root:" not in seen.out + seen.err


def test_a_value_of_a_file_outside_the_scenarios_folder_is_not_read(xsim, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "key.txt"
    outside.write_text("outer-secret")
    xsim.has("a.py", FETCHES + "demisto.info(str(demisto.params()['api_key']))\n")
    (xsim.folder / "link").symlink_to(outside)
    for value in ("file:link", f"file:{outside}", "file:../outside0/key.txt", "file:/etc/passwd"):
        seen = xsim("run", "a.py", "--param", f"api_key={value}")
        assert seen.code == 2, value
        assert "outside" in seen.err
        assert "outer-secret" not in seen.out + seen.err


# --- journals of others ---------------------------------------------------------------------------------------


@pytest.fixture
def journal(xsim):
    """The lines of a journal, and a function that judges other lines in its place."""
    xsim.has("a.py", FETCHES)
    path = xsim.folder / "journal.jsonl"
    parts = a_journal(identity=("id",), path="a.py")
    record(parts.integration, parts.scenario, [a_cycle(1), a_cycle(2)], into=path, version="0")

    def judge(lines, command="check", *more):
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
        seen = xsim(command, path, *more)
        assert "Traceback" not in seen.err, seen.err[-800:]
        return seen

    return path.read_text("utf-8").split("\n"), judge


def changed(line, **fields):
    """The header or cycle with other fields; dotted names with __."""
    whole = json.loads(line)
    for name, value in fields.items():
        *steps, last = name.split("__")
        table = whole
        for step in steps:
            table = table[step]
        table[last] = value
    return json.dumps(whole)


HEADERS = [
    {"xsim": 10**30}, {"xsim": "1"}, {"integration": None}, {"integration__path": 7}, {"integration__name": {"a": 1}},
    {"scenario__starts": "0001-01-01T00:00:00"}, {"scenario__interval": 0}, {"scenario__interval": -5},
    {"scenario__interval": 1e300}, {"scenario__endpoints": [{"path": 3}]}, {"scenario__identity": "id"},
    {"scenario__parameters": []}, {"scenario__settings": {"latency": "x"}}, {"scenario__seed": "a"},
]  # fmt: skip
CYCLES = [
    {"cycle__number": "1"}, {"cycle__started": "0001-01-01T00:00:00+14:00"}, {"cycle__outcome": "fine"},
    {"cycle__ended": "9999-12-31T23:59:59.999999+00:00"},
    {"cycle__incidents": [7]}, {"cycle__incidents": "a"}, {"cycle__calls": [[1, 2]]}, {"cycle__context": []},
    {"cycle__exchanges": [["2024-05-14T09:30:00+00:00", 1, 2, 3, 4, 5, 6, 7]]},
    {"cycle__failure": ["a", None, 3, 4, 5, 6]},
    {"cycle__log": [["info", 7]]}, {"cycle__refusals": [["0", 1, 2]]}, {"cycle": 7},
]  # fmt: skip


@pytest.mark.parametrize("fields", [*HEADERS, *CYCLES], ids=str)
@pytest.mark.parametrize("command", ["check", "report"])
def test_a_journal_that_holds_something_else_is_refused_with_its_line(journal, fields, command):
    lines, judge = journal
    number = 1 if fields in HEADERS else 2
    lines[number - 1] = changed(lines[number - 1], **fields)
    seen = judge(lines, command)
    assert seen.code == 2, seen
    assert f"journal.jsonl:{number}: " in seen.err
    assert len(seen.err.splitlines()) <= 2


@pytest.mark.parametrize(
    "line", [DEEP, '{"cycle":' + DEEP + "}", "\x00", "\ud800", "{", '{"cycle":' + "9" * 5_000 + "}"], ids=range(6)
)
@pytest.mark.parametrize("number", [1, 2])
def test_a_line_that_is_none_is_told_with_its_number(journal, line, number):
    lines, judge = journal
    lines[number - 1] = line
    seen = judge(lines)
    assert seen.code == 2
    assert f"journal.jsonl:{number}: " in seen.err or "cannot be read as a journal" in seen.err
    assert len(seen.err) < 1_500


def test_a_journal_runs_no_code_and_shows_no_file_but_the_script_that_was_run(journal, xsim, tmp_path_factory):
    lines, judge = journal
    vendor = xsim.has("vendor.py", "open('pwned', 'w').close()\ndef answer(request, world):\n    return {}\n")
    secret = tmp_path_factory.mktemp("outside") / "secret.py"
    secret.write_text("PRIVATE = 'not for the page'\n")
    hatch = {"path": str(vendor), "function": "answer", "shown": "vendor.py:answer"}
    failing = {"cycle__failure": ["ValueError", "x", ["line 1, in a: b"], 1, "f", ""], "cycle__outcome": "failed"}
    lines[1] = changed(lines[1], **failing)
    for path in (str(secret), "/etc/passwd", "/dev/zero", "file:///etc/passwd", "a.py/../../../etc/passwd", "\x00"):
        lines[0] = changed(lines[0], scenario__hatch=hatch, integration__path=path)
        for command in ("check", "report"):
            seen = judge(lines, command, "--format", "html")
            assert "not for the page" not in seen.out
            assert "root:x" not in seen.out
    assert not (xsim.folder / "pwned").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_script_that_became_a_pipe_does_not_hold_up_the_page(journal, xsim):
    lines, judge = journal
    os.mkfifo(xsim.folder / "pipe.py")
    lines[0] = changed(lines[0], integration__path="pipe.py")
    lines[1] = changed(lines[1], cycle__failure=["ValueError", "x", [], 1, "f", ""], cycle__outcome="failed")
    assert judge(lines, "report", "--format", "html").code == 0


# --- requests that are none ------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://[::1/alerts", "https://h]/alerts?a=b"])
def test_a_url_that_is_none_is_answered_with_400(url):
    vendor = SimulatedVendor(a_scenario(endpoints=(an_endpoint(),), events=(an_event(),)))
    answer = vendor(Request("GET", url), STARTS)
    assert answer.status == 400
    assert json.loads(answer.body)["parameter"] == "url"


def test_half_a_character_in_a_query_does_not_break_the_link_to_the_next_page():
    paging = Paging("next_link", next_at="next")
    endpoint = an_endpoint(list_at="items", paging=paging, limit=Limit("limit", default=1))
    events = (an_event("A-1"), an_event("A-2", "09:29:10"))
    vendor = SimulatedVendor(a_scenario(endpoints=(endpoint,), events=events))
    answer = vendor(Request("GET", "https://vendor.example/alerts?q=\udfff&limit=1"), STARTS)
    assert json.loads(answer.body)["next"].startswith("https://vendor.example/alerts?q=%3F&limit=1&")


def test_a_journal_is_read_the_same_while_the_clock_is_simulated(tmp_path):
    path = tmp_path / "journal.jsonl"
    parts = a_journal()
    for looked_up in (codec._hints, conform._kind_of):  # What was looked up under the real clock would do.
        looked_up.cache_clear()
    with freezegun.freeze_time("2024-01-01"):
        record(parts.integration, parts.scenario, [a_cycle(1)], into=path, version="0")
        assert next(iter(read_journal(path).cycles)).started == STARTS
    journal = read_journal(path)
    assert journal.scenario.starts == STARTS
    assert [cycle.started for cycle in journal.cycles] == [STARTS]
