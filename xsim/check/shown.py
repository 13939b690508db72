"""What a finding about an event shows of its story: what was asked and got, what was stored, what probes showed."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.check.excerpt import excerpt, moment, shorten
from xsim.check.missed import Loss, Told
from xsim.world import Listing


def evidence_of(loss: Loss, told: Told) -> Iterator[tuple[str, str]]:
    """What a reader needs to believe it, in the order of the story."""
    event, fate, scene = loss.fate.event, loss.fate, loss.losing or loss.visible
    if told[1]:
        yield "why", told[1]
    yield "occurred", moment(event.occurred)
    yield "first listed by the vendor", f"{moment(event.visible)}, in time for cycle {fate.first_visible}"
    if scene is not None:
        for shown in scene.shown[:3]:
            yield f"cycle {scene.number} asked", asked(shown.listing)
            yield f"cycle {scene.number} got", got(shown.listing)
        yield f"last run before cycle {scene.number}", excerpt(scene.last_run_before)
        yield f"last run after cycle {scene.number}", excerpt(scene.last_run_after)
    if loss.following is not None and loss.following.shown:
        yield f"cycle {loss.following.number} asked", asked(loss.following.shown[0].listing)
    yield "probe", probed(loss)


def asked(listing: Listing) -> str:
    bounds = ", ".join(f"{field} {compare} {text}" for field, compare, text in listing.bounds)
    return shorten(f"{listing.endpoint}: {bounds or 'no filter'}")


def got(listing: Listing) -> str:
    cut_text = f" of {listing.matched:,} that match" if listing.matched > len(listing.listed) else ""
    names = ", ".join(listing.listed[:5]) + (", ..." if len(listing.listed) > 5 else "")
    order = f"; by {', '.join(listing.order)}" if listing.order and len(listing.listed) > 1 else ""
    limit = f"; limit {listing.limit:,}" if cut_text and listing.limit is not None else ""
    return shorten(f"{len(listing.listed):,}{cut_text}{': ' if names else ''}{names}{order}{limit}")


def probed(loss: Loss) -> str:
    """What single fetches from stored states, with this event alone at the vendor, showed."""
    number = loss.lost_at
    if number is None:
        return f"from the state after cycle {loss.truth.numbers[-1]} a fetch of this event alone does not deliver it"
    numbers = loss.truth.numbers
    place = numbers.index(number)
    before = f"the state after cycle {numbers[place - 1]}" if place else "an empty last run"
    return f"from {before} a fetch of this event alone delivers it, from that after cycle {number} it does not"
