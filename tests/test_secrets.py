"""A secret is known in every spelling in which scripts and tracebacks write it."""

import base64
import json
import shlex
import sys
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from planted_secrets import SECRETS, found_in, plant

from xsim.secrets import MASKED, end_masker, is_maskable, masker, spellings

sys.path.insert(0, str(Path(__file__).parent / "cli"))

from command_line import CommandLine

SECRET = 'pä"ss/ word+%'
WITH_TOKEN = """
import json
import demistomock as demisto

token = demisto.params()["api_token"]
if demisto.command() == "fetch-incidents":
    number = int(demisto.getLastRun().get("n", "0")) + 1
    record = {"id": number, "at": "2024-05-14T09:29:00.000000Z"}
    incident = {"name": "a", "occurred": "2024-05-14T09:29:00.000000Z", "rawJSON": json.dumps(record)}
    demisto.incidents([incident])
    demisto.setLastRun({"n": str(number), "time": "2024-05-14T09:29:00.000000Z"})
"""


@pytest.fixture
def xsim(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path.resolve())


@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: repr(text)[1:-1],
        quote,
        lambda text: quote(text, safe=""),
        quote_plus,
        lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    ],
)
def test_each_way_of_writing_it_is_a_spelling(spell):
    assert spell(SECRET) in spellings(SECRET)


def test_the_secret_itself_comes_first_and_each_spelling_once():
    assert spellings("abcdefgh")[0] == "abcdefgh"
    assert len(set(spellings(SECRET))) == len(spellings(SECRET))


def test_a_lone_surrogate_has_spellings_too():
    assert "a\ud800b" in spellings("a\ud800b")


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(f"kim:{SECRET}".encode()).decode(),
        base64.b64encode(f"u:{SECRET}:tail".encode()).decode(),
        base64.urlsafe_b64encode(f"abc{SECRET}".encode()).decode(),
        quote(base64.b64encode(f"ab{SECRET}\n".encode()).decode(), safe=""),
        SECRET.encode().hex(),
        repr(SECRET.encode()),
        escape(SECRET),
        json.dumps(json.dumps(json.dumps(json.dumps(json.dumps({"p": SECRET}))))),
        shlex.join(["xsim", "run", f"--param=key={SECRET}"]),
    ],
)
def test_what_scripts_make_of_a_secret_is_hidden(text):
    shown = masker([SECRET])(text)
    assert MASKED in shown
    assert not [part for part in ('pä"', "word", "b3Jk", "dvcm", "3b3Jk") if part in shown]


def test_json_in_a_text_stays_json_whatever_is_hidden():
    held = {"pin": 2024, "at": "2024-05-14T09:30:00Z", "key": SECRET, "deep": json.dumps({SECRET: [2024, "2024"]})}
    hidden = json.loads(masker([SECRET, "2024"])(json.dumps(held)))
    assert hidden["at"] == held["at"]
    assert (hidden["pin"], hidden["key"]) == (0, MASKED)
    assert json.loads(hidden["deep"]) == {MASKED: [0, MASKED]}


def test_a_short_number_is_hidden_where_it_stands_alone():
    shown = masker(["1234"])("pin=1234&x pin:1234, 51234 v1.1234 2024-1234")
    assert shown == "pin=***&x pin:0, 51234 v1.1234 2024-1234"


def test_a_key_of_several_lines_is_hidden_line_by_line():
    key = "-----BEGIN KEY-----\nMIIEvQ0abcdEFGH\n0123abcdEFGHxyz\n-----END KEY-----"
    assert masker([key])("one MIIEvQ0abcdEFGH two 0123abcdEFGHxyz") == "one *** two ***"
    assert masker([key.replace("\n", "\\n")])("one MIIEvQ0abcdEFGH two") == "one *** two"


def test_of_a_service_accounts_key_the_members_are_hidden_and_the_object_stays_one():
    public = {"type": "service_account", "token_uri": "https://vendor.example/token"}
    account = json.dumps({"private_key": "Pk-55\nSecond-Half", **public})
    hidden = json.loads(masker([account])(f'{{"raw": {account}}}'))
    assert hidden["raw"] == {"private_key": MASKED, **public}
    assert masker([account])("service_account_json is missing") == "service_account_json is missing"


