"""How the API knows its caller: login calls, tokens that run out, and requests that show none."""

import base64
import json
import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from vendor_builders import STARTS, a_request, an_endpoint, an_event, asked

from xsim.events import microseconds
from xsim.model import Response, Scenario
from xsim.simulate.vendor import SimulatedVendor
from xsim.simulate.vendor.asked import Asked
from xsim.simulate.vendor.logins import Logins
from xsim.world import Login

# The network's builders lie one folder up, which is on the path only where a test of that folder runs too.
sys.path.insert(0, str(Path(__file__).parent.parent))
from vendor_world import a_world

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
URL = "https://vendor.example"
FORM = {"client_id": "me", "client_secret": "a-long-fake-secret"}


def a_login(**named):
    """A token by POST /token for client_id and client_secret in a form, sent as a bearer token."""
    usual = {"name": "oauth", "path": "/token", "place": "form", "needs": tuple(FORM), "prefix": "Bearer "}
    return Login(**{**usual, **named})


class Api:
    """Logins that can be asked; `now` is the time of each request."""

    def __init__(self, *logins, seed=1):
        self._logins = Logins(logins, seed)
        self.now = STARTS
        self.logged_out = 0

    def ask(self, target="/alerts", **named):
        return self._logins.answer(Asked(a_request(target, **named), self.now), self.logged_out)

    def post(self, target="/token", **named):
        return self.ask(target, method="POST", **named)

    def token(self, **named):
        """Of a login call that must be granted."""
        response = self.post(**{"form": "client_id=me&client_secret=s", **named})
        assert (response.status, response.login) == (200, "granted"), response.body
        return json.loads(response.body)["access_token"]

    def with_bearer(self, token, target="/alerts", **named):
        return self.ask(target, headers=[("Authorization", f"Bearer {token}")], **named)

    def log_out(self):
        self.logged_out = microseconds(self.now)


def told(response):
    """Who was refused for what: login and the message of the answer."""
    assert response is not None, "the request went on"
    return response.login, json.loads(response.body)["message"]


# --- tokens -------------------------------------------------------------------------------------------------


def test_a_token_lets_a_request_through():
    api = Api(a_login())
    assert api.with_bearer(api.token()) is None


def test_without_a_token_a_request_is_refused():
    response = Api(a_login()).ask()
    assert (response.status, response.login) == (401, "missing")
    assert json.loads(response.body) == {
        "error": "unauthorized",
        "message": "the header Authorization is missing or empty",
    }
    assert dict(response.headers)["WWW-Authenticate"] == 'Bearer realm="vendor"'


def test_a_token_looks_like_one_and_holds_no_secret():
    api = Api(a_login())
    token = api.token(form="client_id=me&client_secret=a-long-fake-secret")
    assert re.fullmatch(r"[A-Za-z0-9_-]{24,}", token)
    whole = base64.urlsafe_b64decode(token)
    assert not any(each in whole for each in (b"me", b"secret", b"oauth"))


def test_the_same_moment_gives_the_same_token_and_another_moment_another_one():
    api, twin = Api(a_login()), Api(a_login())
    first = api.token()
    assert first == api.token() == twin.token()
    api.now += timedelta(microseconds=1)
    second = api.token()
    assert first != second
    # Alike neither at the beginning nor at the end: cut off in a log they still differ.
    assert (first[:8], first[-8:]) != (second[:8], second[-8:])
    assert first[-8:] != second[-8:]


def test_seed_and_name_of_the_login_make_tokens_differ():
    tokens = {Api(a_login(name=name), seed=seed).token() for name in ("a", "b") for seed in (1, 2)}
    assert len(tokens) == 4


@pytest.mark.parametrize("name", ["", "é\0", "half of a pair \ud800"])
def test_whatever_a_login_is_called_it_knows_its_tokens(name):
    api = Api(a_login(name=name))
    assert api.with_bearer(api.token()) is None


