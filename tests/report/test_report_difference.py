"""What changed in a last run is told in a few words."""

from __future__ import annotations

from itertools import pairwise

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


def ids(first, last):
    return [f"A-{number}" for number in range(first, last)]


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (ids(0, 300), ids(0, 301), "300 -> 301 items, 1 came (A-300)"),
        (ids(0, 300), ids(12, 312), "300 items, 12 came (A-300, A-301, …), 12 went (A-0, A-1, …)"),
        (ids(0, 300), ids(290, 300), "300 -> 10 items, 290 went (A-0, A-1, …)"),
        (ids(0, 300), ids(0, 300)[::-1], "300 items, other ones"),
        ([{"id": n} for n in range(9)], [{"id": n} for n in range(10)], "9 -> 10 items, 1 came"),
        (dict.fromkeys(ids(0, 300), 1), dict.fromkeys(ids(2, 302), 1),
         "300 keys, 2 came (A-300, A-301), 2 went (A-0, A-1)"),
        (dict.fromkeys(ids(0, 300), 1), dict.fromkeys(ids(0, 300), 2), "300 keys, 300 with another value"),
        (dict.fromkeys(ids(0, 9), 1), {**dict.fromkeys(ids(0, 9), 1), "A-3": 2}, "ids.A-3: 1 -> 2"),
        (dict.fromkeys(ids(0, 3), 1), dict.fromkeys(ids(0, 4), 1), "ids.A-3: (new) 1"),
        ({"A-1": 1}, {"A-2": 1}, "1 key, 1 came (A-2), 1 went (A-1)"),
    ],
)  # fmt: skip
def test_of_many_ids_it_is_told_how_many_came_and_went(before, after, text):
    assert told({"ids": before}, {"ids": after}) == (text if text.startswith("ids") else f"ids: {text}")


def test_a_last_run_of_another_layout_is_told_key_by_key():
    assert told({"offset": 1}, {"cursor": "x"}) == "cursor: (new) x; offset: (removed)"


def test_cycles_that_each_add_an_id_to_a_collection_are_alike():
    seen = [dict.fromkeys(ids(0, number), 1) for number in (20, 21, 22)]
    first, second = (changes({"seen": one}, {"seen": other}) for one, other in pairwise(seen))
    assert [change.kind for change in first] == [change.kind for change in second]


def test_many_changes_are_counted():
    assert told({}, {str(number): number for number in range(7)}).endswith("3: (new) 3; and 3 more")


def test_hostile_keys_and_values_are_harmless():
    assert told({}, {"\x1b[2J\n": "\u202e"}) == r"\x1b[2J\n: (new) \u202e"


def test_secrets_in_a_last_run_are_masked_before_they_are_cut():
    assert told({}, {"t": "x" * 30 + "secret-of-some-length"}, masker(["secret-of-some-length"])) == (
        f"t: (new) {'x' * 30}***"
    )
