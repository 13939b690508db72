"""Runs the command line in this process, and says what a person would see."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from xsim.__main__ import main

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass(frozen=True)
class Seen:
    """Exit code, standard output and standard error."""

    code: int
    out: str
    err: str


class CommandLine:
    """`xsim` in the test's own folder."""

    def __init__(self, monkeypatch, capsys, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = folder
        monkeypatch.chdir(folder)
        # Settled already, so that the command does not start Python anew.
        monkeypatch.setenv("PYTHONHASHSEED", "0")
        monkeypatch.setenv("COLUMNS", "100")
        # The same output where the tests themselves run in a step of GitHub Actions.
        for name in ("ACTIONS", "STEP_SUMMARY", "WORKSPACE"):
            monkeypatch.delenv(f"GITHUB_{name}", raising=False)

    def __call__(self, *arguments: object) -> Seen:
        self._monkeypatch.setattr(sys, "argv", ["xsim", *map(str, arguments)])
        self._capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 0
        out, err = self._capsys.readouterr()
        assert os.getcwd() == str(self.folder)
        return Seen(code, out, err)

    def has(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path
