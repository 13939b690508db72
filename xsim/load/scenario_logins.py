"""Reads [[logins]] and [[quotas]]: how the API knows its caller, and how many calls it takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from xsim.load.scenario_calls import (
    HOST,
    METHODS,
    PART,
    Call,
    is_token,
    read_beginnings,
    read_host,
    read_long_text,
    read_url_path,
    refuse_idle_beginnings,
)
from xsim.load.scenario_changes import path_values, read_path, refuse_bad_path
from xsim.load.scenario_elsewhere import LOGIN_KEYS as KEYS_ELSEWHERE
from xsim.load.scenario_elsewhere import LOGIN_KINDS, hint_for
from xsim.load.scenario_elsewhere import QUOTA_KEYS as QUOTA_KEYS_ELSEWHERE
from xsim.load.scenario_keys import (
    ANY,
    DURATION,
    PATH,
    TEXT,
    TEXTS,
    TRUTH,
    WHOLE,
    WORD,
    Key,
    keyed,
)
from xsim.load.scenario_table import Table
from xsim.world import TOKEN_HERE, Endpoint, Login, Quota

KINDS = {
    "token": "A token that the login call gave, and that is still good (the default).",
    "basic": "A user name and a password.",
    "key": "Any text, as no key of ours is real.",
    "signed": "The headers in `needs`; what stands in them is not checked.",
}
CREDENTIAL_PLACES = ("form", "json", "query", "header", "basic", "body")
ANSWERS = ("json", "text", "header", "cookie")
SENT_IN = ("header", "cookie", "query", "json", "form", "path", "body")
_TOKEN = ("token",)
_SHOWN = ("token", "key")
LOGIN_KEYS = keyed(
    Key("name", TEXT, "What reports call it.", otherwise='`"login"`, `"login 2"`, ...'),
    Key("kind", WORD, "As above.", "token", words=KINDS),
    Key("path", TEXT, "The login call; parts in braces take anything.", needed=True, of=_TOKEN),
    Key("method", WORD, "Its method.", "POST", words=METHODS, of=_TOKEN),
    replace(HOST, of=_TOKEN),
    Key(
        "in", WORD,
        'Where the call carries its credentials; `"basic"` is the header of HTTP Basic, `"body"` a text, such as XML.',
        "json", words=CREDENTIAL_PLACES, of=_TOKEN,
    ),
    Key(
        "needs", TEXTS,
        "What has to be there, not empty: paths in JSON, names elsewhere; in a text, words; of signed, headers. With "
        "Basic `username` and `password`, or what comes beside it.",
        of=("token", "basic", "signed"),
    ),
    Key(
        "answer", WORD, 'Where the answer holds the token; `"text"` is all of the body.', "json", words=ANSWERS,
        of=_TOKEN,
    ),
    Key(
        "token_at", TEXT,
        'Its path, or the header\'s or cookie\'s name (needed for those). `""`: all of the answer is a JSON text.',
        "access_token", of=_TOKEN,
    ),
    Key(
        "text", TEXT, 'The body, with `{token}` where the token stands, as in XML.',
        otherwise='with `answer = "text"` the token alone', of=_TOKEN,
    ),
    Key("life", DURATION, "So long a token is good.", otherwise="for ever", least="1s", of=_TOKEN),
    Key("life_at", PATH, "Where the answer says that, in seconds.", of=_TOKEN),
    Key(
        "extra", "table of paths", 'Fixed fields of the answer. The text `"{token}"` is a refresh token.', of=_TOKEN,
    ),
    Key(
        "sent_in", WORD, 'Where a request shows it; `"body"` is anywhere in a text, such as SOAP.', "header",
        otherwise='{}; where the answer sets a cookie `"cookie"`',
        words=SENT_IN, of=_SHOWN,
    ),
    Key(
        "sent_as", TEXT, 'The name there; for `"path"` a part in braces of an endpoint\'s path.', "Authorization",
        otherwise="{}; `token_at` of a cookie", of=_SHOWN,
    ),
    Key(
        "prefix", TEXT, "What stands before it.", "Bearer ", otherwise="{} without `sent_as` in a header, else none",
        of=_SHOWN,
    ),
    Key("paths", TEXTS, "Beginnings of the paths that ask for it.", otherwise="all but login calls"),
    Key("status", WHOLE, "The answer to who is not known.", 401, least=200, most=599),
    Key("body", ANY, "Its body.", otherwise="says what is wrong"),
)  # fmt: skip
KIND_KEYS = {kind: {name: key for name, key in LOGIN_KEYS.items() if not key.of or kind in key.of} for kind in KINDS}
QUOTA_KEYS = keyed(
    Key("calls", WHOLE, "So many ...", needed=True, least=1),
    Key("per", DURATION, "... in each span of this length, counted back from now.", "1m", least="1s"),
    Key("status", WHOLE, "The answer to one more.", 429, least=400, most=599),
    Key(
        "says_when", TRUTH, "It has a `Retry-After` header: the seconds until a call will be taken.", True,
    ),
    Key(
        "path", TEXT, "Only calls of paths that begin so; each has to keep every quota that it falls under.",
        otherwise="all",
    ),
)  # fmt: skip


def read_logins(top: Table) -> tuple[Login, ...]:
    """All logins, in the file's order."""
    logins: list[Login] = []
    for table in top.tables("logins"):
        login = _read_login(table, len(logins) + 1)
        for place, other in enumerate(logins, 1):
            if other.name == login.name:
                key = "name" if "name" in table else None
                table.refuse(key, f"[[logins]] {place} is called '{login.name}' too")
        logins.append(login)
    return tuple(logins)


