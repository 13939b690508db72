"""The picture under a finding: what it shows of a fault, that it stays in line, and where there is none."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from golden_files import assert_golden
from report_builders import Walks, a_call, a_cycle, a_report, a_result, a_rule
from rich.cells import cell_len
from rich.console import Console

from xsim.findings import Finding
from xsim.model import HostCall, Outcome, Severity
from xsim.report import print_text, render
from xsim.report.timeline_scenes import Scenes
from xsim.report.timeline_times import clock_text, stored_time, ticks, time_of
from xsim.world import Change, Endpoint, Event, Filter, Listing

DAY = datetime(2024, 3, 4, 10, 0, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
SIGNS = "○×□■●23456789"


def at(text):
    """ "10:00:40" as a moment."""
    return datetime.fromisoformat(f"2024-03-04T{text}+00:00")


def iso(when):
    return when.isoformat().replace("+00:00", "Z")


def an_event(id="L-2", occurred="10:00:40", visible=None, **fields):
    when = at(occurred)
    record = {"id": id, "created": iso(when), **fields.pop("record", {})}
    return Event(id, when, at(visible) if visible else when, record, **fields)


def a_fetch(number, *bounds, listed=(), delivered=(), field="created", stored=None, **fields):
    """A cycle at 10:00, 10:01, ... that asked for `bounds`, such as (">=", "10:00:00")."""
    started = DAY + (number - 1) * MINUTE
    listing = Listing(
        "GET /alerts", listed=tuple(listed), bounds=tuple((field, compare, iso(at(when))) for compare, when in bounds)
    )
    incidents = [{"name": id, "rawJSON": json.dumps({"id": id})} for id in delivered]
    exchanges = fields.pop("exchanges", (a_call(started, listing=listing),))
    calls = (HostCall(started, "incidents", str(len(incidents)), 9),)
    return a_cycle(
        number,
        started=started,
        incidents=(json.dumps(incidents),),
        host_calls=calls,
        exchanges=exchanges,
        last_run=({}, {"last_fetch": stored} if stored else {}),
        **fields,
    )


def a_world(*events, **fields):
    endpoint = Endpoint("/alerts", filters=(Filter("since", "created"),))
    defaults = {"events": events, "endpoints": (endpoint,), "identity": ("id",), "time_field": "created"}
    return {**defaults, **fields}


def missed(*cycles, event="L-2", cause="clock-as-cursor"):
    return a_result(a_rule(), Finding(f"{event} was never delivered", cycles=cycles, events=(event,), cause=cause))


def a_missed_event():
    """Cycle 2 asked before the vendor listed it, cycle 3 and all behind it asked for what comes after it."""
    cycles = [
        a_fetch(
            1, (">=", "09:00:00"), ("<", "10:00:00"), listed=["L-1"], delivered=["L-1"], stored="2024-03-04T10:00:00Z"
        ),
        *(
            a_fetch(n, (">=", f"10:0{n - 2}:00"), ("<", f"10:0{n - 1}:00"), stored=f"2024-03-04T10:0{n - 1}:00Z")
            for n in range(2, 7)
        ),
    ]
    events = (an_event("L-1", "09:50:00"), an_event("L-2", "10:00:40", "10:02:10"), an_event("L-3", "10:01:20"))
    return a_report(cycles, missed(2), scenario=a_world(*events))


def text_of(report, width=100, **console):
    file = io.StringIO()
    print_text(report, console=Console(file=file, width=width, height=50, highlight=False, **console))
    return file.getvalue()


def pictures(text):
    """Each picture's lines: from its axis to its legend."""
    found, lines = [], None
    for line in text.splitlines():
        if lines is None and re.match(r"    \d{4}-\d\d-\d\d ", line):
            lines = []
            found.append(lines)
        if lines is not None and not line.strip():
            lines = None
        if lines is not None:
            lines.append(line)
    return found


def picture_of(report, width=100):
    [lines] = pictures(text_of(report, width))
    return lines


def row(lines, label):
    [line] = [line for line in lines if line.startswith(f"    {label} ")]
    return line


