"""Logins say how the API knows its caller, quotas how many calls it takes."""

from datetime import timedelta

import pytest
from scenario_files import loaded, refusal

from xsim.world import Login, Quota

ENDPOINTS = '\n[identity]\ntime = "created"\n[[endpoints]]\npath = "/api/alerts"\n'
HOUR = timedelta(hours=1)


def logins(folder, lines, after=""):
    return loaded(folder, "[[logins]]\n" + lines + "\n" + after).scenario.logins


def test_a_path_is_all_that_a_login_needs(tmp_path):
    [login] = logins(tmp_path, 'path = "/oauth2/token"')
    assert login == Login("login", path="/oauth2/token", prefix="Bearer ")


def test_every_key_of_a_login_is_taken_over(tmp_path):
    [login] = logins(
        tmp_path,
        """name = "session"
kind = "token"
path = "/{tenant}/login"
method = "PUT"
host = "Login.example"
in = "form"
needs = ["client_id", "client_secret"]
answer = "json"
token_at = "data.token"
life = "1h"
life_at = "data.expires_in"
extra = {"data.type" = "bearer"}
sent_in = "header"
sent_as = "X-Token"
prefix = "T "
paths = ["/api/"]
status = 403
body = {error = "who are you?"}
""",
        ENDPOINTS,
    )
    assert login == Login(
        "session", "token", "/{tenant}/login", "PUT", "login.example", "form", ("client_id", "client_secret"), "json",
        "data.token", HOUR, "data.expires_in", {"data.type": "bearer"}, "header", "X-Token", "T ", ("/api/",), 403,
        {"error": "who are you?"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("", ("header", "Authorization", "Bearer ")),
        ('sent_in = "header"', ("header", "Authorization", "Bearer ")),
        ('prefix = "Token "', ("header", "Authorization", "Token ")),
        ('prefix = ""', ("header", "Authorization", "")),
        ('sent_as = "X-Auth"', ("header", "X-Auth", "")),
        ('sent_as = "Authorization"', ("header", "Authorization", "")),
        ('answer = "cookie"\ntoken_at = "sid"', ("cookie", "sid", "")),
        ('answer = "cookie"\ntoken_at = "sid"\nsent_as = "other"', ("cookie", "other", "")),
        ('answer = "cookie"\ntoken_at = "sid"\nsent_in = "header"', ("header", "Authorization", "Bearer ")),
        ('answer = "header"\ntoken_at = "X-Token"\nsent_as = "X-Token"', ("header", "X-Token", "")),
        ('answer = "text"\nsent_in = "query"\nsent_as = "token"', ("query", "token", "")),
        ('sent_in = "json"\nsent_as = "auth.session"', ("json", "auth.session", "")),
    ],
)
def test_what_a_request_shows_has_the_defaults_that_one_expects(tmp_path, lines, shown):
    [login] = logins(tmp_path, f'path = "/login"\n{lines}')
    assert (login.sent_in, login.sent_as, login.prefix) == shown


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ('kind = "basic"', Login("login", "basic", prefix="Basic ")),
        (
            'kind = "basic"\nneeds = ["username", "password"]',
            Login("login", "basic", needs=("username", "password"), prefix="Basic "),
        ),
        ('kind = "key"\nsent_as = "X-Api-Key"', Login("login", "key", sent_as="X-Api-Key")),
        ('kind = "key"', Login("login", "key", prefix="Bearer ")),
        (
            'kind = "key"\nsent_in = "query"\nsent_as = "apikey"',
            Login("login", "key", sent_in="query", sent_as="apikey"),
        ),
        (
            'kind = "signed"\nneeds = ["x-signature", "x-date"]\nstatus = 403',
            Login("login", "signed", needs=("x-signature", "x-date"), sent_as="", status=403),
        ),
    ],
)
def test_who_needs_no_login_call_has_no_path(tmp_path, lines, meant):
    assert logins(tmp_path, lines) == (meant,)


