"""FC2, as far as only the vendor's own events tell: journals written out by hand."""

import pytest
from builders import (
    a_cycle,
    a_failure,
    a_journal,
    a_listing,
    a_probe,
    a_refusal,
    an_endpoint,
    an_event,
    an_incident,
)

from xsim.check import check
from xsim.model import Outcome, Severity, Verdict
from xsim.world import Change, Filter, Paging

NAMED = {"identity": ("id",), "time_field": "created", "endpoints": (an_endpoint(),)}


def journal(cycles, events, probes=(), **scenario):
    return a_journal(cycles, events=tuple(events), probes=probes, **{**NAMED, **scenario})


def findings(code, cycles, events, probes=(), **scenario):
    return check(journal(cycles, events, probes, **scenario), select=[code]).findings


def a_miss(name="A-1", *, lost_at=2, last=4):
    """Probes that show where an event was lost: wanted, and delivered from the states before, not from those after."""
    before = [a_probe("state", name, from_cycle=lost_at - 1, delivers=True)] if lost_at > 1 else []
    return [
        a_probe("wanted", name, delivers=True),
        a_probe("state", name, from_cycle=last),
        *before,
        *([a_probe("state", name, from_cycle=lost_at)] if lost_at < last else []),
    ]


def quiet(numbers=range(1, 5), **cycle):
    return [a_cycle(number, **cycle) for number in numbers]


def with_incident(cycles, number, *events):
    """The same cycles, that one delivering these events."""
    return [
        a_cycle(each.number, incidents=map(an_incident, events)) if each.number == number else each for each in cycles
    ]


# --- FC201


def test_a_wanted_event_that_is_shut_out_was_missed():
    [finding] = findings("FC201", quiet(), [an_event()], a_miss())
    assert finding.message == "A-1 was never delivered: lost at cycle 2"
    assert (finding.cycles, finding.events, finding.severity) == ((2,), ("A-1",), Severity.ERROR)
    assert dict(finding.evidence)["probe"] == (
        "from the state after cycle 1 a fetch of this event alone delivers it, from that after cycle 2 it does not"
    )


def test_an_event_that_the_first_cycle_shuts_out_was_lost_there():
    [finding] = findings("FC201", quiet(), [an_event()], a_miss(lost_at=1))
    assert finding.cycles == (1,)


def test_a_run_that_begins_with_a_last_run_may_have_lost_the_event_before():
    [finding] = findings("FC201", quiet(before={"at": "x"}), [an_event()], a_miss(lost_at=1), last_run={"at": "x"})
    assert finding.message == "A-1 was never delivered"
    assert finding.cycles == (1,)


@pytest.mark.parametrize(
    ("case", "cycles", "probes"),
    [
        ("delivered", with_incident(quiet(), 3, "A-1"), a_miss()),
        ("delivered by an extra cycle", quiet(), [*a_miss(), a_probe("drain", from_cycle=4, delivers=["A-1"])]),
        ("not wanted", quiet(), [a_probe("wanted"), *a_miss()[1:]]),
        ("poison", quiet(), [a_probe("wanted", failure=a_failure()), *a_miss()[1:]]),
        (
            "delivered from the last state",
            quiet(),
            [a_probe("wanted", delivers=True), a_probe(from_cycle=4, delivers=True)],
        ),
        (
            "the last fetch fails",
            quiet(),
            [a_probe("wanted", delivers=True), a_probe(from_cycle=4, failure=a_failure())],
        ),
        ("the last state was not asked", quiet(range(1, 6)), a_miss()),
        ("nobody looked", quiet(), []),
    ],
)
def test_an_event_that_is_not_proven_missed_is_no_finding(case, cycles, probes):
    assert findings("FC201", cycles, [an_event()], probes) == (), case


def test_an_event_that_was_not_visible_for_a_whole_cycle_was_not_missed():
    late = an_event(occurred="09:32:30", visible="09:32:30")
    assert findings("FC201", quiet(), [late], a_miss()) == ()
    assert findings("FC201", quiet(), [an_event(occurred="09:31:59", visible="09:32:00")], a_miss()) != ()


