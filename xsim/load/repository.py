"""Finds one integration in a folder that holds several: a content repository, its packs, or one pack."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from xsim.errors import InvalidIntegration
from xsim.load.files import entries, names_of, read_text, shown

YML_SUFFIXES = (".yml", ".yaml")
UNIFIED_PREFIX = re.compile(r"^(?:beta_)?integration-")
"""How a unified yml is called that stands for a package folder."""
NAMED_IN_YML = re.compile(r"^(?:name|display):[ \t]*(.+?)[ \t]*$", re.MULTILINE)


def find_integration(path: Path, name: str = "") -> Path:
    """The package folder or unified yml of the integration of this name below a repository, folder of packs or pack.

    Without a name it is the only one there. A path that holds no packs and no integrations is given back as it is.
    """
    found = _integrations(path)
    if found is None:
        if name:
            raise InvalidIntegration(
                f"{shown(path)}: no repository and no pack to look for '{name}' in",
                hint="leave --integration-name out, or give the folder that holds Packs/",
            )
        return path
    if name:
        return _named(path, found, name)
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidIntegration(f"{_what(path)} without integrations", hint="give an integration's folder")
    raise InvalidIntegration(
        f"{_what(path)} with {len(found)} integrations: {names_of(found)}",
        hint=f"choose one: --integration-name {_shell(_short_name(found[0]))}, or its folder {shown(found[0])}",
    )


def _integrations(path: Path) -> list[Path] | None:
    """Every integration below the path, a pack at a time in order of name; None where it holds none by its layout."""
    if not path.is_dir():
        return None
    name, has_script = path.absolute().name, any(path.glob("*.py"))
    if name == "Integrations" and not has_script:
        folders = [path]
    elif (path / "Packs").is_dir():
        folders = [pack / "Integrations" for pack in entries(path / "Packs")]
    elif (path / "Integrations").is_dir() or (path / "pack_metadata.json").is_file():
        folders = [path / "Integrations"]
    else:
        folders = [pack / "Integrations" for pack in entries(path) if (pack / "Integrations").is_dir()]
        if has_script or not (folders or name == "Packs"):
            return None
    return [entry for folder in folders for entry in entries(folder) if _may_be_one(entry)]


def _may_be_one(entry: Path) -> bool:
    return entry.is_dir() or entry.suffix in YML_SUFFIXES


def _named(path: Path, found: list[Path], name: str) -> Path:
    """The integration of this name; names are compared exactly first, then by letters and digits alone."""
    by_folder = [(entry, _short_name(entry)) for entry in found]
    matches = _matching(by_folder, name)
    by_yml = [] if matches else [(entry, told) for entry in found for told in _names_in_yml(entry)]
    matches = matches or _matching(by_yml, name)
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise InvalidIntegration(
            f"{shown(path)}: several integrations called '{name}': {', '.join(map(shown, matches))}",
            hint="give one of these folders in place of the name",
        )
    known = list(dict.fromkeys(told for _, told in (*by_folder, *by_yml)))
    near = get_close_matches(name, known, n=3) or get_close_matches(_plain(name), map(_plain, known), n=3)
    near = [told for told in known if told in near or _plain(told) in near][:3]
    raise InvalidIntegration(
        f"{shown(path)}: no integration called '{name}'" + ("" if near else f" among {names_of(found)}"),
        hint=f"did you mean {' or '.join(repr(told) for told in near)}?" if near else None,
    )


def _matching(named: Iterable[tuple[Path, str]], name: str) -> list[Path]:
    pairs = list(named)
    exact = [entry for entry, told in pairs if told == name]
    return list(dict.fromkeys(exact or [entry for entry, told in pairs if _plain(told) == _plain(name)]))


def _short_name(entry: Path) -> str:
    return entry.name if entry.is_dir() else UNIFIED_PREFIX.sub("", entry.stem)


def _names_in_yml(entry: Path) -> list[str]:
    """What its yml says at the top level, read line by line: a repository holds hundreds of them."""
    ymls = [each for each in entries(entry) if each.suffix in YML_SUFFIXES] if entry.is_dir() else [entry]
    texts = []
    for yml in ymls:
        try:
            texts.append(read_text(yml))
        except InvalidIntegration:  # One that cannot be read does not keep the others from being found.
            continue
    return [told.strip("'\"") for text in texts for told in NAMED_IN_YML.findall(text)]


def _plain(name: str) -> str:
    return "".join(each for each in name.casefold() if each.isalnum())


def _what(path: Path) -> str:
    if (path / "Packs").is_dir():
        return f"{shown(path)}: a content repository"
    of_pack = path.absolute().name == "Integrations" or (path / "pack_metadata.json").is_file()
    is_pack = of_pack or (path / "Integrations").is_dir()
    return f"{shown(path)}: {'a pack' if is_pack else 'a folder of packs'}"


def _shell(name: str) -> str:
    return f'"{name}"' if " " in name else name
