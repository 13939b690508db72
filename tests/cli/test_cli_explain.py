"""`xsim explain` and `xsim rules`: a rule with its example, and what happens when that runs."""

import json
import re
import time

import pytest

from xsim.check import RULES
from xsim.check.remedies import MISSED


def table(out: str) -> list[list[str]]:
    lines = out.split("What happens when it runs:")[1].split("Keeps it")[0].splitlines()
    return [re.split(r" {2,}", line.strip()) for line in lines if re.match(r" +(cycle|\d)", line)]


def test_a_rule_is_told_with_its_example_and_cycle_by_cycle(xsim, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    seen = xsim("explain", "FC201")
    assert (seen.code, seen.err) == (0, "")
    rule = RULES["FC201"]
    for part in (rule.summary, f"Why: {rule.why}", f"Fix: {rule.fix}", "Breaks it: bad.py", "Keeps it: good.py"):
        assert part in seen.out
    head, *rows = table(seen.out)
    assert head == ["cycle", "time", "last run", "asked", "delivered", "finding"]
    assert [row[0] for row in rows] == [str(number) for number in range(1, 9)]
    assert rows[0][4:] == ["Alert A-1", "-"]
    assert rows[1] == [
        "2",
        "09:31:00",
        "created: 2024-05-14T09:30:00Z -> 09:31:00Z",
        "GET /alerts?created_from=2024-05-14T09:30:00Z",
        "-",
        "FC201",
    ]
    assert re.search(r"FC201 at cycle 2: A-2 was never delivered: lost at cycle 2: .*\(bad\.py:\d+\)", seen.out)


def test_a_fetch_that_fails_delivers_nothing_and_the_page_says_why(xsim, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    head, *rows = table(xsim("explain", "failing-fetch").out)
    assert head == ["cycle", "time", "last run", "delivered", "finding"], "it asks nobody"
    assert rows[-1][0] == "5-8", "cycles that came out alike are one line"
    assert rows[-1][2:] == [
        "not stored",
        "nothing: AttributeError: 'NoneType' object has no attribute 'title'",
        "FC601",
    ]


def test_the_yml_of_an_example_is_shown(xsim):
    out = xsim("explain", "FC702").out
    assert out.index("Breaks it: bad.py") < out.index("Breaks it: bad.yml") < out.index("Keeps it: good.yml")


def test_the_page_is_the_same_in_every_project_and_leaves_nothing_behind(xsim, monkeypatch):
    first = xsim("explain", "FC202").out
    xsim.has("pyproject.toml", '[tool.xsim]\nignore = ["FC202"]\nmarketplace = "nowhere"\n')
    monkeypatch.setenv("DEMISTO_SDK_CONTENT_PATH", str(xsim.folder))
    assert xsim("explain", "FC202").out == first
    assert [path.name for path in xsim.folder.iterdir()] == ["pyproject.toml"]


def test_on_a_narrow_terminal_cells_are_shortened_and_no_row_wraps(xsim, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    rows = xsim("explain", "FC201").out.split("What happens when it runs:")[1].split("FC201 at")[0].splitlines()
    assert max(map(len, rows)) <= 100
    assert any("…" in row for row in rows)


@pytest.mark.parametrize(("given", "near"), [("FC2O1", "FC201"), ("missed-evnet", "missed-event")])
def test_an_unknown_rule_is_refused_with_the_nearest(xsim, given, near):
    seen = xsim("explain", given)
    assert seen.code == 2
    assert f"no rule and no cause is called '{given}'" in seen.err
    assert f"did you mean '{near}'?" in seen.err


def test_it_takes_less_than_a_second(xsim):
    begun = time.process_time()
    xsim("explain", "FC301")
    assert time.process_time() - begun < 1


def test_rules_are_listed_in_columns(xsim):
    lines = xsim("rules").out.splitlines()
    assert [line.split()[0] for line in lines] == list(RULES)
    assert len({line.index(RULES[line[:5]].summary) for line in lines}) == 1, "a name is longer than its column"


def test_rules_as_json_hold_all_that_a_program_shows(xsim):
    rules = {rule["code"]: rule for rule in json.loads(xsim("rules", "--format", "json").out)}
    assert list(rules) == list(RULES)
    assert rules["FC702"]["family"] == "configuration"
    assert rules["FC201"]["needs"] == RULES["FC201"].needs_text
    assert {"name", "severity", "since", "summary", "why", "fix"} <= set(rules["FC101"])


def test_a_cause_is_told_with_its_remedy_and_its_rules(xsim):
    seen = xsim("explain", "sliding-offset")
    assert (seen.code, seen.err) == (0, "")
    assert seen.out.startswith("sliding-offset: a cause that findings of FC201, FC202 and FC203 give\n")
    assert f"Instead: {MISSED['sliding-offset']}" in seen.out
    for code in ("FC201", "FC202", "FC203"):
        assert f"{code} {RULES[code].name} ({RULES[code].severity.value})" in seen.out
        assert f"More: xsim explain {code}" in seen.out


def test_of_two_remedies_each_names_its_rule(xsim):
    told = xsim("explain", "precision-cut").out
    assert "Instead (FC201): step back" in told
    assert "Instead (FC202): store the time as the vendor writes it" in told
    assert "Instead: " in xsim("explain", "sliding-offset").out  # One for all of its rules.


def test_a_cause_without_a_remedy_says_what_it_means_and_the_rule_s_fix(xsim):
    out = xsim("explain", "same_page").out
    assert "Means: the same page is asked for over and over" in out
    assert f"Fix: {RULES['FC402'].fix}" in out


def test_neither_a_rule_nor_a_cause_is_refused(xsim):
    seen = xsim("explain", "late-arival")
    assert (seen.code, "no rule and no cause is called 'late-arival'" in seen.err) == (2, True)
    assert "did you mean 'late-arrival'?" in seen.err
