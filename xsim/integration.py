"""What the load stage makes of a script: the integration under test, and the parameters of its instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

from xsim.world import JsonValue


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that the integration's yml declares. `kind` is the yml's type number (server-semantics 4.1)."""

    name: str
    kind: int
    required: bool = False
    default: JsonValue = None
    display: str = ""
    options: tuple[str, ...] = ()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Module:
    """A module that the script may import and that is no installed package: CommonServerPython, an ApiModule."""

    name: str
    path: str
    code: CodeType


@dataclass(frozen=True, slots=True)
class Allowance:
    """A comment in the script that accepts what a rule finds there: `# xsim: allow FC201 -- reason`."""

    line: int
    rules: tuple[str, ...]
    """Codes, beginnings of codes or names; empty where it names none, so that it accepts nothing."""
    reason: str = ""
    first: int = 0
    last: int = 0
    """The lines that it covers."""
    is_read: bool = True
    """False: it was meant to be one, and is not written as one."""


@dataclass(frozen=True, slots=True)
class Integration:
    """The script under test. Read back from a journal it has no code and no modules."""

    name: str
    path: Path
    """The file that holds the code: a .py, or a unified yml."""
    digest: str
    code: CodeType | None = None
    """Compiled with `path` as its file name, and with the yml's own line numbers where the code is part of a yml."""
    modules: tuple[Module, ...] = ()
    common_server: str = ""
    """Which CommonServerPython is used, for the report: "xsim's own", or where it was found."""
    parameters: tuple[Parameter, ...] | None = None
    """None where there is no yml to declare them."""
    read_parameters: tuple[str, ...] = ()
    """Names that the script reads from `demisto.params()`, as far as its text tells; `read_lines`: where first."""
    docker_image: str = ""
    notes: tuple[str, ...] = ()
    """What the report should say about how it was loaded, a sentence each."""
    refused_modules: tuple[str, ...] = ()
    """Modules it imports that reach the network in C, round everything that xsim can watch: refused by name."""
    guessed_parameters: tuple[Parameter, ...] = ()
    """What its text tells of `read_parameters`: `kind` as their use shows it, `required` where no default is given."""
    missing_names: tuple[str, ...] = ()
    """Names that only another CommonServerPython than xsim's own can have: looking one up cannot be simulated."""
    missing_modules: tuple[str, ...] = ()
    """Modules that it cannot start without and that are not installed here, as dotted names."""
    allowances: tuple[Allowance, ...] = ()
    functions: tuple[tuple[str, int, int], ...] = ()
    """Each function's qualified name, first and last line, outer ones before inner ones."""
    lasting: tuple[int, ...] = ()
    """Lines that may change what outlives a command: a module, or a class or function of others. 0: in a module."""
    read_lines: tuple[int, ...] = ()
    yml: str = ""
    """The file that declares the parameters; "" where there is none."""
    yml_lines: Mapping[str, int] = field(default_factory=dict)
    """Where each parameter stands in it, by name, and under "" where its configuration begins."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The instance's parameters, each with the shape that the server gives it (server-semantics 4)."""

    values: Mapping[str, JsonValue]
    stand_ins: tuple[str, ...] = ()
    """Names whose value xsim made up."""
    secrets: tuple[str, ...] = ()
    """Texts that must never be written: values of encrypted and credentials parameters."""