def signs(lines):
    """The sign of each cycle's row, "" where it has none."""
    rows = [line for line in lines if line.startswith("    cycle ")]
    return ["".join(each for each in re.split(r" {2,}\+|◀", line[15:])[0] if each in SIGNS) for line in rows]


# --- what it shows --------------------------------------------------------------------------------------------


def test_a_missed_event_is_seen_at_a_glance():
    assert (
        "\n".join(picture_of(a_missed_event()))
        == """\
    2024-03-04     ╷10:00      ╷10:01      ╷10:02      ╷10:03      ╷10:04
    occurred               ◆       ·                                      10:00:40 L-2
    listed                         ·         ◆                            10:02:10 L-2
    cycle 1    «━━━▲       ┊                                           +1
    cycle 2        [━━━━━━━○━━━▲                                          ◀ FC201
    cycle 3                ┊   [━━━━━━━━━━━▲
    cycle 4                ×               [━━━━━━━━━━━▲
    cycle 5                ×                           [━━━━━━━━━━━▲
    ◆ L-2   · other events   [━━) window asked for   +1 incidents delivered
    ○ in the window, not listed yet   × listed, outside the window   ▲ stored in the last run
    « from earlier on"""
    )


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_its_page_at_several_widths(width):
    assert_golden(f"missed-{width}.txt", text_of(a_missed_event(), width).rstrip("\n"))


def test_its_page_in_ascii(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    page = text_of(a_missed_event(), force_terminal=True, color_system=None).rstrip("\n")
    assert_golden("missed-ascii.txt", page)


def test_a_duplicate_is_counted_where_it_came_again():
    bounds = (">=", "09:59:40")
    cycles = [a_fetch(n, bounds, listed=["A"], delivered=["A"]) for n in (1, 2, 3)]
    cycles += [a_fetch(4, (">", "09:59:40"))]
    doubled = a_rule("FC202", "duplicate-event")
    result = a_result(doubled, Finding("A came again", cycles=(2, 3), events=("A",), cause="inclusive-boundary"))
    lines = picture_of(a_report(cycles, result, scenario=a_world(an_event("A", "09:59:40"))))
    assert signs(lines) == ["●", "2", "3", ""]
    assert row(lines, "cycle 2").endswith("+1 ◀ FC202 again")
    assert row(lines, "cycle 1").endswith("+1 delivered")
    assert "● delivered" in lines[-2]
    assert "2 delivered again" in lines[-1]


def test_an_event_that_an_older_version_delivered_comes_again_at_its_first_delivery():
    cycles = [a_fetch(1, (">=", "09:59:00"), listed=["A"], delivered=["A"])]
    result = a_result(a_rule("FC202", "duplicate-event"), Finding("A came again", cycles=(1,), events=("A",)))
    world = a_world(an_event("A", "09:59:40"), delivered={"A": (0, "")})
    assert signs(picture_of(a_report(cycles, result, scenario=world))) == ["2"]


def test_an_event_twice_in_one_fetch_is_a_second_delivery():
    cycles = [a_fetch(1, (">=", "09:59:00"), listed=["A"], delivered=["A", "A"])]
    result = a_result(a_rule("FC203", "duplicate-in-one-fetch"), Finding("A twice", cycles=(1,), events=("A",)))
    assert signs(picture_of(a_report(cycles, result, scenario=a_world(an_event("A", "09:59:40"))))) == ["2"]


def test_a_late_event_waits_outside_the_windows_until_it_is_delivered():
    bounds = [(2, ">", "10:00:50"), (3, ">", "10:00:50"), (4, ">", "10:00:00"), (5, ">", "10:04:00")]
    cycles = [a_fetch(1, (">", "09:00:00"))]
    cycles += [
        a_fetch(n, (compare, when), listed=["A"] * (n == 4), delivered=["A"] * (n == 4)) for n, compare, when in bounds
    ]
    late = a_result(
        a_rule("FC301", "late-event", severity=Severity.WARNING), Finding("late", cycles=(4,), events=("A",))
    )
    lines = picture_of(a_report(cycles, late, scenario=a_world(an_event("A", "10:00:20"))))
    assert signs(lines) == ["", "×", "×", "●", ""]
    assert row(lines, "cycle 4").endswith("◀ FC301 delivered")


@pytest.mark.parametrize(("compare", "sign", "end"), [(">", "×", "×"), (">=", "□", "□")])
def test_an_event_on_the_boundary_is_outside_where_the_window_leaves_its_end_out(compare, sign, end):
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (compare, "10:00:40"))]
    lines = picture_of(a_report(cycles, missed(2), scenario=a_world(an_event())))
    assert signs(lines) == ["", sign]
    assert f"{end}━" in row(lines, "cycle 2")


