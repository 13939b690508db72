"""What `xsim scenario show` prints: the schedule, the parameters, the events on a time line, the endpoints in words."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import RenderableType
from rich.text import Text

from xsim.events import Events, packed
from xsim.model import Scenario, ScenarioFile, Settings
from xsim.report.cells import ELLIPSIS, duration, moment, plural, safe, spans
from xsim.report.scenario_fault_words import fault_words, login_words, quota_words
from xsim.report.scenario_words import endpoint_title, endpoint_words, lag_text
from xsim.report.terminal import indented, labelled, table_of
from xsim.secrets import Mask, masker
from xsim.world import Change, Event, Hatch, JsonValue

_MOST_EVENTS = 40
_FIRST_EVENTS = 30
_MOST_VALUES = 40
_MOST_CHANGES = 4


@dataclass(frozen=True, slots=True)
class _Sheet:
    file: ScenarioFile
    mask: Mask

    @property
    def scenario(self) -> Scenario:
        return self.file.scenario

    def clean(self, text: str, limit: int = 400) -> str:
        return safe(self.mask(text), limit)


def scenario_parts(file: ScenarioFile) -> Iterator[RenderableType]:
    """The parts of the page, from top to bottom."""
    sheet = _Sheet(file, masker(file.secrets))
    yield _headline(sheet)
    yield indented(labelled(_facts(sheet)), 2)
    yield from _values(sheet, "Parameters", file.params)
    if sheet.scenario.last_run != {}:
        yield from _values(sheet, "Last run at the start", {"": sheet.scenario.last_run})
    if sheet.scenario.context != {}:
        yield from _values(sheet, "Integration context", {"": sheet.scenario.context})
    yield from _events(sheet)
    yield from _endpoints(sheet)
    yield from _callers(sheet)
    yield from _faults(sheet)
    yield from _judgement(sheet)


def scenario_line(file: ScenarioFile) -> str:
    """What a right file holds, in one line."""
    scenario = file.scenario
    parts = [plural(len(scenario.events), "event"), plural(len(scenario.endpoints), "endpoint")]
    parts += [f"{_hatch_noun(scenario.hatch)} {scenario.hatch.shown}"] if scenario.hatch else []
    counted = (("login", scenario.logins), ("quota", scenario.quotas), ("fault", scenario.faults))
    parts += [plural(len(records), noun) for noun, records in counted if records]
    parts.append(plural(scenario.cycles, "cycle"))
    return safe(f"{file.path.as_posix()}: right; {', '.join(parts)}", 1_000)


# --- head ---------------------------------------------------------------------------------------------------


def _headline(sheet: _Sheet) -> Text:
    scenario = sheet.scenario
    return Text.assemble(
        (sheet.clean(scenario.name), "bold"),
        f": {plural(scenario.cycles, 'cycle')} from {moment(scenario.starts)}, one each "
        f"{duration(scenario.interval)}, seed {scenario.seed}",
    )


def _facts(sheet: _Sheet) -> Iterator[tuple[Text, Text]]:
    """Label and value of what is not at its default, and of what one always asks for."""
    scenario = sheet.scenario
    yield _fact(sheet, "file", sheet.file.path.as_posix())
    if sheet.file.integration:
        yield _fact(sheet, "integration", sheet.file.integration.as_posix())
    if scenario.drafted:
        yield _fact(sheet, "drafted", "its guesses are as `xsim init` made them: what rests on one is no proof")
    for label, text in (("pauses", _pauses(scenario)), ("left out", _skipped(scenario)), ("drain", _drain(scenario))):
        if text:
            yield _fact(sheet, label, text)
    yield _fact(sheet, "identity", _identity(scenario))
    if scenario.delivered:
        yield _fact(sheet, "delivered", f"before the start: {_delivered(scenario)}")
    settings = _settings(scenario.settings)
    if settings:
        yield _fact(sheet, "platform", settings)


def _fact(sheet: _Sheet, label: str, value: str) -> tuple[Text, Text]:
    return Text(sheet.clean(label, 60)), Text(sheet.clean(value))


def _pauses(scenario: Scenario) -> str:
    return ", ".join(f"{duration(span)} behind cycle {cycle}" for cycle, span in scenario.pauses[:_MOST_VALUES])


def _skipped(scenario: Scenario) -> str:
    return f"cycles {spans(scenario.skipped)}" if scenario.skipped else ""


def _drain(scenario: Scenario) -> str:
    if not scenario.drain:
        return "none"
    each = f", one each {duration(scenario.drain_interval)}" if scenario.drain_interval else ""
    return f"at most {plural(scenario.drain, 'cycle')} more while a wanted event is outstanding{each}"


def _identity(scenario: Scenario) -> str:
    paths = " and ".join(scenario.identity) or "detected"
    part = f", several incidents of one event told apart by {' and '.join(scenario.part)}" if scenario.part else ""
    time = f"; the event's time is {scenario.time_field}" if scenario.time_field else ""
    others = "".join(f", else {' and '.join(other)}" for other in scenario.other_identities)
    return f"{paths}{others} in rawJSON{part}{time}"


def _delivered(scenario: Scenario) -> str:
    names = list(scenario.delivered)
    more = len(names) - _MOST_VALUES
    return ", ".join([*names[:_MOST_VALUES], *([f"and {more:,} more"] if more > 0 else [])])


def _settings(settings: Settings) -> str:
    usual = Settings()
    changed = [
        f"{name} {duration(value) if isinstance(value, timedelta) else value}"
        for name in Settings.__slots__
        if (value := getattr(settings, name)) != getattr(usual, name)
    ]
    return ", ".join(changed)


# --- values -------------------------------------------------------------------------------------------------


def _values(sheet: _Sheet, title: str, values: JsonValue) -> Iterator[RenderableType]:
    leaves = list(_leaves(values, ""))
    if not leaves:
        return
    yield Text()
    yield Text(title, style="bold")
    shown = [_fact(sheet, name, _written(value)) for name, value in leaves[:_MOST_VALUES]]
    yield indented(labelled(shown), 2)
    if len(leaves) > _MOST_VALUES:
        yield indented(Text(f"and {len(leaves) - _MOST_VALUES:,} more"), 2)


def _leaves(value: JsonValue, name: str) -> Iterator[tuple[str, JsonValue]]:
    """Dotted names and what stands there; an object that holds nothing stands for itself."""
    if not isinstance(value, dict) or not value:
        if name or value != {}:
            yield name, value
        return
    for key, inner in value.items():
        yield from _leaves(inner, f"{name}.{key}" if name else key)


def _written(value: JsonValue) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


# --- events -------------------------------------------------------------------------------------------------


def _events(sheet: _Sheet) -> Iterator[RenderableType]:
    events = packed(sheet.scenario.events)
    yield Text()
    if not events:
        yield Text("No events", style="bold")
        return
    yield Text.assemble((plural(len(events), "event"), "bold"), _by_stream(sheet, events))
    has_streams = any(map(events.stream, range(len(events))))
    headers = [("occurred", False), ("listed", True), ("cycle", True), ("event", False)]
    headers += [("stream", False)] if has_streams else []
    table = table_of(*headers, ("later", False))
    table.columns[0].no_wrap = table.columns[2].no_wrap = True
    ticks = _ticks(sheet.scenario)
    for event in _folded(events):
        cells = ["", "", "", f"{ELLIPSIS} {len(events) - _MOST_EVENTS:,} more {ELLIPSIS}"]
        if event:
            cells = [moment(event.occurred), lag_text(event.visible - event.occurred), _cycle(sheet, ticks, event)]
            cells.append(sheet.clean(event.id, 60))
        cells += [sheet.clean(event.stream, 30) if event else ""] if has_streams else []
        table.add_row(*map(Text, cells), Text(_later(sheet, event) if event else ""))
    yield indented(table, 2)


def _by_stream(sheet: _Sheet, events: Events) -> str:
    counts = Counter(map(events.stream, range(len(events))))
    if list(counts) == [""]:
        return ""
    named = (f"{count:,} {sheet.clean(stream, 30) or 'written out'}" for stream, count in list(counts.items())[:10])
    return f": {', '.join(named)}"


def _folded(events: Sequence[Event]) -> Iterable[Event | None]:
    """All of them, or the first and the last around None."""
    if len(events) <= _MOST_EVENTS:
        return events
    return [*events[:_FIRST_EVENTS], None, *events[_FIRST_EVENTS - _MOST_EVENTS :]]


def _ticks(scenario: Scenario) -> tuple[list[datetime], list[int]]:
    """Start and number of each cycle that runs."""
    pauses, skipped = dict(scenario.pauses), set(scenario.skipped)
    starts, numbers = [], []
    at = scenario.starts
    for number in range(scenario.first_cycle, scenario.first_cycle + scenario.cycles):
        if number not in skipped:
            starts.append(at)
            numbers.append(number)
        at += pauses.get(number, scenario.interval)
    return starts, numbers


def _cycle(sheet: _Sheet, ticks: tuple[list[datetime], list[int]], event: Event) -> str:
    """The first cycle that can see the event."""
    starts, numbers = ticks
    place = bisect_left(starts, event.visible)
    return str(numbers[place]) if place < len(numbers) else "after"


def _later(sheet: _Sheet, event: Event) -> str:
    """Its changes, and whether it is wanted where that is said."""
    said = [] if event.wanted is None else ["wanted" if event.wanted else "not wanted"]
    changes = [_change(change, event) for change in event.changes[:_MOST_CHANGES]]
    more = len(event.changes) - _MOST_CHANGES
    return sheet.clean("; ".join([*said, *changes, *([f"and {more} more"] if more > 0 else [])]), 200)


def _change(change: Change, event: Event) -> str:
    when = lag_text(change.at - event.visible)
    if change.deleted:
        return f"{when} deleted"
    return f"{when} " + ", ".join(f"{path} = {_written(value)}" for path, value in change.set.items())


# --- endpoints, judgement -----------------------------------------------------------------------------------


def _endpoints(sheet: _Sheet) -> Iterator[RenderableType]:
    scenario = sheet.scenario
    yield Text()
    if not scenario.has_vendor:
        yield Text("No endpoints: no call of the script is answered", style="bold")
        return
    yield Text("Endpoints", style="bold")
    for endpoint in scenario.endpoints:
        title = sheet.clean(endpoint_title(endpoint))
        yield indented(Text.assemble((title, "cyan"), f": {sheet.clean(endpoint_words(endpoint), 2_000)}"), 2)
    if scenario.hatch:
        rest = "what no endpoint takes" if scenario.endpoints else "all calls"
        kind = ", a WSGI application," if scenario.hatch.is_wsgi else ""
        yield indented(Text.assemble((sheet.clean(scenario.hatch.shown), "cyan"), f"{kind} answers {rest}"), 2)


def _hatch_noun(hatch: Hatch) -> str:
    return "application" if hatch.is_wsgi else "function"


def _callers(sheet: _Sheet) -> Iterator[RenderableType]:
    """Whom the API knows, and how many calls it takes."""
    scenario = sheet.scenario
    if scenario.logins:
        yield Text()
        yield Text("Logins", style="bold")
        for login in scenario.logins:
            yield _told(sheet, login.name, login_words(login))
    if scenario.quotas:
        yield Text()
        yield Text("Quotas", style="bold")
        yield from (indented(Text(sheet.clean(quota_words(quota))), 2) for quota in scenario.quotas)


def _faults(sheet: _Sheet) -> Iterator[RenderableType]:
    faults = sheet.scenario.faults
    if faults:
        yield Text()
        yield Text("Faults", style="bold")
        yield from (_told(sheet, fault.name, fault_words(fault)) for fault in faults[:_MOST_VALUES])
        if len(faults) > _MOST_VALUES:
            yield indented(Text(f"and {len(faults) - _MOST_VALUES:,} more"), 2)


def _told(sheet: _Sheet, name: str, words: str) -> RenderableType:
    return indented(Text.assemble((sheet.clean(name, 60), "cyan"), f": {sheet.clean(words, 2_000)}"), 2)


def _judgement(sheet: _Sheet) -> Iterator[RenderableType]:
    check = sheet.file.check
    facts = [
        ("select", ", ".join(check.select)),
        ("ignore", ", ".join(check.ignore)),
        ("severity", ", ".join(f"{rule} {severity.value}" for rule, severity in check.severity.items())),
        ("fail on", check.fail_on.value if check.fail_on else ""),
        ("strict", "" if check.strict is None else "yes" if check.strict else "no"),
        ("requests", f"at most {check.requests_per_cycle:,} a cycle" if check.requests_per_cycle else ""),
        ("expected", json.dumps(sheet.file.expect, ensure_ascii=False) if sheet.file.expect else ""),
    ]
    if any(text for _, text in facts):
        yield Text()
        yield Text("Judgement", style="bold")
        yield indented(labelled(_fact(sheet, label, text) for label, text in facts if text), 2)
