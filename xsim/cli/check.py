"""`xsim check`: judges a stored journal again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from xsim.cli.options import as_options, rule_options


@click.command("check")
@click.argument("journal", type=click.Path(path_type=Path))
@rule_options
def command(journal: Path, format_: str, outputs: tuple[str, ...], **given: Any) -> None:
    """Judge a stored JOURNAL again, without running the integration.

    JOURNAL is the file, or the instance's folder that holds it.

    \b
    xsim check .xsim/integration_instance_1
    xsim check .xsim/integration_instance_1/journal.jsonl --format sarif
    """
    from xsim import api
    from xsim.cli.judgement import journal_at, refuse_bad_outputs, show

    journal = journal_at(journal)
    refuse_bad_outputs(format_, outputs, judged=journal)
    sys.exit(show(api.check_journal(journal, as_options(**given)), format_, outputs))