def test_what_the_vendor_cuts_before_it_compares_is_cut_here():
    endpoint = Endpoint("/alerts", filters=(Filter("since", "created", compare=">", precision="m"),))
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:10"))]
    world = a_world(an_event(), endpoints=(endpoint,))
    assert signs(picture_of(a_report(cycles, missed(2), scenario=world))) == ["", "×"]


def test_an_event_in_the_answer_without_an_incident_has_a_sign_of_its_own():
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:00"), listed=["L-2"])]
    assert signs(picture_of(a_report(cycles, missed(2), scenario=a_world(an_event())))) == ["", "■"]


def test_what_has_not_happened_yet_is_not_waited_for():
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:00"))]
    lines = picture_of(a_report(cycles, missed(1), scenario=a_world(an_event(visible="10:00:50"))))
    assert signs(lines)[0] == ""


def test_an_incident_that_the_server_did_not_keep_is_no_delivery():
    cycle = a_fetch(1, (">", "09:00:00"), listed=["A"], delivered=["A"], outcome=Outcome.FAILED)
    lines = picture_of(a_report([cycle], missed(1, event="A"), scenario=a_world(an_event("A", "09:59:40"))))
    assert signs(lines) == ["■"]
    assert row(lines, "cycle 1").endswith("◀ FC201 failed")


def test_a_cycle_that_a_fault_kept_from_asking_shows_when_it_fetched():
    broken = replace(a_call(DAY + MINUTE), status=None, fault="outage")
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, exchanges=(broken,), outcome=Outcome.FAILED)]
    lines = picture_of(a_report(cycles, missed(2), scenario=a_world(an_event())))
    assert "│" in row(lines, "cycle 2")
    assert "│ time of the fetch" in "\n".join(lines)
    assert row(lines, "cycle 2").endswith("◀ FC201 failed fault: o...")
    wide = picture_of(a_report(cycles, missed(2), scenario=a_world(an_event())), 120)
    assert row(wide, "cycle 2").endswith("◀ FC201 failed fault: outage")


def test_a_window_that_lies_far_ahead_is_pointed_at():
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "12:00:00"))]
    lines = picture_of(a_report(cycles, missed(2), scenario=a_world(an_event())))
    assert re.search(r"×.*│ +»", row(lines, "cycle 2"))
    assert "» later than this" in "\n".join(lines)


def test_a_window_a_little_ahead_is_brought_into_the_picture():
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:03:00"))]
    lines = picture_of(a_report(cycles, missed(2), scenario=a_world(an_event())))
    assert re.search(r"× +│ +\(━*»", row(lines, "cycle 2"))


def test_a_window_by_another_field_is_told_by_that_field():
    event = an_event(
        "A",
        "09:59:40",
        record={"updated": iso(at("09:59:40"))},
        changes=(Change(at("10:01:30"), {"updated": iso(at("10:01:30"))}),),
    )
    cycles = [
        a_fetch(
            n,
            (">", f"10:0{n - 2}:00" if n > 1 else "09:59:00"),
            field="updated",
            listed=["A"] * (n != 2),
            delivered=["A"] * (n != 2),
        )
        for n in (1, 2, 3)
    ]
    result = a_result(a_rule("FC202", "duplicate-event"), Finding("again", cycles=(3,), events=("A",), cause="changed"))
    lines = picture_of(a_report(cycles, result, scenario=a_world(event)))
    assert signs(lines) == ["●", "", "2"]
    first, _, again = (line for line in lines if line.startswith("    cycle "))
    assert again.index("2", 15) > first.index("●")
    assert "~ changed" in "\n".join(lines)


