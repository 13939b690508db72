"""What faults and logins are called elsewhere, and how a scenario writes it: hints for words that are nearly right."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from xsim.load.scenario_table import folded


def _names(words: Mapping[str, str]) -> dict[str, str]:
    """Of each name the words that stand for it elsewhere, with blanks between them."""
    return {word: f"did you mean '{name}'?" for name, held in words.items() for word in held.split()}


_STATUS = 'write kind = "status", status = {}'
_BUSY = 'write kind = "status", status = 429, headers = {Retry-After = 30}'
_MEANT: Mapping[str, tuple[str, ...]] = {
    _STATUS.format(500): ("error", "http", "http error", "server error"),
    _BUSY: ("rate limit", "rate limited", "throttle", "throttled", "retry after"),
    'write kind = "refused"; `from` and `until` say how long it lasts': (
        "outage", "down", "offline", "unreachable", "connection refused", "connection error", "connection", "dns",
    ),
    'write kind = "reset"': ("connection reset", "disconnect", "disconnected", "dropped", "aborted", "broken pipe"),
    'write kind = "cut"': ("truncated", "truncate", "partial", "incomplete", "incomplete read"),
    'write kind = "malformed"': ("garbled", "garbage", "corrupt", "invalid json", "bad json", "json"),
    'write kind = "wrong_type"': ("html", "content type", "wrong content type", "login page"),
    'write kind = "slow", delay = "90s"': ("latency", "delay", "delayed", "late", "hang"),
    'write kind = "logout"': ("expired", "token expired", "session expired", "revoked"),
    'write kind = "kill", at = "between"': ("crash", "killed", "restart", "die", "died", "power cut"),
    "cycles that the platform leaves out are `[clock] skip`": ("skip", "skipped", "skipped cycle"),
    "pauses between cycles are `[clock] pauses`": ("pause", "pauses"),
    "limits of the vendor's own are [[quotas]]": ("quota", "quotas", "limit"),
}  # fmt: skip
FAULT_KINDS: Mapping[str, str] = {
    # "bad gateway", "unauthorized": what HTTP calls a status.
    **{folded(status.phrase): _STATUS.format(status.value) for status in HTTPStatus if status.value >= 300},
    "toomanyrequests": _BUSY,
    **{folded(word): hint for hint, words in _MEANT.items() for word in words},
}
"""How each is written; the words have no capitals, blanks, hyphens or underlines."""
LOGIN_KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("oauth", "oauth2", "bearer", "clientcredentials", "session", "cookie", "form", "json", "jwt"),
        'a token that a call gives is kind = "token", the default',
    ),
    **_names(
        {
            "key": "apikey header static",
            "signed": "hmac signature sigv4 aws",
            "basic": "password userpassword httpbasic",
        }
    ),
}
FAULT_KEYS: Mapping[str, str] = {
    **_names(
        {
            "at": "moment",
            "chance": "probability rate",
            "cycles": "when",
            "delay": "by latency",
            "from": "since start",
            "kind": "type",
            "path": "endpoint url",
            "requests": "at_request",
            "status": "code",
            "text": "body",
            "times": "count",
            "until": "duration end for to",
        }
    ),
    "retry_after": "write headers = {Retry-After = 30}",
}
LOGIN_KEYS: Mapping[str, str] = _names(
    {
        "in": "place",
        "kind": "type",
        "life": "expires expires_in expiry ttl",
        "needs": "fields",
        "path": "url",
        "sent_as": "header",
    }
)
QUOTA_KEYS: Mapping[str, str] = _names(
    {
        "calls": "limit max requests",
        "path": "paths",
        "per": "window",
        "says_when": "retry_after",
    }
)


def hint_for(word: object, hints: Mapping[str, str]) -> str | None:
    """The hint for a word that means something elsewhere; None: it does not."""
    return hints.get(folded(word)) if isinstance(word, str) else None
