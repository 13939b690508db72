"""An integration is loaded from whatever a person gives, and refused in one line where it is none."""

import re
import sys

import pytest
from load_builders import SCRIPT, YML, a_package, a_unified_yml, a_yml

from xsim.errors import InvalidIntegration
from xsim.load import load_integration


@pytest.fixture(autouse=True)
def _private_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DEMISTO_SDK_CONTENT_PATH", raising=False)
    monkeypatch.chdir(tmp_path)


def refusal(path, **options):
    with pytest.raises(InvalidIntegration) as caught:
        load_integration(path, **options)
    assert "\n" not in caught.value.message
    return caught.value


def test_a_package_folder_is_its_script_and_its_yml(tmp_path):
    integration = load_integration(a_package(tmp_path / "DoorWatch"))
    assert integration.name == "Door Watch"
    assert integration.path.as_posix() == "DoorWatch/DoorWatch.py"
    assert integration.code.co_filename == "DoorWatch/DoorWatch.py"
    assert [parameter.name for parameter in integration.parameters] == ["url", "insecure"]
    assert integration.docker_image == "demisto/python3:3.10.13.84405"
    assert integration.notes == ()


def test_files_that_every_package_has_are_not_its_script(tmp_path):
    folder = a_package(tmp_path / "DoorWatch")
    others = (
        "DoorWatch_test",
        "test_more",
        "conftest",
        "__init__",
        "demistomock",
        "CommonServerUserPython",
        "XApiModule",
    )
    for name in others:
        (folder / f"{name}.py").write_text("", encoding="utf-8")
    assert load_integration(folder).path.name == "DoorWatch.py"


def test_a_lone_script_has_no_declared_parameters(tmp_path):
    integration = load_integration(a_package(tmp_path / "here", yml=None) / "DoorWatch.py")
    assert integration.parameters is None
    assert integration.name == "DoorWatch"


def test_a_script_takes_the_only_integration_yml_beside_it(tmp_path):
    folder = a_package(tmp_path, yml=None)
    (folder / "integration.yml").write_text(YML, encoding="utf-8")
    (folder / "docker-compose.yml").write_text("services: {}\n", encoding="utf-8")
    assert load_integration(folder / "DoorWatch.py").name == "Door Watch"


def test_a_yml_of_another_script_is_not_taken(tmp_path):
    folder = a_package(tmp_path)
    (folder / "Other.py").write_text(SCRIPT, encoding="utf-8")
    assert load_integration(folder / "Other.py").name == "Other"


def test_a_unified_yml_keeps_its_own_line_numbers(tmp_path):
    text = a_unified_yml(SCRIPT.replace("demisto.incidents([])", "1 / 0"))
    path = tmp_path / "integration-DoorWatch.yml"
    path.write_text(text, encoding="utf-8")
    code = load_integration(path).code
    wanted = next(number for number, line in enumerate(text.splitlines(), 1) if "1 / 0" in line)
    [main] = [constant for constant in code.co_consts if hasattr(constant, "co_lines")]
    assert wanted in {line for _, _, line in main.co_lines()}
    assert code.co_filename == "integration-DoorWatch.yml"


def test_a_quoted_script_in_a_yml_counts_its_own_lines(tmp_path):
    path = tmp_path / "integration-DoorWatch.yml"
    path.write_text(YML.replace("'-'", '"# fetch-incidents\\nx = 1\\n"'), encoding="utf-8")
    integration = load_integration(path)
    assert any("its own first line" in note for note in integration.notes)


def test_two_scripts_in_a_folder_are_refused_with_both_names(tmp_path):
    folder = a_package(tmp_path / "two")
    (folder / "Other.py").write_text(SCRIPT, encoding="utf-8")
    error = refusal(folder)
    assert error.message == "two: 2 scripts: DoorWatch.py, Other.py"
    assert error.hint == "give the file itself, such as two/DoorWatch.py"


def test_what_is_missing_is_named_with_the_nearest_name(tmp_path):
    a_package(tmp_path)
    error = refusal(tmp_path / "DoorWach.py")
    assert error.message == "DoorWach.py: no such file or folder"
    assert error.hint == "did you mean 'DoorWatch.py'?"


def test_an_empty_folder_has_no_script(tmp_path):
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty").message == "empty: no script in this folder"


def test_a_yml_without_a_script_anywhere_is_refused(tmp_path):
    (tmp_path / "DoorWatch.yml").write_text(YML, encoding="utf-8")
    error = refusal(tmp_path / "DoorWatch.yml")
    assert error.message == "DoorWatch.yml: no script in it (script.script is empty), and none beside it"
    assert "DoorWatch.py" in error.hint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("id: x\ntasks: {}\n", "a playbook"),
        ("name: x\ntype: python\nscript: ''\n", "an automation script"),
        ("a: 1\n", "a yml"),
    ],
)
def test_a_yml_of_another_kind_is_named_for_what_it_is(tmp_path, text, kind):
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    assert refusal(tmp_path / "x.yml").message.startswith(f"x.yml: {kind}, not an integration's yml")