def test_an_event_that_changed_before_a_fetch_could_see_it_is_not_judged():
    gone = an_event(visible="09:30:30", changes=(Change(an_event(occurred="09:31:20").occurred, deleted=True),))
    assert findings("FC201", quiet(), [gone], a_miss()) == ()
    kept = an_event(visible="09:30:30", changes=(Change(an_event(occurred="09:32:20").occurred, deleted=True),))
    assert findings("FC201", quiet(), [kept], a_miss()) != ()


def test_what_an_earlier_run_delivered_was_not_missed():
    assert findings("FC201", quiet(), [an_event()], a_miss(), delivered={"A-1": (1, "0" * 16)}) == ()


def test_a_stated_wish_goes_before_what_a_probe_shows():
    probes = [a_probe("wanted"), *a_miss()[1:]]
    assert findings("FC201", quiet(), [an_event(wanted=True)], probes) != ()
    assert findings("FC201", quiet(), [an_event(wanted=False)], a_miss()) == ()


def test_behind_a_counted_position_only_a_dry_drain_proves_a_miss_and_no_cycle_is_named():
    paged = an_endpoint(paging=Paging("offset", "offset"))
    cycles = quiet(listings=[a_listing(matched=7, offset=7)])
    dry = [a_probe("drain", from_cycle=number) for number in (4, 5, 6)]
    assert findings("FC201", cycles, [an_event()], a_miss(), endpoints=(paged,)) == ()
    assert findings("FC201", cycles, [an_event()], [*a_miss(), *dry[:2]], endpoints=(paged,)) == ()
    [finding] = findings("FC201", cycles, [an_event()], [*a_miss(), *dry], endpoints=(paged,))
    assert (finding.message, finding.cycles) == ("A-1 was never delivered", (1,))


def test_fifty_missed_events_are_told_one_by_one_and_the_rest_counted():
    events = [an_event(f"A-{number}") for number in range(60)]
    probes = [probe for event in events[:55] for probe in a_miss(event.id)]
    found = findings("FC201", quiet(), events, probes)
    assert len(found) == 52
    assert found[50].message == "5 more events were never delivered"
    assert (found[51].message, found[51].severity) == (
        "5 more events were never delivered; not looked into",
        Severity.NOTE,
    )


def test_incidents_that_match_nothing_leave_the_run_undecided():
    report = check(journal(with_incident(quiet(), 2, "other"), [an_event()], a_miss()))
    assert report.verdict is Verdict.UNDECIDED
    assert report.reason == "no incident matches an event of the scenario: set [identity]"
    assert next(each for each in report.results if each.rule.code == "FC201").verdict is Verdict.UNDECIDED


def test_an_incident_may_hold_several_events():
    both = an_incident(None, raw={"items": [{"id": "A-1"}, {"id": "A-2"}]})
    cycles = [*quiet([1]), a_cycle(2, incidents=[both]), *quiet([3, 4])]
    events = [an_event("A-1"), an_event("A-2"), an_event("A-3")]
    probes = [probe for event in events for probe in a_miss(event.id)]
    found = findings("FC201", cycles, events, probes, identity=("items.*.id",))
    assert found == (), "the probes of A-3 speak of other paths, so that it is not known to be wanted"
    assert findings("FC204", cycles, events, identity=("items.*.id",)) == ()


# --- why: the losing cycle tells


def cause(cycles, event, *others, lost_at=2, **scenario):
    """The cause of the one event that probes looked into."""
    found = findings("FC201", cycles, [event, *others], a_miss(event.id, lost_at=lost_at), **scenario)
    assert [finding.severity for finding in found if finding.events] == [Severity.ERROR]
    return found[0].cause


def asking(*steps, **cycle):
    """A cycle for each (bound, events listed, last run after)."""
    before, cycles = {}, []
    for number, (since, listed, after) in enumerate(steps, start=1):
        listing = since if not isinstance(since, str) else a_listing(*listed, since=since)
        cycles.append(a_cycle(number, before=before, after={"at": after}, listings=[listing], **cycle))
        before = {"at": after}
    return cycles


