"""What a script may change in the interpreter that xsim shares with it, and how it is mended.

The server's loop runs command after command in one process too (server-semantics 0): what a script changes there stays
for the next one. So it does here, in whatever only scripts use. Mended is what xsim itself, or the way to the vendor,
rests on: built-in functions, the import system, limits and traces.
"""

from __future__ import annotations

import builtins
import gc
import locale
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

# Taken now, as a script may replace them where they come from.
_BUILTINS = vars(builtins)
_TRACING: tuple[tuple[Callable[[], Any], Callable[[Any], None]], ...] = (
    (sys.gettrace, sys.settrace),
    (sys.getprofile, sys.setprofile),
)
_RECURSION = (sys.getrecursionlimit, sys.setrecursionlimit)
_COLLECTOR = (gc.isenabled, gc.enable, gc.disable)


class Interpreter:
    """The interpreter as it was before a script ran in it."""

    def note(self) -> None:
        """Remember it as it is: a command is about to run."""
        self._builtins = dict(_BUILTINS)
        self._recursion = _RECURSION[0]()
        self._traces = [get() for get, _ in _TRACING]
        self._collects = _COLLECTOR[0]()
        self._modules: dict[str, ModuleType] = {}
        self._hooks: list[Any] = []
        self.note_imports()

    def note_imports(self) -> None:
        """Remember the import system; what was loaded since is part of it."""
        if len(self._modules) != len(sys.modules):
            self._modules = dict(sys.modules)
        if self._hooks != sys.meta_path:
            self._hooks = list(sys.meta_path)

    def mend(self) -> None:
        """Put back what xsim needs. Nothing here relies on what a script may have replaced."""
        if self._builtins != _BUILTINS:
            _BUILTINS.clear()
            _BUILTINS.update(self._builtins)
        if self._recursion != _RECURSION[0]():
            _RECURSION[1](self._recursion)
        for (get, put), before in zip(_TRACING, self._traces, strict=True):
            if get() is not before:
                put(before)
        if self._collects != _COLLECTOR[0]():
            _COLLECTOR[1 if self._collects else 2]()
        self._mend_imports()

    def _mend_imports(self) -> None:
        # The import system finds the real table through the interpreter, whatever stands under the name.
        modules, hooks = sys.modules, sys.meta_path
        if len(modules) < len(self._modules) or modules.get("sys") is not sys:
            for name, module in self._modules.items():
                modules.setdefault(name, module)
        if hooks != self._hooks:
            # What libraries added stays, as they stay loaded: six.moves is one.
            missing = [each for each in self._hooks if each not in hooks]
            if missing:
                sys.meta_path[:] = [*self._hooks, *(each for each in hooks if each not in self._hooks)]


class Surroundings:
    """What belongs to the whole process and is put back when a run is over. A process of a script's own needs none."""

    def note(self) -> None:
        self._undo: list[Callable[[], None]] = []
        self._note_signals()
        mask = os.umask(0o077)
        os.umask(mask)
        self._undo.append(lambda: _drop(os.umask(mask)))
        where = locale.setlocale(locale.LC_ALL)
        self._undo.append(lambda: _put_locale(where))
        path = list(sys.path)
        self._undo.append(lambda: _put_list(sys.path, path))
        if "decimal" in sys.modules:
            import decimal

            context = decimal.getcontext().copy()
            self._undo.append(lambda: decimal.setcontext(context))

    def restore(self) -> None:
        while self._undo:
            with suppress(OSError, ValueError, TypeError):
                self._undo.pop()()

    def _note_signals(self) -> None:
        """Handlers can be set in the main thread alone, so that a script elsewhere cannot change them."""
        for number in signal.valid_signals():
            before = signal.getsignal(number)
            if before is not None and number not in _FIXED_SIGNALS:
                self._undo.append(lambda number=number, before=before: _put_handler(number, before))  # type: ignore[misc]


_FIXED_SIGNALS = {getattr(signal, name) for name in ("SIGKILL", "SIGSTOP", "SIGALRM") if hasattr(signal, name)}
"""They cannot be changed, or are xsim's own to put back."""


def _put_handler(number: int, before: Any) -> None:
    if signal.getsignal(number) is not before:
        signal.signal(number, before)


def _put_locale(before: str) -> None:
    if locale.setlocale(locale.LC_ALL) != before:
        locale.setlocale(locale.LC_ALL, before)


def _put_list(held: list[str], before: list[str]) -> None:
    if held != before:
        held[:] = before


def _drop(_: object) -> None:
    """What the call gave is of no use."""
