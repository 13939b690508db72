"""Shell completion: the protocol by which a shell asks, and real shells where there are some."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from xsim.check import RULES
from xsim.cli.completion import _MENDED, script
from xsim.cli.main import COMMANDS
from xsim.report import FORMATS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ask(xsim, monkeypatch):
    """Completes the last of the words: the lines that zsh would get, type, value and what is told of it."""

    def asked(*words: str) -> list[str]:
        monkeypatch.setenv("_XSIM_COMPLETE", "zsh_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(["xsim", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        seen = xsim()
        assert (seen.code, seen.err) == (0, "")
        return seen.out.splitlines()

    return asked


@pytest.fixture
def offered(ask):
    """Values and what is told of them."""

    def values(*words: str) -> dict[str, str]:
        lines = ask(*words)
        return dict(zip(lines[1::3], lines[2::3], strict=True))

    return values


def test_commands_are_offered_with_what_they_do_and_hidden_ones_are_not(offered):
    assert offered("") == {name: text for name, (_, text) in COMMANDS.items()}
    assert list(offered("ex")) == ["explain"]
    assert not offered("hoo")


@pytest.mark.slow
def test_to_complete_a_command_none_is_imported():
    # In a process of its own: in this one they are imported already.
    script = (
        "import atexit, sys; from xsim.cli.main import cli;"
        "atexit.register(lambda: print([name for name in sys.modules if name.startswith('xsim.cli.')]));"
        "cli(prog_name='xsim', standalone_mode=False)"
    )
    words = {"_XSIM_COMPLETE": "bash_complete", "COMP_WORDS": "xsim ru", "COMP_CWORD": "1"}
    seen = subprocess.run([sys.executable, "-c", script], env={**os.environ, **words}, capture_output=True, text=True)
    assert seen.stdout.splitlines() == ["plain,run", "plain,rules", "['xsim.cli.main']"], seen


def test_options_and_their_choices_are_offered(offered):
    assert set(offered("run", "--f")) == {"--format", "--fail-on", "--fresh"}
    assert list(offered("suite", "--fail-on", "")) == ["error", "warning", "note"]
    assert list(offered("completion", "")) == ["bash", "zsh", "fish"]
    assert set(offered("last-run", "")) == {"show", "set", "reset"}


@pytest.mark.parametrize("command", [("explain",), ("run", "--select"), ("suite", "--ignore"), ("check", "--ignore")])
def test_rules_are_offered_by_code_and_by_name(offered, command):
    assert offered(*command, "FC3") == {code: rule.summary for code, rule in RULES.items() if code[:3] == "FC3"}
    assert list(offered(*command, "fc3")) == [code for code in RULES if code[:3] == "FC3"]
    assert list(offered(*command, "missed")) == ["missed-event"]
    assert list(offered(*command, "")) == list(RULES)


@pytest.mark.parametrize("command", ["run", "check"])
def test_formats_are_offered(offered, command):
    assert list(offered(command, "--format", "")) == list(FORMATS)
    assert list(offered(command, "--format", "js")) == ["json", "json-lines"]
    assert list(offered(command, "--output", "ju")) == ["junit:"]


def test_a_path_is_left_to_the_shell(ask):
    assert ask("run", "inte")[:2] == ["file", "inte"]
    assert ask("run", "x.py", "--output", "json:rep")[:2] == ["file", "rep"]


def test_behind_a_word_that_is_no_command_nothing_complains(ask):
    ask("explian", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_this_click_is_mended_and_an_unknown_one_left_as_it_is(monkeypatch, shell):
    mended = script(shell)
    assert all(after in mended for _, after in _MENDED[shell])
    monkeypatch.setattr(ShellComplete, "source", lambda _: "another script")
    assert script(shell) == "another script"


def test_a_shell_without_completion_is_refused(xsim):
    seen = xsim("completion", "tcsh")
    assert seen.code == 2
    assert all(shell in seen.err for shell in ("bash", "zsh", "fish"))


# --- real shells --------------------------------------------------------------------------------------------

LINES = ("xsim ex", "xsim explain FC60", "xsim run --format j", "xsim suite --output ju", "xsim suite --engine da")
BASH = r"""
source completion
while read -ra COMP_WORDS; do
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  _xsim_completion xsim
  echo "${COMPREPLY[*]}"
done <lines
"""
# What only a line being edited has is put in its place: the completion system's two verbs.
ZSH = r"""
compdef() { }
compadd() { print -r -- ${(P)argv[-1]} }
_describe() { print -r -- ${${(P)3}%%:*} }
source completion
while read -rA words; do
  CURRENT=${#words}
  _xsim_completion
done <lines
"""
FISH = r"""
source completion
while read line
  echo (complete -C $line | string split -f 1 \t)
end <lines
"""


SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@pytest.mark.slow
@pytest.mark.parametrize("shell", SCRIPTS)
def test_a_real_shell_completes_by_the_script(xsim, shell):
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} on this machine")
    xsim.has("completion", xsim("completion", shell).out)
    xsim.has("lines", "".join(f"{line}\n" for line in LINES))
    xsim.has("script", SCRIPTS[shell])
    command = xsim.has("bin/xsim", f'#!/bin/sh\nexec "{sys.executable}" -m xsim "$@"\n')
    command.chmod(0o755)
    folders = os.pathsep.join([str(command.parent), os.environ["PATH"]])
    home = {name: str(xsim.folder) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    environment = {**os.environ, **home, "PATH": folders, "PYTHONPATH": str(ROOT)}
    seen = subprocess.run([shell, "script"], cwd=xsim.folder, env=environment, capture_output=True, text=True)
    codes = [code for code in RULES if code.startswith("FC60")]
    assert [line.split() for line in seen.stdout.splitlines()] == [
        ["explain"],
        codes,
        ["json", "json-lines", "junit"],
        ["junit:"],
        ["dask="],
    ]


def test_behind_a_format_and_its_colon_the_word_goes_on(xsim):
    assert "[[ $value == *[:=] ]] && compopt -o nospace" in xsim("completion", "bash").out
    zsh = xsim("completion", "zsh").out
    assert "compadd -U -V unsorted -S '' -a begun" in zsh
    assert """[[ $PREFIX == "$key" ]] || compset -P 1 "*:"; _path_files -f""" in zsh
    assert "echo $begun$path" in xsim("completion", "fish").out


def test_html_is_a_picture_of_one_run_and_is_not_offered_to_a_suite(offered):
    assert "html" in offered("run", "--format", "h")
    assert not offered("suite", "--format", "h")
    assert "html:" not in offered("suite", "--output", "")
    assert set(offered("suite", "--format", "")) == set(FORMATS) - {"html"}


def test_a_cause_is_offered_to_explain_once_it_is_begun(offered):
    assert list(offered("explain", "late-a")) == ["late-arrival"]
    assert "late-arrival" not in offered("explain", "")
    assert "late-arrival" not in offered("run", "--select", "late-")
