"""[tool.xsim] of the pyproject.toml around an integration, and how it goes together with a scenario."""

from pathlib import Path

import pytest

from xsim.errors import InvalidScenario
from xsim.load import find_project
from xsim.load.baseline import read_baseline
from xsim.load.project import merged
from xsim.model import CheckSettings, Severity


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_nearest_file_with_the_table_counts(tmp_path):
    write(tmp_path, "[tool.xsim]\nfail_on = 'error'\n")
    write(tmp_path / "pack", "[project]\nname = 'somebody else'\n")
    inner = tmp_path / "pack" / "integration"
    inner.mkdir()
    project = find_project(inner / "integration.py")
    assert project.path == tmp_path / "pyproject.toml"
    assert project.check.fail_on is Severity.ERROR


def test_the_search_ends_at_the_repository_s_root(tmp_path):
    write(tmp_path, "[tool.xsim]\nfail_on = 'error'\n")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert find_project(tmp_path / "repository" / "integration.py") is None


def test_a_broken_file_of_somebody_else_is_none_of_ours(tmp_path):
    write(tmp_path, "[tool.other\n")
    assert find_project(tmp_path) is None


def test_paths_are_seen_from_the_file(tmp_path):
    write(tmp_path, "[tool.xsim]\nbaseline = 'ci/base.json'\ncommon_server = 'Base'\nmarketplace = 'platform'\n")
    project = find_project(tmp_path)
    assert (project.baseline, project.common_server) == (tmp_path / "ci" / "base.json", tmp_path / "Base")
    assert (project.marketplace, project.stated) == ("platform", ("baseline", "common_server", "marketplace"))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("ignored = ['FC1']", "[tool.xsim] ignored: unknown key", "did you mean 'ignore'?"),
        ("fail_on = 'bad'", 'found "bad"', None),
        ("severity = {FC201 = 'loud'}", 'found "loud"', None),
        ("select = 3", "found 3", None),
        ("baseline = ''", "a text that is not empty", None),
        ("hang_limit = 20", "a number with a unit", None),
        ("memory = '10MiB'", "64MiB or more", None),
    ],
)
def test_what_is_wrong_in_the_table_is_named_with_its_line(tmp_path, text, message, hint):
    write(tmp_path, f"[tool.xsim]\n{text}\n")
    with pytest.raises(InvalidScenario) as caught:
        find_project(tmp_path)
    assert "pyproject.toml:2:" in caught.value.message
    assert message in caught.value.message
    assert hint is None or caught.value.hint == hint


def test_the_scenario_goes_before_the_project_and_what_adds_up_adds_up():
    project = CheckSettings(
        ("FC2",), ("FC401",), {"FC202": Severity.NOTE, "FC201": Severity.NOTE}, Severity.ERROR, True
    )
    scenario = CheckSettings((), ("FC301",), {"FC201": Severity.ERROR}, None, False, 10)
    both = merged(project, scenario)
    assert both.select == ("FC2",)
    assert both.ignore == ("FC401", "FC301")
    assert both.severity == {"FC202": Severity.NOTE, "FC201": Severity.ERROR}
    assert (both.fail_on, both.strict, both.requests_per_cycle) == (Severity.ERROR, False, 10)


def test_of_two_names_for_one_rule_the_scenario_s_counts_whatever_the_project_says_of_its_family():
    project = CheckSettings(severity={"FC201": Severity.WARNING, "FC2": Severity.ERROR})
    scenario = CheckSettings(severity={"FC201": Severity.NOTE})
    # The last name that means a rule counts, so that the scenario's stand at the end.
    assert list(merged(project, scenario).severity) == ["FC2", "FC201"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "not valid JSON"),
        ("[]", "no 'xsim_baseline'"),
        ('{"version": 2, "results": {}}', "no 'xsim_baseline'"),
        ('{"xsim_baseline": 1, "integrations": []}', "does not hold fingerprints"),
        ('{"xsim_baseline": 1, "integrations": {"a": {"b": 1}}}', "does not hold fingerprints"),
        ('{"xsim_baseline": 9, "integrations": {}}', "a baseline of format 9"),
    ],
)
def test_a_foreign_baseline_is_refused_in_a_line(tmp_path, text, found):
    path = tmp_path / "baseline.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidScenario, match=found):
        read_baseline(path)
