"""docs/known-faults.md says what the museum holds; `XSIM_GOLDEN=1` writes rule, cause and piece of its rows anew."""

import os
import re
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "known-faults.md"
ROW = re.compile(
    r"\| (?P<name>[a-z-]+) \| (?P<records>\d+ / \d+) \| (?P<staged>.+?) \| (?P<found>[^|]+) \| (?P<piece>.+) \|"
)
PIECES: dict[str, list[dict]] = {}
for _index in sorted((ROOT / "fixtures" / "museum").glob("index-*.toml")):
    for _piece in tomllib.loads(_index.read_text(encoding="utf-8")).get("pieces", ()):
        PIECES.setdefault(_piece["mechanism"], []).append(_piece)


def row_of(found: re.Match) -> str:
    """The row as the museum's index has it."""
    pieces = PIECES.get(found["name"])
    if pieces is None:
        return found[0]
    told = ", ".join(dict.fromkeys(map(found_by, pieces)))
    links = ", ".join(map(link_to, pieces))
    return f"| {found['name']} | {found['records']} | {found['staged']} | {told} | {links} |"


def found_by(piece: dict) -> str:
    return piece["rule"] + (f" ({piece['cause']})" if piece.get("cause") else "")


def link_to(piece: dict) -> str:
    folder = piece.get("folder", f"fixtures/museum/{piece['mechanism']}")
    return f"[{folder.removeprefix('fixtures/museum/')}](../{folder})"


def test_the_page_says_what_the_museum_s_index_says():
    text = PAGE.read_text(encoding="utf-8")
    right = ROW.sub(row_of, text)
    if os.environ.get("XSIM_GOLDEN"):
        PAGE.write_text(right, encoding="utf-8")
    else:
        assert text == right


def test_every_mechanism_has_a_row_and_every_row_but_one_a_piece():
    rows = {found["name"]: found["staged"] for found in ROW.finditer(PAGE.read_text(encoding="utf-8"))}
    assert len(rows) == 60
    assert {name for name in rows if name not in PIECES} == {"cursor-field-not-creation"}
    assert "" not in rows.values()


def test_every_piece_is_where_its_row_says():
    for target in re.findall(r"\]\((\.\./[^)]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).exists(), target
