"""What a script takes from the real CommonServerPython, and xsim's own lacks, is known before it runs."""

import pytest
from load_builders import SCRIPT, a_checkout, a_package

from xsim.load import load_integration
from xsim.load.known_names import APRIL_2022, LATER
from xsim.load.missing_names import missing_names
from xsim.load.source import Outline

COMMON = compile("import json\ndef return_error(): ...\nis_xsoar = 1\n", "common", "exec")
USER = compile("is_platform = 1\n", "user", "exec")


@pytest.fixture(autouse=True)
def _private_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DEMISTO_SDK_CONTENT_PATH", raising=False)
    monkeypatch.chdir(tmp_path)


def missing(*texts):
    return missing_names(texts, [Outline(text).names for text in texts], COMMON, USER)


def test_all_of_them_are_named_in_order_of_appearance():
    text = "def main():\n    send_data_to_xsiam(1)\n    return_error()\nif is_xsiam():\n    main()\n"
    assert missing(text) == ("send_data_to_xsiam", "is_xsiam")


def test_what_an_api_module_uses_counts_and_what_it_brings_does_not():
    assert missing("is_xsiam()\nretry()\n", "def retry():\n    return safe_sleep\n") == ("is_xsiam", "safe_sleep")


@pytest.mark.parametrize(
    "text",
    [
        "is_xsoar()\nis_platform()\nprint(demisto, register_module_line)",  # there
        "def f(retry):\n    return retry",
        "def f():\n    retry = 1\n    return lambda: retry",
        "from tenacity import retry\nretry()",
        "import tenacity as retry\nretry()",
        "def f():\n    return retry\ndef retry(): ...",
        "class retry: ...\nretry()",
        "def f():\n    global retry\n    retry = 1\ndef g():\n    return retry",
        "def f(**x):\n    x.retry()\nf(retry={'retry': 'retry'})  # retry",
        "[retry for retry in range(3)]",
        "try:\n    is_xsiam()\nexcept NameError:\n    pass",
    ],
)
def test_what_is_there_or_no_such_name_is_not_missing(text):
    assert missing(text) == ()


def test_a_known_name_is_missing_whatever_other_scopes_call_their_own():
    assert missing("def f(retry):\n    return retry\n@retry\ndef g(): ...\n") == ("retry",)


def test_a_name_that_is_not_known_may_be_a_later_one():
    assert missing("send_everything_twice(1)") == ("send_everything_twice",)


@pytest.mark.parametrize(
    "text",
    [
        "retrun_error('x')",  # nearly return_error
        "incidents = []\nprint(incidnts)",  # nearly a name of its own
        "def f():\n    client = 1\ndef g():\n    return client",  # bound in another function
        "unicode('x')",  # Python 2
        "_hidden()",  # no star import gives it
        "from toolbox import *\nsend_everything_twice(1)",  # from there, perhaps
    ],
)
def test_what_looks_like_the_scripts_own_mistake_is_left_to_it(text):
    assert missing(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "match 1:\n    case {'a': found, **others}:\n        print(found, others)",
        "match 1:\n    case [first, *more] as all_of_it:\n        print(first, more, all_of_it)",
        "try:\n    pass\nexcept ValueError as wrong:\n    print(wrong)",
        "import os.path as where, json.decoder\nprint(where, json)",
        "async def far(*arguments, key=1, **options):\n    print(far, arguments, key, options)",
        "if (count := 1):\n    print(count)",
        "with open('x') as file_of_mine:\n    print(file_of_mine)",
        "for each, (one, *two) in ():\n    print(each, one, two)",
    ],
)
def test_every_way_to_bind_a_name_is_known(text):
    assert missing(text) == ()


def test_a_star_import_of_what_the_server_puts_together_hides_nothing():
    text = "from CommonServerPython import *\nfrom DoorApiModule import *\nsend_everything_twice(1)"
    assert missing(text) == ("send_everything_twice",)


def test_names_taken_from_the_module_itself_count():
    assert missing("from CommonServerPython import is_xsiam, return_error\nis_xsiam()") == ("is_xsiam",)
    assert missing("import CommonServerPython\nCommonServerPython.safe_sleep(1)") == ("safe_sleep",)


def test_an_integration_tells_what_is_missing_in_a_note(tmp_path):
    folder = a_package(tmp_path / "x", script=SCRIPT + "\n\ndef poll():\n    return send_everything_twice\n")
    (folder / "CommonServerPython.py").unlink()
    integration = load_integration(folder)
    assert integration.missing_names == ("send_everything_twice",)
    [note] = integration.notes
    assert note == (
        "Not in xsim's CommonServerPython: send_everything_twice. A fetch that uses it ends undecided: "
        "pass --common-server."
    )


def test_with_a_real_one_nothing_is_judged(tmp_path):
    root = a_checkout(tmp_path / "content", script=SCRIPT + "\nsend_everything_twice\n")
    assert load_integration(root).missing_names == ()
    assert load_integration(root).notes == ()


def test_the_known_names_are_names_and_stand_once():
    assert all(name.isidentifier() and not name.startswith("_") for name in (*APRIL_2022, *LATER))
    assert len({*APRIL_2022, *LATER}) == len(APRIL_2022) + len(LATER)
