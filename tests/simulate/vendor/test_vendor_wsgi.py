"""The vendor as a WSGI application: what it is handed, what it may do, and what is a mistake of its author."""

import json
import re
import textwrap

import pytest
from vendor_builders import a_change, a_request, a_vendor, an_event, at

from xsim.errors import InvalidScenario
from xsim.model import Request
from xsim.world import Hatch

TWO = [an_event("A", "12:00", n=1), an_event("B", "12:01", n=2)]
LATER = at("18:00")
OK = "start_response('200 OK', [('Content-Type', 'application/json')])"


class Vendor:
    """A vendor that the application answers for."""

    def __init__(self, hatch, events):
        self._vendor = a_vendor(events, hatch=hatch)

    def __call__(self, target="/alerts", *, now=LATER, request=None, **named):
        return self._vendor(request or a_request(target, **named), now)

    def json(self, target="/alerts", **named):
        response = self(target, **named)
        assert response.status == 200, response.body
        return json.loads(response.body)

    @property
    def state(self):
        """What the application left behind."""
        return self._vendor.state["state"]


@pytest.fixture
def vendor_of(tmp_path):
    """A vendor whose application has this text, as `app`."""

    def make(text, *, events=TWO, name="app"):
        file = tmp_path / "vendor.py"
        file.write_text("import json\n" + textwrap.dedent(text), encoding="utf-8")
        hatch = Hatch(str(file), name, f"vendor.py:{name}", is_wsgi=True)
        return Vendor(hatch, events)

    return make


def gives(expression, *, before=OK):
    """An application that gives this JSON value."""
    return f"""
def app(environ, start_response):
    world = environ["xsim.world"]
    {before}
    return [json.dumps({expression}).encode()]
"""


# --- what it is handed --------------------------------------------------------------------------------------


def test_the_request_comes_as_the_pep_says(vendor_of):
    vendor = vendor_of(
        gives("[{k: v for k, v in environ.items() if '.' not in k}, environ['wsgi.input'].read().decode()]")
    )
    request = Request(
        "post",
        "https://vendor.example:8443/a%20b/%C3%A9?q=%20&x=1",
        (("Host", "vendor.example:8443"), ("Content-Type", "text/x"), ("X-Key", "k"), ("Content-Length", "5")),
        b"hello",
    )
    variables, body = vendor.json(request=request)
    assert body == "hello"
    assert variables == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/a b/é".encode().decode("latin-1"),
        "QUERY_STRING": "q=%20&x=1",
        "CONTENT_TYPE": "text/x",
        "CONTENT_LENGTH": "5",
        "SERVER_NAME": "vendor.example",
        "SERVER_PORT": "8443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "vendor.example:8443",
        "HTTP_X_KEY": "k",
    }


def test_the_server_s_own_names_are_there(vendor_of):
    vendor = vendor_of(
        gives("sorted(f'{k}={environ[k]}' for k in environ if k.startswith('wsgi.') and k != 'wsgi.input')")
    )
    found = vendor.json(host="http://vendor.example")
    assert [each for each in found if "errors" not in each] == [
        "wsgi.input_terminated=True",
        "wsgi.multiprocess=False",
        "wsgi.multithread=False",
        "wsgi.run_once=False",
        "wsgi.url_scheme=http",
        "wsgi.version=(1, 0)",
    ]


@pytest.mark.parametrize(("host", "port"), [("http://v.example", "80"), ("https://v.example", "443")])
def test_the_port_follows_from_the_scheme(vendor_of, host, port):
    vendor = vendor_of(gives("[environ['SERVER_PORT'], environ['HTTP_HOST']]"))
    assert vendor.json(host=host) == [port, "v.example"]


def test_headers_that_come_twice_are_joined(vendor_of):
    vendor = vendor_of(gives("[environ['HTTP_X_A'], environ['HTTP_COOKIE']]"))
    headers = [("X-A", "1"), ("Cookie", "a=1"), ("x-a", "2"), ("cookie", "b=2")]
    assert vendor.json(headers=headers) == ["1,2", "a=1; b=2"]


def test_a_body_in_chunks_has_a_length_all_the_same(vendor_of):
    vendor = vendor_of(gives("[environ['CONTENT_LENGTH'], 'HTTP_TRANSFER_ENCODING' in environ]"))
    assert vendor.json(method="POST", headers=[("Transfer-Encoding", "chunked")], form="a=1") == ["3", False]


def test_without_a_body_nothing_is_said_of_one(vendor_of):
    assert vendor_of(gives("[k for k in environ if k.startswith('CONTENT')]")).json() == []


