"""What can go wrong outside the script under test, and the signals that pass through it."""

from __future__ import annotations

import re

EXIT_BAD_INPUT = 2
"""What a command leaves with where the person at the keyboard has something to mend."""
EXIT_BUG = 70
"""The same of a bug in xsim."""
EXIT_INTERRUPTED = 130
"""The same where it was ended before its time."""
LONGEST = 1_500
"""Characters of a complaint, and of its hint: what others wrote and it names may be of any length."""
_LONG_WORD = re.compile(r"(\S{120})\S{160,}(\S{120})")
"""A path that the system takes in one piece is left whole."""


class XsimError(Exception):
    """Something that the person at the keyboard can mend: one line with a place, and a way out.

    `hint` says what to do instead; it is printed on a line of its own. Words beyond all measure lose their middle.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        self.message = _cut(message)
        self.hint = None if hint is None else _cut(hint)
        super().__init__(self.message)


class InvalidIntegration(XsimError):
    """The path given is no integration that xsim can run."""


class InvalidParameter(XsimError):
    """A parameter that the integration does not declare, or a value of another type."""


class InvalidScenario(XsimError):
    """A setting of the simulated world that makes no sense."""


class InvalidState(XsimError):
    """A last run, journal or state folder that xsim cannot read, or must not overwrite."""


class SimulationSignal(BaseException):
    """A signal of xsim's own on its way through the script.

    Scripts catch every `Exception`, so it is no `Exception`; it is recorded before it is raised.
    """


class CallUnsupported(SimulationSignal):
    """The script asked for something that xsim does not simulate."""


def _cut(text: str) -> str:
    text = _LONG_WORD.sub(r"\1…\2", text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
