"""The journal: whole at any moment, the same to the letter, and judged again from what stands in it (design: State)."""

import json
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from integrations import a_scenario, an_integration

from xsim.errors import InvalidState
from xsim.model import Cycle, Probe, Response
from xsim.record import read_journal, record
from xsim.simulate import simulate

FETCH = """
    import requests
    last_run = demisto.getLastRun()
    count = last_run.get('count', 0) + 1
    demisto.info('cycle', count)
    requests.post('https://vendor.example/alerts', json={'since': count})
    demisto.results({'Type': 19, 'Contents': 'metrics', 'ContentsFormat': 'text'})
    demisto.setIntegrationContext({'token': count // 2})
    if count == 3:
        open('a_file', 'w').close()
        raise ValueError('third')
    batch = [{'name': str(count), 'rawJSON': json.dumps({'id': count})}, {'name': 'b', 'severity': 'high'}]
    demisto.incidents(batch[:count])
    demisto.setLastRun({'count': count})
"""


def vendor(request, now):
    return Response(200, (), b"{}")


def a_stored_run(folder: Path, fetch: str = FETCH, **scenario) -> tuple[Path, list]:
    """The journal's path, and what happened as it was in memory."""
    integration = an_integration(folder, fetch)
    chosen = a_scenario(**{"cycles": 5, **scenario})
    happened = []

    def remember():
        for each in simulate(integration, chosen, vendor=vendor):
            happened.append(each)
            yield each

    path = folder / "journal.jsonl"
    record(integration, chosen, remember(), into=path, version="0.0", command="xsim run integration.py")
    return path, happened


class Listener:
    """Keeps what it is told while the journal is written."""

    def __init__(self) -> None:
        self.scenario = None
        self.cycles = []

    def begin(self, journal) -> None:
        assert not list(journal.cycles)
        self.scenario = journal.scenario

    def take(self, cycle) -> None:
        self.cycles.append(cycle)


@pytest.mark.parametrize(
    "world",
    [
        {},
        {"params": {"key": "abracadabra"}, "secrets": ["abracadabra"]},
        {"secrets": ["third"]},
        {"secrets": ["abracadabra"], "last_run": {"secret": "abracadabra"}},
    ],
    ids=["nothing masked", "a parameter masked", "a cycle masked", "the first state masked"],
)
@pytest.mark.parametrize("status", [200, HTTPStatus.OK])
def test_a_follower_is_told_what_the_file_says(tmp_path, world, status):
    integration = an_integration(tmp_path, FETCH)
    scenario = a_scenario(cycles=5, **world)
    listener = Listener()
    happenings = simulate(integration, scenario, vendor=lambda request, now: Response(status, (), b"{}"))
    path = tmp_path / "journal.jsonl"
    record(integration, scenario, happenings, into=path, version="0.0", follower=listener)
    journal = read_journal(path)
    assert repr(listener.scenario) == repr(journal.scenario)
    # To the letter: a status that is only equal to a number is none.
    assert [repr(each) for each in listener.cycles] == [repr(each) for each in journal.cycles]


def test_a_journal_read_back_is_what_happened(tmp_path):
    path, happened = a_stored_run(tmp_path)
    journal = read_journal(path)
    assert list(journal.cycles) == happened
    assert list(journal.cycles) == happened, "it can be walked again"
    assert journal.complete
    assert journal.command == "xsim run integration.py"
    assert journal.integration.name == "integration"
    assert journal.scenario == replace(a_scenario(cycles=5), parameters=journal.scenario.parameters)


def test_probes_are_read_back_too(tmp_path):
    fetch = """
        ids = demisto.getLastRun().get('ids', [])
        demisto.incidents([])
        demisto.setLastRun({'ids': [*ids, len(ids)]})
    """
    path, happened = a_stored_run(tmp_path, fetch, cycles=21)
    probes = list(read_journal(path).probes)
    assert probes == [each for each in happened if isinstance(each, Probe)]
    assert len(probes) == 1


def test_the_same_run_gives_the_same_journal_byte_for_byte(tmp_path):
    texts = []
    for _ in range(2):
        path, _ = a_stored_run(tmp_path)
        texts.append(path.read_bytes())
    assert texts[0] == texts[1]


def test_addresses_of_objects_are_masked(tmp_path):
    path, _ = a_stored_run(tmp_path, "demisto.info(object())\ndemisto.incidents([])", cycles=1)
    assert "<object object at 0x>" in path.read_text()