def test_the_world_has_events_state_chance_and_time(vendor_of):
    text = gives(
        "[[(e.id, e.record['n']) for e in world.events()], world.state['n'], world.random.random(), world.now.hour]",
        before="world.state['n'] = world.state.get('n', 0) + 1; " + OK,
    )
    events = [an_event("A", "12:00", n=1, changes=[a_change("12:30", n=5)]), an_event("B", "13:00", n=2)]
    vendor = vendor_of(text, events=events)
    first = vendor.json(now=at("12:10"))
    second = vendor.json(now=at("13:00"))
    assert (first[:2], first[3]) == ([[["A", 1]], 1], 12)
    assert (second[:2], second[3]) == ([[["A", 5], ["B", 2]], 2], 13)
    assert first[2] == vendor_of(text, events=events).json()[2] != second[2]
    assert vendor.state == {"n": 2}


def test_the_validator_of_the_standard_library_has_nothing_to_say(vendor_of):
    vendor = vendor_of("""
        from wsgiref.validate import validator

        @validator
        def app(environ, start_response):
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.errors"].write("seen")
            environ["wsgi.errors"].flush()
            start_response("200 OK", [("Content-Type", "text/plain")])
            return iter([b"got ", body])
    """)
    assert vendor(method="POST", form="a=1", headers=[("Content-Type", "x/y"), ("X-A", "b")]).body == b"got a=1"
    assert vendor("/p%20q?a=b").body == b"got "


def test_what_it_writes_to_its_errors_is_seen_by_nobody(vendor_of, capfd):
    text = (
        "def app(environ, start_response):\n    print('secret', file=environ['wsgi.errors'])\n    "
        + OK
        + "\n    return []"
    )
    assert vendor_of(text)().body == b""
    assert capfd.readouterr() == ("", "")


# --- what it may do -----------------------------------------------------------------------------------------


def test_status_headers_and_body_are_sent(vendor_of):
    vendor = vendor_of("""
        def app(environ, start_response):
            start_response("429 Slow down", [("Retry-After", "5"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
            return [b"a", b"", b"b"]
    """)
    response = vendor()
    assert (response.status, response.body) == (429, b"ab")
    assert response.headers == (("Retry-After", "5"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))


def test_an_answer_404_is_an_answer(vendor_of):
    assert vendor_of(gives("None", before="start_response('404 Not Found', [])"))().status == 404


def test_a_header_says_that_nobody_answers(vendor_of):
    text = gives("None", before="world.state['n'] = 1; start_response('404 Not Found', [('x-xsim-unanswered', '')])")
    vendor = vendor_of(text)
    assert vendor() is None
    assert vendor.state == {"n": 1}


def test_a_generator_may_start_its_answer_when_it_is_asked_for_more(vendor_of):
    vendor = vendor_of("""
        def app(environ, start_response):
            yield b""
            start_response("201 Created", [])
            yield b"a"
            yield b"b"
    """)
    assert (vendor().status, vendor().body) == (201, b"ab")


def test_what_is_written_comes_before_what_is_returned(vendor_of):
    vendor = vendor_of("""
        def app(environ, start_response):
            write = start_response("200 OK", [])
            write(b"first ")
            return [b"second"]
    """)
    assert vendor().body == b"first second"


CLOSING = """
    closed = []

    class Chunks:
        def __init__(self, *chunks):
            self.chunks = iter(chunks)
        def __iter__(self):
            return self
        def __next__(self):
            chunk = next(self.chunks)
            if chunk is None:
                raise KeyError("in the middle")
            return chunk
        def close(self):
            closed.append(1)

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/closed":
            start_response("200 OK", [])
            return [str(len(closed)).encode()]
        start_response("200 OK", [])
        return Chunks(b"a", None) if environ["PATH_INFO"] == "/broken" else Chunks(b"a")
"""


def test_an_answer_is_closed_also_where_it_broke_off(vendor_of):
    vendor = vendor_of(CLOSING)
    assert vendor().body == b"a"
    assert vendor("/closed").body == b"1"
    with pytest.raises(InvalidScenario, match="KeyError: 'in the middle'"):
        vendor("/broken")
    assert vendor("/closed").body == b"2"


def test_an_error_page_may_take_the_place_of_an_answer_not_yet_begun(vendor_of):
    vendor = vendor_of("""
        import sys

        def app(environ, start_response):
            start_response("200 OK", [("X-A", "1")])
            try:
                raise KeyError("late")
            except KeyError:
                start_response("503 Down", [("X-B", "2")], sys.exc_info())
            return [b"down"]
    """)
    response = vendor()
    assert (response.status, response.headers, response.body) == (503, (("X-B", "2"),), b"down")


