"""Why an event was missed: which of several stories the evidence tells."""

from dataclasses import replace
from itertools import pairwise

import pytest
from builders import (
    a_cycle,
    a_failure,
    a_journal,
    a_listing,
    a_probe,
    an_endpoint,
    an_event,
    an_exchange,
    an_incident,
    at,
)

from xsim.check import check
from xsim.model import Outcome, Verdict
from xsim.world import Change, Filter, Hatch, Listing, Order, Paging

NAMED = {"identity": ("id",), "time_field": "created", "endpoints": (an_endpoint(),)}
ANSWERED_BY_A_FUNCTION = {"endpoints": (), "hatch": Hatch("vendor.py", "answer", "vendor.py:answer")}


def missed(cycles, event, *others, lost_at=2, probes=None, **scenario):
    """The finding about an event that the state behind `lost_at` is the first to shut out; None: no probe tells."""
    name = event.id
    if probes is None:
        probes = [a_probe("wanted", name, delivers=True), a_probe("state", name, from_cycle=len(cycles))]
        if lost_at is not None:
            probes += [a_probe("state", name, from_cycle=lost_at - 1, delivers=True)] if lost_at > 1 else []
            probes += [a_probe("state", name, from_cycle=lost_at)]
    journal = a_journal(cycles, events=(event, *others), probes=probes, **{**NAMED, **scenario})
    [finding] = [each for each in check(journal, select=["FC201"]).findings if each.events]
    return finding


def cycles_of(*each, **cycle):
    """A cycle for each (answers, last run after)."""
    before, cycles = {}, []
    for number, (listings, after) in enumerate(each, start=1):
        cycles.append(a_cycle(number, before=before, after=after, listings=listings, **cycle))
        before = after
    return cycles


# --- a cut answer goes before another call that lists the event


def test_words_among_the_filters_do_not_hide_that_an_answer_was_cut():
    severities = Filter("severity", "severity", compare="in", kind="text")
    endpoint = an_endpoint(filters=(Filter("since", "created"), severities))
    event, twin = (an_event(name, "09:25:00", record={"severity": "Low"}) for name in ("A-1", "A-2"))
    asked = [("severity", "in", "Low,High")]
    cut = a_listing("A-2", since="09:00:00", bounds=asked, matched=2, limit=1)
    after = a_listing("A-2", "A-1", since="09:25:00", bounds=asked)
    cycles = cycles_of(([cut], {"at": 1}), *[([after], {"at": 1})] * 3)
    finding = missed(cycles, event, twin, lost_at=1, endpoints=(endpoint,))
    assert finding.cause == "same-timestamp-at-limit"


@pytest.mark.parametrize("order", [1, -1])
def test_a_call_that_mirrors_does_not_make_a_cut_event_a_dropped_one(order):
    event, twin, newer = an_event("A-1", "09:25:00"), an_event("A-2", "09:25:00"), an_event("A-3", "09:26:00")
    fetch = a_listing("A-2", since="09:00:00", matched=3, limit=1)
    mirror = a_listing("A-3", "A-2", "A-1", bounds=[("updated", ">=", "2024-05-14T09:00:00Z")], order=("-updated",))
    endpoint = an_endpoint(filters=(Filter("since", "created"), Filter("updated", "updated")))
    cycles = cycles_of(([fetch, mirror][::order], {"at": 1}), *[([a_listing(since="09:25:01")], {"at": 1})] * 3)
    assert missed(cycles, event, twin, newer, lost_at=1, endpoints=(endpoint,)).cause == "same-timestamp-at-limit"


def test_pages_by_time_are_one_list_so_that_what_the_second_lists_was_dropped():
    event, first = an_event("A-1", "09:25:00"), an_event("A-2", "09:20:00")
    pages = [a_listing("A-2", since="09:00:00", matched=2, limit=1), a_listing("A-1", since="09:20:01")]
    cycles = cycles_of((pages, {"at": 1}), *[([a_listing(since="09:25:30")], {"at": 1})] * 3)
    assert missed(cycles, event, first, lost_at=1).cause == "listed-but-dropped"


def rows(*names):
    return Listing("vendor.py:answer", names, matched=len(names))


TIED = [an_event("A-1", "09:25:00"), an_event("A-2", "09:24:00"), an_event("A-3", "09:25:00")]