def test_a_yml_that_is_not_valid_names_line_and_column(tmp_path):
    (tmp_path / "x.yml").write_text("a: 1\nb: [1, 2\nc: }\n", encoding="utf-8")
    assert re.match(r"x\.yml:3:\d+: not valid YAML: ", refusal(tmp_path / "x.yml").message)


def test_an_alias_bomb_is_refused_at_once(tmp_path):
    levels = [f"k{level}: &k{level} [{', '.join([f'*k{level - 1}'] * 9)}]" for level in range(1, 9)]
    (tmp_path / "x.yml").write_text("k0: &k0 [x, x]\n" + "\n".join(levels), encoding="utf-8")
    assert "aliases expand" in refusal(tmp_path / "x.yml").message


def test_a_merge_bomb_and_a_yml_that_holds_itself_are_refused(tmp_path):
    levels = [f"k{level}: &k{level}\n  <<: [{', '.join([f'*k{level - 1}'] * 9)}]" for level in range(1, 9)]
    (tmp_path / "x.yml").write_text("k0: &k0 {a: 1}\n" + "\n".join(levels), encoding="utf-8")
    assert "aliases expand" in refusal(tmp_path / "x.yml").message
    (tmp_path / "y.yml").write_text("a: &a\n  b: [*a, *a]\n", encoding="utf-8")
    assert "aliases expand" in refusal(tmp_path / "y.yml").message


@pytest.mark.parametrize("text", ["[" * 5000, "- " * 5000 + "x", "{a: " * 400 + "1" + "}" * 400])
def test_a_deeply_nested_yml_is_refused(tmp_path, text):
    (tmp_path / "x.yml").write_text(text, encoding="utf-8")
    assert refusal(tmp_path / "x.yml").message.startswith("x.yml")


def test_a_huge_file_is_refused_unread(tmp_path):
    (tmp_path / "x.py").write_bytes(b"#" * (5 * 2**20 + 1))
    assert refusal(tmp_path / "x.py").message == "x.py: larger than 5 MB, so no integration"


def test_a_syntax_error_names_file_line_and_python(tmp_path):
    folder = a_package(tmp_path, script="x = 1\nif x\n    pass\n")
    error = refusal(folder)
    assert error.message.startswith("DoorWatch.py:2: expected ':'")
    assert f"(Python {sys.version_info.major}.{sys.version_info.minor})" in error.message


def test_a_script_for_a_newer_python_is_told_so(tmp_path):
    yml = YML.replace("python3:3.10.13.84405", "python3:3.99.1.1")
    assert "has Python 3.99" in refusal(a_package(tmp_path, script="x = = 1\n", yml=yml)).hint


def test_an_image_with_a_number_beyond_all_measure_is_of_no_python(tmp_path):
    yml = YML.replace("python3:3.10.13.84405", f"python3:3.{'9' * 5_000}")
    assert "needs a newer Python" in refusal(a_package(tmp_path, script="x = = 1\n", yml=yml)).hint


@pytest.mark.parametrize("line", ["print 'a'", "except ValueError, e:", "raise ValueError, 'x'", "exec 'x'"])
def test_python_2_syntax_is_recognised(tmp_path, line):
    body = f"try:\n    pass\n{line}\n    pass\n" if line.startswith("except") else f"{line}\n"
    error = refusal(a_package(tmp_path, script=body, yml=None) / "DoorWatch.py")
    assert "Python 2 syntax" in error.message
    assert "Python 3" in error.hint


def test_the_yml_decides_that_a_script_is_python_2(tmp_path):
    error = refusal(a_package(tmp_path, yml=YML.replace("python3\n", "python2\n")))
    assert error.message == "DoorWatch.yml: subtype python2, a Python 2 integration"
    assert "subtype: python3" in error.hint


@pytest.mark.parametrize(("suffix", "language"), [(".js", "JavaScript"), (".ps1", "PowerShell")])
def test_other_languages_are_refused_by_name(tmp_path, suffix, language):
    folder = tmp_path / "Other"
    folder.mkdir()
    (folder / f"Other{suffix}").write_text("", encoding="utf-8")
    yml = YML.replace("type: python\n", f"type: {language.lower()}\n")
    (folder / "Other.yml").write_text(yml, encoding="utf-8")
    for path in (folder, folder / f"Other{suffix}", folder / "Other.yml"):
        error = refusal(path)
        assert f"a {language} integration" in error.message
        assert "Python 3" in error.hint


def test_a_type_that_no_one_knows_is_told_and_cut(tmp_path):
    yml = YML.replace("type: python\n", f"type: {'x' * 3_000}\n")
    message = refusal(a_package(tmp_path, yml=yml)).message
    assert message == f"DoorWatch.yml: an integration of the type '{'x' * 60}'"


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    assert refusal(tmp_path / "notes.txt").message == "notes.txt: neither .py nor .yml"


