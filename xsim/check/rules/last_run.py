"""FC1: the last run is stored whole, and stays what the script needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from xsim.check.evidence import Evidence
from xsim.check.excerpt import MOST_NAMED, counted, excerpt, in_cycles, json_text, listed, shorten
from xsim.check.last_runs import LARGEST_EXACT, MOST_DEPTH, entries
from xsim.check.rule import rule
from xsim.findings import Finding
from xsim.model import HostCall, Severity
from xsim.world import JsonValue

Path = tuple[str | int, ...]
"""Keys, and places in lists, that lead to a value of the last run."""
GROWTH_CYCLES = 20
MOST_FRAMES = 8
NOISE = 16
"""Characters by which a last run may shrink without meaning: a time without its fraction, a shorter number."""


@rule("FC101", Severity.ERROR, since="0.1")
def last_run_not_json(evidence: Evidence) -> Iterator[Finding]:
    """The last run holds a value that JSON cannot, so setLastRun raises.

    Why: The server stores the last run as JSON. A datetime, a set or bytes raises inside the script, nothing is stored,
    and every cycle starts from the old last run again. A unit test with the published mock does not show it.
    Fix: Store text or numbers: `last.strftime('%Y-%m-%dT%H:%M:%S.%fZ')` for a datetime, `sorted(ids)` for a set.
    """
    for _, seen in evidence.sightings.of("last_run_not_json"):
        call, has_failed, is_set_later = seen.first
        old = "" if is_set_later else ", and the old last run stayed"
        key = key_of_culprit(call)
        yield Finding(
            f"the last run cannot be stored: {excerpt(key) if key else 'something in it'} is {culprit(call.error)}",
            cycles=tuple(seen.cycles),
            cause="" if has_failed else "swallowed",
            place=evidence.place(seen.line),
            evidence=(
                ("raised", shorten(call.error)),
                ("setLastRun got", shorten(call.arguments)),
                ("then", "the cycle failed" if has_failed else f"the script went on{old}"),
            ),
        )


def culprit(error: str) -> str:
    found = re.search(r"Object of type (\w+)", error)
    return f"a {found[1]}, which is no JSON" if found else f"no JSON: {shorten(error.partition(': ')[2] or error)}"


def key_of_culprit(call: HostCall) -> str:
    """The key whose value has the type that the error names, as far as error and recorded arguments tell."""
    error = call.error or ""
    if named := re.search(r"dict item '([^']+)'", error):
        return named[1]
    found = re.search(r"Object of type (\w+)", error)
    kind = found[1] if found else ""
    # The value as Python writes it, in a list or by itself.
    written = {"set": r"(?:\{[^:{}]*\}|set\()", "bytes": r"b['\"]"}.get(kind, rf"<?(?:\w+\.)*{re.escape(kind)}\b")
    holds = kind and re.search(rf"""["']([^"']{{1,80}})["']:\s*[\[(]*{written}""", call.arguments)
    return holds[1] if holds else ""


@rule("FC102", Severity.WARNING, since="0.1")
def last_run_lost(evidence: Evidence) -> Iterator[Finding]:
    """All that the last run held becomes empty or null.

    Why: The next cycle starts as if it were the first: the whole first-fetch window comes again as duplicates, or what
    happened before the new start is never fetched. It mostly happens in a cycle that finds nothing.
    Fix: Where a fetch brings nothing, keep the last run as it was.
    """
    for _, seen in evidence.sightings.of("last_run_lost"):
        before, after = seen.first
        number = seen.cycles[0]
        more = f", and {counted(len(seen.cycles) - 1, 'more time')}" if len(seen.cycles) > 1 else ""
        quiet = evidence.cycles[number].delivered == 0
        yield Finding(
            f"the last run became empty in cycle {number}{more}",
            cycles=tuple(seen.cycles),
            cause="quiet-cycle" if quiet else "",
            place=evidence.place(seen.line),
            evidence=(
                ("last run before", before),
                ("last run after", after),
                ("delivered in that cycle", counted(evidence.cycles[number].delivered, "incident")),
            ),
        )


def grows_or_is_long_enough(evidence: Evidence) -> bool:
    watched = evidence.last_runs
    return len(watched.sizes) >= GROWTH_CYCLES and (evidence.ageing is not None or not is_growing(watched.sizes))


@rule(
    "FC103",
    Severity.WARNING,
    since="0.1",
    needs=grows_or_is_long_enough,
    needs_text=f"{GROWTH_CYCLES} cycles that end OK and, where the last run grows, a fetch with the clock far ahead",
)
def last_run_grows(evidence: Evidence) -> Iterator[Finding]:
    """The last run grows from cycle to cycle and never shrinks.

    Why: Ids that are kept for ever make each fetch slower, until the server refuses to store them and the fetch stops.
    Fix: Keep only what can still come back: drop ids that are older than the look-back, or than the newest time stored.
    """
    watched, probe = evidence.last_runs, evidence.ageing
    if probe is None or not is_growing(watched.sizes):
        return
    first, last, sizes = watched.first_kept, watched.last_kept, watched.sizes
    path = growing_path(first, last)
    growth = amount(part(last, path)) - amount_before(first, last, path)
    if (
        size(part(probe.last_run_after, path)) < size(part(last, path))
        or size(probe.last_run_after) < sizes[-1] - NOISE
    ):
        return
    cycles = [facts.number for facts in evidence.ok_cycles]
    named = excerpt(".".join(map(str, path))) if path else "the whole of it"
    per_cycle = growth / (len(sizes) - 1)
    unit = "entries" if entries(part(last, path)) is not None else "characters"
    yield Finding(
        f"the last run grows and never shrinks: {named} by {per_cycle:.3g} {unit} a cycle",
        cycles=(cycles[-1],),
        cause="ids-kept" if unit == "entries" else "",
        place=evidence.place(watched.line),
        evidence=(
            (f"size after cycle {cycles[0]}", f"{sizes[0]:,} characters"),
            (f"size after cycle {cycles[-1]}", f"{sizes[-1]:,} characters"),
            (f"{named} after cycle {cycles[-1]}", f"{amount(part(last, path)):,} {unit}"),
            ("with the clock far ahead", f"{size(probe.last_run_after):,} characters"),
        ),
    )


def is_growing(sizes: Sequence[int]) -> bool:
    """Larger at the end of each quarter than at the end of the one before, and never smaller by more than noise."""
    if len(sizes) < GROWTH_CYCLES:
        return False
    marks = [sizes[0], *(sizes[len(sizes) * quarter // 4 - 1] for quarter in (1, 2, 3, 4))]
    return (
        marks[-1] - marks[0] > 2 * NOISE
        and all(earlier < later for earlier, later in pairwise(marks))
        and all(later >= earlier - NOISE for earlier, later in pairwise(sizes))
    )


def growing_path(first: JsonValue, last: JsonValue) -> Path:
    """The keys and places that lead to what grew: the key that grew most, and in it what makes up most of that."""
    path: Path = ()
    while len(path) < MOST_DEPTH and isinstance(inner := part(last, path), (dict, list)) and inner:
        steps = list(inner) if isinstance(inner, dict) else range(len(inner))
        most = max(((*path, step) for step in steps), key=lambda each: grown(first, last, each))
        # What grows by many small entries is told as a whole; of the last run itself a key says more.
        is_whole = bool(path) or isinstance(inner, list)
        if is_whole and 2 * grown(first, last, most) <= grown(first, last, path):
            break
        path = most
    return path


def grown(first: JsonValue, last: JsonValue, path: Path) -> int:
    """By how many characters."""
    was = part(first, path)
    return size(part(last, path)) - (0 if was is None else size(was))


def amount_before(first: JsonValue, last: JsonValue, path: Path) -> int:
    was = part(first, path)
    return amount(was) if type(was) is type(part(last, path)) else 0


def part(last_run: JsonValue, path: Path) -> JsonValue:
    """What stands there; None: nothing."""
    for step in path:
        if isinstance(last_run, dict):
            last_run = last_run.get(step)
        elif isinstance(last_run, list) and isinstance(step, int) and step < len(last_run):
            last_run = last_run[step]
        else:
            return None
    return last_run


def size(value: JsonValue) -> int:
    return len(json_text(value))


def amount(value: JsonValue) -> int:
    """Entries of a list or object, else characters."""
    held = entries(value)
    return size(value) if held is None else held


@rule("FC104", Severity.NOTE, since="0.1")
def last_run_moved_backwards(evidence: Evidence) -> Iterator[Finding]:
    """A time in the last run is earlier than it was before.

    Why: The next fetch asks for a window that was fetched already; what lies in it comes again unless its ids are kept.
    Fix: Store the later of the old time and the newest event's: `max(last, newest)`.
    """
    for path, seen in evidence.sightings.of("last_run_moved_backwards"):
        number, old, new = seen.first
        yield Finding(
            f"{name_of(path)} went back in {in_cycles(seen.cycles)}",
            cycles=tuple(seen.cycles),
            place=evidence.place(seen.line),
            evidence=((f"before cycle {number}", old), (f"after cycle {number}", new)),
        )


def name_of(path: str) -> str:
    return excerpt(path) if path else "the last run"


@rule("FC105", Severity.NOTE, since="0.1")
def last_run_value_not_text(evidence: Evidence) -> Iterator[Finding]:
    """A value in the last run is not text.

    Why: The documentation of the fetch asks for text; a newer page allows all of JSON, and shipped integrations store
    numbers and lists. Each of these comes back as JSON makes it: keys as text, tuples as lists.
    Fix: To hold to the letter, store `str(number)` or `json.dumps(ids)` and read it back.
    """
    seen_by_key = evidence.sightings.of("last_run_value_not_text")
    if seen_by_key:
        cycles = sorted({number for _, seen in seen_by_key for number in seen.cycles[:1]})
        yield Finding(
            f"no text in the last run: {listed(f'{name_of(key)} is {seen.first}' for key, seen in seen_by_key)}",
            cycles=tuple(cycles),
            place=evidence.place(seen_by_key[0][1].line),
            evidence=tuple((name_of(key), seen.first) for key, seen in seen_by_key[:MOST_NAMED]),
        )


@rule("FC106", Severity.NOTE, since="0.1")
def number_beyond_double(evidence: Evidence) -> Iterator[Finding]:
    """An integer in the last run is larger than a 64-bit float can hold exactly.

    Why: The server reads every JSON number as a float: above 2^53, as in a time in nanoseconds, digits may be lost.
    Fix: Store it as text: `str(number)`.
    """
    yield from odd_numbers(evidence, "number_beyond_double", f"is above 2^53 ({LARGEST_EXACT:,})")


@rule("FC107", Severity.NOTE, since="0.1")
def last_run_not_finite(evidence: Evidence) -> Iterator[Finding]:
    """A number in the last run is NaN or infinite.

    Why: Python writes it as NaN or Infinity, which is no JSON: the server cannot read the last run.
    Fix: Store None, or leave the key out, where there is no number.
    """
    yield from odd_numbers(evidence, "last_run_not_finite", "is NaN or infinite")


def odd_numbers(evidence: Evidence, fault: str, what: str) -> Iterator[Finding]:
    """One finding for the run, whatever the number of paths."""
    by_path = evidence.sightings.of(fault)
    if by_path:
        numbers = sorted({number for _, seen in by_path for number in seen.cycles})
        more = f" (and {counted(len(by_path) - 1, 'more key')})" if len(by_path) > 1 else ""
        yield Finding(
            f"{name_of(by_path[0][0])} in the last run {what}{more}",
            cycles=tuple(numbers),
            place=evidence.place(by_path[0][1].line),
            evidence=tuple((name_of(path), seen.first) for path, seen in by_path[:MOST_NAMED]),
        )


@rule("FC108", Severity.NOTE, since="0.1")
def last_run_set_repeatedly(evidence: Evidence) -> Iterator[Finding]:
    """A fetch calls setLastRun more than once, with different values.

    Why: The last value replaces the others whole; nothing is merged. What only an earlier one held is gone.
    Fix: Build the whole last run first and set it once, at the end.
    """
    for dropped, seen in evidence.sightings.of("last_run_set_repeatedly"):
        calls, earlier, last = seen.first
        lost = f"; the last one drops {listed(excerpt(key) for key in dropped)}" if dropped else ""
        yield Finding(
            f"{calls} calls of setLastRun with different values in {in_cycles(seen.cycles)}{lost}",
            cycles=tuple(seen.cycles),
            cause="keys-dropped" if dropped else "",
            place=evidence.place(seen.line),
            evidence=(("first value", shorten(earlier)), ("last value", shorten(last))),
        )


@rule("FC109", Severity.ERROR, since="0.1")
def older_layout(evidence: Evidence) -> Iterator[Finding]:
    """The fetch cannot read the last run that an older version, or other settings, left behind.

    Why: After an update each instance starts from what the old version stored. A fetch that raises on it never
    recovers by itself; one that does not know it begins anew and brings the whole first-fetch window again.
    Fix: Read old names and types as well: `last_run.get('last_fetch') or last_run.get('time')`, and store the new
    layout from then on.
    """
    older = evidence.older_layout
    if older is None:
        return
    cycle = older.cycle
    failure = cycle.failure
    if older.cause == "crash":
        what = f"{shorten(failure.kind)}: {shorten(failure.message)}" if failure else "it failed"
        message = f"the fetch cannot go on from the given last run: {what}"
        place = evidence.place(failure.line, failure.function) if failure else None
    else:
        message = (
            f"the fetch does not know the given last run and begins anew: "
            f"{counted(len(older.again), 'event')} delivered before this run came again"
        )
        place = evidence.place(evidence.cycles[cycle.number].line)
    yield Finding(
        message,
        cycles=(cycle.number,),
        events=tuple(shorten(name) for name in older.again[:MOST_NAMED]),
        cause=older.cause,
        place=place,
        evidence=(
            ("the given last run", excerpt(cycle.last_run_before)),
            ("from an empty last run", "the same fetch ends well" if older.cause == "crash" else "the same incidents"),
            *((("delivered before", listed(older.again)),) if older.again else ()),
            *(("at", shorten(frame)) for frame in (failure.frames[-MOST_FRAMES:] if failure else ())),
        ),
    )
