"""Reads what a person names: the integration with all that the server puts around it, and its parameters."""

from xsim.load.configuration import load_parameters
from xsim.load.integration import load_integration

__all__ = ["load_integration", "load_parameters"]