def read_quotas(top: Table) -> tuple[Quota, ...]:
    """All quotas, in the file's order."""
    quotas: list[Quota] = []
    for table in top.tables("quotas"):
        quota = _read_quota(table)
        for place, other in enumerate(quotas, 1):
            if (other.path, other.per) == (quota.path, quota.per):
                table.refuse(None, f"[[quotas]] {place} counts the same calls over the same time")
        quotas.append(quota)
    return tuple(quotas)


def refuse_idle_logins(
    logins: Iterable[Login], tables: Iterable[Table], calls: Collection[Call], endpoints: Collection[Endpoint]
) -> None:
    """What a login asks of calls that there are not."""
    for login, table in zip(logins, tables, strict=True):
        refuse_idle_beginnings(table, "paths", login.paths, calls)
        if login.sent_in == "path" and not any(login.sent_as in PART.findall(each.path) for each in endpoints):
            table.refuse("sent_as", f"no endpoint's path has a part {{{login.sent_as}}}")


def refuse_idle_quotas(quotas: Iterable[Quota], tables: Iterable[Table], calls: Collection[Call]) -> None:
    """A quota of calls that there are not."""
    for quota, table in zip(quotas, tables, strict=True):
        refuse_idle_beginnings(table, "path", [quota.path] if quota.path else [], calls)


# --- logins -------------------------------------------------------------------------------------------------


def _read_login(table: Table, number: int) -> Login:
    table = table.held_to(LOGIN_KEYS, KEYS_ELSEWHERE)
    kind = _read_kind(table)
    place, answer = table.choice("in"), table.choice("answer")
    token_at = _read_token_at(table, answer)
    sent_in, sent_as, prefix = _read_shown(table, kind, answer, token_at)
    login = Login(
        name=table.filled_text("name", "login" if number == 1 else f"login {number}"),
        kind=kind,
        path=read_url_path(table),
        method=table.choice("method"),
        host=read_host(table),
        place=place,
        needs=_read_needs(table, kind, place),
        answer=answer,
        token_at=token_at,
        life=table.duration_or_none("life"),
        life_at=read_path(table, "life_at"),
        extra=path_values(table, "extra"),
        sent_in=sent_in,
        sent_as=sent_as,
        prefix=prefix,
        paths=read_beginnings(table, "paths"),
        status=table.whole("status"),
        body=table.json("body"),
        text=_read_text(table, answer),
    )
    _refuse_contradictions(table, login)
    return login


def _read_kind(table: Table) -> str:
    """The kind, with every key of another one refused."""
    if hint := hint_for(table.values.get("kind"), LOGIN_KINDS):
        table.expect("kind", f"one of {', '.join(KINDS)}", hint)
    kind = table.choice("kind")
    for key in table.values:
        if key not in KIND_KEYS[kind]:
            owners = " or ".join(f'"{name}"' for name, keys in KIND_KEYS.items() if key in keys)
            table.refuse(key, f'means nothing for kind = "{kind}"', f"write kind = {owners}")
    if kind == "token":
        table.need("path", ': the call that gives the token, such as path = "/oauth2/token"')
    if kind == "signed":
        table.need("needs", ': the headers that have to come, such as needs = ["x-signature", "x-date"]')
    return kind


