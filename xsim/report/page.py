"""What every part of a page needs: its width, its styles, and the one way in which foreign text gets onto it."""

from __future__ import annotations

from dataclasses import dataclass

from xsim.model import Outcome, Severity, Verdict
from xsim.report.cells import safe
from xsim.secrets import Mask

SEVERITY_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
VERDICT_STYLES = {Verdict.PASSED: "bold green", Verdict.FAILED: "bold red", Verdict.UNDECIDED: "bold yellow"}
OUTCOME_STYLES = {
    Outcome.OK: "",
    Outcome.FAILED: "red",
    Outcome.REFUSED: "red",
    Outcome.TIMED_OUT: "red",
    Outcome.UNSUPPORTED: "yellow",
}

NARROW = 84
"""Below so many columns a table shows less beside each other."""
ROOMY = 110
"""From so many columns on nothing in a table is shortened."""


@dataclass(frozen=True, slots=True)
class Page:
    """How wide the page is, and which secrets must not stand on it."""

    width: int
    mask: Mask
    is_ascii: bool = False
    """Drawings are made of ASCII alone."""

    def clean(self, text: str, limit: int = 400) -> str:
        """Foreign text without secrets and harmless to a terminal, on one line."""
        return safe(self.mask(text), limit)

    def ending(self, kind: str, message: str) -> str:
        """ "KeyError: 'owner'"; the kind once where the message opens with it."""
        kind, message = self.clean(kind, 80), self.clean(message)
        return message if message.startswith(kind) else f"{kind}: {message}" if message else kind
