"""Cuts texts and lists to what a page can hold, and says that it did."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar

from xsim.report.cells import ELLIPSIS
from xsim.secrets import Mask

Item = TypeVar("Item")


def most_of(items: Iterable[Item], most: int) -> list[Item]:
    """The first ones."""
    return list(islice(items, most))


def cut(text: str, mask: Mask, most: int) -> str:
    """The text without secrets, of at most `most` characters and, where it was longer, a word on how much is left out.

    It is masked before it is cut, so that no half of a secret is left.
    """
    text = mask(text)
    return text if len(text) <= most else f"{text[:most]}{ELLIPSIS} ({len(text) - most:,} more characters)"
