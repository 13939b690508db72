"""Finds who holds a clock of Python's under a name of its own, as code binds names early, and puts another there."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from types import FunctionType
from typing import Any

# These wait on real threads, processes and sockets and count the wait themselves: under a clock that stands still their
# time-outs would never pass. Names are compared whole, so that `queue_client` or `github` is a script like any other.
# Modules that call what they are given, as `concurrent.futures.thread` runs `submit(time.sleep, 1)`, must not be here.
_WAITING_MODULES = frozenset(
    {"queue", "subprocess", "socketserver", "telnetlib", "concurrent.futures._base", "multiprocessing.connection"}
    | {"multiprocessing.managers", "multiprocessing.queues", "multiprocessing.synchronize"}
    | {"urllib3.util.timeout", "urllib3.util.wait", "rich", "trio", "_pytest"}
)
_WAITING_PACKAGES = ("rich.", "trio.", "_pytest.")
_CLOCK = "xsim.simulate.clock"
"""It holds the real ones as well as those that stand for them."""


def is_waiting(namespace: Mapping[str, Any]) -> bool:
    name = namespace.get("__name__") or ""
    return name in _WAITING_MODULES or name.startswith(_WAITING_PACKAGES)


def rebind(replacements: dict[Any, Any], *, spare_waiting: bool) -> None:
    """Replace objects in every namespace and default argument that holds one, as code binds names before the start."""
    by_id = {id(old): new for old, new in replacements.items()}
    _holders.find({*map(id, replacements), *map(id, replacements.values())}, replacements)
    for namespace in _holders.namespaces.values():
        if _may_rebind(namespace, spare_waiting):
            found = {name: by_id[id(value)] for name, value in list(namespace.items()) if id(value) in by_id}
            namespace.update(found)
    for function in _holders.functions.values():
        if _may_rebind(function.__globals__, spare_waiting):
            _rebind_defaults(function, by_id)


class _Holders:
    """Who holds a clock of Python's under a name of its own. A process is searched once; later, what it loaded since.

    The first search asks the garbage collector, which knows holders outside sys.modules too, in a tenth of the time
    of a walk. It takes tens of milliseconds all the same, and a process may run thousands of simulations.
    """

    def __init__(self) -> None:
        self.namespaces: dict[int, dict[str, Any]] = {}
        self.functions: dict[int, FunctionType] = {}
        self._searched: dict[int, Any] = {}

    def find(self, wanted: set[int], replacements: Mapping[Any, Any]) -> None:
        """Bring the holders up to date; `wanted` are the ids of what they may hold."""
        is_first = not self._searched
        if is_first:
            self._search_everything(replacements)
        for module in list(sys.modules.values()):
            namespace = getattr(module, "__dict__", None)
            if type(namespace) is dict and self._searched.get(id(namespace)) is not namespace:
                self._searched[id(namespace)] = namespace
                if not is_first:
                    self._search_module(namespace, wanted)

    def _search_everything(self, replacements: Mapping[Any, Any]) -> None:
        defaults = []
        for holder in gc.get_referrers(*replacements):
            if type(holder) is dict and "__builtins__" in holder:
                self.namespaces[id(holder)] = holder
            elif type(holder) in (dict, tuple):
                defaults.append(holder)
        for function in gc.get_referrers(*defaults):
            if type(function) is FunctionType:
                self.functions[id(function)] = function

    def _search_module(self, namespace: dict[str, Any], wanted: set[int]) -> None:
        if any(id(value) in wanted for value in list(namespace.values())):
            self.namespaces[id(namespace)] = namespace
        for value in list(namespace.values()):
            inner = vars(value).values() if isinstance(value, type) else ()
            for function in (value, *inner):
                if type(function) is FunctionType and _has_default(function, wanted):
                    self.functions[id(function)] = function


def _has_default(function: FunctionType, wanted: set[int]) -> bool:
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    return any(id(value) in wanted for value in defaults)


_holders = _Holders()


def _rebind_defaults(function: FunctionType, by_id: Mapping[int, Any]) -> None:
    if function.__defaults__:
        function.__defaults__ = tuple(by_id.get(id(value), value) for value in function.__defaults__)
    if function.__kwdefaults__:
        function.__kwdefaults__.update(
            {name: by_id[id(value)] for name, value in function.__kwdefaults__.items() if id(value) in by_id}
        )


def _may_rebind(namespace: Mapping[str, Any], spare_waiting: bool) -> bool:
    name = str(namespace.get("__name__"))
    if name == _CLOCK or name.startswith("freezegun"):
        return False
    # threading runs what it is given, so it is told by the name that it bound, not by its calls.
    return not (spare_waiting and (name == "threading" or is_waiting(namespace)))
