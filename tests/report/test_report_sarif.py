"""SARIF: what the standard asks for, and what code scanning asks for beyond it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from golden_files import assert_golden
from report_builders import a_failing_report, a_hostile_report, a_report, a_result, a_rule, an_integration

from xsim.findings import Expected, Finding, Place
from xsim.model import Severity, Verdict
from xsim.report import render
from xsim.report.sarif import documented_at, report_sarif

PAGES = "https://xsim.example/docs/rules/"


def run_of(report, **settings):
    log = json.loads(report_sarif(report, **{"rule_pages": PAGES, **settings}))
    assert log["version"] == "2.1.0"
    assert re.fullmatch(r"https://\S+/sarif-schema-2\.1\.0\.json", log["$schema"])
    [run] = log["runs"]
    return run


def result_of(finding, **settings):
    [result] = run_of(a_report([], a_result(a_rule(), finding)), **settings)["results"]
    return result


def uri_of(path, **settings):
    [location] = result_of(Finding("x", place=Place(path, 3)), **settings)["locations"]
    return location["physicalLocation"]["artifactLocation"]


def an_unmet_report():
    told = Expected(Verdict.PASSED, missing=("expected FC301, not found",), lines=(12,))
    return a_report([], a_result(), scenario={"path": Path("xsim.toml")}, expected=told)


def test_a_failed_run_as_sarif():
    assert_golden("failed.sarif", report_sarif(a_failing_report(), rule_pages=PAGES))


@pytest.mark.skipif(
    "XSIM_SARIF_SCHEMA" not in os.environ, reason="names the official schema, which is not ours to ship"
)
@pytest.mark.parametrize(
    "report", [a_failing_report(), a_hostile_report(), a_report([]), an_unmet_report()], ids=["a", "b", "c", "d"]
)
def test_it_keeps_to_the_official_schema(report):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(Path(os.environ["XSIM_SARIF_SCHEMA"]).read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind(schema, format_checker=kind.FORMAT_CHECKER).validate(json.loads(render(report, "sarif")))


@pytest.mark.parametrize("report", [a_failing_report(), a_hostile_report()], ids=["failed", "hostile"])
def test_every_result_has_what_code_scanning_asks_for(report):
    run = run_of(report)
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        [location] = result["locations"]
        place = location["physicalLocation"]
        assert place["region"]["startLine"] >= 1
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", place["artifactLocation"]["uri"])
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]


def test_every_rule_is_described_with_its_help():
    for rule in run_of(a_failing_report())["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"].startswith(rule["shortDescription"]["text"])
        assert "Why: The analyst never learns of it." in rule["help"]["text"]
        assert rule["help"]["markdown"].startswith(f"# {rule['id']} {rule['name']}\n")
        assert rule["helpUri"] == f"{PAGES}{rule['id']}.md"
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert max(len(rule[each]["text"]) for each in ("shortDescription", "fullDescription")) <= 1024


def test_without_an_address_of_the_pages_no_rule_has_a_broken_one():
    run = run_of(a_failing_report(), rule_pages="")
    assert not any("helpUri" in rule for rule in run["tool"]["driver"]["rules"])
    assert documented_at() == "" or documented_at().startswith("https://")


@pytest.mark.parametrize(("version", "is_semantic"), [("0.1.0", True), ("1.2.0-rc.1", True), ("0.1.dev3", False)])
def test_a_version_is_called_semantic_where_it_is(version, is_semantic):
    report = a_report([], a_result())
    report = replace(report, journal=replace(report.journal, xsim_version=version))
    driver = run_of(report)["tool"]["driver"]
    assert (driver["version"], driver.get("semanticVersion")) == (version, version if is_semantic else None)


def test_a_rule_s_level_is_the_one_that_the_run_gave_it():
    run = run_of(a_report([], a_result(a_rule(severity=Severity.NOTE))))
    [rule] = run["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"]["level"] == "note"
    assert rule["properties"] == {
        "tags": ["fetch-incidents", "delivery"], "precision": "very-high", "problem.severity": "recommendation",
    }  # fmt: skip


def test_a_result_carries_its_evidence_and_is_known_again():
    finding = Finding(
        "late", cycles=(2, 3), events=("e1",), cause="clock", place=Place("a.py", 42, "fetch"),
        evidence=(("asked", "GET /x"),), fingerprint="f1",
    )  # fmt: skip
    result = result_of(finding)
    assert result["partialFingerprints"] == {"xsim/v1": "f1"}
    assert result["properties"] == {
        "cycles": [2, 3], "events": ["e1"], "cause": "clock", "evidence": ["asked: GET /x"],
    }  # fmt: skip
    [location] = result["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 42}
    assert location["logicalLocations"] == [{"name": "fetch", "kind": "function"}]


@pytest.mark.parametrize(("is_allowed", "kind"), [(True, "inSource"), (False, "external")])
def test_an_accepted_finding_is_a_suppressed_result(is_allowed, kind):
    result = result_of(Finding("x", accepted="known", is_allowed=is_allowed))
    assert result["suppressions"] == [{"kind": kind, "status": "accepted", "justification": "known"}]
    assert "suppressions" not in result_of(Finding("x"))


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("Packs/A B/a#1.py", {"uri": "Packs/A%20B/a%231.py", "uriBaseId": "%SRCROOT%"}),
        ("c:x.py", {"uri": "c%3Ax.py", "uriBaseId": "%SRCROOT%"}),
        ("/elsewhere/é.py", {"uri": "file:///elsewhere/%C3%A9.py"}),
        ("C:/code/a b.py", {"uri": "file:///C:/code/a%20b.py"}),
    ],
)
def test_addresses_are_relative_and_escaped(path, uri):
    assert uri_of(path) == uri


def test_addresses_are_seen_from_the_top_of_the_repository():
    assert uri_of("a.py", folder="Packs/Acme")["uri"] == "Packs/Acme/a.py"
    assert uri_of("/elsewhere/a.py", folder="Packs/Acme")["uri"] == "file:///elsewhere/a.py"
    assert uri_of("../Other/a.py", folder="Packs/Acme") == {"uri": "Packs/Other/a.py", "uriBaseId": "%SRCROOT%"}


def test_an_address_outside_the_root_is_no_address_below_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert uri_of("../a.py") == {"uri": f"file://{tmp_path.parent.as_posix()}/a.py"}


def test_what_is_expected_in_vain_is_a_notification_at_its_line():
    [notification] = run_of(an_unmet_report())["invocations"][0]["toolExecutionNotifications"]
    [location] = notification["locations"]
    assert location["physicalLocation"]["region"] == {"startLine": 12}
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "xsim.toml"


def test_runs_of_different_integrations_and_scenarios_do_not_replace_each_other():
    def category(name, scenario, instance):
        report = a_report([], integration=an_integration(name=name), scenario={"name": scenario, "instance": instance})
        return run_of(report)["automationDetails"]["id"]

    assert category("Acme / Alerts", "flood", "north") == "xsim/Acme-Alerts/flood/north/"
    assert len({category(*names) for names in (("a", "b", "c"), ("a", "b", "d"), ("a", "x", "c"))}) == 3


@pytest.mark.parametrize(
    ("verdict", "code", "successful"),
    [(Verdict.PASSED, 0, True), (Verdict.FAILED, 1, True), (Verdict.UNDECIDED, 3, False)],
)
def test_the_invocation_tells_the_verdict(verdict, code, successful):
    [invocation] = run_of(a_report([], verdict=verdict, reason="so it is"))["invocations"]
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (code, successful)
    told = invocation.get("toolExecutionNotifications", [])
    assert [each["message"]["text"] for each in told] == ([] if successful else ["so it is"])


def test_hostile_text_is_shown_and_makes_no_link():
    text = report_sarif(a_hostile_report(), rule_pages="")
    assert text.isascii()
    result = json.loads(text)["runs"][0]["results"][0]
    assert result["message"]["text"].isprintable()
    assert "](" not in result["message"]["text"]
