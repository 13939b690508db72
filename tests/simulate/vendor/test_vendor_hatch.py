"""The vendor as a Python function of the scenario's author."""

import inspect
import json
import sys
import textwrap

import pytest
from vendor_builders import LATER, STARTS, a_change, a_request, a_vendor, an_endpoint, an_event, answer, asked, at, ids

from xsim.errors import InvalidScenario
from xsim.simulate.vendor import hatch as hatch_module
from xsim.world import Hatch

TWO = [an_event("A", "12:00"), an_event("B", "12:01")]


@pytest.fixture
def vendor_of(tmp_path):
    """A vendor whose function has this text."""

    def make(text, *endpoints, events=TWO, **named):
        file = tmp_path / "vendor.py"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return a_vendor(events, *endpoints, hatch=Hatch(str(file), "answer", "vendor.py:answer"), **named)

    return make


def returns(expression):
    return f"def answer(request, world):\n    return {expression}\n"


def test_the_example_in_the_documentation_works(vendor_of):
    lines = inspect.getdoc(hatch_module).splitlines()
    start = next(number for number, line in enumerate(lines) if "def answer" in line)
    example = "\n".join(lines[start : start + 10])
    vendor = vendor_of(example)
    body = {"since": "2024-05-14T12:00:30+00:00"}
    assert answer(vendor, "/api/search", method="POST", json_body=body) == {"total": 1, "items": [dict(TWO[1].record)]}
    assert asked(vendor, "/api/other") is None
    responses = [asked(vendor, "/api/search", method="POST", json_body=body) for _ in range(9)]
    assert [response.status for response in responses] == [200] * 8 + [429]
    assert dict(responses[-1].headers)["Retry-After"] == "5"


def test_the_function_sees_the_request_in_all_its_parts(vendor_of):
    vendor = vendor_of("""
        def answer(request, world):
            return {
                "plain": [request.method, request.scheme, request.host, request.path, request.body.decode()],
                "query": [request.query["a"], request.query.all("a"), request.query.get("z"), request.query.pairs],
                "header": [request.headers["X-KEY"], "x-key" in request.headers],
                "json": request.json, "now": request.now.isoformat(), "same": request.now == world.now,
            }
    """)
    got = answer(vendor, "/p%20q/?a=1&a=2&b=", method="POST", headers=[("X-Key", "k")], json_body={"n": 1}, now=STARTS)
    assert got["plain"] == ["POST", "https", "vendor.example", "/p q/", '{"n": 1}']
    assert got["query"] == ["1", ["1", "2"], None, [["a", "1"], ["a", "2"], ["b", ""]]]
    assert got["header"] == ["k", True]
    assert got["json"] == {"n": 1}
    assert (got["now"], got["same"]) == (STARTS.isoformat(), True)


def test_the_function_reads_a_form(vendor_of):
    vendor = vendor_of(returns("[request.form['user'], request.form.all('tag')]"))
    assert answer(vendor, method="POST", form="user=a%20b&tag=1&tag=2") == ["a b", ["1", "2"]]


def test_a_body_that_is_no_json_is_refused_by_the_vendor(vendor_of):
    vendor = vendor_of(returns("request.json['since']"))
    assert asked(vendor, method="POST", form="since=1").status == 400


def test_the_function_sees_the_events_of_now_with_all_their_times(vendor_of):
    vendor = vendor_of(
        """
        def answer(request, world):
            texts = lambda *times: [time and time.strftime("%H:%M") for time in times]
            return [[e.id, e.stream, e.record["n"], *texts(e.occurred, e.visible, e.changed)] for e in world.events()]
        """,
        events=[
            an_event("late", "12:00", visible="12:30", n=1, stream="s"),
            an_event("changed", "12:10", n=1, changes=[a_change("12:40", n=2)]),
            an_event("gone", "12:20", n=1, changes=[a_change("12:40", deleted=True)]),
            an_event("future", "13:00", n=1),
        ],
    )
    assert answer(vendor, now=at("12:20")) == [
        ["changed", "", 1, "12:10", "12:10", None],
        ["gone", "", 1, "12:20", "12:20", None],
    ]
    assert answer(vendor, now=at("12:40")) == [
        ["changed", "", 2, "12:10", "12:10", "12:40"],
        ["late", "s", 1, "12:00", "12:30", None],
    ]


def test_it_answers_what_the_endpoints_do_not(vendor_of):
    vendor = vendor_of(returns("{'who': 'function'}"), an_endpoint("/alerts"))
    assert ids(vendor, "/alerts") == ["B", "A"]
    assert answer(vendor, "/token", method="POST") == {"who": "function"}


def test_it_may_leave_a_call_unanswered(vendor_of):
    assert asked(vendor_of(returns("None"))) is None