def test_a_token_of_another_run_is_known_again():
    cached = Api(a_login()).token()
    later = Api(a_login(life=HOUR))
    later.now += timedelta(minutes=59)
    assert later.with_bearer(cached) is None


@pytest.mark.parametrize("other", [{"seed": 2}, {"name": "another"}], ids=["seed", "login"])
def test_a_token_of_somebody_else_is_none(other):
    token = Api(a_login()).token()
    seed = other.pop("seed", 1)
    response = Api(a_login(**other), seed=seed).with_bearer(token)
    assert told(response) == ("expired", "this is no token that the login call gave")


@pytest.mark.parametrize("change", [lambda t: "A" * 32, lambda t: t[:-1], lambda t: t + "A", lambda t: t[::-1]])
def test_a_token_that_was_made_up_is_refused(change):
    api = Api(a_login())
    response = api.with_bearer(change(api.token()))
    assert (response.status, response.login) == (401, "expired")


def test_every_changed_letter_makes_it_another_token():
    api = Api(a_login())
    token = api.token()
    for place, letter in enumerate(token):
        changed = token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :]
        assert api.with_bearer(changed).login == "expired"


def test_a_token_is_good_until_its_life_is_over():
    api = Api(a_login(life=HOUR))
    token = api.token()
    api.now += HOUR - timedelta(microseconds=1)
    assert api.with_bearer(token) is None
    api.now += timedelta(microseconds=1)
    assert told(api.with_bearer(token)) == ("expired", "the token has expired: it was good for 3600 seconds")
    assert api.with_bearer(api.token()) is None


def test_a_token_without_a_life_is_good_for_ever():
    api = Api(a_login())
    token = api.token()
    api.now += timedelta(days=4_000)
    assert api.with_bearer(token) is None


def test_a_token_from_a_later_moment_is_good_in_a_world_that_went_back():
    api = Api(a_login(life=HOUR))
    token = api.token()
    api.now -= timedelta(days=1)
    assert api.with_bearer(token) is None


def test_a_logout_ends_the_tokens_given_until_then():
    api = Api(a_login())
    token = api.token()
    api.log_out()
    api.now += SECOND
    assert told(api.with_bearer(token)) == ("expired", "the token is no longer good: its session was ended")
    assert api.with_bearer(api.token()) is None


# --- the login call -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "request_of"),
    [
        ("form", lambda secret: {"form": f"client_id=me&client_secret={secret}"}),
        ("json", lambda secret: {"json_body": {"client_id": "me", "client_secret": secret}}),
        ("query", lambda secret: {"target": f"/token?client_id=me&client_secret={secret}"}),
        ("header", lambda secret: {"headers": [("client_id", "me"), ("client_secret", secret)]}),
    ],
)
def test_credentials_come_where_the_login_says(place, request_of):
    api = Api(a_login(place=place))
    assert api.post(**request_of("s")).login == "granted"
    response = api.post(**request_of(""))
    assert response.status == 401
    login, message = told(response)
    assert login == "missing"
    assert message.endswith(" client_secret is missing or empty")
    assert "client_id" in told(api.post())[1]


def test_names_in_json_are_paths():
    api = Api(a_login(place="json", needs=("auth.user", "auth.password")))
    assert api.post(json_body={"auth": {"user": "u", "password": 7}}).login == "granted"
    response = api.post(json_body={"auth": {"user": "u", "password": None}})
    assert told(response) == ("missing", "the JSON field auth.password is missing or empty")
    assert told(api.post(json_body={"auth": {"user": {}, "password": "x"}}))[1].startswith("the JSON field auth.user")


def test_a_form_where_json_is_asked_for_is_told_so():
    response = Api(a_login(place="json")).post(form="client_id=me&client_secret=s")
    assert told(response) == ("missing", "the body is no JSON, client_id, client_secret expected in it")


