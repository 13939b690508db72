"""Runs an integration through simulated time and yields what happened, cycle by cycle."""

from xsim.simulate.drafting import rehearse
from xsim.simulate.loop import run_command, simulate

__all__ = ["rehearse", "run_command", "simulate"]
