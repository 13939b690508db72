"""Sockets to other machines: refused, whoever opens them."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

Refuse = Callable[[str, str], Any]

HINT = "xsim simulates vendors that speak HTTP; nothing else may leave the machine unless you open the network"
LOCAL_NAMES = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback", "0.0.0.0", "::"})

# An audit hook sees every connection and every look-up of a name, also through functions that a module took a
# reference to before the simulation started. Python offers no way to take one off again, so there is one for
# the life of the process, which does nothing while this list is empty.
_refusals: list[Refuse] = []
_hooks: list[Callable[[str, tuple[Any, ...]], None]] = []


def refuse_remote_sockets(refuse: Refuse) -> None:
    """From now on calls `refuse(message, hint)`, which must raise, for each attempt to reach another machine."""
    if not _hooks:
        _hooks.append(_on_audit_event)
        sys.addaudithook(_on_audit_event)
    _refusals.append(refuse)


def lift(refuse: Refuse) -> None:
    """Takes back `refuse_remote_sockets`."""
    _refusals.remove(refuse)


def _on_audit_event(event: str, arguments: tuple[Any, ...]) -> None:
    judge = JUDGES.get(event)
    if judge is None or not _refusals:
        return
    complaint = judge(*arguments)
    if complaint is not None:
        _refusals[-1](complaint, HINT)


def patch_socket(module: Any, network: Any) -> None:
    """Judges addresses before a socket looks their host up, which it does before any audit hook hears of it."""
    for name in ("connect", "connect_ex", "sendto", "sendmsg"):
        if hasattr(module.socket, name):
            network.replace(module.socket, name, _judging(getattr(module.socket, name), network))


def _judging(method: Callable[..., Any], network: Any) -> Callable[..., Any]:
    def call(sock: Any, *arguments: Any) -> Any:
        # The address stands last; what else may stand there is no tuple.
        complaint = _judge_connection(sock, arguments[-1]) if arguments else None
        if complaint is not None:
            network.refuse(complaint, HINT)
        return method(sock, *arguments)

    return call


def _judge_connection(_sock: Any, address: Any) -> str | None:
    # AF_UNIX addresses are texts or bytes. None goes to where the socket is connected already.
    if not isinstance(address, tuple) or len(address) < 2:
        return None
    host = as_text(address[0])
    return None if host is None or is_local(host) else f"opens a socket to {host}:{address[1]}"


def _judge_look_up(name: Any, *_: Any) -> str | None:
    host = as_text(name)
    return None if host is None or is_local(host) or is_address(host) else f"looks up the address of {host}"


def as_text(host: Any) -> str | None:
    """None for what names no host: the numbers of netlink addresses, the wildcard of getaddrinfo."""
    if isinstance(host, bytes | bytearray):
        return host.decode("latin-1")
    return host if isinstance(host, str) else None


def is_local(host: str) -> bool:
    """Whether a host, by name or address, is this machine."""
    if host.lower() in LOCAL_NAMES or host == socket.gethostname():
        return True
    return is_address(host) and ip_address(host.partition("%")[0]).is_loopback


def is_address(host: str) -> bool:
    """Whether it is written as an IP address, which needs no look-up."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


JUDGES: dict[str, Callable[..., str | None]] = {
    "socket.connect": _judge_connection,
    "socket.sendto": _judge_connection,
    "socket.sendmsg": _judge_connection,
    "socket.getaddrinfo": _judge_look_up,
    "socket.gethostbyname": _judge_look_up,
    "socket.gethostbyaddr": _judge_look_up,
    "socket.getnameinfo": lambda address: _judge_connection(None, address),
}