def test_a_function_s_list_that_ends_among_events_of_one_time_was_cut_there():
    mirror = rows("A-3", "A-1", "A-2")
    cycles = cycles_of(([rows("A-2", "A-3"), mirror], {"at": 1}), *[([], {"at": 1})] * 3)
    finding = missed(cycles, *TIED, lost_at=1, **ANSWERED_BY_A_FUNCTION)
    assert finding.cause == "same-timestamp-at-limit"
    assert "the last of them, A-3, has the event's very time" in dict(finding.evidence)["why"]


def test_a_function_s_list_that_is_left_out_of_by_another_is_not_told_as_dropped():
    cycles = cycles_of(([rows("A-3", "A-2"), rows("A-1", "A-3", "A-2")], {"at": 1}), *[([], {"at": 1})] * 3)
    assert missed(cycles, *TIED, lost_at=1, **ANSWERED_BY_A_FUNCTION).cause == ""


def test_a_second_page_of_a_function_that_lists_the_event_shows_that_it_was_dropped():
    cycles = cycles_of(([rows("A-2", "A-3"), rows("A-1", "A-4")], {"at": 1}), *[([], {"at": 1})] * 3)
    finding = missed(cycles, *TIED, an_event("A-4", "09:26:00"), lost_at=1, **ANSWERED_BY_A_FUNCTION)
    assert finding.cause == "listed-but-dropped"


# --- the clock, and the stored second


@pytest.mark.parametrize(
    ("stored", "asked", "newest", "word"),
    [
        ("09:31:00", "09:31:00", "09:20:00", "clock-as-cursor"),
        ("09:31:00", "09:31:01", "09:20:00", "clock-as-cursor"),
        ("09:31:02", "09:31:02", "09:20:00", "clock-as-cursor"),
        ("09:31:03", "09:31:03", "09:20:00", "cursor-ahead-of-data"),
        ("09:31:00", "09:31:03", "09:20:00", "late-arrival"),
        ("09:31:00", "09:31:01", "09:31:00", "late-arrival"),
        ("09:30:59", "09:30:59", "09:30:58", "late-arrival"),
    ],
)
def test_a_stored_time_is_the_clock_s_where_it_is_near_it_and_near_no_event(stored, asked, newest, word):
    late, other = an_event(occurred="09:30:40", visible="09:31:50"), an_event("A-2", newest)
    clock = {"at": f"2024-05-14T{stored}Z"}
    cycles = cycles_of(
        ([a_listing(since="09:00:00")], {"at": "2024-05-14T09:30:00Z"}),
        ([a_listing("A-2", since="09:30:00")], clock),
        *[([a_listing(since=asked)], clock)] * 2,
    )
    assert missed(cycles, late, other).cause == word


EARLY = ("09:00:00", "09:00:00", "09:30:50", "09:30:50")


def stored_second(occurred, listed):
    event, first = an_event(occurred=occurred, visible="09:31:30"), an_event("S-1", "09:30:40")
    stored = {"at": 1715679040}
    assert stored["at"] == int(first.occurred.timestamp())
    cycles = cycles_of(
        ([a_listing(since="09:00:00")], {"at": 1715678999}),
        ([a_listing("S-1", since="09:30:40")], stored),
        *[([a_listing(*listed, since="09:30:40")], stored)] * 2,
    )
    return missed(cycles, event, first)


def test_an_event_of_the_stored_second_that_later_answers_list_was_dropped_and_not_late():
    finding = stored_second("09:30:40", ["S-1", "A-1"])
    assert finding.cause == "listed-but-dropped"
    assert "whose time 2024-05-14T09:30:40Z is the one that the last run holds (at = 1715679040)" in str(
        finding.evidence
    )


def test_an_event_within_the_stored_second_is_told_as_such():
    finding = stored_second("09:30:40.250000", ["S-1", "A-1"])
    assert "09:30:40.250000Z lies in the second that the last run holds" in dict(finding.evidence)["why"]


def test_an_event_that_later_answers_do_not_list_was_late():
    assert stored_second("09:30:40", ["S-1"]).cause == "late-arrival"


def test_an_event_of_another_second_than_the_stored_one_is_lost_in_the_cycle_that_lists_and_drops_it():
    finding = stored_second("09:30:41", ["S-1", "A-1"])
    assert (finding.cause, finding.cycles) == ("listed-but-dropped", (3,))
    evidence = dict(finding.evidence)
    assert evidence["why"] == "the answer of cycle 3 lists the event, and the fetch did not hand it over"
    assert evidence["probe"].endswith("delivers it, from that after cycle 2 it does not")


