"""`xsim hook`: what the pre-commit hook runs. From changed files to the scenarios that they concern, and the suite.

A file that no scenario has to do with is passed over in silence: most files of a repository are such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from xsim.cli.suite import command as suite
from xsim.errors import XsimError

if TYPE_CHECKING:
    from xsim.suite import Task

CODE = (".py", ".yml", ".yaml")
TEST = re.compile(r"(^test_.*|.*_test|^conftest)\.py$")


def hook(files: tuple[Path, ...], **given: Any) -> None:
    """Run the scenarios that FILES have to do with: their own, and those of the integrations that import them.

    \b
    xsim hook Packs/Vendor/Integrations/Vendor/Vendor.py
    """
    scenarios = scenarios_for(files)
    if not scenarios:
        return
    assert suite.callback is not None
    if given["format_"] != "text":
        suite.callback(paths=tuple(scenarios), **given)
        return
    with TemporaryDirectory(prefix="xsim-") as folder:
        lines = Path(folder) / "findings"
        outputs = (*given.pop("outputs"), f"concise:{lines}")
        try:
            suite.callback(paths=tuple(scenarios), outputs=outputs, **given)
        finally:
            _show_findings(lines)


def _show_findings(lines: Path) -> None:
    """Behind the table a line a finding: the suite's table names codes alone, and a hook has no report to open."""
    text = lines.read_text(encoding="utf-8").rstrip() if lines.is_file() else ""
    if text:
        click.echo(f"\n{text}")


command = click.Command(
    "hook",
    callback=hook,
    params=[click.Argument(["files"], nargs=-1, type=click.Path(path_type=Path)), *suite.params[1:]],
    help=hook.__doc__,
    hidden=True,
)
"""It takes the options of `xsim suite`, whose work it does."""


def scenarios_for(files: Sequence[Path]) -> list[Path]:
    """The scenarios at or below the working folder that a change of these files concerns, in order of path."""
    changed = []
    for file in files:
        if not file.exists():
            raise XsimError(f"{file.as_posix()}: no such file")
        if file.suffix == ".toml" or (file.suffix in CODE and not TEST.match(file.name)):
            changed.append(file.resolve())
    if not changed:
        return []
    tasks = _tasks(changed)
    targets = {task.scenario: _target(task) for task in tasks}
    scripts = {path for path in targets.values() if path.is_file()}
    return [task.scenario for task in tasks if _is_concerned(task.scenario, targets[task.scenario], scripts, changed)]


def _tasks(changed: Sequence[Path]) -> tuple[Task, ...]:
    """All scenarios of the repository that the hook stands in, and those beside files elsewhere."""
    from xsim.suite import tasks_under

    here = Path.cwd().resolve()
    outside = [file.parent for file in changed if here not in file.parents]
    found: list[Task] = []
    for folder in (Path(), *outside):
        try:
            found += tasks_under([folder])
        except XsimError:  # No scenario there: nothing to run, and nothing wrong.
            continue
    return tuple({task.scenario.resolve(): task for task in found}.values())


def _target(task: Task) -> Path:
    """The script or package folder that a scenario is for, links followed."""
    from xsim import api

    if task.integration != task.scenario:
        return task.integration.resolve()
    try:
        return api.find(task.scenario, api.Options()).integration.resolve()
    except XsimError:  # What is wrong with it is told when it is run.
        return task.scenario.parent.resolve()


def _is_concerned(scenario: Path, target: Path, scripts: set[Path], changed: Sequence[Path]) -> bool:
    own = scenario.resolve()
    home = target if target.is_dir() else target.parent
    beside = [file for file in changed if file.suffix in CODE and file.parent in (home, own.parent)]
    if own in changed or any(_belongs_to(target, file, scripts) for file in beside):
        return True
    modules = [file.stem for file in changed if file.suffix == ".py" and file.parent.name == file.stem != home.name]
    return bool(modules) and _imports(target, modules)


def _belongs_to(target: Path, file: Path, scripts: set[Path]) -> bool:
    """Whether a file beside an integration is a part of it, rather than another integration of the same folder."""
    owners = {script for script in scripts if script.parent == file.parent and script.stem == file.stem}
    return target.is_dir() or not owners or target in owners


def _imports(target: Path, modules: Sequence[str]) -> bool:
    """Whether the script's text imports one of the modules: an ApiModule, CommonServerPython."""
    names = "|".join(map(re.escape, modules))
    statement = re.compile(rf"^\s*(?:from|import)\s+(?:{names})\b", re.MULTILINE)
    return any(statement.search(text) for text in _texts(target))


def _texts(target: Path) -> Iterator[str]:
    paths = [target] if target.is_file() else sorted(path for path in target.iterdir() if path.suffix in CODE)
    for path in paths:
        try:
            yield path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # What cannot be read is complained of by the run.
            continue
