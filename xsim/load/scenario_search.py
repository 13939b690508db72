"""Finds the scenario that lies beside an integration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xsim.errors import InvalidScenario
from xsim.load.files import shown

PLAIN_NAME = "xsim.toml"
SUFFIX = ".xsim.toml"


def find_scenario(integration_path: Path) -> Path | None:
    """`xsim.toml` or `<stem>.xsim.toml` beside the script (or in its package folder), else the only `*.xsim.toml`.

    A file whose `integration` names another script does not count. None: there is none. Several: InvalidScenario.
    """
    try:
        is_folder = integration_path.is_dir()
        folder = integration_path if is_folder else integration_path.parent
        entries = sorted(entry for entry in folder.iterdir() if entry.name.endswith(PLAIN_NAME) and entry.is_file())
    except (OSError, ValueError):
        return None  # Whether the integration is there at all is for its own loader to say.
    stem = integration_path.name if is_folder else integration_path.stem
    usable = [entry for entry in entries if entry.name == PLAIN_NAME or entry.name.endswith(SUFFIX)]
    mine = [entry for entry in usable if _is_for(entry, integration_path)]
    first = [entry for entry in mine if entry.name in (PLAIN_NAME, f"{stem}{SUFFIX}")]
    found = first or mine
    if len(found) > 1:
        names = ", ".join(entry.name for entry in found)
        raise InvalidScenario(
            f"{shown(folder)}: several scenarios for {integration_path.name}: {names}",
            hint='choose one with --scenario, or let each name its script: integration = "..."',
        )
    return found[0] if found else None


def integration_for(scenario: Path) -> Path:
    """What a scenario file is for: itself where it names an integration, `<stem>.py` beside it, else its folder."""
    if "integration" in _read(scenario):
        return scenario
    own = scenario.with_name(scenario.name.removesuffix(SUFFIX) + ".py")
    return own if scenario.name.endswith(SUFFIX) and own.is_file() else scenario.parent


def _is_for(scenario: Path, integration: Path) -> bool:
    """Whether the file names this script, or none. What cannot be read is complained of later."""
    named = _read(scenario).get("integration")
    if not isinstance(named, str):
        return True
    try:
        target, own = (scenario.parent / named).resolve(), integration.resolve()
    except (OSError, ValueError, RuntimeError):
        return True
    # A script may be named by its folder, its .py or its .yml.
    is_same_folder = own in (target, target.parent) or target == own.parent
    return is_same_folder or (own.parent == target.parent and own.stem == target.stem)


def _read(scenario: Path) -> dict[str, Any]:
    """What the file says; nothing where it cannot be read: that is complained of when it is loaded."""
    from xsim.load.scenario_text import parse_scenario, read_scenario_text

    try:
        return parse_scenario(scenario, read_scenario_text(scenario))
    except InvalidScenario:
        return {}
