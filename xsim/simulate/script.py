"""Runs the script's text once, as the server's loop does, and says how it ended (server-semantics 0, 5)."""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType, TracebackType
from typing import Any

from xsim.errors import CallUnsupported, SimulationSignal
from xsim.integration import Integration, Module
from xsim.model import Failure
from xsim.simulate.host import Host

SHARED = ("CommonServerPython", "CommonServerUserPython")
"""Modules that stay loaded between commands; the others are part of the script's text on the server."""
FRAMES_KEPT = 20
CHAIN_KEPT = 50
"""Exceptions that came of one another, as far as they are followed."""
MISSING_NAME_HINT = (
    "pass --common-server, a CommonServerPython.py or a content checkout; "
    "where that does not have it either, the script lacks an import or a definition"
)


@dataclass(frozen=True)
class Ending:
    """How the script ended: None for both when it came to its end."""

    raised: BaseException | None = None
    failure: Failure | None = None


class Script:
    """The compiled integration with its modules, ready to be run again and again in fresh names."""

    def __init__(
        self,
        integration: Integration,
        host: Host,
        *,
        on_unsupported: Callable[[str, str], None] = lambda *_: None,
        mend: Callable[[], None] = lambda: None,
    ) -> None:
        """`mend` is called once the script has ended: what it broke in Python is whole again from there on."""
        assert integration.code is not None, "an integration read from a journal cannot run"
        self._code: CodeType = integration.code
        self._path = integration.code.co_filename
        self._host = host
        self._finder = _Modules({module.name: module for module in integration.modules})
        self._missing = integration.missing_names
        self._on_unsupported = on_unsupported
        self._mend = mend
        self._lines = source_lines(integration)
        self._shared: list[tuple[ModuleType, dict[str, Any]]] = []
        self._names: dict[str, Any] = {}
        self._hidden: dict[str, ModuleType] = {}

    @property
    def path(self) -> str:
        return self._path

    def open(self) -> None:
        """Make the modules importable, and hide those of the same names that this process may have loaded."""
        for name in (*self._finder.modules, "demistomock", "demisto"):
            if name in sys.modules:
                self._hidden[name] = sys.modules.pop(name)
        sys.modules["demistomock"] = self._host  # type: ignore[assignment]
        sys.modules["demisto"] = self._host  # type: ignore[assignment]
        sys.meta_path.insert(0, self._finder)

    def close(self) -> None:
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        for name in (*self._finder.modules, "demistomock", "demisto"):
            sys.modules.pop(name, None)
        sys.modules.update(self._hidden)
        self._hidden.clear()

    def run(self) -> Ending:
        """Execute the text in fresh globals. However it ends, the ending is data."""
        try:
            names = self._finder.script_names = self._fresh_names()
            try:
                exec(self._code, names)
            finally:
                self._mend()
        except SystemExit:
            return Ending()  # The server swallows it, whatever its code (server-semantics 0).
        except SimulationSignal as signal:
            return Ending(signal)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Ending(error, self._failure(error))
        finally:
            self.forget()
        return Ending()

    def _fresh_names(self) -> dict[str, Any]:
        if not self._names:
            self._names = self._first_names()
        return dict(self._names)

    def _first_names(self) -> dict[str, Any]:
        # One namespace on the server: CommonServerPython's names are there, imported or not (server-semantics 5).
        names: dict[str, Any] = {"register_module_line": _register_module_line, "__line__": _line}
        platform = {"demisto": self._host, "demistomock": self._host, "Demisto": Host, "print": self._host.print}
        for name in SHARED:
            # What the user added sees what came before it, as it stands behind it in the same text.
            self._finder.user_names = {**names, **platform}
            module = importlib.import_module(name)
            vars(module)["print"] = self._host.print
            if self._missing:
                vars(module)["__getattr__"] = self._missing_from_module
            self._shared.append((module, dict(vars(module))))
            names.update(_own_names(module))
        self._host.settle_params_wrapper()
        # __name__ is absent on the server, so that it resolves to this (server-semantics 5).
        known = _Builtins(vars(builtins), self._refuse_name) if self._missing else builtins
        return {**names, **platform, "__name__": "builtins", "__builtins__": known}

    def _refuse_name(self, name: str) -> None:
        """End the command where it looks up a name that only another CommonServerPython can have."""
        if name in self._missing:
            what = f"not in xsim's CommonServerPython: {', '.join(self._missing)}"
            # Recorded first: a bare `except:` may swallow what is raised.
            self._on_unsupported(what, MISSING_NAME_HINT)
            raise CallUnsupported(what)

    def _missing_from_module(self, name: str) -> Any:
        self._refuse_name(name)
        raise AttributeError(f"module 'CommonServerPython' has no attribute '{name}'")

    def forget(self) -> None:
        """Names bound anew in the shared modules are put back; the other modules are loaded anew next time."""
        for module, names in self._shared:
            now = vars(module)
            now.update(names)
            for added in [key for key in now if key not in names] if len(now) > len(names) else ():
                del now[added]
            sys.modules[module.__name__] = module
        for name in self._finder.modules:
            if name not in SHARED:
                sys.modules.pop(name, None)
        pydantic_validators = sys.modules.get("pydantic.class_validators") or sys.modules.get(
            "pydantic.v1.class_validators"
        )
        if pydantic_validators is not None:
            # Pydantic 1 refuses a validator of a name it knows, and on the server each command is a new text.
            getattr(pydantic_validators, "_FUNCS", set()).clear()

    def _failure(self, error: BaseException) -> Failure:
        told, handled = self._told(error)
        places = self._own_places(told.__traceback__)
        line, function = places[-1] if places else (getattr(error, "lineno", None), None)
        return Failure(
            kind=type(told).__name__,
            message=_message(error),
            frames=tuple(frame_text(self._lines, *place) for place in places[-FRAMES_KEPT:]),
            line=line,
            function=function,
            hint=self._while_handling(handled),
        )

    def _told(self, error: BaseException) -> tuple[BaseException, BaseException | None]:
        """The exception whose place explains the failure, and the one that the script was handling then, if any."""
        missing = next((each for each in _chain(error) if isinstance(each, ModuleNotFoundError)), None)
        if missing is not None and self._own_places(missing.__traceback__):
            return missing, None  # Nothing that comes of it is the script's (decision 0006).
        for _ in range(CHAIN_KEPT):
            handled = _handled(error)
            if handled is None or not self._own_places(handled.__traceback__):
                return error, None
            # return_error() ends a fetch by an exception of its own, mostly to tell of the one that is handled there.
            if not (_is_return_error(error.__traceback__) and _begin(handled) in _message(error)):
                return error, handled
            error = handled
        return error, None

    def _while_handling(self, handled: BaseException | None) -> str:
        if handled is None:
            return ""
        place = frame_text(self._lines, *self._own_places(handled.__traceback__)[-1])
        return f"while handling {type(handled).__name__} of {place}"

    def _own_places(self, traceback: TracebackType | None) -> list[tuple[int, str]]:
        places = []
        while traceback is not None:
            code = traceback.tb_frame.f_code
            if code.co_filename == self._path:
                places.append((traceback.tb_lineno, code.co_name))
            traceback = traceback.tb_next
        return places


