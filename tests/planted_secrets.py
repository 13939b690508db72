"""Twenty secrets, an integration that puts them everywhere, and a search for what got out."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

_KEY_LINES = [f"MIIEvQ{line:02}" + "abcdEFGH0123+/xy" * 3 for line in range(4)]
SECRETS = {
    "plain": "Kq7xT2mPz9LwVb4R",
    "short": "h4Xz",
    "word": "cycle",
    "year": "2024",
    "digits": "90817263544536271809",
    "quotes": "Qa\"b'c\\d/e-77Zt",
    "address": "Ur+l/%20=&?#x9Yk",
    "accents": "Pä$$wörd-ßÆ-41",
    "emoji": "k3y-\U0001f511-\U0001f40d-Tn",
    "html": '<b>&"Vn5</b>-9Lp',
    "escape": "Esc\x1b[31m-Jw8\x07q",
    "spaces": "correct horse Battery 7staple",
    "padding": "Wm1-Zq8==",
    "long": "Lg" + "0aB1cD2eF3" * 320,
    "lines": "-----BEGIN KEY-----\n" + "\n".join(_KEY_LINES) + "\n-----END KEY-----",
    "account": json.dumps({"type": "service_account", "private_key": "Pk-55Rt\nQx-Second-Half", "id": 7}),
    "surrogate": "Su-\ud83d-Gx6w",
    "password": "Pw!4cRedentials",
    "sshkey": "Ssh-Kk29-Lm40-Nn51",
    "sshkey_pass": "Phr4se-of-the-Key",
}
"""By name; the parameters of the same names hold them, the last three are parts of credentials."""
PARTS = {"account": ["Pk-55Rt\nQx-Second-Half"], "lines": _KEY_LINES}
"""What stands for a secret that a script takes apart."""

YML = """
name: Planted
commonfields: {id: Planted, version: -1}
configuration:
- {name: url, display: Address, type: 0, required: true}
- {name: credentials, display: User, type: 9}
PARAMETERS
script: {type: python, subtype: python3, isfetch: true, script: '-'}
"""

SCRIPT = r"""
import base64, html, json, shlex, sys, traceback
from urllib.parse import quote, quote_plus
import requests
import demistomock as demisto
from CommonServerPython import *

p = demisto.params()
credentials = p.get("credentials") or {}
secrets = [p[name] for name in NAMES if p.get(name)]
secrets += [credentials["password"], credentials["credentials"]["sshkey"], credentials["credentials"]["sshkeyPass"]]


def bytes_of(text):
    return text.encode("utf-8", "surrogatepass")


def b64(raw):
    return base64.b64encode(raw).decode()


def forms(text):
    raw = bytes_of(text)
    yield from [text, json.dumps(text), json.dumps(json.dumps(text)), repr(text), repr(raw)]
    yield from [raw.hex(), raw.hex().upper()]
    yield from [b64(raw), b64(raw).rstrip("="), base64.urlsafe_b64encode(raw).decode(), quote(b64(raw), safe="")]
    yield from [b64(b"user:" + raw), b64(b"u:" + raw + b":tail"), b64(b"kim:" + raw + b"\n")]
    yield from [html.escape(text), shlex.quote(text), text.replace("/", "\\/"), *text.splitlines()]
    try:
        yield from [quote(text), quote(text, safe=""), quote_plus(text), quote(quote(text, safe=""))]
    except UnicodeEncodeError:
        pass


every = [form for secret in secrets for form in forms(secret)]
everything = " | ".join(every)
some = every[datetime.utcnow().minute % 5 :: 5]
cut = ["y" * (1_990 - lead) + secret for secret in secrets for lead in (0, 3)]


def log_all():
    for text in some[:70] + cut:
        demisto.debug(text)
        demisto.info(f"text: {text}")
        demisto.error(text)
        print(text.encode("utf-8", "backslashreplace").decode())
        sys.stderr.write(text.encode("utf-8", "replace").decode() + "\n")


def ask(path, **how):
    try:
        return requests.post(p["url"] + path, **how)
    except UnicodeError:
        return None


def ask_all():
    for text in secrets:
        try:
            ask("/echo/" + quote(text, safe=""), params={"key": text, "b": b64(bytes_of(text))})
        except UnicodeError:
            pass
        ask("/fail", data=bytes_of(text), headers={"Authorization": "Basic " + b64(b"kim:" + bytes_of(text))})
        ask("/fail", data=bytes_of("z" * 1_992 + text))
        ask("/fail", data=bytes_of("z" * 290 + text))
        ask("/echo", json={"password": text, "nested": json.dumps({"p": text})}, cookies={"s": b64(bytes_of(text))})


