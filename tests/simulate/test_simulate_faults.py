"""What goes wrong by plan strikes where it is said, looks to a script as on a real network, and is recorded."""

import gc
import json
from datetime import timedelta

import pytest
from integrations import START, a_scenario, an_integration, cycles_of, logged

from xsim.model import Outcome, Probe, Response
from xsim.record import record
from xsim.simulate import run_command, simulate
from xsim.world import Event, Fault

JSON = (("Content-Type", "application/json"),)
LATENCY = timedelta(milliseconds=200)

GET = """
    import requests
    try:
        answer = requests.get('https://vendor.example/alerts')
        demisto.info(f'{answer.status_code} {answer.text}')
    except Exception as error:
        demisto.info(f'{type(error).__module__}.{type(error).__name__}: {error}')
    demisto.incidents([])
"""


def vendor(request, now):
    return Response(200, JSON, b'{"alerts": [1, 2, 3]}')


class Counting:
    """A vendor that counts what reaches it, and keeps count as its state."""

    def __init__(self):
        self.state = {}

    def __call__(self, request, now):
        self.state = {"calls": self.state.get("calls", 0) + 1}
        return Response(200, JSON, json.dumps(self.state).encode())


def a_fault(kind="status", name="trouble", **fields):
    return Fault(name, kind, **fields)


def struck(folder, *faults, fetch=GET, vendor=vendor, **scenario):
    """The cycles of a run in which these faults strike."""
    return cycles_of(folder, fetch, vendor=vendor, faults=faults, **scenario)


def statuses(cycles):
    return [[each.status for each in cycle.exchanges] for cycle in cycles]


# --- where it strikes ----------------------------------------------------------------------------------------


def test_without_faults_nothing_is_struck(tmp_path):
    [cycle] = struck(tmp_path, cycles=1)
    [exchange] = cycle.exchanges
    assert (exchange.status, exchange.fault, exchange.login, exchange.retry_after) == (200, "", "", "")
    assert exchange.waited == LATENCY


def test_an_outage_lasts_for_its_cycles(tmp_path):
    cycles = struck(tmp_path, a_fault(status=503, cycles=((2, 3), (5, 5))), cycles=6)
    assert statuses(cycles) == [[200], [503], [503], [200], [503], [200]]
    assert [each.exchanges[0].fault for each in cycles] == ["", "trouble", "trouble", "", "trouble", ""]


def test_an_outage_lasts_for_its_span_of_time(tmp_path):
    since, until = START + timedelta(minutes=1), START + timedelta(minutes=3)
    assert statuses(struck(tmp_path, a_fault(since=since, until=until), cycles=5)) == [
        [200],
        [500],
        [500],
        [200],
        [200],
    ]


def test_a_cycle_that_the_platform_leaves_out_uses_up_its_number(tmp_path):
    cycles = struck(tmp_path, a_fault(status=503, cycles=((2, 3),)), skipped=(2, 4), cycles=5)
    assert [(cycle.number, cycle.exchanges[0].status) for cycle in cycles] == [(1, 200), (3, 503), (5, 200)]


THREE_CALLS = """
    import requests
    requests.get('https://vendor.example/login')
    for number in range(3):
        requests.get(f'https://vendor.example/alerts/{number}?page=1')
    requests.post('https://eu.vendor.example/alerts/0', json={})
    demisto.incidents([])
"""


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, "11111"),
        ({"requests": (2, 5)}, "01001"),
        ({"path": "/alerts/{id}"}, "01111"),
        ({"path": "/alerts/{id}", "requests": (2,)}, "00100"),
        ({"path": "/alerts/{id}", "method": "post"}, "00001"),
        ({"path": "/alerts"}, "00000"),
        ({"path": "alerts/1/"}, "00100"),
        ({"host": "eu.vendor.example"}, "00001"),
        ({"host": "VENDOR.example", "requests": (1, 4)}, "10010"),
        ({"times": 2}, "11000"),
        ({"path": "/log{rest}"}, "10000"),
    ],
)
def test_a_fault_strikes_the_requests_that_fit_it(tmp_path, where, expected):
    [cycle] = struck(tmp_path, a_fault(**where), fetch=THREE_CALLS, cycles=1)
    assert "".join("01"[bool(each.fault)] for each in cycle.exchanges) == expected


def test_requests_are_counted_anew_in_each_cycle_and_times_over_the_run(tmp_path):
    two = "import requests\nfor _ in 'ab':\n    requests.get('https://vendor.example/a')\ndemisto.incidents([])"
    fault = a_fault(requests=(2,), times=2)
    assert statuses(struck(tmp_path, fault, fetch=two, cycles=3)) == [[200, 500], [200, 500], [200, 200]]


