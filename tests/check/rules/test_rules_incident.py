"""FC5: what is handed to demisto.incidents() is what the server reads."""

import pytest
from builders import a_cycle, a_failure, a_journal, a_refusal, an_incident

from xsim.check import check
from xsim.model import Outcome, Refusal, Severity

TIME_PARSE = 'parsing time "..." as "2006-01-02T15:04:05Z07:00"'


def findings(code, *incidents, **cycle):
    return check(a_journal([a_cycle(1, incidents=incidents, **cycle)]), select=[code]).findings


def refused(field, value, message="json: cannot unmarshal", code="FC502", **more):
    """The finding for an incident of which one field is refused."""
    incident = an_incident("A-1", **{field: value}, **more)
    [finding] = findings(code, incident, refusals=[a_refusal(0, field, message)])
    return finding


# --- FC501


@pytest.mark.parametrize("name", [..., None, "", "  \n"])
def test_an_incident_without_a_name_is_found(name):
    [finding] = findings("FC501", an_incident("A-1", name=name), an_incident("A-2"))
    assert finding.message == "1 incident has no name"
    assert finding.events == ("A-1",)
    assert finding.evidence[0][0] == "cycle 1, incident 1"


def test_a_name_is_a_name_whatever_the_case_of_its_key():
    assert findings("FC501", an_incident("A-1", name=..., Name="Alert")) == ()
    assert findings("FC501", an_incident("A-1", name="x")) == ()


def test_many_incidents_of_one_fault_are_one_finding():
    cycles = [a_cycle(n, incidents=[an_incident(f"{n}-{k}", name=None) for k in range(50)]) for n in range(1, 4)]
    [finding] = check(a_journal(cycles), select=["FC501"]).findings
    assert finding.message == "150 incidents have no name"
    assert finding.cycles == (1, 2, 3)
    assert len(finding.events) == 20
    assert ("and", "147 more") in finding.evidence


def test_what_a_failed_cycle_handed_over_is_not_judged():
    assert findings("FC501", an_incident("A-1", name=""), failure=a_failure()) == ()


def test_what_a_refused_cycle_handed_over_is_judged():
    incident = an_incident("A-1", name="", rawJSON={"id": "A-1"})
    assert len(findings("FC501", incident, refusals=[a_refusal()])) == 1


# --- FC502


def test_a_raw_json_that_is_an_object_lacks_json_dumps():
    finding = refused("rawJSON", {"id": "R-1"})
    assert finding.message == "rawJSON is an object, not a text: json.dumps is missing"
    assert finding.evidence == (
        ("cycle 1, incident 1", 'rawJSON is {"id": "R-1"}'),
        ("the server says", "json: cannot unmarshal"),
    )
    assert (finding.events, finding.severity) == (("R-1",), Severity.ERROR)


def test_refusals_of_one_field_and_type_are_one_finding():
    incidents = [an_incident("A-1", severity="high"), an_incident("A-2", severity="low"), an_incident("A-3", details=5)]
    refusals = [a_refusal(0, "severity"), a_refusal(1, "severity"), a_refusal(2, "details")]
    by_severity, by_details = findings("FC502", *incidents, refusals=refusals)
    assert by_severity.message == "severity is a text, which the server cannot decode"
    assert by_severity.events == ("A-1", "A-2")
    assert by_details.message == "details is a number, which the server cannot decode"


def test_the_value_of_a_label_is_shown():
    labels = [{"type": "sender", "value": "ann"}, {"type": "score", "value": 7}]
    [finding] = findings(
        "FC502", an_incident("A-1", labels=labels), refusals=[a_refusal(0, "labels[1].value", "json: cannot unmarshal")]
    )
    assert finding.message == "labels.value is a number, which the server cannot decode"
    assert finding.evidence[0] == ("cycle 1, incident 1", "labels.value is 7")


def test_an_incident_that_is_no_object_is_told():
    [finding] = findings("FC502", "Alert", refusals=[a_refusal(0, "")])
    assert finding.message == "1 incident is no object but a text"


def test_the_refused_incident_is_found_behind_several_calls():
    calls = [[an_incident("A-1")], [an_incident("A-2"), an_incident("A-3", owner=3)]]
    cycle = a_cycle(1, calls=calls, refusals=[a_refusal(2, "owner")])
    [finding] = check(a_journal([cycle]), select=["FC502"]).findings
    assert finding.events == ("A-3",)
    assert finding.evidence[0] == ("cycle 1, incident 3", "owner is 3")


def test_a_refused_incident_in_an_accepted_batch_is_a_finding_too():
    cycle = {"refusals": [a_refusal(0, "owner")], "outcome": Outcome.OK}
    assert len(findings("FC502", an_incident("A-1", owner=3), an_incident("A-2"), **cycle)) == 1


