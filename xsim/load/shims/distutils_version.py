"""Stands in for distutils.version: versions that compare part by part."""

import functools
import re


@functools.total_ordering
class Version:
    """A version compares with another of its kind, or with a text."""

    def __init__(self, vstring=None):
        if vstring:
            self.parse(vstring)

    def __repr__(self):
        return f"{type(self).__name__} ('{self}')"

    def __eq__(self, other):
        return self._key() == self._other(other)._key()

    def __lt__(self, other):
        return self._key() < self._other(other)._key()

    __hash__ = None

    def _other(self, other):
        return type(self)(other) if isinstance(other, str) else other


class LooseVersion(Version):
    """Any text, cut into its numbers and its words."""

    def parse(self, vstring):
        self.vstring = vstring
        parts = re.findall(r"\d+|[a-z]+|[^\d.a-z]+", vstring)
        self.version = [int(part) if part.isdigit() else part for part in parts]

    def __str__(self):
        return self.vstring

    def _key(self):
        return self.version


class StrictVersion(Version):
    """Two or three numbers, and a mark such as a1 or b2 for what comes before the release."""

    def parse(self, vstring):
        match = re.fullmatch(r"(\d+)\.(\d+)(?:\.(\d+))?(?:([ab])(\d+))?", vstring)
        if match is None:
            raise ValueError(f"invalid version number '{vstring}'")
        major, minor, patch, mark, number = match.groups()
        self.version = (int(major), int(minor), int(patch or 0))
        self.prerelease = (mark, int(number)) if mark else None

    def __str__(self):
        shown = self.version if self.version[2] else self.version[:2]
        return ".".join(map(str, shown)) + (f"{self.prerelease[0]}{self.prerelease[1]}" if self.prerelease else "")

    def _key(self):
        return (self.version, self.prerelease or ("z", 0))
