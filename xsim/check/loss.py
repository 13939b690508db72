"""A missed event with the few cycles that tell why: the one that lost it, its neighbours, and those that listed it."""

from __future__ import annotations

from dataclasses import dataclass

from xsim.check.bounds import Bound, first_lower
from xsim.check.fates import Fate
from xsim.check.scenes import Scene
from xsim.check.truth import Truth
from xsim.model import Scenario

Told = tuple[str, str]
"""A cause's word, and the sentence that says what the evidence shows."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One missed event with the cycles that tell of it."""

    truth: Truth
    fate: Fate
    lost_at: int | None
    losing: Scene | None
    """The cycle whose stored state is the first to shut the event out."""
    following: Scene | None
    """The cycle behind that one."""
    listing: Scene | None
    """The first cycle in which an answer listed the event."""
    visible: Scene | None
    """The first cycle in which the event could be seen and that ended well."""
    preceding: Scene | None = None
    """The cycle before the losing one."""
    is_told_by_requests: bool = False
    """Whether no probe but the requests of the cycles tell which one lost it."""
    is_held_back: bool = False
    """Whether no last run shuts it out, but what a vendor function remembers."""
    is_given_out: bool = False
    """Whether no probe tells where it was lost, but the cycle to which a server that keeps the place gave it."""
    stuck: str = ""
    """Why it lies behind a window that stands still; "": it does not."""
    shut_out_since: int | None = None
    """Of an event that the losing cycle had in hand: the first cycle whose state shuts it out; 0: none is known."""
    stands_for_it: str = ""
    """The event that the listing cycle handed over in its place, as one dict stood for all; "": none did."""
    beginning: Scene | None = None
    """The run's first cycle."""

    @property
    def scenario(self) -> Scenario:
        return self.truth.scenario

    @property
    def barrier(self) -> Bound | None:
        """The lower bound of the request behind the losing cycle, where it shuts the event out."""
        if self.following is None:
            return None
        bound = first_lower(self.scenario, (each.listing for each in self.following.shown))
        return bound if bound is not None and bound.keeps(self.fate.event) is False else None

    @property
    def was_there(self) -> bool:
        """Whether the event could be seen when the losing cycle asked."""
        return self.losing is not None and self.fate.event.visible <= self.losing.started
