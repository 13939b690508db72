"""Fetches once from every Python 3 integration of a content checkout, each in its own process: how far does it get?

    python benchmarks/corpus.py CONTENT --common-server both --jobs 2 --json corpus.json

No vendor answers and no parameter is given but xsim's stand-ins, so the best that a fetch can do is to reach its first
call to the vendor, or to end without one. What stops earlier is listed with its reason, the most frequent first.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

REACHED = "reached its first vendor call"
FINISHED = "finished without a vendor call"
REFUSED_BATCH = "finished, and the server would refuse the batch"
MISSING_MODULE = "missing module"
OTHER_VERSION = "another version of a module needed"
MISSING_NAME = "missing name in CommonServerPython"
RAISED = "raised before the first call"
NOT_SIMULATED = "not simulated"
TIMED_OUT = "timed out"
REFUSED_AT_LOAD = "refused at load"
BUG = "xsim bug (exit 70)"
CLASSES = (
    REACHED, FINISHED, REFUSED_BATCH, MISSING_MODULE, OTHER_VERSION, MISSING_NAME, RAISED, NOT_SIMULATED, TIMED_OUT,
    REFUSED_AT_LOAD, BUG,
)  # fmt: skip

COMMON_SERVER = Path("Packs/Base/Scripts/CommonServerPython/CommonServerPython.py")
SECONDS_AT_MOST = 120
REASONS_SHOWN = 40


def main() -> None:
    options = read_options()
    if options.one:
        print(json.dumps(fetch_once(options.one, options.common_server, options.content)))
        sys.stdout.flush()
        # Threads that a script left behind must not keep the process.
        os._exit(0)
    integrations = fetching_integrations(options.content, options.only)
    if not integrations:
        sys.exit(
            f"no Python 3 integration that fetches in {options.content}/Packs, or none named like '{options.only}'"
        )
    which = ("real", "own") if options.common_server == "both" else (options.common_server,)
    results = {name: fetch_all(integrations, name, options) for name in which}
    for name, rows in results.items():
        print_outcomes(name, rows)
    if len(results) == 2:
        print_differences(results["real"], results["own"])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content", type=Path, help="a content checkout: the folder that holds Packs/")
    parser.add_argument(
        "--common-server",
        choices=("own", "real", "both"),
        default="both",
        help="xsim's own CommonServerPython, the checkout's, or a run with each (default)",
    )
    parser.add_argument("--only", default="", metavar="NAME", help="only integrations whose folder is named like this")
    parser.add_argument("--jobs", type=int, default=2, help="processes at the same time (2)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every outcome to this file")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


# --- which integrations -------------------------------------------------------------------------------------


def fetching_integrations(content: Path, only: str) -> list[Path]:
    """The scripts, or the unified ymls, of the integrations whose yml says isfetch and python3."""
    ymls = [
        *content.glob("Packs/*/Integrations/*/*.yml"),
        *content.glob("Packs/*/Integrations/*.yml"),
    ]
    return sorted(yml for yml in ymls if only.lower() in yml.stem.lower() and fetches(yml))


def fetches(yml: Path) -> bool:
    text = yml.read_text(encoding="utf-8", errors="replace")
    # Reading all thousand ymls of a checkout as YAML takes a minute; most do not fetch.
    if re.search(r"^\s*isfetch:\s*true", text, re.MULTILINE) is None:
        return False
    import yaml

    script = (yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}).get("script") or {}
    return bool(script.get("isfetch")) and script.get("type") == "python" and script.get("subtype") == "python3"


# --- one integration, in a process of its own ---------------------------------------------------------------


def fetch_all(integrations: list[Path], common_server: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    with ThreadPoolExecutor(options.jobs) as pool:
        rows = []
        for row in pool.map(lambda path: fetch_in_process(path, common_server, options.content), integrations):
            rows.append(row)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{common_server}: {len(rows)} of {len(integrations)}   ")
    if sys.stderr.isatty():
        sys.stderr.write("\r")
    return rows


def fetch_in_process(path: Path, common_server: str, content: Path) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", __file__, str(content), "--one", str(path)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    started = time.perf_counter()
    try:
        done = subprocess.run(
            [*command, "--common-server", common_server],
            capture_output=True,
            text=True,
            timeout=SECONDS_AT_MOST,
            env=environment,
        )
        row = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        row = {"class": BUG, "reason": f"the process did not end within {SECONDS_AT_MOST} s"}
    except (ValueError, IndexError):
        row = {"class": BUG, "reason": f"the process ended with {done.returncode} and no result", "detail": done.stderr}
    return {"name": path.stem, "path": str(path), **row, "seconds": round(time.perf_counter() - started, 2)}


def fetch_once(path: Path, common_server: str, content: Path) -> dict[str, Any]:
    """How far the integration's fetch gets, as a row of the table."""
    import xsim.commonserver
    from xsim.api import Options, fetch
    from xsim.errors import XsimError

    own = Path(xsim.commonserver.__file__).parent / "CommonServerPython.py"
    with tempfile.TemporaryDirectory(prefix="xsim-corpus-") as state:
        options = Options(state=Path(state), common_server=own if common_server == "own" else None)
        try:
            done = fetch(path, {}, options=options)
        except XsimError as error:
            return {"class": REFUSED_AT_LOAD, "reason": error.message.partition(": ")[2], "detail": error.hint or ""}
        except BaseException as error:
            return {"class": BUG, "reason": f"{type(error).__name__}: {error}", "detail": traceback.format_exc()}
        return row_of(done, names_of(content / COMMON_SERVER))


