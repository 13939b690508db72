"""Where two causes fit at first sight, the evidence decides for one of them: the other would send its reader astray."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import (
    a_cycle,
    a_failure,
    a_host_call,
    a_journal,
    a_listing,
    a_probe,
    an_endpoint,
    an_event,
    an_exchange,
    an_incident,
    started,
)
from test_check_missed import NAMED, cycles_of, missed

from xsim.check import check
from xsim.check.bounds import has_matched
from xsim.model import Outcome, Settings
from xsim.world import Change, Fault, Filter, Hatch, Limit, Listing, Order, Paging

STRICT = an_endpoint(filters=(Filter("since", "created", compare=">"),))
BY_SECONDS = an_endpoint(filters=(Filter("since", "created", compare=">", precision="s"),))


def day(clock):
    return f"2024-05-14T{clock}Z"


# --- missed events


def test_an_event_that_the_losing_cycle_had_in_hand_was_dropped_though_the_next_bound_is_its_time():
    event, other = an_event("A-1", "09:29:40"), an_event("A-2", "09:29:30")
    got = a_listing("A-2", "A-1", since="09:00:00", compare=">")
    after = a_listing(since="09:29:40", compare=">")
    cycles = cycles_of(([got], {"at": day("09:29:40")}), *[([after], {"at": day("09:29:40")})] * 3)
    assert missed(cycles, event, other, lost_at=1, endpoints=(STRICT,)).cause == "listed-but-dropped"


@pytest.mark.parametrize(
    ("stored", "asked", "beside", "is_told"),
    [
        ("09:31:00.500", "09:31:00.500", {}, True),
        ("09:31:00.500", "09:26:00.500", {}, False),  # It looks back, so that the loss is a later one.
        ("09:31:00.500", "09:31:00.500", {"last_id": 7}, False),  # Which of the two left the event out?
        ("09:30:20", "09:30:20", {}, False),
        ("09:40:00", "09:40:00", {}, True),
    ],
)
def test_behind_a_count_of_records_the_stored_time_tells_which_fetch_moved_past_an_event(
    stored, asked, beside, is_told
):
    event, last_run = an_event("A-1", "09:30:30", "09:33:30"), {"at": day(stored), **beside}
    states = [{}, {"at": day("09:00:00"), "offset": 20}, *[last_run] * 6]
    calls = [an_exchange(number=n, request_body=f'{{"after": "{day(asked)}"}}') for n in range(1, 8)]
    cycles = [a_cycle(n, before=states[n - 1], after=states[n], exchanges=[calls[n - 1]]) for n in range(1, 8)]
    probes = [a_probe("wanted", "A-1", delivers=True, from_cycle=5)]
    probes += [a_probe("state", "A-1", from_cycle=n) for n in (1, 3, 7)]
    by_function = Hatch("vendor.py", "answer", "vendor.py:answer")
    finding = missed(cycles, event, probes=probes, endpoints=(), hatch=by_function)
    assert finding.message.endswith("lost at cycle 2") == is_told
    assert (finding.cause == "clock-as-cursor") == (is_told and stored != "09:40:00")


@pytest.mark.parametrize(("newest", "word"), [("09:30:48", "late-arrival"), ("09:30:47.900", "precision-cut")])
def test_a_late_event_is_one_of_the_boundary_only_within_the_unit_of_the_newest(newest, word):
    event, other = an_event("A-1", "09:30:47.194", "09:32:30"), an_event("A-2", newest)
    got, after = (a_listing(*names, since="09:30:47", compare=">") for names in (("A-2",), ()))
    cycles = cycles_of(([], {"at": 1}), ([got], {"at": day("09:30:48")}), *[([after], {"at": day("09:30:48")})] * 3)
    assert missed(cycles, event, other, lost_at=2, endpoints=(BY_SECONDS,)).cause == word


@pytest.mark.parametrize(
    ("since", "word"), [("09:25:00", "same-timestamp-at-limit"), ("09:25:11", "page-cut-at-limit")]
)
def test_a_tie_at_the_limit_is_the_cause_only_where_the_next_request_begins_there(since, word):
    event, twin = an_event("A-1", "09:25:00"), an_event("A-2", "09:25:00")
    got = a_listing("A-2", since="09:00:00", compare=">", matched=2, limit=1)
    after = a_listing(since=since, compare=">")
    cycles = cycles_of(([got], {"at": 1}), *[([after], {"at": 1})] * 3)
    assert missed(cycles, event, twin, lost_at=1, endpoints=(STRICT,)).cause == word


def by_text(*, last="99", listed=("99", "100"), delivered=("99",), others=()):
    cycles = [
        a_cycle(1, after={"ids": [last]}, listings=[a_listing(*delivered)], incidents=map(an_incident, delivered)),
        a_cycle(2, before={"ids": [last]}, listings=[a_listing(*listed)]),
        *(a_cycle(number, before={"ids": [last]}) for number in (3, 4)),
    ]
    known = [an_event(name, "09:29:00", wanted=True) for name in (*delivered, *others)]
    return missed(cycles, an_event("100", "09:30:20"), *known, lost_at=1).cause


def test_ids_are_compared_as_text_where_all_that_was_dropped_says_so():
    assert by_text() == "ids-compared-as-text"
    # An older id that happens to sort that way is not the one that was compared.
    assert by_text(last="9", delivered=("9", "99")) == "listed-but-dropped"
    # Another event that the cycle dropped is larger as text as well.
    assert by_text(listed=("99", "100", "999"), others=("999",)) == "listed-but-dropped"


def called_twice(setting, *counts):
    calls = [a_host_call("incidents", str(count), line=20 + place) for place, count in enumerate(counts)]
    second = a_cycle(2, incidents=[an_incident("A-2")], listings=[a_listing("A-1", "A-2")], host_calls=calls)
    cycles = [a_cycle(1), second, a_cycle(3), a_cycle(4)]
    others = (an_event("A-2", "09:30:21"),)
    settings = Settings(several_incidents_calls=setting)
    return missed(cycles, an_event("A-1", "09:30:20"), *others, lost_at=2, settings=settings)


def test_a_call_of_several_that_does_not_count_is_told():
    finding = called_twice("last", 1, 1)
    assert finding.cause == "call-not-counted"
    assert "2 calls of demisto.incidents(), of which the last one counts, with 1" in dict(finding.evidence)["why"]
    assert called_twice("last", 2).cause == "listed-but-dropped"
    assert called_twice("last", 2, 1).cause == "listed-but-dropped"


def test_a_time_ahead_of_every_event_is_no_late_arrival():
    event, newest = (
        an_event("A-1", "09:30:40", "09:32:30"),
        an_event("A-2", "09:30:10", record={"seen": day("09:31:33")}),
    )
    ahead = {"at": day("09:31:33")}
    got, after = a_listing("A-2", since="09:00:00"), a_listing(since="09:31:33")
    cycles = cycles_of(([], {"at": 1}), ([got], ahead), *[([after], ahead)] * 3)
    finding = missed(cycles, event, newest)
    assert finding.cause == "other-field"
    assert 'it stored at = "2024-05-14T09:31:33Z", which is seen of A-2' in dict(finding.evidence)["why"]
    plain = an_event("A-2", "09:30:10")
    assert missed(cycles, event, plain).cause == "cursor-ahead-of-data"


def began(last_run, since="09:40:00"):
    event = an_event("A-1", "09:29:40")
    cycles = [a_cycle(number, before=last_run, listings=[a_listing(since=since)]) for number in (1, 2, 3, 4)]
    return missed(cycles, event, lost_at=1, last_run=last_run)


def test_a_last_run_that_was_given_lies_behind_the_event():
    finding = began({"at": day("09:40:00")})
    assert finding.cause == "stale-last-run"
    assert finding.message == "A-1 was never delivered: shut out by the last run that the run began with"
    assert began({"at": day("09:41:00")}).cause == ""


def test_a_window_outrun_by_the_clock_says_what_was_stored():
    failed = an_exchange(number=2, status=500, fault="outage")
    fault = {"faults": (Fault("outage", "status"),)}

    def told(*calls):
        second = a_cycle(2, exchanges=[failed], before={"at": 1}, host_calls=calls)
        return dict(missed([a_cycle(1), second, a_cycle(3), a_cycle(4)], an_event(), **fault).evidence)["why"]

    assert "ended well although a request failed, brought nothing, and stored nothing" in told()
    assert "brought nothing, and stored the same last run" in told(a_host_call("setLastRun", {"at": 1}))


def test_the_requests_of_a_cycle_are_told_in_their_order():
    refused = an_exchange(number=2, status=401)
    listed = replace(an_exchange(number=2, listing=a_listing("A-2")), at=refused.at + timedelta(seconds=1))
    cycles = [a_cycle(1), a_cycle(2, exchanges=[refused, listed]), a_cycle(3), a_cycle(4)]
    evidence = missed(cycles, an_event(), an_event("A-2")).evidence
    assert [value for label, value in evidence if label == "cycle 2 got"] == ["status 401", "1: A-2"]


def test_a_slow_answer_is_no_unreadable_one():
    slow = an_exchange(number=2, fault="slow", listing=a_listing("A-2"), waited=timedelta(seconds=40), line=9)
    cycles = [a_cycle(1), a_cycle(2, exchanges=[slow]), a_cycle(3), a_cycle(4)]
    finding = missed(cycles, an_event(), an_event("A-2"), faults=(Fault("slow", "slow"),))
    assert (
        dict(finding.evidence)["fault"]
        == "'slow' struck GET https://vendor.example/alerts (status 200 after 40 s, line 9)"
    )


def test_a_record_that_was_written_to_is_not_known_to_match():
    scenario = a_journal(events=(an_event(),), **NAMED).scenario
    asked = a_listing(since="09:00:00")
    assert has_matched(scenario, asked, an_event(), None)
    assert has_matched(scenario, asked, an_event(), {"writes": {"A-2": [[1, {"status": "read"}]]}})
    assert not has_matched(scenario, asked, an_event(), {"writes": {"A-1": [[1, {"status": "read"}]]}})


def test_an_event_that_lies_too_far_back_for_the_vendor_is_not_missed():
    far = an_endpoint(filters=(Filter("since", "created", required=True, widest=timedelta(minutes=1)),))
    cycles = [a_cycle(1), *(a_cycle(number, failure=a_failure()) for number in (2, 3)), a_cycle(4)]
    probes = [a_probe("wanted", delivers=True), a_probe(from_cycle=1, delivers=True), a_probe(from_cycle=2)]
    world = {**NAMED, "events": (an_event("A-1", "09:30:10"),), "probes": [*probes, a_probe(from_cycle=4)]}
    assert check(a_journal(cycles, **world), select=["FC201"]).findings != ()
    assert check(a_journal(cycles, **{**world, "endpoints": (far,)}), select=["FC201"]).findings == ()


# --- repeated events


def again(*cycles, events=(), **scenario):
    known = events or (an_event("A-1", "09:29:10"), an_event("A-2", "09:29:40"))
    journal = a_journal(cycles, events=known, **{**NAMED, **scenario})
    return next(each for each in check(journal, select=["FC202"]).findings if each.events == ("A-1",))


def asked(number, since, before, after, *delivered, listed=None, calls=(), **named):
    listing = a_listing(*(listed or delivered), since=since, **named)
    made = a_cycle(
        number, incidents=map(an_incident, delivered), before=before, after=after, listings=[listing] if since else ()
    )
    return replace(made, host_calls=(*made.host_calls, *calls)) if calls else made


def test_a_stored_time_cut_to_the_minute_is_no_window_that_goes_by_the_clock():
    cycles = [
        asked(1, "09:28:00", {"at": day("09:28:44")}, {"at": day("09:29:10")}, "A-1"),
        asked(2, "09:29:00", {"at": day("09:29:10")}, {"at": day("09:29:40")}, "A-1", "A-2"),
    ]
    finding = again(*cycles)
    assert finding.cause == "precision-cut"
    assert dict(finding.evidence)["why"].endswith(
        'created >= 2024-05-14T09:29:00Z: the stored at = "2024-05-14T09:29:10Z" without its seconds'
    )
    # Once may be an accident.
    once = [replace(cycles[0], last_run_before={"at": day("09:28:00")}), cycles[1]]
    finding = again(*once)
    assert finding.cause == "window-reaches-back"
    assert "10 s before the newest event that was delivered" in dict(finding.evidence)["why"]


def test_a_window_that_goes_by_the_clock_still_is_one():
    cycles = [
        asked(1, "09:28:00", {"at": day("09:28:44")}, {"at": day("09:28:51")}, "A-1"),
        asked(2, "09:29:00", {"at": day("09:28:51")}, {"at": day("09:28:52")}, "A-1", "A-2"),
    ]
    assert again(*cycles).cause == "window-reaches-back"


def test_a_bound_that_is_another_event_s_own_full_minute_has_lost_no_precision():
    events = (an_event("A-1", "09:29:08"), an_event("A-2", "09:29:00"))
    first = asked(1, "09:00:00", {}, {"at": day("09:29:00")}, "A-1", "A-2")
    finding = again(first, asked(2, "09:29:00", {"at": day("09:29:00")}, {}, "A-1"), events=events)
    assert finding.cause == "cursor-behind-data"
    assert "stored the time of A-2, the last of a list" in dict(finding.evidence)["why"]
    in_order = asked(1, "09:00:00", {}, {"at": day("09:29:00")}, "A-2", "A-1", listed=["A-1"])
    finding = again(in_order, asked(2, "09:29:00", {"at": day("09:29:00")}, {}, "A-1"), events=events)
    assert finding.cause == "cursor-behind-data"
    assert (
        "asked from the stored at on, 2024-05-14T09:29:00Z, the time of A-2, though A-1"
        in dict(finding.evidence)["why"]
    )


def test_a_bound_in_1970_is_the_newest_time_in_another_unit():
    newest = an_event("A-2", "09:29:40").occurred
    bound = (("created", ">=", f"1970-01-20T{(newest.timestamp() / 1000 - 19 * 86400) // 3600:02.0f}:34:38.980Z"),)
    second = asked(2, "", {"at": int(newest.timestamp())}, {"at": 2})
    listing = replace(a_listing("A-1", "A-2"), bounds=bound)
    second = replace(
        a_cycle(2, incidents=[an_incident("A-1")], before=second.last_run_before, listings=[listing]),
        last_run_after={"at": 2},
    )
    finding = again(asked(1, "09:00:00", {}, {"at": int(newest.timestamp())}, "A-1", "A-2"), second)
    assert finding.cause == "unit-mismatch"


def test_a_request_without_the_bound_that_the_call_has():
    first = asked(1, "09:00:00", {}, {"at": 1}, "A-1")
    bare = a_cycle(2, incidents=[an_incident("A-1")], before={"at": 1}, after={"at": 2}, listings=[a_listing("A-1")])
    assert again(first, bare).cause == "no-lower-bound"
    by_token = an_endpoint(paging=Paging("token", "token"))
    assert again(first, bare, endpoints=(by_token,)).cause == "no-lower-bound"
    placed = a_listing("A-1", offset=1)
    following = a_cycle(2, incidents=[an_incident("A-1")], before={"at": 1}, after={"at": 2}, listings=[placed])
    assert again(first, following, endpoints=(by_token,)).cause == ""
    assert again(first, bare, endpoints=(an_endpoint(paging=Paging("kept", "")),)).cause == ""


def test_ids_that_the_last_run_held_and_nobody_heeded():
    first = asked(1, "09:00:00", {}, {"seen": ["A-1"]}, "A-1")
    finding = again(first, asked(2, "09:29:10", {"seen": ["A-1"]}, {"seen": ["A-1", "A-2"]}, "A-1", "A-2"))
    assert finding.cause == "ids-not-heeded"
    assert dict(finding.evidence)["why"].startswith("the last run held the id when cycle 2 began")


def test_an_author_s_added_unit_does_not_hide_that_the_list_s_last_event_was_stored():
    events = (an_event("A-1", "09:29:40"), an_event("A-2", "09:29:10"))
    endpoint = an_endpoint(order=Order(("-created",)))
    listing = {"order": ("-created",)}
    first = asked(1, "09:00:00", {}, {"at": day("09:29:10.001")}, "A-1", "A-2", **listing)
    second = asked(2, "09:29:10.001", {"at": day("09:29:10.001")}, {"at": 1}, "A-1", **listing)
    finding = again(first, second, events=events, endpoints=(endpoint,))
    assert finding.cause == "cursor-behind-data"


def test_a_look_back_to_another_event_s_time_is_no_cursor_behind_the_data():
    events = (an_event("A-1", "09:30:06"), an_event("A-2", "09:29:00"))
    at_newest = {"at": day("09:30:06")}
    first = asked(1, "09:28:00", {"at": 1}, at_newest, "A-2", "A-1")
    assert again(first, asked(2, "09:29:00", at_newest, {}, "A-1"), events=events).cause == "window-reaches-back"
    # The stored place is the older one's, and what was asked for lies before even that.
    at_oldest = {"at": day("09:29:00")}
    first = asked(1, "09:27:00", {"at": 1}, at_oldest, "A-1", "A-2")
    finding = again(first, asked(2, "09:28:00", at_oldest, {}, "A-1"), events=events)
    assert finding.cause == "cursor-behind-data"
    assert "cycle 1 stored the time of A-2, the last of a list" in dict(finding.evidence)["why"]
    # The stored place is the newest's, and what came between two fetches from it has not made it stand still.
    events = (an_event("A-1", "09:29:30"), an_event("A-2", "09:30:06"))
    first = asked(1, "09:28:00", {"at": 1}, at_newest, "A-2")
    unmoved = [asked(number, "09:29:00", at_newest, at_newest, "A-1") for number in (2, 3)]
    assert again(first, *unmoved, events=events).cause == "window-reaches-back"


def test_a_count_or_a_place_that_equals_an_id_is_no_memory():
    def told(name, since, last_run, **world):
        events = (an_event(name, "09:29:10"), an_event("1", "09:28:00", record={"id": 1}))
        first = asked(1, "09:00:00", {}, last_run, "1", name, **world)
        second = asked(2, since, last_run, {"at": 2}, name, **world)
        journal = a_journal([first, second], events=events, **NAMED)
        return [each.cause for each in check(journal, select=["FC202"]).findings]

    assert told("14", "09:01:00", {"offset": 14}) == ["window-reaches-back"]
    assert told("14", "09:01:00", {"seen": [{"id": 14}]}) == ["ids-not-heeded"]
    assert told("A-14", "09:01:00", {"newest": "A-14"}) == ["ids-not-heeded"]


def test_a_number_that_the_last_run_held_and_the_request_did_not_ask_from():
    endpoint = an_endpoint(filters=(Filter("after", "number", compare=">", kind="number"),))
    events = tuple(an_event(f"A-{place}", "09:29:00", record={"number": place}) for place in (1, 2))
    steps = ((1, {}, {"number": "2"}), (2, {"number": "2"}, {"number": "3"}))
    cycles = [
        a_cycle(
            number,
            incidents=map(an_incident, ("A-1", "A-2")),
            before=before,
            after=after,
            listings=[a_listing("A-1", "A-2", bounds=[("number", ">", "0")])],
        )
        for number, before, after in steps
    ]
    finding = again(*cycles, events=events, endpoints=(endpoint,))
    assert (finding.cause, dict(finding.evidence)["why"]) == (
        "window-reaches-back",
        'cycle 2 asked for number > 0, though number was "2", the number of an event that was delivered',
    )


def test_a_batch_was_not_tried_anew_where_the_last_run_never_moves():
    failed = an_exchange(status=404)
    first = asked(1, "09:00:00", {"at": 1}, {"at": 1}, "A-1")
    behind = replace(failed, at=first.exchanges[0].at + timedelta(seconds=1))
    first = replace(first, exchanges=(*first.exchanges, behind))
    still = asked(2, "09:00:00", {"at": 1}, {"at": 1}, "A-1")
    assert again(first, still).cause == "cursor-stood-still"
    assert again(first, replace(still, last_run_after={"at": 2})).cause == "retried-batch"


def test_a_last_run_that_went_back_by_itself():
    cycles = [
        asked(1, "09:20:00", {"at": day("09:20:00")}, {"at": day("09:29:40")}, "A-1"),
        asked(2, "09:29:40", {"at": day("09:29:40")}, {"at": day("09:05:00")}),
        asked(3, "09:05:00", {"at": day("09:05:00")}, {"at": day("09:29:40")}, "A-1", "A-2"),
    ]
    finding = again(*cycles)
    assert finding.cause == "cursor-went-back"
    assert "cycle 2 began with at = " in dict(finding.evidence)["why"]


def test_a_second_set_last_run_that_replaced_the_first():
    calls = [
        a_host_call("setLastRun", {"alerts": day("09:29:40")}, line=30),
        a_host_call("setLastRun", {"cases": 1}, line=33),
    ]
    cycles = [
        asked(1, "08:30:00", {}, {"cases": 1}, "A-1", calls=calls),
        asked(2, "08:31:00", {"cases": 1}, {"cases": 2}, "A-1"),
    ]
    assert again(*cycles).cause == "last-run-overwritten"
    kept = [cycles[0], asked(2, "08:31:00", {"cases": 1, "alerts": 3}, {"cases": 2}, "A-1")]
    assert again(*kept).cause == "window-reaches-back"


def test_one_dict_that_stands_for_all_incidents():
    def told(*listed, count=2):
        cycle = a_cycle(
            1,
            incidents=[an_incident("A-2")] * 2,
            listings=[a_listing(*listed)],
            host_calls=[a_host_call("incidents", str(count))],
        )
        journal = a_journal([cycle], events=(an_event("A-1"), an_event("A-2"), an_event("A-3")), **NAMED)
        [finding] = check(journal, select=["FC203"]).findings
        return finding.cause

    assert told("A-1", "A-2") == "one-dict-for-all"
    assert told("A-1", "A-2", "A-3") == ""  # A script may hand it over twice, and leave out the others.
    assert [told("A-2", "A-1"), told("A-1", "A-3", "A-2"), told("A-1", "A-2", count=3)] == ["", "", ""]


@pytest.mark.parametrize(
    ("answers", "times", "cause"),
    [
        ([("A-1", "A-2", "A-3", "A-4")], 2, "one-dict-for-all"),
        ([("A-1", "A-2", "A-3", "A-4")], 3, "one-dict-for-all"),
        ([("A-1", "A-2", "A-3", "A-4")], 5, ""),
        ([("A-5", "A-4", "A-3")], 3, ""),
        ([("A-3",), ("A-5", "A-4")], 3, "one-dict-for-all"),
        ([("A-4", "A-5", "A-3")], 3, ""),
        ([("A-1", "A-2", "A-3", "A-4")] * 2, 2, "several-pages"),
    ],
)
def test_one_dict_stands_for_all_though_events_that_it_cost_before_are_listed_again(answers, times, cause):
    handed = [([("A-1", "A-2")], "A-2", 2), (answers, "A-4", times)]
    cycles = [
        a_cycle(
            number,
            incidents=[an_incident(name)] * count,
            listings=[a_listing(*listed) for listed in lists],
            host_calls=[a_host_call("incidents", str(count))],
        )
        for number, (lists, name, count) in enumerate(handed, start=1)
    ]
    events = [an_event(f"A-{n}", wanted=n == 4 or None) for n in range(1, 6)]
    journal = a_journal(cycles, events=events, **NAMED)
    assert {each.events[0]: each.cause for each in check(journal, select=["FC203"]).findings}["A-4"] == cause
    # Whatever the order: the others were missed, as a fetch of each alone delivers it.
    journal = replace(journal, probes=[a_probe("wanted", f"A-{n}", delivers=True) for n in range(1, 6)])
    cause = "one-dict-for-all" if times < 5 else ""
    assert {each.events[0]: each.cause for each in check(journal, select=["FC203"]).findings}["A-4"] == cause


# --- fetches that end badly


def ending(*cycles, **world):
    journal = a_journal(cycles, **{**NAMED, "events": (an_event("A-1"), an_event("A-2")), **world})
    return [(each.cause, dict(each.evidence)) for each in check(journal, select=["FC601"]).findings]


def test_a_fetch_that_fails_whenever_there_is_nothing_new():
    busy = a_cycle(1, incidents=[an_incident("A-1")], listings=[a_listing("A-1")])
    idle = a_cycle(2, failure=a_failure(), listings=[a_listing("A-1")])
    more = a_cycle(3, incidents=[an_incident("A-2")], listings=[a_listing("A-2")])
    [(cause, evidence)] = ending(busy, idle, more)
    assert (cause, evidence["instead"][:40]) == ("quiet-cycle", "where an answer holds no events, hand ov")
    assert ending(busy, replace(idle, exchanges=more.exchanges), more)[0][0] == ""
    # A fetch that never ends well again may fail for another reason.
    assert ending(busy, idle, replace(idle, number=3))[0][0] == "stuck"
    quiet = a_cycle(4, listings=[a_listing()])
    assert ending(busy, idle, more, quiet)[0][0] == ""


def test_a_fetch_that_never_comes_as_far_as_a_request():
    failing = [a_cycle(number, failure=a_failure(), exchanges=0) for number in (1, 2, 3)]
    assert ending(*failing)[0][0] == "before-first-request"
    assert ending(a_cycle(1), *failing[1:])[0][0] == "stuck"
    assert ending(*(replace(each, exchanges=a_cycle().exchanges) for each in failing))[0][0] == "stuck"


def failed_beside(*exchanges, outcome=Outcome.FAILED, **named):
    faults = tuple(Fault(name, kind) for name, kind in (("slow", "slow"), ("busy", "status"), ("gone", "logout")))
    return ending(a_cycle(1, failure=a_failure(), exchanges=exchanges, outcome=outcome, **named), faults=faults)


def test_a_fault_excuses_only_a_fetch_that_it_can_have_failed():
    slow, busy = an_exchange(fault="slow"), an_exchange(fault="busy", status=429)
    assert failed_beside(slow)
    assert failed_beside(busy, an_exchange())
    assert failed_beside(busy) == []
    assert failed_beside(an_exchange(fault="slow", status=None)) == []
    assert failed_beside(slow, an_exchange(login="expired", status=401)) == []
    assert failed_beside(slow, outcome=Outcome.TIMED_OUT) == []


def killed(stored, handed=(), listed=("A-1", "A-2", "A-3")):
    calls = [a_host_call("incidents", str(len(handed))), a_host_call("setLastRun", stored)]
    cycle = a_cycle(
        1,
        incidents=map(an_incident, handed),
        failure=a_failure("killed", "the process was killed", hint="kill"),
        host_calls=calls if handed else calls[1:],
        listings=[a_listing(*listed)],
    )
    events = tuple(an_event(f"A-{place}", f"09:2{place}:00") for place in (1, 2, 3))
    [finding] = check(a_journal([cycle], events=events, **NAMED), select=["FC606"]).findings
    return finding.message.partition("if the server keeps ")[2]


def test_of_a_killed_fetch_only_what_the_stored_last_run_passes_is_lost():
    assert killed({"at": day("09:22:00")}) == "what it got, 2 events will be lost"
    assert killed({"at": day("09:22:00"), "waiting": ["A-2"]}) == "what it got, 1 event will be lost"
    assert killed({"page": 7}) == "what it got, at most 3 events will be lost"
    assert killed({"at": day("09:22:00")}, ["A-1"]) == (
        "one without the other, 1 incident will come again or be lost, and 1 event that it was given will be lost"
    )


def test_a_place_that_the_server_keeps_moved_on_in_a_cycle_that_failed():
    # What waits in the last run is handed over first, so that no fetch of the event alone tells where it was lost.
    kept = an_endpoint(paging=Paging("kept"))

    def told(*, places, outcome=Outcome.FAILED):
        cycles = [a_cycle(1), a_cycle(2, outcome=outcome, listings=[a_listing("A-1")]), a_cycle(3), a_cycle(4)]
        cycles = [replace(each, vendor_state={"kept": place}) for each, place in zip(cycles, places, strict=True)]
        finding = missed(cycles, an_event("A-1", "09:30:20"), lost_at=None, endpoints=(kept,))
        return finding.message, finding.cause

    assert told(places=(1, 2, 2, 2)) == ("A-1 was never delivered: lost at cycle 2", "acknowledged-before-delivery")
    assert told(places=(1, 1, 2, 2)) == ("A-1 was never delivered", "")
    assert told(places=(1, 2, 2, 2), outcome=Outcome.OK)[0] == "A-1 was never delivered"


def test_a_kill_has_lost_only_what_was_lost_in_its_cycle():
    def told(lost_at):
        dead = a_cycle(
            2,
            incidents=[an_incident("A-1")],
            failure=a_failure("killed", "the process was killed", hint="kill"),
            host_calls=[a_host_call("incidents", "1")],
            listings=[a_listing("A-1")],
        )
        quiet = [a_cycle(number) for number in (1, 3, 4)]
        looks = [a_probe("wanted", delivers=True), a_probe(from_cycle=4), a_probe(from_cycle=lost_at)]
        before = [a_probe(from_cycle=lost_at - 1, delivers=True)]
        world = {**NAMED, "events": (an_event(),), "probes": [*looks, *before]}
        cycles = [quiet[0], dead, *quiet[1:]]
        [finding] = check(a_journal(cycles, **world), select=["FC606"]).findings
        return finding.message.partition("incidents(): ")[2]

    assert told(2) == "1 event is lost unless the server keeps what it got, as no later fetch was shown them"
    assert told(3) == "if the server keeps what it got, 1 incident will come again"


# --- what is said beside the findings


def test_an_event_that_the_vendor_deleted_does_not_wait():
    def waiting(**named):
        cycles = [a_cycle(number) for number in (1, 2, 3, 4)]
        probes = [a_probe("wanted", delivers=True), a_probe(from_cycle=4, delivers=True)]
        journal = a_journal(cycles, events=(an_event(**named),), probes=probes, **NAMED)
        return [each for each in check(journal).not_exercised if "still waited" in each]

    assert waiting() == ["1 wanted event still waited when the run ended"]
    gone = Change(a_cycle(2).started, deleted=True)
    assert waiting(changes=(gone,)) == []


def test_a_fetch_that_passes_over_a_failed_request_in_silence_is_told_with_it():
    failed = an_exchange(status=500, fault="outage", line=9)
    journal = a_journal([a_cycle(1, incidents=None, exchanges=[failed])], faults=(Fault("outage", "status"),), **NAMED)
    [finding] = check(journal, select=["FC602"]).findings
    told = dict(finding.evidence)
    assert told["a request of cycle 1 failed"].endswith("(status 500, line 9)")
    assert told["instead"] == "let the fetch fail where a request does"


# --- what stands behind the cut, in another dict's place, or behind a change


def handed(*names):
    return [an_incident(name) for name in names]


@pytest.mark.parametrize(
    ("limit", "given", "cause"),
    [
        ("2", ("A-1", "A-2"), "cut-by-script"),
        ("3", ("A-1", "A-2"), "listed-but-dropped"),
        ("2", ("A-1", "A-4"), "listed-but-dropped"),
    ],
)
def test_what_a_fetch_leaves_of_an_answer_behind_its_limit_was_cut_by_the_script(limit, given, cause):
    names = [f"A-{number}" for number in range(1, 5)]
    events = [an_event(name, f"09:2{place}:00") for place, name in enumerate(names)]
    got, after = a_listing(*names, since="09:00:00"), a_listing(since="09:24:00")
    first = a_cycle(1, listings=[got], incidents=handed(*given), after={"at": day("09:24:00")})
    rest = [a_cycle(n, listings=[after], before={"at": day("09:24:00")}) for n in (2, 3, 4)]
    finding = missed([first, *rest], events[2], *events[:2], events[3], lost_at=1, params={"max_fetch": limit})
    assert finding.cause == cause
    if cause == "cut-by-script":
        why = dict(finding.evidence)["why"]
        assert why == "cycle 1 handed over the first 2 of the 4 new events that its answer lists (max_fetch is 2)"


def test_what_has_the_very_time_of_the_last_one_that_was_handed_over_is_lost_to_the_tie():
    events = [an_event("A-1", "09:20:00"), an_event("A-2", "09:21:00"), an_event("A-3", "09:21:00")]
    got = a_listing("A-1", "A-2", "A-3", since="09:00:00")
    first = a_cycle(1, listings=[got], incidents=handed("A-1", "A-2"), after={"at": day("09:21:00")})
    rest = [a_cycle(n, listings=[a_listing(since="09:24:00")], before={"at": day("09:21:00")}) for n in (2, 3, 4)]
    finding = missed([first, *rest], events[2], *events[:2], lost_at=1, params={"max_fetch": 2})
    assert finding.cause == "same-timestamp-at-limit"
    assert dict(finding.evidence)["why"].endswith("the last of them, A-2, has the event's very time")
    assert dict(finding.evidence)["instead"].endswith(
        "leave those ids out, and only then cut what is left to the limit"
    )


@pytest.mark.parametrize(
    ("query", "limit", "instead"),
    [
        ("?limit=1", Limit("limit"), "`limit=max_fetch + len(ids)`"),
        ("?limit=1", Limit("limit", maximum=1), "page on within that time"),
        ("?olimit=1", Limit("limit"), "page on within that time"),
        ("", Limit(""), "page on within that time"),
    ],
)
def test_only_a_request_that_named_a_number_can_ask_for_a_larger_one(query, limit, instead):
    event, twin = an_event("A-1", "09:25:00"), an_event("A-2", "09:25:00")
    got = an_exchange(url=f"https://vendor.example/alerts{query}", listing=a_listing("A-2", matched=2, limit=1))
    rest = [a_cycle(n, listings=[a_listing(since="09:25:00", compare=">")], before={"at": 1}) for n in (2, 3, 4)]
    endpoint = replace(STRICT, limit=limit, paging=Paging("page", "page"))
    finding = missed(
        [a_cycle(1, exchanges=[got], after={"at": 1}), *rest], event, twin, lost_at=1, endpoints=(endpoint,)
    )
    assert finding.cause == "same-timestamp-at-limit"
    assert dict(finding.evidence)["instead"].endswith(instead)


def test_an_event_in_whose_place_another_was_handed_over_is_told_as_that():
    events = [an_event(name, f"09:2{place}:00") for place, name in enumerate(("A-1", "A-2", "A-3"))]
    call = a_host_call("incidents", "3", line=20)
    first = a_cycle(
        1,
        listings=[a_listing("A-1", "A-2", "A-3", since="09:00:00")],
        incidents=handed("A-3", "A-3", "A-3"),
        host_calls=[call],
        after={"at": day("09:22:00")},
    )
    rest = [a_cycle(n, listings=[a_listing("A-3")], before={"at": day("09:22:00")}) for n in (2, 3, 4)]
    finding = missed([first, *rest], *events, lost_at=1)
    assert finding.cause == "one-dict-for-all"
    assert "A-3 in its place" in dict(finding.evidence)["why"]


def test_a_changed_event_says_what_the_vendor_changed_and_what_the_fetch_asks_by():
    change = Change(started(2) - timedelta(seconds=20), {"state": "open", "updated": "2024-05-14T09:30:40Z"})
    event = an_event("A-1", "09:29:00", changes=(change,))
    endpoint = an_endpoint(filters=(Filter("since", "updated"),))
    cycles = [
        a_cycle(
            n,
            incidents=[an_incident("A-1", raw={"state": state})],
            listings=[a_listing("A-1", bounds=[("updated", ">=", day("09:00:00"))])],
            before={"at": n},
            after={"at": n + 1},
        )
        for n, state in ((1, "new"), (2, "open"))
    ]
    journal = a_journal(cycles, events=[event], **{**NAMED, "endpoints": (endpoint,)})
    [finding] = check(journal, select=["FC202"]).findings
    evidence = dict(finding.evidence)
    assert finding.cause == "changed"
    assert evidence["why"] == (
        f"the vendor changed it at {day('09:30:40.381472')} (state, updated), and cycle 2 asked by updated"
    )
    assert "never changes" in evidence["instead"]


def test_a_fetch_that_lost_its_last_run_while_it_delivered_is_told_to_store_the_last_event():
    told = {}
    for names in ((), ("A-2",)):
        cycles = [
            a_cycle(1, incidents=handed("A-1"), before={}, after={"at": "b"}),
            a_cycle(2, incidents=handed(*names), before={"at": "b"}, after={}),
            a_cycle(3, incidents=handed("A-1"), before={}, after={"at": "c"}),
        ]
        [finding] = check(a_journal(cycles, identity=("id",)), select=["FC202"]).findings
        assert finding.cause == "cursor-lost"
        told[bool(names)] = dict(finding.evidence)["instead"]
    assert told[False].startswith("where a fetch brings nothing")
    assert told[True].startswith("store the time of the last event that was delivered")


@pytest.mark.parametrize(
    ("order", "listed", "cause", "word"),
    [
        ("created", ("A-1", "A-2"), "page-cut-at-limit", "past all that the page listed"),
        ("-created", ("A-4", "A-3"), "newest-first-with-limit", "ask oldest first"),
    ],
)
def test_a_page_that_stands_still_says_what_would_move_it(order, listed, cause, word):
    events = [an_event(f"A-{n}", f"09:2{n}:00") for n in range(1, 5)]
    [own] = [each for each in events if each.id == ("A-3" if order == "created" else "A-2")]
    page = a_listing(*listed, since="09:00:00", matched=4, limit=2, order=(order,))
    cycles = [a_cycle(n, listings=[page], before={"at": 1}, after={"at": 1}) for n in (1, 2, 3, 4)]
    probes = [a_probe("wanted", own.id, delivers=True), a_probe("state", own.id, from_cycle=4, delivers=True)]
    probes += [a_probe("drain", from_cycle=n, last_run_after={"at": 1}) for n in (4, 5, 6)]
    rest = [each for each in events if each is not own]
    finding = missed(cycles, own, *rest, probes=probes, endpoints=(an_endpoint(order=Order((order,))),))
    assert (finding.cause, word in dict(finding.evidence)["instead"]) == (cause, True)


RENEWED = [("old", "old"), ("old", "old"), ("old", "old"), ("old", "new")]


@pytest.mark.parametrize(
    ("stored", "drained", "contexts", "logins", "is_told"),
    [
        ("abab", "aba", [], (), True),
        ("abcd", "aaa", [], (), False),  # It goes on to states that were not there before.
        ("abab", "abc", [], (), False),
        ("aaaa", "aaa", RENEWED, (4,), True),
        ("aaaa", "aaa", RENEWED, (), False),  # The fetch itself has changed it.
        ("aaaa", "aaa", [(1, 2), (2, 3), (3, 4), (4, 5)], (1, 2, 3, 4), False),
    ],
)
def test_a_page_is_the_same_for_ever_also_where_states_go_round_or_a_token_is_renewed(
    stored, drained, contexts, logins, is_told
):
    own, *rest = (an_event(f"A-{n}", f"09:2{n}:00") for n in (3, 1, 2, 4))
    page = a_listing("A-1", "A-2", since="09:00:00", matched=4, limit=2)
    cycles = []
    for number, before in enumerate(stored, start=1):
        after = (stored + drained)[number] if number < 4 else drained[0]
        context = contexts[number - 1] if contexts else ({}, {})
        asked_for = [an_exchange(number=number, login="granted")] if number in logins else []
        cycle = a_cycle(
            number,
            before={"at": before},
            after={"at": after},
            exchanges=[*asked_for, an_exchange(number=number, listing=page)],
        )
        cycles.append(replace(cycle, context_before={"token": context[0]}, context_after={"token": context[1]}))
    probes = [a_probe("wanted", own.id, delivers=True), a_probe("state", own.id, from_cycle=4, delivers=True)]
    probes += [a_probe("drain", from_cycle=n, last_run_after={"at": at}) for n, at in enumerate(drained, start=4)]
    journal = a_journal(cycles, events=[own, *rest], probes=probes, **NAMED)
    findings = [each for each in check(journal, select=["FC201"]).findings if each.events]
    assert [(each.cause, each.events) for each in findings] == [("page-cut-at-limit", ("A-3",))] * is_told


# --- what a fetch is stuck on


def stuck_on(*exchanges, first=None, looks=()):
    """Three failed fetches behind one that went well, from what that one stored."""
    stored = {"after_id": "A-7"}
    good = first or a_cycle(1, listings=[a_listing("A-1")], after=stored)
    rest = [a_cycle(n, before=stored, exchanges=exchanges, failure=a_failure()) for n in (2, 3, 4)]
    journal = a_journal([good, *rest], events=[an_event()], probes=looks, **NAMED)
    [finding] = check(journal, select=["FC601"]).findings
    return finding.cause, dict(finding.evidence)


def refused(status=400, **named):
    url = "https://vendor.example/alerts?after_id=A-7"
    return an_exchange(url=url, status=status, answer='{"error": "no such id"}', line=9, **named)


def test_a_fetch_that_the_vendor_refuses_for_what_it_stored_says_so():
    cause, evidence = stuck_on(refused())
    assert cause == "request-refused"
    assert evidence["why"] == (
        "cycle 2 sent GET https://vendor.example/alerts?after_id=A-7 (status 400, line 9): "
        '{"error": "no such id"}; the last run stays what it was, and so does the request'
    )
    assert "begin anew from a stored time" in evidence["instead"]


@pytest.mark.parametrize(
    "exchanges",
    [
        (refused(401),),
        (refused(500),),
        (refused(), an_exchange()),
        (an_exchange(url="https://vendor.example/users", status=404), refused()),
    ],
)
def test_a_failure_for_another_reason_is_not_told_as_a_refusal_of_what_was_stored(exchanges):
    assert stuck_on(*exchanges)[0] == "stuck"


def test_a_refusal_from_the_first_fetch_on_is_none_of_what_was_stored():
    first = a_cycle(1, exchanges=[refused()], failure=a_failure(), before={"after_id": "A-7"})
    assert stuck_on(refused(), first=first)[0] == "stuck"


@pytest.mark.parametrize(("at", "cause"), [(2, "last-run-unreadable"), (0, "stuck")])
def test_a_last_run_that_no_fetch_can_read_is_told_where_an_empty_one_goes_well_as_late(at, cause):
    look = a_probe("wanted", delivers=True, from_cycle=at)
    told, evidence = stuck_on(looks=[look])
    assert told == cause
    if told != "stuck":
        assert evidence["why"].startswith('cycle 1 stored {"after_id": "A-7"}; each fetch since then fails on line 7')


def test_a_bound_that_was_there_before_the_event_is_not_cut_from_it():
    whole_hour = {"at": day("09:00:00")}
    cycles = [asked(n, "09:00:00", whole_hour, whole_hour, "A-1", "A-2") for n in (1, 2)]
    assert again(*cycles).cause == "cursor-stood-still"


def test_the_newest_of_a_list_is_that_of_what_was_delivered_of_it():
    events = tuple(an_event(f"A-{n}", f"09:2{n}:00") for n in (1, 2, 3))
    first = asked(1, "09:00:00", {}, {"at": day("09:21:00")}, "A-1", "A-2", listed=["A-1", "A-2", "A-3"])
    second = asked(2, "09:21:00", {"at": day("09:21:00")}, {"at": 1}, "A-2", listed=["A-1", "A-2", "A-3"])
    journal = a_journal([first, second], events=events, **NAMED)
    [finding] = check(journal, select=["FC202"]).findings
    assert (finding.events, finding.cause) == (("A-2",), "cursor-behind-data")


def test_the_same_page_is_the_same_though_each_request_ends_at_its_own_clock():
    upto = Filter("until", "created", compare="<=")
    own, twin = an_event("A-2", "09:22:00"), an_event("A-1", "09:21:00")
    pages = [
        a_listing("A-1", since="09:00:00", bounds=[("created", "<=", day(f"09:3{n}:00"))], matched=2, limit=1)
        for n in (0, 1, 2, 3)
    ]
    cycles = [a_cycle(n, listings=[page], before={"at": 1}, after={"at": 1}) for n, page in enumerate(pages, start=1)]
    probes = [a_probe("wanted", "A-2", delivers=True), a_probe("state", "A-2", from_cycle=4, delivers=True)]
    probes += [a_probe("drain", from_cycle=n, last_run_after={"at": 1}) for n in (4, 5, 6)]
    endpoint = an_endpoint(filters=(Filter("since", "created"), upto))
    assert missed(cycles, own, twin, probes=probes, endpoints=(endpoint,)).cause == "page-cut-at-limit"


@pytest.mark.parametrize(("again_from", "cause"), [("1715419860", "window-reaches-back"), ("1715419900", "")])
def test_a_function_s_span_that_moves_with_the_clock_brings_the_same_events(again_from, cause):
    made = [
        a_cycle(
            n,
            incidents=handed("A-1"),
            before={"at": n},
            after={"at": n + 1},
            exchanges=[
                an_exchange(
                    number=n,
                    url=f"https://vendor.example/q?t%3E{since}",
                    listing=Listing("vendor.py:answer", ("A-1",)),
                )
            ],
        )
        for n, since in ((1, "1715419800"), (2, again_from))
    ]
    world = {**NAMED, "endpoints": (), "hatch": Hatch("vendor.py", "answer", "vendor.py:answer")}
    [finding] = check(a_journal(made, events=[an_event()], **world), select=["FC202"]).findings
    assert finding.cause == cause
