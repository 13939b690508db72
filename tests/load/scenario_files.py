"""Scenario files written by a test: the text names only what matters to it."""

from pathlib import Path

import pytest

from xsim.errors import InvalidScenario
from xsim.load import load_scenario
from xsim.model import ScenarioFile

EVENT = (
    '[identity]\nevent = "id"\ntime = "created"\n[[events]]\nrecord = {id = "A-1", created = "2024-05-14T09:29:00Z"}\n'
)
ENDPOINT = '[identity]\ntime = "created"\n[[endpoints]]\npath = "/alerts"\n'


def loaded(folder: Path, text: str, **instead) -> ScenarioFile:
    """The file `xsim.toml` of the folder, with this text."""
    path = folder / "xsim.toml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path, **instead)


def refusal(folder: Path, text: str, **instead) -> str:
    """What is said of the text: from the line number on, and behind " | " the hint."""
    with pytest.raises(InvalidScenario) as caught:
        loaded(folder, text, **instead)
    place, _, rest = caught.value.message.partition("xsim.toml:")
    assert not place or place.endswith("/")
    return rest + (f" | {caught.value.hint}" if caught.value.hint else "")
