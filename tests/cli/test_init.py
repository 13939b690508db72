"""`xsim init`: a scenario beside the script, from what its first fetches ask."""

import json
import shutil

import pytest
from command_line import FIXTURES

from xsim.load import load_scenario

CASES = sorted(path.name for path in (FIXTURES / "cases").iterdir() if (path / "integration.py").exists())
QUICK = "ok-epoch-int"
DELIVERS_NOTHING = {
    "lastrun-datetime": "its last run is no JSON",
    "rawjson-dict": "its rawJSON is no text",
    "occurred-epoch-ms": "its log lines are of another day, and it asks nobody",
}
SCRIPT = """
import demistomock as demisto
from CommonServerPython import *
import requests

params = demisto.params()
token = requests.post(params['url'] + '/oauth2/token', data={'key': params['api_key']}).json()['access_token']
last = demisto.getLastRun().get('last', '2024-05-14T09:00:00Z')
if demisto.command() == 'fetch-incidents':
    found = requests.get(params['url'] + '/alerts', params={'since': last}, headers={'X': token}).json()['alerts']
    for alert in found:
        last = max(last, alert['created'])
    demisto.setLastRun({'last': last})
    demisto.incidents([{'name': a['id'], 'occurred': a['created'], 'rawJSON': json.dumps(a)} for a in found])
"""


def a_case(xsim, name):
    for file in ("integration.py", "integration.yml"):
        if (FIXTURES / "cases" / name / file).exists():
            shutil.copy(FIXTURES / "cases" / name / file, xsim.folder / file)
    return load_scenario(FIXTURES / "cases" / name / "xsim.toml").scenario


def sample_of(scenario):
    """The answer that the case's own vendor gives, with its first event alone."""
    answer = [dict(scenario.events[0].record)]
    for step in reversed(scenario.endpoints[0].list_at.split(".") if scenario.endpoints[0].list_at else []):
        answer = {step: answer}
    return answer


@pytest.mark.parametrize(
    "case", [QUICK, *(pytest.param(each, marks=pytest.mark.slow) for each in CASES if each != QUICK)]
)
def test_the_draft_of_every_case_loads_and_runs(xsim, case):
    scenario = a_case(xsim, case)
    drafts = [xsim("init", "integration.py")]
    runs = [xsim("run", "integration.py")]
    if scenario.endpoints:
        xsim.has("answer.json", json.dumps(sample_of(scenario)))
        drafts.append(xsim("init", "integration.py", "--sample", "answer.json", "--force"))
        runs.append(xsim("run", "integration.py"))
    for draft, run in zip(drafts, runs, strict=True):
        assert draft.code == 0, draft.err
        assert run.code in (0, 1, 3)
        assert "Traceback" not in run.out + run.err
        assert case in DELIVERS_NOTHING or "\n0 incidents delivered" not in run.out
    assert case not in DELIVERS_NOTHING or "\n0 incidents delivered" in runs[-1].out


@pytest.mark.parametrize("case", ["ok-epoch-int", "miss-tie-at-limit", "tz-offset-cut", "wedge-null-owner"])
def test_list_identity_and_time_are_those_of_the_case_s_own_scenario(xsim, case):
    own = a_case(xsim, case)
    xsim("init", "integration.py")
    drafted = load_scenario(xsim.folder / "xsim.toml").scenario
    assert [(each.path, each.list_at) for each in drafted.endpoints] == [
        (each.path, each.list_at) for each in own.endpoints
    ]
    assert [each.name for each in drafted.endpoints[0].filters] == [each.name for each in own.endpoints[0].filters]
    assert drafted.endpoints[0].limit.name == own.endpoints[0].limit.name
    assert drafted.time_field == own.time_field


def test_a_sample_names_identity_and_time_without_a_doubt(xsim):
    scenario = a_case(xsim, "miss-tie-at-limit")
    xsim.has("answer.json", json.dumps(sample_of(scenario)))
    xsim("init", "integration.py", "--sample", "answer.json")
    text = (xsim.folder / "xsim.toml").read_text()
    assert '[identity]\nevent = "number"\ntime = "opened"\n' in text
    assert 'record = {text = "disk full"}' in text


def test_a_sample_can_say_which_call_it_answers(xsim):
    xsim.has("script.py", SCRIPT)
    xsim.has("token.json", '{"access_token": "abc", "scope": "read"}')
    seen = xsim("init", "script.py", "--sample", "/oauth2/token=token.json")
    assert seen.code == 0, seen.err
    assert load_scenario(xsim.folder / "xsim.toml").scenario.logins[0].extra == {"scope": "read"}


def test_a_login_is_drafted_as_one_and_the_script_gets_through(xsim):
    xsim.has("script.py", SCRIPT)
    assert xsim("init", "script.py").code == 0
    scenario = load_scenario(xsim.folder / "xsim.toml").scenario
    [login] = scenario.logins
    assert (login.path, login.place, login.needs) == ("/oauth2/token", "form", ("key",))
    assert (login.token_at, login.sent_in, login.sent_as, login.prefix) == ("access_token", "header", "X", "")
    run = xsim("run", "xsim.toml")
    assert run.code == 1  # The draft's bound is inclusive, and the script remembers no id.
    assert "FC202" in run.out


