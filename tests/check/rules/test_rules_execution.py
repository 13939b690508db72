"""FC6: a fetch ends, in time, and hands over its incidents once."""

from builders import a_cycle, a_failure, a_host_call, a_journal, an_incident

from xsim.check import RULES, check
from xsim.model import Outcome, Severity


def findings(code, *cycles):
    return check(a_journal(cycles), select=[code]).findings


def failing(number, **failure):
    return a_cycle(number, before={"at": "09:29"}, failure=a_failure(**failure))


# --- FC601


def test_a_fetch_that_fails_at_every_later_cycle_is_stuck():
    good = a_cycle(1, incidents=[an_incident("A-1")])
    [finding] = findings("FC601", good, failing(2), failing(3), failing(4))
    assert finding.message == (
        "the fetch failed in cycles 2, 3, 4: KeyError: 'owner'; stuck since cycle 2, the last run unchanged"
    )
    assert (finding.cycles, finding.cause, finding.severity) == ((2, 3, 4), "stuck", Severity.ERROR)
    assert dict(finding.evidence)["instead"].startswith("look at the line that raised")
    assert "record" not in RULES["FC601"].fix.partition(".")[0]
    assert (finding.place.line, finding.place.function) == (7, "build")


def test_a_fetch_that_fails_once_and_goes_on_has_recovered():
    [finding] = findings("FC601", a_cycle(1), failing(2), a_cycle(3))
    assert finding.message == "the fetch failed in cycle 2: KeyError: 'owner'; it recovered in cycle 3"
    assert finding.cause == ""


def test_a_failure_in_the_last_cycle_alone_is_not_called_stuck():
    [finding] = findings("FC601", a_cycle(1), failing(2))
    assert finding.message.endswith("it did not recover before the run ended")


def test_equal_failures_are_one_finding_whatever_their_numbers():
    messages = ["no such id 17 in 0a1b2c3d4e5f", "no such id 4711 in ffffeeeedddd"]
    [finding] = findings("FC601", *(failing(n, message=message) for n, message in enumerate(messages, start=1)))
    assert finding.cycles == (1, 2)


def test_other_failures_are_other_findings():
    first, second, third = findings(
        "FC601", failing(1), failing(2, message="'title'"), failing(3, line=9), failing(4), a_cycle(5)
    )
    assert (first.cycles, second.cycles, third.cycles) == ((1, 4), (2,), (3,))


def test_a_failure_shows_its_frames_the_calls_before_it_and_the_last_run():
    calls = [a_host_call("getLastRun", line=3), a_host_call("setLastRun", {"at": "x" * 500}, line=5)]
    cycle = a_cycle(1, before={"at": "09:29"}, host_calls=calls, failure=a_failure(hint="see the vendor's status"))
    [finding] = findings("FC601", cycle)
    evidence = dict(finding.evidence)
    assert evidence["at"] == "line 7, in build: owner"
    assert evidence["last run before"] == '{"at": "09:29"}'
    assert evidence["hint"] == "see the vendor's status"
    calls_shown = [value for label, value in finding.evidence if label == "host call before"]
    assert calls_shown[0] == "getLastRun() (line 3)"
    assert len(calls_shown[1]) < 160


def test_refused_and_ok_cycles_have_not_failed():
    assert findings("FC601", a_cycle(1), a_cycle(2, outcome=Outcome.REFUSED)) == ()


def test_an_unsupported_cycle_at_the_end_does_not_hide_that_the_fetch_is_stuck():
    gap = a_cycle(3, outcome=Outcome.UNSUPPORTED, failure=a_failure("unsupported", "no endpoint"))
    [finding] = findings("FC601", failing(1), failing(2), gap)
    assert finding.cause == "stuck"


# --- FC602


def test_a_fetch_without_an_incidents_call_is_noted():
    [finding] = findings("FC602", a_cycle(1, incidents=None), a_cycle(2), a_cycle(3, incidents=None))
    assert finding.message == "2 fetches ended without a call of demisto.incidents()"
    assert (finding.cycles, finding.severity) == ((1, 3), Severity.NOTE)


def test_a_fetch_with_an_empty_call_is_right():
    assert findings("FC602", a_cycle(1, incidents=[])) == ()


def test_a_failed_fetch_without_a_call_is_not_noted():
    assert findings("FC602", a_cycle(1, incidents=None, failure=a_failure())) == ()


# --- FC603


def calling(*numbers):
    calls = [[an_incident(f"{place}-{n}") for n in range(number)] for place, number in enumerate(numbers)]
    host_calls = [a_host_call("incidents", str(number), line=20 + place) for place, number in enumerate(numbers)]
    return a_cycle(1, calls=calls, host_calls=host_calls)


def test_two_calls_with_incidents_are_noted():
    [finding] = findings("FC603", calling(1, 2))
    assert finding.message == "2 calls of demisto.incidents() with incidents in cycle 1"
    assert (finding.place.line, finding.severity) == (21, Severity.NOTE)


def test_one_call_with_incidents_and_an_empty_one_are_right():
    assert findings("FC603", calling(0, 2, 0)) == ()


# --- FC604


def test_a_fetch_over_the_time_limit_is_found():
    over = a_failure("time limit", "the command ran longer than its limit of 300 s", frames=(), line=None)
    cycles = [a_cycle(n, outcome=Outcome.TIMED_OUT, failure=over) for n in (1, 2)]
    report = check(a_journal(cycles), select=["FC601", "FC604"])
    [finding] = report.findings
    assert (finding.code, finding.severity, finding.cause) == ("FC604", Severity.ERROR, "stuck")
    assert "instead" not in dict(finding.evidence)
    assert finding.message.startswith("the fetch was stopped in cycles 1, 2: the command ran longer")


def test_a_fetch_within_the_time_limit_is_right():
    assert findings("FC604", a_cycle(1)) == ()


# --- FC605

NO_JSON = "TypeError: Object of type datetime is not JSON serializable"


def test_incidents_that_are_no_json_are_found_and_are_no_failing_fetch():
    calls = [a_host_call("incidents", error=NO_JSON, line=20)]
    failure = a_failure("TypeError", "Error in fetch: Object of type datetime is not JSON serializable")
    cycles = [a_cycle(n, incidents=None, host_calls=calls, failure=failure) for n in (1, 2)]
    report = check(a_journal(cycles), select=["FC6"])
    [finding] = report.findings
    assert (finding.code, finding.cycles, finding.place.line) == ("FC605", (1, 2), 20)


def test_a_swallowed_error_is_found_and_the_call_was_made():
    cycle = a_cycle(1, incidents=None, host_calls=[a_host_call("incidents", error=NO_JSON)])
    [finding] = findings("FC6", cycle)
    assert (finding.code, finding.cause) == ("FC605", "swallowed")


def test_incidents_that_are_json_are_right():
    assert findings("FC605", a_cycle(1, incidents=[an_incident()])) == ()
