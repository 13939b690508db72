"""docs/scenario.md is complete: it has a row for each key of a scenario, and no other, with type and default.

The rows are held to the loader, from which their keys come: what stands as a key's default makes the same scenario as
leaving the key out, and a value of another type is refused at that key.
"""

import importlib
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from scenario_files import loaded

from xsim.errors import InvalidScenario
from xsim.load import (
    scenario,
    scenario_changes,
    scenario_clock,
    scenario_endpoints,
    scenario_events,
    scenario_faults,
    scenario_filters,
    scenario_fixed,
    scenario_formats,
    scenario_identity,
    scenario_kinds,
    scenario_logins,
    scenario_paging,
    scenario_streams,
    scenario_times,
)

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "scenario.md").read_text(encoding="utf-8")
LOAD = ROOT / "xsim" / "load"

EVENTS = (
    '[identity]\nevent = "id"\ntime = "created"\n[[events]]\nrecord = {id = "a", created = "2024-05-14T09:31:00Z"}\n'
)
STREAM = '[identity]\nevent = "id"\ntime = "created"\n[[streams]]\nname = "s"\nevery = "1m"\n'
NAMELESS = '[[streams]]\nname = "s"\nevery = "1m"\ntime = {field = "created"}\n'
LIST = EVENTS + '[[endpoints]]\npath = "/a"\n'
JOBS = EVENTS + '[[endpoints]]\npath = "/j"\nkind = "job"\njob_at = "job"\n[[endpoints]]\npath = "/a"\n'
STATUS = 'kind = "job_status"\njob_state_at = "s"\njob_param = "job"\n'
TOKEN = LIST + 'list_at = "items"\n[endpoints.paging]\nkind = "token"\nparam = "token"\nnext_at = "next"\n'


@dataclass(frozen=True)
class Held:
    """A table of the page, what it has to hold, and the beginning of a scenario in which each key may come next."""

    heading: str
    number: int
    keys: tuple[str, ...]
    before: str