def test_the_draft_is_tried_and_what_comes_of_it_is_told(xsim, badge_reader):
    xsim.has("script.py", SCRIPT)
    seen = xsim("init", "script.py")
    assert "Tried it: 12 incidents in 10 cycles\n" in seen.out
    assert seen.out.endswith("Next: xsim scenario show script.xsim.toml, xsim run script.py\n")
    assert not (xsim.folder / ".xsim").exists()
    assert "Tried it: 8 incidents, then cycle 7 ends early: parsing time" in xsim("init", badge_reader).out


def test_a_draft_that_brings_nothing_says_so_and_what_to_do(xsim):
    xsim.has("script.py", SCRIPT.replace("in found])", "in found if a['kind'].lower().startswith('z')])"))
    seen = xsim("init", "script.py")
    assert seen.code == 0
    assert "Tried it: the fetch ends well, and nothing becomes an incident" in seen.out
    assert "Next: xsim init script.py --sample answer.json --force\n" in seen.out


def test_a_draft_on_which_the_fetch_fails_says_where_and_convicts_nobody(xsim):
    wants_more = "in found])\n    len(found) < 1 or demisto.getLastRun()['never']"
    xsim.has("script.py", SCRIPT.replace("in found])", wants_more))
    seen = xsim("init", "script.py")
    assert seen.code == 0
    assert "the fetch ends early (line 15): 'never'" in seen.out
    assert "Tried it" not in seen.out
    assert "Next: xsim init script.py --sample answer.json --force\n" in seen.out
    # This format tells no level, so that the message has to say it.
    run = xsim("run", "script.py", "--format", "concise")
    assert run.code == 3
    assert run.out.startswith("script.py:15: FC601 the fetch failed in cycles 1, ")
    assert run.out.endswith("the last run unchanged (rests on a guess)\n")
    assert "nothing was delivered: cycle 1 raised KeyError: 'never' at script.py:15, and " in run.out + run.err
    drafted = xsim.folder / "xsim.toml"
    drafted.write_text(drafted.read_text().replace("drafted = true\n", ""))
    assert xsim("run", "script.py").code == 1


def test_nothing_is_overwritten_without_force(xsim, badge_reader):
    xsim.has("xsim.toml", "# mine\n")
    seen = xsim("init", badge_reader)
    assert seen.code == 2
    assert "xsim.toml: exists already" in seen.err
    assert "--force" in seen.err
    assert (xsim.folder / "xsim.toml").read_text() == "# mine\n"
    assert xsim("init", badge_reader, "--force").code == 0
    assert "# mine" not in (xsim.folder / "xsim.toml").read_text()


def test_scripts_that_share_a_folder_get_a_scenario_each(xsim):
    xsim.has("one.py", SCRIPT)
    xsim.has("two.py", SCRIPT)
    assert xsim("init", "one.py").code == 0
    assert xsim("init", "two.py").code == 0
    assert {path.name for path in xsim.folder.glob("*.toml")} == {"one.xsim.toml", "two.xsim.toml"}
    assert "10 cycles" in xsim("run", "two.py").out


def test_it_writes_elsewhere_and_still_finds_the_script(xsim):
    xsim.has("pack/script.py", SCRIPT)
    assert xsim("init", "pack/script.py", "--output", "scenarios/first.xsim.toml").code == 0
    text = (xsim.folder / "scenarios/first.xsim.toml").read_text()
    assert 'integration = "../pack/script.py"' in text
    assert xsim("scenario", "check", "scenarios/first.xsim.toml").code == 0


def test_standard_output_gets_one_text_that_loads(xsim):
    xsim.has("script.py", SCRIPT)
    seen = xsim("init", "script.py", "--output", "-")
    assert not (xsim.folder / "xsim.toml").exists()
    xsim.has("xsim.toml", seen.out)
    assert xsim("scenario", "check", "xsim.toml").code == 0
    assert "[[logins]]" in seen.out


def test_a_secret_that_is_given_is_not_written(xsim):
    xsim.has("script.py", SCRIPT)
    xsim("init", "script.py", "--param", "api_key=the-real-one-4711")
    written = "".join(path.read_text() for path in xsim.folder.glob("*xsim*") if path.is_file())
    assert "api_key = " in written
    assert "the-real-one-4711" not in written


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "answer.json:1:2: not valid JSON"),
        ('{"alerts": []}', "answer.json: no list of objects in it"),
        ("[1, 2]", "answer.json: no list of objects in it"),
        ("[" * 200_000, "answer.json: nested too deeply"),
    ],
)
def test_a_useless_sample_is_refused_in_one_line(xsim, badge_reader, text, complaint):
    xsim.has("answer.json", text)
    seen = xsim("init", badge_reader, "--sample", "answer.json")
    assert seen.code == 2
    assert complaint in seen.err
    assert "Traceback" not in seen.err


def test_a_sample_that_is_not_there_is_refused(xsim, badge_reader):
    seen = xsim("init", badge_reader, "--sample", "nowhere.json")
    assert seen.code == 2
    assert "nowhere.json: cannot be read" in seen.err