def test_of_several_the_first_strikes_and_the_others_count_on(tmp_path):
    faults = (a_fault(status=429, requests=(1,), path="/alerts"), a_fault(status=502, name="other", times=1))
    two = "import requests\nfor _ in 'abc':\n    requests.get('https://vendor.example/alerts')\ndemisto.incidents([])"
    assert statuses(struck(tmp_path, *faults, fetch=two, cycles=1)) == [[429, 502, 200]]


def test_chance_is_drawn_from_the_seed_alone(tmp_path):
    fault = a_fault(chance=0.3)
    first = statuses(struck(tmp_path, fault, cycles=30))
    assert first == statuses(struck(tmp_path, fault, cycles=30))
    assert 3 <= first.count([500]) <= 16
    assert first != statuses(struck(tmp_path, fault, cycles=30, seed=2))
    # A draw does not hang on what other faults do.
    also = a_fault(name="other", status=404, cycles=((1, 15),), chance=0.5)
    assert statuses(struck(tmp_path, fault, also, cycles=30))[15:] == first[15:]


# --- what comes of it ----------------------------------------------------------------------------------------


def test_a_status_comes_with_headers_and_an_object_that_says_what_is_wrong(tmp_path):
    fault = a_fault(status=429, headers=(("Retry-After", "7"), ("X-Limit", "0")))
    [cycle] = struck(tmp_path, fault, cycles=1)
    assert logged(cycle) == ['429 {"error": "Too Many Requests", "message": "fault \'trouble\' of the scenario"}']
    [exchange] = cycle.exchanges
    assert (exchange.status, exchange.fault, exchange.retry_after) == (429, "trouble", "7")
    assert exchange.answer.startswith('{"error": "Too Many')


@pytest.mark.parametrize(
    ("fields", "log"),
    [
        ({"kind": "status", "status": 404, "text": "gone"}, "404 text/plain gone"),
        ({"kind": "status", "status": 400, "text": "[]"}, "400 application/json []"),
        ({"kind": "status", "headers": (("content-type", "text/xml"),), "text": "<a/>"}, "500 text/xml <a/>"),
        ({"kind": "malformed", "text": '{"alerts": '}, '200 application/json {"alerts": '),
        ({"kind": "malformed"}, '200 application/json {"alerts":'),
        ({"kind": "wrong_type", "text": "<p>hi</p>"}, "200 text/html; charset=utf-8 <p>hi</p>"),
    ],
)
def test_an_answer_may_be_another_one(tmp_path, fields, log):
    fetch = GET.replace("{answer.status_code}", '{answer.status_code} {answer.headers.get("Content-Type")}')
    [cycle] = struck(tmp_path, a_fault(**fields), fetch=fetch, cycles=1)
    assert logged(cycle)[0].strip() == log.strip()
    assert cycle.exchanges[0].answer


@pytest.mark.parametrize("kind", ["malformed", "wrong_type"])
@pytest.mark.parametrize("body", [b'{"a": 1}', b"[]", b"12", b"", b"null"])
def test_json_cannot_be_read_from_it(tmp_path, kind, body):
    fetch = GET.replace("answer.text}", "answer.json()}")
    [cycle] = struck(
        tmp_path, a_fault(kind), fetch=fetch, vendor=lambda request, now: Response(200, (), body), cycles=1
    )
    assert "JSONDecodeError" in logged(cycle)[0]


NDJSON = b'{"id": 1, "at": "10:01"}\n{"id": 2, "at": "10:02"}\n{"id": 3, "at": "10:03"}\n{"id": 4, "at": "10:04"}\n'
CSV = b"id,title,at\r\n130,one,10:01\r\n131,two,10:02\r\n132,three,10:03\r\n"
XML = b"<items><item><id>1</id></item></items>"
BODIES = {
    **{f"ndjson/{count}": b"".join(NDJSON.splitlines(keepends=True)[:count]) for count in (1, 2, 3, 4)},
    **{f"csv/{count}": b"".join(CSV.splitlines(keepends=True)[: count + 1]) for count in (0, 1, 2, 3)},
    "xml/1": XML,
}
TYPES = {"ndjson": "application/x-ndjson", "csv": "Text/CSV; charset=utf-8", "xml": "application/xml"}
READ_ALL = """
    import csv, io, requests
    import xml.etree.ElementTree as ET
    READERS = {
        'ndjson': [lambda text: [json.loads(line) for line in text.splitlines()]],
        'csv': [lambda text: [row['at'] for row in csv.DictReader(io.StringIO(text))],
                lambda text: [row[1] for row in csv.reader(io.StringIO(text))]],
        'xml': [lambda text: ET.fromstring(text).findall('item')],
    }
    for name in NAMES:
        text = requests.get(f'https://vendor.example/{name}').text
        for read in READERS[name.partition('/')[0]]:
            try:
                demisto.info(f'{name} is read: {read(text)}')
            except (ValueError, KeyError, IndexError, ET.ParseError):
                pass
    demisto.incidents([])
"""


