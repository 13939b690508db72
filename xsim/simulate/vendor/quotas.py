"""How many calls the vendor takes: those of the last minute, hour or day, counted back from each call."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from xsim.events import MICROSECOND
from xsim.model import Response
from xsim.simulate.vendor.asked import Asked
from xsim.simulate.vendor.envelope import JSON_HEADERS
from xsim.simulate.vendor.logins import Beginning
from xsim.simulate.vendor.moments import UNITS
from xsim.simulate.vendor.versions import json_bytes
from xsim.world import Quota


class Quotas:
    """All quotas of an API. A call has to keep every one that its path falls under."""

    def __init__(self, quotas: Sequence[Quota]) -> None:
        self._quotas = [
            (quota, quota.per // MICROSECOND, Beginning(quota.path) if quota.path else None) for quota in quotas
        ]
        self._longest = max((per for _, per, _ in self._quotas), default=0)

    def refusal(self, asked: Asked, recent: list[int]) -> tuple[Response | None, list[int]]:
        """The answer to a call that is too many, None where it is taken; and the calls to remember.

        These are pairs in one list, at first [], in order of time: the moment of a taken call in microseconds, and as
        bits which of the quotas it counts for. What is still to come does not count: the vendor may be asked about an
        earlier moment, where a world is forked.
        """
        now = asked.now
        first = 2 * bisect_right(recent[::2], now - self._longest)
        recent = recent[first:]
        place = 2 * bisect_right(recent[::2], now)
        waits = {
            number: _wait(quota.calls, per, now, _counted(recent[:place], number, now - per))
            for number, (quota, per, under) in enumerate(self._quotas)
            if under is None or under.parts_of(asked) is not None
        }
        too_many = [number for number, wait in waits.items() if wait]
        if too_many:
            return _refused(self._quotas[too_many[0]][0], max(waits.values())), recent
        own = sum(1 << number for number in waits)
        return None, [*recent[:place], *((now, own) if own else ()), *recent[place:]]


def _counted(recent: list[int], number: int, since: int) -> list[int]:
    """Moments of the calls that count for a quota, those behind `since`."""
    first = 2 * bisect_right(recent[::2], since)
    pairs = zip(recent[first::2], recent[first + 1 :: 2], strict=False)
    return [moment for moment, bits in pairs if bits >> number & 1]


def _wait(most: int, per: int, now: int, counted: Sequence[int]) -> int:
    """Microseconds until a call would be taken; 0: it is taken now."""
    if len(counted) < most:
        return 0
    # Once this one is out of the span, one fewer than `most` are left in it.
    leaving = counted[len(counted) - most] if most > 0 else now
    return leaving + per - now


def _refused(quota: Quota, wait: int) -> Response:
    span = f"{quota.per.total_seconds():g}"
    message = f"more than {quota.calls} calls in {span} seconds"
    when = (("Retry-After", str(-(-wait // UNITS["s"]))),) if quota.says_when else ()
    body = json_bytes({"error": "too many requests", "message": message})
    return Response(quota.status, (*JSON_HEADERS, *when), body)
