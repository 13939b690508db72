"""How incidents are told apart, and how the report says so."""

import json

from builders import a_cycle, a_journal, an_incident

from xsim.check import check
from xsim.model import Severity


def raw(**fields):
    return {"event": None, "raw": fields}


def report_of(*batches, **scenario):
    """Each batch holds incidents as keyword dicts for `an_incident`."""
    cycles = [a_cycle(n, incidents=[an_incident(**one) for one in batch]) for n, batch in enumerate(batches, start=1)]
    return check(a_journal(cycles, **scenario), select=["FC2"])


def test_the_scenario_s_paths_come_first():
    batches = [[raw(id=1, alert={"key": "a"}, part=1)], [raw(id=2, alert={"key": "a"}, part=1)]]
    report = report_of(*batches, identity=("alert.key", "part"))
    assert report.identity == "alert.key + part in rawJSON"
    [finding] = report.findings
    assert finding.events == ("a/1",)


def test_a_path_that_no_incident_has_is_told():
    report = report_of([raw(id=1)], [raw(id=2)], identity=("uid",))
    assert report.identity == "hash of rawJSON (no incident has uid)"


def test_dbot_mirror_id_is_taken_where_every_incident_has_it():
    with_all = [[{"event": "1", "dbotMirrorId": "M-1"}, {"event": "2", "dbotMirrorId": "M-2"}]]
    assert report_of(*with_all).identity == "dbotMirrorId"
    with_some = [[{"event": "1", "dbotMirrorId": "M-1"}, {"event": "2"}]]
    assert report_of(*with_some).identity == "id in rawJSON (detected)"


def test_a_dbot_mirror_id_that_never_changes_tells_nothing_apart():
    report = report_of([{"event": "1", "dbotMirrorId": "M"}], [{"event": "2", "dbotMirrorId": "M"}])
    assert report.identity == "id in rawJSON (detected)"
    assert report.findings == ()


def test_id_is_preferred_to_other_fields():
    assert report_of([raw(event_id=7, uuid="u", id="x")], [raw(event_id=8, uuid="v", id="y")]).identity == (
        "id in rawJSON (detected)"
    )


def test_a_field_that_is_constant_is_no_id():
    report = report_of([raw(id=5, event_id="a")], [raw(id=5, event_id="b")])
    assert report.identity == "event_id in rawJSON (detected)"
    assert report.findings == ()


def test_a_field_that_two_events_of_one_fetch_share_is_no_id():
    report = report_of([raw(id=5, n=1), raw(id=5, n=2), raw(id=6, n=3)], [raw(id=5, n=4)])
    assert report.identity == "hash of rawJSON"
    assert report.findings == ()


def test_a_field_that_some_events_lack_is_no_id():
    assert report_of([raw(id=5), raw(uuid="u", n=1)]).identity == "hash of rawJSON"


def test_an_id_inside_the_wrapper_is_found():
    report = report_of([raw(attributes={"id": 1})], [raw(attributes={"id": 2})], [raw(attributes={"id": 1})])
    assert report.identity == "attributes.id in rawJSON (detected)"
    assert [finding.events for finding in report.findings] == [("1",)]


def test_the_id_of_what_an_event_is_about_is_not_the_event_s():
    report = report_of([raw(userId=1, hostId=2, n=1)], [raw(userId=3, hostId=4, n=2)], [raw(userId=1, hostId=2, n=3)])
    assert report.identity == "hash of rawJSON"
    assert report.findings == ()


def test_an_id_of_an_uncertain_name_needs_the_same_raw_json():
    changed = report_of([raw(flow_uid=1, n=1)], [raw(flow_uid=2, n=2)], [raw(flow_uid=3, n=3)])
    assert (changed.identity, changed.findings) == ("flow_uid in rawJSON (detected)", ())
    batches = [[raw(flow_uid=n, n=n)] for n in range(200)]
    assert report_of(*batches, [raw(flow_uid=5, n=77)]).findings == ()
    assert len(report_of(*batches, [raw(flow_uid=5, n=5)]).findings) == 1


def test_without_an_id_the_same_raw_json_is_the_same_event():
    report = report_of([raw(text="a")], [raw(text="b")], [raw(text="a")])
    assert report.identity == "hash of rawJSON"
    assert [finding.cycles for finding in report.findings] == [(3,)]


def test_an_incident_without_the_detected_id_falls_back_to_its_raw_json():
    many = [[{"event": f"A-{n}"}] for n in range(200)]
    report = report_of(*many, [raw(text="odd")], [raw(text="odd")], [raw(text="other")])
    assert report.identity == "id in rawJSON (detected)"
    assert len(report.findings) == 1


def test_an_incident_with_nothing_to_tell_it_by_is_never_a_duplicate():
    nothing = {"event": None, "rawJSON": "{}", "occurred": None}
    bare = {"event": None, "rawJSON": None, "occurred": None}
    assert report_of([nothing, bare], [nothing, bare]).findings == ()


def test_a_number_and_its_text_are_the_same_id():
    assert len(report_of([raw(id=42)], [raw(id=43)], [raw(id="42")]).findings) == 1


def test_long_ids_that_differ_at_their_end_are_told_apart():
    long = "x" * 5_000
    report = report_of([raw(id=long + "1")], [raw(id=long + "2")], [raw(id=long + "1")])
    [finding] = report.findings
    assert finding.cycles == (3,)
    assert len(finding.events[0]) <= 200


def test_by_a_detected_id_a_changed_raw_json_is_a_warning():
    [finding] = report_of([raw(id=1, state="new")], [raw(id=2)], [raw(id=1, state="closed")]).findings
    assert (finding.severity, finding.cause) == (Severity.WARNING, "changed")


def test_a_raw_json_that_is_an_object_still_names_the_event():
    cycle = a_cycle(1, incidents=[an_incident("A-1", rawJSON={"id": "R-1"}, name="")])
    [finding] = check(a_journal([cycle]), select=["FC501"]).findings
    assert finding.events == ("R-1",)
    assert json.loads(cycle.incidents[0])[0]["rawJSON"] == {"id": "R-1"}


def test_an_id_that_proves_shared_after_the_sample_raises_no_alarm():
    unique = [[raw(id=n, n=n)] for n in range(200)]
    shared = [[raw(id=1000, n=1), raw(id=1000, n=2)], [raw(id=1000, n=3)], [raw(id=7, n=7)]]
    report = report_of(*unique, *shared)
    assert report.identity == "id in rawJSON (detected); some events of one fetch share it"
    assert [finding.events for finding in report.findings] == [("7",)]


def test_the_id_of_a_case_or_message_needs_the_same_raw_json():
    report = report_of([raw(caseId=1, n=1)], [raw(caseId=2, n=2)], [raw(caseId=1, n=1)])
    assert len(report.findings) == 1
    unique = [[raw(caseId=n, n=n)] for n in range(200)]
    assert report_of(*unique, [raw(caseId=1, n=77)]).findings == ()


def test_a_rule_of_alerts_is_no_alert():
    report = report_of([raw(alertRuleId=1, n=1)], [raw(alertRuleId=2, n=2)], [raw(alertRuleId=1, n=3)])
    assert (report.identity, report.findings) == ("hash of rawJSON", ())