@pytest.mark.parametrize("kind", ["malformed", "wrong_type"])
def test_no_other_format_can_be_read_from_it(tmp_path, kind):
    def in_formats(request, now):
        name = request.url.partition("vendor.example/")[2]
        return Response(200, (("Content-Type", TYPES[name.partition("/")[0]]),), BODIES[name])

    fetch = READ_ALL.replace("NAMES", repr(list(BODIES)))
    [cycle] = struck(tmp_path, a_fault(kind), fetch=fetch, vendor=in_formats, cycles=1)
    assert (logged(cycle), len(cycle.exchanges)) == ([], len(BODIES))
    [cycle] = struck(tmp_path, fetch=fetch, vendor=in_formats, cycles=1)
    assert len(logged(cycle)) == len(BODIES) + 4, "without the fault all of them are"


def failing(folder, kind, call, **fields):
    """How a call fails, as the script tells it, and the cycle."""
    fetch = f"""
        import http.client, requests, urllib.request, urllib.error, urllib3
        try:
            {call}
            demisto.info('no failure')
        except Exception as error:
            demisto.info(f'{{type(error).__module__}}.{{type(error).__name__}}: {{error}}')
        demisto.incidents([])
    """
    [cycle] = struck(folder, a_fault(kind, **fields), fetch=fetch, cycles=1)
    return logged(cycle)[0], cycle


REQUESTS = "requests.get('https://vendor.example/a', timeout=9)"
SESSION = "s = requests.Session(); s.mount('https://', requests.adapters.HTTPAdapter(max_retries={})); "
RETRIED = SESSION.format(2) + "s.get('https://vendor.example/a', timeout=9)"
URLLIB3 = "urllib3.PoolManager(retries=False).request('GET', 'https://vendor.example/a', timeout=9)"
PLAIN = "c = http.client.HTTPSConnection('vendor.example', timeout=9); c.request('GET', '/a'); c.getresponse().read()"
OPENED = "urllib.request.urlopen('https://vendor.example/a', timeout=9).read()"


@pytest.mark.parametrize(
    ("kind", "call", "told"),
    [
        ("timeout", REQUESTS, "requests.exceptions.ReadTimeout"),
        ("timeout", RETRIED, "requests.exceptions.ConnectionError"),
        ("timeout", URLLIB3, "urllib3.exceptions.ReadTimeoutError"),
        ("timeout", PLAIN, "builtins.TimeoutError"),
        ("timeout", OPENED, "builtins.TimeoutError"),
        ("refused", REQUESTS, "requests.exceptions.ConnectionError"),
        ("refused", URLLIB3, "urllib3.exceptions.NewConnectionError"),
        ("refused", PLAIN, "builtins.ConnectionRefusedError: [Errno 111] Connection refused"),
        ("refused", OPENED, "urllib.error.URLError: <urlopen error [Errno 111] Connection refused>"),
        ("reset", REQUESTS, "requests.exceptions.ConnectionError: ('Connection aborted.', ConnectionResetError(104,"),
        ("reset", URLLIB3, "urllib3.exceptions.ProtocolError: ('Connection aborted.', ConnectionResetError(104,"),
        ("reset", PLAIN, "builtins.ConnectionResetError: [Errno 104] Connection reset by peer"),
        ("reset", OPENED, "builtins.ConnectionResetError"),
        ("cut", REQUESTS, "requests.exceptions.ChunkedEncodingError"),
        ("cut", URLLIB3, "urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(10 bytes read"),
        ("cut", PLAIN, "http.client.IncompleteRead: IncompleteRead(10 bytes read, 11 more expected)"),
    ],
)
def test_each_client_fails_as_on_a_real_network(tmp_path, kind, call, told):
    if "urllib3" in told and not pytest.importorskip("urllib3").__version__.startswith("2"):
        pytest.skip("urllib3 1 words it otherwise")
    log, cycle = failing(tmp_path, kind, call)
    assert log.startswith(told)
    assert cycle.outcome is Outcome.OK, "the script caught it"
    assert {each.fault for each in cycle.exchanges} == {"trouble"}


def test_a_refused_connection_is_told_as_urllib3_does(tmp_path):
    log, cycle = failing(tmp_path, "refused", REQUESTS)
    assert "Max retries exceeded with url: /a (Caused by NewConnectionError(" in log
    assert "Failed to establish a new connection: [Errno 111] Connection refused" in log
    [exchange] = cycle.exchanges
    assert (exchange.status, exchange.answer, exchange.fault) == (None, "connection refused", "trouble")


