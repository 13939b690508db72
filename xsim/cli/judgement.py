"""What `run` and `check` have in common: where the report goes, in which formats, and the exit code."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection
from pathlib import Path

import click

from xsim.errors import XsimError
from xsim.findings import EXIT_CODES, Report
from xsim.model import Verdict

EXAMPLE = "expected FORMAT:PATH, such as json:report.json"
JOURNAL = "journal.jsonl"
SOURCES = (".py", ".yml", ".yaml", ".toml")
"""How scripts, what describes them, scenarios and projects end: a slip must not write a report over one."""


def journal_at(path: Path) -> Path:
    """The journal that a person means: the file itself, or the one in an instance's folder."""
    return path / JOURNAL if path.is_dir() else path


def show(report: Report, format_: str, outputs: tuple[str, ...], *, begun: Collection[str] = ()) -> int:
    """Print the report, write the files asked for, and give the exit code.

    `begun` are the outputs ("" for standard output) that hold the cycles' lines already, written while the run went on.
    """
    from xsim.cli.github import folder_in_workspace, write_summary
    from xsim.report import closing_lines, render

    folder = folder_in_workspace()
    for output in outputs:
        name, path = split_output(output)
        if output in begun:
            write_file(path, "\n".join(closing_lines(report)), appends=True)
        else:
            write_file(path, render(report, name, folder=folder))
    if "" in begun:
        click.echo("\n".join(closing_lines(report)))
    else:
        _print(report, format_, folder)
    write_summary(report)
    return EXIT_CODES[report.verdict]


def _print(report: Report, format_: str, folder: str) -> None:
    from xsim.cli.github import is_github, print_with_annotations
    from xsim.report import print_text, render

    if format_ == "text":
        if is_github():
            print_with_annotations(report, folder)
        else:
            print_text(report)
        return
    text = render(report, format_, folder=folder)
    if text:
        click.echo(text, nl=False)  # Of a long run each copy is large.
        click.echo()
    if format_ == "concise" and report.verdict is Verdict.UNDECIDED:
        # It has a line a finding and nothing else, so that only standard error is left to say why it failed.
        click.echo(f"xsim: undecided: {' '.join(report.reason.split())}", err=True)


# --- outputs ------------------------------------------------------------------------------------------------


def refuse_bad_outputs(format_: str, outputs: tuple[str, ...], *, judged: Path | None = None) -> None:
    """Complain before the run rather than after it. `judged` is the file that must not be written over."""
    from xsim.report import refuse_unknown_format

    refuse_unknown_format(format_)
    seen: dict[str, str] = {}
    for output in outputs:
        name, path = split_output(output)
        refuse_unknown_format(name)
        real = _real(path)
        if real in seen:
            raise XsimError(
                f"--output {output}: {seen[real]} goes to the same path", hint="give each format its own path"
            )
        if judged is not None and real == _real(judged):
            raise XsimError(f"--output {output}: that is the file to be judged", hint="give the report its own path")
        _refuse_unwritable(output, path)
        seen[real] = output


def split_output(output: str) -> tuple[str, Path]:
    """Format and path. A drive's colon is part of the path: "json:C:\\reports\\r.json"."""
    name, colon, path = output.partition(":")
    if not colon or not path or not name or re.match(r"[A-Za-z]:[\\/]", output):
        raise XsimError(f"--output {output}: {EXAMPLE}")
    if path == "-":
        raise XsimError(f"--output {output}: a file is expected", hint=f"for standard output: --format {name}")
    return name, Path(path)


def write_file(path: Path, text: str, *, appends: bool = False) -> None:
    """The text with a line end, or an empty file where there is none. Raises XsimError where it cannot be written."""
    whole = text if not text or text.endswith("\n") else text + "\n"
    try:
        with open(path, "a" if appends else "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(whole)
    except OSError as error:
        raise XsimError(f"{path}: cannot be written ({error.strerror})") from error


def _refuse_unwritable(output: str, path: Path) -> None:
    try:
        if not path.parent.is_dir():
            raise XsimError(f"--output {output}: the folder {path.parent} does not exist")
        if path.is_dir():
            raise XsimError(f"--output {output}: {path} is a folder", hint="give the file that it shall be written to")
        if path.suffix in SOURCES and path.exists():
            hint = "give the report a name of its own"
            raise XsimError(f"--output {output}: {path} is there, and no report is called so", hint=hint)
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise XsimError(f"--output {output}: {path} cannot be written (no permission)")
    except OSError as error:
        raise XsimError(f"--output {output}: {path} cannot be written ({error.strerror})") from error


def _real(path: Path) -> str:
    """One text for all spellings of a path, links followed."""
    return os.path.normcase(os.path.realpath(path))


def repeat_command() -> str:
    """The command that repeats this run."""
    import shlex

    return shlex.join(["xsim", *sys.argv[1:]])
