"""Compares output whole with a file that people read in review; XSIM_GOLDEN=1 writes the files anew."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, output: str) -> None:
    """`output` comes without a last line end, the file has one."""
    path = FOLDER / name
    output = output + "\n"
    if os.environ.get("XSIM_GOLDEN") == "1":
        path.write_bytes(output.encode("utf-8"))
    assert output == path.read_bytes().decode("utf-8"), f"{name} differs: look at it, then XSIM_GOLDEN=1 pytest"
