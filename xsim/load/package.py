"""Finds the file that holds the script, and the yml that belongs to it, from whatever path a person gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from xsim.errors import InvalidIntegration
from xsim.load.files import entries, names_of, shown
from xsim.load.repository import find_integration
from xsim.load.yml import Yml, read_yml

NO_SCRIPT = re.compile(
    r"(.*_test|test_.*|conftest|__init__|setup|demistomock|CommonServerPython|CommonServerUserPython|.*ApiModule)\.py"
)
"""Files of a package folder that are not its script."""
YML_SUFFIXES = (".yml", ".yaml")
OTHER_LANGUAGES = {".js": "a JavaScript integration", ".ps1": "a PowerShell integration"}
LANGUAGE_SUFFIXES = {"javascript": ".js", "powershell": ".ps1"}
"""By the yml's word for the type."""
MOST_YMLS = 20
"""Of the ymls beside a script, how many are looked into; a folder with more is no package."""


@dataclass(frozen=True, slots=True)
class Package:
    """The script's file, None where the yml itself holds the code, and its yml if any."""

    script: Path | None
    yml: Yml | None
    notes: tuple[str, ...] = ()


def find_package(path: Path, marketplace: str, name: str = "") -> Package:
    """The package at a .py, a unified yml or a package folder, or the one of this name in a pack or repository."""
    path = find_integration(path, name)
    if path.is_dir():
        return _in_folder(path, marketplace)
    suffix = path.suffix.lower()
    if suffix in OTHER_LANGUAGES:
        raise _other_language(path, OTHER_LANGUAGES[suffix])
    if not path.exists() or suffix not in (".py", *YML_SUFFIXES):
        raise _not_a_script(path)
    return _of_script(path, marketplace) if suffix == ".py" else _of_yml(path, marketplace)


def _in_folder(folder: Path, marketplace: str) -> Package:
    files = entries(folder)
    scripts = [entry for entry in files if entry.suffix == ".py" and not NO_SCRIPT.fullmatch(entry.name)]
    if len(scripts) > 1:
        raise InvalidIntegration(
            f"{shown(folder)}: {len(scripts)} scripts: {names_of(scripts)}",
            hint=f"give the file itself, such as {shown(scripts[0])}",
        )
    return _of_script(scripts[0], marketplace) if scripts else _without_script(folder, files, marketplace)


def _without_script(folder: Path, files: list[Path], marketplace: str) -> Package:
    """The folder's unified yml, or the complaint that fits what the folder does hold."""
    for entry in files:
        if entry.suffix in OTHER_LANGUAGES:
            raise _other_language(entry, OTHER_LANGUAGES[entry.suffix])
    ymls = [entry for entry in files if entry.suffix in YML_SUFFIXES]
    if len(ymls) == 1:
        return _of_yml(ymls[0], marketplace)
    if ymls:
        raise InvalidIntegration(
            f"{shown(folder)}: no script, and {len(ymls)} ymls: {names_of(ymls)}",
            hint=f"give the file itself, such as {shown(ymls[0])}",
        )
    raise InvalidIntegration(
        f"{shown(folder)}: no script in this folder",
        hint="a package folder holds <name>.py and <name>.yml; tests and copies of CommonServerPython do not count",
    )


def _of_script(script: Path, marketplace: str) -> Package:
    """The script with the yml of its name, else with the only integration's yml beside it that is no other script's."""
    for suffix in YML_SUFFIXES:
        if (own := script.with_suffix(suffix)).is_file():
            yml = read_yml(own, marketplace)
            if yml.is_integration or _other_kind(yml):
                return Package(script, _integration(yml))
            return Package(script, None, (f"{shown(own)} is not an integration's yml and was left out.",))
    beside = [entry for entry in entries(script.parent) if entry.suffix in YML_SUFFIXES]
    strangers = [entry for entry in beside if not entry.with_suffix(".py").exists()]
    if len(strangers) > MOST_YMLS:
        return Package(script, None)
    ymls, notes = [], []
    for entry in strangers:
        try:
            yml = read_yml(entry, marketplace)
        except InvalidIntegration as error:
            notes.append(f"A yml beside the script was left out: {error.message}.")
            continue
        if yml.is_integration:
            ymls.append(yml)
    if len(ymls) == 1:
        return Package(script, ymls[0])
    if ymls:
        notes = [f"Several ymls lie beside the script, none of its name: {names_of([yml.path for yml in ymls])}."]
    return Package(script, None, tuple(notes))


def _of_yml(path: Path, marketplace: str) -> Package:
    """The yml's own code, else the script beside it."""
    yml = _integration(read_yml(path, marketplace))
    if yml.code is not None:
        return Package(None, yml)
    if (script := path.with_suffix(".py")).is_file():
        return Package(script, yml)
    files = entries(path.parent)
    scripts = [entry for entry in files if entry.suffix == ".py" and not NO_SCRIPT.fullmatch(entry.name)]
    if len(scripts) == 1:
        return Package(scripts[0], yml)
    language = str(yml.script.get("type") or "").lower()
    if language in ("javascript", "powershell"):  # Named for what it is: its script has another suffix.
        return Package(None, yml)
    raise InvalidIntegration(
        f"{shown(path)}: no script in it (script.script is empty)" + ("" if scripts else ", and none beside it"),
        hint=f"give the script's file: {names_of(scripts)}" if scripts else f"its script would be {shown(script)}",
    )


def _integration(yml: Yml) -> Yml:
    """The yml itself, refused where it is of another kind."""
    if yml.is_integration:
        return yml
    raise InvalidIntegration(
        f"{shown(yml.path)}: {_other_kind(yml) or 'a yml'}, not an integration's yml"
        " (no configuration and no script section)",
        hint="only integrations fetch incidents: give an integration's .py, yml or folder",
    )


def _other_kind(yml: Yml) -> str:
    """What else of a content repository the yml describes."""
    if "tasks" in yml.values:
        return "a playbook"
    return "an automation script" if isinstance(yml.values.get("script"), str) and "type" in yml.values else ""


def _not_a_script(path: Path) -> InvalidIntegration:
    from difflib import get_close_matches

    if path.exists():
        return InvalidIntegration(
            f"{shown(path)}: neither .py nor .yml", hint="give an integration's .py file, its yml, or its folder"
        )
    near = get_close_matches(path.name, [entry.name for entry in entries(path.parent)], n=1)
    if not near and path.suffix == "" and path.with_suffix(".py").is_file():
        near = [f"{path.name}.py"]
    return InvalidIntegration(
        f"{shown(path)}: no such file or folder",
        hint=f"did you mean '{shown(path.parent / near[0])}'?" if near else None,
    )


def _other_language(path: Path, found: str) -> InvalidIntegration:
    return InvalidIntegration(f"{shown(path)}: {found}", hint="xsim runs integrations written in Python 3")


def refuse_other_languages(package: Package) -> None:
    """Refuse what the yml says is no Python 3."""
    if package.yml is None:
        return
    language = str(package.yml.script.get("type") or "python").lower()
    if language != "python":
        known = OTHER_LANGUAGES.get(LANGUAGE_SUFFIXES.get(language, ""))
        raise _other_language(package.yml.path, known or f"an integration of the type {language[:60]!r}")
    if str(package.yml.script.get("subtype") or "").lower() == "python2":
        raise InvalidIntegration(
            f"{shown(package.yml.path)}: subtype python2, a Python 2 integration",
            hint="xsim runs Python 3: port the script, and set subtype: python3 and a python3 docker image",
        )
