"""Runs an integration through simulated time and yields what happened, cycle by cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xsim.simulate.loop import run_command, simulate

if TYPE_CHECKING:
    from xsim.simulate.drafting import rehearse
    from xsim.simulate.supervisor import choose_way

__all__ = ["choose_way", "rehearse", "run_command", "simulate"]


def __getattr__(name: str) -> Any:
    # Only `xsim init` rehearses.
    if name == "rehearse":
        from xsim.simulate.drafting import rehearse

        return rehearse
    if name == "choose_way":
        from xsim.simulate.supervisor import choose_way

        return choose_way
    raise AttributeError(f"module 'xsim.simulate' has no attribute '{name}'")
