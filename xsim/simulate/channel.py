"""The two pipes between xsim and the process of a script: whole messages, or none.

A message is a key that both sides know, its length, and that many bytes. What a script writes into a descriptor that is
not its own is told by the key.
"""

from __future__ import annotations

import os
import queue
import select
import struct
import threading
import time
from contextlib import suppress

_HEAD = struct.Struct("<8sQ")
_PIECE = 1 << 20
NAP, SHORTLY, GATHERED = 0.005, 0.0007, 3
"""Seconds that messages gather where one came within so short a wait, as long as so many do gather."""
_F_SETPIPE_SZ = 1031
# Taken now, as a script may replace them where they come from.
_write, _read, _close = os.write, os.read, os.close
# In a tuple, because freezing the clock replaces every function of time that a module holds under a name.
_now, _nap = (time.monotonic,), (time.sleep,)


class ChannelClosedError(Exception):
    """The other side is gone, or what came was none of its messages."""


class Channel:
    """One side of it. `begun` is what the other side's key is known by; both descriptors belong to the channel."""

    def __init__(self, incoming: int, outgoing: int, key: bytes) -> None:
        self.incoming, self.outgoing = incoming, outgoing
        self._key = key
        self._came = bytearray()
        self._taken = 0
        """How much of it has been handed on."""
        self._gathers = False
        self._gathered = 0
        self._pieces: queue.SimpleQueue[bytes] | None = None
        self._poll = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(incoming, select.POLLIN | select.POLLHUP)

    def send(self, data: bytes) -> None:
        """Raises ChannelClosedError."""
        left = memoryview(_HEAD.pack(self._key, len(data)) + data)
        try:
            while left:
                left = left[_write(self.outgoing, left) :]
        except OSError as error:
            raise ChannelClosedError from error

    def receive(self) -> bytes:
        """The next message, however long it takes. Raises ChannelClosedError."""
        while (message := self._whole()) is None:
            self._take(_read_or_end(self.incoming))
        return message

    def receive_within(self, seconds: float, *, in_a_row: bool = False) -> bytes | None:
        """The next message; None where nothing at all comes for so long. Raises ChannelClosedError.

        `in_a_row`: the other side goes on unasked, so that it is better listened to now and then than woken for.
        """
        while (message := self._whole()) is None:
            piece = self._pieces_in_a_row(seconds) if in_a_row else self._piece_within(seconds)
            if piece is None:
                return None
            self._take(piece)
        self._gathered += 1
        return message

    def close(self) -> None:
        for descriptor in {self.incoming, self.outgoing}:
            with suppress(OSError):
                _close(descriptor)

    def _whole(self) -> bytes | None:
        came, begin = self._came, self._taken + _HEAD.size
        if len(came) < begin:
            return None
        key, length = _HEAD.unpack_from(came, self._taken)
        if key != self._key:
            raise ChannelClosedError
        end = begin + length
        if len(came) < end:
            return None
        self._taken = end
        return bytes(memoryview(came)[begin:end])

    def _take(self, piece: bytes) -> None:
        if not piece:
            raise ChannelClosedError
        del self._came[: self._taken]
        self._taken = 0
        self._came += piece

    def _pieces_in_a_row(self, seconds: float) -> bytes | None:
        """What comes next, or what has come meanwhile: each wake costs as much as the reading of a message."""
        if self._gathers:
            self._gathers = self._gathered >= GATHERED
            _nap[0](NAP)
            self._gathered = 0
            return self._piece_within(seconds)
        began = _now[0]()
        piece = self._piece_within(seconds)
        self._gathers, self._gathered = _now[0]() - began < SHORTLY, GATHERED
        return piece

    def _piece_within(self, seconds: float) -> bytes | None:
        if self._poll is not None:
            return _read_or_end(self.incoming) if self._poll.poll(seconds * 1000) else None
        # Windows cannot wait for a pipe.
        if self._pieces is None:
            self._pieces = queue.SimpleQueue()
            threading.Thread(target=_read_all, args=(self.incoming, self._pieces), daemon=True).start()
        try:
            return self._pieces.get(timeout=seconds)
        except queue.Empty:
            return None


def widen(descriptor: int) -> None:
    """Let the script's process run ahead by more than a few cycles while xsim writes; Linux can."""
    with suppress(ImportError, OSError, AttributeError):
        import fcntl

        fcntl.fcntl(descriptor, _F_SETPIPE_SZ, 1 << 20)


def _read_or_end(descriptor: int) -> bytes:
    try:
        return _read(descriptor, _PIECE)
    except OSError:
        return b""


def _read_all(descriptor: int, into: queue.SimpleQueue[bytes]) -> None:
    while True:
        piece = _read_or_end(descriptor)
        into.put(piece)
        if not piece:
            return
