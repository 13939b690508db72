"""`xsim completion`: what a shell needs to complete xsim's commands, options, rules and formats.

The shell asks `xsim` itself for each completion (click's protocol, by way of the variable _XSIM_COMPLETE), so that what
it offers is what this version knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_XSIM_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes xsim's commands, options, rules, formats and files in SHELL.

    \b
    eval "$(xsim completion bash)"     in ~/.bashrc (bash 4.4 or newer)
    eval "$(xsim completion zsh)"      in ~/.zshrc, behind compinit
    xsim completion fish > ~/.config/fish/completions/xsim.fish
    """
    click.echo(script(shell))


def script(shell: str) -> str:
    """The shell's own script, by click."""
    from click.shell_completion import ShellComplete, get_completion_class

    from xsim.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None, shell
    # Not its own `source`: for bash that starts a bash, which need not be on this machine.
    text = ShellComplete.source(found(cli, {}, "xsim", VARIABLE))
    mended = _MENDED[shell]
    # Another version of click may write another script: it completes less well, and half a mend would break it.
    if all(text.count(before) == 1 for before, _ in mended):
        for before, after in mended:
            text = text.replace(before, after)
    return text


_MENDED: Mapping[str, Sequence[tuple[str, str]]] = {
    # Behind "junit:" a path goes on, in the same word. (Bash takes what is behind a colon for a word of its own.)
    "bash": [("COMPREPLY+=($value)", "COMPREPLY+=($value); [[ $value == *[:=] ]] && compopt -o nospace")],
    "zsh": [
        ('completions+=("$key")', '[[ $key == *[:=] ]] && begun+=("$key") || completions+=("$key")'),
        ("    local -a completions\n", "    local -a completions begun\n"),
        ("_path_files -f", '[[ $PREFIX == "$key" ]] || compset -P 1 "*:"; _path_files -f'),
        (
            '    if [ -n "$completions" ]; then\n',
            "    (( $#begun )) && compadd -U -V unsorted -S '' -a begun\n    if [ -n \"$completions\" ]; then\n",
        ),
    ],
    "fish": [
        # What is told of a completion would end at its first comma.
        ('string split "," $completion', 'string split --max 2 "," $completion'),
        (
            "            __fish_complete_path $metadata[2];\n",
            "            set -l begun (string match --regex '^[a-z-]+:' -- (commandline -ct));\n"
            "            set -q begun[1]; or set begun '';\n"
            "            for path in (__fish_complete_path $metadata[2]);\n"
            "                echo $begun$path;\n"
            "            end;\n",
        ),
    ],
}
"""Of each shell what of click's script is put otherwise."""


# --- what is offered ----------------------------------------------------------------------------------------


def complete_rule(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Codes, each with its summary; names, once one is begun."""
    from click.shell_completion import CompletionItem

    from xsim.check import RULES

    begun = incomplete.lower().replace("_", "-")
    if begun and not begun.startswith("fc"):
        return [CompletionItem(rule.name, help=rule.summary) for rule in RULES.values() if rule.name.startswith(begun)]
    codes = [rule for rule in RULES.values() if rule.code.startswith(incomplete.upper())]
    names = [rule for rule in RULES.values() if begun and rule.name.startswith(begun)]
    return [
        *(CompletionItem(rule.code, help=rule.summary) for rule in codes),
        *(CompletionItem(rule.name, help=rule.summary) for rule in names),
    ]


def complete_rule_or_cause(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The same, and behind them the causes that findings give."""
    from click.shell_completion import CompletionItem

    from xsim.check import causes

    begun = incomplete.lower().replace("_", "-")
    words = [word for word in causes() if begun and word.startswith(begun)]
    return [*complete_rule(ctx, param, incomplete), *(CompletionItem(word, help="a cause") for word in words)]


def complete_format(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The formats of `--format`."""
    from click.shell_completion import CompletionItem

    from xsim.report import FORMATS

    return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete) and _is_taken(name, ctx)]


def complete_output(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """A format with its colon; behind that a file, which the shell knows."""
    from click.shell_completion import CompletionItem

    from xsim.report import FORMATS

    name, colon, path = incomplete.partition(":")
    if colon:
        return [CompletionItem(path, type="file")]
    return [CompletionItem(f"{each}:") for each in FORMATS if each.startswith(name) and _is_taken(each, ctx)]


def complete_engine(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The processes of this machine, or a cluster, whose address goes on in the same word."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in ("processes", "dask=") if name.startswith(incomplete)]


def _is_taken(format_: str, ctx: click.Context) -> bool:
    """Whether the command takes it: html is a picture of one run."""
    return format_ != "html" or ctx.command.name not in ("suite", "hook")
