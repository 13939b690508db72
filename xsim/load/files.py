"""Reads the text files that a person names: bounded, UTF-8, refused in one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xsim.errors import InvalidIntegration, XsimError

LARGEST_FILE = 5 * 2**20
"""Bytes. The largest unified yml that is published has under a fifth of it."""
LONGEST_NAME = 255
"""Bytes of a file's name, on every common file system."""
MOST_NAMES = 8


def read_text(path: Path, *, error: type[XsimError] = InvalidIntegration) -> str:
    """The file's text without a byte order mark; `error` says why there is none."""
    if not path.exists():
        raise error(f"{shown(path)}: no such file", hint=_nearest(path))
    if not path.is_file():
        raise error(f"{shown(path)}: not a regular file")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as failure:
        raise error(f"{shown(path)}: cannot be read ({failure.strerror})") from failure
    if len(content) > LARGEST_FILE:
        raise error(f"{shown(path)}: larger than {LARGEST_FILE // 2**20} MB, so no integration")
    return _decoded(content, path, error)


def can_be_a_file(name: str) -> bool:
    """Whether a file can have that name: a script may import what none can."""
    return len(f"{name}.py".encode("utf-8", "surrogatepass")) <= LONGEST_NAME


def shown(path: Path) -> str:
    """The path as it stands in findings: as given, or relative to the working folder where it is absolute and below."""
    if not path.is_absolute():
        return path.as_posix()
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def entries(folder: Path) -> list[Path]:
    """What the folder holds, hidden entries apart, in order of name; nothing where there is no such folder."""
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as failure:
        raise InvalidIntegration(f"{shown(folder)}: cannot be read ({failure.strerror})") from failure


def names_of(paths: Sequence[Path]) -> str:
    """Their names in a line, the first few of many."""
    names = ", ".join(path.name for path in paths[:MOST_NAMES])
    return f"{names} and {len(paths) - MOST_NAMES} more" if len(paths) > MOST_NAMES else names


def _decoded(content: bytes, path: Path, error: type[XsimError]) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        raise error(
            f"{shown(path)}:{line}: not UTF-8 text (byte 0x{content[failure.start]:02x})",
            hint="save the file as UTF-8: the server takes nothing else",
        ) from failure


def _nearest(path: Path) -> str | None:
    from difflib import get_close_matches

    try:
        names = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
    except OSError:
        return None
    near = get_close_matches(path.name, names, n=1)
    return f"did you mean '{shown(path.parent / near[0])}'?" if near else None
