"""Reads how a list of an endpoint is sorted and cut: its `order`, its `limit`, and how an answer goes on."""

from __future__ import annotations

from xsim.load.scenario_calls import PLACES
from xsim.load.scenario_changes import read_path, refuse_bad_path
from xsim.load.scenario_filters import FILTER_PLACES, read_pattern
from xsim.load.scenario_keys import DURATION, PATH, PATHS, TEXT, TRUTH, WHOLE, WORD, Key, keyed
from xsim.load.scenario_table import Table
from xsim.world import Limit, Order, Paging

PAGINGS = {
    "page": "The parameter has the page's number.",
    "offset": "It has the number of records before the page.",
    "token": "It has a token, which the answer before held at `next_at`.",
    "next_link": "The answer holds the address of the next page at `next_at`.",
    "link_header": "The answer has that address in its `Link` header.",
    "last_id": "The parameter has the id of the last record seen.",
    "kept": "The server itself remembers how far a consumer came.",
}
NO_LIMIT = 2_000_000
_BODY = 'place, or `"body"`'
ORDER_KEYS = keyed(
    Key("by", PATHS, "What the answer is ordered by where a request says nothing.", otherwise="newest first"),
    Key("param", TEXT, "The parameter that names another field."),
    Key("in", "place", "Where it and the next one stand.", "query", words=PLACES),
    Key("direction_param", TEXT, "The parameter that says `asc` or `desc`."),
)
LIMIT_KEYS = keyed(
    Key("param", TEXT, "The parameter; without it every answer has so many.", otherwise="none"),
    Key("in", _BODY, "Where it stands.", "query", words=FILTER_PLACES),
    Key("default", WHOLE, "So many where a request says nothing.", 50, otherwise="{}, or `max` where that is less",
        least=1, most=NO_LIMIT),
    Key("max", WHOLE, "Never more than these.", 1000, otherwise="{}, or `default` where that is more",
        least=1, most=NO_LIMIT),
    Key("pattern", "regular expression", "Finds the number, as the group `bound`, inside a longer text."),
)  # fmt: skip
PAGING_KEYS = keyed(
    Key("kind", WORD, "As above.", needed=True, words=PAGINGS),
    Key("param", TEXT, "The parameter; of kept it names the consumer."),
    Key("in", _BODY, "Where it stands.", "query", words=FILTER_PLACES),
    Key(
        "pattern", "regular expression",
        "Finds its value, as the group `bound`, inside a longer text: page number, offset, token or id.",
    ),
    Key("first", WHOLE, "Number of the first page.", 1, most=1),
    Key("next_at", PATH, "Where the answer holds the token, the link or the next offset."),
    Key("token_when_empty", TRUTH, "An answer with no records holds a token too.", False),
    Key("tail_token", TRUTH, "The last page holds one too, to get what has come since.", False),
    Key(
        "last", WORD,
        "What stands at `next_at` on the last page: null, no key (the object around it stays), or `\"\"`. Scripts that "
        "ask `if \"next\" in answer` find out the difference.",
        "null", words=("null", "missing", "empty"),
    ),
    Key(
        "life", DURATION, "So long after it was given a token or link is good.", otherwise="for ever", least="1s",
    ),
    Key(
        "stale_status", WHOLE, "The answer to one that is older, and to a last id whose record is gone.", 400,
        least=400, most=599,
    ),
)  # fmt: skip

_KEPT_KEYS = ("kind", "param", "in")
_AGEING = ("token", "next_link", "link_header")
_STALE = (*_AGEING, "last_id")
_SENT = ("page", "offset", "token", "last_id")


def read_order(table: Table) -> Order:
    """A list of paths, or a table that also names the parameters."""
    if not isinstance(table.values.get("order", {}), dict):
        return Order(by=_paths_with_signs(table, "order"))
    order = table.table("order").held_to(ORDER_KEYS)
    return Order(
        by=_paths_with_signs(order, "by"),
        name=order.filled_text("param"),
        place=order.choice("in"),
        direction_name=order.filled_text("direction_param"),
    )


def read_limit(table: Table) -> Limit:
    """A number, false for none, or a table."""
    value = table.values.get("limit", {})
    if value is False:
        return Limit(default=NO_LIMIT, maximum=NO_LIMIT)
    if isinstance(value, int):
        size = table.whole("limit")
        return Limit(default=size, maximum=size)
    if not isinstance(value, dict):
        table.expect("limit", 'a number, false, or a table such as {param = "limit", default = 50, max = 100}')
    limit = table.table("limit").held_to(LIMIT_KEYS)
    default = limit.whole("default", min(limit.whole("default"), limit.whole("max")))
    maximum = limit.whole("max", max(limit.whole("max"), default))
    if default > maximum:
        limit.expect("default", f"at most max, {maximum}")
    name, place, pattern = _read_sent(limit)
    return Limit(name, place, default, maximum, pattern)


def read_paging(table: Table) -> Paging | None:
    """How an answer goes on; None where it does not."""
    if "paging" not in table:
        return None
    paging = table.table("paging").held_to(PAGING_KEYS)
    paging.need("kind", f": one of {', '.join(PAGINGS)}")
    name, place, pattern = _read_sent(paging)
    found = Paging(
        kind=paging.choice("kind"),
        name=name,
        place=place,
        first=paging.whole("first"),
        next_at=read_path(paging, "next_at"),
        token_when_empty=paging.truth("token_when_empty"),
        tail_token=paging.truth("tail_token"),
        last=paging.choice("last"),
        life=paging.duration_or_none("life"),
        stale_status=paging.whole("stale_status"),
        pattern=pattern,
    )
    _refuse_contradictions(paging, found)
    return found


def _read_sent(table: Table) -> tuple[str, str, str]:
    """The parameter's name and place, and the pattern that finds the value in it where it is a longer text."""
    place, pattern = table.choice("in"), read_pattern(table)
    name = table.filled_text("param", "body" if place == "body" else "")
    if place == "body" and not pattern:
        table.expect(
            "in", "a 'pattern' beside it: the body is a text to look for it in", r"such as 'LIMIT (?P<bound>\d+)'"
        )
    if pattern and not name:
        table.refuse("pattern", "'param' is missing: the parameter in which it is looked for", 'or write in = "body"')
    return name, place, pattern


def _refuse_contradictions(paging: Table, found: Paging) -> None:
    for key in paging.values if found.kind == "kept" else ():
        if key not in _KEPT_KEYS:
            paging.refuse(key, 'means nothing for kind = "kept": the server itself remembers how far a consumer came')
    for key, kinds in (("life", _AGEING), ("stale_status", _STALE), ("pattern", _SENT)):
        if key in paging and found.kind not in kinds:
            paging.refuse(key, f'means nothing for kind = "{found.kind}"', f"known for {', '.join(kinds)}")
    if "last" in paging and (not found.next_at or found.kind == "link_header"):
        paging.refuse("last", "means nothing without 'next_at': it is what stands there on the last page")
    if not found.name and found.kind in ("page", "offset", "token", "last_id"):
        paging.refuse(None, f"'param' is missing: the parameter that holds the {found.kind.replace('_', ' ')}")
    if not found.next_at and found.kind in ("token", "next_link"):
        paging.refuse(None, f"'next_at' is missing: where the answer holds the {found.kind.replace('_', ' ')}")


def _paths_with_signs(table: Table, key: str) -> tuple[str, ...]:
    paths = table.texts(key)
    for path in paths:
        if path == "-":
            table.expect(key, 'a dotted path behind "-"')
        refuse_bad_path(table, key, path.removeprefix("-"))
    return paths