def test_the_beginning_of_a_long_secret_that_was_cut_is_hidden():
    long = "Lg" + "0aB1cD2eF3" * 30
    assert masker([long])(f"x {long[:90]} y") == "x *** y"
    assert end_masker([long, SECRET])(f"x {long[:6]}...") == "x ***"
    assert end_masker([SECRET])("x pä") == "x pä"


def test_words_without_which_no_incident_could_be_read_are_no_secrets():
    assert not is_maskable("name")
    assert not is_maskable("true")
    assert is_maskable("cycle")


# --- twenty secrets, planted everywhere ----------------------------------------------------------------------

FORMATS = ("text", "concise", "json", "json-lines", "junit", "sarif", "github", "html")


@pytest.fixture
def planted(xsim, monkeypatch):
    """The command line in a folder with the integration, and a function that runs it with the secrets."""
    arguments = plant(xsim.folder)
    summary = xsim.folder / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    def run(command, *more):
        seen = xsim(command, "planted.py", *arguments, *more)
        text = seen.out + seen.err + (summary.read_text(encoding="utf-8") if summary.exists() else "")
        assert text
        return text

    return run


def test_no_secret_stands_in_the_journal_or_in_any_format(planted, xsim):
    outputs = [part for name in FORMATS for part in ("--output", f"{name}:{name}.out")]
    assert not found_in(planted("run", "--format", "json-lines", *outputs))
    written = {path.name: path.read_text(encoding="utf-8") for path in xsim.folder.glob("*.out")}
    written["journal"] = (xsim.folder / ".xsim/planted_instance_1/journal.jsonl").read_text(encoding="utf-8")
    assert len(written) == len(FORMATS) + 1
    assert {name: found_in(text) for name, text in written.items()} == {name: [] for name in written}
    assert [cycle["outcome"] for cycle in json.loads(written["json.out"])["cycles"]] == [
        "ok", "refused", "failed", "ok", "failed", "failed"
    ]  # fmt: skip
    stored = xsim.folder / ".xsim/planted_instance_1/last_run.json"
    assert found_in(stored.read_text(encoding="utf-8"))  # The next run needs them.
    assert stored.stat().st_mode & 0o077 == 0
    shown = xsim("last-run", "show", "planted.py").out
    assert json.loads(shown)["turn"] == 4
    assert not found_in(shown)


def test_no_secret_is_shown_by_the_commands_that_run_once(planted):
    shown = {"fetch": planted("fetch"), "test": planted("test-module"), "config": planted("config")}
    shown["fetched"] = planted("fetch", "--format", "json")
    shown["baseline"] = planted("baseline", "write", "--cycles", "2")
    assert {name: found_in(text) for name, text in shown.items()} == {name: [] for name in shown}


def test_no_secret_stands_in_a_drafted_scenario(planted, xsim):
    for name in ("xsim.toml", "vendor.py"):
        (xsim.folder / name).unlink()
    assert "Wrote xsim.toml" in planted("init")
    drafted = {path.name: path.read_text(encoding="utf-8") for path in xsim.folder.glob("xsim*.*")}
    assert sorted(drafted) == ["xsim.toml"]
    assert {name: found_in(text) for name, text in drafted.items()} == {name: [] for name in drafted}


def test_no_secret_is_shown_by_a_bug_of_ours_or_by_a_vendor_function_that_fails(planted, xsim, monkeypatch):
    everything = "\n".join(text for name, text in SECRETS.items() if name != "surrogate")

    def crash(*_, **__):
        raise RuntimeError(everything)

    (xsim.folder / "vendor.py").write_text(
        "def answer(request, world):\n    raise ValueError(f'{request.url} {request.body} {dict(request.headers)}')\n"
    )
    refused = planted("run", "--cycles", "1")
    assert "the vendor function failed" in refused
    monkeypatch.setattr("xsim.record.record", crash)
    crashed = planted("run", "--param", f"plain_token={SECRETS['plain']}")
    assert "This is a bug in xsim" in crashed
    assert "RuntimeError" in crashed
    assert not found_in(refused + crashed)


@pytest.mark.parametrize(
    "secret", ["2024", "cycle", "number", "null", "true", "incidents", "last_run", "000000", "kind"]
)
def test_a_secret_that_looks_like_the_journals_own_words_does_no_harm(xsim, secret):
    xsim.has("a.py", WITH_TOKEN)
    seen = xsim("run", "a.py", "--param", f"api_token={secret}", "--cycles", "2", "--format", "concise")
    assert (seen.code, seen.out, seen.err) == (0, "", "")