def test_urllib3_retries_what_a_fault_broke(tmp_path):
    _, cycle = failing(tmp_path, "timeout", RETRIED, requests=(1, 2))
    assert [each.status for each in cycle.exchanges] == [None, None, 200]
    assert [each.waited for each in cycle.exchanges] == [timedelta(seconds=9), timedelta(seconds=9), LATENCY]
    [cycle] = struck(
        tmp_path,
        a_fault("reset", times=1),
        fetch=RETRIED.replace("; ", "\n").join(["import requests\n", "\ndemisto.incidents([])"]),
        cycles=1,
    )
    assert [each.answer for each in cycle.exchanges] == ["connection reset", ""]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("refused", "Connection Error - the server cannot be reached"),
        ("reset", "Connection Error - the server cannot be reached"),
        ("timeout", "Read timed out"),
        ("cut", "IncompleteRead"),
        ("malformed", "Failed to parse json object from response"),
        ("wrong_type", "Failed to parse json object from response"),
        ("status", "Error in API call [500] - Internal Server Error"),
    ],
)
def test_the_base_client_says_what_it_always_says(tmp_path, kind, told):
    fetch = """
        try:
            BaseClient('https://vendor.example')._http_request('GET', '/alerts', timeout=5)
        except Exception as error:
            demisto.info(f'{error}')
        demisto.incidents([])
    """
    [cycle] = struck(tmp_path, a_fault(kind), fetch=fetch, cycles=1)
    assert told in logged(cycle)[0]


def test_each_thread_meets_what_its_own_request_met(tmp_path):
    fetch = """
        import requests
        from concurrent.futures import ThreadPoolExecutor
        def ask(number):
            try:
                return f"{number} {requests.get(f'https://vendor.example/alerts/{number}').status_code}"
            except requests.exceptions.ConnectionError as error:
                return f'{number} None'
        with ThreadPoolExecutor(8) as pool:
            for told in pool.map(ask, range(40)):
                demisto.info(told)
        demisto.incidents([])
    """
    faults = (a_fault("reset", chance=0.4), a_fault("refused", name="other", chance=0.3))
    [cycle] = struck(tmp_path, *faults, fetch=fetch, cycles=1)
    met = {f"{each.url.rpartition('/')[2]} {each.status}" for each in cycle.exchanges}
    assert met == set(logged(cycle))
    assert {each.status for each in cycle.exchanges} == {None, 200}


# --- time ----------------------------------------------------------------------------------------------------


def test_a_time_out_of_the_client_strikes_where_no_answer_comes(tmp_path):
    fetch = GET.replace("alerts')", "alerts', timeout=(3, 45))")
    [cycle] = struck(tmp_path, a_fault("timeout"), fetch=fetch, cycles=1)
    assert "ReadTimeout" in logged(cycle)[0]
    assert cycle.ended - cycle.started == timedelta(seconds=45)
    [exchange] = cycle.exchanges
    assert (exchange.status, exchange.waited, exchange.answer) == (None, timedelta(seconds=45), "no answer came")


def test_without_one_the_fetch_runs_into_its_time_limit(tmp_path):
    fetch = GET + "    demisto.setLastRun({'a': 1})\n"
    cycles = struck(tmp_path, a_fault("timeout", cycles=((1, 1),)), fetch=fetch, cycles=2)
    assert [cycle.outcome for cycle in cycles] == [Outcome.TIMED_OUT, Outcome.OK]
    assert cycles[0].failure.kind == "time limit"
    assert cycles[0].ended - cycles[0].started == timedelta(minutes=5)
    assert cycles[0].exchanges[0].waited == timedelta(minutes=5)
    assert cycles[0].last_run_after == {}
    # The limit is reached at the tick of cycle 2, so none is left out.
    assert cycles[1].started == START + timedelta(minutes=5)


def test_a_slow_answer_comes_late(tmp_path):
    [cycle] = struck(tmp_path, a_fault("slow", delay=timedelta(seconds=90)), cycles=1)
    assert logged(cycle) == ['200 {"alerts": [1, 2, 3]}']
    assert cycle.ended - cycle.started == timedelta(seconds=90) + LATENCY
    [exchange] = cycle.exchanges
    assert (exchange.status, exchange.fault, exchange.waited) == (200, "trouble", timedelta(seconds=90) + LATENCY)


def test_a_slow_answer_overruns_the_interval_and_skips_a_tick(tmp_path):
    cycles = struck(tmp_path, a_fault("slow", delay=timedelta(seconds=90), cycles=((1, 1),)), cycles=2)
    assert cycles[1].started == START + timedelta(minutes=2)


def test_a_client_that_does_not_wait_as_long_gets_no_slow_answer(tmp_path):
    fetch = GET.replace("alerts')", "alerts', timeout=20)")
    [cycle] = struck(tmp_path, a_fault("slow", delay=timedelta(seconds=90)), fetch=fetch, cycles=1)
    assert "ReadTimeout" in logged(cycle)[0]
    [exchange] = cycle.exchanges
    assert (exchange.status, exchange.size, exchange.waited) == (None, 0, timedelta(seconds=20))
    assert exchange.answer == "no answer came in time"