def basic(text, scheme="Basic"):
    return [("Authorization", f"{scheme} {base64.b64encode(text.encode()).decode()}")]


@pytest.mark.parametrize("text", ["user:password", "key:", ":key", "é:ü"])
def test_a_login_call_takes_basic_credentials(text):
    api = Api(a_login(place="basic", needs=()))
    assert api.post(headers=basic(text)).login == "granted"
    assert api.post(headers=basic(text, "basic")).login == "granted"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([], "the header Authorization does not hold a user name and a password (Basic)"),
        ([("Authorization", "Bearer x")], "the header Authorization does not hold a user name and a password (Basic)"),
        ([("Authorization", "Basic user:password")], "the header Authorization is no base64"),
        ([("Authorization", "Basic ")], "the header Authorization holds no user name and password"),
        (basic(":"), "the header Authorization holds no user name and password"),
        (basic("user"), "the header Authorization holds no user name and password"),
    ],
)
def test_what_is_no_basic_is_refused_with_the_reason(headers, message):
    expected = ("missing", message)
    assert told(Api(a_login(place="basic", needs=())).post(headers=headers)) == expected
    assert told(Api(Login(kind="basic")).ask(headers=headers)) == expected


def test_basic_may_need_a_password_and_names_of_the_form_besides():
    api = Api(a_login(place="basic", needs=("username", "password", "grant_type")))
    assert api.post(headers=basic("u:p"), form="grant_type=client_credentials").login == "granted"
    assert told(api.post(headers=basic("u:p")))[1] == "grant_type is missing or empty"
    assert told(api.post(headers=basic("u:"), form="grant_type=x"))[1] == "password is missing or empty"


def test_a_body_of_text_needs_the_texts_that_are_named():
    api = Api(a_login(place="body", needs=("<user>", "<password>")))
    assert api.post(form="<login><user>u</user><password>p</password></login>").login == "granted"
    assert told(api.post(form="<login><user>u</user></login>")) == ("missing", "the body has no <password>")
    assert told(api.post(form=" \n"))[1] == "the body is empty"
    assert told(Api(a_login(place="body", needs=())).post())[1] == "the body is empty"


def test_a_call_needs_method_host_and_path_of_the_login():
    api = Api(a_login(path="/{tenant}/token", host="login.example"))
    form = "client_id=me&client_secret=s"
    assert api.post("/t-1/token", form=form, host="https://login.example").login == "granted"
    assert api.post("/t-1/token", form=form).login == "missing"
    assert api.post("/token", form=form, host="https://login.example").login == "missing"
    assert api.ask("/t-1/token", form=form, host="https://login.example").login == "missing"


def test_the_answer_holds_token_life_and_fixed_fields():
    login = a_login(
        token_at="data.session.token",
        life=timedelta(minutes=30),
        life_at="data.expires_in",
        extra={"ok": True, "data.user": {"id": 7}},
    )
    body = json.loads(Api(login).post(form="client_id=me&client_secret=s").body)
    token = body["data"]["session"].pop("token")
    assert len(token) == 32
    assert body == {"ok": True, "data": {"user": {"id": 7}, "session": {}, "expires_in": 1800}}


def test_the_whole_answer_may_be_the_token():
    api = Api(a_login(answer="text"), a_login(name="second", path="/other", token_at=""))
    text = api.post(form="client_id=me&client_secret=s")
    assert re.fullmatch(rb"[\w-]{32}", text.body)
    assert dict(text.headers)["Content-Type"].startswith("text/plain")
    assert api.with_bearer(text.body.decode()) is None
    assert len(json.loads(api.post("/other", form="client_id=me&client_secret=s").body)) == 32


def test_the_token_may_stand_in_a_text():
    api = Api(a_login(answer="text", token_at="", text='<login id="{token}"/>'))
    response = api.post(form="client_id=a&client_secret=b")
    token = re.fullmatch(r'<login id="([\w-]{32})"/>', response.body.decode())[1]
    assert ("Content-Type", "application/xml; charset=utf-8") in response.headers
    assert api.with_bearer(token) is None


