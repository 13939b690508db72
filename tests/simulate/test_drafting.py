"""The first fetches of a script that nobody has described: what it asks, and which answers it is content with."""

import json
import re
from unittest.mock import ANY

import pytest
from integrations import START, a_scenario, an_integration

from xsim.model import Outcome
from xsim.simulate import rehearse

ASKS = "import requests\nbody = requests.get('https://vendor.example/alerts').json()\n"


def rehearsed(folder, fetch, *, samples=(), **scenario):
    """The calls and the last cycle of a fetch that has its answer in `body`."""
    integration = an_integration(folder, fetch)
    return rehearse(integration, a_scenario(**scenario), samples)


def answer_to(folder, use, **more):
    """The answer that a script is content with that uses it so."""
    calls, last = rehearsed(folder, ASKS + use, **more)
    assert last.outcome is Outcome.OK, last.failure
    return calls[0].answer


@pytest.mark.parametrize(
    ("use", "answer"),
    [
        ("body['alerts'][0]['title'].lower()", {"alerts": [{"id": "ID", "title": "made-up alerts.title"}]}),
        ("[a['id'] for a in body.get('items', [])]", {"items": [{"id": "ID"}]}),
        ("[a['id'] for a in body]", [{"id": "ID"}]),
        ("body[:10]", [{"id": "ID"}]),
        ("body['page']['rows'][0]['id']", {"page": {"rows": [{"id": "ID"}]}}),
        ("int(body['total']) + 1", {"total": 1}),
        ("body['version'] / 1000", {"version": 1}),
        ("[n['id'] for n in body['response']['data']]", {"response": {"data": [{"id": "ID"}]}}),
        ("[t.upper() for t in body['alerts'][0]['tags']]", {"alerts": [{"id": "ID", "tags": ["ID"]}]}),
        ("[a['id'] for a in (body['found'] if 'found' in body.keys() else [])]", {"found": [{"id": "ID"}]}),
        ("for a in body.get('alert')[:5]: a.get('id')", {"alert": [{"id": "ID"}]}),
        ("for a in [] + body['all of them']: a['id']", {"all of them": [{"id": "ID"}]}),
        ("if 'hits' in body['hits']: [h['_id'] for h in body['hits']['hits']]", {"hits": {"hits": [{"_id": "ID"}]}}),
        ("body['alerts'][0]['state'][:3]", {"alerts": [{"id": "ID", "state": "made-up alerts.state"}]}),
        ("','.join(body['ids'])", {"ids": ["ID"]}),
        ("body['one']['tags'] = []", {"one": {}}),
        ("body['one'].pop('x', None)", {"one": {"x": "made-up one.x"}}),
        ("len(body['count'])", {"count": [{"id": "ID"}]}),
        ("json.loads(body['alerts'][0]['raw'])", {"alerts": [{"id": "ID", "raw": "{}"}]}),
    ],
)
def test_the_use_of_an_answer_tells_its_shape(tmp_path, use, answer):
    made = json.dumps(answer_to(tmp_path, use))
    assert json.loads(re.sub(r"id-\d+", "ID", made)) == answer


def test_a_time_is_made_in_the_layout_that_the_script_reads(tmp_path):
    use = "from datetime import datetime\ndatetime.strptime(body['alerts'][0]['raised_on'], '%d/%m/%Y %H:%M')"
    answer = answer_to(tmp_path, use)
    assert answer["alerts"][0]["raised_on"] == START.strftime("%d/%m/%Y %H:%M")


def test_what_the_script_says_that_it_cannot_parse_is_a_time(tmp_path):
    use = "until = body['session']['ends']\nif not until.endswith('Z'): raise AssertionError(f'failed parsing {until}')"
    assert answer_to(tmp_path, use)["session"]["ends"].startswith("2024-05-14T09:29:")


def test_what_becomes_an_incident_s_time_is_a_time_whatever_its_name(tmp_path):
    use = "demisto.incidents([{'name': 'a', 'occurred': a['thing'], 'rawJSON': '{}'} for a in body['alerts']])"
    assert answer_to(tmp_path, use)["alerts"][0]["thing"].startswith("2024-05-14T09:29:")