def test_a_slow_answer_over_the_time_limit_ends_the_command(tmp_path):
    [cycle] = struck(tmp_path, a_fault("slow", delay=timedelta(hours=1)), cycles=1)
    assert cycle.outcome is Outcome.TIMED_OUT
    assert cycle.exchanges[0].waited == timedelta(minutes=5)
    assert cycle.exchanges[0].status is None


# --- asyncio -------------------------------------------------------------------------------------------------

AIOHTTP = """
    import aiohttp, asyncio
    async def fetch():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TOTAL)) as session:
            async with session.post('https://vendor.example/a') as answer:
                return await answer.text()
    try:
        demisto.info(asyncio.run(fetch()))
    except Exception as error:
        demisto.info(f'{type(error).__name__}: {error}')
    demisto.incidents([])
"""
CUT_SHORT = (
    "RemoteProtocolError: peer closed connection without sending complete message body (received 10 bytes, expected 21)"
)
HTTPX = """
    import httpx, asyncio
    async def fetch():
        async with httpx.AsyncClient(timeout=TOTAL) as client:
            return (await client.get('https://vendor.example/a')).text
    for get in (lambda: httpx.get('https://vendor.example/a', timeout=TOTAL).text, lambda: asyncio.run(fetch())):
        try:
            demisto.info(get())
        except Exception as error:
            demisto.info(f'{type(error).__name__}: {error}')
    demisto.incidents([])
"""


@pytest.mark.parametrize(
    ("kind", "told", "seconds"),
    [
        ("timeout", ("TimeoutError", "ConnectionTimeoutError", "ServerTimeoutError"), 4),
        ("refused", ("ClientConnectorError",), 0.2),
        ("reset", ("ClientOSError: [Errno 104] Connection reset by peer",), 0.2),
        ("cut", ("ClientPayloadError",), 0.2),
        ("slow", ("TimeoutError", "ServerTimeoutError"), 4),
    ],
)
def test_aiohttp_fails_as_on_a_real_network(tmp_path, kind, told, seconds):
    pytest.importorskip("aiohttp")
    fault = a_fault(kind, delay=timedelta(seconds=30))
    [cycle] = struck(tmp_path, fault, fetch=AIOHTTP.replace("TOTAL", "4"), cycles=1)
    assert logged(cycle)[0].startswith(told)
    assert cycle.exchanges[0].waited == timedelta(seconds=seconds)


def test_aiohttp_repeats_by_itself_what_was_reset_and_not_what_was_refused(tmp_path):
    pytest.importorskip("aiohttp")
    fetch = AIOHTTP.replace("TOTAL", "60").replace("post", "get")
    seen = {}
    for kind in ("reset", "refused"):
        [cycle] = struck(tmp_path, a_fault(kind, requests=(1,)), fetch=fetch, cycles=1)
        seen[kind] = [each.fault for each in cycle.exchanges]
    assert seen == {"reset": ["trouble", ""], "refused": ["trouble"]}


def test_aiohttp_gets_a_slow_answer_in_time(tmp_path):
    pytest.importorskip("aiohttp")
    fault = a_fault("slow", delay=timedelta(seconds=30))
    [cycle] = struck(tmp_path, fault, fetch=AIOHTTP.replace("TOTAL", "60"), cycles=1)
    assert logged(cycle) == ['{"alerts": [1, 2, 3]}']
    assert cycle.ended - cycle.started == timedelta(seconds=30) + LATENCY


def test_aiohttp_without_a_time_out_runs_into_the_limit(tmp_path):
    pytest.importorskip("aiohttp")
    [cycle] = struck(tmp_path, a_fault("timeout"), fetch=AIOHTTP.replace("TOTAL", "None"), cycles=1)
    assert cycle.outcome is Outcome.TIMED_OUT
    assert cycle.exchanges[0].waited == timedelta(minutes=5)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_is_left_behind_waited_to_the_limit(tmp_path):
    pytest.importorskip("aiohttp")
    fetch = AIOHTTP.replace("TOTAL", "None").replace("asyncio.run(", "asyncio.new_event_loop().run_until_complete(")
    [cycle] = struck(tmp_path, a_fault("timeout"), fetch=fetch, cycles=1)
    assert cycle.outcome is Outcome.TIMED_OUT
    assert cycle.exchanges[0].waited == timedelta(minutes=5)
    gc.collect()  # What the loop left behind complains here, not in the next test.


@pytest.mark.parametrize(
    ("kind", "told", "seconds"),
    [
        ("timeout", ("ReadTimeout: timed out", "ReadTimeout: "), 9),
        (
            "refused",
            ("ConnectError: [Errno 111] Connection refused", "ConnectError: All connection attempts failed"),
            0.2,
        ),
        ("reset", ("ReadError: [Errno 104] Connection reset by peer", "ReadError: "), 0.2),
        ("cut", (CUT_SHORT, CUT_SHORT), 0.2),
        ("slow", ("ReadTimeout: timed out", "ReadTimeout: "), 9),
    ],
)
def test_httpx_fails_as_on_a_real_network(tmp_path, kind, told, seconds):
    pytest.importorskip("httpx")
    fault = a_fault(kind, delay=timedelta(seconds=30))
    [cycle] = struck(tmp_path, fault, fetch=HTTPX.replace("TOTAL", "9"), cycles=1)
    assert tuple(logged(cycle)) == told, "what its threads say, and its tasks"
    assert [each.waited for each in cycle.exchanges] == [timedelta(seconds=seconds)] * 2


