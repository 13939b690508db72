"""Why an event was missed, where a request failed, one record was unreadable, or the vendor counted it as fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from urllib.parse import parse_qsl

from xsim.check.bounds import endpoint_of, has_matched
from xsim.check.excerpt import json_text, listed, shorten
from xsim.check.fates import Fate
from xsim.check.loss import Loss, Told
from xsim.check.queries import is_cut
from xsim.check.scenes import Scene, standing_alone
from xsim.check.strikes import endpoint_asked, failure_told, is_login_call, records_asked
from xsim.model import Exchange, Outcome
from xsim.world import JsonValue

DETAILS = ("detail", "objects", "update")


def acknowledged(loss: Loss) -> Told | None:
    """The fetch left the last run as it was, and yet the event is gone: the vendor had counted it as fetched."""
    losing, before = loss.losing, loss.preceding
    if losing is None or losing.has_moved or loss.is_told_by_requests:
        return None
    state_before = before.vendor_state if before is not None else loss.scenario.vendor_state
    event = loss.fate.event.id
    if marks_of(state_before, event) == marks_of(losing.vendor_state, event):
        return None
    call = taking(loss, losing)
    if loss.fate.event.visible > (losing.started if call is None else call.at):
        return None  # The place moved on before the event was there: it came late.
    by = f" by {call_told(call)}" if call is not None else ""
    ended = "did not end well" if losing.outcome is not Outcome.OK else "did not hand it over"
    return (
        "acknowledged-before-delivery",
        f"cycle {losing.number} took the event off at the vendor{by}, {ended}, and left the last run as it was",
    )


def held_back(loss: Loss) -> Told | None:
    """A vendor function counts the event as fetched since a cycle that was given it and did not deliver it."""
    losing, before, event = loss.losing, loss.preceding, loss.fate.event.id
    if losing is None:
        return None
    state_before = before.vendor_state if before is not None else loss.scenario.vendor_state
    if function_s_part(state_before) == function_s_part(losing.vendor_state):
        return None
    if losing.outcome is Outcome.OK and not losing.failed:
        return (
            "listed-but-dropped",
            f"the answer of cycle {losing.number} lists the event, and the fetch did not hand it over; since then the "
            "vendor counts it as fetched",
        )
    call = next((each for each in losing.exchanges if each.method != "GET" and names(each, event)), None)
    by = f" by {call_told(call)}" if call is not None else ""
    ended = "did not end well" if losing.outcome is not Outcome.OK else "did not hand it over"
    return (
        "acknowledged-before-delivery",
        f"cycle {losing.number} took the event off at the vendor{by} and {ended}; since then the vendor, by what it "
        "remembers, lists it to no fetch",
    )


def function_s_part(vendor_state: JsonValue) -> str:
    """What a vendor function remembers, and what was written to events."""
    known = vendor_state if isinstance(vendor_state, dict) else {}
    return json_text([known.get("state") or {}, known.get("writes") or {}], sort_keys=True)


def names(call: Exchange, event: str) -> bool:
    """Whether the id stands in a request, as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(event)}(?![\w-])", f"{call.url} {call.request_body}") is not None


def outrun(loss: Loss) -> Told | None:
    """The fetch stored nothing and took nothing off, so that time alone shut the event out: its window had passed."""
    losing = loss.losing
    if losing is None or losing.has_moved or loss.is_told_by_requests:
        return None
    if losing.outcome is Outcome.OK and not losing.failed:
        return None
    if losing.outcome is not Outcome.OK:
        ended = "did not end well and stored nothing"
    else:
        has_set = any(call.name == "setLastRun" and not call.error for call in losing.calls)
        ended = "ended well although a request failed, brought nothing, and stored "
        ended += "the same last run" if has_set else "nothing"
    return (
        "look-back-outrun",
        f"cycle {losing.number} {ended}; when the next one began, the window, which goes by the clock, had moved past "
        "the event",
    )


def marks_of(vendor_state: JsonValue, event: str) -> str:
    """What the vendor remembers that can keep an event away: changes of it, and how far each consumer came.

    How many calls it took, and when, is also remembered, and keeps nothing away.
    """
    if not isinstance(vendor_state, dict):
        return json_text([None, None])
    writes = vendor_state.get("writes")
    return json_text(
        [writes.get(event) if isinstance(writes, dict) else None, vendor_state.get("kept")], sort_keys=True
    )


def has_moved_on(before: JsonValue, after: JsonValue) -> bool:
    """Whether a place that the server keeps is another one than it was."""
    places = [each.get("kept") if isinstance(each, dict) else None for each in (before, after)]
    return bool(places[0] != places[1])


def call_told(call: Exchange) -> str:
    where = f" on line {call.line}" if call.line else ""
    return shorten(f"{call.method} {call.url}{where}")


def taking(loss: Loss, scene: Scene) -> Exchange | None:
    """The request that took the event off: an update of it, or a list whose place the server keeps."""
    scenario, event, found = loss.scenario, loss.fate.event.id, None
    for each in scene.exchanges:
        endpoint = endpoint_asked(scenario, each)
        if endpoint is None:
            continue
        if endpoint.kind == "update" and event in records_asked(scenario, each, loss.truth.fates):
            return each
        is_kept = endpoint.paging is not None and endpoint.paging.kind == "kept"
        if is_kept and each.listing is not None and found is None:
            found = each
    return found