def _read_needs(table: Table, kind: str, place: str) -> tuple[str, ...]:
    """Dotted paths in JSON, otherwise names."""
    needs = table.texts("needs")
    is_header = kind == "signed" or place == "header"
    for name in needs:
        if is_header and not is_token(name):
            table.refuse("needs", f"'{name}' is no name that a header can have")
        if kind == "token" and place == "json":
            refuse_bad_path(table, "needs", name)
    if kind == "signed" and not needs:
        table.expect("needs", "one header or more")
    return needs


def _read_token_at(table: Table, answer: str) -> str:
    """A dotted path, or the name of a header or a cookie; "" where the whole answer is the token."""
    if answer == "json" and table.text("token_at", "-") == "":
        return ""
    if answer == "json":
        return read_path(table, "token_at")
    if answer == "text":
        if "token_at" in table:
            table.refuse("token_at", 'means nothing for answer = "text": all of the body is the token')
        return ""
    table.need("token_at", f": the {answer}'s name")
    name = table.filled_text("token_at")
    if not is_token(name):
        table.expect("token_at", f"a name that a {answer} can have")
    return name


def _read_text(table: Table, answer: str) -> str | None:
    """All of an answer that is no JSON, with the token in it."""
    text = read_long_text(table)
    if text is not None and answer != "text":
        table.refuse("text", f'means nothing for answer = "{answer}"', 'write answer = "text"')
    if text is not None and TOKEN_HERE not in text:
        table.expect("text", f"{TOKEN_HERE} in it, where the token stands")
    return text


def _read_shown(table: Table, kind: str, answer: str, token_at: str) -> tuple[str, str, str]:
    """Where a request shows the token or key, under which name, and what stands before it."""
    if kind == "basic":
        return "header", "Authorization", "Basic "
    place = table.choice("sent_in", "cookie" if answer == "cookie" else None)
    name, prefix = table.filled_text("sent_as", ""), table.text("prefix", "")
    if kind == "signed":
        return place, "", ""
    if place == "body":
        _refuse_name_in_body(table, kind, prefix)
        return place, "", prefix
    if place == "cookie" and answer == "cookie":
        name = name or token_at
    if place == "header" and not name:
        name, prefix = table.text("sent_as"), table.text("prefix")
    if not name:
        table.refuse(None, f"'sent_as' is missing: {_SENT_AS[place]} that shows the {kind}")
    if place in ("header", "cookie") and not is_token(name):
        table.expect("sent_as", f"a name that a {place} can have")
    if place == "json":
        refuse_bad_path(table, "sent_as", name)
    return place, name, prefix


def _refuse_name_in_body(table: Table, kind: str, prefix: str) -> None:
    """A text has no names; a token shows by itself, a key by what stands before it."""
    if "sent_as" in table:
        table.refuse("sent_as", 'means nothing for sent_in = "body"', "`prefix` is what stands before it")
    if kind == "key" and not prefix:
        table.refuse(None, "'prefix' is missing: what stands before the key in the body", 'such as prefix = "<key>"')


_SENT_AS = {
    "cookie": "the cookie",
    "query": "the parameter",
    "json": "the dotted path in the body",
    "form": "the field of the form",
    "path": "the part in braces of the endpoints' paths",
}


def _refuse_contradictions(table: Table, login: Login) -> None:
    if login.answer in ("json", "text") and not login.token_at:
        for key in ("extra", "life_at"):
            if key in table:
                table.refuse(key, "means nothing where all of the body is the token", 'write token_at = "token"')
    if login.life_at and not login.life:
        table.refuse("life_at", "'life' is missing: how long a token is good", 'such as life = "1h"')
    own = {"token_at": login.token_at if login.answer == "json" else "", "life_at": login.life_at}
    for key, path in own.items():
        if path and path in login.extra:
            table.refuse("extra", f"{path} is where {key} puts its own")
    if own["token_at"] and own["token_at"] == own["life_at"]:
        table.refuse("life_at", f"found '{login.life_at}', where the token is")
    if not login.needs and "needs" in table:
        table.expect("needs", "one name or more")


# --- quotas -------------------------------------------------------------------------------------------------


def _read_quota(table: Table) -> Quota:
    table = table.held_to(QUOTA_KEYS, QUOTA_KEYS_ELSEWHERE)
    table.need("calls", ': how many the vendor takes, as in {calls = 60, per = "1m"}')
    beginnings = read_beginnings(table, "path")
    if len(beginnings) > 1:
        table.expect("path", "one beginning", "write a [[quotas]] for each")
    return Quota(
        calls=table.whole("calls"),
        per=table.duration("per"),
        status=table.whole("status"),
        says_when=table.truth("says_when"),
        path=beginnings[0] if beginnings else "",
    )
