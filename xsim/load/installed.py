"""Which of the modules that an integration imports are not installed here, and what would bring them."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder

from xsim.errors import InvalidIntegration
from xsim.integration import Integration
from xsim.load.distributions import SHARED_PREFIXES, distribution_of, shared_part
from xsim.load.files import can_be_a_file

GIVEN = frozenset({"demisto", "demistomock", "CommonServerPython", "CommonServerUserPython", "distutils"})
"""By the platform; distutils by Python, by setuptools or by xsim."""
PYTHON_2 = frozenset(
    "__builtin__ BaseHTTPServer ConfigParser HTMLParser Queue StringIO cPickle cStringIO commands cookielib "
    "htmlentitydefs httplib urllib2 urlparse".split()
)
"""What scripts of both Pythons import in a branch of their own; no package brings them."""
CATCHES_IMPORT_ERROR = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
IMPORT_AT_TOP = re.compile(r"^(?:import|from)[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Imports:
    """Dotted names of modules: those that the script cannot start without, and those that it may come to import."""

    always: tuple[str, ...]
    perhaps: tuple[str, ...]


def imports_of(tree: ast.Module) -> Imports:
    """What the text imports from outside; what it tries for and can do without is in neither list."""
    always: dict[str, None] = {}
    perhaps: dict[str, None] = {}
    for name, is_certain in _imports(tree.body, is_certain=True):
        (always if is_certain else perhaps)[name] = None
    return Imports(tuple(always), tuple(perhaps))


def imports_at_top(text: str) -> tuple[str, ...]:
    """As `always`, from a text that is too large to parse in every run: the imports that are not indented."""
    return tuple(dict.fromkeys(IMPORT_AT_TOP.findall(text)))


def not_installed(names: Iterable[str], around: Collection[str]) -> tuple[str, ...]:
    """Those of the dotted names that cannot be imported here, cut to the part that is missing, in order.

    `around` are the modules that come with the integration. Nothing is imported to find out.
    """
    return tuple(dict.fromkeys(lacking for name in names if (lacking := _lacking_part(name, around))))


def install_line(modules: Sequence[str]) -> str:
    return "pip install " + " ".join(dict.fromkeys(map(distribution_of, modules)))


def refuse_missing_modules(integration: Integration) -> None:
    """Raise InvalidIntegration where modules that the integration cannot start without are not installed."""
    missing = integration.missing_modules
    if not missing:
        return
    folder = integration.path.parent
    beside = [name for name in missing if can_be_a_file(name) and (folder / f"{name}.py").is_file()]
    hint = install_line([name for name in missing if name not in beside]) if len(beside) < len(missing) else ""
    if integration.docker_image and hint:
        hint += f" (its docker image is {integration.docker_image})"
    if beside:
        hint += f"{'; ' if hint else ''}the server gets the script alone, without the {beside[0]}.py beside it"
    word = "a module that is" if len(missing) == 1 else "modules that are"
    raise InvalidIntegration(
        f"{integration.path.as_posix()}: imports {word} not installed: {', '.join(missing)}", hint=hint
    )


def _imports(body: Iterable[ast.AST], *, is_certain: bool) -> Iterator[tuple[str, bool]]:
    """Each import below these statements, and whether it is carried out whatever happens."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, is_certain) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((name, is_certain) for name in _named_from(node))
        elif isinstance(node, (ast.Try, ast.With, ast.If)):
            yield from _imports_in_block(node, is_certain)
        elif isinstance(node, ast.ClassDef):
            yield from _imports(node.body, is_certain=is_certain)
        elif isinstance(node, (ast.stmt, ast.match_case)):
            yield from _imports(ast.iter_child_nodes(node), is_certain=False)


def _imports_in_block(node: ast.Try | ast.With | ast.If, is_certain: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.With):
        if not any(_is_suppress(item.context_expr) for item in node.items):
            yield from _imports(node.body, is_certain=is_certain)
    elif isinstance(node, ast.If):
        # What only a type checker sees is no import.
        yield from _imports([] if "TYPE_CHECKING" in ast.dump(node.test) else node.body, is_certain=False)
        yield from _imports(node.orelse, is_certain=False)
    else:
        is_tried = any(map(_catches_import_error, node.handlers))
        if not is_tried:
            yield from _imports(node.body, is_certain=is_certain)
        yield from _imports((line for handler in node.handlers for line in handler.body), is_certain=False)
        yield from _imports(node.orelse, is_certain=is_certain and not is_tried)
        yield from _imports(node.finalbody, is_certain=is_certain)


def _named_from(node: ast.ImportFrom) -> Iterator[str]:
    if node.module and not node.level:
        yield from (node.module if alias.name == "*" else f"{node.module}.{alias.name}" for alias in node.names)


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in CATCHES_IMPORT_ERROR for kind in kinds)


def _is_suppress(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "suppress"


def _lacking_part(name: str, around: Collection[str]) -> str:
    """The start of the dotted name that cannot be found; empty where it is all there, as far as that can be told."""
    parts = name.split(".")
    if parts[0] in around or parts[0] in GIVEN | PYTHON_2 | sys.stdlib_module_names:
        return ""
    try:
        spec = importlib.util.find_spec(parts[0])
    except (ImportError, ValueError):  # A module of this process without a spec is there all the same.
        return "" if parts[0] in sys.modules else shared_part(name)
    for number in range(2, len(parts) + 1):
        # Below a real package it is the package's code that decides; one without code only has what lies in it.
        if spec is None or spec.origin is not None or not spec.submodule_search_locations:
            break
        found = ".".join(parts[:number])
        try:
            spec = PathFinder.find_spec(found, list(spec.submodule_search_locations))
        except (ImportError, KeyError, ValueError):  # A namespace of several packages, whose parent is not loaded.
            return ""
        if spec is None:
            return found if parts[0] not in SHARED_PREFIXES else shared_part(name)
    return shared_part(name) if spec is None else ""
