"""Cycles that are run once more in new processes: which ones, and what a script left behind shows there."""

import sys
from datetime import timedelta

import pytest
from integrations import a_scenario, an_integration

from xsim import api
from xsim.model import Cycle, Outcome, Probe
from xsim.simulate import simulate
from xsim.simulate.recording import Stored
from xsim.simulate.reruns import BEHIND, CYCLES_OF_A_LONG_RUN, Reused, is_worth_rerunning

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing is forked"),
    pytest.mark.supervised,
    pytest.mark.slow,
]

COUNTS = """
import json
last = demisto.getLastRun().get('n', 0)
events = [{'id': 'A-%d' % n} for n in range(max(0, last - 1), last + 2)]
KEEP
demisto.setLastRun({'n': last + 1})
demisto.incidents([{'name': e['id'], 'occurred': '2024-05-14T09:29:00Z', 'rawJSON': json.dumps(e)} for e in events])
"""
LEAKS = {
    "a set in a module": """
import requests
seen = requests.__dict__.setdefault('_seen', set())
events = [e for e in events if e['id'] not in seen]
seen.update(e['id'] for e in events)
""",
    "a class that is patched": """
import collections
events = [e for e in events if e['id'] not in getattr(collections.OrderedDict, 'seen', ())]
collections.OrderedDict = type('OrderedDict', (dict,), {'seen': [e['id'] for e in events]})
""",
    "a stock in a function": """
import json
stock = json.dumps.__dict__.setdefault('stock', [])
stock.append({'id': 'B-%d' % last})
events = stock[:-1]
del stock[:-1]
""",
    "a counter": """
import decimal
decimal.getcontext().prec += 1
events = [{'id': 'A-%d' % last, 'number': decimal.getcontext().prec}]
""",
}


def codes(folder, text, **options):
    (folder / "fetch.py").write_text(
        "import demistomock as demisto\nfrom CommonServerPython import *\n# fetch-incidents\n" + text, encoding="utf-8"
    )
    report = api.run(folder / "fetch.py", fresh=True, cycles=6, state=folder, **{"supervised": True, **options})
    return [(each.code, each.cause) for each in report.findings if each.code == "FC608"], list(report.journal.probes)


@pytest.mark.parametrize("leak", LEAKS.values(), ids=list(LEAKS))
def test_what_a_script_left_behind_is_found_and_in_the_last_run_it_is_not(tmp_path, leak):
    found, probes = codes(tmp_path, COUNTS.replace("KEEP", leak))
    assert len(found) == 1
    assert [each.kind for each in probes] == ["cold", "cold", "reused"]
    assert codes(tmp_path, COUNTS.replace("KEEP", leak), cold=True) == ([], [])
    assert codes(tmp_path, COUNTS.replace("KEEP", leak), supervised=False) == ([], [])


NO_LEAKS = {
    "a cache that changes nothing": """
import requests
cache = requests.__dict__.setdefault('_cache', {})
for event in events:
    cache.setdefault(event['id'], len(event['id']))
    event['length'] = cache[event['id']]
""",
    "chance that the seed gives": """
import requests, uuid
if not hasattr(requests, 'uses_chance'):
    requests.uses_chance = os.urandom(8)
for event in events:
    event['uuid'] = str(uuid.uuid4())
""",
    "an address": """
import requests
requests.x = object()
for event in events:
    event['of'] = repr(requests.x)
""",
    "CommonServerPython, whose text the server runs anew": """
import CommonServerPython as common
seen = EntryType.__dict__.get('seen', ())
events = [e for e in events if e['id'] not in seen]
setattr(EntryType, 'seen', [*seen, *(e['id'] for e in events)])
""",
}


@pytest.mark.parametrize("text", NO_LEAKS.values(), ids=list(NO_LEAKS))
def test_what_changes_nothing_that_is_handed_over_or_differs_by_chance_is_none(tmp_path, text):
    found, probes = codes(tmp_path, COUNTS.replace("KEEP", text))
    assert found == []
    assert probes[0].kind == "cold"


def test_a_script_whose_text_tells_of_no_leak_has_no_new_process_but_in_a_long_run(tmp_path):
    assert codes(tmp_path, COUNTS.replace("KEEP", "")) == ([], [])
    integration = an_integration(tmp_path, "demisto.incidents([])")
    assert not is_worth_rerunning(integration, a_scenario(cycles=CYCLES_OF_A_LONG_RUN))
    assert is_worth_rerunning(integration, a_scenario(cycles=CYCLES_OF_A_LONG_RUN + 1))


# --- which cycles ---------------------------------------------------------------------------------------------


def chosen(cycles, scenario):
    """Numbers of the cycles that are run once more, and of the first that came before each in its process."""
    reused, asked = Reused(scenario), []
    for cycle in cycles:
        reused.add(cycle, Stored(), set())

    def rerun(of):
        asked.append((of.first_cycle, of.cycles, dict(of.struck)))
        yield next(each for each in cycles if each.number == of.first_cycle)

    assert {probe.kind for probe in reused.reruns(rerun)} <= {"cold"}
    return asked


def a_cycle(number, *, incidents=("[]",), kind="", killed=""):
    from builders import STARTS

    from xsim.model import Failure

    failure = Failure(kind or "killed", "", hint=killed) if kind or killed else None
    outcome = Outcome.FAILED if failure else Outcome.OK
    at = STARTS + timedelta(minutes=number)
    return Cycle(number, at, at, outcome, failure=failure, incidents=incidents)


