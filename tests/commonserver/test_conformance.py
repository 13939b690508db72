"""xsim's CommonServerPython beside the original, run as a black box: the same calls, the same outcomes.

Runs only where XSIM_CONTENT points to a checkout of the content repository of April 2022 (Base pack 1.30.0). Each
difference that is meant stands in DIFFERENCES with its reason; any other one fails. docs/commonserver.md tells both.
"""

from __future__ import annotations

import copy
import http.client
import inspect
import io
import logging
import os
import random
import re
import sys
import time
import types
import warnings
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3
from conformance_inputs import CALLS, LOOK_BACK_CALLS, Call, Chance, flag, flat, maybe, nested, scalar, text, value
from freezegun import freeze_time
from test_commonserver import TEXT, FakeDemisto

CONTENT = os.environ.get("XSIM_CONTENT", "")
ORIGINAL = Path(CONTENT) / "Packs" / "Base" / "Scripts" / "CommonServerPython" / "CommonServerPython.py"
INPUTS = int(os.environ.get("XSIM_CONFORMANCE_INPUTS", "100"))
PAGE = Path(__file__).parents[2] / "docs" / "commonserver.md"
NOW = "2024-03-31T23:59:58.654321"
SHIMS = Path(__file__).parents[2] / "xsim" / "load" / "shims"

# The original calls what newer Pythons deprecate.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
needs_content = pytest.mark.skipif(
    not (CONTENT and ORIGINAL.is_file()),
    reason="XSIM_CONTENT points to no content checkout, so there is no original to compare with",
)


# --- What differs, and why ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A difference that is meant: for which calls, why, and one call that shows it."""

    name: str
    reason: str
    applies: Callable[..., bool]
    example: Call


# Both servers say 6.9.0: by text that is later than 6.2.0, which ScheduledCommand asks for, and than 6.10.0.
SERVER = {"version": "6.9.0", "buildNumber": "200", "platform": "xsoar"}


def by_text(version: str) -> bool:
    return SERVER["version"] >= version


def by_number(version: str) -> bool:
    return [int(part) for part in version.split(".")] <= [6, 9, 0]


def holds_number(t: Any, *, in_list: bool = False) -> bool:
    """Whether a cell is a number, or a list in it holds something that is neither text nor a dict."""
    if isinstance(t, list):
        return any(holds_number(each, in_list=True) for each in t)
    if isinstance(t, dict):
        return any(holds_number(each) for each in t.values())
    return isinstance(t, (int, float, bytes)) or (in_list and t is None)


DIFFERENCES = (
    Difference(
        "parse_date_string",
        "a fraction of more than six digits is cut, as newer versions do; that of 2022 raises ValueError",
        lambda date, *_, **__: re.search(r"\.\d{7}", date) is not None,
        (("2019-09-17T06:16:39.1234567Z",), {}),
    ),
    Difference(
        "tableToMarkdown",
        "with is_auto_json_transform numbers are shown, alone and in lists; the original leaves a cell of one number "
        "empty, and raises TypeError for a list of them",
        lambda _, t, *__, is_auto_json_transform=False: is_auto_json_transform and holds_number(t),
        (("T", [{"a": 1, "b": {"c": 2}}]), {"is_auto_json_transform": True}),
    ),
    Difference(
        "tableToMarkdown",
        "a dict of one empty list is a table without entries; the original raises IndexError",
        lambda _, t, *__, **___: isinstance(t, dict) and list(t.values()) == [[]],
        (("T", {"Users": []}), {}),
    ),
    Difference(
        "aws_table_to_markdown",
        "a list of nothing is a table without entries; the original raises IndexError",
        lambda response, *_, **__: (
            [[]] in [list(each.values()) for each in response.values() if isinstance(each, dict)]
        ),
        (({"Users": {"Names": []}}, "T"), {}),
    ),
    Difference(
        "is_demisto_version_ge",
        "versions are compared number by number, as newer versions do; that of 2022 compares them as text",
        lambda version, *_, **__: by_text(version) != by_number(version),
        (("6.10.0",), {}),
    ),
)
CALLS_HERE: dict[str, Callable[[Chance], Call]] = {
    **CALLS,
    "is_demisto_version_ge": lambda r: (
        (r.choice(["6.2.0", "6.9.0", "6.10.0", "5.0.0", "7.0.0"]), r.choice(["", "200", "100", "300", "x"])),
        {},
    ),
}
# Names that the original has and ours does not.
LEFT_OUT = {"print_function": "a leaving of Python 2; the original's own import brings it along"}
# The original gives these in the order of a set.
UNORDERED = {"remove_duplicates_from_list_arg"}
OTHER_CONSTANTS = {
    "CIPHERS_STRING": "OpenSSL's own list at security level 1; the original lists ciphers by name",
    "excluded_globals": "what the original leaves out of a listing of its own globals",
}
OTHER_RESULTS = {
    "IndicatorsTimeline": "each indicator has a fact of its own, with its part of a list of categories or messages; "
    "the original writes the last indicator into all facts",
    "Common.IP": "an empty Geo, where of latitude and longitude one alone is known, is left out",
    "CommandResults": "outputs of one key that holds an empty list are shown as a table without entries; the original "
    "raises IndexError",
    "BaseClient": "PATCH and DELETE are retried too, as newer versions do",
}
# Where content reads the words of an error, they are compared too; elsewhere they are our own.
SAME_WORDS = {"argToBoolean", "arg_to_number", "arg_to_datetime", "return_error", "string_to_table_header"}


