"""The vendor that answers while a scenario is drafted: it makes answers up, and learns from what is done with them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from xsim.model import Cycle, DraftedCall, Failure, Outcome, Request, Response, Scenario
from xsim.simulate.complaints import demanded, tables_in, trace
from xsim.simulate.sketch import HOUR, SECRET, Sketch, is_time, words_of
from xsim.simulate.watched import WatchedText, watched
from xsim.world import JsonValue

SAME_CALLS = 3
"""From the fourth on, a call's lists are empty: a script that pages until nothing comes must come to an end."""
MOST_CALLS = 60
LONGEST_COMPLAINT, MOST_COMPLAINTS = 2_000, 20
JSON_HEADERS = (("Content-Type", "application/json"),)
READ_HEADER = re.compile(r"""headers(?:\.get\(|\[)\s*['"]([\w-]{3,40})['"]""")
READ_COOKIE = re.compile(r"""cookies(?:\.get\(|\[)\s*['"]([\w.-]{3,40})['"]""")
"""How a script's text says in which header or cookie a login's answer holds the session."""
SESSION_HEADERS = ("X-Auth-Token", "X-Subject-Token", "X-FeApi-Token")
"""Where some products' logins answer with the session, as scripts know by a module of theirs."""
USUAL_HEADERS = frozenset("authorization content-type accept cookie user-agent date set-cookie location".split())
LOGIN = re.compile("(.*_)?(token|tokens|oauth2?|login|auth|authenticate|authentication|sessions?|sign_?in|log_?on)")
SESSION = {"access_token": SECRET, "token": f"{SECRET}01", "token_type": "Bearer", "expires_in": HOUR}
ID_PART = re.compile(
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}|\d{4,}|id-\d+|[a-z-]+-\d{2,}1"
)
WHOLE_SESSION = f"{{'access_token': '{SECRET}"
Key = tuple[str, str]
"""Method, and path with ids in braces."""
Sample = tuple[str, JsonValue]
"""A path, or "" where nobody said which, and the real API's answer."""


