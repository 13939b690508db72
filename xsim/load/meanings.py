"""What a parameter's name says of its value, and a value of that kind for where there is none."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable

from xsim.world import JsonValue

VENDOR_HOST = "vendor.example"
VENDOR_URL = f"https://{VENDOR_HOST}"
BOOLEAN = re.compile(
    "(is|use|enable|disable|trust|should|verify)_.*|(.*_)?(insecure|unsecure|proxy|debug|(en|dis)abled|verify)"
)


def _secret(name: str) -> str:
    """32 hexadecimal digits: as hex or as base64 the length of an AES key; the same for a name at any time."""
    return hashlib.sha256(f"xsim stand-in for {name}".encode()).hexdigest()[:32]


def _uuid(name: str) -> str:
    digits = _secret(name)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _constant(value: str) -> Callable[[str], str]:
    return lambda _: value


def _json(name: str) -> str:
    """What a cloud's service account looks like, without a key that could sign anything."""
    account = {"type": "service_account", "project_id": "xsim", "private_key_id": _secret(name), "client_id": "1"}
    addresses = {"client_email": f"user@{VENDOR_HOST}", "token_uri": f"https://{VENDOR_HOST}/token"}
    return json.dumps(account | addresses)


MEANINGS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("json", "json", _json),
    ("email", "e?mail|mailbox|mail_?address|sender|upn", _constant(f"user@{VENDOR_HOST}")),
    ("first fetch", "first_(fetch|run)(_.*)?|(initial|start)_(fetch|time|date)(_.*)?", _constant("3 days")),
    ("first fetch", "fetch_(time|since|from|history|start)|time_range|since", _constant("3 days")),
    ("number", "max|limit|size|count|top|per_fetch|per_page|retries|pages|rows|number", _constant("50")),
    ("number", "max_?(fetch|results|incidents)|fetch_?limit", _constant("50")),
    ("timeout", "timeout|seconds", _constant("60")),
    ("days", "days|hours|minutes|interval|look_?back|delta", _constant("3")),
    ("port", "port", _constant("443")),
    ("uuid", "(tenant|client|application|app|directory|subscription|object|workspace|auth)_?id|uuid|guid", _uuid),
    ("ip", "ip|ip_?address", _constant("192.0.2.10")),
    ("url", "(base|server|api|web|service|site|cloud|console)?_?(url|uri|endpoint|address)", _constant(VENDOR_URL)),
    ("url", "server|instance|link", _constant(VENDOR_URL)),
    ("host", "host|host_?name|domain|fqdn|site|cloud", _constant(VENDOR_HOST)),
    ("secret", "(.*)?(api_?key|token|secret|passw(or)?d|pwd|pass_?phrase|pass|credential|certificate)", _secret),
    ("secret", "(private|access|auth|encryption|secret|shared)?_?key|psk|auth|sk|enc_?id", _secret),
    ("user", "user|user_?name|login|identifier|principal|account|access_?id|key_?id", _constant("xsim-user")),
    ("region", "region|location|data_?center|zone|geo", _constant("us")),
)
"""Meaning, the words of a name that stand for it, and a value. The first that fits the name's end counts, then the
first that fits within."""
NEEDED = frozenset({"email", "first fetch", "number", "port", "uuid", "ip", "url", "host", "secret", "user", "region"})
"""A script without one of these cannot get as far as its vendor, however mildly it reads it."""


def meaning_of(name: str) -> str:
    """One of the meanings above, "boolean", or empty text where the name does not tell."""
    words = words_of(name)
    if BOOLEAN.fullmatch(words):
        return "boolean"
    for pattern in (r"(?:.*_)?(?:{})s?", r"(?:.*_)?(?:{})s?_.*"):
        for meaning, stems, _ in MEANINGS:
            if re.fullmatch(pattern.format(stems), words):
                return meaning
    return ""


def is_secret(name: str) -> bool:
    return meaning_of(name) == "secret"


def value_for(meaning: str, name: str) -> JsonValue:
    """A value of the meaning, made from the name alone; the name itself where the meaning is empty."""
    if meaning == "boolean":
        return False
    return next((make(name) for known, _, make in MEANINGS if known == meaning), name)


def words_of(name: str) -> str:
    """`firstFetchTime`, `first-fetch time`, `FIRST_FETCH_TIME`: first_fetch_time."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")
