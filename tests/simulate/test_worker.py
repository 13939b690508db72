"""A script in a process of its own does what it does in xsim's, cycle for cycle and probe for probe."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from integrations import START, a_scenario, an_integration

from xsim import api
from xsim.errors import InvalidScenario, XsimError
from xsim.model import Exchange, Failure, HostCall, LogLine, Outcome, Probe, Refusal, Response
from xsim.simulate import choose_way, run_command, simulate
from xsim.simulate.channel import Channel, ChannelClosedError
from xsim.simulate.parcel import packed_cycle, read, unpacked_cycle, written
from xsim.simulate.recording import Stored
from xsim.world import Listing

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing is forked"),
    pytest.mark.supervised,
    pytest.mark.slow,
]

FETCH = """
import json
import demistomock as demisto
import requests
from CommonServerPython import *
COMMAND = 'fetch-incidents'
url = 'https://vendor.example'
last = demisto.getLastRun()
context = demisto.getIntegrationContext()
context['calls'] = context.get('calls', 0) + 1
demisto.setIntegrationContext(context)
requests.get(url + '/count', verify=False)
since = last.get('since', '2024-05-14T09:25:00Z')
answer = requests.get(url + '/events', params={'since': since}, verify=False)
answer.raise_for_status()
events = answer.json()['items']
demisto.debug('%d events, %s' % (len(events), demisto.params()))
demisto.incidents([{'name': e['id'], 'occurred': e['at'], 'rawJSON': json.dumps(e)} for e in events])
demisto.setLastRun({'since': max([since, *(e['at'] for e in events)]), 'seen': [*last.get('seen', []), len(events)]})
"""
SCENARIO = """
integration = "fetch.py"
vendor = "vendor.py:answer"
[clock]
cycles = 24
skip = [4]
[identity]
event = "id"
time = "at"
[[streams]]
name = "events"
every = "40s"
lag = {usual = "1s", long = "3m", chance = 0.1}
id = "E-{n}"
[[endpoints]]
path = "/events"
list_at = "items"
filters = [{param = "since", field = "at", op = ">"}]
order = ["at"]
[[faults]]
kind = "status"
status = 503
path = "/events"
chance = 0.5
times = 3
"""
VENDOR = """
def answer(request, world):
    world.state['count'] = world.state.get('count', 0) + 1
    return {'count': world.state['count']}
