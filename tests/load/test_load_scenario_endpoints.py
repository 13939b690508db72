"""Endpoints say how the vendor's API shows its events; a hatch is read, never imported."""

from datetime import timedelta

import pytest
from scenario_files import ENDPOINT, loaded, refusal

from xsim.world import Condition, Endpoint, Filter, Limit, Order, Paging

VENDOR = "def answer(request, world):\n    raise SystemExit('imported')\n\nraise SystemExit('imported')\n"


def endpoint(folder, lines="", text=ENDPOINT):
    [found] = loaded(folder, text + lines).scenario.endpoints
    return found


def test_a_path_is_all_that_an_endpoint_needs(tmp_path):
    assert endpoint(tmp_path) == Endpoint("/alerts", time_field="created", id_field="id")


def test_every_key_of_an_endpoint_is_taken_over(tmp_path):
    lines = """
method = "POST"
host = "API.vendor.example"
streams = "s"
list_at = "data.items"
time_field = "updated"
id_field = "uid"
id_param = "uid"
id_in = "json"
total_at = "data.total"
more_at = "data.more"
count_at = "data.count"
last_at = {"meta.newest" = "created"}
extra = {ok = true}
empty = "null"
wrap = "alert"
pick = "uid"
[[streams]]
name = "s"
"""
    assert endpoint(tmp_path, lines) == Endpoint(
        "/alerts", "POST", "api.vendor.example", streams=("s",), list_at="data.items", time_field="updated",
        id_field="uid", id_name="uid", id_place="json", total_at="data.total", more_at="data.more",
        count_at="data.count", last_at={"meta.newest": "created"},
        extra={"ok": True}, empty="null", wrap="alert", pick="uid",
    )  # fmt: skip


