"""What holds for every format: its name, the secrets that it hides, the one place that it gives a finding."""

from __future__ import annotations

import subprocess
import sys

import pytest
from report_builders import HOSTILE, a_failing_report, a_hostile_report

from xsim.errors import XsimError
from xsim.report import FORMATS, refuse_unknown_format, render, render_annotations, render_summary
from xsim.secrets import spellings

SECRET = 'pass"word-\u00e9/42'


def written(report):
    """The report in every way in which it can be written."""
    texts = {format_: render(report, format_) for format_ in FORMATS}
    return {**texts, "annotations": render_annotations(report), "summary": render_summary(report)}


def test_a_secret_stands_in_no_format_however_it_is_spelled():
    for spelling in spellings(SECRET):
        report = a_hostile_report(f"before {spelling} behind", secrets=(SECRET,))
        for format_, text in written(report).items():
            assert "before" in text, format_
            assert not [each for each in spellings(SECRET) if each in text], format_


def test_no_format_writes_what_steers_a_terminal_or_cannot_be_encoded():
    for format_, text in written(a_hostile_report()).items():
        text.encode("utf-8")
        assert all(character.isprintable() or character == "\n" for character in text), format_


def test_no_line_that_goes_to_a_build_server_s_log_holds_a_command_of_others():
    for format_, text in written(a_hostile_report()).items():
        told = [line for line in text.splitlines() if "##[" in line and not line.startswith("::")]
        # A step has its commands switched off around the text, and the other two go to a file.
        assert not told or format_ in ("text", "summary", "html"), (format_, told)


def test_a_report_is_the_same_text_twice_in_every_format():
    assert written(a_failing_report()) == written(a_failing_report())
    assert written(a_hostile_report(HOSTILE)) == written(a_hostile_report(HOSTILE))


@pytest.mark.parametrize(("wrong", "near"), [("sarf", "sarif"), ("jsonlines", "json-lines"), ("JUnit", "junit")])
def test_an_unknown_format_names_the_nearest(wrong, near):
    with pytest.raises(XsimError) as caught:
        refuse_unknown_format(wrong)
    assert caught.value.hint == f"did you mean '{near}'?"


def test_a_format_loads_no_other_format_and_no_rich():
    code = (
        "import sys, xsim.report, xsim.report.concise\n"
        "heavy = {'rich', 'xml.etree.ElementTree', 'xsim.report.sarif', 'xsim.report.junit', 'xsim.report.github'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