# --- The two sides -----------------------------------------------------------------------------------------------


@dataclass
class Side:
    """One of the two texts, loaded beside a host of its own."""

    module: types.ModuleType
    demisto: FakeDemisto


def loaded(path: Path, **environment: str) -> Side:
    demisto = FakeDemisto()
    demisto.version = SERVER
    demisto.callingContext["context"] = {"IntegrationBrand": "Brand", "IntegrationInstance": "Brand_instance_1"}
    module = types.ModuleType(path.stem)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setitem(sys.modules, "demistomock", demisto)
        for name in (
            "DemistoClassApiModule",
            *(() if sys.version_info < (3, 12) else ("distutils", "distutils.version")),
        ):
            patch.setitem(sys.modules, name, stand_in(name))
        for name, value_ in environment.items():
            patch.setenv(name, value_)
        exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), module.__dict__)
    return Side(module, demisto)


def stand_in(name: str) -> types.ModuleType:
    """A module that an original may import and this Python lacks."""
    module = types.ModuleType(name)
    shim = SHIMS / (name.replace(".", "_") + ".py")
    if shim.is_file():
        exec(shim.read_text(encoding="utf-8"), module.__dict__)
    return module


@pytest.fixture(scope="module")
def frozen() -> Iterator[None]:
    shown = warnings.showwarning
    with freeze_time(NOW):
        yield
    warnings.showwarning = shown


