"""One of the vendor's events, and what became of it: when it could be seen, who delivered it, what probes showed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from xsim.model import Failure, Outcome
from xsim.world import Event


class Look(NamedTuple):
    """What a fetch on a copy of the state showed of one event."""

    at: datetime
    outcome: Outcome
    delivers: bool
    failure: Failure | None
    is_telling: bool = True
    """Whether it asked the vendor, and handed over nothing that an earlier fetch had kept back."""
    hands_over: bool = False
    """Whether it handed over any incident, that of the event or one that names nothing."""

    @property
    def shows(self) -> bool:
        """Whether it shows that the event can come from here."""
        return self.outcome is Outcome.OK and self.delivers

    @property
    def shuts_out(self) -> bool:
        """Whether it shows that the event cannot come from here."""
        return self.outcome is Outcome.OK and not self.delivers and self.is_telling


class Drained(NamedTuple):
    """An extra cycle behind the schedule."""

    outcome: Outcome
    brought: int
    """Events that were not delivered before."""
    last_run: str
    has_asked: bool


@dataclass(slots=True)
class Fate:
    """One event, and what became of it. Cycles are numbers; 0 stands for none."""

    event: Event
    first_visible: int = 0
    full_cycle: int = 0
    """The first cycle that began a whole interval after the event became visible, as it was first listed."""
    first_listed: int = 0
    last_sent: int = 0
    """The last cycle in which an answer of the vendor held it, whether or not the answer arrived."""
    delivered: int = 0
    """The first OK cycle that delivered it."""
    is_earlier: bool = False
    """Delivered by a run that this one goes on from."""
    is_drained: bool = False
    wanted_look: Look | None = None
    is_free: bool = False
    """A fetch of no event at all fails as well, so that this one is not to blame."""
    states: dict[int, Look] = field(default_factory=dict)
    """From the state stored after a cycle, the vendor holding this event alone."""
    remembering_look: Look | None = None
    """As the last of these, at a vendor whose function has all that it remembers."""

    @property
    def is_wanted(self) -> bool:
        """Whether a right fetch delivers it: stated, or shown by a delivery."""
        if self.event.wanted is not None:
            return self.event.wanted
        look = self.wanted_look
        return bool(self.delivered) or (look is not None and look.shows)

    @property
    def is_outstanding(self) -> bool:
        return bool(self.first_visible) and not (self.delivered or self.is_earlier)

    @property
    def is_poison(self) -> bool:
        """Whether a fetch of this event alone does not end well, where one of none does."""
        look = self.wanted_look
        return self.is_outstanding and not self.is_free and look is not None and look.outcome is not Outcome.OK
