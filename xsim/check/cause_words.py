"""What the words that findings give for why mean, a sentence each; what to write instead stands in remedies.py."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "cursor-lost": (
            "a fetch stored an empty last run, or none of its keys, so that the next one began as if it were the first"
        ),
        "zone-offset": (
            "a local time was taken for UTC, or the other way round, so that the place lies off by the zone's hours"
        ),
        "sliding-offset": (
            "pages are counted from the top of a list that grows there meanwhile, so that its records move to "
            "other pages"
        ),
        "late-arrival": "the vendor listed the event only after the fetch had moved on past the event's time",
        "clock-as-cursor": (
            "the fetch stored the clock's time, and the vendor listed the event later with an earlier time"
        ),
        "cursor-ahead-of-data": (
            "the fetch stored a time that is later than that of every event which the vendor had listed"
        ),
        "newest-first-with-limit": (
            "the answer was cut at its limit, newest first, and the fetch went on from the newest: the older "
            "ones lie behind it"
        ),
        "same-timestamp-at-limit": (
            "several events have one time, the limit cut between them, and the next fetch asked from behind that time"
        ),
        "page-cut-at-limit": (
            "the answer was cut at its limit, and the fetch stored a place past the events that were cut off"
        ),
        "first-page-only": "the answer had further pages, and the fetch asked for none of them",
        "exclusive-boundary": (
            "the fetch asked for what is later than the event's own time, and the vendor leaves out what lies on it"
        ),
        "precision-cut": (
            "the time was stored or compared without its fraction, so that events within that unit are left out "
            "or come again"
        ),
        "window-gap": "one fetch asked up to a moment, and the next one from a later moment on",
        "listed-but-dropped": "an answer listed the event, and the script handed over no incident of it",
        "ids-compared-as-text": 'ids that are numbers were compared as text, where "100" comes before "99"',
        "error-swallowed": (
            "the vendor answered with an error, the script went on as if nothing were new, and stored a later time"
        ),
        "cursor-moved-on-failure": (
            "a page or a record could not be had, and the fetch stored a place past it all the same"
        ),
        "look-back-outrun": "an outage lasted longer than the look-back, which is counted from the clock",
        "batch-dropped": "one record of an answer raised, and the others of it were dropped along with it",
        "window-stuck": "a bounded window found nothing, and each fetch since then asks for the same one",
        "cut-by-script": (
            "the script cut what the vendor listed to a limit of its own, and what lay behind the cut never came"
        ),
        "call-not-counted": (
            "the incidents were handed over in several calls of demisto.incidents(), and not all calls count"
        ),
        "other-field": "the fetch stored a time of another field than the one that the vendor filters by",
        "stale-last-run": (
            "the last run was a place in another queue, filter or server than the one that the fetch asked"
        ),
        "acknowledged-before-delivery": (
            "the vendor counted the event as fetched before a fetch that ended well had delivered it"
        ),
        "inclusive-boundary": "the fetch asked from the event's own time on, and the vendor includes what lies on it",
        "ids-forgotten": (
            "the id was kept after the first delivery, and dropped while the window still reached the event"
        ),
        "ids-not-heeded": "the id was kept, and the script did not look there, or under another key or type",
        "cursor-stood-still": "the fetch delivered the event and left the place that it asks from where it was",
        "window-reaches-back": (
            "each window overlaps the one before, and nothing remembers what was delivered in the overlap"
        ),
        "several-pages": "several answers of one fetch list the event, and each of them was handed over",
        "retried-batch": (
            "a fetch in which a request failed handed over what it had, and the same came once more with the "
            "repeated request or fetch"
        ),
        "unit-mismatch": (
            "the bound was sent in another unit than the vendor counts, seconds for milliseconds for instance"
        ),
        "no-lower-bound": "the request had no bound that the vendor knows, so that it listed everything",
        "cursor-behind-data": "the fetch stored the time of an event that was not the newest one delivered",
        "cursor-went-back": "the fetch stored an earlier time than it had begun with",
        "last-run-overwritten": "a later call of setLastRun replaced the one that held the place",
        "one-dict-for-all": "one dict stood for all incidents, so that each has what the last event wrote into it",
        "last-run-not-stored": "setLastRun raised, so that the next fetch began from the old place",
        "stuck": "each fetch since then fails in the same way, as the last run stays what it was",
        "poison-record": "the fetch fails on one record, whenever that is listed",
        "token-expired": "a token ran out in the middle of a fetch, and the next one got a new one",
        "quiet-cycle": "an answer held no event, and the script expects one",
        "over-quota": "the vendor's quota was used up before the fetch was done, fetch after fetch",
        "request-refused": "the vendor refuses what the last run asks for, and every fetch asks for it again",
        "last-run-unreadable": "the script reads the last run in another shape than the one in which it stores it",
        "before-first-request": "the fetch raised before it asked the vendor anything",
        "changed": "the event came again with another rawJSON, as the vendor had changed it meanwhile",
    }
)