def test_two_windows_of_a_cycle_stand_below_each_other():
    started = DAY + MINUTE
    ends = [("10:00:00", "10:00:30"), ("10:00:30", "10:01:00")]
    exchanges = tuple(
        a_call(
            started,
            listing=Listing("GET /alerts", bounds=(("created", ">=", iso(at(a))), ("created", "<", iso(at(b))))),
        )
        for a, b in ends
    )
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, exchanges=exchanges)]
    lines = picture_of(a_report(cycles, missed(2), scenario=a_world(an_event())))
    place = next(number for number, line in enumerate(lines) if line.startswith("    cycle 2 "))
    assert ("┊" in lines[place], "□" in lines[place + 1]) == (True, True)
    assert lines[place + 1].startswith(" " * 15)


def test_a_request_to_a_list_that_cannot_hold_the_event_has_no_window():
    endpoint = Endpoint("/alerts", streams=("cases",), filters=(Filter("since", "created"),))
    world = a_world(an_event(stream="alerts"), endpoints=(endpoint,))
    assert pictures(text_of(a_report([a_fetch(1, (">", "09:00:00"))], missed(1), scenario=world))) == []


def test_cycles_that_are_left_out_are_counted():
    cycles = [a_fetch(n, (">", "09:00:00")) for n in range(1, 31)]
    cycles[29] = a_fetch(30, (">", "09:00:00"), listed=["A"], delivered=["A"])
    late = a_result(a_rule("FC301", "late-event"), Finding("late", cycles=(30,), events=("A",)))
    lines = picture_of(a_report(cycles, late, scenario=a_world(an_event("A", "10:00:40"))))
    assert re.search(r"⋮ +┊ +\d+ more$", "\n".join(lines), re.MULTILINE)
    assert row(lines, "cycle 30").endswith("delivered")


def test_the_ends_of_the_windows_are_written_out_where_there_is_room():
    wide, narrow = picture_of(a_missed_event(), 120), picture_of(a_missed_event(), 80)
    assert "[10:00:00 .. 10:01:00)" in row(wide, "cycle 2")
    assert "10:01:00" not in row(narrow, "cycle 2")


# --- its shape ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [60, 61, 72, 80, 99, 100, 120, 159, 160, 200])
def test_whatever_the_width_no_line_is_wider_and_all_columns_are_in_line(width):
    lines = picture_of(a_missed_event(), width)
    assert all(cell_len(line) <= width for line in lines)
    column = row(lines, "occurred").index("◆")
    for label, sign in (("cycle 2", "○"), ("cycle 3", "┊"), ("cycle 4", "×"), ("cycle 5", "×")):
        assert row(lines, label).index(sign) == column
    assert row(lines, "cycle 2").index("[") == row(lines, "cycle 1").index("▲")
    assert row(lines, "cycle 3").index("[") == row(lines, "cycle 2").index("▲")


def test_a_page_that_is_too_narrow_has_no_picture():
    assert pictures(text_of(a_missed_event(), 40)) == []


def page_on(monkeypatch, encoding="utf-8", *, is_terminal=True, **variables):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_text(a_missed_event(), console=Console(file=file, width=100, height=50, force_terminal=is_terminal))
    file.flush()
    [lines] = pictures(re.sub(r"\x1b\[[0-9;]*m", "", file.buffer.getvalue().decode(encoding)))
    return lines


@pytest.mark.parametrize(
    "plain",
    [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"encoding": "latin-1"}, {"encoding": "ascii", "is_terminal": False}],
    ids=str,
)
def test_where_the_terminal_cannot_it_is_made_of_ascii(monkeypatch, plain):
    lines = page_on(monkeypatch, **plain)
    assert all(line.isascii() for line in lines)
    assert row(lines, "occurred").index("*") == row(lines, "cycle 2").index("o") == row(lines, "cycle 4").index("x")
    assert "x listed, outside the window" in "\n".join(lines)


