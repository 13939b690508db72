"""What is known of one call's answer while a scenario is drafted: a made-up JSON value, corrected by how it is used."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from xsim.world import JsonValue

Path = tuple[str, ...]
"""Keys from the answer's top to a value; "*" is every item of a list."""
ABSENT: Any = object()
MOST_CORRECTIONS = 3
"""So often one value changes its type; a script that wants it both ways must not keep us going."""
WORDS = ("High", "high", "HIGH", 1, "Open", "open", "New", "new")
"""What severities and states are called."""
MARK = "xsim"
"""Key that keeps the first, empty answer from being false, and tells it from other calls' answers."""
ISO = "%Y-%m-%dT%H:%M:%S.%fZ"
SECRET = "c0ffee" * 10
HOUR = 3600

QUIET = re.compile(
    "(.*_)?(error|errors|err|exception|fault|faults|warning|warnings|message|messages|msg|next|cursor|scroll|scroll_id|"
    "paging|pagination|more|continuation)|(.*_)?next_.*|.*_next|(has|is)_more.*|more_.*|.*(page|continuation|skip)_token|"
    "(at|@)?odata_.*|retry_after|error_.*"
)
"""What a plain answer does not have: read with `.get`, it stays away."""
NEXT = re.compile("(.*_)?(next|cursor|continuation|scroll_id|next_token|page_token|next_page_token|next_cursor|marker)")
"""Among them those that say how to go on; links are left alone, as a made-up one leads nowhere."""
TRUTHS = re.compile(
    "(is|has|was|can|are)_.*|success|succeeded|ok|enabled|active|valid|completed?|done|finished|(.*_)?(expired|available)"
)
COUNTS = re.compile(
    "(total|num|number|count)_.*|(.*_)?(total|count|counts|size|length|num|number_of.*|score|priority|risk|level|percent|offset|limit)"
)
TIMES = re.compile(
    "(.*_)?(time|date|datetime|timestamp|ts|at|on|created|updated|modified|occurred|published|opened|closed|seen|"
    "received|detected|reported|start|begin|when|since)|(created|updated|modified|first|last|time|date|start)_(?!by|name|"
    "type|user|comment|value|id|zone|ip).*|.*(time|date|timestamp)(_(utc|gmt|epoch|in_ms|ms|m?secs|millis|usecs|micros))?"
)
LISTS = frozenset(
    "data results items value values records hits resources entries content rows elements objects list events alerts "
    "incidents offenses detections threats cases issues tickets findings logs notables".split()
)
TIME_TEXT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?|1\d{9}(?:\.\d+|\d{3})?")
OVER = re.compile(
    "(.*_)?(archived|deleted|closed|resolved|acknowledged|dismissed|suppressed|ignored|ended)(_(at|on|by|time|date))?|"
    "(in_)?progress|running|pending"
)
"""What a record that is no news any more has."""
IDS = re.compile("(.*_)?(id|uuid|guid|uid|key|number)")