class DraftingVendor:
    """Answers every call, remembers it, and learns from what the script does with the answer."""

    def __init__(
        self,
        scenario: Scenario,
        samples: dict[str, JsonValue],
        script: str,
        on_call: Callable[[DraftingVendor], None] = lambda vendor: None,
        *,
        text: str = "",
    ) -> None:
        """`script` is the name of its code, `text` what it holds."""
        self.cycle = 1
        self.calls_of_cycle = 0
        self._on_call = on_call
        self._scenario = scenario
        self._script = script
        self._session_headers = session_headers(text)
        self._tables = tables_in(text)
        self._samples = {path.rstrip("/"): answer for path, answer in samples.items() if path}
        self._placed: dict[Key, JsonValue] = {}
        self._sketches: dict[Key, Sketch] = {}
        self._calls: list[tuple[int, Request, Key]] = []
        self._sent: dict[str, Sketch] = {}
        self._counts: dict[tuple[int, Key], int] = {}

    def __call__(self, request: Request, now: datetime) -> Response | None:
        key = (request.method.upper(), path_of(request.url, self._known_ids()))
        self._calls.append((self.cycle, request, key))
        self.calls_of_cycle += 1
        self._on_call(self)
        count = self._counts[self.cycle, key] = self._counts.get((self.cycle, key), 0) + 1
        if len(self._calls) > MOST_CALLS * self.cycle:
            return Response(500, JSON_HEADERS, b'{"error": "too many calls while drafting"}')
        sample = self._sample_for(key, request.url)
        if sample is not None:
            return _answered(_emptied(sample) if count > SAME_CALLS else sample)
        self._notice_records(request)
        sketch = self._sketch(key)
        if count > SAME_CALLS and "{" not in key[1]:
            return _answered(_emptied(sketch.plain()))
        value = sketch.value if count == 1 else sketch.without_tokens()
        response = _answered(value, self._session_headers if _is_login(key) else ())
        self._sent[response.body.decode()] = sketch
        return response

    def begin(self) -> None:
        """The first fetch starts again, with the answers as they are by now."""
        self._calls.clear()
        self._counts.clear()
        self._sent.clear()
        for sketch in self._sketches.values():
            sketch.news = 0
            sketch.reads.clear()

    def begin_cycle(self, number: int) -> None:
        self.cycle, self.calls_of_cycle = number, 0
        self._on_call(self)

    def notice(self, cycles: Sequence[Cycle]) -> None:
        """A made-up text that an incident gives for its time, or a request in the place of a time, should be one.

        One that an incident gives for its severity should be a number.
        """
        told = {text for cycle in cycles for text in _in_incidents(cycle, "occurred")}
        numbers = {text for cycle in cycles for text in _in_incidents(cycle, "severity")}
        asked: dict[tuple[Key, str], str] = {}
        for _, request, key in self._calls:
            for name, text in parse_qsl(urlsplit(request.url).query):
                if is_time(asked.get((key, name), "")):
                    told.add(text)
                asked[key, name] = text
        for sketch in self._sketches.values():
            for text in sorted(told & sketch.texts.keys()):
                if sketch.at(sketch.texts[text]) == text and not is_time(text):
                    sketch.demand(sketch.texts[text], "time")
            for text in sorted(numbers & sketch.texts.keys()):
                sketch.demand(sketch.texts[text], "number")

    @property
    def has_news(self) -> bool:
        """Whether an answer would be another one by now."""
        return any(sketch.news for sketch in self._sketches.values())

    def drafted(self) -> tuple[DraftedCall, ...]:
        return tuple(self._drafted(*call) for call in self._calls)

    def offer_tokens(self) -> bool:
        """Let answers say how to go on, where the script looks for that. False: it looks for it nowhere."""
        return max([sketch.offer_tokens() for sketch in self._sketches.values()], default=False)

    def withdraw_tokens(self) -> None:
        for sketch in self._sketches.values():
            sketch.withdraw_tokens()

    @property
    def tokens_came_back(self) -> bool:
        """Whether the script sent one of the offered texts."""
        sent = [request.url + request.body.decode("utf-8", "replace") for _, request, _ in self._calls]
        return any(
            token in text for sketch in self._sketches.values() for token in sketch.tokens.values() for text in sent
        )

    def place(self, answers: Sequence[JsonValue]) -> None:
        """Give samples to the calls that list something, then to the others, in order of appearance."""
        keys = [key for key in dict.fromkeys(key for _, _, key in self._calls) if not _is_login(key)]
        free = [key for key in keys if self._sample_for(key, "") is None]
        free.sort(key=lambda key: not (key in self._sketches and self._sketches[key].lists_something))
        self._placed.update(zip(free, answers, strict=False))

    def learn(self, cycle: Cycle) -> bool:
        """Correct an answer after a failure. False: it says nothing that helps."""
        failure = cycle.failure
        if failure is None or cycle.outcome is Outcome.UNSUPPORTED or failure.kind == "hang":
            return False
        return self._learn_from(failure) or self.adopt()

    def hear(self, cycle: Cycle) -> bool:
        """Correct an answer after a complaint that the script caught and wrote into its log, the last one first."""
        complaints = [line.text for line in cycle.log if len(line.text) <= LONGEST_COMPLAINT][-MOST_COMPLAINTS:]
        for text in reversed(complaints):
            bare = re.search(r"'([^']*)'\s*$", text)
            if self._learn_from(Failure("KeyError" if bare and bare[1] in self._all_texts() else "", text)):
                return True
        return False

    def _learn_from(self, failure: Failure) -> bool:
        is_traced = any(trace(sketch, failure, self._tables) for sketch in self._sketches.values())
        return is_traced or self._take_for_token(failure.message) or self._blame_last_read(failure)

    def _all_texts(self) -> frozenset[str]:
        return frozenset(text for sketch in self._sketches.values() for text in sketch.texts)

    def _take_for_token(self, text: str) -> bool:
        """A made-up session that turns up whole in a request or complaint: all of the answer should be the token."""
        for key, sketch in self._sketches.items():
            if _is_login(key) and isinstance(sketch.value, dict) and WHOLE_SESSION in text:
                sketch.put((), f"{SECRET}00")
                return True
        return False

    def adopt(self) -> bool:
        """Say what the script compares an answer with: a state that it waits for, a success that it checks."""
        return any(sketch.adopt_comparison() for sketch in self._sketches.values())

    def withhold(self) -> bool:
        """Leave out one field that a record may lack, where the script has all it asks for and makes nothing of it."""
        return any(sketch.withhold_next() for sketch in self._sketches.values())

    @property
    def reached(self) -> tuple[int, bool]:
        """How many different calls the script made, and whether it went through a list of some answer."""
        lists_something = any(sketch.lists_something for sketch in self._sketches.values())
        return len({key for _, _, key in self._calls}), lists_something

    def keep_answers(self) -> None:
        for sketch in self._sketches.values():
            sketch.keep()

    def restore_answers(self) -> None:
        """As they were when they were kept; what has come since then stays."""
        for sketch in self._sketches.values():
            sketch.restore()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While it lasts, the JSON of made-up answers is read as values that note their use."""
        decoder = json._default_decoder  # type: ignore[attr-defined]
        plain: Callable[..., Any] = decoder.decode

        def decode(text: str, *more: Any, **named: Any) -> Any:
            if isinstance(text, WatchedText) and not text.lstrip().startswith(("{", "[")):
                text.parsed()
            value = plain(text, *more, **named)
            sketch = self._sent.get(text) if self._sent else None
            return value if sketch is None else watched(sketch, value)

        decoder.decode = decode
        try:
            yield
        finally:
            del decoder.decode

    def _drafted(self, cycle: int, request: Request, key: Key) -> DraftedCall:
        sample = self._sample_for(key, request.url)
        if sample is not None:
            return DraftedCall(cycle, request, key[1], sample, "sample")
        kind = "login" if _is_login(key) else "guess"
        return DraftedCall(cycle, request, key[1], self._sketch(key).used(), kind)

    def _sample_for(self, key: Key, url: str) -> JsonValue:
        for path in (key[1], urlsplit(url).path):
            if path.rstrip("/") in self._samples:
                return self._samples[path.rstrip("/")]
        return self._placed.get(key)

    def _sketch(self, key: Key) -> Sketch:
        if key not in self._sketches:
            first = dict(SESSION) if _is_login(key) else None
            self._sketches[key] = Sketch(len(self._sketches) + 1, self._scenario.starts, self._script, first)
        return self._sketches[key]

    def _known_ids(self) -> frozenset[str]:
        answers = [*self._samples.values(), *self._placed.values(), *(s.value for s in self._sketches.values())]
        return frozenset(text for answer in answers for text in _id_texts(answer))

    def _notice_records(self, request: Request) -> None:
        """A made-up record that comes back whole in a request should have been its id."""
        text = unquote_plus(request.url) + request.body.decode("utf-8", "replace")
        self._take_for_token(text + " ".join(value for _, value in request.headers))
        for sketch in self._sketches.values():
            for path in sketch.bare_records():
                written = repr(sketch.at(path)), json.dumps(sketch.at(path))
                if any(form in text for form in written):
                    sketch.demand(path, "text")

    def _blame_last_read(self, failure: Failure) -> bool:
        """A complaint that names only types is about what was read last."""
        kind = demanded(failure)
        reads = [(sketch, path) for sketch in self._sketches.values() for path in reversed(sketch.reads)]
        if kind is None:
            return False
        types, demand = kind
        if demand == "text":
            reads += [(sketch, path) for sketch in self._sketches.values() for path in sketch.bare_records()]
        for sketch, path in reads:
            value = sketch.at(path)
            if not isinstance(value, types) or (demand == "naive" and not is_time(str(value))):
                continue
            before = sketch.news
            # What is a time already and still comes out as None was asked for something within it.
            sketch.demand(path, "object" if demand == "time" and is_time(str(value)) else demand)
            if sketch.news > before:
                return True
        return False


def session_headers(text: str) -> tuple[tuple[str, str], ...]:
    """Headers and cookies with a session for a script that reads such from an answer. Each names its place."""
    read = (name for name in READ_HEADER.findall(text) if name.lower() not in USUAL_HEADERS)
    headers = dict.fromkeys((*SESSION_HEADERS, *read))
    cookies = dict.fromkeys(READ_COOKIE.findall(text))
    return (
        *((name, f"{SECRET}-header-{name}") for name in headers),
        *(("Set-Cookie", f"{name}={SECRET}-cookie-{name}; Path=/") for name in cookies),
    )


def path_of(url: str, known_ids: frozenset[str] = frozenset()) -> str:
    """The URL's path, with parts that are ids or times in braces."""
    parts, names = [], set[str]()
    for part in (urlsplit(url).path or "/").split("/"):
        name = "time" if is_time(part) else "id" if part in known_ids or ID_PART.fullmatch(part) else ""
        if "{" in part or "}" in part:
            name = "part"
        while name in names:
            name += "_2"
        if name:
            names.add(name)
        parts.append(f"{{{name}}}" if name else part)
    return "/".join(parts)


