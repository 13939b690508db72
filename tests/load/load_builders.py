"""Builds small integrations for the tests of the load stage."""

from pathlib import Path
from textwrap import dedent, indent

SCRIPT = """\
import demistomock as demisto
from CommonServerPython import *


def main():
    params = demisto.params()
    if demisto.command() == 'fetch-incidents':
        demisto.incidents([])


main()
"""
YML = """\
commonfields:
  id: Door Watch
  version: -1
name: Door Watch
display: Door Watch
configuration:
- display: Server URL
  name: url
  type: 0
  required: true
- display: Trust any certificate (not secure)
  name: insecure
  type: 8
script:
  type: python
  subtype: python3
  isfetch: true
  dockerimage: demisto/python3:3.10.13.84405
  script: '-'
"""
COMMON_SERVER = "GREETING = 'common'\n"


def a_package(folder: Path, *, script: str = SCRIPT, yml: str | None = YML, name: str = "DoorWatch") -> Path:
    """A package folder with a small CommonServerPython of its own, so that tests compile little."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(script, encoding="utf-8")
    (folder / "CommonServerPython.py").write_text(COMMON_SERVER, encoding="utf-8")
    if yml is not None:
        (folder / f"{name}.yml").write_text(yml, encoding="utf-8")
    return folder


def a_yml(*, configuration: str = "", script: str = "", **replaced: str) -> str:
    """The yml with other parameters, further script keys, or `old=new` texts replaced."""
    text = YML
    if configuration:
        start, end = text.index("- display: Server"), text.index("script:\n")
        text = text[:start] + dedent(configuration).strip("\n") + "\n" + text[end:]
    if script:
        text += indent(dedent(script).strip("\n"), "  ") + "\n"
    for old, new in replaced.items():
        text = text.replace(old, new)
    return text


def a_unified_yml(script: str = SCRIPT) -> str:
    return YML.replace("  script: '-'\n", "  script: |-\n" + indent(script, "    "))


def a_checkout(
    root: Path, *, pack: str = "Doors", integrations: tuple[str, ...] = ("DoorWatch",), **package: str
) -> Path:
    """A content checkout with a Base pack, an ApiModule pack and one pack more."""
    base = root / "Packs" / "Base" / "Scripts" / "CommonServerPython"
    base.mkdir(parents=True)
    (base / "CommonServerPython.py").write_text("GREETING = 'checkout'\n", encoding="utf-8")
    for name, text in {"DoorApiModule": "from LockApiModule import *\n", "LockApiModule": "LOCK = 1\n"}.items():
        folder = root / "Packs" / "ApiModules" / "Scripts" / name
        folder.mkdir(parents=True)
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    for name in integrations:
        folder = a_package(root / "Packs" / pack / "Integrations" / name, name=name, **package)
        (folder / "CommonServerPython.py").unlink()
    return root