def test_calls_at_one_address_are_told_apart_by_what_requests_say(tmp_path):
    lines = """
when = [{param = "op", in = "json", pattern = "^alerts$"}, {in = "body", pattern = "since"}, {param = "key"}]
[[endpoints]]
path = "/alerts"
kind = "fixed"
when = [{param = "q", pattern = "count"}]
"""
    first, second = loaded(tmp_path, ENDPOINT + lines).scenario.endpoints
    assert first.when == (Condition("op", "json", "^alerts$"), Condition("body", "body", "since"), Condition("key"))
    assert (second.kind, second.when) == ("fixed", (Condition("q", "query", "count"),))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('param = "since"', Filter("since", "since")),
        ('param = "since", field = "created", op = ">"', Filter("since", "created", compare=">")),
        ('param = "level", op = "in"', Filter("level", "level", compare="in", kind="text")),
        ('param = "n", op = "<", as = "number", in = "json"', Filter("n", "n", "json", "<", "number")),
        (
            'param = "h", in = "header", precision = "s", zone = "-05:00", required = true',
            Filter("h", "h", "header", precision="s", zone=timedelta(hours=-5), required=True),
        ),
        ('param = "last", relative = "h"', Filter("last", "last", relative="h")),
        ('param = "t", layout = "epoch-ms"', Filter("t", "t", layout="epoch-ms")),
        ('param = "t", layout = "%d/%m/%Y"', Filter("t", "t", layout="%d/%m/%Y")),
        ('param = "t", layout = "open^at>%Y-%m-%d %H:%M:%S"', Filter("t", "t", layout="open^at>%Y-%m-%d %H:%M:%S")),
        (
            'param = "q", op = "<", pattern = \'at<(?P<bound>\\d+)\', unreadable = "ignore"',
            Filter("q", "q", compare="<", pattern=r"at<(?P<bound>\d+)", unreadable="ignore"),
        ),
    ],
)
def test_a_filter_is_taken_over(tmp_path, written, meant):
    assert endpoint(tmp_path, f"filters = [{{{written}}}]").filters == (meant,)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"created"', Order(("created",))),
        ('["created", "-id"]', Order(("created", "-id"))),
        (
            '{by = ["-a.b"], param = "sort", in = "json", direction_param = "dir"}',
            Order(("-a.b",), "sort", "json", "dir"),
        ),
    ],
)
def test_an_order_is_a_list_or_a_table(tmp_path, written, meant):
    assert endpoint(tmp_path, f"order = {written}").order == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20", Limit(default=20, maximum=20)),
        ("false", Limit(default=2_000_000, maximum=2_000_000)),
        ('{param = "size"}', Limit("size")),
        ('{param = "size", max = 20}', Limit("size", default=20, maximum=20)),
        ("{default = 5000}", Limit(default=5000, maximum=5000)),
        ('{param = "size", in = "json", default = 10, max = 30}', Limit("size", "json", 10, 30)),
        ("{param = 'q', pattern = 'top (?P<bound>.+)'}", Limit("q", pattern="top (?P<bound>.+)")),
        ("{in = 'body', pattern = 'top (?P<bound>.+)'}", Limit("body", "body", pattern="top (?P<bound>.+)")),
    ],
)
def test_a_limit_is_a_number_none_or_a_table(tmp_path, written, meant):
    assert endpoint(tmp_path, f"limit = {written}").limit == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('kind = "page", param = "p", first = 0', Paging("page", "p", first=0)),
        ('kind = "token", param = "c", in = "json", next_at = "n"', Paging("token", "c", "json", next_at="n")),
        ('kind = "next_link", next_at = "n"', Paging("next_link", next_at="n")),
        ('kind = "link_header"', Paging("link_header")),
        (
            'kind = "offset", param = "o", next_at = "n", last = "empty"',
            Paging("offset", "o", next_at="n", last="empty"),
        ),
        (
            'kind = "token", param = "c", next_at = "n", tail_token = true, token_when_empty = true',
            Paging("token", "c", next_at="n", token_when_empty=True, tail_token=True),
        ),
        (
            "kind = 'offset', in = 'body', pattern = 'skip (?P<bound>.+)'",
            Paging("offset", "body", "body", pattern="skip (?P<bound>.+)"),
        ),
    ],
)
def test_paging_is_taken_over(tmp_path, written, meant):
    assert endpoint(tmp_path, f'list_at = "items"\npaging = {{{written}}}').paging == meant


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ("", Endpoint("/login", kind="fixed", text="")),
        ("extra = {}", Endpoint("/login", kind="fixed")),
        ('extra = {"a.b" = 1}', Endpoint("/login", kind="fixed", extra={"a.b": 1})),
        ('text = "[]"\nstatus = 503', Endpoint("/login", kind="fixed", text="[]", status=503)),
        (
            'method = "POST"\nhost = "A.example"\nanswer_headers = {Retry-After = 5, Set-Cookie = ["a=1", "b=2"]}',
            Endpoint(
                "/login", "POST", "a.example", kind="fixed", text="",
                answer_headers=(("Retry-After", "5"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
            ),
        ),
    ],
)  # fmt: skip
def test_a_fixed_answer_needs_no_time_field(tmp_path, lines, meant):
    assert endpoint(tmp_path, lines, '[[endpoints]]\npath = "/login"\nkind = "fixed"\n') == meant


def test_several_filters_may_read_one_parameter(tmp_path):
    lines = """filters = [
      {param = "q", field = "created", op = ">", pattern = 'at>(?P<bound>[0-9]+)'},
      {param = "q", field = "created", op = "<=", pattern = 'at<=(?P<bound>[0-9]+)'},
    ]"""
    assert [each.pattern for each in endpoint(tmp_path, lines).filters] == [
        "at>(?P<bound>[0-9]+)",
        "at<=(?P<bound>[0-9]+)",
    ]


def test_a_detail_call_takes_the_identity_for_its_id(tmp_path):
    text = ENDPOINT.replace("/alerts", "/alerts/{id}").replace("[identity]", '[identity]\nevent = "uid"')
    found = endpoint(tmp_path, 'kind = "detail"\nrecord_at = "alert"', text)
    assert (found.kind, found.id_field, found.record_at) == ("detail", "uid", "alert")


