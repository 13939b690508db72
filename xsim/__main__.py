"""The entry point: settles the hash seed before anything is imported, and tells bugs from bad input."""

from __future__ import annotations

import errno
import os
import sys

_REFUSALS = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP)
"""Of the system, about a path that somebody named; what the script under test gets is its own."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_RUNS_SCRIPTS = ("run", "fetch", "test-module", "init", "suite", "baseline", "hook", "explain")


def main() -> None:
    """Run the command line and leave with its exit code."""
    _open_what_is_closed()
    _settle_hash_seed(sys.argv)
    from click import Abort, ClickException

    from xsim.cli.main import cli
    from xsim.errors import EXIT_BAD_INPUT, EXIT_BUG, EXIT_INTERRUPTED, XsimError

    try:
        cli(prog_name="xsim", standalone_mode=False)
    except (XsimError, ClickException) as error:
        from xsim.cli.complain import complain

        complain(error)
        sys.exit(EXIT_BAD_INPUT)
    except (KeyboardInterrupt, Abort):
        sys.stderr.write("xsim: interrupted; what was simulated is kept\n")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does.
        _drop_output()
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        from xsim.cli.complain import complain, tell_bug

        if isinstance(error, OSError) and error.errno in _REFUSALS and error.filename:
            hint = "give another path, or see to its permissions"
            complain(XsimError(f"{os.fsdecode(error.filename)}: the system refuses it ({error.strerror})", hint=hint))
            sys.exit(EXIT_BAD_INPUT)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            where = os.fsdecode(error.filename) if error.filename else "the output"
            complain(XsimError(f"{where}: cannot be written ({error.strerror})"))
            _drop_output()
            sys.exit(EXIT_BAD_INPUT)
        tell_bug(error)
        sys.exit(EXIT_BUG)


def _open_what_is_closed() -> None:
    """A stream that the caller closed, as by `>&-`, leads nowhere.

    Else the next file that is opened gets its number, and with it what the script prints.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))


def _drop_output() -> None:
    """What is left of our output goes nowhere: Python would write it, and complain, once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _settle_hash_seed(argv: list[str]) -> None:
    """The order of a set of texts depends on Python's hash seed, which has to be there before Python starts."""
    if argv[1:2] and argv[1] in _RUNS_SCRIPTS and os.environ.get("PYTHONHASHSEED", "random") == "random":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


if __name__ == "__main__":
    main()