def moved_on_failure(loss: Loss) -> Told | None:
    """A request that had to bring the event failed and was not repeated, and the fetch moved on all the same."""
    losing = loss.losing
    if losing is None or losing.outcome is not Outcome.OK or not losing.has_moved or not loss.was_there:
        return None
    call = next((each for each in losing.failed if had_to_bring(loss, losing, each)), None)
    if call is None:
        return None
    return (
        "cursor-moved-on-failure",
        f"cycle {losing.number} ended well and stored a new last run although a request had failed and was not "
        f"repeated: {failure_told(call)}",
    )


def had_to_bring(loss: Loss, scene: Scene, call: Exchange) -> bool:
    """Whether the failed request asked for this event, or for the part of a list in which it stood."""
    scenario, event = loss.scenario, loss.fate.event
    endpoint = endpoint_asked(scenario, call)
    if endpoint is None and not any(not each.is_failed for each in scene.shown):
        # Of a vendor function no call is known; but where nothing else was answered, this one had to bring it.
        failed = {(each.method, each.url) for each in scene.failed}
        return all((each.method, each.url) in failed or is_login_call(scenario, each) for each in scene.exchanges)
    if endpoint is None and is_page_of_a_list(scene, call) and not scene.lists(event.id):
        return True
    if endpoint is None or endpoint.kind in DETAILS:
        return event.id in records_asked(scenario, call, loss.truth.fates)
    if endpoint.kind != "list" or scene.lists(event.id):
        return False
    if endpoint.streams and event.stream not in endpoint.streams:
        return False
    # What this call answered before it failed must leave room for the event: nothing at all, or a part of the list.
    readable = [each.listing for each in scene.shown if not each.is_failed]
    answers = [each for each in readable if endpoint_of(scenario, each) is endpoint]
    matched = [each for each in answers if has_matched(scenario, each, event, scene.vendor_state)]
    return not answers or (bool(matched) and is_cut(matched[-1]))


def is_page_of_a_list(scene: Scene, call: Exchange) -> bool:
    """Whether another page of the same list was answered in the fetch: the same request but for its query or body."""
    for each in scene.exchanges:
        if each.method == call.method and each.listing is not None and each.listing.listed and pages_alike(each, call):
            return True
    return False


def pages_alike(one: Exchange, other: Exchange) -> bool:
    """Whether two requests differ in their query alone, or in a single value of their JSON or form body."""
    if one.request_body == other.request_body:
        (path, _, query), (its_path, _, its_query) = one.url.partition("?"), other.url.partition("?")
        return path == its_path and query != its_query
    bodies = [values_of(each.request_body) for each in (one, other)]
    if one.url != other.url or not all(bodies):
        return False
    changed = bodies[0].items() ^ bodies[1].items()
    # The text of a query itself, as of GraphQL, makes another question and no page.
    return len({name for name, _ in changed}) == 1 and not any("{" in text for _, text in changed)


def values_of(body: str) -> dict[str, str]:
    """Each value of a JSON or form body that stands in no list, by its path; none where the recorded text is cut."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return dict(parse_qsl(body))
    return {path: str(value) for path, value in standing_alone(found)}


def batch_dropped(loss: Loss, scene: Scene) -> Told | None:
    """One record of the list could not be had or read, and the others that were listed with it went with it."""
    fates, own = loss.truth.fates, loss.fate.event.id
    names = [name for shown in scene.lists(own)[:1] for name in shown.listing.listed if name in fates]
    lost = [name for name in names if not fates[name].delivered]
    given = [name for name in names if fates[name].delivered == scene.number]
    guilty, why = failed_record(loss, scene, lost) or unreadable_record(scene, names, fates) or ("", "")
    if not guilty or guilty == own or not scene.has_moved:
        return None
    # What stood before the record may have been handed over; what stood behind it was not.
    if any(names.index(name) > names.index(guilty) for name in given):
        return None
    handed = f"handed over {listed(given, 3)} alone" if given else "handed over none of them"
    return (
        "batch-dropped",
        f"cycle {scene.number} was given {listed(names, 5)}; {why}, and the fetch {handed}, ended well and moved on",
    )


def failed_record(loss: Loss, scene: Scene, lost: Container[str]) -> tuple[str, str] | None:
    """The record whose call failed, and that call."""
    for call in scene.failed:
        for name in records_asked(loss.scenario, call, loss.truth.fates):
            if name in lost:
                return name, f"the call for {shorten(name, 60)} failed: {failure_told(call)}"
    return None


def unreadable_record(scene: Scene, names: list[str], fates: Mapping[str, Fate]) -> tuple[str, str] | None:
    """The first record that a fetch which sees it alone does not hand over either, where the script logged an error."""
    for name in names if scene.complained else ():
        look, fate = fates[name].wanted_look, fates[name]
        if not fate.delivered and look is not None and not look.delivers and fate.event.wanted is not False:
            said = shorten(scene.complained, 80)
            return name, f"the script logged '{said}', a fetch that sees {shorten(name, 60)} alone hands over nothing"
    return None
