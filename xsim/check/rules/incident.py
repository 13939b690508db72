"""FC5: what is handed to demisto.incidents() is what the server reads (server-semantics 2)."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.check.evidence import Evidence
from xsim.check.excerpt import counted, excerpt, shorten
from xsim.check.incidents import LONGEST_NAME, nearest_field
from xsim.check.rule import rule
from xsim.check.sightings import Sighting
from xsim.check.waiting import waiting_behind
from xsim.findings import Finding
from xsim.model import Outcome, Severity

RFC_3339 = "2024-05-14T09:30:00Z, 2024-05-14T09:30:00.381Z or 2024-05-14T11:30:00+02:00"


def folded(
    evidence: Evidence, seen: Sighting, message: str, *, cause: str = "", also: tuple[tuple[str, str], ...] = ()
) -> Finding:
    """The finding for all sightings of one kind."""
    more = seen.count - len(seen.examples)
    rest = (("and", f"{more:,} more"),) if more > 0 and seen.examples else ()
    return Finding(
        message,
        cycles=tuple(seen.cycles),
        events=tuple(shorten(event) for event in seen.events),
        cause=cause,
        place=evidence.place(seen.line),
        evidence=(*seen.examples, *rest, *also, *held_up(evidence, seen)),
    )


def held_up(evidence: Evidence, seen: Sighting) -> tuple[tuple[str, str], ...]:
    """The events that wait behind a batch which the server refuses again and again."""
    refused = [number for number in seen.cycles if evidence.cycles[number].outcome is Outcome.REFUSED]
    return waiting_behind(evidence, refused)


def server_said(seen: Sighting) -> tuple[tuple[str, str], ...]:
    """The server's words about the first of the incidents."""
    return (("the server says", shorten(seen.first)),)


@rule("FC501", Severity.ERROR, since="0.1")
def name_missing(evidence: Evidence) -> Iterator[Finding]:
    """An incident has no name, or an empty one.

    Why: The server takes it, and the analyst finds a nameless incident in the list.
    Fix: Give each incident a `name`, with a text of its own where the event has no title.
    """
    for _, seen in evidence.sightings.of("name_missing"):
        yield folded(evidence, seen, f"{counted(seen.count, 'incident has', 'incidents have')} no name")


@rule("FC502", Severity.ERROR, since="0.1")
def wrong_type(evidence: Evidence) -> Iterator[Finding]:
    """A field of an incident has a type that the server cannot decode.

    Why: The incidents of a fetch are one JSON document. One field of a wrong type, and the server refuses all of them;
    the last run is not stored, and the same batch fails again every minute.
    Fix: Give each field its type: `rawJSON` is text (`json.dumps(event)`), `severity` a number, `name`, `details` and
    `dbotMirrorId` text, `labels` a list of {"type": text, "value": text}.
    """
    for (field, kind), seen in evidence.sightings.of("wrong_type"):
        if not field:
            message = f"{counted(seen.count, 'incident is', 'incidents are')} no object but {kind}"
        elif field == "rawJSON":
            message = f"rawJSON is {kind}, not a text: json.dumps is missing"
        else:
            message = f"{field} is {kind}, which the server cannot decode"
        yield folded(evidence, seen, message, cause=f"{field or 'incident'}-type", also=server_said(seen))


@rule("FC503", Severity.ERROR, since="0.1")
def unreadable_time(evidence: Evidence) -> Iterator[Finding]:
    """A time of an incident is not written as RFC 3339 asks.

    Why: The server cannot parse it and refuses the whole fetch; the last run is not stored, and the same batch fails
    again every minute.
    Fix: Hand over text such as 2024-05-14T09:30:00Z: a T between date and time, and a zone, Z or +02:00.
    """
    for (field, wrong), seen in evidence.sightings.of("unreadable_time"):
        yield folded(evidence, seen, f"{field} is {wrong}", also=(*server_said(seen), ("expected", RFC_3339)))


@rule("FC504", Severity.WARNING, since="0.1")
def raw_json_missing(evidence: Evidence) -> Iterator[Finding]:
    """An incident has no rawJSON, or an empty one.

    Why: Classifier and mapper read the event from rawJSON: without it they have nothing to map.
    Fix: Add `'rawJSON': json.dumps(event)` to each incident.
    """
    for _, seen in evidence.sightings.of("raw_json_missing"):
        yield folded(evidence, seen, f"{counted(seen.count, 'incident has', 'incidents have')} no rawJSON")