def test_the_time_field_of_an_endpoint_serves_as_the_events_own(tmp_path):
    text = '[[events]]\nrecord = {id = 1, at = 1715678940}\n[[endpoints]]\npath = "/a"\ntime_field = "at"'
    assert loaded(tmp_path, text).scenario.time_field == "at"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('methd = "GET"', "5: [[endpoints]] 1, methd: unknown key | did you mean 'method'?"),
        ('method = "get"', '5: [[endpoints]] 1, method: found "get", expected one of GET, POST'),
        ('host = "https://x"', '5: [[endpoints]] 1, host: found "https://x", expected a host name'),
        ('filters = [\n {param = "a"},\n {param = "b", op = "=>"}]', '7: [[endpoints]] 1, filters 2, op: found "=>"'),
        (
            'filters = [{param = "a", in = "path"}]',
            "5: [[endpoints]] 1, filters 1, param: the path /alerts has no part {a}",
        ),
        (
            'filters = [{param = "a", op = "=", zone = "Z"}]',
            '5: [[endpoints]] 1, filters 1, zone: means nothing for as = "text"',
        ),
        ('filters = [{param = "a", layout = "isoo"}]', '5: [[endpoints]] 1, filters 1, layout: found "isoo"'),
        ('filters = {param = "a"}', "5: [[endpoints]] 1, filters: found one table, expected a list of tables"),
        ('order = "-"', '5: [[endpoints]] 1, order: found "-", expected a dotted path behind "-"'),
        ("limit = true", "5: [[endpoints]] 1, limit: found true, expected a whole number"),
        ("limit = {default = 9, max = 3}", "5: [[endpoints]] 1, limit, default: found 9, expected at most max, 3"),
        ('paging = {kind = "pages"}', '5: [[endpoints]] 1, paging, kind: found "pages", expected one of page, offset'),
        (
            'paging = {kind = "page"}',
            "5: [[endpoints]] 1, paging: 'param' is missing: the parameter that holds the page",
        ),
        (
            'paging = {kind = "next_link", next_at = "n"}',
            "5: [[endpoints]] 1, paging: next_at: the answer is a bare list",
        ),
        ('total_at = "n"', "5: [[endpoints]] 1, total_at: the answer is a bare list, which has no place for it"),
        ('kind = "detail"', "3: [[endpoints]] 1: a detail call needs {id} in its path, or 'id_param'"),
        (
            'list_at = "d"\npaging = {kind = "offset", param = "o", last = "missing"}',
            "6: [[endpoints]] 1, paging, last: means nothing without 'next_at'",
        ),
        (
            'list_at = "d"\npaging = {kind = "offset", param = "o", next_at = "n", last = "none"}',
            '6: [[endpoints]] 1, paging, last: found "none", expected one of null, missing, empty',
        ),
        (
            'filters = [\n {param = "a", pattern = "(?P<bound>x"}]',
            '6: [[endpoints]] 1, filters 1, pattern: found "(?P<bound>x", which is no regular expression: missing )',
        ),
        (
            'filters = [{param = "a", pattern = "since (.+)"}]',
            '5: [[endpoints]] 1, filters 1, pattern: found "since (.+)", expected a regular expression with a group '
            "named `bound` | such as 'created>(?P<bound>",
        ),
        (
            f'filters = [{{param = "a", pattern = "(?P<bound>{"x" * 1000})"}}]',
            '5: [[endpoints]] 1, filters 1, pattern: found "(?P<bound>xxxxx',
        ),
        (
            'filters = [{param = "a", pattern = "(?P<bound>x{99999999999999999999})"}]',
            '5: [[endpoints]] 1, filters 1, pattern: found "(?P<bound>x{999',
        ),
        (
            'filters = [{param = "a", op = "in", unreadable = "ignore"}]',
            '5: [[endpoints]] 1, filters 1, unreadable: means nothing for as = "text"',
        ),
        ("list_at = 'd'\nextra = {\"\" = 1}", '6: [[endpoints]] 1, extra: found "", expected a dotted path'),
        ('text = "x"', '5: [[endpoints]] 1, text: means nothing for kind = "list" | write kind = "fixed"'),
        (
            'kind = "fixed"\nlimit = 5',
            '6: [[endpoints]] 1, limit: means nothing for kind = "fixed" | known there: path, method',
        ),
        (
            'kind = "fixed"\nextra = {a = 1}\ntext = "x"',
            "7: [[endpoints]] 1, text: expected either 'extra' (an object) or 'text', not both",
        ),
        (
            'kind = "fixed"\nstatus = 99',
            "6: [[endpoints]] 1, status: found 99, expected a whole number from 200 to 599",
        ),
        (
            'kind = "fixed"\nanswer_headers = {"a b" = "x"}',
            "6: [[endpoints]] 1, answer_headers, a b: no name that a header can have",
        ),
        (
            'kind = "fixed"\nanswer_headers = {A = "x\\ny"}',
            '6: [[endpoints]] 1, answer_headers, A: found "x',
        ),
        (
            'kind = "fixed"\nanswer_headers = {A = ["x", 1.5]}',
            "6: [[endpoints]] 1, answer_headers, A: found a list of 2, expected a text of one line",
        ),
        ('streams = ["s"]', "5: [[endpoints]] 1, streams: no stream or event is of 's' | streams here: none"),
        (
            '[[endpoints]]\npath = "/alerts"',
            "5: [[endpoints]] 2: GET /alerts is answered by [[endpoints]] 1 already | where "
            "requests say which of them is meant: when =",
        ),
        (
            'when = [{pattern = "a"}]',
            "5: [[endpoints]] 1, when 1: 'param' is missing: the name of the request's parameter",
        ),
        (
            'when = [{in = "body"}]',
            "5: [[endpoints]] 1, when 1: 'pattern' is missing: what stands in the body of such a",
        ),
        ('when = [{param = "x", in = "path"}]', "5: [[endpoints]] 1, when 1, param: the path /alerts has no part {x}"),
        (
            'when = [{param = "x", pattern = "("}]',
            '5: [[endpoints]] 1, when 1, pattern: found "(", which is no regular',
        ),
        (
            'when = [{param = "q"}]\n[[endpoints]]\npath = "/alerts"\nwhen = [{param = "q"}]',
            "6: [[endpoints]] 2: GET /alerts is answered by [[endpoints]] 1 already",
        ),
    ],
)
def test_a_complaint_about_an_endpoint_names_its_line(tmp_path, lines, said):
    assert refusal(tmp_path, ENDPOINT + lines).startswith(said)