def test_httpx_reads_a_cut_body_as_far_as_it_goes(tmp_path):
    pytest.importorskip("httpx")
    fetch = """
        import httpx
        with httpx.stream('GET', 'https://vendor.example/a') as answer:
            demisto.info(str(answer.status_code))
            try:
                for text in answer.iter_text():
                    demisto.info(text)
            except httpx.RemoteProtocolError as error:
                demisto.info(f'{error.request.url}')
        demisto.incidents([])
    """
    [cycle] = struck(tmp_path, a_fault("cut"), fetch=fetch, cycles=1)
    assert logged(cycle) == ["200", '{"alerts":', "https://vendor.example/a"]


def test_httpx_gets_a_slow_answer_in_time_or_runs_into_the_limit(tmp_path):
    pytest.importorskip("httpx")
    fault = a_fault("slow", delay=timedelta(seconds=30))
    [cycle] = struck(tmp_path, fault, fetch=HTTPX.replace("TOTAL", "60"), cycles=1)
    assert logged(cycle) == ['{"alerts": [1, 2, 3]}'] * 2
    [cycle] = struck(tmp_path, a_fault("timeout"), fetch=HTTPX.replace("TOTAL", "None"), cycles=1)
    assert cycle.outcome is Outcome.TIMED_OUT


# --- the vendor behind it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("status", 0), ("timeout", 0), ("refused", 0), ("wrong_type", 0), ("reset", 1), ("cut", 1), ("malformed", 1)],
)
def test_the_vendor_has_done_its_work_or_never_heard_of_it(tmp_path, kind, asked):
    # After a reset an update took effect, though the script never saw the answer.
    cycles = struck(
        tmp_path, a_fault(kind, cycles=((1, 1),)), vendor=Counting(), fetch=GET.replace("s')", "s', timeout=5)")
    )
    assert [cycle.vendor_state for cycle in cycles] == [
        {"calls": count} if count else None for count in (asked, asked + 1, asked + 2)
    ]


def test_a_call_that_nobody_answers_is_unsupported_whether_a_fault_strikes_or_not(tmp_path):
    for kind in ("reset", "slow"):
        [cycle] = struck(tmp_path, a_fault(kind), vendor=lambda request, now: None)
        assert cycle.outcome is Outcome.UNSUPPORTED
        assert (cycle.exchanges[0].status, cycle.exchanges[0].fault) == (None, "")


class Guarded:
    """A vendor of tokens that can log everybody out."""

    def __init__(self):
        self.given = self.good_from = 0

    def __call__(self, request, now):
        if request.url.endswith("/login"):
            self.given += 1
            return Response(200, JSON, json.dumps({"token": self.given}).encode(), login="granted")
        if int(dict(request.headers)["Token"]) < self.good_from:
            return Response(401, JSON, b"{}", login="expired")
        return Response(200, JSON, b"[]")

    def log_out(self, now):
        self.good_from = self.given + 1


def test_a_logout_ends_the_tokens_given_so_far_once_a_cycle(tmp_path):
    fetch = """
        import requests
        context = demisto.getIntegrationContext()
        for attempt in range(3):
            if 'token' not in context:
                context = requests.get('https://vendor.example/login').json()
                demisto.setIntegrationContext(context)
            answer = requests.get('https://vendor.example/alerts', headers={'Token': str(context['token'])})
            if answer.ok:
                break
            context = {}
        demisto.incidents([])
    """
    cycles = struck(tmp_path, a_fault("logout", cycles=((2, 2),)), vendor=Guarded(), fetch=fetch)
    seen = [[(each.status, each.login, each.fault) for each in cycle.exchanges] for cycle in cycles]
    assert seen == [
        [(200, "granted", ""), (200, "", "")],
        [(401, "expired", "trouble"), (200, "granted", ""), (200, "", "")],
        [(200, "", "")],
    ]


def test_a_vendor_without_logins_cannot_log_out(tmp_path):
    [cycle] = struck(tmp_path, a_fault("logout"), cycles=1)
    assert (cycle.exchanges[0].status, cycle.exchanges[0].fault) == (200, "trouble")


