"""Loads the script under test with everything that the server would put around it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import CodeType

from xsim.errors import InvalidIntegration
from xsim.integration import Integration
from xsim.load.allowances import read_allowances
from xsim.load.built import as_built, imports_left_in
from xsim.load.compiled import compile_text
from xsim.load.configuration import declared_parameters
from xsim.load.content import Surroundings, find_surroundings
from xsim.load.files import read_text, shown
from xsim.load.installed import imports_at_top, install_line, not_installed
from xsim.load.lasting import lasting_lines
from xsim.load.missing_names import missing_names
from xsim.load.package import Package, find_package, refuse_other_languages
from xsim.load.source import FETCH, Facts, Outline, functions_of, refused_among
from xsim.load.yml import MARKETPLACES, Yml, is_true


def load_integration(
    path: Path, *, name: str = "", common_server: Path | None = None, marketplace: str = "xsoar"
) -> Integration:
    """Read the integration at a .py file, a package folder or a unified yml, or the one of this name in a repository.

    Below a pack or repository with a single integration no name is needed.
    Raises InvalidIntegration, in one line, for whatever is no Python 3 integration that fetches incidents.
    """
    _refuse_unknown(marketplace)
    package = find_package(path, marketplace, name)
    refuse_other_languages(package)
    file, text = _script(package)
    docker_image = str(package.yml.script.get("dockerimage") or "") if package.yml else ""
    code: CodeType = compile_text(as_built(text), shown(file), docker_image=docker_image)
    facts = Facts(text)
    around = find_surroundings(file, text, common_server)
    _refuse_unless_fetching(file, package.yml, facts, around)
    outlines = [facts, *map(Outline, around.texts)]
    lacking = _missing_names((text, *around.texts), outlines, around)
    needed, perhaps = _missing_modules(outlines, around)
    return Integration(
        name=str((package.yml.values.get("name") if package.yml else None) or file.stem),
        path=Path(shown(file)),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        code=code,
        modules=around.modules,
        common_server=around.common_server,
        parameters=declared_parameters(package.yml.values, marketplace) if package.yml else None,
        read_parameters=tuple(read.name for read, _ in facts.reads),
        docker_image=docker_image,
        notes=(*package.notes, *around.notes, *_notes(package.yml, facts, text), *_missing_notes(lacking, perhaps)),
        refused_modules=refused_among(facts.imports),
        guessed_parameters=tuple(read for read, _ in facts.reads),
        missing_names=lacking,
        missing_modules=needed,
        allowances=read_allowances(text, facts.tree),
        functions=functions_of(facts.tree),
        lasting=_lasting(outlines),
        read_lines=tuple(line for _, line in facts.reads),
        yml=shown(package.yml.path) if package.yml else "",
        yml_lines=package.yml.lines if package.yml else {},
    )


def _script(package: Package) -> tuple[Path, str]:
    """The file that holds the code, and its text."""
    if package.script is not None:
        return package.script, read_text(package.script)
    yml = package.yml
    assert yml is not None, "a package has a script or a yml"
    assert yml.code is not None, "a yml without a script beside it has code"
    return yml.path, yml.code


def _lasting(outlines: Sequence[Outline]) -> tuple[int, ...]:
    """The script's lines that do so; 0 stands for those of the modules that came with it."""
    script, *modules = outlines
    is_in_modules = any(lasting_lines(module.nodes) for module in modules)
    return (*((0,) if is_in_modules else ()), *lasting_lines(script.nodes))


def _refuse_unknown(marketplace: str) -> None:
    if marketplace not in MARKETPLACES:
        near = get_close_matches(marketplace, MARKETPLACES, n=1)
        raise InvalidIntegration(
            f"unknown marketplace '{marketplace}'",
            hint=f"did you mean '{near[0]}'?" if near else f"one of {', '.join(MARKETPLACES)}",
        )


def _refuse_unless_fetching(file: Path, yml: Yml | None, facts: Facts, around: Surroundings) -> None:
    """Some scripts fetch whatever the command is, so the yml's word for it is enough."""
    if facts.fetches or (yml and is_true(yml.script.get("isfetch"))) or any(FETCH in text for text in around.texts):
        return
    if yml and is_true(yml.script.get("isfetchevents")):
        raise InvalidIntegration(
            f"{shown(file)}: an event collector: it handles 'fetch-events' and never mentions '{FETCH}'",
            hint="xsim simulates the fetch of incidents only",
        )
    raise InvalidIntegration(
        f"{shown(file)}: never mentions '{FETCH}'",
        hint=f"is this the right file? A fetching integration handles the command '{FETCH}'",
    )


def _missing_names(texts: Sequence[str], outlines: Sequence[Outline], around: Surroundings) -> tuple[str, ...]:
    if not around.is_own:
        return ()
    shared = around.code_of("CommonServerPython"), around.code_of("CommonServerUserPython")
    return missing_names(texts, [outline.names for outline in outlines], *shared)


def _missing_modules(outlines: Sequence[Outline], around: Surroundings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the integration cannot start without, and what it may come to import, of the modules not installed here."""
    names = {module.name.partition(".")[0] for module in around.modules}
    always = [name for outline in outlines for name in outline.needs.always]
    always += [name for text in around.shared_texts for name in imports_at_top(text)]
    needed = not_installed(always, names)
    perhaps = not_installed([name for outline in outlines for name in outline.needs.perhaps], names)
    return needed, tuple(name for name in perhaps if name not in needed)


def _missing_notes(names: tuple[str, ...], modules: tuple[str, ...]) -> Iterator[str]:
    if names:
        yield (
            f"Not in xsim's CommonServerPython: {', '.join(names)}. A fetch that uses "
            f"{'it' if len(names) == 1 else 'one of them'} ends undecided: pass --common-server."
        )
    if modules:
        yield (
            f"It may come to import {', '.join(modules)}, not installed here; "
            f"a fetch that does ends undecided: {install_line(modules)}."
        )


def _notes(yml: Yml | None, facts: Facts, text: str) -> Iterator[str]:
    for line, left_in in imports_left_in(text):
        yield f"Line {line}: the build leaves `{left_in}` in place, and the server knows no such module."
    if yml and not is_true(yml.script.get("isfetch")):
        yield f"{shown(yml.path)} does not say isfetch: true, so the server would not fetch with it."
    if yml and yml.code is not None and not yml.code_has_own_lines:
        yield "The script is a quoted text in the yml, so line numbers count from its own first line."
    if facts.future_line:
        yield (
            f"Line {facts.future_line} imports from __future__: on the server CommonServerPython comes before it, "
            "and Python refuses such an import there."
        )
    if refused := refused_among(facts.imports):
        yield f"It imports {', '.join(refused)}, which reaches the network round Python: xsim refuses that by name."
