"""Finds what the server puts around a script: CommonServerPython, CommonServerUserPython and the ApiModules."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from xsim.errors import InvalidIntegration
from xsim.integration import Module
from xsim.load.compiled import compile_kept
from xsim.load.files import can_be_a_file, read_text, shown

BASE_SCRIPTS = Path("Packs/Base/Scripts")
API_MODULES = Path("Packs/ApiModules/Scripts")
CONTENT_PATH = "DEMISTO_SDK_CONTENT_PATH"
OWN_FOLDER = Path(__file__).parents[1]
SHIMS = {
    "distutils": "distutils.py",
    "distutils.util": "distutils_util.py",
    "distutils.version": "distutils_version.py",
}
IMPORTED_API_MODULE = re.compile(r"^([ \t]*)(?:from|import)[ \t]+(\w+ApiModule)\b", re.MULTILINE)
IMPORTED_DISTUTILS = re.compile(r"^[ \t]*(?:from|import)[ \t]+distutils\b", re.MULTILINE)
OWN = "xsim's own"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The modules that go with a script, where its CommonServerPython is from, and their text as one."""

    modules: tuple[Module, ...]
    common_server: str
    notes: tuple[str, ...]
    texts: tuple[str, ...]
    """Of the ApiModules alone: the script's own text, as far as the server is concerned."""
    shared_texts: tuple[str, ...] = ()
    """Of CommonServerPython, unless it is xsim's own, and of CommonServerUserPython."""

    @property
    def is_own(self) -> bool:
        """Whether the CommonServerPython is xsim's own."""
        return self.common_server == OWN

    def code_of(self, name: str) -> CodeType:
        return next(module.code for module in self.modules if module.name == name)


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    path: str
    text: str
    found: str = ""


def find_surroundings(script: Path, text: str, common_server: Path | None) -> Surroundings:
    """The modules that the script at this path, of this text, imports by name without installing them."""
    root = content_root(script)
    checkouts = tuple(_checkouts(root, common_server))
    common = _common_server(script, root, common_server)
    user = _common_server_user(script, checkouts, common_server)
    api_modules = tuple(_api_modules(script, checkouts, text))
    sources = [common, user, *api_modules, _Source("DemistoClassApiModule", "DemistoClassApiModule.py", "")]
    notes = list(_notes(root, common))
    # Asked of the newer Pythons alone: where setuptools is installed, the question imports the whole of it.
    if (
        sys.version_info >= (3, 12)
        and importlib.util.find_spec("distutils") is None
        and any(IMPORTED_DISTUTILS.search(source) for source in (text, *(source.text for source in sources)))
    ):
        sources += [_Source(name, f"xsim/load/shims/{file}", _shim(file)) for name, file in SHIMS.items()]
        notes.append("distutils is gone from this Python: xsim's stand-in for strtobool and LooseVersion is used.")
    modules = tuple(Module(source.name, source.path, compile_kept(source.text, source.path)) for source in sources)
    shared = (user.text,) if common.found == OWN else (common.text, user.text)
    return Surroundings(modules, common.found, tuple(notes), tuple(source.text for source in api_modules), shared)


def content_root(path: Path) -> Path | None:
    """The content checkout around the path: the nearest folder above it that holds Packs/."""
    return next((folder for folder in path.absolute().parents if (folder / "Packs").is_dir()), None)


def _checkouts(root: Path | None, given: Path | None) -> Iterator[Path]:
    """Where to look for ApiModules: around the integration, around the CommonServerPython given, as configured."""
    around_given = None
    if given is not None:
        around_given = given.absolute() if (given / "Packs").is_dir() else content_root(given)
    yield from dict.fromkeys(folder for folder in (root, around_given, _environment_root()) if folder is not None)


def _common_server(script: Path, root: Path | None, given: Path | None) -> _Source:
    name = "CommonServerPython"
    if given is not None:
        return _given(given)
    beside = script.parent / f"{name}.py"
    if beside.is_file() and beside.absolute() != script.absolute():
        return _Source(name, shown(beside), read_text(beside), "beside the integration")
    relative = BASE_SCRIPTS / name / f"{name}.py"
    for folder, words in ((root, "content checkout"), (_environment_root(), CONTENT_PATH)):
        if folder is not None and (folder / relative).is_file():
            return _Source(name, relative.as_posix(), read_text(folder / relative), f"{words}: {relative.as_posix()}")
    return _Source(name, "xsim/commonserver/CommonServerPython.py", _own_common_server(), OWN)


