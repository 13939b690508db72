"""Endpoints of every shape: objects by their ids, jobs, updates, other formats, and positions that the server keeps."""

from datetime import timedelta

import pytest
from scenario_files import ENDPOINT, loaded, refusal

from xsim.world import Endpoint, Filter, Paging

JOB = '[[endpoints]]\npath = "/jobs"\nkind = "job"\njob_at = "id"\n'


def endpoint(folder, lines="", text=ENDPOINT):
    return loaded(folder, text + lines).scenario.endpoints[0]


def an_endpoint(path="/alerts", **fields):
    return Endpoint(path, **{"time_field": "created", "id_field": "id", **fields})


# --- kinds --------------------------------------------------------------------------------------------------


def test_objects_are_asked_for_by_their_ids(tmp_path):
    lines = 'kind = "objects"\nmethod = "POST"\nid_param = "ids"\nid_in = "json"\nlist_at = "resources"'
    assert endpoint(tmp_path, lines) == an_endpoint(
        method="POST", kind="objects", id_name="ids", id_place="json", list_at="resources"
    )


def test_a_job_begins_a_search_and_its_results_are_a_list(tmp_path):
    text = """
[identity]
time = "created"
[[endpoints]]
path = "/jobs"
kind = "job"
filters = [{param = "from", in = "json", field = "created"}]
job_at = "data.sid"
job_takes = "90s"
extra = {"data.ok" = true}
[[endpoints]]
path = "/jobs/{job}"
kind = "job_status"
job_state_at = "state"
job_states = ["running", "ready"]
unknown_status = 410
[[endpoints]]
path = "/jobs/{sid}/results"
list_at = "rows"
job_param = "sid"
unknown_status = 409
"""
    job, status, results = loaded(tmp_path, text).scenario.endpoints
    assert job == an_endpoint(
        "/jobs", method="POST", kind="job", filters=(Filter("from", "created", "json"),), job_at="data.sid",
        job_takes=timedelta(seconds=90), extra={"data.ok": True},
    )  # fmt: skip
    assert status == an_endpoint(
        "/jobs/{job}", kind="job_status", job_name="job", job_state_at="state", job_states=("running", "ready"),
        unknown_status=410,
    )  # fmt: skip
    assert results == an_endpoint("/jobs/{sid}/results", list_at="rows", job_name="sid", unknown_status=409)


def test_a_job_s_id_that_is_no_part_of_the_path_is_a_parameter(tmp_path):
    job = JOB + '[[endpoints]]\npath = "/status"\nkind = "job_status"\njob_state_at = "s"\njob_param = "sid"\n'
    assert loaded(tmp_path, job).scenario.endpoints[1].job_place == "query"
    assert loaded(tmp_path, job + 'job_in = "json"').scenario.endpoints[1].job_place == "json"


def test_a_part_called_job_does_not_make_a_list_a_job_s_results(tmp_path):
    assert endpoint(tmp_path, "", ENDPOINT.replace("/alerts", "/{job}/alerts")).job_name == ""


def test_a_job_needs_no_time(tmp_path):
    assert endpoint(tmp_path, "", JOB).kind == "job"


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        (
            'path = "/alerts/{id}"\nset = {status = "closed", "owner.name" = "{user.name}"}',
            Endpoint("/alerts/{id}", "POST", set={"status": "closed", "owner.name": "{user.name}"}),
        ),
        (
            'path = "/alerts/{id}"\nmethod = "DELETE"\ndeletes = true',
            Endpoint("/alerts/{id}", "DELETE", deletes=True),
        ),
        (
            'path = "/ack"\nid_param = "ids"\nid_in = "json"\nset = {seen = true}\n'
            "unknown_status = 200\nextra = {ok = 1}",
            Endpoint("/ack", "POST", id_name="ids", id_place="json", set={"seen": True}, unknown_status=200,
                     extra={"ok": 1}),
        ),
    ],
)  # fmt: skip
def test_an_update_sets_or_deletes(tmp_path, lines, meant):
    found = endpoint(tmp_path, lines, '[[endpoints]]\nkind = "update"\n')
    assert (found.kind, found.id_field) == ("update", "id")
    for name in ("path", "method", "set", "deletes", "id_name", "id_place", "unknown_status", "extra"):
        assert getattr(found, name) == getattr(meant, name)


