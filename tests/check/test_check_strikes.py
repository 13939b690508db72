"""Which requests failed and what they asked for; what the report says of faults, logins, quotas and kills."""

from datetime import timedelta

import pytest
from builders import a_cycle, a_failure, a_journal, a_probe, a_scenario, an_endpoint, an_event, an_exchange, an_incident

from xsim.check import check
from xsim.check.strikes import failed_for_good, fits, has_failed, is_login_call, records_asked
from xsim.world import Endpoint, Fault, Login, Paging, Quota

KINDS = {"broken": "status", "garbled": "malformed", "late": "slow", "out": "logout"}


def asking(path, method="GET", **named):
    return an_exchange(url=f"https://vendor.example{path}", method=method, **named)


# --- what failed


@pytest.mark.parametrize(
    ("fault", "status", "failed"),
    [
        ("", 200, False),
        ("", 404, True),
        ("", None, True),
        ("broken", 204, True),
        ("garbled", 200, True),
        ("late", 200, False),
        ("late", None, True),
        ("out", 200, False),
        ("out", 401, True),
    ],
)
def test_a_request_has_failed_where_the_script_could_not_read_the_vendor_s_answer(fault, status, failed):
    assert has_failed(an_exchange(fault=fault, status=status), KINDS) is failed


def test_a_request_that_succeeds_when_it_is_sent_again_has_not_failed_for_good():
    first, other = asking("/a", status=500), asking("/b", status=500)
    assert failed_for_good([first, other, asking("/a"), other], KINDS) == [other]
    assert failed_for_good([asking("/a"), first], KINDS) == [first]


# --- what was asked for


@pytest.mark.parametrize(
    ("template", "path", "is_one"),
    [
        ("/alerts/{id}", "/alerts/A-1", True),
        ("/alerts/{id}", "/alerts/A-1/", True),
        ("/alerts/{id}", "/alerts/A-1/notes", False),
        ("/alerts/{id}/ack", "/alerts/A-1/ack", True),
        ("/a.b", "/axb", False),
    ],
)
def test_a_path_fits_its_template(template, path, is_one):
    assert fits(template, path) is is_one


DECLARED = (
    an_endpoint(),
    Endpoint("/alerts/{id}", kind="detail"),
    Endpoint("/one", kind="detail", id_name="key"),
    Endpoint("/many", method="POST", kind="objects", id_name="ids", id_place="json"),
    Endpoint("/close", method="POST", kind="update", id_name="id", id_place="form"),
)
KNOWN = {"A-1", "A-2", "7"}


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (asking("/alerts?since=A-1"), []),
        (asking("/alerts/A-1"), ["A-1"]),
        (asking("/alerts/A-9"), []),
        (asking("/one?key=A-2"), ["A-2"]),
        (asking("/many", "POST", request_body='{"ids": ["A-1", 7]}'), ["A-1", "7"]),
        (asking("/many", "POST", request_body='{"ids": ["A-1", '), []),
        (asking("/close", "POST", request_body="id=A-1"), ["A-1"]),
    ],
)
def test_the_records_of_a_declared_call(call, names):
    assert list(records_asked(a_scenario(endpoints=DECLARED), call, KNOWN)) == names


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/v1/alerts/A-1", ["A-1"]),
        ("/v1/alert?alert_id=A-1", ["A-1"]),
        ("/v1/alert?id=7", ["7"]),
        ("/v1/alerts?last_id=7", []),
        ("/v1/alerts?page=7", []),
    ],
)
def test_the_records_of_a_vendor_function_s_call(path, names):
    assert list(records_asked(a_scenario(), asking(path), KNOWN)) == names


def test_a_login_call_is_known_by_its_path_or_by_what_it_was_given():
    scenario = a_scenario(logins=(Login(path="/tenants/{id}/token"),))
    assert is_login_call(scenario, asking("/tenants/7/token", "POST", status=500))
    assert not is_login_call(scenario, asking("/tenants/7/token"))
    assert is_login_call(a_scenario(), asking("/anything", login="granted"))


# --- what the report says


def not_exercised(*cycles, **scenario):
    return check(a_journal(cycles, **scenario)).not_exercised


def test_a_fault_that_never_struck_is_named():
    faults = (Fault("outage", "status"), Fault("stop", "kill", moment="after"), Fault("other", "timeout"))
    killed = a_cycle(2, failure=a_failure("killed", "the process was killed", hint="stop"))
    untried = not_exercised(a_cycle(1, exchanges=[an_exchange(fault="outage")]), killed, faults=faults)
    assert [each for each in untried if "struck" in each] == ["fault 'other' never struck"]


