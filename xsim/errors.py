"""What can go wrong outside the script under test, and the signals that pass through it."""

from __future__ import annotations


class XsimError(Exception):
    """Something that the person at the keyboard can mend: one line with a place, and a way out.

    `hint` says what to do instead; it is printed on a line of its own.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


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
