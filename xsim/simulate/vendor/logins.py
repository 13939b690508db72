"""How the API knows its caller: the calls that give tokens, and what every other request has to carry.

Nothing is kept. A token says when it was given and proves it by a digest over seed, login and moment, so that one out
of a stored integration context, or of a run that goes on, is known again.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from http import HTTPStatus

from xsim.events import MICROSECOND
from xsim.model import Response
from xsim.simulate.vendor.asked import Asked, BadRequestError
from xsim.simulate.vendor.columns import as_text
from xsim.simulate.vendor.endpoints import TEXT_HEADERS, phrase_of
from xsim.simulate.vendor.envelope import JSON_HEADERS
from xsim.simulate.vendor.moments import UNITS
from xsim.simulate.vendor.paths import put, steps_of
from xsim.simulate.vendor.rack import Rack
from xsim.simulate.vendor.routes import BRACES, Routes
from xsim.simulate.vendor.versions import json_bytes
from xsim.world import TOKEN_HERE, Endpoint, JsonValue, Login

PLACES = {
    "form": "the form field",
    "json": "the JSON field",
    "query": "the query parameter",
    "header": "the header",
    "cookie": "the cookie",
    "path": "the path's part",
    "body": "the body",
}
XML_HEADERS = (("Content-Type", "application/xml; charset=utf-8"),)
is_token = re.compile(r"[A-Za-z0-9_-]{32}").fullmatch
words_like_tokens = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{32}(?![\w-])").findall
is_scheme = re.compile(r"[A-Za-z0-9-]+").fullmatch


class Logins:
    """All logins of an API.

    Several that show their token in the same place of the same request are alternatives: one of them is enough.
    """

    def __init__(self, logins: Sequence[Login], seed: int) -> None:
        names = [login.name or f"login {number}" for number, login in enumerate(logins, 1)]
        self._guards = [Guard(login, Tokens(seed, name)) for login, name in zip(logins, names, strict=True)]
        calls: dict[tuple[str, str, str], list[Guard]] = {}
        for guard in self._guards:
            login = guard.login
            if login.kind == "token" and login.path:
                calls.setdefault((login.method.upper(), login.host.lower(), login.path), []).append(guard)
        addresses = [Endpoint(path, method=method, host=host) for method, host, path in calls]
        self._routes = Routes([*zip(addresses, map(LoginCall, calls.values()), strict=True)])

    def answer(self, asked: Asked, logged_out: int) -> Response | None:
        """The answer to a login call or to a caller who is not known; None: the request may go on.

        `logged_out` is the moment of the last logout in microseconds, 0 where there was none: tokens given at or
        before it are no longer good.
        """
        parts = asked.parts
        call = self._routes.find(asked)
        assert call is None or isinstance(call, LoginCall), "the routes hold nothing else"
        if call is not None and not call.is_asked(asked):
            call, asked.parts = None, parts  # An endpoint has that address too.
        refusal = self._refusal(asked, logged_out, call)
        return refusal if refusal is not None or call is None else call.answer(asked, logged_out)

    def _refusal(self, asked: Asked, logged_out: int, call: LoginCall | None) -> Response | None:
        """What the first login says that the request does not satisfy."""
        refusals: dict[tuple[str, str], list[Response | None]] = {}
        for guard in self._guards:
            # Nobody has a token yet where it is given.
            if guard.asks(asked, is_login_call=call is not None) and (call is None or guard not in call.guards):
                refusals.setdefault(guard.place, []).append(guard.refusal(asked, logged_out))
        for alternatives in refusals.values():
            refused = [each for each in alternatives if each is not None]
            if len(refused) == len(alternatives):
                return next((each for each in refused if each.login == "expired"), refused[0])
        return None


class LoginCall:
    """One address at which tokens are given, by one login or by several."""

    def __init__(self, guards: Sequence[Guard]) -> None:
        self.guards = guards

    def __call__(self, asked: Asked, rack: Rack) -> Response:
        """The answer as if nobody had been logged out."""
        return self.answer(asked, 0)

    def is_asked(self, asked: Asked) -> bool:
        """Whether a request at this address is a login call.

        Where all calls have one address, as in SOAP and JSON-RPC, it may be another one: it shows a token, and none
        of the names that a login needs.
        """
        return any(not guard.shown(asked) or guard.is_named_by(asked) for guard in self.guards)

    def answer(self, asked: Asked, logged_out: int) -> Response:
        """What the first login grants whose credentials came; else what the first one says is missing."""
        problems = [(guard, guard.missing(asked, logged_out)) for guard in self.guards]
        for guard, problem in problems:
            if not problem:
                return guard.granted(asked)
        guard, problem = problems[0]
        return guard.refused("expired" if _renewal(asked, guard.login.place) else "missing", problem)


class Guard:
    """One login: what it needs, what it gives, and what it lets through."""

    def __init__(self, login: Login, tokens: Tokens) -> None:
        self.login = login
        self._tokens = tokens
        self._life = None if login.life is None else login.life // MICROSECOND
        self._beginnings = [Beginning(path) for path in login.paths]
        is_header = login.kind in ("basic", "signed") or login.sent_in == "header"
        named = login.sent_as.lower() if is_header else login.sent_as
        self.place = ("header" if is_header else login.sent_in, named) if login.kind != "signed" else ("signed", "")
        """Where it is shown: logins that are shown in one place are alternatives."""

    def asks(self, asked: Asked, *, is_login_call: bool) -> bool:
        """Whether a request has to satisfy it."""
        if not self._beginnings:
            return not is_login_call
        return any(beginning.parts_of(asked) is not None for beginning in self._beginnings)

    def is_named_by(self, asked: Asked) -> bool:
        """Whether the request has at least a part of what the login call needs, empty or not."""
        login = self.login
        if login.place == "basic" or not login.needs or _renewal(asked, login.place) is not None:
            return True
        if login.place == "body":
            return any(name in asked.text for name in login.needs)
        return any(_came(asked, login.place, name) for name in login.needs)

    def missing(self, asked: Asked, logged_out: int) -> str:
        """What a login call lacks, in words; "" where nothing is missing."""
        login = self.login
        renewal = _renewal(asked, login.place)
        if renewal is not None:
            return self._missing_renewal(renewal, logged_out)
        if login.place == "body":
            lacking = [name for name in login.needs if name not in asked.text]
            problem = f"the body has no {_listed(lacking)}" if lacking else ""
            return problem if asked.text.strip() else "the body is empty"
        if login.place == "basic":
            return _missing_in_basic(asked, "Authorization", login.needs)
        lacking = [name for name in login.needs if not _sent(asked, login.place, name)]
        if lacking and login.place == "json" and _no_json(asked):
            return f"the body is no JSON, {_listed(lacking)} expected in it"
        return f"{PLACES[login.place]} {_listed(lacking)} is missing or empty" if lacking else ""

    def _missing_renewal(self, token: str, logged_out: int) -> str:
        if not token:
            return f"{PLACES['form']} refresh_token is missing or empty"
        given = self._tokens.moment_of(token, "refresh")
        # One that is not ours stands in a parameter and came from a person: no more is known of it.
        is_ended = given is not None and logged_out and given <= logged_out
        return "the refresh token is no longer good: its session was ended" if is_ended else ""

    def granted(self, asked: Asked) -> Response:
        """The answer that gives a token."""
        login, token = self.login, self._tokens.token(asked.now, "access")
        if login.answer == "text":
            text = token if login.text is None else login.text.replace(TOKEN_HERE, token)
            is_xml = text.lstrip().startswith("<")
            return Response(200, XML_HEADERS if is_xml else TEXT_HEADERS, text.encode(), login="granted")
        if login.answer == "json" and not login.token_at:
            return Response(200, JSON_HEADERS, json_bytes(token), login="granted")
        tree: dict[str, JsonValue] = {}
        for path, value in login.extra.items():
            put(tree, steps_of(path), self._filled(value, asked.now))
        if login.life_at and self._life is not None:
            put(tree, steps_of(login.life_at), self._life // UNITS["s"])
        headers: tuple[tuple[str, str], ...] = JSON_HEADERS
        if login.answer == "header":
            headers = (*headers, (login.token_at, token))
        elif login.answer == "cookie":
            headers = (*headers, ("Set-Cookie", f"{login.token_at}={token}; Path=/; HttpOnly"))
        else:
            put(tree, steps_of(login.token_at), token)
        return Response(200, headers, json_bytes(tree), login="granted")

    def _filled(self, value: JsonValue, now: int) -> JsonValue:
        if value == TOKEN_HERE:
            return self._tokens.token(now, "refresh")
        if isinstance(value, Mapping):
            return {key: self._filled(inner, now) for key, inner in value.items()}
        return [self._filled(inner, now) for inner in value] if isinstance(value, (list, tuple)) else value

    def refusal(self, asked: Asked, logged_out: int) -> Response | None:
        """The answer to a request that does not show what it has to; None where it does."""
        login = self.login
        if login.kind == "signed":
            lacking = [name for name in login.needs if not _sent(asked, "header", name)]
            return self.refused("missing", f"the header {_listed(lacking)} is missing or empty") if lacking else None
        if login.kind == "basic":
            problem = _missing_in_basic(asked, login.sent_as, login.needs)
            return self.refused("missing", problem) if problem else None
        shown = self.shown(asked)
        if not shown:
            return self.refused("missing", self._what_is_missing(asked))
        problems = [self._problem(text, asked.now, logged_out) for text in shown] if login.kind == "token" else [""]
        return None if "" in problems else self.refused("expired", problems[0])

    def shown(self, asked: Asked) -> list[str]:
        """Every text that may be the token, or the key, without what stands before it."""
        prefix = self.login.prefix
        texts = [text.strip() for text in self._texts(asked)]
        # Servers compare the scheme without its case; RFC 9110 says so.
        after = [text[len(prefix) :] for text in texts if text[: len(prefix)].lower() == prefix.lower()]
        return [bare for text in after if (bare := text.strip().strip('"'))]

    def _texts(self, asked: Asked) -> list[str]:
        login = self.login
        if login.sent_in == "path":
            return self._texts_in_path(asked)
        if login.sent_in == "body":
            return self._texts_in_body(asked)
        try:
            return [as_text(value) for value in asked.values(login.sent_in, login.sent_as)]
        except BadRequestError:
            return []  # Not even JSON, so nothing in it says who asks.

    def _texts_in_path(self, asked: Asked) -> list[str]:
        """The part in braces that has its name; where none has, each part may be a token, which shows by itself."""
        for beginning in self._beginnings:
            parts = beginning.parts_of(asked) or {}
            if self.login.sent_as in parts:
                return [parts[self.login.sent_as]]
        part = asked.parts.get(self.login.sent_as)
        if part is not None:
            return [part]
        return list(asked.segments) if self.login.kind == "token" else []

    def _texts_in_body(self, asked: Asked) -> list[str]:
        """What stands behind each prefix; where nothing has to, the tokens, or else what looks like one."""
        prefix = self.login.prefix
        if prefix:
            return re.findall(re.escape(prefix) + r"[^\s<>\"'&]*", asked.text)
        words = words_like_tokens(asked.text)
        return [word for word in words if self._tokens.moment_of(word, "access") is not None] or words

    def _what_is_missing(self, asked: Asked) -> str:
        login = self.login
        if login.sent_in == "body":
            return f"the body holds no {login.kind}{f' behind {login.prefix}' if login.prefix else ''}"
        named = f"{PLACES[login.sent_in]} {login.sent_as}"
        came = any(text.strip() for text in self._texts(asked))
        is_scheme_missing = came and login.prefix and login.sent_in != "path"
        return f'{named} does not begin with "{login.prefix}"' if is_scheme_missing else f"{named} is missing or empty"

    def _problem(self, text: str, now: int, logged_out: int) -> str:
        """What is wrong with a token; "" where nothing is.

        One from a moment still to come is good: a world may be forked at an earlier one, with what the script cached.
        """
        given = self._tokens.moment_of(text, "access")
        if given is None:
            return "this is no token that the login call gave"
        if logged_out and given <= logged_out:
            return "the token is no longer good: its session was ended"
        if self._life is not None and now >= given + self._life:
            return f"the token has expired: it was good for {self._life // UNITS['s']} seconds"
        return ""

    def refused(self, login: str, problem: str) -> Response:
        """The answer that says so, as the scenario wants it said."""
        own = self.login
        body = {"error": phrase_of(own.status), "message": problem} if own.body is None else own.body
        headers: tuple[tuple[str, str], ...] = TEXT_HEADERS if isinstance(body, str) else JSON_HEADERS
        if own.status == HTTPStatus.UNAUTHORIZED and self.place == ("header", "authorization"):
            # Clients like urllib send their credentials only when they are asked for them.
            word = "Basic" if own.kind == "basic" else own.prefix.partition(" ")[0]
            scheme = word if is_scheme(word) else "Bearer"
            headers = (*headers, ("WWW-Authenticate", f'{scheme} realm="vendor"'))
        return Response(own.status, headers, body.encode() if isinstance(body, str) else json_bytes(body), login=login)


class Tokens:
    """The tokens of one login, written and known again."""

    def __init__(self, seed: int, name: str) -> None:
        self._secret = f"{seed}\0{name}"

    def token(self, moment: int, purpose: str) -> str:
        """The token of that moment: 32 characters that fit into headers, cookies and addresses."""
        tag = self._digest(f"{purpose}\0{moment}", 16)
        return base64.urlsafe_b64encode(tag + self._veiled(moment.to_bytes(8, "big", signed=True), tag)).decode()

    def moment_of(self, text: str, purpose: str) -> int | None:
        """When it was given, in microseconds; None where this login never gave it for that purpose."""
        if not is_token(text):
            return None
        whole = base64.urlsafe_b64decode(text)
        moment = int.from_bytes(self._veiled(whole[16:], whole[:16]), "big", signed=True)
        return moment if self.token(moment, purpose) == text else None

    def _veiled(self, moment: bytes, tag: bytes) -> bytes:
        """Twice applied it is undone. Without it all tokens of a day would end alike."""
        veil = self._digest(tag.hex(), len(moment))
        return bytes(one ^ other for one, other in zip(moment, veil, strict=True))

    def _digest(self, text: str, size: int) -> bytes:
        return blake2b(f"{self._secret}\0{text}".encode("utf-8", "surrogatepass"), digest_size=size).digest()


class Beginning:
    """The beginning of paths, parts in braces taking anything."""

    def __init__(self, path: str) -> None:
        literals = BRACES.split("/" + path.lstrip("/"))
        self._names = literals[1::2]
        self._pattern = re.compile("([^/]+)".join(re.escape(text) for text in literals[::2]))

    def parts_of(self, asked: Asked) -> dict[str, str] | None:
        """What stands for its braces in a path that begins so; None where the path does not."""
        match = self._pattern.match("/" + "".join(segment + "/" for segment in asked.segments))
        return None if match is None else dict(zip(self._names, match.groups(), strict=True))


def _renewal(asked: Asked, place: str) -> str | None:
    """The refresh token of a call that wants a token renewed, "" where it has none; None: it is no such call."""
    for where in ("form", "json", *(("query",) if place == "query" else ())):
        if _sent(asked, where, "grant_type") == "refresh_token":
            return _sent(asked, where, "refresh_token")
    return None


def _sent(asked: Asked, place: str, name: str) -> str:
    """What came under that name, as text; "" where nothing did."""
    try:
        value = asked.one(place, name)
    except BadRequestError:
        return ""
    return "" if value is None or value in ({}, []) else as_text(value).strip()


def _came(asked: Asked, place: str, name: str) -> bool:
    try:
        return bool(asked.values(place, name))
    except BadRequestError:
        return False


def _no_json(asked: Asked) -> bool:
    try:
        return asked.json is None
    except BadRequestError:
        return True


def _missing_in_basic(asked: Asked, header: str, needs: Sequence[str]) -> str:
    """User name and password of HTTP Basic; other names may come with the request in any usual place."""
    scheme, _, encoded = asked.headers.get(header, "").strip().partition(" ")
    if scheme.lower() != "basic":
        return f"the header {header} does not hold a user name and a password (Basic)"
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("latin-1").partition(":")
    except (binascii.Error, ValueError):
        return f"the header {header} is no base64"
    given = {"username": username, "password": password}
    # Many APIs take a key for the one and leave the other empty.
    if not colon or not (username or password):
        return f"the header {header} holds no user name and password"
    lacking = [name for name in needs if not given.get(name, _anywhere(asked, name))]
    return f"{_listed(lacking)} is missing or empty" if lacking else ""


def _anywhere(asked: Asked, name: str) -> str:
    return next((text for place in ("form", "json", "query", "header") if (text := _sent(asked, place, name))), "")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