def test_once_the_answer_has_begun_an_error_is_raised(vendor_of):
    vendor = vendor_of("""
        import sys

        def app(environ, start_response):
            start_response("200 OK", [])
            yield b"begun"
            try:
                raise KeyError("too late")
            except KeyError:
                start_response("500 Oh", [], sys.exc_info())
    """)
    with pytest.raises(InvalidScenario, match=r"failed: KeyError: 'too late' \(line \d+\)"):
        vendor()


@pytest.mark.parametrize(
    "text",
    [
        "class App:\n    def __call__(self, e, start_response):\n        {ok}\n        return [b'7']\napp = App()",
        "class app:\n    def __init__(self, e, start_response):\n        {ok}\n"
        + "    def __iter__(self):\n        yield b'7'",
        "from functools import partial\ndef f(a, e, start_response):\n    {ok}\n    return [b'7']\napp = partial(f, 1)",
        "def app(*arguments):\n    start_response = arguments[1]\n    {ok}\n    return [b'7']",
    ],
    ids=["an object", "a class", "a partial", "any arguments"],
)
def test_whatever_can_be_called_so_is_an_application(vendor_of, text):
    assert vendor_of(text.replace("{ok}", OK)).json() == 7


def test_what_it_writes_to_events_is_there_in_the_next_call(vendor_of):
    vendor = vendor_of("""
        def app(environ, start_response):
            world = environ["xsim.world"]
            if environ["REQUEST_METHOD"] == "DELETE":
                world.delete("B")
                world.update("A", {"status": "closed"})
            start_response("200 OK", [])
            return [json.dumps([e.record for e in world.events()]).encode()]
    """)
    assert [each.get("status") for each in vendor.json()] == [None, None]
    changed = {**TWO[0].record, "status": "closed"}
    response = vendor(method="DELETE")
    assert (json.loads(response.body), response.listing.listed) == ([changed], ("A",))
    assert (vendor.json(), listing(vendor)) == ([changed], ["A"])


def test_an_application_of_its_own_classes_routes_and_remembers(vendor_of):
    vendor = vendor_of("""
        class Application:
            def __init__(self):
                self.routes = {}

            def route(self, method, path):
                return lambda view: self.routes.setdefault((method, path), view)

            def __call__(self, environ, start_response):
                view = self.routes.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
                if view is None:
                    start_response("404 Not Found", [])
                    return []
                body = json.dumps(view(environ["xsim.world"])).encode()
                start_response("200 OK", [("Content-Length", str(len(body)))])
                return [body]

        app = Application()

        @app.route("GET", "/alerts")
        def alerts(world):
            return [e.record for e in world.events() if e.id not in world.state.get("seen", [])]

        @app.route("POST", "/seen")
        def seen(world):
            world.state["seen"] = [e.id for e in world.events()]
            return {}
    """)
    assert [each["id"] for each in vendor.json("/alerts")] == ["A", "B"]
    assert vendor.json("/seen", method="POST") == {}
    assert vendor.json("/alerts") == []
    assert vendor("/seen").status == 404


# --- the evidence -------------------------------------------------------------------------------------------


def listing(vendor):
    found = vendor().listing
    assert found.endpoint == "vendor.py:app"
    assert found.matched == len(found.listed)
    return list(found.listed)


def test_the_evidence_names_the_records_in_the_answer(vendor_of):
    vendor = vendor_of(gives("{'items': [{'alert': e.record} for e in reversed(world.events())], 'total': 2}"))
    assert listing(vendor) == ["B", "A"]


def test_the_evidence_names_records_that_were_changed_before_they_were_sent(vendor_of):
    vendor = vendor_of("""
        def app(environ, start_response):
            records = [e.record for e in environ["xsim.world"].events()]
            for record in records:
                record["score"] = record.pop("n") * 10
            start_response("200 OK", [])
            return [json.dumps(records[1:]).encode()]
    """)
    assert listing(vendor) == ["B"]
    assert TWO[0].record["n"] == 1


def test_the_evidence_of_an_answer_that_is_no_json_names_nothing(vendor_of):
    vendor = vendor_of("def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'<alerts/>']")
    assert listing(vendor) == []


# --- mistakes of its author ---------------------------------------------------------------------------------


def refusal(vendor_of, text, **named):
    with pytest.raises(InvalidScenario) as caught:
        vendor_of(text, **named)()
    return caught.value


