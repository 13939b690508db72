"""Runs one scenario a thousand times in one process and looks for what stays behind.

    python benchmarks/reliability_leaks.py --runs 1000

First with the script in xsim's own process, then in one of its own. Behind each run are compared: threads, open files,
child processes, temporary files, and what each name of the modules and classes means that a run patches, in their own
modules and where somebody else had imported it from there before. Memory and objects are compared behind the first
tenth, which fills caches, and at the end.
"""

from __future__ import annotations

import argparse
import atexit
import builtins
import ctypes
import datetime
import gc
import http.client
import json
import locale
import logging
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from reliability_kills import ASKING_FETCH, SCENARIO

MOST_MEMORY = 2 * 2**20
"""Bytes by which the resident size may differ, without what the C library keeps free for later."""
MOST_OBJECTS = 200
MOST_BLOCKS = 2000
CYCLES = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--way", choices=("here", "apart"), help="one of the two alone, in this process")
    options = parser.parse_args()
    if options.way is None:
        for way in ("here", "apart"):
            command = [sys.executable, __file__, "--way", way, "--runs", str(options.runs)]
            subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})
        return
    with tempfile.TemporaryDirectory(prefix="leaks-") as name:
        found = run_many(Path(name), options.runs, supervised=options.way == "apart")
    if found:
        sys.exit("\n".join(found))


def run_many(folder: Path, runs: int, *, supervised: bool) -> list[str]:
    """What stayed behind, in words; nothing where nothing did."""
    script = prepared(folder)
    # Once for nothing: the one imports what it looks at, the list of the other makes the allocator keep its room.
    meanings(), sizes()
    for _ in range(2):
        one_run(script, supervised=supervised)
    first, names = counts(), meanings()
    found: list[str] = []
    warm: dict[str, int] = {}
    started = time.perf_counter()
    for number in range(1, runs + 1):
        one_run(script, supervised=supervised)
        # Anything else is as it was behind each of the runs; what is counted in bytes settles.
        found += changed(f"behind run {number}", first, counts()) + different(f"behind run {number}", names, meanings())
        if found:
            return found[:20]
        if number == max(1, runs // 10):
            warm = sizes()
    last = sizes()
    grown = {name: last[name] - warm[name] for name in last}
    spent = time.perf_counter() - started
    place = "a process of its own" if supervised else "xsim's own process"
    print(
        f"{runs} runs of {CYCLES} cycles, the script in {place}: {last['memory'] / 2**20:.1f} MB,"
        f" {grown['memory'] / 2**10:+.0f} kB and {grown['objects']:+d} objects,"
        f" {grown['blocks']:+d} blocks since run {max(1, runs // 10)};"
        f" {', '.join(f'{value} {name}' for name, value in counts().items())} as before;"
        f" {len(names):,} names mean what they meant; {spent:.0f} s"
    )
    if grown["memory"] > MOST_MEMORY:
        found.append(f"the memory grew by {grown['memory']:,} bytes")
    if grown["objects"] > MOST_OBJECTS:
        found.append(f"{grown['objects']} objects more")
    if grown["blocks"] > MOST_BLOCKS:
        found.append(f"{grown['blocks']} blocks of memory more")
    return found


def prepared(folder: Path) -> Path:
    script = folder / "integration" / "fetch.py"
    script.parent.mkdir()
    script.write_text(ASKING_FETCH, encoding="utf-8")
    scenario = SCENARIO.replace("[clock]\ncycles", f"[clock]\ncycles = {CYCLES}\n#")
    (script.parent / "xsim.toml").write_text(scenario, encoding="utf-8")
    temporary = folder / "temporary"
    temporary.mkdir()
    tempfile.tempdir = str(temporary)
    return script


def one_run(script: Path, *, supervised: bool) -> None:
    import xsim

    report = xsim.run(script, supervised=supervised)
    assert sum(len(cycle.incidents) for cycle in report.journal.cycles) >= CYCLES, "it fetches"


def counts() -> dict[str, int]:
    """What there must not be one more of."""
    return {
        "threads": threading.active_count(),
        "open files": len(os.listdir("/proc/self/fd")),
        "children": len(Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()),
        "temporary files": len(os.listdir(tempfile.gettempdir())),
        "exit functions": atexit._ncallbacks(),
        "modules": len(sys.modules),
    }


def sizes() -> dict[str, int]:
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
        "objects": len(gc.get_objects()),
        "blocks": sys.getallocatedblocks(),
    }


def meanings() -> dict[str, Any]:
    """Each name that a run may patch, and what it means now."""
    import requests
    import urllib3

    held: list[ModuleType | type] = [
        time, datetime, socket, random, os, uuid, json, ssl, builtins, tempfile, http.client, threading, logging,
        signal, warnings, subprocess, requests, requests.adapters, requests.sessions, requests.api, requests.models,
        urllib3.connection, urllib3.connectionpool, urllib3.util.retry, urllib3.util.connection, sys.modules[__name__],
        requests.Session, requests.adapters.HTTPAdapter, urllib3.connectionpool.HTTPConnectionPool,
        urllib3.connectionpool.HTTPSConnectionPool, urllib3.connection.HTTPConnection, http.client.HTTPConnection,
        http.client.HTTPSConnection, socket.socket, threading.Thread, subprocess.Popen, logging.Logger,
    ]  # fmt: skip
    found: dict[str, Any] = {}
    for each in held:
        own = f"{each.__module__}." if isinstance(each, type) else ""
        found |= {f"{own}{each.__name__}.{name}": value for name, value in vars(each).items() if name[:2] != "__"}
    for name in ("stdin", "stdout", "stderr", "excepthook", "displayhook", "path", "meta_path", "path_hooks", "argv"):
        found[f"sys.{name}"] = getattr(sys, name)
    return {**found, **texts()}


def texts() -> dict[str, Any]:
    """What is compared by its value."""
    mask = os.umask(0o022)
    os.umask(mask)
    return {
        "environment": repr(sorted(os.environ.items())),
        "folder": os.getcwd(),
        "umask": mask,
        "time zone": time.tzname,
        "locale": locale.setlocale(locale.LC_ALL),
        "sys.path's items": tuple(sys.path),
        "sys.meta_path's items": tuple(map(id, sys.meta_path)),
        "filters of warnings": repr(warnings.filters),
        "handlers of signals": tuple(map(signal.getsignal, sorted(signal.valid_signals()))),
        "handlers of logging": repr((logging.root.handlers, logging.root.level, logging.root.manager.disable)),
        "chance": hash(random.getstate()),
        "recursion limit": sys.getrecursionlimit(),
        "collector": (gc.isenabled(), gc.get_threshold()),
        "trace": (sys.gettrace(), sys.getprofile()),
    }


def changed(when: str, before: dict[str, int], after: dict[str, int]) -> list[str]:
    return [f"{when}: {after[name]} {name}, there were {before[name]}" for name in before if after[name] > before[name]]


def different(when: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    told = [f"{when}: '{name}' is new or gone" for name in before.keys() ^ after.keys()]
    for name in before.keys() & after.keys():
        if before[name] is not after[name] and before[name] != after[name]:
            told.append(f"{when}: '{name}' was {before[name]!r}, is {after[name]!r}"[:300])
    return told


if __name__ == "__main__":
    main()
