"""`xsim report`: a stored journal in any format, and html where a run or a suite is asked for it."""

import json

from xsim.report import FORMATS


def journal_of(xsim, badge_reader):
    assert xsim("run", badge_reader, "--cycles", 10).code == 1
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    return journal.relative_to(xsim.folder)


def test_it_shows_what_check_shows_and_decides_nothing(xsim, badge_reader):
    journal = journal_of(xsim, badge_reader)
    for format_ in FORMATS:
        shown, checked = xsim("report", journal, "--format", format_), xsim("check", journal, "--format", format_)
        assert (shown.code, checked.code) == (0, 1)
        assert shown.out == checked.out


def test_it_takes_the_folder_of_the_instance_and_writes_files(xsim, badge_reader):
    folder = journal_of(xsim, badge_reader).parent
    assert xsim("check", folder, "--format", "concise").out == xsim("report", folder, "--format", "concise").out != ""
    seen = xsim("report", folder, "--output", "html:report.html", "--output", "json:report.json")
    assert seen.code == 0
    page = (xsim.folder / "report.html").read_text(encoding="utf-8")
    findings = json.loads((xsim.folder / "report.json").read_text(encoding="utf-8"))["findings"]
    assert page.startswith("<!doctype html>")
    assert all(each["message"] in page for each in findings)


def test_it_judges_by_the_rules_that_are_asked_for(xsim, badge_reader):
    journal = journal_of(xsim, badge_reader)
    shown = json.loads(xsim("report", journal, "--select", "FC503", "--format", "json").out)
    assert {each["rule"] for each in shown["findings"]} == {"FC503"}


def test_a_journal_that_is_not_there_is_one_line(xsim):
    seen = xsim("report", "gone.jsonl", "--format", "html")
    assert seen.code == 2
    assert "gone.jsonl: no such journal" in seen.err
    assert "Traceback" not in seen.err


def test_the_page_does_not_take_the_journal_s_place(xsim, badge_reader):
    journal = journal_of(xsim, badge_reader)
    seen = xsim("report", journal.parent, "--output", f"html:{journal}")
    assert seen.code == 2
    assert "that is the file to be judged" in seen.err


def test_a_run_writes_the_page_too(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 3, "--output", "html:report.html")
    assert "<title>Badge Reader: failed (xsim)</title>" in (xsim.folder / "report.html").read_text(encoding="utf-8")


def test_a_suite_has_no_page(xsim, badge_reader):
    seen = xsim("suite", ".", "--format", "html")
    assert seen.code == 2
    assert "html is a picture of one run" in seen.err