def test_what_it_raises_is_told_with_its_line(vendor_of):
    text = "def app(environ, start_response):\n    return inner()\n\ndef inner():\n    return {}['x']"
    error = refusal(vendor_of, text)
    assert error.message == "vendor.py:app: the WSGI application failed: KeyError: 'x' (line 6)"
    assert refusal(vendor_of, "def app(e, s):\n    raise SystemExit(3)").message.endswith("SystemExit: 3 (line 3)")


def test_a_traceback_beside_a_status_500_is_the_applications_own_mistake(vendor_of):
    hiding = """
        import traceback

        def app(environ, start_response):
            try:
                {}["x"]
            except Exception:
                traceback.print_exc(file=environ["wsgi.errors"])
                start_response("%s", [])
                return [b"sorry"]
    """
    error = refusal(vendor_of, hiding % "500 Internal Server Error")
    assert re.fullmatch(r"vendor\.py:app: the WSGI application failed: KeyError: 'x' \(line \d\)", error.message)
    assert vendor_of(hiding % "400 Bad Request")().status == 400
    assert vendor_of(gives("{}", before="start_response('500 Staged', [])"))().status == 500


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("return []", "never called start_response"),
        ("return [b'a']", "sent its answer before it called start_response"),
        (f"{OK}\n    {OK}\n    return []", "called start_response twice without exc_info"),
        ("start_response(200, [])\n    return []", "gave the status 200, expected one like '200 OK'"),
        ("start_response('OK', [])\n    return []", "gave the status 'OK', expected one like '200 OK'"),
        ("start_response('100 Continue', [])", "gave the status '100 Continue', expected one like '200 OK'"),
        ("start_response('200 OK', {})", "gave headers of type dict, expected a list of pairs"),
        ("start_response('200 OK', [('A', 1)])", "gave the header ('A', 1), expected a pair of texts"),
        ("start_response('200 OK', ['AB'])", "gave the header 'AB', expected a pair of texts"),
        (f"{OK}", "returned None, expected an iterable of bytes"),
        (f"{OK}\n    return 'text'", "returned str 'text', expected an iterable of bytes"),
        (f"{OK}\n    return b'text'", "returned bytes \"b'text'\", expected an iterable of bytes"),
        (f"{OK}\n    return ['text']", "sent str 'text', expected bytes"),
        (f"{OK}\n    return app", "returned another application: it is a factory, and what it makes has to be named"),
    ],
)
def test_what_the_pep_does_not_allow_is_a_mistake_of_the_scenario(vendor_of, body, what):
    error = refusal(vendor_of, f"def app(environ, start_response):\n    {body}")
    assert error.message == f"vendor.py:app: the WSGI application {what}"
    assert "application(environ, start_response)" in error.hint


def test_such_a_mistake_is_told_though_the_application_catches_everything(vendor_of):
    error = refusal(
        vendor_of,
        """
        def app(environ, start_response):
            try:
                start_response("fine", [])
            except Exception:
                start_response("500 Oh", [])
            return [b"sorry"]
        """,
    )
    assert "gave the status 'fine'" in error.message


def test_an_answer_without_an_end_is_a_mistake(vendor_of, monkeypatch):
    monkeypatch.setattr("xsim.simulate.vendor.wsgi.LARGEST_BODY", 1 << 20)
    error = refusal(
        vendor_of, f"import itertools\ndef app(e, start_response):\n    {OK}\n    return itertools.repeat(b'x' * 999)"
    )
    assert error.message.endswith("sent more than 1 MB in one answer")


def test_what_it_wrote_before_it_failed_does_not_count(vendor_of):
    vendor = vendor_of("""
        def app(environ, start_response):
            world = environ["xsim.world"]
            if environ["REQUEST_METHOD"] == "DELETE":
                world.delete("A")
                raise KeyError("then")
            start_response("200 OK", [])
            return [json.dumps(len(world.events())).encode()]
    """)
    with pytest.raises(InvalidScenario):
        vendor(method="DELETE")
    assert vendor.json() == 2


def test_state_that_is_no_json_is_a_mistake(vendor_of):
    error = refusal(vendor_of, gives("1", before="world.state['when'] = world.now; " + OK))
    assert error.message.startswith("vendor.py:app: world.state is no JSON")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "def app(config=None):\n    pass",
            "to have what a factory makes, write `app = app()` in vendor.py, and name `app`",
        ),
        ("async def app(scope, receive, send):\n    pass", "an ASGI application has to be wrapped into a WSGI one"),
        ("def app(environ):\n    pass", "it is called as PEP 3333 says"),
    ],
)
def test_what_cannot_be_called_so_is_refused_before_it_is_called(vendor_of, text, hint):
    with pytest.raises(InvalidScenario) as caught:
        vendor_of(text)
    assert caught.value.message.startswith("vendor.py:app: app(")
    assert "is no WSGI application, expected app(environ, start_response)" in caught.value.message
    assert caught.value.hint.startswith(hint)


