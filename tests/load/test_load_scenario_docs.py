"""The reference of the scenario file is right: its examples load, and its links lead somewhere."""

import ast
import re
from pathlib import Path

import pytest
from scenario_files import loaded

from xsim.load import scenario_endpoint_keys, scenario_faults, scenario_logins

TEXT = (Path(__file__).parent.parent.parent / "docs" / "scenario.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_are_right(tmp_path, example):
    assert loaded(tmp_path, example).scenario


def test_a_scenario_for_a_simple_integration_has_some_25_lines(tmp_path):
    assert len([line for line in EXAMPLES[0].splitlines() if line]) <= 25
    first = loaded(tmp_path, EXAMPLES[0]).scenario
    assert len(first.events) > 50
    assert first.endpoints


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
        "endpoints": set(scenario_endpoint_keys.KINDS),
        "formats": set(scenario_endpoint_keys.FORMATS),
    }


@pytest.mark.parametrize("anchor", sorted(set(re.findall(r"\]\(#([\w-]+)\)", TEXT))))
def test_every_link_within_the_page_leads_somewhere(anchor):
    headings = {
        re.sub(r"[^\w -]", "", line.lower()).strip().replace(" ", "-") for line in re.findall(r"^#+ (.*)", TEXT, re.M)
    }
    assert anchor in headings | set(re.findall(r'<a id="([\w-]+)">', TEXT))
