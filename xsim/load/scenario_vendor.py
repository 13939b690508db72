"""Reads `vendor` and `wsgi`: Python that answers what no endpoint does. Its file is parsed, never imported."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from xsim.load.files import shown
from xsim.load.scenario_table import Table, described, nearest
from xsim.world import Hatch

LARGEST_VENDOR_FILE = 5 * 2**20
MOST_NAMES = 8


def read_hatch(table: Table) -> Hatch | None:
    """The function of `vendor`, or the application of `wsgi`; its file is read, never imported."""
    if "vendor" in table and "wsgi" in table:
        table.refuse("wsgi", "expected either 'vendor' or 'wsgi', not both")
    if "vendor" in table:
        return _function(table)
    return _application(table) if "wsgi" in table else None


def _function(table: Table) -> Hatch:
    text, name, path, function = _named(table, "vendor", "a file and a function", "vendor.py:answer")
    functions = {
        node.name: _takes_two(node.args)
        for node in _parsed(table, "vendor", path).body
        if isinstance(node, ast.FunctionDef)
    }
    if function not in functions:
        hint = nearest(function, functions) or f"it defines {', '.join(functions) or 'no function'}"
        table.refuse("vendor", f"{name} defines no function '{function}' at its top level", hint)
    if not functions[function]:
        table.refuse("vendor", f"{function} cannot be called with two arguments", "def answer(request, world):")
    return Hatch(str(path.absolute()), function, text)


def _application(table: Table) -> Hatch:
    """A WSGI application may be a function, a class, or an object that a name is bound to."""
    text, name, path, application = _named(table, "wsgi", "a file and an application", "app.py:application")
    bound = dict(_bound_names(_parsed(table, "wsgi", path).body))
    # What a star brings is not known before the file runs.
    if application not in bound and "*" not in bound:
        near = nearest(application, bound)
        hint = near or f"it has {', '.join(list(bound)[:MOST_NAMES]) or 'no name at its top level'}"
        table.refuse("wsgi", f"{name} has no '{application}' at its top level", hint)
    node = bound.get(application)
    hint = f"def {application}(environ, start_response):"
    if isinstance(node, ast.AsyncFunctionDef):
        table.refuse("wsgi", f"{application} is asynchronous, which a WSGI application is not", hint)
    if isinstance(node, ast.FunctionDef) and not _takes_two(node.args):
        table.refuse("wsgi", f"{application} cannot be called with two arguments", hint)
    return Hatch(str(path.absolute()), application, text, is_wsgi=True)


def _named(table: Table, key: str, what: str, example: str) -> tuple[str, str, Path, str]:
    """What the key says, and of it the file's name, its path and the name in it."""
    text = table.filled_text(key)
    name, colon, inner = text.rpartition(":")
    if not colon or not name or not inner.isidentifier():
        table.expect(key, f'{what}, such as "{example}"')
    folder = table.source.path.parent
    path = folder / name
    try:
        is_inside = path.resolve().is_relative_to(folder.resolve())
        is_there = path.is_file()
    except (OSError, ValueError, RuntimeError):
        table.expect(key, "a path")
    if not is_inside:
        table.refuse(key, f"{name} lies outside {shown(folder)}", "keep the file in the scenario's folder")
    if not is_there:
        table.refuse(key, f"{name}: no such file", _similar_file(path))
    return text, name, path, inner


def _parsed(table: Table, key: str, path: Path) -> ast.Module:
    try:
        if path.stat().st_size > LARGEST_VENDOR_FILE:
            table.refuse(key, f"{path.name} is larger than {LARGEST_VENDOR_FILE // 2**20} MB")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(path.read_bytes())
    except SyntaxError as error:
        table.refuse(key, f"{path.name}:{error.lineno or 1}: not valid Python: {error.msg}")
    except OSError as error:
        table.refuse(key, f"{path.name}: cannot be read ({error.strerror})")
    except (ValueError, RecursionError, MemoryError) as error:
        table.refuse(key, f"{path.name}: not valid Python: {described(str(error))}")


def _bound_names(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Names that the statements bind to something that can be called, those within `if`, `try` and `with` too."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if node.value else []
            is_constant = isinstance(node.value, ast.Constant)
            yield from ((each.id, node) for each in targets if isinstance(each, ast.Name) and not is_constant)
        elif isinstance(node, ast.ImportFrom):
            yield from ((each.asname or each.name, node) for each in node.names)
        for inner in ("body", "orelse", "finalbody") if isinstance(node, (ast.If, ast.Try, ast.With)) else ():
            yield from _bound_names(getattr(node, inner, ()))


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
