"""The `xsim` command: finds its subcommands when they are asked for, so that starting stays fast."""

from __future__ import annotations

from importlib import import_module

import click

from xsim import __version__

COMMANDS = {
    "run": ("xsim.cli.run", "Run the fetch on its schedule and report duplicates and malformed incidents."),
    "fetch": ("xsim.cli.fetch", "Fetch once, as `!instance-fetch` does: nothing of the last run is stored."),
    "test-module": ("xsim.cli.test_module", "Run test-module, as the Test button does."),
    "init": ("xsim.cli.init", "Draft a scenario from the requests that a fetch makes."),
    "scenario": ("xsim.cli.scenario", "Check scenario files, and show what they mean."),
    "check": ("xsim.cli.check", "Judge a stored journal again."),
    "rules": ("xsim.cli.rules", "List the rules by which a run is judged."),
    "explain": ("xsim.cli.explain", "Tell what a rule is about, with an example."),
    "last-run": ("xsim.cli.last_run", "Show, set or reset the stored last run."),
}


class Commands(click.Group):
    """A group that imports a subcommand's module only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
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
