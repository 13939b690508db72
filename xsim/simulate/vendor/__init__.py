"""The simulated vendor: the product's API, answering out of the scenario's events."""

from xsim.simulate.vendor.simulated import SimulatedVendor

__all__ = ["SimulatedVendor"]
