"""Reads the `filters` of an endpoint: the parameters with which a request keeps some records."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection
from datetime import datetime, timedelta

from xsim.load.scenario_calls import PLACES
from xsim.load.scenario_changes import read_path
from xsim.load.scenario_keys import DURATION, PATH, TEXT, TRUTH, WORD, Key, keyed
from xsim.load.scenario_table import Table, described, nearest
from xsim.load.scenario_values import offset_of
from xsim.world import Condition, Filter

FILTER_PLACES = (*PLACES, "body")
COMPARISONS = (">=", ">", "<=", "<", "=", "!=", "in", "contains")
OVER_TIME = (">=", ">", "<=", "<")
KINDS = ("time", "number", "text")
BOUND_LAYOUTS = {
    "iso": "iso", "iso-offset": "iso", "iso-naive": "iso",
    "epoch-s": "epoch-s", "epoch-ms": "epoch-ms", "epoch-us": "epoch-us",
}  # fmt: skip
"""A layout's name, and what the vendor calls it: of a bound it takes each spelling of ISO 8601."""
LONGEST_PATTERN = 1_000
FILTER_KEYS = keyed(
    Key("param", TEXT, "The request's parameter.", needed=True),
    Key(
        "in", 'place, or `"body"`',
        '`"body"` is all of it, as a text for a `pattern`: SOAP, a query language, GraphQL. It needs a `field` and no '
        "`param`.",
        "query", words=FILTER_PLACES,
    ),
    Key("field", PATH, "The field of a record that it looks at.", otherwise="as `param`"),
    Key("op", WORD, "A record is kept where this holds of its field and the bound.", ">=", words=COMPARISONS),
    Key(
        "as", WORD, "How both sides are read.", words=KINDS,
        otherwise="`\"time\"` for " + " ".join(f"`{each}`" for each in OVER_TIME) + ", else `\"text\"`",
    ),
    Key(
        "precision", WORD, "Times are cut to this before they are compared.", "us",
        words=("us", "ms", "s", "m", "h", "d"),
    ),
    Key(
        "layout", "as for streams, or strptime",
        "The one spelling of the bound that the vendor takes. It may be the whole text of a query.",
        otherwise="ISO or an epoch number",
    ),
    Key("pattern", "regular expression", "Finds the bound, as the group `bound`, inside a longer text."),
    Key("zone", "offset", "What a bound without an offset is taken to have.", otherwise="UTC"),
    Key("relative", WORD, "The bound is so many of these back from now.", words=("s", "m", "h", "d")),
    Key("required", TRUTH, "Without it the answer is status 400.", False),
    Key(
        "unreadable", WORD,
        "A bound that is no time or number is answered with status 400, or counts as not sent.", "refuse",
        words=("refuse", "ignore"),
    ),
    Key(
        "widest", DURATION,
        "A time farther back from now is answered with status 400: the service's own limit on a window.", least="1s",
    ),
)  # fmt: skip
WHEN_KEYS = keyed(
    Key("param", TEXT, "The request's parameter.", needed=True),
    Key("in", 'place, or `"body"`', '`"body"` is all of it, and needs no `param`.', "query", words=FILTER_PLACES),
    Key("pattern", "regular expression", "Found in what was sent.", otherwise="that anything was sent"),
)


def read_filter(table: Table, path: str, parts: Collection[str]) -> Filter:
    """One of an endpoint's `filters`. `parts` are the names in the braces of its path."""
    table = table.held_to(FILTER_KEYS)
    place = table.choice("in")
    if place == "body":
        table.need("field", ": the body has no name that could stand for it")
    else:
        table.need("param", ": the name of the request's parameter")
    name = table.filled_text("param", "body")
    if place == "path" and name not in parts:
        table.refuse("param", f"the path {path} has no part {{{name}}}")
    compare = table.choice("op")
    kind = table.choice("as", "time" if compare in OVER_TIME else "text")
    if kind != "text" and compare == "contains":
        table.expect("as", 'text for op = "contains"')
    for key in ("precision", "zone", "layout", "relative", "widest"):
        if key in table and kind != "time":
            table.refuse(key, f'means nothing for as = "{kind}"', 'write as = "time"')
    if "unreadable" in table and kind == "text":
        table.refuse("unreadable", 'means nothing for as = "text": every text can be read')
    return Filter(
        name=name,
        field=read_path(table, "field", name),
        place=place,
        compare=compare,
        kind=kind,
        precision=table.choice("precision"),
        layout=_layout(table),
        zone=_zone(table),
        relative=table.choice("relative"),
        required=table.truth("required"),
        pattern=read_pattern(table),
        unreadable=table.choice("unreadable"),
        widest=table.duration_or_none("widest"),
    )


def read_condition(table: Table, path: str, parts: Collection[str]) -> Condition:
    """One of what an endpoint has for `when`."""
    table = table.held_to(WHEN_KEYS)
    place = table.choice("in")
    if place != "body":
        table.need("param", ": the name of the request's parameter")
    name = table.filled_text("param", "body")
    if place == "path" and name not in parts:
        table.refuse("param", f"the path {path} has no part {{{name}}}")
    if place == "body":
        table.need("pattern", ": what stands in the body of such a request")
    pattern, _ = _expression(table)
    return Condition(name, place, pattern)


def read_pattern(table: Table) -> str:
    """A regular expression that finds the bound in a longer text; "" where there is none."""
    pattern, names = _expression(table)
    if pattern and "bound" not in names:
        table.expect("pattern", "a regular expression with a group named `bound`", r"such as 'created>(?P<bound>\d+)'")
    return pattern


def _expression(table: Table) -> tuple[str, Collection[str]]:
    """A regular expression, "" where there is none, and the names of its groups."""
    pattern = table.filled_text("pattern")
    if not pattern:
        return "", ()
    if len(pattern) > LONGEST_PATTERN:
        table.expect("pattern", f"at most {LONGEST_PATTERN:,} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = re.compile(pattern).groupindex
    except re.error as error:
        table.refuse("pattern", f"found {described(pattern)}, which is no regular expression: {error.msg}")
    except (RecursionError, OverflowError, MemoryError):
        table.refuse("pattern", f"found {described(pattern)}, which is too much for a regular expression")
    return pattern, names


def _layout(table: Table) -> str:
    layout = table.filled_text("layout")
    if layout in BOUND_LAYOUTS:
        return BOUND_LAYOUTS[layout]
    if layout:
        try:
            datetime.strptime(datetime(2023, 11, 29, 19, 47, 38).strftime(layout), layout)
            is_right = "%" in layout
        except ValueError:
            is_right = False
        if not is_right:
            names = ", ".join(BOUND_LAYOUTS)
            table.expect(
                "layout", f'{names}, or a strptime layout such as "%d/%m/%Y %H:%M:%S"', nearest(layout, BOUND_LAYOUTS)
            )
    return layout


def _zone(table: Table) -> timedelta:
    if "zone" not in table:
        return timedelta(0)
    found = offset_of(table.values["zone"])
    if found is None:
        table.expect("zone", 'an offset such as "+02:00" or "Z"')
    return found
