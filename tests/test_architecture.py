"""The house holds: who may import whom, and how big things may get (style.md section 2)."""

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "xsim"
STAGES = {"load", "simulate", "record", "check", "report"}
FLOOR = {"model", "integration", "world", "events", "texts", "findings", "secrets", "errors"}
MAY_IMPORT = {
    "cli": STAGES | FLOOR | {"api", "draft", "suite", "in_force", "xsim"},
    "draft": STAGES | FLOOR | {"api", "xsim"},
    "suite": STAGES | FLOOR | {"api", "xsim"},
    "pytest_plugin": STAGES | FLOOR | {"api", "suite", "xsim"},
    "in_force": FLOOR | {"api", "xsim"},
    "__main__": {"cli", "errors"},
    "api": STAGES | FLOOR | {"xsim"},
    "xsim": {"api"},
    "commonserver": set(),
    **dict.fromkeys(STAGES, FLOOR),
    "model": {"world", "integration"},
    "integration": {"world"},
    "world": set(),
    "events": {"world", "texts"},
    "texts": set(),
    "findings": {"model"},
    "secrets": set(),
    "errors": set(),
}
LARGEST_MODULE = 500
LARGEST_FUNCTION = 50


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def own_modules():
    skipped = (PACKAGE / "examples", PACKAGE / "load" / "shims")
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not any(each in path.parents for each in skipped)]


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return "xsim" if first == "__init__.py" else first.removesuffix(".py")


@cache
def imports_in(path: Path) -> set[str]:
    """Every module of xsim that the file imports, for type checking or not."""
    names = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {node.module} if node.module != "xsim" else {f"xsim.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("a relative import")
    return {name for name in names if name.split(".")[0] in ("xsim", "a relative import")}


@pytest.mark.parametrize("path", own_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    part = part_of(path)
    parts = set()
    for name in imports_in(path):
        pieces = name.split(".")
        is_part = len(pieces) > 1 and pieces[1] in MAY_IMPORT
        parts.add(pieces[1] if is_part else "xsim")
    assert parts <= MAY_IMPORT[part] | {part}


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_the_verbs_of_a_stage_are_all_that_others_import(stage):
    outside = [path for path in own_modules() if part_of(path) != stage]
    for path in outside:
        inner = {name for name in imports_in(path) if name.startswith(f"xsim.{stage}.")}
        exported = (PACKAGE / stage / "__init__.py").read_text(encoding="utf-8")
        assert all(f'"{name.rsplit(".", 1)[1]}"' in exported for name in inner), f"{path} reaches into {stage}: {inner}"


@pytest.mark.parametrize("part", sorted(FLOOR))
def test_the_floor_needs_the_standard_library_alone(part):
    import sys

    tree = ast.parse((PACKAGE / f"{part}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(name.split(".")[0] in sys.stdlib_module_names | {"xsim"} for name in names)


@pytest.mark.parametrize("path", own_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_stay_small(path):
    if part_of(path) == "commonserver":
        return  # one text on purpose: it is compiled as the script's own
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LARGEST_MODULE
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < LARGEST_FUNCTION, f"{node.name} is too long"


@pytest.mark.parametrize("path", own_modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(tree_of(path))


def test_no_module_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "helpers", "common", "base", "manager"}
    assert not drawers & {path.stem for path in own_modules()}
