"""Finds in the calls of a drafted scenario how the script shows who it is, and writes that as [[logins]]."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from xsim.integration import Parameters
from xsim.model import DraftedCall
from xsim.report.draft_requests import sent_parameters
from xsim.report.draft_values import leaves, list_in, words_of
from xsim.report.toml_text import toml_text
from xsim.world import JsonValue, steps_of

OFFERED = re.compile(r"(?:c0ffee)+-(header|cookie)-([\w.-]+)")
"""What a made-up login gives beside its JSON: a token that says where it stood."""
LEAST_TOKEN, LEAST_SECRET = 3, 6
HOUR = 3600
LIFE = re.compile("expires?_in|expire_in|ttl|(.*_)?life_?time")
MOST_NEEDS = 5
PLACES = ("header", "cookie", "query", "json", "form", "path")
GUESS = "# That the API asks for it is a guess: the script shows it with each call."
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a request shows a token or key."""

    place: str
    name: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Logins:
    """The tables, each as lines, and the calls that they answer: method and path."""

    tables: tuple[tuple[str, ...], ...] = ()
    calls: frozenset[Key] = frozenset()


def find_logins(calls: Sequence[DraftedCall], parameters: Parameters) -> Logins:
    """Logins by a call of their own first, then what else each request shows."""
    tables: list[tuple[str, ...]] = []
    taken: dict[Key, Shown] = {}
    for number, call in enumerate(calls):
        key = (call.request.method.upper(), call.path)
        found = _token_of(call, calls[number + 1 :]) if key not in taken else None
        if found is not None:
            same = [each for each in calls if (each.request.method.upper(), each.path) == key]
            lines = _token_lines(call, same, *found, parameters=parameters)
            if lines:
                taken[key] = found[1]
                tables.append((*lines, *_paths(found[1], calls, taken)))
    rest = [call for call in calls if call.kind != "login" and (call.request.method.upper(), call.path) not in taken]
    shown = _key_shown(rest, parameters)
    if shown is not None and (shown.place, shown.name) not in {(each.place, each.name) for each in taken.values()}:
        tables.append(tuple(_key_lines(shown)))
    return Logins(tuple(tables), frozenset(taken))


# --- tokens -------------------------------------------------------------------------------------------------


def _token_of(call: DraftedCall, later: Sequence[DraftedCall]) -> tuple[tuple[str, str], Shown] | None:
    """Where the answer held the token (kind of place, name), and where requests show it."""
    if call.kind == "guess" or (call.kind == "sample" and list_in(call.answer) is not None):
        return None
    for path, value in leaves(call.answer) if isinstance(call.answer, Mapping) else [("", call.answer)]:
        if isinstance(value, str) and len(value) >= LEAST_TOKEN:
            shown = next((found for each in later if (found := _shown(each, value))), None)
            if shown is not None:
                return ("json", path), shown
    for each in later if call.kind == "login" else ():
        for place, name, value in _all_sent(each):
            if (offered := OFFERED.search(value)) and value.endswith(offered[0]):
                return (offered[1], offered[2]), Shown(place, name, value[: offered.start()])
    return None


def _shown(call: DraftedCall, token: str) -> Shown | None:
    for place, name, value in _all_sent(call):
        # A name that is made up as well, or changes from call to call, cannot be told.
        if value.endswith(token) and "c0ffee" not in name:
            prefix = value[: -len(token)]
            if not prefix or place == "header":
                return Shown(place, name, prefix)
    return None


def _token_lines(
    call: DraftedCall, same: Sequence[DraftedCall], held: tuple[str, str], shown: Shown, *, parameters: Parameters
) -> list[str]:
    """The table of a login call; empty where what it needs cannot be told."""
    place, needs = _credentials(same, parameters)
    if not place:
        return []
    lines = ["[[logins]]", f"path = {toml_text(call.path)}"]
    lines += [f"method = {toml_text(call.request.method.upper())}"] if call.request.method.upper() != "POST" else []
    lines += [f'in = "{place}"'] if place != "json" else []
    lines += [f"needs = {toml_text(needs)}"] if needs else []
    lines += [f'answer = "{held[0]}"'] if held[0] != "json" else []
    lines += [f"token_at = {toml_text(held[1])}"] if held != ("json", "access_token") else []
    lines += _life_and_rest(call.answer, held[1] if held[0] == "json" else "")
    return [*lines, *_shown_lines(shown)]


def _life_and_rest(answer: JsonValue, token_at: str) -> Iterator[str]:
    """How long the token is good, and what else the answer has."""
    if not isinstance(answer, Mapping):
        return
    values = dict(leaves(answer))
    life_at = next((path for path, value in values.items() if value == HOUR and LIFE.fullmatch(_last(path))), "")
    if life_at:
        yield 'life = "1h"  # a guess'
        yield f"life_at = {toml_text(life_at)}"
    rest = {
        path: "{token}" if "refresh" in _last(path) else value
        for path, value in values.items()
        if path not in (token_at, life_at) and value is not None and not _is_token(value)
    }
    if rest:
        yield f"extra = {toml_text(rest)}"


