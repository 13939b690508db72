"""A secret is known in every spelling in which scripts and tracebacks write it."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from xsim.secrets import spellings

SECRET = 'pä"ss/ word+%'


@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
        lambda text: repr(text)[1:-1],
        quote,
        lambda text: quote(text, safe=""),
        quote_plus,
        lambda text: base64.b64encode(text.encode()).decode().rstrip("="),
    ],
)
def test_each_way_of_writing_it_is_a_spelling(spell):
    assert spell(SECRET) in spellings(SECRET)


def test_the_secret_itself_comes_first_and_each_spelling_once():
    assert spellings("abcdefgh")[0] == "abcdefgh"
    assert len(set(spellings(SECRET))) == len(spellings(SECRET))


def test_a_lone_surrogate_has_spellings_too():
    assert "a\ud800b" in spellings("a\ud800b")
