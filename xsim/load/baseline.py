"""Reads a baseline: the findings that a project has accepted, by integration and fingerprint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from xsim.errors import InvalidScenario
from xsim.findings import BASELINE_FORMAT
from xsim.load.files import shown
from xsim.load.scenario_text import read_scenario_text


def read_baseline(path: Path) -> dict[str, dict[str, str]]:
    """Of each integration's name: fingerprints of accepted findings, with the rule that each is of.

    Raises InvalidScenario for a file that is no baseline of xsim's.
    """
    if not path.exists():
        hint = "`xsim baseline write` makes one, and --no-baseline does without"
        raise InvalidScenario(f"{shown(path)}: no such file, and a baseline is expected there", hint=hint)
    text = read_scenario_text(path)
    try:
        values: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _foreign(path, f"not valid JSON ({error})") from error
    version = values.get("xsim_baseline") if isinstance(values, dict) else None
    if not isinstance(version, int):
        raise _foreign(path, "found no 'xsim_baseline' in it")
    if version > BASELINE_FORMAT:
        raise InvalidScenario(
            f"{shown(path)}: a baseline of format {version}, and this xsim reads {BASELINE_FORMAT}",
            hint="use the xsim that wrote it, or a newer one",
        )
    integrations = values.get("integrations")
    if not isinstance(integrations, dict) or not all(_are_texts(each) for each in integrations.values()):
        raise _foreign(path, "'integrations' does not hold fingerprints")
    return integrations


def _are_texts(held: Any) -> bool:
    return isinstance(held, dict) and all(isinstance(each, str) for each in held.values())


def _foreign(path: Path, found: str) -> InvalidScenario:
    return InvalidScenario(
        f"{shown(path)}: not a baseline of xsim's: {found}", hint="`xsim baseline write` makes one from a run"
    )
