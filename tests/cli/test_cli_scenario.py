"""`xsim scenario` checks and shows files, without running or importing anything."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from xsim.cli.scenario import command
from xsim.errors import InvalidScenario

CASES = Path(__file__).parent.parent.parent / "fixtures" / "cases"


def test_right_files_are_told_in_a_line_each():
    result = CliRunner().invoke(command, ["check", *map(str, sorted(CASES.glob("*/xsim.toml")))])
    assert result.exit_code == 0
    assert result.output.count(": right; ") == 16


def test_each_wrong_file_is_complained_of(tmp_path):
    for name, text in (("a.xsim.toml", "[clok]"), ("b.xsim.toml", ""), ("c.xsim.toml", "x")):
        (tmp_path / name).write_text(text)
    result = CliRunner().invoke(command, ["check", *map(str, sorted(tmp_path.iterdir()))])
    assert result.exit_code == 2
    assert "a.xsim.toml:1: clok: unknown table or key" in result.output
    assert "b.xsim.toml: right; 0 events" in result.output
    assert "c.xsim.toml:1:2: not valid TOML" in result.output


def test_a_scenario_is_shown_by_its_integration_without_importing_it(tmp_path):
    (tmp_path / "fetch.py").write_text("raise SystemExit('imported')")
    (tmp_path / "vendor.py").write_text("raise SystemExit('imported')\ndef answer(request, world): ...")
    (tmp_path / "xsim.toml").write_text('name = "desk"\nvendor = "vendor.py:answer"')
    result = CliRunner().invoke(command, ["show", str(tmp_path / "fetch.py")])
    assert result.exit_code == 0
    assert result.output.startswith("desk: 10 cycles")
    assert "vendor.py:answer answers all calls" in result.output


def test_an_integration_without_a_scenario_is_told_so(tmp_path):
    (tmp_path / "fetch.py").write_text("")
    with pytest.raises(InvalidScenario, match="no scenario beside it"):
        CliRunner().invoke(command, ["show", str(tmp_path / "fetch.py")], catch_exceptions=False)
