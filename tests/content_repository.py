"""The sample content repository, as it is and with one faulty integration, for tests of all that runs on it."""

from __future__ import annotations

import shutil
from pathlib import Path

SAMPLE = Path(__file__).parent.parent / "fixtures" / "content-repo"
LIFT_MONITOR = "Packs/LiftMonitor/Integrations/LiftMonitor"
PARCEL_LOCKER = "Packs/ParcelLocker/Integrations/ParcelLocker"
GREENHOUSE = "Packs/GreenhouseClimate/Integrations/GreenhouseClimate"
SCENARIOS = sorted(f"{folder}/xsim.toml" for folder in (LIFT_MONITOR, PARCEL_LOCKER, GREENHOUSE))


def copy_of_repository(folder: Path, *, is_faulty: bool = False) -> Path:
    """A copy below `folder`; in a faulty one the lift monitor forgets which ids it delivered already."""
    copy = folder / ("faulty" if is_faulty else "sample")
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns(".xsim", "__pycache__"))
    if is_faulty:
        script = copy / LIFT_MONITOR / "LiftMonitor.py"
        text = script.read_text(encoding="utf-8")
        assert "if alarm['id'] not in known]" in text
        script.write_text(text.replace("if alarm['id'] not in known]", "]"), encoding="utf-8")
    return copy


def files_of(repository: Path) -> list[str]:
    """Every file as git would name it."""
    return sorted(path.relative_to(repository).as_posix() for path in repository.rglob("*") if path.is_file())
