"""Reads what the script handed over, incident by incident: what is wrong with it, and which event it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xsim.check.deliveries import Deliveries
from xsim.check.excerpt import excerpt, json_text, masked, shorten, type_name
from xsim.check.identity import Handed, Identity, choose_identity, names_at
from xsim.check.incidents import (
    Fault,
    batches_of,
    faults_of,
    field_of,
    is_time,
    read_raw,
    refused_value,
    with_right_case,
    wrong_with_time,
)
from xsim.check.last_runs import last_line
from xsim.check.sightings import Sightings
from xsim.check.truth import Truth
from xsim.model import Cycle, Outcome, Refusal, Scenario

SAMPLE = 200
"""Incidents by which identity is decided."""
SAMPLE_CHARACTERS = 4_000_000

Waiting = tuple[Cycle, int, bool, "str | None", Any, "str | None", list[Fault]]
"""Cycle, place in the batch, whether it is delivered, dbotMirrorId, rawJSON parsed and as text, faults."""


class Handovers:
    """What was handed over in the cycles that ended OK or were refused."""

    def __init__(self, scenario: Scenario, sightings: Sightings, truth: Truth | None = None) -> None:
        self.sightings = sightings
        self.truth = truth
        self.deliveries = Deliveries(Identity("undecided"), scenario.delivered)
        self.has_several = False
        """Whether a fetch delivered more than one incident."""
        self.has_one_time = False
        """Whether two different incidents of one fetch had the same time."""
        self._scenario = scenario
        self._waiting: list[Waiting] | None = []
        self._waiting_characters = 0

    def take(self, cycle: Cycle) -> int:
        """Read the cycle's incidents; how many of them are delivered."""
        refusals: dict[int, list[Refusal]] = {}
        for refusal in cycle.refusals:
            if refusal.index is None:
                self._refuse_whole(cycle, refusal)
            else:
                refusals.setdefault(refusal.index, []).append(refusal)
        delivered = position = 0
        last: tuple[Any, Any] | None = None
        is_ok = cycle.outcome is Outcome.OK
        for batch in batches_of(cycle.incidents):
            for incident in batch:
                # The server makes an incident of null, one in which every field is empty (server-semantics 2.3).
                incident = {} if incident is None else incident
                is_delivered = is_ok and type(incident) is dict and position not in refusals
                text = self._read(cycle, position, is_delivered, incident, refusals.get(position, ()))
                if is_delivered:
                    delivered += 1
                    if not self.has_one_time and (time := incident.get("occurred")):
                        self.has_one_time = last is not None and time == last[0] and text != last[1]
                        last = (time, text)
                position += 1
        self.has_several = self.has_several or delivered > 1
        # Of a text entry that the server read as incidents, the batch is not recorded: only the complaint is.
        for index in sorted(index for index in refusals if index >= position):
            self._refuse_whole(cycle, refusals[index][0])
        if cycle.outcome is Outcome.REFUSED and not cycle.refusals:
            message = cycle.failure.message if cycle.failure else "the server cannot decode what it was handed"
            self._refuse_whole(cycle, Refusal(None, "", message))
        return delivered

    def _read(
        self, cycle: Cycle, position: int, is_delivered: bool, incident: Any, refusals: Sequence[Refusal]
    ) -> str | None:
        """Judge and name one incident; the text that tells it from others of the same fetch."""
        faults: list[Fault] = []
        mirror = raw = text = None
        if type(incident) is dict:
            right = with_right_case(incident)
            text, mirror = right.get("rawJSON"), right.get("dbotMirrorId")
            problem = ""
            if type(text) is str:
                raw, problem = read_raw(text) if text else (None, "")
            else:
                # No text: what stands there still names the event, or the incident itself does where it has a time.
                raw = text
                text = json_text(text if text else incident) if text or right.get("occurred") else None
            faults = faults_of(incident, right, problem, cycle.files)
            if type(mirror) is not str:
                mirror = None
        for refusal in refusals:
            faults.append(fault_of(refusal, incident))
        entry = (cycle, position, is_delivered, mirror, raw, text, faults)
        if self._waiting is None:
            self._enter(*entry)
        else:
            self._wait(entry)
        return text

    def _wait(self, entry: Waiting) -> None:
        assert self._waiting is not None
        self._waiting.append(entry)
        self._waiting_characters += len(entry[5] or "")
        if len(self._waiting) >= SAMPLE or self._waiting_characters > SAMPLE_CHARACTERS:
            self.decide()

    def decide(self) -> None:
        """Choose how incidents are told apart, and enter those that waited for it."""
        waiting, self._waiting = self._waiting or [], None
        if self.deliveries.identity.kind != "undecided":
            return
        delivered = [entry for entry in waiting if entry[2]] or waiting
        sample: list[Handed] = [(cycle.number, mirror, raw, text) for cycle, _, _, mirror, raw, text, _ in delivered]
        self.deliveries.identity = choose_identity(self._scenario.identity, sample, self._scenario.other_identities)
        for entry in waiting:
            self._enter(*entry)

    def _enter(
        self,
        cycle: Cycle,
        position: int,
        is_delivered: bool,
        mirror: str | None,
        raw: Any,
        text: str | None,
        faults: list[Fault],
    ) -> None:
        names = self.deliveries.identity.names(mirror, raw, text)
        if is_delivered and names:
            part = ", ".join(names_at(raw, self._scenario.part)) if self._scenario.part else ""
            for name in names:
                self.deliveries.add(name, text, cycle, position, part=part)
        if is_delivered and self.truth is not None:
            self.truth.deliver(names, cycle.number)
        if faults:
            first_name = names[0] if names else None
            line = last_line(cycle, "incidents", "fetchResults")
            for fault in faults:
                self.sightings.add(
                    fault.name,
                    cycle.number,
                    key=fault.key,
                    line=line,
                    event=first_name,
                    example=(f"cycle {cycle.number}, incident {position + 1}", fault.found),
                    first=fault.said,
                )

    def _refuse_whole(self, cycle: Cycle, refusal: Refusal) -> None:
        line = last_line(cycle, "incidents", "fetchResults", "results")
        handed = next((text for text in cycle.incidents if text.strip() not in ("[]", "null")), "")
        if not handed and cycle.results:
            handed = excerpt(cycle.results[0])
        example = (f"cycle {cycle.number}", shorten(handed))
        key, first = masked(refusal.message), refusal.message
        self.sightings.add("payload_unreadable", cycle.number, key=key, line=line, example=example, first=first)


def fault_of(refusal: Refusal, incident: Any) -> Fault:
    """The fault that the server's refusal of an incident stands for."""
    field = field_of(refusal)
    value = refused_value(incident, refusal.field)
    if is_time(refusal):
        key = (field, wrong_with_time(value))
        return Fault("unreadable_time", key, f"{field} is {excerpt(value)}", refusal.message)
    found = f"{field or 'the incident'} is {excerpt(value)}"
    return Fault("wrong_type", (field, type_name(value)), found, refusal.message)