def incidents_of(texts):
    return [{"name": text, "occurred": "2024-05-14T09:29:00Z", "details": text,
             "labels": [{"type": "secret", "value": text}], "CustomFields": {"a": text, text[:200]: "key"},
             "rawJSON": json.dumps({"id": number, "text": text, "deep": json.dumps({"p": text, text: 1})})}
            for number, text in enumerate(texts)]


def fetch():
    turn = datetime.utcnow().minute - 30
    state = {"turn": turn + 1, "secrets": secrets, "every": every[:300], "pin": 2024, everything[:300]: 1}
    demisto.setIntegrationContext({"calls": turn + 1, "token": secrets, "all": everything})
    log_all()
    if turn == 0:
        ask_all()
        open("name-" + "".join(c for c in secrets[0] if c.isalnum()), "w").close()
        demisto.setLastRun(state)
        demisto.incidents(incidents_of(some))
    elif turn == 1:
        demisto.setLastRun(state)
        demisto.incidents([{"name": text, "occurred": text, "severity": text, "rawJSON": text} for text in some])
    elif turn == 2:
        try:
            demisto.setLastRun({"a": {everything}})
        except TypeError as error:
            demisto.setLastRun(state)
            raise ValueError(f"bad: {everything}") from error
    elif turn == 3:
        demisto.setLastRun(state)
        demisto.results([everything, *some])
        demisto.incidents(incidents_of(secrets))
    elif turn == 4:
        return_error(everything)
    else:
        raise KeyError(secrets[turn % len(secrets)])


command = demisto.command()
if command == "test-module":
    log_all()
    return_results(everything)
elif command == "fetch-incidents":
    fetch()
"""

SCENARIO = """
integration = "planted.py"
vendor = "vendor.py:answer"
[clock]
cycles = 6
[identity]
event = "id"
[params]
url = "https://vendor.example"
"""

VENDOR = """
def answer(request, world):
    body = request.body.decode("utf-8", "replace")
    if request.path == "/fail":
        return 400, {}, {"error": body, "header": dict(request.headers)}
    return {"path": request.path, "query": dict(request.query), "body": body}
"""


def plant(folder: Path) -> list[str]:
    """The integration with its world in the folder; gives the arguments that hand it the secrets."""
    named = [name for name in SECRETS if name not in ("password", "sshkey", "sshkey_pass")]
    kinds = {"lines": 14, "account": 14, "html": 11}
    rows = "\n".join(f"- {{name: {name}_token, display: {name}, type: {kinds.get(name, 4)}}}" for name in named)
    (folder / "planted.yml").write_text(YML.replace("PARAMETERS", rows), encoding="utf-8")
    names = [f"{name}_token" for name in named]
    (folder / "planted.py").write_text(f"NAMES = {names!r}\n{SCRIPT}", encoding="utf-8")
    (folder / "xsim.toml").write_text(SCENARIO, encoding="utf-8")
    (folder / "vendor.py").write_text(VENDOR, encoding="utf-8")
    parts = {"password": SECRETS["password"], "sshkey": SECRETS["sshkey"], "sshkeyPass": SECRETS["sshkey_pass"]}
    values = {f"{name}_token": SECRETS[name] for name in named} | {"credentials": {"identifier": "kim", **parts}}
    (folder / "params.json").write_text(json.dumps(values), encoding="utf-8")
    return ["--params", "params.json"]


def found_in(text: str) -> list[str]:
    """Names of the secrets that stand in the text in any spelling, whole or, of the long ones, in part."""
    return [name for name in SECRETS if any(needle in text for needle in _needles(name))]


def _needles(name: str) -> set[str]:
    if name in ("word", "year"):  # Ordinary words stand in every report.
        raw = SECRETS[name].encode()
        return {base64.b64encode(b"kim:" + raw).decode()[6:-2], f"text: {SECRETS[name]}", f'"{SECRETS[name]}"\\n'}
    secrets = PARTS.get(name, [SECRETS[name]])
    return {needle for secret in secrets for needle in _spelled(secret)}


def _spelled(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {secret, raw.hex(), raw.hex().upper(), repr(secret)[1:-1], repr(raw)[2:-1], escape(secret)}
    for before in range(3):
        whole = base64.b64encode(bytes(before) + raw).decode()
        kept = whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        forms |= {kept, kept.replace("+", "-").replace("/", "_"), quote(kept, safe="")}
    text = secret
    for _ in range(4):
        text = json.dumps(text)[1:-1]
        forms.add(text)
    with suppress(UnicodeEncodeError):
        forms |= {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    # A half is as bad as the whole, and whoever finds the whole finds both.
    parts = {part for form in forms for part in ((form[:12], form[-12:]) if len(form) >= 12 else (form,))}
    return parts if len(secret) < 100 else {form[: len(form) // 40] for form in forms}