@pytest.fixture(scope="module")
def sides(frozen: None) -> tuple[Side, Side]:
    return loaded(ORIGINAL), loaded(TEXT)


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing of what a case changes outlives it: proxies, working folder. Each retry would be a line of log."""
    caplog.set_level(logging.CRITICAL, "urllib3")
    monkeypatch.chdir(tmp_path)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def shape(thing: Any) -> Any:
    """A value as text and tuples, so that 1, 1.0 and True differ, as do a naive and an aware time."""
    if isinstance(thing, dict):
        return "dict", sorted((repr(key), shape(each)) for key, each in thing.items())
    if isinstance(thing, (list, tuple)):
        return type(thing).__name__, [shape(each) for each in thing]
    plain = repr(thing)
    return type(thing).__name__, re.sub(r" at 0x[0-9a-f]+", "", plain).replace("RealCSP", "")


def outcome(side: Side, name: str, case: Call) -> tuple[Any, ...]:
    """What a call gives: its value or error, what it handed to the host, and what it did to its arguments."""
    arguments, named = copy.deepcopy(case)
    arguments = tuple(
        getattr(side.module, each[1:]) if isinstance(each, str) and each.startswith("@") else each for each in arguments
    )
    side.demisto.handed.clear()
    try:
        result = getattr(side.module, name)(*arguments, **named)
        result = list(result) if inspect.isgenerator(result) else result
        ended: Any = ("returned", shape(sorted(result, key=repr) if name in UNORDERED else result))
    except (Exception, SystemExit) as error:
        ended = ("raised", type(error).__name__, str(error) if name in SAME_WORDS else "")
    plain = [each for each in arguments if not callable(each)]
    handed = [one if name in SAME_WORDS or not is_told(one) else "words" for one in side.demisto.handed]
    return ended, shape(handed), shape(plain)


def is_told(entry: Any) -> bool:
    """Whether an entry holds an error in words of ours."""
    return isinstance(entry, dict) and entry.get("Type") == 4 and isinstance(entry.get("Contents"), str)


def refuse(differing: list[str]) -> None:
    if differing:
        pytest.fail(f"{len(differing)} calls differ, such as\n" + "\n".join(differing[:3]), pytrace=False)


def chance(name: str) -> Chance:
    return random.Random(zlib.crc32(name.encode()))


def unexplained(pair: tuple[Side, Side], name: str, cases: list[Call]) -> list[str]:
    """The calls whose outcomes differ without a stated difference, as lines to read."""
    told = []
    known = [each for each in DIFFERENCES if each.name == name]
    for case in cases:
        theirs, ours = (outcome(side, name, case) for side in pair)
        if theirs != ours and not any(each.applies(*case[0], **case[1]) for each in known):
            told.append(f"{name}{case!r}\n  original {theirs!r}\n  ours     {ours!r}"[:1000])
    return told


# --- Functions ---------------------------------------------------------------------------------------------------


@needs_content
@pytest.mark.parametrize("name", CALLS_HERE)
def test_a_function_does_what_the_original_does(sides: tuple[Side, Side], name: str) -> None:
    r = chance(name)
    differing = unexplained(sides, name, [CALLS_HERE[name](r) for _ in range(INPUTS)])
    refuse(differing)


@needs_content
@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda each: each.name)
def test_a_stated_difference_is_still_one(sides: tuple[Side, Side], difference: Difference) -> None:
    theirs, ours = (outcome(side, difference.name, difference.example) for side in sides)
    assert theirs != ours
    assert difference.applies(*difference.example[0], **difference.example[1])


@needs_content
@pytest.mark.parametrize("name", LOOK_BACK_CALLS)
def test_the_switch_gives_the_look_back_of_2022(sides: tuple[Side, Side], frozen: None, name: str) -> None:
    older = loaded(TEXT, XSIM_LOOK_BACK="2022")
    r = chance(name)
    refuse(unexplained((sides[0], older), name, [LOOK_BACK_CALLS[name](r) for _ in range(INPUTS)]))


# --- Names and signatures ----------------------------------------------------------------------------------------


def own_names(module: types.ModuleType) -> set[str]:
    return {name for name in vars(module) if not name.startswith("_")}


@needs_content
def test_every_name_of_the_original_is_there(sides: tuple[Side, Side]) -> None:
    original, ours = (own_names(side.module) for side in sides)
    assert original - ours == set(LEFT_OUT)


@needs_content
def test_every_function_takes_the_original_s_arguments(sides: tuple[Side, Side]) -> None:
    original, ours = (side.module for side in sides)
    newest = {"get_integration_context"} | set(LOOK_BACK_CALLS)
    differing = []
    for name in sorted(own_names(original) - set(LEFT_OUT)):
        theirs = getattr(original, name)
        if not inspect.isfunction(theirs) or (theirs.__module__ != original.__name__ and name in newest):
            continue
        wanted, found = parameters(theirs), parameters(getattr(ours, name))
        if found[: len(wanted)] != wanted:
            differing.append((name, wanted, found))
    assert differing == []


def parameters(function: Callable[..., Any]) -> list[tuple[str, str]]:
    listed = inspect.signature(function).parameters.values()
    return [(each.name, re.sub(r" at 0x[0-9a-f]+", "", repr(each.default))) for each in listed]


CONSTANTS = (str, int, float, tuple, list, dict, bool)


@needs_content
def test_constants_have_the_original_s_values(sides: tuple[Side, Side]) -> None:
    original, ours = (side.module for side in sides)
    names = [name for name in own_names(original) & own_names(ours) if type(getattr(original, name)) in CONSTANTS]
    differing = {
        name: (getattr(original, name), getattr(ours, name))
        for name in sorted(names)
        if name not in OTHER_CONSTANTS and not name.endswith("Regex") and getattr(original, name) != getattr(ours, name)
    }
    assert differing == {}
    assert len(names) > 20


# --- Results -----------------------------------------------------------------------------------------------------


def results(module: types.ModuleType, r: Chance) -> Any:
    """A CommandResults of chance's choosing; the same for both sides, as they draw the same numbers."""
    draw: dict[str, Callable[[], Any]] = {
        "outputs_prefix": lambda: maybe(r, "A", "A.B", "A.B"),
        "outputs_key_field": lambda: maybe(r, "id", "x.y", ["id", "x.y"], [], 5),
        "outputs": lambda: r.choice([value, nested, lambda r: [nested(r)]])(r),
        "readable_output": lambda: maybe(r, "", "read", "## read"),
        "raw_response": lambda: r.choice([scalar, nested])(r),
        "ignore_auto_extract": lambda: flag(r),
        "mark_as_note": lambda: flag(r),
        "entry_type": lambda: r.choice([1, 4, 11]),
        "content_format": lambda: maybe(r, "json", "text", "markdown", "bad"),
        "indicators_timeline": lambda: module.IndicatorsTimeline(
            indicators=[text(r)], category=maybe(r, "c"), message=maybe(r, "m")
        ),
        "scheduled_command": lambda: module.ScheduledCommand(
            "poll", r.choice([5, 10, 60]), maybe(r, {"a": 1}), maybe(r, 600)
        ),
        "indicator": lambda: module.Common.IP("1.1.1.1", verdict(module, r), geo_country=maybe(r, "X")),
        "relationships": lambda: [module.EntityRelationship("uses", "a", "IP", "b", "URL", brand=maybe(r, "B"))],
    }
    chosen = [name for name in draw if r.random() < 0.4]
    return module.CommandResults(**{name: draw[name]() for name in chosen})