@pytest.mark.parametrize("path", ["alerts", "/a b", "/a?b=c", "https://vendor.example/a", "/{", "/{}", "/{a}/{a}"])
def test_a_path_that_no_request_can_have_is_refused(tmp_path, path):
    assert refusal(tmp_path, ENDPOINT.replace("/alerts", path)).startswith(f'4: [[endpoints]] 1, path: found "{path}"')


def test_an_order_by_time_needs_a_time_field(tmp_path):
    said = refusal(tmp_path, '[[endpoints]]\npath = "/a"\nfilters = [{param = "from", field = "seen"}]')
    assert said.startswith("1: [[endpoints]] 1: nothing says which field holds the time")
    assert '[identity] time = "seen"' in said


# --- vendor = "vendor.py:answer" ----------------------------------------------------------------------------


def test_a_vendor_function_is_found_without_importing_its_file(tmp_path):
    (tmp_path / "vendor.py").write_text(VENDOR)
    hatch = loaded(tmp_path, 'vendor = "vendor.py:answer"').scenario.hatch
    assert (hatch.path, hatch.function, hatch.shown) == (str(tmp_path / "vendor.py"), "answer", "vendor.py:answer")


@pytest.mark.parametrize(
    ("written", "content", "said"),
    [
        ("vendor.py", VENDOR, 'found "vendor.py", expected a file and a function'),
        ("vendr.py:answer", VENDOR, "vendr.py: no such file | did you mean 'vendor.py'?"),
        ("../vendor.py:answer", VENDOR, "../vendor.py lies outside"),
        ("vendor.py:anser", VENDOR, "vendor.py defines no function 'anser' at its top level | did you mean 'answer'?"),
        ("vendor.py:answer", "def answer(request): ...", "answer cannot be called with two arguments"),
        ("vendor.py:answer", "def answer(a, b, *, c): ...", "answer cannot be called with two arguments"),
        ("vendor.py:answer", "x = 1\ndef (", "vendor.py:2: not valid Python"),
        ("vendor.py:answer", "\0", "vendor.py"),
    ],
)
def test_a_vendor_function_that_cannot_answer_is_refused(tmp_path, written, content, said):
    (tmp_path / "vendor.py").write_text(content)
    assert refusal(tmp_path, f'vendor = "{written}"').startswith(f"1: vendor: {said}")


@pytest.mark.parametrize(
    "signature", ["request, world", "*anything", "request, world, more=1", "request, world, **rest"]
)
def test_what_can_be_called_with_two_arguments_can_answer(tmp_path, signature):
    (tmp_path / "vendor.py").write_text(f"def answer({signature}): ...")
    assert loaded(tmp_path, 'vendor = "vendor.py:answer"').scenario.hatch


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "vendor.py").write_text(VENDOR)
    (folder / "vendor.py").symlink_to(tmp_path / "vendor.py")
    assert refusal(folder, 'vendor = "vendor.py:answer"').startswith("1: vendor: vendor.py lies outside")
