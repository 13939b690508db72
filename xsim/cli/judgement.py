"""What `run` and `check` have in common: showing a report, and its exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from xsim.errors import XsimError
from xsim.findings import Report
from xsim.model import Verdict

EXIT_CODES = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.UNDECIDED: 3}


def show(report: Report, format_: str, outputs: tuple[str, ...]) -> int:
    """Print the report, write the files asked for, and give the exit code."""
    from xsim.report import print_text, render

    for output in outputs:
        name, path = split_output(output)
        _write(path, render(report, name))
    if format_ == "text":
        print_text(report)
    else:
        click.echo(render(report, format_))
    return EXIT_CODES[report.verdict]


def refuse_bad_outputs(format_: str, outputs: tuple[str, ...]) -> None:
    """Complain before the run rather than after it."""
    from xsim.report import refuse_unknown_format

    refuse_unknown_format(format_)
    seen: dict[Path, str] = {}
    for output in outputs:
        name, path = split_output(output)
        refuse_unknown_format(name)
        if path in seen:
            raise XsimError(
                f"--output {output}: {seen[path]} goes to the same path", hint="give each format its own path"
            )
        if not path.parent.is_dir():
            raise XsimError(f"--output {output}: the folder {path.parent} does not exist")
        seen[path] = output


def split_output(output: str) -> tuple[str, Path]:
    name, colon, path = output.partition(":")
    if not colon or not path:
        raise XsimError(f"--output {output}: expected FORMAT:PATH, such as json:report.json")
    return name, Path(path)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise XsimError(f"{path}: cannot be written ({error.strerror})") from error


def repeat_command() -> str:
    """The command that repeats this run."""
    import shlex

    return shlex.join(["xsim", *sys.argv[1:]])
