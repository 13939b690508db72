"""One run of a made-up fetch, with xsim or in a bare loop, in a process of its own; prints what it took as JSON.

own_work_once.py WAY FETCH CYCLES INCIDENTS STATE: WAY is bare, run, simulate, record or check; FETCH a file of ways/.
"""

import json
import resource
import sys
import time
import types
from pathlib import Path

REAL = (time.perf_counter, time.process_time)


def main(way, fetch, cycles, count, state):
    prepare = {"bare": bare, "run": run, "simulate": simulate, "record": record, "check": check}[way]
    go = prepare(fetch, cycles, count, state)
    before = memory()
    wall, cpu = REAL[0](), REAL[1]()
    go()
    cpu, wall = REAL[1]() - cpu, REAL[0]() - wall
    print(json.dumps({"wall": wall, "cpu": cpu, "before": before, "after": memory()}))


def memory():
    """The largest resident size so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def bare(fetch, cycles, count, state):
    """main() of the loaded script in a loop, with a platform that only keeps the last value."""
    import xsim.commonserver

    sys.path.insert(0, str(Path(xsim.commonserver.__file__).parent))
    kept = types.SimpleNamespace(last_run={})
    demisto = sys.modules["demistomock"] = types.ModuleType("demistomock")
    demisto.params = lambda: {"count": str(count)}
    demisto.args = dict
    demisto.command = lambda: "fetch-incidents"
    demisto.getLastRun = lambda: kept.last_run
    demisto.setLastRun = lambda value: setattr(kept, "last_run", value)
    demisto.incidents = lambda value: setattr(kept, "incidents", value)
    demisto.callingContext = {"context": {}, "params": {"count": str(count)}}
    for name in ("debug", "info", "error", "log", "results"):
        setattr(demisto, name, lambda *_: None)
    demisto.demistoVersion = lambda: {"version": "6.13.0", "buildNumber": "1", "platform": "xsoar"}
    sys.modules["demisto"] = demisto
    script = types.ModuleType("script")
    exec(compile(fetch.read_text(), str(fetch), "exec"), vars(script))
    if "requests" in fetch.read_text():
        import world

        world.answer_at_adapter(lambda: events(count))

    def go():
        for _ in range(cycles):
            script.main()

    return go


def events(count):
    return json.dumps(
        [{"id": f"e-{n}", "text": "The agent saw what it should not. " * 8} for n in range(count)]
    ).encode()


def options_of(cycles, count, state):
    from xsim.api import Options

    return Options(cycles=cycles, params={"count": str(count)}, state=state, fresh=True)


def vendor_of(count):
    from xsim.model import Response

    body = events(count)
    return lambda request, now: Response(200, (("Content-Type", "application/json"),), body)


def run(fetch, cycles, count, state):
    """All that a run is: schedule, journal, rules."""
    from xsim import api

    return lambda: api.run(fetch, vendor=vendor_of(count), options=options_of(cycles, count, state))


def simulate(fetch, cycles, count, state):
    """The schedule alone; nothing is written."""
    from xsim import api
    from xsim.simulate import simulate

    integration, scenario = api.load(fetch, options_of(cycles, count, state))

    def go():
        for _ in simulate(integration, scenario, vendor=vendor_of(count)):
            pass

    return go


def record(fetch, cycles, count, state):
    """The schedule and its journal."""
    from xsim import api
    from xsim.record import record
    from xsim.simulate import simulate

    integration, scenario = api.load(fetch, options_of(cycles, count, state))
    state.mkdir(parents=True, exist_ok=True)
    happenings = simulate(integration, scenario, vendor=vendor_of(count))
    return lambda: record(integration, scenario, happenings, into=state / "journal.jsonl", version="benchmark")


def check(fetch, cycles, count, state):
    """The rules alone, on a journal that is there."""
    from xsim import api

    record(fetch, cycles, count, state)()
    options = options_of(cycles, count, state)
    return lambda: api.check_journal(state / "journal.jsonl", options)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
