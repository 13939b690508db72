"""What changes at the vendor, kept and put back; and what a request has to pass first."""

import json
import sys
from datetime import timedelta
from types import ModuleType

import pytest
from vendor_builders import (
    LATER,
    STARTS,
    a_change,
    a_request,
    a_vendor,
    an_endpoint,
    an_event,
    answer,
    asked,
    at,
    ids,
)

from xsim.errors import InvalidState
from xsim.model import Response, Scenario
from xsim.simulate.vendor import SimulatedVendor
from xsim.world import Endpoint, Filter, Hatch, Login, Order, Paging, Quota

STATUS = Filter("status", "status", compare="=", kind="text")
EVENTS = tuple(an_event(letter, f"12:0{number}", status="new") for number, letter in enumerate("ABC"))
ENDPOINTS = (
    an_endpoint("/alerts", filters=(STATUS,), order=Order(("created",))),
    an_endpoint("/feed", paging=Paging("kept", "name")),
    Endpoint("/ack/{id}", kind="update", set={"status": "done"}),
    Endpoint("/delete/{id}", kind="update", deletes=True),
)
COUNTING = """
def answer(request, world):
    world.state["n"] = world.state.get("n", 0) + 1
    return world.state["n"]
"""


def a_scenario(**named):
    return Scenario(starts=STARTS, **{"events": EVENTS, "endpoints": ENDPOINTS, "time_field": "created", **named})


@pytest.fixture
def hatch_of(tmp_path):
    def write(text=COUNTING):
        (tmp_path / "vendor.py").write_text(text, encoding="utf-8")
        return Hatch(str(tmp_path / "vendor.py"), "answer")

    return write


@pytest.fixture
def vendor(hatch_of):
    """One whose whole state has been used."""
    vendor = SimulatedVendor(a_scenario(hatch=hatch_of(), quotas=(Quota(100),)))
    asked(vendor, "/ack/A", now=at("12:30"))
    asked(vendor, "/delete/B", now=at("12:31"))
    asked(vendor, "/feed?limit=2&name=x", now=at("12:31"))
    asked(vendor, "/else", now=at("12:32"))
    vendor.log_out(at("12:32"))
    return vendor


def test_a_vendor_that_nothing_was_done_to_has_no_state():
    vendor = SimulatedVendor(a_scenario())
    assert vendor.state is None
    ids(vendor, "/alerts")
    asked(vendor, "/nowhere")
    assert vendor.state is None


def test_the_state_is_json_and_holds_only_what_there_is(vendor):
    state = vendor.state
    assert json.loads(json.dumps(state)) == state
    assert sorted(state) == ["calls", "kept", "logout", "recent", "state", "writes"]
    assert (state["calls"], state["state"]) == (1, {"n": 1})
    assert list(state["kept"].values()) == [{"x": [[2, 1715688120000000], 2]}]
    only_written = SimulatedVendor(a_scenario())
    asked(only_written, "/ack/A", now=at("12:30"))
    assert only_written.state == {"writes": {"A": [[1715689800000000, {"status": "done"}]]}}


def replies(vendor):
    """What a vendor says from here on."""
    targets = ["/alerts?status=new", "/alerts?status=done", "/feed?name=x", "/feed?name=y", "/else", "/ack/B", "/ack/C"]
    return [vendor(a_request(target), at(when)) for when in ("12:10", "12:40") for target in targets]


def test_a_world_goes_on_from_its_state(vendor, hatch_of):
    state = json.loads(json.dumps(vendor.state))
    scenario = a_scenario(hatch=hatch_of(), quotas=(Quota(100),))
    put_back, begun_with = SimulatedVendor(scenario), SimulatedVendor(a_scenario(hatch=hatch_of(), vendor_state=state))
    put_back.state = state
    expected = replies(vendor)
    assert replies(put_back) == expected == replies(begun_with)
    assert put_back.state == vendor.state
    put_back.state = state
    assert replies(put_back) == expected
    put_back.state = None
    assert put_back.state is None
    assert ids(put_back, "/alerts?status=new") == ["A", "B", "C"]


def test_a_state_that_was_taken_does_not_change_any_more(vendor):
    state = vendor.state
    before = json.dumps(state)
    replies(vendor)
    asked(vendor, "/delete/A", now=LATER)
    assert json.dumps(state) == before
    assert vendor.state != state


def test_a_copy_that_stands_still_has_all_of_the_state_and_goes_its_own_way(vendor):
    copy = vendor.without_news(at("12:31:30"))
    assert copy.state == vendor.state
    assert ids(copy, "/alerts?status=new") == ["C"]
    asked(copy, "/ack/C", now=LATER)
    assert ids(copy, "/alerts?status=done") == ["A", "C"]
    assert ids(vendor, "/alerts?status=done") == ["A"]
    assert answer(copy, "/else") == answer(vendor, "/else") == 2


