"""A rule's example: its files, and what comes out when the bad one runs. For `xsim explain` and the rules' pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xsim.findings import Report

EXAMPLES = Path(__file__).parents[1] / "examples"
COMMON_SERVER = Path(__file__).parents[1] / "commonserver"
"""xsim's own, so that no content checkout changes what is shown."""
FILES = ("bad.py", "bad.yml", "good.py", "good.yml", "xsim.toml")
CYCLES = (8, 20)
"""How many an example without a scenario runs: some rules judge a long run only."""
APART = ("FC608",)
"""Rules whose example needs processes of its own, whoever watches."""


def files_of(code: str) -> dict[str, str]:
    """The example's files by name, those that it has."""
    paths = [EXAMPLES / code / name for name in FILES]
    return {path.name: path.read_text(encoding="utf-8") for path in paths if path.is_file()}


@contextmanager
def ran(code: str) -> Iterator[Report | None]:
    """The report of the bad example's run, None where there is no example. Its journal goes with the block.

    It runs on a copy: where xsim is installed within a project, that project's settings are not the example's.
    """
    files = files_of(code)
    if "bad.py" not in files:
        yield None
        return
    with TemporaryDirectory(prefix="xsim-") as folder:
        home = Path(folder) / code
        home.mkdir()
        for name, text in files.items():
            (home / name).write_text(text, encoding="utf-8")
        yield _report(home)


def _report(home: Path) -> Report:
    from xsim import api

    has_scenario = (home / "xsim.toml").is_file()
    supervised = True if home.name in APART else None
    options = api.Options(fresh=True, state=home / "state", common_server=COMMON_SERVER, supervised=supervised)
    for cycles in (None,) if has_scenario else CYCLES:
        report = api.run(home / "bad.py", options=options, cycles=cycles)
        if any(finding.code == home.name for finding in report.findings):
            break
    return report
