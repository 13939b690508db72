"""The entry point: settles the hash seed before anything is imported, and tells bugs from bad input."""

from __future__ import annotations

import os
import sys

EXIT_BUG = 70
EXIT_INTERRUPTED = 130
_RUNS_SCRIPTS = ("run", "fetch", "test-module")


def main() -> None:
    _settle_hash_seed(sys.argv)
    from xsim.cli.main import cli
    from xsim.errors import XsimError

    try:
        cli(prog_name="xsim", standalone_mode=True)
    except XsimError as error:
        from xsim.cli.complain import complain

        complain(error)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("xsim: interrupted; what was simulated is kept\n")
        sys.exit(EXIT_INTERRUPTED)
    except Exception:
        _tell_bug()
        sys.exit(EXIT_BUG)


def _settle_hash_seed(argv: list[str]) -> None:
    """The order of a set of texts depends on Python's hash seed, which has to be there before Python starts."""
    if any(word in _RUNS_SCRIPTS for word in argv[1:2]) and os.environ.get("PYTHONHASHSEED", "random") == "random":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "xsim", *argv[1:]])


def _tell_bug() -> None:
    import shlex
    import traceback

    traceback.print_exc()
    command = shlex.join(["xsim", *sys.argv[1:]])
    sys.stderr.write(
        f"\nThis is a bug in xsim, not in your integration. To repeat it: {command}\n"
        "The journal up to here is in the state folder (.xsim beside the script, or --state).\n"
    )


if __name__ == "__main__":
    main()
