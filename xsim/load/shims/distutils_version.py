"""Stands in for distutils.version: versions that compare part by part, with another or with a text."""

from __future__ import annotations

import functools
import re
from typing import Any


@functools.total_ordering
class Version:
    vstring = ""
    version: Any = ()

    def __init__(self, vstring: str | None = None) -> None:
        if vstring:
            self.parse(vstring)

    def parse(self, vstring: str) -> None:
        raise NotImplementedError

    def key(self) -> Any:
        return self.version

    def __repr__(self) -> str:
        return f"{type(self).__name__} ('{self}')"

    def __str__(self) -> str:
        return self.vstring

    def __eq__(self, other: object) -> bool:
        return bool(self.key() == self._other(other).key())

    def __lt__(self, other: object) -> bool:
        return bool(self.key() < self._other(other).key())

    def __hash__(self) -> int:
        return hash(str(self))

    def _other(self, other: Any) -> Version:
        return type(self)(other) if isinstance(other, str) else other


class LooseVersion(Version):
    """Any text, cut into its numbers and its words."""

    def parse(self, vstring: str) -> None:
        self.vstring = vstring
        parts = re.findall(r"\d+|[a-z]+|[^\d.a-z]+", vstring)
        self.version = [int(part) if part.isdigit() else part for part in parts]


class StrictVersion(Version):
    """Two or three numbers, and a mark such as a1 or b2 for what comes before the release."""

    prerelease: tuple[str, int] | None = None

    def parse(self, vstring: str) -> None:
        match = re.fullmatch(r"(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?", vstring)
        if match is None:
            raise ValueError(f"invalid version number '{vstring}'")
        major, minor, patch, mark, number = match.groups()
        self.version = (int(major), int(minor), int(patch or 0))
        self.prerelease = (mark, int(number)) if mark else None

    def key(self) -> Any:
        return (self.version, self.prerelease or ("z", 0))

    def __str__(self) -> str:
        shown = self.version if self.version[2] else self.version[:2]
        mark = f"{self.prerelease[0]}{self.prerelease[1]}" if self.prerelease else ""
        return ".".join(map(str, shown)) + mark