def test_the_token_may_come_in_a_header():
    api = Api(a_login(answer="header", token_at="X-Auth-Token", sent_as="X-Auth-Token", prefix="", extra={"ok": 1}))
    response = api.post(form="client_id=me&client_secret=s")
    assert json.loads(response.body) == {"ok": 1}
    assert api.ask(headers=[("x-auth-token", dict(response.headers)["X-Auth-Token"])]) is None


def test_two_logins_at_one_address_are_told_apart_by_what_they_need():
    api = Api(a_login(), a_login(name="user", needs=("user", "password")))
    assert api.post(form="user=u&password=p").login == "granted"
    assert api.with_bearer(api.token()) is None
    assert told(api.post(form="user=u"))[1] == "the form field client_id, client_secret is missing or empty"


def test_a_call_at_the_logins_own_address_that_shows_a_token_is_no_login_call():
    api = Api(a_login(path="/rpc", place="json", needs=("params.user",), sent_in="json", sent_as="auth", prefix=""))
    token = json.loads(api.post("/rpc", json_body={"method": "login", "params": {"user": "u"}}).body)["access_token"]
    assert api.post("/rpc", json_body={"method": "alerts", "auth": token}) is None
    assert api.post("/rpc", json_body={"method": "alerts", "auth": "made up"}).login == "expired"
    assert told(api.post("/rpc", json_body={"method": "alerts"}))[1] == "the JSON field params.user is missing or empty"
    assert api.post("/rpc", json_body={"params": {"user": "u"}, "auth": token}).login == "granted"
    assert api.post("/rpc", json_body={"params": {"user": ""}, "auth": token}).login == "missing"


# --- refresh tokens -----------------------------------------------------------------------------------------


def with_refresh(**named):
    return a_login(life=HOUR, extra={"refresh_token": "{token}", "inner": {"too": ["{token}", "no {token}"]}}, **named)


def test_a_refresh_token_comes_with_the_token_and_gives_a_new_one():
    api = Api(with_refresh())
    body = json.loads(api.post(form="client_id=me&client_secret=s").body)
    refresh = body["refresh_token"]
    assert refresh != body["access_token"]
    assert body["inner"] == {"too": [refresh, "no {token}"]}
    api.now += 2 * HOUR
    assert api.with_bearer(body["access_token"]).login == "expired"
    assert api.with_bearer(api.token(form=f"grant_type=refresh_token&refresh_token={refresh}")) is None
    renewal = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert api.with_bearer(api.token(form=None, json_body=renewal)) is None


def test_a_refresh_token_lets_no_request_through():
    api = Api(with_refresh())
    refresh = json.loads(api.post(form="client_id=me&client_secret=s").body)["refresh_token"]
    assert told(api.with_bearer(refresh)) == ("expired", "this is no token that the login call gave")


def test_a_renewal_without_a_refresh_token_is_refused_whatever_else_came():
    response = Api(with_refresh()).post(form="grant_type=refresh_token&client_id=me&client_secret=s&refresh_token=")
    assert told(response) == ("missing", "the form field refresh_token is missing or empty")


def test_a_refresh_token_out_of_a_parameter_is_taken():
    assert Api(with_refresh()).post(form="grant_type=refresh_token&refresh_token=of-a-person").login == "granted"


def test_a_logout_ends_refresh_tokens_too():
    api = Api(with_refresh())
    refresh = json.loads(api.post(form="client_id=me&client_secret=s").body)["refresh_token"]
    api.log_out()
    response = api.post(form=f"grant_type=refresh_token&refresh_token={refresh}")
    assert told(response) == ("expired", "the refresh token is no longer good: its session was ended")
    assert api.with_bearer(api.token()).login == "expired", "given at the logout's own moment"
    api.now += SECOND
    assert api.with_bearer(api.token()) is None