TABLES = (
    Held("Top level", 0, scenario.KEYS, ""),
    Held("[clock]", 0, scenario_clock.CLOCK_KEYS, "[clock]\n"),
    Held("[identity]", 0, scenario_identity.KEYS, NAMELESS + "[identity]\n"),
    Held("[identity]", 1, scenario_identity.OTHER_KEYS, NAMELESS + "[[identity.others]]\n"),
    Held("[platform]", 0, scenario_clock.PLATFORM_KEYS, "[platform]\n"),
    Held("[[events]]", 0, scenario_events.KEYS, EVENTS),
    Held("[[events]]", 1, scenario_changes.KEYS, STREAM + "[[streams.changes]]\n"),
    Held("[[streams]]", 0, scenario_streams.KEYS, STREAM),
    Held("[[streams]]", 1, (*scenario_times.KEYS, "offset"), STREAM + '[[streams.other_times]]\nfield = "seen"\n'),
    Held("[[endpoints]]", 1, scenario_endpoints.KEYS, LIST),
    Held("Filters", 0, scenario_filters.FILTER_KEYS, LIST + '[[endpoints.filters]]\nparam = "created"\n'),
    Held("Order and limit", 0, scenario_paging.ORDER_KEYS, LIST + "[endpoints.order]\n"),
    Held("Order and limit", 1, scenario_paging.LIMIT_KEYS, LIST + "[endpoints.limit]\n"),
    Held("Paging", 0, scenario_paging.PAGING_KEYS, TOKEN),
    Held("Jobs: start, ask, fetch", 0, tuple(key for key in scenario_endpoints.KEYS if key.startswith("job")), JOBS),
    Held("Updates: acknowledge, label, delete", 0, ("set", "deletes"), LIST),
    Held("XML, lines of JSON, CSV", 0, ("format", "item", "columns"), LIST),
    Held("Fixed answers", 0, ("status", "answer_headers", "text"), '[[endpoints]]\npath = "/f"\nkind = "fixed"\n'),
    Held("[[logins]]", 1, scenario_logins.LOGIN_KEYS, LIST + '[[logins]]\npath = "/login"\n'),
    Held("[[quotas]]", 0, scenario_logins.QUOTA_KEYS, LIST + "[[quotas]]\ncalls = 5\n"),
    Held("[[faults]]", 1, scenario_faults.KEYS, LIST + '[[faults]]\nkind = "status"\n'),
    Held("[check]", 0, scenario.CHECK_KEYS, "[check]\n"),
    Held("[expect]", 0, ("verdict", "delivered", "must", "may"), "[expect]\n"),
)
SHARED = {
    "Jobs: start, ask, fetch": scenario_kinds.KIND_KEYS["job_status"] + scenario_kinds.KIND_KEYS["list"],
    "Updates: acknowledge, label, delete": scenario_kinds.KIND_KEYS["update"],
    "XML, lines of JSON, CSV": scenario_endpoints.KEYS,
    "Fixed answers": scenario_fixed.FIXED_KEYS,
}
"""Tables of one kind of endpoint, which may say more of a key that all have."""
PARTS = {
    scenario_fixed.FIXED_KEYS, scenario_faults.REQUEST_KEYS, tuple(scenario_faults.OWN_KEYS),
    scenario_formats.JSON_KEYS, scenario_times.KEYS, scenario_streams.DEFAULT_KEYS, tuple(scenario_kinds.KIND_KEYS),
    tuple(scenario_logins.KIND_KEYS),
}  # fmt: skip
"""Tuples of the loader that are parts of others, or name kinds."""
BESIDE = {
    ("[[streams]]", "burst_every"): "burst = 2\n",
    ("[[events]]", "at"): "set = {a = 1}\n",
    ("[[events]]", "after"): "set = {a = 1}\n",
    ("[[events]]", "chance"): 'after = "1m"\nset = {a = 1}\n',
    ("[[events]]", "delete"): 'after = "1m"\nset = {a = 1}\n',
    ("[[endpoints]]", "id_in"): 'id_param = "id"\nkind = "objects"\n',
    ("[[endpoints]]", "unknown_status"): 'kind = "detail"\nid_param = "id"\n',
    ("Jobs: start, ask, fetch", "job_takes"): 'kind = "job"\njob_at = "job"\n',
    ("Jobs: start, ask, fetch", "job_states"): STATUS,
    ("Jobs: start, ask, fetch", "unknown_status"): STATUS,
    ("Updates: acknowledge, label, delete", "deletes"): 'kind = "update"\nid_param = "ids"\nset = {a = 1}\n',
    ("Updates: acknowledge, label, delete", "status"): 'kind = "update"\nid_param = "ids"\nset = {a = 1}\n',
    ("XML, lines of JSON, CSV", "item"): 'format = "xml"\n',
    ("Order and limit", "in"): 'param = "p"\n',
}
"""What else has to be there, for the key to mean anything."""
TYPES = {
    "text": "5",
    "duration": "5",
    "size": "5",
    "time": '"soon"',
    "number": '"x"',
    "whole number": '"x"',
    "true, false": '"x"',
}
"""A type of the page, and a value that is of another one."""


@dataclass(frozen=True)
class Row:
    """A row of a table; `key` is one of the keys that it is for."""

    key: str
    kind: str
    default: str


def rows(held: Held) -> list[Row]:
    """The table's rows. A row without a type points at another table, which says it."""
    section = re.split(rf"^#+ {re.escape(held.heading)}\n", PAGE, flags=re.MULTILINE)[1]
    section = re.split(r"^#+ \S", section, flags=re.MULTILINE)[0]
    lists = [each for each in re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE) if "|---" in each]
    lines = lists[held.number].splitlines()
    heads = [cell.strip() for cell in lines[0].strip("|").split("|")]
    found = []
    for line in lines[2:]:
        cells = dict(zip(heads, (cell.strip() for cell in line.strip("|").split(" |")), strict=False))
        keys = re.findall(r"`(\w+)`", cells["key"])
        found += [Row(key, cells.get("type", ""), cells.get("default", "")) for key in keys]
    return found


