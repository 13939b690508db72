"""The HTML page: one file that asks for nothing, holds what JSON holds, and lets no foreign text become markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest
from report_builders import (
    HOSTILE,
    MINUTE,
    START,
    Walks,
    a_call,
    a_cycle,
    a_failing_report,
    a_failure,
    a_hostile_report,
    a_report,
    a_result,
    a_rule,
    an_integration,
)

from xsim.findings import Finding, Place
from xsim.model import HostCall, LogLine, Outcome, Refusal, Verdict
from xsim.report import render
from xsim.report.html import SCRIPTS
from xsim.report.html.charts import percentile, thinned
from xsim.world import Change, Endpoint, Event, Listing

SCRIPT_LINES_AT_MOST = 720


class Page(HTMLParser):
    """What a browser would make of the page: elements, their attributes, and the texts of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in self.raw:
            self.raw[tag].append("")
            self._open = tag

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        if self._open:
            self.raw[self._open][-1] += data

    def attributes(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def page_of(report):
    return Page(render(report, "html"))


def data_of(report):
    return json.loads(page_of(report).raw["script"][0])


def an_event(name, minutes=0.0, lag=0.0, **fields):
    occurred = START + minutes * MINUTE
    return Event(name, occurred, occurred + lag * MINUTE, {"id": name}, **fields)


def incidents(*names):
    return (json.dumps([{"name": f"Alert {name}", "rawJSON": json.dumps({"id": name})} for name in names]),)


def a_listing(*listed, low=None, high=None, **fields):
    bounds = [("created", ">=", low)] if low else []
    bounds += [("created", "<", high)] if high else []
    return Listing("GET /alerts", listed, bounds=tuple(bounds), **fields)


def a_world(cycles, *findings, events=(), **scenario):
    """A report with a vendor whose events are told apart by `id`."""
    settings = {"events": tuple(events), "identity": ("id",), "time_field": "created", **scenario}
    doubled = a_rule("FC202", "duplicate-event")
    results = [a_result(a_rule(), *[each for each in findings if each.code != "FC202"])]
    results.append(a_result(doubled, *[each for each in findings if each.code == "FC202"]))
    return a_report(cycles, *results, scenario=settings, verdict=Verdict.FAILED)


# --- safe to open -------------------------------------------------------------------------------------------


def digest_of(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def test_the_policy_lets_its_one_script_and_its_one_style_run_and_nothing_else():
    page = page_of(a_failing_report())
    [policy] = [attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    data, script = page.raw["script"]
    [style] = page.raw["style"]
    assert rules["script-src"] == digest_of(script)
    assert rules["style-src"] == digest_of(style)
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    json.loads(data)


def test_the_page_names_no_other_place_and_has_no_code_in_its_attributes():
    page = page_of(a_failing_report())
    assert page.attributes("href") == ["data:,"]
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"src", "style", "srcset", "action"})
    ours = page.raw["script"][1] + page.raw["style"][0]
    assert set(re.findall(r"https?://[\w./]+", ours)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|XMLHttp|import\(", ours)


@pytest.mark.parametrize(
    "text", [HOSTILE, "</script><script>alert(1)</script>", "<!--<script>", "]]>--><b>", "{{data}}"]
)
def test_foreign_text_adds_no_element_and_is_kept_as_it_is(text):
    page = page_of(a_hostile_report(text))
    calm = page_of(a_hostile_report("calm"))
    assert Counter(tag for tag, _ in page.elements) == Counter(tag for tag, _ in calm.elements)
    data = json.loads(page.raw["script"][0])
    assert data["findings"][0]["message"] == text
    assert data["cycles"]["1"]["calls"][0]["sent"].endswith(text)


def test_an_event_named_like_an_element_is_text():
    report = a_world([a_cycle(incidents=incidents("<script>"))], events=[an_event("<script>")])
    assert render(report, "html").count("<script") == 2
    assert data_of(report)["events"]["id"] == ["<script>"]


def test_what_the_wheel_needs_lies_in_the_package():
    held = {each.name for each in files("xsim.report.html").iterdir()}
    assert {*SCRIPTS, "report.css", "page.html"} <= held


def test_the_script_stays_short_enough_to_be_read():
    texts = [files("xsim.report.html").joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS]
    assert sum(text.count("\n") for text in texts) <= SCRIPT_LINES_AT_MOST


# --- what it holds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "report", [a_failing_report(), a_hostile_report(), a_report([])], ids=["failed", "odd", "empty"]
)
def test_its_findings_are_those_of_the_json_report(report):
    assert data_of(report)["findings"] == json.loads(render(report, "json"))["findings"]


def test_an_incident_is_matched_to_the_vendor_s_event_by_identity():
    events = [an_event("A"), an_event("B")]
    data = data_of(a_world([a_cycle(incidents=incidents("B", "A", "Z"))], events=events))
    assert data["run"]["got"] == [[1, 0, -1]]
    assert data["strangers"] == ["Z"]


def test_records_of_another_list_are_matched_by_its_own_identity():
    text = json.dumps([{"name": "x", "rawJSON": json.dumps({"ref": "B"})}])
    report = a_world([a_cycle(incidents=(text,))], events=[an_event("B")], other_identities=(("ref",),))
    assert data_of(report)["run"]["got"] == [[0]]


@pytest.mark.parametrize(
    ("identity", "incident"),
    [
        ("dbotMirrorId", {"dbotMirrorId": "A"}),
        ("alert.id in rawJSON (detected)", {"rawJSON": '{"alert": {"id": "A"}}'}),
        ("ID in rawJSON", {"RawJson": '{"ID": "A"}'}),
    ],
)
def test_without_a_stated_identity_the_report_s_own_word_for_it_holds(identity, incident):
    cycle = a_cycle(incidents=(json.dumps([incident]),))
    assert data_of(a_report([cycle], identity=identity))["strangers"] == ["A"]


def test_a_window_holds_what_a_request_asked_for_once_a_cycle():
    low, high = "2024-05-14T23:57:00Z", "2024-05-14T23:58:00.500000Z"
    pages = [
        a_call(listing=a_listing("A", low=low, high=high)),
        a_call(listing=a_listing(low=low, high=high, offset=1)),
    ]
    [windows] = data_of(a_world([a_cycle(exchanges=tuple(pages))], events=[an_event("A")]))["run"]["windows"]
    assert windows == [[0, -250, 60_250, 0]]


def test_a_request_without_an_end_asks_up_to_when_it_was_sent():
    call = a_call(START + MINUTE, listing=a_listing(low="2024-05-14T23:00:00Z"))
    data = data_of(a_world([a_cycle(exchanges=(call,))], events=[an_event("A")]))
    [[[ask, lower, upper, sent]]] = data["run"]["windows"]
    assert (upper, sent) == (None, 60_000)
    assert lower < 0
    assert data["asks"][ask] == ["GET /alerts", "created", True]


def test_a_filter_by_another_field_is_not_one_by_the_event_s_own_time():
    call = a_call(
        listing=Listing("GET /alerts", bounds=(("updated", ">", "2024-05-14T23:00:00Z"), ("level", ">", "3")))
    )
    assert data_of(a_world([a_cycle(exchanges=(call,))]))["asks"] == [["GET /alerts", "updated", False]]


def test_a_call_for_one_record_is_no_window():
    endpoint = Endpoint("/alerts", kind="detail")
    report = a_world([a_cycle(exchanges=(a_call(listing=a_listing("A")),))], endpoints=(endpoint,))
    assert data_of(report)["run"]["windows"] == [[]]


def test_later_changes_and_the_lag_are_told_in_milliseconds():
    changes = (Change(START + 3 * MINUTE, {"state": "closed"}), Change(START + 4 * MINUTE, deleted=True))
    events = data_of(a_world([a_cycle()], events=[an_event("A", 1, 0.5, changes=changes)]))["events"]
    assert (events["at"], events["lag"]) == ([60_000], [30_000])
    assert events["changes"] == [[0, 180_000, '{"state": "closed"}'], [0, 240_000, "deleted"]]


def doubled(event="A", cycles=(2,), **fields):
    return Finding(f"{event} again", cycles=cycles, events=(event,), code="FC202", rule="duplicate-event", **fields)


def test_an_incident_is_a_duplicate_where_a_finding_says_so():
    cycles = [a_cycle(number, incidents=incidents("A")) for number in (1, 2, 3)]
    run = data_of(a_world(cycles, doubled(cycles=(2, 3)), events=[an_event("A")]))["run"]
    assert run["again"] == {"1": [0], "2": [0]}
    assert data_of(a_world(cycles, events=[an_event("A")]))["run"]["again"] == {}


def test_what_a_failed_cycle_handed_over_makes_no_duplicate():
    failed = {"outcome": Outcome.FAILED, "failure": a_failure()}
    cycles = [a_cycle(1, incidents=incidents("A"), **failed), a_cycle(2, incidents=incidents("A"))]
    run = data_of(a_world(cycles, doubled(), events=[an_event("A")]))["run"]
    assert run["outcome"] == "fo"
    assert run["again"] == {}


def test_a_refused_incident_of_a_batch_that_was_let_in_is_dropped():
    cycle = a_cycle(incidents=incidents("A", "B"), refusals=(Refusal(1, "severity", "x"),))
    assert data_of(a_world([cycle], events=[an_event("A"), an_event("B")]))["run"]["dropped"] == {"0": [1]}


def test_killed_cycles_and_the_scenario_s_faults_are_marked():
    killed = a_cycle(1, outcome=Outcome.FAILED, failure=a_failure(kind="killed", message="by plan", line=None))
    struck = a_cycle(2, exchanges=(a_call(status=503, fault="busy"), a_call(fault="busy")))
    data = data_of(a_world([killed, struck]))
    assert data["run"]["failures"] == {"0": [0, 1]}
    assert data["run"]["faults"] == {"1": [1]}
    assert data["texts"] == ["killed: by plan", "busy"]


def test_the_page_knows_which_answers_held_the_events_that_findings_name():
    cycles = [a_cycle(exchanges=(a_call(listing=a_listing("B", "A")),))]
    finding = Finding("A is missed", cycles=(1,), events=("A",))
    data = data_of(a_world(cycles, finding, events=[an_event("A"), an_event("B")]))
    assert data["run"]["listed"] == {"0": [0]}
    assert data["named"] == [[0]]


# --- cycles in full -----------------------------------------------------------------------------------------


def test_a_cycle_is_told_with_last_run_requests_calls_and_log():
    before, after = {"since": "1", "ids": ["a", "b"]}, {"since": "2", "ids": ["b", "c"]}
    cycle = a_cycle(
        last_run=(before, after),
        exchanges=(
            a_call(
                status=429,
                digest="0123456789abcdef",
                answer="slow down",
                retry_after="30",
                request_body="q=1",
                waited=timedelta(seconds=2),
            ),
        ),
        host_calls=(HostCall(START, "setLastRun", '{"since": "2"}', 19, "ValueError: no"),),
        log=(LogLine("debug", "done"),),
        incidents=incidents("A"),
    )
    told = data_of(a_world([cycle]))["cycles"]["1"]
    changed = [" ", "ids: 2 items, now 2"], ["-", '  "a"'], ["+", '  "c"']
    assert told["diff"] == [["-", 'since: "1"'], ["+", 'since: "2"'], *changed]
    [call] = told["calls"]
    assert call["sent"] == "GET https://vendor.example/alerts?since=1"
    assert call["told"] == "23:57:00.250Z: status 429, 2 bytes (digest 0123456789ab), waited 2s, Retry-After 30"
    assert (call["body"], call["answer"], call["line"]) == ("q=1", "slow down", 14)
    assert told["host"] == 'line 19  setLastRun({"since": "2"})  raised ValueError: no'
    assert told["log"] == "debug: done"
    assert told["incidents"] == ["Alert A (A)"]


def test_a_body_is_cut_at_two_kilobytes_and_says_so():
    [call] = data_of(a_world([a_cycle(exchanges=(a_call(answer="x" * 5_000),))]))["cycles"]["1"]["calls"]
    assert call["answer"] == "x" * 2_048 + "… (2,952 more characters)"


def test_answers_are_told_within_two_cycles_of_a_finding_and_elsewhere_only_what_went_wrong():
    cycles = [
        a_cycle(n, exchanges=(a_call(body=f"all of {n}"), a_call(status=500, answer="down"))) for n in range(1, 9)
    ]
    page = data_of(a_world(cycles, Finding("late", cycles=(4,))))
    answers = {number: [call["answer"] for call in told["calls"]] for number, told in page["cycles"].items()}
    assert answers == {str(n): [f"all of {n}" if 2 <= n <= 6 else "", "down"] for n in range(1, 9)}
    assert sorted(page["near"]) == [2, 3, 4, 5, 6]


def test_of_ids_kept_by_key_the_page_tells_how_many_what_came_and_what_went():
    before = {"seen": {f"A-{n}": n for n in range(300)}}
    after = {"seen": {f"A-{n}": n if n != 7 else 0 for n in range(2, 312)}}
    diff = data_of(a_world([a_cycle(last_run=(before, after))]))["cycles"]["1"]["diff"]
    assert diff[:3] == [[" ", "seen: 300 keys, now 310"], ["-", "  A-0: 0"], ["-", "  A-1: 1"]]
    assert diff[3] == ["+", "  A-300: 300"]
    assert diff[-3:] == [["+", "  and 4 more"], ["-", "  A-7: 7"], ["+", "  A-7: 0"]]


def test_a_secret_that_a_cut_would_halve_is_masked_before():
    cycle = a_cycle(exchanges=(a_call(answer="x" * 2_040 + "very-secret-token"),))
    [call] = data_of(a_report([cycle], secrets=("very-secret-token",)))["cycles"]["1"]["calls"]
    assert "very" not in call["answer"]


def a_long_run(*findings, count=1_000):
    noise = tuple(LogLine("debug", "x" * 290) for _ in range(10))
    return a_world(Walks(lambda: (a_cycle(n, log=noise) for n in range(1, count + 1))), *findings)


def test_of_a_long_run_the_cycles_around_findings_are_told_first():
    findings = [Finding("late", cycles=(number, number + 100)) for number in (800, 500)]
    told = data_of(a_long_run(*findings))["cycles"]
    near = {str(number + step) for number in (500, 600, 800, 900) for step in (-2, -1, 0, 1, 2)}
    assert near <= set(told)
    assert len(told) < 100


def test_a_thousand_noisy_cycles_that_findings_all_name_stay_under_500_kilobytes():
    text = render(a_long_run(Finding("each", cycles=tuple(range(1, 1_001)))), "html")
    assert len(text) < 500_000


@pytest.mark.slow
def test_twenty_thousand_events_stay_under_three_megabytes():
    events = [an_event(f"E-{number:05}", number / 20, 0.01) for number in range(20_000)]

    def cycles():
        for number in range(1_000):
            names = [event.id for event in events[number * 20 : number * 20 + 20]]
            yield a_cycle(number + 1, incidents=incidents(*names))

    text = render(a_world(Walks(cycles), events=events), "html")
    assert 500_000 < len(text) < 3_000_000


def test_the_journal_is_walked_once():
    walks = Walks(lambda: (a_cycle(number) for number in range(1, 30)))
    render(a_world(walks, Finding("x", cycles=(3,))), "html")
    assert walks.walks == 1


# --- the script's lines -------------------------------------------------------------------------------------


def a_report_on(path, text, *, digest=None):
    digest = digest or hashlib.sha256(text.encode()).hexdigest()
    place = Place(path.as_posix(), 3, "main")
    cycle = a_cycle(exchanges=(a_call(line=1),))
    return a_report(
        [cycle], a_result(a_rule(), Finding("x", place=place)), integration=an_integration(path=path, digest=digest)
    )


def test_the_script_s_line_is_quoted_with_those_around_it(tmp_path):
    text = "one\ntwo\n\tthree\nfour\nfive\nsix\n"
    path = tmp_path / "a.py"
    path.write_text(text, encoding="utf-8")
    expected = {"1": "one", "2": "two", "3": "    three", "4": "four", "5": "five"}
    assert data_of(a_report_on(path, text))["lines"] == expected


def test_of_another_script_than_the_one_that_ran_no_line_is_quoted(tmp_path):
    path = tmp_path / "a.py"
    path.write_text("one\ntwo\nthree\n", encoding="utf-8")
    assert data_of(a_report_on(path, "one\ntwo\nother\n"))["lines"] == {}
    assert data_of(a_report_on(tmp_path / "gone.py", "one"))["lines"] == {}


def test_lines_of_a_unified_yml_are_those_of_the_yml(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("name: a\nscript:\n  script: |\n    one\n    two\n    three\n", encoding="utf-8")
    report = a_report_on(path, "\n\n\none\ntwo\nthree\n")
    report = replace(
        report, results=tuple(replace(each, findings=(moved(each.findings[0], 5),)) for each in report.results)
    )
    assert data_of(report)["lines"]["5"] == "two"


def moved(finding, line):
    return replace(finding, place=replace(finding.place, line=line))


# --- charts and texts ---------------------------------------------------------------------------------------


def test_delays_count_the_cycles_between_first_seeing_an_event_and_delivering_it():
    events = [an_event("now", -1), an_event("late", 0.5, 0.6), an_event("never", 0)]
    got = {1: ["now"], 6: ["late"]}
    cycles = [a_cycle(number, incidents=incidents(*got.get(number, []))) for number in range(1, 8)]
    text = render(a_world(cycles, events=events), "html")
    assert "half of them 0 or fewer (p50), 95 % 3 or fewer (p95), the slowest 3 (max)" in text


def test_where_no_event_waited_a_sentence_says_so_instead_of_a_chart():
    text = render(a_world([a_cycle(1, incidents=incidents("now"))], events=[an_event("now", -1)]), "html")
    assert "Events that came with the first fetch that could see them: all 1 delivered." in text
    assert 'aria-label="How long events waited"' not in text


def test_percentiles_are_values_that_occur():
    counts = Counter({0: 94, 5: 5, 9: 1})
    assert [percentile(counts, share) for share in (0.5, 0.95, 1)] == [0, 5, 9]


def test_a_thinned_line_keeps_its_peaks():
    values = [0] * 5_000
    values[1_234] = 7
    points = thinned(values)
    assert len(points) <= 250
    assert (1_234, 7) in points


def test_accepted_findings_are_told_as_such():
    report = a_report([a_cycle()], a_result(a_rule(), Finding("x", accepted="known since May")))
    assert "(error, accepted): x" in render(report, "html")


def test_without_a_script_the_findings_are_there_as_text():
    [told] = re.findall(r"<noscript>.*</noscript>", render(a_failing_report(), "html"))
    assert told.count("<li>") == 4
    assert "FC201 missed-event (error): evt-7 was never delivered" in told


def test_a_run_without_cycles_has_a_page_too():
    page = page_of(a_report([], reason="nothing ran"))
    assert json.loads(page.raw["script"][0])["run"]["number"] == []


def test_a_path_that_is_none_is_no_obstacle():
    report = a_report([a_cycle()], integration=an_integration(path=Path("a\0b.py")))
    assert data_of(report)["lines"] == {}
