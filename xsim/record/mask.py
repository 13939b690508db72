"""Keeps secrets, and addresses that differ from run to run, out of everything that is written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable

from xsim.secrets import spellings

HIDDEN = "***"
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{6,}")


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that hides `secrets`, and what scripts make of them, in a line of JSON; the line stays valid JSON."""
    variants = sorted(
        {variant for secret in secrets for variant in _variants(secret)}, key=lambda text: (-len(text), text)
    )

    def mask(line: str) -> str:
        for variant in variants:
            if variant in line:
                line = line.replace(variant, HIDDEN)
        # Objects print their address, which no two runs share.
        return _ADDRESS.sub(" at 0x", line) if " at 0x" in line else line

    return mask


def _variants(secret: str) -> Iterable[str]:
    for text in spellings(secret):
        # Texts stand in JSON, in rawJSON within an incident's JSON, and in that within the journal's line.
        for _ in range(4):
            yield text
            text = json.dumps(text)[1:-1]
