"""One event that came again, with the few cycles that tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xsim.check.bounds import Bound, first_lower
from xsim.check.fates import Fate
from xsim.check.scenes import Scene, Shown
from xsim.check.truth import Truth
from xsim.events import EPOCH, MICROSECOND


@dataclass(frozen=True, slots=True)
class Repetition:
    """One event that came again, with the cycles that tell of it."""

    truth: Truth
    fate: Fate
    first: Scene | None
    """The cycle that delivered it first."""
    again: Scene
    """The one that delivered it again."""
    between: tuple[Scene, ...]
    """The cycles from the first delivery on, up to the repetition."""
    is_unmoved: bool
    """Whether the last run never changed between the two."""

    @property
    def shown(self) -> Shown | None:
        """The answer that listed it again."""
        return next((each for each in self.again.lists(self.fate.event.id) if each.listing.order), None)

    @property
    def bound(self) -> Bound | None:
        """The lower bound of the request that brought it again."""
        shown = self.shown
        return first_lower(self.truth.scenario, [shown.listing]) if shown is not None else None

    @property
    def bound_before(self) -> Bound | None:
        """The lower bound of the request that brought it first."""
        first = self.first.lists(self.fate.event.id) if self.first is not None else []
        listings = [each.listing for each in first if each.listing.order]
        return first_lower(self.truth.scenario, listings)

    @property
    def newest(self) -> datetime | None:
        """The time of the newest event that was delivered before it came again."""
        fates = self.truth.fates
        earlier = fates.delivered_before(self.again.number)
        newest = max(map(fates.events.occurred.__getitem__, earlier), default=None)
        return None if newest is None else EPOCH + MICROSECOND * newest
