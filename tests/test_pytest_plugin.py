"""xsim as a pytest plugin: the fixture, scenario files as tests, and peace with its neighbours."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

REPOSITORY = Path(__file__).parent.parent / "fixtures" / "content-repo"
SCRIPT = """\
import json
import demistomock as demisto
from CommonServerPython import *
COMMAND = 'fetch-incidents'
last = demisto.getLastRun().get('n', 0)
demisto.setLastRun({{'n': last + 1}})
demisto.incidents([{{'name': 'n', 'occurred': '2024-05-14T09:00:00Z', 'rawJSON': json.dumps({{'id': {id}}})}}])
"""
SCENARIO = "[clock]\ncycles = 3\n"


@pytest.fixture(scope="module", autouse=True)
def _loaded(tmp_path_factory):
    """What a run loads stays loaded: pytester forgets all that was loaded within one of its own runs."""
    import yaml  # noqa: F401 - its part in C cannot be loaded twice

    import xsim.suite  # noqa: F401
    from xsim import api
    from xsim.report import render

    folder = tmp_path_factory.mktemp("loaded")
    (folder / "one.py").write_text(SCRIPT.format(id="last"), encoding="utf-8")
    render(api.run(folder / "one.py", cycles=1, supervised=False), "text")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Loading hypothesis, and rewriting the asserts of all plugins' packages, takes longer than these runs."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--assert=plain -p no:hypothesispytest")


@pytest.fixture
def suite(pytester):
    """A folder with an integration that passes and one that fails, each with a scenario."""
    for name, identity in (("right", "last"), ("same", "1")):
        folder = pytester.mkdir(name)
        (folder / f"{name}.py").write_text(SCRIPT.format(id=identity), encoding="utf-8")
        (folder / "xsim.toml").write_text(SCENARIO, encoding="utf-8")
    return pytester


def test_a_clean_integration_passes_and_a_faulty_one_is_told(suite):
    suite.makepyfile(
        """
        def test_right(xsim):
            xsim("right").assert_clean()

        def test_same(xsim):
            xsim("same").assert_clean()
        """
    )
    seen = suite.runpytest_inprocess("-p", "no:cacheprovider", "-o", "xsim_collect=false")
    seen.assert_outcomes(passed=1, failed=1)
    seen.stdout.fnmatch_lines(["*AssertionError: FC202 *(*same.py:7)"])


def test_findings_are_asked_for_by_code_or_name_and_may_be_allowed(suite):
    suite.makepyfile(
        """
        def test_same(xsim):
            report = xsim("same", cycles=2)
            assert [each.code for each in report.findings("duplicate")] == ["FC202"]
            assert [each.code for each in report.findings("FC2")] == ["FC202"]
            assert report.findings("missed") == []
            assert report.delivered == 2
            report.assert_clean(allow=["FC202"])
        """
    )
    suite.runpytest_inprocess("-o", "xsim_collect=false").assert_outcomes(passed=1)


def test_a_rule_that_there_is_none_of_is_refused_rather_than_never_found(suite):
    suite.makepyfile(
        """
        def test_findings(xsim):
            assert not xsim("right").findings("mised")

        def test_allow(xsim):
            xsim("right").assert_clean(allow=["FC999"])
        """
    )
    seen = suite.runpytest_inprocess("-o", "xsim_collect=false")
    seen.assert_outcomes(failed=2)
    seen.stdout.fnmatch_lines(["*XsimError: no rule is called 'mised'*", "*XsimError: no rule is called 'FC999'*"])


def test_what_fails_is_told_in_the_test_s_own_words_and_no_others(suite):
    suite.makepyfile(
        """
        def test_findings(xsim):
            assert not xsim("same").findings("duplicate")

        def test_path(xsim):
            xsim("nowhere")

        def test_allowed(xsim):
            xsim("same").assert_clean(allow="FC202")
        """
    )
    seen = suite.runpytest_inprocess("-o", "xsim_collect=false", "--tb=short")
    seen.assert_outcomes(failed=2, passed=1)
    told = "FC202 event 1 was delivered again in cycles 2, 3 (first in cycle 1) (same/same.py:7)"
    seen.stdout.fnmatch_lines([f"E*AssertionError: assert not [[]{told}]", "E*InvalidIntegration: nowhere: no such*"])
    assert not [line for line in seen.outlines if "xsim/api.py" in line or "xsim/load" in line]


def test_a_run_that_says_nothing_is_not_clean(suite):
    (suite.path / "right" / "right.py").write_text(SCRIPT.format(id="last").replace("demisto.incidents", "len"))
    suite.makepyfile("def test_right(xsim):\n    xsim('right').assert_clean()\n")
    seen = suite.runpytest_inprocess("-o", "xsim_collect=false")
    seen.assert_outcomes(failed=1)
    seen.stdout.fnmatch_lines(["*UNDECIDED: nothing was delivered in 3 cycles*"])


EXPECTED = SCENARIO + '[expect]\nmust = [{rule = "FC202"}]\n'


def test_a_run_that_comes_to_what_its_scenario_expects_is_clean_and_its_findings_are_there(suite):
    (suite.path / "same" / "xsim.toml").write_text(EXPECTED, encoding="utf-8")
    (suite.path / "right" / "xsim.toml").write_text(EXPECTED, encoding="utf-8")
    suite.makepyfile(
        """
        import pytest

        def test_same(xsim):
            report = xsim("same")
            report.assert_clean()
            assert [each.code for each in report.findings("duplicate")] == ["FC202"]

        def test_right(xsim):
            with pytest.raises(AssertionError, match="expected FC202 duplicate-event, not found"):
                xsim("right").assert_clean()
            xsim("right", without_expectation=True).assert_clean()
        """
    )
    # The two functions, and of the two scenarios the one that comes to what it expects.
    suite.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=3, failed=1)


def test_options_may_be_texts_and_a_bad_one_is_refused(suite):
    suite.makepyfile(
        """
        import datetime
        import pytest
        from xsim.errors import XsimError

        def test_right(xsim):
            texts = {"hang_limit": "30s", "memory": "512MB", "interval": "5m", "starts": "2024-02-03T04:05:06Z"}
            report = xsim("right", **texts, fail_on="error", ignore="FC105")
            scenario = report.journal.scenario
            settings = scenario.settings
            assert (settings.hang_limit, settings.memory) == (datetime.timedelta(seconds=30), 512 * 1024**2)
            assert scenario.interval == datetime.timedelta(minutes=5)
            assert scenario.starts == datetime.datetime(2024, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
            assert report.findings() == []
            for options, told in (
                ({"hang_limit": "soon"}, "hang_limit='soon': expected a number with a unit, such as"),
                ({"starts": "noon"}, "starts='noon': expected a time such as"),
                ({"fail_on": "errors"}, "fail_on='errors': expected a severity: "),
                ({"cyclse": 3}, "cyclse=...: no such option"),
            ):
                with pytest.raises(XsimError, match=told) as caught:
                    xsim("right", **options)
            assert caught.value.hint == "did you mean cycles?"
        """
    )
    suite.runpytest_inprocess("-o", "xsim_collect=false").assert_outcomes(passed=1)


def test_the_configuration_says_where_all_runs_happen(suite, monkeypatch):
    from xsim import api

    asked, run = [], api.run
    kept = ("cold", "supervised")

    def noting(path, **options):
        asked.append(tuple(options[name] for name in kept))
        return run(path, **{name: value for name, value in options.items() if name not in kept}, supervised=False)

    monkeypatch.setattr(api, "run", noting)
    suite.makepyfile("def test_right(xsim):\n    xsim('right')\n    xsim('right', cold=False, supervised=True)")
    suite.runpytest_inprocess("-o", "xsim_in_process=true", "-o", "xsim_cold=true", "-k", "right")
    assert sorted(set(asked), key=str) == [(False, True), (True, False)]


def test_scenario_files_are_tests(suite):
    seen = suite.runpytest_inprocess("-v")
    seen.assert_outcomes(passed=1, failed=1)
    seen.stdout.fnmatch_lines(["*right/xsim.toml::scenario PASSED*", "*same/xsim.toml::scenario FAILED*"])
    seen.stdout.fnmatch_lines(["FC202 event 1 was delivered again * (same/same.py:7)", "*FC202 duplicate-event *"])
    # What is seen of it where there is a line for each failure.
    seen.stdout.fnmatch_lines(["FAILED same/xsim.toml::scenario - FC202 event 1 was delivered again *"])


def test_a_broken_scenario_is_told_in_a_line(suite):
    (suite.path / "same" / "xsim.toml").write_text("cycles = 3\n", encoding="utf-8")
    seen = suite.runpytest_inprocess()
    seen.stdout.fnmatch_lines(["Error: *xsim.toml:1: cycles: unknown table or key"])
    seen.stdout.no_fnmatch_line("*Traceback*")


def test_scenario_files_are_left_alone_where_the_configuration_says_so(suite):
    suite.makeini("[pytest]\nxsim_collect = false\n")
    suite.runpytest_inprocess().assert_outcomes()


def test_no_state_is_left_behind(suite):
    suite.runpytest_inprocess()
    assert sorted(path.name for path in (suite.path / "same").iterdir()) == ["same.py", "xsim.toml"]


@pytest.mark.slow
def test_a_suite_of_a_content_repository_keeps_its_own_mock_and_clock(suite):
    """The content repository's conftest refuses output, and its tests import demistomock and freeze time."""
    suite.makepyfile(demistomock="calls = []\n\ndef getLastRun():\n    return {'mine': 1}\n")
    suite.makeconftest(
        """
        import pytest

        @pytest.fixture(autouse=True)
        def refuse_output(capsys):
            yield
            out, err = capsys.readouterr()
            assert not out and not err
        """
    )
    suite.makepyfile(
        """
        import datetime
        import sys

        import demistomock
        from freezegun import freeze_time

        def test_before():
            assert demistomock.getLastRun() == {"mine": 1}

        @freeze_time("2020-01-02")
        def test_right(xsim):
            xsim("right").assert_clean()
            assert datetime.date.today() == datetime.date(2020, 1, 2)
            assert sys.modules["demistomock"] is demistomock
            assert demistomock.getLastRun() == {"mine": 1}
        """
    )
    suite.runpytest_inprocess("-o", "xsim_collect=false").assert_outcomes(passed=2)


@pytest.mark.slow
def test_mocked_requests_stay_mocked_around_a_run_and_out_of_it(suite):
    pytest.importorskip("requests_mock")
    lift_monitor = REPOSITORY / "Packs" / "LiftMonitor" / "Integrations" / "LiftMonitor"
    suite.makepyfile(
        f"""
        import requests

        def test_right(xsim, requests_mock):
            requests_mock.get("https://lifts.example/api/alarms", text="mine")
            report = xsim({str(lift_monitor)!r}, cycles=2)
            report.assert_clean()
            assert report.delivered > 0
            assert requests.get("https://lifts.example/api/alarms").text == "mine"
            assert requests_mock.call_count == 1
        """
    )
    suite.runpytest_inprocess("-o", "xsim_collect=false").assert_outcomes(passed=1)


@pytest.mark.parametrize("name", ["Session.get_adapter", "Session.send", "Session.request", "get"])
@pytest.mark.parametrize("is_like", [False, True])
def test_requests_that_a_test_answers_are_noticed_and_its_own_are_not(monkeypatch, name, is_like):
    import unittest.mock

    import requests

    from xsim import pytest_plugin

    assert not pytest_plugin._is_mocked()
    with unittest.mock.patch(f"requests.{name}", autospec=is_like):
        assert pytest_plugin._is_mocked()
    assert requests.get.__module__ == "requests.api"
    assert not pytest_plugin._is_mocked()


@pytest.mark.slow
def test_a_function_of_the_test_cannot_answer_where_the_test_has_frozen_the_clock(suite):
    suite.makepyfile(
        """
        import pytest
        from freezegun import freeze_time
        from xsim.errors import XsimError

        @freeze_time("2020-01-02")
        def test_right(xsim):
            with pytest.raises(XsimError, match="vendor=...: a function .* where the clock is frozen"):
                xsim("right", vendor=lambda request, now: None)
        """
    )
    suite.runpytest_inprocess("-o", "xsim_collect=false").assert_outcomes(passed=1)


@pytest.mark.slow
def test_it_works_in_parallel(suite):
    pytest.importorskip("xdist")
    seen = suite.runpytest_subprocess("-n", "2")
    seen.assert_outcomes(passed=1, failed=1)


@pytest.mark.slow
def test_loading_it_loads_nothing_of_xsim(tmp_path):
    code = "import sys, pytest, xsim.pytest_plugin; print(sorted(m for m in sys.modules if m.startswith('xsim.')))"
    seen = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "['xsim.pytest_plugin']"


def test_the_sample_repository_s_scenarios_pass(pytester):
    scenarios = sorted(REPOSITORY.glob("Packs/*/Integrations/*/xsim.toml"))
    pytester.runpytest_inprocess(*map(str, scenarios)).assert_outcomes(passed=3)