def test_text_that_is_not_utf_8_names_its_line(tmp_path):
    (tmp_path / "x.py").write_bytes(b"# fetch-incidents\nname = '\xe9'\n")
    assert refusal(tmp_path / "x.py").message == "x.py:2: not UTF-8 text (byte 0xe9)"


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path):
    (tmp_path / "CommonServerPython.py").write_text("", encoding="utf-8")
    (tmp_path / "x.py").write_bytes(b"\xef\xbb\xbf" + SCRIPT.replace("\n", "\r\n").encode())
    assert load_integration(tmp_path / "x.py").code is not None


def test_a_script_that_never_fetches_is_refused(tmp_path):
    error = refusal(a_package(tmp_path, script="x = 1\n", yml=None) / "DoorWatch.py")
    assert error.message == "DoorWatch.py: never mentions 'fetch-incidents'"
    assert "is this the right file?" in error.hint


def test_a_script_whose_yml_says_that_it_fetches_is_taken_at_its_word(tmp_path):
    assert load_integration(a_package(tmp_path, script="x = 1\n")).code is not None


def test_an_event_collector_is_refused_as_such(tmp_path):
    yml = YML.replace("isfetch: true", "isfetchevents: true")
    assert "event collector" in refusal(a_package(tmp_path, script="x = 1\n", yml=yml)).message


def test_a_fetching_script_whose_yml_does_not_say_so_gets_a_note(tmp_path):
    [note] = load_integration(a_package(tmp_path, yml=YML.replace("isfetch: true", "isfetch: false"))).notes
    assert "isfetch: true" in note


def test_the_fetch_may_stand_in_an_api_module(tmp_path):
    folder = a_package(tmp_path, script="from DoorApiModule import *\n", yml=None)
    (folder / "DoorApiModule.py").write_text("COMMAND = 'fetch-incidents'\n", encoding="utf-8")
    assert load_integration(folder / "DoorWatch.py").code is not None


def test_keys_of_the_marketplace_take_the_place_of_the_plain_ones(tmp_path):
    yml = a_yml(
        configuration="""
        - name: url
          type: 0
          defaultvalue: https://plain.example
          defaultvalue:xsoar: https://xsoar.example
          defaultvalue:xsoar_saas: https://saas.example
          display:platform: dropped
        """,
        script="isfetch:marketplacev2: false",
    )
    folder = a_package(tmp_path, yml=yml)
    defaults = {
        marketplace: load_integration(folder, marketplace=marketplace).parameters[0].default
        for marketplace in ("xsoar", "xsoar_saas", "xsoar_on_prem", "marketplacev2")
    }
    assert defaults == {
        "xsoar": "https://xsoar.example",
        "xsoar_saas": "https://saas.example",
        "xsoar_on_prem": "https://xsoar.example",
        "marketplacev2": "https://plain.example",
    }
    assert load_integration(folder).notes == ()
    assert "isfetch" in load_integration(folder, marketplace="marketplacev2").notes[0]


def test_a_list_of_marketplaces_hides_a_parameter_in_those_alone(tmp_path):
    folder = a_package(tmp_path, yml=a_yml(configuration="- {name: url, type: 0, hidden: [xsoar]}"))
    hidden = [
        load_integration(folder, marketplace=name).parameters[0].hidden for name in ("xsoar", "xsoar_saas", "xpanse")
    ]
    assert hidden == [True, True, False]


def test_an_unknown_marketplace_is_named_with_the_nearest(tmp_path):
    assert refusal(a_package(tmp_path), marketplace="xsoar_sas").hint == "did you mean 'xsoar_saas'?"


def test_the_same_text_has_the_same_digest_and_another_a_different_one(tmp_path):
    one = load_integration(a_package(tmp_path / "one")).digest
    assert one == load_integration(a_package(tmp_path / "two")).digest
    assert one != load_integration(a_package(tmp_path / "three", script=SCRIPT + "\n")).digest


def test_xsims_own_future_imports_do_not_hold_in_the_script(tmp_path):
    code = load_integration(
        a_package(tmp_path, script=SCRIPT + "def f(x: 1 + 1): pass\nKEPT = f.__annotations__\n")
    ).code
    assert not code.co_flags & __import__("__future__").annotations.compiler_flag


def test_an_import_from_the_future_gets_a_note(tmp_path):
    [note] = load_integration(a_package(tmp_path, script="from __future__ import annotations\n" + SCRIPT)).notes
    assert note.startswith("Line 1 imports from __future__")


def test_clients_that_go_round_python_are_named(tmp_path):
    script = "import pycurl\nfrom confluent_kafka import Consumer\nimport pyarrow\n" + SCRIPT
    integration = load_integration(a_package(tmp_path, script=script))
    assert integration.refused_modules == ("pycurl", "confluent_kafka")
    assert "pycurl, confluent_kafka" in integration.notes[0]


def test_a_script_too_deep_for_its_tree_is_still_loaded_or_refused_in_one_line(tmp_path):
    script = SCRIPT + "x = " + "(" * 150 + "1" + ")" * 150 + "\ny = " + "+".join(["1"] * 20000) + "\n"
    folder = a_package(tmp_path, script=script)
    try:
        code = load_integration(folder).code
    except InvalidIntegration:
        code = refusal(folder)
    assert code is not None