OF_ENDPOINTS = ("[[endpoints]]", *SHARED, "Ids first, objects next")
ROWS = [(held, row) for held in TABLES for row in rows(held)]
TYPED = [(held, row) for held, row in ROWS if row.kind]


def named(pairs):
    return [pytest.param(held, row, id=f"{held.heading} {row.key}") for held, row in pairs]


@pytest.mark.parametrize("held", TABLES, ids=lambda held: f"{held.heading} {held.number}")
def test_each_key_has_a_row_and_each_row_is_a_key(held):
    there = {row.key for row in rows(held)}
    sections = {name.strip("[]") for name in re.findall(r"^## (\[.*\])", PAGE, re.MULTILINE)}
    assert set(held.keys) - there <= (sections if held.heading == "Top level" else set())
    assert there - set(held.keys) <= set(SHARED.get(held.heading, ()))


@pytest.mark.parametrize("module", sorted(LOAD.glob("scenario*.py")), ids=lambda path: path.stem)
def test_each_tuple_of_keys_in_the_loader_has_its_table(module):
    names = vars(importlib.import_module(f"xsim.load.{module.stem}"))
    tuples = {tuple(value) for name, value in names.items() if re.fullmatch(r"([A-Z]+_)?KEYS", name) if value}
    known = {held.keys for held in TABLES}
    assert tuples - known <= PARTS


@pytest.mark.parametrize(("held", "row"), named(ROWS))
def test_each_row_says_type_and_default_or_another_table_does(held, row):
    if row.kind:
        assert row.default
        return
    assert held.heading in OF_ENDPOINTS
    assert any(other.heading in OF_ENDPOINTS and each.key == row.key for other, each in TYPED)


LITERAL = re.compile(r'`("[^"]*"|\{\}|\[.*\])`|(\d+)|(false)|(UTC)')
WITH_DEFAULT = [(held, row) for held, row in TYPED if LITERAL.fullmatch(row.default)]


@pytest.mark.parametrize(("held", "row"), named(WITH_DEFAULT))
def test_to_state_the_default_changes_nothing(tmp_path, held, row):
    value = '"+00:00"' if row.default == "UTC" else row.default.strip("`")
    text = held.before + BESIDE.get((held.heading, row.key), "")
    with_it = (
        text if re.search(rf"^{row.key} = {re.escape(value)}$", text, re.MULTILINE) else f"{text}{row.key} = {value}\n"
    )
    said, unsaid = loaded(tmp_path, with_it), loaded(tmp_path, text)
    assert (said.scenario, said.check, said.params) == (unsaid.scenario, unsaid.check, unsaid.params)


WITH_TYPE = [(held, row) for held, row in TYPED if row.kind.split(" from ")[0] in TYPES]


@pytest.mark.parametrize(("held", "row"), named(WITH_TYPE))
def test_a_value_of_another_type_is_refused(tmp_path, held, row):
    value = TYPES[row.kind.split(" from ")[0]]
    text = held.before + BESIDE.get((held.heading, row.key), "")
    text = re.sub(rf"^{row.key} = .*\n(?!.*^{row.key} = )", "", text, flags=re.MULTILINE | re.DOTALL)
    with pytest.raises(InvalidScenario, match=rf"\b{row.key}: "):
        loaded(tmp_path, f"{text}{row.key} = {value}\n")


def test_the_page_names_every_word_that_a_key_takes():
    for words in (
        scenario_kinds.KINDS, scenario_filters.COMPARISONS, scenario_paging.PAGINGS, scenario_logins.KINDS,
        scenario_logins.ANSWERS, scenario_logins.SENT_IN, scenario_logins.CREDENTIAL_PLACES, scenario_faults.KINDS,
        scenario_faults.MOMENTS, scenario_formats.FORMATS, scenario_endpoints.EMPTY_ANSWERS,
        scenario_times.NAMED_LAYOUTS, scenario.VERDICTS,
    ):  # fmt: skip
        for word in words:
            assert f'"{word}"' in PAGE or f"`{word}`" in PAGE, word
