"""What is different where a command runs as a step of GitHub Actions: annotations, and the job's summary."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xsim.findings import Report

LARGEST_SUMMARY = 1024 * 1024
"""Bytes of a step's summary: GitHub shows nothing of a larger one."""
_CUT = b"\n\nThe rest has no room in a summary; it is in the log.\n\n"


def is_github() -> bool:
    """Whether this is a step of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def folder_in_workspace() -> str:
    """The working folder as seen from the top of the checked-out repository; "" where that is it, or none is known.

    It begins with ".." where it lies outside.
    """
    workspace = os.environ.get("GITHUB_WORKSPACE", "") if is_github() else ""
    if not workspace:
        return ""
    try:
        folder = Path(os.path.relpath(Path.cwd().resolve(), Path(workspace).resolve())).as_posix()
    except (ValueError, OSError):
        return ""
    return "" if folder == "." else folder


def print_with_annotations(report: Report, folder: str) -> None:
    """The text as ever, and behind it the workflow commands that annotate the script's lines."""
    from xsim.report import render, render_annotations

    click.echo(quoted(render(report, "text")))
    annotations = render_annotations(report, folder=folder)
    if annotations:
        click.echo(annotations)


def quoted(text: str) -> str:
    """A text that quotes what integration and vendor say, with workflow commands switched off around it.

    A line of it that looks like a command is none. The word that switches them on again is not known to those whom the
    text quotes.
    """
    word = blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
    return f"::stop-commands::{word}\n{text}\n::{word}::"


def write_summary(report: Report) -> None:
    """Adds the report to the job's summary, where there is one."""
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from xsim.report import render_summary

        add_to_summary(render_summary(report))


def add_to_summary(text: str) -> None:
    """Adds Markdown to the job's summary, where there is one, as far as it has room.

    A summary that cannot be written fails no run.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if not path:
        return
    try:
        with open(path, "ab") as file:
            file.write(_fitting(f"{text}\n\n", LARGEST_SUMMARY - file.tell()))
    except OSError as error:
        click.echo(f"xsim: GITHUB_STEP_SUMMARY: {path} cannot be written ({error.strerror})", err=True)


def _fitting(text: str, room: int) -> bytes:
    """As many lines of the text as have room, and a word on those that have none."""
    whole = text.encode("utf-8", "backslashreplace")
    if len(whole) <= room:
        return whole
    if room < len(_CUT):
        return b""
    kept = whole[: room - len(_CUT)]
    return kept[: kept.rfind(b"\n") + 1] + _CUT