def test_it_is_the_last_cycle_that_ended_well_and_the_last_one_that_delivered():
    cycles = [
        a_cycle(1),
        a_cycle(2, incidents=('[{"name": "a"}]',)),
        a_cycle(3),
        a_cycle(4),
        a_cycle(5, kind="KeyError"),
    ]
    assert [number for number, _, _ in chosen(cycles, a_scenario())] == [2, 4]


def test_the_first_cycle_of_a_process_is_none_and_a_strike_before_it_counts():
    assert chosen([a_cycle(1)], a_scenario()) == []
    assert chosen([a_cycle(1), a_cycle(2, kind="died"), a_cycle(3)], a_scenario()) == []
    cycles = [a_cycle(1), a_cycle(2, killed="outage"), a_cycle(3)]
    assert chosen(cycles, a_scenario()) == [(3, 1, {"outage": 1})]


def test_what_comes_before_a_cycle_is_run_once_more_as_far_as_a_bound(tmp_path):
    text = COUNTS.replace("KEEP", LEAKS["a set in a module"])
    integration = an_integration(tmp_path, text, header="import demistomock as demisto\n")
    scenario = a_scenario(cycles=BEHIND + 12)
    probes = [each for each in simulate(integration, scenario, way="fork") if isinstance(each, Probe)]
    kinds = [each.kind for each in probes if each.kind != "ageing"]
    assert kinds == ["cold", "cold", "reused"]
    assert probes[-1].incidents != probes[-2].incidents


# --- with a vendor --------------------------------------------------------------------------------------------

WORLD = """
[clock]
cycles = 6
[params]
url = "https://vendor.example"
[identity]
event = "id"
time = "at"
[[streams]]
name = "s"
every = "25s"
id = "E-{n}"
"""
LIST = """
[[endpoints]]
path = "/events"
filters = [{param = "since", field = "at", op = ">"}]
order = ["at"]
"""
TOKEN_IN_A_MODULE = """
import json
import requests
from datetime import datetime
url = demisto.params()['url']
if not hasattr(requests, 'token'):
    requests.token = requests.post(url + '/login', json={'user': 'ann'}).json()['access_token']
    demisto.setIntegrationContext({'token': requests.token})
last = demisto.getLastRun()
events = requests.get(
    url + '/events',
    params={'since': last.get('since', '2024-05-14T09:29:00Z')},
    headers={'Authorization': 'Bearer ' + requests.token},
).json()
since = max([last.get('since', '2024-05-14T09:29:00Z'), *(e['at'] for e in events)])
demisto.setLastRun({'since': since, 'asked': datetime.utcnow().isoformat()})
demisto.incidents([{'name': e['id'], 'occurred': e['at'], 'rawJSON': json.dumps(e)} for e in events])
"""
LOGIN = '[[logins]]\npath = "/login"\nneeds = ["user"]\nlife = "1h"\nprefix = "Bearer "\n'
VENDOR_WITH_A_MEMORY = """
SHOWN = []
def answer(request, world):
    SHOWN.append(request.now)
    return [dict(event.record, place=len(SHOWN)) for event in world.events()][-2:]
"""
ASKS = """
import json
import requests
requests.asked = getattr(requests, 'asked', 0) + 1
events = requests.get(demisto.params()['url'] + '/events').json()
demisto.incidents([{'name': e['id'], 'occurred': e['at'], 'rawJSON': json.dumps(e)} for e in events])
"""
STOCK = """
import json
import requests
since = demisto.getLastRun().get('since', '2024-05-14T09:29:00Z')
events = requests.get(demisto.params()['url'] + '/events', params={'since': since}).json()
stock = requests.__dict__.setdefault('stock', [])
stock.extend(events)
demisto.setLastRun({'since': max([since, *(e['at'] for e in events)])})
demisto.incidents([{'name': e['id'], 'occurred': e['at'], 'rawJSON': json.dumps(e)} for e in stock[:2]])
del stock[:2]
"""


def with_vendor(folder, fetch, scenario, vendor=""):
    (folder / "xsim.toml").write_text(scenario, encoding="utf-8")
    (folder / "vendor.py").write_text(vendor, encoding="utf-8")
    (folder / "fetch.py").write_text(f"import demistomock as demisto\n# fetch-incidents\n{fetch}", encoding="utf-8")
    report = api.run(folder / "fetch.py", state=folder, supervised=True)
    return [each.cause for each in report.findings if each.code == "FC608"], list(report.journal.probes)


def test_a_token_in_a_module_moves_the_clock_of_a_new_process_and_nothing_else(tmp_path):
    causes, probes = with_vendor(tmp_path, TOKEN_IN_A_MODULE, f"{WORLD}{LIST}{LOGIN}")
    assert causes == []
    cold = [probe for probe in probes if probe.kind == "cold"]
    assert cold[0].requests == 2
    assert (
        cold[0].last_run_after["asked"].endswith("00.781472")
    )  # The run's own fetch asked once, and ended at .581472.


def test_a_vendor_that_keeps_what_xsim_cannot_put_back_is_no_leak_of_the_script_s(tmp_path):
    causes, probes = with_vendor(tmp_path, ASKS, f'vendor = "vendor.py:answer"\n{WORLD}', VENDOR_WITH_A_MEMORY)
    assert causes == []
    assert [probe.kind for probe in probes if probe.kind in ("cold", "reused")] == ["cold", "cold", "reused"]


def test_a_stock_of_events_in_a_module_is_found(tmp_path):
    causes, _ = with_vendor(tmp_path, STOCK, f"{WORLD}{LIST}".replace('"25s"', '"8s"'))
    assert causes in (["fewer-incidents"], ["more-incidents"])