def _given(given: Path) -> _Source:
    """The file given, or the one in the folder or checkout given."""
    file = "CommonServerPython.py"
    candidates = (
        given,
        given / file,
        given / "CommonServerPython" / file,
        given / BASE_SCRIPTS / "CommonServerPython" / file,
    )
    for candidate in candidates:
        if candidate.is_file():
            if candidate.suffix != ".py":
                raise InvalidIntegration(f"--common-server {shown(given)}: not a .py file", hint=f"give a {file}")
            return _Source("CommonServerPython", shown(candidate), read_text(candidate), shown(candidate))
    found = "no CommonServerPython.py in this folder" if given.is_dir() else "no such file or folder"
    raise InvalidIntegration(
        f"--common-server {shown(given)}: {found}", hint=f"give a {file}, its folder, or a content checkout"
    )


def _common_server_user(script: Path, checkouts: Sequence[Path], given: Path | None) -> _Source:
    """The customer's own additions; empty on a server without any, and so here."""
    name = "CommonServerUserPython"
    places = [script.parent / f"{name}.py"]
    if given is not None:
        places.insert(0, (given if given.is_dir() else given.parent) / f"{name}.py")
    for place in (*places, *_in_checkouts(checkouts, BASE_SCRIPTS, name)):
        if place.is_file() and place.absolute() != script.absolute():
            return _Source(name, _shown_below(place, checkouts), read_text(place))
    return _Source(name, f"{name}.py", "")


def _api_modules(script: Path, checkouts: Sequence[Path], text: str) -> Iterator[_Source]:
    """Each ApiModule that the text imports, and those that they import in turn."""
    waiting, known = [(shown(script), text)], {"DemistoClassApiModule", script.stem}
    while waiting:
        importer, text = waiting.pop(0)
        for indent, name in IMPORTED_API_MODULE.findall(text):
            if name in known:
                continue
            known.add(name)
            if (source := _api_module(script, checkouts, name)) is not None:
                yield source
                waiting.append((source.path, source.text))
            elif not indent and importlib.util.find_spec(name) is None:  # An indented one may be tried for.
                raise _api_module_missing(importer, name)


def _api_module(script: Path, checkouts: Sequence[Path], name: str) -> _Source | None:
    if not can_be_a_file(name):
        return None
    for place in (script.parent / f"{name}.py", *_in_checkouts(checkouts, API_MODULES, name)):
        if place.is_file():
            return _Source(name, _shown_below(place, checkouts), read_text(place))
    return None


def _in_checkouts(checkouts: Sequence[Path], scripts: Path, name: str) -> Iterator[Path]:
    """Where the checkouts may have a script: in its usual pack first, as repositories of one's own use any other."""
    for folder in checkouts:
        yield folder / scripts / name / f"{name}.py"
        yield from sorted(folder.glob(f"Packs/*/Scripts/{name}/{name}.py"))


def _api_module_missing(importer: str, name: str) -> InvalidIntegration:
    return InvalidIntegration(
        f"{importer}: imports {name}, which is neither beside the integration nor in a content checkout around it",
        hint=f"put {name}.py beside the integration, or name a checkout of the content repository by --common-server "
        f"or {CONTENT_PATH}",
    )


def _shown_below(path: Path, checkouts: Sequence[Path]) -> str:
    """Within a checkout the path from its root, which is the same on every machine."""
    for folder in checkouts:
        if path.absolute().is_relative_to(folder / "Packs"):
            return path.absolute().relative_to(folder).as_posix()
    return shown(path)


def _environment_root() -> Path | None:
    folder = os.environ.get(CONTENT_PATH)
    return Path(folder).absolute() if folder else None


def _notes(root: Path | None, common: _Source) -> Iterator[str]:
    folder = _environment_root()
    if common.found == OWN and folder is not None:
        yield f"{CONTENT_PATH} is set, but there is no {BASE_SCRIPTS.as_posix()}/CommonServerPython in it."
    elif common.found == OWN and root is not None:
        yield "The content checkout around the integration has no Base pack, so its CommonServerPython is not used."


def _own_common_server() -> str:
    look_back = os.environ.get("XSIM_LOOK_BACK", "")
    if look_back not in ("", "newest", "2022"):
        raise InvalidIntegration(f"XSIM_LOOK_BACK is '{look_back}'", hint="it can be 2022, newest or unset")
    return read_text(OWN_FOLDER / "commonserver" / "CommonServerPython.py")


def _shim(file: str) -> str:
    return read_text(OWN_FOLDER / "load" / "shims" / file)