def verdict(module: types.ModuleType, r: Chance) -> Any:
    return module.Common.DBotScore("1.1.1.1", "ip", "Vendor", r.randint(0, 3), maybe(r, "evil"))


def built(side: Side, build: Callable[[types.ModuleType, Chance], Any], seed: int) -> Any:
    side.demisto.handed.clear()
    try:
        return "returned", shape(build(side.module, random.Random(seed))), shape(side.demisto.handed)
    except Exception as error:
        return "raised", type(error).__name__


BUILDS: dict[str, Callable[[types.ModuleType, Chance], Any]] = {
    "CommandResults.to_context": lambda module, r: results(module, r).to_context(),
    "return_results": lambda module, r: module.return_results(
        r.choice([results(module, r), [results(module, r), text(r), flat(r)], [text(r)], [], None, text(r)])
    ),
    "GetRemoteDataResponse": lambda module, r: module.return_results(
        module.GetRemoteDataResponse(maybe(r, {"id": "1"}, {}), [{"Type": 1}] * r.randint(0, 2))
    ),
    "GetModifiedRemoteDataResponse": lambda module, r: module.return_results(
        module.GetModifiedRemoteDataResponse(["1", "2"][: r.randint(0, 2)])
    ),
    "GetMappingFieldsResponse": lambda module, r: module.return_results(
        module.GetMappingFieldsResponse([module.SchemeTypeMapping(text(r), maybe(r, {"f": "d"}))] * r.randint(0, 2))
    ),
    "EntityRelationship": lambda module, r: relationship(module, r),
    "DBotScore": lambda module, r: module.Common.DBotScore(
        text(r),
        r.choice(["ip", "file", "url", "bad"]),
        "V",
        r.randint(-1, 4),
        maybe(r, "m"),
        maybe(r, "B - Usually reliable"),
    ).to_context(),
}


def relationship(module: types.ModuleType, r: Chance) -> Any:
    made = module.EntityRelationship(
        r.choice(["uses", "used-by", "bad"]),
        text(r),
        r.choice(["IP", "URL", "bad"]),
        text(r),
        r.choice(["Domain", "File"]),
        brand=maybe(r, "B") or "",
        fields=maybe(r, {"q": 1}),
        source_reliability=maybe(r, "B - Usually reliable") or "",
    )
    return [made.to_entry(), made.to_context(), made.to_indicator()]


@needs_content
@pytest.mark.parametrize("name", BUILDS)
def test_a_result_becomes_the_original_s_entry(sides: tuple[Side, Side], name: str) -> None:
    differing = []
    for seed in range(3 * INPUTS):
        theirs, ours = (built(side, BUILDS[name], seed) for side in sides)
        # Stated in OTHER_RESULTS.
        if theirs != ours and theirs != ("raised", "IndexError"):
            differing.append(f"seed {seed}\n  original {theirs!r}\n  ours     {ours!r}"[:1500])
    refuse(differing)


