"""The README is true: its commands run, its scenario loads, and what it shows is what xsim prints."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from xsim.check import RULES
from xsim.cli import main
from xsim.load import load_scenario

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
sys.path.insert(0, str(Path(__file__).parent / "cli"))

from command_line import CommandLine  # noqa: E402


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


COMMANDS = [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ xsim ")]


@pytest.fixture
def xsim(monkeypatch, capsys, tmp_path):
    folder = tmp_path.resolve()
    shutil.copytree(ROOT / "fixtures", folder / "fixtures", ignore=shutil.ignore_patterns(".xsim"))
    shutil.copy(ROOT / "fixtures" / "badge-reader" / "badge_reader.py", folder / "integration.py")
    return CommandLine(monkeypatch, capsys, folder)


@pytest.mark.parametrize("command", COMMANDS)
def test_its_commands_run(xsim, command):
    seen = xsim(*command.split()[1:])
    assert seen.code == 1, seen
    assert "FAILED: " in seen.out


def test_what_it_shows_is_what_xsim_prints(xsim):
    [shown] = blocks("text")
    [command] = [command for command in COMMANDS if "miss-now-cursor" in command]
    assert shown in xsim(*command.split()[1:]).out


def test_its_scenario_loads_with_its_faults(tmp_path):
    path = tmp_path / "xsim.toml"
    path.write_text("\n".join(blocks("toml")), encoding="utf-8")
    scenario = load_scenario(path).scenario
    assert len(scenario.events) > 20
    assert [fault.kind for fault in scenario.faults] == ["status", "kill"]


def test_its_numbers_are_those_of_what_is_there():
    index = (ROOT / "fixtures" / "museum" / "README.md").read_text(encoding="utf-8")
    assert len(set(re.findall(r"^\| \[([\w-]+)\]\(\S+\) \| FC\d+ \|", index, re.MULTILINE))) == 60
    assert "has sixty faults that real integrations had" in README
    assert f"the {len(RULES)} rules" in README


def test_every_command_in_its_table_is_there():
    named = set(re.findall(r"`xsim ([a-z-]+)", README))
    assert named == set(main.COMMANDS)
