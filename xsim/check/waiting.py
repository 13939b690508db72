"""Events that never came because something stood before them: the finding that tells of it names them."""

from __future__ import annotations

from collections.abc import Collection

from xsim.check.endings import Failed
from xsim.check.evidence import Evidence
from xsim.check.excerpt import listed, masked, shorten
from xsim.check.fates import Fate
from xsim.model import Failure


def waiting_behind(evidence: Evidence, cycles: Collection[int]) -> tuple[tuple[str, str], ...]:
    """Wanted events that waited to the end behind what happened in these cycles, as evidence; none if it passed."""
    truth = evidence.truth
    if truth is None or not truth.numbers or truth.numbers[-1] not in cycles:
        return ()
    waiting = [*truth.blocked(), *behind_a_dead_token(evidence)]
    names = [shorten(fate.event.id, 60) for fate in waiting]
    return (("waiting behind it", listed(names)),) if names else ()


def behind_a_dead_token(evidence: Evidence) -> list[Fate]:
    """Events that came behind a token which is never renewed, and that no fetch was shown: no last run lost them."""
    truth, since = evidence.truth, evidence.renewals.dead_since(evidence.cycles)
    if truth is None or not since:
        return []
    return [fate for fate in truth.missed() if fate.first_visible >= since and fate.last_sent < since]


def poisons_of(evidence: Evidence, failed: Failed) -> list[Fate]:
    """Events that alone make a fetch fail in just this way, and that could be seen when it began to."""
    if evidence.truth is None:
        return []
    own = masked_failure(failed.failure)
    begun = failed.cycles[0]
    return [
        fate
        for fate in evidence.truth.fates.values()
        if fate.is_poison
        and fate.wanted_look is not None
        and fate.wanted_look.failure is not None
        and masked_failure(fate.wanted_look.failure) == own
        and 0 < (fate.first_listed or fate.first_visible) <= failed.cycles[-1]
        and (fate.first_listed or fate.first_visible) >= begun
    ]


def masked_failure(failure: Failure) -> tuple[str, str, int | None]:
    """What is the same of equal failures."""
    return failure.kind, masked(failure.message), failure.line
