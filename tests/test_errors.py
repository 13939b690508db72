"""A complaint is one line that a terminal holds, whatever it names."""

import pytest

from xsim.errors import XsimError


def test_a_complaint_of_usual_length_stays_as_it_is():
    path = "/" + "/".join(["folder"] * 40) + "/integration.py"
    error = XsimError(f"{path}:3: found 'x'", hint="write 'y'")
    assert (error.message, error.hint, str(error)) == (f"{path}:3: found 'x'", "write 'y'", f"{path}:3: found 'x'")


def test_a_word_beyond_all_measure_loses_its_middle():
    error = XsimError(f"script.py:2: imports begin{'x' * 5_000}end, which is nowhere")
    assert error.message.startswith("script.py:2: imports beginxxx")
    assert error.message.endswith("xxxend, which is nowhere")
    assert len(error.message) < 300


@pytest.mark.parametrize("many", ["word " * 1_000, "ab, " * 3_000])
def test_many_words_are_cut_at_the_end(many):
    error = XsimError(f"script.py: {many}", hint=many)
    assert [len(error.message), len(error.hint)] == [1_500, 1_500]
    assert error.message.endswith("…")
