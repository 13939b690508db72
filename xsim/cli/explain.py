"""`xsim explain`: a rule, what goes wrong, what to write instead, and what happens when the bad example runs."""

from __future__ import annotations

import click

from xsim.cli.completion import complete_rule

WIDTH = 160
"""Of the table of cycles where the output is no terminal."""
NARROWEST = 100


@click.command("explain")
@click.argument("rule", shell_complete=complete_rule)
def command(rule: str) -> None:
    """Tell what RULE (a code or a name) is about, with an example that breaks it and one that keeps it.

    The bad example is run there and then: a line a cycle says what became of the last run, what the script asked, what
    was delivered and what was found.

    \b
    xsim explain FC202
    xsim explain duplicate-event
    """
    from shutil import get_terminal_size

    from xsim.check import RULES, rule_named
    from xsim.cli.rule_example import files_of, ran
    from xsim.report import rule_text

    found = rule_named(RULES, rule)
    with ran(found.code) as report:
        width = max(NARROWEST, get_terminal_size((WIDTH, 40)).columns)
        click.echo(rule_text(found, files_of(found.code), report, width=width))
