"""Writes the vendor function of a drafted scenario: logins, fixed answers, and queries in a language of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pprint import pformat
from typing import Any

from xsim.report.draft_calls import Call
from xsim.report.draft_endpoints import TOTAL
from xsim.report.draft_values import beside, ids_in, is_next, words_of
from xsim.world import steps_of

HEAD = '''"""Answers what {scenario} cannot say: logins, fixed answers, queries. Drafted by `xsim init`."""
'''
LOGIN_HEADERS = ("X-Auth-Token", "X-Subject-Token", "X-FeApi-Token")
SECRET = "c0ffee" * 3
QUERY_IMPORTS = "import re\nfrom datetime import datetime, timezone\nfrom urllib.parse import unquote_plus\n"
QUERY = r'''

TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?|(?<!\d)1\d{9}(?:\d{3})?(?!\d)")


def listed(request, world):
    """The events from the first time in the query on, up to the second if there is one, the oldest first.

    TODO: is each bound itself included, and does the query ask for more? The vendor's documentation says.
    """
    query = unquote_plus(request.url) + " " + request.body.decode("utf-8", "replace")
    bounds = [moment(text) for text in TIME.findall(query)]
    events = sorted(world.events(), key=lambda event: event.occurred)
    if bounds:
        events = [event for event in events if event.occurred >= min(bounds)]
    if len(bounds) > 1:
        events = [event for event in events if event.occurred <= max(bounds)]
    return [event.record for event in events]


def moment(text):
    """A time of the query as a datetime in UTC."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), timezone.utc)
    text, fraction, zone = re.fullmatch(r"(.{19})(\.\d+)?(.*)", text).groups(default="")
    found = datetime.strptime(text.replace(" ", "T"), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    if zone not in ("", "Z"):
        found = datetime.strptime(f"{text.replace(' ', 'T')}{zone.replace(':', '')}", "%Y-%m-%dT%H:%M:%S%z")
    return found.replace(microsecond=int(float(f"0{fraction or '.0'}") * 1_000_000))


def number(values, name, default):
    """A number that the request sends."""
    text = str(values.get(name, ""))
    return int(text) if text.isdigit() else default
'''


def vendor_text(calls: Sequence[Call], scenario_name: str, *, id_field: str) -> str:
    """The file's text; "" where every call is an endpoint."""
    fixed = [call for call in calls if call.role == "fixed"]
    queries = [call for call in calls if call.role == "query"]
    if not fixed and not queries:
        return ""
    parts = [HEAD.format(scenario=scenario_name), QUERY_IMPORTS if queries else "import re\n"]
    if not fixed:
        parts.append("")
    if fixed:
        parts.append("\n".join(_fixed_lines(fixed)))
    parts.append("\n".join(_answer_lines(fixed, queries, id_field)))
    return "\n".join(parts) + "\n" + (QUERY if queries else "")


def _fixed_lines(calls: Sequence[Call]) -> Iterator[str]:
    if any(call.kind == "login" for call in calls):
        pairs = ", ".join(f'"{name}": "{SECRET}"' for name in LOGIN_HEADERS)
        yield "# Some logins answer with the session in a header."
        yield f"HEADERS = {{{pairs}}}"
    yield "FIXED = ["
    yield "    # Method, path as a regular expression, answer."
    for call in calls:
        value = json.loads(json.dumps(call.answer))
        written = pformat(value, width=100, sort_dicts=False).replace("\n", "\n     ")
        headers = "HEADERS" if call.kind == "login" else "{}"
        yield f"    ({call.method!r}, {_pattern(call.path)}, {headers},"
        yield f"     {written}),"
    yield "]"
    yield ""
    yield ""


def _answer_lines(fixed: Sequence[Call], queries: Sequence[Call], id_field: str) -> Iterator[str]:
    yield "def answer(request, world):"
    yield '    """A JSON value, (status, headers, body), or None where nobody answers: then the run ends undecided."""'
    if fixed:
        yield "    for method, path, headers, value in FIXED:"
        yield "        if request.method == method and re.fullmatch(path, request.path):"
        yield "            return 200, headers, value"
    for call in queries:
        yield f"    if request.method == {call.method!r} and re.fullmatch({_pattern(call.path)}, request.path):"
        yield from (f"        {line}" for line in _query_lines(call, id_field))
    yield "    return None"


def _query_lines(call: Call, id_field: str) -> Iterator[str]:
    asked = call.asked
    yield "found = listed(request, world)"
    limit = f"number({_values(asked.limit.place)}, {asked.limit.name!r}, 50)" if asked.limit else "50"
    yield f"size = {limit}"
    if asked.offset:
        yield f"begin = number({_values(asked.offset.place)}, {asked.offset.name!r}, 0)"
    elif asked.page:
        first = 0 if "0" in map(str, asked.page.values) else 1
        yield f"begin = (number({_values(asked.page.place)}, {asked.page.name!r}, {first}) - {first}) * size"
    else:
        yield "begin = 0"
    records = "found[begin : begin + size]"
    if call.listed is not None and call.listed.wrap:
        records = f"[{{{call.listed.wrap!r}: record}} for record in {records}]"
    shows_ids = call.listed is None and bool(ids_in(call.answer))
    if shows_ids:
        keys = "".join(f"[{step!r}]" for step in steps_of(id_field or "id"))
        records = f"[record{keys} for record in {records}]"
    path = call.listed.path if call.listed is not None else call.ids_at if shows_ids else "items"
    todo = "" if call.listed is not None or shows_ids else "  # TODO: where the answer holds the list"
    if not path:
        yield f"return {records}"
        return
    yield f"return {_around(call, path, records)}{todo}"


def _around(call: Call, path: str, records: str) -> str:
    """The answer as Python: the records in their place, the number of them, and what else there was."""
    tree: dict[str, Any] = {}
    for other, value in beside(call.answer):
        is_total = (
            isinstance(value, int)
            and not isinstance(value, bool)
            and TOTAL.fullmatch(words_of(other.rsplit(".", 1)[-1]))
        )
        if not is_next(other):
            _put(tree, steps_of(other), "len(found)" if is_total else repr(value))
    _put(tree, steps_of(path), records)
    return _as_python(tree)


def _put(tree: dict[str, Any], steps: tuple[str, ...], text: str) -> None:
    for step in steps[:-1]:
        inner = tree.get(step)
        if not isinstance(inner, dict):
            tree[step] = inner = {}
        tree = inner
    tree[steps[-1]] = text


def _as_python(tree: Any) -> str:
    if isinstance(tree, str):
        return tree
    return "{" + ", ".join(f"{key!r}: {_as_python(inner)}" for key, inner in tree.items()) + "}"


def _values(place: str) -> str:
    return {"json": "(request.json or {})", "form": "request.form"}.get(place, "request.query")


def _pattern(path: str) -> str:
    """The path as a regular expression, written as Python."""
    parts = re.split(r"\{[^{}]*\}", path.rstrip("/") or "/")
    pattern = "[^/]+".join(re.escape(part).replace("\\-", "-") for part in parts)
    pattern += "" if pattern.endswith("/") else "/?"
    return repr(pattern) if '"' in pattern or "\\" not in pattern else f'r"{pattern}"'
