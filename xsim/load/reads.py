"""Reads from the script's text which parameters it takes from `demisto.params()`, and how it uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from xsim.integration import Parameter
from xsim.load.meanings import NEEDED, meaning_of

ROUNDS = 10
"""How often params may be handed on from function to function until the reading gives up."""
COPIES = frozenset({"dict", "copy", "deepcopy", "cast", "remove_empty_elements", "assign_params", "SmartGetDict"})
CREDENTIAL_KEYS = frozenset({"identifier", "password", "credentials", "sshkey"})
NUMBERS, BOOLEANS = frozenset({"int", "float"}), frozenset({"argToBoolean", "bool", "strtobool"})
NEVER_EMPTY = frozenset({"url", "host", "secret", "uuid", "user", "email"})
"""An empty text as default of one of these only spares the script a check."""
KIND_TEXT, KIND_NUMBER, KIND_ENCRYPTED, KIND_BOOLEAN, KIND_CREDENTIALS = 0, 1, 4, 8, 9
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class _Read:
    """One name, with what all its readings together tell."""

    name: str
    line: int
    """Where it is read first."""
    insists: bool = False
    """Read by `params['x']`, or used as a number as it comes."""
    default: bool = False
    empty_default: bool = False
    shapes: set[int] = field(default_factory=set)


def read_parameters(tree: ast.Module) -> tuple[tuple[Parameter, int], ...]:
    """The parameters that the script reads, in order of appearance, and in which line first.

    Required is one that has no default of its own.
    """
    reader = _Reader(tree)
    return tuple((_guess(read), read.line) for read in reader.reads().values())


def _guess(read: _Read) -> Parameter:
    meaning = meaning_of(read.name)
    kind = KIND_TEXT
    if KIND_CREDENTIALS in read.shapes or read.name.lower() in ("credentials", "creds"):
        kind = KIND_CREDENTIALS
    elif meaning == "boolean" or (KIND_BOOLEAN in read.shapes and meaning not in NEEDED):
        kind = KIND_BOOLEAN
    elif KIND_NUMBER in read.shapes:
        kind = KIND_NUMBER
    elif meaning == "secret":
        kind = KIND_ENCRYPTED
    wanted = read.insists or kind == KIND_CREDENTIALS or (meaning in NEEDED and kind != KIND_BOOLEAN)
    has_default = read.default or (read.empty_default and meaning not in NEVER_EMPTY)
    if kind == KIND_BOOLEAN:
        return Parameter(read.name, kind, default=None if read.default or read.empty_default else "false")
    return Parameter(read.name, kind, required=wanted and (not has_default or kind == KIND_CREDENTIALS))


class _Reader:
    """Follows `demisto.params()` through names, attributes of self, and arguments of the script's own functions."""

    def __init__(self, tree: ast.Module) -> None:
        self._parents: dict[ast.AST, ast.AST] = {}
        self._scopes: dict[ast.AST, ast.AST] = {}
        self._functions: dict[str, list[Function]] = {}
        self._constants: dict[str, str] = {}
        self._aliases: set[tuple[object, str]] = set()
        self._walk(tree)
        self._follow()
        if not self._aliases and not any(self._is_params(node) for node in self._scopes):
            self._aliases = {
                (function, "params")
                for functions in self._functions.values()
                for function in functions
                if "params" in _argument_names(function)
            }

    def reads(self) -> dict[str, _Read]:
        found = sorted(self._found(), key=lambda item: (item[0].lineno, item[0].col_offset))
        reads: dict[str, _Read] = {}
        holders: dict[str, str] = {}
        for node, name, default in found:
            read = reads.setdefault(name.partition(".")[0], _Read(name.partition(".")[0], node.lineno))
            if "." in name:
                read.shapes.add(KIND_CREDENTIALS)
            self._note_use(node, read, default, holders)
        for any_node in self._scopes:
            holder, key = _key_read(any_node)
            if key in CREDENTIAL_KEYS and isinstance(holder, ast.Name) and holder.id in holders:
                reads[holders[holder.id]].shapes.add(KIND_CREDENTIALS)
        return reads

    def _walk(self, tree: ast.Module) -> None:
        waiting: list[tuple[ast.AST, ast.AST]] = [(tree, tree)]
        while waiting:
            node, scope = waiting.pop()
            self._scopes[node] = scope
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._functions.setdefault(node.name, []).append(node)
            if isinstance(node, ast.Assign) and scope is tree and isinstance(node.value, ast.Constant):
                self._constants.update(
                    (target.id, node.value.value)
                    for target in node.targets
                    if isinstance(target, ast.Name) and isinstance(node.value.value, str)
                )
            within = node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)) else scope
            for child in ast.iter_child_nodes(node):
                self._parents[child] = node
                waiting.append((child, within))

    def _follow(self) -> None:
        hands_on = [
            node for node in self._scopes if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.Call))
        ]
        for _ in range(ROUNDS):
            known = len(self._aliases)
            for node in hands_on:
                self._aliases.update(self._bound_by(node))
            if len(self._aliases) == known:
                return

    def _bound_by(self, node: ast.AST) -> Iterator[tuple[object, str]]:
        """The names to which a statement or call hands the params."""
        if isinstance(node, ast.Call):
            yield from self._bound_by_call(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and node.value:
            if not self._is_params(node.value):
                return
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    yield self._scopes[node], target.id
                elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    yield "attribute", target.attr

    def _bound_by_call(self, call: ast.Call) -> Iterator[tuple[object, str]]:
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        functions = self._functions.get("__init__" if called not in self._functions else called, [])
        for position, argument in enumerate(call.args):
            if self._is_params(argument):
                for function in functions:
                    names = [name for name in _argument_names(function) if name not in ("self", "cls")]
                    if position < len(names):
                        yield function, names[position]
        for keyword in call.keywords:
            if keyword.arg and self._is_params(keyword.value):
                takers = [function for function in functions if keyword.arg in _argument_names(function)]
                yield from ((function, keyword.arg) for function in takers)

    def _is_params(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return self._is_alias(node)
        if isinstance(node, ast.Attribute):
            return ("attribute", node.attr) in self._aliases
        if isinstance(node, ast.BoolOp):
            return any(self._is_params(value) for value in node.values)
        if isinstance(node, ast.DictComp):
            source = node.generators[0].iter
            return isinstance(source, ast.Call) and _method(source, "items") and self._is_params(_object(source))
        if not isinstance(node, ast.Call):
            return False
        if _method(node, "params") and _is_demisto(_object(node)):
            return True
        if _method(node, "copy"):
            return self._is_params(_object(node))
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return called in COPIES and any(map(self._is_params, node.args))

    def _is_alias(self, node: ast.Name) -> bool:
        scope = self._scopes[node]
        for _ in range(ROUNDS):
            if (scope, node.id) in self._aliases:
                return True
            if isinstance(scope, ast.Module):
                return False
            if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.id in _argument_names(scope):
                return False
            scope = self._scopes[scope]
        return False

    def _found(self) -> Iterator[tuple[ast.expr, str, ast.expr | None]]:
        """Each reading: its node, the name, and the default that it gives."""
        for node in self._scopes:
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and self._is_params(node.value):
                if (name := self._text(node.slice)) is not None:
                    yield node, name, None
            elif isinstance(node, ast.Call) and node.args and (name := self._text(node.args[0])) is not None:
                is_get = (_method(node, "get") or _method(node, "pop")) and self._is_params(_object(node))
                if is_get or (_method(node, "getParam") and _is_demisto(_object(node))):
                    given = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "default")]
                    yield node, name, given[0] if given else None

    def _text(self, node: ast.AST) -> str | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        return self._constants.get(node.id) if isinstance(node, ast.Name) else None

    def _note_use(self, node: ast.expr, read: _Read, default: ast.expr | None, holders: dict[str, str]) -> None:
        """Add to the reading what stands around it: `... or 50`, `int(...)`, `....get('password')`, `not ...`."""
        parent = self._parents[node]
        if isinstance(parent, ast.BoolOp) and isinstance(parent.op, ast.Or) and parent.values[0] is node:
            default, parent = default or parent.values[1], self._parents[parent]
        if isinstance(default, ast.Constant) and isinstance(default.value, bool):
            read.shapes.add(KIND_BOOLEAN)
        if default is not None:
            is_empty = _is_empty_literal(default)
            read.empty_default, read.default = read.empty_default or is_empty, read.default or not is_empty
        elif isinstance(node, ast.Subscript):
            read.insists = True
        if isinstance(parent, ast.Attribute) and parent.attr in ("get", "__getitem__"):
            parent = self._parents[parent]
        if _key_read(parent)[1] in CREDENTIAL_KEYS:
            read.shapes.add(KIND_CREDENTIALS)
        if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not):
            read.shapes.add(KIND_BOOLEAN)
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
            if parent.func.id in NUMBERS:
                read.shapes.add(KIND_NUMBER)
                read.insists = read.insists or default is None
            elif parent.func.id in BOOLEANS:
                read.shapes.add(KIND_BOOLEAN)
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            holders[parent.targets[0].id] = read.name


def _key_read(node: ast.AST) -> tuple[ast.AST | None, str]:
    """What is read by a constant key, and the key: `x['password']`, `x.get('password')`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.value, str(node.slice.value)
    if isinstance(node, ast.Call) and _method(node, "get") and node.args and isinstance(node.args[0], ast.Constant):
        return _object(node), str(node.args[0].value)
    return None, ""


def _method(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == name


def _object(call: ast.Call) -> ast.AST:
    assert isinstance(call.func, ast.Attribute), "a method call"
    return call.func.value


def _is_demisto(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("demisto", "demistomock")


def _is_empty_literal(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value in (None, "", 0, False)
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, (ast.List, ast.Tuple, ast.Set)) and not node.elts


def _argument_names(function: Function) -> list[str]:
    arguments = function.args
    return [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
