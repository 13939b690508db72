"""How an error reaches the person at the keyboard: what is wrong on one line, the way out on the next."""

from __future__ import annotations

import click

from xsim.errors import XsimError


def complain(error: XsimError | click.ClickException) -> None:
    """Write the error to standard error: one line, and one with the hint."""
    if isinstance(error, XsimError):
        message, hint = error.message, error.hint
    else:
        message, hint = error.format_message(), _hint_of(error)
    click.echo(f"Error: {_one_line(message)}", err=True)
    if hint:
        click.echo(f"  {_one_line(hint)}", err=True)


def _hint_of(error: click.ClickException) -> str | None:
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path} --help`" if context is not None else None


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