def test_a_job_and_an_update_may_answer_with_another_status(tmp_path):
    assert endpoint(tmp_path, "status = 202", JOB).status == 202
    found = endpoint(tmp_path, 'kind = "update"\nid_param = "id"\ndeletes = true\nstatus = 204\ntext = "gone"')
    assert (found.status, found.text) == (204, "gone")


def test_a_record_alone_can_be_written_in_another_format_too(tmp_path):
    lines = 'kind = "detail"\nid_param = "id"\nformat = "xml"\nitem = "alert"\ntext = "<a>{records}</a>"'
    assert (endpoint(tmp_path, lines).format, endpoint(tmp_path, lines).item) == ("xml", "alert")


def test_a_detail_call_says_how_it_answers_an_unknown_id(tmp_path):
    lines = 'kind = "detail"\nunknown_status = 410'
    assert endpoint(tmp_path, lines, ENDPOINT.replace("/alerts", "/alerts/{id}")).unknown_status == 410


# --- formats, filters, paging -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ('format = "ndjson"', an_endpoint(format="ndjson")),
        ('format = "csv"\ncolumns = ["id", "owner.name"]', an_endpoint(format="csv", columns=("id", "owner.name"))),
        (
            'format = "rows"\ncolumns = ["id"]\nlist_at = "rows"\nwrap = "values"\ncount_at = "found"',
            an_endpoint(format="rows", columns=("id",), list_at="rows", wrap="values", count_at="found"),
        ),
        (
            'format = "xml"\ntext = "<a>&lt;b&gt;{escaped}&lt;/b&gt;</a>"',
            an_endpoint(format="xml", text="<a>&lt;b&gt;{escaped}&lt;/b&gt;</a>"),
        ),
        (
            'format = "xml"\nitem = "ns:alert"\ntext = "<a>{records}</a>"\nempty = "body"',
            an_endpoint(format="xml", item="ns:alert", text="<a>{records}</a>", empty="body"),
        ),
    ],
)
def test_a_list_can_be_written_in_another_format(tmp_path, lines, meant):
    assert endpoint(tmp_path, lines) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('param = "since", in = "cookie"', Filter("since", "since", "cookie")),
        (
            'in = "body", field = "created", pattern = "from (?P<bound>.+)"',
            Filter("body", "created", "body", pattern="from (?P<bound>.+)"),
        ),
        ('param = "soap", in = "body", field = "created"', Filter("soap", "created", "body")),
        ('param = "since", widest = "7d"', Filter("since", "since", widest=timedelta(days=7))),
    ],
)
def test_a_filter_reads_cookies_and_bodies_and_knows_its_widest_window(tmp_path, written, meant):
    assert endpoint(tmp_path, f"filters = [{{{written}}}]").filters == (meant,)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('kind = "kept"', Paging("kept")),
        ('kind = "kept", param = "consumer", in = "header"', Paging("kept", "consumer", "header")),
        (
            'kind = "token", param = "c", next_at = "n", life = "5m", stale_status = 410',
            Paging("token", "c", next_at="n", life=timedelta(minutes=5), stale_status=410),
        ),
        ('kind = "last_id", param = "after", stale_status = 404', Paging("last_id", "after", stale_status=404)),
        ('kind = "link_header", life = "1h"', Paging("link_header", life=timedelta(hours=1))),
    ],
)
def test_paging_can_be_the_server_s_own_and_can_age(tmp_path, written, meant):
    assert endpoint(tmp_path, f'list_at = "items"\npaging = {{{written}}}').paging == meant


