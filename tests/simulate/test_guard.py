"""No socket reaches another machine; those on this machine work as ever."""

import _socket
import asyncio
import socket
from socket import create_connection, getaddrinfo

import pytest
from vendor_world import a_world, answering, as_a_script_does

from xsim.errors import CallUnsupported

ELSEWHERE = ("192.0.2.1", 53)


def connect(address):
    with socket.socket() as sock:
        sock.settimeout(0.01)
        sock.connect(address)


def connect_ex(address):
    with socket.socket() as sock:
        sock.settimeout(0.01)
        sock.connect_ex(address)


def send_to(*arguments):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(*arguments)


def send_message(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendmsg([b"x"], [], 0, address)


async def stream_to(host, port):
    await asyncio.open_connection(host, port)


@pytest.mark.parametrize(
    ("attempt", "told"),
    [
        (lambda: connect(ELSEWHERE), "opens a socket to 192.0.2.1:53"),
        (lambda: _socket.socket().connect(ELSEWHERE), "opens a socket to 192.0.2.1:53"),
        (lambda: connect_ex(ELSEWHERE), "opens a socket to 192.0.2.1:53"),
        (lambda: connect(("vendor.example", 389)), "opens a socket to vendor.example:389"),
        (lambda: send_to(b"x", ("vendor.example", 514)), "opens a socket to vendor.example:514"),
        (lambda: create_connection(ELSEWHERE, 0.01), "opens a socket to 192.0.2.1:53"),
        (lambda: create_connection(("vendor.example", 389)), "looks up the address of vendor.example"),
        (lambda: send_to(b"x", ELSEWHERE), "opens a socket to 192.0.2.1:53"),
        (lambda: send_to(b"x", 0, ELSEWHERE), "opens a socket to 192.0.2.1:53"),
        (lambda: send_message(ELSEWHERE), "opens a socket to 192.0.2.1:53"),
        (lambda: getaddrinfo("vendor.example", 80), "looks up the address of vendor.example"),
        (lambda: getaddrinfo(b"vendor.example", 80), "looks up the address of vendor.example"),
        (lambda: socket.gethostbyname("vendor.example"), "looks up the address of vendor.example"),
        (lambda: socket.gethostbyname_ex("vendor.example"), "looks up the address of vendor.example"),
        (lambda: socket.gethostbyaddr("vendor.example"), "looks up the address of vendor.example"),
        (lambda: socket.getnameinfo(ELSEWHERE, 0), "opens a socket to 192.0.2.1:53"),
        (lambda: asyncio.run(stream_to(*ELSEWHERE)), "opens a socket to 192.0.2.1:53"),
        (lambda: asyncio.run(stream_to("vendor.example", 389)), "looks up the address of vendor.example"),
    ],
)
def test_another_machine_is_out_of_reach(attempt, told):
    with a_world(answering()) as world:
        with pytest.raises(CallUnsupported):
            as_a_script_does(attempt)
    assert [message for message, _ in world.unsupported] == [told]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_within_reach(host):
    with a_world(answering()) as world, socket.create_server(("127.0.0.1", 0)) as server:
        with create_connection((host, server.getsockname()[1]), 5) as client:
            client.sendall(b"x")
            assert server.accept()[0].recv(1) == b"x"
    assert world.unsupported == []


def test_asyncio_works_on_this_machine():
    async def talk():
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        assert await reader.read() == b""
        writer.close()
        server.close()

    with a_world(answering()):
        asyncio.run(talk())


@pytest.mark.parametrize("host", [None, "localhost", "127.0.0.1", "192.0.2.1", "::1"])
def test_what_needs_no_name_server_is_looked_up(host):
    with a_world(answering()) as world:
        assert getaddrinfo(host, 80)
    assert world.unsupported == []


def test_pairs_and_named_sockets_are_untouched(tmp_path):
    with a_world(answering()) as world:
        one, other = socket.socketpair()
        one.sendall(b"x")
        assert other.recv(1) == b"x"
        one.close(), other.close()
        if hasattr(socket, "AF_UNIX"):
            with socket.socket(socket.AF_UNIX) as sock, pytest.raises(FileNotFoundError):
                sock.connect(str(tmp_path / "s"))
    assert world.unsupported == []


def test_the_network_is_open_again_afterwards():
    with a_world(answering()) as world:
        pass
    with pytest.raises(ConnectionRefusedError):
        connect(("127.0.0.1", 1))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(ELSEWHERE)  # of a datagram socket: sends nothing
    assert world.unsupported == []