def test_a_word_that_the_script_looks_up_is_one_of_its_own(tmp_path):
    use = "{'low': 1, 'high': 3}[body['alerts'][0]['severity']]"
    assert answer_to(tmp_path, use)["alerts"][0]["severity"] == "high"
    named = "levels = {'ROUTINE': 1}\nlevels[body['alerts'][0]['severity']]"
    assert answer_to(tmp_path, named)["alerts"][0]["severity"] == "ROUTINE"


def test_the_default_of_a_text_is_what_the_script_knows(tmp_path):
    use = "{'Low': 1}[body['alerts'][0].get('severity', 'Low')]"
    assert answer_to(tmp_path, use)["alerts"][0]["severity"] == "Low"


@pytest.mark.parametrize(
    ("condition", "name", "value"),
    [
        ("a['kind'] == 'ransom'", "kind", "ransom"),
        ("a['kind'] in ('worm', 'virus')", "kind", "virus"),
        ("a['level'] >= 3", "level", 3),
        ("not a['level'] < 4", "level", 4),
        ("a['kind'] == 7", "kind", 7),
    ],
)
def test_what_keeps_an_event_from_becoming_an_incident_is_changed(tmp_path, condition, name, value):
    use = f"demisto.incidents([{{'name': 'a', 'rawJSON': '{{}}'}} for a in body['alerts'] if {condition}])"
    assert answer_to(tmp_path, use)["alerts"][0][name] == value


def test_a_field_whose_presence_keeps_an_event_away_is_left_out_and_the_others_stay(tmp_path):
    made = "demisto.incidents([{'name': a.get('title'), 'rawJSON': '{}'} for a in body['alerts'] if "
    assert set(answer_to(tmp_path, made + "not a.get('archived_at')])")["alerts"][0]) == {"id", "title"}
    two = made + "not a['archived_at'] and not a.get('ended_by')])"
    assert answer_to(tmp_path, two)["alerts"][0] == {"id": ANY, "archived_at": None, "title": "made-up alerts.title"}
    kept = answer_to(tmp_path, made + "a.get('archived_at') and a.get('state') == 'never' == 1])")["alerts"][0]
    assert set(kept) == {"id", "archived_at", "state"}


def test_a_message_may_be_what_the_script_is_after(tmp_path):
    use = "demisto.incidents([{'name': 'a', 'rawJSON': '{}'}] if body['message'] else [])"
    assert answer_to(tmp_path, use)["message"] == "made-up message"
    assert answer_to(tmp_path, "body['message']")["message"] == ""


def test_a_complaint_that_the_script_swallows_and_logs_is_heard(tmp_path):
    use = """
for alert in body['alerts']:
    try:
        when = {'high': 1}[alert['severity']]
        demisto.incidents([{'name': 'a', 'rawJSON': '{}'}])
    except Exception as error:
        demisto.debug(f'left out: {error}')
"""
    assert answer_to(tmp_path, use)["alerts"][0]["severity"] == "high"


def test_a_login_whose_whole_answer_is_the_token(tmp_path):
    fetch = """
    import requests
    token = requests.post('https://vendor.example/login').json()
    requests.get('https://vendor.example/alerts', headers={'X-Token': str(token)})
    """
    calls, last = rehearsed(tmp_path, fetch)
    assert last.outcome is Outcome.OK, last.failure
    assert ("X-Token", calls[0].answer) in calls[1].request.headers


def test_headers_and_cookies_that_the_script_reads_from_a_login_are_there(tmp_path):
    fetch = """
    import requests
    login = requests.post('https://vendor.example/login')
    shown = {'A': login.headers['X-Auth'], 'B': login.cookies.get('SID')}
    requests.get('https://vendor.example/alerts', headers=shown)
    """
    calls, last = rehearsed(tmp_path, fetch)
    assert last.outcome is Outcome.OK, last.failure
    shown = dict(calls[1].request.headers)
    assert (shown["A"][-14:], shown["B"][-11:]) == ("-header-X-Auth", "-cookie-SID")


def test_where_nothing_makes_an_incident_the_answer_stays_as_it_was(tmp_path):
    use = "[a for a in body['alerts'] if a['kind'] == 'ransom']"
    assert answer_to(tmp_path, use)["alerts"][0]["kind"] == "made-up alerts.kind"


