"""Names that a script takes from the real CommonServerPython, as far as can be told, and xsim's own does not have."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import warnings
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from xsim.load.known_names import KNOWN_NAMES

SHARED = frozenset({"CommonServerPython", "CommonServerUserPython", "demistomock"})
HANDLES_IT = re.compile(r"\bNameError\b")
GIVEN = frozenset({*dir(builtins), "demisto", "demistomock", "Demisto", "register_module_line"})
"""What the platform and Python themselves give."""
OF_PYTHON_2 = frozenset("basestring cmp execfile file long raw_input reduce unichr unicode xrange".split())
LEAST_RATIO = 0.85
"""Two names this much alike and as long as each other, but for a letter, are one of them misspelt."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names in a text: read anywhere, bound anywhere, and taken from CommonServerPython as from a module."""

    read: frozenset[str]
    bound: frozenset[str]
    taken: frozenset[str]
    has_other_stars: bool = False
    """Whether it star-imports what is no part of the text that the server puts together."""


def names_in(nodes: Iterable[ast.AST]) -> Names:
    """What the nodes of a tree read and bind, whatever the scope."""
    read: set[str] = set()
    bound: set[str] = set()
    taken: set[str] = set()
    has_other_stars = False
    for node in nodes:
        if isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.ImportFrom):
            is_star = node.names[0].name == "*"
            has_other_stars |= is_star and not (node.module in SHARED or str(node.module).endswith("ApiModule"))
            bound.update(alias.asname or alias.name for alias in node.names)
            taken.update(alias.name for alias in node.names if node.module == "CommonServerPython" and not is_star)
        elif isinstance(node, ast.Import):
            bound.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Attribute):
            taken.update([node.attr] if getattr(node.value, "id", "") == "CommonServerPython" else [])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif name := getattr(node, "name", None) or getattr(node, "rest", None):  # def, class, except, case
            bound.add(str(name))
    return Names(frozenset(read), frozenset(bound), frozenset(taken), has_other_stars)


def missing_names(texts: Sequence[str], names: Sequence[Names], common: CodeType, user: CodeType) -> tuple[str, ...]:
    """The names that only another CommonServerPython can have, in order of appearance.

    `texts` are the script and its ApiModules, `names` what is in each; `common` is xsim's CommonServerPython, `user`
    what the user added to it. What looks like a mistake of the script itself is not among them: a name that it binds
    elsewhere, that is nearly another one, or that Python 2 had; nor is anything where the script handles NameError.
    """
    there = {*common.co_names, *user.co_names, *GIVEN}
    whole = "\n".join(texts)
    if HANDLES_IT.search(whole):
        return ()
    read = frozenset().union(*(each.read for each in names)) - there
    bound = frozenset().union(*(each.bound for each in names))
    taken = frozenset().union(*(each.taken for each in names)) - there
    known = read & KNOWN_NAMES
    found = taken | (known & _looked_up_outside(texts) if known & bound else known)
    if not any(each.has_other_stars for each in names):
        unknown = [name for name in read - bound - KNOWN_NAMES - OF_PYTHON_2 if not name.startswith("_")]
        found |= {name for name in unknown if not _is_misspelt(name, {*there, *bound})}
    places = {name: re.search(rf"\b{name}\b", whole) for name in found}
    return tuple(sorted(places, key=lambda name: (place.start() if (place := places[name]) else 0, name)))


def _is_misspelt(name: str, there: Collection[str]) -> bool:
    from difflib import get_close_matches

    alike = [each for each in sorted(there) if abs(len(each) - len(name)) <= 1]
    return bool(get_close_matches(name, alike, n=1, cutoff=LEAST_RATIO))


def _looked_up_outside(texts: Sequence[str]) -> frozenset[str]:
    """Names that are looked up among the globals and that no text binds there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" in a plain string is a matter for a linter.
        try:
            tables = [symtable.symtable(text, "script", "exec") for text in texts]
        except (SyntaxError, RecursionError):  # Then it is said elsewhere, or the script runs as far as it gets.
            return frozenset()
    bound = {name for table in tables for name in _bound_globally(table)}
    return frozenset(name for table in tables for name in _used_globally(table) if name not in bound)


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _used_globally(table: symtable.SymbolTable) -> Iterator[str]:
    for scope in _scopes(table):
        for symbol in scope.get_symbols():
            if symbol.is_referenced() and (symbol.is_global() or scope is table):
                yield symbol.get_name()


def _bound_globally(table: symtable.SymbolTable) -> Iterator[str]:
    for scope in _scopes(table):
        for symbol in scope.get_symbols():
            is_binding = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
            if is_binding and (scope is table or symbol.is_declared_global()):
                yield symbol.get_name()