def _is_token(value: JsonValue) -> bool:
    return isinstance(value, str) and value.startswith("c0ffeec0ffee")


def _credentials(same: Sequence[DraftedCall], parameters: Parameters) -> tuple[str, list[str]]:
    """Where the login call carries its credentials, and under which names; "" where in none of the ways we know."""
    request = same[0].request
    headers = {name.lower(): value for name, value in request.headers}
    if headers.get("authorization", "").startswith("Basic "):
        return "basic", []
    known = [text for text in _texts(parameters.values) if text]
    sent = [list(_all_sent(each)) for each in same]
    for place in ("json", "form", "query", "header"):
        names = [name for at, name, value in sent[0] if at == place and value and not re.search(r"\.\d", name)]
        needed = [name for at, name, value in sent[0] if at == place and _is_known(value, known)]
        needed += [name for name in names if name == "grant_type"]
        needed = [name for name in names if name in needed] if place == "header" or needed else names
        needed = [name for name in needed if all(any((place, name) == each[:2] for each in other) for other in sent)]
        if needed:
            return place, list(dict.fromkeys(needed))[:MOST_NEEDS]
    return ("", []) if request.body else ("query", [])


def _is_known(value: str, known: Sequence[str]) -> bool:
    return any(value == text or (len(text) >= LEAST_SECRET and text in value) for text in known)


def _paths(shown: Shown, calls: Sequence[DraftedCall], taken: Mapping[Key, Shown]) -> Iterator[str]:
    """Which paths ask for it, where not all do."""
    others = [call for call in calls if (call.request.method.upper(), call.path) not in taken]
    with_it = {call.path for call in others if (shown.place, shown.name) in {each[:2] for each in _all_sent(call)}}
    without = {call.path for call in others} - with_it
    if with_it and without:
        yield f"paths = {toml_text(sorted(path.partition('{')[0] for path in with_it))}"


# --- keys, and what both have -------------------------------------------------------------------------------


def _key_shown(calls: Sequence[DraftedCall], parameters: Parameters) -> Shown | None:
    """Where every call shows a secret of the instance, or a user name and password."""
    secrets = [text for text in _secret_texts(parameters) if len(text) >= LEAST_SECRET]
    shown = [_secrets_shown(call, secrets) for call in calls]
    common = [each for each in shown[0] if all(each in other for other in shown)] if shown else []
    return min(common, key=lambda each: PLACES.index(each.place), default=None)


def _secrets_shown(call: DraftedCall, secrets: Sequence[str]) -> list[Shown]:
    found = []
    for place, name, value in _all_sent(call):
        if place == "header" and value.startswith("Basic "):
            found.append(Shown("header", name, "Basic "))
        elif secret := next((text for text in secrets if value.endswith(text)), None):
            prefix = value[: -len(secret)]
            if place == "header" or not prefix:
                found.append(Shown(place, name, prefix))
    return found


def _key_lines(shown: Shown) -> Iterator[str]:
    yield GUESS
    yield "[[logins]]"
    if shown.prefix == "Basic ":
        yield 'kind = "basic"'
        yield from [f"sent_as = {toml_text(shown.name)}"] if shown.name.lower() != "authorization" else []
        return
    yield 'kind = "key"'
    yield from _shown_lines(shown)


def _shown_lines(shown: Shown) -> Iterator[str]:
    if shown.place != "header":
        yield f'sent_in = "{shown.place}"'
    is_usual = shown.place == "header" and shown.name.lower() == "authorization"
    if not is_usual:
        yield f"sent_as = {toml_text(shown.name)}"
    if shown.prefix != ("Bearer " if is_usual else ""):
        yield f"prefix = {toml_text(shown.prefix)}"


def _all_sent(call: DraftedCall) -> Iterator[tuple[str, str, str]]:
    """Place, name and text of all that a request carries."""
    for name, value in call.request.headers:
        if name.lower() == "cookie":
            yield from (("cookie", each, text) for each, text in _cookies(value))
        else:
            yield "header", name, value
    for place, name, value, _ in sent_parameters(call):
        if isinstance(value, (str, int)) and place in PLACES:
            yield place, name, str(value)


def _cookies(text: str) -> list[tuple[str, str]]:
    try:
        return [(name, morsel.value) for name, morsel in SimpleCookie(text).items()]
    except CookieError:
        return []


def _secret_texts(parameters: Parameters) -> Iterator[str]:
    yield from parameters.secrets
    for name, value in parameters.values.items():
        if re.search("key|token|secret|password|credential", words_of(name)):
            yield from _texts(value)


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)


def _last(path: str) -> str:
    return words_of(steps_of(path)[-1]) if path else ""