def test_a_header_may_name_a_time_so_much_later_than_the_answer(tmp_path):
    fault = a_fault(
        status=429,
        headers=(("Retry-After", "{date+30s}"), ("X-Reset", "at {epoch+2m}"), ("X-Odd", "{date} {epoch+1w}")),
    )
    fetch = GET.replace("{answer.text}", '{[answer.headers[name] for name in ("Retry-After", "X-Reset", "X-Odd")]}')
    cycles = struck(tmp_path, fault, fetch=fetch, cycles=2)
    assert [logged(cycle)[0] for cycle in cycles] == [
        "429 ['Tue, 14 May 2024 09:30:30 GMT', 'at 1715679120', '{date} {epoch+1w}']",
        "429 ['Tue, 14 May 2024 09:31:30 GMT', 'at 1715679180', '{date} {epoch+1w}']",
    ]
    assert cycles[1].exchanges[0].retry_after == "Tue, 14 May 2024 09:31:30 GMT"


# --- whole fetches -------------------------------------------------------------------------------------------


def test_a_client_that_honours_retry_after_gets_its_answer_in_the_same_fetch(tmp_path):
    fetch = """
        client = BaseClient('https://vendor.example')
        found = client._http_request('GET', '/alerts', retries=3, status_list_to_retry=[429], backoff_factor=1)
        demisto.incidents([{'name': str(number)} for number in found['alerts']])
        demisto.setLastRun({'at': len(found['alerts'])})
    """
    for after, waited in (("30", timedelta(seconds=30) + LATENCY), ("{date+30s}", timedelta(seconds=29.618528))):
        fault = a_fault(status=429, headers=(("Retry-After", after),), cycles=((2, 2),), requests=(1,))
        cycles = struck(tmp_path, fault, fetch=fetch)
        assert [cycle.outcome for cycle in cycles] == [Outcome.OK] * 3
        first, second = cycles[1].exchanges
        assert (first.status, bool(first.retry_after), second.status) == (429, True, 200)
        assert second.at - first.at == waited


PAGES = """
    last_run = demisto.getLastRun()
    offset = last_run.get('offset', 0)
    client, found = BaseClient('https://vendor.example'), []
    while True:
        page = client._http_request('GET', '/alerts', params={'offset': offset + len(found)})
        found += page
        if len(page) < 2:
            break
    demisto.incidents([{'name': name} for name in found])
    demisto.setLastRun({'offset': offset + len(found)})
"""


def paged(request, now):
    offset = int(request.url.rpartition("=")[2])
    return Response(200, JSON, json.dumps([f"A-{n}" for n in range(offset, 5)][:2]).encode())


def test_a_failure_in_the_middle_of_paging_delivers_nothing_and_all_of_it_next_time(tmp_path):
    cycles = struck(tmp_path, a_fault(status=500, cycles=((1, 1),), requests=(2,)), vendor=paged, fetch=PAGES)
    assert [cycle.outcome for cycle in cycles] == [Outcome.FAILED, Outcome.OK, Outcome.OK]
    assert statuses(cycles) == [[200, 500], [200, 200, 200], [200]]
    assert "Error in API call [500]" in cycles[0].failure.message
    assert cycles[0].last_run_after == {}
    assert len(json.loads(cycles[1].incidents[0])) == 5


def test_faults_strike_in_the_schedule_alone(tmp_path):
    grows = """
        import requests
        ids = demisto.getLastRun().get('ids', [])
        answer = requests.get('https://vendor.example/alerts')
        demisto.incidents([])
        demisto.setLastRun({'ids': [*ids, answer.status_code]})
    """
    integration, scenario = an_integration(tmp_path, grows), a_scenario(cycles=21, faults=(a_fault(),))
    happenings = list(simulate(integration, scenario, vendor=vendor))
    probes = [each for each in happenings if isinstance(each, Probe)]
    assert happenings[-2].last_run_after["ids"][-1] == 500
    assert [each.last_run_after["ids"][-1] for each in probes] == [200]
    for command in ("fetch-incidents", "test-module"):
        assert run_command(integration, scenario, command, vendor=vendor).exchanges[0].status == 200


def test_the_same_seed_gives_the_same_journal_byte_for_byte(tmp_path):
    faults = (
        a_fault(chance=0.2, status=502),
        a_fault("reset", name="reset", chance=0.2),
        a_fault("timeout", name="silence", cycles=((4, 4),)),
        a_fault("kill", name="kill", moment="before", chance=0.3),
        a_fault("slow", name="slow", chance=0.5, delay=timedelta(seconds=8)),
    )
    integration = an_integration(tmp_path, GET.replace("s')", "s', timeout=5)"))
    scenario = a_scenario(cycles=20, faults=faults)
    texts = []
    for name in ("a", "b"):
        happenings = simulate(integration, scenario, vendor=Counting())
        journal = record(integration, scenario, happenings, into=tmp_path / name, version="0")
        texts.append((tmp_path / name).read_bytes())
    assert texts[0] == texts[1]
    assert {each.fault for cycle in journal.cycles for each in cycle.exchanges} >= {"", "trouble", "reset", "slow"}


