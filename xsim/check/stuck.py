"""Why a fetch fails again and again from the last run that it stored: what it asks is refused, or it cannot read it."""

from __future__ import annotations

from itertools import pairwise

from xsim.check.endings import Failed
from xsim.check.evidence import Evidence
from xsim.check.excerpt import excerpt, shorten
from xsim.check.loss import Told
from xsim.check.scenes import Scene
from xsim.check.strikes import failure_told
from xsim.model import Exchange, Outcome

OF_THE_CALLER = (401, 403, 429)
"""Statuses that say nothing of what was asked for."""


def refused_request(evidence: Evidence, failed: Failed) -> Told | None:
    """The vendor itself refuses what each of these fetches asks for, and did not before."""
    if failed.cycles[0] == next(iter(evidence.cycles)):
        return None
    scenes = evidence.scenes({failed.cycles[0], failed.cycles[-1]})
    first, last = (refusal_in(scenes[number]) for number in (failed.cycles[0], failed.cycles[-1]))
    if first is None or last is None:
        return None
    is_same = (first.method, first.url, first.request_body) == (last.method, last.url, last.request_body)
    so = "and so does the request" if is_same else "and each fetch since then asks for the like and is refused"
    said = f": {shorten(first.answer, 80)}" if first.answer else ""
    return (
        "request-refused",
        f"cycle {failed.cycles[0]} sent {failure_told(first)}{said}; the last run stays what it was, {so}",
    )


def refusal_in(scene: Scene) -> Exchange | None:
    """The request that the cycle ended with, where the vendor refused just that one, of itself."""
    call = scene.exchanges[-1] if scene.exchanges else None
    if call is None or call.status is None or not 400 <= call.status < 500 or call.status in OF_THE_CALLER:
        return None
    return call if not (call.fault or call.login) and scene.failed == (call,) else None


def unreadable_last_run(evidence: Evidence, failed: Failed) -> Told | None:
    """No fetch comes as far as a request since a last run was stored, and from an empty one a fetch does."""
    before = {number: earlier for earlier, number in pairwise(evidence.cycles)}.get(failed.cycles[0])
    if before is None or any(evidence.cycles[number].exchanges for number in failed.cycles):
        return None
    scenes = evidence.scenes({before, failed.cycles[0]})
    storing, stuck = scenes[before], scenes[failed.cycles[0]]
    is_stored = (
        storing.outcome is Outcome.OK and storing.exchanges and storing.last_run_before != storing.last_run_after
    )
    if not is_stored or not goes_well_from_an_empty_one(evidence, stuck):
        return None
    line = f" on line {failed.failure.line}" if failed.failure.line else ""
    return (
        "last-run-unreadable",
        f"cycle {before} stored {excerpt(storing.last_run_after)}; each fetch since then fails{line} before its first "
        "request, and from an empty last run one ends well",
    )


def goes_well_from_an_empty_one(evidence: Evidence, scene: Scene) -> bool:
    """Whether a fetch from an empty last run, as late as this one, ended well."""
    looks = evidence.truth.fates.wanted_looks.values() if evidence.truth is not None else ()
    return any(look.outcome is Outcome.OK and look.at >= scene.started for look in looks)
