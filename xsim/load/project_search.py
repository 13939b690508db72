"""Finds the project around an integration: the nearest pyproject.toml that speaks to xsim."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xsim.load.project import Project

FILE = "pyproject.toml"
TABLE = b"tool.xsim"


def find_project(start: Path) -> Project | None:
    """The nearest pyproject.toml with a [tool.xsim], from the file or folder upwards, not past a repository's root.

    Raises InvalidScenario, which names file, line and key, for whatever is wrong in that table.
    """
    begins = start.absolute()
    for folder in (begins, *begins.parents) if begins.is_dir() else begins.parents:
        path = folder / FILE
        if _speaks_to_xsim(path):
            # Most runs have no project, and the readers of TOML take longer to load than such a run takes.
            from xsim.load.project import read_project

            project = read_project(path)
            if project is not None:
                return project
        if (folder / ".git").exists():
            return None
    return None


def _speaks_to_xsim(path: Path) -> bool:
    """Whether it has the table at all: whatever is wrong in somebody else's file is not ours to say."""
    try:
        return path.is_file() and TABLE in path.read_bytes()
    except OSError:
        return False
