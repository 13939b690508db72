"""Reads what a person names: the integration with all that the server puts around it, and its parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xsim.load.configuration import load_parameters
from xsim.load.installed import refuse_missing_modules
from xsim.load.integration import load_integration
from xsim.load.repository import find_integration
from xsim.load.scenario_search import find_scenario

if TYPE_CHECKING:
    from xsim.load.scenario import load_scenario

__all__ = [
    "find_integration",
    "find_scenario",
    "load_integration",
    "load_parameters",
    "load_scenario",
    "refuse_missing_modules",
]


def __getattr__(name: str) -> Any:
    # Many runs have no scenario, and its modules take longer to load than such a run takes.
    if name == "load_scenario":
        from xsim.load.scenario import load_scenario

        return load_scenario
    raise AttributeError(f"module 'xsim.load' has no attribute '{name}'")
