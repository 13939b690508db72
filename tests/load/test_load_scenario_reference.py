"""docs/scenario.md tells the keys that the loader reads, as it reads them.

Its tables are written from the loader's own data by docs/write_scenario_page.py (XSIM_GOLDEN=1 writes them). That data
is held to what happens: a key's default makes the same scenario as leaving it out, and a value of another kind is
refused at that key, so each one is read.
"""

import ast
import importlib
import json
import os
import re
import runpy
from collections.abc import Mapping
from pathlib import Path

import pytest
from scenario_files import loaded

from xsim.errors import InvalidScenario
from xsim.load import scenario_endpoint_keys, scenario_filters, scenario_times
from xsim.load.scenario_keys import CHANCE, TIME, TRUTH, WORD, Key

ROOT = Path(__file__).parent.parent.parent
WRITER = runpy.run_path(str(ROOT / "docs" / "write_scenario_page.py"))
MODULES = sorted((ROOT / "xsim" / "load").glob("scenario*.py"))

EVENTS = (
    '[identity]\nevent = "id"\ntime = "created"\n[[events]]\nrecord = {id = "a", created = "2024-05-14T09:31:00Z"}\n'
)
STREAM = '[identity]\nevent = "id"\ntime = "created"\n[[streams]]\nname = "s"\nevery = "1m"\n'
NAMELESS = '[[streams]]\nname = "s"\nevery = "1m"\ntime = {field = "created"}\n'
LIST = EVENTS + '[[endpoints]]\npath = "/a"\n'
JOBS = EVENTS + '[[endpoints]]\npath = "/j"\nkind = "job"\njob_at = "job"\n[[endpoints]]\npath = "/a"\n'
JOB = 'kind = "job"\njob_at = "job"\n'
STATUS = 'kind = "job_status"\njob_state_at = "s"\njob_param = "job"\n'
UPDATE = 'kind = "update"\nid_param = "ids"\nset = {a = 1}\n'
BEFORE = {
    "the file": "",
    "clock": "[clock]\n",
    "pauses": '[[clock.pauses]]\nafter = 3\nfor = "2h"\n',
    "identity": NAMELESS + "[identity]\n",
    "others": NAMELESS + '[[identity.others]]\nstreams = ["s"]\nevent = "id"\n',
    "platform": "[platform]\n",
    "events": EVENTS,
    "changes": STREAM + "[[streams.changes]]\n",
    "streams": STREAM,
    "lag": STREAM + "[streams.lag]\n",
    "choices": STREAM + "[streams.choices.color]\n",
    "times": STREAM + '[[streams.other_times]]\nfield = "seen"\n',
    "endpoints": LIST,
    "when": LIST + '[[endpoints.when]]\nparam = "q"\n',
    "filters": LIST + '[[endpoints.filters]]\nparam = "created"\n',
    "order": LIST + '[endpoints.order]\nparam = "p"\n',
    "limit": LIST + '[endpoints.limit]\nparam = "p"\n',
    "paging": LIST + 'list_at = "items"\n[endpoints.paging]\nkind = "token"\nparam = "token"\nnext_at = "next"\n',
    "jobs": JOBS,
    "updates": LIST + UPDATE,
    "formats": LIST,
    "fixed": '[[endpoints]]\npath = "/f"\nkind = "fixed"\n',
    "logins": LIST + '[[logins]]\npath = "/login"\n',
    "quotas": LIST + "[[quotas]]\ncalls = 5\n",
    "faults": LIST + '[[faults]]\nkind = "status"\n',
    "check": "[check]\n",
    "expect": "[expect]\n",
    "must": '[[expect.must]]\nrule = "FC201"\n',
}
"""Of each table of the page the beginning of a scenario in which any of its keys may come next."""
BESIDE = {
    ("streams", "burst_every"): "burst = 2\n",
    ("changes", "at"): "set = {a = 1}\n",
    ("changes", "after"): "set = {a = 1}\n",
    ("changes", "set"): 'after = "1m"\n',
    ("changes", "null"): 'after = "1m"\n',
    ("changes", "chance"): 'after = "1m"\nset = {a = 1}\n',
    ("changes", "delete"): 'after = "1m"\nset = {a = 1}\n',
    ("lag", "min"): 'max = "5s"\n',
    ("lag", "max"): 'min = "0s"\n',
    ("lag", "weights"): 'values = ["1s"]\n',
    ("lag", "long"): 'usual = "1s"\n',
    ("lag", "usual"): 'long = "1s"\n',
    ("lag", "chance"): 'usual = "1s"\nlong = "5s"\n',
    ("choices", "weights"): "values = [1]\n",
    ("endpoints", "id_in"): 'id_param = "id"\nkind = "objects"\n',
    ("endpoints", "unknown_status"): 'kind = "detail"\nid_param = "id"\n',
    ("jobs", "job_at"): 'kind = "job"\n',
    ("jobs", "job_takes"): JOB,
    ("jobs", "status"): JOB,
    ("jobs", "extra"): JOB,
    ("jobs", "job_state_at"): 'kind = "job_status"\njob_param = "job"\n',
    ("jobs", "job_states"): STATUS,
    ("jobs", "total_at"): STATUS,
    ("jobs", "unknown_status"): STATUS,
    ("jobs", "job_in"): 'job_param = "job"\n',
    ("formats", "item"): 'format = "xml"\n',
    ("formats", "text"): 'format = "xml"\n',
    ("formats", "columns"): 'format = "csv"\n',
    ("faults", "delay"): 'kind = "slow"\n',
    ("faults", "at"): 'kind = "kill"\n',
    ("logins", "life_at"): 'life = "1h"\n',
    ("logins", "sent_as"): 'prefix = "Bearer "\n',
    ("limit", "default"): "max = 1000\n",
}
"""What else has to be there, for the key to mean anything."""
INSTEAD = {("streams", "rate"): "every", ("must", "finding"): "rule"}
"""A key that must not stand beside it."""
KEYS = {name: tuple(WRITER["listed"](name)) for name in WRITER["TABLES"]}
"""The keys of each table. A test takes a table: one for each key would cost more than what it does."""
UNREAD = {"any value", "any value or table"}
"""Kinds that refuse nothing."""


