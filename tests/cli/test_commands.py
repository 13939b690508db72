"""The commands as a person uses them, one after the other."""

import json
import subprocess
import sys

import pytest


def test_a_run_finds_the_duplicates_and_the_malformed_incident(xsim, badge_reader):
    seen = xsim("run", badge_reader, "--cycles", 10)
    assert seen.code == 1
    assert "B-2 was delivered again in cycles 2, 3, 4 (first in cycle 1)" in seen.out
    assert "FC503 unreadable-time" in seen.out
    assert seen.out.rstrip().splitlines()[-2].startswith("FAILED: ")
    assert seen.out.rstrip().splitlines()[-1] == "Repeat with: xsim run badge_reader.py --cycles 10 --fresh"
    assert seen.err == ""


def test_without_a_scenario_a_run_goes_on_where_the_one_before_ended(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 2)
    seen = xsim("run", badge_reader, "--cycles", 2, "--format", "json")
    report = json.loads(seen.out)
    assert [cycle["number"] for cycle in report["cycles"]] == [3, 4]
    assert report["cycles"][0]["started"] == "2024-05-14T09:32:00.381472Z"
    [duplicate] = [finding for finding in report["findings"] if finding["rule"] == "FC202"]
    assert duplicate["cycles"] == [3, 4], "delivered by the run before, and again by this one"


def test_a_run_that_went_on_is_repeated_from_its_journal(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 2)
    seen = xsim("run", badge_reader, "--cycles", 2)
    command = seen.out.rstrip().splitlines()[-1].removeprefix("Repeat with: xsim ").split()
    assert xsim(*command).out == seen.out


def test_fresh_starts_over(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 5)
    first = xsim("run", badge_reader, "--cycles", 3, "--format", "json", "--fresh")
    again = xsim("run", badge_reader, "--cycles", 3, "--format", "json", "--fresh")
    assert first == again


def test_check_gives_the_run_s_verdict(xsim, badge_reader):
    run = xsim("run", badge_reader, "--cycles", 10)
    [journal] = xsim.folder.glob(".xsim/*/journal.jsonl")
    check = xsim("check", journal.relative_to(xsim.folder))
    assert (check.code, check.out) == (run.code, run.out)


def test_a_rule_can_be_left_out(xsim, badge_reader):
    assert xsim("run", badge_reader, "--cycles", 4, "--ignore", "duplicate-event").code == 0
    assert xsim("run", badge_reader, "--cycles", 4, "--fresh", "--select", "FC5").code == 0


def test_outputs_are_written_beside_what_is_printed(xsim, badge_reader):
    seen = xsim("run", badge_reader, "--output", "json:report.json", "--output", "text:report.txt")
    report = json.loads((xsim.folder / "report.json").read_text())
    assert report["verdict"] == "failed"
    assert (xsim.folder / "report.txt").read_text() == seen.out


def test_last_run_is_shown_set_and_reset(xsim, badge_reader):
    assert xsim("last-run", "show", badge_reader).out == "{}\n"
    xsim("run", badge_reader, "--cycles", 1)
    assert json.loads(xsim("last-run", "show", badge_reader).out) == {"last_fetch": "2024-05-14T09:29:40Z"}
    xsim.has("last.json", '{"last_fetch": "2024-05-14T09:29:41Z"}')
    assert xsim("last-run", "set", badge_reader, "@last.json").code == 0
    seen = xsim("run", badge_reader, "--cycles", 2, "--format", "json")
    assert [cycle["incidents"] for cycle in json.loads(seen.out)["cycles"]] == [0, 0]
    xsim("last-run", "reset", badge_reader)
    assert xsim("last-run", "show", badge_reader).out == "{}\n"


def test_a_folder_s_scenario_says_which_of_its_scripts_is_meant(xsim, badge_reader):
    xsim.has("another.py", "X = 'fetch-incidents'\n")
    assert "2 scripts" in xsim("run", ".").err
    xsim.has("xsim.toml", 'integration = "badge_reader.py"\n[clock]\ncycles = 3\n')
    assert "B-2 was delivered again in cycles 2, 3" in xsim("run", ".").out
    stored = xsim("last-run", "show", badge_reader).out
    assert "last_fetch" in stored
    assert xsim("last-run", "show", ".").out == xsim("last-run", "show", "xsim.toml").out == stored
    assert "2 scripts" in xsim("run", ".", "--no-scenario").err


def test_instances_have_states_of_their_own(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 1)
    assert xsim("last-run", "show", badge_reader, "--instance", "other").out == "{}\n"


def test_fetch_shows_incidents_and_stores_no_last_run(xsim, badge_reader):
    # server-semantics 1.4: any command line call gets {} and its setLastRun is not stored.
    seen = xsim("fetch", badge_reader)
    assert seen.code == 0
    assert "Badge refused at the north door" in seen.out
    assert xsim("last-run", "show", badge_reader).out == "{}\n"
    incidents = json.loads(xsim("fetch", badge_reader, "--format", "json").out)
    assert [json.loads(each["rawJSON"])["id"] for each in incidents] == ["B-1", "B-2"]


def test_a_fetch_happens_when_the_next_cycle_would(xsim, badge_reader):
    xsim("run", badge_reader, "--cycles", 5)
    assert "one fetch at 2024-05-14T09:35:00.381472Z" in xsim("fetch", badge_reader).out
    assert "one fetch at 2024-05-14T09:30:00Z" in xsim("fetch", badge_reader, "--start", "2024-05-14T09:30:00Z").out


