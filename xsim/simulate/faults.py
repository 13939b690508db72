"""What goes wrong by plan on the way to the vendor and back: which fault strikes a request, and what comes of it.

Faults stand before the vendor, not in it: what it does of itself, as a status of 429 from a quota, is its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from urllib.parse import unquote, urlsplit

from xsim.model import Request, Response, Vendor
from xsim.simulate.recording import Kill
from xsim.simulate.wire import BODILESS, REASONS, Headers, http_date
from xsim.world import TIME_HERE, Fault

FRAMING = frozenset({"content-length", "transfer-encoding"})
BRACES = re.compile(r"\{[^{}]*\}")
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
JSON_TYPE = ("Content-Type", "application/json")
PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>
"""
"""As most pages it is no XML."""
UNREADABLE_END = b'{"'
"""Behind whatever it stands, it makes no JSON."""


class Faults:
    """The faults of one run, with how often each has struck: `struck`, where the run goes on from elsewhere."""

    def __init__(self, faults: Sequence[Fault], seed: int, struck: Sequence[int] = ()) -> None:
        counts = struck or (0,) * len(faults)
        self._planned = [_Planned(fault, seed, count) for fault, count in zip(faults, counts, strict=True)]

    @property
    def struck(self) -> tuple[int, ...]:
        """How often each has struck, in the scenario's order."""
        return tuple(planned.struck for planned in self._planned)

    def in_cycle(self, number: int, started: datetime) -> CycleFaults | None:
        """Those that may strike in this cycle. None: nothing can go wrong in it."""
        planned = [each for each in self._planned if each.may_strike_in(number)]
        kill = next((each for each in planned if each.fault.kind == "kill" and each.kills(number, started)), None)
        striking = [each for each in planned if each.fault.kind != "kill"]
        return CycleFaults(number, striking, kill) if striking or kill else None


class CycleFaults:
    """The faults of one cycle. Asked in place of the vendor, as only they know whether it is reached at all."""

    def __init__(self, number: int, planned: Sequence[_Planned], kill: _Planned | None) -> None:
        self._number = number
        self._planned = planned
        self._fitting = [0] * len(planned)
        self.kill = None if kill is None else Kill(kill.fault.name, kill.fault.moment, kill.strike)

    def answer(self, request: Request, now: datetime, vendor: Vendor | None) -> Response | None:
        """The vendor's answer, or what a fault makes of it. None: nobody answers. Raises ProcessKilled."""
        if self.kill is not None:
            self.kill.refuse_the_dead()
        planned = self._striking(request, now)
        if planned is None:
            return None if vendor is None else vendor(request, now)
        planned.strike()
        fault = planned.fault_at(now)
        before = BEFORE_THE_VENDOR.get(fault.kind)
        if before is not None and (fault.kind != "malformed" or fault.text is not None):
            return before(fault)
        if vendor is None:
            return None
        if fault.kind == "logout":
            log_out = getattr(vendor, "log_out", None)
            if log_out is not None:
                log_out(now)
        response = vendor(request, now)
        # What is no answer is the network's to refuse.
        return BEHIND_THE_VENDOR[fault.kind](fault, response) if isinstance(response, Response) else response

    def would_refuse(self, request: Request, now: datetime) -> bool:
        """Whether no connection can be made for this request. Nothing is counted yet."""
        planned = self._first(request, now)
        return planned is not None and planned.fault.kind == "refused"

    def _striking(self, request: Request, now: datetime) -> _Planned | None:
        """The first that strikes; each counts the requests that fit it, whichever strikes."""
        first = self._first(request, now)
        for place, planned in enumerate(self._planned):
            self._fitting[place] += planned.fits(request)
        return first

    def _first(self, request: Request, now: datetime) -> _Planned | None:
        for planned, fitting in zip(self._planned, self._fitting, strict=True):
            if planned.fits(request) and planned.strikes(self._number, fitting + 1, now):
                return planned
        return None


class _Planned:
    """One fault of the scenario, ready to be compared."""

    def __init__(self, fault: Fault, seed: int, struck: int) -> None:
        self.fault = fault
        self.struck = struck
        self._seed = seed
        self._segments = [_pattern(part) for part in fault.path.split("/") if part]
        # To be logged out at every request would leave nobody a chance to log in.
        self._requests = frozenset(fault.requests or ((1,) if fault.kind == "logout" else ()))
        self._names_a_time = any(TIME_HERE.search(text) for _, text in fault.headers)

    def strike(self) -> None:
        self.struck += 1

    def fault_at(self, now: datetime) -> Fault:
        """The fault, with the times that its headers name."""
        if not self._names_a_time:
            return self.fault
        headers = ((name, TIME_HERE.sub(lambda match: _later(match, now), text)) for name, text in self.fault.headers)
        return replace(self.fault, headers=tuple(headers))

    def may_strike_in(self, cycle: int) -> bool:
        fault = self.fault
        is_left = not fault.times or self.struck < fault.times
        return is_left and (not fault.cycles or any(first <= cycle <= last for first, last in fault.cycles))

    def kills(self, cycle: int, started: datetime) -> bool:
        return self._is_time(started) and self._is_drawn(cycle, 1)

    def strikes(self, cycle: int, count: int, now: datetime) -> bool:
        """Whether it strikes the request of that count among those that fit it."""
        fault = self.fault
        if (fault.times and self.struck >= fault.times) or (self._requests and count not in self._requests):
            return False
        return self._is_time(now) and self._is_drawn(cycle, count)

    def fits(self, request: Request) -> bool:
        fault = self.fault
        if fault.method and fault.method.upper() != request.method.upper():
            return False
        if not fault.host and not self._segments:
            return True
        url = urlsplit(request.url)
        if fault.host:
            wanted, host = fault.host.lower(), url.netloc.rpartition("@")[2].lower()
            if wanted != (host if ":" in wanted else url.hostname):
                return False
        if not self._segments:
            return True
        parts = [unquote(part) for part in url.path.split("/") if part]
        return len(parts) == len(self._segments) and all(
            pattern.fullmatch(part) for pattern, part in zip(self._segments, parts, strict=True)
        )

    def _is_time(self, now: datetime) -> bool:
        since, until = self.fault.since, self.fault.until
        return (since is None or since <= now) and (until is None or now < until)

    def _is_drawn(self, cycle: int, count: int) -> bool:
        chance = self.fault.chance
        if chance >= 1:
            return True
        # Drawn without a memory: what another fault or the script does before moves no draw.
        return Random(f"{self._seed}/fault/{self.fault.name}/{cycle}/{count}").random() < chance