class _Builtins(dict[str, Any]):
    """What Python asks last for a name: where it is not there either, `refuse` hears of it before the script does."""

    def __init__(self, names: dict[str, Any], refuse: Callable[[str], None]) -> None:
        super().__init__(names)
        self._refuse = refuse

    def __missing__(self, name: str) -> Any:
        self._refuse(name)
        raise KeyError(name)


class _Modules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that came with the integration, before any installed one of the same name."""

    def __init__(self, modules: dict[str, Module]) -> None:
        self.modules = modules
        self.script_names: dict[str, Any] | None = None
        """The globals of the script that runs now; None before the first one."""
        self.user_names: dict[str, Any] = {}
        """What stands before the user's own additions in the text that the server puts together."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self.modules:
            return None
        is_package = any(name.startswith(f"{fullname}.") for name in self.modules)
        return importlib.util.spec_from_loader(fullname, self, is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        name, names = module.__name__, vars(module)
        code = self.modules[name].code
        if name == "CommonServerUserPython" and code.co_names:  # Mostly it is empty, and has no use for them.
            names.update(self.user_names)
        if self.script_names is None or not name.endswith("ApiModule"):
            exec(code, names)
            return
        # The build puts an ApiModule's text in the place of its import, into the script's own namespace (5).
        exec(code, self.script_names)
        names.update((key, value) for key, value in self.script_names.items() if not key.startswith("__"))


def _own_names(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if not name.startswith("__") or name == "__line__"}


def frame_text(lines: Sequence[str], line: int, function: str) -> str:
    """A frame of the script's own, as a Failure has it."""
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    where = "" if function == "<module>" else f", in {function}"
    return f"line {line}{where}: {text}"


def source_lines(integration: Integration) -> list[str]:
    try:
        return integration.path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _handled(error: BaseException) -> BaseException | None:
    """What was being handled when it was raised, unless it says that this is of no matter."""
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    current: BaseException | None = error
    for _ in range(CHAIN_KEPT):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__


def _is_return_error(traceback: TracebackType | None) -> bool:
    """Whether CommonServerPython's function raised it."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and traceback.tb_frame.f_code.co_name == "return_error"


def _begin(error: BaseException) -> str:
    """As much of its message as tells it apart: return_error() cuts long ones."""
    return _message(error)[:80]


def _message(error: BaseException) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__


def _register_module_line(*_: Any, **__: Any) -> None:
    """Blocks of generated code number their lines with it (server-semantics 5); line numbers here are real already."""


def _line() -> int:
    return sys._getframe(1).f_lineno