def row_of(done: Any, common_names: set[str]) -> dict[str, Any]:
    cycle, failure = done.cycle, done.cycle.failure
    kind, reason = classified(cycle, common_names)
    return {
        "class": kind,
        "reason": reason,
        "detail": "" if failure is None else "\n".join((failure.message, *failure.frames)),
        "calls": [[each.method, each.url, each.request_body] for each in cycle.exchanges],
        "host_calls": [each.name for each in cycle.host_calls],
        "incidents": sum(len(json.loads(text) or ()) for text in cycle.incidents),
        "stand_ins": list(done.scenario.parameters.stand_ins),
        "common_server": done.integration.common_server,
        "notes": list(done.integration.notes),
        "log": [f"{each.level}: {each.text}"[:300] for each in cycle.log][-10:],
    }


def classified(cycle: Any, common_names: set[str]) -> tuple[str, str]:
    """The outcome's class, and the reason by which outcomes of that class are counted."""
    from xsim.model import Outcome

    failure = cycle.failure
    if cycle.outcome is Outcome.OK:
        return FINISHED, "with incidents" if any(text != "[]" for text in cycle.incidents) else "no incidents"
    message = failure.message
    if cycle.outcome is Outcome.REFUSED:
        return REFUSED_BATCH, message
    if cycle.outcome is Outcome.TIMED_OUT:
        return TIMED_OUT, message
    if cycle.outcome is Outcome.UNSUPPORTED:
        return unsupported(message)
    missing = missing_name(message, common_names)
    if missing:
        return MISSING_NAME, missing
    lacking = re.match(r"cannot import name '(\w+)' from '([\w.]+)'", message)
    if lacking:
        return OTHER_VERSION, f"{lacking[2]} without {lacking[1]}"
    return RAISED, shortened(f"{failure.kind}: {message}")


def unsupported(message: str) -> tuple[str, str]:
    if message.endswith("no vendor answers this call"):
        return REACHED, message.partition(" ")[0]
    module = re.fullmatch(r"the module (\S+) is not installed here", message)
    return (MISSING_MODULE, module[1]) if module else (NOT_SIMULATED, message)


def missing_name(message: str, common_names: set[str]) -> str:
    """The name that CommonServerPython lacks, where that is what the message says."""
    found = re.search(
        r"name '(\w+)' is not defined|cannot import name '(\w+)' from 'CommonServerPython'|"
        r"module 'CommonServerPython' has no attribute '(\w+)'",
        message,
    )
    if found is None:
        return ""
    name = found[1] or found[2] or found[3]
    return name if found[1] is None or name in common_names else ""


def names_of(common_server: Path) -> set[str]:
    """Names that the checkout's CommonServerPython defines or imports at its top, also inside `if` and `try`."""
    if not common_server.exists():
        return set()
    names: set[str] = set()
    for node in ast.walk(ast.parse(common_server.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def shortened(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else text
    return first if len(first) <= 110 else first[:107] + "..."


# --- what is printed ----------------------------------------------------------------------------------------


def print_outcomes(common_server: str, rows: list[dict[str, Any]]) -> None:
    seconds = sum(row["seconds"] for row in rows)
    print(f"\n## {len(rows)} integrations, CommonServerPython: {common_server} ({seconds:.0f} s of processes)\n")
    counts = Counter(row["class"] for row in rows)
    for kind in CLASSES:
        if counts[kind]:
            print(f"{counts[kind]:5d}  {kind}")
    print("\nReasons, by number of integrations:\n")
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["class"] != REACHED:
            reasons.setdefault((row["class"], row["reason"]), []).append(row["name"])
    ranked = sorted(reasons.items(), key=lambda item: (-len(item[1]), CLASSES.index(item[0][0]), item[0][1]))
    for (kind, reason), names in ranked[:REASONS_SHOWN]:
        print(f"{len(names):5d}  {kind}: {reason}\n       {', '.join(names)}")
    if len(ranked) > REASONS_SHOWN:
        print(f"       and {len(ranked) - REASONS_SHOWN} reasons more; --json FILE has them all")


def print_differences(real: list[dict[str, Any]], own: list[dict[str, Any]]) -> None:
    """Where the two libraries lead to another outcome, or to another first call: a gap in one of them."""
    print("\n## Where xsim's own CommonServerPython and the checkout's differ\n")
    count = 0
    for left, right in zip(real, own, strict=True):
        told = difference(left, right)
        if told:
            count += 1
            print(f"  {left['name']}: {told}")
    print(f"\n{count} of {len(real)}")


def difference(real: dict[str, Any], own: dict[str, Any]) -> str:
    if real["class"] != own["class"] or (real["class"] != REACHED and real["reason"] != own["reason"]):
        return f"real {real['class']} ({real['reason']}), own {own['class']} ({own['reason']})"
    if real.get("calls", [])[:1] != own.get("calls", [])[:1]:
        return f"first call: real {real['calls'][:1]}, own {own['calls'][:1]}"
    return ""


if __name__ == "__main__":
    main()