def test_what_is_written_where_the_world_stands_still_is_seen():
    vendor = SimulatedVendor(a_scenario())
    asked(vendor, "/ack/A", now=at("12:30"))
    still = vendor.without_news(at("12:20"))
    assert ids(still, "/alerts?status=done", now=at("12:31")) == ["A"]
    asked(still, "/delete/A", now=at("12:40"))
    assert ids(still, "/alerts", now=at("12:41")) == ["B", "C"]
    assert vendor.without_news(at("12:01")).state == vendor.state


def test_a_lone_event_has_what_the_state_wrote_to_it(vendor):
    state = vendor.state
    assert ids(vendor.alone("A"), "/alerts?status=new", now=at("12:40")) == ["A"]
    alone = vendor.alone("A", state=state)
    assert ids(alone, "/alerts?status=new", now=at("12:29")) == ["A"]
    assert ids(alone, "/alerts?status=new", now=at("12:40")) == []
    assert ids(alone, "/alerts?status=done", now=at("12:40")) == ["A"]
    assert ids(vendor.alone("B", state=state), "/alerts", now=at("12:40")) == []
    assert ids(vendor.alone("C", state=state), "/alerts", now=at("12:40")) == ["C"]


def test_a_lone_event_that_was_written_to_does_not_change_further():
    events = [an_event("A", status="new", n=0, changes=[a_change("12:40", status="reopened", n=1)])]
    vendor = SimulatedVendor(a_scenario(events=tuple(events)))
    asked(vendor, "/ack/A", now=at("12:30"))
    alone = vendor.alone("A", state=vendor.state)
    assert [answer(alone, "/alerts", now=at(when))[0]["status"] for when in ("12:29", "12:30", "12:50")] == [
        "new",
        "done",
        "done",
    ]
    assert answer(vendor, "/alerts", now=at("12:50"))[0]["status"] == "reopened"


def test_a_lone_event_is_not_held_up_by_what_else_the_state_holds(vendor):
    assert sorted(vendor.alone("A", state=vendor.state).state) == ["kept", "writes"]
    assert answer(vendor.alone("A", state=vendor.state), "/else") == 1
    assert vendor.alone("A").state is None


def test_a_world_without_events_knows_how_far_consumers_came(vendor):
    empty = vendor.without_events(state=vendor.state)
    assert ids(empty, "/feed?name=x") == []
    assert empty.state["kept"] == vendor.state["kept"]
    assert vendor.without_events().state is None


def test_a_last_id_that_the_script_deleted_is_gone_for_a_lone_event_too():
    feed = an_endpoint("/after", paging=Paging("last_id", "id", stale_status=410), order=Order(("created",)))
    vendor = SimulatedVendor(a_scenario(endpoints=(*ENDPOINTS, feed)))
    asked(vendor, "/delete/B", now=at("12:30"))
    statuses = [asked(each, "/after?id=B").status for each in (vendor, vendor.alone("C", state=vendor.state))]
    assert statuses == [410, 410]
    assert ids(vendor.alone("C"), "/after?id=B") == ["C"]


@pytest.mark.parametrize(
    "state", ["x", [1], {"what": 1}, {"writes": []}, {"writes": {"A": [1]}}, {"kept": {"a": 1}}, {"recent": ["x"]}]
)
def test_a_state_that_is_none_is_told(state):
    with pytest.raises(InvalidState, match="the vendor's stored state is none") as caught:
        SimulatedVendor(a_scenario(vendor_state=state))
    assert "--fresh" in caught.value.hint


def test_a_state_of_events_that_are_no_more_does_no_harm():
    vendor = SimulatedVendor(
        a_scenario(vendor_state={"writes": {"Z": [[1, {"a": 1}]]}, "kept": {"GET /old": {"": [1]}}})
    )
    assert ids(vendor, "/alerts") == ["A", "B", "C"]


# --- the vendor function writes ----------------------------------------------------------------------------------


def test_a_vendor_function_changes_records_for_all_later_requests(hatch_of):
    vendor = SimulatedVendor(
        a_scenario(
            hatch=hatch_of("""
def answer(request, world):
    name, _, event = request.path.strip("/").partition("/")
    known = world.update(event, set={"status": "read", "by.name": "x"}) if name == "read" else world.delete(event)
    return {"known": known, "left": [[e.id, e.record["status"]] for e in world.events()]}
""")
        )
    )
    assert answer(vendor, "/read/A", now=at("12:30")) == {
        "known": True,
        "left": [["A", "read"], ["B", "new"], ["C", "new"]],
    }
    assert answer(vendor, "/gone/B", now=at("12:31"))["left"] == [["A", "read"], ["C", "new"]]
    assert answer(vendor, "/gone/B", now=at("12:31"))["known"] is False
    assert answer(vendor, "/read/Z", now=at("12:31"))["known"] is False
    assert ids(vendor, "/alerts?status=read", now=at("12:32")) == ["A"]
    assert ids(vendor, "/alerts", now=at("12:32")) == ["A", "C"]
    assert answer(vendor, "/alerts?status=read")[0]["by"] == {"name": "x"}
    assert sorted(vendor.state["writes"]) == ["A", "B"]


