"""Reads what a person names: the integration with all that the server puts around it, and its parameters."""

from xsim.load.configuration import load_parameters
from xsim.load.installed import refuse_missing_modules
from xsim.load.integration import load_integration
from xsim.load.repository import find_integration
from xsim.load.scenario import load_scenario
from xsim.load.scenario_search import find_scenario

__all__ = [
    "find_integration",
    "find_scenario",
    "load_integration",
    "load_parameters",
    "load_scenario",
    "refuse_missing_modules",
]
