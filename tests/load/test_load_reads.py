"""The script's text tells which parameters it reads, and what for."""

import ast
from textwrap import dedent

import pytest

from xsim.load.reads import read_parameters
from xsim.load.source import clients_outside_python


def reads(text):
    return {parameter.name: parameter for parameter, _ in read_parameters(ast.parse(dedent(text)))}


@pytest.mark.parametrize(
    "text",
    [
        "demisto.params().get('url')",
        "demisto.params()['url']",
        "PARAMS = demisto.params()\ndef f(): return PARAMS.get('url')",
        "params: dict = demisto.params() or {}\nparams.get('url')",
        "params = {k: v for k, v in demisto.params().items() if v}\nparams['url']",
        "params = dict(demisto.params())\nparams['url']",
        "def f(config): return config['url']\nf(demisto.params())",
        "def f(client, config): return config['url']\ndef g(p): f(1, config=p)\ng(demisto.params())",
        "class C:\n  def __init__(self, p): self.p = p\n  def f(self): return self.p.get('url')\nC(demisto.params())",
        "def f(params): return params.get('url')",
        "demisto.getParam('url')",
        "KEY = 'url'\ndemisto.params().get(KEY)",
        "(p := demisto.params()).get('x')\np['url']",
    ],
)
def test_a_read_is_found_however_params_got_there(text):
    assert "url" in reads(text)


def test_reads_stand_in_order_of_appearance():
    assert list(reads("p = demisto.params()\np['b']\np['a']\np['b']\np.get('c')")) == ["b", "a", "c"]


def test_the_params_of_a_request_are_no_parameters_of_the_instance():
    text = """
    def search(params):
        return params.get('page')
    p = demisto.params()
    p['url']
    search({'page': 1})
    """
    assert list(reads(text)) == ["url"]


def test_a_parameter_that_is_written_is_not_read():
    assert reads("p = demisto.params()\np['url'] = 1\n") == {}


@pytest.mark.parametrize(
    "text",
    [
        "demisto.params().get('login', {}).get('password')",
        "demisto.params()['login']['identifier']",
        "login = demisto.params().get('login')\nlogin.get('identifier')",
        "demisto.getParam('login.password')",
        "(demisto.params().get('login') or {}).get('password')",
    ],
)
def test_what_is_taken_apart_is_credentials(text):
    login = reads(text)["login"]
    assert (login.kind, login.required) == (9, True)


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("p['url']", True),
        ("p.get('url')", True),
        ("p.get('url', '')", True),
        ("p.get('url', 'https://x')", False),
        ("p.get('url') or 'https://x'", False),
        ("p['query']", True),
        ("p.get('query')", False),
        ("p.get('query', '')", False),
        ("int(p.get('things'))", True),
        ("int(p.get('things', 5))", False),
        ("p.get('max_fetch')", True),
        ("p.get('max_fetch', 10)", False),
    ],
)
def test_a_value_is_needed_where_the_script_has_none_of_its_own(text, required):
    [parameter] = reads(f"p = demisto.params()\n{text}").values()
    assert parameter.required is required


@pytest.mark.parametrize(
    "text", ["not p.get('insecure')", "p.get('use_ssl')", "p.get('x', True)", "argToBoolean(p['x'])"]
)
def test_checkboxes_are_known_by_name_or_use(text):
    [parameter] = reads(f"p = demisto.params()\n{text}").values()
    assert (parameter.kind, parameter.required) == (8, False)


def test_a_check_for_a_missing_url_makes_it_no_checkbox():
    assert reads("p = demisto.params()\nif not p.get('url'): raise ValueError()")["url"].kind == 0


def test_clients_outside_python_are_found_in_a_text_wherever_it_imports_them():
    text = "def f():\n    import psycopg2.extras\nfrom pyarrow import flight\nfrom mysql import connector\n"
    assert clients_outside_python(text) == ("pyarrow.flight", "mysql.connector", "psycopg2")
    assert clients_outside_python("import requests, ldap3, grpc_tools\n") == ()