@pytest.mark.parametrize(("failing", "delivers", "is_told"), [(3, 1, True), (3, 2, False), (1, 1, False)])
def test_a_run_that_planned_faults_kept_from_most_of_its_events_says_so(failing, delivers, is_told):
    names = ["A-1", "A-2", "A-3"]
    good = a_cycle(1, incidents=[an_incident(name) for name in names[:delivers]])
    down = [a_cycle(n, exchanges=[an_exchange(status=500, fault="outage")], failure=a_failure()) for n in range(2, 5)]
    cycles = [good, *down[:failing], *(a_cycle(n) for n in range(2 + failing, 5))]
    events = [an_event(name, wanted=True) for name in names]
    world = {"events": events, "endpoints": (an_endpoint(),), "faults": (Fault("outage", "status"),)}
    told = not_exercised(*cycles, **world, identity=("id",), time_field="created")
    said = "most of the events: faults of the scenario ended 3 of 4 cycles, and 1 of 3 wanted events came"
    assert (said in told) is is_told


def test_a_token_that_is_good_to_the_end_is_not_named():
    assert not [each for each in not_exercised(a_cycle(1), logins=(Login("api"),)) if "api" in each]


def test_what_is_taken_for_granted_of_logins_quotas_and_kills():
    told = check(
        a_journal(
            [a_cycle(1)],
            logins=(Login("api", life=timedelta(minutes=10)), Login("key", kind="key")),
            quotas=(Quota(60), Quota(5, timedelta(seconds=1), path="/search", says_when=False)),
            faults=(Fault("stop", "kill", moment="after"),),
        )
    ).assumes
    assert told == (
        "a token of api is good for 10 m, and a request after that is answered with 401",
        "at most 60 calls in 1 m, more are answered with 429",
        "at most 5 calls below /search in 1 s, more are answered with 429 without Retry-After",
        "of a killed fetch neither incidents nor last run count; what a server keeps of it is not documented",
    )


def test_a_list_whose_place_the_server_keeps_is_told():
    [told] = check(a_journal([a_cycle(1)], endpoints=(an_endpoint(paging=Paging("kept")),))).assumes
    assert told.endswith("goes on where the consumer stopped, which the server remembers")


# --- several lists, each with an identity of its own

BOTH = {"identity": ("id",), "other_identities": (("finding.key", "part"),)}


def a_finding(key, part=1):
    return an_incident(None, raw={"finding": {"key": key}, "part": part})


def test_an_incident_is_named_by_the_first_identity_that_it_has():
    again = [a_cycle(1, incidents=[an_incident("A-1"), a_finding("F")]), a_cycle(2, incidents=[a_finding("F")])]
    report = check(a_journal(again, **BOTH), select=["FC202"])
    assert report.identity == "id or finding.key + part in rawJSON"
    [finding] = report.findings
    assert finding.events == ("F/1",)


def test_an_event_of_the_second_list_is_missed_or_delivered_by_its_own_name():
    event = an_event("F/1", "09:29:00")
    probes = [
        a_probe("wanted", "F/1", incidents=(a_batch("F"),)),
        a_probe("state", "F/1", from_cycle=1, incidents=(a_batch("F"),)),
        a_probe("state", "F/1", from_cycle=2),
        a_probe("state", "F/1", from_cycle=3),
    ]
    world = {**BOTH, "events": (event,), "endpoints": (an_endpoint(),), "probes": probes}
    cycles = [a_cycle(1, incidents=[an_incident("A-1")]), a_cycle(2), a_cycle(3)]
    [finding] = check(a_journal(cycles, **{**world, "events": (event, an_event("A-1"))}), select=["FC201"]).findings
    assert finding.message == "F/1 was never delivered: lost at cycle 2"
    delivered = [a_cycle(1, incidents=[a_finding("F")]), a_cycle(2), a_cycle(3)]
    assert check(a_journal(delivered, **world), select=["FC201"]).findings == ()


def a_batch(key):
    return a_cycle(1, incidents=[a_finding(key)]).incidents[0]


def test_what_was_delivered_before_is_known_by_its_name_alone():
    changed = an_incident("A-1", raw={"status": "closed"})
    given = {"identity": ("id",), "delivered": {"A-1": (0, "")}, "part": ("line",)}
    [finding] = check(a_journal([a_cycle(1, incidents=[changed])], **given), select=["FC202"]).findings
    assert finding.message == "A-1 was delivered again in cycle 1 (delivered before this run)"
    assert finding.cause == ""
