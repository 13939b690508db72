"""Parameters have the server's shapes, come from four places, and are made up where nobody gave them."""

import dataclasses
from pathlib import Path

import pytest

from xsim.errors import InvalidParameter
from xsim.integration import Integration, Parameter
from xsim.load import load_parameters
from xsim.load.configuration import declared_parameters
from xsim.secrets import spellings

DECLARED = (
    Parameter("url", 0, required=True, display="Server URL"),
    Parameter("apikey", 4, required=True),
    Parameter("credentials", 9),
    Parameter("insecure", 8),
    Parameter("max_fetch", 0, default="10"),
    Parameter("severity", 16, default="Low,Medium", options=("Low", "Medium", "High")),
    Parameter("status", 15, options=("open", "closed")),
    Parameter("query", 12),
    Parameter("incidentFetchInterval", 19, default="5"),
    Parameter("pages", 1, default="3"),
    Parameter("feedReliability", 15, default="B", hidden=True),
    Parameter("title", 20),
    Parameter("isFetch", 8),
)


@pytest.fixture(autouse=True)
def _private_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def an_integration(*parameters, **changes):
    return Integration("Door Watch", Path("DoorWatch.py"), "0", parameters=parameters or DECLARED, **changes)


def a_lone_script(*guessed):
    return dataclasses.replace(an_integration(), parameters=None, guessed_parameters=guessed)


def value(name, text, *parameters):
    return load_parameters(an_integration(*parameters), overrides=[f"{name}={text}"]).values[name]


def refusal(integration=None, **options):
    with pytest.raises(InvalidParameter) as caught:
        load_parameters(integration or an_integration(), **options)
    assert "\n" not in caught.value.message
    return caught.value


def test_declared_parameters_are_all_there_with_defaults_or_empty():
    values = load_parameters(an_integration()).values
    assert {
        name: values[name] for name in ("max_fetch", "severity", "pages", "feedReliability", "insecure", "isFetch")
    } == {
        "max_fetch": "10",
        "severity": ["Low", "Medium"],
        "pages": "3",
        "feedReliability": "B",
        "insecure": False,
        "isFetch": True,
    }
    assert values["query"] is None
    assert values["status"] is None
    assert "title" not in values


def test_the_platforms_own_parameters_are_there_though_undeclared():
    values = load_parameters(an_integration(Parameter("url", 0))).values
    assert (values["isFetch"], values["incidentType"], values["incidentFetchInterval"]) == (True, None, "1")


def test_where_no_secret_is_required_the_optional_ones_are_made_up():
    made_up = load_parameters(an_integration(Parameter("login", 9), Parameter("key", 4), Parameter("note", 0)))
    assert made_up.stand_ins == ("login", "key")
    assert load_parameters(an_integration(Parameter("login", 9, required=True), Parameter("key", 4))).stand_ins == (
        "login",
    )
    given = load_parameters(an_integration(Parameter("login", 9), Parameter("key", 4)), overrides=["key=long-enough"])
    assert given.stand_ins == ()


def test_where_no_address_is_required_the_optional_one_is_made_up():
    made_up = load_parameters(an_integration(Parameter("key", 4, required=True), Parameter("url", 0)))
    assert made_up.stand_ins == ("key", "url")
    assert made_up.values["url"] == "https://vendor.example"


def test_an_unset_list_is_empty_and_unset_credentials_hold_empty_texts():
    integration = an_integration(Parameter("key", 4, required=True), Parameter("login", 9), Parameter("kinds", 16))
    values = load_parameters(integration).values
    assert values["kinds"] == []
    assert (values["login"]["identifier"], values["login"]["password"]) == ("", "")


@pytest.mark.parametrize(
    ("text", "truth"), [("true", True), ("Yes", True), ("false", False), ("no", False), ("", False)]
)
def test_a_checkbox_is_a_truth(text, truth):
    assert value("insecure", text) is truth


@pytest.mark.parametrize(
    ("text", "minutes"), [("7", "7"), ("5m", "5"), ("2h", "120"), ("1 day", "1440"), ("3 minutes", "3")]
)
def test_a_duration_is_a_text_of_minutes(text, minutes):
    assert value("incidentFetchInterval", text) == minutes


def test_numbers_arrive_as_text():
    values = load_parameters(an_integration(), scenario_params={"max_fetch": 25, "pages": 4}).values
    assert (values["max_fetch"], values["pages"]) == ("25", "4")


def test_a_multi_select_takes_csv_or_a_list():
    assert value("severity", "High, Low") == ["High", "Low"]
    assert load_parameters(an_integration(), scenario_params={"severity": ["High"]}).values["severity"] == ["High"]


@pytest.mark.parametrize(
    "given",
    [
        {"credentials": "kim:s3cret:x"},
        {"credentials": {"identifier": "kim", "password": "s3cret:x"}},
        {"credentials.identifier": "kim", "credentials.password": "s3cret:x"},
    ],
)
def test_credentials_become_the_servers_nested_object(given):
    credentials = load_parameters(an_integration(), scenario_params=given).values["credentials"]
    assert (credentials["identifier"], credentials["password"]) == ("kim", "s3cret:x")
    assert credentials["passwordChanged"] is False
    assert set(credentials) == {"identifier", "password", "passwordChanged", "credential", "credentials"}
    assert credentials["credentials"]["sshkey"] == ""
    assert len(credentials["credentials"]) == 13


