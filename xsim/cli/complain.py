"""How an error reaches the person at the keyboard: what is wrong on one line, the way out on the next."""

from __future__ import annotations

import click

from xsim.errors import XsimError


def complain(error: XsimError) -> None:
    """Write the error to standard error: one line, and one with the hint."""
    click.echo(f"Error: {_one_line(error.message)}", err=True)
    if error.hint:
        click.echo(f"  {_one_line(error.hint)}", err=True)


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
