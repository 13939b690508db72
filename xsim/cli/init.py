"""`xsim init`: drafts a scenario beside the integration."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xsim.cli.options import as_options, command_process_options
from xsim.errors import InvalidScenario

if TYPE_CHECKING:
    from xsim.report import Draft

LARGEST_SAMPLE = 20 * 2**20


@dataclass(frozen=True)
class Target:
    """Where the two files go; None: to standard output."""

    scenario: Path | None
    vendor: Path | None

    @property
    def names(self) -> dict[str, str]:
        return {
            "scenario_name": self.scenario.name if self.scenario else "xsim.toml",
            "vendor_name": self.vendor.name if self.vendor else "xsim_vendor.py",
        }


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

    The script is run twice against made-up answers, and nothing leaves the machine. What is guessed is marked TODO;
    a sample of the real API's answer leaves less to guess. Secrets that are given are not written. A fetch that hangs,
    ends its process or fills its memory is drafted as far as it came.

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
    target = _target(script, output)
    if not force:
        _refuse_to_overwrite(target.scenario)
    draft = draft_scenario(
        integration,
        samples=read,
        options=options,
        script=_seen_from(target, script),
        **target.names,
    )
    if target.scenario is None or target.vendor is None:
        click.echo(_on_one_page(draft, target.names["vendor_name"]), nl=False)
        return
    if draft.vendor and not force:
        _refuse_to_overwrite(target.vendor)
    _write(target.scenario, draft.scenario)
    if draft.vendor:
        _write(target.vendor, draft.vendor)
    _tell(target, draft, script)


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


def _target(script: Path, output: str | None) -> Target:
    """`xsim.toml` beside the script; one called after the script where it shares its folder with others."""
    from xsim.load import find_scenario

    if output == "-":
        return Target(None, None)
    scenario = Path(output) if output else find_scenario(script) or script.parent / _name_beside(script)
    if scenario.is_dir():
        scenario = scenario / "xsim.toml"
    stem = scenario.name.removesuffix(".toml").removesuffix(".xsim")
    own = "xsim_vendor.py" if stem == "xsim" else f"{stem}_xsim_vendor.py"
    return Target(scenario, scenario.parent / own)


def _seen_from(target: Target, script: Path) -> str:
    """The script as the scenario names it."""
    if target.scenario is None:
        return script.name
    return Path(os.path.relpath(script.resolve(), target.scenario.parent.resolve())).as_posix()


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


def _on_one_page(draft: Draft, vendor_name: str) -> str:
    """For standard output: the vendor file as a comment, as a scenario cannot name what is not there."""
    if not draft.vendor:
        return draft.scenario
    scenario = draft.scenario.replace("\nvendor = ", "\n# vendor = ", 1)
    commented = "\n".join(f"# {line}".rstrip() for line in draft.vendor.splitlines())
    return f"{scenario}\n# {vendor_name}, which `vendor` above names:\n#\n{commented}\n"


def _tell(target: Target, draft: Draft, script: Path) -> None:
    from xsim.load import load_scenario
    from xsim.report import scenario_line

    assert target.scenario is not None, "it was written to a file"
    click.echo(f"Wrote {scenario_line(load_scenario(target.scenario)).replace(': right;', ':')}")
    if draft.vendor:
        click.echo(f"Wrote {target.vendor}: answers the calls that no endpoint can describe")
    if draft.ending:
        click.echo(f"What was seen may not be all: {draft.ending}")
    todos = draft.scenario.count("TODO") + draft.vendor.count("TODO")
    if todos:
        click.echo(f"To be looked at: {todos} places marked TODO" if todos > 1 else "To be looked at: one TODO")
    click.echo(f"Next: xsim scenario show {target.scenario}, xsim run {script}")