def test_a_part_of_credentials_is_laid_over_what_was_given_before():
    credentials = load_parameters(
        an_integration(),
        scenario_params={"credentials": {"identifier": "kim", "password": "from the scenario"}},
        overrides=["credentials.password=from the command line"],
    ).values["credentials"]
    assert (credentials["identifier"], credentials["password"]) == ("kim", "from the command line")


def test_an_ssh_key_stands_in_the_stored_part():
    credentials = load_parameters(an_integration(), scenario_params={"credentials.sshkey": "a\nb"}).values[
        "credentials"
    ]
    assert (credentials["credentials"]["sshkey"], credentials["credentials"]["sshkeyEsc"]) == ("a\nb", "a\\nb")


def test_an_unknown_part_of_credentials_is_refused():
    assert refusal(overrides=["credentials.pasword=x"]).hint == "did you mean 'password'?"


def test_later_places_come_over_earlier_ones(tmp_path):
    (tmp_path / "p.json").write_text('{"max_fetch": 2, "query": "file"}', encoding="utf-8")
    values = load_parameters(
        an_integration(),
        scenario_params={"max_fetch": "1", "query": "scenario", "url": "https://scenario.example"},
        params_file=tmp_path / "p.json",
        overrides=["max_fetch=3", "max_fetch=4"],
    ).values
    assert (values["max_fetch"], values["query"], values["url"]) == ("4", "file", "https://scenario.example")


def test_a_null_unsets_a_default():
    assert load_parameters(an_integration(), scenario_params={"max_fetch": None}).values["max_fetch"] is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("p.json", '{"max_fetch": 7, "insecure": true, "severity": ["High"], "query": null}'),
        ("p.toml", 'max_fetch = 7\ninsecure = true\nseverity = ["High"]\n'),
        ("p.yml", "max_fetch: 7\ninsecure: yes\nseverity: [High]\nquery:\n"),
    ],
)
def test_a_file_may_be_json_toml_or_yaml(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    values = load_parameters(an_integration(), params_file=tmp_path / name).values
    assert (values["max_fetch"], values["insecure"], values["severity"], values["query"]) == ("7", True, ["High"], None)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.json", '{"a": 1,\n "b" 2}', "p.json:2:6: not valid JSON"),
        ("p.toml", "a = ", "p.toml: not valid TOML"),
        ("p.yml", "a: 1\nb: [", "p.yml:3:1: not valid YAML"),
        ("p.json", "[1]", "p.json: expected an object of names to values"),
        ("p.json", "[" * 100000, "p.json"),
        ("p.ini", "", "p.ini: unknown kind of file"),
        ("p.json", None, "p.json: no such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert refusal(params_file=Path(name)).message.startswith(message)


def test_an_undeclared_name_is_refused_with_the_nearest():
    error = refusal(overrides=["max_fech=5"])
    assert error.message == "--param: Door Watch declares no parameter 'max_fech'"
    assert error.hint == "did you mean 'max_fetch'?"
    assert refusal(scenario_params={"zzz": 1}).hint.startswith("it declares url, apikey, ")


def test_the_platforms_parameters_may_be_set_though_undeclared():
    assert value("isFetch", "false", Parameter("url", 0)) is False


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"insecure": "maybe"}, "insecure: expected true or false"),
        ({"incidentFetchInterval": "9" * 5_000}, "incidentFetchInterval: expected a duration in minutes"),
        ({"incidentFetchInterval": "soon"}, "incidentFetchInterval: expected a duration in minutes"),
        ({"incidentFetchInterval": True}, "incidentFetchInterval: expected a duration in minutes"),
        ({"query": ["a"]}, "query: expected a text, found a list"),
        ({"severity": 3}, "severity: expected a list"),
        ({"credentials": 3}, "credentials: expected credentials, found a number"),
        ({"status": "opne"}, "status: 'opne' is none of its options"),
    ],
)
def test_a_value_of_another_type_is_refused(given, expected):
    assert refusal(scenario_params=given).message.startswith(f"scenario [params]: {expected}")


def test_a_complaint_never_shows_a_secret():
    secret = "hunter2hunter2"
    for options in ({"overrides": [secret]}, {"scenario_params": {"insecure": secret}}):
        error = refusal(**options)
        assert secret not in error.message + (error.hint or "")


