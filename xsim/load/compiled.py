"""Compiles texts of Python, and keeps the large unchanging ones compiled between commands."""

from __future__ import annotations

import hashlib
import importlib.util
import marshal
import os
import re
import sys
import tempfile
import warnings
from pathlib import Path
from types import CodeType

from xsim.errors import InvalidIntegration

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
DIGEST_SIZE = 32
PYTHON_2 = re.compile(
    r"Missing parentheses in call to '(print|exec)'|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer|Python 2"
)
PYTHON_2_LINE = re.compile(
    r"^\s*(print\s+['\"\w]|exec\s+['\"\w]|raise\s+\w+\s*,|except\s+[\w.]+\s*,\s*\w+\s*:)|<>|\bur['\"]"
)


def compile_text(text: str, name: str, *, docker_image: str = "") -> CodeType:
    """The text's code with `name` as its file name; its syntax errors name file and line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a plain string is a matter for a linter.
            # Without dont_inherit this module's own __future__ imports would hold in the script.
            return compile(text, name, "exec", dont_inherit=True, optimize=0)
    except SyntaxError as error:
        raise _refusal(text, name, error, docker_image) from error
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise InvalidIntegration(f"{name}: Python cannot compile it: {error or type(error).__name__}") from error


def compile_kept(text: str, name: str) -> CodeType:
    """As compile_text, for a module's text: kept below the user's cache folder, whose failures never matter."""
    kept = _kept_file(text, name)
    if kept is None:
        return compile_text(text, name)
    code = _read(kept)
    if code is None or code.co_filename != name:
        code = compile_text(text, name)
        _write(kept, code)
    return code


def _kept_file(text: str, name: str) -> Path | None:
    """Where the code of this text, name and interpreter is kept; None where there is no home."""
    interpreter = f"{sys.implementation.cache_tag} {sys.version}".encode()
    key = hashlib.sha256(b"\0".join((importlib.util.MAGIC_NUMBER, interpreter, name.encode(), text.encode())))
    folder = os.environ.get("XDG_CACHE_HOME", "")
    try:
        root = Path(folder) if os.path.isabs(folder) else Path.home() / ".cache"
    except RuntimeError:
        return None
    return root / "xsim" / f"{key.hexdigest()}.code"


def _read(path: Path) -> CodeType | None:
    """The code in the file; None where it is damaged: marshal must see only what was written whole."""
    try:
        content = path.read_bytes()
        if hashlib.sha256(content[DIGEST_SIZE:]).digest() != content[:DIGEST_SIZE]:
            return None
        code = marshal.loads(content[DIGEST_SIZE:])
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return code if isinstance(code, CodeType) else None


def _write(path: Path, code: CodeType) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = marshal.dumps(code)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(content).digest() + content)
        os.replace(file.name, path)
    except OSError:
        return


def _refusal(text: str, name: str, error: SyntaxError, docker_image: str) -> InvalidIntegration:
    line = error.lineno or 0
    lines = text.splitlines()
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    message = str(error.msg or "invalid syntax").rstrip(".")
    if PYTHON_2.search(message) or PYTHON_2_LINE.search(written):
        return InvalidIntegration(
            f"{name}:{line}: Python 2 syntax: {message}",
            hint="xsim runs Python 3: port the script, for example with 2to3, and set subtype: python3 in its yml",
        )
    return InvalidIntegration(f"{name}:{line}: {message} (Python {PYTHON})", hint=_newer_hint(docker_image))


def _newer_hint(docker_image: str) -> str:
    wanted = re.search(r"python3?:(3)\.(\d{1,3})(?!\d)", docker_image)
    if wanted and int(wanted[2]) > sys.version_info.minor:
        return f"its image {docker_image} has Python 3.{wanted[2]}: run xsim with that Python"
    return f"if the script needs a newer Python than {PYTHON}, run xsim with that one"
