"""Which files a run reads, and whether one of them has changed: for `xsim run --watch`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xsim.errors import XsimError

if TYPE_CHECKING:
    from xsim.api import Options

_SUFFIXES = (".py", ".yml", ".yaml", ".toml")
_TESTS = re.compile(r"(.*_test|test_.*|conftest)\.py")
"""No run reads them."""
PROJECT = "pyproject.toml"
Stamps = dict[Path, tuple[int, int]]
"""When each file that is there was last written, and its size."""


@dataclass(frozen=True)
class Watched:
    """Files by name, and folders of which each script, yml and scenario counts, those to come among them."""

    files: frozenset[Path] = frozenset()
    folders: frozenset[Path] = frozenset()
    without: frozenset[Path] = frozenset()
    """What the run itself writes."""

    def stamps(self) -> Stamps:
        """The state of all of them. A file that is not there has none."""
        stamps: Stamps = {}
        for path in self._paths():
            if path in self.without:
                continue
            try:
                found = path.stat()
            except OSError:
                continue
            stamps[path] = (found.st_mtime_ns, found.st_size)
        return stamps

    def _paths(self) -> Iterator[Path]:
        yield from self.files
        for folder in self.folders:
            try:
                inside = list(folder.iterdir())
            except OSError:
                continue
            yield from (path for path in inside if path.suffix in _SUFFIXES and not _TESTS.fullmatch(path.name))


def watched_by(path: Path, options: Options, outputs: Collection[Path], *, known: Watched | None = None) -> Watched:
    """What a run of `path` reads: the script's folder, scenario, vendor file, projects, modules and files of options.

    Where that cannot be told for now, as the scenario is half written, what is `known` stays watched.
    """
    given = [path, options.scenario, options.params_file, options.common_server, options.baseline]
    files = {each for each in given if each is not None and not each.is_dir()}
    folders = {path if path.is_dir() else path.parent}
    try:
        read = list(_read_by(path, options))
    except XsimError:
        read = []
        if known is not None:
            files |= known.files
            folders |= known.folders
    files.update(read)
    folders.update(each.parent for each in read[:1])
    files.update(_projects(folders))
    return Watched(
        frozenset(each.absolute() for each in files),
        frozenset(each.absolute() for each in folders),
        frozenset(each.absolute() for each in outputs),
    )


def changed(before: Stamps, after: Stamps) -> list[Path]:
    """The files that are new, gone or written since."""
    return sorted(path for path in {*before, *after} if before.get(path) != after.get(path))


def _read_by(path: Path, options: Options) -> Iterator[Path]:
    """The script first. Raises XsimError where the files cannot be read."""
    from xsim import api

    integration, scenario = api.load(path, options)
    yield integration.path
    if scenario.path is not None:
        yield scenario.path
    if scenario.hatch is not None:
        yield Path(scenario.hatch.path)
    project = api.find(path, options).project
    if project is not None:
        yield from (each for each in (project.path, project.baseline) if each is not None)
    yield from _modules((module.path for module in integration.modules), integration.path)


def _modules(paths: Iterable[str], script: Path) -> Iterator[Path]:
    """Modules around the script. Those of a content checkout are named from its root, which lies above the script."""
    homes = [Path(), *script.absolute().parents]
    for path in paths:
        found = next((home / path for home in homes if (home / path).is_file()), None)
        if found is not None:
            yield found


def _projects(folders: Iterable[Path]) -> Iterator[Path]:
    """Where a project's file is or may come to be: from each folder up to the repository's root."""
    for folder in folders:
        for home in (folder.absolute(), *folder.absolute().parents):
            yield home / PROJECT
            if (home / ".git").exists():
                break
