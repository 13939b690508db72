"""Kills xsim at random moments and holds what is left to what an unkilled run leaves.

    python benchmarks/reliability_kills.py --times 500 --seed 1

Each run is a process of its own, forked from this one, which has xsim loaded already, so that next to all of its life
is cycles. It is killed by SIGKILL: every other time its whole group, else it alone. Then journal, last run and context
are valid and tell of the same cycle, and no process is left. A run that goes on takes the rest of the schedule, and is
killed in turn. In the end the lines of all cycles are those of a run that nobody killed, byte for byte; a journal's
header tells where it began, so that one differs on purpose. What xsim left is checked below a temporary folder only.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MARK = "XSIM_RELIABILITY_KILLS"
CYCLES = 120
SECONDS_TO_DIE = 3.0
"""What the script's process gets to follow xsim: it is killed by the system, and has yet to be cleared away."""

FETCH = """
import json, random, uuid
import demistomock as demisto
from CommonServerPython import *

def main():
    last_run = demisto.getLastRun()
    n = last_run.get('n', 0) + 1
    context = demisto.getIntegrationContext()
    demisto.setIntegrationContext({'sum': context.get('sum', 0) + n})
    events = [{'id': f'E-{n}-{k}', 'token': str(uuid.uuid4()), 'at': datetime.utcnow().isoformat()} for k in range(5)]
    demisto.incidents([{'name': each['id'], 'rawJSON': json.dumps(each)} for each in events])
    demisto.setLastRun({'n': n, 'chance': random.random(), 'text': 'x' * 500})

if demisto.command() == 'fetch-incidents':
    main()
"""
ASKING_FETCH = """
import json
import demistomock as demisto
from CommonServerPython import *

def main():
    client = BaseClient('https://vendor.example', verify=False)
    last_run = demisto.getLastRun()
    since = last_run.get('since') or arg_to_datetime('1 hour').strftime('%Y-%m-%dT%H:%M:%SZ')
    events = client._http_request('GET', '/events', params={'since': since, 'limit': 100})['items']
    events = [each for each in events if each['id'] not in last_run.get('ids', [])]
    demisto.incidents([{'name': each['id'], 'occurred': each['at'], 'rawJSON': json.dumps(each)} for each in events])
    latest = max([since, *(each['at'] for each in events)])
    ids = [each['id'] for each in events if each['at'] == latest]
    demisto.setLastRun({'since': latest, 'ids': ids or last_run.get('ids', [])})

if demisto.command() == 'fetch-incidents':
    main()
"""
SCENARIO = f"""
integration = "fetch.py"

[clock]
cycles = {CYCLES}
drain = 0

[identity]
event = "id"
time = "at"

[[streams]]
name = "events"
every = "20s"
count = {3 * CYCLES}
id = "E-{{n}}"
record = {{text = "The agent saw what it should not."}}

[[endpoints]]
path = "/events"
list_at = "items"
filters = [{{param = "since", field = "at"}}]
limit = {{param = "limit", default = 100, max = 100}}
"""


class WrongError(Exception):
    """What a kill left is not what it should be."""