def test_what_the_server_does_not_refuse_is_no_wrong_type():
    assert findings("FC502", an_incident("A-1", anything={"a": 1})) == ()


# --- FC503


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("2024-05-14T09:30:00", "without a zone"),
        ("2024-05-14T09:30:00.123", "without a zone"),
        ("2024-05-14 09:30:00Z", 'parted by " " where a T belongs'),
        ("2024-05-14T09:30:00+0000", "written with a zone that lacks its colon"),
        ("2024-05-14T09:30:00 UTC", "written with a zone that is neither Z nor +hh:mm"),
        ("2024-05-14T09:30:00,5", "written with a comma in its fraction"),
        ("2024-02-30T09:30:00Z", "a moment that does not exist"),
        ("2024-05-14", "a date without a time"),
        ("Tue, 14 May 2024", "not written as year-month-dayThour:minute:second"),
        ("", "an empty text"),
        ("1715679000", "a number written as text"),
        (1715679000000, "a number of seconds or milliseconds since 1970"),
        (5, "a number"),
        (True, "a boolean"),
        ({"at": 1}, "an object"),
    ],
)
def test_a_time_that_the_server_cannot_read_is_explained(value, wrong):
    finding = refused("occurred", value, TIME_PARSE, code="FC503")
    assert finding.message == f"occurred is {wrong}"
    assert finding.evidence[-1][0] == "expected"


def test_other_times_are_times_too():
    assert refused("dueDate", "tomorrow", TIME_PARSE, code="FC503").message.startswith("dueDate is not written as")


def test_a_refused_time_is_no_wrong_type_and_the_other_way_round():
    time = an_incident("A-1", occurred="")
    assert findings("FC502", time, refusals=[a_refusal(0, "occurred", TIME_PARSE)]) == ()
    assert findings("FC503", an_incident("A-1", owner=3), refusals=[a_refusal(0, "owner")]) == ()


def test_a_time_that_the_server_reads_is_right():
    assert findings("FC503", an_incident("A-1", occurred="2024-05-14T11:30:00.381472+02:00")) == ()


# --- FC504, FC505


@pytest.mark.parametrize("raw", [..., None, ""])
def test_an_incident_without_raw_json_is_found(raw):
    [finding] = findings("FC504", an_incident("A-1", rawJSON=raw))
    assert (finding.message, finding.severity) == ("1 incident has no rawJSON", Severity.WARNING)
    assert findings("FC505", an_incident("A-1", rawJSON=raw)) == ()


@pytest.mark.parametrize("key", ["rawJSON", "rawJson", "RAWJSON"])
def test_raw_json_counts_whatever_the_case_of_its_key(key):
    assert findings("FC504", an_incident("A-1", **{"rawJSON": ..., key: '{"id": 1}'})) == ()


@pytest.mark.parametrize("raw", ["{'id': 1}", "text", '{"id": NaN}', '{"id": 1} x', "{"])
def test_a_raw_json_that_is_no_json_is_found(raw):
    [finding] = findings("FC505", an_incident("A-1", rawJSON=raw))
    assert finding.message == "the rawJSON of 1 incident is no JSON text"
    assert finding.severity is Severity.ERROR
    assert findings("FC504", an_incident("A-1", rawJSON=raw)) == ()


@pytest.mark.parametrize("raw", ['{"id": 1}', ' {"id": 1}\n', "[]", '"text"', "1" * 5_000, "[" * 50_000 + "]" * 50_000])
def test_a_raw_json_that_is_json_is_right(raw):
    assert findings("FC505", an_incident("A-1", rawJSON=raw)) == ()


# --- FC506, FC507


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("occured", "occurred"),
        ("ocurred", "occurred"),
        ("occurrred", "occurred"),
        ("serverity", "severity"),
        ("raw_json", "rawJSON"),
        ("customFeilds", "CustomFields"),
        ("dbotMirorId", "dbotMirrorId"),
    ],
)
def test_a_misspelt_key_is_found_and_is_no_missing_field(key, right):
    incident = an_incident("A-1", **{right: ..., key: "x"})
    report = check(a_journal([a_cycle(1, incidents=[incident])]), select=["FC504", "FC506", "FC508"])
    [finding] = report.findings
    assert finding.message == f'the server does not know the key "{key}": "{right}" is meant'
    assert finding.severity is Severity.WARNING


def test_a_misspelt_key_beside_the_right_one_is_the_script_s_own():
    assert findings("FC506", an_incident("A-1", occured="x")) == ()


