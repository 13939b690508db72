"""How an error reaches the person at the keyboard: what is wrong on one line, the way out on the next."""

from __future__ import annotations

import re
import shlex
import sys
import traceback

import click

from xsim.cli.github import is_github
from xsim.errors import XsimError
from xsim.secrets import MASKED, masker

_SECRET_NAME = re.compile("pass|pwd|secret|token|key|cred|auth|cert", re.IGNORECASE)


def complain(error: XsimError | click.ClickException) -> None:
    """Write the error to standard error: one line, and one with the hint."""
    if isinstance(error, XsimError):
        message, hint = error.message, error.hint
    else:
        message, hint = error.format_message(), _hint_of(error)
    click.echo(f"Error: {_one_line(message)}", err=True)
    if hint:
        click.echo(f"  {_one_line(hint)}", err=True)
    if is_github():
        # A step that ends for it would be marked as failed, and nothing beside the code would say why.
        told = _one_line(f"{message} ({hint})" if hint else message)
        click.echo(f"::error title=xsim::{told.replace('%', '%25')}", err=True)


def tell_bug(error: Exception) -> None:
    """The traceback and the command, without the secrets: they are to be pasted into an issue.

    The secrets are those that the error brings along as `xsim_secrets`; --param may give some that nobody knows yet.
    """
    mask = masker(getattr(error, "xsim_secrets", ()))
    told = "".join(traceback.format_exception(error))
    command = shlex.join(["xsim", *map(_without_value, sys.argv[1:])])
    text = (
        f"{mask(told)}\n"
        f"This is a bug in xsim, not in your integration. To repeat it: {mask(command)}\n"
        "The journal up to here is in the state folder (.xsim beside the script, or --state).\n"
    )
    sys.stderr.write(text.encode("utf-8", "backslashreplace").decode())


def _without_value(argument: str) -> str:
    """NAME=*** where the argument is a parameter whose name says that it is a secret."""
    name, equals, _ = argument.removeprefix("--param=").partition("=")
    start = argument[: argument.index(name)]
    return f"{start}{name}={MASKED}" if equals and _SECRET_NAME.search(name) else argument


def _hint_of(error: click.ClickException) -> str | None:
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path} --help`" if context is not None else None


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
