"""Many scenarios at once: found, run in processes, reported together, none lost and none counted twice."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from xsim.api import Options
from xsim.errors import XsimError
from xsim.findings import SuiteResult
from xsim.model import Verdict
from xsim.report import combined, suite_summary
from xsim.suite import Task, run_suite, run_task, shard_of, tasks_under

pytestmark = pytest.mark.slow

SCRIPT = """\
import json
import os
import demistomock as demisto
from CommonServerPython import *
COMMAND = 'fetch-incidents'
last = demisto.getLastRun().get('n', 0)
{extra}
demisto.setLastRun({{'n': last + 1}})
demisto.incidents([{{'name': 'n', 'occurred': '2024-05-14T09:00:00Z', 'rawJSON': json.dumps({{'id': {id}}})}}])
"""


def integration(folder: Path, name: str, *, id: str = "last", extra: str = "", scenario: str = "") -> Path:
    home = folder / name
    home.mkdir(parents=True)
    (home / f"{name}.py").write_text(SCRIPT.format(id=id, extra=extra), encoding="utf-8")
    (home / "xsim.toml").write_text(scenario or "[clock]\ncycles = 3\n", encoding="utf-8")
    return home


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """One that passes, one that fails, one whose process dies, one with a broken scenario."""
    folder = tmp_path_factory.mktemp("four")
    integration(folder, "a_right")
    integration(folder, "b_same", id="1")
    integration(folder, "c_dies", extra="os._exit(3)")
    integration(folder, "d_broken", scenario="cycles = 3\n")
    return folder


YML = "name: Same\ncommonfields: {id: Same, version: -1}\nconfiguration: []\nscript: {type: python, script: ''}\n"
JUNIT = Path(__file__).parent / "report" / "junit.xsd"
FORMATS = ("json", "junit", "sarif", "concise", "github", "json-lines")


@pytest.fixture(scope="module")
def of_four(four):
    """The results of the four, in order and as they came."""
    seen = []
    return run_suite(tasks_under([four], IN_PROCESS, FORMATS), processes=2, on_result=seen.append), seen


def verdicts(results):
    return [(Path(result.scenario).parent.name, result.verdict and result.verdict.value) for result in results]


IN_PROCESS = Options(supervised=False)
FOUR = [("a_right", "passed"), ("b_same", "failed"), ("c_dies", None), ("d_broken", None)]


def test_every_scenario_below_a_path_is_found_in_order(tmp_path):
    integration(tmp_path, "b")
    integration(tmp_path / "a", "deep")
    integration(tmp_path / ".hidden", "left_out")
    (tmp_path / "b" / "second.xsim.toml").write_text('integration = "b.py"\n', encoding="utf-8")
    found = [task.scenario.relative_to(tmp_path).as_posix() for task in tasks_under([tmp_path, tmp_path / "b"])]
    assert found == ["a/deep/xsim.toml", "b/second.xsim.toml", "b/xsim.toml"]


def test_a_path_may_be_a_script_or_a_scenario(tmp_path):
    home = integration(tmp_path, "one")
    assert tasks_under([home / "one.py"]) == tasks_under([home / "xsim.toml"]) == tasks_under([home])


def test_a_scenario_that_names_its_integration_is_run_by_itself(tmp_path):
    home = integration(tmp_path, "one")
    (home / "xsim.toml").write_text('integration = "one.py"\n[clock]\ncycles = 2\n', encoding="utf-8")
    (task,) = tasks_under([tmp_path])
    assert task.integration == task.scenario
    result = run_task(task)
    assert (result.name, result.cycles) == ("one", 2)


@pytest.mark.parametrize("path", ["nowhere", "."])
def test_where_there_is_no_scenario_nothing_is_run(tmp_path, path):
    with pytest.raises(XsimError, match=r"no such file|no scenario"):
        tasks_under([tmp_path / path])


def test_each_result_stands_in_the_place_of_its_task_and_none_is_lost_with_a_process(of_four):
    results, seen = of_four
    assert verdicts(results) == FOUR
    assert results[2].reason == "the process ended in the middle of the run"
    assert "unknown table or key" in results[3].reason
    assert sorted(map(id, seen)) == sorted(map(id, results))


def test_a_bug_of_ours_loses_no_other_result(tmp_path, monkeypatch):
    from xsim import api, suite
    from xsim.cli.suite import exit_code

    tasks = tasks_under([integration(tmp_path, "one"), integration(tmp_path, "two")])
    run = api.run
    monkeypatch.setattr(api, "run", lambda path, **more: 1 / 0 if "one" in str(path) else run(path, **more))
    results = [suite.run_task(task) for task in tasks]
    assert [result.verdict for result in results] == [None, Verdict.PASSED]
    assert "a bug in xsim (ZeroDivisionError), not in your integration; to see it: xsim run" in results[0].reason
    assert exit_code(results) == 70


def test_limits_go_to_each_run(tmp_path):
    hangs = integration(tmp_path, "hangs", extra="while True: pass")
    eats = integration(tmp_path, "eats", extra="b'x' * 10**9")
    options = Options(hang_limit=timedelta(seconds=0.5), memory=128 * 1024**2, cold=True, cycles=2)
    seen = run_suite(tasks_under([hangs, eats], options, ["json"]), processes=1)
    assert [result.verdict for result in seen] == [Verdict.FAILED, Verdict.FAILED]
    told = [[each["failure"]["message"] for each in json.loads(result.rendered["json"])["cycles"]] for result in seen]
    assert told[1][0].startswith("the command did not end within 0.5 s")
    assert told[0][0].startswith("the command needed more memory than its limit of 128 MiB")


def test_limits_are_options_of_the_command_and_checked_once(tmp_path):
    integration(tmp_path, "one")
    command = [sys.executable, "-m", "xsim", "suite", str(tmp_path)]
    for options, told in (
        (["--memory", "1MB"], "--memory 1MB: expected 64MB or more"),
        (["--hang-limit", "0s"], "--hang-limit 0s: expected more than nothing"),
        (["--cold", "--in-process"], "--cold and --in-process: expected one of the two"),
    ):
        seen = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        assert (seen.returncode, seen.stderr.splitlines()[0]) == (2, f"Error: {told}")
    options = ["--hang-limit", "3s", "--memory", "512MB", "--in-process", "--processes", "1"]
    assert subprocess.run([*command, *options], capture_output=True, check=False).returncode == 0


def test_what_differs_from_what_scenarios_expect_is_told_of_each(tmp_path):
    expect = "[clock]\ncycles = 3\n[expect]\nverdict = 'failed'\nmust = [{rule = 'FC202'}]\n"
    integration(tmp_path, "mended", scenario=expect)
    integration(tmp_path, "known", id="1", scenario=expect)
    known, mended = (run_task(task) for task in tasks_under([tmp_path], IN_PROCESS, FORMATS))
    assert (known.verdict, known.differences, known.codes) == (Verdict.PASSED, (), ())
    assert (mended.verdict, mended.differences[1]) == (Verdict.FAILED, "expected FC202 duplicate-event, not found")
    assert "not as the scenario expects" in " ".join(combined([known, mended], "text").split())
    assert [len(each["differences"]) for each in json.loads(combined([known, mended], "json"))["results"]] == [0, 2]
    annotations = [line for line in combined([known, mended], "github").splitlines() if line.startswith("::error")]
    assert annotations[-1].endswith("expected FC202 duplicate-event, not found")
    assert "- expected FC202 duplicate-event, not found" in "\n".join(suite_summary([known, mended]))


@pytest.mark.parametrize(
    ("name", "told", "hint"),
    [
        ("one.py", "an integration with no scenario beside it", "`xsim init {path}` drafts one"),
        ("one.txt", "neither a scenario (.toml) nor an integration", None),
    ],
)
def test_a_file_without_a_scenario_says_what_to_do(tmp_path, name, told, hint):
    path = tmp_path / name
    path.write_text("pass", encoding="utf-8")
    with pytest.raises(XsimError) as caught:
        tasks_under([path])
    assert told in caught.value.message
    assert (caught.value.hint or "").startswith(hint.format(path=path.as_posix()) if hint else "")


def test_a_suite_leaves_no_state_beside_the_integrations(tmp_path):
    home = integration(tmp_path, "one")
    [task] = tasks_under([home])
    assert run_task(task).verdict is Verdict.PASSED
    assert sorted(path.name for path in home.iterdir()) == ["one.py", "xsim.toml"]


def test_shards_share_the_work_and_leave_nothing_out(tmp_path):
    for number in range(7):
        integration(tmp_path, f"i{number}")
    tasks = tasks_under([tmp_path])
    parts = [shard_of(tasks, f"{part}/3") for part in (1, 2, 3)]
    assert sorted(map(len, parts)) == [2, 2, 3]
    assert {task.scenario for part in parts for task in part} == {task.scenario for task in tasks}


def test_a_scenario_that_is_added_leaves_the_others_in_their_parts_on_every_machine(tmp_path):
    def parts(top, names):
        tasks = [Task(top / name / "xsim.toml", top / name) for name in names]
        told = {part: shard_of(tasks, f"{part}/4") for part in range(1, 5)}
        assert sorted(map(len, told.values()))[0] >= len(names) // 4
        return {task.scenario.parent.name: part for part, mine in told.items() for task in mine}

    names = [f"i{number}" for number in range(41)]
    before = parts(tmp_path, names)
    after = parts(tmp_path / "elsewhere", ["i0a", *names])
    assert before.keys() == set(names)
    assert sum(before[name] != after[name] for name in names) <= 4
    assert set(parts(tmp_path, ["one"])) == {"one"}
    assert shard_of([], "1/2") == ()


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3"])
def test_a_shard_that_is_no_part_of_a_whole_is_refused(text):
    with pytest.raises(XsimError, match="expected a part of a whole"):
        shard_of([], text)


@pytest.mark.parametrize(
    ("engine", "told"), [("threads", "expected 'processes'"), ("dask=", "expected the scheduler's address")]
)
def test_an_engine_that_is_none_is_refused(tmp_path, engine, told):
    integration(tmp_path, "one")
    pytest.importorskip("distributed")
    with pytest.raises(XsimError, match=told):
        run_suite(tasks_under([tmp_path]), engine=engine)


# --- the combined report ------------------------------------------------------------------------------------


def test_the_formats_tell_of_all_scenarios(of_four):
    results, _ = of_four

    def rendered(format):
        return combined(results, format)

    report = json.loads(rendered("json"))
    assert [each["verdict"] for each in report["results"]] == ["passed", "failed", None, None]
    assert report["results"][1]["report"]["verdict"] == "failed"
    suites = ElementTree.fromstring(rendered("junit"))
    assert len(suites) == 4
    assert [suite.get("failures") != "0" for suite in suites] == [False, True, True, True]
    assert not [*pytest.importorskip("xmlschema").XMLSchema(str(JUNIT)).iter_errors(suites)]
    (run,) = json.loads(rendered("sarif"))["runs"]
    loud = [each for each in run["results"] if each["level"] != "note"]
    assert [each["ruleId"] for each in loud] == ["FC202"]
    assert all(run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    assert len(run["invocations"]) == 2
    assert run["automationDetails"]["id"] == "xsim/suite/"
    part = json.loads(combined(results, "sarif", part="2/4"))
    assert part["runs"][0]["automationDetails"]["id"] == "xsim/suite/2-of-4/"
    assert len([line for line in rendered("concise").splitlines() if "FC105" not in line]) == 3
    assert "b_same.py:9: FC202" in rendered("concise")
    errors = [line for line in rendered("github").splitlines() if line.startswith("::error")]
    assert [line.partition("title=")[2].partition("::")[0] for line in errors] == [
        "FC202 duplicate-event",
        *["xsim%3A could not be run"] * 2,
    ]
    assert all(json.loads(line) for line in rendered("json-lines").splitlines())


def test_junit_tells_scenarios_of_one_name_apart(tmp_path):
    for name in ("one", "two"):
        integration(tmp_path / name, "same")
        (tmp_path / name / "same" / "same.yml").write_text(YML, encoding="utf-8")
        (tmp_path / name / "broken").mkdir()
        (tmp_path / name / "broken" / "xsim.toml").write_text("cycles = 3\n", encoding="utf-8")
    results = [run_task(task) for task in tasks_under([tmp_path], IN_PROCESS, ["junit"])]
    assert [result.verdict for result in results] == [None, Verdict.PASSED] * 2
    suites = ElementTree.fromstring(combined(results, "junit"))
    cases = [(case.get("classname"), case.get("name")) for case in suites.iter("testcase")]
    assert len(set(cases)) == len(cases)
    assert not [*pytest.importorskip("xmlschema").XMLSchema(str(JUNIT)).iter_errors(suites)]


def test_on_github_what_could_not_be_run_and_what_is_undecided_is_an_error_at_its_scenario():
    own = "::error file=content/b/xsim.toml,line=1,title=xsim%3A undecided::nothing came\nUNDECIDED: nothing"
    told = [
        SuiteResult("a/xsim.toml", reason="no such file"),
        SuiteResult("b/xsim.toml", verdict=Verdict.UNDECIDED, reason="nothing came", rendered={"github": own}),
        SuiteResult("c/xsim.toml", verdict=Verdict.PASSED, reason="all came"),
    ]
    assert combined(told, "github", folder="content").splitlines() == [
        "::error file=content/a/xsim.toml,line=1,title=xsim%3A could not be run::no such file",
        "::error file=content/b/xsim.toml,line=1,title=xsim%3A undecided::nothing came",
        "b/xsim.toml: UNDECIDED: nothing",
    ]


def test_what_is_in_the_way_of_many_is_told_once():
    told = [SuiteResult(f"{name}/xsim.toml", reason="a module is missing") for name in "abc"]
    assert "a/xsim.toml and 2 more: a module is missing" in combined(told, "text")
    assert list(suite_summary(told))[-1] == "**a/xsim.toml and 2 more**: a module is missing"


# --- the command --------------------------------------------------------------------------------------------


def suite(folder, *arguments):
    command = [sys.executable, "-m", "xsim", "suite", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_command_shows_a_table_and_leaves_with_the_worst_verdict(four):
    seen = suite(four, ".", "--processes", "2", "--output", "junit:out.xml")
    assert seen.returncode == 1
    assert seen.stdout.splitlines()[-1] == "4 scenarios: 1 passed, 2 failed, 1 could not be run"
    assert "d_broken/xsim.toml: d_broken/xsim.toml:1: cycles: unknown" in " ".join(seen.stdout.split())
    assert (four / "out.xml").read_text(encoding="utf-8").count("<testsuite ") == 4


def processes_with(mark):
    """Numbers of the processes that have this in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes() and (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def until(is_so, seconds=30):
    for _ in range(int(seconds / 0.05)):
        if is_so():
            return True
        time.sleep(0.05)
    return is_so()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes as Linux shows them")
@pytest.mark.parametrize("options", [[], ["--in-process"]], ids=["apart", "in process"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda each: each.name)
def test_a_suite_that_is_ended_leaves_no_process_and_reports_what_is_done(tmp_path, number, options):
    began = tmp_path / "began"
    for name in ("b_hangs", "c_hangs", "d_waits", "e_waits", "f_waits", "g_waits"):
        integration(tmp_path / "work", name, extra=f"open({str(began)!r}, 'a').write('x')\nwhile True: pass")
    integration(tmp_path / "work", "a_right")
    made, mark = tmp_path / "made", f"XSIM_TEST_MARK={tmp_path}"
    made.mkdir()
    command = [sys.executable, "-m", "xsim", "suite", "work", "--hang-limit", "60s", "--processes", "2", *options]
    with subprocess.Popen(
        [*command, "--output", "json:out.json"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(made), **dict([mark.split("=")])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as suite:
        assert until(lambda: began.exists() and len(began.read_text()) == 2)
        suite.send_signal(number)
        # Far less than the limit of one that hangs.
        out, err = suite.communicate(timeout=30)
    assert until(lambda: not processes_with(mark)), "all of its processes ended with it"
    until(lambda: not list(made.iterdir()))
    assert not list(made.rglob("*")), "nothing of theirs is left"
    if number is not signal.SIGKILL:
        assert (suite.returncode, err) == (130, "xsim: interrupted; 1 of 7 scenarios was done\n")
        assert out.splitlines()[-1] == "7 scenarios: 1 passed, 6 could not be run"
        assert "work/b_hangs/xsim.toml and 5 more: the suite was interrupted" in " ".join(out.split())
        results = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["results"]
        assert [each["verdict"] for each in results] == ["passed", *[None] * 6]


# --- a cluster ----------------------------------------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path):
    """A real scheduler and two real workers; gives its address and the workers."""
    pytest.importorskip("distributed")
    folder = tmp_path / "cluster"
    folder.mkdir()
    begin = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(folder / "s.json")]
    started = [subprocess.Popen([*begin, *options], cwd=folder, stderr=subprocess.DEVNULL)]
    file = folder / "s.json"
    while not file.exists() or not file.read_text():
        time.sleep(0.05)
    address = json.loads(file.read_text())["address"]
    # With -m each task's own process would load the whole of distributed once more, as its main module.
    code = "from distributed.cli.dask_worker import main; main()"
    begin = [sys.executable, "-c", code, address, "--no-nanny", "--nthreads", "1"]
    for name in ("first", "second"):
        options = ["--name", name, "--local-directory", str(folder), "--no-dashboard"]
        started.append(subprocess.Popen([*begin, *options], cwd=folder, stderr=subprocess.DEVNULL))
    yield address, started
    for process in reversed(started):
        process.kill()
        process.wait()


def test_a_cluster_that_loses_a_worker_half_way_loses_no_result_and_counts_none_twice(tmp_path, cluster):
    address, [_, *workers] = cluster
    for number in range(4):
        integration(tmp_path / "work", f"i{number}", id="1" if number % 2 else "last")
    seen = []

    def on_result(result):
        seen.append(result.scenario)
        if len(seen) == 1:
            workers[0].kill()

    tasks = tasks_under([tmp_path / "work"], IN_PROCESS)
    results = run_suite(tasks, engine=f"dask={address}", on_result=on_result)
    assert [result.verdict for result in results] == [Verdict.PASSED, Verdict.FAILED] * 2, results
    assert sorted(seen) == sorted(result.scenario for result in results)
    assert len(set(seen)) == 4


def test_a_cluster_whose_workers_are_gone_is_waited_for_and_one_without_a_scheduler_is_not(
    tmp_path, cluster, monkeypatch
):
    address, [scheduler, *workers] = cluster
    monkeypatch.setattr("xsim.suite.SECONDS_FOR_CLUSTER", 3)
    began = tmp_path / "began"
    integration(tmp_path / "work", "a_right")
    hangs = f"import os\nwith open('{began}', 'w') as file: file.write(str(os.getpid()))\nwhile True: pass"
    integration(tmp_path / "work", "b_hangs", extra=hangs)
    seen, told = [], []

    def on_result(result):
        seen.append(result)
        for worker in workers:
            worker.kill()

    def on_wait(why):
        told.append(why)
        if seen:  # Before that the workers are not there yet.
            scheduler.kill()

    options = replace(IN_PROCESS, hang_limit=timedelta(seconds=60))
    tasks = tasks_under([tmp_path / "work"], options)
    results = run_suite(tasks, engine=f"dask={address}", on_result=on_result, on_wait=on_wait)
    assert [(result.verdict, result.reason) for result in results[1:]] == [(None, "the cluster's scheduler is gone")]
    assert results[0].verdict is Verdict.PASSED
    assert set(told) == {f"the cluster at {address} has no worker; waiting for one"}
    if began.exists():  # Its worker was killed: so does the process that hangs end, however far it had come.
        until = time.monotonic() + 10
        while Path(f"/proc/{began.read_text()}").exists() and time.monotonic() < until:
            time.sleep(0.05)
        assert not Path(f"/proc/{began.read_text()}").exists()


def test_a_worker_with_another_xsim_judges_nothing(tmp_path):
    [task] = tasks_under([integration(tmp_path, "one")], IN_PROCESS)
    result = run_task(replace(task, version="0.0.1"))
    assert result.verdict is None
    assert result.reason.startswith("the cluster's worker has xsim ")
    assert result.reason.endswith(", and 0.0.1 asks (install the same on both)")


def test_a_cluster_that_does_not_answer_is_one_line(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("xsim.suite.SECONDS_FOR_CLUSTER", 0.3)
    integration(tmp_path, "one")
    with pytest.raises(XsimError, match="no scheduler answers there"):
        run_suite(tasks_under([tmp_path]), engine="dask=tcp://127.0.0.1:9")