def test_a_call_that_it_leaves_unanswered_is_told_with_its_name(vendor_of):
    request = a_request("/other")
    assert vendor_of(returns("None")).refusal(request) == "vendor.py:answer returned None for it"
    both = vendor_of(returns("None"), an_endpoint("/alerts"))
    assert both.refusal(request) == "no endpoint takes it, and vendor.py:answer returned None for it"
    assert both.alone("A").refusal(request) == both.refusal(request)
    assert a_vendor(TWO).refusal(request) == ""


@pytest.mark.parametrize(
    ("target", "seen"),
    [("/a", "/a"), ("/a/", "/a/"), ("/a//", "/a/"), ("//a//b", "/a/b"), ("/", "/"), ("", "/")],
)
def test_a_slash_at_the_end_of_the_path_is_kept(vendor_of, target, seen):
    assert answer(vendor_of(returns("request.path")), target) == seen


def test_an_endpoint_takes_a_path_with_and_without_a_slash_at_its_end(vendor_of):
    vendor = vendor_of(returns("None"), an_endpoint("/alerts"), an_endpoint("/cases/"))
    assert [asked(vendor, path).status for path in ("/alerts", "/alerts/", "/cases", "/cases/")] == [200] * 4


@pytest.mark.parametrize(
    ("expression", "status", "headers", "body"),
    [
        ("{'a': 'é'}", 200, {"Content-Type": "application/json"}, '{"a":"é"}'.encode()),
        ("[1, (2, 3)]", 200, {"Content-Type": "application/json"}, b"[1,[2,3]]"),
        ("'text'", 200, {"Content-Type": "application/json"}, b'"text"'),
        ("0", 200, {"Content-Type": "application/json"}, b"0"),
        ("(200, {}, None)", 200, {"Content-Type": "application/json"}, b"null"),
        ("(404, {'X-A': 1}, {'b': 2})", 404, {"X-A": "1", "Content-Type": "application/json"}, b'{"b":2}'),
        ("(201, {'Content-Type': 'text/xml'}, '<a/>')", 201, {"Content-Type": "text/xml"}, b"<a/>"),
        ("(200, None, b'\\x00')", 200, {}, b"\x00"),
        (
            "(200, {'content-type': 'application/problem+json'}, {})",
            200,
            {"content-type": "application/problem+json"},
            b"{}",
        ),
        ("b'raw'", 200, {}, b"raw"),
    ],
)
def test_what_it_returns_is_sent(vendor_of, expression, status, headers, body):
    response = asked(vendor_of(returns(expression)))
    assert (response.status, dict(response.headers), response.body) == (status, headers, body)


def test_a_header_may_be_sent_twice(vendor_of):
    response = asked(vendor_of(returns("(200, [('Set-Cookie', 'a=1'), ('Set-Cookie', 'b=2')], 'x')")))
    assert response.headers == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))


@pytest.mark.parametrize(
    ("expression", "what"),
    [
        ("{1, 2}", "set that is no JSON"),
        ("{'when': request.now}", "a value that is no JSON"),
        ("float('nan')", "float that is no JSON"),
        ("(200, {})", "a tuple of 2"),
        ("('200', {}, {})", "the status '200'"),
        ("(True, {}, {})", "the status True"),
        ("(20, {}, {})", "the status 20"),
        ("(200, 'text', {})", "headers of type str"),
        ("(200, {'A': None}, {})", "the header 'A': None"),
        ("(200, ['A'], {})", "headers of type list"),
    ],
)
def test_what_cannot_be_sent_is_a_mistake_of_the_scenario(vendor_of, expression, what):
    with pytest.raises(InvalidScenario) as caught:
        asked(vendor_of(returns(expression)))
    assert caught.value.message.startswith(f"vendor.py:answer returned {what}")
    assert caught.value.message.endswith("expected a JSON value, or (status, headers, body)")


def test_the_evidence_names_the_records_that_were_handed_out(vendor_of):
    vendor = vendor_of(returns("{'items': [{'alert': e.record} for e in reversed(world.events())]}"))
    listing = asked(vendor).listing
    assert (listing.endpoint, listing.listed, listing.matched) == ("vendor.py:answer", ("B", "A"), 2)


def test_the_evidence_names_records_that_were_changed_in_place(vendor_of):
    vendor = vendor_of("""
        def answer(request, world):
            found = [e.record for e in world.events()]
            for record in found:
                record["score"] = 1
            return found
    """)
    assert ids(vendor) == ["A", "B"]
    assert [each["score"] for each in answer(vendor)] == [1, 1]
    assert "score" not in TWO[0].record


def test_the_evidence_names_records_that_are_equal_to_an_events(vendor_of):
    copies = vendor_of(returns("[dict(reversed(e.record.items())) for e in world.events()][:1]"))
    assert ids(copies) == ["A"]
    text = vendor_of("import json\n" + returns("(200, {}, json.dumps([e.record for e in world.events()]))"))
    assert ids(text) == ["A", "B"]
    others = vendor_of(returns("[{'id': e.id} for e in world.events()]"))
    assert ids(others) == []


