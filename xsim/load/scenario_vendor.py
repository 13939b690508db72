"""Reads `vendor`: the Python function that answers what no endpoint does. Its file is parsed, never imported."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from xsim.load.files import shown
from xsim.load.scenario_table import Table, described, nearest
from xsim.world import Hatch

LARGEST_VENDOR_FILE = 5 * 2**20


def read_hatch(table: Table) -> Hatch | None:
    """The Python function that answers what no endpoint does; its file is read, never imported."""
    if "vendor" not in table:
        return None
    text = table.filled_text("vendor")
    name, colon, function = text.rpartition(":")
    if not colon or not name or not function.isidentifier():
        table.expect("vendor", 'a file and a function, such as "vendor.py:answer"')
    folder = table.source.path.parent
    path = folder / name
    try:
        is_inside = path.resolve().is_relative_to(folder.resolve())
        is_there = path.is_file()
    except (OSError, ValueError, RuntimeError):
        table.expect("vendor", "a path")
    if not is_inside:
        table.refuse("vendor", f"{name} lies outside {shown(folder)}", "keep the file in the scenario's folder")
    if not is_there:
        table.refuse("vendor", f"{name}: no such file", _similar_file(path))
    functions = _functions(table, path)
    if function not in functions:
        hint = nearest(function, functions) or f"it defines {', '.join(functions) or 'no function'}"
        table.refuse("vendor", f"{name} defines no function '{function}' at its top level", hint)
    if not functions[function]:
        table.refuse("vendor", f"{function} cannot be called with two arguments", "def answer(request, world):")
    return Hatch(str(path.absolute()), function, text)


def _functions(table: Table, path: Path) -> dict[str, bool]:
    """The functions at the top level, and whether each can be called with two arguments."""
    try:
        if path.stat().st_size > LARGEST_VENDOR_FILE:
            table.refuse("vendor", f"{path.name} is larger than {LARGEST_VENDOR_FILE // 2**20} MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        table.refuse("vendor", f"{path.name}:{error.lineno or 1}: not valid Python: {error.msg}")
    except OSError as error:
        table.refuse("vendor", f"{path.name}: cannot be read ({error.strerror})")
    except (ValueError, RecursionError, MemoryError) as error:
        table.refuse("vendor", f"{path.name}: not valid Python: {described(str(error))}")
    return {node.name: _takes_two(node.args) for node in tree.body if isinstance(node, ast.FunctionDef)}


def _takes_two(arguments: ast.arguments) -> bool:
    positional = len(arguments.posonlyargs) + len(arguments.args)
    needed = positional - len(arguments.defaults)
    has_needed_names = any(default is None for default in arguments.kw_defaults)
    return needed <= 2 and (positional >= 2 or arguments.vararg is not None) and not has_needed_names


def _similar_file(path: Path) -> str | None:
    try:
        names = sorted(entry.name for entry in path.parent.iterdir()) if path.parent.is_dir() else []
    except OSError:
        return None
    return nearest(path.name, names)