def test_fetch_looks_from_a_given_last_run(xsim, badge_reader):
    xsim.has("last.json", '{"last_fetch": "2024-05-14T09:29:00Z"}')
    incidents = json.loads(xsim("fetch", badge_reader, "--last-run", "last.json", "--format", "json").out)
    assert [json.loads(each["rawJSON"])["id"] for each in incidents] == ["B-2"]


def test_fetch_keeps_the_integration_context(xsim):
    # server-semantics 7: integration-context writes do happen.
    xsim.has(
        "a.py",
        "import demistomock as demisto\ncontext = demisto.getIntegrationContext()\n"
        "demisto.incidents([{'name': str(context.get('n', 0))}])  # fetch-incidents\n"
        "demisto.setIntegrationContext({'n': context.get('n', 0) + 1})\nX = 'fetch-incidents'\n",
    )
    names = [json.loads(xsim("fetch", "a.py", "--format", "json").out)[0]["name"] for _ in range(3)]
    assert names == ["0", "1", "2"]


def test_fetch_tells_a_failure_and_exits_with_1(xsim):
    xsim.has("a.py", "X = 'fetch-incidents'\nraise ValueError('no luck')\n")
    seen = xsim("fetch", "a.py", "--format", "json")
    assert seen.code == 1
    assert "ValueError: no luck" in seen.out
    assert "line 2: raise ValueError('no luck')" in seen.out


def test_fetch_without_a_vendor_is_undecided(xsim):
    xsim.has("a.py", "import requests\nX = 'fetch-incidents'\nrequests.get('https://vendor.example/a')\n")
    seen = xsim("fetch", "a.py")
    assert seen.code == 3
    assert "GET https://vendor.example/a" in seen.out


def test_a_run_without_a_vendor_is_undecided_and_names_the_call(xsim):
    xsim.has("a.py", "import requests\nX = 'fetch-incidents'\nrequests.get('https://vendor.example/a/b?c=1')\n")
    seen = xsim("run", "a.py")
    assert seen.code == 3
    assert "UNDECIDED" in seen.out
    assert "GET https://vendor.example/a/b" in seen.out


def test_test_module_wants_exactly_ok(xsim):
    for answer, code in (("ok", 0), ("OK", 1), ("all is well", 1)):
        xsim.has("a.py", f"import demistomock as demisto\nX = 'fetch-incidents'\ndemisto.results('{answer}')\n")
        assert xsim("test-module", "a.py").code == code


def test_secrets_are_never_shown(xsim):
    xsim.has(
        "a.py",
        "import demistomock as demisto\nX = 'fetch-incidents'\nkey = demisto.params()['apikey']\n"
        "demisto.incidents([{'name': key, 'rawJSON': '{\"key\": \"' + key + '\"}'}])\ndemisto.results(key)\n",
    )
    secret = "do-not-show-this-one"
    for command in (("run",), ("run", "--format", "json"), ("fetch",), ("fetch", "--format", "json"), ("test-module",)):
        seen = xsim(*command[:1], "a.py", *command[1:], "--param", f"apikey={secret}")
        assert secret not in seen.out + seen.err, command
    for path in xsim.folder.glob(".xsim/*/*"):
        assert secret not in path.read_text(), path


def test_a_secret_in_base64_is_not_shown_either(xsim):
    xsim.has(
        "a.py",
        "import base64\nimport demistomock as demisto\nX = 'fetch-incidents'\n"
        "name = base64.b64encode(demisto.params()['apikey'].encode()).decode()\n"
        "demisto.incidents([{'name': name}])\ndemisto.results(name)\n",
    )
    for command in ("fetch", "test-module"):
        seen = xsim(command, "a.py", "--param", "apikey=do-not-show-this-one")
        assert "ZG8tbm90LXNob3ctdGhpcy1vbm" not in seen.out + seen.err, command


def test_rules_are_listed_and_explained(xsim):
    assert "FC202  error    duplicate-event" in xsim("rules").out
    assert {rule["code"] for rule in json.loads(xsim("rules", "--format", "json").out)} >= {"FC101", "FC202", "FC601"}
    seen = xsim("explain", "duplicate-event")
    assert seen.out.startswith("FC202 duplicate-event (error")
    assert "Breaks it:" in seen.out
    assert "Keeps it:" in seen.out


def test_help_comes_without_loading_what_a_run_needs(tmp_path):
    heavy = "{'requests', 'rich', 'freezegun', 'dateparser', 'yaml', 'xsim.api'}"
    code = (
        "import sys; sys.argv = ['xsim', '--help']\ntry:\n    from xsim.__main__ import main; main()\n"
        f"finally:\n    print({heavy} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("set()")


@pytest.mark.slow
def test_the_order_of_sets_is_the_same_in_every_process(tmp_path):
    script = tmp_path / "a.py"
    script.write_text(
        "import demistomock as demisto\nX = 'fetch-incidents'\n"
        "demisto.incidents([{'name': name} for name in {'alpha', 'beta', 'gamma', 'delta', 'epsilon'}])\n"
    )
    journals = []
    for _ in range(2):
        subprocess.run([sys.executable, "-m", "xsim", "run", str(script), "--fresh"], capture_output=True, check=False)
        [journal] = tmp_path.glob(".xsim/*/journal.jsonl")
        journals.append(journal.read_bytes())
    assert journals[0] == journals[1]