# --- what the vendor remembers, and probes -------------------------------------------------------------------


def test_what_the_vendor_remembers_is_kept_behind_each_cycle_and_given_back(tmp_path):
    cycles = struck(tmp_path, vendor=Counting(), cycles=2)
    assert [cycle.vendor_state for cycle in cycles] == [{"calls": 1}, {"calls": 2}]
    [cycle] = struck(tmp_path, vendor=Counting(), cycles=1, vendor_state={"calls": 41})
    assert cycle.vendor_state == {"calls": 42}


class Mutable:
    """A vendor that writes in the state that it hands out."""

    def __init__(self, state):
        self.state = state

    def __call__(self, request, now):
        if isinstance(self.state, dict):
            self.state["seen"].append(request.method)
        return Response(200, JSON, b"[]")


def test_a_snapshot_does_not_change_afterwards(tmp_path):
    cycles = struck(tmp_path, vendor=Mutable({"seen": []}), cycles=2)
    assert [cycle.vendor_state for cycle in cycles] == [{"seen": ["GET"]}, {"seen": ["GET", "GET"]}]


@pytest.mark.parametrize("state", [object(), 0, None, {1, 2}])
def test_a_state_that_is_none_is_left_alone(tmp_path, state):
    assert [cycle.vendor_state for cycle in struck(tmp_path, vendor=Mutable(state), cycles=2)] == [None, None]


def test_a_run_from_an_older_last_run_is_probed_from_an_empty_one(tmp_path):
    fetch = """
        import requests
        last_run = demisto.getLastRun()
        found = requests.get('https://vendor.example/alerts').json()
        new = [each for each in found if each['id'] > last_run.get('id', '')]
        demisto.incidents([{'name': each['id'], 'rawJSON': json.dumps(each)} for each in new])
        demisto.setLastRun({'id': max([each['id'] for each in found], default='')})
    """
    from builders import an_endpoint

    events = tuple(Event(n, START, START, {"id": n, "created": START.isoformat()}) for n in ("A-1", "A-2"))
    world = {
        "events": events,
        "endpoints": (an_endpoint(),),
        "time_field": "created",
        "identity": ("id",),
        "faults": (a_fault(cycles=((1, 1),), times=0),),
    }
    fresh = {}
    for name, scenario in (
        ("older", {"last_run": {"id": "A-1"}}),
        ("first", {}),
        ("goes on", {"last_run": {"id": "A-1"}, "first_cycle": 5}),
    ):
        happenings = simulate(an_integration(tmp_path, fetch), a_scenario(cycles=2, **world, **scenario))
        fresh[name] = [each for each in happenings if isinstance(each, Probe) and each.kind == "fresh"]
    assert (fresh["first"], fresh["goes on"]) == ([], [])
    [probe] = fresh["older"]
    assert (probe.from_cycle, probe.at, probe.outcome, probe.requests) == (0, START, Outcome.OK, 1)
    assert [each["name"] for each in json.loads(probe.incidents[0])] == ["A-1", "A-2"]


def test_a_position_that_the_server_keeps_moves_though_the_answer_was_lost(tmp_path):
    from builders import an_endpoint

    from xsim.world import Limit, Paging

    fetch = """
        import requests
        found = requests.get('https://vendor.example/alerts').json()
        demisto.incidents([{'name': each['id'], 'rawJSON': json.dumps(each)} for each in found])
    """
    moments = [START + timedelta(minutes=n, seconds=-20) for n in range(4)]
    scenario = a_scenario(
        cycles=4,
        events=tuple(
            Event(f"A-{n}", at, at, {"id": f"A-{n}", "created": at.isoformat()}) for n, at in enumerate(moments)
        ),
        endpoints=(an_endpoint(filters=(), paging=Paging("kept"), limit=Limit(default=10)),),
        time_field="created",
        identity=("id",),
        faults=(a_fault("reset", cycles=((3, 3),)),),
        last_run={"layout": 1},
    )
    happenings = list(simulate(an_integration(tmp_path, fetch), scenario))
    cycles = [each for each in happenings if not isinstance(each, Probe)]
    names = [[each["name"] for text in cycle.incidents for each in json.loads(text)] for cycle in cycles]
    assert names == [["A-0"], ["A-1"], [], ["A-3"]]
    assert cycles[2].exchanges[0].listing.listed == ("A-2",), "the vendor counts it as delivered"
    assert len({json.dumps(cycle.vendor_state) for cycle in cycles}) == 4
    [fresh] = [each for each in happenings[4:] if each.kind == "fresh"]
    assert "A-0" in fresh.incidents[0], "a new instance finds the vendor as it was at the start"
    # Each stored state is asked with what the vendor remembered behind it.
    states = {each.from_cycle: bool(json.loads(each.incidents[0])) for each in happenings[4:] if each.kind == "state"}
    assert states[4] is False
    assert states[2] is True
    assert states[3] is False
