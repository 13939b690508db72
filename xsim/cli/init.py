"""`xsim init`: drafts a scenario beside the integration."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xsim.cli.options import as_options, command_process_options
from xsim.errors import InvalidScenario

if TYPE_CHECKING:
    from xsim.api import Options
    from xsim.report import Draft

LARGEST_SAMPLE = 20 * 2**20


@click.command("init")
@click.argument("integration", type=click.Path(path_type=Path))
@click.option(
    "--sample",
    "samples",
    multiple=True,
    metavar="[PATH=]FILE",
    help="A JSON answer of the real API, and which path it answers; repeatable.",
)
@click.option("--output", metavar="PATH", help="Where to write; - is standard output. Default: beside the script.")
@click.option("--force", is_flag=True, help="Overwrite what is there.")
@click.option("--param", "param_texts", multiple=True, metavar="NAME=VALUE", help="An instance parameter; repeatable.")
@click.option("--params", "params_file", type=click.Path(path_type=Path), help="A JSON, YAML or TOML file of them.")
@click.option("--common-server", type=click.Path(path_type=Path), help="The CommonServerPython to use.")
@click.option("--marketplace", default="xsoar", show_default=True, help="Which yml keys with a suffix hold.")
@command_process_options
def command(integration: Path, samples: tuple[str, ...], output: str | None, force: bool, **given: Any) -> None:
    """Draft a scenario for INTEGRATION: its parameters, the calls of its first fetches, a few events.

    The script is run against made-up answers until it is content with them, then on the schedule of the draft, and
    nothing leaves the machine. What is guessed is marked TODO; a sample of the real API's answer leaves less to guess.
    Secrets that are given are not written. A fetch that hangs, ends its process or fills its memory is drafted as far
    as it came.

    \b
    xsim init integration.py
    xsim init integration.py --sample answer.json
    xsim init integration.py --sample /api/v1/alerts=answer.json --output alerts.xsim.toml
    """
    from xsim import api
    from xsim.draft import draft_scenario

    read = [_read_sample(sample) for sample in samples]
    options = as_options(without_scenario=True, **given)
    script = api.load(integration, options)[0].path
    target = None if output == "-" else _target(script, output)
    if not force:
        _refuse_to_overwrite(target)
    draft = draft_scenario(
        integration,
        samples=read,
        options=options,
        script=_seen_from(target, script),
        scenario_name=target.name if target else "xsim.toml",
    )
    if target is None:
        click.echo(draft.scenario, nl=False)
        return
    _write(target, draft.scenario)
    _tell(target, draft, script, options)


# --- samples ------------------------------------------------------------------------------------------------


def _read_sample(text: str) -> tuple[str, Any]:
    """The path that it answers, or "", and the answer."""
    path, equals, name = text.partition("=")
    is_named = bool(equals) and path.startswith("/") and not Path(text).exists()
    file = Path(name if is_named else text)
    value = _read_json(file)
    if not is_named and not _holds_list(value):
        raise InvalidScenario(
            f"{file}: no list of objects in it, which would be the events",
            hint=f"give an answer that lists at least one event, or name the call: --sample /api/v1/alerts={file}",
        )
    return (path if is_named else "", value)


def _read_json(file: Path) -> Any:
    try:
        if file.stat().st_size > LARGEST_SAMPLE:
            raise InvalidScenario(f"{file}: larger than {LARGEST_SAMPLE // 2**20} MB", hint="a few events are enough")
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InvalidScenario(f"{file}:{error.lineno}:{error.colno}: not valid JSON ({error.msg})") from error
    except RecursionError as error:
        raise InvalidScenario(f"{file}: nested too deeply") from error
    except (OSError, ValueError) as error:
        raise InvalidScenario(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error


def _holds_list(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list):
        return bool(value) and all(isinstance(each, dict) and each for each in value)
    return isinstance(value, dict) and depth < 4 and any(_holds_list(inner, depth + 1) for inner in value.values())


# --- files --------------------------------------------------------------------------------------------------


def _target(script: Path, output: str | None) -> Path:
    """`xsim.toml` beside the script; one called after the script where it shares its folder with others."""
    from xsim.load import find_scenario

    scenario = Path(output) if output else find_scenario(script) or script.parent / _name_beside(script)
    return scenario / "xsim.toml" if scenario.is_dir() else scenario


def _seen_from(target: Path | None, script: Path) -> str:
    """The script as the scenario names it."""
    if target is None:
        return script.name
    return Path(os.path.relpath(script.resolve(), target.parent.resolve())).as_posix()


def _name_beside(script: Path) -> str:
    others = [
        path
        for path in script.parent.glob("*.py")
        if path.name != script.name and "fetch-incidents" in path.read_text(encoding="utf-8", errors="replace")
    ]
    is_shared = bool(others) or (script.parent / "xsim.toml").exists()
    return f"{script.stem}.xsim.toml" if is_shared else "xsim.toml"


def _refuse_to_overwrite(path: Path | None) -> None:
    if path is not None and path.exists():
        raise InvalidScenario(f"{path}: exists already", hint="overwrite it with --force, or write elsewhere: --output")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        raise InvalidScenario(f"{path}: cannot be written ({getattr(error, 'strerror', None) or error})") from error


def _tell(target: Path, draft: Draft, script: Path, options: Options) -> None:
    """What was written, what comes of it in a first run, and what to type next."""
    from xsim.load import load_scenario
    from xsim.report import scenario_line

    click.echo(f"Wrote {scenario_line(load_scenario(target)).replace(': right;', ':')}")
    if draft.ending:
        click.echo(f"What was seen may not be all: {draft.ending}")
        delivers = False
    else:
        delivers = _try(target, script, options)
    todos = draft.scenario.count("TODO:")
    if todos:
        click.echo(f"To be looked at: {todos} places marked TODO" if todos > 1 else "To be looked at: one TODO")
    if delivers:
        click.echo(f"Next: xsim scenario show {target}, xsim run {script}")
        return
    click.echo(
        f"That may be the script's own fault, or that of what was made up. To tell, {target} has to answer as the real "
        "API does: mend it by hand, or put an answer of the API into a file and draft again."
    )
    click.echo(f"Next: xsim init {script} --sample answer.json --force")


def _try(target: Path, script: Path, options: Options) -> bool:
    """Run the draft once and tell what comes of it. Whether incidents do."""
    from xsim.draft import try_draft

    trial = try_draft(script, target, options=options)
    count = f"{trial.delivered} incident{'s' if trial.delivered != 1 else ''}"
    if trial.ending:
        click.echo(f"Tried it: {count + ', then ' if trial.delivered else ''}{trial.ending}")
    elif trial.delivered:
        click.echo(f"Tried it: {count} in {trial.cycles} cycles")
    else:
        click.echo(
            f"Tried it: the fetch ends well, and nothing becomes an incident in {trial.cycles} cycles. It may look for "
            "a field, a word or a time that the made-up events do not have."
        )
    return trial.delivered > 0
