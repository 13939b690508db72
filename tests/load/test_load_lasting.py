"""Which lines of a script may change what outlives a command."""

import ast

import pytest

from xsim.load.lasting import lasting_lines

IMPORTS = "import json, os, sys, requests\nfrom collections import deque as line\n"


def lines(text):
    return [number - 2 for number in lasting_lines(list(ast.walk(ast.parse(IMPORTS + text))))]


@pytest.mark.parametrize(
    "text",
    [
        "requests.seen = set()",
        "requests.Session.seen['a'] = 1",
        "requests.seen.add(1)",
        "requests.count += 1",
        "del requests.get",
        "line.maximum = 5",
        "store = requests.sessions\nstore.seen = 1",
        "requests.__dict__['seen'] = 1",
        "vars = json.dumps.__dict__",
        "sys.modules['store'] = 1",
        "setattr(requests, 'seen', 1)",
        "BaseClient.retries = 3",
        "import locale\nlocale.setlocale(locale.LC_ALL, 'C')",
        "import threading\nthreading.Thread(target=print).start()",
        "self.__class__.seen = 1",
        "len.x = 1",
        "session = requests.Session()\ntype(session).seen = 1",
        "vars(requests)['seen'] = 1",
        "getattr(requests, 'seen').add(1)",
    ],
)
def test_what_lies_in_a_module_a_class_or_a_function_of_others_outlives_a_command(text):
    assert lines(text)[-1:] == [len(text.splitlines())]


@pytest.mark.parametrize(
    "text",
    [
        "class Client:\n    def __init__(self):\n        self.seen = set()\n        self.seen.add(1)",
        "seen = set()\nseen.add(1)\ncounts = {}\ncounts['a'] = 1",
        "session = requests.Session()\nsession.verify = False\nsession.headers.update({})",
        "os.environ['A'] = 'b'\nos.environ.pop('A', None)",
        "requests.packages.urllib3.disable_warnings()\nrequests.get('https://a.example')",
        "demisto.params()['url'] = 1",
        "class Client:\n    known = {}\n    def keep(self):\n        setattr(self, 'a', 1)\nClient.known['a'] = 1",
        "def main(store):\n    store.seen = 1\n    for each in store:\n        each.name = 1",
    ],
)
def test_what_is_new_in_each_command_does_not(text):
    assert lines(text) == []
