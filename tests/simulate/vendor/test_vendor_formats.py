"""Answers in XML, in lines of JSON, and in CSV."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from vendor_builders import a_vendor, an_endpoint, an_event, asked

from xsim.world import Endpoint, Filter, Limit, Order, Paging

TWO = [
    an_event(
        "A",
        "12:00",
        written=...,
        title="<b> & 'c'",
        owner={"name": "Zoë", "mail": None},
        tags=["x", "y", {"deep": [1, 2]}],
        open=True,
        score=1.5,
        empty=[],
    ),
    an_event("B", "12:01", written=..., title='line\nbreak, "quoted"'),
]


def listed(format, events=TWO, target="/alerts", **named):
    named = {"order": Order(("id",)), "format": format, **named}
    return asked(a_vendor(events, an_endpoint(**named)), target)


def test_xml_writes_records_as_elements():
    response = listed("xml")
    assert response.body.decode() == (
        '<?xml version="1.0"?><items>'
        "<item><id>A</id><title>&lt;b&gt; &amp; 'c'</title><owner><name>Zoë</name><mail/></owner>"
        "<tags>x</tags><tags>y</tags><tags><deep>1</deep><deep>2</deep></tags><open>true</open><score>1.5</score></item>"
        '<item><id>B</id><title>line\nbreak, "quoted"</title></item>'
        "</items>"
    )
    assert response.headers == (("Content-Type", "application/xml; charset=utf-8"),)
    assert response.listing.listed == ("A", "B")


def test_xml_has_the_elements_that_the_scenario_names():
    text = '<s:Envelope xmlns:s="urn:s"><s:Body><list>{records}</list></s:Body></s:Envelope>'
    response = listed("xml", item="alert", text=text, wrap="data", total_at="total", extra={"x": 1}, list_at="a.b")
    root = ElementTree.fromstring(response.body)
    assert [each.text for each in root.iterfind("{urn:s}Body/list/alert/data/id")] == ["A", "B"]
    assert b"total" not in response.body


def test_keys_and_texts_that_xml_cannot_hold_are_written_otherwise():
    event = an_event("A", written=..., **{"$timestamp": "\x00\x1bx\ud800", "2fa": 1, "a b": 2, "": 3, "-": 4, "é": 5})
    root = ElementTree.fromstring(listed("xml", [event]).body)
    assert [(each.tag, each.text) for each in root[0]][1:] == [
        ("_timestamp", "\ufffd\ufffdx\ufffd"),
        ("_2fa", "1"),
        ("a_b", "2"),
        ("_", "3"),
        ("_-", "4"),
        ("_", "5"),
    ]


def test_xml_has_attributes_and_texts_as_what_makes_json_of_it_names_them():
    record = {"@id": 7, "@note": 'a "b"\n<c>', "#text": "x & y", "@": "no name", "@list": [1]}
    event = an_event("A", written=..., Field=[record, {"@id": None}])
    root = ElementTree.fromstring(listed("xml", [event]).body)
    first, second = root.iterfind("item/Field")
    assert (first.attrib, first.text) == ({"id": "7", "note": 'a "b"\n<c>'}, "x & y")
    assert [(each.tag, each.text) for each in first] == [("_", "no name"), ("_list", "1")]
    assert second.attrib == {"id": ""}


def test_xml_inside_xml_is_escaped_once_more():
    response = listed("xml", text="<a><b>&lt;Records&gt;{escaped}&lt;/Records&gt;</b></a>")
    inner = ElementTree.fromstring(ElementTree.fromstring(response.body).findtext("b"))
    assert [each.findtext("title") for each in inner] == ["<b> & 'c'", 'line\nbreak, "quoted"']


def test_xml_without_records():
    assert listed("xml", []).body == b'<?xml version="1.0"?><items></items>'
    assert listed("xml", [], text="<none>{records}</none>").body == b"<none></none>"
    assert listed("xml", [], empty="body").body == b""


def test_ids_alone_are_elements_too():
    assert b"<items><guid>A</guid><guid>B</guid></items>" in listed("xml", pick="id", item="guid").body


def test_a_detail_call_may_use_xml():
    events = [an_event("A", written=...)]
    plain = a_vendor(events, Endpoint("/alerts/{id}", kind="detail", format="xml", item="alert", id_field="id"))
    assert asked(plain, "/alerts/A").body == b'<?xml version="1.0"?><alert><id>A</id></alert>'
    assert asked(plain, "/alerts/A").headers[0][1] == "application/xml; charset=utf-8"
    assert asked(plain, "/alerts/Z").status == 404
    within = a_vendor(events, Endpoint("/alerts/{id}", kind="detail", format="xml", text="<r>{records}</r>"))
    assert asked(within, "/alerts/A").body == b"<r><item><id>A</id></item></r>"


def test_lines_of_json_hold_a_record_each():
    response = listed("ndjson")
    lines = response.body.decode().split("\n")
    assert [json.loads(line) for line in lines[:2]] == [event.record for event in TWO]
    assert lines[2:] == [""]
    assert response.headers == (("Content-Type", "application/x-ndjson"),)
    assert listed("ndjson", []).body == b""
    assert json.loads(listed("ndjson", TWO[1:], wrap="event", pick="title").body) == {"event": TWO[1].record["title"]}


def test_csv_has_a_header_and_quotes_what_has_to_be():
    response = listed("csv", columns=("id", "title", "owner.name", "tags", "open", r"a\.b"))
    assert response.body.decode().startswith("id,title,owner.name,tags,open,a.b\r\nA,<b> & 'c',Zoë,")
    rows = list(csv.reader(io.StringIO(response.body.decode(), newline="")))
    assert rows[1] == ["A", "<b> & 'c'", "Zoë", '["x","y",{"deep":[1,2]}]', "true", ""]
    assert rows[2] == ["B", 'line\nbreak, "quoted"', "", "", "", ""]
    assert response.headers == (("Content-Type", "text/csv; charset=utf-8"),)


def test_csv_without_records_is_the_header():
    assert listed("csv", [], columns=("id", "title")).body == b"id,title\r\n"


def test_rows_are_lists_of_values_in_the_order_of_the_columns():
    named = {"columns": ("title", "id", "owner.name", "tags.2"), "list_at": "rows", "total_at": "total"}
    response = listed("rows", extra={"fields": ["title", "id"]}, wrap="values", **named)
    assert json.loads(response.body) == {
        "fields": ["title", "id"],
        "rows": [
            {"values": ["<b> & 'c'", "A", "Zoë", {"deep": [1, 2]}]},
            {"values": [TWO[1].record["title"], "B", None, None]},
        ],
        "total": 2,
    }  # fmt: skip
    assert response.headers == (("Content-Type", "application/json"),)
    assert response.listing.listed == ("A", "B")


def test_one_record_is_a_row_too():
    endpoint = an_endpoint("/a/{id}", kind="detail", id_field="id", record_at="row", format="rows", columns=("id",))
    assert json.loads(asked(a_vendor(TWO, endpoint), "/a/B").body) == {"row": ["B"]}


@pytest.mark.parametrize("format", ["xml", "ndjson", "csv"])
def test_filters_limits_and_link_headers_work_in_every_format(format):
    named = {"filters": (Filter("since", "id", kind="text"),), "limit": Limit("limit"), "columns": ("id",)}
    response = listed(format, target="/alerts?since=A&limit=1", paging=Paging("link_header", "next"), **named)
    assert (response.listing.listed, response.listing.matched) == (("A",), 2)
    assert dict(response.headers)["Link"].startswith("<https://vendor.example/alerts?since=A&limit=1&next=")
    assert listed(format, target="/alerts?since=x", **named).listing.listed == ()
