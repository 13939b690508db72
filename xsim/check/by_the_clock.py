"""Fetches that go by the clock alone: each asks for the same span before its own time, and gets the same page."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from xsim.check.bounds import ISO, moment_of
from xsim.check.excerpt import json_text
from xsim.check.fates import Fate
from xsim.check.loss import Told
from xsim.check.scenes import Scene
from xsim.check.truth import Truth
from xsim.model import Exchange, Outcome

NUMBERS = re.compile(r"(?<!\d)(?:\d{16}|\d{13}|\d{10})(?!\d)")
"""Times as numbers since 1970, in microseconds, milliseconds or seconds."""

GRANTED = "granted"
"""What the vendor made of a request for a token, where it gave one."""


def relative(text: str, now: datetime) -> str:
    """The text with each time in it as so many seconds from now."""

    def spelled(match: re.Match[str]) -> str:
        moment = moment_of(match[0])
        return match[0] if moment is None else f"<{round((moment - now).total_seconds())}>"

    return NUMBERS.sub(spelled, ISO.sub(spelled, unquote_plus(text)))


def behind_the_page(truth: Truth, fate: Fate, last: Scene) -> Told | None:
    """The event is newer than none of what each fetch gets, newest first, be its span still or moving."""
    fates = truth.fates
    names = [name for shown in last.shown for name in shown.listing.listed]
    times = [fates[name].occurred for name in names if name in fates]
    if len(times) < 2 or times != sorted(times, reverse=True) or fate.occurred > times[-1] or fate.id in names:
        return None
    return (
        "newest-first-with-limit",
        f"cycle {last.number} and those before it asked for the same span, which moves with the clock if at all, and "
        f"got the same {len(times)} events, the newest first; the event is newer than none of them",
    )


def asked_with(call: Exchange) -> str:
    return f"{call.method} {call.url} {call.request_body}"


def goes_by_the_clock(truth: Truth, last: list[Scene]) -> bool:
    """Whether states and requests are the same each time but for the clock, and the answers are just the same."""
    if any(scene.outcome is not Outcome.OK or scene.failed or not scene.shown for scene in last):
        return False
    requests = {
        tuple(relative(asked_with(each), scene.started) for each in scene.exchanges if each.login != GRANTED)
        for scene in last
    }
    answers = {tuple(shown.listing.listed for shown in scene.shown) for scene in last}
    kept = ((scene.started, [scene.last_run_after, kept_context(last, scene.context_after)]) for scene in last)
    states = {relative(json_text(state), started) for started, state in kept}
    stored = {relative(json_text(scene.last_run_after), scene.started) for scene in last}
    drained = {relative(each.last_run, each.at) for each in truth.drains[-len(last) :]}
    return len(requests) == len(answers) == len(states) == 1 and stored == drained


def kept_context(last: list[Scene], context: Any) -> Any:
    """A context as far as it tells states apart: not at all where only logins change it, as it keeps their token.

    A context that each fetch changes, with a login or without, is more than a token.
    """
    has_changed = [scene for scene in last if scene.context_before != scene.context_after]
    by_login = all(any(call.login == GRANTED for call in scene.exchanges) for scene in has_changed)
    return None if by_login and len(has_changed) < len(last) else context