def test_what_a_page_by_count_lists_and_the_fetch_drops_is_lost_there_though_later_pages_leave_it_out():
    names = [("A-1", "A-2"), ("A-3",), (), ()]
    pages = [a_listing(*listed, since=since) for listed, since in zip(names, EARLY, strict=True)]
    pages[1] = replace(pages[1], offset=2, matched=3)
    cycles = cycles_of(*[([page], {"at": place}) for place, page in enumerate(pages)])
    cycles[0] = replace(cycles[0], incidents=a_cycle(incidents=[an_incident("A-2")]).incidents)
    events = [an_event(f"A-{number}", f"09:2{number}:00") for number in (1, 2, 3)]
    dry = [a_probe("drain", from_cycle=number) for number in (4, 5, 6)]
    probes = [a_probe("wanted", delivers=True), a_probe("state", from_cycle=4), *dry]
    finding = missed(cycles, *events, probes=probes, **PAGED)
    assert (finding.message, finding.cause) == ("A-1 was never delivered: lost at cycle 1", "listed-but-dropped")


# --- where no probe names the cycle


def counting(*offsets, bounds=("09:00:00", "09:00:00", "09:30:50", "09:30:50")):
    """Four cycles, each beginning at an offset; the third and fourth ask from behind the event."""
    pages = [a_listing("A-2", since=since, offset=offset) for since, offset in zip(bounds, offsets, strict=True)]
    return cycles_of(*[([page], {"at": place}) for place, page in enumerate(pages)])


PAGED = {"endpoints": (an_endpoint(paging=Paging("offset", "offset")),)}


def test_a_count_in_some_other_cycle_does_not_hide_where_the_event_was_lost():
    late = an_event(occurred="09:30:40", visible="09:31:50")
    dry = [a_probe("drain", from_cycle=number) for number in (4, 5, 6)]
    looks = [a_probe("wanted", delivers=True), a_probe(from_cycle=4), a_probe(from_cycle=1, delivers=True)]
    probes = [*looks, a_probe(from_cycle=2), *dry]
    all_alike = ("09:00:00",) * 4
    known = missed(counting(0, 7, 0, 0, bounds=all_alike), late, probes=probes, **PAGED)
    assert known.message == "A-1 was never delivered: lost at cycle 2"
    unknown = missed(counting(0, 0, 7, 0, bounds=all_alike), late, probes=probes, **PAGED)
    assert unknown.message == "A-1 was never delivered"


def test_requests_that_begin_behind_the_event_name_the_cycle_where_probes_do_not():
    late, other = an_event(occurred="09:30:40", visible="09:31:50"), an_event("A-2", "09:30:50")
    finding = missed(counting(0, 0, 0, 0), late, other, lost_at=None)
    assert (finding.message, finding.cause) == ("A-1 was never delivered: lost at cycle 2", "late-arrival")
    assert (
        dict(finding.evidence)["probe"]
        == "from the state after cycle 4 a fetch of this event alone does not deliver it"
    )


def test_where_no_probe_names_the_cycle_the_story_is_that_of_the_first_fetch_that_ended_well():
    late = an_event("A-3", "09:29:50")
    page = a_listing(since="09:00:00", offset=2, matched=2)
    failed = a_cycle(1, failure=a_failure())
    cycles = [failed, *(a_cycle(number, listings=[page]) for number in (2, 3, 4))]
    looks = [a_probe("wanted", "A-3", delivers=True), a_probe("state", "A-3", from_cycle=4)]
    dry = [a_probe("drain", from_cycle=number) for number in (4, 5, 6)]
    finding = missed(cycles, late, an_event("A-2", "09:20:00"), probes=[*looks, *dry], **PAGED)
    assert (finding.cause, finding.cycles) == ("sliding-offset", (2,))
    assert dict(finding.evidence)["why"].startswith("cycle 2 left out all 2 events that match, by a count")


@pytest.mark.parametrize(("offset", "is_past"), [(1, False), (2, True), (15, True)])
def test_a_count_that_is_past_the_end_of_its_list_is_told_as_such(offset, is_past):
    late, other = an_event("A-3", "09:29:50"), an_event("A-2", "09:20:00")
    page = a_listing(*([] if is_past else ["A-2"]), since="09:00:00", offset=offset, matched=2)
    looks = [a_probe("wanted", "A-3", delivers=True), a_probe("state", "A-3", from_cycle=4)]
    dry = [a_probe("drain", from_cycle=number) for number in (4, 5, 6)]
    finding = missed([a_cycle(n, listings=[page]) for n in (1, 2, 3, 4)], late, other, probes=[*looks, *dry], **PAGED)
    evidence = dict(finding.evidence)
    assert finding.cause == "sliding-offset"
    assert evidence["why"].startswith("cycle 1 left out all 2 events") is is_past
    assert ("grow by what this very list held" in evidence["instead"]) is is_past