COUNTING = """
    def answer(request, world):
        world.state["n"] = world.state.get("n", 0) + 1
        return {"n": world.state["n"], "random": world.random.random()}
"""


def test_what_it_remembers_is_kept_from_call_to_call(vendor_of):
    vendor = vendor_of(COUNTING)
    assert [answer(vendor)["n"] for _ in range(3)] == [1, 2, 3]


def test_its_state_is_put_back_with_its_chance(vendor_of):
    vendor = vendor_of(COUNTING)
    answer(vendor)
    kept = vendor.state
    assert json.loads(json.dumps(kept)) == kept
    after = [answer(vendor) for _ in range(2)]
    vendor.state = kept
    assert [answer(vendor) for _ in range(2)] == after
    assert after[0]["random"] != after[1]["random"]


def test_a_state_that_was_taken_does_not_move_with_the_vendor(vendor_of):
    vendor = vendor_of(COUNTING)
    answer(vendor)
    kept = vendor.state
    kept["state"]["n"] = 50
    assert answer(vendor)["n"] == 2


def test_copies_of_a_vendor_go_their_own_ways(vendor_of):
    vendor = vendor_of(COUNTING)
    answer(vendor)
    copy, alone = vendor.without_news(LATER), vendor.alone("A")
    assert [answer(copy), answer(copy)] == [answer(vendor), answer(vendor)]
    assert answer(alone)["n"] == 1


def test_chance_comes_from_the_seed(vendor_of):
    draws = [answer(vendor_of(COUNTING, seed=seed))["random"] for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_its_state_passes_through_json(vendor_of):
    vendor = vendor_of("""
        def answer(request, world):
            if not world.state:
                world.state = {"pair": (1, 2)}
            return world.state["pair"] == [1, 2]
    """)
    assert [answer(vendor) for _ in range(2)] == [False, True]


def test_a_state_that_is_no_json_is_a_mistake_of_the_scenario(vendor_of):
    vendor = vendor_of("""
        def answer(request, world):
            world.state["seen"] = set()
            return []
    """)
    with pytest.raises(InvalidScenario, match=r"vendor\.py:answer: world\.state is no JSON"):
        asked(vendor)


def test_a_call_that_fails_changes_no_state(vendor_of):
    vendor = vendor_of("""
        def answer(request, world):
            world.state["n"] = 1
            return {}[request.path]
    """)
    before = vendor.state
    with pytest.raises(InvalidScenario) as caught:
        asked(vendor)
    assert caught.value.message == "vendor.py:answer: the vendor function failed: KeyError: '/alerts' (line 4)"
    assert isinstance(caught.value.__cause__, KeyError)
    assert vendor.state == before


def test_the_line_of_a_failure_is_the_innermost_one_of_the_file(vendor_of):
    vendor = vendor_of("""
        import json

        def answer(request, world):
            return inner()

        def inner():
            return json.loads("{")
    """)
    with pytest.raises(InvalidScenario, match=r"JSONDecodeError: .* \(line 8\)"):
        asked(vendor)


def test_leaving_the_program_is_a_failure_too(vendor_of):
    vendor = vendor_of("import sys\n" + returns("sys.exit(3)"))
    with pytest.raises(InvalidScenario, match="SystemExit: 3"):
        asked(vendor)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def answer(request, world)\n    return 1\n", "vendor.py:answer: line 1: SyntaxError:"),
        ("x = 1\nraise ValueError('no')\n", "vendor.py:answer: line 2: ValueError: no"),
        ("\nimport no_such_module_anywhere\n", "vendor.py:answer: line 2: ModuleNotFoundError:"),
        ("def answers(request, world):\n    return 1\n", "vendor.py:answer: vendor.py has no function answer"),
        ("answer = 1\n", "vendor.py:answer: vendor.py has no function answer"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_told_with_its_line(vendor_of, text, message):
    with pytest.raises(InvalidScenario) as caught:
        vendor_of(text)
    assert caught.value.message.startswith(message)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InvalidScenario, match="the vendor function cannot be read: No such file"):
        a_vendor(TWO, hatch=Hatch(str(tmp_path / "vendor.py"), "answer"))


def test_loading_the_file_leaves_no_trace(vendor_of, tmp_path):
    modules, path = set(sys.modules), list(sys.path)
    vendor = vendor_of("""
        from __future__ import annotations

        from dataclasses import dataclass

        @dataclass
        class Page:
            size: int

        def answer(request, world):
            return Page(3).size
    """)
    assert answer(vendor) == 3
    assert (set(sys.modules), sys.path) == (modules, path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["vendor.py"]


def test_each_vendor_runs_the_file_anew(vendor_of):
    text = "calls = []\n" + returns("calls.append(1) or len(calls)")
    assert [answer(vendor_of(text)) for _ in range(2)] == [1, 1]
