"""A simulated day against the simulated vendor: 1,440 cycles, two requests a cycle, 5 events a minute; and its probes.

    python benchmarks/vendor_day.py --runs 3

The second world has a vendor that lists one event in a hundred late, so that the fetch loses some: what the probes add
is the difference. Whole processes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from measure import print_promise, print_ratio, print_table, processes, python, scratch

SCRIPT = """
import json

import demistomock as demisto
from CommonServerPython import *


class Client(BaseClient):
    def list(self, path, since):
        return self._http_request('GET', path, params={'since': since, 'limit': 100})['items']


def main():
    client = Client('https://vendor.example', verify=False)
    last_run = demisto.getLastRun()
    since = last_run.get('since') or arg_to_datetime('1 hour').strftime('%Y-%m-%dT%H:%M:%SZ')
    client.list('/status', since)
    events = client.list('/events', since)
    demisto.incidents([{'name': each['id'], 'occurred': each['at'], 'rawJSON': json.dumps(each)} for each in events])
    demisto.setLastRun({'since': max([since, *(each['at'] for each in events)])})


if demisto.command() == 'fetch-incidents':
    main()
"""
SCENARIO = """
integration = "day.py"

[clock]
cycles = 1440

[identity]
event = "id"
time = "at"

[[streams]]
name = "events"
every = "12s"
lag = LAG
id = "E-{n}"
record = {text = "The agent saw what it should not."}

[[endpoints]]
path = "/events"
list_at = "items"
filters = [{param = "since", field = "at", op = ">"}]
order = ["at"]
limit = {param = "limit", default = 50, max = 100}

[[endpoints]]
kind = "fixed"
path = "/status"
extra = {items = []}
"""
WORLDS = {
    "nothing is lost": '"1s"',
    "one event in a hundred is listed late": '{usual = "1s", long = "5m", chance = 0.01}',
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with scratch() as folder:
        rows = {name: command_for(folder / str(number), lag) for number, (name, lag) in enumerate(WORLDS.items())}
        times = processes(rows, runs=options.runs, good_exits=(0, 1))
    clean, probed = (times[name] for name in WORLDS)
    print_table("A day against the simulated vendor, whole processes", times, base=next(iter(WORLDS)), unit="s")
    print()
    print_promise("a day with two requests a cycle", sorted(clean.wall)[len(clean.wall) // 2], most=4, unit=" s")
    print_ratio("with probes / without", probed, clean, most=2)


def command_for(folder: Path, lag: str) -> list[str]:
    folder.mkdir()
    (folder / "day.py").write_text(SCRIPT, encoding="utf-8")
    scenario = folder / "xsim.toml"
    scenario.write_text(SCENARIO.replace("LAG", lag), encoding="utf-8")
    return python("-m", "xsim", "run", scenario, "--format", "json")


if __name__ == "__main__":
    main()
