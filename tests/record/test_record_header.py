"""A header that tells of very many events or identities takes lines of its own: read, masked, killed, damaged."""

import json
import os
from dataclasses import replace

import pytest
from builders import a_cycle, an_event
from builders import an_integration as the_integration
from integrations import a_scenario, an_integration

from xsim import api
from xsim.errors import InvalidState
from xsim.events import Events
from xsim.record import State, read_journal, record
from xsim.record import header as header_module
from xsim.world import Change

FAR = "9024-05-14T09:30:00+00:00"
COUNTS = """
n = demisto.getLastRun().get('n', 0) + 1
demisto.incidents([{'name': str(i), 'rawJSON': json.dumps({'id': f'N-{n}-{i}'})} for i in range(7)])
demisto.setLastRun({'n': n})
"""


@pytest.fixture(autouse=True)
def small_lines(monkeypatch):
    """Six events or identities are many, and three of them make a line."""
    monkeypatch.setattr(header_module, "MOST_IN_LINE", 5)
    monkeypatch.setattr(header_module, "ROWS_A_LINE", 3)


def events_of(number: int, **named) -> Events:
    return Events(an_event(f"A-{each}", "09:30:00", **named) for each in range(number))


def a_journal_of(folder, scenario, *happenings):
    path = folder / "journal.jsonl"
    return record(the_integration(), scenario, happenings, into=path, version="0.0")


