"""What changed in a last run is told in a few words."""

from __future__ import annotations

import pytest

from xsim.report.difference import changes, describe
from xsim.secrets import masker

NOTHING_SECRET = masker([])


def told(before, after, mask=NOTHING_SECRET):
    return describe(changes(before, after), mask)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({"a": 1}, {"a": 1}, "unchanged"),
        ({"t": "2024-05-14T09:29:00Z"}, {"t": "2024-05-14T09:30:00Z"}, "t: 2024-05-14T09:29:00Z -> 09:30:00Z"),
        (
            {"t": "2024-05-14T23:59:00Z"},
            {"t": "2024-05-15T00:00:00Z"},
            "t: 2024-05-14T23:59:00Z -> 2024-05-15T00:00:00Z",
        ),
        ({"ids": [1, 2, 3]}, {"ids": [1, 2, 3, 4, 5, 6]}, "ids: 3 -> 6 items"),
        ({"ids": [1, 2]}, {"ids": [1, 3]}, "ids: 2 items, other ones"),
        ({}, {"t": "x", "ids": ["a"]}, "t: (new) x; ids: (new) 1 item"),
        ({"a": 1, "b": 2}, {"a": 1}, "b: (removed)"),
        ({"a": 1}, {}, "emptied, now {}"),
        ({"a": 1}, None, "emptied, now null"),
        ({"ids": [1]}, {"ids": []}, "ids: emptied, now []"),
        ({"a": {"next": 1, "x": 0}}, {"a": {"next": 2, "x": 0}}, "a.next: 1 -> 2"),
        ({"a": True}, {"a": 1}, "a: true -> 1"),
        ({"a": "1"}, {"a": 1}, "a: 1 -> 1 (str -> int)"),
        ([1], [1, 2], "1 -> 2 items"),
        (None, {"a": 1}, "null -> {1 key}"),
        ({"a": ""}, {"a": "x"}, 'a: "" -> x'),
        ({"t": "x" * 50 + "1"}, {"t": "x" * 50 + "2"}, f"t: {'x' * 39}… -> {'x' * 39}… (differs further on)"),
    ],
)
def test_a_change_is_told_key_by_key(before, after, text):
    assert told(before, after) == text


def test_many_changes_are_counted():
    assert told({}, {str(number): number for number in range(7)}).endswith("3: (new) 3; and 3 more")


def test_hostile_keys_and_values_are_harmless():
    assert told({}, {"\x1b[2J\n": "\u202e"}) == r"\x1b[2J\n: (new) \u202e"


def test_secrets_in_a_last_run_are_masked_before_they_are_cut():
    assert told({}, {"t": "x" * 30 + "secret-of-some-length"}, masker(["secret-of-some-length"])) == (
        f"t: (new) {'x' * 30}***"
    )