def test_a_last_run_set_to_the_clock_is_told():
    late = an_event(occurred="09:30:40", visible="09:31:50")
    steps = [("09:00:00", [], "2024-05-14T09:30:00Z"), ("09:30:00", [], "2024-05-14T09:31:00Z")]
    rest = [("09:31:00", [], "2024-05-14T09:32:00Z"), ("09:32:00", [], "2024-05-14T09:33:00Z")]
    assert cause(asking(*steps, *rest), late) == "clock-as-cursor"


def test_an_event_listed_after_a_newer_one_arrives_late():
    late, newer = an_event(occurred="09:30:10", visible="09:31:50"), an_event("A-2", "09:30:40")
    steps = [("09:00:00", [], "2024-05-14T09:00:00Z"), ("09:00:00", ["A-2"], "2024-05-14T09:30:40Z")]
    rest = [("09:30:40", [], "2024-05-14T09:30:40Z")] * 2
    assert cause(asking(*steps, *rest), late, newer) == "late-arrival"


def test_an_exclusive_bound_on_the_very_time_leaves_the_event_out():
    twin, event = an_event("A-2", "09:30:40"), an_event(occurred="09:30:40", visible="09:31:30")
    after = a_listing(since="09:30:40", compare=">")
    first = a_listing("A-2", since="09:00:00", compare=">")
    steps = [(a_listing(since="09:00:00", compare=">"), (), "a"), (first, (), "b"), (after, (), "b"), (after, (), "b")]
    exclusive = an_endpoint(filters=(Filter("since", "created", compare=">"),))
    assert cause(asking(*steps), event, twin, endpoints=(exclusive,)) == "exclusive-boundary"
    near = an_event("A-1", "09:30:40.500000", "09:31:30")
    coarse = an_endpoint(filters=(Filter("since", "created", compare=">", precision="s"),))
    assert cause(asking(*steps), near, twin, endpoints=(coarse,)) == "precision-cut"


def cut_answer(*listed, **named):
    return a_listing(*listed, since="09:00:00", matched=4, limit=2, **named)


@pytest.mark.parametrize(
    ("answer", "endpoint", "word"),
    [
        (cut_answer("A-2", "A-3", order=("-created",)), an_endpoint(), "newest-first-with-limit"),
        (cut_answer("A-0", "A-4"), an_endpoint(), "same-timestamp-at-limit"),
        (cut_answer("A-0", "A-5"), an_endpoint(), "page-cut-at-limit"),
        (cut_answer("A-0", "A-5"), an_endpoint(paging=Paging("page", "page")), "first-page-only"),
    ],
)
def test_an_answer_cut_at_the_limit_is_told_by_what_was_left_out(answer, endpoint, word):
    event = an_event(occurred="09:25:00")
    others = [
        an_event("A-0", "09:20:00"),
        an_event("A-2", "09:29:00"),
        an_event("A-3", "09:28:00"),
        an_event("A-4", "09:25:00"),
        an_event("A-5", "09:24:00"),
    ]
    after = a_listing(since="09:25:01")
    cycles = asking((answer, (), "b"), (after, (), "b"), (after, (), "b"), (after, (), "b"))
    assert cause(cycles, event, *others, lost_at=1, endpoints=(endpoint,)) == word


def test_a_bound_in_the_future_is_a_zone_where_the_distance_says_so():
    newest, event = an_event("A-0", "09:25:00"), an_event(occurred="09:30:30")
    first = ("09:00:00", ["A-0"], "2024-05-14T11:25:00Z")
    ahead = [("11:25:00", [], "2024-05-14T11:25:00Z")] * 3
    assert cause(asking(first, *ahead), event, newest, lost_at=1) == "zone-offset"
    odd = [("11:03:17", [], "2024-05-14T11:03:17Z")] * 3
    assert cause(asking(first, *odd), event, newest, lost_at=1) == "cursor-ahead-of-data"