# --- where a request shows it -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent_in", "sent_as", "target", "request_of"),
    [
        ("header", "X-Session", "/alerts", lambda token: {"headers": [("x-session", token)]}),
        ("cookie", "SID", "/alerts", lambda token: {"headers": [("Cookie", f'a=b; SID="{token}"; c=d')]}),
        ("query", "session", "/alerts?session={}&a=1", lambda token: {}),
        ("json", "auth.token", "/alerts", lambda token: {"json_body": {"auth": {"token": token}}}),
        ("form", "token", "/alerts", lambda token: {"form": f"a=1&token={token}"}),
        ("path", "token", "/v1/{}/alerts", lambda token: {}),
    ],
)
def test_a_token_is_looked_for_where_the_login_says(sent_in, sent_as, target, request_of):
    api = Api(a_login(sent_in=sent_in, sent_as=sent_as, prefix=""))
    token = api.token()
    assert api.ask(target.format(token), **request_of(token)) is None
    assert api.ask(target.format("x" * 32), **request_of("x" * 32)).login == "expired"
    nothing = api.with_bearer(token)
    assert nothing.login == ("expired" if sent_in == "path" else "missing")


@pytest.mark.parametrize("prefix", ["", "<sid>"])
def test_a_token_may_stand_anywhere_in_a_text(prefix):
    api = Api(a_login(sent_in="body", sent_as="", prefix=prefix))
    soap = "<Envelope><hash>{}</hash><sid>{}</sid></Envelope>"
    token = api.token()
    assert api.ask(form=soap.format("f" * 32, token)) is None
    assert api.ask(form=soap.format("f" * 32, "x" * 32)).login == "expired"
    assert told(api.ask(form="<Envelope/>")) == (
        "missing", f"the body holds no token{' behind <sid>' if prefix else ''}"
    )  # fmt: skip
    assert told(api.ask(form="<Envelope><sid></sid></Envelope>"))[0] == "missing"


def test_a_key_may_stand_behind_something_in_a_text():
    api = Api(Login(kind="key", sent_in="body", sent_as="", prefix="<key>"))
    assert api.ask(form="<a><key>k-1</key></a>") is None
    assert [api.ask(form=text).login for text in ("<a><key></key></a>", "<a>k-1</a>")] == ["missing", "missing"]


def test_a_body_that_is_no_json_shows_no_token():
    api = Api(a_login(sent_in="json", sent_as="token", prefix=""))
    assert told(api.ask(form="<a/>")) == ("missing", "the JSON field token is missing or empty")


def test_a_token_in_the_path_stands_where_the_braces_are():
    api = Api(a_login(sent_in="path", sent_as="token", prefix="session-", paths=("/v1/{token}/",)))
    token = api.token()
    assert api.ask(f"/v1/session-{token}/alerts") is None
    assert api.ask(f"/v1/{token}/alerts").login == "missing"
    assert api.ask(f"/v1/x/session-{token}").login == "missing"
    assert api.ask("/health") is None


def test_a_key_in_the_path_is_asked_for_as_the_endpoints_paths_say():
    guarded = Login(kind="key", sent_in="path", sent_as="key", paths=("/hooks/", "/feeds/"))
    scenario = Scenario(
        starts=STARTS,
        events=(an_event(),),
        endpoints=(an_endpoint("/hooks/{key}/alerts"), an_endpoint("/feeds"), an_endpoint("/health")),
        logins=(guarded,),
        time_field="created",
    )
    vendor = SimulatedVendor(scenario)
    status = {path: asked(vendor, path).status for path in ("/hooks/k-1/alerts", "/hooks//alerts", "/feeds", "/health")}
    assert status == {"/hooks/k-1/alerts": 200, "/hooks//alerts": 401, "/feeds": 401, "/health": 200}