def test_a_name_that_the_file_does_not_have_is_refused(vendor_of):
    with pytest.raises(InvalidScenario, match=r"vendor.py has no application application"):
        vendor_of(gives("1"), name="application")


@pytest.mark.parametrize(
    ("text", "hint"),
    [("app = 7", "write `def app(environ, start_response):` in it"), ("def api(e, s): pass", "it has api")],
)
def test_a_name_that_is_no_application_is_refused_with_the_way_out(vendor_of, text, hint):
    with pytest.raises(InvalidScenario, match=r"vendor.py has no application app") as caught:
        vendor_of(text)
    assert caught.value.hint == hint


def test_a_missing_file_is_told_as_an_applications(tmp_path):
    with pytest.raises(InvalidScenario, match="the WSGI application cannot be read: No such file"):
        a_vendor(TWO, hatch=Hatch(str(tmp_path / "vendor.py"), "app", is_wsgi=True))


def test_a_call_that_it_leaves_unanswered_is_told_by_its_header(tmp_path):
    (tmp_path / "vendor.py").write_text("def app(environ, start_response): pass\n", encoding="utf-8")
    vendor = a_vendor(TWO, hatch=Hatch(str(tmp_path / "vendor.py"), "app", "vendor.py:app", is_wsgi=True))
    assert vendor.refusal(a_request("/other")) == "vendor.py:app set X-Xsim-Unanswered"


def test_a_file_that_fails_while_it_is_read_is_refused_with_its_line(vendor_of):
    with pytest.raises(InvalidScenario, match=r"vendor\.py:app: line 2: ZeroDivisionError"):
        vendor_of("1 / 0")


# --- frameworks, where they are installed -------------------------------------------------------------------


FLASK = """
from flask import Flask, jsonify, request

app = Flask(__name__)

@app.get("/alerts")
def alerts():
    world = request.environ["xsim.world"]
    world.state["calls"] = world.state.get("calls", 0) + 1
    return jsonify({"items": [e.record for e in world.events()], "limit": request.args.get("limit", type=int)})

@app.post("/echo")
def echo():
    return jsonify([request.get_json(), request.cookies.get("sid"), request.host])

@app.get("/broken")
def broken():
    return jsonify({}["x"])
"""


def test_a_flask_application_is_a_vendor(vendor_of):
    pytest.importorskip("flask")
    vendor = vendor_of(FLASK)
    response = vendor("/alerts?limit=3")
    assert json.loads(response.body) == {"items": [dict(each.record) for each in TWO], "limit": 3}
    assert (response.listing.listed, vendor.state) == (("A", "B"), {"calls": 1})
    headers = [("Content-Type", "application/json"), ("Cookie", "sid=7")]
    assert vendor.json("/echo", method="POST", headers=headers, json_body={"a": 1}) == [{"a": 1}, "7", "vendor.example"]
    assert vendor("/other").status == 404
    with pytest.raises(InvalidScenario, match=r"failed: KeyError: 'x' \(line 19\)"):
        vendor("/broken")


FALCON = """
import falcon

class Alerts:
    def on_get(self, req, resp):
        resp.media = [e.record for e in req.env["xsim.world"].events()]

class Broken:
    def on_get(self, req, resp):
        resp.media = {}["x"]

app = falcon.App()
app.add_route("/alerts", Alerts())
app.add_route("/broken", Broken())
"""
BOTTLE = """
import bottle

app = bottle.Bottle()

@app.get("/alerts")
def alerts():
    bottle.response.content_type = "application/json"
    return json.dumps([e.record for e in bottle.request.environ["xsim.world"].events()])

@app.get("/broken")
def broken():
    return {}["x"]
"""


@pytest.mark.parametrize(("name", "text"), [("falcon", FALCON), ("bottle", BOTTLE)])
def test_applications_of_other_frameworks_are_vendors(vendor_of, name, text):
    pytest.importorskip(name)
    vendor = vendor_of(text)
    assert [each["id"] for each in vendor.json("/alerts")] == ["A", "B"]
    assert vendor("/other").status == 404
    with pytest.raises(InvalidScenario, match=r"failed: KeyError: 'x' \(line 1\d\)"):
        vendor("/broken")
