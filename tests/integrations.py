"""Integrations for tests, from a few lines of text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from xsim.integration import Integration, Parameters
from xsim.load import load_integration
from xsim.model import Cycle, Probe, Scenario, Settings
from xsim.simulate import simulate

START = datetime(2024, 5, 14, 9, 30, 0, 381472, tzinfo=timezone.utc)
HEADER = "import demistomock as demisto\nfrom CommonServerPython import *\n"


def an_integration(folder: Path, fetch: str, *, name: str = "integration.py", header: str = HEADER) -> Integration:
    """An integration whose fetch is the given text; 'fetch-incidents' stands in it as a comment would."""
    path = folder / name
    path.write_text(f"{header}COMMAND = 'fetch-incidents'\n{textwrap.dedent(fetch)}\n", encoding="utf-8")
    return load_integration(path)


def a_scenario(
    *, cycles: int = 3, params: dict | None = None, secrets: Sequence[str] = (), settings: dict | None = None, **more
) -> Scenario:
    return Scenario(
        starts=more.pop("starts", START),
        cycles=cycles,
        interval=more.pop("interval", timedelta(minutes=1)),
        parameters=Parameters(params or {}, secrets=tuple(secrets)),
        settings=Settings(**(settings or {})),
        **more,
    )


def cycles_of(folder: Path, fetch: str, *, vendor=None, **scenario) -> list[Cycle]:
    """The cycles of a run of that fetch; probes are left out."""
    happenings = simulate(an_integration(folder, fetch), a_scenario(**scenario), vendor=vendor)
    return [each for each in happenings if isinstance(each, Cycle)]


def probes_of(folder: Path, fetch: str, **scenario) -> list[Probe]:
    happenings = simulate(an_integration(folder, fetch), a_scenario(**scenario))
    return [each for each in happenings if isinstance(each, Probe)]


def logged(cycle: Cycle) -> list[str]:
    return [line.text for line in cycle.log]