def _in_incidents(cycle: Cycle, field: str) -> Iterator[str]:
    """The texts that the incidents hold in the field."""
    for text in cycle.incidents:
        try:
            incidents = json.loads(text)
        except ValueError:
            continue
        for incident in incidents if isinstance(incidents, list) else []:
            if isinstance(incident, dict) and isinstance(incident.get(field), str):
                yield incident[field]


# --- answers ------------------------------------------------------------------------------------------------


def _answered(value: JsonValue, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return Response(200, JSON_HEADERS + headers, json.dumps(value).encode())


def _emptied(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _emptied(inner) for key, inner in value.items()}
    return [] if isinstance(value, list) else value


def _is_login(key: Key) -> bool:
    parts = [part for part in key[1].split("/") if part and "{" not in part]
    return any(LOGIN.fullmatch(words_of(part)) for part in parts[-2:])


def _id_texts(answer: JsonValue, name: str = "") -> Iterator[str]:
    """Texts that stand under a name that ends in "id"."""
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield from _id_texts(value, key)
    elif isinstance(answer, list):
        for value in answer[:20]:
            yield from _id_texts(value, f"{name} id" if isinstance(value, str) else name)
    elif name.lower().endswith("id") and isinstance(answer, (str, int)) and len(str(answer)) > 2:
        yield str(answer)
