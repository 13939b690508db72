"""Reads what a person names: the integration with all that the server puts around it, and its parameters."""

from xsim.load.configuration import load_parameters
from xsim.load.integration import load_integration
from xsim.load.scenario import load_scenario
from xsim.load.scenario_search import find_scenario

__all__ = ["find_scenario", "load_integration", "load_parameters", "load_scenario"]
