"""Reads an integration's yml: within bounds, with the text of its scalars as written, and for one marketplace."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xsim.errors import InvalidIntegration, XsimError
from xsim.load.files import read_text, shown

MOST_NODES = 500_000
"""Of one file, an alias counted as often as it stands. Published ymls stay under a tenth of it."""
DEEPEST = 100
DEEPEST_NODES = 500
FURTHER_SUFFIXES = {"xsoar_saas": ("xsoar",), "xsoar_on_prem": ("xsoar",)}
MARKETPLACES = ("xsoar", "xsoar_saas", "xsoar_on_prem", "marketplacev2", "xpanse", "platform")
TRUE = frozenset({"true", "yes", "on", "y", "t", "1"})


@dataclass(frozen=True, slots=True)
class Yml:
    """An integration's yml. `values` holds texts, None, lists and dicts; commands are left out."""

    path: Path
    values: Mapping[str, Any]
    code: str | None = None
    """The script's text, led by as many empty lines as it takes to give it the yml's line numbers."""
    code_has_own_lines: bool = True
    """False where the script is a quoted or folded text, whose lines are not the yml's."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where each parameter stands in it, by name, and under "" where its configuration begins."""

    @property
    def script(self) -> Mapping[str, Any]:
        return mapping_at(self.values, "script") or mapping_at(self.values, "integrationScript")

    @property
    def is_integration(self) -> bool:
        return bool(self.script) or isinstance(self.values.get("configuration"), list)


def read_yml(path: Path, marketplace: str) -> Yml:
    """Read and resolve the file for the marketplace; refuse what is not valid YAML, or no mapping."""
    root = compose(read_text(path), path)
    if getattr(root, "id", "") != "mapping":
        raise InvalidIntegration(f"{shown(path)}: not an integration's yml: it holds no keys")
    values = _for_marketplace(plain(root, leave_out="commands"), marketplace)
    code, has_own_lines = _code(root)
    return Yml(path, values, code, has_own_lines, _lines(root))


def compose(text: str, path: Path, *, error: type[XsimError] = InvalidIntegration) -> Any:
    """The document's node, checked against expansion; None where the file is empty."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if _may_be_deep(text) and _depth(yaml.parse(text, Loader=loader)) > DEEPEST_NODES:
            raise error(f"{shown(path)}: not read: nested deeper than {DEEPEST_NODES:,}")
        root = loader(text).get_single_node()
    except (yaml.YAMLError, RecursionError) as failure:
        mark = getattr(failure, "problem_mark", None)
        place = f"{shown(path)}:{mark.line + 1}:{mark.column + 1}" if mark else shown(path)
        problem = getattr(failure, "problem", None) or str(failure).splitlines()[0]
        raise error(f"{place}: not valid YAML: {problem}") from failure
    if root is not None and _expanded_size(root, {}, 0) > MOST_NODES:
        raise error(f"{shown(path)}: not read: its aliases expand to more than {MOST_NODES:,} values")
    return root


def _may_be_deep(text: str) -> bool:
    """Whether a look is worth it: a depth that indentation alone would give is bounded by the file's size."""
    return text.count("[") + text.count("{") > DEEPEST_NODES or "- - - -" in text or "? ? ?" in text


def _depth(events: Iterable[Any]) -> int:
    """Told from events, as older readers of YAML made of C build nodes by recursion, and die of too many."""
    depth = deepest = 0
    for event in events:
        kind = type(event).__name__
        if kind in ("SequenceStartEvent", "MappingStartEvent"):
            depth += 1
            if depth > deepest:
                deepest = depth
                if deepest > DEEPEST_NODES:
                    break
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            depth -= 1
    return deepest


def plain(node: Any, *, leave_out: str = "", typed: bool = False) -> Any:
    """The node as dicts, lists and texts; `typed` gives booleans and numbers their type.

    Texts as written are what the server keeps of a default: `3.10` stays "3.10" in its field of text.
    """
    if node.id == "scalar":
        return _scalar(node, typed)
    if node.id == "sequence":
        return [plain(item, leave_out=leave_out, typed=typed) for item in node.value]
    values: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    for key, value in node.value:
        if key.tag.endswith(":merge"):
            for part in value.value if value.id == "sequence" else [value]:
                merged = (plain(part, leave_out=leave_out, typed=typed) if part.id == "mapping" else {}) | merged
        elif key.id == "scalar" and (not leave_out or key.value != leave_out):
            values[key.value] = plain(value, leave_out=leave_out, typed=typed)
    return merged | values


def mapping_at(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, dict) else {}


def is_true(value: Any) -> bool:
    """Whether a yml's text means true."""
    return str(value).strip().lower() in TRUE if value is not None else False


def _scalar(node: Any, typed: bool) -> Any:
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if typed and kind == "bool":
        return is_true(node.value)
    if typed and kind in ("int", "float"):
        try:
            return int(node.value) if kind == "int" else float(node.value)
        except ValueError:
            return node.value
    return node.value


def _expanded_size(node: Any, sizes: dict[int, int], depth: int) -> int:
    """How many nodes it has once its aliases are written out; more than the bound for one that holds itself."""
    if id(node) in sizes:
        return sizes[id(node)]
    if node.id == "scalar":
        return 1
    if depth > DEEPEST:
        return MOST_NODES + 1
    sizes[id(node)] = MOST_NODES + 1  # what an alias to it from within it finds
    children = node.value if node.id == "sequence" else [part for pair in node.value for part in pair]
    sizes[id(node)] = size = 1 + sum(_expanded_size(child, sizes, depth + 1) for child in children)
    return size


def _for_marketplace(value: Any, marketplace: str) -> Any:
    """Keys of the marketplace take the place of the plain ones; all other suffixed keys go (newer-content 5.3)."""
    if isinstance(value, list):
        return [_for_marketplace(item, marketplace) for item in value]
    if not isinstance(value, dict):
        return value
    resolved = {key: _for_marketplace(item, marketplace) for key, item in value.items() if not _suffix(key)}
    for suffix in reversed((marketplace, *FURTHER_SUFFIXES.get(marketplace, ()))):
        for key, item in value.items():
            if _suffix(key) == suffix and (name := key.rpartition(":")[0]) in resolved:
                resolved[name] = _for_marketplace(item, marketplace)
    return resolved


def _suffix(key: str) -> str:
    suffix = key.rpartition(":")[2] if ":" in key else ""
    return suffix if suffix in MARKETPLACES else ""


def _lines(root: Any) -> dict[str, int]:
    node = _child(root, "configuration")
    if node is None or node.id != "sequence":
        return {}
    lines = {"": next(key.start_mark.line + 1 for key, value in root.value if value is node)}
    for item in node.value:
        name = _child(item, "name")
        if name is not None and name.id == "scalar":
            lines.setdefault(name.value, item.start_mark.line + 1)
    return lines


def _code(root: Any) -> tuple[str | None, bool]:
    """The text at script.script, and whether it could be given the yml's line numbers."""
    node = _child(_child(root, "script"), "script") or _child(_child(root, "integrationScript"), "script")
    if node is None or node.id != "scalar" or node.value.strip() in ("", "-"):
        return None, True
    if node.style == "|":
        # A literal block begins on the line behind its mark and keeps each line, so empty lines before it suffice.
        return "\n" * (node.start_mark.line + 1) + node.value, True
    return node.value, False


def _child(node: Any, key: str) -> Any:
    if node is None or node.id != "mapping":
        return None
    return next((value for name, value in node.value if name.id == "scalar" and name.value == key), None)
