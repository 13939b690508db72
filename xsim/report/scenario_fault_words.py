"""Says in words whom a scenario's API knows, how many calls it takes, and what goes wrong by plan."""

from __future__ import annotations

from collections.abc import Iterator

from xsim.report.cells import duration, moment, plural, span, spans
from xsim.world import Fault, Login, Quota

_MOMENTS = {
    "before": "before its first incidents() or setLastRun()",
    "between": "between incidents() and setLastRun()",
    "after": "after incidents() and setLastRun()",
}
_STRIKES = {
    "timeout": "no answer comes",
    "refused": "no connection",
    "reset": "the connection breaks before the answer",
    "cut": "the body is cut short",
    "malformed": "a body that cannot be read",
    "wrong_type": "a page of HTML",
    "logout": "all tokens given so far are lost",
}


def login_words(login: Login) -> str:
    """One sentence of clauses, not made safe yet."""
    return "; ".join(_login_clauses(login))


def quota_words(quota: Quota) -> str:
    """ "at most 60 calls in 1m of /api/, then 429 with Retry-After"."""
    calls = f"{plural(quota.calls, 'call')} in {duration(quota.per)}"
    path = f" of {quota.path}" if quota.path else ""
    return f"at most {calls}{path}, then {quota.status}{' with Retry-After' if quota.says_when else ''}"


def fault_words(fault: Fault) -> str:
    """What happens, to which requests, and when; not made safe yet."""
    return "; ".join(part for part in (_what(fault), _which(fault), _when(fault), _how_often(fault)) if part)


# --- logins -------------------------------------------------------------------------------------------------


def _login_clauses(login: Login) -> Iterator[str]:
    if login.kind == "token":
        yield from _token_clauses(login)
    words = {
        "basic": f"user name and password (Basic){_needed(login)}",
        "key": f"any key in {_shown(login)}",
        "signed": f"the headers {', '.join(login.needs)}, unchecked",
        "token": f"shown in {_shown(login)}",
    }
    yield words.get(login.kind, login.kind)
    yield f"asked for by {', '.join(login.paths)}" if login.paths else "asked for by every call"
    yield f"else {login.status}"


def _token_clauses(login: Login) -> Iterator[str]:
    yield f"{login.method} {login.host}{login.path}{_credentials(login)}"
    answers = {
        "json": f"gives a token at '{login.token_at}'" if login.token_at else "gives a token as all of its answer",
        "text": f"gives a token {'as all of its answer' if login.text is None else 'in a text'}",
        "header": f"gives a token in the header {login.token_at}",
        "cookie": f"gives a token in the cookie {login.token_at}",
    }
    life = f", good for {duration(login.life)}" if login.life else ", good for ever"
    said = f" (seconds at '{login.life_at}')" if login.life_at else ""
    yield answers.get(login.answer, login.answer) + life + said


def _credentials(login: Login) -> str:
    """What the login call has to carry: " with user, password in the form"."""
    if login.place == "basic":
        return f" with HTTP Basic{_needed(login).replace(' with', ' and')}"
    where = "" if login.place == "query" else f" in the {login.place}"
    return f"{_needed(login)}{where}" if login.needs else ""


def _needed(login: Login) -> str:
    return f" with {', '.join(login.needs)}" if login.needs else ""


def _shown(login: Login) -> str:
    before = f" behind '{login.prefix}'" if login.prefix else ""
    if login.sent_in == "body":
        return f"the body{before}"
    return (
        f"the {login.sent_in}'s {login.sent_as}{before}"
        if login.sent_in != "path"
        else f"the path's {{{login.sent_as}}}"
    )


# --- faults -------------------------------------------------------------------------------------------------


def _what(fault: Fault) -> str:
    if fault.kind == "status":
        headers = ", ".join(f"{name}: {value}" for name, value in fault.headers)
        return f"status {fault.status}{f' with {headers}' if headers else ''}{_text(fault)}"
    if fault.kind == "slow":
        return f"the answer comes {duration(fault.delay)} later"
    if fault.kind == "kill":
        return f"the process is killed {_MOMENTS.get(fault.moment, fault.moment)}"
    return _STRIKES.get(fault.kind, fault.kind) + _text(fault)


def _text(fault: Fault) -> str:
    return "" if fault.text is None else f", a text of {plural(len(fault.text), 'character')}"


def _which(fault: Fault) -> str:
    """ "request 2 of GET /alerts"."""
    if fault.kind == "kill":
        return ""
    address = f"{fault.host}{fault.path}" or ("any address" if fault.method else "")
    of_what = " ".join(part for part in (fault.method, address) if part)
    of_what = f" of {of_what}" if of_what else ""
    if fault.kind == "logout" and not fault.requests:
        return f"the first request{of_what}"
    if not fault.requests:
        return f"each request{of_what}" if of_what else ""
    noun = "request" if len(fault.requests) == 1 else "requests"
    return f"{noun} {spans(fault.requests)}{of_what}"


def _when(fault: Fault) -> str:
    spans = ", ".join(span(first, last) for first, last in fault.cycles)
    is_one = len(fault.cycles) == 1 and fault.cycles[0][0] == fault.cycles[0][1]
    cycles = f"cycle{'' if is_one else 's'} {spans}" if spans else ""
    since = f"from {moment(fault.since)}" if fault.since else ""
    until = f"until {moment(fault.until)}" if fault.until else ""
    return " ".join(part for part in (cycles, since, until) if part) or "every cycle"


def _how_often(fault: Fault) -> str:
    chance = f"with a chance of {fault.chance:g}" if fault.chance < 1 else ""
    times = f"at most {plural(fault.times, 'time')}" if fault.times else ""
    return ", ".join(part for part in (chance, times) if part)
