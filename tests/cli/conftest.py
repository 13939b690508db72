"""The command line, and integrations to run it on."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from command_line import FIXTURES, CommandLine


@pytest.fixture
def xsim(monkeypatch, capsys, tmp_path):
    return CommandLine(monkeypatch, capsys, tmp_path.resolve())


@pytest.fixture
def badge_reader(xsim):
    """The README's integration, in the test's own folder."""
    for name in ("badge_reader.py", "badge_reader.yml"):
        shutil.copy(FIXTURES / "badge-reader" / name, xsim.folder / name)
    return "badge_reader.py"
