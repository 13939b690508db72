"""The `xsim` command: finds its subcommands when they are asked for, so that starting stays fast."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from xsim import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "run": ("xsim.cli.run", "Run the fetch on its schedule and report duplicates and malformed incidents."),
    "fetch": ("xsim.cli.fetch", "Fetch once, as `!instance-fetch` does: nothing of the last run is stored."),
    "test-module": ("xsim.cli.test_module", "Run test-module, as the Test button does."),
    "suite": ("xsim.cli.suite", "Run every integration below some paths that has a scenario."),
    "init": ("xsim.cli.init", "Draft a scenario from the requests that a fetch makes."),
    "scenario": ("xsim.cli.scenario", "Check scenario files, and show what they mean."),
    "check": ("xsim.cli.check", "Judge a stored journal again."),
    "report": ("xsim.cli.report", "Show a stored journal in any format, such as a picture of it in HTML."),
    "rules": ("xsim.cli.rules", "List the rules by which a run is judged."),
    "explain": ("xsim.cli.explain", "Tell what a rule is about, with an example."),
    "config": ("xsim.cli.config", "Show the settings in force, and where each comes from."),
    "baseline": ("xsim.cli.baseline", "Accept the findings that there are now, and no others."),
    "last-run": ("xsim.cli.last_run", "Show, set or reset the stored last run."),
    "completion": ("xsim.cli.completion", "Print what a shell needs to complete all of this."),
}
HIDDEN = {"hook": "xsim.cli.hook"}
"""For programs: not listed, and not described in the README."""


class Commands(click.Group):
    """A group that imports a subcommand's module only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = COMMANDS[cmd_name][0] if cmd_name in COMMANDS else HIDDEN.get(cmd_name)
        if module is None:
            return None
        command: click.Command = import_module(module).command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands by their table, so that a press of the tab key imports none of them."""
        from click.shell_completion import CompletionItem

        named = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = (*COMMANDS, *HIDDEN)
        # While a shell completes, a word that is no command yet is no mistake.
        if args and args[0] not in known and not args[0].startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no such command '{args[0]}'" + (f"; did you mean '{near[0]}'?" if near else ""))
        return super().resolve_command(ctx, args)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="xsim %(version)s")
def cli() -> None:
    """Run an XSOAR integration's fetch through many simulated minutes, offline, in seconds.

    \b
    xsim run integration.py --cycles 10    the schedule, with a persisted last run, and the verdict
    xsim fetch integration.py              one fetch, the stand-in for !instance-fetch

    Exit codes: 0 passed, 1 findings, 2 bad input, 3 undecided, 70 a bug in xsim.
    """