def test_elsewhere_it_is_drawn_with_box_characters(monkeypatch):
    assert "━" in "".join(page_on(monkeypatch, TERM="xterm-256color"))


def test_a_pipe_and_a_file_get_box_characters_whatever_the_environment(monkeypatch):
    assert "━" in "".join(page_on(monkeypatch, is_terminal=False, NO_COLOR="1", TERM="dumb"))
    assert "◀ FC201" in render(a_missed_event(), "text")


def test_no_two_signs_differ_by_colour_alone():
    from xsim.report.timeline import ASCII, BOX

    for signs in (BOX, ASCII):
        marks = [signs.event, signs.other, signs.changed, signs.waiting, signs.outside, signs.left_out, signs.unused]
        marks += [signs.delivered, signs.stored, signs.bar, signs.earlier, signs.later, signs.guide]
        assert len(set(marks)) == len(marks)
        assert all(cell_len(mark) == 1 for mark in marks)


@pytest.mark.parametrize("name", ["\x1b[2Jx\u202ey", "会議室の警報" * 20, "x" * 500, "s3cr3t-token-1", "<b>[bold]x"])
def test_foreign_text_neither_breaks_the_picture_nor_tells_a_secret(name):
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:00"))]
    report = a_report(cycles, missed(2, event=name), scenario=a_world(an_event(name)), secrets=("s3cr3t-token-1",))
    for width in (60, 100):
        lines = picture_of(report, width)
        assert all(cell_len(line) <= width and line.isprintable() for line in lines)
        assert row(lines, "cycle 2").index("□") == row(lines, "events").index("◆")
        assert "s3cr3t-token-1" not in "\n".join(lines)


# --- where there is one ---------------------------------------------------------------------------------------


def test_without_the_vendor_s_events_there_is_no_picture():
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:00"))]
    assert pictures(text_of(a_report(cycles, missed(2)))) == []


def test_where_no_time_was_asked_for_and_none_stored_there_is_no_picture():
    cycles = [a_fetch(1), a_fetch(2)]
    assert pictures(text_of(a_report(cycles, missed(2), scenario=a_world(an_event())))) == []


def test_a_time_in_the_last_run_is_enough_for_one():
    cycles = [a_fetch(1, stored="2024-03-04T10:00:00Z"), a_fetch(2, stored="2024-03-04T10:01:00Z")]
    lines = picture_of(a_report(cycles, missed(2), scenario=a_world(an_event())))
    assert "▲" in row(lines, "cycle 2")


def test_notes_and_accepted_findings_have_none():
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:00"))]
    note = a_result(a_rule("FC105", "note", severity=Severity.NOTE), Finding("x", cycles=(2,), events=("L-2",)))
    accepted = a_result(a_rule(), Finding("x", cycles=(2,), events=("L-2",), accepted="known"))
    assert pictures(text_of(a_report(cycles, note, accepted, scenario=a_world(an_event())))) == []


def test_each_rule_and_cause_has_one_and_a_page_four_at_most():
    events = [an_event(f"L-{number}") for number in range(20)]
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:30"))]

    def found(*pairs):
        return a_result(a_rule(), *(Finding(e, cycles=(2,), events=(e,), cause=cause) for e, cause in pairs))

    two = a_report(cycles, found(("L-1", "a"), ("L-2", "a"), ("L-3", "b")), scenario=a_world(*events))
    assert [re.search(r"◆ (\S+)", "\n".join(lines))[1] for lines in pictures(text_of(two))] == ["L-1", "L-3"]
    many = a_report(cycles, found(*((f"L-{n}", f"cause {n}") for n in range(20))), scenario=a_world(*events))
    assert len(pictures(text_of(many))) == 4