def lines_of(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def with_lines(folder, lines) -> None:
    (folder / "journal.jsonl").write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


def test_many_events_stand_in_lines_of_their_own_and_are_read_as_they_were(tmp_path):
    changes = (Change(an_event().occurred, {"a": 1}), Change(an_event().visible, deleted=True))
    events = Events([*events_of(6, wanted=True), an_event("B", "09:28:00", "09:41:00", stream="s", changes=changes)])
    cycle = a_cycle(1)
    a_journal_of(tmp_path, a_scenario(events=events), cycle)
    header, *lines = lines_of(tmp_path)
    assert (header["xsim"], header["behind"]) == (2, {"events": [7, 3]})
    assert "events" not in header["scenario"]
    assert [len(line["events"]) for line in lines[:3]] == [3, 3, 1]
    journal = read_journal(tmp_path / "journal.jsonl")
    assert journal.scenario.events == events
    assert [each.number for each in journal.cycles] == [1]
    assert journal.complete


def test_few_events_stand_in_the_header_which_an_older_xsim_reads(tmp_path):
    a_journal_of(tmp_path, a_scenario(events=events_of(5)))
    header, end = lines_of(tmp_path)
    assert header["xsim"] == 1
    assert "behind" not in header
    assert [each["id"] for each in header["scenario"]["events"]] == [f"A-{number}" for number in range(5)]
    assert end == {"end": {"cycles": 0}}
    assert read_journal(tmp_path / "journal.jsonl").scenario.events == events_of(5)


def test_long_records_take_a_line_each(tmp_path, monkeypatch):
    monkeypatch.setattr(header_module, "LONGEST_IN_LINE", 100)
    events = events_of(2, record={"text": "x" * 200})
    a_journal_of(tmp_path, a_scenario(events=events))
    assert [len(line["events"]) for line in lines_of(tmp_path)[1:3]] == [1, 1]
    assert read_journal(tmp_path / "journal.jsonl").scenario.events == events


def test_an_older_xsim_refuses_such_a_journal_in_words(tmp_path, monkeypatch):
    a_journal_of(tmp_path, a_scenario(events=events_of(6)))
    monkeypatch.setattr(header_module, "FORMAT", 1)
    with pytest.raises(InvalidState, match=r"journal\.jsonl:1: journal format 2 of xsim 0.0; this one reads up to 1"):
        read_journal(tmp_path / "journal.jsonl")


def test_the_journal_of_a_run_has_the_run_s_own_events_and_no_copy(tmp_path):
    scenario = a_scenario(events=events_of(6), delivered={f"D-{each}": (1, "0" * 16) for each in range(6)})
    journal = a_journal_of(tmp_path, scenario, a_cycle(1))
    assert journal.scenario.events is scenario.events
    assert journal.scenario.delivered is scenario.delivered
    assert [each.number for each in journal.cycles] == [1]


def test_secrets_are_masked_in_those_lines_and_in_what_the_run_is_judged_by(tmp_path):
    secret = "s3cret-W0rd"
    events = Events([*events_of(5), an_event(f"X-{secret}", record={"deep": [{"a": f"<{secret}>"}], secret: 1})])
    delivered = {f"D-{each}-{secret}": (1, "0" * 16) for each in range(6)}
    scenario = a_scenario(events=events, delivered=delivered, secrets=[secret])
    journal = a_journal_of(tmp_path, scenario)
    assert secret not in (tmp_path / "journal.jsonl").read_text()
    for each in (journal, read_journal(tmp_path / "journal.jsonl")):
        assert [event.id for event in each.scenario.events][:5] == [f"A-{number}" for number in range(5)]
        assert secret not in str([*each.scenario.events, *each.scenario.delivered])
        assert each.scenario.events[5].occurred == events[5].occurred


def test_addresses_are_masked_in_what_the_run_is_judged_by_as_well(tmp_path):
    events = Events([*events_of(5), an_event(record={"text": "<object at 0x7f0012345678>"})])
    journal = a_journal_of(tmp_path, a_scenario(events=events))
    assert journal.scenario.events[5].record["text"] == "<object at 0x>"


def test_many_delivered_identities_stand_in_lines_of_their_own(tmp_path):
    delivered = {f"D-{each}": (each, f"{each:016x}") for each in range(6)} | {"stated": (0, "")}
    a_journal_of(tmp_path, a_scenario(events=events_of(6), delivered=delivered))
    header, *lines = lines_of(tmp_path)
    assert header["behind"] == {"events": [6, 2], "delivered": [7, 3]}
    assert lines[2]["delivered"][1] == ["D-1", 1, f"{1:016x}"]
    scenario = read_journal(tmp_path / "journal.jsonl").scenario
    assert scenario.delivered == delivered
    assert scenario.events == events_of(6)


def test_a_run_goes_on_from_many_delivered_identities(tmp_path):
    an_integration(tmp_path, COUNTS)
    script = tmp_path / "integration.py"
    api.run(script, cycles=2)
    report = api.run(script, cycles=1)
    assert len(report.journal.scenario.delivered) == 14
    (tmp_path / "integration.py").write_text(script.read_text().replace("'N-{n}", "'N-{n - 3}"))
    again = api.run(script, cycles=1)
    assert [cycle.number for cycle in again.journal.cycles] == [4]
    assert len(again.journal.scenario.delivered) == 21
    assert "N-1-0 was delivered again in cycle 4 (first in cycle 1)" in [each.message for each in again.findings]


def test_a_kill_among_the_event_lines_leaves_the_run_before_it(tmp_path, monkeypatch):
    a_journal_of(tmp_path, a_scenario(events=events_of(6)), a_cycle(1))
    before = (tmp_path / "journal.jsonl").read_bytes()

    def dies_at_the_second_line(line):
        written.append(line)
        if len(written) == 2:
            raise KeyboardInterrupt
        return encode(line)

    written, encode = [], header_module.encode
    monkeypatch.setattr(header_module, "encode", dies_at_the_second_line)
    with pytest.raises(KeyboardInterrupt):
        a_journal_of(tmp_path, a_scenario(events=events_of(6)), a_cycle(1))
    assert (tmp_path / "journal.jsonl").read_bytes() == before


def test_a_kill_before_the_lines_take_their_place_leaves_the_run_before_it(tmp_path, monkeypatch):
    a_journal_of(tmp_path, a_scenario(events=events_of(6)), a_cycle(1))
    before = (tmp_path / "journal.jsonl").read_bytes()
    monkeypatch.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        a_journal_of(tmp_path, a_scenario(events=events_of(9)), a_cycle(1))
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    assert len((tmp_path / "journal.jsonl.new").read_text().splitlines()) == 4, "the new header was there whole"


def test_a_state_catches_up_from_such_a_journal_after_a_kill(tmp_path):
    with State(tmp_path) as state:
        scenario = a_scenario(events=events_of(6))
        state.begin(scenario)
        record(the_integration(), scenario, [a_cycle(1, after={"n": 1})], into=state.journal_path, version="0.0")
    whole = (tmp_path / "journal.jsonl").read_text()
    (tmp_path / "journal.jsonl").write_text(whole[: whole.index('{"end"')] + '{"cycle":{"numb')
    with State(tmp_path) as state:
        assert state.last_run == {"n": 1}
        assert state.journal() is state.journal(), "it is read once"
        assert not state.journal().complete


@pytest.mark.parametrize(
    ("line", "change", "said"),
    [
        (2, lambda line: {"cycle": {}}, r":2: .* a line without the events that the header tells of"),
        (3, lambda line: {"events": line["events"][:2]}, r":3: .* 5 events up to here, where the header says 6"),
        (3, lambda line: {"events": [*line["events"], line["events"][0]]}, r":3: .* 7 events up to here"),
        (2, lambda line: {"events": 5}, r":2: .* events that cannot be read \(TypeError"),
        (2, lambda line: {"events": ["A-1"]}, r":2: .* events that cannot be read \(TypeError"),
        (3, lambda line: {"events": [{**line["events"][0], "record": []}]}, r":3: .*event.record is a list"),
        (3, lambda line: {"events": [{**line["events"][0], "id": 7}]}, r":3: .*event.id is a int"),
        (3, lambda line: {"events": [{**line["events"][0], "changes": "late"}]}, r":3: .*a list is expected"),
        (3, lambda line: {"events": [{**line["events"][0], "visible": "2024-05-14T09:30:00"}]}, r":3: .*offset"),
        (3, lambda line: {"events": [{**line["events"][0], "occurred": FAR}]}, r":3: .*beyond all"),
        (1, lambda line: {**line, "behind": {"cycles": [6, 2]}}, r":1: .* a header that cannot be read"),
        (1, lambda line: {**line, "behind": {"events": 6}}, r":1: .* a header that cannot be read"),
        (1, lambda line: {**line, "behind": {"events": ["6", 2]}}, r":1: .* a header that cannot be read"),
        (1, lambda line: {**line, "behind": [6]}, r":1: .* a header that cannot be read"),
        (1, lambda line: {**line, "behind": {"events": [6, 10**12]}}, r":4: .* a line without the events"),
    ],
)  # fmt: skip
def test_damaged_event_lines_are_told_with_their_number(tmp_path, line, change, said):
    a_journal_of(tmp_path, a_scenario(events=events_of(6)), a_cycle(1))
    lines = lines_of(tmp_path)
    with_lines(tmp_path, [change(each) if number == line else each for number, each in enumerate(lines, start=1)])
    with pytest.raises(InvalidState, match=rf"journal\.jsonl{said}"):
        read_journal(tmp_path / "journal.jsonl")


@pytest.mark.parametrize("size", [0.3, 0.6, 0.99])
def test_a_journal_that_is_cut_within_its_event_lines_is_told(tmp_path, size):
    a_journal_of(tmp_path, a_scenario(events=events_of(6)))
    header, *lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    behind = b"".join(lines[:2])
    (tmp_path / "journal.jsonl").write_bytes(header + behind[: int(len(behind) * size)])
    with pytest.raises(InvalidState, match="a line without the events that the header tells of"):
        read_journal(tmp_path / "journal.jsonl")


def test_lines_without_an_end_are_not_read_without_an_end(tmp_path, monkeypatch):
    a_journal_of(tmp_path, a_scenario(events=events_of(6)))
    monkeypatch.setattr(header_module, "LONGEST_BEHIND", 300)
    with pytest.raises(InvalidState, match="a line without the events that the header tells of"):
        read_journal(tmp_path / "journal.jsonl")


def test_a_damaged_cycle_behind_event_lines_is_told_with_its_number(tmp_path):
    a_journal_of(tmp_path, a_scenario(events=events_of(6)), a_cycle(1), a_cycle(2))
    lines = lines_of(tmp_path)
    lines[4]["cycle"].pop("outcome")
    with_lines(tmp_path, lines)
    with pytest.raises(InvalidState, match=r"journal\.jsonl:5: .* a cycle that cannot be read"):
        list(read_journal(tmp_path / "journal.jsonl").cycles)


@pytest.mark.parametrize("number", [-1, 2**31, 10**30])
def test_a_cycle_of_an_impossible_number_is_told(tmp_path, number):
    a_journal_of(tmp_path, a_scenario(), replace(a_cycle(1), number=number))
    with pytest.raises(InvalidState, match=r"journal\.jsonl:2: .* a cycle that cannot be read"):
        list(read_journal(tmp_path / "journal.jsonl").cycles)
