"""`xsim report`: shows a stored journal in any format, whatever its verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from xsim.cli.options import as_options, rule_options


@click.command("report")
@click.argument("journal", type=click.Path(path_type=Path))
@rule_options
def command(journal: Path, format_: str, outputs: tuple[str, ...], **given: Any) -> None:
    """Show a stored JOURNAL in any format, without running the integration.

    JOURNAL is the file, or the instance's folder that holds it. The exit code is 0 whatever the verdict: `xsim check`
    is the command that decides.

    \b
    xsim report .xsim/integration_instance_1 --format html > report.html
    xsim report .xsim/integration_instance_1/journal.jsonl --output html:report.html --output json:report.json
    """
    from xsim import api
    from xsim.cli.judgement import journal_at, refuse_bad_outputs, show

    journal = journal_at(journal)
    refuse_bad_outputs(format_, outputs, judged=journal)
    show(api.check_journal(journal, as_options(**given)), format_, outputs)