def test_secrets_and_what_is_made_of_them_are_masked(tmp_path):
    secret = 'pa"ss/wörd+%secret'
    fetch = """
        import base64, requests
        from urllib.parse import quote
        secret = demisto.params()['password']
        demisto.info(secret, quote(secret), base64.b64encode(secret.encode()).decode())
        requests.get('https://vendor.example/a', params={'key': secret})
        demisto.incidents([{'name': secret, 'rawJSON': json.dumps({'a': {'b': json.dumps(secret)}})}])
        raise Exception(secret)
    """
    path, _ = a_stored_run(tmp_path, fetch, cycles=1, params={"password": secret}, secrets=[secret])
    text = path.read_text()
    journal = read_journal(path)
    assert len(list(journal.cycles)) == 1
    for trace in ("wörd", "w\\u00f6rd", "w%C3%B6rd", "cGEic3Mvd8O2cmQrJXNlY3Jl"):
        assert trace not in text


def test_a_line_cut_off_by_a_kill_does_not_count(tmp_path):
    path, happened = a_stored_run(tmp_path)
    text = path.read_bytes()
    path.write_bytes(text[: text.index(b'{"cycle":{"number":4') + 30])
    journal = read_journal(path)
    assert list(journal.cycles) == happened[:3]
    assert not journal.complete


def test_a_simulation_that_breaks_off_leaves_the_cycles_so_far(tmp_path):
    integration, scenario = an_integration(tmp_path, "demisto.incidents([])"), a_scenario(cycles=5)

    def breaking_off():
        for count, each in enumerate(simulate(integration, scenario)):
            if count == 2:
                raise KeyboardInterrupt
            yield each

    path = tmp_path / "journal.jsonl"
    with pytest.raises(KeyboardInterrupt):
        record(integration, scenario, breaking_off(), into=path, version="0.0")
    journal = read_journal(path)
    assert [cycle.number for cycle in journal.cycles] == [1, 2]
    assert not journal.complete


def test_incidents_are_kept_as_the_text_that_was_handed_over(tmp_path):
    fetch = "demisto.incidents([{'name': 'é\\ud800', 'rawJSON': '{\"b\": 1, \"a\": 1.0}'}])"
    path, happened = a_stored_run(tmp_path, fetch, cycles=1)
    [cycle] = read_journal(path).cycles
    assert cycle.incidents == happened[0].incidents
    assert json.loads(cycle.incidents[0])[0]["rawJSON"] == '{"b": 1, "a": 1.0}'


def test_each_cycle_is_told_once_its_line_is_on_disk(tmp_path):
    integration, scenario = an_integration(tmp_path, "demisto.incidents([])"), a_scenario(cycles=3)
    path = tmp_path / "journal.jsonl"
    seen = []

    def after(cycle: Cycle):
        seen.append([each.number for each in read_journal(path).cycles])

    record(integration, scenario, simulate(integration, scenario), into=path, version="0.0", after=after)
    assert seen == [[1], [1, 2], [1, 2, 3]]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no journal header"),
        ("not json\n", "no journal header"),
        ('{"a": 1}\n', "not a journal of xsim"),
        ('{"xsim": 99, "version": "9.9"}\n', "journal format 99 of xsim 9.9"),
        ('{"xsim": 1}\n', "header that cannot be read"),
        ("[" * 100_000 + "\n", "no journal header"),
    ],
)
def test_a_foreign_or_damaged_header_is_told_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "journal.jsonl"
    path.write_text(text)
    with pytest.raises(InvalidState, match=complaint) as caught:
        read_journal(path)
    assert str(path) in caught.value.message
    assert path.read_text() == text


def test_a_damaged_line_in_the_middle_is_told_with_its_number(tmp_path):
    path, _ = a_stored_run(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    for damage in ("garbage\n", '{"cycle":{"number":2}}\n', lines[2][:-20] + "}\n"):
        path.write_text("".join([*lines[:2], damage, *lines[3:]]))
        with pytest.raises(InvalidState, match=r"journal\.jsonl:3: the journal is damaged"):
            list(read_journal(path).cycles)


def test_a_journal_that_is_missing_is_told(tmp_path):
    with pytest.raises(InvalidState, match="no such journal"):
        read_journal(tmp_path / "journal.jsonl")


def test_times_keep_their_fraction(tmp_path):
    path, _ = a_stored_run(tmp_path, "import time\ntime.sleep(0.25)\ndemisto.incidents([])", cycles=1)
    [cycle] = read_journal(path).cycles
    assert cycle.started.microsecond == 381472
    assert cycle.ended - cycle.started == timedelta(milliseconds=250)
