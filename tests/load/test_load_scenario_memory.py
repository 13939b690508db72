"""What [platform] says of the memory that a script may take."""

import pytest
from scenario_files import loaded, refusal

from xsim import api
from xsim.load.scenario_clock import LEAST_MEMORY
from xsim.load.scenario_values import size_of


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GiB", 2 * 2**30), ("512MB", 512 * 2**20), ("1.5 g", 3 * 2**29), (" 64mib ", 64 * 2**20)],
)
def test_memory_is_a_number_with_a_unit(tmp_path, text, size):
    assert loaded(tmp_path, f'[platform]\nmemory = "{text}"').scenario.settings.memory == size


@pytest.mark.parametrize(
    "value", ["2", "GiB", "2KiB", "2TiB", "-1GiB", "2 GiB more", "٢GiB", 2, 2.0, None, True, ["2GiB"]]
)
def test_what_is_no_size_is_none(value):
    assert size_of(value) is None


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2_000_000_000", '2: [platform] memory: found 2000000000, expected a number with a unit, such as "512MiB"'),
        ('"2 pages"', '2: [platform] memory: found "2 pages", expected a number with a unit, such as "512MiB"'),
        ('"63MiB"', '2: [platform] memory: found "63MiB", expected 64MiB or more'),
    ],
)
def test_another_memory_is_refused(tmp_path, value, said):
    assert refusal(tmp_path, f"[platform]\nmemory = {value}").startswith(said)


def test_the_command_line_and_the_scenario_hold_to_the_same_least():
    assert LEAST_MEMORY == api.LEAST_MEMORY


def test_a_run_takes_the_scenarios_memory_unless_it_is_told_another(tmp_path):
    (tmp_path / "fetch.py").write_text("# fetch-incidents\n")
    (tmp_path / "xsim.toml").write_text('[platform]\nmemory = "300MiB"\n')
    options = {None: api.Options(), 2**30: api.Options(memory=2**30)}
    found = {said: api.load(tmp_path / "fetch.py", each)[1].settings.memory for said, each in options.items()}
    assert found == {None: 300 * 2**20, 2**30: 2**30}
