"""Starting, as whole processes: `xsim --help` against a bare click group, one cycle against a user's script, imports.

    python benchmarks/startup.py --runs 11
    python benchmarks/startup.py CONTENT --runs 11       with HelloWorld's one cycle: the promise (needs requests-mock)

Run it in an environment with xsim installed; with pytest there too, it also measures what the plugin adds to pytest.
"""

from __future__ import annotations

import argparse
import importlib.util
import shlex
import shutil
import sys
from pathlib import Path

from measure import HERE, WAYS, print_ratio, print_table, processes, python, scratch

STARTS = 1_715_679_000
BADGE_READER = HERE.parent / "fixtures/badge-reader/badge_reader.py"
BARE_GROUP = "floor: a click group with as many commands, --help"
HELP = "xsim --help"
OWN_SCRIPT = "floor: the user's one-cycle script, freeze_time"
ONE_CYCLE = "xsim run --cycles 1"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", type=Path, nargs="?", help="a content checkout: the folder that holds Packs/")
    parser.add_argument("--runs", type=int, default=11)
    options = parser.parse_args()
    with scratch() as folder:
        help_(folder, options.runs)
        badge_reader(folder, options.runs)
        if options.content:
            hello_world(options.content.resolve(), folder, options.runs)
        imports(folder, options.runs)


def help_(folder: Path, runs: int) -> None:
    group = folder / "group.py"
    group.write_text(bare_group())
    version = [*installed(), "--version"]
    commands = {BARE_GROUP: python(group, "--help"), HELP: [*installed(), "--help"], "xsim --version": version}
    times = processes(commands, runs=runs)
    print_table("The way to the help text", times, base=BARE_GROUP)
    print()
    print_ratio("xsim --help / bare click group", times[HELP], times[BARE_GROUP], most=1.25)


def badge_reader(folder: Path, runs: int) -> None:
    """The command itself, on a fetch that needs no vendor: starting, loading, one cycle, rules and report."""
    import xsim.commonserver

    common_server = Path(xsim.commonserver.__file__).parent
    script = folder / "badge" / BADGE_READER.name
    # The folder as it is, with its yml, but for the state that a run leaves there.
    shutil.copytree(BADGE_READER.parent, script.parent, ignore=shutil.ignore_patterns(".xsim", "__pycache__"))
    run = [*installed(), "run", str(script), "--fresh", "--state", str(folder / "state"), "--cycles"]
    commands = {
        OWN_SCRIPT: python(WAYS / "user_one_cycle.py", script, common_server),
        ONE_CYCLE: [*run, "1"],
        "xsim run --cycles 10": [*run, "10"],
        "xsim fetch": [*installed(), "fetch", str(script), "--state", str(folder / "state")],
    }
    times = processes(commands, runs=runs, good_exits=(0, 1, 3))
    print_table("One cycle of the badge reader: next to no work of its own", times, base=OWN_SCRIPT)


def hello_world(content: Path, folder: Path, runs: int) -> None:
    """HelloWorld with one alert, by a script with requests_mock and freeze_time, and by xsim with a vendor function."""
    last_run = folder / "last_run.json"
    fetch = shlex.join(python(WAYS / "one_cycle.py", content, last_run, STARTS, 1))
    commands = {
        OWN_SCRIPT: ["sh", "-c", f"rm -f {shlex.quote(str(last_run))}; exec {fetch}"],
        "xsim.run of one cycle": python(WAYS / "with_xsim.py", content, 1, 1, folder / "state"),
    }
    times = processes(commands, runs=runs)
    print_table("One cycle of HelloWorld", times, base=OWN_SCRIPT)
    print()
    print_ratio("one cycle / the user's script", times["xsim.run of one cycle"], times[OWN_SCRIPT], most=1.0)


def imports(folder: Path, runs: int) -> None:
    commands = {"python -c pass": python("-c", "pass")}
    for module in ("click", "xsim", "xsim.api", "xsim.simulate", "xsim.check", "xsim.report", "freezegun", "requests"):
        commands[f"import {module}"] = python("-c", f"import {module}")
    commands |= with_pytest(folder)
    print_table("Imports", processes(commands, runs=runs, good_exits=(0, 5)), base="python -c pass")


def with_pytest(folder: Path) -> dict[str, list[str]]:
    """Pytest on a folder without tests, with xsim's plugin and without it."""
    if importlib.util.find_spec("pytest") is None:
        return {}
    empty = folder / "empty"
    empty.mkdir()
    pytest = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", empty, empty)
    if importlib.util.find_spec("xsim.pytest_plugin") is None:
        return {"pytest, no tests": pytest}
    # Blocked under either name, as an entry point or as a module.
    return {
        "pytest, no tests, xsim's plugin blocked": [*pytest, "-p", "no:xsim", "-p", "no:xsim.pytest_plugin"],
        "pytest, no tests, xsim's plugin loaded": [*pytest, "-p", "xsim.pytest_plugin"],
    }


def installed() -> list[str]:
    """The installed command beside this Python, else the module."""
    command = Path(sys.executable).with_name("xsim")
    return [str(command)] if command.exists() else python("-m", "xsim")


def bare_group() -> str:
    """The least that click needs for as many commands as xsim has, loaded lazily or not."""
    from xsim.cli.main import COMMANDS

    commands = "\n".join(
        f'@group.command("{name}", short_help="{text.translate({34: 39, 96: 39})}")\ndef command{number}(): pass'
        for number, (name, (_, text)) in enumerate(COMMANDS.items())
    )
    return f"import click\n@click.group()\n@click.version_option('0')\ndef group(): 'A tool.'\n{commands}\ngroup()\n"


if __name__ == "__main__":
    main()