@pytest.mark.parametrize(
    "bounds",
    [
        ("09:00:00", "09:00:00", "09:30:50", "09:00:00"),
        ("09:30:50", "09:30:50", "09:30:50", "09:30:50"),
        ("09:00:00", "09:00:00", "09:00:00", "09:00:00"),
    ],
)
def test_requests_that_do_not_stay_behind_the_event_name_no_cycle(bounds):
    late = an_event(occurred="09:30:40", visible="09:31:50")
    finding = missed(counting(0, 0, 0, 0, bounds=bounds), late, an_event("A-2", "09:30:50"), lost_at=None)
    assert finding.message == "A-1 was never delivered"


def windows(*spans):
    """A cycle a window, which stores the end of it, as one does that finds nothing."""
    asked = [
        (since, ("created", "<", f"2024-05-14T{until}Z"), {"at": f"2024-05-14T{until}Z"}) for since, until in spans
    ]
    return cycles_of(*(([a_listing(since=since, bounds=[end])], after) for since, end, after in asked))


ENDING = {"endpoints": (an_endpoint(filters=(Filter("since", "created"), Filter("until", "created", compare="<"))),)}


def test_a_window_that_lies_before_an_event_to_come_has_not_lost_it():
    event, known = an_event(occurred="09:33:30"), an_event("A-2", "09:28:59")
    ends = [f"09:{minute}:00" for minute in (25, 29, 33, 37, 41, 45, 49)]
    cycles = windows(*pairwise(ends))
    finding = missed(cycles, event, known, lost_at=1, **ENDING)
    assert (finding.message, finding.cause) == ("A-1 was never delivered: lost at cycle 3", "cursor-ahead-of-data")
    assert "the end of the window that it had asked for, 2024-05-14T09:37:00Z" in dict(finding.evidence)["why"]


def test_an_event_of_the_very_fetch_behind_which_a_gap_begins_lies_in_the_gap():
    event, known = an_event(occurred="09:31:00.2", visible="09:31:01"), an_event("A-2", "09:30:58")
    spans = [("09:25:00", "09:30:00"), ("09:30:00", "09:31:00"), ("09:31:30", "09:32:00"), ("09:32:00", "09:33:00")]
    cycles = windows(*spans)
    cycles[1] = replace(cycles[1], ended=at("09:31:00.4"))
    assert missed(cycles, event, known, **ENDING).cause == "window-gap"


def handing_out_what_waits(*stored):
    """Four cycles, of which the second and third ask nothing; what each stores."""
    pages = {1: [a_listing("A-2", "A-3", since="09:00:00")], 4: [a_listing(since="09:30:50")]}
    before, cycles = {}, []
    for number, after in enumerate(stored, start=1):
        usual = {"before": before, "after": after, "exchanges": 0}
        cycles.append(a_cycle(number, **usual, listings=pages.get(number, ())))
        before = after
    return cycles


def test_fetches_that_only_hand_over_what_waits_do_not_hide_the_one_that_moved_on():
    late, others = an_event(occurred="09:29:40", visible="09:31:30"), [an_event(f"A-{n}", "09:29:50") for n in (2, 3)]
    waiting = [{"at": "09:30:50", "queue": queue} for queue in (["A-2", "A-3"], ["A-3"], [], [])]
    finding = missed(handing_out_what_waits(*waiting), late, *others, lost_at=None)
    assert (finding.message, finding.cause) == ("A-1 was never delivered: lost at cycle 1", "late-arrival")
    assert dict(finding.evidence)["cycle 4 asked"] == "GET /alerts: created >= 2024-05-14T09:30:50Z"
    waiting[1] = {"at": "09:30:50", "queue": ["A-3"], "since": "09:31:00"}
    assert missed(handing_out_what_waits(*waiting), late, *others, lost_at=None).message == "A-1 was never delivered"


