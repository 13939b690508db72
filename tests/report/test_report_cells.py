"""Foreign text is made harmless, and numbers are written as people read them."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xsim.report.cells import duration, markdown, moment, plural, safe, safe_lines, size_text, spans
from xsim.secrets import masker

ANY_TEXT = st.text(alphabet=st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain text, Grüße, 日本語", "plain text, Grüße, 日本語"),
        ("\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("one\ntwo\r\n\tthree", r"one\ntwo\r\n\tthree"),
        ("nul \x00 del \x7f c1 \x9b", r"nul \x00 del \x7f c1 \x9b"),
        ("evil\u202egnp.exe", r"evil\u202egnp.exe"),
        ("isolate \u2066x\u2069", r"isolate \u2066x\u2069"),
        ("zero\u200bwidth \ufeff", r"zero\u200bwidth \ufeff"),
        ("lone \ud83d and \udc00", r"lone \ud83d and \udc00"),
        ("tag \U000e0041", r"tag \U000e0041"),
        ("line\u2028separator\u2029", r"line\u2028separator\u2029"),
        ("a\u3000wide\xa0space", "a\u3000wide\xa0space"),
        ("[bold red]markup[/]", "[bold red]markup[/]"),
    ],
)
def test_what_could_harm_a_terminal_is_shown_as_an_escape(foreign, shown):
    assert safe(foreign) == shown


@given(ANY_TEXT, st.integers(min_value=8, max_value=40))
def test_no_text_gets_through_with_a_control_or_past_its_limit(text, limit):
    shown = safe(text, limit)
    assert len(shown) <= limit
    assert all(unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in shown)


@given(ANY_TEXT)
def test_harmless_text_is_left_as_it_is(text):
    if text.isprintable():
        assert safe(text, 100) == text


def test_a_text_of_exactly_the_limit_is_not_cut():
    assert safe("x" * 10, 10) == "x" * 10
    assert safe("x" * 11, 10) == "x" * 9 + "…"


def test_an_escape_is_never_cut_in_two():
    assert safe("abcdef\x1bghi", 8) == "abcdef…"
    assert safe("abc\u202e\u202e\u202e", 11) == "abc\\u202e…"


def test_megabytes_are_cut_without_reading_them_all():
    assert safe("\x1b" * 5_000_000, 20) == r"\x1b" * 4 + "…"


def test_lines_stay_lines_and_too_many_are_counted():
    assert safe_lines("a\r\nb\x1b\nc\n", most=2) == ["a", r"b\x1b", "… and 1 more lines"]
    assert safe_lines("", most=2) == [""]


def test_secrets_vanish_in_every_spelling():
    mask = masker(['pa"ss wörd/1', "pa"])
    assert mask('token=pa%22ss%20w%C3%B6rd%2F1&q=pa%22ss+w%C3%B6rd%2F1 {"k": "pa\\"ss w\\u00f6rd/1"} pa"ss wörd/1') == (
        'token=***&q=*** {"k": "***"} ***'
    )


def test_no_secrets_mask_nothing():
    assert masker([])("text") == "text"
    assert masker([""])("text") == "text"


def test_a_secret_with_a_lone_surrogate_is_masked_too():
    assert masker(["a\ud83db"])("x a\ud83db y") == "x *** y"


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [((), ""), ((7,), "7"), ((2, 3, 4, 7), "2-4, 7"), ((5, 5), "5"), ((9, 1, 2), "1-2, 9")],
)
def test_cycle_numbers_fold(numbers, shown):
    assert spans(numbers) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(0), "0s"),
        (timedelta(minutes=1), "1m"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(hours=25), "1d1h"),
        (timedelta(milliseconds=200), "200ms"),
    ],
)
def test_a_span_carries_its_units(length, shown):
    assert duration(length) == shown


def test_times_are_utc_with_as_much_fraction_as_there_is():
    zone = timezone(timedelta(hours=2))
    assert moment(datetime(2024, 5, 14, 11, 29, tzinfo=zone)) == "2024-05-14T09:29:00Z"
    assert moment(datetime(2024, 5, 14, 11, 29, 0, 250_000, tzinfo=zone)) == "2024-05-14T09:29:00.250Z"
    assert moment(datetime(2024, 5, 14, 11, 29, 0, 1, tzinfo=zone)) == "2024-05-14T09:29:00.000001Z"


def test_counts_and_sizes_read_well():
    assert [plural(1, "cycle"), plural(1440, "cycle"), plural(0, "cycle")] == ["1 cycle", "1,440 cycles", "0 cycles"]
    assert [size_text(812), size_text(24_100), size_text(3_000_000)] == ["812 B", "24.1 kB", "3.0 MB"]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b `c` *d* _e_", r"a\|b \`c\` \*d\* \_e\_"),
        ("<b> &amp; [x](y) @ann #3 $1", r"\<b\> \&amp; \[x\](y) \@ann \#3 \$1"),
        ("https://vendor.example", r"https:\//vendor.example"),
    ],
)
def test_text_in_markdown_is_text(text, escaped):
    assert markdown(text) == escaped