def test_a_pause_that_the_window_does_not_span_leaves_a_hole():
    event = an_event(occurred="09:31:20")
    steps = [(f"09:{29 + n}:00.381472", [], "x") for n in (0, 1)] + [("09:31:30", [], "x"), ("09:32:30", [], "x")]
    assert cause(asking(*steps), event) == "window-gap"


def test_an_event_that_an_answer_listed_was_dropped_by_the_fetch():
    cycles = asking(
        ("09:00:00", [], "a"), ("09:00:00", ["A-1"], "b"), ("09:00:00", ["A-1"], "b"), ("09:00:00", [], "b")
    )
    assert cause(cycles, an_event(occurred="09:30:20")) == "listed-but-dropped"


def test_ids_that_are_compared_as_text_are_told():
    cycles = [
        a_cycle(
            1,
            before={},
            after={"last": "99"},
            listings=[a_listing("99", since="09:00:00")],
            incidents=[an_incident("99")],
        ),
        a_cycle(2, before={"last": "99"}, listings=[a_listing("99", "100", since="09:00:00")]),
        *quiet([3, 4], before={"last": "99"}),
    ]
    others = an_event("99", "09:29:00")
    assert cause(cycles, an_event("100", "09:30:20"), others, lost_at=1) == "ids-compared-as-text"


def test_an_emptied_last_run_loses_what_lies_behind_the_first_fetch():
    cycles = [
        a_cycle(1, before={}, after={"at": "x"}),
        a_cycle(2, before={"at": "x"}, after={}),
        *quiet([3, 4]),
    ]
    assert cause(cycles, an_event()) == "cursor-lost"


def test_a_cause_that_nothing_proves_is_left_out():
    [finding] = findings("FC201", quiet(), [an_event()], a_miss())
    assert finding.cause == ""
    assert "why" not in dict(finding.evidence)


# --- FC204, FC206, FC207


def test_an_incident_that_is_no_event_is_noted_where_others_are():
    cycles = with_incident(quiet(), 2, "A-1", "summary")
    [finding] = findings("FC204", cycles, [an_event()])
    assert finding.message == "1 incident matches no event of the scenario: summary"
    assert (finding.severity, finding.cycles) == (Severity.NOTE, (2,))
    assert findings("FC204", with_incident(quiet(), 2, "A-1"), [an_event()]) == ()
    assert findings("FC204", with_incident(quiet(), 2, "summary"), [an_event()]) == ()


def test_an_unwanted_event_that_was_delivered_is_a_warning():
    cycles = with_incident(quiet(), 2, "A-1")
    [finding] = findings("FC206", cycles, [an_event(wanted=False)])
    assert finding.message == "A-1 was delivered in cycle 2, and the scenario says that it is not wanted"
    assert finding.severity is Severity.WARNING
    assert findings("FC206", cycles, [an_event()]) == ()
    assert findings("FC206", quiet(), [an_event(wanted=False)]) == ()


def outside(occurred="08:28:00", number=1, params=None, **scenario):
    cycles = [a_cycle(n, incidents=[an_incident("A-1")] if n == number else []) for n in (1, 2, 3)]
    return findings(
        "FC207", cycles, [an_event(occurred=occurred)], params=params or {"first_fetch": "1 hour"}, **scenario
    )


def test_an_event_from_before_the_first_fetch_window_is_a_warning():
    [finding] = outside()
    assert finding.message == "the first fetch in cycle 1 delivered 1 event from before its window: A-1"
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("case", "given"),
    [
        ("within one interval of it", {"occurred": "08:29:30"}),
        ("a later cycle", {"number": 2}),
        ("a bare number", {"params": {"first_fetch": "3"}}),
        ("two that differ", {"params": {"first_fetch": "1 hour", "fetch_time": "2 days"}}),
        ("wide enough", {"params": {"first_fetch": "3 days"}}),
        ("a look-back that explains it", {"params": {"first_fetch": "1 hour", "look_back": "30"}}),
        ("another run went before", {"last_run": {"at": "x"}}),
    ],
)
def test_an_event_that_may_be_in_the_window_is_no_finding(case, given):
    assert outside(**given) == (), case


