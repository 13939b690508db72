"""Gathers the evidence while a journal is being written, so that little is left to do when the run is over."""

from __future__ import annotations

from xsim.check.evidence import Evidence
from xsim.model import Cycle, Journal

AT_ONCE = 64
"""Cycles that are taken in one go: between commands of the script each would find the processor's caches cold."""
CHARACTERS_AT_ONCE = 2**20
"""Of their incidents."""


class Gathering:
    """Follows a journal. It is told what the file says, and comes to the same evidence as a walk over it."""

    def __init__(self) -> None:
        self._evidence: Evidence | None = None
        self._waiting: list[Cycle] = []
        self._characters = 0

    def begin(self, journal: Journal) -> None:
        """The journal's header is written."""
        self._evidence = Evidence(journal, is_whole=False)

    def take(self, cycle: Cycle) -> None:
        """Its next cycle is written."""
        self._waiting.append(cycle)
        self._characters += sum(map(len, cycle.incidents))
        if len(self._waiting) >= AT_ONCE or self._characters >= CHARACTERS_AT_ONCE:
            self._take_waiting()

    def evidence(self, journal: Journal) -> Evidence:
        """Of the whole journal. To be asked once."""
        self._take_waiting()
        evidence, self._evidence = self._evidence, None
        if evidence is None or evidence.journal.path != journal.path:
            return Evidence(journal)
        evidence.end(journal)
        return evidence

    def _take_waiting(self) -> None:
        waiting, self._waiting, self._characters = self._waiting, [], 0
        if self._evidence is None:
            return
        try:
            for cycle in waiting:
                self._evidence.take(cycle)
        except Exception:
            # A bug of ours must not end the run in its middle: the walk over the whole journal meets it again.
            self._evidence = None
