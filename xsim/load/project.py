"""Reads [tool.xsim] of the pyproject.toml around an integration: what holds for a whole project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from xsim.load.files import shown
from xsim.load.scenario_check import CHECK_KEYS, read_check
from xsim.load.scenario_clock import LIMITS, read_hang_limit, read_memory
from xsim.load.scenario_keys import TEXT, Key
from xsim.load.scenario_table import Source, Table
from xsim.load.scenario_text import parse_scenario, read_scenario_text
from xsim.model import CheckSettings

_OWN = ("baseline", "common_server", "marketplace")
KEYS = {**CHECK_KEYS, **LIMITS, **{name: Key(name, TEXT) for name in _OWN}}


@dataclass(frozen=True, slots=True)
class Project:
    """What a project says of all its integrations. Paths are as seen from the working folder."""

    path: Path
    check: CheckSettings = field(default_factory=CheckSettings)
    baseline: Path | None = None
    common_server: Path | None = None
    marketplace: str = ""
    hang_limit: timedelta | None = None
    memory: int | None = None
    """Bytes. Both hold where neither command line nor scenario says otherwise."""
    stated: tuple[str, ...] = ()
    """The keys that it states."""


def merged(project: CheckSettings, scenario: CheckSettings) -> CheckSettings:
    """What holds where both say something: the scenario's word, or both where one adds to the other."""
    others = {name: level for name, level in project.severity.items() if name not in scenario.severity}
    return replace(
        scenario,
        select=scenario.select or project.select,
        ignore=tuple(dict.fromkeys((*project.ignore, *scenario.ignore))),
        # The scenario's at the end: of two names for one rule the last one counts.
        severity={**others, **scenario.severity},
        fail_on=scenario.fail_on or project.fail_on,
        strict=project.strict if scenario.strict is None else scenario.strict,
        requests_per_cycle=scenario.requests_per_cycle or project.requests_per_cycle,
    )


def read_project(path: Path) -> Project | None:
    """What its [tool.xsim] says; None where it has none.

    Raises InvalidScenario, which names file, line and key, for whatever is wrong in that table.
    """
    text = read_scenario_text(path)
    tool = parse_scenario(path, text).get("tool")
    if not isinstance(tool, Mapping) or "xsim" not in tool:
        return None
    source = Source(path, text, datetime(2000, 1, 1, tzinfo=timezone.utc), {})
    return _project(path, Table(source, ("tool",), dict(tool)).table("xsim"))


def _project(path: Path, table: Table) -> Project:
    table = table.held_to(KEYS)
    return Project(
        path=Path(shown(path)),
        check=read_check(table),
        baseline=_path(path, table, "baseline"),
        common_server=_path(path, table, "common_server"),
        marketplace=table.filled_text("marketplace"),
        hang_limit=read_hang_limit(table),
        memory=read_memory(table),
        stated=tuple(key for key in KEYS if key in table),
    )


def _path(path: Path, table: Table, key: str) -> Path | None:
    return Path(shown(path.parent / table.filled_text(key))) if key in table else None