def test_an_old_event_that_was_asked_for_by_another_time_is_no_finding():
    listing = a_listing("A-1", bounds=[("updated", ">=", "2024-05-14T09:00:00Z")])
    cycles = [a_cycle(1, incidents=[an_incident("A-1")], listings=[listing])]
    endpoint = an_endpoint(filters=(Filter("since", "updated"),))
    given = {"params": {"first_fetch": "1 hour"}, "endpoints": (endpoint,)}
    assert findings("FC207", cycles, [an_event(occurred="08:00:00")], **given) == ()


# --- duplicates, poison and what waits


def again(steps, *events, lists=("A-1",), **scenario):
    """A-1, delivered in cycles 1 and 2, which asked as `steps` say."""
    cycles = [
        a_cycle(
            number, incidents=[an_incident("A-1")], before=before, after=after, listings=[a_listing(*lists, **asked)]
        )
        for number, (asked, before, after) in enumerate(steps, start=1)
    ]
    [finding] = findings("FC202", cycles, [an_event(), *events], **scenario)
    return finding.cause


FIRST = ({"since": "09:00:00"}, {}, {"at": "x"})


@pytest.mark.parametrize(
    ("word", "first", "second"),
    [
        ("inclusive-boundary", FIRST, ({"since": "09:29:00"}, {"at": "x"}, {"at": "y"})),
        ("cursor-stood-still", FIRST, ({"since": "09:00:00"}, {"at": "x"}, {"at": "y"})),
        ("window-reaches-back", FIRST, ({"since": "09:01:00"}, {"at": "x"}, {"at": "y"})),
        ("ids-forgotten", (FIRST[0], {}, {"ids": ["A-1"]}), ({"since": "09:29:00"}, {"ids": []}, {"ids": []})),
        ("window-reaches-back", FIRST, ({"since": "09:10:00"}, {"at": "x"}, {"at": "y"})),
        ("ids-not-heeded", FIRST, ({"since": "09:29:00"}, {"ids": ["A-1"]}, {"at": "y"})),
        ("", FIRST, ({"since": "09:29:01"}, {"at": "x"}, {"at": "y"})),
    ],
)
def test_a_duplicate_is_told_by_what_the_repeating_cycle_asked(word, first, second):
    assert again([first, second]) == word


@pytest.mark.parametrize(("compare", "cause"), [(">", "precision-cut"), (">=", "inclusive-boundary")])
def test_a_bound_without_its_fraction_brings_the_event_again(compare, cause):
    # With all digits an inclusive vendor would list the newest event all the same.
    event = an_event("A-1", "09:29:00.480000")
    cycles = [
        a_cycle(
            number,
            incidents=[an_incident("A-1")],
            before=before,
            after={"at": "x"},
            listings=[a_listing("A-1", since=since, compare=compare)],
        )
        for number, before, since in ((1, {}, "09:00:00"), (2, {"at": "y"}, "09:29:00"))
    ]
    endpoint = an_endpoint(filters=(Filter("since", "created", compare=compare),))
    [finding] = findings("FC202", cycles, [event], endpoints=(endpoint,))
    assert finding.cause == cause


def test_local_digits_taken_for_utc_bring_the_event_again():
    event = an_event("A-1", "09:29:00", record={"created": "2024-05-14T04:29:00-05:00"})
    cycles = [
        a_cycle(
            number,
            incidents=[an_incident("A-1")],
            before=before,
            after={"at": "x"},
            listings=[a_listing("A-1", since=since)],
        )
        for number, before, since in ((1, {}, "03:00:00"), (2, {"at": "y"}, "04:29:00"))
    ]
    [finding] = findings("FC202", cycles, [event])
    assert finding.cause == "zone-offset"