INDICATORS = "IP URL File Domain EMAIL Account CVE AttackPattern Cryptocurrency Endpoint".split()
RECORDS = {
    "relationships": lambda module: [module.EntityRelationship("uses", "a", "IP", "b", "URL")],
    "feed_related_indicators": lambda module: [module.Common.FeedRelatedIndicators("v", "t", "d")],
    "community_notes": lambda module: [module.Common.CommunityNotes("n", "ts")],
    "threat_types": lambda module: [module.Common.ThreatTypes("c", "cc")],
    "behaviors": lambda module: [module.Common.Behaviors("d", "a")],
    "publications": lambda module: [module.Common.Publications("s", "t", "l", "ts")],
    "signature": lambda module: module.Common.FileSignature("auth", "copy", "desc", "fv", "in", "on"),
    "dbot_score": lambda module: module.Common.DBotScore("X", "ip", "V", 3, "desc"),
}
# Stated in OTHER_RESULTS.
EMPTY_GEO = {"IP": {"geo_latitude", "geo_longitude"}}


def indicator(module: types.ModuleType, kind: str, names: list[str]) -> Any:
    plain = {"publications"} if kind == "AttackPattern" else set()
    chosen = {"status": "Online", "is_isolated": "No"}
    given = {
        name: RECORDS[name](module) if name in RECORDS and name not in plain else chosen.get(name, f"<{name}>")
        for name in names
    }
    return getattr(module.Common, kind)(**given).to_context()


