"""What the scenario's faults did to a fetch: which of it is a finding, and which rule tells it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import (
    STARTS,
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
)

from xsim.check import check
from xsim.model import CheckSettings, Outcome, Settings, Severity
from xsim.world import Endpoint, Fault, Login

OUTAGE = Fault("outage", "status")
NAMED = {"identity": ("id",), "time_field": "created"}
STOPPED = a_failure("time limit", "the command ran longer than its limit of 300 s")


def findings(code, cycles, probes=(), **scenario):
    return check(a_journal(cycles, probes=probes, **scenario), select=[code]).findings


def struck(fault="outage", status=500, **named):
    return an_exchange(fault=fault, status=status, **named)


def failing(number, *exchanges, **cycle):
    return a_cycle(number, exchanges=exchanges or [an_exchange()], **{"failure": a_failure(), **cycle})


# --- FC601 and FC604: a failure by plan


@pytest.mark.parametrize(
    ("case", "cycle"),
    [
        ("a status", failing(2, struck())),
        ("no answer", failing(2, struck(status=None))),
        ("a kill", a_cycle(2, failure=a_failure("killed", "the process was killed", hint="outage"))),
        ("a time limit", failing(2, struck(status=None), outcome=Outcome.TIMED_OUT, failure=STOPPED)),
    ],
)
def test_a_cycle_that_fails_because_a_fault_struck_is_no_finding(case, cycle):
    assert findings("FC60", [a_cycle(1), cycle, a_cycle(3)], faults=(OUTAGE,)) == (), case


def test_a_failure_without_a_fault_is_a_finding():
    [finding] = findings("FC601", [a_cycle(1), failing(2, an_exchange(status=500)), a_cycle(3)], faults=(OUTAGE,))
    assert finding.cycles == (2,)


def test_what_goes_on_failing_behind_a_fault_begins_with_the_first_cycle_that_none_struck():
    cycles = [a_cycle(1), failing(2, struck(line=9)), failing(3), failing(4)]
    [finding] = findings("FC601", cycles, faults=(OUTAGE,))
    assert (finding.cycles, finding.cause) == ((3, 4), "stuck")
    behind = dict(finding.evidence)["behind a fault"]
    assert behind == "'outage' struck GET https://vendor.example/alerts (status 500, line 9) in cycle 2"


def test_a_failure_behind_a_cycle_that_ended_well_is_not_laid_on_the_fault_before_it():
    cycles = [failing(1, struck()), a_cycle(2), failing(3)]
    [finding] = findings("FC601", cycles, faults=(OUTAGE,))
    assert "behind a fault" not in dict(finding.evidence)


def test_equal_pages_are_no_paging_without_an_end_where_a_fault_struck():
    pages = [an_exchange(digest="d", listing=a_listing("A-1"))] * 9
    cycle = failing(1, *pages, struck(), outcome=Outcome.TIMED_OUT, failure=STOPPED)
    assert findings("FC402", [cycle], faults=(OUTAGE,)) == ()
    assert findings("FC402", [failing(1, *pages, outcome=Outcome.TIMED_OUT, failure=STOPPED)]) != ()


def test_a_request_that_a_fault_struck_is_none_that_the_script_could_do_without():
    retried = a_cycle(1, exchanges=[struck(), struck(), an_exchange()])
    assert findings("FC401", [retried], check=CheckSettings(requests_per_cycle=1), faults=(OUTAGE,)) == ()
    many = a_cycle(1, exchanges=[struck(), an_exchange(), an_exchange()])
    assert findings("FC401", [many], check=CheckSettings(requests_per_cycle=1), faults=(OUTAGE,)) != ()


def test_cycles_in_which_a_fault_stood_between_do_not_make_an_event_late():
    event = an_event("A-1", "09:29:00")
    down = [a_cycle(number, exchanges=[struck()]) for number in range(1, 6)]
    brought = a_cycle(6, incidents=[an_incident("A-1")])
    world = {**NAMED, "events": (event,), "faults": (OUTAGE,), "params": {"max_fetch": "10"}}
    assert findings("FC301", [*down, brought], **world) == ()
    idle = [a_cycle(number) for number in range(1, 6)]
    assert findings("FC301", [*idle, brought], **world) != ()


# --- FC403


def waiting(*answers, **named):
    """A cycle of requests to one path; each is seconds after the start, status and Retry-After."""
    exchanges = [
        an_exchange(status=status, retry_after=after, line=9 + place, **named)
        for place, (_, status, after) in enumerate(answers)
    ]
    moments = [STARTS + timedelta(seconds=seconds) for seconds, _, _ in answers]
    return a_cycle(1, exchanges=[replace(each, at=at) for each, at in zip(exchanges, moments, strict=True)])


def test_a_repeat_before_the_retry_after_is_over_is_found():
    [finding] = findings("FC403", [waiting((0, 429, "30"), (2.2, 200, ""))])
    assert finding.message == "GET /alerts was repeated 2.2 s later, before its Retry-After was over, in cycle 1"
    assert (finding.severity, finding.place.line) == (Severity.WARNING, 10)
    evidence = dict(finding.evidence)
    assert evidence["answered"] == "2024-05-14T09:30:00.381472Z (line 9): status 429, Retry-After: 30"
    assert evidence["to be repeated from"] == "2024-05-14T09:30:30.381472Z"


def test_a_date_says_when_as_well():
    assert findings("FC403", [waiting((0, 503, "Tue, 14 May 2024 09:31:00 GMT"), (50, 200, ""))]) != ()
    assert findings("FC403", [waiting((0, 503, "Tue, 14 May 2024 09:31:00 GMT"), (60, 200, ""))]) == ()


@pytest.mark.parametrize(
    ("case", "cycle"),
    [
        ("waited as asked", waiting((0, 429, "30"), (30, 200, ""))),
        ("nothing was said", waiting((0, 429, ""), (1, 200, ""))),
        ("no span", waiting((0, 429, "soon"), (1, 200, ""))),
        ("a job that is not ready", waiting((0, 202, "30"), (1, 200, ""))),
        ("never again", waiting((0, 429, "30"))),
    ],
)
def test_a_repeat_in_time_is_right(case, cycle):
    assert findings("FC403", [cycle]) == (), case


def test_another_path_is_no_repeat_and_another_page_is_one():
    refused = an_exchange(status=429, retry_after="30")
    login = an_exchange(url="https://vendor.example/login")
    assert findings("FC403", [a_cycle(1, exchanges=[refused, login])]) == ()
    page = an_exchange(url="https://vendor.example/alerts?page=2")
    assert findings("FC403", [a_cycle(1, exchanges=[refused, page])]) != ()


def test_the_next_cycle_is_no_repeat():
    cycles = [waiting((0, 429, "300")), a_cycle(2, exchanges=[an_exchange(number=2)])]
    assert findings("FC403", cycles) == ()


# --- FC404


def kept_waiting(seconds, *before, kind="timeout", status=None, fault="silent"):
    wait = an_exchange(status=status, fault=fault, waited=timedelta(seconds=seconds), line=9)
    cycle = a_cycle(1, exchanges=[*before, wait], outcome=Outcome.TIMED_OUT, failure=STOPPED)
    ended = replace(cycle, ended=STARTS + timedelta(minutes=5))
    at = ended.ended - timedelta(seconds=seconds)
    exchanges = (*ended.exchanges[:-1], replace(ended.exchanges[-1], at=at))
    return findings("FC404", [replace(ended, exchanges=exchanges)], faults=(Fault("silent", kind),))


@pytest.mark.parametrize("kind", ["timeout", "slow"])
def test_a_request_that_waits_to_the_command_s_limit_has_no_time_out(kind):
    [finding] = kept_waiting(300, kind=kind)
    assert finding.message == "a request waited 5 m for its answer, until the command was stopped, in cycle 1"
    assert (finding.severity, finding.place.line) == (Severity.NOTE, 9)


def test_a_request_that_was_cut_short_in_a_row_of_others_has_one():
    gave_up = an_exchange(status=None, fault="silent", waited=timedelta(seconds=140))
    assert kept_waiting(160, gave_up) == ()


def test_a_wait_of_less_than_half_the_limit_may_have_one():
    assert kept_waiting(149) == ()
    assert kept_waiting(151) != ()


def test_a_reset_keeps_nobody_waiting():
    assert kept_waiting(300, kind="reset") == ()


# --- FC302


def taking(seconds, number=1, **cycle):
    made = a_cycle(number, **cycle)
    return replace(made, ended=made.started + timedelta(seconds=seconds))


def test_a_fetch_that_covers_ticks_is_noted_and_says_where_its_time_went():
    asked = [an_exchange(waited=timedelta(seconds=0.2)), an_exchange(waited=timedelta(seconds=50.2))]
    [finding] = findings("FC302", [taking(130.4, exchanges=asked), taking(1, number=4)])
    assert finding.message == (
        "the fetch of cycle 1 took 2 m 10.4 s, and the interval is 1 m: 2 ticks were left out in the run"
    )
    assert dict(finding.evidence)["where it went"] == (
        "0.4 s in 2 requests, 50 s waiting for answers that came late or not at all, 1 m 20 s sleeping"
    )
    assert finding.severity is Severity.NOTE


def test_a_fetch_that_ends_with_its_interval_leaves_no_tick_out():
    assert findings("FC302", [taking(60)]) == ()
    assert findings("FC302", [taking(61)]) != ()


def test_a_pause_behind_a_cycle_has_room_for_a_long_fetch():
    assert findings("FC302", [taking(130)], pauses=((1, timedelta(hours=1)),)) == ()


def test_a_failed_fetch_is_no_overrun():
    assert findings("FC302", [taking(130, failure=a_failure())]) == ()


# --- FC606


def killed(*calls, incidents=0, number=2, listed=()):
    batches = [[an_incident(f"A-{n}") for n in range(1, incidents + 1)]] if incidents else []
    made = a_cycle(
        number,
        calls=batches,
        host_calls=[a_host_call(name, arguments, line=20 + place) for place, (name, arguments) in enumerate(calls)],
        failure=a_failure("killed", "the process was killed", hint="kill"),
        before={"at": "1"},
        listings=[a_listing(*listed)] if listed else (),
    )
    return made


SETS, HANDS = ("setLastRun", '{"at": "2"}'), ("incidents", "2")


@pytest.mark.parametrize(
    ("calls", "incidents", "said", "cause"),
    [
        ([HANDS], 2, "behind incidents(): if the server keeps what it got, 2 incidents will come again", "incidents"),
        ([SETS], 0, "behind setLastRun(): if the server keeps what it got, at most 1 event will be lost", "last-run"),
        (
            [SETS, HANDS],
            2,
            "behind setLastRun(), then incidents(): if the server keeps one without the other, 2 incidents will come "
            "again or be lost",
            "last-run-incidents",
        ),
    ],
)
def test_a_kill_is_told_with_what_had_taken_effect(calls, incidents, said, cause):
    first = a_cycle(1, incidents=[an_incident("A-9")])
    cycle = killed(*calls, incidents=incidents, listed=["A-9", "A-1"])
    world = {**NAMED, "events": (an_event("A-1"), an_event("A-9"))}
    [finding] = findings("FC606", [first, cycle], **world)
    assert finding.message == f"the fetch was killed in cycle 2 {said}"
    assert (finding.severity, finding.cause, finding.events) == (Severity.NOTE, f"behind-{cause}", ("A-1",))


def test_a_kill_before_anything_took_effect_is_not_told():
    assert findings("FC606", [killed()]) == ()
    assert findings("FC606", [killed(("setLastRun", '{"at": "1"}'))]) == ()
    assert findings("FC606", [killed(("incidents", "0"))]) == ()


# --- FC607

LOGIN = Login("login", path="/login")
LOST_AT_ONE = (("wanted", 0, True), ("state", 1, False), ("state", 4, False))


def refused(number, *more):
    return failing(number, an_exchange(number=number, login="expired", status=401, line=9), *more)


def logged_in(number, **cycle):
    granted = an_exchange(number=number, url="https://vendor.example/login", method="POST", login="granted")
    return a_cycle(number, exchanges=[granted, an_exchange(number=number)], **cycle)


def test_an_expired_token_that_is_used_again_and_again_is_found_once():
    cycles = [logged_in(1), refused(2), refused(3), a_cycle(4, exchanges=[]), refused(5)]
    report = check(a_journal(cycles, logins=(LOGIN,)), select=["FC601", "FC607"])
    [finding] = report.findings
    assert finding.message == "an expired token was used in cycles 2, 3, 5, and no new one was asked for"
    assert (finding.code, finding.severity, finding.place.line) == ("FC607", Severity.ERROR, 9)
    assert dict(finding.evidence)["last token granted"] == "cycle 1"


def test_an_expired_token_at_an_address_of_login_and_data_alike_is_found_as_well():
    address = {"method": "POST", "url": "https://vendor.example/soap"}
    asked = an_exchange(**address, login="expired", status=401, line=9)
    granted = an_exchange(**address, login="granted")
    cycles = [a_cycle(1, exchanges=[granted]), *(failing(number, asked) for number in (2, 3, 4))]
    world = {"logins": (Login("login", path="/soap"),), "endpoints": (an_endpoint(path="/soap", method="POST"),)}
    report = check(a_journal(cycles, **world), select=["FC601", "FC607"])
    assert [finding.code for finding in report.findings] == ["FC607"]


def test_what_comes_behind_a_token_that_is_never_renewed_waits_and_is_not_missed_besides():
    spent = {"exchanges": [an_exchange(login="expired", status=401, line=9)], "before": {"at": 1}, "after": {"at": 1}}
    cycles = [logged_in(1), *(a_cycle(number, **spent) for number in (2, 3, 4))]
    events = (an_event("A-1", "09:29:00"), an_event("A-2", "09:30:30"))
    probes = [
        a_probe(kind, each.id, from_cycle=at, delivers=gives) for each in events for kind, at, gives in LOST_AT_ONE
    ]
    world = {**NAMED, "endpoints": (an_endpoint(),), "logins": (LOGIN,), "events": events, "probes": probes}
    report = check(a_journal(cycles, **world), select=["FC201", "FC607"])
    assert [(finding.code, finding.events) for finding in report.findings] == [("FC201", ("A-1",)), ("FC607", ())]


@pytest.mark.parametrize("last", [logged_in(3), a_cycle(3, exchanges=[])])
def test_a_token_that_runs_out_in_a_single_fetch_is_but_a_note(last):
    report = check(a_journal([logged_in(1), refused(2), last], logins=(LOGIN,)), select=["FC601", "FC607"])
    assert [(each.code, each.severity, each.cause) for each in report.findings] == [
        ("FC601", Severity.NOTE, "token-expired")
    ]
    assert dict(report.findings[0].evidence)["instead"].startswith("where a request is answered with 401")


def test_a_login_that_is_tried_in_vain_is_a_renewal():
    tried = an_exchange(url="https://vendor.example/login", method="POST", status=500)
    cycles = [logged_in(1), refused(2, tried), refused(3, tried)]
    assert findings("FC607", cycles, logins=(LOGIN,)) == ()
    [finding] = findings("FC601", cycles, logins=(LOGIN,))
    assert finding.severity is Severity.ERROR


def test_a_fetch_that_asks_for_a_token_at_once_is_right():
    renewed = a_cycle(2, exchanges=[an_exchange(login="expired", status=401), *logged_in(2).exchanges])
    assert findings("FC6", [logged_in(1), renewed, renewed], logins=(LOGIN,)) == ()


@pytest.mark.parametrize("answer", [{"status": 401}, {"status": None}])
def test_a_refusal_that_a_fault_kept_from_the_script_is_none(answer):
    cut = [failing(number, an_exchange(login="expired", fault="cut", **answer)) for number in (2, 3, 4)]
    assert findings("FC607", [logged_in(1), *cut], logins=(LOGIN,), faults=(Fault("cut", "cut"),)) == ()


def test_an_outage_between_two_refusals_is_no_renewal():
    cycles = [logged_in(1), refused(2), failing(3, struck(number=3)), refused(4)]
    [finding] = findings("FC607", cycles, logins=(LOGIN,), faults=(OUTAGE,))
    assert finding.cycles == (2, 4)


# --- FC208

DETAIL = Endpoint("/alerts/{id}", kind="detail", id_field="id")
BROKEN = Fault("broken", "status", path="/alerts/A-1")
HELD = {
    **NAMED,
    "endpoints": (an_endpoint(), DETAIL),
    "events": tuple(an_event(name, "09:29:00") for name in ("A-1", "A-2")),
}
WANTED = [a_probe("wanted", "A-2", delivers=True), a_probe("wanted", "A-1", delivers=True)]


def call_of(name, **named):
    return an_exchange(url=f"https://vendor.example/alerts/{name}", **named)


def held(*numbers, call=None, others=()):
    asked = call or call_of("A-1", status=500, fault="broken", line=9)
    return [failing(number, an_exchange(listing=a_listing("A-1", "A-2")), *others, asked) for number in numbers]


def test_one_record_that_holds_up_all_others_is_found_although_a_fault_struck():
    [finding] = findings("FC208", [a_cycle(1), *held(2, 3, 4)], WANTED, faults=(BROKEN,), **HELD)
    assert finding.message == (
        "A-1 holds up the fetch since cycle 2: its call fails each time, and 1 wanted event waits behind it"
    )
    assert (finding.cycles, finding.events, finding.severity) == ((2, 3, 4), ("A-1", "A-2"), Severity.ERROR)
    assert dict(finding.evidence)["waiting behind it"] == "A-2"


def test_a_record_that_the_vendor_itself_does_not_give_holds_up_as_well_and_is_told_once():
    gone = call_of("A-1", status=404)
    report = check(a_journal([a_cycle(1), *held(2, 3, 4, call=gone)], probes=WANTED, **HELD), select=["FC208", "FC601"])
    assert [finding.code for finding in report.findings] == ["FC208"]


@pytest.mark.parametrize(
    ("case", "cycles", "probes", "faults"),
    [
        ("two cycles", held(1, 2), WANTED, (BROKEN,)),
        ("not to the end", [*held(1, 2, 3), a_cycle(4)], WANTED, (BROKEN,)),
        ("nobody waits", held(1, 2, 3), [a_probe("wanted", "A-2")], (BROKEN,)),
        ("the list fails", held(1, 2, 3, call=struck(fault="broken")), WANTED, (BROKEN,)),
        ("all records fail", held(1, 2, 3), WANTED, (replace(BROKEN, path="/alerts/{id}"),)),
        ("all calls fail", held(1, 2, 3), WANTED, (replace(BROKEN, path=""),)),
        ("by chance", held(1, 2, 3), WANTED, (replace(BROKEN, chance=0.5),)),
        ("too many calls", held(1, 2, 3, call=call_of("A-1", status=429)), WANTED, ()),
        ("a fetch that ended well", [a_cycle(n, exchanges=held(n)[0].exchanges) for n in (1, 2, 3)], WANTED, (BROKEN,)),
    ],
)
def test_a_fetch_that_no_single_record_holds_up_is_right(case, cycles, probes, faults):
    assert findings("FC208", cycles, probes, faults=faults, **HELD) == (), case


def test_another_record_s_answer_shows_that_not_all_of_them_fail():
    cycles = held(1, 2, 3, others=[call_of("A-2")])
    assert findings("FC208", cycles, WANTED, faults=(replace(BROKEN, path="/alerts/{id}"),), **HELD) != ()


@pytest.mark.parametrize(("outcome", "codes"), [(Outcome.OK, ["FC208"]), (Outcome.FAILED, [])])
def test_a_record_whose_error_is_taken_for_an_answer_holds_up_where_nothing_else_can(outcome, codes):
    asked = call_of("A-1", status=500, fault="broken", line=9)
    exchanges = (an_exchange(listing=a_listing("A-1", "A-2")), asked, call_of("A-2"))
    cycles = [a_cycle(1), *(failing(number, *exchanges) for number in (2, 3, 4))]
    dry = [a_probe("drain", from_cycle=number, outcome=outcome) for number in (4, 5, 6)]
    found = findings("FC208", cycles, [*WANTED, *dry], faults=(BROKEN,), **HELD)
    assert [finding.code for finding in found] == codes


# --- FC109

OLD = {"last_fetch": 1715678710}
GIVEN = {**NAMED, "last_run": OLD, "events": (an_event("A-1"), an_event("A-2"))}


def fresh(*names, **named):
    return a_probe("fresh", "", delivers=names, **named)


def test_a_fetch_that_raises_on_a_given_last_run_is_told_by_its_own_rule_alone():
    cycles = [failing(number, before=OLD) for number in (1, 2)]
    report = check(a_journal(cycles, probes=[fresh("A-1")], **GIVEN), select=["FC109", "FC601"])
    [finding] = report.findings
    assert (finding.code, finding.cause, finding.place.line) == ("FC109", "crash", 7)
    assert finding.message == "the fetch cannot go on from the given last run: KeyError: 'owner'"


@pytest.mark.parametrize(
    ("case", "cycle", "probes", "scenario"),
    [
        ("it fails from nothing as well", failing(1), [fresh(failure=a_failure())], {}),
        ("a fault struck", failing(1, struck()), [fresh("A-1")], {"faults": (OUTAGE,)}),
        ("nothing was given", failing(1), [fresh("A-1")], {"last_run": {}}),
        ("the run goes on", failing(3), [fresh("A-1")], {"first_cycle": 3}),
        ("it reads it", a_cycle(1, incidents=[an_incident("A-2")]), [fresh("A-1", "A-2")], {}),
    ],
)
def test_a_given_last_run_that_is_no_trouble_is_no_finding(case, cycle, probes, scenario):
    given = {**GIVEN, "delivered": {"A-1": (0, "")}, **scenario}
    assert findings("FC109", [cycle], probes, **given) == (), case


def test_a_record_that_no_fetch_can_read_is_not_laid_on_the_last_run():
    poison = [a_probe("wanted", "A-1", failure=a_failure()), a_probe("control", "")]
    report = check(
        a_journal([failing(1, before=OLD)], probes=[fresh("A-2"), *poison], **GIVEN), select=["FC109", "FC601"]
    )
    assert [(each.code, each.cause) for each in report.findings] == [("FC601", "poison-record")]


def test_a_fetch_that_begins_anew_beside_a_given_last_run_is_told_once():
    cycle = a_cycle(1, incidents=[an_incident("A-1"), an_incident("A-2")], before=OLD)
    journal = a_journal([cycle], probes=[fresh("A-2", "A-1")], delivered={"A-1": (0, "")}, **GIVEN)
    [finding] = check(journal, select=["FC109", "FC202"]).findings
    assert (finding.code, finding.cause, finding.events) == ("FC109", "state-ignored", ("A-1",))
    assert finding.message.endswith("1 event delivered before this run came again")


def test_a_fetch_that_brings_some_of_it_again_is_told_as_a_duplicate():
    cycle = a_cycle(1, incidents=[an_incident("A-1", raw={"changed": True})], before=OLD)
    journal = a_journal([cycle], probes=[fresh("A-1", "A-2")], delivered={"A-1": (0, "")}, **GIVEN)
    [finding] = check(journal, select=["FC109", "FC202"]).findings
    assert finding.message == "A-1 was delivered again in cycle 1 (delivered before this run)"
    assert (finding.code, finding.severity) == ("FC202", Severity.ERROR)
    assert dict(finding.evidence)["first delivered"] == "before this run"


def test_the_time_limit_is_the_scenario_s():
    cycle = replace(
        a_cycle(
            1,
            exchanges=[an_exchange(status=None, fault="silent", waited=timedelta(seconds=60))],
            outcome=Outcome.TIMED_OUT,
            failure=STOPPED,
        ),
        ended=STARTS + timedelta(seconds=60),
    )
    settings = Settings(command_timeout=timedelta(seconds=60))
    assert findings("FC404", [cycle], faults=(Fault("silent", "timeout"),), settings=settings) != ()