def test_a_key_in_the_path_may_have_something_before_it():
    guarded = Login(kind="key", sent_in="path", sent_as="key", prefix="key-")
    scenario = Scenario(starts=STARTS, endpoints=(an_endpoint("/{key}/alerts"),), logins=(guarded,))
    assert [asked(SimulatedVendor(scenario), path).status for path in ("/key-1/alerts", "/1/alerts")] == [200, 401]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_compared_without_its_case(scheme):
    api = Api(a_login())
    assert api.ask(headers=[("Authorization", f"{scheme}  {api.token()}")]) is None


@pytest.mark.parametrize("before", ["", "Token ", "Bearer"])
def test_a_token_without_its_prefix_is_refused_as_missing(before):
    api = Api(a_login())
    response = api.ask(headers=[("Authorization", before + api.token())])
    assert told(response) == ("missing", 'the header Authorization does not begin with "Bearer "')


@pytest.mark.parametrize(("prefix", "scheme"), [("SSWS ", "SSWS"), ("", "Bearer"), ('token="', "Bearer")])
def test_a_refusal_names_the_scheme_that_is_asked_for(prefix, scheme):
    assert dict(Api(a_login(prefix=prefix)).ask().headers)["WWW-Authenticate"] == f'{scheme} realm="vendor"'


def test_a_prefix_may_open_a_quotation():
    api = Api(a_login(prefix='Token token="'))
    assert api.ask(headers=[("Authorization", f'Token token="{api.token()}"')]) is None


# --- keys, basic, signed ------------------------------------------------------------------------------------


def test_any_text_is_a_key():
    api = Api(Login(kind="key", sent_as="X-Api-Key", status=403))
    assert api.ask(headers=[("X-API-KEY", "whatever")]) is None
    response = api.ask(headers=[("X-API-KEY", " ")])
    assert (response.status, told(response)) == (403, ("missing", "the header X-Api-Key is missing or empty"))
    assert json.loads(response.body)["error"] == "forbidden"
    assert "WWW-Authenticate" not in dict(response.headers)


def test_a_key_may_stand_in_the_query_or_behind_a_prefix():
    query = Api(Login(kind="key", sent_in="query", sent_as="apikey"))
    assert query.ask("/alerts?apikey=k") is None
    assert told(query.ask("/alerts?apikey="))[1] == "the query parameter apikey is missing or empty"
    prefixed = Api(Login(kind="key", prefix="SSWS "))
    assert prefixed.ask(headers=[("Authorization", "SSWS k")]) is None
    assert told(prefixed.ask(headers=[("Authorization", "k")]))[0] == "missing"


def test_basic_lets_through_who_names_himself():
    api = Api(Login(kind="basic"))
    assert api.ask(headers=basic("u:p")) is None
    assert dict(api.ask().headers)["WWW-Authenticate"] == 'Basic realm="vendor"'
    with_password = Api(Login(kind="basic", needs=("username", "password")))
    assert told(with_password.ask(headers=basic("u:"))) == ("missing", "password is missing or empty")


def test_signed_headers_have_to_come_and_are_not_checked():
    api = Api(Login(kind="signed", needs=("X-Date", "X-Signature")))
    assert api.ask(headers=[("x-date", "yesterday"), ("x-signature", "wrong")]) is None
    response = api.ask(headers=[("X-Date", "yesterday")])
    assert told(response) == ("missing", "the header X-Signature is missing or empty")


# --- what is guarded ----------------------------------------------------------------------------------------


def test_only_paths_that_begin_so_are_guarded():
    api = Api(a_login(paths=("/api/v1/", "v2")))
    refused = [api.ask(path) is not None for path in ("/api/v1/a", "/api//v1", "/v2x", "/api/v2", "/health", "/a/v2")]
    assert refused == [True, True, True, False, False, False]


