"""What the page tells of single cycles: the last run's change, requests and answers, host calls, log.

Cycles within two of a finding come first, each finding's first cycle before the others, then all that there is
room for. Of what the vendor answered in those far from any finding, only what says that something went wrong is told.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from xsim.findings import Report
from xsim.model import Cycle, Exchange, HostCall
from xsim.report.cells import duration, moment, plural
from xsim.report.difference import Change, came_and_went, changes, is_collection
from xsim.report.html.cuts import cut, most_of
from xsim.report.json_format import plain
from xsim.report.names import Handed, namer
from xsim.secrets import Mask
from xsim.world import JsonValue, Listing

NEAR = 2
"""Cycles before and behind one that a finding names."""
MOST_CYCLES = 600
"""Cycles that are looked at for the page."""
ROOM = 200_000
"""Characters that they have together."""
ROOM_FAR_OFF = 80_000
"""Up to so many characters, cycles far from any finding are told too."""
LONGEST = 2_048
"""Characters of one body, answer or last run."""
_MOST_CALLS = 20
_MOST_LINES = 40
_MOST_INCIDENTS = 50
_MOST_CHANGES = 12
_MOST_ITEMS = 8
_SHORT = 300
_DIGEST = 12


class Details:
    """Takes the journal's cycles one after the other, and keeps what may be told of some of them."""

    def __init__(self, report: Report, mask: Mask) -> None:
        self._mask = mask
        self._incidents_of = namer(report)
        self.near = list(_near(report))
        """Numbers of the cycles at and around findings, the most important first."""
        self._wanted = set(self.near)
        self._free = MOST_CYCLES - len(self.near)
        self._texts: dict[int, dict[str, Any]] = {}

    def take(self, cycle: Cycle) -> None:
        """Keep what there is to tell of the cycle, where it is near a finding or there is room."""
        if cycle.number not in self._wanted:
            if self._free <= 0:
                return
            self._free -= 1
        self._texts[cycle.number] = self._told(cycle)

    def kept(self) -> dict[int, dict[str, Any]]:
        """Of each cycle that there is room for: its details, in order of number."""
        taken = 0
        chosen: dict[int, dict[str, Any]] = {}
        for number in dict.fromkeys([*self.near, *self._texts]):
            if number not in self._texts:
                continue
            taken += len(json.dumps(self._texts[number], separators=(",", ":")))
            if taken > (ROOM if number in self._wanted else ROOM_FAR_OFF) and chosen:
                break
            chosen[number] = self._texts[number]
        return {number: chosen[number] for number in sorted(chosen)}

    @staticmethod
    def lines(kept: dict[int, dict[str, Any]]) -> Iterator[int]:
        """The script's lines that the requests in these details were sent from."""
        return (call["line"] for told in kept.values() for call in told["calls"] if call["line"])

    def _told(self, cycle: Cycle) -> dict[str, Any]:
        """What page and script show: texts without secrets, in the order of the page."""
        is_near = cycle.number in self._wanted
        return {
            "trouble": self._trouble(cycle),
            "diff": list(self._difference(cycle.last_run_before, cycle.last_run_after)),
            "whole": f"before  {self._json(cycle.last_run_before)}\nafter   {self._json(cycle.last_run_after)}",
            "calls": [self._call(each, is_near=is_near) for each in cycle.exchanges[:_MOST_CALLS]],
            "more_calls": max(0, len(cycle.exchanges) - _MOST_CALLS),
            "incidents": [self._incident(each) for each in most_of(self._incidents_of(cycle), _MOST_INCIDENTS)],
            "host": "\n".join(map(self._host_call, cycle.host_calls[:_MOST_CALLS])),
            "log": self._log(cycle),
        }

    def _trouble(self, cycle: Cycle) -> str:
        failure = cycle.failure
        if failure is None:
            return ""
        lines = [f"{failure.kind}: {failure.message}", *failure.frames[:_MOST_CALLS], failure.hint]
        return "\n".join(cut(line, self._mask, LONGEST) for line in lines if line)

    def _call(self, exchange: Exchange, *, is_near: bool) -> dict[str, Any]:
        mask = self._mask
        return {
            "sent": f"{mask(exchange.method)} {cut(exchange.url, mask, LONGEST)}",
            "body": cut(exchange.request_body, mask, LONGEST),
            "told": ", ".join(self._answer(exchange)),
            "shown": self._shown(exchange.listing) if exchange.listing else "",
            "answer": cut((exchange.body if is_near else "") or exchange.answer, mask, LONGEST),
            "fault": mask(exchange.fault),
            "line": exchange.line,
        }

    def _answer(self, exchange: Exchange) -> Iterator[str]:
        at = moment(exchange.at)[11:]
        if exchange.status is None:
            yield f"{at}: no answer"
        else:
            digest = f" (digest {exchange.digest[:_DIGEST]})" if exchange.digest else ""
            yield f"{at}: status {exchange.status}, {plural(exchange.size, 'byte')}{digest}"
        if exchange.waited:
            yield f"waited {duration(exchange.waited)}"
        if exchange.retry_after:
            yield f"Retry-After {self._mask(exchange.retry_after)}"
        if exchange.login:
            yield f"login {exchange.login}"

    def _shown(self, listing: Listing) -> str:
        """What of the vendor's events the answer held, in words."""
        asked = " and ".join(f"{field} {compare} {bound}" for field, compare, bound in listing.bounds)
        where = f" where {asked}" if asked else ""
        held = ", ".join(listing.listed[:_MOST_ITEMS]) + (
            f" and {len(listing.listed) - _MOST_ITEMS:,} more" if len(listing.listed) > _MOST_ITEMS else ""
        )
        cut_off = f"; {listing.matched:,} matched" if listing.matched > len(listing.listed) else ""
        return cut(f"{listing.endpoint}{where}: {held or 'no event'}{cut_off}", self._mask, LONGEST)

    def _incident(self, incident: Handed) -> str:
        events = f" ({', '.join(incident.events)})" if incident.events else ""
        occurred = f", occurred {incident.occurred}" if incident.occurred else ""
        return cut(f"{incident.name or '(no name)'}{events}{occurred}", self._mask, _SHORT)

    def _host_call(self, call: HostCall) -> str:
        place = f"line {call.line}  " if call.line else ""
        raised = f"  raised {call.error}" if call.error else ""
        return cut(f"{place}{call.name}({call.arguments}){raised}", self._mask, _SHORT)

    def _log(self, cycle: Cycle) -> str:
        lines = [cut(f"{line.level}: {line.text}", self._mask, _SHORT) for line in cycle.log[:_MOST_LINES]]
        more = len(cycle.log) - _MOST_LINES
        return "\n".join([*lines, f"and {more:,} more lines"] if more > 0 else lines)

    # --- the last run ---

    def _json(self, value: JsonValue) -> str:
        return cut(json.dumps(plain(value, self._mask), ensure_ascii=False), self._mask, LONGEST)

    def _difference(self, before: JsonValue, after: JsonValue) -> Iterator[list[str]]:
        """Lines, each with "-", "+" or " " before it."""
        try:
            found = changes(before, after)
        except RecursionError:
            return
        for change in found[:_MOST_CHANGES]:
            yield from self._change(change)
        if len(found) > _MOST_CHANGES:
            yield [" ", f"and {len(found) - _MOST_CHANGES} more changes"]

    def _change(self, change: Change) -> Iterator[list[str]]:
        name = f"{cut(change.path, self._mask, 120)}: " if change.path else ""
        _, is_new, is_gone = change.kind
        if isinstance(change.before, list) and isinstance(change.after, list):
            yield from self._collection(name, change.before, change.after, "item")
            return
        if is_collection(change.before, change.after, change.path):
            yield from self._collection(name, change.before, change.after, "key")
            return
        if not is_new:
            yield ["-", name + self._value(change.before)]
        if not is_gone:
            yield ["+", name + self._value(change.after)]

    def _collection(self, name: str, before: Collection[Any], after: Collection[Any], noun: str) -> Iterator[list[str]]:
        """How many there are; then what went, what came, and of an object whose value is another one."""
        yield [" ", f"{name}{plural(len(before), noun)}, now {len(after)}"]
        came, gone = came_and_went(before, after)
        for sign, items, side in (("-", gone, before), ("+", came, after)):
            for item in items[:_MOST_ITEMS]:
                yield [sign, "  " + self._item(item, side)]
            if len(items) > _MOST_ITEMS:
                yield [sign, f"  and {len(items) - _MOST_ITEMS:,} more"]
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            moved = [key for key in after if key in before and before[key] != after[key]]
            for key in moved[:_MOST_ITEMS]:
                yield ["-", "  " + self._item(key, before)]
                yield ["+", "  " + self._item(key, after)]
            if len(moved) > _MOST_ITEMS:
                yield [" ", f"  and {len(moved) - _MOST_ITEMS:,} more with another value"]

    def _item(self, item: Any, side: Collection[Any]) -> str:
        if isinstance(side, Mapping):
            return f"{cut(str(item), self._mask, 120)}: {self._value(side[item])}"
        return self._value(item)

    def _value(self, value: JsonValue) -> str:
        return cut(json.dumps(plain(value, self._mask), ensure_ascii=False), self._mask, _SHORT)


def _near(report: Report) -> Iterable[int]:
    """Numbers of cycles at and around those that findings name: first cycles first, then their neighbours, then others.

    Findings that count come before accepted ones.
    """
    findings = sorted(report.findings, key=lambda finding: bool(finding.accepted))
    first = [finding.cycles[0] for finding in findings if finding.cycles]
    ordered: dict[int, None] = dict.fromkeys(first)
    ordered.update(dict.fromkeys(number + step for number in first for step in (-1, 1, -2, 2)))
    for finding in findings:
        if len(ordered) > MOST_CYCLES:
            break
        ordered.update(dict.fromkeys(number + step for number in finding.cycles for step in (0, -1, 1, -2, 2)))
    return most_of((number for number in ordered if number > 0), MOST_CYCLES)
