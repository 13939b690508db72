"""The answer around its records: where the list stands, and what stands beside it."""

from __future__ import annotations

import copy
import json

from xsim.simulate.vendor.paths import need_object, put, steps_of
from xsim.simulate.vendor.versions import json_bytes
from xsim.world import Endpoint, JsonValue

JSON_HEADERS = (("Content-Type", "application/json"),)
LIST = "\x00list\x00"
"""Stands for the list while the envelope is written."""
WRITTEN_LIST = json.dumps(LIST).encode()
LEFT_OUT: JsonValue = object()
"""A field that the answer leaves out; the object around it stays."""
NOTHING = {"list": b"[]", "null": b"null", "object": b"{}"}


class Envelope:
    """Writes the answers of one endpoint."""

    def __init__(self, endpoint: Endpoint, *, place: str) -> None:
        self._place = steps_of(place)
        self._extra = {steps_of(path): value for path, value in endpoint.extra.items()}
        self._empty = endpoint.empty
        wrap = endpoint.wrap
        self._opening = b'{"' + json_bytes(wrap)[1:-1] + b'":' if wrap else b""
        self._closing = b"}" if wrap else b""
        self._halves = self._written({})

    def holding(self, bodies: list[bytes], fields: dict[str, JsonValue]) -> bytes:
        """The answer with these records, and fields at their dotted paths."""
        if not bodies:
            return self._without_records(fields)
        if self._opening:
            listed = self._opening + (self._closing + b"," + self._opening).join(bodies) + self._closing
        else:
            listed = b",".join(bodies)
        return self._around(b"[" + listed + b"]", fields)

    def around_one(self, body: bytes, fields: dict[str, JsonValue] | None = None) -> bytes:
        """The answer with one value in the place of a list."""
        return self._around(body, fields or {})

    def without_place(self) -> bytes:
        """The fixed fields alone."""
        return json_bytes(self._tree({}))

    def _without_records(self, fields: dict[str, JsonValue]) -> bytes:
        if self._empty == "body":
            return b""
        if self._empty == "missing":
            return json_bytes(self._tree(fields))
        return self._around(NOTHING[self._empty], fields)

    def _around(self, listed: bytes, fields: dict[str, JsonValue]) -> bytes:
        before, after = self._written(fields) if fields else self._halves
        return before + listed + after

    def _written(self, fields: dict[str, JsonValue]) -> tuple[bytes, bytes]:
        if not self._place:
            return b"", b""  # A bare list has no room for anything beside it.
        tree = self._tree(fields)
        put(tree, self._place, LIST)
        before, _, after = json_bytes(tree).partition(WRITTEN_LIST)
        return before, after

    def _tree(self, fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
        tree: dict[str, JsonValue] = {}
        for steps, value in self._extra.items():
            put(tree, steps, copy.deepcopy(value))
        for path, value in fields.items():
            steps = steps_of(path)
            if value is LEFT_OUT:
                need_object(tree, steps[:-1])
            else:
                put(tree, steps, value)
        return tree
