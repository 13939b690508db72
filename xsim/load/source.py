"""Reads facts from the script's text without running it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable

from xsim.integration import Integration, Parameter
from xsim.load.installed import Imports, imports_of
from xsim.load.missing_names import Names, names_in
from xsim.load.reads import read_parameters

CLIENTS_OUTSIDE_PYTHON = frozenset(
    {
        *("pycurl", "curl_cffi", "tls_client", "primp", "rnet"),  # HTTP by libcurl, Go or Rust
        *("confluent_kafka", "zmq", "grpc", "pyarrow.flight", "uvloop", "pulsar", "couchbase"),
        *("psycopg2", "psycopg", "pyodbc", "cx_Oracle", "oracledb", "MySQLdb", "mysql.connector", "_mysql", "pymssql"),
        *("ibm_db", "ibm_db_dbi", "hdbcli", "teradatasql", "pyrfc", "taos", "jaydebeapi", "jpype"),
        *("cv2", "ldap", "netsnmp", "easysnmp", "ssh2", "pylibsshext"),
    }
)
"""Modules whose sockets are opened in C, Go, Rust or Java; those that Python code opens are watched instead."""
FETCH = "fetch-incidents"


class Outline:
    """What the text needs from outside: the modules that it imports, and the names that it reads."""

    def __init__(self, text: str) -> None:
        self.tree = _tree(text)
        self.nodes = list(ast.walk(self.tree))
        self.needs: Imports = imports_of(self.tree)
        self.names: Names = names_in(self.nodes)


class Facts(Outline):
    """What a script's text tells besides: whether it fetches, and the parameters that it reads."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        tree, nodes = self.tree, self.nodes
        self.imports: tuple[str, ...] = tuple(dict.fromkeys(_imports(nodes)))
        self.fetches = FETCH in text or _calls_incidents(nodes)
        self.future_line: int | None = next(filter(None, map(_future_line, nodes)), None)
        self.reads: tuple[tuple[Parameter, int], ...] = read_parameters(tree)


def functions_of(tree: ast.AST, within: str = "") -> tuple[tuple[str, int, int], ...]:
    """Qualified name, first and last line of each function, outer ones before inner ones."""
    found: list[tuple[str, int, int]] = []
    for node in ast.iter_child_nodes(tree):
        inside = within
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inside = f"{within}{node.name}."
            if not isinstance(node, ast.ClassDef):
                found.append((inside[:-1], node.lineno, node.end_lineno or node.lineno))
        if isinstance(node, ast.stmt | ast.excepthandler):
            found += functions_of(node, inside)
    return tuple(found)


def clients_outside_python(code: Integration | str) -> tuple[str, ...]:
    """The modules that a text, or an integration, imports and that reach the network round Python, in order."""
    if isinstance(code, Integration):
        return code.refused_modules
    return refused_among(dict.fromkeys(_imports(ast.walk(_tree(code)))))


def refused_among(imports: Iterable[str]) -> tuple[str, ...]:
    """Those of the dotted names that are, or lie within, a module that xsim refuses."""
    found = dict.fromkeys(prefix for name in imports for prefix in _prefixes(name) if prefix in CLIENTS_OUTSIDE_PYTHON)
    return tuple(found)


def _tree(text: str) -> ast.Module:
    """The text's tree; an empty one for what Python compiles but cannot lay out, so that such a script still runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except RecursionError:
            return ast.Module([], [])


def _imports(nodes: Iterable[ast.AST]) -> Iterable[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _prefixes(name: str) -> Iterable[str]:
    parts = name.split(".")
    return (".".join(parts[: length + 1]) for length in range(len(parts)))


def _calls_incidents(nodes: Iterable[ast.AST]) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == "incidents"
        and isinstance(node.value, ast.Name)
        and node.value.id == "demisto"
        for node in nodes
    )


def _future_line(node: ast.AST) -> int | None:
    """Where it imports from __future__ what the build leaves in: all but print_function (server-semantics 5)."""
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return node.lineno if any(alias.name != "print_function" for alias in node.names) else None
    return None