def test_a_time_used_as_seconds_is_a_number_of_seconds(tmp_path):
    use = "from datetime import datetime\ndatetime.utcfromtimestamp(int(body['alerts'][0]['created']))"
    assert answer_to(tmp_path, use)["alerts"][0]["created"] == int(START.timestamp()) - 20


def test_an_error_that_the_script_looks_for_stays_away(tmp_path):
    use = "if body.get('errors'):\n    raise ValueError(body['errors'])\nbody['alerts'][0]['id']"
    assert "errors" not in answer_to(tmp_path, use)


def test_paging_until_nothing_comes_ends(tmp_path):
    fetch = """
    import requests
    page = 1
    while requests.get('https://vendor.example/alerts', params={'page': page}).json()['alerts']:
        page += 1
    """
    calls, last = rehearsed(tmp_path, fetch)
    assert last.outcome is Outcome.OK
    assert len(calls) < 20


def test_a_token_is_offered_where_the_script_looks_for_one(tmp_path):
    fetch = """
    import requests
    ask = lambda **query: requests.get('https://vendor.example/alerts', params=query).json()
    body = ask()
    body['alerts'][0]['id']
    if body.get('next'):
        ask(cursor=body['next'])
    """
    calls, _ = rehearsed(tmp_path, fetch)
    assert calls[1].request.url == f"https://vendor.example/alerts?cursor={calls[0].answer['next']}"


def test_a_login_is_answered_with_a_session(tmp_path):
    fetch = "import requests\nlen(requests.post('https://vendor.example/v1/oauth2/token').json()['access_token'])"
    calls, last = rehearsed(tmp_path, fetch)
    assert last.outcome is Outcome.OK
    assert {call.kind for call in calls} == {"login"}


def test_ids_and_times_in_a_path_are_put_in_braces(tmp_path):
    fetch = """
    import requests
    root = 'https://vendor.example/'
    for alert in requests.get(root + 'alerts').json()['alerts']:
        requests.get(root + 'alerts/' + alert['id']).json()
    requests.get(root + 'users/0b1c2d3e-1111-4222-8333-444455556666/since/2024-05-14T00:00:00Z')
    """
    calls, _ = rehearsed(tmp_path, fetch)
    assert [call.path for call in calls[:3]] == ["/alerts", "/alerts/{id}", "/users/{id}/since/{time}"]


def test_a_sample_goes_to_the_call_that_lists_something(tmp_path):
    fetch = """
    import requests
    requests.get('https://vendor.example/version').json().get('text')
    for alert in requests.get('https://vendor.example/alerts').json()['alerts']:
        alert['severity']
    """
    sample = {"alerts": [{"severity": 3}]}
    calls, _ = rehearsed(tmp_path, fetch, samples=[("", sample)])
    assert [(call.path, call.kind) for call in calls[:2]] == [("/version", "guess"), ("/alerts", "sample")]
    assert calls[1].answer == sample


def test_a_sample_with_a_path_answers_that_path(tmp_path):
    calls, last = rehearsed(tmp_path, ASKS + "body['x']", samples=[("/alerts", {"x": 1})])
    assert last.outcome is Outcome.OK
    assert calls[0].answer == {"x": 1}


def test_a_fetch_that_cannot_be_pleased_ends_with_its_complaint(tmp_path):
    calls, last = rehearsed(tmp_path, ASKS + "raise ValueError('never')")
    assert (last.outcome, last.failure.message) == (Outcome.FAILED, "never")
    assert len(calls) == 1


def test_json_is_read_as_ever_afterwards(tmp_path):
    before = json.loads("{}")
    rehearsed(tmp_path, ASKS + "body['alerts']")
    assert type(json.loads("{}")) is type(before) is dict
    assert "decode" not in vars(json._default_decoder)


def test_the_same_script_is_drafted_the_same_twice(tmp_path):
    use = ASKS + "[(a['b'], a['created'], a['c']['d']) for a in body['alerts']]"
    assert rehearsed(tmp_path, use)[0] == rehearsed(tmp_path, use)[0]