@needs_content
@pytest.mark.parametrize("kind", INDICATORS)
def test_an_indicator_becomes_the_original_s_context(sides: tuple[Side, Side], kind: str) -> None:
    listed = list(inspect.signature(getattr(sides[0].module.Common, kind).__init__).parameters.values())[1:]
    needed = [each.name for each in listed if each.default is inspect.Parameter.empty or each.name == "dbot_score"]
    names = [each.name for each in listed]
    r = chance(kind)
    choices = [names, *([*needed, name] for name in names if name not in needed)]
    choices += [[name for name in names if name in needed or flag(r)] for _ in range(INPUTS // 5)]
    for chosen in choices:
        if len(EMPTY_GEO.get(kind, set()) & set(chosen)) == 1:
            continue
        theirs, ours = (shape(indicator(side.module, kind, chosen)) for side in sides)
        assert ours == theirs, chosen


@needs_content
def test_the_integration_context_ends_as_with_the_original(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    for seed in range(INPUTS):
        ends = []
        for side in sides:
            r = random.Random(seed)
            side.demisto.context = {"context": {"seen": '[{"id": 1, "v": 1}]', "cursor": '"5"'}, "version": 3}
            new = {"seen": [{"id": r.randint(0, 2), "v": 2}], "cursor": text(r), "more": {"a": [1]}}
            chosen = {key: each for key, each in new.items() if flag(r)}
            side.module.set_to_integration_context_with_retries(chosen, maybe(r, {"seen": "id"}))
            side.module.set_integration_context(side.module.get_integration_context(), version=maybe(r, 4) or -1)
            ends.append(side.demisto.context)
        assert ends[0] == ends[1], seed


# --- HTTP --------------------------------------------------------------------------------------------------------

BODIES = [b"", b'{"err": "bad"}', b"<plain>", b"<a><b>1</b></a>", '{"é":"ü"}'.encode(), b"[1, 2]", b"null"]
FAILURES: dict[str, Callable[[Any], Exception]] = {
    "refused": lambda pool: urllib3.exceptions.NewConnectionError(pool, "refused"),
    "connect time-out": lambda pool: urllib3.exceptions.ConnectTimeoutError(pool, "slow"),
    "read time-out": lambda pool: urllib3.exceptions.ReadTimeoutError(pool, "/", "slow"),
    "certificate": lambda pool: urllib3.exceptions.SSLError("certificate"),
    "proxy": lambda pool: urllib3.exceptions.ProxyError("proxy", OSError("gone")),
    "cut off": lambda pool: urllib3.exceptions.ProtocolError("cut off"),
}


@dataclass
class Wire:
    """A vendor below urllib3's retry loop: it answers from a list and keeps what it was asked."""

    answers: list[Any]
    asked: list[Any] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def make_request(
        self, pool: Any, conn: Any, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> Any:
        sent = re.sub(rb"(?m)[0-9a-f]{32}", b"boundary", body if isinstance(body, bytes) else str(body).encode())
        kept = {name: re.sub(r"boundary=\w+", "", str(each)) for name, each in headers.items()}
        limits = options.get("timeout")
        place = f"{pool.scheme}://{pool.host}{url}"
        proxy = str(pool.proxy) if pool.proxy else ""
        self.asked.append((method, place, sent, kept, str(limits), proxy, getattr(pool, "cert_reqs", None)))
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, str):
            raise FAILURES[answer](pool)
        status, content, extra = answer
        reason = http.client.responses.get(status, "")
        return urllib3.HTTPResponse(
            io.BytesIO(content),
            {"Content-Length": str(len(content)), **extra},
            status,
            11,
            reason,
            preload_content=False,
        )


@dataclass(frozen=True)
class Exchange:
    """One call of _http_request: the client's arguments, the request's, what the vendor answers, the environment."""

    client: dict[str, Any]
    request: dict[str, Any]
    answers: list[Any]
    environment: dict[str, str]
    handles: bool


def answer(r: Chance) -> Any:
    if r.random() < 0.12:
        return r.choice(list(FAILURES))
    status = r.choice([200, 200, 200, 201, 204, 302, 304, 400, 401, 403, 404, 429, 429, 500, 502, 503])
    extra = {"Location": "/elsewhere"} if status == 302 else {}
    if status in (429, 503) and flag(r):
        extra["Retry-After"] = "7"
    return status, r.choice(BODIES), extra


def exchange(r: Chance) -> Exchange:
    """Chance's choice of every argument that content of 2022 passes."""
    client = {
        "verify": flag(r),
        "proxy": flag(r),
        "ok_codes": r.choice([(), (), (200,), (200, 404)]),
        "headers": maybe(r, {"X-Own": "1"}),
        "auth": maybe(r, ("user", "pass")),
        "timeout": r.choice([60, 10, 2.5]),
    }
    some: dict[str, Any] = {
        "headers": {"X-Call": "2", "Authorization": "Bearer x"},
        "auth": ("other", "p"),
        "json_data": r.choice([{"a": [1]}, [], {}, "text"]),
        "params": r.choice([{"q": 1, "none": None, "l": [1, 2]}, {}, "a=b"]),
        "data": r.choice([{"a": 1}, "raw", b"raw"]),
        "files": {"file": ("a.txt", b"content")},
        "timeout": r.choice([5, (3, 9)]),
        "ok_codes": r.choice([(200,), (200, 204), (400, 401, 404), [500, 503]]),
        "return_empty_response": True,
        "retries": r.randint(1, 3),
        "status_list_to_retry": r.choice([[429], [429, 500, 503], [404]]),
        "backoff_factor": r.choice([0, 1, 5]),
        "raise_on_redirect": flag(r),
        "raise_on_status": flag(r),
        "empty_valid_codes": r.choice([[200], [204, 201], []]),
        "resp_type": r.choice(["json", "text", "content", "xml", "response", "JSON", "other"]),
        "full_url": r.choice(["https://other.example/full", "http://other.example/full?x=1"]),
        "allow_redirects": flag(r),
    }
    request = {name: each for name, each in some.items() if r.random() < 0.3}
    request["method"] = r.choice(["GET", "POST", "PUT", "GET", "get", "DELETE", "PATCH"])
    request["url_suffix"] = r.choice(["", "/path", "path/deep", "/path?x=1"])
    client["base_url"] = r.choice(["https://vendor.example/api", "https://vendor.example/", "http://plain.example"])
    proxies = {"HTTPS_PROXY": "proxy.example:8080", "HTTP_PROXY": "http://proxy.example:8080"}
    environment = {name: each for name, each in proxies.items() if flag(r)}
    return Exchange(client, request, [answer(r) for _ in range(r.randint(1, 5))], environment, r.random() < 0.1)


def answered(side: Side, case: Exchange) -> tuple[Any, ...]:
    wire = Wire(case.answers)
    handled: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            patch.setenv(name, case.environment.get(name, ""))
            if name not in case.environment:
                patch.delenv(name)
        pools = urllib3.connectionpool
        patch.setattr(pools.HTTPConnectionPool, "_make_request", lambda pool, *a, **k: wire.make_request(pool, *a, **k))
        patch.setattr(pools.HTTPSConnectionPool, "_prepare_proxy", lambda pool, conn: None)
        patch.setattr(time, "sleep", wire.slept.append)
        request = copy.deepcopy(case.request)
        if case.handles:
            request["error_handler"] = lambda response: handled.append(response.status_code)
        try:
            client = side.module.BaseClient(**copy.deepcopy(case.client))
            ended: Any = ("returned", received(client._http_request(**request)))
        except Exception as error:
            ended = ("raised", *told(error))
        left = {name: os.environ.get(name) for name in ("HTTP_PROXY", "HTTPS_PROXY")}
    return ended, wire.asked, wire.slept, handled, left


def received(result: Any) -> Any:
    if hasattr(result, "status_code"):
        return "response", result.status_code, result.content
    return shape(result)


def told(error: Exception) -> tuple[Any, ...]:
    """The kind of an error, its cause and response; its words where a vendor's answer is what they tell."""
    res, cause = getattr(error, "res", None), getattr(error, "exception", None)
    words = str(error) if res is not None else ""
    return type(error).__name__, words, getattr(res, "status_code", None), type(cause).__name__


def retries_another_method(case: Exchange) -> bool:
    """Stated in OTHER_RESULTS: that of 2022 retries GET, POST and PUT."""
    return bool(case.request.get("retries")) and case.request["method"] in ("PATCH", "DELETE")


@needs_content
def test_an_http_request_goes_and_ends_as_with_the_original(sides: tuple[Side, Side]) -> None:
    r = chance("_http_request")
    differing = []
    for number in range(10 * INPUTS):
        case = exchange(r)
        theirs, ours = (answered(side, case) for side in sides)
        if theirs != ours and not retries_another_method(case):
            differing.append(f"{number}: {case}\n  original {theirs!r}\n  ours     {ours!r}"[:2500])
    refuse(differing)


@needs_content
def test_the_proxy_and_certificate_settings_end_as_with_the_original(sides: tuple[Side, Side]) -> None:
    for seed in range(2 * INPUTS):
        ends = []
        for side in sides:
            r = random.Random(seed)
            names = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
            with pytest.MonkeyPatch.context() as patch:
                for name in names:
                    patch.setenv(name, r.choice(["proxy.example:80", "https://p", "socks5://p"]))
                    if flag(r):
                        patch.delenv(name)
                given = {name: flag(r) for name in ("proxy", "insecure", "unsecure", "own") if flag(r)}
                params = side.demisto.callingContext["params"]
                params.clear()
                params.update(given)
                options = {"proxy_param_name": r.choice(["proxy", "own"]), "checkbox_default_value": flag(r)}
                proxies = side.module.handle_proxy(
                    **options, handle_insecure=flag(r), insecure_param_name=maybe(r, "own")
                )
                ends.append((proxies, {name: os.environ.get(name) for name in names}))
        assert ends[0] == ends[1], seed


# --- The page ----------------------------------------------------------------------------------------------------


def figures() -> dict[str, int]:
    """The counts that docs/commonserver.md states, by the words that stand behind them."""
    return {
        "functions": len(CALLS_HERE),
        "look-back helpers under the switch": len(LOOK_BACK_CALLS),
        "kinds of result": len(BUILDS),
        "indicator classes": len(INDICATORS),
        "stated differences": len(DIFFERENCES),
    }


def test_the_page_states_the_figures_that_are_compared() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert [words for words, count in figures().items() if f"{count} {words}" not in page] == []


def test_the_page_states_every_difference_and_why() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    wanted = [f"`{each.name}`: {each.reason}" for each in DIFFERENCES]
    wanted += [f"`{name}`: {reason}" for name, reason in {**LEFT_OUT, **OTHER_CONSTANTS, **OTHER_RESULTS}.items()]
    assert [each for each in wanted if each not in page] == []


@needs_content
def test_the_page_states_how_many_names_there_are(sides: tuple[Side, Side]) -> None:
    original, ours = (own_names(side.module) for side in sides)
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"{len(original)} names" in page
    assert f"{len(ours - original)} more" in page