def test_a_list_that_moved_under_the_count_brings_the_event_again():
    paged = an_endpoint(paging=Paging("offset", "offset"))
    cycles = [
        a_cycle(1, incidents=[an_incident("A-1")], after={"n": 1}, listings=[a_listing("A-1", since="09:00:00")]),
        a_cycle(
            2,
            incidents=[an_incident("A-1")],
            before={"n": 1},
            listings=[a_listing("A-1", since="09:00:00", offset=1, matched=2)],
        ),
    ]
    [finding] = findings("FC202", cycles, [an_event()], endpoints=(paged,))
    assert finding.cause == "sliding-offset"


def test_two_answers_of_one_fetch_that_list_an_event_are_told():
    twice = a_cycle(1, incidents=[an_incident("A-1")] * 2, listings=[a_listing("A-1"), a_listing("A-1")])
    [finding] = findings("FC203", [twice], [an_event()])
    assert finding.cause == "several-pages"


def test_a_record_that_the_vendor_never_changed_is_no_changed_one():
    batches = [[an_incident("A-1", raw={"fetched": number})] for number in (1, 2)]
    cycles = [a_cycle(number, incidents=batch) for number, batch in enumerate(batches, start=1)]
    [finding] = findings("FC202", cycles, [an_event()])
    assert finding.severity is Severity.ERROR
    changing = an_event(changes=(Change(an_event(occurred="09:30:30").occurred, set={"s": 1}),))
    [changed] = findings("FC202", cycles, [changing])
    assert (changed.severity, changed.cause) == (Severity.WARNING, "changed")


def test_parts_of_one_event_are_no_duplicates():
    parts = [an_incident("A-1", raw={"host": host}) for host in ("a", "b")]
    cycles = [a_cycle(1, incidents=parts), a_cycle(2, incidents=parts[1:])]
    [finding] = findings("FC202", cycles, [an_event()], part=("host",))
    assert finding.message == "A-1 [b] was delivered again in cycle 2 (first in cycle 1)"
    assert finding.events == ("A-1",)
    assert findings("FC203", cycles, [an_event()], part=("host",)) == ()


def test_a_poison_record_is_named_and_what_waits_behind_it():
    cycles = [a_cycle(1), *quiet(range(2, 5), failure=a_failure())]
    events = [an_event("P-2", "09:30:30"), an_event("P-3", "09:31:30")]
    probes = [
        a_probe("wanted", "P-2", failure=a_failure()),
        a_probe("wanted", "P-3", delivers=True),
        a_probe("state", "P-3", from_cycle=4, delivers=True),
    ]
    report = check(journal(cycles, events, probes), select=["FC201", "FC601"])
    [finding] = report.findings
    assert (finding.code, finding.cause, finding.events) == ("FC601", "poison-record", ("P-2",))
    assert ("waiting behind it", "P-3") in finding.evidence
    assert dict(finding.evidence)["instead"].startswith("let no single record stop the fetch")


def test_a_fetch_that_fails_otherwise_than_the_event_alone_has_no_poison():
    cycles = [a_cycle(1), *quiet(range(2, 5), failure=a_failure("ValueError", "other"))]
    probes = [a_probe("wanted", "P-2", failure=a_failure())]
    [finding] = findings("FC601", cycles, [an_event("P-2", "09:30:30")], probes)
    assert (finding.cause, finding.events) == ("stuck", ())


def test_what_waits_behind_a_refused_batch_is_named_there():
    bad = an_incident("A-1", rawJSON={"id": "A-1"})
    cycles = [a_cycle(n, incidents=[bad], refusals=[a_refusal()]) for n in (1, 2, 3)]
    probes = [
        a_probe("wanted", "A-1", outcome=Outcome.REFUSED),
        a_probe("wanted", "A-2", delivers=True),
        a_probe("state", "A-2", from_cycle=3, delivers=True),
    ]
    report = check(journal(cycles, [an_event(), an_event("A-2")], probes), select=["FC201", "FC502"])
    [finding] = report.findings
    assert ("waiting behind it", "A-2") in finding.evidence
