"""What a request has to pass before the API looks at it: how many calls the vendor takes, and whom it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xsim.model import Response, Scenario
from xsim.simulate.vendor.asked import Asked
from xsim.simulate.vendor.memory import Memory

if TYPE_CHECKING:
    from xsim.simulate.vendor.logins import Logins
    from xsim.simulate.vendor.quotas import Quotas


class Gate:
    """A scenario's quotas and logins. A refused login counts as a call: the vendor counts first."""

    def __init__(self, scenario: Scenario) -> None:
        self._quotas: Quotas | None = None
        self._logins: Logins | None = None
        # Most scenarios have neither.
        if scenario.quotas:
            from xsim.simulate.vendor.quotas import Quotas

            self._quotas = Quotas(scenario.quotas)
        if scenario.logins:
            from xsim.simulate.vendor.logins import Logins

            self._logins = Logins(scenario.logins, scenario.seed)

    def stopped(self, asked: Asked, memory: Memory) -> Response | None:
        """The answer of quotas or logins: a refusal, or the token that was asked for; None: go on."""
        if self._quotas is not None:
            refusal, memory.recent = self._quotas.refusal(asked, memory.recent)
            if refusal is not None:
                return refusal
        return self._logins.answer(asked, memory.logout) if self._logins is not None else None
