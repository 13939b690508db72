"""Writes the tables of docs/scenario.md anew from the keys that the loader reads: `python docs/write_scenario_page.py`.

A table stands between two comments, `<!-- keys of NAME -->` and `<!-- end -->`; what is around them is written by hand.
tests/load/test_load_scenario_reference.py holds that the page is up to date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from xsim.load import (
    scenario,
    scenario_changes,
    scenario_check,
    scenario_clock,
    scenario_endpoint_keys,
    scenario_events,
    scenario_expect,
    scenario_faults,
    scenario_filters,
    scenario_identity,
    scenario_logins,
    scenario_paging,
    scenario_streams,
    scenario_times,
)
from xsim.load.scenario_keys import DURATION, WHOLE, WORD, Key, Keys
from xsim.load.scenario_table import MOST_WHOLE

PAGE = Path(__file__).parent / "scenario.md"

TABLES: dict[str, Keys | tuple[Keys, ...]] = {
    "the file": scenario.KEYS,
    "clock": scenario_clock.CLOCK_KEYS,
    "pauses": scenario_clock.PAUSE_KEYS,
    "identity": scenario_identity.KEYS,
    "others": scenario_identity.OTHER_KEYS,
    "platform": scenario_clock.PLATFORM_KEYS,
    "events": scenario_events.KEYS,
    "changes": scenario_changes.KEYS,
    "streams": scenario_streams.KEYS,
    "lag": scenario_streams.LAG_KEYS,
    "choices": scenario_streams.CHOICE_KEYS,
    "times": scenario_times.OTHER_KEYS,
    "endpoints": scenario_endpoint_keys.ENDPOINT_KEYS,
    "when": scenario_filters.WHEN_KEYS,
    "filters": scenario_filters.FILTER_KEYS,
    "order": scenario_paging.ORDER_KEYS,
    "limit": scenario_paging.LIMIT_KEYS,
    "paging": scenario_paging.PAGING_KEYS,
    "jobs": scenario_endpoint_keys.JOB_KEYS,
    "updates": scenario_endpoint_keys.UPDATE_KEYS,
    "formats": scenario_endpoint_keys.FORMAT_KEYS,
    "fixed": scenario_endpoint_keys.FIXED_KEYS,
    "logins": scenario_logins.LOGIN_KEYS,
    "quotas": scenario_logins.QUOTA_KEYS,
    "faults": scenario_faults.KEYS,
    "check": scenario_check.CHECK_KEYS,
    "expect": scenario_expect.EXPECT_KEYS,
    "must": scenario_expect.FINDING_KEYS,
}
"""Where several stand for one, a table has the keys of one of them."""
KINDS: dict[str, Mapping[str, str]] = {
    "endpoints": scenario_endpoint_keys.KINDS,
    "paging": scenario_paging.PAGINGS,
    "logins": scenario_logins.KINDS,
    "faults": scenario_faults.KINDS,
}
"""What each `kind` of a table is."""
WITH_KINDS = ("endpoints", "jobs", "logins", "faults")
"""Tables whose rows say for which kinds they are."""

_MARKED = re.compile(r"<!-- (keys|kinds) of ([\w ]+) -->\n.*?<!-- end -->", re.DOTALL)


def page(text: str) -> str:
    """The page with its tables as they are now."""
    return _MARKED.sub(
        lambda found: f"<!-- {found[1]} of {found[2]} -->\n\n{written(found[1], found[2])}\n<!-- end -->", text
    )


def written(what: str, name: str) -> str:
    """One table, with a line end."""
    if what == "kinds":
        return _rows(("`kind`", "what it is"), ((f'`"{word}"`', text) for word, text in KINDS[name].items()))
    keys = listed(name)
    if name not in WITH_KINDS:
        return _rows(("key", "type", "default", "meaning"), (_cells(key) for key in keys))
    kinds = KINDS.get(name, KINDS["endpoints"])
    rows = ((first, owners(key, kinds), *rest) for key in keys for first, *rest in [_cells(key)])
    return _rows(("key", "of", "type", "default", "meaning"), rows)


def listed(name: str) -> list[Key]:
    """The keys of a table of the page."""
    held = TABLES[name]
    return [key for each in ((held,) if isinstance(held, Mapping) else held) for key in each.values()]


def owners(key: Key, kinds: Iterable[str]) -> str:
    """The kinds that have the key, or those that have it not where these are few."""
    others = [kind for kind in kinds if kind not in key.of]
    if not key.of or not others:
        return "all"
    return f"all but {others[0]}" if len(others) == 1 and len(key.of) > 2 else ", ".join(key.of)


def kind_of(key: Key) -> str:
    """What may stand there."""
    if isinstance(key.words, Mapping):
        return "a word, as above"
    if key.kind == WORD:
        return ", ".join(f'`"{word}"`' for word in key.words)
    if key.kind == DURATION and key.least:
        return f"duration from `{json.dumps(key.least)}`"
    if not key.kind.startswith(WHOLE) and key.most is None:
        return key.kind
    least, most = key.least or 0, MOST_WHOLE if key.most is None else key.most
    bounds = f"from {_plain(least)}" + (f" to {_plain(most)}" if most < MOST_WHOLE else "")
    number, rest = re.fullmatch(r"([\w ]*?number)(.*)", key.kind).groups()
    return f"{number} {bounds}{rest}"


def default_of(key: Key) -> str:
    """What holds without it."""
    if key.needed:
        return "needed"
    value = key.default
    shown = f"`{json.dumps(value, ensure_ascii=False)}`" if isinstance(value, (str, dict, list)) else _number(value)
    return key.otherwise.replace("{}", shown) if key.otherwise else shown


def write() -> None:
    """The page, in its place."""
    PAGE.write_bytes(page(PAGE.read_bytes().decode("utf-8")).encode("utf-8"))


def _plain(number: float) -> str:
    return f"{number:,f}".rstrip("0").rstrip(".")


def _number(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cells(key: Key) -> tuple[str, str, str, str]:
    return (f"`{key.name}`", kind_of(key), default_of(key), key.meaning)


def _rows(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" if cells[0] != "---" else f"|{'|'.join(cells)}|\n" for cells in lines)


if __name__ == "__main__":
    write()
