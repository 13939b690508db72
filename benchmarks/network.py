"""One request with requests.get over https, a new session each time, 50 records: xsim against cheaper patches.

    python benchmarks/network.py --runs 7

Each row is a cycle with 400 requests less a cycle with none, so that starting the clock and the journal do not count.
"""

from __future__ import annotations

import argparse
import json
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import WAYS, Times, print_promise, print_table, rounds, scratch

REQUESTS = 400
FLOOR = "floor: HTTPAdapter.send patched, real clock"
FROZEN = "HTTPAdapter.send patched, clock frozen by freezegun"
XSIM = "xsim: below urllib3's retry loop, recorded, latency"
BODY = json.dumps(
    [
        {"id": f"e-{n}", "at": "2024-05-14T09:30:00Z", "text": "The agent saw what it should not. " * 8}
        for n in range(50)
    ]
).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with scratch() as folder:
        times = per_request(folder, options.runs)
    print_table(f"One request, {len(BODY):,} bytes of answer", times, base=FLOOR)
    own = times[XSIM].less(times[FLOOR])
    print()
    print_promise(
        "xsim's own share of a request",
        median_ms(own.wall),
        most=0.3,
        unit=" ms",
        more=f"; by CPU time {median_ms(own.cpu):.3g} ms; below what a frozen clock costs anyhow:"
        f" {median_ms(times[XSIM].less(times[FROZEN]).cpu):.3g} ms",
    )


def per_request(folder: Path, runs: int) -> dict[str, Times]:
    ways: dict[str, Callable[[int], object]] = {
        FLOOR: lambda count: patched(count),
        FROZEN: lambda count: frozen(count),
        XSIM: lambda count: with_xsim(folder, count),
    }
    cases = {
        (name, count): (lambda way=way, count=count: way(count))
        for name, way in ways.items()
        for count in (0, REQUESTS)
    }
    taken = rounds({f"{name}|{count}": case for (name, count), case in cases.items()}, runs=runs)
    return {name: taken[f"{name}|{REQUESTS}"].less(taken[f"{name}|0"]).scaled(1 / REQUESTS) for name in ways}


def patched(count: int) -> None:
    """The fetch's main() with requests answered at the adapter."""
    import requests

    original = requests.adapters.HTTPAdapter.send
    requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]
    try:
        loaded(count).main()
    finally:
        requests.adapters.HTTPAdapter.send = original  # type: ignore[method-assign]


def frozen(count: int) -> None:
    """The same under a clock that freezegun stopped."""
    import freezegun

    with freezegun.freeze_time("2024-05-14T09:30:00Z"):
        patched(count)


def send(self: Any, request: Any, **_: Any) -> Any:
    import io

    import requests
    from requests.structures import CaseInsensitiveDict

    response = requests.Response()
    response.status_code, response.reason, response.url, response.request = 200, "OK", request.url, request
    response.headers = CaseInsensitiveDict({"Content-Type": "application/json"})
    response.raw = io.BytesIO(BODY)
    response.connection = self
    return response


def loaded(count: int) -> Any:
    """The fetch as a module whose `demisto` is a bare one."""
    demisto = types.SimpleNamespace(params=lambda: {"count": str(count)}, incidents=lambda value: None)
    script: Any = types.ModuleType("script")
    text = (WAYS / "requests_fetch.py").read_text().replace("import demistomock as demisto\n", "")
    script.demisto = demisto
    exec(compile(text, "requests_fetch.py", "exec"), vars(script))
    return script


def with_xsim(folder: Path, count: int) -> None:
    """A run of one cycle, its journal in a scratch folder."""
    from datetime import timedelta

    from xsim import api
    from xsim.model import Outcome, Response, Settings

    script = folder / "requests_fetch.py"
    script.write_bytes((WAYS / script.name).read_bytes())
    report = api.run(
        script,
        vendor=lambda request, now: Response(200, (("Content-Type", "application/json"),), BODY),
        options=api.Options(
            cycles=1,
            fresh=True,
            params={"count": str(count)},
            state=folder / "state",
            settings=Settings(command_timeout=timedelta(hours=1), hang_limit=timedelta(minutes=5)),
        ),
    )
    [cycle] = report.journal.cycles
    assert cycle.outcome is Outcome.OK, cycle.failure
    assert len(cycle.exchanges) == count, f"{len(cycle.exchanges)} exchanges, not {count}"


def median_ms(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2] * 1e3


if __name__ == "__main__":
    main()