class Sketch:
    """The answer of one call. It changes while the script runs: each correction is in the next answer."""

    def __init__(self, number: int, moment: datetime, script: str, first: JsonValue = None) -> None:
        self.script = script
        self.value: JsonValue = {MARK: number} if first is None else first
        self.reads: dict[Path, None] = {}
        """In order of the last reading."""
        self.news = 0
        """Corrections that the script has not seen yet."""
        self.texts: dict[str, Path] = {}
        """Made-up texts, by which a complaint can be traced to its value."""
        self._number = number
        self._moment = moment
        self._corrections: dict[Path, int] = {}
        self._comparisons: dict[Path, JsonValue] = {}
        self._adopted: set[tuple[Path, JsonValue]] = set()
        self._kept: JsonValue = ABSENT
        self._looked_for: dict[Path, None] = {}
        self._optional: dict[Path, bool] = {}
        """Fields that a record may lack, not withheld yet, and whether they would be null."""
        self._left = 0
        """How many these were when one of them was withheld last."""
        self._tried: set[Path] = set()
        self._withheld: dict[Path, JsonValue] = {}
        self.tokens: dict[Path, str] = {}
        """Texts that were offered as a token or cursor to go on with."""

    def plain(self) -> JsonValue:
        """The answer as JSON, without the mark."""
        if isinstance(self.value, dict):
            return {key: value for key, value in self.value.items() if key != MARK}
        return self.value

    def used(self) -> JsonValue:
        """The same, without the id that each object was given at first where the script did not ask for it."""
        return self._without_first_ids(self.plain(), ())

    def at(self, path: Path) -> JsonValue:
        value = self.value
        for step in path:
            if isinstance(value, list) and step == "*":
                value = value[0] if value else ABSENT
            else:
                value = value.get(step, ABSENT) if isinstance(value, dict) else ABSENT
        return value

    def put(self, path: Path, value: JsonValue) -> None:
        self.news += 1
        if not path:
            self.value = value
            return
        outer = self.at(path[:-1])
        if isinstance(outer, list):
            outer[:] = [value]
        elif isinstance(outer, dict):
            outer[path[-1]] = value

    def offer_tokens(self) -> bool:
        """Put a token wherever the script looked for one in vain."""
        for path in self._looked_for:
            if self.at(path) is ABSENT and isinstance(self.at(path[:-1]), dict):
                self.tokens[path] = f"go-on-{self._number}{len(self.tokens)}"
                self.put(path, self.tokens[path])
        return bool(self.tokens)

    def withdraw_tokens(self) -> None:
        self.value = self.without_tokens()
        self.tokens.clear()

    def without_tokens(self) -> JsonValue:
        value = copy.deepcopy(self.value)
        for path in self.tokens:
            holder = value
            for step in path[:-1]:
                holder = holder[step] if isinstance(holder, dict) else holder[0]
            holder.pop(path[-1], None)
        return value

    @property
    def lists_something(self) -> bool:
        return any("*" in path for path in self.reads)

    def bare_records(self) -> list[Path]:
        """Items of lists of which the script has asked nothing."""
        found = []
        waiting: list[tuple[Path, JsonValue]] = [((), self.value)]
        while waiting:
            path, value = waiting.pop()
            if isinstance(value, dict):
                if path and path[-1] == "*" and set(value) == {"id"}:
                    found.append(path)
                waiting += [((*path, key), inner) for key, inner in value.items()]
            elif isinstance(value, list) and value:
                waiting.append(((*path, "*"), value[0]))
        return found

    # --- what the script does ----------------------------------------------------------------------------

    def note_read(self, path: Path) -> None:
        self.reads.pop(path, None)
        self.reads[path] = None

    def invent(self, path: Path, default: JsonValue, *, is_needed: bool) -> JsonValue:
        """A value for a key that the script asks for, or ABSENT."""
        if path in self._withheld:
            if is_needed:
                self.put(path, None)
            return None if is_needed else ABSENT
        may_lack = not is_needed or OVER.fullmatch(words_of(path[-1]))
        if "*" in path[:-1] and default is None and may_lack and path not in self._tried:
            self._optional[path] = is_needed
        made = self._invented(path, default, is_needed=is_needed)
        if made is not ABSENT and self.at(path) is ABSENT:
            self.put(path, made)
        return made

    def demand(self, path: Path, kind: str) -> None:
        """The script takes what stands at the path for an "object", "list", "text", "number" or "time"."""
        now = self.at(path)
        is_so = {"object": dict, "list": list, "text": str}.get(kind)
        if now is ABSENT or (is_so and isinstance(now, is_so)):
            return
        self._corrections[path] = self._corrections.get(path, 0) + 1
        if self._corrections[path] > MOST_CORRECTIONS:
            return
        make: dict[str, Callable[[Path], JsonValue]] = {
            "object": self._object,
            "list": self._list,
            "text": self._text,
            "time": self._time,
        }
        make["naive"] = lambda _: re.sub("(Z|[+-]\\d\\d:?\\d\\d)$", "", str(now))
        make["json"] = lambda _: "{}"
        make["seconds"] = lambda _: int(self._moment.timestamp()) - 20
        self.put(path, make[kind](path) if kind in make else self._as_number(path))

    def demand_number(self, path: Path) -> int:
        """It reckons with it: the number that stands there from now on."""
        if not isinstance(self.at(path), int):
            self.demand(path, "number")
        found = self.at(path)
        return found if isinstance(found, int) else 1

    def demand_layout(self, path: Path, layout: str) -> None:
        """It reads it as a time of this strptime layout."""
        try:
            text = self._moment.strftime(layout)
        except ValueError:
            return
        if self.at(path) != text:
            self.texts[text] = path
            self.put(path, text)

    def demand_word(self, path: Path, words: tuple[str, ...] = ()) -> None:
        """It looks it up in a table of its own, in which only some words stand: the next that may be one of them.

        `words` are some that are known to.
        """
        tried, words_tried = self._corrections.get(path, 0), (*words, *WORDS)
        if tried < len(words_tried):
            self._corrections[path] = tried + 1
            word = words_tried[tried]
            if isinstance(word, str):
                self.texts[word] = path
            self.put(path, word)

    def iterated(self, path: Path) -> None:
        """An answer that it goes through without having asked it for a key is a list; a record may be gone through."""
        if "*" not in path and not any(read[: len(path)] == path and len(read) > len(path) for read in self.reads):
            self.demand(path, "list")

    def compared(self, path: Path, other: JsonValue) -> None:
        """It compares what stands there with another value, which would turn the answer to its question round."""
        self._comparisons.pop(path, None)
        self._comparisons[path] = other

    def adopt_comparison(self) -> bool:
        """Say what the script compared with last: a state it waits for, a success it checks. Each is tried once."""
        while self._comparisons:
            path, other = self._comparisons.popitem()
            now = self.at(path)
            if (path, other) not in self._adopted and isinstance(now, (str, int)) and now != other:
                self._adopted.add((path, other))
                self.put(path, other)
                return True
        return False

    def withhold_next(self) -> bool:
        """Leave out the next field that a record may lack: what was archived is no news. Each is tried once.

        It stays away where the script asked for further fields for that; else it comes back.
        """
        if self._withheld and len(self._optional) <= self._left:
            path, value = self._withheld.popitem()
            self._set_within(path, value)
        while self._optional:
            path, as_null = self._optional.popitem()
            self._tried.add(path)
            if (value := self.at(path)) is not ABSENT:
                self._withheld[path], self._left = value, len(self._optional)
                self._set_within(path, None if as_null else ABSENT)
                return True
        return False

    def _set_within(self, path: Path, value: JsonValue) -> None:
        """As `put`, without news; ABSENT takes it out."""
        holder = self.at(path[:-1])
        if isinstance(holder, dict):
            holder[path[-1]] = value
            if value is ABSENT:
                del holder[path[-1]]

    def keep(self) -> None:
        self._kept = copy.deepcopy(self.value)

    def restore(self) -> None:
        self._withheld.clear()
        if self._kept is not ABSENT:
            self.value = copy.deepcopy(self._kept)

    def _without_first_ids(self, value: JsonValue, path: Path) -> JsonValue:
        if isinstance(value, list):
            return [self._without_first_ids(inner, (*path, "*")) for inner in value]
        if not isinstance(value, dict):
            return value
        has_other = any(key != "id" and IDS.fullmatch(words_of(key)) for key in value)
        kept = {
            key: inner
            for key, inner in value.items()
            if not (key == "id" and path and (*path, key) not in self.reads and (has_other or path[-1] != "*"))
        }
        return {key: self._without_first_ids(inner, (*path, key)) for key, inner in kept.items()}

    # --- values ------------------------------------------------------------------------------------------

    def _invented(self, path: Path, default: JsonValue, *, is_needed: bool) -> JsonValue:
        words, in_record = words_of(path[-1]), "*" in path
        if QUIET.fullmatch(words) and not (in_record and words in ("message", "msg", "messages")):
            if NEXT.fullmatch(words) and not in_record and not is_needed:
                self._looked_for[path] = None
            if is_needed and words == "message":
                self._comparisons[path] = f"made-up {words}"  # If nothing else helps, it is no complaint.
            return ABSENT if not is_needed else False if "more" in words else ""
        if isinstance(default, bool):
            return default
        if isinstance(default, list):
            return self._list(path)
        if isinstance(default, Mapping):
            is_list = not in_record and words in LISTS - {"data", "result", "value", "content", "object"}
            return self._list(path) if is_list else {}
        if isinstance(default, (int, float)):
            return default or 1
        if isinstance(default, str) and default and not IDS.fullmatch(words) and not TIMES.fullmatch(words):
            return default
        return self._by_name(path, words, in_record=in_record)

    def _by_name(self, path: Path, words: str, *, in_record: bool) -> JsonValue:
        if COUNTS.fullmatch(words):
            return 1
        if not in_record and words in ("expires_in", "expires", "expire_in", "ttl", "expires_on", "expiration"):
            return HOUR
        if not in_record and re.search("token|jwt|session|sid|secret|ticket", words) and "type" not in words:
            return f"{SECRET}{self._number:02}{len(self._corrections) + len(self.reads):02}"
        if not in_record and (words in LISTS or (words.rpartition("_")[2] in LISTS and words.endswith("s"))):
            return self._list(path)
        if TRUTHS.fullmatch(words):
            return not re.search("expired|revoked|deleted|disabled|locked|closed", words)
        if TIMES.fullmatch(words) and not IDS.fullmatch(words):
            return self._time(path)
        if words in ("code", "status_code", "response_code"):
            return 200
        return self._text(path)

    def _object(self, path: Path) -> JsonValue:
        return {"id": self._text((*path, "id"))} if path else {}

    def _list(self, path: Path) -> JsonValue:
        item = (*path, "*")
        return [self._object(item) if "*" not in path else self._text(item)]

    def _text(self, path: Path) -> str:
        words = words_of(path[-1]) if path and path[-1] != "*" else "id"
        text = f"made-up {'.'.join(step for step in path if step != '*') or 'item'}"
        if IDS.fullmatch(words):
            text = f"{words.replace('_', '-')}-{self._number}{len(self.texts)}1"
        for pattern, made in (
            ("e_?mail|upn", "user@vendor.example"),
            ("url|uri|link|href", "https://vendor.example/x"),
        ):
            if re.fullmatch(f"(.*_)?({pattern})", words):
                return made
        if re.fullmatch("(.*_)?(ip|ip_address|address)", words):
            return "192.0.2.10"
        self.texts[text] = path
        return text

    def _time(self, path: Path) -> str:
        """Shortly before the first fetch, each a little apart, so that it shows which one comes back in a request."""
        text = (self._moment - timedelta(seconds=20 + len(self.texts))).strftime(ISO)[:-4] + "Z"
        self.texts[text] = path
        return text

    def _as_number(self, path: Path) -> int:
        """Milliseconds where the name is a time's: read as seconds they are loudly wrong, the other way in silence."""
        now = self.at(path)
        is_time = TIMES.fullmatch(words_of(next((step for step in reversed(path) if step != "*"), "")))
        if not is_time and not (isinstance(now, str) and re.match(r"\d{4}-\d\d-\d\dT", now)):
            return 1
        scale = 1_000_000 if re.search("(^|_)(us|usecs?|micros.*|microseconds)$", words_of(path[-1])) else 1_000
        return (int(self._moment.timestamp()) - 20) * scale


def is_time(text: str) -> bool:
    """Whether it looks like ISO 8601 or an epoch number."""
    return TIME_TEXT.fullmatch(text) is not None


def words_of(name: str) -> str:
    """`createdAt`, `created-at`, `CREATED_AT`: created_at."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", split.lower()).strip("_")