def _later(match: re.Match[str], now: datetime) -> str:
    form, count, unit = match.groups()
    moment = now + timedelta(seconds=int(count) * SECONDS[unit])
    return http_date(moment) if form == "date" else str(int(moment.timestamp()))


def _pattern(segment: str) -> re.Pattern[str]:
    return re.compile(".+?".join(re.escape(text) for text in BRACES.split(segment)), re.DOTALL)


# --- without the vendor --------------------------------------------------------------------------------------


def _refuse_with_status(fault: Fault) -> Response:
    if fault.text is not None:
        return _with_text(fault, fault.status, "application/json" if _is_json(fault.text) else "text/plain")
    message = f"fault '{fault.name}' of the scenario"
    text = json.dumps({"error": REASONS.get(fault.status, "Error"), "message": message})
    return _with_text(fault, fault.status, "application/json", text)


def _answer_unreadably(fault: Fault) -> Response:
    return _with_text(fault, 200, "application/json")


def _show_a_page(fault: Fault) -> Response:
    return _with_text(fault, 200, "text/html; charset=utf-8", PAGE if fault.text is None else fault.text)


def _give_no_answer(fault: Fault) -> Response:
    return Response(fault=fault.name, breaks=fault.kind)


def _with_text(fault: Fault, status: int, content_type: str, text: str | None = None) -> Response:
    body = fault.text if text is None else text
    assert body is not None, "a fault with a text of its own has one"
    has_type = any(name.lower() == "content-type" for name, _ in fault.headers)
    headers = fault.headers if has_type else (("Content-Type", content_type), *fault.headers)
    return Response(status, headers, body.encode(), fault=fault.name)


def _is_json(text: str | bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


BEFORE_THE_VENDOR: dict[str, Callable[[Fault], Response]] = {
    "status": _refuse_with_status,
    "timeout": _give_no_answer,
    "refused": _give_no_answer,
    "malformed": _answer_unreadably,
    "wrong_type": _show_a_page,
}


# --- behind the vendor's back: it has done its work, and the script does not see its answer -------------------


def _reset(fault: Fault, response: Response) -> Response:
    return replace(response, fault=fault.name, breaks="reset")


def _cut(fault: Fault, response: Response) -> Response:
    if response.status in BODILESS:
        return _reset(fault, response)  # There is only its head to be cut.
    whole = max(1, len(response.body))
    headers = (*_unframed(response.headers), ("Content-Length", str(whole)))
    body = response.body[: whole // 2]
    return replace(response, headers=headers, body=body, fault=fault.name, breaks="cut")


def _garble(fault: Fault, response: Response) -> Response:
    headers = _unframed(response.headers)
    kinds = [value.lower() for name, value in headers if name.lower() == "content-type"]
    is_csv = bool(kinds) and kinds[0].startswith("text/csv")
    body = _csv_without_columns(response.body) if is_csv else _broken_off(response.body)
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers = (JSON_TYPE, *headers)
    status = 200 if response.status in BODILESS else response.status
    return replace(response, status=status, headers=headers, body=body, fault=fault.name)


def _broken_off(body: bytes) -> bytes:
    """The first half; neither it nor its last line is JSON, as a body may have a record on each line."""
    half = body[: len(body) // 2]
    last_line = half.rpartition(b"\n")[2]
    return half + UNREADABLE_END if not last_line or _is_json(half) or _is_json(last_line) else half


def _csv_without_columns(body: bytes) -> bytes:
    """Half of each line's first value: a half of the lines would be CSV too, and nobody could tell."""
    firsts = [line.partition(b",")[0] for line in body.splitlines()]
    return b"".join(first[: max(1, len(first) // 2)] + b"\n" for first in firsts) + UNREADABLE_END


def _delay(fault: Fault, response: Response) -> Response:
    return replace(response, fault=fault.name, delay=response.delay + fault.delay)


def _leave(fault: Fault, response: Response) -> Response:
    return replace(response, fault=fault.name)


def _unframed(headers: Headers) -> Headers:
    return tuple((name, value) for name, value in headers if name.lower() not in FRAMING)


BEHIND_THE_VENDOR: dict[str, Callable[[Fault, Response], Response]] = {
    "reset": _reset,
    "cut": _cut,
    "malformed": _garble,
    "slow": _delay,
    "logout": _leave,
}