def test_environment_and_files_hold_values(tmp_path, monkeypatch):
    monkeypatch.setenv("DOOR_KEY", "from the environment")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "password").write_text("from a file\n", encoding="utf-8")
    (tmp_path / "conf" / "p.json").write_text('{"credentials": {"password": "file:password"}}', encoding="utf-8")
    values = load_parameters(
        an_integration(), params_file=tmp_path / "conf" / "p.json", overrides=["apikey=env:DOOR_KEY"]
    ).values
    assert values["apikey"] == "from the environment"
    assert values["credentials"]["password"] == "from a file"
    in_scenario = load_parameters(
        an_integration(), scenario_params={"apikey": "file:password"}, folder=tmp_path / "conf"
    )
    assert in_scenario.values["apikey"] == "from a file"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("env:DOOR_KEY_UNSET", "--param: apikey: environment variable DOOR_KEY_UNSET is not set"),
        ("file:nowhere", "nowhere: no such file"),
        ("file:../outside", "--param: apikey: file:../outside lies outside"),
        ("file:/etc/hostname", "--param: apikey: file:/etc/hostname lies outside"),
    ],
)
def test_a_value_that_refers_to_nothing_is_refused(text, message):
    assert refusal(overrides=[f"apikey={text}"]).message.startswith(message)


def test_required_parameters_without_a_value_get_stand_ins():
    parameters = load_parameters(an_integration())
    assert parameters.stand_ins == ("url", "apikey")
    assert parameters.values["url"] == "https://vendor.example"
    assert len(parameters.values["apikey"]) >= 24
    assert parameters.values == load_parameters(an_integration()).values
    assert load_parameters(an_integration(), overrides=["url=https://x", "apikey=k"]).stand_ins == ()


@pytest.mark.parametrize(
    ("parameter", "stand_in"),
    [
        (Parameter("server", 0), "https://vendor.example"),
        (Parameter("host", 0, display="Server host name"), "vendor.example"),
        (Parameter("host", 0, display="Server URL (e.g. https://x)"), "https://vendor.example"),
        (Parameter("max_fetch", 0), "50"),
        (Parameter("fetchLimit", 0), "50"),
        (Parameter("first_fetch", 0), "3 days"),
        (Parameter("fetch_time", 0), "3 days"),
        (Parameter("severity", 15, options=("High", "Low")), "High"),
        (Parameter("kinds", 16, options=("a", "b")), ["a"]),
        (Parameter("region", 0), "us"),
        (Parameter("port", 0), "443"),
        (Parameter("mailbox", 0), "user@vendor.example"),
        (Parameter("interval", 19), "1"),
        (Parameter("pages", 1), "50"),
        (Parameter("default_project", 0), "default_project"),
    ],
)
def test_a_stand_in_fits_type_and_name(parameter, stand_in):
    integration = an_integration(dataclasses.replace(parameter, required=True))
    assert load_parameters(integration).values[parameter.name] == stand_in


def test_a_tenant_gets_a_uuid_and_credentials_a_user_and_a_password():
    values = load_parameters(
        an_integration(Parameter("tenant_id", 0, required=True), Parameter("login", 9, required=True))
    ).values
    assert [len(part) for part in values["tenant_id"].split("-")] == [8, 4, 4, 4, 12]
    assert values["login"]["identifier"]
    assert len(values["login"]["password"]) >= 24


def test_strict_refuses_with_all_missing_names_in_one_line():
    assert refusal(strict=True).message == "parameters without a value: url, apikey"
    assert load_parameters(an_integration(), overrides=["url=u", "apikey=k"], strict=True).stand_ins == ()


def test_a_lone_script_keeps_its_own_defaults_and_gets_the_rest():
    script = a_lone_script(
        Parameter("url", 0, required=True),
        Parameter("insecure", 8, default="false"),
        Parameter("verify", 8),
        Parameter("first_fetch", 0),
    )
    parameters = load_parameters(script)
    assert parameters.stand_ins == ("url",)
    assert parameters.values["insecure"] is False
    assert "verify" not in parameters.values
    assert "first_fetch" not in parameters.values


def test_a_lone_script_takes_any_name_and_keeps_its_type():
    values = load_parameters(
        a_lone_script(), scenario_params={"ids": [1, 2], "login.password": "x"}, overrides=["a=1"]
    ).values
    assert (values["ids"], values["a"], values["login"]["password"]) == ([1, 2], "1", "x")


def test_secrets_are_the_texts_of_secret_values():
    secrets = load_parameters(
        an_integration(),
        overrides=["apikey=Sup3r/Secret", "credentials=kim:pass word", "url=https://x", "max_fetch=1234"],
    ).secrets
    assert {"Sup3r/Secret", "pass word"} <= set(secrets)
    assert not {"kim", "https://x", "1234", ""} & set(secrets)
    assert "pass+word" in spellings("pass word")


def test_short_texts_are_no_secrets_as_they_would_mask_everything():
    assert "abc" not in load_parameters(an_integration(), overrides=["apikey=abc"]).secrets


def test_a_lone_scripts_secrets_are_known_by_name():
    secrets = load_parameters(a_lone_script(), overrides=["api_token=abcdefgh", "page=12345678"]).secrets
    assert "abcdefgh" in secrets
    assert "12345678" not in secrets


@pytest.mark.parametrize("kind", ["9" * 5_000, "\u00b2", "-1", "4.0", "encrypted"])
def test_a_type_that_is_none_of_the_servers_is_taken_for_text(kind):
    [parameter] = declared_parameters({"configuration": [{"name": "a", "type": kind}]}, "xsoar")
    assert parameter.kind == 0