@rule("FC505", Severity.ERROR, since="0.1")
def raw_json_unreadable(evidence: Evidence) -> Iterator[Finding]:
    """The rawJSON of an incident is not valid JSON.

    Why: Classifier and mapper read rawJSON. From other text, such as str(event), they get nothing, and the
    incident's fields stay empty.
    Fix: Write it with `json.dumps(event)`; str() and f-strings give Python's own notation.
    """
    for _, seen in evidence.sightings.of("raw_json_unreadable"):
        yield folded(evidence, seen, f"the rawJSON of {counted(seen.count, 'incident')} is no JSON text")


@rule("FC506", Severity.WARNING, since="0.1")
def misspelt_key(evidence: Evidence) -> Iterator[Finding]:
    """A key of an incident is nearly, but not quite, one that the server knows.

    Why: The server ignores keys that it does not know, without a word: the value is lost.
    Fix: Spell it as documented: name, occurred, rawJSON, severity, details, labels, attachment, CustomFields.
    """
    yield from by_key(evidence, "misspelt_key", "the server does not know the key")


@rule("FC507", Severity.NOTE, since="0.1")
def wrongly_cased_key(evidence: Evidence) -> Iterator[Finding]:
    """A key of an incident differs from the documented one in its capitals.

    Why: The server finds it all the same, but what reads incidents elsewhere, such as tests and mappers, may not.
    Fix: Spell it as documented: rawJSON, CustomFields, dbotMirrorId.
    """
    yield from by_key(evidence, "wrongly_cased_key", "capitals differ in")


def by_key(evidence: Evidence, fault: str, what: str) -> Iterator[Finding]:
    for key, seen in evidence.sightings.of(fault):
        right, _ = nearest_field(key)
        yield folded(evidence, seen, f"{what} {excerpt(key)}: {excerpt(right)} is meant", cause=f"{right}-meant")


@rule("FC508", Severity.NOTE, since="0.1")
def occurred_missing(evidence: Evidence) -> Iterator[Finding]:
    """An incident has no occurred.

    Why: The server takes the time of creation instead: an event that comes late looks as if it had just happened.
    Fix: Set `occurred` to the event's own time, such as 2024-05-14T09:30:00Z.
    """
    for _, seen in evidence.sightings.of("occurred_missing"):
        yield folded(evidence, seen, f"{counted(seen.count, 'incident has', 'incidents have')} no occurred")


@rule("FC509", Severity.ERROR, since="0.1")
def attachment_missing(evidence: Evidence) -> Iterator[Finding]:
    """An attachment names a file that is not there when the fetch ends.

    Why: The server takes the file from the working folder, where fileResult() puts it; it lives only for this fetch.
    Without it the incident arrives without its attachment.
    Fix: Call `file = fileResult(name, data)` in the same fetch, and hand over `{'path': file['FileID'], 'name': name}`.
    """
    for _, seen in evidence.sightings.of("attachment_missing"):
        yield folded(
            evidence, seen, f"{counted(seen.count, 'attachment names', 'attachments name')} a file that is missing"
        )


@rule("FC510", Severity.ERROR, since="0.1")
def payload_unreadable(evidence: Evidence) -> Iterator[Finding]:
    """What the fetch handed over as a whole is no list of incidents.

    Why: The server decodes it as one JSON list. A single dict, NaN, or a text entry such as results('ok') makes it
    refuse the fetch; the last run is not stored.
    Fix: Call `demisto.incidents(list)` once, with a list, and return no other entries from a fetch.
    """
    for _, seen in evidence.sightings.of("payload_unreadable"):
        message = f"the server cannot read what the fetch handed over: {shorten(seen.first)}"
        yield folded(evidence, seen, message)


@rule("FC511", Severity.NOTE, since="0.1")
def unknown_severity(evidence: Evidence) -> Iterator[Finding]:
    """The severity of an incident is a number without a meaning.

    Why: The server knows 0 unknown, 0.5 informational, 1 low, 2 medium, 3 high and 4 critical. Of another number the
    analyst sees no level, and playbooks that ask for one pass it by.
    Fix: Map the vendor's scale to `IncidentSeverity`.
    """
    for _, seen in evidence.sightings.of("unknown_severity"):
        yield folded(evidence, seen, f"the severity of {counted(seen.count, 'incident')} is no known level")


@rule("FC512", Severity.NOTE, since="0.1")
def name_too_long(evidence: Evidence) -> Iterator[Finding]:
    """The name of an incident is longer than the server's short texts hold.

    Why: System fields of that kind hold 600 characters.
    Fix: Cut it: `title[:600]`, and put the whole into `details`.
    """
    for _, seen in evidence.sightings.of("name_too_long"):
        yield folded(
            evidence, seen, f"the name of {counted(seen.count, 'incident')} has more than {LONGEST_NAME} characters"
        )
