"""A rehearsal in a process of the script's own: what that process tells of it, and how xsim reads that.

It tells each call as it comes, so that the calls are there when the script takes its process down in the middle.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from xsim.model import Cycle, DraftedCall, Request
from xsim.simulate.channel import Channel
from xsim.simulate.drafting import Rehearsed, rehearse_here
from xsim.simulate.drafting_vendor import MOST_CALLS, DraftingVendor
from xsim.simulate.parcel import packed_cycle, unpacked_cycle, written
from xsim.simulate.recording import Stored
from xsim.simulate.worker import Opening, out_of_memory

# In a tuple, because freezing the clock replaces every function of time that a module holds under a name.
_now = (time.monotonic,)
# Taken now, as a script may replace them where they come from.
_TEXTS, _PARSED = json.JSONEncoder(), json.JSONDecoder()

Plain = tuple[Any, ...]


class Patience:
    """How long xsim still waits for word of a fetch: a script that goes on calling must come to an end, too."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0
        self.begin()

    def begin(self) -> None:
        """A fetch begins."""
        self._until = _now[0]() + self._seconds

    def left(self) -> float:
        """Seconds."""
        return max(0.0, self._until - _now[0]())


def seen_calls(packed: Sequence[Plain]) -> tuple[DraftedCall, ...]:
    return tuple(map(_unpacked, packed))


def rehearsed(calls: Sequence[Plain], last: Plain) -> Rehearsed:
    """How the rehearsal ended. What is stored behind its last cycle is of no use to a draft."""
    nothing = Stored.of({}, {})
    return seen_calls(calls), unpacked_cycle(last, nothing, nothing, None)


# --- in the process of the script ---------------------------------------------------------------------------


def serve_rehearsal(channel: Channel, opening: Opening) -> None:
    """Rehearse and tell, then wait for the end. Raises ChannelClosedError when xsim is gone."""
    assert opening.samples is not None, "a rehearsal was asked for"
    # Each try has a folder of its own within this one, which goes with the process.
    tempfile.tempdir = str(opening.work)
    channel.send(written(("ready",)))

    def tell(vendor: DraftingVendor) -> None:
        if not vendor.calls_of_cycle:
            channel.send(written(("fetch",)))
        elif vendor.calls_of_cycle <= MOST_CALLS:
            channel.send(written(("seen", tuple(map(_packed, vendor.drafted())))))

    calls, last = rehearse_here(opening.integration, opening.scenario, opening.samples, tell)
    channel.send(written(("rehearsed", tuple(map(_packed, calls)), packed_cycle(_with_memory_named(last, opening)))))
    channel.receive()


def _with_memory_named(last: Cycle, opening: Opening) -> Cycle:
    """The cycle with the memory limit told as such."""
    if last.failure is None or last.failure.kind != "MemoryError":
        return last
    return replace(last, failure=out_of_memory(opening.scenario, last.failure))


def _packed(call: DraftedCall) -> Plain:
    request = call.request
    sent = (request.method, request.url, request.headers, request.body)
    return call.cycle, sent, call.path, _TEXTS.encode(call.answer), call.kind


def _unpacked(held: Plain) -> DraftedCall:
    cycle, (method, url, headers, body), path, answer, kind = held
    request = Request(method, url, tuple(map(tuple, headers)), body)
    return DraftedCall(cycle, request, path, _PARSED.decode(answer), kind)