@pytest.fixture(scope="session", autouse=True)
def _rewritten():
    if os.environ.get("XSIM_GOLDEN") == "1":
        WRITER["write"]()


def text_before(name: str, key: Key) -> str:
    """A scenario behind which the key may come: its table without it."""
    lines = BEFORE[name].splitlines(keepends=True)
    beside = {line.split(" = ")[0] for line in BESIDE.get((name, key.name), "").splitlines()}
    start = max((number for number, line in enumerate(lines) if line.startswith("[")), default=-1) + 1
    own = [
        line for line in lines[start:] if line.split(" = ")[0] not in {key.name, *beside, INSTEAD.get((name, key.name))}
    ]
    return "".join(lines[:start] + own) + BESIDE.get((name, key.name), "")


def toml(value: object) -> str:
    return "{}" if value == {} else json.dumps(value)


def wrong_value(key: Key) -> str:
    """A value of another kind."""
    if key.kind == WORD or key.kind.startswith("place"):
        return '"no such word"'
    texts = key.kind in (TIME, TRUTH, CHANCE) or "number" in key.kind
    return '"soon"' if texts and "list of numbers" not in key.kind else "5"


def tables_with(is_meant):
    """The tests of each table that has such keys: its name and those keys."""
    chosen = {name: [key for key in keys if is_meant(name, key)] for name, keys in KEYS.items()}
    chosen = {name: keys for name, keys in chosen.items() if keys}
    return pytest.mark.parametrize(("name", "keys"), chosen.items(), ids=chosen)


def test_the_page_is_up_to_date():
    text = WRITER["PAGE"].read_bytes().decode("utf-8")
    assert text == WRITER["page"](text), "docs/scenario.md is out of date: python docs/write_scenario_page.py"