@pytest.mark.parametrize(
    ("endpoint", "bounds", "word"),
    [
        (an_endpoint(), (), "look_back`, and keep"),
        (an_endpoint(filters=(Filter("id_gt", "n", compare=">", kind="number"),)), (("n", ">", "7"),), "by time"),
        (an_endpoint(filters=(), paging=Paging("last_id", "after")), (), "by time"),
    ],
)
def test_what_to_do_about_a_late_arrival_hangs_on_what_the_fetch_goes_on_by(endpoint, bounds, word):
    late, since = an_event(occurred="09:30:40", visible="09:31:30", record={"n": 5}), "09:30:50"
    usual = {} if endpoint.filters and endpoint.filters[0].kind == "time" else {"bounds": bounds}
    pages = [a_listing("A-2", **(usual or {"since": since})) for _ in range(4)]
    cycles = cycles_of(*(([page], {"at": place}) for place, page in enumerate(pages)))
    finding = missed(cycles, late, an_event("A-2", "09:30:45"), endpoints=(endpoint,))
    assert (finding.cause, word in dict(finding.evidence)["instead"]) == ("late-arrival", True)


def test_a_look_at_a_time_at_which_no_fetch_delivers_the_event_names_no_cycle():
    later = a_probe("wanted", delivers=True, from_cycle=2)
    quiet = [a_cycle(number) for number in range(1, 5)]
    finding = missed(quiet, an_event(), probes=[later, a_probe(from_cycle=4), a_probe(from_cycle=1)])
    assert finding.message == "A-1 was never delivered"


# --- what an answer was, where it listed nothing


def answered(status, size=0, answer="", after=1715679090):
    """A vendor function whose answer in cycle 2, the first that could see the event, shows none."""
    said = an_exchange(number=2, status=status, size=size, answer=answer, listing=rows())
    cycles = [
        a_cycle(1, after={"at": 1715679000}),
        a_cycle(2, before={"at": 1715679000}, after={"at": after}, exchanges=[said]),
        *(a_cycle(number, before={"at": after}) for number in (3, 4)),
    ]
    return missed(cycles, an_event(occurred="09:30:40"), lost_at=None, **ANSWERED_BY_A_FUNCTION)


def test_an_error_that_the_fetch_passes_over_is_shown_and_told():
    finding = answered(500, 16, '{"error":"down"}')
    assert dict(finding.evidence)["cycle 2 got"] == 'status 500: {"error":"down"}'
    assert finding.cause == "error-swallowed"
    assert answered(500, 16, after=1715679010).cause == ""


def test_rows_that_hold_no_event_are_told_by_their_size():
    finding = answered(200, 1_052)
    assert dict(finding.evidence)["cycle 2 got"] == "no event recognised in the answer (1,052 bytes)"
    assert dict(answered(200).evidence)["cycle 2 got"] == "0"


def test_an_error_of_a_declared_call_is_shown_as_well():
    failed = an_exchange(number=2, status=503, answer="busy")
    cycles = [a_cycle(1), a_cycle(2, exchanges=[failed]), a_cycle(3), a_cycle(4)]
    finding = missed(cycles, an_event())
    assert dict(finding.evidence)["cycle 2 got"] == "status 503: busy"


def test_a_run_that_ended_at_what_is_not_simulated_before_any_cycle_could_be_judged_is_undecided():
    first = a_cycle(
        1, outcome=Outcome.UNSUPPORTED, failure=a_failure("unsupported", "no endpoint answers GET /nothing")
    )
    report = check(a_journal([first], events=(an_event(),), **NAMED))
    assert (report.verdict, [each for each in report.findings if each.events]) == (Verdict.UNDECIDED, [])


def test_an_event_that_is_listed_later_because_it_was_changed_was_cut_off_before_that():
    by_update = an_endpoint(filters=(Filter("since", "updated"),), order=Order(("updated",)))
    changed = Change(at("09:32:00"), {"updated": "2024-05-14T09:32:00Z"})
    records = [{"updated": "2024-05-14T09:25:00Z"}] * 2
    event = an_event("A-1", "09:25:00", record=records[0], changes=(changed,))
    twin = an_event("A-2", "09:25:00", record=records[1])
    since = [("updated", ">=", f"2024-05-14T{clock}Z") for clock in ("09:00:00", "09:26:00")]
    cut = a_listing("A-2", bounds=since[:1], matched=2, limit=1, order=("updated",))
    none, again = (a_listing(*names, bounds=since[1:], order=("updated",)) for names in ((), ("A-1",)))
    cycles = cycles_of(([cut], {"at": 1}), ([none], {"at": 1}), ([none], {"at": 1}), ([again], {"at": 2}))
    finding = missed(cycles, event, twin, lost_at=1, endpoints=(by_update,))
    assert (finding.cause, finding.cycles) == ("same-timestamp-at-limit", (1,))
