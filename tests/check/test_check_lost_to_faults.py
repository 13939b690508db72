"""Why an event was missed or came twice, where a request failed or the vendor counted it as fetched."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import (
    STARTS,
    a_cycle,
    a_failure,
    a_journal,
    a_listing,
    a_probe,
    an_endpoint,
    an_event,
    an_exchange,
    an_incident,
)

from xsim.check import check
from xsim.model import LogLine, Severity
from xsim.world import Change, Endpoint, Fault, Hatch, Limit, Paging

DETAIL = Endpoint("/alerts/{id}", kind="detail", id_field="id")
UPDATE = Endpoint("/alerts/{id}/ack", method="POST", kind="update", id_field="id")
OUTAGE = Fault("outage", "status")
NAMED = {
    "identity": ("id",),
    "time_field": "created",
    "endpoints": (an_endpoint(), DETAIL, UPDATE),
    "faults": (OUTAGE, Fault("garbled", "malformed"), Fault("silent", "timeout")),
}
URL = "https://vendor.example/alerts"


def a_miss(name, *, lost_at, last):
    before = [a_probe("state", name, from_cycle=lost_at - 1, delivers=True)] if lost_at > 1 else []
    return [
        a_probe("wanted", name, delivers=True),
        *before,
        a_probe("state", name, from_cycle=lost_at),
        a_probe("state", name, from_cycle=last),
    ]


def the_miss(*cycles, event="A-1", events=(), lost_at=2, probes=(), **scenario):
    """The finding about one event that the second of four cycles lost."""
    quiet = [a_cycle(number) for number in range(1, 5)]
    own = {each.number: each for each in cycles}
    names = ["A-1", "A-2", "A-3"]
    journal = a_journal(
        [own.get(each.number, each) for each in quiet],
        events=events or tuple(an_event(name, f"09:2{place}:00") for place, name in enumerate(names)),
        probes=[*a_miss(event, lost_at=lost_at, last=4), *probes],
        **{**NAMED, **scenario},
    )
    [finding] = [each for each in check(journal, select=["FC201"]).findings if each.events == (event,)]
    return finding


def moved(number, *exchanges, **cycle):
    return a_cycle(
        number,
        exchanges=exchanges,
        before={"at": "2024-05-14T09:00:00Z"},
        **{"after": {"at": "2024-05-14T09:29:00Z"}, **cycle},
    )


def stayed(number, *exchanges, **cycle):
    return moved(number, *exchanges, **{"after": {"at": "2024-05-14T09:00:00Z"}, **cycle})


def struck(url=URL, *, status=500, fault="outage", line=9, **named):
    return an_exchange(url=url, status=status, fault=fault, line=line, **named)


# --- a swallowed error


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (struck(), "status 500"),
        (struck(status=None, fault="silent"), "no answer"),
        (struck(status=200, fault="garbled", listing=a_listing("A-1")), "an answer that cannot be read"),
    ],
)
def test_an_error_that_is_swallowed_while_the_last_run_moves_on(answer, said):
    finding = the_miss(moved(2, answer))
    assert finding.cause == "error-swallowed"
    evidence = dict(finding.evidence)
    assert evidence["why"].startswith(f"cycle 2 got {said} and no events, ended well all the same, and stored at = ")
    assert evidence["fault"] == f"'{answer.fault}' struck GET {URL} ({said}, line 9)"


def test_a_request_that_went_well_when_it_was_repeated_swallowed_nothing():
    assert the_miss(moved(2, struck(), an_exchange(listing=a_listing()))).cause == ""


# --- the last run moved on although a request failed

PAGED = an_endpoint(paging=Paging("page", "page"), limit=Limit("", default=1))


def pages(*more, matched=3, listed="A-2"):
    return an_exchange(listing=a_listing(listed, since="09:00:00", matched=matched, limit=1)), *more


def test_a_page_that_failed_while_the_last_run_moved_on():
    cycle = moved(2, *pages(struck(f"{URL}?page=2")))
    finding = the_miss(cycle, endpoints=(PAGED,))
    assert finding.cause == "cursor-moved-on-failure"
    why = dict(finding.evidence)["why"]
    assert why.endswith(f"'outage' struck GET {URL}?page=2 (status 500, line 9)")


@pytest.mark.parametrize(
    ("case", "cycle"),
    [
        (
            "repeated",
            moved(2, *pages(struck(f"{URL}?page=2"), an_exchange(url=f"{URL}?page=2", listing=a_listing("A-3")))),
        ),
        ("the last run stayed", stayed(2, *pages(struck(f"{URL}?page=2")))),
        ("the list was whole", moved(2, *pages(struck(f"{URL}?page=2"), matched=1))),
        ("another call failed", moved(2, *pages(struck("https://vendor.example/users")))),
    ],
)
def test_a_failed_request_that_did_not_have_to_bring_the_event_is_no_cause(case, cycle):
    assert the_miss(cycle, endpoints=(PAGED,)).cause != "cursor-moved-on-failure", case


FUNCTION = {"endpoints": (), "hatch": Hatch("vendor.py", "answer", "vendor.py:answer")}


@pytest.mark.parametrize(
    ("failed", "cause"),
    [
        ("/alerts?since=1&page=2", "cursor-moved-on-failure"),
        ("/users?since=1&page=2", ""),
        ("/alerts?since=1&page=1", ""),
    ],
)
def test_the_next_page_of_a_function_s_list_had_to_bring_what_the_first_did_not_hold(failed, cause):
    rows = replace(a_listing("A-2"), endpoint="vendor.py:answer")
    first = an_exchange(url=f"{URL}?since=1&page=1", listing=rows)
    finding = the_miss(moved(2, first, struck(f"https://vendor.example{failed}", status=429)), **FUNCTION)
    assert finding.cause == cause


@pytest.mark.parametrize(
    ("one", "other", "cause"),
    [
        ('{"q": "{ a }", "v": {"page": 1}}', '{"q": "{ a }", "v": {"page": 2}}', "cursor-moved-on-failure"),
        ("page=1&size=9", "page=2&size=9", "cursor-moved-on-failure"),
        ('{"q": "{ a }"}', '{"q": "{ b }"}', ""),
        ('{"ids": [1, 2]}', '{"ids": [3]}', ""),
        ('{"page": 1, "of": "alerts"}', '{"page": 2, "of": "users"}', ""),
    ],
)
def test_a_page_of_a_function_s_list_may_be_asked_for_in_the_body(one, other, cause):
    rows = replace(a_listing("A-2"), endpoint="vendor.py:answer")
    first = replace(an_exchange(url=URL, listing=rows), method="POST", request_body=one)
    failed = replace(struck(URL, status=429), method="POST", request_body=other)
    assert the_miss(moved(2, first, failed), **FUNCTION).cause == cause


def test_the_details_of_the_event_itself_failed():
    listing = an_exchange(listing=a_listing("A-1", "A-2"))
    finding = the_miss(moved(2, listing, struck(f"{URL}/A-1")))
    assert finding.cause == "cursor-moved-on-failure"


# --- a whole batch for one record


def batch(*more, handed=(), **cycle):
    listing = an_exchange(listing=a_listing("A-1", "A-2", "A-3"))
    return moved(2, listing, *more, incidents=[an_incident(name) for name in handed], **cycle)


@pytest.mark.parametrize("handed", [[], ["A-1"]])
def test_a_batch_that_went_with_one_record_s_details(handed):
    finding = the_miss(batch(struck(f"{URL}/A-2"), handed=handed), event="A-3")
    assert finding.cause == "batch-dropped"
    why = dict(finding.evidence)["why"]
    assert f"the call for A-2 failed: 'outage' struck GET {URL}/A-2 (status 500, line 9)" in why


def test_a_batch_that_went_with_a_record_that_nobody_can_read():
    log = [LogLine("debug", "A-2 failed: 'NoneType' object is not subscriptable")]
    finding = the_miss(batch(handed=["A-1"], log=log), event="A-3", probes=[a_probe("wanted", "A-2")])
    assert finding.cause == "batch-dropped"
    why = dict(finding.evidence)["why"]
    assert "a fetch that sees A-2 alone hands over nothing, and the fetch handed over A-1 alone" in why


@pytest.mark.parametrize(
    ("case", "cycle"),
    [
        ("nothing was logged", batch(handed=["A-1"])),
        ("another line was logged", batch(handed=["A-1"], log=[LogLine("debug", "2 alerts")])),
        ("it is readable", batch(handed=["A-1", "A-2"], log=[LogLine("error", "failed")])),
    ],
)
def test_a_record_without_a_trace_of_trouble_takes_none_with_it(case, cycle):
    assert the_miss(cycle, event="A-3", probes=[a_probe("wanted", "A-2")]).cause == "listed-but-dropped", case


def test_a_record_behind_which_others_were_handed_over_took_none_with_it():
    cycle = batch(struck(f"{URL}/A-1"), handed=["A-3"])
    assert the_miss(cycle, event="A-2").cause == "listed-but-dropped"


# --- the vendor counted it as fetched


def taken(number=2, *exchanges, outcome=None, **state):
    failure = a_failure("killed", "the process was killed") if outcome != "ok" else None
    made = stayed(number, an_exchange(listing=a_listing("A-1")), *exchanges, failure=failure)
    return replace(made, vendor_state=state or None)


WRITTEN = {"writes": {"A-1": [[1, {"status": "ack"}]]}}
ACK = an_exchange(url=f"{URL}/A-1/ack", method="POST", line=11)


@pytest.mark.parametrize(("outcome", "said"), [("killed", "did not end well"), ("ok", "did not hand it over")])
def test_an_event_that_was_acknowledged_and_not_delivered(outcome, said):
    cycles = [taken(2, ACK, outcome=outcome, **WRITTEN), *(replace(a_cycle(n), vendor_state=WRITTEN) for n in (3, 4))]
    finding = the_miss(*cycles)
    assert finding.cause == "acknowledged-before-delivery"
    assert dict(finding.evidence)["why"] == (
        f"cycle 2 took the event off at the vendor by POST {URL}/A-1/ack on line 11, {said}, and left the last run as "
        "it was"
    )


def test_a_place_that_the_server_kept_although_its_answer_never_came():
    kept = an_endpoint(paging=Paging("kept"))
    reset = an_exchange(status=None, fault="reset", listing=a_listing("A-1"), line=7)
    cycle = replace(stayed(2, reset, failure=a_failure("ConnectionError", "reset")), vendor_state={"kept": {"a": [1]}})
    finding = the_miss(cycle, endpoints=(kept,), faults=(Fault("reset", "reset"),))
    assert finding.cause == "acknowledged-before-delivery"
    assert "by GET https://vendor.example/alerts on line 7, did not end well" in dict(finding.evidence)["why"]
    # No script can have back what the vendor counts as fetched and did not send.
    assert finding.severity is Severity.NOTE
    read = replace(cycle, exchanges=(an_exchange(number=2, listing=a_listing("A-1"), line=7),))
    assert the_miss(read, endpoints=(kept,)).severity is Severity.ERROR


def test_a_place_that_moved_on_before_the_event_was_listed_took_nothing_off():
    kept = an_endpoint(paging=Paging("kept"))
    cycle = replace(stayed(2, an_exchange(number=2, listing=a_listing())), vendor_state={"kept": {"a": [1]}})
    late = an_event("A-1", "09:30:30", "09:31:30")
    finding = the_miss(cycle, events=(late, an_event("A-2")), endpoints=(kept,))
    assert finding.cause == "late-arrival"


@pytest.mark.parametrize(
    ("case", "state"),
    [("nothing", {}), ("calls that count", {"recent": [1]}), ("another event", {"writes": {"A-2": [[1, None]]}})],
)
def test_what_the_vendor_remembers_of_other_things_took_nothing_off(case, state):
    assert the_miss(taken(2, ACK, **state)).cause != "acknowledged-before-delivery", case


# --- a batch that was begun again


def twice(*exchanges, number=1):
    incidents = [an_incident("A-1"), an_incident("A-1")]
    return moved(number, *exchanges, incidents=incidents)


def the_repetition(code, *cycles):
    journal = a_journal(cycles, events=(an_event("A-1", "09:20:00"), an_event("A-2", "09:21:00")), **NAMED)
    [finding] = check(journal, select=[code]).findings
    return finding


def page(seconds, *listed, number=1, **named):
    asked = an_exchange(number=number, listing=a_listing(*listed, since="09:05:30"), **named)
    return replace(asked, at=asked.at + timedelta(seconds=seconds))


def test_a_page_that_is_handed_over_again_after_the_next_one_failed():
    failed = replace(struck(f"{URL}?page=2"), at=page(1).at)
    finding = the_repetition("FC203", twice(page(0, "A-1"), failed, page(2, "A-1")))
    assert finding.cause == "retried-batch"
    assert dict(finding.evidence)["why"].endswith(f"'outage' struck GET {URL}?page=2 (status 500, line 9)")


def test_a_page_that_is_handed_over_again_without_a_failure_is_no_retry():
    assert the_repetition("FC203", twice(page(0, "A-1"), page(2, "A-1"))).cause == "several-pages"


def test_an_answer_that_broke_off_was_handed_over_as_far_as_it_came():
    broken = replace(page(0, "A-1"), fault="garbled")
    finding = the_repetition("FC203", twice(broken, page(2, "A-1")))
    assert finding.cause == "retried-batch"
    assert "what came of an answer that broke off was handed over too" in dict(finding.evidence)["why"]


def test_a_batch_that_the_next_fetch_begins_again_as_its_second_page_failed():
    failed = replace(struck(f"{URL}?page=2"), at=page(1).at)
    first = stayed(1, page(0, "A-1"), failed, incidents=[an_incident("A-1")])
    again = moved(2, page(0, "A-1", number=2), incidents=[an_incident("A-1")])
    finding = the_repetition("FC202", first, again)
    assert finding.cause == "retried-batch"


def test_a_batch_that_comes_again_without_a_failure_has_another_cause():
    first = stayed(1, page(0, "A-1"), incidents=[an_incident("A-1")])
    again = moved(2, page(0, "A-1", number=2), incidents=[an_incident("A-1")])
    assert the_repetition("FC202", first, again).cause == "cursor-stood-still"


# --- a window that goes by the clock


def test_a_window_that_moved_past_the_event_while_the_fetch_failed():
    finding = the_miss(stayed(2, struck(), failure=a_failure("HTTPError", "500")))
    assert finding.cause == "look-back-outrun"
    assert dict(finding.evidence)["why"].startswith("cycle 2 did not end well and stored nothing")


def test_a_kill_is_the_fault_that_is_shown():
    killed = a_failure("killed", "the process was killed before setLastRun() (fault 'kill')")
    finding = the_miss(stayed(2, an_exchange(listing=a_listing("A-1")), failure=killed))
    assert dict(finding.evidence)["fault"] == killed.message


def test_a_window_that_moved_past_the_event_without_a_failure_has_another_cause():
    assert the_miss(stayed(2, an_exchange(listing=a_listing("A-1")))).cause == "listed-but-dropped"


# --- events that were gone before a fetch could see them


def test_an_event_that_was_gone_before_a_fetch_without_a_fault_could_see_it_is_not_judged():
    gone = an_event("A-1", "09:29:00", changes=(Change(STARTS + timedelta(minutes=1, seconds=30), deleted=True),))
    probes = a_miss("A-1", lost_at=2, last=4)
    cycles = [a_cycle(1, exchanges=[struck()]), a_cycle(2, exchanges=[struck()]), a_cycle(3), a_cycle(4)]
    journal = a_journal(cycles, events=(gone,), probes=probes, **NAMED)
    assert check(journal, select=["FC201"]).findings == ()
    seen = a_journal([a_cycle(number) for number in range(1, 5)], events=(gone,), probes=probes, **NAMED)
    assert check(seen, select=["FC201"]).findings != ()


# --- a first fetch that came late


def began_late(*cycles, **scenario):
    world = {**NAMED, "events": (an_event("A-1", "09:29:00"),), "probes": a_miss("A-1", lost_at=2, last=4), **scenario}
    return check(a_journal(cycles, **world), select=["FC201"])


@pytest.mark.parametrize(
    ("case", "cycle"),
    [
        ("failed", a_cycle(2, exchanges=[struck()], failure=a_failure())),
        ("swallowed", a_cycle(2, exchanges=[struck()])),
    ],
)
def test_what_left_the_first_fetch_window_before_a_fetch_ended_well_was_not_missed(case, cycle):
    first = replace(cycle, number=1)
    report = began_late(first, cycle, a_cycle(3), a_cycle(4))
    assert report.findings == (), case
    assert report.assumes[-1] == (
        "1 event of the first-fetch window came to lie before it, as the first fetches did not end well, and counted "
        "as not wanted: A-1"
    )


def test_what_is_lost_when_a_fetch_has_ended_well_or_stored_something_was_missed():
    down = a_cycle(2, exchanges=[struck()], failure=a_failure())
    assert began_late(a_cycle(1), down, a_cycle(3), a_cycle(4)).findings != ()
    stored = moved(1, struck())
    assert began_late(stored, replace(down, number=2), a_cycle(3), a_cycle(4)).findings != ()
    given = {"last_run": {"at": "x"}}
    assert began_late(replace(down, number=1), down, a_cycle(3), a_cycle(4), **given).findings != ()