def test_the_page_has_each_table_once():
    text = WRITER["PAGE"].read_text(encoding="utf-8")
    assert sorted(re.findall(r"<!-- keys of (.*) -->", text)) == sorted(WRITER["TABLES"]) == sorted(BEFORE)
    assert sorted(re.findall(r"<!-- kinds of (.*) -->", text)) == sorted(WRITER["KINDS"])


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_each_key_that_the_loader_has_is_in_a_table_of_the_page(module):
    told = [key for keys in KEYS.values() for key in keys]
    for value in vars(importlib.import_module(f"xsim.load.{module.stem}")).values():
        for keys in value if isinstance(value, tuple) else (value,):
            for key in keys.values() if isinstance(keys, Mapping) else (keys,):
                assert not isinstance(key, Key) or key in told or not key.name or key.name == "host"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_tables_are_held_to_such_keys_alone(module):
    calls = [
        node.func.attr
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert calls.count("refuse_unknown") == (module.stem == "scenario_table")


@pytest.mark.parametrize("kind", scenario_endpoint_keys.KINDS)
def test_a_key_of_one_kind_of_endpoint_stands_in_one_table(kind):
    parts = ("endpoints", "jobs", "updates", "formats", "fixed")
    found = [key.name for part in parts for key in WRITER["listed"](part) if not key.of or kind in key.of]
    assert sorted(found) == sorted(scenario_endpoint_keys.KIND_KEYS[kind])


def test_a_key_is_explained():
    for name, key in ((name, key) for name, keys in KEYS.items() for key in keys):
        told = f"{name} {key.name}"
        assert key.meaning.endswith((".", "...")) or key.meaning.startswith("... "), told
        assert not (key.needed and (key.otherwise or key.default is not None)), told
        assert key.words or key.kind != WORD, told
        assert "|" not in key.meaning + key.otherwise + key.kind, told


def has_default(name, key):
    # A limit of always 50 has no parameter that could ask for more, so what it would be cut to is not looked at.
    return key.default is not None and (name, key.name) != ("endpoints", "limit")


@tables_with(has_default)
def test_to_state_the_default_changes_nothing(tmp_path, name, keys):
    for key in keys:
        text = text_before(name, key)
        said, unsaid = loaded(tmp_path, f"{text}{key.name} = {toml(key.default)}\n"), loaded(tmp_path, text)
        assert said.scenario == unsaid.scenario, key.name
        assert (said.check, said.params) == (unsaid.check, unsaid.params), key.name


@tables_with(lambda name, key: key.kind not in UNREAD)
def test_a_value_of_another_kind_is_refused_at_the_key(tmp_path, name, keys):
    for key in keys:
        told = refused(tmp_path, f"{text_before(name, key)}{key.name} = {wrong_value(key)}\n").message
        assert re.search(rf"\b{key.name}: |\bchoices, color: ", told)


@tables_with(lambda name, key: key.most is not None or key.least is not None)
def test_a_value_just_outside_the_bounds_is_refused(tmp_path, name, keys):
    for key in keys:
        if isinstance(key.least, str):
            outside = ['"0s"']
        elif key.kind == "number":
            outside = [key.least / 2, key.most + 1]
        else:
            outside = [(key.least or 0) - 1] + ([key.most + 1] if key.most is not None else [])
        for value in outside:
            told = refused(tmp_path, f"{text_before(name, key)}{key.name} = {value}\n").message
            assert re.search(rf"\b{key.name}: found", told)


@tables_with(lambda name, key: key.words)
def test_a_misspelt_word_is_refused_with_the_nearest_one(tmp_path, name, keys):
    for key in keys:
        word = max(key.words, key=len)
        complaint = refused(tmp_path, f'{text_before(name, key)}{key.name} = "{word}x"\n')
        assert complaint.hint == f"did you mean '{word}'?" or len(word) == 1
        assert all(each in complaint.message for each in key.words)


def refused(folder: Path, text: str) -> InvalidScenario:
    try:
        loaded(folder, text)
    except InvalidScenario as complaint:
        return complaint
    pytest.fail(f"this was not refused:\n{text}")


def test_the_page_names_every_layout_and_comparison():
    text = WRITER["PAGE"].read_text(encoding="utf-8")
    for word in (*scenario_times.NAMED_LAYOUTS, *scenario_filters.COMPARISONS):
        assert f'"{word}"' in text, word
