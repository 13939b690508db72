"""Slips that authors make, made on purpose: each mutant is a right script with one place of it edited by its syntax."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A script with a slip in it."""

    slip: str
    line: int
    text: str


def mutants(text: str) -> Iterator[Mutant]:
    """All of a script, slip by slip and in the order of its lines; none is the script itself, nor there twice."""
    tree = ast.parse(text)
    seen = {ast.unparse(tree)}
    for slip, edits in SLIPS.items():
        for place, node in enumerate(ast.walk(tree)):
            for edited in edits(deepcopy(node)):
                mutant = written(tree, place, edited)
                if mutant not in seen:
                    seen.add(mutant)
                    yield Mutant(slip, getattr(node, "lineno", 0), mutant)


def written(tree: ast.Module, place: int, edited: ast.AST) -> str:
    """The script with the node at this place of the walk replaced."""
    copy = deepcopy(tree)
    old = next(node for number, node in enumerate(ast.walk(copy)) if number == place)
    swapped = Swap(old, edited).visit(copy)
    return ast.unparse(ast.fix_missing_locations(swapped))


class Swap(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else super().visit(node)


# --- the slips -----------------------------------------------------------------------------------------------


def ids_not_looked_at(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.NotIn):
        yield ast.Constant(True)


def ids_compared_as_text(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.NotIn):
        node.left = call("str", node.left)
        yield node


def ids_replaced(node: ast.AST) -> Iterator[ast.AST]:
    """`[*known, new]` becomes `[new]`, and `kept + [...]` becomes `[...]`."""
    if isinstance(node, ast.List) and node.elts and isinstance(node.elts[0], ast.Starred):
        yield ast.List(node.elts[1:], ast.Load())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.right, ast.List | ast.ListComp):
        yield node.right


def ids_not_added(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and isinstance(node.right, ast.List | ast.ListComp):
        yield node.left


def always_one_branch(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse


def first_for_last(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and ast.unparse(node.slice) == "-1":
        node.slice = ast.Constant(0)
        yield node


def last_for_largest(node: ast.AST) -> Iterator[ast.AST]:
    if calls(node, "max") and len(node.args) == 1 and isinstance(node.args[0], ast.List):
        yield ast.Subscript(node.args[0], ast.Constant(-1), ast.Load())


def fraction_cut(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "%S.%f" in node.value:
        yield ast.Constant(node.value.replace(".%f", ""))


def key_misspelt(node: ast.AST) -> Iterator[ast.AST]:
    if calls(node, "get") and node.args and isinstance(node.args[0], ast.Constant):
        node.args[0] = ast.Constant(f"{node.args[0].value}_")
        yield node


def stored_time_ignored(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        yield node.values[-1]


def last_run_not_stored(node: ast.AST) -> Iterator[ast.AST]:
    if calls(node, "setLastRun"):
        yield ast.Constant(None)


def last_run_stored_as_it_was(node: ast.AST) -> Iterator[ast.AST]:
    if calls(node, "setLastRun"):
        node.args = [ast.parse("demisto.getLastRun()", mode="eval").body]
        yield node


def last_run_key_forgotten(node: ast.AST) -> Iterator[ast.AST]:
    if calls(node, "setLastRun") and isinstance(node.args[0], ast.Dict):
        for place in range(len(node.args[0].keys)):
            edited = deepcopy(node)
            del edited.args[0].keys[place], edited.args[0].values[place]
            yield edited


def parameter_not_sent(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("query", "body"):
        for place in range(len(node.value.keys) if isinstance(node.value, ast.Dict) else 0):
            edited = deepcopy(node)
            del edited.value.keys[place], edited.value.values[place]
            yield edited


def one_page_read(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.While):
        yield ast.For(ast.Name("once", ast.Store()), ast.List([ast.Constant(0)], ast.Load()), node.body, [])


def limit_without_the_known(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and calls(node.right, "len"):
        yield node.left


def look_back_changed(node: ast.AST) -> Iterator[ast.AST]:
    """Left out, and with the wrong sign."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and calls(node.right, "timedelta"):
        yield deepcopy(node.left)
        node.op = ast.Add()
        yield node


def seconds_for_milliseconds(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and node.right.value == 1000:
        yield node.left


def handed_over_twice(node: ast.AST) -> Iterator[ast.AST]:
    if calls(node, "incidents") and node.args:
        node.args = [ast.BinOp(node.args[0], ast.Add(), deepcopy(node.args[0]))]
        yield node


def handed_over_where_any(node: ast.AST) -> Iterator[ast.AST]:
    """As newer code does: no call where there is nothing to hand over."""
    if isinstance(node, ast.Expr) and calls(node.value, "incidents"):
        yield ast.If(deepcopy(node.value.args[0]), [node], [])


SLIPS: dict[str, Callable[[ast.AST], Iterator[ast.AST]]] = {
    edit.__name__.replace("_", " "): edit
    for edit in (
        ids_not_looked_at,
        ids_compared_as_text,
        ids_replaced,
        ids_not_added,
        always_one_branch,
        first_for_last,
        last_for_largest,
        fraction_cut,
        key_misspelt,
        stored_time_ignored,
        last_run_not_stored,
        last_run_stored_as_it_was,
        last_run_key_forgotten,
        parameter_not_sent,
        one_page_read,
        limit_without_the_known,
        look_back_changed,
        seconds_for_milliseconds,
        handed_over_twice,
        handed_over_where_any,
    )
}


def calls(node: ast.AST, name: str) -> bool:
    """Whether it is a call of this name, with or without a dot before it."""
    if not isinstance(node, ast.Call):
        return False
    return name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))


def call(name: str, argument: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])
