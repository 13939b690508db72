"""The HTML report in a real browser: what it draws, that every key and click works, and that nothing is blocked."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from browser import a_browser, show, why_no_browser

import xsim
from xsim import api
from xsim.report import render

ROOT = Path(__file__).parent.parent
CASES = {
    "duplicate": ROOT / "fixtures" / "cases" / "dup-inclusive-since" / "integration.py",
    "missed": ROOT / "fixtures" / "cases" / "miss-now-cursor" / "integration.py",
    "cut": ROOT / "fixtures" / "cases" / "miss-newest-first" / "integration.py",
    "late": Path(xsim.__file__).parent / "examples" / "FC301" / "bad.py",
}
FAULTY = """
import demistomock as demisto
import requests

def main():
    last = demisto.getLastRun().get('n', 0)
    requests.get('https://vendor.example/alerts', timeout=5).raise_for_status()
    demisto.setLastRun({'n': last + 1})
    demisto.incidents([])

if demisto.command() == 'fetch-incidents':
    main()
"""
FAULTY_WORLD = """
integration = "faulty.py"
[clock]
cycles = 6
[identity]
event = "id"
time = "at"
[[events]]
record = {id = "<script>alert(1)</script>", at = "2024-05-14T09:30:20Z"}
changes = [{at = 2024-05-14T09:33:20Z, set = {state = "closed"}}]
[[endpoints]]
path = "/alerts"
[[faults]]
name = "busy"
kind = "status"
status = 503
cycles = [2]
[[faults]]
name = "end"
kind = "kill"
at = "before"
cycles = [4]
"""

pytestmark = [
    pytest.mark.skipif(bool(why_no_browser()), reason=why_no_browser() or "there is a browser"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Of each case its report, and the page that was written of it."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, script in CASES.items():
        home = folder / name
        shutil.copytree(script.parent, home)
        found[name] = api.run(home / script.name, options=api.Options(fresh=True, state=folder / "state" / name))
    (folder / "faulty.py").write_text(FAULTY, encoding="utf-8")
    (folder / "faulty.xsim.toml").write_text(FAULTY_WORLD, encoding="utf-8")
    found["faulty"] = api.run(folder / "faulty.xsim.toml", options=api.Options(state=folder / "state" / "faulty"))
    found["accepted"] = replace(
        found["duplicate"],
        results=tuple(
            replace(each, findings=tuple(replace(one, accepted="known since May") for one in each.findings))
            for each in found["duplicate"].results
        ),
    )
    pages = {}
    for name, report in found.items():
        pages[name] = folder / f"{name}.html"
        pages[name].write_text(render(report, "html"), encoding="utf-8")
    return found, pages


@pytest.fixture(scope="module")
def driver():
    from selenium.common.exceptions import WebDriverException

    browser = a_browser()
    try:
        driver = browser.__enter__()
    except WebDriverException as error:
        pytest.skip(f"the browser that is installed does not start: {error.msg}")
    yield driver
    browser.__exit__(None, None, None)


@pytest.fixture
def page(driver, reports):
    """Opens a case's page; afterwards nothing may stand in the browser's log."""

    def opened(name, **how):
        show(driver, reports[1][name], **how)
        return Opened(driver)

    driver.get_log("browser")
    yield opened
    assert driver.get_log("browser") == []


class Opened:
    """What a person sees of the page and does with it."""

    def __init__(self, driver):
        self.driver = driver

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector)

    def attributes(self, selector, *names):
        read = "(one) => arguments[1].map((name) => one.getAttribute(name))"
        rows = self.run(f"return [...document.querySelectorAll(arguments[0])].map({read})", selector, names)
        return [row[0] for row in rows] if len(names) == 1 else [tuple(row) for row in rows]

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def click(self, selector):
        self.driver.find_element("css selector", selector).click()

    def point_at(self, selector):
        from selenium.webdriver import ActionChains

        found = self.driver.find_element("css selector", selector)
        ActionChains(self.driver, duration=0).move_to_element(found).perform()

    def press(self, *names):
        from selenium.webdriver import ActionChains, Keys

        for name in names:
            ActionChains(self.driver, duration=0).send_keys(getattr(Keys, name, name)).perform()

    def focused(self):
        return self.run(
            "const one = document.activeElement; return one.dataset.key || one.dataset.index || one.id || one.tagName"
        )

    def choose(self, selector, value):
        self.run(
            "const one = document.querySelector(arguments[0]); one.value = arguments[1];"
            "one.dispatchEvent(new Event('change')); one.dispatchEvent(new Event('input'))",
            selector, value,
        )  # fmt: skip


# --- what it shows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CASES, "faulty"])
def test_the_findings_are_those_of_the_json_report(page, reports, name):
    opened = page(name)
    document = json.loads(render(reports[0][name], "json"))
    expected = {f"{each['rule']} {each['name']}, {each['severity']}{each['message']}" for each in document["findings"]}
    assert set(opened.texts("#findings button")) == expected
    assert opened.text(".verdict").startswith(document["verdict"].upper())


def arrows(opened):
    """Event, cycle and kind of each arrow."""
    drawn = opened.attributes(".arrow", "data-event", "data-place", "class")
    names, numbers = opened.run(
        "const data = JSON.parse(document.getElementById('data').textContent); return [data.events.id, data.run.number]"
    )
    return sorted((names[int(event)], numbers[int(place)], kind.split()[1]) for event, place, kind in drawn)


def test_a_duplicate_has_an_arrow_for_each_time_that_it_came(page):
    opened = page("duplicate")
    assert arrows(opened) == [
        ("A-101", 1, "kept"),
        ("A-102", 1, "kept"), ("A-102", 2, "again"), ("A-102", 3, "again"), ("A-102", 4, "again"),
        ("A-103", 4, "kept"), ("A-103", 5, "again"), ("A-103", 6, "again"),
    ]  # fmt: skip
    assert len(opened.attributes("#picture .window", "x")) == 6
    # Each bar from cycle 2 on begins at the event that came again: that is the picture of the fault.
    [x] = {float(each) for each in opened.attributes("[data-crossing='1 1 got'], [data-crossing='1 3 got']", "cx")}
    starts = [float(each) for each in opened.attributes("#picture .window", "x")]
    assert starts[1:4] == pytest.approx([x] * 3, abs=0.5)


def test_a_missed_event_has_an_arrow_to_where_it_was_lost_and_a_dot_where_it_was_asked_for_too_early(page):
    opened = page("missed")
    assert arrows(opened) == [("L-1", 1, "kept"), ("L-2", 2, "strong"), ("L-3", 3, "kept")]
    assert opened.attributes("[data-crossing]", "data-crossing") == [
        "2 1 asked",
        "2 3 passed",
        "2 4 passed",
        "2 5 passed",
    ]
    assert "L-2 never comes" in opened.texts("#picture text")
    assert "Cycle 2 asked for its time when it was not listed yet" in opened.text("#caption")
    assert len(opened.attributes("#picture .window", "x")) == 6


def test_an_event_that_the_limit_cut_off_is_marked_in_the_window_that_asked_for_it(page):
    crossings = [each.split()[1:] for each in page("cut").attributes("[data-crossing]", "data-crossing")]
    assert crossings[0] == ["0", "left"]
    assert {word for _, word in crossings[1:]} == {"passed"}


def test_a_late_event_has_its_arrow_and_the_time_that_it_waited(page):
    opened = page("late")
    assert ("A-2", 7, "late") in arrows(opened)
    assert opened.attributes("[data-crossing]", "data-crossing") == [
        *(f"1 {place} passed" for place in range(1, 6)),
        "1 6 got",
    ]
    assert any(
        text.startswith("A-2 was listed by then, and came 5 cycles later") for text in opened.texts("#picture text")
    )
    assert len(opened.attributes("#picture .window", "x")) == 8


@pytest.mark.parametrize("case", ["missed", "cut", "late", "duplicate"])
def test_the_legend_explains_what_the_picture_marks_in_the_windows_and_no_more(page, case):
    opened = page(case)
    marked = {each.split()[-1] for each in opened.attributes("[data-crossing]", "data-crossing")}
    words = {"got", "asked", "left", "passed"}
    signs = {each for kind in opened.attributes("#legend svg > *", "class") for each in kind.split()} & words
    assert signs == marked


def test_what_stands_between_backticks_is_shown_as_code(page):
    opened = page("missed")
    assert "datetime.utcnow()" in opened.texts("dl.evidence code")
    assert "`" not in opened.text("dl.evidence")


def test_each_state_has_a_shape_of_its_own(page):
    shapes = {}
    for name in ("duplicate", "missed", "late"):
        for kind, drawn in page(name).attributes("#legend .shape", "class", "d"):
            shapes[kind.split()[1]] = drawn
    assert set(shapes) == {"kept", "again", "missed", "late"}
    assert len(set(shapes.values())) == 4


def test_faults_killed_cycles_changes_and_odd_names_are_shown(page):
    opened = page("faulty")
    assert {"2 failed", "4 killed"} <= set(opened.texts("#picture .small"))
    assert len(opened.attributes("#picture .fault", "d")) == 1
    assert len(opened.attributes("#picture .change", "d")) == 1
    assert "<script>alert…" in "".join(opened.texts("#picture text"))
    assert len(opened.attributes("script", "id")) == 2


def test_accepted_findings_are_shown_as_such(page):
    opened = page("accepted")
    assert opened.attributes("#findings button", "class") == ["error accepted"] * 2
    assert opened.texts("#findings .rule") == ["FC202 duplicate-event, error, accepted"] * 2
    assert "Accepted, so it fails nothing: known since May" in opened.text("#evidence")


def test_the_script_s_line_and_the_last_run_s_change_are_there(page):
    opened = page("missed")
    assert "demisto.setLastRun(next_run)" in opened.text("#script-lines .here")
    assert opened.texts("#cycle .diff span") == [
        '- last_fetch: "2024-03-04T10:00:00Z"\n', '+ last_fetch: "2024-03-04T10:01:00Z"\n',
    ]  # fmt: skip
    assert "GET https://vendor.example/v2/suspicious-logins?begin=2024-03-04T10:00:00Z" in opened.text("#cycle .call")


# --- what one does with it ----------------------------------------------------------------------------------


def test_a_filter_by_rule_or_cycle_leaves_those_findings(page):
    opened = page("duplicate")
    opened.choose("#by-cycle", "5-6")
    assert opened.texts("#findings button") == [
        "FC202 duplicate-event, errorA-103 was delivered again in cycles 5, 6 (first in cycle 4)"
    ]
    assert opened.text("#counted") == "1 of 2 findings shown"
    assert opened.text("#caption").startswith("A-103 was delivered again")
    opened.click("#no-filter")
    assert len(opened.texts("#findings button")) == 2
    opened = page("missed")
    opened.choose("#by-rule", "FC702")
    assert opened.texts("#findings button") == ["FC702 fetch-parameter-missing, notethe yml declares no max_fetch"]


def test_a_click_on_a_finding_an_incident_or_a_fetch_opens_it(page):
    opened = page("duplicate", at="#finding-2")
    assert opened.text("#cycle h3").startswith("Cycle 5 at 10:04:00")
    opened.click("#findings [data-index='0']")
    assert opened.text("#cycle h3").startswith("Cycle 2 at 10:01:00")
    opened.click("#picture [data-key='incident 5 0'] .shape")
    assert opened.text("#evidence").startswith("FC202 duplicate-event (error)\n\nA-103")
    assert opened.text("#cycle h3").startswith("Cycle 6 at 10:05:00")
    opened.click("#picture [data-key='cycle 2'] .window")
    assert opened.text("#evidence").startswith("Cycle 3 at 10:02:00")
    assert opened.text("#caption") == ""


def test_pointing_at_a_mark_shows_its_evidence(page):
    opened = page("missed")
    opened.point_at("#picture [data-key='event 2'] .shape")
    told = opened.text("#tip")
    assert "L-2: never delivered" in told
    assert "first listed it at 10:02:10, 1m 30s later" in told


def test_the_keyboard_reaches_and_opens_everything(page):
    opened = page("duplicate")
    opened.run("document.querySelector('#findings button').focus()")
    opened.press("ARROW_DOWN")
    assert opened.focused() == "1"
    opened.press("ENTER")
    assert opened.text("#caption").startswith("A-103")
    opened.press("ESCAPE")
    assert (opened.text("#caption"), opened.focused()) == ("", "1")
    opened.run("document.querySelector('#picture [tabindex=\"0\"]').focus()")
    assert opened.focused().startswith("event ")
    opened.press("ARROW_DOWN")
    assert opened.focused().startswith("cycle ")
    opened.press("ARROW_RIGHT")
    assert not opened.run("return document.getElementById('tip').hidden")
    opened.press("ARROW_DOWN")
    assert opened.focused().startswith("incident ")
    opened.press("END", "ENTER")
    assert opened.text("#evidence") != ""


def test_tab_goes_through_the_page_in_reading_order(page):
    opened = page("duplicate")
    order = []
    for _ in range(12):
        opened.press("TAB")
        order.append(opened.focused())
    assert order[:6] == ["theme", "by-rule", "by-cycle", "no-filter", "0", "1"]
    assert order[6] == "closer"
    assert order[7].startswith("event ")


def test_closer_and_wider_change_how_much_is_in_view(page):
    opened = page("late")
    opened.click("#closer")
    assert opened.text("#range") == "Cycles 3 to 6 of 8"
    opened.click("#later")
    assert opened.text("#range") == "Cycles 5 to 8 of 8"
    opened.click("#wider")
    assert opened.text("#range") == "Cycles 1 to 8 of 8"


def test_the_table_says_what_the_picture_shows(page):
    opened = page("duplicate")
    opened.click("#as-table summary")
    cells = "(row) => [...row.cells].map((cell) => cell.textContent)"
    rows = opened.run(f"return [...document.querySelectorAll('#table tbody tr')].map({cells})")
    assert len(rows) == 6
    assert rows[3][3] == "GET /api/v1/alerts: created from 09:59:40"
    assert (rows[3][5], rows[3][6], rows[3][8]) == ("2", "1", "A-102, A-103")


# --- for everybody, everywhere ------------------------------------------------------------------------------

CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["missed", "faulty"])
def test_every_text_can_be_read_on_its_ground(page, name, scheme):
    opened = page(name, scheme=scheme)
    assert opened.run(f"{CHECKS} return poorContrasts()") == []
    assert opened.run(f"{CHECKS} return nameless()") == []
    assert opened.run(f"{CHECKS} return twiceNamed()") == []


def test_the_switch_turns_dark_into_light_and_back(page):
    opened = page("late", scheme="dark")
    ground = "return getComputedStyle(document.body).backgroundColor"
    dark = opened.run(ground)
    opened.click("#theme")
    light = opened.run(ground)
    opened.click("#theme")
    assert (light, opened.run(ground)) == ("rgb(255, 255, 255)", dark)
    assert dark != light


@pytest.mark.parametrize("width", [400, 700, 1280])
def test_nothing_is_wider_than_the_window(page, width):
    opened = page("missed", width=width)
    assert opened.run("return document.documentElement.scrollWidth") <= width


def test_on_paper_each_finding_has_its_evidence(page, driver):
    opened = page("duplicate")
    driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert len(opened.texts("#print article")) == 2
    assert "last run before the first repetition" in opened.texts("#print article")[1]


def test_it_asks_the_network_for_nothing(page):
    opened = page("missed")
    assert opened.run("return performance.getEntriesByType('resource').map((one) => one.name)") in ([], ["data:,"])