class World:
    """An integration, and what a run of it writes that nobody kills."""

    def __init__(self, folder: Path, name: str, fetch: str, scenario: str, cycles: int) -> None:
        self.name, self.cycles = name, cycles
        self.has_scenario = bool(scenario)
        self._folder = folder / name.replace(" ", "-")
        self._folder.mkdir()
        self._script = self._folder / "fetch.py"
        self._script.write_text(fetch, encoding="utf-8")
        if scenario:
            (self._folder / "xsim.toml").write_text(scenario, encoding="utf-8")
        started = time.monotonic()
        pid = self.start("--cycles", str(cycles), state="unkilled")
        self.wait_for(self.state("unkilled") / "journal.jsonl")
        begun = time.monotonic()
        self.wait(pid)
        self.seconds, self.seconds_of_cycles = time.monotonic() - started, time.monotonic() - begun
        self.lines = cycle_lines(self.state("unkilled") / "journal.jsonl")
        assert sorted(self.lines) == list(range(1, cycles + 1)), "the run that nobody kills is whole"
        from xsim.record import read_journal

        cycles_of = read_journal(self.state("unkilled") / "journal.jsonl").cycles
        self.stored = {0: ({}, {}), **{each.number: (each.last_run_after, each.context_after) for each in cycles_of}}

    def state(self, name: str) -> Path:
        return self._folder / name / "fetch_instance_1"

    def start(self, *arguments: str, state: str) -> int:
        """The process that runs `xsim run` with these arguments."""
        command = ["xsim", "run", str(self._script), "--state", str(self._folder / state), "--format", "concise"]
        pid = os.fork()
        if pid:
            return pid
        try:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            sys.argv[:] = [*command, *arguments]
            from xsim.__main__ import main as run_command

            run_command()
        except SystemExit as left:
            os._exit(left.code if isinstance(left.code, int) else 0)
        finally:
            os._exit(70)

    def wait(self, pid: int) -> None:
        refuse_failure(os.waitpid(pid, 0)[1])

    def wait_for(self, path: Path) -> None:
        until = time.monotonic() + 10
        while not path.exists():
            if time.monotonic() > until:
                raise WrongError(f"{self.name}: a run writes no journal")
            time.sleep(0.0005)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("no scenario", "a scenario"), help="leave the other half out")
    options = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0" or MARK not in os.environ:
        # The mark stands in the environment that the system shows of this process and of all that it forks.
        os.environ.update({"PYTHONHASHSEED": "0", MARK: f"{os.getpid()}-{time.time_ns()}"})
        os.execv(sys.executable, [sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory(prefix="kills-") as name:
        kill_many(Path(name), options.times, options.cycles, options.seed, options.only)


def kill_many(folder: Path, times: int, cycles: int, seed: int, only: str | None) -> None:
    """Half of the kills in either world. Raises WrongError with the first thing that is not as it should be."""
    preload()
    temporary = folder / "tmp"
    temporary.mkdir()
    tempfile.tempdir = str(temporary)
    chance = random.Random(seed)
    worlds = ((f"{kind} scenario", fetch, text) for kind, fetch, text in (
        ("no", FETCH, ""), ("a", ASKING_FETCH, SCENARIO)
    ))  # fmt: skip
    for number, (name, fetch, scenario) in enumerate(worlds):
        if only not in (None, name):
            continue
        world = World(folder, name, fetch, scenario, cycles)
        share = times // 2 + (times % 2 if number == 0 else 0)
        told = kill(world, share, chance)
        print(
            f"{name}: {share} kills ({told['group']} of the group, {told['alone']} of xsim alone), of runs of {cycles}"
            f" cycles in {world.seconds:.2f} s; {told['before']} before its journal was there, {told['inside']} between"
            f" its cycles, {told['behind'] - told['ended']} behind the last; {told['whole']} schedules whole at last,"
            f" each the same byte for byte; {told['cut']} lines were cut off; 0 processes left"
        )
    left = len(list(temporary.iterdir()))
    print(f"folders of killed processes left in the temporary folder: {left}")


def preload() -> None:
    import dateparser  # noqa: F401
    import freezegun  # noqa: F401
    import requests  # noqa: F401

    import xsim.api
    import xsim.check
    import xsim.cli.run
    import xsim.load
    import xsim.record
    import xsim.report
    import xsim.simulate.supervisor  # noqa: F401


def kill(world: World, times: int, chance: random.Random) -> Counter[str]:
    """So many kills, in as many passes through the schedule as they take."""
    told: Counter[str] = Counter()
    journal = world.state("killed") / "journal.jsonl"
    found: dict[int, bytes] = {}
    done = 0
    while told["kills"] < times or done:
        before = first_line(journal)
        left = world.cycles - done
        pid = world.start(*beginning(world, done), "--cycles", str(left), state="killed")
        if told["kills"] >= times:
            world.wait(pid)
            told["ended"] += 1
        else:
            wait_at_random(pid, journal, before, world, left, chance)
            kill_now(pid, told)
        refuse_survivors()
        is_new = first_line(journal) != before
        last = hold(world, journal, found, told, is_looked_at=chance.random() < 0.5)
        told["before" if not is_new else "behind" if last == world.cycles else "inside"] += 1
        if not is_new:
            if done and last != done:
                raise WrongError(f"{world.name}: the old journal is there and ends with cycle {last}, not {done}")
            found = found if done else {}
            continue
        done = last
        if done == world.cycles:
            if found != world.lines:
                raise WrongError(f"{world.name}: the lines of all cycles are not those of the unkilled run")
            told["whole"] += 1
            found, done = {}, 0
    return told


def beginning(world: World, done: int) -> list[str]:
    """What makes the command start over, or go on."""
    if not done:
        return [] if world.has_scenario else ["--fresh"]
    return ["--continue"] if world.has_scenario else []


def wait_at_random(
    pid: int, journal: Path, before: tuple[bytes, int], world: World, left: int, chance: random.Random
) -> None:
    """Any moment of the process's life in one of five times, else any from its first line to the end of its last."""
    if chance.random() < 0.2:
        time.sleep(chance.random() * world.seconds)
        return
    until = time.monotonic() + 10
    while first_line(journal) == before and time.monotonic() < until:
        time.sleep(0.0005)
    time.sleep(chance.random() * 1.15 * world.seconds_of_cycles * left / world.cycles)


def kill_now(pid: int, told: Counter[str]) -> None:
    if told["kills"] % 2:
        os.kill(pid, signal.SIGKILL)
    else:
        with suppress(ProcessLookupError):  # It has no group of its own yet.
            os.killpg(pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
    told["alone" if told["kills"] % 2 else "group"] += 1
    told["kills"] += 1
    _, status = os.waitpid(pid, 0)
    if not os.WIFSIGNALED(status):
        # It had ended by itself, so nothing was killed.
        refuse_failure(status)
        told["kills"] -= 1
        told["alone" if told["kills"] % 2 else "group"] -= 1
        told["ended"] += 1


def refuse_failure(status: int) -> None:
    """A run that ends by itself judges what it saw, whatever was killed before it."""
    if os.WIFSIGNALED(status) or os.WEXITSTATUS(status) not in (0, 1, 3):
        raise WrongError(f"a run that nobody killed ended with wait status {status}")


def hold(world: World, journal: Path, found: dict[int, bytes], told: Counter[str], *, is_looked_at: bool) -> int:
    """Hold the state folder to the unkilled run. Gives the last cycle that it knows.

    `is_looked_at`: by an xsim that catches up here; otherwise the next command is the first to see what the kill left.
    """
    from xsim.record import State, read_journal

    for name in ("last_run.json", "integration_context.json", "state.json"):
        with suppress(FileNotFoundError):
            json.loads((journal.parent / name).read_text(encoding="utf-8"))
    if not journal.exists():
        return 0
    told["cut"] += not journal.read_bytes().endswith(b"\n")
    read = read_journal(journal)
    last = [read.scenario.first_cycle - 1, *(each.number for each in read.cycles)][-1]
    for number, line in cycle_lines(journal).items():
        if world.lines.get(number) != line:
            raise WrongError(
                f"{world.name}: cycle {number} is not as in the unkilled run:\n{line!r}\n{world.lines.get(number)!r}"
            )
        found[number] = line
    # What counts is behind the cycles of the journal; those of a run that was started over do not.
    for number in [each for each in found if each > last]:
        del found[number]
    if is_looked_at:
        with State(journal.parent) as state:
            stored = (state.last_run, state.context)
        if stored != world.stored[last]:
            raise WrongError(f"{world.name}: behind cycle {last} is stored {stored}, expected {world.stored[last]}")
    return last


def cycle_lines(journal: Path) -> dict[int, bytes]:
    """The whole lines of the journal's cycles by their number."""
    lines = [each for each in journal.read_bytes().splitlines(keepends=True) if each.startswith(b'{"cycle"')]
    return {json.loads(each)["cycle"]["number"]: each for each in lines if each.endswith(b"\n")}


def first_line(path: Path) -> tuple[bytes, int]:
    """The header, and which file it stands in."""
    with suppress(FileNotFoundError), open(path, "rb") as file:
        return file.readline(), os.fstat(file.fileno()).st_ino
    return b"", 0


def refuse_survivors() -> None:
    until = time.monotonic() + SECONDS_TO_DIE
    while left := list(marked_processes()):
        if time.monotonic() > until:
            raise WrongError(f"{len(left)} processes are left: {left}")
        time.sleep(0.005)


def marked_processes() -> Iterator[int]:
    """Those that carry the mark of this one; who is dead and not yet cleared away shows no environment."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


if __name__ == "__main__":
    main()