def test_the_part_of_a_path_can_show_the_token(tmp_path):
    text = ENDPOINTS.replace("/api/alerts", "/s/{session}/alerts")
    [login] = logins(tmp_path, 'path = "/login"\nsent_in = "path"\nsent_as = "session"', text)
    assert (login.sent_in, login.sent_as) == ("path", "session")


def test_several_logins_are_numbered(tmp_path):
    assert [each.name for each in logins(tmp_path, 'path = "/a"\n[[logins]]\npath = "/b"')] == ["login", "login 2"]


def test_several_logins_may_have_one_address_and_an_endpoint_s_too(tmp_path):
    lines = 'path = "/soap"\n[[logins]]\npath = "/soap"\nneeds = "user"'
    text = ENDPOINTS.replace('"/api/alerts"', '"/soap"\nmethod = "POST"')
    assert [each.path for each in logins(tmp_path, lines, text)] == ["/soap", "/soap"]


def test_the_token_may_stand_in_xml_on_the_way_there_and_back(tmp_path):
    lines = 'path = "/soap"\nin = "body"\nanswer = "text"\ntext = "<s>{token}</s>"\nsent_in = "body"\nprefix = "<s>"'
    [login] = loaded(tmp_path, "[[logins]]\n" + lines + "\n" + ENDPOINTS).scenario.logins
    assert (login.text, login.sent_in, login.sent_as, login.prefix) == ("<s>{token}</s>", "body", "", "<s>")


def test_the_whole_answer_can_be_the_token(tmp_path):
    found = logins(tmp_path, 'path = "/a"\ntoken_at = ""\n[[logins]]\npath = "/b"\nanswer = "text"')
    assert [(each.answer, each.token_at) for each in found] == [("json", ""), ("text", "")]


def test_beginnings_of_paths_may_have_parts_in_braces(tmp_path):
    text = ENDPOINTS.replace("/api/alerts", "/{tenant}/v2/alerts")
    for paths in ("/{any}/v2", "/{any}", "/acme/", "/"):
        assert logins(tmp_path, f'kind = "basic"\npaths = "{paths}"', text)


@pytest.mark.parametrize(
    ("lines", "meant"),
    [
        ("calls = 60", Quota(60)),
        (
            'calls = 5\nper = "10s"\nstatus = 503\nsays_when = false\npath = "/api/"',
            Quota(5, timedelta(seconds=10), 503, False, "/api/"),
        ),
    ],
)
def test_a_quota_is_taken_over(tmp_path, lines, meant):
    assert loaded(tmp_path, f"[[quotas]]\n{lines}\n{ENDPOINTS}").scenario.quotas == (meant,)


