"""Whatever stands in a file, a request or a script's hands: xsim answers or says so in a line, and never crashes.

By default a few inputs each; `XSIM_FUZZ=100000 python -m pytest tests/fuzz` tries as many.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from dataclasses import replace
from datetime import timedelta
from functools import wraps
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from builders import (
    STARTS,
    a_cycle,
    a_failure,
    a_host_call,
    a_journal,
    a_listing,
    a_probe,
    a_refusal,
    an_event,
    an_incident,
)
from mutations import PIECES, ROOT, a_scenario, a_value, json_lines, mutated, scripts, ymls

from xsim.check import check
from xsim.errors import XsimError
from xsim.load import load_integration, load_scenario
from xsim.load.allowances import read_allowances
from xsim.load.yml import compose, plain, read_yml
from xsim.model import LogLine, Request, Response
from xsim.record import read_journal, record
from xsim.report import FORMATS, render
from xsim.simulate.decode import decode_batch, decode_text_entry
from xsim.simulate.vendor import SimulatedVendor
from xsim.simulate.wire import MalformedRequestError, RequestReader, framed, write_answer

INPUTS = int(os.environ.get("XSIM_FUZZ", "25"))
BATCH = 50 if INPUTS > 1_000 else 1
"""Inputs of one example: Hypothesis takes longer to come by a number than most readers take for a file."""


def fuzz(test):
    """Runs the test with INPUTS numbers."""

    @settings(
        max_examples=INPUTS // BATCH,
        deadline=None,
        database=None,
        derandomize=BATCH == 1,
        suppress_health_check=list(HealthCheck),
    )
    @given(seed=st.integers(0, 2**62))
    @wraps(test)
    def run(seed, **fixtures):
        for number in range(BATCH):
            try:
                test(seed=seed + number, **fixtures)
            except Exception as error:
                error.args = (*error.args, f"seed={seed + number}")
                raise

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("fuzz")
    for name in ("integration.py", "vendor.py", "one.py", "two.py"):
        (made / name).write_text("def answer(request, world):\n    return None\n")
    return made


def told(error: XsimError) -> None:
    """A complaint is one line, of a length that a terminal holds, and says something."""
    assert error.message.strip()
    assert len(error.message) < 2_000, error.message[:300]


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


@fuzz
def test_any_yml_is_read_or_refused(folder, seed):
    path = write(folder / "a.yml", mutated(seed, ymls()))
    try:
        read_yml(path, "xsoar")
        plain(compose(path.read_text("utf-8", "replace"), path) or compose("a: 1", path), typed=True)
    except XsimError as error:
        told(error)


@fuzz
def test_any_script_is_loaded_or_refused(folder, seed):
    random = Random(seed)
    package = folder / "pack"
    package.mkdir(exist_ok=True)
    most = random.choice((0, 1, 1, 2, 6))
    write(package / "pack.py", mutated(seed, scripts(), most=most))
    write(package / "pack.yml", mutated(seed + 1, ymls(), most=2 if most < 2 else 0))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load_integration(package / "pack.py")
    except XsimError as error:
        told(error)


@fuzz
def test_any_scenario_is_read_or_refused(folder, seed):
    try:
        load_scenario(write(folder / "xsim.toml", a_scenario(seed)), cycles=3)
    except XsimError as error:
        told(error)


@fuzz
def test_any_comments_are_read(seed):
    import ast

    text = mutated(
        seed, (*scripts(), "# xsim: allow FC201 -- x\nif a:  # xsim: allow all\n    b = '''\n# xsim: allow\n'''\n")
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for each in read_allowances(text, tree):
        assert each.line <= text.count("\n") + text.count("\r") + text.count("\f") + 1


@pytest.fixture(scope="module")
def journal_text(tmp_path_factory):
    """A journal with something of everything."""
    listing = a_listing("A-1", since="09:00:00")
    odd = an_incident("A-2", occurred="soon", severity="high", labels=[{"type": 1}])
    cycles = [
        a_cycle(
            1, incidents=[an_incident("A-1")], after={"at": "2024-05-14T09:29:00Z", "ids": ["A-1"]}, listings=[listing]
        ),
        a_cycle(
            2, incidents=[odd], refusals=[a_refusal(0, "occurred")], log=[LogLine("info", "x at 0x7f001122334455")]
        ),
        a_cycle(
            3, incidents=None, failure=a_failure(), host_calls=[a_host_call("setLastRun", {"a": 1})], results=["a", {}]
        ),
        a_cycle(4, incidents=[an_incident("A-1"), an_incident("A-3")], files=["f"], before={"at": "x"}, after=[1, "b"]),
    ]
    events = (an_event("A-1"), an_event("A-3", "09:29:30", visible="09:31:00"))
    journal = a_journal(cycles, identity=("id",), events=events, params={"max_fetch": "50"}, time_field="created")
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    happenings = [
        *cycles,
        a_probe("wanted", "A-3", delivers=True),
        a_probe("state", "A-3", from_cycle=2),
        a_probe("drain"),
    ]
    record(journal.integration, journal.scenario, happenings, into=path, version="0", command="xsim run a.py")
    return path.read_text("utf-8")


@fuzz
def test_any_journal_is_read_or_refused(folder, journal_text, seed):
    path = write(folder / "journal.jsonl", "\n".join(json_lines(Random(seed), journal_text.split("\n"))))
    try:
        journal = read_journal(path)
        list(journal.cycles)
        list(journal.probes)
    except XsimError as error:
        told(error)


@fuzz
def test_any_journal_is_judged_and_shown_or_refused(folder, journal_text, seed):
    path = write(folder / "judged.jsonl", "\n".join(json_lines(Random(seed), journal_text.split("\n"))))
    try:
        report = check(read_journal(path))
        text = render(report, FORMATS[seed % len(FORMATS)])
    except XsimError as error:
        told(error)
    else:
        text.encode("utf-8")
        assert len(text) < 5_000_000


@fuzz
def test_any_incidents_are_decoded_as_the_server_would(seed):
    random = Random(seed)
    batch = a_value(random, 4) if random.random() < 0.2 else [a_value(random, 3) for _ in range(random.randrange(4))]
    text = json.dumps(batch)
    count, refusals = decode_batch(text, batch)
    assert count == (len(batch) if isinstance(batch, list) and count else 0)
    assert all(len(each.message) < 1_000 for each in refusals)
    changed = mutated(seed, (text,), most=2)
    decode_text_entry(changed)
    assert decode_batch(changed, [batch])[0] >= 0


REQUESTS = (
    "POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
    "GET http://h/p HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nA: b\r\n c\r\n\r\n",
    "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nT: r\r\n\r\n"
    "GET / HTTP/1.1\r\n\r\n",
)


@fuzz
def test_any_bytes_are_requests_or_refused(seed):
    random = Random(seed)
    data = mutated(seed, REQUESTS).encode("utf-8", "surrogatepass")
    reader = RequestReader()
    try:
        step = random.randint(1, len(data) or 1)
        for start in range(0, len(data), step):
            for request in reader.feed(data[start : start + step]):
                assert len(request.body) <= len(data)
            reader.awaits_go_ahead()
    except MalformedRequestError:
        return


@fuzz
def test_any_answer_is_framed_or_refused(seed):
    random = Random(seed)
    headers = tuple(
        (random.choice((*PIECES, "Content-Length", "Date", "X")), random.choice(PIECES))
        for _ in range(random.randrange(4))
    )
    status = random.choice((100, 200, 204, 304, 404, 999, 99, 1000, -1, 0))
    body = random.choice(PIECES).encode("utf-8", "surrogatepass")
    try:
        whole = write_answer(status, *framed(random.choice(("GET", "HEAD")), status, headers, body, now=STARTS))
    except ValueError:
        return
    head = whole.getvalue()[: whole.body_start]
    assert head.endswith(b"\r\n\r\n")
    assert b"\r\n\r\n" not in head[:-4]


@pytest.fixture(scope="module")
def vendors():
    """The declared part of each vendor of the museum."""
    files = sorted((ROOT / "fixtures/museum").rglob("*xsim.toml"))
    worlds = [replace(load_scenario(file, cycles=3).scenario, hatch=None) for file in files]
    made = [(SimulatedVendor(scenario), scenario) for scenario in worlds if scenario.endpoints]
    assert len(made) > 50
    return made


@fuzz
def test_any_request_is_answered(vendors, seed):
    random = Random(seed)
    vendor, scenario = random.choice(vendors)
    now = scenario.starts + timedelta(seconds=random.choice((-(10**6), 0, 0, 60, 3_600, 10**7)))
    answer = vendor(a_request(random, scenario), now)
    assert answer is None or isinstance(answer, Response)
    if answer is not None:
        assert 100 <= answer.status <= 999
        assert len(answer.body) < 5_000_000


def a_request(random, scenario):
    endpoint = random.choice(scenario.endpoints)
    named = [each.name for each in endpoint.filters] + [endpoint.limit.name, endpoint.id_name, endpoint.order.name]
    named += [endpoint.paging.name] if endpoint.paging else []
    values = (
        *PIECES,
        "1",
        "50",
        "-5",
        "created",
        "A-1",
        "2024-05-14T09:20:00Z",
        "1715679000",
        "1715679000000",
        "desc",
        "id:asc",
    )
    pairs = [(random.choice([*named, "x"]) or "limit", random.choice(values)) for _ in range(random.randrange(5))]
    path = endpoint.path.replace("{", random.choice(("", "A-1", "{"))).replace("}", "")
    path = path if random.random() < 0.8 else mutated(random.randrange(2**32), (path,), most=2)
    query = "&".join(f"{name}={value}" for name, value in pairs)
    bodies = (
        json.dumps(dict(pairs)),
        query,
        json.dumps(a_value(random)),
        random.choice(PIECES),
        json.dumps({"a": dict(pairs)}),
    )
    headers = [
        ("Authorization", random.choice(("Bearer x", "Basic eDp5", "Basic !", *PIECES))),
        ("Cookie", random.choice(PIECES)),
    ]
    headers += [(name or "x", value) for name, value in pairs]
    host = random.choice(("vendor.example", endpoint.host or "h", "[::1]:99", "u:p@h", "h:99999"))
    method = (
        endpoint.method
        if random.random() < 0.8
        else random.choice(("GET", "POST", "PUT", "PATCH", "HEAD", "DELETE", "Ü"))
    )
    body = random.choice(bodies).encode("utf-8", "surrogatepass") if random.random() < 0.6 else b""
    return Request(method, f"https://{host}{path}?{query}", tuple(headers), body)


PATTERNS = (
    "(?P<bound>(a+)+$)",
    "(?P<bound>.*)*",
    "(?P<bound",
    "(?P<bound>a){99999}",
    "(" * 200,
    "[a-\\",
    "(?P<bound>\\d+)",
    "(?i)x",
    "",
)


@fuzz
def test_any_pattern_is_compiled_or_refused(folder, seed):
    pattern = mutated(seed, PATTERNS, most=2)[:2_000]
    quoted = json.dumps(pattern, ensure_ascii=False).replace("\x7f", "\\u007f")
    text = f'[[endpoints]]\npath = "/a"\nfilters = [{{param = "q", field = "created", pattern = {quoted}}}]\n'
    text += '[[events]]\nrecord = {id = "1", created = "2024-05-14T09:20:00Z"}\n'
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load_scenario(write(folder / "patterns.xsim.toml", text))
    except XsimError as error:
        told(error)
