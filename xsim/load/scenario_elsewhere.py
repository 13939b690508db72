"""What faults and logins are called elsewhere, and how a scenario writes it: hints for words that are nearly right."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from xsim.load.scenario_table import folded

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
FAULT_KEYS: Mapping[str, str] = {
    "at_request": "did you mean 'requests'?",
    "body": "did you mean 'text'?",
    "by": "did you mean 'delay'?",
    "code": "did you mean 'status'?",
    "count": "did you mean 'times'?",
    "duration": "did you mean 'until'?",
    "end": "did you mean 'until'?",
    "endpoint": "did you mean 'path'?",
    "for": "did you mean 'until'?",
    "latency": "did you mean 'delay'?",
    "moment": "did you mean 'at'?",
    "probability": "did you mean 'chance'?",
    "rate": "did you mean 'chance'?",
    "retry_after": "write headers = {Retry-After = 30}",
    "since": "did you mean 'from'?",
    "start": "did you mean 'from'?",
    "to": "did you mean 'until'?",
    "type": "did you mean 'kind'?",
    "url": "did you mean 'path'?",
    "when": "did you mean 'cycles'?",
}
LOGIN_KINDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("oauth", "oauth2", "bearer", "clientcredentials", "session", "cookie", "form", "json", "jwt"),
        'a token that a call gives is kind = "token", the default',
    ),
    **dict.fromkeys(("apikey", "header", "static"), "did you mean 'key'?"),
    **dict.fromkeys(("hmac", "signature", "sigv4", "aws"), "did you mean 'signed'?"),
    **dict.fromkeys(("password", "userpassword", "httpbasic"), "did you mean 'basic'?"),
}
LOGIN_KEYS: Mapping[str, str] = {
    "expires": "did you mean 'life'?",
    "expires_in": "did you mean 'life'?",
    "expiry": "did you mean 'life'?",
    "fields": "did you mean 'needs'?",
    "header": "did you mean 'sent_as'?",
    "place": "did you mean 'in'?",
    "ttl": "did you mean 'life'?",
    "type": "did you mean 'kind'?",
    "url": "did you mean 'path'?",
}
QUOTA_KEYS: Mapping[str, str] = {
    "limit": "did you mean 'calls'?",
    "max": "did you mean 'calls'?",
    "paths": "did you mean 'path'?",
    "requests": "did you mean 'calls'?",
    "retry_after": "did you mean 'says_when'?",
    "window": "did you mean 'per'?",
}


def hint_for(word: object, hints: Mapping[str, str]) -> str | None:
    """The hint for a word that means something elsewhere; None: it does not."""
    return hints.get(folded(word)) if isinstance(word, str) else None
