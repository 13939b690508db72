"""`--help`: every command shows how it is typed."""

import click
import pytest

from xsim.cli.main import COMMANDS, cli


def typed() -> list[str]:
    """Every command as it is typed, those of groups with their group."""
    names = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        names.append(name)
        if isinstance(command, click.Group):
            names += [f"{name} {inner}" for inner in command.commands]
    return names


@pytest.mark.parametrize("name", typed())
def test_a_command_shows_examples(xsim, name):
    seen = xsim(*name.split(), "--help")
    assert seen.code == 0
    examples = [line for line in seen.out.splitlines()[1:] if f"xsim {name}" in line]
    assert examples, seen.out


def test_every_command_is_listed_with_what_it_does(xsim):
    out = xsim("--help").out
    for name, (_, text) in COMMANDS.items():
        assert f"  {name} " in out
        assert text.split(",")[0][:40] in " ".join(out.split())