def test_a_vendor_function_that_fails_has_written_nothing(hatch_of):
    vendor = SimulatedVendor(
        a_scenario(hatch=hatch_of("def answer(request, world):\n    world.delete('A')\n    raise KeyError('x')\n"))
    )
    with pytest.raises(Exception, match="the vendor function failed: KeyError"):
        asked(vendor, "/else")
    assert vendor.state is None
    assert ids(vendor, "/alerts") == ["A", "B", "C"]


def test_records_that_a_function_changed_or_deleted_are_still_known_in_its_answer(hatch_of):
    vendor = SimulatedVendor(
        a_scenario(
            hatch=hatch_of("""
import json

def answer(request, world):
    first, second, third = world.events()
    gone = third.record
    taken = first.record
    world.update("A", set={"status": "read"})
    world.update("B", set={"status": "read"})
    world.delete("C")
    gone["more"] = "than any record says"
    return [taken, json.loads(json.dumps(second.record)), gone]
""")
        )
    )
    response = asked(vendor, "/else")
    assert response.listing.listed == ("A", "B", "C")
    assert [each["status"] for each in json.loads(response.body)] == ["read", "read", "new"]


def test_values_that_are_no_json_are_a_mistake_of_the_function(hatch_of):
    vendor = SimulatedVendor(
        a_scenario(hatch=hatch_of("def answer(request, world):\n    world.update('A', set={'a': {1, 2}})\n"))
    )
    with pytest.raises(Exception, match=r"TypeError: .* \(line 2\)"):
        asked(vendor, "/else")


# --- quotas, then logins, then the endpoints ----------------------------------------------------------------------


@pytest.fixture
def gates(monkeypatch):
    """Quotas and logins that tell what they were asked; a query of `stop=` stops at one of them."""
    seen = []

    class Quotas:
        def __init__(self, quotas):
            self.quotas = quotas

        def refusal(self, asked, recent):
            seen.append(("quotas", list(recent)))
            return (Response(429) if asked.query.get("stop") == "quotas" else None), [*recent, asked.now]

    class Logins:
        def __init__(self, logins, seed):
            self.seed = seed

        def answer(self, asked, logged_out):
            seen.append(("logins", self.seed, logged_out))
            return Response(401, login="expired") if asked.query.get("stop") == "logins" else None

    for name, made in (("quotas", Quotas), ("logins", Logins)):
        module = ModuleType(name)
        setattr(module, name.capitalize(), made)
        monkeypatch.setitem(sys.modules, f"xsim.simulate.vendor.{name}", module)
    return seen


def test_a_request_passes_quotas_then_logins_then_endpoints_then_the_function(gates, hatch_of):
    vendor = SimulatedVendor(a_scenario(seed=7, quotas=(Quota(5),), logins=(Login(),), hatch=hatch_of()))
    statuses = [
        asked(vendor, target).status for target in ("/alerts?stop=quotas", "/alerts?stop=logins", "/alerts", "/x")
    ]
    assert statuses == [429, 401, 200, 200]
    assert [each[0] for each in gates] == ["quotas", "quotas", "logins", "quotas", "logins", "quotas", "logins"]
    assert [len(each[1]) for each in gates if each[0] == "quotas"] == [0, 1, 2, 3]
    assert vendor.state["calls"] == 1


def test_a_logout_is_told_to_the_logins_and_remembered(gates):
    vendor = SimulatedVendor(a_scenario(logins=(Login(),)))
    asked(vendor, "/alerts")
    vendor.log_out(STARTS)
    copy = SimulatedVendor(a_scenario(logins=(Login(),)))
    copy.state = vendor.state
    asked(copy, "/alerts")
    asked(vendor.alone("A", state=vendor.state), "/alerts")
    assert [each[2] for each in gates] == [0, 1715679000381472, 0]


def test_scenarios_without_them_load_neither(gates):
    asked(SimulatedVendor(a_scenario()), "/alerts")
    assert gates == []


def test_real_quotas_and_logins_are_asked():
    login = Login(path="/token", place="query", needs=("key",), sent_as="X-Token")
    scenario = a_scenario(logins=(login,), quotas=(Quota(3, per=timedelta(minutes=1)),))
    vendor = SimulatedVendor(scenario)
    assert asked(vendor, "/alerts").status == 401
    token = answer(vendor, "/token?key=k", method="POST")["access_token"]
    headers = [("X-Token", token)]
    assert asked(vendor, "/alerts", headers=headers).status == 200
    assert asked(vendor, "/alerts", headers=headers).status == 429
    later = LATER + timedelta(minutes=1)
    assert asked(vendor, "/alerts", headers=headers, now=later).status == 200
    vendor.log_out(later)
    assert asked(vendor, "/alerts", headers=headers, now=later + timedelta(seconds=1)).status == 401
    assert a_vendor(EVENTS).state is None
