"""`xsim explain`: a rule, what goes wrong, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Tell what RULE (a code or a name) is about, with an example that breaks it and one that keeps it.

    \b
    xsim explain FC202
    xsim explain duplicate-event
    """
    from xsim.check import RULES, rule_named
    from xsim.report import rule_text

    found = rule_named(RULES, rule)
    folder = Path(__file__).parents[1] / "examples" / found.code
    click.echo(rule_text(found, _text_of(folder / "bad.py"), _text_of(folder / "good.py")))


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
