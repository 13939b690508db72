"""The vendor that every way of running HelloWorld talks to, and the platform's side where xsim does not play it."""

from __future__ import annotations

import io
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

STARTS = 1_715_679_000
"""2024-05-14T09:30:00Z, the first simulated minute, in seconds since 1970."""
URL = "https://vendor.example"
LIST_URL = f"{URL}/api/v1/get_alerts"
PARAMS: dict[str, Any] = {
    "url": URL,
    "apikey": "a-long-made-up-key",
    "min_severity": "Low",
    "max_fetch": "200",
    "first_fetch": "3 days",
    "proxy": False,
    "insecure": True,
}


class Alerts:
    """Answers each listing with `count` alerts that were created just now, under ids that were never used before."""

    def __init__(self, count: int) -> None:
        rows = [
            f'{{"name": "Alert {i}", "alert_type": "Malware", "alert_status": "ACTIVE", "severity": "{severity(i)}",'
            f' "created": CREATED, "alert_id": "LISTING-{i}", "src": "10.0.{i // 250}.{i % 250}",'
            f' "host": "host-{i}.vendor.example", "description": "{"The agent saw what it should not. " * 4}"}}'
            for i in range(count)
        ]
        self._template = f"[{', '.join(rows)}]".encode()
        self._listings = 0

    def body(self, now: int) -> bytes:
        """The listing at `now`, in seconds since 1970."""
        self._listings += 1
        return self._template.replace(b"CREATED", b"%d" % now).replace(b"LISTING", b"listing%d" % self._listings)


def severity(number: int) -> str:
    return ("Low", "High")[number % 2]


class Platform:
    """What a loop of one's own keeps of the platform: params, last run, and what the fetch handed over."""

    def __init__(self) -> None:
        self.last_run: Any = {}
        self.incidents: Any = None

    def play(self, demisto: Any) -> None:
        """Let the mock's functions that a fetch calls lead here."""
        demisto.params = lambda: PARAMS
        demisto.args = dict
        demisto.command = lambda: "fetch-incidents"
        demisto.getLastRun = lambda: self.last_run
        demisto.setLastRun = lambda value: setattr(self, "last_run", value)
        demisto.incidents = lambda value=None: setattr(self, "incidents", value)
        for name in ("debug", "info", "error", "log", "results"):
            setattr(demisto, name, lambda *_: None)


def make_importable(content: Path) -> None:
    """Put the checkout's mock, CommonServerPython and HelloWorld on the path, as its own tests do."""
    warnings.simplefilter("ignore")
    for folder in ("Tests/demistomock", *map(str, (common_server(Path()).parent, hello_world(Path())))):
        sys.path.append(str(content / folder))
    sys.modules["CommonServerUserPython"] = types.ModuleType("CommonServerUserPython")
    if sys.version_info >= (3, 12):
        # The library of 2022 imports what the standard library no longer has.
        version = types.ModuleType("distutils.version")
        version.LooseVersion = str  # type: ignore[attr-defined]
        sys.modules |= {"distutils": types.ModuleType("distutils"), "distutils.version": version}


def hello_world(content: Path) -> Path:
    return content / "Packs/HelloWorld/Integrations/HelloWorld"


def common_server(content: Path) -> Path:
    return content / "Packs/Base/Scripts/CommonServerPython/CommonServerPython.py"


def answer_at_adapter(body: Callable[[], bytes]) -> None:
    """Answer at HTTPAdapter.send, the cheapest place: all above it (session, redirects, json) is the real thing."""
    import requests
    from requests.structures import CaseInsensitiveDict

    def send(self: Any, request: Any, **_: Any) -> Any:
        response = requests.Response()
        response.status_code, response.reason, response.url, response.request = 200, "OK", request.url, request
        response.headers = CaseInsensitiveDict({"Content-Type": "application/json"})
        response.encoding = "utf-8"
        response.raw = io.BytesIO(body())
        response.connection = self
        return response

    requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]
