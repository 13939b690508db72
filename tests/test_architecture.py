"""The house holds: who may import whom, and how big things may get (style.md section 2)."""

import ast
import sys
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


def own_modules() -> list[Path]:
    skipped = (PACKAGE / "examples", PACKAGE / "load" / "shims")
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not any(each in path.parents for each in skipped)]


def part_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return "xsim" if first == "__init__.py" else first.removesuffix(".py")


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports_in(tree: ast.Module) -> set[str]:
    """Every module of xsim that the file imports, for type checking or not."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {node.module} if node.module != "xsim" else {f"xsim.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("a relative import")
    return {name for name in names if name.split(".")[0] in ("xsim", "a relative import")}


@pytest.fixture(scope="module")
def trees():
    """Each module's syntax tree, read once."""
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in own_modules()}


@pytest.fixture(scope="module")
def imports(trees):
    return {path: imports_in(tree) for path, tree in trees.items()}


def part_named(module: str) -> str:
    """The part of a dotted name: of "xsim.check.rules" it is "check"."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 and pieces[1] in MAY_IMPORT else "xsim"


def test_imports_point_down(imports):
    upwards = [
        f"{name_of(path)} imports {name}"
        for path, names in imports.items()
        for name in sorted(names)
        if part_named(name) not in MAY_IMPORT[part_of(path)] | {part_of(path)}
    ]
    assert upwards == []


def test_the_verbs_of_a_stage_are_all_that_others_import(imports):
    for stage in sorted(STAGES):
        exported = (PACKAGE / stage / "__init__.py").read_text(encoding="utf-8")
        for path in (path for path in imports if part_of(path) != stage):
            inner = {name for name in imports[path] if name.startswith(f"xsim.{stage}.")}
            verbs = {name for name in inner if f'"{name.rsplit(".", 1)[1]}"' in exported}
            assert inner == verbs, f"{path} reaches into {stage}"


def test_the_floor_needs_the_standard_library_alone(trees):
    for part in sorted(FLOOR):
        for node in ast.walk(trees[PACKAGE / f"{part}.py"]):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(name.split(".")[0] in sys.stdlib_module_names | {"xsim"} for name in names), part


def test_modules_and_functions_stay_small(trees):
    too_long = []
    for path, tree in trees.items():
        if part_of(path) == "commonserver":
            continue  # one text on purpose: it is compiled as the script's own
        if len(path.read_text(encoding="utf-8").splitlines()) > LARGEST_MODULE:
            too_long.append(name_of(path))
        too_long += [
            f"{node.name} in {name_of(path)}"
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and (node.end_lineno or 0) - node.lineno >= LARGEST_FUNCTION
        ]
    assert too_long == []


def test_every_module_says_what_it_is_for(trees):
    assert [name_of(path) for path, tree in trees.items() if not ast.get_docstring(tree)] == []


def test_no_module_is_a_drawer_for_odds_and_ends():
    drawers = {"utils", "helpers", "common", "base", "manager"}
    assert not drawers & {path.stem for path in own_modules()}
