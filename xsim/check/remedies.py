"""What to write instead, cause by cause: a rule's fix holds for all of its findings, this line for the one at hand."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xsim.world import steps_of

EITHER: Mapping[str, str] = MappingProxyType(
    {
        "cursor-lost": ("where a fetch brings nothing, store the last run that it began with: `setLastRun(last_run)`"),
        "zone-offset": (
            "read the time with its zone and turn it into UTC before it is stored: "
            "`parse(text).astimezone(timezone.utc)`, and let the request say so with Z"
        ),
        "sliding-offset": (
            "store no count of records between fetches: ask for what is newer than the last event and count pages"
            " within one fetch alone, oldest first, so that new events come behind the last page"
        ),
        "one-dict-for-all": (
            "make a new dict for each event inside the loop: `incident = {**common, 'name': event['title']}`"
        ),
    }
)
"""Causes for which the same remedy holds whether an event was missed or came again."""

MISSED: Mapping[str, str] = MappingProxyType(
    {
        **EITHER,
        "late-arrival": (
            "ask again for the span that the vendor needs to list an event, as in `since = last - look_back`, and"
            " keep the ids delivered within that span, to leave them out"
        ),
        "clock-as-cursor": (
            "store the time of the newest event that was delivered, and the old time where there was none; never "
            "`datetime.utcnow()`"
        ),
        "cursor-ahead-of-data": (
            "store no time later than that of the newest event that was delivered: `min(next_time, newest)`"
        ),
        "newest-first-with-limit": (
            "ask oldest first, so that a cut leaves the newest for the next fetch; where the vendor cannot sort, "
            "page to the end before the last run moves on"
        ),
        "same-timestamp-at-limit": (
            "store the last event's time together with the ids delivered at that time, ask from that time on, "
            "inclusive, leave those ids out, and ask for as many more as there are ids: `limit=max_fetch + "
            "len(ids)`"
        ),
        "page-cut-at-limit": (
            "let the last run point at the last event that was delivered, not past the ones that the limit cut off"
        ),
        "first-page-only": (
            "follow the next page until there is none or the limit is reached, and move the last run no further "
            "than the last event that was delivered"
        ),
        "exclusive-boundary": (
            "ask from the stored time on, inclusive (or from a moment before it), and leave out the ids that were"
            " delivered at that time"
        ),
        "precision-cut": (
            "step back by the unit that the vendor compares, and leave out the ids that were delivered since"
        ),
        "window-gap": (
            "begin each window where the last one ended, as stored in the last run, not a fixed span before now"
        ),
        "listed-but-dropped": (
            "leave out an event by its id, never by a time that is equal or earlier, and hand over, or ask for "
            "again, all that the answer lists"
        ),
        "ids-compared-as-text": "compare ids as numbers: `int(event['id']) > int(last_id)`",
        "error-swallowed": (
            "let the fetch fail where the vendor's answer is an error, so that the last run stays what it was; "
            "store a new one after all requests went well"
        ),
        "cursor-moved-on-failure": (
            "where a page or a record could not be had, let the fetch fail, or store a last run that reaches no "
            "further than what was delivered, so that the next fetch asks for the rest again"
        ),
        "look-back-outrun": (
            "let the look-back begin at the last fetch that ended well, not at the clock: store that fetch's time and "
            "ask from it minus the look-back, so that an outage makes the window longer"
        ),
        "batch-dropped": (
            "catch what one record raises inside the loop over the records, hand over the others, and keep the id of "
            "the one that failed in the last run, to ask for it again"
        ),
        "window-stuck": (
            "where the window's end lies before now, begin the next one at that end even if nothing was found: "
            "`start = events[-1]['created'] if events else end`"
        ),
        "cut-by-script": (
            "leave out what was delivered, sort the rest oldest first, and only then cut it to the limit; let the last "
            "run point at the last event that was delivered"
        ),
        "call-not-counted": (
            "collect the incidents of all pages in one list and call `demisto.incidents(incidents)` once, at the end"
        ),
        "other-field": "store the time by which the vendor filters, of the newest delivered event, and no other field",
        "stale-last-run": (
            "store beside the place what it is a place in (queue, filter, server), and where that is not the "
            "instance's any more, begin anew with the first-fetch time"
        ),
        "acknowledged-before-delivery": (
            "let the vendor forget an event only after it was delivered: store the ids that were handed over in the "
            "last run and acknowledge them at the beginning of the next fetch; where the server keeps the place by "
            "itself, ask by time or id instead and keep the place in the last run"
        ),
    }
)

LATE_BY_ID = (
    "the vendor lists ids out of order: ask again from an id some way back, or by time from `last - look_back`, and "
    "keep the ids delivered within that span, to leave them out"
)
"""For a late arrival, where the fetch goes on by the newest id and not by a time."""

CUT_LAST = (
    "store the last event's time together with the ids delivered at that time, ask from that time on, inclusive, leave "
    "those ids out, and only then cut what is left to the limit"
)
"""For a tie that the script itself cut, in an answer that lists all of it."""

PAGED_ON = (
    "store the last event's time together with the ids delivered at that time, ask from that time on, inclusive, leave "
    "those ids out, and where an answer is cut, page on within that time"
)
"""For a tie cut by an answer that was asked for no number of events, or that holds as many as the vendor gives."""

COUNTED_TOO_FAR = (
    "let a stored count grow by what this very list held in the answer, `offset + len(page)`, not by the limit or by "
    "the length of a list that gathers other records too, and begin at 0 again once the bound moves on; safer is no "
    "count between fetches"
)
"""For a count of records that left out all of its list."""

BEHIND_OTHERS = (
    "move the last run on past all that the page listed, also past what was not handed over, or read the next page "
    "until one brings something"
)
"""For a page that comes again and again, and holds events that the fetch does not hand over."""

LOST_WHILE_DELIVERING = (
    "store the time of the last event that was delivered in every branch, also where the limit ends the fetch"
)
"""For a last run that was lost in a fetch that delivered something."""

REPEATED: Mapping[str, str] = MappingProxyType(
    {
        **EITHER,
        "inclusive-boundary": (
            "keep the ids delivered at the stored time in the last run and leave them out: `if event['id'] in "
            "last_run['ids']: continue`"
        ),
        "precision-cut": (
            "store the time as the vendor writes it, with all digits: `event['created']`, or "
            "`strftime('%Y-%m-%dT%H:%M:%S.%fZ')`"
        ),
        "ids-forgotten": (
            "carry the old ids on with the new ones until their time is out of the window that is asked for: `ids"
            " = kept + new`"
        ),
        "ids-not-heeded": (
            "read the ids under the key and in the type in which they are stored, as in `str(event['id']) in ids`, "
            "and leave out what they name"
        ),
        "cursor-stood-still": (
            "store, at the end of each fetch that delivers, the time or id of the newest delivered event, and "
            "read it at the start of the next"
        ),
        "window-reaches-back": (
            "begin where the last run says, or keep the ids delivered within the window and leave them out"
        ),
        "several-pages": (
            "collect what the answers of one fetch list by id, as in `{event['id']: event}`, and hand over each once"
        ),
        "retried-batch": (
            "collect what the answers bring by id, as in `{event['id']: event}`, and where a request fails and is not "
            "repeated, let the fetch fail, or store a last run that covers what was handed over"
        ),
        "unit-mismatch": (
            "send the time in the unit that the vendor counts: `int(when.timestamp() * 1000)` for milliseconds"
        ),
        "no-lower-bound": (
            "send the last run's time under the name that the vendor's API gives the bound; it ignores what it does "
            "not know"
        ),
        "cursor-behind-data": (
            "store the largest time of all that was delivered, `max(event['created'] for event in events)`, or ask for "
            "the list by time, oldest first"
        ),
        "cursor-went-back": (
            "store no earlier time than the last run held: `max(last, newest)`, and where nothing came, the old one"
        ),
        "last-run-overwritten": (
            "gather all keys in one dict and call `demisto.setLastRun(last_run)` once: each call replaces the whole"
        ),
        "changed": (
            "ask by a time that never changes, such as that of the creation; where changes are wanted, keep the ids "
            "that were delivered and leave them out"
        ),
        "last-run-not-stored": "store what JSON can hold: text or numbers for a time, a list for a set",
    }
)


ENDED: Mapping[str, str] = MappingProxyType(
    {
        "stuck": (
            "look at the line that raised and at what it met: where a record lacks what the line reads, take it with "
            "`.get`, log the record and go on with the others; where a request fails each time, ask for something that "
            "the vendor can still answer"
        ),
        "poison-record": (
            "let no single record stop the fetch: read optional fields with `.get`, log what cannot be made an "
            "incident, and go on with the others"
        ),
        "token-expired": (
            "where a request is answered with 401 in the middle of a fetch, ask for a new token and send it once more"
        ),
        "quiet-cycle": (
            "where an answer holds no events, hand over [] and store the last run that the fetch began with: "
            "`newest = events[-1]['created'] if events else newest`"
        ),
        "over-quota": (
            "make fewer calls than the quota gives: stop in time, hand over what there is, store how far it came, and "
            "let the next fetch go on from there; where it refuses all the same, keep the time that Retry-After names "
            "in the last run and ask no sooner, instead of failing"
        ),
        "request-refused": (
            "where the vendor refuses what the last run asks for (an id or token that is gone, a time too far back), "
            "begin anew from a stored time, or from as far back as the vendor allows, so that the last run moves again"
        ),
        "last-run-unreadable": (
            "read the last run in the shape in which it is stored, and where it has another one, begin with the "
            "first-fetch time: `last_run = demisto.getLastRun()` and `setLastRun({'time': newest})`, both an object"
        ),
        "before-first-request": (
            "look at the line that raised: nothing was asked yet, so what it lacks is a parameter, a key of the last "
            "run, or something of the machine; where an instance may lack it, read it with a default: "
            "`params.get('first_fetch') or '3 days'`"
        ),
    }
)


def instead_of_missing(cause: str, identity: tuple[str, ...], time_field: str) -> tuple[tuple[str, str], ...]:
    """A line of evidence, in the events' own fields; none for a cause that nobody knows."""
    return (("instead", in_its_fields(MISSED[cause], identity, time_field)),) if cause in MISSED else ()


def instead_of_repeating(cause: str, identity: tuple[str, ...], time_field: str) -> tuple[tuple[str, str], ...]:
    return (("instead", in_its_fields(REPEATED[cause], identity, time_field)),) if cause in REPEATED else ()


def instead_of_failing(cause: str) -> tuple[tuple[str, str], ...]:
    return (("instead", ENDED[cause]),) if cause in ENDED else ()


def in_its_fields(remedy: str, identity: tuple[str, ...], time_field: str) -> str:
    """The remedy with the fields that the events have, where one path leads to the id, and one to the time."""
    if len(identity) == 1:
        remedy = remedy.replace("event['id']", looked_up(identity[0]) or "event['id']")
    return remedy.replace("event['created']", looked_up(time_field) or "event['created']")


def looked_up(path: str) -> str:
    """A dotted path as Python looks it up in an event; "" of one that leads to several values, or nowhere."""
    steps = steps_of(path)
    if not steps or "*" in steps:
        return ""
    return "event" + "".join(f"[{step}]" if step.isdecimal() else f"[{step!r}]" for step in steps)