# --- complaints ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('kind = "jobs"', '5: [[endpoints]] 1, kind: found "jobs", expected one of list, detail, objects, fixed, job, '
         "job_status, update | did you mean 'job'?"),
        ('set = {a = 1}', '5: [[endpoints]] 1, set: means nothing for kind = "list" | write kind = "update"'),
        ('kind = "detail"\njob_param = "x"', '6: [[endpoints]] 1, job_param: means nothing for kind = "detail" | '
         'write kind = "list" or "job_status"'),
        ('kind = "detail"\npick = "id"', '6: [[endpoints]] 1, pick: means nothing for kind = "detail" | '
         'write kind = "list" or "objects"'),
        ('record_at = "row"', '5: [[endpoints]] 1, record_at: means nothing for kind = "list" | '
         'write kind = "detail" or "update"'),
        ('job_at = "id"', '5: [[endpoints]] 1, job_at: means nothing for kind = "list" | write kind = "job"'),
        ('job_takes = "1m"', '5: [[endpoints]] 1, job_takes: means nothing for kind = "list" | write kind = "job"'),
        ('kind = "fixed"\ndeletes = true', '6: [[endpoints]] 1, deletes: means nothing for kind = "fixed" | known'),
        ('kind = "objects"', "3: [[endpoints]] 1: 'id_param' is missing: the parameter that holds the ids"),
        ('kind = "objects"\nid_param = "ids"\njob_param = "j"', '7: [[endpoints]] 1, job_param: means nothing for '
         'kind = "objects" | write kind = "list" or "job_status"'),
        ('status = 201', '5: [[endpoints]] 1, status: means nothing for kind = "list" | write kind = "fixed" or "job" '
         'or "update"'),
        ('kind = "job"\njob_at = "id"\nstatus = 404', "7: [[endpoints]] 1, status: found 404, expected a whole number"),
        ('kind = "update"\nid_param = "id"\ndeletes = true\ntext = ""\nextra = {a = 1}', "9: [[endpoints]] 1, extra: "
         "expected either 'text' (all of the answer) or 'extra', not both"),
        ('format = "csv"\ncolumns = "a"\npick = "id"', '7: [[endpoints]] 1, pick: means nothing for format = "csv"'),
        ('kind = "objects"\nid_param = "ids"\nid_in = "path"', "6: [[endpoints]] 1, id_param: the path /alerts has no"),
        ('kind = "objects"\nid_param = "ids"\ntotal_at = "n"', "7: [[endpoints]] 1, total_at: the answer is a bare"),
        ('kind = "job"', "3: [[endpoints]] 1: 'job_at' is missing: where the answer holds the id of the search"),
        ('kind = "job"\njob_at = "a."', '6: [[endpoints]] 1, job_at: found "a.", expected a dotted path'),
        ('kind = "job"\njob_at = "id"\nlimit = 5', '7: [[endpoints]] 1, limit: means nothing for kind = "job"'),
        ('kind = "job"\njob_at = "id"\njob_takes = 90', "7: [[endpoints]] 1, job_takes: found 90, expected a number"),
        ('kind = "job"\njob_at = "id"\nextra = {id = 1}', "7: [[endpoints]] 1, extra: id is where job_at puts its own"),
        ('kind = "job_status"', "3: [[endpoints]] 1: a job's status needs {job} in its path, or 'job_param'"),
        ('kind = "job_status"\njob_param = "j"', "3: [[endpoints]] 1: 'job_state_at' is missing: where the answer"),
        ('kind = "job_status"\njob_param = "j"\njob_state_at = "s"', "6: [[endpoints]] 1, job_param: no endpoint "
         'begins the search that it asks for | write an [[endpoints]] of kind = "job" beside it'),
        ('kind = "job_status"\njob_param = "j"\njob_state_at = "s"\njob_states = "done"', "8: [[endpoints]] 1, "
         'job_states: found "done", expected two different texts'),
        ('kind = "job_status"\njob_param = "j"\njob_state_at = "s"\njob_states = ["a", "a"]', "8: [[endpoints]] 1, "
         "job_states: found a list of 2, expected two different texts"),
        ('kind = "job_status"\njob_param = "j"\njob_state_at = "s"\njob_in = "path"', "6: [[endpoints]] 1, job_param: "
         "the path /alerts has no part {j}"),
        ('job_in = "json"', "5: [[endpoints]] 1, job_in: means nothing without 'job_param'"),
        ('id_in = "json"', "5: [[endpoints]] 1, id_in: means nothing without 'id_param'"),
        ('job_param = "sid"', "5: [[endpoints]] 1, job_param: no endpoint begins the search that it asks for"),
        ('unknown_status = 410', "5: [[endpoints]] 1, unknown_status: means nothing for a list that gives no job's"),
        ('kind = "update"\ndeletes = true', "3: [[endpoints]] 1: an update needs {id} in its path, or 'id_param'"),
        ('kind = "update"\nid_param = "id"', "3: [[endpoints]] 1: expected either 'set' (paths and new values) or "
         "'deletes = true' | such as set = {status = \"closed\"}"),
        ('kind = "update"\nid_param = "id"\nset = {a = 1}\ndeletes = true', "3: [[endpoints]] 1: expected either"),
        ('kind = "update"\nid_param = "id"\nset = {id = 1}', "7: [[endpoints]] 1, set: id is the event's id"),
        ('kind = "update"\nid_param = "id"\nset = {"a..b" = 1}', '7: [[endpoints]] 1, set: found "a..b", expected a'),
        ('kind = "update"\nid_param = "id"\nset = {a = 1}\nunknown_status = 99', "8: [[endpoints]] 1, unknown_status: "
         "found 99, expected a whole number from 200"),
        ('format = "yaml"', '5: [[endpoints]] 1, format: found "yaml", expected one of json, rows, xml, ndjson, csv'),
        ('format = "csv"', "3: [[endpoints]] 1: 'columns' is missing: the dotted paths of the answer's columns"),
        ('columns = "a"', '5: [[endpoints]] 1, columns: means nothing for format = "json" | write format = "csv" or '
         '"rows"'),
        ('format = "rows"', "3: [[endpoints]] 1: 'columns' is missing: the dotted paths of the answer's columns"),
        ('format = "rows"\ncolumns = "a"\npick = "id"', '7: [[endpoints]] 1, pick: means nothing for format = "rows"'),
        ('last_at = {newest = "created"}', "5: [[endpoints]] 1, last_at: the answer is a bare list, which has"),
        ('count_at = "n"', "5: [[endpoints]] 1, count_at: the answer is a bare list, which has no place for it"),
        ('list_at = "a"\nlast_at = {n = 1}', "6: [[endpoints]] 1, last_at: found 1, expected a dotted path"),
        ('list_at = "a"\nlast_at = {n = "a..b"}', '6: [[endpoints]] 1, last_at: found "a..b", expected a dotted path'),
        ('format = "xml"\ncount_at = "n"', '6: [[endpoints]] 1, count_at: means nothing for format = "xml"'),
        ('format = "ndjson"\ntext = "{escaped}"', '6: [[endpoints]] 1, text: {escaped} means nothing for format = '
         '"ndjson" | write {records}'),
        ('format = "xml"\ntext = "{records}{escaped}"', "6: [[endpoints]] 1, text: holds {records} twice or more"),
        ('format = "csv"\ncolumns = ["a", "a"]', "6: [[endpoints]] 1, columns: found a column twice"),
        ('format = "csv"\ncolumns = "a."', '6: [[endpoints]] 1, columns: found "a.", expected a dotted path'),
        ('item = "a"', '5: [[endpoints]] 1, item: means nothing for format = "json" | write format = "xml"'),
        ('format = "xml"\nitem = "a b"', '6: [[endpoints]] 1, item: found "a b", expected the name of an XML element'),
        ('format = "xml"\ntext = "<a/>"', "6: [[endpoints]] 1, text: holds {records} nowhere, expected it once"),
        ('format = "xml"\ntext = "{records}{records}"', "6: [[endpoints]] 1, text: holds {records} twice or more"),
        ('format = "xml"\nlist_at = "a"', '6: [[endpoints]] 1, list_at: means nothing for format = "xml" | what stands '
         "around the records is `text`"),
        ('format = "ndjson"\nextra = {a = 1}', '6: [[endpoints]] 1, extra: means nothing for format = "ndjson"'),
        ('format = "ndjson"\nempty = "null"', '6: [[endpoints]] 1, empty: found "null", expected "list" or "body"'),
        ('format = "xml"\npaging = {kind = "token", param = "t", next_at = "n"}', "6: [[endpoints]] 1, paging: "
         'next_at: an answer of format = "xml" has no place for it'),
        ('text = "<a/>"', '5: [[endpoints]] 1, text: means nothing for kind = "list" | write kind = "fixed", or'),
        ('filters = [{param = "a", in = "body"}]', "5: [[endpoints]] 1, filters 1: 'field' is missing: the body has"),
        ('filters = [{param = "a", op = "=", widest = "7d"}]', "5: [[endpoints]] 1, filters 1, widest: means nothing"),
        ('filters = [{param = "a", widest = 7}]', "5: [[endpoints]] 1, filters 1, widest: found 7, expected a number"),
        ('filters = [{param = "a", in = "bodi"}]', '5: [[endpoints]] 1, filters 1, in: found "bodi", expected one of '
         "query, path, header, json, form, cookie, body | did you mean 'body'?"),
        ('limit = {param = "n", in = "body"}',
         "5: [[endpoints]] 1, limit, in: found \"body\", expected a 'pattern' beside"),
        ("limit = {pattern = 'top (?P<bound>.+)'}", "5: [[endpoints]] 1, limit, pattern: 'param' is missing"),
        ("limit = {param = 'q', pattern = 'top'}", '5: [[endpoints]] 1, limit, pattern: found "top", expected'),
        ('paging = {kind = "link_header", param = "q", pattern = "(?P<bound>.+)"}',
         '5: [[endpoints]] 1, paging, pattern: means nothing for kind = "link_header"'),
        ('paging = {kind = "keep"}', '5: [[endpoints]] 1, paging, kind: found "keep", expected one of page'),
        ('paging = {kind = "kept", next_at = "n"}', '5: [[endpoints]] 1, paging, next_at: means nothing for kind ='),
        ('paging = {kind = "kept", life = "1m"}', '5: [[endpoints]] 1, paging, life: means nothing for kind = "kept"'),
        ('paging = {kind = "page", param = "p", life = "1m"}', "5: [[endpoints]] 1, paging, life: means nothing for "
         'kind = "page" | known for token, next_link, link_header'),
        ('paging = {kind = "offset", param = "p", stale_status = 410}', "5: [[endpoints]] 1, paging, stale_status:"),
        ('paging = {kind = "link_header", stale_status = 200}', "5: [[endpoints]] 1, paging, stale_status: found 200"),
    ],
)  # fmt: skip
def test_a_complaint_about_a_kind_names_its_line(tmp_path, lines, said):
    assert refusal(tmp_path, ENDPOINT + lines).startswith(said)


@pytest.mark.parametrize("kind", ["detail", "objects", "update"])
def test_what_goes_by_an_id_needs_one_field_that_holds_it(tmp_path, kind):
    text = ENDPOINT.replace("[identity]", '[identity]\nevent = ["a", "b"]')
    more = "deletes = true\n" if kind == "update" else ""
    said = refusal(tmp_path, text + f'kind = "{kind}"\nid_param = "id"\n{more}')
    assert "needs 'id_field': the field of the record that the id is looked up in" in said
