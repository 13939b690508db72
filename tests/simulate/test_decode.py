"""What the server makes of a batch of incidents (server-semantics 2.2, 2.3)."""

import json

import pytest

from xsim.simulate.decode import decode_batch, decode_text_entry

GOOD = {"name": "a", "occurred": "2024-05-14T09:30:00Z", "rawJSON": "{}"}


def complaints(value):
    return [(each.index, each.field, each.message) for each in decode_batch(json.dumps(value), value)[1]]


def the_complaint(**fields):
    [(index, field, message)] = complaints([GOOD, {**GOOD, **fields}])
    assert index == 1
    return field, message


@pytest.mark.parametrize(
    "occurred",
    [
        "2024-05-14T09:30:00Z",
        "2024-05-14T09:30:00.1Z",
        "2024-05-14T09:30:00.123456789Z",
        "2024-05-14T09:30:00+02:00",
        "0001-01-01T00:00:00Z",
        "2024-02-29T23:59:59-11:30",
        None,
    ],
)
def test_a_time_with_fraction_offset_or_z_or_null_is_read(occurred):
    assert complaints([{**GOOD, "occurred": occurred}]) == []


@pytest.mark.parametrize(
    ("occurred", "expected"),
    [
        ("2024-05-14T09:30:00", 'cannot parse "" as "Z07:00"'),
        ("2024-05-14T09:30:00+0000", 'cannot parse "+0000" as "Z07:00"'),
        ("2024-05-14 09:30:00Z", 'cannot parse " 09:30:00Z" as "T"'),
        ("", 'cannot parse "" as "2006"'),
        (1709546281000, 'parsing time "1709546281000"'),
        ("2023-02-29T00:00:00Z", "out of range"),
        ("2024-05-14T09:30:00Z ", 'extra text: " "'),
        ("yesterday", 'cannot parse "yesterday" as "2006"'),
    ],
)
def test_a_time_in_another_layout_is_refused_in_go_s_words(occurred, expected):
    field, message = the_complaint(occurred=occurred)
    assert field == "occurred"
    assert message.startswith("parsing time ")
    assert expected in message


def test_raw_json_as_an_object_is_refused():
    field, message = the_complaint(rawJSON={"id": 1})
    assert (field, message) == (
        "rawJSON",
        "json: cannot unmarshal object into Go struct field Incident.rawJSON of type string",
    )


@pytest.mark.parametrize("severity", ["2", "high", True])
def test_severity_as_anything_but_a_number_is_refused(severity):
    field, message = the_complaint(severity=severity)
    assert field == "severity"
    assert "into Go struct field Incident.severity of type Severity" in message


@pytest.mark.parametrize("severity", [0, 0.5, 1, 3.0, 4, 17, None])
def test_any_number_decodes_as_severity(severity):
    assert complaints([{**GOOD, "severity": severity}]) == []


@pytest.mark.parametrize("field", ["name", "details", "type", "owner", "dbotMirrorId"])
@pytest.mark.parametrize("value", [1, 1.5, True, {}, []])
def test_text_fields_take_text_alone(field, value):
    assert the_complaint(**{field: value})[0] == field


@pytest.mark.parametrize(
    "field", ["name", "details", "severity", "labels", "attachment", "CustomFields", "isPlayground"]
)
def test_null_leaves_a_field_as_it_is(field):
    assert complaints([{**GOOD, field: None}]) == []


@pytest.mark.parametrize("value", [1, False, {"a": 1}])
def test_a_label_s_value_must_be_text(value):
    field, message = the_complaint(labels=[{"type": "a", "value": "b"}, {"type": "a", "value": value}])
    assert field == "labels[1].value"
    assert "Label.value of type string" in message


def test_labels_and_attachments_are_lists_of_objects():
    assert the_complaint(labels={"a": "b"})[0] == "labels"
    assert the_complaint(labels=["a"])[0] == "labels[0]"
    assert the_complaint(attachment=[{"path": 1}])[0] == "attachment[0].path"
    assert the_complaint(attachment=[{"showMediaFile": "yes"}])[0] == "attachment[0].showMediaFile"
    assert complaints([{**GOOD, "attachment": [{"path": "x_y", "name": "a.txt", "showMediaFile": True}]}]) == []


def test_custom_fields_are_an_object_of_anything():
    assert complaints([{**GOOD, "CustomFields": {"a": 1, "b": [None]}}]) == []
    assert the_complaint(CustomFields=[])[0] == "CustomFields"


def test_keys_match_whatever_their_case():
    assert the_complaint(RAWjson={"id": 1})[0] == "RAWjson"
    assert complaints([{"Name": "a", "rawjson": "{}"}]) == []


def test_unknown_keys_are_tolerated():
    assert complaints([{**GOOD, "genaiSummary": {"any": ["thing"]}, "1": 2}]) == []


def test_something_else_than_a_list_is_refused_as_a_whole():
    for value, word in (({"name": "a"}, "object"), ("text", "string"), (3, "number"), (True, "bool")):
        [(index, _, message)] = complaints(value)
        assert index is None
        assert message == f"json: cannot unmarshal {word} into Go value of type []Incident"


def test_an_incident_that_is_no_object_is_refused():
    [(index, _, message)] = complaints([GOOD, "text"])
    assert (index, message) == (1, "json: cannot unmarshal string into Go value of type Incident")


def test_null_and_the_empty_list_are_no_incidents():
    assert decode_batch("null", None) == (0, ())
    assert decode_batch("[]", []) == (0, ())


def test_a_tuple_is_a_list_once_it_is_json():
    assert decode_batch(json.dumps((GOOD,)), (GOOD,)) == (1, ())


def test_not_a_number_makes_the_whole_text_unreadable():
    value = [{**GOOD, "score": float("nan")}]
    [(index, _, message)] = complaints(value)
    assert (index, message) == (None, "invalid character 'N' looking for beginning of value")


def test_the_text_nan_in_a_field_is_only_a_text():
    assert complaints([{**GOOD, "details": "NaN Infinity"}]) == []


def test_every_complaint_is_told_and_not_the_first_alone():
    assert len(complaints([{"name": 1, "rawJSON": {}}, GOOD, {"occurred": "x"}])) == 3


def test_a_text_entry_in_a_fetch_is_read_as_json():
    [refusal] = decode_text_entry("ok")
    assert refusal.message == "invalid character 'o' looking for beginning of value"
    [refusal] = decode_text_entry("")
    assert refusal.message == "unexpected end of JSON input"
    assert decode_text_entry("[]") == ()
