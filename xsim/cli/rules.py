"""`xsim rules`: every rule, a line each."""

from __future__ import annotations

import click


@click.command("rules")
@click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How."
)
def command(format_: str) -> None:
    """List the rules by which a run is judged, in order of code: its first digit is the rule's family.

    \b
    xsim rules
    xsim rules --format json
    xsim explain FC202        one rule at length
    """
    from xsim.check import RULES
    from xsim.report import rules_json, rules_text

    click.echo(rules_json(RULES.values()) if format_ == "json" else rules_text(RULES.values()))
