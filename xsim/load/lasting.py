"""Reads from the script's text where it may change what outlives its command: a module, a class or function of others.

The script's own names are new in each command (server-semantics 5); what it imports stays loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

CHANGING = frozenset(
    "add append appendleft clear discard extend insert pop popitem popleft remove reverse setdefault sort update"
    " __setitem__ __delitem__".split()
)
"""Methods that change a set, list, dict or deque."""
LASTING_CALLS = frozenset(
    "addaudithook delattr getcontext import_module install_opener monkey_patch patch patch_all register reload setattr "
    "setcontext setdefaulttimeout setlocale Thread Timer __import__ __setattr__".split()
)
LASTING_NAMES = frozenset("__builtins__ __class__ __code__ __defaults__ __dict__ __globals__ __kwdefaults__".split())
GIVES_ANOTHER_S = frozenset({"getattr", "type", "vars"})
"""What these give may be a class, or a part of a module."""
OF_THE_COMMAND = ("demisto.", "demistomock.", "os.environ", "self.", "cls.")
"""Beginnings of what is new in each command, or put back behind it."""


def lasting_lines(nodes: Sequence[ast.AST]) -> tuple[int, ...]:
    """Lines, in order, that store something where a later command may find it; rather one too many than one too few."""
    foreign = _foreign_names(nodes)
    return tuple(sorted({line for node in nodes for line in _lasting(node, foreign)}))


def _foreign_names(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Names that the script imports or does not bind at all, and those that it gives to such a thing."""
    imported: set[str] = set()
    bound: set[str] = set()
    aliases: list[tuple[str, ast.expr]] = []
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imported.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            aliases.append((node.targets[0].id, node.value))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    foreign = imported | (used - bound)
    # A name for a foreign thing, or for a part of one: `store = requests.sessions`.
    for name, value in aliases:
        if isinstance(value, (ast.Name, ast.Attribute)) and (root := _root(value)) in foreign and root != "demisto":
            foreign.add(name)
    return frozenset(foreign - {"self", "cls"})


def _lasting(node: ast.AST, foreign: frozenset[str]) -> Iterator[int]:
    if isinstance(node, ast.Call):
        if _changes_something(node, foreign):
            yield node.lineno
    elif isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node.ctx, (ast.Store, ast.Del)) and _is_foreign(node, foreign):
            yield node.lineno
        if isinstance(node, ast.Attribute) and (
            node.attr in LASTING_NAMES or (node.attr == "modules" and _root(node) == "sys")
        ):
            yield node.lineno
    elif isinstance(node, ast.Name) and node.id in LASTING_NAMES:
        yield node.lineno


def _changes_something(call: ast.Call, foreign: frozenset[str]) -> bool:
    called = call.func
    if isinstance(called, ast.Name):
        # An object of the script's own is as new as the script.
        is_own = bool(call.args) and isinstance(call.args[0], ast.Name) and call.args[0].id == "self"
        return called.id in LASTING_CALLS and not is_own
    if not isinstance(called, ast.Attribute):
        return False
    return called.attr in LASTING_CALLS or (called.attr in CHANGING and _is_foreign(called, foreign))


def _is_foreign(node: ast.Attribute | ast.Subscript, foreign: frozenset[str]) -> bool:
    return _root(node) in foreign and not ast.unparse(node).startswith(OF_THE_COMMAND)


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes and places begins with; "" where it begins with something else."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GIVES_ANOTHER_S:
        node = node.func
    return node.id if isinstance(node, ast.Name) else ""