"""


@pytest.fixture
def world(tmp_path):
    """A fetch against a vendor that remembers, loses events to a lag and fails at times."""

    def world(fetch=FETCH, **overrides):
        for name, text in (("fetch.py", fetch), ("xsim.toml", SCENARIO), ("vendor.py", VENDOR)):
            (tmp_path / name).write_text(text, encoding="utf-8")
        return api.load(tmp_path / "fetch.py", api.Options(**overrides))

    return world


def test_the_same_happens_in_every_process(world):
    integration, scenario = world()
    here = list(simulate(integration, scenario))
    assert {each.outcome for each in here} == {Outcome.OK, Outcome.FAILED}
    kinds = {each.kind for each in here if isinstance(each, Probe)}
    assert {"wanted", "state", "drain", "ageing"} <= kinds
    assert list(simulate(integration, scenario, way="fork")) == here
    assert list(simulate(integration, scenario, way="fork", cold=True)) == here


def test_the_same_happens_in_a_process_that_is_not_forked(world):
    integration, scenario = world(cycles=6)
    assert list(simulate(integration, scenario, way="spawn")) == list(simulate(integration, scenario))


def test_a_death_among_the_cycles_leaves_the_others_as_they_were(world):
    integration, scenario = world()
    here = list(simulate(integration, scenario))
    dying = FETCH + "import os, time\nif int(time.time()) == 1715679420: os._exit(1)\n"
    there = list(simulate(world(dying)[0], scenario, way="fork"))
    died = [place for place, each in enumerate(there) if each.failure is not None and each.failure.kind == "died"]
    assert len(died) == 1
    assert there[: died[0]] == here[: died[0]]
    lost = there[died[0]]
    assert lost.started == here[died[0]].started
    assert lost.last_run_before == lost.last_run_after == here[died[0]].last_run_before
    assert lost.vendor_state == there[died[0] - 1].vendor_state


def test_a_probe_that_dies_says_so_and_the_next_goes_on(world):
    fetch = (
        FETCH + "import os\nif [e for e in events if e['at'] == '2024-05-14T09:30:40Z'] == events != []: os._exit(1)\n"
    )
    integration, scenario = world(fetch)
    probes = [each for each in simulate(integration, scenario, way="fork") if isinstance(each, Probe)]
    outcomes = {each.failure.kind if each.failure else "" for each in probes}
    assert "" in outcomes
    assert outcomes <= {"", "died"}


def test_one_command_runs_in_a_process_of_its_own(world):
    integration, scenario = world()
    here = run_command(integration, scenario, "fetch-incidents")
    assert run_command(integration, scenario, "fetch-incidents", supervised=True) == here
    died = run_command(world("import os\nos._exit(4)\n" + FETCH)[0], scenario, "test-module", supervised=True)
    assert (died.outcome, died.failure.kind) == (Outcome.FAILED, "died")


def test_a_process_that_is_not_forked_is_lost_and_replaced_as_well(tmp_path):
    fetch = "if demisto.getLastRun().get('n') == 1:\n    import os\n    os._exit(5)\ndemisto.setLastRun({'n': 1})"
    happened = list(simulate(an_integration(tmp_path, fetch), a_scenario(cycles=2), way="spawn"))
    assert [each.outcome for each in happened] == [Outcome.OK, Outcome.FAILED]
    assert happened[1].failure.message == "the script ended its process with exit code 5"


# --- what comes back ----------------------------------------------------------------------------------------


class Text(str):
    __slots__ = ()


def test_every_field_of_a_record_comes_back(tmp_path):
    listing = Listing("GET /a", ("1", "2"), 5, (("at", ">", "x"),), ("at",), 50, 3)
    some = {"datetime": START, "timedelta": timedelta(seconds=3), "Listing | None": listing, "int": 7, "str": "a\ud800"}
    plain = {"str | None": "b", "int | None": 8, "tuple[str, ...]": ("c", "d"), "bool": True}

    def filled(record):
        return record(**{each.name: {**some, **plain}[each.type] for each in fields(record)})

    cycle = next(iter(simulate(an_integration(tmp_path, "demisto.incidents([])"), a_scenario(cycles=1))))
    cycle = replace(
        cycle,
        failure=filled(Failure),
        refusals=(filled(Refusal), Refusal(None, "a", "b")),
        exchanges=(filled(Exchange), Exchange(START, "GET", "https://a.example")),
        host_calls=(filled(HostCall),),
        log=(filled(LogLine),),
        results=({"deep": [1, {"x": None}]}, 5),
        files=("f",),
        incidents=('[{"a": 1}]',),
        last_run_after={"n": [1.5, 2**70]},
        vendor_state={"v": 1},
    )
    before, after = Stored.of({}, {}), Stored.of({"n": [1.5, 2**70]}, {})
    (held,) = read(written((packed_cycle(cycle),)))
    assert unpacked_cycle(held, before, after, {"v": 1}) == cycle


def test_values_of_a_class_of_their_own_come_back_plain():
    from http import HTTPStatus

    came = read(written(("a", Text("b"), HTTPStatus.OK, {Text("c"): [1.5, True, None]})))
    assert came == ("a", "b", 200, {"c": [1.5, True, None]})
    assert [type(each) for each in came[:3]] == [str, str, int]


def test_a_message_that_is_none_is_told_from_one(tmp_path):
    there, here = os.pipe()
    channel = Channel(there, here, b"key-key-")
    channel.send(b"x" * 5_000)
    assert channel.receive() == b"x" * 5_000
    assert channel.receive_within(0) is None
    os.write(here, b"what a script wrote into any descriptor")
    with pytest.raises(ChannelClosedError):
        channel.receive()
    channel.close()


# --- where a script gets its process ------------------------------------------------------------------------


def answer(request, now):
    return Response(200)


def test_a_function_of_the_caller_s_answers_in_the_caller_s_process(tmp_path):
    integration, scenario = an_integration(tmp_path, "demisto.incidents([])"), a_scenario()
    assert choose_way(integration, scenario) in ("fork", "spawn")
    assert choose_way(integration, scenario, answer) == "here"
    assert choose_way(integration, scenario, answer, supervised=True) in ("fork", "spawn")
    assert choose_way(integration, scenario, supervised=False) == "here"


def test_a_script_that_somebody_watches_stays_in_xsim_s_process(tmp_path):
    integration, scenario = an_integration(tmp_path, "demisto.incidents([])"), a_scenario()
    before = sys.getprofile()
    sys.setprofile(lambda *_: None)
    try:
        assert choose_way(integration, scenario) == "here"
        assert choose_way(integration, scenario, supervised=True) in ("fork", "spawn")
    finally:
        sys.setprofile(before)


def test_beside_other_threads_nothing_is_forked(tmp_path):
    import threading

    integration, scenario = an_integration(tmp_path, "demisto.incidents([])"), a_scenario()
    ends = threading.Event()
    other = threading.Thread(target=ends.wait)
    other.start()
    try:
        assert choose_way(integration, scenario) == "spawn"
        assert choose_way(integration, scenario, answer, supervised=True) == "spawn"
        with pytest.raises(XsimError, match="the vendor function cannot be taken there"):
            choose_way(integration, scenario, lambda request, now: None, supervised=True)
    finally:
        ends.set()
        other.join()


def test_a_run_cannot_be_cold_in_xsim_s_own_process(tmp_path):
    integration, scenario = an_integration(tmp_path, "demisto.incidents([])"), a_scenario()
    with pytest.raises(XsimError, match="expected one of the two"):
        choose_way(integration, scenario, supervised=False, cold=True)


# --- what is not the script's fault -------------------------------------------------------------------------


def test_a_vendor_file_that_is_wrong_is_told_as_ever(world, tmp_path):
    integration, scenario = world()
    (tmp_path / "vendor.py").write_text("def answer(request, world): return 1 / 0\n", encoding="utf-8")
    with pytest.raises(InvalidScenario, match="ZeroDivisionError") as told:
        list(simulate(integration, scenario, way="fork"))
    with pytest.raises(InvalidScenario, match="ZeroDivisionError") as here:
        list(simulate(integration, scenario))
    assert (told.value.message, told.value.hint) == (here.value.message, here.value.hint)


def test_a_vendor_file_that_ends_the_process_is_told(world, tmp_path):
    integration, scenario = world()
    (tmp_path / "vendor.py").write_text("import os; os._exit(3)\n", encoding="utf-8")
    with pytest.raises(XsimError, match="could not start: the script ended its process with exit code 3"):
        list(simulate(integration, scenario, way="fork"))


def test_a_run_that_is_left_early_leaves_no_process(tmp_path):
    happenings = simulate(an_integration(tmp_path, "demisto.incidents([])"), a_scenario(cycles=500), way="fork")
    next(happenings)
    pid = happenings.gi_frame.f_locals["supervisor"]._child.pid
    happenings.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_process_dies_with_xsim_even_in_a_call_that_no_signal_interrupts(tmp_path):
    told = tmp_path / "pid"
    script = textwrap.dedent(
        f"""
        import os, signal
        open({str(told)!r}, 'w').write(str(os.getpid()))
        signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {{signal.SIGKILL}})
        import itertools
        sum(itertools.repeat(0))
        """
    )
    an_integration(tmp_path, script)
    command = [sys.executable, "-c", f"import xsim; xsim.run({str(tmp_path / 'integration.py')!r}, cycles=1)"]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}) as parent:
        wait_for(lambda: told.exists() and told.read_text())
        parent.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_running(told.read_text()))


def wait_for(what):
    until = time.monotonic() + 20
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
