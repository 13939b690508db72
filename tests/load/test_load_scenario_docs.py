"""The reference of the scenario file is right: its examples load, and it names every key."""

import ast
import re
from pathlib import Path

import pytest
from scenario_files import loaded

from xsim.load import (
    scenario,
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

TEXT = (Path(__file__).parent.parent.parent / "docs" / "scenario.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
KEYS = {
    *scenario.KEYS,
    *scenario.CHECK_KEYS,
    *scenario_identity.KEYS,
    *scenario_identity.OTHER_KEYS,
    *scenario_clock.CLOCK_KEYS,
    *scenario_clock.PLATFORM_KEYS,
    *scenario_endpoints.KEYS,
    *scenario_filters.FILTER_KEYS,
    *scenario_fixed.FIXED_KEYS,
    *scenario_paging.ORDER_KEYS,
    *scenario_paging.LIMIT_KEYS,
    *scenario_paging.PAGING_KEYS,
    *scenario_logins.LOGIN_KEYS,
    *scenario_logins.QUOTA_KEYS,
    *scenario_faults.KEYS,
    *scenario_events.KEYS,
    *scenario_streams.KEYS,
    *scenario_times.KEYS,
}


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_are_right(tmp_path, example):
    assert loaded(tmp_path, example).scenario


def test_a_scenario_for_a_simple_integration_has_some_25_lines(tmp_path):
    assert len([line for line in EXAMPLES[0].splitlines() if line]) <= 25
    first = loaded(tmp_path, EXAMPLES[0]).scenario
    assert len(first.events) > 50
    assert first.endpoints


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_key_is_explained(key):
    assert re.search(rf"`{key}`|\[\[?{key}\]", TEXT), key


def test_the_vendor_function_is_one(tmp_path):
    [source, _] = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    [function] = ast.parse(source).body
    assert function.name == "answer"
    (tmp_path / "vendor.py").write_text(source)
    assert loaded(tmp_path, 'vendor = "vendor.py:answer"').scenario.hatch


def test_the_application_is_one(tmp_path):
    [_, source] = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "app.py").write_text(source)
    hatch = loaded(tmp_path, 'wsgi = "app.py:application"').scenario.hatch
    assert hatch
    assert hatch.is_wsgi


def test_every_kind_of_the_new_tables_has_an_example(tmp_path):
    scenarios = [loaded(tmp_path, example).scenario for example in EXAMPLES]
    shown = {
        "faults": {each.kind for scenario in scenarios for each in scenario.faults},
        "logins": {each.kind for scenario in scenarios for each in scenario.logins} | {"basic"},
        "endpoints": {each.kind for scenario in scenarios for each in scenario.endpoints},
        "formats": {each.format for scenario in scenarios for each in scenario.endpoints},
    }
    assert shown == {
        "faults": set(scenario_faults.KINDS),
        "logins": set(scenario_logins.KINDS),
        "endpoints": set(scenario_kinds.KINDS),
        "formats": set(scenario_formats.FORMATS),
    }


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#([\w-]+)\)", TEXT))))
def test_every_link_within_the_page_leads_somewhere(anchor):
    headings = {
        re.sub(r"[^\w -]", "", line.lower()).strip().replace(" ", "-") for line in re.findall(r"^#+ (.*)", TEXT, re.M)
    }
    assert anchor in headings | set(re.findall(r'<a id="([\w-]+)">', TEXT))
