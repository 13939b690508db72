"""Reads what a person names: the integration with all that the server puts around it, and its parameters."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xsim.load.configuration import load_parameters
from xsim.load.installed import refuse_missing_modules
from xsim.load.integration import load_integration
from xsim.load.project_search import find_project
from xsim.load.repository import find_integration
from xsim.load.scenario_search import find_scenario, integration_for

if TYPE_CHECKING:
    from xsim.load.baseline import read_baseline
    from xsim.load.project import Project, merged
    from xsim.load.scenario import load_scenario
    from xsim.load.scenario_text import place_in_file
    from xsim.load.scenario_values import duration_of, moment_of, size_of

__all__ = [
    "Project",
    "duration_of",
    "find_integration",
    "find_project",
    "find_scenario",
    "integration_for",
    "load_integration",
    "load_parameters",
    "load_scenario",
    "merged",
    "moment_of",
    "place_in_file",
    "read_baseline",
    "refuse_missing_modules",
    "size_of",
]


_LATE = {
    "Project": "project",
    "duration_of": "scenario_values",
    "load_scenario": "scenario",
    "merged": "project",
    "moment_of": "scenario_values",
    "place_in_file": "scenario_text",
    "read_baseline": "baseline",
    "size_of": "scenario_values",
}
"""Many runs have no scenario and no project, and the modules for them take longer to load than such a run takes."""


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(f"xsim.load.{_LATE[name]}"), name)
    raise AttributeError(f"module 'xsim.load' has no attribute '{name}'")
