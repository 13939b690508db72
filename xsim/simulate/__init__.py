"""Runs an integration through simulated time and yields what happened, cycle by cycle."""

from xsim.simulate.loop import run_command, simulate

__all__ = ["run_command", "simulate"]
