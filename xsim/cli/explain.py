"""`xsim explain`: a rule or a cause, what goes wrong, what to write instead, and what a bad example does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from xsim.cli.completion import complete_rule_or_cause
from xsim.errors import XsimError

if TYPE_CHECKING:
    from xsim.findings import Rule

WIDTH = 160
"""Of the table of cycles where the output is no terminal."""
NARROWEST = 100


@click.command("explain")
@click.argument("rule", shell_complete=complete_rule_or_cause)
def command(rule: str) -> None:
    """Tell what RULE (a code or a name) is about, with an example that breaks it and one that keeps it.

    The bad example is run there and then: a line a cycle says what became of the last run, what the script asked, what
    was delivered and what was found. Of a finding's cause it tells which rules give it, and what to write instead.

    \b
    xsim explain FC202
    xsim explain duplicate-event
    xsim explain inclusive-boundary
    """
    from xsim.check import RULES, cause_named, rule_named
    from xsim.report import cause_text

    try:
        found = rule_named(RULES, rule)
    except XsimError:
        click.echo(cause_text(cause_named(rule)))
        return
    _explain(found)


def _explain(rule: Rule) -> None:
    from shutil import get_terminal_size

    from xsim.cli.rule_example import files_of, ran
    from xsim.report import rule_text

    with ran(rule.code) as report:
        width = max(NARROWEST, get_terminal_size((WIDTH, 40)).columns)
        click.echo(rule_text(rule, files_of(rule.code), report, width=width))