def test_errors_come_before_warnings_where_not_all_have_room():
    events = [an_event(f"L-{number}") for number in range(6)]
    warnings = a_result(
        a_rule("FC101", "a-warning", severity=Severity.WARNING),
        *(Finding(f"L-{n}", cycles=(2,), events=(f"L-{n}",), cause=str(n)) for n in range(5)),
    )
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:30"))]
    report = a_report(cycles, warnings, missed(2, event="L-5"), scenario=a_world(*events))
    assert "◆ L-5" in "\n".join(pictures(text_of(report))[0])


def test_a_name_that_the_finding_cut_is_found_again():
    name = "A" * 300
    cycles = [a_fetch(1, (">", "09:00:00")), a_fetch(2, (">", "10:00:30"))]
    report = a_report(cycles, missed(2, event=f"{name[:197]}..."), scenario=a_world(an_event(name)))
    assert signs(picture_of(report)) == ["", "□"]


def test_the_journal_is_walked_once_and_few_cycles_are_kept():
    walks = Walks(lambda: (a_fetch(n, (">=", "09:59:00"), listed=["A"], delivered=["A"]) for n in range(1, 1001)))
    doubled = Finding("again", cycles=tuple(range(2, 1001)), events=("A",))
    report = a_report(
        walks, a_result(a_rule("FC202", "duplicate-event"), doubled), scenario=a_world(an_event("A", "09:59:40"))
    )
    text_of(report)
    assert walks.walks == 1
    scenes = Scenes(report)
    for cycle in walks:
        scenes.add(cycle)
    [subject] = scenes._subjects
    assert len(subject.lanes) <= 20
    [scene] = scenes.chosen().values()
    assert [(lane.number, lane.delivered) for lane in scene.lanes] == [(n, (n,)) for n in range(1, 7)]


# --- times ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["2024-03-04T10:00:00Z", "2024-03-04T12:00:00+02:00", "2024-03-04 12:00:00.000+0200", 1709546400, 1709546400000,
     "1709546400", 1709546400.0, 1709546400000000000],
)  # fmt: skip
def test_a_time_is_read_however_it_is_written(value):
    assert time_of(value) == DAY


@pytest.mark.parametrize(
    "value", [None, True, 17, "17", "2024", "yesterday", "2024-13-04T10:00:00Z", 1e30, {}, [], "9" * 30]
)
def test_what_is_no_time_is_none(value):
    assert time_of(value) is None


def test_a_time_without_an_offset_is_utc_only_where_that_is_known():
    assert time_of("2024-03-04T10:00:00") is None
    assert time_of("2024-03-04T10:00:00", is_utc=True) == DAY


def test_the_stored_time_is_the_only_one_there_is():
    assert stored_time({"a": {"last": "2024-03-04T10:00:00Z"}, "ids": ["2024-03-04T10:07:00Z"], "page": 3}) == DAY
    assert stored_time({"a": "2024-03-04T10:00:00Z", "b": "2024-03-04T10:01:00Z"}) is None
    assert stored_time({"a": "x"}) is None
    assert stored_time("2024-03-04T10:00:00Z") == DAY


@pytest.mark.parametrize("minutes", [0.002, 0.05, 1, 7, 90, 1_440, 20_000, 500_000])
@pytest.mark.parametrize("columns", [24, 50, 100])
def test_the_labels_of_the_axis_stand_apart_whatever_it_spans(minutes, columns):
    right = DAY + minutes * MINUTE
    marks = ticks(DAY, right, columns)
    places = [(when - DAY) / (right - DAY) * columns for when, _ in marks]
    assert all(b - a > len(label) for (a, b), (_, label) in zip(pairwise(places), marks, strict=False))
    assert len({label for _, label in marks}) == len(marks)


def test_a_moment_is_written_with_what_tells_it_apart():
    assert clock_text(at("10:00:40"), DAY) == "10:00:40"
    assert clock_text(at("10:00:40.250"), DAY) == "10:00:40.25"
    assert clock_text(at("10:00:40") - timedelta(days=1), DAY) == "03-03 10:00:40"