def test_a_login_call_is_never_guarded_by_its_own_login():
    api = Api(a_login(path="/api/token", paths=("/api",)))
    assert api.post("/api/token", form="client_id=me&client_secret=s").login == "granted"
    assert api.ask("/api/alerts").login == "missing"


def test_a_login_call_may_be_guarded_by_another_login_that_names_its_path():
    api = Api(a_login(), Login(kind="key", sent_as="X-Key", paths=("/token",)))
    form = "client_id=me&client_secret=s"
    assert told(api.post(form=form)) == ("missing", "the header X-Key is missing or empty")
    assert api.post(form=form, headers=[("X-Key", "k")]).login == "granted"


def test_a_login_that_names_no_paths_guards_no_login_call():
    api = Api(a_login(), Login(kind="key", sent_as="X-Key"))
    bearer = ("Authorization", f"Bearer {api.token()}")
    assert told(api.ask(headers=[bearer]))[1] == "the header X-Key is missing or empty"
    assert api.ask(headers=[bearer, ("X-Key", "k")]) is None


def test_logins_shown_in_one_place_are_alternatives():
    api = Api(a_login(life=HOUR), Login(kind="basic"))
    token = api.token()
    assert api.with_bearer(token) is None
    assert api.ask(headers=basic("u:p")) is None
    assert api.ask().login == "missing"
    api.now += HOUR
    assert api.with_bearer(token).login == "expired", "not what the other login says of it"


def test_without_logins_everything_goes_on():
    assert Api().ask() is None


@pytest.mark.parametrize(
    ("body", "sent", "kind"),
    [({"code": 7}, b'{"code":7}', "application/json"), ("<denied/>", b"<denied/>", "text/plain; charset=utf-8")],
)
def test_the_refusal_is_what_the_scenario_says(body, sent, kind):
    response = Api(a_login(body=body, status=419)).ask()
    assert (response.status, response.body, dict(response.headers)["Content-Type"]) == (419, sent, kind)


# --- end to end ---------------------------------------------------------------------------------------------


def vendor_of(*logins):
    """A vendor that answers [] to everybody it knows."""
    known = Logins(logins, 1)
    return lambda request, now: known.answer(Asked(request, now), 0) or Response(200, (), b"[]")


def test_a_session_of_requests_sends_the_cookie_back():
    cookie = a_login(answer="cookie", token_at="JSESSIONID", sent_in="cookie", sent_as="JSESSIONID", prefix="")
    with a_world(vendor_of(cookie)) as world:
        session = requests.Session()
        assert session.get(f"{URL}/api/alerts").status_code == 401
        granted = session.post(f"{URL}/token", data=FORM)
        assert granted.headers["Set-Cookie"].endswith("; Path=/; HttpOnly")
        assert session.get(f"{URL}/api/alerts").json() == []
        session.cookies.clear()
        assert session.get(f"{URL}/api/alerts").status_code == 401
    assert [each.login for each in world.exchanges] == ["missing", "granted", "", "missing"]


def test_a_client_logs_in_anew_once_its_token_has_run_out():
    with a_world(vendor_of(a_login(life=timedelta(seconds=1), life_at="expires_in"))) as world:
        statuses = []
        token = None
        for _ in range(8):
            answer = requests.get(f"{URL}/alerts", headers={"Authorization": f"Bearer {token}"} if token else {})
            statuses.append(answer.status_code)
            if answer.status_code == 401:
                granted = requests.post(f"{URL}/token", data=FORM).json()
                assert granted["expires_in"] == 1
                token = granted["access_token"]
    assert statuses == [401, 200, 200, 200, 200, 401, 200, 200]
    assert [each.login for each in world.exchanges if each.login] == ["missing", "granted", "expired", "granted"]


def test_basic_credentials_of_requests_are_taken():
    with a_world(vendor_of(Login(kind="basic"))):
        assert requests.get(f"{URL}/alerts", auth=("user", "pässword")).status_code == 200
        assert requests.get(f"{URL}/alerts").status_code == 401