@pytest.mark.parametrize(
    "key", ["tags", "source", "names", "typ", "rawdata", "severities_seen", "alert", "owners", "x" * 99]
)
def test_keys_of_the_script_s_own_are_no_misspelling(key):
    assert findings("FC506", an_incident("A-1", **{key: "x"})) == ()


def test_a_key_in_other_capitals_is_noted():
    [finding] = findings("FC507", an_incident("A-1", rawJSON=..., rawJson='{"id": 1}'))
    assert finding.message == 'capitals differ in "rawJson": "rawJSON" is meant'
    assert finding.severity is Severity.NOTE
    assert findings("FC507", an_incident("A-1", CustomFields={}, severity=1)) == ()


# --- FC508


@pytest.mark.parametrize("occurred", [..., None])
def test_an_incident_without_occurred_is_noted(occurred):
    [finding] = findings("FC508", an_incident("A-1", occurred=occurred))
    assert (finding.message, finding.severity) == ("1 incident has no occurred", Severity.NOTE)


def test_an_incident_with_occurred_is_right():
    assert findings("FC508", an_incident("A-1")) == ()


# --- FC509


def test_an_attachment_without_its_file_is_found():
    attachment = [{"path": "report.txt", "name": "report.txt"}]
    [finding] = findings("FC509", an_incident("A-1", attachment=attachment), files=["other.txt"])
    assert finding.evidence == (("cycle 1, incident 1", 'no file "report.txt" in the working folder'),)


@pytest.mark.parametrize("file", ["report.txt", "inv-7_report.txt"])
def test_an_attachment_whose_file_is_there_is_right(file):
    attachment = [{"path": "report.txt"}, {"path": "./report.txt"}]
    assert findings("FC509", an_incident("A-1", attachment=attachment), files=[file]) == ()


@pytest.mark.parametrize("attachment", [[], None, "x", [None], [{}], [{"path": None}], [{"path": ""}], {"path": "x"}])
def test_an_attachment_without_a_path_names_no_file(attachment):
    assert findings("FC509", an_incident("A-1", attachment=attachment)) == ()


# --- FC510


def test_a_payload_that_is_no_list_is_found():
    message = "json: cannot unmarshal object into Go value of type []Incident"
    cycles = [a_cycle(n, calls=[an_incident("A-1")], refusals=[Refusal(None, "", message)]) for n in (1, 2)]
    [finding] = check(a_journal(cycles), select=["FC510"]).findings
    assert finding.message == f"the server cannot read what the fetch handed over: {message}"
    assert (finding.cycles, finding.severity) == ((1, 2), Severity.ERROR)
    assert finding.evidence[0][1].startswith('{"name": "Alert A-1"')


def test_a_text_entry_is_shown():
    refusal = Refusal(None, "", "invalid character 'o' looking for beginning of value")
    entry = {"Type": 1, "Contents": "ok"}
    [finding] = findings("FC510", refusals=[refusal], results=[entry], calls=[])
    assert "ok" in finding.evidence[0][1]


@pytest.mark.parametrize(
    ("refusals", "code"),
    [
        ([], "FC510"),
        ([Refusal(None, "", "invalid character 'N'")], "FC510"),
        ([a_refusal(0, "owner")], "FC502"),
        ([a_refusal(0, "occurred", TIME_PARSE)], "FC503"),
        ([a_refusal(7, "owner")], "FC510"),
    ],
)
def test_a_refused_cycle_is_explained_by_one_rule(refusals, code):
    cycle = a_cycle(
        1,
        incidents=[an_incident("A-1", owner=3, occurred="")],
        refusals=refusals,
        outcome=Outcome.REFUSED,
        failure=a_failure("refused", "it cannot be decoded"),
    )
    assert [finding.code for finding in check(a_journal([cycle])).findings] == [code]


# --- FC511, FC512


@pytest.mark.parametrize("severity", [5, -1, 2.5, 85, 1e99])
def test_a_severity_that_is_no_level_is_noted(severity):
    [finding] = findings("FC511", an_incident("A-1", severity=severity))
    assert (finding.message, finding.severity) == ("the severity of 1 incident is no known level", Severity.NOTE)


@pytest.mark.parametrize("severity", [0, 0.5, 1, 2, 3, 4, 3.0, None, ..., True, "high"])
def test_a_severity_that_is_a_level_or_no_number_is_not_noted(severity):
    assert findings("FC511", an_incident("A-1", severity=severity)) == ()


def test_a_name_of_more_than_600_characters_is_noted():
    [finding] = findings("FC512", an_incident("A-1", name="x" * 601))
    assert finding.severity is Severity.NOTE
    assert all(len(value) <= 230 for _, value in finding.evidence)
    assert findings("FC512", an_incident("A-1", name="x" * 600)) == ()