def test_two_quotas_may_count_over_different_times(tmp_path):
    text = '[[quotas]]\ncalls = 10\nper = "1s"\n[[quotas]]\ncalls = 100\n'
    assert len(loaded(tmp_path, text).scenario.quotas) == 2


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "1: [[logins]] 1: 'path' is missing: the call that gives the token"),
        ('kind = "oauth"', '2: [[logins]] 1, kind: found "oauth", expected one of token, basic, key, signed | '
         'a token that a call gives is kind = "token", the default'),
        ('kind = "api-key"', '2: [[logins]] 1, kind: found "api-key", expected one of token, basic, key, signed | did'),
        ('path = "/a"\nexpires_in = 300', "3: [[logins]] 1, expires_in: unknown key | did you mean 'life'?"),
        ('path = "login"', '2: [[logins]] 1, path: found "login", expected a path that starts'),
        ('path = "/a"\ntoken = "x"', "3: [[logins]] 1, token: unknown key | did you mean 'token_at'?"),
        ('path = "/a"\nfilters = []', "3: [[logins]] 1, filters: unknown key | it belongs below [[endpoints]]"),
        ('path = "/a"\ndelay = "3s"', "3: [[logins]] 1, delay: unknown key | it belongs below [[faults]]"),
        ('kind = "basic"\npath = "/a"', '3: [[logins]] 1, path: means nothing for kind = "basic" | write'),
        ('kind = "key"\nlife = "1h"', '3: [[logins]] 1, life: means nothing for kind = "key" | write kind = "token"'),
        ('kind = "signed"\nsent_as = "x"', '3: [[logins]] 1, sent_as: means nothing for kind = "signed" | write kind = '
         '"token" or "key"'),
        ('kind = "key"\nneeds = "x"', '3: [[logins]] 1, needs: means nothing for kind = "key" | write kind = '
         '"token" or "basic" or "signed"'),
        ('kind = "signed"', "1: [[logins]] 1: 'needs' is missing: the headers that have to come"),
        ('kind = "signed"\nneeds = []', "3: [[logins]] 1, needs: found an empty list, expected one header or more"),
        ('kind = "signed"\nneeds = ["a b"]', "3: [[logins]] 1, needs: 'a b' is no name that a header can have"),
        ('path = "/a"\nin = "headers"', '3: [[logins]] 1, in: found "headers", expected one of form, json, query, '
         "header, basic, body | did you mean 'header'?"),
        ('path = "/a"\nin = "header"\nneeds = "x y"', "4: [[logins]] 1, needs: 'x y' is no name"),
        ('path = "/a"\nneeds = "a..b"', '3: [[logins]] 1, needs: found "a..b", expected a dotted path'),
        ('path = "/a"\nneeds = []', "3: [[logins]] 1, needs: found an empty list, expected one name or more"),
        ('path = "/a"\nanswer = "xml"', '3: [[logins]] 1, answer: found "xml", expected one of json, text, header'),
        ('path = "/a"\nanswer = "cookie"', "1: [[logins]] 1: 'token_at' is missing: the cookie's name"),
        ('path = "/a"\nanswer = "header"', "1: [[logins]] 1: 'token_at' is missing: the header's name"),
        ('path = "/a"\nanswer = "header"\ntoken_at = "a b"', '4: [[logins]] 1, token_at: found "a b", expected a'),
        ('path = "/a"\nanswer = "text"\ntoken_at = "t"', '4: [[logins]] 1, token_at: means nothing for answer'),
        ('path = "/a"\ntext = "<a>{token}</a>"', '3: [[logins]] 1, text: means nothing for answer = "json" | write'),
        ('path = "/a"\nanswer = "text"\ntext = "<a/>"', '4: [[logins]] 1, text: found "<a/>", expected {token} in it'),
        ('path = "/a"\nsent_in = "body"\nsent_as = "x"', '4: [[logins]] 1, sent_as: means nothing for sent_in = "b'),
        ('kind = "key"\nsent_in = "body"', "1: [[logins]] 1: 'prefix' is missing: what stands before the key"),
        ('path = "/a"\nanswer = "text"\nextra = {a = 1}', "4: [[logins]] 1, extra: means nothing where all of the"),
        ('path = "/a"\ntoken_at = ""\nlife_at = "n"', "4: [[logins]] 1, life_at: means nothing where all of the body"),
        ('path = "/a"\ntoken_at = 3', "3: [[logins]] 1, token_at: found 3, expected a text"),
        ('path = "/a"\ntoken_at = "a."', '3: [[logins]] 1, token_at: found "a.", expected a dotted path'),
        ('path = "/a"\nlife = 3600', '3: [[logins]] 1, life: found 3600, expected a number with a unit, such as "90s", '
         '"1m", "2h", "1d" or "200ms" | did you mean "3600s"?'),
        ('path = "/a"\nlife = "0s"', '3: [[logins]] 1, life: found "0s", expected at least 1s'),
        ('path = "/a"\nlife_at = "expires_in"', "3: [[logins]] 1, life_at: 'life' is missing: how long a"),
        ('path = "/a"\nlife = "1h"\nlife_at = "access_token"', "4: [[logins]] 1, life_at: found 'access_token', where"),
        ('path = "/a"\nextra = {access_token = "x"}', "3: [[logins]] 1, extra: access_token is where token_at puts"),
        ('path = "/a"\nsent_in = "text"', '3: [[logins]] 1, sent_in: found "text", expected one of header, cookie'),
        ('path = "/a"\nsent_in = "query"', "1: [[logins]] 1: 'sent_as' is missing: the parameter that shows the token"),
        ('kind = "key"\nsent_in = "cookie"', "1: [[logins]] 1: 'sent_as' is missing: the cookie that shows the key"),
        ('path = "/a"\nsent_as = "a b"', '3: [[logins]] 1, sent_as: found "a b", expected a name that a header can'),
        ('path = "/a"\nsent_in = "path"\nsent_as = "s"', "4: [[logins]] 1, sent_as: no endpoint's path has a part {s}"),
        ('path = "/a"\npaths = "api"', '3: [[logins]] 1, paths: found "api", expected a path that starts with'),
        ('path = "/a"\npaths = "/{x"', '3: [[logins]] 1, paths: found "/{x", expected beginnings of paths, parts in'),
        ('path = "/a"\npaths = "/apx"', "3: [[logins]] 1, paths: no call's path begins with '/apx' | "),
        ('path = "/a"\nstatus = 0', "3: [[logins]] 1, status: found 0, expected a whole number from 200 to 599"),
        ('path = "/a"\nbody = nan', "3: [[logins]] 1, body: found nan, which JSON cannot hold"),
        ('path = "/a"\n[[logins]]\nname = "login"\npath = "/b"', "4: [[logins]] 2, name: [[logins]] 1 is called"),
    ],
)  # fmt: skip
def test_a_complaint_about_a_login_names_its_line(tmp_path, lines, said):
    assert refusal(tmp_path, "[[logins]]\n" + lines + "\n" + ENDPOINTS).startswith(said)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('per = "1m"', "1: [[quotas]] 1: 'calls' is missing: how many the vendor takes"),
        ("calls = 0", "2: [[quotas]] 1, calls: found 0, expected a whole number from 1"),
        ("calls = 9\nper = 60", '3: [[quotas]] 1, per: found 60, expected a number with a unit'),
        ('calls = 9\nper = "100ms"', '3: [[quotas]] 1, per: found "100ms", expected at least 1s'),
        ("calls = 9\nstatus = 200", "3: [[quotas]] 1, status: found 200, expected a whole number from 400 to 599"),
        ("calls = 9\nsays_when = 1", "3: [[quotas]] 1, says_when: found 1, expected true or false"),
        ('calls = 9\npath = "api"', '3: [[quotas]] 1, path: found "api", expected a path that starts with'),
        ('calls = 9\npath = "/aip"', "3: [[quotas]] 1, path: no call's path begins with '/aip' | "),
        ('calls = 9\npath = ["/a", "/b"]', "3: [[quotas]] 1, path: found a list of 2, expected one beginning"),
        ("calls = 9\nretry_after = true", "3: [[quotas]] 1, retry_after: unknown key | did you mean 'says_when'?"),
        ("calls = 9\ncall = 3", "3: [[quotas]] 1, call: unknown key | did you mean 'calls'?"),
        ('calls = 9\nevery = "1m"', "3: [[quotas]] 1, every: unknown key | it belongs below [[streams]]"),
        ("calls = 9\n[[quotas]]\ncalls = 8", "3: [[quotas]] 2: [[quotas]] 1 counts the same calls over the same time"),
    ],
)  # fmt: skip
def test_a_complaint_about_a_quota_names_its_line(tmp_path, lines, said):
    assert refusal(tmp_path, "[[quotas]]\n" + lines + "\n" + ENDPOINTS).startswith(said)
